// Copyright 2026 the Adjoint authors. MIT license.

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { rmsNorm, rmsNormD, rmsNormDgamma, rmsNormDx } from "./rms_norm.ts";
import { ones, scalar, tensor, zeros } from "../tensor.ts";
import * as op from "./rms_norm.ts";
import source from "./rms_norm.ts" with { type: "text" };
import goldens from "../goldens/rms_norm.json" with { type: "json" };
import { readGoldens } from "../goldens/read.ts";
import { prove } from "../proof/chain.ts";
import { describeNearLoops } from "../core/testing/near_loops.ts";
import { describeProof } from "../core/testing/describe_proof.ts";
import { ofTwo } from "../core/testing/long.ts";
import { operation } from "../proof/operation.ts";

const f64 = { dtype: "float64" } as const;
const exactly = { eps: 0 };

function assertNear(found: Iterable<number>, right: number[]) {
  const largest = Math.max(...right.map(Math.abs));
  for (const [i, value] of [...found].entries()) {
    assertAlmostEquals(value, right[i], 1e-15 * largest, `element ${i}`);
  }
}

// 18 digits by mpmath.
const x = tensor([[1, 2, 6]], f64);
const gamma = tensor([1, 2, -1], f64);
const dout = tensor([[1, -2, 0.5]], f64);
const Y = [0.270500889220489976, 1.08200355688195991, -1.62300533532293986];
const DX = [0.336476715284151091, -0.950051904754637676, 0.2606045117717217];
const DGAMMA = [
  0.270500889220489976,
  -1.08200355688195991,
  0.811502667661469929,
];

describe("rmsNorm()", () => {
  it("scales the last axis to the mean square 1, then each column", () => {
    assertNear(rmsNorm(x, gamma).data, Y);
    const rows = tensor([[[1, 7], [-7, 1]], [[5, 5], [0, 8]]], f64);
    const y = rmsNorm(rows, tensor([1, 10], f64), exactly);
    assertNear(y.data, [0.2, 14, -1.4, 2, 1, 10, 0, 10 * Math.SQRT2]);
    assertEquals(rmsNorm(tensor([3, 3]), null, exactly), ones([2]));
  });

  it("takes null for ones", () => {
    assertEquals(rmsNorm(x, null), rmsNorm(x, ones([3], f64)));
  });

  it("adds 2⁻²³ to the mean square for both element types", () => {
    const row = [2 ** -11.5, -(2 ** -11.5)];
    const y = [Math.SQRT1_2, -Math.SQRT1_2];
    assertNear(rmsNorm(tensor([row], f64), null).data, y);
    assertEquals(rmsNorm(tensor([row]), null), tensor([y]));
  });

  it("neither overflows nor vanishes in float32", () => {
    for (const value of [1e30, 1e-30]) {
      const row = tensor([[-value, value]]);
      assertEquals(rmsNorm(row, null, exactly), tensor([[-1, 1]]));
    }
  });

  it("refuses what does not fit", () => {
    const rows = zeros([2, 3]);
    assertThrows(
      // @ts-expect-error A scale of two for three columns.
      () => rmsNorm(rows, zeros([2])),
      TypeError,
      "the axis m of x must equal the length of gamma: x is 2×3, gamma is [2]",
    );
    // @ts-expect-error A scalar has no last axis.
    assertThrows(() => rmsNorm(scalar(1), null), TypeError);
    for (const eps of [-1e-5, NaN]) {
      assertThrows(
        () => rmsNorm(rows, null, { eps }),
        RangeError,
        `eps must be a number at least 0: it is ${eps}`,
      );
    }
    assertThrows(
      // @ts-expect-error There is no shift.
      () => rmsNorm(rows, null, zeros([3])),
      TypeError,
    );
  });
});

