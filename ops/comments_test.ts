// Copyright 2026 the Adjoint authors. MIT license.

// The comment of a function says the shapes of its arguments and of its result
// once more, where it has any: they must be those of the page.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import addBias from "./add_bias.ts" with { type: "text" };
import linear from "./linear.ts" with { type: "text" };
import matmul from "./matmul.ts" with { type: "text" };
import { readPage } from "./proof/page.ts";

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
