// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />

// The check of the gradients: its button, the switch that breaks one of them,
// and what `gradcheck` found, element by element.

import type {
  GradcheckInput,
  GradcheckReport,
} from "../../../ops/gradcheck.ts";
import { showName } from "../../../ops/proof/language/unicode.ts";
import { check, type Checked, type Compared, mistakeOf } from "./compute.ts";
import { alertBox, alertIn, h, symbol } from "./dom.ts";
import { messageOf } from "./faults.ts";
import { Grid, wordsFor } from "./grid.ts";
import { mistakesOf } from "./mistakes.ts";
import { brief } from "./numbers.ts";
import { type Op, targetsOf, type Tensor } from "./op.ts";
import { encode } from "./link.ts";
import type { State } from "./state.ts";

/** After this time without a change, a check that was asked for is run again. */
const PAUSE_MS = 200;

type Change = Pick<State, "broken"> | Pick<State, "checked">;

/** The part of the panel below the tensors. */
export class CheckView {
  readonly element: HTMLElement;
  readonly #op: Op;
  /** The gradients, as the page names them. */
  readonly #names: readonly string[];
  readonly #change: (change: Change) => void;
  readonly #button = h("button", {
    type: "button",
    class: "live-primary",
    "data-live": "check",
  }, "Check the gradient");
  readonly #switch = h("input", {
    type: "checkbox",
    role: "switch",
    "data-live": "break",
  });
  readonly #input: HTMLSelectElement;
  readonly #mistake = h("select", {
    "aria-label": "Mistake",
    "data-live": "mistake",
  });
  readonly #choices: HTMLElement;
  readonly #verdict = h("p", {
    class: "live-verdict",
    role: "status",
    "data-live": "verdict",
  });
  readonly #error = alertBox("check-error");
  readonly #results = h("div", {
    class: "live-results",
    "data-live": "results",
  });
  #state!: State;
  #shown = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(op: Op, change: (change: Change) => void) {
    this.#op = op;
    this.#change = change;
    const { inputs, outputs } = op.data;
    this.#names = targetsOf(op).slice(outputs.length);
    this.#input = h(
      "select",
      { "aria-label": "Gradient to break", "data-live": "broken-input" },
      ...op.floats.map((input, k) =>
        h(
          "option",
          { value: inputs[input].parameter },
          showName(this.#names[k]),
        )
      ),
    );
    this.#choices = h(
      "span",
      { class: "live-choices", hidden: true },
      this.#input,
      this.#mistake,
    );
    this.element = h(
      "section",
      { class: "live-check" },
      h("h3", {}, "Is the gradient right?"),
      h(
        "p",
        { class: "live-hint" },
        "gradcheck moves each input a little to either side and measures how far the loss moves. This numeric gradient must equal the analytic one, which the backward function computes.",
      ),
      h(
        "div",
        { class: "live-buttons" },
        this.#button,
        h(
          "label",
          { class: "live-switch" },
          this.#switch,
          "Break a gradient on purpose",
        ),
        this.#choices,
      ),
      this.#error,
      this.#verdict,
      this.#results,
    );
    this.#button.addEventListener("click", () => {
      if (this.#state.checked) this.#run();
      else change({ checked: true });
    });
    this.#switch.addEventListener("change", () =>
      change({
        broken: this.#switch.checked
          ? { gradient: 0, mistake: this.#mistakes(0)[0].name }
          : undefined,
      }));
    this.#input.addEventListener("change", () => {
      const gradient = this.#input.selectedIndex;
      const names = this.#mistakes(gradient).map(({ name }) => name);
      const { value } = this.#mistake;
      change({
        broken: { gradient, mistake: names.includes(value) ? value : names[0] },
      });
    });
    this.#mistake.addEventListener(
      "change",
      () =>
        change({
          broken: {
            gradient: this.#state.broken?.gradient ?? 0,
            mistake: this.#mistake.value,
          },
        }),
    );
  }

  /** Shows a state, and checks it if that was asked for. */
  update(state: State): void {
    this.#state = state;
    const { broken } = state;
    const mistake = mistakeOf(this.#op, state);
    this.#switch.checked = mistake !== undefined;
    this.#choices.hidden = mistake === undefined;
    this.#input.hidden = this.#op.floats.length < 2;
    if (broken !== undefined && mistake !== undefined) {
      this.#input.selectedIndex = broken.gradient;
      const options = this.#mistakes(broken.gradient);
      if (
        options.map(({ name }) => name).join() !==
          Array.from(this.#mistake.options, ({ value }) => value).join()
      ) {
        this.#mistake.replaceChildren(
          ...options.map(({ name, label }) =>
            h("option", { value: name }, label)
          ),
        );
      }
      this.#mistake.value = broken.mistake;
    }
    clearTimeout(this.#timer);
    const key = encode(this.#op, state);
    if (!state.checked) {
      this.#shown = "";
      this.#clear();
    } else if (key !== this.#shown) {
      this.#results.toggleAttribute("data-stale", true);
      this.#timer = setTimeout(
        () => this.#run(),
        this.#shown === "" ? 0 : PAUSE_MS,
      );
    }
  }

  #mistakes(gradient: number) {
    return mistakesOf(this.#op, gradient);
  }

  #clear(): void {
    this.element.removeAttribute("aria-busy");
    alertIn(this.#error, undefined);
    this.#verdict.textContent = "";
    this.#verdict.removeAttribute("data-ok");
    this.#results.replaceChildren();
    this.#results.removeAttribute("data-stale");
  }

  /** Runs the check, after the browser has had time to show that it does. */
  #run(): void {
    clearTimeout(this.#timer);
    this.element.setAttribute("aria-busy", "true");
    this.#verdict.textContent = "Checking …";
    const state = this.#state;
    requestAnimationFrame(() => {
      if (this.#state !== state) return;
      this.#timer = setTimeout(() => {
        try {
          this.#clear();
          this.#show(state, check(this.#op, state));
        } catch (error) {
          // What gradcheck does not take, it says itself.
          alertIn(this.#error, messageOf(error));
        }
        this.#shown = encode(this.#op, state);
      }, 0);
    });
  }

  #show(state: State, { report, gradients }: Checked): void {
    const { inputs, symbols } = this.#op.data;
    const broken = mistakeOf(this.#op, state);
    const wrong = report.inputs.flatMap(({ wrong, compared }, i) =>
      wrong > 0
        ? [
          `${
            showName(this.#names[i])
          } is wrong in ${wrong} of ${compared} elements`,
        ]
        : []
    );
    this.#verdict.dataset.ok = String(report.ok);
    this.#verdict.textContent = verdict(report, wrong, broken !== undefined);
    // It counts from 0, as code does; so what is said above says all, if it can.
    const message = h(
      "details",
      { class: "live-printed", open: !report.ok && wrong.length === 0 },
      h("summary", {}, "What gradcheck prints, with indices from 0"),
      h("pre", {
        class: "live-message",
        tabindex: "0",
        "aria-label": "What gradcheck prints",
        "data-live": "message",
      }, report.message),
    );
    const comparisons = gradients.map((compared, i) => {
      const name = this.#names[i];
      const { parameter } = inputs[this.#op.floats[i]];
      return h(
        "div",
        { class: "live-result", "data-result": parameter },
        h("h4", { "aria-label": showName(name) }, symbol(symbols[name])),
        ...comparison(parameter, compared, report.inputs[i]),
      );
    });
    this.#results.replaceChildren(...comparisons, message);
  }
}

/** A gradient in two ways, side by side, and how far they are apart. */
function comparison(
  parameter: string,
  { analytic, numeric }: Compared,
  found: GradcheckInput,
): HTMLElement[] {
  if (analytic instanceof Error) {
    const text = "The backward function throws: there is nothing to compare.";
    return [h("p", {}, text)];
  }
  const { shape, data } = numeric;
  const difference = {
    shape,
    data: data.map((n, i) => analytic.data[i] - n),
  } as Tensor;
  // One scale for all three: a difference that does not matter has no color.
  const sizes = Array.from(data, Math.abs).filter(Number.isFinite);
  const most = Math.max(0, ...sizes);
  const place = found.worst?.index
    .reduce((at, i, axis) => at * shape[axis] + i, 0);
  const grids: Grid[] = [];
  const cards = Object.entries({ analytic, numeric, difference })
    .map(([kind, x]) => {
      const grid = new Grid({
        id: `d${parameter}-${kind}`,
        name: `${kind} d${parameter}`,
        point: (at) => {
          const places = new Set(at === undefined ? [] : [at]);
          for (const grid of grids) grid.mark("is-target", places);
        },
      });
      grid.update(x, most);
      if (place !== undefined) grid.mark("is-worst", new Set([place]));
      grids.push(grid);
      const head = h("p", { class: "live-head" }, kind);
      return h("div", { class: "live-card" }, head, grid.element);
    });
  return [
    h("div", { class: "live-cards" }, ...cards),
    h("p", { class: "live-worst" }, describe(found)),
  ];
}

/** What the check found for one input, in words. */
function describe(found: GradcheckInput): string {
  const { compared, wrong, relativeError, worst } = found;
  if (compared === 0) return "Nothing was compared.";
  const count = `${wrong} of ${compared} elements are wrong; relative error ${
    brief(relativeError, 2)
  }.`;
  if (worst === undefined) return count;
  const { index, analytic, numeric, ratio } = worst;
  const numbers = Object.entries({ analytic, numeric, ratio })
    .filter(([name, x]) => name !== "ratio" || Number.isFinite(x))
    .map(([name, x]) => `${name} ${brief(x, 6)}`);
  const where = wordsFor(index);
  return `${count} Worst${where === "" ? "" : ` at ${where}`}: ${
    numbers.join(", ")
  }.`;
}

/** What the check found, in one sentence. */
function verdict(
  { ok, inputs }: GradcheckReport,
  wrong: readonly string[],
  broken: boolean,
): string {
  if (!ok) {
    return wrong.length > 0
      ? `The check fails: ${wrong.join(", and ")}.`
      : "The check fails: see below what gradcheck prints.";
  }
  if (broken) {
    return "The check passes, though a gradient is broken: with these shapes and numbers the mistake changes nothing. Try others.";
  }
  return inputs.every(({ compared }) => compared === 0)
    ? "The check passes: there is no element that could be wrong."
    : "The check passes: every element agrees.";
}
