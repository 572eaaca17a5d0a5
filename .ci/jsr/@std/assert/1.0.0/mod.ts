// Copyright 2026 the Adjoint authors. MIT license.

// Stands in for `jsr:@std/assert` where JSR cannot be reached: the assertions
// that this project uses, as strict as the real ones.

import { inspect } from "node:util";

// deno-lint-ignore no-explicit-any
type Class<T> = abstract new (...args: any[]) => T;

class AssertionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

export function assertFalse(
  expr: unknown,
  msg?: string,
): asserts expr is false {
  check(!expr, "Expected a falsy value", msg);
}

export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  check(
    equal(actual, expected),
    () => `Expected equal values:\n${show(actual)}\n${show(expected)}`,
    msg,
  );
}

export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  check(
    !equal(actual, expected),
    () => `Expected values that differ, found ${show(actual)}`,
    msg,
  );
}

export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  check(
    Object.is(actual, expected),
    () => `Expected the same value:\n${show(actual)}\n${show(expected)}`,
    msg,
  );
}

export function assertNotStrictEquals<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  check(
    !Object.is(actual, expected),
    () => `Expected another value than ${show(expected)}`,
    msg,
  );
}

export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance: number = Number.isFinite(expected)
    ? Math.abs(expected * 1e-7)
    : 1e-7,
  msg?: string,
): void {
  check(
    Object.is(actual, expected) || Math.abs(expected - actual) <= tolerance,
    `Expected ${actual} to be within ${tolerance} of ${expected}`,
    msg,
  );
}

export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  assert(actual < expected, msg ?? `Expected ${actual} < ${expected}`);
}

export function assertInstanceOf<T>(
  actual: unknown,
  expectedType: Class<T>,
  msg?: string,
): asserts actual is T {
  check(
    actual instanceof expectedType,
    () => `Expected an instance of ${expectedType.name}, found ${show(actual)}`,
    msg,
  );
}

export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  check(
    expected.test(actual),
    `Expected "${actual}" to match ${expected}`,
    msg,
  );
}

export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  check(
    actual.includes(expected),
    `Expected "${actual}" to contain "${expected}"`,
    msg,
  );
}

export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: Class<E>,
  msgIncludes = "",
  msg?: string,
): E {
  try {
    fn();
  } catch (error) {
    return checkError(error, ErrorClass, msgIncludes, msg);
  }
  return fail(msg ?? "Expected the function to throw");
}

export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: Class<E>,
  msgIncludes = "",
  msg?: string,
): Promise<E> {
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (cause) {
    throw new AssertionError("Expected a rejected promise", { cause });
  }
  try {
    await promise;
  } catch (error) {
    return checkError(error, ErrorClass, msgIncludes, msg);
  }
  return fail(msg ?? "Expected the promise to be rejected");
}

function check(
  expr: unknown,
  found: string | (() => string),
  msg?: string,
): asserts expr {
  if (expr) return;
  if (typeof found === "function") found = found();
  throw new AssertionError(msg ? `${found}: ${msg}` : found);
}

function checkError<E extends Error>(
  error: unknown,
  ErrorClass: Class<E>,
  msgIncludes: string,
  msg?: string,
): E {
  assertInstanceOf(error, ErrorClass, msg);
  assertStringIncludes(error.message, msgIncludes, msg);
  return error;
}

/** 0 equals -0, NaN equals NaN, and arrays of different kinds differ. */
function equal(a: unknown, b: unknown): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (!isObject(a) || !isObject(b) || prototype(a) !== prototype(b)) {
    return false;
  }
  if (ArrayBuffer.isView(a)) {
    const [x, y] = [a, b] as unknown as [number[], number[]];
    if (x.length !== y.length) return false;
    for (let i = 0; i < x.length; i++) {
      if (x[i] !== y[i] && !Object.is(x[i], y[i])) return false;
    }
    return true;
  }
  if (a instanceof Set && ![...a].some(isObject)) {
    return a.symmetricDifference(b as unknown as Set<unknown>).size === 0;
  }
  if (prototype(a) !== Object.prototype && !Array.isArray(a)) {
    throw new TypeError(
      `Cannot compare as the stand-in knows arrays, plain objects and sets of primitives only: ${
        show(a)
      }`,
    );
  }
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]));
}

function isObject(x: unknown): x is Record<string, unknown> {
  return typeof x === "object" && x !== null;
}

function prototype(x: object): unknown {
  return Object.getPrototypeOf(x) ?? Object.prototype;
}

function show(x: unknown): string {
  return inspect(x, { depth: 8 });
}

function fail(msg?: string): never {
  throw new AssertionError(msg ?? "Failed assertion");
}
