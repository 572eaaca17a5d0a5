// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Arguments as only JavaScript can make them, each as the code that makes it and
 * as what it amounts to: what someone sees who reads every property once. A call
 * of such arguments must end as the call of plain ones that they amount to.
 *
 * @module
 */

import { ARRAYS } from "../arrays.ts";
import type { Choose } from "./draw.ts";
import type { DType } from "../types.ts";

/** What a data property amounts to; `gone` says that it has no memory. */
export interface DataModel {
  dtype: DType;
  length: number;
  gone?: boolean;
}

/** What an argument amounts to. */
export interface Model {
  /** Undefined where nobody can read it, or it is no list. */
  shape?: readonly unknown[];
  /** Undefined where nobody can read it, or it is no array of numbers. */
  data?: DataModel;
  /** The argument whose memory it shares. */
  shares?: string;
  /** The argument whose memory is lost when this one is read. */
  destroys?: string;
  /** Whether reading it throws. */
  throws?: boolean;
  /** Whether it is null, where it may be. */
  isNull?: boolean;
}

/** An expression, and what its value amounts to. */
export interface Spec {
  code: string;
  model: Model;
}

/** What a right argument would be. */
export interface Wanted {
  shape: number[];
  dtype: DType;
  /** What all its elements are. */
  value: number;
  /** Arguments that are made before this one, of plain tensors that hold numbers. */
  before: { name: string; dtype: DType; size: number; value: number }[];
}

/** Functions that the code uses; a program that is printed begins with them. */
export const HELPERS = {
  full: (kind: Float32ArrayConstructor, n: number, value: number) =>
    new kind(n).fill(value),
  detach: (data: Float32Array<ArrayBuffer>) => {
    structuredClone(data.buffer, { transfer: [data.buffer] });
    return data;
  },
  inTurn: (...values: unknown[]) => {
    let reads = 0;
    return () => values[Math.min(reads++, values.length - 1)];
  },
  raise: (value: unknown) => {
    throw value;
  },
  revoked: (value: object) => {
    const { proxy, revoke } = Proxy.revocable(value, {});
    revoke();
    return proxy;
  },
};

/** Values that are no tensor, no shape, no data, no options and no number. */
export const JUNK: readonly string[] = [
  "null",
  "true",
  '"2×3"',
  '"\\u{1F984}".repeat(1e4)',
  'Symbol("s")',
  "10n",
  "2n ** 4096n",
  "() => [1]",
  "class {}",
  "async () => {}",
  "new Date(NaN)",
  "new Map([[0, 1]])",
  "new Proxy(() => {}, {})",
  "Promise.resolve([1])",
  "/x/",
];

/** Objects that hold nothing that is looked for. */
const HOLLOW: readonly string[] = [
  "[]",
  "{}",
  "[[1, 2], [3, 4]]",
  "Object.create(null)",
  "new Proxy({}, {})",
  "revoked({})",
  "new Proxy({}, { get() { throw null; } })",
  "new Float32Array(2)",
  "{ shape: null, data: null }",
  "{ get shape() { return raise(undefined); } }",
  "{ get [Symbol.toStringTag]() { return raise(1); } }",
  "{ [Symbol.toPrimitive]() { return raise(1); } }",
];

/** What is no dimension, and what is one in disguise. */
const DIMENSIONS: readonly (readonly [string, unknown])[] = [
  ["-1", -1],
  ["1.5", 1.5],
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
  ["2 ** 53", 2 ** 53],
  ["2 ** 52", 2 ** 52],
  ["2 ** 32", 2 ** 32],
  ["2 ** 31", 2 ** 31],
  ["-(2 ** 31)", -(2 ** 31)],
  ["1e308", 1e308],
  ["Number.MIN_VALUE", Number.MIN_VALUE],
  ["-0", -0],
  ["0", 0],
  ["1", 1],
  ["2", 2],
  ['"2"', "2"],
  ['""', ""],
  ["null", null],
  ["undefined", undefined],
  ["false", false],
  ["2n", 2n],
  ['Symbol("2")', null],
  ["[2]", null],
  ["{ valueOf: () => 2 }", null],
  ["{ valueOf: () => raise(2) }", null],
  ["new Number(2)", null],
  ["revoked([])", null],
];

