// Copyright 2026 the Adjoint authors. MIT license.

// What the page and its worker say to each other.

import type { PageReport } from "../../../ops/proof/markdown/prove.ts";

/** A page to be judged. */
export interface Question {
  /** The number of the question, which the answer repeats. */
  id: number;
  page: string;
  milliseconds: number;
}

/** What was found out, or why nothing was; without an id, the worker is ready. */
export interface Answer {
  id?: number;
  report?: PageReport;
  error?: string;
  /** How long it took. */
  milliseconds?: number;
}
