// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { BrowserContextOptions, Page } from "../../.ci/browser.ts";
import { SITE_FOLDER } from "../build.ts";
import {
  LOOKED_AT,
  ON_DISK,
  open,
  PAGES,
  SAMPLE_OPS,
  SERVED,
  visit,
  watch,
  withContext,
} from "./browser.ts";
import {
  axeProblems,
  brightness,
  bringAxe,
  contrastProblems,
  layoutProblems,
  texProblems,
} from "./inspect.ts";

/** The last is that of the page that is looked at next. */
const WIDTHS = [320, 768, 2560, 1280];

/** Bytes of the first page without fonts. */
const BUDGET = 200_000;

/** A phone in the dark. */
const PHONE: BrowserContextOptions = {
  colorScheme: "dark",
  viewport: { width: 360, height: 740 },
};

/** What a reader may open on a page of an op, by what it is. */
const STATES: Record<
  string,
  [
    part: string,
    enter: (page: Page) => Promise<unknown>,
    options?: BrowserContextOptions,
  ]
> = {
  "with the search open": ["dialog", async (page) => {
    await page.keyboard.press("/");
    await page.getByRole("combobox", { name: "Search the site" })
      .fill("gradient");
    await page.locator("dialog [role=option]").first().waitFor();
  }, PHONE],
  "with what a mark says": [".check-tip:popover-open", async (page) => {
    await page.locator(".check").first().hover();
    await page.locator(".check-tip:popover-open").waitFor();
  }],
  "with a failed check": ["#live", async (page) => {
    await page.locator('[data-live="break"]').check();
    await page.locator('[data-live="check"]').click();
    await page.locator('[data-live="verdict"][data-ok="false"]').waitFor();
  }, PHONE],
  "with a wrong shape": ["#live", async (page) => {
    await page.locator("input[data-live^=shape-]").first().fill("no shape");
    await page.locator("[data-live^=error-]:visible").waitFor();
  }],
};

/** The places that the search can lead to. */
async function searchPlaces(): Promise<string[]> {
  return await withContext(async (context) => {
    const { page } = await open(context, "index.html");
    await page.keyboard.press("/");
    await page.getByRole("combobox").waitFor();
    return await page.evaluate(() => {
      const { adjointSearchIndex } = globalThis as unknown as {
        adjointSearchIndex: { storedFields: Record<string, { url: string }> };
      };
      return Object.values(adjointSearchIndex.storedFields)
        .map(({ url }) => url);
    });
  });
}

describe("every kind of page", () => {
  it(
    `has nothing to complain of, no barriers, contrast in the dark, too, and fits into ${
      WIDTHS.join(", ")
    } px`,
    () =>
      withContext(async (context) => {
        await bringAxe(context);
        const problems = await visit(context, LOOKED_AT, async (page) => {
          const found = [
            ...await texProblems(page),
            ...await axeProblems(page),
          ];
          for (const width of WIDTHS) {
            await page.setViewportSize({ width, height: 900 });
            for (const problem of await layoutProblems(page)) {
              found.push(`at ${width} px ${problem}`);
            }
          }
          await page.emulateMedia({ colorScheme: "dark" });
          assert(await brightness(page) < 0.2);
          for (const problem of await contrastProblems(page)) {
            found.push(`in the dark ${problem}`);
          }
          await page.emulateMedia({ colorScheme: "light" });
          return found;
        });
        assertEquals(problems, []);
        // Colors change at once.
      }, { reducedMotion: "reduce" }),
  );

  it("loads from a disk, with nothing to complain of", () =>
    withContext(async (context) => {
      const look = () => Promise.resolve([]);
      assertEquals(await visit(context, LOOKED_AT, look, ON_DISK), []);
    }));
});

describe("the index of the search", () => {
  it("leads to places that there are", async () => {
    const places = await searchPlaces();
    assert(places.length > PAGES.length);
    const pages = Map.groupBy(places, (place) => place.split("#")[0]);
    const dead: string[] = [];
    for (const [path, places] of pages) {
      const html = await Deno.readTextFile(new URL(path, SITE_FOLDER));
      dead.push(...places.filter((place) => {
        const id = place.split("#")[1];
        return id !== undefined && !html.includes(` id="${id}"`);
      }));
    }
    assertEquals(dead, []);
  });
});

describe("a page", () => {
  for (const [state, [part, enter, options]] of Object.entries(STATES)) {
    it(`has no barriers ${state}, and fits`, async () => {
      await withContext(async (context) => {
        await bringAxe(context);
        const { page, problems } = await open(context, "ops/relu.html");
        await enter(page);
        assertEquals([
          ...await axeProblems(page, undefined, part),
          ...await layoutProblems(page),
          ...problems,
        ], []);
      }, options);
    });
  }
});

describe("the first page", () => {
  it("is small", () =>
    withContext(async (context) => {
      const { page } = await watch(context);
      const sizes: [string, Promise<number>][] = [];
      page.on("response", (response) => {
        const url = response.url();
        if (/^data:|\.woff2?$/.test(url)) return;
        sizes.push([url, response.body().then(({ length }) => length)]);
      });
      await page.goto(SERVED, { waitUntil: "networkidle" });
      let sum = 0;
      for (const [, size] of sizes) sum += await size;

      const assets = sizes.map(([url]) => url);
      // Its style sheets are inside: the first paint waits for no other file.
      assertFalse(assets.some((url) => url.endsWith(".css")));
      assert(assets.some((url) => url.endsWith(".js")));
      assert(sum > 10_000 && sum < BUDGET, `${sum} bytes`);
    }));
});

