// Copyright 2026 the Adjoint authors. MIT license.

// Written by `deno task tables` from `mod.ts`.

/**
 * # All operations, recorded
 *
 * The operations that have gradients, ready for {@link [reverse] reverse mode}, by
 * their own names and with their own types: a program that imports them from here
 * instead of from `@adjoint/ops` can be differentiated, and computes the same bits.
 * Each is one line, as a user's own operation is. What has no gradient, such as
 * `argmax`, is called with `stopGradient(x)`. A bundle has only what it imports.
 *
 * @example Usage
 * ```ts
 * import { mse, tanh } from "@adjoint/ops/recorded";
 * import { grad } from "@adjoint/ops/reverse";
 * import { type Tensor, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const loss = (x: Tensor, target: Tensor) => mse(tanh(x), target);
 * const [dx] = grad(loss, { wrt: [0] })(tensor([0]), tensor([-0.5]));
 *
 * assertEquals(dx, tensor([1])); // 2 (tanh 0 + 0.5) (1 − tanh² 0)
 * ```
 *
 * @module
 */

import { record } from "./reverse.ts";
import { matmul as matmulOp, matmulD } from "./products/matmul.ts";
import { linear as linearOp, linearD } from "./products/linear.ts";
import {
  batchMatmul as batchMatmulOp,
  batchMatmulD,
} from "./products/batch_matmul.ts";
import { add as addOp, addD } from "./arithmetic/add.ts";
import { sub as subOp, subD } from "./arithmetic/sub.ts";
import { mul as mulOp, mulD } from "./arithmetic/mul.ts";
import { div as divOp, divD } from "./arithmetic/div.ts";
import { maximum as maximumOp, maximumD } from "./arithmetic/maximum.ts";
import { minimum as minimumOp, minimumD } from "./arithmetic/minimum.ts";
import { addBias as addBiasOp, addBiasD } from "./arithmetic/add_bias.ts";
import { exp as expOp, expD } from "./elementwise/exp.ts";
import { log as logOp, logD } from "./elementwise/log.ts";
import { sqrt as sqrtOp, sqrtD } from "./elementwise/sqrt.ts";
import { abs as absOp, absD } from "./elementwise/abs.ts";
import { power as powerOp, powerD } from "./elementwise/power.ts";
import { clamp as clampOp, clampD } from "./elementwise/clamp.ts";
import { where as whereOp, whereD } from "./elementwise/where.ts";
import { relu as reluOp, reluD } from "./activations/relu.ts";
import {
  leakyRelu as leakyReluOp,
  leakyReluD,
} from "./activations/leaky_relu.ts";
import { elu as eluOp, eluD } from "./activations/elu.ts";
import { sigmoid as sigmoidOp, sigmoidD } from "./activations/sigmoid.ts";
import { tanh as tanhOp, tanhD } from "./activations/tanh.ts";
import { silu as siluOp, siluD } from "./activations/silu.ts";
import { gelu as geluOp, geluD } from "./activations/gelu.ts";
import { geluTanh as geluTanhOp, geluTanhD } from "./activations/gelu_tanh.ts";
import { softplus as softplusOp, softplusD } from "./activations/softplus.ts";
import { sum as sumOp, sumD } from "./reductions/sum.ts";
import { mean as meanOp, meanD } from "./reductions/mean.ts";
import { variance as varianceOp, varianceD } from "./reductions/variance.ts";
import { prod as prodOp, prodD } from "./reductions/prod.ts";
import { norm as normOp, normD } from "./reductions/norm.ts";
import { max as maxOp, maxD } from "./reductions/max.ts";
import { min as minOp, minD } from "./reductions/min.ts";
import {
  logSumExp as logSumExpOp,
  logSumExpD,
} from "./reductions/log_sum_exp.ts";
import { cumsum as cumsumOp, cumsumD } from "./reductions/cumsum.ts";
import { cumprod as cumprodOp, cumprodD } from "./reductions/cumprod.ts";
import { softmax as softmaxOp, softmaxD } from "./rows/softmax.ts";
import { logSoftmax as logSoftmaxOp, logSoftmaxD } from "./rows/log_softmax.ts";
import {
  layerNorm as layerNormOp,
  layerNormD,
} from "./normalization/layer_norm.ts";
import { rmsNorm as rmsNormOp, rmsNormD } from "./normalization/rms_norm.ts";
import {
  batchNorm as batchNormOp,
  batchNormD,
} from "./normalization/batch_norm.ts";
import {
  batchNormInference as batchNormInferenceOp,
  batchNormInferenceD,
} from "./normalization/batch_norm_inference.ts";
import { mse as mseOp, mseD } from "./losses/mse.ts";
import { mae as maeOp, maeD } from "./losses/mae.ts";
import { huber as huberOp, huberD } from "./losses/huber.ts";
import {
  bceWithLogits as bceWithLogitsOp,
  bceWithLogitsD,
} from "./losses/bce_with_logits.ts";
import {
  crossEntropy as crossEntropyOp,
  crossEntropyD,
} from "./losses/cross_entropy.ts";
import { reshape as reshapeOp, reshapeD } from "./structure/reshape.ts";
import {
  broadcastTo as broadcastToOp,
  broadcastToD,
} from "./structure/broadcast_to.ts";
import { transpose as transposeOp, transposeD } from "./structure/transpose.ts";
import { concat as concatOp, concatD } from "./structure/concat.ts";
import { split as splitOp, splitD } from "./structure/split.ts";
import { slice as sliceOp, sliceD } from "./structure/slice.ts";
import { pad as padOp, padD } from "./structure/pad.ts";
import { embedding as embeddingOp, embeddingD } from "./structure/embedding.ts";
import { gather as gatherOp, gatherD } from "./structure/gather.ts";
import {
  scatterAdd as scatterAddOp,
  scatterAddD,
} from "./structure/scatter_add.ts";
import { dropout as dropoutOp, dropoutD } from "./structure/dropout.ts";
import { conv2d as conv2dOp, conv2dD } from "./convolution/conv2d.ts";
import {
  convTranspose2d as convTranspose2dOp,
  convTranspose2dD,
} from "./convolution/conv_transpose2d.ts";
import {
  maxPool2d as maxPool2dOp,
  maxPool2dD,
} from "./convolution/max_pool2d.ts";
import {
  avgPool2d as avgPool2dOp,
  avgPool2dD,
} from "./convolution/avg_pool2d.ts";
import {
  localResponseNorm as localResponseNormOp,
  localResponseNormD,
} from "./convolution/local_response_norm.ts";
import { attention as attentionOp, attentionD } from "./attention/attention.ts";
import { rope as ropeOp, ropeD } from "./attention/rope.ts";
import { rnnCell as rnnCellOp, rnnCellD } from "./recurrent/rnn_cell.ts";
import { gruCell as gruCellOp, gruCellD } from "./recurrent/gru_cell.ts";
import { lstmCell as lstmCellOp, lstmCellD } from "./recurrent/lstm_cell.ts";

