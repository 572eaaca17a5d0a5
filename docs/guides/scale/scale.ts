// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Scale
 *
 * Multiplies every element of a matrix by the same number.
 *
 * ```math
 * Z = s X
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`m \times n`$ | input `x` |
 * | $`s`$ | scalar | input `s` |
 * | $`Z`$ | $`m \times n`$ | output |
 * | $`\frac{\partial E}{\partial Z}`$ | $`m \times n`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * ## Forward
 *
 * ```math
 * Z_{ij} = s X_{ij}
 * ```
 *
 * ```math
 * Z = s X
 * ```
 *
 * ## Derivation
 *
 * Only $`Z_{ij}`$ has $`X_{ij}`$ in it, with the factor $`s`$, so the chain rule
 * has one term:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}}
 *   = \frac{\partial E}{\partial Z_{ij}} \frac{\partial Z_{ij}}{\partial X_{ij}}
 *   = s \frac{\partial E}{\partial Z_{ij}}
 * ```
 *
 * But $`s`$ is in every element of $`Z`$, and the chain rule sums over them all:
 *
 * ```math
 * \frac{\partial E}{\partial s}
 *   = \sum_{i=1}^{m} \sum_{j=1}^{n}
 *     \frac{\partial E}{\partial Z_{ij}} \frac{\partial Z_{ij}}{\partial s}
 *   = \sum_{i=1}^{m} \sum_{j=1}^{n} \frac{\partial E}{\partial Z_{ij}} X_{ij}
 * ```
 *
 * ## Backward
 *
 * {@linkcode scaleDx}, by elements and as a matrix:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}} = s \frac{\partial E}{\partial Z_{ij}}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X} = s \frac{\partial E}{\partial Z}
 * ```
 *
 * {@linkcode scaleDs}, by elements and as an inner product:
 *
 * ```math
 * \frac{\partial E}{\partial s}
 *   = \sum_{i=1}^{m} \sum_{j=1}^{n} \frac{\partial E}{\partial Z_{ij}} X_{ij}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial s} = \langle \frac{\partial E}{\partial Z}, X \rangle
 * ```
 *
 * ## Edge cases
 *
 * - **Empty dimensions.** The result is empty, and the gradient with respect to
 *   the factor is 0.
 * - **NaN and infinity** go through as IEEE 754 says: 0 times NaN is NaN.
 *
 * ## Cost
 *
 * One multiplication for each element, and the same for each gradient. The
 * backward pass needs both inputs.
 *
 * ## Example
 *
 * ```ts ignore
 * import { scale, scaleDs } from "@adjoint/ops/scale";
 * import { ones, scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * const s = scalar(10);
 *
 * assertEquals(scale(x, s), tensor([[10, 20], [30, 40]]));
 * assertEquals(scaleDs(x, s, ones([2, 2])), scalar(10));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.mul(x, s)`.
 *
 * @module
 */

import {
  allocate,
  checkDout,
  checkSameType,
  checkTensor,
  dtypeOf,
} from "../../../ops/core/checks.ts";
import { sum } from "../../../ops/reductions/sum.ts";
import type { Tensor } from "../../../ops/tensor.ts";

/** Multiplies every element of a matrix by the same number.
 *
 * ```math
 * Z = s X
 * ```
 */
export function scale<M extends number, N extends number>(
  x: Tensor<[M, N]>,
  s: Tensor<[]>,
): Tensor<[M, N]> {
  const act = "scale x by s";
  const [X, S] = inputs(act, x, s);
  return times(act, S, X); // Z = s X
}

/** The gradient of the loss with respect to the matrix.
 *
 * ```math
 * \frac{\partial E}{\partial X} = s \frac{\partial E}{\partial Z}
 * ```
 */
export function scaleDx<M extends number, N extends number>(
  x: Tensor<[M, N]>,
  s: Tensor<[]>,
  dout: Tensor<[M, N]>,
): Tensor<[M, N]> {
  const act = "compute scaleDx";
  const [X, S] = inputs(act, x, s);
  const dZ = checkDout(act, dout, X.shape, X);
  return times(act, S, dZ as Tensor<[M, N]>); // ∂E/∂X = s ∂E/∂Z
}

/** The gradient of the loss with respect to the factor.
 *
 * ```math
 * \frac{\partial E}{\partial s} = \langle \frac{\partial E}{\partial Z}, X \rangle
 * ```
 */
export function scaleDs<M extends number, N extends number>(
  x: Tensor<[M, N]>,
  s: Tensor<[]>,
  dout: Tensor<[M, N]>,
): Tensor<[]> {
  const act = "compute scaleDs";
  const [X] = inputs(act, x, s);
  const dZ = checkDout(act, dout, X.shape, X);
  const products = Float64Array.from(X.data, (v, i) => v * dZ.data[i]);
  const ds = allocate(act, dtypeOf(X), 1);
  // ∂E/∂s = ⟨∂E/∂Z, X⟩, in float64 until it is stored
  ds[0] = sum({ shape: X.shape, data: products }).data[0];
  return { shape: [], data: ds };
}

/** Checks the inputs; the result is what was checked, read once. */
function inputs<M extends number, N extends number>(
  act: string,
  x: Tensor<[M, N]>,
  s: Tensor<[]>,
): [Tensor<[M, N]>, Tensor<[]>] {
  const X = checkTensor(act, "x", x, 2);
  const S = checkTensor(act, "s", s, 0);
  checkSameType(act, "x", X, "s", S);
  return [X, S];
}

function times<M extends number, N extends number>(
  act: string,
  { data: [factor] }: Tensor<[]>,
  { shape: [m, n], data }: Tensor<[M, N]>,
): Tensor<[M, N]> {
  const product = allocate(act, dtypeOf({ data }), data.length);
  for (let i = 0; i < data.length; i++) product[i] = factor * data[i];
  return { shape: [m, n], data: product };
}
