// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as library from "../mod.ts";
import { gradcheck } from "../ops/gradcheck.ts";
import { Chain } from "./browser/live/chain.ts";
import { program } from "./browser/live/code.ts";
import { check, compute, fitting } from "./browser/live/compute.ts";
import { whyNotFinite } from "./browser/live/finite.ts";
import { decode, encode } from "./browser/live/link.ts";
import { mistakesOf } from "./browser/live/mistakes.ts";
import {
  brief,
  describeSpecials,
  exact,
  readNumber,
  spoken,
} from "./browser/live/numbers.ts";
import {
  findOp,
  givenShapes,
  type Op,
  rangeOf,
  sizesFor,
  targetsOf,
  type Tensor,
} from "./browser/live/op.ts";
import {
  change,
  givenTensors,
  indexOf,
  initialState,
  type State,
} from "./browser/live/state.ts";
import { Reach } from "./browser/live/reach.ts";
import { explain, sources, write } from "./browser/live/terms.ts";
import { markedOf } from "./literate/axes.ts";
import { liveSection, panelData } from "./live.ts";
import { readOps } from "./ops.ts";

const all = await readOps();

/** The panels of the operations, from what a page has of them: JSON. */
const ops: Record<string, Op> = Object.fromEntries(
  all.map((op) => [
    op.name,
    findOp(JSON.parse(JSON.stringify(panelData(op, "@adjoint/ops")))),
  ]),
);

const { matmul, linear, addBias, sum, relu, sigmoid, softplus, softmax } = ops;
const { layerNorm, crossEntropy, mae, concat, split, argmax, oneHot } = ops;
const { slice, broadcastTo } = ops;

/** One of each kind: products, an axis, labels and an option, definitions, lists. */
const SOME = {
  matmul,
  addBias,
  softmax,
  softplus,
  crossEntropy,
  layerNorm,
  concat,
  split,
  slice,
  broadcastTo,
};

const state = (op: Op, change: Partial<State> = {}): State => ({
  ...initialState(op),
  ...change,
});

const numbersUpTo = (n: number) => Array.from({ length: n }, (_, i) => i);

/** Every way to break a gradient of an op. */
const brokenOf = (op: Op) =>
  op.floats.flatMap((_, gradient) =>
    mistakesOf(op, gradient).map(({ name }) => ({ gradient, mistake: name }))
  );

const WRITER = {
  constant: String,
  element: ({ name, at }: { name: string; at: number[] }) =>
    `${name}_${at.join("")}`,
  times: " ",
};

/** What an element of a target is computed from, in the first state of an op. */
function explained(
  op: Op,
  target: number,
  at: number[],
  change: Partial<State> = {},
) {
  const s = state(op, change);
  return explain(op, s, compute(op, s), targetsOf(op)[target], at).term;
}

describe("readNumber()", () => {
  it("reads decimals, and the words for what is not finite", () => {
    const texts = {
      " 2 ": 2,
      "-0.5": -0.5,
      "−.5": -0.5,
      "1e-3": 1e-3,
      "+7.": 7,
      "NaN": NaN,
      "-inf": -Infinity,
      "∞": Infinity,
      "-0": -0,
    };
    for (const [text, value] of Object.entries(texts)) {
      assertEquals(readNumber(text, "float64"), value, text);
    }
  });

  it("reads nothing else, and no number that becomes infinite by itself", () => {
    for (const text of ["", " ", "abc", "1,5", "0x10", "1e", "1e400", "--1"]) {
      assertEquals(readNumber(text, "float64"), undefined, text);
    }
    assertEquals(readNumber("1e39", "float64"), 1e39);
    assertEquals(readNumber("1e39", "float32"), undefined);
  });
});

describe("exact(), brief(), spoken()", () => {
  it("write a float32 with as few digits as say which one it is", () => {
    for (const value of [0.1, 1 / 3, 16777217, -1e-40, 3.4e38, 0]) {
      const rounded = Math.fround(value);
      const text = exact(rounded, "float32");
      assert(Object.is(Math.fround(Number(text)), rounded), text);
      assert(text.length <= String(rounded).length);
    }
    assertEquals(exact(Math.fround(0.1), "float32"), "0.1");
    assertEquals(exact(Math.fround(0.1), "float64"), "0.10000000149011612");
  });

  it("name what is not finite, and keep the sign of zero", () => {
    assertEquals([NaN, Infinity, -Infinity, -0].map((x) => brief(x)), [
      "NaN",
      "∞",
      "−∞",
      "−0",
    ]);
    assertEquals(spoken(NaN), "NaN, not a number");
    assertEquals(spoken(-0.5), "−0.5");
    assertEquals(
      describeSpecials([1, NaN, -Infinity, NaN]),
      "2 × NaN, 1 × −∞",
    );
    assertEquals(describeSpecials([1, -2]), "");
  });

  it("write at most eight characters in a cell", () => {
    for (const x of [-123456.7, -1.2345e-7, -1.2345e30, 1e-300, -0.00012345]) {
      assert(brief(x).length <= 10, brief(x));
    }
  });
});

