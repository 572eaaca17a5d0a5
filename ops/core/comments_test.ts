// Copyright 2026 the Adjoint authors. MIT license.

// The comment of a function says the shapes of its arguments and of its result
// once more, where it has any: they must be those of the page, and what it says
// of its type parameters those of its signature. A formula beside the code must
// be one of the comment.

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import addBias from "../arithmetic/add_bias.ts" with { type: "text" };
import linear from "../products/linear.ts" with { type: "text" };
import matmul from "../products/matmul.ts" with { type: "text" };
import { gradcheck } from "../gradcheck.ts";
import gradcheckPage from "../gradcheck.ts" with { type: "text" };
import { readPage } from "../proof/page.ts";
import { sum as sumOf, sumDx } from "../reductions/sum.ts";
import sum from "../reductions/sum.ts" with { type: "text" };
import {
  ones,
  reshape,
  scalar,
  type Shape,
  type Tensor,
  tensor,
  zeros,
} from "../tensor.ts";
import tensorPage from "../tensor.ts" with { type: "text" };
import { startThreads } from "../threads.ts";
import threadsPage from "../threads.ts" with { type: "text" };

const FUNCTION = /\/\*\*((?:(?!\*\/)[^])*)\*\/\nexport function (\w+)/g;
const SHAPE = /@(param|returns) (\w+)((?:(?!@)[^])*?)of shape `([^`]*)`/g;

/** What must be equal, of two arguments, in any order. */
function pair([a, x, b, y]: string[]): string {
  return [`${a} of ${x}`, `${b} of ${y}`].sort().join(" = ");
}

/** What a comment says that must be equal. */
function demands(throws: string): string[] {
  const said =
    /the (\w+) of `(\w)` (?:are not as many as|is not) (?:the number of |the )?(\w+|axis \d) of `(\w)`/g;
  return [...throws.matchAll(said)].map(([, a, x, b, y]) =>
    pair([a, x, b === "those" ? a : b, y])
  );
}

for (const source of [addBias, linear, matmul]) {
  const { inputs, output } = readPage(source);
  const MESSAGES = [
    ...source.matchAll(
      /as the (\w+) of (\w) must equal (?:the )?(\w+|axis \d) of (\w):/g,
    ),
  ].map(([, ...said]) => pair(said));
  for (const [, comment, name] of source.matchAll(FUNCTION)) {
    describe(`${name}()`, () => {
      it("has the shapes of the page in its comment", () => {
        const of = /D([a-z])$/.exec(name)?.[1];
        const text = comment.replaceAll(/\n \* ?/g, " ");
        let found = 0;
        const gradient = /@returns The gradient with respect to `(\w+)`/.exec(
          text,
        );
        assertEquals(gradient?.[1], of);
        const ranks = text.matchAll(
          /`(\w)` (?:or `(\w)` )?(?:is not a tensor|not one) of rank (\d)/g,
        );
        for (const [said, ...names] of ranks) {
          const rank = Number(names.pop());
          for (const name of names.filter((n) => n !== undefined)) {
            const input = inputs.find((x) => x.parameter === name);
            assertEquals(input?.shape.length, rank, said);
          }
        }
        const [, throws] = /(@throws[^]*?)@example/.exec(text)!;
        for (const [, name] of throws.matchAll(/`(\w)`/g)) {
          assert(inputs.some((x) => x.parameter === name), name);
        }
        const kinds = [...throws.matchAll(/@throws \{(\w+)\}/g)];
        assertEquals(kinds.map(([, kind]) => kind), [
          "TypeError",
          "RangeError",
        ]);
        assertEquals(demands(throws), of === undefined ? MESSAGES : []);
        for (const [, tag, word, , shape] of text.matchAll(SHAPE)) {
          const parameter = tag === "param" ? word : of;
          const variable = inputs.find((x) => x.parameter === parameter) ??
            output;
          const dims = variable.shape.join("×");
          assertEquals(shape, dims || "[]", `@${tag} ${word}`);
          found++;
        }
        assert(found > 0);
      });
    });
  }
}

const WHOLE = /\/\*\*((?:(?!\*\/)[^])*)\*\/\nexport function (\w+)([^]*?)\n\}/g;

const SUBSCRIPTS = new Map([..."ᵢⱼₖₗ"].map((c, i) => [c, "ijkl"[i]]));

/** A formula, of a comment or in TeX, without what only one of them has. */
function plain(formula: string): string {
  return formula.replaceAll(
    /[ᵢⱼₖₗ]+/g,
    (indices) => `_{${[...indices].map((c) => SUBSCRIPTS.get(c)).join("")}}`,
  )
    .replaceAll("Σ_", "\\sum_").replaceAll("ᵀ", "^{\\mathsf{T}}")
    .replaceAll(/\\sum_\{(\w)(=1| \\in \\mathcal\{I\})?\}(\^\{\w\})?/g, "Σ$1 ")
    .replaceAll(
      /\\frac\{\\partial (.+?)\}\{\\partial (\w(?:_\w|_\{\w+\})?)\}/g,
      "∂$1/∂$2",
    )
    .replaceAll(/\\mathbf\{1\}_\w/g, "1").replaceAll(/\\left|\\right/g, "")
    .replaceAll(/_\{(\w)\}/g, "_$1").replaceAll(/\s/g, "");
}

for (const source of [addBias, linear, matmul, sum]) {
  for (const [, comment, name, code] of source.matchAll(WHOLE)) {
    const text = comment.replaceAll(/\n \* ?/g, " ");

    describe(`${name}()`, () => {
      it("has the formula of its comment beside its code", () => {
        const said = [...source.matchAll(/; \/\/ (.*=.*)$/gm)].filter((m) =>
          source.slice(0, m.index).match(/function \$?\w+/g)!.at(-1)!
            .replace(/function \$?/, "") === name
        );
        const tex = [...text.matchAll(/```math(.*?)```/g)];
        assertEquals(said.length, 1);
        assertEquals(
          tex.map(([, t]) => plain(t)),
          said.map(([, t]) => plain(t)),
        );
      });

      it("has the types of its signature in its comment", () => {
        for (
          const [tag, type, words] of text.matchAll(
            /@typeParam (\w) (.*?)(?=\.? @)/g,
          )
        ) {
          const [, of] = /of `(\w+)`/.exec(words)!;
          const [, shape] = new RegExp(`^  ${of}\\??: Tensor(?:<(.*)>)?,$`, "m")
            .exec(code) ??
            new RegExp(`${of}\\??: Tensor<(.*?)>[,)]`).exec(code)!;
          const [, equal] = /equal to `(.*)`/.exec(words) ?? [];
          const dims = shape.match(/SameDim<.*?>|\w+/g)!;
          const axis = ["row", "column"].findIndex((w) =>
            words.includes(`The ${w}s`)
          );
          const middle = ["outer", "middle", "inner"]
            .findIndex((w) => words.includes(`The ${w} dimension`));
          const found = axis >= 0
            ? dims[axis]
            : middle >= 0
            ? dims[middle]
            : shape;
          const expected = equal === undefined
            ? type
            : axis >= 0
            ? `SameDim<${type}, ${equal}>`
            : `SameShape<${type}, ${equal}>`;
          assertEquals(found, expected, tag);
        }
      });
    });
  }
}

describe("sumDx()", () => {
  it("says of which tensor its result has the shape", () => {
    const [, of] = /@returns .*?, of the shape of `(\w+)`/.exec(sum)!;
    const x = zeros([2, 3]);
    assertEquals(of, "x");
    assertEquals(sumDx(x, scalar(1)).shape, x.shape);
    const [, nothing] = /@returns The sum, a scalar; (\S+) where `x` has no/
      .exec(sum)!;
    assertEquals(sumOf(tensor([])).data[0], Number(nothing));
  });
});

describe("the errors of a comment", () => {
  const double = <S extends Shape>({ shape, data }: Tensor<S>) => ({
    shape,
    data: data.map((v) => 2 * v),
  });
  const check = (
    dout?: unknown,
    options: object = {},
    x: unknown = ones([2]),
  ) =>
    gradcheck(double, [(_x, dout) => double(dout)], [x as Tensor], {
      ...options,
      ...dout === undefined ? {} : { dout: dout as Tensor },
    });
  // deno-fmt-ignore
  const CASES: [string, string, (() => unknown)[]][] = [
    [tensorPage, "the arrays are ragged", [() => tensor([[1], [1, 2]] as never)]],
    [tensorPage, "an element is not a number", [() => tensor(["1"] as never), () => tensor([1n] as never, [1])]],
    [tensorPage, "the number of elements is not the product of the shape", [() => tensor([1, 2, 3], [2])]],
    [tensorPage, "a typed array is of another element type", [() => tensor(new Float32Array(1), [1], { dtype: "float64" }), () => tensor(new Int8Array(1) as never, [1])]],
    [tensorPage, "a dimension is not a non-negative integer", [() => tensor([], [-1]), () => zeros([1.5]), () => ones([NaN]), () => reshape(ones([2]), [-2, -1])]],
    [tensorPage, "the value is not a number", [() => scalar("1" as never)]],
    [tensorPage, "the shape is not an array", [() => zeros(3 as never), () => ones("3" as never)]],
    [tensorPage, "`x` is not a tensor", [() => reshape([1] as never, [1])]],
    [tensorPage, "the product of the new dimensions is not the number of its elements", [() => reshape(ones([2]), [3])]],
    [gradcheckPage, "an argument or an option is of the wrong kind", [() => check(undefined, { seed: "1" }), () => check(undefined, {}, 3)]],
    [gradcheckPage, "there are not as many backward functions or names as inputs", [() => gradcheck(double, [], [ones([2])]), () => check(undefined, { names: [] })]],
    [gradcheckPage, "`dout` has another shape than the output", [() => check(ones([3]))]],
    [gradcheckPage, "an input or `dout` is not finite", [() => check(tensor([1, NaN])), () => check(undefined, {}, tensor([Infinity, 1]))]],
    [gradcheckPage, "`dout` is zero everywhere", [() => check(zeros([2]))]],
    [gradcheckPage, "an option is out of range", [() => check(undefined, { rtol: -1 }), () => check(undefined, { directions: 0 })]],
  ];
  for (const [page, when, calls] of CASES) {
    it(`are of the class that it says: ${when}`, () => {
      const kinds = [
        ...page.replaceAll(/\n \* ?/g, " ").matchAll(
          /@throws \{(\w+)\}((?:(?! @\w).)*)/g,
        ),
      ].filter(([, , text]) => text.includes(when)).map(([, kind]) => kind);
      assert(kinds.length > 0, when);
      for (const call of calls) {
        const error = assertThrows(call, Error);
        for (const kind of kinds) assertEquals(error.name, kind);
      }
    });
  }

  it("are none where only some of dout is zero", () => {
    assert(check(tensor([0, 1])).ok);
  });

  it("say how many threads there may be", async () => {
    const range = /(?:is not|must be) an integer (from \d+ to \d+)/g;
    const said = [...threadsPage.matchAll(range)].map(([, text]) => text);
    for (const count of [0, 257]) {
      const error = await assertRejects(() => startThreads(count), RangeError);
      said.push(...[...error.message.matchAll(range)].map(([, text]) => text));
    }
    assertEquals(await startThreads(1), 1);
    assertEquals(said, Array(4).fill("from 1 to 256"));
  });
});
