// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The peers: libraries that run wherever a browser does.
 *
 * Each gets its inputs as its own tensors, made before the time is taken, and
 * leaves its result where it makes it, so no peer pays for a conversion that its
 * users may not need. Each runs on one thread, on the CPU.
 *
 * @module
 */

import {
  asyncAttempt,
  type Attempt,
  attempt,
  type Contender,
} from "./contender.ts";
import { model, type Port } from "./onnx.ts";
import type { Foreign, Line, Peer, Permuted } from "./operations.ts";
import {
  inverse,
  join,
  permuted,
  type Problem,
  type Value,
} from "./problems.ts";
import { jaxStep, tensorflowStep } from "./portable_steps.ts";
import type { Matmul, MatmulFloat64 } from "./tasks.ts";

/** Loads a peer; throws if that is impossible here. */
export const PEERS: Record<string, () => Promise<Contender>> = {
  "tfjs-wasm": tensorflow,
  "numpy-ts": numpy,
  "jax-js": jax,
  "onnxruntime-web": onnxruntime,
  "ml-matrix": mlMatrix,
  "mathjs": mathjs,
};

/** How a peer does a function of the table. */
interface Way {
  /** A tensor of the peer. */
  tensor(value: Value): Foreign;
  /** A function of tensors that computes the line. */
  forward(
    line: (...inputs: Foreign[]) => Foreign,
  ): (...inputs: Foreign[]) => Foreign;
  /** A function of tensors, dout the last of them, that computes the gradients with
   * respect to some of the inputs of the line. */
  backward?(
    line: (...inputs: Foreign[]) => Foreign,
    wrt: readonly number[],
  ): (...inputs: Foreign[]) => Foreign[];
  /** The numbers and the shape of a result. */
  value(result: Foreign): Value;
  free(result: Foreign): void;
  /** Whether a call gives a promise. */
  wait?(result: Foreign): Promise<Foreign>;
}

/** A function of the table by a peer; undefined where the peer has no such one. */
function operation(
  peer: Peer,
  library: Foreign,
  way: Way,
): (problem: Problem) => Attempt | undefined {
  return ({ entry, inputs, wrt, dout, size, results }) => {
    const written: Line | Permuted | undefined = entry[peer];
    if (written === undefined || wrt && way.backward === undefined) return;
    const { line, axes = {} } = typeof written === "function"
      ? { line: written }
      : written as Permuted;
    const all = Object.keys(inputs);
    const names = all.filter((name) => inputs[name] !== null);
    const order = (name: string) => (axes as Permuted["axes"])[name];
    const tensors = names.map((name) =>
      way.tensor(permuted(inputs[name]!, order(name)))
    );
    if (wrt) tensors.push(way.tensor(permuted(dout!, order("y"))));
    const own = (...given: Foreign[]) =>
      line(library, ...all.map((name) => given[names.indexOf(name)]), size);
    const f = wrt
      ? way.backward!(own, wrt.map((name) => names.indexOf(name)))
      : way.forward(own);
    const list = (result: Foreign): Foreign[] => [result].flat();
    const steps = {
      data: (result: Foreign) =>
        join(
          list(result).map((tensor, i) => {
            const axes = order(results[i]);
            return permuted(way.value(tensor), axes && inverse(axes)).data;
          }),
        ),
      free: (result: Foreign) => list(result).forEach(way.free),
      close: () => tensors.forEach(way.free),
    };
    const run = () => f(...tensors);
    return way.wait === undefined
      ? attempt({ run, ...steps })
      : asyncAttempt({ run: () => way.wait!(run()), ...steps });
  };
}

