// Copyright 2026 the Adjoint authors. MIT license.

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { withoutKernels } from "../core/op.ts";
import { ones, reshape, tensor, zeros } from "../tensor.ts";
import {
  attention,
  attentionD,
  attentionDk,
  attentionDq,
  attentionDv,
  signature,
} from "./attention.ts";
import source from "./attention.ts" with { type: "text" };
import * as op from "./attention.ts";
import goldens from "../goldens/attention.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const q = tensor([[1, 0], [0, 2], [3, -1]]);
const k = tensor([[1, 1], [0, -1]]);
const v = tensor([[1, 2, 3], [4, 5, 6]]);
const dout = tensor([[1, 0, 0], [0, -1, 2], [3, 0, 1]]);

/** Numbers between −2 and 2 that look like chance. */
function some(shape: [number, number, number], dtype: "float32" | "float64") {
  const size = shape[0] * shape[1] * shape[2];
  const numbers = Array.from(
    { length: size },
    (_, i) => 2 * Math.sin(i * i + 3 * i + size),
  );
  const Data = dtype === "float32" ? Float32Array : Float64Array;
  return { shape, data: Data.from(numbers) };
}

describe("attention()", () => {
  it("is the mean of the values where all keys fit alike", () => {
    assertEquals(
      attention(zeros([2, 2]), k, v),
      tensor([[2.5, 3.5, 4.5], [2.5, 3.5, 4.5]]),
    );
  });

  it("broadcasts the mask, and keys and values", () => {
    const real = <S extends number[]>(...shape: S) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const { data } = some([1, 1, size], "float64");
      return { shape, data: Float64Array.from(data) };
    };
    /** The matrix with number h. */
    const at = (data: Float64Array, h: number, rows: number, cols: number) => ({
      shape: [rows, cols] as [number, number],
      data: Float64Array.from(
        data.subarray(h * rows * cols, (h + 1) * rows * cols),
      ),
    });
    // Two of the batch, three heads each, which share keys.
    const q = real(2, 3, 4, 2), k = real(2, 1, 5, 2), v = real(2, 3, 5, 1);
    const dout = real(2, 3, 4, 1);
    for (
      const { mask, of } of [
        { mask: real(4, 5), of: () => 0 },
        { mask: real(3, 4, 5), of: (h: number) => h % 3 },
        { mask: real(2, 1, 4, 5), of: (h: number) => Math.floor(h / 3) },
        { mask: real(2, 3, 4, 5), of: (h: number) => h },
      ]
    ) {
      mask.data[3] = -Infinity;
      const y = attention(q, k, v, { mask });
      const d = attentionD(q, k, v, dout, { mask });
      const sums = new Float64Array(k.data.length);
      for (let h = 0; h < 6; h++) {
        const b = Math.floor(h / 3);
        const one = [at(q.data, h, 4, 2), at(k.data, b, 5, 2)] as const;
        const values = at(v.data, h, 5, 1);
        const options = { mask: at(mask.data, of(h), 4, 5) };
        assertEquals(
          at(y.data, h, 4, 1),
          attention(...one, values, options),
        );
        const right = attentionD(
          ...one,
          values,
          at(dout.data, h, 4, 1),
          options,
        );
        assertEquals(at(d.q.data, h, 4, 2).data, right.q.data);
        assertEquals(at(d.v.data, h, 5, 1).data, right.v.data);
        right.k.data.forEach((value, i) => sums[b * 10 + i] += value);
      }
      sums.forEach((sum, i) => assert(Math.abs(sum - d.k.data[i]) < 1e-14));
    }
  });

  it("takes any leading axes, which share one mask", () => {
    const mask = tensor([[0, -1], [2, 0], [-Infinity, 0]]);
    const one = attention(q, k, v, { mask });
    const wide = attention(
      reshape(q, [1, 1, 3, 2]),
      reshape(k, [1, 1, 2, 2]),
      reshape(v, [1, 1, 2, 3]),
      { mask },
    );
    assertEquals(wide, reshape(one, [1, 1, 3, 3]));
    assertEquals([...one.data.subarray(6)], [4, 5, 6]);
  });

  it("lets a query see the keys up to its own, the first one the first", () => {
    const y = attention(q, k, v, { causal: true });
    assertEquals([...y.data.subarray(0, 3)], [1, 2, 3]);
    const whole = attention(q, k, v);
    assertEquals(y.data.subarray(3), whole.data.subarray(3));
    const hidden = tensor([[1, 2, 3], [NaN, Infinity, 6]]);
    const first = tensor([[1, 0]]);
    const options = { causal: true };
    assertEquals(attention(first, k, hidden, options), tensor([[1, 2, 3]]));
  });

  it("is stable for logits of ±1e4", () => {
    const far = tensor([[1e4 * Math.SQRT2, 0], [-1e4 * Math.SQRT2, 0]]);
    const y = attention(far, tensor([[1, 0], [-1, 0]]), v);
    assertEquals(y, tensor([[1, 2, 3], [4, 5, 6]]));
    const d = attentionD(far, k, v, ones([2, 3]));
    for (const { data } of Object.values(d)) {
      assert(data.every(Number.isFinite));
    }
  });

  it("gives zeros where no key is seen, and no gradient", () => {
    const mask = tensor([[-Infinity, -Infinity], [0, 0], [0, 0]]);
    const y = attention(q, k, v, { mask });
    assertEquals([...y.data.subarray(0, 3)], [0, 0, 0]);
    const dq = attentionDq(q, k, v, dout, { mask });
    assertEquals([...dq.data.subarray(0, 2)].map(Math.abs), [0, 0]);
    const none = attention(q, zeros([0, 2]), zeros([0, 3]));
    assertEquals(none, zeros([3, 3]));
  });

  it("refuses a mask of another shape or element type, before any work", () => {
    assertThrows(
      () => attention(q, k, v, { mask: zeros([2, 3]) }),
      TypeError,
      "Cannot compute attention as the axis m of q must equal the axis m of mask: q is 3×2, mask is 2×3",
    );
    const wide = zeros([3, 2], { dtype: "float64" });
    assertThrows(
      () => attention(q, k, v, { mask: wide as never }),
      TypeError,
      "Cannot compute attention as q and mask must have the same element type: q is float32, mask is float64",
    );
    assertThrows(
      () => attention(q, k, v, { mask: zeros([2, 3, 2]) }),
      TypeError,
      "Cannot compute attention as the axes n of mask must broadcast to those of q, k, v: q is 3×2, k is 2×2, v is 2×3, mask is 2×3×2",
    );
    const heads = [
      zeros([2, 3, 2]),
      zeros([2, 2, 2]),
      zeros([2, 2, 3]),
    ] as const;
    assertThrows(
      () => attention(...heads, { mask: zeros([3, 3, 2]) }),
      TypeError,
      "Cannot compute attention as the axes n of q and mask must broadcast, each axis equal or 1, counted from the last: q is 2×3×2, mask is 3×3×2",
    );
    assertThrows(
      () => attention(q, k, v, zeros([3, 2]) as never),
      TypeError,
      "Cannot compute attention as options must be an object such as { causal, mask, out }",
    );
    assertThrows(
      () => attention(q, k, zeros([3, 3]) as never),
      TypeError,
      "Cannot compute attention as the axis p of k must equal the axis p of v: k is 2×2, v is 3×3",
    );
  });
});

