// Copyright 2026 the Adjoint authors. MIT license.

// gradcheck is called with what is none of its arguments, and with functions that
// return anything: it says what is wrong, in few calls.

import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { gradcheck } from "../gradcheck.ts";

// deno-lint-ignore no-explicit-any -- called with anything
const check: (...args: any[]) => ReturnType<typeof gradcheck> = gradcheck;

interface T {
  shape: readonly number[];
  data: Float64Array<ArrayBuffer>;
}

function vector(...values: number[]): T {
  return { shape: [values.length], data: Float64Array.from(values) };
}

const square = ({ shape, data }: T): T => ({
  shape: [...shape],
  data: data.map((v) => v * v),
});
const squareDx = ({ shape, data }: T, dout: T): T => ({
  shape: [...shape],
  data: data.map((v, i) => 2 * v * dout.data[i]),
});

function fail(): never {
  throw new Error("It is not for you");
}

/** Counts what is asked of an object; many questions are as bad as an error. */
let questions = 0;
const ask = <R>(answer: () => R) => (): R => {
  if (++questions > 1e6) throw new Error("It never ends");
  return answer();
};

/** What has every property, of whatever kind. */
function anything(target: object, value: unknown): object {
  return new Proxy(target, {
    get: ask(() => value),
    has: ask(() => true),
    getPrototypeOf: ask(() => null),
  });
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** An object that throws whatever is asked of it. */
function hostile(target: object): object {
  const traps = Object.getOwnPropertyNames(Reflect)
    .map((name) => [name, ask(fail)]);
  return new Proxy(target, Object.fromEntries(traps));
}

function detached(): Float64Array<ArrayBuffer> {
  const data = new Float64Array(2);
  data.buffer.transfer();
  return data;
}

/** Values of all kinds, each made anew. */
const strange: Record<string, () => unknown> = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  zero: () => 0,
  "minus one": () => -1,
  NaN: () => NaN,
  Infinity: () => Infinity,
  "a bigint": () => 2n ** 70n,
  "a text": () => "x",
  "a long text": () => "x".repeat(2 ** 24),
  "a symbol": () => Symbol("x"),
  "a function": () => () => vector(1, 2),
  "an asynchronous function": () => async () => await fail(),
  "a function that goes on for ever": () =>
    function* () {
      while (true) yield vector(1);
    },
  "a class": () => class {},
  "an object": () => ({}),
  "an object without a prototype": () => Object.create(null),
  "a list": () => [],
  "a list of lists": () => [[]],
  "a list that is in itself": () => {
    const list: unknown[] = [];
    list[0] = list;
    return list;
  },
  "a list of two": () => [vector(1, 2), vector(3, 4)],
  "billions of holes": () => new Array(2 ** 32 - 1),
  "a list without end": () => anything([], Infinity),
  "a long list of anything": () => anything([], 2 ** 53 - 1),
  "a short list of anything": () => anything([], 1),
  "a date": () => new Date(),
  "a map": () => new Map([["fast", true]]),
  "a regular expression": () => /x/,
  "an error": () => new Error("x"),
  "a promise": () => Promise.resolve(vector(1, 2)),
  "a promise that is never kept": () => new Promise(() => {}),
  "a promise that is broken": () => {
    const promise = Promise.reject(new Error("x"));
    promise.catch(() => {});
    return promise;
  },
  "numbers": () => new Float64Array(2),
  "bytes": () => new Uint8Array(2),
  "a buffer": () => new ArrayBuffer(8),
  "a view": () => new DataView(new ArrayBuffer(8)),
  "a tensor": () => vector(1, 2),
  "a tensor of integers": () => ({ shape: [2], data: new Int32Array(2) }),
  "a tensor of another shape": () => vector(1, 2, 3),
  "a tensor of nothing": () => vector(),
  "a tensor of too few numbers": () => ({ shape: [3], data: vector(1).data }),
  "a tensor of a huge shape": () => ({ shape: [2 ** 53], data: vector().data }),
  "a tensor of a negative shape": () => ({ shape: [-2], data: vector().data }),
  "a tensor of half a shape": () => ({ shape: [0.5], data: vector().data }),
  "a tensor of a shape that is none": () => ({ shape: "2", data: [1, 2] }),
  "a tensor of many axes": () => ({
    shape: new Array(2 ** 32 - 1),
    data: vector(1).data,
  }),
  "a tensor whose memory is gone": () => ({ shape: [2], data: detached() }),
  "a tensor of NaN": () => vector(NaN, 1),
  "a tensor of infinity": () => vector(Infinity, 1),
  "a tensor of zeros": () => vector(0, 0),
  "a frozen tensor": () => Object.freeze(vector(1, 2)),
  "a tensor that is another each time": () => {
    let n = 0;
    return {
      get shape() {
        return [++n % 3];
      },
      get data() {
        return new Float64Array(++n % 4);
      },
    };
  },
  "a shape that cannot be read": () => ({
    get shape() {
      return fail();
    },
    data: vector(1).data,
  }),
  "data that cannot be read": () => ({
    shape: [1],
    get data() {
      return fail();
    },
  }),
  "elements that cannot be read": () =>
    Object.defineProperty([1], 0, { get: fail }),
  "options that cannot be read": () =>
    Object.defineProperty({}, "fast", { get: fail, enumerable: true }),
  "what throws whatever is asked": () => hostile({}),
  "a list that throws": () => hostile([]),
  "a function that throws": () => hostile(() => vector(1, 2)),
  "what has everything": () => anything({}, 1),
  "a function that has everything": () => anything(() => vector(1, 2), 1),
  "a proxy that is revoked": () => revoked({}),
  "a list that is revoked": () => revoked([]),
  "a function that is revoked": () => revoked(() => {}),
};

