// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Tries mutants, each with the tests beside its module.
 *
 * @module
 */

import { applyEdit, type Mutation } from "./mutators.ts";
import type { Host, Sandbox } from "./sandbox.ts";
import type { Failed, Measured } from "./worker.ts";

/** A mutant of a module. */
export interface Mutant extends Mutation {
  file: string;
  /** The lines that it changes, before and after. */
  line: number;
  from: string;
  to: string;
}

/** What became of it. */
export interface Result {
  mutant: Mutant;
  /** What noticed it, if anything did. */
  killed?: Failed;
}

/** A mutant is tried for this many milliseconds, the quickest tests first. */
const PATIENCE = 20_000;

/** The tests of a module: the file beside it, or else those of its folder. */
export function testsOf(file: string, files: readonly string[]): string[] {
  const own = file.replace(/\.ts$/, "_test.ts");
  if (files.includes(own)) return [own];
  const folder = file.slice(0, file.lastIndexOf("/") + 1);
  const beside = files.filter((f) =>
    f.startsWith(folder) && /^\w+_test\.ts$/.test(f.slice(folder.length))
  );
  const above = `${folder.slice(0, -1)}_test.ts`;
  return files.includes(above) ? [...beside, above] : beside;
}

/** The tests of every operation, which follow from the signatures of all. */
const DERIVED = ["ops/core/properties_test.ts", "ops/core/refusals_test.ts"];

/** Such a test takes at least this many milliseconds: all operations are loaded.
 */
const LOADING = 500;

/** Which of the derived tests see a module, by their names, if any do. */
export function derivedOf(file: string, text: string): RegExp | undefined {
  const name = /export const signature\b[^=]*=\s*op\(\s*"(\w+)"/.exec(text)
    ?.[1];
  if (name !== undefined) return RegExp(`\\b${name}(D\\w*)?\\(\\)`);
  // The operations that are for tests alone use everything that there is.
  return file.startsWith("ops/core/") ? /\btoy\w*\(\)/ : undefined;
}

/** Tries the mutants; they are told as they are done. */
export async function runCampaign(
  sandbox: Sandbox,
  files: readonly string[],
  mutants: readonly Mutant[],
  { workers, tell }: { workers: number; tell(result: Result): void },
): Promise<Result[]> {
  const hosts: Host[] = [];
  const modules = [...new Set(mutants.map(({ file }) => file))];
  const tests = new Map(modules.map((file) => [file, testsOf(file, files)]));
  const derived = new Map<string, RegExp | undefined>();
  const reached = new Map<string, string[]>();
  for (const file of modules) {
    reached.set(file, await sandbox.reached(file));
    derived.set(file, derivedOf(file, await sandbox.read(file)));
  }
  /** How many mutants of a declaration a test has noticed. */
  const kills = new Map<string, number>();
  const measured: Measured[] = [];
  const results: Result[] = [];
  const all = async (work: (host: Host) => Promise<void>) => {
    const done = await Promise.allSettled(
      Array.from({ length: workers }, async (_, i) => {
        hosts[i] ??= await sandbox.start();
        await work(hosts[i]);
      }),
    );
    for (const result of done) {
      if (result.status === "rejected") throw result.reason;
    }
  };
  try {
    const names = [...derived.values()].filter((name) => name !== undefined)
      .map(({ source }) => source).join("|");
    const queue = new Set([
      ...[...tests.values()].flat(),
      ...DERIVED.filter((file) => names !== "" && files.includes(file)),
    ]).values();
    await all(async (host) => {
      for (const file of queue) {
        const found = await host.run({
          base: sandbox.base,
          root: sandbox.base,
          reached: [],
          instead: {},
          files: [file],
          names: DERIVED.includes(file) ? names : "",
        });
        if (Array.isArray(found)) measured.push(...found);
        else {
          throw new Error(
            `Cannot try mutants as all tests must pass without them: ${found.name} in ${file} fails: ${found.error}`,
          );
        }
      }
    });
    const rest = mutants.values();
    await all(async (host) => {
      for (const mutant of rest) {
        const { file, name } = mutant;
        const key = ({ file: test, at }: { file: string; at: number }) =>
          `${file} ${name} ${test} ${at}`;
        const isDerived = (test: Measured) => DERIVED.includes(test.file);
        const cost = (test: Measured) =>
          (test.ms + (isDerived(test) ? LOADING : 0.5)) /
          (1 + (kills.get(key(test)) ?? 0));
        let total = 0;
        const order = measured
          .filter((test) =>
            isDerived(test)
              ? derived.get(file)?.test(test.name)
              : tests.get(file)!.includes(test.file)
          )
          .sort((a, b) => cost(a) - cost(b))
          .filter(({ ms }, i) => (total += ms) < PATIENCE || i === 0)
          .map(({ file, at, ms }) => ({ file, at, limit: 1000 + 5 * ms }));
        await using copy = await sandbox.copy(
          file,
          applyEdit(await sandbox.read(file), mutant),
        );
        const found = await host.run({
          ...copy,
          reached: reached.get(file)!,
          files: [...new Set(order.map(({ file }) => file))],
          order,
        });
        const killed = Array.isArray(found) ? undefined : found;
        if (killed !== undefined) {
          const by = key(killed);
          kills.set(by, 1 + (kills.get(by) ?? 0));
        }
        const result = { mutant, killed };
        results.push(result);
        tell(result);
      }
    });
    return results;
  } finally {
    await Promise.all(hosts.map((host) => host.stop()));
  }
}
