// Copyright 2026 the Adjoint authors. MIT license.

// Laws that hold for every input, tried on random ones. `-- --seed=7` chooses
// others, `-- --runs=1000` more of them.

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { addBias } from "../arithmetic/add_bias.ts";
import { all as goldenFiles } from "../goldens/all.ts";
import { decodeGoldens } from "../goldens/goldens.ts";
import { blocked } from "../kernels/blocked.ts";
import { type Matrix, matrix, transpose } from "../kernels/matrix.ts";
import { naive } from "../kernels/naive.ts";
import { simd } from "../kernels/simd.ts";
import { threaded } from "../kernels/threaded.ts";
import { linear } from "../products/linear.ts";
import { matmul, matmulDx, matmulDy } from "../products/matmul.ts";
import { type Contract, CONTRACTS } from "../proof/contracts.ts";
import {
  type Args,
  ARRAYS,
  calls,
  callToCode,
  CONTENTS,
  type Dims,
  dimsUpTo,
  dtypes,
  hash,
  place,
  product,
  type RandomCall,
  run,
  shapeOf,
  UNIT,
} from "../proof/properties/calls.ts";
import { check } from "../proof/properties/run.ts";
import { toCode } from "../proof/properties/snippet.ts";
import { sum, sumDx } from "../reductions/sum.ts";
import { type DType, reshape, type Tensor } from "../tensor.ts";
import { startThreads, stopThreads } from "../threads.ts";
import * as library from "../../mod.ts";
import * as tensors from "../tensor.ts";
import * as threads from "../threads.ts";

type Data = Tensor["data"];
type Matrix2 = Tensor<[number, number]>;

/** Fails where two tensors differ in a bit; every NaN is equal to every other. */
function assertSameBits(actual: Tensor, expected: Tensor, what: string): void {
  assertEquals(actual.shape, expected.shape, what);
  assertStrictEquals(actual.data.constructor, expected.data.constructor);
  assertSameNumbers(actual.data, expected.data, what);
}

function assertSameNumbers(actual: Data, expected: Data, what: string): void {
  assertEquals(actual.length, expected.length, what);
  for (let i = 0; i < actual.length; i++) {
    if (!Object.is(actual[i], expected[i])) {
      throw new Error(
        `${what}: element ${i} is ${actual[i]}, not ${expected[i]}`,
      );
    }
  }
}

function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: (i: number) => number,
  what: string,
): void {
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(actual[i] - expected[i]);
    if (!(distance <= bound(i))) {
      throw new Error(
        `${what}: element ${i} is ${actual[i]}, not ${
          expected[i]
        }, ${distance} away where ${bound(i)} is allowed`,
      );
    }
  }
}

function assertUntouched(before: Map<ArrayBufferLike, Uint8Array>): void {
  for (const [buffer, bytes] of before) {
    const now = new Uint8Array(buffer);
    for (let i = 0; i < bytes.length; i++) {
      if (now[i] !== bytes[i]) throw new Error(`byte ${i} was written to`);
    }
  }
}

const copy = ({ shape, data }: Tensor): Tensor => ({
  shape: [...shape],
  data: data.slice(),
});
const copies = (args: Args): Args =>
  Object.fromEntries(Object.entries(args).map(([name, x]) => [name, copy(x)]));

/** A tensor of the same shape and element type, element by element. */
const map = ({ shape, data }: Tensor, f: (x: number, i: number) => number) => ({
  shape,
  data: data.map(f),
});
const scaled = (x: Tensor, a: number) => map(x, (v) => a * v);
const added = (x: Tensor, y: Tensor) => map(x, (v, i) => v + y.data[i]);
const lifted = (x: Tensor) => ({
  shape: x.shape,
  data: Float64Array.from(x.data, Math.abs),
});

/** Another tensor of the same shape, of numbers of the same kind. */
const another = (x: Tensor, salt: number, content: "integers" | "reals") =>
  map(x, (_, i) => CONTENTS[content](hash(salt, 7, i)));

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
};

/** How many terms an element of the result sums, at most. */
function termsOf(
  { takes, gives, factors = [], terms = [] }: Contract,
  dims: Dims,
) {
  const summed = new Set(
    [...factors, ...terms].flatMap((name) => [...takes[name]])
      .filter((letter) => !gives.includes(letter)),
  );
  return product([...summed].map((letter) => dims[letter])) + terms.length;
}