describe("panelData()", () => {
  it("reads the letters, in the order of the page", () => {
    assertEquals(matmul.data.dims, ["m", "n", "p"]);
    assertEquals(addBias.data.dims, ["n", "m", "p"]);
    assertEquals(linear.data.dims, ["N", "p", "k"]);
    assertEquals(Object.keys(matmul.data.symbols), [
      "X",
      "∂E/∂X",
      "Y",
      "∂E/∂Y",
      "Z",
      "∂E/∂Z",
      "m",
      "n",
      "p",
    ]);
  });

  it("puts an axis where the page has its letter", () => {
    assertEquals(softmax.data.fixed, { axis: 1 });
    assertEquals(sum.data.fixed, { axes: [1] });
    assertEquals(softmax.data.options, []);
  });

  it("has the options, and labels that the page counts from 1", () => {
    const { inputs, options, optionSymbols } = crossEntropy.data;
    assertEquals(crossEntropy.floats, [0]);
    assertEquals(inputs.map(({ shift }) => shift), [0, 1]);
    assertEquals(options, [
      { name: "ignore", default: -100, isSaid: false, isWhole: true },
    ]);
    assertEquals(optionSymbols, [
      { name: "ignore", symbol: "g", isWhole: true, shift: 1 },
    ]);
    assertEquals(rangeOf(crossEntropy, 1, initialState(crossEntropy)), [0, 3]);
  });

  it("has what formulas are made of, and what people forget in them", () => {
    assert("\\hat{X}" in layerNorm.data.formulas);
    assert("∂E/∂\\hat{X}" in layerNorm.data.formulas);
    assertEquals(layerNorm.data.formulas["\\mu"].shape, ["n"]);
    assertEquals(matmul.data.forgettable, [
      { product: [2, 1], sums: [["k", 0, 1]] },
      { product: [0, 2], sums: [["i", 0, 0]] },
    ]);
    // The sum of softmax is not all of its gradient.
    assertEquals(softmax.data.forgettable[0].sums, []);
  });
});

describe("liveSection()", () => {
  it("says without scripts what would be there", () => {
    const html = liveSection(all[0], "@adjoint/ops", markedOf(all[0]));
    assertMatch(html, /^<section id="live" data-op="matmul"/);
    assertMatch(html, /needs JavaScript/);
    const [, json] = /class="live-data">([^<]*)<\/script>/.exec(html)!;
    assertEquals(JSON.parse(json).name, "matmul");
  });
});

