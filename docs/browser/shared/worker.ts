// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />

// Scripts that come later, and workers. A browser starts no worker from a file on
// a disk, so the page loads the worker's script and starts it from its text.

declare global {
  /** The worker's program, once its script is loaded. */
  var adjointWorker: (() => void) | undefined;
}

/** The address of a script of the site. */
export function scriptOf(name: string): string {
  return `${document.documentElement.dataset.root}assets/${name}.js`;
}

/** Loads a script; `what` names it where that fails. */
export function loadScript(src: string, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = src;
    script.onload = () => resolve();
    script.onerror = () => {
      script.remove();
      reject(new Error(`${what} cannot be loaded`));
    };
    document.head.append(script);
  });
}

/**
 * Starts the worker of a script, which says something once it is ready; `made` gets it
 * at once.
 */
export async function startWorker(
  src: string,
  what: string,
  made: (worker: Worker) => void = () => {},
): Promise<Worker> {
  if (globalThis.adjointWorker === undefined) {
    await loadScript(src, what);
  }
  const program = new Blob([`(${globalThis.adjointWorker})()`], {
    type: "text/javascript",
  });
  const url = URL.createObjectURL(program);
  const worker = new Worker(url);
  made(worker);
  try {
    await new Promise<void>((resolve, reject) => {
      worker.onmessage = () => resolve();
      worker.onerror = () => reject(new Error("the worker does not start"));
    });
  } finally {
    URL.revokeObjectURL(url);
  }
  return worker;
}
