// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="webworker" />

// Trains the perceptron beside the page: a few steps at a time, and what they led to.

import { softmax } from "../../ops/rows/softmax.ts";
import { arena } from "../../ops/arena.ts";
import type { Shape, Tensor } from "../../ops/tensor.ts";
import { startThreads } from "../../ops/threads.ts";
import { accuracy, type Digits, part, PIXELS } from "../train/digits.ts";
import { type Network, Run } from "../train/network.ts";
import { unpack } from "../train/packed.ts";
import {
  type Batch,
  flow,
  network,
  type Perceptron,
  read,
} from "../train/perceptron.ts";
import type { Answer, Numbers, Order, PackedDigits } from "./train/messages.ts";

/** So long the worker computes before it says how far it is, in ms. */
const TURN = 50;

/** After so many steps it is seen how many digits are read right. */
const TEST = 50;

const SEED = 1;

const say = (answer: Answer) => postMessage(answer);

/** What there is once the digits are. */
class Trainer {
  readonly #network: Network<Perceptron, Batch>;
  readonly #heldOut: Digits;
  #run: Run<Perceptron, Batch>;
  #accuracies: { step: number; value: number }[] = [];
  #end = 0;
  #isRunning = false;
  #milliseconds = 0;
  #looked: { digits: Digits; label?: number; place?: number };
  /** The hidden unit that was chosen; the one that learns most, if none was. */
  #chosen: number | undefined;
  #unit: number | undefined;

  constructor(training: Digits, heldOut: Digits) {
    this.#network = network({ training, heldOut });
    this.#heldOut = heldOut;
    this.#run = new Run(this.#network, SEED);
    this.#looked = this.#heldOutAt(0);
    this.#test();
  }

  start(): void {
    if (this.#isRunning) return;
    if (this.#run.losses.length >= this.#end) {
      this.#end = this.#run.losses.length +
        this.#network.epochs * this.#network.length;
    }
    this.#isRunning = true;
    this.#report();
    this.#turn();
  }

  stop(): void {
    this.#isRunning = false;
    this.#report();
  }

  reset(): void {
    this.#run = new Run(this.#network, SEED);
    this.#accuracies = [];
    this.#end = 0;
    this.#test();
    this.stop();
  }

  drawn(image: Float32Array, label: number | undefined): void {
    const images = Float32Array.from(image);
    const labels = Uint8Array.of(label ?? 0);
    this.#looked = { digits: { images, labels }, label };
    this.#unit = this.#chosen;
    this.look();
  }

  heldOut(after: number, isWrong: boolean): void {
    const { labels } = this.#heldOut;
    const found = isWrong ? this.#read() : undefined;
    for (let i = 1; i <= labels.length; i++) {
      const place = (after + i) % labels.length;
      if (found !== undefined && found[place] === labels[place]) continue;
      this.#looked = this.#heldOutAt(place);
      this.#unit = this.#chosen;
      return this.look();
    }
    say({ kind: "none" });
  }

  unit(unit: number): void {
    this.#unit = this.#chosen = unit;
    this.look();
  }

  /** Shows each number of the image that is looked at. */
  look(): void {
    const { digits, place } = this.#looked;
    const { params } = this.#run;
    const label = this.#looked.label ?? arena(() => read(params, digits))[0];
    const x: Batch["x"] = { shape: [1, PIXELS], data: digits.images };
    const t: Batch["t"] = { shape: [1], data: Uint8Array.of(label) };
    const found = arena(() => {
      const all = flow(params, { x, t });
      return { ...all, p: softmax(all.y) };
    });
    const numbers = (
      { data }: Tensor<Shape>,
      columns: number,
      from = 0,
      to = data.length,
    ): Numbers => {
      const part = data.slice(from, to);
      return { rows: part.length / columns, columns, data: part };
    };
    const sizes = found.da.data.map(Math.abs);
    const unit = this.#unit ??= sizes.indexOf(Math.max(...sizes));
    const [from, to] = [unit * PIXELS, (unit + 1) * PIXELS];
    say({
      kind: "flow",
      shown: {
        x: numbers(x, 28),
        w: numbers(params.w, 28, from, to),
        a: numbers(found.a, 16),
        h: numbers(found.h, 16),
        v: numbers(params.v, 128),
        y: numbers(found.y, 10),
        p: numbers(found.p, 10),
        dy: numbers(found.dy, 10),
        dv: numbers(found.dv, 128),
        dh: numbers(found.dh, 16),
        da: numbers(found.da, 16),
        dw: numbers(found.dw, 28, from, to),
      },
      loss: found.value.data[0],
      label,
      place,
      unit,
    });
  }

  #heldOutAt(place: number) {
    const digits = part(this.#heldOut, place, place + 1);
    return { digits, label: digits.labels[0], place };
  }

  #read(): number[] {
    return arena(() => read(this.#run.params, this.#heldOut));
  }

  #test(): void {
    this.#accuracies.push({
      step: this.#run.losses.length,
      value: accuracy(this.#read(), this.#heldOut),
    });
  }

  #turn(): void {
    if (!this.#isRunning) return;
    const { losses } = this.#run;
    const began = performance.now();
    try {
      let steps = 0, time = 0;
      while (losses.length < this.#end && performance.now() - began < TURN) {
        const before = performance.now();
        this.#run.step();
        time += performance.now() - before;
        steps++;
        if (losses.length % TEST === 0) this.#test();
      }
      this.#milliseconds = time / steps;
    } catch (error) {
      this.stop();
      return say({ kind: "failed", reason: (error as Error).message });
    }
    if (losses.length >= this.#end) this.#isRunning = false;
    this.#report();
    setTimeout(() => this.#turn()); // What the page says is heard in between.
  }

  #report(): void {
    say({
      kind: "progress",
      progress: {
        losses: this.#run.losses,
        accuracies: this.#accuracies,
        end: this.#end,
        isRunning: this.#isRunning,
        milliseconds: this.#milliseconds,
      },
    });
    this.look();
  }
}

let trainer: Trainer;

async function load({ training, heldOut }: PackedDigits): Promise<void> {
  // Elsewhere than on a page that is isolated there is one thread.
  const threads = crossOriginIsolated ? await startThreads() : 1;
  trainer = new Trainer(await unpack(training), await unpack(heldOut));
  say({ kind: "loaded", threads, heldOut: heldOut.count });
}

async function obey(order: Order): Promise<void> {
  switch (order.kind) {
    case "load":
      return await load(order.digits);
    case "drawn":
      return trainer.drawn(order.image, order.label);
    case "heldOut":
      return trainer.heldOut(order.after, order.isWrong);
    case "unit":
      return trainer.unit(order.unit);
    default:
      return trainer[order.kind]();
  }
}

addEventListener("message", async ({ data }: MessageEvent<Order>) => {
  try {
    await obey(data);
  } catch (error) {
    say({ kind: "failed", reason: (error as Error).message });
  }
});
say({ kind: "ready" });