describe("compute()", () => {
  it("gives the library's own numbers where functions take lists", () => {
    const calls: Record<
      string,
      (given: Tensor[], s: State) => [outputs: unknown, gradients: unknown]
    > = {
      concat: ([x, y, dout]) => [
        [library.concat([x, y] as never, { axis: 1 })],
        library.concatDx([x, y] as never, dout as never, { axis: 1 }),
      ],
      split([x, ...douts]) {
        const options = { axis: 1, sizes: douts.map(({ shape }) => shape[1]) };
        return [
          library.split(x as never, options),
          [library.splitDx(x as never, douts as never, options)],
        ];
      },
      pad([x, dout], { options: { before, after } }) {
        const options = { before: [Number(before)], after: [Number(after)] };
        return [
          [library.pad(x as never, options)],
          [library.padDx(x as never, dout as never, options)],
        ];
      },
      slice([x, dout], { options: { start, end } }) {
        const options = { start: [Number(start)], end: [Number(end)] };
        return [
          [library.slice(x as never, options)],
          [library.sliceDx(x as never, dout as never, options)],
        ];
      },
      broadcastTo: ([x, dout]) => [
        [library.broadcastTo(x as never, dout.shape)],
        [library.broadcastToDx(x as never, dout.shape, dout as never)],
      ],
      reshape: ([x, dout]) => [
        [library.reshape(x, dout.shape)],
        [library.reshapeDx(x as never, dout.shape, dout as never)],
      ],
    };
    assertEquals(
      Object.values(ops).filter(({ data }) => data.list).map(({ data }) =>
        data.name
      ).sort(),
      Object.keys(calls).sort(),
    );
    for (const [name, call] of Object.entries(calls)) {
      const op = ops[name];
      const first = state(op);
      const options = Object.fromEntries(
        Object.entries(first.options).map(([key, n]) => [key, Number(n) + 1]),
      );
      for (const s of [first, state(op, { options })]) {
        const { given, outputs, gradients } = compute(op, s);
        const [expected, expectedGradients] = call(given, s);
        assertEquals(outputs as unknown, [...expected as Tensor[]]);
        assertEquals(gradients as unknown, [...expectedGradients as Tensor[]]);
      }
    }
  });

  it("gives the library's own numbers, of every other op", () => {
    const functions = library as unknown as Record<
      string,
      (...args: unknown[]) => Tensor
    >;
    for (const op of Object.values(ops).filter(({ data }) => !data.list)) {
      for (const dtype of ["float32", "float64"] as const) {
        const { name, inputs, options, fixed } = op.data;
        const { given, outputs, gradients } = compute(
          op,
          state(op, { dtype, seed: 3 }),
        );
        const isOption = (i: number) => inputs[i]?.isOption === true;
        const chosen = {
          ...fixed,
          ...Object.fromEntries(options.map((o) => [o.name, o.default])),
          ...Object.fromEntries(
            inputs.flatMap(({ parameter }, i) =>
              isOption(i) ? [[parameter, given[i]]] : []
            ),
          ),
        };
        const args = given.slice(0, inputs.length)
          .filter((_, i) => !isOption(i));
        const called = functions[name](...args, chosen);
        assertEquals(
          outputs,
          "data" in called ? [called] : Object.values(called),
        );
        const names = op.data.outputs.map(({ parameter }) => parameter);
        const douts = given.slice(inputs.length);
        const dout = names.length === 1
          ? douts[0]
          : Object.fromEntries(names.map((name, i) => [name, douts[i]]));
        op.floats.forEach((i, k) =>
          assertEquals(
            gradients[k],
            functions[`${name}D${inputs[i].parameter}`](
              ...args,
              dout,
              chosen,
            ),
          )
        );
      }
    }
  });

  it("works for empty dimensions and special values", () => {
    for (const op of Object.values(ops)) {
      for (const n of [0, 1, 8]) {
        const sizes = op.data.dims.map(() => n);
        const s = state(op, {
          sizes,
          fills: op.data.inputs.map(({ integer }) =>
            integer ? "random" : "special"
          ).concat(op.data.outputs.map(() => "special")) as State["fills"],
        });
        if (givenShapes(op, s).some((shape) => shape.length > 2 && n > 7)) {
          continue;
        }
        let found;
        try {
          found = compute(op, s).gradients.map((g) => (g as Tensor).shape);
        } catch (error) {
          // Some operations have no value there: the panel shows the reason.
          assertMatch((error as Error).message, /^Cannot \w+ .* as .*: /);
          continue;
        }
        assertEquals(found, op.floats.map((i) => givenShapes(op, s)[i]));
      }
    }
  });

  it("draws integers in their range, and numbers in their domain", () => {
    const at = (op: Op, given: number, change: Partial<State>) => [
      ...givenTensors(op, state(op, change))[given].data,
    ];
    const labels = at(crossEntropy, 1, { sizes: [4, 3, 4] });
    assertEquals([...new Set(labels)].sort(), [0, 1, 2]);
    assertEquals(
      at(crossEntropy, 1, { fills: ["random", "arange", "ones"] }),
      [0, 1, 2, 0, 1, 2, 0, 1],
    );
    const mask = at(ops.where, 0, { sizes: [6] });
    assertEquals([...new Set(mask)].sort(), [0, 1]);
    const targets = at(ops.bceWithLogits, 1, {});
    assert(targets.every((t) => t >= 0 && t <= 1));
  });

  it("depends on the options", () => {
    const s = state(softplus, {
      options: { beta: 2 },
      fills: ["zeros", "ones"],
    });
    const { outputs } = compute(softplus, { ...s, dtype: "float64" });
    assert(Math.abs(outputs[0].data[0] - Math.LN2 / 2) < 1e-15);
    assertThrows(
      () => compute(softplus, { ...s, options: { beta: "b" as never } }),
      TypeError,
      "beta must be a number",
    );
  });
});

