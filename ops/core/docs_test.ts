// Copyright 2026 the Adjoint authors. MIT license.

// What the comment of every function says besides its formula: each argument by
// name and shape, in the letters of the signature, and what comes back.

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { declared } from "./testing/draw.ts";
import { OPERATIONS } from "./testing/operations.ts";
import { ones, reshape, scalar, tensor, zeros } from "../tensor.ts";
import tensorText from "../tensor.ts" with { type: "text" };
import { startThreads } from "../threads.ts";
import threadsText from "../threads.ts" with { type: "text" };
import { parseAxes } from "./axes.ts";
import type { Signature } from "./op.ts";
import { functionsOf } from "./testing/functions.ts";

/** The comment of a function, its lines joined. */
function commentOf(source: string, name: string): string {
  const code = source.search(new RegExp(`^export function ${name}\\b`, "m"));
  assert(code >= 0, `There is no function ${name}`);
  const before = source.slice(0, code).trimEnd();
  assert(before.endsWith("*/"), `${name} has no comment`);
  return before.slice(before.lastIndexOf("/**") + 3, -2)
    .replaceAll(/\n \* ?/g, " ").trim();
}

/** What comes before the tags, and each tag with its text. */
function partsOf(comment: string) {
  const [summary, ...tags] = comment.split(
    / (?=@(?:param|returns|example|see) )/,
  );
  const of = (tag: string) =>
    tags.filter((text) => text.startsWith(`@${tag} `))
      .map((text) => text.slice(tag.length + 2).trim());
  const params = of("param").map((text) => {
    const [name] = text.split(" ", 1);
    return { name, text: text.slice(name.length + 1) };
  });
  return {
    summary: summary.trim(),
    params,
    returns: of("returns"),
    examples: of("example"),
    see: of("see"),
  };
}

/** The words for a declared shape that a comment may have. */
function wordsOf({ spec }: Signature, text: string, own?: string): RegExp {
  const { axes, broadcast } = parseAxes(text);
  const words: string[] = [];
  if (broadcast !== undefined) words.push("broadcast");
  else if (axes.length === 0) words.push("a scalar");
  else {
    // How many windows there are takes a formula, which the page has.
    const letters = axes.map((axis) =>
      axis.kind !== "size"
        ? axis.letter
        : axis.value.least > 0
        ? "…"
        : axis.text
    );
    words.push(`of shape \`${letters.join("×")}\``);
    if (axes.length === 1 && axes[0].kind === "many") {
      words.push("of any shape");
    }
  }
  for (const [name, input] of Object.entries(spec.inputs)) {
    if (name !== own && declared(input).shape === text) {
      words.push(`of the shape of \`${name}\``);
    }
  }
  return new RegExp(words.map((word) => RegExp.escape(word)).join("|"));
}

for (const { entry, source, signature } of OPERATIONS) {
  const { spec } = signature;
  const inputs = Object.entries(spec.inputs)
    .map(([name, input]) => ({ name, ...declared(input) }));
  const outputs = Object.values(spec.outputs);

  for (const { name, kind, wrt } of functionsOf(signature)) {
    describe(`the comment of ${name}()`, () => {
      const { summary, params, returns, examples, see } = partsOf(
        commentOf(source, name),
      );

      it("begins with a sentence that has the formula", () => {
        assertMatch(summary, /^[A-Z].*\.$/);
        if (kind === "forward") assertMatch(summary, /`[^`]+=[^`]+`/);
        // Of all gradients at once, each has its own as well.
        if (kind === "one") assertMatch(summary, /`∂E\/∂[^`]+=/);
      });

      it("links to the page", () => {
        assertEquals(see, [
          entry.replace("./", "https://jsr.io/@adjoint/ops/doc/"),
        ]);
      });

      it("names every argument with its shape, in their order", () => {
        const expected = inputs.filter(({ option }) => !option)
          .map(({ name }) => name);
        if (kind !== "forward") expected.push("dout");
        if (Object.keys(spec.options ?? {}).length > 0) {
          expected.push("options");
        }
        assertEquals(params.map(({ name }) => name), expected);
        for (const { name, text } of params) {
          assertMatch(text, /^[A-Z∂].*\.$/);
          const input = inputs.find((input) => input.name === name);
          if (input !== undefined) {
            assertMatch(text, wordsOf(signature, input.shape, name));
            const isNull = input.optional === true && name !== wrt;
            assertEquals(/\bor null\b/.test(text), isNull, text);
          } else if (name === "dout") {
            assertMatch(text, /gradients? of the loss with respect to/);
            for (const shape of outputs) {
              assertMatch(text, wordsOf(signature, shape));
            }
          }
        }
      });

      it("says what comes back", () => {
        const [text, ...others] = returns;
        assertEquals(others, []);
        assertMatch(text, /^[A-Z].*\.$/);
        if (kind === "forward") {
          for (const shape of outputs) {
            assertMatch(text, wordsOf(signature, shape));
          }
        } else if (kind === "one") {
          const { shape } = inputs.find(({ name }) => name === wrt)!;
          assertMatch(text, /^The gradient,/);
          assertMatch(text, wordsOf(signature, shape));
        } else {
          const names = [...text.matchAll(/`(\w+)`/g)].map(([, name]) => name);
          assertEquals(names, signature.differentiable, text);
        }
      });

      if (kind !== "forward") return;
      it("has an example that imports it from its entry point", () => {
        assert(examples.length > 0);
        assert(
          examples.some((text) =>
            text.includes(
              `import { ${name} } from "@adjoint/ops${entry.slice(1)}"`,
            )
          ),
          examples[0],
        );
      });
    });
  }
}

