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
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { BrowserContext, Locator, Page } from "../../.ci/browser.ts";
import {
  ON_DISK,
  open,
  SAMPLE_OPS,
  SERVED,
  watch,
  withContext,
} from "./browser.ts";
import { brightness } from "./inspect.ts";

const FIELD = 'dialog.search input[role="combobox"]';

/** Asks the search, which is open; the places and texts of what it finds. */
async function ask(page: Page, query: string) {
  await page.locator(FIELD).fill(query);
  return await page.locator("dialog.search [role=option]").evaluateAll(
    (options) =>
      (options as HTMLAnchorElement[]).map(({ href, innerText }) => ({
        href,
        text: innerText.replaceAll(/\s+/g, " "),
      })),
  );
}

describe("the page for what is missing", () => {
  it("has its links and its style wherever it is shown, and asks for the words of the address", () =>
    withContext(async (context) => {
      const { page } = await watch(context, SERVED);
      const missing = `${SERVED}ops/layer-norn.html`;
      await context.route(missing, async (route) => {
        const body = (await Deno.readTextFile(new URL("404.html", ON_DISK)))
          .replace("<head>", `<head><base href="${SERVED}">`);
        await route.fulfill({ status: 404, contentType: "text/html", body });
      });
      await page.goto(missing);
      await page.locator("[data-open-search=here]").click();
      await page.locator(FIELD).waitFor();
      assertEquals(await page.locator(FIELD).inputValue(), "layer norn");
      const first = page.locator("dialog.search [role=option]").first();
      assertMatch((await first.getAttribute("href"))!, /ops\/layer_norm\.html/);
    }));
});

