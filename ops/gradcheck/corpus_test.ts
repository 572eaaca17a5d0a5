// Copyright 2026 the Adjoint authors. MIT license.

// A corpus of gradients, right ones and wrong ones, each judged by elements and by
// directions: no right one may be called wrong, and what is missed of the wrong
// ones is here with the reason.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { gradcheck } from "../gradcheck.ts";

type Data = Float64Array<ArrayBuffer>;

/** A tensor in float64. */
interface T {
  readonly shape: readonly number[];
  readonly data: Data;
}

// deno-lint-ignore no-explicit-any -- functions of all kinds
type F = (...args: any[]) => any;

interface Pair {
  name: string;
  forward: F;
  backward: readonly (F | null)[] | F;
  inputs: readonly { shape: readonly number[]; data: ArrayLike<number> }[];
  /** An object whose backward function reads what its forward function left. */
  owner?: () => { forward: F; backward: F };
}

// Numbers.

const fround = Math.fround;

function list(...values: number[]): T {
  return { shape: [values.length], data: Float64Array.from(values) };
}

function of(shape: readonly number[], f: (i: number) => number): T {
  const size = shape.reduce((size, n) => size * n, 1);
  return { shape, data: Float64Array.from({ length: size }, (_, i) => f(i)) };
}

/** Numbers that look random, between -1 and 1. */
function noise(i: number, seed = 1): number {
  const x = Math.sin(12.9898 * (i + 1) + 78.233 * seed) * 43758.5453;
  return 2 * (x - Math.floor(x)) - 1;
}

function random(shape: readonly number[], seed = 1, size = 1, center = 0): T {
  return of(shape, (i) => center + size * noise(i, seed));
}

function scalar(value: number): T {
  return { shape: [], data: Float64Array.of(value) };
}

function map(x: T, f: (v: number, i: number) => number): T {
  return { shape: x.shape, data: x.data.map(f) };
}

function total(n: number, f: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += f(i);
  return sum;
}

// Right pairs.

/** A function of each element. */
function each(
  name: string,
  f: (v: number) => number,
  df: (v: number) => number,
  ...points: [name: string, x: T][]
): Pair[] {
  return points.map(([where, x]) => ({
    name: `${name}, ${where}`,
    forward: (x: T) => map(x, f),
    backward: [(x: T, dz: T) => map(x, (v, i) => df(v) * dz.data[i])],
    inputs: [x],
  }));
}

/** The sum of a function of each element. */
function summed(pairs: Pair[]): Pair[] {
  return pairs.map(({ name, forward, backward, inputs }) => ({
    name: `the sum of ${name}`,
    forward: (x: T) => {
      const { data } = forward(x) as T;
      return scalar(total(data.length, (i) => data[i]));
    },
    backward: [
      (x: T, { data }: T) => (backward as F[])[0](x, map(x, () => data[0])),
    ],
    inputs,
  }));
}

const usual: [string, T] = ["usual", random([3, 4], 2, 2)];
const positive: [string, T] = ["positive", random([12], 3, 0.9, 1)];
const tiny: [string, T] = ["tiny", of([5], (i) => 1e-9 * (i + 1))];
const tiniest: [string, T] = ["tiniest", of([3], (i) => 1e-200 * (i + 1))];
const huge: [string, T] = ["huge", of([5], (i) => 1e9 * (i - 2.5))];
const mixed: [string, T] = [
  "of mixed scales",
  of([13], (i) => 10 ** (i - 6) * (i % 3 ? 1 : -1)),
];
const mixedPositive: [string, T] = [
  "of mixed scales",
  of([13], (i) => 10 ** (i - 6)),
];
const constant: [string, T] = [
  "nearly constant",
  of([6], (i) => 1 + 1e-9 * i),
];
const saturated: [string, T] = [
  "saturated",
  list(12, -12, 15, 20, -20, 0.5, -1),
];
const confident: [string, T] = ["confident", list(13, 14, 20, 12, 8)];
const atKinks: [string, T] = ["at kinks", list(0, 1, -1, 0.5, -2, 3, 0)];
const nearKinks: [string, T] = [
  "near kinks",
  list(1e-6, -1e-7, 1 + 1e-8, 1, 1e-9, -3e-10, 2),
];

const relu = (v: number) => Math.max(v, 0);
const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
const step = (v: number) => v > 0 ? 1 : 0;

