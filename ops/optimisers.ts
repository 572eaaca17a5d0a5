// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Optimisers
 *
 * Functions that take a step down the slope of a loss: they are called with
 * gradients, and write to the parameters. What they must remember between steps
 * they keep in a state of their own, as plain tensors, which can be saved with
 * the parameters.
 *
 * ## Gradient descent
 *
 * The gradient $`g`$ of a loss points where it grows fastest, so a small step of
 * the parameters $`\theta`$ in the opposite direction makes the loss smaller. The
 * learning rate $`\eta`$ says how small the step is:
 *
 * ```math
 * \theta_t = \theta_{t-1} - \eta g_t
 * ```
 *
 * In a narrow valley the gradient points across the valley, not along it.
 * **Momentum** keeps a velocity, of which only the part $`\mu`$ is left after
 * each step. What changes sign from step to step cancels in it, and what does not
 * adds up, to $`1 / (1 - \mu)`$ times a gradient that never changes:
 *
 * ```math
 * v_t = \mu v_{t-1} + g_t
 * ```
 *
 * ```math
 * \theta_t = \theta_{t-1} - \eta v_t
 * ```
 *
 * The velocity begins at 0. **Nesterov's** step goes where the
 * velocity will lead next:
 *
 * ```math
 * \theta_t = \theta_{t-1} - \eta (g_t + \mu v_t)
 * ```
 *
 * **Weight decay** $`\lambda`$ pulls parameters to 0, as if the loss had the term
 * $`\frac{\lambda}{2} \sum_i \theta_i^2`$, so it is added to the gradient first:
 *
 * ```math
 * g_t = d_t + \lambda \theta_{t-1}
 * ```
 *
 * where $`d_t`$ is the gradient that is given. {@linkcode sgd} does all of this.
 *
 * ## AdamW
 *
 * One learning rate for all parameters is too large for some and too small for
 * others. Adam divides the gradient of each by how large it has been. It keeps
 * running means of the gradient and of its square:
 *
 * ```math
 * m_t = \beta m_{t-1} + (1 - \beta) g_t
 * ```
 *
 * ```math
 * s_t = \gamma s_{t-1} + (1 - \gamma) g_t^2
 * ```
 *
 * Both begin at 0, and are too small at first. If all gradients are the same, the
 * first mean is $`(1 - \beta) g`$ times $`1 + \beta + \dots + \beta^{t-1}`$, which is
 * $`(1 - \beta^t) g`$, so dividing by that makes up for it:
 *
 * ```math
 * \hat{m}_t = \frac{m_t}{1 - \beta^t}
 * ```
 *
 * ```math
 * \hat{s}_t = \frac{s_t}{1 - \gamma^t}
 * ```
 *
 * Weight decay is not added to the gradient here, because it would then be
 * divided, too: a weight with large gradients would decay less. It shrinks the
 * parameter separately, which is what the W stands for. $`\varepsilon`$ keeps the
 * quotient from growing without bound where all gradients are 0:
 *
 * ```math
 * \theta_t = (1 - \eta \lambda) \theta_{t-1}
 *   - \eta \frac{\hat{m}_t}{\sqrt{\hat{s}_t} + \varepsilon}
 * ```
 *
 * {@linkcode adamW} does this. Its quotient is seldom above 1 in size, whatever
 * the loss is multiplied by, so $`\eta`$ is about the largest change of a
 * parameter in a step.
 *
 * ## Clipping
 *
 * At a cliff of the loss, one step with a huge gradient undoes a thousand others.
 * {@linkcode clipNorm} shortens all gradients by the same factor, so that they
 * keep their direction, and their norm, $`N`$ before, is at most $`c`$:
 *
 * ```math
 * h_i = \min\left(1, \frac{c}{N + 10^{-6}}\right) g_i
 * ```
 *
 * ```math
 * N = \sqrt{\sum_{i=1}^{n} g_i^2}
 * ```
 *
 * ## Example
 *
 * ```ts
 * import { sgd } from "@adjoint/ops/optimisers";
 * import { mse } from "@adjoint/ops/recorded";
 * import { grad } from "@adjoint/ops/reverse";
 * import { type Tensor, tensor, zeros } from "@adjoint/ops/tensor";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const params = { theta: zeros([2]) };
 * const loss = ({ theta }: { theta: Tensor<[2]> }) => mse(theta, tensor([3, -1]));
 * const step = sgd(params, { rate: 0.1, momentum: 0.9 });
 * for (let t = 0; t < 300; t++) step(grad(loss)(params)[0]);
 *
 * assertAlmostEquals(params.theta.data[0]!, 3, 1e-4);
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.optim.SGD`, `torch.optim.AdamW`,
 *   `torch.nn.utils.clip_grad_norm_`
 * - I. Loshchilov and F. Hutter, [Decoupled weight decay
 *   regularization](https://arxiv.org/abs/1711.05101), 2019.
 * - Y. Nesterov, A method for solving the convex programming problem with
 *   convergence rate O(1∕k²), Doklady Akademii Nauk SSSR 269, 1983.
 *
 * @module
 */

import { lengthOf } from "./core/arrays.ts";
import { flag, number } from "./core/options.ts";
import type { Float, Shape, Tensor } from "./core/types.ts";
import {
  checkOnce,
  checkOptions,
  floatsIn,
  optimiser,
} from "./optimisers/steps.ts";
import type { Gradient } from "./reverse/types.ts";

/** The range of most options. */
const FINITE = { from: 0, below: Infinity };

/** What an optimiser is: a function that takes a step, and what it remembers.
 *
 * @typeParam P The parameters.
 *
 * @example Usage
 * ```ts
 * import { type Optimiser, sgd } from "@adjoint/ops/optimisers";
 * import { ones, type Tensor, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = ones([2]);
 * const step: Optimiser<Tensor<[2]>> = sgd(x, { rate: 0.5 });
 * step(tensor([2, 4]));
 *
 * assertEquals(x, tensor([0, -1]));
 * ```
 */
export interface Optimiser<P> {
  /** Takes a step: writes to the parameters. */
  (gradients: Gradient<P>): void;
  /** What it remembers, by name; to write to these is to go on from elsewhere. */
  readonly state: OptimiserState;
}

/** What an optimiser remembers between steps.
 *
 * @example Usage
 * ```ts
 * import { adamW, type OptimiserState } from "@adjoint/ops/optimisers";
 * import { ones } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const state: OptimiserState = adamW({ w: ones([2]) }).state;
 *
 * assertEquals(state.steps, 0);
 * assertEquals(Object.keys(state.tensors), ["mean.w", "square.w"]);
 * ```
 */
export interface OptimiserState {
  /** How many steps have been taken. */
  steps: number;
  /** Tensors of the shapes of the parameters, by what they are and whose. */
  readonly tensors: Readonly<Record<string, Tensor<Shape, Float>>>;
}

/** The options of {@linkcode sgd}.
 *
 * @example Usage
 * ```ts
 * import type { SgdOptions } from "@adjoint/ops/optimisers";
 *
 * const options: SgdOptions = { rate: 0.1, momentum: 0.9, nesterov: true };
 * ```
 */
export interface SgdOptions {
  /** The learning rate η; 10⁻³ by default. */
  rate?: number | undefined;
  /** How much of the velocity stays, μ; 0 by default. */
  momentum?: number | undefined;
  /** Whether the step is Nesterov's, which needs momentum; not by default. */
  nesterov?: boolean | undefined;
  /** The weight decay λ; 0 by default. */
  decay?: number | undefined;
}

/** Gradient descent: `θ ← θ − η v`, where `v ← μ v + g` and `g` has the decay `λ θ`.
 *
 * @typeParam P The parameters.
 * @param params The parameters, which the steps write to: a tensor, or a list or a
 * record of such.
 * @param options The learning rate and more.
 * @returns A function that takes a step with the gradients of the parameters.
 * @throws {TypeError} If a parameter is not a valid tensor or is given twice, or an
 * option is of another kind.
 * @throws {RangeError} If an option is out of range.
 *
 * @example Usage
 * ```ts
 * import { sgd } from "@adjoint/ops/optimisers";
 * import { ones, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const params = { w: ones([2]) };
 * const step = sgd(params, { rate: 0.25, momentum: 0.5 });
 * step({ w: tensor([4, 0]) });
 * step({ w: tensor([0, 0]) }); // Half of the velocity is left.
 *
 * assertEquals(params.w, tensor([-0.5, 1]));
 * ```
 */
export function sgd<P>(params: P, options: SgdOptions = {}): Optimiser<P> {
  const act = "take a step of sgd";
  const { rate, momentum, decay, nesterov } = checkOptions(act, options, {
    rate: number(1e-3, FINITE),
    momentum: options?.nesterov
      ? number(undefined, { above: 0, below: Infinity }) // Its step has nothing else.
      : number(0, FINITE),
    decay: number(0, FINITE),
    nesterov: flag(false),
  });
  const names = momentum > 0 ? ["velocity"] : [];
  return optimiser(act, params, names, (_, theta, g, [v]) => {
    for (let i = 0, n = lengthOf(theta); i < n; i++) {
      const d = g[i] + decay * theta[i]; // gₜ = dₜ + λ θₜ₋₁
      let u = d;
      if (v !== undefined) {
        v[i] = momentum * v[i] + d; // vₜ = μ vₜ₋₁ + gₜ
        u = nesterov ? d + momentum * v[i] : v[i];
      }
      theta[i] -= rate * u; // θₜ = θₜ₋₁ − η vₜ
    }
  });
}

/** The options of {@linkcode adamW}.
 *
 * @example Usage
 * ```ts
 * import type { AdamWOptions } from "@adjoint/ops/optimisers";
 *
 * const options: AdamWOptions = { rate: 3e-4, decay: 0.1 };
 * ```
 */
export interface AdamWOptions {
  /** The learning rate η; 10⁻³ by default. */
  rate?: number | undefined;
  /** How much of the mean of gradients stays, β; 0.9 by default. */
  beta?: number | undefined;
  /** How much of the mean of squares stays, γ; 0.999 by default. */
  gamma?: number | undefined;
  /** What is added to the divisor, ε; 10⁻⁸ by default. */
  eps?: number | undefined;
  /** The weight decay λ; 10⁻² by default. */
  decay?: number | undefined;
}

/** Adam with decoupled weight decay: `θ ← (1 − η λ) θ − η m̂ ∕ (√ŝ + ε)`, where `m̂`
 * and `ŝ` are running means of the gradient and of its square.
 *
 * @typeParam P The parameters.
 * @param params The parameters, which the steps write to: a tensor, or a list or a
 * record of such.
 * @param options The learning rate and more.
 * @returns A function that takes a step with the gradients of the parameters.
 * @throws {TypeError} If a parameter is not a valid tensor or is given twice, or an
 * option is of another kind.
 * @throws {RangeError} If an option is out of range.
 *
 * @example Usage
 * ```ts
 * import { adamW } from "@adjoint/ops/optimisers";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const theta = tensor([1, 1]);
 * adamW(theta, { rate: 0.25, decay: 0 })(tensor([1000, -0.001]));
 *
 * // Whatever the size of the gradients, the first step is as long as the rate.
 * assertAlmostEquals(theta.data[0]!, 0.75, 1e-4);
 * assertAlmostEquals(theta.data[1]!, 1.25, 1e-4);
 * ```
 */
export function adamW<P>(params: P, options: AdamWOptions = {}): Optimiser<P> {
  const act = "take a step of adamW";
  const { rate, beta, gamma, eps, decay } = checkOptions(act, options, {
    rate: number(1e-3, FINITE),
    beta: number(0.9, { from: 0, below: 1 }),
    gamma: number(0.999, { from: 0, below: 1 }),
    eps: number(1e-8, FINITE),
    decay: number(1e-2, FINITE),
  });
  const names = ["mean", "square"];
  return optimiser(act, params, names, (steps, theta, g, [m, s]) => {
    const [mScale, sScale] = [1 - beta ** steps, 1 - gamma ** steps];
    for (let i = 0, n = lengthOf(theta); i < n; i++) {
      m[i] = beta * m[i] + (1 - beta) * g[i]; // mₜ = β mₜ₋₁ + (1 − β) gₜ
      s[i] = gamma * s[i] + (1 - gamma) * g[i] * g[i]; // sₜ = γ sₜ₋₁ + (1 − γ) gₜ²
      theta[i] = (1 - rate * decay) * theta[i] -
        rate * (m[i] / mScale) / (Math.sqrt(s[i] / sScale) + eps);
    }
  });
}

/** Shortens gradients, in place, so that the norm of all of them together is at most
 * `c`: `g ← min(1, c ∕ (N + 10⁻⁶)) g`.
 *
 * @param gradients The gradients, which are written to: a tensor, or a list or a
 * record of such; `undefined` is skipped.
 * @param most The largest norm that stays as it is, `c`.
 * @returns The norm that they had.
 * @throws {TypeError} If a gradient is not a valid tensor or is given twice, or `most` is
 * not a number.
 * @throws {RangeError} If `most` is negative or NaN.
 *
 * @example Usage
 * ```ts
 * import { clipNorm } from "@adjoint/ops/optimisers";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * const grads = { w: tensor([3, 0]), b: tensor([4]) };
 *
 * assertEquals(clipNorm(grads, 1), 5);
 * assertAlmostEquals(grads.b.data[0]!, 0.8, 1e-6);
 * ```
 */
export function clipNorm(gradients: unknown, most: number): number {
  const act = "clip gradients";
  checkOptions(act, { most }, { most: number(undefined, { from: 0 }) });
  const given = floatsIn(act, "gradients", gradients);
  checkOnce(act, "gradients", given);
  const tensors = [...given.values()];
  let sum = 0; // Σᵢ gᵢ²
  for (const { data } of tensors) {
    const n = lengthOf(data);
    for (let i = 0; i < n; i++) sum += data[i] * data[i];
  }
  const norm = Math.sqrt(sum), factor = most / (norm + 1e-6);
  if (factor < 1) {
    for (const { data } of tensors) {
      const n = lengthOf(data);
      for (let i = 0; i < n; i++) data[i] *= factor;
    }
  }
  return norm;
}
