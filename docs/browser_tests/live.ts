// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import {
  assert,
  assertEquals,
  assertFalse,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { BrowserContext, Page } from "../../.ci/browser.ts";
import * as library from "../../mod.ts";
import { open, SAMPLE_OPS, SERVED, watch, withContext } from "./browser.ts";

type Shape = readonly number[];
type Tensor = library.Tensor<Shape, library.Arrays[library.DType]>;
type AnyFunction = (...inputs: unknown[]) => Tensor;
const functions = library as unknown as Record<string, AnyFunction>;

/** The numbers that a link says; where it draws them, there are none. */
type Numbers = readonly number[] | undefined;

/** A link, and what it must show. */
interface Case {
  op: string;
  /** The names of the inputs, then `dout`. */
  names: string[];
  /** The inputs that are integers. */
  integers?: string[];
  /** The options of every call. */
  options?: object;
  live: string;
  shapes: Shape[];
  given: Numbers[];
}

const RANDOM = undefined;
const numbers = (n: number, of: (i: number) => number) =>
  Array.from({ length: n }, (_, i) => of(i));
const ones = (n: number) => numbers(n, () => 1);
const upTo = (n: number) => numbers(n, (i) => i);

const CASES: Case[] = [{
  op: "matmul",
  names: ["x", "y", "dout"],
  live: "1_2~3~4_f32_1_r_r_r",
  shapes: [[2, 3], [3, 4], [2, 4]],
  given: [RANDOM, RANDOM, RANDOM],
}, {
  op: "matmul",
  names: ["x", "y", "dout"],
  live: "1_0~3~2_f32_1_r_o_r",
  shapes: [[0, 3], [3, 2], [0, 2]],
  given: [[], ones(6), []],
}, {
  op: "matmul",
  names: ["x", "y", "dout"],
  live: "1_3~3~3_f32_1_eNaN~1~2~3~-Infinity~5~6~0~Infinity_o_a",
  shapes: [[3, 3], [3, 3], [3, 3]],
  given: [
    [NaN, 1, 2, 3, -Infinity, 5, 6, 0, Infinity],
    ones(9),
    upTo(9),
  ],
}, {
  op: "linear",
  names: ["x", "w", "b", "dout"],
  live: "1_3~2~4_f64_9_r_r_a_r",
  shapes: [[3, 2], [4, 2], [4], [3, 4]],
  given: [RANDOM, RANDOM, upTo(4), RANDOM],
}, {
  op: "softmax",
  names: ["x", "dout"],
  options: { axis: 1 },
  live: "1_2~3~2_f32_1_r_r",
  shapes: [[2, 3, 2], [2, 3, 2]],
  given: [RANDOM, RANDOM],
}, {
  op: "sum",
  names: ["x", "dout"],
  options: { axes: [1] },
  live: "1_1~2~2_f64_1_e0.1~3e-5~NaN~1e300_e1.5~-0",
  shapes: [[1, 2, 2], [1, 2]],
  given: [[0.1, 3e-5, NaN, 1e300], [1.5, -0]],
}, {
  op: "leakyRelu",
  names: ["x", "dout"],
  options: { slope: 0.5 },
  live: "1_3_f64_1_e-1~0~1_o_oslope~0.5",
  shapes: [[3], [3]],
  given: [[-1, 0, 1], ones(3)],
}, {
  op: "crossEntropy",
  names: ["logits", "labels", "dout"],
  integers: ["labels"],
  live: "1_2~3~1_f32_1_r_a_o",
  shapes: [[2, 3, 1], [2, 1], []],
  given: [RANDOM, [0, 1], [1]],
}];

const pageOf = (op: string) =>
  `ops/${op.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)}.html`;

/** Opens the panel of an op, in the state of a link where there is one. */
async function openPanel(
  context: BrowserContext,
  op: string,
  live?: string,
): Promise<Page> {
  const query = live === undefined ? "" : `?live=${live}`;
  const { page, problems } = await open(
    context,
    `${pageOf(op)}${query}#live`,
  );
  await page.locator('#live[data-ready="true"]').waitFor();
  assertEquals(problems, []);
  return page;
}

const live = (page: Page, name: string) =>
  page.locator(`[data-live="${name}"]`);
