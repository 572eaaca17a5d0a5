// Copyright 2026 the Adjoint authors. MIT license.

// What the pages load, all of it local: style sheets, scripts, fonts.

import { fileURLToPath } from "node:url";
import { walk } from "./files.ts";

/** Fills the folder `assets/` of the site. */
export async function writeAssets(site: URL): Promise<void> {
  const assets = new URL("assets/", site);
  await copyKatex(new URL("katex/", assets));
  const styles = new URL("styles/", import.meta.url);
  for (const name of await walk(styles)) {
    await Deno.copyFile(new URL(name, styles), new URL(name, assets));
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

/** Copies KaTeX's style sheet, and its fonts in the one format all browsers have. */
async function copyKatex(folder: URL): Promise<void> {
  const sheet = new URL(import.meta.resolve("katex/dist/katex.min.css"));
  const css = (await Deno.readTextFile(sheet))
    .replaceAll(/,url\([^)]*\.(?:woff|ttf)\) format\("[a-z]+"\)/g, "");
  await Deno.mkdir(new URL("fonts/", folder), { recursive: true });
  await Deno.writeTextFile(new URL("katex.min.css", folder), css);
  for (const [font] of css.matchAll(/fonts\/[\w-]+\.woff2/g)) {
    await Deno.copyFile(new URL(font, sheet), new URL(font, folder));
  }
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