describe("rmsNormD()", () => {
  it("is right in both gradients", () => {
    const found = rmsNormD(x, gamma, dout);
    assertNear(found.x.data, DX);
    assertNear(found.gamma.data, DGAMMA);
    assertEquals(rmsNormDx(x, gamma, dout), found.x);
    assertEquals(rmsNormDgamma(x, gamma, dout), found.gamma);
  });

  it("adds up the rows for gamma", () => {
    const rows = tensor([[[1, 1]], [[-2, 2]], [[5, -5]]]);
    const dout = tensor([[[1, 2]], [[10, 20]], [[100, 200]]]);
    const found = rmsNormD(rows, ones([2]), dout, { eps: 0, wrt: ["gamma"] });
    assertEquals(found, { gamma: tensor([91, -178]) });
  });

  it("gives no gradient of what is null", () => {
    assertEquals(Object.keys(rmsNormD(x, null, dout)), ["x"]);
    assertThrows(
      // @ts-expect-error A scale that is null has no gradient.
      () => rmsNormDgamma(x, null, dout),
      TypeError,
      "it is null",
    );
  });

  it("is 0 along the row, but not for the sum of the normalized row", () => {
    const dx = rmsNormDx(x, gamma, dout, exactly).data;
    assertAlmostEquals(dx[0] + 2 * dx[1] + 6 * dx[2], 0, 1e-15);
    const all = rmsNormDx(x, null, ones([1, 3], f64), exactly).data;
    for (const value of all) assert(Math.abs(value) > 0.01);
  });
});

describe("the edge cases of RMS norm", () => {
  it("Results go to out, where it is given", () => {
    const row = zeros([1, 3], f64), column = zeros([3], f64);
    assertStrictEquals(rmsNorm(x, gamma, { out: row }), row);
    assertNear(row.data, Y);
    assertStrictEquals(rmsNormDx(x, gamma, dout, { out: row }), row);
    assertNear(row.data, DX);
    const out = { out: column };
    assertStrictEquals(rmsNormDgamma(x, gamma, dout, out), column);
    assertNear(column.data, DGAMMA);
  });

  it("Zeros: the row stays zeros, and its gradient is divided by √ε", () => {
    const row = zeros([1, 2], f64), first = tensor([[1, -2]], f64);
    assertEquals(rmsNorm(row, tensor([3, 4], f64)), row);
    const found = rmsNormD(row, tensor([3, 4], f64), first);
    assertNear(found.x.data, [3 * 2 ** 11.5, -8 * 2 ** 11.5]);
    assertEquals(found.gamma, zeros([2], f64));
    assertEquals([...rmsNorm(row, null, exactly).data], [NaN, NaN]);
  });

  it("One column: the scale, with the sign of the element", () => {
    const column = tensor([[7], [-1e30]]);
    assertEquals(rmsNorm(column, tensor([3]), exactly), tensor([[3], [-3]]));
    const dx = rmsNormDx(column, null, ones([2, 1]), exactly);
    for (const value of dx.data) assert(Math.abs(value) < 1e-16);
  });

  it("A gradient along the row: all digits of the little that ε leaves", () => {
    const column = tensor([[3], [-1000]], f64);
    const dx = rmsNormDx(column, tensor([2], f64), ones([2, 1], f64)).data;
    const of = (x: number) => 2 * 2 ** -23 / (x * x + 2 ** -23) ** 1.5;
    assertAlmostEquals(dx[0] / of(3), 1, 1e-14);
    assertAlmostEquals(dx[1] / of(1000), 1, 1e-14);

    const row = tensor([[30, 40]], f64); // 1 ∕ m Σ Xⱼ² is 1250.
    const along = rmsNormDx(row, null, row).data,
      r = Math.sqrt(1250 + 2 ** -23);
    assertAlmostEquals(along[0] / (30 * 2 ** -23 / r ** 3), 1, 1e-6);
    assertAlmostEquals(along[1] / (40 * 2 ** -23 / r ** 3), 1, 1e-6);
  });

  it("An offset of a million costs no digits", () => {
    const row = tensor([[1e6, 1e6 + 1]], f64);
    const dx = rmsNormDx(row, null, tensor([[1, 0]], f64)).data;
    assertAlmostEquals(dx[0] * 1e6, 0.50000025, 1e-8);
    assertAlmostEquals(dx[1] * 1e6, -0.49999975, 1e-8);
  });

  it("NaN and infinity: each spoils its own row", () => {
    const finite = rmsNorm(tensor([[1, 7]]), null).data;
    for (const value of [NaN, Infinity, -Infinity]) {
      const rows = tensor([[value, 1], [1, 7]]);
      const y = rmsNorm(rows, null).data;
      assertEquals([...y], [NaN, Number.isNaN(value) ? NaN : 0, ...finite]);
      const dx = rmsNormDx(rows, null, ones([2, 2])).data;
      assertEquals([...dx].map(Number.isFinite), [false, false, true, true]);
    }
  });

  it("Empty: no rows, and rows of nothing", () => {
    assertEquals(rmsNormD(zeros([0, 2]), ones([2]), zeros([0, 2])), {
      x: zeros([0, 2]),
      gamma: zeros([2]),
    });
    assertEquals(rmsNorm(zeros([2, 0]), null), zeros([2, 0]));
  });
});

