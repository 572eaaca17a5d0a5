// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Finds Chromium and starts it, without a window, for the checks that need a
 * browser. Run by itself, it prints the version, or what is missing.
 *
 * @module
 */

import { type Browser, chromium } from "npm:playwright-core@1.65.1";

export type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  Locator,
  Page,
} from "npm:playwright-core@1.65.1";

/** Where Chromium, or Chrome, may be installed. */
const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/snap/bin/chromium",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Fetch nothing except what a test asks for. */
const FLAGS = [
  "--no-sandbox", // As root, which a container often is, there is no other way.
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The program: the one that `CHROMIUM` names, or the first that is installed. */
export async function findChromium(): Promise<string> {
  const named = Deno.env.get("CHROMIUM");
  for (const path of named ? [named] : PLACES) {
    try {
      if ((await Deno.stat(path)).isFile) return path;
    } catch {
      // It is not there.
    }
  }
  throw new Error(
    named
      ? `Cannot start Chromium as CHROMIUM must name a program: ${named} is none`
      : "Cannot start Chromium as it must be installed, or CHROMIUM must name it: it was not found (Debian: apt-get install chromium)",
  );
}

/** Starts the browser, with further flags such as `--js-flags=…`. */
export async function launch(flags: readonly string[] = []): Promise<Browser> {
  return await chromium.launch({
    executablePath: await findChromium(),
    args: [...FLAGS, ...flags],
  });
}

if (import.meta.main) {
  try {
    const browser = await launch();
    console.log(`Chromium ${browser.version()}: ${await findChromium()}`);
    await browser.close();
  } catch (error) {
    console.error((error as Error).message);
    Deno.exitCode = 1;
  }
}
