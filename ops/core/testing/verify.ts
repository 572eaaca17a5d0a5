// Copyright 2026 the Adjoint authors. MIT license.

/**
 * `deno task verify`: proves every operation, link by link, and prints the
 * figures; then the distances that the notebook printed, and ours.
 *
 * ```sh
 * deno task verify          # all operations
 * deno task verify softmax  # one, or several
 * deno task verify --json   # for machines
 * ```
 *
 * The exit code is 1 if anything does not hold, and 2 if it could not be tried.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { readGoldens } from "../../goldens/read.ts";
import { type Link, LINK_NAMES, prove } from "../../proof/chain.ts";
import { notebook } from "./notebook.ts";
import { type Operation, operation } from "../../proof/operation.ts";
import {
  COLORS,
  formatProof,
  LEGEND,
  PLAIN,
  type Style,
} from "../../proof/report.ts";
import {
  formatEnd,
  formatNotebook,
  holds,
  type Proof,
  toJson,
  versionsOf,
} from "./report.ts";

const USAGE = `deno task verify [NAME…] [--json]

Proves that page, code, calculus, PyTorch and the truth agree: for the operations
of these names, or for all.

  --json  figures for machines
  --help  this text`;

/** What the command needs of the world around it. */
export interface World {
  /** The text of a file of the package. */
  read(path: string): Promise<string>;
  /** The exports of a module of the package. */
  load(path: string): Promise<object>;
  /** Prints lines. */
  print(text: string): void;
  /** Shows what is being done, in place of what it showed last. */
  progress(text: string): void;
  style: Style;
}

/** The modules of the operations: every entry point that has a signature. */
async function findModules(
  world: World,
): Promise<{ name: string; file: string; source: string }[]> {
  const { exports } = JSON.parse(await world.read("deno.json"));
  const files = Object.values<string>(exports)
    .map((path) => path.replace(/^\.\//, ""))
    .filter((file) => /^ops\/\w+\//.test(file));
  const modules = await Promise.all(files.map(async (file) => {
    const source = await world.read(file);
    const name = /export const signature\b[^=]*=\s*op\(\s*"(\w+)"/.exec(source);
    return name === null ? [] : [{ name: name[1], file, source }];
  }));
  return modules.flat();
}

async function loadOperations(
  world: World,
  names: readonly string[],
): Promise<Operation[]> {
  const modules = await findModules(world);
  for (const name of names) {
    if (modules.some((module) => module.name === name)) continue;
    throw new RangeError(
      `Cannot verify ${name} as there is no such operation: there are ${
        modules.map(({ name }) => name).join(", ")
      }`,
    );
  }
  const chosen = names.length === 0
    ? modules
    : modules.filter(({ name }) => names.includes(name));
  return await Promise.all(chosen.map(async ({ file, source }) => {
    const goldens = file.replace(/[^/]+\/([^/]+)\.ts$/, "goldens/$1.json");
    const json = await world.read(goldens).catch(() => undefined);
    return operation(
      file,
      source,
      await world.load(file),
      json === undefined ? undefined : readGoldens(JSON.parse(json)),
    );
  }));
}

function proveAll(op: Operation, { progress }: World): Proof {
  const links: Link[] = [];
  for (const name of LINK_NAMES) {
    progress(`${op.name}: ${name}`);
    links.push(...prove(op, name));
  }
  progress("");
  // If the page does not hold, its formulas are no truth to measure by.
  const page = links.slice(0, 2 * op.definitions.targets.length);
  const holds = page.every(({ failures }) => failures.length === 0);
  return { op, links, notebook: holds ? notebook(op) : [] };
}

/** Runs the command; the result is its exit code. */
export async function verify(args: string[], world: World): Promise<number> {
  const { positionals, values: { json, help } } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: "boolean" }, help: { type: "boolean" } },
  });
  if (help) {
    world.print(USAGE);
    return 0;
  }
  const { style } = world;
  const print = json ? () => {} : world.print;
  const start = performance.now();
  const operations = await loadOperations(world, positionals);
  const proofs: Proof[] = [];
  for (const operation of operations) {
    const proof = proveAll(operation, world);
    proofs.push(proof);
    print(formatProof(proof, style));
  }
  print(style.faint(LEGEND));
  print(formatNotebook(proofs, style));
  const versions = Object.entries(versionsOf(proofs)).map(([name, version]) =>
    `${name} ${version}`
  );
  print(style.faint(versions.join(", ")));
  const seconds = (performance.now() - start) / 1000;
  print(`${formatEnd(proofs, style)} (${seconds.toFixed(1)} s)`);
  if (json) world.print(toJson(proofs));
  return proofs.every(holds) ? 0 : 1;
}

/** Runs the command on the package that this file is a part of. */
export async function main(
  args: string[],
  { log, error }: Pick<Console, "log" | "error"> = console,
): Promise<number> {
  const root = new URL("../../../", import.meta.url);
  const isTerminal = Deno.stderr.isTerminal();
  const show = (text: string) =>
    Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
  try {
    return await verify(args, {
      read: (path) => Deno.readTextFile(new URL(path, root)),
      load: (path) => import(new URL(path, root).href),
      print: log,
      progress: (text) => void (isTerminal && show(text)),
      style: Deno.stdout.isTerminal() && !Deno.noColor ? COLORS : PLAIN,
    });
  } catch (cause) {
    error(`error: ${(cause as Error).message}`);
    return 2;
  }
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
