// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Runs tests over modules that are instrumented, broken in one place or whole.
 *
 * @module
 */

import type { Test } from "./bdd.ts";

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
  isEndless: false,
  stop() {
    state.isEndless = true;
    throw new Error("The loop does not end");
  },
};
Object.assign(globalThis, { $mutate: state });

/** Errors that no test sees, as they are thrown later. */
let stray: unknown[] = [];
for (const event of ["error", "unhandledrejection"]) {
  addEventListener(event, (e) => {
    e.preventDefault();
    stray.push((e as PromiseRejectionEvent).reason ?? (e as ErrorEvent).error);
  });
}

/** Executes code in a module. */
export function execute(module: string, code: string): void {
  const run = state.modules[module];
  if (run === undefined) throw new Error(`There is no module ${module}`);
  run(code);
}

/** Why a test fails. */
export interface Failure {
  how: "assertion" | "endless loop" | "hang";
  error: string;
}

/** Runs a test; the result is why it fails, if it does. */
export async function run(
  test: Test,
  fuel: number,
  limit: number,
): Promise<Failure | undefined> {
  state.fuel = fuel;
  state.isEndless = false;
  stray = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failure: Failure | undefined;
  const late = new Promise<Failure>((resolve) => {
    timer = setTimeout(
      () => resolve({ how: "hang", error: `It takes more than ${limit} ms` }),
      limit,
    );
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
  /** The statements that are executed, by module. */
  hits: Record<string, number[]>;
  /** How often the loops of each function turn, by `module start`. */
  turns: Record<string, number>;
}

/** Measures a test; the code of the modules must be that of `coverage`. */
export async function measure(
  test: Test,
  lengths: Record<string, number>,
): Promise<Measure> {
  for (const module in lengths) {
    state.hits[module] = new Uint8Array(lengths[module]);
    state.turns[module] = new Float64Array(lengths[module]);
  }
  const start = performance.now();
  const failure = await run(test, Infinity, 120_000);
  const milliseconds = performance.now() - start;
  const hits = Object.fromEntries(
    Object.entries(state.hits)
      .map(([module, hits]) =>
        [module, [...hits.keys()].filter((at) => hits[at] > 0)] as const
      )
      .filter(([, hits]) => hits.length > 0),
  );
  const turns: Measure["turns"] = {};
  for (const module in hits) {
    for (const at of hits[module]) {
      turns[`${module} ${at}`] = state.turns[module][at];
    }
  }
  return {
    milliseconds,
    failure,
    hits,
    turns,
  };
}
