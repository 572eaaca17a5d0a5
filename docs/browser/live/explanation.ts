// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />

// The line that says what one element is computed from.

import { dtypeOf } from "../../../ops/core/checks.ts";
import { showName } from "../../../ops/proof/language/unicode.ts";
import { h } from "./dom.ts";
import { messageOf } from "./faults.ts";
import { brief, exact } from "./numbers.ts";
import { whyNotFinite } from "./finite.ts";
import { axesOf, type Op, targetsOf, type Values } from "./op.ts";
import { indexOf, type State } from "./state.ts";
import { elementsOf, explain, type Term, write } from "./terms.ts";

/** How many terms of a sum are written out. */
const TERMS = 8;

/** What can be done, which depends on whether there are gradients. */
const hint = ({ floats }: Op) =>
  `Cells marked ✎ can be edited. Point at an input, or move to it with the arrow keys, to see the outputs that it feeds; at an output${
    floats.length > 0 ? " or a gradient" : ""
  }, to see its terms.`;

/** What an element is computed from, and what was only compared. */
export interface Lit {
  sources: readonly Term[];
  compared: readonly Term[];
}

const NOTHING: Lit = { sources: [], compared: [] };

/** The line, and what it speaks of. */
export class Explanation {
  readonly element: HTMLElement = h("div", {
    class: "live-explanation",
    role: "status",
    tabindex: "0", // A long sum scrolls, which must be possible without a mouse.
    "data-live": "explanation",
  });
  readonly #op: Op;

  constructor(op: Op) {
    this.#op = op;
  }

  /**
   * Explains an element of a target: of an output or a gradient, by their number.
   * The result is what lights up.
   */
  explain(
    state: State,
    values: Values,
    target: number,
    at: number | undefined,
  ): Lit {
    const result = [...values.outputs, ...values.gradients][target];
    if (at === undefined || result instanceof Error) {
      this.element.replaceChildren(
        h("p", { class: "live-hint" }, hint(this.#op)),
      );
      return NOTHING;
    }
    try {
      const name = targetsOf(this.#op)[target];
      const index = indexOf(at, result.shape).map((i) => i + 1);
      const { term, compared } = explain(
        this.#op,
        state,
        values,
        name,
        index,
      );
      const { shift = 0 } = this.#op.data.outputs[target] ?? {};
      const stored = result.data[at] + shift;
      const value = exact(stored, dtypeOf(result))
        .replace("-", "−").replace("Infinity", "∞");
      const isBroken =
        state.broken?.gradient === target - values.outputs.length;
      this.#write(
        term,
        name,
        index,
        isBroken ? `${brief(term.value, 6)}; broken: ${value}` : value,
      );
      if (term.kind === "constant") this.#addCompared(compared);
      if (shift > 0) {
        const text = `The code counts from 0, so it returns ${
          result.data[at]
        }.`;
        this.element.append(h("p", {}, text));
      } else if (!isBroken) this.#addReason(term, stored);
      return { sources: [term], compared };
    } catch (error) {
      this.element.replaceChildren(h("p", {}, messageOf(error)));
      return NOTHING;
    }
  }

  /** Writes an element as its formula, with the numbers, and its value if any. */
  #write(
    term: Term,
    name: string,
    index: readonly number[],
    value: string,
  ): void {
    const constant = (value: number) => brief(value);
    const symbols = write(term, {
      constant,
      element: ({ name, at }) => variable(this.#op, name, at),
      times: " ",
    }, TERMS);
    const numbers = write(term, {
      constant,
      element: ({ value }) => brief(value, 6).replace(/^−.*/, "($&)"),
      times: " · ",
    }, TERMS);
    const steps = term.kind === "constant"
      ? []
      : term.kind === "element"
      ? [symbols]
      : [symbols, numbers];
    const line = h("p");
    line.innerHTML = [
      variable(this.#op, name, index),
      ...steps,
      `<b>${value}</b>`,
    ].join(" = ");
    this.element.replaceChildren(line);
  }

  /** Says of an element of an input what it feeds. */
  feeds(symbol: string, index: readonly number[], fed: string): void {
    const line = h("p");
    line.innerHTML = `${variable(this.#op, symbol, index)} ${fed}`;
    this.element.replaceChildren(line);
  }

  /** Says what was compared, where nothing of it is in the result. */
  #addCompared(compared: readonly Term[]): void {
    const elements = elementsOf(compared);
    if (elements.length === 0) return;
    const rest = elements.length - TERMS;
    const line = h("p");
    line.innerHTML = `Compared: ${
      elements.slice(0, TERMS).map(({ name, at, value }) =>
        `${variable(this.#op, name, at)} = ${brief(value, 6)}`
      ).join(", ")
    }${rest > 0 ? `, … (${rest} more)` : ""}.`;
    this.element.append(line);
  }

  /** Says why an element is not finite, if it is not. */
  #addReason(term: Term, stored: number): void {
    const why =
      whyNotFinite(term, ({ name, at }) => variable(this.#op, name, at)) ??
        (Number.isFinite(stored)
          ? undefined
          : "It is larger than any number of the element type.");
    if (why === undefined) return;
    const line = h("p", { class: "live-why" });
    line.innerHTML = why;
    this.element.append(line);
  }
}

/**
 * A symbol with indices, in HTML; the symbols come from the page's own table, and
 * the indices count from 1. Each has the color of its axis.
 */
export function variable(op: Op, name: string, at: readonly number[]): string {
  const italic = showName(name).replaceAll(/\p{L}\p{M}*/gu, "<i>$&</i>");
  const axes = axesOf(op, name);
  const place = at.map((i, axis) => {
    const number = axes[axis];
    return number === undefined
      ? String(i)
      : `<span class="ax ax-${number}" data-at="ax-${number}">${i}</span>`;
  }).join(at.some((i) => i > 9) ? "," : "");
  return place === "" ? italic : `${italic}<sub>${place}</sub>`;
}
