// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type GoldenFile, readGoldens } from "../ops/goldens/read.ts";
import { findOps, LIMIT, missingFrom, readOp } from "../ops/goldens/write.ts";

const GOLDENS = new URL("../ops/goldens/", import.meta.url);
const ops = await findOps();

describe("ops/goldens", () => {
  for (const [stem, url] of ops) {
    it(`${stem}.json is small, whole, and of the page as it is`, async () => {
      const path = new URL(`${stem}.json`, GOLDENS);
      const text = await Deno.readTextFile(path);
      assert(new TextEncoder().encode(text).length <= LIMIT);
      const file: GoldenFile = JSON.parse(text);
      const { cases } = readGoldens(file);
      assertEquals(cases.length, 2 * file.cases.length);
      assertEquals(
        missingFrom(file, await readOp(stem, url)),
        [],
        `run deno task goldens ${stem}`,
      );
    });
  }

  it("has files of operations, the notebook's and that of training, only", async () => {
    const stems: string[] = [];
    for await (const { name } of Deno.readDir(GOLDENS)) {
      if (name.endsWith(".json")) stems.push(name.slice(0, -5));
    }
    assertEquals(
      stems.filter((stem) => !ops.has(stem)),
      ["notebook", "training"],
    );
  });
});

describe("deno task goldens", () => {
  const run = async (args: string[], python: string) => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        new URL("write.ts", GOLDENS).href,
        ...args,
      ],
      env: { PYTHON: python },
    }).output();
    return { code, said: new TextDecoder().decode(stderr) };
  };

  it("says what it needs if there is no PyTorch", async () => {
    const { code, said } = await run(["matmul"], "no-such-python");
    assertEquals(code, 1);
    assertStringIncludes(
      said,
      "Cannot write the goldens: a Python with PyTorch and NumPy is needed: `python3 -m pip install torch numpy`",
    );
  });

  it("says which operations there are", async () => {
    const { code, said } = await run(["addBais"], "no-such-python");
    assertEquals(code, 1);
    assertStringIncludes(said, "there is no op addBais; there are abs, ");
  });
});
