// Copyright 2026 the Adjoint authors. MIT license.

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertInstanceOf,
  assertLess,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { addBias, addBiasDx, addBiasDy } from "./arithmetic/add_bias.ts";
import { closed } from "./core/testing/closed.ts";
import { linear, linearDb, linearDw, linearDx } from "./products/linear.ts";
import { matmul, matmulDx, matmulDy } from "./products/matmul.ts";
import { sum, sumDx } from "./reductions/sum.ts";
import {
  type Float,
  scalar,
  type Shape,
  type Tensor as AnyTensor,
  tensor,
} from "./tensor.ts";

/** A tensor of either float type. */
type Tensor<S extends Shape = Shape> = AnyTensor<S, Float>;
import {
  assertGradcheck,
  gradcheck,
  GradcheckError,
  type GradcheckOptions,
  type TensorFunction,
} from "./gradcheck.ts";

const float64 = { dtype: "float64" } as const;

/** Numbers that look random, the same in every run. */
function sample<const S extends Shape>(shape: S, seed = 1): Tensor<S> {
  const size = shape.reduce((size, n) => size * n, 1);
  const values = Array.from(
    { length: size },
    (_, i) => 2 * Math.sin(12.9898 * (i + 1) + 78.233 * seed) + 0.05,
  );
  return tensor(values, shape, float64);
}

/** The same between 0.5 and 2.5, for functions with a pole or a domain. */
function positive<const S extends Shape>(shape: S, seed = 1): Tensor<S> {
  return map((v) => 1.5 + v / 2.1, sample(shape, seed)) as Tensor<S>;
}

function map<S extends Shape>(
  f: (v: number, i: number) => number,
  x: Tensor<S>,
): Tensor<S> {
  return { shape: x.shape, data: x.data.map(f) };
}

/** A tensor from a function of the index. */
function build(shape: Shape, f: (...index: number[]) => number): Tensor {
  const x = tensor(
    new Float64Array(shape.reduce((size, n) => size * n, 1)),
    shape,
  );
  return map((_, place) => {
    const index: number[] = [];
    for (const n of shape.toReversed()) {
      index.unshift(place % n);
      place = Math.floor(place / n);
    }
    return f(...index);
  }, x);
}

function at(x: Tensor, ...index: number[]): number {
  return x.data[index.reduce((place, i, axis) => place * x.shape[axis] + i, 0)];
}

function sumTo(n: number, term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < n; i++) total += term(i);
  return total;
}

const flip = (x: Tensor) =>
  build([x.shape[1], x.shape[0]], (i, j) => at(x, j, i)) as Tensor<
    [number, number]
  >;

// Elementwise functions and their gradients.
const multiply = (x: Tensor, y: Tensor) => map((v, i) => v * y.data[i], x);
const multiplyDx = (_x: Tensor, y: Tensor, dout: Tensor) => multiply(y, dout);
const multiplyDy = (x: Tensor, _y: Tensor, dout: Tensor) => multiply(x, dout);
const divide = (x: Tensor, y: Tensor) => map((v, i) => v / y.data[i], x);
const divideDx = (_x: Tensor, y: Tensor, dout: Tensor) => divide(dout, y);
const divideDy = (x: Tensor, y: Tensor, dout: Tensor) =>
  map((v, i) => -dout.data[i] * x.data[i] / v ** 2, y);
const square = <S extends Shape>(x: Tensor<S>) => map((v) => v * v, x);
const squareDx = (x: Tensor, dout: Tensor) =>
  map((v, i) => 2 * v * dout.data[i], x);
const exp = (x: Tensor) => map(Math.exp, x);
const expDx = (x: Tensor, dout: Tensor) => multiply(exp(x), dout);
const log = (x: Tensor) => map(Math.log, x);
const logDx = (x: Tensor, dout: Tensor) => divide(dout, x);
const tanh = (x: Tensor) => map(Math.tanh, x);
const tanhDx = (x: Tensor, dout: Tensor) =>
  map((v, i) => dout.data[i] * (1 - Math.tanh(v) ** 2), x);
const relu = (x: Tensor) => map((v) => Math.max(v, 0), x);
const reluDx = (x: Tensor, dout: Tensor) =>
  map((v, i) => v > 0 ? dout.data[i] : 0, x);
const softmax = (x: Tensor) => {
  const total = sumTo(x.data.length, (i) => Math.exp(x.data[i]));
  return map((v) => Math.exp(v) / total, x);
};
const softmaxDx = (x: Tensor, dout: Tensor) => {
  const z = softmax(x);
  const mean = sumTo(z.data.length, (i) => z.data[i] * dout.data[i]);
  return map((v, i) => v * (dout.data[i] - mean), z);
};
const mean = (x: Tensor) => scalar(sum(x).data[0] / x.data.length, float64);
const meanDx = (x: Tensor, dout: Tensor) =>
  map(() => dout.data[0] / x.data.length, x);
const identity = (x: Tensor) => x;
const identityDx = (_x: Tensor, dout: Tensor) => dout;