const cell = (page: Page, tensor: string, place: string) =>
  page.locator(`[data-tensor="${tensor}"] [data-cell="${place}"]`);

/** The places of the elements of a shape, as the cells have them. */
function placesOf(shape: Shape): string[] {
  let places: number[][] = [[]];
  for (const n of shape) {
    places = places.flatMap((place) =>
      Array.from({ length: n }, (_, i) => [...place, i + 1])
    );
  }
  return places.map(String);
}

/** The numbers of a tensor on the page, which are shown as they are. */
async function read(
  page: Page,
  tensor: string,
  shape: Shape,
  dtype: library.DType,
): Promise<Tensor> {
  const cells = await page.locator(`[data-tensor="${tensor}"] td`)
    .evaluateAll((cells) =>
      (cells as HTMLElement[]).map(({ dataset, innerText }) => ({
        place: dataset.cell!,
        value: dataset.value!,
        text: innerText,
      }))
    );
  assertEquals(cells.map(({ place }) => place), placesOf(shape), tensor);
  for (const { value, text } of cells) {
    const shown = Number(
      text.trim().replaceAll("−", "-").replace("∞", "Infinity"),
    );
    const exact = Number(value);
    // A cell is narrow: beside an exponent there may be room for one digit.
    const error = /e.*\d/.test(text) ? 0.5 : 5e-3;
    assert(
      Object.is(shown, exact) ||
        Math.abs(shown - exact) <= error * Math.abs(exact),
      `${tensor}: ${text} is shown, and is ${value}`,
    );
  }
  const data = cells.map(({ value }) => Number(value));
  return library.tensor(data, shape, { dtype });
}

/** Checks every number on the page against the library's. */
async function assertIsLibrarys(page: Page, example: Case) {
  const { op, names, shapes, integers = [], options = {} } = example;
  const dtype = await live(page, "float64").isChecked() ? "float64" : "float32";
  const given: Tensor[] = [];
  for (const [i, name] of names.entries()) {
    const type = integers.includes(name) ? "int32" : dtype;
    given.push(await read(page, name, shapes[i], type));
  }
  const inputs = given.slice(0, -1);
  const output = functions[op](...inputs, options);
  assertEquals(await read(page, "output", output.shape, dtype), output);
  for (const name of floatsOf(example)) {
    const gradient = functions[`${op}D${name}`](...given, options);
    assertEquals(
      await read(page, `d${name}`, gradient.shape, dtype),
      gradient,
      `d${name}`,
    );
  }
  return given;
}

/** The inputs that have a gradient. */
function floatsOf({ names, integers = [] }: Case): string[] {
  return names.slice(0, -1).filter((name) => !integers.includes(name));
}

/** Waits until a check has ended; says how it did. */
async function checked(page: Page): Promise<boolean> {
  await page.waitForFunction(() => {
    const part = (name: string) =>
      document.querySelector<HTMLElement>(`[data-live="${name}"]`)!;
    return part("verdict").dataset.ok !== undefined &&
      !part("results").hasAttribute("data-stale");
  });
  return await live(page, "verdict").getAttribute("data-ok") === "true";
}

