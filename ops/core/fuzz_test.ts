// Copyright 2026 the Adjoint authors. MIT license.

// The contract of bad input: whatever JavaScript can call a function with, it ends
// in a `TypeError` or a `RangeError` that names the operation, with nothing written
// and nothing changed, or it gives what the call of plain arguments gives that the
// strange ones amount to. `-- --seed=7` chooses other calls, `-- --runs=100000`
// more of them.

import { optionInputs } from "../proof/positional.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStrictEquals,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import vm from "node:vm";
import {
  type AnyTensor,
  type Choose,
  declared,
  drawShapes,
  product,
  rangeOf,
  valuesOf,
} from "./testing/draw.ts";
import {
  type DType,
  ones,
  reshape,
  scalar,
  type Tensor,
  tensor,
  zeros,
} from "../tensor.ts";
import {
  broadcastTo,
  broadcastToD,
  broadcastToDx,
} from "../structure/broadcast_to.ts";
import { concat, concatD, concatDx } from "../structure/concat.ts";
import { pad, padD, padDx } from "../structure/pad.ts";
import { reshapeD, reshapeDx } from "../structure/reshape.ts";
import { slice, sliceD, sliceDx } from "../structure/slice.ts";
import { split, splitD, splitDx } from "../structure/split.ts";
import { transpose, transposeD, transposeDx } from "../structure/transpose.ts";
import { arena } from "../arena.ts";
import { startThreads, stopThreads } from "../threads.ts";
import { ARRAYS } from "./arrays.ts";
import { op } from "./op.ts";
import { check, runsOf, shareOf } from "./testing/check.ts";
import {
  assertSameBits,
  by,
  FUNCTIONS,
  givesRecord,
  type OpFunction,
  resultsOf,
} from "./testing/functions.ts";
import { LISTED } from "./testing/listed.ts";
import {
  HELPERS,
  isBorderline,
  isShape,
  isTensor,
  JUNK,
  type Model,
  OPTIONS,
  plain,
  sharing,
  type Spec,
  strangeData,
  strangeOptions,
  strangeShape,
  strangeTensor,
  VALUES,
  type Wanted,
} from "./testing/malformed.ts";
import { literal } from "./testing/snippet.ts";

/** How many calls all functions share, and each constructor has. */
const CALLS = 16_000;
const MAKINGS = 1500;

const foreign = vm.runInNewContext("globalThis");

/** The arrays that a call was made of, and what all their elements are. */
const made: { data: AnyTensor["data"]; length: number; value: number }[] = [];

const helpers: Record<string, unknown> = {
  ...HELPERS,
  full(...args: Parameters<typeof HELPERS.full>) {
    const data = HELPERS.full(...args);
    made.push({ data, length: data.length, value: args[2] });
    return data;
  },
  foreign,
};

type Make = (...values: unknown[]) => unknown;
const compiled = new Map<string, Make>();

/** The value of an expression, a new one each time. */
function evaluate(code: string, args: Record<string, unknown>): unknown {
  const names = Object.keys(args);
  const key = `${names} ${code}`;
  let make = compiled.get(key);
  if (make === undefined) {
    // Not `eval` itself, whose code would see this module's variables.
    const all = [...Object.keys(helpers), ...names].join(", ");
    make = (0, eval)(`(${all}) => (${code})`) as Make;
    compiled.set(key, make);
  }
  return make(...Object.values(helpers), ...Object.values(args));
}

