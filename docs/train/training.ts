// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Trains the perceptron: what a run is at some step, and how it goes on.
 *
 * @module
 */

import { randomFrom } from "../../ops/goldens/random.ts";
import { type Optimiser, sgd } from "../../ops/optimisers.ts";
import type { Shape, Tensor } from "../../ops/tensor.ts";
import { batchOf, type Digits, shuffled, take } from "./digits.ts";
import { byMachine, logits, type Perceptron } from "./perceptron.ts";
import type { Saved } from "./safetensors.ts";

/** Images in a step. */
export const BATCH = 32;

/** How often each image is seen. */
export const EPOCHS = 8;

/** The options of the optimiser. */
export const OPTIONS = { rate: 0.05, momentum: 0.9, decay: 1e-4 } as const;

/** Uniform numbers from −scale and below scale, dyadic if the scale is. */
function draw<const S extends Shape>(
  seed: number,
  shape: S,
  scale: number,
): Tensor<S> {
  const random = randomFrom(seed);
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < data.length; i++) {
    data[i] = scale * (2 * ((random() >>> 8) / 2 ** 24) - 1);
  }
  return { shape, data };
}

/** The weights that a run begins with: nearly He's, with dyadic scales. */
export function firstWeights(seed: number): Perceptron {
  return {
    w: draw(seed + 1, [128, 784], 1 / 16),
    b: draw(seed + 2, [128], 0),
    v: draw(seed + 3, [10, 128], 1 / 8),
    c: draw(seed + 4, [10], 0),
  };
}

/** A run at some step. */
export class Run {
  readonly params: Perceptron;
  readonly optimiser: Optimiser<Perceptron>;
  /** The loss of each step so far. */
  readonly losses: number[] = [];
  readonly #digits: Digits;
  readonly seed: number;
  #order: { epoch: number; places: number[] } | undefined;

  constructor(digits: Digits, seed: number) {
    this.#digits = digits;
    this.seed = seed;
    this.params = firstWeights(seed);
    this.optimiser = sgd(this.params, OPTIONS);
  }

  /** Steps in an epoch. */
  get length(): number {
    return Math.floor(this.#digits.labels.length / BATCH);
  }

  /** The digits of a step, in an order that is another one in each epoch. */
  batch(step: number) {
    const epoch = Math.floor(step / this.length), at = step % this.length;
    if (this.#order?.epoch !== epoch) {
      const places = shuffled(
        this.#digits.labels.length,
        1000 * this.seed + epoch,
      );
      this.#order = { epoch, places };
    }
    const places = this.#order.places.slice(at * BATCH, (at + 1) * BATCH);
    return batchOf(take(this.#digits, places));
  }

  /** Takes a step, and gives its loss. */
  step(differentiate: typeof byMachine = byMachine): number {
    const step = this.losses.length;
    try {
      const { value, grads: [grads] } = differentiate(
        this.params,
        this.batch(step),
      );
      this.optimiser(grads);
      this.losses.push(value.data[0]);
      return value.data[0];
    } catch (cause) {
      throw new Error(`Step ${step + 1}: ${(cause as Error).message}`, {
        cause,
      });
    }
  }
}

/** All that a run is, for a file. */
export function save({ params, optimiser, losses, seed }: Run): Saved {
  const data = Float32Array.from(losses);
  return {
    tensors: {
      ...params,
      ...optimiser.state.tensors as Saved["tensors"],
      losses: { shape: [losses.length], data },
    },
    metadata: { program: "digits", seed: `${seed}` },
  };
}

/** The run that a file has, ready to go on. */
export function restore(digits: Digits, { tensors, metadata }: Saved): Run {
  const seed = Number(metadata.seed ?? NaN);
  if (metadata.program !== "digits" || !Number.isSafeInteger(seed)) {
    throw new Error("it is not of `deno task train digits`");
  }
  const run = new Run(digits, seed);
  const known = save(run).tensors;
  for (const [name, { shape, data }] of Object.entries(known)) {
    const found = tensors[name];
    const isLosses = name === "losses" && found?.shape.length === 1;
    if (!isLosses && `${found?.shape}` !== `${shape}`) {
      throw new Error(
        `${name} must be [${shape}]: it is ${
          found === undefined ? "missing" : `[${found.shape}]`
        }`,
      );
    }
    if (found.data.some(Number.isNaN)) throw new Error(`${name} has NaN`);
    if (isLosses) run.losses.push(...found.data);
    else data.set(found.data);
  }
  run.optimiser.state.steps = run.losses.length;
  return run;
}

/** Which digit the perceptron takes each image for. */
export function classify(params: Perceptron, digits: Digits): number[] {
  const { data } = logits(params, batchOf(digits).x);
  return Array.from(digits.labels, (_, i) => {
    const row = data.subarray(10 * i, 10 * i + 10);
    return row.indexOf(Math.max(...row));
  });
}

/** The part of images that are taken for what they are. */
export function accuracy(params: Perceptron, digits: Digits): number {
  const found = classify(params, digits);
  const right = found.filter((digit, i) => digit === digits.labels[i]);
  return right.length / found.length;
}
