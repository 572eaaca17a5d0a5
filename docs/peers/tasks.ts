// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The work that every contender is given, and how its result is checked.
 *
 * All numbers are small integers. Every sum of them is exact in float32 in any
 * order, so a right result is equal to the expected one, and no tolerance has
 * to be chosen.
 *
 * @module
 */

/** The product of two square matrices. */
export interface Matmul {
  op: "matmul";
  size: number;
  x: Float32Array<ArrayBuffer>;
  y: Float32Array<ArrayBuffer>;
}

/** The same product in float64. */
export interface MatmulFloat64 {
  op: "matmulFloat64";
  size: number;
  x: Float64Array<ArrayBuffer>;
  y: Float64Array<ArrayBuffer>;
}

/** The gradient with respect to one of two square matrices. */
export interface MatmulGradient {
  op: "matmulDx" | "matmulDy";
  size: number;
  x: Float32Array<ArrayBuffer>;
  y: Float32Array<ArrayBuffer>;
  dout: Float32Array<ArrayBuffer>;
}

/** A bias on axis 1 of a tensor of rank 3. */
export interface AddBias {
  op: "addBias";
  size: number;
  shape: [number, number, number];
  x: Float32Array<ArrayBuffer>;
  y: Float32Array<ArrayBuffer>;
}

/** The sum of all elements. */
export interface Sum {
  op: "sum";
  size: number;
  x: Float32Array<ArrayBuffer>;
}

export type Task =
  | Matmul
  | MatmulFloat64
  | MatmulGradient
  | AddBias
  | Sum;

/** What is counted: flops of a product, bytes read and written of the others. */
export function work({ op, size }: Task): number {
  if (op === "addBias") return 8 * size;
  return op === "sum" ? 4 * size : 2 * size ** 3;
}

const [CHANNELS, INNER] = [10, 100];

export function matmul(size: number): Matmul {
  const random = integers(size);
  const [x, y] = [random(size * size), random(size * size)];
  return { op: "matmul", size, x, y };
}

export function matmulFloat64(size: number): MatmulFloat64 {
  const { x, y } = matmul(size);
  const [X, Y] = [new Float64Array(x), new Float64Array(y)];
  return { op: "matmulFloat64", size, x: X, y: Y };
}

export function matmulDx(size: number): MatmulGradient {
  return gradient("matmulDx", size);
}

export function matmulDy(size: number): MatmulGradient {
  return gradient("matmulDy", size);
}

function gradient(op: MatmulGradient["op"], size: number): MatmulGradient {
  return { ...matmul(size), op, dout: integers(~size)(size ** 2) };
}

export function addBias(size: number): AddBias {
  const random = integers(size);
  const shape: AddBias["shape"] = [
    size / CHANNELS / INNER,
    CHANNELS,
    INNER,
  ];
  return { op: "addBias", size, shape, x: random(size), y: random(CHANNELS) };
}

export function sum(size: number): Sum {
  return { op: "sum", size, x: integers(size)(size) };
}

/** Throws unless the result of a task is right. */
export function check(task: Task, result: ArrayLike<number>): void {
  const expected = {
    matmul: checkMatmul,
    matmulFloat64: checkMatmul,
    // ∂E/∂X = ∂E/∂Z Yᵀ, and ∂E/∂Y = Xᵀ ∂E/∂Z
    matmulDx: ({ size, y, dout }: MatmulGradient, dx: ArrayLike<number>) =>
      isProduct(size, by(dout), by(y, true), dx),
    matmulDy: ({ size, x, dout }: MatmulGradient, dy: ArrayLike<number>) =>
      isProduct(size, by(x, true), by(dout), dy),
    addBias: checkAddBias,
    sum: checkSum,
  }[
    task.op
  ] as (task: Task, result: ArrayLike<number>) => boolean;
  if (!expected(task, result)) {
    throw new Error(`The result of ${task.op} ${task.size} is wrong`);
  }
}

function checkMatmul(
  { size, x, y }: Matmul | MatmulFloat64,
  z: ArrayLike<number>,
): boolean {
  return isProduct(size, by(x), by(y), z);
}

type Linear = (v: ArrayLike<number>) => Float64Array;

/**
 * Freivalds' check, in float64 and exact: if Z is A B, then Z v is A (B v) for
 * every v, and for a wrong Z it hardly ever is for a random one.
 */
function isProduct(
  n: number,
  a: Linear,
  b: Linear,
  z: ArrayLike<number>,
): boolean {
  const v = integers(1)(n, 2 ** 20);
  const expected = a(b(v));
  const found = by(z)(v);
  return z.length === n * n && found.every((value, i) => value === expected[i]);
}

/** Multiplies a square matrix, or its transpose, by a vector. */
function by(a: ArrayLike<number>, isTransposed = false): Linear {
  return (v) => {
    const n = v.length;
    const product = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        product[i] += a[isTransposed ? j * n + i : i * n + j] * v[j];
      }
    }
    return product;
  };
}

function checkAddBias(
  { size, shape: [_, m, p], x, y }: AddBias,
  z: ArrayLike<number>,
): boolean {
  return z.length === size &&
    x.every((value, i) => z[i] === value + y[Math.floor(i / p) % m]);
}

function checkSum({ x }: Sum, result: ArrayLike<number>): boolean {
  return result.length === 1 && result[0] === x.reduce((a, b) => a + b);
}

/** Random integers from -bound to bound, the same in every run. */
function integers(
  seed: number,
): (length: number, bound?: number) => Float32Array<ArrayBuffer> {
  let state = seed;
  return (length, bound = 4) => {
    const data = new Float32Array(length);
    for (let i = 0; i < length; i++) {
      state = Math.imul(state, 1664525) + 1013904223 | 0; // Numerical Recipes.
      data[i] = Math.round(state / 2 ** 31 * bound);
    }
    return data;
  };
}
