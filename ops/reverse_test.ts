// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as library from "../mod.ts";
import { arena } from "./arena.ts";
import { check } from "./core/testing/check.ts";
import { closed } from "./core/testing/closed.ts";
import { assertSameBits, LIBRARY } from "./core/testing/functions.ts";
import goldens from "./goldens/training.json" with { type: "json" };
import { randomFrom } from "./goldens/random.ts";
import { gradcheck } from "./gradcheck.ts";
import { type Choose, drawCall, hash, product } from "./core/testing/draw.ts";
import { fences } from "./core/testing/kernel.ts";
import { evaluate } from "./proof/language/evaluate.ts";
import type { Dim } from "./proof/language/expression.ts";
import { numbers } from "./proof/language/fields.ts";
import { parseFormula } from "./proof/language/parse.ts";
import { Sizes } from "./proof/sizes.ts";
import * as recorded from "./recorded.ts";
import {
  grad,
  type Pair,
  record,
  stopGradient,
  valueAndGrad,
} from "./reverse.ts";
import page from "./reverse.ts" with { type: "text" };
import {
  type Integers,
  ones,
  scalar,
  type Tensor,
  tensor,
  zeros,
} from "./tensor.ts";

type F64 = Float64Array<ArrayBuffer>;
type T64 = Tensor<readonly number[], F64>;

const { matmul, mul, sum } = recorded;

/** Dyadic numbers of [−2, 2), as training.py draws them. */
function draw(seed: number, shape: readonly number[], scale = 2): T64 {
  const random = randomFrom(seed);
  const data = Float64Array.from(
    { length: product(shape) },
    () => scale * (2 * ((random() >>> 8) / 2 ** 24) - 1),
  );
  return { shape, data };
}

function labels(seed: number, count: number, below: number) {
  const random = randomFrom(seed);
  return tensor(
    Int32Array.from(
      { length: count },
      () => Math.floor(random() * below / 2 ** 32),
    ),
  );
}

describe("the page of reverse mode", () => {
  const X = tensor([[1, 2, 3, -4], [5, -6, 7, 8]]);
  const Y = tensor([[2, -1, 0], [3, 5, -7], [-2, 4, 1], [9, 6, -3]]);
  const Z = library.matmul(X, Y), S = library.mul(Z, Z), E = library.sum(S);
  const [dx, dy] = grad((x: Tensor, y: Tensor) => {
    const z = matmul(x as typeof X, y as typeof Y);
    return sum(mul(z, z));
  })(X, Y);
  const [dz] = grad((z: Tensor) => sum(mul(z, z)))(Z);
  const [ds] = grad((s: Tensor) => sum(s))(S);
  // Any Jacobians, and what goes into them.
  const [P, Q] = [tensor([[2, 3], [5, 7], [-1, 4]]), tensor([[1, -6]])];
  const [A, B] = [tensor([3, 1, -2]), tensor([5])];
  const [V] = grad((v: Tensor<[2]>) => {
    const at = (m: Tensor, d: Tensor) => {
      const y = recorded.matmul(
        m as Tensor<[number, 2]>,
        recorded.reshape(v, [2, 1]),
      );
      return sum(mul(recorded.reshape(y, [-1]), d));
    };
    return recorded.add(at(P, A), at(Q, B));
  })(tensor([1, 1]));
  const tensors: Record<string, Tensor> = { X, Y, Z, S, E, P, Q };
  const partials: Record<string, Tensor> = {
    X: dx,
    Y: dy,
    Z: dz,
    S: ds,
    A,
    B,
    V,
  };
  const axes: Record<string, readonly Dim[]> = {
    ...{ X: ["m", "n"], Y: ["n", "p"], Z: ["m", "p"], S: ["m", "p"] },
    ...{ P: ["a", "c"], Q: ["b", "c"], V: ["c"], A: ["a"], B: ["b"], E: [] },
  };
  const sizes: [string, number][] = [
    ...[["m", 2], ["n", 4], ["p", 3], ["a", 3], ["b", 1], ["c", 2]] as const,
  ].map(([name, size]) => [name, size]);
  const value = ({ shape, data }: Tensor) => ({ shape, data: [...data] });
  const scope = {
    field: numbers,
    sizes: new Sizes(sizes),
    axes: (name: string) => axes[name] ?? [],
    symbol: (name: string) => value(tensors[name]),
    partial: (_: unknown, by: unknown) => value(partials[by as string]),
  };

  const formulas = fences(page);
  for (const tex of formulas) {
    it(`computes what it says: ${tex.replaceAll(/\s+/g, " ")}`, () => {
      const [said, ...rest] = parseFormula(tex);
      assertEquals(rest, []);
      assert(said.kind === "equation");
      const letters = [["i", "m"], ["j", "n"], ["k", "p"]];
      const inA = tex.includes("V_j") ? [["j", "c"]] : letters;
      const free = inA.filter(([index]) =>
        new RegExp(`_\\{?\\w*${index}`).test(tex.split("=")[0])
      );
      const places = free.reduce<[string, number][][]>(
        (all, [index, letter]) =>
          all.flatMap((place) =>
            Array.from(
              { length: sizes.find(([name]) => name === letter)![1] },
              (_, i): [string, number][] => [...place, [index, i + 1]],
            )
          ),
        [[]],
      );
      for (const place of places) {
        const [first, ...others] = said.sides.map((side) =>
          evaluate(side, scope as never, new Map(place)).data
        );
        for (const other of others) assertEquals(other, first);
      }
    });
  }

  it("has all steps of its example", () => assertEquals(formulas.length, 8));
});

