// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Power
 *
 * Raises each element to the same power.
 *
 * ```math
 * Y_i = X_i^p, \qquad
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} p X_i^{p - 1}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n`$ | input `x` |
 * | $`p`$ | number | option `exponent` |
 * | $`Y`$ | $`n`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The function acts on each element separately, so the page treats a tensor of
 * any shape as the vector of its $`n`$ elements. The exponent $`p`$ is 2 by
 * default, and may be any number.
 *
 * ## Forward
 *
 * ```math
 * Y_i = X_i^p
 * ```
 *
 * ## Derivation
 *
 * The chain rule sums over every output that $`X_i`$ may act on:
 *
 * ```math
 * \frac{\partial E}{\partial X_i}
 *   = \sum_{a=1}^{n} \frac{\partial E}{\partial Y_a} \frac{\partial Y_a}{\partial X_i}
 * ```
 *
 * The power rule gives the derivative of $`X_i^p`$. Only the output in the same
 * position depends on $`X_i`$. The Kronecker delta $`\delta_{ai}`$ expresses
 * this: it is 1 where $`a`$ is $`i`$, and 0 elsewhere.
 *
 * ```math
 * \frac{\partial Y_a}{\partial X_i} = \delta_{ai} p X_i^{p - 1}
 * ```
 *
 * The delta leaves one term of the chain rule's sum:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} p X_i^{p - 1}
 * ```
 *
 * ## Backward
 *
 * {@linkcode powerDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} p X_i^{p - 1}
 * ```
 *
 * ## Special points
 *
 * A power of a number below 0 is defined for integer exponents, and NaN for
 * others. At 0 the gradient is 0 for exponents above 1, 1 for the exponent 1, and
 * infinite for those below 1, except 0. With the exponent 0 the power is 1 for
 * all numbers, even for 0 and NaN, so the gradient is 0; the code does not
 * multiply 0 by $`X_i^{-1}`$, which would give NaN at 0. IEEE 754 defines the
 * powers of −0 and of −∞. For the exponent ½, PyTorch computes the square root
 * instead, which differs at both.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = 0` | `0` | `0` | same | same | same | |
 * | `x = -3` | `9` | `-6` | same | same | same | |
 * | `x = 0, exponent = 1` | `0` | `1` | same | same | same | |
 * | `x = NaN, exponent = 1` | `NaN` | `1` | same | same | same | |
 * | `x = 0, exponent = 0` | `1` | `0` | same | same | `dx = NaN` | |
 * | `x = NaN, exponent = 0` | `1` | `0` | same | same | `dx = NaN` | |
 * | `x = 0, exponent = 0.5` | `0` | `∞` | same | same | same | |
 * | `x = -0, exponent = 0.5` | `0` | `∞` | `y = -0, dx = -∞` | same | same | PyTorch computes a square root |
 * | `x = -∞, exponent = 0.5` | `∞` | `0` | `y = NaN, dx = NaN` | same | same | PyTorch computes a square root |
 * | `x = -∞, exponent = 1.5` | `∞` | `∞` | `dx = NaN` | same | same | PyTorch computes a square root in the gradient |
 * | `x = 0, exponent = 1.5` | `0` | `0` | same | same | same | |
 * | `x = 0, exponent = -1` | `∞` | `-∞` | same | same | same | |
 * | `x = -0, exponent = -1` | `-∞` | `-∞` | same | same | same | |
 * | `x = -2, exponent = 3` | `-8` | `12` | same | same | same | |
 * | `x = -2, exponent = -1` | `-0.5` | `-0.25` | same | same | same | |
 * | `x = -2, exponent = 0.5` | `NaN` | `NaN` | same | same | same | |
 * | `x = -2, exponent = 1.5` | `NaN` | `NaN` | same | same | same | |
 * | `x = 1e4, exponent = 100` | `∞` | `∞` | same | same | same | |
 * | `x = -∞` | `∞` | `-∞` | same | same | same | |
 * | `x = NaN` | `NaN` | `NaN` | same | same | same | |
 *
 * ## Cost
 *
 * One power for each element, forward and backward. For the exponents −2, −1, 1,
 * 2, 3, ±0.5 and ±1.5 a few products, quotients and roots take its place. The
 * backward pass needs $`X`$, but not $`Y`$.
 *
 * ## Example
 *
 * ```ts
 * import { power, powerDx } from "@adjoint/ops/power";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([-2, 0, 3]);
 * const dout = tensor([1, 1, 1]);
 *
 * assertEquals(power(x, { exponent: 3 }), tensor([-8, 0, 27]));
 * assertEquals(powerDx(x, dout, { exponent: 3 }), tensor([12, 0, 27]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.pow(x, exponent)`
 * - JAX: `jnp.power(x, exponent)`
 * - TensorFlow: `tf.pow(x, tf.cast(exponent, x.dtype))`
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import { number } from "../core/options.ts";
import type {
  Float,
  GradientOptions,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { map, mapD } from "../kernels/elementary.ts";
import {
  choose,
  each,
  equal,
  type Formula,
  formula,
  magnitude,
  over,
  plus,
  root,
  type Term,
  times,
} from "../kernels/elementwise.ts";

/** √x, but 0 and ∞ at −0 and −∞. */
const rootOf = (x: Term): Term =>
  choose(equal(x, -Infinity), Infinity, root(plus(x, 0)));

/** The powers that are made of a few products, quotients and roots. */
const FEW: [exponent: number, power: (x: Term) => Term][] = [
  [-2, (x) => over(over(1, x), x)],
  [-1.5, (x) => over(1, times(magnitude(x), rootOf(x)))],
  [-1, (x) => over(1, x)],
  [-0.5, (x) => over(1, rootOf(x))],
  [0.5, rootOf],
  [1, (x) => x],
  [1.5, (x) => times(magnitude(x), rootOf(x))],
  [2, (x) => times(x, x)],
  [3, (x) => times(times(x, x), x)],
];

const POWERS: ReadonlyMap<number, Formula> = new Map(
  FEW.map(([p, power]) => [p, formula((x) => power(x))]),
);

const GRADIENTS: ReadonlyMap<number, Formula> = new Map([
  ...FEW.map(([q, power]): [number, Formula] => [
    q + 1,
    formula((x, dy) => times(dy, times(q + 1, power(x)))),
  ]),
  [1, formula((_x, dy) => dy)],
]);

/** The options of {@linkcode power}.
 *
 * @example Usage
 * ```ts
 * import type { PowerOptions } from "@adjoint/ops/power";
 *
 * const options: PowerOptions = { exponent: 3 };
 * ```
 */
export interface PowerOptions {
  /** The exponent `p`, any number; 2 by default. */
  exponent?: number | undefined;
}

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("power", {
  inputs: { x: { shape: "n…", domain: "positive" } },
  options: { exponent: number(2) },
  outputs: { y: "n…" },

  forward({ x, y, n, exponent: p }) {
    for (let i = 0; i < n; i++) y[i] = x[i] ** p; // Yᵢ = Xᵢᵖ
  },

  backward({ x, dy, dx, n, exponent: p }) {
    for (let i = 0; i < n; i++) {
      dx[i] = p === 0 ? 0 : dy[i] * (p * x[i] ** (p - 1)); // ∂E/∂Xᵢ = ∂E/∂Yᵢ p Xᵢᵖ⁻¹
    }
  },

  kernels: {
    forward({ x, y, exponent: p }) {
      if (p === 0 || !Number.isFinite(p)) return false;
      const few = POWERS.get(p);
      return few ? each(few, y, [x]) : map("power", x, y, p);
    },
    backward({ x, dy, dx, exponent: p }) {
      if (p === 0 || !Number.isFinite(p)) return false;
      const few = GRADIENTS.get(p);
      return few ? each(few, dx, [x, dy]) : mapD("powerDx", x, dy, dx, p);
    },
  },
});

/** Raises each element to the same power: `Yᵢ = Xᵢᵖ`.
 *
 * @param x The tensor, of any shape.
 * @param options The exponent p, 2 by default.
 * @returns The output `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { power } from "@adjoint/ops/power";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(power(tensor([2, -3]), { exponent: 2 }), tensor([4, 9]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/power
 */
export function power<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  options?: PowerOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode power}: `∂E/∂Xᵢ = ∂E/∂Yᵢ p Xᵢᵖ⁻¹`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The exponent p, 2 by default.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/power
 */
export function powerD<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: PowerOptions & GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode power} with respect to `x`:
 * `∂E/∂Xᵢ = ∂E/∂Yᵢ p Xᵢᵖ⁻¹`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The exponent p, 2 by default.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/power
 */
export function powerDx<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: PowerOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
