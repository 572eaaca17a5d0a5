// Copyright 2026 the Adjoint authors. MIT license.

// The page of an operation as a notebook for Deno's Jupyter kernel: prose and
// formulas, the declaration with its loops, the example, and a gradient check of
// the loops that the reader can run, and break.

import { declared, drawCall } from "../ops/core/testing/draw.ts";
import { readSource } from "./literate/source.ts";
import type { Op } from "./ops.ts";

/** A cell, in the format of Jupyter. */
interface Cell {
  cell_type: "markdown" | "code";
  id: string;
  metadata: object;
  source: string[];
  execution_count?: null;
  outputs?: [];
}

/** A notebook, in the format of Jupyter. */
export interface Notebook {
  cells: Cell[];
  metadata: object;
  nbformat: 4;
  nbformat_minor: 5;
}

/** Where a module is imported from: `@adjoint/ops/tensor` from JSR, or a disk. */
export type Resolve = (specifier: string) => string;

/** Imports what is published of this version. */
export function fromJsr(name: string, version: string): Resolve {
  return (specifier) =>
    specifier.startsWith(name)
      ? `jsr:${name}@${version}${specifier.slice(name.length)}`
      : `jsr:${specifier}@1`;
}

/** The notebook of an operation. */
export function notebookOf(op: Op, name: string, resolve: Resolve): Notebook {
  const imports = new Map<string, Set<string>>();
  const need = (specifier: string, ...names: string[]) => {
    const known = imports.get(specifier) ?? new Set();
    for (const name of names) known.add(name);
    imports.set(specifier, known);
  };
  const cells: [Cell["cell_type"], string][] = [];
  const { page } = readSource(op.file, op.text);
  const [head, ...sections] = markdownOf(page.text.split(/^@/m)[0])
    .split(/^(?=## )/m);
  const own = declaration(op);
  for (const section of sections) {
    const example = /^## Example\n[^]*?```ts\n([^]*?)```/.exec(section);
    if (example !== null) {
      cells.push(["markdown", section.slice(0, section.indexOf("```ts"))]);
      cells.push(["code", takeImports(example[1], need)]);
      continue;
    }
    cells.push(["markdown", section]);
    if (section.startsWith("## Backward") && own !== undefined) {
      cells.push(["markdown", LOOPS], ["code", own.code]);
      need(`${name}/op`, ...own.names);
    }
  }
  if (!op.takesLists && op.floats.length > 0) {
    cells.push(["markdown", own === undefined ? CHECK : CHECK_OF_LOOPS]);
    cells.push(["code", check(op, name, own !== undefined, need)]);
    cells.push(["markdown", HEATMAP], ["code", heatmap(op, need, name)]);
  }
  if (op.name === SEED.op) {
    cells.push(["markdown", SEED.text], ["code", SEED.code]);
    need(name, "matmul", "ones", "transpose", "zeros");
  }
  const lines = [...imports].map(([specifier, names]) =>
    `import { ${[...names].sort().join(", ")} } from "${resolve(specifier)}";`
  );
  return {
    cells: [
      ["markdown", head] as const,
      ["code", lines.sort().join("\n")] as const,
      ...cells,
    ].map(([type, text], i) => cell(type, text.trim(), i)),
    metadata: {
      kernelspec: {
        name: "deno",
        display_name: "Deno",
        language: "typescript",
      },
      language_info: { name: "typescript", file_extension: ".ts" },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
}

type Need = (specifier: string, ...names: string[]) => void;

function cell(type: Cell["cell_type"], text: string, i: number): Cell {
  const source = text.split(/(?<=\n)/);
  const common = { cell_type: type, id: `cell-${i}`, metadata: {}, source };
  return type === "code"
    ? { ...common, execution_count: null, outputs: [] }
    : common;
}

/** The comment of a module as Jupyter has Markdown: formulas between dollars. */
export function markdownOf(text: string): string {
  return text
    .replaceAll(/^```math\n([^]*?)^```$/gm, (_, tex) => `$$\n${tex}$$`)
    .replaceAll(/\$`([^`]+)`\$/g, (_, tex) => `$${tex}$`)
    .replaceAll(/\{@link(?:code)? \[[^\]]*\]\s+([^}]+)\}/g, "$1")
    .replaceAll(/\{@linkcode ([^}]+)\}/g, "`$1`");
}

/** What the entry point `op` gives to declarations. */
const DECLARES = [
  ...["axes", "axis", "flag", "integer", "number", "op", "pair"],
  ...["Blocks", "LONG", "sumOf"],
];

/**
 * The declaration of an operation as the reader's own, without its kernels but with
 * the functions of its module that its loops call, and what it needs of the entry
 * point `op`; nothing where it needs more.
 */
export function declaration({ file, text }: Op) {
  const { declarations, lines, imports } = readSource(file, text);
  const codeOf = ({ from, to }: { from: number; to: number }) =>
    lines.slice(from - 1, to).join("\n").replace(/^export /, "");
  const mine = declarations.find(({ name }) => name === "signature")!;
  const code = codeOf(mine)
    .replace(/^ {2}kernels: [^\n]*(?:,$|\{$[^]*?^ {2}\},?$)\n?/m, "")
    .replace(/^const signature: Signature = /, "const mine = ")
    .replace(/\n+\}\);$/, "\n});");
  const parts = [code];
  const names = new Set<string>();
  for (let i = 0; i < parts.length; i++) {
    for (const name of wordsOf(parts[i])) {
      const own = declarations.find((one) => one.name === name);
      const isImported = imports.some(({ names }) => names.includes(name));
      if (own !== undefined && own !== mine) {
        const part = codeOf(own);
        if (!parts.includes(part)) parts.push(part);
      } else if (DECLARES.includes(name) && isImported) names.add(name);
      else if (isImported && !isType(name, parts[i])) return undefined;
      else if (name === "signature") return undefined;
    }
  }
  return { code: parts.reverse().join("\n\n"), names: [...names] };
}

/** Whether a name is that of a type, which the kernel leaves out. */
function isType(name: string, code: string): boolean {
  return /^\p{Lu}\p{Ll}/u.test(name) && !code.includes(`new ${name}(`);
}

/** The names in code, without comments, texts and members. */
function wordsOf(code: string): Set<string> {
  const bare = code.replaceAll(/\/\*[^]*?\*\/|\/\/.*|"[^"\n]*"/g, "");
  return new Set(bare.match(/(?<![.\w$])[A-Za-z_$][\w$]*(?!\s*:(?!:))/g));
}

/** Removes the imports from code, because an earlier cell has them. */
function takeImports(code: string, need: Need): string {
  return code.replaceAll(
    /^import \{([^}]*)\} from "([^"]+)";\n/gm,
    (_, names: string, specifier: string) => {
      need(
        specifier,
        ...names.split(",").map((name) => name.trim())
          .filter((name) => name !== "" && !name.startsWith("type ")),
      );
      return "";
    },
  );
}

const LOOPS =
  "### The loops\n\nThis is how the library declares the operation: its shapes, and the loops that compute the formulas above. Here it is yours.";

const CHECK_OF_LOOPS =
  "## Run it, and break it\n\n`gradcheck` compares the loops of `backward` with differences of `forward`. Run the cell. Then change a sign or an index in the loops above, run that cell and this one again, and read what it says.";

const CHECK =
  "## Run it, and break it\n\n`gradcheck` compares the gradients with differences of the forward function. Run the cell. Then change `factor` to 2, run it again, and read what it says.";

const HEATMAP =
  "## Look at it\n\n`show` displays a tensor as a heatmap, if it is the last expression of a cell.";

/** A number as it is typed. */
const literal = (v: number) => String(Number(v.toPrecision(3)));

/** Numbers that are the same for everyone, and a check of the gradients there. */
function check(
  op: Op,
  name: string,
  isOwn: boolean,
  need: Need,
): string {
  const { signature } = op;
  let state = 7;
  const call = drawCall(signature, (bound) => {
    state = Math.imul(state, 1103515245) + 12345 >>> 0;
    return (state >>> 8) % bound;
  }, {
    sizes: [2, 3],
    rank: 1,
    steps: 200,
    contents: ["reals"],
    dtypes: ["float64"],
    nulls: false,
  });
  const inOptions = op.inputs.filter(({ option }) => option)
    .map(({ parameter }) => parameter);
  const all = Object.keys(signature.spec.inputs);
  const given = all.filter((input) => !inOptions.includes(input));
  const floats = given.filter((input) =>
    declared(signature.spec.inputs[input]).integer === undefined
  );
  need(`${name}/tensor`, "tensor");
  need(`${name}/gradcheck`, "gradcheck");
  const lines = all.map((input) => {
    const { shape, data } = call.inputs[input]!;
    const dtype = floats.includes(input) || inOptions.includes(input)
      ? "float64"
      : "int32";
    return `const ${input} = tensor([${[...data].map(literal).join(", ")}], ${
      JSON.stringify(shape)
    }, { dtype: "${dtype}" });`;
  });
  const options = [
    ...Object.entries(call.shapes.options)
      .map(([key, value]) =>
        `${key}: ${
          typeof value === "number" ? `${value}` : JSON.stringify(value)
        }`
      ),
    ...inOptions,
  ];
  lines.push(
    `const options = { ${options.join(", ")} };`.replace("{  }", "{}"),
  );
  if (!isOwn) lines.push("const factor = 1;");
  const args = given.join(", ");
  const last = given.length === floats.length ? args : floats.join(", ");
  const forward = isOwn
    ? `mine.forward([${args}], options)`
    : `${op.name}(${args}, options)`;
  const backward = floats.map((input) => {
    if (isOwn) {
      return `  (${last}, dout) => mine.gradient("${input}", [${args}, dout], options),`;
    }
    const f = `${op.name}D${input}`;
    need(`${name}/${op.entry}`, f);
    return `  (${last}, dout) => {\n    const { shape, data } = ${f}(${args}, dout, options);\n    return { shape, data: data.map((v) => v * factor) };\n  },`;
  });
  need(`${name}/${op.entry}`, op.name);
  return `${lines.join("\n")}

const report = gradcheck(
  (${last}) => ${forward},
  [
${backward.join("\n").replaceAll(/^/gm, "  ")}
  ],
  [${floats.join(", ")}],
);
console.log(report.message);
report.ok;`;
}

function heatmap(op: Op, need: Need, name: string): string {
  need(`${name}/show`, "show");
  const given = op.inputs.filter(({ option }) => !option)
    .map(({ parameter }) => parameter);
  const call = `${op.name}(${given.join(", ")}, options)`;
  const [first, ...others] = Object.keys(op.signature.spec.outputs);
  return others.length > 0 ? `show(${call}.${first});` : `show(${call});`;
}

/** What is said about the notebook that the library began with. */
const SEED = {
  op: "linear",
  text: `## What the first notebook showed

This library began as a notebook in Python, with four operations: matrix
multiplication, add bias, the linear layer and the sum. Each had its formulas and
three lines of NumPy, and printed how far the results were from PyTorch's: 0.0 for
products, and at most 1.6e-05 for sums, the rounding of float32. **All its code was
right. Its page was not**, and nobody noticed, because nobody runs the mathematics
on a page:

- for the linear layer it said $\\frac{\\partial E}{\\partial W} = X^T \\frac{\\partial E}{\\partial Z}$, which is the transpose of the gradient: the code beside it computed \`dout.T @ x\`;
- it called the output $Y$ in one formula and $Z$ in the next;
- it gave the product $Z$ of an $m \\times n$ and an $n \\times p$ matrix no shape, and $X$ two;
- for add bias it used a vector $y$ in the words and $b$ in the formula.

The next cell tries the formula with the notebook's sizes: 18 rows, 14 inputs and 5
outputs. Here such a formula does not get onto a page, because each is executed
before the page is published.`,
  code:
    `const rows = ones([18, 14]), weights = zeros([5, 14]), dy = ones([18, 5]);

const onThePage = matmul(transpose(rows), dy);
const inTheCode = matmul(transpose(dy), rows);
({ weights: weights.shape, page: onThePage.shape, code: inTheCode.shape });`,
};
