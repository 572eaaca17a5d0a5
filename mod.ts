// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Differentiable tensor operations: each one a page of mathematics with the
 * code that computes it.
 *
 * For each operation there are `op(inputs…, options?)`, the forward function;
 * `opD(inputs…, dout, options?)`, all gradients at once, by the names of the
 * inputs; and `opD<input>(inputs…, dout, options?)`, one gradient, such as
 * `matmulDx`. Here `dout` is the gradient of the loss with respect to the output.
 * Each operation is an entry point of its own, whose page derives its gradients.
 *
 * The options are the last argument: `out`, a tensor to write to, and what the
 * operation needs besides tensors, such as `axis`. Large products run on
 * {@link [threads] several threads} once these are started. In an
 * {@link [arena] arena}, results take no time to allocate, and none to copy.
 *
 * {@link [tensor] Tensors} are plain `{ shape, data }` values.
 * {@link [gradcheck] gradcheck}, an entry point of its own, says whether any
 * other gradient is right, and what is likely wrong where it is not.
 * {@link [op] op}, another one, declares operations of your own, and
 * {@link [reverse] reverse} computes the gradients of functions that call many.
 *
 * @example Forward and backward
 * ```ts
 * import { matmul, matmulDx, matmulDy, tensor } from "@adjoint/ops";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * const y = tensor([[5, 6], [7, 8]]);
 * const z = matmul(x, y); // E = ½ Σ z², so ∂E/∂Z = z
 *
 * assertEquals(z, tensor([[19, 22], [43, 50]]));
 * assertEquals(matmulDx(x, y, z), tensor([[227, 309], [515, 701]]));
 * assertEquals(matmulDy(x, y, z), tensor([[148, 172], [210, 244]]));
 * ```
 *
 * @module
 */