const isLinear = ({ factors, terms }: Contract) => factors || terms;

describe("the table of functions", () => {
  it("has every function of the library that computes with tensors", () => {
    const other = new Set<unknown>([
      ...Object.values(tensors),
      ...Object.values(threads),
    ]);
    const functions = Object.values(library).filter((f) => !other.has(f));
    assertEquals(
      CONTRACTS.map(({ f }) => f.name).sort(),
      functions.map((f) => f.name).sort(),
    );
  });
});

for (const contract of CONTRACTS) {
  const { f, takes, gives } = contract;
  const names = Object.keys(takes);
  const try_ = (
    runs: number,
    contents: Parameters<typeof calls>[1],
    holds: (call: RandomCall) => void,
  ) => check(calls(contract, contents), holds, { runs, toCode: callToCode });

  describe(`${f.name}()`, () => {
    it("gives the same bits again, into out, and wherever its inputs lie, and writes to nothing else", () => {
      try_(400, ["specials", "reals"], ({ args, dims, dtype, buffers }) => {
        const result = run(contract, args);
        assertEquals(result.shape, shapeOf(gives, dims));
        assert(result.data instanceof ARRAYS[dtype]);
        assertUntouched(buffers);
        assertSameBits(run(contract, args), result, "again");
        assertSameBits(run(contract, copies(args)), result, "of copies");

        // In the middle of a buffer of its own, or after the last input.
        const shape = shapeOf(gives, dims);
        const size = product(shape);
        const room = new ARRAYS[dtype](size + 2).fill(0.5);
        const out = { shape, data: room.subarray(1, size + 1).fill(NaN) };
        assertStrictEquals(run(contract, { ...args, out }), out);
        assertSameBits(out, result, "into out");
        assertEquals([room[0], room[size + 1]], [0.5, 0.5]);
        assertUntouched(buffers);
      });
    });

    if (!isLinear(contract)) return;

    it("is linear in each argument, exactly, where all sums are exact", () => {
      try_(200, ["integers"], ({ args, dtype }) => {
        for (const name of names) {
          const [u, v] = [args[name], another(args[name], 1, "integers")];
          const at = (x: Tensor) => run(contract, { ...args, [name]: x }).data;
          const [f0, fu, fv] = [scaled(u, 0), u, v].map(at);
          // Where f is linear plus f(0), it does not matter what is 2u - 3v.
          assertClose(
            at(added(scaled(u, 2), scaled(v, -3))),
            Float64Array.from(fu, (z, i) => 2 * z - 3 * fv[i] + 2 * f0[i]),
            () => 0,
            `in ${name}, ${dtype}`,
          );
        }
      });
    });

    it("is linear in each argument within k·ε", () => {
      try_(200, ["reals"], ({ args, dims, dtype }) => {
        const sizes = Object.fromEntries(
          names.map((name) => [name, lifted(args[name])]),
        );
        for (const name of names) {
          const [u, v] = [args[name], another(args[name], 2, "reals")];
          const at = (x: Tensor) => run(contract, { ...args, [name]: x }).data;
          const [f0, fu, fv, fw] = [scaled(u, 0), u, v, added(u, v)].map(at);
          // Each of the four is off by a rounding for each of its terms and one
          // when it is stored, and u + v by one more, all relative to the sum of
          // the absolute values; the last 1 % covers the rounding of that sum.
          const largest = run(contract, {
            ...sizes,
            [name]: added(sizes[name], lifted(v)),
          }).data;
          const k = 4 * (termsOf(contract, dims) + 2) * 1.01;
          assertClose(
            Float64Array.from(fw, (z, i) => z - fu[i] + f0[i]),
            fv,
            (i) => k * UNIT[dtype] * largest[i],
            `in ${name}, ${dtype}`,
          );
        }
      });
    });
  });
}

