// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />

// The fields of the dimensions: of each symbol of the page, and of each axis
// where the rank is any.

import { checkShape } from "../../../ops/core/checks.ts";
import { h, symbol } from "./dom.ts";
import { type Faults, messageOf } from "./faults.ts";
import { readNumber } from "./numbers.ts";
import {
  checkSize,
  type Dimensions,
  inputShapes,
  LIMITS,
  type Op,
} from "./op.ts";

/** A number that can be chosen, and the dimensions that come of it. */
interface Choice {
  key: string;
  label: HTMLElement;
  value: number;
  most: number;
  to(n: number): Dimensions;
}

/** All fields, in a row. */
export class Steppers {
  readonly element: HTMLElement = h("div", { class: "live-steppers" });
  readonly #op: Op;
  readonly #faults: Faults;
  readonly #box: HTMLElement;
  readonly #resize: (to: Dimensions) => void;
  #choices: Map<string, Choice> = new Map();

  /** Calls `resize` with what a reader chooses; it may throw. */
  constructor(
    op: Op,
    faults: Faults,
    box: HTMLElement,
    resize: (to: Dimensions) => void,
  ) {
    this.#op = op;
    this.#faults = faults;
    this.#box = box;
    this.#resize = resize;
  }

  /** Shows the dimensions, except in fields that are wrong. */
  update(at: Dimensions): void {
    const choices = this.#choicesAt(at);
    const keys = choices.map(({ key }) => key);
    if (keys.join() !== [...this.#choices.keys()].join()) this.#build(choices);
    this.#choices = new Map(choices.map((choice) => [choice.key, choice]));
    for (const { key, value, most } of choices) {
      const element = this.#find(key)!;
      const field = element.querySelector("input")!;
      if (!this.#faults.has(nameOf(key))) {
        if (field.value.trim() !== String(value)) field.value = String(value);
        field.removeAttribute("aria-invalid");
      }
      field.setAttribute("aria-valuenow", String(value));
      field.setAttribute("aria-valuemax", String(most));
      const [less, more] = element.querySelectorAll("button");
      less.disabled = value <= 0;
      more.disabled = value >= most;
    }
  }

  #choicesAt({ sizes, any }: Dimensions): Choice[] {
    const { dims, anyRank, data } = this.#op;
    const most = LIMITS.dim;
    const ofSymbols = dims.map((key, i): Choice => ({
      key,
      label: symbol(data.symbols[key]),
      value: sizes[i],
      most,
      to: (n) => ({ any, sizes: sizes.with(i, n) }),
    }));
    if (!anyRank) return ofSymbols;
    const rank: Choice = {
      key: "rank",
      label: h("span", { class: "live-symbol" }, "rank"),
      value: any.length,
      most: LIMITS.rank,
      to: (n) => ({
        sizes,
        any: Array.from({ length: n }, (_, i) => any[i] ?? 2),
      }),
    };
    const ofAxes = any.map((value, i): Choice => ({
      key: `n${i + 1}`,
      label: h(
        "span",
        { class: "live-symbol" },
        h("i", {}, "n"),
        h("sub", {}, String(i + 1)),
      ),
      value,
      most,
      to: (n) => ({ sizes, any: any.with(i, n) }),
    }));
    return [...ofSymbols, rank, ...ofAxes];
  }

  /** Makes the fields anew; the one with the focus keeps it. */
  #build(choices: readonly Choice[]): void {
    const focused = document.activeElement;
    const key = focused?.closest<HTMLElement>("[data-dim]")?.dataset.dim;
    const place = focused?.parentElement === null
      ? -1
      : [...focused?.parentElement?.children ?? []].indexOf(focused!);
    this.element.replaceChildren(
      ...choices.map(({ key, label }) => this.#stepper(key, label)),
    );
    const again = key === undefined ? null : this.#find(key)?.children[place];
    if (again instanceof HTMLElement) again.focus();
  }

  #find(key: string): HTMLElement | null {
    return this.element.querySelector(`[data-dim="${key}"]`);
  }

  #stepper(key: string, label: HTMLElement): HTMLElement {
    const field = h("input", {
      type: "text",
      inputmode: "numeric",
      role: "spinbutton",
      "aria-label": key,
      "aria-valuemin": "0",
      "aria-describedby": this.#box.id,
      autocomplete: "off",
    });
    field.addEventListener("keydown", (event) => {
      const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (by === undefined && event.key !== "Escape") return;
      event.preventDefault();
      this.#step(key, by ?? 0);
    });
    field.addEventListener("input", () => this.#type(key, field));
    const button = (by: number, sign: string, what: string) => {
      const element = h(
        "button",
        { type: "button", "aria-label": `${what} ${key}` },
        sign,
      );
      element.addEventListener("click", () => {
        this.#step(key, by);
        // A button that is switched off would take the focus with it.
        if (element.disabled) field.focus();
      });
      return element;
    };
    return h(
      "div",
      { class: "live-stepper", "data-dim": key },
      label,
      button(-1, "−", "Decrease"),
      field,
      button(1, "+", "Increase"),
    );
  }

  #step(key: string, by: number): void {
    const { value, most, to } = this.#choices.get(key)!;
    this.#faults.clear(nameOf(key));
    this.#try(
      key,
      () => this.#resize(to(Math.min(Math.max(value + by, 0), most))),
    );
  }

  #type(key: string, field: HTMLInputElement): void {
    const { most, to } = this.#choices.get(key)!;
    const text = field.value.trim();
    // What is no number is the library's to refuse, in its own words.
    const number = readNumber(text, "float64") ?? text as unknown as number;
    this.#try(key, () => {
      if (Number.isFinite(number) && number > most) {
        throw new RangeError(
          `Cannot show ${key} as the panel has room for at most ${most}: it is ${number}`,
        );
      }
      if (key === "rank") checkShape("create a tensor", key, [number]);
      const { inputs } = this.#op.data;
      inputShapes(this.#op, to(number)).forEach((shape, i) =>
        checkSize(inputs[i].parameter, shape)
      );
      this.#faults.clear(nameOf(key));
      this.#resize(to(number));
    });
  }

  #try(key: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#find(key)!.querySelector("input")!
        .setAttribute("aria-invalid", "true");
      this.#faults.set(nameOf(key), this.#box, messageOf(error));
    }
  }
}

function nameOf(key: string): string {
  return `dimension ${key}`;
}