/** The operation `matmul` with its gradients, for {@linkcode valueAndGrad}. */
export const matmul: typeof matmulOp = /* @__PURE__ */ record({
  op: matmulOp,
  opD: matmulD,
  inputs: ["x", "y"],
  name: "matmul",
});

/** The operation `linear` with its gradients, for {@linkcode valueAndGrad}. */
export const linear: typeof linearOp = /* @__PURE__ */ record({
  op: linearOp,
  opD: linearD,
  inputs: ["x", "w", "b"],
  name: "linear",
});

/** The operation `batchMatmul` with its gradients, for {@linkcode valueAndGrad}. */
export const batchMatmul: typeof batchMatmulOp = /* @__PURE__ */ record({
  op: batchMatmulOp,
  opD: batchMatmulD,
  inputs: ["x", "y"],
  name: "batchMatmul",
});

/** The operation `add` with its gradients, for {@linkcode valueAndGrad}. */
export const add: typeof addOp = /* @__PURE__ */ record({
  op: addOp,
  opD: addD,
  inputs: ["x", "y"],
  name: "add",
});

/** The operation `sub` with its gradients, for {@linkcode valueAndGrad}. */
export const sub: typeof subOp = /* @__PURE__ */ record({
  op: subOp,
  opD: subD,
  inputs: ["x", "y"],
  name: "sub",
});

/** The operation `mul` with its gradients, for {@linkcode valueAndGrad}. */
export const mul: typeof mulOp = /* @__PURE__ */ record({
  op: mulOp,
  opD: mulD,
  inputs: ["x", "y"],
  name: "mul",
});