// Each backward function beside its forward function: J is the derivative with
// respect to one input, and f(x + v) - f(x) = J v as f is linear in it.
for (const backward of CONTRACTS) {
  const forward = CONTRACTS.findLast(({ f }) =>
    f !== backward.f && backward.f.name.startsWith(`${f.name}D`)
  );
  if (forward === undefined || !isLinear(forward)) continue;
  const wrt = backward.f.name.slice(`${forward.f.name}D`.length);

  describe(`${backward.f.name}()`, () => {
    const sides = (
      content: "integers" | "reals",
      { args, dims }: RandomCall,
    ) => {
      const { dout, ...inputs } = args;
      const v = another(inputs[wrt], 3, content);
      const moved = { ...inputs, [wrt]: added(inputs[wrt], v) };
      const [ahead, here] = [
        run(forward, moved).data,
        run(forward, inputs).data,
      ];
      const Jv = Float64Array.from(ahead, (z, i) => z - here[i]);
      const gradient = run(backward, args).data;
      const sizes = run(
        forward,
        Object.fromEntries(
          Object.entries(inputs).map(([name, x]) => [
            name,
            name === wrt ? added(lifted(x), lifted(v)) : lifted(x),
          ]),
        ),
      ).data;
      const size = dot(dout.data.map(Math.abs), sizes);
      // The two evaluations of f, the sum in x + v, and the gradient.
      const k = 2 * (termsOf(forward, dims) + 3) + termsOf(backward, dims) + 3;
      return {
        left: dot(dout.data, Jv),
        right: dot(gradient, v.data),
        size,
        k,
        summed: dout.data.length + v.data.length,
      };
    };

    it("is the adjoint of the derivative, exactly, where all sums are exact", () => {
      check(calls(backward, ["integers"]), (call) => {
        const { left, right } = sides("integers", call);
        assertEquals(left, right, "⟨dout, J v⟩ is not ⟨Jᵀ dout, v⟩");
      }, { runs: 300, toCode: callToCode });
    });

    it("is the adjoint of the derivative within k·ε", () => {
      check(calls(backward, ["reals"]), (call) => {
        const { left, right, size, k, summed } = sides("reals", call);
        const unit = 1.01 * (k * UNIT[call.dtype] + summed * UNIT.float64);
        assertClose([left], [right], () => unit * size, "⟨dout, J v⟩");
      }, { runs: 300, toCode: callToCode });
    });
  });
}

/** Two or three matrices that can be multiplied. */
function chains(letters: string[], content: "integers" | "reals") {
  return fc.record({
    dims: dimsUpTo(40),
    dtype: dtypes,
    salt: fc.nat(),
    gap: fc.nat(3),
  }).map(({ dims, dtype, salt, gap }) => {
    const shapes = Object.fromEntries(
      letters.map((two, i) => ["xyz"[i], shapeOf(two, dims)]),
    );
    const args = place(
      shapes,
      dtype,
      { kind: gap === 0 ? "alone" : "together", shared: false, gap },
      (tensor, i) => CONTENTS[content](hash(salt, tensor, i)),
    );
    return { args: args as Record<string, Matrix2>, dims, dtype };
  });
}

const transposed = ({ shape: [m, n], data }: Matrix2): Matrix2 => ({
  shape: [n, m],
  data: data.map((_, i) => data[(i % m) * n + Math.floor(i / m)]),
});

/** The product by its definition, in float64. */
function multiplied(x: Matrix2, y: Matrix2): Matrix2 {
  const [[m, n], [, p]] = [x.shape, y.shape];
  const data = new Float64Array(m * p);
  for (let i = 0; i < m; i++) {
    for (let k = 0; k < p; k++) {
      for (let j = 0; j < n; j++) {
        data[i * p + k] += x.data[i * n + j] * y.data[j * p + k];
      }
    }
  }
  return { shape: [m, p], data };
}

