// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { parseAxes } from "../core/axes.ts";
import { axis, flag, integer, number } from "../core/options.ts";
import {
  draw,
  drawOptions,
  drawSizes,
  FLIPPED,
  hasFlags,
  MODES,
  Random,
  thresholds,
} from "./inputs.ts";
import type { Input, Operation } from "./operation.ts";
import type { Dim } from "./language/expression.ts";

/** As much of an operation as drawing needs. */
function operationOf(
  inputs: Record<string, Partial<Input> & { shape: Dim[]; text: string }>,
  more: Partial<Operation> = {},
): Operation {
  return {
    file: "f.ts",
    options: {},
    symbols: new Map(),
    outputs: [],
    inputs: Object.entries(inputs).map(([parameter, input]) => ({
      parameter,
      axes: parseAxes(input.text),
      ...input,
    })),
    ...more,
  } as unknown as Operation;
}

const convolved: Dim = {
  kind: "add",
  left: {
    kind: "multiply",
    left: { kind: "subtract", left: "p", right: 1 },
    right: "s",
  },
  right: "r",
};

describe("drawSizes()", () => {
  const op = operationOf({
    x: { shape: ["n", convolved], text: "n (p-1)*stride+r" },
    w: { shape: ["r"], text: "r" },
  }, {
    options: { stride: integer(1, { from: 1 }) },
    symbols: new Map([["stride", { symbol: "s" }]]) as never,
  });

  it("draws sizes that are valid, among them ones and primes", () => {
    const seen = new Set<number>();
    for (let variant = 0; variant < 12; variant++) {
      const sizes = drawSizes(op, variant, { stride: 1 + variant % 3 });
      const [n, m] = sizes.shape(op.inputs[0].shape);
      assert(n > 0 && m > 0);
      assertEquals(sizes.of("s"), 1 + variant % 3);
      for (const letter of ["n", "p", "r"]) seen.add(sizes.of(letter));
    }
    for (const size of [1, 2, 3, 5]) assert(seen.has(size), `${size}`);
  });

  it("says so where there are none", () => {
    const half: Dim = { kind: "divide", left: "n", right: 7 };
    const none = operationOf({
      x: { shape: [half], text: "n", line: 17, column: 6 },
    });
    assertThrows(
      () => drawSizes(none, 0, {}),
      RangeError,
      "f.ts:17:6: Cannot find sizes for n that make all dimensions positive whole numbers",
    );
  });

  it("tells the dimensions apart first, and then takes ones", () => {
    const { inputs } = operationOf({
      x: { shape: ["m", "n", "p"], text: "m n p" },
    });
    const three = { ...op, inputs, symbols: new Map() };
    assertEquals(drawSizes(three, 0, {}).shape(["m", "n", "p"]), [2, 3, 4]);
    assertEquals(drawSizes(three, 1, {}).shape(["m", "n", "p"]), [1, 1, 1]);
  });
});

describe("drawOptions()", () => {
  it("draws the defaults, and then within the ranges", () => {
    const op = operationOf({ x: { shape: ["n", "m", "p"], text: "n… m p…" } }, {
      options: {
        axis: axis("m", -1),
        eps: number(1e-5, { above: 0 }),
        rate: number(0.5, { from: 0, below: 1 }),
        stride: integer(1, { from: 1, to: 2 }),
        exact: flag(false),
      },
    });
    assertEquals(drawOptions(op, 0), {
      axis: 1,
      eps: 1e-5,
      rate: 0.5,
      stride: 1,
      exact: false,
    });
    for (let variant = 1; variant < 20; variant++) {
      const { eps, rate, stride } = drawOptions(op, variant) as Record<
        string,
        number
      >;
      assert(eps > 0 && rate >= 0 && rate < 1);
      assert(stride === 1 || stride === 2);
    }
    assertEquals(drawOptions(op, 1).exact, true);
    // A flag is seen where the dimensions are apart, too.
    assertEquals([hasFlags(op), drawOptions(op, FLIPPED).exact], [true, true]);
    const apart = drawSizes(op, FLIPPED, drawOptions(op, FLIPPED));
    assertEquals(apart.shape(["n", "m", "p"]), [2, 3, 4]);
  });
});

describe("draw()", () => {
  it("draws what options are, where they are numbers that are not whole", () => {
    const op = operationOf({ x: { shape: ["n"], text: "n" } }, {
      options: { min: number(-0.25), max: number(0.75), size: integer(7) },
    });
    assertEquals(thresholds(op, drawOptions(op, 0)), [-0.25, 0.75]);
    const random = new Random(1);
    const drawn = new Set(
      Array.from({ length: 60 }, () => draw(op, "options", 0, random))
        .flatMap(({ inputs: [x] }) => [...x.data]),
    );
    for (const x of [0, -0.25, 0.25, 0.75, -0.75]) assert(drawn.has(x), `${x}`);
    assert(!drawn.has(7));
  });

  const op = operationOf({
    x: { shape: ["n", "c"], text: "n c" },
    positive: { shape: ["n"], text: "n", domain: "positive" },
    distinct: { shape: ["n"], text: "n", domain: "distinct" },
    chance: { shape: ["n"], text: "n", domain: "probability" },
    angle: { shape: ["n"], text: "n", domain: [-3, 3] },
    labels: {
      shape: ["n"],
      text: "n",
      integer: { from: 0, below: "c", except: "ignore" },
    },
  }, { options: { ignore: integer(-100) } });

  for (const mode of MODES) {
    it(`draws within the domains: ${mode}`, () => {
      for (let variant = 0; variant < 8; variant++) {
        const { inputs, sizes, options } = draw(
          op,
          mode,
          variant,
          new Random(variant),
        );
        const [, positive, distinct, chance, angle, labels] = inputs.map(
          ({ data }) => [...data],
        );
        assert(positive.every((x) => x > 0));
        assertEquals(new Set(distinct).size, distinct.length);
        assert(chance.every((x) => x >= 0 && x <= 1));
        assert(angle.every((x) => x >= -3 && x <= 3));
        const valid = labels.filter((x) => x >= 0 && x < sizes.of("c"));
        const exempt = labels.filter((x) => x === options.ignore);
        assertEquals(valid.length + exempt.length, labels.length);
        assert(valid.length > 0, "not all labels are exempt");
      }
    });
  }

  it("visits ties, zeros, saturation and cancellation", () => {
    const values = (
      mode: typeof MODES[number],
    ) => [...draw(op, mode, 3, new Random(1)).inputs[0].data];
    assertEquals(new Set(values("equal")).size, 1);
    assertEquals(new Set(values("zero")), new Set([0]));
    assert(values("huge").every((x) => Math.abs(x) >= 5e3));
    assert(values("small").every((x) => Math.abs(x) < 1e-6));
    assert(values("close").every((x) => x >= 1 && x < 1 + 1e-6));
  });

  it("draws the same in every run", () => {
    const run = () => draw(op, "mixed", 2, new Random(9));
    assertEquals(run().inputs, run().inputs);
  });
});