type Any = (...args: unknown[]) => unknown;
const own = recorded as unknown as Record<string, Any>;
const plain = library as unknown as Record<string, Any>;

/** A loss whose gradient with respect to each result is the given one. */
function weighted(results: unknown, douts: unknown): Tensor<[]> {
  if (!("shape" in (results as object))) {
    return Object.entries(results as object).map(([key, y]) =>
      weighted(y, (douts as Record<string, unknown>)[key])
    ).reduce((a, b) => recorded.add(a, b) as Tensor<[]>);
  }
  return sum(mul(results as Tensor, douts as Tensor)) as Tensor<[]>;
}

const isFinite = ({ data }: Tensor) => data.every(Number.isFinite);

/** Gradients by reverse mode, and those of a call of `opD`. */
function assertSameAsByHand(
  name: string,
  inputs: unknown[],
  dout: unknown,
  options: object,
): void {
  const loss = (...inputs: unknown[]) =>
    weighted(own[name](...inputs, options), dout);
  const byHand = plain[`${name}D`](...inputs, dout, options) as object;
  const numbers = Object.values(byHand).flat() as Tensor[];
  // A loss of NaN is refused: see below.
  const result = plain[name](...inputs, options) as object;
  const results = "shape" in result ? [result] : Object.values(result);
  if (![...numbers, ...results as Tensor[]].every(isFinite)) return;
  const found = valueAndGrad(loss as never)(...inputs as never[]).grads;
  const both = (x: unknown): Tensor[] => [x].flat().filter((x) => x) as never;
  const named = (x: Tensor[]) => Object.fromEntries(x.entries()) as never;
  assertSameBits(
    named(both((found as unknown[]).flat())),
    named(numbers),
    name,
  );
}

describe("the recorded operations", () => {
  it("are all that have a gradient", () => {
    const names = Object.keys(library)
      .filter((name) => Object.hasOwn(library, `${name}D`));
    assertEquals(Object.keys(recorded).toSorted(), names.toSorted());
  });

  it("are the operations, for tensors that are not differentiated", () => {
    assertEquals(
      recorded.softmax(tensor([1, 2])),
      library.softmax(tensor([1, 2])),
    );
    const z = zeros([2]);
    assert(recorded.exp(tensor([1, 2]), { out: z }) === z);
  });

  for (const { kind, name, signature } of LIBRARY) {
    if (kind !== "all") continue;
    const { name: op, spec } = signature;
    it(`give the bits of ${name}`, () => {
      check(
        (choose) =>
          drawCall(signature, choose, { contents: ["integers"], nulls: true }),
        ({ inputs, douts, shapes }) => {
          const single = Object.keys(spec.outputs).length === 1;
          const dout = single ? Object.values(douts)[0] : douts;
          const declared = Object.entries(spec.inputs);
          const isOption = (name: string) =>
            declared.some(([key, input]) =>
              key === name && typeof input !== "string" && input.option
            );
          const given = Object.entries(inputs);
          const masks = given.filter(([key, x]) => isOption(key) && x !== null);
          const options = {
            ...shapes.options,
            ...Object.fromEntries(masks),
          };
          const args = given.filter(([key]) => !isOption(key));
          assertSameAsByHand(op, args.map(([, x]) => x), dout, options);
        },
        { runs: 4, toCode: ({ inputs }) => JSON.stringify(inputs) },
      );
    });
  }

  it("give the bits of those that take lists", () => {
    const x = tensor([[1, 2, 3], [4, 5, 6]]), y = tensor([[7, 8, 9]]);
    const d = (...shape: number[]): Tensor => {
      const data = Float32Array.from(
        { length: product(shape) },
        (_, i) => hash(1, 2, i) % 9 - 4,
      );
      return { shape, data };
    };
    assertSameAsByHand("concat", [[x, y]], d(3, 3), { axis: 0 });
    const sizes = { sizes: [1, 2], axis: 1 };
    assertSameAsByHand("split", [x], [d(2, 1), d(2, 2)], sizes);
    assertSameAsByHand("slice", [x], d(1, 2), { start: [1, 0], end: [2, 2] });
    const sides = { before: [1, 0], after: [0, 2] };
    assertSameAsByHand("pad", [x], d(3, 5), sides);
    assertSameAsByHand("transpose", [x], d(3, 2), { axes: [1, 0] });
    const reshaped = grad((x: Tensor) =>
      weighted(recorded.reshape(x, [3, -1]), d(3, 2))
    );
    assertEquals(reshaped(x)[0].data, d(6).data);
    const repeated = grad((y: Tensor) =>
      weighted(recorded.broadcastTo(y, [2, 3]), x)
    );
    assertEquals(repeated(y)[0], tensor([[5, 7, 9]]));
  });

  it("give a gradient to those tensors of a list that are asked for", () => {
    const constant = tensor([5, 6]);
    const [dx] = grad((x: Tensor<[1]>) => {
      const z = recorded.concat([constant, x] as never) as Tensor<[3]>;
      return sum(mul(z, tensor([1, 2, 3])));
    })(tensor([7]));
    assertEquals(dx, tensor([3]));
  });
});

