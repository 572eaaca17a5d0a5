// Copyright 2026 the Adjoint authors. MIT license.

// The functions under test: how they are called, and what they must not do.

import { show } from "../core/checks.ts";
import { checkTensor, dtypeOf, type Tensor } from "./floats.ts";
import type { TensorFunction } from "../gradcheck.ts";
import { copy, copyData, difference, ownScales } from "./tensors.ts";
import { showIndex } from "./words.ts";

/** What is being done, for the message of an error. */
export const ACT = "run gradcheck";

/** Of a name, and of what a function says when it throws, no more is shown. */
const MAX_NAME = 100, MAX_MESSAGE = 1000;

/** A text of others as far as it is shown. */
export function cut(text: string, length: number = MAX_NAME): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

/** The relative step of a central difference, see the module's page. */
export const STEP: number = Math.cbrt(Number.EPSILON);

export interface Named {
  readonly f: TensorFunction;
  readonly label: string;
}

/** What is checked, and how. */
export interface Check {
  readonly forward: Named;
  readonly backward: readonly (Named | null)[];
  readonly names: readonly string[];
  readonly inputs: readonly Tensor[];
  /** For each element, the size of which its steps are fractions. */
  readonly scales: readonly Float64Array[];
  readonly rtol: number;
  readonly atol: number | undefined;
  readonly random: () => number;
  readonly problems: Set<Problem>;
}

/** A check whose forward function has been seen to work. */
export interface Point extends Check {
  readonly output: Tensor;
  readonly dout: Tensor;
}

/** What a function under test did that it must not do. */
export class Problem extends Error {}

/** Runs a part of the check, which a problem ends. */
export function attempt<T>(check: Check, part: () => T): T | undefined {
  try {
    return part();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    check.problems.add(error);
    return undefined;
  }
}

/** Calls a function with copies: what it returns, and what it made of them. */
export function call(
  { f, label }: Named,
  args: readonly Tensor[],
): { result: Tensor; left: Tensor[] } {
  const left = args.map(copy);
  let result: Tensor;
  try {
    result = f(...left);
  } catch (cause) {
    throw new Problem(`${label} throws ${showThrown(cause)}`, { cause });
  }
  try {
    result = checkTensor(ACT, `the result of ${label}`, result);
  } catch (error) {
    ignore(result);
    throw new Problem((error as Error).message);
  }
  // A function may return the same buffer in every call.
  const { shape, data } = result;
  return { result: { shape, data: copyData(data) }, left };
}

/**
 * Of an asynchronous function, the report says that it returns a promise. That
 * nobody waits for it, be it rejected, must not end the process besides.
 */
function ignore(result: unknown): void {
  try {
    if (result instanceof Promise) result.then(undefined, () => {});
  } catch {
    // A proxy, or a promise that does not say what it is.
  }
}

/** What was thrown, which may be anything, in a few words. */
function showThrown(cause: unknown): string {
  try {
    if (cause instanceof Error) {
      const { name, message } = cause;
      return `${cut(`${name}`)}: ${cut(`${message}`, MAX_MESSAGE)}`;
    }
  } catch {
    // Its name or message cannot be read.
  }
  return show(cause);
}

/** The name of a function; nothing where it has none that is a text. */
export function nameOf(f: TensorFunction | null): string {
  try {
    const name: unknown = f?.name;
    return typeof name === "string" ? cut(name) : "";
  } catch {
    return ""; // A proxy, or a getter that throws.
  }
}

/** Calls a function, and reports the arguments that it wrote to. */
function audit(check: Check, f: Named, args: readonly Tensor[]): Tensor {
  const { result, left } = call(f, args);
  for (const [k, x] of args.entries()) {
    const change = changeOf(x, left[k]);
    if (change !== undefined) {
      check.problems.add(
        new Problem(
          `${f.label} overwrites ${check.names[k] ?? "dout"}: ${change}`,
        ),
      );
    }
  }
  return result;
}

