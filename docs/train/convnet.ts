// Copyright 2026 the Adjoint authors. MIT license.

/**
 * A small convolutional network for handwritten digits.
 *
 * @module
 */

import * as ops from "../../mod.ts";
import {
  batchNorm,
  conv2d,
  crossEntropy,
  dropout,
  linear,
  maxPool2d,
  relu,
  reshape,
} from "../../ops/recorded.ts";
import type { Integers, Tensor } from "../../ops/tensor.ts";
import { draw, scale } from "./network.ts";

/** Images, their digits, and which features are kept. */
export interface Batch {
  x: Tensor<[number, 1, 28, 28]>;
  t: Tensor<[number], Integers>;
  mask: Tensor<[number, 1568], Uint8Array<ArrayBuffer>>;
}

/** A layer: its filters, and the scale and the shift of what is normalized. */
export type Layer<C extends number, K extends number> = {
  w: Tensor<[K, C, 3, 3]>;
  gamma: Tensor<[K]>;
  beta: Tensor<[K]>;
};

/** Two layers of filters, and what makes logits. */
export type Convnet = {
  first: Layer<1, 16>;
  second: Layer<16, 32>;
  w: Tensor<[10, 1568]>;
  b: Tensor<[10]>;
};

/** What a run begins with. */
export function begin(seed: number): Convnet {
  return {
    first: {
      w: draw(seed + 1, [16, 1, 3, 3], 1 / 2),
      gamma: scale([16]),
      beta: draw(seed + 2, [16], 0),
    },
    second: {
      w: draw(seed + 3, [32, 16, 3, 3], 1 / 8),
      gamma: scale([32]),
      beta: draw(seed + 4, [32], 0),
    },
    w: draw(seed + 5, [10, 1568], 1 / 32),
    b: draw(seed + 6, [10], 0),
  };
}

/** Which part of the features is dropped. */
export const RATE = 0.25;

const padding = 1, size = 2;

/** The loss of a batch. */
export function loss(
  { first, second, w, b }: Convnet,
  { x, t, mask }: Batch,
): Tensor<[]> {
  const y = batchNorm(
    conv2d(x, first.w, null, { padding }),
    first.gamma,
    first.beta,
  );
  const h = maxPool2d(relu(y), { size });
  const z = batchNorm(
    conv2d(h, second.w, null, { padding }),
    second.gamma,
    second.beta,
  );
  const f = reshape(maxPool2d(relu(z), { size }), [-1, 1568]);
  return crossEntropy(linear(dropout(f, mask, { rate: RATE }), w, b), t);
}

/** The mean and the variance of each channel. */
interface Statistics<K extends number> {
  mean: Tensor<[K]>;
  variance: Tensor<[K]>;
}

/** What both normalizations see of images. */
export function statistics({ first, second }: Convnet, x: Batch["x"]) {
  const axes = [0, 2, 3] as const;
  const y = ops.conv2d(x, first.w, null, { padding });
  const a = ops.batchNorm(y, first.gamma, first.beta);
  const h = ops.maxPool2d(ops.relu(a), { size });
  const z = ops.conv2d(h, second.w, null, { padding });
  return [
    {
      mean: ops.mean(y, { axes }),
      variance: ops.variance(y, { axes, correction: 0 }),
    },
    {
      mean: ops.mean(z, { axes }),
      variance: ops.variance(z, { axes, correction: 0 }),
    },
  ] as const;
}

/** A layer of filters, normalized by statistics that are given. */
function layer<C extends number, K extends number>(
  { w, gamma, beta }: Layer<C, K>,
  { mean, variance }: Statistics<K>,
  x: Tensor<[number, C, number, number]>,
) {
  const y = ops.conv2d(x, w, null, { padding });
  const a = ops.batchNormInference(y, mean, variance, gamma, beta);
  return ops.maxPool2d(ops.relu(a), { size });
}

/** The logits of images, with the statistics of many others. */
export function logits(
  { first, second, w, b }: Convnet,
  [of, then]: readonly [Statistics<16>, Statistics<32>],
  x: Batch["x"],
) {
  const h = layer(second, then, layer(first, of, x));
  return ops.linear(ops.reshape(h, [-1, 1568]), w, b);
}
