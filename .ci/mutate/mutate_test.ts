// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import addBiasPage from "../../ops/arithmetic/add_bias.ts" with {
  type: "text",
};
import linearPage from "../../ops/products/linear.ts" with { type: "text" };
import naivePage from "../../ops/kernels/naive.ts" with { type: "text" };
import matmulPage from "../../ops/products/matmul.ts" with { type: "text" };
import sumPage from "../../ops/reductions/sum.ts" with { type: "text" };
import { execute, measure, tryMutant } from "./agent.ts";
import type { Test } from "./bdd.ts";
import { Equivalents } from "./equivalents.ts";
import { formulaMutations } from "./formulas.ts";
import { coverage, initializers, instrument, reset } from "./instrument.ts";
import { applyEdit, mutations, parse } from "./mutators.ts";
import { mutantsOf, patchOf, Tests } from "./plan.ts";
import { formatSurvivor, formatTable, judge } from "./report.ts";
import type { Result } from "./campaign.ts";
import { Users } from "./users.ts";

const MODULE = "mean.ts";
const TEXT = `
const START = 0;
let calls = 0;

/** The mean of some numbers. */
export function mean(x: readonly number[]): number {
  calls++;
  let sum = START;
  for (let i = 0; i < x.length; i++) sum += x[i];
  if (x.length === 0) return NaN;
  return sum / x.length;
}

/** Is never tested. */
export function count(x: readonly number[]): number {
  return x.length + calls - calls;
}
`;

const load = async (text: string) =>
  await import(`data:application/typescript,${encodeURIComponent(text)}`);
const { mean } = await load(instrument(MODULE, TEXT));

/** What becomes of the mutants where these tests are all there are. */
async function results(checks: Record<string, () => void>): Promise<Result[]> {
  const tests = Object.entries(checks).map(([name, check]): Test => ({
    name,
    run: () => Promise.resolve().then(check),
  }));
  const resets = { [MODULE]: reset(TEXT) };
  const { apply, revert } = coverage(MODULE, TEXT);
  execute({ [MODULE]: apply });
  const measures = [];
  for (const test of tests) {
    measures.push(await measure(test, { [MODULE]: TEXT.length }));
  }
  execute({ [MODULE]: revert });
  assertEquals(measures.filter(({ failure }) => failure), []);
  const plan = new Tests(measures, new Users({ [MODULE]: TEXT }));
  const found: Result[] = [];
  for (const mutant of mutantsOf(MODULE, TEXT)) {
    const patch = patchOf(TEXT, mutant);
    if (patch === undefined) continue;
    const [apply, revert] = [patch.apply, patch.revert]
      .map((code) => ({ [MODULE]: code }));
    const trials = plan.trials(mutant);
    const killed = await tryMutant({ apply, revert }, tests, trials, resets);
    found.push({ mutant, killed, reached: trials.length, milliseconds: 0 });
  }
  return found;
}

function resultOf(results: Result[], to: string): Result {
  const found = results.find(({ mutant }) => mutant.to.includes(to));
  assert(found !== undefined, `There is no mutant ${to}`);
  return found;
}

const ofOne = () => assertEquals(mean([3]), 3);
const ofTwo = () => assertEquals(mean([1, 5]), 3);
const ofNone = () => assertEquals(mean([]), NaN);

describe("deno task mutate", () => {
  it("reports a mutant that no test notices, and none that one does", async () => {
    const weak = await results({ ofOne });
    for (const to of ["sum * x.length", "return sum;", "sum = x[i]"]) {
      assertEquals(resultOf(weak, to).killed, undefined, to);
    }
    for (const to of ["sum -= x[i]", "START = 1", "return x.length / sum"]) {
      assertEquals(resultOf(weak, to).killed?.how, "assertion", to);
    }
    const strong = await results({ ofOne, ofTwo, ofNone });
    for (const to of ["sum * x.length", "return sum;", "sum = x[i]"]) {
      assertEquals(resultOf(strong, to).killed?.how, "assertion", to);
    }
  });

  it("runs only the tests that reach a mutant, and ends loops", async () => {
    const all = await results({ ofOne, ofTwo, ofNone });
    assertEquals(resultOf(all, "if (x.length === 0) ;").reached, 1);
    assertEquals(resultOf(all, "sum += x[i + 1]").reached, 2);
    assertEquals(resultOf(all, "START = 1").reached, 3);
    assertEquals(resultOf(all, "x.length - calls").reached, 0);
    assertEquals(resultOf(all, "; i--").killed?.how, "endless loop");
    assertEquals(mean([1, 5]), 3);
  });

  it("names file, line and change of a survivor, and counts it", async () => {
    const verdict = judge(
      await results({ ofOne }),
      new Equivalents([]),
      new Set(),
    );
    const text = verdict.survivors.map(formatSurvivor).join("\n");
    assert(text.includes(
      "mean.ts:11 (operator, in mean; one test reaches it)\n    - return sum / x.length;\n    + return sum * x.length;",
    ));
    assert(!text.includes("sum -= x[i]"));
    const [head, , total] = formatTable(verdict).split("\n");
    assert(head.endsWith("survived"));
    assertEquals(
      Number(total.split(" ").at(-1)),
      verdict.survivors.length,
    );
  });
});