describe("the laws of matrix multiplication", () => {
  const code = ({ args }: { args: Args }) => toCode({ name: "matmul", args });
  const laws = (
    letters: string[],
    holds: (
      args: Record<string, Matrix2>,
      dims: Dims,
      bound: (k: number, sizes: Data) => (i: number) => number,
    ) => void,
  ) => {
    for (const content of ["integers", "reals"] as const) {
      check(chains(letters, content), ({ args, dims, dtype }) => {
        // Products of three integers still are exact, in any order.
        const unit = content === "integers" ? 0 : UNIT[dtype];
        holds(args, dims, (k, sizes) => (i) => 1.01 * k * unit * sizes[i]);
      }, { runs: 300, toCode: code });
    }
  };

  it("(XY)Z = X(YZ)", () => {
    laws(["mn", "np", "pk"], ({ x, y, z }, { n, p }, bound) => {
      // The inner product is off by n + 1 roundings or p + 1, and the outer one
      // by the others, on either side.
      const [X, Y, Z] = [x, y, z].map((a) => lifted(a) as Matrix2);
      const sizes = multiplied(multiplied(X, Y), Z).data;
      const [left, right] = [matmul(matmul(x, y), z), matmul(x, matmul(y, z))];
      const k = 2 * (n + 1 + p + 1);
      assertClose(left.data, right.data, bound(k, sizes), "(XY)Z");
    });
  });

  it("(XY)ᵀ = YᵀXᵀ", () => {
    laws(["mn", "np"], ({ x, y }, { n }, bound) => {
      const sizes = multiplied(
        transposed(lifted(y) as Matrix2),
        transposed(lifted(x) as Matrix2),
      ).data;
      const [left, right] = [
        transposed(matmul(x, y)),
        matmul(transposed(y), transposed(x)),
      ];
      assertClose(left.data, right.data, bound(2 * (n + 1), sizes), "(XY)ᵀ");
    });
  });

  it("∂E/∂X = ∂E/∂Z Yᵀ and ∂E/∂Y = Xᵀ ∂E/∂Z, by products of transposes", () => {
    laws(["mn", "np", "mp"], ({ x, y, z: dout }, { m, p }, bound) => {
      const [X, Y, D] = [x, y, dout].map((a) => lifted(a) as Matrix2);
      assertClose(
        matmulDx(x, y, dout).data,
        matmul(dout, transposed(y)).data,
        bound(2 * (p + 1), multiplied(D, transposed(Y)).data),
        "∂E/∂X",
      );
      assertClose(
        matmulDy(x, y, dout).data,
        matmul(transposed(x), dout).data,
        bound(2 * (m + 1), multiplied(transposed(X), D).data),
        "∂E/∂Y",
      );
    });
  });

  it("a linear layer is a product with a transpose, and a bias", () => {
    laws(["mn", "pn", "p"], ({ x, y: w, z: b }, { n }, bound) => {
      const bias = b as Tensor as Tensor<[number]>;
      const [X, W] = [x, w].map((a) => lifted(a) as Matrix2);
      const sizes = multiplied(X, transposed(W)).data
        .map((s, i) => s + Math.abs(b.data[i % b.data.length]));
      const product = matmul(x, transposed(w));
      assertClose(
        linear(x, w, bias).data,
        product.data.map((z, i) => z + b.data[i % b.data.length]),
        bound(2 * (n + 2), sizes),
        "Y",
      );
    });
  });

  it("the rows of a product are products of the rows, exactly, where all sums are exact", () => {
    check(chains(["mn", "np"], "integers"), ({ args: { x, y }, dims }) => {
      const { m, n, p } = dims;
      const z = matmul(x, y);
      for (let i = 0; i < m; i++) {
        const row: Matrix2 = {
          shape: [1, n],
          data: x.data.subarray(i * n, i * n + n),
        };
        assertSameNumbers(
          matmul(row, y).data,
          z.data.subarray(i * p, i * p + p),
          `row ${i}`,
        );
      }
    }, { runs: 400, toCode: code });
  });
});