describe("the printed page of an op", () => {
  for (const path of SAMPLE_OPS) {
    it(`${path} has all that is to be read, and nothing to use`, () =>
      withContext(async (context) => {
        const { page } = await open(context, path);
        const texts = () =>
          page.evaluate(() =>
            [...document.querySelectorAll("h1, h2, h3, .math, pre")]
              .filter((e) => e.closest("#live, nav, dialog") === null)
              .filter((e) => e.checkVisibility()).length
          );
        const shown = await texts();
        // A4 without its margins.
        await page.setViewportSize({ width: 680, height: 1000 });
        await page.emulateMedia({ media: "print" });

        for (const tool of [".site-header", "#live", ".contents", ".check"]) {
          assertEquals(await page.locator(tool).first().isVisible(), false);
        }
        assert(await texts() >= shown && shown > 20);
        assertEquals(await layoutProblems(page), []);
        const scrolling = await page.evaluate(() =>
          [...document.querySelectorAll("main *")].filter((e) =>
            e.checkVisibility() && e.scrollWidth > e.clientWidth + 1 &&
            getComputedStyle(e).overflowX !== "visible" &&
            !e.closest(".katex-mathml, .visually-hidden")
          ).map((e) => e.outerHTML.slice(0, 100))
        );
        assertEquals(scrolling, []);
        assertMatch(
          String(
            await page.evaluate(() =>
              getComputedStyle(document.documentElement).colorScheme
            ),
          ),
          /light/,
        );
      }, { colorScheme: "dark" }));
  }
});

/** What can go wrong, and who must notice it. */
const FAULTS: Record<
  string,
  [harm: (page: Page) => Promise<unknown>, look: typeof texProblems, RegExp]
> = {
  "a page that is too wide": [
    (page) => append(page, `<div style="width: 2000px">wide</div>`),
    layoutProblems,
    /scrolls sideways/,
  ],
  "a page that hides what is too wide": [
    (page) =>
      append(
        page,
        `<style>body { overflow-x: clip }</style><div style="width: 2000px">`,
      ),
    layoutProblems,
    /is hidden/,
  ],
  "a formula that is cut off": [
    (page) =>
      page.evaluate(() => {
        const formula = document.querySelector<HTMLElement>(".katex-display")!;
        formula.style.cssText = "width: 9px; overflow: hidden";
      }),
    layoutProblems,
    /wider than its box/,
  ],
  "code that is cut off": [
    (page) =>
      append(
        page,
        `<div style="width: 9em; overflow: hidden"><pre style="width: 20em">const a`,
      ),
    layoutProblems,
    /wider than its box/,
  ],
  "TeX that is shown": [
    (page) => append(page, "<p>where \\frac{1}{2} is</p>"),
    texProblems,
    /TeX is shown/,
  ],
  "a formula between dollar signs": [
    (page) => append(page, "<p>where $<code>x</code>$ is</p>"),
    texProblems,
    /TeX is shown/,
  ],
  "text that is hard to read": [
    (page) => append(page, `<p style="color: #999; background: #bbb">pale</p>`),
    (page) => axeProblems(page, ["color-contrast"]),
    /color-contrast/,
  ],
  "text that is hard to read, of those that look alike": [
    (page) =>
      append(
        page,
        `<p style="color: #999; background: #bbb">pale</p>`.repeat(9),
      ),
    contrastProblems,
    /color-contrast: 1 times/,
  ],
  "a field without a name": [
    (page) => append(page, `<input>`),
    (page) => axeProblems(page, ["label"]),
    /label/,
  ],
  "a target that is too small": [
    (page) =>
      append(
        page,
        `<button style="all: unset; font: 8px/8px serif">a</button><button style="all: unset; font: 8px/8px serif">b</button>`,
      ),
    axeProblems,
    /target-size/,
  ],
};

function append(page: Page, html: string): Promise<void> {
  return page.evaluate(
    (html) =>
      document.querySelector("main")!.insertAdjacentHTML(
        "beforeend",
        html,
      ),
    html,
  );
}

describe("what looks at a page", () => {
  for (const [what, [harm, look, said]] of Object.entries(FAULTS)) {
    it(`notices ${what}`, () =>
      withContext(async (context) => {
        await bringAxe(context);
        const { page } = await open(context, "kernels/naive.html");
        assertEquals(await look(page), []);
        await harm(page);
        assertMatch((await look(page)).join("\n"), said);
      }));
  }

  const requests: Record<string, [html: string, said: RegExp]> = {
    "an error": ["<script>absent()</script>", /error: absent is not defined/],
    "a message": ["<script>console.error(1)</script>", /console: 1/],
    "a missing file": ["<img src=absent.png alt>", /404: .*absent.png/],
    "a file from elsewhere": [
      "<img src=//192.0.2.1/a.png alt>",
      /beyond the site: http:\/\/192.0.2.1/,
    ],
  };
  for (const [what, [html, said]] of Object.entries(requests)) {
    it(`notices ${what}`, () =>
      withContext(async (context) => {
        const path = "guides/index.html";
        const url = SERVED + path;
        await context.route("http://192.0.2.1/**", (route) => route.abort());
        await context.route(url, async (route) => {
          const response = await route.fetch();
          const text = await response.text();
          await route.fulfill({
            response,
            body: text.replace("</main>", `${html}</main>`),
          });
        });
        const look = () => Promise.resolve([]);
        const problems = await visit(context, [path], look);
        assertMatch(problems.join("\n"), said);
      }));
  }
});
