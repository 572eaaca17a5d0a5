// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The package as users get it, made in a folder from the files that would be
 * published, and from no other:
 *
 * | folder | what it is | who takes it |
 * | ------ | ---------- | ------------ |
 * | `jsr/` | a registry as jsr.io is one: the files, and their checksums | Deno |
 * | `npm/` | the npm package that `deno pack` makes: JavaScript, declarations and `package.json`, as npm.jsr.io has them | Node, Bun |
 * | `web/` | programs bundled with that package | browsers |
 *
 * @module
 */

import { build, stop } from "npm:esbuild@0.28.2";
import { deno, ROOT } from "../deno.ts";
import { entryPoints, rehearse } from "../publish.ts";

/** The package, ready to be imported as `@adjoint/ops`. */
export interface Package {
  /** What is published. */
  files: string[];
  /** The registry, as `JSR_URL` takes it. */
  registry: string;
  /** Where programs find the package in the registry. */
  jsr: string;
  /** Where programs find the package in `node_modules`. */
  npm: string;
  /** Where programs have the package in themselves. */
  web: string;
}

/** Makes the package in a folder. */
export async function make(dir: string): Promise<Package> {
  const { ok, files } = await rehearse();
  if (!ok) throw new Error("The package cannot be published");
  const made: Package = {
    files,
    registry: new URL(`file://${dir}/registry/`).href,
    jsr: `${dir}/jsr`,
    npm: `${dir}/npm`,
    web: `${dir}/web`,
  };
  const config = JSON.parse(await read("deno.json"));
  await makeRegistry(made, config);
  await makeNpmPackage(files, made.npm, config);
  await makePrograms(made);
  return made;
}

/** Makes the npm package alone, in the `node_modules` of a folder. */
export async function npmPackage(dir: string): Promise<void> {
  const { ok, files } = await rehearse();
  if (!ok) throw new Error("The package cannot be published");
  await makeNpmPackage(files, dir, JSON.parse(await read("deno.json")));
}

interface Config {
  name: string;
  version: string;
  license: string;
  exports: Record<string, string>;
}

async function makeRegistry(
  { files, registry, jsr }: Package,
  { name, version, exports }: Config,
): Promise<void> {
  const manifest: Record<string, { size: number; checksum: string }> = {};
  for (const path of files) {
    const bytes = await Deno.readFile(new URL(path, ROOT));
    const hash = await crypto.subtle.digest("SHA-256", bytes);
    manifest[`/${path}`] = {
      size: bytes.length,
      checksum: `sha256-${new Uint8Array(hash).toHex()}`,
    };
  }
  await copy(files, new URL(`${name}/${version}/`, registry));
  const meta = { latest: version, versions: { [version]: {} } };
  await write(new URL(`${name}/meta.json`, registry), meta);
  await write(new URL(`${name}/${version}_meta.json`, registry), {
    manifest,
    exports,
  });
  await write(new URL(`file://${jsr}/deno.json`), {
    imports: { [name]: `jsr:${name}@${version}` },
    lock: false,
  });
}

/** Copies published files into a folder. */
export async function copy(files: readonly string[], to: URL): Promise<void> {
  for (const path of files) {
    await write(new URL(path, to), await Deno.readFile(new URL(path, ROOT)));
  }
}

async function makeNpmPackage(
  files: readonly string[],
  npm: string,
  { name, version, license, exports }: Config,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  const source = new URL(`file://${dir}/source/`);
  await copy(files, source);
  // The other members of the workspace are not in the package.
  const config = new URL("deno.json", source);
  await write(config, { name, version, license, exports });
  const tarball = `${dir}/package.tgz`;
  const { code, stderr } = await deno([
    "pack",
    `--config=${config.pathname}`,
    "--allow-dirty",
    "--no-source-maps",
    `--output=${tarball}`,
  ], { capture: true, cwd: source });
  if (code !== 0) throw new Error(stderr);
  const target = `${npm}/node_modules/${name}`;
  await Deno.mkdir(target, { recursive: true });
  const tar = await new Deno.Command("tar", {
    args: ["-xzf", tarball, "-C", target, "--strip-components=1"],
  }).output();
  if (!tar.success) throw new Error("tar cannot unpack what deno pack packed");
  await write(new URL(`file://${npm}/package.json`), {
    type: "module",
    dependencies: { [name]: version },
  });
  await Deno.remove(dir, { recursive: true });
}

/** Bundles the programs, with the package in them and without. */
async function makePrograms({ jsr, npm, web }: Package): Promise<void> {
  const entries = Object.keys(await entryPoints());
  const bundle = async (name: string, dir: string, external: string[]) => {
    await build({
      stdin: { contents: program(name, entries), resolveDir: npm },
      outfile: `${dir}/${name}.js`,
      bundle: true,
      external,
      nodePaths: [`${npm}/node_modules`],
      format: "esm",
      target: "es2023",
      logLevel: "warning",
    });
  };
  try {
    for (const dir of [jsr, npm]) {
      await bundle("vectors", dir, ["@adjoint/ops"]);
    }
    for (const name of ["vectors", "endurance", "bits"]) {
      await bundle(name, web, []);
    }
  } finally {
    await stop();
  }
  await write(new URL(`file://${web}/package.json`), { type: "module" });
}

/** A program that gets all entry points, and tells what it found. */
function program(name: string, entries: readonly string[]): string {
  const file = new URL(`programs/${name}.ts`, import.meta.url).pathname;
  return [
    `import { main } from ${JSON.stringify(file)};`,
    ...entries.map((entry, i) =>
      `import * as e${i} from "@adjoint/ops${entry.slice(1)}";`
    ),
    `const entries = { ${
      entries.map((entry, i) => `${JSON.stringify(entry)}: e${i}`).join(", ")
    } };`,
    "const told = JSON.stringify(await main(entries));",
    "(globalThis.tell ?? console.log)(told);",
  ].join("\n");
}

async function read(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, ROOT));
}

async function write(url: URL, content: Uint8Array | object): Promise<void> {
  await Deno.mkdir(new URL(".", url), { recursive: true });
  await (content instanceof Uint8Array
    ? Deno.writeFile(url, content)
    : Deno.writeTextFile(url, JSON.stringify(content, null, 2)));
}
