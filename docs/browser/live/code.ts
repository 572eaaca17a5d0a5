// Copyright 2026 the Adjoint authors. MIT license.

// A program that computes what the panel shows.

import { mistakeOf } from "./compute.ts";
import { exact } from "./numbers.ts";
import { type DType, givenNames, type Op, type Tensor } from "./op.ts";
import { givenTensors, type State } from "./state.ts";

/** The TypeScript that gives a reader the numbers of a state. */
export function program(op: Op, state: State): string {
  const { data } = op;
  const given = givenTensors(op, state);
  const names = givenNames(op);
  const inputs = names.slice(0, -1);
  const output = names.includes(data.output.symbol.toLowerCase())
    ? "out"
    : data.output.symbol.toLowerCase();
  const mistake = mistakeOf(op, state);
  const backward = inputs.map((name, i) =>
    mistake !== undefined && i === state.broken!.input
      ? `broken${name[0].toUpperCase()}${name.slice(1)}`
      : `${data.name}D${name}`
  );

  const body = [
    ...names.map((name, i) =>
      `const ${name} = ${literal(given[i], state.dtype)};`
    ),
    "",
    `const ${output} = ${data.name}(${inputs.join(", ")});`,
  ];
  if (mistake !== undefined) {
    body.push(
      "",
      `// Broken on purpose: ${mistake.says}.`,
      `const ${backward[state.broken!.input]}: TensorFunction = (${
        names.join(", ")
      }) => {`,
      ...mistake.code.split("\n").map((line) => `  ${line}`),
      "};",
    );
  }
  body.push(
    ...inputs.map((name, i) =>
      `const d${name} = ${backward[i]}(${names.join(", ")});`
    ),
    "",
    `console.log({ ${
      [output, ...inputs.map((name) => `d${name}`)].join(", ")
    } });`,
  );
  if (state.checked) {
    body.push(
      "",
      `const report = gradcheck(${data.name}, [${backward.join(", ")}], [${
        inputs.join(", ")
      }], { dout, names: [${inputs.map((name) => `"${name}"`).join(", ")}] });`,
      "console.log(report.message);",
    );
  }

  const text = body.join("\n");
  const used = [
    data.name,
    ...inputs.map((name) => `${data.name}D${name}`),
    "matmul",
    "tensor",
  ].filter((name, i, all) =>
    all.indexOf(name) === i &&
    new RegExp(`\\b${name}\\(|\\[.*\\b${name}\\b.*\\], \\[`).test(text)
  );
  const check = [
    ...state.checked ? ["gradcheck"] : [],
    ...mistake === undefined ? [] : ["type TensorFunction"],
  ];
  return [
    `import { ${used.toSorted().join(", ")} } from "${data.package}";`,
    ...check.length > 0
      ? [`import { ${check.join(", ")} } from "${data.package}/gradcheck";`]
      : [],
    "",
    text,
    "",
  ].join("\n");
}

/** A call that makes the tensor; where nesting cannot say the shape, with it. */
function literal({ shape, data }: Tensor, dtype: DType): string {
  const options = dtype === "float64" ? `, { dtype: "float64" }` : "";
  if (shape.includes(0)) return `tensor([], [${shape.join(", ")}]${options})`;
  const nested = (axis: number, from: number): string => {
    if (axis === shape.length) return exact(data[from], dtype);
    const step = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    const parts = Array.from(
      { length: shape[axis] },
      (_, i) => nested(axis + 1, from + i * step),
    );
    return `[${parts.join(", ")}]`;
  };
  return `tensor(${nested(0, 0)}${options})`;
}
