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
  layerNorm,
  layerNormD,
  layerNormDbeta,
  layerNormDgamma,
  layerNormDx,
} from "./layer_norm.ts";
import { gradcheck } from "../gradcheck.ts";
import { ones, scalar, type Tensor, tensor, zeros } from "../tensor.ts";
import * as op from "./layer_norm.ts";
import source from "./layer_norm.ts" with { type: "text" };
import goldens from "../goldens/layer_norm.json" with { type: "json" };
import { readGoldens } from "../goldens/read.ts";
import { type LinkName, prove } from "../proof/chain.ts";
import { describeNearLoops } from "../core/testing/near_loops.ts";
import { describeProof } from "../core/testing/describe_proof.ts";
import { ofTwo } from "../core/testing/long.ts";
import * as forgetful from "../proof/fixtures/forgetful.ts";
import forgetfulPage from "../proof/fixtures/forgetful.ts" with {
  type: "text",
};
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

// 18 digits by mpmath.
const x = tensor([[1, 2, 6]], f64);
const gamma = tensor([1, 2, -1], f64);
const beta = tensor([0, 0.5, 1], f64);
const dout = tensor([[1, -2, 0.5]], f64);
const Y = [-0.925819107824038765, -0.425819107824038765, -0.388728661736058148];
const DX = [1.03603559742593015, -1.2950446207757775, 0.259009023349847351];
const DGAMMA = [
  -0.925819107824038765,
  0.925819107824038765,
  0.694364330868029074,
];

describe("layerNorm()", () => {
  it("normalizes the last axis, then scales and shifts it", () => {
    assertNear(layerNorm(x, gamma, beta).data, Y);
    const rows = tensor([[[1, 3], [2, -2]], [[0, 8], [5, 5.5]]]);
    const y = layerNorm(rows, tensor([1, 10]), tensor([0, 1]), exactly);
    assertEquals(y, tensor([[[-1, 11], [1, -9]], [[-1, 11], [-1, 11]]]));
    assertEquals(layerNorm(tensor([1, 3]), null, null, exactly).data[1], 1);
  });

  it("takes null for ones, and for zeros", () => {
    const all = layerNorm(x, ones([3], f64), zeros([3], f64));
    assertEquals(layerNorm(x, null, null), all);
    assertEquals(
      layerNorm(x, gamma, null),
      layerNorm(x, gamma, zeros([3], f64)),
    );
    assertEquals(layerNorm(x, null, beta), layerNorm(x, ones([3], f64), beta));
  });

  it("keeps its digits where the mean is large", () => {
    const far = tensor([[1e6 + 0.001, 1e6, 1e6 + 0.003]], f64);
    assertNear(
      layerNorm(far, null, null, { eps: 1e-12 }).data,
      [-0.267261136005664768, -1.06904463736253899, 1.33630577336820375],
    );
    assertNear(
      layerNorm(tensor([[1000, 1001, 1003]]), null, null).data,
      [-1.06904153145029747, -0.267260382862574369, 1.33630191431287184],
      1e-7,
    );
  });

  it("neither overflows nor vanishes in float32", () => {
    const y = tensor([[-1, 1]]);
    for (const value of [1e30, 1e-30]) {
      const row = tensor([[-value, value]]);
      assertEquals(layerNorm(row, null, null, exactly), y);
    }
  });

  it("refuses what does not fit", () => {
    const rows = zeros([2, 3]);
    assertThrows(
      // @ts-expect-error A scale of two for three columns.
      () => layerNorm(rows, zeros([2]), null),
      TypeError,
      "the axis m of x must equal the length of gamma: x is 2×3, gamma is [2]",
    );
    assertThrows(
      // @ts-expect-error A shift of rank 2.
      () => layerNorm(rows, null, zeros([1, 3])),
      TypeError,
      "beta must have rank 1: beta is 1×3",
    );
    // @ts-expect-error A scalar has no last axis.
    assertThrows(() => layerNorm(scalar(1), null, null), TypeError);
    for (const eps of [-1e-5, NaN]) {
      assertThrows(
        () => layerNorm(rows, null, null, { eps }),
        RangeError,
        `eps must be a number at least 0: it is ${eps}`,
      );
    }
    assertThrows(
      // @ts-expect-error There is no such option.
      () => layerNorm(rows, null, null, { epsilon: 1e-5 }),
      TypeError,
    );
  });
});

