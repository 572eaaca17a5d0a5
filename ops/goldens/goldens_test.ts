// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Tensor } from "../tensor.ts";
import { all } from "./all.ts";
import { decodeGoldens, type GoldenCase, type Goldens } from "./goldens.ts";

/** A golden file of one case, with one tensor in all places. */
function fileOf(dtype: string, shape: unknown, data: unknown) {
  const t = { shape, data };
  return {
    torch: "1.13.1",
    numpy: "1.24.2",
    expression: "f(x)",
    cases: [{
      name: "hand-made",
      dtype,
      inputs: { x: t },
      dout: t,
      output: t,
      gradients: { x: t },
    }] as Record<string, unknown>[],
    special: [],
  };
}

/** Base64 of bytes given in hexadecimal. */
function hex(bytes: string): string {
  const codes = bytes.match(/[0-9a-f]{2}/g)!.map((byte) => parseInt(byte, 16));
  return btoa(String.fromCharCode(...codes));
}

describe("decodeGoldens()", () => {
  it("keeps every bit of float32", () => {
    // Written out by hand from IEEE 754, low byte first.
    const bytes = [
      "00000080", // -0
      "01000000", // the smallest subnormal
      "ffff7f00", // the largest subnormal
      "ffff7f7f", // the largest number
      "0000807f", // infinity
      "000080ff", // -infinity
      "cdcccc3d", // 0.1
    ].join(" ");
    const { inputs } = decodeGoldens(fileOf("float32", [7], hex(bytes)))
      .cases[0];
    assertEquals(inputs.x, {
      shape: [7],
      data: new Float32Array([
        -0,
        2 ** -149,
        2 ** -126 - 2 ** -149,
        (2 - 2 ** -23) * 2 ** 127,
        Infinity,
        -Infinity,
        0.1,
      ]),
    });
    assert(Object.is(inputs.x.data[0], -0));
  });

  it("keeps every bit of float64", () => {
    const bytes = [
      "0000000000000080", // -0
      "0100000000000000", // the smallest subnormal
      "ffffffffffff0f00", // the largest subnormal
      "ffffffffffffef7f", // the largest number
      "000000000000f07f", // infinity
      "000000000000f0ff", // -infinity
      "9a9999999999b93f", // 0.1
    ].join(" ");
    const { inputs } = decodeGoldens(fileOf("float64", [7], hex(bytes)))
      .cases[0];
    assertEquals(inputs.x, {
      shape: [7],
      data: new Float64Array([
        -0,
        Number.MIN_VALUE,
        2 ** -1022 - 2 ** -1074,
        Number.MAX_VALUE,
        Infinity,
        -Infinity,
        0.1,
      ]),
    });
    assert(Object.is(inputs.x.data[0], -0));
  });

  it("keeps the payload of a NaN", () => {
    const single = decodeGoldens(fileOf("float32", [], hex("010080ff")));
    const double = decodeGoldens(
      fileOf("float64", [], hex("010000000000f0ff")),
    );
    const bytes = ({ data }: Tensor) => new Uint8Array(data.buffer).toHex();
    assertEquals(bytes(single.cases[0].output), "010080ff");
    assertEquals(bytes(double.cases[0].output), "010000000000f0ff");
  });

  it("decodes every part of a case", () => {
    const file = fileOf("float32", [1], hex("0000803f"));
    file.cases[0].printed = { output: 0, x: 5.4e-6 };
    const one: Tensor = { shape: [1], data: new Float32Array([1]) };
    assertEquals(decodeGoldens(file), {
      torch: "1.13.1",
      numpy: "1.24.2",
      expression: "f(x)",
      cases: [{
        name: "hand-made",
        dtype: "float32",
        inputs: { x: one },
        dout: one,
        output: one,
        gradients: { x: one },
        printed: { output: 0, x: 5.4e-6 },
      }],
      special: [],
    });
  });

  it("decodes scalars and empty tensors", () => {
    const scalar = decodeGoldens(fileOf("float32", [], hex("00000040")));
    const empty = decodeGoldens(fileOf("float64", [2, 0], ""));
    assertEquals(scalar.cases[0].dout, {
      shape: [],
      data: new Float32Array([2]),
    });
    assertEquals(empty.cases[0].dout, {
      shape: [2, 0],
      data: new Float64Array(0),
    });
  });

  it("gives each tensor memory of its own", () => {
    const { inputs, dout } = decodeGoldens(
      fileOf("float32", [1], hex("0000803f")),
    ).cases[0];
    inputs.x.data[0] = 2;
    assertEquals(dout.data[0], 1);
  });

  const valid = () => fileOf("float32", [1], hex("0000803f"));

  it("throws if the file is not an object", () => {
    for (const [file, found] of [[null, "null"], [[], "an Array"]]) {
      assertThrows(
        () => decodeGoldens(file),
        TypeError,
        `Cannot decode goldens as the file must be an object: it is ${found}`,
      );
    }
  });

  for (const key of ["torch", "numpy", "expression"]) {
    it(`throws if ${key} is missing`, () => {
      assertThrows(
        () => decodeGoldens({ ...valid(), [key]: undefined }),
        TypeError,
        `Cannot decode goldens as ${key} must be a string: it is missing`,
      );
    });
  }

  for (const key of ["cases", "special"]) {
    it(`throws if ${key} is not an array`, () => {
      assertThrows(
        () => decodeGoldens({ ...valid(), [key]: {} }),
        TypeError,
        `Cannot decode goldens as ${key} must be an array: it is an Object`,
      );
    });
  }

  for (
    const [key, expected] of [
      ["name", "a string"],
      ["dtype", "float32 or float64"],
      ["inputs", "an object"],
      ["dout", "an object"],
      ["output", "an object"],
      ["gradients", "an object"],
    ]
  ) {
    it(`throws if the ${key} of a case is missing`, () => {
      const file = valid();
      delete file.cases[0][key];
      assertThrows(
        () => decodeGoldens(file),
        TypeError,
        `Cannot decode goldens as cases[0].${key} must be ${expected}: it is missing`,
      );
    });
  }

  it("throws if an input has no gradient", () => {
    const file = valid();
    file.cases[0].gradients = {};
    assertThrows(
      () => decodeGoldens(file),
      TypeError,
      "Cannot decode goldens as cases[0].gradients.x must be an object: it is missing",
    );
  });

  it("throws if a printed distance is not a number", () => {
    const file = valid();
    file.cases[0].printed = { x: "0.0" };
    assertThrows(
      () => decodeGoldens(file),
      TypeError,
      'Cannot decode goldens as cases[0].printed.x must be a number: it is "0.0"',
    );
  });

  it("throws if the element type is another one", () => {
    assertThrows(
      () => decodeGoldens(fileOf("float16", [1], "AAA=")),
      TypeError,
      'Cannot decode goldens as cases[0].dtype must be float32 or float64: it is "float16"',
    );
  });

  it("throws if the data is not base64", () => {
    assertThrows(
      () => decodeGoldens(fileOf("float32", [1], "%%%")),
      TypeError,
      'Cannot decode goldens as cases[0].inputs.x.data must be base64: it is "%%%"',
    );
  });

  it("throws if the data is missing", () => {
    assertThrows(
      () => decodeGoldens(fileOf("float32", [1], undefined)),
      TypeError,
      "Cannot decode goldens as cases[0].inputs.x.data must be a string: it is missing",
    );
  });

  it("throws if the data does not fit the shape", () => {
    assertThrows(
      () => decodeGoldens(fileOf("float32", [2, 3], hex("0000803f"))),
      TypeError,
      "Cannot decode goldens as cases[0].inputs.x.data must have 4 bytes for each element of its shape: the shape is 2×3, the data has 4 bytes",
    );
    assertThrows(
      () => decodeGoldens(fileOf("float64", [1], hex("0000803f"))),
      TypeError,
      "must have 8 bytes for each element of its shape: the shape is [1], the data has 4 bytes",
    );
  });

  it("throws if the shape is not one", () => {
    assertThrows(
      () => decodeGoldens(fileOf("float32", undefined, "")),
      TypeError,
      "Cannot decode goldens as cases[0].inputs.x.shape must be an array of dimensions",
    );
    assertThrows(
      () => decodeGoldens(fileOf("float32", [-1], "")),
      RangeError,
      "Cannot decode goldens as every dimension in cases[0].inputs.x.shape must be a non-negative integer: dimension 0 is -1",
    );
  });
});

