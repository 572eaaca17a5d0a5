// Copyright 2026 the Adjoint authors. MIT license.

// The formulas on the page of gradcheck are executed: true of any numbers, or what
// the code computes. The picture is drawn anew.

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { gradcheck } from "../gradcheck.ts";
import page from "../gradcheck.ts" with { type: "text" };
import { fences } from "../core/testing/kernel.ts";
import { evaluate } from "../proof/language/evaluate.ts";
import { EvaluationError } from "../proof/language/expression.ts";
import { numbers } from "../proof/language/fields.ts";
import { Names, parseFormula } from "../proof/language/parse.ts";
import { scalar, type Tensor, tensor } from "../tensor.ts";
import {
  estimate,
  looksAt,
  Memory,
  noiseOf,
  type Point,
  roughnessOf,
  View,
} from "./resolution.ts";
import { Subject } from "./subject.ts";

/** A number, a vector or a matrix, by its symbol in the formulas. */
type Given = Record<string, number | number[] | number[][]>;

/** Both sides of a formula of the page, which begins so, for given symbols. */
function sides(start: string, given: Given, indices: Given = {}) {
  const tex = fences(page).map((tex) => tex.trim())
    .find((tex) => tex.startsWith(start));
  assert(tex !== undefined, `The page has no formula ${start}`);
  const names = new Names();
  for (const name of [...Object.keys(given), "m", "n", "l", "k"]) {
    names.addSymbol(name);
  }
  names.add(tex);
  const [said, ...rest] = parseFormula(tex, names);
  assertEquals(rest, []);
  assert(said.kind === "equation");
  const sizes = new Map<string, number>();
  const shapeOf = (value: Given[string] | undefined): number[] =>
    Array.isArray(value)
      ? [value.length, ...Array.isArray(value[0]) ? [value[0].length] : []]
      : [];
  const values = given;
  for (const [name, size] of Object.entries(indices)) {
    sizes.set(name, size as number);
  }
  return said.sides.map((side) =>
    evaluate(side, {
      field: numbers,
      sizes: { has: (name) => sizes.has(name), of: (name) => sizes.get(name)! },
      axes: (name) =>
        shapeOf(values[name]).map((
          n,
        ) => ({ kind: "number", value: n } as never)),
      symbol: (name) => {
        const value = values[name] ?? sizes.get(name);
        if (value === undefined) throw new EvaluationError(`What is ${name}?`);
        return { shape: shapeOf(value), data: [value].flat(2) };
      },
      partial: () => ({ shape: [], data: [] }),
    }, new Map(Object.entries(indices) as [string, number][])).data
  );
}

/** The right side, a number. */
function valueOf(start: string, given: Given, indices: Given = {}): number {
  return sides(start, given, indices)[1][0];
}
/** The formulas that a pattern finds in the prose. */
function find(pattern: RegExp): string[] {
  const found = pattern.exec(page.replaceAll(/\n \* */g, " "));
  assert(found !== null, `The page says nothing like ${pattern}`);
  return found.slice(1);
}

/** All looks at a function of one number, along its line. */
function look(
  f: (v: number) => number | number[],
  v: number,
  weights: number[] = [1],
  scale = 1,
  epsilon = Number.EPSILON,
): { point: Point; view: View } {
  const forward = ({ data }: { data: Float64Array }) => {
    const values = [f(data[0])].flat();
    return { shape: [values.length], data: Float64Array.from(values) };
  };
  const subject = new Subject(
    { f: forward, label: "f" },
    { kind: "each", functions: [null] },
    ["x"],
    false,
  );
  const inputs = [{ shape: [], data: Float64Array.of(v) }];
  const output = subject.output(inputs);
  const dout = { ...output, data: Float64Array.from(weights) };
  const point = {
    subject,
    inputs,
    output,
    dout,
    epsilon,
    noises: new Map(),
    roughness: new Map(),
  };
  const line = {
    input: 0,
    from: 0,
    v: Float64Array.of(scale),
    a: new Float64Array(1),
  };
  const view = new View(point, line, new Memory(point));
  for (const _ of looksAt(view));
  return { point, view };
}

/** Whether a gradient passes where it should be `s`, and is `a(s)`. */
function passes(a: (s: number) => number, options = {}): boolean {
  const scaled = (x: Tensor): Tensor => map((v) => 3 * v, x);
  const scaledDx = (_x: Tensor, dout: Tensor): Tensor =>
    map((d) => a(3 * d), dout);
  return gradcheck(scaled, [scaledDx], [tensor([2])], options).ok;
}

function map(f: (v: number) => number, { shape, data }: Tensor): Tensor {
  return { shape, data: data.map(f) };
}

