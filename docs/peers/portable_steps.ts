// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Training steps by the peers that can differentiate, as their users would write them.
 *
 * @module
 */

import { asyncAttempt, type Attempt, attempt } from "./contender.ts";
import type { Foreign } from "./operations.ts";
import type { Value } from "./problems.ts";
import { COMPARED, MOMENTUM, type Step } from "./steps.ts";

type Tensors = Record<string, Foreign>;

/** A loss by TensorFlow.js: its namespace, the parameters, the batch. */
type TensorflowLoss = (tf: Foreign, p: Tensors, b: Tensors) => Foreign;

/** Labels as rows of 0 and one 1. */
const crossEntropy = (tf: Foreign, logits: Foreign, labels: Foreign) =>
  tf.losses.softmaxCrossEntropy(
    tf.oneHot(tf.reshape(labels, [-1]), logits.shape.at(-1)),
    tf.reshape(logits, [-1, logits.shape.at(-1)]),
  );

const TENSORFLOW: Record<Step["name"], TensorflowLoss> = {
  perceptron(tf, { w, b, v, c }, { x, t }) {
    const h = tf.relu(tf.add(tf.matMul(x, w, false, true), b));
    return crossEntropy(tf, tf.add(tf.matMul(h, v, false, true), c), t);
  },

  convnet(tf, p, { x, t, mask }) {
    const layer = (x: Foreign, name: string) => {
      const w = tf.transpose(p[`${name}.w`], [2, 3, 1, 0]);
      const y = tf.conv2d(x, w, 1, "same");
      const { mean, variance } = tf.moments(y, [0, 1, 2]);
      const { [`${name}.gamma`]: gamma, [`${name}.beta`]: beta } = p;
      const z = tf.batchNorm(y, mean, variance, beta, gamma, 1e-5);
      return tf.maxPool(tf.relu(z), 2, 2, "valid");
    };
    const f = layer(layer(tf.transpose(x, [0, 2, 3, 1]), "first"), "second");
    const kept = tf.mul(
      tf.reshape(tf.transpose(f, [0, 3, 1, 2]), [-1, 1568]),
      tf.div(tf.cast(mask, "float32"), 0.75),
    );
    return crossEntropy(tf, tf.add(tf.matMul(kept, p.w, false, true), p.b), t);
  },

  transformer(tf, p, { x, t }) {
    const [n, m] = x.shape, heads = 4, d = 32;
    const linear = (x: Foreign, w: Foreign) =>
      tf.reshape(
        tf.matMul(tf.reshape(x, [n * m, -1]), w, false, true),
        [n, m, -1],
      );
    const norm = (x: Foreign, gamma: Foreign) => {
      const mean = tf.mean(tf.square(x), -1, true);
      return tf.mul(tf.div(x, tf.sqrt(tf.add(mean, 2 ** -23))), gamma);
    };
    const split = (x: Foreign) =>
      tf.transpose(tf.reshape(x, [n, m, heads, d]), [0, 2, 1, 3]);
    // Turned pairs: x cos + (x swapped) sin, with the signs in the sines.
    const [cos, sin] = turns(m, d).map((data) => tf.tensor(data, [m, d]));
    const rope = (x: Foreign) => {
      const pairs = tf.reshape(x, [n, heads, m, d / 2, 2]);
      const swapped = tf.reshape(tf.reverse(pairs, 4), [n, heads, m, d]);
      return tf.add(tf.mul(x, cos), tf.mul(swapped, sin));
    };
    const future = tf.mul(
      tf.sub(1, tf.linalg.bandPart(tf.ones([m, m]), -1, 0)),
      -1e9,
    );
    let z = tf.reshape(
      tf.matMul(tf.oneHot(tf.reshape(x, [-1]), p.letters.shape[0]), p.letters),
      [n, m, -1],
    );
    for (let i = 0; i < 2; i++) {
      const of = (name: string) => p[`blocks[${i}].${name}`];
      const a = norm(z, of("g"));
      const [q, k, v] = ["q", "k", "v"].map((name) =>
        split(linear(a, of(name)))
      );
      const dots = tf.mul(
        tf.matMul(rope(q), rope(k), false, true),
        1 / Math.sqrt(d),
      );
      const y = tf.matMul(tf.softmax(tf.add(dots, future)), v);
      const joined = tf.reshape(tf.transpose(y, [0, 2, 1, 3]), [n, m, -1]);
      z = tf.add(z, linear(joined, of("o")));
      const c = linear(norm(z, of("f")), of("up"));
      const h = tf.mul(
        tf.mul(c, 0.5),
        tf.add(tf.erf(tf.mul(c, Math.SQRT1_2)), 1),
      );
      z = tf.add(z, linear(h, of("down")));
    }
    return crossEntropy(tf, linear(norm(z, p.g), p.out), t);
  },
};

