// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />

// The fields of the dimensions and of the options.

import { h, symbol } from "./dom.ts";
import { type Faults, messageOf } from "./faults.ts";
import { readNumber } from "./numbers.ts";
import { type Chosen, LIMITS, type Op } from "./op.ts";

/** A number that can be chosen, and what comes of it. */
interface Choice {
  key: string;
  label: HTMLElement;
  value: number | boolean;
  least?: number;
  most?: number;
  /** By how much the buttons change it. */
  step: number;
  to(n: number | boolean): Partial<Chosen>;
}

/** All fields, in a row. */
export class Steppers {
  readonly element: HTMLElement = h("div", { class: "live-steppers" });
  readonly #op: Op;
  readonly #faults: Faults;
  readonly #box: HTMLElement;
  readonly #change: (to: Partial<Chosen>) => void;
  #choices: Map<string, Choice> = new Map();

  /** Calls `change` with what a reader chooses; it may throw. */
  constructor(
    op: Op,
    faults: Faults,
    box: HTMLElement,
    change: (to: Partial<Chosen>) => void,
  ) {
    this.#op = op;
    this.#faults = faults;
    this.#box = box;
    this.#change = change;
  }

  /** Shows what is chosen, except in fields that are wrong. */
  update(chosen: Chosen): void {
    const choices = this.#choicesAt(chosen);
    if (this.#choices.size === 0) {
      this.element.append(...choices.map((choice) => this.#field(choice)));
    }
    this.#choices = new Map(choices.map((choice) => [choice.key, choice]));
    for (const { key, value, least, most } of choices) {
      const element = this.#find(key)!;
      const field = element.querySelector("input")!;
      if (typeof value === "boolean") {
        field.checked = value;
        continue;
      }
      if (!this.#faults.has(nameOf(key))) {
        if (field.value.trim() !== String(value)) field.value = String(value);
        field.removeAttribute("aria-invalid");
      }
      // The attribute must be a decimal without an exponent.
      const plain = value.toLocaleString("en", {
        useGrouping: false,
        maximumFractionDigits: 20,
      });
      if (Number.isFinite(value)) field.setAttribute("aria-valuenow", plain);
      else field.removeAttribute("aria-valuenow");
      const [less, more] = element.querySelectorAll("button");
      less.disabled = value <= (least ?? -Infinity);
      more.disabled = value >= (most ?? Infinity);
    }
  }

  #choicesAt({ sizes, options }: Chosen): Choice[] {
    const { data } = this.#op;
    return [
      ...data.dims.map((key, i): Choice => ({
        key,
        label: symbol(data.symbols[key]),
        value: sizes[i],
        least: 0,
        most: LIMITS.dim,
        step: 1,
        to: (n) => ({ sizes: sizes.with(i, n as number) }),
      })),
      ...data.options.map(({ name, isWhole, default: first }): Choice => ({
        key: `option-${name}`,
        label: h("code", {}, name),
        value: options[name],
        step: isWhole ? 1 : Math.abs(Number(first)) / 4 || 0.25,
        to: (n) => ({ options: { ...options, [name]: n } }),
      })),
    ];
  }

  #find(key: string): HTMLElement | null {
    return this.element.querySelector(`[data-dim="${key}"]`);
  }

  #field(choice: Choice): HTMLElement {
    return typeof choice.value === "boolean"
      ? this.#flag(choice)
      : this.#stepper(choice);
  }

  #flag({ key, label }: Choice): HTMLElement {
    const field = h("input", { type: "checkbox" });
    field.addEventListener(
      "change",
      () => this.#try(key, field.checked),
    );
    return h("label", { class: "live-flag", "data-dim": key }, field, label);
  }

  #stepper({ key, label, least, most }: Choice): HTMLElement {
    const name = key.replace(/^option-/, "");
    const field = h("input", {
      type: "text",
      inputmode: "numeric",
      role: "spinbutton",
      "aria-label": name,
      "aria-valuemin": least?.toString(),
      "aria-valuemax": most?.toString(),
      "aria-describedby": this.#box.id,
      autocomplete: "off",
    });
    field.addEventListener("keydown", (event) => {
      const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (by === undefined && event.key !== "Escape") return;
      event.preventDefault();
      this.#step(key, by ?? 0);
    });
    // What is no number is the library's to refuse, in its own words.
    field.addEventListener("input", () => {
      const text = field.value.trim();
      this.#try(key, readNumber(text, "float64") ?? text as unknown as number);
    });
    const button = (by: number, sign: string, what: string) => {
      const element = h(
        "button",
        { type: "button", "aria-label": `${what} ${name}` },
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
    const { value, least = -Infinity, most = Infinity, step } = this.#choices
      .get(key)!;
    this.#faults.clear(nameOf(key));
    const to = Number((Number(value) + by * step).toPrecision(12));
    this.#try(key, Math.min(Math.max(to, least), most));
  }

  #try(key: string, n: number | boolean): void {
    const { most, to } = this.#choices.get(key)!;
    try {
      if (most !== undefined && Number.isFinite(n) && Number(n) > most) {
        throw new RangeError(
          `Cannot show ${key} as the panel has room for at most ${most}: it is ${n}`,
        );
      }
      this.#change(to(n));
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
