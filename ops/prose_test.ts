// Copyright 2026 the Adjoint authors. MIT license.

// The prose of a page names symbols where no formula is: which dimensions make a
// result empty, how far an index goes, what is a row. All of it follows from the
// table of shapes and from the formulas.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import addBias from "./add_bias.ts" with { type: "text" };
import linear from "./linear.ts" with { type: "text" };
import matmul from "./matmul.ts" with { type: "text" };
import { visit } from "./proof/evaluate.ts";
import type { Expr } from "./proof/expression.ts";
import { type Page, readPage } from "./proof/page.ts";

/** The text of the module's comment, its lines joined. */
function proseOf(source: string): string {
  const [, text] = /\/\*\*\n([^]*?)\*\//.exec(source)!;
  return text.replaceAll(/^ \*/gm, "").replaceAll(/\s+/g, " ");
}

/** The symbols and formulas in a part of the prose. */
const inline = (text: string) =>
  [...text.matchAll(/\$`([^`]+)`\$/g)].map(([, tex]) => tex);

/** Every element of a tensor on the page. */
function elementsOf({ formulas }: Page) {
  const found: { name: string; indices: string[] }[] = [];
  const see = (expr: Expr) => {
    if (expr.kind !== "element" || expr.of.kind !== "symbol") return;
    found.push({ name: expr.of.name, indices: [...expr.indices] });
  };
  for (const statement of formulas.flatMap(({ statements }) => statements)) {
    if (statement.kind !== "equation") continue;
    for (const side of statement.sides) visit(side, see);
  }
  return found;
}

for (const [name, source] of Object.entries({ matmul, addBias, linear })) {
  const page = readPage(source);
  const prose = proseOf(source);
  const variables = [...page.inputs, page.output];
  const dims = [...new Set(variables.flatMap(({ shape }) => shape))];
  const elements = elementsOf(page);

  describe(`the prose of ${name}()`, () => {
    it("says which dimensions make a result empty, or a sum of nothing", () => {
      const [, bullet] = /\*\*Empty dimensions\.\*\*(.*?) - \*\*/.exec(prose)!;
      let found = 0;
      for (const sentence of bullet.split(". ")) {
        const where = /where (?:only )?((?:\$`\w`\$(?:,| or)? )+)is 0/i.exec(
          sentence,
        );
        if (where === null) continue;
        const rest = sentence.replace(where[0], "");
        for (const { symbol, shape } of variables) {
          if (!inline(rest).includes(symbol)) continue;
          // A result is a sum over what else is in the op, a gradient is one
          // over what else is in the output.
          const all = symbol === page.output.symbol ? dims : page.output.shape;
          const summed = all.filter((dim) => !shape.includes(dim));
          const expected = /\bempty\b/.test(rest) ? shape : summed;
          assertEquals(
            new Set<unknown>(inline(where[1])),
            new Set<unknown>(expected),
            sentence,
          );
          const zeros = /\$`(\w)`\$ zeros/.exec(rest);
          if (zeros !== null) assertEquals(zeros[1], shape.join());
          found++;
        }
      }
      assert(found >= 2);
    });

    it("says how far an index goes", () => {
      const { symbol, shape } = page.output;
      const { indices } = elements.find(({ name }) => name === symbol)!;
      const said = [...prose.matchAll(/\$`(\w)`\$ up to \$`(\w)`\$/g)];
      for (const [text, index, dim] of said) {
        assertEquals(dim, shape[indices.indexOf(index)], text);
      }
      if (said.length > 0) assertEquals(said.length, indices.length);
    });

    it("says rows and columns by the indices that they have", () => {
      const said = /(row|column) \$`(\w)`\$ of \$`(\w)`\$/gi;
      for (const [text, which, index, tensor] of prose.matchAll(said)) {
        const at = which.toLowerCase() === "row" ? 0 : -1;
        assert(
          elements.some(({ name, indices }) =>
            name === tensor && indices.at(at) === index
          ),
          text,
        );
      }
    });

    it("says where a delta is 1", () => {
      const said =
        /\\delta_\{(\w)(\w)\}`\$ is 1 where \$`(\w)`\$ is \$`(\w)`\$/g;
      for (const [text, a, b, c, d] of prose.matchAll(said)) {
        assertEquals([a, b], [c, d], text);
      }
    });

    it("says the factor that an element has in the derivative", () => {
      const fence = /```math (.*?)```/.source;
      const said = new RegExp(
        `\\$\`(\\w_\\S+)\`\\$ occurs(?:(?!occurs).)*?with the factor (1|\\$\`[^\`]+\`\\$).*?${fence}`,
        "g",
      );
      const deltas = /\\delta_\{\w\w\}/g;
      let found = 0;
      for (const [, of, factor, tex] of prose.matchAll(said)) {
        const [left, right] = tex.split(" = ");
        assert(left.includes(`\\partial ${of}}`), `${of}: ${tex}`);
        const rest = right.replaceAll(deltas, "").trim();
        assertEquals(rest || "1", inline(factor)[0] ?? factor, tex);
        found++;
      }
      assert(found > 0);
    });

    it("says where an index stands in both factors", () => {
      const said =
        /index \$`(\w)`\$ stands \*?(first|last)\*? in (both factors|the first factor and first in the second)|Now \$`(\w)`\$ stands (first) in (both factors)/g;
      for (const found of prose.matchAll(said)) {
        const [text, a, b, c, d, e, f] = found;
        const [index, where, which] = [a ?? d, b ?? e, c ?? f];
        // The last sum over it before, or the next after where none was.
        const sums = [...prose.matchAll(
          new RegExp(
            `\\\\sum_\\{${index}=1\\}\\^\\{\\w\\} ((?:(?!=|\\+|\`).)+)`,
            "g",
          ),
        )].filter(([, body]) => !body.includes("\\sum"));
        const sum = sums.findLast((sum) => sum.index < found.index) ?? sums[0];
        const factors = [...sum[1].matchAll(/_\{(\w+)\}/g)].map(([, i]) => i);
        assertEquals(factors.length, 2, `${text}: ${sum[1]}`);
        const place = (i: string) => i.startsWith(index) ? "first" : "last";
        for (const i of factors) assert(i.includes(index), text);
        const second = which === "both factors" ? where : "first";
        assertEquals(factors.map(place), [where, second], text);
      }
    });
  });
}
