// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import notebook from "./notebook.json" with { type: "json" };
import {
  drawCase,
  encode,
  type FileCase,
  FLOATS,
  type GoldenFile,
  Hash,
  readGoldens,
  readNotebook,
  storedPlaces,
} from "./read.ts";

/** Base64 of bytes given in hexadecimal. */
function hex(bytes: string): string {
  const codes = bytes.match(/[0-9a-f]{2}/g)!.map((byte) => parseInt(byte, 16));
  return btoa(String.fromCharCode(...codes));
}

/** A golden file of some cases, as the task would write it. */
function fileOf(cases: FileCase[], kept = 64): GoldenFile {
  const hash = new Hash();
  for (const one of cases) {
    for (const dtype of FLOATS) {
      drawCase({ op: "f", seed: 1, hash }, one, dtype);
    }
  }
  return {
    op: "f",
    seed: 1,
    kept,
    drawn: hash.toString(),
    libraries: {
      PyTorch: { version: "2", date: "2026-01-01", expression: "f(x)" },
    },
    cases,
    conventions: [],
  };
}

/** A case of a vector, its results zeros but for those given. */
function caseOf(
  size: number,
  results: { float32?: string; float64?: string } = {},
): FileCase {
  const float32 = results.float32 ?? encode(new Float32Array(size));
  const float64 = results.float64 ?? encode(new Float64Array(size));
  return {
    name: `x ${size}`,
    inputs: { x: [size] },
    outputs: { y: [size] },
    float32: { y: float32, dx: float32 },
    float64: { y: float64, dx: float64 },
  };
}

