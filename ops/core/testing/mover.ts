// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What every operation that only moves numbers promises. It is linear, so its
 * gradient is its adjoint, to the last bit where the numbers are small integers.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Choose } from "./draw.ts";
import type { Float, Shape, Tensor } from "../types.ts";
import { check } from "./check.ts";

/** A tensor of any shape. */
export type FloatTensor = Tensor<Shape, Float>;

/** What a call has besides the tensor. */
export interface Rest {
  /** The arguments between the tensor and the options. */
  args: unknown[];
  options: Record<string, unknown>;
}

type Function = (...args: unknown[]) => unknown;

const SIZES = [1, 2, 3, 0, 4, 5];

/** A tensor of small integers. */
export function integers(
  choose: Choose,
  shape: readonly number[],
  isWide: boolean,
): FloatTensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const numbers = Array.from({ length: size }, () => choose(9) - 4);
  return {
    shape: [...shape],
    data: isWide ? Float64Array.from(numbers) : Float32Array.from(numbers),
  };
}

/** ⟨a, b⟩ */
export const inner = (a: FloatTensor, b: FloatTensor) =>
  Array.from(a.data, (v, i) => v * b.data[i]).reduce((sum, v) => sum + v, 0);

/** Tests an operation of one tensor on random shapes, with what `rest` draws. */
export function describeMover(
  exports: object,
  name: string,
  rest: (choose: Choose, shape: number[]) => Rest,
): void {
  const functions = exports as Readonly<Record<string, Function>>;
  const [f, fD, fDx] = [name, `${name}D`, `${name}Dx`]
    .map((name) => functions[name]);

  describe(`${name}(), of random shapes`, () => {
    it("is linear, has its adjoint as gradient, and heeds out and wrt", () => {
      check((choose) => {
        const rank = choose(5);
        const shape = Array.from({ length: rank }, () => SIZES[choose(6)]);
        const isWide = choose(2) === 1;
        const x = integers(choose, shape, isWide);
        return { x, isWide, ...rest(choose, shape), more: choose(2 ** 16) };
      }, ({ x, isWide, args, options, more }) => {
        const before = x.data.slice();
        const y = f(x, ...args, options) as FloatTensor;
        assertEquals(
          y.data.length,
          y.shape.reduce((a, b) => a * b, 1),
        );
        const dout = integers((n) => more++ % n, y.shape, isWide);
        const dx = fDx(x, ...args, dout, options) as FloatTensor;
        assertEquals(dx.shape, x.shape);
        assertEquals(inner(dout, y), inner(dx, x));
        assertEquals(fD(x, ...args, dout, options), { x: dx });
        assertEquals(fD(x, ...args, dout, { ...options, wrt: [] }), {});
        assertEquals(x.data, before);
        assert(y.data.buffer !== x.data.buffer);
        assert(dx.data.buffer !== dout.data.buffer);

        const out = { shape: y.shape, data: y.data.map(() => NaN) };
        assertStrictEquals(f(x, ...args, { ...options, out }), out);
        assertEquals(out.data, y.data);
        const outDx = { shape: x.shape, data: x.data.map(() => NaN) };
        const given = { ...options, out: outDx };
        assertStrictEquals(fDx(x, ...args, dout, given), outDx);
        assertEquals(outDx.data, dx.data);
        const record = { ...options, out: { x: outDx } };
        assertEquals(fD(x, ...args, dout, record), { x: dx });
      }, { runs: 300, toCode: (call) => JSON.stringify(call) });
    });
  });
}
