// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />

// The panel: what a reader can choose, what comes of it, and why.

import { tensor, zeros } from "../../../mod.ts";
import { showShape } from "../../../ops/core/checks.ts";
import { showName } from "../../../ops/proof/language/unicode.ts";
import { Chain } from "./chain.ts";
import { CheckView } from "./check_view.ts";
import { argumentsOf, gradientCall, program } from "./code.ts";
import { compute, fitting, mistakeOf } from "./compute.ts";
import { alertBox, alertIn, type Content, h, symbol } from "./dom.ts";
import { Explanation, variable } from "./explanation.ts";
import { Faults, messageOf } from "./faults.ts";
import type { Fed } from "./feeds.ts";
import { type Axis, Grid } from "./grid.ts";
import { describeMistake } from "./mistakes.ts";
import { explainText, readNumber, round } from "./numbers.ts";
import {
  axesOf,
  checkSize,
  type Chosen,
  givenNames,
  givenShapes,
  givenSymbols,
  type Op,
  type Shape,
  sizesFor,
  targetsOf,
  type Values,
} from "./op.ts";
import { decode, encode } from "./link.ts";
import { share } from "./share.ts";
import {
  change,
  dtypeFor,
  type Fill,
  type FILLS,
  indexOf,
  initialState,
  numbersOf,
  type State,
} from "./state.ts";
import { Reach } from "./reach.ts";
import { Steppers } from "./steppers.ts";
import { Steps } from "./steps.ts";
import { sources } from "./terms.ts";

/** How long the address waits for a state that stays. */
const RECORD_MS = 150;

const FILL_NAMES: Record<keyof typeof FILLS | "edited", string> = {
  random: "random",
  zeros: "zeros",
  ones: "ones",
  arange: "0, 1, 2, …",
  special: "NaN, ∞, −0, …",
  edited: "edited",
};

/** An input or `dout` on the screen. */
interface Given {
  name: string;
  symbol: string;
  grid: Grid;
  card: HTMLElement;
  /** What is wrong in its fields. */
  box: HTMLElement;
  fill: HTMLSelectElement;
  /** A field; but the shape of `dout` is that of the output. */
  shape: HTMLInputElement | HTMLElement;
}

/** An output or a gradient on the screen. */
interface Result {
  symbol: string;
  grid: Grid;
  card: HTMLElement;
  /** The call that gives it, which options are a part of. */
  call(): string;
  shape: HTMLElement;
}

/** A gradient on the screen. */
interface Gradient extends Result {
  badge: HTMLElement;
  /** The right one beside a broken one, with their titles. */
  right: Grid;
  beside: HTMLElement[];
  /** What a broken one throws, and a way out. */
  thrown: HTMLElement;
  fit: HTMLButtonElement;
}

