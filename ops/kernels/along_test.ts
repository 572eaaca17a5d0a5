// Copyright 2026 the Adjoint authors. MIT license.

import { describe, it } from "@std/testing/bdd";
import { withoutKernels } from "../core/op.ts";
import { assertSameNumbers } from "../core/testing/functions.ts";
import { signature as argmax } from "../reductions/argmax.ts";
import { signature as cumsum } from "../reductions/cumsum.ts";
import { signature as max } from "../reductions/max.ts";
import { signature as min } from "../reductions/min.ts";

const SPECIAL = [0, -0, NaN, Infinity, -Infinity, 1, -1, 1e30, 0.1];

/** Numbers, and special ones among them so often. */
function data(size: number, often: number) {
  return Float32Array.from(
    { length: size },
    (_, i) =>
      i % often === 0
        ? SPECIAL[i / often % SPECIAL.length]
        : Math.sin(i * i) * 4,
  );
}

describe("along an axis, in the order of memory", () => {
  for (const signature of [max, min, cumsum, argmax]) {
    it(`${signature.name} has the bits of its loop`, () => {
      const loop = withoutKernels(signature);
      for (
        const shape of [[3, 5, 7], [2, 9], [9, 2], [1, 4, 1], [40], [2, 1, 3]]
      ) {
        const size = shape.reduce((a, b) => a * b);
        for (const often of [2, 5, 1000]) {
          const x = { shape, data: data(size, often) };
          shape.forEach((_, axis) => {
            const options = { axis };
            const what = `${signature.name} ${shape} axis ${axis}`;
            type Result = { shape: number[]; data: Float32Array };
            const y: Result = signature.forward([x], options);
            const right: Result = loop.forward([x], options);
            assertSameNumbers(y.data, right.data, what);
            if (signature === argmax) return;
            const dout = { shape: y.shape, data: data(y.data.length, often) };
            const { x: dx }: { x: Result } = signature.backward(
              [x, dout],
              options,
            );
            const { x: dRight }: { x: Result } = loop.backward(
              [x, dout],
              options,
            );
            assertSameNumbers(dx.data, dRight.data, `${what}, backward`);
          });
        }
      }
    });
  }
});