describe("change()", () => {
  const edited = state(matmul, {
    sizes: [2, 2, 1],
    fills: [[1, 2, 3, 4], "ones", "random"],
  });

  it("keeps edited numbers in their places", () => {
    const wider = change(matmul, edited, { sizes: [2, 3, 1] });
    const [x] = givenTensors(matmul, wider);
    assertEquals([0, 1, 3, 4].map((i) => x.data[i]), [1, 2, 3, 4]);
    assert([2, 5].every((i) => Number.isFinite(x.data[i])));
    const narrower = change(matmul, wider, { sizes: [1, 2, 1] });
    assertEquals(narrower.fills, [[1, 2], "ones", "random"]);
  });

  it("refuses what the panel has no room for, and what is no dimension", () => {
    const to = (sizes: number[]) => () => change(matmul, edited, { sizes });
    assertThrows(to([2, 9, 1]), RangeError, "at most 8: one is 9");
    assertThrows(to([2, 1.5, 1]), RangeError, "must be a non-negative integer");
    assertThrows(
      () => change(addBias, state(addBias), { sizes: [8, 9, 8] }),
      RangeError,
      "at most 8: one is 9",
    );
  });
});

describe("sizesFor()", () => {
  it("finds the letters of shapes, and refuses those that are not the page's", () => {
    const s = initialState(addBias);
    assertEquals(sizesFor(addBias, [[1, 2, 5], [2]], s), [1, 2, 5]);
    assertThrows(
      () => sizesFor(addBias, [[1, 2], [2]], s),
      RangeError,
      "Cannot show x as it must have the shape that the page has, which has rank 3: it is 1×2",
    );
  });
});

describe("explain()", () => {
  it("computes every element of every op as the library does", () => {
    for (const op of Object.values(ops)) {
      const s = state(op, { dtype: "float64" });
      const values = compute(op, s);
      const results = [...values.outputs, ...values.gradients as Tensor[]];
      results.forEach(({ shape, data }, target) => {
        const name = targetsOf(op)[target];
        const { shift = 0 } = op.data.outputs[target] ?? {};
        data.forEach((value: number, at: number) => {
          const index = indexOf(at, shape).map((i) => i + 1);
          const { term } = explain(op, s, values, name, index);
          assert(
            Math.abs(term.value - shift - value) < 1e-12,
            `${op.data.name} ${name} ${index}`,
          );
        });
      });
    }
  });

  it("finds the row and the column of a product", () => {
    const places = (target: number, at: number[]) => {
      const term = explained(matmul, target, at);
      return ["X", "Y", "∂E/∂Z"].map((name) => [...sources([term], name)]);
    };
    assertEquals(places(0, [2, 3]), [[3, 4, 5], [2, 6, 10], []]);
    assertEquals(places(1, [1, 2]), [[], [4, 5, 6, 7], [0, 1, 2, 3]]);
  });

  it("finds what a definition is made of", () => {
    const term = explained(layerNorm, 0, [2, 1]);
    assertEquals([...sources([term], "X")].sort(), [3, 4, 5]);
  });

  const written: [Op, number, number[], string, Partial<State>?][] = [
    [sigmoid, 0, [2], "1 ∕ (1 + exp(−X_2))"],
    [sigmoid, 1, [2], "∂E/∂Y_2 Y_2 (1 − Y_2)"],
    [
      softmax,
      0,
      [1, 1, 1],
      "exp(X_111) ∕ (exp(X_111) + exp(X_121))",
      { sizes: [1, 2, 1] },
    ],
    [layerNorm, 0, [2, 3], "\\gamma_3 \\hat{X}_23 + \\beta_3"],
    // Which branch it is, the numbers decide.
    [relu, 0, [1], "0", { fills: [[-1, 1], "ones"], sizes: [2] }],
    [relu, 0, [2], "X_2", { fills: [[-1, 1], "ones"], sizes: [2] }],
    [relu, 1, [2], "∂E/∂Y_2", { fills: [[-1, 1], "ones"], sizes: [2] }],
    [
      mae,
      0,
      [],
      "(1 ∕ 2) (−(P_1 − T_1) + (P_2 − T_2))",
      { fills: [[0, 2], [1, 1], "ones"], sizes: [2] },
    ],
    // Label 1 is the second class.
    [
      crossEntropy,
      1,
      [1, 2, 1],
      "(1 ∕ N_) ∂E/∂\\ell_ (P_121 − 1)",
      { sizes: [1, 2, 1], fills: ["zeros", [1], "ones"] },
    ],
    [matmul, 0, [1, 1], "0", { sizes: [2, 0, 2] }],
  ];
  for (const [op, target, at, text, change] of written) {
    it(`writes ${targetsOf(op)[target]} of ${op.data.name} as ${text}`, () => {
      const term = explained(op, target, at, change);
      assertEquals(write(term, WRITER, 8), text);
    });
  }

  it("leaves out the end of a long sum, and says so", () => {
    const term = explained(sum, 0, [1, 1], { sizes: [1, 8, 1] });
    assertEquals(
      write(term, WRITER, 2),
      "X_111 + X_121 + … (6 more terms)",
    );
  });

  it("puts brackets where they are needed", () => {
    type Term = Parameters<typeof write>[0];
    const x: Term = {
      kind: "element",
      name: "x",
      at: [1],
      place: 0,
      value: 2,
    };
    const minus: Term = { kind: "constant", value: -1 };
    const sum: Term = { kind: "sum", terms: [x, x], value: 4 };
    const quotient: Term = {
      kind: "fraction",
      above: x,
      below: sum,
      value: 0.5,
    };
    const show = (term: Term) =>
      write(term, { ...WRITER, element: () => "x" }, 8);
    const value = 0;
    assertEquals(
      [
        show({ kind: "product", factors: [sum, quotient], value }),
        show({ kind: "fraction", above: sum, below: quotient, value }),
        show({ kind: "power", base: quotient, exponent: sum, value }),
        show({ kind: "product", factors: [minus, sum], value }),
        show({
          kind: "sum",
          terms: [x, { kind: "product", factors: [minus, sum], value }],
          value,
        }),
        show({ kind: "call", name: "log", of: sum, value }),
      ],
      [
        "(x + x) (x ∕ (x + x))",
        "(x + x) ∕ (x ∕ (x + x))",
        "(x ∕ (x + x))<sup>x + x</sup>",
        "−(x + x)",
        "x − (x + x)",
        "log(x + x)",
      ],
    );
  });
});

