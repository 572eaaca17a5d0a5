// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Checks the gradients of other libraries: those of TensorFlow.js and of jax-js,
 * more than twenty functions each, as `gradcheck` sees them from outside. Both
 * compute in float32.
 *
 * What must be found is beside each function, with the reason where it is not
 * `right`: the script fails if it finds something else, or if the guide says
 * something else.
 *
 * Usage: `deno task gradcheck:peers`
 *
 * @module
 */

import { gradcheck, type Verdict } from "../../ops/gradcheck.ts";
import guide from "../guides/2-check-your-own-gradient.md" with {
  type: "text",
};

/** A tensor as gradcheck hands it on, and as it takes it. */
interface Value {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
}

/** A function of a library, judged. */
interface Case<T> {
  name: string;
  shapes: readonly (readonly number[])[];
  f(...inputs: T[]): T;
  /** The bounds of its inputs. */
  between?: readonly [number, number];
  /** The verdict, if it is not `right`, and why. */
  verdict?: Exclude<Verdict, "right">;
  why?: string;
}

/** A library that differentiates. */
interface Library<T> {
  name: string;
  cases: readonly Case<T>[];
  forward(f: (...inputs: T[]) => T, inputs: readonly Value[]): Value;
  backward(
    f: (...inputs: T[]) => T,
    inputs: readonly Value[],
    dout: Value,
  ): Value[];
}

/** Numbers that look random. */
function draw(
  shape: readonly number[],
  seed: number,
  [from, to]: readonly [number, number] = [-2, 2],
): Value {
  const size = shape.reduce((size, n) => size * n, 1);
  const data = Float32Array.from({ length: size }, (_, i) => {
    const x = Math.sin(12.9898 * (i + 1) + 78.233 * seed) * 43758.5453;
    return from + (to - from) * (x - Math.floor(x));
  });
  return { shape, data };
}