// --- Random programs ---------------------------------------------------------

/** Operations on matrices of 3×3 that keep them, and keep their numbers small. */
const MENU: Record<string, (x: T64, y: T64) => unknown> = {
  tanh: (x) => recorded.tanh(x),
  add: (x, y) => recorded.add(x, y),
  sub: (x, y) => recorded.sub(x, y),
  mul: (x, y) => recorded.tanh(recorded.mul(x, y)),
  matmul: (x, y) => recorded.tanh(recorded.matmul(x as never, y as never)),
  sigmoid: (x) => recorded.sigmoid(x),
  softmax: (x) => recorded.softmax(x, { axis: 0 }),
  softplus: (x) => recorded.softplus(x, { beta: 2 }),
  gelu: (x) => recorded.gelu(x),
  silu: (x) => recorded.silu(x),
  transpose: (x) => recorded.transpose(x, { axes: [1, 0] } as never),
  linear: (x, y) =>
    recorded.tanh(recorded.linear(x as never, y as never, null)),
  layerNorm: (x, y) => {
    const row = recorded.sum(y, { axes: [0] });
    return recorded.layerNorm(x as never, row as never, row as never, {
      eps: 1,
    });
  },
  mean: (x, y) =>
    recorded.add(y, recorded.mean(x, { axes: [1], keepDims: true }) as never),
  split: (x, y) => {
    const [a, b] = recorded.split(x, { sizes: [1, 2], axis: 1 } as never);
    const [c] = recorded.split(y, { sizes: [2, 1], axis: 1 } as never);
    return recorded.concat([c, recorded.add(a, recorded.mean(b))] as never, {
      axis: 1,
    });
  },
  logSoftmax: (x) => recorded.tanh(recorded.logSoftmax(x)),
  cumsum: (x) => recorded.tanh(recorded.cumsum(x, { axis: 0 })),
  reshape: (x) => recorded.reshape(recorded.reshape(x, [-1]), [3, 3]),
  exp: (x) => recorded.exp(recorded.tanh(x)),
  gather: (x) =>
    recorded.gather(
      x as never,
      tensor([[2, 0, 2]], { dtype: "int32" }) as never,
      { axis: 0 },
    ),
};

/** A call of the menu: its name, and which earlier matrices it takes. */
type Call = readonly [name: string, x: number, y: number];

function drawProgram(choose: Choose): Call[] {
  const names = Object.keys(MENU).filter((name) => name !== "gather");
  const count = 1 + choose(20);
  return Array.from({ length: count }, (_, at) => [
    names[choose(names.length)],
    // Mostly what was made last, so that programs are deep.
    at + 2 - choose(Math.min(3, at + 2)) - 1,
    choose(at + 2),
  ]);
}

