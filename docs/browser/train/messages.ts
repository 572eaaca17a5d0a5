// Copyright 2026 the Adjoint authors. MIT license.

// What the page that trains and its worker say to each other.

import type { Packed } from "../../train/packed.ts";

/** The digits, as their script has them. */
export interface PackedDigits {
  training: Packed;
  heldOut: Packed;
}

/** What the page tells the worker. */
export type Order =
  | { kind: "load"; digits: PackedDigits }
  | { kind: "start" }
  | { kind: "stop" }
  | { kind: "reset" }
  /** Shows the numbers of an image; without a label, of the digit that it is taken for. */
  | { kind: "drawn"; image: Float32Array; label: number | undefined }
  /** Shows those of the held-out digit after this one, or of the next that is read wrong. */
  | { kind: "heldOut"; after: number; isWrong: boolean }
  /** Whose weights are shown, counted from 0. */
  | { kind: "unit"; unit: number };

/** Numbers to look at. */
export interface Numbers {
  rows: number;
  columns: number;
  data: Float32Array;
}

/** What is shown of the way of an image through the network and back. */
export type Shown = Record<
  | "x"
  | "w"
  | "a"
  | "h"
  | "v"
  | "y"
  | "p"
  | "dy"
  | "dv"
  | "dh"
  | "da"
  | "dw",
  Numbers
>;

/** How far the training is. */
export interface Progress {
  /** The loss of each step. */
  losses: number[];
  /** The part of the held-out digits that are read right, after some steps. */
  accuracies: { step: number; value: number }[];
  /** When it ends by itself. */
  end: number;
  isRunning: boolean;
  /** How long a step takes. */
  milliseconds: number;
}

/** What the worker tells the page. */
export type Answer =
  | { kind: "ready" }
  | { kind: "loaded"; threads: number; heldOut: number }
  | { kind: "progress"; progress: Progress }
  | {
    kind: "flow";
    shown: Shown;
    loss: number;
    label: number;
    /** Its place among those held out, if it is one. */
    place: number | undefined;
    unit: number;
  }
  /** No held-out digit is read wrong. */
  | { kind: "none" }
  | { kind: "failed"; reason: string };
