// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { all, type BigNumber, create } from "mathjs";
import {
  abs,
  add,
  compare,
  decimal,
  type Digits,
  digits64,
  divide,
  exactly,
  integerPower,
  multiply,
  pi,
  power,
  relativeDifference,
  sqrt,
  subtract,
  toDecimal,
  toNumber,
} from "./digits.ts";
import type { FunctionName } from "./expression.ts";
import { FUNCTIONS } from "./functions.ts";
import { KNOWN } from "./known_values.ts";

/** The units of 2⁻²⁵⁶ that a function may be wrong by. */
const ROUNDING = 16 * 2 ** -256;

const math = create(all, { number: "BigNumber", precision: 90 });

/** Numbers that are always the same, from −1 to 1. */
function* drawn(count: number): Generator<number> {
  let seed = 12345;
  for (let i = 0; i < count; i++) {
    seed = seed * 16807 % 2147483647;
    yield seed / 2147483647 * 2 - 1;
  }
}

const call = (name: FunctionName, x: number) => digits64.call(name, exactly(x));

function ofMathjs(x: BigNumber): Digits {
  const [digits, exponent = "0"] = x.toExponential(85).split("e");
  return decimal(`${digits}e${exponent}`);
}

describe("the numbers of 77 digits", () => {
  it("hold doubles exactly, and give them back", () => {
    const bits = new DataView(new ArrayBuffer(8));
    for (const x of drawn(500)) {
      bits.setFloat64(0, x);
      // Any exponent, the subnormal ones, too.
      bits.setUint16(0, Math.floor(Math.abs(x) * 0x7fef));
      const number = bits.getFloat64(0);
      assertEquals(toNumber(exactly(number)), number);
      assertEquals(toNumber(exactly(-number)), -number);
    }
    for (const x of [0, 5e-324, 1.7976931348623157e308, 2 ** 53, Infinity]) {
      assertEquals(toNumber(exactly(x)), x);
    }
    assert(Number.isNaN(toNumber(exactly(NaN))));
  });

  it("reads decimal numbers, not their nearest doubles", () => {
    assertEquals(toDecimal(decimal("0.1"), 60), "1.0e-1");
    assertEquals(toDecimal(decimal("1e-5"), 60), "1.0e-5");
    assertEquals(toDecimal(decimal("-12.50"), 60), "-1.25e1");
    assert(
      toDecimal(exactly(0.1), 30).startsWith("1.000000000000000055511151"),
    );
    assertEquals(toDecimal(decimal(`1${"0".repeat(400)}`), 60), "1.0e400");
    for (const text of ["x", "1.5.2", "0x1", ""]) {
      assertThrows(
        () => decimal(text),
        SyntaxError,
        `${text} is not a decimal number`,
      );
    }
  });

  it("writes what has no digits as JavaScript does", () => {
    for (const x of [0, Infinity, -Infinity, NaN]) {
      assertEquals(toDecimal(exactly(x)), String(x));
    }
  });

  it("says how far numbers are apart", () => {
    const apart = (x: number, y: number) =>
      relativeDifference(exactly(x), exactly(y));
    assertEquals(apart(3, 3), 0);
    assertEquals(apart(-3, 4), 1.75);
    assertEquals(apart(NaN, NaN), 0);
    assertEquals(apart(Infinity, Infinity), 0);
    assertEquals(apart(Infinity, 1), Infinity);
    assertEquals(apart(NaN, 1), Infinity);
  });

  it("adds, multiplies and divides as mathjs does", () => {
    const numbers = [...drawn(60)];
    for (const [i, x] of numbers.entries()) {
      const y = numbers.at(i - 1)! * 10 ** Math.round(x * 60);
      const [a, b] = [exactly(x), exactly(y)];
      const [p, q] = [x, y].map((n) => math.bignumber(n.toPrecision(90)));
      const pairs: [Digits, unknown][] = [
        [add(a, b), math.add(p, q)],
        [subtract(a, b), math.subtract(p, q)],
        [multiply(a, b), math.multiply(p, q)],
        [divide(a, b), math.divide(p, q)],
        [sqrt(abs(a)), math.sqrt(math.abs(p))],
        [integerPower(a, 7), math.pow(p, math.bignumber(7))],
        [integerPower(a, -3), math.pow(p, math.bignumber(-3))],
      ];
      for (const [own, other] of pairs) {
        const difference = relativeDifference(
          own,
          ofMathjs(other as BigNumber),
        );
        assert(difference < ROUNDING, `${x}, ${y}: ${difference}`);
      }
      assertEquals(compare(a, b), Math.sign(x - y));
    }
  });

  for (const [name, known] of KNOWN) {
    it(`has ${name} to the last digits that mpmath was asked for`, () => {
      for (const [, x, y] of known) {
        const own = call(name as FunctionName, x);
        const difference = relativeDifference(own, decimal(y));
        assert(difference < 1e-69, `${name}(${x}): ${difference}`);
      }
    });

    it(`has ${name} in floating point within the bound that is assumed`, () => {
      for (const [, x, y] of known) {
        const own = FUNCTIONS[name as FunctionName].number(x);
        const value = toNumber(decimal(y));
        const { units = 4 } = FUNCTIONS[name as FunctionName];
        if (own === value) continue; // Infinite ones, too.
        const bound = units * 2 ** -53 * Math.abs(value) + 5e-324;
        assert(Math.abs(own - value) <= bound, `${name}(${x}): ${own}`);
      }
    });
  }

  it("agrees with mathjs in functions of random numbers", () => {
    const names = [
      ..."exp log log1p expm1 sqrt sin cos tan atan sinh cosh tanh".split(" "),
    ];
    for (const name of names) {
      for (const x of drawn(4)) {
        const at = name === "log" || name === "sqrt"
          ? Math.abs(x) * 20
          : name === "log1p" || name === "atan"
          ? x
          : x * 20;
        const of = math.bignumber(at.toPrecision(90));
        const f = math[name as "exp"] as unknown as (x: BigNumber) => BigNumber;
        const own = call(name as FunctionName, at);
        const difference = relativeDifference(own, ofMathjs(f(of)));
        assert(difference < 1e-70, `${name}(${at}): ${difference}`);
      }
    }
    const x = power(exactly(2.5), exactly(-1.25));
    const y = math.pow(math.bignumber(2.5), math.bignumber(-1.25));
    assert(relativeDifference(x, ofMathjs(y as BigNumber)) < 1e-70);
    assert(relativeDifference(pi, ofMathjs(math.bignumber(math.pi))) < 1e-70);
  });

  it("loses nothing where numbers are tiny or nearly equal", () => {
    const tiny = exactly(1e-200);
    for (
      const name of ["expm1", "log1p", "tanh", "sinh", "sin", "atan"] as const
    ) assert(relativeDifference(digits64.call(name, tiny), tiny) < 1e-70, name);
    const near = add(exactly(1), exactly(1e-60));
    const log = digits64.call("log", near);
    assert(relativeDifference(log, exactly(1e-60)) < 1e-15);
    assertEquals(toDecimal(subtract(near, exactly(1)), 8), "1.0e-60");
  });

  it("has no largest and no smallest number", () => {
    const large = digits64.call("exp", exactly(10_000));
    assert(toDecimal(large, 10).endsWith("e4342"));
    const small = digits64.call("exp", exactly(-10_000));
    assert(relativeDifference(multiply(large, small), exactly(1)) < 1e-70);
    assertEquals(toNumber(digits64.call("exp", exactly(1e20))), Infinity);
    assertEquals(toNumber(digits64.call("exp", exactly(-1e20))), 0);
    assertEquals(toNumber(large), Infinity);
    assertEquals(toNumber(small), 0);
  });

  it("treats infinity and NaN as IEEE 754 does", () => {
    const numbers = [-Infinity, -1.5, 0, 2, Infinity, NaN];
    for (const x of numbers) {
      for (const y of numbers) {
        const [a, b] = [exactly(x), exactly(y)];
        assertEquals(toNumber(add(a, b)), x + y, `${x} + ${y}`);
        assertEquals(toNumber(subtract(a, b)), x - y + 0, `${x} − ${y}`);
        assertEquals(toNumber(multiply(a, b)), x * y + 0, `${x} · ${y}`);
        assertEquals(toNumber(divide(a, b)), x / y + 0, `${x} ∕ ${y}`);
        assertEquals(
          compare(a, b),
          x < y ? -1 : x > y ? 1 : x === y ? 0 : NaN,
          `${x} to ${y}`,
        );
      }
      for (const [name, { number }] of Object.entries(FUNCTIONS)) {
        if (Math.abs(x) < 5 && x !== 0) continue;
        assertEquals(
          toNumber(call(name as FunctionName, x)) + 0,
          x === 0 && name === "atan" ? 0 : toNumber(exactly(number(x))) + 0,
          `${name}(${x})`,
        );
      }
    }
    for (const [x, y] of [[0, 0], [7, 0], [0, 0.5], [0, -0.5]]) {
      assertEquals(toNumber(power(exactly(x), exactly(y))), x ** y);
    }
    assertEquals(toNumber(call("log", 0)), -Infinity);
    assertEquals(toNumber(call("log", -1)), NaN);
    assertEquals(toNumber(call("sqrt", -1)), NaN);
  });
});