describe("a page that forgets the path through the root", () => {
  const path =
    /^ \* +- \\frac\{\\hat\{X\}_\{ij\}\}\{m\}\n \* +\\sum_\{a=1\}.*\n/gm;
  const wrong = source.replaceAll(path, "");
  const page = operation("rms_norm.ts", wrong, op, readGoldens(goldens));

  for (const link of ["page = code", "page = calculus"] as const) {
    it(`is refused by ${link}`, () => {
      const failures = prove(page, link).flatMap(({ failures }) => failures);
      // What is left along the row is wrong then, too: one more formula of values.
      const more = link === "page = code" ? 1 : 0;
      assertEquals(failures.length, source.match(path)!.length + more);
      for (const failure of failures) {
        assertMatch(failure, /^rms_norm.ts:\d+:\d+: .* is wrong: /);
      }
    });
  }
});

describe("rmsNormD() of many float64 numbers", () => {
  const many = 600_009;

  it("keeps the digits of sums over many rows", () => {
    const row = tensor([[3, -1]], f64), g = tensor([2, 3], f64);
    const d = tensor([[0.1, 0.7]], f64);
    const one = rmsNormD(row, g, d);
    const all = rmsNormD(
      ofTwo([many, 2], 2, -1, 3),
      g,
      ofTwo([many, 2], 2, 0.7, 0.1),
    );
    for (let j = 0; j < 2; j++) {
      const right = many * one.gamma.data[j];
      assertAlmostEquals(all.gamma.data[j], right, 1e-13 * Math.abs(right));
    }
  });

  it("keeps the digits of a long row", () => {
    const x = ofTwo([1, many], 3, 0.1, -0.07),
      d = ofTwo([1, many], 3, 0.1, 0.7);
    const ones = { shape: [many] as const, data: d.data.map(() => 1) };
    const { gamma, x: dx } = rmsNormD(x, ones, d, { eps: 0 });
    const r = Math.sqrt((2 * 0.1 ** 2 + 0.07 ** 2) / 3);
    const along = (2 * 0.1 * 0.1 - 0.07 * 0.7) / 3 / r;
    const right = (0.1 - 0.1 / r * along) / r;
    assertAlmostEquals(gamma.data[1], 0.01 / r, 1e-13 * 0.01 / r);
    assertAlmostEquals(dx.data[1], right, 1e-12 * right);
  });
});

describeProof("ops/normalization/rms_norm.ts", source, op, goldens);

// deno-fmt-ignore
const ROWS = [[1100, 1], [100, 9], [3, 10, 70], [2, 16_385], [3, 2]];

describeNearLoops(
  op.signature,
  ROWS.flatMap((x) => [
    { inputs: { x, gamma: x.slice(-1) } },
    { inputs: { x, gamma: null }, options: { eps: 0.5 } },
  ]),
);
