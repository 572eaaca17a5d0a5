// Copyright 2026 the Adjoint authors. MIT license.

/**
 * `deno bench`: matrix multiplication naive, blocked, with SIMD, and as
 * the library does it on all threads, mathjs beside them; then the forward and backward functions.
 *
 * Every product is first compared with that of another kernel, element by
 * element: nothing is timed that is wrong.
 *
 * @module
 */

import { create, multiplyDependencies } from "mathjs";
import { arena } from "./ops/arena.ts";
import { addBias, addBiasDx, addBiasDy } from "./ops/arithmetic/add_bias.ts";
import { blocked } from "./ops/kernels/blocked.ts";
import { type Matrix, matrix } from "./ops/kernels/matrix.ts";
import { naive } from "./ops/kernels/naive.ts";
import { simd } from "./ops/kernels/simd.ts";
import { linear, linearDb, linearDw, linearDx } from "./ops/products/linear.ts";
import { matmul, matmulDx, matmulDy } from "./ops/products/matmul.ts";
import { sum, sumDx } from "./ops/reductions/sum.ts";
import {
  type Float,
  reshape,
  type Shape,
  type Tensor,
  tensor,
} from "./ops/tensor.ts";
import { startThreads } from "./ops/threads.ts";

const { multiply } = create(multiplyDependencies);

/** Products of m×n by n×p matrices. */
const SHAPES = [
  ...[16, 32, 64, 128, 256, 512, 1024, 2048].map((n) => [n, n, n]),
  [1, 1000, 1000],
  [1000, 1000, 1],
  [7, 1000, 3],
  [1000, 7, 1000],
];

const DTYPES = { float32: Float32Array, float64: Float64Array };

/** What `matmul` does where threads run: small products stay on one. */
function threads({ data, rows, cols }: Matrix, y: Matrix, z: Float) {
  const [m, n, p] = [rows, cols, y.cols];
  const out = tensor(z, [m, p]);
  matmul(tensor(data as Float, [m, n]), tensor(y.data as Float, [n, p]), {
    out,
  });
}

const KERNELS = { naive, blocked, simd, threads };

/** The most multiply-adds of each, so that no run takes many seconds. */
const MOST: Record<keyof typeof KERNELS | "mathjs", number> = {
  mathjs: 256 ** 3,
  naive: 1024 ** 3,
  blocked: 1024 ** 3,
  simd: Infinity,
  threads: Infinity,
};

/** The side of the matrices of the forward and backward functions. */
const SIDE = 256;

type Square = Tensor<[number, number], Float>;

/** A matrix of numbers between -1 and 1, the same in every run. */
function random(
  m: number,
  n: number,
  seed: number,
  Data: typeof Float32Array | typeof Float64Array = Float32Array,
): Square {
  let state = seed;
  const data = new Data(m * n).map(() => {
    state = Math.imul(state, 1664525) + 1013904223 | 0; // Numerical Recipes.
    return state / 2 ** 31;
  });
  return tensor(data, [m, n]);
}

const square = (n: number, seed: number) => random(n, n, seed);

/** Throws unless two sums of `terms` terms are equal but for rounding. */
function compare(
  name: string,
  result: ArrayLike<number>,
  expected: Float,
  terms: number,
) {
  const half = expected instanceof Float32Array ? 2 ** -24 : 2 ** -53;
  for (const [i, value] of expected.entries()) {
    if (!(Math.abs(result[i] - value) <= half * (terms + 1) ** 1.5)) {
      throw new Error(
        `Cannot time ${name} as it is wrong: element ${i} is ${
          result[i]
        }, not ${value}`,
      );
    }
  }
}

/** Runs a few times what takes long, else for half a second. */
function bench(
  name: string,
  group: string,
  baseline: boolean,
  size: number,
  fn: () => void,
): void {
  const few = size >= 512 ** 3
    ? { n: size >= 1024 ** 3 ? 3 : 5, warmup: 1 }
    : {};
  Deno.bench({ name, group, baseline, fn, ...few });
}

await startThreads();

for (const [dtype, Data] of Object.entries(DTYPES)) {
  for (const [m, n, p] of SHAPES) {
    const size = m * n * p;
    const group = `${m}×${n} by ${n}×${p}, ${dtype}`;
    const x = random(m, n, 1, Data);
    const y = random(n, p, 2, Data);
    const expected = new Data(m * p);
    const [X, Y] = [matrixOf(x), matrixOf(y)];
    blocked(X, Y, expected);

    const named = (name: string) => `${name} ${m}×${n}×${p}`;
    if (size <= MOST.mathjs) {
      const rows = ({ shape: [m, n], data }: Square) =>
        Array.from({ length: m }, (_, i) => [...data.slice(i * n, i * n + n)]);
      const [a, b] = [rows(x), rows(y)];
      compare(`mathjs, ${group}`, multiply(a, b).flat(), expected, n);
      bench(named("mathjs"), group, false, size, () => void multiply(a, b));
    }
    const kernels = Object.entries(KERNELS).filter(([name]) =>
      size <= MOST[name as keyof typeof KERNELS]
    );
    for (const [i, [name, kernel]] of kernels.entries()) {
      const z = new Data(m * p);
      kernel(X, Y, z);
      compare(`${name}, ${group}`, z, expected, n);
      bench(named(name), group, i === 0, size, () => kernel(X, Y, z));
    }
  }
}

/** A tensor as the kernels see it. */
function matrixOf({ shape: [m, n], data }: Square): Matrix {
  return matrix(data, m, n);
}

/** The transpose, as a copy. */
function transpose(a: Square): Square {
  const [m, n] = a.shape;
  const data = a.data.map((_, at) => a.data[(at % m) * n + (at / m | 0)]);
  return tensor(data, [n, m]);
}

/** The naive product. */
function product(a: Square, b: Square): Float {
  const data = new Float32Array(a.shape[0] * b.shape[1]);
  naive(matrixOf(a), matrixOf(b), data);
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

for (const n of [16, 32, 64, 128, 256, 512]) {
  const [x, y] = [square(n, 1), square(n, 2)];
  const z = matmul(x, y);
  compare("matmul", arena(() => matmul(x, y)).data, z.data, n ** 2);
  const group = `matmul ${n}×${n}, results`;
  const bench = (name: string, fn: () => void) =>
    Deno.bench({ name: `${name} ${n}`, group, fn });
  bench("new", () => void matmul(x, y));
  bench("new in an arena", () => {
    using _ = arena();
    matmul(x, y);
  });
  bench("out", () => void matmul(x, y, { out: z }));
}

/** Compares and times functions; the first is the baseline. */
function time(
  title: string,
  variants: [string, () => Tensor<Shape, Float>, Float][],
): void {
  for (const [i, [name, run, expected]] of variants.entries()) {
    compare(name, run().data, expected, SIDE ** 2);
    Deno.bench({
      name: `${name} ${SIDE}`,
      group: `${title} ${SIDE}×${SIDE}`,
      baseline: i === 0,
      fn: () => void run(),
    });
  }
}
