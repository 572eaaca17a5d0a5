// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { withoutKernels } from "../core/op.ts";
import {
  assertSameBits,
  assertSameNumbers,
  by,
  FUNCTIONS,
  resultsOf,
} from "../core/testing/functions.ts";
import {
  assemble,
  atMost,
  both,
  choose,
  each as eachIfWorth,
  eachBy,
  either,
  equal,
  fold,
  foldBy,
  folding,
  type Formula,
  formula,
  greater,
  heap as sharedHeap,
  least,
  less,
  lowered,
  magnitude,
  minus,
  most,
  negative,
  over,
  plus,
  raised,
  root,
  type Term,
  times,
  unequal,
} from "./elementwise.ts";
import { arena } from "../arena.ts";
import { dtypeOfData, type Numbers } from "../core/arrays.ts";
import { ones, zeros } from "../tensor.ts";
import { heapOf, platform, type Wasm } from "./platform.ts";

/** As it is, whether it is worth it or not. */
const each: typeof eachIfWorth = (formula, z, inputs, more) =>
  eachBy(platform.WebAssembly, sharedHeap(), formula, z, inputs, more);

const SPECIAL = [
  ...[0, -0, 1, -1, 0.1, -0.1, 1.5, 3, 1e-45, -1e-45, 1e38, -3.4e38, 1e-38],
  ...[Infinity, -Infinity, NaN],
];

/** All pairs of special numbers, and then some that are near to each other. */
function pairs<T extends typeof Float32Array | typeof Float64Array>(Data: T) {
  const x = SPECIAL.flatMap((a) => SPECIAL.map(() => a));
  const y = SPECIAL.flatMap(() => SPECIAL);
  for (let i = 0; i < 20_000; i++) {
    x.push(Math.sin(i) * 10 ** (i % 7 - 3));
    y.push(i % 3 === 0 ? x[x.length - 1] : Math.cos(i * i));
  }
  return [Data.from(x), Data.from(y)] as const;
}

type Case = [
  name: string,
  formula: Formula,
  f: (x: number, y: number, p: number) => number,
];

/** Each instruction; then what is rounded once, and more than once. */
const CASES: Case[] = [
  ["plus", formula((x, y) => plus(x, y)), (x, y) => x + y],
  ["minus", formula((x, y) => minus(x, y)), (x, y) => x - y],
  ["times", formula((x, y) => times(x, y)), (x, y) => x * y],
  ["over", formula((x, y) => over(x, y)), (x, y) => x / y],
  ["root", formula((x) => root(x)), Math.sqrt],
  ["negative", formula((x) => negative(x)), (x) => -x],
  ["magnitude", formula((x) => magnitude(x)), Math.abs],
  ["least", formula((x, y) => least(x, y)), (x, y) => Math.min(x, y)],
  ["most", formula((x, y) => most(x, y)), (x, y) => Math.max(x, y)],
  ["lowered", formula((x, y) => lowered(x, y)), (x, y) => y < x ? y : x],
  ["raised", formula((x, y) => raised(x, y)), (x, y) => x < y ? y : x],
  [
    "equal",
    formula((x, y) => choose(equal(x, y), x, 7)),
    (x, y) => x === y ? x : 7,
  ],
  [
    "unequal",
    formula((x, y) => choose(unequal(x, y), x, 7)),
    (x, y) => x !== y ? x : 7,
  ],
  [
    "less",
    formula((x, y) => choose(less(x, y), x, y)),
    (x, y) => x < y ? x : y,
  ],
  [
    "greater",
    formula((x, y) => choose(greater(x, y), x, y)),
    (x, y) => x > y ? x : y,
  ],
  [
    "at most",
    formula((x, y) => choose(atMost(x, y), 0, y)),
    (x, y) => x <= y ? 0 : y,
  ],
  [
    "both",
    formula((x, y) => choose(both(less(x, y), greater(x, 0)), x, 1)),
    (x, y) => x < y && x > 0 ? x : 1,
  ],
  [
    "either",
    formula((x, y) => choose(either(less(x, y), equal(x, 0)), x, 1)),
    (x, y) => x < y || x === 0 ? x : 1,
  ],
  [
    "two roundings",
    formula((x, y) => times(y, over(over(x, y), y))),
    (x, y) => y * (x / y / y),
  ],
  [
    "a rounded number compared",
    formula((x, y) => choose(equal(times(x, y), 0), 1, y)),
    (x, y) => x * y === 0 ? 1 : y,
  ],
  [
    "a rounded number raised",
    formula((x, y) => raised(times(x, y), times(y, y))),
    (x, y) => x * y < y * y ? y * y : x * y,
  ],
  [
    "a rounded number lowered",
    formula((x, y) => lowered(times(x, y), times(y, y))),
    (x, y) => y * y < x * y ? y * y : x * y,
  ],
  ["no float32", formula((x) => times(x, 0.1)), (x) => x * 0.1],
  [
    "a parameter",
    formula((x, y, p) => choose(less(x, p), times(p, x), y), 1),
    (x, y, p) => x < p ? p * x : y,
  ],
];