const elementwise = [
  ...each("exp", Math.exp, Math.exp, usual, tiny, mixed, constant, [
    "large",
    list(30, -30, 0, 300),
  ], ["far apart", list(700, -700, 1)]),
  ...each("log", Math.log, (v) => 1 / v, positive, mixedPositive, tiny),
  ...each("sqrt", Math.sqrt, (v) => 0.5 / Math.sqrt(v), positive, [
    "huge",
    of([4], (i) => 1e12 * (i + 1)),
  ], ["tiny", of([4], (i) => 1e-12 * (i + 1))]),
  ...each("square", (v) => v * v, (v) => 2 * v, usual, tiny, huge, [
    "at its minimum",
    list(0, 0, 1),
  ], mixed),
  ...each("1/x", (v) => 1 / v, (v) => -1 / (v * v), positive, mixed),
  ...each("x³", (v) => v ** 3, (v) => 3 * v * v, usual, mixed),
  ...each("sin", Math.sin, Math.cos, usual, [
    "at 1e4",
    of([4], (i) => 1e4 + i),
  ]),
  ...each(
    "sin 300x",
    (v) => Math.sin(300 * v),
    (v) => 300 * Math.cos(300 * v),
    usual,
  ),
  ...each("tanh", Math.tanh, (v) => 1 - Math.tanh(v) ** 2, usual, saturated),
  ...each(
    "sigmoid",
    sigmoid,
    (v) => {
      const a = Math.exp(-Math.abs(v));
      return a / (1 + a) ** 2;
    },
    usual,
    saturated,
    ["far out", list(40, -40, 0.3)],
  ),
  ...each(
    "a naive softplus",
    (v) => Math.log(1 + Math.exp(v)),
    sigmoid,
    usual,
    saturated,
  ),
  ...each(
    "log(exp v + 1) − v",
    (v) => Math.log(Math.exp(v) + 1) - v,
    (v) => -1 / (1 + Math.exp(v)),
    usual,
    confident,
    ["at 13", list(13)],
    ["at 14", list(14)],
    ["at 20", list(20)],
  ),
  ...each("(v + 1) − 1", (v) => v + 1 - 1, () => 1, tiny, tiniest, [
    "at 1e-12",
    list(1e-12),
  ]),
  ...each("exp v − 1", (v) => Math.exp(v) - 1, Math.exp, tiny, usual),
  ...each("1e6 + v", (v) => 1e6 + v, () => 1, usual),
  ...each(
    "1 − cos v",
    (v) => 1 - Math.cos(v),
    Math.sin,
    ["near its minimum", list(1e-3, 2e-3, -1e-3)],
  ),
  ...each(
    "(v − 1)⁷ in powers",
    (v) =>
      v ** 7 - 7 * v ** 6 + 21 * v ** 5 - 35 * v ** 4 + 35 * v ** 3 -
      21 * v * v + 7 * v - 1,
    (v) => 7 * (v - 1) ** 6,
    ["near 1", list(1.2, 0.7, 1.4)],
  ),
  ...each("relu", relu, step, usual, atKinks, nearKinks),
  ...each("abs", Math.abs, Math.sign, usual, atKinks, nearKinks),
  ...each(
    "leaky relu",
    (v) => relu(v) - 0.1 * relu(-v),
    (v) => v > 0 ? 1 : v < 0 ? 0.1 : 0,
    usual,
    atKinks,
  ),
  ...each(
    "elu",
    (v) => v > 0 ? v : Math.exp(v) - 1,
    (v) => v > 0 ? 1 : Math.exp(v),
    usual,
    atKinks,
  ),
  ...each(
    "clamp",
    (v) => Math.min(Math.max(v, -1), 1),
    (v) => Math.abs(v) <= 1 ? 1 : 0,
    usual,
    atKinks,
  ),
  ...each("floor", Math.floor, () => 0, usual, atKinks),
  ...each("sign", Math.sign, () => 0, usual, atKinks),
  ...each("v |v|", (v) => v * Math.abs(v), (v) => 2 * Math.abs(v), atKinks),
  ...each(
    "|v|^1.5",
    (v) => Math.abs(v) ** 1.5,
    (v) => 1.5 * Math.sign(v) * Math.sqrt(Math.abs(v)),
    usual,
  ),
  ...each(
    "a bell",
    (v) => Math.exp(-v * v),
    (v) => -2 * v * Math.exp(-v * v),
    usual,
    ["far out", list(5, 15, 1)],
  ),
  ...each(
    "exp in float32",
    (v) => fround(Math.exp(fround(v))),
    (v) => fround(Math.exp(v)),
    usual,
  ),
  ...each(
    "a third of tanh in float32",
    (v) => fround(Math.tanh(fround(v))) / 3,
    (v) => (1 - Math.tanh(v) ** 2) / 3,
    usual,
  ),
  ...each(
    "softplus in float32",
    (v) => fround(Math.log(fround(1 + fround(Math.exp(fround(v)))))),
    sigmoid,
    usual,
    ["confident", list(5, 8, -5, -8)],
  ),
];

const sums = summed([
  ...each("exp", Math.exp, Math.exp, usual),
  ...each("relu", relu, step, usual, atKinks, [
    "of a thousand",
    random([1000], 5),
  ]),
  ...each("square", (v) => v * v, (v) => 2 * v, usual, [
    "of a thousand",
    random([1000], 6),
  ]),
  ...each("log", Math.log, (v) => 1 / v, positive),
  ...each("tanh", Math.tanh, (v) => 1 - Math.tanh(v) ** 2, saturated),
  ...each("abs", Math.abs, Math.sign, usual),
  ...each(
    "squares in float32",
    (v) => fround(fround(v) * fround(v)),
    (v) => 2 * v,
    usual,
  ),
]);

function matmul(x: T, y: T, round = (v: number) => v): T {
  const [[m, n], [, p]] = [x.shape, y.shape];
  return of([m, p], (at) => {
    const [i, j] = [Math.floor(at / p), at % p];
    let sum = 0;
    for (let k = 0; k < n; k++) {
      sum = round(
        sum + round(round(x.data[i * n + k]) * round(y.data[k * p + j])),
      );
    }
    return sum;
  });
}

function flip(x: T): T {
  const [m, n] = x.shape;
  return of([n, m], (at) => x.data[at % m * n + Math.floor(at / m)]);
}

const matmulDx = (_x: T, y: T, dz: T) => matmul(dz, flip(y));
const matmulDy = (x: T, _y: T, dz: T) => matmul(flip(x), dz);

/** Applies a function to each row. */
function rows(x: T, f: (row: Data, i: number) => ArrayLike<number>): T {
  const n = x.shape.at(-1)!;
  const data = new Float64Array(x.data.length);
  for (let i = 0; i < x.data.length / n; i++) {
    data.set(f(x.data.subarray(i * n, i * n + n), i), i * n);
  }
  return { shape: x.shape, data };
}

function softmaxRow(row: Data): Data {
  const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = row.map((v) => Math.exp(v - most));
  const sum = total(row.length, (j) => powers[j]);
  return powers.map((v) => v / sum);
}

const softmax = (x: T) => rows(x, softmaxRow);
const softmaxDx = (x: T, dz: T) => {
  const n = x.shape.at(-1)!;
  return rows(x, (row, i) => {
    const s = softmaxRow(row);
    const mean = total(n, (j) => s[j] * dz.data[i * n + j]);
    return s.map((v, j) => v * (dz.data[i * n + j] - mean));
  });
};

function logSumExp(row: Data): number {
  const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
  return most + Math.log(total(row.length, (j) => Math.exp(row[j] - most)));
}

/** The losses of a batch, each a difference of two numbers. */
function losses(x: T, labels: { data: ArrayLike<number> }): T {
  const [batch, classes] = x.shape;
  return of([batch], (i) => {
    const row = x.data.subarray(i * classes, i * classes + classes);
    return logSumExp(row) - row[labels.data[i]];
  });
}

