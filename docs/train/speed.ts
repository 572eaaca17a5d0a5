// Copyright 2026 the Adjoint authors. MIT license.

/**
 * `deno task bench:train <folder>`: a training step of each network beside PyTorch on
 * one thread. Both take turns, and the median of each one's turns counts. The folder
 * is that of the npm packages that losses.py reads; `PYTHON` says which Python has
 * PyTorch.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Attempt, attempt } from "../peers/contender.ts";
import { median, takeTurns } from "../peers/race.ts";
import { type Network, Run } from "./network.ts";
import { NETWORKS } from "./networks.ts";

const SCRIPT = fileURLToPath(new URL("losses.py", import.meta.url));

/** The same step in PyTorch, in a Python that waits between its turns. */
async function inPyTorch(packages: string, name: string): Promise<Attempt> {
  const child = spawn(
    Deno.env.get("PYTHON") ?? "python3",
    [SCRIPT, "--time", packages, name],
    {
      env: { ...Deno.env.toObject(), OMP_NUM_THREADS: "1" },
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  const failed = new Promise<never>((_, reject) => child.on("error", reject));
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  const time = async (calls: number) => {
    child.stdin.write(`${calls}\n`);
    const { value, done } = await Promise.race([answers.next(), failed]);
    if (done) throw new Error("PyTorch ended without an answer");
    return Number(value);
  };
  await time(1);
  return { time, result: () => undefined, close: () => child.kill() };
}

/** Our step, always with the first batch, as PyTorch's is. */
function ours(network: Network<unknown, unknown>): Attempt {
  const batch = network.batch(1, 0);
  const run = new Run({ ...network, batch: () => batch }, 1);
  return attempt({ run: () => run.step() });
}

if (import.meta.main) {
  const [packages] = Deno.args;
  if (packages === undefined) {
    console.error(
      "Cannot time as the folder of the npm packages must be given",
    );
    Deno.exit(1);
  }
  const [before] = Deno.loadavg();
  for (const [name, make] of Object.entries(NETWORKS)) {
    const times = await takeTurns(
      [
        {
          name: "Adjoint",
          start: () => ours(make() as Network<unknown, unknown>),
        },
        { name: "PyTorch", start: () => inPyTorch(packages, name) },
      ],
      () => {},
      { rounds: 15, turn: 25, warmUp: 1000, most: 60_000, pick: median },
    );
    const [adjoint, torch] = ["Adjoint", "PyTorch"].map((name) => {
      const { ms, reason } = times.get(name)!;
      if (ms === undefined) throw new Error(`${name}: ${reason}`);
      return ms;
    });
    console.log(
      `${name}: a step takes ${
        adjoint.toPrecision(3)
      } ms, PyTorch's on one thread ${torch.toPrecision(3)} ms (${
        (adjoint / torch).toFixed(2)
      } times)`,
    );
  }
  const [after] = Deno.loadavg();
  console.log(`load ${before.toFixed(1)} to ${after.toFixed(1)}`);
  Deno.exit();
}
