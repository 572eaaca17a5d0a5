// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import addBiasSource from "../ops/arithmetic/add_bias.ts" with { type: "text" };
import linearSource from "../ops/products/linear.ts" with { type: "text" };
import matmulSource from "../ops/products/matmul.ts" with { type: "text" };
import sumSource from "../ops/reductions/sum.ts" with { type: "text" };
import * as library from "../mod.ts";
import { readPage } from "../ops/proof/page.ts";
import { gradcheck } from "../ops/gradcheck.ts";
import { program } from "./browser/live/code.ts";
import { check, compute, fitting } from "./browser/live/compute.ts";
import { decode, encode } from "./browser/live/link.ts";
import { mistakesOf } from "./browser/live/mistakes.ts";
import {
  brief,
  describeSpecials,
  exact,
  readNumber,
  spoken,
} from "./browser/live/numbers.ts";
import { findOp, type Op, type Tensor } from "./browser/live/op.ts";
import {
  givenShapes,
  givenTensors,
  indexOf,
  initialState,
  resize,
  type State,
} from "./browser/live/state.ts";
import { explain, sources, write } from "./browser/live/terms.ts";
import { liveSection, panelData } from "./live.ts";

const PAGES = {
  addBias: addBiasSource,
  linear: linearSource,
  matmul: matmulSource,
  sum: sumSource,
};

const described = (name: keyof typeof PAGES) => ({
  name,
  file: `${name}.ts`,
  page: readPage(PAGES[name]),
});

const ops = Object.fromEntries(
  (Object.keys(PAGES) as (keyof typeof PAGES)[]).map((name) => [
    name,
    findOp(panelData(described(name), "@adjoint/ops")),
  ]),
) as Record<keyof typeof PAGES, Op>;

const state = (op: Op, change: Partial<State> = {}): State => ({
  ...initialState(op),
  ...change,
});

/** The value of a term, by the numbers of the given tensors. */
function valueOf(op: Op, given: Tensor[], target: number, at: number[]) {
  const shapes = given.slice(0, -1).map(({ shape }) => shape);
  const text = write(explain(op, shapes, target, at), {
    constant: String,
    element: (k, place) => `(${given[k].data[place]})`,
    times: "*",
  }, Infinity);
  return new Function(`return ${text};`)() as number;
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
      "Of 4 elements, 2 are NaN, 1 is −∞.",
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
  it("reads the symbols, and the dimensions in the order of the page", () => {
    assertEquals(ops.matmul.dims, ["m", "n", "p"]);
    assertEquals(ops.addBias.dims, ["n", "m", "p"]);
    assertEquals(ops.linear.dims, ["N", "p", "k"]);
    assertEquals([ops.sum.dims, ops.sum.anyRank], [[], true]);
    assertEquals(Object.keys(ops.matmul.data.symbols), [
      "X",
      "∂E/∂X",
      "m",
      "n",
      "Y",
      "∂E/∂Y",
      "p",
      "Z",
      "∂E/∂Z",
    ]);
  });

  it("gives every op its functions, under their own names", () => {
    for (const { data, forward, backward } of Object.values(ops)) {
      assertEquals(forward.name, data.name);
      assertEquals(
        backward.map(({ name }) => name),
        data.inputs.map(({ parameter }) => `${data.name}D${parameter}`),
      );
    }
  });
});

describe("liveSection()", () => {
  it("says without scripts what would be there", () => {
    const html = liveSection(described("matmul"), "@adjoint/ops");
    assertMatch(html, /^<section id="live" data-op="matmul"/);
    assertMatch(html, /needs JavaScript/);
    const [, json] = /class="live-data">([^<]*)<\/script>/.exec(html)!;
    assertEquals(JSON.parse(json).name, "matmul");
  });
});

describe("compute()", () => {
  it("gives the library's own numbers", () => {
    for (const op of Object.values(ops)) {
      for (const dtype of ["float32", "float64"] as const) {
        const s = state(op, { dtype, seed: 3 });
        const given = givenTensors(op, s);
        const { output, gradients } = compute(op, s);
        const functions = library as unknown as Record<
          string,
          (...x: Tensor[]) => Tensor
        >;
        assertEquals(output, functions[op.data.name](...given.slice(0, -1)));
        op.data.inputs.forEach(({ parameter }, i) => {
          const expected = functions[`${op.data.name}D${parameter}`](...given);
          assertEquals(gradients[i], expected);
        });
      }
    }
  });

  it("works for empty dimensions and special values", () => {
    for (const op of Object.values(ops)) {
      for (const n of [0, 1, 8]) {
        const s = state(op, {
          sizes: op.dims.map(() => n),
          any: op.anyRank ? [n] : [],
          fills: initialState(op).fills.map(() => "special"),
        });
        assertEquals(
          compute(op, s).gradients.map((g) => (g as Tensor).shape),
          givenShapes(op, s).slice(0, -1),
        );
      }
    }
  });
});

