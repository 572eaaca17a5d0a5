// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What a network is to those who train it, and a run of its training: what it is at
 * some step, how it goes on, and what a file keeps of it.
 *
 * @module
 */

import { arena } from "../../ops/arena.ts";
import type { Optimiser } from "../../ops/optimisers.ts";
import { map } from "../../ops/reverse/trees.ts";
import { valueAndGrad } from "../../ops/reverse.ts";
import { randomFrom } from "../../ops/goldens/random.ts";
import type { Shape, Tensor } from "../../ops/tensor.ts";
import type { Saved } from "./safetensors.ts";

/** A network is its parameters, its loss and its data. */
export interface Network<P, B> {
  /** What `deno task train` calls it. */
  readonly name: string;
  /** What it is trained on, in words. */
  readonly data: string;
  /** How often all data are seen. */
  readonly epochs: number;
  /** Steps in an epoch. */
  readonly length: number;
  /** The parameters that a run begins with. */
  begin(seed: number): P;
  /** The loss of a batch, of operations that are recorded. */
  loss(params: P, batch: B): Tensor<[]>;
  /** What a step sees. */
  batch(seed: number, step: number): B;
  /** How a step is taken. */
  optimiser(params: P): Optimiser<P>;
  /** How good it is on what was held out, in words. */
  test(params: P): string;
  /** What it has learnt, for people to look at. */
  show(params: P): string;
}

/** The loss and its gradients with respect to the parameters. */
export type Differentiate<P, B> = (params: P, batch: B) => {
  value: Tensor<[]>;
  grads: readonly [Parameters<Optimiser<P>>[0]];
};

/** The loss and its gradients, by reverse mode. */
export function byMachine<P, B>(loss: Network<P, B>["loss"]) {
  return valueAndGrad(loss, { wrt: [0] }) as Differentiate<P, B>;
}

/** A run at some step. */
export class Run<P, B> {
  readonly network: Network<P, B>;
  readonly seed: number;
  readonly params: P;
  readonly optimiser: Optimiser<P>;
  /** The loss of each step so far. */
  readonly losses: number[] = [];
  readonly #differentiate: Differentiate<P, B>;

  constructor(
    network: Network<P, B>,
    seed: number,
    differentiate = byMachine(network.loss),
  ) {
    this.network = network;
    this.seed = seed;
    this.params = network.begin(seed);
    this.optimiser = network.optimiser(this.params);
    this.#differentiate = differentiate;
  }

  /** Takes a step, and gives its loss. What it makes on the way lives in an arena. */
  step(): number {
    const step = this.losses.length;
    try {
      const batch = this.network.batch(this.seed, step);
      const loss = arena(() => {
        const { value, grads } = this.#differentiate(this.params, batch);
        this.optimiser(grads[0]);
        return value.data[0];
      });
      this.losses.push(loss);
      return loss;
    } catch (cause) {
      throw new Error(`Step ${step + 1}: ${(cause as Error).message}`, {
        cause,
      });
    }
  }
}

/** All that a run is, for a file. */
export function save<P, B>(
  { network, params, optimiser, losses, seed }: Run<P, B>,
): Saved {
  const tensors: Saved["tensors"] = {};
  map(params, (x, path) => tensors[path.slice(1)] = x as Tensor<Shape>);
  Object.assign(tensors, optimiser.state.tensors);
  const data = Float32Array.from(losses);
  tensors.losses = { shape: [losses.length], data };
  return { tensors, metadata: { program: network.name, seed: `${seed}` } };
}

/** The run that a file has, ready to go on. */
export function restore<P, B>(
  network: Network<P, B>,
  { tensors, metadata }: Saved,
): Run<P, B> {
  const seed = Number(metadata.seed ?? NaN);
  if (metadata.program !== network.name || !Number.isSafeInteger(seed)) {
    throw new Error(`it is not of \`deno task train ${network.name}\``);
  }
  const run = new Run(network, seed);
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

/** Uniform numbers from −scale and below scale, dyadic if the scale is. */
export function draw<const S extends Shape>(
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

/** Ones: a scale that a run begins with. */
export function scale<const S extends Shape>(shape: S): Tensor<S> {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, data: new Float32Array(size).fill(1) };
}
