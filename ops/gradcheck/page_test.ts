// Copyright 2026 the Adjoint authors. MIT license.

// The formulas on the page of gradcheck: true of any numbers, or what it does.

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { evaluate } from "mathjs";
import { tensor } from "../tensor.ts";
import { gradcheck } from "../gradcheck.ts";
import page from "../gradcheck.ts" with { type: "text" };
import { fences } from "../proof/kernel.ts";
import { firstDifference } from "../proof/compare.ts";
import { numbers } from "../proof/language/fields.ts";
import type { Scope } from "../proof/language/expression.ts";
import { parseFormula } from "../proof/language/parse.ts";
import { Sizes } from "../proof/sizes.ts";

const [IDENTITY, DIFFERENCE, TOLERANCE] = fences(page)
  .map((tex) => tex.trim());

/** What a formula without tensors is worth. */
function valueOf(tex: string, scope: Record<string, unknown> = {}) {
  const text = tex.replaceAll(/\|(.+?)\|/g, "abs($1)")
    .replaceAll(/\\frac\{(.+)\}\{(.+)\}/g, "($1) / ($2)")
    .replaceAll("\\le", "<=").replaceAll("\\max", "max").replaceAll("\\,", "")
    .replaceAll("\\cdot", "*").replaceAll(/\{(.+?)\}/g, "($1)");
  return evaluate(text, scope);
}

/** The formulas that a pattern finds in the prose. */
function find(pattern: RegExp): string[] {
  const found = pattern.exec(page.replaceAll(/\n \* */g, " "));
  assert(found !== null, `The page says nothing like ${pattern}`);
  return found.slice(1);
}

/** Whether a gradient passes where it should be `n`, and is `a(n)`. */
function passes(a: (n: number) => number, options = {}): boolean {
  const x = tensor([2], { dtype: "float64" });
  const slope = 3;
  return gradcheck(
    ({ shape, data }) => ({ shape, data: data.map((v: number) => slope * v) }),
    [({ shape }, { data }) => ({
      shape,
      data: data.map((v: number) => a(slope * v)),
    })],
    [x],
    options,
  ).ok;
}

describe("the page of gradcheck()", () => {
  it("has an identity that holds for every Jacobian and direction", () => {
    const values = {
      J: { shape: [2, 3], data: [2, -3, 5, 7, 11, -13] },
      V: { shape: [3], data: [17, 19, -23] },
    };
    const axes = { J: ["z", "x"], V: ["x"], Z: ["z"] };
    const [said, ...rest] = parseFormula(IDENTITY);
    assertEquals(rest, []);
    assert(said.kind === "equation");
    const scope: Scope<number> = {
      field: numbers,
      sizes: new Sizes([["z", 2], ["x", 3]]),
      axes: (name) => axes[name as "J"],
      symbol: (name) => values[name as "J"],
      partial: (of, by) => {
        assertEquals([of, by], ["E", "Z"]);
        return { shape: [2], data: [-29, 31] };
      },
    };
    const wrong = firstDifference(
      said,
      scope,
      scope,
      (a, b) => a === b ? undefined : `${a} is not ${b}`,
    );
    assertEquals(wrong, undefined);
    const [moves, computed] = find(
      /can move in, \$`(.+?)`\$ is how .+? claims to compute \$`(.+?)`\$/,
    );
    for (const tex of [moves, computed]) {
      assert(IDENTITY.replaceAll(/\s+/g, " ").includes(tex), tex);
    }
  });

  it("has a difference that is off by the square of the step", () => {
    const [left, right] = DIFFERENCE.split("\\approx");
    const [X, V, h] = [2, 3, 2 ** -10];
    const f = (x: number) => x ** 3;
    const slope = valueOf(left, { J: 3 * X ** 2, V });
    const quotient = valueOf(right, { f, X, V, h });
    // Of a cube, what is cut from the Taylor series is one term.
    assertAlmostEquals(quotient - slope, h ** 2 * V ** 3, 1e-9);
  });

  it("has the tolerance that decides", () => {
    for (const [r, t] of [[0.1, 0.5], [0.2, 0], [0, 0.25], [0.25, 0.125]]) {
      for (const sign of [1, -1]) {
        for (const share of [0.99, 1.01]) {
          // In absolute values, a is above or below n by nearly the tolerance.
          const a = (n: number) => {
            const size = Math.abs(n);
            const most = sign > 0 ? (size + t) / (1 - r) - size : r * size + t;
            return Math.sign(n) * (size + sign * share * most);
          };
          const expected = valueOf(TOLERANCE, { a: a(3), n: 3, r, t });
          assertEquals(expected, share < 1, `${r} ${t} ${sign} ${share}`);
          const actual = passes(a, { rtol: r, atol: t });
          assertEquals(actual, expected, `${r} ${t} ${sign} ${share}`);
        }
      }
    }
  });

  it("has the step, the errors and the tolerance of float64", () => {
    const [epsilon] = find(/with \$`\\varepsilon = (.+?)`\$/);
    assertEquals(valueOf(epsilon), Number.EPSILON);
    const [square, other] = find(
      /is off by about \$`(.+?)`\$ for .+? about \$`(.+?)`\$ for/,
    );
    const [root, step, least] = find(
      /at \$`h = \\sqrt\[(\d)\]\{\\varepsilon\} \\approx (.+?)`\$, and is then about \$`(.+?)`\$/,
    );
    const h = Number.EPSILON ** (1 / Number(root));
    assertEquals(Number(h.toPrecision(1)), valueOf(step));
    const scope = { h, e: Number.EPSILON };
    const errors = [square, other].map((tex) =>
      valueOf(tex.replace("\\varepsilon", "e"), scope)
    );
    assertAlmostEquals(errors[0] / errors[1], 1);
    const sum = errors[0] + errors[1];
    assertEquals(Math.round(Math.log10(sum)), Math.log10(valueOf(least)));
    const [rtol] = find(
      /is `rtol`, \$`(.+?)`\$ by default: ten thousand times/,
    );
    assertAlmostEquals(valueOf(rtol) / valueOf(least), 1e4);
    const off = (share: number) => (n: number) =>
      n * (1 + share * valueOf(rtol));
    assertEquals(passes(off(0.9), { atol: 0 }), true);
    assertEquals(passes(off(1.1), { atol: 0 }), false);
  });
});
