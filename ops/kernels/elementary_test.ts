// Copyright 2026 the Adjoint authors. MIT license.

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { arena } from "../arena.ts";
import { signature as elu } from "../activations/elu.ts";
import { signature as gelu } from "../activations/gelu.ts";
import { signature as geluTanh } from "../activations/gelu_tanh.ts";
import { signature as sigmoid } from "../activations/sigmoid.ts";
import { signature as silu } from "../activations/silu.ts";
import { signature as softplus } from "../activations/softplus.ts";
import { signature as tanh } from "../activations/tanh.ts";
import { type Signature, withoutKernels } from "../core/op.ts";
import type { Float } from "../core/types.ts";
import { signature as exp } from "../elementwise/exp.ts";
import { signature as sqrt } from "../elementwise/sqrt.ts";
import { signature as bceWithLogits } from "../losses/bce_with_logits.ts";
import { signature as crossEntropy } from "../losses/cross_entropy.ts";
import { digits, type Number64 } from "../proof/digits.ts";
import { normal } from "../random/normal.ts";
import { signature as logSumExp } from "../reductions/log_sum_exp.ts";
import { signature as logSoftmax } from "../rows/log_softmax.ts";
import { signature as softmax } from "../rows/softmax.ts";
import { type Tensor, zeros } from "../tensor.ts";
import source from "./coefficients.as.ts" with { type: "text" };
import {
  remez,
  source as written,
  tailOf,
  TARGETS,
  valueOf,
} from "./coefficients.ts";
import report from "./elementary.json" with { type: "json" };
import {
  expRows,
  load,
  map,
  mapD,
  peakRows,
  sumOfLosses,
} from "./elementary.ts";
import page from "./elementary.ts" with { type: "text" };
import { type Function, FUNCTIONS, largestError, unitOf } from "./exact.ts";

const NAMES = Object.keys(FUNCTIONS) as Function[];
const f32 = (name: Function) => (x: Float32Array, z: Float32Array) =>
  assert(map(name, x, z));

/** Numbers of all sizes, with both signs; the same in every run. */
function draw(n: number, seed = 1): Float32Array {
  let state = seed;
  return new Float32Array(n).map(() => {
    state = state * 48271 % (2 ** 31 - 1); // Park and Miller.
    return (state % 2 ? 1 : -1) * 2 ** (state / 2 ** 31 * 14 - 8);
  });
}

describe("the coefficients", () => {
  it("are those that the script finds", () => {
    assertEquals(source, written());
  });

  it("are best: a Chebyshev polynomial is what is left of a power", () => {
    const { coefficients, error } = remez({
      from: -1,
      to: 1,
      degree: 2,
      of: (x) => x ** 3,
      weight: () => 1,
    });
    assert(Math.abs(error - 1 / 4) < 1e-6, `${error}`);
    [0, 3 / 4, 0].forEach((c, k) =>
      assert(Math.abs(coefficients[k] - c) < 1e-6, `${coefficients}`)
    );
    assertEquals(valueOf([1, 2, 3], 10), 321);
  });

  it("leave the errors that the page says", () => {
    const found = page.matchAll(/`2\^\{(-\d+)\}`\$ (?:of|for) /g);
    assertEquals(
      Array.from(found, ([, power]) => Number(power)),
      ["EXP", "TAIL", "LOG2", "EXP2"].map((name) =>
        Math.ceil(Math.log2(remez(TARGETS[name]).error))
      ),
    );
  });

  it("are of the tail of the normal distribution", () => {
    for (const t of [0, 0.5, 2.9, 3, 5, 14]) {
      const x = digits.constant(t);
      const two = digits.constant(2);
      const bell = digits.call(
        "exp",
        digits.divide(digits.multiply(x, x), two),
      );
      const half = digits.divide(
        digits.call("erfc", digits.divide(x, digits.call("sqrt", two))),
        two,
      );
      const exact = digits.toNumber(digits.multiply(bell, half));
      assert(Math.abs(tailOf(t) / exact - 1) < 1e-12, `${t}`);
    }
  });
});