describe("resize()", () => {
  const { matmul } = ops;
  const edited = state(matmul, {
    sizes: [2, 2, 1],
    fills: [[1, 2, 3, 4], "ones", "random"],
  });

  it("keeps edited numbers in their places", () => {
    const wider = resize(matmul, edited, { sizes: [2, 3, 1], any: [] });
    const [x] = givenTensors(matmul, wider);
    assertEquals([0, 1, 3, 4].map((i) => x.data[i]), [1, 2, 3, 4]);
    assert([2, 5].every((i) => Number.isFinite(x.data[i])));
    const narrower = resize(matmul, wider, { sizes: [1, 2, 1], any: [] });
    assertEquals(narrower.fills, [[1, 2], "ones", "random"]);
  });

  it("refuses what the panel has no room for, and what is no dimension", () => {
    const to = (sizes: number[]) => () =>
      resize(matmul, edited, { sizes, any: [] });
    assertThrows(to([2, 9, 1]), RangeError, "at most 8: one is 9");
    assertThrows(to([2, 1.5, 1]), RangeError, "must be a non-negative integer");
    assertThrows(
      () => resize(ops.sum, state(ops.sum), { sizes: [], any: [8, 8, 8, 8] }),
      RangeError,
      "at most 512 elements: there are 4096",
    );
  });
});

describe("explain()", () => {
  it("computes every element as the library does", () => {
    for (const op of Object.values(ops)) {
      const s = state(op, { dtype: "float64" });
      const { given, output, gradients } = compute(op, s);
      [output, ...gradients as Tensor[]].forEach(({ shape, data }, target) => {
        data.forEach((value, at) => {
          const found = valueOf(op, given, target, indexOf(at, shape));
          assert(Math.abs(found - value) < 1e-12, `${op.data.name} ${target}`);
        });
      });
    }
  });

  it("finds the row and the column of a product", () => {
    const shapes = [[2, 3], [3, 4]];
    const places = (target: number, index: number[]) => {
      const term = explain(ops.matmul, shapes, target, index);
      return [0, 1, 2].map((given) => [...sources(term, given)]);
    };
    assertEquals(places(0, [1, 2]), [[3, 4, 5], [2, 6, 10], []]);
    assertEquals(places(1, [0, 1]), [[], [4, 5, 6, 7], [0, 1, 2, 3]]);
  });

  it("is 0 where there is nothing to add", () => {
    assertEquals(explain(ops.matmul, [[2, 0], [0, 2]], 0, [0, 0]), {
      kind: "constant",
      value: 0,
    });
  });

  it("leaves out the end of a long sum, and says so", () => {
    const term = explain(ops.sum, [[20]], 0, []);
    const writer = {
      constant: String,
      element: (_: number, at: number) => `x${at}`,
      times: " ",
    };
    assertEquals(write(term, writer, 2), "x0 + x1 + … (18 more terms)");
  });
});

describe("encode() and decode()", () => {
  const states: [Op, Partial<State>][] = [
    [ops.matmul, {}],
    [ops.matmul, { dtype: "float64", seed: 42, checked: true }],
    [ops.matmul, {
      sizes: [1, 3, 1],
      fills: [[0.1, NaN, -0], "zeros", [-1e21]],
      broken: { input: 1, mistake: "transpose" },
    }],
    [ops.addBias, {
      sizes: [0, 2, 3],
      fills: ["zeros", [Infinity, -Infinity], "special"],
      broken: { input: 1, mistake: "sum-k" },
    }],
    [ops.linear, { fills: ["ones", "arange", "special", "random"] }],
    [ops.sum, { any: [], fills: [[1 / 3], "ones"] }],
    [ops.sum, { any: [2, 1, 2, 1], checked: true }],
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
      const error = assertThrows(() => decode(ops.matmul, text), RangeError);
      assert(error.message.startsWith("Cannot open the link as "));
      assert(error.message.endsWith(message), error.message);
    }
    assertThrows(
      () => decode(ops.matmul, "1_2~3~99_f32_1_r_r_r"),
      RangeError,
      "Cannot show y",
    );
  });
});