describe("layerNormD()", () => {
  it("is right in all gradients", () => {
    const found = layerNormD(x, gamma, beta, dout);
    assertNear(found.x.data, DX);
    assertNear(found.gamma.data, DGAMMA);
    assertEquals([...found.beta.data], [1, -2, 0.5]);
    assertEquals(layerNormDx(x, gamma, beta, dout), found.x);
    assertEquals(layerNormDgamma(x, gamma, beta, dout), found.gamma);
    assertEquals(layerNormDbeta(x, gamma, beta, dout), found.beta);
  });

  it("adds up the rows for gamma and beta", () => {
    const rows = tensor([[[1, 3]], [[4, 2]], [[-5, 5]]]);
    const dout = tensor([[[1, 2]], [[10, 20]], [[100, 200]]]);
    const found = layerNormD(rows, ones([2]), zeros([2]), dout, {
      eps: 0,
      wrt: ["gamma", "beta"],
    });
    assertEquals(found, {
      gamma: tensor([-91, 182]),
      beta: tensor([111, 222]),
    });
  });

  it("gives no gradient of what is null", () => {
    assertEquals(Object.keys(layerNormD(x, null, beta, dout)), ["x", "beta"]);
    assertThrows(
      // @ts-expect-error A scale that is null has no gradient.
      () => layerNormDgamma(x, null, beta, dout),
      TypeError,
      "it is null",
    );
  });

  it("adds up to 0 in each row, and is 0 for the sum of the normalized row", () => {
    const { data } = layerNormDx(x, gamma, beta, dout);
    assertAlmostEquals(data[0] + data[1] + data[2], 0, 1e-15);
    const nothing = layerNormDx(x, null, beta, ones([1, 3], f64));
    for (const dx of nothing.data) assertAlmostEquals(dx, 0, 1e-15);
  });

  it("keeps its digits where the mean is large", () => {
    const far = tensor([[1e6 + 0.001, 1e6, 1e6 + 0.003]], f64);
    const first = tensor([[1, 0, 0]], f64);
    assertNear(
      layerNormDx(far, null, null, first, { eps: 1e-12 }).data,
      [515.432241520088346, -343.62143040938571, -171.810811110702637],
    );
  });
});

