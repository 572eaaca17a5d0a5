// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Sums, products, fractions and powers.
 *
 * @module
 */

import {
  EvaluationError,
  type Expr,
  type ExprOf,
  offsetOf,
} from "../expression.ts";
import type { Kind, Reader } from "../kind.ts";
import { baseOf, is, listOf } from "../tex.ts";
import { superscript } from "../unicode.ts";
import { mapValue, product as times, scalar, total, zip } from "../values.ts";
import { base, unicodeBase } from "./leaves.ts";

const unindexed = {
  indices: () => [],
  binds: () => [],
};

export const add: Kind<"add"> = {
  ...unindexed,
  read: {
    level: "sum",
    join(reader, tighter) {
      const terms: Expr[] = [];
      do {
        const sign = reader.takes("+", "-");
        if (is(reader.next, "\\pm", "\\mp")) {
          reader.refuse(`${reader.next!.text} has two meanings at once`);
        }
        const term = tighter();
        terms.push(is(sign, "-") ? { kind: "negative", of: term } : term);
      } while (is(reader.next, "+", "-", "\\pm", "\\mp"));
      checkScopes(terms, reader);
      return terms.length === 1 ? terms[0] : { kind: "add", terms };
    },
  },
  write: ({ terms }, w) =>
    terms.map((term, i) =>
      i === 0
        ? w.at(term.kind === "negative" ? "sum" : "hadamard", term)
        : term.kind === "negative"
        ? `- ${w.at("hadamard", term.of)}`
        : `+ ${w.at("hadamard", term)}`
    ).join(" "),
  level: () => "sum",
  unicode: ({ terms }, w) =>
    terms.map((term, i) =>
      i === 0
        ? w.at(term.kind === "negative" ? "sum" : "hadamard", term)
        : term.kind === "negative"
        ? `− ${w.at("hadamard", term.of)}`
        : `+ ${w.at("hadamard", term)}`
    ).join(" "),
  parts: ({ terms }) => terms,
  with: (_, terms) => ({ kind: "add", terms: [...terms] }),
  value({ terms }, e) {
    const values = terms.map((t) => e.value(t));
    if (values.length > 2 && values.every((v) => v.shape.length === 0)) {
      return scalar(total(e.field, values.map((v) => v.data[0])));
    }
    return values.reduce((a, b) => zip("be added", a, b, e.field.add));
  },
  rank: ({ terms }, ranks) => Math.max(...terms.map((t) => ranks.of(t))),
  *mutants({ terms }) {
    for (const i of terms.keys()) {
      const rest = terms.toSpliced(i, 1);
      yield {
        operator: "term",
        mutant: rest.length === 1 ? rest[0] : { kind: "add", terms: rest },
      };
    }
  },
};

/** A sum ends at the next + or −; its index has no meaning after that. */
function checkScopes(terms: readonly Expr[], reader: Reader): void {
  for (const [i, term] of terms.entries()) {
    let last = term.kind === "negative" ? term.of : term;
    while (last.kind === "product") last = last.factors.at(-1)!;
    if (last.kind !== "reduce") continue;
    for (const later of terms.slice(i + 1)) {
      const stray = last.indices.find((index) =>
        last.kind === "reduce" && reader.isFree(index, later)
      );
      if (stray === undefined) continue;
      reader.refuse(
        `the \\${last.operation} over ${stray} ends at the next + or -, and ${stray} is used after it: add brackets`,
        offsetOf(later),
      );
    }
  }
}

export const negative: Kind<"negative"> = {
  ...unindexed,
  read: { with: "add" },
  write: ({ of }, w) => `-${w.at("hadamard", of)}`,
  level: () => "sum",
  unicode: ({ of }, w) => `−${w.at("hadamard", of)}`,
  parts: ({ of }) => [of],
  with: (_, [of]) => ({ kind: "negative", of }),
  value: ({ of }, e) => {
    const minus = e.field.constant(-1);
    return mapValue(e.value(of), (x) => e.field.multiply(minus, x));
  },
  rank: ({ of }, ranks) => ranks.of(of),
  *mutants({ of }) {
    yield { operator: "sign", mutant: of };
  },
};

