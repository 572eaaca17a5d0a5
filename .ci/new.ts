// Copyright 2026 the Adjoint authors. MIT license.

/**
 * `deno task new softplus activations`: writes the skeleton of an operation and
 * of its test, and names it in `mod.ts`, `deno.json` and the README. What is
 * missing is marked TODO, and listed.
 *
 * @module
 */

import { deno, ROOT } from "./deno.ts";
import { tables } from "./tables.ts";

const FAMILIES = [
  "products",
  "arithmetic",
  "elementwise",
  "activations",
  "reductions",
  "rows",
  "normalization",
  "losses",
  "structure",
  "convolution",
  "attention",
  "recurrent",
  "random",
];

const USAGE = `deno task new NAME FAMILY
  NAME    the operation as it is called: softplus, crossEntropy
  FAMILY  ${FAMILIES.join(", ")}`;

/** The module, for one input of any shape, which a page sees as a vector. */
const module = (name: string, entry: string) =>
  `// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # TODO: Title
 *
 * TODO: What it does, in one sentence.
 *
 * \`\`\`math
 * Y_i = TODO, \\qquad
 * \\frac{\\partial E}{\\partial X_i} = TODO
 * \`\`\`
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $\`X\`$ | $\`n\`$ | input \`x\` |
 * | $\`Y\`$ | $\`n\`$ | output |
 * | $\`\\frac{\\partial E}{\\partial Y}\`$ | $\`n\`$ | \`dout\`, the gradient of the loss with respect to the output |
 *
 * TODO: A row for each input and option, and how the page sees their shapes. This
 * one sees a tensor of any shape as the vector of its $\`n\`$ elements. The middle
 * axis of $\`n \\times m \\times p\`$ is any axis.
 *
 * ## Forward
 *
 * \`\`\`math
 * Y_i = TODO
 * \`\`\`
 *
 * ## Derivation
 *
 * TODO: Small steps, each with its reason. The chain rule sums over every output
 * that $\`X_i\`$ acts on:
 *
 * \`\`\`math
 * \\frac{\\partial E}{\\partial X_i}
 *   = \\sum_{a=1}^{n} \\frac{\\partial E}{\\partial Y_a} \\frac{\\partial Y_a}{\\partial X_i}
 * \`\`\`
 *
 * \`\`\`math
 * \\frac{\\partial Y_a}{\\partial X_i} = \\delta_{ai} TODO
 * \`\`\`
 *
 * ## Backward
 *
 * {@linkcode ${name}Dx}:
 *
 * \`\`\`math
 * \\frac{\\partial E}{\\partial X_i} = TODO
 * \`\`\`
 *
 * ## Special points
 *
 * TODO: Kinks, ties, large numbers, and why the values there are what they are.
 *
 * | at | $\`Y\`$ | $\`\\frac{\\partial E}{\\partial X}\`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ------- | --- | ---------- |
 * | \`x = 0\` | \`TODO\` | \`TODO\` | same | same | same |
 * | \`x = ∞\` | \`TODO\` | \`TODO\` | same | same | same |
 * | \`x = -∞\` | \`TODO\` | \`TODO\` | same | same | same |
 * | \`x = NaN\` | \`NaN\` | \`NaN\` | same | same | same |
 *
 * ## Stability
 *
 * TODO: Where the formula above fails in floating point, and the one that does
 * not. Without such a point, remove this section.
 *
 * ## Cost
 *
 * TODO: How many operations, and what the backward pass needs.
 *
 * ## Example
 *
 * \`\`\`ts
 * import { ${name}, ${name}Dx } from "@adjoint/ops/${entry}";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([0, 1]);
 *
 * assertEquals(${name}(x), tensor([0, 1])); // TODO
 * assertEquals(${name}Dx(x, tensor([1, 1])), tensor([1, 1])); // TODO
 * \`\`\`
 *
 * ## References
 *
 * - PyTorch: \`TODO(x)\`
 * - JAX: \`TODO(x)\`
 * - TensorFlow: \`TODO(x)\`
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import type {
  Float,
  GradientOptions,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("${name}", {
  inputs: { x: "n…" },
  outputs: { y: "n…" },

  forward({ x, y, n }) {
    for (let i = 0; i < n; i++) {
      y[i] = x[i]; // TODO: Yᵢ = …
    }
  },

  backward({ dy, dx, n }) {
    for (let i = 0; i < n; i++) {
      dx[i] = dy[i]; // TODO: ∂E/∂Xᵢ = …
    }
  },
});

/** TODO: What it does: \`Yᵢ = …\`.
 *
 * @param x The tensor, of any shape.
 * @returns The output \`Y\`, of the shape of \`x\`.
 *
 * @example Usage
 * \`\`\`ts
 * import { ${name} } from "@adjoint/ops/${entry}";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(${name}(tensor([0])), tensor([0])); // TODO
 * \`\`\`
 */
export function ${name}<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode ${name}}: \`∂E/∂Xᵢ = TODO\`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of \`x\`.
 * @returns The gradient with respect to \`x\`.
 */
export function ${name}D<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode ${name}} with respect to \`x\`:
 * \`∂E/∂Xᵢ = TODO\`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of \`x\`.
 * @returns The gradient, of the shape of \`x\`.
 */
export function ${name}Dx<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
`;

