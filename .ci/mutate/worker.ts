// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The process in which mutants live: it loads a copy of the project once, and
 * answers requests, a line of JSON each.
 *
 * @module
 */

import { TextLineStream } from "./lines.ts";
import { execute, type Failure, measure, type Measure, run } from "./agent.ts";
import { collect, type Test } from "./bdd.ts";
import { type PageMutant, provePage } from "./pages.ts";

/** A test for a mutant: how often loops may turn, and how long it may take. */
export interface Trial {
  test: number;
  fuel: number;
  limit: number;
}

/** What the process is asked. */
export type Request =
  | { ask: "load"; root: string; tests: string[] }
  | {
    ask: "measure";
    tests: number[];
    lengths: Record<string, number>;
    apply: Record<string, string>;
    revert: Record<string, string>;
  }
  | {
    ask: "try";
    module: string;
    apply: string;
    revert: string;
    trials: Trial[];
  }
  | { ask: "reset"; codes: Record<string, string> }
  | { ask: "prove" } & PageMutant;

/** What it answers. */
export interface Answers {
  load: { file: string; name: string }[];
  measure: Measure[];
  try: Killed | undefined;
  reset: undefined;
  prove: Killed | undefined;
}

/** What noticed a mutant; without a test, the module did not even load. */
export interface Killed extends Omit<Failure, "how"> {
  how: Failure["how"] | "load" | "proof";
  test?: number;
}

const tests: Test[] = [];
let root = "";
/** Code that puts the modules with a state back to their beginning. */
let resets: Record<string, string> = {};

function reset(): void {
  for (const [module, code] of Object.entries(resets)) execute(module, code);
}

async function answer(request: Request): Promise<unknown> {
  switch (request.ask) {
    case "load": {
      ({ root } = request);
      const found: Answers["load"] = [];
      for (const file of request.tests) {
        const declared = await collect(() => import(new URL(file, root).href));
        tests.push(...declared);
        found.push(...declared.map(({ name }) => ({ file, name })));
      }
      return found;
    }
    case "measure": {
      for (const m in request.apply) execute(m, request.apply[m]);
      const found: Measure[] = [];
      for (const id of request.tests) {
        say({ test: id });
        found.push(await measure(tests[id], request.lengths));
        reset();
      }
      for (const m in request.revert) execute(m, request.revert[m]);
      return found;
    }
    case "reset":
      resets = request.codes;
      return undefined;
    case "try":
      return await tryMutant(request);
    case "prove":
      return await provePage(root, request);
  }
}

async function tryMutant(
  { module, apply, revert, trials }: Request & { ask: "try" },
): Promise<Killed | undefined> {
  try {
    reset();
    execute(module, apply);
  } catch (error) {
    return { how: "load", error: String(error) };
  }
  try {
    for (const { test, fuel, limit } of trials) {
      say({ test });
      const failure = await run(tests[test], fuel, limit);
      if (failure !== undefined) return { ...failure, test };
    }
  } finally {
    execute(module, revert);
    reset();
  }
}

const encoder = new TextEncoder();

function say(message: unknown): void {
  let bytes = encoder.encode(JSON.stringify(message) + "\n");
  while (bytes.length > 0) {
    bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
  }
}

console.log = console.info = console.debug = console.error;

const lines = Deno.stdin.readable
  .pipeThrough(new TextDecoderStream())
  .pipeThrough(new TextLineStream());
for await (const line of lines) {
  say({ answer: await answer(JSON.parse(line)) ?? null });
}
