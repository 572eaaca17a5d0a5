// Copyright 2026 the Adjoint authors. MIT license.

/**
 * `deno task train digits`, `convnet` or `text`: trains a network of the guides, and
 * shows what it has learnt. Ctrl+C ends it, and `--resume` goes on from there.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { type Network, restore, Run, save } from "./network.ts";
import { NETWORKS } from "./networks.ts";
import { curve } from "./pictures.ts";
import { read, write } from "./safetensors.ts";

const NAMES = Object.keys(NETWORKS) as (keyof typeof NETWORKS)[];

const USAGE = `deno task train ${NAMES.join(" | ")}

  --seed=1     another run: other weights to begin with, and other batches
  --epochs=n   how often the data are seen
  --resume     go on from the file
  --file=<name>.safetensors   where the weights are kept`;

/** An error that its message says all about. */
class TrainError extends Error {}

function parse(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        seed: { type: "string", default: "1" },
        epochs: { type: "string" },
        resume: { type: "boolean", default: false },
        file: { type: "string" },
      },
    });
    const [name = "", ...others] = positionals;
    const known = NAMES.find((known) => known === name);
    if (known === undefined || others.length > 0) {
      throw new Error(
        positionals.length === 0
          ? "what to train must be given"
          : `what to train must be one of ${NAMES.join(", ")}: it is ${
            positionals.join(" ")
          }`,
      );
    }
    const seed = Number(values.seed);
    const epochs = values.epochs === undefined
      ? undefined
      : Number(values.epochs);
    if (!Number.isSafeInteger(seed) || seed < 0 || seed > 1e6) {
      throw new Error(`seed must be an integer from 0 to 10⁶: ${values.seed}`);
    }
    if (epochs !== undefined && !(Number.isSafeInteger(epochs) && epochs > 0)) {
      throw new Error(`epochs must be a positive integer: ${values.epochs}`);
    }
    const { resume, file = `${known}.safetensors` } = values;
    return { name: known, seed, epochs, resume, file };
  } catch (error) {
    throw new TrainError(
      `Cannot train as ${(error as Error).message}\n\n${USAGE}`,
    );
  }
}

/** Trains, and gives the exit code. */
export async function main(args: string[]): Promise<number> {
  const { name, ...options } = parse(args);
  return await train(NETWORKS[name]() as Network<unknown, unknown>, options);
}

/** What a run is told. */
interface Options {
  seed: number;
  epochs: number | undefined;
  resume: boolean;
  file: string;
}

async function train<P, B>(
  network: Network<P, B>,
  { seed, epochs = network.epochs, resume, file }: Options,
): Promise<number> {
  let run = new Run(network, seed);
  if (resume) {
    try {
      run = restore(network, await read(file));
    } catch (cause) {
      const { message } = cause as Error;
      throw new TrainError(
        message.startsWith("Cannot read")
          ? message
          : `Cannot go on from ${file}: ${message}`,
        { cause },
      );
    }
    console.log(`Going on from ${file}, step ${run.losses.length}`);
  }
  let isStopped = false;
  const stop = () => isStopped = true;
  Deno.addSignalListener("SIGINT", stop);
  console.log(
    `Training on ${network.data}: Ctrl+C ends it, and keeps what it has`,
  );
  const all = epochs * network.length, began = performance.now();
  let seen = began;
  try {
    while (run.losses.length < all && !isStopped) {
      run.step();
      const step = run.losses.length;
      if (step % network.length === 0 || step === all) {
        await write(file, save(run));
        const part = run.losses.slice(-network.length);
        const mean = part.reduce((a, b) => a + b) / part.length;
        say(
          `epoch ${step / network.length} of ${epochs}: loss ${
            mean.toFixed(4)
          }, ${network.test(run.params)}`,
        );
      } else if (performance.now() - seen > 100) {
        seen = performance.now();
        bar(step, all, began, run.losses.at(-1)!);
        // Signals are heard between tasks.
        await new Promise((done) => setTimeout(done));
      }
    }
  } catch (error) {
    if (Deno.stdout.isTerminal()) Deno.stdout.writeSync(encode(CLEAR));
    if (/^Cannot write/.test((error as Error).message)) {
      throw new TrainError((error as Error).message, { cause: error });
    }
    await write(file, save(run)); // What was learnt before the step that failed.
    throw new TrainError(
      `${(error as Error).message}\n${file} has what was learnt before`,
      { cause: error },
    );
  } finally {
    Deno.removeSignalListener("SIGINT", stop);
  }
  if (isStopped) {
    await write(file, save(run));
    say(`Stopped after step ${run.losses.length}: go on with --resume`);
    return 130;
  }
  console.log(`\nThe loss, by step\n\n${curve(run.losses)}\n`);
  console.log(`${network.show(run.params)}\n`);
  console.log(`The weights are in ${file}`);
  return 0;
}

const CLEAR = "\r\x1b[K";

const encode = (text: string) => new TextEncoder().encode(text);

/** A line that stays. */
function say(text: string): void {
  console.log(Deno.stdout.isTerminal() ? CLEAR + text : text);
}

/** How far it is, where somebody looks. */
function bar(step: number, all: number, began: number, loss: number): void {
  if (!Deno.stdout.isTerminal()) return;
  const filled = Math.floor(30 * step / all);
  const seconds = ((performance.now() - began) / 1000).toFixed();
  const text = `${CLEAR}${"█".repeat(filled)}${
    "░".repeat(30 - filled)
  } step ${step} of ${all}, loss ${loss.toFixed(4)}, ${seconds} s`;
  Deno.stdout.writeSync(encode(text));
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof TrainError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}
