// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type AnyTensor, type Call, drawCall } from "./draw.ts";
import { check, option, PropertyError, shareOf } from "./check.ts";
import { assertClose } from "./close.ts";
import {
  argsOf,
  assertSameBits,
  assertUntouched,
  bytesOf,
  callToCode,
  FUNCTIONS,
  invoke,
  isDefined,
  lay,
  LAYOUTS,
  type OpFunction,
  tensorsOf,
} from "./functions.ts";
import { toCode } from "./snippet.ts";

const find = (name: string) => FUNCTIONS.find((fn) => fn.name === name)!;

/** Runs a program of `toCode`; the result is its variables. */
function execute(fn: OpFunction, program: string): Record<string, AnyTensor> {
  const [head, ...lines] = program.split("\n");
  assertEquals(head, `import { ${fn.name} } from "@adjoint/ops";`);
  const names = [...program.matchAll(/^const (\w+) = \{/gm)].map(([, x]) => x);
  const body = `${lines.join("\n")}\nreturn { ${names.join(", ")} };`;
  let printed = 0;
  const log = () => printed++;
  const made = new Function(fn.name, "console", body)(fn.f, { log });
  assertEquals(printed, 1);
  return made;
}

/** The tensors of a call, by the names that its program gives them. */
function named(fn: OpFunction, call: Call): Record<string, AnyTensor> {
  const found: Record<string, AnyTensor> = {};
  for (const [name, value] of Object.entries(argsOf(fn, call))) {
    if (value === null) continue;
    if ("data" in value) found[name] = value as AnyTensor;
    else {
      for (const [key, x] of Object.entries(value)) found[`${name}_${key}`] = x;
    }
  }
  return found;
}

describe("toCode()", () => {
  it("writes tensors as they are: NaN, the sign of zero, element types", () => {
    const x = { shape: [1, 3], data: new Float32Array([NaN, -0, 0.1]) };
    const y = { shape: [3, 0], data: new Int8Array(0) };
    assertEquals(
      toCode({
        name: "f",
        args: { x, y, b: null },
        options: { axes: [0, -1], out: { x } },
      }),
      `import { f } from "@adjoint/ops";

const x = { shape: [1, 3], data: memory1.subarray(0, 3) };
const y = { shape: [3, 0], data: new Int8Array([]) };
const out_x = { shape: [1, 3], data: memory1.subarray(0, 3) };
console.log(f(x, y, null, { axes: [0, -1], out: { x: out_x } }));`.replace(
        "\n\n",
        "\n\nconst memory1 = new Float32Array([NaN, -0, 0.10000000149011612]);\n",
      ),
    );
  });

  it("writes views with what is around them", () => {
    const all = new Float64Array([1, 2, 3, 4, 5]);
    const x = { shape: [2, 1], data: all.subarray(3) };
    assertEquals(
      toCode({ name: "f", args: { x } }).split("\n")[2],
      "const x = { shape: [2, 1], data: new Float64Array([1, 2, 3, 4, 5]).subarray(3, 5) };",
    );
  });

  it("writes calls of every function that can be run, in any memory", () => {
    for (const fn of FUNCTIONS) {
      check(
        (choose) => {
          const call = drawCall(fn.signature, choose, {
            contents: ["specials"],
            sizes: [1, 2, 0, 3],
          });
          const kind = LAYOUTS[choose(LAYOUTS.length)];
          return lay(call, { kind, shared: choose(2) === 1, gap: 1 });
        },
        (call) => {
          if (!isDefined(fn, call)) return;
          const made = execute(fn, callToCode(fn, call));
          const expected = named(fn, call);
          assertEquals(Object.keys(made), Object.keys(expected));
          for (const [name, { shape, data }] of Object.entries(expected)) {
            assertEquals(made[name].shape, shape);
            assertEquals(made[name].data, data);
            assertEquals(made[name].data.byteOffset, data.byteOffset);
            for (const other in expected) {
              assertEquals(
                made[name].data.buffer === made[other].data.buffer,
                data.buffer === expected[other].data.buffer,
              );
            }
          }
        },
        { runs: 8, toCode: (call) => callToCode(fn, call) },
      );
    }
  });
});

describe("what tests demand", () => {
  const x = { shape: [2], data: new Float32Array([1, 0]) };
  const differs = (actual: Record<string, AnyTensor>, message: string) =>
    assertThrows(() => assertSameBits(actual, { x }, "f"), Error, message);

  it("is the same, bit for bit", () => {
    assertSameBits({ x: { ...x, data: x.data.slice() } }, { x }, "f");
    differs({}, "f: there are , not x");
    differs({ x: { ...x, shape: [1, 2] } }, "f: x is 1,2, not 2");
    differs(
      { x: { ...x, data: new Float64Array(2) } },
      "f: x is Float64Array, not Float32Array",
    );
    differs({ x: { ...x, data: new Float32Array(1) } }, "f: x has 1, not 2");
    differs(
      { x: { ...x, data: new Float32Array([1, -0]) } },
      "f: x[1] is 0, not 0",
    );
  });

  it("is memory that nothing was written to", () => {
    const fn = find("relu");
    const call = drawCall(fn.signature, () => 1, { sizes: [1, 2] });
    const before = bytesOf(call);
    assertUntouched(before);
    const [{ data }] = Object.values(tensorsOf(call));
    data[0]++;
    assertThrows(() => assertUntouched(before), Error, " was written to");
  });

  it("is close to the truth", () => {
    const truth = { values: [1], sizes: [1], count: 1 };
    assertClose([1 + 1e-7], truth as never, "float32", "y");
    assertThrows(
      () => assertClose([1 + 1e-4], truth as never, "float32", "y"),
      Error,
      "y[0] is 1.0001, not 1, ",
    );
  });
});

describe("check()", () => {
  const fn = find("matmul");
  const fail = () =>
    assertThrows(
      () =>
        check(
          (choose) =>
            drawCall(fn.signature, choose, { contents: ["specials"] }),
          (call) => {
            const { z } = invoke(fn, call);
            if (z.data.some(Number.isNaN)) throw new Error("There is a NaN");
          },
          { runs: 500, toCode: (call) => callToCode(fn, call), seed: 1 },
        ),
      PropertyError,
    );

  it("takes integers from the command line", () => {
    assertEquals(option("seed", ["--runs=2", "--seed=-7"]), -7);
    assertEquals(option("seed", ["--runs=2"]), undefined);
    assertThrows(
      () => option("seed", ["--seed=1.5"]),
      RangeError,
      'Cannot check properties as seed must be an integer: it is "1.5"',
    );
  });

  it("gives up making a counterexample smaller in the end", () => {
    const { message } = assertThrows(
      () =>
        check(
          (choose) => Array.from({ length: 2000 }, () => choose(2 ** 30)),
          (all) => {
            if (all.every((choice) => choice >= 0)) throw new Error("no");
          },
          { runs: 1, toCode: (all) => `${all.length} choices`, seed: 1 },
        ),
      PropertyError,
    );
    assertMatch(
      message,
      /^no\n\n2000 choices\n\nFound in case 1, made smaller \d+/,
    );
  });

  it("ends with the smallest counterexample, as a program that shows it", () => {
    const { message, cause } = fail();
    const [why, program, where] = message.split(/\n\n(?=import|Found)/);
    assertEquals(why, "There is a NaN");
    assertEquals((cause as Error).message, why);
    assertMatch(where, /^Found in case \d+, .*; again with -- --seed=1$/);
    const { x, y } = execute(fn, program);
    // An element of NaN needs one row, one column, and one term.
    assertEquals([...x.shape, ...y.shape], [1, 1, 1, 1]);
  });

  it("finds the same counterexample in every run", () => {
    assertEquals(fail().message, fail().message);
  });

  it("says nothing where a property holds", () => {
    let count = 0;
    check((choose) => drawCall(fn.signature, choose), (call) => {
      assertEquals(Object.keys(tensorsOf(call)), ["x", "y", "dz"]);
      count++;
    }, { runs: 20, toCode: () => "" });
    assert(count >= 20);
  });
});

describe("shareOf()", () => {
  it("divides the cases, but leaves each function enough", () => {
    assertEquals(shareOf(1000, 10), 100);
    assertEquals(shareOf(1000, 1000), 12);
    assertEquals(shareOf(1000, 1), 400);
  });
});
