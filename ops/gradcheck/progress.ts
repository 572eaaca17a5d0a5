// Copyright 2026 the Adjoint authors. MIT license.

// How far a long check is, for a person who waits.

/** What is read of a process, where there is one. */
interface Process {
  readonly stderr?: {
    readonly isTTY?: boolean;
    write(text: string): unknown;
  };
}

/**
 * Shows the number of calls on a terminal, and takes it away again; does nothing
 * where there is none.
 */
export function progress(): ((calls: number) => void) | undefined {
  try {
    const { stderr } = (globalThis as { process?: Process }).process ?? {};
    if (!stderr?.isTTY) return undefined;
    return (calls) => {
      stderr.write(
        `\rgradcheck: ${calls} calls of the forward function\x1b[K\r`,
      );
    };
  } catch {
    return undefined; // A runtime that does not say.
  }
}
