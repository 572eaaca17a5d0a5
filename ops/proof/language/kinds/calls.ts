// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Functions: those that every page may use, and those that a page defines.
 *
 * @module
 */

import {
  EvaluationError,
  type Expr,
  type Field,
  type FunctionName,
  type Scope,
  type Value,
} from "../expression.ts";
import { FUNCTIONS } from "../functions.ts";
import type { Evaluation, Kind, Reader } from "../kind.ts";
import { symbolOf, wordOf } from "../names.ts";
import { baseOf, is, listOf, type Node, splitAt } from "../tex.ts";
import { mapValue, scalar, total, zip } from "../values.ts";
import { unicodeName } from "./leaves.ts";

/** A function that is not a function of one number, or none that has a derivative everywhere. */
interface Special {
  tex: string;
  /** How many arguments it takes. */
  takes: 1 | "some";
  value<T>(field: Field<T>, of: readonly Value<T>[]): Value<T>;
  /** The number of axes of its value; those of its arguments, if this is missing. */
  rank?: number;
}

const elementwise =
  (f: <T>(field: Field<T>, x: T) => T) =>
  <T>(field: Field<T>, [a]: readonly Value<T>[]): Value<T> =>
    mapValue(a, (x) => f(field, x));

/** The larger (sign 1) or smaller (sign −1); the first of two that are equal. */
function extreme<T>(field: Field<T>, sign: 1 | -1): (a: T, b: T) => T {
  return (a, b) => {
    const order = sign * field.compare(a, b);
    // NaN is larger and smaller than any number, as in Math.max.
    if (Number.isNaN(order)) return field.add(a, b);
    return order >= 0 ? a : b;
  };
}

/** The largest of some, as `max`; the smallest with −1. */
export function most<T>(field: Field<T>, items: readonly T[], sign: 1 | -1): T {
  return items.reduce(extreme(field, sign));
}

const SPECIAL: Record<string, Special> = {
  abs: {
    tex: "\\operatorname{abs}",
    takes: 1,
    value: elementwise((f, x) => {
      const order = f.compare(x, f.constant(0));
      // The slope at the kink is 0, as in PyTorch.
      return order < 0
        ? f.multiply(f.constant(-1), x)
        : order === 0
        ? f.multiply(f.constant(0), x)
        : x;
    }),
  },
  sign: {
    tex: "\\operatorname{sign}",
    takes: 1,
    value: elementwise((f, x) => {
      const order = f.compare(x, f.constant(0));
      return Number.isNaN(order) ? x : f.constant(Math.sign(order));
    }),
  },
  max: {
    tex: "\\max",
    takes: "some",
    value: (f, of) =>
      of.reduce((a, b) => zip("have a maximum", a, b, extreme(f, 1))),
  },
  min: {
    tex: "\\min",
    takes: "some",
    value: (f, of) =>
      of.reduce((a, b) => zip("have a minimum", a, b, extreme(f, -1))),
  },
  diag: {
    tex: "\\operatorname{diag}",
    takes: 1,
    value(f, [{ shape, data, row }]) {
      if (shape.length !== 1 || row) {
        throw new EvaluationError("diag must have a vector");
      }
      const zero = f.constant(0);
      return {
        shape: [shape[0], shape[0]],
        data: data.flatMap((x, i) => data.map((_, j) => i === j ? x : zero)),
      };
    },
    rank: 2,
  },
  tr: {
    tex: "\\operatorname{tr}",
    takes: 1,
    value(f, [{ shape, data }]) {
      if (shape.length !== 2 || shape[0] !== shape[1]) {
        throw new EvaluationError("tr must have a square matrix");
      }
      return scalar(
        total(f, data.filter((_, i) => i % (shape[0] + 1) === 0)),
      );
    },
    rank: 0,
  },
};

/** The TeX names of functions that differ from ours. */
const WORDS: Record<string, string> = {
  ln: "log",
  arctan: "atan",
  sgn: "sign",
};

/** The function that a TeX name stands for, `log` for \ln. */
export function knownFunction(word: string): string | undefined {
  const name = Object.hasOwn(WORDS, word) ? WORDS[word] : word;
  return isKnown(name) ? name : undefined;
}

function isKnown(name: string): boolean {
  return Object.hasOwn(FUNCTIONS, name) || Object.hasOwn(SPECIAL, name);
}

