// Copyright 2026 the Adjoint authors. MIT license.

/**
 * A perceptron with one hidden layer for handwritten digits, and its gradients twice:
 * by calls one after the other, and by reverse mode.
 *
 * @module
 */

import * as ops from "../../mod.ts";
import { sgd } from "../../ops/optimisers.ts";
import { crossEntropy, linear, relu } from "../../ops/recorded.ts";
import { valueAndGrad } from "../../ops/reverse.ts";
import type { Integers, Tensor } from "../../ops/tensor.ts";
import {
  batches,
  batchOf,
  classes,
  type Digits,
  judge,
  showWrong,
  take,
} from "./digits.ts";
import { draw, type Network } from "./network.ts";

/** Images, one a row, and their digits. */
export interface Batch {
  x: Tensor<[number, 784]>;
  t: Tensor<[number], Integers>;
}

/** The weights and biases of both layers. */
export type Perceptron = {
  w: Tensor<[128, 784]>;
  b: Tensor<[128]>;
  v: Tensor<[10, 128]>;
  c: Tensor<[10]>;
};

/** What a run begins with. */
export function begin(seed: number): Perceptron {
  return {
    w: draw(seed + 1, [128, 784], 1 / 16), // Nearly He's, with dyadic scales.
    b: draw(seed + 2, [128], 0),
    v: draw(seed + 3, [10, 128], 1 / 8),
    c: draw(seed + 4, [10], 0),
  };
}

/** The logits of images. */
export function logits({ w, b, v, c }: Perceptron, x: Batch["x"]) {
  const h = relu(linear(x, w, b));
  return linear(h, v, c);
}

/** The loss of a batch. */
export function loss(params: Perceptron, { x, t }: Batch): Tensor<[]> {
  return crossEntropy(logits(params, x), t);
}

/** The loss and its gradients, by reverse mode. */
export const byMachine = valueAndGrad(loss, { wrt: [0] });

/** Every number on the way to the loss, and the gradient with respect to each. */
export function flow({ w, b, v, c }: Perceptron, { x, t }: Batch) {
  const a = ops.linear(x, w, b);
  const h = ops.relu(a);
  const y = ops.linear(h, v, c);
  const value = ops.crossEntropy(y, t);

  const dy = ops.crossEntropyDlogits(y, t, ops.scalar(1));
  const { x: dh, w: dv, b: dc } = ops.linearD(h, v, c, dy);
  const da = ops.reluDx(a, dh);
  const { w: dw, b: db } = ops.linearD(x, w, b, da, { wrt: ["w", "b"] });
  return { a, h, y, value, dy, dh, dv, dc, da, dw, db };
}

/** The loss and its gradients, by hand. */
export function byHand(params: Perceptron, batch: Batch) {
  const { value, dw, db, dv, dc } = flow(params, batch);
  return { value, grads: [{ w: dw, b: db, v: dv, c: dc }] as const };
}

/** The digit that each image is taken for. */
export function read(params: Perceptron, digits: Digits): number[] {
  return classes(logits(params, batchOf(digits).x));
}

/** How the perceptron is trained. */
export function network(
  { training, heldOut }: { training: Digits; heldOut: Digits },
): Network<Perceptron, Batch> {
  const { steps, places } = batches(training);
  return {
    name: "digits",
    data: `${training.labels.length} digits`,
    epochs: 8,
    length: steps,
    begin,
    loss,
    batch: (seed, step) => batchOf(take(training, places(seed, step))),
    optimiser: (params) =>
      sgd(params, { rate: 0.05, momentum: 0.9, decay: 1e-4 }),
    test: (params) => judge(read(params, heldOut), heldOut),
    show: (params) => showWrong(read(params, heldOut), heldOut),
  };
}