const list = (items: readonly unknown[]) => `[${items.join(", ")}]`;
const pick = <T>(items: readonly T[], choose: Choose) =>
  items[choose(items.length)];

/** The code and the list that a shape amounts to; undefined where it is none. */
export interface ShapeSpec {
  code: string;
  shape?: readonly unknown[];
  throws?: boolean;
}

/** Shapes that are wrong, or right but strange. */
export function strangeShape(
  good: readonly number[],
  choose: Choose,
): ShapeSpec {
  const axis = good.length > 0 ? choose(good.length) : 0;
  const right = list(good);
  const at = (code: string, n: unknown): ShapeSpec => {
    if (good.length === 0) return { code: list([code]), shape: [n] };
    const codes = good.map((g, i) => i === axis ? code : String(g));
    return { code: list(codes), shape: good.with(axis, n as number) };
  };
  const property = (key: string) =>
    `Object.defineProperty(${right}, ${axis}, { get: ${key} })`;
  const one = (spec: () => ShapeSpec): ShapeSpec =>
    good.length === 0 ? { code: right, shape: good } : spec();
  const makers: (() => ShapeSpec)[] = [
    () => at(...pick(DIMENSIONS, choose)),
    () => at(...pick(DIMENSIONS, choose)),
    () => at(String((good[axis] ?? 0) + 1), (good[axis] ?? 0) + 1),
    () => ({ code: pick(JUNK, choose) }),
    () => ({ code: "undefined" }),
    () => ({ code: list([...good, 1]), shape: [...good, 1] }),
    () => ({ code: list(good.slice(1)), shape: good.slice(1) }),
    () => ({ code: list(good.toReversed()), shape: good.toReversed() }),
    () => ({ code: `Array(65).fill(1)`, shape: Array(65).fill(1) }),
    () => ({ code: `Array(2 ** 32 - 1)`, shape: Array(65) }),
    () => ({ code: `Array(${good.length + 1})`, shape: [undefined] }),
    () => ({ code: `[, ${good.join(", ")}]`, shape: [undefined, ...good] }),
    () => ({
      code: `[2 ** 30, 2 ** 30, 2 ** 30]`,
      shape: Array(3).fill(2 ** 30),
    }),
    () => ({ code: `[2 ** 52, 0, 2 ** 52]`, shape: [2 ** 52, 0, 2 ** 52] }),
    () => ({ code: `({ ...${right}, length: ${good.length} })` }),
    () => ({ code: `new Int32Array(${right})` }),
    () => ({ code: `new Set(${right})` }),
    () => ({ code: `(function () { return arguments; })(...${right})` }),
    () => ({
      code: `Object.create(Array.prototype, { length: { value: 2 } })`,
    }),
    () => ({ code: `revoked(${right})`, throws: true }),
    () => ({
      code: `new Proxy(${right}, { get: () => raise(1) })`,
      throws: true,
    }),
    () => ({ code: `new Proxy(${right}, { get: () => 2 ** 40 })` }),
    () => ({ code: `new Proxy(${right}, { get: () => Symbol() })` }),
    () => ({ code: `new Proxy(${right}, { get: () => -1 })` }),
    () => one(() => ({ code: property("() => raise(1)"), throws: true })),
    // What follows is right.
    () => ({ code: right, shape: good }),
    () => ({ code: `Object.freeze(${right})`, shape: good }),
    () => ({ code: `new Proxy(${right}, {})`, shape: good }),
    () => ({ code: `class extends Array {}.from(${right})`, shape: good }),
    () => ({ code: `Object.setPrototypeOf(${right}, null)`, shape: good }),
    () => ({
      code:
        `Object.assign(${right}, { join: 1, map: 1, some: 1, includes: 1, slice: 1, [Symbol.iterator]: () => raise(1) })`,
      shape: good,
    }),
    () =>
      one(() => ({
        code: property(`inTurn(${good[axis]}, -1, 7)`),
        shape: good,
      })),
    () =>
      one(() => ({
        code: property(`inTurn(-1, ${good[axis]})`),
        shape: good.with(axis, -1),
      })),
  ];
  return pick(makers, choose)();
}

