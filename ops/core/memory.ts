// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The memory that tensors of arenas and the kernels share. It is reserved as a
 * whole, and never grows: a view of it stays what it is, and what is not touched
 * takes no memory of the machine.
 *
 * ```text
 *   ┌───────────────┬──────────────────┬─────────┬─────────┬──────┐
 *   │ packed blocks │ what is copied in│ outer   │ inner   │ free │
 *   └───────────────┴──────────────────┴─────────┴─────────┴──────┘
 *     the kernels'                      arenas              ↑ top
 * ```
 *
 * While threads run, their memory takes its place, so that they compute in tensors of
 * arenas, too.
 *
 * An arena is a place in this memory: what is made while it is open lies above,
 * one behind the other, and its end takes the top back to where it began. So a
 * tensor in this memory lives exactly where it lies below the top.
 *
 * @module
 */

import { ARRAYS, bufferOf, fill, offsetOf } from "./arrays.ts";
import type { Arrays, DType } from "./types.ts";
import { LIMIT, SPACE } from "../kernels/engine.ts";
import { type Memory, PAGE, platform, type Wasm } from "../kernels/platform.ts";

/** A memory that is reserved. */
export interface Reserved {
  readonly memory: Memory;
  /** To ask a memory for its buffer takes as long as to make a view. */
  readonly buffer: ArrayBuffer;
  /** The place of the first tensor: what is below is for the kernels. */
  readonly from: number;
  /** The end of the room for tensors; kernels may read a little beyond. */
  readonly end: number;
  /** Whether threads share it. */
  readonly isShared: boolean;
}

/** An arena that is open. */
export interface Frame {
  /** Where it begins. */
  readonly at: number;
  /** Whether its memory is not used again, and made NaN when it ends. */
  readonly isChecked: boolean;
  /** Whether it serves the code after an `await`, too. */
  readonly acrossAwait: boolean;
  /** Whether it serves no more. */
  isOver: boolean;
  /** What found no room in the memory, where it is checked. */
  readonly others: Arrays[DType][];
}

/** The place of the first tensor in a memory of one thread. In a memory that threads
 * share it is further behind. */
export const FROM = SPACE + LIMIT + PAGE;

/** Bytes for tensors, where nobody asks for more. */
export const USUAL = 2 ** 27;
/** If so few bytes cannot be had, there are none. */
const LEAST = 2 ** 20;
/** Where tensors begin: at the start of a cache line. */
const LINE = 64;

/** The memory in use; undefined before the first arena, and where none can be
 * had. */
export let reserved: Reserved | undefined;

/** The memory of the threads that run, where it has room for tensors. */
let offered: Reserved | undefined;

/** Whether there has been a memory: before that, no tensor has ended. */
let hasBeen = false;
/** The first byte that is free. */
let top = FROM;
/** How many bytes were asked for: less may have been had. */
let asked = 0;
/** The buffers that were in use before. */
const retired = new WeakSet<ArrayBuffer>();
/** What lies below the top although its arena has ended: from, to, from, to, … */
let ended: number[] = [];

const frames: Frame[] = [];
/** The arena that new tensors go to. */
let serving: Frame | undefined;

/** Whether a tensor's arena has ended, as far as its place tells. */
export function isEnded(data: Arrays[DType]): boolean {
  return hasBeen && offsetOf(data) >= FROM && isPast(data);
}

function isPast(data: Arrays[DType]): boolean {
  const buffer = bufferOf(data), at = offsetOf(data);
  if (buffer !== reserved?.buffer) return retired.has(buffer);
  if (at >= top) return true;
  for (let i = 0; i < ended.length; i += 2) {
    if (at >= ended[i] && at < ended[i + 1]) return true;
  }
  return false;
}

/** Whether a tensor lives no longer than an arena. */
export function isWithin(frame: Frame, data: Arrays[DType]): boolean {
  return offsetOf(data) >= frame.at && bufferOf(data) === reserved?.buffer ||
    frame.others.includes(data);
}

/** Whether there is an arena that new tensors go to. */
export function isServing(): boolean {
  return serving !== undefined;
}

/** Room for a tensor in the arena that is open, not cleared; undefined where there
 * is none. */
export function take(dtype: DType, size: number): Arrays[DType] | undefined {
  if (serving === undefined || size === 0) return undefined;
  const at = top, next = at + size * ARRAYS[dtype].BYTES_PER_ELEMENT;
  if (reserved === undefined || next > reserved.end) return undefined;
  top = next + (-next & LINE - 1);
  // The two usual ones first: to look up a name takes longer.
  if (dtype === "float32") return new Float32Array(reserved.buffer, at, size);
  if (dtype === "float64") return new Float64Array(reserved.buffer, at, size);
  return new ARRAYS[dtype](reserved.buffer, at, size);
}

