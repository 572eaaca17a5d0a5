// Copyright 2026 the Adjoint authors. MIT license.

/**
 * A process that tries mutants: it loads the tests again for each, with the
 * modules that the mutant reaches, and runs them until one fails.
 *
 * What a mutant does not reach is loaded once, from the untouched copy of the
 * project, which is why a process tries many: mathjs alone takes half a second.
 *
 * @module
 */

import { registerHooks } from "node:module";
import { collect, type Test } from "./bdd.ts";

/** A copy of the project, and what to run in it. */
export interface Request {
  /** The untouched copy, and the one with the mutant, which may be the same. */
  base: string;
  root: string;
  /** What is loaded from `root`; all other modules come from `base`. */
  reached: string[];
  /** The file that is executed in place of a module, beside it. */
  instead: Record<string, string>;
  /** The test files, whose tests are run where their names match. */
  files: string[];
  names?: string;
  /** Or these alone, in this order. */
  order?: { file: string; at: number; limit: number }[];
}

/** A test, and what it took. */
export interface Measured {
  file: string;
  at: number;
  name: string;
  ms: number;
}

/** A test that failed. */
export interface Failed {
  file: string;
  /** Below 0 where the file could not be loaded. */
  at: number;
  name: string;
  error: string;
}

/** What it says: that a test begins, or how the request ended. */
export type Message =
  | { begins: string; limit: number }
  | { passed: Measured[] }
  | { failed: Failed };

/** Loading takes at most this many milliseconds. */
const LOAD = 60_000;

declare global {
  /** When the loops of a mutant end; see `fuel.ts`. */
  var deadline: number;
}

let request: Request;

registerHooks({
  resolve(specifier, context, next) {
    const result = next(specifier, context);
    const { base, root, reached, instead } = request;
    const path = [base, root].filter((dir) => result.url.startsWith(dir))
      .map((dir) => result.url.slice(dir.length))[0];
    if (path === undefined) return result;
    if (context.importAttributes?.type !== undefined) result.url = root + path;
    else if (!reached.includes(path)) result.url = base + path;
    else result.url = root + (instead[path] ?? path);
    return result;
  },
});

async function run(): Promise<Message> {
  const { root, files, names = "", order } = request;
  const tests = new Map<string, Test[]>();
  const passed: Measured[] = [];
  const load = async (file: string): Promise<Failed | undefined> => {
    if (tests.has(file)) return undefined;
    say({ begins: file, limit: LOAD });
    globalThis.deadline = performance.now() + LOAD;
    try {
      tests.set(file, await collect(() => import(root + file)));
    } catch (error) {
      return { file, at: -1, name: "loading", error: `${error}` };
    }
  };
  for (const file of order === undefined ? files : []) {
    const failed = await load(file);
    if (failed !== undefined) return { failed };
  }
  const all = [...tests].flatMap(([file, tests]) =>
    tests.map(({ name }, at) => ({ file, at, limit: 600_000, name }))
  ).filter(({ name }) => RegExp(names).test(name));
  for (const { file, at, limit } of order ?? all) {
    const failed = await load(file);
    if (failed !== undefined) return { failed };
    const test = tests.get(file)![at];
    if (test === undefined) {
      return { failed: { file, at, name: "declaring", error: "It is gone" } };
    }
    const { name } = test;
    say({ begins: name, limit });
    const start = performance.now();
    globalThis.deadline = start + limit;
    try {
      await test.run();
    } catch (error) {
      return { failed: { file, at, name, error: `${error}`.slice(0, 200) } };
    }
    passed.push({ file, at, name, ms: performance.now() - start });
  }
  return { passed };
}

const encoder = new TextEncoder();

function say(message: Message): void {
  let bytes = encoder.encode(JSON.stringify(message) + "\n");
  while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
}

if (import.meta.main) {
  console.log = console.error; // What tests print is not a message.
  // What a mutant leaves behind may fail later.
  addEventListener("unhandledrejection", (event) => event.preventDefault());
  addEventListener("error", (event) => event.preventDefault());
  let rest = "";
  const input = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
  for await (const text of input) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      request = JSON.parse(line);
      say(await run());
    }
  }
}
