// Copyright 2026 the Adjoint authors. MIT license.

import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  crossEntropy,
  crossEntropyD,
  crossEntropyDlogits,
} from "./cross_entropy.ts";
import { type Nested, reshape, scalar, tensor, zeros } from "../tensor.ts";
import * as op from "./cross_entropy.ts";
import source from "./cross_entropy.ts" with { type: "text" };
import goldens from "../goldens/cross_entropy.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const f64 = { dtype: "float64" } as const;
const one = scalar(1);
const labelsOf = (labels: number[]) => tensor(labels, { dtype: "int32" });

/** Logits, the label, and 20 digits of the loss and the gradient, by mpmath. */
const KNOWN: [number[], number, number, number[]][] = [
  [[1, 2, 3], 0, 2.4076059644443803045, [
    -0.909969426829619542,
    0.24472847105479765247,
    0.66524095577482188953,
  ]],
  [[0.5, -1, 2, 0], 3, 2.3423495823898220942, [
    0.15844470951497972013,
    0.035353793408748868477,
    0.71009992288617419558,
    -0.90389842580990278419,
  ]],
  [[40, 0], 0, 4.2483542552915889863e-18, [
    -4.2483542552915889773e-18,
    4.2483542552915889773e-18,
  ]],
  [[40, 39.5, -3], 0, 0.474076984180106681, [
    -0.37754066879814543544,
    0.37754066879814543531,
    1.3165830510632286658e-19,
  ]],
  [[1e4, 9999.9999999], 1, 0.6931472305603272841, [
    0.50000002500019036233,
    -0.50000002500019036233,
  ]],
  [[0, 700, 0], 1, 1.9719353087519541713e-304, [
    9.8596765437597708567e-305,
    -1.9719353087519541713e-304,
    9.8596765437597708567e-305,
  ]],
];

