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

/** A call that takes more milliseconds than this is not raced, as a rule. */
export const SLOWEST = 3000;

/** What a contender reached, or why it did not. */
export interface Outcome {
  name: string;
  /** Billions of flops, or of bytes, per second. */
  rate?: number;
  reason?: string;
}

/** Someone who may take part. */
export interface Entrant {
  name: string;
  /** Milliseconds that a call is expected to take, where something is known. */
  expected?: number;
  /** Its attempt; undefined where it has no such operation. */
  start(): Attempt | undefined | Promise<Attempt | undefined>;
}

/** How long a race is. */
export interface Length {
  rounds: number;
  turn: number;
  warmUp: number;
  /** Milliseconds after which no further round begins, once there are three. */
  most: number;
  /** A call that takes more milliseconds is not raced. */
  slowest?: number;
  /** Which of the times of the turns counts. */
  pick(times: readonly number[]): number;
}

/** The milliseconds of a call, or why there are none. */
export type Times = Map<string, { ms?: number; reason?: string }>;

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
  const entrants = contenders.map((contender): Entrant => ({
    name: contender.name,
    expected: work(task) / 1e6 * (pace.get(contender.name) ?? 0),
    start: () =>
      (contender[task.op] as
        | ((task: Task) => Attempt | Promise<Attempt>)
        | undefined)?.call(contender, task),
  }));
  const times = await takeTurns(entrants, (result) => check(task, result));
  return contenders.flatMap(({ name }) => {
    const { ms, reason } = times.get(name) ?? {};
    const rate = ms && work(task) / ms / 1e6;
    if (rate) pace.set(name, 1 / rate);
    return rate || reason ? [{ name, rate, reason }] : [];
  });
}

/** Checks what each computes, then times them all in turn. */
export async function takeTurns(
  entrants: readonly Entrant[],
  check: (result: ArrayLike<number>) => void,
  length: Length = {
    rounds: ROUNDS,
    turn: TURN,
    warmUp: WARM_UP,
    most: Infinity,
    pick: median,
  },
): Promise<Times> {
  const all: Times = new Map();
  const runners: Runner[] = [];
  for (const entrant of entrants) {
    try {
      const runner = await prepare(entrant, check, length);
      if (runner) runners.push(runner);
    } catch (error) {
      all.set(entrant.name, { reason: (error as Error).message });
    }
  }
  const start = performance.now();
  for (let round = 0; round < length.rounds; round++) {
    if (round >= 3 && performance.now() - start > length.most) break;
    for (
      const { attempt, calls, times } of round % 2
        ? runners.toReversed()
        : runners
    ) {
      times.push(await attempt.time(calls) / calls);
    }
  }
  for (const { name, times, attempt } of runners) {
    all.set(name, { ms: length.pick(times) });
    attempt.close();
  }
  return all;
}

/** Checks and warms up a contender; undefined where it has no such operation. */
async function prepare(
  { name, expected = 0, start }: Entrant,
  check: (result: ArrayLike<number>) => void,
  { turn, warmUp, slowest = SLOWEST }: Length,
): Promise<Runner | undefined> {
  tooLong(expected, slowest);
  const attempt = await start();
  if (attempt === undefined) return undefined;
  try {
    const start = performance.now();
    const result = await attempt.result();
    if (result) check(result);
    tooLong(performance.now() - start, slowest);
  } catch (error) {
    attempt.close();
    throw error;
  }
  let [calls, spent, last] = [1, 0, 0];
  while (spent < warmUp || last < turn) {
    last = await attempt.time(calls);
    spent += last;
    if (last < turn) calls *= 2;
  }
  return { name, attempt, calls, times: [] };
}

function tooLong(ms: number, slowest: number): void {
  if (ms <= slowest) return;
  throw new Error(`a call would take ${(ms / 1000).toFixed(0)} s`);
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.floor(half)] + sorted[Math.ceil(half) - 1]) / 2;
}
