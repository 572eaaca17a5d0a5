// Copyright 2026 the Adjoint authors. MIT license.

// Pictures of the site to look at, in `coverage/screenshots/`.

import { assert } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { remove } from "../files.ts";
import { open, withContext } from "./browser.ts";

const FOLDER = new URL("../../coverage/screenshots/", import.meta.url);

const SHOWN: Record<string, string> = {
  front: "index.html",
  op: "ops/softmax.html",
  panel: "ops/matmul.html?live=1_2~3~4_f32_1_r_r_r_bx-sign_c#live",
  kernel: "kernels/blocked.html",
  guide: "guides/why-blocking-makes-it-fast.html",
  prover: "prover.html",
  benchmark: "benchmark.html",
  api: "api/linear/~/linearDw.html",
};

/** The windows in each theme. */
const WINDOWS = {
  light: [{ width: 360, height: 780 }, { width: 1280, height: 900 }],
  dark: [{ width: 1280, height: 900 }],
};

describe("screenshots", () => {
  it("are kept", async () => {
    await remove(FOLDER);
    await Deno.mkdir(FOLDER, { recursive: true });
    for (const theme of ["light", "dark"] as const) {
      await withContext(async (context) => {
        for (const [name, path] of Object.entries(SHOWN)) {
          if (theme === "dark" && !/^(front|op|panel)$/.test(name)) continue;
          const { page } = await open(context, path);
          for (const viewport of WINDOWS[theme]) {
            await page.setViewportSize(viewport);
            const picture = `${name}-${viewport.width}-${theme}.png`;
            if (path.includes("#live")) {
              await page.locator('[data-live="verdict"][data-ok]').waitFor();
              await page.locator("#live").scrollIntoViewIfNeeded();
            }
            const bytes = await (path.includes("#live")
              ? page.locator("#live").screenshot()
              : page.screenshot());
            assert(bytes.length > 5000);
            await Deno.writeFile(new URL(picture, FOLDER), bytes);
          }
          await page.close();
        }
      }, { colorScheme: theme });
    }
  });
});
