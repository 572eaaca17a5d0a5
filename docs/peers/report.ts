// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What was measured, as a file and as a table.
 *
 * @module
 */

import type { Contender, Kind } from "./contender.ts";
import type { Outcome } from "./race.ts";

/** One operation at several sizes. */
export interface Race {
  op: string;
  sizes: number[];
  /** The outcomes at each size. */
  outcomes: Outcome[][];
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
