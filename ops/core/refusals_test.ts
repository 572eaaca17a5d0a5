// Copyright 2026 the Adjoint authors. MIT license.

// What every function refuses, and in which words: all of it follows from the
// signature of its operation. A call is right but for one thing, and is refused
// for that, before anything is written.

import { optionInputs } from "../proof/positional.ts";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { randomFrom } from "../goldens/random.ts";
import {
  type AnyTensor,
  type Call,
  declared,
  drawCall,
  product,
  rangeOf,
  valuesOf,
} from "./testing/draw.ts";
import { ARRAYS } from "./arrays.ts";
import { type Axes, parseAxes } from "./axes.ts";
import { fixedIn, hasKeepDims, type Option, usualOf } from "./options.ts";
import {
  FUNCTIONS,
  givesRecord,
  isDefined,
  type OpFunction,
  outOf,
  resultShapes,
  resultType,
} from "./testing/functions.ts";
import { LISTED } from "./testing/listed.ts";

type Kind = typeof TypeError | typeof RangeError;

/** A place in a call, as messages name it: `x`, `dout.y`, `out`. */
type Place = string;

/** The arguments of a call, which a test may replace. */
interface Arguments {
  inputs: Record<string, unknown>;
  douts: Record<string, unknown>;
  outs: Record<string, unknown>;
  options: Record<string, unknown>;
}

/** The name of the element type of a tensor. */
const dtypeOf = ({ data }: AnyTensor) =>
  data.constructor.name.replace("Array", "").toLowerCase();

const show = (shape: readonly number[]) =>
  shape.length > 1 ? shape.join("×") : `[${shape}]`;

/** A kind of objects as messages name it. */
const an = (kind: string) => `${/^[AEIO]/.test(kind) ? "an" : "a"} ${kind}`;

/** A right call of a function, with `out`, whose axes have sizes of their own. */
class Right {
  readonly call: Call;
  readonly outs: Record<string, AnyTensor>;

  constructor(readonly fn: OpFunction, seed = 0) {
    const random = randomFrom(seed);
    do {
      this.call = drawCall(
        fn.signature,
        (bound) => Math.floor(random() * bound / 2 ** 32),
        {
          sizes: [2, 3, 4, 5],
          rank: 2,
          nulls: false,
          dtypes: ["float32"],
          broadcast: false,
        },
      );
    } while (
      !isDefined(fn, this.call) ||
      Object.values(this.call.inputs).some((x) => x!.data.length === 0) ||
      // A broadcast and an axis would be others by chance.
      Object.values(this.call.shapes.letters).some((axes) => axes.length === 0)
    );
    this.outs = Object.fromEntries(
      Object.entries(resultShapes(fn, this.call)).map(([name, shape]) => [
        name,
        {
          shape,
          data: new ARRAYS[resultType(fn, this.call)](product(shape)).fill(7),
        },
      ]),
    );
  }

  /** Every tensor of the call, by its place. */
  tensors(): [Place, AnyTensor][] {
    const { fn, call: { inputs, douts } } = this;
    const several = Object.keys(douts).length > 1;
    return [
      ...Object.entries(inputs) as [Place, AnyTensor][],
      ...fn.kind === "forward" ? [] : Object.entries(douts)
        .map((
          [k, x],
        ): [Place, AnyTensor] => [several ? `dout.${k}` : "dout", x]),
      ...Object.entries(this.outs)
        .map(([k, x]): [Place, AnyTensor] => [
          givesRecord(fn) ? `out.${k}` : "out",
          x,
        ]),
    ];
  }

  /** `out`, of other tensors in some places. */
  outOf(other: Record<Place, unknown>): unknown {
    const outs = Object.entries(this.outs);
    if (!givesRecord(this.fn)) return other.out ?? outs[0][1];
    return Object.fromEntries(
      outs.map(([name, x]) => [name, other[`out.${name}`] ?? x]),
    );
  }

