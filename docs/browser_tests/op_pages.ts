// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

// What the page of an operation answers at once, and how it shows what belongs
// together.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Page } from "../../.ci/browser.ts";
import { ON_DISK, open, PAGES, SERVED, visit, withContext } from "./browser.ts";
import { axeProblems, bringAxe, shiftOf } from "./inspect.ts";

/** The page that is tried where one is enough. */
const MATMUL = "ops/matmul.html";

/** All pages of operations. */
const OPS = PAGES.filter((path) => /^ops\/(?!index)/.test(path));

const SCREENS = [{ width: 1280, height: 800 }, { width: 390, height: 844 }];

/** Answers of so many formulas that the numbers come below the first screen, by its
 * width. */
const NUMBERS_BELOW: Record<number, RegExp> = {
  1280: /(gru|lstm)_cell/,
  390: /attention|conv(_transpose)?2d|(rnn|gru|lstm)_cell/,
};

/** Answers that are longer than the first screen. */
const LONGER: Record<number, RegExp> = { 390: /(gru|lstm)_cell/ };

/** Bytes of an op's page without fonts. */
const BUDGET = 400_000;

/** The length of bytes after gzip. */
async function compressed(bytes: Uint8Array): Promise<number> {
  const stream = new Blob([new Uint8Array(bytes)]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).bytes()).length;
}

/** The bytes of a page and of all that it loaded, without fonts. */
async function sizeOf(page: Page, known: Map<string, number>): Promise<number> {
  const loaded = await page.evaluate(() =>
    performance.getEntries()
      .filter(({ entryType }) => /^(navigation|resource)$/.test(entryType))
      .map(({ name }) => name.replace(/#.*/, ""))
  );
  let sum = 0;
  for (const url of loaded) {
    if (/^data:|\.woff2?$/.test(url)) continue;
    if (!known.has(url)) {
      const file = new URL(url.slice(SERVED.length), ON_DISK);
      known.set(url, await compressed(await Deno.readFile(file)));
    }
    sum += known.get(url)!;
  }
  return sum;
}

/** The formulas, links and shapes that are not wholly on the first screen. */
function below(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const must: Record<string, number> = {
      ".answer .math": 1,
      ".ways a": 4,
      ".shapes-line li": 2,
      ".ticks li": 3,
    };
    return Object.entries(must).flatMap(([what, least]) => {
      const found = [...document.querySelectorAll(what)];
      const away = found.filter((e) =>
        e.getBoundingClientRect().bottom > innerHeight
      );
      return [
        ...away.map((e) => `${what} is below: ${e.textContent!.slice(0, 60)}`),
        ...found.length < least ? [`${found.length} of ${what}`] : [],
      ];
    });
  });
}

/** The beginnings of code that is wider than its box. */
function scrolling(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll("pre")]
      .filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth)
      .map((e) => `its code scrolls: ${e.textContent!.slice(0, 60)}`)
  );
}

describe("an op's page", () => {
  const sizes = new Map<string, number>();
  for (const viewport of SCREENS) {
    it(`answers on its first screen, does not move while it loads, has no barriers, and is small as servers send it, at ${viewport.width}×${viewport.height}`, () =>
      withContext(async (context) => {
        await bringAxe(context);
        const found = await visit(context, OPS, async (page, path) => {
          const found: string[] = [];
          if (!LONGER[viewport.width]?.test(path)) {
            found.push(...await below(page));
          }
          if (viewport.width < 400) found.push(...await scrolling(page));
          await page.locator("#live[data-ready]").waitFor();
          const shift = await shiftOf(page);
          if (shift > 0.001) found.push(`it moves by ${shift}`);
          found.push(...await axeProblems(page, "all but contrast"));
          const size = await sizeOf(page, sizes);
          if (size < 50_000 || size > BUDGET) found.push(`${size} bytes`);
          if (!NUMBERS_BELOW[viewport.width].test(path)) {
            const box = await page.locator("#live td").first().boundingBox();
            if (box === null || box.y + box.height >= viewport.height) {
              found.push("its numbers are below");
            }
          }
          return found;
        });
        assertEquals(found, []);
      }, { viewport }));
  }

  it("has its table of contents in sight, and leads to the next op", () =>
    withContext(async (context) => {
      const { page } = await open(context, MATMUL);
      await page.setViewportSize({ width: 1024, height: 768 });
      const contents = page.locator(".contents");
      await page.evaluate(() => scrollTo(0, 4000));
      const { x, y } = (await contents.boundingBox())!;
      assert(y >= 0 && y < 40 && x < 100);
      await page.getByRole("navigation", { name: "Operations" })
        .getByRole("link").last().click();
      await page.waitForURL(/linear/);
    }));
});

