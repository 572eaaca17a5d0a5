// Copyright 2026 the Adjoint authors. MIT license.

// What every function of every operation promises, whatever it computes, tried on
// random calls that follow from the operation's signature alone: a new operation
// is tested here as soon as it is an entry point of deno.json. `-- --seed=7`
// chooses other calls, `-- --runs=1000` more of them.

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as library from "../../mod.ts";
import {
  type AnyTensor,
  type Call,
  type Choose,
  declared,
  drawCall,
  drawShapes,
  hash,
  product,
  valuesOf,
  type Wanted,
} from "./testing/draw.ts";
import { OPERATIONS } from "./testing/operations.ts";
import { arena } from "../arena.ts";
import { zeros } from "../tensor.ts";
import { parseAxes } from "./axes.ts";
import { ARRAYS } from "./arrays.ts";
import type { Arrays, DType } from "./types.ts";
import { dtypeOf } from "./checks.ts";
import { op, type Signature, withoutKernels } from "./op.ts";
import { check, shareOf } from "./testing/check.ts";
import { assertClose, truthOf } from "./testing/close.ts";
import { closed, opened } from "./testing/closed.ts";
import {
  assertSameBits,
  assertSameNumbers,
  assertUntouched,
  by,
  bytesOf,
  callToCode,
  cast,
  emptyOuts,
  FUNCTIONS,
  functionsOf,
  givesRecord,
  invoke,
  isDefined,
  isFloats,
  lay,
  LAYOUTS,
  mapTensors,
  ON_PAGES,
  type OpFunction,
  outOf,
  resultShapes,
  resultType,
  tensorsOf,
} from "./testing/functions.ts";
import { LISTED } from "./testing/listed.ts";
import { TOYS } from "./testing/toys.ts";

/** How many cases all functions share, for a light property. */
const CASES = 3000;

/** Sizes on both sides of those where kernels change. */
const LARGE: Wanted = {
  sizes: [1, 2, 3, 8, 0, 17, 19, 21, 40],
  steps: 12_000,
};

const copy = ({ shape, data }: AnyTensor): AnyTensor => ({
  shape: [...shape],
  data: data.slice(),
});

/** The same record of other values. */
const mapValues = <T>(record: Record<string, T>, f: (x: T) => T) =>
  Object.fromEntries(Object.entries(record).map(([k, x]) => [k, f(x)]));

/** A copy in the arena that is open. */
const inArena = ({ shape, data }: AnyTensor): AnyTensor => {
  const { data: copy } = zeros([data.length], { dtype: dtypeOf({ data }) });
  copy.set(data);
  return { shape: [...shape], data: copy };
};

/** Tries a property of a function on right calls. */
function tries(
  fn: OpFunction,
  holds: (call: Call, choose: Choose) => void,
  { total = CASES, prepare = (call: Call, _: Choose) => call, ...wanted }:
    & Wanted
    & { total?: number; prepare?: (call: Call, choose: Choose) => Call } = {},
): void {
  check(
    (choose) => {
      const call = prepare(drawCall(fn.signature, choose, wanted), choose);
      const more: number[] = [0, 1, 2, 3, 4, 5].map(() => choose(2 ** 10));
      return { call, more };
    },
    ({ call, more }) => {
      if (!isDefined(fn, call)) return;
      let at = 0;
      holds(call, (bound) => more[at++ % more.length] % bound);
    },
    {
      runs: shareOf(total, FUNCTIONS.length),
      toCode: ({ call }) => callToCode(fn, call),
    },
  );
}