/** The live panel of an op. */
export class Panel {
  readonly element: HTMLElement;
  readonly #op: Op;
  readonly #faults: Faults = new Faults(() => this.#markStale());
  readonly #link: HTMLElement = alertBox("link");
  readonly #settings: HTMLElement = alertBox("settings");
  readonly #stale: HTMLElement = h(
    "p",
    { class: "live-stale", "data-live": "stale", hidden: true },
    "What follows is the last valid result.",
  );
  readonly #steppers: Steppers;
  readonly #types: HTMLInputElement[];
  readonly #given: Given[];
  readonly #outputs: Result[];
  readonly #gradients: Gradient[];
  readonly #explanation: Explanation;
  readonly #chain: Chain;
  readonly #reach: Reach;
  readonly #steps: Steps;
  /** The element of a gradient that was pointed at last: what is stepped through. */
  #last: { gradient: number; place: number } = { gradient: 0, place: 0 };
  readonly #check: CheckView;
  #state: State;
  #values!: Values;
  #recording: ReturnType<typeof setTimeout> | undefined;
  /** What filled the tensors before a cell was edited. */
  #before: readonly Fill[] = [];

  constructor(op: Op) {
    this.#op = op;
    this.#state = initialState(op);
    const count = op.data.inputs.length;
    this.#steppers = new Steppers(
      op,
      this.#faults,
      this.#settings,
      (to) => this.#choose(to),
    );
    this.#types = [this.#typeField("float32"), this.#typeField("float64")];
    this.#given = givenNames(op).map((name, i) => this.#makeGiven(name, i));
    this.#outputs = op.data.outputs.map((_, i) => this.#makeOutput(i));
    this.#gradients = op.floats.map((_, k) => this.#makeGradient(k));
    this.#explanation = new Explanation(op);
    this.#chain = new Chain(op);
    this.#reach = new Reach(op);
    this.#steps = new Steps((step) => this.#act(() => this.#step(step)));
    this.#check = new CheckView(
      op,
      (change) => this.#act(() => this.#set({ ...this.#state, ...change })),
    );
    const cards = (all: readonly { card: HTMLElement }[]) =>
      all.map(({ card }) => card);
    const given = cards(this.#given);
    this.element = h(
      "div",
      { class: "live-panel" },
      this.#link,
      this.#stale,
      h(
        "div",
        { class: "live-stage" },
        row("Forward", [...given.slice(0, count), ...cards(this.#outputs)]),
        ...op.floats.length > 0
          ? [
            row("Backward", [...given.slice(count), ...cards(this.#gradients)]),
          ]
          : [],
        this.#explanation.element,
        ...op.floats.length > 0 ? [this.#steps.element] : [],
      ),
      this.#controls(),
      this.#settings,
      ...op.floats.length > 0 ? [this.#check.element] : [],
      share([{
        name: "copy-link",
        label: "Copy link",
        make: () => this.#url("#live"),
        done: "The link is copied. It shows what you see now.",
      }, {
        name: "copy-code",
        label: "Copy as code",
        make: () => program(this.#op, this.#state),
        done: "The program is copied. It computes the numbers that you see.",
      }]),
    );
    this.#open();
  }

  /** Shows the state of the link, or says what is wrong with it. */
  #open(): void {
    const text = new URL(location.href).searchParams.get("live");
    if (text !== null) {
      try {
        const state = decode(this.#op, text);
        this.#values = compute(this.#op, state);
        this.#state = state;
      } catch (error) {
        alertIn(
          this.#link,
          `${messageOf(error)}. The panel shows its initial state.`,
        );
      }
    }
    this.#values ??= compute(this.#op, this.#state);
    this.#render();
  }

  /** Takes on a state, if the library can compute it. */
  #set(state: State): void {
    this.#values = compute(this.#op, state);
    this.#state = state;
    alertIn(this.#link, undefined);
    this.#render();
    clearTimeout(this.#recording);
    this.#recording = setTimeout(
      () => history.replaceState(history.state, "", this.#url(location.hash)),
      RECORD_MS,
    );
  }

  /** The address of the page with the state in it. */
  #url(hash: string): string {
    const url = new URL(location.href);
    url.searchParams.delete("live");
    // Set as text, for URLSearchParams would encode the "~".
    url.search += `${url.search === "" ? "?" : "&"}live=${
      encode(this.#op, this.#state)
    }`;
    url.hash = hash;
    return url.href;
  }

  /** Does what a reader asks for; what goes wrong is said at the settings. */
  #act(work: () => void): void {
    try {
      work();
      this.#faults.clear("settings");
    } catch (error) {
      this.#faults.set("settings", this.#settings, messageOf(error), 0);
    }
  }

  #markStale(): void {
    const stale = this.#faults.fields.length > 0;
    this.#stale.hidden = !stale;
    this.element.toggleAttribute("data-stale", stale);
  }

  #render(): void {
    const { given, outputs, gradients } = this.#values;
    const { fills, dtype } = this.#state;
    this.#given.forEach(({ name, grid, fill, shape }, i) => {
      grid.update(given[i]);
      const edited = typeof fills[i] !== "string";
      fill.value = edited ? "edited" : String(fills[i]);
      fill.querySelector<HTMLElement>('[value="edited"]')!.hidden = !edited;
      const text = showShape(given[i].shape);
      if (!(shape instanceof HTMLInputElement)) shape.textContent = text;
      else if (
        document.activeElement !== shape && !this.#faults.has(`shape ${name}`)
      ) shape.value = text;
    });
    this.#outputs.forEach(({ grid, shape }, i) => {
      grid.update(outputs[i]);
      shape.textContent = showShape(outputs[i].shape);
    });
    this.#gradients.forEach((_, i) => this.#renderGradient(i, gradients[i]));
    for (const { card, call } of [...this.#outputs, ...this.#gradients]) {
      card.ariaLabel = call();
      card.querySelector("code")!.textContent = call();
    }
    for (const field of this.#types) field.checked = field.value === dtype;
    this.#steppers.update(this.#state);
    this.#point(0, undefined);
    this.#steps.reset();
    this.#last = { gradient: 0, place: 0 };
    this.#check.update(this.#state);
  }

  #renderGradient(i: number, gradient: Values["gradients"][number]): void {
    const { symbol, grid, card, shape, badge, right, beside, thrown, fit } =
      this.#gradients[i];
    const mistake = this.#state.broken?.gradient === i
      ? mistakeOf(this.#op, this.#state)
      : undefined;
    card.toggleAttribute("data-broken", mistake !== undefined);
    badge.hidden = mistake === undefined;
    badge.textContent = mistake === undefined
      ? ""
      : describeMistake(showName(symbol), mistake);
    for (const element of beside) element.hidden = mistake === undefined;
    right.update(
      mistake === undefined
        ? zeros([0])
        : this.#op.gradient(i, this.#values.given, this.#state),
    );
    const failed = gradient instanceof Error;
    grid.element.hidden = failed;
    if (!failed) grid.update(gradient);
    shape.textContent = failed ? "" : showShape(gradient.shape);
    alertIn(thrown, failed ? messageOf(gradient) : undefined);
    const better = failed ? fitting(this.#op, this.#state) : undefined;
    fit.hidden = better === undefined;
    if (better !== undefined) {
      fit.textContent = `Make the shapes fit: ${better.dim} = ${better.value}`;
    }
  }

  /** Shows what an element of an input feeds. */
  #feed(given: number, at: number | undefined): void {
    const { inputs } = this.#op.data;
    const k = this.#op.floats.indexOf(given);
    this.#point(0, undefined);
    if (
      at === undefined || given >= inputs.length ||
      this.#values.gradients[k] instanceof Error
    ) return;
    const hasGradient = k >= 0;
    const links = hasGradient
      ? this.#chain.of(this.#state, this.#values, k, at)
      : this.#reach.of(this.#state, this.#values, given, at);
    this.#markChain(given, at, links);
    const index = indexOf(at, this.#values.given[given].shape);
    const n = links.length;
    const elements = n === 1 ? "one element" : `${n} elements`;
    this.#explanation.feeds(
      inputs[given].symbol,
      index.map((i) => i + 1),
      !hasGradient
        ? `feeds ${
          n === 0 ? "no element" : elements
        } of the output. It has no gradient.`
        : n === 0
        ? "moves no output at these numbers: its gradient is 0."
        : n === 1
        ? "feeds one element of the output, so the chain rule has one term."
        : `feeds ${elements} of the output: a change of it reaches the loss through each of them, so the chain rule sums over ${n} terms.`,
    );
  }

  /** Marks an element of an input, and the outputs of links. */
  #markChain(given: number, at: number, links: readonly Fed[]): void {
    this.#given[given].grid.mark("is-target", new Set([at]));
    this.#outputs.forEach(({ grid }, i) =>
      grid.mark(
        "is-source",
        new Set(
          links.filter(({ output }) => output === i)
            .map(({ place }) => place),
        ),
      )
    );
  }

  /** Shows one term of the sum that the chain rule is. */
  #step(step: number): void {
    const { gradient: k, place } = this.#last;
    const { data, floats } = this.#op;
    const links = this.#chain.of(this.#state, this.#values, k, place);
    this.#point(0, undefined);
    if (
      step === 0 || step > links.length + 1 || links.length === 0 && step > 1
    ) {
      this.#steps.reset();
      return;
    }
    const { given, outputs } = this.#values;
    const input = floats[k];
    const name = (symbol: string, at: number, shape: Shape) =>
      variable(this.#op, symbol, indexOf(at, shape).map((i) => i + 1));
    this.#steps.write(
      step,
      links,
      name(data.inputs[input].symbol, place, given[input].shape),
      ({ output, place }) =>
        name(data.outputs[output].symbol, place, outputs[output].shape),
    );
    const shown = step > links.length ? links : [links[step - 1]];
    this.#markChain(input, place, shown);
    this.#gradients[k].grid.mark("is-target", new Set([place]));
    const count = data.inputs.length;
    for (const { output, place } of shown.slice(-1)) {
      this.#given[count + output].grid.mark("is-source", new Set([place]));
    }
  }

  /** Shows what an element is computed from. */
  #point(target: number, at: number | undefined): void {
    const gradient = target - this.#outputs.length;
    if (at !== undefined && gradient >= 0) {
      this.#last = { gradient, place: at };
      this.#steps.reset();
    }
    const { sources: from, compared } = this.#explanation.explain(
      this.#state,
      this.#values,
      target,
      at,
    );
    const results = [...this.#outputs, ...this.#gradients];
    for (const { grid, symbol } of [...this.#given, ...results]) {
      grid.mark("is-source", sources(from, symbol));
      grid.mark("is-compared", sources(compared, symbol));
      grid.mark("is-target", new Set());
    }
    results.forEach(({ grid }, i) => {
      const here = i === target && at !== undefined;
      grid.mark("is-target", new Set(here ? [at] : []));
    });
  }

  /** Puts what a reader types into a place; says whether it is a number. */
  #edit(given: number, at: number, text: string): boolean {
    const { fills } = this.#state;
    const dtype = dtypeFor(this.#op, this.#state, given);
    const { name, box } = this.#given[given];
    const shape = givenShapes(this.#op, this.#state)[given];
    const value = readNumber(text, dtype);
    if (value === undefined) {
      this.#faults.set(`cell ${name}`, box, explainText(text, dtype));
      return false;
    }
    const numbers = numbersOf(this.#op, this.#state, given, shape)
      .with(at, value);
    try {
      // An integer may be too large for its type.
      tensor(numbers, shape, { dtype });
      this.#faults.clear(`cell ${name}`);
      const rounded = numbers.with(at, round(numbers[at], dtype));
      this.#set({ ...this.#state, fills: fills.with(given, rounded) });
      return true;
    } catch (error) {
      this.#faults.set(`cell ${name}`, box, `${messageOf(error)}.`);
      return false;
    }
  }

  /** Ends all editing; the numbers are those that were valid last. */
  #leaveCells(): void {
    for (const { name, grid } of this.#given) {
      this.#faults.clear(`cell ${name}`);
      grid.close();
    }
  }

  /** Takes on other dimensions or options, if they can be shown. */
  #choose(to: Partial<Chosen>): void {
    const state = change(this.#op, this.#state, to);
    compute(this.#op, state); // The library may refuse it.
    this.#leaveCells();
    for (const field of this.#faults.fields) this.#faults.clear(field);
    for (const { shape } of this.#given) shape.removeAttribute("aria-invalid");
    this.#set(state);
  }

  /** Takes on the shapes in the fields, if they fit together. */
  #typeShape({ name, shape: field, box }: Given): void {
    const { inputs } = this.#op.data;
    try {
      const shapes = inputs.map((_, i) =>
        readShape((this.#given[i].shape as HTMLInputElement).value)
      );
      shapes.forEach((shape, i) => checkSize(inputs[i].parameter, shape));
      const zero = shapes.map((shape, i) =>
        zeros(shape, { dtype: dtypeFor(this.#op, this.#state, i) })
      );
      this.#op.forward(zero, this.#state);
      this.#choose({ sizes: sizesFor(this.#op, shapes, this.#state) });
    } catch (error) {
      field.setAttribute("aria-invalid", "true");
      this.#faults.set(`shape ${name}`, box, messageOf(error));
    }
  }

  #controls(): HTMLElement {
    const button = (name: string, label: string, work: () => void) => {
      const element = h("button", { type: "button", "data-live": name }, label);
      element.addEventListener("click", () => this.#act(work));
      return element;
    };
    return h(
      "div",
      {
        class: "live-controls",
        role: "group",
        "aria-label": "Shapes and numbers",
      },
      this.#steppers.element,
      h(
        "fieldset",
        { class: "live-types" },
        h("legend", {}, "Element type"),
        ...this.#types.map((field) => h("label", {}, field, field.value)),
      ),
      h(
        "div",
        { class: "live-buttons" },
        button("draw", "Draw new numbers", () => {
          this.#leaveCells();
          const { seed, fills } = this.#state;
          const random = fills.map(() => "random" as const);
          this.#set({ ...this.#state, seed: seed + 1, fills: random });
        }),
        button("reset", "Start over", () => {
          this.#choose(initialState(this.#op));
          this.#set(initialState(this.#op));
        }),
      ),
    );
  }

  #typeField(dtype: State["dtype"]): HTMLInputElement {
    const field = h("input", {
      type: "radio",
      name: "live-dtype",
      value: dtype,
      "data-live": dtype,
    });
    field.addEventListener("change", () =>
      this.#act(() => {
        this.#leaveCells();
        this.#set({ ...this.#state, dtype });
      }));
    return field;
  }

  #makeGiven(name: string, i: number): Given {
    const box = alertBox(`error-${name}`);
    const symbol = givenSymbols(this.#op)[i];
    const input = this.#op.data.inputs[i];
    const isInput = input !== undefined;
    const shape = isInput
      ? h("input", {
        type: "text",
        class: "live-shape",
        "aria-label": `Shape of ${name}`,
        "aria-describedby": box.id,
        autocomplete: "off",
        spellcheck: "false",
        "data-live": `shape-${name}`,
      })
      : h("span", { class: "live-shape", "data-live": `shape-${name}` });
    const fill = h(
      "select",
      { "aria-label": `Numbers of ${name}`, "data-live": `fill-${name}` },
      ...Object.entries(FILL_NAMES)
        .filter(([value]) => value !== "special" || !input?.integer)
        .map(([value, text]) => h("option", { value }, text)),
    );
    const grid = new Grid({
      id: name,
      name,
      axes: this.#axes(symbol),
      errorId: box.id,
      point: (at) => this.#feed(i, at),
      edit: {
        begin: () => this.#before = this.#state.fills,
        change: (at, text) => this.#edit(i, at, text),
        undo: () => {
          this.#faults.clear(`cell ${name}`);
          this.#set({ ...this.#state, fills: this.#before });
        },
      },
    });
    const card = this.#card(symbol, name, [shape, fill], [grid.element, box]);
    const given = { name, symbol, grid, card, box, fill, shape };
    fill.addEventListener("change", () =>
      this.#act(() => {
        const chosen = fill.value as keyof typeof FILLS;
        this.#leaveCells();
        const fills = this.#state.fills.with(i, chosen);
        this.#set({ ...this.#state, fills });
      }));
    if (isInput) {
      const field = shape as HTMLInputElement;
      const restore = () => {
        field.removeAttribute("aria-invalid");
        this.#faults.clear(`shape ${name}`);
        field.value = showShape(givenShapes(this.#op, this.#state)[i]);
      };
      field.addEventListener("input", () => this.#typeShape(given));
      field.addEventListener("keydown", ({ key }) => {
        if (key === "Escape") restore();
      });
      field.addEventListener("blur", () => {
        if (!field.hasAttribute("aria-invalid")) restore();
      });
    }
    return given;
  }

  /** The axes of a tensor that have letters. */
  #axes(symbol: string): (Axis | undefined)[] {
    const { axes, symbols } = this.#op.data;
    return axesOf(this.#op, symbol).map((number) => {
      const letter = Object.keys(symbols).find((name) => axes[name] === number);
      return number === undefined || letter === undefined
        ? undefined
        : { number, letter: symbols[letter] };
    });
  }

  #makeOutput(i: number): Result {
    const { data } = this.#op;
    const { symbol, parameter } = data.outputs[i];
    const single = data.outputs.length === 1;
    const id = single ? "output" : `output.${parameter}`;
    const part = data.list === "outputs" ? `[${i}]` : `.${parameter}`;
    const point = (at: number | undefined) => this.#point(i, at);
    const axes = this.#axes(symbol);
    const grid = new Grid({ id, name: id, axes, point });
    const shape = h("span", { class: "live-shape" });
    const call = () =>
      `${data.name}(${argumentsOf(this.#op, this.#state)})${
        single ? "" : part
      }`;
    const card = this.#card(symbol, call(), [shape], [grid.element]);
    return { symbol, grid, card, call, shape };
  }

  #makeGradient(k: number): Gradient {
    const { data, floats } = this.#op;
    const { parameter: name } = data.inputs[floats[k]];
    const target = data.outputs.length + k;
    const symbol = targetsOf(this.#op)[target];
    const grid = new Grid({
      id: `d${name}`,
      name: `d${name}`,
      axes: this.#axes(symbol),
      point: (at) => this.#point(target, at),
    });
    const right = new Grid({
      id: `d${name}-right`,
      name: `right d${name}`,
      axes: this.#axes(symbol),
    });
    const title = (text: string) =>
      h("p", { class: "live-head", hidden: true }, text);
    const [broken, fine] = [title("broken"), title("right")];
    const badge = h("p", {
      class: "live-badge",
      "data-live": `broken-${name}`,
      hidden: true,
    });
    const shape = h("span", { class: "live-shape" });
    const thrown = alertBox(`error-d${name}`);
    const fit = h("button", { type: "button", "data-live": `fit-${name}` });
    fit.addEventListener("click", () =>
      this.#act(() => {
        const better = fitting(this.#op, this.#state);
        if (better !== undefined) this.#choose({ sizes: better.sizes });
      }));
    const call = () => gradientCall(this.#op, k, this.#state);
    const beside = [broken, fine, right.element];
    const content = [
      badge,
      h(
        "div",
        { class: "live-beside" },
        h("div", {}, broken, grid.element, thrown, fit),
        h("div", {}, fine, right.element),
      ),
    ];
    const card = this.#card(symbol, call(), [shape], content);
    return {
      symbol,
      grid,
      card,
      call,
      shape,
      badge,
      right,
      beside,
      thrown,
      fit,
    };
  }

  /** A tensor with its symbol, and what it is in code. */
  #card(
    name: string,
    code: string,
    fields: Content[],
    content: Content[],
  ): HTMLElement {
    return h(
      "div",
      { class: "live-card", role: "group", "aria-label": code },
      h(
        "div",
        { class: "live-head" },
        symbol(this.#op.data.symbols[name]),
        h("code", {}, code),
        ...fields,
      ),
      ...content,
    );
  }
}

function row(title: string, cards: readonly HTMLElement[]): HTMLElement {
  return h(
    "div",
    { class: "live-row" },
    h("h3", {}, title),
    h("div", { class: "live-cards" }, ...cards),
  );
}

/** A shape as a reader writes it: `2×3`, `2x3`, `[2, 3]`; `[]` is a scalar's. */
function readShape(text: string): Shape {
  const bare = text.trim().replace(/^[[(]\s*|\s*[\])]$/g, "");
  if (bare === "" && text.trim() !== "") return [];
  return bare.split(/\s*[×x*,\s]\s*/).map((dim) =>
    readNumber(dim, "float64") ?? dim as unknown as number
  );
}
