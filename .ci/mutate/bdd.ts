// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Stands in for `jsr:@std/testing/bdd`: collects the tests instead of running
 * them, so that any of them can be run at any time.
 *
 * @module
 */

type Hook = () => void | Promise<void>;

/** A test, and the hooks around it. */
export interface Test {
  name: string;
  run(): Promise<void>;
}

interface Suite {
  name: string;
  before: Hook[];
  after: Hook[];
}

let suites: Suite[] = [];
let tests: Test[] = [];

/** The tests that a function declares. */
export async function collect(declare: () => unknown): Promise<Test[]> {
  [suites, tests] = [[], []];
  await declare();
  return tests;
}

export function describe(name: string, fn: () => void): void {
  suites.push({ name, before: [], after: [] });
  try {
    fn();
  } finally {
    suites.pop();
  }
}

export function it(
  name: string,
  fn: (t: { name: string }) => void | Promise<void>,
): void {
  const around = [...suites];
  tests.push({
    name: [...around, { name }].map((suite) => suite.name).join(" › "),
    async run() {
      try {
        for (const { before } of around) {
          for (const hook of before) await hook();
        }
        await fn({ name });
      } finally {
        for (const { after } of around.toReversed()) {
          for (const hook of after) await hook();
        }
      }
    },
  });
}

export function beforeEach(hook: Hook): void {
  suites.at(-1)?.before.push(hook);
}

export function afterEach(hook: Hook): void {
  suites.at(-1)?.after.push(hook);
}