/** The operation `div` with its gradients, for {@linkcode valueAndGrad}. */
export const div: typeof divOp = /* @__PURE__ */ record({
  op: divOp,
  opD: divD,
  inputs: ["x", "y"],
  name: "div",
});

/** The operation `maximum` with its gradients, for {@linkcode valueAndGrad}. */
export const maximum: typeof maximumOp = /* @__PURE__ */ record({
  op: maximumOp,
  opD: maximumD,
  inputs: ["x", "y"],
  name: "maximum",
});

/** The operation `minimum` with its gradients, for {@linkcode valueAndGrad}. */
export const minimum: typeof minimumOp = /* @__PURE__ */ record({
  op: minimumOp,
  opD: minimumD,
  inputs: ["x", "y"],
  name: "minimum",
});

/** The operation `addBias` with its gradients, for {@linkcode valueAndGrad}. */
export const addBias: typeof addBiasOp = /* @__PURE__ */ record({
  op: addBiasOp,
  opD: addBiasD,
  inputs: ["x", "y"],
  name: "addBias",
});

/** The operation `exp` with its gradients, for {@linkcode valueAndGrad}. */
export const exp: typeof expOp = /* @__PURE__ */ record({
  op: expOp,
  opD: expD,
  inputs: ["x"],
  name: "exp",
});

/** The operation `log` with its gradients, for {@linkcode valueAndGrad}. */
export const log: typeof logOp = /* @__PURE__ */ record({
  op: logOp,
  opD: logD,
  inputs: ["x"],
  name: "log",
});

/** The operation `sqrt` with its gradients, for {@linkcode valueAndGrad}. */
export const sqrt: typeof sqrtOp = /* @__PURE__ */ record({
  op: sqrtOp,
  opD: sqrtD,
  inputs: ["x"],
  name: "sqrt",
});

/** The operation `abs` with its gradients, for {@linkcode valueAndGrad}. */
export const abs: typeof absOp = /* @__PURE__ */ record({
  op: absOp,
  opD: absD,
  inputs: ["x"],
  name: "abs",
});

/** The operation `power` with its gradients, for {@linkcode valueAndGrad}. */
export const power: typeof powerOp = /* @__PURE__ */ record({
  op: powerOp,
  opD: powerD,
  inputs: ["x"],
  name: "power",
});

/** The operation `clamp` with its gradients, for {@linkcode valueAndGrad}. */
export const clamp: typeof clampOp = /* @__PURE__ */ record({
  op: clampOp,
  opD: clampD,
  inputs: ["x"],
  name: "clamp",
});

/** The operation `where` with its gradients, for {@linkcode valueAndGrad}. */
export const where: typeof whereOp = /* @__PURE__ */ record({
  op: whereOp,
  opD: whereD,
  inputs: ["mask", "x", "y"],
  name: "where",
});

/** The operation `relu` with its gradients, for {@linkcode valueAndGrad}. */
export const relu: typeof reluOp = /* @__PURE__ */ record({
  op: reluOp,
  opD: reluD,
  inputs: ["x"],
  name: "relu",
});

/** The operation `leakyRelu` with its gradients, for {@linkcode valueAndGrad}. */
export const leakyRelu: typeof leakyReluOp = /* @__PURE__ */ record({
  op: leakyReluOp,
  opD: leakyReluD,
  inputs: ["x"],
  name: "leakyRelu",
});

/** The operation `elu` with its gradients, for {@linkcode valueAndGrad}. */
export const elu: typeof eluOp = /* @__PURE__ */ record({
  op: eluOp,
  opD: eluD,
  inputs: ["x"],
  name: "elu",
});

/** The operation `sigmoid` with its gradients, for {@linkcode valueAndGrad}. */
export const sigmoid: typeof sigmoidOp = /* @__PURE__ */ record({
  op: sigmoidOp,
  opD: sigmoidD,
  inputs: ["x"],
  name: "sigmoid",
});

/** The operation `tanh` with its gradients, for {@linkcode valueAndGrad}. */
export const tanh: typeof tanhOp = /* @__PURE__ */ record({
  op: tanhOp,
  opD: tanhD,
  inputs: ["x"],
  name: "tanh",
});

/** The operation `silu` with its gradients, for {@linkcode valueAndGrad}. */
export const silu: typeof siluOp = /* @__PURE__ */ record({
  op: siluOp,
  opD: siluD,
  inputs: ["x"],
  name: "silu",
});

