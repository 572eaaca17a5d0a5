// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The golden cases of an operation, run: what the code gives, what PyTorch gave,
 * and the truth with its bound, element by element.
 *
 * @module
 */

import type { Golden, GoldenCase } from "./goldens.ts";
import type { AnyTensor } from "./inputs.ts";
import { pageCode } from "./loops.ts";
import type { FloatTensor, Operation } from "./operation.ts";
import type { PageScope } from "./scopes.ts";
import {
  BOUNDED,
  epsilon,
  FLOATS,
  type Measure,
  type Truth,
  truthAt,
  tupleAt,
} from "./truth.ts";

/** A result of a golden case: an output or a gradient. */
export interface Result {
  /** Which output or gradient it is. */
  target: number;
  golden: GoldenCase;
  /** The elements that PyTorch's values are stored of. */
  ours: number[];
  theirs: number[];
  /** The truth of some of these: which, its value, its error in ε, and whether its
   * own digits are those of float32: where it is computed in float64, cancellation
   * may have left fewer. */
  truth: { at: number; value: number; error: number; isSure: boolean }[];
}

const known = new WeakMap<Operation, Result[]>();

/** The results of all golden cases that PyTorch does not refuse. */
export function measuredOf(op: Operation): Result[] {
  let results = known.get(op);
  if (results === undefined) {
    const cases = op.goldens?.cases ?? [];
    results = cases.filter(({ refuses }) => refuses === undefined)
      .flatMap((golden) => resultsOf(op, golden));
    known.set(op, results);
  }
  return results;
}

/** The arguments of a golden case. */
export function argumentsOf({ inputs, dout }: GoldenCase) {
  return {
    inputs: Object.values(inputs) as AnyTensor[],
    douts: Object.values(dout) as AnyTensor[],
  };
}

/** Whether a case has NaN or infinity among its numbers. */
export function isSpecial({ variant }: GoldenCase): boolean {
  return variant.includes(" in ");
}

function resultsOf(op: Operation, golden: GoldenCase): Result[] {
  const { inputs, douts } = argumentsOf(golden);
  const { options } = golden;
  const code = [
    ...op.functions.forward(inputs, options),
    ...op.floats.length > 0
      ? op.functions.backward(inputs, douts, options)
      : [],
  ];
  const theirs: (Golden | undefined)[] = [
    ...op.outputs.map(({ parameter }) => golden.outputs[parameter]),
    ...op.floats.map(({ parameter }) => golden.gradients[parameter]),
  ];
  const truth = isSpecial(golden) ? undefined : truthOf(op, golden, theirs);
  return code.flatMap((tensor, target) => {
    const stored = theirs[target];
    if (stored === undefined || tensor === undefined) return [];
    return [{
      target,
      golden,
      ours: Array.from(stored.at, (at) => tensor.data[at]),
      theirs: Array.from(stored.values),
      truth: truth?.[target] ?? [],
    }];
  });
}

/** The truth is computed for so many elements of a result. */
const SAMPLE = 10;

/** A result whose elements are computed all has so many at most. */
const WHOLE = 2000;

/** Tensors with more elements than this are computed in float64, with bounds. */
const LARGE = 100;

/** Up to so many of some places, evenly spread. */
function sample(places: ArrayLike<number>, most: number): number[] {
  const count = Math.min(places.length, most);
  return Array.from(
    { length: count },
    (_, i) => Math.floor(i * places.length / count),
  );
}

function truthOf(
  op: Operation,
  golden: GoldenCase,
  theirs: readonly (Golden | undefined)[],
): Result["truth"][] | undefined {
  const { inputs, douts } = argumentsOf(golden);
  const largest = Math.max(
    ...[...inputs, ...douts].map((x) => x?.data.length ?? 0),
  );
  return largest > LARGE
    ? truthBy(op, FLOATS, golden, theirs, largest)
    : truthBy(op, BOUNDED, golden, theirs, largest);
}

function truthBy<T>(
  op: Operation,
  kind: Measure<T>,
  golden: GoldenCase,
  theirs: readonly (Golden | undefined)[],
  largest: number,
): Result["truth"][] | undefined {
  const { inputs, douts } = argumentsOf(golden);
  const lifted = inputs.map(float64), liftedDouts = douts.map(float64);
  // Broadcasting and axes put the elements elsewhere: then all are needed, where
  // none of axes tells which element of the page is where.
  const isSummed = op.broadcasts || op.signature.spec.broadcast !== undefined;
  const isOrdered = Object.values(op.options)
    .some(({ kind }) => kind === "axes");
  if ((isSummed || isOrdered) && largest > WHOLE) return undefined;
  const { targets } = op.definitions;
  const places = theirs.map((stored) =>
    stored === undefined ? [] : sample(stored.at, SAMPLE)
  );
  const run = (
    visit: (
      key: string,
      data: FloatTensor["data"],
      scope: PageScope<T>,
    ) => void,
  ) => {
    const page = pageCode(op, kind, visit);
    return [
      ...page.forward(lifted, golden.options),
      ...op.floats.length > 0
        ? page.backward(lifted, liftedDouts, golden.options)
        : [],
    ];
  };
  const stored = (target: number) =>
    places[target].map((i) => theirs[target]!.at[i]);
  let needed = (key: string, data: FloatTensor["data"]): Iterable<number> =>
    isSummed ? data.keys() : stored(targets.indexOf(key));
  if (isOrdered && !isSummed) {
    const moved = run((_, data) => data.forEach((_, at) => data[at] = at));
    needed = (key) => {
      const target = targets.indexOf(key);
      return stored(target).map((at) => moved[target].data[at]);
    };
  }
  // Both runs visit the same elements, perhaps in several parts.
  const found = new Map<number, (Truth | undefined)[]>();
  const measure = (write: (truth: Truth) => number) => {
    let visits = 0;
    return run((key, data, scope) => {
      const shape = scope.shapeOf(key);
      const truths = found.get(visits) ?? [];
      found.set(visits++, truths);
      for (const place of needed(key, data)) {
        const truth = truths[place] ??
          truthAt(op, kind, scope, key, tupleAt(shape, place));
        truths[place] = truth;
        data[place] = truth === undefined ? NaN : write(truth);
      }
    });
  };
  const values = measure(({ value }) => value);
  const errors = measure(({ error }) => error);
  const shift = op.signature.spec.indices ? 1 : 0; // The page counts from 1.
  return values.map((tensor, target) =>
    places[target].map((i) => {
      const place = theirs[target]!.at[i];
      const value = tensor.data[place] - shift;
      const error = errors[target].data[place];
      const own = kind.epsilon * error;
      return {
        at: i,
        value,
        error,
        isSure: !(own > epsilon("float32") * Math.abs(value) / 4),
      };
    })
  );
}

function float64<T extends AnyTensor | null>(x: T): T {
  return x?.data instanceof Float32Array
    ? { ...x, data: Float64Array.from(x.data) }
    : x;
}