describe("gradcheck() on right gradients", () => {
  const cases: [
    name: string,
    forward: TensorFunction,
    backward: (TensorFunction | null)[],
    inputs: Tensor[],
  ][] = [
    ["matmul", matmul, [matmulDx, matmulDy], [
      sample([18, 14]),
      sample([14, 5]),
    ]],
    ["matmul of empty tensors", matmul, [matmulDx, matmulDy], [
      sample([2, 0]),
      sample([0, 3]),
    ]],
    ["matmul without rows", matmul, [matmulDx, matmulDy], [
      sample([0, 2]),
      sample([2, 3]),
    ]],
    ["addBias", addBias, [addBiasDx, addBiasDy], [
      sample([10, 6, 3]),
      sample([6]),
    ]],
    ["linear", linear, [linearDx, linearDw, linearDb], [
      sample([18, 14]),
      sample([5, 14], 2),
      sample([5]),
    ]],
    ["sum", sum, [sumDx], [sample([4, 5, 6])]],
    ["sum of a large tensor", sum, [sumDx], [sample([50, 40])]],
    ["sum of a scalar", sum, [sumDx], [scalar(3)]],
    ["sum of zeros", sum, [sumDx], [tensor([0, 0, 0])]],
    ["sum of nothing", sum, [sumDx], [sample([3, 0])]],
  ];
  for (const [name, forward, backward, inputs] of cases) {
    for (const fast of [false, true]) {
      it(`passes ${name}, to 1e-8${fast ? ", in fast mode" : ""}`, () => {
        const report = gradcheck(forward, backward, inputs, { fast });

        assert(report.ok, report.message);
        for (const [k, input] of report.inputs.entries()) {
          assertEquals(input.wrong, 0);
          assertEquals(input.elements, inputs[k].data.length);
          assertEquals(input.worst, undefined);
          assertLess(input.relativeError, 1e-8);
        }
      });
    }
  }

  const smooth: [string, TensorFunction, TensorFunction[], Tensor[]][] = [
    ["exp", exp, [expDx], [sample([3, 4])]],
    ["exp of large numbers", exp, [expDx], [tensor([30, -30, 0, 300])]],
    ["square", square, [squareDx], [sample([3, 4])]],
    ["square at 0", square, [squareDx], [tensor([0, 0, 1])]],
    ["identity at 1e-250", identity, [identityDx], [
      tensor([1e-250, 3e-250], float64),
    ]],
    ["identity at 1e250", identity, [identityDx], [
      tensor([1e250, 3e250], float64),
    ]],
    ["exp at 1e-310", exp, [expDx], [tensor([1e-310], float64)]],
    ["product", multiply, [multiplyDx, multiplyDy], [
      sample([3, 4]),
      sample([3, 4], 2),
    ]],
    ["quotient", divide, [divideDx, divideDy], [
      sample([3, 4]),
      positive([3, 4]),
    ]],
    ["quotient by small and large numbers", divide, [divideDx, divideDy], [
      sample([5]),
      tensor([1e-3, -1e-4, 1, 100, 1e4], float64),
    ]],
    ["log", log, [logDx], [positive([3, 4])]],
    ["log near its pole", log, [logDx], [
      tensor([1e-7, 1e-5, 1e-3, 1, 10], float64),
    ]],
    ["tanh", tanh, [tanhDx], [sample([20])]],
    ["tanh where it is flat", tanh, [tanhDx], [tensor([8, 12, 15, 1])]],
    ["relu away from its kink", relu, [reluDx], [sample([20])]],
    ["relu close to its kink", relu, [reluDx], [
      tensor([1e-6, -1e-7, 1], float64),
    ]],
    ["softmax", softmax, [softmaxDx], [sample([9])]],
    ["softmax of one element", softmax, [softmaxDx], [sample([1])]],
    [
      "a log of a sum of exponentials, which rounding swallows",
      (x) => scalar(Math.log(sumTo(4, (i) => Math.exp(x.data[i]))), float64),
      [
        (x, dout) => map((v) => v * dout.data[0], softmax(x)),
      ],
      [tensor([60, 20, -5, 1])],
    ],
    ["a bell far from its center", (x) => map((v) => Math.exp(-v * v), x), [
      (x, dout) => map((v, i) => -2 * v * Math.exp(-v * v) * dout.data[i], x),
    ], [tensor([27, 15])]],
    ["sin with a high frequency", (x) => map((v) => Math.sin(300 * v), x), [
      (x, dout) => map((v, i) => 300 * Math.cos(300 * v) * dout.data[i], x),
    ], [sample([9])]],
    ["a small change of a large number", (x) => map((v) => 1e6 + v, x), [
      identityDx,
    ], [sample([4])]],
  ];
  for (const [name, forward, backward, inputs] of smooth) {
    for (const fast of [false, true]) {
      it(`passes ${name}${fast ? " in fast mode" : ""}`, () => {
        assertGradcheck(forward, backward, inputs, { fast });
      });
    }
  }

  it("takes functions with shapes in their types, and inline ones", () => {
    const x = sample([2, 3]);
    assertGradcheck(matmul, [matmulDx, matmulDy], [x, sample([3, 2])]);
    assertGradcheck((x) => x, [(_, dout) => dout], [x]);
    assertGradcheck(
      (x: Tensor<[2, 3]>) => x,
      [(_x: Tensor<[2, 3]>, dout: Tensor<[2, 3]>) => dout],
      [x],
    );
  });

  it("lifts float32 inputs and dout into float64", () => {
    const types: string[] = [];
    const see = (x: Tensor) => {
      types.push(x.data.constructor.name);
      return x;
    };
    const report = gradcheck(
      (x: Tensor) => square(see(x)),
      [(x: Tensor, dout: Tensor) => squareDx(see(x), see(dout))],
      [tensor([[0.1, 0.2], [0.3, 0.4]])],
      { dout: tensor([[1, 2], [3, 4]]) },
    );

    assert(report.ok, report.message);
    assertEquals(new Set(types), new Set(["Float64Array"]));
  });

  it("takes views and shared memory, and leaves them as they are", () => {
    const whole = new Float32Array([9, 1, 2, 3, 4, 9]);
    const shared = new Float64Array(
      new SharedArrayBuffer(32) as unknown as ArrayBuffer,
    ).fill(2);
    const x: Tensor<[2, 2]> = { shape: [2, 2], data: whole.subarray(1, 5) };
    const y: Tensor<[2, 2]> = { shape: [2, 2], data: shared };

    assertGradcheck(matmul, [matmulDx, matmulDy], [x, y]);
    assertGradcheck(matmul, [matmulDx, matmulDy], [x, x], { dout: y });
    assertEquals(whole, new Float32Array([9, 1, 2, 3, 4, 9]));
    assertEquals(Array.from(shared), [2, 2, 2, 2]);
  });

  it("takes functions that return one buffer in every call", () => {
    const z = new Float64Array(6);
    const dx = new Float64Array(6);
    const into = (out: Float, { shape, data }: Tensor) => {
      out.set(data);
      return { shape, data: out };
    };
    assertGradcheck(
      (x: Tensor) => into(z, square(x)),
      [(x: Tensor, dout: Tensor) => into(dx, squareDx(x, dout))],
      [sample([2, 3])],
    );
  });

  it("skips an input without a backward function, and says so", () => {
    const report = gradcheck(matmul, [matmulDx, null], [
      sample([2, 3]),
      sample([3, 2]),
    ]);

    assert(report.ok);
    assertEquals(report.inputs[1].checked, "nothing");
    assertStringIncludes(
      report.message,
      "input 1 3×2: skipped, it has no gradient",
    );
  });

  it("says that an empty input has nothing to compare", () => {
    const report = gradcheck(sum, [sumDx], [sample([0, 3])]);

    assertEquals(report.inputs[0].checked, "elements");
    assertEquals(report.inputs[0].compared, 0);
    assertEquals(
      report.message,
      "gradcheck passed\n  x 0×3: right, it has no elements",
    );
  });

  it("passes without inputs", () => {
    const report = gradcheck(() => scalar(1, float64), [], []);
    assertEquals(report.message, "gradcheck passed");
  });

  it("calls forward twice for each element, or each direction", () => {
    let calls = 0;
    const counted = (x: Tensor) => {
      calls++;
      return multiply(x, x);
    };
    const count = (x: Tensor, options: GradcheckOptions) => {
      calls = 0;
      assertGradcheck(counted, [squareDx], [x], options);
      return calls;
    };
    const [some, more] = [sample([10]), sample([30])];
    assertEquals(count(more, {}) - count(some, {}), 40);
    assertEquals(
      count(more, { fast: true, directions: 9 }) -
        count(some, { fast: true, directions: 2 }),
      14,
    );
  });

  it("repeats itself with the same seed, and not with another", () => {
    const [first, again, other] = [7, 7, 8].map((seed) => {
      const douts: number[][] = [];
      const backward = (_x: Tensor, dout: Tensor) => {
        douts.push(Array.from(dout.data));
        return dout;
      };
      assertGradcheck(identity, [backward], [sample([50])], { seed });
      return douts[0];
    });
    assertEquals(first, again);
    assertNotEquals(first, other);
    assert(first.every((d) => Math.abs(d) >= 0.5 && Math.abs(d) <= 1.5));
    assert(first.some((d) => d < 0) && first.some((d) => d > 0));
  });

  it("takes options that are inherited", () => {
    class Options {
      get fast() {
        return true;
      }
      directions = 2;
    }
    const { inputs } = gradcheck(sum, [sumDx], [sample([3])], new Options());
    assertEquals([inputs[0].checked, inputs[0].compared], ["directions", 2]);
  });

  it("takes another dout for each seed", () => {
    const seen = new Set<number>();
    for (let seed = 0; seed < 16; seed++) {
      let first: number | undefined;
      gradcheck(
        identity,
        [(_x, dout) => {
          first ??= dout.data[0];
          return dout;
        }],
        [sample([2])],
        { seed },
      );
      seen.add(first!);
    }
    assertEquals(seen.size, 16);
  });

  it("takes a dout that is zero at some places", () => {
    const x = sample([3]);
    const dout = tensor([0, 1, 0], float64);
    assertGradcheck(square, [squareDx], [x], { dout });
  });

  it("moves as far to one side as to the other, after rounding too", () => {
    for (const fast of [false, true]) {
      // Below a power of two, numbers are closer together than above.
      const x = tensor([1, 2, -0.5, 4, 1024], float64);
      const seen: Tensor[] = [];
      const forward = (x: Tensor) => {
        seen.push(x);
        return square(x);
      };
      gradcheck(forward, [squareDx], [x], { fast });
      const isMirror = (a?: Tensor, b?: Tensor) =>
        a?.data.every((v, i) => b?.data[i] === x.data[i] - (v - x.data[i]));
      // The other calls are elsewhere, to see what else the function does.
      const alone = seen.filter((point, i) =>
        !isMirror(point, seen[i + 1]) && !isMirror(seen[i - 1], point)
      );
      assertLess(alone.length, 8);
      assertLess(2 * alone.length, seen.length);
    }
  });

  it("takes a direction in which the parts of a slope cancel", () => {
    const x = tensor([1, 1], float64);
    const seen: Tensor[] = [];
    const linearBy = (J: number[]) => (x: Tensor) => {
      seen.push(x);
      return scalar(J[0] * x.data[0] + J[1] * x.data[1], float64);
    };
    const check = (J: number[]) =>
      gradcheck(
        linearBy(J),
        [(_x, dout) => tensor(J.map((v) => v * dout.data[0]), [2], float64)],
        [x],
        { fast: true, directions: 1, atol: 0 },
      );
    check([1, 2]);
    // The direction is the way between two points with x in the middle.
    const shift = ({ data }: Tensor, sign = 1) =>
      `${Array.from(data, (v) => 1 + sign * (v - 1))}`;
    const ends = seen.filter((a) =>
      shift(a) !== "1,1" && seen.some((b) => shift(b) === shift(a, -1))
    );
    const [v, w] = Array.from(ends[0].data, (v) => v - 1);
    const { ok, message } = check([w, -v].map((u) => u / Math.hypot(v, w)));
    assert(ok, message);
  });

  it("takes gradients whose squares are out of range", () => {
    for (const size of [1e200, 1e-200]) {
      const scaled = (x: Tensor) => map((v) => v * size, x);
      // Off by more than rounding, and by less than the tolerance.
      const scaledDx = (_x: Tensor, dout: Tensor) =>
        map((v) => v * size * (1 + 1e-9), dout);
      assertGradcheck(scaled, [scaledDx], [tensor([1, 2], float64)]);
    }
  });

  it("takes a seed of any size", () => {
    for (const seed of [2 ** 53, -(2 ** 60), 1e300]) {
      assert(gradcheck(sum, [sumDx], [sample([3])], { seed }).ok);
    }
  });

  it("takes a looser tolerance", () => {
    const nearly = (x: Tensor, dout: Tensor) =>
      map((v) => v * 1.001, squareDx(x, dout));
    const x = sample([4]);
    for (const fast of [false, true]) {
      assert(!gradcheck(square, [nearly], [x], { fast }).ok);
      assert(gradcheck(square, [nearly], [x], { fast, rtol: 0.01 }).ok);
      assert(gradcheck(square, [nearly], [x], { fast, atol: 0.1 }).ok);
    }
    assert(!gradcheck(square, [nearly], [x], { rtol: 1e-4, atol: 0 }).ok);
  });

  it("bears a forward function that throws a step away", () => {
    const picky = (x: Tensor) => {
      if (x.data.some((v) => v > 1 + 1e-5)) throw new RangeError("too far");
      return map((v) => Math.exp(v * 30), x);
    };
    assertGradcheck(picky, [
      (x, dout) => map((v, i) => 30 * Math.exp(v * 30) * dout.data[i], x),
    ], [tensor([1], float64)]);
  });
});

/** For tensors whose rank the types have lost. */
const anyMatmulDx: TensorFunction = matmulDx;

/** A wrong gradient of the first input of `forward`. */
interface Mistake {
  name: string;
  forward: TensorFunction;
  right: TensorFunction;
  wrong: TensorFunction;
  inputs: Tensor[];
  /** Which input, where it is not the first. */
  input?: number;
  cause: string;
}

const [x46, y63] = [sample([4, 6]), sample([6, 3], 2)];
const [a44, b44] = [sample([4, 4], 3), sample([4, 4], 4)];
const [x563, y6] = [sample([5, 6, 3], 5), sample([6], 6)];

