// Copyright 2026 the Adjoint authors. MIT license.

import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import addBiasGoldens from "../../goldens/add_bias.json" with { type: "json" };
import sumGoldens from "../../goldens/sum.json" with { type: "json" };
import * as addBias from "../../arithmetic/add_bias.ts";
import addBiasPage from "../../arithmetic/add_bias.ts" with { type: "text" };
import * as sum from "../../reductions/sum.ts";
import sumPage from "../../reductions/sum.ts" with { type: "text" };
import { PLAIN } from "../../proof/report.ts";
import { main, verify } from "./verify.ts";

const EXPORTS = {
  ".": "./mod.ts",
  "./add-bias": "./ops/arithmetic/add_bias.ts",
  "./gradcheck": "./ops/gradcheck.ts",
  "./sum": "./ops/reductions/sum.ts",
  "./tensor": "./ops/tensor.ts",
};

/** Runs the command in a package of two operations. */
async function run(args: string[], page = sumPage) {
  const files: Record<string, string> = {
    "deno.json": JSON.stringify({ exports: EXPORTS }),
    "ops/arithmetic/add_bias.ts": addBiasPage,
    "ops/goldens/add_bias.json": JSON.stringify(addBiasGoldens),
    "ops/reductions/sum.ts": page,
    "ops/goldens/sum.json": JSON.stringify(sumGoldens),
  };
  const modules: Record<string, object> = {
    "ops/arithmetic/add_bias.ts": addBias,
    "ops/reductions/sum.ts": sum,
  };
  const printed: string[] = [];
  const shown: string[] = [];
  const code = await verify(args, {
    read: (path) =>
      path in files
        ? Promise.resolve(files[path])
        : Promise.reject(new Deno.errors.NotFound(path)),
    load: (path) => Promise.resolve(modules[path]),
    print: (text) => void printed.push(text),
    progress: (text) => void shown.push(text),
    style: PLAIN,
  });
  return { code, text: printed.join("\n"), shown };
}

describe("verify()", () => {
  it("proves every operation and says so with exit code 0", async () => {
    const { code, text, shown } = await run([]);
    assertEquals(code, 0);
    assertStringIncludes(text, "addBias  ops/arithmetic/add_bias.ts");
    assertStringIncludes(text, "sum  ops/reductions/sum.ts");
    assertStringIncludes(text, "the notebook");
    assertStringIncludes(text, "5.415829e-6");
    assertStringIncludes(
      text,
      "28 of 28 links hold, 5 of 5 notebook distances",
    );
    assertStringIncludes(shown.join(), "sum: page = calculus,");
    assertEquals(shown.at(-1), "");
  });

  it("proves one operation by its name", async () => {
    const { code, text } = await run(["sum"]);
    assertEquals(code, 0);
    assertStringIncludes(
      text,
      "11 of 11 links hold, 2 of 2 notebook distances",
    );
  });

  it("prints nothing but JSON with --json", async () => {
    const { code, text } = await run(["--json", "sum"]);
    assertEquals([code, JSON.parse(text).ok], [0, true]);
  });

  it("exits with 1 where a page is wrong, and quotes the formula", async () => {
    const tex = String.raw;
    const right =
      tex`\frac{\partial E}{\partial X_{ijk}} = \frac{\partial E}{\partial Y_{ik}}`;
    const wrong = sumPage.replace(
      right,
      () => right.replace(" = ", " = 2 "),
    );
    const { code, text } = await run(["sum"], wrong);
    assertEquals(code, 1);
    assertStringIncludes(
      text,
      tex`"\frac{\partial E}{\partial X_{ijk}} = 2 \frac{\partial E}{\partial Y_{ik}}" is wrong: at i = 1, j = 1, k = 1: the page gives`,
    );
    assertStringIncludes(text, "0 of 0 notebook distances");
  });

  it("refuses an operation that does not exist", async () => {
    await assertRejects(
      () => run(["nope"]),
      RangeError,
      "Cannot verify nope as there is no such operation: there are addBias, sum",
    );
  });

  it("exits with 2 where it cannot try, and says why", async () => {
    const printed: string[] = [];
    const keep = (text: string) => void printed.push(text);
    // There is no such operation, nor, as a rule, a permission to look for it.
    const code = await main(["nope"], { log: keep, error: keep });
    assertEquals([code, printed.length], [2, 1]);
    assertMatch(
      printed[0],
      /^error: (Cannot verify nope|Requires read access)/,
    );
  });

  it("explains itself with --help", async () => {
    const { code, text } = await run(["--help"]);
    assertEquals(code, 0);
    assertStringIncludes(text, "[NAME…]");
  });
});
