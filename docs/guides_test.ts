// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { linesTouched, misses, traceBlocked, traceNaive } from "./access.ts";
import markdownIt from "npm:markdown-it@15.0.3";
import { codeError, inOrder, readGuide } from "./guide.ts";
import addAnOp from "./guides/3-add-an-op.md" with { type: "text" };
import * as op from "./guides/scale/scale.ts";
import source from "./guides/scale/scale.ts" with { type: "text" };
import goldens from "./guides/scale/scale.json" with { type: "json" };
import fromAPaper from "./guides/7-from-a-paper-to-a-page.md" with {
  type: "text",
};
import * as swiglu from "./guides/swiglu/swiglu.ts";
import swigluSource from "./guides/swiglu/swiglu.ts" with { type: "text" };
import swigluGoldens from "./guides/swiglu/swiglu.json" with { type: "json" };
import blocked from "../ops/kernels/blocked.ts" with { type: "text" };
import { readGoldens } from "../ops/goldens/read.ts";
import { type LinkName, prove } from "../ops/proof/chain.ts";
import { describeProof } from "../ops/core/testing/describe_proof.ts";
import { operation } from "../ops/proof/operation.ts";
import { PageError } from "../ops/proof/page.ts";
import { ones, scalar, type Tensor, tensor, zeros } from "../ops/tensor.ts";

const FILE = "ops/arithmetic/scale.ts";

/** The failures of a link, where the page or the code is another. */
function failures(
  link: LinkName,
  { page = source, code = op }: { page?: string; code?: object },
): string[] {
  const changed = operation(FILE, page, code, readGoldens(goldens));
  return prove(changed, link).flatMap(({ failures }) => failures);
}

/** The page with something else in place of the sum in its last formula. */
function mistaken(sum: string): string {
  const at = source.lastIndexOf("\\sum");
  return source.slice(0, at) + sum + source.slice(at + "\\sum".length);
}

function assertShown(...texts: string[]): void {
  for (const text of texts) {
    assert(
      addAnOp.includes(`\`\`\`text\n${text}\n\`\`\``),
      `The guide must show:\n${text}`,
    );
  }
}

describe("the guide Add an op", () => {
  it("shows the whole module that is proved here", () => {
    const fences = /^(```+)ts ignore\n(.*?)^\1$/gms;
    const [page, code] = [...addAnOp.matchAll(fences)].map(([, , text]) =>
      text.replaceAll('"../', '"../../../ops/')
    );
    assertEquals(`${page}\n${code}`, source);
  });

  it("has a module that keeps what its page promises", () => {
    const { scale, scaleDs } = op;
    const x = tensor([[1, 2], [3, 4]]);
    assertEquals(scale(x, scalar(10)), tensor([[10, 20], [30, 40]]));
    assertEquals(scaleDs(x, scalar(10), ones([2, 2])), scalar(10));

    const empty = zeros([0, 3]);
    assertEquals(scale(empty, scalar(2)), empty);
    assertEquals(scaleDs(empty, scalar(2), empty), scalar(0));
  });

  it("shows what the proof says of a wrong formula", () => {
    const page = mistaken("\\frac{1}{n} \\sum");
    assertShown(
      failures("page = code", { page })[0],
      failures("page = calculus", { page })[0],
    );
    assertEquals(failures("code = calculus", { page }), []);
  });

  it("shows what gradcheck says of wrong code", () => {
    const code = {
      ...op,
      scaleDs: (x: Tensor, s: Tensor<[]>, dout: Tensor) => {
        const ds = op.scaleDs(x, s, dout);
        ds.data[0] /= x.data.length;
        return ds;
      },
    };
    assertShown(failures("code = calculus", { code })[0]);
    assertEquals(failures("page = calculus", { code }), []);
  });

  it("shows what is said of a formula that cannot be read", () => {
    const page = mistaken("\\sun");
    const { message } = assertThrows(
      () => failures("page = code", { page }),
      PageError,
    );
    assertShown(message);
  });
});

describeProof(FILE, source, op, goldens);

describe("the guide From a paper to a page", () => {
  it("shows nothing but parts of the module that is proved here", () => {
    const fences = /^(```+)ts ignore\n(.*?)^\1$/gms;
    const shown = [...fromAPaper.matchAll(fences)].map(([, , text]) => text);
    assertEquals(shown.length, 4);
    const plain = (text: string) => text.replaceAll(/^[ ]+/gm, "");
    for (const text of shown) {
      assert(plain(swigluSource).includes(plain(text)), text);
    }
  });

  it("has a module that keeps what its page promises", () => {
    const y = swiglu.swiglu(tensor([0, 100]), tensor([5, 5]));
    assertEquals(y, tensor([0, 500]));
  });
});