describe("attention() of one query and many keys", () => {
  it("keeps its digits, and those of its gradient", () => {
    const p = 300_007,
      k = { shape: [p, 1] as const, data: new Float64Array(p) };
    const v = { shape: [p, 1] as const, data: new Float64Array(p) };
    k.data.fill(0.1)[0] = 0.13;
    v.data[0] = 1;
    const q = tensor([[1]], { dtype: "float64" });
    const e = Math.exp(k.data[1] - k.data[0]), s = 1 + (p - 1) * e;
    assertAlmostEquals(attention(q, k, v).data[0], 1 / s, 1e-13 / s);
    const right = -e / s / s, dk = attentionDk(q, k, v, q).data;
    // The gradient is 1 less nearly 1.
    assertAlmostEquals(dk[p - 1], right, 3e-8 * -right);
  });
});

describe("attentionD()", () => {
  it("gives what each gradient is alone", () => {
    for (const causal of [false, true]) {
      const all = attentionD(q, k, v, dout, { causal });
      assertEquals(attentionDq(q, k, v, dout, { causal }), all.q);
      assertEquals(attentionDk(q, k, v, dout, { causal }), all.k);
      assertEquals(attentionDv(q, k, v, dout, { causal }), all.v);
    }
  });
});

describe("attention by blocks", () => {
  const loops = withoutKernels(signature);

  for (const dtype of ["float32", "float64"] as const) {
    it(`is what the loops give, in ${dtype}, over the edges of blocks`, () => {
      const bound = dtype === "float32" ? 2e-5 : 1e-12;
      for (const [m, p] of [[128, 40], [129, 130], [300, 260]] as const) {
        const [q, k] = [some([2, m, 8], dtype), some([2, p, 8], dtype)];
        const [v, dy] = [some([2, p, 5], dtype), some([2, m, 5], dtype)];
        const { data } = some([1, m, p], dtype);
        // Some keys of the first query, and all of the third.
        data.fill(-Infinity, 9, 12).fill(-Infinity, 2 * p, 3 * p);
        // The first keys of one that is in another block.
        data.fill(-Infinity, 200 * p, 200 * p + 3);
        const mask = { shape: [m, p], data };
        const masks = some([2, m, p], dtype); // One for each head.
        for (
          const options of [{}, { mask }, { causal: true, mask }, {
            mask: masks,
          }]
        ) {
          const y: typeof q = signature.forward([q, k, v], options);
          const right: typeof q = loops.forward([q, k, v], options);
          const d = signature.backward<Record<string, typeof q>>(
            [q, k, v, dy],
            options,
          );
          const rightD = loops.backward<Record<string, typeof q>>(
            [q, k, v, dy],
            options,
          );
          for (
            const [a, b] of [
              [y, right],
              ...["q", "k", "v"].map((x) => [
                d[x],
                rightD[x],
              ]),
            ]
          ) {
            const most = Math.max(...b.data.map(Math.abs));
            a.data.forEach((x, i) =>
              assert(Math.abs(x - b.data[i]) <= bound * most)
            );
          }
        }
      }
    });
  }

  it("is by the loops where a head is small, to the bit", () => {
    const same = (m: number, p: number, d: number, r: number) => {
      const [q, k] = [some([3, m, d], "float32"), some([3, p, d], "float32")];
      const [v, dy] = [some([3, p, r], "float32"), some([3, m, r], "float32")];
      const results = [signature, loops].map(({ forward, backward }) => {
        const { q: dq } = backward<Record<string, typeof q>>([q, k, v, dy]);
        return [...forward<typeof q>([q, k, v]).data, ...dq.data];
      });
      return results[0].every((x, i) => x === results[1][i]);
    };
    assert(same(7, 9, 8, 8) && same(7, 8, 8, 9));
    assert(!same(8, 8, 8, 8) && !same(7, 8, 8, 10) && !same(7, 8, 10, 8));
    // Fewer than eight numbers each: below 4096.
    assert(same(16, 16, 7, 15) && same(15, 16, 16, 7) && same(16, 15, 7, 17));
    assert(!same(16, 16, 7, 16) && !same(16, 16, 16, 7));
  });

  it("needs memory for a block of rows, however many rows there are", () => {
    const Data = Float32Array;
    let bytes = 0;
    const most = (m: number, causal = false) => {
      const [q, v] = [some([2, m, 8], "float32"), some([2, 256, 8], "float32")];
      const out = { q: zeros([2, m, 8]), k: zeros([2, 256, 8]) };
      const all = { ...out, v: zeros([2, 256, 8]) };
      bytes = 0;
      globalThis.Float32Array = new Proxy(Data, {
        construct(target, args, made) {
          if (typeof args[0] === "number") bytes += 4 * args[0];
          return Reflect.construct(target, args, made);
        },
      });
      try {
        attentionD(q, v, v, q, { causal, out: all });
      } finally {
        globalThis.Float32Array = Data;
      }
      return bytes;
    };
    const block = 4 * 128 * 256, sum = 4 * 256 * 8;
    const all = [most(128), most(256), most(700), most(700, true)];
    const twice = 2 * block + sum; // Two blocks, and a sum of keys.
    assertEquals(all, [twice, twice, twice, block + sum]);
  });

  it("keeps hidden keys hidden, be they NaN", () => {
    const [q, k] = [some([1, 200, 8], "float32"), some([1, 200, 8], "float32")];
    const v = some([1, 200, 5], "float32");
    const right = attention(q, k, v, { causal: true });
    v.data[150 * 5] = NaN;
    const { data } = attention(q, k, v, { causal: true });
    data.forEach((x, i) =>
      assertEquals(Number.isNaN(x), i % 5 === 0 && i >= 750)
    );
    assert(right.data.every(Number.isFinite));
  });
});

describeProof("ops/attention/attention.ts", source, op, goldens);