describe("Chain", () => {
  it("adds up to the gradient, for every element of every op", () => {
    for (const op of Object.values(ops)) {
      const s = state(op, { dtype: "float64" });
      const values = compute(op, s);
      const chain = new Chain(op);
      (values.gradients as Tensor[]).forEach(({ data }, k) =>
        data.forEach((value: number, at: number) => {
          const sum = chain.of(s, values, k, at)
            .reduce((sum, { slope, dout }) => sum + slope * dout, 0);
          assert(Math.abs(sum - value) < 1e-10, `${op.data.name} ${k} ${at}`);
        })
      );
    }
  });

  it("finds the outputs that an element feeds", () => {
    const s = state(matmul);
    const fed = (k: number, at: number) =>
      new Chain(matmul).of(s, compute(matmul, s), k, at)
        .map(({ place }) => place);
    assertEquals(fed(0, 1), [0, 1, 2, 3]);
    assertEquals(fed(1, 2), [2, 6]);
  });

  it("follows the numbers", () => {
    const chain = new Chain(relu);
    const count = (x: number[]) => {
      const s = state(relu, { sizes: [2], fills: [x, "ones"] });
      return chain.of(s, compute(relu, s), 0, 0).length;
    };
    assertEquals([count([1, 1]), count([-1, 1])], [1, 0]);
  });
});