/** Takes note of an array that is to be made NaN with the arena that serves. */
export function note(data: Arrays[DType]): void {
  if (serving?.isChecked) serving.others.push(data);
}

/** A memory of so many bytes. */
export function allocate(wasm: Wasm, bytes: number, shared = false): Memory {
  const pages = Math.ceil(bytes / PAGE);
  return new wasm.Memory({
    __proto__: null, // Others may have polluted it.
    initial: pages,
    maximum: pages,
    shared,
  });
}

/** Reserves a memory for so many bytes of tensors, or for as many as can be had. */
export function reserve(
  from: number,
  bytes: number,
  isShared: boolean,
): Reserved | undefined {
  for (let size = bytes; size >= Math.min(bytes, LEAST); size /= 2) {
    const end = Math.ceil(from + size);
    try {
      const memory = allocate(platform.WebAssembly!, end + PAGE, isShared);
      return { memory, buffer: memory.buffer, from, end, isShared };
    } catch {
      // Less may be had; or there is no WebAssembly.
    }
  }
}

/** How many bytes of tensors there must be room for. */
export function roomWanted(bytes: number = USUAL): number {
  return Math.max(bytes, asked);
}

/** Offers the memory of threads to the arenas that begin while they run. */
export function offer(memory: Reserved | undefined): void {
  offered = memory;
}

/** Whether the memory in use is shared by threads. */
export function isShared(): boolean {
  return reserved?.isShared ?? false;
}

/** Chooses the memory of the arenas that begin where none is open. */
function choose(bytes: number): void {
  // What checked arenas have used is not used again: a new memory is.
  const isUsedUp = reserved !== undefined &&
    2 * top > reserved.from + reserved.end;
  if (isUsedUp && reserved === offered) offered = undefined;
  const fits = offered !== undefined && offered.end - offered.from >= bytes;
  const isRight = fits ? reserved === offered : bytes <= asked && !isShared();
  if (isRight && !isUsedUp) return;
  if (reserved !== undefined) retired.add(reserved.buffer);
  reserved = fits ? offered : reserve(FROM, bytes, false);
  hasBeen ||= reserved !== undefined;
  ended = [];
  top = reserved?.from ?? FROM;
  asked = bytes;
}

/** Whether a memory for so many bytes must wait until no arena is open. */
export function mustWait(bytes: number): boolean {
  return frames.length > 0 && bytes > asked;
}

/** Begins an arena, with so many bytes for tensors where nobody asked for more. */
export function open(
  bytes: number | undefined,
  isChecked: boolean,
  acrossAwait: boolean,
): Frame {
  if (frames.length === 0) choose(roomWanted(bytes));
  isChecked ||= frames[frames.length - 1]?.isChecked ?? false;
  const frame = { at: top, isChecked, acrossAwait, isOver: false, others: [] };
  frames.push(frame);
  serving = frame;
  if (!acrossAwait) watch();
  return frame;
}

let isWatched = false;

/** Lets arenas serve no more as soon as the code that runs now has come to its end
 * or to an `await`. */
function watch(): void {
  if (isWatched) return;
  isWatched = true;
  Promise.resolve().then(() => {
    isWatched = false;
    for (const frame of frames) frame.isOver ||= !frame.acrossAwait;
    serve();
  });
}

function serve(): void {
  const last = frames[frames.length - 1];
  serving = last === undefined || last.isOver ? undefined : last;
}

/** The state of an arena: the last that is open, one with others inside, or ended. */
export function stateOf(frame: Frame): "last" | "outer" | "ended" {
  const at = frames.lastIndexOf(frame);
  return at < 0 ? "ended" : at === frames.length - 1 ? "last" : "outer";
}

/** Ends an arena, and all that were begun after it. */
export function close(frame: Frame): void {
  const after = frames.splice(frames.lastIndexOf(frame));
  const isChecked = frame.isChecked || ended[ended.length - 1] > frame.at;
  if (!isChecked) top = frame.at;
  else {
    if (reserved !== undefined && top > frame.at) {
      new Uint8Array(reserved.buffer, frame.at, top - frame.at).fill(255);
      let from = frame.at;
      while (ended[ended.length - 1] >= from) {
        from = Math.min(from, ...ended.splice(-2));
      }
      ended.push(from, top);
    }
    for (const { others } of after) {
      for (const data of others) fill(data, NaN);
    }
  }
  serve();
}