/** The operation `gelu` with its gradients, for {@linkcode valueAndGrad}. */
export const gelu: typeof geluOp = /* @__PURE__ */ record({
  op: geluOp,
  opD: geluD,
  inputs: ["x"],
  name: "gelu",
});

/** The operation `geluTanh` with its gradients, for {@linkcode valueAndGrad}. */
export const geluTanh: typeof geluTanhOp = /* @__PURE__ */ record({
  op: geluTanhOp,
  opD: geluTanhD,
  inputs: ["x"],
  name: "geluTanh",
});

/** The operation `softplus` with its gradients, for {@linkcode valueAndGrad}. */
export const softplus: typeof softplusOp = /* @__PURE__ */ record({
  op: softplusOp,
  opD: softplusD,
  inputs: ["x"],
  name: "softplus",
});

/** The operation `sum` with its gradients, for {@linkcode valueAndGrad}. */
export const sum: typeof sumOp = /* @__PURE__ */ record({
  op: sumOp,
  opD: sumD,
  inputs: ["x"],
  name: "sum",
});

/** The operation `mean` with its gradients, for {@linkcode valueAndGrad}. */
export const mean: typeof meanOp = /* @__PURE__ */ record({
  op: meanOp,
  opD: meanD,
  inputs: ["x"],
  name: "mean",
});

/** The operation `variance` with its gradients, for {@linkcode valueAndGrad}. */
export const variance: typeof varianceOp = /* @__PURE__ */ record({
  op: varianceOp,
  opD: varianceD,
  inputs: ["x"],
  name: "variance",
});

/** The operation `prod` with its gradients, for {@linkcode valueAndGrad}. */
export const prod: typeof prodOp = /* @__PURE__ */ record({
  op: prodOp,
  opD: prodD,
  inputs: ["x"],
  name: "prod",
});

/** The operation `norm` with its gradients, for {@linkcode valueAndGrad}. */
export const norm: typeof normOp = /* @__PURE__ */ record({
  op: normOp,
  opD: normD,
  inputs: ["x"],
  name: "norm",
});

/** The operation `max` with its gradients, for {@linkcode valueAndGrad}. */
export const max: typeof maxOp = /* @__PURE__ */ record({
  op: maxOp,
  opD: maxD,
  inputs: ["x"],
  name: "max",
});

/** The operation `min` with its gradients, for {@linkcode valueAndGrad}. */
export const min: typeof minOp = /* @__PURE__ */ record({
  op: minOp,
  opD: minD,
  inputs: ["x"],
  name: "min",
});

/** The operation `logSumExp` with its gradients, for {@linkcode valueAndGrad}. */
export const logSumExp: typeof logSumExpOp = /* @__PURE__ */ record({
  op: logSumExpOp,
  opD: logSumExpD,
  inputs: ["x"],
  name: "logSumExp",
});

/** The operation `cumsum` with its gradients, for {@linkcode valueAndGrad}. */
export const cumsum: typeof cumsumOp = /* @__PURE__ */ record({
  op: cumsumOp,
  opD: cumsumD,
  inputs: ["x"],
  name: "cumsum",
});

/** The operation `cumprod` with its gradients, for {@linkcode valueAndGrad}. */
export const cumprod: typeof cumprodOp = /* @__PURE__ */ record({
  op: cumprodOp,
  opD: cumprodD,
  inputs: ["x"],
  name: "cumprod",
});

/** The operation `softmax` with its gradients, for {@linkcode valueAndGrad}. */
export const softmax: typeof softmaxOp = /* @__PURE__ */ record({
  op: softmaxOp,
  opD: softmaxD,
  inputs: ["x"],
  name: "softmax",
});

/** The operation `logSoftmax` with its gradients, for {@linkcode valueAndGrad}. */
export const logSoftmax: typeof logSoftmaxOp = /* @__PURE__ */ record({
  op: logSoftmaxOp,
  opD: logSoftmaxD,
  inputs: ["x"],
  name: "logSoftmax",
});

/** The operation `layerNorm` with its gradients, for {@linkcode valueAndGrad}. */
export const layerNorm: typeof layerNormOp = /* @__PURE__ */ record({
  op: layerNormOp,
  opD: layerNormD,
  inputs: ["x", "gamma", "beta"],
  name: "layerNorm",
});

