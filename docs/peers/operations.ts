// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Every operation, and how each peer writes it: the table from which the race of all
 * operations is run.
 *
 * An entry has the shapes of its inputs, where the largest has about n numbers,
 * and a line for each peer that has the operation, or whose users would write it
 * in one line of its functions. A peer without the operation has no line.
 * Gradients are not in the table: they follow from the same line by what the peer
 * differentiates with.
 *
 * @module
 */

/** A namespace of another library, a tensor of it, or a result: three libraries'
 * types would hide the lines. */
// deno-lint-ignore no-explicit-any
export type Foreign = any;

/** How a library writes an operation: of its namespace, the inputs in their order,
 * and n. */
export type Line = (library: Foreign, ...inputs: Foreign[]) => Foreign;

/** A line of a peer that lays its tensors out differently. */
export interface Permuted {
  line: Line;
  /** The order of the axes of inputs, and of the output, by name. */
  axes: Readonly<Record<string, readonly number[]>>;
}

/** The peers that the table has lines for. */
export type Peer = "tfjs" | "numpy" | "jax";

/** How an operation is raced. */
export interface Entry extends Partial<Record<Peer, Line | Permuted>> {
  /** The operation, if the entry has another name. */
  op?: string;
  /** The shapes of the inputs where the largest has about n numbers. */
  shapes(n: number): Readonly<Record<string, readonly number[] | null>>;
  options?: (n: number) => Readonly<Record<string, unknown>>;
  /** What the numbers are between; from −2 to 2, if the operation takes such. */
  between?: readonly [number, number];
  /** What labels and indices are below; masks are below 2. */
  below?: (n: number) => number;
  /** The sizes, if they differ from the common ones. */
  sizes?: readonly number[];
  /** The gradients that are raced one by one, besides all at once. */
  gradients?: readonly string[];
  /** The same by other operations of this library, and all gradients so, which also
   * takes dout. */
  steps?: Line;
  stepsD?: Line;
}

/** About n numbers in each case. */
const SIZES: readonly number[] = [1e3, 1e5, 1e7];

/** Products grow faster than their operands. */
const PRODUCT_SIZES: readonly number[] = [1e3, 1e5];

const rowOf = (n: number) => n < 1e5 ? 100 : 1000;
const rows = (n: number) => [n / rowOf(n), rowOf(n)];
const images = (n: number) =>
  n < 1e5 ? [1, 4, 16, 16] : n < 1e7 ? [8, 32, 20, 20] : [32, 100, 56, 56];
const squares = (n: number) => {
  const side = Math.round(Math.sqrt(n));
  return [side, side];
};

const one = (n: number) => ({ x: [n] });
const two = (n: number) => ({ x: [n], y: [n] });
const table = (n: number) => ({ x: rows(n) });
const losses = (n: number) => ({ pred: [n], target: [n] });

const NHWC = [0, 2, 3, 1];
const TO_NHWC = { x: NHWC, y: NHWC };

/** One-dimensional, and given by a name that all three have. */
function elementwise(name: string): Entry {
  return {
    shapes: one,
    tfjs: (tf, x) => tf[name](x),
    numpy: (np, x) => np[name](x),
    jax: ({ numpy }, x) => numpy[name](x),
  };
}

function binary(name: string, numpyName = name): Entry {
  return {
    shapes: two,
    tfjs: (tf, x, y) => tf[name](x, y),
    numpy: (np, x, y) => np[numpyName](x, y),
    jax: ({ numpy }, x, y) => numpy[numpyName](x, y),
  };
}

/** Along the last axis, and along the first: two entries. */
function along(
  name: string,
  entry: (axis: number) => Omit<Entry, "shapes" | "op"> & Partial<Entry>,
  option: "axis" | "axes" = "axis",
): Record<string, Entry> {
  const at = (axis: number): Entry => {
    const { options = () => ({}), ...rest } = entry(axis);
    return {
      op: name,
      shapes: table,
      ...rest,
      options: (n) => ({
        ...options(n),
        [option]: option === "axes" ? [axis] : axis,
      }),
    };
  };
  return { [name]: at(1), [`${name}, axis 0`]: at(0) };
}

