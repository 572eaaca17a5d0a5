// Copyright 2026 the Adjoint authors. MIT license.

// The prose of a page names symbols where no formula is: which dimensions make a
// result empty, how far an index goes, what is a row. All of it follows from the
// table of shapes and from the formulas.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as addBiasOp from "../arithmetic/add_bias.ts";
import addBias from "../arithmetic/add_bias.ts" with { type: "text" };
import * as linearOp from "../products/linear.ts";
import linear from "../products/linear.ts" with { type: "text" };
import * as matmulOp from "../products/matmul.ts";
import matmul from "../products/matmul.ts" with { type: "text" };
import { visit } from "../proof/evaluate.ts";
import type { Expr } from "../proof/expression.ts";
import { type Page, readPage } from "../proof/page.ts";
import * as sumOp from "../reductions/sum.ts";
import sum from "../reductions/sum.ts" with { type: "text" };
import { scalar, type Tensor, tensor, zeros } from "../tensor.ts";

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

const PAGES: [string, string, object][] = [
  ["matmul", matmul, matmulOp],
  ["addBias", addBias, addBiasOp],
  ["linear", linear, linearOp],
];

for (const [name, source, exports] of PAGES) {
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

    it("speaks of the output and of the inputs where it should", () => {
      const outputs = prose.matchAll(
        /(?:computed from|sums over every element of|every element of) \$`(\w)`\$/g,
      );
      for (const [text, symbol] of outputs) {
        assertEquals(symbol, page.output.symbol, text);
      }
      const inputs = page.inputs.map(({ symbol }) => symbol);
      const gradients = prose.matchAll(
        /(?:with respect to|one with respect to) \$`(\w)`\$(?: and \$`(\w)`\$)?/g,
      );
      for (const [text, ...symbols] of gradients) {
        for (const symbol of symbols.filter((s) => s !== undefined)) {
          assert(inputs.includes(symbol), text);
        }
      }
      for (const { symbol, parameter } of page.inputs) {
        assertEquals(symbol.toLowerCase(), parameter);
      }
    });

    it("has no symbols but those of the table and of the formulas", () => {
      const known = new Set<unknown>([
        ...["E", page.output.symbol],
        ...page.inputs.map(({ symbol }) => symbol),
        ...dims,
        ...elements.flatMap(({ indices }) => indices),
        "\\varepsilon",
      ]);
      const all = new Set(
        elements.map(({ name, indices }) => `${name}_${indices.join("")}`),
      );
      for (const tex of inline(prose)) {
        if (/^(\w|\\\w+)$/.test(tex)) assert(known.has(tex), tex);
        const element = tex.replaceAll(/[{}]/g, "");
        if (/^\w_\w+$/.test(element)) assert(all.has(element), tex);
        // No sign and no factor belongs to what is only named, nor a transpose.
        assert(!/^-|\d (\\(frac|delta|mathbf)|[A-Za-z])/.test(tex), tex);
        assert(!/^\w\^\{\\mathsf\{T\}\}$/.test(tex), tex);
      }
    });

    it("says how many ones and slices there are", () => {
      const ones =
        /\\mathbf\{1\}_(\w)`\$(?: is|,) the vector of \$`(\w)`\$ ones/g;
      for (const [text, dim, said] of prose.matchAll(ones)) {
        assertEquals(dim, said, text);
      }
      const slices =
        /\$`(\w)_(\w) \\in \S+ .{0,30}?`\$ and \$`(\w)_(\w) \\in .{0,40}?`\$ are the \$`(\w)`\$-th/g;
      for (const [text, a, i, b, j, said] of prose.matchAll(slices)) {
        assertEquals([a, b], [page.inputs[0].symbol, page.output.symbol], text);
        assertEquals([i, j], [said, said], text);
      }
    });

    it("says what is what", () => {
      const [x, z] = [page.inputs[0].shape, page.output.shape];
      const is = (pattern: RegExp, ...expected: unknown[]) => {
        for (const [text, ...found] of prose.matchAll(pattern)) {
          assertEquals(found, expected.flat(), text);
        }
      };
      is(/\$`(\w)`\$ inputs, to \$`(\w)`\$ outputs/g, x[1], z[1]);
      is(/a batch of \$`(\w)`\$ (rows)/g, x[0], "rows");
      is(
        /vectors is \$`(\w) \\times (\w) \\times (\d)`\$, a batch of images is \$`(\w) \\times (\w) \\times (\w)`\$ with their height and width in \$`(\w)`\$/g,
        ...[x.slice(0, 2), "1", x, x[2]],
      );
      is(/elements of (\d) bytes \(float32\) or (\d) \(float64\)/g, "4", "8");
      const names = page.inputs.map(({ parameter }) => `\`${parameter}\``);
      is(
        /\*\*Aliasing\.\*\* (.*?) and `(\w+)` may share memory/g,
        ...[names.join(", "), "dout"],
      );
      const once =
        /In \$`(.+?)`\$ the element \$`(\w)_\{(\w\w)\}`\$ occurs once, where \$`(\w)`\$ is \$`(\w)`\$ and \$`(\w)`\$ is \$`(\w)`\$/g;
      for (const [text, tex, of, indices, a, i, b, j] of prose.matchAll(once)) {
        assert(tex.includes(`${of}_{${a}${b}}`), text);
        assertEquals(indices, i + j, text);
      }
      const left = /sum over \$`(\w)`\$ only the term of \$`(\w)`\$/g;
      for (const [text, a, i] of prose.matchAll(left)) {
        assert(prose.includes(`\\delta_{${a}${i}}`), text);
      }
      const transposed =
        /(?:so|it is) \$`(\w)`\$ (?:that )?is transposed.*?```math (.*?)```/g;
      for (const [text, symbol, tex] of prose.matchAll(transposed)) {
        assert(tex.includes(`${symbol}^{\\mathsf{T}}`), text);
      }
    });

    it("says which inputs the backward pass needs", () => {
      const [, sentence] = /backward pass needs (.*?)\./.exec(prose)!;
      const [needed, not] = sentence.split(/\b(?:neither|not)\b/).map(inline);
      const size = (dim: unknown) => 2 + dims.indexOf(dim as string);
      const make = (shape: readonly unknown[], at: number): Tensor => {
        const sizes = shape.map(size);
        const count = sizes.reduce((a, b) => a * b, 1);
        const data = Array.from({ length: count }, (_, i) => Math.sin(i + at));
        return tensor(data, sizes);
      };
      const functions = Object.entries(exports).filter(([key]) =>
        key.startsWith(`${name}D`)
      ).map(([, f]) => f);
      const gradients = (changed: number) => {
        const inputs = page.inputs.map(({ shape }, i) =>
          make(shape, i === changed ? 9 : i)
        );
        const dout = make(page.output.shape, 5);
        return functions.map((f) => f(...inputs, dout).data);
      };
      const before = gradients(-1);
      const differs = page.inputs.filter((_, i) =>
        gradients(i).some((data, f) =>
          data.some((v: number, e: number) => v !== before[f][e])
        )
      ).map(({ symbol }) => symbol);
      assertEquals(needed, differs);
      for (const symbol of not) {
        assert(variables.some((v) => v.symbol === symbol), symbol);
        assert(!differs.includes(symbol), symbol);
      }
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

    it("says which row of one is multiplied by which column of the other", () => {
      const said = /is a (\w+) of the first times a (\w+) of the second/g;
      for (const [text, ...lines] of prose.matchAll(said)) {
        const [x, y] = page.inputs.map(({ symbol }) =>
          elements.find(({ name }) => name === symbol)!.indices
        );
        const [index] = x.filter((i) => y.includes(i));
        // Along a row, the last index runs.
        const along = [x, y].map((of) =>
          of.at(-1) === index ? "row" : "column"
        );
        assertEquals(lines, along, text);
      }
    });

    it("says in which elements of the output an input occurs", () => {
      const { symbol } = page.output;
      const { indices } = elements.find(({ name }) => name === symbol)!;
      const PLACES = indices.length === 2
        ? ["row", "column"]
        : ["first", "middle", "last"];
      const column =
        /`\$ occurs in every (row|column) of (row|column) \$`(\w)`\$/g;
      for (const [text, every, which, index] of prose.matchAll(column)) {
        assertEquals(which, PLACES[indices.indexOf(index)], text);
        assert(every !== which, text);
      }
      const middle = /whose (\w+) index is \$`(\w)`\$/g;
      for (const [text, which, index] of prose.matchAll(middle)) {
        assertEquals(which, PLACES[indices.indexOf(index)], text);
      }
    });

    it("says along which axis ones repeat a vector, and weights are stored", () => {
      const repeats =
        /repeats the bias in every (\w+)(?:(?!```).)*```math (.*?)```/g;
      for (const [text, which, tex] of prose.matchAll(repeats)) {
        // One row for each of the ones where they are a column, and stand first.
        const ones = tex.split(" + ").at(-1)!.startsWith("\\mathbf{1}");
        assertEquals(which, ones ? "row" : "column", text);
      }
      const outputs = page.output.shape.at(-1);
      const axes = (shape: readonly unknown[]) =>
        shape.map((dim, axis) => dim === outputs ? ["row", "column"][axis] : "")
          .filter((name) => name !== "").join();
      const stored = /stored one (\w+) for each output/g;
      const found = [...prose.matchAll(stored)].map(([, which]) => which);
      const other = /\\in \\mathbb\{R\}\^\{(\w) \\times (\w)\}`\$ would be/
        .exec(prose);
      const expected = [page.inputs[1].shape, other?.slice(1) ?? []];
      assertEquals(found, expected.map(axes).slice(0, found.length));
    });

    it("takes each derivative by what the step is about", () => {
      let found = 0;
      for (const [, tex] of prose.matchAll(/```math (.*?)```/g)) {
        const by = (symbol: string) =>
          [...tex.matchAll(
            /\\frac\{\\partial (\w)(?:_\S+?)?\}\{\\partial (\w(?:_\w|_\{\w+\})?)\}/g,
          )].filter(([, of]) => of === symbol).map(([, , by]) => by);
        const [gradient] = by("E").slice(0, 1);
        if (gradient === undefined || !tex.startsWith("\\frac{\\partial E}")) {
          continue;
        }
        for (const other of by(page.output.symbol)) {
          assertEquals(other, gradient, tex);
          found++;
        }
      }
      assert(found >= page.inputs.length);
    });

    it("says what a backward pass costs", () => {
      const said =
        /(\w+) again for each gradient: a backward pass costs (.+?) its/
          .exec(prose);
      if (said === null) return;
      const TIMES = ["", "as much as", "twice", "three times"];
      assertEquals(said.slice(1), ["same", TIMES[page.inputs.length]]);
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
        `\\$\`(\\w_\\S+)\`\\$ occurs(?:(?!occurs).)*?with the factor (\\d|\\$\`[^\`]+\`\\$).*?${fence}`,
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
      const all =
        /contains one element of .*?, with the factor (\d)\. .*?```math (.*?)```/g;
      for (const [text, factor, tex] of prose.matchAll(all)) {
        const [, right] = tex.split(" = ");
        assertEquals(right.replaceAll(deltas, "").trim() || "1", factor, text);
      }
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

/** What a pattern finds in the prose of a page. */
function find(source: string, pattern: RegExp): string[] {
  const found = pattern.exec(proseOf(source));
  assert(found !== null, `The page says nothing like ${pattern}`);
  return found.slice(1);
}

describe("the edge cases on the pages", () => {
  it("are what the sum is of nothing, of a scalar, and of large numbers", () => {
    const [nothing] = find(sum, /The sum of nothing is (\S+?),/);
    assertEquals(sumOp.sum(tensor([])).data[0], Number(nothing));
    const [least] = find(sum, /The rank \$`r`\$ is (\S+) or more/);
    assertEquals(sumOp.sum(scalar(5)), scalar(5));
    assertEquals(Number(least), scalar(5).shape.length);
    const [a, b, c, total] = find(
      sum,
      /the sum of (\S+), (\S+) and (\S+) is (\S+)\./,
    ).map((text) => Math.fround(Number(text)));
    assert(a + b > 3.4028234663852886e38); // The largest number of float32.
    assertEquals(sumOp.sum(tensor([a, b, c])).data[0], total);
  });

  it("are where a NaN goes in the gradient of a bias", () => {
    find(
      addBias,
      /a NaN in `dout` is a NaN in the gradient of its channel, and in no other/,
    );
    const [x, y] = [zeros([1, 3, 2]), zeros([3])];
    const dout = tensor([[[0, 1], [NaN, 2], [3, 4]]]);
    assertEquals(addBiasOp.addBiasDy(x, y, dout), tensor([1, NaN, 7]));
  });

  it("are what a layer without inputs gives", () => {
    const [which] = find(
      linear,
      /Where only \$`p`\$ is 0, every (\w+) of \$`Y`\$ is the bias/,
    );
    const b = tensor([1, 2, 3]);
    const rows = linearOp.linear(zeros([2, 0]), zeros([3, 0]), b);
    assertEquals(rows, tensor([[1, 2, 3], [1, 2, 3]]));
    assertEquals(which, "row");
  });
});