/** The code and the array that data amounts to; undefined where it is none. */
export interface DataSpec {
  code: string;
  data?: DataModel;
}

/** Data that is wrong, or right but strange. */
export function strangeData(
  { dtype, value }: Pick<Wanted, "dtype" | "value">,
  length: number,
  choose: Choose,
): DataSpec {
  const { name, BYTES_PER_ELEMENT: width } = ARRAYS[dtype];
  const others = Object.keys(ARRAYS) as DType[];
  const other = pick(others.filter((t) => t !== dtype), choose);
  const right = `full(${name}, ${length}, ${value})`;
  const data: DataModel = { dtype, length };
  const gone: DataModel = { dtype, length: 0, gone: true };
  const bytes = width * length;
  const kinds = [
    "Uint8ClampedArray",
    "BigInt64Array",
    "ArrayBuffer",
    "SharedArrayBuffer",
    "Array",
  ];
  const own = (properties: string) =>
    `Object.defineProperties(${right}, { ${properties} })`;
  const lies = [
    "length: { value: 1000 }",
    "length: { get: () => raise(1) }",
    "byteLength: { value: 1 }, byteOffset: { value: 4096 }",
    "buffer: { value: new ArrayBuffer(0) }",
    "BYTES_PER_ELEMENT: { value: 3 }",
    "set: { value: () => raise(1) }, fill: { value: () => raise(1) }",
    "subarray: { value: () => raise(1) }, slice: { value: () => [] }",
    "constructor: { value: { [Symbol.species]: Array } }",
    "[Symbol.toStringTag]: { value: 'Float16Array' }",
    "[Symbol.iterator]: { value: () => raise(1) }",
    "findIndex: { value: () => raise(1) }, map: { value: () => 3 }",
  ];
  const makers: (() => DataSpec)[] = [
    () => ({ code: pick(JUNK, choose) }),
    () => ({ code: HOLLOW[choose(HOLLOW.length - 5)] }),
    () => ({ code: "undefined" }),
    () => ({ code: `new ${pick(kinds, choose)}(${length})` }),
    () => ({ code: `new DataView(new ArrayBuffer(${bytes}))` }),
    () => ({
      code: `full(${name}, ${length + 1}, ${value})`,
      data: { dtype, length: length + 1 },
    }),
    () => ({
      code: `full(${name}, ${Math.max(length - 1, 0)}, ${value})`,
      data: { dtype, length: Math.max(length - 1, 0) },
    }),
    () => ({
      code: `full(${ARRAYS[other].name}, ${length}, ${value})`,
      data: { dtype: other, length },
    }),
    () => ({ code: `detach(${right})`, data: gone }),
    () => ({ code: `new Proxy(${right}, {})` }),
    () => ({ code: `new Proxy(${right}, { get: () => raise(1) })` }),
    () => ({ code: `revoked(${right})` }),
    () => ({ code: `Object.create(${right})` }),
    () => ({ code: `Object.create(${name}.prototype)` }),
    () => ({ code: `Object.setPrototypeOf([1, 1], ${name}.prototype)` }),
    () => ({ code: `({ __proto__: ${name}.prototype, length: ${length} })` }),
    () => ({ code: `Array(${length}).fill(${value})` }),
    () => ({
      code: `((b) => [new ${name}(b, 0, ${
        length + 1
      }), b.resize(${bytes})][0])(new ArrayBuffer(${
        bytes + width
      }, { maxByteLength: ${2 * bytes + width} }))`,
      data: gone,
    }),
    () => ({
      code: `((b) => [new ${name}(b), b.resize(${
        bytes + width
      })][0].fill(${value}))(new ArrayBuffer(${bytes}, { maxByteLength: ${
        2 * bytes + width
      } }))`,
      data: { dtype, length: length + 1 },
    }),
    () => ({
      code: `((b) => [new ${name}(b), b.grow(${
        bytes + width
      })][0].fill(${value}))(new SharedArrayBuffer(${bytes}, { maxByteLength: ${
        2 * bytes + width
      } }))`,
      data: { dtype, length: length + 1 },
    }),
    // What follows is right.
    () => ({ code: right, data }),
    () => ({ code: own(pick(lies, choose)), data }),
    () => ({ code: own(pick(lies, choose)), data }),
    () => ({ code: `Object.setPrototypeOf(${right}, null)`, data }),
    () => ({
      code: `Object.setPrototypeOf(${right}, ${ARRAYS[other].name}.prototype)`,
      data,
    }),
    () => ({
      code:
        `new class extends ${name} { get length() { return 99; } set() { raise(1); } static get [Symbol.species]() { return raise(1); } }(${length}).fill(${value})`,
      data,
    }),
    () => ({
      code: `new foreign.${name}(${length}).fill(${value})`,
      data,
    }),
    () => ({
      code: `new ${name}(new ArrayBuffer(${bytes}, { maxByteLength: ${
        2 * bytes
      } })).fill(${value})`,
      data,
    }),
    () => ({
      code: `new ${name}(new SharedArrayBuffer(${bytes}, { maxByteLength: ${
        2 * bytes
      } })).fill(${value})`,
      data,
    }),
    () => ({
      code: `full(${name}, ${length + 3}, ${value}).subarray(2, ${length + 2})`,
      data,
    }),
  ];
  return pick(makers, choose)();
}