/** All tensors of a case, and what the notebook calls them. */
function tensorsOf(golden: GoldenCase): [string, Tensor][] {
  const { inputs, dout, output, gradients } = golden;
  return [
    ...Object.entries(inputs),
    ["dout", dout],
    ["output", output],
    ...Object.entries(gradients).map(([name, t]): [string, Tensor] => [
      `gradient with respect to ${name}`,
      t,
    ]),
  ];
}

/** The inner product, in float64. */
function dot(a: Tensor, b: Tensor): number {
  let sum = 0;
  for (const [i, v] of a.data.entries()) sum += v * b.data[i];
  return sum;
}

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return n > 1;
}

const files: Record<string, Goldens> = Object.fromEntries(
  Object.entries(all).map(([module, json]) => [module, decodeGoldens(json)]),
);

for (const [module, goldens] of Object.entries(files)) {
  describe(`goldens of ${module}`, () => {
    it("record the versions and the expression", () => {
      assertMatch(goldens.torch, /^1\.13\b/);
      assertMatch(goldens.numpy, /^\d+\.\d+\.\d+/);
      assertMatch(goldens.expression, /\bx\b/);
    });

    it("name each case once for an element type", () => {
      const keys = [...goldens.cases, ...goldens.special].map((c) =>
        `${c.name}, ${c.dtype}`
      );
      assertEquals(keys.length, new Set(keys).size);
    });

    it("have gradients of the shapes of their tensors", () => {
      for (const golden of [...goldens.cases, ...goldens.special]) {
        assertEquals(golden.dout.shape, golden.output.shape, golden.name);
        assertEquals(
          Object.entries(golden.gradients).map(([k, t]) => [k, t.shape]),
          Object.entries(golden.inputs).map(([k, t]) => [k, t.shape]),
          golden.name,
        );
      }
    });

    it("hold finite values that are not all alike", () => {
      for (const golden of goldens.cases) {
        for (const [name, { data }] of tensorsOf(golden)) {
          assert(data.every(Number.isFinite), `${golden.name}: ${name}`);
        }
        for (const { data } of Object.values(golden.inputs)) {
          // A few float32 numbers may be drawn twice.
          assert(new Set(data).size >= 0.99 * data.length, golden.name);
        }
      }
    });

    it("hold the same inputs in both element types", () => {
      const singles = goldens.cases.filter((c) =>
        c.dtype === "float32" && c.printed === undefined
      );
      const doubles = goldens.cases.filter((c) => c.dtype === "float64");
      assertEquals(singles.map((c) => c.name), doubles.map((c) => c.name));
      for (const [i, single] of singles.entries()) {
        for (const [name, { data }] of Object.entries(single.inputs)) {
          assertEquals(
            data,
            Float32Array.from(doubles[i].inputs[name].data),
            `${single.name}: ${name}`,
          );
        }
      }
    });

    it("hold the results of both element types close together", () => {
      const doubles = new Map(
        goldens.cases.filter((c) => c.dtype === "float64").map((
          c,
        ) => [c.name, c]),
      );
      for (const single of goldens.cases) {
        const double = doubles.get(single.name);
        if (single.dtype !== "float32" || double === undefined) continue;
        const wanted = new Map(tensorsOf(double));
        for (const [name, { data }] of tensorsOf(single)) {
          const exact = wanted.get(name)!.data;
          const norm = Math.hypot(...exact);
          const error = Math.hypot(...exact.map((v, i) => v - data[i]));
          // The inputs are of the order of 1; a sum of them may cancel.
          assert(error <= 1e-4 * (1 + norm), `${single.name}: ${name}`);
        }
      }
    });

    for (const dtype of ["float32", "float64"]) {
      const cases = goldens.cases.filter((c) => c.dtype === dtype);
      const shapes = cases.map((c) =>
        Object.values(c.inputs).map((t) => t.shape)
      );
      /** The axes of the inputs: the input, the axis, its rank. */
      const axes = shapes.flatMap((inputs) =>
        inputs.flatMap(({ length }, input) =>
          Array.from({ length }, (_, axis) => [input, axis, length])
        )
      );
      const distinct = [...new Map(axes.map((a) => [a.join(), a])).values()];

      it(`have a case of ones in ${dtype}`, () => {
        assert(
          shapes.some((s) =>
            s.flat().length > 0 && s.flat().every((n) => n === 1)
          ),
        );
      });

      it(`have a case of primes in ${dtype}`, () => {
        assert(
          shapes.some((s) =>
            s.flat().length > 0 && s.flat().every((n) => n >= 5 && isPrime(n))
          ),
        );
      });

      it(`have each axis empty, alone and with all others, in ${dtype}`, () => {
        for (const [input, axis, rank] of distinct) {
          const empty = shapes.filter((s) =>
            s[input].length === rank && s[input][axis] === 0
          );
          const label = `input ${input}, axis ${axis} of ${rank}`;
          assert(
            empty.some((s) => s[input].filter((n) => n === 0).length === 1),
            label,
          );
          assert(empty.some((s) => s.flat().every((n) => n === 0)), label);
        }
      });

      it(`have each axis long beside short ones in ${dtype}`, () => {
        for (const [input, axis, rank] of distinct) {
          assert(
            shapes.some((s) =>
              s[input].length === rank &&
              s[input].every((n, i) => i === axis ? n >= 64 : n <= 4)
            ),
            `input ${input}, axis ${axis} of ${rank}`,
          );
        }
      });

      it(`have sizes around multiples of eight in ${dtype}`, () => {
        for (const rest of [1, 7]) {
          assert(shapes.some((s) =>
            s.flat().length > 0 &&
            s.flat().every((n) => n >= 7 && n % 8 === rest)
          ));
        }
      });

      it(`have a larger case in ${dtype}`, () => {
        const sizes = cases.map((c) =>
          Object.values(c.inputs).reduce((sum, t) => sum + t.data.length, 0)
        );
        assert(Math.max(...sizes) >= 3000);
      });

      it(`have special values in every input and dout in ${dtype}`, () => {
        const special = goldens.special.filter((c) => c.dtype === dtype);
        for (const value of [NaN, Infinity, -Infinity, -0]) {
          for (const name of [...Object.keys(cases[0].inputs), "dout"]) {
            assert(
              special.some((c) =>
                (name === "dout" ? c.dout : c.inputs[name]).data.some((v) =>
                  Object.is(v, value)
                )
              ),
              `${value} in ${name}`,
            );
          }
        }
      });
    }
  });
}

