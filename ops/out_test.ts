// Copyright 2026 the Adjoint authors. MIT license.

// What every operation promises of its last argument, `out`.

import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { addBias, addBiasDx, addBiasDy } from "./add_bias.ts";
import { sum, sumDx } from "./sum.ts";
import type { Tensor } from "./tensor.ts";

type Op = (...tensors: never[]) => Tensor;

const ADD_BIAS = [[2, 3, 4], [3]];

/** Each function, what it is doing, the shapes of its arguments and result. */
const OPS: [Op, string, number[][], number[]][] = [
  [addBias, "compute addBias", ADD_BIAS, [2, 3, 4]],
  [addBiasDx, "compute addBiasDx", [...ADD_BIAS, [2, 3, 4]], [2, 3, 4]],
  [addBiasDy, "compute addBiasDy", [...ADD_BIAS, [2, 3, 4]], [3]],
  [sum, "compute sum", [[2, 3]], []],
  [sumDx, "compute sumDx", [[2, 3], []], [2, 3]],
];

const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

for (const [f, act, takes, gives] of OPS) {
  describe(`out of ${f.name}()`, () => {
    for (const Data of [Float32Array, Float64Array]) {
      const inputs = (): Tensor[] =>
        takes.map((shape) => ({
          shape,
          data: new Data(size(shape)).map((_, i) => i / 7 - 1),
        }));
      const call = (...tensors: Tensor[]) => f(...tensors as never[]);
      const refused = (args: Tensor[], out: unknown, message: string) => {
        const before = args.map(({ data }) => data.slice());
        const held = (out as Tensor | null)?.data?.slice();
        const error = assertThrows(() => call(...args, out as Tensor));
        assertStrictEquals((error as Error).constructor, TypeError);
        assertEquals((error as Error).message, `Cannot ${act} as ${message}`);
        assertEquals(args.map(({ data }) => data), before);
        assertEquals((out as Tensor | null)?.data, held);
      };
      const [type, other] = Data === Float32Array
        ? ["float32", "float64"]
        : ["float64", "float32"];

      it(`is overwritten and returned (${type})`, () => {
        const expected = call(...inputs());
        const buffer = new Data(size(gives) + 2).fill(NaN);
        const out = Object.freeze({
          shape: gives,
          data: buffer.subarray(1, -1),
        });
        assertStrictEquals(call(...inputs(), out), out);
        assertEquals(out, expected);
        assertEquals([buffer[0], buffer.at(-1)], [NaN, NaN]);
        assertEquals(call(...inputs(), out), expected);
      });

      it(`may be undefined, but not something else (${type})`, () => {
        const expected = call(...inputs());
        assertEquals(call(...inputs(), undefined as never), expected);
        refused(
          inputs(),
          null,
          "out must be a tensor { shape, data }: it is null",
        );
      });

      it(`has the shape of the result (${type})`, () => {
        const shape = [...gives, 1];
        refused(
          inputs(),
          { shape, data: new Data(size(shape)) },
          `out must have the shape of the result: out is ${
            shape.length > 1 ? shape.join("×") : `[${shape}]`
          }, the result is ${
            gives.length > 1 ? gives.join("×") : `[${gives}]`
          }`,
        );
      });

      it(`has the element type of x (${type})`, () => {
        const Other = Data === Float32Array ? Float64Array : Float32Array;
        refused(
          inputs(),
          { shape: gives, data: new Other(size(gives)) },
          `x and out must have the same element type: x is ${type}, out is ${other}`,
        );
      });

      for (const [i, shape] of takes.entries()) {
        it(`does not share memory with argument ${i} (${type})`, () => {
          const args = inputs();
          const [a, b] = [size(shape), size(gives)];
          const { BYTES_PER_ELEMENT: bytes } = Data;
          const all = new Data(a + b).fill(1);
          // From two that only touch to the one inside the other.
          args[i] = { shape, data: all.subarray(0, a) };
          const beside = { shape: gives, data: all.subarray(a) };
          assertStrictEquals(call(...args, beside), beside);
          for (const at of new Set([a - 1, Math.max(0, a - b), 0])) {
            const name = i === takes.length - 1 && f.name.includes("D")
              ? "dout"
              : ["x", "y"][i];
            refused(
              args,
              { shape: gives, data: all.subarray(at, at + b) },
              `out must not share memory with ${name}: they share ${
                Math.min(b, a - at) * bytes
              } bytes`,
            );
          }
          const alone = new Data(b);
          assert(alone.buffer !== all.buffer);
          call(...args, { shape: gives, data: alone });
        });
      }
    }
  });
}
