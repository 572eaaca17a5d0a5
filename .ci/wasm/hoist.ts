// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Moves the vector constants of each function to its start, into locals.
 *
 * V8 rebuilds a constant wherever a function uses one, in three instructions, in
 * every iteration of a loop. What is in a local stays in a register, or is read
 * from the stack as part of the instruction that uses it. A polynomial has a
 * constant in each step, so the elementary functions take two thirds of the time.
 *
 * @module
 */

/** A module in WebAssembly's text format with its constants in locals; 0, which one
 * instruction makes, stays where it is. */
export function hoist(text: string): string {
  return text.split(/^(?= \(func )/m).map(hoistIn).join("");
}

function hoistIn(text: string): string {
  const head = /^ \(func .*\n(?: {2}\(local .*\n)*/.exec(text)?.[0];
  if (head === undefined) return text;
  const names = new Map<string, string>();
  const body = text.slice(head.length).replace(
    /v128\.const \w+( 0x\w+)+/g,
    (constant) => {
      if (!/0x0*[1-9a-f]/.test(constant)) return constant;
      const name = names.get(constant) ?? `$constant${names.size}`;
      names.set(constant, name);
      return `local.get ${name}`;
    },
  );
  const locals = [...names.values()].map((name) => `  (local ${name} v128)\n`);
  const sets = [...names].map(([constant, name]) =>
    `  ${constant}\n  local.set ${name}\n`
  );
  return [head, ...locals, ...sets, body].join("");
}