  /** Calls the function with other arguments in some places. */
  with(
    other: Record<Place, unknown>,
    options: unknown = {},
    whole = false,
  ): unknown {
    const { fn, call } = this;
    const at = Object.fromEntries(
      this.tensors().map(([place, x]) => [
        place,
        place in other ? other[place] : x,
      ]),
    );
    const record = (what: string, names: string[]) =>
      what in at ? at[what] : Object.fromEntries(
        names.map((name) => [name, at[`${what}.${name}`]]),
      );
    const args = Object.keys(call.inputs).map((name) => at[name]);
    if (fn.kind !== "forward") {
      args.push(
        "dout" in other ? other.dout : record("dout", Object.keys(call.douts)),
      );
    }
    if (typeof options !== "object" || options === null) {
      return fn.f(...args, options);
    }
    const out = record("out", Object.keys(this.outs));
    const isWhole = whole || Array.isArray(options) || "shape" in options;
    const all = isWhole ? options : { ...call.shapes.options, out, ...options };
    return fn.f(...args, all);
  }

  /** Asserts the class and the message of a refusal, and that nothing is written. */
  refuses(
    other: Record<Place, unknown>,
    ErrorClass: Kind,
    message: string | RegExp,
    options?: unknown,
    cause?: unknown,
  ): void {
    const before = this.tensors().map(([, { shape, data }]) => [
      [...shape],
      data.slice(),
    ]);
    let error: unknown;
    try {
      this.with(other, options);
    } catch (thrown) {
      error = thrown;
    }
    const { act } = this.fn;
    assert(error instanceof Error, `It is not refused: ${act}, ${message}`);
    if (typeof message === "string") {
      assertStrictEquals(error.message, `Cannot ${act} as ${message}`);
    } else {
      assert(error.message.startsWith(`Cannot ${act} as `), error.message);
      assert(message.test(error.message), `${error.message}, not ${message}`);
    }
    assertStrictEquals(error.constructor, ErrorClass);
    assertStrictEquals(error.cause, cause);
    const now = this.tensors().map(([, { shape, data }]) => [shape, data]);
    assertEquals(now, before);
  }
}

/** A tensor of another shape with as many numbers as it needs, of one type. */
function like({ data }: AnyTensor, shape: number[]): AnyTensor {
  const Data = data.constructor as Float32ArrayConstructor;
  return { shape, data: new Data(product(shape)) };
}

const CAUSE = new Error("The getter of another");
const fail = (): never => {
  throw CAUSE;
};

/** What is not a number of an option's range, and the class of its refusal. */
function wrongValues(option: Option, rank: number): [unknown, Kind][] {
  switch (option.kind) {
    case "flag":
      return [1, 0, null, "true", {}].map((v) => [v, TypeError]);
    case "axis":
      return [
        ...[null, "0", 1n, [0], {}, true].map((v): [unknown, Kind] => [
          v,
          TypeError,
        ]),
        ...[rank, -rank - 1, 0.5, NaN, Infinity]
          .map((v): [unknown, Kind] => [v, RangeError]),
      ];
    case "axes":
      return [
        ...[null, 0, "0", {}, ["0"], [null], [[0]], new Int32Array(1)]
          .map((v): [unknown, Kind] => [v, TypeError]),
        ...[[0, 0], [0, -rank], [rank], [-rank - 1], [0.5], [NaN]]
          .map((v): [unknown, Kind] => [v, RangeError]),
      ];
    case "pair":
    case "number": {
      const { integer } = option;
      const { above, from, below, to } = fixedIn(option.range);
      const beyond = [
        ...above === undefined ? [] : [above, above - 1],
        ...from === undefined ? [] : [from - 1],
        ...below === undefined ? [] : [below, below + 1],
        ...to === undefined ? [] : [to + 1],
        ...integer ? [usualOf(option) + 0.5, Infinity, 2 ** 53] : [],
      ];
      const right = usualOf(option);
      const pairs = [[], [right, "1"], [null, right], [right, right, right]];
      return [
        ...[null, "1", 1n, true, [1], {}].map((v): [unknown, Kind] => [
          v,
          TypeError,
        ]),
        ...[NaN, ...beyond].map((v): [unknown, Kind] => [v, RangeError]),
        ...option.kind === "number" ? [] : [
          ...pairs.map((v): [unknown, Kind] => [v, TypeError]),
          ...[NaN, ...beyond].map((v): [unknown, Kind] => [
            [right, v],
            RangeError,
          ]),
        ],
        ...option.default !== undefined
          ? []
          : [[undefined, TypeError] as [unknown, Kind]],
      ];
    }
  }
}

