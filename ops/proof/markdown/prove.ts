// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Reads a Markdown page and judges its formulas, in bounded time.
 *
 * @module
 */

import { judge, type Verdict } from "./judge.ts";
import { readMarkdown, type Unread } from "./read.ts";

/** The verdicts on one page. */
export interface PageReport {
  /** The file, as it was named. */
  file: string;
  /** What was inferred because the page does not say it. */
  inferred: string[];
  /** The verdict on each formula, in order. */
  verdicts: Verdict[];
  /** The formulas that cannot be read. */
  unread: Unread[];
}

/** Reads and judges one page; stops after this many milliseconds. */
export function provePage(
  text: string,
  file: string,
  milliseconds = 60_000,
  now: () => number = () => performance.now(),
): PageReport {
  const end = now() + milliseconds;
  const reading = readMarkdown(text, file);
  const { inferred, unread } = reading;
  const verdicts = [...judge(reading, () => now() > end)];
  const layouts = Map.groupBy(verdicts, ({ layout }) => layout);
  const [numerator, denominator] = ["numerator", "denominator"].map((layout) =>
    layouts.get(layout as Verdict["layout"])?.length ?? 0
  );
  if (numerator > 0 && denominator > 0) {
    inferred.push(
      `the page mixes layouts: ${numerator} of its derivatives are in numerator layout, ${denominator} in denominator layout`,
    );
  }
  return { file, inferred, verdicts, unread };
}