describe("the kernels", () => {
  /** Operands as they stand or transposed, with a bias or without. */
  const operands = fc.record({
    dims: dimsUpTo(40),
    dtype: dtypes,
    content: fc.constantFrom("reals" as const, "specials" as const),
    salt: fc.nat(),
    gap: fc.nat(3),
    flipX: fc.boolean(),
    flipY: fc.boolean(),
    withBias: fc.boolean(),
  }).map(({ dims, dtype, content, salt, gap, ...choice }) => {
    const [m, n, p] = [dims.m, dims.n + 1, dims.p]; // Of nothing to sum, no kernel but naive() is asked.
    const { x, y, b } = place(
      {
        x: choice.flipX ? [n, m] : [m, n],
        y: choice.flipY ? [p, n] : [n, p],
        b: [p],
      },
      dtype,
      { kind: gap === 0 ? "alone" : "together", shared: false, gap },
      (tensor, i) => CONTENTS[content](hash(salt, tensor, i), dtype),
    );
    const [X, Y] = [matrix(x as Matrix2), matrix(y as Matrix2)];
    return {
      dtype,
      content,
      args: (choice.withBias ? { x, y, b } : { x, y }) as Args,
      x: choice.flipX ? transpose(X) : X,
      y: choice.flipY ? transpose(Y) : Y,
      bias: choice.withBias ? b.data : undefined,
    };
  });
  type Kernel = typeof naive;
  type Operands = { x: Matrix; y: Matrix; bias?: Data; dtype: DType };
  const computed = (kernel: Kernel, { x, y, bias, dtype }: Operands) => {
    const z = new ARRAYS[dtype](x.rows * y.cols).fill(NaN);
    kernel(x, y, z, bias);
    return z;
  };
  const code = ({ args }: { args: Args }) => toCode({ name: "matmul", args });

  it("blocked() has the bits of naive()", () => {
    check(operands, (case_) =>
      assertSameNumbers(
        computed(blocked, case_),
        computed(naive, case_),
        "blocked",
      ), { runs: 400, toCode: code });
  });

  it("simd() is naive() within k·ε", () => {
    check(
      operands.filter(({ content }) => content === "reals"),
      (case_) => {
        const { x, y, bias, dtype } = case_;
        const sizes = computed(naive, {
          dtype: "float64",
          x: { ...x, data: Float64Array.from(x.data, Math.abs) },
          y: { ...y, data: Float64Array.from(y.data, Math.abs) },
          bias: bias && Float64Array.from(bias, Math.abs),
        });
        // A rounding of each product, of each sum and of the bias; each of both.
        const k = 2 * (x.cols + 2) * 1.01;
        assertClose(
          computed(simd, case_),
          computed(naive, case_),
          (i) => k * UNIT[dtype] * sizes[i],
          "simd",
        );
      },
      { runs: 400, toCode: code },
    );
  });

  it("threaded() has the bits of simd()", async () => {
    await startThreads(2);
    try {
      check(operands, (case_) =>
        assertSameNumbers(
          computed(threaded, case_),
          computed(simd, case_),
          "threaded",
        ), { runs: 300, toCode: code });
    } finally {
      stopThreads();
    }
  });
});

describe("reshaping", () => {
  const vectors = fc.record({
    sides: fc.array(fc.nat(40), { maxLength: 4 })
      .filter((sides) => product(sides) <= 64_000),
    order: fc.nat(3),
    dtype: dtypes,
    salt: fc.nat(),
  }).map(({ sides, order, dtype, salt }) => {
    const { x } = place(
      { x: sides },
      dtype,
      { kind: "views", shared: false, gap: 1 },
      (tensor, i) => CONTENTS.reals(hash(salt, tensor, i)),
    );
    const reversed = sides.toReversed();
    const size = product(sides);
    const shape = [reversed, [size], [1, ...sides], [...sides, 1]][order];
    return { args: { x }, shape };
  });
  const code = ({ args }: { args: Args }) => toCode({ name: "sum", args });

  it("is undone by reshaping, and copies nothing", () => {
    check(vectors, ({ args: { x }, shape }) => {
      const y = reshape(x, shape);
      assertStrictEquals(y.data, x.data);
      assertSameBits(reshape(y, x.shape), x, "there and back");
    }, { runs: 300, toCode: code });
  });

  it("does not change a bit of a sum, nor of its gradient", () => {
    check(vectors, ({ args: { x }, shape }) => {
      const y = reshape(x, shape);
      assertSameBits(sum(y), sum(x), "sum");
      const dout = sum(x);
      assertSameBits(sumDx(y, dout), reshape(sumDx(x, dout), shape), "sumDx");
    }, { runs: 300, toCode: code });
  });

  it("commutes with a bias: slices of a batch, and axes that are merged", () => {
    const contract = CONTRACTS.find(({ f }) => f.name === "addBias")!;
    check(calls(contract, ["reals"]), ({ args, dims: { n, m, p } }) => {
      const [x, y] = [args.x, args.y] as [
        Tensor<[number, number, number]>,
        Tensor<[number]>,
      ];
      const z = addBias(x, y);
      for (let i = 0; i < n; i++) {
        const of = ({ data }: Tensor) => ({
          shape: [1, m, p] as [number, number, number],
          data: data.subarray(i * m * p, (i + 1) * m * p),
        });
        assertSameBits(addBias(of(x), y), of(z), `slice ${i}`);
      }
      // The rows of all slices as the rows of one, whose biases repeat.
      const rows = {
        shape: [n * m] as [number],
        data: y.data.constructor === Float32Array
          ? Float32Array.from({ length: n * m }, (_, j) => y.data[j % m])
          : Float64Array.from({ length: n * m }, (_, j) => y.data[j % m]),
      };
      assertSameBits(
        addBias(reshape(x, [1, n * m, p]), rows),
        reshape(z, [1, n * m, p]),
        "merged",
      );
    }, { runs: 400, toCode: callToCode });
  });
});

