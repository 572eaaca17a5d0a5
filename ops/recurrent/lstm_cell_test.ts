// Copyright 2026 the Adjoint authors. MIT license.

import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, reshape, tensor, zeros } from "../tensor.ts";
import { lstmCell, lstmCellD, lstmCellDb, lstmCellDc } from "./lstm_cell.ts";
import * as op from "./lstm_cell.ts";
import source from "./lstm_cell.ts" with { type: "text" };
import goldens from "../goldens/lstm_cell.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const x = tensor([[1, 2, 0], [-1, 0, 1]]);
const h = tensor([[1, 0], [0, -1]]);
const c = tensor([[0.5, -1], [2, 0]]);
const w = reshape(tensor([...Array(24).keys()].map((i) => (i % 7) - 3)), [
  8,
  3,
]);
const u = reshape(tensor([...Array(16).keys()].map((i) => (i % 5) - 2)), [
  8,
  2,
]);
const b = tensor([0, 1, 2, 3, -1, -2, 0, 1]);
const dout = { h: ones([2, 2]), c: tensor([[0, 1], [2, 3]]) };

describe("lstmCell()", () => {
  it("has its gates in PyTorch's order", () => {
    const none = zeros([4, 1]), one = tensor([[1]]);
    const open = (...gates: number[]) =>
      lstmCell(one, one, tensor([[3]]), none, none, tensor(gates));
    const near = (actual: number, expected: number) =>
      assertAlmostEquals(actual, expected, 1e-6);
    const [yes, no] = [1000, -1000];
    near(open(yes, no, yes, yes).c.data[0], 1); // What is put in.
    near(open(no, yes, yes, yes).c.data[0], 3); // What is kept.
    near(open(yes, yes, no, yes).c.data[0], 2); // The candidate is −1.
    near(open(no, yes, yes, no).h.data[0], 0); // What is shown.
    near(open(no, yes, yes, yes).h.data[0], Math.tanh(3));
  });

  it("takes any leading axes, none as well", () => {
    const next = lstmCell(x, h, c, w, u, b);
    const wide = lstmCell(
      reshape(x, [1, 2, 1, 3]),
      reshape(h, [1, 2, 1, 2]),
      reshape(c, [1, 2, 1, 2]),
      w,
      u,
      b,
    );
    assertEquals(wide.h, reshape(next.h, [1, 2, 1, 2]));
    assertEquals(wide.c, reshape(next.c, [1, 2, 1, 2]));
    const one = lstmCell(
      tensor([1, 2, 0]),
      tensor([1, 0]),
      tensor([0.5, -1]),
      w,
      u,
      b,
    );
    assertEquals([...one.h.data], [...next.h.data.subarray(0, 2)]);
  });

  it("takes no bias", () => {
    const none = zeros([8]);
    assertEquals(lstmCell(x, h, c, w, u, null), lstmCell(x, h, c, w, u, none));
    const { b: _, ...others } = lstmCellD(x, h, c, w, u, none, dout);
    assertEquals(lstmCellD(x, h, c, w, u, null, dout) as never, others);
    assertThrows(
      () => lstmCellDb(x, h, c, w, u, null as never, dout),
      TypeError,
      "Cannot compute lstmCellDb as b must be a tensor",
    );
  });

  it("writes to the tensors that are given", () => {
    const out = { h: zeros([2, 2]), c: zeros([2, 2]) };
    const next = lstmCell(x, h, c, w, u, b, { out });
    assertEquals([next.h === out.h, next.c === out.c], [true, true]);
    assertEquals(next, lstmCell(x, h, c, w, u, b));
    const some = lstmCell(x, h, c, w, u, b, { out: { c: out.c } });
    assertEquals(some.c === out.c, true);
  });

  it("refuses weights that are not those of four gates", () => {
    assertThrows(
      () => lstmCell(x, h, c, zeros([6, 3]), u, b),
      TypeError,
      "Cannot compute lstmCell as axis 0 of w must be 4*m where m is 2: w is 6×3",
    );
  });
});

describe("lstmCellD()", () => {
  it("needs the gradients of both outputs, which act apart", () => {
    const zero = { h: zeros([2, 2]), c: zeros([2, 2]) };
    const both = lstmCellDc(x, h, c, w, u, b, dout);
    const ofH = lstmCellDc(x, h, c, w, u, b, { ...zero, h: dout.h });
    const ofC = lstmCellDc(x, h, c, w, u, b, { ...zero, c: dout.c });
    both.data.forEach((d, i) =>
      assertAlmostEquals(d, ofH.data[i] + ofC.data[i], 1e-6)
    );
    assertThrows(
      () => lstmCellD(x, h, c, w, u, b, { h: dout.h } as never),
      TypeError,
      "Cannot compute lstmCellD as dout.c must be a tensor",
    );
  });
});

describeProof("ops/recurrent/lstm_cell.ts", source, op, goldens);
