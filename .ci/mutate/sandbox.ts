// Copyright 2026 the Adjoint authors. MIT license.

/**
 * A copy of the project in which mutants live, and the processes that run it.
 *
 * @module
 */

import { registry, ROOT } from "../deno.ts";
import { instrument } from "./instrument.ts";
import { TextLineStream } from "./lines.ts";
import type { Answers, Request } from "./worker.ts";

/** A copy of the project, some of whose modules are instrumented. */
export interface Sandbox {
  root: string;
  /** The text of each module that is instrumented. */
  modules: Record<string, string>;
  remove(): Promise<void>;
}

/** Copies what the tests need, and instruments the given modules. */
export async function createSandbox(
  modules: readonly string[],
): Promise<Sandbox> {
  const dir = await Deno.makeTempDir();
  const root = new URL(`file://${dir}/`);
  const config = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  delete config.workspace;
  config.imports["@std/testing/bdd"] = import.meta.resolve("./bdd.ts");
  await Deno.writeTextFile(new URL("deno.json", root), JSON.stringify(config));
  await Deno.copyFile(new URL("deno.lock", ROOT), new URL("deno.lock", root));
  await copy(new URL("ops/", ROOT), new URL("ops/", root));
  await Deno.copyFile(new URL("mod.ts", ROOT), new URL("mod.ts", root));
  const texts: Record<string, string> = {};
  for (const module of modules) {
    const text = await Deno.readTextFile(new URL(module, root));
    texts[module] = text;
    await Deno.writeTextFile(new URL(module, root), instrument(module, text));
  }
  return {
    root: root.href,
    modules: texts,
    remove: () => Deno.remove(dir, { recursive: true }),
  };
}

async function copy(from: URL, to: URL): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) {
      await copy(new URL(`${name}/`, from), new URL(`${name}/`, to));
    } else await Deno.copyFile(new URL(name, from), new URL(name, to));
  }
}

/** A request was not answered: the process hangs, or has died. */
export class LostError extends Error {
  override name = "LostError";
  /** The test that ran last. */
  test?: number;
}

/** What a process says: which test begins, or how a request ends. */
type Message = { test: number } | { answer: unknown } | { error: string };

/** A process that loads the copy, and answers requests one after the other. */
export class Host {
  #process: Deno.ChildProcess;
  #lines: ReadableStreamDefaultReader<string>;
  #input: WritableStreamDefaultWriter<Uint8Array>;

  private constructor(process: Deno.ChildProcess) {
    this.#process = process;
    this.#lines = process.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream()).getReader();
    this.#input = process.stdin.getWriter();
  }

  static async start({ root }: Sandbox): Promise<Host> {
    const { url } = await registry();
    const path = (name: string) => new URL(name, root).pathname;
    return new Host(
      new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "-A",
          "--no-check",
          `--config=${path("deno.json")}`,
          `--lock=${path("deno.lock")}`,
          "--frozen=false",
          new URL("worker.ts", import.meta.url).href,
        ],
        env: { NO_COLOR: "1", ...url ? { JSR_URL: url } : {} },
        stdin: "piped",
        stdout: "piped",
        stderr: Deno.env.has("MUTATE_DEBUG") ? "inherit" : "null",
      }).spawn(),
    );
  }

  /**
   * Asks, and waits for the answer; `limit` says how many milliseconds a test may
   * take, and is asked when the test begins.
   */
  async ask<A extends Request["ask"]>(
    request: Request & { ask: A },
    limit: (test?: number) => number = () => 120_000,
  ): Promise<Answers[A]> {
    const text = JSON.stringify(request) + "\n";
    await this.#input.write(new TextEncoder().encode(text));
    let test: number | undefined;
    for (;;) {
      const message = await this.#message(limit(test));
      if (message === undefined) {
        const error = new LostError("The process hangs, or has died");
        error.test = test;
        throw error;
      }
      if ("error" in message) throw new Error(message.error);
      if ("answer" in message) {
        return (message.answer ?? undefined) as Answers[A];
      }
      test = message.test;
    }
  }

  async #message(
    limit: number,
  ): Promise<Message | undefined> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), limit);
    });
    const line = await Promise.race([
      this.#lines.read().then(({ value }) => value).catch(() => undefined),
      late,
    ]);
    clearTimeout(timer);
    return line === undefined ? undefined : JSON.parse(line);
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#lines.cancel().catch(() => {});
    await this.#process.status;
  }
}