describe("what is compared", () => {
  /** The places of an input that are in an element of a target, or compared. */
  function places(
    op: Op,
    symbol: string,
    target: number,
    at: number[],
    change: Partial<State> = {},
  ) {
    const s = state(op, change);
    const { term, compared } = explain(
      op,
      s,
      compute(op, s),
      targetsOf(op)[target],
      at,
    );
    return [[term], compared].map((terms) => [...sources(terms, symbol)]);
  }
  const { max, embedding, maxPool2d } = ops;

  it("is the axis of an index, though no element is in the result", () => {
    const sizes = [2, 3, 2];
    assertEquals(places(argmax, "X", 0, [1, 1], { sizes }), [[], [0, 2, 4]]);
    assertEquals(places(argmax, "X", 0, [2, 2], { sizes }), [[], [7, 9, 11]]);
  });

  it("is the axis or the window that has the largest element", () => {
    const change: Partial<State> = {
      sizes: [1, 3, 1],
      fills: [[1, 3, 2], "ones"],
    };
    assertEquals(places(max, "X", 0, [1, 1], change), [[1], [0, 1, 2]]);
    const [largest, window] = places(maxPool2d, "X", 0, [1, 1, 1, 1]);
    assertEquals(largest.length, 1);
    assert(window.length > 1 && window.includes(largest[0]));
  });

  it("is what a condition asks, and the index that chooses a row", () => {
    const negative: Partial<State> = { sizes: [2], fills: [[-1, 1], "ones"] };
    assertEquals(places(relu, "X", 1, [1], negative), [[], [0]]);
    assertEquals(places(oneHot, oneHot.data.inputs[0].symbol, 0, [2, 1]), [
      [],
      [1],
    ]);
    const index = embedding.data.inputs[1].symbol;
    assertEquals(places(embedding, index, 0, [2, 1]), [[], [1]]);
  });

  it("is nothing where all is computed", () => {
    assertEquals(places(matmul, "X", 0, [2, 3])[1], []);
    assertEquals(places(softmax, "X", 0, [1, 1, 1])[1], []);
  });
});

describe("Reach", () => {
  const fed = (op: Op, input: number, at: number, change: Partial<State>) => {
    const s = state(op, change);
    return new Reach(op).of(s, compute(op, s), input, at)
      .map(({ place }) => place);
  };

  it("finds the output that compares an element", () => {
    const sizes = [2, 3, 2];
    const all = numbersUpTo(12).map((at) => fed(argmax, 0, at, { sizes }));
    assertEquals(all.flat(), [0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3]);
  });

  it("finds the outputs of a label, an index or a mask", () => {
    const options = { classes: 3 };
    assertEquals(fed(oneHot, 0, 1, { options }), [3, 4, 5]);
    assertEquals(fed(crossEntropy, 1, 0, {}), [0]);
    const { where } = ops;
    assertEquals(fed(where, 0, 1, {}), [1]);
  });

  it("finds an output for every element of every input without a gradient", () => {
    for (const op of Object.values(ops)) {
      const s = state(op);
      const values = compute(op, s);
      const reach = new Reach(op);
      op.data.inputs.forEach(({ symbol }, input) => {
        if (op.floats.includes(input)) return;
        values.given[input].data.forEach((_: number, at: number) =>
          assert(
            reach.of(s, values, input, at).length > 0,
            `${op.data.name} ${symbol} ${at}`,
          )
        );
      });
    }
  });

  it("follows the numbers", () => {
    const reach = new Reach(argmax);
    const count = (sizes: number[]) => {
      const s = state(argmax, { sizes });
      return reach.of(s, compute(argmax, s), 0, 1).length;
    };
    assertEquals([count([1, 2, 1]), count([1, 1, 1])], [1, 0]);
  });
});

describe("whyNotFinite()", () => {
  const why = (op: Op, target: number, at: number[], fills: State["fills"]) =>
    whyNotFinite(
      explained(op, target, at, {
        sizes: [1, 2, 1].slice(0, op.data.dims.length),
        fills,
      }),
      ({ name, at }) => `${name}_${at.join("")}`,
    );

  it("names the operation that begins it, or the element", () => {
    const { log, exp } = ops;
    const says: [string | undefined, string | undefined][] = [
      [
        why(matmul, 0, [1, 1], [[0, 1], [Infinity, 1], "ones"]),
        "0 · ∞ has no value, so it is NaN.",
      ],
      [
        why(matmul, 0, [1, 1], [[1, 1], [Infinity, -Infinity], "ones"]),
        "∞ − ∞ has no value, so it is NaN.",
      ],
      [why(matmul, 0, [1, 1], [[1, NaN], [1, 1], "ones"]), "X_12 is NaN."],
      [why(matmul, 0, [1, 1], [[1, 1], [1, 1], "ones"]), undefined],
      [why(log, 0, [1], [[0], "ones"]), "log(0) is −∞."],
      [why(log, 1, [1], [[0], "ones"]), "1 ∕ 0 is ∞."],
      [why(exp, 0, [1], [[1e4], "ones"]), "exp(10000) is ∞."],
    ];
    for (const [said, expected] of says) assertEquals(said, expected);
  });
});

