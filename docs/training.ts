// Copyright 2026 the Adjoint authors. MIT license.

// The part of a guide's page that trains the perceptron. It is built empty, in its
// full size, so that nothing moves when `docs/browser/train.ts` fills it.

import { CHART } from "./browser/train/pictures.ts";
import type { Shown } from "./browser/train/messages.ts";

/** What is shown of a step: the symbol of each tensor, what it is, and its shape. */
type Map = [name: keyof Shown, what: string, rows: number, columns: number];

const IMAGE = [28, 28] as const;
const HIDDEN = [8, 16] as const;
const LOGITS = [1, 10] as const;

const op = (name: string, module: string) =>
  `<a href="../../ops/${module}.ts">${name}</a>`;
const linear = (name: string) => op(name, "products/linear");

/** The steps, each with the operation that computes it. */
const STEPS: readonly [code: string, words: string, maps: Map[]][] = [
  ["x", "The image.", [["x", "the image", ...IMAGE]]],
  [
    `a = ${linear("linear")}(x, w, b)`,
    "A hidden unit multiplies each pixel by a weight, and adds them up. Its row of <code>w</code> is an image, too.",
    [
      ["w", "the weights of the hidden unit", ...IMAGE],
      ["a", "the sums of the hidden units", ...HIDDEN],
    ],
  ],
  [
    `h = ${op("relu", "activations/relu")}(a)`,
    "Negative numbers become 0.",
    [["h", "the hidden units", ...HIDDEN]],
  ],
  [
    `y = ${linear("linear")}(h, v, c)`,
    "Each digit adds up the hidden units, with weights of its own.",
    [
      ["v", "the weights of the digits", 10, 128],
      ["y", "the logits", ...LOGITS],
    ],
  ],
  [
    `E = ${op("crossEntropy", "losses/cross_entropy")}(y, t)`,
    `The loss is small if the probability of the right digit is large; the probabilities are ${
      op("softmax", "rows/softmax")
    }(y). Here it is <output data-train="loss"></output>`,
    [["p", "the probabilities", ...LOGITS]],
  ],
  [
    `dy = ${op("crossEntropyDlogits", "losses/cross_entropy")}(y, t, 1)`,
    "The way back begins: the probabilities, less 1 at the right digit.",
    [["dy", "the gradient of the logits", ...LOGITS]],
  ],
  [
    `dh, dv, dc = ${linear("linearD")}(h, v, c, dy)`,
    "How the loss changes with the hidden units, and with the weights of the digits.",
    [
      ["dv", "the gradient of the weights of the digits", 10, 128],
      ["dh", "the gradient of the hidden units", ...HIDDEN],
    ],
  ],
  [
    `da = ${op("reluDx", "activations/relu")}(a, dh)`,
    "Where relu returned 0, its gradient is 0.",
    [["da", "the gradient of the sums", ...HIDDEN]],
  ],
  [
    `dw, db = ${linear("linearD")}(x, w, b, da)`,
    "The gradient of the weights of a hidden unit is the image times its number in <code>da</code>, and nothing where that is 0.",
    [["dw", "the gradient of the weights of the hidden unit", ...IMAGE]],
  ],
];

/** How large a number is drawn, in pixels. */
const zoom = (columns: number) => columns > 28 ? 2 : columns > 16 ? 4 : 8;

function mapHtml([name, what, rows, columns]: Map): string {
  const size = zoom(columns);
  return `<button type="button" class="train-map" data-map="${name}" data-what="${what}" aria-pressed="false" disabled>
<canvas width="${columns}" height="${rows}" style="width: ${
    columns * size
  }px; height: ${
    rows * size
  }px" aria-hidden="true"></canvas><span><code>${name}</code><span class="visually-hidden">, ${what}: show the numbers</span></span></button>`;
}

function chartHtml(name: string, title: string, labels: string[]): string {
  const { width, height, left, right, top, bottom } = CHART;
  const texts = labels.map((label, i) => {
    const y = top + i * (bottom - top) / (labels.length - 1);
    return `<line x1="${left}" x2="${right}" y1="${y}" y2="${y}"/><text class="above" x="${
      left - 5
    }" y="${y + 4}">${label}</text>`;
  });
  return `<figure>
<figcaption>${title}: <output data-train="${name}">–</output></figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}, by step">
${texts.join("\n")}
<text x="${left}" y="${height - 4}">0</text><text class="end" x="${right}" y="${
    height - 4
  }" data-train="end">2000</text>
<path data-train="${name}-curve" d=""/>
</svg>
</figure>`;
}

const button = (name: string, text: string, isOff = true) =>
  `<button type="button" class="button" data-train="${name}"${
    isOff ? " disabled" : ""
  }>${text}</button>`;

/** The part of the page; `words` is HTML. */
export function trainingHtml(words: string): string {
  const digits = Array.from({ length: 10 }, (_, digit) => digit);
  return `<section class="train" id="train" aria-label="Training" data-no-search>
${words}
<noscript><p>Here the page trains the network, which needs JavaScript.</p></noscript>
<div class="train-tool">
<div class="train-buttons">
${button("start", "Start", false)}
${button("stop", "Stop")}
${button("reset", "Reset")}
</div>
<p class="train-status" role="status" data-train="status">Start loads the digits, 1.3 MB, and trains for 2,000 steps.</p>
<div class="train-charts">
${chartHtml("loss-now", "Loss", ["3", "0.3", "0.03", "0.003"])}
${
    chartHtml("right-now", "Held out, read right", [
      "100 %",
      "75 %",
      "50 %",
      "25 %",
      "0 %",
    ])
  }
</div>
<p class="train-speed small" data-train="speed">A step sees 32 digits.</p>
<h3 id="train-read">A digit, and what the network takes it for</h3>
<div class="train-digit">
<div>
<canvas class="train-draw" width="28" height="28" role="img" aria-label="A place to draw a digit with the pointer" data-train="draw"></canvas>
<p class="small" data-train="origin">Draw a digit here.</p>
</div>
<ol class="train-odds" data-train="odds" aria-label="Probabilities">
${
    digits.map((digit) =>
      `<li><span>${digit}</span><span class="train-bar"><span></span></span><output>–</output></li>`
    ).join("\n")
  }
</ol>
<div class="train-choices">
${button("clear", "Clear")}
${button("next", "Next held-out digit")}
${button("wrong", "Next that is read wrong")}
<label>The right digit <select data-train="label" disabled>${
    digits.map((digit) => `<option>${digit}</option>`).join("")
  }</select></label>
</div>
</div>
<h3 id="train-flow">Its way through the network and back</h3>
<p>Orange numbers are positive, blue ones are negative, and the largest of a picture has the full
color. Choose a picture to read its numbers.</p>
<p><label>Hidden unit, from 1 to 128 <input type="number" min="1" max="128" value="1" data-train="unit" disabled></label></p>
<ol class="train-flow">
${
    STEPS.map(([code, text, maps]) =>
      `<li><p><code>${code}</code> ${text}</p>
<div class="train-maps">
${maps.map(mapHtml).join("\n")}
</div></li>`
    ).join("\n")
  }
</ol>
<div class="train-numbers" tabindex="0" role="region" aria-label="Numbers" data-train="numbers" hidden></div>
</div>
</section>`;
}
