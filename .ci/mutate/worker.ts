// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The process in which mutants live: it loads a copy of the project once, and
 * answers requests, a line of JSON each.
 *
 * @module
 */

import {
  catchStrayErrors,
  type Code,
  type Codes,
  execute,
  type Killed,
  type Measure,
  measure,
  type Trial,
  tryMutant,
} from "./agent.ts";
import { collect, type Test } from "./bdd.ts";
import { TextLineStream } from "./lines.ts";
import { type PageMutant, provePage } from "./pages.ts";

/** What the process is asked; `resets` puts modules back to their beginning. */
export type Request =
  | {
    ask: "load";
    root: string;
    modules: string[];
    files: string[];
    resets: Code;
  }
  | {
    ask: "measure";
    tests: number[];
    lengths: Record<string, number>;
    apply: Code;
    revert: Code;
  }
  | { ask: "try"; codes: Codes; trials: Trial[] }
  | { ask: "prove" } & PageMutant;

/** What it answers. */
export interface Answers {
  load: { file: string; name: string }[];
  measure: Measure[];
  try: Killed | undefined;
  prove: Killed | undefined;
}

const tests: Test[] = [];
let root = "";
let resets: Code = {};

async function answer(request: Request): Promise<unknown> {
  switch (request.ask) {
    case "load": {
      ({ root, resets } = request);
      const at = (file: string) => new URL(file, root).href;
      for (const module of request.modules) await import(at(module));
      const found: Answers["load"] = [];
      for (const file of request.files) {
        const declared = await collect(() => import(at(file)));
        tests.push(...declared);
        found.push(...declared.map(({ name }) => ({ file, name })));
      }
      return found;
    }
    case "measure": {
      execute(resets);
      execute(request.apply);
      const found: Measure[] = [];
      for (const id of request.tests) {
        begin(id);
        found.push(await measure(tests[id], request.lengths));
        execute(resets);
      }
      execute(request.revert);
      return found;
    }
    case "try": {
      const { codes, trials } = request;
      return await tryMutant(codes, tests, trials, resets, begin);
    }
    case "prove":
      return await provePage(root, request);
  }
}

function begin(test: number): void {
  say({ test });
}

const encoder = new TextEncoder();

function say(message: unknown): void {
  let bytes = encoder.encode(JSON.stringify(message) + "\n");
  while (bytes.length > 0) {
    bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
  }
}

catchStrayErrors();
console.log = console.info = console.debug = console.error;

const lines = Deno.stdin.readable
  .pipeThrough(new TextDecoderStream())
  .pipeThrough(new TextLineStream());
for await (const line of lines) {
  try {
    say({ answer: await answer(JSON.parse(line)) ?? null });
  } catch (error) {
    say({ error: (error as Error).stack });
  }
}
