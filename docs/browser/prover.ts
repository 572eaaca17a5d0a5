// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

// The prover's page: two boxes of TeX, typeset and judged as one types.

import katex from "katex";
import type {
  Counterexample,
  Verdict,
} from "../../ops/proof/markdown/judge.ts";
import type { PageReport } from "../../ops/proof/markdown/prove.ts";
import { h } from "./live/dom.ts";
import type { Answer } from "./prover/messages.ts";
import {
  type Box,
  BOXES,
  type Formula,
  formulasOf,
  numberOf,
  pageOf,
  type Written,
} from "./prover/page.ts";
import { Prover } from "./prover/prover.ts";

/** So long after a key is pressed the formulas are judged, in ms. */
const PAUSE = 120;

const form = document.querySelector<HTMLFormElement>("#prover")!;
const part = <E extends Element>(name: string) =>
  form.querySelector<E>(`[data-prover="${name}"]`)!;
const boxes = Object.fromEntries(
  BOXES.map((box) => [box, part<HTMLTextAreaElement>(box)]),
) as Record<Box, HTMLTextAreaElement>;
const typeset = Object.fromEntries(
  BOXES.map((box) => [box, part<HTMLElement>(`typeset-${box}`)]),
) as Record<Box, HTMLElement>;
const verdict = part<HTMLElement>("verdict");
const details = part<HTMLElement>("details");
const stop = part<HTMLButtonElement>("stop");
const status = part<HTMLElement>("status");

let formulas: Formula[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
let asked = 0;

const prover = new Prover(
  `${document.documentElement.dataset.root}assets/prover_worker.js`,
  {
    failed: (reason) => show("open", `Nothing can be judged as ${reason}.`),
    answered,
    late: (seconds) =>
      show("open", `Not judged: it took longer than ${seconds} seconds.`),
  },
);

function written(): Written {
  return { forward: boxes.forward.value, backward: boxes.backward.value };
}

/** Typesets what is written at once, and has it judged a moment later. */
function changed(isTyping: boolean): void {
  formulas = formulasOf(written());
  for (const box of BOXES) {
    typeset[box].replaceChildren(
      ...formulas.flatMap((formula, i) =>
        formula.box === box
          ? [
            h(
              "div",
              { class: "prover-formula", "data-formula": `${i}` },
              math(formula.tex, true),
            ),
          ]
          : []
      ),
    );
  }
  clearTimeout(timer);
  timer = setTimeout(judge, isTyping ? PAUSE : 0);
}

function judge(): void {
  const { forward, backward } = written();
  const query = new URLSearchParams({ forward, backward });
  history.replaceState(null, "", `?${query}${location.hash}`);
  details.replaceChildren();
  if (formulas.length === 0) {
    return show("open", "Write a forward formula, and a gradient of it.");
  }
  show("busy", "Judging …");
  asked = performance.now();
  prover.ask(pageOf(formulas));
}

function show(state: Verdict["verdict"] | "busy", text: string): void {
  verdict.dataset.state = state;
  verdict.textContent = text;
  stop.disabled = state !== "busy";
}

const WORDS = {
  holds: "✓ holds",
  wrong: "✗ is wrong",
  open: "– not judged",
  unread: "? cannot be read",
};

function answered({ report, error }: Answer): void {
  verdict.dataset.milliseconds = String(Math.round(performance.now() - asked));
  if (report === undefined) {
    return show("open", `Not judged: ${sentence(error ?? "it has no value")}`);
  }
  mark(report);
  const { verdicts, unread, inferred } = report;
  const wrong = verdicts.filter(({ verdict }) => verdict === "wrong");
  const holds = verdicts.filter(({ verdict }) => verdict === "holds");
  const open = verdicts.filter(({ verdict }) => verdict === "open");
  if (wrong.length > 0) {
    show(
      "wrong",
      wrong.length === 1
        ? "Wrong: calculus gives another value."
        : `Wrong: of ${wrong.length} formulas calculus gives other values.`,
    );
  } else if (unread.length > 0) {
    show("open", `Not judged: ${sentence(unread[0].why)}`);
  } else if (open.length > 0) {
    show("open", `Not judged: ${sentence(open[0].why ?? "it has no value")}`);
  } else if (holds.length > 0) {
    const [{ values, sizes, exact, transposed }] = holds;
    show(
      "holds",
      `It holds${transposed ? " as its transpose, in numerator layout" : ""}${
        values > 0
          ? `: ${values} values at ${sizes} sizes, equal to ${
            exact ? "the last of 64 digits" : "50 digits and more"
          }`
          : ""
      }.`,
    );
  } else {
    show("open", "Not judged: nothing here is a gradient. Write one below.");
  }
  details.replaceChildren(
    ...(wrong.length > 0 ? wrong : holds).flatMap(explain),
    ...inferred.length === 0 ? [] : [
      h("h2", {}, "Taken for granted"),
      h("ul", {}, ...inferred.map((text) => h("li", {}, text))),
    ],
  );
}

const sentence = (text: string) => /[.!?]$/.test(text) ? text : `${text}.`;

/** A sign beside each formula. */
function mark({ verdicts, unread }: PageReport): void {
  const marks = [
    ...verdicts.map(({ line, verdict, why }) => ({
      line,
      state: verdict,
      why,
    })),
    ...unread.map(({ line, why }) => ({ line, state: "unread" as const, why })),
  ];
  for (const { line, state, why } of marks) {
    if (state === "defines") continue;
    const place = form.querySelector(`[data-formula="${numberOf(line)}"]`);
    const text = why === undefined || state === "open"
      ? WORDS[state]
      : `${WORDS[state]}: ${why}`;
    place?.append(h("p", { class: "prover-mark", "data-state": state }, text));
  }
}

/** Why a formula is wrong, and what algebra finds instead, or as well. */
function explain(
  { why, counterexample, mend, mended, derivation }: Verdict,
): Node[] {
  const found: Node[] = [];
  if (counterexample !== undefined) {
    found.push(h("h2", {}, "A counterexample"), table(counterexample));
  } else if (why !== undefined) found.push(h("p", {}, sentence(why)));
  if (mend !== undefined) {
    found.push(h("h2", {}, "The likely mistake"));
    const says = h("p", { "data-prover": "mend" });
    for (
      const [i, text] of `${mend}${mended ? ":" : "."}`.split("$").entries()
    ) {
      says.append(i % 2 === 0 ? text : math(text, false));
    }
    found.push(says);
    if (mended !== undefined) found.push(math(mended, true));
  }
  if (derivation !== undefined) {
    found.push(
      h("h2", {}, "What the chain rule gives"),
      ...derivation.map((tex) => math(tex, true)),
    );
  }
  return found;
}

function table({ given, at, page, calculus }: Counterexample): HTMLElement {
  const place = Object.entries(at).map(([name, i]) => `${name} = ${i}`);
  const where = place.length > 0 ? ` at ${place.join(", ")}` : "";
  const rows: [name: Node | string, value: string][] = [
    ...Object.entries(given).map(([name, value]): [Node, string] => {
      const tex = name.replace(
        /^∂(.*)\/∂(.*)$/,
        "\\partial $1 / \\partial $2",
      );
      const symbol = math(tex, false);
      // A formula alone is no text to those who look for the name of a row.
      symbol.querySelector("math")?.setAttribute("aria-label", name);
      return [symbol, numbers(value)];
    }),
    [`the formula gives${where}`, digits(page)],
    [`calculus gives${where}`, digits(calculus)],
  ];
  return h(
    "div",
    { class: "table" },
    h(
      "table",
      { "data-prover": "counterexample" },
      h(
        "tbody",
        {},
        ...rows.map(([name, value]) =>
          h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, value))
        ),
      ),
    ),
  );
}

