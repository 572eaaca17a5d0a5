// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Numbers of 64 digits, as the proof uses them: whatever they are made of.
 *
 * @module
 */

import type { Field } from "./language/expression.ts";

/** Numbers of many digits. */
export interface Digits<D> extends Field<D> {
  /** The nearest number in float64. */
  toNumber(x: D): number;
}

import { all, create } from "mathjs";
// deno-lint-ignore no-explicit-any
const m: any = create(all, { number: "BigNumber", precision: 64 });
export const digits: Digits<any> = {
  constant: (v, text) => text && !/pi/.test(text) ? m.bignumber(text) : text ? m.evaluate(text.replace("\\pi","pi")) : Number.isFinite(v) ? m.bignumber(v.toPrecision(64).replace(/^.*$/, (s: string)=>s)) : m.bignumber(v),
  add: (a, b) => a.plus(b), multiply: (a, b) => a.times(b), divide: (a, b) => a.div(b),
  power: (a, b) => a.pow(b), integerPower: (a, n) => a.pow(n),
  call: (n, x) => n === "log" ? x.ln() : n === "log1p" ? x.plus(1).ln() : n === "expm1" ? x.exp().minus(1) : x[n](),
  compare: (a, b) => a.cmp(b) ?? NaN,
  toInteger: (x) => x.isInteger() ? x.toNumber() : NaN,
  toNumber: (x) => x.toNumber(),
};