/** Cosines, and sines with the sign that each of a pair gets. */
function turns(m: number, d: number): [Float32Array, Float32Array] {
  const [cos, sin] = [new Float32Array(m * d), new Float32Array(m * d)];
  for (let i = 0; i < m * d; i++) {
    const [at, j] = [Math.floor(i / d), i % d];
    const angle = at * 10000 ** (-2 * Math.floor(j / 2) / d);
    cos[i] = Math.cos(angle);
    sin[i] = j % 2 === 0 ? -Math.sin(angle) : Math.sin(angle);
  }
  return [cos, sin];
}

/** A step by TensorFlow.js, with its own optimisers. */
export function tensorflowStep(
  tf: Foreign,
  { name, params, batch, rate, optimiser }: Step,
): Attempt {
  const made = (values: Readonly<Record<string, Value>>) =>
    Object.entries(values).map(([name, { shape, data }]) => {
      const isFloat = data instanceof Float32Array;
      const dtype = isFloat ? "float32" : "int32";
      const own = isFloat ? data : Int32Array.from(data);
      return [name, tf.tensor(own, [...shape], dtype)] as const;
    });
  const given = Object.fromEntries(made(batch));
  const variables = Object.fromEntries(
    made(params).map(([name, tensor]) => [name, tf.variable(tensor)]),
  );
  const descent = optimiser === "sgd"
    ? tf.train.momentum(rate, MOMENTUM)
    : tf.train.adam(rate, 0.9, 0.999, 1e-8);
  const close = () => {
    descent.dispose();
    for (const tensor of Object.values({ ...given, ...variables })) {
      tensor.dispose();
    }
  };
  try {
    const step = () =>
      tf.tidy(() => {
        const loss = descent.minimize(
          () => TENSORFLOW[name](tf, variables, given),
          true,
        );
        return loss.dataSync()[0] as number;
      });
    return attempt({
      run: step,
      data: (first) => [first, ...Array.from({ length: COMPARED - 1 }, step)],
      close,
    });
  } catch (error) {
    close();
    throw error;
  }
}

/** A step of the perceptron by jax-js, as one program or operation by operation. */
export function jaxStep(
  library: Foreign,
  { name, params, batch, rate }: Step,
  isCompiled: boolean,
): Attempt | undefined {
  if (name !== "perceptron") return undefined;
  const { numpy: np, nn, tree, valueAndGrad, jit, blockUntilReady } = library;
  const n = batch.t.shape[0];
  const array = ({ shape, data }: Value) =>
    np.array(Float32Array.from(data), { shape: [...shape] });
  const lossOf = ({ w, b, v, c }: Tensors, x: Foreign, t: Foreign) => {
    const h = nn.relu(np.add(np.matmul(x, np.transpose(w)), b));
    const y = np.add(np.matmul(h, np.transpose(v)), c);
    return np.divide(np.sum(np.multiply(t, nn.logSoftmax(y))), -n);
  };
  const own = (p: Tensors, momenta: Tensors, x: Foreign, t: Foreign) => {
    const [value, grads] = valueAndGrad(lossOf)(tree.ref(p), x, t);
    const moved = tree.map(
      (m: Foreign, g: Foreign) => np.add(np.multiply(m, MOMENTUM), g),
      momenta,
      grads,
    );
    const next = tree.map(
      (p: Foreign, m: Foreign) => np.subtract(p, np.multiply(m, rate)),
      p,
      tree.ref(moved),
    );
    return [value, next, moved];
  };
  const take = isCompiled ? jit(own) : own;
  const labels = new Float32Array(n * 10);
  batch.t.data.forEach((t, i) => labels[10 * i + t] = 1);
  const x = array(batch.x), t = np.array(labels, { shape: [n, 10] });
  let p = Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, array(value)]),
  );
  let momenta = Object.fromEntries(
    Object.entries(params).map(([name, { shape }]) => [
      name,
      np.zeros([...shape]),
    ]),
  );
  const step = async () => {
    const [value, next, moved] = take(p, momenta, x.ref, t.ref);
    [p, momenta] = [next, moved];
    await blockUntilReady([value.ref, tree.ref(p), tree.ref(momenta)]);
    return (value as Foreign).dataSync()[0] as number;
  };
  return asyncAttempt({
    run: step,
    data: async (first) => {
      const losses = [first];
      while (losses.length < COMPARED) losses.push(await step());
      return losses;
    },
    close: () => tree.dispose([p, momenta, x, t]),
  });
}