const mistakes: Mistake[] = [
  {
    name: "a missing factor 2",
    forward: square,
    right: squareDx,
    wrong: (x, dout) => multiply(x, dout),
    inputs: [x46],
    cause: "ratio 0.50: a factor 2 is missing",
  },
  {
    name: "a missing factor ½",
    forward: (x) => map((v) => v * v / 2, x),
    right: multiply,
    wrong: squareDx,
    inputs: [x46],
    cause: "ratio 2.00: a factor ½ is missing",
  },
  {
    name: "a missing factor 2/3, with the wrong sign",
    forward: identity,
    right: identityDx,
    wrong: (_, dout) => map((v) => v * -1.5, dout),
    inputs: [x46],
    cause: "ratio -1.50: a factor 2/3 is missing, and the sign is wrong",
  },
  {
    name: "a wrong sign",
    forward: matmul,
    right: matmulDy,
    wrong: (x, y, dout) => map((v) => -v, matmulDy(x, y, dout)),
    inputs: [x46, y63],
    input: 1,
    cause: "ratio -1.00: the sign is wrong",
  },
  {
    name: "a mean without its 1/n",
    forward: mean,
    right: meanDx,
    wrong: sumDx,
    inputs: [sample([2, 3])],
    cause:
      "ratio 6.00: the factor 1/6 is missing, as of a mean over the 6 elements of axes 0 and 1 of x",
  },
  {
    name: "a mean where a sum is meant",
    forward: addBias,
    right: addBiasDy,
    wrong: (x, y, dout) => map((v) => v / 5, addBiasDy(x, y, dout)),
    inputs: [x563, y6],
    input: 1,
    cause:
      "ratio 0.20: a factor 5 is missing, as where a mean is taken over the 5 elements of axis 0 of the output and a sum is meant",
  },
  {
    name: "a missing scale of 1/√6",
    forward: (x, y) => map((v) => v / Math.sqrt(6), matmul(x, y)),
    right: (x, y, dout) => map((v) => v / Math.sqrt(6), matmulDx(x, y, dout)),
    wrong: matmulDx,
    inputs: [x46, y63],
    cause:
      "ratio 2.44949: the factor 1/√6 is missing, for the 6 elements of axis 1 of x",
  },
  {
    name: "a scale of 1/√6 too many",
    forward: matmul,
    right: matmulDx,
    wrong: (x, y, dout) => map((v) => v / Math.sqrt(6), matmulDx(x, y, dout)),
    inputs: [x46, y63],
    cause:
      "ratio 0.4082483: a factor √6 is missing, for the 6 elements of axis 1 of x",
  },
  {
    name: "a constant factor without a meaning",
    forward: matmul,
    right: matmulDx,
    wrong: (x, y, dout) => map((v) => v * 1.2345, matmulDx(x, y, dout)),
    inputs: [x46, y63],
    cause: "every element has the ratio 1.2345",
  },
  {
    name: "a gradient that is never stored",
    forward: matmul,
    right: matmulDx,
    wrong: (x) => map(() => 0, x),
    inputs: [x46, y63],
    cause: "the gradient is zero everywhere",
  },
  {
    name: "an index past the end of an array",
    forward: identity,
    right: identityDx,
    wrong: (x, dout) => map((_, i) => dout.data[i + 1], x),
    inputs: [x46],
    cause:
      "the gradient is not finite in 1 of 24 elements, the first is NaN at x [3, 5]",
  },
  {
    name: "a division by zero",
    forward: identity,
    right: identityDx,
    wrong: (x, dout) => map((v, i) => i === 4 ? v / 0 : dout.data[i], x),
    inputs: [map(Math.abs, x46)],
    cause:
      "the gradient is not finite in 1 of 24 elements, the first is Infinity at x [0, 4]",
  },
  {
    name: "a transposed gradient of a square input",
    forward: matmul,
    right: matmulDx,
    wrong: (x, y, dout) => flip(matmulDx(x, y, dout)),
    inputs: [a44, b44],
    cause: "the gradient is transposed",
  },
  {
    name: "the elements of the transposed gradient in the right shape",
    forward: matmul,
    right: matmulDx,
    wrong: (x, y, dout) => ({
      shape: x.shape,
      data: flip(matmulDx(x, y, dout)).data,
    }),
    inputs: [x46, y63],
    cause: "the gradient is transposed",
  },
  {
    name: "a transposed gradient with the wrong sign",
    forward: matmul,
    right: matmulDx,
    wrong: (x, y, dout) => map((v) => -v, flip(matmulDx(x, y, dout))),
    inputs: [a44, b44],
    cause:
      "the gradient is transposed; besides, ratio -1.00: the sign is wrong",
  },
  {
    name: "two axes exchanged of three",
    forward: square,
    right: squareDx,
    wrong: (x, dout) => {
      const dx = squareDx(x, dout);
      return build(x.shape, (i, j, k) => at(dx, i, k, j));
    },
    inputs: [sample([2, 3, 3])],
    cause: "axes 1 and 2 of the gradient are transposed",
  },
  {
    name: "three axes permuted",
    forward: square,
    right: squareDx,
    wrong: (x, dout) => {
      const dx = squareDx(x, dout);
      return build(x.shape, (i, j, k) => at(dx, j, k, i));
    },
    inputs: [sample([3, 3, 3])],
    cause: "the axes of the gradient are permuted",
  },
  {
    name: "two axes exchanged of five",
    forward: square,
    right: squareDx,
    wrong: (x, dout) => {
      const dx = squareDx(x, dout);
      return build(x.shape, (i, j, k, l, m) => at(dx, i, m, k, l, j));
    },
    inputs: [sample([2, 3, 1, 2, 3])],
    cause: "axes 1 and 4 of the gradient are transposed",
  },
  {
    name: "a missing transpose of a square factor",
    forward: matmul,
    right: matmulDx,
    wrong: (_x, y, dout) => matmul(dout, y),
    inputs: [a44, b44],
    cause:
      "y is used without its transpose, or transposed where it should not be",
  },
  {
    name: "a missing transpose of the first factor",
    forward: matmul,
    right: matmulDy,
    wrong: (x, _y, dout) => matmul(x, dout),
    inputs: [a44, b44],
    input: 1,
    cause:
      "x is used without its transpose, or transposed where it should not be",
  },
  {
    name: "exchanged steps through a factor that is not square",
    forward: matmul,
    right: matmulDx,
    wrong: (x, y, dout) =>
      build(
        x.shape,
        (i, j) => sumTo(3, (k) => at(dout, i, k) * y.data[k * 6 + j]),
      ),
    inputs: [x46, y63],
    cause:
      "y is used without its transpose, or transposed where it should not be",
  },
  {
    name: "a forgotten dout",
    forward: matmul,
    right: matmulDx,
    wrong: (x, y, dout) => anyMatmulDx(x, y, map(() => 1, dout)),
    inputs: [x46, y63],
    cause: "dout is not used, as if it were 1 everywhere",
  },
  {
    name: "a transposed dout",
    forward: matmul,
    right: matmulDx,
    wrong: (x, y, dout) => matmulDx(x, y, flip(dout)),
    inputs: [a44, b44],
    cause: "dout is transposed",
  },
  {
    name: "dout twice",
    forward: matmul,
    right: matmulDx,
    wrong: (x, y, dout) => anyMatmulDx(x, y, square(dout)),
    inputs: [x46, y63],
    cause: "dout enters squared",
  },
  {
    name: "the absolute value of dout",
    forward: matmul,
    right: matmulDx,
    wrong: (x, y, dout) => anyMatmulDx(x, y, map(Math.abs, dout)),
    inputs: [x46, y63],
    cause: "the sign of dout is lost",
  },
  {
    name: "a missing sum over one axis",
    forward: addBias,
    right: addBiasDy,
    wrong: (_x, y, dout) =>
      build(y.shape, (j) => sumTo(5, (i) => at(dout, i, j, 0))),
    inputs: [x563, y6],
    input: 1,
    cause: "axis 2 of dout was not summed: only its first index is used",
  },
  {
    name: "missing sums over two axes",
    forward: addBias,
    right: addBiasDy,
    wrong: (_x, y, dout) => build(y.shape, (j) => at(dout, 4, j, 2)),
    inputs: [x563, y6],
    input: 1,
    cause:
      "axes 0 and 2 of dout were not summed: only their last index is used",
  },
  {
    name: "a loop over dout that stops too early",
    forward: matmul,
    right: matmulDx,
    wrong: (x, y, dout) =>
      build(x.shape, (i, j) => sumTo(2, (k) => at(dout, i, k) * at(y, j, k))),
    inputs: [x46, y63],
    cause:
      "a loop bound along axis 1 of dout is off by one: its last index is left out",
  },
  {
    name: "a loop over dout that starts at 1, with a factor",
    forward: matmul,
    right: matmulDy,
    wrong: (x, y, dout) =>
      build(
        y.shape,
        (j, k) => 2 * sumTo(3, (i) => at(x, i + 1, j) * at(dout, i + 1, k)),
      ),
    inputs: [x46, y63],
    input: 1,
    cause:
      "a loop bound along axis 0 of dout is off by one: its first index is left out; besides, ratio 2.00: a factor ½ is missing",
  },
  {
    name: "dout read one index off",
    forward: matmul,
    right: matmulDx,
    wrong: (x, y, dout) =>
      build(
        x.shape,
        (i, j) => sumTo(3, (k) => at(dout, (i + 1) % 4, k) * at(y, j, k)),
      ),
    inputs: [x46, y63],
    cause: "dout is read one index off along axis 0",
  },
  {
    name: "a factor read one index off",
    forward: matmul,
    right: matmulDx,
    wrong: (x, y, dout) =>
      build(
        x.shape,
        (i, j) => sumTo(3, (k) => at(dout, i, k) * at(y, j, (k + 1) % 3)),
      ),
    inputs: [x46, y63],
    cause: "y is read one index off along axis 1",
  },
  {
    name: "dout summed over an axis that the output has",
    forward: multiply,
    right: multiplyDx,
    wrong: (_x, y, dout) =>
      map(
        (v, place) => v * sumTo(6, (j) => at(dout, Math.floor(place / 6), j)),
        y,
      ),
    inputs: [x46, sample([4, 6], 9)],
    cause: "axis 1 of dout was summed too early",
  },
  {
    name: "an axis of the gradient summed",
    forward: multiply,
    right: multiplyDx,
    wrong: (_x, y, dout) =>
      build(y.shape, (_i, j) => sumTo(4, (i) => at(y, i, j) * at(dout, i, j))),
    inputs: [x46, sample([4, 6], 9)],
    cause: "axis 0 of the gradient was summed, though x has it",
  },
  {
    name: "the last row left out",
    forward: matmul,
    right: matmulDx,
    wrong: (x, y, dout) => {
      const dx = matmulDx(x, y, dout);
      return build(x.shape, (i, j) => i < 3 ? at(dx, i, j) : 0);
    },
    inputs: [x46, y63],
    // The output's rows are the input's: no gradient can tell the two apart.
    cause:
      "a loop bound along axis 0 of dout is off by one: its last index is left out",
  },
  {
    name: "the last column left out",
    forward: matmul,
    right: matmulDx,
    wrong: (x, y, dout) => {
      const dx = matmulDx(x, y, dout);
      return build(x.shape, (i, j) => j < 5 ? at(dx, i, j) : 0);
    },
    inputs: [x46, y63],
    cause: "4 of 24 elements are wrong, all in column 5, which is left zero",
  },
  {
    name: "garbage at index 0 of an axis",
    forward: square,
    right: squareDx,
    wrong: (x, dout) => {
      const dx = squareDx(x, dout);
      return build(
        x.shape,
        (i, j, k) => at(dx, i, j, k) * (j > 0 ? 1 : 2 + i + k * k),
      );
    },
    inputs: [x563],
    cause: "15 of 90 elements are wrong, all in index 0 of axis 1",
  },
  {
    name: "garbage in an inner row",
    forward: square,
    right: squareDx,
    wrong: (x, dout) => {
      const dx = squareDx(x, dout);
      return build(x.shape, (i, j) => at(dx, i, j) * (i === 2 ? 2 + j * j : 1));
    },
    inputs: [x46],
    cause: "6 of 24 elements are wrong, all in row 2",
  },
  {
    name: "garbage all over but in one column",
    forward: square,
    right: squareDx,
    wrong: (x, dout) => {
      const dx = squareDx(x, dout);
      return build(
        x.shape,
        (i, j) => at(dx, i, j) * (j === 1 ? 1 : 2 + j * j + 1 / (i + 1)),
      );
    },
    inputs: [x46],
    cause: "20 of 24 elements are wrong, all but those in column 1",
  },
  {
    name: "garbage here and there",
    forward: square,
    right: squareDx,
    wrong: (x, dout) => {
      const dx = squareDx(x, dout);
      return build(
        x.shape,
        (i, j) => at(dx, i, j) * ((i + j) % 3 === 0 ? 2 + i * j : 1),
      );
    },
    inputs: [x46],
    cause:
      "8 of 24 elements are wrong: [0, 0], [0, 3], [1, 2], [1, 5], [2, 1], …",
  },
  {
    name: "one wrong element",
    forward: square,
    right: squareDx,
    wrong: (x, dout) => {
      const dx = squareDx(x, dout);
      return map((v, i) => i === 8 ? v * 1.0001 : v, dx);
    },
    inputs: [x46],
    cause: "only [1, 2] is wrong, of 24 elements",
  },
  {
    name: "nothing that makes sense",
    forward: square,
    right: squareDx,
    wrong: (x, dout) => map((v, i) => dout.data[i] * Math.cos(7 * v), x),
    inputs: [x46],
    cause: "24 of 24 elements are wrong, in no pattern that gradcheck knows",
  },
  {
    name: "a gradient shifted by one",
    forward: square,
    right: squareDx,
    wrong: (x, dout) => {
      const dx = squareDx(x, dout);
      return build(x.shape, (i, j) => j < 5 ? at(dx, i, j + 1) : 99);
    },
    inputs: [x46],
    cause:
      "the gradient is shifted by one along axis 1: index i holds the value of index i + 1",
  },
  {
    name: "a gradient shifted back by one",
    forward: square,
    right: squareDx,
    wrong: (x, dout) => {
      const dx = squareDx(x, dout);
      return build(x.shape, (i) => i > 0 ? at(dx, i - 1) : 0);
    },
    inputs: [sample([7])],
    cause:
      "the gradient is shifted by one along axis 0: index i holds the value of index i − 1",
  },
  {
    name: "the wrong input",
    forward: multiply,
    right: multiplyDx,
    wrong: (x, _y, dout) => multiply(x, dout),
    inputs: [x46, sample([4, 6], 9)],
    cause: "it reads x where y is meant",
  },
  {
    name: "the wrong factor of a matrix product",
    forward: matmul,
    right: matmulDx,
    wrong: (x, _y, dout) => matmul(dout, flip(x)),
    inputs: [a44, b44],
    cause: "it reads x where y is meant",
  },
  {
    name: "two inputs exchanged",
    forward: divide,
    right: divideDy,
    wrong: (x, y, dout) => divideDy(y, x, dout),
    inputs: [positive([4, 6]), positive([4, 6], 9)],
    input: 1,
    cause: "x and y are exchanged",
  },
  {
    name: "the input where the output is meant",
    forward: tanh,
    right: tanhDx,
    wrong: (x, dout) => map((v, i) => dout.data[i] * (1 - v * v), x),
    inputs: [x46],
    cause: "it reads x where the output is meant",
  },
  {
    name: "an input where dout is meant",
    forward: identity,
    right: identityDx,
    wrong: (x) => x,
    inputs: [x46],
    cause: "it reads x where dout is meant",
  },
  {
    name: "the gradient with respect to another input",
    forward: multiply,
    right: multiplyDx,
    wrong: multiplyDy,
    inputs: [x46, sample([4, 6], 9)],
    cause:
      "it is the gradient with respect to y: the backward functions must be in the order of the inputs",
  },
  {
    name: "a missing factor y",
    forward: multiply,
    right: multiplyDx,
    wrong: (_x, _y, dout) => dout,
    inputs: [x46, sample([4, 6], 9)],
    cause: "a factor y is missing",
  },
  {
    name: "y where its square is meant, and no sign",
    forward: divide,
    right: divideDy,
    wrong: (x, y, dout) => map((v, i) => dout.data[i] * x.data[i] / v, y),
    inputs: [x46, positive([4, 6])],
    input: 1,
    cause:
      "there is a factor y too many; besides, ratio -1.00: the sign is wrong",
  },
  {
    name: "a sum where a factor is meant",
    forward: (x, y) => multiply(square(x), y),
    right: (x, y, dout) => multiply(squareDx(x, dout), y),
    wrong: (x, y, dout) =>
      map((v, i) => 2 * v * (v + y.data[i]) * dout.data[i], x),
    inputs: [x46, sample([4, 6], 9)],
    cause: "2 times the gradient with respect to y is added to the gradient",
  },
  {
    name: "x² where x y is meant",
    forward: (x, y) => multiply(square(x), y),
    right: (x, y, dout) => multiply(squareDx(x, dout), y),
    wrong: (x, _y, dout) => map((v, i) => 2 * v * v * dout.data[i], x),
    inputs: [x46, sample([4, 6], 9)],
    cause: "a factor x is used instead of y",
  },
  {
    name: "a constant added",
    forward: square,
    right: squareDx,
    wrong: (x, dout) => map((v) => v + 0.25, squareDx(x, dout)),
    inputs: [x46],
    cause: "a constant 0.25 is added to every element",
  },
  {
    name: "weight decay",
    forward: square,
    right: squareDx,
    wrong: (x, dout) => map((v, i) => v + 0.125 * x.data[i], squareDx(x, dout)),
    inputs: [x46],
    cause: "0.125 times x is added to the gradient",
  },
  {
    name: "the gradient with respect to another input added",
    forward: multiply,
    right: multiplyDx,
    wrong: (x, y, dout) =>
      map((v, i) => v + x.data[i] * dout.data[i], multiply(y, dout)),
    inputs: [x46, sample([4, 6], 9)],
    cause: "1 times the gradient with respect to y is added to the gradient",
  },
  {
    name: "a gradient that saturates",
    forward: square,
    right: squareDx,
    wrong: (x, dout) => map(Math.tanh, squareDx(x, dout)),
    inputs: [x46],
    cause: "the gradient is not linear in dout, as every gradient is",
  },
  {
    name: "a gradient that knows no dout",
    forward: square,
    right: squareDx,
    wrong: (x) => map(Math.tanh, x),
    inputs: [x46],
    cause: "the gradient does not depend on dout",
  },
  {
    name: "an input read one index off, and zero past its end",
    forward: square,
    right: squareDx,
    wrong: (x, dout) =>
      map((_, i) => 2 * (x.data[i + 1] ?? 0) * dout.data[i], x),
    inputs: [sample([7])],
    cause: "x is read one index off along axis 0",
  },
  {
    name: "a norm without its division",
    forward: (x) => scalar(Math.sqrt(sum(square(x)).data[0]), float64),
    right: (x, dout) =>
      map((v) => v * dout.data[0] / Math.sqrt(sum(square(x)).data[0]), x),
    wrong: (x, dout) => map((v) => v * dout.data[0], x),
    inputs: [tensor([1, 2, 3, 4], float64)],
    cause: "ratio 5.477226: a factor 1/output is missing",
  },
  {
    name: "an absolute value too many",
    forward: square,
    right: squareDx,
    wrong: (x, dout) => map((v, i) => 2 * Math.abs(v) * dout.data[i], x),
    inputs: [x46],
    cause: "the sign is wrong where x is negative",
  },
  {
    name: "dout as it is",
    forward: exp,
    right: expDx,
    wrong: (_x, dout) => dout,
    inputs: [x46],
    cause: "the gradient is dout itself",
  },
];

