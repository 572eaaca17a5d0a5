// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The three networks that can be trained: parameters, loss and data of each.
 *
 * @module
 */

import * as ops from "../../mod.ts";
import { arena } from "../../ops/arena.ts";
import { below, randomFrom, seedOf } from "../../ops/goldens/random.ts";
import { adamW, sgd } from "../../ops/optimisers.ts";
import type { Tensor } from "../../ops/tensor.ts";
import * as convnet from "./convnet.ts";
import {
  BATCH,
  batches,
  batchOf,
  classes,
  type Digits,
  judge,
  part,
  PIXELS,
  showWrong,
  take,
} from "./digits.ts";
import { readDigits } from "./mnist.ts";
import type { Network } from "./network.ts";
import * as perceptron from "./perceptron.ts";
import { weightsMap } from "./pictures.ts";
import {
  BATCH as TEXTS,
  CONTEXT,
  decode,
  encode,
  LETTERS,
  readProse,
  textsAt,
  textsOf,
} from "./prose.ts";
import * as transformer from "./transformer.ts";

/** A perceptron for digits. */
export function digits(): Network<perceptron.Perceptron, perceptron.Batch> {
  return perceptron.network(readDigits());
}

/** The images of digits as tensors. */
function imagesOf({ images, labels }: Digits): convnet.Batch["x"] {
  return { shape: [labels.length, 1, 28, 28], data: images };
}

/** The digits, each moved by up to two pixels, and which features are kept. */
function moved(digits: Digits, random: () => number): convnet.Batch {
  const { images, labels } = digits;
  const data = new Float32Array(images.length);
  for (let i = 0; i < labels.length; i++) {
    const down = below(random, 5) - 2, right = below(random, 5) - 2;
    for (let row = 0; row < 28; row++) {
      for (let column = 0; column < 28; column++) {
        const [from, at] = [row - down, column - right];
        if (from < 0 || from >= 28 || at < 0 || at >= 28) continue;
        data[i * PIXELS + row * 28 + column] =
          images[i * PIXELS + from * 28 + at];
      }
    }
  }
  const shape = [labels.length, 1568] as [number, 1568];
  const mask = new Uint8Array(labels.length * 1568);
  const drop = convnet.RATE * 2 ** 32;
  for (let i = 0; i < mask.length; i++) mask[i] = random() < drop ? 0 : 1;
  return {
    x: { shape: [labels.length, 1, 28, 28], data },
    t: batchOf(digits).t,
    mask: { shape, data: mask },
  };
}

/** A convolutional network for digits. */
export function convolutional(): Network<convnet.Convnet, convnet.Batch> {
  const { training, heldOut } = readDigits();
  const { steps, places } = batches(training);
  // A thousand images of all digits, in order.
  const some = take(training, Array.from({ length: 1000 }, (_, i) => 8 * i));
  const found = (params: convnet.Convnet) => {
    const known = arena(() => convnet.statistics(params, imagesOf(some)));
    const all: number[] = [];
    for (let i = 0; i < heldOut.labels.length; i += 100) {
      const x = imagesOf(part(heldOut, i, i + 100));
      all.push(...arena(() => classes(convnet.logits(params, known, x))));
    }
    return all;
  };
  return {
    name: "convnet",
    data: `${training.labels.length} digits`,
    epochs: 8,
    length: steps,
    begin: convnet.begin,
    loss: convnet.loss,
    batch: (seed, step) =>
      moved(
        take(training, places(seed, step)),
        randomFrom(seedOf("convnet", seed, step)),
      ),
    optimiser: (params) =>
      sgd(params, { rate: 0.01, momentum: 0.9, decay: 1e-4 }),
    test: (params) => judge(found(params), heldOut),
    show: (params) => showWrong(found(params), heldOut),
  };
}

/** A transformer for English text. */
export function text(): Network<transformer.Transformer, transformer.Batch> {
  const { training, heldOut } = readProse();
  const test = textsAt(
    heldOut,
    Array.from(
      { length: 64 },
      (_, i) => Math.floor(i * (heldOut.length - CONTEXT) / 64),
    ),
  );
  return {
    name: "text",
    data: `${training.length} letters of Moby Dick`,
    epochs: 10,
    length: 300,
    begin: (seed) => transformer.begin(seed, LETTERS.length),
    loss: transformer.loss,
    batch: (seed, step) => textsOf(training, seed, step),
    optimiser: (params) => adamW(params, { rate: 2e-3 }),
    test: (params) =>
      `${
        arena(() => transformer.loss(params, test).data[0]).toFixed(4)
      } on text held out`,
    show: (params) => {
      const written = sample(params, "\n", 600, 1);
      const [start] = heldOut.length > 0
        ? [decode(heldOut.subarray(1, 33))]
        : [""];
      return `What it writes:\n\n${written.trim()}\n\n${
        weightsMap(attentionOf(params, start), start)
      }`;
    },
  };
}

/** A text that the network writes: one letter after the other, from probabilities. */
export function sample(
  params: transformer.Transformer,
  start: string,
  length: number,
  seed: number,
): string {
  const random = randomFrom(seedOf("sample", seed));
  const numbers = [...encode(start)];
  for (let i = 0; i < length; i++) {
    const data = Uint8Array.from(numbers.slice(-CONTEXT));
    numbers.push(arena(() => {
      const z = transformer.logits(params, { shape: [1, data.length], data });
      const c = LETTERS.length;
      const last = ops.softmax({
        shape: [c],
        data: z.data.slice(-c).map((v) => v / 0.8),
      });
      let left = random() / 2 ** 32, letter = 0;
      while (letter < c - 1 && (left -= last.data[letter]) >= 0) letter++;
      return letter;
    }));
  }
  return decode(numbers);
}

/** How much each letter of a text looks at those before it, in the heads of the last
 * layer. */
function attentionOf(
  params: transformer.Transformer,
  start: string,
): Tensor<[number, number, number]> {
  const data = encode(start);
  return transformer.weights(params, { shape: [1, data.length], data });
}

/** The networks, by their names. */
export const NETWORKS = { digits, convnet: convolutional, text } as const;

/** Texts and images in a step. */
export const SIZES = { digits: BATCH, convnet: BATCH, text: TEXTS } as const;
