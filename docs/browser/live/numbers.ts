// Copyright 2026 the Adjoint authors. MIT license.

// Numbers as a reader types them and as the panel shows them.

import type { DType } from "../../../mod.ts";

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const WORDS: Readonly<Record<string, number>> = {
  nan: NaN,
  inf: Infinity,
  infinity: Infinity,
  "∞": Infinity,
};

/** The number that a text says, if it says one that the element type can hold. */
export function readNumber(text: string, dtype: DType): number | undefined {
  const plain = text.trim().toLowerCase().replace(/^−/, "-");
  const word = WORDS[plain.replace(/^[+-]/, "")];
  if (word !== undefined && !isInteger(dtype)) {
    return plain.startsWith("-") ? -word : word;
  }
  if (!DECIMAL.test(plain)) return undefined;
  const value = Number(plain);
  if (isInteger(dtype)) return Number.isInteger(value) ? value : undefined;
  return Number.isFinite(round(value, dtype)) ? value : undefined;
}

/** What is wrong with a text that says no number, in a sentence. */
export function explainText(text: string, dtype: DType): string {
  const plain = text.trim().toLowerCase().replace(/^−/, "-");
  if (plain === "") return "The cell is empty: write a number.";
  const quoted = `“${text.trim()}”`;
  if (isInteger(dtype)) {
    return `${quoted} is not a whole number such as 2 or −1.`;
  }
  if (!DECIMAL.test(plain)) {
    return `${quoted} is not a number such as 2, −0.5, 1e-3, NaN or Infinity.`;
  }
  const largest = dtype === "float32" ? "3.4e38" : "1.8e308";
  return `${quoted} is above the largest ${dtype}, ${largest}: write Infinity.`;
}

function isInteger(dtype: DType): boolean {
  return !dtype.startsWith("float");
}

/** The nearest number of the element type. */
export function round(value: number, dtype: DType): number {
  return dtype === "float32" ? Math.fround(value) : value;
}

/** The shortest decimal that is this very number in the element type. */
export function exact(value: number, dtype: DType): string {
  if (Object.is(value, -0)) return "-0";
  if (dtype !== "float32" || !Number.isFinite(value)) return String(value);
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

/** A number to read: at most so many significant digits, a real minus. */
export function brief(value: number, digits = 4): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (Object.is(value, -0)) return "−0";
  const rounded = Number(value.toPrecision(digits));
  const size = Math.abs(rounded);
  const text = size !== 0 && (size >= 1e6 || size < 1e-4)
    ? String(Number(value.toPrecision(digits - 1)).toExponential())
    : String(rounded);
  return text.replaceAll("-", "−").replace("e+", "e");
}

/** A number to read and to hear: what is not finite is said in words, too. */
export function spoken(value: number): string {
  if (Number.isNaN(value)) return "NaN, not a number";
  if (Number.isFinite(value)) return brief(value);
  return `${brief(value)}, ${value > 0 ? "infinity" : "minus infinity"}`;
}

/** How many numbers are not finite; nothing where all are. */
export function describeSpecials(data: ArrayLike<number>): string {
  const counts = { NaN: 0, "∞": 0, "−∞": 0 };
  for (const value of Array.from(data)) {
    if (!Number.isFinite(value)) counts[brief(value) as keyof typeof counts]++;
  }
  return Object.entries(counts).filter(([, n]) => n > 0)
    .map(([name, n]) => `${n} × ${name}`).join(", ");
}

/** Numbers in [0, 1), the same for the same seed, by the generator mulberry32. */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let t = Math.imul(state ^ state >>> 15, state | 1);
    t ^= t + Math.imul(t ^ t >>> 7, t | 61);
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  };
}