describe("gradcheck() on wrong gradients", () => {
  for (const mistake of mistakes) {
    for (const fast of [false, true]) {
      const { name, forward, right, wrong, inputs, input = 0 } = mistake;
      it(`tells ${name}${fast ? ", in fast mode" : ""}`, () => {
        const rights = [multiplyDx, multiplyDy];
        const backward = inputs.map((_, k) =>
          k === input ? wrong : forward === multiply ? rights[k] : null
        );
        const names = ["x", "y"].slice(0, inputs.length);
        const dout = sample(forward(...inputs).shape, 12);
        const options = { fast, names, dout };
        const report = gradcheck(forward, backward, inputs, options);

        assert(!report.ok);
        assertEquals(report.problems, []);
        const { causes, pattern, checked, compared, wrong: count, worst } =
          report.inputs[input];
        assertEquals(report.verdict, "wrong");
        assertEquals(report.inputs[input].verdict, "wrong");
        assertEquals(checked, "elements");
        assertEquals(compared, inputs[input].data.length);
        assert(count > 0 && worst !== undefined);
        const { cause } = mistake;
        if (pattern === undefined) {
          if (!causes.includes(cause)) assertEquals(causes, [cause]);
          assertLess(causes.length, 4);
        } else {
          assertEquals([pattern, causes], [cause, []]);
          assertStringIncludes(report.message, `    ${cause}`);
        }
        for (const cause of causes) {
          assertStringIncludes(report.message, `    likely cause: ${cause}`);
        }
        assertMatch(
          report.message,
          new RegExp(
            `^  ${names[input]} \\S+: wrong, ${count} of ${compared} element`,
            "m",
          ),
        );

        // The element, and its two numbers.
        const analytic = wrong(...inputs, dout);
        const numeric = right(...inputs, dout);
        assertEquals(worst.index.length, inputs[input].shape.length);
        assertEquals(worst.analytic, at(analytic, ...worst.index));
        assertAlmostEquals(worst.numeric, at(numeric, ...worst.index), 1e-7);
        assertEquals(worst.ratio, worst.analytic / worst.numeric);
        assertStringIncludes(
          report.message,
          `worst at [${worst.index.join(", ")}]: analytic ${
            Number(worst.analytic.toPrecision(9))
          }, numeric ${Number(worst.numeric.toPrecision(9))}`,
        );
      });
    }
  }

  it("leaves out a pole or the end of a domain, and counts it", () => {
    for (const fast of [false, true]) {
      const { ok, inputs, message } = gradcheck(
        log,
        [logDx],
        [tensor([1, 0, 2])],
        { fast },
      );
      assert(ok, message);
      assertEquals(inputs[0].skipped, { kinks: 0, jumps: 0, edges: 1 });
      assertStringIncludes(
        message,
        "    not compared: 1 at a pole or the end of the domain, where there is no slope",
      );
    }
  });

  it("leaves out kinks and jumps, and counts them", () => {
    const floor = (x: Tensor) => map(Math.floor, x);
    const floorDx = (x: Tensor, _dout: Tensor) => map(() => 0, x);
    const cases = [
      [relu, reluDx, { kinks: 2, jumps: 0, edges: 0 }, "2 at a kink"],
      [floor, floorDx, { kinks: 0, jumps: 2, edges: 0 }, "2 at a jump"],
    ] as const;
    for (const [forward, backward, skipped, words] of cases) {
      for (const fast of [false, true]) {
        const { ok, verdict, inputs, message } = gradcheck(
          forward,
          [backward],
          [tensor([0.5, 0, -2.5, 0])],
          { fast },
        );
        assert(ok, message);
        assertEquals(verdict, "right");
        assertEquals(inputs[0].skipped, skipped);
        assertStringIncludes(message, `    not compared: ${words}, where`);
      }
    }
  });

  it("cannot tell where there are kinks alone", () => {
    for (const fast of [false, true]) {
      const { ok, verdict, inputs, message } = gradcheck(
        relu,
        [reluDx],
        [tensor([0, 0])],
        { fast },
      );
      assertEquals([ok, verdict], [false, "cannot tell"]);
      assertEquals(inputs[0].wrong, 0);
      assertStringIncludes(message, "gradcheck cannot tell\n");
      assertStringIncludes(
        inputs[0].reason!,
        "no slope at any element: check it at another point",
      );
    }
  });

  it("says nothing of a kink where only the gradient is wrong", () => {
    const wrongDx = (x: Tensor, dout: Tensor) =>
      map((_, i) => dout.data[i] * 5 + i, x);
    const { inputs } = gradcheck(square, [wrongDx], [tensor([0, 0])]);
    assertEquals(inputs[0].wrong, 2);
    assert(!inputs[0].causes.join().includes("kink"));
  });

  it("takes inputs that are close by for each other, and soon ends, of however many", () => {
    let calls = 0;
    const count = 24;
    const forward: TensorFunction = (...inputs: Tensor[]) => {
      calls++;
      return map(
        (_, i) => sumTo(count, (k) => inputs[k].data[i] ** 2 * (k + 1)),
        inputs[0],
      );
    };
    const inputs = Array.from({ length: count }, (_, k) => sample([4], k));
    const backwardBy = (read: (k: number) => number) =>
      inputs.map((_, k): TensorFunction => (...args: Tensor[]) => {
        calls++;
        const dout = args[count];
        return map((v, i) => 2 * (k + 1) * v * dout.data[i], args[read(k)]);
      });
    for (const apart of [1, 7]) {
      const names = inputs.map((_, k) => `x${k}`);
      const read = (k: number) => k + (k < count / 2 ? apart : -apart);
      const report = gradcheck(forward, backwardBy(read), inputs, { names });
      for (const [k, { causes }] of report.inputs.entries()) {
        const named = new Set(causes.join().match(/x\d+/g));
        assertEquals(named, new Set([names[k], names[read(k)]]));
      }
    }
    assertLess(calls, 4e3 * count);
  });

  it("shows the whole report as text", () => {
    const { message } = gradcheck(
      matmul,
      [matmulDx, (x, y, dout) => map((v) => 2 * v, matmulDy(x, y, dout))],
      [tensor([[1, 2], [3, 4]]), tensor([[5], [6]])],
      { names: ["x", "y"], dout: tensor([[1], [1]]) },
    );
    assertEquals(
      message.replaceAll(/\d\.\de-\d+/g, "…"),
      [
        "gradcheck failed",
        "  x 2×2: right, 4 elements, relative error …",
        "  y 2×1: wrong, 2 of 2 elements, relative error 1.0e+0",
        "    worst at [1, 0]: analytic 12, numeric 6, ratio 2.00",
        "    likely cause: ratio 2.00: a factor ½ is missing",
      ].join("\n"),
    );
  });

  it("finds a single element that is off by 1e-4, wherever it is", () => {
    for (let i = 0; i < 24; i++) {
      const wrongDx: TensorFunction = (x, y, dout) =>
        map((v, j) => v * (i === j ? 1.0001 : 1), matmulDx(x, y, dout));
      for (const fast of [false, true]) {
        const { inputs } = gradcheck(matmul, [wrongDx, null], [x46, y63], {
          fast,
        });
        assertEquals(inputs[0].wrong, 1);
        assertEquals(inputs[0].worst!.index, [Math.floor(i / 6), i % 6]);
        assertAlmostEquals(inputs[0].worst!.ratio, 1.0001, 1e-7);
      }
    }
  });

  it("lets the elements decide where a direction disagrees", () => {
    // Each element is within the tolerance, their sum along a direction is not.
    const nearlyDx = (x: Tensor, dout: Tensor) =>
      map((v, i) => dout.data[i] + 1e-3 * Math.sign(v), x);
    const x = sample([64]);
    const [slow, fast] = [false, true].map((fast) =>
      gradcheck(identity, [nearlyDx], [x], { fast, rtol: 0, atol: 1.1e-3 })
    );
    assert(slow.ok && fast.ok);
  });
});