/** The product of dimensions; 0 where one is, be others ever so large. */
export function sizeOf(shape: readonly unknown[]): number {
  if (shape.some((n) => n === 0)) return 0;
  return shape.reduce<number>((a, b) => a * (b as number), 1);
}

/** A right tensor. */
export function plain({ shape, dtype, value }: Omit<Wanted, "before">): Spec {
  const length = sizeOf(shape);
  return {
    code: `{ shape: ${list(shape)}, data: full(${
      ARRAYS[dtype].name
    }, ${length}, ${value}) }`,
    model: { shape, data: { dtype, length } },
  };
}

/** Tensors that are wrong, or right but strange. */
export function strangeTensor(wanted: Wanted, choose: Choose): Spec {
  const { shape, dtype, value, before } = wanted;
  const length = sizeOf(shape);
  const good = plain(wanted);
  const right = `(${good.code})`;
  const earlier = before.length > 0 ? pick(before, choose).name : undefined;
  const s = list(shape);
  const d = `full(${ARRAYS[dtype].name}, ${length}, ${value})`;
  const { model } = good;
  const thrown = ["new Error('boom')", "null", "undefined", "Symbol('s')"];
  const boom = `raise(${pick(thrown, choose)})`;
  const none: Model = {};
  const throwing: Model = { throws: true };
  const makers: (() => Spec)[] = [
    () => {
      const { code, ...rest } = strangeShape(shape, choose);
      return {
        code: `{ shape: ${code}, data: ${d} }`,
        model: { ...model, shape: undefined, ...rest },
      };
    },
    () => {
      const { code, data } = strangeData(wanted, length, choose);
      return { code: `{ shape: ${s}, data: ${code} }`, model: { shape, data } };
    },
    () => {
      const strange = strangeShape(shape, choose);
      const { code, data } = strangeData(wanted, length, choose);
      return {
        code: `{ shape: ${strange.code}, data: ${code} }`,
        model: { shape: strange.shape, data, throws: strange.throws },
      };
    },
    () => ({ code: pick(JUNK.slice(1), choose), model: none }),
    () => ({ code: pick(HOLLOW, choose), model: none }),
    () => ({ code: `{ shape: ${s} }`, model: none }),
    () => ({ code: `{ data: ${d} }`, model: none }),
    () => ({
      code: `{ get shape() { return ${boom}; }, data: ${d} }`,
      model: throwing,
    }),
    () => ({
      code: `{ shape: ${s}, get data() { return ${boom}; } }`,
      model: throwing,
    }),
    () => ({
      code: `new Proxy(${right}, { get: () => ${boom} })`,
      model: throwing,
    }),
    () => ({ code: `revoked(${right})`, model: throwing }),
    () => ({
      code:
        `Object.defineProperty(${right}, "shape", { get: inTurn([2 ** 20, 2 ** 20], ${s}) })`,
      model: { ...model, shape: [2 ** 20, 2 ** 20] },
    }),
    () => ({
      code:
        `Object.defineProperty(${right}, "data", { get: inTurn(null, ${d}) })`,
      model: none,
    }),
    // What follows is right, unless something is lost or shared.
    () => ({
      code:
        `Object.defineProperty(${right}, "shape", { get: inTurn(${s}, [2 ** 20, 2 ** 20]) })`,
      model,
    }),
    () => ({
      code:
        `Object.defineProperty(${right}, "data", { get: inTurn(${d}, null) })`,
      model,
    }),
    () => good,
    () => ({ code: `Object.freeze(${right})`, model }),
    () => ({ code: `new Proxy(${right}, {})`, model }),
    () => ({ code: `Object.assign(Object.create(null), ${right})`, model }),
    () => ({ code: `Object.create(${right})`, model }),
    () => ({ code: `Object.assign([], ${right})`, model }),
    () => ({
      code:
        `new class { shape = ${s}; get data() { return this.d ??= ${d}; } }()`,
      model,
    }),
    () =>
      earlier === undefined ? good : {
        code:
          `{ get shape() { detach(${earlier}.data); return ${s}; }, data: ${d} }`,
        model: { ...model, destroys: earlier },
      },
    () =>
      earlier === undefined ? good : {
        code:
          `{ shape: ${s}, get data() { detach(${earlier}.data); return ${d}; } }`,
        model: { ...model, destroys: earlier },
      },
  ];
  return pick(makers, choose)();
}

