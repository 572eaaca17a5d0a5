// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Finds the formulas of any Markdown text, in every common notation: `$…$`,
 * `$$…$$`, `\(…\)`, `\[…\]`, GitHub's `` $`…`$ `` and ````
 * ```math ````, and environments such as `align` that are on their own.
 *
 * @module
 */

/** TeX of a Markdown text, rewritten in the notation of our pages. */
export interface Found {
  tex: string;
  /** Where each character of `tex`, and its end, is in the text. */
  places: readonly number[];
  isBlock: boolean;
}

const NOTATIONS: readonly (readonly [RegExp, isBlock: boolean])[] = [
  [
    /^[ \t]*(`{3,})[ \t]*(?:math|latex|tex|katex)[ \t]*\n(?<tex>[\s\S]*?)^[ \t]*\1/gm,
    true,
  ],
  // Code is not a formula, whatever is in it.
  [/^[ \t]*(`{3,}|~{3,})[\s\S]*?(?:^[ \t]*\1[`~]*[ \t]*$|$(?![\s\S]))/gm, true],
  [/\$`(?<tex>[^`]+)`\$/g, false],
  [/(?<!\\)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, false],
  [/(?<!\\)\$\$(?<tex>[\s\S]+?)(?<!\\)\$\$/g, true],
  [/\\\[(?<tex>[\s\S]+?)\\\]/g, true],
  [/\\\((?<tex>[\s\S]+?)\\\)/g, false],
  [
    /(?<tex>\\begin\{(equation|align|gather|aligned|multline)\*?\}[\s\S]+?\\end\{\2\*?\})/g,
    true,
  ],
  // As GitHub and Pandoc have it: "$5 and $6" is not a formula.
  [
    /(?<![\\$\w])\$(?![\s$])(?<tex>(?:\\[\s\S]|[^\\$])+?)(?<![\s\\])\$(?![\d$])/g,
    false,
  ],
];

/** Every formula of a text, in order. */
export function mathIn(text: string): Found[] {
  const found: (Found & { index: number })[] = [];
  let rest = text;
  for (const [notation, isBlock] of NOTATIONS) {
    rest = rest.replace(notation, (match: string, ...args: unknown[]) => {
      const { tex } = (args.at(-1) ?? {}) as { tex?: string };
      const at = args.find((arg) => typeof arg === "number") as number;
      // The end of a paragraph ends every inline formula.
      if (!isBlock && /\n[ \t]*\n/.test(match)) return match;
      if (tex !== undefined) {
        const index = at + match.indexOf(tex);
        const formula = { isBlock, ...inOurNotation(tex, index) };
        for (const row of rowsOf(formula)) found.push({ index, ...row });
      }
      return match.replace(/[^\n]/g, " ");
    });
  }
  return found.sort((a, b) => a.index - b.index);
}

/** The rows of `aligned`, each a formula; one that begins with a sign continues.
 */
function rowsOf(formula: Found): Found[] {
  const { tex, places, isBlock } = formula;
  const [all, inside] =
    /^\s*\\begin\{aligned\}([\s\S]*)\\end\{aligned\}[\s.,;]*$/.exec(tex) ?? [];
  if (all === undefined) return [formula];
  const start = tex.indexOf(inside);
  const cuts = [start];
  let depth = 0;
  for (
    const { 0: sign, index } of inside.matchAll(/\\begin\b|\\end\b|[{}]|\\\\/g)
  ) {
    if (sign === "{" || sign === "\\begin") depth++;
    else if (sign === "}" || sign === "\\end") depth--;
    else if (depth === 0) {
      const rest = inside.slice(index + 2);
      const goesOn = /^(\[[^\]]*\])?[\s&]*([=+\-<>]|\\(?:le|ge|cdot|times)\b|$)/
        .test(rest);
      if (!goesOn) cuts.push(start + index + 2);
    }
  }
  return cuts.map((cut, i) => {
    const end = cuts[i + 1] ?? start + inside.length;
    // What is between continued rows is not part of them.
    return rewritten(
      tex.slice(cut, end),
      [...places.slice(cut, end), places[end]],
      /\\\\(\[[^\]]*\])?|&/g,
      () => " ",
    );
  }).map((row) => ({ ...row, isBlock }));
}

/** Notations of other authors, and how our pages write them. */
const REWRITTEN:
  readonly (readonly [RegExp, (...groups: string[]) => string])[] = [
    // Marks for the typesetter.
    [
      /\\(?:tag|label|eqref)\*?\{[^{}]*\}|\\(?:nonumber|notag|displaystyle|limits|nolimits)\b/g,
      () => "",
    ],
    [/\\(?:begin|end)\{(?:equation|gather|multline)\*?\}/g, () => ""],
    [
      /\\(begin|end)\{(?:align|eqnarray|gathered|split)\*?\}/g,
      (_, which) => `\\${which}{aligned}`,
    ],
    [/\\boxed(?=\{)/g, () => ""],
    // dL ∕ dx is ∂L ∕ ∂x, also on one line.
    [
      /(\\[dtc]?frac)\{\s*(?:d|\\mathrm\{d\}|\\text\{d\})(?=[\s\\A-Za-z])((?:[^{}]|\{[^{}]*\})+)\}\{\s*(?:d|\\mathrm\{d\}|\\text\{d\})(?=[\s\\A-Za-z])/g,
      (_, frac, above) => `${frac}{\\partial ${above}}{\\partial `,
    ],
    // What d ∕ dx applies to follows it, and cannot be read; it is not a quotient.
    [
      /(\\[dtc]?frac)\{\s*(?:d|\\mathrm\{d\}|\\text\{d\})\s*\}\{\s*(?:d|\\mathrm\{d\}|\\text\{d\})(?=[\s\\A-Za-z])/g,
      (_, frac) => `${frac}{\\partial}{\\partial `,
    ],
    [
      /\\partial\s*(\\?[A-Za-z]+(?:\{[^{}]*\})?)\s*\/\s*\\partial\s*(\\?[A-Za-z](?:[a-z]*(?:\{[^{}]*\})?)(?:_(?:\{[^{}]*\}|\w))?)/g,
      (_, of, by) => `\\frac{\\partial ${of}}{\\partial ${by}}`,
    ],
    // ∂ log p ∕ ∂x is 1 ∕ p · ∂p ∕ ∂x.
    [
      /\\frac\s*\{\s*\\partial\s*\\(?:log|ln)\s*(\\?[A-Za-z]+(?:_(?:\{[^{}]*\}|\w))?)\s*\}\s*\{\s*\\partial/g,
      (_, of) => `\\frac{1}{${of}} \\frac{\\partial ${of}}{\\partial`,
    ],
    // The number of a layer, W^{(1)} or W^{[1]}, is a mark of its letter.
    [
      /\^\{\s*[([]\s*([1-4])\s*[)\]]\s*\}/g,
      (_, layer) => `^{${"\\prime".repeat(Number(layer))}}`,
    ],
    [
      /\{\s*(\\?[A-Za-z]+(?:\{[A-Za-z]\})?)\^\{((?:\\prime)+)\}\s*\}\^\{?\s*(\\top|T(?![a-z])|\\mathsf\{T\})\s*\}?/g,
      (_, symbol, primes, turned) => `${symbol}^{${primes} ${turned}}`,
    ],
    // Σ −x is −Σ x.
    [
      /([({=]\s*|^\s*)(\\sum(?:_(?:\{[^{}]*\}|\w)|\^(?:\{[^{}]*\}|\w))*)\s*-/g,
      (_, before, sum) => `${before}-${sum} `,
    ],
    // ∇_W L
    [
      /\\nabla_\{?(\\?[A-Za-z]+(?:\{[A-Za-z]\})?)\}?\s*(\\mathcal\{[A-Z]\}|\\ell\b|[A-Z](?![A-Za-z]))/g,
      (_, by, of) => `\\frac{\\partial ${of}}{\\partial ${by}}`,
    ],
  ];

function inOurNotation(tex: string, index: number): Omit<Found, "isBlock"> {
  const places = Array.from({ length: tex.length + 1 }, (_, i) => index + i);
  return REWRITTEN.reduce<Omit<Found, "isBlock">>(
    ({ tex, places }, [pattern, write]) =>
      rewritten(tex, places, pattern, write),
    { tex, places },
  );
}

/** TeX with the matches of a pattern rewritten, and where they were. */
export function rewritten(
  tex: string,
  places: readonly number[],
  pattern: RegExp,
  write: (...groups: string[]) => string,
): Omit<Found, "isBlock"> {
  let text = "";
  const at: number[] = [];
  let last = 0;
  for (const match of tex.matchAll(pattern)) {
    const written = write(...match as unknown as string[]);
    text += tex.slice(last, match.index) + written;
    at.push(
      ...places.slice(last, match.index),
      ...Array<number>(written.length).fill(places[match.index]),
    );
    last = match.index + match[0].length;
  }
  return {
    tex: text + tex.slice(last),
    places: [...at, ...places.slice(last)],
  };
}
