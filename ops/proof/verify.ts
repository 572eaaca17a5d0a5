// Copyright 2026 the Adjoint authors. MIT license.

/**
 * `deno task verify`: proves every operation, link by link, and prints the
 * figures; then the distances that the notebook printed, and ours.
 *
 * ```sh
 * deno task verify              # all operations
 * deno task verify --op matmul  # one
 * deno task verify --json       # for machines
 * ```
 *
 * The exit code is 1 if anything does not hold, and 2 if it could not be tried.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { decodeGoldens } from "../goldens/goldens.ts";
import { type Link, LINK_NAMES, prove } from "./chain.ts";
import { notebook } from "./notebook.ts";
import { type Operation, operation } from "./operation.ts";
import {
  COLORS,
  formatEnd,
  formatNotebook,
  formatProof,
  holds,
  LEGEND,
  PLAIN,
  type Proof,
  toJson,
} from "./report.ts";

const USAGE = `deno task verify [--op NAME] [--json]

Proves that page, code, calculus, PyTorch and the truth agree.

  --op NAME  one operation only
  --json     figures for machines
  --help     this text`;

const ROOT = new URL("../../", import.meta.url);

async function read(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, ROOT));
}

/** The operations of the package: every entry point that is a page. */
async function loadOperations(): Promise<Operation[]> {
  const { exports } = JSON.parse(await read("deno.json"));
  const files = Object.entries<string>(exports)
    .filter(([name]) => ![".", "./tensor", "./threads", "./gradcheck"].includes(name))
    .map(([, path]) => path.replace(/^\.\//, ""));
  return await Promise.all(files.map(async (file) => {
    const goldens = file.replace(/([^/]+)\.ts$/, "goldens/$1.json");
    return operation(
      file,
      await read(file),
      await import(new URL(file, ROOT).href),
      decodeGoldens(JSON.parse(await read(goldens))),
    );
  }));
}

function choose(operations: Operation[], name: string | undefined) {
  const chosen = operations.filter((op) =>
    name === undefined || op.name === name
  );
  if (chosen.length > 0) return chosen;
  throw new RangeError(
    `Cannot verify ${name} as there is no such operation: there are ${
      operations.map(({ name }) => name).join(", ")
    }`,
  );
}

function proveAll(op: Operation): Proof {
  const links: Link[] = [];
  for (const name of LINK_NAMES) {
    progress(`${op.name}: ${name}`);
    links.push(...prove(op, name));
  }
  progress(`${op.name}: the notebook`);
  const proof = { op, links, notebook: notebook(op) };
  progress("");
  return proof;
}

/** On a terminal only: one line, which is overwritten by the next. */
function progress(text: string): void {
  if (!Deno.stderr.isTerminal()) return;
  Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
}

async function main(): Promise<number> {
  const { op, json, help } = parseArgs({
    options: {
      op: { type: "string" },
      json: { type: "boolean" },
      help: { type: "boolean" },
    },
  }).values;
  if (help) {
    console.log(USAGE);
    return 0;
  }
  const style = Deno.stdout.isTerminal() && !Deno.noColor ? COLORS : PLAIN;
  const print = (text: string) => json || console.log(text);
  const start = performance.now();
  const operations = choose(await loadOperations(), op);
  const { torch, numpy } = operations[0].goldens;
  print(style.faint(
    `Deno ${Deno.version.deno}, PyTorch ${torch}, NumPy ${numpy}\n`,
  ));
  const proofs: Proof[] = [];
  for (const operation of operations) {
    proofs.push(proveAll(operation));
    print(formatProof(proofs.at(-1)!, style));
  }
  print(style.faint(LEGEND));
  print(formatNotebook(proofs, style));
  const seconds = (performance.now() - start) / 1000;
  print(`${formatEnd(proofs, style)} (${seconds.toFixed(1)} s)`);
  if (json) console.log(toJson(proofs));
  return proofs.every(holds) ? 0 : 1;
}

try {
  Deno.exitCode = await main();
} catch (error) {
  progress("");
  console.error(`error: ${(error as Error).message}`);
  Deno.exitCode = 2;
}