/** The functions in 64 digits. */
const EXACT: Record<Function, (x: Number64) => Number64> = {
  exp: (x) => digits.call("exp", x),
  expm1: (x) => digits.call("expm1", x),
  log: (x) => digits.call("log", x),
  tanh: (x) => digits.call("tanh", x),
  logistic: (x) => digits.divide(ONE, digits.add(ONE, EXACT.exp(negative(x)))),
  softplus: (x) => digits.call("log1p", EXACT.exp(x)),
};
const ONE = digits.constant(1);
const negative = (x: Number64) => digits.multiply(digits.constant(-1), x);

describe("the functions in float64", () => {
  for (const name of NAMES) {
    it(`are exact enough to measure ${name}`, () => {
      const { of } = FUNCTIONS[name];
      // deno-fmt-ignore
      const sizes = [2 ** -40, 2 ** -13, 0.999 * 2 ** -12, 2 ** -12, 0.1, 0.4999, 0.5, 0.501,
        0.9, 1.1, 2, 5.99, 6.01, 12, 19.9, 20.1, 39.9, 40.1, 60, 88.7];
      for (const x of sizes.flatMap((x) => [x, -x])) {
        if (x < 0 && name === "log") continue;
        const exact = digits.toNumber(EXACT[name](digits.constant(x)));
        const error = Math.abs(of(x) - exact) / unitOf(exact);
        assert(error < 1e-6, `${name}(${x}) is ${exact}, not ${of(x)}`);
      }
    });
  }

  it("have their unit from the exponent", () => {
    assertEquals(unitOf(1), 2 ** -23);
    assertEquals(unitOf(-1.99), 2 ** -23);
    assertEquals(unitOf(0), 2 ** -149);
    assertEquals(unitOf(Infinity), 2 ** 104);
  });

  it("find what is wrong", () => {
    const wrong = (y: number) => () =>
      largestError("exp", (_, z) => z.fill(y), [0, 10, 1]);
    assertThrows(wrong(NaN), Error, "exp(0) is NaN, not 1");
    assertThrows(wrong(2), Error);
    const { error, at } = largestError(
      "exp",
      (_, z) => z.fill(1 + 2 ** -23),
      [5, 10, 2],
    );
    assertEquals([error, at], [1, 5 * 2 ** -149]);
  });
});

describe("the elementary functions", () => {
  for (const name of NAMES) {
    it(`${name} is as exact as the report says`, () => {
      const { error, at } = report[name];
      assert(error <= FUNCTIONS[name].bound);
      const found = largestError(name, f32(name), [0, 2 ** 32, 20_011]);
      assert(found.error <= error, `${found.error} at ${found.at}`);
      const bits = new Uint32Array(new Float32Array([at]).buffer)[0];
      const again = largestError(name, f32(name), [bits, bits + 1, 1]);
      assertEquals(again, { error, at });
    });
  }

  it("have the errors that the page shows", () => {
    const rows = [
      ...page.matchAll(/^ \* \| `(\w+)` +\| ([\d.]+) +\| (\S+) +\|$/gm),
    ];
    assertEquals(
      rows.map(([, name, error, at]) => [name, Number(error), Number(at)]),
      NAMES.map((name) => [
        name,
        Math.ceil(report[name].error * 1000) / 1000,
        report[name].at,
      ]),
    );
  });

  it("give the same bits at every place of a number", () => {
    for (const n of [32, 33, 34, 35, 2 ** 14 - 1, 2 ** 14, 2 ** 14 + 33]) {
      const x = draw(n), dy = draw(n, 7);
      const all = Object.keys(load(globalThis.WebAssembly as never)!);
      for (const name of NAMES) {
        const [z, back] = [new Float32Array(n), new Float32Array(n)];
        assert(all.includes(name));
        assert(map(name, x, z));
        assert(map(name, x.toReversed(), back));
        assertEquals(z, back.reverse(), `${name} ${n}`);
      }
      const [z, back] = [new Float32Array(n), new Float32Array(n)];
      assert(mapD("sigmoidDx", x, dy, z));
      assert(mapD("sigmoidDx", x.toReversed(), dy.toReversed(), back));
      assertEquals(z, back.reverse(), `sigmoidDx ${n}`);
    }
  });

  it("are not for few numbers, float64, or platforms without WebAssembly", () => {
    assertEquals(load(undefined), undefined);
    const of = (x: Float32Array | Float64Array) => [
      map("exp", x, x.slice()),
      mapD("expDx", x, x, x.slice()),
      expRows(x, x.slice(), 1, x.length, () => 1),
    ];
    assertEquals(of(new Float32Array(31)), [false, false, false]);
    assertEquals(of(new Float32Array(32)), [true, true, true]);
    assertEquals(of(new Float64Array(99)), [true, false, false]);
    const wide = new Float64Array(99);
    assertEquals(map("log", wide, wide), false);
    assertEquals(map("exp", wide, wide, 0, null), false);
    const x = new Float32Array(99);
    assertEquals(map("exp", x, x, 0, null), false);
    assertEquals(mapD("expDx", x, x, x, 0, null), false);
    assertEquals(peakRows(x, 9, 11, () => {}, null), false);
    assertEquals(sumOfLosses(x, x, null), undefined);
    assertEquals(sumOfLosses(x.subarray(0, 31), x), undefined);
    assertEquals(sumOfLosses(new Float64Array(99), x), undefined);
    const long = new Float32Array(2 ** 17 + 1);
    assertEquals(peakRows(long, 1, 2 ** 17 + 1, () => {}), false);
    assertEquals(peakRows(long, 1, 2 ** 17, () => {}), true);
  });
});