const OPTIONS = [
  "dout",
  "fast",
  "budget",
  "directions",
  "seed",
  "rtol",
  "atol",
  "names",
  "strange",
];

/** Calls that have a strange value in one place. */
const places: Record<string, (value: unknown) => unknown[]> = {
  forward: (value) => [value, [squareDx], [vector(1, 2)]],
  backward: (value) => [square, value, [vector(1, 2)]],
  "a backward function": (value) => [square, [value], [vector(1, 2)]],
  inputs: (value) => [square, [squareDx], value],
  "an input": (value) => [square, [squareDx], [value]],
  "an input without a gradient": (value) => [
    (x: T, _y: unknown) => square(x),
    [squareDx, null],
    [vector(1, 2), value],
  ],
  options: (value) => [square, [squareDx], [vector(1, 2)], value],
  "an object": (value) => [value, [vector(1, 2)]],
  "a method forward": (value) => [
    { forward: value, backward: squareDx },
    [vector(1, 2)],
  ],
  "a method backward": (value) => [
    { forward: square, backward: value },
    [vector(1, 2)],
  ],
  "a name": (value) => [square, [squareDx], [vector(1, 2)], { names: [value] }],
  ...Object.fromEntries(OPTIONS.map((name) => [
    `the option ${name}`,
    (value: unknown) => [
      square,
      [squareDx],
      [vector(1, 2)],
      { [name]: value },
    ],
  ])),
};

/** Functions that return a strange value, in one place. */
const results: Record<string, (value: () => unknown) => unknown[]> = {
  "what forward returns": (value) => [value, [squareDx], [vector(1, 2)]],
  "an output": (value) => [
    (x: T) => [square(x), value()],
    [(x: T, [dout]: T[]) => squareDx(x, dout)],
    [vector(1, 2)],
  ],
  "what backward returns": (value) => [square, [value], [vector(1, 2)]],
  "all gradients": (value) => [square, value, [vector(1, 2)]],
  "one of all gradients": (value) => [
    square,
    () => ({ x: value() }),
    [vector(1, 2)],
  ],
  "one of a list of gradients": (value) => [
    square,
    () => [value()],
    [vector(1, 2)],
  ],
  "what a method forward returns": (value) => [
    { forward: value, backward: (dout: T) => dout },
    [vector(1, 2)],
  ],
  "what a method backward returns": (value) => [
    { forward: square, backward: (_dout: T) => value() },
    [vector(1, 2)],
  ],
};

