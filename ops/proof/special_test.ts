// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  agrees,
  readAssignments,
  readSpecialPoints,
  readWritten,
  SpecialPointError,
  type WrittenNumber,
} from "./special.ts";

const numbersOf = (text: string) => {
  const value = readWritten(text);
  if (value.kind === "word") throw new Error(`${text} is a word`);
  return value.kind === "number"
    ? [value.value]
    : value.numbers.map(({ value }) => value);
};

describe("readAssignments()", () => {
  it("reads inputs, options, dout and the element type", () => {
    const given = readAssignments(
      "x = [1, NaN, -∞], beta = 20, axis = -1; dout = [[1, 0], [2, -0]], keepDims = true, b = null, dtype = float32",
    );
    assertEquals(Object.keys(given), [
      "x",
      "beta",
      "axis",
      "dout",
      "keepDims",
      "b",
      "dtype",
    ]);
    assertEquals(given.keepDims, { kind: "word", text: "true" });
    assertEquals(given.dtype, { kind: "word", text: "float32" });
    assert(given.dout.kind === "array");
    assertEquals(given.dout.shape, [2, 2]);
    assertEquals(given.dout.text, "[[1, 0], [2, -0]]");
    assert(Object.is(given.dout.numbers[3].value, -0));
  });

  it("reads the gradient of each of several outputs", () => {
    assertEquals(Object.keys(readAssignments("dout.h = [1], dout.c = [0]")), [
      "dout.h",
      "dout.c",
    ]);
  });

  for (
    const [text, message] of [
      ["", "a name at its end"],
      ["x", "= after x at its end"],
      ["x = ", "a number, brackets or a word at its end"],
      ["x = [1, 2", "a comma or ] at its end"],
      ["x = [1, [2]]", "brackets of one length at each depth at its end"],
      ["x = [true]", "a number, as true is not one at `]`"],
      ["x = 1 y = 2", "a comma, or the end at `y = 2`"],
      ["x = 1, x = 2", "x once, and not twice at `= 2`"],
      ["x = 1.", "a number, brackets or a word at `1.`"],
    ]
  ) {
    it(`refuses \`${text}\``, () => {
      assertThrows(
        () => readAssignments(text),
        SpecialPointError,
        `\`${text}\` must have ${message}`,
      );
    });
  }
});

describe("readWritten()", () => {
  it("reads what JSON cannot say", () => {
    assertEquals(numbersOf("[NaN, ∞, -∞, +∞, −∞, 1e4, −2.5e−3, 0]"), [
      NaN,
      Infinity,
      -Infinity,
      Infinity,
      -Infinity,
      1e4,
      -0.0025,
      0,
    ]);
    assert(Object.is(numbersOf("-0")[0], -0));
  });

  it("knows the shape of what is empty", () => {
    const shape = (text: string) => {
      const value = readWritten(text);
      return value.kind === "array" ? value.shape : undefined;
    };
    assertEquals(shape("[]"), [0]);
    assertEquals(shape("[[], []]"), [2, 0]);
    assertEquals(shape("[[[1], [2]]]"), [1, 2, 1]);
  });
});

describe("agrees()", () => {
  const judge = (text: string, value: number, dtype?: "float32") =>
    agrees(readWritten(text) as WrittenNumber, value, dtype);

  it("takes three and more digits for a rounded number", () => {
    assert(judge("0.269", 0.2689414));
    assert(judge("0.2689", 0.2689414));
    assert(!judge("0.2688", 0.2689414));
    assert(judge("4.54e-5", 4.5397868702434395e-5));
    assert(!judge("4.53e-5", 4.5397868702434395e-5));
    assert(judge("-1.00e-7", -9.99e-8));
  });

  it("takes fewer digits for the number itself", () => {
    assert(judge("0.5", 0.5));
    assert(judge("0.1", 0.1 + 2 ** -56));
    assert(judge("0.1", Math.fround(0.1), "float32"));
    assert(!judge("0.1", Math.fround(0.1)));
    assert(!judge("0.5", 0.54));
    assert(!judge("1", 1.2));
    assert(!judge("1e4", 10001));
  });

  it("tells NaN, the infinities and a negative zero", () => {
    assert(judge("NaN", NaN));
    assert(!judge("NaN", 0));
    assert(judge("-∞", -Infinity));
    assert(!judge("∞", -Infinity));
    assert(!judge("1", NaN));
    assert(judge("-0", -0));
    assert(judge("0", -0));
    assert(!judge("-0", 0));
    assert(!judge("0", 5e-324));
  });
});

describe("readSpecialPoints()", () => {
  const table = `
Words.

| at | $\`Y\`$ | $\`\\frac{\\partial E}{\\partial X}\`$ | PyTorch | JAX | TensorFlow | why |
| -- | :-- | -- | -- | -- | -- | -- |
| \`x = [1, 1], dout = [1, 0]\` | \`[0.5, 0.5]\` | \`[0.25, -0.25]\` | same | refuses | \`dx = [0, 1]\` | — |
| \`x = NaN\` | — | \`NaN\` | \`y = 0, dx = 1\` | — | same | it is smaller |

| other | table |
| ----- | ----- |
| 1     | 2     |
`;

  it("reads all columns", () => {
    const [first, second, ...rest] = readSpecialPoints(table);
    assertEquals(rest, []);
    assertEquals(first.at, "x = [1, 1], dout = [1, 0]");
    assertEquals(Object.keys(first.given), ["x", "dout"]);
    assertEquals(first.stated.map(({ heading }) => heading), [
      "Y",
      String.raw`\frac{\partial E}{\partial X}`,
    ]);
    assertEquals(first.stated[0].value, readWritten("[0.5, 0.5]"));
    assertEquals(first.pytorch, { says: "same" });
    assertEquals(first.jax, { says: "refuses" });
    assertEquals(first.tensorflow, {
      says: "differs",
      values: readAssignments("dx = [0, 1]"),
    });
    assertEquals(first.why, "");
    assertEquals(second.stated[0].value, undefined);
    assertEquals(second.jax, { says: "nothing" });
    assertEquals(second.why, "it is smaller");
  });

  it("finds nothing if there is no table", () => {
    assertEquals(readSpecialPoints("Words.\n\n| a | b |\n| - | - |"), []);
  });

  it("refuses a row with too few cells, and a row that occurs twice", () => {
    assertThrows(
      () => readSpecialPoints("| at | $`Y`$ |\n| - | - |\n| `x = 1` |"),
      SpecialPointError,
      "a row must have 2 cells",
    );
    assertThrows(
      () => readSpecialPoints("| at | $`Y`$ |\n| - | - |\n| `x = 1` | |"),
      SpecialPointError,
      "the row `x = 1` must have a value for $`Y`$, or —: it has nothing",
    );
    assertThrows(
      () =>
        readSpecialPoints(
          "| at | $`Y`$ |\n| - | - |\n| `x = 1` | `1` |\n| `x = 1` | `2` |",
        ),
      SpecialPointError,
      "there are two rows x = 1",
    );
    assertThrows(
      () => readSpecialPoints("| at | $`Y`$ |\n| `x = 1` | `1` |"),
      SpecialPointError,
      "the line below the headings",
    );
  });
});