/** How far from the loops in float64 an activation may be, at x. */
const ACTIVATIONS: [Signature, (x: number) => number][] = [
  [exp, () => 2],
  [sqrt, () => 2],
  [sigmoid, () => 5],
  [tanh, () => 5],
  [softplus, () => 4],
  [elu, () => 2],
  [silu, () => 6],
  [gelu, () => 8],
  [geluTanh, (x) => 6 + 10 * x * x],
];

/** The errors of outputs and of gradients in the norm, in units of 2⁻²⁴ of the norm itself, of
 * which a rounding has a half or less, for numbers up to `range`. */
function errorsOf(signature: Signature, range: number): number[] {
  const shape = [20_000], data = new Float32Array(20_000);
  const x = data.map((_, i) => range * Math.sin(i));
  const dy = data.map((_, i) => 1 + Math.sin(1.7 * i) / 2);
  const by = (s: Signature, a: Float, b: Float) => [
    s.forward<Tensor>([{ shape, data: a }]).data,
    s.gradient<Tensor>("x", [{ shape, data: a }, { shape, data: b }]).data,
  ];
  const right = by(
    withoutKernels(signature),
    new Float64Array(x),
    new Float64Array(dy),
  );
  return by(signature, x, dy).map((found, k) => {
    let error = 0, size = 0;
    right[k].forEach((value, i) => {
      error += (found[i] - value) ** 2;
      size += value ** 2;
    });
    return Math.sqrt(error / size) * 2 ** 24;
  });
}

/** These errors of PyTorch 2.15, for numbers up to `range`. */
const NORMS: [Signature, [range: number, forward: number, dx: number][]][] = [
  [exp, [[0.3, 0.436, 0.600], [1, 0.444, 0.597], [5, 0.464, 0.623]]],
  [tanh, [[0.3, 0.470, 0.533], [1, 0.415, 0.725], [5, 0.302, 1.944]]],
  [sigmoid, [[0.3, 0.684, 0.769], [1, 0.646, 0.889], [5, 0.637, 3.585]]],
  [softplus, [[0.3, 0.521, 0.812], [1, 0.537, 0.714], [5, 0.478, 0.643]]],
  [silu, [[0.3, 0.647, 1.001], [1, 0.634, 0.893], [5, 0.733, 1.758]]],
  [elu, [[0.3, 0.288, 0.375], [1, 0.262, 0.300], [5, 0.076, 0.153]]],
  [gelu, [[0.3, 2.746, 2.744], [1, 1.254, 1.584], [5, 0.761, 1.272]]],
  [geluTanh, [[0.3, 0.637, 0.794], [1, 0.684, 0.817], [5, 0.629, 4.291]]],
];

