// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Proves a page with a formula that is broken.
 *
 * @module
 */

import type { Killed } from "./agent.ts";

/** A page that is wrong in one place. */
export interface PageMutant {
  module: string;
  /** The text of the module, with the page that is wrong. */
  source: string;
  /** The line of the formula. */
  line: number;
}

/** What is used of the project's proof. */
interface Proof {
  fences(page: string): string[];
  difference(kernel: unknown, tex: string): string | undefined;
  LINK_NAMES: string[];
  prove(op: Operation, link: string): Link[];
  operation(
    file: string,
    source: string,
    exports: object,
    goldens: unknown,
  ): Operation;
  decodeGoldens(json: unknown): unknown;
}

interface Operation {
  page: { formulas: Formula[]; output: { symbol: string } };
  goldens: object;
}

interface Formula {
  line: number;
  statements: { sides?: { name?: string; of?: { name?: string } }[] }[];
}

interface Link {
  failures: string[];
  figure?: number;
  bound: number;
}

/** What a page is compared with. */
interface Known {
  exports: object;
  /** A kernel has none. */
  goldens?: unknown;
}

let proof: Proof | undefined;
const pages = new Map<string, Known>();

async function load(root: string, module: string): Promise<Known> {
  const at = (path: string) => new URL(path, root);
  proof ??= {
    ...await import(at("ops/proof/chain.ts").href),
    ...await import(at("ops/proof/kernel.ts").href),
    ...await import(at("ops/proof/operation.ts").href),
    ...await import(at("ops/goldens/goldens.ts").href),
  };
  const found = pages.get(module);
  if (found) return found;
  const goldens = module.replace(/[^/]+\/([^/]+)\.ts$/, "goldens/$1.json");
  const known: Known = {
    exports: await import(at(module).href),
  };
  if (!isKernel(module)) {
    const json = JSON.parse(await Deno.readTextFile(at(goldens)));
    known.goldens = proof!.decodeGoldens(json);
  }
  pages.set(module, known);
  return known;
}

function isKernel(module: string): boolean {
  return module.startsWith("ops/kernels/");
}

/** What notices that the page is wrong, if anything does. */
export async function provePage(
  root: string,
  mutant: PageMutant,
): Promise<Killed | undefined> {
  const known = await load(root, mutant.module);
  return isKernel(mutant.module)
    ? proveKernel(known, mutant)
    : proveOperation(known, mutant);
}

function proveKernel(
  { exports }: Known,
  { module, source }: PageMutant,
): Killed | undefined {
  const { difference, fences } = proof!;
  const [, name] = /(\w+)\.ts$/.exec(module)!;
  const kernel = (exports as Record<string, unknown>)[name];
  for (const tex of fences(source)) {
    let error: string | undefined;
    try {
      error = difference(kernel, tex);
    } catch (thrown) {
      error = (thrown as Error).message;
    }
    if (error !== undefined) return { how: "proof", error };
  }
}

function proveOperation(
  { exports, goldens }: Known,
  { module, source, line }: PageMutant,
): Killed | undefined {
  const { LINK_NAMES, operation, prove } = proof!;
  let op: Operation;
  try {
    op = operation(module, source, exports, goldens);
  } catch (error) {
    return { how: "proof", error: `reading: ${(error as Error).message}` };
  }
  // What is wrong with a formula by itself, at the smallest size, is wrong with
  // it on the whole page, and found much sooner. What the output is must be said
  // with it, as all else speaks of that.
  const { symbol } = op.page.output;
  const formulas = op.page.formulas.filter((formula) =>
    formula.line === line ||
    formula.statements.some(({ sides }) =>
      sides?.[0].name === symbol || sides?.[0].of?.name === symbol
    )
  );
  const focused = {
    ...op,
    page: { ...op.page, formulas },
    goldens: { ...op.goldens, cases: [] },
  };
  for (const link of ["page = code", "page = calculus"]) {
    const failure = prove(focused, link).flatMap((l) => l.failures)
      .find((failure) => failure.includes(`${module}:${line}: `));
    if (failure !== undefined) {
      return { how: "proof", error: `${link}: ${failure}` };
    }
  }
  for (const link of LINK_NAMES) {
    for (const { failures, figure = 0, bound } of prove(op, link)) {
      if (failures.length > 0 || !(figure <= bound)) {
        return { how: "proof", error: `${link}: ${failures[0] ?? figure}` };
      }
    }
  }
}