describe("gradcheck() in fast mode on large inputs", () => {
  const [x, y] = [sample([60, 70]), sample([70, 50], 2)];
  const wrongs: [string, TensorFunction, string | undefined][] = [
    [
      "a sign",
      (x, y, dout) => map((v) => -v, matmulDx(x, y, dout)),
      "ratio -1.00: the sign is wrong",
    ],
    [
      "a loop bound",
      (x, y, dout) =>
        anyMatmulDx(x, y, map((d, i) => i % 50 === 49 ? 0 : d, dout)),
      "a loop bound along axis 1 of dout is off by one: its last index is left out",
    ],
    [
      "a transpose",
      (x, y, dout) => ({
        shape: x.shape,
        data: flip(matmulDx(x, y, dout)).data,
      }),
      "the gradient is transposed",
    ],
    [
      "steps through y",
      (x, y, dout) => matmulDx(x, { shape: y.shape, data: flip(y).data }, dout),
      "y is used without its transpose, or transposed where it should not be",
    ],
    [
      "a saturated gradient",
      (x, y, dout) => map(Math.tanh, matmulDx(x, y, dout)),
      "the gradient is not linear in dout, as every gradient is",
    ],
    [
      "no pattern",
      (x, y, dout) => map((v, i) => v * Math.cos(i), matmulDx(x, y, dout)),
      undefined,
    ],
  ];
  for (const [name, wrong, cause] of wrongs) {
    it(`tells ${name}, and finds an element`, () => {
      let calls = 0;
      const counted = (x: Tensor, y: Tensor) => {
        calls++;
        return matmul(x as Tensor<[60, 70]>, y as Tensor<[70, 50]>);
      };
      const { inputs } = gradcheck(counted, [wrong, null], [x, y], {
        fast: true,
        names: ["x", "y"],
      });
      const { checked, wrong: count, worst, causes } = inputs[0];
      assertEquals(checked, "directions");
      // One direction more, where some elements are far smaller than others.
      assert(count === 4 || count === 5);
      assert(Math.abs(worst!.ratio - 1) > 1e-6);
      assertEquals(causes, cause === undefined ? [] : [cause]);
      assertLess(calls, 500);
    });
  }

  it("tells a sign that is wrong where the input is negative", () => {
    const { inputs } = gradcheck(
      square,
      [
        (x, dout) => map((v, i) => 2 * Math.abs(v) * dout.data[i], x),
      ],
      [sample([4000])],
      { fast: true, names: ["x"] },
    );
    assertEquals(inputs[0].checked, "directions");
    assertEquals(inputs[0].causes, [
      "the sign is wrong where x is negative",
    ]);
  });

  it("tells a simple mistake of a huge input", () => {
    const [m, n] = [1003, 1000];
    const huge: Tensor = {
      shape: [m, n],
      data: Float64Array.from({ length: m * n }, (_, i) => i % 7 - 3.5),
    };
    // A plain loop, as it is called often.
    const squares = ({ data }: Tensor) => {
      const sums = new Float64Array(m);
      for (let k = 0; k < m * n; k++) sums[Math.floor(k / n)] += data[k] ** 2;
      return { shape: [m], data: sums };
    };
    const { inputs } = gradcheck(
      squares,
      [(x) => map((v) => 2 * v, x)],
      [huge],
      { fast: true, directions: 1 },
    );
    assertEquals(inputs[0].wrong, 1);
    assertEquals(inputs[0].causes, [
      "dout is not used, as if it were 1 everywhere",
    ]);
  });

  it("finds the one element that is wrong", () => {
    const wrongDx = (x: Tensor, dout: Tensor) =>
      map((v, i) => i === 321 ? 1.01 * v : v, squareDx(x, dout));
    for (const value of [1.01, NaN]) {
      const report = gradcheck(
        square,
        [(x, dout) =>
          map((v, i) => i === 3210 ? value * v : v, squareDx(x, dout))],
        [x],
        { fast: true },
      );
      const { worst } = report.inputs[0];
      assertEquals(worst!.index, [45, 60]);
      assertAlmostEquals(
        worst!.numeric,
        worst!.analytic / value || worst!.numeric,
        1e-6,
      );
      assertStringIncludes(
        report.message,
        "  input 0 60×70: wrong, ",
      );
    }
    const slow = gradcheck(square, [wrongDx], [sample([20, 30])]);
    assertEquals(slow.inputs[0].wrong, 1);
    assertEquals(slow.inputs[0].causes, []);
    assertEquals(
      slow.inputs[0].pattern,
      "only [10, 21] is wrong, of 600 elements",
    );
  });
});

describe("gradcheck() on wrong shapes", () => {
  const fail = (
    forward: TensorFunction,
    backward: TensorFunction[],
    inputs: Tensor[],
    options?: GradcheckOptions,
  ) => {
    const report = gradcheck(forward, backward, inputs, options);
    assert(!report.ok);
    return report;
  };

  it("tells which axes were not summed", () => {
    const { problems, inputs, message } = fail(
      addBias,
      [addBiasDx, (_x, _y, dout) => dout],
      [x563, y6],
      { names: ["x", "y"] },
    );
    assertEquals(problems, [
      "the backward function of y returns a gradient of shape 5×6×3 for y of shape [6]",
    ]);
    assertEquals(inputs[1].causes, ["axes 0 and 2 were not summed"]);
    assertEquals(inputs[1].checked, "nothing");
    assertStringIncludes(message, "  y [6]: not compared\n");
  });

  it("tells one axis that was not summed", () => {
    const addRow = (x: Tensor, y: Tensor) =>
      build(x.shape, (i, j) => at(x, i, j) + at(y, j));
    const addRowDy = (_x: Tensor, _y: Tensor, dout: Tensor) => dout;
    const { inputs, problems } = fail(addRow, [
      (_x, _y, dout) => dout,
      addRowDy,
    ], [x46, sample([6])]);
    assertEquals(inputs[1].causes, ["axis 0 was not summed"]);
    assertEquals(problems, [
      "addRowDy returns a gradient of shape 4×6 for y of shape [6]",
    ]);
  });

  it("tells a transposed shape, and a permuted one", () => {
    const wrong: TensorFunction = (x, y, dout) => flip(matmulDx(x, y, dout));
    const { problems, inputs } = fail(matmul, [wrong, matmulDy], [x46, y63]);
    assertEquals(problems, [
      "wrong returns a gradient of shape 6×4 for input 0 of shape 4×6, a transposed shape",
    ]);
    assertEquals(inputs[0].causes, ["the gradient is transposed"]);

    const permuted = fail(square, [
      (x, dout) => {
        const dx = squareDx(x, dout);
        return build([6, 3, 5], (j, k, i) => at(dx, i, j, k));
      },
    ], [x563]);
    assertEquals(permuted.inputs[0].causes, [
      "the axes of the gradient are permuted",
    ]);
  });

  it("tells right elements in the wrong shape", () => {
    const { inputs } = fail(square, [
      (x, dout) => ({ shape: [1, 24], data: squareDx(x, dout).data }),
    ], [x46]);
    assertEquals(inputs[0].causes, [
      "its elements are right, only its shape is not",
    ]);
  });

  it("tells an axis that was summed", () => {
    const { inputs } = fail(square, [
      (x, dout) => {
        const dx = squareDx(x, dout);
        return build([6], (j) => sumTo(4, (i) => at(dx, i, j)));
      },
    ], [x46]);
    assertEquals(inputs[0].causes, [
      "axis 0 was summed, though input 0 has it",
    ]);
  });

  it("tells the gradient with respect to another input", () => {
    const { inputs } = fail(matmul, [matmulDy, matmulDx], [x46, y63]);
    assertEquals(inputs[0].causes, [
      "it is the gradient with respect to x: the backward functions must be in the order of the inputs",
    ]);
    assertEquals(inputs[0].name, "y");
  });

  it("tells only the shape where nothing fits", () => {
    for (const x of [x46, sample([2000])]) {
      const { inputs, problems } = fail(square, [
        () => tensor([1, 2, 3], float64),
      ], [x]);
      assertEquals(problems.length, 1);
      assertEquals(inputs[0].causes, []);
    }
  });
});

/** The wrong factor of each element of a right gradient. */
const times =
  (factor: (i: number) => number, right: TensorFunction): TensorFunction =>
  (...args) => map((v, i) => v * factor(i), right(...args));

