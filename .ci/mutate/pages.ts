// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Proves a page with a formula that is broken.
 *
 * @module
 */

import { applyEdit, type Edit } from "./mutators.ts";
import type { Killed } from "./agent.ts";

/** A page that is wrong in one place. */
export interface PageMutant {
  module: string;
  edit: Edit;
  /** The line of the formula. */
  line: number;
}

/** What is used of the project's proof. */
interface Proof {
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

interface Page {
  source: string;
  exports: object;
  goldens: unknown;
}

let proof: Proof | undefined;
const pages = new Map<string, Page>();

async function load(root: string, module: string): Promise<Page> {
  const at = (path: string) => new URL(path, root);
  proof ??= {
    ...await import(at("ops/proof/chain.ts").href),
    ...await import(at("ops/proof/operation.ts").href),
    ...await import(at("ops/goldens/goldens.ts").href),
  };
  const found = pages.get(module);
  if (found) return found;
  const goldens = module.replace(/([^/]+)\.ts$/, "goldens/$1.json");
  const page = {
    source: await Deno.readTextFile(at(module)),
    exports: await import(at(module).href),
    goldens: proof!.decodeGoldens(
      JSON.parse(await Deno.readTextFile(at(goldens))),
    ),
  };
  pages.set(module, page);
  return page;
}

/** What notices that the page is wrong, if anything does. */
export async function provePage(
  root: string,
  { module, edit, line }: PageMutant,
): Promise<Killed | undefined> {
  const { source, exports, goldens } = await load(root, module);
  const { LINK_NAMES, operation, prove } = proof!;
  let op: Operation;
  try {
    op = operation(module, applyEdit(source, edit), exports, goldens);
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
