// Copyright 2026 the Adjoint authors. MIT license.

// Stands in for `jsr:@std/testing/types` where JSR cannot be reached.

/** Compiles only if the type argument is the type of the argument. */
// deno-lint-ignore no-unused-vars
export function assertType<T extends boolean>(expectTrue: T): void {}

/** Whether the two types are the same. */
export type IsExact<T, U> = (<X>() => X extends T ? 1 : 2) extends
  (<X>() => X extends U ? 1 : 2) ? true : false;
