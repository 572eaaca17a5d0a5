// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Runs properties with fast-check, from a seed that is the same in every run:
 * `deno test ops/core/properties_test.ts -- --seed=7 --runs=1000` chooses another one,
 * and how many cases there are.
 *
 * @module
 */

import fc from "fast-check";

/** The arguments after `--`; no permission is needed to see them. */
const args: readonly string[] =
  (globalThis as { Deno?: { args: readonly string[] } }).Deno?.args ?? [];

function option(name: string): number | undefined {
  const prefix = `--${name}=`;
  const text = args.find((arg) => arg.startsWith(prefix))?.slice(prefix.length);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text !== "" && Number.isSafeInteger(value)) return value;
  throw new RangeError(
    `Cannot run properties as ${name} must be an integer: it is ${
      JSON.stringify(text)
    }`,
  );
}

/** What all random choices follow from. */
export const SEED: number = option("seed") ?? 20261123;

/** How many cases are tried, where the command line does not say it. */
export function runsOf(runs: number): number {
  return option("runs") ?? runs;
}

/** A property that does not hold; the message ends with a program. */
export class PropertyError extends Error {
  override name = "PropertyError";
}

/**
 * Tries a property on random values, and throws on the first one on which it
 * does not hold, once that has been made as small as it gets.
 */
export function check<T>(
  values: fc.Arbitrary<T>,
  holds: (value: T) => void,
  { runs, toCode, seed = SEED }: {
    runs: number;
    toCode: (value: T) => string;
    seed?: number;
  },
): void {
  const details = fc.check(fc.property(values, holds), {
    seed,
    numRuns: runsOf(runs),
  });
  if (!details.failed) return;
  const { counterexample, errorInstance: cause, numRuns, numShrinks } = details;
  const why = cause instanceof Error ? cause.message : String(cause);
  const found = counterexample === null
    ? "no case could be made"
    : toCode(counterexample[0]);
  throw new PropertyError(
    `${why}\n\n${found}\n\nFound in case ${numRuns}, made smaller ${numShrinks} times; again with -- --seed=${seed}`,
    { cause },
  );
}
