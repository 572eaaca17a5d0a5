// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Images of handwritten digits: some of them, batches of them, and how many of them
 * are read right.
 *
 * @module
 */

import { randomFrom } from "../../ops/goldens/random.ts";
import type { Tensor } from "../../ops/tensor.ts";
import type { Batch } from "./perceptron.ts";
import { pictures } from "./pictures.ts";

/** The numbers of an image, 28×28. */
export const PIXELS = 784;

/** Images with their digits, some of all. */
export interface Digits {
  images: Float32Array<ArrayBuffer>;
  labels: Uint8Array<ArrayBuffer>;
}

/** The digits at these places. */
export function take(
  { images, labels }: Digits,
  places: readonly number[],
): Digits {
  const found = new Float32Array(places.length * PIXELS);
  places.forEach((place, i) => {
    const from = place * PIXELS;
    found.set(images.subarray(from, from + PIXELS), i * PIXELS);
  });
  return {
    images: found,
    labels: Uint8Array.from(places, (place) => labels[place]),
  };
}

/** A part of the digits. */
export function part(
  { images, labels }: Digits,
  from: number,
  to: number,
): Digits {
  return {
    images: images.subarray(from * PIXELS, to * PIXELS),
    labels: labels.subarray(from, to),
  };
}

/** Images in a step. */
export const BATCH = 32;

/** Which digits each step sees: all in an order that is another one in each epoch. */
export function batches({ labels: { length } }: Digits) {
  const steps = Math.floor(length / BATCH);
  let known = { seed: -1, epoch: -1, order: [] as number[] };
  const places = (seed: number, step: number) => {
    const epoch = Math.floor(step / steps), at = BATCH * (step % steps);
    if (known.seed !== seed || known.epoch !== epoch) {
      known = { seed, epoch, order: shuffled(length, 1000 * seed + epoch) };
    }
    return known.order.slice(at, at + BATCH);
  };
  return { steps, places };
}

/** The digit that each row of logits, of ten numbers, speaks for. */
export function classes({ data }: Tensor<[number, 10]>): number[] {
  return Array.from({ length: data.length / 10 }, (_, i) => {
    const row = data.subarray(10 * i, 10 * i + 10);
    return row.indexOf(Math.max(...row));
  });
}

/** The part of images that are taken for what they are. */
export function accuracy(found: number[], { labels }: Digits): number {
  return found.filter((digit, i) => digit === labels[i]).length / found.length;
}

const percent = (part: number) => `${(100 * part).toFixed(2)} %`;

/** How many are right, in words. */
export function judge(found: number[], digits: Digits): string {
  return `right ${percent(accuracy(found, digits))} of those held out`;
}

/** How many are right, and pictures of some that are not. */
export function showWrong(found: number[], { images, labels }: Digits) {
  const wrong = [...found.keys()].filter((i) => found[i] !== labels[i]);
  const right = found.length - wrong.length;
  const lines = [
    `${right} of ${found.length} held-out digits are right, ${
      percent(right / found.length)
    }. Some of the others:`,
  ];
  // Evenly among all, as they are in the order of the digits.
  const some = [0, 1, 2, 3].map((k) => wrong[Math.floor(k * wrong.length / 4)])
    .filter((i) => i !== undefined);
  for (let i = 0; i < some.length; i += 2) {
    lines.push(pictures(
      some.slice(i, i + 2).map((i) => ({
        image: images.subarray(i * PIXELS, (i + 1) * PIXELS),
        title: `${labels[i]}, taken for ${found[i]}`,
      })),
    ));
  }
  return lines.join("\n\n");
}

/** The digits as tensors. */
export function batchOf({ images, labels }: Digits): Batch {
  return {
    x: { shape: [labels.length, PIXELS], data: images },
    t: { shape: [labels.length], data: labels },
  };
}

/** The numbers below `count` in a random order, the same for the same seed. */
export function shuffled(count: number, seed: number): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  const random = randomFrom(seed);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1) / 2 ** 32);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
