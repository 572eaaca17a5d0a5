// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The formulas in the first sentences of a function's comment, in Unicode,
 * because editors, terminals and JSR show TeX as source, and a link to the
 * function's page. The formulas are written from the TeX of the page.
 *
 * @module
 */

import { writeUnicode } from "../ops/proof/language/write.ts";
import { readPage } from "../ops/proof/page.ts";

/** A comment of an exported function, up to its first empty line. */
const SUMMARY =
  /\/\*\*((?:(?!\*\/)[^])*?)(\n \*\n(?:(?!\*\/)[^])*| )\*\/\nexport function (\w+)/g;

/**
 * The module with the formulas of its functions' comments as the page has them.
 *
 * A code span with an equals sign is a formula. It may be any of the page's, or
 * one side of a chain `a = b = c`. A formula that is no longer on the page is
 * replaced by the first one there with the same left side; without one, it is an
 * error.
 */
export function withFormulas(source: string, file: string): string {
  // Random numbers follow from bits, not from a formula: their pages are not proved,
  // so what their functions say is written by hand.
  if (!/^ \* ## Forward$/m.test(source)) return source;
  const formulas = formulasOf(source, file);
  return source.replaceAll(SUMMARY, (comment, summary, rest, name) => {
    const text = summary.replaceAll(/\n \* /g, " ").trim();
    const current = text.replaceAll(
      /`([^`]* = [^`]*)`/g,
      (_: string, old: string) => {
        const left = leftOf(old);
        const found = formulas.find((formula) => formula === old) ??
          formulas.find((formula) => leftOf(formula) === left) ??
          formulas.find((formula) => bare(leftOf(formula)) === bare(left));
        if (found === undefined) {
          throw new Error(
            `${file}: Cannot write "${old}" in the comment of ${name}() as the page has no formula for ${left}`,
          );
        }
        return `\`${found}\``;
      },
    );
    return current === text
      ? comment
      : `/** ${wrapped(current)}${rest}*/\nexport function ${name}`;
  });
}

/** A whole comment of an exported function, without the link at its end. */
const COMMENT =
  /\/\*\*((?:(?!\*\/)[^])*?)(?:\n \*\n \* @see \S+)?\s*\*\/\nexport function /g;

/** The module with a link to its page at the end of its functions' comments. */
export function withLinks(source: string, page: string): string {
  return source.replaceAll(
    COMMENT,
    (_, text) => `/**${text}\n *\n * @see ${page}\n */\nexport function `,
  );
}

/** The formulas of a page in Unicode, in the page's order. */
export function formulasOf(source: string, file: string): string[] {
  return readPage(source, file).formulas.flatMap(({ statements }) =>
    statements.flatMap((said) => {
      if (said.kind !== "equation") return [];
      const { sides: [left, ...rights], where } = said;
      return [
        ...rights.map((right) => writeUnicode([left, right], where)),
        ...rights.length > 1 ? [writeUnicode(said.sides, where)] : [],
      ];
    })
  );
}

const leftOf = (formula: string) => formula.split(" = ", 1)[0];

/** A left side without its indices. */
const bare = (left: string) =>
  left.replaceAll(/\[[^\]]*\]|[₀-₉₊₋₌ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ]/g, "");

/**
 * Lines of 80 columns; a formula that is longer has lines of its own. None of them
 * begins with what Markdown takes for a list or a quotation.
 */
function wrapped(text: string): string {
  const columns = (line: string) => [...line].length;
  const words = text.match(/(?:`[^`]*`|\{@[^}]*\}|\S)+/g)!
    .flatMap((word) =>
      columns(word) > 76 ? ["", ...word.split(/ (?![-+*>#] |\d+[.)])/)] : [word]
    );
  const lines = ["/**"];
  for (const word of words) {
    const line = `${lines.at(-1)} ${word}`;
    if (word === "") lines.push(" *");
    else if (columns(line) > 80) lines.push(` * ${word}`);
    else lines[lines.length - 1] = line;
  }
  return lines.join("\n").slice(4);
}
