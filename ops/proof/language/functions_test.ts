// Copyright 2026 the Adjoint authors. MIT license.

import { assert } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { all, create } from "mathjs";
import {
  abs,
  add,
  type Digits,
  digits64,
  divide,
  exactly,
  multiply,
  power,
  subtract,
  toNumber,
} from "./digits.ts";
import type { FunctionName } from "./expression.ts";
import { numbers } from "./fields.ts";
import { FUNCTIONS } from "./functions.ts";

const math = create(all);
const names = Object.keys(FUNCTIONS) as FunctionName[];

/** Where every function has a value, or all but logarithm and root. */
const POINTS = [0.25, 0.75, 1.5, 3.25, -0.5, -0.875];

function pointsOf(name: FunctionName): number[] {
  return name === "log" || name === "sqrt"
    ? POINTS.filter((x) => x > 0)
    : POINTS;
}

/** (f(x + h) − f(x − h))∕2h, whose error is of h². */
function slope(f: (x: Digits) => Digits, x: Digits): Digits {
  const h = power(exactly(10), exactly(-26));
  const rise = subtract(f(add(x, h)), f(subtract(x, h)));
  return divide(rise, multiply(exactly(2), h));
}

describe("FUNCTIONS", () => {
  for (const name of names) {
    const { derivative, mathjs } = FUNCTIONS[name];

    it(`differentiates ${name} as differences do`, () => {
      for (const at of pointsOf(name)) {
        const x = exactly(at);
        const own = derivative(digits64, x, digits64.call(name, x));
        const other = slope((x) => digits64.call(name, x), x);
        const difference = toNumber(abs(subtract(own, other)));
        assert(difference < 1e-45, `${name}′(${at}): ${difference}`);
      }
    });

    if (mathjs === undefined) continue;

    it(`means by ${name} what mathjs does, and its derivative`, () => {
      for (const x of pointsOf(name)) {
        const close = (own: number, text: string) => {
          const other = math.evaluate(text, { x });
          const difference = Math.abs(own - other);
          assert(difference < 1e-13 * Math.max(1, Math.abs(other)), text);
        };
        const y = numbers.call(name, x);
        close(y, mathjs);
        close(
          derivative(numbers, x, y),
          math.derivative(mathjs, "x").toString(),
        );
      }
    });
  }
});