describe("each()", () => {
  for (const Data of [Float32Array, Float64Array]) {
    it(`has the bits of the loop: ${Data.name}`, () => {
      const [x, y] = pairs(Data);
      for (const [name, formula, f] of CASES) {
        const z = new Data(x.length);
        const inputs = [x, y].slice(0, formula.inputs);
        const more = formula.parameters === 0 ? [] : [0.7];
        assert(each(formula, z, inputs, more), name);
        const expected = x.map((value, i) => f(value, y[i], 0.7));
        assertSameNumbers(z, expected, name);
      }
    });
  }

  it("takes masks of integers, and arrays that overlap", () => {
    const n = 1000, where = formula((m, x) => choose(unequal(m, 0), x, -1));
    const x = Float32Array.from({ length: n + 1 }, (_, i) => i);
    for (const Mask of [Uint8Array, Int32Array, Int8Array]) {
      const mask = new Mask(n);
      for (let i = 0; i < n; i += 3) mask[i] = -i;
      const z = new Float32Array(n);
      assert(each(where, z, [mask, x.subarray(1)]));
      const expected = z.map((_, i) => mask[i] !== 0 ? i + 1 : -1);
      assertSameNumbers(z, expected, Mask.name);
    }
  });

  it("reads integers of every type, wherever they begin", () => {
    const sum = (m: Term, x: Term) => choose(equal(m, 0), x, plus(m, x));
    const narrow = formula(sum), tenth = 0.1;
    const wide = formula((m, x) => times(sum(m, x), tenth));
    const large: Record<string, number[]> = {
      Int8Array: [127, -128],
      Uint8Array: [127, 128, 255],
      Int16Array: [32_767, -32_768],
      Uint16Array: [32_768, 65_535],
      Int32Array: [2 ** 24 - 1, 2 ** 30, -(2 ** 31)],
      Uint32Array: [2 ** 24 - 1, 2 ** 30, 2 ** 31, 2 ** 32 - 256],
    };
    const kinds = [
      ...[Int8Array, Uint8Array, Int16Array, Uint16Array],
      ...[Int32Array, Uint32Array],
    ];
    for (const Data of [Float32Array, Float64Array]) {
      for (const Kind of kinds) {
        const values = [0, 1, 0, 2, ...large[Kind.name]];
        // A chunk has 8192 numbers, or 16,384.
        for (const n of [64, 67, 78, 81, 1023, 16_385, 16_389]) {
          const m = new Kind(n), x = new Data(n).map((_, i) => i % 97 / 8 - 3);
          m.forEach((_, i) => m[i] = values[i % 7] ?? i % 50);
          const right = x.map((v, i) => m[i] === 0 ? v : m[i] + v);
          const rightWide = x.map((v, i) =>
            (m[i] === 0 ? v : m[i] + v) * tenth
          );
          const name = `${Data.name} ${Kind.name} ${n}`;
          const z = new Data(n);
          const check = (m: Data, x: Data, place: string) => {
            assert(each(narrow, z, [m, x]));
            assertSameNumbers(z, right, `${name} ${place}`);
            assert(each(wide, z, [m, x]));
            assertSameNumbers(z, rightWide, `${name} ${place}, wide`);
          };
          type Data = Float32Array<ArrayBuffer>;
          check(m as unknown as Data, x as Data, "elsewhere");
          using _ = arena();
          const shift = 1 + n % 3;
          const dtype = dtypeOfData(m)!;
          const there = zeros([n + shift], { dtype }).data.subarray(shift);
          there.set(m);
          check(there as Data, x as Data, "in an arena");
        }
      }
    }
  });

  it("repeats integers, too", () => {
    const row = Uint8Array.of(1, 0, 3), x = new Float32Array(99).fill(2);
    const z = new Float32Array(99);
    assert(each(formula((m, x) => times(m, x)), z, [row, x]));
    assertEquals(z, z.map((_, i) => 2 * row[i % 3]));
  });

  it("writes a result of any length, and nothing beside it", () => {
    const [, sum, f] = CASES[1];
    for (const Data of [Float32Array, Float64Array]) {
      const dtype = Data === Float32Array ? "float32" : "float64";
      using _ = arena();
      const [x, y, z] = [1, 2, 3].map((k) =>
        zeros([120], { dtype }).data.map((_, i) => i * k + 5)
      );
      const whole = zeros([120], { dtype }).data as typeof z;
      for (let n = 64; n < 84; n++) {
        for (let at = 1; at < 5; at++) {
          whole.set(z);
          const parts = [whole, x, y].map((part) => part.subarray(at, at + n));
          assert(each(sum, parts[0], parts.slice(1)));
          const expected = z.map((v, i) =>
            i < at || i >= at + n ? v : f(x[i], y[i], 0)
          );
          assertSameNumbers(whole, expected, `${Data.name} ${n} ${at}`);
        }
      }
    }
  });

  it("repeats what is shorter, in whole rows, where chunks can have such", () => {
    const [, sum] = CASES[1];
    for (const Data of [Float32Array, Float64Array]) {
      const chunk = 2 ** 16 / Data.BYTES_PER_ELEMENT;
      for (
        const [n, p] of [
          [66, 1],
          [99, 3],
          [3 * chunk, 1000],
          [3 * chunk, 1024],
          [40_004, 10_001],
        ]
      ) {
        const x = new Data(n).map((_, i) => i % 89);
        const y = new Data(p).map((_, i) => 100 * (i % 83));
        const z = new Data(n), t = new Data(n);
        const isPossible = p <= chunk;
        assertEquals(each(sum, z, [x, y]), isPossible);
        assertEquals(each(sum, t, [y, x]), isPossible);
        if (!isPossible) continue;
        assertSameNumbers(z, x.map((v, i) => v - y[i % p]), `${n} ${p}`);
        assertSameNumbers(t, x.map((v, i) => y[i % p] - v), `${n} ${p}`);
      }
      const x = new Data(100), y = new Data(50);
      assert(each(sum, x, [y, y.subarray(0, 25)]));
      assert(
        !each(sum, x.subarray(0, 66), [x.subarray(0, 3), y.subarray(0, 11)]),
      );
    }
  });

  it("sums what would be repeated, in float64, and rounds it once", () => {
    const product = formula((x, y) => times(x, y));
    for (const Data of [Float32Array, Float64Array]) {
      for (
        const [n, p] of [[66, 1], [99, 3], [40_000, 1000], [40_000, 10_000]]
      ) {
        // The sums of the products are exact in float64, in any order.
        const x = new Data(n).map((_, i) => 1 + (i % 89) / 2 ** 16);
        const y = new Data(n).map((_, i) => 1 - (i % 83) / 2 ** 16);
        const z = new Data(p), sums = new Float64Array(p);
        assertEquals(each(product, z, [x, y]), p <= 8192);
        if (p > 8192) continue;
        for (let i = 0; i < n; i++) sums[i % p] += x[i] * y[i];
        assertSameNumbers(z, Data.from(sums), `${n} ${p}`);
      }
    }
  });

  it("sums ever so many numbers with an error of few", () => {
    const product = formula((x, y) => times(x, y));
    const x = new Float64Array(2 ** 20).fill(0.1), z = new Float64Array(1);
    assert(each(product, z, [x, Float64Array.of(1)]));
    assertAlmostEquals(z[0], 2 ** 20 * 0.1, 1e-12 * z[0]);
  });

  it("leaves sums over no rows to the loop", () => {
    const product = formula((x, y) => times(x, y));
    for (const Data of [Float32Array, Float64Array]) {
      const z = new Data(1000).fill(7), x = new Data(1000), none = new Data(0);
      for (const inputs of [[none, x], [x, none], [none, none]]) {
        assert(!each(product, z, inputs));
      }
      assert(z.every((value) => value === 7));
    }
  });

  it("folds the middle axis, where that pays", () => {
    const max = folding(-Infinity, (c, x) => most(c, x));
    for (const Data of [Float32Array, Float64Array]) {
      for (
        const [n, m, p] of [
          [1, 64, 64],
          [2, 100, 67],
          [1, 700, 101],
          [3, 32, 16],
          [1, 128, 15],
          [1, 31, 16],
          [2, 30, 18],
          [1, 2, 20_000],
        ]
      ) {
        const x = new Data(n * m * p).map((_, i) =>
          i % 997 === 5 ? NaN : (i % 2 ? -1 : 1) * (i * i % 1009 - 200)
        );
        const y = new Data(n * p).fill(7);
        const isPaid = p >= 16 && m * p >= 512 && p < 16_384;
        assertEquals(fold(max, y, x, n, m, p), isPaid, `${n} ${m} ${p}`);
        if (!isPaid) continue;
        const expected = new Data(n * p).fill(-Infinity);
        x.forEach((v, i) => {
          const at = Math.floor(i / (m * p)) * p + i % p;
          expected[at] = Math.max(expected[at], v);
        });
        assertSameNumbers(y, expected, `${n} ${m} ${p}`);
      }
    }
  });

  it("folds what is rounded in float64, row by row, and rounds it once", () => {
    const half = folding(5, (c, x) => plus(times(c, 0.5), x));
    for (const Data of [Float32Array, Float64Array]) {
      // Chunks of 8192 or 16,384 numbers have no whole number of four rows.
      for (
        const [n, m, p] of [[2, 47, 1001], [1, 3, 8192], [3, 64, 67], [
          1,
          2,
          8193,
        ]]
      ) {
        const x = new Data(n * m * p).map((_, i) => 1 / (i % 1013 + 3));
        const y = new Data(n * p), sums = new Float64Array(n * p).fill(5);
        assertEquals(fold(half, y, x, n, m, p), p <= 8192);
        if (p > 8192) continue;
        x.forEach((v, i) => {
          const at = Math.floor(i / (m * p)) * p + i % p;
          sums[at] = sums[at] * 0.5 + v;
        });
        assertSameNumbers(y, Data.from(sums), `${n} ${m} ${p}`);
        const wide = new Float64Array(n * p);
        assert(fold(half, wide, x, n, m, p));
        assertSameNumbers(wide, sums, `${n} ${m} ${p}, not rounded`);
      }
    }
  });

  it("folds a tensor in place, and writes nothing else", () => {
    const sum = folding(0, (c, x) => plus(c, x));
    using _ = arena();
    const x = zeros([100, 67]).data.map((_, i) => i);
    const before = zeros([9]).data, here = zeros([100, 67]).data;
    const after = zeros([9]).data, y = zeros([67]).data;
    here.set(x);
    assert(fold(sum, y, here, 1, 100, 67));
    assertEquals(here, x);
    assertEquals([...before, ...after].some(Boolean), false);
    assertEquals(y[66], 67 * 50 * 99 + 6600);
  });

  it("leaves a fold to the loop without WebAssembly", () => {
    const sum = folding(0, (c, x) => plus(c, x));
    const x = new Float32Array(8192).fill(1), y = new Float32Array(64);
    assert(!foldBy(undefined, undefined, sum, y, x, 1, 128, 64));
    assertEquals(y[0], 0);
  });

  it("leaves what is too short, or has no WebAssembly, to the loop", () => {
    const [, sum] = CASES[0];
    const heap = heapOf(platform.WebAssembly, 6 * 2 ** 16);
    const wasm = platform.WebAssembly!;
    const forbidden: Wasm = {
      ...wasm,
      Memory: wasm.Memory,
      Instance: wasm.Instance,
      Module: class {
        constructor() {
          throw new Error("forbidden");
        }
      },
    };
    const run = (n: number, by: Wasm | undefined, memory: typeof heap) => {
      const x = new Float32Array(n).fill(1), z = new Float32Array(n);
      const done = eachBy(by, memory, { ...sum, heap: undefined }, z, [
        x,
        x,
      ]);
      return [done, z[0]];
    };
    assertEquals(run(64, wasm, heap), [true, 2]);
    assertEquals(run(63, wasm, heap), [false, 0]);
    assertEquals(run(64, undefined, heap), [false, 0]);
    assertEquals(run(64, wasm, undefined), [false, 0]);
    assertEquals(run(64, forbidden, heap), [false, 0]);
    assertEquals(heapOf(undefined, 2 ** 16), undefined);
    assertEquals(heapOf(wasm, 2 ** 60), undefined);
  });

  it("leaves to the loop what it does sooner", () => {
    const quick = formula((x, y) => times(plus(x, y), 0.5));
    const slow = [
      formula((x, y) => choose(less(x, 0), y, x)),
      formula((x, y) => plus(root(x), y)),
      formula((x, y) => plus(least(x, y), y)),
      formula((x, y) => most(x, y)),
      formula((x, y) => lowered(x, y)),
      formula((x, y) => raised(x, y)),
    ];
    const is = (
      formula: Formula,
      n: number,
      make = (n: number): Numbers => new Float32Array(n),
    ) => {
      return eachIfWorth(formula, make(n), [make(n), make(n)]);
    };
    const wide = (n: number) => new Float64Array(n);
    const there = (n: number) => zeros([n], { dtype: "float64" }).data;
    assertEquals([1023, 1024].map((n) => is(quick, n)), [false, true]);
    assertEquals([1023, 2 ** 14].map((n) => is(quick, n, wide)), [
      false,
      false,
    ]);
    for (const formula of slow) {
      assertEquals([191, 192].map((n) => is(formula, n)), [false, true]);
      assertEquals([191, 192].map((n) => is(formula, n, wide)), [false, true]);
    }
    using _ = arena();
    assertEquals([1023, 1024].map((n) => is(quick, n, there)), [false, true]);
    // A loop would have to repeat the row.
    const row = new Float32Array(8), x = new Float32Array(64);
    assert(eachIfWorth(quick, x, [x.slice(), row]));
    assert(eachIfWorth(quick, row, [x, x]));
  });

  it("stays in float32 where parameters are float32 numbers", () => {
    const scaled = formula((x, p) => choose(less(x, p), times(x, p), p), 1);
    const runs = (...parameters: number[]) => {
      scaled.heap = scaled.exact!.heap = undefined;
      const x = Float32Array.from({ length: 99 }, (_, i) => i / 7 - 5);
      const z = new Float32Array(99), [p] = parameters;
      assert(each(scaled, z, [x], parameters));
      assertSameNumbers(z, x.map((v) => v < p ? v * p : p), `${p}`);
      return [scaled.heap !== undefined, scaled.exact!.heap !== undefined];
    };
    assertEquals(runs(0.5), [false, true]);
    assertEquals(runs(-Infinity), [false, true]);
    assertEquals(runs(0.1), [true, false]);
    assertEquals(CASES[0][1].exact, undefined);
  });

  it("stays in float32 where nothing is rounded twice", () => {
    const loads = (formula: Formula) => {
      const types = Array(formula.inputs + 1).fill(0); // float32
      const bytes = [...assemble(formula, types)].join();
      return bytes.includes("253,93,0,0") ? "wide" : "narrow";
    };
    assertEquals(
      CASES.map(([name, formula]) => [name, loads(formula)])
        .filter(([, width]) => width === "wide").map(([name]) => name),
      [
        ...["two roundings", "a rounded number compared"],
        ...["a rounded number raised", "a rounded number lowered"],
        ...["no float32", "a parameter"],
      ],
    );
    const [, exact] = CASES[CASES.length - 1];
    assertEquals(loads(exact.exact!), "narrow");
  });
});