describe("the comment of options", () => {
  for (const { source, signature } of OPERATIONS) {
    const pattern =
      /(\/\*\*(?:(?!\*\/)[^])*\*\/)\nexport interface (\w+Options)\b[^{]*\{([^]*?)\n\}/g;
    for (const [, comment, name, body] of source.matchAll(pattern)) {
      it(`says what each option of ${signature.name} is, and its default`, () => {
        const start = `/** The options of {@linkcode ${signature.name}}.`;
        assert(comment.startsWith(start), `${name}: ${comment}`);
        const members = [
          ...body.matchAll(/\/\*\*((?:(?!\*\/)[^])*)\*\/\s*(\w+)(\??):/g),
        ];
        assert(members.length > 0, name);
        for (const [, text, key, optional] of members) {
          const words = text.replaceAll(/\s*\*?\s+/g, " ").trim();
          assertMatch(words, /^(The|Whether|Tensors) .*\.$/, `${name}.${key}`);
          assertEquals(
            /; [^;]*by default/.test(words),
            optional === "?",
            words,
          );
          assertEquals(/; required\.$/.test(words), optional === "", words);
        }
      });
    }
  }
});

describe("the errors of a comment", () => {
  const page = tensorText.replaceAll(/\n \* ?/g, " ");
  const integers = { dtype: "uint8" } as const;
  // deno-fmt-ignore
  const CASES: [string, (() => unknown)[]][] = [
    ["the arrays are ragged", [() => tensor([[1], [1, 2]] as never)]],
    ["an element is not a number", [() => tensor(["1"] as never), () => tensor([1n] as never, [1])]],
    ["the number of elements is not the product of the shape", [() => tensor([1, 2, 3], [2])]],
    ["a typed array is of another element type", [() => tensor(new Float32Array(1), [1], { dtype: "float64" }), () => tensor(new BigInt64Array(1) as never, [1])]],
    ["a dimension is not a non-negative integer", [() => tensor([], [-1]), () => zeros([1.5]), () => ones([NaN]), () => reshape(ones([2]), [-2, -1])]],
    ["an element is not an integer of the requested element type", [() => tensor([256], integers), () => tensor([0.5], [1], integers)]],
    ["the value is not an integer of the requested element type", [() => scalar(-1, integers)]],
    ["the value is not a number", [() => scalar("1" as never)]],
    ["the shape is not an array", [() => zeros(3 as never), () => ones("3" as never)]],
    ["`x` is not a tensor", [() => reshape([1] as never, [1])]],
    ["the product of the new dimensions is not the number of its elements", [() => reshape(ones([2]), [3])]],
  ];
  for (const [when, calls] of CASES) {
    it(`are of the class that it says: ${when}`, () => {
      const kinds = [
        ...page.matchAll(/@throws \{(\w+)\}((?:(?! @\w).)*)/g),
      ].filter(([, , text]) => text.includes(when)).map(([, kind]) => kind);
      assert(kinds.length > 0, when);
      for (const call of calls) {
        const error = assertThrows(call, Error);
        for (const kind of kinds) assertEquals(error.name, kind);
      }
    });
  }

  it("say how many threads there may be", async () => {
    const range = /(?:is not|must be) an integer (from \d+ to \d+)/g;
    const said = [...threadsText.matchAll(range)]
      .map(([, text]) => text);
    for (const count of [0, 257]) {
      const error = await assertRejects(() => startThreads(count), RangeError);
      said.push(...[...error.message.matchAll(range)].map(([, text]) => text));
    }
    assertEquals(await startThreads(1), 1);
    assertEquals(said, Array(4).fill("from 1 to 256"));
  });
});

/** The defaults that a text states, such as "0.00001 by default". */
function defaultsIn(text: string): unknown[] {
  const joined = text.replaceAll(/\n *\* ?/g, " ");
  const number = /([−∞\w.]+)([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]*) by default/g;
  const raised = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  return [...joined.matchAll(number)].map(([, base, exponent]) => {
    if (base === "true" || base === "false") return base === "true";
    const value = Number(base.replace("−", "-").replace("∞", "Infinity"));
    if (exponent === "") return value;
    const digits = exponent.replaceAll(/[^⁻]/g, (c) => `${raised.indexOf(c)}`);
    return value ** Number(digits.replace("⁻", "-"));
  });
}

describe("the defaults", () => {
  for (const { path, signature, source } of OPERATIONS) {
    for (const [key, option] of Object.entries(signature.spec.options ?? {})) {
      const { default: right } = option as { default?: unknown };
      if (!["number", "boolean"].includes(typeof right)) continue;
      if (option.kind === "axis") continue;

      it(`of ${key} are on the page of ${path} and in the comments what they are in the code`, () => {
        const property = new RegExp(
          `/\\*\\*((?:(?!\\*/)[^])*)\\*/\\s*${key}\\?:`,
        ).exec(source);
        assert(property !== null, `there is no comment of ${key}`);
        assertEquals(defaultsIn(property[1]), [right]);
        const page = new RegExp(
          `\\boption \`${key}\`(?: is|,) [−∞\\w.]+ by default`,
        ).exec(source.replaceAll(/\n \* ?/g, " "));
        if (page !== null) assertEquals(defaultsIn(page[0]), [right]);
      });
    }
  }
});