describe("the equivalent mutants", () => {
  const entry = {
    file: MODULE,
    in: "mean",
    from: "calls++;",
    to: "calls--;",
    why: "Nobody reads it",
  };

  it("are no survivors", async () => {
    const found = await results({ ofOne, ofTwo, ofNone });
    const [before, after] = [[], [entry]].map((list) =>
      judge(found, new Equivalents(list), new Set([MODULE]))
    );
    assertEquals(after.wrong, []);
    assertEquals(after.survivors.length, before.survivors.length - 1);
    assertEquals(after.equivalent.length, 1);
  });

  it("are wrong where a test notices them, or where there is none such", async () => {
    const found = await results({ ofOne });
    const noticed = { ...entry, from: "sum += x[i]", to: "sum -= x[i]" };
    const line = "for (let i = 0; i < x.length; i++)";
    noticed.from = `${line} ${noticed.from};`;
    noticed.to = `${line} ${noticed.to};`;
    const stale = { ...entry, from: "calls += 1;" };
    const { wrong } = judge(
      found,
      new Equivalents([noticed, stale]),
      new Set([MODULE]),
    );
    assertEquals(wrong.length, 2);
    assert(
      wrong[0].startsWith("mean.ts:9 is listed as equivalent, and noticed"),
    );
    assert(wrong[1].includes("- calls += 1;"));
  });

  it("are listed once", () => {
    assertThrows(() => new Equivalents([entry, entry]), TypeError);
  });
});

describe("instrument()", () => {
  it("keeps lines, comments and what is exported", async () => {
    const text = instrument(MODULE, TEXT);
    for (const line of ["/** Is never tested. */", "export function count("]) {
      const at = (text: string) =>
        text.split("\n").findIndex((l) => l.startsWith(line));
      assertEquals(at(text), at(TEXT));
    }
    assertEquals(Object.keys(await load(text)), ["count", "mean"]);
  });

  it("refuses statements that it cannot replace", () => {
    assertThrows(
      () => instrument(MODULE, "export class A {}"),
      TypeError,
      'there is "export class A {}"',
    );
  });

  it("gives patterns and empty variables a value, too", () => {
    assertEquals(
      initializers(parse("const { a, b } = c;\nlet d: number | undefined;")),
      "({ a, b } = (c));\n(d = (undefined));",
    );
  });
});

describe("Users", () => {
  it("finds the functions that use a declaration, through constants and modules", () => {
    const a = `const SIZE = 4, WIDTH = 2;
export const AREA = SIZE * WIDTH;
let last = 0;
function grow(by: number): void {
  last += by * WIDTH;
}
`;
    const b = `import { AREA as ROOM, type Shape } from "./a.ts";
const HALF = ROOM / 2;
export function fits(x: Shape): boolean {
  return x.size < HALF;
}
function SIZES(): void {}
`;
    const users = new Users({ "ops/a.ts": a, "ops/b.ts": b });
    const places = (name: string) => users.of("ops/a.ts", name);
    const grow = ["ops/a.ts", a.indexOf("function grow")] as const;
    const fits = ["ops/b.ts", b.indexOf("export function fits")] as const;
    assertEquals(places("last"), [grow]);
    assertEquals(places("AREA"), [fits]);
    assertEquals(places("SIZE,WIDTH"), [fits, grow]);
    assertEquals(places("grow"), [grow]);
  });
});

