// Copyright 2026 the Adjoint authors. MIT license.

import { parse, ts } from "./mutators.ts";

const CHECK =
  "if (!((globalThis.turns = (globalThis.turns | 0) + 1) & 4095) && performance.now() > globalThis.deadline) throw new Error('A loop does not end');";

/** The text of a module whose loops end at `globalThis.deadline`. */
export function endLoops(text: string): string {
  const pieces: [at: number, text: string][] = [];
  const visit = (node: ts.Node) => {
    if (ts.isIterationStatement(node, false)) {
      pieces.push([node.statement.getStart(), `{ ${CHECK} `]);
      pieces.push([node.statement.end, " }"]);
    }
    ts.forEachChild(node, visit);
  };
  visit(parse(text));
  // What is inside comes first where two loops end at the same place.
  return pieces.sort(([a], [b]) => b - a)
    .reduce((all, [at, by]) => all.slice(0, at) + by + all.slice(at), text);
}