/** What the panel says to a reader, in words, while its numbers stay numbers. */
async function said(page: Page, name: string): Promise<string> {
  await live(page, name).waitFor();
  const text = (await live(page, name).textContent())!;
  assertFalse(/undefined|\[object|\n/.test(text), text);
  const cells = await page.locator("[data-tensor] td").allTextContents();
  assertFalse(cells.includes("NaN"));
  return text;
}

/** The message of what the library throws. */
function messageOf(act: () => unknown): string {
  return assertThrows(act, Error).message;
}

describe("the panel's numbers", () => {
  for (const example of CASES) {
    const { op, live, names, shapes, given, integers = [] } = example;
    it(`are the library's: ${op}, ${live}`, () =>
      withContext(async (context) => {
        const page = await openPanel(context, op, live);
        const shown = await assertIsLibrarys(page, example);
        for (const [i, data] of given.entries()) {
          const dtype = integers.includes(names[i])
            ? "int32"
            : live.includes("f64")
            ? "float64"
            : "float32";
          if (data === RANDOM) {
            assert(
              new Set(shown[i].data).size >
                Math.min(2, shown[i].data.length - 1),
            );
          } else {
            assertEquals(
              shown[i],
              library.tensor([...data], shapes[i], { dtype }),
              names[i],
            );
          }
        }
      }));
  }

  it("follow what is typed, at each key", () =>
    withContext(async (context) => {
      const page = await openPanel(context, "matmul");
      const example = CASES[0];
      await cell(page, "x", "1,2").click();
      const field = cell(page, "x", "1,2").locator("input");
      for (const text of ["2", "2.5", "2.5e3", "-0.1"]) {
        await field.fill(text);
        const inField = Number(text);
        await page.waitForFunction(
          (value) =>
            document.querySelector<HTMLElement>(
              '[data-tensor="x"] [data-cell="1,2"]',
            )!.dataset.value === value,
          String(inField),
        );
      }
      await field.press("Enter");
      const [x] = await assertIsLibrarys(page, example);
      assertEquals(x.data[1], Math.fround(-0.1));
    }));

  it("differ when drawn again, in each element type and shape", () =>
    withContext(async (context) => {
      const page = await openPanel(context, "linear");
      const example = CASES.find(({ op }) => op === "linear")!;
      const shapes = [[2, 3], [4, 3], [4], [2, 4]];
      const before = await assertIsLibrarys(page, { ...example, shapes });
      await live(page, "draw").click();
      const after = await assertIsLibrarys(page, { ...example, shapes });
      before.forEach((tensor, i) => assertNotEquals(tensor, after[i]));

      await live(page, "float64").check();
      await page.locator('[data-dim="k"] input').fill("1");
      await page.locator('[data-dim="N"] input').fill("5");
      await live(page, "fill-b").selectOption("arange");
      const larger = [[5, 3], [1, 3], [1], [5, 1]];
      const [, , b] = await assertIsLibrarys(page, {
        ...example,
        shapes: larger,
      });
      assertEquals(b, library.tensor([0], { dtype: "float64" }));

      await live(page, "reset").click();
      assertEquals(
        await assertIsLibrarys(page, { ...example, shapes }),
        before,
      );
    }));

  it("follow a shape that is typed", () =>
    withContext(async (context) => {
      const page = await openPanel(context, "softmax");
      await live(page, "shape-x").fill("3x1x2");
      await live(page, "shape-x").blur();
      const example = CASES.find(({ op }) => op === "softmax")!;
      const shapes = [[3, 1, 2], [3, 1, 2]];
      await assertIsLibrarys(page, { ...example, shapes });
    }));

  it("follow an option, which appears in the calls and in the address", () =>
    withContext(async (context) => {
      const page = await openPanel(context, "leakyRelu");
      const example = CASES.find(({ op }) => op === "leakyRelu")!;
      const field = page.locator('[data-dim="option-slope"] input');
      await field.fill("0.25");
      await assertIsLibrarys(page, {
        ...example,
        shapes: [[6], [6]],
        options: { slope: 0.25 },
      });
      await page.locator(".live-card code").getByText(
        "leakyRelu(x, { slope: 0.25 })",
      ).waitFor();
      await page.waitForURL(/_oslope~0\.25/);
      await field.fill("steep");
      assertStringIncludes(
        await said(page, "settings"),
        messageOf(() =>
          functions.leakyRelu(library.zeros([1]), { slope: "steep" })
        ),
      );
    }));

  it("stay where they are while one of them is edited", () =>
    withContext(async (context) => {
      const page = await openPanel(context, "matmul");
      const places = () =>
        page.locator(".live-panel").locator(
          ".live-card, table, button, .live-explanation, h3",
        ).evaluateAll((all) =>
          all.map((e) => {
            const { x, y, width, height } = e.getBoundingClientRect();
            return `${e.className} ${[x, y, width, height]}`;
          })
        );
      const before = await places();
      await page.locator('[data-tensor="x"] td').first().click();
      const field = page.locator('[data-tensor="x"] td input');
      for (const text of ["1e30", "NaN", "-", "0", "-Infinity", "abc"]) {
        await field.fill(text);
        if (text === "abc") {
          await page.locator('[data-live="error-x"]').waitFor();
        }
        assertEquals(await places(), before, text);
      }
    }));

  it("say how an element comes about, and light up what it comes from", () =>
    withContext(async (context) => {
      const page = await openPanel(context, "softmax");
      await cell(page, "dx", "1,2,3").hover();
      const text = await live(page, "explanation").innerText();
      assertMatch(text, /^∂E\/∂X123 = Y123 \(∂E\/∂Y123 − \(.*\)\) = .* = −?\d/);
      for (const tensor of ["output", "dout"]) {
        const lit = page.locator(`[data-tensor="${tensor}"] .is-source`);
        assertEquals(
          await lit.evaluateAll((cells) =>
            (cells as HTMLElement[]).map(({ dataset }) => dataset.cell)
          ),
          ["1,1,3", "1,2,3", "1,3,3"],
        );
      }
    }));
});

describe("the chain rule", () => {
  const lit = (page: Page, tensor: string) =>
    page.locator(`[data-tensor="${tensor}"] .is-source`).evaluateAll((cells) =>
      (cells as HTMLElement[]).map(({ dataset }) => dataset.cell)
    );

  it("lights up the outputs that an input feeds", () =>
    withContext(async (context) => {
      const page = await openPanel(context, "matmul");
      await cell(page, "x", "1,2").hover();
      assertEquals(await lit(page, "output"), ["1,1", "1,2", "1,3", "1,4"]);
      assertMatch(
        await live(page, "explanation").innerText(),
        /^X12 feeds 4 elements .* sums over 4 terms\.$/,
      );
    }));

  it("has no part in a choice, which lights up what it compares", () =>
    withContext(async (context) => {
      const page = await openPanel(context, "argmax", "1_1~3~2_f32_1_a");
      await cell(page, "output", "1,2").hover();
      assertEquals(
        await page.locator('[data-tensor="x"] .is-compared').evaluateAll((
          cells,
        ) => (cells as HTMLElement[]).map(({ dataset }) => dataset.cell)),
        ["1,1,2", "1,2,2", "1,3,2"],
      );
      const explanation = live(page, "explanation");
      assertMatch(
        await explanation.innerText(),
        /^Y12 = 3\s+Compared: X112 = 1, X122 = 3, X132 = 5\./,
      );
      await cell(page, "x", "1,3,1").hover();
      assertEquals(await lit(page, "output"), ["1,1"]);
      assertMatch(
        await explanation.innerText(),
        /^X131 feeds one element of the output\. It has no gradient\.$/,
      );
    }));

  it("is stepped through with the keyboard, up to the gradient", () =>
    withContext(async (context) => {
      const page = await openPanel(context, "matmul");
      const gradient = await cell(page, "dx", "1,1").innerText();
      await live(page, "step-next").focus();
      for (let step = 1; step <= 4; step++) {
        await page.keyboard.press("Enter");
        assertMatch(
          await live(page, "step").innerText(),
          new RegExp(`^${step} of 4: X11 moves Z1${step},`),
        );
        assertEquals(await lit(page, "output"), [`1,${step}`]);
        assertEquals(await lit(page, "dout"), [`1,${step}`]);
      }
      await page.keyboard.press("Enter");
      assertStringIncludes(
        await live(page, "step").innerText(),
        `= ${gradient}.`,
      );
    }));
});

describe("bad input", () => {
  it("in a cell is answered in a sentence, and the numbers stay", () =>
    withContext(async (context) => {
      const page = await openPanel(context, "matmul");
      const [x] = await assertIsLibrarys(page, CASES[0]);
      await cell(page, "x", "1,1").click();
      const field = cell(page, "x", "1,1").locator("input");
      const texts = {
        "abc": "“abc” is not a number such as 2",
        "": "The cell is empty",
        "1,5": "“1,5” is not a number",
        "1e39": "“1e39” is above the largest float32",
      };
      for (const [text, message] of Object.entries(texts)) {
        await field.fill(text);
        // What was said of the text before stays for a moment.
        await live(page, "error-x").filter({ hasText: message }).waitFor();
        await said(page, "error-x");
        assert(await live(page, "stale").isVisible());
        assert(await page.locator(".live-panel[data-stale]").isVisible());
        assertEquals(await field.getAttribute("aria-invalid"), "true");
      }
      await field.press("Escape");
      await live(page, "error-x").waitFor({ state: "hidden" });
      assertFalse(await live(page, "stale").isVisible());
      assertEquals((await assertIsLibrarys(page, CASES[0]))[0], x);
    }));

  const shapes: Record<string, [y: string, act: () => unknown]> = {
    "that do not fit": [
      "5×4",
      () => functions.matmul(library.zeros([2, 3]), library.zeros([5, 4])),
    ],
    "of another rank": [
      "[3]",
      () => functions.matmul(library.zeros([2, 3]), library.zeros([3])),
    ],
  };
  for (const [what, [text, act]] of Object.entries(shapes)) {
    it(`as shapes ${what} gets the library's message`, () =>
      withContext(async (context) => {
        const page = await openPanel(context, "matmul");
        await live(page, "shape-y").fill(text);
        assertStringIncludes(await said(page, "error-y"), messageOf(act));
        await live(page, "shape-y").press("Escape");
        await live(page, "error-y").waitFor({ state: "hidden" });
        await assertIsLibrarys(page, CASES[0]);
      }));
  }

  it("as a dimension is refused in words", () =>
    withContext(async (context) => {
      const page = await openPanel(context, "matmul");
      const field = page.locator('[data-dim="m"] input');
      for (const text of ["-1", "2.5", "many", "99"]) {
        await field.fill(text);
        assertMatch(
          await said(page, "settings"),
          /^Cannot (create a tensor|show \w+) as .+: .+/,
        );
        await field.press("Escape");
        await live(page, "settings").waitFor({ state: "hidden" });
        assertEquals(await field.inputValue(), "2");
      }
      await assertIsLibrarys(page, CASES[0]);
    }));

  const links = [
    "2_2~3~4_f32_1_r_r_r",
    "1_2~3~999_f32_1_r_r_r",
    "1_2~3~4_f32_1_r_r_r_bx-nothing",
    "%3Cscript%3Ealert(1)%3C/script%3E",
  ];
  it("as a link is refused in words", () =>
    withContext(async (context) => {
      const { page, problems } = await watch(context);
      for (const link of links) {
        await page.goto(`${SERVED}${pageOf("matmul")}?live=${link}`);
        assertMatch(
          await said(page, "link"),
          /^Cannot (open the link|show \w+) as .+: .+ The panel shows its initial state\.$/,
        );
        await assertIsLibrarys(page, CASES[0]);
      }
      assertEquals(problems, []);
    }));
});

describe("the check in the panel", () => {
  it("passes, with both gradients side by side", () =>
    withContext(async (context) => {
      for (
        const example of CASES.filter(({ op }) =>
          op === "softmax" || op === "crossEntropy"
        )
      ) {
        const { op, names, shapes, options = {} } = example;
        const page = await openPanel(context, op, example.live);
        const given = await assertIsLibrarys(page, example);
        await live(page, "check").click();
        assert(await checked(page));
        const wide = given.map((x) =>
          x.data instanceof Float32Array
            ? library.tensor([...x.data], x.shape, { dtype: "float64" })
            : x
        );
        for (const name of floatsOf(example)) {
          const shape = shapes[names.indexOf(name)];
          const part = (kind: string) =>
            read(page, `d${name}-${kind}`, shape, "float64");
          const analytic = await part("analytic");
          assertEquals(analytic, functions[`${op}D${name}`](...wide, options));
          const numeric = await part("numeric");
          const difference = await part("difference");
          numeric.data.forEach((value: number, k: number) => {
            const exact = analytic.data[k];
            assert(Math.abs(value - exact) < 1e-6 * (1 + Math.abs(exact)));
            assertEquals(difference.data[k], exact - value);
          });
        }
        await page.close();
      }
    }));

  for (const path of SAMPLE_OPS) {
    it(`shows each way to break a gradient of ${path}, and the way back`, () =>
      withContext(async (context) => {
        const { page, problems } = await open(context, `${path}#live`);
        await live(page, "check").click();
        assert(await checked(page));
        await live(page, "break").check();
        const optionsOf = (name: string) =>
          live(page, name).locator("option").evaluateAll((options) =>
            (options as HTMLOptionElement[]).map(({ value }) => value)
          );
        let ways = 0;
        for (const input of await optionsOf("broken-input")) {
          if (await live(page, "broken-input").isVisible()) {
            await live(page, "broken-input").selectOption(input);
          }
          for (const mistake of await optionsOf("mistake")) {
            await live(page, "mistake").selectOption(mistake);
            await page.locator(
              `[data-live="results"]:not([data-stale]) [data-result="${input}"]`,
            ).waitFor();
            await page.waitForFunction(
              ([input, mistake]) => {
                const is = (name: string) =>
                  document.querySelector<HTMLElement>(`[data-live="${name}"]`)!;
                return location.search.endsWith(`_b${input}-${mistake}_c`) &&
                  !is("results").hasAttribute("data-stale") &&
                  is("verdict").dataset.ok !== undefined;
              },
              [input, mistake],
            );
            assertEquals(
              await live(page, "verdict").getAttribute("data-ok"),
              "false",
              `${input} ${mistake}`,
            );
            assertMatch(
              (await live(page, "verdict").textContent())!,
              /^The check fails: /,
            );
            assertStringIncludes(
              (await live(page, "message").textContent())!,
              "gradcheck failed",
            );
            assertMatch(
              await live(page, `broken-${input}`).innerText(),
              /is broken on purpose: /,
            );
            assert(
              await page.locator(`[data-tensor="d${input}-right"]`).isVisible(),
            );
            const broken = page.locator(".live-card[data-broken]");
            assertEquals(await broken.count(), 1);
            assert(await broken.locator(`[data-tensor="d${input}"]`).count());
            ways++;
          }
        }
        assert(ways >= 3);
        await live(page, "break").uncheck();
        await page.locator('[data-live="verdict"][data-ok="true"]').waitFor();
        assertEquals(await page.locator("[data-broken]").count(), 0);
        assertEquals(problems, []);
      }));
  }

  it("shows numbers that are wrong where the sign is", () =>
    withContext(async (context) => {
      const page = await openPanel(
        context,
        "matmul",
        "1_2~3~4_f32_1_r_r_r_bx-sign_c",
      );
      assertFalse(await checked(page));
      const analytic = await read(page, "dx-analytic", [2, 3], "float64");
      const numeric = await read(page, "dx-numeric", [2, 3], "float64");
      analytic.data.forEach((value: number, i: number) => {
        assert(Math.abs(value + numeric.data[i]) < 1e-6);
      });
      assertStringIncludes(
        (await live(page, "message").textContent())!,
        "the sign is wrong",
      );
    }));

  it("says how a dropped transpose throws, and makes the shapes fit", () =>
    withContext(async (context) => {
      const page = await openPanel(
        context,
        "matmul",
        "1_2~3~4_f32_1_r_r_r_bx-transpose_c",
      );
      assertFalse(await checked(page));
      assertEquals(
        await said(page, "error-dx"),
        "Cannot multiply ∂E/∂Z by Y as 4 columns meet 3 rows: ∂E/∂Z is 2×4, Y is 3×4",
      );
      await live(page, "fit-x").click();
      await live(page, "error-dx").waitFor({ state: "hidden" });
      await page.waitForFunction(() =>
        !document.querySelector('[data-live="results"]')!
          .hasAttribute("data-stale")
      );
      assertFalse(await checked(page));
    }));
});

describe("the address", () => {
  it("has all that a reader chose, and a copied link shows it again", () =>
    withContext(async (context) => {
      const page = await openPanel(context, "addBias");
      await page.locator('[data-dim="p"] input').fill("2");
      await live(page, "float64").check();
      await live(page, "draw").click();
      await live(page, "fill-dout").selectOption("ones");
      await cell(page, "y", "2").click();
      await cell(page, "y", "2").locator("input").fill("-1.25e-3");
      await cell(page, "y", "2").locator("input").press("Enter");
      await live(page, "break").check();
      await live(page, "broken-input").selectOption("y");
      await live(page, "mistake").selectOption("double");
      await live(page, "check").click();
      assertFalse(await checked(page));
      await page.waitForURL(/_by-double_c/);
      const html = (page: Page) =>
        page.locator(".live-panel").evaluate((panel) => {
          const fields = [...panel.querySelectorAll("input, select")] as (
            & HTMLInputElement
            & HTMLSelectElement
          )[];
          return {
            text: (panel as HTMLElement).innerText,
            fields: fields.map(({ value, checked }) => [value, checked]),
            values: [...panel.querySelectorAll("td")]
              .map(({ dataset }) => dataset.value),
          };
        });
      const shown = await html(page);
      assert(shown.values.includes("-0.00125"));

      await live(page, "copy-link").click();
      await page.getByText("The link is copied").waitFor();
      const link = await page.evaluate(() => navigator.clipboard.readText());
      assertEquals(new URL(link).search, new URL(page.url()).search);
      const other = await context.newPage();
      await other.goto(link);
      assertFalse(await checked(other));
      const again = await html(other);
      assertEquals(again.values, shown.values);
      assertEquals(again.fields, shown.fields);
      // All but what is said of the copying.
      assertEquals(
        again.text,
        shown.text.replace(/\n+The link is copied.*/, ""),
      );
    }, { permissions: ["clipboard-read", "clipboard-write"] }));
});

describe("the panel with the keyboard", () => {
  /** What has the focus: a control, a dimension, a tensor. */
  const focused = (page: Page) =>
    page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(
        element,
      );
      const mark = outlineStyle !== "none" && outlineWidth !== "0px" ||
        boxShadow !== "none";
      const place = element.closest<HTMLElement>("[data-dim], [data-tensor]");
      return {
        name: element.dataset.live ?? place?.dataset.dim ??
          place?.dataset.tensor ?? "",
        inside: element.closest("#live") !== null,
        mark,
      };
    });

  it("reaches everything, and shows where it is", () =>
    withContext(async (context) => {
      const page = await openPanel(context, "matmul");
      await live(page, "break").check();
      const visible = await page.locator(
        "#live :is([data-live]:is(button, input, select), [data-dim], [data-tensor])",
      ).evaluateAll((elements) =>
        (elements as HTMLElement[]).filter((e) => e.checkVisibility())
          .map(({ dataset }) =>
            dataset.live ?? dataset.dim ?? dataset.tensor ?? ""
          )
      );
      await page.locator("#live").evaluate((section) => {
        section.tabIndex = -1;
        section.focus();
      });
      const reached = new Set<string>();
      for (let presses = 0; presses < 60; presses++) {
        await page.keyboard.press("Tab");
        const { name, inside, mark } = await focused(page);
        if (!inside) break;
        assert(mark, `the focus is not shown: ${name}`);
        reached.add(name);
      }
      // Of the two element types, one is reached with Tab, one with an arrow.
      assertEquals(
        visible.filter((name) => !reached.has(name)),
        ["float64"],
      );
    }));

  it("changes sizes, numbers and gradients", () =>
    withContext(async (context) => {
      const page = await openPanel(context, "matmul");
      await page.locator('[data-dim="m"] input').focus();
      await page.keyboard.press("ArrowUp");
      assertEquals(
        await page.locator('[data-dim="m"] input').getAttribute(
          "aria-valuenow",
        ),
        "3",
      );
      const example = { ...CASES[0], shapes: [[3, 3], [3, 4], [3, 4]] };
      await assertIsLibrarys(page, example);

      await cell(page, "x", "1,1").focus();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("End");
      await page.keyboard.press("4");
      await page.keyboard.press("2");
      await page.keyboard.press("Enter");
      const [x] = await assertIsLibrarys(page, example);
      assertEquals(x.data[5], 42);
      assertEquals(
        await page.evaluate(() =>
          (document.activeElement as HTMLElement).dataset.cell
        ),
        "2,3",
      );

      await live(page, "float32").focus();
      await page.keyboard.press("ArrowRight");
      assert(await live(page, "float64").isChecked());
      await live(page, "break").focus();
      await page.keyboard.press("Space");
      await live(page, "check").focus();
      await page.keyboard.press("Enter");
      assertFalse(await checked(page));
    }));
});

describe("the panel without scripts", () => {
  it("says what is missing", () =>
    withContext(async (context) => {
      const page = await context.newPage();
      await page.goto(`${SERVED}${pageOf("matmul")}`);
      assertMatch(
        await page.locator("#live").innerText(),
        /needs JavaScript/,
      );
    }, { javaScriptEnabled: false }));
});
