// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The race: contenders take turns, so that whatever else the machine does hits
 * them all alike, and the median of each one's turns counts.
 *
 * @module
 */

import type { Attempt, Contender } from "./contender.ts";
import { check, type Task, work } from "./tasks.ts";

export const ROUNDS = 9;

/** Milliseconds of a turn at least, and of the warm-up before the first. */
export const TURN = 25;
export const WARM_UP = 300;

/** A call that takes more milliseconds than this is not raced. */
export const SLOWEST = 3000;

/** What a contender reached, or why it did not. */
export interface Outcome {
  name: string;
  /** Billions of flops, or of bytes, per second. */
  rate?: number;
  reason?: string;
}

interface Runner {
  name: string;
  attempt: Attempt;
  calls: number;
  times: number[];
}

/** The seconds that a contender took for a billion flops or bytes, when it was
 * last raced; it tells whether the next task is too much for it. */
export type Pace = Map<string, number>;

/** Races at one task; the outcomes are in the order of the contenders. */
export async function race(
  task: Task,
  contenders: readonly Contender[],
  pace: Pace,
): Promise<Outcome[]> {
  const reasons = new Map<string, string>();
  const runners: Runner[] = [];
  for (const contender of contenders) {
    try {
      const runner = await prepare(task, contender, pace);
      if (runner) runners.push(runner);
    } catch (error) {
      reasons.set(contender.name, (error as Error).message);
    }
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (
      const { attempt, calls, times } of round % 2
        ? runners.toReversed()
        : runners
    ) {
      times.push(await attempt.time(calls) / calls);
    }
  }
  const rates = new Map(
    runners.map(({ name, times }) => [name, work(task) / median(times) / 1e6]),
  );
  for (const [name, rate] of rates) pace.set(name, 1 / rate);
  for (const { attempt } of runners) attempt.close();
  return contenders.flatMap(({ name }) => {
    const [rate, reason] = [rates.get(name), reasons.get(name)];
    return rate || reason ? [{ name, rate, reason }] : [];
  });
}

/** Checks and warms up a contender; undefined where it has no such operation. */
async function prepare(
  task: Task,
  contender: Contender,
  pace: Pace,
): Promise<Runner | undefined> {
  const start = contender[task.op] as
    | ((task: Task) => Attempt | Promise<Attempt>)
    | undefined;
  if (!start) return undefined;
  const { name } = contender;
  const expected = work(task) / 1e6 * (pace.get(name) ?? 0);
  if (expected > SLOWEST) {
    throw new Error(`a call would take ${(expected / 1000).toFixed(0)} s`);
  }
  const attempt = await start.call(contender, task);
  const result = await attempt.result();
  if (result) check(task, result);
  let [calls, spent, last] = [1, 0, 0];
  while (spent < WARM_UP || last < TURN) {
    last = await attempt.time(calls);
    spent += last;
    if (last < TURN) calls *= 2;
  }
  return { name, attempt, calls, times: [] };
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.floor(half)] + sorted[Math.ceil(half) - 1]) / 2;
}