/** The operation `rmsNorm` with its gradients, for {@linkcode valueAndGrad}. */
export const rmsNorm: typeof rmsNormOp = /* @__PURE__ */ record({
  op: rmsNormOp,
  opD: rmsNormD,
  inputs: ["x", "gamma"],
  name: "rmsNorm",
});

/** The operation `batchNorm` with its gradients, for {@linkcode valueAndGrad}. */
export const batchNorm: typeof batchNormOp = /* @__PURE__ */ record({
  op: batchNormOp,
  opD: batchNormD,
  inputs: ["x", "gamma", "beta"],
  name: "batchNorm",
});

/** The operation `batchNormInference` with its gradients, for {@linkcode valueAndGrad}. */
export const batchNormInference: typeof batchNormInferenceOp =
  /* @__PURE__ */ record({
    op: batchNormInferenceOp,
    opD: batchNormInferenceD,
    inputs: ["x", "mean", "variance", "gamma", "beta"],
    name: "batchNormInference",
  });

/** The operation `mse` with its gradients, for {@linkcode valueAndGrad}. */
export const mse: typeof mseOp = /* @__PURE__ */ record({
  op: mseOp,
  opD: mseD,
  inputs: ["pred", "target"],
  name: "mse",
});

/** The operation `mae` with its gradients, for {@linkcode valueAndGrad}. */
export const mae: typeof maeOp = /* @__PURE__ */ record({
  op: maeOp,
  opD: maeD,
  inputs: ["pred", "target"],
  name: "mae",
});

/** The operation `huber` with its gradients, for {@linkcode valueAndGrad}. */
export const huber: typeof huberOp = /* @__PURE__ */ record({
  op: huberOp,
  opD: huberD,
  inputs: ["pred", "target"],
  name: "huber",
});

/** The operation `bceWithLogits` with its gradients, for {@linkcode valueAndGrad}. */
export const bceWithLogits: typeof bceWithLogitsOp = /* @__PURE__ */ record({
  op: bceWithLogitsOp,
  opD: bceWithLogitsD,
  inputs: ["logits", "target"],
  name: "bceWithLogits",
});

/** The operation `crossEntropy` with its gradients, for {@linkcode valueAndGrad}. */
export const crossEntropy: typeof crossEntropyOp = /* @__PURE__ */ record({
  op: crossEntropyOp,
  opD: crossEntropyD,
  inputs: ["logits", "labels"],
  name: "crossEntropy",
});

/** The operation `reshape` with its gradients, for {@linkcode valueAndGrad}. */
export const reshape: typeof reshapeOp = /* @__PURE__ */ record({
  op: reshapeOp,
  opD: reshapeD,
  inputs: ["x", "shape"],
  name: "reshape",
});

/** The operation `broadcastTo` with its gradients, for {@linkcode valueAndGrad}. */
export const broadcastTo: typeof broadcastToOp = /* @__PURE__ */ record({
  op: broadcastToOp,
  opD: broadcastToD,
  inputs: ["x", "shape"],
  name: "broadcastTo",
});

/** The operation `transpose` with its gradients, for {@linkcode valueAndGrad}. */
export const transpose: typeof transposeOp = /* @__PURE__ */ record({
  op: transposeOp,
  opD: transposeD,
  inputs: ["x"],
  name: "transpose",
});

/** The operation `concat` with its gradients, for {@linkcode valueAndGrad}. */
export const concat: typeof concatOp = /* @__PURE__ */ record({
  op: concatOp,
  opD: concatD,
  inputs: ["x"],
  name: "concat",
});

/** The operation `split` with its gradients, for {@linkcode valueAndGrad}. */
export const split: typeof splitOp = /* @__PURE__ */ record({
  op: splitOp,
  opD: splitD,
  inputs: ["x"],
  name: "split",
});

/** The operation `slice` with its gradients, for {@linkcode valueAndGrad}. */
export const slice: typeof sliceOp = /* @__PURE__ */ record({
  op: sliceOp,
  opD: sliceD,
  inputs: ["x"],
  name: "slice",
});

/** The operation `pad` with its gradients, for {@linkcode valueAndGrad}. */
export const pad: typeof padOp = /* @__PURE__ */ record({
  op: padOp,
  opD: padD,
  inputs: ["x"],
  name: "pad",
});

