// Copyright 2026 the Adjoint authors. MIT license.

import { assert } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { isThin } from "./thin.ts";

describe("isThin()", () => {
  it("is one or two rows or columns, by 32 lines of 16 terms", () => {
    assert(isThin(1, 16, 32, 4) && isThin(2, 16, 32, 8));
    assert(!isThin(2, 15, 32, 4) && !isThin(2, 16, 31, 4));
    assert(!isThin(3, 16, 32, 4));
  });

  it("is up to eight by lines of 64 terms that take more than a megabyte", () => {
    assert(isThin(8, 64, 4097, 4) && isThin(3, 64, 2049, 8));
    assert(!isThin(9, 64, 4097, 4) && !isThin(8, 63, 5000, 4));
    assert(!isThin(8, 64, 4096, 4) && !isThin(8, 64, 2048, 8));
  });
});
