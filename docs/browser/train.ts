// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

// The part of a guide that trains the perceptron: buttons, curves, the digit that is
// drawn or chosen, and its numbers. What computes is beside the page.

import { brief } from "./live/numbers.ts";
import { loadScript, scriptOf, startWorker } from "./shared/worker.ts";
import type {
  Answer,
  Order,
  PackedDigits,
  Progress,
  Shown,
} from "./train/messages.ts";
import { drawMap, pathOf, table } from "./train/pictures.ts";
import { heightOf, means } from "./train/scale.ts";
import { centered, type Point, raster, SIDE } from "./train/strokes.ts";

declare global {
  /** The digits, once their script is loaded. */
  var adjointDigits: PackedDigits | undefined;
}

/** The steps that the charts have room for, until there are more. */
const STEPS = 2000;

/** So long at least a table of numbers stays while they change, in ms. */
const PAUSE = 500;

const box = document.querySelector<HTMLElement>("#train")!;
const part = <E extends Element = HTMLElement>(name: string) =>
  box.querySelector<E>(`[data-train="${name}"]`)!;
const [start, stop, reset, clear, next, wrong] = [
  "start",
  "stop",
  "reset",
  "clear",
  "next",
  "wrong",
].map((name) => part<HTMLButtonElement>(name));
const label = part<HTMLSelectElement>("label");
const unit = part<HTMLInputElement>("unit");
const pad = part<HTMLCanvasElement>("draw");
const maps = [...box.querySelectorAll<HTMLButtonElement>("[data-map]")];
const odds = [...part("odds").children].map((row) => ({
  bar: row.querySelector<HTMLElement>(".train-bar > span")!,
  text: row.querySelector("output")!,
  row: row as HTMLElement,
}));

let worker: Worker | undefined;
let isRunning = false;
/** Of how many digits one was chosen last, and what was drawn since. */
let heldOut = 0, place = -1, strokes: Point[][] = [];
let shown: Shown | undefined;
/** Which tensor's numbers are read. */
let chosen: keyof Shown | undefined;
let readAt = 0;
let threads = 1;

const order = (order: Order) => worker!.postMessage(order);

function say(text: string, isBad = false): void {
  const status = part("status");
  status.textContent = text;
  status.dataset.ok = String(!isBad);
}

/** Which buttons can be used. */
function allow(): void {
  const isLoaded = worker !== undefined;
  start.disabled = isRunning;
  stop.disabled = !isRunning;
  for (const part of [reset, next, wrong, label, unit, ...maps]) {
    part.disabled = !isLoaded;
  }
}

async function load(): Promise<void> {
  start.disabled = true;
  say("Loading the digits …");
  try {
    const [made] = await Promise.all([
      startWorker(scriptOf("train_worker"), "the network"),
      globalThis.adjointDigits === undefined
        ? loadScript(scriptOf("digits"), "the digits")
        : undefined,
    ]);
    await new Promise<void>((resolve, reject) => {
      made.onerror = ({ message }) => reject(new Error(message));
      made.onmessage = ({ data }: MessageEvent<Answer>) => {
        if (data.kind === "failed") return reject(new Error(data.reason));
        if (data.kind !== "loaded") return;
        heldOut = data.heldOut;
        threads = data.threads;
        resolve();
      };
      made.postMessage(
        { kind: "load", digits: globalThis.adjointDigits! } satisfies Order,
      );
    }).catch((error) => {
      made.terminate();
      throw error;
    });
    worker = made;
    worker.onmessage = ({ data }: MessageEvent<Answer>) => answered(data);
    worker.onerror = ({ message }) => failed(message);
  } catch (error) {
    failed((error as Error).message);
  }
}

/** Nothing goes on: Start begins anew. */
function failed(reason: string): void {
  worker?.terminate();
  worker = undefined;
  isRunning = false;
  say(`Cannot train here: ${reason}.`, true);
  allow();
}

function answered(answer: Answer): void {
  switch (answer.kind) {
    case "progress":
      progressed(answer.progress);
      return drawSoon({ progress: answer.progress });
    case "flow":
      box.dataset.found = `${mostOf(answer)}`;
      return drawSoon({ flow: answer });
    case "none":
      return say("All held-out digits are read right.");
    case "failed":
      return failed(answer.reason);
  }
}

/** What was heard and is not drawn yet: only the last of it is. */
let heard: { progress?: Progress; flow?: Flow } = {};
type Flow = Extract<Answer, { kind: "flow" }>;

function drawSoon(what: typeof heard): void {
  if (Object.keys(heard).length === 0) {
    requestAnimationFrame(() => {
      const { progress, flow } = heard;
      heard = {};
      if (progress !== undefined) drawProgress(progress);
      if (flow !== undefined) drawFlow(flow);
    });
  }
  heard = { ...heard, ...what };
}

/** The digit with the largest probability. */
const mostOf = ({ shown: { p: { data } } }: Flow) =>
  data.indexOf(Math.max(...data));

const counted = (count: number) => count.toLocaleString("en");

const percentOf = ({ accuracies }: Progress) =>
  `${(100 * accuracies.at(-1)!.value).toFixed(1)} %`;

function progressed(progress: Progress): void {
  const steps = progress.losses.length;
  const wasRunning = isRunning;
  isRunning = progress.isRunning;
  box.dataset.steps = `${steps}`;
  const isAtStop = document.activeElement === stop;
  allow();
  if (isAtStop && !isRunning) start.focus(); // What is disabled cannot have it.
  if (wasRunning && !isRunning && steps > 0) {
    say(
      `${steps < progress.end ? "Stopped" : "Trained"} after ${
        counted(steps)
      } steps: ${percentOf(progress)} of the ${
        counted(heldOut)
      } held-out digits are read right.`,
    );
  }
}

