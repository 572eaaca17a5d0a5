// Copyright 2026 the Adjoint authors. MIT license.

/**
 * `deno task bench:peers`: this library compared with its peers, and with what
 * the machine can do.
 *
 * `--write` (`deno task bench:report`) also writes `docs/bench.json`, which the
 * documentation draws. It has three parts: `--curves` over many sizes, the `--table`
 * of all operations, and training `--steps`; without an option all are raced.
 * `--op=sum` races one curve, names as in `deno task bench:peers sigmoid softmax` these
 * rows of the table; `--sizes=1e3,1e5` only these sizes, `--most=1e6` those up to it.
 *
 * @module
 */

import os from "node:os";
import { parseArgs } from "node:util";
import {
  ADJOINT,
  ADJOINT_OUT,
  ADJOINT_THREADS,
  fmaPeak,
  KERNELS,
  memcpy,
} from "./adjoint.ts";
import type { Contender } from "./contender.ts";
import { NATIVE } from "./native.ts";
import { sizesOf, TABLE } from "./operations.ts";
import { PEERS } from "./portable.ts";
import { raceAt, rowsOf } from "./problems.ts";
import { type Pace, race } from "./race.ts";
import {
  formatRace,
  formatRow,
  formatStep,
  type Race,
  type Report,
  type TableRow,
} from "./report.ts";
import { raceSteps } from "./steps.ts";
import {
  addBias,
  matmul,
  matmulDx,
  matmulDy,
  matmulFloat64,
  sum,
  type Task,
} from "./tasks.ts";

const REPORT = new URL("../bench.json", import.meta.url);

const ELEMENTS = [1e3, 1e4, 1e5, 1e6, 1.6e7];
const SIDES = [16, 32, 64, 128, 256, 512, 1024];
const RACES: [string, (size: number) => Task, number[]][] = [
  ["matmul", matmul, [...SIDES, 2048]],
  ["matmulFloat64", matmulFloat64, SIDES],
  ["matmulDx", matmulDx, SIDES],
  ["matmulDy", matmulDy, SIDES],
  ["addBias", addBias, ELEMENTS],
  ["sum", sum, ELEMENTS],
];

const {
  values: { most, op, sizes, write, ...asked },
  positionals: names,
} = parseArgs({
  allowPositionals: true,
  options: {
    curves: { type: "boolean" },
    most: { type: "string" },
    op: { type: "string" },
    sizes: { type: "string" },
    steps: { type: "boolean" },
    table: { type: "boolean" },
    write: { type: "boolean" },
  },
});
const only = sizes?.split(",").map(Number);
const isAll = !(asked.curves || asked.table || asked.steps);
/** The parts to race. */
const has: typeof asked = op
  ? { curves: true }
  : names.length > 0
  ? { table: true }
  : isAll
  ? { curves: true, table: true, steps: true }
  : asked;

if (write && (op || names.length > 0)) {
  console.error("Cannot write a part of a part: leave out --op and names");
  Deno.exit(2);
}

const { specifiers } = JSON.parse(
  await Deno.readTextFile(new URL("deno.lock", import.meta.url)),
);
const [load] = Deno.loadavg();
const contenders: Contender[] = [
  ADJOINT,
  ADJOINT_OUT,
  ADJOINT_THREADS,
  ...KERNELS,
];
const absent: Report["absent"] = [];
const all = has.curves || has.steps
  ? { ...PEERS, ...NATIVE, "128-bit FMA peak": fmaPeak, memcpy }
  : PEERS;
for (const [name, open] of Object.entries(all)) {
  try {
    contenders.push(await open());
  } catch (error) {
    absent.push({ name, reason: (error as Error).message });
  }
}
for (const { name, reason } of absent) {
  console.log(`${name} is not here: ${reason}`);
}

const races: Race[] = [];
for (const [name, task, all] of RACES) {
  if (!has.curves || op && op !== name) continue;
  const pace: Pace = new Map();
  const current: Race = { op: name, sizes: [], outcomes: [] };
  for (const size of only ?? all) {
    if (Deno.stderr.isTerminal()) console.error(`${name} ${size}`);
    current.sizes.push(size);
    current.outcomes.push(await race(task(size), contenders, pace));
  }
  races.push(current);
  console.log(`\n${formatRace(current, contenders)}`);
}

const rows: TableRow[] = [];
for (const key of Object.keys(TABLE)) {
  if (!has.table) break;
  for (const row of rowsOf(key)) {
    if (names.length > 0 && ![row.name, key].some(isNamed)) continue;
    const current: TableRow = { name: row.name, sizes: [], outcomes: [] };
    const pace: Pace = new Map();
    for (const size of sizesOf(TABLE[key])) {
      if (only && !only.includes(size) || size > Number(most ?? Infinity)) {
        continue;
      }
      current.sizes.push(size);
      current.outcomes.push(await raceAt(key, row, size, contenders, pace));
    }
    if (current.sizes.length === 0) continue;
    rows.push(current);
    console.log(formatRow(current));
  }
}

const steps = has.steps ? await raceSteps(contenders) : [];
for (const row of steps) console.log(`\n${formatStep(row)}`);

/** Whether a name is that of what is asked for: `softmax` is also that of
 * `softmax, axis 0`. */
function isNamed(name: string): boolean {
  return names.some((asked) => name === asked || name.startsWith(`${asked},`));
}

const date = new Date().toISOString().slice(0, 10);
const loads: [number, number] = [round(load), round(Deno.loadavg()[0])];
const report: Report = {
  date,
  machine: {
    cpu: os.cpus()[0].model.trim(),
    cores: navigator.hardwareConcurrency,
    memory: Math.round(os.totalmem() / 2 ** 30),
    os: `${os.type()} ${os.machine()}`,
    load: loads,
  },
  runtime: { deno: Deno.version.deno, v8: Deno.version.v8 },
  contenders: contenders.map(({ name, kind, version, note }) => ({
    name,
    kind,
    version: version ?? pinned(name),
    note: note || undefined,
  })),
  absent,
  races,
  table: { date, load: loads, rows },
  steps: { date, load: loads, rows: steps },
};
const { machine, runtime } = report;
console.log(
  `\n${report.date}, ${machine.cpu}, ${machine.cores} cores, ${machine.os}, load ${
    machine.load.join(" to ")
  }; Deno ${runtime.deno}, V8 ${runtime.v8}`,
);
for (const { name, version = "", note = "" } of report.contenders) {
  if (version || note) console.log(`${name} ${version} ${note}`.trim());
}
if (write) {
  // Racing one part leaves the others as they were.
  const old = JSON.parse(await Deno.readTextFile(REPORT));
  const { table, steps, ...curves } = report;
  await Deno.writeTextFile(
    REPORT,
    JSON.stringify(
      {
        ...old,
        ...has.curves && curves,
        ...has.table && { table },
        ...has.steps && { steps },
      },
      (_, value) => typeof value === "number" ? round(value) : value,
      2,
    ) + "\n",
  );
  console.log("Wrote docs/bench.json");
}
Deno.exit(); // The Pythons still wait.

/** The machine does not reproduce more than three digits. */
function round(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(3));
}

/** The version of a peer. */
function pinned(name: string): string | undefined {
  const library = name === "tfjs-wasm" ? "tfjs-backend-wasm" : name;
  return Object.keys(specifiers)
    .find((specifier) => specifier.includes(library))?.split("@").at(-1);
}
