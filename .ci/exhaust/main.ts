// Copyright 2026 the Adjoint authors. MIT license.

/**
 * `deno task exhaust`: tries the elementary functions on all float32 numbers, and
 * writes the largest error of each to `ops/kernels/elementary.json`.
 *
 * ```sh
 * deno task exhaust          # all of them
 * deno task exhaust exp log  # some, and the others stay as they are
 * ```
 *
 * @module
 */

import { parseArgs } from "node:util";
import {
  type Found,
  type Function,
  FUNCTIONS,
} from "../../ops/kernels/exact.ts";
import { ROOT } from "../deno.ts";

const REPORT = new URL("ops/kernels/elementary.json", ROOT);
const PARTS = 64;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    workers: { type: "string", default: `${navigator.hardwareConcurrency}` },
  },
});
const names = Object.keys(FUNCTIONS) as Function[];
const chosen = names.filter((name) =>
  positionals.length === 0 || positionals.includes(name)
);
const report: Partial<Record<Function, Found>> = await Deno
  .readTextFile(REPORT).then(JSON.parse, () => ({}));
for (const name of chosen) {
  const start = performance.now();
  const found = await tryAll(name, Number(values.workers));
  report[name] = found;
  await write();
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${name}: ${found.error} ulp at ${found.at}, ${seconds.toFixed(0)} s`,
  );
  if (!(found.error <= FUNCTIONS[name].bound)) {
    console.error(`error: ${name} may be off by ${FUNCTIONS[name].bound} ulp`);
    Deno.exitCode = 1;
  }
}
/** Writes what is known so far, in the order of the functions. */
async function write(): Promise<void> {
  const known = names.filter((name) => report[name] !== undefined);
  const sorted = Object.fromEntries(known.map((name) => [name, report[name]]));
  await Deno.writeTextFile(REPORT, JSON.stringify(sorted, null, 2) + "\n");
}

/** The largest error of a function over all numbers. */
async function tryAll(name: Function, workers: number): Promise<Found> {
  let part = 0;
  const all = await Promise.all(Array.from({ length: workers }, async () => {
    const worker = new Worker(new URL("worker.ts", import.meta.url), {
      type: "module",
    });
    const results: Found[] = [];
    while (part < PARTS) {
      const from = part++ / PARTS * 2 ** 32;
      results.push(
        await new Promise<Found>((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = (event) => reject(new Error(event.message));
          worker.postMessage([name, [from, from + 2 ** 32 / PARTS, 1]]);
        }),
      );
    }
    worker.terminate();
    return results;
  }));
  return all.flat().reduce((a, b) => b.error > a.error ? b : a);
}
