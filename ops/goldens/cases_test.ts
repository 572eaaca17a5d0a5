// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { axes, axis, flag, integer, number } from "../core/options.ts";
import { type Case, casesOf, type Declared } from "./cases.ts";

const softmax: Declared = {
  inputs: { x: "n… m p…" },
  options: { axis: axis("m", -1) },
  outputs: { y: "n… m p…" },
};
const crossEntropy: Declared = {
  inputs: {
    logits: "n c",
    labels: { shape: "n", integer: { from: 0, below: "c", except: "ignore" } },
  },
  options: { ignore: integer(-100) },
  outputs: { y: "" },
};
const sum: Declared = {
  inputs: { x: "n… m… p…" },
  options: { axes: axes("m") },
  outputs: { y: "n… p…" },
};
const add: Declared = {
  inputs: { x: "n…", y: "m…" },
  outputs: { z: "n… ∨ m…" },
};
const elu: Declared = {
  inputs: { x: "n…" },
  options: { alpha: number(1) },
  outputs: { y: "n…" },
};
const convolve: Declared = {
  inputs: {
    x: "n c stride*(p-1)+r",
    w: { shape: "k c r", domain: "positive" },
    b: { shape: "k", optional: true },
  },
  options: { stride: integer(1, { from: 1 }), flip: flag(false) },
  outputs: { y: "n k p" },
};

const all = { softmax, crossEntropy, sum, add, elu, convolve };

const shapes = (cases: Case[], input: string) =>
  cases.map(({ inputs }) => inputs[input]!.shape);
const ranks = (cases: Case[], input: string) =>
  [...new Set(shapes(cases, input).map(({ length }) => length))].sort();