/** Results that share memory with an argument that is a plain tensor. */
export function sharing(
  wanted: Wanted,
  { name: input, dtype: other, size, value }: Wanted["before"][number],
  choose: Choose,
): Spec {
  const { shape, dtype } = wanted;
  const length = sizeOf(shape);
  const { name, BYTES_PER_ELEMENT: width } = ARRAYS[dtype];
  const { name: kind, BYTES_PER_ELEMENT: bytes } = ARRAYS[other];
  const s = list(shape);
  const model = { shape, data: { dtype, length } };
  // The input begins within the last number of out.
  const start = width * length - Math.max(width, bytes);
  const makers: (() => Spec)[] = [
    () =>
      start < 0 ? plain(wanted) : {
        code:
          `((memory) => { ${input}.data = new ${kind}(memory, ${start}, ${size}); const data = new ${name}(memory, 0, ${length}).fill(${wanted.value}); ${input}.data.fill(${value}); return { shape: ${s}, data }; })(new ArrayBuffer(${
            8 * (length + size + 1)
          }))`,
        model: { ...model, shares: input },
      },
    () => ({
      code:
        `((memory) => { ${input}.data = new ${kind}(memory, 0, ${size}).fill(${value}); return { shape: ${s}, data: new ${name}(structuredClone(memory), 0, ${length}) }; })(new SharedArrayBuffer(${
          8 * (length + size + 1)
        }))`,
      model: { ...model, shares: input },
    }),
    // Another memory of equal bytes, which is right.
    () => ({
      code:
        `((memory) => { ${input}.data = new ${kind}(memory()).fill(${value}); ${input}.data = ${input}.data.subarray(0, ${size}); return { shape: ${s}, data: new ${name}(memory()).fill(${wanted.value}).subarray(0, ${length}) }; })(() => new SharedArrayBuffer(${
          8 * (length + size)
        }))`,
      model,
    }),
  ];
  return pick(makers, choose)();
}

/** Options of a call: the code, and whether they are refused. */
export interface OptionsSpec {
  code: string;
  /** The keys whose values the call has; undefined where it is refused. */
  isRight: boolean;
}

