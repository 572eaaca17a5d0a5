// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Runs before the library, and changes two things in the platform: memories of
 * WebAssembly are recorded, to be measured, and a worker that is to die does so
 * as it next computes.
 *
 * @module
 */

/** The memories that there are, or have been. */
export const memories: WeakRef<WebAssembly.Memory>[] = [];

/** How a worker dies. */
export const DEATHS = { "is gone": 1, "throws": 2 };

/** How the next worker that computes is to die; 0 is not at all. */
export const death = new Int32Array(new SharedArrayBuffer(4));

const scope = globalThis as unknown as {
  WebAssembly: { Memory: typeof WebAssembly.Memory };
  Blob: typeof Blob;
  Worker: typeof Worker;
  process?: { getBuiltinModule(name: string): Record<string, unknown> };
};

scope.WebAssembly.Memory = new Proxy(WebAssembly.Memory, {
  construct(Memory, [limits]) {
    const memory = new Memory(limits);
    memories.push(new WeakRef(memory));
    return memory;
  },
});

/** What a worker runs first: from here on, all that it computes may kill it. */
const saboteur = (death: string, leave: string) =>
  `let death;
${death};
{
  const { Instance } = WebAssembly;
  const wrap = (f) => (...args) => {
    const how = death === undefined ? 0 : Atomics.exchange(death, 0, 0);
    if (how === ${DEATHS["throws"]}) throw new Error("It broke");
    if (how !== ${DEATHS["is gone"]}) return f(...args);
    ${leave};
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  };
  WebAssembly.Instance = function (module, imports) {
    const entries = Object.entries(new Instance(module, imports).exports);
    return { exports: Object.fromEntries(entries.map(([name, value]) =>
      [name, typeof value === "function" ? wrap(value) : value])) };
  };
}
`;

const { process } = scope;
if (process !== undefined) {
  const prelude = saboteur(
    `death = process.getBuiltinModule("node:worker_threads").workerData`,
    "process.exit()",
  );
  const before = process.getBuiltinModule;
  process.getBuiltinModule = (name) => {
    const found = before.call(process, name);
    if (name !== "node:worker_threads") return found;
    const Worker = found.Worker as new (...args: unknown[]) => object;
    return {
      ...found,
      Worker: class extends Worker {
        constructor(source: string, options: object) {
          super(prelude + source, { ...options, workerData: death });
        }
      },
    };
  };
} else {
  const prelude = saboteur(
    `addEventListener("message", (event) => {
  if (event.data.death === undefined) return;
  death = event.data.death;
  event.stopImmediatePropagation();
})`,
    "close()",
  );
  scope.Blob = class extends Blob {
    constructor(parts: BlobPart[] = [], options?: BlobPropertyBag) {
      super([prelude, ...parts], options);
    }
  };
  scope.Worker = class extends Worker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      this.postMessage({ death });
    }
  };
}
