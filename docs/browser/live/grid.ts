// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />

// A tensor as a heatmap: a table for each slice of its last two axes, whose
// cells are reached with the arrow keys, and edited where that makes sense.

import { dtypeOf, showShape } from "../../../ops/core/checks.ts";
import { h, symbol } from "./dom.ts";
import { brief, describeSpecials, exact, spoken } from "./numbers.ts";
import type { Shape, Tensor } from "./op.ts";
import { indexOf } from "./state.ts";

/** What a grid is for. */
export interface GridOptions {
  /** The value of `data-tensor`. */
  id: string;
  /** What a screen reader calls the tensor. */
  name: string;
  /** The element that describes an error in a cell. */
  errorId?: string;
  /** Of each axis its number, which stands for its color, and the HTML of its
   * letter; none where it has no letter of its own. */
  axes?: readonly (Axis | undefined)[];
  /** How its cells are edited; without it they cannot be. */
  edit?: Editor;
  /** Tells which cell is pointed at, or focused, if any. */
  point?: (at: number | undefined) => void;
}

/** An axis of the page. */
export interface Axis {
  number: number;
  letter: string;
}

/** What happens when a cell is edited. */
export interface Editor {
  /** A cell is opened. */
  begin(): void;
  /** Takes what a reader types, at each key; says whether it is a number. */
  change(at: number, text: string): boolean;
  /** Puts back the numbers from before the cell was opened. */
  undo(): void;
}

/** Where a cell is, in words. */
export function wordsFor(index: readonly number[]): string {
  const place = index.map((i) => i + 1);
  if (place.length === 0) return "";
  if (place.length === 1) return `element ${place[0]}`;
  const [row, column] = place.slice(-2);
  const slice = place.slice(0, -2);
  return `${
    slice.length > 0 ? `slice ${slice.join(" ")}, ` : ""
  }row ${row}, column ${column}`;
}

/** A number that fits into a cell, whose width does not change. */
function inCell(value: number): string {
  return [4, 3, 2].map((digits) => brief(value, digits))
    .find((text) => text.length <= 7) ?? brief(value, 1);
}

/** The rows and columns of a slice; a vector is a column, as on the page. */
function frame(shape: Shape): { rows: number; cols: number } {
  const [rows = 1, cols = 1] = shape.length < 2 ? shape : shape.slice(-2);
  return { rows, cols };
}

/** The class that gives a cell its color; what is not finite has stripes. */
function colorOf(value: number): string {
  if (Number.isNaN(value)) return "is-nan";
  const sign = value < 0 ? "is-negative" : "is-positive";
  return Number.isFinite(value) ? sign : `${sign} is-infinite`;
}

/** A tensor on the screen. */
export class Grid {
  readonly element: HTMLElement;
  readonly #options: GridOptions;
  readonly #note: HTMLElement;
  readonly #scale: HTMLElement;
  readonly #slices: HTMLElement;
  #cells: HTMLTableCellElement[] = [];
  #tensor: Tensor = { shape: [0], data: new Float32Array() };
  #shape = "";
  #active = 0;
  #editing: { at: number; input: HTMLInputElement } | undefined;