/** The places of a letter in the declared axes. */
function placesOf({ axes }: Axes, letter: string, rank: number): number[] {
  const many = axes.findIndex(({ kind }) => kind === "many");
  return axes.flatMap((axis, at) =>
    axis.kind === "one" && axis.letter === letter
      ? [many >= 0 && at > many ? rank - axes.length + at : at]
      : []
  );
}

for (const fn of [...FUNCTIONS, ...LISTED]) {
  const right = new Right(fn, 1);
  const { call, outs } = right;
  const { spec } = fn.signature;
  const inputs = Object.entries(spec.inputs)
    .map(([name, input]) => ({ name, ...declared(input) }));
  const floats = inputs.filter(({ integer }) => integer === undefined);

  const isOption = (place: string) =>
    inputs.some(({ name, option }) => name === place && option);

  describe(`${fn.name}()`, () => {
    it("takes the call that the tests below make wrong", () => {
      right.with({});
      new Right(fn, 1).with({});
    });

    it("refuses what is not a tensor, in every place", () => {
      for (const [place, x] of right.tensors()) {
        const values: [unknown, string][] = [
          [null, "null"],
          [undefined, "undefined"],
          [3, "3"],
          [true, "true"],
          ["2×3", '"2×3"'],
          [() => x, "a function"],
          [[1, 2], "an Array"],
          [x.data, an(x.data.constructor.name)],
          [{}, "an Object"],
          [Promise.resolve(x), "a Promise"],
        ];
        const isOptional = inputs.some(({ name, optional }) =>
          name === place && optional && name !== fn.wrt
        );
        for (const [value, shown] of values) {
          if (place.startsWith("out") && value === undefined) continue;
          if (isOption(place) && value === undefined) continue;
          if (isOptional && value === null) continue;
          right.refuses(
            { [place]: value },
            TypeError,
            `${place} must be a tensor { shape, data }: it is ${shown}`,
          );
        }
      }
    });

    it("refuses what has no shape, in every place", () => {
      for (const [place, { data }] of right.tensors()) {
        const shape = `the shape of ${place}`;
        const every = `every dimension in ${shape}`;
        // deno-fmt-ignore
        const shapes: [unknown, Kind, string][] = [
          [undefined, TypeError, `${shape} must be an array of dimensions: it is undefined`],
          [null, TypeError, `${shape} must be an array of dimensions: it is null`],
          [6, TypeError, `${shape} must be an array of dimensions: it is 6`],
          ["23", TypeError, `${shape} must be an array of dimensions: it is "23"`],
          [{ length: 2 }, TypeError, `${shape} must be an array of dimensions: it is an Object`],
          [new Int32Array(2), TypeError, `${shape} must be an array of dimensions: it is an Int32Array`],
          [[2, "3"], TypeError, `${every} must be a number: dimension 1 is "3"`],
          [[2, null], TypeError, `${every} must be a number: dimension 1 is null`],
          // deno-lint-ignore no-sparse-arrays
          [[2, , 3], TypeError, `${every} must be a number: dimension 1 is undefined`],
          [[2, -1], RangeError, `${every} must be a non-negative integer: dimension 1 is -1`],
          [[1.5, 2], RangeError, `${every} must be a non-negative integer: dimension 0 is 1.5`],
          [[NaN], RangeError, `${every} must be a non-negative integer: dimension 0 is NaN`],
          [[2 ** 53, 0], RangeError, `${every} must be below 2^53: dimension 0 is 9007199254740992`],
          [[2 ** 30, 2 ** 23], RangeError, `the number of elements must be below 2^53: ${shape} is 1073741824×8388608, which is 9.01e+15`],
          [Array(65).fill(1), TypeError, `${shape} must have at most 64 dimensions: it has 65`],
        ];
        for (const [shape, Class, message] of shapes) {
          right.refuses({ [place]: { shape, data } }, Class, message);
        }
      }
    });

    it("refuses other data, too little, too much, and what has been transferred", () => {
      for (const [place, { shape, data }] of right.tensors()) {
        const of = `the data of ${place}`;
        const kinds: [unknown, string][] = [
          [undefined, "undefined"],
          [null, "null"],
          [Array(data.length).fill(0), "an Array"],
          [new BigInt64Array(data.length), "a BigInt64Array"],
          [new Uint8ClampedArray(data.length), "a Uint8ClampedArray"],
          [data.buffer, "an ArrayBuffer"],
          [new DataView(data.buffer), "a DataView"],
        ];
        for (const [data, shown] of kinds) {
          right.refuses(
            { [place]: { shape, data } },
            TypeError,
            `${of} must be a typed array of numbers, such as a Float32Array or an Int32Array: it is ${shown}`,
          );
        }
        const Data = data.constructor as Float32ArrayConstructor;
        const gone = new Data(data.length);
        structuredClone(gone.buffer, { transfer: [gone.buffer] });
        for (
          const other of [
            new Data(data.length + 1),
            new Data(data.length - 1),
            gone,
          ]
        ) {
          right.refuses(
            { [place]: { shape, data: other } },
            TypeError,
            `${of} must have as many elements as its shape: ${place} is ${
              show(shape)
            }, its data has ${other.length}`,
          );
        }
        right.refuses(
          { [place]: { shape: [0], data: gone } },
          TypeError,
          `${of} must have a buffer: it has been transferred or has shrunk`,
        );
      }
    });

    it("refuses what cannot be read, with the reason", () => {
      for (const [place, { shape, data }] of right.tensors()) {
        const message = `${place} must be readable: reading it throws`;
        const bad = [
          Object.defineProperty({ data }, "shape", { get: fail }),
          Object.defineProperty({ shape }, "data", { get: fail }),
        ];
        for (const x of bad) {
          right.refuses({ [place]: x }, TypeError, message, {}, CAUSE);
        }
        const list = new Proxy([...shape, 1], { get: fail });
        right.refuses(
          { [place]: { shape: list, data } },
          TypeError,
          `the shape of ${message}`,
          {},
          CAUSE,
        );
      }
    });

    it("reads every property once, as it may be another one the next time", () => {
      const counts: [string, Map<PropertyKey, number>][] = [];
      const counted = <T extends object>(what: string, object: T): T => {
        const count = new Map<PropertyKey, number>();
        counts.push([what, count]);
        return new Proxy(object, {
          get(target, key) {
            count.set(key, (count.get(key) ?? 0) + 1);
            return Reflect.get(target, key);
          },
        });
      };
      const watched = (place: Place, { shape, data }: AnyTensor) =>
        counted(place, {
          shape: counted(`the shape of ${place}`, shape),
          data,
        });
      const all = Object.fromEntries(
        right.tensors().map(([place, x]) => [place, watched(place, x)]),
      );
      right.with(
        all,
        counted("options", {
          ...call.shapes.options,
          ...fn.kind === "all" ? { wrt: fn.signature.differentiable } : {},
          out: right.outOf(all),
        }),
        true,
      );
      assert(counts.length > 2);
      for (const [what, count] of counts) {
        assert(count.size > 0 || what.startsWith("the shape"), what);
        for (const [key, n] of count) {
          assertStrictEquals(n, 1, `${String(key)} of ${what}`);
        }
      }
    });

    it("refuses other element types, in every place", () => {
      const [first] = floats;
      for (const [place, x] of right.tensors()) {
        const input = inputs.find(({ name }) => name === place);
        for (const [dtype, Data] of Object.entries(ARRAYS)) {
          if (dtype === dtypeOf(x)) continue;
          const isFloat = dtype.startsWith("float");
          const { shape } = x, data = new Data(x.data.length);
          const bad = { [place]: { shape, data } };
          if (input?.integer !== undefined) {
            if (!isFloat) continue;
            right.refuses(
              bad,
              TypeError,
              `${place} must hold integers, in an Int32Array for example: it is ${dtype}`,
            );
          } else if (place === first?.name) {
            if (isFloat) {
              const next = [
                ...floats.slice(1).map(({ name }) => name),
                ...right.tensors().map(([place]) => place)
                  .filter((place) => /^(dout|out)/.test(place)),
              ][0];
              // Nothing has to be of its type.
              if (spec.indices && floats.length === 1) continue;
              right.refuses(
                bad,
                TypeError,
                `${place} and ${next} must have the same element type: ${place} is ${dtype}, ${next} is float32`,
              );
            } else {
              right.refuses(
                bad,
                TypeError,
                `${place} must be float32 or float64: it is ${dtype}`,
              );
            }
          } else if (first === undefined || spec.indices && place === "out") {
            right.refuses(
              bad,
              TypeError,
              `${place} must be ${dtypeOf(x)}: it is ${dtype}`,
            );
          } else {
            right.refuses(
              bad,
              TypeError,
              `${first.name} and ${place} must have the same element type: ${first.name} is float32, ${place} is ${dtype}`,
            );
          }
        }
      }
    });

    it("refuses a dout and an out of another shape", () => {
      for (const [place, x] of right.tensors()) {
        if (!/^(dout|out)/.test(place)) continue;
        const what = place.startsWith("dout") ? "output" : "result";
        const { shape } = x;
        const others = [
          [...shape, 1],
          [1, ...shape],
          ...shape.length === 1 ? [] : [[product(shape)]],
          ...shape.map((n, axis) => shape.with(axis, n + 1)),
          ...shape.map((_, axis) => shape.with(axis, 0)),
        ];
        for (const other of others) {
          right.refuses(
            { [place]: like(x, other) },
            TypeError,
            `${place} must have the shape of the ${what}: ${place} is ${
              show(other)
            }, the ${what} is ${show(shape)}`,
          );
        }
      }
    });

    it("refuses inputs whose axes do not fit, and says which", () => {
      if (fn.lists !== undefined) return;
      const hasAxes = Object.values(spec.options ?? {})
        .some(({ kind }) => kind === "axis" || kind === "axes");
      const all = inputs.map((input, i) => ({
        ...input,
        axes: parseAxes(input.shape),
        x: call.inputs[input.name]!,
        // If an option says which axes are which, letters have no place.
        isFree: hasAxes && i === 0,
      }));
      for (const { name, axes, x, isFree } of all) {
        const ranks = axes.axes.map(({ kind }) => kind);
        const least = ranks.filter((kind) => kind !== "many").length;
        const isFixed = !ranks.includes("many");
        const badRank = (shape: number[]) => {
          const found = `${name} is ${show(shape)}`;
          right.refuses(
            { [name]: like(x, shape) },
            TypeError,
            // An input before it may have its axes in common with it.
            isFixed ? `${name} must have rank ${least}: ${found}` : new RegExp(
              `must (have rank ${least} or more, as ${
                RegExp.escape(axes.text)
              }|equal the axes .+): (.+, )?${RegExp.escape(found)}$`,
            ),
          );
        };
        if (isFixed) badRank([...x.shape, 1]);
        if (least > 0 && !isFree) badRank(x.shape.slice(0, least - 1));
        if (isFree) continue;
        for (const other of all) {
          if (other.name === name || other.isFree) continue;
          for (const axis of axes.axes) {
            if (axis.kind !== "one") continue;
            const own = placesOf(axes, axis.letter, x.shape.length);
            const { shape } = other.x;
            if (placesOf(other.axes, axis.letter, shape.length).length === 0) {
              continue;
            }
            for (const at of own) {
              const wrong = x.shape.with(at, x.shape[at] + 6);
              right.refuses(
                { [name]: like(x, wrong) },
                TypeError,
                new RegExp(
                  `: (.*\\b)?${RegExp.escape(`${name} is ${show(wrong)}`)}`,
                ),
              );
            }
          }
        }
      }
    });

    it("refuses an out that shares memory with an input or another out", () => {
      const all = right.tensors();
      for (const [place, out] of all) {
        if (!place.startsWith("out")) continue;
        for (const [other, x] of all) {
          const isOut = other.startsWith("out");
          if (other === place || isOut && other > place) continue;
          const bytes = x.data.BYTES_PER_ELEMENT;
          // The last number of out is the first of the other one.
          const width = Math.max(bytes, 4);
          const shared = new ArrayBuffer(
            4 * out.data.length + bytes * x.data.length + width,
          );
          const Out = out.data.constructor as Float32ArrayConstructor;
          const data = new Out(shared, 0, out.data.length);
          const Data = x.data.constructor as Float32ArrayConstructor;
          const start = 4 * out.data.length - width;
          if (start < 0) continue;
          const y = new Data(shared, start, x.data.length);
          y.set(x.data as never);
          const both = {
            [place]: { shape: out.shape, data },
            [other]: { shape: x.shape, data: y },
          };
          const [a, b] = isOut ? laterFirst(place, other) : [place, other];
          right.refuses(
            both,
            TypeError,
            `${a} must not share memory with ${b}: they share ${
              Math.min(4 * out.data.length - start, bytes * x.data.length)
            } bytes`,
          );
        }
      }
      function laterFirst(a: Place, b: Place): [Place, Place] {
        const places = all.map(([place]) => place);
        return places.indexOf(a) > places.indexOf(b) ? [a, b] : [b, a];
      }
    });

    it("refuses options that are none, by name", () => {
      const known = Object.entries(spec.options ?? {}).map(([key]) => key);
      known.push(...fn.lists ?? [], ...optionInputs(spec));
      if (hasKeepDims(spec.options)) known.push("keepDims");
      const must = `options must be an object such as { ${
        [...known, "out"].join(", ")
      } }`;
      const values: [unknown, string][] = [
        [null, "it is null"],
        [1, "it is 1"],
        ["axis", 'it is "axis"'],
        [[1], "it is an Array"],
        [Object.values(outs)[0], 'it has "shape"'],
      ];
      for (const [value, found] of values) {
        right.refuses({}, TypeError, `${must}: ${found}`, value);
      }
      const stranger = fn.kind === "all" ? "out1" : "wrt";
      right.refuses({}, TypeError, `${must}: it has "${stranger}"`, {
        [stranger]: undefined,
      });
      right.refuses({}, TypeError, `${must}: it has "Axis"`, { Axis: 1 });
      const reading = Object.defineProperty({}, "out", {
        get: fail,
        enumerable: true,
      });
      const message = "options must be readable: reading it throws";
      const before = Object.values(call.inputs);
      const args = [
        ...before,
        ...fn.kind === "forward" ? [] : [
          Object.keys(call.douts).length > 1
            ? call.douts
            : Object.values(call.douts)[0],
        ],
      ];
      try {
        fn.f(...args, reading);
        assert(false);
      } catch (error) {
        assertStrictEquals(
          (error as Error).message,
          `Cannot ${fn.act} as ${message}`,
        );
        assertStrictEquals((error as Error).cause, CAUSE);
      }
    });

    it("refuses options of another kind and out of their range, by name", () => {
      const [first] = inputs;
      const rank = first === undefined
        ? 0
        : call.inputs[first.name]!.shape.length;
      for (const [key, option] of Object.entries(spec.options ?? {})) {
        for (const [value, Class] of wrongValues(option, rank)) {
          right.refuses(
            {},
            Class,
            new RegExp(` as ${key}(\\[\\d\\])? must .+: `),
            { [key]: value },
          );
        }
      }
      if (!hasKeepDims(spec.options)) return;
      for (const keepDims of [0, null, "yes"]) {
        right.refuses(
          {},
          TypeError,
          / as keepDims must be true or false: it is /,
          { keepDims },
        );
      }
    });

    it("refuses integers out of their range, by element", () => {
      for (const { name, integer } of inputs) {
        if (integer === undefined) continue;
        const { shape, data } = call.inputs[name]!;
        const values = valuesOf(fn.signature, call.shapes);
        const { from, below, except } = rangeOf(integer, values);
        const wrong = [
          ...integer.from === undefined ? [] : [from - 1, from - 100],
          ...integer.below === undefined ? [] : [below, below + 100],
        ].filter((value) => value !== except);
        for (const value of wrong) {
          const at = data.length - 1;
          const bad = Int32Array.from(data);
          bad[at] = value;
          right.refuses(
            { [name]: { shape, data: bad } },
            RangeError,
            `every element of ${name} must be from ${from} to ${below - 1}${
              except === null ? "" : `, or ${except}`
            }: element ${at} is ${value}`,
          );
        }
      }
    });

    it("says how much memory is missing, and writes nothing", () => {
      const [shape] = Object.values(resultShapes(fn, call));
      const size = product(shape);
      const cause = new RangeError("Array buffer allocation failed");
      const dtype = resultType(fn, call), Data = ARRAYS[dtype];
      const name = Data.name as "Float32Array";
      const full = new Proxy(Data as typeof Float32Array, {
        construct(kind, args, newTarget) {
          if (typeof args[0] === "number") throw cause;
          return Reflect.construct(kind, args, newTarget);
        },
      });
      const none = givesRecord(fn) ? {} : undefined;
      Object.assign(ARRAYS, { [dtype]: full });
      globalThis[name] = full;
      try {
        right.refuses(
          {},
          RangeError,
          `there is no memory for the result: ${size} elements of ${dtype} are ${
            4 * size
          } bytes`,
          { out: none },
          cause,
        );
      } finally {
        globalThis[name] = Data as typeof Float32Array;
        Object.assign(ARRAYS, { [dtype]: Data });
      }
    });

    it("names the first thing that is wrong", () => {
      const all = right.tensors().map(([place]) => place);
      const bad = Object.fromEntries(all.map((place) => [place, 3]));
      right.refuses(
        bad,
        TypeError,
        `${all[0]} must be a tensor { shape, data }: it is 3`,
      );
      if (fn.kind === "forward") return;
      const dout = all.find((place) => place.startsWith("dout"))!;
      const out = all.find((place) => place.startsWith("out"))!;
      right.refuses(
        { [dout]: 3, [out]: 3 },
        TypeError,
        `${dout} must be a tensor { shape, data }: it is 3`,
      );
    });

    if (fn.kind === "all") {
      it("refuses in wrt what has no gradient, and in out what is not asked for", () => {
        const names = fn.signature.differentiable;
        const integers = inputs.filter(({ name }) => !names.includes(name));
        const others: unknown[] = ["other", "", "out", 0, null, undefined];
        others.push(names[0], ...integers.map(({ name }) => name));
        for (const other of others) {
          right.refuses(
            {},
            RangeError,
            `wrt must name inputs that have a gradient (${
              names.join(", ")
            }), each once: wrt[1] is ${
              typeof other === "string" ? `"${other}"` : other
            }`,
            { wrt: [names[0], other] },
          );
        }
        for (const wrt of [names[0], 0, null, {}, new Set(names)]) {
          right.refuses(
            {},
            TypeError,
            / as wrt must be an array of names of inputs: it is /,
            { wrt },
          );
        }
        const must = `out must be an object such as { ${names.join(", ")} }`;
        const out = outOf(fn, outs);
        right.refuses({}, TypeError, `${must}: it has "other"`, {
          out: { ...out, other: outs[names[0]] },
        });
        right.refuses({}, TypeError, `${must}: it has "shape"`, {
          out: outs[names[0]],
        });
        right.refuses({}, TypeError, `${must}: it is null`, { out: null });
        if (names.length > 1) {
          right.refuses(
            {},
            TypeError,
            `out must be an object such as { ${names[1]} }: it has "${
              names[0]
            }"`,
            { wrt: [names[1]] },
          );
        }
      });
    }

    if (Object.keys(spec.outputs).length > 1) {
      it("refuses a record of outputs that is none, by name", () => {
        const names = Object.keys(spec.outputs);
        if (fn.kind === "forward") {
          const must = `out must be an object such as { ${names.join(", ")} }`;
          right.refuses({}, TypeError, `${must}: it has "q"`, {
            out: { ...outs, q: outs[names[0]] },
          });
          right.refuses({}, TypeError, `${must}: it is 3`, { out: 3 });
          return;
        }
        for (const [dout, found] of [[null, "null"], [3, "3"]]) {
          right.refuses(
            { dout },
            TypeError,
            `dout must be an object of tensors by name: it is ${found}`,
          );
        }
        const must = `dout must be an object such as { ${names.join(", ")} }`;
        const [dout] = Object.values(call.douts);
        right.refuses({ dout }, TypeError, `${must}: it has "shape"`);
        right.refuses(
          { dout: { ...call.douts, q: dout } },
          TypeError,
          `${must}: it has "q"`,
        );
      });
    }
  });
}
