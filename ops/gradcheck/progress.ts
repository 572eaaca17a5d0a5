// Copyright 2026 the Adjoint authors. MIT license.

// The progress of a long check, for a person who waits.

/** What is read from the process, if there is one. */
interface Process {
  readonly stderr?: {
    readonly isTTY?: boolean;
    write(text: string): unknown;
  };
}

/**
 * Shows the number of calls on a terminal, and clears it at the end; does nothing
 * without a terminal.
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