describe("mistakesOf()", () => {
  const names = (op: Op, input: number) =>
    mistakesOf(op, input).map(({ name }) => name);

  it("follows from the formulas of the page", () => {
    const always = ["double", "dout"];
    assertEquals(names(ops.matmul, 0), [
      "sign",
      "transpose",
      "sum-k",
      ...always,
      "shift",
    ]);
    assertEquals(names(ops.matmul, 1), [
      "sign",
      "transpose",
      "sum-i",
      ...always,
      "shift",
    ]);
    assertEquals(names(ops.addBias, 1), [
      "sign",
      "sum-i",
      "sum-k",
      ...always,
      "shift",
    ]);
    assertEquals(names(ops.linear, 0), ["sign", "sum-j", ...always, "shift"]);
    assertEquals(names(ops.linear, 1), [
      "sign",
      "transpose",
      "sum-i",
      ...always,
      "shift",
    ]);
    assertEquals(names(ops.sum, 0), ["sign", ...always, "shift"]);
  });

  it("are all found by the check, in the gradient that has them", () => {
    for (const op of Object.values(ops)) {
      op.data.inputs.forEach((_, input) => {
        for (const { name } of mistakesOf(op, input)) {
          const s = state(op, {
            sizes: op.dims.map(() => 3),
            broken: { input, mistake: name },
          });
          const { report } = check(op, s);
          assert(!report.ok, `${op.data.name} ${input} ${name}`);
          report.inputs.forEach(({ wrong }, i) =>
            assertEquals(wrong > 0, i === input)
          );
        }
      });
    }
  });
});

describe("fitting()", () => {
  it("finds the shapes in which a forgotten transpose goes unseen", () => {
    const { matmul } = ops;
    const s = state(matmul, { broken: { input: 0, mistake: "transpose" } });
    assert(compute(matmul, s).gradients[0] instanceof TypeError);
    const { dim, value, to } = fitting(matmul, s)!;
    assertEquals([dim, value, to.sizes], ["n", 4, [2, 4, 4]]);
    const [dx] = compute(matmul, resize(matmul, s, to)).gradients;
    assertEquals((dx as Tensor).shape, [2, 4]);
  });
});

describe("check()", () => {
  it("passes for the library's gradients, with both sides of each element", () => {
    for (const op of Object.values(ops)) {
      const { report, gradients } = check(op, state(op));
      assert(report.ok, report.message);
      for (const { analytic, numeric } of gradients) {
        (analytic as Tensor).data.forEach((a, i) =>
          assert(Math.abs(a - numeric.data[i]) < 1e-8)
        );
      }
    }
  });

  it("shows the very numbers that gradcheck compared", () => {
    const { linear } = ops;
    const s = state(linear, { broken: { input: 2, mistake: "double" } });
    const { report, gradients } = check(linear, s);
    const { index, analytic, numeric } = report.inputs[2].worst!;
    assertEquals((gradients[2].analytic as Tensor).data[index[0]], analytic);
    assertEquals(gradients[2].numeric.data[index[0]], numeric);
  });

  it("is refused where an input is not finite, in gradcheck's own words", () => {
    const { sum } = ops;
    assertThrows(
      () => check(sum, state(sum, { any: [2], fills: [[1, NaN], "ones"] })),
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
    for (const op of Object.values(ops)) {
      const broken = op.data.inputs.flatMap((_, input) =>
        mistakesOf(op, input).map(({ name }) => ({ input, mistake: name }))
      );
      for (const b of [undefined, ...broken]) {
        const s = state(op, {
          sizes: op.dims.map(() => 2),
          dtype: "float64",
          broken: b,
          checked: true,
        });
        const { output, gradients } = compute(op, s);
        const [values, message] = run(program(op, s));
        assertEquals(Object.values(values as object), [output, ...gradients]);
        assertEquals(message, check(op, s).report.message);
      }
    }
  });

  it("keeps shapes, element types and special values", () => {
    const { sum } = ops;
    for (const dtype of ["float32", "float64"] as const) {
      for (const any of [[], [0, 3], [9], [2, 1, 2]]) {
        const s = state(sum, {
          any: any.map((n) => Math.min(n, 8)),
          dtype,
          fills: ["special", "random"],
        });
        const { output, gradients } = compute(sum, s);
        const [values] = run(program(sum, s));
        assertEquals(Object.values(values as object), [output, ...gradients]);
      }
    }
  });
});
