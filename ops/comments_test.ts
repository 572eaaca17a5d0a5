// Copyright 2026 the Adjoint authors. MIT license.

// The comment of a function says the shapes of its arguments and of its result
// once more, where it has any: they must be those of the page, and what it says
// of its type parameters those of its signature. A formula beside the code must
// be one of the comment.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import addBias from "./add_bias.ts" with { type: "text" };
import linear from "./linear.ts" with { type: "text" };
import matmul from "./matmul.ts" with { type: "text" };
import { readPage } from "./proof/page.ts";
import sum from "./sum.ts" with { type: "text" };

const FUNCTION = /\/\*\*((?:(?!\*\/)[^])*)\*\/\nexport function (\w+)/g;
const SHAPE = /@(param|returns) (\w+)((?:(?!@)[^])*?)of shape `([^`]*)`/g;

for (const source of [addBias, linear, matmul]) {
  const { inputs, output } = readPage(source);
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
