// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The vectors that every runtime must pass. Nothing here is of one runtime, and
 * nothing names an operation, but for the probe of the kernel: the operations
 * are those of the golden files, their functions are found by their names, and
 * the shapes that fit are read off the golden cases.
 *
 * @module
 */

import {
  type DType,
  matmul,
  ones,
  reshape,
  scalar,
  type Shape,
  startThreads,
  stopThreads,
  type Tensor,
  tensor,
  zeros,
} from "@adjoint/ops";
import {
  assertGradcheck,
  gradcheck,
  GradcheckError,
  type TensorFunction,
} from "@adjoint/ops/gradcheck";
import {
  decodeGoldens,
  type GoldenCase,
  type Goldens,
} from "../../../ops/goldens/goldens.ts";

/** What a runtime made of the vectors. */
export interface Outcome {
  /** What multiplies large matrices, told by how it rounds. */
  kernel: "SIMD, fused" | "SIMD" | "blocked";
  /** How many threads there were: 1 where more cannot be had. */
  threads: number;
  /** Why there were no more. */
  notice: string;
  passed: number;
  /** What does not hold, a line each. */
  failures: string[];
  /** Stands for every bit of the large results. */
  digest: string;
}

/** The exports of the entry points, by the names that `deno.json` has. */
export type Entries = Record<string, Record<string, unknown>>;

/** An operation, put together from its entry point and its golden file. */
interface Op {
  name: string;
  goldens: Goldens;
  /** The forward function, and the gradient for each input. */
  functions: TensorFunction[];
  /** The names of the inputs. */
  inputs: string[];
  /** What the functions are called with at large sizes. */
  large: Record<DType, Sized[]>;
}

/** The inputs and `dout` of an operation. */
interface Sized {
  name: string;
  args: Tensor[];
}

type Data = Tensor["data"];

const { process } = globalThis as {
  process?: { getBuiltinModule?(name: string): unknown };
};

const ARRAYS = { float32: Float32Array, float64: Float64Array };
const EPSILON = { float32: 2 ** -23, float64: 2 ** -52 };

/** What a message is like: what cannot be done, what must hold, what is. */
const GRAMMAR = /^Cannot .+ as .+: .*[^.]$/s;

/** Runs all vectors. */
export async function main(
  entries: Entries,
  goldens: Record<string, unknown>,
): Promise<Outcome> {
  const tally = new Tally();
  // Deno itself adds a global as it loads this module of Node's.
  process?.getBuiltinModule?.("node:worker_threads");
  const untouched = builtIns();
  const ops = Object.entries(goldens).map(([module, json]) =>
    operation(module, entries, decodeGoldens(json))
  );
  checkEntries(tally, entries, ops);
  checkConstructors(tally);
  for (const op of ops) {
    checkGoldens(tally, op);
    checkRefusals(tally, op);
    checkGradients(tally, op);
    checkLong(tally, op);
  }
  const before = results(tally, ops);
  const { threads, notice } = await checkThreads(tally, ops, before);
  tally.check("no call changes a global variable or a prototype", () => {
    const changed = [...builtIns()]
      .filter(([name, value]) =>
        !untouched.has(name) || untouched.get(name) !== value
      )
      .map(([name]) => name);
    assert(changed.length === 0, `${changed} is new`);
  });
  const { passed, failures } = tally;
  const digest = fnv(before.values());
  return { kernel: kernel(), threads, notice, passed, failures, digest };
}

/** What everyone shares: the names of globals, and the prototypes' properties. */
function builtIns(): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const name of Reflect.ownKeys(globalThis)) {
    found.set(`globalThis ${String(name)}`, undefined);
  }
  for (
    const { prototype } of [
      Object,
      Function,
      Array,
      Float32Array,
      Float64Array,
      Object.getPrototypeOf(Float32Array),
    ]
  ) {
    for (const name of Reflect.ownKeys(prototype)) {
      const { value } = Object.getOwnPropertyDescriptor(prototype, name)!;
      found.set(`${prototype.constructor.name} ${String(name)}`, value);
    }
  }
  return found;
}