/** Numbers as a person reads them. */
function digits(x: unknown): string {
  return typeof x !== "number"
    ? String(x)
    : String(Number(x.toPrecision(6))).replace("-", "−");
}

function numbers(value: unknown): string {
  return Array.isArray(value)
    ? `[${value.map(numbers).join(", ")}]`
    : digits(value);
}

/** Formulas that scroll can be reached with the keyboard, the others need not. */
const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    target.toggleAttribute("tabindex", false);
    if (target.scrollWidth > target.clientWidth) {
      target.setAttribute("tabindex", "0");
    }
  }
});

/** TeX, typeset; what cannot be is shown as it is. */
function math(tex: string, displayMode: boolean): HTMLElement {
  const element = h(displayMode ? "div" : "span", {
    class: displayMode ? "math" : "math-inline",
  });
  try {
    katex.render(tex, element, { displayMode, output: "htmlAndMathml" });
    if (displayMode) observer.observe(element.firstElementChild!);
  } catch (error) {
    element.replaceChildren(
      h("code", {}, tex),
      h(
        "p",
        { class: "prover-mark", "data-state": "unread" },
        (error as Error).message.replace("KaTeX parse error: ", ""),
      ),
    );
  }
  return element;
}

function fill({ forward, backward }: Partial<Written>): void {
  boxes.forward.value = forward ?? "";
  boxes.backward.value = backward ?? "";
  changed(false);
}

for (const box of BOXES) {
  boxes[box].addEventListener("input", () => changed(true));
}
form.addEventListener("submit", (event) => event.preventDefault());
stop.addEventListener("click", () => {
  prover.stop();
  show("open", "Stopped.");
});
part("link").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(location.href);
    status.textContent =
      "Copied: the link opens this page with these formulas.";
  } catch {
    status.textContent = "The address of this page is the link.";
  }
});
for (
  const example of document.querySelectorAll<HTMLElement>("[data-forward]")
) {
  example.addEventListener("click", () => {
    const { forward, backward } = example.dataset;
    fill({ forward, backward });
    form.scrollIntoView({ block: "start" });
    boxes.backward.focus({ preventScroll: true });
  });
}
prover.start().catch(() => {});
const asks = new URLSearchParams(location.search);
if (asks.has("forward") || asks.has("backward")) {
  fill(Object.fromEntries(asks));
} else fill(document.querySelector<HTMLElement>("[data-forward]")!.dataset);
form.dataset.ready = "true";
