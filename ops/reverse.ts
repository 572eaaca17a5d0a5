// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Reverse mode
 *
 * Computes the gradients of a function that is written as calls of operations: it
 * records the calls, and walks back over them with the gradients that each
 * operation has. This is what makes a loss of a thousand operations as easy to
 * differentiate as one.
 *
 * ```text
 *   X  m×n ─┐
 *           ├─ matmul ─► Z  m×p ─┬─ mul ─► S  m×p ─ sum ─► E
 *   Y  n×p ─┘                    └──┘
 *
 *   ∂E/∂X ◄─┐           2 meet:
 *           ├─ matmulD ◄─ ∂E/∂Z ◄┬─ mulD ◄─ ∂E/∂S ◄─ sumD ◄─ 1
 *   ∂E/∂Y ◄─┘                    └──┘
 * ```
 *
 * ## What is recorded
 *
 * The example is a product of matrices, and the sum of its squares as the loss. Each
 * step is one operation, and a square is a product, of $`Z`$ with itself:
 *
 * ```math
 * Z_{ik} = \sum_{j=1}^{n} X_{ij} Y_{jk}
 * ```
 *
 * ```math
 * S_{ik} = Z_{ik} Z_{ik}
 * ```
 *
 * ```math
 * E = \sum_{i=1}^{m} \sum_{k=1}^{p} S_{ik}
 * ```
 *
 * {@linkcode record} turns an operation into a function that does the same, and
 * writes down which tensors it was called with and which it returned. Everything
 * that follows rests on one property of this list: whatever a step needs was made
 * by an earlier step.
 *
 * ## Why backwards
 *
 * A change of a tensor $`V`$ reaches the loss through the steps that $`V`$ is given
 * to, and through nothing else. If these make $`A`$, $`B`$ and so on, the chain rule
 * says that their parts add up:
 *
 * ```math
 * \frac{\partial E}{\partial V_j}
 *   = \sum_{i=1}^{a} \frac{\partial E}{\partial A_i} P_{ij}
 *   + \sum_{i=1}^{b} \frac{\partial E}{\partial B_i} Q_{ij}
 * ```
 *
 * where $`P`$ and $`Q`$ are the Jacobians of the two steps: $`P_{ij}`$ is how
 * fast $`A_i`$ changes with $`V_j`$. Each sum is what the gradient function of a
 * step computes, without ever making the Jacobian. It needs the whole gradient
 * with respect to what the step made.
 *
 * The list makes sure of that. All steps that $`V`$ is given to come after the
 * one that made it. So if the steps are taken from the last to the first, all
 * parts of $`\partial E / \partial V`$ have been added when the step that made
 * $`V`$ is reached. Each step is taken once, however many paths lead from it to
 * the loss. There may be exponentially many: each square in a chain of squares
 * doubles them.
 *
 * In the example the walk begins with the derivative of the loss with respect to
 * itself, which is 1. The sum gives each of its terms this number:
 *
 * ```math
 * \frac{\partial E}{\partial S_{ik}} = 1
 * ```
 *
 * The product was given $`Z`$ twice, so two gradients meet, and are added:
 *
 * ```math
 * \frac{\partial E}{\partial Z_{ik}}
 *   = \frac{\partial E}{\partial S_{ik}} Z_{ik}
 *   + \frac{\partial E}{\partial S_{ik}} Z_{ik}
 *   = 2 Z_{ik}
 * ```
 *
 * Only now is `matmulD` called, with the sum:
 *
 * ```math
 * \frac{\partial E}{\partial X} = \frac{\partial E}{\partial Z} Y^T
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial Y} = X^T \frac{\partial E}{\partial Z}
 * ```
 *
 * The other direction would be right, too: forward mode carries the derivative of
 * each tensor with respect to a number of the inputs along with the calls. But it
 * must do so for every number of the inputs, and a network has millions of them,
 * while the loss is a single number.
 *
 * ## What is computed
 *
 * No operation knows of any of this. A function made by {@linkcode record} calls
 * the operation itself, and the gradients are those that `opD` gives, so they
 * have the same bits as those of calls by hand. An operation is asked only for
 * the gradients that lead to an input whose gradient is wanted, and a step that
 * the loss does not depend on is skipped. An input that the loss does not depend
 * on has the gradient 0.
 *
 * While the function runs, its tensors have a shape, but their numbers cannot be
 * read: an operation that was not recorded would read them, and the gradient
 * would silently be wrong. {@linkcode stopGradient} returns the numbers, as a
 * constant. The walk back reads the tensors that were given, not copies of them,
 * so none of them may be written to until the gradients are there.
 *
 * In an {@link [arena] arena}, all of this lives in the arena: what the function
 * computes, the gradients on the way back, and those that are returned. A
 * training step leaves nothing behind, however long it is:
 *
 * ```ts
 * import { arena } from "@adjoint/ops/arena";
 * import { sgd } from "@adjoint/ops/optimisers";
 * import { mse } from "@adjoint/ops/recorded";
 * import { valueAndGrad } from "@adjoint/ops/reverse";
 * import { ones, type Tensor, zeros } from "@adjoint/ops/tensor";
 * import { assert } from "@std/assert";
 *
 * const w = zeros([3]), target = ones([3]);
 * const step = sgd(w, { rate: 0.5 });
 * const both = valueAndGrad((w: Tensor<[3]>) => mse(w, target));
 * for (let i = 0; i < 20; i++) {
 *   arena(() => step(both(w).grads[0]));
 * }
 * assert(w.data.every((v) => Math.abs(v - 1) < 1e-3));
 * ```
 *
 * ## Example
 *
 * The entry point `recorded` has all operations recorded already; a bundle
 * contains only those that it imports. Your own pair of functions takes one more
 * line.
 *
 * ```ts
 * import { matmul, sum } from "@adjoint/ops/recorded";
 * import { record, valueAndGrad } from "@adjoint/ops/reverse";
 * import { type Tensor, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const map = ({ shape, data }: Tensor, f: (v: number, i: number) => number) => ({
 *   shape,
 *   data: data.map(f),
 * });
 * const square = record({
 *   op: (x: Tensor) => map(x, (v) => v * v),
 *   opD: (x: Tensor, dout: Tensor) => ({
 *     x: map(x, (v, i) => 2 * v * dout.data[i]!),
 *   }),
 *   inputs: ["x"],
 * });
 *
 * const f = (x: Tensor<[2, 2]>, y: Tensor<[2, 1]>) => sum(square(matmul(x, y)));
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * const y = tensor([[1], [1]]);
 * const { value, grads: [dx, dy] } = valueAndGrad(f)(x, y);
 *
 * assertEquals(value, tensor(58)); // 3² + 7²
 * assertEquals(dx, tensor([[6, 6], [14, 14]]));
 * assertEquals(dy, tensor([[48], [68]]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.func.grad_and_value`
 * - JAX: `jax.value_and_grad`
 * - S. Linnainmaa, [Taylor expansion of the accumulated rounding
 *   error](https://doi.org/10.1007/BF01931367), BIT Numerical Mathematics 16, 1976:
 *   where reverse mode comes from.
 *
 * @module
 */

import {
  bufferOf,
  dtypeOfData,
  fill,
  lengthOf,
  sharedBytes,
  write,
} from "./core/arrays.ts";
import { badType, checkSameShape, checkTensor, show } from "./core/checks.ts";
import { checkKeys } from "./core/op.ts";
import { allocateResult } from "./core/results.ts";
import type { Float, Shape, Tensor } from "./core/types.ts";
import { checkForward, foundNaN, hasNaN } from "./reverse/nan.ts";
import {
  checkLoss,
  checkPair,
  checkPlaces,
  recordAll,
  Recorded,
  recordedIn,
  type Recording,
  recordingOf,
  valuesOf,
} from "./reverse/recording.ts";
import { map } from "./reverse/trees.ts";
import type { Gradients, Pair, ReverseOptions } from "./reverse/types.ts";

export type {
  Gradient,
  Gradients,
  Pair,
  ReverseOptions,
} from "./reverse/types.ts";

const ACT = "differentiate";

/** Makes an operation take part in differentiation: the function that it returns
 * records calls with tensors of {@linkcode valueAndGrad}; with others, it is the
 * operation itself.
 *
 * @typeParam F The operation.
 * @param pair The operation and its gradients, and the names of its inputs.
 * @returns A function of the same type.
 * @throws {TypeError} If `op` or `opD` is not a function, or `inputs` is not a
 * list of names.
 *
 * @example Usage
 * ```ts
 * import { matmul, matmulD } from "@adjoint/ops/matmul";
 * import { record } from "@adjoint/ops/reverse";
 * import { ones, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const product = record({ op: matmul, opD: matmulD, inputs: ["x", "y"] });
 *
 * assertEquals(product(ones([1, 2]), ones([2, 1])), tensor([[2]]));
 * ```
 */
export function record<F extends (...args: never[]) => unknown>(
  pair: Pair<F>,
): F {
  checkPair(pair);
  const { op, opD, inputs, name = op.name } = pair;
  const kept = { op, opD, inputs, name };
  const act = `record ${name}`;
  const recorded = (...args: unknown[]) => {
    const recording = recordingOf(act, args, inputs.length);
    const value = op(...args.map(valuesOf) as never[]);
    if (recording === undefined || opD === undefined) return value;
    const result = recordAll(act, "the result", value, recording);
    recording.steps.push({ pair: kept, args, result });
    return result;
  };
  return recorded as unknown as F;
}

/** Makes a function that computes the value of a loss and its gradients.
 *
 * @typeParam A The arguments of the loss.
 * @typeParam D The element type.
 * @typeParam W The places of the arguments whose gradients are wanted.
 * @param f The loss: a function of any tensors, lists and records of them, made of
 * calls of functions that {@linkcode record} has made. Its result is a scalar.
 * @param options Which gradients are wanted.
 * @returns A function of the same arguments that returns the `value`, and
 * `grads`, the gradients of the arguments in their order, or in that of `wrt`. It
 * throws a `TypeError` if the loss is not a scalar, is an argument itself or does
 * not depend on any, or if a gradient function does not return what is needed,
 * and a `RangeError` if the loss or a gradient is NaN.
 * @throws {TypeError} If `f` is not a function, or `wrt` is not a list of places.
 *
 * @example Of parameters, but not of the data
 * ```ts
 * import { crossEntropy, linear } from "@adjoint/ops/recorded";
 * import { valueAndGrad } from "@adjoint/ops/reverse";
 * import { type Integers, type Tensor, tensor, zeros } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * type Params = { w: Tensor<[2, 3]>; b: Tensor<[2]> };
 * const loss = ({ w, b }: Params, x: Tensor<[1, 3]>, t: Tensor<[1], Integers>) =>
 *   crossEntropy(linear(x, w, b), t);
 *
 * const params = { w: zeros([2, 3]), b: zeros([2]) };
 * const t = tensor([1], { dtype: "int32" });
 * const { grads: [dparams] } = valueAndGrad(loss, { wrt: [0] })(
 *   params,
 *   tensor([[1, 2, 3]]),
 *   t,
 * );
 *
 * assertEquals(dparams.b, tensor([0.5, -0.5]));
 * assertEquals(dparams.w, tensor([[0.5, 1, 1.5], [-0.5, -1, -1.5]]));
 * ```
 */
export function valueAndGrad<
  A extends readonly unknown[],
  D extends Float,
  const W extends readonly number[] | undefined = undefined,
>(
  f: (...args: A) => Tensor<[], D>,
  options?: ReverseOptions<W>,
): (...args: A) => { value: Tensor<[], D>; grads: Gradients<A, W> } {
  if (typeof f !== "function") {
    throw new TypeError(
      `Cannot ${ACT} as f must be a function: it is ${show(f)}`,
    );
  }
  if (options !== undefined) {
    checkKeys(ACT, options, ["wrt"], "", "the options");
  }
  const wrt = options?.wrt;
  checkPlaces(ACT, wrt);
  return (...args) => {
    const recording: Recording = { steps: [], tensors: [], isOver: false };
    const asked = wrt ?? args.map((_, i) => i);
    const given = args.map((arg, i) =>
      asked.includes(i)
        ? recordAll(ACT, `argument ${i + 1}`, arg, recording)
        : arg
    );
    const inputs = [...recording.tensors];
    let loss: unknown;
    try {
      loss = f(...given as unknown as A);
    } finally {
      recording.isOver = true;
    }
    checkLoss(ACT, loss, recording);
    walkBack(recording, loss);
    const found = gradientsOf(inputs);
    if (hasNaN([loss, ...found.values()])) {
      checkForward(recording.steps);
      walkBack(recording, loss, true);
    }
    const grads = asked.map((i) =>
      map(given[i], (x) => found.get(x as never), () => undefined)
    );
    return { value: loss.value as Tensor<[], D>, grads: grads as never };
  };
}

/** Makes a function that computes the gradients of a loss, as
 * {@linkcode valueAndGrad} does, without its value.
 *
 * @typeParam A The arguments of the loss.
 * @typeParam D The element type.
 * @typeParam W The places of the arguments whose gradients are wanted.
 * @param f The loss.
 * @param options Which gradients are wanted.
 * @returns A function of the same arguments that returns their gradients.
 * @throws {TypeError} As {@linkcode valueAndGrad} does.
 *
 * @example Usage
 * ```ts
 * import { mul, sum } from "@adjoint/ops/recorded";
 * import { grad } from "@adjoint/ops/reverse";
 * import { type Tensor, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const [dx] = grad((x: Tensor) => sum(mul(x, x)))(tensor([1, 2]));
 *
 * assertEquals(dx, tensor([2, 4]));
 * ```
 */
export function grad<
  A extends readonly unknown[],
  D extends Float,
  const W extends readonly number[] | undefined = undefined,
>(
  f: (...args: A) => Tensor<[], D>,
  options?: ReverseOptions<W>,
): (...args: A) => Gradients<A, W> {
  const both = valueAndGrad(f, options);
  return (...args) => both(...args).grads;
}

/** The numbers of a tensor while a function is differentiated, as a constant: what
 * is computed with them has no gradient.
 *
 * @typeParam X The tensor, or a list or a record of tensors.
 * @param x The tensor.
 * @returns The same, with numbers that can be read; not a copy.
 *
 * @example Usage
 * ```ts
 * import { mul, sum } from "@adjoint/ops/recorded";
 * import { grad, stopGradient } from "@adjoint/ops/reverse";
 * import { type Tensor, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const f = (x: Tensor) => sum(mul(x, stopGradient(x)));
 *
 * assertEquals(grad(f)(tensor([1, 2])), [tensor([1, 2])]); // Not 2 x.
 * ```
 */
export function stopGradient<X>(x: X): X {
  return valuesOf(x) as X;
}

/**
 * The walk: from the last step to the first, each one is asked for the gradients of
 * its inputs when all parts of those of its results have been added. With `check` it
 * throws where NaN first appears.
 */
function walkBack(
  { steps, tensors }: Recording,
  loss: Recorded,
  check = false,
): void {
  for (const tensor of tensors) tensor.gradient = undefined;
  loss.gradient = filled(loss.value, 1); // ∂E/∂E
  for (let at = steps.length - 1; at >= 0; at--) {
    const { pair: { opD, inputs, name }, args, result } = steps[at];
    const made = recordedIn(result);
    // The loss does not depend on it.
    if (made.every(({ gradient }) => gradient === undefined)) continue;
    const dout = map(
      result,
      (y) =>
        y instanceof Recorded ? y.gradient ?? filled(y.value, 0) : undefined,
    );
    const wrt = inputs.filter((_, i) => recordedIn(args[i]).length > 0);
    const gradients = opD!(
      ...args.slice(0, inputs.length).map(valuesOf) as never[],
      dout as never,
      { ...args[inputs.length] as object, wrt } as never,
    ) as Record<string, unknown>;
    for (const [i, input] of inputs.entries()) {
      if (!wrt.includes(input)) continue;
      const what = `the gradient of ${name} with respect to ${input}`;
      add(what, args[i], gradients?.[input]);
      if (
        check && recordedIn(args[i]).some(({ gradient }) => hasNaN(gradient))
      ) {
        throw foundNaN(what, at, steps);
      }
    }
    for (const y of made) y.gradient = undefined; // It is needed no more.
  }
}

/** Adds gradients to those of the tensors of an argument. */
function add(what: string, arg: unknown, gradient: unknown): void {
  if (!(arg instanceof Recorded)) {
    if (recordedIn(arg).length === 0) return; // A constant of a list.
    for (const [key, part] of Object.entries(arg as object)) {
      const found = (gradient as Record<string, unknown> | undefined)?.[key];
      add(`${what}.${key}`, part, found);
    }
    return;
  }
  const { value: { shape }, gradient: sum } = arg;
  const { dtype } = checkTensor(ACT, what, arg.value);
  const found = checkTensor(ACT, what, gradient as Tensor<Shape, Float>);
  checkSameShape(ACT, what, found.shape, "the input", shape);
  if (found.dtype !== dtype) {
    throw badType(ACT, "the input", dtype, what, found.dtype);
  }
  // The first part may be what somebody else has, too, as `dout` itself is.
  const isFirst = sum === undefined;
  const data = isFirst ? found.data : arg.isOurs ? sum.data : copied(sum.data);
  const n = isFirst ? 0 : found.size;
  for (let i = 0; i < n; i++) data[i] += found.data[i];
  arg.gradient = { shape, data };
  arg.isOurs = !isFirst;
}

/** The gradients of inputs, each in memory that neither an input nor another has. */
function gradientsOf(
  inputs: readonly Recorded[],
): Map<Recorded, Tensor<Shape, Float>> {
  const seen = new Map<ArrayBuffer, Float[]>(); // An arena has one buffer for all.
  const see = (data: Float) => {
    const others = seen.get(bufferOf(data)) ?? [];
    const isApart = others.every((other) => sharedBytes(data, other) === 0);
    if (isApart) seen.set(bufferOf(data), [...others, data]);
    return isApart;
  };
  for (const { value: { data } } of inputs) see(data);
  return new Map(inputs.map((input) => {
    const { data } = input.gradient ?? filled(input.value, 0);
    const mine = see(data) ? data : copied(data);
    return [input, { shape: [...input.shape], data: mine }];
  }));
}

/** A copy of numbers, where results go: to the arena, if there is one. */
function copied(data: Float): Float {
  const to = like(data);
  write(to, data);
  return to;
}

/** A tensor of the shape and the element type of another, of one number. */
function filled(
  { shape, data }: Tensor<Shape, Float>,
  value: number,
): Tensor<Shape, Float> {
  const to = like(data);
  fill(to, value);
  return { shape, data: to };
}

/** An array of the same type and length. */
function like(data: Float): Float {
  return allocateResult(ACT, dtypeOfData(data)!, lengthOf(data)) as Float;
}