describe("crossEntropy()", () => {
  it("is right to a few ulp, however sure the logits", () => {
    for (const [logits, label, loss] of KNOWN) {
      const x = tensor([logits] as Nested, f64);
      const found = crossEntropy(x, labelsOf([label])).data[0];
      assertAlmostEquals(found / loss, 1, 1e-15, `${logits}`);
    }
    const sure = crossEntropy(tensor([[40, 0]]), labelsOf([0]));
    assertEquals(sure.data[0], Math.fround(4.2483542552915889863e-18));
  });

  it("is the mean over the rows", () => {
    const logits = tensor([[1e4, 0, -1e4], [0, 2e3, 0], [0, 0, 1e4]]);
    assertEquals(crossEntropy(logits, labelsOf([2, 1, 0])).data[0], 1e4);
  });

  it("has the classes on axis 1, and any axes after it", () => {
    const pixels = zeros([1, 2, 2, 3], f64);
    pixels.data.set([5, 1, 2, 3, 4, 0, /* class 1 */ 0, 1, 1, 1, 4, 8]);
    const labels = tensor([[[0, 1, 0], [1, 0, 1]]], { dtype: "uint8" });
    const rows = tensor([[5, 0], [1, 1], [2, 1], [3, 1], [4, 4], [0, 8]], f64);
    const same = reshape(labels, [6]);
    const loss = crossEntropy(pixels, labels).data[0];
    assertAlmostEquals(loss, crossEntropy(rows, same).data[0], 1e-15);
    const dout = scalar(1, f64);
    const found = crossEntropyDlogits(pixels, labels, dout);
    const flat = crossEntropyDlogits(rows, same, dout).data;
    const at = (k: number) => [found.data[k], found.data[6 + k]];
    assertEquals([0, 1, 2, 3, 4, 5].flatMap(at), [...flat]);
  });

  it("leaves out labels that are to be ignored", () => {
    const logits = tensor([[1, 2], [3, 4], [0, 0]], f64);
    const all = crossEntropy(tensor([[1, 2], [0, 0]], f64), labelsOf([0, 1]));
    assertEquals(crossEntropy(logits, labelsOf([0, -100, 1])), all);
    const options = { ignore: 7 };
    assertEquals(crossEntropy(logits, labelsOf([0, 7, 1]), options), all);
    // A class may be ignored, too.
    const only = crossEntropy(tensor([[0, 0]], f64), labelsOf([1]));
    const found = crossEntropy(logits, labelsOf([0, 0, 1]), { ignore: 0 });
    assertEquals(found, only);
  });

  it("refuses labels out of range, and what is not an integer", () => {
    const logits = zeros([2, 3]);
    for (const label of [3, -1, -99, 2 ** 31 - 1]) {
      const labels = labelsOf([0, label]);
      const error = assertThrows(
        () => crossEntropy(logits, labels),
        RangeError,
      );
      assertEquals(
        error.message,
        `Cannot compute crossEntropy as every element of labels must be from 0 to 2, or -100: element 1 is ${label}`,
      );
      assertThrows(() => crossEntropyD(logits, labels, one), RangeError);
    }
    // −100 is exempt only where it is what is ignored.
    assertThrows(
      () => crossEntropy(logits, labelsOf([0, -100]), { ignore: -1 }),
      RangeError,
      "or -1: element 1 is -100",
    );
    assertThrows(
      // @ts-expect-error A fraction is no label.
      () => crossEntropy(logits, tensor([0, 1.5])),
      TypeError,
      "labels must hold integers",
    );
    assertThrows(
      () => crossEntropy(logits, labelsOf([0, 1]), { ignore: 0.5 }),
      RangeError,
      "ignore must be an integer: it is 0.5",
    );
  });

  it("refuses labels of another shape", () => {
    assertThrows(
      // @ts-expect-error There are two rows of logits.
      () => crossEntropy(zeros([2, 3]), zeros([3], { dtype: "int32" })),
      TypeError,
      "axis n of labels: logits is 2×3, labels is [3]",
    );
    assertThrows(
      () => crossEntropy(zeros([2]), labelsOf([0, 1])),
      TypeError,
    );
    assertThrows(
      // @ts-expect-error The labels have no axis behind the first.
      () => crossEntropy(zeros([2, 3, 4]), labelsOf([0, 1])),
      TypeError,
      "the axes p of logits must equal the axes p of labels: logits is 2×3×4, labels is [2]",
    );
  });

  it("refuses to write over the logits, and writes nothing when it refuses", () => {
    const out = scalar(5);
    const logits = zeros([1, 2]);
    assertThrows(
      () => crossEntropy(logits, labelsOf([2]), { out }),
      RangeError,
    );
    assertEquals(out, scalar(5));
    assertEquals(crossEntropy(logits, labelsOf([1]), { out }) === out, true);
    assertEquals(out, scalar(Math.LN2));
    const shared = { shape: [1, 2], data: logits.data } as const;
    assertThrows(
      () => crossEntropyDlogits(logits, labelsOf([1]), one, { out: shared }),
      TypeError,
    );
  });
});

describe("crossEntropy() of many float64 numbers", () => {
  const m = 300_007;
  const data = new Float64Array(m).fill(0.1);
  data[m - 1] = 0.13;

  it("keeps the digits of a mean", () => {
    const labels = { shape: [m] as const, data: new Int32Array(m) };
    const rows = new Float64Array(2 * m).map((_, i) => i % 2);
    const loss = crossEntropy({ shape: [m, 2] as const, data: rows }, labels);
    const right = Math.log1p(Math.E);
    assertAlmostEquals(loss.data[0], right, 1e-14 * right);
  });

  it("keeps the digits of a row", () => {
    const loss = crossEntropy({ shape: [1, m] as const, data }, labelsOf([5]));
    const rest = (m - 1) * Math.exp(data[0] - data[m - 1]);
    const right = data[m - 1] - data[0] + Math.log1p(rest);
    assertAlmostEquals(loss.data[0], right, 1e-14 * right);
  });
});