/**
 * Draws of `np.random.seed(12); np.random.randn(327)`: the first three, those
 * with which the later inputs begin, and the last.
 */
const DRAWS = [
  [0, 0.47298583148997897],
  [1, -0.6814258794394451],
  [2, 0.24243949669047796],
  [24, -1.1543602352166882],
  [72, 1.407727763720542],
  [252, -0.5096440218502608],
  [322, -0.1835165865302751],
  [326, 0.3764789538867904],
];

// Shapes and printed distances are the notebook's.
const notebook = {
  add_bias: {
    inputs: { x: [4, 6, 3], y: [6] },
    printed: { output: 0, x: 0, y: 5.415829e-6 },
  },
  linear: {
    inputs: { x: [18, 14], w: [5, 14], b: [5] },
    printed: { output: 0, x: 0, w: 0, b: 0 },
  },
  matmul: {
    inputs: { x: [4, 6], y: [6, 9] },
    printed: { output: 0, x: 0, y: 0 },
  },
  sum: {
    inputs: { x: [4, 6, 3] },
    printed: { output: 9.536743e-7, x: 1.6184389828183307e-5 },
  },
};

for (const [module, section] of Object.entries(notebook)) {
  describe(`the notebook's case of ${module}`, () => {
    const found = files[module].cases.filter((c) => c.name === "notebook");
    const golden = found[0];

    it("is there once, in float32, with the distances printed", () => {
      assertEquals(found.map((c) => c.dtype), ["float32"]);
      assertEquals(golden.printed, section.printed);
    });

    it("has the notebook's shapes", () => {
      assertEquals(
        Object.entries(golden.inputs).map(([name, t]) => [name, t.shape]),
        Object.entries(section.inputs),
      );
    });

    it("holds NumPy's draws for the seed 12, in order", () => {
      const drawn = Object.values(golden.inputs).flatMap((t) => [...t.data]);
      for (const [i, value] of DRAWS) {
        if (i < drawn.length) assertEquals(drawn[i], Math.fround(value));
      }
    });

    it("has the gradient of the sum of squares", () => {
      assertEquals(golden.dout.data, golden.output.data.map((v) => 2 * v));
    });
  });
}

