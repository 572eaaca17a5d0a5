// Copyright 2026 the Adjoint authors. MIT license.

// Shapes at compile time. What is refused by the compiler here is also refused
// by the code when it runs.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { assertType, type IsExact } from "@std/testing/types";
import { addBias, addBiasDx, addBiasDy } from "../arithmetic/add_bias.ts";
import { linear, linearDb, linearDw, linearDx } from "../products/linear.ts";
import { matmul, matmulDx, matmulDy } from "../products/matmul.ts";
import { sum, sumDx } from "../reductions/sum.ts";
import {
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

/** Compiles with `true` only where the first argument is just a `Tensor<S>`. */
function assertShape<S extends Shape>() {
  return <T>(_: T, isExact: IsExact<T, Tensor<S>>): void =>
    assertType<typeof isExact>(isExact);
}

describe("the shape types of the constructors", () => {
  it("come from nested arrays", () => {
    assertShape<[]>()(tensor(5), true);
    assertShape<[3]>()(tensor([1, 2, 3]), true);
    assertShape<[1, 2, 1]>()(tensor([[[1], [2]]]), true);
    assertShape<[2, 3]>()(tensor([[1, 2, 3], [4, 5, 6]]), true);
    assertShape<[2, 4]>()(tensor([[1, 2, 3], [4, 5, 6]]), false);
  });

  it("come from empty nested arrays", () => {
    assertShape<[0]>()(tensor([]), true);
    assertShape<[2, 0]>()(tensor([[], []]), true);
  });

  it("come from a given shape", () => {
    const shape = [2, 3] as const;
    assertShape<[2, 3]>()(tensor([1, 2, 3, 4, 5, 6], [2, 3]), true);
    assertShape<[2, 3]>()(tensor(new Float64Array(6), [2, 3]), true);
    assertShape<[2, 3]>()(zeros([2, 3]), true);
    assertShape<[2, 3]>()(ones(shape), true);
    assertShape<[2, 3]>()(ones(Object.freeze(shape)), true);
    assertShape<[2, 3]>()(reshape(zeros([6]), shape), true);
    assertShape<[]>()(scalar(1), true);
  });

  it("are number where nothing is known", () => {
    const rows: readonly (readonly number[])[] = [[1, 2]];
    const data: Float32Array | Float64Array = new Float32Array(2);
    assertShape<[number]>()(tensor([1, 2] as number[]), true);
    assertShape<[number]>()(tensor(data), true);
    assertShape<[number, number]>()(tensor(rows), true);
    assertShape<[number, 4]>()(zeros([unknown(2), 4]), true);
  });

  it("have no rank where the nesting is not known, until reshape gives one", () => {
    const nested: Nested = JSON.parse("[[1, 2, 3], [4, 5, 6]]");
    const x = tensor(nested);
    assertShape<Shape>()(x, true);
    assertShape<Shape>()(zeros([2, 3] as number[]), true);
    const y = reshape(x, [2, 3]);
    assertShape<[2, 3]>()(y, true);
    assertEquals(y.shape, [2, 3]);
  });

  it("are annotated by hand where a plain object is a tensor", () => {
    const data = new Float32Array(new SharedArrayBuffer(24));
    const x: Tensor<[2, 3]> = { shape: [2, 3], data };
    const y = { shape: [3, 2], data } as const;
    assertShape<[2, 2]>()(matmul(x, y), true);
    assertShape<[2, 2]>()(matmul({ shape: [2, 3], data }, y), true);
  });
});

describe("the shape types of the operations", () => {
  const x = zeros([4, 6]);
  const y = zeros([6, 9]);
  const z = zeros([4, 9]);
  const w = zeros([9, 6]);
  const b = zeros([9]);
  const cube = zeros([2, 3, 4]);
  const bias = zeros([3]);

  it("are those of the formula", () => {
    assertShape<[4, 9]>()(matmul(x, y), true);
    assertShape<[4, 6]>()(matmulDx(x, y, z), true);
    assertShape<[6, 9]>()(matmulDy(x, y, z), true);
    assertShape<[2, 3, 4]>()(addBias(cube, bias), true);
    assertShape<[2, 3, 4]>()(addBiasDx(cube, bias, cube), true);
    assertShape<[3]>()(addBiasDy(cube, bias, cube), true);
    assertShape<[4, 9]>()(linear(x, w, b), true);
    assertShape<[4, 6]>()(linearDx(x, w, b, z), true);
    assertShape<[9, 6]>()(linearDw(x, w, b, z), true);
    assertShape<[9]>()(linearDb(x, w, b, z), true);
    assertShape<[]>()(sum(cube), true);
    assertShape<[2, 3, 4]>()(sumDx(cube, scalar(1)), true);
  });

  it("take a number where a literal is wanted, in every place", () => {
    const [u2, u3, u4] = [unknown(2), unknown(3), unknown(4)];
    const [u6, u9] = [unknown(6), unknown(9)];
    assertShape<[number, 9]>()(matmul(zeros([u4, 6]), y), true);
    assertShape<[4, 9]>()(matmul(zeros([4, u6]), y), true);
    assertShape<[4, 9]>()(matmul(x, zeros([u6, 9])), true);
    assertShape<[4, number]>()(matmul(x, zeros([6, u9])), true);
    assertShape<[4, 6]>()(matmulDx(x, y, zeros([u4, 9])), true);
    assertShape<[4, 6]>()(matmulDx(x, y, zeros([4, u9])), true);
    assertShape<[4, 6]>()(matmulDx(x, zeros([u6, u9]), z), true);
    assertShape<[number, number]>()(matmulDx(zeros([u4, u6]), y, z), true);
    assertShape<[6, 9]>()(matmulDy(x, y, zeros([u4, u9])), true);
    assertShape<[2, 3, 4]>()(addBias(cube, zeros([u3])), true);
    assertShape<[2, number, 4]>()(addBias(zeros([2, u3, 4]), bias), true);
    assertShape<[2, 3, 4]>()(addBiasDx(cube, bias, zeros([u2, 3, u4])), true);
    assertShape<[3]>()(addBiasDy(cube, zeros([u3]), zeros([2, u3, 4])), true);
    assertShape<[4, 9]>()(linear(zeros([4, u6]), w, b), true);
    assertShape<[4, 9]>()(linear(x, zeros([9, u6]), zeros([u9])), true);
    assertShape<[4, number]>()(linear(x, zeros([u9, 6]), b), true);
    assertShape<[4, 6]>()(linearDx(x, w, b, zeros([u4, u9])), true);
    assertShape<[9, 6]>()(linearDw(x, w, zeros([u9]), zeros([u4, 9])), true);
    assertShape<[9]>()(linearDb(x, w, b, zeros([4, u9])), true);
    assertShape<[]>()(sum(zeros([u2, u3])), true);
    assertShape<[number, 3]>()(sumDx(zeros([u2, 3]), scalar(1)), true);
    assertShape<Shape>()(sumDx(cube as Tensor, scalar(1)), true);
  });

  it("are carried through generic functions", () => {
    function product<M extends number, N extends number, P extends number>(
      x: Tensor<[M, N]>,
      y: Tensor<[N, P]>,
    ): [Tensor<[M, P]>, Tensor<[M, N]>, Tensor<[N, P]>] {
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
    function channels<N extends number, M extends number, P extends number>(
      x: Tensor<[N, M, P]>,
      y: Tensor<[M]>,
    ): [Tensor<[N, M, P]>, Tensor<[M]>] {
      const z = addBias(x, y);
      return [addBiasDx(x, y, z), addBiasDy(x, y, z)];
    }
    const total = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
      sumDx(x, sum(x));

    assertShape<[4, 9]>()(product(x, y)[0], true);
    assertShape<[4, 6]>()(layer(x, w, b)[0], true);
    assertShape<[2, 3, 4]>()(channels(cube, bias)[0], true);
    assertShape<[2, 3, 4]>()(total(cube), true);
  });

  it("take an out of the shape of the result", () => {
    assertShape<[4, 9]>()(matmul(x, y, zeros([4, 9])), true);
    assertShape<[4, 6]>()(matmulDx(x, y, z, zeros([4, unknown(6)])), true);
    assertShape<[6, 9]>()(matmulDy(x, y, z, zeros([unknown(6), 9])), true);
    assertShape<[4, 9]>()(linear(x, w, b, zeros([4, 9])), true);
    assertShape<[4, 6]>()(linearDx(x, w, b, z, zeros([4, 6])), true);
    assertShape<[9, 6]>()(linearDw(x, w, b, z, zeros([9, 6])), true);
    assertShape<[9]>()(linearDb(x, w, b, z, zeros([unknown(9)])), true);
  });

  it("refuse literals that do not fit", () => {
    const wrong = [
      // @ts-expect-error out is transposed.
      () => matmul(x, y, zeros([9, 4])),
      // @ts-expect-error out has the shape of y.
      () => matmulDx(x, y, z, zeros([6, 9])),
      // @ts-expect-error out has the shape of x.
      () => matmulDy(x, y, z, zeros([4, 6])),
      // @ts-expect-error The columns of out, with its rows unknown.
      () => linear(x, w, b, zeros([unknown(4), 6])),
      // @ts-expect-error out is transposed.
      () => linearDw(x, w, b, z, zeros([6, 9])),
      // @ts-expect-error The length of out.
      () => linearDb(x, w, b, z, zeros([6])),
      // @ts-expect-error The rows of y.
      () => matmul(x, zeros([7, 9])),
      // @ts-expect-error The rows of y, with other dimensions unknown.
      () => matmul(zeros([unknown(4), 6]), zeros([7, unknown(9)])),
      // @ts-expect-error The rows of y.
      () => matmulDx(x, zeros([7, 9]), z),
      // @ts-expect-error The rows of y.
      () => matmulDy(x, zeros([7, 9]), z),
      // @ts-expect-error dout is transposed.
      () => matmulDx(x, y, zeros([9, 4])),
      // @ts-expect-error dout is transposed.
      () => matmulDy(x, y, zeros([9, 4])),
      // @ts-expect-error The columns of dout, with its rows unknown.
      () => matmulDx(x, y, zeros([unknown(4), 8])),
      // @ts-expect-error The columns of dout, with the rows of x unknown.
      () => matmulDx(zeros([unknown(4), 6]), y, zeros([4, 8])),
      // @ts-expect-error The length of the bias.
      () => addBias(cube, zeros([4])),
      // @ts-expect-error The length of the bias: nothing is broadcast.
      () => addBias(cube, zeros([1])),
      // @ts-expect-error The middle dimension of dout.
      () => addBiasDx(cube, bias, zeros([2, 4, 4])),
      // @ts-expect-error The last dimension of dout.
      () => addBiasDy(cube, bias, zeros([2, 3, 5])),
      // @ts-expect-error w is transposed.
      () => linear(x, y, b),
      // @ts-expect-error The length of the bias.
      () => linear(x, w, zeros([6])),
      // @ts-expect-error dout is transposed.
      () => linearDx(x, w, b, zeros([9, 4])),
      // @ts-expect-error dout is transposed.
      () => linearDw(x, w, b, zeros([9, 4])),
      // @ts-expect-error dout is transposed.
      () => linearDb(x, w, b, zeros([9, 4])),
    ];
    for (const f of wrong) assertThrows(f, TypeError);
  });

  it("refuse a wrong rank", () => {
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
      // @ts-expect-error x is a matrix.
      () => addBias(zeros([2, 3]), bias),
      // @ts-expect-error The bias is a matrix.
      () => addBias(cube, zeros([1, 3])),
      // @ts-expect-error The bias is a matrix.
      () => linear(x, w, zeros([9, 1])),
      // @ts-expect-error dout is a vector.
      () => sumDx(cube, zeros([1])),
    ];
    for (const f of wrong) assertThrows(f, TypeError);
  });

  it("refuse other data than Float32Array and Float64Array", () => {
    const shape = [4, 6] as const;
    const wrong = [
      // @ts-expect-error An Int32Array.
      () => sum({ shape, data: new Int32Array(24) }),
      // @ts-expect-error A plain array.
      () => sum({ shape, data: Array(24).fill(0) as number[] }),
      // @ts-expect-error A shape that is no array.
      () => sum({ shape: "4×6", data: new Float32Array(24) }),
    ];
    for (const f of wrong) assertThrows(f, TypeError);
  });
});
