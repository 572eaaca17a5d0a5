// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Page } from "../../.ci/browser.ts";
import { SITE_FOLDER } from "../build.ts";
import { ON_DISK, open, SERVED, watch, withContext } from "./browser.ts";
import { axeProblems, bringAxe, layoutProblems } from "./inspect.ts";

const PATH = "guides/train-a-network.html";

const part = (page: Page, name: string) =>
  page.locator(`[data-train="${name}"]`);

/** How many steps there were, once there were so many. */
async function steps(page: Page, least: number): Promise<number> {
  await page.waitForFunction(
    (least) =>
      Number(document.querySelector<HTMLElement>("#train")!.dataset.steps) >=
        least,
    least,
  );
  return Number(await page.locator("#train").getAttribute("data-steps"));
}

/** The numbers that the page shows of how well it goes. */
async function figures(page: Page): Promise<{ loss: number; right: number }> {
  const [loss, right] = await Promise.all(
    ["loss-now", "right-now"].map((name) => part(page, name).textContent()),
  );
  return { loss: Number(loss), right: parseFloat(right!) };
}

describe("the page that trains", () => {
  it("learns, reads held-out and drawn digits, stops and starts again", () =>
    withContext(async (context) => {
      await bringAxe(context);
      const { page, problems } = await open(context, PATH, ON_DISK);
      const height = () =>
        page.locator("#train").evaluate((e) =>
          e.getBoundingClientRect().height
        );
      const before = await height();
      await page.locator("#train").scrollIntoViewIfNeeded();
      // By keyboard only.
      await part(page, "start").press("Enter");
      await steps(page, 1);
      const first = await figures(page);
      await steps(page, 400);
      await page.keyboard.press("Enter"); // The focus is on Stop.
      await page.getByText(/^Stopped after [\d,]+ steps: \d\d\.\d %/).waitFor();
      assertEquals(await page.locator(":focus").textContent(), "Start");
      const stopped = await steps(page, 1);
      const last = await figures(page);
      assert(last.loss < 0.6 && last.right > 85, JSON.stringify(last));
      assert(last.right > first.right, JSON.stringify({ first, last }));
      assertEquals(await height(), before);

      // Of ten held-out digits most are read right, and the next mistake is none.
      let right = 0;
      for (let i = 0; i < 10; i++) {
        const old = await part(page, "origin").textContent();
        await part(page, "next").press("Enter");
        await page.waitForFunction(
          (old) =>
            document.querySelector('[data-train="origin"]')!.textContent !==
              old,
          old,
        );
        const [, digit, found] = /: a (\d), taken for (\d)\.$/.exec(
          (await part(page, "origin").textContent())!,
        )!;
        if (digit === found) right++;
      }
      assert(right >= 8, `${right} of 10`);
      await part(page, "wrong").press("Enter");
      await page.waitForFunction(() => {
        const found = /: a (\d), taken for (\d)\.$/.exec(
          document.querySelector('[data-train="origin"]')!.textContent!,
        );
        return found !== null && found[1] !== found[2];
      });

      // The gradient of the logits adds up to nothing; numbers are to be read.
      await page.locator('[data-map="dy"]').press("Enter");
      const cells = await part(page, "numbers").locator("td").allTextContents();
      const numbers = cells.filter((text) => text !== "").map((text) =>
        Number(text.replace("−", "-"))
      );
      assertEquals(numbers.length, 10);
      assert(Math.abs(numbers.reduce((a, b) => a + b)) < 0.01, `${numbers}`);
      assert(Math.min(...numbers) < -0.5, `${numbers}`);

      await draw(page, [[0.3, 0.3], [0.65, 0.3], [0.5, 0.8]]);
      await page.getByText("Yours, taken for 7.").waitFor();
      assertEquals(await steps(page, 1), stopped); // Nothing was trained since.

      assertEquals(problems, []); // Axe cannot read style sheets on a disk.
      assertEquals([
        ...await axeProblems(page, undefined, "#train"),
        ...await layoutProblems(page),
      ], []);
      await part(page, "reset").press("Enter");
      await page.locator('#train[data-steps="0"]').waitFor();
      await page.getByText("The weights are random again.").waitFor();
    }, { viewport: { width: 320, height: 700 }, colorScheme: "dark" }));

  it("loads nothing before it is started, and says what is missing then", () =>
    withContext(async (context) => {
      const asked: string[] = [];
      const { page } = await watch(context);
      page.on("request", (request) => asked.push(request.url()));
      await page.route("**/digits.js", (route) => route.abort());
      await page.goto(SERVED + PATH, { waitUntil: "load" });
      assert(!asked.some((url) => /digits|worker/.test(url)), asked.join("\n"));
      await part(page, "start").click();
      await page.getByText("Cannot train here: the digits cannot be loaded.")
        .waitFor();
      // It goes on once they are there.
      await page.unroute("**/digits.js");
      await part(page, "start").click();
      await steps(page, 1);
    }));

  it("uses threads where the page is isolated", () =>
    withContext(async (context) => {
      await context.route(SERVED + PATH, async (route) => {
        const response = await route.fetch();
        await route.fulfill({
          response,
          headers: {
            ...response.headers(),
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-embedder-policy": "require-corp",
          },
        });
      });
      const { page, problems } = await open(context, PATH);
      assert(await page.evaluate(() => crossOriginIsolated));
      const cores = await page.evaluate(() => navigator.hardwareConcurrency);
      await part(page, "start").click();
      await steps(page, 1);
      await part(page, "stop").click();
      await page.getByText(
        cores > 1 ? `on ${cores} threads.` : "on one thread.",
      ).waitFor();
      assertEquals(problems, []);
    }));

  it("is as heavy as it says", async () => {
    const size = async (name: string) =>
      (await Deno.stat(new URL(`assets/${name}.js`, SITE_FOLDER))).size;
    assert(await size("train") < 12_000);
    assert(await size("train_worker") < 430_000);
    assert(await size("digits") < 1_300_000);
  });
});

/** Draws a line with the pointer, in parts of the place to draw. */
async function draw(page: Page, points: [x: number, y: number][]) {
  const pad = part(page, "draw");
  await pad.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await pad.boundingBox())!;
  for (const [i, [right, down]] of points.entries()) {
    await page.mouse.move(x + right * width, y + down * height, { steps: 5 });
    if (i === 0) await page.mouse.down();
  }
  await page.mouse.up();
}
