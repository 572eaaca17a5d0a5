// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The page of an operation as code: its formulas, evaluated where the signature
 * would run the loops. So tensors of any rank, axes, broadcasting and options
 * become what the page speaks of in the same way for both.
 *
 * @module
 */

import { op as declare, type Signature } from "@adjoint/ops/op";
import { inLoop } from "@adjoint/ops/signature";
import { type AnyTensor, draw, Random } from "./inputs.ts";
import { type FloatTensor, lettersOf, type Operation } from "./operation.ts";
import { positional } from "./positional.ts";
import { PageScope } from "./scopes.ts";
import { Sizes } from "./sizes.ts";
import { givenOf, type Kind } from "./truth.ts";

/** What the loops of a signature see: arrays, sizes and options by name. */
type Env = Record<string, AnyTensor["data"] | number | boolean | undefined>;

/** What happens to the elements of an output or gradient. */
export type Fill<T> = (
  key: string,
  data: FloatTensor["data"],
  scope: PageScope<T>,
) => void;

/** The functions of an operation, by other loops than its own or without kernels. */
export interface PageCode {
  forward(inputs: readonly unknown[], options: object): FloatTensor[];
  backward(
    inputs: readonly unknown[],
    douts: readonly unknown[],
    options: object,
  ): FloatTensor[];
}

/** The page of an operation as code. */
export function pageCode<T>(
  op: Operation,
  kind: Kind<T>,
  fill: Fill<T>,
): PageCode {
  const { spec } = op.signature;
  const run = (env: Env, isForward: boolean) => {
    const scope = scopeOf(op, env, kind);
    if (isForward) {
      for (const { symbol, parameter } of op.outputs) {
        fill(
          symbol,
          env[inLoop(parameter, spec)] as FloatTensor["data"],
          scope,
        );
      }
      return;
    }
    for (const { symbol, parameter } of op.floats) {
      const data = env[`d${parameter}`] as FloatTensor["data"] | undefined;
      if (data !== undefined) fill(`∂E/∂${symbol}`, data, scope);
    }
  };
  const page = declare(op.name, {
    ...spec,
    kernels: undefined,
    indices: false,
    forward: (env: unknown) => run(env as Env, true),
    backward: (env: unknown) => run(env as Env, false),
  } as never);
  return codeOf(op, page);
}

/** The loops of an operation as code, without the kernels that run in their place;
 * undefined if it has none of these. */
export function loopCode(op: Operation): PageCode | undefined {
  const { name, signature: { spec }, takesLists } = op;
  if (spec.kernels === undefined || takesLists) return undefined;
  return codeOf(op, declare(name, { ...spec, kernels: undefined }));
}

/** The functions of a signature, as the page calls them. */
function codeOf(op: Operation, signature: Signature): PageCode {
  const { spec } = signature;
  const outputs = op.outputs.map(({ parameter }) => parameter);
  const single = outputs.length === 1;
  const count = op.inputs.filter(({ option }) => !option).length;
  const forward = positional(
    spec,
    (...args) => signature.forward(args.slice(0, count), args[count] as object),
    0,
  );
  const backward = positional(
    spec,
    (...args) =>
      signature.backward(args.slice(0, count + 1), args[count + 1] as object),
    1,
  );
  return {
    forward(inputs, options) {
      const result = forward(...inputs, options);
      return single
        ? [result as FloatTensor]
        : outputs.map((name) => (result as Record<string, FloatTensor>)[name]);
    },
    backward(inputs, douts, options) {
      const dout = single
        ? douts[0]
        : Object.fromEntries(outputs.map((name, i) => [name, douts[i]]));
      const result = backward(...inputs, dout, options) as Record<
        string,
        FloatTensor
      >;
      return op.floats.map(({ parameter }) => result[parameter]);
    },
  };
}

/** The page's symbols for what a loop sees. */
function scopeOf<T>(
  op: Operation,
  env: Env,
  { field, given, exact }: Kind<T>,
): PageScope<T> {
  // Loops see inputs that are broadcast written out, as one row of the page's.
  const row = op.broadcasts
    ? lettersOf(op.inputs).find((letter) =>
      op.inputs.every(({ shape }) => shape.includes(letter))
    )
    : undefined;
  const sizes = new Sizes(
    [...lettersOf(op.inputs), ...op.symbols.keys()].flatMap((name) => {
      const value = !op.broadcasts || op.symbols.has(name)
        ? env[name]
        : name === row
        ? (env[op.inputs[0].parameter] as AnyTensor["data"]).length
        : 1;
      if (typeof value !== "number") return [];
      const symbol = op.symbols.get(name)?.symbol ?? name;
      return [[symbol, value] as const];
    }),
  );
  const tensor = (
    data: Env[string],
    shape: readonly number[],
    value = 0,
  ): AnyTensor => ({
    shape,
    data: data as AnyTensor["data"] ??
      new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(value),
  });
  return new PageScope(
    op,
    givenOf(
      op,
      {
        sizes,
        inputs: op.inputs.map((input, i) =>
          tensor(
            env[input.parameter],
            sizes.shape(input.shape),
            input.optional ? absent(op, i) : 0,
          )
        ),
        options: env,
        douts: op.outputs.map(({ parameter, shape }) =>
          tensor(
            env[`d${inLoop(parameter, op.signature.spec)}`],
            sizes.shape(shape),
          )
        ),
      },
      given,
      exact,
    ),
    field,
  );
}

const known = new WeakMap<Operation, Map<number, number>>();

/** What `null` stands for: 0 as a bias, 1 as a scale, as the code shows. */
function absent(op: Operation, input: number): number {
  const found = known.get(op) ?? new Map<number, number>();
  known.set(op, found);
  let value = found.get(input);
  if (value === undefined) {
    const { inputs, options } = draw(op, "plain", 0, new Random(7));
    const without = op.functions.forward(
      inputs.with(input, null as never),
      options,
    );
    const isOne = [0, 1].map((value) => {
      const { shape, data } = inputs[input];
      const filled = { shape, data: new Float64Array(data.length).fill(value) };
      const outputs = op.functions.forward(inputs.with(input, filled), options);
      return outputs.every(({ data }, i) =>
        data.every((x, j) => Math.abs(x - without[i].data[j]) < 1e-9)
      );
    })[1];
    value = isOne ? 1 : 0;
    found.set(input, value);
  }
  return value;
}
