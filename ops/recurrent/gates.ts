// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # The linear part of a cell
 *
 * Every cell computes this first, from its input and from its state, and last in
 * the backward pass: linear layers whose $`q`$ outputs are the gates, one below
 * the other. Each function is here twice: as the loop that the pages show, and on
 * the product kernels. The sums are in float64, as the gates are computed from
 * them.
 *
 * @module
 */

import type { Float } from "../core/types.ts";
import { matrix, transpose } from "../kernels/matrix.ts";
import { multiply } from "../kernels/multiply.ts";

/** Gives `Aᵢⱼ = Σₗ Xᵢₗ Wⱼₗ + bⱼ`, where x is n×k and w is q×k. */
export type Layer = (
  x: Float,
  w: Float,
  b: Float | undefined,
  n: number,
  k: number,
  q: number,
) => Float64Array<ArrayBuffer>;

/** The gradients of a {@linkcode Layer} that are asked for: others are undefined. */
export interface LayerGradients {
  x?: Float | undefined;
  /** What `∂E/∂X` begins with, where it has more terms. */
  onto?: Float64Array | undefined;
  w?: Float | undefined;
  b?: Float | undefined;
}

/** Writes the gradients of a layer, given `∂E/∂A`. */
export type LayerD = (
  da: Float64Array<ArrayBuffer>,
  x: Float,
  w: Float,
  to: LayerGradients,
  n: number,
  k: number,
  q: number,
) => void;

export const layer: Layer = (x, w, b, n, k, q) => {
  const a = new Float64Array(n * q);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < q; j++) {
      let sum = b ? b[j] : 0;
      for (let l = 0; l < k; l++) sum += x[i * k + l] * w[j * k + l];
      a[i * q + j] = sum; // Aᵢⱼ = Σₗ Xᵢₗ Wⱼₗ + bⱼ
    }
  }
  return a;
};

export const layerD: LayerD = (da, x, w, to, n, k, q) => {
  const { x: dx, onto, w: dw, b: db } = to;
  for (let i = 0; dx && i < n; i++) {
    for (let l = 0; l < k; l++) {
      let sum = onto ? onto[i * k + l] : 0;
      for (let j = 0; j < q; j++) sum += da[i * q + j] * w[j * k + l];
      dx[i * k + l] = sum; // ∂E/∂Xᵢₗ = Σⱼ ∂E/∂Aᵢⱼ Wⱼₗ
    }
  }
  for (let j = 0; dw && j < q; j++) {
    for (let l = 0; l < k; l++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += da[i * q + j] * x[i * k + l];
      dw[j * k + l] = sum; // ∂E/∂Wⱼₗ = Σᵢ ∂E/∂Aᵢⱼ Xᵢₗ
    }
  }
  for (let j = 0; db && j < q; j++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += da[i * q + j];
    db[j] = sum; // ∂E/∂bⱼ = Σᵢ ∂E/∂Aᵢⱼ
  }
};

/** {@linkcode layer} on the product kernels. */
export const fastLayer: Layer = (x, w, b, n, k, q) => {
  const a = new Float64Array(n * q);
  multiply(matrix(x, n, k), transpose(matrix(w, q, k)), a, b); // A = X Wᵀ + 1 bᵀ
  return a;
};

/** {@linkcode layerD} on the product kernels. */
export const fastLayerD: LayerD = (da, x, w, to, n, k, q) => {
  const dA = matrix(da, n, q), X = matrix(x, n, k), W = matrix(w, q, k);
  if (to.x && to.onto) {
    const sum = new Float64Array(n * k);
    multiply(dA, W, sum);
    for (let i = 0; i < n * k; i++) to.x[i] = sum[i] + to.onto[i];
  } else if (to.x) multiply(dA, W, to.x); // ∂E/∂X = ∂E/∂A W
  if (to.w) multiply(transpose(dA), X, to.w); // ∂E/∂W = (∂E/∂A)ᵀ X
  if (to.b) layerD(da, x, w, { b: to.b }, n, k, q);
};

/** Adds the second layer to the first, and returns it. */
export function add(
  a: Float64Array<ArrayBuffer>,
  s: Float64Array,
): Float64Array<ArrayBuffer> {
  for (let i = 0; i < a.length; i++) a[i] += s[i];
  return a;
}

/** The logistic function, which overflows nowhere. */
export function sigmoid(a: number): number {
  const e = Math.exp(-Math.abs(a));
  return (a < 0 ? e : 1) / (1 + e);
}

/** Its derivative `σ (1 − σ)`, where no digit is lost to the difference. */
export function sigmoidD(a: number): number {
  const e = Math.exp(-Math.abs(a));
  return e / ((1 + e) * (1 + e));
}

/** The derivative of tanh, `1 − tanh²`, where no digit is lost to the difference. */
export function tanhD(a: number): number {
  const cosh = Math.cosh(a);
  return 1 / cosh / cosh;
}
