// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, scalar, type Tensor, tensor, zeros } from "../tensor.ts";
import { concat, concatD, concatDx } from "./concat.ts";
import * as op from "./concat.ts";
import source from "./concat.ts" with { type: "text" };
import goldens from "../goldens/concat.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";
import { check } from "../core/testing/check.ts";
import { type FloatTensor, inner, integers } from "../core/testing/mover.ts";

describe("concat()", () => {
  it("takes any number of tensors, along any axis, the first by default", () => {
    const x = tensor([[1, 2], [3, 4]]), y = tensor([[5, 6]]);
    const rows: Tensor<[number, 2]> = concat([x, y, y]);
    assertEquals(rows, tensor([[1, 2], [3, 4], [5, 6], [5, 6]]));
    const columns: Tensor<[1, number]> = concat([y, y], { axis: -1 });
    assertEquals(columns, tensor([[5, 6, 5, 6]]));
    const one = concat([x]);
    assertEquals(one, x);
    assertEquals(one.data.buffer === x.data.buffer, false);
    assertEquals(concat([zeros([0, 2]), y]), y);
  });

  it("sees that a call has other shapes, or another axis, than the one before", () => {
    const [x, y] = [tensor([[1, 2]]), tensor([[3, 4]])];
    for (let k = 0; k < 2; k++) {
      assertEquals(concat([x, y]), tensor([[1, 2], [3, 4]]));
      assertEquals(concat([x, y], { axis: 1 }), tensor([[1, 2, 3, 4]]));
      assertEquals(concat([x, y, x]).shape, [3, 2]);
      assertEquals(concat([x, ones([2, 2])]).shape, [3, 2]);
      assertEquals(concat([ones([2, 2]), x]).shape, [3, 2]);
    }
  });

  it("refuses tensors that do not fit, and no tensors", () => {
    const x = ones([2, 3]) as Tensor;
    const f64 = ones([2, 3], { dtype: "float64" });
    const CASES: [unknown, unknown, ErrorConstructor, string][] = [
      [[], {}, TypeError, "x must have at least one tensor: it has none"],
      [x, {}, TypeError, "x must be an array of tensors: it is an Object"],
      [
        [x, null],
        {},
        TypeError,
        "x[1] must be a tensor { shape, data }: it is null",
      ],
      [
        [x, ones([2, 2])],
        {},
        TypeError,
        "all tensors of x must have the same sizes but along axis 0: x[0] is 2×3, x[1] is 2×2",
      ],
      [
        [x, ones([2])],
        {},
        TypeError,
        "all tensors of x must have the same sizes but along axis 0: x[0] is 2×3, x[1] is [2]",
      ],
      [
        [x, f64],
        {},
        TypeError,
        "x[0] and x[1] must have the same element type: x[0] is float32, x[1] is float64",
      ],
      [
        [x, x],
        { axis: null },
        TypeError,
        "axis must be a number: it is null",
      ],
      [
        [x, x],
        { axis: 2 },
        RangeError,
        "axis must be an axis of x[0], from -2 to 1: it is 2, x[0] is 2×3",
      ],
      [
        [scalar(1)],
        {},
        RangeError,
        "axis must be an axis of x[0]: x[0] is a scalar, which has none",
      ],
      [
        [x],
        { axes: 1 },
        TypeError,
        'options must be an object such as { axis, out }: it has "axes"',
      ],
      [
        [x],
        { out: x },
        TypeError,
        "out must not share memory with x[0]: they share 24 bytes",
      ],
      [
        [x],
        { out: ones([3, 2]) },
        TypeError,
        "out must have the shape of the result: out is 3×2, the result is 2×3",
      ],
    ];
    for (const [list, options, kind, message] of CASES) {
      const error = assertThrows(
        () => concat(list as [Tensor], options as never),
        kind,
      );
      assertEquals(error.message, `Cannot compute concat as ${message}`);
    }
  });
});

describe("concatD()", () => {
  it("is the adjoint, into out or not", () => {
    check((choose) => {
      const rank = 1 + choose(4), axis = choose(rank);
      const shape = Array.from({ length: rank }, () => choose(4));
      const isWide = choose(2) === 1;
      const x = Array.from(
        { length: 1 + choose(4) },
        () => integers(choose, shape.with(axis, choose(4)), isWide),
      );
      const z = concat(x as [Tensor], { axis });
      const dout = integers(choose, z.shape, isWide);
      return { x, z, dout, axis: choose(2) === 1 ? axis : axis - rank };
    }, ({ x, z, dout, axis }) => {
      const dx = concatDx(x, dout, { axis });
      const sum = x.reduce((sum, x, i) => sum + inner(x, dx[i]), 0);
      assertEquals(inner(dout, z), sum);
      assertEquals(concatD(x, dout, { axis }), { x: dx });
      assertEquals(concatD(x, dout, { axis, wrt: ["x"] }), { x: dx });
      assertEquals(concatD(x, dout, { axis, wrt: [] }), {} as never);
      const out = x.map(({ shape, data }): FloatTensor => ({
        shape,
        data: data.map(() => NaN),
      }));
      concatDx(x, dout, { axis, out }).forEach((dx, i) =>
        assertStrictEquals(dx, out[i])
      );
      assertEquals(out, dx);
      assertEquals(concatD(x, dout, { axis, out: { x: out } }), { x: dx });
    }, { runs: 200, toCode: (call) => JSON.stringify(call) });
  });

  it("has the shapes of the tensors in its type", () => {
    const x = [tensor([1, 2]), tensor([3])] as const;
    const [dx, dy]: [Tensor<[2]>, Tensor<[1]>] = concatDx(
      x,
      tensor([5, 6, 7]),
    );
    assertEquals([dx, dy], [tensor([5, 6]), tensor([7])]);
  });

  it("refuses wrong gradients, and outputs that are no list", () => {
    const x = [ones([2]), ones([3])], dout = ones([5]);
    const CASES: [unknown, unknown, string][] = [
      [
        ones([4]),
        {},
        "dout must have the shape of the output: dout is [4], the output is [5]",
      ],
      [
        dout,
        { out: { x: [ones([2])] } },
        "out.x must have 2 tensors: it has 1",
      ],
      [
        dout,
        { out: { y: [] } },
        'out must be an object such as { x }: it has "y"',
      ],
      [
        dout,
        { out: { x: [x[0], ones([3])] } },
        "out.x[0] must not share memory with x[0]: they share 8 bytes",
      ],
    ];
    for (const [dout, options, message] of CASES) {
      const error = assertThrows(
        () => concatD(x, dout as Tensor, options as never),
        TypeError,
      );
      assertEquals(error.message, `Cannot compute concatD as ${message}`);
    }
    assertThrows(
      () => concatD(x, dout, { wrt: ["y" as "x"] }),
      RangeError,
      'wrt[0] is "y"',
    );
  });
});

describeProof("ops/structure/concat.ts", source, op, goldens);
