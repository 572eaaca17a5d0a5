// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { linesTouched, misses, traceBlocked, traceNaive } from "./access.ts";
import addAnOp from "./guides/3-add-an-op.md" with { type: "text" };
import * as op from "./guides/scale/scale.ts";
import source from "./guides/scale/scale.ts" with { type: "text" };
import goldens from "./guides/scale/scale.json" with { type: "json" };
import blocked from "../ops/kernels/blocked.ts" with { type: "text" };
import { decodeGoldens } from "../ops/goldens/goldens.ts";
import { type LinkName, prove } from "../ops/proof/chain.ts";
import { describeProof } from "../ops/proof/describe_proof.ts";
import { operation } from "../ops/proof/operation.ts";
import { PageError } from "../ops/proof/page.ts";
import { ones, scalar, tensor, zeros } from "../ops/tensor.ts";

const FILE = "ops/scale.ts";

/** The failures of a link, where the page or the code is another. */
function failures(
  link: LinkName,
  { page = source, code = op }: { page?: string; code?: object },
): string[] {
  const changed = operation(FILE, page, code, decodeGoldens(goldens));
  return prove(changed, link).flatMap(({ failures }) => failures);
}

/** The page with one change. */
function change(from: string, to: string): string {
  assert(source.includes(from));
  return source.replace(from, to);
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
      text.replaceAll('"./', '"../../../ops/')
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
    assertEquals(scale(tensor([[NaN]]), scalar(0)), tensor([[NaN]]));
  });

  it("shows what the proof says of a wrong formula", () => {
    const page = change("} = \\langle", "} = \\frac{1}{m n} \\langle");
    assertShown(
      ...failures("page = code", { page }),
      ...failures("page = calculus", { page }),
    );
    assertEquals(failures("code = calculus", { page }), []);
  });

  it("shows what gradcheck says of wrong code", () => {
    const code = {
      ...op,
      scaleDs: (...args: Parameters<typeof op.scaleDs>) => {
        const ds = op.scaleDs(...args);
        ds.data[0] /= args[0].data.length;
        return ds;
      },
    };
    assertShown(failures("code = calculus", { code })[0]);
    assertEquals(failures("page = calculus", { code }), []);
  });

  it("shows what is said of a formula that cannot be read", () => {
    const page = change("\\langle \\frac", "\\langle \\fra");
    const { message } = assertThrows(
      () => failures("page = code", { page }),
      PageError,
    );
    assertShown(message);
  });
});

describeProof(FILE, source, op, goldens);

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
    const reads = await traceBlocked(blocked, 8);
    for (const name of ["x", "y"]) {
      const at = reads.filter(({ of }) => of === name).map(({ at }) => at);
      assertEquals(at.length, 64);
      assertEquals(new Set(at).size, 64);
    }
    // Eight steps of the first tile, four numbers each.
    const first = reads.filter(({ of }) => of === "yBlock").slice(0, 32);
    assertEquals(first.map(({ at }) => at), first.map((_, i) => i));
  });

  it("reads an operand again for each block that needs it", async () => {
    const blocks = { ROWS: 4, DEPTH: 4, COLS: 4 };
    const reads = await traceBlocked(blocked, 8, blocks);
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