describe("mutations()", () => {
  const changes = (body: string) => {
    const text = `function f() { ${body} }`;
    return mutations(text).map((edit) =>
      applyEdit(text, edit).slice("function f() { ".length, -" }".length)
    );
  };

  it("breaks operators, operands and signs", () => {
    const found = changes("return a * b + c;");
    for (
      const mutant of [
        "return (a / b) + c;",
        "return (a + b) + c;",
        "return a * b - c;",
        "return a * b;",
        "return c;",
        "return a + c;",
        "return -(a * b + c);",
      ]
    ) assert(found.includes(mutant), mutant);
  });

  it("breaks loops, indices and conditions", () => {
    const found = changes("for (let i = from; i < n; i += 4) x[i] = y[j];");
    for (
      const mutant of [
        "for (let i = from + 1; i < n; i += 4) x[i] = y[j];",
        "for (let i = from; i <= n; i += 4) x[i] = y[j];",
        "for (let i = from; i < n - 1; i += 4) x[i] = y[j];",
        "for (let i = from; false; i += 4) x[i] = y[j];",
        "for (let i = from; i < n; i -= 4) x[i] = y[j];",
        "for (let i = from; i < n; i += 5) x[i] = y[j];",
        "for (let i = from; i < n; i += 4) x[i + 1] = y[j];",
        "for (let i = from; i < n; i += 4) x[i] = -y[j];",
        "for (let i = from; i < n; i += 4) ;",
      ]
    ) assert(found.includes(mutant), mutant);
  });

  it("leaves a step as it is where nobody looks at what it gives", () => {
    const unused = changes("for (; i < n; i++, j++) f(g(j), k++);");
    assert(!unused.some((mutant) => mutant.includes("++i")));
    assert(unused.some((mutant) => mutant.includes("++k")));
    assert(changes("while (i++ < n);").includes("while (++i < n);"));
  });

  it("breaks calls, checks and lists", () => {
    const found = changes("check(act, x, 2); return [x.rows, y.cols];");
    for (
      const mutant of [
        "; return [x.rows, y.cols];",
        "check(x, act, 2); return [x.rows, y.cols];",
        "check(act, undefined, 2); return [x.rows, y.cols];",
        "check(act, x, 3); return [x.rows, y.cols];",
        "check(act, x, 2); return [y.cols, x.rows];",
        "check(act, x, 2); return [x.cols, y.cols];",
      ]
    ) assert(found.includes(mutant), mutant);
  });

  it("makes each mutant once, and leaves types alone", () => {
    const found = changes("const a: -1 | 2 = b as 3; return a < 4;");
    assertEquals(new Set(found).size, found.length);
    assert(
      found.every((mutant) =>
        !mutant || mutant.startsWith("const a: -1 | 2 = b as 3;")
      ),
    );
  });
});

describe("formulaMutations()", () => {
  const pages = { addBiasPage, linearPage, matmulPage, sumPage };
  const all = (page: string) =>
    formulaMutations(page).map(({ from, to }) => `${from} → ${to}`);

  it("breaks equations in every way", () => {
    const found = all(matmulPage);
    const dY = String.raw`\frac{\partial E}{\partial Y}`;
    const dZ = String.raw`\frac{\partial E}{\partial Z}`;
    const T = String.raw`^{\mathsf{T}}`;
    const from = `${dY} = X${T} ${dZ}`;
    const [sum, terms] = [String.raw`\sum_{j=1}^{n}`, "X_{ij} Y_{jk}"];
    const z = `Z_{ik} = ${sum} ${terms}`;
    for (
      const mutant of [
        "Z = X Y → Z = Y X",
        "Z = X Y → Z = X",
        `Z = X Y → Z = X Y${T}`,
        "Z = X Y → Z = 2 X Y",
        `${from} → ${dY} = X ${dZ}`,
        `${from} → ${dY} = -\\left( X${T} ${dZ} \\right)`,
        `${from} → \\frac{\\partial E}{\\partial X} = X${T} ${dZ}`,
        `${z} → Z_{ki} = ${sum} ${terms}`,
        `${z} → Z_{ik} = ${terms}`,
        `${z} → Z_{ik} = \\sum_{j=1}^{m} ${terms}`,
        `${z} → Z_{ik} = ${sum} X_{ij} Y_{kj}`,
        `${z} → Z_{ik} = ${sum} X_{ij}`,
      ]
    ) assert(found.includes(mutant), mutant);
  });

  it("breaks the formulas of a kernel", () => {
    const found = formulaMutations(naivePage, "kernel").map(({ to }) => to);
    const z = String.raw`Z_{ik} = b_{k} + \sum_{j=1}^{n} X_{ij}`;
    assert(found.includes(`${z} Y_{kj}`), found.join("\n"));
  });

  it("breaks shapes, in sentences and in the table", () => {
    const found = all(matmulPage);
    for (
      const mutant of [
        String
          .raw`X \in \mathbb{R}^{m \times n} → X \in \mathbb{R}^{n \times m}`,
        String.raw`n \times p → p \times n`,
      ]
    ) assert(found.includes(mutant), mutant);
  });

  it("writes formulas that are read as what they are meant to be", () => {
    for (const page of Object.values(pages)) {
      for (const { start, end, from } of formulaMutations(page)) {
        const again = page.slice(0, start) + "$`" + from + "`$" +
          page.slice(end);
        const found = formulaMutations(again).find((m) => m.start === start);
        assertEquals(found?.from, from);
        break;
      }
    }
  });
});
