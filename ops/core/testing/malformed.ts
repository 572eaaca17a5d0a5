// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Arguments as only JavaScript can make them, each as the code that makes it and
 * as what it amounts to: what someone sees who reads every property once. From
 * that, {@linkcode isValid} knows whether a call is right, by the letters of its
 * contract and with none of the library's checks.
 *
 * @module
 */

import type { Contract } from "../contracts.ts";
import type { DType } from "../../tensor.ts";
import { ARRAYS, product } from "./calls.ts";

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
  /** Undefined where nobody can read it, or it is no array of floats. */
  data?: DataModel;
  /** The argument whose memory it shares. */
  shares?: string;
  /** The argument whose memory is lost when this one is read. */
  destroys?: string;
  /** Whether the property of a tensor is a function that throws. */
  throws?: boolean;
  /** Whether it is not given. */
  absent?: boolean;
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
  /** Arguments that are made before this one, of plain tensors. */
  before: string[];
}

/** Functions that the code uses; a program that is printed begins with them. */
export const HELPERS = {
  ones: (kind: Float32ArrayConstructor | Float64ArrayConstructor, n: number) =>
    new kind(n).fill(1),
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

const list = (shape: readonly unknown[]) => `[${shape.join(", ")}]`;

/** The code and the list that a shape amounts to; undefined where it is none. */
export interface ShapeSpec {
  code: string;
  shape?: readonly unknown[];
  throws?: boolean;
}

/** Shapes that are wrong, or right but strange. */
export function strangeShape(
  good: readonly number[],
  kind: number,
  a: number,
): ShapeSpec {
  const axis = good.length > 0 ? a % good.length : 0;
  const right = list(good);
  const at = (code: string, n: unknown): ShapeSpec => {
    if (good.length === 0) return { code: list([code]), shape: [n] };
    const codes = good.map((g, i) => i === axis ? code : String(g));
    return { code: list(codes), shape: good.with(axis, n as number) };
  };
  const property = (key: string) =>
    `Object.defineProperty(${right}, ${axis}, { get: ${key} })`;
  const makers: (() => ShapeSpec)[] = [
    () => at(...DIMENSIONS[a % DIMENSIONS.length]),
    () => at(...DIMENSIONS[a % DIMENSIONS.length]),
    () => at(String((good[axis] ?? 0) + 1), (good[axis] ?? 0) + 1),
    () => ({ code: JUNK[a % JUNK.length] }),
    () => ({ code: "undefined" }),
    () => ({ code: list([...good, 1]), shape: [...good, 1] }),
    () => ({ code: list(good.slice(1)), shape: good.slice(1) }),
    () => ({ code: list(good.toReversed()), shape: good.toReversed() }),
    () => ({ code: `Array(65).fill(1)`, shape: Array(65).fill(1) }),
    () => ({ code: `Array(2 ** 32 - 1)`, shape: [undefined] }),
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
    () =>
      good.length === 0
        ? { code: right, shape: good }
        : { code: property("() => raise(1)"), throws: true },
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
      good.length === 0 ? { code: right, shape: good } : {
        code: property(`inTurn(${good[axis]}, -1, 7)`),
        shape: good,
      },
    () =>
      good.length === 0 ? { code: right, shape: good } : {
        code: property(`inTurn(-1, ${good[axis]})`),
        shape: good.with(axis, -1),
      },
  ];
  return makers[kind % makers.length]();
}

/** The code and the array that data amounts to; undefined where it is none. */
export interface DataSpec {
  code: string;
  data?: DataModel;
}

/** Data that is wrong, or right but strange. */
export function strangeData(
  length: number,
  dtype: DType,
  kind: number,
  a: number,
): DataSpec {
  const { name, BYTES_PER_ELEMENT: width } = ARRAYS[dtype];
  const other: DType = dtype === "float32" ? "float64" : "float32";
  const right = `ones(${name}, ${length})`;
  const data: DataModel = { dtype, length };
  const gone: DataModel = { dtype, length: 0, gone: true };
  const bytes = width * length;
  const kinds = [
    "Int8Array",
    "Uint8ClampedArray",
    "Int32Array",
    "Uint32Array",
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
    () => ({ code: JUNK[a % JUNK.length] }),
    () => ({ code: HOLLOW[a % (HOLLOW.length - 5)] }),
    () => ({ code: "undefined" }),
    () => ({ code: `new ${kinds[a % kinds.length]}(${length})` }),
    () => ({ code: `new DataView(new ArrayBuffer(${bytes}))` }),
    () => ({
      code: `ones(${name}, ${length + 1})`,
      data: { dtype, length: length + 1 },
    }),
    () => ({
      code: `ones(${name}, ${Math.max(length - 1, 0)})`,
      data: { dtype, length: Math.max(length - 1, 0) },
    }),
    () => ({
      code: `ones(${ARRAYS[other].name}, ${length})`,
      data: { dtype: other, length },
    }),
    () => ({ code: `detach(${right})`, data: gone }),
    () => ({ code: `new Proxy(${right}, {})` }),
    () => ({ code: `new Proxy(${right}, { get: () => raise(1) })` }),
    () => ({ code: `revoked(${right})` }),
    () => ({ code: `Object.create(${right})` }),
    () => ({ code: `Object.create(${name}.prototype)` }),
    () => ({ code: `Object.setPrototypeOf([1, 1], ${name}.prototype)` }),
    () => ({
      code:
        `Object.setPrototypeOf(new Int32Array(${length}), ${name}.prototype)`,
    }),
    () => ({ code: `({ __proto__: ${name}.prototype, length: ${length} })` }),
    () => ({ code: `Array(${length}).fill(1)` }),
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
      })][0].fill(1))(new ArrayBuffer(${bytes}, { maxByteLength: ${
        2 * bytes + width
      } }))`,
      data: { dtype, length: length + 1 },
    }),
    () => ({
      code: `((b) => [new ${name}(b), b.grow(${
        bytes + width
      })][0].fill(1))(new SharedArrayBuffer(${bytes}, { maxByteLength: ${
        2 * bytes + width
      } }))`,
      data: { dtype, length: length + 1 },
    }),
    // What follows is right.
    () => ({ code: right, data }),
    () => ({ code: own(lies[a % lies.length]), data }),
    () => ({ code: own(lies[a % lies.length]), data }),
    () => ({ code: `Object.setPrototypeOf(${right}, null)`, data }),
    () => ({
      code: `Object.setPrototypeOf(${right}, ${ARRAYS[other].name}.prototype)`,
      data,
    }),
    () => ({
      code:
        `new class extends ${name} { get length() { return 99; } set() { raise(1); } static get [Symbol.species]() { return raise(1); } }(${length}).fill(1)`,
      data,
    }),
    () => ({
      code: `new foreign.${name}(${length}).fill(1)`,
      data,
    }),
    () => ({
      code: `new ${name}(new ArrayBuffer(${bytes}, { maxByteLength: ${
        2 * bytes
      } })).fill(1)`,
      data,
    }),
    () => ({
      code: `new ${name}(new SharedArrayBuffer(${bytes}, { maxByteLength: ${
        2 * bytes
      } })).fill(1)`,
      data,
    }),
    () => ({
      code: `ones(${name}, ${length + 3}).subarray(2, ${length + 2})`,
      data,
    }),
  ];
  return makers[kind % makers.length]();
}

/** A right tensor, whose data is all ones. */
export function plain({ shape, dtype }: Wanted): Spec {
  const length = product(shape);
  return {
    code: `{ shape: ${list(shape)}, data: ones(${
      ARRAYS[dtype].name
    }, ${length}) }`,
    model: { shape, data: { dtype, length } },
  };
}

/** How many kinds of tensors are wrong for certain, or almost. */
export const WRONG_TENSORS = 14;

/** Tensors that are wrong, or right but strange. */
export function strangeTensor(
  wanted: Wanted,
  kind: number,
  a: number,
  b: number,
): Spec {
  const { shape, dtype, before } = wanted;
  const length = product(shape);
  const good = plain(wanted);
  const right = `(${good.code})`;
  const earlier = before[b % Math.max(before.length, 1)];
  const s = list(shape);
  const d = `ones(${ARRAYS[dtype].name}, ${length})`;
  const { model } = good;
  const thrown = ["new Error('boom')", "null", "undefined", "Symbol('s')"];
  const boom = `raise(${thrown[a % thrown.length]})`;
  const none: Model = {};
  const throwing: Model = { throws: true };
  const makers: (() => Spec)[] = [
    () => {
      const { code, ...rest } = strangeShape(shape, a, b);
      return {
        code: `{ shape: ${code}, data: ${d} }`,
        model: { ...model, shape: undefined, ...rest },
      };
    },
    () => {
      const { code, data } = strangeData(length, dtype, a, b);
      return { code: `{ shape: ${s}, data: ${code} }`, model: { shape, data } };
    },
    () => {
      const strange = strangeShape(shape, b, a);
      const { code, data } = strangeData(length, dtype, a, b);
      return {
        code: `{ shape: ${strange.code}, data: ${code} }`,
        model: { shape: strange.shape, data, throws: strange.throws },
      };
    },
    () => ({ code: JUNK[a % JUNK.length], model: none }),
    () => ({ code: HOLLOW[a % HOLLOW.length], model: none }),
    () => ({ code: "undefined", model: { absent: true } }),
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
  return makers[kind % makers.length]();
}

/** Results that share memory with an argument that is a plain tensor. */
export function sharing(
  wanted: Wanted,
  kind: number,
  input: string,
  size: number,
): Spec {
  const { shape, dtype } = wanted;
  const length = product(shape);
  const { name, BYTES_PER_ELEMENT: width } = ARRAYS[dtype];
  const s = list(shape);
  const model = { shape, data: { dtype, length }, shares: input };
  const makers: (() => Spec)[] = [
    // The first number of the input is the last of out; or they are one array.
    () => ({
      code: `((memory) => { ${input}.data = new ${name}(memory, ${
        width * (length - 1)
      }, ${size}).fill(1); return { shape: ${s}, data: new ${name}(memory, 0, ${length}).fill(1) }; })(new ArrayBuffer(${
        width * (length + size)
      }))`,
      model,
    }),
    () => ({
      code:
        `((memory) => { ${input}.data = new ${name}(memory, 0, ${size}).fill(1); return { shape: ${s}, data: new ${name}(structuredClone(memory), ${
          width * (size - 1)
        }, ${length}).fill(1) }; })(new SharedArrayBuffer(${
          width * (length + size)
        }))`,
      model,
    }),
    () => ({
      code: `{ shape: ${s}, data: ${input}.data }`,
      model: { shape, data: { dtype, length: size }, shares: input },
    }),
    // The next number after the input's last; and another memory of equal bytes.
    () => ({
      code:
        `((memory) => { ${input}.data = new ${name}(memory, 0, ${size}).fill(1); return { shape: ${s}, data: new ${name}(memory, ${
          width * size
        }, ${length}).fill(1) }; })(new ArrayBuffer(${
          width * (length + size)
        }))`,
      model: { ...model, shares: undefined },
    }),
    () => ({
      code:
        `((memory) => { ${input}.data = new ${name}(memory(${size})).fill(1); return { shape: ${s}, data: new ${name}(memory(${length})).fill(1) }; })((n) => new SharedArrayBuffer(${width} * n))`,
      model: { ...model, shares: undefined },
    }),
  ];
  return makers[kind % makers.length]();
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
  ['{ dtype: "float64", other: 1 }', "float64"],
  ["new class {}()", "float32"],
  ['Object.create({ dtype: "float64" })', "float64"],
  ['{ dType: "float64" }', null],
  ["{ length: 2, 0: 1, 1: 2 }", null],
  ["{ [Symbol()]: 1 }", null],
  ["{ shape: [1], data: ones(Float32Array, 1) }", null],
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
  ["{ shape: [1], data: ones(Float32Array, 1) }", null],
  ["new Set([1])", null],
  ["(function () { return arguments; })(1, 2)", null],
  ["Object.create(Array.prototype)", null],
];

/** Whether a shape is one, and not too large to be made. */
export function isShape(shape: readonly unknown[] | undefined): boolean {
  return shape !== undefined && shape.length <= 64 &&
    shape.every(isDimension) &&
    (shape.includes(0) || product(shape as number[]) < 2 ** 40);
}

/** Whether a tensor of a shape may or may not find room: nobody should try. */
export function isBorderline(shape: readonly unknown[] | undefined): boolean {
  return isShape(shape) && !shape!.includes(0) &&
    product(shape as number[]) > 2 ** 20;
}

const isDimension = (n: unknown) =>
  typeof n === "number" && Math.floor(n) === n && n >= 0 && n < 2 ** 53;

/** Whether an argument by itself is a tensor. */
export function isTensor({ shape, data }: Model): boolean {
  return shape !== undefined && data !== undefined && shape.length <= 64 &&
    shape.every(isDimension) && !data.gone &&
    data.length ===
      (shape.includes(0) ? 0 : product(shape as number[]));
}

/**
 * Whether a call is right: every argument a tensor, one size for each letter,
 * one element type, and an `out` that shares no memory; undefined where it may
 * be either, as the memory of an argument is lost that the function may not read.
 */
export function isValid(
  { takes, gives, anyRank, factors = [], terms = [] }: Contract,
  models: Readonly<Record<string, Model>>,
): boolean | undefined {
  const { out = { absent: true }, ...inputs } = models;
  if (!Object.values(inputs).every(isTensor)) return false;
  if (!out.absent && !isTensor(out)) return false;
  const given = [...Object.values(inputs), ...out.absent ? [] : [out]];
  if (new Set(given.map(({ data }) => data!.dtype)).size > 1) return false;

  const sizes = new Map<string, number>();
  const fits = (letters: string, shape: readonly unknown[]) => {
    if (anyRank && letters !== "") {
      const text = shape.map(Number).map((n) => n + 0).join();
      return text === (all ??= text);
    }
    return letters.length === shape.length &&
      [...letters].every((letter, i) => {
        const n = shape[i] as number;
        if (!sizes.has(letter)) sizes.set(letter, n);
        return sizes.get(letter) === n;
      });
  };
  let all: string | undefined;
  for (const [name, { shape }] of Object.entries(inputs)) {
    if (!fits(takes[name], shape!)) return false;
  }
  if (!out.absent) {
    if (!fits(gives, out.shape!)) return false;
    const shared = out.shares === undefined
      ? 0
      : models[out.shares].data!.length;
    if (shared > 0 && out.data!.length > 0) return false;
  }
  for (const { destroys } of given) {
    if (destroys === undefined) continue;
    if (models[destroys].data!.length === 0) return undefined;
    if ([...factors, ...terms].includes(destroys)) return false;
    return undefined;
  }
  return true;
}