/** Options that are wrong, or right but strange, given the code of right values. */
export function strangeOptions(
  values: Readonly<Record<string, string>>,
  choose: Choose,
): OptionsSpec {
  const entries = Object.entries(values);
  const literal = `{ ${entries.map(([k, v]) => `${k}: ${v}`).join(", ")} }`;
  const right = `(${literal})`;
  const [key, value] = entries.length > 0
    ? pick(entries, choose)
    : ["out", "undefined"];
  const property = (get: string) =>
    `Object.defineProperty(${right}, "${key}", { get: ${get}, enumerable: true })`;
  const wrong: (() => string)[] = [
    () =>
      pick(
        JUNK.filter((code) => !/^new (Date|Map)|^Promise|^\/x/.test(code)),
        choose,
      ),
    () => `revoked(${right})`,
    () => "[]",
    () => `[${literal}]`,
    () => "new Float32Array(2)",
    () => "{ shape: [1], data: full(Float32Array, 1, 1) }",
    () => `Object.assign(${right}, { other: undefined })`,
    () => `Object.assign(${right}, { ["${key}_"]: 1 })`,
    () => `new Proxy(${right}, { ownKeys: () => raise(1) })`,
    () => `new Proxy(${right}, { get: () => raise(null) })`,
    () => `new Proxy(${right}, { getOwnPropertyDescriptor: () => raise(1) })`,
    () => property("() => raise(1)"),
    () => property(`inTurn(Symbol("s"), ${value})`),
    () => property(`inTurn(revoked([]), ${value})`),
    () => property(`inTurn(10n, ${value})`),
    () => property(`inTurn(() => 1, ${value})`),
  ];
  const fine: (() => string)[] = [
    () => right,
    () => `Object.freeze(${right})`,
    () => `new Proxy(${right}, {})`,
    () => `Object.assign(Object.create(null), ${right})`,
    () => `Object.create(${right})`,
    () => `Object.assign(${right}, { [Symbol("other")]: 1 })`,
    () => `Object.defineProperty(${right}, "other", { value: 1 })`,
    () => property(`inTurn(${value}, Symbol("s"))`),
  ];
  const isRight = choose(3) > 0;
  // A getter on a proxy of what has no keys is never asked for its descriptor.
  let code = pick(isRight ? fine : wrong, choose)();
  if (!isRight && entries.length === 0 && code.includes("getOwnProperty")) {
    code = "[]";
  }
  return { code, isRight };
}

/** Options of the constructors, and the element type; null for those refused. */
export const OPTIONS: readonly (readonly [string, DType | null])[] = [
  ["undefined", "float32"],
  ["{}", "float32"],
  ['{ dtype: "float32" }', "float32"],
  ['{ dtype: "float64" }', "float64"],
  ["{ dtype: undefined }", "float32"],
  ["Object.freeze(Object.create(null))", "float32"],
  ['new Proxy({ dtype: "float64" }, {})', "float64"],
  ['{ get dtype() { return "float64"; } }', "float64"],
  [
    'Object.defineProperty({}, "dtype", { get: inTurn("float32", 5) })',
    "float32",
  ],
  ['Object.defineProperty({}, "dtype", { get: inTurn(5, "float32") })', null],
  ['{ dtype: "float64", other: 1 }', null],
  ["new class {}()", "float32"],
  ['Object.create({ dtype: "float64" })', "float64"],
  ['{ dType: "float64" }', null],
  ["{ length: 2, 0: 1, 1: 2 }", null],
  ["{ [Symbol()]: 1 }", null],
  ["{ shape: [1], data: full(Float32Array, 1, 1) }", null],
  ["new Map()", null],
  ["new Date(0)", null],
  ["Promise.resolve({})", null],
  ["new Proxy({}, { ownKeys: () => raise(1) })", null],
  ['{ dtype: "float16" }', null],
  ['{ dtype: ["float64"] }', null],
  ["{ dtype: 64n }", null],
  ['{ dtype: Symbol("float64") }', null],
  ["{ dtype: { toString: () => raise(1) } }", null],
  ["{ get dtype() { return raise(1); } }", null],
  ["new Proxy({}, { get: () => raise(null) })", null],
  ["revoked({})", null],
  ['"float64"', null],
  ["null", null],
  ["64", null],
  ["10n", null],
  ['Symbol("float64")', null],
  ["() => {}", null],
];

