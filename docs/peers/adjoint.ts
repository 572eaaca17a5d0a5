// Copyright 2026 the Adjoint authors. MIT license.

/**
 * This library, and the limits of the machine that it is held against.
 *
 * @module
 */

import { addBias } from "../../ops/add_bias.ts";
import { matmul } from "../../ops/matmul.ts";
import { sum } from "../../ops/sum.ts";
import { scalar, type Tensor, tensor, zeros } from "../../ops/tensor.ts";
import { startThreads, stopThreads } from "../../ops/threads.ts";
import { attempt, type Contender } from "./contender.ts";
import { FLOPS_PER_STEP, peakLoop } from "./peak.ts";
import { type Task, work } from "./tasks.ts";

const data = (z: Tensor) => z.data;

/** Whole calls on ordinary typed arrays, with a new result each time. */
export const ADJOINT: Contender = {
  name: "Adjoint",
  kind: "adjoint",
  matmul({ size, x, y }) {
    const [X, Y] = [tensor(x, [size, size]), tensor(y, [size, size])];
    return attempt({ run: () => matmul(X, Y), data });
  },
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
  name: "Adjoint, out",
  kind: "adjoint",
  matmul({ size, x, y }) {
    const shape = [size, size] as const;
    const [X, Y, out] = [tensor(x, shape), tensor(y, shape), zeros(shape)];
    return attempt({ run: () => matmul(X, Y, out), data });
  },
  addBias({ shape, x, y }) {
    const [X, Y, out] = [tensor(x, shape), tensor(y), zeros(shape)];
    return attempt({ run: () => addBias(X, Y, out), data });
  },
  sum({ x }) {
    const [X, out] = [tensor(x), scalar(0)];
    return attempt({ run: () => sum(X, out), data });
  },
};

/** The same again on all cores; the threads run in its own turns only. */
export const ADJOINT_THREADS: Contender = {
  name: `Adjoint, out, ${navigator.hardwareConcurrency} threads`,
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

/** As many flops as the product has, all of them in registers. */
export function fmaPeak(): Contender {
  const loop = peakLoop();
  if (!loop) throw new Error("the engine has no relaxed multiply-add");
  return {
    name: "128-bit FMA peak",
    kind: "limit",
    matmul(task) {
      const steps = Math.ceil(work(task) / FLOPS_PER_STEP);
      return attempt({ run: () => loop(steps) });
    },
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
