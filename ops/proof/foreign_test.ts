// Copyright 2026 the Adjoint authors. MIT license.

import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { formatModule } from "./cli.ts";
import * as own from "./fixtures/own.ts";
import source from "./fixtures/own.ts" with { type: "text" };
import { PageError } from "./language/expression.ts";
import { describeProof, proveModule } from "./mod.ts";
import { PLAIN } from "./report.ts";
import { type Message, run } from "./worker.ts";

/** The failures of a module. */
const failures = (text: string, exports: object) =>
  proveModule("own.ts", text, exports).findings
    .filter(({ failures }) => failures.length > 0)
    .map(({ name, link, target }) => `${name} ${link}: ${target}`);

describe("a module of a user's own", () => {
  it("is proved page by page, whatever its functions are made of", () => {
    const report = proveModule("own.ts", source, own);
    assertEquals(failures(source, own), []);
    assert(report.holds);
    const links = (of: string) => [
      ...new Set(
        report.findings.filter(({ name }) => name === of)
          .map(({ link }) => link),
      ),
    ];
    const three = ["page = code", "page = calculus", "code = calculus"];
    assertEquals(links("square"), [...three, "code = convention"]);
    assertEquals(links("both"), three);
    assertEquals(links("twice"), three);
    const text = formatModule(report, PLAIN);
    assertStringIncludes(text, "✓ page = calculus: ∂E/∂B");
    assertStringIncludes(text, "26 of 26 links hold");
  });

  it("is refuted where page or code is wrong", () => {
    const page = source.replace("= 2 X_i \\frac", "= 3 X_i \\frac");
    assertEquals(failures(page, own), [
      "square page = code: ∂E/∂X",
      "square page = calculus: ∂E/∂X",
    ]);
    const special = source.replace(
      "| `[∞, 0]` | `[∞, 0]` |",
      "| `[∞, 0]` | `[1, 0]` |",
    );
    assertEquals(failures(special, own), ["square code = convention: ∂E/∂X"]);
    const squareDx = (x: ArrayLike<number>) => Array.from(x, (x) => 2 * x);
    assertEquals(failures(source, { ...own, squareDx }), [
      "square page = code: ∂E/∂X",
      "square code = calculus: ∂E/∂X",
    ]);
    const report = proveModule("own.ts", page, own);
    const text = formatModule(report, PLAIN);
    assertStringIncludes(text, "✗ page = calculus: ∂E/∂X\n    own.ts:24:4: ");
  });

  it("may give the gradients together or one by one", () => {
    const { square, squareDx } = own;
    const pages = source.slice(0, source.indexOf("/**\n * A scaled"));
    const squareD = (x: ArrayLike<number>, dout: ArrayLike<number>) => ({
      x: squareDx(x, dout),
    });
    assertEquals(failures(pages, { square, squareD }), []);
    const tensors =
      (f: (x: ArrayLike<number>, d: ArrayLike<number>) => number[]) =>
      (x: ArrayLike<number>, d: ArrayLike<number>) => ({
        shape: [x.length],
        data: Float64Array.from(f(x, d)),
      });
    const mixed = { square: tensors(square), squareDx: tensors(squareDx) };
    assertEquals(failures(pages, mixed), []);
  });

  it("is refused where functions or pages cannot be found", () => {
    const refused = (text: string, exports: object, message: string) =>
      assertThrows(
        () => proveModule("own.ts", text, exports),
        PageError,
        message,
      );
    refused(
      "export const x = 1;",
      {},
      'own.ts:1:1: Cannot find a page as no comment has a section "## Shapes"',
    );
    refused(
      source,
      { ...own, square: undefined },
      "own.ts:1:1: Cannot find the functions of the page as the module does not export a function square",
    );
    refused(
      source,
      { ...own, squareDx: undefined },
      "as the module must export squareD, or squareDx: there is no squareD, no squareDx",
    );
    const page = (text: string) =>
      text.replace("export function square(", "function square(");
    refused(
      page(source),
      own,
      "own.ts:12:3: Cannot tell what the page is about as no exported function or constant follows it",
    );
  });

  it("has a page in the comment of the module, where it has one function", () => {
    const { square, squareDx } = own;
    const from = source.indexOf("/**\n * The square");
    const text = source.slice(from, source.indexOf("/**\n * A scaled"))
      .replace(
        " */\nexport function square(",
        " * @module\n */\nfunction square(",
      );
    assertEquals(failures(text, { square, squareDx, other: 1 }), []);
    assertThrows(
      () => proveModule("own.ts", text, { ...own }),
      PageError,
      "of the module as there are twice, both, square: each needs a page in its own comment",
    );
  });

  it("says what a function returned that is not a tensor", () => {
    const square = () => [1];
    const { findings } = proveModule("own.ts", source, { ...own, square });
    assertStringIncludes(
      findings[0].failures.join(),
      "square must return a tensor, or 2 numbers for the shape 2: it returned [1]",
    );
  });
});

describe("describeProof()", () => {
  it("declares a test for each link, which fails where that does", () => {
    const tests: [string, () => void][] = [];
    const suite = {
      describe: (_: string, body: () => void) => body(),
      it: (name: string, body: () => void) => void tests.push([name, body]),
    };
    describeProof(suite, "own.ts", source, own);
    assertEquals(tests.length, 10);
    tests[0][1]();
    const page = source.replace("= 2 X_i \\frac", "= 3 X_i \\frac");
    tests.length = 0;
    describeProof(suite, "own.ts", page, own);
    assertThrows(tests[1][1], Error, "own.ts:24:4: ");
  });
});

describe("the thread that runs a module", () => {
  const said = async (load: () => Promise<object>, text = source) => {
    const messages: Message[] = [];
    const task = { file: "own.ts", url: "file:///own.ts", source: text };
    await run(task, (message) => messages.push(message), load);
    return messages;
  };

  it("says what it is doing, and what it found", async () => {
    const messages = await said(() => Promise.resolve(own));
    assertEquals(messages[0], { progress: "loading the module" });
    assertEquals(messages[1], { progress: "page = code of square" });
    const last = messages.at(-1)!;
    assert("report" in last && last.report.holds);
  });

  it("says why it found nothing", async () => {
    const thrown = await said(() => Promise.reject(new Error("no luck")));
    assertEquals(thrown.at(-1), {
      error: "own.ts: Cannot load the module: no luck",
    });
    const none = await said(() => Promise.resolve({}), "");
    assertEquals(none.at(-1), {
      error:
        'own.ts:1:1: Cannot find a page as no comment has a section "## Shapes"',
    });
  });
});
