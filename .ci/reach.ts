// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What the prover of Markdown pages must reach, on our own pages without their
 * code: all of them hold, gradients that are broken at random are refuted, and
 * those that are restated are not: `deno task reach [N] [SEED]`.
 *
 * @module
 */

import { docComments } from "../ops/proof/comments.ts";
import { keyOf } from "../ops/proof/equations.ts";
import { Random } from "../ops/proof/inputs.ts";
import type { Expr } from "../ops/proof/language/expression.ts";
import { broken, mistakesIn } from "../ops/proof/language/mutants.ts";
import { KINDS } from "../ops/proof/language/table.ts";
import { entryOf } from "../ops/proof/language/walk.ts";
import { writeTex } from "../ops/proof/language/write.ts";
import { derive } from "../ops/proof/markdown/derive.ts";
import { mathIn } from "../ops/proof/markdown/math.ts";
import { provePage } from "../ops/proof/markdown/prove.ts";
import { type Reading, readMarkdown } from "../ops/proof/markdown/read.ts";
import { oneLine } from "../ops/proof/page.ts";

const ROOT = new URL("../", import.meta.url);

/** A page of ours, as Markdown. */
export interface OwnPage {
  file: string;
  text: string;
}

/** The pages of all operations, without their code. */
export async function ownPages(): Promise<OwnPage[]> {
  const { exports } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  const pages: OwnPage[] = [];
  for (const file of Object.values<string>(exports)) {
    const source = await Deno.readTextFile(new URL(file, ROOT));
    if (!source.includes("export const signature")) continue;
    const { text } = docComments(source)
      .find(({ text }) => /^@module\b/m.test(text))!;
    pages.push({ file, text: text.replace(/^@module.*$/m, "") });
  }
  return pages;
}

/** What does not hold on a page of ours: lines that say so. */
export function failuresOf({ file, text }: OwnPage): string[] {
  const { verdicts, unread } = provePage(text, file);
  return [
    ...verdicts.filter(({ verdict }) =>
      verdict === "wrong" || verdict === "open"
    )
      .map(({ verdict, tex, why }) =>
        `${file}: ${verdict}: ${tex} ${why ?? ""}`
      ),
    ...unread.map(({ tex, why }) => `${file}: cannot be read: ${tex} ${why}`),
    ...verdicts.some(({ verdict }) => verdict === "holds") ||
        !text.includes("\\partial E")
      ? []
      : [`${file}: nothing holds`],
  ];
}

/** A page with another gradient in place of one of its own. */
export interface Variant {
  file: string;
  /** What was done. */
  what: string;
  tex: string;
  text: string;
}

/** A way to change the right side of a gradient. */
type Change = (
  reading: Reading,
  equation: Reading["definitions"]["equations"][number],
  random: Random,
) => { what: string; sides: readonly Expr[] } | undefined;

/** Changes a gradient of one of the pages, both chosen at random. */
export function variant(
  pages: readonly OwnPage[],
  random: Random,
  change: Change,
): Variant {
  for (;;) {
    const { file, text } = random.pick(pages);
    const reading = readMarkdown(text, file);
    const equations = reading.definitions.equations.filter(
      ({ key, sides, formula }) =>
        key?.startsWith("∂E/") && sides.length === 2 &&
        formula.statements.length === 1,
    );
    if (equations.length === 0) continue;
    const equation = random.pick(equations);
    const changed = change(reading, equation, random);
    if (changed === undefined) continue;
    const tex = changed.sides.map(writeTex).join(" = ");
    let found = text;
    for (const { tex: own, places, isBlock } of mathIn(text).toReversed()) {
      if (oneLine(own) !== equation.formula.tex) continue;
      found = found.slice(0, places[0]) + tex + (isBlock ? "\n" : "") +
        found.slice(places.at(-1));
    }
    if (found !== text) return { file, what: changed.what, tex, text: found };
  }
}

/** One slip. */
export const slip: Change = ({ page }, { sides: [left, right] }, random) => {
  const said = page.formulas.flatMap(({ statements }) => statements);
  const all = [...broken(right, mistakesIn(said), 3)];
  if (all.length === 0) return undefined;
  const { operator, mutant } = random.pick(all);
  return { what: operator, sides: [left, mutant] };
};

