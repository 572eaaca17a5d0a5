// Copyright 2026 the Adjoint authors. MIT license.

// A program that computes what the panel shows.

import { mistakeOf } from "./compute.ts";
import { exact } from "./numbers.ts";
import {
  type Chosen,
  type DType,
  gradientName,
  listsOf,
  type Op,
  type Tensor,
} from "./op.ts";
import { dtypeFor, givenTensors, type State } from "./state.ts";

/** The arguments of a call: the inputs, `dout` if any, and the options. */
export function argumentsOf(op: Op, chosen: Chosen, dout?: string): string {
  const { inputs, options, fixed, list } = op.data;
  const isOption = (input: typeof inputs[number]) => input.isOption === true;
  const names = (of: typeof inputs) => of.map(({ parameter }) => parameter);
  const lists = listsOf(op, chosen);
  const said = list !== undefined ? lists.options : Object.fromEntries(
    options.filter(({ name, isSaid, default: value }) =>
      isSaid || chosen.options[name] !== value
    ).map(({ name }) => [name, chosen.options[name]]),
  );
  const chosenOptions = Object.entries({ ...fixed, ...said })
    .map(([name, value]) =>
      `${name}: ${JSON.stringify(value).replaceAll(",", ", ")}`
    );
  const given = [...chosenOptions, ...names(inputs.filter(isOption))];
  const tensors = names(inputs.filter((input) => !isOption(input)));
  return [
    ...list === "inputs" ? [`[${tensors.join(", ")}]`] : tensors,
    ...lists.shape.map((shape) => `[${shape.join(", ")}]`),
    ...dout === undefined ? [] : [dout],
    ...given.length === 0 ? [] : [`{ ${given.join(", ")} }`],
  ].join(", ");
}

/** The call of a gradient, which may be one of a list. */
export function gradientCall(
  op: Op,
  k: number,
  chosen: Chosen,
  dout = "dout",
): string {
  const call = `${gradientName(op.data, k)}(${argumentsOf(op, chosen, dout)})`;
  return op.data.list === "inputs" ? `${call}[${k}]` : call;
}

/** The TypeScript that gives a reader the numbers of a state. */
export function program(op: Op, state: State): string {
  const { name, inputs, outputs, list, package: packageName } = op.data;
  const isList = list === "outputs";
  const given = givenTensors(op, state);
  const literals = given.map((x, i) => literal(x, dtypeFor(op, state, i)));
  const parameters = inputs.map(({ parameter }) => parameter);
  const floats = op.floats.map((i) => parameters[i]);
  const douts = literals.slice(inputs.length);
  const single = outputs.length === 1;
  // A result must not have the name of an input.
  const results = outputs.map(({ parameter }) =>
    parameters.includes(parameter) ? `${parameter}Out` : parameter
  );
  const mistake = mistakeOf(op, state);
  const broken = state.broken && floats[state.broken.gradient];
  const gradients = floats.map((input, k) =>
    mistake !== undefined && input === broken
      ? `broken${input[0].toUpperCase()}${input.slice(1)}`
      : gradientName(op.data, k)
  );
  /** A gradient's call. */
  const call = (k: number) =>
    floats[k] === broken && mistake !== undefined
      ? `${gradients[k]}(${[...parameters, "dout"].join(", ")})`
      : gradientCall(op, k, state);

  const body = [
    ...parameters.map((name, i) => `const ${name} = ${literals[i]};`),
    ...floats.length === 0 ? [] : [
      single
        ? `const dout = ${douts[0]};`
        : isList
        ? `const dout = [${douts.join(", ")}];`
        : `const dout = { ${
          outputs.map(({ parameter }, i) => `${parameter}: ${douts[i]}`).join(
            ", ",
          )
        } };`,
    ],
    "",
    `const ${
      single
        ? results[0]
        : isList
        ? `[${results.join(", ")}]`
        : `{ ${
          outputs.map(({ parameter }, i) =>
            parameter === results[i] ? parameter : `${parameter}: ${results[i]}`
          ).join(", ")
        } }`
    } = ${name}(${argumentsOf(op, state)});`,
  ];
  if (mistake !== undefined) {
    body.push(
      "",
      `// Broken on purpose: ${mistake.says}.`,
      `const ${gradients[state.broken!.gradient]}: TensorFunction = (${
        [...parameters, "dout"].join(", ")
      }) => {`,
      ...mistake.code(state).split("\n").map((line) => `  ${line}`),
      "};",
    );
  }
  body.push(
    ...floats.map((input, k) => `const d${input} = ${call(k)};`),
    "",
    `console.log({ ${
      [...results, ...floats.map((input) => `d${input}`)].join(", ")
    } });`,
  );
  if (state.checked) {
    // Options and integers stay as they are.
    const isPlain = floats.length === inputs.length &&
      argumentsOf(op, state) === parameters.join(", ");
    const functions = isPlain ? [name, `[${gradients.join(", ")}]`] : [
      `(${floats.join(", ")}) => ${name}(${argumentsOf(op, state)})`,
      `[${
        floats.map((_, k) =>
          `(${[...floats, "dout"].join(", ")}) => ${call(k)}`
        )
          .join(", ")
      }]`,
    ];
    body.push(
      "",
      `const report = gradcheck(${functions.join(", ")}, [${
        floats.join(", ")
      }], { dout, names: [${
        floats.map((input) => `"${input}"`).join(", ")
      }] });`,
      "console.log(report.message);",
    );
  }

  const text = body.join("\n");
  const used = [
    name,
    ...floats.map((_, k) => gradientName(op.data, k)),
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
    `import { ${used.toSorted().join(", ")} } from "${packageName}";`,
    ...check.length > 0
      ? [`import { ${check.join(", ")} } from "${packageName}/gradcheck";`]
      : [],
    "",
    text,
    "",
  ].join("\n");
}

/** A call that makes the tensor; where nesting cannot say the shape, with it. */
function literal({ shape, data }: Tensor, dtype: DType): string {
  const options = dtype === "float32" ? "" : `, { dtype: "${dtype}" }`;
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
