// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, reshape, tensor, zeros } from "../tensor.ts";
import { rnnCell, rnnCellD, rnnCellDb } from "./rnn_cell.ts";
import * as op from "./rnn_cell.ts";
import source from "./rnn_cell.ts" with { type: "text" };
import goldens from "../goldens/rnn_cell.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const x = tensor([[1, 2, 0], [-1, 0, 1]]);
const h = tensor([[1, 0], [0, -1]]);
const w = tensor([[1, -0.5, 2], [0, 0.5, 1]]);
const u = tensor([[0.5, 0], [0, 0.25]]);
const b = tensor([-0.5, 1]);
const dout = ones([2, 2]);

describe("rnnCell()", () => {
  it("is the tangent of two layers and a bias", () => {
    const sums = [0, 2, 0.5, 1.75];
    assertEquals(
      rnnCell(x, h, w, u, b),
      tensor(Float32Array.from(sums, Math.tanh), [2, 2]),
    );
  });

  it("takes any leading axes, none as well", () => {
    const next = rnnCell(x, h, w, u, b);
    const wide = rnnCell(
      reshape(x, [1, 2, 1, 3]),
      reshape(h, [1, 2, 1, 2]),
      w,
      u,
      b,
    );
    assertEquals(wide, reshape(next, [1, 2, 1, 2]));
    const one = rnnCell(tensor([1, 2, 0]), tensor([1, 0]), w, u, b);
    assertEquals([...one.data], [...next.data.subarray(0, 2)]);
  });

  it("takes no bias", () => {
    const none = zeros([2]);
    assertEquals(rnnCell(x, h, w, u, null), rnnCell(x, h, w, u, none));
    const { b: _, ...others } = rnnCellD(x, h, w, u, none, dout);
    assertEquals(rnnCellD(x, h, w, u, null, dout) as never, others);
    assertThrows(
      () => rnnCellDb(x, h, w, u, null as never, dout),
      TypeError,
      "Cannot compute rnnCellDb as b must be a tensor",
    );
  });

  it("refuses states and weights that do not fit", () => {
    assertThrows(
      () => rnnCell(x, h, w, ones([2, 3]) as never, b),
      TypeError,
      "Cannot compute rnnCell as the axis m of h must equal the columns of u: h is 2×2, u is 2×3",
    );
    assertThrows(
      () => rnnCell(x, ones([3, 2]) as never, w, u, b),
      TypeError,
      "Cannot compute rnnCell as the axes n of x must equal the axes n of h: x is 2×3, h is 3×2",
    );
  });

  it("gives the bias alone where there are no inputs", () => {
    const none = zeros([2, 0]), empty = zeros([2, 0]);
    const next = rnnCell(none, zeros([2, 2]), empty, u, b);
    const row = [...b.data].map(Math.tanh);
    assertEquals(next, tensor(Float32Array.from([...row, ...row]), [2, 2]));
    const d = rnnCellD(none, h, empty, u, b, dout);
    assertEquals([d.x, d.w], [none, empty]);
  });
});

describeProof("ops/recurrent/rnn_cell.ts", source, op, goldens);