/** A call as a program. */
function toProgram(
  name: string,
  variables: Readonly<Record<string, string>>,
  args: readonly string[],
): string {
  const all = Object.entries(variables)
    .map(([name, code]) => `const ${name} = ${code};`);
  const text = [...all, ...args].join("\n");
  const foreign = text.includes("foreign.");
  return [
    ...foreign ? ['import vm from "node:vm";'] : [],
    `import { ${name} } from "@adjoint/ops";`,
    ...foreign ? ['const foreign = vm.runInNewContext("globalThis");'] : [],
    ...Object.entries(HELPERS)
      .filter(([helper]) => text.includes(`${helper}(`))
      .map(([helper, f]) => `const ${helper} = ${f};`),
    ...all,
    `console.log(${name}(${args.join(", ")}));`,
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
  Int32Array,
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
const POLLUTION = [
  ...["x", "y", "0", "1", "cause", "tensor", "maximum", "names"],
  ...["n", "m", "p", "k"],
];

function polluted<T>(is: boolean, options: object, call: () => T): T {
  if (!is) return call();
  const polluting = Object.prototype as unknown as Record<string, unknown>;
  // An option may be inherited.
  const keys = POLLUTION.filter((key) => !Object.hasOwn(options, key));
  for (const key of keys) polluting[key] = { data: null, shape: [1] };
  try {
    return call();
  } finally {
    for (const key of keys) delete polluting[key];
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
    throw new Error(`What is thrown is ${String(error)}`, { cause: error });
  }
  assert(
    [TypeError, RangeError].includes(error.constructor as typeof TypeError),
  );
  if (!error.message.startsWith(`Cannot ${act} as `)) {
    throw new Error(
      `The message does not name the operation: ${error.message}`,
      { cause: error },
    );
  }
  assertMatch(error.message, /^Cannot [^:]+: [^]+[^.]$/);
  assert(error.message.length < 1000, error.message);
  return error;
}

/** One argument of a call, or a part of a record. */
interface Part {
  /** What it is called in programs. */
  variable: string;
  kind: "input" | "dout" | "out";
  /** The input or the output that it belongs to. */
  name: string;
  wanted: Wanted;
  spec: Spec;
}

/** A call of strange arguments. */
interface Case {
  fn: OpFunction;
  parts: Part[];
  options: { code: string; plain: string; isRight: boolean } | undefined;
  /** How many arguments are given; all of them, most often. */
  count: number;
  extra: string[];
}

/** A value of an option as code. */
function codeOf(value: unknown): string {
  return Array.isArray(value)
    ? `[${value.map(codeOf).join(", ")}]`
    : typeof value === "number"
    ? literal(value)
    : String(value);
}

const record = (parts: readonly Part[], kind: Part["kind"]) =>
  `{ ${
    parts.filter((part) => part.kind === kind)
      .map(({ name, variable }) => `${name}: ${variable}`).join(", ")
  } }`;

/** The arguments of a case as code, by the names of its variables. */
function argumentsOf(
  { fn, parts, options, count, extra }: Case,
  isPlain = false,
): string[] {
  const several = Object.keys(fn.signature.spec.outputs).length > 1;
  const args = parts.filter(({ kind }) => kind === "input")
    .map(({ variable }) => variable);
  if (fn.kind !== "forward") {
    args.push(several ? record(parts, "dout") : "dout");
  }
  if (count < args.length) return args.slice(0, count);
  if (options !== undefined) args.push(isPlain ? options.plain : options.code);
  else if (extra.length > 0) args.push("undefined");
  return [...args, ...extra];
}

/** Draws a call of a function, of which something is strange. */
function drawCase(fn: OpFunction, choose: Choose): Case {
  const { signature } = fn, { spec } = signature;
  const shapes = drawShapes(signature, choose, {
    sizes: [1, 2, 0, 3],
    rank: 2,
    steps: 300,
  });
  const dtype = choose(2) === 0 ? "float32" : "float64";
  const values = valuesOf(signature, shapes);
  const several = Object.keys(spec.outputs).length > 1;
  const wanted: Omit<Part, "spec">[] = [];
  const add = (
    kind: Part["kind"],
    name: string,
    variable: string,
    shape: number[],
    type: DType = dtype,
    value = kind === "out" ? 7 : 1,
  ) =>
    wanted.push({
      kind,
      name,
      variable,
      wanted: { shape, dtype: type, value, before: [] },
    });
  for (const [name, input] of Object.entries(spec.inputs)) {
    const { integer } = declared(input);
    if (integer === undefined) add("input", name, name, shapes.inputs[name]);
    else {
      const { from, below, except } = rangeOf(integer, values);
      const value = from < below
        ? Math.max(from, Math.min(0, below - 1))
        : except;
      add("input", name, name, shapes.inputs[name], "int32", value ?? 0);
    }
  }
  if (fn.kind !== "forward") {
    for (const [name, shape] of Object.entries(shapes.outputs)) {
      add("dout", name, several ? `dout_${name}` : "dout", shape);
    }
  }
  const withOut = choose(2) === 1;
  if (withOut) {
    const results = fn.kind === "forward"
      ? Object.entries(shapes.outputs)
      : (fn.kind === "one" ? [fn.wrt!] : signature.differentiable)
        .map((name) => [name, shapes.inputs[name]] as const);
    const isIndices = fn.kind === "forward" && spec.indices;
    for (const [name, shape] of results) {
      const variable = givesRecord(fn) ? `out_${name}` : "out";
      add("out", name, variable, [...shape], isIndices ? "int32" : dtype);
    }
  }

  const strange = new Set<number>();
  const changes = 1 + choose(3);
  for (let i = 0; i < changes; i++) strange.add(choose(wanted.length + 1));
  const parts: Part[] = [];
  /** The plain tensors so far that hold numbers. */
  const before: Wanted["before"] = [];
  wanted.forEach((part, i) => {
    const own: Wanted = { ...part.wanted, before: [...before] };
    const { optional } = declared(spec.inputs[part.name] ?? "");
    const isNull = part.kind === "input" && optional && part.name !== fn.wrt &&
      choose(4) === 3;
    if (isNull) {
      parts.push({
        ...part,
        wanted: own,
        spec: { code: "null", model: { isNull: true } },
      });
    } else if (!strange.has(i)) {
      parts.push({ ...part, wanted: own, spec: plain(own) });
      const { variable: name, kind } = part;
      const { dtype, value } = own, size = product(own.shape);
      if (kind !== "out" && size > 0) before.push({ name, dtype, size, value });
    } else if (
      part.kind === "out" && before.length > 0 && product(own.shape) > 0 &&
      choose(2) === 1
    ) {
      // Its memory is another one from now on.
      const [input] = before.splice(choose(before.length), 1);
      const spec = sharing(own, input, choose);
      parts.push({ ...part, wanted: own, spec });
    } else {
      parts.push({ ...part, wanted: own, spec: strangeTensor(own, choose) });
    }
  });
  // There is no gradient of null to write to.
  const nulls = parts.filter(({ spec }) => spec.model.isNull)
    .map(({ name }) => name);
  const all = parts.filter(({ kind, name }) =>
    kind !== "out" || fn.kind !== "all" || !nulls.includes(name)
  );

  const given: Record<string, string> = Object.fromEntries(
    Object.entries(shapes.options).map(([key, v]) => [key, codeOf(v)]),
  );
  if (withOut) given.out = givesRecord(fn) ? record(all, "out") : "out";
  if (fn.kind === "all" && !withOut && choose(4) === 3) {
    given.wrt = `["${signature.differentiable[0]}"]`;
  }
  const right = `({ ${
    Object.entries(given).map(([k, v]) => `${k}: ${v}`).join(", ")
  } })`;
  const isStrange = strange.has(wanted.length);
  const options = isStrange
    ? { ...strangeOptions(given, choose), plain: right }
    : Object.keys(given).length > 0
    ? { code: right, plain: right, isRight: true }
    : undefined;
  const total = Object.keys(spec.inputs).length +
    (fn.kind === "forward" ? 0 : 1);
  return {
    fn,
    parts: all,
    options,
    count: choose(16) === 15 ? choose(requiredOf(fn)) : total,
    extra: choose(16) === 15 ? [JUNK[choose(JUNK.length)]] : [],
  };
}

/** How many arguments a function must have at least, in their order. */
function requiredOf({ kind, signature: { spec } }: OpFunction): number {
  const inputs = Object.keys(spec.inputs).length, last = optionInputs(spec);
  if (last.length > 0) return inputs - last.length;
  return inputs + (kind === "forward" ? 0 : 1);
}

/** What the counts of a run are: a fuzzer that refuses everything finds nothing. */
interface Counts {
  refused: number;
  right: number;
}

/** Calls a function in strange ways. */
function attack(
  fn: OpFunction,
  runs: number,
  { pollute = false, inArena = false } = {},
): Counts {
  const counts: Counts = { refused: 0, right: 0 };
  const required = requiredOf(fn);

  check((choose) => drawCase(fn, choose), (call) => {
    if (!inArena) return attackOnce(call);
    const step = arena();
    try {
      arena(() => void zeros([2000]).data.fill(NaN)); // What is not cleared shows.
      attackOnce(call);
    } finally {
      step.end();
    }
  }, {
    runs,
    toCode: (call) =>
      toProgram(
        fn.name,
        Object.fromEntries(
          call.parts.map(({ variable, spec }) => [variable, spec.code]),
        ),
        argumentsOf(call),
      ),
  });
  return counts;

  function attackOnce(call: Case): void {
    const { parts, options } = call;
    made.length = 0;
    const variables: Record<string, unknown> = {};
    const arraysOf = new Map<Part, typeof made>();
    const ofOut = new Set<AnyTensor["data"]>();
    for (const part of parts) {
      const from = made.length;
      variables[part.variable] = evaluate(part.spec.code, variables);
      arraysOf.set(part, made.slice(from));
      if (part.kind !== "out") continue;
      for (const { data } of made.slice(from)) ofOut.add(data);
    }
    const args = argumentsOf(call).map((code) => evaluate(code, variables));
    const arrays = made.slice();
    const outcome = polluted(
      pollute,
      fn.signature.spec.options ?? {},
      () => attempt(() => fn.f(...args)),
    );

    const wrong = parts.filter(({ spec: { model } }) =>
      !model.isNull && !isTensor(model)
    );
    const isWrong = wrong.length > 0 || call.count < required ||
      options !== undefined && !options.isRight;
    const assertKept = (except?: ReadonlySet<unknown>) => {
      for (const { data, length, value } of arrays) {
        if (except?.has(data)) continue;
        for (let i = 0; i < length && data[i] !== undefined; i++) {
          if (data[i] !== value) throw new Error("Something was written to");
        }
      }
    };
    if (isWrong) {
      counts.refused++;
      const error = assertRefusal(outcome, fn.act);
      assertKept();
      // If nothing else is wrong, what a getter threw is the cause.
      if (
        wrong.length > 0 && wrong.every(({ spec }) => spec.model.throws) &&
        call.count === required && (options?.isRight ?? true)
      ) {
        assertFits(call, error);
      }
      return;
    }

    const plainly: Record<string, unknown> = {};
    for (const { variable, wanted, spec: { model } } of parts) {
      plainly[variable] = model.isNull ? null : tensorOf(model, wanted.value);
    }
    const plainArgs = argumentsOf(call, true).map((code) =>
      evaluate(code, plainly)
    );
    const expected = attempt(() => fn.f(...plainArgs));
    const isLost = parts.some(({ spec: { model } }) =>
      model.destroys !== undefined || model.shares !== undefined
    );
    if ("error" in expected || isLost) {
      counts.refused++;
      const error = assertRefusal(outcome, fn.act);
      assertKept();
      if ("error" in expected && !isLost) {
        const { message } = assertRefusal(expected, fn.act);
        assertStrictEquals(error.message, message);
      }
      return;
    }
    counts.right++;
    if ("error" in outcome) {
      throw new Error("A right call is refused", { cause: outcome.error });
    }
    assertKept(ofOut);
    const [result, right] = [
      resultsOf(fn, outcome.result),
      resultsOf(fn, expected.result),
    ];
    for (const [name, { data, shape }] of Object.entries(right)) {
      const out = parts.find((part) =>
        part.kind === "out" && part.name === name
      );
      if (out === undefined) {
        assertSameBits(
          { [name]: result[name] },
          { [name]: { data, shape } },
          "",
        );
      } else {
        assertStrictEquals(result[name], variables[out.variable]);
        // If several arrays were made for it, one of them was read.
        const [written, ...others] = arraysOf.get(out)!;
        if (others.length > 0 || written?.length !== data.length) continue;
        for (let i = 0; i < data.length; i++) {
          assert(Object.is(written.data[i], data[i]), "It is not in out");
        }
      }
    }
  }

  /** Asserts a cause, unless shapes do not fit either, which may be said first. */
  function assertFits(call: Case, error: Error): void {
    const mended: Record<string, unknown> = {};
    for (const { variable, wanted, spec: { model } } of call.parts) {
      mended[variable] = model.isNull
        ? null
        : tensorOf(isTensor(model) ? model : plain(wanted).model, wanted.value);
      if (model.destroys !== undefined || model.shares !== undefined) return;
    }
    const args = argumentsOf(call, true).map((code) => evaluate(code, mended));
    if ("error" in attempt(() => fn.f(...args))) return;
    assert("cause" in error, error.message);
  }
}

/** A plain tensor as a model says, in the arena if there is one. */
function tensorOf({ shape, data }: Model, value: number): AnyTensor {
  const x = zeros([data!.length], { dtype: data!.dtype });
  return {
    shape: shape!.map((n) => n as number + 0),
    data: x.data.fill(value),
  };
}

const RUNS = shareOf(CALLS, FUNCTIONS.length, { least: 60, most: 1500 });

for (const fn of [...FUNCTIONS, ...LISTED]) {
  describe(`${fn.name}()`, () => {
    it("refuses malformed calls by name, writes nothing, and takes what is only strange", () => {
      const before = snapshot();
      const counts = attack(fn, RUNS);
      assert(counts.refused >= runsOf(RUNS) / 4, JSON.stringify(counts));
      assert(counts.right >= runsOf(RUNS) / 20, JSON.stringify(counts));
      assertSameSnapshot(before);
    });
  });
}

/** What a case gives that is evaluated anew; `isPlain` makes all of it right. */
function outcomeOf(f: OpFunction["f"], call: Case, isPlain = false): Outcome {
  const variables: Record<string, unknown> = {};
  for (const { variable, wanted, spec } of call.parts) {
    const { code } = isPlain && !spec.model.isNull ? plain(wanted) : spec;
    variables[variable] = evaluate(code, variables);
  }
  const args = argumentsOf(isPlain ? { ...call, extra: [] } : call, isPlain)
    .map((code) => evaluate(code, variables));
  return attempt(() => f(...args));
}

describe("all functions, after a right call", () => {
  it("refuse what is wrong in several ways for what they refuse it for at first", () => {
    let refused = 0;
    for (const fn of FUNCTIONS) {
      const { name, spec } = fn.signature;
      check((choose) => drawCase(fn, choose), (call) => {
        outcomeOf(fn.f, call, true);
        const after = outcomeOf(fn.f, call);
        const alone = outcomeOf(by(op(name, spec), fn).f, call);
        assertEquals("error" in after, "error" in alone);
        if (!("error" in after) || !("error" in alone)) return;
        assertStrictEquals(String(after.error), String(alone.error));
        refused++;
      }, { runs: shareOf(4000, FUNCTIONS.length), toCode: () => fn.name });
    }
    assert(refused > FUNCTIONS.length, `${refused} refused`);
  });
});

describe("all functions, in an arena", () => {
  it("refuse malformed calls by name, write nothing, and give what they give of tensors there", () => {
    const runs = shareOf(2000, FUNCTIONS.length, { least: 8 });
    for (const fn of [...FUNCTIONS, ...LISTED]) {
      attack(fn, runs, { inArena: true });
    }
  });
});

describe("all functions, where others have put properties on Object.prototype", () => {
  it("refuse malformed calls by name, and write nothing", () => {
    const before = snapshot();
    // Every engine is slow where indices are inherited.
    const runs = shareOf(500, FUNCTIONS.length, { least: 2 });
    for (const fn of FUNCTIONS) attack(fn, runs, { pollute: true });
    assertSameSnapshot(before);
  });
});

describe("all functions, where others have replaced the getters of typed arrays", () => {
  const fail = () => {
    throw new Error("What others have put there");
  };
  const inherited = Object.getPrototypeOf(Float32Array.prototype);
  // Loops of pages may ask their own arrays for their length, and call what they
  // have; checks ask the arrays of others.
  const replaced = Reflect.ownKeys(inherited)
    .map((key): [PropertyKey, PropertyDescriptor] => [
      key,
      Object.getOwnPropertyDescriptor(inherited, key)!,
    ])
    .filter(([key, { get }]) => get !== undefined && key !== "length");

  function withoutGetters<T>(call: () => T): T {
    for (const [key] of replaced) {
      Object.defineProperty(inherited, key, { get: fail });
    }
    try {
      return call();
    } finally {
      for (const [key, before] of replaced) {
        Object.defineProperty(inherited, key, before);
      }
    }
  }

  it("give the same results", () => {
    for (const fn of FUNCTIONS) {
      check(
        (choose) => drawCase(fn, (bound) => bound === 4 ? 0 : choose(bound)),
        (call) => {
          const plainly: Record<string, unknown> = {};
          for (const { variable, wanted } of call.parts) {
            plainly[variable] = tensorOf(plain(wanted).model, wanted.value);
          }
          const args = argumentsOf({ ...call, extra: [] }, true)
            .map((code) => evaluate(code, plainly));
          const expected = attempt(() => fn.f(...args));
          if ("error" in expected) return;
          const copies = Object.fromEntries(
            Object.entries(resultsOf(fn, expected.result)).map((
              [name, { shape, data }],
            ) => [name, { shape, data: data.slice() }]),
          );
          const result = withoutGetters(() => fn.f(...args));
          assertSameBits(resultsOf(fn, result), copies, fn.name);
        },
        { runs: 12, toCode: () => fn.name },
      );
    }
    const makers: (() => Tensor)[] = [
      () => ones([2, 3]),
      () => tensor([[1, 2], [3, 4]]),
      () => reshape({ shape: [2], data: new Float32Array(2) }, [1, 2]),
    ];
    for (const make of makers) {
      assertEquals(withoutGetters(make), make());
    }
  });
});

/** Calls a function with what its types would refuse. */
function call(f: unknown, ...args: unknown[]): unknown {
  return (f as (...args: unknown[]) => unknown)(...args);
}

/** The lists of numbers that functions take, each with a right one. */
const LISTS: Record<
  string,
  [list: number[], call: (list: unknown) => unknown]
> = (() => {
  const x = ones([2, 3]), square = ones([2, 2]), dout = ones([3, 2]);
  const parts = [ones([2, 1]), ones([2, 2])] as const;
  const before = [1, 0];
  return {
    reshapeD: [[3, 2], (shape) => call(reshapeD, x, shape, dout)],
    reshapeDx: [[3, 2], (shape) => call(reshapeDx, x, shape, dout)],
    transpose: [[1, -2], (axes) => call(transpose, x, { axes })],
    transposeD: [[1, 0], (axes) => call(transposeD, x, dout, { axes })],
    transposeDx: [[1, 0], (axes) => call(transposeDx, x, dout, { axes })],
    slice: [[0, -2], (start) => call(slice, x, { start, end: [2, 3] })],
    sliceD: [[2, 2], (end) => call(sliceD, x, square, { end })],
    sliceDx: [[2, 2], (end) => call(sliceDx, x, square, { end })],
    pad: [[0, 2], (after) => call(pad, x, { before, after })],
    padD: [
      [0, 1],
      (before) => call(padD, square, x, { before, after: [0, 0] }),
    ],
    padDx: [
      [0, 0],
      (after) => call(padDx, square, x, { before: [0, 1], after }),
    ],
    broadcastTo: [[4, 2, 3], (shape) => call(broadcastTo, x, shape)],
    broadcastToD: [
      [2, 3],
      (shape) => call(broadcastToD, x, shape, ones([2, 3])),
    ],
    broadcastToDx: [
      [2, 3],
      (shape) => call(broadcastToDx, x, shape, ones([2, 3])),
    ],
    split: [[1, 2], (sizes) => call(split, x, { axis: 1, sizes })],
    splitD: [[1, 2], (sizes) => call(splitD, x, parts, { axis: 1, sizes })],
    splitDx: [[1, 2], (sizes) => call(splitDx, x, parts, { axis: 1, sizes })],
  };
})();

for (const [name, [right, of]] of Object.entries(LISTS)) {
  describe(`${name}(), with strange lists`, () => {
    it("does what it does with the plain list that each amounts to", () => {
      let given = 0;
      check((choose) => strangeShape(right, choose), ({ code, shape }) => {
        const outcome = attempt(() => of(evaluate(code, {})));
        const isNone = code === "undefined";
        if (!isNone && shape === undefined) {
          assertRefusal(outcome, `compute ${name}`);
          return;
        }
        const plainly = attempt(() => of(shape));
        if ("error" in plainly) {
          assertRefusal(plainly, `compute ${name}`);
          assertRefusal(outcome, `compute ${name}`);
          return;
        }
        assertEquals(outcome, plainly);
        given++;
      }, { runs: 150, toCode: ({ code }) => code });
      assert(given > 20, `${given} given`);
    });
  });
}

describe("concat(), of strange lists", () => {
  const OF: [name: string, of: (x: unknown) => unknown][] = [
    ["concat", (x) => call(concat, x)],
    ["concatD", (x) => call(concatD, x, ones([3]))],
    ["concatDx", (x) => call(concatDx, x, ones([3]))],
  ];
  it("refuses what is not a list of tensors, by name", () => {
    const x = "{ shape: [2], data: full(Float32Array, 2, 1) }";
    const y = "{ shape: [1], data: full(Float32Array, 1, 1) }";
    const all = `[${x}, ${y}]`;
    const wrong = [
      "undefined",
      "[]",
      x,
      `new Set(${all})`,
      `({ ...${all}, length: 2 })`,
      `revoked(${all})`,
      `new Proxy(${all}, { get: () => raise(1) })`,
      `Object.defineProperty(${all}, 1, { get: () => raise(1) })`,
      `[, ${y}]`,
      "Array(2 ** 32 - 1)",
      ...JUNK,
      ...JUNK.map((junk) => `[${x}, ${junk}]`),
    ];
    const right = [
      `new Proxy(${all}, {})`,
      `Object.freeze(${all})`,
      `Object.setPrototypeOf(${all}, null)`,
    ];
    for (const [name, of] of OF) {
      for (const code of wrong) {
        const outcome = attempt(() => of(evaluate(code, {})));
        assertRefusal(outcome, `compute ${name}`);
      }
      const plainly = of(evaluate(all, {}));
      for (const code of right) {
        assertEquals(of(evaluate(code, {})), plainly);
      }
    }
  });
});

/** A call of a function that makes a tensor: what it gives, or null. */
interface Making {
  args: Record<string, string>;
  gives: { shape: readonly unknown[]; dtype: DType } | null;
}

const pick = <T>(items: readonly T[], choose: Choose) =>
  items[choose(items.length)];

const drawShape = (choose: Choose) =>
  Array.from({ length: choose(5) }, () => choose(4));

/** A shape, most likely a strange one, and not one that may find room or not. */
function drawStrangeShape(choose: Choose): ReturnType<typeof strangeShape> {
  const made = strangeShape(drawShape(choose), choose);
  return isBorderline(made.shape) ? { code: "null" } : made;
}

const filled = (choose: Choose): Making => {
  const { code, shape } = drawStrangeShape(choose);
  const [options, dtype] = pick(OPTIONS, choose);
  return {
    args: { shape: code, options },
    gives: isShape(shape) && dtype !== null ? { shape: shape!, dtype } : null,
  };
};

/** A shape of which one dimension may be -1: what the others leave of a size. */
function withoutOpen<T extends readonly unknown[] | null | undefined>(
  shape: T,
  size: number,
): T | unknown[] {
  const at = shape?.indexOf(-1) ?? -1;
  if (at < 0) return shape;
  const others = shape!.toSpliced(at, 1);
  const open = isShape(others) ? size / product(others.map(Number)) : NaN;
  return shape!.with(at, open);
}

const makings: Record<string, [act: string, draw: (c: Choose) => Making]> = {
  zeros: ["create zeros", filled],
  ones: ["create ones", filled],
  scalar: ["create a scalar", (choose) => {
    const numbers = ["1", "-0", "NaN"];
    const value = choose(3) === 0
      ? pick(numbers, choose)
      : pick(["undefined", "[1]", "{}", ...JUNK], choose);
    const [options, dtype] = pick(OPTIONS, choose);
    return {
      args: { value, options },
      gives: dtype !== null && numbers.includes(value)
        ? { shape: [], dtype }
        : null,
    };
  }],
  reshape: ["reshape x", (choose) => {
    const own = drawShape(choose);
    const dtype = pick(Object.keys(ARRAYS) as DType[], choose);
    const wanted = { shape: own, dtype, value: 1, before: [] };
    const { code, model } = choose(2) === 1
      ? strangeTensor(wanted, choose)
      : plain(wanted);
    const strange = drawStrangeShape(choose);
    const shape = isTensor(model)
      ? withoutOpen(strange.shape, model.data!.length)
      : undefined;
    const fits = isTensor(model) && isShape(shape) &&
      model.data!.length ===
        (shape!.some((n) => n === 0) ? 0 : product(shape!.map(Number)));
    return {
      args: { x: code, shape: strange.code },
      gives: fits ? { shape: shape!, dtype: model.data!.dtype } : null,
    };
  }],
  tensor: ["create a tensor", (choose): Making => {
    const [options, dtype] = pick(OPTIONS, choose);
    const [values, nested] = pick(VALUES, choose);
    const kind = choose(3);
    if (kind === 0) {
      return {
        args: { values, options },
        gives: nested !== null && dtype !== null
          ? { shape: nested, dtype }
          : null,
      };
    }
    if (kind === 1) {
      const { code, shape } = drawStrangeShape(choose);
      return {
        args: { values, shape: code, options },
        gives: dtype === null || nested === null
          ? null
          : code === "undefined"
          ? { shape: nested, dtype }
          : nested.length === 1 && isShape(shape) &&
              product(shape!.map(Number)) === nested[0]
          ? { shape: shape!, dtype }
          : null,
      };
    }
    const own = drawShape(choose);
    const found = strangeData(
      { dtype: "float32", value: 1 },
      product(own),
      choose,
    );
    // A list of numbers is right as well: it has its own cases above.
    const { code, data } = isArray(found.code)
      ? { code: "null" } as typeof found
      : found;
    const strange = drawStrangeShape(choose);
    const shape = strange.code === "undefined" ? [data?.length] : strange.shape;
    const fits = data !== undefined && !data.gone && isShape(shape) &&
      (shape!.some((n) => n === 0) ? 0 : product(shape!.map(Number))) ===
        data.length &&
      (dtype === data.dtype || dtype === "float32" && !options.includes("32"));
    return {
      args: { values: code, shape: strange.code, options },
      gives: fits ? { shape: shape!, dtype: data!.dtype } : null,
    };
  }],
};

/** Whether it is an array, or was one that was revoked. */
function isArray(code: string): boolean {
  try {
    return Array.isArray(evaluate(code, {}));
  } catch {
    return true;
  }
}

for (const [name, [act, draw]] of Object.entries(makings)) {
  describe(`${name}()`, () => {
    it("refuses malformed calls by name, and makes what right ones ask for", () => {
      const f = { zeros, ones, scalar, reshape, tensor }[name] as (
        ...args: unknown[]
      ) => AnyTensor;
      const before = snapshot();
      let refused = 0;
      check(draw, ({ args, gives }) => {
        const values = Object.values(args).map((code) => evaluate(code, {}));
        const outcome = attempt(() => f(...values));
        if (gives === null) {
          assertRefusal(outcome, act);
          refused++;
          return;
        }
        if ("error" in outcome) {
          throw new Error("A right call is refused", { cause: outcome.error });
        }
        const { shape, data } = outcome.result as AnyTensor;
        assertEquals(shape, gives.shape.map((n) => n as number + 0));
        const size = shape.includes(0) ? 0 : product(shape);
        assertEquals(lengthAndKind(data), [size, gives.dtype]);
      }, {
        runs: MAKINGS,
        toCode: ({ args }) => toProgram(name, args, Object.keys(args)),
      });
      assert(refused >= runsOf(MAKINGS) / 2, `${refused} refused`);
      assertSameSnapshot(before);
    });
  });
}

/** What an array is, be its properties what they may. */
function lengthAndKind(data: AnyTensor["data"]): [number, string] {
  const inherited = Object.getPrototypeOf(Float32Array.prototype);
  const ask = (key: PropertyKey) =>
    Object.getOwnPropertyDescriptor(inherited, key)!.get!.call(data);
  return [
    ask("length"),
    ask(Symbol.toStringTag).replace("Array", "").toLowerCase(),
  ];
}

describe("startThreads()", () => {
  it("refuses what is not a number of threads, by name", async () => {
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
