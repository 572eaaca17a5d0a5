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
import {
  batchNorm,
  batchNormD,
  batchNormDbeta,
  batchNormDgamma,
  batchNormDx,
} from "./batch_norm.ts";
import { layerNorm } from "./layer_norm.ts";
import { withoutKernels } from "../core/op.ts";
import { ones, tensor, zeros } from "../tensor.ts";
import * as op from "./batch_norm.ts";
import source from "./batch_norm.ts" with { type: "text" };
import goldens from "../goldens/batch_norm.json" with { type: "json" };
import { readGoldens } from "../goldens/read.ts";
import { prove } from "../proof/chain.ts";
import { describeNearLoops } from "../core/testing/near_loops.ts";
import { describeProof } from "../core/testing/describe_proof.ts";
import { ofTwo } from "../core/testing/long.ts";
import { operation } from "../proof/operation.ts";

const f64 = { dtype: "float64" } as const;
const exactly = { eps: 0 };

function assertNear(
  found: Iterable<number>,
  right: number[],
  relative = 1e-14,
) {
  const largest = Math.max(...right.map(Math.abs));
  for (const [i, value] of [...found].entries()) {
    assertAlmostEquals(value, right[i], relative * largest, `element ${i}`);
  }
}

// Two examples of two channels of two: 18 digits by mpmath.
const x = tensor([[[1, 2], [5, 7]], [[6, 3], [-1, 4]]], f64);
const gamma = tensor([2, -1], f64);
const beta = tensor([0.5, 10], f64);
const dout = tensor([[[1, -2], [0, 3]], [[0.5, 4], [1, -1]]], f64);
const Y = [
  -1.63808688089174695,
  -0.569043440445873475,
  9.57590577924294905,
  8.89735502603166752,
  3.70713032133762043,
  0.5,
  11.6115580388767936,
  9.91518115584858981,
];
const DX = [
  0.362710512779613575,
  -2.95895984991994655,
  0.312426179355241104,
  -0.612648515420064334,
  -0.744511414253021639,
  3.34076075139335461,
  -0.305103502375250213,
  0.605325838440073442,
];
const DGAMMA = [0.801782580334405106, 1.61155803887679362];

describe("batchNorm()", () => {
  it("normalizes each channel over the batch, then scales and shifts it", () => {
    assertNear(batchNorm(x, gamma, beta).data, Y);
    const pair = tensor([[1, 1000], [3, 1002]]);
    const y = batchNorm(pair, tensor([1, 2]), tensor([0, 10]), exactly);
    assertEquals(y, tensor([[-1, 8], [1, 12]]));
  });

  it("sees all axes after the channels as one", () => {
    const data = Float64Array.from({ length: 24 }, (_, i) => Math.sin(i));
    const image = tensor(data, [2, 3, 2, 2]), row = tensor(data, [2, 3, 4]);
    const y = batchNorm(image, null, null);
    assertEquals(y.shape, [2, 3, 2, 2]);
    assertEquals(y.data, batchNorm(row, null, null).data);
  });

  it("is layer norm of the transposed, where no axis follows the channels", () => {
    const columns = tensor([[1, 5], [2, 7], [6, -1]], f64);
    const rows = tensor([[1, 2, 6], [5, 7, -1]], f64);
    const [a, c, e, b, d, f] = layerNorm(rows, null, null).data;
    assertEquals([...batchNorm(columns, null, null).data], [a, b, c, d, e, f]);
  });

  it("takes null for ones, and for zeros", () => {
    const all = batchNorm(x, ones([2], f64), zeros([2], f64));
    assertEquals(batchNorm(x, null, null), all);
  });

  it("keeps its digits where the mean is large", () => {
    const far = tensor([[1e6 + 0.001], [1e6], [1e6 + 0.003]], f64);
    assertNear(
      batchNorm(far, null, null, { eps: 1e-12 }).data,
      [-0.267261136005664768, -1.06904463736253899, 1.33630577336820375],
    );
    assertNear(
      batchNorm(tensor([[[1000, 1001, 1003]]]), null, null).data,
      [-1.06904153145029747, -0.267260382862574369, 1.33630191431287184],
      1e-7,
    );
  });

  it("neither overflows nor vanishes in float32", () => {
    for (const value of [1e30, 1e-30]) {
      const column = tensor([[-value], [value]]);
      const y = batchNorm(column, null, null, exactly);
      assertEquals(y, tensor([[-1], [1]]));
    }
  });

  it("refuses what does not fit", () => {
    const batch = zeros([2, 3, 4]);
    assertThrows(
      // @ts-expect-error A scale of two for three channels.
      () => batchNorm(batch, zeros([2]), null),
      TypeError,
      "the axis m of x must equal the length of gamma: x is 2×3×4, gamma is [2]",
    );
    assertThrows(
      // @ts-expect-error A vector has no channels.
      () => batchNorm(zeros([3]), null, null),
      TypeError,
      "x must have rank 2 or more, as n m p…: x is [3]",
    );
    for (const eps of [-1e-5, NaN]) {
      assertThrows(
        () => batchNorm(batch, null, null, { eps }),
        RangeError,
        `eps must be a number at least 0: it is ${eps}`,
      );
    }
  });
});