/** The same gradient, written differently. */
export const restatement: Change = (reading, equation, random) => {
  const { sides: [left, right], where, byElements } = equation;
  const ways: (() => ReturnType<Change>)[] = [
    () => {
      const to = otherLetters(reading, [left, right]);
      if (to.size === 0 || where !== undefined) return undefined;
      const sides = [left, right].map((side) => relabelled(side, to) as Expr);
      return { what: "other index names", sides };
    },
    () => {
      const sides = [left, reordered(right, byElements)];
      return JSON.stringify(sides[1]) === JSON.stringify(right)
        ? undefined
        : { what: "another order", sides };
    },
    () => {
      // By elements where it is of matrices, and with what calculus gives.
      const steps = where === undefined ? derive(reading, equation) : undefined;
      return steps?.length === 1
        ? { what: "derived anew", sides: steps[0] }
        : undefined;
    },
    () => {
      // Of matrices where it is by elements.
      const key = keyOf(left);
      const whole = reading.definitions.equations.find((e) =>
        e.key === key && e.byElements !== byElements && e.sides.length === 2
      );
      return whole && { what: "of matrices or elements", sides: whole.sides };
    },
  ];
  return random.pick(ways)();
};

function otherLetters({ dims, shapes, integers }: Reading, sides: Expr[]) {
  const text = JSON.stringify(sides);
  const found = new Set<string>();
  for (const [, list] of text.matchAll(/"indices":\[([^\]{]*)\]/g)) {
    for (const [, name] of list.matchAll(/"([a-z])"/g)) {
      if (!dims.has(name) && !shapes.of.has(name)) found.add(name);
    }
  }
  const taken = new Set([...dims, ...shapes.of.keys(), ...integers.keys()]);
  const free = [..."uvwrstabcdfghklpq"].filter((l) =>
    !taken.has(l) && !found.has(l)
  );
  return free.length < found.size
    ? new Map<string, string>()
    : new Map([...found].map((name, i) => [name, free[i]]));
}

/** An expression in which indices, free and bound, have other names. */
function relabelled(node: unknown, to: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(node)) {
    return node.map((part) =>
      typeof part === "string" ? to.get(part) ?? part : relabelled(part, to)
    );
  }
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      const isIndex = ["from", "to", "left", "right"].includes(key) ||
        key === "name" && (node as Expr).kind === "symbol";
      return [
        key,
        typeof value !== "string"
          ? relabelled(value, to)
          : isIndex
          ? to.get(value) ?? value
          : value,
      ];
    }),
  );
}

/** Terms from right to left; numbers, too, as their product has no order. */
function reordered(expr: Expr, areNumbers: boolean): Expr {
  const kind = entryOf(expr, KINDS);
  const parts = kind.parts(expr as never).map((part) =>
    expr.kind === "partial" || expr.kind === "element"
      ? part
      : reordered(part, areNumbers)
  );
  const whole = kind.with(expr as never, parts);
  if (whole.kind === "add") {
    return { ...whole, terms: whole.terms.toReversed() };
  }
  // An expression with a sum would absorb what follows it.
  return whole.kind === "product" && areNumbers &&
      !JSON.stringify(whole).includes('"reduce"')
    ? { ...whole, factors: whole.factors.toReversed() }
    : whole;
}

/** Whether the prover calls anything on a page wrong. */
export function isRefuted({ text, file }: Variant): boolean {
  return provePage(text, file).verdicts
    .some(({ verdict }) => verdict === "wrong");
}

/** Whether a broken gradient has the value of the one that it stands for. */
export function isEqual(variant: Variant, pages: readonly OwnPage[]): boolean {
  // The page with both: the broken one is compared with what is given.
  const { text } = pages.find(({ file }) => file === variant.file)!;
  const { verdicts } = provePage(`${text}\n\n$$${variant.tex}$$\n`, "");
  return verdicts.at(-1)?.verdict === "holds";
}

if (import.meta.main) {
  const [count = 50, seed = 1] = Deno.args.map(Number);
  const pages = await ownPages();
  const failures = pages.flatMap(failuresOf);
  console.log(`${pages.length} pages of ours, ${failures.length} failures`);
  const random = new Random(seed);
  let refuted = 0, equal = 0;
  while (refuted < count && failures.length < 20) {
    const one = variant(pages, random, slip);
    if (isRefuted(one)) refuted++;
    else if (isEqual(one, pages)) equal++;
    else failures.push(`not refuted: ${one.file}: ${one.what}: ${one.tex}`);
  }
  console.log(
    `${refuted} broken gradients refuted, ${equal} have the same value`,
  );
  let kept = 0;
  const ways = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const one = variant(pages, random, restatement);
    const found = failuresOf(one);
    if (found.length === 0) kept++;
    for (const failure of found) failures.push(`${one.what}: ${failure}`);
    ways.set(one.what, (ways.get(one.what) ?? 0) + 1);
  }
  console.log(
    `${kept} of ${count} restated gradients hold: ${
      [...ways].map(([what, n]) => `${n} ${what}`).join(", ")
    }`,
  );
  for (const failure of failures) console.error(failure);
  Deno.exitCode = failures.length > 0 ? 1 : 0;
}
