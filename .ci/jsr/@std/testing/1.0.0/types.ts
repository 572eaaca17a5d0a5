// Copyright 2026 the Adjoint authors. MIT license.

// Stands in for `jsr:@std/testing/types` where JSR cannot be reached.

/** Compiles only if the type argument is the type of the argument. */
// deno-lint-ignore no-unused-vars
export function assertType<T extends boolean>(expectTrue: T): void {}

/** Whether the two types are the same. */
export type IsExact<T, U> = (<X>() => X extends T ? 1 : 2) extends
  (<X>() => X extends U ? 1 : 2) ? true : false;

/** Whether `U`, or a part of the union `T`, is part of `T`. */
export type Has<T, U> = Extract<T, U> extends never ? false : true;

/** Whether no part of the union `T` is `U`. */
export type NotHas<T, U> = Has<T, U> extends false ? true : false;

export type IsNever<T> = [T] extends [never] ? true : false;