export const call: Kind<"call"> = {
  read: {
    prefix(reader) {
      const node = reader.next!;
      const base = baseOf(node);
      return root(base, node, reader) ?? absolute(base, reader) ??
        exponential(base, node, reader) ?? own(node, reader) ??
        known(base, node, reader);
    },
  },
  write({ name, of }, w) {
    if (name === "sqrt") return `\\sqrt{${w.at("sum", of[0])}}`;
    if (name === "abs") return `\\left| ${w.at("sum", of[0])} \\right|`;
    const special = Object.hasOwn(SPECIAL, name)
      ? SPECIAL[name].tex
      : undefined;
    const tex = special ??
      (isKnown(name)
        ? FUNCTIONS[name as FunctionName].tex ?? `\\operatorname{${name}}`
        : name);
    return `${tex}\\left( ${of.map((a) => w.at("sum", a)).join(", ")} \\right)`;
  },
  level: () => "atom",
  unicode({ name, of }, w) {
    if (name === "sqrt") return `√${w.at("atom", of[0])}`;
    const inside = of.map((a) => w.at("sum", a)).join(", ");
    return name === "abs" ? `|${inside}|` : `${unicodeName(name)}(${inside})`;
  },
  unicodeLevel: ({ name }) => name === "sqrt" ? "factor" : "atom",
  parts: ({ of }) => of,
  with: (expr, of) => ({ ...expr, of: [...of] }),
  indices: () => [],
  binds: () => [],
  value({ name, of }, e) {
    const values = of.map((a) => e.value(a));
    if (Object.hasOwn(FUNCTIONS, name)) {
      return mapValue(values[0], (x) => e.field.call(name as FunctionName, x));
    }
    if (Object.hasOwn(SPECIAL, name)) {
      return SPECIAL[name].value(e.field, values);
    }
    return defined(name, values, e);
  },
  rank: ({ name, of }, ranks) => {
    const own = Object.hasOwn(SPECIAL, name) ? SPECIAL[name].rank : undefined;
    return own ?? Math.max(...of.map((a) => ranks.of(a)));
  },
  *mutants(expr) {
    const { name, of } = expr;
    for (const other of CONFUSED[name] ?? []) {
      yield { operator: "function", mutant: { ...expr, name: other } };
    }
    if (of.length === 1) yield { operator: "function", mutant: of[0] };
    else {for (const i of of.keys()) {
        yield {
          operator: "function",
          mutant: of.length === 2
            ? of[1 - i]
            : { ...expr, of: of.toSpliced(i, 1) },
        };
      }}
  },
};

/** What may be written for a function by mistake. */
const CONFUSED: Record<string, string[]> = {
  exp: ["log", "expm1"],
  log: ["exp", "log1p"],
  log1p: ["log"],
  expm1: ["exp"],
  tanh: ["tan", "sinh"],
  sinh: ["cosh"],
  cosh: ["sinh"],
  sin: ["cos"],
  cos: ["sin"],
  tan: ["tanh"],
  max: ["min"],
  min: ["max"],
  abs: ["sign"],
  sign: ["abs"],
  sqrt: ["abs"],
};

function root(base: Node, node: Node, reader: Reader): Expr | undefined {
  if (base.type !== "sqrt") return undefined;
  if (base.index) {
    reader.refuse("write the root as a power, x^{1/3}");
  }
  reader.take();
  const of = [reader.whole(listOf(base.body as Node))];
  return reader.postfix({ kind: "call", name: "sqrt", of }, node);
}

function absolute(base: Node, reader: Reader): Expr | undefined {
  const bar = base.type === "leftright" && base.left !== "."
    ? base.left
    : base.text;
  if (!["|", "\\vert", "\\lvert"].includes(bar ?? "")) return undefined;
  const { inside, close } = reader.bracket();
  if (inside.length === 0) {
    reader.refuse(
      "bars within bars are ambiguous: write \\lvert … \\rvert",
      close,
    );
  }
  const of = [reader.whole(inside)];
  return reader.postfix({ kind: "call", name: "abs", of }, close);
}

/** e^{…}, where e is not a symbol of the page. */
function exponential(base: Node, node: Node, reader: Reader): Expr | undefined {
  const isE = is(base, "e") || base.font === "mathrm" && wordOf(base) === "e";
  if (!isE || node.type !== "supsub" || !node.sup) return undefined;
  const sup = listOf(node.sup);
  if (is(sup[0], "\\prime")) return undefined;
  if (node.sub) {
    if (reader.names.isSymbol("e")) return undefined;
    reader.refuse("the index is attached to e: write e^{x_i}");
  }
  if (reader.names.isSymbol("e")) {
    reader.refuse(
      "e is a symbol of the page, and the base of exponentials: write \\exp(…) for these",
    );
  }
  reader.take();
  return { kind: "call", name: "exp", of: [reader.whole(sup)] };
}

