// Copyright 2026 the Adjoint authors. MIT license.

/**
 * `deno task train digits`: trains the perceptron of the guide on handwritten digits,
 * and shows what it has learnt. Ctrl+C ends it, and `--resume` goes on from there.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { PIXELS, readDigits } from "./digits.ts";
import { curve, pictures } from "./pictures.ts";
import { read, write } from "./safetensors.ts";
import { accuracy, classify, EPOCHS, restore, Run, save } from "./training.ts";

const USAGE = `deno task train digits

  --seed=1     another run: other weights to begin with, and another order
  --epochs=${EPOCHS}   how often each image is seen
  --resume     go on from the file
  --file=digits.safetensors   where the weights are kept`;

/** An error that its message says all about. */
class TrainError extends Error {}

function parse(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        seed: { type: "string", default: "1" },
        epochs: { type: "string", default: `${EPOCHS}` },
        resume: { type: "boolean", default: false },
        file: { type: "string", default: "digits.safetensors" },
      },
    });
    if (positionals.join() !== "digits") {
      throw new Error(
        positionals.length === 0
          ? "what to train must be given"
          : `there is nothing to train but digits: ${positionals.join(" ")}`,
      );
    }
    const [seed, epochs] = [values.seed, values.epochs].map(Number);
    if (!Number.isSafeInteger(seed) || seed < 0 || seed > 1e6) {
      throw new Error(`seed must be an integer from 0 to 10⁶: ${values.seed}`);
    }
    if (!Number.isSafeInteger(epochs) || epochs < 1) {
      throw new Error(`epochs must be a positive integer: ${values.epochs}`);
    }
    return { seed, epochs, resume: values.resume, file: values.file };
  } catch (error) {
    throw new TrainError(
      `Cannot train as ${(error as Error).message}\n\n${USAGE}`,
    );
  }
}

/** Trains, and gives the exit code. */
export async function main(args: string[]): Promise<number> {
  const { seed, epochs, resume, file } = parse(args);
  const { training, heldOut } = readDigits();
  let run = new Run(training, seed);
  if (resume) {
    try {
      run = restore(training, await read(file));
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
    `Training on ${training.labels.length} digits: Ctrl+C ends it, and keeps what it has`,
  );
  const all = epochs * run.length, began = performance.now();
  try {
    while (run.losses.length < all && !isStopped) {
      run.step();
      const step = run.losses.length;
      if (step % run.length === 0 || step === all) {
        await write(file, save(run));
        const part = run.losses.slice(-run.length);
        const mean = part.reduce((a, b) => a + b) / part.length;
        say(
          `epoch ${step / run.length} of ${epochs}: loss ${
            mean.toFixed(4)
          }, right ${percent(accuracy(run.params, heldOut))} of those held out`,
        );
      } else if (step % 10 === 0) {
        bar(step, all, began, run.losses.at(-1)!);
        // Signals are heard between tasks.
        await new Promise((done) => setTimeout(done));
      }
    }
  } catch (error) {
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
  const found = classify(run.params, heldOut);
  const wrong = [...found.keys()].filter((i) => found[i] !== heldOut.labels[i]);
  console.log(
    `${
      heldOut.labels.length - wrong.length
    } of ${heldOut.labels.length} held-out digits are right, ${
      percent(1 - wrong.length / found.length)
    }. Some of the others:\n`,
  );
  // Evenly among all, as they are in the order of the digits.
  const some = [0, 1, 2, 3].map((k) => wrong[Math.floor(k * wrong.length / 4)])
    .filter((i) => i !== undefined);
  for (let i = 0; i < some.length; i += 2) {
    console.log(
      pictures(
        some.slice(i, i + 2).map((i) => ({
          image: heldOut.images.subarray(i * PIXELS, (i + 1) * PIXELS),
          title: `${heldOut.labels[i]}, taken for ${found[i]}`,
        })),
      ) + "\n",
    );
  }
  console.log(`The weights are in ${file}`);
  return 0;
}

const percent = (part: number) => `${(100 * part).toFixed(2)} %`;

const CLEAR = "\r\x1b[K";

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
  Deno.stdout.writeSync(new TextEncoder().encode(text));
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