const test = (name: string, snake: string, family: string) =>
  `// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "../tensor.ts";
import { ${name} } from "./${snake}.ts";
import * as op from "./${snake}.ts";
import source from "./${snake}.ts" with { type: "text" };
import goldens from "../goldens/${snake}.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

describe("${name}()", () => {
  it("TODO: keeps what the page promises in words", () => {
    assertEquals(${name}(tensor([0])), tensor([0]));
  });
});

describeProof("ops/${family}/${snake}.ts", source, op, goldens);
`;

/** `mod.ts` with the functions of an operation, behind those of its family. */
function withExport(mod: string, name: string, path: string): string {
  const line = `export { ${name}, ${name}D, ${name}Dx } from "./${path}";\n`;
  const family = path.split("/")[1];
  const own = mod.lastIndexOf(`"./ops/${family}/`);
  if (own >= 0) {
    const end = mod.indexOf("\n", own) + 1;
    return mod.slice(0, end) + line + mod.slice(end);
  }
  const later = FAMILIES.slice(FAMILIES.indexOf(family) + 1)
    .map((other) => mod.indexOf(`\n// ${other}\n`)).find((at) => at >= 0);
  const at = later === undefined ? mod.indexOf("\n\nexport *") + 1 : later + 1;
  return `${mod.slice(0, at)}// ${family}\n${line}${mod.slice(at)}`;
}

function refuse(why: string): never {
  console.error(`error: ${why}\n\nUsage: ${USAGE}`);
  Deno.exit(2);
}

const [name, family, ...rest] = Deno.args;
if (name === undefined || family === undefined || rest.length > 0) {
  refuse("Cannot add an operation as there must be a name and a family");
}
if (!/^[a-z][a-zA-Z0-9]*$/.test(name)) {
  refuse(
    `Cannot add ${name} as a name must be letters and digits in camel case: crossEntropy`,
  );
}
if (!FAMILIES.includes(family)) {
  refuse(
    `Cannot add ${name} as there must be such a family: ${family} is none`,
  );
}
const taken = Object.keys(await import("../mod.ts"))
  .find((other) => [name, `${name}D`, `${name}Dx`].includes(other));
if (taken !== undefined) {
  refuse(`Cannot add ${name} as the name must be free: there is ${taken}`);
}
const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const { exports } = JSON.parse(
  await Deno.readTextFile(new URL("deno.json", ROOT)),
);
if (`./${snake.replaceAll("_", "-")}` in exports) {
  refuse(`Cannot add ${name} as the entry point must be free: it is taken`);
}
try {
  new Function(`function ${name}() {}`);
} catch {
  refuse(`Cannot add ${name} as a function must be able to have the name`);
}

const path = `ops/${family}/${snake}.ts`;
const files = {
  [path]: module(name, snake.replaceAll("_", "-")),
  [path.replace(/\.ts$/, "_test.ts")]: test(name, snake, family),
};
await Deno.mkdir(new URL(`ops/${family}/`, ROOT), { recursive: true });
for (const [file, text] of Object.entries(files)) {
  await Deno.writeTextFile(new URL(file, ROOT), text, { createNew: true });
}
const mod = new URL("mod.ts", ROOT);
await Deno.writeTextFile(
  mod,
  withExport(await Deno.readTextFile(mod), name, path),
);
await tables(false);
await deno(["fmt", "-q", "mod.ts", "README.md", ...Object.keys(files)]);

for (const file of Object.keys(files)) {
  const lines = (await Deno.readTextFile(new URL(file, ROOT))).split("\n");
  lines.forEach((line, i) => {
    if (line.includes("TODO")) console.log(`${file}:${i + 1}: ${line.trim()}`);
  });
}
console.log(`
Wrote ${
  Object.keys(files).join(", ")
}, and lines in mod.ts, deno.json, README.md, ops/recorded.ts and
ops/core/testing/library.ts. Replace each TODO listed above, then run
${
  [
    ["tables", "writes the formulas in the comments of functions"],
    [`goldens ${name}`, "writes PyTorch's values"],
    [`verify ${name}`, "proves the page"],
    [`test ${path.replace(/\.ts$/, "_test.ts")}`, "tests it"],
    [`mutate ${name}`, "finds mistakes that the tests miss"],
  ].map(([task, what]) => `  deno task ${task}\n    ${what}`).join("\n")
}`);
