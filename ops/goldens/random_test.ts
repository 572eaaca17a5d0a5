// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  type Domain,
  draw,
  isVariant,
  placesOf,
  randomFrom,
  seedOf,
  type Variant,
  variantOf,
  VARIANTS,
} from "./random.ts";

const take = (seed: number, count: number) => {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => random());
};

describe("randomFrom()", () => {
  it("gives the integers that Python gives, which has them of any size", () => {
    assertEquals(take(12, 5), [
      419258560,
      1679344211,
      713942048,
      1904565269,
      1714532113,
    ]);
    assertEquals(take(0, 3), [1684164658, 3653269916, 2939563536]);
    assertEquals(take(2 ** 32 - 1, 3), [3950124170, 4293442868, 1302505678]);
  });

  it("is even", () => {
    const bits = new Uint32Array(32);
    for (const word of take(5, 4096)) {
      for (let i = 0; i < 32; i++) bits[i] += word >>> i & 1;
    }
    // Five standard deviations of a fair coin.
    for (const ones of bits) assert(Math.abs(ones - 2048) < 160, `${ones}`);
  });
});

describe("seedOf()", () => {
  it("tells words apart", () => {
    assertEquals(
      seedOf(12, "softmax", "x 3×5", "float32", "x"),
      3833395910, // as Python has it
    );
    assert(seedOf("a", "bc") !== seedOf("ab", "c"));
  });
});

describe("draw()", () => {
  it("gives the same numbers as Python", () => {
    assertEquals([...draw(7, [4], "float32").data], [
      3.1495652198791504,
      3.843123435974121,
      -2.507155418395996,
      -0.9300694465637207,
    ]);
    assertEquals([...draw(7, [3], "float64").data], [
      3.1495652384690755,
      -2.507154981822258,
      -0.9570164068520439,
    ]);
  });

  const domains: Domain[] = [
    "any",
    "positive",
    "distinct",
    "probability",
    [-1, 1],
  ];
  const fits: Record<string, (value: number) => boolean> = {
    positive: (value) => value > 0,
    probability: (value) => value >= 0 && value <= 1,
    "-1,1": (value) => value >= -1 && value <= 1,
  };
  for (const domain of domains) {
    it(`keeps to the domain ${domain} in every variant`, () => {
      for (const variant of VARIANTS) {
        for (const dtype of ["float32", "float64"] as const) {
          const { shape, data } = draw(3, [11, 9], dtype, domain, variant);
          assertEquals(shape, [11, 9]);
          assertEquals(data.length, 99);
          assert(data.every(Number.isFinite));
          assert(data.every(fits[`${domain}`] ?? (() => true)));
          if (domain === "distinct") assertEquals(new Set(data).size, 99);
        }
      }
    });
  }

  it("uses all the bits of a type, and no more", () => {
    const { data } = draw(1, [200], "float64", "any");
    // In units of 2⁻⁵⁰, an integer, and an odd one every other time.
    assert(data.every((value) => Number.isInteger(value * 2 ** 50)));
    assert(data.some((value) => !Number.isInteger(value * 2 ** 49)));
    // What is drawn for float32 is not rounded by the array that holds it.
    const single = draw(1, [200], "float32", "any").data;
    assert(single.every((value) => Number.isInteger(value * 2 ** 21)));
    assert(single.some((value) => !Number.isInteger(value * 2 ** 20)));
  });

  it("has values of the kind that a variant says", () => {
    const any = (
      variant: Variant,
      dtype: "float32" | "float64" = "float32",
    ) => [...draw(2, [60], dtype, "any", variant).data];
    const most = (values: number[]) => Math.max(...values.map(Math.abs));
    assert(most(any("plain")) <= 4);
    assert(most(any("large")) > 1e4 && most(any("large")) <= 2 ** 14);
    assert(most(any("tiny")) <= 2 ** -18);
    assert(most(any("saturating")) > 40 && most(any("saturating")) <= 64);
    const ties = any("ties");
    assert(new Set(ties).size <= 5);
    assert(ties.some((value) => Object.is(value, -0)));
    assert(ties.some((value) => Object.is(value, 0)));
    for (const dtype of ["float32", "float64"] as const) {
      const cancelling = any("cancelling", dtype);
      assert(new Set(cancelling).size > 5);
      const spread = Math.max(...cancelling) - Math.min(...cancelling);
      assert(spread / most(cancelling) < 2e-6);
    }
  });

  it("has what is not finite in the tensor that is named, and nowhere else", () => {
    const drawn = (variant: Variant, tensor: string) => {
      const { variant: own, values } = variantOf(variant, tensor);
      return [...draw(6, [3, 4], "float64", "any", own, values).data];
    };
    const strange = (values: number[]) =>
      values.filter((value) => !Number.isFinite(value));
    assertEquals(strange(drawn("NaN in x", "x")), [NaN]);
    assertEquals(strange(drawn("-∞ in dout.h", "dout.h")), [-Infinity]);
    assertEquals(strange(drawn("±∞ in x", "x")).toSorted(), [
      -Infinity,
      Infinity,
    ]);
    assertEquals(strange(drawn("NaN in x", "dout")), []);
    assertEquals(drawn("zeros", "x"), Array(12).fill(-0));
    assert(isVariant("±∞ in x") && isVariant("plain"));
    assert(!isVariant("∞") && !isVariant("x in x") && !isVariant(1));
  });

  it("draws integers of a range, and the exempt one where it is asked to", () => {
    const labels = { from: 0, below: 5, except: -100 };
    const plain = draw(4, [200], "float32", labels).data;
    assert(plain instanceof Int32Array);
    assertEquals([...new Set(plain)].sort(), [0, 1, 2, 3, 4]);
    const some = draw(4, [6], "float64", labels, "exempt").data;
    assertEquals([...some].map((value) => value === -100), [
      false,
      true,
      false,
      false,
      true,
      false,
    ]);
    const all = draw(4, [3], "float64", labels, "all exempt").data;
    assertEquals([...all], [-100, -100, -100]);
    const none = draw(4, [2], "float64", { ...labels, below: 0 }).data;
    assertEquals([...none], [-100, -100]);
  });
});

describe("placesOf()", () => {
  it("takes all elements, or one from each of equal parts", () => {
    assertEquals([...placesOf(1, 3, 4)], [0, 1, 2]);
    assertEquals([...placesOf(1, 0, 4)], []);
    const places = [...placesOf(1, 6144, 64)];
    assertEquals(places.length, 64);
    for (const [part, place] of places.entries()) {
      assertEquals(Math.floor(place / 96), part);
    }
    for (let seed = 0; seed < 50; seed++) {
      const places = [...placesOf(seed, 7, 4)];
      assertEquals([...new Set(places)].sort(), places);
      assert(places.at(-1)! < 7);
    }
  });
});
