// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Tries a property on random values, from a seed that is the same in every run:
 * `deno test ops/core/properties_test.ts -- --seed=7 --runs=1000` chooses other
 * ones, and how many there are.
 *
 * What is drawn is drawn by choosing integers. If a property does not hold, the
 * choices are made smaller, one by one, as long as it still does not hold: so the
 * counterexample that is shown is a small one.
 *
 * @module
 */

import { randomFrom } from "../../goldens/random.ts";
import type { Choose } from "./draw.ts";

/** An integer among the arguments after `--`; no permission is needed to see them. */
export function option(
  name: string,
  args: readonly string[] = Deno.args,
): number | undefined {
  const prefix = `--${name}=`;
  const text = args.find((arg) => arg.startsWith(prefix))?.slice(prefix.length);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text !== "" && Number.isSafeInteger(value)) return value;
  throw new RangeError(
    `Cannot check properties as ${name} must be an integer: it is ${
      JSON.stringify(text)
    }`,
  );
}

/** What all random choices follow from. */
export const SEED: number = option("seed") ?? 20261128;

/** How many cases are tried, where the command line does not say it. */
export function runsOf(runs: number): number {
  return option("runs") ?? runs;
}

/**
 * How many cases each of `count` functions is tried on: together so many, that a
 * new function costs no time, but never too few to find anything.
 */
export function shareOf(
  total: number,
  count: number,
  { least = 12, most = 400 } = {},
): number {
  return Math.max(least, Math.min(most, Math.ceil(total / count)));
}

/** A property that does not hold; the message ends with a program. */
export class PropertyError extends Error {
  override name = "PropertyError";
}

/** What a check may be told. */
export interface CheckOptions<T> {
  runs: number;
  /** A value as a program that shows it. */
  toCode: (value: T) => string;
  seed?: number;
}

/** How often a counterexample may be tried to be made smaller. */
const SHRINKS = 600;

/** Tries a property, and throws on the first value on which it does not hold. */
export function check<T>(
  draw: (choose: Choose) => T,
  holds: (value: T) => void,
  { runs, toCode, seed = SEED }: CheckOptions<T>,
): void {
  const count = runsOf(runs);
  for (let run = 0; run < count; run++) {
    const random = randomFrom(Math.imul(seed, 0x9e3779b1) + run);
    const choices: number[] = [];
    const value = draw((bound) => {
      const choice = Math.floor(random() * bound / 2 ** 32);
      choices.push(choice);
      return choice;
    });
    try {
      holds(value);
    } catch (error) {
      throw smallest(draw, holds, choices, error, (value, cause, smaller) => {
        const why = cause instanceof Error ? cause.message : String(cause);
        return new PropertyError(
          `${why}\n\n${toCode(value)}\n\nFound in case ${
            run + 1
          }, made smaller ${smaller} times; again with -- --seed=${seed}`,
          { cause },
        );
      });
    }
  }
}

/** Makes the choices smaller as long as the property does not hold. */
function smallest<T>(
  draw: (choose: Choose) => T,
  holds: (value: T) => void,
  choices: number[],
  error: unknown,
  report: (value: T, cause: unknown, smaller: number) => Error,
): Error {
  let smaller = 0, tries = 0;
  /** The value of choices; those that are no longer made are dropped. */
  const replay = (given: readonly number[]) => {
    const made: number[] = [];
    const value = draw((bound) => {
      const choice = Math.min(given[made.length] ?? 0, bound - 1);
      made.push(choice);
      return choice;
    });
    return { made, value };
  };
  const fails = (given: readonly number[]): boolean => {
    if (++tries > SHRINKS) return false;
    const { made, value } = replay(given);
    try {
      holds(value);
      return false;
    } catch (cause) {
      error = cause;
      choices = made;
      smaller++;
      return true;
    }
  };
  for (let improved = true; improved && tries <= SHRINKS;) {
    improved = false;
    for (const length of [8, 4, 2, 1]) {
      for (let at = 0; at + length <= choices.length; at++) {
        const zeros = choices.map((c, i) => i >= at && i < at + length ? 0 : c);
        if (zeros.join() !== choices.join()) {
          improved = fails(zeros) || improved;
        }
        if (length > 2) continue;
        const shorter = choices.toSpliced(at, length);
        if (choices[at] > 0) improved = fails(shorter) || improved;
      }
    }
    for (let at = 0; at < choices.length; at++) {
      for (const less of [choices[at] >> 1, choices[at] - 1]) {
        if (less <= 0) continue;
        improved = fails(choices.with(at, less)) || improved;
      }
    }
  }
  return report(replay(choices).value, error, smaller);
}
