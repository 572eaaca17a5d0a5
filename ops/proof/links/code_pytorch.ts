// Copyright 2026 the Adjoint authors. MIT license.

/**
 * **code = PyTorch**: the golden cases in both element types. Finite numbers must
 * be as close as their rounding allows; NaN and infinite ones must be the same,
 * unless the page gives a reason.
 *
 * @module
 */

import { distinct, type Link, made, newLinks, raise } from "../link.ts";
import {
  argumentsOf,
  isSpecial,
  measuredOf,
  type Result,
} from "../measured.ts";
import type { Operation } from "../operation.ts";
import { epsilon, tiny } from "../truth.ts";

/** The proof that the code gives what PyTorch gives. */
export function codeIsPyTorch(op: Operation): Link[] {
  const links = newLinks(op, "code = PyTorch", 1);
  const { goldens } = op;
  if (goldens === undefined) return links.map((l) => refuse(op, l));
  const version = goldens.libraries.PyTorch?.version ?? "";
  const says = links.map((_, target) => {
    const name = op.outputs[target]?.parameter ??
      `d${op.floats[target - op.outputs.length].parameter}`;
    const values = op.page.special.flatMap(({ pytorch }) => {
      if (pytorch.says !== "differs") return [];
      const value = Object.hasOwn(pytorch.values, name)
        ? pytorch.values[name]
        : undefined;
      if (value === undefined || value.kind === "word") return [];
      return value.kind === "number" ? [value] : value.numbers;
    }).map(({ value }) => Number.isFinite(value));
    return { finite: values.includes(true), infinite: values.includes(false) };
  });
  const said = new Set<string>();
  for (const result of measuredOf(op)) {
    const link = links[result.target];
    link.values += result.ours.length;
    const difference = isSpecial(result.golden)
      ? specialDifference(op, result)
      : differenceOf(result, link, says[result.target]);
    // One case of each kind is enough: finite numbers, NaN in x, ∞ in dout.
    const kind = isSpecial(result.golden) ? result.golden.variant : "";
    const key = `${link.target}, ${kind}`;
    if (difference === undefined || said.has(key)) continue;
    said.add(key);
    link.failures.push(
      `${
        made(op, result.target)
      } ${difference}: PyTorch ${version}, case "${result.golden.name}", ${result.golden.dtype}`,
    );
  }
  const taken = goldens.cases.filter(({ refuses }) => refuses === undefined);
  const special = taken.filter(isSpecial).length;
  const tried = distinct(
    taken.map((c) =>
      argumentsOf(c).inputs.flatMap((x) => x === null ? [] : [x.shape])
    ),
  );
  for (const link of links) {
    link.tried = tried;
    link.detail = `${
      taken.length - special
    } cases and ${special} with NaN and ∞`;
  }
  return links;
}

function refuse(op: Operation, link: Link): Link {
  return {
    ...link,
    figure: Infinity,
    failures: [
      `${op.file}: There are no goldens: run deno task goldens ${op.name}`,
    ],
  };
}

/** Finite numbers that differ by more than their rounding allows. */
function differenceOf(
  { ours, theirs, truth, golden: { dtype } }: Result,
  link: Link,
  says: { finite: boolean; infinite: boolean },
): string | undefined {
  const at = ours.findIndex((x, i) =>
    !Number.isFinite(x) || !Number.isFinite(theirs[i])
      ? !Object.is(x, theirs[i])
      : false
  );
  const isTrue = truth.find((t) => t.at === at);
  if (at >= 0 && !(isTrue && Number.isFinite(isTrue.value))) {
    return `has ${ours[at]} for ${theirs[at]} at element ${at}`;
  }
  for (const { at, value, error } of truth) {
    if (!Number.isFinite(error) || Number.isNaN(value)) continue;
    const allowed = 2 * error * epsilon(dtype) + 4 * tiny(dtype) +
      2 ** -52 * Math.abs(value);
    const most = dtype === "float32" ? 3.4028234663852886e38 : Number.MAX_VALUE;
    const off = (x: number) =>
      Math.abs(value) + allowed > most && x === Math.sign(value) * Infinity
        ? 0
        : Math.abs(x - value);
    if (!(off(ours[at]) <= allowed)) {
      raise(link, off(ours[at]) / allowed);
      return `is ${ours[at]} at element ${at}, where PyTorch has ${
        theirs[at]
      } and the page ${value}: rounding allows ${allowed.toExponential(1)}`;
    }
    if (!(off(theirs[at]) <= allowed)) {
      if (Number.isFinite(theirs[at]) ? says.finite : says.infinite) continue;
      return `is ${ours[at]} at element ${at}, where PyTorch has ${
        theirs[at]
      }, which is further from the truth (${value}) than rounding allows: a row of the special points must say so`;
    }
    const distance = Math.abs(ours[at] - theirs[at]);
    if (distance > 0) raise(link, distance / (2 * allowed));
  }
  return undefined;
}

/** Where NaN and infinity are not the same, and no row gives a reason. */
function specialDifference(
  op: Operation,
  { ours, theirs, golden: { variant, dtype } }: Result,
): string | undefined {
  const at = ours.findIndex((x, i) => !isLike(x, theirs[i], dtype));
  if (at < 0 || hasReason(op, variant)) return undefined;
  return `has ${ours[at]} for ${
    theirs[at]
  } at element ${at}, and no row of the special points says why`;
}

/** Whether a row with such a value in such an input says why PyTorch differs. */
function hasReason({ page, floats }: Operation, variant: string): boolean {
  const [special, name] = variant.split(" in ");
  const values = { "NaN": NaN, "∞": Infinity, "-∞": -Infinity }[special];
  const isIt = (x: number) =>
    values === undefined ? Math.abs(x) === Infinity : Object.is(x, values);
  return page.special.some(({ given, pytorch, why }) => {
    if (pytorch.says !== "differs" || why === "") return false;
    const written = given[name] ?? given[name.replace(/\..*/, "")];
    if (written === undefined || written.kind === "word") return false;
    const numbers = written.kind === "number" ? [written] : written.numbers;
    return floats.length > 0 && numbers.some(({ value }) => isIt(value));
  });
}

/** If one is NaN or infinite, the other must be the same. */
function isLike(a: number, b: number, dtype: "float32" | "float64"): boolean {
  return Number.isFinite(a) && Number.isFinite(b)
    ? Math.abs(a - b) <=
      (dtype === "float32" ? 1e-5 : 1e-10) * Math.max(1, Math.abs(b))
    : Object.is(a, b);
}