const convolution = (
  shape: readonly number[],
  side: number,
  padding: number,
): Entry => ({
  op: "conv2d",
  shapes: () => ({ x: shape, w: [shape[1], shape[1], side, side], b: null }),
  options: () => ({ padding }),
  sizes: [shape.reduce((a, b) => a * b)],
  gradients: ["x", "w"],
  tfjs: {
    line: (tf, x, w) => tf.conv2d(x, w, 1, padding === 0 ? "valid" : "same"),
    axes: { ...TO_NHWC, w: [2, 3, 1, 0] },
  },
  jax: ({ lax }, x, w) =>
    lax.conv(x, w, [1, 1], padding === 0 ? "VALID" : "SAME"),
});

/** Attention by products and softmax: the scores, and the scaled keys. */
function scores(
  { batchMatmul, mul, scalar, transpose }: Foreign,
  q: Foreign,
  k: Foreign,
) {
  const scale = scalar(1 / Math.sqrt(q.shape[2]));
  const keys = mul(transpose(k, { axes: [0, 2, 1] }), scale);
  return { scale, keys, s: batchMatmul(q, keys) };
}

const heads = (b: number, n: number, d: number): Entry => ({
  op: "attention",
  shapes: () => ({ q: [b, n, d], k: [b, n, d], v: [b, n, d], mask: null }),
  sizes: [b * n * d],
  steps: (ops, q, k, v) => ops.batchMatmul(ops.softmax(scores(ops, q, k).s), v),
  stepsD(ops, q, k, v, _mask, dout) {
    const { scale, keys, s } = scores(ops, q, k);
    const products = ops.batchMatmulD(ops.softmax(s), v, dout);
    const ds = ops.softmaxDx(s, products.x);
    const { x, y } = ops.batchMatmulD(q, keys, ds);
    return {
      q: x,
      k: ops.mul(ops.transpose(y, { axes: [0, 2, 1] }), scale),
      v: products.y,
    };
  },
  tfjs: (tf, q, k, v) =>
    tf.matMul(
      tf.softmax(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(d))),
      v,
    ),
  jax: ({ numpy, nn }, q, k, v) =>
    numpy.matmul(
      nn.softmax(
        numpy.multiply(
          numpy.matmul(q, numpy.transpose(k, [0, 2, 1])),
          1 / Math.sqrt(d),
        ),
      ),
      v,
    ),
});

const cell = (gates: number, states: readonly string[]): Entry => ({
  shapes(n) {
    const [m] = squares(n);
    const state = Object.fromEntries(states.map((name) => [name, [m, m]]));
    const biases: Record<string, number[]> = gates === 3
      ? { b: [3 * m], bh: [3 * m] }
      : { b: [gates * m] };
    const [w, u] = [[gates * m, m], [gates * m, m]];
    return { x: [m, m], ...state, w, u, ...biases };
  },
  sizes: PRODUCT_SIZES,
});

const pool = (tfName: string): Entry => ({
  shapes: (n) => ({ x: images(n) }),
  options: () => ({ size: 2 }),
  tfjs: {
    line: (tf, x) => tf[tfName](x, 2, 2, "valid"),
    axes: TO_NHWC,
  },
});