export const hadamard: Kind<"hadamard"> = {
  ...unindexed,
  read: {
    level: "hadamard",
    join(reader, tighter) {
      let left = tighter();
      let divided = false;
      while (is(reader.next, "\\odot", "\\oslash", "\\circ")) {
        if (is(reader.next, "\\circ")) {
          reader.refuse(
            "\\circ composes functions: write \\odot for the product of elements",
          );
        }
        if (divided) {
          reader.refuse(
            "what follows ⊘ is ambiguous: add brackets",
          );
        }
        divided = is(reader.take(), "\\oslash");
        const right = tighter();
        left = divided
          ? { kind: "hadamard", left, right, divide: true }
          : { kind: "hadamard", left, right };
      }
      return left;
    },
  },
  write: ({ left, right, divide }, w) => {
    const first = left.kind === "hadamard" && !left.divide
      ? w.at("hadamard", left)
      : w.at("product", left);
    return `${closed(first, left)} ${divide ? "\\oslash" : "\\odot"} ${
      w.at("product", right)
    }`;
  },
  level: () => "hadamard",
  unicode: ({ left, right, divide }, w) => {
    const isChain = left.kind === "hadamard" && !left.divide;
    const first = w.at(isChain ? "hadamard" : "product", left);
    return `${runsOn(left) ? `(${first})` : first} ${divide ? "⊘" : "⊙"} ${
      w.at("product", right)
    }`;
  },
  parts: ({ left, right }) => [left, right],
  with: (expr, [left, right]) => ({ ...expr, left, right }),
  value: ({ left, right, divide }, e) =>
    zip(
      divide
        ? "be divided element by element"
        : "be multiplied element by element",
      e.value(left),
      e.value(right),
      divide ? e.field.divide : e.field.multiply,
    ),
  rank: ({ left, right }, ranks) => Math.max(ranks.of(left), ranks.of(right)),
  *mutants(expr) {
    const { left, right, divide } = expr;
    yield { operator: "factor", mutant: left };
    yield { operator: "factor", mutant: right };
    if (divide) {
      yield {
        operator: "fraction",
        mutant: { ...expr, left: right, right: left },
      };
      yield { operator: "fraction", mutant: { kind: "hadamard", left, right } };
    } else {
      yield {
        operator: "order",
        mutant: { kind: "product", factors: [left, right] },
      };
      yield { operator: "fraction", mutant: { ...expr, divide: true } };
    }
  },
};

/** A sum that ends something would take in what follows it. */
function closed(tex: string, expr: Expr): string {
  return runsOn(expr) ? `\\left( ${tex} \\right)` : tex;
}

/** Whether what follows would be read as part of it. */
export function runsOn(expr: Expr): boolean {
  switch (expr.kind) {
    case "reduce":
      return true;
    case "product":
      return runsOn(expr.factors.at(-1)!);
    case "hadamard":
      return runsOn(expr.right);
    default:
      return false;
  }
}

export const product: Kind<"product"> = {
  ...unindexed,
  read: {
    level: "product",
    join(reader, tighter) {
      const factors: Expr[] = [];
      const joined = (): Expr =>
        factors.length === 1 ? factors[0] : { kind: "product", factors };
      while (!reader.atEnd) {
        if (is(reader.next, "*", "\\ast", "\\star")) {
          reader.refuse(
            `${
              reader.next!.text
            } can mean several products: write nothing between matrices, \\cdot between numbers, \\odot for elements, or the sum of a convolution`,
          );
        }
        if (is(reader.next, "/")) {
          if (factors.length === 0) {
            reader.refuse("/ must have something in front of it");
          }
          reader.take();
          const below = tighter();
          if (!reader.atEnd) {
            reader.refuse(
              "a/bc is ambiguous: write \\frac{a}{b} c or \\frac{a}{bc}",
            );
          }
          return { kind: "fraction", above: joined(), below, slash: true };
        }
        if (factors.length > 0) reader.takes("\\cdot");
        factors.push(tighter());
      }
      if (factors.length === 0) factors.push(tighter()); // It says what is wrong.
      return joined();
    },
  },
  write: ({ factors }, w) =>
    factors.map((f, i) => {
      const tex = w.at("factor", f);
      const isLast = i === factors.length - 1;
      // Brackets after a symbol would look like those of a call.
      const isCall = factors[i - 1]?.kind === "symbol" &&
        (tex.startsWith("\\left(") || !isLast && runsOn(f));
      const dot = i > 0 && (/^\d/.test(tex) || isCall);
      return `${dot ? "\\cdot " : ""}${isLast ? tex : closed(tex, f)}`;
    }).join(" "),
  level: () => "product",
  unicode: ({ factors }, w) =>
    factors.map((f, i) => {
      const isLast = i === factors.length - 1;
      if (f.kind === "fraction" && !isHalf(f)) {
        const text = w.at("product", f);
        // A product over a number is the product with its last factor over it.
        if (isLast) return i === 0 ? text : text.replace(/^1 (?=∕)/, "");
        const tight = text.replace(" ∕ ", "∕");
        return tight.includes(" ") ? `(${text})` : tight;
      }
      const text = w.at("factor", f);
      if (!isLast && runsOn(f)) return `(${text})`;
      return i > 0 && /^\d/.test(text) ? `· ${text}` : text;
    }).join(" "),
  parts: ({ factors }) => factors,
  with: (_, factors) => ({ kind: "product", factors: [...factors] }),
  value: ({ factors }, e) =>
    factors.map((f) => e.value(f)).reduce((a, b) => times(e.field, a, b)),
  rank: ({ factors }, ranks) => {
    const all = factors.map((f) => ranks.of(f)).filter((r) => r > 0);
    return all.length === 0 ? 0 : Math.max(...all);
  },
  *mutants(expr, ranks) {
    const { factors } = expr;
    for (const i of factors.keys()) {
      const rest = factors.toSpliced(i, 1);
      yield {
        operator: "factor",
        mutant: rest.length === 1 ? rest[0] : { ...expr, factors: rest },
      };
      const pair = factors.slice(i, i + 2);
      if (pair.length < 2) continue;
      if (pair.every((f) => ranks.of(f) > 0)) {
        yield {
          operator: "order",
          mutant: {
            ...expr,
            factors: factors.toSpliced(i, 2, pair[1], pair[0]),
          },
        };
      }
    }
  },
};