describe("encode() and decode()", () => {
  const states: [Op, Partial<State>][] = [
    [matmul, {}],
    [matmul, { dtype: "float64", seed: 42, checked: true }],
    [matmul, {
      sizes: [1, 3, 1],
      fills: [[0.1, NaN, -0], "zeros", [-1e21]],
      broken: { gradient: 1, mistake: "transpose" },
    }],
    [addBias, {
      sizes: [0, 2, 3],
      fills: ["zeros", [Infinity, -Infinity], "special"],
      broken: { gradient: 1, mistake: "sum-k" },
    }],
    [linear, { fills: ["ones", "arange", "special", "random"] }],
    [softplus, {
      options: { beta: -1.5e-7 },
      broken: { gradient: 0, mistake: "sign" },
    }],
    [crossEntropy, {
      options: { ignore: 255 },
      fills: ["random", "zeros", "ones"],
    }],
  ];

  it("give back the same state, in characters that no address changes", () => {
    for (const [op, change] of states) {
      const before = state(op, change);
      const text = encode(op, before);
      assertMatch(text, /^[\w.~-]+$/);
      assertEquals(decode(op, text), before);
      assertEquals(encode(op, decode(op, text)), text);
    }
  });

  it("refuse what is no state, and say why", () => {
    const texts = {
      "": 'its version must be 1: it is ""',
      "2_2~3~4_f32_1_r_r_r": 'its version must be 1: it is "2"',
      "1": 'its dimensions must be 3 whole numbers: they are ""',
      "1_2~3_f32_1_r_r_r": 'whole numbers: they are "2~3"',
      "1_2~-3~4_f32_1_r_r_r": 'whole numbers: they are "2~-3~4"',
      "1_2~3~4_f16_1_r_r_r": 'its element type must be f32 or f64: it is "f16"',
      "1_2~3~4_f32_x_r_r_r": 'its seed must be a whole number: it is "x"',
      "1_2~3~4_f32_1_r_r": 'it must say what fills dout: it says ""',
      "1_2~3~4_f32_1_e1_r_r": "x must have 6 elements: it has 1",
      "1_1~1~1_f32_1_e1e400_r_r": 'must be numbers: one is "1e400"',
      "1_2~3~4_f32_1_r_r_r_bw-sign":
        'every field must be known: one is "bw-sign"',
      "1_2~3~4_f32_1_r_r_r_bx-sum-i": 'that it can have: it is "sum-i"',
    };
    for (const [text, message] of Object.entries(texts)) {
      const error = assertThrows(() => decode(matmul, text), RangeError);
      assert(error.message.startsWith("Cannot open the link as "));
      assert(error.message.endsWith(message), error.message);
    }
    assertThrows(
      () => decode(matmul, "1_2~3~99_f32_1_r_r_r"),
      RangeError,
      "Cannot show y",
    );
  });
});

describe("mistakesOf()", () => {
  const names = (op: Op, gradient: number) =>
    mistakesOf(op, gradient).map(({ name }) => name);

  it("follows from the formulas of the page", () => {
    const always = ["double", "dout"];
    const product = (index: string) => [
      "sign",
      "transpose",
      `sum-${index}`,
      ...always,
      "shift",
    ];
    assertEquals(names(matmul, 0), product("k"));
    assertEquals(names(matmul, 1), product("i"));
    assertEquals(names(addBias, 1), [
      "sign",
      "sum-i",
      "sum-k",
      ...always,
      "shift",
    ]);
    assertEquals(names(linear, 0), ["sign", "sum-j", ...always, "shift"]);
    assertEquals(names(linear, 1), product("i"));
    assertEquals(names(softmax, 0), ["sign", ...always, "shift"]);
    assertEquals(names(crossEntropy, 0), ["sign", ...always, "shift"]);
  });

  it("are all found by the check, in the gradient that has them", () => {
    for (const op of Object.values(SOME)) {
      for (const broken of brokenOf(op)) {
        const sizes = op.data.dims.map(() => 3);
        const { report } = check(op, state(op, { sizes, broken }));
        const what = `${op.data.name} ${JSON.stringify(broken)}`;
        assert(!report.ok, what);
        report.inputs.forEach(({ wrong }, k) =>
          assertEquals(wrong > 0, k === broken.gradient, what)
        );
      }
    }
  });
});

