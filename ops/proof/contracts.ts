// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What every function computes, in one line each: its arguments, its result,
 * and what is multiplied and added. All functions keep the same promises, and
 * the tests that hold them to it read this table.
 *
 * @module
 */

import { addBias, addBiasDx, addBiasDy } from "../arithmetic/add_bias.ts";
import { linear, linearDb, linearDw, linearDx } from "../products/linear.ts";
import { matmul, matmulDx, matmulDy } from "../products/matmul.ts";
import { sum, sumDx } from "../reductions/sum.ts";
import type { Tensor } from "../tensor.ts";

/** What a function takes and gives. */
export interface Contract {
  f: (...tensors: never[]) => Tensor;
  /** What the function is doing, as its messages say it. */
  act: string;
  /** The shape of each argument, a letter for each dimension. */
  takes: Record<string, string>;
  /** The shape of the result, in the same letters. */
  gives: string;
  /** Whether the letters of `x` stand for axes of any number. */
  anyRank?: boolean;
  /** The arguments whose product is summed over the letters not in `gives`. */
  factors?: string[];
  /** The arguments that are added, summed over the letters not in `gives`. */
  terms?: string[];
}

const MATMUL = { x: "mn", y: "np" };
const ADD_BIAS = { x: "nmp", y: "m" };
const LINEAR = { x: "np", w: "kp", b: "k" };

// deno-fmt-ignore
/** All functions of all operations. */
export const CONTRACTS: Contract[] = [
  { f: matmul, act: "multiply x by y", takes: MATMUL, gives: "mp", factors: ["x", "y"] },
  { f: matmulDx, act: "compute matmulDx", takes: { ...MATMUL, dout: "mp" }, gives: "mn", factors: ["y", "dout"] },
  { f: matmulDy, act: "compute matmulDy", takes: { ...MATMUL, dout: "mp" }, gives: "np", factors: ["x", "dout"] },
  { f: addBias, act: "compute addBias", takes: ADD_BIAS, gives: "nmp", terms: ["x", "y"] },
  { f: addBiasDx, act: "compute addBiasDx", takes: { ...ADD_BIAS, dout: "nmp" }, gives: "nmp", terms: ["dout"] },
  { f: addBiasDy, act: "compute addBiasDy", takes: { ...ADD_BIAS, dout: "nmp" }, gives: "m", terms: ["dout"] },
  { f: linear, act: "compute linear", takes: LINEAR, gives: "nk", factors: ["x", "w"], terms: ["b"] },
  { f: linearDx, act: "compute linearDx", takes: { ...LINEAR, dout: "nk" }, gives: "np", factors: ["w", "dout"] },
  { f: linearDw, act: "compute linearDw", takes: { ...LINEAR, dout: "nk" }, gives: "kp", factors: ["x", "dout"] },
  { f: linearDb, act: "compute linearDb", takes: { ...LINEAR, dout: "nk" }, gives: "k", terms: ["dout"] },
  { f: sum, act: "compute sum", takes: { x: "mnp" }, gives: "", anyRank: true, terms: ["x"] },
  { f: sumDx, act: "compute sumDx", takes: { x: "mnp", dout: "" }, gives: "mnp", anyRank: true, terms: ["dout"] },
];
