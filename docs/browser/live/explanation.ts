// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />

// The line that says what one element is computed from.

import { dtypeOf } from "../../../ops/_checks.ts";
import { mistakeOf } from "./compute.ts";
import { h } from "./dom.ts";
import { describeMistake } from "./mistakes.ts";
import { brief, exact } from "./numbers.ts";
import { type Op, symbolOf, type Values } from "./op.ts";
import { indexOf, type State } from "./state.ts";
import { explain, sources, write } from "./terms.ts";

/** How many terms of a sum are written out. */
const TERMS = 8;

const HINT =
  "Point at an element of an output or a gradient, or move to it with the arrow keys: the numbers that it is computed from light up, and their sum stands here.";

/** A symbol with indices, in HTML; the symbols come from the page's own table. */
function variable(name: string, index: readonly number[]): string {
  const place = index.map((i) => i + 1).join(
    index.some((i) => i > 8) ? "," : "",
  );
  const sub = place === "" ? "" : `<sub>${place}</sub>`;
  return name.split("∂").map((part) => part.replace(/^(\w)/, "<i>$1</i>")).join(
    "∂",
  ) + sub;
}

/** The line, and what it speaks of. */
export class Explanation {
  readonly element: HTMLElement = h("div", {
    class: "live-explanation",
    role: "status",
    "data-live": "explanation",
  });
  readonly #op: Op;

  constructor(op: Op) {
    this.#op = op;
  }

  /**
   * Explains an element of the output (target 0) or of a gradient; the result
   * is which elements of each given tensor it is computed from.
   */
  explain(
    state: State,
    values: Values,
    target: number,
    at: number | undefined,
  ): Set<number>[] {
    const { given, output, gradients } = values;
    const result = target === 0 ? output : gradients[target - 1];
    if (at === undefined || result instanceof Error) {
      this.element.replaceChildren(h("p", { class: "live-hint" }, HINT));
      return [];
    }
    const op = this.#op;
    const shapes = given.slice(0, -1).map(({ shape }) => shape);
    const index = indexOf(at, result.shape);
    const term = explain(op, shapes, target, index);
    const dtype = dtypeOf(result);
    const name = target === 0
      ? op.data.output.symbol
      : `∂E/∂${symbolOf(op, target - 1)}`;
    const symbols = write(term, {
      constant: (value) => brief(value),
      element: (k, place) =>
        variable(symbolOf(op, k), indexOf(place, given[k].shape)),
      times: " ",
    }, TERMS);
    const numbers = write(term, {
      constant: (value) => brief(value),
      element: (k, place) => {
        const text = brief(given[k].data[place], 6);
        return text.startsWith("−") ? `(${text})` : text;
      },
      times: " · ",
    }, TERMS);
    const value = exact(result.data[at], dtype).replace(/^-/, "−").replace(
      "Infinity",
      "∞",
    );
    const mistake = mistakeOf(op, state);
    const broken = mistake !== undefined && state.broken!.input === target - 1;
    const steps = term.kind === "constant"
      ? ["a sum of nothing"]
      : term.kind === "element"
      ? [symbols]
      : [symbols, numbers];
    const line = h("p");
    line.innerHTML = `${variable(name, index)} = ${
      steps.map((step) => `<span>${step}</span>`).join(" = ")
    }${broken ? "" : ` = <b>${value}</b>`}`;
    this.element.replaceChildren(line);
    if (broken) {
      this.element.append(
        h(
          "p",
          { class: "live-broken" },
          `${describeMistake(op, target - 1, mistake)} Here it is `,
          h("b", {}, value),
          ".",
        ),
      );
    }
    const found = given.map(() => new Set<number>());
    for (const key of sources(term)) {
      const [k, place] = key.split(":").map(Number);
      found[k].add(place);
    }
    return found;
  }
}
