// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Loads a user's module and proves it, in a thread that can be stopped: a module
 * is code, and code may never end.
 *
 * @module
 */

import { type ModuleReport, proveModule } from "./prove_module.ts";

/** What is to be proved. */
export interface Task {
  /** The file, as it was named. */
  file: string;
  /** Its URL. */
  url: string;
  /** Its text. */
  source: string;
}

/** What the thread says: what it is doing, or how that ended. */
export type Message =
  | { progress: string }
  | { report: ModuleReport }
  | { error: string };

/** Loads and proves a module. */
export async function run(
  { file, url, source }: Task,
  say: (message: Message) => void,
  load: (url: string) => Promise<object> = (url) => import(url),
): Promise<void> {
  let exports: object;
  say({ progress: "loading the module" });
  try {
    exports = await load(url);
  } catch (error) {
    say({ error: `${file}: Cannot load the module: ${messageOf(error)}` });
    return;
  }
  try {
    const report = proveModule(
      file,
      source,
      exports,
      (what) => say({ progress: what }),
    );
    say({ report });
  } catch (error) {
    const message = messageOf(error);
    say({ error: message.startsWith(file) ? message : `${file}: ${message}` });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// This file is a thread's only where a thread was made of it.
const { self } = globalThis as unknown as {
  self?: {
    WorkerGlobalScope?: unknown;
    postMessage?(message: Message): void;
    onmessage: unknown;
  };
};
if (typeof self?.postMessage === "function") {
  // What the module prints is not the command's output.
  const { error } = console;
  Object.assign(console, { log: error, info: error, debug: error });
  self.onmessage = ({ data }: { data: Task }) =>
    run(data, (message) => self.postMessage!(message));
}