async function tensorflow(): Promise<Contender> {
  const tf = await import("npm:@tensorflow/tfjs-core@4.22.0");
  await import("npm:@tensorflow/tfjs@4.22.0"); // It brings the gradients.
  const { setThreadsCount } = await import(
    "npm:@tensorflow/tfjs-backend-wasm@4.22.0"
  );
  tf.enableProdMode();
  setThreadsCount(1);
  await tf.setBackend("wasm");
  const steps = (inputs: { dispose(): void }[], run: () => Tensor) =>
    attempt({
      run,
      data: (z) => z.dataSync(),
      free: (z) => z.dispose(),
      close: () => inputs.forEach((input) => input.dispose()),
    });
  type Tensor = ReturnType<typeof tf.add>;
  return {
    name: "tfjs-wasm",
    kind: "portable",
    matmul({ size, x, y }) {
      const X = tf.tensor2d(x, [size, size]);
      const Y = tf.tensor2d(y, [size, size]);
      return steps([X, Y], () => tf.matMul(X, Y));
    },
    addBias({ shape, x, y }) {
      const X = tf.tensor3d(x, shape);
      const Y = tf.tensor2d(y, [y.length, 1]);
      return steps([X, Y], () => tf.add(X, Y));
    },
    sum({ x }) {
      const X = tf.tensor1d(x);
      return steps([X], () => tf.sum(X));
    },
    operation: operation("tfjs", tf, {
      tensor: ({ shape, data }) =>
        tf.tensor(
          data,
          [...shape],
          data instanceof Float32Array
            ? "float32"
            : data instanceof Uint8Array
            ? "bool"
            : "int32",
        ),
      forward: (line) => (...inputs) => tf.tidy(() => line(...inputs)),
      backward: (line, wrt) => (...inputs) => {
        const dout = inputs.pop();
        const some = tf.grads((...some: Tensor[]) => {
          const all = [...inputs];
          wrt.forEach((at, i) => all[at] = some[i]);
          return line(...all) as Tensor;
        });
        return some(wrt.map((at) => inputs[at] as Tensor), dout as Tensor);
      },
      value: (z: Tensor) => ({
        shape: z.shape,
        data: z.dataSync() as Float32Array<ArrayBuffer>,
      }),
      free: (z: Tensor) => z.dispose(),
    }),
    steps: { "": (step) => tensorflowStep(tf, step) },
  };
}

async function numpy(): Promise<Contender> {
  const np = await import("npm:numpy-ts@1.7.0");
  np.configureWasm({ maxMemory: 2 ** 30 }); // With the default it leaves Wasm.
  type Result = ReturnType<typeof np.matmul>;
  const steps = (inputs: { dispose(): void }[], run: () => Result) =>
    attempt({
      run,
      data: (z) => z.data as Float32Array | Float64Array,
      free: (z) => z.dispose(),
      close: () => inputs.forEach((input) => input.dispose()),
    });
  const array = (data: Float32Array | Float64Array, ...shape: number[]) =>
    np.array(data).reshape(...shape);
  const matmul = ({ size, x, y }: Matmul | MatmulFloat64) => {
    const [X, Y] = [array(x, size, size), array(y, size, size)];
    return steps([X, Y], () => np.matmul(X, Y));
  };
  return {
    name: "numpy-ts",
    kind: "portable",
    matmul,
    matmulFloat64: matmul,
    addBias({ shape, x, y }) {
      const [X, Y] = [array(x, ...shape), array(y, y.length, 1)];
      return steps([X, Y], () => np.add(X, Y));
    },
    sum({ x, size }) {
      const X = array(x, size);
      return attempt({
        run: () => np.sum(X) as number,
        data: (total) => [total],
        close: () => X.dispose(),
      });
    },
    operation: operation("numpy", np, {
      tensor: ({ shape, data }) => np.array(data).reshape(...shape),
      forward: (line) => line,
      value: (z: Result) => ({
        shape: z.shape,
        data: Float32Array.from(z.data as Float32Array, Number), // Or BigInts.
      }),
      free: (z: Result) => z.dispose(),
    }),
  };
}

async function jax(): Promise<Contender> {
  const library = await import("npm:@jax-js/jax@0.1.25");
  const { numpy: np, blockUntilReady, defaultDevice, init, jit, vjp } = library;
  // If there are Workers, it starts as many as there are cores, and no option
  // prevents it.
  const { Worker } = globalThis;
  try {
    Reflect.deleteProperty(globalThis, "Worker");
    await init("wasm");
  } finally {
    globalThis.Worker = Worker;
  }
  defaultDevice("wasm");
  type Result = ReturnType<typeof np.add>;
  const steps = (inputs: { dispose(): void }[], compute: () => Result) =>
    asyncAttempt({
      run: () => compute().blockUntilReady(), // Until then it is only a plan.
      data: (z) => z.ref.dataSync() as Float32Array,
      free: (z) => z.dispose(),
      close: () => inputs.forEach((input) => input.dispose()),
    });
  const array = (data: Float32Array<ArrayBuffer>, ...shape: number[]) =>
    np.array(data, { shape });
  return {
    name: "jax-js",
    kind: "portable",
    note: "eager, and with jit in the table of all operations",
    matmul({ size, x, y }) {
      const [X, Y] = [array(x, size, size), array(y, size, size)];
      return steps([X, Y], () => np.matmul(X.ref, Y.ref));
    },
    addBias({ shape, x, y }) {
      const [X, Y] = [array(x, ...shape), array(y, y.length, 1)];
      return steps([X, Y], () => np.add(X.ref, Y.ref));
    },
    sum({ x, size }) {
      const X = array(x, size);
      return steps([X], () => np.sum(X.ref));
    },
    operation: operation("jax", library, {
      tensor: ({ shape, data }) =>
        np.array(
          data instanceof Uint8Array ? Int32Array.from(data) : data,
          {
            shape: [...shape],
            dtype: data instanceof Uint8Array ? np.bool : undefined,
          },
        ),
      forward(line) {
        const compiled = jit(line);
        return (...inputs) => compiled(...inputs.map(({ ref }) => ref));
      },
      backward(line, wrt) {
        const compiled = jit((...inputs: Foreign[]) => {
          const dout = inputs.pop();
          const some = (...some: Foreign[]) => {
            const all = [...inputs];
            wrt.forEach((at, i) => all[at] = some[i]);
            return line(...all) as Result;
          };
          const [z, pull] = vjp(some, wrt.map((at) => inputs[at]));
          z.dispose();
          return pull(dout) as Foreign;
        });
        return (...inputs) =>
          compiled(...inputs.map(({ ref }) => ref)) as Foreign;
      },
      value: (z: Result) => ({
        shape: z.shape,
        data: z.ref.dataSync() as Float32Array<ArrayBuffer>,
      }),
      free: (z: Result) => z.dispose(),
      wait: (result) => blockUntilReady(result),
    }),
    steps: {
      "": (step) => jaxStep(library, step, false),
      ", jit": (step) => jaxStep(library, step, true),
    },
  };
}

