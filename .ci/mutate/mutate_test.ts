// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  derivedOf,
  type Mutant,
  type Result,
  runCampaign,
  testsOf,
} from "./campaign.ts";
import { changedLines as changesIn } from "./changes.ts";
import { formulaMutations } from "./formulas.ts";
import { endLoops } from "./fuel.ts";
import { applyEdit, changedLines, mutations } from "./mutators.ts";
import { allowance, report } from "./report.ts";
import { Sandbox } from "./sandbox.ts";

const MODULE = `
export function mean(x: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i];
  return sum / x.length;
}
`;

const TESTS = (checks: string) => `
import { assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import { mean } from "./mean.ts";
${checks}
`;

/** What makes it an operation. */
const PAGE = `
const op = (name: string) => name;
export const signature = op("mean");
`;

const mutantsOf = (text: string): Mutant[] =>
  mutations(text).map((mutation) => ({
    ...mutation,
    ...changedLines(text, mutation),
    file: "mean.ts",
  }));

/** What becomes of the mutants where these tests are all there are. */
async function results(checks: string, derived = ""): Promise<Result[]> {
  const dir = await Deno.makeTempDir();
  try {
    const texts: Record<string, string> = {
      "mean.ts": MODULE + PAGE,
      "mean_test.ts": TESTS(checks),
      ...derived === "" ? {} : { "ops/core/properties_test.ts": derived },
    };
    const files = Object.keys(texts);
    await Deno.mkdir(`${dir}/ops/core`, { recursive: true });
    for (const file of files) {
      await Deno.writeTextFile(`${dir}/${file}`, texts[file]);
    }
    await using sandbox = await Sandbox.create(
      files,
      new URL(`file://${dir}/`),
    );
    const mutants = mutantsOf(MODULE);
    return await runCampaign(sandbox, files, mutants, {
      workers: 1,
      tell() {},
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const killed = (results: Result[], to: string) => {
  const found = results.find(({ mutant }) => mutant.to.includes(to));
  assert(found !== undefined, `There is no mutant ${to}`);
  return found.killed;
};

const ONE = 'it("has the mean of one", () => assertEquals(mean([3]), 3));';
const TWO = 'it("has the mean of two", () => assertEquals(mean([1, 5]), 3));';

describe("deno task mutate", () => {
  it("reports a mutant that no test notices, and none that one does", async () => {
    const weak = await results(ONE);
    for (const to of ["return sum * x.length", "sum = x[i]"]) {
      assertEquals(killed(weak, to), undefined, to);
    }
    assertEquals(killed(weak, "sum -= x[i]")?.name, "has the mean of one");
    const { text } = report(weak, new Set());
    assert(text.includes(
      "mean.ts:5 (operator, in mean) survived:\n    - return sum / x.length;\n    + return sum * x.length;",
    ));
    assert(!text.includes("sum -= x[i]"));

    const strong = await results(ONE + TWO);
    for (const to of ["return sum * x.length", "sum = x[i]"]) {
      assertEquals(killed(strong, to)?.name, "has the mean of two", to);
    }
    assert(killed(strong, "; i--")?.error.includes("A loop does not end"));
  });

  it("fails by the mutants that are judged, where too many survive", () => {
    const mutant = mutantsOf(MODULE).find(({ to }) => to.includes("sum -="))!;
    const survivors = (count: number) =>
      Array.from({ length: count }, () => ({ mutant: { ...mutant } }));
    const some = survivors(allowance(3)), many = survivors(40);
    const judged = (results: Result[]) =>
      new Set(results.map(({ mutant }) => mutant));
    assert(report(some, judged(some)).ok);
    assert(!report(many, judged(many)).ok);
    assert(report(many, new Set()).ok);
    assertEquals(report(some, judged(some)).brief, "");
    assertEquals(
      report(many, judged(many)).brief.split("\n").slice(0, 2),
      [
        `mean.ts: 40 of 40 mutants survived, at most ${allowance(40)} may:`,
        `  4: ${mutant.from} → ${mutant.to}`,
      ],
    );
  });

  it("runs the tests beside a module, or those of its folder", () => {
    const files = [
      "a/x.ts",
      "a/y.ts",
      "a/x_test.ts",
      "a/z_test.ts",
      "b_test.ts",
    ];
    assertEquals(testsOf("a/x.ts", files), ["a/x_test.ts"]);
    assertEquals(testsOf("a/y.ts", files), ["a/x_test.ts", "a/z_test.ts"]);
    assertEquals(testsOf("b/y.ts", files), ["b_test.ts"]);
  });

  it("runs what is derived for an operation, and for what all of them share", () => {
    const page = 'export const signature: Signature = op(\n  "max", {';
    const ofMax = derivedOf("ops/reductions/max.ts", page)!;
    const names = ["max() › a", "maxDx() › a", "b › maxD() gives", "argmax()"];
    assertEquals(names.map((name) => ofMax.test(name)), [
      true,
      true,
      true,
      false,
    ]);
    const ofAll = derivedOf("ops/core/op.ts", "")!;
    assert(ofAll.test("toyTwo() › a") && !ofAll.test("max() › a"));
    assertEquals(derivedOf("ops/gradcheck/check.ts", ""), undefined);
  });

  it("notices by derived tests what no test beside a module does", async () => {
    const derived = (name: string) => `
      import { assertEquals } from "@std/assert";
      import { it } from "@std/testing/bdd";
      import { mean } from "../../mean.ts";
      it("${name}() has the mean of two", () => assertEquals(mean([1, 5]), 3));
    `;
    const found = async (name: string) =>
      killed(await results(ONE, derived(name)), "return sum * x.length");
    assertEquals((await found("mean"))?.name, "mean() has the mean of two");
    assertEquals(await found("sum"), undefined);
  });

  it("knows which lines a change touches", () => {
    const diff =
      "--- a/x.ts\n+++ b/x.ts\n@@ -1,0 +2,2 @@\n+a\n+b\n@@ -9 +11 @@\n-c\n+d\n";
    assertEquals(
      [...changesIn(diff)].map(([file, lines]) => [file, ...lines]),
      [["x.ts", 2, 3, 11]],
    );
  });
});

describe("mutants", () => {
  it("of code break each place once, and each is another program", () => {
    const texts = mutations(MODULE).map((edit) => applyEdit(MODULE, edit));
    assertEquals(new Set(texts).size, texts.length);
    assert(!texts.includes(MODULE));
    for (
      const by of [
        "i <= x.length",
        "sum = x[i]",
        "x[i + 1]",
        "return x.length / sum",
      ]
    ) {
      assert(texts.some((text) => text.includes(by)), by);
    }
  });

  it("of formulas make the slips of the pen that the language knows", () => {
    const page =
      "/**\n * ```math\n * Y_i = 2 X_i + \\sum_{a=1}^{n} X_a\n * ```\n */\n";
    const texts = formulaMutations(page).map((edit) => applyEdit(page, edit));
    for (const by of ["Y_{i} = 2 X_{i}\n", "Y_{i} = 2 X_{a} + ", "n + 1"]) {
      assert(texts.some((text) => text.includes(by)), by);
    }
    assert(!texts.includes(page));
  });

  it("end their loops, one in the other, too", () => {
    const run = new Function(
      "n",
      endLoops("for (;;) for (;;) n++;\n") + "return n",
    );
    globalThis.deadline = performance.now();
    assertThrows(() => run(0), Error, "A loop does not end");
    globalThis.deadline = Infinity;
    const twice = new Function(
      "n",
      endLoops(
        "for (let i = 0; i < 2; i++) while (n % 2 === 1) { n++; } return n",
      ),
    );
    assertEquals(twice(3), 4);
  });
});
