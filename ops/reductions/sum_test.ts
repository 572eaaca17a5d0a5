// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { sum, sumD, sumDx } from "./sum.ts";
import {
  ones,
  reshape,
  scalar,
  type Tensor,
  tensor,
  zeros,
} from "../tensor.ts";
import * as op from "./sum.ts";
import source from "./sum.ts" with { type: "text" };
import goldens from "../goldens/sum.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

describe("sum()", () => {
  it("adds all elements, whatever the rank", () => {
    const x = tensor([1, -2, 3, 4, 5, -6, 7, 8]);
    for (const shape of [[8], [2, 4], [2, 2, 2], [1, 8, 1, 1]]) {
      assertEquals(sum(reshape(x, shape)), scalar(20));
    }
    assertEquals(sum(ones([7, 11, 13])), scalar(1001));
  });
});

describe("sumDx()", () => {
  it("puts dout in every place", () => {
    assertEquals(
      sumDx(tensor([[1, 2, 3], [4, 5, 6]]), scalar(-7)),
      tensor([[-7, -7, -7], [-7, -7, -7]]),
    );
    const one = scalar(1, { dtype: "float64" });
    assertEquals(
      sumDx(zeros([2, 1, 3], { dtype: "float64" }), one),
      ones([2, 1, 3], { dtype: "float64" }),
    );
  });
});

describe("the axes of a sum", () => {
  const x = tensor([[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]]]);

  it("may be one, some, all or none, counted from either end", () => {
    assertEquals(sum(x, { axes: [1] }), tensor([[9, 12], [27, 30]]));
    assertEquals(sum(x, { axes: [-1] }), sum(x, { axes: [2] }));
    assertEquals(sum(x, { axes: [0, 1] }), tensor([36, 42]));
    assertEquals(sum(x, { axes: [2, 0] }), tensor([18, 26, 34]));
    assertEquals(sum(x, { axes: [0, 1, 2] }), scalar(78));
    assertEquals(sum(x, { axes: [] }), x);
  });

  it("stay, with the size 1, where keepDims is true", () => {
    const kept = sum(x, { axes: [0, -1], keepDims: true });
    assertEquals(kept, tensor([[[18], [26], [34]]]));
    assertEquals(sum(x, { keepDims: true }), tensor([[[78]]]));
  });

  it("are those along which the gradient is repeated", () => {
    const dx = tensor([[[1, 1], [2, 2], [3, 3]], [[1, 1], [2, 2], [3, 3]]]);
    const dout = tensor([1, 2, 3]);
    assertEquals(sumDx(x, dout, { axes: [0, 2] }), dx);
    assertEquals(sumD(x, dout, { axes: [0, 2] }), { x: dx });
    const kept = tensor([[[1], [2], [3]]]);
    assertEquals(sumDx(x, kept, { axes: [0, 2], keepDims: true }), dx);
  });

  it("are known in the types where they are literal", () => {
    const vector: Tensor<[3]> = sum(x, { axes: [0, -1] });
    const kept: Tensor<[1, 3, 1]> = sum(x, { axes: [0, -1], keepDims: true });
    // @ts-expect-error Axis 1 has three elements, not two.
    const wrong: Tensor<[2]> = sum(x, { axes: [0, 2] });
    assertEquals([vector.shape, kept.shape, wrong.shape], [[3], [1, 3, 1], [
      3,
    ]]);
  });

  it("are refused where there are none, twice, or no numbers", () => {
    const cases = [
      [[3], "axes[0] must be an axis of x, from -3 to 2: it is 3, x is 2×3×2"],
      [[0.5], "axes[0] must be an axis of x"],
      [[1, -2], "axes must name each axis once: axis 1 of x is given twice"],
    ] as const;
    for (const [axes, message] of cases) {
      assertThrows(() => sum(x, { axes: [...axes] }), RangeError, message);
    }
    // @ts-expect-error It is not a list.
    assertThrows(() => sum(x, { axes: 1 }), TypeError, "must be an array");
    assertThrows(() => sum(scalar(1), { axes: [0] }), RangeError);
  });
});