/** A report, or the error where an argument is refused. */
function attempt(args: unknown[], where: string) {
  questions = 0;
  try {
    const report = check(...args);
    assert(["right", "wrong", "cannot tell"].includes(report.verdict), where);
    assertEquals(report.ok, report.verdict === "right");
    assertLess(report.message.length, 1e4, where);
    assertLess(report.calls, 2000, where);
    return report;
  } catch (error) {
    assert(error instanceof TypeError || error instanceof RangeError, where);
    assertMatch(error.message, /^Cannot run gradcheck as .{5}/, where);
    assertLess(error.message.length, 1e4, where);
    return undefined;
  }
}

describe("gradcheck() of anything", () => {
  for (const [place, call] of Object.entries(places)) {
    it(`refuses what cannot be ${place}, or judges it`, () => {
      for (const [name, make] of Object.entries(strange)) {
        attempt(call(make()), `${name} as ${place}`);
      }
    });
  }

  for (const [place, call] of Object.entries(results)) {
    it(`judges functions by ${place}`, () => {
      for (const [name, make] of Object.entries(strange)) {
        const where = `${name} as ${place}`;
        const report = attempt(call(make), where);
        assert(report !== undefined, where);
        // One output of several may be anything without a gradient, and one
        // gradient may be missing.
        const isNothing = name === "undefined" || name === "null";
        const isFree = place === "an output" ||
          isNothing && place.startsWith("one of");
        assert(isFree || !report.ok, where);
      }
    });
  }

  it("reports a function that throws anything, wherever it does", () => {
    for (const [name, make] of Object.entries(strange)) {
      const thrower = () => {
        throw make();
      };
      for (
        const args of [
          [thrower, [squareDx], [vector(1, 2)]],
          [square, [thrower], [vector(1, 2)]],
          [square, thrower, [vector(1, 2)]],
          [{ forward: square, backward: (_: T) => thrower() }, [vector(1)]],
        ]
      ) {
        const report = attempt(args, name);
        assertMatch(report!.problems[0], / throws /, name);
        assert("cause" in report!, name);
      }
      // Not at the point itself, but at all others.
      let calls = 0;
      const later = (x: T) => calls++ < 4 ? square(x) : thrower();
      assert(attempt([later, [squareDx], [vector(1, 2)]], name) !== undefined);
      const laterDx = (x: T, dout: T) =>
        x.data[0] === 1 ? squareDx(x, dout) : thrower();
      const report = attempt([square, [laterDx], [vector(1, 2)]], name);
      assert(report!.ok, name);
    }
  });

  it("calls a backward function a few times, however large the input", () => {
    const counts = [2, 200, 20_000].map((size) => {
      let calls = 0;
      const wrongDx = (x: T, dout: T) => {
        calls++;
        return { ...x, data: x.data.map((v, i) => v ** 3 * dout.data[i]) };
      };
      const x = vector(...Array.from({ length: size }, (_, i) => i % 9 + 0.5));
      assertEquals(check(square, [wrongDx], [x]).verdict, "wrong");
      return calls;
    });
    for (const calls of counts) assertLess(calls, 100, `${counts}`);
  });

  it("leaves its arguments as they are, whatever a function does to its own", () => {
    const spoil = (x: T) => {
      (x.shape as number[])[0] = 7;
      x.data.fill(9);
    };
    const x = vector(1, 2);
    const mask = { shape: [2], data: Uint8Array.of(1, 0) };
    const dout = vector(3, 4);
    const options = Object.freeze({ dout, names: Object.freeze(["x", "m"]) });
    for (const isSpoiling of [true, false]) {
      const forward = (x: T, m: T) => {
        const z = square(x);
        if (isSpoiling) [x, m].forEach(spoil);
        return z;
      };
      const backward = (x: T, m: T, dout: T) => {
        const dx = squareDx(x, dout);
        if (isSpoiling) [x, m, dout].forEach(spoil);
        return dx;
      };
      for (const fast of [false, true]) {
        const report = check(forward, [backward, null], [x, mask], {
          ...options,
          fast,
        });

        assertEquals(report.problems.length, isSpoiling ? 5 : 0);
        assertEquals(report.inputs[0].wrong, 0);
      }
    }
    assertEquals([x, dout], [vector(1, 2), vector(3, 4)]);
    assertEquals(mask, { shape: [2], data: Uint8Array.of(1, 0) });
  });
});
