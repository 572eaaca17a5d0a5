// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Runs tests over modules that are instrumented, whole or broken in one place.
 *
 * @module
 */

import type { Test } from "./bdd.ts";

// Tests may fake the time.
const now = performance.now.bind(performance);

/** What the instrumented modules report to, as `globalThis.$mutate`. */
const state = {
  /** The `eval` of each module. */
  modules: {} as Record<string, (code: string) => unknown>,
  /** The functions of each module as they were. */
  kept: {} as Record<string, object>,
  /** Which statements of a module were executed. */
  hits: {} as Record<string, Uint8Array>,
  /** How often the loops of a function have turned, by where it begins. */
  turns: {} as Record<string, Float64Array>,
  /** How often the loops of the broken function may turn yet. */
  fuel: Infinity,
  /** Until when loops that wait for others may do so. */
  deadline: Infinity,
  isLate: () => now() > state.deadline,
  isEndless: false,
  stop() {
    state.isEndless = true;
    throw new Error("The loop does not end");
  },
};
Object.assign(globalThis, { $mutate: state });

/** Errors that no test sees, as they are thrown later. */
let stray: unknown[] = [];

/** From here on, such an error is a failure of the test that is running. */
export function catchStrayErrors(): void {
  addEventListener("error", (event) => {
    event.preventDefault();
    stray.push(event.error);
  });
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    stray.push(event.reason);
  });
}

/** Code, by the module that it is executed in. */
export type Code = Record<string, string>;

/** Code that makes a mutant, and code that takes it back. */
export interface Codes {
  apply: Code;
  revert: Code;
}

/** Executes code in some modules. */
export function execute(codes: Code): void {
  for (const [module, code] of Object.entries(codes)) {
    const run = state.modules[module];
    if (run === undefined) throw new Error(`There is no module ${module}`);
    run(code);
  }
}

/** Why a test fails. */
export interface Failure {
  how: "assertion" | "endless loop" | "hang";
  error: string;
}

/** Runs a test; the result is why it fails, if it does. */
async function run(
  test: Test,
  fuel: number,
  limit: number,
): Promise<Failure | undefined> {
  state.fuel = fuel;
  state.deadline = now() + limit;
  state.isEndless = false;
  stray = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failure: Failure | undefined;
  const late = new Promise<Failure>((resolve) => {
    const error = `It takes more than ${limit} ms`;
    timer = setTimeout(() => resolve({ how: "hang", error }), limit);
  });
  try {
    failure = await Promise.race([test.run().then(() => undefined), late]);
  } catch (error) {
    failure = { how: "assertion", error: firstLine(error) };
  } finally {
    clearTimeout(timer);
  }
  if (failure === undefined && stray.length > 0) {
    failure = { how: "assertion", error: firstLine(stray[0]) };
  }
  if (!state.isEndless) return failure;
  return { how: "endless loop", error: "A loop does not end" };
}

function firstLine(error: unknown): string {
  const { name, message } = error instanceof Error
    ? error
    : new Error(String(error));
  return `${name}: ${message}`.split("\n")[0].slice(0, 200);
}

/** What a test executes, and how long it takes. */
export interface Measure {
  milliseconds: number;
  failure?: Failure;
  /** The statements and functions that are executed, by module. */
  hits: Record<string, number[]>;
  /** How often the loops of each function turn, by module and start. */
  turns: Record<string, number>;
}

/**
 * Measures a test; the modules must have their code for coverage, and their
 * lengths are given.
 */
export async function measure(
  test: Test,
  lengths: Record<string, number>,
): Promise<Measure> {
  for (const module in lengths) {
    state.hits[module] = new Uint8Array(lengths[module]);
    state.turns[module] = new Float64Array(lengths[module]);
  }
  const start = now();
  const failure = await run(test, Infinity, 120_000);
  const milliseconds = now() - start;
  const hits: Measure["hits"] = {};
  const turns: Measure["turns"] = {};
  for (const module in lengths) {
    const bytes = state.hits[module];
    const executed = [...bytes.keys()].filter((at) => bytes[at] > 0);
    if (executed.length === 0) continue;
    hits[module] = executed;
    for (const at of executed) {
      const count = state.turns[module][at];
      if (count > 0) turns[`${module} ${at}`] = count;
    }
  }
  return { milliseconds, failure, hits, turns };
}

/** A test for a mutant: how often loops may turn, and how long it may take. */
export interface Trial {
  test: number;
  fuel: number;
  limit: number;
}

/** What noticed a mutant; without a test, the module did not even load. */
export interface Killed extends Omit<Failure, "how"> {
  how: Failure["how"] | "load" | "proof";
  test?: number;
}

/**
 * Makes a mutant, and tries one test after the other until one fails; `resets`
 * is code that puts modules back to their beginning.
 */
export async function tryMutant(
  { apply, revert }: Codes,
  tests: readonly Test[],
  trials: readonly Trial[],
  resets: Code = {},
  begin: (test: number) => void = () => {},
): Promise<Killed | undefined> {
  try {
    execute(resets);
    execute(apply);
    for (const { test, fuel, limit } of trials) {
      begin(test);
      const failure = await run(tests[test], fuel, limit);
      if (failure !== undefined) return { ...failure, test };
    }
  } catch (error) {
    return { how: "load", error: firstLine(error) };
  } finally {
    execute(revert);
    execute(resets);
  }
}