describe("the operations with such kernels", () => {
  const chosen = FUNCTIONS.filter(({ signature: { name } }) =>
    [
      ...["relu", "leakyRelu", "abs", "clamp", "where", "maximum", "minimum"],
      ...["dropout", "mae", "huber", "add", "sub", "mul", "div"],
    ].includes(name)
  );
  const options: Record<string, object> = {
    leakyRelu: { slope: 0.1 },
    clamp: { min: -1, max: 1.4 },
    dropout: { rate: 0.3 },
    huber: { delta: 0.7 },
  };
  for (const fn of chosen) {
    it(`have the bits of the loop: ${fn.name}`, () => {
      const { name, spec } = fn.signature;
      for (const Data of [Float32Array, Float64Array]) {
        const [x, y] = pairs(Data), n = x.length;
        const dout = x.map((_, i) => y[n - 1 - i]);
        const mask = Int32Array.from(x, (_, i) => i % 5 === 0 ? 1 : 0);
        const floats = [x, y];
        const args: unknown[] = Object.values(spec.inputs).map((input) => ({
          shape: [n],
          data: typeof input !== "string" && input.integer
            ? mask
            : floats.shift(),
        }));
        if (fn.kind !== "forward") {
          const isLoss = Object.values(spec.outputs)[0] === "";
          args.push(
            isLoss
              ? { shape: [], data: Data.of(0.3) }
              : { shape: [n], data: dout },
          );
        }
        args.push(options[name] ?? {});
        assertSameBits(
          resultsOf(fn, fn.f(...args)),
          resultsOf(fn, by(withoutKernels(fn.signature), fn).f(...args)),
          fn.name,
        );
      }
    });
  }

  it("have gradients of 0 for what nothing was broadcast from", () => {
    const broadcast = FUNCTIONS.filter(({ kind, signature: { spec } }) =>
      kind === "all" && Object.values(spec.outputs)[0].includes("∨")
    );
    assert(broadcast.length >= 6);
    const all: [many: number[], own: number[]][] = [
      [[0, 300], [300]],
      [[5, 0, 200], [5, 1, 200]],
    ];
    for (const fn of broadcast) {
      for (const dtype of ["float32", "float64"] as const) {
        for (const [many, own] of all) {
          const [x, none] = [ones(own, { dtype }), ones(many, { dtype })];
          const xs = ones(own, { dtype }), nones = ones(many, { dtype });
          const zero = zeros(own, { dtype });
          const first = fn.f(x, none, none, { out: { x: xs, y: nones } });
          assertEquals(first, { x: zero, y: none }, fn.name);
          const second = fn.f(none, x, none, { out: { x: nones, y: xs } });
          assertEquals(second, { x: none, y: zero }, fn.name);
        }
      }
    }
  });
});