describe("readGoldens()", () => {
  it("keeps every bit", () => {
    // Written out by hand from IEEE 754, low byte first.
    const float32 = hex([
      "00000080", // -0
      "01000000", // the smallest subnormal
      "ffff7f00", // the largest subnormal
      "ffff7f7f", // the largest number
      "0000807f", // infinity
      "000080ff", // -infinity
      "cdcccc3d", // 0.1
      "0100c07f", // NaN with a payload
    ].join(" "));
    const float64 = hex([
      "0000000000000080",
      "0100000000000000",
      "ffffffffffff0f00",
      "ffffffffffffef7f",
      "000000000000f07f",
      "000000000000f0ff",
      "9a9999999999b93f",
      "010000000000f87f",
    ].join(" "));
    const { cases } = readGoldens(fileOf([caseOf(8, { float32, float64 })]));
    const [single, double] = cases;
    assertEquals(single.dtype, "float32");
    assertEquals([...single.outputs.y.values], [
      -0,
      2 ** -149,
      2 ** -126 - 2 ** -149,
      (2 - 2 ** -23) * 2 ** 127,
      Infinity,
      -Infinity,
      Math.fround(0.1),
      NaN,
    ]);
    assertEquals(
      new Uint32Array(single.gradients.x.values.buffer)[7],
      0x7fc00001,
    );
    assertEquals([...double.outputs.y.values], [
      -0,
      Number.MIN_VALUE,
      2 ** -1022 - 2 ** -1074,
      Number.MAX_VALUE,
      Infinity,
      -Infinity,
      0.1,
      NaN,
    ]);
    assertEquals(
      new BigUint64Array(double.gradients.x.values.buffer)[7],
      0x7ff8000000000001n,
    );
  });

  it("draws new inputs and dout for each tensor and type", () => {
    const read = () => readGoldens(fileOf([caseOf(3)])).cases;
    const [single, double] = read();
    assertEquals(read()[0].inputs, single.inputs);
    assertEquals(single.inputs.x!.shape, [3]);
    assertEquals(single.dout.y.shape, [3]);
    assert(single.inputs.x!.data instanceof Float32Array);
    assert(double.dout.y.data instanceof Float64Array);
    const numbers = [single, double].flatMap(({ inputs, dout }) => [
      ...inputs.x!.data,
      ...dout.y.data,
    ]);
    assertEquals(new Set(numbers).size, 12);
  });

  it("knows where the elements are that are kept of a long tensor", () => {
    const kept = encode(new Float32Array([1, 2, 3, 4]));
    const double = encode(new Float64Array(4));
    const file = fileOf([caseOf(20, { float32: kept, float64: double })], 4);
    const { shape, at, values } = readGoldens(file).cases[0].outputs.y;
    assertEquals(shape, [20]);
    assertEquals([...values], [1, 2, 3, 4]);
    assertEquals(at, storedPlaces({ op: "f", kept: 4 }, "x 20", "y", 20));
    assertEquals([...at].map((place) => Math.floor(place / 5)), [0, 1, 2, 3]);
  });

  it("reads labels, null, options, several outputs, and refusals", () => {
    const one = encode(new Float64Array(1)), two = encode(new Float64Array(2));
    const { cases: [single, double] } = readGoldens(fileOf([{
      name: "all",
      variant: "large",
      inputs: {
        x: [2],
        b: null,
        labels: { shape: [3], domain: { from: 1, below: 3 } },
      },
      options: { axis: 0 },
      outputs: { h: [2], c: [] },
      float32: "IndexError: no",
      float64: { h: two, c: one, dx: two },
    }]));
    assertEquals(single.refuses, "IndexError: no");
    assertEquals(single.outputs, {});
    assertEquals(double.refuses, undefined);
    assertEquals(double.variant, "large");
    assertEquals(double.options, { axis: 0 });
    assertEquals(double.inputs.b, null);
    assert(double.inputs.labels!.data instanceof Int32Array);
    assertEquals(Object.keys(double.outputs), ["h", "c"]);
    assertEquals(double.outputs.c.shape, []);
    assertEquals(Object.keys(double.gradients), ["x"]);
  });

  it("reads the results of an op that has no gradients", () => {
    const file = fileOf([caseOf(1)]);
    for (const dtype of FLOATS) {
      delete (file.cases[0][dtype] as Record<string, string>).dx;
    }
    assertEquals(readGoldens(file).cases[0].gradients, {});
  });

  it("reads what libraries do at special points", () => {
    const file = {
      ...fileOf([]),
      conventions: [{
        at: "x = [0, NaN]",
        PyTorch: "y = [0, NaN], dx = [-0, 1.5]",
        TensorFlow: "refuses: ValueError: no, x = 1",
      }],
    };
    const [{ at, libraries }] = readGoldens(file).conventions;
    assertEquals(at, "x = [0, NaN]");
    assertEquals(Object.keys(libraries), ["PyTorch", "TensorFlow"]);
    assertEquals(libraries.TensorFlow, { refuses: "ValueError: no, x = 1" });
    const { values } = libraries.PyTorch as {
      values: Record<string, { numbers: { value: number }[] }>;
    };
    assertEquals(values.dx.numbers.map(({ value }) => value), [-0, 1.5]);
  });

  it("says that the generator has changed, and what to do", () => {
    assertThrows(
      () => readGoldens({ ...fileOf([caseOf(2)]), drawn: "00000000" }),
      TypeError,
      "no longer what PyTorch saw: write them anew with `deno task goldens f`",
    );
  });

  // deno-lint-ignore no-explicit-any -- A damaged file can be anything.
  const damages: [string, (file: any) => void, string][] = [
    [
      "an op that is not a word",
      (f) => f.op = 1,
      "op must be a string: it is 1",
    ],
    [
      "no cases",
      (f) => delete f.cases,
      "cases must be an array: it is missing",
    ],
    [
      "a negative size",
      (f) => f.cases[0].inputs.x = [-1],
      "cases[0].inputs.x[0] must be an integer, 0 or more: it is -1",
    ],
    [
      "a variant of its own",
      (f) => f.cases[0].variant = "huge",
      'cases[0].variant must be the name of a variant: it is "huge"',
    ],
    [
      "no output",
      (f) => delete f.cases[0].float32.y,
      "cases[0].float32.y must be a string: it is missing",
    ],
    [
      "no gradient",
      (f) => {
        f.cases[0].inputs.w = [2];
        const { drawn } = fileOf(f.cases);
        f.drawn = drawn;
      },
      "cases[0].float32.dw must be a string: it is missing",
    ],
    [
      "an input that is not a drawing",
      (f) => f.cases[0].inputs.x = 7,
      "cases[0].inputs.x must be an object: it is 7",
    ],
    [
      "a domain that is none",
      (f) => f.cases[0].inputs.x = { shape: [2], domain: null },
      "cases[0].inputs.x.domain must be a domain: it is null",
    ],
    [
      "what is no base64",
      (f) => f.cases[0].float64.y = "?",
      'cases[0].float64.y must be base64: it is "?"',
    ],
    [
      "a byte too few",
      (f) => f.cases[0].float32.dx = hex("00".repeat(7)),
      "cases[0].float32.dx must have 2 numbers of 4 bytes: it has 7 bytes",
    ],
    [
      "a version that is missing",
      (f) => delete f.libraries.PyTorch.version,
      "libraries.PyTorch.version must be a string: it is missing",
    ],
    [
      "a special point without a name",
      (f) => f.conventions = [{ PyTorch: "y = 1" }],
      "conventions[0].at must be a string: it is missing",
    ],
  ];
  for (const [what, damage, message] of damages) {
    it(`refuses ${what}`, () => {
      const file = fileOf([caseOf(2)]);
      damage(file);
      assertThrows(() => readGoldens(file), TypeError, message);
    });
  }
});

describe("readNotebook()", () => {
  it("reads the notebook's arrays", () => {
    const { matmul, ...others } = readNotebook(notebook);
    assertEquals(Object.keys(others), ["addBias", "linear", "sum"]);
    const { inputs, dout, output, gradients, printed } = matmul;
    // The first numbers of np.random.seed(12) and np.random.randn.
    assertEquals([...inputs.x.data.slice(0, 2)], [
      Math.fround(0.47298583),
      Math.fround(-0.68142588),
    ]);
    assertEquals(inputs.y.shape, [6, 9]);
    assertEquals(output.shape, [4, 9]);
    assertEquals([...dout.data], [...output.data].map((z) => 2 * z));
    assertEquals(gradients.y.shape, [6, 9]);
    assertEquals(printed, { output: 0, x: 0, y: 0 });
  });

  it("refuses a distance that is not a number", () => {
    const { matmul } = notebook;
    assertThrows(
      () => readNotebook({ matmul: { ...matmul, printed: { x: "0" } } }),
      TypeError,
      'printed.x must be a number: it is "0"',
    );
  });
});
