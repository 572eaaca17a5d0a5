// Copyright 2026 the Adjoint authors. MIT license.

import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { add } from "../arithmetic/add.ts";
import { ones, reshape, tensor, zeros } from "../tensor.ts";
import { gruCell, gruCellD, gruCellDbh } from "./gru_cell.ts";
import * as op from "./gru_cell.ts";
import source from "./gru_cell.ts" with { type: "text" };
import goldens from "../goldens/gru_cell.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const x = tensor([[1, 2, 0], [-1, 0, 1]]);
const h = tensor([[1, 0], [0, -1]]);
const w = reshape(tensor([...Array(18).keys()].map((i) => (i % 7) - 3)), [
  6,
  3,
]);
const u = reshape(tensor([...Array(12).keys()].map((i) => (i % 5) - 2)), [
  6,
  2,
]);
const b = tensor([0, 1, 2, 3, -1, -2]);
const bh = tensor([1, 0, -1, 2, 3, -3]);
const dout = ones([2, 2]);

describe("gruCell()", () => {
  it("has its gates in PyTorch's order", () => {
    const none = zeros([3, 1]), one = tensor([[1]]), three = tensor([[3]]);
    const open = (...gates: number[]) =>
      gruCell(one, three, none, none, tensor(gates), tensor([0, 0, 1]));
    const near = (actual: number, expected: number) =>
      assertAlmostEquals(actual, expected, 1e-6);
    const [yes, no] = [1000, -1000];
    near(open(no, yes, 0).data[0], 3); // The state stays.
    near(open(no, no, 0.5).data[0], Math.tanh(0.5)); // Nothing of the state,
    near(open(yes, no, 0.5).data[0], Math.tanh(1.5)); // and all of it.
  });

  it("has the second bias behind the reset gate, and only there apart", () => {
    const gates = tensor([1, 2, 3, 4, 0, 0]);
    const candidate = tensor([0, 0, 0, 0, 5, 6]);
    const one = gruCell(x, h, w, u, add(b, gates), bh);
    one.data.forEach((value, i) =>
      assertAlmostEquals(
        value,
        gruCell(x, h, w, u, b, add(bh, gates)).data[i],
        1e-6,
      )
    );
    const other = gruCell(x, h, w, u, add(b, candidate), bh);
    const behind = gruCell(x, h, w, u, b, add(bh, candidate));
    assertEquals(other.data[1] === behind.data[1], false);
  });

  it("takes any leading axes, none as well", () => {
    const next = gruCell(x, h, w, u, b, bh);
    const wide = gruCell(
      reshape(x, [1, 2, 1, 3]),
      reshape(h, [1, 2, 1, 2]),
      w,
      u,
      b,
      bh,
    );
    assertEquals(wide, reshape(next, [1, 2, 1, 2]));
    const one = gruCell(tensor([1, 2, 0]), tensor([1, 0]), w, u, b, bh);
    assertEquals([...one.data], [...next.data.subarray(0, 2)]);
  });

  it("takes neither bias, or one", () => {
    const none = zeros([6]);
    assertEquals(
      gruCell(x, h, w, u, null, bh),
      gruCell(x, h, w, u, none, bh),
    );
    assertEquals(gruCell(x, h, w, u, b, null), gruCell(x, h, w, u, b, none));
    const { b: _, bh: __, ...others } = gruCellD(x, h, w, u, none, none, dout);
    assertEquals(gruCellD(x, h, w, u, null, null, dout) as never, others);
    assertThrows(
      () => gruCellDbh(x, h, w, u, b, null as never, dout),
      TypeError,
      "Cannot compute gruCellDbh as bh must be a tensor",
    );
  });

  it("refuses weights that are not those of three parts", () => {
    assertThrows(
      () => gruCell(x, h, zeros([8, 3]), u, b, bh),
      TypeError,
      "Cannot compute gruCell as axis 0 of w must be 3*m where m is 2: w is 8×3",
    );
  });
});

describeProof("ops/recurrent/gru_cell.ts", source, op, goldens);
