// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { occurrences } from "./occurrences.ts";

describe("occurrences()", () => {
  it("finds the places of each number, in their order", () => {
    const { places, starts } = occurrences([2, 0, 2, 3, 2], 5, 5);
    assertEquals([...places], [1, 0, 2, 4, 3]);
    assertEquals([...starts], [0, 1, 1, 4, 5, 5]);
  });

  it("finds nothing if there is nothing", () => {
    const { places, starts } = occurrences([], 0, 0);
    assertEquals([[...places], [...starts]], [[], [0]]);
  });
});
