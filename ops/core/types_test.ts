// Copyright 2026 the Adjoint authors. MIT license.

// Shapes and element types at compile time. What is refused by the compiler here
// is also refused by the code when it runs. `.ci/types/fixture.ts` is what users
// write, compiled with every version of TypeScript from 5.4 on.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { assertType, type IsExact } from "@std/testing/types";
import {
  addBias,
  addBiasD,
  addBiasDx,
  addBiasDy,
} from "../arithmetic/add_bias.ts";
import {
  linear,
  linearD,
  linearDb,
  linearDw,
  linearDx,
} from "../products/linear.ts";
import { matmul, matmulD, matmulDx, matmulDy } from "../products/matmul.ts";
import { logSumExp, logSumExpDx } from "../reductions/log_sum_exp.ts";
import { sum, sumD, sumDx } from "../reductions/sum.ts";
import { softmax, softmaxDx } from "../rows/softmax.ts";
import {
  type Arrays,
  type DType,
  type F32,
  type F64,
  type Float,
  type Nested,
  ones,
  reshape,
  scalar,
  type Shape,
  type Tensor,
  tensor,
  zeros,
} from "../tensor.ts";

/** A dimension that the compiler knows only as `number`. */
const unknown = (n: number): number => n;

type IsTensor<T, S extends Shape, D> = T extends
  { shape: infer A extends Shape; data: infer B }
  ? IsExact<[...A], [...S]> extends true ? IsExact<B, D> : false
  : false;

/**
 * Compiles with `true` only where the first argument is a tensor of this shape and
 * element type; whether its shape is readonly makes no difference.
 */
function assertTensor<S extends Shape, D extends Arrays[DType] = F32>() {
  return <T>(_: T, isIt: IsTensor<T, S, D>): void =>
    assertType<typeof isIt>(isIt);
}

const doubles = { dtype: "float64" } as const;

describe("the types of the constructors", () => {
  it("have the shape of nested arrays", () => {
    assertTensor<[]>()(tensor(5), true);
    assertTensor<[3]>()(tensor([1, 2, 3]), true);
    assertTensor<[1, 2, 1]>()(tensor([[[1], [2]]]), true);
    assertTensor<[2, 3]>()(tensor([[1, 2, 3], [4, 5, 6]]), true);
    assertTensor<[2, 4]>()(tensor([[1, 2, 3], [4, 5, 6]]), false);
    assertTensor<[0]>()(tensor([]), true);
    assertTensor<[2, 0]>()(tensor([[], []]), true);
  });

  it("have the shape that is given", () => {
    const shape = [2, 3] as const;
    assertTensor<[2, 3]>()(tensor([1, 2, 3, 4, 5, 6], [2, 3]), true);
    assertTensor<[2, 3]>()(zeros([2, 3]), true);
    assertTensor<[2, 3]>()(ones(shape), true);
    assertTensor<[2, 3]>()(ones(Object.freeze(shape)), true);
    assertTensor<[2, 3]>()(reshape(zeros([6]), shape), true);
    assertTensor<[]>()(scalar(1), true);
  });

  it("have the element type that is asked for, or that an array has", () => {
    assertTensor<[2], F64>()(zeros([2], doubles), true);
    assertTensor<[2], F32>()(zeros([2], doubles), false);
    assertTensor<[2], F64>()(tensor([1, 2], doubles), true);
    assertTensor<[2, 1], F64>()(tensor(new Float64Array(2), [2, 1]), true);
    assertTensor<[number], F64>()(tensor(new Float64Array(2)), true);
    assertTensor<[2, 1], F64>()(reshape(zeros([2], doubles), [2, 1]), true);
    assertTensor<[2], Arrays["int32"]>()(
      tensor([1, 2], { dtype: "int32" }),
      true,
    );
    assertTensor<[number], Arrays["uint8"]>()(tensor(new Uint8Array(2)), true);
    assertTensor<[], F64>()(scalar(1, doubles), true);
    const maybe: { dtype: "float32" | "float64" | undefined } = doubles;
    assertTensor<[2], Float>()(zeros([2], maybe), true);
  });

  it("are number where nothing is known", () => {
    const rows: readonly (readonly number[])[] = [[1, 2]];
    assertTensor<[number]>()(tensor([1, 2] as number[]), true);
    assertTensor<[number]>()(tensor(new Float32Array(2)), true);
    assertTensor<[number, number]>()(tensor(rows), true);
    assertTensor<[number, 4]>()(zeros([unknown(2), 4]), true);
  });

  it("have no rank where the nesting is not known, until reshape gives one", () => {
    const nested: Nested = JSON.parse("[[1, 2, 3], [4, 5, 6]]");
    const x = tensor(nested);
    assertTensor<Shape>()(x, true);
    assertTensor<Shape>()(zeros([2, 3] as number[]), true);
    const y = reshape(x, [2, 3]);
    assertTensor<[2, 3]>()(y, true);
    assertEquals(y.shape, [2, 3]);
  });

  it("are those of a plain object", () => {
    const data = new Float32Array(6);
    const x: Tensor<[2, 3]> = { shape: [2, 3], data };
    const y = { shape: [3, 2], data } as const;
    assertTensor<[2, 2]>()(matmul(x, y), true);
    assertTensor<[2, 2]>()(matmul({ shape: [2, 3], data }, y), true);
  });
});