describe("the entry points", () => {
  for (const { entry, exports, signature } of OPERATIONS) {
    it(`${entry} has the functions that follow from its signature, and no others`, () => {
      const names = functionsOf(signature).map(({ name }) => name);
      assertEquals(
        Object.keys(exports).sort(),
        ["signature", ...names].sort(),
      );
      for (const name of names) {
        assertStrictEquals((exports[name] as { name: string }).name, name);
        assertStrictEquals(library[name as never], exports[name], name);
      }
    });

    it(`${entry} is named as its operation, and so is its file`, () => {
      const { name } = signature;
      const words = (joint: string) =>
        name.replaceAll(/[A-Z]/g, (c) => joint + c.toLowerCase());
      assertEquals(entry, `./${words("-")}`);
      const { path } = OPERATIONS.find((found) => found.entry === entry)!;
      assertEquals(path.split("/").at(-1), `${words("_")}.ts`);
    });
  }
});

for (const fn of [...FUNCTIONS, ...LISTED]) {
  const { name, signature } = fn;

  describe(`${name}()`, () => {
    it("gives new tensors of the right shapes, the same bits again, and writes to nothing", () => {
      tries(fn, (call) => {
        const before = bytesOf(call);
        const result = invoke(fn, call);
        const shapes = resultShapes(fn, call);
        assertEquals(Object.keys(result), Object.keys(shapes));
        assertUntouched(before);
        for (const [name, { shape, data }] of Object.entries(result)) {
          assert(Array.isArray(shape) && !Object.isFrozen(shape));
          assertEquals(shape, shapes[name]);
          assert(data instanceof ARRAYS[resultType(fn, call)]);
          assertEquals(data.length, product(shape));
          assert(data.buffer instanceof ArrayBuffer);
          for (const x of Object.values(tensorsOf(call))) {
            assert(x.data.buffer !== data.buffer && x.shape !== shape);
          }
        }
        const again = invoke(fn, call);
        assertSameBits(again, result, "again");
        for (const name in result) {
          assert(again[name].data.buffer !== result[name].data.buffer);
        }
        assertSameBits(invoke(fn, mapTensors(call, copy)), result, "of copies");
      }, {
        ...LARGE,
        contents: ["specials", "extremes", "reals"],
        prepare: (call, choose) =>
          lay(call, {
            kind: LAYOUTS[choose(LAYOUTS.length)],
            shared: choose(2) === 1,
            gap: 1 + choose(5),
          }),
      });
    });

    it("gives the same bits into out, which it returns, and touches nothing beside it", () => {
      tries(fn, (call, choose) => {
        const result = invoke(fn, call);
        const before = bytesOf(call);
        const rooms: Record<string, AnyTensor["data"]> = {};
        const outs = emptyOuts(fn, call);
        for (const [name, { shape, data }] of Object.entries(outs)) {
          const type = resultType(fn, call);
          const room = new ARRAYS[type](data.length + 2).fill(5);
          rooms[name] = room;
          outs[name] = { shape, data: room.subarray(1, data.length + 1) };
          outs[name].data.fill(choose(2) === 0 ? NaN : 7);
        }
        const out = outOf(fn, outs);
        const into = invoke(fn, call, { out });
        assertSameBits(into, result, "into out");
        for (const name in outs) {
          assertStrictEquals(into[name], outs[name]);
          const room = rooms[name];
          assertEquals([room[0], room[room.length - 1]], [5, 5]);
        }
        if (givesRecord(fn) && fn.kind === "all") {
          // Some of them may be new.
          const [first] = Object.keys(outs);
          const { [first]: _, ...rest } = outs;
          const some = invoke(fn, call, { out: rest });
          assertSameBits(some, result, "into some of out");
        }
        assertUntouched(before);
      }, { ...LARGE, contents: ["specials", "reals"], total: CASES / 2 });
    });

    it("reads and writes elements of arrays, and looks at no property of them", () => {
      const loops = fn.lists ? fn : by(withoutKernels(signature), fn);
      tries(fn, (call) => {
        for (const f of [fn, loops]) {
          const expected = invoke(f, call), given = mapTensors(call, closed);
          assertSameBits(invoke(f, given), expected, "new");
          const outs = mapValues(emptyOuts(fn, call), closed);
          invoke(f, given, { out: outOf(fn, outs) });
          assertSameBits(mapValues(outs, opened), expected, "into out");
        }
      }, { ...LARGE, contents: ["reals", "specials"], total: CASES / 3 });
    });

    it("gives the same bits in an arena, whatever its memory held before", () => {
      tries(fn, (call) => {
        const expected = invoke(fn, call);
        const before = bytesOf(call);
        const count = Object.values(expected)
          .reduce((sum, { data }) => sum + data.length + 32, 64);
        arena(() => {
          const inside = mapTensors(call, inArena);
          arena(() => void zeros([2 * count]).data.fill(NaN));
          assertSameBits(invoke(fn, inside), expected, "new");
          const outs = mapValues(emptyOuts(fn, call), inArena);
          const after = inArena({ shape: [9], data: new Float32Array(9) });
          invoke(fn, inside, { out: outOf(fn, outs) });
          assertSameBits(outs, expected, "into out");
          assertSameNumbers(after.data, new Float32Array(9), "what follows");
        });
        assertUntouched(before);
      }, { ...LARGE, contents: ["specials", "reals"], total: CASES / 3 });
    });

    loopProperties(fn);

    pageProperties(fn);

    it("ends at once if there is nothing to compute, even if other sizes are huge", () => {
      check((choose) => drawHuge(fn, choose), (call) => {
        if (call === undefined || !isDefined(fn, call)) return;
        const start = performance.now();
        for (const f of [fn, by(withoutKernels(signature), fn)]) {
          const result = invoke(f, call);
          assertEquals(
            Object.entries(result).map(([name, { shape }]) => [name, shape]),
            Object.entries(resultShapes(fn, call)),
          );
        }
        const seconds = (performance.now() - start) / 1000;
        assert(seconds < 5, `It takes ${seconds} seconds`);
      }, {
        runs: shareOf(CASES, FUNCTIONS.length),
        toCode: (call) => call === undefined ? "" : callToCode(fn, call),
      });
    });
  });
}

