// Copyright 2026 the Adjoint authors. MIT license.

/**
 * A perceptron with one hidden layer for handwritten digits, and its gradients twice:
 * by calls one after the other, and by reverse mode.
 *
 * @module
 */

import * as ops from "../../mod.ts";
import { crossEntropy, linear, relu } from "../../ops/recorded.ts";
import { valueAndGrad } from "../../ops/reverse.ts";
import type { Integers, Tensor } from "../../ops/tensor.ts";

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

/** The loss and its gradients, by hand. */
export function byHand({ w, b, v, c }: Perceptron, { x, t }: Batch) {
  const a = ops.linear(x, w, b);
  const h = ops.relu(a);
  const y = ops.linear(h, v, c);
  const value = ops.crossEntropy(y, t);

  const dy = ops.crossEntropyDlogits(y, t, ops.scalar(1));
  const { x: dh, w: dv, b: dc } = ops.linearD(h, v, c, dy);
  const da = ops.reluDx(a, dh);
  const { w: dw, b: db } = ops.linearD(x, w, b, da, { wrt: ["w", "b"] });
  return { value, grads: [{ w: dw, b: db, v: dv, c: dc }] as const };
}