describe("operations without gradients", () => {
  it("have inputs and outputs alone", () => {
    for (const op of [argmax, oneHot]) {
      const { given, outputs, gradients } = compute(op, state(op));
      assertEquals([given.length, outputs.length, gradients.length], [1, 1, 0]);
    }
  });

  it("count an index from 1, as the page does", () => {
    const { outputs } = compute(argmax, state(argmax));
    const term = explained(argmax, 0, [1, 1]);
    assertEquals(term.value, outputs[0].data[0] + argmax.data.outputs[0].shift);
  });
});

describe("fitting()", () => {
  it("says which columns meet which rows, in the page's symbols", () => {
    const { gradients } = compute(
      matmul,
      state(matmul, { broken: { gradient: 1, mistake: "transpose" } }),
    );
    assertEquals(
      (gradients[1] as Error).message,
      "Cannot multiply X by ∂E/∂Z as 3 columns meet 2 rows: X is 2×3, ∂E/∂Z is 2×4",
    );
  });

  it("finds the shapes in which a forgotten transpose goes unseen", () => {
    const s = state(matmul, { broken: { gradient: 0, mistake: "transpose" } });
    assert(compute(matmul, s).gradients[0] instanceof TypeError);
    const { dim, value, sizes } = fitting(matmul, s)!;
    assertEquals([dim, value, sizes], ["n", 4, [2, 4, 4]]);
    const [dx] = compute(matmul, change(matmul, s, { sizes })).gradients;
    assertEquals((dx as Tensor).shape, [2, 4]);
  });
});

describe("check()", () => {
  it("passes for the library's gradients, with both sides of each element", () => {
    const some = Object.values(ops).filter(({ floats }) => floats.length > 0);
    for (const op of some) {
      const { report, gradients } = check(op, state(op));
      assert(report.ok, report.message);
      for (const { analytic, numeric } of gradients) {
        (analytic as Tensor).data.forEach((a: number, i: number) =>
          assert(Math.abs(a - numeric.data[i]) < 1e-8, op.data.name)
        );
      }
    }
  });

  it("shows the numbers that gradcheck compared", () => {
    const s = state(linear, { broken: { gradient: 2, mistake: "double" } });
    const { report, gradients } = check(linear, s);
    const { index, analytic, numeric } = report.inputs[2].worst!;
    assertEquals((gradients[2].analytic as Tensor).data[index[0]], analytic);
    assert(Math.abs(gradients[2].numeric.data[index[0]] - numeric) < 1e-8);
  });

  it("is refused where an input is not finite, in gradcheck's own words", () => {
    const fills: State["fills"] = [[1, NaN], "ones"];
    assertThrows(
      () => check(sigmoid, state(sigmoid, { sizes: [2], fills })),
      RangeError,
      "Cannot run gradcheck as every element of x must be finite: element [1] is NaN",
    );
  });
});

describe("program()", () => {
  /** Runs a program; the result is what it prints. */
  function run(text: string): unknown[] {
    const printed: unknown[] = [];
    const body = text
      .replaceAll(
        /import \{ (.*) \} from ".*";/g,
        (_, names: string) =>
          `const { ${
            names.replace(/,? ?type TensorFunction/, "")
          } } = library;`,
      )
      .replaceAll(/: (TensorFunction|number)\b/g, "");
    new Function("library", "console", body)(
      { ...library, gradcheck },
      { log: (...values: unknown[]) => printed.push(...values) },
    );
    return printed;
  }

  it("computes what the panel shows", () => {
    for (const op of Object.values(SOME)) {
      for (const broken of [undefined, ...brokenOf(op)]) {
        const s = state(op, {
          sizes: op.data.dims.map(() => 2),
          options: Object.fromEntries(
            op.data.options.map(({ name, default: first }) => [
              name,
              Number(first) + 1,
            ]),
          ),
          dtype: "float64",
          broken,
          checked: true,
        });
        const { outputs, gradients } = compute(op, s);
        const [values, message] = run(program(op, s));
        assertEquals(Object.values(values as object), [
          ...outputs,
          ...gradients,
        ]);
        assertEquals(message, check(op, s).report.message);
      }
    }
  });

  it("keeps shapes, element types and special values", () => {
    for (const dtype of ["float32", "float64"] as const) {
      for (const sizes of [[0, 3, 1], [2, 0, 0], [8, 1, 2]]) {
        const fills: State["fills"] = ["special", "random"];
        const s = state(sum, { sizes, dtype, fills });
        const { outputs, gradients } = compute(sum, s);
        const [values] = run(program(sum, s));
        assertEquals(Object.values(values as object), [
          ...outputs,
          ...gradients,
        ]);
      }
    }
  });
});