/** The largest and the smallest positive number of each element type. */
const RANGE: Record<DType, [number, number]> = {
  float32: [(2 - 2 ** -23) * 2 ** 127, 2 ** -149],
  float64: [Number.MAX_VALUE, Number.MIN_VALUE],
};

describe("special values", () => {
  for (const [module, json] of Object.entries(goldenFiles)) {
    const name = module.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
    const find = (name: string) => CONTRACTS.find(({ f }) => f.name === name)!;

    it(`${name}() gives zeros the signs that PyTorch gives them`, () => {
      for (const golden of decodeGoldens(json).special) {
        const { inputs, dout, output, gradients } = golden;
        const results = [
          [run(find(name), inputs), output],
          ...Object.entries(gradients).map(([wrt, gradient]) => [
            run(find(`${name}D${wrt}`), { ...inputs, dout }),
            gradient,
          ]),
        ];
        for (const [ours, theirs] of results) {
          const zeros = (x: Tensor) =>
            [...x.data].filter((_, i) => theirs.data[i] === 0);
          assertEquals(
            zeros(ours),
            zeros(theirs),
            `${golden.name}, ${golden.dtype}`,
          );
        }
      }
    });
  }

  for (const contract of CONTRACTS) {
    const { f, takes, gives, factors = [], terms = [] } = contract;
    if (!isLinear(contract)) continue;

    /** The terms that each element of the result sums, in float64. */
    const termsAt = (args: Args, dims: Dims): number[][] => {
      const value = (name: string, at: Dims) =>
        args[name].data[
          [...takes[name]].reduce((i, l) => i * dims[l] + at[l], 0)
        ];
      const walk = (over: string[], at: Dims, visit: (at: Dims) => void) => {
        const [first, ...rest] = over;
        if (first === undefined) return visit(at);
        for (let i = 0; i < dims[first]; i++) {
          walk(rest, { ...at, [first]: i }, visit);
        }
      };
      const all: number[][] = [];
      walk([...gives], {}, (to) => {
        const found: number[] = [];
        const of = (names: string[]) => {
          const over = [...new Set(names.flatMap((name) => [...takes[name]]))];
          walk(over.filter((l) => !gives.includes(l)), to, (at) => {
            found.push(product(names.map((name) => value(name, at))));
          });
        };
        if (factors.length > 0) of(factors);
        for (const name of terms) of([name]);
        all.push(found);
      });
      return all;
    };

    it(`${f.name}() has them where IEEE 754 says, whatever the order of its sums`, () => {
      check(calls(contract, ["specials"], 6), ({ args, dims, dtype }) => {
        const result = run(contract, args).data;
        for (const [i, found] of termsAt(args, dims).entries()) {
          const is = result[i];
          const what = `element ${i}, the sum of ${found.join(", ")}, is ${is}`;
          const has = (x: number) => found.includes(x);
          if (found.some(Number.isNaN) || has(Infinity) && has(-Infinity)) {
            assert(Number.isNaN(is), what);
            continue;
          }
          const ups = found.reduce((s, x) => s + Math.max(x, 0), 0);
          const downs = found.reduce((s, x) => s + Math.min(x, 0), 0);
          const [largest, smallest] = RANGE[dtype];
          // From half a unit above the largest number on, sums are infinite.
          const [over, under] = [ups, -downs].map((s) =>
            s > largest * (1 + UNIT[dtype])
          );
          if (
            over
              ? downs < 0 && (under || !has(Infinity))
              : under && ups > 0 && !has(-Infinity)
          ) {
            continue; // Partial sums overflow, or not: it depends on the order.
          }
          if (over || under) {
            assertEquals(is, over ? Infinity : -Infinity, what);
          } else {
            const error = (found.length + 2) *
              (UNIT[dtype] * (ups - downs) + smallest);
            assert(Math.abs(is - (ups + downs)) <= error, what);
          }
        }
      }, { runs: 400, toCode: callToCode });
    });
  }
});
