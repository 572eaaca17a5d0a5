// Copyright 2026 the Adjoint authors. MIT license.

// The contract of bad input: whatever JavaScript can call a function with, it
// ends in a `TypeError` or a `RangeError` that names the operation, with nothing
// written and nothing changed, or it is right and gives the right result.
// `-- --seed=7` chooses other calls, `-- --runs=100000` more of them.

import {
  assert,
  assertEquals,
  assertMatch,
  assertStrictEquals,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import vm from "node:vm";
import { type Contract, CONTRACTS } from "../proof/contracts.ts";
import { gradcheck } from "../gradcheck.ts";
import { type Dims, product, run, shapeOf } from "../proof/properties/calls.ts";
import {
  HELPERS,
  isBorderline,
  isShape,
  isTensor,
  isValid,
  JUNK,
  type Model,
  OPTIONS,
  plain,
  sharing,
  type Spec,
  strangeData,
  strangeShape,
  strangeTensor,
  VALUES,
  WRONG_TENSORS,
} from "../proof/properties/malformed.ts";
import { check, runsOf } from "../proof/properties/run.ts";
import {
  type DType,
  ones,
  reshape,
  scalar,
  type Tensor,
  tensor,
  zeros,
} from "../tensor.ts";
import { startThreads, stopThreads } from "../threads.ts";

const CALLS = 14_000;
const MAKINGS = 12_000;

const SMALL: Dims = { k: 2, m: 3, n: 2, p: 3 };

const foreign = vm.runInNewContext("globalThis");

/** The arrays that a call was made of, all ones, and their lengths. */
const made: [Tensor["data"], number][] = [];

const helpers: Record<string, unknown> = {
  ...HELPERS,
  ones(...args: Parameters<typeof HELPERS.ones>) {
    const data = HELPERS.ones(...args);
    made.push([data, data.length]);
    return data;
  },
  foreign,
};

type Make = (
  helpers: Record<string, unknown>,
  args: Record<string, unknown>,
) => unknown;
const compiled = new Map<string, Make>();

/** The value of an expression, a new one each time. */
function evaluate(code: string, args: Record<string, unknown>): unknown {
  let make = compiled.get(code);
  if (make === undefined) {
    // Not `eval` itself, whose code would see this module's variables.
    const names = Object.keys(helpers).join(", ");
    make = (0, eval)(
      `({ ${names} }, { x, y, w, b, dout }) => (${code})`,
    ) as Make;
    compiled.set(code, make);
  }
  return make(helpers, args);
}

/** A call as a program. */
function toProgram(
  name: string,
  specs: Readonly<Record<string, Spec>>,
  extra: readonly string[] = [],
): string {
  const entries = Object.entries(specs);
  const all = entries.map(([arg, { code }]) => `const ${arg} = ${code};`);
  const text = all.join("\n");
  const from = name === "gradcheck" ? "@adjoint/ops/gradcheck" : "@adjoint/ops";
  const prelude = Object.entries(HELPERS)
    .filter(([helper]) => text.includes(`${helper}(`))
    .map(([helper, f]) => `const ${helper} = ${f};`);
  return [
    ...text.includes("foreign.") ? ['import vm from "node:vm";'] : [],
    `import { ${name} } from "${from}";`,
    ...text.includes("foreign.")
      ? ['const foreign = vm.runInNewContext("globalThis");']
      : [],
    ...prelude,
    ...all,
    `console.log(${name}(${
      [...entries.map(([arg]) => arg), ...extra].join(", ")
    }));`,
  ].join("\n");
}

/** All that code of others may have changed, and this library must not. */
const SHARED: readonly object[] = [
  Object,
  Function,
  Array,
  ArrayBuffer,
  SharedArrayBuffer,
  Object.getPrototypeOf(Uint8Array),
  Float32Array,
  Float64Array,
  Error,
  TypeError,
  RangeError,
].flatMap((f) => [f, f.prototype]);

function snapshot(): unknown[] {
  return SHARED.flatMap((object) =>
    Reflect.ownKeys(object).flatMap((key) => {
      const { value, get, set, ...rest } = Object.getOwnPropertyDescriptor(
        object,
        key,
      )!;
      return [object, key, value, get, set, JSON.stringify(rest)];
    })
  );
}

function assertSameSnapshot(before: readonly unknown[]): void {
  const now = snapshot();
  assertEquals(now.length, before.length);
  for (const [i, value] of now.entries()) assert(Object.is(value, before[i]));
}

/** Properties that others may have put on what every object inherits from. */
const POLLUTION = ["x", "y", "0", "1", "cause", "tensor", "maximum", "names"];

function polluted<T>(is: boolean, call: () => T): T {
  if (!is) return call();
  const polluting = Object.prototype as unknown as Record<string, unknown>;
  for (const key of POLLUTION) polluting[key] = { data: null, shape: [1] };
  try {
    return call();
  } finally {
    for (const key of POLLUTION) delete polluting[key];
  }
}

type Outcome = { result: unknown } | { error: unknown };

function attempt(call: () => unknown): Outcome {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0; // Most of the time would go into the stacks.
  try {
    return { result: call() };
  } catch (error) {
    return { error };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Asserts that a call was refused as it must be. */
function assertRefusal(outcome: Outcome, act: string): Error {
  if ("result" in outcome) throw new Error("A malformed call is accepted");
  const { error } = outcome;
  if (!(error instanceof TypeError || error instanceof RangeError)) {
    throw new Error(`What is thrown is ${String(error)}`);
  }
  assert(
    [TypeError, RangeError].includes(error.constructor as typeof TypeError),
  );
  if (!error.message.startsWith(`Cannot ${act} as `)) {
    throw new Error(
      `The message does not name the operation: ${error.message}`,
    );
  }
  assertMatch(error.message, /^Cannot [^:]+: [^]+[^.]$/);
  assert(error.message.length < 1000, error.message);
  return error;
}

/** One malformed call of a function of the table. */
interface Case {
  specs: Record<string, Spec>;
  extra: string[];
  dims: Dims;
  dtype: DType;
}

const number = fc.nat(2 ** 20);

/** Kinds of tensors: those that are wrong come first, and more often. */
const kinds = fc.oneof(
  { weight: 3, arbitrary: fc.nat(WRONG_TENSORS - 1) },
  { weight: 1, arbitrary: number },
);

/** Calls of a function, with one or two arguments that are strange. */
function cases({ takes, gives }: Contract): fc.Arbitrary<Case> {
  const names = [...Object.keys(takes), "out"];
  return fc.record({
    dims: fc.record({
      k: fc.nat(2),
      m: fc.nat(2),
      n: fc.nat(2),
      p: fc.nat(2),
    }),
    dtype: fc.constantFrom("float32" as const, "float64" as const),
    out: fc.boolean(),
    changes: fc.array(fc.tuple(fc.nat(names.length), kinds, number, number), {
      minLength: 1,
      maxLength: 3,
    }),
    count: fc.oneof(
      { weight: 15, arbitrary: fc.constant(names.length) },
      { weight: 1, arbitrary: fc.nat(names.length - 1) },
    ),
    extra: fc.nat(15),
  }).map(({ dims, dtype, out, changes, count, extra }) => {
    const changed = new Map(changes.map(([at, ...how]) => [names[at], how]));
    const isShared = changes[0][0] === names.length;
    const specs: Record<string, Spec> = {};
    for (const name of names.slice(0, count)) {
      const shape = shapeOf(name === "out" ? gives : takes[name], dims);
      const before = names.filter((name) =>
        name in specs && !changed.has(name)
      );
      const wanted = { shape, dtype, before };
      const how = changed.get(name);
      if (how !== undefined) {
        specs[name] = strangeTensor(wanted, ...how as [number, number, number]);
      } else if (name !== "out" || out) specs[name] = plain(wanted);
      if (name !== "out" || !isShared) continue;
      const [, kind, which] = changes[0];
      const input = before[which % Math.max(before.length, 1)];
      const size = input === undefined
        ? 0
        : product(shapeOf(takes[input], dims));
      if (size > 0 && product(shape) > 0) {
        specs.out = sharing(wanted, kind, input, size);
      }
    }
    return {
      specs,
      extra: extra === 0 && count === names.length && "out" in specs
        ? ["1n"]
        : [],
      dims,
      dtype,
    };
  });
}

/** Calls a function in every wrong way; the result is how it ended how often. */
function attack(contract: Contract, runs: number, pollute: boolean) {
  const { f, act, takes, gives } = contract;
  const counts = { refused: 0, right: 0, either: 0 };
  const cleanArgs = Object.fromEntries(
    Object.entries(takes).map((
      [name, letters],
    ) => [name, ones(shapeOf(letters, SMALL))]),
  );
  const expected = run(contract, cleanArgs);

  check(cases(contract), ({ specs, extra, dims, dtype }) => {
    const models: Record<string, Model> = Object.fromEntries(
      Object.keys(takes).map((name) => [name, { absent: true }]),
    );
    const args: Record<string, unknown> = {};
    let inputs = 0; // How many arrays were made before out.
    made.length = 0;
    for (const [name, { code, model }] of Object.entries(specs)) {
      if (name === "out") inputs = made.length;
      models[name] = model;
      args[name] = evaluate(code, args);
    }
    const arrays = made.slice();
    const values = [...Object.values(args), ...extra];
    const outcome = polluted(
      pollute,
      () => attempt(() => f(...values as never[])),
    );

    const valid = isValid(contract, models);
    if (valid && "error" in outcome) {
      throw new Error("A right call is refused", { cause: outcome.error });
    }
    if (valid === false || "error" in outcome) {
      counts[valid === false ? "refused" : "either"]++;
      const error = assertRefusal(outcome, act);
      // Where nothing else is wrong, what a getter threw is the cause.
      const mended = Object.entries(models).map(([name, model]) => {
        const shape = shapeOf(name === "out" ? gives : takes[name], dims);
        const wanted = { shape, dtype, before: [] };
        return [name, model.throws ? plain(wanted).model : model];
      });
      if (
        valid === false && isValid(contract, Object.fromEntries(mended))
      ) {
        assert("cause" in error, error.message);
      }
      assertOnes(arrays);
    } else {
      counts[valid ? "right" : "either"]++;
      const same = Object.keys(takes).map((name) => {
        const { shape, data } = models[name];
        const dims = shape!.map((n) => n as number + 0);
        return [name, ones(dims, { dtype: data!.dtype })];
      });
      const right = run(contract, Object.fromEntries(same));
      if (args.out === undefined) {
        assertSame(outcome.result, right);
        assertOnes(arrays);
      } else {
        assertStrictEquals(outcome.result, args.out);
        assertOnes(arrays.slice(0, inputs));
        const [only, ...others] = arrays.slice(inputs);
        if (only?.[1] === right.data.length && others.length === 0) {
          right.data.forEach((x, i) => assertStrictEquals(only[0][i], x));
        }
      }
    }
    assertSame(run(contract, cleanArgs), expected);
  }, {
    runs,
    toCode: ({ specs, extra }) => toProgram(f.name, specs, extra),
  });

  return counts;
}

/** Nothing was written, where memory is left. */
function assertOnes(arrays: typeof made): void {
  for (const [data, length] of arrays) {
    for (let i = 0; i < length && data[i] !== undefined; i++) {
      if (data[i] !== 1) throw new Error("Something was written to");
    }
  }
}

/** Equal shapes, element types and elements. */
function assertSame(actual: unknown, expected: Tensor): void {
  const { shape, data } = actual as Tensor;
  assertEquals(shape, expected.shape);
  assertStrictEquals(data.constructor, expected.data.constructor);
  assertEquals(data.length, expected.data.length);
  for (let i = 0; i < data.length; i++) {
    assertStrictEquals(data[i], expected.data[i]);
  }
}

for (const contract of CONTRACTS) {
  describe(`${contract.f.name}()`, () => {
    it("refuses malformed calls by name, and writes nothing", () => {
      const before = snapshot();
      const counts = attack(contract, CALLS, false);
      assert(counts.refused >= runsOf(CALLS) * 10 / 14, JSON.stringify(counts));
      assert(counts.right >= runsOf(CALLS) / 10, JSON.stringify(counts));
      assertSameSnapshot(before);
    });
  });
}

/** A call of a function that makes a tensor: what it gives, or null. */
interface Making {
  specs: Record<string, Spec>;
  gives: { shape: readonly unknown[]; dtype: DType } | null;
}

const shapes = fc.array(fc.nat(3), { maxLength: 4 });
const spec = (code: string): Spec => ({ code, model: {} });

/** A shape, most likely a strange one, and not one that may find room or not. */
const strangeShapes = fc.tuple(shapes, number, number).map((args) => {
  const made = strangeShape(...args);
  return isBorderline(made.shape) ? { code: "null" } : made;
});
const options = fc.constantFrom(...OPTIONS);

const makings: Record<string, [act: string, arbitrary: fc.Arbitrary<Making>]> =
  {
    zeros: ["create zeros", filled()],
    ones: ["create ones", filled()],
    scalar: [
      "create a scalar",
      fc.tuple(
        fc.oneof(
          { weight: 1, arbitrary: fc.constantFrom("1", "-0", "NaN") },
          {
            weight: 2,
            arbitrary: fc.constantFrom("undefined", "[1]", "{}", ...JUNK),
          },
        ),
        options,
      ).map(([value, [code, dtype]]) => ({
        specs: { value: spec(value), options: spec(code) },
        gives: dtype !== null && ["1", "-0", "NaN"].includes(value)
          ? { shape: [], dtype }
          : null,
      })),
    ],
    reshape: [
      "reshape x",
      fc.tuple(shapes, strangeShapes, kinds, number, number, fc.boolean())
        .map(([own, strange, kind, a, b, isStrange]) => {
          const wanted = { shape: own, dtype: "float32" as const, before: [] };
          const x = isStrange
            ? strangeTensor(wanted, kind, a, b)
            : plain(wanted);
          const { shape } = strange;
          const fits = isTensor(x.model) && isShape(shape) &&
            x.model.data!.length === product(shape!.map(Number));
          return {
            specs: { x, shape: spec(strange.code) },
            gives: fits ? { shape: shape!, dtype: x.model.data!.dtype } : null,
          };
        }),
    ],
    tensor: [
      "create a tensor",
      fc.oneof(
        fc.tuple(fc.constantFrom(...VALUES), options).map((
          [[values, shape], [code, dtype]],
        ) => ({
          specs: { values: spec(values), options: spec(code) },
          gives: shape !== null && dtype !== null ? { shape, dtype } : null,
        })),
        fc.tuple(fc.constantFrom(...VALUES), strangeShapes, options).map((
          [[values, nested], { code, shape }, [option, dtype]],
        ) => ({
          specs: {
            values: spec(values),
            shape: spec(code),
            options: spec(option),
          },
          gives: dtype === null || nested === null
            ? null
            : code === "undefined"
            ? { shape: nested, dtype }
            : nested.length === 1 && isShape(shape) &&
                product(shape!.map(Number)) === nested[0]
            ? { shape: shape!, dtype }
            : null,
        })),
        fc.tuple(shapes, number, number, strangeShapes, options).map((
          [own, kind, a, strange, [option, dtype]],
        ) => {
          const found = strangeData(product(own), "float32", kind, a);
          // A list of numbers is right as well: it has its own cases above.
          const { code, data } = isArray(found.code)
            ? { code: "null" } as typeof found
            : found;
          const shape = strange.code === "undefined"
            ? [data?.length]
            : strange.shape;
          const fits = data !== undefined && !data.gone && isShape(shape) &&
            product(shape!.map(Number)) === data.length &&
            (dtype === data.dtype ||
              dtype === "float32" && !option.includes("32"));
          return {
            specs: {
              values: spec(code),
              shape: spec(strange.code),
              options: spec(option),
            },
            gives: fits ? { shape: shape!, dtype: data!.dtype } : null,
          };
        }),
      ),
    ],
  };

/** Whether it is an array, or was one that was revoked. */
function isArray(code: string): boolean {
  try {
    return Array.isArray(evaluate(code, {}));
  } catch {
    return true;
  }
}

function filled(): fc.Arbitrary<Making> {
  return fc.tuple(strangeShapes, options).map(([{ code, shape }, option]) => ({
    specs: { shape: spec(code), options: spec(option[0]) },
    gives: isShape(shape) && option[1] !== null
      ? { shape: shape!, dtype: option[1] }
      : null,
  }));
}

for (const [name, [act, arbitrary]] of Object.entries(makings)) {
  describe(`${name}()`, () => {
    it("refuses malformed calls by name, and makes what right ones ask for", () => {
      const f = { zeros, ones, scalar, reshape, tensor }[name] as (
        ...args: unknown[]
      ) => Tensor;
      const before = snapshot();
      let refused = 0;
      check(arbitrary, ({ specs, gives }) => {
        const args = Object.values(specs).map(({ code }) => evaluate(code, {}));
        const outcome = attempt(() => f(...args));
        if (gives === null) {
          assertRefusal(outcome, act);
          refused++;
          return;
        }
        if ("error" in outcome) {
          throw new Error("A right call is refused", { cause: outcome.error });
        }
        const { shape, data } = outcome.result as Tensor;
        assertEquals(shape, gives.shape.map((n) => n as number + 0));
        assertEquals(lengthAndKind(data), [product([...shape]), gives.dtype]);
      }, { runs: MAKINGS, toCode: ({ specs }) => toProgram(name, specs) });

      assert(refused >= runsOf(MAKINGS) * 10 / 12, `${refused} refused`);
      assertSameSnapshot(before);
    });
  });
}

/** What an array is, be its properties what they may. */
function lengthAndKind(data: Tensor["data"]): [number, DType] {
  const isPlain = Reflect.getPrototypeOf(data) === Float32Array.prototype &&
    !Object.hasOwn(data, "length");
  const { length, constructor } = isPlain ? data : structuredClone(data);
  return [length, constructor === Float64Array ? "float64" : "float32"];
}

describe("gradcheck()", () => {
  const act = "run gradcheck";
  const right = {
    forward: "(x) => ({ shape: [], data: x.data.slice(0, 1) })",
    backward: "[null]",
    inputs: "[{ shape: [1], data: ones(Float64Array, 1) }]",
    options: "{}",
  };
  const toCode = (codes: Record<string, string>) =>
    toProgram(
      "gradcheck",
      Object.fromEntries(
        Object.entries(codes).map(([name, code]) => [name, spec(code)]),
      ),
    );
  const call = (codes: Record<string, string>) =>
    attempt(() =>
      gradcheck(
        ...Object.values(codes).map((code) => evaluate(code, {})) as Parameters<
          typeof gradcheck
        >,
      )
    );

  it("refuses inputs and a dout that are no tensors, by name", () => {
    const tensors = fc.tuple(kinds, number, number, fc.boolean()).map((
      [kind, a, b, isDout],
    ) => {
      const shape = isDout ? [] : [1];
      const wanted = { shape, dtype: "float64" as const, before: [] };
      const { code, model } = strangeTensor(wanted, kind, a, b);
      const sameShape = () =>
        String(model.shape!.map(Number)) === String(shape);
      return {
        codes: isDout
          ? { ...right, options: `{ dout: ${code} }` }
          : { ...right, inputs: `[${code}]` },
        valid: isDout
          ? model.absent || isTensor(model) && sameShape()
          : isTensor(model) && model.data!.length > 0,
        // Right to gradcheck, but not to the function that it checks.
        either: !isDout && isTensor(model),
      };
    });
    check(tensors, ({ codes, valid, either }) => {
      const outcome = call(codes);
      if (!valid && !either) assertRefusal(outcome, act);
      else if (!("result" in outcome)) {
        throw new Error("A right call is refused", { cause: outcome.error });
      }
    }, { runs: 1000, toCode: ({ codes }) => toCode(codes) });
  });

  it("refuses everything else that is not what it should be, by name", () => {
    const wrong: Record<keyof typeof right, readonly string[]> = {
      forward: ["undefined", "null", "1", '"f"', "[]", "{}", "revoked({})"],
      backward: ["undefined", "[]", "[1]", "[,]", "revoked([])", "[null, null]"]
        .concat([
          "new Proxy([null], { get: () => raise(1) })",
          "{ length: 1 }",
        ]),
      inputs: ["undefined", "[]", "[,]", "[null]", "revoked([])", "[1, 2]"]
        .concat(["new Proxy([1], { get: () => raise(1) })", "new Set([1])"]),
      options: [
        "null",
        "1",
        '"x"',
        "{ wrong: 1 }",
        "{ seed: 1n }",
        "revoked({})",
      ]
        .concat(["{ get seed() { return raise(1); } }", "{ rtol: -1 }"])
        .concat(["{ directions: 0 }", "{ directions: 1.5 }", "{ atol: NaN }"])
        .concat(["{ fast: 1 }", "{ names: 1 }", "{ names: [Symbol()] }"])
        .concat(["{ names: revoked([]) }", "{ dout: null }"]),
    };
    assertEquals("result" in call(right), true);
    for (const [name, codes] of Object.entries(wrong)) {
      for (const code of codes) {
        const bad = { ...right, [name]: code };
        try {
          assertRefusal(call(bad), act);
        } catch (cause) {
          throw new Error(toCode(bad), { cause });
        }
      }
    }
  });
});

describe("startThreads()", () => {
  it("refuses what is no number of threads, by name", async () => {
    const act = "start threads";
    const numbers = ["0", "-1", "1.5", "NaN", "Infinity", "257", "2 ** 53"];
    for (const code of [...JUNK, ...numbers, "[2]", "{ valueOf: () => 2 }"]) {
      const count = evaluate(code, {}) as number;
      const outcome = await startThreads(count).then(
        (result) => ({ result }),
        (error) => ({ error }),
      );
      assertRefusal(outcome, act);
    }
    assertEquals(await startThreads(1), 1);
    stopThreads();
  });
});

describe("all functions, where others have put properties on Object.prototype", () => {
  it("refuse malformed calls by name, and write nothing", () => {
    const before = snapshot();
    for (const contract of CONTRACTS) attack(contract, 20, true);
    assertSameSnapshot(before);
  });
});

describe("all functions, where others have replaced what typed arrays inherit", () => {
  const fail = () => {
    throw new Error("What others have put there");
  };
  const inherited = Object.getPrototypeOf(Float32Array.prototype);
  const replaced = Reflect.ownKeys(inherited)
    .filter((key) => key !== "constructor")
    .map((key) => [key, Object.getOwnPropertyDescriptor(inherited, key)!]);

  function withoutMethods<T>(call: () => T): T {
    for (const [key, { get }] of replaced as [string, PropertyDescriptor][]) {
      Object.defineProperty(
        inherited,
        key,
        get === undefined ? { value: fail } : { get: fail },
      );
    }
    try {
      return call();
    } finally {
      for (const [key, before] of replaced as [string, PropertyDescriptor][]) {
        Object.defineProperty(inherited, key, before);
      }
    }
  }

  it("give the same results", () => {
    for (const contract of CONTRACTS) {
      for (const dtype of ["float32", "float64"] as const) {
        for (const size of [2, 6, 18, 40]) {
          const dims = { k: size, m: size + 1, n: size + 2, p: size };
          const args = Object.fromEntries(
            Object.entries(contract.takes).map((
              [name, letters],
            ) => [name, ones(shapeOf(letters, dims), { dtype })]),
          );
          const expected = run(contract, args);
          assertSame(withoutMethods(() => run(contract, args)), expected);
        }
      }
    }
    const makers: (() => Tensor)[] = [
      () => ones([2, 3]),
      () => tensor([[1, 2], [3, 4]]),
      () => reshape({ shape: [2], data: new Float32Array(2) }, [1, 2]),
    ];
    for (const make of makers) assertSame(withoutMethods(make), make());
  });
});