/** The operation `embedding` with its gradients, for {@linkcode valueAndGrad}. */
export const embedding: typeof embeddingOp = /* @__PURE__ */ record({
  op: embeddingOp,
  opD: embeddingD,
  inputs: ["w", "indices"],
  name: "embedding",
});

/** The operation `gather` with its gradients, for {@linkcode valueAndGrad}. */
export const gather: typeof gatherOp = /* @__PURE__ */ record({
  op: gatherOp,
  opD: gatherD,
  inputs: ["x", "indices"],
  name: "gather",
});

/** The operation `scatterAdd` with its gradients, for {@linkcode valueAndGrad}. */
export const scatterAdd: typeof scatterAddOp = /* @__PURE__ */ record({
  op: scatterAddOp,
  opD: scatterAddD,
  inputs: ["x", "indices", "y"],
  name: "scatterAdd",
});

/** The operation `dropout` with its gradients, for {@linkcode valueAndGrad}. */
export const dropout: typeof dropoutOp = /* @__PURE__ */ record({
  op: dropoutOp,
  opD: dropoutD,
  inputs: ["x", "mask"],
  name: "dropout",
});

/** The operation `conv2d` with its gradients, for {@linkcode valueAndGrad}. */
export const conv2d: typeof conv2dOp = /* @__PURE__ */ record({
  op: conv2dOp,
  opD: conv2dD,
  inputs: ["x", "w", "b"],
  name: "conv2d",
});

/** The operation `convTranspose2d` with its gradients, for {@linkcode valueAndGrad}. */
export const convTranspose2d: typeof convTranspose2dOp = /* @__PURE__ */ record(
  {
    op: convTranspose2dOp,
    opD: convTranspose2dD,
    inputs: ["x", "w", "b"],
    name: "convTranspose2d",
  },
);

/** The operation `maxPool2d` with its gradients, for {@linkcode valueAndGrad}. */
export const maxPool2d: typeof maxPool2dOp = /* @__PURE__ */ record({
  op: maxPool2dOp,
  opD: maxPool2dD,
  inputs: ["x"],
  name: "maxPool2d",
});

/** The operation `avgPool2d` with its gradients, for {@linkcode valueAndGrad}. */
export const avgPool2d: typeof avgPool2dOp = /* @__PURE__ */ record({
  op: avgPool2dOp,
  opD: avgPool2dD,
  inputs: ["x"],
  name: "avgPool2d",
});

/** The operation `localResponseNorm` with its gradients, for {@linkcode valueAndGrad}. */
export const localResponseNorm: typeof localResponseNormOp =
  /* @__PURE__ */ record({
    op: localResponseNormOp,
    opD: localResponseNormD,
    inputs: ["x"],
    name: "localResponseNorm",
  });

/** The operation `attention` with its gradients, for {@linkcode valueAndGrad}. */
export const attention: typeof attentionOp = /* @__PURE__ */ record({
  op: attentionOp,
  opD: attentionD,
  inputs: ["q", "k", "v"],
  name: "attention",
});

/** The operation `rope` with its gradients, for {@linkcode valueAndGrad}. */
export const rope: typeof ropeOp = /* @__PURE__ */ record({
  op: ropeOp,
  opD: ropeD,
  inputs: ["x"],
  name: "rope",
});

/** The operation `rnnCell` with its gradients, for {@linkcode valueAndGrad}. */
export const rnnCell: typeof rnnCellOp = /* @__PURE__ */ record({
  op: rnnCellOp,
  opD: rnnCellD,
  inputs: ["x", "h", "w", "u", "b"],
  name: "rnnCell",
});

/** The operation `gruCell` with its gradients, for {@linkcode valueAndGrad}. */
export const gruCell: typeof gruCellOp = /* @__PURE__ */ record({
  op: gruCellOp,
  opD: gruCellD,
  inputs: ["x", "h", "w", "u", "b", "bh"],
  name: "gruCell",
});

/** The operation `lstmCell` with its gradients, for {@linkcode valueAndGrad}. */
export const lstmCell: typeof lstmCellOp = /* @__PURE__ */ record({
  op: lstmCellOp,
  opD: lstmCellD,
  inputs: ["x", "h", "c", "w", "u", "b"],
  name: "lstmCell",
});