function run(program: readonly Call[], x: T64, y: T64): Tensor<[], F64> {
  const made = [x, y];
  for (const [name, x, y] of program) {
    made.push(MENU[name](made[x], made[y]) as T64);
  }
  // The last two, so that some of what is made is for nothing, and some not.
  return recorded.sum(recorded.add(made.at(-1)!, made.at(-2)!)) as never;
}

describe("grad() of random programs", () => {
  it("agrees with gradcheck", () => {
    check(
      (choose) => ({ program: drawProgram(choose), salt: 1 + choose(999) }),
      ({ program, salt }) => {
        const f = (x: T64, y: T64) => run(program, x, y);
        const fD = (x: T64, y: T64, dout: Tensor<[], F64>) => {
          const [dx, dy] = grad((x: T64, y: T64) =>
            recorded.mul(f(x, y), dout)
          )(
            x,
            y,
          );
          return { x: dx, y: dy };
        };
        const report = (gradcheck as Any)(f, fD, [
          draw(salt, [3, 3]),
          draw(salt + 1, [3, 3]),
        ]) as { verdict: string; message: string };
        assert(report.verdict !== "wrong", report.message);
        assert(
          report.verdict === "right" || program.length > 8,
          report.message,
        );
      },
      { runs: 25, toCode: ({ program }) => JSON.stringify(program) },
    );
  });
});

// --- PyTorch -----------------------------------------------------------------

const ints = (data: Tensor<[number], Integers>) => data;

/** The programs of training.py. */
const PROGRAMS: Record<string, (...inputs: never[]) => unknown> = {
  notebook: (x: Tensor<[4, 6]>, y: Tensor<[6, 9]>) => {
    const z = matmul(x, y);
    return sum(mul(z, z));
  },
  perceptron: (
    x: Tensor<[5, 7]>,
    w: Tensor<[6, 7]>,
    b: Tensor<[6]>,
    v: Tensor<[3, 6]>,
    c: Tensor<[3]>,
  ) =>
    recorded.crossEntropy(
      recorded.linear(recorded.relu(recorded.linear(x, w, b)), v, c),
      ints(labels(99, 5, 3)),
    ),
  convolution: (
    x: Tensor<[3, 2, 6, 6]>,
    w: Tensor<[4, 2, 3, 3]>,
    b: Tensor<[4]>,
    gamma: Tensor<[4]>,
    beta: Tensor<[4]>,
    v: Tensor<[3, 16]>,
  ) => {
    const h = recorded.batchNorm(recorded.conv2d(x, w, b), gamma, beta);
    const pooled = recorded.maxPool2d(recorded.relu(h), { size: 2 });
    const rows = recorded.reshape(pooled, [3, 16]);
    return recorded.crossEntropy(
      recorded.linear(rows, v, null),
      ints(labels(98, 3, 3)),
    );
  },
  transformer: (
    x: Tensor<[2, 5, 4]>,
    w: Tensor<[4, 12]>,
    gamma: Tensor<[4]>,
    beta: Tensor<[4]>,
    v: Tensor<[4, 4]>,
  ) => {
    const a = recorded.layerNorm(x, gamma, beta);
    const [q, k, z] = recorded.split(recorded.batchMatmul(a, w), {
      sizes: [4, 4, 4],
      axis: -1,
    }) as unknown as [typeof x, typeof x, typeof x];
    const y = recorded.add(x, recorded.attention(q, k, z, { causal: true }));
    const u = recorded.gelu(recorded.batchMatmul(y, v));
    return recorded.mean(recorded.add(y, u));
  },
  lstm: (
    x: Tensor<[3, 4]>,
    h: Tensor<[3, 2]>,
    c: Tensor<[3, 2]>,
    w: Tensor<[8, 4]>,
    u: Tensor<[8, 2]>,
    b: Tensor<[8]>,
    target: Tensor<[3, 2]>,
  ) => {
    let state = { h, c };
    for (let i = 0; i < 3; i++) {
      state = recorded.lstmCell(x, state.h, state.c, w, u, b) as typeof state;
    }
    return recorded.mse(state.h, target);
  },
  structure: (
    x: Tensor<[3, 4]>,
    y: Tensor<[2, 4]>,
    w: Tensor<[6, 3]>,
  ) => {
    const { data } = labels(97, 20, 2);
    const mask = { shape: [4, 5] as const, data };
    const both = recorded.transpose(recorded.concat([x, y] as never));
    const rows = recorded.embedding(
      w,
      tensor([4, 0, 4, 1], { dtype: "int32" }),
    );
    const column = recorded.matmul(
      rows,
      recorded.sum(x, { axes: [1], keepDims: true }),
    );
    const z = recorded.where(
      mask,
      both as never,
      recorded.broadcastTo(column, [4, 5]),
    );
    return recorded.logSumExp(recorded.reshape(z, [-1]));
  },
};