async function tensorflow(): Promise<Library<unknown>> {
  const tf = await import("npm:@tensorflow/tfjs@4.22.0");
  await tf.setBackend("cpu");
  type Tensor = ReturnType<typeof tf.add>;
  type Rank4 = ReturnType<typeof tf.tensor4d>;
  const array = ({ shape, data }: Value): Tensor =>
    tf.tensor(Float32Array.from(data), [...shape], "float32");
  const value = (x: Tensor): Value => ({
    shape: x.shape,
    data: Float32Array.from(x.dataSync()),
  });
  const tidy = <R>(f: () => R): R => {
    tf.engine().startScope();
    try {
      return f();
    } finally {
      tf.engine().endScope();
    }
  };
  const cases: Case<Tensor>[] = [
    { name: "matMul", shapes: [[3, 4], [4, 2]], f: (x, y) => tf.matMul(x, y) },
    { name: "softmax", shapes: [[3, 5]], f: (x) => tf.softmax(x) },
    { name: "logSoftmax", shapes: [[3, 5]], f: (x) => tf.logSoftmax(x) },
    { name: "logSumExp", shapes: [[3, 5]], f: (x) => tf.logSumExp(x, 1) },
    { name: "relu", shapes: [[12]], f: (x) => tf.relu(x) },
    { name: "elu", shapes: [[12]], f: (x) => tf.elu(x) },
    { name: "selu", shapes: [[12]], f: (x) => tf.selu(x) },
    { name: "leakyRelu", shapes: [[12]], f: (x) => tf.leakyRelu(x, 0.1) },
    { name: "sigmoid", shapes: [[12]], f: (x) => tf.sigmoid(x) },
    { name: "softplus", shapes: [[12]], f: (x) => tf.softplus(x) },
    { name: "tanh", shapes: [[12]], f: (x) => tf.tanh(x) },
    { name: "erf", shapes: [[12]], f: (x) => tf.erf(x) },
    { name: "sqrt", shapes: [[6]], f: (x) => tf.sqrt(x), between: [0.5, 2] },
    {
      name: "pow",
      shapes: [[6], [6]],
      f: (x, y) => tf.pow(x, y),
      between: [0.5, 2],
    },
    {
      name: "div",
      shapes: [[3, 4], [4]],
      f: (x, y) => tf.div(x, y),
      between: [0.5, 2],
    },
    { name: "mean", shapes: [[3, 4]], f: (x) => tf.mean(x, 0) },
    { name: "max", shapes: [[3, 4]], f: (x) => tf.max(x, 1) },
    { name: "cumsum", shapes: [[3, 4]], f: (x) => tf.cumsum(x, 1) },
    {
      name: "conv2d",
      shapes: [[1, 5, 5, 2], [3, 3, 2, 3]],
      f: (x, w) => tf.conv2d(x as Rank4, w as Rank4, 1, "same"),
    },
    {
      name: "maxPool",
      shapes: [[1, 4, 4, 2]],
      f: (x) => tf.maxPool(x as Rank4, 2, 2, "valid"),
    },
    {
      name: "avgPool",
      shapes: [[1, 4, 4, 2]],
      f: (x) => tf.avgPool(x as Rank4, 2, 2, "valid"),
    },
    {
      name: "avgPool with padding",
      shapes: [[1, 5, 5, 1]],
      f: (x) => tf.avgPool(x as Rank4, 3, 2, "same"),
      verdict: "wrong",
      why:
        "forward divides by the elements that are there, backward by the whole window",
    },
    {
      name: "matMul with broadcasting",
      shapes: [[2, 3, 4], [1, 4, 2]],
      f: (x, y) => tf.matMul(x, y),
      verdict: "wrong",
      why: "backward does not sum over the batch, and throws",
    },
    {
      name: "einsum",
      shapes: [[3, 4], [4, 2]],
      f: (x, y) => tf.einsum("ij,jk->ik", x, y),
      verdict: "wrong",
      why: "it has no gradient, and backward throws",
    },
    {
      name: "localResponseNormalization",
      shapes: [[1, 2, 2, 5]],
      f: (x) => tf.localResponseNormalization(x as Rank4, 2, 1, 0.5, 0.75),
    },
  ];
  return {
    name: "TensorFlow.js 4.22.0",
    cases: cases as Case<unknown>[],
    forward: (f, inputs) =>
      tidy(() => value(f(...inputs.map(array)) as Tensor)),
    backward: (f, inputs, dout) =>
      tidy(() =>
        tf.grads(f as (...x: Tensor[]) => Tensor)(
          inputs.map(array),
          array(dout),
        ).map(value)
      ),
  };
}

