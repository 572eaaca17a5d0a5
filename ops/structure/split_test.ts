// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, scalar, type Tensor, tensor } from "../tensor.ts";
import { concat, concatDx } from "./concat.ts";
import { split, splitD, splitDx } from "./split.ts";
import * as op from "./split.ts";
import source from "./split.ts" with { type: "text" };
import goldens from "../goldens/split.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";
import { check } from "../core/testing/check.ts";
import { inner, integers } from "../core/testing/mover.ts";

describe("split()", () => {
  it("cuts along any axis, the first by default, with literal shapes", () => {
    const x = tensor([[1, 2, 3], [4, 5, 6]]);
    const [a, b, c]: [Tensor<[2, 1]>, Tensor<[2, 0]>, Tensor<[2, 2]>] = split(
      x,
      { axis: -1, sizes: [1, 0, 2] },
    );
    assertEquals(a, tensor([[1], [4]]));
    assertEquals(b, { shape: [2, 0], data: new Float32Array(0) });
    assertEquals(c, tensor([[2, 3], [5, 6]]));
    const [one]: [Tensor<[2, 3]>] = split(x, { sizes: [2] });
    assertEquals(one, x);
    assertEquals(one.data.buffer === x.data.buffer, false);
  });

  it("refuses sizes that do not add up to the axis", () => {
    const x = ones([2, 3]) as Tensor;
    const CASES: [unknown, ErrorConstructor, string][] = [
      [
        { sizes: [1, 2] },
        RangeError,
        "sizes must be at least one, and add up to axis 0 of x: they add up to 3, x is 2×3",
      ],
      [
        { sizes: [] },
        RangeError,
        "sizes must be at least one, and add up to axis 0 of x: they add up to 0, x is 2×3",
      ],
      [{ sizes: [3, -1] }, RangeError, "sizes[1] must be at least 0: it is -1"],
      [
        { sizes: [1.5, 0.5] },
        RangeError,
        "sizes[0] must be an integer: it is 1.5",
      ],
      [{ sizes: 2 }, TypeError, "sizes must be an array of integers: it is 2"],
      [
        undefined,
        TypeError,
        "sizes must be an array of integers: it is undefined",
      ],
      [
        { axis: null, sizes: [2] },
        TypeError,
        "axis must be a number: it is null",
      ],
      [
        { axis: 2, sizes: [2] },
        RangeError,
        "axis must be an axis of x, from -2 to 1: it is 2, x is 2×3",
      ],
      [
        { sizes: [1, 1], out: [ones([1, 3])] },
        TypeError,
        "out must have 2 tensors: it has 1",
      ],
      [
        { sizes: [1, 1], size: 1 },
        TypeError,
        'options must be an object such as { axis, sizes, out }: it has "size"',
      ],
    ];
    for (const [options, kind, message] of CASES) {
      const error = assertThrows(() => split(x, options as never), kind);
      assertEquals(error.message, `Cannot compute split as ${message}`);
    }
    assertThrows(() => split(scalar(1), { sizes: [1] }), RangeError, "scalar");
    const sizes = [1, 1] as const;
    assertThrows(
      () => splitDx(x, [ones([1, 3]), ones([1, 2])], { sizes }),
      TypeError,
      "dout.y[1] must have the shape of the output: dout.y[1] is 1×2, the output is 1×3",
    );
  });
});

describe("splitD()", () => {
  it("is concat, and concat's is split", () => {
    check((choose) => {
      const rank = 1 + choose(4), at = choose(rank);
      const sizes = Array.from({ length: 1 + choose(4) }, () => choose(4));
      const total = sizes.reduce((a, b) => a + b, 0);
      const shape = Array.from({ length: rank }, () => choose(4));
      const x = integers(choose, shape.with(at, total), choose(2) === 1);
      const axis = choose(2) === 1 ? at : at - rank;
      const more = choose(2 ** 16);
      return { x, axis, sizes, more };
    }, ({ x, axis, sizes, more }) => {
      const options = { axis, sizes };
      const parts = split(x, options);
      const isWide = x.data instanceof Float64Array;
      const dout = parts.map(({ shape }) =>
        integers((n) => more++ % n, shape, isWide)
      );
      const dx = splitDx(x, dout, options);
      assertEquals(dx, concat(dout as [Tensor], { axis }));
      assertEquals(splitD(x, dout, options), { x: dx });
      assertEquals(splitD(x, dout, { ...options, wrt: [] }), {} as never);
      assertEquals(concatDx(parts, x, { axis }), parts);
      const sum = parts.reduce((sum, y, i) => sum + inner(dout[i], y), 0);
      assertEquals(inner(dx, x), sum);
      const out = dout.map(({ shape, data }) => ({
        shape,
        data: data.map(() => NaN),
      }));
      split(x, { ...options, out }).forEach((y, i) =>
        assertStrictEquals(y, out[i])
      );
      assertEquals(out, parts);
    }, { runs: 200, toCode: (call) => JSON.stringify(call) });
  });
});

describeProof("ops/structure/split.ts", source, op, goldens);