  constructor(options: GridOptions) {
    this.#options = options;
    this.#slices = h("div", { class: "live-slices" });
    this.#scale = h("p", { class: "live-scale" });
    this.#note = h("p", {
      class: "live-note",
      "data-live": `note-${options.id}`,
    });
    this.element = h(
      "div",
      {
        class: "live-grid",
        "data-tensor": options.id,
        "data-editable": options.edit !== undefined,
      },
      this.#slices,
      h("div", { class: "live-below" }, this.#scale, this.#note),
    );
    this.#listen();
  }

  /** Shows a tensor; colors are relative to the largest size, or to `most`. */
  update(tensor: Tensor, most?: number): void {
    const { shape, data } = tensor;
    this.#tensor = tensor;
    if (showShape(shape) !== this.#shape) this.#build();
    const sizes = Array.from(data, Math.abs).filter(Number.isFinite);
    const largest = most ?? Math.max(0, ...sizes);
    this.#cells.forEach((cell, at) => {
      const value = data[at];
      const isFinite = Number.isFinite(value);
      const strength = Math.min(Math.abs(value) / largest, 1);
      cell.className = colorOf(value);
      cell.style.setProperty("--t", String(isFinite ? strength || 0 : 1));
      const where = wordsFor(indexOf(at, shape));
      const said = isFinite ? inCell(value) : spoken(value);
      const label = [this.#options.name, where, said];
      cell.setAttribute("aria-label", label.filter(Boolean).join(", "));
      cell.dataset.value = exact(value, dtypeOf(tensor));
      if (this.#editing?.at !== at) this.#write(at);
    });
    this.#scale.replaceChildren(
      h("span", {}, brief(-largest, 3)),
      h("i", { class: "live-bar", "aria-hidden": "true" }),
      h("span", {}, brief(largest, 3)),
    );
    this.#note.textContent = describeSpecials(data);
    // One of them at a time: nothing moves while somebody types.
    this.#note.hidden = this.#note.textContent === "";
    this.#scale.hidden = !this.#note.hidden;
    this.#scale.toggleAttribute("data-empty", largest === 0);
  }

  /** Marks the cells that something is computed from. */
  mark(
    kind: "is-source" | "is-compared" | "is-target" | "is-worst",
    places: ReadonlySet<number>,
  ): void {
    this.#cells.forEach((cell, at) =>
      cell.classList.toggle(kind, places.has(at))
    );
  }

  /** Ends editing, whatever is in the field. */
  close(): void {
    const editing = this.#editing;
    if (editing === undefined) return;
    this.#editing = undefined;
    this.#write(editing.at);
  }

  /** Writes a number into its cell; all of its digits are in the title. */
  #write(at: number): void {
    const value = this.#tensor.data[at];
    const cell = this.#cells[at];
    cell.textContent = inCell(value);
    cell.title = exact(value, dtypeOf(this.#tensor));
  }

  #build(): void {
    const { shape, data } = this.#tensor;
    this.#shape = showShape(shape);
    this.#editing = undefined;
    this.#active = 0;
    this.#cells = [];
    const { name, edit, axes = [] } = this.#options;
    const edge = (axis: number, side: "rows" | "cols") => {
      const found = axes[axis];
      if (axis < 0 || found === undefined) return [];
      const { number, letter } = found;
      return [h("span", {
        class: `live-edge live-${side} ax-${number}`,
        "data-at": `ax-${number}`,
        "aria-hidden": "true",
      }, symbol(letter))];
    };
    const rank = shape.length;
    if (data.length === 0) {
      this.#slices.replaceChildren(
        h(
          "p",
          { class: "live-empty" },
          `No elements: the shape is ${this.#shape}.`,
        ),
      );
      return;
    }
    const { rows, cols } = frame(shape);
    const slices: HTMLElement[] = [];
    for (let start = 0; start < data.length; start += rows * cols) {
      const slice = indexOf(start, shape).slice(0, -2).map((i) => i + 1).join(
        ", ",
      );
      const table = h("table", {
        role: "grid",
        "aria-label": slice === "" ? name : `${name}, slice ${slice}`,
        "aria-readonly": edit === undefined ? "true" : undefined,
      });
      for (let row = 0; row < rows; row++) {
        const tr = table.insertRow();
        for (let col = 0; col < cols; col++) {
          const at = start + row * cols + col;
          const cell = tr.insertCell();
          cell.setAttribute("role", "gridcell");
          cell.tabIndex = at === 0 ? 0 : -1;
          cell.dataset.cell = indexOf(at, shape).map((i) => i + 1).join();
          this.#cells.push(cell);
        }
      }
      const framed = h(
        "div",
        { class: "live-frame" },
        ...rank === 1 ? edge(0, "rows") : [
          ...edge(rank - 2, "rows"),
          ...edge(rank - 1, "cols"),
        ],
        table,
      );
      slices.push(
        slice === "" ? framed : h(
          "div",
          {},
          h("p", { class: "live-slice" }, ...this.#sliceLabel(start)),
          framed,
        ),
      );
    }
    this.#slices.replaceChildren(...slices);
  }

  /** Where a slice is, each index in the color of its axis. */
  #sliceLabel(start: number): (Node | string)[] {
    const { axes = [] } = this.#options;
    const index = indexOf(start, this.#tensor.shape).slice(0, -2);
    return index.flatMap((i, axis) => {
      const number = axes[axis]?.number;
      const attributes = number === undefined
        ? {}
        : { class: `ax ax-${number}`, "data-at": `ax-${number}` };
      return [
        axis === 0 ? "slice " : ", ",
        h("span", attributes, String(i + 1)),
      ];
    });
  }

  #placeOf(target: EventTarget | null): number | undefined {
    const cell = (target as Element | null)?.closest?.("td");
    const at = cell ? this.#cells.indexOf(cell) : -1;
    return at < 0 ? undefined : at;
  }

  #listen(): void {
    const { point } = this.#options;
    const slices = this.#slices;
    slices.addEventListener("mouseover", (event) => {
      const at = this.#placeOf(event.target);
      if (at !== undefined) point?.(at);
    });
    slices.addEventListener("mouseleave", () => point?.(undefined));
    slices.addEventListener("focusin", (event) => {
      const at = this.#placeOf(event.target);
      if (at === undefined) return;
      this.#activate(at);
      point?.(at);
    });
    slices.addEventListener("focusout", (event) => {
      // A field that holds no number stays, with its message.
      const editing = this.#editing;
      if (
        editing !== undefined && event.target === editing.input &&
        editing.input.getAttribute("aria-invalid") === null
      ) this.close();
      if (!slices.contains(event.relatedTarget as Node | null)) {
        point?.(undefined);
      }
    });
    slices.addEventListener("click", (event) => {
      const at = this.#placeOf(event.target);
      if (at !== undefined) this.#open(at);
    });
    slices.addEventListener("keydown", (event) => this.#onKey(event));
  }

  #activate(at: number): void {
    this.#cells[this.#active]?.setAttribute("tabindex", "-1");
    this.#active = at;
    this.#cells[at].tabIndex = 0;
  }

  #onKey(event: KeyboardEvent): void {
    const at = this.#placeOf(event.target);
    if (at === undefined) return;
    if (this.#editing?.at === at && event.target === this.#editing.input) {
      this.#onFieldKey(event);
      return;
    }
    const to = this.#neighbor(at, event);
    if (to !== undefined) {
      event.preventDefault();
      this.#cells[to].focus();
    } else if (event.key === "Enter" || event.key === "F2") {
      event.preventDefault();
      this.#open(at);
    } else if (
      /^[\d.+−-]$/.test(event.key) && !event.ctrlKey && !event.metaKey &&
      !event.altKey
    ) {
      event.preventDefault();
      this.#open(at, event.key);
    }
  }

  #onFieldKey(event: KeyboardEvent): void {
    const editing = this.#editing!;
    if (event.key === "Escape") {
      event.preventDefault();
      this.#undo();
      this.#cells[editing.at].focus();
    } else if (
      event.key === "Enter" && !editing.input.hasAttribute("aria-invalid")
    ) {
      event.preventDefault();
      const { at } = editing;
      this.close();
      this.#cells[at].focus();
    }
  }

  #neighbor(at: number, { key, ctrlKey }: KeyboardEvent): number | undefined {
    const { rows, cols } = frame(this.#tensor.shape);
    const last = this.#cells.length - 1;
    const column = at % cols;
    const row = Math.floor(at / cols) % rows;
    const moves: Record<string, number> = {
      ArrowLeft: column > 0 ? at - 1 : at,
      ArrowRight: column < cols - 1 ? at + 1 : at,
      ArrowUp: row > 0 ? at - cols : at,
      ArrowDown: row < rows - 1 ? at + cols : at,
      PageUp: at >= rows * cols ? at - rows * cols : at,
      PageDown: at + rows * cols <= last ? at + rows * cols : at,
      Home: ctrlKey ? 0 : at - column,
      End: ctrlKey ? last : at - column + cols - 1,
    };
    return moves[key];
  }

  #undo(): void {
    this.close();
    this.#options.edit!.undo();
  }

  #open(at: number, typed?: string): void {
    const { edit, errorId, name } = this.#options;
    if (edit === undefined || this.#editing?.at === at) return;
    if (this.#editing !== undefined) this.#undo();
    edit.begin();
    const cell = this.#cells[at];
    const label = [name, wordsFor(indexOf(at, this.#tensor.shape))].filter(
      Boolean,
    );
    const input = h("input", {
      type: "text",
      "aria-label": label.join(", "),
      "aria-describedby": errorId,
      autocapitalize: "off",
      autocomplete: "off",
      spellcheck: "false",
    });
    input.value = exact(this.#tensor.data[at], dtypeOf(this.#tensor));
    this.#editing = { at, input };
    cell.replaceChildren(input);
    cell.removeAttribute("title");
    const check = () => {
      if (edit.change(at, input.value)) input.removeAttribute("aria-invalid");
      else input.setAttribute("aria-invalid", "true");
    };
    input.addEventListener("input", check);
    input.focus();
    input.select();
    if (typed !== undefined) {
      input.value = typed === "−" ? "-" : typed;
      check();
    }
  }
}