const x = zeros([4, 6]);
const y = zeros([6, 9]);
const z = zeros([4, 9]);
const w = zeros([9, 6]);
const b = zeros([9]);
const cube = zeros([2, 3, 4]);
const bias = zeros([3]);

describe("the types of the operations", () => {
  it("have the shapes of the formula", () => {
    assertTensor<[4, 9]>()(matmul(x, y), true);
    assertTensor<[4, 6]>()(matmulDx(x, y, z), true);
    assertTensor<[6, 9]>()(matmulDy(x, y, z), true);
    assertTensor<[2, 3, 4]>()(addBias(cube, bias), true);
    assertTensor<[2, 3, 4]>()(addBiasDx(cube, bias, cube), true);
    assertTensor<[3]>()(addBiasDy(cube, bias, cube), true);
    assertTensor<[4, 9]>()(linear(x, w, b), true);
    assertTensor<[4, 9]>()(linear(x, w, null), true);
    assertTensor<[2, 4, 9]>()(linear(zeros([2, 4, 6]), w, b), true);
    assertTensor<[4, 6]>()(linearDx(x, w, b, z), true);
    assertTensor<[9, 6]>()(linearDw(x, w, b, z), true);
    assertTensor<[9]>()(linearDb(x, w, b, z), true);
    assertTensor<[]>()(sum(cube), true);
    assertTensor<[2, 3, 4]>()(sumDx(cube, scalar(1)), true);
    assertTensor<[2, 3, 4]>()(softmax(cube), true);
    assertTensor<[2, 3, 4]>()(softmaxDx(cube, cube, { axis: 1 }), true);
  });

  it("have the element type of the inputs", () => {
    const [a, c, d] = [
      zeros([4, 6], doubles),
      zeros([6, 9], doubles),
      zeros([4, 9], doubles),
    ];
    assertTensor<[4, 9], F64>()(matmul(a, c), true);
    assertTensor<[4, 6], F64>()(matmulDx(a, c, d), true);
    assertTensor<[], F64>()(sum(a), true);
    assertTensor<[4, 6], F64>()(softmax(a), true);
    const either = a as Tensor<[4, 6], Float>;
    assertTensor<[4, 6], Float>()(softmax(either), true);
  });

  it("are those of all gradients, or of those that are asked for", () => {
    const all = matmulD(x, y, z);
    assertTensor<[4, 6]>()(all.x, true);
    assertTensor<[6, 9]>()(all.y, true);
    const one = matmulD(x, y, z, { wrt: ["y"] });
    assertTensor<[6, 9]>()(one.y, true);
    assertEquals(Object.keys(one), ["y"]);
    // @ts-expect-error It is not asked for.
    assertEquals(one.x, undefined);
    assertTensor<[9]>()(linearD(x, w, b, z, { wrt: ["b", "w"] }).b, true);
    assertTensor<[3]>()(addBiasD(cube, bias, cube).y, true);
    assertTensor<[2, 3, 4]>()(sumD(cube, scalar(1)).x, true);
  });

  it("follow the axes of a sum, where they are literal", () => {
    assertTensor<[2, 4]>()(sum(cube, { axes: [1] }), true);
    assertTensor<[2, 4]>()(sum(cube, { axes: [-2] }), true);
    assertTensor<[3]>()(sum(cube, { axes: [0, -1] }), true);
    assertTensor<[2, 3, 4]>()(sum(cube, { axes: [] }), true);
    assertTensor<[2, 1, 4]>()(sum(cube, { axes: [1], keepDims: true }), true);
    assertTensor<[1, 1, 1]>()(sum(cube, { keepDims: true }), true);
    assertTensor<Shape>()(sum(cube, { axes: [1] as number[] }), true);
    assertTensor<[number, number, number]>()(
      sum(cube, { axes: [unknown(1)], keepDims: true }),
      true,
    );
    assertTensor<Shape>()(sum(cube as Tensor, { axes: [0] }), true);
    assertTensor<[]>()(sum(cube as Tensor), true);
    assertTensor<[2, 3, 4]>()(
      sumDx(cube, zeros([2, 4]), { axes: [1] }),
      true,
    );
  });

  it("follow the axis of a log-sum-exp, the last where none is given", () => {
    assertTensor<[2, 3]>()(logSumExp(cube), true);
    assertTensor<[2, 3]>()(logSumExp(cube, {}), true);
    assertTensor<[3, 4]>()(logSumExp(cube, { axis: -3 }), true);
    assertTensor<[2, 1, 4]>()(
      logSumExp(cube, { axis: 1, keepDims: true }),
      true,
    );
    assertTensor<Shape>()(logSumExp(cube, { axis: unknown(1) }), true);
    assertTensor<[2, 3, 4]>()(
      logSumExpDx(cube, zeros([2, 4]), { axis: 1 }),
      true,
    );
  });

  it("take a number where a literal is wanted, in every place", () => {
    const [u2, u3, u4] = [unknown(2), unknown(3), unknown(4)];
    const [u6, u9] = [unknown(6), unknown(9)];
    assertTensor<[number, 9]>()(matmul(zeros([u4, 6]), y), true);
    assertTensor<[4, 9]>()(matmul(zeros([4, u6]), y), true);
    assertTensor<[4, 9]>()(matmul(x, zeros([u6, 9])), true);
    assertTensor<[4, number]>()(matmul(x, zeros([6, u9])), true);
    assertTensor<[4, 6]>()(matmulDx(x, y, zeros([u4, 9])), true);
    assertTensor<[4, 6]>()(matmulDx(x, zeros([u6, u9]), z), true);
    assertTensor<[number, number]>()(matmulDx(zeros([u4, u6]), y, z), true);
    assertTensor<[6, 9]>()(matmulDy(x, y, zeros([u4, u9])), true);
    assertTensor<[2, 3, 4]>()(addBias(cube, zeros([u3])), true);
    assertTensor<[2, number, 4]>()(addBias(zeros([2, u3, 4]), bias), true);
    assertTensor<[3]>()(addBiasDy(cube, zeros([u3]), zeros([2, u3, 4])), true);
    assertTensor<[4, 9]>()(linear(zeros([4, u6]), w, b), true);
    assertTensor<[4, 9]>()(linear(x, zeros([9, u6]), zeros([u9])), true);
    assertTensor<[4, number]>()(linear(x, zeros([u9, 6]), b), true);
    assertTensor<[9, 6]>()(linearDw(x, w, zeros([u9]), zeros([u4, 9])), true);
    assertTensor<[]>()(sum(zeros([u2, u3])), true);
    assertTensor<[number, 3]>()(sumDx(zeros([u2, 3]), scalar(1)), true);
    assertTensor<Shape>()(sumDx(cube as Tensor, scalar(1)), true);
  });

  it("are carried through generic functions", () => {
    function product<
      M extends number,
      N extends number,
      P extends number,
      D extends Float,
    >(
      x: Tensor<[M, N], D>,
      y: Tensor<[N, P], D>,
    ): [Tensor<[M, P], D>, Tensor<[M, N], D>, Tensor<[N, P], D>] {
      const z = matmul(x, y);
      return [z, matmulDx(x, y, z), matmulDy(x, y, z)];
    }
    function layer<N extends number>(
      x: Tensor<[N, 6]>,
      w: Tensor<[9, 6]>,
      b: Tensor<[9]>,
    ): [Tensor<[N, 6]>, Tensor<[9, 6]>, Tensor<[9]>] {
      const y = linear(x, w, b);
      return [
        linearDx(x, w, b, y),
        linearDw(x, w, b, y),
        linearDb(x, w, b, y),
      ];
    }
    const total = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
      sumDx(x, sum(x));

    assertTensor<[4, 9]>()(product(x, y)[0], true);
    assertTensor<[4, 6]>()(layer(x, w, b)[0], true);
    assertTensor<[2, 3, 4]>()(total(cube), true);
  });

  it("take an out of the shape of the result", () => {
    assertTensor<[4, 9]>()(matmul(x, y, { out: zeros([4, 9]) }), true);
    assertTensor<[4, 6]>()(matmulDx(x, y, z, { out: zeros([4, 6]) }), true);
    assertTensor<[4, 9]>()(linear(x, w, b, { out: zeros([4, 9]) }), true);
    assertTensor<[9]>()(linearDb(x, w, b, z, { out: zeros([9]) }), true);
    assertTensor<[4, 9]>()(matmul(x, y, { out: undefined }), true);
    const { x: dx } = matmulD(x, y, z, { out: { x: zeros([4, 6]) } });
    assertTensor<[4, 6]>()(dx, true);
  });
});