for (const fn of ON_PAGES) {
  describe(`${fn.name}(), as on its page`, () => loopProperties(fn));
}

/** An array that refuses to be read or written beside its elements. */
function fenced<A extends Arrays[DType]>(name: string, array: A): A {
  const check = (key: string | symbol) => {
    // The text of every number, and of what `undefined` does to one.
    if (typeof key === "symbol" || !/^-?\d|NaN|undefined/.test(key)) return;
    const i = Number(key);
    if (Number.isInteger(i) && i >= 0 && i < array.length) return;
    throw new Error(`a loop reaches ${name}[${key}] of ${array.length}`);
  };
  return new Proxy(array, {
    get(target, key) {
      check(key);
      const value = target[key as never] as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
    set(target, key, value) {
      check(key);
      target[key as never] = value as never;
      return true;
    },
  });
}

/** An operation whose loops see fenced arrays. */
function withFences({ name, spec }: Signature): Signature {
  const fence = (frame: object) =>
    new Proxy(frame, {
      get(target, key) {
        const value = target[key as never] as unknown;
        return ArrayBuffer.isView(value)
          ? fenced(String(key), value as Arrays[DType])
          : value;
      },
    }) as never;
  return op(name, {
    ...spec,
    kernels: undefined,
    forward: (frame) => spec.forward(fence(frame)),
    backward: spec.backward && ((frame) => spec.backward!(fence(frame))),
  });
}

/** Tests that a function computes what the loops of its page do. */
function loopProperties(fn: OpFunction): void {
  const loops = by(withoutKernels(fn.signature), fn);

  it("reads and writes no element beside those of its arrays, in its loops", () => {
    const strict = by(withFences(fn.signature), fn);
    tries(fn, (call) => {
      assertSameBits(invoke(strict, call), invoke(loops, call), fn.name);
    }, { contents: ["integers"], total: CASES / 2 });
  });

  it("computes what its loops compute, in either element type, within what rounding can do", () => {
    tries(fn, (call) => {
      const wide = cast(call, "float64");
      const names = Object.keys(resultShapes(fn, call));
      const of = (call: Call) => {
        const result = invoke(loops, call);
        return names.map((name) => result[name].data as Float64Array);
      };
      const count = Object.values(tensorsOf(call))
        .reduce((sum, { data }) => sum + data.length, 0);
      const truth = truthOf((move) => {
        let tensor = 0;
        return of(mapTensors(wide, (x) => {
          const at = tensor++;
          if (!isFloats(x)) return x;
          const data = Float64Array.from(x.data, (v, i) => move(v, at, i));
          return { shape: x.shape, data };
        }));
      }, count);
      const isExact = call.content === "integers" &&
        truth.every(({ values, sizes }) =>
          values.every((v, i) => Number.isInteger(v) && sizes[i] < 2 ** 22)
        );
      for (
        const [what, f, given] of [
          ["by kernels", fn, call],
          ["by loops", loops, call],
          ["by kernels in float64", fn, wide],
        ] as const
      ) {
        const result = invoke(f, given);
        names.forEach((name, i) => {
          const { data } = result[name];
          if (isExact) {
            assertSameNumbers(
              Array.from(data, (v) => v + 0),
              Array.from(truth[i].values, (v) => v + 0),
              `${what}: ${name}`,
            );
          }
          assertClose(data, truth[i], given.dtype, `${what}: ${name}`);
        });
      }
    }, {
      ...LARGE,
      contents: ["integers", "reals", "wide"],
      total: CASES / 2,
    });
  });

  it("has NaN and infinities where its loops have them", () => {
    tries(fn, (call) => {
      const [actual, expected] = [invoke(fn, call), invoke(loops, call)];
      for (const name in expected) {
        const special = ({ data }: AnyTensor) =>
          Array.from(data, (v) => Number.isFinite(v) ? 0 : v);
        assertSameNumbers(
          special(actual[name]),
          special(expected[name]),
          name,
        );
      }
    }, { ...LARGE, contents: ["specials"], total: CASES / 2 });
  });
}

/** A call in which some axes are huge, but no tensor has many elements. */
function drawHuge({ signature }: OpFunction, choose: Choose): Call | undefined {
  for (let tries = 0; tries < 20; tries++) {
    const shapes = drawShapes(signature, choose, {
      sizes: [0, 2 ** 40, 1, 2 ** 20, 2, 2 ** 52],
      steps: Infinity,
    });
    const all = [
      ...Object.values(shapes.inputs),
      ...Object.values(shapes.outputs),
    ];
    const isHuge = all.flat().some((n) => n > 1000);
    if (!isHuge || all.some((shape) => sizeOf(shape) > 100)) continue;
    if (!all.flat().every(Number.isSafeInteger)) continue;
    const make = (shape: number[], name?: string): AnyTensor => {
      const input = name === undefined ? "" : signature.spec.inputs[name];
      const isInteger = declared(input).integer !== undefined;
      const Data = isInteger ? Int32Array : Float32Array;
      return { shape, data: new Data(sizeOf(shape)) };
    };
    const entries = Object.entries(shapes.inputs);
    return {
      signature,
      shapes,
      dtype: "float32",
      content: "integers",
      inputs: Object.fromEntries(
        entries.map(([name, shape]) => [name, make(shape, name)]),
      ),
      douts: Object.fromEntries(
        Object.entries(shapes.outputs).map(([k, shape]) => [k, make(shape)]),
      ),
    };
  }
}

/** The product of dimensions, of which 0 counts more than any other. */
const sizeOf = (shape: number[]) => shape.includes(0) ? 0 : product(shape);

/** The letter of an option of a kind, and the key of the option. */
function optionOf({ spec }: Signature, kind: "axis" | "axes") {
  for (const [key, option] of Object.entries(spec.options ?? {})) {
    if (option.kind === kind) {
      return { key, letter: (option as { letter: string }).letter };
    }
  }
}

/** The shapes of a call with one axis for each letter, as on the page. */
function pageShapes({ signature, shapes }: Call) {
  const { spec } = signature, values = valuesOf(signature, shapes);
  const shapeOf = (text: string) =>
    parseAxes(text).axes.map((axis) =>
      axis.kind === "size" ? axis.value.of(values) : values[axis.letter]
    );
  const map = <T>(all: Readonly<Record<string, T>>, text: (x: T) => string) =>
    Object.fromEntries(
      Object.entries(all).map(([name, x]) => [name, shapeOf(text(x))]),
    );
  return {
    inputs: map(spec.inputs, (input) => declared(input).shape),
    outputs: map(spec.outputs, (text) => text),
  };
}

/** The same call as on the page, where the order of the elements is the same. */
function asOnPage(call: Call): Call {
  const { signature, shapes } = call, { spec } = signature;
  const page = pageShapes(call);
  const options: Record<string, unknown> = { ...shapes.options };
  delete options.keepDims;
  const along = optionOf(signature, "axis") ?? optionOf(signature, "axes");
  if (along !== undefined) {
    const [first] = Object.values(spec.inputs);
    const at = parseAxes(declared(first).shape).axes.findIndex((axis) =>
      axis.kind !== "size" && axis.letter === along.letter
    );
    options[along.key] = optionOf(signature, "axis") ? at : [at];
  }
  const all: Record<string, number[]> = { ...page.inputs };
  for (const [k, shape] of Object.entries(page.outputs)) all[`d${k}`] = shape;
  return {
    ...mapTensors(call, ({ data }, name) => ({ shape: all[name], data })),
    shapes: { ...shapes, ...page, options },
  };
}

/** The numbers of a tensor whose axes are put in an order. */
function inOrder(
  { shape, data }: AnyTensor,
  order: number[],
): AnyTensor["data"] {
  const result = data.slice();
  const to = order.map((axis) => shape[axis]);
  for (let at = 0; at < data.length; at++) {
    const index: number[] = [];
    let rest = at;
    for (let k = to.length - 1; k >= 0; k--) {
      index[order[k]] = rest % to[k];
      rest = Math.floor(rest / to[k]);
    }
    result[at] = data[index.reduce((sum, i, axis) => sum * shape[axis] + i, 0)];
  }
  return result;
}

/** The places of a tensor that is broadcast to a shape, element by element. */
function placesOf(shape: number[], to: number[]): number[] {
  const places: number[] = [];
  const lead = to.length - shape.length;
  for (let at = 0; at < product(to); at++) {
    let rest = at, place = 0, step = 1;
    for (let axis = to.length - 1; axis >= lead; axis--) {
      const n = shape[axis - lead];
      if (n > 1) place += rest % to[axis] * step;
      step *= n;
      rest = Math.floor(rest / to[axis]);
    }
    places.push(place);
  }
  return places;
}

/** The shape of a tensor that has in full the axes that are broadcast. */
function wideShape(
  { spec }: OpFunction["signature"],
  { shapes }: Call,
  name: string,
  { shape }: AnyTensor,
): number[] {
  const input = spec.inputs[name];
  if (input === undefined) return shape; // A dout.
  const [first, ...others] = parseAxes(declared(input).shape).axes;
  if (first?.kind !== "many" || first.letter !== spec.broadcast) return shape;
  const rest = shape.slice(shape.length - others.length);
  return [...shapes.letters[spec.broadcast], ...rest];
}

/** Tests that any number of axes is what the page says of one for each letter. */
function pageProperties(fn: OpFunction): void {
  const { signature } = fn, { spec } = signature;
  const [first] = Object.keys(spec.inputs);
  const texts = Object.values(spec.inputs).map((input) =>
    declared(input).shape
  );
  const limits: Wanted = { sizes: [1, 2, 3, 0, 4, 5, 9], rank: 4 };
  const shared = spec.broadcast;
  const broadcast = shared !== undefined || Object.values(spec.outputs)
    .some((text) => parseAxes(text).broadcast);
  const flat = (results: Record<string, AnyTensor>) =>
    Object.fromEntries(
      Object.entries(results)
        .map(([name, { data }]) => [name, { shape: [data.length], data }]),
    );

  if (broadcast) {
    it("is what it is of inputs that are written out, where they are broadcast", () => {
      tries(fn, (call) => {
        const [whole] = Object.values(call.shapes.outputs);
        const places: Record<string, number[]> = {};
        const wide = mapTensors(cast(call, "float64"), (x, name) => {
          const shape = shared === undefined
            ? whole
            : wideShape(signature, call, name, x);
          const at = places[name] = placesOf(x.shape, shape);
          return {
            shape: shared === undefined ? [at.length] : shape,
            data: Float64Array.from(at, (i) => x.data[i]),
          };
        });
        const expected = invoke(fn, wide);
        for (
          const [name, shape] of Object.entries(resultShapes(fn, call))
        ) {
          const { data } = expected[name];
          if (data.length === product(shape)) {
            // A -0 stays one.
            const numbers = ARRAYS[resultType(fn, call)].from(data);
            expected[name] = { shape, data: numbers };
            continue;
          }
          const sums = new Float64Array(product(shape));
          data.forEach((v, i) => sums[places[name][i]] += v);
          const numbers = ARRAYS[call.dtype].from(sums);
          expected[name] = { shape, data: numbers };
        }
        assertSameBits(invoke(fn, call), expected, "written out");
      }, {
        ...limits,
        // What has no axes that are broadcast is summed in another order.
        contents: [shared === undefined ? "reals" : "integers"],
      });
    });
  }
  const isOne = broadcast && shared === undefined;
  if (!isOne && texts.some((text) => text.includes("…"))) {
    it("sees any axes of a tensor as the axes of its page", () => {
      tries(fn, (call) => {
        const results = invoke(fn, call);
        const over = optionOf(signature, "axes");
        const x = call.inputs[first]!;
        // Axes that are apart are brought together, the reduced ones last.
        const rank = x.shape.length;
        const all = x.shape.map((_, axis) => axis);
        const given = over === undefined
          ? []
          : call.shapes.options[over.key] as number[] | undefined ?? all;
        const reduced = given.map((axis) => axis < 0 ? axis + rank : axis)
          .sort();
        const isApart = reduced.some((axis, i) => axis !== reduced[0] + i);
        const order = isApart
          ? [...all.filter((axis) => !reduced.includes(axis)), ...reduced]
          : all;
        const move = (x: AnyTensor) => ({
          shape: x.shape,
          data: inOrder(x, order),
        });
        const page = asOnPage({
          ...call,
          inputs: { ...call.inputs, [first]: move(x) },
        });
        if (fn.kind !== "forward" && results[first]) {
          results[first] = move(results[first]);
        }
        assertSameBits(flat(results), flat(invoke(fn, page)), "as on the page");
      }, { ...limits, contents: ["reals", "specials"], broadcast: false });
    });
  }
}

describe("gradients at once", () => {
  const signatures = [...OPERATIONS.map(({ signature }) => signature), ...TOYS];
  for (const signature of signatures) {
    const inputs = signature.differentiable;
    if (inputs.length === 0) continue;
    const [, all, ...ones] = functionsOf(signature);

    it(`${all.name}() gives them all; wrt and out choose among them`, () => {
      tries(all, (call, choose) => {
        const result = invoke(all, call);
        for (const one of ones) {
          if (!isDefined(one, call)) continue;
          const { [one.wrt!]: gradient } = invoke(one, call);
          const name = one.wrt!;
          assertSameBits(
            { [name]: gradient },
            { [name]: result[name] },
            one.name,
          );
        }
        const wrt = inputs.filter(() => choose(2) === 1);
        const some = invoke(all, call, { wrt });
        const given = wrt.filter((name) => call.inputs[name] !== null);
        const expected = Object.fromEntries(
          given.map((name) => [name, result[name]]),
        );
        assertSameBits(some, expected, `wrt ${wrt}`);
        if (given.length === 0) return;
        const outs = emptyOuts(all, call);
        const out = { [given[0]]: outs[given[0]] };
        const into = invoke(all, call, { wrt, out });
        assertSameBits(into, expected, `wrt ${wrt}, with out`);
        assertStrictEquals(into[given[0]], outs[given[0]]);
      }, { contents: ["reals", "specials"] });
    });

    it(`${all.name}() computes nothing that is not asked for`, () => {
      let seen: string[] = [];
      const { spec } = signature;
      const spy =
        (loop: NonNullable<typeof spec.backward>): typeof loop => (env) => {
          const given = env as Record<string, unknown>;
          seen.push(
            ...inputs.filter((name) => given[`d${name}`] !== undefined),
          );
          return loop(env);
        };
      const { kernels } = spec;
      const watched = op(signature.name, {
        ...spec,
        backward: spy(spec.backward!),
        kernels: kernels && {
          ...kernels,
          backward: kernels.backward && spy(kernels.backward),
        },
      });
      const [, whole] = functionsOf(watched);
      tries(whole, (call, choose) => {
        const wrt = inputs.filter(() => choose(2) === 1);
        seen = [];
        const asked = Object.keys(invoke(whole, call, { wrt }));
        const isEmpty = asked.every((name) =>
          call.inputs[name]!.data.length === 0
        );
        // No loop need run where no output has an element: the gradients are 0.
        const ofNothing = Object.values(call.douts)
          .every(({ data }) => data.length === 0);
        if (ofNothing && seen.length === 0) return;
        // Loops may run several times, for parts of what is broadcast.
        assertEquals([...new Set(seen)], isEmpty ? [] : asked);
      }, { contents: ["integers"], total: CASES / 4 });
    });
  }
});

describe("gradients", () => {
  // ⟨dout, J v⟩ = ⟨Jᵀ dout, v⟩ for every direction v in which the inputs move.
  for (const fn of [...FUNCTIONS, ...LISTED]) {
    if (fn.kind !== "one") continue;
    const wrt = fn.wrt!;

    it(`${fn.name}() is the adjoint of the derivative`, () => {
      const [forward] = functionsOf(fn.signature);
      tries(fn, (call) => {
        const gradient = invoke(fn, call)[wrt].data;
        const x = call.inputs[wrt]!;
        const v = x.data.map((x, i) =>
          (hash(3, 5, i) / 2 ** 31 - 1) * Math.max(Math.abs(x), 2 ** -8)
        );
        let right = 0, size = 0;
        gradient.forEach((g, i) => {
          right += g * v[i];
          size += Math.abs(g * v[i]);
        });
        /** ⟨dout, f(x + hv)⟩ */
        const at = (h: number) => {
          const data = x.data.map((x, i) => x + h * v[i]);
          const results = invoke(forward, {
            ...call,
            inputs: { ...call.inputs, [wrt]: { shape: x.shape, data } },
          });
          let sum = 0, size = 0;
          for (const [name, { data }] of Object.entries(results)) {
            data.forEach((y, i) => {
              const term = y * call.douts[name].data[i];
              sum += term;
              size += Math.abs(term);
            });
          }
          return { sum, size };
        };
        if (!Number.isFinite(right)) return;
        const found: number[] = [];
        // If a kink lies between, a smaller step may not reach it.
        for (const h of [2 ** -16, 2 ** -20, 2 ** -24]) {
          const [ahead, behind] = [at(h), at(-h)];
          // A mean of nothing, say, has no derivative.
          if (!Number.isFinite(ahead.sum + behind.sum)) return;
          const left = (ahead.sum - behind.sum) / (2 * h);
          const noise = 2 ** -50 * (ahead.size + behind.size) / h;
          if (Math.abs(left - right) <= 1e-6 * size + noise) return;
          found.push(left);
        }
        throw new Error(
          `⟨dout, J v⟩ is ${found.join(" or ")}, but ⟨Jᵀ dout, v⟩ is ${right}`,
        );
      }, { contents: ["reals"], dtypes: ["float64"] });
    });
  }
});
