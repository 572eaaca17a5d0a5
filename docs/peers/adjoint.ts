// Copyright 2026 the Adjoint authors. MIT license.

/**
 * This library, and the limits of the machine that it is compared with.
 *
 * @module
 */

import { addBias } from "../../ops/arithmetic/add_bias.ts";
import { blocked } from "../../ops/kernels/blocked.ts";
import { matrix } from "../../ops/kernels/matrix.ts";
import { naive } from "../../ops/kernels/naive.ts";
import { matmul, matmulDx, matmulDy } from "../../ops/products/matmul.ts";
import { sum } from "../../ops/reductions/sum.ts";
import {
  type Float,
  scalar,
  type Shape,
  type Tensor,
  tensor,
  zeros,
} from "../../ops/tensor.ts";
import { startThreads, stopThreads } from "../../ops/threads.ts";
import { attempt, type Contender } from "./contender.ts";
import { FLOPS_PER_STEP, peakLoop } from "./peak.ts";
import { type MatmulGradient, type Task, work } from "./tasks.ts";

const data = (z: Tensor<Shape, Float>) => z.data;

/** Whole calls on ordinary typed arrays, with a new result each time. */
export const ADJOINT: Contender = {
  name: "Adjoint",
  kind: "adjoint",
  matmul({ size, x, y }) {
    const [X, Y] = [tensor(x, [size, size]), tensor(y, [size, size])];
    return attempt({ run: () => matmul(X, Y), data });
  },
  matmulFloat64({ size, x, y }) {
    const [X, Y] = [tensor(x, [size, size]), tensor(y, [size, size])];
    return attempt({ run: () => matmul(X, Y), data });
  },
  matmulDx: (task) => gradient(matmulDx, task),
  matmulDy: (task) => gradient(matmulDy, task),
  addBias({ shape, x, y }) {
    const [X, Y] = [tensor(x, shape), tensor(y)];
    return attempt({ run: () => addBias(X, Y), data });
  },
  sum({ x }) {
    const X = tensor(x);
    return attempt({ run: () => sum(X), data });
  },
};

/** The same calls, which write every result into the same tensor. */
export const ADJOINT_OUT: Contender = {
  name: "Adjoint with out",
  kind: "adjoint",
  matmul({ size, x, y }) {
    const shape = [size, size] as const;
    const [X, Y, out] = [tensor(x, shape), tensor(y, shape), zeros(shape)];
    return attempt({ run: () => matmul(X, Y, { out }), data });
  },
  matmulFloat64({ size, x, y }) {
    const shape = [size, size] as const;
    const [X, Y] = [tensor(x, shape), tensor(y, shape)];
    const out = zeros(shape, { dtype: "float64" });
    return attempt({ run: () => matmul(X, Y, { out }), data });
  },
  matmulDx: (task) => gradient(matmulDx, task, zeros([task.size, task.size])),
  matmulDy: (task) => gradient(matmulDy, task, zeros([task.size, task.size])),
  addBias({ shape, x, y }) {
    const [X, Y, out] = [tensor(x, shape), tensor(y), zeros(shape)];
    return attempt({ run: () => addBias(X, Y, { out }), data });
  },
  sum({ x }) {
    const [X, out] = [tensor(x), scalar(0)];
    return attempt({ run: () => sum(X, { out }), data });
  },
};

/** The same again on all cores; the threads run in its own turns only. */
export const ADJOINT_THREADS: Contender = {
  name: `Adjoint with out, ${navigator.hardwareConcurrency} threads`,
  kind: "adjoint",
  async matmul(task) {
    const one = await ADJOINT_OUT.matmul!(task);
    return {
      ...one,
      async time(calls) {
        await startThreads();
        await one.time(1); // The memory of new threads is new, too.
        const time = await one.time(calls);
        stopThreads();
        return time;
      },
    };
  },
};

type Square = Tensor<[number, number], Float>;

function gradient(
  backward: (
    x: Square,
    y: Square,
    dout: Square,
    options: { out?: Square | undefined },
  ) => Square,
  { size, x, y, dout }: MatmulGradient,
  out?: Square,
) {
  const shape = [size, size] as const;
  const [X, Y, dZ] = [tensor(x, shape), tensor(y, shape), tensor(dout, shape)];
  return attempt({ run: () => backward(X, Y, dZ, { out }), data });
}

/** The kernels that the fast one is compared with, without the call around it. */
export const KERNELS: readonly Contender[] = Object.entries({ naive, blocked })
  .map(([name, kernel]) => ({
    name: `${name} kernel`,
    kind: "kernel",
    matmul({ size, x, y }) {
      const [X, Y] = [matrix(x, size, size), matrix(y, size, size)];
      const z = new Float32Array(size * size);
      return attempt({
        run: () => {
          kernel(X, Y, z);
          return z;
        },
        data: (z) => z,
      });
    },
  }));

/** As many flops as the product has, all of them in registers. */
export function fmaPeak(): Contender {
  const peak = (dtype: "float32" | "float64") => {
    const loop = peakLoop(dtype);
    if (!loop) throw new Error("the engine has no relaxed multiply-add");
    return (task: Task) => {
      const steps = Math.ceil(work(task) / FLOPS_PER_STEP[dtype]);
      return attempt({ run: () => loop(steps) });
    };
  };
  const float32 = peak("float32");
  return {
    name: "128-bit FMA peak",
    kind: "limit",
    matmul: float32,
    matmulFloat64: peak("float64"),
    matmulDx: float32,
    matmulDy: float32,
  };
}

/** A copy that reads and writes as many bytes as the task. */
export function memcpy(): Contender {
  const copy = (task: Task) => {
    const from = new Float32Array(work(task) / 8).fill(1);
    const to = from.slice();
    return attempt({ run: () => to.set(from) });
  };
  return { name: "memcpy", kind: "limit", addBias: copy, sum: copy };
}
