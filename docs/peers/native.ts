// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The native reference: NumPy and PyTorch, each in its own Python, which waits
 * between its turns.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Attempt, Contender } from "./contender.ts";
import type { Value } from "./problems.ts";

/** The one on the path, and that of the system, where Debian has PyTorch. */
const PYTHONS = ["python3", "/usr/bin/python3"];

const SCRIPT = fileURLToPath(new URL("native.py", import.meta.url));

const ONE_THREAD = {
  OPENBLAS_NUM_THREADS: "1",
  MKL_NUM_THREADS: "1",
  OMP_NUM_THREADS: "1",
};

/** Loads a native library; throws if no Python has it. */
export const NATIVE: Record<string, () => Promise<Contender>> = {
  "NumPy": () => native("NumPy", "numpy"),
  "PyTorch": () => native("PyTorch", "torch"),
};

type Ask = (request: unknown) => Promise<unknown>;

async function native(name: string, library: string): Promise<Contender> {
  const reasons: string[] = [];
  for (const command of PYTHONS) {
    try {
      return await load(name, library, start(command));
    } catch (error) {
      reasons.push(`${command}: ${(error as Error).message}`);
    }
  }
  throw new Error(reasons.join("; "));
}

async function load(
  name: string,
  library: string,
  ask: Ask,
): Promise<Contender> {
  const { version, note } = await ask({ load: library }) as {
    version: string;
    note: string;
  };
  const begin = async (
    op: string,
    inputs: [Value["data"], readonly number[]][],
    more?: object,
  ) => {
    const dir = await Deno.makeTempDir();
    const files = await Promise.all(
      inputs.map(async ([data, shape], i) => {
        const path = `${dir}/${i}`;
        await Deno.writeFile(path, bytes(data));
        return [path, shape, data instanceof Float32Array ? "f4" : "u1"];
      }),
    );
    await ask({ start: op, inputs: files, ...more });
    return {
      time: (calls) => ask({ time: calls }) as Promise<number>,
      async result() {
        const path = `${dir}/result`;
        await ask({ result: path });
        return new Float32Array((await Deno.readFile(path)).buffer);
      },
      close: () => Deno.removeSync(dir, { recursive: true }),
    } satisfies Attempt;
  };
  return {
    name,
    kind: "native",
    version,
    note,
    matmul: ({ size, x, y }) =>
      begin("matmul", [[x, [size, size]], [y, [size, size]]]),
    addBias: ({ shape, x, y }) =>
      begin("addBias", [[x, shape], [y, [y.length, 1]]]),
    sum: ({ x, size }) => begin("sum", [[x, [size]]]),
    steps: {
      "": ({ name, params, batch, rate, optimiser }) => {
        if (library === "numpy" && name !== "perceptron") return undefined;
        const all = { ...params, ...batch };
        return begin(
          name,
          Object.values(all).map(({ data, shape }) => [data, shape]),
          {
            names: Object.keys(all),
            count: Object.keys(params).length,
            rate,
            optimiser,
          },
        );
      },
    },
  };
}

/** Starts a Python, which ends when this process does. */
function start(command: string): Ask {
  const child = spawn(command, [SCRIPT], {
    env: { ...Deno.env.toObject(), ...ONE_THREAD },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const failed = new Promise<never>((_, reject) => child.on("error", reject));
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  return async (request) => {
    child.stdin.write(JSON.stringify(request) + "\n");
    const { value, done } = await Promise.race([answers.next(), failed]);
    if (done) throw new Error("it ended without an answer");
    const answer = JSON.parse(value);
    if (answer.error) {
      child.kill();
      throw new Error(answer.error);
    }
    return answer;
  };
}

function bytes({ buffer, byteOffset, byteLength }: Value["data"]): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
