// Copyright 2026 the Adjoint authors. MIT license.

// Stands in for `jsr:@std/testing/bdd` where JSR cannot be reached. The
// outermost `describe` is a test of Deno's, all that is in it are steps.

type Fn = (t: Deno.TestContext) => void | Promise<void>;
type Hook = () => void | Promise<void>;

interface Suite {
  steps: { name: string; fn: Fn }[];
  before: Hook[];
  after: Hook[];
  parent: Suite | undefined;
}

let current: Suite | undefined;

export function describe(name: string, fn: () => void): void {
  const parent = current;
  const suite: Suite = { steps: [], before: [], after: [], parent };
  current = suite;
  try {
    fn();
  } finally {
    current = parent;
  }
  register(name, async (t) => {
    for (const step of suite.steps) await t.step(step);
  });
}

export function it(name: string, fn: Fn): void {
  const suite = current;
  register(name, async (t) => {
    await setUp(suite);
    try {
      await fn(t);
    } finally {
      await tearDown(suite);
    }
  });
}

export function beforeEach(fn: Hook): void {
  current?.before.push(fn);
}

export function afterEach(fn: Hook): void {
  current?.after.push(fn);
}

function register(name: string, fn: Fn): void {
  if (current) current.steps.push({ name, fn });
  else Deno.test({ name, fn });
}

async function setUp(suite: Suite | undefined): Promise<void> {
  if (!suite) return;
  await setUp(suite.parent);
  for (const hook of suite.before) await hook();
}

async function tearDown(suite: Suite | undefined): Promise<void> {
  for (; suite; suite = suite.parent) {
    for (const hook of suite.after) await hook();
  }
}