async function jax(): Promise<Library<unknown>> {
  const { numpy: np, nn, vjp, lax, init, defaultDevice } = await import(
    "npm:@jax-js/jax@0.1.25"
  );
  const { Worker } = globalThis;
  try {
    // It would start as many workers as there are cores.
    Reflect.deleteProperty(globalThis, "Worker");
    await init("wasm");
  } finally {
    globalThis.Worker = Worker;
  }
  defaultDevice("wasm");
  type Array = ReturnType<typeof np.add>;
  const array = ({ shape, data }: Value): Array =>
    np.array(Float32Array.from(data), { shape: [...shape] });
  const value = (x: Array): Value => ({
    shape: [...x.shape],
    data: Float32Array.from(x.dataSync() as Float32Array),
  });
  const cases: Case<Array>[] = [
    { name: "matmul", shapes: [[3, 4], [4, 2]], f: (x, y) => np.matmul(x, y) },
    { name: "softmax", shapes: [[3, 5]], f: (x) => nn.softmax(x) },
    { name: "logSoftmax", shapes: [[3, 5]], f: (x) => nn.logSoftmax(x) },
    { name: "logsumexp", shapes: [[3, 5]], f: (x) => nn.logsumexp(x, 1) },
    { name: "relu", shapes: [[12]], f: (x) => nn.relu(x) },
    { name: "elu", shapes: [[12]], f: (x) => nn.elu(x) },
    { name: "celu", shapes: [[12]], f: (x) => nn.celu(x) },
    { name: "leakyRelu", shapes: [[12]], f: (x) => nn.leakyRelu(x, 0.1) },
    { name: "sigmoid", shapes: [[12]], f: (x) => nn.sigmoid(x) },
    { name: "softplus", shapes: [[12]], f: (x) => nn.softplus(x) },
    { name: "silu", shapes: [[12]], f: (x) => nn.silu(x) },
    { name: "gelu", shapes: [[12]], f: (x) => nn.gelu(x) },
    { name: "mish", shapes: [[12]], f: (x) => nn.mish(x) },
    { name: "tanh", shapes: [[12]], f: (x) => np.tanh(x) },
    { name: "sqrt", shapes: [[6]], f: (x) => np.sqrt(x), between: [0.5, 2] },
    {
      name: "power",
      shapes: [[6], [6]],
      f: (x, y) => np.power(x, y),
      between: [0.5, 2],
    },
    {
      name: "divide",
      shapes: [[3, 4], [4]],
      f: (x, y) => np.divide(x, y),
      between: [0.5, 2],
    },
    { name: "arctan2", shapes: [[6], [6]], f: (x, y) => np.arctan2(x, y) },
    { name: "mean", shapes: [[3, 4]], f: (x) => np.mean(x, 0) },
    { name: "var", shapes: [[3, 4]], f: (x) => np.var_(x, 0) },
    { name: "max", shapes: [[3, 4]], f: (x) => np.max(x, 1) },
    { name: "prod", shapes: [[3, 4]], f: (x) => np.prod(x, 1) },
    { name: "cumsum", shapes: [[3, 4]], f: (x) => np.cumsum(x, 1) },
    {
      name: "conv",
      shapes: [[1, 2, 5, 5], [3, 2, 3, 3]],
      f: (x, w) => lax.conv(x, w, [1, 1], "SAME"),
    },
  ];
  return {
    name: "jax-js 0.1.25",
    cases: cases as Case<unknown>[],
    forward: (f, inputs) => value(f(...inputs.map(array)) as Array),
    backward(f, inputs, dout) {
      const [, pull] = vjp(
        f as (...x: Array[]) => Array,
        inputs.map(array),
      );
      return pull(array(dout)).map((x: Array) => value(x));
    },
  };
}

/** Judges all functions of a library; whether it finds what it must. */
function judge({ cases, forward, backward }: Library<unknown>): boolean {
  let isSame = true;
  for (const { name, shapes, f, between, verdict = "right" } of cases) {
    const inputs = shapes.map((shape, k) => draw(shape, k + 1, between));
    for (const fast of [false, true]) {
      const report = gradcheck(
        (...inputs: Value[]) => forward(f, inputs),
        (...args: Value[]) => backward(f, args.slice(0, -1), args.at(-1)!),
        inputs,
        { fast },
      );
      const mode = fast ? "by directions" : "by elements";
      const digits = report.inputs.map(({ resolution }) =>
        resolution.toExponential(1)
      );
      const words = report.ok ? `, resolved to ${digits.join(" and ")}` : "";
      console.log(`  ${name} ${mode}: ${report.verdict}${words}`);
      if (report.verdict === verdict) continue;
      isSame = false;
      console.log(report.message.replaceAll(/^/gm, "    "));
    }
  }
  return isSame;
}

/** What is found, as the guide has it. */
function summary({ name, cases }: Library<unknown>): string {
  const others = cases.filter(({ verdict }) => verdict !== undefined);
  const right = cases.length - others.length;
  return [
    `${name}: ${right} of ${cases.length} functions are right`,
    ...others.map(({ name, why }) => `  ${name}: ${why}`),
  ].join("\n");
}

if (import.meta.main) {
  for (const library of [await tensorflow(), await jax()]) {
    console.log(`${library.name}: ${library.cases.length} functions`);
    const isSame = judge(library);
    const said = summary(library);
    console.log(said);
    const isSaid = guide.includes(`${said}\n`);
    if (!isSaid) console.log("The guide does not say so.");
    if (!isSame || !isSaid) Deno.exitCode = 1;
  }
}