class Tally {
  passed = 0;
  readonly failures: string[] = [];

  /** Runs a vector, which fails by throwing. */
  check(name: string, run: () => void): void {
    try {
      run();
      this.passed++;
    } catch (error) {
      this.failures.push(`${name}: ${message(error)}`);
    }
  }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function assert(condition: boolean, found: string): void {
  if (!condition) throw new Error(found);
}

/** Finds the functions of an operation, whose module is the name of its file. */
function operation(module: string, entries: Entries, goldens: Goldens): Op {
  const exports = entries[`./${module.replaceAll("_", "-")}`] ?? {};
  const inputs = Object.keys(goldens.cases[0].inputs);
  const name = Object.keys(exports).find((op) =>
    inputs.every((input) => `${op}D${input}` in exports)
  );
  if (name === undefined) {
    throw new Error(`Cannot find the functions of ${module} in the exports`);
  }
  const functions = [name, ...inputs.map((input) => `${name}D${input}`)]
    .map((f) => exports[f] as TensorFunction);
  const large = {
    float32: [...sized(name, goldens, "float32")],
    float64: [...sized(name, goldens, "float64")],
  };
  return { name, goldens, functions, inputs, large };
}

/** The exports are whole, and one module each, wherever they are imported. */
function checkEntries(tally: Tally, entries: Entries, ops: Op[]): void {
  const { ".": all, ...others } = entries;
  for (const [entry, exports] of Object.entries(others)) {
    tally.check(`the exports of ${entry}`, () => {
      for (const [name, value] of Object.entries(exports)) {
        // gradcheck is an entry point of its own.
        const same = all[name] === value || entry === "./gradcheck";
        assert(same, `${name} is another one in the main entry point`);
      }
    });
  }
  tally.check("every backward function has an operation with goldens", () => {
    const known = new Set(
      ops.flatMap((op) => op.functions.map(({ name }) => name)),
    );
    const unknown = Object.keys(all)
      .filter((name) => /^[a-z]\w*D[a-z]+$/.test(name) && !known.has(name));
    assert(unknown.length === 0, `${unknown} are not known`);
  });
}

function checkConstructors(tally: Tally): void {
  const equal = (name: string, actual: Tensor, shape: Shape, data: Data) =>
    tally.check(name, () => {
      assertShape(actual, shape);
      assertSameBits(actual.data, data);
    });
  const numbers = new Float64Array([1, -0, NaN, Infinity, 5e-324, 6]);
  equal("tensor, nested", tensor([[1, 2], [3, 4]]), [2, 2], f32(1, 2, 3, 4));
  equal("tensor, flat", tensor([1, 2, 3], [3, 1]), [3, 1], f32(1, 2, 3));
  equal("tensor, typed array", tensor(numbers, [2, 3]), [2, 3], numbers);
  equal("scalar", scalar(-0), [], f32(-0));
  equal("zeros", zeros([2, 0]), [2, 0], f32());
  equal(
    "ones, float64",
    ones([3], { dtype: "float64" }),
    [3],
    new Float64Array([1, 1, 1]),
  );
  tally.check("reshape copies nothing", () => {
    assert(reshape(tensor(numbers), [3, 2]).data === numbers, "It does");
  });
  for (
    const [name, kind, f] of [
      ["ragged", TypeError, () => tensor([[1, 2], [3]] as never)],
      ["no number", TypeError, () => tensor(["1"] as never)],
      ["no shape", TypeError, () => zeros("3" as never)],
      ["half a dimension", RangeError, () => zeros([0.5])],
      ["a negative dimension", RangeError, () => ones([-1])],
      ["too many elements", RangeError, () => zeros([2 ** 40])],
      ["beyond 2^53", RangeError, () => zeros([2 ** 30, 2 ** 30])],
      ["other elements", TypeError, () => reshape(ones([6]), [4])],
    ] as const
  ) {
    tally.check(`a constructor refuses ${name}`, () => assertRefuses(kind, f));
  }
}

function f32(...numbers: number[]): Data {
  return new Float32Array(numbers);
}

/** PyTorch's values, with and without `out`. */
function checkGoldens(tally: Tally, op: Op): void {
  for (const special of [false, true]) {
    for (const golden of op.goldens[special ? "special" : "cases"]) {
      const given = argumentsOf(op, golden);
      const wanted = wantedOf(op, golden);
      for (const [i, f] of op.functions.entries()) {
        const name = `${f.name}, ${golden.name}, ${golden.dtype}`;
        const args = given[i];
        tally.check(name, () => {
          const copies = args.map(({ data }) => data.slice());
          const result = f(...args);
          assertShape(result, wanted[i].shape);
          assertLike(result.data, wanted[i].data, special ? 0 : scale(golden));
          args.forEach(({ data }, j) => assertSameBits(data, copies[j]));
        });
        tally.check(`${name}, with out`, () => {
          const { shape, data } = wanted[i];
          const out = { shape, data: data.slice().fill(NaN) };
          assert(f(...args, out) === out, "It does not return out");
          assertSameBits(out.data, f(...args).data);
        });
      }
    }
  }
}

/** The arguments of each function: the inputs, and `dout` for a gradient. */
function argumentsOf(op: Op, { inputs, dout }: GoldenCase): Tensor[][] {
  const given = op.inputs.map((name) => inputs[name]);
  return op.functions.map((_, i) => i === 0 ? given : [...given, dout]);
}

function wantedOf(op: Op, { output, gradients }: GoldenCase): Tensor[] {
  return [output, ...op.inputs.map((name) => gradients[name])];
}

/**
 * How far two results may be apart: a rounding for each of the k terms of a sum,
 * at most as many as the largest tensor has elements, each of the size of the
 * largest term.
 */
function scale({ inputs, dout, dtype }: GoldenCase): number {
  const given = [...Object.values(inputs), dout].map(({ data }) => data);
  const k = Math.max(...given.map(({ length }) => length));
  const term = given.reduce((product, data) => product * largest(data), 1);
  return k * EPSILON[dtype] * term;
}

function largest(data: Data): number {
  let max = 1;
  for (const v of data) max = Math.max(max, Math.abs(v));
  return max;
}

/** Every function refuses arguments that are none, and says why. */
function checkRefusals(tally: Tally, op: Op): void {
  const small = op.goldens.cases.find(({ name, dtype }) =>
    name.startsWith("small") && dtype === "float32"
  )!;
  const wanted = wantedOf(op, small);
  const given = argumentsOf(op, small);
  for (const [i, f] of op.functions.entries()) {
    const args = given[i];
    const { shape, data } = wanted[i];
    const names = [...op.inputs, "dout"].slice(0, args.length);
    for (const [j, name] of names.entries()) {
      const x = args[j];
      const refuses = (
        what: string,
        kind: typeof TypeError | typeof RangeError,
        value: unknown,
      ) =>
        tally.check(`${f.name} refuses ${what} for ${name}`, () => {
          assertRefuses(kind, () => f(...args.with(j, value as Tensor)), name);
        });
      for (const value of [undefined, null, 7, "x", true]) {
        refuses(String(value), TypeError, value);
      }
      refuses("an object", TypeError, {});
      refuses("no data", TypeError, { shape: x.shape });
      refuses("an array as data", TypeError, { ...x, data: [...x.data] });
      refuses("integers", TypeError, {
        ...x,
        data: Int32Array.from(x.data),
      });
      refuses("too few numbers", TypeError, {
        ...x,
        data: new Float32Array(x.data.length + 1),
      });
      refuses("a negative dimension", RangeError, {
        ...x,
        shape: [...x.shape, -1],
      });
      refuses("half a dimension", RangeError, { ...x, shape: [0.5] });
      if (args.length > 1) {
        refuses("float64 among float32", TypeError, {
          ...x,
          data: Float64Array.from(x.data),
        });
      }
    }
    tally.check(`${f.name} refuses an out of another shape`, () => {
      const out = zeros([...shape, 1]);
      assertRefuses(TypeError, () => f(...args, out), "out");
    });
    tally.check(`${f.name} refuses an out in the memory of x`, () => {
      const buffer = new ArrayBuffer(
        4 * Math.max(args[0].data.length, data.length),
      );
      const x = new Float32Array(buffer, 0, args[0].data.length);
      const out = new Float32Array(buffer, 0, data.length);
      assertRefuses(
        TypeError,
        () => f(...args.with(0, { ...args[0], data: x }), { shape, data: out }),
        "share memory with x",
      );
    });
  }
}

function assertRefuses(
  kind: typeof TypeError | typeof RangeError,
  call: () => unknown,
  named = "",
): void {
  try {
    call();
  } catch (error) {
    const text = message(error);
    assert(error instanceof kind, `It is no ${kind.name}: ${text}`);
    assert(GRAMMAR.test(text), `The message is not clear: ${text}`);
    assert(text.includes(named), `The message does not say ${named}: ${text}`);
    return;
  }
  throw new Error("It is taken");
}

/** gradcheck passes the gradients, and sees where one is wrong. */
function checkGradients(tally: Tally, op: Op): void {
  const [forward, ...backward] = op.functions;
  const { inputs } = op.goldens.cases.find(({ name, dtype }) =>
    name.startsWith("primes") && dtype === "float64"
  )!;
  const given = op.inputs.map((name) => inputs[name]);
  tally.check(`gradcheck of ${op.name}`, () => {
    const report = gradcheck(forward, backward, given);
    assert(report.ok, report.message);
    assertGradcheck(forward, backward, given);
  });
  for (const [k, f] of backward.entries()) {
    tally.check(`gradcheck of half of ${f.name}`, () => {
      const half: TensorFunction = (...args) => {
        const { shape, data } = f(...args);
        return { shape, data: data.map((v) => v / 2) };
      };
      const wrong = backward.with(k, half);
      const report = gradcheck(forward, wrong, given);
      const { causes } = report.inputs[k];
      assert(!report.ok, "It passes");
      assert(
        causes.some((cause) => cause.includes("a factor 2 is missing")),
        `It does not say what is missing: ${causes}`,
      );
      try {
        assertGradcheck(forward, wrong, given);
      } catch (error) {
        if (error instanceof GradcheckError) return;
      }
      throw new Error("assertGradcheck throws no GradcheckError");
    });
  }
}

/**
 * The shapes of inputs and `dout`, a letter for each dimension, one line of them
 * for each rank: a case of primes has another prime for each.
 */
function shapesOf({ cases }: Goldens): Shape[][] {
  return cases
    .filter(({ name, dtype }) =>
      name.startsWith("primes") && dtype === "float64"
    )
    .map(({ inputs, dout }) =>
      [...Object.values(inputs), dout].map(({ shape }) => shape)
    );
}

/** As many elements as a tensor may have here, for the sake of time. */
const MOST = 50_000;

/**
 * Sides next to where a kernel takes over from another: 16³ multiply-adds, and
 * 192³ for threads. 37 is between, and no multiple of a tile.
 */
const SIDES = [15, 16, 37, 191, 193];

/** Tensors of which every dimension is about one of the sides. */
function* sized(
  op: string,
  goldens: Goldens,
  dtype: DType,
): Generator<Sized> {
  for (const shapes of shapesOf(goldens)) {
    const primes = [...new Set(shapes.flat())];
    for (const side of SIDES) {
      const rank = Math.max(...shapes.map(({ length }) => length));
      const fitting = Math.min(side, Math.floor(MOST ** (1 / (rank || 1))));
      const args = shapes.map((shape, i) =>
        rough(
          shape.map((prime) => fitting + primes.indexOf(prime) % 3),
          dtype,
          i + 1,
        )
      );
      yield {
        name: `${op}, ${dtype}, ${args.map((x) => x.shape.join("×"))}`,
        args,
      };
    }
  }
}

/** Numbers whose sums round, so that a sum in another order has other bits. */
function rough(shape: Shape, dtype: DType, seed: number): Tensor {
  let state = seed;
  const data = new ARRAYS[dtype](product(shape));
  for (let i = 0; i < data.length; i++) {
    state ^= state << 13; // Marsaglia's xorshift.
    state ^= state >> 17;
    state ^= state << 5;
    data[i] = state / 2 ** 31;
  }
  return { shape, data };
}

/** Large results by name, in float64 checked against differences. */
function results(tally: Tally, ops: Op[]): Map<string, Data> {
  const found = new Map<string, Data>();
  for (const op of ops) {
    const [forward, ...backward] = op.functions;
    for (const { name, args } of op.large.float64) {
      tally.check(`gradcheck of ${name}`, () => {
        const inputs = args.slice(0, -1);
        const report = gradcheck(forward, backward, inputs, {
          fast: true,
          directions: 1,
          dout: args.at(-1),
        });
        assert(report.ok, report.message);
      });
    }
  }
  for (const [name, compute] of large(ops)) {
    tally.check(name, () => {
      const data = compute();
      found.set(name, data);
      assert(data.every(Number.isFinite), "An element is not finite");
      assertSameBits(compute(), data);
    });
  }
  for (const op of ops) {
    for (const [c, { name, args }] of op.large.float32.entries()) {
      for (const [i, f] of op.functions.entries()) {
        tally.check(`${f.name}, ${name}, is near that of float64`, () => {
          const k = Math.max(...args.map(({ data }) => data.length));
          const wanted = f(...argsFor(i, op.large.float64[c].args));
          const actual = f(...argsFor(i, args));
          assertLike(actual.data, wanted.data, k * EPSILON.float32);
        });
      }
    }
  }
  return found;
}

function argsFor(i: number, args: readonly Tensor[]): readonly Tensor[] {
  return i === 0 ? args.slice(0, -1) : args;
}

/** Every function at every size and element type, not yet called. */
function* large(ops: Op[]): Generator<[name: string, compute: () => Data]> {
  for (const op of ops) {
    for (const dtype of ["float32", "float64"] as const) {
      for (const { name, args } of op.large[dtype]) {
        for (const [i, f] of op.functions.entries()) {
          yield [`${f.name}, ${name}`, () => f(...argsFor(i, args)).data];
        }
      }
    }
  }
}

/**
 * One long axis after the other, beyond every cache and chunk. Of small integers
 * every sum is exact, in float32 too.
 */
function checkLong(tally: Tally, op: Op): void {
  const [shapes] = shapesOf(op.goldens).slice(-1);
  const primes = [...new Set(shapes.flat())];
  for (const long of primes) {
    const sized = shapes.map((shape) =>
      shape.map((p) => p === long ? LONG : 1 + primes.indexOf(p))
    );
    const most = Math.max(...sized.map(product));
    if (most >= LONG ** 2) continue; // A matrix that is long both ways.
    const args = sized.map((shape, i) => integers(shape, i + 1));
    const doubles = args.map(lift);
    const relative = Math.sqrt(most) * EPSILON.float32;
    for (const [i, f] of op.functions.entries()) {
      const shape = sized.at(i - 1)!; // Of `dout`, and of the inputs.
      if (product(shape) >= LONG ** 2) continue;
      tally.check(`${f.name} of ${sized.map((s) => s.join("×"))}`, () => {
        const single = f(...argsFor(i, args));
        const double = f(...argsFor(i, doubles)).data;
        assertShape(single, shape);
        const at = single.data.findIndex((v, j) =>
          !(Math.abs(v - double[j]) <=
            relative * Math.max(1, Math.abs(double[j])))
        );
        assert(
          at < 0,
          `Element ${at} is ${single.data[at]}, in float64 ${double[at]}`,
        );
      });
    }
  }
}

const LONG = 400_000;

/** Integers from -2 to 2. */
function integers(shape: Shape, seed: number): Tensor {
  const { data } = rough(shape, "float32", seed);
  for (let i = 0; i < data.length; i++) data[i] = Math.round(2 * data[i]);
  return { shape, data };
}

function product(shape: Shape): number {
  return shape.reduce((a, b) => a * b, 1);
}

function lift({ shape, data }: Tensor): Tensor {
  return { shape, data: Float64Array.from(data) };
}

/** Several threads give the bits of one; where there are none, it is said why. */
async function checkThreads(
  tally: Tally,
  ops: Op[],
  before: ReadonlyMap<string, Data>,
): Promise<{ threads: number; notice: string }> {
  let threads = 1, notice = "";
  try {
    threads = await startThreads(2);
    tally.check("startThreads says how many there are", () => {
      assert(threads === 2, `It says ${threads}`);
    });
  } catch (error) {
    notice = message(error);
    tally.check("startThreads says why there are none", () => {
      assert(GRAMMAR.test(notice), `The message is not clear: ${notice}`);
    });
  }
  for (const [name, compute] of large(ops)) {
    tally.check(`${name}, with ${threads} threads`, () => {
      assertSameBits(compute(), before.get(name)!);
    });
  }
  stopThreads();
  for (const [name, compute] of large(ops)) {
    tally.check(`${name}, after stopThreads`, () => {
      assertSameBits(compute(), before.get(name)!);
    });
  }
  return { threads, notice };
}

/** Tells the kernel of large products by how it rounds. */
function kernel(): Outcome["kernel"] {
  // ab rounds to float32. A fused multiply-add does not round it, so that
  // -ab + round(ab) is not 0.
  const a = 1 + 2 ** -12;
  if (probe([a, -a], [a, a]) !== 0) return "SIMD, fused";
  // In float32, 1 + 2^-30 is 1.
  return probe([1, 2 ** -30, -1], [1, 1, 1]) === 0 ? "SIMD" : "blocked";
}

/** The inner product, as an element of a product of matrices. */
function probe(row: number[], col: number[]): number {
  const x = zeros([32, 32]), y = zeros([32, 32]);
  row.forEach((v, j) => x.data[j] = v);
  col.forEach((v, j) => y.data[32 * j] = v);
  return matmul(x, y).data[0];
}

function assertShape({ shape, data }: Tensor, wanted: Shape): void {
  assert(
    shape.length === wanted.length && shape.every((n, i) => n === wanted[i]),
    `The shape is [${shape}], not [${wanted}]`,
  );
  const size = product(wanted);
  assert(data.length === size, `There are ${data.length} elements`);
}

function assertSameBits(actual: Data, wanted: Data): void {
  assert(
    actual.constructor === wanted.constructor &&
      actual.length === wanted.length,
    `It is a ${actual.constructor.name} of ${actual.length}`,
  );
  const at = actual.findIndex((v, i) => !Object.is(v, wanted[i]));
  assert(at < 0, `Element ${at} is ${actual[at]}, not ${wanted[at]}`);
}

/** Near where finite, at most `apart`, or by 1e-5; where not, the same. */
function assertLike(actual: Data, wanted: Data, apart: number): void {
  const at = actual.findIndex((v, i) => {
    const w = wanted[i];
    if (!Number.isFinite(v) || !Number.isFinite(w)) return !Object.is(v, w);
    const bound = apart > 0 ? apart : 1e-5 * Math.max(1, Math.abs(w));
    return Math.abs(v - w) > bound;
  });
  assert(at < 0, `Element ${at} is ${actual[at]}, not ${wanted[at]}`);
}

/** The hash of Fowler, Noll and Vo, over the 32-bit words of all results. */
function fnv(results: Iterable<Data>): string {
  let hash = 0x811c9dc5;
  for (const { buffer, byteOffset, byteLength } of results) {
    for (const word of new Int32Array(buffer, byteOffset, byteLength / 4)) {
      hash = Math.imul(hash ^ word, 0x01000193);
    }
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}