// products
export { matmul, matmulD, matmulDx, matmulDy } from "./ops/products/matmul.ts";
export {
  linear,
  linearD,
  linearDb,
  linearDw,
  linearDx,
  type LinearGradients,
} from "./ops/products/linear.ts";
export {
  batchMatmul,
  batchMatmulD,
  batchMatmulDx,
  batchMatmulDy,
  type BatchMatmulGradients,
} from "./ops/products/batch_matmul.ts";
// arithmetic
export { add, addD, addDx, addDy } from "./ops/arithmetic/add.ts";
export { sub, subD, subDx, subDy } from "./ops/arithmetic/sub.ts";
export { mul, mulD, mulDx, mulDy } from "./ops/arithmetic/mul.ts";
export { div, divD, divDx, divDy } from "./ops/arithmetic/div.ts";
export {
  maximum,
  maximumD,
  maximumDx,
  maximumDy,
} from "./ops/arithmetic/maximum.ts";
export {
  minimum,
  minimumD,
  minimumDx,
  minimumDy,
} from "./ops/arithmetic/minimum.ts";
export {
  addBias,
  addBiasD,
  addBiasDx,
  addBiasDy,
  type AddBiasGradients,
} from "./ops/arithmetic/add_bias.ts";
// elementwise
export { exp, expD, expDx } from "./ops/elementwise/exp.ts";
export { log, logD, logDx } from "./ops/elementwise/log.ts";
export { sqrt, sqrtD, sqrtDx } from "./ops/elementwise/sqrt.ts";
export { abs, absD, absDx } from "./ops/elementwise/abs.ts";
export {
  power,
  powerD,
  powerDx,
  type PowerOptions,
} from "./ops/elementwise/power.ts";
export {
  clamp,
  clampD,
  clampDx,
  type ClampOptions,
} from "./ops/elementwise/clamp.ts";
export { where, whereD, whereDx, whereDy } from "./ops/elementwise/where.ts";
// activations
export { relu, reluD, reluDx } from "./ops/activations/relu.ts";
export {
  leakyRelu,
  leakyReluD,
  leakyReluDx,
  type LeakyReluOptions,
} from "./ops/activations/leaky_relu.ts";
export { elu, eluD, eluDx, type EluOptions } from "./ops/activations/elu.ts";
export { sigmoid, sigmoidD, sigmoidDx } from "./ops/activations/sigmoid.ts";
export { tanh, tanhD, tanhDx } from "./ops/activations/tanh.ts";
export { silu, siluD, siluDx } from "./ops/activations/silu.ts";
export { gelu, geluD, geluDx } from "./ops/activations/gelu.ts";
export {
  geluTanh,
  geluTanhD,
  geluTanhDx,
} from "./ops/activations/gelu_tanh.ts";
export {
  softplus,
  softplusD,
  softplusDx,
  type SoftplusOptions,
} from "./ops/activations/softplus.ts";
// reductions
export { sum, sumD, sumDx } from "./ops/reductions/sum.ts";
export { mean, meanD, meanDx } from "./ops/reductions/mean.ts";
export {
  variance,
  varianceD,
  varianceDx,
  type VarianceOptions,
} from "./ops/reductions/variance.ts";
export { prod, prodD, prodDx } from "./ops/reductions/prod.ts";
export { norm, normD, normDx } from "./ops/reductions/norm.ts";
export { max, maxD, maxDx } from "./ops/reductions/max.ts";
export { min, minD, minDx } from "./ops/reductions/min.ts";
export {
  logSumExp,
  logSumExpD,
  logSumExpDx,
} from "./ops/reductions/log_sum_exp.ts";
export { cumsum, cumsumD, cumsumDx } from "./ops/reductions/cumsum.ts";
export { cumprod, cumprodD, cumprodDx } from "./ops/reductions/cumprod.ts";
export { argmax } from "./ops/reductions/argmax.ts";
// rows
export { softmax, softmaxD, softmaxDx } from "./ops/rows/softmax.ts";
export {
  logSoftmax,
  logSoftmaxD,
  logSoftmaxDx,
} from "./ops/rows/log_softmax.ts";
// normalization
export {
  layerNorm,
  layerNormD,
  layerNormDbeta,
  layerNormDgamma,
  layerNormDx,
  type LayerNormGradients,
  type LayerNormOptions,
} from "./ops/normalization/layer_norm.ts";
export {
  rmsNorm,
  rmsNormD,
  rmsNormDgamma,
  rmsNormDx,
  type RmsNormGradients,
  type RmsNormOptions,
} from "./ops/normalization/rms_norm.ts";
export {
  batchNorm,
  batchNormD,
  batchNormDbeta,
  batchNormDgamma,
  batchNormDx,
  type BatchNormGradients,
  type BatchNormOptions,
} from "./ops/normalization/batch_norm.ts";
export {
  batchNormInference,
  batchNormInferenceD,
  batchNormInferenceDbeta,
  batchNormInferenceDgamma,
  batchNormInferenceDmean,
  batchNormInferenceDvariance,
  batchNormInferenceDx,
  type BatchNormInferenceGradients,
  type BatchNormInferenceOptions,
} from "./ops/normalization/batch_norm_inference.ts";
// losses
export { mse, mseD, mseDpred, mseDtarget } from "./ops/losses/mse.ts";
export { mae, maeD, maeDpred, maeDtarget } from "./ops/losses/mae.ts";
export {
  huber,
  huberD,
  huberDpred,
  huberDtarget,
  type HuberOptions,
} from "./ops/losses/huber.ts";
export {
  bceWithLogits,
  bceWithLogitsD,
  bceWithLogitsDlogits,
  bceWithLogitsDtarget,
} from "./ops/losses/bce_with_logits.ts";
export {
  crossEntropy,
  crossEntropyD,
  crossEntropyDlogits,
  type CrossEntropyOptions,
} from "./ops/losses/cross_entropy.ts";
// structure
export { reshape, reshapeD, reshapeDx } from "./ops/structure/reshape.ts";
export {
  broadcastTo,
  broadcastToD,
  broadcastToDx,
} from "./ops/structure/broadcast_to.ts";
export {
  transpose,
  type Transposed,
  transposeD,
  transposeDx,
  type TransposeOptions,
} from "./ops/structure/transpose.ts";
export {
  concat,
  concatD,
  concatDx,
  type ConcatOptions,
} from "./ops/structure/concat.ts";
export {
  split,
  splitD,
  splitDx,
  type SplitOptions,
} from "./ops/structure/split.ts";
export {
  slice,
  sliceD,
  sliceDx,
  type SliceOptions,
} from "./ops/structure/slice.ts";
export { pad, padD, padDx, type PadOptions } from "./ops/structure/pad.ts";
export { oneHot, type OneHotOptions } from "./ops/structure/one_hot.ts";
export {
  embedding,
  embeddingD,
  embeddingDw,
} from "./ops/structure/embedding.ts";
export { gather, gatherD, gatherDx } from "./ops/structure/gather.ts";
export {
  scatterAdd,
  scatterAddD,
  scatterAddDx,
  scatterAddDy,
} from "./ops/structure/scatter_add.ts";
export {
  dropout,
  dropoutD,
  dropoutDx,
  type DropoutOptions,
} from "./ops/structure/dropout.ts";
// convolution
export {
  conv2d,
  conv2dD,
  conv2dDb,
  conv2dDw,
  conv2dDx,
  type Conv2dGradients,
  type Conv2dOptions,
} from "./ops/convolution/conv2d.ts";
export {
  convTranspose2d,
  convTranspose2dD,
  convTranspose2dDb,
  convTranspose2dDw,
  convTranspose2dDx,
  type ConvTranspose2dGradients,
  type ConvTranspose2dOptions,
} from "./ops/convolution/conv_transpose2d.ts";
export {
  maxPool2d,
  maxPool2dD,
  maxPool2dDx,
  type MaxPool2dOptions,
} from "./ops/convolution/max_pool2d.ts";
export {
  avgPool2d,
  avgPool2dD,
  avgPool2dDx,
  type AvgPool2dOptions,
} from "./ops/convolution/avg_pool2d.ts";
export {
  localResponseNorm,
  localResponseNormD,
  localResponseNormDx,
  type LocalResponseNormOptions,
} from "./ops/convolution/local_response_norm.ts";
// attention
export {
  attention,
  attentionD,
  attentionDk,
  attentionDq,
  attentionDv,
  type AttentionGradients,
  type AttentionOptions,
} from "./ops/attention/attention.ts";
export { rope, ropeD, ropeDx, type RopeOptions } from "./ops/attention/rope.ts";
// recurrent
export {
  rnnCell,
  rnnCellD,
  rnnCellDb,
  rnnCellDh,
  rnnCellDu,
  rnnCellDw,
  rnnCellDx,
  type RnnCellGradients,
} from "./ops/recurrent/rnn_cell.ts";
export {
  gruCell,
  gruCellD,
  gruCellDb,
  gruCellDbh,
  gruCellDh,
  gruCellDu,
  gruCellDw,
  gruCellDx,
  type GruCellGradients,
} from "./ops/recurrent/gru_cell.ts";
export {
  lstmCell,
  lstmCellD,
  lstmCellDb,
  lstmCellDc,
  lstmCellDh,
  lstmCellDu,
  lstmCellDw,
  lstmCellDx,
  type LstmCellGradients,
  type LstmCellOptions,
  type LstmState,
} from "./ops/recurrent/lstm_cell.ts";
// random
export {
  type RandomOptions,
  uniform,
  type UniformOptions,
} from "./ops/random/uniform.ts";
export { normal, type NormalOptions } from "./ops/random/normal.ts";
export {
  glorotNormal,
  type GlorotOptions,
  glorotUniform,
} from "./ops/random/glorot.ts";
export { heNormal, type HeOptions, heUniform } from "./ops/random/he.ts";

export * from "./ops/tensor.ts";
export * from "./ops/arena.ts";
export * from "./ops/threads.ts";
