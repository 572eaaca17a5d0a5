// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, scalar, type Tensor, tensor, zeros } from "../tensor.ts";
import { pad, padDx } from "./pad.ts";
import { slice, sliceDx } from "./slice.ts";
import * as op from "./pad.ts";
import source from "./pad.ts" with { type: "text" };
import goldens from "../goldens/pad.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";
import { describeMover } from "../core/testing/mover.ts";

describe("pad()", () => {
  it("puts zeros before and after, along each axis", () => {
    const x = tensor([[1, 2], [3, 4]]);
    const y: Tensor<[number, number]> = pad(x, {
      before: [1, 0],
      after: [0, 2],
    });
    assertEquals(y, tensor([[0, 0, 0, 0], [1, 2, 0, 0], [3, 4, 0, 0]]));
    assertEquals(pad(x), x);
    assertEquals(pad(scalar(7), { before: [] }), scalar(7));
    assertEquals(pad(zeros([0, 1]), { before: [2, 0] }), zeros([2, 1]));
  });

  it("is the gradient of slice, which is its own", () => {
    const x = tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]]);
    const part = { start: [1, 0], end: [3, 2] };
    const around = { before: [1, 0], after: [0, 1] };
    const y = slice(x, part);
    assertEquals(pad(y, around), sliceDx(x, y, part));
    assertEquals(padDx(y, x, around), y);
  });

  it("refuses a negative number, and other than one for each axis", () => {
    const x = ones([2, 3]);
    const CASES: [unknown, ErrorConstructor, string][] = [
      [
        { before: [0, -1] },
        RangeError,
        "before[1] must be at least 0: it is -1",
      ],
      [
        { after: [1] },
        TypeError,
        "after must have one number for each axis of x: after has 1, x has 2",
      ],
      [
        { after: [1, 0.5] },
        RangeError,
        "after[1] must be an integer: it is 0.5",
      ],
      [
        { before: 1 },
        TypeError,
        "before must be an array of integers: it is 1",
      ],
      [
        { before: [2 ** 53 - 1, 0] },
        RangeError,
        "axis 0 of the result must be below 2^53: it is 9007199254740992",
      ],
      [
        { before: [2 ** 52, 0] },
        RangeError,
        "the number of elements must be below 2^53: the result is 4503599627370498×3, which is 1.35e+16",
      ],
    ];
    for (const [options, kind, message] of CASES) {
      const error = assertThrows(() => pad(x, options as never), kind);
      assertEquals(error.message, `Cannot compute pad as ${message}`);
      assertThrows(() => padDx(x, x, options as never), Error);
    }
  });
});

describeMover(op, "pad", (choose, shape) => ({
  args: [],
  options: {
    before: choose(4) === 3 ? undefined : shape.map(() => choose(3)),
    after: choose(4) === 3 ? undefined : shape.map(() => choose(3)),
  },
}));

describeProof("ops/structure/pad.ts", source, op, goldens);