/** A function that the page defines. */
function own(node: Node, reader: Reader): Expr | undefined {
  const base = baseOf(node);
  const named = symbolOf(base, reader.names);
  if (named === undefined || !reader.names.isFunction(named.name)) {
    return undefined;
  }
  const { name } = named;
  const hint = `${name} is a function: write ${name}(…)`;
  if (node.type === "supsub") {
    const isPrime = is(listOf(node.sup)[0], "\\prime");
    reader.refuse(
      isPrime
        ? `${name}' has no meaning here: write the derivative as ∂ over ∂`
        : `${hint}, and an exponent after it`,
    );
  }
  const open = opening(reader.second);
  if (open === undefined) reader.refuse(hint);
  reader.take();
  return arguments_(name, reader);
}

function known(base: Node, node: Node, reader: Reader): Expr | undefined {
  const word = wordOf(base);
  const name = word && knownFunction(word);
  if (name === undefined) return undefined;
  if (node.sub) {
    reader.refuse(
      name === "log"
        ? "write a logarithm to another base as a fraction of two"
        : `\\${word} must have no index`,
    );
  }
  const power = listOf(node.sup);
  if (power.length > 0 && !/^[2-9]$/.test(power[0].text ?? "")) {
    reader.refuse(
      `an exponent of \\${word} other than 2, 3, … is ambiguous: write it after the brackets`,
    );
  }
  reader.take();
  const expr = arguments_(name, reader);
  return power.length === 0
    ? expr
    : { kind: "power", base: expr, exponent: reader.whole(power) };
}

function opening(node: Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  const { type, left, text } = baseOf(node);
  const sign = type === "leftright" ? left : text;
  return ["(", "[", "\\{", "\\lbrace"].includes(sign ?? "") ? sign : undefined;
}

/** The call with the arguments in the brackets after a name, or the one factor
 * there. */
function arguments_(name: string, reader: Reader): Expr {
  const special = Object.hasOwn(SPECIAL, name) ? SPECIAL[name] : undefined;
  const isOwn = !isKnown(name);
  if (opening(reader.next) !== undefined) {
    const { inside, close } = reader.bracket();
    const parts = splitAt(inside, (n) => is(n, ","));
    if (!isOwn && special?.takes !== "some" && parts.length !== 1) {
      reader.refuse(`${name} must have one argument`, close);
    }
    const of = parts.map((part) => reader.whole(part));
    return reader.postfix({ kind: "call", name, of }, close);
  }
  if (special !== undefined || isOwn || reader.atEnd) {
    reader.refuse(`write the argument of ${name} in brackets`);
  }
  const of = [reader.read("factor")];
  if (!reader.atEnd) {
    reader.refuse(
      `it is ambiguous where the argument of ${name} ends: add brackets`,
    );
  }
  return { kind: "call", name, of };
}

/** The value of a function of the page, element by element. */
function defined<T>(
  name: string,
  values: readonly Value<T>[],
  e: Evaluation<T>,
): Value<T> {
  const definition = e.scope.function?.(name);
  if (definition === undefined) {
    throw new EvaluationError(`the page does not say what ${name}(…) is`);
  }
  const { parameters, body } = definition;
  if (parameters.length !== values.length) {
    throw new EvaluationError(
      `${name} takes ${
        parameters.length === 1
          ? "1 argument"
          : `${parameters.length} arguments`
      }, and has ${values.length} here`,
    );
  }
  const at = (of: readonly T[]): T => {
    const outer = e.scope;
    const scope: Scope<T> = {
      field: outer.field,
      sizes: outer.sizes,
      axes: (n) => parameters.includes(n) ? [] : outer.axes(n),
      symbol: (n) => {
        const i = parameters.indexOf(n);
        return i < 0 ? outer.symbol(n) : scalar(of[i]);
      },
      element: outer.element && ((n, at) => outer.element!(n, at)),
      partial: (a, b) => outer.partial(a, b),
      function: (n) => outer.function?.(n),
    };
    return e.within(scope).number(body, `${name} must be a number`);
  };
  const [first, ...rest] = values;
  if (rest.length === 0) return mapValue(first, (x) => at([x]));
  const pairs = rest.reduce<Value<T[]>>(
    (all, next) =>
      zip(
        `be arguments of ${name}`,
        all,
        mapValue(next, (x) => [x]),
        (a, b) => [...a, ...b],
      ),
    mapValue(first, (x) => [x]),
  );
  return mapValue(pairs, at);
}
