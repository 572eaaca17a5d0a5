// Copyright 2026 the Adjoint authors. MIT license.

// The file of the benchmark, `docs/bench.json`, read and checked, and what can be
// said about it.

import type { Kind } from "./peers/contender.ts";
import type { Race, Report } from "./peers/report.ts";
import { type Task, work } from "./peers/tasks.ts";

const FILE = "docs/bench.json";

/** Reads a file of the repository: `docs/bench.json`. */
export type ReadFile = (path: string) => Promise<string>;

/** Reads the file; throws if it is missing or malformed. */
export async function readReport(read: ReadFile): Promise<Report> {
  let text: string;
  try {
    text = await read(FILE);
  } catch (cause) {
    throw new Error(
      `Cannot show the benchmark as ${FILE} must be there: ${
        (cause as Error).message
      }; "deno task bench:report" writes it`,
      { cause },
    );
  }
  return parseReport(text);
}

/** Reads the text of the file. */
export function parseReport(text: string): Report {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(
      `Cannot show the benchmark as ${FILE} must be JSON: ${
        (cause as Error).message
      }`,
      { cause },
    );
  }
  REPORT(json, "");
  const report = json as Report;
  const names = new Set(report.contenders.map(({ name }) => name));
  const parts = {
    races: report.races,
    "table.rows": report.table.rows,
    "steps.rows": report.steps.rows,
  };
  for (const [part, list] of Object.entries(parts)) {
    for (const [r, { sizes, outcomes }] of list.entries()) {
      if (outcomes.length === sizes.length) continue;
      fail(
        `${part}[${r}].outcomes`,
        `as long as its sizes, ${sizes.length}`,
        outcomes.length,
      );
    }
  }
  for (const [r, { outcomes }] of report.races.entries()) {
    for (const [i, at] of outcomes.entries()) {
      for (const [j, outcome] of at.entries()) {
        const path = `races[${r}].outcomes[${i}][${j}]`;
        if (!names.has(outcome.name)) {
          fail(`${path}.name`, "the name of a contender", outcome.name);
        }
        if (outcome.rate === undefined && outcome.reason === undefined) {
          fail(path, "an outcome with a rate or a reason", outcome);
        }
      }
    }
  }
  return report;
}

type Check = (value: unknown, path: string) => void;

function fail(path: string, expected: string, found: unknown): never {
  throw new TypeError(
    `Cannot show the benchmark as ${
      path || "the report"
    } in ${FILE} must be ${expected}: it is ${
      found === undefined ? "missing" : JSON.stringify(found).slice(0, 80)
    }`,
  );
}

const text: Check = (value, path) => {
  if (typeof value !== "string") fail(path, "a string", value);
};

const positive: Check = (value, path) => {
  if (typeof value !== "number" || !(value > 0)) {
    fail(path, "a number above 0", value);
  }
};

const load: Check = (value, path) => {
  if (typeof value !== "number" || !(value >= 0)) {
    fail(path, "a number from 0 on", value);
  }
};

const optional = (check: Check): Check => (value, path) => {
  if (value !== undefined) check(value, path);
};

const list = (check: Check, least = 0): Check => (value, path) => {
  if (!Array.isArray(value) || value.length < least) {
    fail(path, `a list of ${least} or more`, value);
  }
  value.forEach((entry, i) => check(entry, `${path}[${i}]`));
};

const object = (fields: Record<string, Check>): Check => (value, path) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    fail(path, "an object", value);
  }
  for (const [name, check] of Object.entries(fields)) {
    check(
      (value as Record<string, unknown>)[name],
      path ? `${path}.${name}` : name,
    );
  }
};

const KINDS: readonly Kind[] = [
  "adjoint",
  "kernel",
  "portable",
  "native",
  "limit",
];

const kind: Check = (value, path) => {
  if (!KINDS.includes(value as Kind)) {
    fail(path, `one of ${KINDS.join(", ")}`, value);
  }
};

const day: Check = (value, path) => {
  if (!/^\d{4}-\d\d-\d\d$/.test(String(value))) {
    fail(path, "a date such as 2026-01-31", value);
  }
};

const TABLE = object({
  date: day,
  load: list(load, 2),
  rows: list(object({
    name: text,
    sizes: list(positive, 1),
    outcomes: list(list(object({
      name: text,
      ms: optional(positive),
      reason: optional(text),
    }))),
  })),
});