async function onnxruntime(): Promise<Contender> {
  const { env, InferenceSession, Tensor } = await import(
    "npm:onnxruntime-web@1.30.0"
  );
  env.wasm.numThreads = 1;
  const run = async (
    op: string,
    inputs: (Port & { data: Float32Array })[],
    shape: number[],
  ) => {
    const session = await InferenceSession.create(
      model(op, inputs, { name: "z", shape }),
      { executionProviders: ["wasm"] },
    );
    const feeds = Object.fromEntries(
      inputs.map(({ name, data, shape }) => [
        name,
        new Tensor("float32", data, shape),
      ]),
    );
    return asyncAttempt({
      run: () => session.run(feeds),
      data: ({ z }) => z.data as Float32Array,
      close: () => void session.release(),
    });
  };
  return {
    name: "onnxruntime-web",
    kind: "portable",
    note: "a model of one node, whose inputs it copies in every run",
    matmul({ size, x, y }) {
      const shape = [size, size];
      return run("MatMul", [
        { name: "x", data: x, shape },
        { name: "y", data: y, shape },
      ], shape);
    },
    addBias({ shape, x, y }) {
      return run("Add", [
        { name: "x", data: x, shape },
        { name: "y", data: y, shape: [y.length, 1] },
      ], shape);
    },
    sum({ x, size }) {
      return run("ReduceSum", [{ name: "x", data: x, shape: [size] }], [1]);
    },
  };
}

async function mlMatrix(): Promise<Contender> {
  const { Matrix } = await import("npm:ml-matrix@6.15.1");
  const matmul = ({ size, x, y }: Matmul | MatmulFloat64) => {
    const X = Matrix.from1DArray(size, size, [...x]);
    const Y = Matrix.from1DArray(size, size, [...y]);
    return attempt({ run: () => X.mmul(Y), data: (z) => z.to1DArray() });
  };
  return {
    name: "ml-matrix",
    kind: "portable",
    note: "float64; it has no tensors of rank 3, so no such bias",
    matmul,
    matmulFloat64: matmul,
    sum({ x, size }) {
      const X = Matrix.from1DArray(size / 1000, 1000, x);
      return attempt({ run: () => X.sum(), data: (total) => [total] });
    },
  };
}

async function mathjs(): Promise<Contender> {
  const { add, multiply, sum } = await import("mathjs");
  const rows = (data: Float32Array, length: number) =>
    Array.from(
      { length: data.length / length },
      (_, i) => [...data.subarray(i * length, (i + 1) * length)],
    );
  return {
    name: "mathjs",
    kind: "portable",
    note: "float64, nested arrays",
    matmul({ size, x, y }) {
      const [X, Y] = [rows(x, size), rows(y, size)];
      return attempt({ run: () => multiply(X, Y), data: (z) => z.flat() });
    },
    addBias({ shape: [n, m, p], x, y }) {
      const X = Array.from(
        { length: n },
        (_, i) => rows(x.subarray(i * m * p, (i + 1) * m * p), p),
      );
      const Y = rows(y, 1);
      return attempt({
        run: () => add(X, Y) as unknown as number[][][],
        data: (z) => z.flat(2),
      });
    },
    sum({ x }) {
      const X = [...x];
      return attempt({ run: () => sum(X) as number, data: (s) => [s] });
    },
  };
}
