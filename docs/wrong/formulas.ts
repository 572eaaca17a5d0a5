// Copyright 2026 the Adjoint authors. MIT license.

// Gradients as they were, or are, wrong in public, and as they are right: each
// with its source, restated in the notation of this project. The tests demand
// that the prover refutes the one and accepts the other; a page of the site
// shows both.

/** A gradient that is wrong in public. */
export interface WrongFormula {
  title: string;
  /** Where it is, or where its mistake was reported. */
  source: { name: string; url: string };
  /** What the mistake is, in one or two sentences. */
  mistake: string;
  /** The forward formulas, one a line. */
  forward: string;
  /** The gradients as they were. */
  wrong: string;
  /** As they are by calculus. */
  right: string;
}

const { raw: tex } = String;

const NORM = tex`\mu = \frac{1}{n} \sum_{i=1}^{n} x_i
\sigma^2 = \frac{1}{n} \sum_{i=1}^{n} (x_i - \mu)^2
\hat{x}_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}`;

const SOFTMAX = tex`y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}`;

const SIGMOID = tex`y_i = \frac{1}{1 + e^{-x_i}}`;

const d = (of: string, by: string) =>
  tex`\frac{\partial ${of}}{\partial ${by}}`;
const dx = d("L", "x_i");
const dy = d("L", "y_i");

