// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, scalar, type Tensor, tensor, zeros } from "../tensor.ts";
import { broadcastTo, broadcastToD, broadcastToDx } from "./broadcast_to.ts";
import * as op from "./broadcast_to.ts";
import source from "./broadcast_to.ts" with { type: "text" };
import goldens from "../goldens/broadcast_to.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";
import { describeMover } from "../core/testing/mover.ts";

describe("broadcastTo()", () => {
  it("repeats along new axes and along axes of size 1", () => {
    const y: Tensor<[2, 2, 3]> = broadcastTo(tensor([[1], [2]]), [2, 2, 3]);
    assertEquals(
      y,
      tensor([[[1, 1, 1], [2, 2, 2]], [[1, 1, 1], [2, 2, 2]]]),
    );
    assertEquals(broadcastTo(scalar(3), [2]), tensor([3, 3]));
    assertEquals(broadcastTo(scalar(3), []), scalar(3));
    const x = ones([2, 1]);
    assertEquals(broadcastTo(x, [2, 0]), zeros([2, 0]));
    assertEquals(broadcastToD(x, [2, 0], zeros([2, 0])), { x: zeros([2, 1]) });
  });

  it("adds up the gradients in float64, and rounds once", () => {
    const dout = ones([17]);
    dout.data[0] = 2 ** 24;
    const dx = broadcastToDx(scalar(0), [17], dout);
    assertEquals(dx, scalar(2 ** 24 + 16));
  });

  it("refuses a shape that the tensor does not broadcast to", () => {
    const x = ones([2, 3]);
    for (const shape of [[2, 4], [2, 1], [3], [], [2, 3, 1]]) {
      const error = assertThrows(
        () => broadcastTo(x as Tensor, shape),
        TypeError,
      );
      assertEquals(
        error.message,
        `Cannot compute broadcastTo as each axis of x must be 1 or that of shape, counted from the last: x is 2×3, shape is ${
          shape.length < 2 ? `[${shape}]` : shape.join("×")
        }`,
      );
    }
    assertThrows(() => broadcastTo(x as Tensor, [-1, 3]), RangeError, "shape");
    assertThrows(
      () => broadcastTo(x as Tensor, 3 as never),
      TypeError,
      "shape",
    );
    // @ts-expect-error Three columns are no four.
    assertThrows(() => broadcastTo(x, [2, 4]), TypeError);
  });
});

describeMover(op, "broadcastTo", (choose, shape) => {
  const more = Array.from({ length: choose(3) }, () => choose(4));
  const to = shape.map((n) => n === 1 ? choose(4) : n);
  return { args: [[...more, ...to]], options: {} };
});

describeProof("ops/structure/broadcast_to.ts", source, op, goldens);
