// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What users write, as it must compile: shapes are tracked as far as they are
 * known, element types are carried through, and mismatches are rejected.
 *
 * @module
 */

import {
  type DType,
  type Integers,
  linear,
  matmul,
  matmulD,
  matmulDx,
  ones,
  scalar,
  type Shape,
  softmax,
  startThreads,
  sum,
  sumDx,
  type Tensor,
  tensor,
  zeros,
} from "@adjoint/ops";
import { gradcheck, type GradcheckReport } from "@adjoint/ops/gradcheck";
import { sgd } from "@adjoint/ops/optimisers";
import * as recorded from "@adjoint/ops/recorded";
import { grad, valueAndGrad } from "@adjoint/ops/reverse";

const x = tensor([[1, 2, 3], [4, 5, 6]]);
const y = tensor([[1, 0], [0, 1], [1, 1]]);
export const z: Tensor<[2, 2]> = matmul(x, y);

// The elements are a typed array as any other.
export const total: number = z.data.reduce((a, b) => a + b, 0);
export const data: Float32Array = z.data;
export const blob: Blob = new Blob([z.data]);
// As the types of WebGPU have it, in the strictest of their versions.
declare const buffer: object;
declare const device: {
  queue: { writeBuffer(buffer: object, at: number, data: BufferSource): void };
};
device.queue.writeBuffer(buffer, 0, z.data);
export const doubles: Float64Array = matmul(
  zeros([2, 3], { dtype: "float64" }),
  zeros([3, 2], { dtype: "float64" }),
).data;

// Options may be there and undefined.
declare const maybe: "float32" | "float64" | undefined;
declare const dtype: DType | undefined;
declare const out: Tensor<[2, 2]> | undefined;
export const either = zeros([2], { dtype: maybe });
export const any = zeros([2], { dtype });
matmul(x, y, { out });
softmax(x, { axis: undefined });

// A variable may have another shape later, where its type says the rank only.
let a: Tensor<[number, number]> = zeros([2, 3]);
a = matmul(a, zeros([3, 5]));
let b: Tensor<[number, number]> = a;
for (let i = 0; i < 3; i++) b = softmax(matmul(b, ones([5, 5])));
export { a, b };

// A tensor is a plain value, which may be kept before it is passed.
const kept = { shape: [2, 2] as const, data: new Float32Array(4) };
export const product: Tensor<[2, 2]> = matmul(kept, kept, {
  out: zeros([2, 2]),
});
export const parsed: Tensor = JSON.parse("{}");
export const scalars: Tensor<[]> = sum(parsed);

/** A layer that knows its shapes. */
export class Layer<I extends number, O extends number> {
  readonly w: Tensor<[O, I]>;
  readonly b: Tensor<[O]>;

  constructor(w: Tensor<[O, I]>, b: Tensor<[O]>) {
    this.w = w;
    this.b = b;
  }

  forward<N extends number>(x: Tensor<[N, I]>): Tensor<[N, O]> {
    return linear(x, this.w, this.b);
  }
}
const layer = new Layer(zeros([4, 3]), zeros([4]));
export const forward: Tensor<[7, 4]> = layer.forward(zeros([7, 3]));

/** A function that does not care about the shape. */
export function half<S extends Shape>(x: Tensor<S>): Tensor<S> {
  return sumDx(x, scalar(0.5));
}
export const halves: Tensor<[2, 3]> = half(x);

// A size that is known only as a number fits everywhere.
declare const n: number;
export const unknown: Tensor<[number, 2]> = matmul(zeros([n, n]), y);

// All gradients, or those that are asked for.
export const { x: dx, y: dy } = matmulD(x, y, z);
export const { y: only } = matmulD(x, y, z, { wrt: ["y"] });
export const gradients: [Tensor<[2, 3]>, Tensor<[3, 2]>] = [dx, only];

export const report: GradcheckReport = gradcheck(
  matmul,
  [matmulDx, null],
  [x, y],
);

// The gradient of a tensor has its shape, in records and lists as well.
type Weights = { w: Tensor<[4, 3]>; more: [Tensor<[4]>] };
const weights: Weights = { w: zeros([4, 3]), more: [zeros([4])] };
const lossOf = ({ w, more: [b] }: Weights, x: Tensor<[number, 3]>) =>
  recorded.sum(recorded.linear(x, w, b));
const both = valueAndGrad(lossOf, { wrt: [0] })(weights, zeros([7, 3]));
export const loss: Tensor<[]> = both.value;
export const ofWeights: [Tensor<[4, 3]>, Tensor<[4]>] = [
  both.grads[0].w,
  both.grads[0].more[0],
];
export const [, ofX] = grad(lossOf)(weights, zeros([7, 3]));
export const rows: Tensor<[number, 3]> = ofX;
sgd(weights, { rate: 0.1 })(both.grads[0]);

// Mismatches do not compile.
// @ts-expect-error The gradient of w is 4×3.
export const turned: Tensor<[3, 4]> = both.grads[0].w;
// @ts-expect-error The columns of x are not those of w.
valueAndGrad(lossOf)(weights, zeros([7, 4]));
// @ts-expect-error There are no gradients of this network.
sgd(weights, { rate: 0.1 })({ w: zeros([4, 3]), v: zeros([4]) });
const ofLabels = (t: Tensor<[2], Integers>) =>
  recorded.sum(recorded.embedding(y, t));
// @ts-expect-error Labels have no gradient.
export const none: Tensor = grad(ofLabels)(tensor(new Uint8Array(2), [2]))[0];
// @ts-expect-error The columns of x (3) are not the rows of x (2).
matmul(x, x);
// @ts-expect-error It is 2×3.
export const transposed: Tensor<[3, 2]> = matmulDx(x, y, z);
// @ts-expect-error Float32 and float64 do not mix.
matmul(x, zeros([3, 2], { dtype: "float64" }));
// @ts-expect-error The result is 2×2.
matmul(x, y, { out: zeros([2, 5]) });
// @ts-expect-error There is no such option.
softmax(x, { axes: 1 });
// @ts-expect-error There are two inputs, each with a gradient or null.
gradcheck(matmul, [], [x]);
// @ts-expect-error The columns of x are not its rows.
gradcheck(matmul, [matmulDx, null], [x, x]);
// @ts-expect-error The gradient has the shape of x.
gradcheck(matmul, [() => y, null], [x, y]);
// @ts-expect-error A tensor is no options.
matmul(x, y, z);
// @ts-expect-error Labels have no product.
matmul(tensor(new Int32Array(4), [2, 2]), z);
// @ts-expect-error The gradient has the shape of the output.
layer.forward(matmulDx(x, y, x));
// @ts-expect-error It is a promise of a number.
export const count: string = await startThreads(2);
