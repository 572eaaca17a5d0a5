// Copyright 2026 the Adjoint authors. MIT license.

// A sample of `deno task reach`: always the same one, as what has not changed must not
// fail. The nightly checks take another each time.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  failuresOf,
  isEqual,
  isRefuted,
  ownPages,
  restatement,
  slip,
  variant,
} from "../.ci/reach.ts";
import { Random } from "../ops/proof/inputs.ts";

const random = new Random(1);
const pages = await ownPages();

describe("our pages as Markdown", () => {
  it("hold", () => {
    const some = Array.from({ length: 5 }, () => random.pick(pages));
    assertEquals(some.flatMap(failuresOf), []);
  });

  it("are refuted where a gradient is broken", () => {
    for (let i = 0; i < 8; i++) {
      const one = variant(pages, random, slip);
      assert(
        isRefuted(one) || isEqual(one, pages),
        `${one.file}: ${one.what}: ${one.tex}`,
      );
    }
  });

  it("hold where a gradient is restated", () => {
    for (let i = 0; i < 8; i++) {
      const one = variant(pages, random, restatement);
      assertEquals(failuresOf(one), [], `${one.file}: ${one.what}: ${one.tex}`);
    }
  });

  it("are told apart where a broken gradient has the same value", () => {
    const page = {
      file: "page",
      text:
        "$y = x^2$ $\\frac{\\partial E}{\\partial x} = 2 x \\frac{\\partial E}{\\partial y}$",
    };
    const of = (right: string) =>
      isEqual({
        file: "page",
        what: "",
        text: "",
        tex: `\\frac{\\partial E}{\\partial x} = ${right}`,
      }, [page]);
    assert(of("(x + x) \\frac{\\partial E}{\\partial y}"));
    assert(!of("3 x \\frac{\\partial E}{\\partial y}"));
  });
});