/** Where the errors of slopes at all steps lie, drawn as the page has it. */
function picture(): string {
  const errors = (f: (v: number) => number, slope: number, v: number) =>
    look(f, v, [1], v).view.looks
      .map((look) => Math.abs(look.slope / v / slope - 1));
  const softplus = (v: number) => Math.log(Math.exp(v) + 1) - v;
  const float32 = (v: number) => Math.fround(Math.exp(Math.fround(v)));
  const curves: [string, number[]][] = [
    ["o", errors(Math.exp, Math.E, 1)],
    ["x", errors(softplus, -1 / (1 + Math.exp(13)), 13)],
    ["+", errors(float32, Math.E, 1)],
  ];
  const steps = curves[0][1];
  const lines = Array.from({ length: 13 }, (_, row) => {
    const cells = Array.from(steps, (_, k) => {
      const here = curves.filter(([, errors]) =>
        Math.round(Math.min(Math.max(-Math.log10(errors[k]), 0), 12)) === row
      );
      return here.length > 1 ? "*" : here[0]?.[0] ?? " ";
    });
    const label = row % 3 === 0 ? row === 0 ? "1" : `1e-${row}` : "";
    return `${label.padStart(7)} | ${cells.join(" ")}`.trimEnd();
  });
  const axis = Array.from(steps, () => "-").join("-");
  const marks = [[0, "7"], [6, "1e-3"], [11, "1e-6"], [16, "1e-9"], [
    21,
    "1e-12",
  ]] as const;
  const labels = marks.reduce(
    (text, [k, label]) => text.padEnd(10 + 2 * k) + label,
    "",
  );
  return [
    "error",
    ...lines,
    `        +-${axis}`,
    `${labels}  step`,
    "",
    "o  exp(x) at 1",
    "x  log(exp(x) + 1) - x at 13",
    "+  exp(x) at 1, in float32 inside",
    "*  more than one of them",
  ].join("\n");
}

