// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The contenders of the race, and what they offer.
 *
 * @module
 */

import type { Problem } from "./problems.ts";
import type { Step } from "./steps.ts";
import type {
  AddBias,
  Matmul,
  MatmulFloat64,
  MatmulGradient,
  Sum,
} from "./tasks.ts";

/**
 * Where a contender is in the table: this library; its slower kernels;
 * others that run wherever a browser does; native code, for comparison; and what
 * the machine can do.
 */
export type Kind = "adjoint" | "kernel" | "portable" | "native" | "limit";

/** One contender at one task, with its inputs where it wants them. */
export interface Attempt {
  /** Does the task this many times; returns the milliseconds. */
  time(calls: number): number | Promise<number>;
  /** Does it once, for the check; undefined where it has no result. */
  result(): ArrayLike<number> | undefined | Promise<ArrayLike<number>>;
  /** Frees what the inputs take. */
  close(): void;
}

type Start<T> = (task: T) => Attempt | Promise<Attempt>;

/** Something that was loaded and can be raced. */
export interface Contender {
  name: string;
  kind: Kind;
  version?: string;
  /** How it is set up, if not by default. */
  note?: string;
  matmul?: Start<Matmul>;
  matmulFloat64?: Start<MatmulFloat64>;
  matmulDx?: Start<MatmulGradient>;
  matmulDy?: Start<MatmulGradient>;
  addBias?: Start<AddBias>;
  sum?: Start<Sum>;
  /** Any function of the table; undefined if it has none. */
  operation?: (problem: Problem) => Attempt | undefined;
  /** Ways to take a training step, by what is added to the name; undefined for a
   * network that it cannot train. */
  steps?: Record<
    string,
    (step: Step) => Attempt | undefined | Promise<Attempt | undefined>
  >;
}

/** How to do a task once, read the result, and free what it takes. */
interface Steps<R> {
  run: () => R;
  data?: (result: Awaited<R>) => ArrayLike<number> | Promise<ArrayLike<number>>;
  free?: (result: Awaited<R>) => void;
  close?: () => void;
}

/** An attempt whose calls return when they are done. */
export function attempt<R>(
  { run, data, free = () => {}, close = () => {} }: Steps<R>,
): Attempt {
  return {
    time(calls) {
      const start = performance.now();
      for (let i = 0; i < calls; i++) free(run() as Awaited<R>);
      return performance.now() - start;
    },
    result: () => data?.(run() as Awaited<R>),
    close,
  };
}

/** An attempt whose calls return a promise. */
export function asyncAttempt<R>(
  { run, data, free = () => {}, close = () => {} }: Steps<Promise<R>>,
): Attempt {
  return {
    async time(calls) {
      const start = performance.now();
      for (let i = 0; i < calls; i++) free(await run() as Awaited<Promise<R>>);
      return performance.now() - start;
    },
    result: async () => await data!(await run() as Awaited<Promise<R>>),
    close,
  };
}