/** All of them, family by family. */
export const WRONG: readonly WrongFormula[] = [{
  title: "Layer norm without the mean of the gradient",
  source: {
    name: "“LayerNormBackward”, a page in Nemotron-CC-Math",
    url: "https://huggingface.co/datasets/nvidia/Nemotron-CC-Math-v1",
  },
  mistake:
    "The path through the mean is left out, that through the variance has no sum, and all of it is divided by the number of features.",
  forward: tex`${NORM}
y_i = \gamma \hat{x}_i + \beta`,
  wrong:
    tex`${dx} = \frac{1}{n} \left( \frac{\gamma ${dy}}{\sqrt{\sigma^2 + \epsilon}} - \frac{\hat{x}_i}{\sigma^2 + \epsilon} \gamma ${dy} \hat{x}_i \right)`,
  right:
    tex`${dx} = \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}} \left( ${dy} - \frac{1}{n} \sum_j ${
      d("L", "y_j")
    } - \hat{x}_i \frac{1}{n} \sum_j ${d("L", "y_j")} \hat{x}_j \right)`,
}, {
  title: "Layer norm with ε in two places",
  source: {
    name: "Lior Sinai, Layer norm; most others have ε under the root",
    url: "https://liorsinai.github.io/mathematics/2022/05/18/layernorm.html",
  },
  mistake:
    "Neither σ + ε nor √(σ² + ε) is wrong by itself, but the gradient of the one is not that of the other: whoever takes the forward formula from one page and the gradient from another is wrong.",
  forward: tex`\mu = \frac{1}{n} \sum_{i=1}^{n} x_i
\sigma = \sqrt{\frac{1}{n} \sum_{i=1}^{n} (x_i - \mu)^2}
y_i = \frac{x_i - \mu}{\sigma + \epsilon}`,
  wrong: tex`${
    d("L", "\\mu")
  } = -\sum_i ${dy} \frac{1}{\sqrt{\sigma^2 + \epsilon}}`,
  right: tex`${d("L", "\\mu")} = -\sum_i ${dy} \frac{1}{\sigma + \epsilon}`,
}, {
  title: "Batch norm whose statistics are constants",
  source: {
    name: "CrypTen, pull request 143",
    url: "https://github.com/facebookresearch/CrypTen/pull/143",
  },
  mistake:
    "Mean and variance are functions of the input, too. The tests did not notice, as they were wrong in the same way.",
  forward: tex`${NORM}
y_i = \gamma \hat{x}_i + \beta`,
  wrong: tex`${dx} = ${dy} \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}}`,
  right:
    tex`${dx} = \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}} \left( ${dy} - \frac{1}{n} \sum_j ${
      d("L", "y_j")
    } - \hat{x}_i \frac{1}{n} \sum_j ${d("L", "y_j")} \hat{x}_j \right)`,
}, {
  title: "RMS norm without its weight",
  source: {
    name: "llm.c, pull request 763, a comment on another implementation",
    url: "https://github.com/karpathy/llm.c/pull/763",
  },
  mistake: "The gradient of the output is not multiplied by the weight.",
  forward: tex`r = \sqrt{\frac{1}{n} \sum_{i=1}^{n} x_i^2 + \epsilon}
y_i = \frac{w_i x_i}{r}`,
  wrong: tex`${dx} = \frac{1}{r} ${dy} - \frac{x_i}{n r^3} \sum_j ${
    d("L", "y_j")
  } x_j`,
  right: tex`${dx} = \frac{w_i}{r} ${dy} - \frac{x_i}{n r^3} \sum_j ${
    d("L", "y_j")
  } w_j x_j`,
}, {
  title: "Pre-norm that normalizes the gradient of the residual, too",
  source: {
    name: "quack, pull request 53",
    url: "https://github.com/Dao-AILab/quack/pull/53",
  },
  mistake:
    "The gradient that comes by way of the residual is added before the derivative of the norm instead of behind it.",
  forward: tex`s_i = x_i + u_i
r = \sqrt{\frac{1}{n} \sum_{i=1}^{n} s_i^2 + \epsilon}
y_i = \frac{s_i}{r}
z_i = s_i`,
  wrong: tex`g_i = ${dy} + ${d("L", "z_i")}
${dx} = \frac{1}{r} g_i - \frac{s_i}{n r^3} \sum_j g_j s_j`,
  right: tex`g_i = ${dy}
${dx} = ${d("L", "z_i")} + \frac{1}{r} g_i - \frac{s_i}{n r^3} \sum_j g_j s_j`,
}, {
  title: "Softmax with its diagonal only",
  source: {
    name: "libnd4j, issue 440",
    url: "https://github.com/deeplearning4j/libnd4j/issues/440",
  },
  mistake:
    "Each output depends on all inputs, through the sum below the line. y (1 − y) is the diagonal of the Jacobian, not all of it.",
  forward: SOFTMAX,
  wrong: tex`${dx} = ${dy} y_i (1 - y_i)`,
  right: tex`${dx} = y_i \left( ${dy} - \sum_j ${d("L", "y_j")} y_j \right)`,
}, {
  title: "Softmax that passes its gradient on",
  source: {
    name: "darknet, pull request 96",
    url: "https://github.com/pjreddie/darknet/pull/96",
  },
  mistake:
    "The gradient of the output is copied. That is right where a loss hands over p − t, which is the gradient of the logits already.",
  forward: SOFTMAX,
  wrong: tex`${dx} = ${dy}`,
  right: tex`${dx} = y_i \left( ${dy} - \sum_j ${d("L", "y_j")} y_j \right)`,
}, {
  title: "Log-softmax with a sign and a sum too few",
  source: {
    name: "mlpack, issue 2360",
    url: "https://github.com/mlpack/mlpack/issues/2360",
  },
  mistake:
    "The softmax is added to the gradient instead of subtracting its product with the sum of all gradients.",
  forward: tex`y_i = x_i - \log \sum_j e^{x_j}`,
  wrong: tex`${dx} = ${dy} + e^{y_i}`,
  right: tex`${dx} = ${dy} - e^{y_i} \sum_j ${d("L", "y_j")}`,
}, {
  title: "Sigmoid by its input",
  source: {
    name: "Deep Learning Interviews, issues 4 and 15",
    url: "https://github.com/BoltzmannEntropy/interviews.ai/issues/4",
  },
  mistake: "x (1 − x) is meant for the output, y (1 − y).",
  forward: SIGMOID,
  wrong: tex`${dx} = ${dy} x_i (1 - x_i)`,
  right: tex`${dx} = ${dy} y_i (1 - y_i)`,
}, {
  title: "Sigmoid with a minus for a times",
  source: {
    name: "gonn, issue 8",
    url: "https://github.com/sausheong/gonn/issues/8",
  },
  mistake: "σ − (1 − σ) is written for σ times (1 − σ).",
  forward: SIGMOID,
  wrong: tex`${dx} = ${dy} (y_i - (1 - y_i))`,
  right: tex`${dx} = ${dy} y_i (1 - y_i)`,
}, {
  title: "Tanh whose slope is taken at the gradient",
  source: {
    name: "numpy_neural_network, issue 6",
    url: "https://github.com/yizt/numpy_neural_network/issues/6",
  },
  mistake:
    "The slope must be taken at the input, and multiplied by the gradient.",
  forward: tex`y_i = \tanh(x_i)`,
  wrong: tex`${dx} = 1 - \tanh(${dy})^2`,
  right: tex`${dx} = ${dy} (1 - \tanh(x_i)^2)`,
}, {
  title: "Tanh taken for the tangent",
  source: {
    name: "neural-network-from-scratch, issue 2, a proposed change",
    url: "https://github.com/gy910210/neural-network-from-scratch/issues/2",
  },
  mistake: "1 + y² is the slope of the tangent; that of tanh is 1 − y².",
  forward: tex`y_i = \tanh(x_i)`,
  wrong: tex`${dx} = ${dy} (1 + y_i^2)`,
  right: tex`${dx} = ${dy} (1 - y_i^2)`,
}, {
  title: "SiLU without a pair of brackets",
  source: {
    name: "dfdx, pull request 915",
    url: "https://github.com/chelsea0x3b/dfdx/pull/915",
  },
  mistake:
    "The whole sum must be divided by the square, not only its last term.",
  forward: tex`y_i = \frac{x_i}{1 + e^{-x_i}}`,
  wrong:
    tex`${dx} = ${dy} \left( 1 + e^{-x_i} + \frac{x_i e^{-x_i}}{(1 + e^{-x_i})^2} \right)`,
  right:
    tex`${dx} = ${dy} \frac{1 + e^{-x_i} + x_i e^{-x_i}}{(1 + e^{-x_i})^2}`,
}, {
  title: "Swish whose slope forgets the sigmoid’s",
  source: {
    name: "RubixML, pull request 437",
    url: "https://github.com/RubixML/ML/pull/437",
  },
  mistake:
    "The slope by β has a factor σ (1 − σ), of the sigmoid that contains β, and a second factor x.",
  forward: tex`s_i = \frac{1}{1 + e^{-\beta x_i}}
y_i = x_i s_i`,
  wrong: tex`${d("L", "\\beta")} = \sum_i ${dy} x_i`,
  right: tex`${d("L", "\\beta")} = \sum_i ${dy} x_i^2 s_i (1 - s_i)`,
}, {
  title: "ELU that is scaled as if it were not",
  source: {
    name: "mlpack, pull request 1540",
    url: "https://github.com/mlpack/mlpack/pull/1540",
  },
  mistake:
    "Below 0 the slope is y + λ α, as λ is in y already; λ (y + α) is the same for λ = 1 only, and SELU has another λ.",
  forward:
    tex`y_i = \begin{cases} \lambda x_i & \text{if } x_i > 0 \\ \lambda \alpha (e^{x_i} - 1) & \text{otherwise} \end{cases}`,
  wrong:
    tex`${dx} = \begin{cases} \lambda ${dy} & \text{if } x_i > 0 \\ \lambda (y_i + \alpha) ${dy} & \text{otherwise} \end{cases}`,
  right:
    tex`${dx} = \begin{cases} \lambda ${dy} & \text{if } x_i > 0 \\ (y_i + \lambda \alpha) ${dy} & \text{otherwise} \end{cases}`,
}, {
  title: "A power with the gradient of a rectifier",
  source: {
    name: "OCANNL, issue 73",
    url: "https://github.com/ahrefs/ocannl/issues/73",
  },
  mistake: "The gradient of relu had been copied to the power.",
  forward: tex`y_i = x_i^3`,
  wrong: tex`${dx} = [x_i > 0] ${dy}`,
  right: tex`${dx} = 3 x_i^2 ${dy}`,
}, {
  title: "A difference whose terms are alike",
  source: {
    name: "micrograd_c, issue 1",
    url: "https://github.com/KhawajaAbaid/micrograd_c/issues/1",
  },
  mistake: "What is subtracted has the negative gradient.",
  forward: tex`y_i = a_i - b_i`,
  wrong: tex`${d("L", "b_i")} = ${dy}`,
  right: tex`${d("L", "b_i")} = -${dy}`,
}, {
  title: "A quotient differentiated like a product",
  source: {
    name: "SINGA, pull request 484, a review",
    url: "https://github.com/apache/singa/pull/484",
  },
  mistake:
    "Both gradients are upside down, and that of the denominator has no sign and no square.",
  forward: tex`y_i = \frac{a_i}{b_i}`,
  wrong: tex`${d("L", "a_i")} = \frac{${dy}}{a_i}
${d("L", "b_i")} = ${dy} b_i`,
  right: tex`${d("L", "a_i")} = \frac{${dy}}{b_i}
${d("L", "b_i")} = -${dy} \frac{a_i}{b_i^2}`,
}, {
  title: "A product that forgets what it is multiplied by",
  source: {
    name: "PyTorch, issue 995",
    url: "https://github.com/pytorch/pytorch/issues/995",
  },
  mistake:
    "The gradient of the result is not passed on: with −prod(x) the sign was lost. Tests with a gradient of 1 cannot see that.",
  forward: tex`y = a b`,
  wrong: tex`${d("L", "a")} = b`,
  right: tex`${d("L", "a")} = b ${d("L", "y")}`,
}, {
  title: "Maximum with a tolerance",
  source: {
    name: "mni-ml, pull request 22, a review",
    url: "https://github.com/mni-ml/framework/pull/22",
  },
  mistake:
    "All that is within 0.01 of the maximum gets the whole gradient, although it does not count.",
  forward: tex`x_i = \frac{u_i}{1000}
y = \max_j x_j`,
  wrong: tex`${dx} = \left[ y - x_i < 0.01 \right] ${d("L", "y")}`,
  right: tex`${dx} = [x_i = y] ${d("L", "y")}`,
}, {
  title: "A matrix product with the wrong factor",
  source: {
    name: "CS231n, issue 229, on the notes on derivatives",
    url: "https://github.com/cs231n/cs231n.github.io/issues/229",
  },
  mistake:
    "The gradient with respect to X has W in it, not X: with square matrices even the shapes fit.",
  forward: tex`Y = X W
X \in \mathbb{R}^{n \times n}
W \in \mathbb{R}^{n \times n}`,
  wrong: tex`${d("L", "X")} = ${d("L", "Y")} X^T`,
  right: tex`${d("L", "X")} = ${d("L", "Y")} W^T`,
}, {
  title: "A weight’s gradient without a transpose",
  source: {
    name: "CS224n, winter 2017, issue 9, on the gradient notes",
    url: "https://github.com/stanfordnlp/cs224n-winter17-notes/issues/9",
  },
  mistake:
    "The vector of the input is a column, and must be a row to the right of the gradient.",
  forward: tex`z = W x
W \in \mathbb{R}^{m \times n}
x \in \mathbb{R}^n`,
  wrong: tex`${d("L", "W")} = ${d("L", "z")} x`,
  right: tex`${d("L", "W")} = ${d("L", "z")} x^T`,
}, {
  title: "A unit vector’s gradient, term by term",
  source: {
    name: "darknet, issue 3949",
    url: "https://github.com/AlexeyAB/darknet/issues/3949",
  },
  mistake:
    "The slope of each element by itself is (1 − y²) ∕ r, and all others belong to it, too.",
  forward: tex`r = \sqrt{\sum_j x_j^2}
y_i = \frac{x_i}{r}`,
  wrong: tex`${dx} = ${dy} \frac{1 - y_i}{r}`,
  right: tex`${dx} = \frac{1}{r} \left( ${dy} - y_i \sum_j ${
    d("L", "y_j")
  } y_j \right)`,
}, {
  title: "An LSTM’s forget gate without the slope of its sigmoid",
  source: {
    name: "RNN-LSTM-in-numpy, issue 1",
    url: "https://github.com/CaptainE/RNN-LSTM-in-numpy/issues/1",
  },
  mistake: "The sigmoid itself is written for its slope f (1 − f).",
  forward: tex`f_i = \frac{1}{1 + e^{-a_i}}
c_i = f_i p_i + g_i`,
  wrong: tex`${d("L", "a_i")} = f_i ${d("L", "c_i")} p_i`,
  right: tex`${d("L", "a_i")} = f_i (1 - f_i) ${d("L", "c_i")} p_i`,
}];
