// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What was measured, as a file and as a table.
 *
 * @module
 */

import type { Contender, Kind } from "./contender.ts";
import { IN_ARENA, LOOP, OURS, STEPS } from "./names.ts";
import type { Outcome } from "./race.ts";

/** One operation at several sizes. */
export interface Race {
  op: string;
  sizes: number[];
  /** The outcomes at each size. */
  outcomes: Outcome[][];
}

/** A function of the table of all operations, at several sizes. */
export interface TableRow {
  name: string;
  sizes: number[];
  /** At each size, who took part. */
  outcomes: Timing[][];
}

/** What a contender took for a call of a function, or why it did not take part. */
export interface Timing {
  name: string;
  /** Milliseconds. */
  ms?: number;
  reason?: string;
}

/** The file that the documentation draws. */
export interface Report {
  date: string;
  machine: {
    cpu: string;
    cores: number;
    /** In GiB. */
    memory: number;
    os: string;
    /** The load average of a minute, before and after. */
    load: [number, number];
  };
  runtime: { deno: string; v8: string };
  contenders: { name: string; kind: Kind; version?: string; note?: string }[];
  /** Who could not be loaded. */
  absent: { name: string; reason: string }[];
  races: Race[];
  /** All operations, which may have been raced on another day. */
  table: {
    date: string;
    /** The load average of a minute, before and after. */
    load: [number, number];
    rows: TableRow[];
  };
  /** A training step of each network, which may have been raced on another day. */
  steps: Report["table"];
}

type Row = (string | undefined)[];

/** The rates of all contenders, then the ratios that matter. */
export function formatRace(
  { op, sizes, outcomes }: Race,
  contenders: readonly Contender[],
): string {
  const rates = (name: string) =>
    outcomes.map((at) => at.find((outcome) => outcome.name === name)?.rate);
  const best = (kind: Kind) => {
    const names = contenders.filter((c) => c.kind === kind).map((c) => c.name);
    return sizes.map((_, i) => {
      const found = names.flatMap((name) => rates(name)[i] ?? []);
      return found.length > 0 ? Math.max(...found) : undefined;
    });
  };
  const ratio = (a: (number | undefined)[], b: (number | undefined)[]) =>
    a.map((value, i) => {
      const r = (value ?? NaN) / (b[i] ?? NaN);
      return Number.isFinite(r) ? r.toFixed(2) : undefined;
    });

  const rows: Row[] = [[`${op}, ${unitOf(op)}`, ...sizes.map(String)]];
  const raced = contenders.filter(({ name }) =>
    outcomes.flat().some((outcome) => outcome.name === name)
  );
  for (const { name } of raced) {
    rows.push([name, ...rates(name).map((rate) => rate?.toPrecision(3))]);
  }
  for (const { name } of raced.filter(({ kind }) => kind === "adjoint")) {
    rows.push([`${name} / best peer`, ...ratio(rates(name), best("portable"))]);
    rows.push([`${name} / limit`, ...ratio(rates(name), best("limit"))]);
  }
  const reasons = outcomes.flatMap((at, i) =>
    at.filter(({ reason }) => reason).map(({ name, reason }) =>
      `${name} ${op} ${sizes[i]}: ${reason}`
    )
  );
  return [...align(rows), ...reasons].join("\n");
}

/** How a function compares at one size: times above 1 say how much faster it is. */
export interface Comparison {
  ms: number;
  /** Of the peers, the fastest. */
  peer?: { name: string; ratio: number };
  /** How much faster than that it is in an arena. */
  arena?: number;
  loop?: number;
  steps?: number;
}

/** Compares this library's function with the others at one size. */
export function compare(outcomes: readonly Timing[]): Comparison | undefined {
  const of = (name: string) => outcomes.find((o) => o.name === name)?.ms;
  const ms = of(OURS);
  if (ms === undefined) return undefined;
  const ratio = (other: number | undefined) => other && other / ms;
  const peers = outcomes.flatMap(({ name, ms: other }) =>
    other === undefined || [OURS, IN_ARENA, LOOP, STEPS].includes(name)
      ? []
      : [{ name, ratio: other / ms }]
  ).toSorted((a, b) => a.ratio - b.ratio);
  const arena = of(IN_ARENA);
  return {
    ms,
    peer: peers[0],
    arena: arena && peers[0] && peers[0].ratio * ms / arena,
    loop: ratio(of(LOOP)),
    steps: ratio(of(STEPS)),
  };
}

/** One function in a line: microseconds at each size, and the ratios. */
export function formatRow({ name, sizes, outcomes }: TableRow): string {
  const cells = outcomes.map((at, i) => {
    const found = compare(at);
    if (found === undefined) {
      return `${sizes[i]}: ${at.find((o) => o.name === OURS)?.reason}`;
    }
    const { ms, peer, arena, loop, steps } = found;
    const parts = [
      `${sizes[i].toExponential(0)}: ${(ms * 1000).toPrecision(3)} µs`,
      ...peer ? [`${peer.ratio.toFixed(2)} × ${peer.name}`] : [],
      ...arena ? [`${arena.toFixed(2)} × in an arena`] : [],
      ...loop ? [`${loop.toFixed(2)} × loop`] : [],
      ...steps ? [`${steps.toFixed(2)} × steps`] : [],
    ];
    return parts.join(", ");
  });
  const reasons = new Set(
    outcomes.flat().flatMap(({ name, reason }) =>
      reason ? [`${name}: ${reason}`] : []
    ),
  );
  return [`${name.padEnd(24)} ${cells.join(" | ")}`, ...reasons].join("\n    ");
}

/** A training step, in lines: milliseconds of everyone, and how many times ours. */
export function formatStep({ name, sizes, outcomes }: TableRow): string {
  const [all] = outcomes;
  const ours = all.find((o) => o.name === OURS)?.ms;
  return [
    `A step of the ${name}, batch ${sizes[0]}`,
    ...all.map(({ name, ms, reason }) =>
      ms === undefined
        ? `  ${name}: ${reason}`
        : `  ${name.padEnd(16)} ${ms.toPrecision(3)} ms, ${
          (ms / (ours ?? NaN)).toFixed(2)
        }`
    ),
  ].join("\n");
}

/** What the rates of an operation count. */
export function unitOf(op: string): string {
  return op.startsWith("matmul") ? "GFLOP/s" : "GB/s";
}

/** The first column to the left, the others to the right. */
function align(rows: Row[]): string[] {
  const width = (column: number) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 1));
  return rows.map((row) =>
    row.map((cell = "-", i) =>
      i === 0 ? cell.padEnd(width(i)) : cell.padStart(width(i) + 2)
    ).join("")
  );
}
