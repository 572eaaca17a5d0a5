// Copyright 2026 the Adjoint authors. MIT license.

// The mistakes that people make in gradients, to be made on purpose. Which of
// them a gradient can have follows from its formulas on the page.

import { matmul } from "../../../mod.ts";
import { showShape } from "../../../ops/core/checks.ts";
import { showName } from "../../../ops/proof/language/unicode.ts";
import { gradientCall } from "./code.ts";
import {
  type Chosen,
  givenNames,
  givenSymbols,
  type Op,
  type Tensor,
} from "./op.ts";

/** A mistake in one gradient. */
export interface Mistake {
  /** Its name in a link. */
  name: string;
  /** What to do to make it. */
  label: string;
  /** What is wrong then. */
  says: string;
  /** The gradient with the mistake in it. */
  apply(given: readonly Tensor[], chosen: Chosen): Tensor;
  /** The same as the body of a function of the inputs and `dout`. */
  code(chosen: Chosen): string;
}

/** All mistakes that a gradient can have. */
export function mistakesOf(op: Op, gradient: number): Mistake[] {
  const { data, floats } = op;
  const input = data.inputs[floats[gradient]];
  const names = givenNames(op);
  const at = data.inputs.length;
  const right = (given: readonly Tensor[], chosen: Chosen) =>
    op.gradient(gradient, given, chosen);
  /** The right call, in code; with another dout in place of its own. */
  const call = (chosen: Chosen, dout = "dout") =>
    gradientCall(op, gradient, chosen, dout);
  /** The right gradient, with its elements changed. */
  const change = (
    code: string,
    to: (v: number, i: number, data: Tensor["data"], step: number) => number,
    isShifted = false,
  ): Pick<Mistake, "apply" | "code"> => ({
    apply(given, chosen) {
      const x = right(given, chosen);
      const [, step] = strides(x, 0);
      return map(x, (v, i) => to(v, i, x.data, step));
    },
    code: (chosen) =>
      `const right = ${call(chosen)};
${
        isShifted
          ? "const step = right.data.length / (right.shape[0] ?? 1);\n"
          : ""
      }return { ...right, data: right.data.map(${code}) };`,
  });
  /** The gradient for another dout. */
  const withDout = (
    output: number,
    to: (dout: Tensor) => Tensor,
    code: string,
    before = "",
  ): Pick<Mistake, "apply" | "code"> => ({
    apply: (given, chosen) =>
      right(given.with(at + output, to(given[at + output])), chosen),
    code: (chosen) =>
      `${before}return ${
        call(
          chosen,
          data.outputs.length === 1
            ? code
            : data.list === "outputs"
            ? `dout.with(${output}, ${code})`
            : `{ ...dout, ${data.outputs[output].parameter}: ${code} }`,
        )
      };`,
  });

  const list: Mistake[] = [{
    name: "sign",
    label: "Flip the sign",
    says: "its sign is flipped",
    ...change("(v) => -v", (v) => -v),
  }];
  const { product, sums } = data.forgettable[gradient];
  if (product !== undefined) {
    const [a, b] = product;
    list.push({
      name: "transpose",
      label: "Drop the transpose",
      says: "the transpose is left out",
      apply(given) {
        const [x, y] = [given[a], given[b]];
        const [nameX, nameY] = [a, b].map((i) => showName(givenSymbols(op)[i]));
        if (x.shape[1] !== y.shape[0]) {
          throw new TypeError(
            `Cannot multiply ${nameX} by ${nameY} as ${
              x.shape[1]
            } columns meet ${y.shape[0]} rows: ${nameX} is ${
              showShape(x.shape)
            }, ${nameY} is ${showShape(y.shape)}`,
          );
        }
        return matmul(x as never, y as never);
      },
      code: () => `return matmul(${names[a]}, ${names[b]});`,
    });
  }
  for (const [index, output, axis] of sums) {
    const name = names[at + output];
    list.push({
      name: `sum-${index}`,
      label: `Leave out the sum over ${index}`,
      says:
        `the sum over ${index} is left out, so that only ${index} = 1 counts`,
      ...withDout(
        output,
        (dout) => {
          const [n, step] = strides(dout, axis);
          return map(
            dout,
            (v, i) => Math.floor(i / step) % n === 0 ? v : 0,
          );
        },
        `{ ...${name}, data: ${name}.data.map(first) }`,
        `const step = ${name}.shape.slice(${
          axis + 1
        }).reduce((a: number, b: number) => a * b, 1);
const first = (v: number, i: number) => Math.floor(i / step) % ${name}.shape[${axis}] === 0 ? v : 0;
`,
      ),
    });
  }
  list.push({
    name: "double",
    label: "Double it",
    says: "it has a factor 2 too many",
    ...change("(v) => 2 * v", (v) => 2 * v),
  }, {
    name: "dout",
    label: "Forget dout",
    says: "dout is forgotten, and ones stand in its place",
    ...withDout(
      0,
      (dout) => map(dout, () => 1),
      `{ ...${names[at]}, data: ${names[at]}.data.map(() => 1) }`,
    ),
  });
  if (input.shape.length > 0) {
    list.push({
      name: "shift",
      label: "Be off by one row",
      says: "each row holds what belongs to the next one",
      ...change(
        "(_, i) => right.data[i + step] ?? 0",
        (_, i, data, step) => data[i + step] ?? 0,
        true,
      ),
    });
  }
  return list;
}

/** What is wrong with a broken gradient, as a sentence. */
export function describeMistake(gradient: string, mistake: Mistake): string {
  return `${gradient} is broken on purpose: ${mistake.says}.`;
}

function map(x: Tensor, f: (v: number, i: number) => number): Tensor {
  return { shape: x.shape, data: x.data.map(f) } as Tensor;
}

/** The length of an axis, and the distance of two neighbors along it. */
function strides({ shape }: Tensor, axis: number): [number, number] {
  return [shape[axis] ?? 1, shape.slice(axis + 1).reduce((a, b) => a * b, 1)];
}