describe("the edge cases of layer norm", () => {
  it("Results go to out, where it is given", () => {
    const row = zeros([1, 3], f64), column = zeros([3], f64);
    assertStrictEquals(layerNorm(x, gamma, beta, { out: row }), row);
    assertNear(row.data, Y);
    assertStrictEquals(layerNormDx(x, gamma, beta, dout, { out: row }), row);
    assertNear(row.data, DX);
    const out = { out: column };
    assertStrictEquals(layerNormDgamma(x, gamma, beta, dout, out), column);
    assertNear(column.data, DGAMMA);
    assertStrictEquals(layerNormDbeta(x, gamma, beta, dout, out), column);
    assertEquals([...column.data], [1, -2, 0.5]);
  });

  it("Equal elements: the row is exactly the shift", () => {
    const row = tensor([[0.1, 0.1, 0.1]], f64);
    assertEquals([...layerNorm(row, gamma, beta).data], [0, 0.5, 1]);
    const found = layerNormD(row, gamma, beta, dout);
    // ∂E/∂X̂ is 1, −4 and −½, of mean −7 ∕ 6, and s is the root of ε.
    assertNear(
      found.x.data,
      [13 / 6, -17 / 6, 4 / 6].map((value) => value / Math.sqrt(1e-5)),
    );
    for (const value of found.gamma.data) assert(value === 0);
    const none = layerNorm(row, null, null, exactly);
    assertEquals([...none.data], [NaN, NaN, NaN]);
  });

  it("One column: the row is the shift, and has no gradient", () => {
    const column = tensor([[7], [1e30]]);
    const y = layerNorm(column, tensor([3]), tensor([2]));
    assertEquals([...y.data], [2, 2]);
    const found = layerNormD(column, tensor([3]), tensor([2]), ones([2, 1]));
    for (const value of found.x.data) assert(value === 0);
    assertEquals(found.beta, tensor([2]));
  });

  it("Two columns: all digits of the little that ε leaves of the gradient", () => {
    const row = tensor([[1000, 1006]], f64);
    const dx = layerNormDx(row, null, null, tensor([[0.3, 1]], f64)).data;
    const right = 0.35 * 1e-5 / (9 + 1e-5) ** 1.5; // By hand: of v = 9.
    assertAlmostEquals(dx[0] / right, -1, 1e-14);
    assertAlmostEquals(dx[1] / right, 1, 1e-14);
  });

  it("NaN and infinity: each spoils its own row", () => {
    for (const value of [NaN, Infinity, -Infinity]) {
      const rows = tensor([[value, 1], [1, 3]]);
      const y = layerNorm(rows, null, null, exactly);
      assertEquals([...y.data], [NaN, NaN, -1, 1]);
      const found = layerNormD(rows, ones([2]), null, ones([2, 2]), exactly);
      assertEquals([...found.x.data], [NaN, NaN, 0, 0]);
      assertEquals([...found.gamma.data], [NaN, NaN]);
    }
  });

  it("Empty: no rows, and rows of nothing", () => {
    const found = layerNormD(
      zeros([0, 2]),
      ones([2]),
      ones([2]),
      zeros([0, 2]),
    );
    assertEquals(found, {
      x: zeros([0, 2]),
      gamma: zeros([2]),
      beta: zeros([2]),
    });
    assertEquals(layerNorm(zeros([2, 0]), null, null), zeros([2, 0]));
    assertEquals(layerNormD(zeros([2, 0]), null, null, zeros([2, 0])), {
      x: zeros([2, 0]),
    } as never);
  });
});

describe("a page that forgets the path through the mean", () => {
  const middle =
    /^ \* +- \\frac\{1\}\{m\} \\sum_\{a=1\}\^\{m\} \\frac\{\\partial E\}.*\n/gm;
  const wrong = source.replaceAll(middle, "");
  const page = operation("layer_norm.ts", wrong, op, readGoldens(goldens));

  for (const link of ["page = code", "page = calculus"] as const) {
    it(`is refused by ${link}`, () => {
      const failures = prove(page, link).flatMap(({ failures }) => failures);
      assert(failures.length >= source.match(middle)!.length);
      for (const failure of failures) {
        assertMatch(failure, /^layer_norm.ts:\d+:\d+: .* is wrong: /);
      }
    });
  }
});

describe("a page and its code that both forget the path through the mean", () => {
  const wrong = operation("forgetful.ts", forgetfulPage, forgetful);
  const failuresOf = (link: LinkName) =>
    prove(wrong, link).flatMap(({ failures }) => failures);

  it("agree with each other", () => {
    assertEquals(failuresOf("page = code"), []);
  });

  it("are refused by calculus, and by gradcheck", () => {
    const failures = failuresOf("page = calculus");
    assertEquals(failures.length, 2); // At the top, and where it is repeated.
    for (const failure of failures) {
      assertMatch(
        failure,
        /^forgetful.ts:\d+:4: "\\frac\{\\partial E\}\{\\partial X_\{ij\}\} .* is wrong: .* the page gives .*, calculus gives /,
      );
    }
    const found = failuresOf("code = calculus");
    assert(found.length > 0);
    for (const failure of found) {
      assertMatch(
        failure,
        /gradcheck failed\n {2}x 2×[23]: wrong|x 5×5: wrong/,
      );
    }
  });
});