describe("tensors of many dimensions", () => {
  const shape = [1, 2, 1, 3, 1, 2, 1];
  const x = ones(shape);

  it("keep their shape, whatever the rank", () => {
    for (let rank = 0; rank <= 64; rank++) {
      const shape = Array.from(
        { length: rank },
        (_, i) => i % 13 === 3 ? 2 : 1,
      );
      const x = ones(shape);
      assertEquals(x.shape, shape);
      assertEquals(sum(x), scalar(x.data.length));
      assertEquals(sumDx(x, scalar(1)), x);
    }
  });

  it("are refused where any one dimension is none", () => {
    for (const axis of shape.keys()) {
      for (const [wrong, of] of [[-1, RangeError], ["1", TypeError]] as const) {
        const bad = { ...x, shape: shape.with(axis, wrong as number) };
        const message = `dimension ${axis} is `;
        assertThrows(() => sum(bad), of, message);
        assertThrows(() => sumDx(bad, scalar(1)), of, message);
      }
    }
  });

  it("are no place for a gradient of another shape, whichever axis it is", () => {
    for (const axis of shape.keys()) {
      const other = shape.with(axis, 4);
      const out = { shape: other, data: new Float32Array(sizeOf(other)) };
      const error = assertThrows(() => sumDx(x, scalar(1), { out }), TypeError);
      assertEquals(
        error.message,
        `Cannot compute sumDx as out must have the shape of the result: out is ${
          other.join("×")
        }, the result is ${shape.join("×")}`,
      );
      assert(out.data.every((v) => v === 0));
    }
  });
});

const sizeOf = (shape: number[]) => shape.reduce((a, b) => a * b, 1);

describe("the edge cases of the sum", () => {
  it("Empty dimensions: the sum of nothing is 0, its gradient is empty", () => {
    for (const shape of [[0], [2, 0], [0, 3, 4]]) {
      assertEquals(sum(zeros(shape)), scalar(0));
      assertEquals(sumDx(zeros(shape), scalar(5)), zeros(shape));
    }
  });

  it("Rank 0: the sum of a scalar is the scalar, its gradient is dout", () => {
    assertEquals(sum(scalar(3)), scalar(3));
    assertEquals(sumDx(scalar(3), scalar(5)), scalar(5));
  });

  it("NaN and infinity: one NaN, or infinities of both signs, make a NaN", () => {
    assertEquals(sum(tensor([1, NaN, 2])), scalar(NaN));
    assertEquals(sum(tensor([Infinity, 1, -Infinity])), scalar(NaN));
    assertEquals(sum(tensor([-Infinity, 1, 3e38])), scalar(-Infinity));
    assertEquals(sumDx(tensor([NaN, Infinity]), scalar(2)), tensor([2, 2]));
    assertEquals(sumDx(tensor([1, 2]), scalar(NaN)), tensor([NaN, NaN]));
  });

  it("Overflow: a float32 sum overflows only if its value does", () => {
    assertEquals(sum(tensor([3e38, 3e38, -3e38])), scalar(3e38));
    assertEquals(sum(tensor([3e38, 3e38])), scalar(Infinity));
  });

  it("Aliasing: x and dout may share memory, the results share none", () => {
    const x = scalar(3);
    for (const result of [sum(x), sumDx(x, x)]) {
      assertEquals(result, x);
      assert(result.data.buffer !== x.data.buffer);
    }
    const data = new Float32Array([1, 2, 3]);
    const dout = { shape: [], data: data.subarray(1, 2) } as const;
    assertEquals(sumDx(tensor(data), dout), tensor([2, 2, 2]));
    assertEquals([...data], [1, 2, 3]);
  });

  it("Ties and kinks: there are none, as the gradient needs no elements", () => {
    assertEquals(sumDx(tensor([0, -1]), scalar(2)), tensor([2, 2]));
    assertEquals(sumDx(tensor([5, 5]), scalar(2)), tensor([2, 2]));
  });

  it("The sum runs in float64 and is rounded once", () => {
    const tiny = 2 ** -24; // Lost where it is added to a float32 of 1.
    assertEquals(sum(tensor([1, tiny, tiny])).data[0], 1 + 2 * tiny);
  });
});

describeProof("ops/reductions/sum.ts", source, op, goldens);