describe("batchNormD()", () => {
  it("is right in all gradients", () => {
    const found = batchNormD(x, gamma, beta, dout);
    assertNear(found.x.data, DX);
    assertNear(found.gamma.data, DGAMMA);
    assertEquals([...found.beta.data], [3.5, 3]);
    assertEquals(batchNormDx(x, gamma, beta, dout), found.x);
    assertEquals(batchNormDgamma(x, gamma, beta, dout), found.gamma);
    assertEquals(batchNormDbeta(x, gamma, beta, dout), found.beta);
  });

  it("gives no gradient of what is null", () => {
    assertEquals(Object.keys(batchNormD(x, null, beta, dout)), ["x", "beta"]);
    assertThrows(
      // @ts-expect-error A scale that is null has no gradient.
      () => batchNormDgamma(x, null, beta, dout),
      TypeError,
      "it is null",
    );
  });

  it("lets every example act on every other", () => {
    const one = tensor([[1, 0], [0, 0], [0, 0]], f64);
    const batch = tensor([[1, 1], [2, 1], [6, 1]], f64);
    const dx = batchNormDx(batch, null, null, one).data;
    for (const i of [0, 2, 4]) assert(dx[i] !== 0);
    for (const i of [1, 3, 5]) assert(dx[i] === 0);
  });

  it("adds up to 0 in each channel, and is 0 for the sum of the output", () => {
    const { data } = batchNormDx(x, gamma, beta, dout);
    assertAlmostEquals(data[0] + data[1] + data[4] + data[5], 0, 1e-15);
    assertAlmostEquals(data[2] + data[3] + data[6] + data[7], 0, 1e-15);
    const nothing = batchNormDx(x, gamma, beta, ones([2, 2, 2], f64));
    for (const dx of nothing.data) assertAlmostEquals(dx, 0, 1e-15);
  });

  it("keeps its digits where the mean is large", () => {
    const far = tensor([[1e6 + 0.001], [1e6], [1e6 + 0.003]], f64);
    const first = tensor([[1], [0], [0]], f64);
    assertNear(
      batchNormDx(far, null, null, first, { eps: 1e-12 }).data,
      [515.432241520088346, -343.62143040938571, -171.810811110702637],
    );
  });
});

describe("the edge cases of batch norm", () => {
  it("Results go to out, where it is given", () => {
    const all = zeros([2, 2, 2], f64), one = zeros([2], f64);
    assertStrictEquals(batchNorm(x, gamma, beta, { out: all }), all);
    assertNear(all.data, Y);
    assertStrictEquals(batchNormDx(x, gamma, beta, dout, { out: all }), all);
    assertNear(all.data, DX);
    const out = { out: one };
    assertStrictEquals(batchNormDgamma(x, gamma, beta, dout, out), one);
    assertNear(one.data, DGAMMA);
    assertStrictEquals(batchNormDbeta(x, gamma, beta, dout, out), one);
    assertEquals([...one.data], [3.5, 3]);
  });

  it("Equal elements: the channel is exactly the shift", () => {
    const channel = tensor([[0.1], [0.1], [0.1]], f64);
    const y = batchNorm(channel, tensor([3], f64), tensor([2], f64));
    assertEquals([...y.data], [2, 2, 2]);
    const dout = tensor([[1], [-4], [-0.5]], f64);
    const found = batchNormD(channel, ones([1], f64), null, dout);
    assertNear(
      found.x.data,
      [13 / 6, -17 / 6, 4 / 6].map((value) => value / Math.sqrt(1e-5)),
    );
    assert(found.gamma.data[0] === 0);
    const none = batchNorm(channel, null, null, exactly);
    assertEquals([...none.data], [NaN, NaN, NaN]);
  });

  it("One element: the channel is the shift, and has no gradient", () => {
    const one = tensor([[7, 1e30]]);
    const y = batchNorm(one, tensor([3, 3]), tensor([2, 4]));
    assertEquals(y, tensor([[2, 4]]));
    const found = batchNormD(one, tensor([3, 3]), tensor([2, 4]), ones([1, 2]));
    for (const value of found.x.data) assert(value === 0);
    assertEquals(found.beta, tensor([1, 1]));
  });

  it("NaN and infinity: each spoils its own channel", () => {
    for (const value of [NaN, Infinity, -Infinity]) {
      const batch = tensor([[value, 1], [1, 3]]);
      const y = batchNorm(batch, null, null, exactly);
      assertEquals([...y.data], [NaN, -1, NaN, 1]);
      const found = batchNormD(batch, ones([2]), null, ones([2, 2]), exactly);
      assertEquals([...found.x.data], [NaN, 0, NaN, 0]);
      assertEquals([...found.gamma.data], [NaN, 0]);
    }
  });

  it("Empty: no examples, no channels, and channels of nothing", () => {
    const none = batchNormD(zeros([0, 2]), ones([2]), ones([2]), zeros([0, 2]));
    assertEquals(none, {
      x: zeros([0, 2]),
      gamma: zeros([2]),
      beta: zeros([2]),
    });
    assertEquals(batchNorm(zeros([2, 0]), null, null), zeros([2, 0]));
    assertEquals(batchNorm(zeros([2, 3, 0]), null, null), zeros([2, 3, 0]));
  });
});