const lossesDx = (x: T, labels: { data: ArrayLike<number> }, dz: T) =>
  rows(x, (row, i) => {
    const s = softmaxRow(row);
    const label = labels.data[i];
    const others = total(row.length, (j) => j === label ? 0 : s[j]);
    return s.map((v, j) => dz.data[i] * (j === label ? -others : v));
  });

const labels = { shape: [4], data: Int32Array.of(0, 3, 1, 4) };

function logits(gap: number): T {
  return of(
    [4, 5],
    (i) => noise(i, 7) + (i % 5 === labels.data[Math.floor(i / 5)] ? gap : 0),
  );
}

/** The mean of a batch, in a precision of its own. */
const meanOf = (z: T, round = (v: number) => v) =>
  scalar(round(round(total(z.data.length, (i) => z.data[i])) / z.data.length));

const crossEntropies: Pair[] = [0, 5, 8, 12, 13, 15, 18].flatMap((gap) => [
  {
    name: `cross entropies at a gap of ${gap}`,
    forward: losses,
    backward: [lossesDx, null],
    inputs: [logits(gap), labels],
  },
  {
    name: `their mean at a gap of ${gap}`,
    forward: (x: T, l: T) => meanOf(losses(x, l)),
    backward: [
      (x: T, l: T, { data }: T) => lossesDx(x, l, of([4], () => data[0] / 4)),
      null,
    ],
    inputs: [logits(gap), labels],
  },
]);

function layerNorm(x: T, eps = 1e-5): T {
  return rows(x, (row) => {
    const n = row.length;
    const mean = total(n, (j) => row[j]) / n;
    const variance = total(n, (j) => (row[j] - mean) ** 2) / n;
    return row.map((v) => (v - mean) / Math.sqrt(variance + eps));
  });
}

function layerNormDx(x: T, dz: T, eps = 1e-5): T {
  return rows(x, (row, i) => {
    const n = row.length;
    const d = dz.data.subarray(i * n, i * n + n);
    const mean = total(n, (j) => row[j]) / n;
    const variance = total(n, (j) => (row[j] - mean) ** 2) / n;
    const deviation = Math.sqrt(variance + eps);
    const unit = row.map((v) => (v - mean) / deviation);
    const a = total(n, (j) => d[j]) / n;
    const b = total(n, (j) => d[j] * unit[j]) / n;
    return unit.map((u, j) => (d[j] - a - u * b) / deviation);
  });
}

/** The mean of the squares less the square of the mean. */
const naiveVariance = (x: T) => {
  const n = x.data.length;
  const mean = total(n, (i) => x.data[i]) / n;
  return scalar(total(n, (i) => x.data[i] ** 2) / n - mean ** 2);
};
const varianceDx = (x: T, dz: T) => {
  const n = x.data.length;
  const mean = total(n, (i) => x.data[i]) / n;
  return map(x, (v) => 2 * (v - mean) / n * dz.data[0]);
};

const inner = (x: T, y: T) =>
  total(x.data.length, (i) => x.data[i] * y.data[i]);
const distance = (x: T, y: T) =>
  scalar(1 - inner(x, y) / Math.sqrt(inner(x, x) * inner(y, y)));
const distanceDx = (x: T, y: T, dz: T) => {
  const size = Math.sqrt(inner(x, x) * inner(y, y));
  return map(
    x,
    (v, i) => -dz.data[0] / size * (y.data[i] - v * inner(x, y) / inner(x, x)),
  );
};

const pool = (x: T) =>
  of([x.data.length / 2], (i) => Math.max(x.data[2 * i], x.data[2 * i + 1]));
const poolDx = (x: T, dz: T) =>
  map(x, (v, i) => {
    const other = x.data[i ^ 1];
    return dz.data[i >> 1] * (v > other ? 1 : v < other ? 0 : 0.5);
  });

const conv = (x: T, w: T) =>
  of(
    [x.data.length - w.data.length + 1],
    (i) => total(w.data.length, (k) => x.data[i + k] * w.data[k]),
  );
const convDx = (x: T, w: T, dz: T) =>
  map(
    x,
    (_, i) => total(w.data.length, (k) => (dz.data[i - k] ?? 0) * w.data[k]),
  );
const convDw = (x: T, w: T, dz: T) =>
  map(w, (_, k) => total(dz.data.length, (i) => x.data[i + k] * dz.data[i]));

const norm = (x: T) => scalar(Math.sqrt(inner(x, x)));
const normDx = (x: T, dz: T) => {
  const size = Math.sqrt(inner(x, x));
  return map(x, (v) => size === 0 ? 0 : v / size * dz.data[0]);
};

const cumprod = (x: T) => {
  let product = 1;
  return map(x, (v) => product *= v);
};
const cumprodDx = (x: T, dz: T) =>
  map(x, (_, i) =>
    total(x.data.length, (j) => {
      if (j < i) return 0;
      let product = dz.data[j];
      for (let k = 0; k <= j; k++) if (k !== i) product *= x.data[k];
      return product;
    }));

/** Attention weights, whose scores are masked by numbers that are added. */
const masked = (x: T, mask: T) => softmax(map(x, (v, i) => v + mask.data[i]));
const maskedDx = (x: T, mask: T, dz: T) =>
  softmaxDx(map(x, (v, i) => v + mask.data[i]), dz);