describe("the page of gradcheck()", () => {
  it("has an identity that holds for every Jacobian and direction", () => {
    const given = {
      D: [-29, 31],
      J: [[2, -3, 5], [7, 11, -13]],
      V: [17, 19, -23],
    };
    const [left, right] = sides("\\sum_{i=1}^{m} D_i", given, { m: 2, n: 3 });
    assertEquals(left, right);
  });

  it("has what is computed at a step", () => {
    const f = (v: number) => [Math.exp(v), v * v, 3];
    const D = [0.5, -1.5, 2];
    const { view } = look(f, 0.7, D);
    for (const { t, slope, bend, rounding } of view.looks.slice(1, 12)) {
      const [A, B, Z] = [0.7 + t, 0.7 - t, 0.7].map(f);
      assertAlmostEquals(
        slope,
        valueOf("S = ", { S: 0, D, A, B, t }, { m: 3 }),
        1e-9,
      );
      assertAlmostEquals(
        bend,
        valueOf("G_k = ", { G: [0], T: [t], D, A: [A], B: [B], Z }, {
          m: 3,
          k: 1,
        }),
        1e-6,
      );
      // What does not move is not rounded.
      const r = valueOf("r = ", {
        r: 0,
        "\\varepsilon": Number.EPSILON,
        D: [0.5, -1.5, 0],
        A,
        B,
        Z,
      }, { m: 3 });
      assertAlmostEquals(rounding / r, 1, 1e-9);
    }
  });

  it("extrapolates: what is off by a power of the step is not any more", () => {
    for (const p of [1, 2, 3]) {
      const [at, next] = [0.5, 0.125].map((t) => 7 + 3 * t ** (2 * p));
      const Q = valueOf("Q_k = ", { Q: [0, 0], P: [at, next], p }, { k: 2 });
      assertAlmostEquals(Q, 7, 1e-12);
    }
  });

  it("has the error of an estimate, and its parts", () => {
    const softplus = (v: number) => Math.log(Math.exp(v) + 1) - v;
    const cases = [
      look(Math.exp, 1),
      look(softplus, 13),
      look(softplus, 33),
      look(Math.abs, 0),
      look((v) => Math.fround(Math.exp(Math.fround(v))), 1, [1], 1, 2 ** -23),
    ];
    for (const { point, view: { looks } } of cases) {
      const noise = noiseOf(point, 0);
      const limit = estimate(looks, noise);
      const at = looks.findIndex(({ t }) => t === limit.t);
      const { rounding, still, lastRise } = looks[at];
      const S = looks.map(({ residual }) => residual);
      const T = looks.map(({ t }) => t);
      const indices = { k: at + 1, l: looks.length };
      const Q = S.map(() => limit.residual);
      const q = valueOf("q = ", { q: 0, S, Q, T }, indices);
      assertAlmostEquals(limit.noise / (q + rounding), 1, 1e-9);
      const h = valueOf("h = ", { h: 0, u: lastRise, w: still, o: noise });
      assertEquals(limit.hidden, h);
      const G = looks.map(({ bend }) => bend);
      const kappa = [at, at + 1].map((k) =>
        valueOf("\\kappa = ", { "\\kappa": 0, G }, { k: k + 1 })
      );
      assertAlmostEquals(limit.kink, Math.min(...kappa), 1e-15);
      const e = valueOf("e = ", {
        e: 0,
        c: limit.cut,
        "\\kappa": limit.kink,
        g: limit.bias,
        q,
        r: rounding,
        h,
        T,
      }, indices);
      assertAlmostEquals(limit.error / e, 1, 1e-9);
    }
    assert(estimate(cases[2].view.looks).hidden > 0);
    assertAlmostEquals(estimate(cases[3].view.looks).kink, 1);
    const { bias, t } = estimate(cases[4].view.looks);
    const r = cases[4].view.looks.find((look) => look.t === t)!.rounding;
    const y = roughnessOf(cases[4].point, 0);
    assertAlmostEquals(bias / valueOf("g = ", { g: 0, y, r }), 1, 1e-9);
    for (const { view } of cases.slice(0, 4)) {
      assertEquals(estimate(view.looks).bias, 0);
    }
  });

  it("has the roundings by which polynomials are off where they meet", () => {
    for (const jump of [0, 20, 50, 1000]) {
      const Y: number[] = [];
      const polynomials = (v: number) => {
        const z = Math.exp(v) * (v < 1.1 ? 1 : 1 + jump * 2 ** -23);
        return Y[Y.length] = Math.fround(z);
      };
      const { point } = look(polynomials, 1, [1], 1, 2 ** -23);
      Y.length = 0;
      point.roughness.clear();
      const roughness = roughnessOf(point, 0);
      assertEquals(Y.length, 64);
      const y = valueOf("y = ", { y: 0, "\\varepsilon": 2 ** -23, Y });
      assertAlmostEquals(roughness, Math.min(y, 64), 1e-9);
      // The output is smaller there than where it is largest.
      assert(jump < 3 * y && y < jump + 3, `${y} for ${jump}`);
    }
  });

  it("has the tolerance that decides", () => {
    for (const [rtol, atol] of [[0.1, 0.5], [0.2, 0], [0, 0.25], [0.25, 0.1]]) {
      for (const share of [-0.99, -1.01, 0.99, 1.01]) {
        const a = (s: number) =>
          s + share * valueOf("b = ", {
              b: 0,
              "\\alpha": atol,
              "\\rho": rtol,
              s,
              e: 0,
            });
        const expected = Math.abs(share) < 1;
        assertEquals(passes(a, { rtol, atol }), expected, `${rtol} ${atol}`);
      }
    }
    const [rtol] = find(/`rtol`, \$`10\^\{(-\d+)\}`\$ by default/);
    assertEquals(rtol, "-6");
    assertEquals(passes((s) => s * (1 + 0.9e-6)), true);
    assertEquals(passes((s) => s * (1 + 1.1e-6)), false);
  });

  it("has the numbers of the code", () => {
    assertEquals(Number.EPSILON, 2 ** -52);
    find(/with \$`\\varepsilon = 2\^\{-52\}`\$, or \$`2\^\{-23\}`\$ if all/);
    const [digits] = find(/\\approx (\d) \\cdot 10\^\{-6\}`\$/);
    assertEquals((Math.cbrt(Number.EPSILON) * 1e6).toFixed(), digits);
    const { looks } = look(Math.exp, 1).view;
    find(/from seven times the size of an element down to \$`10\^\{-13\}`\$/);
    assertEquals(looks[0].t.toFixed(), "7");
    assertEquals(Math.round(Math.log10(looks.at(-1)!.t)), -13);
    for (const [k, { t }] of looks.slice(1).entries()) {
      assertEquals(looks[k].t / t, 4);
    }
    const [budget] = find(/up to (\d+) calls,/);
    const checked = (size: number) =>
      gradcheck(
        (x) => scalar(x.data[0], { dtype: "float64" }),
        [(x, dout) => ({
          ...x,
          data: x.data.map((_, i) => i ? 0 : dout.data[0]),
        })],
        [tensor(new Float64Array(size))],
      ).inputs[0].checked;
    assertEquals(checked(Number(budget) / 2), "elements");
    assertEquals(checked(Number(budget) / 2 + 1), "directions");
  });

  it("has a picture of what is computed", () => {
    const drawn = /```text\n([^]*?)\n \* ```/.exec(page)![1]
      .replaceAll(/^ \* ?/gm, "");
    assertEquals(drawn, picture());
  });
});