describe("goldens of bilinear ops", () => {
  // By Euler's theorem on homogeneous functions, an output that is linear in an
  // input has ⟨dout, output⟩ = ⟨gradient, input⟩.
  it("satisfy ⟨dout, z⟩ = ⟨dx, x⟩ = ⟨dy, y⟩ for matmul", () => {
    for (const golden of files.matmul.cases) {
      const { inputs, dout, output, gradients } = golden;
      const bound = boundOf(golden);
      const wanted = dot(dout, output);
      for (const name of ["x", "y"]) {
        const found = dot(gradients[name], inputs[name]);
        assert(Math.abs(found - wanted) <= bound, `${golden.name}: ${name}`);
      }
    }
  });

  it("satisfy ⟨dout, y⟩ − ⟨db, b⟩ = ⟨dx, x⟩ = ⟨dw, w⟩ for linear", () => {
    for (const golden of files.linear.cases) {
      const { inputs, dout, output, gradients } = golden;
      const bound = boundOf(golden);
      const wanted = dot(dout, output) - dot(gradients.b, inputs.b);
      for (const name of ["x", "w"]) {
        const found = dot(gradients[name], inputs[name]);
        assert(Math.abs(found - wanted) <= bound, `${golden.name}: ${name}`);
      }
    }
  });

  /** The rounding of the values, at worst, by the Cauchy–Schwarz inequality. */
  function boundOf(golden: GoldenCase): number {
    const { dtype, inputs, dout, output, gradients } = golden;
    const epsilon = dtype === "float64" ? 2 ** -52 : 2 ** -23;
    const norm = (t: Tensor) => Math.sqrt(dot(t, t));
    const longest = Math.max(
      ...Object.values(inputs).flatMap((t) => [...t.shape]),
    );
    return longest * epsilon * Object.entries(inputs).reduce(
      (sum, [name, t]) => sum + norm(t) * norm(gradients[name]),
      norm(dout) * norm(output),
    );
  }
});