describe("the compiler", () => {
  it("refuses literals that do not fit", () => {
    const wrong = [
      // @ts-expect-error out is transposed.
      () => matmul(x, y, { out: zeros([9, 4]) }),
      // @ts-expect-error out has the shape of y.
      () => matmulDx(x, y, z, { out: zeros([6, 9]) }),
      // @ts-expect-error out is transposed.
      () => linearDw(x, w, b, z, { out: zeros([6, 9]) }),
      // @ts-expect-error out.x has the shape of y.
      () => matmulD(x, y, z, { out: { x: zeros([6, 9]) } }),
      // @ts-expect-error The rows of y.
      () => matmul(x, zeros([7, 9])),
      // @ts-expect-error The rows of y, with other dimensions unknown.
      () => matmul(zeros([unknown(4), 6]), zeros([7, unknown(9)])),
      // @ts-expect-error The rows of y.
      () => matmulDx(x, zeros([7, 9]), z),
      // @ts-expect-error dout is transposed.
      () => matmulDy(x, y, zeros([9, 4])),
      // @ts-expect-error The columns of dout, with its rows unknown.
      () => matmulDx(x, y, zeros([unknown(4), 8])),
      // @ts-expect-error The length of the bias.
      () => addBias(cube, zeros([4])),
      // @ts-expect-error The length of the bias: nothing is broadcast.
      () => addBias(cube, zeros([1])),
      // @ts-expect-error The middle dimension of dout.
      () => addBiasDx(cube, bias, zeros([2, 4, 4])),
      // @ts-expect-error w is transposed.
      () => linear(x, y, b),
      // @ts-expect-error The length of the bias.
      () => linear(x, w, zeros([6])),
      // @ts-expect-error dout is transposed.
      () => linearDx(x, w, b, zeros([9, 4])),
      // @ts-expect-error There is no gradient of null.
      () => linearDb(x, w, null, z),
      // @ts-expect-error dout has the axis that is summed over.
      () => sumDx(cube, zeros([2, 3]), { axes: [1] }),
      // @ts-expect-error dout has another shape.
      () => softmaxDx(cube, zeros([2, 3, 5])),
    ];
    for (const f of wrong) assertThrows(f, TypeError);
  });

  it("refuses a wrong rank", () => {
    const wrong = [
      // @ts-expect-error y is a vector.
      () => matmul(x, zeros([6])),
      // @ts-expect-error x is a vector.
      () => matmul(zeros([6]), zeros([6, 1])),
      // @ts-expect-error The rank of x is not known.
      () => matmul(zeros([6]) as Tensor, y),
      // @ts-expect-error dout is a vector.
      () => matmulDx(x, y, zeros([36])),
      // @ts-expect-error dout has a dimension too many.
      () => matmulDy(x, y, zeros([4, 9, 1])),
      // @ts-expect-error x is a vector.
      () => addBias(zeros([3]), bias),
      // @ts-expect-error The bias is a matrix.
      () => addBias(cube, zeros([1, 3])),
      // @ts-expect-error The bias is a matrix.
      () => linear(x, w, zeros([9, 1])),
      // @ts-expect-error dout is a vector.
      () => sumDx(cube, zeros([1])),
    ];
    for (const f of wrong) assertThrows(f, TypeError);
  });

  it("refuses element types that are mixed, and integers", () => {
    const wrong = [
      // @ts-expect-error y is float64.
      () => matmul(x, zeros([6, 9], doubles)),
      // @ts-expect-error x is float64.
      () => matmul(zeros([4, 6], doubles), y),
      // @ts-expect-error dout is float64.
      () => matmulDx(x, y, zeros([4, 9], doubles)),
      // @ts-expect-error out is float64.
      () => matmul(x, y, { out: zeros([4, 9], doubles) }),
      // @ts-expect-error The bias is float64.
      () => linear(x, w, zeros([9], doubles)),
      // @ts-expect-error out.y is float64.
      () => matmulD(x, y, z, { out: { y: zeros([6, 9], doubles) } }),
      // @ts-expect-error Integers.
      () => sum(zeros([4], { dtype: "int32" })),
      // @ts-expect-error A plain array.
      () => sum({ shape: [24], data: Array(24).fill(0) as number[] }),
      // @ts-expect-error A shape that is not an array.
      () => sum({ shape: "4×6", data: new Float32Array(24) }),
    ];
    for (const f of wrong) assertThrows(f, TypeError);
  });

  it("refuses options that are none", () => {
    const wrong = [
      // @ts-expect-error A tensor in place of options.
      () => matmul(x, y, z),
      // @ts-expect-error There is no such option.
      () => softmax(x, { axes: [1] }),
      // @ts-expect-error There is no such option.
      () => sum(x, { axis: 1 }),
      // @ts-expect-error The axes are a list.
      () => sum(x, { axes: 1 }),
      // @ts-expect-error An axis is a number.
      () => softmax(x, { axis: "1" }),
      // @ts-expect-error Only opD has it.
      () => matmulDx(x, y, z, { wrt: ["x"] }),
      // @ts-expect-error The inputs are named in a list.
      () => matmulD(x, y, z, { wrt: "x" }),
      // @ts-expect-error out is a record here.
      () => matmulD(x, y, z, { out: zeros([4, 6]) }),
    ];
    for (const f of wrong) assertThrows(f, TypeError);
    // @ts-expect-error There is no such input.
    assertThrows(() => matmulD(x, y, z, { wrt: ["w"] }), RangeError);
  });
});
