// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The vectors that every runtime must pass. Nothing here depends on one runtime,
 * and nothing names an operation, except the probe of the kernel: the operations
 * are the entry points that have a signature, and the calls are drawn from it.
 *
 * @module
 */

import {
  arena,
  type Float,
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
  gradcheck,
  type GradcheckReport,
  type TensorFunction,
} from "@adjoint/ops/gradcheck";
import type { Signature } from "../../../ops/core/op.ts";
import {
  functionsOnPage,
  type PageFunction,
} from "../../../ops/proof/positional.ts";
import {
  type AnyTensor,
  type Call,
  drawCall,
  drawShapes,
  hash,
  type Wanted,
} from "../../../ops/core/testing/draw.ts";

/** What a runtime made of the vectors. */
export interface Outcome {
  /** What multiplies large matrices, told by how it rounds. */
  kernel: "SIMD, fused" | "SIMD" | "blocked";
  /** The number of threads: 1 if more are not available. */
  threads: number;
  /** Why there were no more. */
  notice: string;
  passed: number;
  /** What does not hold, a line each. */
  failures: string[];
  /**
   * Stands for every bit of the large results of operations that have a kernel.
   * The others may use a function such as exp, which engines round as they like.
   */
  digest: string;
}

/** The exports of the entry points, by the names that `deno.json` has. */
export type Entries = Record<string, Record<string, unknown>>;

type Data = AnyTensor["data"];
type Results = Record<string, AnyTensor>;

/** A tensor of any shape and element type. */
interface Value {
  shape: Shape;
  data: Data;
}

/** An operation: its signature, and its functions by their names. */
interface Op {
  signature: Signature;
  functions: Record<string, PageFunction>;
  /** Whether they take lists, which their page and the calls drawn have not. */
  takesLists: boolean;
}

const { process } = globalThis as {
  process?: { getBuiltinModule?(name: string): unknown };
};

/** The form of a message: what cannot be done, what must hold, what is. */
const GRAMMAR = /^Cannot .+ as .+: .*[^.]$/s;

/** Runs all vectors. */
export async function main(entries: Entries): Promise<Outcome> {
  const tally = new Tally();
  // Deno itself adds a global as it loads this module of Node's.
  process?.getBuiltinModule?.("node:worker_threads");
  const untouched = builtIns();
  const ops = Object.entries(entries)
    .filter(([entry, exports]) => entry !== "." && "signature" in exports)
    .map(([, exports]) => operation(exports));
  checkEntries(tally, entries);
  checkConstructors(tally);
  for (const op of ops) {
    for (let seed = 0; seed < 6; seed++) checkCall(tally, op, seed);
    if (!op.takesLists) checkRefusals(tally, op);
    checkGradients(tally, op);
  }
  const large = [...largeCalls(ops)];
  const before = new Map<string, Data[]>();
  const free = new Set<string>();
  for (const { name, run } of large) {
    tally.check(name, () => {
      const [data, isFree] = watchingMath(run);
      before.set(name, data);
      if (isFree) free.add(name);
    });
  }
  const { threads, notice } = await checkThreads(tally, large, before);
  tally.check("no call changes a global variable or a prototype", () => {
    const changed = [...builtIns()]
      .filter(([name, value]) =>
        !untouched.has(name) || untouched.get(name) !== value
      )
      .map(([name]) => name);
    assert(changed.length === 0, `${changed} is new`);
  });
  const digest = fnv(
    large.filter(({ op, name }) =>
      op.signature.spec.kernels !== undefined && !free.has(name) &&
      !hasPowers(op.signature)
    ).flatMap(({ name }) => before.get(name) ?? []),
  );
  const { passed, failures } = tally;
  return { kernel: kernel(), threads, notice, passed, failures, digest };
}

/** The functions that engines round as they like. */
const FREE = [
  ..."acos acosh asin asinh atan atan2 atanh cbrt cos cosh exp expm1".split(
    " ",
  ),
  ..."hypot log log10 log1p log2 pow sin sinh tan tanh".split(" "),
];

/** Whether a loop has powers: engines round those of the operator as they like, too,
 * and nobody can watch it. */
function hasPowers({ spec: { forward, backward } }: Signature): boolean {
  return [forward, backward].some((loop) => `${loop}`.includes("**"));
}