describe("the search", () => {
  const queries: Record<string, [href: RegExp, text: RegExp]> = {
    "dW": [/ops\/linear\.html#|linearDw/, /linearDw|∂E\/∂W/],
    "linearDw": [/linearDw/, /linearDw/],
    "∂E/∂W": [/ops\/linear\.html#/, /∂E\/∂W/],
    "dE/dW": [/ops\/linear\.html#/, /∂E\/∂W/],
    "matirx multiplicaton": [/matmul|kernels|guides/, /[Mm]atrix/],
    "gradchek": [/gradcheck/, /gradcheck/],
    "derivative of softmax": [/ops\/softmax\.html#derivation/, /Derivation/],
    "fully connected": [/ops\/linear\.html/, /Linear layer/],
    "how to install": [/index\.html#import/, /Install/],
    "why blocking": [/guides\/why-blocking/, /Guide/],
    "workers": [/threads|threaded/, /[Ww]orkers/],
  };
  for (const root of [SERVED, ON_DISK]) {
    it(`finds what is looked for, ${root === SERVED ? "served" : "on a disk"}`, () =>
      withContext(async (context) => {
        const { page, problems } = await open(
          context,
          "kernels/index.html",
          root,
        );
        await page.keyboard.press("/");
        await page.locator(FIELD).waitFor();
        for (const [query, [href, text]] of Object.entries(queries)) {
          const found = (await ask(page, query)).slice(0, 5);
          assert(
            found.some((one) => href.test(one.href) && text.test(one.text)),
            `${query} finds ${JSON.stringify(found)}`,
          );
          assert(found.every((one) => one.href.startsWith(root)));
        }
        assertEquals(problems, []);
      }));
  }

  it("shows the function and the formula for dW", () =>
    withContext(async (context) => {
      const { page } = await open(context, "index.html");
      await page.locator("[data-open-search]").click();
      await page.locator(FIELD).waitFor();
      const found = await ask(page, "dW");
      assert(found.some(({ href }) => href.endsWith("linear/~/linearDw.html")));
      assert(found.some(({ text }) => /∂E\/∂W ?= ?/.test(text)));
      const marked = await page.locator("dialog.search mark").allTextContents();
      assert(marked.includes("linearDw"));
      assert(marked.some((text) => text.startsWith("∂E/∂W")));
    }));

  it("says that nothing is found, and where to look on", () =>
    withContext(async (context) => {
      const { page } = await open(context, "index.html");
      await page.keyboard.press("/");
      await page.locator(FIELD).waitFor();
      const offered = await ask(page, "quaternion<zebra>");
      assertEquals(offered.map(({ href }) => href.slice(SERVED.length)), [
        "ops/index.html",
        "guides/index.html",
        "api/all_symbols.html",
      ]);
      const status = page.locator("dialog.search [role=status]");
      assertMatch(
        (await status.textContent())!,
        /^Nothing found for “quaternion<zebra>”/,
      );
      assertEquals(
        await page.locator(FIELD).getAttribute("aria-expanded"),
        "true",
      );
      await page.keyboard.press("Enter");
      await page.waitForURL("**/ops/index.html");
    }));

  it("is used with the keyboard alone", () =>
    withContext(async (context) => {
      const { page } = await open(context, "ops/matmul.html");
      const field = page.locator(FIELD);
      const selected = () =>
        page.locator('dialog.search [aria-selected="true"]');
      const active = () => field.getAttribute("aria-activedescendant");

      await page.keyboard.press("Tab");
      const before = await page.evaluate(() =>
        document.activeElement!.className
      );
      await page.keyboard.press("Control+k");
      await field.waitFor();
      await page.keyboard.press("Escape");
      await field.waitFor({ state: "hidden" });
      assertEquals(
        await page.evaluate(() => document.activeElement!.className),
        before,
      );

      await page.keyboard.press("/");
      await page.keyboard.type("a/b");
      assertEquals(await field.inputValue(), "a/b");
      const found = await ask(page, "transpose");
      assert(found.length > 2);
      assertEquals(await active(), await selected().getAttribute("id"));
      await page.keyboard.press("ArrowDown");
      assertEquals(await active(), "search-result-1");
      await page.keyboard.press("ArrowUp");
      await page.keyboard.press("ArrowUp");
      assertEquals(await selected().count(), 1);
      assertNotEquals(await active(), "search-result-0");
      assert(await selected().isVisible());
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowDown");
      assertEquals(await active(), "search-result-1");
      await page.keyboard.press("Enter");
      await page.waitForURL(found[1].href);
      const { hash } = new URL(found[1].href);
      if (hash !== "") {
        const id = decodeURIComponent(hash.slice(1));
        assert(await page.locator(`[id="${id}"]`).isVisible());
      }
    }));

  it("leaves a slash to fields", () =>
    withContext(async (context) => {
      const { page } = await open(context, "ops/matmul.html");
      const field = page.locator('[data-live="shape-x"]');
      await field.fill("");
      await field.press("/");
      assertEquals(await field.inputValue(), "/");
      assertEquals(await page.locator("dialog[open]").count(), 0);
    }));
});

const SWITCH = "[data-theme-switch]";

/** Waits until a page says that its theme is dark, or that it is not. */
const isDark = (page: Page, dark: boolean) =>
  page.locator(`${SWITCH}[aria-pressed="${dark}"]`).waitFor();

/** So many frames of a page are looked at. */
const FRAMES = 20;

/** Loads a page anew; the backgrounds of its first frames. */
async function backgrounds(context: BrowserContext, path: string) {
  const page = await context.newPage();
  await page.addInitScript(() => {
    const seen: string[] = (globalThis as unknown as { seen: string[] }).seen =
      [];
    const look = () => {
      if (document.body) {
        seen.push(getComputedStyle(document.body).backgroundColor);
      }
      requestAnimationFrame(look);
    };
    look();
  });
  await page.goto(SERVED + path, { waitUntil: "load" });
  const seen = await page.waitForFunction((frames) => {
    const { seen } = globalThis as unknown as { seen: string[] };
    return seen.length >= frames && [...new Set(seen)];
  }, FRAMES).then((handle) => handle.jsonValue()) as string[];
  const last = await brightness(page);
  await page.close();
  return { seen, last };
}

describe("the theme", () => {
  it("is the system's, and changes with it", () =>
    withContext(async (context) => {
      const { page } = await open(context, "index.html");
      await isDark(page, true);
      assert(await brightness(page) < 0.2);
      await page.emulateMedia({ colorScheme: "light" });
      await isDark(page, false);
      assert(await brightness(page) > 0.8);
    }, { colorScheme: "dark" }));

  it("is switched, for every page, until it is switched back", () =>
    withContext(async (context) => {
      const { page } = await open(context, "index.html");
      const { page: other } = await open(context, "ops/sum.html");
      assert(await brightness(page) > 0.8);
      await page.bringToFront();
      await page.locator(SWITCH).focus();
      await page.keyboard.press("Space");
      await isDark(page, true);
      assert(await brightness(page) < 0.2);
      await isDark(other, true);
      await page.reload();
      assert(await brightness(page) < 0.2);
      await page.goto(`${SERVED}api/index.html`);
      assert(await brightness(page) < 0.2);
      await page.locator(SWITCH).click();
      await isDark(other, false);
      await page.reload();
      assert(await brightness(page) > 0.8);
    }));

  it("appears in the first frame", () =>
    withContext(async (context) => {
      const { page } = await open(context, "index.html");
      const { page: other } = await open(context, "index.html");
      await page.bringToFront();
      await page.locator(SWITCH).click();
      await isDark(other, true); // Now whatever is opened knows of it.
      for (const path of ["index.html", "ops/linear.html"]) {
        const { seen, last } = await backgrounds(context, path);
        assertEquals(seen.length, 1, `${path}: ${seen}`);
        assert(last < 0.2);
      }

      // Were it set a few frames later, this would be seen.
      await context.route(`${SERVED}index.html`, async (route) => {
        const response = await route.fetch();
        const body = (await response.text()).replace(
          /<script>(.*?)<\/script>/s,
          `<script>
            const theme = () => {$1};
            const wait = (frames) => requestAnimationFrame(() => {
              if (frames === 0) theme();
              else wait(document.body ? frames - 1 : frames);
            });
            wait(3);
          </script>`,
        );
        await route.fulfill({ response, body });
      });
      assert((await backgrounds(context, "index.html")).seen.length > 1);
    }));
});

describe("the layout", () => {
  /** Prose and the code beside it, in their rows. */
  const rows = (page: Page) =>
    page.locator(".literate-body .row").evaluateAll((rows) =>
      rows.flatMap((row) => {
        const [prose, code] = [".prose-cell", ".code-cell"]
          .map((cell) => row.querySelector(cell))
          .map((cell) => cell?.childElementCount ? cell : undefined);
        if (!prose || !code) return [];
        // What a margin repeats is there only where there is a margin.
        if (!code.checkVisibility()) return [];
        const [a, b] = [prose, code].map((e) => e.getBoundingClientRect());
        return [{ a, b, width: document.documentElement.clientWidth }];
      })
    );

  for (const path of SAMPLE_OPS) {
    it(`of ${path} has one column on a phone, two on a screen`, () =>
      withContext(async (context) => {
        const { page } = await open(context, path);
        const wide = await rows(page);
        assert(wide.length > 3);
        for (const { a, b } of wide) {
          assert(b.left >= a.right, "code is not beside its prose");
          assert(b.top <= a.bottom && a.top <= b.bottom);
        }
        await page.setViewportSize({ width: 360, height: 740 });
        const narrow = await rows(page);
        assert(narrow.length > 3);
        for (const { a, b, width } of narrow) {
          assert(b.top >= a.bottom - 1, "code does not follow its prose");
          assert(a.width > width - 60 && b.width > width - 60);
        }
      }));
  }

  it("has its navigation within reach of a thumb", () =>
    withContext(async (context) => {
      const { page } = await open(context, "ops/matmul.html");
      const tools = page.locator(".site-header :is(a, button)");
      assert(await tools.count() >= 7);
      for (const tool of await tools.all()) {
        const { x, y, width, height } = (await tool.boundingBox())!;
        assert(x >= 0 && x + width <= 360 && y >= 0);
        assert(width >= 24 && height >= 24, await tool.innerText());
      }
      await page.locator(".site-header").getByText("Kernels").tap();
      await page.waitForURL(/kernels\/index\.html/);
      await page.locator("[data-open-search]").tap();
      assert((await ask(page, "matmul")).length > 0);
      await page.locator("dialog.search [role=option]").first().tap();
      await page.waitForURL(/matmul/);
    }, {
      viewport: { width: 360, height: 740 },
      hasTouch: true,
      isMobile: true,
    }));

  it("can be skipped to the content", () =>
    withContext(async (context) => {
      const { page } = await open(context, "ops/matmul.html");
      await page.keyboard.press("Tab");
      assertMatch(
        await page.evaluate(() => document.activeElement!.textContent!),
        /Skip/,
      );
      await page.keyboard.press("Enter");
      assertEquals(
        await page.evaluate(() => document.activeElement!.id),
        "main",
      );
    }));
});

describe("the mark of a formula", () => {
  const tips = (page: Page): Locator => page.locator(".check-tip:popover-open");

  it("says how the formula was checked, to pointer and keyboard", () =>
    withContext(async (context) => {
      const { page } = await open(context, "ops/linear.html");
      const mark = page.locator(
        "#backward ~ * .check, [aria-labelledby=backward] .check",
      ).first();
      await mark.scrollIntoViewIfNeeded();
      await mark.hover();
      await tips(page).waitFor();
      const text = await tips(page).innerText();
      assertMatch(text, /page = code: \d+ values? at \d+ sizes?/);
      assertMatch(text, /page = calculus/);
      assertMatch(text, /Line \d+ of ops\/products\/linear\.ts/);
      // The pointer can go to what was opened.
      await tips(page).hover();
      await page.waitForTimeout(300); // Twice what it would take to close.
      assert(await tips(page).isVisible());
      await page.keyboard.press("Escape");
      await tips(page).waitFor({ state: "hidden" });

      await page.mouse.move(0, 0);
      await page.keyboard.press("Tab");
      await mark.focus();
      await page.keyboard.press("Shift+Tab");
      await page.keyboard.press("Tab");
      assert(await mark.evaluate((e) => e === document.activeElement));
      await tips(page).waitFor();
      assertEquals(await tips(page).innerText(), text);
      await page.keyboard.press("Escape");
      await tips(page).waitFor({ state: "hidden" });
      assert(await mark.evaluate((e) => e === document.activeElement));
    }));

  it("stands at every formula that was executed, and opens at a tap", () =>
    withContext(async (context) => {
      const { page } = await open(context, "ops/sum.html");
      const displayed = page.locator(".literate-body .prose-cell div.math");
      assert(await displayed.count() > 3);
      assertEquals(
        await displayed.locator(".check").count(),
        await displayed.count(),
      );
      await page.locator(".check").nth(2).tap();
      await tips(page).waitFor();
      const box = (await tips(page).boundingBox())!;
      assert(box.x >= 0 && box.x + box.width <= 360);
    }, {
      viewport: { width: 360, height: 740 },
      hasTouch: true,
      isMobile: true,
    }));
});

describe("copying", () => {
  const clipboard = (page: Page) =>
    page.evaluate(() => navigator.clipboard.readText());

  /** What a button copies, once the page says that it did. */
  async function copied(page: Page, box: Locator): Promise<string> {
    await box.hover();
    await box.locator("button.copy").click();
    await page.getByRole("status").filter({ hasText: /^Copied$/ }).waitFor();
    return await clipboard(page);
  }

  /** What Ctrl+C copies of what is selected. */
  async function pressed(page: Page): Promise<string> {
    await page.evaluate(() => navigator.clipboard.writeText(""));
    await page.keyboard.press("Control+c");
    await page.waitForFunction(() => navigator.clipboard.readText());
    return await clipboard(page);
  }

  it("a formula gives its TeX", () =>
    withContext(async (context) => {
      const { page } = await open(context, "ops/linear.html");
      const formula = page.locator("[aria-labelledby=backward] div.math")
        .first();
      const tex = (await formula.getAttribute("data-tex"))!;
      assertMatch(tex, /\\frac/);

      assertEquals(await copied(page, formula), tex);

      await formula.evaluate((element) => {
        getSelection()!.selectAllChildren(
          element.querySelector(".katex-display")!,
        );
      });
      assertStringIncludes(await pressed(page), tex);

      await page.locator("main p").filter({
        has: page.locator(".math-inline"),
      }).first().evaluate((p) => getSelection()!.selectAllChildren(p));
      const paragraph = await pressed(page);
      assertMatch(paragraph, /\$[^$]+\$/);
      assertFalse(/[\u{1D400}-\u{1D7FF}]/u.test(paragraph));
    }, { permissions: ["clipboard-read", "clipboard-write"] }));

  it("code gives the code", () =>
    withContext(async (context) => {
      const { page } = await open(context, "index.html");
      const box = page.locator(".code").first();
      const text = await copied(page, box);
      assertEquals(text.trim(), (await box.locator("pre").innerText()).trim());
      assertMatch(text, /\w/);
    }, { permissions: ["clipboard-read", "clipboard-write"] }));
});