describe("gradcheck() where outputs are of very different sizes", () => {
  const list = (...values: number[]) => tensor(values, float64);
  const some = (size: number) => (x: Tensor) =>
    map((v, i) => i % 2 ? -size : v * v, x);
  const someDx = (x: Tensor, dout: Tensor) =>
    map((v, i) => i % 2 ? 0 : 2 * v * dout.data[i], x);
  const concat = (x: Tensor, y: Tensor) =>
    list(...x.data.map((v) => 1e15 * v), ...y.data);
  const concatDx = (x: Tensor, _y: Tensor, dout: Tensor) =>
    map((_, i) => 1e15 * dout.data[i], x);
  const cube = (x: Tensor) => map((v) => v ** 3, x);
  const cubeDx = (x: Tensor, dout: Tensor) =>
    map((v, i) => 3 * v * v * dout.data[i], x);
  const sine = (x: Tensor) => map(Math.sin, x);
  const sineDx = (x: Tensor, dout: Tensor) =>
    map((v, i) => Math.cos(v) * dout.data[i], x);
  const x6 = list(1, 2, 3, 0.7, -1.5, 2.2);
  const wrongs: [
    string,
    TensorFunction,
    (TensorFunction | null)[],
    Tensor[],
  ][] = [
    ["a sign beside -1e16", some(1e16), [times(() => -1, someDx)], [x6]],
    ["a gradient of constants", some(1e16), [
      (x, dout) => map((v) => -v, squareDx(x, dout)),
    ], [x6]],
    ["a factor beside -1e30", some(1e30), [times(() => 1.25, someDx)], [x6]],
    ["a zero beside exp(40)", exp, [times((i) => i === 1 ? 0 : 1, expDx)], [
      list(40, 0, 1),
    ]],
    ["a factor 2 beside exp(40)", exp, [
      times((i) => i === 1 ? 2 : 1, expDx),
    ], [list(40, 0, 1)]],
    ["zeros beside exp(30)", exp, [times((i) => i ? 0 : 1, expDx)], [
      list(30, -5, -4),
    ]],
    ["zeros beside a large cube", cube, [times((i) => i ? 0 : 1, cubeDx)], [
      list(1e5, 0.01, 0.02),
    ]],
    ["an input without a gradient", concat, [
      concatDx,
      (_x, y) => map(() => 0, y),
    ], [list(1, 2), list(1, 2)]],
  ];
  for (const fast of [false, true]) {
    const mode = fast ? ", in fast mode" : "";
    for (const [name, forward, backward, inputs] of wrongs) {
      it(`finds ${name}${mode}`, () => {
        const report = gradcheck(forward, backward, inputs, { fast });
        assert(report.inputs.some(({ wrong }) => wrong > 0), report.message);
      });
    }

    it(`says that it cannot tell where digits are gone${mode}`, () => {
      const lifted = (x: Tensor) =>
        scalar(1e16 + sum(square(x)).data[0], float64);
      for (const factor of [2, 4]) {
        const { verdict, inputs } = gradcheck(
          lifted,
          [
            (x, dout) => map((v) => factor * v * dout.data[0], x),
          ],
          [x6],
          { fast },
        );
        // A factor of 2 is more than what is hidden, in some of the elements.
        assertEquals(verdict, factor === 2 ? "cannot tell" : "wrong");
        assert(inputs[0].resolution > 0.1);
        if (factor === 4) continue;
        assertMatch(
          inputs[0].reason!,
          /^the forward function resolves the gradient to ±.* here, and its norm is .*: check it at/,
        );
      }
      const biased = gradcheck(
        addBias,
        [addBiasDx, times(() => 2, addBiasDy)],
        [map((v) => v * 1e16, sample([3, 2, 2])), list(1, 2)],
        { fast },
      );
      assertEquals(biased.inputs[0].wrong, 0);
      assert(!biased.ok);
    });

    it(`takes steps as long as it needs to see anything move${mode}`, () => {
      const next = (x: Tensor) => map((v) => v + 1, x);
      for (const size of [1e-20, 1e-21, 1e-30, 1e-160, 1e-280]) {
        for (const factor of [1, 2]) {
          const { ok, message } = gradcheck(
            next,
            [(_x, dout) => map((v) => factor * v, dout)],
            [list(size, 2 * size)],
            { fast },
          );
          assertEquals(ok, factor === 1, message);
        }
      }
      // Nobody knows of a zero where nothing has moved.
      const zeros = (_x: Tensor, dout: Tensor) => map(() => 0, dout);
      for (const [size, passes] of [[1e-20, true], [1e-8, false]] as const) {
        const { ok } = gradcheck(next, [zeros], [list(size)], { fast });
        assertEquals(ok, passes);
      }
      // What does not move although the steps are long has no gradient.
      for (const size of [1e-12, 1, 1e12]) {
        const { inputs } = gradcheck(
          (x) => map(() => 3, x),
          [identityDx],
          [list(size, 2 * size)],
          { fast },
        );
        assertEquals(inputs[0].wrong, 2);
      }
    });

    it(`passes a log of numbers of all sizes${mode}`, () => {
      assertGradcheck(log, [logDx], [list(1e9, 1, 1e-6)], { fast });
      const many = tensor(
        Array.from({ length: 2000 }, (_, i) => 10 ** (i % 16 - 7)),
        float64,
      );
      assertGradcheck(log, [logDx], [many], { fast });
    });

    it(`passes an exact minimum${mode}`, () => {
      const apart = (x: Tensor) =>
        scalar(sumTo(3, (i) => (x.data[i] - 1) ** 2), float64);
      assertGradcheck(
        apart,
        [
          (x, dout) => map((v) => 2 * (v - 1) * dout.data[0], x),
        ],
        [list(1, 1, 1)],
        { fast },
      );
      assertGradcheck(
        (x) => map((v) => (4 * v - 1) ** 2, x),
        [
          (x, dout) => map((v, i) => 8 * (4 * v - 1) * dout.data[i], x),
        ],
        [list(0.25)],
        { fast },
      );
      const inner = (a: Tensor, b: Tensor) => sum(multiply(a, b)).data[0];
      const distance = (x: Tensor, y: Tensor) =>
        scalar(
          1 - inner(x, y) / Math.sqrt(inner(x, x) * inner(y, y)),
          float64,
        );
      assertGradcheck(
        distance,
        [
          (x, y, dout) =>
            map((v, i) =>
              -dout.data[0] / Math.sqrt(inner(x, x) * inner(y, y)) *
              (y.data[i] - v * inner(x, y) / inner(x, x)), x),
          null,
        ],
        [list(1, 2, 3), list(1, 2, 3)],
        { fast },
      );
    });
  }

  it("passes small elements beside one that has many periods", () => {
    assertGradcheck(sine, [sineDx], [list(1e12, 1, 2)]);
  });
});

