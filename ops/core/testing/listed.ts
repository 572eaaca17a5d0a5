// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Functions that take lists, each with lists of its own: what they are called with
 * besides follows from a signature of known shapes, as for all other functions.
 *
 * @module
 */

import { joined } from "../../proof/positional.ts";
import * as broadcasting from "../../structure/broadcast_to.ts";
import * as padding from "../../structure/pad.ts";
import * as slicing from "../../structure/slice.ts";
import * as transposing from "../../structure/transpose.ts";
import { op } from "../op.ts";
import type { Shape } from "../types.ts";
import { functionsOf, type OpFunction } from "./functions.ts";

/** A call whose lists are given. */
interface Listed {
  exports: object;
  /** The arguments between the tensors and the options, and the options. */
  args?: unknown[];
  lists?: Record<string, unknown>;
  from: Shape;
  to: Shape;
  /** The index in x of an element of y; none where there is a zero. */
  at(...index: number[]): number[] | undefined;
}

const CALLS: Record<string, Listed> = {
  broadcastTo: {
    exports: broadcasting,
    args: [[4, 2, 5, 3]],
    from: [2, 1, 3],
    to: [4, 2, 5, 3],
    at: (_, i, __, k) => [i, 0, k],
  },
  transpose: {
    exports: transposing,
    lists: { axes: [2, 0, -2] },
    from: [2, 3, 4],
    to: [4, 2, 3],
    at: (i, j, k) => [j, k, i],
  },
  slice: {
    exports: slicing,
    lists: { start: [1, -3], end: [3, 4] },
    from: [4, 5],
    to: [2, 2],
    at: (i, j) => [i + 1, j + 2],
  },
  pad: {
    exports: padding,
    lists: { before: [1, 0], after: [0, 3] },
    from: [2, 4],
    to: [3, 7],
    at: (i, j) => i >= 1 && j < 4 ? [i - 1, j] : undefined,
  },
};

type Function = (...args: unknown[]) => unknown;
type Frame = Record<"x" | "y" | "dx" | "dy", Float64Array>;

/** The functions, and the options that hold their lists. */
export const LISTED: readonly OpFunction[] = Object
  .entries(CALLS).flatMap(
    ([name, { exports, args = [], lists = {}, ...of }]) => {
      const places = placesOf(of);
      const signature = op(name, {
        inputs: { x: of.from.join(" ") },
        outputs: { y: of.to.join(" ") },
        forward(frame: unknown) {
          const { x, y } = frame as Frame;
          places.forEach((at, i) => y[i] = at === undefined ? 0 : x[at]);
        },
        backward(frame: unknown) {
          const { dx, dy } = frame as Frame;
          const sums = new Float64Array(dx.length);
          places.forEach((at, i) => at === undefined || (sums[at] += dy[i]));
          dx.set(sums);
        },
      } as never);
      const given = exports as Readonly<Record<string, Function>>;
      const withLists = (f: Function, count: number): Function => (...all) => {
        const [tensors, rest] = [all.slice(0, count), all.slice(count)];
        const [options = {}, ...others] = rest;
        const isRecord = typeof options === "object" && options !== null;
        return f(
          tensors[0],
          ...args,
          ...tensors.slice(1),
          isRecord ? joined(options, lists) : options,
          ...others,
        );
      };
      return functionsOf(signature, {
        [name]: withLists(given[name], 1),
        [`${name}D`]: withLists(given[`${name}D`], 2),
        [`${name}Dx`]: withLists(given[`${name}Dx`], 2),
      }).map((fn) => ({ ...fn, lists: Object.keys(lists) }));
    },
  );

/** Where each element of y is in x. */
function placesOf({ from, to, at }: Pick<Listed, "from" | "to" | "at">) {
  let all: number[][] = [[]];
  for (const n of to) {
    all = all.flatMap((index) =>
      Array.from({ length: n }, (_, i) => [...index, i])
    );
  }
  return all.map((index) =>
    at(...index)?.reduce((place, i, axis) => place * from[axis] + i, 0)
  );
}