describe("gradcheck of what is normalized", () => {
  type Rows = Tensor<[2, 4]>;
  const inputs = [tensor([[1, 2, 6, -1], [0, 3, 4, 9]])] as const;
  const all = ones([2, 4]);
  const warning =
    "dout is 1 everywhere, and the gradient of the sum of the output is 0 here, so mistakes may not show: leave dout out, and it is random";
  const norm = (x: Rows) => layerNorm(x, null, null);
  const normDx = (x: Rows, dout: Rows) => layerNormDx(x, null, null, dout);

  it("says that the sum of the output has the gradient 0", () => {
    const { verdict, message } = gradcheck(norm, [normDx], inputs, {
      dout: all,
    });
    assertEquals(verdict, "right");
    assertEquals(message.split("\n").at(-1), `    ${warning}`);
  });

  it("says nothing of it with random numbers", () => {
    const { verdict, message } = gradcheck(norm, [normDx], inputs);
    assertEquals(verdict, "right");
    assert(!message.includes("dout"));
  });

  it("finds what such a sum hides elsewhere, and says that it may", () => {
    // The path through the deviation is forgotten: with ones, it is 0 anyway.
    const wrongDx = (x: Rows, dout: Rows) => {
      const [n, m] = x.shape, data = new Float32Array(n * m);
      for (let i = 0; i < n; i++) {
        const row = [...x.data.slice(i * m, (i + 1) * m)];
        const mean = row.reduce((a, b) => a + b) / m;
        const v = row.reduce((a, b) => a + (b - mean) ** 2, 0) / m;
        const of = [...dout.data.slice(i * m, (i + 1) * m)];
        const middle = of.reduce((a, b) => a + b) / m;
        of.forEach((d, j) =>
          data[i * m + j] = (d - middle) / Math.sqrt(v + 1e-5)
        );
      }
      return tensor(data, x.shape);
    };
    const { verdict, message } = gradcheck(norm, [wrongDx], inputs, {
      dout: all,
    });
    assertEquals(verdict, "wrong");
    assertMatch(message, /is right at the given inputs, but wrong near them/);
    assert(message.includes(warning));
  });
});

describe("layerNormD() of many float64 numbers", () => {
  const many = 600_009;

  it("keeps the digits of sums over many rows", () => {
    const row = tensor([[3, -1]], f64), g = tensor([2, 3], f64);
    const d = tensor([[0.1, 0.7]], f64);
    const one = layerNormD(row, g, g, d);
    const all = layerNormD(
      ofTwo([many, 2], 2, -1, 3),
      g,
      g,
      ofTwo([many, 2], 2, 0.7, 0.1),
    );
    for (let j = 0; j < 2; j++) {
      const right = many * one.gamma.data[j];
      assertAlmostEquals(all.gamma.data[j], right, 1e-13 * Math.abs(right));
      assertAlmostEquals(all.beta.data[j], many * d.data[j], 1e-13 * many);
    }
  });

  it("keeps the digits of a long row", () => {
    const x = ofTwo([1, many], 3, 0.1, -0.07),
      d = ofTwo([1, many], 3, 0.1, 0.7);
    const ones = { shape: [many] as const, data: d.data.map(() => 1) };
    const { gamma, x: dx } = layerNormD(x, ones, ones, d, { eps: 0 });
    // The row has two values, and so its distances from the mean are known.
    assertAlmostEquals(gamma.data[1], 0.1 * Math.SQRT1_2, 1e-14);
    assertAlmostEquals(gamma.data[0], -0.7 * Math.SQRT2, 1e-13);
    // What depends on it in two values only is nothing but these.
    assertAlmostEquals(dx.data[1], 0, 1e-11);
  });
});

describeProof("ops/normalization/layer_norm.ts", source, op, goldens);

// deno-fmt-ignore
const ROWS = [[1100, 1], [100, 9], [3, 10, 70], [2, 16_385], [3, 2]];

describeNearLoops(
  op.signature,
  ROWS.flatMap((x) => {
    const m = x.slice(-1);
    return [
      { inputs: { x, gamma: m, beta: m } },
      { inputs: { x, gamma: null, beta: null }, options: { eps: 0.5 } },
    ];
  }),
);