/** A layer that keeps its input. */
class Tanh {
  #z?: T;
  forward(x: T): T {
    return this.#z = map(x, Math.tanh);
  }
  backward(dz: T): T {
    return map(dz, (d, i) => d * (1 - this.#z!.data[i] ** 2));
  }
}

/** A cell of two outputs, which keeps what its gradients need. */
class Cell {
  #x?: T;
  #c?: T;
  forward(x: T, c: T): { h: T; c: T } {
    [this.#x, this.#c] = [x, c];
    const next = map(c, (v, i) => v * sigmoid(x.data[i]));
    return { h: map(next, Math.tanh), c: next };
  }
  backward({ h, c }: { h: T; c: T }): { x: T; c: T } {
    const [x0, c0] = [this.#x!, this.#c!];
    const next = map(c0, (v, i) => v * sigmoid(x0.data[i]));
    const d = map(
      c,
      (v, i) => v + h.data[i] * (1 - Math.tanh(next.data[i]) ** 2),
    );
    return {
      x: map(
        x0,
        (v, i) => d.data[i] * c0.data[i] * sigmoid(v) * (1 - sigmoid(v)),
      ),
      c: map(c0, (_, i) => d.data[i] * sigmoid(x0.data[i])),
    };
  }
}

const stateful = (
  name: string,
  make: () => { forward: F; backward: F },
  inputs: Pair["inputs"],
): Pair => ({
  name,
  forward: () => 0,
  backward: [],
  inputs,
  owner: make,
});

const structured: Pair[] = [
  {
    name: "matmul",
    forward: (x: T, y: T) => matmul(x, y),
    backward: [matmulDx, matmulDy],
    inputs: [random([5, 4]), random([4, 3], 2)],
  },
  {
    name: "matmul of huge and tiny numbers",
    forward: (x: T, y: T) => matmul(x, y),
    backward: [matmulDx, matmulDy],
    inputs: [random([5, 4], 1, 1e10), random([4, 3], 2, 1e-10)],
  },
  {
    name: "matmul of 16×16",
    forward: (x: T, y: T) => matmul(x, y),
    backward: [matmulDx, matmulDy],
    inputs: [random([16, 16], 3), random([16, 16], 4)],
  },
  {
    name: "matmul in float32",
    forward: (x: T, y: T) => matmul(x, y, fround),
    backward: [matmulDx, matmulDy],
    inputs: [random([5, 4]), random([4, 3], 2)],
  },
  {
    name: "softmax",
    forward: softmax,
    backward: [softmaxDx],
    inputs: [random([3, 5], 3, 2)],
  },
  {
    name: "softmax, confident",
    forward: softmax,
    backward: [softmaxDx],
    inputs: [logits(15)],
  },
  {
    name: "softmax, sure",
    forward: softmax,
    backward: [softmaxDx],
    inputs: [logits(40)],
  },
  {
    name: "softmax of one class",
    forward: softmax,
    backward: [softmaxDx],
    inputs: [random([4, 1])],
  },
  {
    name: "softmax in float32",
    forward: (x: T) => map(softmax(map(x, fround)), fround),
    backward: [softmaxDx],
    inputs: [random([3, 5], 3, 2)],
  },
  ...crossEntropies,
  {
    name: "the mean cross entropy in float32",
    forward: (x: T, l: T) =>
      meanOf(map(losses(map(x, fround), l), fround), fround),
    backward: [
      (x: T, l: T, { data }: T) => lossesDx(x, l, of([4], () => data[0] / 4)),
      null,
    ],
    inputs: [logits(2), labels],
  },
  {
    name: "layer norm",
    forward: (x: T) => layerNorm(x),
    backward: [(x: T, dz: T) => layerNormDx(x, dz)],
    inputs: [random([3, 6], 4, 3)],
  },
  {
    name: "layer norm of rows far from 0",
    forward: (x: T) => layerNorm(x),
    backward: [(x: T, dz: T) => layerNormDx(x, dz)],
    inputs: [random([3, 6], 4, 1, 1e4)],
  },
  {
    name: "layer norm of nearly constant rows",
    forward: (x: T) => layerNorm(x),
    backward: [(x: T, dz: T) => layerNormDx(x, dz)],
    inputs: [random([3, 6], 4, 1e-4, 1)],
  },
  {
    name: "a naive variance",
    forward: naiveVariance,
    backward: [varianceDx],
    inputs: [random([9], 5)],
  },
  {
    name: "a naive variance far from 0",
    forward: naiveVariance,
    backward: [varianceDx],
    inputs: [random([9], 5, 1, 1e4)],
  },
  {
    name: "the distance of two directions",
    forward: distance,
    backward: [distanceDx, (x: T, y: T, dz: T) => distanceDx(y, x, dz)],
    inputs: [random([4], 6), random([4], 7)],
  },
  {
    name: "the distance of a direction from itself",
    forward: distance,
    backward: [distanceDx, null],
    inputs: [list(1, 2, 3), list(1, 2, 3)],
  },
  {
    name: "max pooling",
    forward: pool,
    backward: [poolDx],
    inputs: [random([20], 8)],
  },
  {
    name: "max pooling of ties",
    forward: pool,
    backward: [poolDx],
    inputs: [of([20], (i) => Math.floor(i / 2) % 3 ? noise(i) : 2)],
  },
  {
    name: "max pooling, large",
    forward: pool,
    backward: [poolDx],
    inputs: [random([10000], 9)],
  },
  {
    name: "relu, large",
    forward: (x: T) => map(x, relu),
    backward: [(x: T, dz: T) => map(x, (v, i) => step(v) * dz.data[i])],
    inputs: [random([10007], 10)],
  },
  {
    name: "relu, large, with zeros",
    forward: (x: T) => map(x, relu),
    backward: [(x: T, dz: T) => map(x, (v, i) => step(v) * dz.data[i])],
    inputs: [of([10007], (i) => i % 7 ? noise(i) : 0)],
  },
  {
    name: "the mean of relu, large",
    forward: (x: T) => meanOf(map(x, relu)),
    backward: [
      (x: T, dz: T) => map(x, (v) => step(v) * dz.data[0] / x.data.length),
    ],
    inputs: [random([10000], 11)],
  },
  {
    name: "a convolution",
    forward: conv,
    backward: [convDx, convDw],
    inputs: [random([12], 12), random([3], 13)],
  },
  {
    name: "a norm",
    forward: norm,
    backward: [normDx],
    inputs: [random([7], 14)],
  },
  {
    name: "a norm at 0",
    forward: (x: T, y: T) => scalar(norm(x).data[0] + inner(y, y)),
    backward: [
      (x: T, _y: T, dz: T) => normDx(x, dz),
      (_x: T, y: T, dz: T) => map(y, (v) => 2 * v * dz.data[0]),
    ],
    inputs: [list(0, 0, 0), list(1, 2)],
  },
  {
    name: "a norm of mixed scales",
    forward: norm,
    backward: [normDx],
    inputs: [mixed[1]],
  },
  {
    name: "cumulative products",
    forward: cumprod,
    backward: [cumprodDx],
    inputs: [random([6], 15, 1, 1)],
  },
  {
    name: "cumulative products with zeros",
    forward: cumprod,
    backward: [cumprodDx],
    inputs: [list(2, 0, 3, -1, 0, 2)],
  },
  {
    name: "masked attention weights",
    forward: masked,
    backward: [maskedDx, null],
    inputs: [
      random([4, 4], 16),
      of([4, 4], (i) => i % 4 > Math.floor(i / 4) ? -Infinity : 0),
    ],
  },
  {
    name: "dropout",
    forward: (x: T, mask: T) => map(x, (v, i) => 2 * v * mask.data[i]),
    backward: [
      (_x: T, mask: T, dz: T) => map(dz, (d, i) => 2 * d * mask.data[i]),
      null,
    ],
    inputs: [random([6], 17), {
      shape: [6],
      data: Uint8Array.of(0, 1, 1, 0, 1, 1),
    }],
  },
  {
    name: "embedding",
    forward: (w: T, at: { data: Int32Array }) =>
      of([4, 3], (i) => w.data[at.data[Math.floor(i / 3)] * 3 + i % 3]),
    backward: [(w: T, at: { data: Int32Array }, dz: T) => {
      const dw = map(w, () => 0);
      for (const [i, d] of dz.data.entries()) {
        dw.data[at.data[Math.floor(i / 3)] * 3 + i % 3] += d;
      }
      return dw;
    }, null],
    inputs: [random([5, 3], 18), {
      shape: [4],
      data: Int32Array.of(0, 2, 2, 4),
    }],
  },
  {
    name: "two outputs, in a list",
    forward: (x: T) => [map(x, Math.sin), map(x, (v) => v * v)],
    backward: [
      (x: T, [a, b]: T[]) =>
        map(x, (v, i) => Math.cos(v) * a.data[i] + 2 * v * b.data[i]),
    ],
    inputs: [random([5], 19)],
  },
  {
    name: "outputs of two shapes, in a record, and all gradients at once",
    forward: (x: T, y: T) => ({ product: matmul(x, y), sum: meanOf(x) }),
    backward: (x: T, y: T, dz: { product: T; sum: T }) => ({
      x: map(
        matmulDx(x, y, dz.product),
        (v) => v + dz.sum.data[0] / x.data.length,
      ),
      y: matmulDy(x, y, dz.product),
    }),
    inputs: [random([3, 4], 20), random([4, 2], 21)],
  },
  {
    name: "an output of indices beside one of values",
    forward: (x: T) => ({
      value: scalar(Math.max(...x.data)),
      index: {
        shape: [],
        data: Int32Array.of(x.data.indexOf(Math.max(...x.data))),
      },
    }),
    backward: [
      (x: T, { value }: { value: T }) =>
        map(x, (v) => v === Math.max(...x.data) ? value.data[0] : 0),
    ],
    inputs: [random([5], 22)],
  },
  stateful("a layer that keeps its output", () => new Tanh(), [
    random([7], 23),
  ]),
  stateful("a cell of two inputs and outputs", () => new Cell(), [
    random([4], 24),
    random([4], 25),
  ]),
  {
    name: "a deep chain",
    forward: (x: T) =>
      map(x, (v) => {
        for (let i = 0; i < 20; i++) v = Math.tanh(1.1 * v + 0.1);
        return v;
      }),
    backward: [(x: T, dz: T) =>
      map(x, (v, i) => {
        let slope = 1;
        for (let k = 0; k < 20; k++) {
          v = Math.tanh(1.1 * v + 0.1);
          slope *= 1.1 * (1 - v * v);
        }
        return slope * dz.data[i];
      })],
    inputs: [random([5], 26)],
  },
  {
    name: "a determinant",
    forward: ({ data: [a, b, c, d] }: T) => scalar(a * d - b * c),
    backward: [
      ({ shape, data: [a, b, c, d] }: T, { data: [z] }: T) => ({
        shape,
        data: Float64Array.of(d * z, -c * z, -b * z, a * z),
      }),
    ],
    inputs: [random([2, 2], 27)],
  },
  {
    name: "an absolute error with ties",
    forward: (x: T, y: T) => map(x, (v, i) => Math.abs(v - y.data[i])),
    backward: [1, -1].map((sign) => (x: T, y: T, dz: T) =>
      map(x, (v, i) => sign * Math.sign(v - y.data[i]) * dz.data[i])
    ),
    inputs: [list(1, 2, 3.5, -1), list(1, 2.5, 3, -1)],
  },
  {
    name: "nothing",
    forward: (x: T) => map(x, Math.exp),
    backward: [(x: T) => x],
    inputs: [of([0, 3], () => 0)],
  },
];

export const RIGHT: Pair[] = [...elementwise, ...sums, ...structured];

// Wrong pairs: mistakes that someone makes in any of these.

/** A mistake in a gradient, and the causes that may truly be given for it. */
interface Mistake {
  name: string;
  make: (right: F) => F;
  causes: RegExp;
}

/** A mistake in the numbers of a gradient. */
function numbers(
  name: string,
  causes: RegExp,
  f: (v: number, i: number, all: Data, args: T[]) => number,
): Mistake {
  return {
    name,
    causes,
    make: (right) => (...args) => {
      const g = right(...args) as T;
      return map(g, (v, i) => f(v, i, g.data, args));
    },
  };
}

/** A mistake in the use of `dout`, which is the last argument. */
function douts(
  name: string,
  causes: RegExp,
  f: (v: number, i: number, all: Data) => number,
): Mistake {
  const change = (dz: T | T[]): T | T[] =>
    Array.isArray(dz)
      ? dz.map((dz) => change(dz) as T)
      : map(dz, (v, i) => f(v, i, dz.data));
  return {
    name,
    causes,
    make: (right) => (...args) =>
      right(...args.slice(0, -1), change(args.at(-1))),
  };
}

const NONE = /^$/;

const mistakes: Mistake[] = [
  numbers("twice", /^ratio 2.00: /, (v) => 2 * v),
  numbers("half", /^ratio 0.50: /, (v) => v / 2),
  numbers("of the wrong sign", /^ratio -1.00: the sign is wrong/, (v) => -v),
  numbers("off by a thousandth", NONE, (v) => 1.001 * v),
  numbers(
    "off by a thousandth here and there",
    NONE,
    (v, i) => v * (i % 3 === 1 ? 1.001 : 1),
  ),
  numbers("a third", /a factor 3 is missing/, (v) => v / 3),
  numbers("zero", /^the gradient is zero everywhere/, () => 0),
  numbers(
    "off by a thousandth in one element",
    NONE,
    (v, i, all) => i === all.length >> 1 ? 1.001 * v : v,
  ),
  numbers(
    "zero in the last element",
    /left out|zero everywhere/,
    (v, i, all) => i === all.length - 1 ? 0 : v,
  ),
  numbers(
    "zero in the first element",
    /left out|zero everywhere/,
    (v, i) => i === 0 ? 0 : v,
  ),
  numbers("NaN in one element", NONE, (v, i) => i === 1 ? NaN : v),
  numbers(
    "in reverse",
    /shifted|transposed|read one index off/,
    (_, i, all) => all[all.length - 1 - i],
  ),
  numbers(
    "one index off",
    /shifted by one|one index off/,
    (_, i, all) => all[(i + 1) % all.length],
  ),
  numbers(
    "with a constant added",
    /^a constant .+ is added|not linear/,
    (v) => v + 0.25,
  ),
  numbers(
    "without its sign",
    /sign is wrong where|sign of dout is lost|not linear/,
    (v) => Math.abs(v),
  ),
  numbers(
    "clipped",
    /not linear in dout/,
    (v) => Math.min(Math.max(v, -0.1), 0.1),
  ),
  numbers("saturated", /not linear in dout/, Math.tanh),
  numbers(
    "of two digits",
    /not linear in dout/,
    (v) => Number(v.toPrecision(2)),
  ),
  numbers(
    "with weight decay",
    /is added to the gradient|not linear/,
    (v, i, _, [x]) => v + 0.01 * x.data[i],
  ),
  numbers(
    "halved where the input is negative",
    NONE,
    (v, i, _, [x]) => x.data[i] < 0 ? v / 2 : v,
  ),
  numbers(
    "its average",
    /averaged/,
    (_v, _i, all) => total(all.length, (i) => all[i]) / all.length,
  ),
  douts("without dout", /dout is not used|not depend on dout/, () => 1),
  douts("of dout squared", /dout enters squared|not linear/, (d) => d * d),
  douts(
    "of dout without its sign",
    /sign of dout is lost|sign is wrong where dout|not linear/,
    Math.abs,
  ),
  douts("of dout in reverse", /dout/, (_, i, all) => all[all.length - 1 - i]),
  douts(
    "of dout without its last element",
    /left out|zero everywhere/,
    (d, i, all) => i === all.length - 1 ? 0 : d,
  ),
];

/** The pairs in which mistakes are planted, and in the gradient of which input. */
const BASES: [name: string, input: number][] = [
  ["exp, usual", 0],
  ["log, positive", 0],
  ["square, usual", 0],
  ["tanh, usual", 0],
  ["relu, usual", 0],
  ["a naive softplus, saturated", 0],
  ["log(exp v + 1) − v, at 13", 0],
  ["log(exp v + 1) − v, usual", 0],
  ["exp in float32, usual", 0],
  ["the sum of exp, usual", 0],
  ["matmul", 0],
  ["matmul", 1],
  ["matmul in float32", 1],
  ["softmax", 0],
  ["cross entropies at a gap of 5", 0],
  ["their mean at a gap of 12", 0],
  ["layer norm", 0],
  ["a convolution", 1],
  ["max pooling", 0],
  ["cumulative products", 0],
  ["dropout", 0],
  ["two outputs, in a list", 0],
];

interface Wrong extends Pair {
  input: number;
  causes: RegExp;
}

/** Whether two gradients differ by more than rounding, as pairs do where they are right. */
function differs({ forward, backward, inputs }: Pair, input: number, f: F) {
  const z = forward(...inputs);
  const dz = Array.isArray(z)
    ? z.map((z, k) => random(z.shape, 30 + k))
    : random(z.shape, 30);
  const [a, b] = [(backward as F[])[input], f].map((f) =>
    f(...inputs, dz).data
  );
  const most = Math.max(...(a as Data).map(Math.abs));
  return !(a as Data).every((v, i) => Math.abs(v - b[i]) < 1e-4 * most);
}

const planted: Wrong[] = BASES.flatMap(([base, input]) => {
  const pair = RIGHT.find(({ name }) => name === base)!;
  const right = (pair.backward as F[])[input];
  return mistakes.map(({ name, make, causes }) => ({
    ...pair,
    name: `the gradient ${input} of ${base}, ${name}`,
    backward: (pair.backward as F[]).with(input, make(right)),
    input,
    causes,
  })).filter((wrong) => differs(pair, input, (wrong.backward as F[])[input]));
});

/** The causes that are true of mistakes of a kind of their own. */
const TRUE: Record<string, RegExp> = {
  "of a sum": /^ratio 4.00: the factor 1\/4 is missing/,
  "without the division": /a factor 1\/output is missing/,
  "divided by n − 1": /a factor 8\/9 is missing/,
  "without the transpose of y": /^y is used without its transpose/,
  "straight through": /^the gradient is dout itself/,
  "without its ends": /^the gradient is dout itself/,
};

/** Mistakes of a kind of their own, each in the gradient of the first input. */
function wrongOf(
  base: string,
  name: string,
  wrong: F,
): Wrong {
  const pair = RIGHT.find((pair) => pair.name === base)!;
  const rest = Array.isArray(pair.backward) ? pair.backward.slice(1) : [];
  return {
    ...pair,
    name: `the gradient of ${base}, ${name}`,
    backward: [wrong, ...rest],
    input: 0,
    causes: TRUE[name] ?? NONE,
  };
}

const largeRelu = RIGHT.find(({ name }) => name === "relu, large")!;
const largePool = RIGHT.find(({ name }) => name === "max pooling, large")!;

/** One element of ten thousands is off. */
function oneOff(pair: Pair, factor: number): Wrong {
  const [right] = pair.backward as F[];
  const place = pair.inputs[0].data.length - 4321;
  // One whose gradient is not 0.
  const at = (g: T) => g.data.findIndex((v, i) => i >= place && v !== 0);
  return wrongOf(
    pair.name,
    `off by a factor of ${factor} in one element`,
    (...args) => {
      const g = right(...args) as T;
      const i = at(g);
      return map(g, (v, j) => j === i ? factor * v : v);
    },
  );
}

class HalfCell extends Cell {
  override backward(dz: { h: T; c: T }): { x: T; c: T } {
    return super.backward({ ...dz, c: map(dz.c, () => 0) });
  }
}

class StaleTanh extends Tanh {
  #first?: T;
  override forward(x: T): T {
    this.#first ??= x;
    return super.forward(x);
  }
  override backward(dz: T): T {
    return map(dz, (d, i) => d * (1 - Math.tanh(this.#first!.data[i]) ** 2));
  }
}

const ownKind: Wrong[] = [
  oneOff(largeRelu, 2),
  oneOff(largeRelu, 1.001),
  oneOff(largePool, 0),
  wrongOf(
    "softmax",
    "without what the others lose",
    (x: T, dz: T) => map(softmax(x), (v, i) => v * (1 - v) * dz.data[i]),
  ),
  wrongOf(
    "softmax",
    "without the sum over all",
    (x: T, dz: T) => map(softmax(x), (v, i) => v * dz.data[i]),
  ),
  wrongOf(
    "softmax, confident",
    "off by a thousandth",
    (x: T, dz: T) => map(softmaxDx(x, dz), (v) => 1.001 * v),
  ),
  wrongOf("cross entropies at a gap of 13", "off by a thousandth", (
    x: T,
    l: T,
    dz: T,
  ) => map(lossesDx(x, l, dz), (v) => 1.001 * v)),
  wrongOf("cross entropies at a gap of 5", "without the label", (
    x: T,
    _l: T,
    dz: T,
  ) => rows(x, (row, i) => softmaxRow(row).map((v) => v * dz.data[i]))),
  wrongOf(
    "their mean at a gap of 5",
    "of a sum",
    (x: T, l: T, { data }: T) => lossesDx(x, l, of([4], () => data[0])),
  ),
  wrongOf("layer norm", "as if mean and variance were constants", (
    x: T,
    dz: T,
  ) =>
    rows(x, (row, i) => {
      const n = row.length;
      const mean = total(n, (j) => row[j]) / n;
      const variance = total(n, (j) => (row[j] - mean) ** 2) / n;
      return row.map((_, j) => dz.data[i * n + j] / Math.sqrt(variance + 1e-5));
    })),
  wrongOf(
    "layer norm",
    "with another eps",
    (x: T, dz: T) => layerNormDx(x, dz, 1e-2),
  ),
  wrongOf(
    "a norm",
    "without the division",
    (x: T, dz: T) => map(x, (v) => v * dz.data[0]),
  ),
  wrongOf(
    "a naive variance",
    "divided by n − 1",
    (x: T, dz: T) => map(varianceDx(x, dz), (v) => v * 9 / 8),
  ),
  wrongOf(
    "a naive variance",
    "without the mean",
    (x: T, dz: T) => map(x, (v) => 2 * v / 9 * dz.data[0]),
  ),
  wrongOf(
    "a convolution",
    "without the flip",
    (x: T, w: T, dz: T) =>
      map(x, (_, i) => total(3, (k) => (dz.data[i - 2 + k] ?? 0) * w.data[k])),
  ),
  wrongOf(
    "matmul",
    "without the transpose of y",
    (x: T, y: T, dz: T) =>
      map(x, (_, at) => {
        const [i, k] = [Math.floor(at / 4), at % 4];
        return total(3, (j) => dz.data[i * 3 + j] * y.data[(j * 4 + k) % 12]);
      }),
  ),
  wrongOf("cumulative products", "of the last factor alone", (x: T, dz: T) => {
    const z = cumprod(x);
    return map(x, (v, i) => dz.data[i] * z.data[i] / v);
  }),
  wrongOf("cumulative products with zeros", "by division", (x: T, dz: T) => {
    const z = cumprod(x);
    return map(
      x,
      (v, i) => total(6, (j) => j < i ? 0 : dz.data[j] * z.data[j] / v),
    );
  }),
  wrongOf(
    "max pooling",
    "to both",
    (x: T, dz: T) => map(x, (_, i) => dz.data[i >> 1]),
  ),
  wrongOf("masked attention weights", "without the mask", (
    x: T,
    _m: T,
    dz: T,
  ) => softmaxDx(x, dz)),
  wrongOf(
    "dropout",
    "without the mask",
    (_x: T, _m: T, dz: T) => map(dz, (d) => 2 * d),
  ),
  wrongOf("embedding", "of the last of equal indices", (
    w: T,
    at: { data: Int32Array },
    dz: T,
  ) => {
    const dw = map(w, () => 0);
    for (const [i, d] of dz.data.entries()) {
      dw.data[at.data[Math.floor(i / 3)] * 3 + i % 3] = d;
    }
    return dw;
  }),
  wrongOf(
    "two outputs, in a list",
    "of the first alone",
    (x: T, [a]: T[]) => map(x, (v, i) => Math.cos(v) * a.data[i]),
  ),
  wrongOf(
    "relu, usual",
    "of a leaky one",
    (x: T, dz: T) => map(x, (v, i) => dz.data[i] * (v > 0 ? 1 : 0.01)),
  ),
  wrongOf("floor, usual", "straight through", (_x: T, dz: T) => dz),
  wrongOf("clamp, usual", "without its ends", (_x: T, dz: T) => dz),
  wrongOf(
    "a deep chain",
    "of the last step",
    (x: T, dz: T) =>
      map(x, (v, i) => {
        for (let k = 0; k < 19; k++) v = Math.tanh(1.1 * v + 0.1);
        return 1.1 * (1 - Math.tanh(1.1 * v + 0.1) ** 2) * dz.data[i];
      }),
  ),
  wrongOf("log(exp v + 1) − v, at 20", "off by a thousandth", (
    x: T,
    dz: T,
  ) => map(x, (v, i) => -1.001 / (1 + Math.exp(v)) * dz.data[i])),
  wrongOf(
    "(v + 1) − 1, tiny",
    "twice",
    (_x: T, dz: T) => map(dz, (d) => 2 * d),
  ),
  wrongOf(
    "(v + 1) − 1, tiniest",
    "twice",
    (_x: T, dz: T) => map(dz, (d) => 2 * d),
  ),
  wrongOf("softplus in float32, usual", "off by a thousandth", (
    x: T,
    dz: T,
  ) => map(x, (v, i) => 1.001 * sigmoid(v) * dz.data[i])),
  {
    ...stateful("a cell that forgets an output", () => new HalfCell(), [
      random([4], 24),
      random([4], 25),
    ]),
    input: 0,
    causes: NONE,
  },
  {
    ...stateful("a layer that keeps its first input", () => new StaleTanh(), [
      random([7], 23),
    ]),
    input: 0,
    causes: NONE,
  },
];

export const WRONG: Wrong[] = [
  // Every second mistake, and the others in the next pair.
  ...planted.filter((_, i) => (i + Math.floor(i / 26)) % 2 === 0),
  ...ownKind,
];

/** Wrong gradients that pass, and why nobody can know. */
const MISSED: (Wrong & { why: string })[] = [
  {
    ...wrongOf(
      "log, positive",
      "wrong where x is negative",
      (x: T, dz: T) => map(x, (v, i) => v > 0 ? dz.data[i] / v : 7),
    ),
    why: "no element is in that branch",
  },
  {
    ...wrongOf(
      "relu, at kinks",
      "wrong at the kink",
      (x: T, dz: T) => map(x, (v, i) => v === 0 ? 5 : v > 0 ? dz.data[i] : 0),
    ),
    why: "there is no gradient, only a choice",
  },
  {
    ...wrongOf(
      "exp in float32, usual",
      "off by a millionth",
      (x: T, dz: T) => map(x, (v, i) => (1 + 1e-6) * Math.exp(v) * dz.data[i]),
    ),
    why: "the forward function resolves five digits",
  },
  {
    ...wrongOf("square, usual", "off by less than the tolerance", (
      x: T,
      dz: T,
    ) => map(x, (v, i) => (1 + 1e-7) * 2 * v * dz.data[i])),
    why: "that is what the tolerance is for",
  },
  {
    ...wrongOf("exp, far apart", "zero where exp is 1e304 times smaller", (
      x: T,
      dz: T,
    ) => map(x, (v, i) => v < -600 ? 0 : Math.exp(v) * dz.data[i])),
    forward: (x: T) => scalar(total(3, (i) => Math.exp(x.data[i]))),
    backward: [
      (x: T, { data: [d] }: T) => map(x, (v) => v < -600 ? 0 : Math.exp(v) * d),
    ],
    why: "its sum with the largest hides it",
  },
];

/** Right gradients that cannot be told, and why. */
const UNTOLD = new Map([
  ["softmax, sure", "the outputs are 1 to the last bit"],
  ["a norm at 0", "all elements are at the kink"],
]);

// deno-lint-ignore no-explicit-any -- pairs of all kinds
const run = gradcheck as any;
/** Reports on large inputs, for which directions are chosen anyway. */
const known = new Map<Pair, ReturnType<typeof run>>();

function judge(pair: Pair, fast: boolean | undefined) {
  const { forward, backward, inputs, owner } = pair;
  if (owner) return run(owner(), inputs, { fast });
  const report = known.get(pair) ?? run(forward, backward, inputs, { fast });
  if (inputs[0].data.length > 5000) known.set(pair, report);
  return report;
}

/** What comes of some pairs, those of each verdict by name; untrue causes. */
function judgeAll(pairs: readonly (Pair | Wrong)[], fast: boolean | undefined) {
  const found: Record<string, string[]> = {
    right: [],
    wrong: [],
    "cannot tell": [],
    untrue: [],
  };
  for (const pair of pairs) {
    const { verdict, ok, inputs } = judge(pair, fast);
    assertEquals(ok, verdict === "right");
    found[verdict].push(pair.name);
    if (!("causes" in pair)) continue;
    const untrue = inputs[pair.input].causes
      .filter((cause: string) => !pair.causes.test(cause));
    if (untrue.length > 0) found.untrue.push(`${pair.name}: ${untrue}`);
  }
  return found;
}

describe("gradcheck() on a corpus", () => {
  it("is large", () => {
    assert(RIGHT.length >= 100, `${RIGHT.length} right pairs`);
    assert(WRONG.length >= 200, `${WRONG.length} wrong pairs`);
    assertEquals(new Set(RIGHT.map(({ name }) => name)).size, RIGHT.length);
    assertEquals(new Set(WRONG.map(({ name }) => name)).size, WRONG.length);
  });

  for (const fast of [undefined, true]) {
    const mode = fast ? ", in fast mode" : "";
    it(`calls no right gradient wrong${mode}`, () => {
      const { wrong, "cannot tell": untold } = judgeAll(RIGHT, fast);
      assertEquals(wrong, []);
      assertEquals(untold, [...UNTOLD.keys()]);
      assert(untold.length <= 0.05 * RIGHT.length);
    });

    it(`finds every wrong gradient that can be found, and states no false cause${mode}`, () => {
      const found = judgeAll(WRONG, fast);
      assertEquals(found.right, []);
      assertEquals(found["cannot tell"], []);
      assertEquals(found.untrue, []);
      const names = MISSED.map(({ name }) => name);
      assertEquals(judgeAll(MISSED, fast).right, names);
    });
  }
});
