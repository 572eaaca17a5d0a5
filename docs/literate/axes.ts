// Copyright 2026 the Adjoint authors. MIT license.

// The axes of an operation, each with a number that stands for its color and
// its line, wherever one of its letters occurs: the size of the axis, and the
// indices that run along it.

import { declaredShapes } from "../../ops/proof/scopes.ts";
import { axesOf, visit } from "../../ops/proof/language/evaluate.ts";
import { lettersOf, type Operation } from "../../ops/proof/operation.ts";
import { showName } from "../../ops/proof/language/unicode.ts";
import { escapeHtml } from "../html.ts";

/** As many axes have a color: no operation has more letters in its inputs. */
export const COLOURS = 8;

/** What is to be found on a page, and how it is marked there. */
export interface Marked {
  /** The numbers of the axes, from 1, by size and index: `m` and `i` are 1. */
  axes: ReadonlyMap<string, number>;
  /** The names of tensors in the code, by their symbols: `γ` is `gamma`. */
  tensors: ReadonlyMap<string, string>;
}

/** Finds the axes of an operation, and which index runs along which. */
export function markedOf(op: Operation): Marked {
  const axes = new Map(
    lettersOf(op.inputs).slice(0, COLOURS)
      .map((letter, i) => [letter, i + 1]),
  );
  const declared = declaredShapes(op.page);
  const scope = { axes: (name: string) => declared.get(name) ?? [] };
  const found = new Map<string, Set<number | undefined>>();
  for (const { sides } of op.definitions.equations) {
    for (const side of sides) {
      visit(side, (expr) => {
        if (expr.kind !== "element") return;
        const dims = axesOf(expr.of, scope);
        expr.indices.forEach((index, at) => {
          if (typeof index !== "string" || axes.has(index)) return;
          const all = found.get(index) ?? new Set();
          // What is not known does not speak against what is.
          if (at < dims.length) all.add(axes.get(String(dims[at])));
          found.set(index, all);
        });
      });
    }
  }
  for (const [index, all] of found) {
    // An index that runs along several axes belongs to none.
    const [axis] = all;
    if (all.size === 1 && axis !== undefined) axes.set(index, axis);
  }
  return {
    axes: new Map([...axes].map(([name, axis]) => [showName(name), axis])),
    tensors: new Map(
      [...op.inputs, ...op.outputs].map((
        { symbol, parameter },
      ) => [showName(symbol), parameter]),
    ),
  };
}

/** A letter that KaTeX has typeset, with the ∂ before it, if there is one. */
const LETTER =
  /(∂<\/span>(?:<span class="mord">)?)?<span class="mord mathnormal( mtight)?"( style="[^"]*")?>(\p{L}+)<\/span>/gu;

/** A part of the loops beside the formulas. */
const LOOPS = /(<pre class="shiki listing part">)(.*?)(<\/pre>)/gs;

/** Text between tags. */
const TEXT = />([^<]+)</g;

/** An index as Unicode has it below a letter. */
const SUBSCRIPTS: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from(
    "ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ",
    (sign, i) => [sign, "aehijklmnoprstuvx"[i]],
  ),
);

/** Code without its marks. */
function plainOf(code: string): string {
  return code.replaceAll(/<[^>]*>/g, "").replaceAll("&#x3C;", "<");
}

/** Marks axes and tensors in formulas, and in the loops beside them. */
export function paint(html: string, { axes, tensors }: Marked): string {
  const axis = (letter: string, text = letter) => {
    const number = axes.get(letter);
    return number === undefined
      ? undefined
      : `<span class="ax ax-${number}" data-at="ax-${number}">${text}</span>`;
  };
  const tensor = (name: string, text: string) =>
    `<span data-at="${escapeHtml(name)}">${text}</span>`;
  const parameters = new Set(tensors.values());
  const loops = html.matchAll(LOOPS).map(([, , code]) => plainOf(code))
    .toArray().join("\n");
  const taken = (name: string) => new RegExp(`[{,] ${name}\\b.*\\}\\) `);
  const word = (
    text: string,
    isComment: boolean,
    counts: (name: string) => boolean,
  ): string => {
    const isGradient = text.startsWith("∂");
    const name = tensors.get(isGradient ? text.slice(1) : text);
    if (isComment && name !== undefined) {
      return tensor(isGradient ? `d${name}` : name, text);
    }
    const index = SUBSCRIPTS[text];
    if (index !== undefined) return axis(index, text) ?? text;
    if (isComment) return text;
    const own = counts(text) ? axis(text) : undefined;
    if (own !== undefined) return own;
    const bare = text.replace(/^d/, "");
    return parameters.has(text) || parameters.has(bare)
      ? tensor(text, text)
      : text;
  };
  return html.replaceAll(
    LETTER,
    (all, partial = "", tight = "", style = "", letters: string) => {
      const open = `${partial}<span class="mord mathnormal${tight}"${style}`;
      const name = tensors.get(letters);
      if (name !== undefined) {
        return `${open} data-at="${
          partial === "" ? name : `d${name}`
        }">${letters}</span>`;
      }
      const parts = Array.from(letters, (letter) => axis(letter) ?? letter);
      return parts.join("") === letters
        ? all
        : `${open}>${parts.join("")}</span>`;
    },
  ).replaceAll(LOOPS, (_, open, code: string, close) => {
    const plain = plainOf(code);
    // A letter may be a number of the loop's own, too.
    const counts = (name: string) =>
      new RegExp(`\\blet ${name} = .*; ${name} [<>]`).test(plain) ||
      taken(name).test(plain) ||
      // A part of a loop has its sizes from the head of the whole.
      taken(name).test(loops) &&
        !new RegExp(`\\b(const|let)\\b[^;]* ${name} = `).test(plain);
    const painted = code.replaceAll(TEXT, (_, text: string) => {
      const isComment = /^\s*\/\//.test(text);
      return `>${
        text.replaceAll(
          /&#?\w+;|∂?[\p{Lu}\p{Ll}]+|[ₐ-ₜᵢ-ᵥⱼ]/gu,
          (found) => word(found, isComment, counts),
        )
      }<`;
    });
    return open + painted + close;
  });
}