/** In words, what a function made of an argument, which may be anything now. */
function changeOf(x: Tensor, left: Tensor): string | undefined {
  try {
    left = checkTensor(ACT, "what is left", left);
  } catch {
    return "it is no tensor any more";
  }
  return difference(x, left);
}

export function callForward(check: Check, inputs: readonly Tensor[]): Tensor {
  const output = audit(check, check.forward, inputs);
  const { label } = check.forward;
  const nan = output.data.findIndex((z) => Number.isNaN(z));
  if (nan >= 0) {
    check.problems.add(
      new Problem(
        `${label} returns NaN at ${
          showIndex(nan, output.shape)
        }: nothing can be compared there`,
      ),
    );
  } else if (
    output.data.length > 0 && output.data.every((z) => !Number.isFinite(z))
  ) {
    check.problems.add(
      new Problem(`${label} returns no finite number: nothing can be compared`),
    );
  }
  if (dtypeOf(output) === "float32") {
    throw new Problem(
      `${check.forward.label} returns float32 for inputs in float64: a difference quotient needs float64`,
    );
  }
  return output;
}

/**
 * Calls all functions again and again with the same arguments. The gradients,
 * where there are any; none if the forward function cannot be differentiated.
 */
export function checkPurity(point: Point): (Tensor | undefined)[] {
  const { forward, backward, inputs, output, dout, problems } = point;
  const before = problems.size;
  const expect = (
    label: string,
    when: string,
    first: Tensor,
    again: Tensor,
  ) => {
    const change = difference(first, again);
    if (change !== undefined) {
      problems.add(
        new Problem(`${label} gives another result ${when}: ${change}`),
      );
    }
  };
  const again = (when: string) =>
    attempt(
      point,
      () => expect(forward.label, when, output, call(forward, inputs).result),
    );

  again("when it is called again");
  // Of small multiples of one number, all are in float32 by chance.
  const elsewhere = [nudge(point), move(point)]
    .flatMap((inputs) => tryForward(point, inputs) ?? []);
  if (
    elsewhere.length > 0 && elsewhere.every((z) => isRounded(output, z))
  ) {
    problems.add(
      new Problem(
        `${forward.label} rounds to float32: a difference quotient needs float64`,
      ),
    );
  }
  if (problems.size > before) return inputs.map(() => undefined);

  const gradients = backward.map((f) =>
    f === null
      ? undefined
      : attempt(point, () => audit(point, f, [...inputs, dout]))
  );
  again("after the backward functions were called");
  tryForward(point, nudge(point));
  for (const [k, gradient] of gradients.entries()) {
    const f = backward[k];
    if (f === null || gradient === undefined) continue;
    attempt(point, () =>
      expect(
        f.label,
        "when it is called again",
        gradient,
        call(f, [...inputs, dout]).result,
      ));
  }
  return gradients;
}

/** Inputs a little way off. */
function nudge({ inputs, scales, random }: Check): Tensor[] {
  return inputs.map(({ shape, data }, k) => ({
    shape,
    data: data.map((x, i) => x + STEP * scales[k][i] * random()),
  }));
}

/** Inputs well away: those with a gradient, others may be masks or indices. */
export function move({ inputs, scales, backward, random }: Check): Tensor[] {
  return inputs.map(({ shape, data }, k) => {
    const own = ownScales(data, scales[k]);
    return {
      shape,
      data: data.map((x, i) =>
        backward[k] === null ? x : x + own[i] * random() / 8
      ),
    };
  });
}

/** The output elsewhere, where the function may well refuse to work. */
export function tryForward(
  { forward }: Check,
  inputs: readonly Tensor[],
): Tensor | undefined {
  try {
    return call(forward, inputs).result;
  } catch {
    return undefined;
  }
}

/** Whether all that differs in another output is in float32. */
function isRounded(output: Tensor, elsewhere: Tensor): boolean {
  const moved = elsewhere.data.filter((z, i) => z !== output.data[i]);
  return moved.every((z) => Math.fround(z) === z) &&
    moved.some((z) => Number.isFinite(z) && !Number.isInteger(z));
}