/** Nested arrays, and their shape; null for what is refused. */
export const VALUES: readonly (readonly [string, number[] | null])[] = [
  ["1", []],
  ["NaN", []],
  ["[]", [0]],
  ["[[], []]", [2, 0]],
  ["[1, 2]", [2]],
  ["[[1], [2], [3]]", [3, 1]],
  ["[[[1, 2]]]", [1, 1, 2]],
  ["Object.freeze([1, 2])", [2]],
  ["new Proxy([1, 2], {})", [2]],
  ["[[1, 2], new Proxy([3, 4], {})]", [2, 2]],
  ["Object.setPrototypeOf([1, 2], null)", [2]],
  ["new foreign.Array(1, 2, 3)", [3]],
  ["Object.assign([1, 2], { [Symbol.iterator]: null, map: 1 })", [2]],
  ["Object.defineProperty([1, 2], 1, { get: inTurn(2, null) })", [2]],
  ["Object.defineProperty([1, 2], 1, { get: inTurn(null, 2) })", null],
  ["Object.defineProperty([1, 2], 1, { get: () => raise(1) })", null],
  ["Object.defineProperty([1, 2], 0, { get: () => raise(1) })", null],
  ["new Proxy([1, 2], { get: () => raise(1) })", null],
  ["new Proxy([1, 2], { get: () => 2 ** 60 })", null],
  ["new Proxy([1, 2], { get: () => 2 ** 52 })", null],
  ["new Proxy([1, 2], { get: () => 1n })", null],
  [
    "new Proxy([], { get: (_, key) => key === 'length' ? 1 : [1, 2].values() })",
    null,
  ],
  ["revoked([1, 2])", null],
  ["[[1, 2], revoked([3, 4])]", null],
  ["[[1, 2], [3]]", null],
  ["[[1, 2], 3]", null],
  ["[1, [2]]", null],
  ["[1, , 3]", null],
  ["Array(3)", null],
  ["Array(2 ** 32 - 1)", null],
  ['[1, "2"]', null],
  ["[1, 2n]", null],
  ["[1, null]", null],
  ["[undefined]", null],
  ["[1, Symbol()]", null],
  ["[1, { valueOf: () => raise(2) }]", null],
  ["[1, new Number(2)]", null],
  ["[revoked({})]", null],
  ["((a) => (a.push(a, a), a))([])", null],
  ["Array(70).fill().reduce((a) => [a], 1)", null],
  ["Array(60).fill().reduce((a) => [a, a], 1)", null],
  ["Array(60).fill().reduce((a) => [a, a], [])", null],
  ["Array(3).fill().reduce((a) => [a, a], [])", [2, 2, 2, 0]],
  [
    "new Proxy([], { get: (_, key) => key === 'length' ? 2 ** 53 - 1 : [] })",
    null,
  ],
  ["new Proxy([], { get: () => [] })", null],
  ["Object.assign([[]], { length: 2 ** 32 - 1 })", null],
  ["undefined", null],
  ["{ length: 2, 0: 1, 1: 2 }", null],
  ["{ shape: [1], data: full(Float32Array, 1, 1) }", null],
  ["new Set([1])", null],
  ["(function () { return arguments; })(1, 2)", null],
  ["Object.create(Array.prototype)", null],
];

/** Whether a shape is one, and not too large to be made. */
export function isShape(shape: readonly unknown[] | undefined): boolean {
  return shape !== undefined && shape.length <= 64 &&
    shape.every(isDimension) &&
    (shape.includes(0) || sizeOf(shape) < 2 ** 40);
}

/** Whether a tensor of a shape may or may not find room: nobody should try. */
export function isBorderline(shape: readonly unknown[] | undefined): boolean {
  return isShape(shape) && !shape!.includes(0) && sizeOf(shape!) > 2 ** 20;
}

const isDimension = (n: unknown) =>
  typeof n === "number" && Math.floor(n) === n && n >= 0 && n < 2 ** 53;

/** Whether an argument by itself is a tensor. */
export function isTensor({ shape, data, throws }: Model): boolean {
  return !throws && shape !== undefined && data !== undefined &&
    shape.length <= 64 && shape.every(isDimension) && !data.gone &&
    data.length === sizeOf(shape);
}
