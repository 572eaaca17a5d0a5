// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Runs `ops/goldens/write.py` with the first Python that has PyTorch: the one
 * that `PYTHON` names, those on the path, or that of the system, which is where
 * Debian's `python3-torch` goes.
 *
 * @module
 */

import { ROOT } from "./deno.ts";

async function python(command: string, args: string[]): Promise<number> {
  try {
    const child = new Deno.Command(command, { args, cwd: ROOT }).spawn();
    return (await child.status).code;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 127;
    throw error;
  }
}

const HAS_TORCH =
  "import importlib.util as u, sys; sys.exit(u.find_spec('torch') is None)";

const commands = ["python3", "python", "/usr/bin/python3"];
const named = Deno.env.get("PYTHON");
if (named) commands.unshift(named);

for (const command of commands) {
  if (await python(command, ["-c", HAS_TORCH]) !== 0) continue;
  Deno.exit(await python(command, ["ops/goldens/write.py", ...Deno.args]));
}
console.error(
  "No Python with PyTorch: install one (Debian: python3-torch), or name it in PYTHON",
);
Deno.exit(1);
