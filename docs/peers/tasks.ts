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

export type Task = Matmul | AddBias | Sum;

/** What is counted: flops of a product, bytes read and written of the others. */
export function work({ op, size }: Task): number {
  return { matmul: 2 * size ** 3, addBias: 8 * size, sum: 4 * size }[op];
}

const [CHANNELS, INNER] = [10, 100];

export function matmul(size: number): Matmul {
  const random = integers(size);
  const [x, y] = [random(size * size), random(size * size)];
  return { op: "matmul", size, x, y };
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
    addBias: checkAddBias,
    sum: checkSum,
  }[
    task.op
  ] as (task: Task, result: ArrayLike<number>) => boolean;
  if (!expected(task, result)) {
    throw new Error(`The result of ${task.op} ${task.size} is wrong`);
  }
}

/**
 * Freivalds' check, in float64 and exact: if Z is X Y, then Z v is X (Y v) for
 * every v, and for a wrong Z it hardly ever is for a random one.
 */
function checkMatmul(
  { size: n, x, y }: Matmul,
  z: ArrayLike<number>,
): boolean {
  const v = integers(1)(n, 2 ** 20);
  const expected = times(x, times(y, v));
  const found = times(z, v);
  return z.length === n * n && found.every((value, i) => value === expected[i]);
}

function times(a: ArrayLike<number>, v: ArrayLike<number>): Float64Array {
  const n = v.length;
  const product = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) product[i] += a[i * n + j] * v[j];
  }
  return product;
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