describe("what is computed with the elementary functions", () => {
  for (const [signature, units] of ACTIVATIONS) {
    it(`${signature.name} is near its loops`, () => {
      const n = 20_000, x = draw(n), dy = draw(n, 5);
      if (signature === sqrt) x.forEach((v, i) => x[i] = Math.abs(v));
      x.set([0, -0, Infinity, -Infinity, NaN, 88.9, 1e-40, 3e38, -3e38]);
      x.set([-88, -95, -100, -104, -107, -110, -112], 9);
      const by = (s: Signature, Data: typeof Float32Array) => {
        const [a, b] = [x, dy].map((data) => ({
          shape: [n],
          data: Data.from(data),
        }));
        return [
          s.forward<Tensor>([a]).data,
          s.gradient<Tensor>("x", [a, b]).data,
        ];
      };
      const loops = by(withoutKernels(signature), Float64Array as never);
      by(signature, Float32Array).forEach((actual, k) => {
        for (let i = 0; i < n; i++) {
          const exact = loops[k][i];
          if (Object.is(actual[i], Math.fround(exact))) continue;
          // At a root of the gradient, only its terms are exact.
          const size = Math.max(Math.abs(exact), Math.abs(dy[i] * k) / 4);
          const isRoot = k === 1 && x[i] < 0 && x[i] > -3;
          const unit = unitOf(isRoot ? size : exact);
          const error = Math.abs(actual[i] - exact) / unit;
          assert(
            error <= units(x[i]),
            `${k} at ${x[i]}, ${dy[i]}: ${
              actual[i]
            }, not ${exact}, ${error} ulp`,
          );
        }
      });
    });
  }

  it("gradients are those of the loops at all ends", () => {
    // deno-fmt-ignore
    const ends = [0, 1e-45, 1e-39, 2 ** -126, 1e-20, 0.1, 0.5, 0.69, 0.71, 1, 2, 3, 5.5, 12, 20, 30,
      50, 88, 89, 104, 150, 181, 200, 261, 270, 400, 600, 709, 745, 747, 760, 1e4, 1e10, 1e38,
      2 ** 128 - 2 ** 104, Infinity, NaN].flatMap((value) => [value, -value]);
    // deno-fmt-ignore
    const slopes = [0, 1e-45, 1e-40, 2 ** -126, 1, 0.3, 1e10, 8e37, 3e38, 2 ** 128 - 2 ** 104,
      Infinity, NaN].flatMap((value) => [value, -value]);
    const size = ends.length * slopes.length, shape = [size];
    const x = { shape, data: new Float32Array(size) };
    const dy = { shape, data: new Float32Array(size) };
    for (let i = 0; i < size; i++) {
      x.data[i] = ends[Math.floor(i / slopes.length)];
      dy.data[i] = slopes[i % slopes.length];
    }
    for (const signature of [exp, elu, sigmoid, tanh, softplus, silu, gelu]) {
      const [found, right] = [signature, withoutKernels(signature)].map((s) =>
        s.gradient<Tensor>("x", [x, dy]).data
      );
      for (let i = 0; i < size; i++) {
        // A number that is nearly too large may be rounded to ∞.
        if (Math.abs(right[i]) > 3.4e38 && Math.abs(found[i]) > 3.4e38) {
          continue;
        }
        const what = `${signature.name} ${x.data[i]} ${dy.data[i]}`;
        if (!Number.isFinite(right[i])) assertEquals(found[i], right[i], what);
        else {
          const by = 1e-5 * Math.abs(right[i]) + 5e-45;
          assertAlmostEquals(found[i], right[i], by, what);
        }
      }
    }
  });

  for (const [signature, limits] of NORMS) {
    it(`${signature.name} is as near to the truth as PyTorch is`, () => {
      for (const [range, ...most] of limits) {
        errorsOf(signature, range).forEach((units, k) =>
          assert(units < 1.01 * most[k], `${k} ±${range}: ${units}`)
        );
      }
    });
  }

  it("gradients are no further from the truth than a few roundings", () => {
    const limits: [Signature, number, number][] = [
      [sigmoid, 0.1, 0.65],
      [sigmoid, 5, 0.85],
      [tanh, 0.1, 0.55],
      [tanh, 5, 0.85],
      [softplus, 0.1, 0.9],
      [softplus, 5, 0.7],
    ];
    for (const [signature, range, limit] of limits) {
      const [, units] = errorsOf(signature, range);
      assert(units < limit, `${signature.name} ${range}: ${units}`);
    }
  });

  it("exp of float64 numbers is off by less than a unit", () => {
    const n = 3001, x = new Float64Array(n), z = new Float64Array(n);
    x.forEach((_, i) => x[i] = (i - 1528) / 2.05 + Math.sin(i) * 2 ** -(i % 9));
    const odd = [
      0,
      -0,
      2 ** -60,
      -(2 ** -60),
      5e-324,
      709.782712893384,
      -745.1,
    ];
    x.set(odd);
    const [, most, worst] =
      /more than ([\d.]+) units; that\n \* is at ([\d.]+)\./.exec(page)!;
    x[n - 1] = Number(worst);
    assert(map("exp", x, z));
    const errors = x.map((v, i) => {
      const exact = digits.call("exp", digits.constant(v));
      const size = digits.toNumber(exact);
      if (z[i] === size) return 0;
      const off = digits.add(digits.constant(-z[i]), exact);
      const unit = 2 ** Math.max(Math.floor(Math.log2(size)) - 52, -1074);
      return Math.abs(digits.toNumber(off)) / unit;
    });
    assertEquals(Math.max(...errors), errors[n - 1]);
    assert(errors[n - 1] < 0.92, `${errors[n - 1]} ulp`);
    assertEquals(Math.ceil(errors[n - 1] * 1000) / 1000, Number(most));
    const ends = new Float64Array(33).fill(1);
    ends.set([NaN, Infinity, -Infinity, 709.8, -745.2]);
    ends[32] = 0;
    assert(map("exp", ends, ends));
    assertEquals(
      ends.slice(0, 5),
      Float64Array.of(NaN, Infinity, 0, Infinity, 0),
    );
    assertEquals(ends[32], 1);
  });

  it("power rounds almost once", () => {
    const n = 20_003, x = new Float32Array(n), bits = new Uint32Array(x.buffer);
    bits.forEach((_, i) => bits[i] = i * 214_699); // All sizes, both signs, NaN.
    x.set([0, -0, Infinity, -Infinity, NaN, 1, -1, 2 ** -149, -(2 ** -149)]);
    const dy = draw(n, 5).fill(Infinity, n - 9, n - 6).fill(0, n - 6, n - 3);
    x.copyWithin(n - 9, 0, 9);
    const [z, dx] = [new Float32Array(n), new Float32Array(n)];
    // deno-fmt-ignore
    const exponents = [1.5, 0.5, -0.5, 1 / 3, -2, -3, 4, 5, 1e-6, 100, -101, 1e6, 2 ** 53 + 2, -1e300];
    for (const p of exponents) {
      assert(map("power", x, z, p));
      assert(mapD("powerDx", x, dy, dx, p));
      for (let i = 0; i < n; i++) {
        const both = [
          [z[i], x[i] ** p],
          [dx[i], dy[i] * (p * x[i] ** (p - 1))],
        ];
        for (const [actual, exact] of both) {
          if (Object.is(actual, Math.fround(exact))) continue;
          const error = Math.abs(actual - exact) / unitOf(exact);
          assert(error < 0.502, `${x[i]}, ${p}: ${actual}, not ${exact}`);
        }
      }
    }
  });

  it("bceWithLogits is near its loops", () => {
    for (const n of [32, 33, 34, 35, 2 ** 14 + 5]) {
      const x = draw(n), t = draw(n, 5).map((v) => Math.min(Math.abs(v), 1));
      x.set([0, -0, 88.9, -100, 1e-40]);
      t.set([0, 1, 1, 0, 1]);
      const by = (s: Signature, Data: typeof Float32Array) => {
        const inputs = [x, t].map((v) => ({ shape: [n], data: Data.from(v) }));
        const dout = { shape: [], data: Data.of(3) };
        const { logits, target } = s.backward<Record<string, Tensor>>(
          [...inputs, dout],
        );
        return [s.forward<Tensor>(inputs).data, logits.data, target.data];
      };
      const loops = by(withoutKernels(bceWithLogits), Float64Array as never);
      by(bceWithLogits, Float32Array).forEach((actual, k) => {
        actual.forEach((y, i) => {
          const exact = loops[k][i];
          // Of a difference, only the terms are exact.
          const size = Math.max(Math.abs(exact), k === 1 ? 3 / n : 0);
          const error = Math.abs(y - exact) / unitOf(size);
          assert(error < 1, `${k} of ${n}, ${i}: ${y}, not ${exact}`);
        });
      });
    }
  });

  for (const signature of [softmax, logSoftmax, logSumExp, crossEntropy]) {
    it(`${signature.name} of rows is near its loops`, () => {
      // Around vectors and chunks.
      // deno-fmt-ignore
      const shapes = [[40, 1], [20, 2], [11, 3], [8, 4], [7, 5], [9, 63], [170, 100], [3, 2 ** 14 + 3]];
      for (const [n, m] of shapes) {
        const x = draw(n * m), dy = draw(n * m, 3);
        x[m - 1] = x[0]; // A tie.
        const labels = Int32Array.from({ length: n }, (_, i) => i * 7 % m);
        if (n > 1) labels[1] = -100;
        const by = (s: Signature, Data: typeof Float32Array) => {
          const a = { shape: [n, m], data: Data.from(x) };
          const isLoss = signature === crossEntropy;
          const inputs = isLoss ? [a, { shape: [n], data: labels }] : [a];
          const y = s.forward<Tensor>(inputs);
          const dout = {
            shape: y.shape,
            data: Data.from(dy).slice(0, y.data.length),
          };
          const name = isLoss ? "logits" : "x";
          return [y.data, s.gradient<Tensor>(name, [...inputs, dout]).data];
        };
        const loops = by(withoutKernels(signature), Float64Array as never);
        by(signature, Float32Array).forEach((actual, k) => {
          let largest = 0;
          for (let i = 0; i < actual.length; i++) {
            const exact = loops[k][i], error = Math.abs(actual[i] - exact);
            if (k === 1 && i % m === 0) {
              const row = dy.subarray(i, i + m);
              largest = row.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
            }
            const share = signature === logSoftmax ? 1 : 2 ** -8;
            const size = Math.abs(exact) + share * largest;
            assert(
              error <= 3 * 2 ** -23 * size + 2 ** -149,
              `${k} of ${n}×${m}, ${i}: ${actual[i]}, not ${exact}`,
            );
          }
        });
      }
    });
  }

  it("rows are near their loops wherever their largest number is", () => {
    // Around ±48, up to which the largest number needs not be subtracted.
    // deno-fmt-ignore
    const tops = [0, -0, 0.3466, -0.3466, 47.9999, 48, 48.00001, -48, -48.00001, 88.9, -1e4, 1e30, 2 ** -140];
    for (const m of [1, 2, 3, 4, 5, 8, 9, 12, 13, 131]) {
      const n = 40, x = draw(n * m), dy = draw(n * m, 3);
      for (let i = 0; i < n; i++) {
        const row = x.subarray(i * m, i * m + m), top = tops[i % tops.length];
        // Some of what is below is near to it, some so far that nothing is left.
        row.forEach((v, j) => row[j] = top - Math.abs(v) * 2 ** (j % 5 - 3));
        row[i % m] = top;
        if (i % 7 === 1) row[(i + 3) % m] = -Infinity;
        if (i % 7 === 2) row[(i + 2) % m] = top - 127;
        if (i % 7 === 3) row.fill(top, i % m);
        row[i % m] = top;
      }
      for (const signature of [softmax, logSoftmax, logSumExp]) {
        const by = (s: Signature, Data: typeof Float32Array) => {
          const a = { shape: [n, m], data: Data.from(x) };
          const y = s.forward<Tensor>([a]);
          const dout = {
            shape: y.shape,
            data: Data.from(dy).slice(0, y.data.length),
          };
          return [y.data, s.gradient<Tensor>("x", [a, dout]).data];
        };
        const loops = by(withoutKernels(signature), Float64Array as never);
        by(signature, Float32Array).forEach((actual, k) => {
          actual.forEach((value, at) => {
            const exact = loops[k][at], error = Math.abs(value - exact);
            if (exact === Math.fround(value)) return;
            const i = Math.floor(at / m);
            // A gradient is a difference of terms of this size.
            const size = k === 0
              ? 0
              : Math.max(...dy.subarray(i * m, i * m + m).map(Math.abs));
            assert(
              error <= 3 * 2 ** -23 * (Math.abs(exact) + size) + 2 ** -149,
              `${signature.name} ${k} of ${m}, ${at}: ${value}, not ${exact}`,
            );
          });
        });
      }
    }
  });

  it("keeps what is left beside one large exponential", () => {
    for (let gap = 1; gap < 87; gap += 0.37) {
      for (const top of [0, 30, 60]) {
        const x = new Float32Array(35).fill(-Infinity);
        x[3] = top;
        x[20] = top - gap;
        x[33] = top - gap - 1;
        const row = { shape: [1, 35], data: x };
        const exact = -Math.log1p(
          Math.exp(x[20] - top) + Math.exp(x[33] - top),
        );
        const found = logSoftmax.forward<Tensor>([row]).data[3];
        assert(
          Math.abs(found / exact - 1) < 2 ** -22,
          `${top}, ${gap}: ${found}, not ${exact}`,
        );
      }
    }
  });

  it("softmax is as exact as the page says", () => {
    const x = normal([400, 500], { seed: 1 });
    const wide = { shape: x.shape, data: Float64Array.from(x.data) };
    const exact = withoutKernels(softmax).forward<Tensor>([wide]).data;
    const errors = softmax.forward<Tensor>([x]).data
      .map((y, i) => Math.abs(y - exact[i]) / unitOf(exact[i]));
    const mean = errors.reduce((a, b) => a + b) / errors.length;
    const largest = errors.reduce((a, b) => Math.max(a, b));
    const [, most, average] =
      /more than ([\d.]+) units in the last place; .* by ([\d.]+)\./.exec(
        page,
      )!;
    assertEquals(Math.ceil(largest * 10) / 10, Number(most));
    assertEquals(Math.round(mean * 100) / 100, Number(average));
  });

  it("softmax has no rounding errors that add up", () => {
    const m = 100_003, x = draw(m, 11).map((v) => v / 16);
    const y = softmax.forward<Tensor>([{ shape: [1, m], data: x }]).data;
    const wide = { shape: [1, m], data: Float64Array.from(x) };
    const exact = withoutKernels(softmax).forward<Tensor>([wide]).data;
    let mean = 0;
    y.forEach((v, j) => mean += (v / exact[j] - 1) / m);
    assert(Math.abs(mean) < 2 ** -24, `${mean}`);
  });

  it("rows and columns are the same at any place of an arena", () => {
    for (const [n, m, p] of [[5, 7, 1], [33, 101, 1], [3, 9, 6], [1, 37, 21]]) {
      const size = n * m * p, x = draw(size), dy = draw(size, 3);
      for (const signature of [softmax, logSoftmax, logSumExp]) {
        const by = (place: (data: Float32Array) => Float32Array) => {
          const axis = { axis: 1 };
          const a = { shape: [n, m, p], data: place(x) };
          const y = signature.forward<Tensor>([a], axis);
          const dout = {
            shape: y.shape,
            data: place(dy.slice(0, y.data.length)),
          };
          const dx = signature.gradient<Tensor>("x", [a, dout], axis);
          return [y, dx].map(({ data }) => data.slice());
        };
        const right = by((data) => data);
        for (const shift of [0, 1, 2, 3]) {
          const found = arena(() => ({
            found: by((data) => {
              const own = zeros([size + 9]).data.subarray(shift);
              own.set(data);
              return own.subarray(0, data.length) as Float32Array;
            }),
          }));
          assertEquals(found.found, right, `${signature.name} ${n}×${m}×${p}`);
        }
      }
    }
  });

  it("leaves float64 to the loops", () => {
    const [n, m] = [7, 9], x = Float64Array.from(draw(n * m));
    for (const signature of [softmax, logSoftmax, logSumExp]) {
      const a = { shape: [n, m], data: x };
      assertEquals(
        signature.forward<Tensor>([a]),
        withoutKernels(signature).forward<Tensor>([a]),
      );
    }
  });

  it("has infinities and NaN where the loops have them", () => {
    for (const signature of [softmax, logSoftmax, logSumExp]) {
      for (const odd of [Infinity, -Infinity, NaN]) {
        for (const inGradient of [true, false]) {
          const [n, m] = [3, 41], x = draw(n * m), dy = draw(n * m, 3);
          const top = x.indexOf(Math.max(...x.subarray(m, 2 * m)));
          (inGradient ? dy : x)[top] = odd;
          if (!inGradient) x.fill(odd, 2 * m);
          const by = (s: Signature) => {
            const a = { shape: [n, m], data: x };
            const y = s.forward<Tensor>([a]);
            const dout = { shape: y.shape, data: dy.slice(0, y.data.length) };
            return [y, s.gradient<Tensor>("x", [a, dout])].map(({ data }) =>
              Array.from(data, (v) => Number.isFinite(v) ? 0 : v)
            );
          };
          assertEquals(by(signature), by(withoutKernels(signature)));
        }
      }
    }
  });
});