export const fraction: Kind<"fraction"> = {
  ...unindexed,
  read: {
    prefix(reader) {
      const node = baseOf(reader.next!);
      if (node.type !== "genfrac" || !node.hasBarLine) return undefined;
      const above = reader.whole(listOf(node.numer));
      const below = reader.whole(listOf(node.denom));
      return reader.postfix({ kind: "fraction", above, below }, reader.take());
    },
  },
  write: ({ above, below, slash }, w) =>
    slash
      ? `${closed(w.at("product", above), above)} / ${w.at("atom", below)}`
      : `\\frac{${w.at("sum", above)}}{${w.at("sum", below)}}`,
  level: ({ slash }) => slash ? "product" : "atom",
  unicode(expr, w) {
    if (isHalf(expr)) return "½";
    const { above, below } = expr;
    const isFraction = above.kind === "fraction" ||
      above.kind === "product" && above.factors.at(-1)!.kind === "fraction";
    const over = w.at(isFraction ? "atom" : "product", above);
    return `${runsOn(above) ? `(${over})` : over} ∕ ${w.at("factor", below)}`;
  },
  unicodeLevel: (expr) => isHalf(expr) ? "atom" : "product",
  parts: ({ above, below }) => [above, below],
  with: (expr, [above, below]) => ({ ...expr, above, below }),
  value({ above, below }, e) {
    const divisor = e.number(
      below,
      "a fraction must have a number below (⊘ divides element by element)",
    );
    return mapValue(e.value(above), (x) => e.field.divide(x, divisor));
  },
  rank: ({ above }, ranks) => ranks.of(above),
  *mutants(expr) {
    const { above, below } = expr;
    yield {
      operator: "fraction",
      mutant: { ...expr, above: below, below: above },
    };
    yield { operator: "factor", mutant: above };
  },
};

function isHalf({ above, below }: ExprOf<"fraction">): boolean {
  return above.kind === "number" && above.value === 1 &&
    below.kind === "number" && below.value === 2;
}

export const power: Kind<"power"> = {
  ...unindexed,
  read: {
    postfix(of, node, reader) {
      if (is(listOf(node.sup)[0], "\\circ", "\\odot")) {
        reader.refuse(
          "write a power of elements as one of each element, X_{ij}^2",
          node,
        );
      }
      return {
        kind: "power",
        base: of,
        exponent: reader.whole(listOf(node.sup)),
      };
    },
  },
  write: ({ base: of, exponent }, w) =>
    `${of.kind === "element" ? w.at("atom", of) : base(of, w)}^{${
      w.at("sum", exponent)
    }}`,
  level: () => "atom",
  unicode({ base: of, exponent }, w) {
    const raised = superscript(w.at("sum", exponent));
    return `${unicodeBase(of, w)}${raised ?? `^${w.at("atom", exponent)}`}`;
  },
  parts: ({ base, exponent }) => [base, exponent],
  with: (_, [base, exponent]) => ({ kind: "power", base, exponent }),
  value({ base, exponent }, e) {
    const of = e.value(base);
    if (of.shape.length > 0) {
      throw new EvaluationError(
        exponent.kind === "negative" ||
          exponent.kind === "number" && exponent.value < 0
          ? "the inverse of a matrix has no meaning here"
          : "the power of a tensor can be a product of matrices or one of elements: write it by elements, or with ⊙",
      );
    }
    const { field } = e;
    const by = e.number(exponent, "an exponent must be a number");
    const whole = field.toInteger(by);
    // A whole power is one of negative numbers, too.
    return scalar(
      Number.isNaN(whole)
        ? field.power(of.data[0], by)
        : field.integerPower(of.data[0], whole),
    );
  },
  rank: () => 0,
  *mutants(expr) {
    yield { operator: "power", mutant: expr.base };
    yield {
      operator: "power",
      mutant: {
        ...expr,
        exponent: expr.exponent.kind === "negative"
          ? expr.exponent.of
          : { kind: "negative", of: expr.exponent },
      },
    };
  },
};
