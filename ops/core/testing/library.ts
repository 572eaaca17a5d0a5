// Copyright 2026 the Adjoint authors. MIT license.

// Written by `deno task tables` from `mod.ts`.

import * as matmulModule from "../../products/matmul.ts";
import matmulText from "../../products/matmul.ts" with { type: "text" };
import * as linearModule from "../../products/linear.ts";
import linearText from "../../products/linear.ts" with { type: "text" };
import * as batchMatmulModule from "../../products/batch_matmul.ts";
import batchMatmulText from "../../products/batch_matmul.ts" with {
  type: "text",
};
import * as addModule from "../../arithmetic/add.ts";
import addText from "../../arithmetic/add.ts" with { type: "text" };
import * as subModule from "../../arithmetic/sub.ts";
import subText from "../../arithmetic/sub.ts" with { type: "text" };
import * as mulModule from "../../arithmetic/mul.ts";
import mulText from "../../arithmetic/mul.ts" with { type: "text" };
import * as divModule from "../../arithmetic/div.ts";
import divText from "../../arithmetic/div.ts" with { type: "text" };
import * as maximumModule from "../../arithmetic/maximum.ts";
import maximumText from "../../arithmetic/maximum.ts" with { type: "text" };
import * as minimumModule from "../../arithmetic/minimum.ts";
import minimumText from "../../arithmetic/minimum.ts" with { type: "text" };
import * as addBiasModule from "../../arithmetic/add_bias.ts";
import addBiasText from "../../arithmetic/add_bias.ts" with { type: "text" };
import * as expModule from "../../elementwise/exp.ts";
import expText from "../../elementwise/exp.ts" with { type: "text" };
import * as logModule from "../../elementwise/log.ts";
import logText from "../../elementwise/log.ts" with { type: "text" };
import * as sqrtModule from "../../elementwise/sqrt.ts";
import sqrtText from "../../elementwise/sqrt.ts" with { type: "text" };
import * as absModule from "../../elementwise/abs.ts";
import absText from "../../elementwise/abs.ts" with { type: "text" };
import * as powerModule from "../../elementwise/power.ts";
import powerText from "../../elementwise/power.ts" with { type: "text" };
import * as clampModule from "../../elementwise/clamp.ts";
import clampText from "../../elementwise/clamp.ts" with { type: "text" };
import * as whereModule from "../../elementwise/where.ts";
import whereText from "../../elementwise/where.ts" with { type: "text" };
import * as reluModule from "../../activations/relu.ts";
import reluText from "../../activations/relu.ts" with { type: "text" };
import * as leakyReluModule from "../../activations/leaky_relu.ts";
import leakyReluText from "../../activations/leaky_relu.ts" with {
  type: "text",
};
import * as eluModule from "../../activations/elu.ts";
import eluText from "../../activations/elu.ts" with { type: "text" };
import * as sigmoidModule from "../../activations/sigmoid.ts";
import sigmoidText from "../../activations/sigmoid.ts" with { type: "text" };
import * as tanhModule from "../../activations/tanh.ts";
import tanhText from "../../activations/tanh.ts" with { type: "text" };
import * as siluModule from "../../activations/silu.ts";
import siluText from "../../activations/silu.ts" with { type: "text" };
import * as geluModule from "../../activations/gelu.ts";
import geluText from "../../activations/gelu.ts" with { type: "text" };
import * as geluTanhModule from "../../activations/gelu_tanh.ts";
import geluTanhText from "../../activations/gelu_tanh.ts" with { type: "text" };
import * as softplusModule from "../../activations/softplus.ts";
import softplusText from "../../activations/softplus.ts" with { type: "text" };
import * as sumModule from "../../reductions/sum.ts";
import sumText from "../../reductions/sum.ts" with { type: "text" };
import * as meanModule from "../../reductions/mean.ts";
import meanText from "../../reductions/mean.ts" with { type: "text" };
import * as varianceModule from "../../reductions/variance.ts";
import varianceText from "../../reductions/variance.ts" with { type: "text" };
import * as prodModule from "../../reductions/prod.ts";
import prodText from "../../reductions/prod.ts" with { type: "text" };
import * as normModule from "../../reductions/norm.ts";
import normText from "../../reductions/norm.ts" with { type: "text" };
import * as maxModule from "../../reductions/max.ts";
import maxText from "../../reductions/max.ts" with { type: "text" };
import * as minModule from "../../reductions/min.ts";
import minText from "../../reductions/min.ts" with { type: "text" };
import * as logSumExpModule from "../../reductions/log_sum_exp.ts";
import logSumExpText from "../../reductions/log_sum_exp.ts" with {
  type: "text",
};
import * as cumsumModule from "../../reductions/cumsum.ts";
import cumsumText from "../../reductions/cumsum.ts" with { type: "text" };
import * as cumprodModule from "../../reductions/cumprod.ts";
import cumprodText from "../../reductions/cumprod.ts" with { type: "text" };
import * as argmaxModule from "../../reductions/argmax.ts";
import argmaxText from "../../reductions/argmax.ts" with { type: "text" };
import * as softmaxModule from "../../rows/softmax.ts";
import softmaxText from "../../rows/softmax.ts" with { type: "text" };
import * as logSoftmaxModule from "../../rows/log_softmax.ts";
import logSoftmaxText from "../../rows/log_softmax.ts" with { type: "text" };
import * as layerNormModule from "../../normalization/layer_norm.ts";
import layerNormText from "../../normalization/layer_norm.ts" with {
  type: "text",
};
import * as rmsNormModule from "../../normalization/rms_norm.ts";
import rmsNormText from "../../normalization/rms_norm.ts" with { type: "text" };
import * as batchNormModule from "../../normalization/batch_norm.ts";
import batchNormText from "../../normalization/batch_norm.ts" with {
  type: "text",
};
import * as batchNormInferenceModule from "../../normalization/batch_norm_inference.ts";
import batchNormInferenceText from "../../normalization/batch_norm_inference.ts" with {
  type: "text",
};
import * as mseModule from "../../losses/mse.ts";
import mseText from "../../losses/mse.ts" with { type: "text" };
import * as maeModule from "../../losses/mae.ts";
import maeText from "../../losses/mae.ts" with { type: "text" };
import * as huberModule from "../../losses/huber.ts";
import huberText from "../../losses/huber.ts" with { type: "text" };
import * as bceWithLogitsModule from "../../losses/bce_with_logits.ts";
import bceWithLogitsText from "../../losses/bce_with_logits.ts" with {
  type: "text",
};
import * as crossEntropyModule from "../../losses/cross_entropy.ts";
import crossEntropyText from "../../losses/cross_entropy.ts" with {
  type: "text",
};
import * as reshapeModule from "../../structure/reshape.ts";
import reshapeText from "../../structure/reshape.ts" with { type: "text" };
import * as broadcastToModule from "../../structure/broadcast_to.ts";
import broadcastToText from "../../structure/broadcast_to.ts" with {
  type: "text",
};
import * as transposeModule from "../../structure/transpose.ts";
import transposeText from "../../structure/transpose.ts" with { type: "text" };
import * as concatModule from "../../structure/concat.ts";
import concatText from "../../structure/concat.ts" with { type: "text" };
import * as splitModule from "../../structure/split.ts";
import splitText from "../../structure/split.ts" with { type: "text" };
import * as sliceModule from "../../structure/slice.ts";
import sliceText from "../../structure/slice.ts" with { type: "text" };
import * as padModule from "../../structure/pad.ts";
import padText from "../../structure/pad.ts" with { type: "text" };
import * as oneHotModule from "../../structure/one_hot.ts";
import oneHotText from "../../structure/one_hot.ts" with { type: "text" };
import * as embeddingModule from "../../structure/embedding.ts";
import embeddingText from "../../structure/embedding.ts" with { type: "text" };
import * as gatherModule from "../../structure/gather.ts";
import gatherText from "../../structure/gather.ts" with { type: "text" };
import * as scatterAddModule from "../../structure/scatter_add.ts";
import scatterAddText from "../../structure/scatter_add.ts" with {
  type: "text",
};
import * as dropoutModule from "../../structure/dropout.ts";
import dropoutText from "../../structure/dropout.ts" with { type: "text" };
import * as conv2dModule from "../../convolution/conv2d.ts";
import conv2dText from "../../convolution/conv2d.ts" with { type: "text" };
import * as convTranspose2dModule from "../../convolution/conv_transpose2d.ts";
import convTranspose2dText from "../../convolution/conv_transpose2d.ts" with {
  type: "text",
};
import * as maxPool2dModule from "../../convolution/max_pool2d.ts";
import maxPool2dText from "../../convolution/max_pool2d.ts" with {
  type: "text",
};
import * as avgPool2dModule from "../../convolution/avg_pool2d.ts";
import avgPool2dText from "../../convolution/avg_pool2d.ts" with {
  type: "text",
};
import * as localResponseNormModule from "../../convolution/local_response_norm.ts";
import localResponseNormText from "../../convolution/local_response_norm.ts" with {
  type: "text",
};
import * as attentionModule from "../../attention/attention.ts";
import attentionText from "../../attention/attention.ts" with { type: "text" };
import * as ropeModule from "../../attention/rope.ts";
import ropeText from "../../attention/rope.ts" with { type: "text" };
import * as rnnCellModule from "../../recurrent/rnn_cell.ts";
import rnnCellText from "../../recurrent/rnn_cell.ts" with { type: "text" };
import * as gruCellModule from "../../recurrent/gru_cell.ts";
import gruCellText from "../../recurrent/gru_cell.ts" with { type: "text" };
import * as lstmCellModule from "../../recurrent/lstm_cell.ts";
import lstmCellText from "../../recurrent/lstm_cell.ts" with { type: "text" };
import * as uniformModule from "../../random/uniform.ts";
import uniformText from "../../random/uniform.ts" with { type: "text" };
import * as normalModule from "../../random/normal.ts";
import normalText from "../../random/normal.ts" with { type: "text" };
import * as glorotModule from "../../random/glorot.ts";
import glorotText from "../../random/glorot.ts" with { type: "text" };
import * as heModule from "../../random/he.ts";
import heText from "../../random/he.ts" with { type: "text" };

