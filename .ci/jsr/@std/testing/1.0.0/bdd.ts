// Copyright 2026 the Adjoint authors. MIT license.

// Stands in for `jsr:@std/testing/bdd` where JSR cannot be reached. The
// outermost `describe` is a test of Deno's, all that is in it are steps.

type Fn = (t: Deno.TestContext) => void | Promise<void>;
type Hook = () => void | Promise<void>;

interface Suite {
  steps: { name: string; fn: Fn }[];
  after: Hook[];
}

let current: Suite | undefined;

export function describe(name: string, fn: () => void): void {
  const parent = current;
  const { steps } = current = { steps: [], after: [] } as Suite;
  try {
    fn();
  } finally {
    current = parent;
  }
  register(name, async (t) => {
    for (const step of steps) await t.step(step);
  });
}

export function it(name: string, fn: Fn): void {
  const after = current?.after ?? [];
  register(name, async (t) => {
    try {
      await fn(t);
    } finally {
      for (const hook of after) await hook();
    }
  });
}

/** Runs a function after each `it` that is directly in this `describe`. */
export function afterEach(fn: Hook): void {
  current?.after.push(fn);
}

function register(name: string, fn: Fn): void {
  if (current) current.steps.push({ name, fn });
  else Deno.test({ name, fn });
}
