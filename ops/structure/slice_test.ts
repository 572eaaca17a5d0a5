// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, scalar, type Tensor, tensor, zeros } from "../tensor.ts";
import { slice, sliceDx } from "./slice.ts";
import * as op from "./slice.ts";
import source from "./slice.ts" with { type: "text" };
import goldens from "../goldens/slice.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";
import { describeMover } from "../core/testing/mover.ts";

describe("slice()", () => {
  it("takes from start up to end, which count from the end where negative", () => {
    const x = tensor([[1, 2, 3], [4, 5, 6]]);
    const y: Tensor<[number, number]> = slice(x, { start: [0, 1] });
    assertEquals(y, tensor([[2, 3], [5, 6]]));
    assertEquals(slice(x), x);
    assertEquals(slice(x, { end: [1, 2] }), tensor([[1, 2]]));
    assertEquals(
      slice(x, { start: [-1, -3], end: [2, -1] }),
      tensor([[4, 5]]),
    );
    assertEquals(slice(x, { start: [2, 0] }), zeros([0, 3]));
    assertEquals(slice(scalar(7), { start: [] }), scalar(7));
  });

  it("refuses what reaches beyond an axis, and what ends before it begins", () => {
    const x = ones([2, 3]);
    const CASES: [unknown, ErrorConstructor, string][] = [
      [
        { end: [2, 4] },
        RangeError,
        "end[1] must be a place on axis 1 of x, from -3 to 3: it is 4, x is 2×3",
      ],
      [
        { start: [-3, 0] },
        RangeError,
        "start[0] must be a place on axis 0 of x, from -2 to 2: it is -3, x is 2×3",
      ],
      [
        { start: [0, 2], end: [2, 1] },
        RangeError,
        "end[1] must not be before start[1]: it is 1, start[1] is 2",
      ],
      [
        { start: [0] },
        TypeError,
        "start must have one number for each axis of x: start has 1, x has 2",
      ],
      [
        { start: [0, NaN] },
        RangeError,
        "start[1] must be an integer: it is NaN",
      ],
      [{ end: 1 }, TypeError, "end must be an array of integers: it is 1"],
    ];
    for (const [options, kind, message] of CASES) {
      const error = assertThrows(() => slice(x, options as never), kind);
      assertEquals(error.message, `Cannot compute slice as ${message}`);
      assertThrows(() => sliceDx(x, x, options as never), kind);
    }
  });
});

describeMover(op, "slice", (choose, shape) => {
  const start = shape.map((n) => choose(n + 1));
  const end = shape.map((n, axis) => start[axis] + choose(n - start[axis] + 1));
  const signed = (places: number[]) =>
    places.map((at, axis) =>
      at < shape[axis] && choose(2) ? at - shape[axis] : at
    );
  return {
    args: [],
    options: {
      start: choose(4) === 3 ? undefined : signed(start),
      end: choose(4) === 3 ? undefined : signed(end),
    },
  };
});

describeProof("ops/structure/slice.ts", source, op, goldens);