/** The table. */
export const TABLE: Readonly<Record<string, Entry>> = {
  matmul: {
    shapes: (n) => ({ x: squares(n), y: squares(n) }),
    sizes: PRODUCT_SIZES,
    tfjs: (tf, x, y) => tf.matMul(x, y),
    numpy: (np, x, y) => np.matmul(x, y),
    jax: ({ numpy }, x, y) => numpy.matmul(x, y),
  },
  linear: {
    shapes: (n) => ({ x: squares(n), w: squares(n), b: [squares(n)[0]] }),
    sizes: PRODUCT_SIZES,
    tfjs: (tf, x, w, b) => tf.add(tf.matMul(x, w, false, true), b),
    jax: ({ numpy }, x, w, b) =>
      numpy.add(numpy.matmul(x, numpy.transpose(w)), b),
  },
  batchMatmul: {
    shapes: (n) => ({
      x: [10, ...squares(n / 10)],
      y: [10, ...squares(n / 10)],
    }),
    sizes: PRODUCT_SIZES,
    tfjs: (tf, x, y) => tf.matMul(x, y),
    numpy: (np, x, y) => np.matmul(x, y),
    jax: ({ numpy }, x, y) => numpy.matmul(x, y),
  },
  add: binary("add"),
  "add, rows": {
    ...binary("add"),
    op: "add",
    shapes: (n) => ({ x: rows(n), y: [rowOf(n)] }),
  },
  sub: binary("sub", "subtract"),
  mul: binary("mul", "multiply"),
  div: { ...binary("div", "divide"), between: [0.5, 2] },
  maximum: binary("maximum"),
  minimum: binary("minimum"),
  addBias: {
    shapes: (n) => ({ x: [n / 1000, 10, 100], y: [10] }),
    tfjs: (tf, x, y) => tf.add(x, tf.reshape(y, [10, 1])),
    jax: ({ numpy }, x, y) => numpy.add(x, numpy.reshape(y, [10, 1])),
  },
  exp: elementwise("exp"),
  log: elementwise("log"),
  sqrt: elementwise("sqrt"),
  abs: elementwise("abs"),
  power: {
    shapes: one,
    options: () => ({ exponent: 1.5 }),
    tfjs: (tf, x) => tf.pow(x, 1.5),
    numpy: (np, x) => np.power(x, 1.5),
    jax: ({ numpy }, x) => numpy.power(x, 1.5),
  },
  clamp: {
    shapes: one,
    options: () => ({ min: -1, max: 1 }),
    tfjs: (tf, x) => tf.clipByValue(x, -1, 1),
    numpy: (np, x) => np.clip(x, -1, 1),
    jax: ({ numpy }, x) => numpy.clip(x, -1, 1),
  },
  where: {
    shapes: (n) => ({ mask: [n], x: [n], y: [n] }),
    tfjs: (tf, mask, x, y) => tf.where(mask, x, y),
    numpy: (np, mask, x, y) => np.where(mask, x, y),
    jax: ({ numpy }, mask, x, y) => numpy.where(mask, x, y),
  },
  relu: {
    shapes: one,
    tfjs: (tf, x) => tf.relu(x),
    numpy: (np, x) => np.maximum(x, 0),
    jax: ({ nn }, x) => nn.relu(x),
  },
  leakyRelu: {
    shapes: one,
    tfjs: (tf, x) => tf.leakyRelu(x, 0.01),
    jax: ({ nn }, x) => nn.leakyRelu(x, 0.01),
  },
  elu: {
    shapes: one,
    tfjs: (tf, x) => tf.elu(x),
    jax: ({ nn }, x) => nn.elu(x),
  },
  sigmoid: {
    shapes: one,
    tfjs: (tf, x) => tf.sigmoid(x),
    jax: ({ nn }, x) => nn.sigmoid(x),
  },
  tanh: elementwise("tanh"),
  silu: {
    shapes: one,
    tfjs: (tf, x) => tf.mul(x, tf.sigmoid(x)),
    jax: ({ nn }, x) => nn.silu(x),
  },
  gelu: {
    shapes: one,
    tfjs: (tf, x) =>
      tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
    jax: ({ nn }, x) => nn.gelu(x, { approximate: false }),
  },
  geluTanh: {
    shapes: one,
    jax: ({ nn }, x) => nn.gelu(x, { approximate: true }),
  },
  softplus: {
    shapes: one,
    tfjs: (tf, x) => tf.softplus(x),
    jax: ({ nn }, x) => nn.softplus(x),
  },
  ...along("sum", (axis) => ({
    tfjs: (tf, x) => tf.sum(x, axis),
    numpy: (np, x) => np.sum(x, axis),
    jax: ({ numpy }, x) => numpy.sum(x, axis),
  }), "axes"),
  ...along("mean", (axis) => ({
    tfjs: (tf, x) => tf.mean(x, axis),
    numpy: (np, x) => np.mean(x, axis),
    jax: ({ numpy }, x) => numpy.mean(x, axis),
  }), "axes"),
  ...along("variance", (axis) => ({
    options: () => ({ correction: 0 }),
    tfjs: (tf, x) => tf.moments(x, axis).variance,
    numpy: (np, x) => np.variance(x, axis),
    jax: ({ numpy }, x) => numpy.var_(x, axis),
  }), "axes"),
  ...along("prod", (axis) => ({
    between: [0.9, 1.1],
    tfjs: (tf, x) => tf.prod(x, axis),
    numpy: (np, x) => np.prod(x, axis),
    jax: ({ numpy }, x) => numpy.prod(x, axis),
  }), "axes"),
  ...along("norm", (axis) => ({
    tfjs: (tf, x) => tf.norm(x, 2, axis),
    numpy: (np, x) => np.linalg.norm(x, 2, axis),
    jax: ({ numpy }, x) => numpy.linalg.norm(x, { ord: 2, axis }),
  }), "axes"),
  ...along("max", (axis) => ({
    tfjs: (tf, x) => tf.max(x, axis),
    numpy: (np, x) => np.max(x, axis),
    jax: ({ numpy }, x) => numpy.max(x, axis),
  })),
  ...along("min", (axis) => ({
    tfjs: (tf, x) => tf.min(x, axis),
    numpy: (np, x) => np.min(x, axis),
    jax: ({ numpy }, x) => numpy.min(x, axis),
  })),
  ...along("logSumExp", (axis) => ({
    tfjs: (tf, x) => tf.logSumExp(x, axis),
    jax: ({ nn }, x) => nn.logsumexp(x, axis),
  })),
  ...along("cumsum", (axis) => ({
    tfjs: (tf, x) => tf.cumsum(x, axis),
    numpy: (np, x) => np.cumsum(x, axis),
    jax: ({ numpy }, x) => numpy.cumsum(x, axis),
  })),
  ...along("cumprod", (axis) => ({
    between: [0.9, 1.1],
    tfjs: (tf, x) => tf.cumprod(x, axis),
    numpy: (np, x) => np.cumprod(x, axis),
    jax: ({ numpy }, x) => numpy.cumprod(x, axis),
  })),
  ...along("argmax", (axis) => ({
    tfjs: (tf, x) => tf.argMax(x, axis),
    numpy: (np, x) => np.argmax(x, axis),
    jax: ({ numpy }, x) => numpy.argmax(x, axis),
  })),
  ...along("softmax", (axis) => ({
    tfjs: axis === 0
      ? (tf, x) => tf.transpose(tf.softmax(tf.transpose(x)))
      : (tf, x) => tf.softmax(x),
    jax: ({ nn }, x) => nn.softmax(x, axis),
  })),
  ...along("logSoftmax", (axis) => ({
    tfjs: axis === 0
      ? (tf, x) => tf.transpose(tf.logSoftmax(tf.transpose(x)))
      : (tf, x) => tf.logSoftmax(x),
    jax: ({ nn }, x) => nn.logSoftmax(x, axis),
  })),
  layerNorm: {
    shapes: (n) => ({ x: rows(n), gamma: [rowOf(n)], beta: [rowOf(n)] }),
    tfjs(tf, x, gamma, beta) {
      const { mean, variance } = tf.moments(x, 1, true);
      const s = tf.sqrt(tf.add(variance, 1e-5));
      return tf.add(tf.mul(tf.div(tf.sub(x, mean), s), gamma), beta);
    },
    jax: ({ numpy, nn }, x, gamma, beta) =>
      numpy.add(numpy.multiply(nn.standardize(x, 1), gamma), beta),
  },
  rmsNorm: {
    shapes: (n) => ({ x: rows(n), gamma: [rowOf(n)] }),
    tfjs: (tf, x, gamma) =>
      tf.mul(
        tf.div(x, tf.sqrt(tf.add(tf.mean(tf.square(x), 1, true), 2 ** -23))),
        gamma,
      ),
    jax: ({ numpy }, x, gamma) =>
      numpy.multiply(
        numpy.divide(
          x.ref,
          numpy.sqrt(
            numpy.add(
              numpy.mean(numpy.square(x), 1, { keepdims: true }),
              2 ** -23,
            ),
          ),
        ),
        gamma,
      ),
  },
  batchNorm: {
    shapes(n) {
      const x = images(n);
      return { x, gamma: [x[1]], beta: [x[1]] };
    },
    tfjs: {
      line(tf, x, gamma, beta) {
        const { mean, variance } = tf.moments(x, [0, 1, 2]);
        return tf.batchNorm(x, mean, variance, beta, gamma, 1e-5);
      },
      axes: TO_NHWC,
    },
  },
  "batchNorm, rows": {
    op: "batchNorm",
    shapes: (n) => ({ x: rows(n), gamma: [rowOf(n)], beta: [rowOf(n)] }),
    tfjs(tf, x, gamma, beta) {
      const { mean, variance } = tf.moments(x, 0);
      return tf.batchNorm(x, mean, variance, beta, gamma, 1e-5);
    },
  },
  batchNormInference: {
    shapes(n) {
      const x = images(n), channels = [x[1]];
      return {
        x,
        mean: channels,
        variance: channels,
        gamma: channels,
        beta: channels,
      };
    },
    tfjs: {
      line: (tf, x, mean, variance, gamma, beta) =>
        tf.batchNorm(x, mean, variance, beta, gamma, 1e-5),
      axes: TO_NHWC,
    },
  },
  mse: {
    shapes: losses,
    tfjs: (tf, pred, target) => tf.losses.meanSquaredError(target, pred),
    jax: ({ numpy }, pred, target) =>
      numpy.mean(numpy.square(numpy.subtract(pred, target))),
  },
  mae: {
    shapes: losses,
    tfjs: (tf, pred, target) => tf.losses.absoluteDifference(target, pred),
    jax: ({ numpy }, pred, target) =>
      numpy.mean(numpy.abs(numpy.subtract(pred, target))),
  },
  huber: {
    shapes: losses,
    tfjs: (tf, pred, target) => tf.losses.huberLoss(target, pred),
  },
  bceWithLogits: {
    shapes: (n) => ({ logits: [n], target: [n] }),
    tfjs: (tf, logits, target) => tf.losses.sigmoidCrossEntropy(target, logits),
  },
  crossEntropy: {
    shapes: (n) => ({ logits: rows(n), labels: [n / rowOf(n)] }),
    below: rowOf,
    tfjs: (tf, logits, labels) =>
      tf.losses.softmaxCrossEntropy(
        tf.oneHot(labels, logits.shape[1]),
        logits,
      ),
    jax: ({ numpy, nn }, logits, labels) => {
      const [n, c] = logits.shape;
      return numpy.divide(
        numpy.sum(numpy.multiply(nn.oneHot(labels, c), nn.logSoftmax(logits))),
        -n,
      );
    },
  },
  reshape: {
    shapes: table,
    tfjs: (tf, x) => tf.reshape(x, [-1]),
    numpy: (np, x) => np.reshape(x, [-1]),
    jax: ({ numpy }, x) => numpy.reshape(x, [-1]),
  },
  broadcastTo: {
    shapes: (n) => ({ x: [rowOf(n)] }),
    options: (n) => ({ m: n / rowOf(n) }),
    tfjs: (tf, x, n) => tf.broadcastTo(x, rows(n)),
  },
  transpose: {
    shapes: table,
    tfjs: (tf, x) => tf.transpose(x),
    numpy: (np, x) => np.ascontiguousarray(np.transpose(x)),
    jax: ({ numpy }, x) => numpy.transpose(x),
  },
  ...along("concat", (axis) => ({
    shapes: (n) => ({ x: rows(n), y: rows(n) }),
    tfjs: (tf, x, y) => tf.concat([x, y], axis),
    numpy: (np, x, y) => np.concatenate([x, y], axis),
    jax: ({ numpy }, x, y) => numpy.concatenate([x, y], axis),
  })),
  split: {
    shapes: (n) => ({ x: [n / rowOf(n), rowOf(n), 1] }),
    options: (n) => ({ m: rowOf(n) / 4 }),
    tfjs: (tf, x) => tf.split(x, [x.shape[1] / 4, x.shape[1] * 3 / 4], 1),
  },
  slice: {
    shapes: one,
    options: (n) => ({ start: n / 10, end: n }),
    tfjs: (tf, x) => tf.slice(x, x.size / 10),
  },
  pad: {
    shapes: one,
    options: () => ({ before: 10, after: 10 }),
    tfjs: (tf, x) => tf.pad(x, [[10, 10]]),
    numpy: (np, x) => np.pad(x, 10),
    jax: ({ numpy }, x) => numpy.pad(x, 10),
  },
  oneHot: {
    shapes: (n) => ({ indices: [n / rowOf(n)] }),
    below: rowOf,
    options: (n) => ({ classes: rowOf(n) }),
    tfjs: (tf, x, n) => tf.oneHot(x, rowOf(n)),
    jax: ({ nn }, x, n) => nn.oneHot(x, rowOf(n)),
  },
  embedding: {
    shapes: (n) => ({ w: rows(n), indices: [n / rowOf(n)] }),
    below: (n) => n / rowOf(n),
    tfjs: (tf, w, indices) => tf.gather(w, indices),
    numpy: (np, w, indices) => np.take(w, indices, 0),
    jax: ({ numpy }, w, indices) => numpy.take(w, indices, 0),
  },
  gather: {
    shapes: (n) => ({ x: rows(n), indices: rows(n) }),
    below: rowOf,
    numpy: (np, x, indices) => np.take_along_axis(x, indices, 1),
    jax: ({ numpy }, x, indices) => numpy.takeAlongAxis(x, indices, 1),
  },
  scatterAdd: {
    shapes: (n) => ({ x: rows(n), indices: rows(n), y: rows(n) }),
    below: rowOf,
  },
  dropout: {
    shapes: (n) => ({ x: [n], mask: [n] }),
    tfjs: (tf, x, mask) => tf.mul(tf.mul(x, tf.cast(mask, "float32")), 2),
  },
  "conv2d, 3×3": convolution([8, 32, 56, 56], 3, 1),
  "conv2d, 1×1": convolution([8, 32, 56, 56], 1, 0),
  convTranspose2d: {
    shapes: () => ({ x: [4, 16, 28, 28], w: [16, 16, 3, 3], b: null }),
    sizes: [50176],
    options: () => ({ padding: 1 }),
    tfjs: {
      line: (tf, x, w) => tf.conv2dTranspose(x, w, [4, 28, 28, 16], 1, "same"),
      axes: { ...TO_NHWC, w: [2, 3, 1, 0] },
    },
  },
  maxPool2d: pool("maxPool"),
  avgPool2d: pool("avgPool"),
  localResponseNorm: {
    shapes: (n) => ({ x: images(n) }),
    options: () => ({ size: 5, alpha: 0.1 }),
    tfjs: {
      line: (tf, x) => tf.localResponseNormalization(x, 2, 1, 0.1 / 5, 0.75),
      axes: TO_NHWC,
    },
  },
  "attention, 1×16×64": heads(1, 16, 64),
  "attention, 8×512×64": heads(8, 512, 64),
  rope: { shapes: (n) => ({ x: rows(n) }) },
  rnnCell: cell(1, ["h"]),
  gruCell: cell(3, ["h"]),
  lstmCell: cell(4, ["h", "c"]),
};

/** The sizes at which an entry is raced. */
export function sizesOf({ sizes = SIZES }: Entry): readonly number[] {
  return sizes;
}
