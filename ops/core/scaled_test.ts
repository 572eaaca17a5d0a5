// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { isTame, Scaled } from "./scaled.ts";

const product = (...factors: number[]) => {
  const z = new Scaled();
  for (const x of factors) z.times(x);
  return z.value;
};

describe("Scaled", () => {
  it("is the product, where that needs no scale", () => {
    assertEquals(product(), 1);
    assertEquals(product(3, -7, 0.1), 3 * -7 * 0.1);
    assertEquals(product(2, -0), -0);
  });

  it("comes back from beyond both ends of the range", () => {
    const up = Array(50).fill(2 ** 300), down = Array(50).fill(2 ** -300);
    assertEquals(product(...up, ...down, 3), 3);
    assertEquals(product(...down, ...up, 3), 3);
    assertEquals(product(2 ** -1074, 2 ** 1000, 2 ** 74), 1);
    assertEquals(product(Number.MAX_VALUE, 2, 0.25), Number.MAX_VALUE / 2);
  });

  it("ends where a number does", () => {
    assertEquals(product(...Array(9).fill(1e200)), Infinity);
    assertEquals(product(...Array(9).fill(-1e200)), -Infinity);
    assertEquals(product(...Array(9).fill(1e-200)), 0);
    assertEquals(product(Number.MAX_VALUE), Number.MAX_VALUE);
    assertEquals(product(2 ** -1074), 2 ** -1074);
    assertEquals(product(2 ** -600, 2 ** -474), 2 ** -1074);
    // It is rounded once: 3 ∕ 4 of the least number is that number.
    assertEquals(product(3, 2 ** -538, 2 ** -538), 2 ** -1074);
  });

  it("keeps what 0, infinity and NaN are", () => {
    assertEquals(product(1e200, 1e200, 0, 1e200), 0);
    assertEquals(product(Infinity, -2, 1e-300), -Infinity);
    assertEquals(product(1e-300, 1e-300, Infinity), Infinity);
    assert(Number.isNaN(product(0, Infinity)));
    assert(Number.isNaN(product(NaN, 0)));
  });

  it("adds a number, however far away it is", () => {
    const sum = (factors: number[], x: number, ...then: number[]) => {
      const z = new Scaled();
      for (const factor of factors) z.times(factor);
      z.plus(x);
      for (const factor of then) z.times(factor);
      return z.value;
    };
    assertEquals(sum([3], 0.5), 3.5);
    assertEquals(sum([2 ** 600, 2 ** 600], 1, 2 ** -1000), 2 ** 200);
    assertEquals(sum([2 ** 600], 2 ** 600), 2 ** 601);
    assertEquals(
      sum([2 ** 600, 2 ** 500], 2 ** 1000, 2 ** -1000),
      2 ** 100 + 1,
    );
    assertEquals(sum([2 ** -600, 2 ** -600], 1), 1);
    assertEquals(sum([2 ** -600, 2 ** -600], 0, 2 ** 1000), 2 ** -200);
    assertEquals(sum([2 ** 600, 2 ** 600, 0], 5), 5);
    assertEquals([sum([-0], 0), sum([-0], -0)], [0, -0]);
    assertEquals(sum([1e200, 1e200], -Infinity), -Infinity);
    assert(Number.isNaN(sum([Infinity], -Infinity)));
    assert(Number.isNaN(sum([1e200, 1e200], NaN)));
  });
});

describe("isTame()", () => {
  const of = (x: number[], ...sizes: number[]) =>
    isTame(Float64Array.from(x), 0, 1, x.length, ...sizes);

  it("is true where all products stay far from both ends", () => {
    assert(of([]));
    assert(of([0.5, -3, 0, 1e30, -1e30, NaN]));
    assert(of([1e-30, -1e30, 0, 1e-30], 1e40, 1e-40));
    assert(of([2 ** -255, 2 ** 510, 2 ** -510]));
  });

  it("is false where one comes near, though all of them together do not", () => {
    assert(!of([2 ** -256, 2]));
    assert(!of([2 ** 256, 0.5]));
    assert(!of([2 ** 200, 0.5], 2 ** 56));
    assert(!of([2 ** -200, 2], 1, 2 ** -56));
    assert(!of([2 ** 500, 2 ** -500, 2 ** 500]));
    assert(!of([2 ** -500, 2 ** 500, -(2 ** -500)]));
    assert(!of([2 ** 500, 3], 2 ** 500));
    assert(!of([2 ** -500, 3], 1, 2 ** -500));
    assert(!of([1, Infinity]));
  });

  it("sees its own row alone", () => {
    const x = Float64Array.from([1e300, 2, 1e300, 3]);
    assert(isTame(x, 1, 2, 2));
    assert(!isTame(x, 0, 2, 2));
  });
});
