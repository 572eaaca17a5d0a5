// Copyright 2026 the Adjoint authors. MIT license.

// What the pages load, all of it local: style sheets, scripts, fonts.

import { fileURLToPath } from "node:url";
import { walk } from "./files.ts";

/** The style sheets, by their paths in the folder `assets/` of the site. */
export async function readSheets(): Promise<Map<string, string>> {
  // KaTeX's, with its fonts in the one format that all browsers have.
  const katex = (await Deno.readTextFile(KATEX))
    .replaceAll(/,url\([^)]*\.(?:woff|ttf)\) format\("[a-z]+"\)/g, "");
  const sheets = new Map([["katex/katex.min.css", katex]]);
  const styles = new URL("styles/", import.meta.url);
  for (const name of await walk(styles)) {
    sheets.set(name, await Deno.readTextFile(new URL(name, styles)));
  }
  return sheets;
}

const KATEX = new URL(import.meta.resolve("katex/dist/katex.min.css"));

/** Fills the folder `assets/` of the site. */
export async function writeAssets(
  site: URL,
  sheets: ReadonlyMap<string, string>,
): Promise<void> {
  const assets = new URL("assets/", site);
  const fonts = new URL("katex/fonts/", assets);
  await Deno.mkdir(fonts, { recursive: true });
  for (const [name, css] of sheets) {
    await Deno.writeTextFile(new URL(name, assets), css);
    for (const [, font] of css.matchAll(/url\(fonts\/([\w-]+\.woff2)\)/g)) {
      await Deno.copyFile(
        new URL(`fonts/${font}`, KATEX),
        new URL(font, fonts),
      );
    }
  }
  const share = new URL("share.png", import.meta.url);
  await Deno.copyFile(share, new URL("share.png", assets));
  await bundle(assets);
  await run(
    [
      "run",
      "--lock=docs/train/deno.lock",
      "--frozen",
      "-A",
      "docs/train/pack.ts",
      fileURLToPath(new URL("digits.js", assets)),
    ],
    new URL("../", import.meta.url),
    "docs/train/pack.ts must write the digits",
  );
}

/** Runs deno; `must` says what for, where that fails. */
async function run(args: string[], cwd: URL, must: string): Promise<void> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code === 0) return;
  throw new Error(
    `Cannot build the documentation as ${must}: ${
      new TextDecoder().decode(stderr)
    }`,
  );
}

/**
 * Bundles each `docs/browser/*.ts` into a script. No module: a browser loads
 * those from a server only, and the site is read from a disk, too.
 */
async function bundle(assets: URL): Promise<void> {
  const folder = new URL("browser/", import.meta.url);
  const names = (await walk(folder)).filter((name) => /^\w+\.ts$/.test(name));
  for (const name of names) {
    const script = new URL(name.replace(/ts$/, "js"), assets);
    await run(
      [
        "bundle",
        "--platform=browser",
        "--format=iife",
        "--minify",
        "--no-lock",
        "-o",
        fileURLToPath(script),
        name,
      ],
      folder,
      `docs/browser/${name} must bundle`,
    );
    if (name.endsWith("_worker.ts")) await wrap(script);
  }
}

/** A worker's program, as a function that a page loads and starts from its text. */
async function wrap(script: URL): Promise<void> {
  const program = await Deno.readTextFile(script);
  await Deno.writeTextFile(script, `adjointWorker=()=>{${program}\n};`);
}