describe("valueAndGrad() of programs that PyTorch has computed, too", () => {
  it("knows them all", () => {
    assertEquals(
      goldens.programs.map(({ name }) => name),
      Object.keys(PROGRAMS),
    );
  });

  for (const { name, inputs, loss, grads } of goldens.programs) {
    for (const [dtype, bound] of [["float64", 1e-13], ["float32", 1e-5]]) {
      it(`${name}, in ${dtype}`, () => {
        const given = Object.values(inputs).map((shape, i) => {
          const { data } = draw(i + 1, shape as number[]);
          return {
            shape,
            data: dtype === "float64" ? data : Float32Array.from(data),
          };
        });
        const found = valueAndGrad(PROGRAMS[name] as never)(
          ...given as never[],
        );
        assertNear(found.value.data, [loss], bound as number);
        const gradients = found.grads as unknown as Tensor[];
        assertEquals(
          gradients.map(({ shape }) => shape),
          given.map(({ shape }) => shape) as never,
        );
        // Together, as one of a bias before batch norm is 0.
        assertNear(
          gradients.flatMap(({ data }) => [...data]),
          Object.values(grads).flat(),
          bound as number,
        );
      });
    }
  }
});

/** Fails where numbers differ by more than a part of the largest. */
function assertNear(
  actual: ArrayLike<number>,
  expected: readonly number[],
  bound: number,
): void {
  assertEquals(actual.length, expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  expected.forEach((value, i) => {
    const error = Math.abs(actual[i] - value) / largest;
    assert(error <= bound, `[${i}]: ${actual[i]}, not ${value}: ${error}`);
  });
}

// --- What is promised --------------------------------------------------------

/** A pair that says what it is asked for. */
function spy(results: Partial<Record<"x" | "y", unknown>> = {}) {
  const asked: unknown[] = [];
  const spied = record({
    op: (x: Tensor, _y: Tensor, _options?: { scale: number }): Tensor => x,
    opD: (x: Tensor, y: Tensor, dout: Tensor, options: object) => {
      asked.push([x, y, dout, options]);
      return { x: dout, y: dout, ...results };
    },
    inputs: ["x", "y"],
    name: "spied",
  });
  return { spied, asked };
}

describe("valueAndGrad()", () => {
  const x = tensor([1, 2, 3]), y = tensor([4, 5, 6]);

  it("asks for what is needed, with the tensors and options of the call", () => {
    const { spied, asked } = spy();
    const f = (x: Tensor, y: Tensor) => sum(spied(x, y, { scale: 3 }));
    const [dy] = grad(f, { wrt: [1] })(x, y);
    assertEquals(dy, ones([3]));
    assertEquals(asked, [[x, y, ones([3]), { scale: 3, wrt: ["y"] }]]);
  });

  it("goes once over each step, and over none that the loss has not", () => {
    const { spied, asked } = spy();
    const [dx] = grad((x: Tensor) => {
      let z = x;
      for (let i = 0; i < 30; i++) z = spied(recorded.add(z, z), y);
      spied(z, y); // Of no use.
      return sum(z);
    })(x);
    assertEquals(asked.length, 30);
    assertEquals(dx, tensor([2 ** 30, 2 ** 30, 2 ** 30]));
  });

  it("takes records and lists, and gives gradients as these are", () => {
    const params = {
      layers: [
        { w: tensor([[2, 3]]) as Tensor, b: null },
        { w: tensor([[5]]) as Tensor, b: x },
      ],
      count: 7,
      labels: tensor([1], { dtype: "uint8" }),
      name: undefined,
    };
    const f = ({ layers: [a, b] }: typeof params) =>
      recorded.add(
        sum(mul(a.w, a.w)),
        sum(mul(b.b!, recorded.broadcastTo(recorded.reshape(b.w, [1]), [3]))),
      );
    const { value, grads: [found] } = valueAndGrad(f)(params);
    assertEquals(value, scalar(43));
    const none = undefined;
    assertEquals(found, {
      layers: [{ w: tensor([[4, 6]]), b: none }, {
        w: tensor([[6]]),
        b: tensor([5, 5, 5]),
      }],
      count: none,
      labels: none,
      name: none,
    } as never);
  });

  it("gives the gradients that are asked for, in their order", () => {
    const f = (x: Tensor, y: Tensor, z: Tensor) => sum(mul(mul(x, y), z));
    const found = grad(f, { wrt: [2, 0] })(x, y, ones([3]));
    assertEquals(found, [tensor([4, 10, 18]), y]);
  });

  it("gives 0 where the loss does not depend on an input", () => {
    const found = grad((x: Tensor, _y: Tensor) => sum(x))(x, y);
    assertEquals(found, [ones([3]), zeros([3])]);
  });

  it("gives 0 for an output that the loss does not depend on", () => {
    const split = (x: Tensor<[3]>) =>
      recorded.split(x, { sizes: [1, 2], axis: 0 });
    const found = grad((x: Tensor<[3]>) => sum(split(x)[1]))(x as never);
    assertEquals(found, [tensor([0, 1, 1])] as never);
  });

  it("keeps apart what one of two calls of a function has done", () => {
    const both = valueAndGrad((x: Tensor) => sum(mul(x, x)));
    assertEquals(both(x), both(x));
  });

  it("may be called in a function that is differentiated", () => {
    const inner = (x: Tensor) => grad((x: Tensor) => sum(mul(x, x)))(x)[0];
    const f = (x: Tensor) => sum(mul(x, inner(stopGradient(x))));
    assertEquals(grad(f)(x), [tensor([2, 4, 6])]);
  });

  it("gives gradients that share no memory, and writes to none that it got", () => {
    const { spied } = spy();
    const [dx, dy] = grad((x: Tensor, y: Tensor) => sum(spied(x, y)))(x, y);
    assertEquals([dx, dy], [ones([3]), ones([3])]);
    assert(dx.data.buffer !== dy.data.buffer);
    // The gradient of ½ x² is x itself, in whose place nothing must be written.
    const half = record({
      op: (x: Tensor) => x,
      opD: (x: Tensor, _dout: Tensor) => ({ x }),
      inputs: ["x"],
    });
    const z = tensor([1, 2]);
    const [dz] = grad((z: Tensor) => sum(half(z)))(z);
    assertEquals(dz, z);
    assert(dz.data.buffer !== z.data.buffer);
    const twice = grad((z: Tensor) =>
      sum(recorded.add(half(z), recorded.add(half(z), half(z))))
    );
    assertEquals(twice(z), [tensor([3, 6])]);
    assertEquals(z, tensor([1, 2]));
  });

  it("looks at no property of an array", () => {
    const half = record({
      op: closed<Tensor>,
      opD: (_: Tensor, dout: Tensor) => ({ x: closed(dout) }),
      inputs: ["x"],
    });
    const f = (x: Tensor) => sum(recorded.add(half(x), half(x)));
    assertEquals(grad(f)(closed(x)), [tensor([2, 2, 2])]);
    const root = (x: Tensor) => sum(recorded.sqrt(half(x)));
    assertThrows(
      () => grad(root)(closed(tensor([-1]))),
      RangeError,
      "NaN first appears in the result of sqrt",
    );
  });

  it("keeps all it makes in an arena, each gradient apart", () => {
    const { spied } = spy(); // Its gradients are `dout`, both of them.
    const f = (a: Tensor, b: Tensor, _c: Tensor) =>
      sum(recorded.add(mul(spied(a, b), a), mul(spied(a, b), b)));
    const [a, b, c] = [tensor([1, 2, 3]), tensor([4, 5, 6]), ones([3])];
    const expected = valueAndGrad(f)(a, b, c);
    const used = arena(() => {
      const memory = zeros([1]).data.buffer;
      const { value, grads } = valueAndGrad(f)(a, b, c);
      assertEquals({ value, grads }, expected);
      // The last does not act on the loss.
      assertEquals(grads[2], zeros([3]));
      const places = grads.map(({ data }) => data.byteOffset);
      assertEquals(new Set(places).size, 3);
      assert(grads.every(({ data }) => data.buffer === memory));
      // Inputs that live there are not given out as gradients.
      const x = tensor([1, 2]), same = ones([2]);
      const half = record({
        op: (x: Tensor) => x,
        opD: () => ({ x }),
        inputs: ["x"],
      });
      const [dx] = grad((x: Tensor) => sum(half(x)))(x);
      assertEquals(dx, tensor([1, 2]));
      assert(dx.data.byteOffset !== x.data.byteOffset);
      assertEquals(same, ones([2]));
      return memory;
    });
    assert(used !== expected.grads[0].data.buffer);
  });

  it("leaves out what has no gradient", () => {
    const first = record({
      op: (x: Tensor) => library.argmax(x, { axis: 0 }),
      inputs: ["x"],
    });
    const f = (x: Tensor<[3]>) =>
      sum(
        recorded.gather(x, recorded.reshape(first(x), [1]) as never, {
          axis: 0,
        }),
      );
    assertEquals(grad(f)(x as never), [tensor([0, 0, 1])] as never);
    const mixed = record({
      op: (x: Tensor) => ({ x, at: library.argmax(x, { axis: 0 }) }),
      opD: (_: Tensor, dout: { x: Tensor; at: undefined }) => ({ x: dout.x }),
      inputs: ["x"],
    });
    const g = (x: Tensor) => {
      const { x: y, at } = mixed(x);
      assertEquals(at.data[0], 2);
      return sum(y);
    };
    assertEquals(grad(g)(x), [ones([3])]);
  });

  it("throws what the function throws, and is ready for the next call", () => {
    let kept: Tensor | undefined;
    const f = valueAndGrad((x: Tensor) => {
      kept = x;
      throw new SyntaxError("mine");
    });
    assertThrows(() => f(x), SyntaxError, "mine");
    assertThrows(
      () => recorded.exp(kept!),
      TypeError,
      "Cannot record exp as argument 1 must belong to the call that runs: it is left from one that is over",
    );
  });

  // deno-fmt-ignore
  const REFUSED: [string, () => unknown, typeof TypeError | typeof RangeError, string][] = [
    ["f is not a function", () => grad(7 as never), TypeError, "Cannot differentiate as f must be a function: it is 7"],
    ["wrt is not a list", () => grad(() => scalar(1), { wrt: 0 as never }), TypeError, "Cannot differentiate as wrt must be an array of places, from 0 on, each once: it is 0"],
    ["the options are none", () => grad(() => scalar(1), 3 as never), TypeError, "Cannot differentiate as the options must be an object such as { wrt }: it is 3"],
    ["an option is unknown", () => grad(() => scalar(1), { wtr: [0] } as never), TypeError, "Cannot differentiate as the options"],
    ["wrt has a place twice", () => grad(() => scalar(1), { wrt: [0, 0] }), TypeError, "Cannot differentiate as wrt must be an array of places, from 0 on, each once: it is"],
    ["wrt has no places", () => grad(() => scalar(1), { wrt: [-1] }), TypeError, "Cannot differentiate as wrt must be an array of places, from 0 on"],
    ["the loss is no scalar", () => grad((x: Tensor) => mul(x, x) as never)(x), TypeError, "Cannot differentiate as the function must return a scalar that it has computed: it is [3]"],
    ["the loss is no tensor", () => grad(() => 7 as never)(), TypeError, "must return a scalar that it has computed: it is 7"],
    ["the loss is an argument", () => grad((x: Tensor<[]>) => x)(scalar(1)), TypeError, "must return a scalar that it has computed: it is an argument of the function, as it was given"],
    ["the loss depends on nothing", () => grad((_: Tensor) => scalar(1))(x), TypeError, "must return a scalar that it has computed: it depends on no argument by functions that record has made"],
    ["an operation is not recorded", () => grad((x: Tensor) => sum(library.exp(x)))(x), TypeError, "Cannot compute exp as x must be readable: reading it throws"],
    ["numbers are read", () => grad((x: Tensor) => scalar(x.data[0]))(x), TypeError, "Cannot read the numbers of a tensor that is recorded as they would have no gradient: call a function made by record, or read those of stopGradient(x)"],
    ["out is given", () => grad((x: Tensor) => sum(recorded.exp(x, { out: zeros([3]) })))(x), TypeError, "Cannot record exp as its result must stay as it is until the gradients are computed: options.out is given"],
    ["an option is recorded", () => grad((mask: Tensor<[1, 1]>) => sum(recorded.attention(ones([1, 1]), ones([1, 1]), ones([1, 1]), { mask })))(zeros([1, 1])), TypeError, "Cannot record attention as the options.mask must be a constant there: give stopGradient of it"],
    ["an argument holds what cannot be looked into", () => grad((_: unknown) => scalar(1))([new Map()]), TypeError, "Cannot differentiate as argument 1[0] must be a tensor, a list or a plain record of them, or a constant: it is"],
    ["an argument is no whole tensor", () => grad((_: unknown) => scalar(1))({ a: { shape: [2], data: [1] } }), TypeError, "Cannot differentiate as the data of argument 1.a must be a typed array"],
    ["a result is no whole tensor", () => grad((x: Tensor) => record({ op: (_: Tensor) => ({ shape: [2], data: 7 as never }), opD: () => ({}), inputs: ["x"], name: "odd" })(x) as never)(x), TypeError, "Cannot record odd as the data of the result must be a typed array"],
    ["gradients of gradients are asked for", () => grad((x: Tensor) => sum(grad((x: Tensor) => sum(mul(x, x)))(x)[0]))(x), TypeError, "Cannot differentiate as argument 1 must be a plain tensor: it is recorded by another call, and gradients of gradients are not computed"],
    ["a tensor is of an outer call", () => grad((x: Tensor) => (grad((y: Tensor) => sum(mul(y, x)))(y), sum(x)))(x), TypeError, "Cannot record mul as argument 2 must belong to one call: it is of another one than those before it"],
    ["a loss is of an outer call", () => grad((x: Tensor) => { const z = sum(x); return grad(() => z)() as never; })(x), TypeError, "must return a scalar that it has computed: it is of another call"],
    ["a gradient is missing", () => grad((x: Tensor) => sum(spy({ x: undefined }).spied(x, y)))(x), TypeError, "Cannot differentiate as the gradient of spied with respect to x must be a tensor { shape, data }: it is undefined"],
    ["there are no gradients", () => grad((x: Tensor) => sum(record({ op: (x: Tensor) => x, opD: () => undefined as never, inputs: ["x"], name: "odd" })(x)))(x), TypeError, "Cannot differentiate as the gradient of odd with respect to x must be a tensor"],
    ["a gradient has another shape", () => grad((x: Tensor) => sum(spy({ x: ones([2]) }).spied(x, y)))(x), TypeError, "the gradient of spied with respect to x"],
    ["a gradient is of another element type", () => grad((x: Tensor) => sum(spy({ x: zeros([3], { dtype: "float64" }) }).spied(x, y)))(x), TypeError, "Cannot differentiate as the input and the gradient of spied with respect to x must have the same element type"],
    ["a result is NaN", () => grad((x: Tensor) => sum(recorded.log(recorded.sub(x, ones([3])))))(tensor([1, 0, 3])), RangeError, "Cannot differentiate as the loss and its gradients must be numbers: NaN first appears in the result of log, of call 2 of 3"],
    ["an input is NaN", () => grad((x: Tensor) => sum(mul(x, x)))(tensor([1, NaN])), RangeError, "NaN first appears in an input of mul, of call 1 of 2"],
    ["a gradient is NaN", () => grad((x: Tensor) => sum(mul(recorded.sqrt(x), zeros([1]))))(tensor([0])), RangeError, "NaN first appears in the gradient of sqrt with respect to x, of call 1 of 3"],
    ["a sum of gradients is NaN", () => grad((x: Tensor) => sum(recorded.sub(recorded.sqrt(x), recorded.sqrt(x))))(tensor([0])), RangeError, "NaN first appears in the gradient of sqrt with respect to x, of call 1 of 4"],
    ["op is not a function", () => record({ op: 7 as never, inputs: [] }), TypeError, "Cannot record as op must be a function: it is 7"],
    ["opD is not a function", () => record({ op: () => x, opD: "x" as never, inputs: [] }), TypeError, "Cannot record as opD must be a function: it is"],
    ["inputs are no names", () => record({ op: () => x, inputs: [7] as never }), TypeError, "Cannot record as inputs must be an array of names: it is"],
    ["inputs are no list", () => record({ op: () => x, inputs: "xy" as never }), TypeError, "Cannot record as inputs must be an array of names: it is"],
  ];
  for (const [what, call, kind, message] of REFUSED) {
    it(`says that ${what}`, () => {
      const error = assertThrows(call, kind, message);
      assertEquals(error.constructor, kind);
    });
  }
});

describe("record()", () => {
  it("calls an operation by its own name, where none is given", () => {
    const mine = record({
      op: function mine(x: Tensor): Tensor {
        return x;
      },
      opD: () => ({}),
      inputs: ["x"],
    } as Pair<(x: Tensor) => Tensor>);
    assertThrows(
      () => grad((x: Tensor) => sum(mine(x)))(ones([2])),
      TypeError,
      "the gradient of mine with respect to x",
    );
  });
});

describe("stopGradient()", () => {
  it("gives the numbers, and is the same outside", () => {
    const x = { a: [tensor([1, 2])] };
    assertEquals(stopGradient(x), x);
    let seen: unknown;
    grad((x: Tensor) => {
      seen = stopGradient(x).data;
      return sum(x);
    })(x.a[0]);
    assert(seen === x.a[0].data);
  });
});