describe("a page that takes the mean for a constant", () => {
  const path =
    /^ \* +- \\frac\{1\}\{np\} (\\sum_\{\w=1\}\^\{\w\} ?){2}\n \* +\\frac\{\\partial E\}\{\\partial \\hat\{X\}_\{ajc\}\}\n/gm;
  const wrong = source.replaceAll(path, "");
  const page = operation("batch_norm.ts", wrong, op, readGoldens(goldens));

  for (const link of ["page = code", "page = calculus"] as const) {
    it(`is refused by ${link}`, () => {
      const failures = prove(page, link).flatMap(({ failures }) => failures);
      assertEquals(failures.length, source.match(path)!.length);
      for (const failure of failures) {
        assertMatch(failure, /^batch_norm.ts:\d+:\d+: .* is wrong: /);
      }
    });
  }
});

describe("batchNormD() of many float64 numbers", () => {
  it("keeps the digits of long sums, in any shape", () => {
    const many = 300_008;
    type Shape = readonly [number, number, ...number[]];
    const shapes: Shape[] = [[many, 1], [many / 2, 1, 2], [1, 1, many]];
    for (const shape of shapes) {
      const x = ofTwo(shape, 4, 0.1, -0.07), d = ofTwo(shape, 4, 0.1, 0.7);
      const c = tensor([1], f64);
      const all = batchNormD(
        x,
        c,
        c,
        d,
        exactly,
      );
      const far = 0.17 * Math.sqrt(3) / 4, right = many / 4 * 0.17 / 4 / far;
      assertAlmostEquals(all.beta.data[0], many / 4, 1e-13 * many);
      assertAlmostEquals(all.gamma.data[0], -3 * 0.6 * right, 1e-13 * many);
    }
  });
});

describeProof("ops/normalization/batch_norm.ts", source, op, goldens);

describe("batchNorm() of rows", () => {
  it("has the bits of the loop, with and without a scale and a shift", () => {
    const { signature } = op, loop = withoutKernels(signature);
    const number = (seed: number) => (i: number) =>
      Math.sin(seed + 7 * i * i) * 3 + seed;
    for (const [n, m] of [[5, 3], [1, 4], [4, 1]]) {
      const make = (seed: number, ...shape: number[]) => {
        const size = shape.reduce((a, b) => a * b);
        return tensor(
          Array.from({ length: size }, (_, i) => number(seed)(i)),
          shape,
        );
      };
      const [x, dout] = [make(1, n, m), make(2, n, m)];
      for (const gamma of [make(3, m), null]) {
        for (const beta of [make(4, m), null]) {
          const inputs = [x, gamma, beta];
          assertEquals(signature.forward(inputs), loop.forward(inputs));
          assertEquals(
            signature.backward([...inputs, dout]),
            loop.backward([...inputs, dout]),
          );
        }
      }
    }
  });
});

// Rows, columns, many, long and few of them.
// deno-fmt-ignore
const CHANNELS = [[1100, 1], [401, 3], [60, 16, 2], [25, 7, 31], [9, 4, 33], [2, 2, 9000], [2, 3, 4, 50], [2, 2049], [3, 2]];

describeNearLoops(
  op.signature,
  CHANNELS.flatMap((x) => [
    { inputs: { x, gamma: [x[1]], beta: [x[1]] } },
    { inputs: { x, gamma: null, beta: null }, options: { eps: 0.5 } },
  ]),
);