/** The modules of all operations. */
export const LIBRARY = [
  {
    entry: "./matmul",
    path: "ops/products/matmul.ts",
    exports: matmulModule,
    source: matmulText,
  },
  {
    entry: "./linear",
    path: "ops/products/linear.ts",
    exports: linearModule,
    source: linearText,
  },
  {
    entry: "./batch-matmul",
    path: "ops/products/batch_matmul.ts",
    exports: batchMatmulModule,
    source: batchMatmulText,
  },
  {
    entry: "./add",
    path: "ops/arithmetic/add.ts",
    exports: addModule,
    source: addText,
  },
  {
    entry: "./sub",
    path: "ops/arithmetic/sub.ts",
    exports: subModule,
    source: subText,
  },
  {
    entry: "./mul",
    path: "ops/arithmetic/mul.ts",
    exports: mulModule,
    source: mulText,
  },
  {
    entry: "./div",
    path: "ops/arithmetic/div.ts",
    exports: divModule,
    source: divText,
  },
  {
    entry: "./maximum",
    path: "ops/arithmetic/maximum.ts",
    exports: maximumModule,
    source: maximumText,
  },
  {
    entry: "./minimum",
    path: "ops/arithmetic/minimum.ts",
    exports: minimumModule,
    source: minimumText,
  },
  {
    entry: "./add-bias",
    path: "ops/arithmetic/add_bias.ts",
    exports: addBiasModule,
    source: addBiasText,
  },
  {
    entry: "./exp",
    path: "ops/elementwise/exp.ts",
    exports: expModule,
    source: expText,
  },
  {
    entry: "./log",
    path: "ops/elementwise/log.ts",
    exports: logModule,
    source: logText,
  },
  {
    entry: "./sqrt",
    path: "ops/elementwise/sqrt.ts",
    exports: sqrtModule,
    source: sqrtText,
  },
  {
    entry: "./abs",
    path: "ops/elementwise/abs.ts",
    exports: absModule,
    source: absText,
  },
  {
    entry: "./power",
    path: "ops/elementwise/power.ts",
    exports: powerModule,
    source: powerText,
  },
  {
    entry: "./clamp",
    path: "ops/elementwise/clamp.ts",
    exports: clampModule,
    source: clampText,
  },
  {
    entry: "./where",
    path: "ops/elementwise/where.ts",
    exports: whereModule,
    source: whereText,
  },
  {
    entry: "./relu",
    path: "ops/activations/relu.ts",
    exports: reluModule,
    source: reluText,
  },
  {
    entry: "./leaky-relu",
    path: "ops/activations/leaky_relu.ts",
    exports: leakyReluModule,
    source: leakyReluText,
  },
  {
    entry: "./elu",
    path: "ops/activations/elu.ts",
    exports: eluModule,
    source: eluText,
  },
  {
    entry: "./sigmoid",
    path: "ops/activations/sigmoid.ts",
    exports: sigmoidModule,
    source: sigmoidText,
  },
  {
    entry: "./tanh",
    path: "ops/activations/tanh.ts",
    exports: tanhModule,
    source: tanhText,
  },
  {
    entry: "./silu",
    path: "ops/activations/silu.ts",
    exports: siluModule,
    source: siluText,
  },
  {
    entry: "./gelu",
    path: "ops/activations/gelu.ts",
    exports: geluModule,
    source: geluText,
  },
  {
    entry: "./gelu-tanh",
    path: "ops/activations/gelu_tanh.ts",
    exports: geluTanhModule,
    source: geluTanhText,
  },
  {
    entry: "./softplus",
    path: "ops/activations/softplus.ts",
    exports: softplusModule,
    source: softplusText,
  },
  {
    entry: "./sum",
    path: "ops/reductions/sum.ts",
    exports: sumModule,
    source: sumText,
  },
  {
    entry: "./mean",
    path: "ops/reductions/mean.ts",
    exports: meanModule,
    source: meanText,
  },
  {
    entry: "./variance",
    path: "ops/reductions/variance.ts",
    exports: varianceModule,
    source: varianceText,
  },
  {
    entry: "./prod",
    path: "ops/reductions/prod.ts",
    exports: prodModule,
    source: prodText,
  },
  {
    entry: "./norm",
    path: "ops/reductions/norm.ts",
    exports: normModule,
    source: normText,
  },
  {
    entry: "./max",
    path: "ops/reductions/max.ts",
    exports: maxModule,
    source: maxText,
  },
  {
    entry: "./min",
    path: "ops/reductions/min.ts",
    exports: minModule,
    source: minText,
  },
  {
    entry: "./log-sum-exp",
    path: "ops/reductions/log_sum_exp.ts",
    exports: logSumExpModule,
    source: logSumExpText,
  },
  {
    entry: "./cumsum",
    path: "ops/reductions/cumsum.ts",
    exports: cumsumModule,
    source: cumsumText,
  },
  {
    entry: "./cumprod",
    path: "ops/reductions/cumprod.ts",
    exports: cumprodModule,
    source: cumprodText,
  },
  {
    entry: "./argmax",
    path: "ops/reductions/argmax.ts",
    exports: argmaxModule,
    source: argmaxText,
  },
  {
    entry: "./softmax",
    path: "ops/rows/softmax.ts",
    exports: softmaxModule,
    source: softmaxText,
  },
  {
    entry: "./log-softmax",
    path: "ops/rows/log_softmax.ts",
    exports: logSoftmaxModule,
    source: logSoftmaxText,
  },
  {
    entry: "./layer-norm",
    path: "ops/normalization/layer_norm.ts",
    exports: layerNormModule,
    source: layerNormText,
  },
  {
    entry: "./rms-norm",
    path: "ops/normalization/rms_norm.ts",
    exports: rmsNormModule,
    source: rmsNormText,
  },
  {
    entry: "./batch-norm",
    path: "ops/normalization/batch_norm.ts",
    exports: batchNormModule,
    source: batchNormText,
  },
  {
    entry: "./batch-norm-inference",
    path: "ops/normalization/batch_norm_inference.ts",
    exports: batchNormInferenceModule,
    source: batchNormInferenceText,
  },
  {
    entry: "./mse",
    path: "ops/losses/mse.ts",
    exports: mseModule,
    source: mseText,
  },
  {
    entry: "./mae",
    path: "ops/losses/mae.ts",
    exports: maeModule,
    source: maeText,
  },
  {
    entry: "./huber",
    path: "ops/losses/huber.ts",
    exports: huberModule,
    source: huberText,
  },
  {
    entry: "./bce-with-logits",
    path: "ops/losses/bce_with_logits.ts",
    exports: bceWithLogitsModule,
    source: bceWithLogitsText,
  },
  {
    entry: "./cross-entropy",
    path: "ops/losses/cross_entropy.ts",
    exports: crossEntropyModule,
    source: crossEntropyText,
  },
  {
    entry: "./reshape",
    path: "ops/structure/reshape.ts",
    exports: reshapeModule,
    source: reshapeText,
  },
  {
    entry: "./broadcast-to",
    path: "ops/structure/broadcast_to.ts",
    exports: broadcastToModule,
    source: broadcastToText,
  },
  {
    entry: "./transpose",
    path: "ops/structure/transpose.ts",
    exports: transposeModule,
    source: transposeText,
  },
  {
    entry: "./concat",
    path: "ops/structure/concat.ts",
    exports: concatModule,
    source: concatText,
  },
  {
    entry: "./split",
    path: "ops/structure/split.ts",
    exports: splitModule,
    source: splitText,
  },
  {
    entry: "./slice",
    path: "ops/structure/slice.ts",
    exports: sliceModule,
    source: sliceText,
  },
  {
    entry: "./pad",
    path: "ops/structure/pad.ts",
    exports: padModule,
    source: padText,
  },
  {
    entry: "./one-hot",
    path: "ops/structure/one_hot.ts",
    exports: oneHotModule,
    source: oneHotText,
  },
  {
    entry: "./embedding",
    path: "ops/structure/embedding.ts",
    exports: embeddingModule,
    source: embeddingText,
  },
  {
    entry: "./gather",
    path: "ops/structure/gather.ts",
    exports: gatherModule,
    source: gatherText,
  },
  {
    entry: "./scatter-add",
    path: "ops/structure/scatter_add.ts",
    exports: scatterAddModule,
    source: scatterAddText,
  },
  {
    entry: "./dropout",
    path: "ops/structure/dropout.ts",
    exports: dropoutModule,
    source: dropoutText,
  },
  {
    entry: "./conv2d",
    path: "ops/convolution/conv2d.ts",
    exports: conv2dModule,
    source: conv2dText,
  },
  {
    entry: "./conv-transpose2d",
    path: "ops/convolution/conv_transpose2d.ts",
    exports: convTranspose2dModule,
    source: convTranspose2dText,
  },
  {
    entry: "./max-pool2d",
    path: "ops/convolution/max_pool2d.ts",
    exports: maxPool2dModule,
    source: maxPool2dText,
  },
  {
    entry: "./avg-pool2d",
    path: "ops/convolution/avg_pool2d.ts",
    exports: avgPool2dModule,
    source: avgPool2dText,
  },
  {
    entry: "./local-response-norm",
    path: "ops/convolution/local_response_norm.ts",
    exports: localResponseNormModule,
    source: localResponseNormText,
  },
  {
    entry: "./attention",
    path: "ops/attention/attention.ts",
    exports: attentionModule,
    source: attentionText,
  },
  {
    entry: "./rope",
    path: "ops/attention/rope.ts",
    exports: ropeModule,
    source: ropeText,
  },
  {
    entry: "./rnn-cell",
    path: "ops/recurrent/rnn_cell.ts",
    exports: rnnCellModule,
    source: rnnCellText,
  },
  {
    entry: "./gru-cell",
    path: "ops/recurrent/gru_cell.ts",
    exports: gruCellModule,
    source: gruCellText,
  },
  {
    entry: "./lstm-cell",
    path: "ops/recurrent/lstm_cell.ts",
    exports: lstmCellModule,
    source: lstmCellText,
  },
  {
    entry: "./uniform",
    path: "ops/random/uniform.ts",
    exports: uniformModule,
    source: uniformText,
  },
  {
    entry: "./normal",
    path: "ops/random/normal.ts",
    exports: normalModule,
    source: normalText,
  },
  {
    entry: "./glorot",
    path: "ops/random/glorot.ts",
    exports: glorotModule,
    source: glorotText,
  },
  {
    entry: "./he",
    path: "ops/random/he.ts",
    exports: heModule,
    source: heText,
  },
];
