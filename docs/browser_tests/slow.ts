// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />

// What a reader with a slow phone sees while a page arrives: its frame at once,
// then its first screen, and the place that was asked for. What is left for later
// is there in the end.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { BrowserContext, Page } from "../../.ci/browser.ts";
import { SERVED, watch, withContext } from "./browser.ts";
import { shiftOf } from "./inspect.ts";

const PHONE = { viewport: { width: 390, height: 844 } };

/** Pages that leave a part of their layout for after the first paint. */
const PAGES = ["index.html", "ops/softmax.html"];

/** One of each other kind, with tables, formulas or what a script shows. */
const OTHERS = [
  "ops/index.html",
  "kernels/elementary.html",
  "guides/chain-rule.html",
  "guides/train-a-network.html",
  "prover.html",
  "benchmark.html",
  "api/linear/~/linearDw.html",
];

/** A page on a phone with a quarter of the CPU, to which each file takes its time.
 * The throttled network of the browser is not used: once in a while, a page never
 * ends to load there. */
async function slowPage(context: BrowserContext): Promise<Page> {
  const { page } = await watch(context);
  await context.route("**/*", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    // What is still on its way when the page is closed has nowhere to go.
    await route.continue().catch(() => {});
  });
  const session = await context.newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  return page;
}

/** Waits until all of a page is shown and laid out. */
async function isWhole(page: Page) {
  await page.waitForLoadState("load");
  await page.waitForFunction(() => document.documentElement.className === "js");
}

describe("a page that arrives slowly", () => {
  for (const path of PAGES) {
    it(`${path} is painted before its content is laid out`, () =>
      withContext(async (context) => {
        const { page } = await watch(context);
        const painted = () =>
          page.waitForFunction(() =>
            performance.getEntriesByName("first-contentful-paint").length > 0
          );
        const fonts = Promise.withResolvers<void>();
        await context.route("**/*.woff2", async (route) => {
          await fonts.promise;
          await route.continue();
        });
        await page.addInitScript(() =>
          document.addEventListener("DOMContentLoaded", () => {
            const isLaidOut = document.querySelector("h1")!.checkVisibility();
            Object.assign(globalThis, { isLaidOut });
          })
        );
        await page.goto(SERVED + path, { waitUntil: "domcontentloaded" });
        await painted();
        assertEquals(
          await page.evaluate(() =>
            (globalThis as unknown as { isLaidOut: boolean }).isLaidOut
          ),
          false,
        );
        fonts.resolve();
        await isWhole(page);
        assert(await page.locator("h1").isVisible());
      }, PHONE));

    it(`${path} does not move, is whole in the end, and where it was when it is loaded anew`, () =>
      withContext(async (context) => {
        const page = await slowPage(context);
        await page.goto(SERVED + path);
        await isWhole(page);
        assert(await shiftOf(page) <= 0.001);
        const skipped = await page.locator("main section").evaluateAll((all) =>
          all.filter((e) =>
            !e.firstElementChild!.checkVisibility({
              contentVisibilityAuto: true,
            })
          ).length
        );
        assertEquals(skipped, 0);
        await page.evaluate(() => scrollTo(0, 1500));
        await page.reload();
        await isWhole(page);
        await page.waitForFunction(() => Math.abs(scrollY - 1500) < 2);
      }, PHONE));
  }

  for (const path of OTHERS) {
    it(`${path} does not move`, () =>
      withContext(async (context) => {
        const page = await slowPage(context);
        await page.goto(SERVED + path);
        await isWhole(page);
        assert(await shiftOf(page) <= 0.001);
        await page.setViewportSize({ width: 1280, height: 800 });
        await page.reload();
        await isWhole(page);
        assert(await shiftOf(page) <= 0.001);
      }, PHONE));
  }

  for (
    const [place, id] of [
      ["index.html#import", "import"],
      ["index.html#read", "read"],
      ["ops/softmax.html#cost", "cost"],
      // A place that is named by its text, as search engines do.
      ["index.html#:~:text=Read%20on", "read"],
    ]
  ) {
    it(`is at ${place} when it is there`, () =>
      withContext(async (context) => {
        const page = await slowPage(context);
        await page.goto(SERVED + place);
        await isWhole(page);
        await page.waitForFunction(([id, height]) => {
          const { top } = document.getElementById(id)!.getBoundingClientRect();
          return scrollY > 500 && top >= 0 && top < height;
        }, [id, PHONE.viewport.height] as const);
      }, PHONE));
  }
});
