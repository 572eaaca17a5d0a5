// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Copies of the project, one for each mutant, and the processes that try them.
 *
 * @module
 */

import { deno, registry, ROOT } from "../deno.ts";
import { endLoops } from "./fuel.ts";
import type { Failed, Measured, Message, Request } from "./worker.ts";

/** A process is replaced after this many mutants, whose modules stay in memory.
 */
const LIFE = 150;

/** A copy of the project that does not change. */
export class Sandbox {
  readonly #dir: string;
  readonly #files: string[];
  /** Which modules import a module, or read it as text. */
  readonly #importers = new Map<string, Set<string>>();
  #count = 0;

  private constructor(dir: string, files: string[]) {
    this.#dir = dir;
    this.#files = files;
  }

  /** Copies these files of a project. */
  static async create(
    files: readonly string[],
    root: URL = ROOT,
  ): Promise<Sandbox> {
    const dir = await Deno.makeTempDir();
    const names = await namesOf();
    // Deno would take what they say for what holds in their folders.
    const copied = files.filter((file) => !file.endsWith("deno.json"));
    const sandbox = new Sandbox(dir, copied);
    for (const file of copied) {
      const to = `${dir}/base/${file}`;
      await makeFolder(to);
      await Deno.copyFile(new URL(file, root), to);
      if (!/\.ts$/.test(file)) continue;
      const text = await Deno.readTextFile(to);
      for (const [, path] of text.matchAll(/(?:from|import\()\s*"(.*?)"/g)) {
        const imported = path.startsWith(".")
          ? new URL(path, `file:///${file}`).pathname.slice(1)
          : names[path];
        if (imported === undefined) continue;
        const importers = sandbox.#importers.get(imported) ?? new Set();
        sandbox.#importers.set(imported, importers.add(file));
      }
    }
    return sandbox;
  }

  get base(): string {
    return new URL(`file://${this.#dir}/base/`).href;
  }

  read(file: string): Promise<string> {
    return Deno.readTextFile(`${this.#dir}/base/${file}`);
  }

  /** The modules that must be reloaded for a mutant of a module. */
  async reached(module: string): Promise<string[]> {
    const found = new Set([module]);
    // A module that reads it as text knows its own place.
    for (const file of this.#files.filter((file) => file.endsWith(".ts"))) {
      if ((await this.read(file)).includes("import.meta")) found.add(file);
    }
    for (const file of found) {
      for (const importer of this.#importers.get(file) ?? []) {
        found.add(importer);
      }
    }
    return [...found];
  }

  /** Makes a copy with one module broken. */
  async copy(
    module: string,
    text: string,
  ): Promise<Pick<Request, "base" | "root" | "instead"> & AsyncDisposable> {
    const dir = `${this.#dir}/m${this.#count++}/`;
    for (const file of this.#files) {
      await makeFolder(dir + file);
      if (file === module) await Deno.writeTextFile(dir + file, text);
      else await Deno.link(`${this.#dir}/base/${file}`, dir + file);
    }
    const cache = this.#dir + "/cache";
    const fueled = module.replace(/\.ts$/, ".fueled.ts");
    await Deno.writeTextFile(dir + fueled, endLoops(text));
    return {
      base: this.base,
      root: new URL(`file://${dir}`).href,
      instead: { [module]: fueled },
      async [Symbol.asyncDispose]() {
        await Deno.remove(dir, { recursive: true });
        // What was compiled of it would be more than the project in the end.
        await Deno.remove(`${cache}/gen/file${dir}`, { recursive: true })
          .catch(() => {});
      },
    };
  }

  /** Starts a process. */
  async start(): Promise<Host> {
    return await Host.start(this.#dir);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#dir, { recursive: true });
  }
}

/** The modules of the packages, by the names that they are imported by. */
async function namesOf(): Promise<Record<string, string>> {
  const names: Record<string, string> = {};
  for (const folder of ["", "ops/proof/"]) {
    const { name, exports } = JSON.parse(
      await Deno.readTextFile(new URL(`${folder}deno.json`, ROOT)),
    );
    for (const [entry, path] of Object.entries<string>(exports)) {
      names[name + entry.slice(1)] = folder + path.slice(2);
    }
  }
  return names;
}

const made = new Set<string>();

async function makeFolder(file: string): Promise<void> {
  const folder = file.slice(0, file.lastIndexOf("/"));
  if (made.has(folder)) return;
  await Deno.mkdir(folder, { recursive: true });
  made.add(folder);
}

/** A process, which is replaced when it hangs or gets old. */
export class Host {
  readonly #dir: string;
  #process!: Deno.ChildProcess;
  #lines!: AsyncIterator<string>;
  #age = 0;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  static async start(dir: string): Promise<Host> {
    const host = new Host(dir);
    await host.#spawn();
    return host;
  }

  async #spawn(): Promise<void> {
    await this.#prepare();
    const { url } = await registry();
    this.#process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        `--config=${this.#dir}/deno.json`,
        `--lock=${this.#dir}/deno.lock`,
        "--frozen=false",
        new URL("worker.ts", import.meta.url).href,
      ],
      env: {
        DENO_DIR: `${this.#dir}/cache`,
        NO_COLOR: "1",
        ...url ? { JSR_URL: url } : {},
      },
      stdin: "piped",
      stdout: "piped",
      stderr: Deno.env.has("MUTATE_DEBUG") ? "inherit" : "null",
    }).spawn();
    this.#lines = lines(this.#process.stdout);
    this.#age = 0;
  }

  /** Writes the configuration, and has what was downloaded in its own cache. */
  async #prepare(): Promise<void> {
    if (this.#age > 0) return;
    const config = JSON.parse(
      await Deno.readTextFile(new URL("deno.json", ROOT)),
    );
    for (const key of ["name", "exports", "workspace"]) delete config[key];
    for (const [name, file] of Object.entries(await namesOf())) {
      config.imports[name] = `./base/${file}`;
    }
    config.imports["@std/testing/bdd"] = import.meta.resolve("./bdd.ts");
    await Deno.writeTextFile(
      `${this.#dir}/deno.json`,
      JSON.stringify(config),
    );
    await Deno.copyFile(
      new URL(".ci/deno.lock", ROOT),
      `${this.#dir}/deno.lock`,
    );
    const info = await deno(["info", "--json"], { capture: true });
    const { denoDir } = JSON.parse(info.stdout);
    await Deno.mkdir(`${this.#dir}/cache`, { recursive: true });
    for (const name of ["npm", "remote"]) {
      await Deno.symlink(`${denoDir}/${name}`, `${this.#dir}/cache/${name}`)
        .catch(() => {}); // Another process has done it.
    }
  }

  /** Runs tests, and says what failed, or which tests passed. */
  async run(request: Request): Promise<Failed | Measured[]> {
    if (this.#age++ >= LIFE) {
      await this.stop();
      await this.#spawn();
    }
    const writer = this.#process.stdin.getWriter();
    await writer.write(
      new TextEncoder().encode(JSON.stringify(request) + "\n"),
    );
    writer.releaseLock();
    let [begins, limit] = ["starting", 30_000];
    for (;;) {
      const line = await within(limit + 2000, this.#lines.next());
      if (line === undefined || line.done) {
        await this.stop();
        await this.#spawn();
        const error = line === undefined ? "It hangs" : "The process died";
        return { file: request.files[0], at: -1, name: begins, error };
      }
      const message: Message = JSON.parse(line.value);
      if ("failed" in message) return message.failed;
      if ("passed" in message) return message.passed;
      ({ begins, limit } = message);
    }
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#process.status;
  }
}

/** The result of a promise; nothing if it comes too late. */
async function within<T>(ms: number, promise: Promise<T>) {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function* lines(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const found = (rest + text).split("\n");
    rest = found.pop()!;
    yield* found;
  }
}
