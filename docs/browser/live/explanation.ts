// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />

// The line that says what one element is computed from.

import type { Tensor } from "../../../mod.ts";
import { dtypeOf } from "../../../ops/core/checks.ts";
import { mistakeOf } from "./compute.ts";
import { h } from "./dom.ts";
import { messageOf } from "./faults.ts";
import { describeMistake } from "./mistakes.ts";
import { brief, exact } from "./numbers.ts";
import { type Op, symbolOf, type Values } from "./op.ts";
import { indexOf, type State } from "./state.ts";
import { explain, sources, type Term, write } from "./terms.ts";

/** How many terms of a sum are written out. */
const TERMS = 8;

const HINT =
  "Point at an element of an output or a gradient, or move to it with the arrow keys: the numbers that it is computed from light up, and their sum stands here.";

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
    try {
      const shapes = given.slice(0, -1).map(({ shape }) => shape);
      const index = indexOf(at, result.shape);
      const term = explain(this.#op, shapes, target, index);
      const value = exact(result.data[at], dtypeOf(result))
        .replace("-", "−").replace("Infinity", "∞");
      const isBroken = state.broken?.input === target - 1;
      this.#write(given, term, target, index, isBroken ? "" : value);
      if (isBroken) this.#addBroken(state, value);
      return given.map((_, k) => sources(term, k));
    } catch (error) {
      this.element.replaceChildren(h("p", {}, messageOf(error)));
      return [];
    }
  }

  /** Writes an element as its formula, with the numbers, and its value if any. */
  #write(
    given: readonly Tensor[],
    term: Term,
    target: number,
    index: readonly number[],
    value: string,
  ): void {
    const op = this.#op;
    const name = target === 0
      ? op.data.output.symbol
      : `∂E/∂${symbolOf(op, target - 1)}`;
    const constant = (value: number) => brief(value);
    const symbols = write(term, {
      constant,
      element: (k, at) =>
        variable(symbolOf(op, k), indexOf(at, given[k].shape)),
      times: " ",
    }, TERMS);
    const numbers = write(term, {
      constant,
      element: (k, at) => brief(given[k].data[at], 6).replace(/^−.*/, "($&)"),
      times: " · ",
    }, TERMS);
    const steps = {
      constant: ["a sum of nothing"],
      element: [symbols],
      sum: [symbols, numbers],
      product: [symbols, numbers],
      fraction: [symbols, numbers],
    }[term.kind];
    const result = value === "" ? [] : [`<b>${value}</b>`];
    const line = h("p");
    line.innerHTML = [variable(name, index), ...steps, ...result].join(" = ");
    this.element.replaceChildren(line);
  }

  #addBroken(state: State, value: string): void {
    const mistake = mistakeOf(this.#op, state)!;
    const text = describeMistake(this.#op, state.broken!.input, mistake);
    this.element.append(
      h(
        "p",
        { class: "live-broken" },
        `${text} Here it is `,
        h("b", {}, value),
        ".",
      ),
    );
  }
}

/** A symbol with indices, in HTML; the symbols come from the page's own table. */
function variable(name: string, index: readonly number[]): string {
  const italic = name.replaceAll(/[A-Za-z]+/g, "<i>$&</i>");
  const place = index.map((i) => i + 1).join("");
  return place === "" ? italic : `${italic}<sub>${place}</sub>`;
}