describeProof(
  "ops/activations/swiglu.ts",
  swigluSource,
  swiglu,
  swigluGoldens,
);

describe("traceNaive()", () => {
  it("has a row of X and a column of Y for each element", () => {
    const reads = traceNaive(3);
    assertEquals(reads.length, 2 * 3 ** 3);
    // The second element of Z: row 0 of X, column 1 of Y.
    assertEquals(reads.slice(6, 12), [
      { of: "x", at: 0 },
      { of: "y", at: 1 },
      { of: "x", at: 1 },
      { of: "y", at: 4 },
      { of: "x", at: 2 },
      { of: "y", at: 7 },
    ]);
  });
});

describe("traceBlocked()", () => {
  it("reads each operand once, and then packed blocks, in their order", async () => {
    const { reads } = await traceBlocked(blocked, 8);
    for (const name of ["x", "y"]) {
      const at = reads.filter(({ of }) => of === name).map(({ at }) => at);
      assertEquals(at.length, 64);
      assertEquals(new Set(at).size, 64);
    }
    // Eight steps of the first tile, four numbers each.
    const first = reads.filter(({ of }) => of === "yBlock").slice(0, 32);
    assertEquals(first.map(({ at }) => at), first.map((_, i) => i));
  });

  it("writes four columns of Y side by side", async () => {
    const { writes } = await traceBlocked(blocked, 8);
    const packed = writes.filter(({ of }) => of === "yBlock")
      .toSorted((a, b) => a.at - b.at).map(({ value }) => value);
    assertEquals(packed.slice(0, 8), [0, 1, 2, 3, 8, 9, 10, 11]);
    assertEquals(packed.slice(32, 36), [4, 5, 6, 7]);
  });

  it("reads an operand again for each block that needs it", async () => {
    const blocks = { ROWS: 4, DEPTH: 4, COLS: 4 };
    const { reads } = await traceBlocked(blocked, 8, blocks);
    assertEquals(reads.filter(({ of }) => of === "x").length, 2 * 64);
  });

  it("says what it does not find in the kernel", async () => {
    const error = await traceBlocked("const x = 1;", 8).catch((e) => e);
    assert(error instanceof Error);
    assert(error.message.startsWith("Cannot draw what the blocked kernel"));
  });
});

describe("misses()", () => {
  const reads = (...places: number[]) => places.map((at) => ({ of: "x", at }));

  it("counts a line once while it is kept", () => {
    assertEquals(misses(reads(0, 1, 2, 3, 4, 0), 4, 2), 2);
    assertEquals(linesTouched(reads(0, 1, 2, 3, 4, 0), 4), 2);
  });

  it("drops the line that was used longest ago", () => {
    // Line 0 is used again before line 2 comes, so line 1 is dropped.
    assertEquals(misses(reads(0, 4, 0, 8, 0, 4), 4, 2), 4);
  });
});

describe("inOrder()", () => {
  it("has only the guides, in the order of their numbers", () => {
    assertEquals(
      inOrder([
        ...["1-a.md", "10-j.md", "2-b.md", "2-b/x.md", "a.json"],
        ...["learn/1-c.md", "learn/10-d.md", "learn/2-e.md"],
      ]),
      [
        ...["1-a.md", "2-b.md", "10-j.md"],
        ...["learn/1-c.md", "learn/2-e.md", "learn/10-d.md"],
      ],
    );
  });
});