const REPORT = object({
  date: day,
  machine: object({
    cpu: text,
    cores: positive,
    memory: positive,
    os: text,
    load: list(load, 2),
  }),
  runtime: object({ deno: text, v8: text }),
  contenders: list(
    object({ name: text, kind, version: optional(text), note: optional(text) }),
    1,
  ),
  absent: list(object({ name: text, reason: text })),
  races: list(
    object({
      op: text,
      sizes: list(positive, 1),
      outcomes: list(list(object({
        name: text,
        rate: optional(positive),
        reason: optional(text),
      }))),
    }),
    1,
  ),
  table: TABLE,
  steps: TABLE,
});

/** How a line of a chart is drawn, as numbers from 0; a limit has -1. */
export interface Look {
  color: number;
  symbol: number;
}

/** One contender in one race: its rate at each size where it has one. */
export interface Runner {
  name: string;
  kind: Kind;
  /** On how many threads it runs; its name says so where they are many. */
  threads: number;
  look: Look;
  rates: (number | undefined)[];
}

/** Who has a rate in a race, in the order of the report. */
export function runners({ contenders }: Report, race: Race): Runner[] {
  const looks = looksOf(contenders);
  return contenders.map(({ name, kind }) => ({
    name,
    kind,
    threads: threadsOf(name),
    look: looks.get(name)!,
    rates: race.outcomes.map((at) => at.find((o) => o.name === name)?.rate),
  })).filter(({ rates }) => rates.some((rate) => rate !== undefined));
}

/** `Adjoint with out, 2 threads` */
function threadsOf(name: string): number {
  return Number(/(\d+) threads/.exec(name)?.[1] ?? 1);
}

/**
 * The same look in every chart. Those of one kind have different colors, and
 * none has the color of this library; threads have the color of one thread. All
 * of one color have different symbols.
 */
function looksOf(contenders: Report["contenders"]): Map<string, Look> {
  const looks = new Map<string, Look>();
  const isThreaded = ({ name }: { name: string }) => threadsOf(name) > 1;
  const of = (kind: Kind) => contenders.filter((c) => c.kind === kind);
  const ours = of("adjoint").filter((c) => !isThreaded(c));
  const add = (name: string, color: number) =>
    looks.set(name, { color, symbol: looks.size });
  ours.forEach(({ name }, i) => add(name, i));
  for (const kind of ["portable", "kernel", "native"] as const) {
    of(kind).forEach(({ name }, i) => add(name, ours.length + i));
  }
  for (const { name } of of("adjoint").filter(isThreaded)) {
    add(name, ours.length - 1);
  }
  for (const { name } of of("limit")) {
    looks.set(name, { color: -1, symbol: -1 });
  }
  return looks;
}

/** The dashes of a line: long for threads, short for the slower kernels. */
export function dashOf({ kind, threads }: Runner): string | undefined {
  return kind === "kernel" ? "3 4" : threads > 1 ? "9 4" : undefined;
}

/** The fastest at each size, of those of a kind that run on one thread. */
export function best(
  all: readonly Runner[],
  kind: Kind,
): ({ name: string; rate: number } | undefined)[] {
  const of = all.filter((r) => r.kind === kind && r.threads === 1);
  return (of[0]?.rates ?? []).map((_, i) =>
    of.flatMap(({ name, rates }) => {
      const rate = rates[i];
      return rate === undefined ? [] : [{ name, rate }];
    }).toSorted((a, b) => b.rate - a.rate)[0]
  );
}

/** The microseconds of a call. */
export function callTime(op: string, size: number, rate: number): number {
  return work({ op, size } as Task) / rate / 1e3;
}

/** The side of a matrix, or a number of elements. */
export function showSize(op: string, size: number): string {
  return op.startsWith("matmul")
    ? `${size}×${size}`
    : size.toLocaleString("en");
}

/** Three digits, as many as the file has. */
export function digits(value: number): string {
  return value >= 1000
    ? Math.round(value).toLocaleString("en")
    : `${Number(value.toPrecision(3))}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function join(words: readonly string[]): string {
  return words.length < 2
    ? words.join("")
    : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
