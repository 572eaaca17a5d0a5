// Copyright 2026 the Adjoint authors. MIT license.

// The mistakes that people make in gradients, to be made on purpose. Which of
// them a gradient can have follows from its formulas on the page.

import { matmul, ones, type Tensor } from "../../../mod.ts";
import { dtypeOf } from "../../../ops/core/checks.ts";
import { visit } from "../../../ops/proof/evaluate.ts";
import type { Expr } from "../../../ops/proof/expression.ts";
import { type Op, symbolOf } from "./op.ts";

/** A mistake in the gradient with respect to one input. */
export interface Mistake {
  /** Its name in a link. */
  name: string;
  /** What to do to make it. */
  label: string;
  /** What is wrong then. */
  says: string;
  /** The gradient with the mistake in it. */
  apply(given: readonly Tensor[]): Tensor;
  /** The same as the body of a function of the inputs and `dout`. */
  code: string;
}

/** All mistakes that the gradient with respect to an input can have. */
export function mistakesOf(op: Op, input: number): Mistake[] {
  const { data, backward } = op;
  const names = data.inputs.map(({ parameter }) => parameter);
  const name = `${data.name}D${names[input]}`;
  const args = names.join(", ");
  const gradient = (given: readonly Tensor[]) => backward[input](...given);
  const list: Mistake[] = [{
    name: "sign",
    label: "Flip the sign",
    says: "its sign is flipped",
    apply: (given) => map(gradient(given), (v) => -v),
    code: `const right = ${name}(${args}, dout);
return { ...right, data: right.data.map((v) => -v) };`,
  }];

  const product = data.wholes[input].map(transposedProduct).find(Boolean);
  if (product !== undefined) {
    const place = (e: Expr) =>
      e.kind === "symbol"
        ? data.inputs.findIndex(({ symbol }) => symbol === e.name)
        : names.length;
    const [a, b] = product.map(place);
    if (a >= 0 && b >= 0) {
      list.push({
        name: "transpose",
        label: "Drop the transpose",
        says: "the transpose is left out",
        apply: (given) =>
          matmul(
            given[a] as Tensor<[number, number]>,
            given[b] as Tensor<[number, number]>,
          ),
        code: `return matmul(${[...names, "dout"][a]}, ${
          [...names, "dout"][b]
        });`,
      });
    }
  }

  for (const [index, axis] of sumsOver(op, input)) {
    list.push({
      name: `sum-${index}`,
      label: `Leave out the sum over ${index}`,
      says:
        `the sum over ${index} is left out, so that only ${index} = 1 counts`,
      apply: (given) => {
        const dout = given.at(-1)!;
        const [n, step] = strides(dout, axis);
        const first = (v: number, i: number) =>
          Math.floor(i / step) % n === 0 ? v : 0;
        return gradient([...given.slice(0, -1), map(dout, first)]);
      },
      code: `const step = dout.shape.slice(${
        axis + 1
      }).reduce((a: number, b: number) => a * b, 1);
const first = (v: number, i: number) => Math.floor(i / step) % dout.shape[${axis}] === 0 ? v : 0;
return ${name}(${args}, { ...dout, data: dout.data.map(first) });`,
    });
  }

  list.push({
    name: "double",
    label: "Double it",
    says: "it has a factor 2 too many",
    apply: (given) => map(gradient(given), (v) => 2 * v),
    code: `const right = ${name}(${args}, dout);
return { ...right, data: right.data.map((v) => 2 * v) };`,
  }, {
    name: "dout",
    label: "Forget dout",
    says: `dout is forgotten, and ones stand in its place`,
    apply: (given) => {
      const dout = given.at(-1)!;
      return gradient([
        ...given.slice(0, -1),
        ones(dout.shape, { dtype: dtypeOf(dout) }),
      ]);
    },
    code: `return ${name}(${args}, { ...dout, data: dout.data.map(() => 1) });`,
  });
  if (data.inputs[input].shape.length > 0) {
    list.push({
      name: "shift",
      label: "Be off by one row",
      says: "each row holds what belongs to the next one",
      apply: (given) => {
        const right = gradient(given);
        const [, step] = strides(right, 0);
        return map(right, (_, i) => right.data[i + step] ?? 0);
      },
      code: `const right = ${name}(${args}, dout);
const step = right.data.length / (right.shape[0] ?? 1);
return { ...right, data: right.data.map((_, i) => right.data[i + step] ?? 0) };`,
    });
  }
  return list;
}

/** What is wrong with a broken gradient, as a sentence. */
export function describeMistake(
  op: Op,
  input: number,
  mistake: Mistake,
): string {
  return `∂E/∂${symbolOf(op, input)} is broken on purpose: ${mistake.says}.`;
}

function map(x: Tensor, f: (v: number, i: number) => number): Tensor {
  return { shape: x.shape, data: x.data.map(f) };
}

/** The length of an axis, and the distance of two neighbors along it. */
function strides({ shape }: Tensor, axis: number): [number, number] {
  return [shape[axis] ?? 1, shape.slice(axis + 1).reduce((a, b) => a * b, 1)];
}

/** The factors of a product of two matrices one of which is transposed. */
function transposedProduct(expr: Expr): Expr[] | undefined {
  if (expr.kind !== "product" || expr.factors.length !== 2) return undefined;
  if (!expr.factors.some((e) => e.kind === "transpose")) return undefined;
  const bare = expr.factors.map((e) => e.kind === "transpose" ? e.of : e);
  const isTensor = (e: Expr) => e.kind === "symbol" || e.kind === "partial";
  return bare.every(isTensor) ? bare : undefined;
}

/** The indices that a gradient's formula sums over, and their axes of `dout`. */
function sumsOver(op: Op, input: number): [string, number][] {
  const found: [string, number][] = [];
  visit(op.data.formulas[input + 1].expr, (e, bound) => {
    if (e.kind !== "partial") return;
    const indices = e.by.kind === "element" ? e.by.indices : [];
    for (const [axis, index] of indices.entries()) {
      if (bound.has(index)) found.push([index, axis]);
    }
    return false;
  });
  return found;
}