/** A result, and whether such a function had a part in it. */
function watchingMath<T>(run: () => T): [T, boolean] {
  let isFree = false;
  const own = Object.getOwnPropertyDescriptors(Math);
  const math = Math as unknown as Record<string, (...args: number[]) => number>;
  for (const name of FREE) {
    const f = math[name];
    math[name] = (...args) => {
      isFree = true;
      return f(...args);
    };
  }
  try {
    return [run(), isFree];
  } finally {
    Object.defineProperties(Math, own);
  }
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

/** The functions of an operation, by what its signature says. */
function operation(exports: Record<string, unknown>): Op {
  const signature = exports.signature as Signature;
  const functions = functionsOnPage(exports) as Op["functions"];
  return { signature, functions, takesLists: "asOnPage" in exports };
}

/** Draws a call, the same one everywhere. */
function draw({ signature }: Op, seed: number, wanted: Wanted = {}): Call {
  let count = 0;
  return drawCall(signature, (bound) => hash(seed, 0, count++) % bound, {
    nulls: false,
    ...wanted,
  });
}

/** The arguments of a call, without the options. */
function argsOf({ inputs, douts }: Call, isForward: boolean): unknown[] {
  const given = Object.values(inputs);
  if (isForward) return given;
  const all = Object.values(douts);
  return [...given, all.length === 1 ? all[0] : douts];
}

/** Calls a function; the results by the names of outputs and inputs. */
function call(op: Op, name: string, of: Call, options: object = {}): Results {
  const { signature, functions } = op;
  const isForward = name === signature.name;
  const result = functions[name](
    ...argsOf(of, isForward),
    { ...of.shapes.options, ...options },
  );
  const outputs = Object.keys(signature.spec.outputs);
  if (isForward && outputs.length === 1) {
    return { [outputs[0]]: result } as Results;
  }
  if (isForward || name === `${signature.name}D`) return result as Results;
  return { [name.slice(signature.name.length + 1)]: result } as Results;
}

/** The entry points that are not part of the main one. */
const APART = /^\.\/(gradcheck|op|optimisers|reverse|show|signature)$/;

/** The exports are whole, and one module each, wherever they are imported. */
function checkEntries(tally: Tally, entries: Entries): void {
  // Those of `recorded` have the names of others.
  const { ".": all, "./recorded": _, ...others } = entries;
  for (const [entry, exports] of Object.entries(others)) {
    tally.check(`the exports of ${entry}`, () => {
      for (const [name, value] of Object.entries(exports)) {
        const same = all[name] === value ||
          name === "signature" || name === "asOnPage" ||
          !(name in all) && APART.test(entry);
        assert(same, `${name} is another one in the main entry point`);
      }
    });
  }
}

function checkConstructors(tally: Tally): void {
  const equal = (
    name: string,
    actual: Tensor<Shape, Float>,
    shape: Shape,
    data: Data,
  ) =>
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

/** A call of all functions: with and without `out`, together and apart. */
function checkCall(tally: Tally, op: Op, seed: number): void {
  const of = draw(op, seed, { sizes: [2, 3, 1, 0, 5], rank: 2 });
  const { dtype, inputs, shapes } = of;
  const sizes = Object.values(shapes.inputs).map((s) => `[${s}]`).join(", ");
  const copies = Object.values(inputs).map((x) => x?.data.slice());
  const all = new Map<string, Results>();
  for (const name of Object.keys(op.functions)) {
    const isForward = name === op.signature.name;
    tally.check(`${name} of ${sizes}, ${dtype}`, () => {
      const results = call(op, name, of);
      all.set(name, results);
      for (const [key, { shape, data }] of Object.entries(results)) {
        const wanted = (isForward ? shapes.outputs : shapes.inputs)[key];
        assertShape({ shape, data }, wanted);
        const kind = data.constructor.name.toLowerCase();
        const wantedKind = op.signature.spec.indices ? "int32" : dtype;
        assert(kind === `${wantedKind}array`, `${key} is a ${kind}`);
      }
      Object.values(inputs).forEach((x, i) =>
        x !== null && assertSameBits(x.data, copies[i]!)
      );
    });
    tally.check(`${name} of ${sizes}, ${dtype}, in an arena`, () => {
      const found = arena(() => call(op, name, of), { checked: seed % 2 > 0 });
      for (const [key, { shape, data }] of Object.entries(all.get(name)!)) {
        assertShape(found[key], shape);
        assertSameBits(found[key].data, data);
      }
    });
    if (op.takesLists) continue; // They have no out.
    tally.check(`${name} of ${sizes}, ${dtype}, with out`, () => {
      const results = all.get(name)!;
      const outs = Object.fromEntries(
        Object.entries(results).map(([key, { shape, data }]) => [
          key,
          { shape, data: data.slice().fill(7) },
        ]),
      );
      const isRecord = name === `${op.signature.name}D` ||
        isForward && Object.keys(results).length > 1;
      const out = isRecord ? outs : Object.values(outs)[0];
      for (const [key, y] of Object.entries(call(op, name, of, { out }))) {
        assert(y.data === outs[key].data, `${key} is not in out`);
        assertSameBits(y.data, results[key].data);
      }
    });
  }
  for (const input of op.signature.differentiable) {
    const { name } = op.signature;
    tally.check(`${name}D${input} is a part of ${name}D`, () => {
      const one = all.get(`${name}D${input}`)![input];
      assertSameBits(one.data, all.get(`${name}D`)![input].data);
    });
  }
}

/** Every function rejects invalid arguments, and says why. */
function checkRefusals(tally: Tally, op: Op): void {
  const of = draw(op, 1, { sizes: [2, 3], rank: 2, dtypes: ["float32"] });
  const names = [...Object.keys(of.inputs), "dout"];
  for (const [name, f] of Object.entries(op.functions)) {
    const args = argsOf(of, name === op.signature.name);
    for (const [i, arg] of args.entries()) {
      const refuses = (
        what: string,
        kind: typeof TypeError | typeof RangeError,
        value: unknown,
      ) =>
        tally.check(`${name} refuses ${what} for ${names[i]}`, () => {
          assertRefuses(
            kind,
            () => f(...args.with(i, value), of.shapes.options),
            names[i],
          );
        });
      const declared = op.signature.spec.inputs[names[i]];
      const isOption = typeof declared === "object" && declared.option;
      for (const value of [undefined, 7, "x", {}]) {
        if (value === undefined && isOption) continue; // It may be left out.
        refuses(String(value), TypeError, value);
      }
      const { shape, data } = arg as AnyTensor;
      if (data === undefined) continue; // Several outputs have a record.
      refuses("no numbers", TypeError, { shape, data: [...data] });
      const more = new Float32Array(data.length + 1);
      refuses("too many numbers", TypeError, { shape, data: more });
      refuses("a negative dimension", RangeError, {
        shape: [...shape, -1],
        data,
      });
    }
    tally.check(`${name} refuses an option that there is not`, () => {
      const options = { ...of.shapes.options, nope: 1 };
      assertRefuses(TypeError, () => f(...args, options), "nope");
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
  if (op.signature.differentiable.length === 0) return;
  const wanted: Wanted = {
    sizes: [3, 2],
    rank: 2,
    dtypes: ["float64"],
    contents: ["reals"],
  };
  // Half of 0 is 0, so there must be a gradient.
  let seed = 0, of = draw(op, seed, wanted);
  const isZero = () =>
    Object.values(
      call(
        op,
        `${op.signature.name}D${op.signature.differentiable[0]}`,
        of,
      )[op.signature.differentiable[0]].data,
    )
      .every((v) => v === 0);
  while (isZero()) of = draw(op, ++seed, wanted);
  // What has no gradient is kept as it is.
  const given = op.signature.differentiable.map((name) =>
    of.inputs[name] as Tensor
  );
  const withGiven = (inputs: readonly unknown[]): Call => ({
    ...of,
    inputs: {
      ...of.inputs,
      ...Object.fromEntries(
        op.signature.differentiable.map((name, i) => [name, inputs[i]]),
      ),
    } as Call["inputs"],
  });
  const { name, spec } = op.signature;
  if (Object.keys(spec.outputs).length > 1) return;
  const forward: TensorFunction = (...inputs) =>
    Object.values(call(op, name, withGiven(inputs)))[0] as Tensor;
  const backward = op.signature.differentiable.map(
    (input): TensorFunction => (...args) => {
      const at = { ...withGiven(args), douts: { y: args.at(-1) } };
      return call(op, `${name}D${input}`, at as Call)[input] as Tensor;
    },
  );
  const check = (backward: TensorFunction[]): GradcheckReport =>
    gradcheck(forward, backward, given);
  tally.check(`gradcheck of ${name}`, () => {
    const report = check(backward);
    assert(report.ok, report.message);
  });
  tally.check(
    `gradcheck of half of ${name}D${op.signature.differentiable[0]}`,
    () => {
      const half: TensorFunction = (...args) => {
        const { shape, data } = backward[0](...args);
        return { shape, data: data.map((v) => v / 2) };
      };
      assert(!check(backward.with(0, half)).ok, "It passes");
    },
  );
}

/** A call of one function at a large size. */
interface Large {
  op: Op;
  name: string;
  run(): Data[];
}

/**
 * Sides next to where a kernel takes over from another: 16³ multiply-adds, and
 * 192³ for threads. 37 is between, and no multiple of a tile.
 */
const SIDES = [193, 37, 16, 15, 191];

/** The most elements of a tensor, to limit the time. */
const MOST = 50_000;

/** Draws a call with as many steps as its tensors have room for. */
function drawLarge(op: Op, seed: number, wanted: Wanted): Call {
  for (let steps = 8_000_000;; steps /= 2) {
    // The same choices as those of the call, whose numbers take time.
    let count = 2;
    const { inputs, outputs } = drawShapes(
      op.signature,
      (bound) => hash(seed, 0, count++) % bound,
      { ...wanted, steps },
    );
    const sizes = [...Object.values(inputs), ...Object.values(outputs)]
      .map((shape) => shape.reduce((a, b) => a * b, 1));
    if (Math.max(...sizes) <= MOST) return draw(op, seed, { ...wanted, steps });
  }
}

function isScalar({ shapes: { inputs } }: Call): boolean {
  return Object.values(inputs).every((shape) => shape.length === 0);
}

function* largeCalls(ops: readonly Op[]): Generator<Large> {
  for (const op of ops) {
    const { name: own, spec } = op.signature;
    for (const [seed, side] of SIDES.entries()) {
      if (spec.kernels === undefined && seed > 1) break;
      for (const dtype of ["float32", "float64"] as const) {
        const drawn = (again: number) =>
          drawLarge(op, 100 + seed + SIDES.length * again, {
            sizes: [side, side + 1, side - 1],
            rank: 2,
            dtypes: [dtype],
            contents: ["reals"],
          });
        // A tensor of any rank may be a scalar, which is not large.
        let of = drawn(0);
        for (let again = 1; again < 10 && isScalar(of); again++) {
          of = drawn(again);
        }
        const shapes = Object.values(of.shapes.inputs)
          .map((shape) => `[${shape}]`).join(", ");
        for (const name of Object.keys(op.functions)) {
          if (name !== own && name !== `${own}D`) continue;
          yield {
            op,
            name: `${name} of ${shapes}, ${dtype}, ${seed}`,
            run: () =>
              Object.values(call(op, name, of)).map(({ data }) => data),
          };
        }
      }
    }
  }
}

/** Several threads give the bits of one; where there are none, it is said why. */
async function checkThreads(
  tally: Tally,
  large: readonly Large[],
  before: ReadonlyMap<string, Data[]>,
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
  const again = (what: string, within = (run: () => Data[]) => run()) => {
    for (const { op, name, run } of large) {
      if (op.signature.spec.kernels === undefined) continue;
      tally.check(`${name}, ${what}`, () => {
        within(run).forEach((data, i) =>
          assertSameBits(data, before.get(name)![i])
        );
      });
    }
  };
  again(`with ${threads} threads`);
  again(`with ${threads} threads, in an arena`, arena);
  stopThreads();
  again("after stopThreads");
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

function assertShape({ shape, data }: Value, wanted: Shape): void {
  assert(
    shape.length === wanted.length && shape.every((n, i) => n === wanted[i]),
    `The shape is [${shape}], not [${wanted}]`,
  );
  const size = wanted.reduce((a, b) => a * b, 1);
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

/** The hash of Fowler, Noll and Vo, over the 32-bit words of all results. */
function fnv(results: readonly Data[]): string {
  let hash = 0x811c9dc5;
  for (const { buffer, byteOffset, byteLength } of results) {
    for (const word of new Int32Array(buffer, byteOffset, byteLength / 4)) {
      hash = Math.imul(hash ^ word, 0x01000193);
    }
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}
