// Copyright 2026 the Adjoint authors. MIT license.

/**
 * `deno bench`: naive against blocked matrix multiplication, with mathjs beside
 * them, and the backward functions.
 *
 * Every product is first compared with the naive one, element by element:
 * nothing is timed that is wrong.
 *
 * @module
 */

import { create, multiplyDependencies } from "mathjs";
import { addBias, addBiasDx, addBiasDy } from "./ops/add_bias.ts";
import { blocked } from "./ops/kernels/blocked.ts";
import { matrix } from "./ops/kernels/matrix.ts";
import { naive } from "./ops/kernels/naive.ts";
import { linear, linearDb, linearDw, linearDx } from "./ops/linear.ts";
import { matmul, matmulDx, matmulDy } from "./ops/matmul.ts";
import { sum, sumDx } from "./ops/sum.ts";
import { reshape, type Tensor, tensor } from "./ops/tensor.ts";

const { multiply } = create(multiplyDependencies);

const SIZES = [64, 128, 256, 512, 1024];

/** mathjs takes eight times as long at each doubling: seconds at 1024. */
const MATHJS_MAX = 512;

/** The side of the matrices of the forward and backward functions. */
const SIDE = 256;

type Square = Tensor<[number, number]>;

/** A square matrix of numbers between -1 and 1, the same in every run. */
function square(n: number, seed: number): Square {
  let state = seed;
  const data = Float32Array.from({ length: n * n }, () => {
    state = Math.imul(state, 1664525) + 1013904223 | 0; // Numerical Recipes.
    return state / 2 ** 31;
  });
  return tensor(data, [n, n]);
}

/** Throws unless two results are equal but for float32 rounding. */
function compare(
  name: string,
  result: Tensor["data"],
  expected: Tensor["data"],
) {
  const n = Math.sqrt(expected.length);
  for (const [i, value] of expected.entries()) {
    if (!(Math.abs(result[i] - value) <= n * 2 ** -24 * Math.sqrt(n))) {
      throw new Error(
        `Cannot time ${name} as it is wrong: element ${i} is ${
          result[i]
        }, not ${value}`,
      );
    }
  }
}

for (const n of SIZES) {
  const [x, y] = [square(n, 1), square(n, 2)];
  const expected = new Float32Array(n * n);
  naive(matrix(x), matrix(y), expected);

  const z = new Float32Array(n * n);
  const variants: Record<string, () => Tensor["data"]> = {
    naive: () => (naive(matrix(x), matrix(y), z), z),
    blocked: () => (blocked(matrix(x), matrix(y), z), z),
    "matmul()": () => matmul(x, y).data,
  };
  if (n <= MATHJS_MAX) {
    const rows = ({ data }: Tensor) =>
      Array.from({ length: n }, (_, i) => [...data.slice(i * n, i * n + n)]);
    const [a, b] = [rows(x), rows(y)];
    compare(`mathjs ${n}`, Float32Array.from(multiply(a, b).flat()), expected);
    Deno.bench({
      name: `mathjs multiply ${n}`,
      group: `matmul ${n}×${n}`,
      fn: () => void multiply(a, b),
    });
  }
  for (const [name, run] of Object.entries(variants)) {
    compare(`${name} ${n}`, run(), expected);
    Deno.bench({
      name: `${name} ${n}`,
      group: `matmul ${n}×${n}`,
      baseline: name === "naive",
      fn: () => void run(),
    });
  }
}

/** The transpose, as a copy. */
function transpose(a: Square): Square {
  const [m, n] = a.shape;
  const data = a.data.map((_, at) => a.data[(at % m) * n + (at / m | 0)]);
  return tensor(data, [n, m]);
}

/** The naive product. */
function product(a: Square, b: Square): Tensor["data"] {
  const data = new Float32Array(a.shape[0] * b.shape[1]);
  naive(matrix(a), matrix(b), data);
  return data;
}

{
  const n = SIDE;
  const [x, y, dout] = [square(n, 1), square(n, 2), square(n, 3)];
  const b = tensor(x.data.subarray(0, n), [n]);
  const ones = tensor(new Float32Array(n).fill(1), [1, n]);
  const columns = product(ones, dout);
  const [xw, xt, yt, dt] = [
    product(x, transpose(y)),
    transpose(x),
    transpose(y),
    transpose(dout),
  ];
  time("matmul and linear", [
    ["matmul", () => matmul(x, y), product(x, y)],
    ["matmulDx", () => matmulDx(x, y, dout), product(dout, yt)],
    ["matmulDy", () => matmulDy(x, y, dout), product(xt, dout)],
    ["linear", () => linear(x, y, b), xw.map((v, i) => v + b.data[i % n])],
    ["linearDx", () => linearDx(x, y, b, dout), product(dout, y)],
    ["linearDw", () => linearDw(x, y, b, dout), product(dt, x)],
    ["linearDb", () => linearDb(x, y, b, dout), columns],
  ]);

  // n rows of n channels, with nothing inside a channel: columns once more.
  const [x3, dout3] = [reshape(x, [n, n, 1]), reshape(dout, [n, n, 1])];
  const one = tensor([1]);
  const total = product(
    tensor(columns, [1, n]),
    tensor(new Float32Array(n).fill(1), [n, 1]),
  );
  time("add bias and sum", [
    ["addBias", () => addBias(x3, b), x.data.map((v, i) => v + b.data[i % n])],
    ["addBiasDx", () => addBiasDx(x3, b, dout3), dout.data],
    ["addBiasDy", () => addBiasDy(x3, b, dout3), columns],
    ["sum", () => sum(dout), total],
    ["sumDx", () => sumDx(x, reshape(one, [])), x.data.map(() => 1)],
  ]);
}

/** Compares and times functions; the first is the baseline. */
function time(
  title: string,
  variants: [string, () => Tensor, Tensor["data"]][],
): void {
  for (const [i, [name, run, expected]] of variants.entries()) {
    compare(name, run().data, expected);
    Deno.bench({
      name: `${name} ${SIDE}`,
      group: `${title} ${SIDE}×${SIDE}`,
      baseline: i === 0,
      fn: () => void run(),
    });
  }
}