describe("gradcheck() on functions that misbehave", () => {
  const problemsOf = (
    forward: TensorFunction,
    backward: TensorFunction,
    options?: GradcheckOptions,
  ) => {
    const report = gradcheck(forward, [backward], [tensor([[1, 2], [3, 4]])], {
      names: ["x"],
      ...options,
    });
    assert(!report.ok);
    for (const problem of report.problems) {
      assertStringIncludes(report.message, `  problem: ${problem}`);
    }
    return report.problems;
  };

  it("reports a random forward function", () => {
    let state = 0;
    const noisy = (x: Tensor) => map((v) => v + state++ / 8, x);
    assertEquals(problemsOf(noisy, identityDx), [
      "noisy gives another result when it is called again: element [0, 0] was 1, is 1.5",
    ]);
  });

  it("reports a random backward function", () => {
    let state = 0;
    const noisyDx = (_x: Tensor, dout: Tensor) => map(() => state++, dout);
    assertEquals(problemsOf(identity, noisyDx), [
      "noisyDx gives another result when it is called again: element [0, 0] was 0, is 4",
    ]);
  });

  it("reports a backward function that reads what forward left", () => {
    let saved: Tensor;
    const stateful = (x: Tensor) => square(saved = x);
    const statefulDx = (_x: Tensor, dout: Tensor) => squareDx(saved, dout);
    const [problem] = problemsOf(stateful, statefulDx);
    assertMatch(
      problem,
      /^statefulDx gives another result when it is called again: element \[0, 0\]/,
    );
  });

  it("reports a forward function that backward disturbs", () => {
    let bias = 0;
    assertEquals(
      problemsOf((x) => map((v) => v + bias, x), (_x, dout) => {
        bias = 1;
        return dout;
      }),
      [
        "the forward function gives another result after the backward functions were called: element [0, 0] was 1, is 2",
      ],
    );
  });

  it("reports a result whose shape changes", () => {
    let calls = 0;
    assertEquals(
      problemsOf((x) => calls++ ? x : tensor([1], float64), identityDx),
      [
        "the forward function gives another result when it is called again: its shape was [1], is 2×2",
      ],
    );
  });

  it("reports an output whose shape depends on the values", () => {
    const unique = (x: Tensor) => {
      const values = [...new Set(x.data.map((v) => Math.min(v, 2)))];
      return tensor(values, [values.length], float64);
    };
    const { problems } = gradcheck(unique, [(x) => x], [tensor([1, 2, 2])]);
    assertMatch(
      problems[0],
      /^unique gives outputs of different shapes for inputs of one shape: \[2\], then \[[13]\]$/,
    );
  });

  it("reports a backward function that keeps what it computed", () => {
    const keepers: [TensorFunction, () => TensorFunction][] = [
      [square, () => {
        let kept: Tensor;
        return function f(x: Tensor, dout: Tensor) {
          return squareDx(kept ??= x, dout);
        };
      }],
      [square, () => {
        let kept: Tensor;
        return function f(x: Tensor, dout: Tensor) {
          return kept ??= squareDx(x, dout);
        };
      }],
      [identity, () => {
        let kept: Tensor;
        return function f(_x: Tensor, dout: Tensor) {
          return kept ??= dout;
        };
      }],
    ];
    for (const [forward, make] of keepers) {
      for (const fast of [false, true]) {
        const [problem, ...others] = problemsOf(forward, make(), { fast });
        assertMatch(
          problem,
          /^f keeps (its inputs|dout|its result) from an earlier call: it is wrong with others$/,
        );
        assertEquals(others, []);
      }
    }
  });

  it("bears functions that refuse another point", () => {
    const only = (x: Tensor, dout: Tensor) => {
      if (x.data[0] !== 1) throw new RangeError("x must be 1");
      return squareDx(x, dout);
    };
    assertGradcheck(square, [only], [tensor([[1, 2], [3, 4]])]);
  });

  it("reports an output that cannot be compared", () => {
    const zeros = (x: Tensor) => map(() => 0, x);
    assertEquals(problemsOf(() => scalar(NaN, float64), zeros), [
      "the forward function returns NaN at []: nothing can be compared there",
    ]);
    assertEquals(problemsOf(() => scalar(Infinity, float64), zeros), [
      "the forward function returns no finite number: nothing can be compared",
    ]);
  });

  it("passes what is rounded to float32, and says what that hides", () => {
    const roundedDx = (x: Tensor, dout: Tensor) =>
      map(Math.fround, squareDx(x, dout));
    const rounded = (x: Tensor) => map((v) => Math.fround(v * v), x);
    for (const fast of [false, true]) {
      assertGradcheck(square, [roundedDx], [sample([2, 2])], { fast });
      const report = gradcheck(rounded, [roundedDx], [sample([2, 2])], {
        fast,
      });
      assert(report.ok, report.message);
      assert(report.inputs[0].resolution < 1e-4);
    }
  });

  it("reports inputs that forward overwrites", () => {
    const inPlace = (x: Tensor) => {
      x.data[2] = 7;
      return map((v) => v, x);
    };
    assertStringIncludes(
      problemsOf(inPlace, identityDx)[0],
      "inPlace overwrites x: element [1, 0] was 3, is 7",
    );
  });

  it("still compares where forward overwrites an input", () => {
    const inPlace = (x: Tensor) => {
      const z = square(x);
      x.data.fill(9);
      return z;
    };
    const wrongDx = (x: Tensor, dout: Tensor) => {
      const dx = squareDx(x, dout);
      dx.data[1] *= 2;
      return dx;
    };
    const [right, wrong] = [squareDx, wrongDx].map((backward) =>
      gradcheck(inPlace, [backward], [tensor([[1, 2], [3, 4]])]).inputs[0]
    );
    assertEquals([right.checked, right.wrong], ["elements", 0]);
    assertEquals([wrong.checked, wrong.wrong], ["elements", 1]);
    assertEquals(wrong.worst!.index, [0, 1]);
  });

  it("reports that 0 becomes -0", () => {
    const negating = (x: Tensor, dout: Tensor) => {
      x.data[0] = -0;
      return dout;
    };
    const report = gradcheck(identity, [negating], [tensor([0, 1])], {
      names: ["x"],
    });
    assertEquals(report.problems, [
      "negating overwrites x: element [0] was 0, is -0",
    ]);
  });

  it("reports a backward function that is wrong once it was elsewhere", () => {
    for (const fast of [false, true]) {
      let elsewhere = false;
      const spoiledDx = (x: Tensor, dout: Tensor) => {
        if (x.data[0] !== 1) elsewhere = true;
        const factor = elsewhere && x.data[0] === 1 ? 3 : 1;
        return map((v) => factor * v, dout);
      };
      assertEquals(problemsOf(identity, spoiledDx, { fast }), [
        "spoiledDx gives another result once it has been called with other arguments: element [0, 0] was -0.7664292086847126, is -2.299287626054138",
      ]);
    }
  });

  it("reports inputs that a function turns into something other than tensors", () => {
    const ways: ((x: { shape: unknown; data: unknown }) => void)[] = [
      (x) => x.data = null,
      (x) => x.data = [1, 2, 3, 4],
      (x) => x.shape = undefined,
      (x) => x.shape = { length: 2 },
      (x) => (x.shape as number[]).length = 1e9,
      (x) => (x.shape as unknown[])[0] = Symbol(),
      (x) =>
        Object.defineProperty(x, "data", {
          get() {
            throw new Error("no data");
          },
        }),
      (x) => (x.data as Float64Array<ArrayBuffer>).buffer.transfer(),
    ];
    for (const spoil of ways) {
      const spoiling = (x: Tensor) => {
        const z = { shape: [...x.shape], data: x.data.slice() };
        spoil(x as { shape: unknown; data: unknown });
        return z;
      };
      const expected = "overwrites x: it is no longer a tensor";
      assertStringIncludes(problemsOf(spoiling, identityDx)[0], expected);
      const spoilingDx = (x: Tensor, dout: Tensor) => {
        spoiling(x);
        return dout;
      };
      assertStringIncludes(problemsOf(identity, spoilingDx)[0], expected);
    }
  });

  it("reports inputs and dout that backward overwrites, and still compares", () => {
    const inPlaceDx = (x: Tensor, dout: Tensor) => {
      x.data[3] *= 2;
      dout.data[0] *= 2;
      return dout;
    };
    const x = tensor([[1, 2], [3, 4]]);
    const dout = tensor([[1, 2], [3, 4]]);
    const report = gradcheck(identity, [inPlaceDx], [x], {
      names: ["x"],
      dout,
    });
    assertEquals(report.problems, [
      "inPlaceDx overwrites x: element [1, 1] was 4, is 8",
      "inPlaceDx overwrites dout: element [0, 0] was 1, is 2",
    ]);
    assertEquals(report.inputs[0].wrong, 1);
    assertEquals(report.inputs[0].worst!.index, [0, 0]);
    assertEquals(x, tensor([[1, 2], [3, 4]]));
    assertEquals(dout, tensor([[1, 2], [3, 4]]));
  });

  it("reports inputs that are given another shape", () => {
    const reshaping = (x: Tensor) => {
      (x.shape as number[]).reverse().push(1);
      return tensor(Array.from(x.data), float64);
    };
    assertStringIncludes(
      problemsOf(reshaping, (x, dout) => ({ ...x, data: dout.data }))[0],
      "reshaping overwrites x: its shape was 2×2, is 2×2×1",
    );
  });

  it("passes outputs and gradients in float32", () => {
    const float32 = (x: Tensor) => tensor(Float32Array.from(x.data), x.shape);
    const float32Dx = (x: Tensor, dout: Tensor) =>
      tensor(Float32Array.from(dout.data), x.shape);
    const third = (x: Tensor) => map((v) => Math.fround(v / 3), x);
    const thirdDx = (_x: Tensor, dout: Tensor) => map((d) => d / 3, dout);
    for (const fast of [false, true]) {
      for (const forward of [float32, identity]) {
        assertGradcheck(forward, [float32Dx], [sample([2, 2])], { fast });
      }
      assertGradcheck(third, [thirdDx], [sample([2, 2])], { fast });
    }
  });

  it("reports a result that is not a tensor", () => {
    // deno-lint-ignore no-explicit-any
    const promise: any = async (x: Tensor) => await x;
    assertEquals(problemsOf(promise, identityDx), [
      "Cannot run gradcheck as the result of promise must be a tensor { shape, data }: it is a Promise",
    ]);
    // deno-lint-ignore no-explicit-any
    const nothing: any = () => {};
    assertEquals(problemsOf(identity, nothing), [
      "Cannot run gradcheck as the result of nothing must be a tensor { shape, data }: it is undefined",
    ]);
  });

  it("reports what a function throws, and keeps it", () => {
    const cause = new RangeError("no luck");
    const broken = (_x: Tensor): Tensor => {
      throw cause;
    };
    assertEquals(problemsOf(broken, identityDx), [
      "broken throws RangeError: no luck",
    ]);
    const report = gradcheck(matmul, [matmulDx, broken], [
      sample([2, 3]),
      sample([3, 2]),
    ]);
    assertEquals(report.problems, ["broken throws RangeError: no luck"]);
    assertEquals(report.cause, cause);
    assertEquals(report.inputs[0].checked, "elements");
    assertEquals(report.inputs[1].checked, "nothing");
    assertStringIncludes(report.message, "  input 1 3×2: not compared");

    const error = assertThrows(
      () => assertGradcheck(broken, [identityDx], [sample([2])]),
      GradcheckError,
    );
    assertEquals(error.cause, cause);
  });

  it("reports what is thrown and is not an error", () => {
    assertEquals(
      problemsOf(() => {
        throw "no luck";
      }, identityDx),
      ['the forward function throws "no luck"'],
    );
  });

  it("keeps what was thrown first", () => {
    const throwing = (what: string) => () => {
      throw new Error(what);
    };
    const add = (x: Tensor, y: Tensor) => map((v, i) => v + y.data[i], x);
    const x = tensor([1, 2]);
    const [one, two] = [throwing("one"), throwing("two")];
    const error = assertThrows(
      () => assertGradcheck(add, [one, two], [x, x]),
      GradcheckError,
    );
    assertEquals((error.cause as Error).message, "one");
  });

  it("reports the beginning of a long text that is thrown", () => {
    const name = "N".repeat(2 ** 28);
    const message = "m".repeat(2 ** 28);
    const lengthy = () => {
      throw Object.assign(new Error(message), { name });
    };
    assertEquals(problemsOf(lengthy, identityDx), [
      `lengthy throws ${"N".repeat(100)}…: ${"m".repeat(1000)}…`,
    ]);
  });

  it("reports the beginning of a long name, and reads it once", () => {
    let reads = 0;
    const named = (name: unknown, f: () => unknown) =>
      Object.defineProperty(f, "name", {
        get: () => reads++ % 2 === 0 ? name : Symbol(),
      }) as TensorFunction;
    // A name whose end must be looked for from each of its letters D.
    const name = `${"Da".repeat(2 ** 20)}!`;
    const nothing = named(name, () => undefined);
    assertEquals(problemsOf(nothing, nothing), [
      `Cannot run gradcheck as the result of ${
        name.slice(0, 100)
      }… must be a tensor { shape, data }: it is undefined`,
    ]);
    const names = ["n".repeat(2 ** 20)];
    const { inputs } = gradcheck(identity, [identityDx], [tensor([1])], {
      names,
    });
    assertEquals(inputs[0].name, `${"n".repeat(100)}…`);
  });

  it("leaves no promise that is rejected with nobody to notice", async () => {
    const seen: unknown[] = [];
    const notice = (event: PromiseRejectionEvent) => {
      event.preventDefault();
      seen.push(event.reason);
    };
    globalThis.addEventListener("unhandledrejection", notice);
    // deno-lint-ignore no-explicit-any
    const late: any = () => Promise.reject(new Error("late"));
    // deno-lint-ignore no-explicit-any
    const strange: any = () =>
      Object.defineProperty(Promise.resolve(), "then", {
        get() {
          throw new Error("then");
        },
      });
    try {
      for (const f of [late, strange]) {
        const no = "must be a tensor { shape, data }: it is a Promise";
        assertEquals(problemsOf(f, identityDx), [
          `Cannot run gradcheck as the result of ${f.name} ${no}`,
        ]);
        assertEquals(problemsOf(identity, f), [
          `Cannot run gradcheck as the result of ${f.name} ${no}`,
        ]);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    } finally {
      globalThis.removeEventListener("unhandledrejection", notice);
    }
    assertEquals(seen, []);
  });

  it("works where others have put setters on Array.prototype", () => {
    const setter = {
      set() {
        throw new Error("A setter of others");
      },
      configurable: true,
    };
    const { prototype } = Array;
    const calls = [
      () => gradcheck(identity, [identityDx], [tensor([1, 2])]),
      () => gradcheck(identity, [identity], [tensor([1, 2])]),
      () => gradcheck(identity, [identity], [tensor([1, 2])], { fast: true }),
      () => gradcheck(exp, [expDx], [tensor([1, 1e-9, 3])], { fast: true }),
    ];
    const expected = calls.map((call) => call());
    for (const [i, call] of calls.entries()) {
      let report: unknown;
      Object.defineProperty(prototype, 0, setter);
      Object.defineProperty(prototype, 1, setter);
      try {
        report = call();
      } finally {
        delete (prototype as unknown[])[0];
        delete (prototype as unknown[])[1];
      }
      assertEquals(report, expected[i]);
    }
  });

  it("works even if a prototype is polluted", () => {
    const call = () => gradcheck(identity, [identityDx], [tensor([1, 2])]);
    const expected = call();
    const polluted = Object.prototype as unknown as Record<string, unknown>;
    const names = ["dout", "fast", "directions", "seed", "rtol", "atol"];
    for (const name of [...names, "names", "worst", "cause"]) {
      polluted[name] = { index: 1n };
      try {
        const { message, cause } = call();
        assertEquals(message, expected.message);
        assertEquals(cause, name === "cause" ? polluted[name] : undefined);
      } finally {
        delete polluted[name];
      }
    }
  });

  it("reports a forward function that throws next to the point", () => {
    const strict = (x: Tensor) => {
      if (x.data[0] !== 1) throw new RangeError("x must be 1");
      return x;
    };
    const { problems, inputs } = gradcheck(strict, [identityDx], [
      tensor([1]),
    ]);
    assertEquals(problems, ["strict throws RangeError: x must be 1"]);
    assertEquals(inputs[0].checked, "nothing");
  });

  it("diagnoses although the backward function throws elsewhere", () => {
    let first: number | undefined;
    const fragileDx = (x: Tensor, y: Tensor, dout: Tensor) => {
      first ??= x.data[0];
      if (x.data[0] !== first) throw new Error("fragile");
      return map((v, i) => v * Math.cos(i) * y.data[i], dout);
    };
    const report = gradcheck(multiply, [fragileDx, null], [
      x46,
      sample([4, 6], 9),
    ]);
    assertEquals(report.problems, []);
    assert(report.inputs[0].pattern !== undefined);
  });
});

describe("assertGradcheck()", () => {
  it("has a name where the one of all errors cannot be written to", () => {
    Object.defineProperty(Error.prototype, "name", { writable: false });
    try {
      const wrongDx = (x: Tensor) => x;
      const error = assertThrows(
        () => assertGradcheck(sum, [wrongDx], [sample([2, 3])]),
        GradcheckError,
      );
      assertEquals(error.name, "GradcheckError");
    } finally {
      Object.defineProperty(Error.prototype, "name", { writable: true });
    }
  });

  it("returns where all is right", () => {
    assertEquals(assertGradcheck(sum, [sumDx], [sample([2, 3])]), undefined);
  });

  it("throws the report otherwise", () => {
    const wrongDx = (x: Tensor) => x;
    const error = assertThrows(
      () => assertGradcheck(sum, [wrongDx], [sample([2, 3])]),
      GradcheckError,
    );
    assertInstanceOf(error, Error);
    assertEquals(error.name, "GradcheckError");
    assertEquals(error.report.ok, false);
    assertEquals(error.message, error.report.message);
    assert(!("cause" in error));
  });
});

describe("gradcheck() names", () => {
  const nameOf = (...backward: (TensorFunction | null)[]) =>
    gradcheck(
      (...inputs) => inputs[0],
      backward,
      backward.map(() => sample([2])),
    ).inputs.map(({ name }) => name);

  it("are what follows the last D of the backward functions", () => {
    const linearDw2 = (x: Tensor) => x;
    const unDone = (x: Tensor) => x;
    assertEquals(nameOf(linearDw2, identityDx, unDone, (x) => x, null), [
      "w2",
      "x",
      "one",
      "input 3",
      "input 4",
    ]);
  });

  it("are numbers where they would be the same", () => {
    assertEquals(nameOf(identityDx, squareDx), ["input 0", "input 1"]);
  });

  it("are those that are given", () => {
    const { inputs } = gradcheck(sum, [sumDx], [scalar(1)], { names: ["q"] });
    assertEquals(inputs[0].name, "q");
  });
});

describe("gradcheck() of strange arrays", () => {
  it("looks at no property of them", () => {
    const mask = { shape: [2], data: Uint8Array.of(1, 0) } as const;
    const thrice = ({ shape, data }: Tensor): Tensor =>
      closed({ shape, data: data.map((v) => 3 * v) });
    const { ok } = gradcheck(
      (x: Tensor, _: unknown) => thrice(x),
      [(_x: Tensor, _: unknown, dout: Tensor) => thrice(dout), null],
      [closed(sample([2])), closed(mask)],
    );
    assert(ok);
  });
});

describe("gradcheck() refuses", () => {
  const x = tensor([[1, 2], [3, 4]]);
  // deno-lint-ignore no-explicit-any
  const check = gradcheck as any;
  const cases: [
    what: string,
    args: unknown[],
    // deno-lint-ignore no-explicit-any
    error: new (...args: any[]) => Error,
    message: string,
  ][] = [
    [
      "a forward that is not a function",
      [null, [sumDx], [x]],
      TypeError,
      "forward must be a function: it is null",
    ],
    [
      "a backward that is not a function",
      [sum, "sumDx", [x]],
      TypeError,
      'backward must be a function for all inputs, or an array of one for each: it is "sumDx"',
    ],
    [
      "one input without an array",
      [sum, [sumDx], x],
      TypeError,
      "inputs must be an array of tensors: it is an Object",
    ],
    [
      "too few backward functions",
      [sum, [], [x]],
      TypeError,
      "there must be one backward function for each input: there are 0 for 1",
    ],
    [
      "a backward function that is none",
      [sum, ["sumDx"], [x]],
      TypeError,
      'every backward function must be a function or null: number 0 is "sumDx"',
    ],
    [
      "an input that is not a tensor",
      [sum, [sumDx], [[1, 2]]],
      TypeError,
      "input 0 must be a tensor { shape, data }: it is an Array",
    ],
    [
      "integers",
      [sum, [sumDx], [{ shape: [2], data: new Int32Array(2) }]],
      TypeError,
      "the backward function of input 0 must be null, since integers have no gradient: it holds int32",
    ],
    [
      "an input that is not finite",
      [sum, [sumDx], [tensor([[1, 2], [NaN, 4]])], { names: ["x"] }],
      RangeError,
      "every element of x must be finite: element [1, 0] is NaN",
    ],
    [
      "options that are no object",
      [sum, [sumDx], [x], null],
      TypeError,
      "options must be an object such as { fast: true }: it is null",
    ],
    [
      "a dout that is not a tensor",
      [sum, [sumDx], [x], { dout: 1 }],
      TypeError,
      "dout must be a tensor { shape, data }: it is 1",
    ],
    [
      "a dout of another shape",
      [sum, [sumDx], [x], { dout: x }],
      TypeError,
      "dout must have the shape of the output: dout is 2×2, the output is []",
    ],
    [
      "a dout of zeros in another shape",
      [sum, [sumDx], [x], { dout: tensor([0, 0]) }],
      TypeError,
      "dout must have the shape of the output: dout is [2], the output is []",
    ],
    [
      "a hole in the inputs",
      // deno-lint-ignore no-sparse-arrays
      [sum, [sumDx], [,]],
      TypeError,
      "input 0 must be a tensor { shape, data }: it is undefined",
    ],
    [
      "a hole in the names",
      // deno-lint-ignore no-sparse-arrays
      [sum, [sumDx], [x], { names: [,] }],
      TypeError,
      "every name must be a string: number 0 is undefined",
    ],
    [
      "a list as options",
      [sum, [sumDx], [x], []],
      TypeError,
      "options must be an object such as { fast: true }: it is an Array",
    ],
    [
      "a promise of options",
      [sum, [sumDx], [x], Promise.resolve({ fast: true })],
      TypeError,
      "options must be an object such as { fast: true }: it is a Promise",
    ],
    [
      "options with a symbol",
      [sum, [sumDx], [x], { [Symbol("fast")]: true }],
      TypeError,
      "options must be an object such as { fast: true }: it has Symbol(fast)",
    ],
    [
      "numbers as options",
      [sum, [sumDx], [x], new Float32Array()],
      TypeError,
      "options must be an object such as { fast: true }: it is a Float32Array",
    ],
    [
      "an option that there is not",
      [sum, [sumDx], [x], { fastt: true }],
      TypeError,
      'the options must be dout, fast, budget, directions, seed, rtol, atol or names: there is "fastt"',
    ],
    [
      "a dout that is not finite",
      [sum, [sumDx], [x], { dout: scalar(Infinity) }],
      RangeError,
      "every element of dout must be finite: element [] is Infinity",
    ],
    [
      "a dout of zeros",
      [sum, [sumDx], [x], { dout: scalar(0) }],
      RangeError,
      "dout must not be zero everywhere: every gradient would be right",
    ],
    [
      "fast that is not a boolean",
      [sum, [sumDx], [x], { fast: 1 }],
      TypeError,
      "fast must be a boolean: it is 1",
    ],
    [
      "directions that are no number",
      [sum, [sumDx], [x], { directions: "4" }],
      TypeError,
      'directions must be a number: it is "4"',
    ],
    [
      "half a direction",
      [sum, [sumDx], [x], { directions: 0.5 }],
      RangeError,
      "directions must be an integer: it is 0.5",
    ],
    [
      "no direction",
      [sum, [sumDx], [x], { directions: 0 }],
      RangeError,
      "directions must be positive: it is 0",
    ],
    [
      "more directions than anyone waits for",
      [sum, [sumDx], [x], { directions: 2 ** 53 - 1 }],
      RangeError,
      "directions must be at most 65536: it is 9007199254740991",
    ],
    [
      "billions of holes",
      [sum, new Array(2 ** 32 - 1), new Array(2 ** 32 - 1)],
      RangeError,
      "there must be at most 65536 inputs: there are 4294967295",
    ],
    [
      "a hole more than there may be",
      [sum, new Array(2 ** 16 + 1), new Array(2 ** 16 + 1)],
      RangeError,
      "there must be at most 65536 inputs: there are 65537",
    ],
    [
      "as many holes as there may be",
      [sum, new Array(2 ** 16), new Array(2 ** 16)],
      TypeError,
      "every backward function must be a function or null: number 0 is undefined",
    ],
    [
      "billions of inputs",
      [sum, [sumDx], new Array(2 ** 32 - 1)],
      TypeError,
      "there must be one backward function for each input: there are 1 for 4294967295",
    ],
    [
      "billions of names",
      [sum, [sumDx], [x], { names: new Array(2 ** 32 - 1) }],
      TypeError,
      "there must be one name for each input: there are 4294967295 for 1",
    ],
    [
      "half a seed",
      [sum, [sumDx], [x], { seed: NaN }],
      RangeError,
      "seed must be an integer: it is NaN",
    ],
    [
      "a negative rtol",
      [sum, [sumDx], [x], { rtol: -1 }],
      RangeError,
      "rtol must be finite and not negative: it is -1",
    ],
    [
      "an infinite atol",
      [sum, [sumDx], [x], { atol: Infinity }],
      RangeError,
      "atol must be finite and not negative: it is Infinity",
    ],
    [
      "names that are not strings",
      [sum, [sumDx], [x], { names: [1] }],
      TypeError,
      "every name must be a string: number 0 is 1",
    ],
    [
      "too many names",
      [sum, [sumDx], [x], { names: ["x", "y"] }],
      TypeError,
      "there must be one name for each input: there are 2 for 1",
    ],
  ];
  for (const [what, args, error, message] of cases) {
    it(what, () => {
      const thrown = assertThrows(
        () => check(...args),
        error,
        `Cannot run gradcheck as ${message}`,
      );
      assertEquals(thrown.message, `Cannot run gradcheck as ${message}`);
    });
  }
});
