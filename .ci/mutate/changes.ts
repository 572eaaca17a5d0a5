// Copyright 2026 the Adjoint authors. MIT license.

import { ROOT } from "../deno.ts";

/** The lines of each file that have changed since a commit, in what is there. */
export async function changedSince(
  commit: string,
): Promise<Map<string, ReadonlySet<number>>> {
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args: ["diff", "--unified=0", "--no-color", "--no-ext-diff", commit],
    cwd: ROOT,
  }).output();
  const decoder = new TextDecoder();
  if (!success) {
    console.error(`No change is known: ${decoder.decode(stderr).trim()}`);
  }
  return changedLines(decoder.decode(stdout));
}

/** The lines that a diff without context adds or changes. */
export function changedLines(diff: string): Map<string, ReadonlySet<number>> {
  const changes = new Map<string, Set<number>>();
  let lines = new Set<number>();
  for (const line of diff.split("\n")) {
    const file = /^\+\+\+ b\/(.*)$/.exec(line)?.[1];
    if (file !== undefined) changes.set(file, lines = new Set());
    const hunk = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (hunk === null) continue;
    const [first, count] = [Number(hunk[1]), Number(hunk[2] ?? 1)];
    for (let i = 0; i < count; i++) lines.add(first + i);
  }
  return changes;
}