describe("casesOf()", () => {
  for (const [name, declared] of Object.entries(all)) {
    it(`lists ${name} with names of their own, few enough for a file`, () => {
      const cases = casesOf(declared);
      assertEquals(new Set(cases.map(({ name }) => name)).size, cases.length);
      assert(cases.length >= 20 && cases.length <= 50, `${cases.length}`);
      for (const { inputs } of cases) {
        const size = Object.values(inputs).map((x) =>
          x?.shape.reduce((a, b) => a * b, 1) ?? 0
        ).reduce((a, b) => a + b);
        assert(size <= 20_000);
      }
      const sizes = cases.flatMap(({ inputs }) =>
        Object.values(inputs).flatMap((x) => x?.shape ?? [])
      );
      for (const size of [0, 1, 5, 7, 97]) assert(sizes.includes(size));
    });
  }

  it("tries ranks from 0 to 4", () => {
    assertEquals(ranks(casesOf(elu), "x"), [0, 1, 2, 3, 4]);
    assertEquals(ranks(casesOf(sum), "x"), [0, 1, 2, 3, 4]);
    assertEquals(ranks(casesOf(softmax), "x"), [1, 2, 3, 4]);
    assertEquals(ranks(casesOf(add), "y"), [0, 1, 2, 3, 4]);
  });

  it("tries each axis, from either end, and the default", () => {
    const found = new Set(
      casesOf(softmax).map(({ inputs, options }) => {
        const rank = inputs.x!.shape.length;
        const axis = (options.axis ?? -1) as number;
        assert(axis >= -rank && axis < rank);
        return `${(axis + rank) % rank} of ${rank}`;
      }),
    );
    assertEquals([...found].sort(), [
      "0 of 1",
      "0 of 2",
      "0 of 3",
      "1 of 2",
      "1 of 3",
      "1 of 4",
      "2 of 3",
      "2 of 4",
    ]);
    const given = casesOf(softmax).map(({ options }) => options.axis as number);
    assert(given.includes(undefined as unknown as number));
    assert(given.some((axis) => axis >= 0) && given.some((axis) => axis < -1));
  });

  it("tries each of several groups of axes, up to what a file holds", () => {
    const cases = casesOf({
      inputs: { x: "n… m… p…" },
      outputs: { y: "n… m… p…" },
    });
    const found = new Set(cases.map(({ inputs: { x } }) => x!.shape.length));
    assertEquals([...found].sort(), [0, 2, 3]);
    const large = casesOf({
      inputs: { x: "n*n*n*n n*n*n*n" },
      outputs: { y: "n" },
    });
    assert(large.length > 0);
    for (const { inputs: { x } } of large) {
      assert(x!.shape.reduce((a, b) => a * b, 1) <= 20_000);
    }
  });

  it("reduces one axis, several, some apart, and all, kept or not", () => {
    const given = casesOf(sum).map(({ options }) => JSON.stringify(options));
    for (
      const options of [
        "{}",
        '{"keepDims":true}',
        '{"axes":[0]}',
        '{"axes":[1,3]}',
        '{"axes":[2,0]}',
        '{"axes":[0,2,3],"keepDims":true}',
      ]
    ) assert(given.includes(options), options);
  });

  it("broadcasts either way, and never what does not fit", () => {
    for (const { inputs } of casesOf(add)) {
      const [x, y] = [inputs.x!.shape, inputs.y!.shape];
      for (let axis = -1; axis >= -Math.min(x.length, y.length); axis--) {
        const [m, n] = [x.at(axis)!, y.at(axis)!];
        assert(m === n || m === 1 || n === 1);
      }
    }
  });

  it("draws labels below the number of classes, and those that are exempt", () => {
    const cases = casesOf(crossEntropy);
    for (const { inputs } of cases) {
      const [n, c] = inputs.logits!.shape;
      const { shape, domain } = inputs.labels!;
      assertEquals(shape, [n]);
      assert(typeof domain === "object" && "below" in domain);
      assertEquals(domain.below, c);
    }
    const variants = cases.map(({ variant }) => variant);
    assert(variants.includes("exempt") && variants.includes("all exempt"));
    const { inputs } = cases.find(({ options }) => options.ignore === 2)!;
    assertEquals(inputs.labels!.domain, { from: 0, below: 5, except: 2 });
  });

  it("has no labels if there is no class and nothing is exempt", () => {
    const labels = { shape: "n", integer: { below: "c" } };
    const cases = casesOf({ ...crossEntropy, inputs: { x: "n c", labels } });
    assert(cases.length > 0);
    for (const { inputs } of cases) {
      const [n, c] = inputs.x!.shape;
      assert(n === 0 || c > 0);
    }
  });

  it("follows dimensions that are expressions, and their options", () => {
    const strides = new Set<unknown>();
    for (const { inputs, options } of casesOf(convolve)) {
      const stride = (options.stride ?? 1) as number;
      strides.add(options.stride);
      const [, , length] = inputs.x!.shape, [, , r] = inputs.w!.shape;
      assert(Number.isInteger((length - r) / stride));
    }
    assertEquals([...strides], [undefined, 2, 3]);
  });

  it("tries each option, and null for what is optional", () => {
    const cases = casesOf(convolve);
    assert(cases.some(({ options }) => options.flip === true));
    assert(cases.some(({ inputs }) => inputs.b === null));
    assert(cases.some(({ name }) => name.includes("no b")));
    const alphas = casesOf(elu).map(({ options }) => options.alpha);
    for (const alpha of [0, 0.5, 2, -0.5]) assert(alphas.includes(alpha));
  });

  it("has the variants that the domains allow", () => {
    const variants = (
      declared: Declared,
    ) => [...new Set(casesOf(declared).map(({ variant }) => variant))];
    assertEquals(variants(elu), [
      "plain",
      "large",
      "tiny",
      "saturating",
      "ties",
      "cancelling",
      "zeros",
      "NaN in x",
      "∞ in x",
      "-∞ in x",
      "±∞ in x",
    ]);
    const dout = ["NaN in dout", "∞ in dout", "±∞ in dout"];
    assertEquals(variants({ ...elu, backward() {} }).slice(-3), dout);
    const outputs = { h: "n…", c: "n…" };
    assertEquals(
      variants({ ...elu, outputs, backward() {} }).slice(-3),
      dout.map((variant) => `${variant}.c`),
    );
    const unit = (domain: "probability" | "distinct" | readonly [0, 1]) =>
      variants({ ...elu, inputs: { x: { shape: "n…", domain } } });
    assertEquals(unit("probability"), [
      "plain",
      "tiny",
      "ties",
      "NaN in x",
    ]);
    assertEquals(unit([0, 1]), ["plain", "ties", "NaN in x"]);
    assertEquals(unit("distinct"), [
      "plain",
      "large",
      "tiny",
      "saturating",
      "NaN in x",
    ]);
  });
});
