// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { matmul } from "../../products/matmul.ts";
import type { Tensor } from "../../tensor.ts";
import { CONTRACTS } from "../contracts.ts";
import { calls, callToCode } from "./calls.ts";
import { check, PropertyError } from "./run.ts";
import { toCode } from "./snippet.ts";

/** Runs a program of `toCode`; the result is its variables. */
function execute(program: string): Record<string, Tensor> {
  const [head, ...lines] = program.split("\n");
  const [, name] = /^import \{ (\w+) \} from "@adjoint\/ops";$/.exec(head)!;
  const { f } = CONTRACTS.find(({ f }) => f.name === name)!;
  const args = [...program.matchAll(/^const (\w+) = \{/gm)].map(([, x]) => x);
  const body = `${lines.join("\n")}\nreturn { ${args.join(", ")} };`;
  const printed: unknown[] = [];
  const log = (result: unknown) => printed.push(result);
  const made = new Function(name, "console", body)(f, { log });
  assertEquals(printed, [f(...Object.values(made) as never[])]);
  return made;
}

function assertSameMemory(actual: Tensor, expected: Tensor): void {
  assertEquals(actual.shape, expected.shape);
  assertEquals(actual.data.byteOffset, expected.data.byteOffset);
  assertEquals(actual.data.constructor, expected.data.constructor);
  assertEquals(
    actual.data.buffer.constructor,
    expected.data.buffer.constructor,
  );
  const all = ({ data }: Tensor) => {
    const kind = data.constructor as Float32ArrayConstructor;
    return Array.from(new kind(data.buffer as ArrayBuffer));
  };
  const differs = all(actual).some((x, i) => !Object.is(x, all(expected)[i]));
  assert(!differs && all(actual).length === all(expected).length);
}

describe("toCode()", () => {
  it("writes tensors as they are: NaN, the sign of zero, element types", () => {
    const x = { shape: [1, 3], data: new Float32Array([NaN, -0, 0.1]) };
    const y = { shape: [3, 0], data: new Float32Array(0) };
    assertEquals(
      toCode({ name: "matmul", args: { x, y } }),
      `import { matmul } from "@adjoint/ops";

const x = { shape: [1, 3], data: new Float32Array([NaN, -0, 0.10000000149011612]) };
const y = { shape: [3, 0], data: new Float32Array([]) };
console.log(matmul(x, y));`,
    );
  });

  it("writes views with what is around them, and memory that is shared once", () => {
    const all = new Float64Array([1, 2, 3, 4, 5]);
    const x = { shape: [1, 2], data: all.subarray(0, 2) };
    const y = { shape: [2, 1], data: all.subarray(1, 3) };
    const view = { shape: [2, 1], data: all.slice().subarray(3) };
    assertEquals(
      toCode({ name: "matmul", args: { x, y } }).split("\n").slice(2, 5),
      [
        "const memory1 = new Float64Array([1, 2, 3, 4, 5]);",
        "const x = { shape: [1, 2], data: memory1.subarray(0, 2) };",
        "const y = { shape: [2, 1], data: memory1.subarray(1, 3) };",
      ],
    );
    assertEquals(
      toCode({ name: "matmul", args: { x, y: view } }).split("\n")[3],
      "const y = { shape: [2, 1], data: new Float64Array([1, 2, 3, 4, 5]).subarray(3, 5) };",
    );
  });

  for (const contract of CONTRACTS) {
    it(`writes calls of ${contract.f.name}() that can be run, in any memory`, () => {
      check(calls(contract, ["specials"], 4), (call) => {
        const made = execute(callToCode(call));
        const names = Object.keys(call.args);
        assertEquals(Object.keys(made), names);
        for (const name of names) {
          assertSameMemory(made[name], call.args[name]);
          for (const other of names) {
            assertEquals(
              made[name].data.buffer === made[other].data.buffer,
              call.args[name].data.buffer === call.args[other].data.buffer,
            );
          }
        }
      }, { runs: 50, toCode: callToCode });
    });
  }
});

describe("check()", () => {
  const contract = CONTRACTS[0];
  const fail = () =>
    assertThrows(
      () =>
        check(calls(contract, ["specials"]), ({ args }) => {
          const { data } = matmul(...Object.values(args) as [never, never]);
          if (data.includes(NaN as never)) throw new Error("There is a NaN");
        }, { runs: 500, toCode: callToCode, seed: 1 }),
      PropertyError,
    );

  it("ends with the smallest counterexample, as a program that shows it", () => {
    const { message, cause } = fail();
    const [why, program, where] = message.split(/\n\n(?=import|Found)/);
    assertEquals(why, "There is a NaN");
    assertEquals((cause as Error).message, why);
    assert(
      /^Found in case \d+, .*; again with -- --seed=1$/.test(where),
      where,
    );
    const { x, y } = execute(program) as Record<string, Tensor<never>>;
    assert(matmul(x, y).data.includes(NaN as never));
    // An element of NaN needs one row, one column, and one term.
    assertEquals([...x.shape as number[], ...y.shape as number[]], [
      1,
      1,
      1,
      1,
    ]);
  });

  it("finds the same counterexample in every run", () => {
    assertEquals(fail().message, fail().message);
  });

  it("says nothing where a property holds", () => {
    check(calls(contract, ["reals"]), ({ args }) => {
      assertEquals(Object.keys(args), ["x", "y"]);
    }, { runs: 20, toCode: callToCode });
  });
});