function drawProgress(progress: Progress): void {
  const { losses, accuracies, end, milliseconds } = progress;
  const steps = losses.length, last = Math.max(end, STEPS);
  const curve = means(losses);
  const draw = (name: string, points: (readonly [number, number])[]) =>
    part(name).setAttribute("d", pathOf(points));
  draw(
    "loss-now-curve",
    curve.map(({ step, value }) => [step / last, heightOf(value)]),
  );
  draw(
    "right-now-curve",
    accuracies.map(({ step, value }) => [step / last, value]),
  );
  for (const end of box.querySelectorAll('[data-train="end"]')) {
    end.textContent = `${last}`;
  }
  part("loss-now").textContent = curve.at(-1)?.value.toPrecision(3) ?? "–";
  part("right-now").textContent = percentOf(progress);
  part("speed").textContent = steps === 0
    ? "A step sees 32 digits."
    : `Step ${counted(steps)}. A step sees 32 digits, and takes ${
      milliseconds.toPrecision(2)
    } ms${threads > 1 ? ` on ${threads} threads` : " on one thread"}.`;
}

function drawFlow(flow: Flow): void {
  const { shown: numbers, loss, label: digit, place: at, unit: of } = flow;
  shown = numbers;
  for (const map of maps) {
    drawMap(map.querySelector("canvas")!, numbers[map.dataset.map as "x"]);
  }
  const found = mostOf(flow);
  odds.forEach(({ bar, text, row }, i) => {
    const p = numbers.p.data[i];
    bar.style.width = `${100 * p}%`;
    text.textContent = `${(100 * p).toFixed(1)} %`;
    row.toggleAttribute("data-most", i === found);
  });
  part("loss").textContent = brief(loss, 3);
  if (document.activeElement !== label) label.value = `${digit}`;
  if (document.activeElement !== unit) unit.value = `${of + 1}`;
  if (at !== undefined) {
    place = at;
    drawMap(pad, numbers.x);
    part("origin").textContent = `Held out, number ${
      counted(at + 1)
    }: a ${digit}, taken for ${found}.`;
  } else part("origin").textContent = `Yours, taken for ${found}.`;
  // To be read, numbers must stay a while.
  if (!isRunning || performance.now() - readAt > PAUSE) read();
}

/** The numbers of the picture that is chosen. */
function read(): void {
  if (chosen === undefined || shown === undefined) return;
  readAt = performance.now();
  const map = maps.find(({ dataset }) => dataset.map === chosen)!;
  part("numbers").replaceChildren(
    table(shown[chosen], `${chosen}, ${map.dataset.what}`),
  );
}

/** Has the drawn digit read; until somebody says which it is, as what it is taken for. */
function readDrawn(digit?: number): void {
  if (worker === undefined || strokes.length === 0) return;
  order({ kind: "drawn", image: centered(strokes), label: digit });
}

function begin(): void {
  say("Training …");
  start.disabled = true;
  stop.disabled = false;
  order({ kind: "start" });
}

start.addEventListener("click", async () => {
  if (worker === undefined) {
    await load();
    if (worker === undefined) return;
    readDrawn();
  }
  begin();
  stop.focus();
});
stop.addEventListener("click", () => order({ kind: "stop" }));
reset.addEventListener("click", () => {
  say("The weights are random again.");
  order({ kind: "reset" });
});
next.addEventListener("click", () => choose(false));
wrong.addEventListener("click", () => choose(true));
clear.addEventListener("click", () => {
  strokes = [];
  drawStrokes();
  part("origin").textContent = "Draw a digit here.";
  pad.focus();
});
label.addEventListener("change", () => {
  if (strokes.length > 0) readDrawn(Number(label.value));
});
unit.addEventListener("change", () => {
  const number = Math.round(Number(unit.value));
  order({ kind: "unit", unit: Math.max(1, Math.min(128, number || 1)) - 1 });
});
for (const map of maps) {
  map.addEventListener("click", () => {
    chosen = map.dataset.map as keyof Shown;
    part("numbers").hidden = false;
    map.closest("li")!.append(part("numbers"));
    for (const other of maps) {
      other.setAttribute("aria-pressed", String(other === map));
    }
    read();
  });
}

function choose(isWrong: boolean): void {
  strokes = [];
  order({ kind: "heldOut", after: place, isWrong });
}

function drawStrokes(): void {
  const data = raster(strokes);
  drawMap(pad, { rows: SIDE, columns: SIDE, data });
  clear.disabled = strokes.length === 0;
}

/** Where a pointer is, in pixels of the image. */
function pointOf({ clientX, clientY }: PointerEvent): Point {
  const { left, top, width, height } = pad.getBoundingClientRect();
  return [
    (clientX - left) / width * SIDE,
    (clientY - top) / height * SIDE,
  ];
}

pad.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  event.preventDefault();
  pad.setPointerCapture(event.pointerId);
  strokes.push([pointOf(event)]);
  drawStrokes();
});
pad.addEventListener("pointermove", (event) => {
  if (!pad.hasPointerCapture(event.pointerId)) return;
  const events = event.getCoalescedEvents?.() ?? [];
  const all = events.length > 0 ? events : [event];
  strokes.at(-1)!.push(...all.map(pointOf));
  drawStrokes();
});
pad.addEventListener("lostpointercapture", () => {
  if (worker === undefined) {
    part("origin").textContent = "Start, and the network reads it.";
  }
  readDrawn();
});
box.dataset.ready = "true";