describe("the numbers of an op's page", () => {
  const focused = (page: Page) =>
    page.evaluate(() => {
      const { tagName, textContent } = document.activeElement!;
      return tagName === "TD" ? "TD" : textContent!.trim();
    });

  it("are reached directly by a link, and after a few Tabs", () =>
    withContext(async (context) => {
      const { page } = await open(context, MATMUL);
      await page.locator("#live[data-ready]").waitFor();
      let stops = 0;
      for (; await focused(page) !== "TD"; stops++) {
        assert(stops < 26, "too many stops");
        await page.keyboard.press("Tab");
      }
      await page.reload();
      await page.locator("#live[data-ready]").waitFor();
      await page.keyboard.press("Tab");
      await page.keyboard.press("Tab");
      assertEquals(await focused(page), "Skip to the numbers");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() =>
        document.activeElement?.tagName === "TD"
      );
    }));
});

describe("an axis", () => {
  /** The letters of the axes in a part of the page, and how they look. */
  const looks = (page: Page, part: string) =>
    page.locator(`${part} .ax`).evaluateAll((all) =>
      [
        ...new Set(
          all.filter((e) => e.checkVisibility()).map((e) => {
            const style = getComputedStyle(e);
            return `${
              (e as HTMLElement).dataset.at
            } ${style.color} ${style.textDecorationLine} ${style.textDecorationStyle}`;
          }),
        ),
      ].sort()
    );

  it("has its own color and line, the same everywhere", () =>
    withContext(async (context) => {
      const { page } = await open(context, MATMUL);
      const table = await looks(page, "[aria-labelledby=shapes] table");
      assertEquals(table.length, 3);
      const marks = table.map((look) => look.split(/\d /).slice(1).join());
      const lines = table.map((look) => look.split(")")[1]);
      assertEquals(new Set(marks).size, 3);
      assertEquals(new Set(lines).size, 3);
      for (
        const part of [
          "[aria-labelledby=forward] .math",
          "[aria-labelledby=forward] .listing",
          "#live .live-steppers",
        ]
      ) assertEquals(await looks(page, part), table, part);
    }));

  it("lights up wherever it occurs, and so does a tensor", () =>
    withContext(async (context) => {
      const { page } = await open(context, MATMUL);
      const lit = (part: string) => page.locator(`${part} .is-lit`).count();
      const parts = [
        "[aria-labelledby=shapes] table",
        "[aria-labelledby=forward] .math",
        "[aria-labelledby=forward] .listing",
        "#live",
      ];
      for (const at of ["ax-2", "x"]) {
        const mark = page.locator(
          `[aria-labelledby=forward] [data-at="${at}"]`,
        ).first();
        await mark.scrollIntoViewIfNeeded();
        const { x, y, width, height } = (await mark.boundingBox())!;
        await page.mouse.move(x + width / 2, y + height / 2);
        for (const part of parts) assert(await lit(part) > 0, `${at}: ${part}`);
        // X and Y have the second axis, Z has not; neither has their gradients.
        if (at === "ax-2") {
          const edges = page.locator("#live .live-edge.is-lit");
          assertEquals(await edges.count(), 4);
        }
      }
      await page.mouse.move(0, 0);
      assertEquals(await page.locator(".is-lit").count(), 0);
    }));
});

describe("the mark of a formula", () => {
  it("stays open when Enter is pressed on it, and closes at the next", () =>
    withContext(async (context) => {
      const { page } = await open(context, MATMUL);
      const tip = page.locator(".check-tip:popover-open");
      await page.keyboard.press("Tab");
      const mark = page.locator(".check").first();
      await mark.focus();
      await tip.waitFor();
      await page.keyboard.press("Enter");
      assert(await tip.isVisible());
      await page.keyboard.press("Enter");
      await tip.waitFor({ state: "hidden" });
    }));
});

describe("the page of all operations", () => {
  it("has formulas, gradients and conventions, and can be filtered", () =>
    withContext(async (context) => {
      const { page, problems } = await open(context, "ops/index.html");
      const rows = page.locator(".operations tr:not(.family):visible");
      const all = await rows.count() - 1;
      assert(all >= 70);
      await page.getByRole("searchbox", { name: "Filter" }).fill("relu kink");
      const found = await rows.allInnerTexts();
      assert(found.length > 1 && found.length < 10);
      assert(found.slice(1).every((text) => /relu/i.test(text)));
      await page.getByRole("searchbox").fill("no such thing");
      assertEquals(
        await page.locator(".filter [role=status]").innerText(),
        "No operation has all of these words.",
      );
      assertEquals(problems, []);
    }));
});