describe("readGuide()", () => {
  const FILES: Record<string, string> = {
    "ops/products/matmul.ts": "",
    "docs/guides/2-second.md": "",
    "docs/notes.txt": "",
  };
  const read = (path: string) =>
    Object.hasOwn(FILES, path)
      ? Promise.resolve(FILES[path])
      : Promise.reject(new Error("No such file"));
  const markdown = markdownIt();
  const guide = (text: string) =>
    readGuide(
      "docs/guides/1-a.md",
      text,
      read,
      (text) => markdown.render(text),
    );
  const failure = async (text: string): Promise<string> => {
    const error = await guide(text).then(() => undefined, (e) => e);
    assert(error instanceof Error);
    return error.message;
  };
  const START = "# Title\n\nOne sentence, in\ntwo lines. Another one.\n\n";

  it("has the title, the first sentence and the path of the file", async () => {
    const { title, summary, path } = await guide(START);
    assertEquals(title, "Title");
    assertEquals(summary, "One sentence, in two lines.");
    assertEquals(path, "guides/a.html");
  });

  it("leads links to files of the repository to their pages", async () => {
    const { html } = await guide(
      `${START}[a](../../ops/products/matmul.ts#cost) [b](2-second.md) [c](https://x.org)`,
    );
    const links = [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
    assertEquals(links, [
      "../ops/matmul.html#cost",
      "second.html",
      "https://x.org",
    ]);
  });

  it("says where a dead link is", async () => {
    assertEquals(
      await failure(
        `${START}[a](../../ops/products/matmul.ts)\n[b](../../ops/none.ts)`,
      ),
      "docs/guides/1-a.md:7: Cannot link to ../../ops/none.ts as the file must be there: No such file",
    );
    assertEquals(
      await failure(`${START}[a](../notes.txt)`),
      "docs/guides/1-a.md:6: Cannot link to docs/notes.txt as it must have a page on the site: it has none",
    );
  });

  it("puts a figure, with what it shows, in the place of its fence", async () => {
    const { html } = await guide(
      `${START}\`\`\`figure naive-element\nA row *and* a column.\n\`\`\`\n\nEnd.`,
    );
    assertMatch(html, /<figure id="figure-naive-element">/);
    assertMatch(
      html,
      /<svg[^>]* role="img" aria-label="The naive kernel reads/,
    );
    assertMatch(
      html,
      /A row <em>and<\/em> a column\. For one element of Z, 16/,
    );
    assertMatch(html, /<p>End\.<\/p>/);
  });

  it("says where an unknown figure is, and what follows a figure", async () => {
    const message = await failure(`${START}\`\`\`figure none\nText.\n\`\`\``);
    assert(
      message.startsWith("docs/guides/1-a.md:6: Cannot make the figure none"),
      message,
    );
    const figure = "```figure naive-element\nText.\n```\n\n";
    assertMatch(
      await failure(`${START}${figure}[b](none.md)`),
      /^docs\/guides\/1-a\.md:10: Cannot link/,
    );
  });

  it("refuses a guide that does not begin with a title and a sentence", async () => {
    const message = await failure("Text without an end");
    assert(message.startsWith("docs/guides/1-a.md:1: Cannot list"), message);
  });
});

describe("codeError()", () => {
  it("says where code fails, and why", () => {
    const failed = `\
running 1 test from ./docs/guides/1-a.md#5-9.ts
file:///docs/guides/1-a.md#5-9.ts ... ok (1ms)
running 1 test from ./docs/guides/2-b.md#20-35.ts
file:///docs/guides/2-b.md#20-35.ts ... FAILED (1ms)

 ERRORS

file:///docs/guides/2-b.md#20-35.ts => ./docs/guides/2-b.md#20-35.ts:3:6
error: AssertionError: Values are not equal:
1
2
  throw new AssertionError(message);
        ^
    at assertEquals (file:///assert.ts:30:3)
    at file:///docs/guides/2-b.md#20-35.ts:29:5
`;
    assertEquals(
      codeError(failed).message,
      "docs/guides/2-b.md:20: Cannot show the guide as this code must run: AssertionError: Values are not equal:\n1\n2",
    );
  });

  it("says where types do not fit", () => {
    const failed = `\
Check docs/guides/1-a.md#5-9.ts
TS2322 [ERROR]: Type 'number' is not assignable to type 'string'.
    const x: string = 1;
          ~
    at file:///docs/guides/1-a.md#5-9.ts:28:11

error: Type checking failed.
`;
    assertMatch(
      codeError(failed).message,
      /^docs\/guides\/1-a\.md:5: Cannot show .* must run: Type 'number' is not/,
    );
  });

  it("has all of what it cannot read", () => {
    assertEquals(
      codeError("No deno").message,
      "Cannot show the guides as their code must run:\nNo deno",
    );
  });
});
