// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Tests that compare the kernels of an operation with its loops.
 *
 * @module
 */

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { arena } from "../../arena.ts";
import { type Tensor, zeros } from "../../tensor.ts";
import type { Numbers } from "../arrays.ts";
import { type Signature, withoutKernels } from "../op.ts";

/** What an operation is compared on. */
export interface Comparison {
  /** The shapes of its inputs, where null is one that is left out. */
  inputs: Readonly<Record<string, readonly number[] | null>>;
  options?: Readonly<Record<string, unknown>>;
  /** Changes the first input, from between 1 and 5. */
  change?: (x: Float32Array, i: number) => number;
}

type Make = (data: Float32Array) => Numbers;

/** Numbers up to 3 in size; the same in every run. */
function numbers(size: number, seed: number): Float32Array {
  return new Float32Array(size).map((_, i) =>
    Math.sin((i + 1) * seed) * (1 + i % 3)
  );
}

/** Everything that an operation computes from some inputs. */
function compute(
  signature: Signature,
  { inputs, options, change }: Comparison,
  make: Make,
  odd?: { number: number; inGradient: boolean },
): Record<string, Numbers> {
  const tensors = Object.entries(inputs).map(([name, shape], k) => {
    if (shape === null) return null;
    const size = shape.reduce((size, n) => size * n, 1);
    const data = numbers(size, k + 3);
    data.forEach((v, i) => {
      if (k === 0) data[i] = 3 + 2 * v / 3;
      if (name === "variance") data[i] = v * v + 0.1;
    });
    if (k === 0 && change) data.forEach((_, i) => data[i] = change(data, i));
    if (k === 0 && odd && !odd.inGradient) data[size >> 1] = odd.number;
    return { shape, data: make(data) };
  });
  const y = signature.forward<Tensor>(tensors, options);
  const data = numbers(y.data.length, 8);
  if (odd?.inGradient) data[0] = odd.number;
  const dout = { shape: y.shape, data: make(data) };
  const all = signature.backward<Record<string, Tensor | null>>(
    [...tensors, dout],
    options,
  );
  return Object.fromEntries(
    Object.entries({ y, ...all }).flatMap(([name, tensor]) =>
      tensor === null ? [] : [[name, tensor.data.slice() as Numbers]]
    ),
  );
}

/** Tests that what an operation computes of float32 numbers is what its loops do, rounded
 * once, also at any place of an arena, and with what is not finite. */
export function describeNearLoops(
  signature: Signature,
  comparisons: readonly Comparison[],
): void {
  const { name } = signature;
  describe(`the kernels of ${name}()`, () => {
    for (const comparison of comparisons) {
      const what = JSON.stringify(comparison);
      it(`compute what the loops do, of ${what}`, () => {
        const right = compute(
          withoutKernels(signature),
          comparison,
          (data) => Float64Array.from(data),
        );
        const found = compute(signature, comparison, (data) => data);
        assertEquals(Object.keys(found), Object.keys(right));
        for (const [name, values] of Object.entries(found)) {
          const exact = right[name];
          let largest = 0;
          exact.forEach((v) => largest = Math.max(largest, Math.abs(v)));
          values.forEach((value, at) =>
            assertAlmostEquals(
              value,
              exact[at],
              2 ** -24 * Math.abs(exact[at]) + 1e-11 * largest,
              `${name}, ${at}`,
            )
          );
        }
        for (const shift of [1, 2, 3]) {
          const again = arena(() => ({
            all: compute(signature, comparison, (data) => {
              const own = zeros([data.length + 4]).data.subarray(shift);
              own.set(data);
              return own.subarray(0, data.length) as Numbers;
            }),
          }));
          assertEquals(again.all, found, `${shift}`);
        }
        for (const number of [NaN, Infinity, -Infinity]) {
          for (const inGradient of [false, true]) {
            const [found, right] = [signature, withoutKernels(signature)].map(
              (s) =>
                Object.values(
                  compute(s, comparison, (data) => data, {
                    number,
                    inGradient,
                  }),
                ).map((values) =>
                  Array.from(values, (v) => Number.isFinite(v) ? 0 : v)
                ),
            );
            assertEquals(found, right, `${number} ${inGradient}`);
          }
        }
      });
    }
  });
}
