// Copyright 2026 the Adjoint authors. MIT license.

// A program that computes what the panel shows.

import { mistakeOf } from "./compute.ts";
import { exact } from "./numbers.ts";
import type { Chosen, DType, Op, Tensor } from "./op.ts";
import { dtypeFor, givenTensors, type State } from "./state.ts";

/** The arguments of a call: the inputs, `dout` if any, and the options. */
export function argumentsOf(op: Op, chosen: Chosen, dout?: string): string {
  const { inputs, options, fixed } = op.data;
  const isOption = (input: typeof inputs[number]) => input.isOption === true;
  const names = (of: typeof inputs) => of.map(({ parameter }) => parameter);
  const chosenOptions = [
    ...Object.entries(fixed),
    ...options.filter(({ name, isSaid, default: value }) =>
      isSaid || chosen.options[name] !== value
    ).map(({ name }) => [name, chosen.options[name]]),
  ].map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  const given = [...chosenOptions, ...names(inputs.filter(isOption))];
  return [
    ...names(inputs.filter((input) => !isOption(input))),
    ...dout === undefined ? [] : [dout],
    ...given.length === 0 ? [] : [`{ ${given.join(", ")} }`],
  ].join(", ");
}

/** The TypeScript that gives a reader the numbers of a state. */
export function program(op: Op, state: State): string {
  const { name, inputs, outputs, package: packageName } = op.data;
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
  const gradients = floats.map((input) =>
    mistake !== undefined && input === broken
      ? `broken${input[0].toUpperCase()}${input.slice(1)}`
      : `${name}D${input}`
  );
  /** A gradient's call. */
  const call = (k: number) =>
    floats[k] === broken && mistake !== undefined
      ? `${gradients[k]}(${[...parameters, "dout"].join(", ")})`
      : `${gradients[k]}(${argumentsOf(op, state, "dout")})`;

  const body = [
    ...parameters.map((name, i) => `const ${name} = ${literals[i]};`),
    single
      ? `const dout = ${douts[0]};`
      : `const dout = { ${
        outputs.map(({ parameter }, i) => `${parameter}: ${douts[i]}`).join(
          ", ",
        )
      } };`,
    "",
    `const ${
      single
        ? results[0]
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
    ...floats.map((input) => `${name}D${input}`),
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