describe("crossEntropyD()", () => {
  it("is right to a few ulp, however sure the logits", () => {
    for (const [logits, label, , gradient] of KNOWN) {
      const x = tensor([logits] as Nested, f64);
      const found = crossEntropyD(x, labelsOf([label]), scalar(1, f64));
      for (const [j, dx] of gradient.entries()) {
        assertAlmostEquals(found.logits.data[j] / dx, 1, 1e-15, `${logits}`);
      }
    }
  });

  it("is over the number of labels that count, and times dout", () => {
    const logits = tensor([[0, 0], [0, 0], [0, 0]]);
    assertEquals(
      crossEntropyDlogits(logits, labelsOf([0, -100, 1]), scalar(-4)),
      tensor([[1, -1], [0, 0], [-1, 1]]),
    );
  });
});

describe("the edge cases of cross-entropy", () => {
  it("All ignored: the loss is NaN, the gradient 0", () => {
    const logits = tensor([[1, NaN], [3, Infinity]]);
    const labels = labelsOf([-100, -100]);
    assertEquals(crossEntropy(logits, labels), scalar(NaN));
    for (const value of [1, NaN, Infinity]) {
      assertEquals(
        crossEntropyDlogits(logits, labels, scalar(value)),
        tensor([[0, 0], [0, 0]]),
      );
    }
  });

  it("Ignored: NaN and infinity there spoil nothing", () => {
    const logits = tensor([[7, 7], [NaN, 1], [Infinity, -Infinity]]);
    const labels = labelsOf([1, -100, -100]);
    assertEquals(crossEntropy(logits, labels), scalar(Math.LN2));
    assertEquals(
      crossEntropyDlogits(logits, labels, one),
      tensor([[0.5, -0.5], [0, 0], [0, 0]]),
    );
  });

  it("−∞ rules a class out; NaN, ∞ and nothing but −∞ give NaN", () => {
    const out = tensor([[0, -Infinity]]);
    assertEquals(crossEntropy(out, labelsOf([0])), scalar(0));
    assertEquals(crossEntropy(out, labelsOf([1])), scalar(Infinity));
    assertEquals(
      crossEntropyDlogits(out, labelsOf([1]), one),
      tensor([[1, -1]]),
    );
    const rows = [
      [NaN, 0],
      [0, NaN],
      [Infinity, 0],
      [0, Infinity],
      [-Infinity, -Infinity],
    ];
    for (const row of rows) {
      for (const label of [0, 1]) {
        const x = tensor([row, [0, 0]] as Nested);
        const labels = labelsOf([label, 0]);
        assertEquals(crossEntropy(x, labels), scalar(NaN));
        assertEquals(
          [...crossEntropyD(x, labels, scalar(2)).logits.data],
          [NaN, NaN, -0.5, 0.5],
        );
      }
    }
  });

  it("Ties: equal logits share", () => {
    const x = zeros([1, 4], f64);
    assertEquals(crossEntropy(x, labelsOf([2])).data[0], Math.log(4));
    assertEquals(
      [...crossEntropyDlogits(x, labelsOf([2]), scalar(1, f64)).data],
      [0.25, 0.25, -0.75, 0.25],
    );
  });

  it("One class: it is always right", () => {
    const x = tensor([[5]]);
    assertEquals(crossEntropy(x, labelsOf([0])), scalar(0));
    assertEquals(
      crossEntropyDlogits(x, labelsOf([0]), one).data[0] === 0,
      true,
    );
  });

  it("Empty: the mean of nothing is NaN, and its gradient is empty", () => {
    const none = labelsOf([]);
    assertEquals(crossEntropy(zeros([0, 3]), none), scalar(NaN));
    assertEquals(crossEntropyD(zeros([0, 3]), none, one), {
      logits: zeros([0, 3]),
    });
    const ignored = labelsOf([-100, -100]);
    assertEquals(crossEntropy(zeros([2, 0]), ignored), scalar(NaN));
    assertEquals(
      crossEntropyDlogits(zeros([2, 0]), ignored, one),
      zeros([2, 0]),
    );
    assertThrows(() => crossEntropy(zeros([1, 0]), labelsOf([0])), RangeError);
    const pixels = tensor([], { dtype: "int32" });
    assertEquals(
      crossEntropy(zeros([2, 3, 0]), reshape(pixels, [2, 0])),
      scalar(NaN),
    );
  });
});

describeProof("ops/losses/cross_entropy.ts", source, op, goldens);
