// Copyright 2026 the Adjoint authors. MIT license.

// Stands in for `jsr:@std/testing/bdd` where JSR cannot be reached. The
// outermost `describe` is a test of Deno's, all that is in it are steps.

type Fn = (t: Deno.TestContext) => void | Promise<void>;

type Steps = { name: string; fn: Fn }[];

let current: Steps | undefined;

export function describe(name: string, fn: () => void): void {
  const parent = current;
  const steps: Steps = [];
  current = steps;
  try {
    fn();
  } finally {
    current = parent;
  }
  it(name, async (t) => {
    for (const step of steps) await t.step(step);
  });
}

export function it(name: string, fn: Fn): void {
  if (current) current.push({ name, fn });
  else Deno.test({ name, fn });
}
