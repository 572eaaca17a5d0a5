// Copyright 2026 the Adjoint authors. MIT license.

/**
 * A training step of each network of the guides: the loss, all gradients, and the
 * optimiser. Weights and batch are the same for everyone, and so must be the losses of
 * the first steps.
 *
 * @module
 */

import { adamW, type Optimiser, sgd } from "../../ops/optimisers.ts";
import { map } from "../../ops/reverse/trees.ts";
import * as convnet from "../train/convnet.ts";
import { draw, type Network, Run } from "../train/network.ts";
import * as perceptron from "../train/perceptron.ts";
import * as transformer from "../train/transformer.ts";
import { type Attempt, attempt, type Contender } from "./contender.ts";
import { OURS } from "./names.ts";
import { agree, fastest, type Value } from "./problems.ts";
import { type Length, takeTurns } from "./race.ts";
import type { TableRow } from "./report.ts";

/** A step to take. */
export interface Step {
  name: "perceptron" | "convnet" | "transformer";
  /** How far a step goes; with momentum of 0.9, or as Adam does. */
  rate: number;
  optimiser: "sgd" | "adam";
  /** By their places in the network: `blocks[0].q`. */
  params: Readonly<Record<string, Value>>;
  batch: Readonly<Record<string, Value>>;
  /** What was learnt on, at once. */
  size: number;
}

/** The momentum of those with `sgd`. */
export const MOMENTUM = 0.9;

/** How many losses are compared. */
export const COMPARED = 5;

/** An attempt that takes steps; it is checked by the first losses. */
export function stepping(step: () => number): Attempt {
  return attempt({
    run: step,
    data: (first) => [
      first,
      ...Array.from({ length: COMPARED - 1 }, step),
    ],
  });
}

/** A step, and how this library takes it. */
export interface Posed {
  step: Step;
  ours(): Attempt;
}

function pose<P, B extends object>(
  name: Step["name"],
  optimiser: Step["optimiser"],
  size: number,
  { begin, loss }: Pick<Network<P, B>, "begin" | "loss">,
  batch: B,
): Posed {
  const rate = optimiser === "sgd" ? 0.01 : 1e-3;
  const descent = (params: P): Optimiser<P> =>
    optimiser === "sgd"
      ? sgd(params, { rate, momentum: MOMENTUM })
      : adamW(params, { rate, decay: 0 });
  const params: Record<string, Value> = {};
  map(begin(1), (x, path) => params[path.slice(1)] = x as Value);
  return {
    step: { name, rate, optimiser, params, batch: { ...batch } as never, size },
    ours() {
      const network = {
        begin,
        loss,
        batch: () => batch,
        optimiser: descent,
      } as unknown as Network<P, B>;
      const run = new Run(network, 1);
      return stepping(() => run.step());
    },
  };
}

const integers = (length: number, below: number) =>
  Uint8Array.from({ length }, (_, i) => (i * 7919 + 13) % below);

/** Numbers from 0 to 1. */
const images = <const S extends readonly number[]>(shape: S) => {
  const { data } = draw(9, shape, 1 / 2);
  return { shape, data: data.map((v) => v + 1 / 2) };
};

/** The steps that are raced. */
export function steps(): Posed[] {
  const [images1, images2, texts, letters] = [64, 32, 16, 67];
  return [
    pose(
      "perceptron",
      "sgd",
      images1,
      perceptron,
      {
        x: images([images1, 784]),
        t: { shape: [images1], data: integers(images1, 10) },
      },
    ),
    pose("convnet", "sgd", images2, convnet, {
      x: images([images2, 1, 28, 28]),
      t: { shape: [images2], data: integers(images2, 10) },
      mask: {
        shape: [images2, 1568],
        data: integers(images2 * 1568, 4).map((v) => Number(v > 0)),
      },
    }),
    pose(
      "transformer",
      "adam",
      texts,
      {
        begin: (seed) => transformer.begin(seed, letters),
        loss: transformer.loss,
      },
      {
        x: { shape: [texts, 64], data: integers(texts * 64, letters) },
        t: {
          shape: [texts, 64],
          data: integers(texts * 64, letters).reverse(),
        },
      },
    ),
  ];
}

/** Five steps are checked first, and the slowest take seconds. */
const LENGTH: Length = {
  rounds: 25,
  turn: 1,
  warmUp: 500,
  most: 30_000,
  slowest: 60_000,
  pick: fastest,
};

/** Races all who take steps. */
export async function raceSteps(
  contenders: readonly Contender[],
): Promise<TableRow[]> {
  const rows: TableRow[] = [];
  for (const { step, ours } of steps()) {
    const expected = ours().result() as number[];
    const times = await takeTurns(
      [
        { name: OURS, start: ours },
        ...contenders.flatMap(({ name, steps = {} }) =>
          Object.entries(steps).map(([suffix, start]) => ({
            name: name + suffix,
            start: () => start(step),
          }))
        ),
      ],
      (losses) => agree(expected, losses),
      LENGTH,
    );
    const timings = [...times].map(([name, outcome]) => ({ name, ...outcome }));
    rows.push({ name: step.name, sizes: [step.size], outcomes: [timings] });
  }
  return rows;
}
