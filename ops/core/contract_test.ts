// Copyright 2026 the Adjoint authors. MIT license.

// What every operation promises, forward and backward, whatever it computes.

import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { runInNewContext } from "node:vm";
import { addBias, addBiasDy } from "../arithmetic/add_bias.ts";
import { linear, linearDb } from "../products/linear.ts";
import { matmul, matmulDx, matmulDy } from "../products/matmul.ts";
import { type Contract, CONTRACTS } from "../proof/contracts.ts";
import { sum } from "../reductions/sum.ts";
import { type DType, ones, type Tensor, zeros } from "../tensor.ts";

/** Arguments that do not fit the others, which are SMALL, and the message. */
const MISMATCHES: Record<string, [Record<string, number[]>, string][]> = {
  matmul: [
    [
      { y: [4, 3] },
      "the columns of x must equal the rows of y: x is 2×3, y is 4×3",
    ],
    [
      { x: [4, 6], y: [7, 9] },
      "the columns of x must equal the rows of y: x is 4×6, y is 7×9",
    ],
    [
      { x: [2, 0] },
      "the columns of x must equal the rows of y: x is 2×0, y is 3×4",
    ],
  ],
  addBias: [
    [
      { y: [4] },
      "the length of y must equal axis 1 of x: x is 3×2×4, y is [4]",
    ],
    [
      { x: [2, 3, 4] },
      "the length of y must equal axis 1 of x: x is 2×3×4, y is [2]",
    ],
    [
      { y: [1] },
      "the length of y must equal axis 1 of x: x is 3×2×4, y is [1]",
    ],
  ],
  linear: [
    [
      { w: [4, 5] },
      "the columns of x must equal the columns of w: x is 3×4, w is 4×5",
    ],
    [
      { b: [3] },
      "the length of b must equal the rows of w: b is [3], w is 5×4",
    ],
    [
      { b: [1] },
      "the length of b must equal the rows of w: b is [1], w is 5×4",
    ],
  ],
};

/** What each letter stands for. Below and above the size where kernels change. */
type Dims = Record<string, number>;
const SMALL: Dims = { k: 5, m: 2, n: 3, p: 4 };
const MIDDLE: Dims = { k: 8, m: 7, n: 9, p: 6 };
const LARGE: Dims = { k: 18, m: 17, n: 19, p: 21 };

const DTYPES: DType[] = ["float32", "float64"];
const ARRAYS = { float32: Float32Array, float64: Float64Array };
const BYTES = { float32: 4, float64: 8 };

/** What `node:vm` makes for another realm, as an iframe or Jest does. */
const REALM = runInNewContext("({ Float32Array, Float64Array })");

const shapeOf = (letters: string, dims: Dims) =>
  Array.from(letters, (letter) => dims[letter]);
const product = (ns: number[]) => ns.reduce((a, b) => a * b, 1);
const show = (shape: readonly number[]) =>
  shape.length > 1 ? shape.join("×") : `[${shape}]`;

/** A tensor whose elements all differ, and are no integers. */
function make(shape: number[], dtype: DType, seed = 1): Tensor {
  const data = new ARRAYS[dtype](product(shape));
  return { shape, data: data.map((_, i) => (i + seed) / 7 - i * i / 64) };
}

function fill(shape: number[], dtype: DType, value: number): Tensor {
  return { shape, data: new ARRAYS[dtype](product(shape)).fill(value) };
}

type ErrorKind = typeof TypeError | typeof RangeError;
type Args = Record<string, Tensor>;

/** The arguments of a function, each made by `of`. */
function args(
  { takes }: Contract,
  dims: Dims,
  of: (shape: number[], name: string, index: number) => Tensor,
): Args {
  return Object.fromEntries(
    Object.entries(takes).map((
      [name, letters],
      i,
    ) => [name, of(shapeOf(letters, dims), name, i)]),
  );
}

const distinct = (contract: Contract, dims = SMALL, dtype: DType = "float32") =>
  args(contract, dims, (shape, _, i) => make(shape, dtype, i + 1));

function call({ f }: Contract, tensors: Record<string, unknown>): Tensor {
  return f(...Object.values(tensors) as never[]);
}

/** Equal in every bit, so 0 is not -0, and NaN is NaN. */
function assertSameBits(actual: Tensor, expected: Tensor): void {
  assertEquals(actual.shape, expected.shape);
  assertStrictEquals(actual.data.constructor, expected.data.constructor);
  assertEquals(actual.data.length, expected.data.length);
  const wrong = actual.data.findIndex((v, i) =>
    !Object.is(v, expected.data[i])
  );
  assertEquals(wrong, -1, `Element ${wrong} differs`);
}

function copy({ shape, data }: Tensor): Tensor {
  return { shape: [...shape], data: data.slice() };
}

function copies(tensors: Args): Args {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, x]) => [name, copy(x)]),
  );
}

function assertUnchanged(tensors: Args, before: Args): void {
  for (const name in before) assertSameBits(tensors[name], before[name]);
}

/** Asserts the class and the whole message, and that no argument was written. */
function assertRefused(
  contract: Contract,
  tensors: Args,
  bad: Record<string, unknown>,
  ErrorClass: ErrorKind,
  message: string,
): void {
  const before = copies(tensors);
  const error = assertThrows(
    () => call(contract, { ...tensors, ...bad }),
    ErrorClass,
  );
  assertStrictEquals(error.constructor, ErrorClass);
  assertStrictEquals(error.message, `Cannot ${contract.act} as ${message}`);
  assertUnchanged(tensors, before);
}

/** Calls `f` where no new elements of these arrays can be had. */
function withoutMemory(f: () => void): void {
  const { Float32Array, Float64Array } = globalThis;
  const full = <T extends typeof Float32Array | typeof Float64Array>(kind: T) =>
    new Proxy(kind, {
      construct(kind, args, newTarget) {
        if (typeof args[0] === "number") throw new RangeError("Out of memory");
        return Reflect.construct(kind, args, newTarget);
      },
    });
  globalThis.Float32Array = full(Float32Array);
  globalThis.Float64Array = full(Float64Array);
  try {
    f();
  } finally {
    Object.assign(globalThis, { Float32Array, Float64Array });
  }
}

/** The positions of a shape, in row-major order, a number for each letter. */
function positions(letters: string, dims: Dims): Dims[] {
  let all: Dims[] = [{}];
  for (const letter of letters) {
    all = all.flatMap((at) =>
      Array.from({ length: dims[letter] }, (_, i) => ({ ...at, [letter]: i }))
    );
  }
  return all;
}

for (const contract of CONTRACTS) {
  const { f, takes, gives, factors = [], terms = [] } = contract;
  const names = Object.keys(takes);

  describe(`${f.name}()`, () => {
    for (const dtype of DTYPES) {
      for (const [which, dims] of Object.entries({ SMALL, MIDDLE, LARGE })) {
        const size = `${dtype}, ${which.toLowerCase()}`;
        const given = () => distinct(contract, dims, dtype);

        it(`returns a new tensor of the right shape and element type (${size})`, () => {
          const tensors = given();
          const result = call(contract, tensors);
          assertEquals(result.shape, shapeOf(gives, dims));
          assert(Array.isArray(result.shape));
          assert(!Object.isFrozen(result) && !Object.isFrozen(result.shape));
          assertStrictEquals(result.data.constructor, ARRAYS[dtype]);
          assertEquals(result.data.length, product([...result.shape]));
          for (const name of names) {
            assert(result.shape !== tensors[name].shape);
            assert(result.data.buffer !== tensors[name].data.buffer);
          }
          const again = call(contract, tensors);
          assert(again.shape !== result.shape);
          assert(again.data.buffer !== result.data.buffer);
        });

        it(`is deterministic and writes to no argument (${size})`, () => {
          const tensors = given();
          const before = copies(tensors);
          const result = call(contract, tensors);
          assertUnchanged(tensors, before);
          call(contract, args(contract, dims, (s) => fill(s, dtype, NaN)));
          assertSameBits(call(contract, tensors), result);
        });

        it(`sees what has been written to an argument since (${size})`, () => {
          const tensors = given();
          for (const name of names) {
            call(contract, tensors);
            tensors[name].data.forEach((v, i, data) => data[i] = v / 2 + i);
            assertSameBits(
              call(contract, tensors),
              call(contract, copies(tensors)),
            );
          }
        });

        it(`takes arrays of another realm, also for out (${size})`, () => {
          const foreign = ({ shape, data }: Tensor) => {
            const copy = new REALM[ARRAYS[dtype].name](data.length);
            copy.set(data);
            return { shape, data: copy };
          };
          const tensors = given();
          const others = Object.fromEntries(
            names.map((name) => [name, foreign(tensors[name])]),
          );
          const result = call(contract, tensors);
          assertSameBits(call(contract, others), result);
          const out = foreign(fill([...result.shape], dtype, NaN));
          assertStrictEquals(call(contract, { ...others, out }), out);
          assert([...out.data].every((v, i) => Object.is(v, result.data[i])));
        });

        it(`accepts frozen tensors and shapes (${size})`, () => {
          const tensors = given();
          const frozen = Object.fromEntries(
            names.map((name) => {
              const { shape, data } = tensors[name];
              return [
                name,
                Object.freeze({ shape: Object.freeze(shape), data }),
              ];
            }),
          );
          assertSameBits(call(contract, frozen), call(contract, given()));
        });

        for (const Buffer of [ArrayBuffer, SharedArrayBuffer]) {
          it(`accepts views into one ${Buffer.name} (${size})`, () => {
            const tensors = given();
            const room = names.map((name) => tensors[name].data.length + 3);
            const all = new ARRAYS[dtype](
              new Buffer(
                BYTES[dtype] * (1 + room.reduce((a, b) => a + b)),
              ) as ArrayBuffer,
            ).fill(NaN);
            let start = 1;
            const views = Object.fromEntries(names.map((name, i) => {
              const { shape, data } = tensors[name];
              const view = all.subarray(start, start + data.length);
              view.set(data);
              start += room[i];
              return [name, { shape, data: view }];
            }));
            const before = all.slice();
            const result = call(contract, views);
            assertSameBits(result, call(contract, tensors));
            assert(result.data.buffer instanceof ArrayBuffer);
            assertEquals(all, before);
          });
        }

        const ranks = Object.values(takes).map((letters) => letters.length);
        if (new Set(ranks).size < ranks.length) {
          it(`accepts one tensor as several arguments (${size})`, () => {
            const cube = { k: dims.k, m: dims.k, n: dims.k, p: dims.k };
            const byRank: Tensor[] = [];
            const aliased = args(contract, cube, (shape) => {
              return byRank[shape.length] ??= make(shape, dtype);
            });
            const before = copies(aliased);
            assertSameBits(call(contract, aliased), call(contract, before));
            assertUnchanged(aliased, before);
          });
        }

        for (const name of names) {
          const isFactor = factors.includes(name);
          const isRead = isFactor || terms.includes(name);
          const reached = isRead
            ? "where IEEE 754 says, and no further"
            : "nowhere, as only the shape is read";

          it(`carries NaN and infinity in ${name} ${reached} (${size})`, () => {
            const all = positions(takes[name], dims);
            const at = all.length >> 1;
            const touched = positions(gives, dims).map((to) =>
              isRead &&
              Array.from(takes[name]).every((letter) =>
                !(letter in to) || to[letter] === all[at][letter]
              )
            );
            for (const poison of [NaN, Infinity, -Infinity]) {
              const tensors = args(contract, dims, (s) => fill(s, dtype, 0));
              tensors[name].data[at] = poison;
              // Every other factor is 0: were a zero skipped, this would be 0.
              const expected = isFactor ? NaN : poison;
              assertEquals(
                Array.from(call(contract, tensors).data),
                touched.map((hit) => hit ? expected : 0),
              );
            }
          });
        }
      }
    }

    const rounding = (dims: Dims) => {
      const singles = distinct(contract, dims);
      const doubles = (of: (x: number) => number) =>
        call(
          contract,
          Object.fromEntries(names.map((name) => {
            const { shape, data } = singles[name];
            return [name, { shape, data: Float64Array.from(data, of) }];
          })),
        );
      return { result: call(contract, singles), doubles };
    };

    for (const dims of factors.length > 0 ? [SMALL] : [SMALL, LARGE]) {
      it(`rounds a float32 result once, from float64 (${dims === SMALL ? "small" : "large"})`, () => {
        const { result, doubles } = rounding(dims);
        const { shape, data } = doubles((x) => x);
        assertSameBits(result, { shape, data: Float32Array.from(data) });
      });
    }

    if (factors.length > 0) {
      it("rounds a float32 result once for each term (large)", () => {
        const { result, doubles } = rounding(LARGE);
        const truth = doubles((x) => x).data;
        const sizes = doubles(Math.abs).data; // Of all terms of an element.
        const rounded = Math.max(...Object.values(LARGE)) + 1;
        result.data.forEach((value, i) =>
          assert(
            Math.abs(value - truth[i]) <= rounded * 2 ** -24 * sizes[i],
            `Element ${i} is ${value}, not ${truth[i]}`,
          )
        );
      });
    }

    it("counts the terms of its sums, dimensions 0 in every position too", () => {
      const summed = (read: string[]) =>
        [...new Set(read.map((name) => takes[name]).join(""))]
          .filter((letter) => !gives.includes(letter));
      for (
        const { k, m, n, p } of positions("kmnp", { k: 3, m: 3, n: 3, p: 3 })
      ) {
        const dims = {
          k: k && k + 1,
          m: m && m + 1,
          n: n && n + 1,
          p: p && p + 1,
        };
        const count = (letters: string[]) =>
          product(letters.map((letter) => dims[letter as "k"]));
        const expected = (factors.length > 0 ? count(summed(factors)) : 0) +
          terms.reduce((total, name) => total + count(summed([name])), 0);
        for (const dtype of DTYPES) {
          assertSameBits(
            call(contract, args(contract, dims, (s) => fill(s, dtype, 1))),
            fill(shapeOf(gives, dims), dtype, expected),
          );
        }
      }
    });

    const summed = Object.values(takes).join("")
      .replaceAll(new RegExp(`[${gives}]`, "g"), "");
    if (terms.length === 1 && summed === "" && gives !== "") {
      it("copies its one term bit by bit, -0 and NaN too", () => {
        for (const dtype of DTYPES) {
          for (const value of [-0, 0, NaN, -Infinity, 5e-324]) {
            const tensors = distinct(contract, SMALL, dtype);
            tensors[terms[0]].data.fill(value);
            assertSameBits(
              call(contract, tensors),
              fill(shapeOf(gives, SMALL), dtype, tensors[terms[0]].data[0]),
            );
          }
        }
      });
    }

    it("takes any object that has a shape and data", () => {
      class Image {
        get shape() {
          return this.dims;
        }
        constructor(
          readonly dims: readonly number[],
          readonly data: Tensor["data"],
        ) {}
      }
      const tensors = distinct(contract);
      const images = Object.fromEntries(
        names.map((name) => [
          name,
          new Image(tensors[name].shape, tensors[name].data),
        ]),
      );
      assertSameBits(call(contract, images), call(contract, tensors));
    });

    it("says how much memory there is not, and writes nothing", () => {
      for (const dtype of DTYPES) {
        const tensors = distinct(contract, SMALL, dtype);
        const before = copies(tensors);
        const size = product(shapeOf(gives, SMALL));
        let error: Error | undefined;
        withoutMemory(() => {
          error = assertThrows(() => call(contract, tensors), RangeError);
        });
        assertStrictEquals(
          error?.message,
          `Cannot ${contract.act} as there is no memory for the result: ${size} elements of ${dtype} are ${
            size * BYTES[dtype]
          } bytes`,
        );
        assertStrictEquals((error.cause as Error).message, "Out of memory");
        assertUnchanged(tensors, before);
      }
    });

    const dims = LARGE;
    const size = product(shapeOf(gives, dims));

    /** All arguments and `out` side by side in one buffer, `out` of NaN. */
    const sideBySide = (dtype: DType) => {
      const tensors = distinct(contract, dims, dtype);
      const room = names.reduce(
        (n, name) => n + tensors[name].data.length,
        0,
      );
      const all = new ARRAYS[dtype](room + size).fill(NaN);
      let at = 0;
      const views = Object.fromEntries(names.map((name) => {
        const { shape, data } = tensors[name];
        all.set(data, at);
        return [name, {
          shape,
          data: all.subarray(at, at += data.length),
        }];
      }));
      const out = { shape: shapeOf(gives, dims), data: all.subarray(at) };
      return { tensors, views, out, all };
    };

    it("overwrites out and returns it", () => {
      for (const dtype of DTYPES) {
        const { tensors, views, out } = sideBySide(dtype);
        assertStrictEquals(call(contract, { ...views, out }), out);
        assertSameBits(out, call(contract, tensors));
        assertUnchanged(views, tensors);
      }
    });

    for (const name of names) {
      it(`refuses an out that shares memory with ${name}`, () => {
        for (const dtype of DTYPES) {
          const { views, out, all } = sideBySide(dtype);
          const { length } = views[name].data;
          const start = views[name].data.byteOffset / BYTES[dtype];
          // Out ends with the first number of the argument.
          const shared = new ARRAYS[dtype](all.length + size);
          const data = shared.subarray(start + 1, start + 1 + size);
          const input = shared.subarray(start + size, start + size + length);
          const bad = { ...views, [name]: { ...views[name], data: input } };
          assertRefused(
            contract,
            bad,
            { out: { ...out, data } },
            TypeError,
            `out must not share memory with ${name}: they share ${
              BYTES[dtype]
            } bytes`,
          );
        }
      });
    }

    for (const name of [...factors, ...terms]) {
      it(`refuses ${name} where its memory shrinks while out is read`, () => {
        const tensors = distinct(contract);
        const { shape, data: { length, byteLength } } = tensors[name];
        const buffer = new ArrayBuffer(byteLength, {
          maxByteLength: byteLength,
        });
        const data = new Float32Array(buffer); // As long as its buffer.
        data.set(tensors[name].data);
        const result = make(shapeOf(gives, SMALL), "float32");
        const before = copy(result);
        const out = {
          shape: result.shape,
          get data() {
            buffer.resize(byteLength - BYTES.float32);
            return result.data;
          },
        };
        const error = assertThrows(
          () => call(contract, { ...tensors, [name]: { shape, data }, out }),
          TypeError,
        );
        assertStrictEquals(
          error.message,
          `Cannot ${contract.act} as every tensor must stay as it is: the data of one has now ${
            length - 1
          } elements instead of ${length}`,
        );
        assertSameBits(result, before);
      });
    }

    it("refuses an out that cannot hold the result", () => {
      const shape = shapeOf(gives, SMALL);
      const refuse = (out: unknown, message: string) =>
        assertRefused(
          contract,
          distinct(contract),
          { out },
          TypeError,
          message,
        );
      refuse(null, "out must be a tensor { shape, data }: it is null");
      const longer = shape.map((n, axis) => axis === 0 ? n + 1 : n);
      for (const other of [[...shape, 1], shape.length > 0 ? longer : [2]]) {
        refuse(
          make(other, "float32"),
          `out must have the shape of the result: out is ${
            show(other)
          }, the result is ${show(shape)}`,
        );
      }
      refuse(
        make(shape, "float64"),
        "x and out must have the same element type: x is float32, out is float64",
      );
    });

    for (const name of names) {
      const good = distinct(contract)[name];
      const refuse = (bad: unknown, Class: ErrorKind, message: string) =>
        assertRefused(
          contract,
          distinct(contract),
          { [name]: bad },
          Class,
          message,
        );

      it(`refuses ${name} where it is no tensor`, () => {
        const no = `${name} must be a tensor { shape, data }: it is`;
        refuse(null, TypeError, `${no} null`);
        refuse(undefined, TypeError, `${no} undefined`);
        refuse(3, TypeError, `${no} 3`);
        refuse(true, TypeError, `${no} true`);
        refuse("2×3", TypeError, `${no} "2×3"`);
        refuse(() => good, TypeError, `${no} a function`);
        refuse([1, 2], TypeError, `${no} an Array`);
        refuse(good.data, TypeError, `${no} a Float32Array`);
        refuse({}, TypeError, `${no} an Object`);
        refuse(Promise.resolve(good), TypeError, `${no} a Promise`);
      });

      it(`refuses ${name} where its shape is no array`, () => {
        const no = `the shape of ${name} must be an array of dimensions: it is`;
        const { data } = good;
        refuse({ data }, TypeError, `${no} undefined`);
        refuse({ shape: null, data }, TypeError, `${no} null`);
        refuse({ shape: 6, data }, TypeError, `${no} 6`);
        refuse({ shape: "23", data }, TypeError, `${no} "23"`);
        refuse({ shape: { length: 2 }, data }, TypeError, `${no} an Object`);
        refuse(
          { shape: new Int32Array(2), data },
          TypeError,
          `${no} an Int32Array`,
        );
        refuse(
          { shape: new Float32Array(2), data },
          TypeError,
          `${no} a Float32Array`,
        );
      });

      it(`refuses ${name} where a dimension is no number`, () => {
        const no =
          `every dimension in the shape of ${name} must be a number: dimension 1 is`;
        const { data } = good;
        refuse({ shape: [2, "3"], data }, TypeError, `${no} "3"`);
        refuse({ shape: [2, null], data }, TypeError, `${no} null`);
        refuse({ shape: [2, undefined], data }, TypeError, `${no} undefined`);
        refuse({ shape: [2, [3]], data }, TypeError, `${no} an Array`);
        // deno-lint-ignore no-sparse-arrays
        refuse({ shape: [2, , 3], data }, TypeError, `${no} undefined`);
      });

      it(`refuses ${name} where a dimension is no non-negative integer`, () => {
        for (const n of [-1, 1.5, NaN, Infinity, -Infinity]) {
          refuse(
            { shape: [2, n], data: good.data },
            RangeError,
            `every dimension in the shape of ${name} must be a non-negative integer: dimension 1 is ${n}`,
          );
        }
        for (const n of [2 ** 53, 1e300]) {
          refuse(
            { shape: [2, n], data: good.data },
            RangeError,
            `every dimension in the shape of ${name} must be below 2^53: dimension 1 is ${n}`,
          );
        }
      });

      it(`refuses ${name} where its shape has 2^53 elements or more`, () => {
        refuse(
          { shape: [2 ** 30, 2 ** 23], data: good.data },
          RangeError,
          `the number of elements must be below 2^53: the shape of ${name} is 1073741824×8388608, which is 9.01e+15`,
        );
      });

      it(`refuses ${name} where its data is of another kind`, () => {
        const no =
          `the data of ${name} must be a Float32Array or a Float64Array: it is`;
        const { shape, data } = good;
        const size = data.length;
        refuse({ shape }, TypeError, `${no} undefined`);
        refuse({ shape, data: null }, TypeError, `${no} null`);
        refuse(
          { shape, data: Array(size).fill(0) },
          TypeError,
          `${no} an Array`,
        );
        refuse(
          { shape, data: new Int32Array(size) },
          TypeError,
          `${no} an Int32Array`,
        );
        refuse(
          { shape, data: new BigInt64Array(size) },
          TypeError,
          `${no} a BigInt64Array`,
        );
        refuse({ shape, data: data.buffer }, TypeError, `${no} an ArrayBuffer`);
        refuse(
          { shape, data: new DataView(data.buffer) },
          TypeError,
          `${no} a DataView`,
        );
      });

      it(`refuses ${name} where its data is too short or too long`, () => {
        const { shape, data: { length } } = good;
        for (const found of [0, length - 1, length + 1]) {
          if (found === length) continue;
          refuse(
            { shape, data: new Float32Array(found) },
            TypeError,
            `the data of ${name} must have as many elements as its shape: ${name} is ${
              show(shape)
            }, its data has ${found}`,
          );
        }
      });

      it(`refuses ${name} where its data has been transferred away`, () => {
        const { shape, data } = copy(good);
        structuredClone(data, { transfer: [data.buffer as ArrayBuffer] });
        refuse(
          { shape, data },
          TypeError,
          `the data of ${name} must have as many elements as its shape: ${name} is ${
            show(shape)
          }, its data has 0`,
        );
      });

      if (name === "dout" || contract.anyRank) continue;
      it(`refuses ${name} where it has another rank`, () => {
        const { length } = takes[name];
        for (const shape of [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]) {
          if (shape.length === length) continue;
          refuse(
            make(shape, "float32"),
            TypeError,
            `${name} must have rank ${length}: ${name} is ${show(shape)}`,
          );
        }
      });
    }

    if (names.includes("dout")) {
      it("names the first input that is wrong, and dout last", () => {
        assertRefused(
          contract,
          distinct(contract),
          { x: null, dout: null },
          TypeError,
          "x must be a tensor { shape, data }: it is null",
        );
      });

      it("refuses as dout what is right as another argument", () => {
        const tensors = distinct(contract);
        const shape = show(tensors.dout.shape);
        for (const name of names) {
          const found = show(tensors[name].shape);
          if (found === shape) continue;
          assertRefused(
            contract,
            tensors,
            { dout: tensors[name] },
            TypeError,
            `dout must have the shape of the output: dout is ${found}, the output is ${shape}`,
          );
        }
      });

      it("refuses dout of another shape than the output's", () => {
        const tensors = distinct(contract);
        const { shape } = tensors.dout;
        const others = [
          [],
          [product([...shape])],
          [1, ...shape],
          [...shape, 1],
          [...shape].reverse(),
          ...shape.map((_, axis) => shape.with(axis, 0)),
          ...shape.map((n, axis) => shape.with(axis, n + 1)),
        ];
        for (const other of others) {
          if (show(other) === show(shape)) continue;
          assertRefused(
            contract,
            tensors,
            { dout: make([...other], "float32") },
            TypeError,
            `dout must have the shape of the output: dout is ${
              show(other)
            }, the output is ${show(shape)}`,
          );
        }
      });
    }

    it("says the first thing that is wrong", () => {
      const [, first, ...others] = names;
      const doubles = distinct(contract, SMALL, "float64");
      const shape = shapeOf(gives, SMALL);
      const type = (name: string) =>
        `x and ${name} must have the same element type: x is float32, ${name} is float64`;
      const refuse = (bad: Record<string, Tensor>, message: string) =>
        assertRefused(contract, distinct(contract), bad, TypeError, message);
      if (first !== undefined) {
        const all = [first, ...others].map((name) => [name, doubles[name]]);
        refuse(Object.fromEntries(all), type(first));
      }
      if (first !== undefined && first !== "dout") {
        const longer = doubles[first].shape.map((n) => n + 1);
        refuse({ [first]: make(longer, "float64") }, type(first));
      }
      if (takes.b !== undefined) {
        // Each is a tensor of its rank, before they are compared.
        refuse(
          { w: doubles.w, b: make([2, 2], "float32") },
          "b must have rank 1: b is 2×2",
        );
      }
      if (names.includes("dout")) {
        const other = [...doubles.dout.shape, 1];
        refuse(
          { dout: make(other, "float64") },
          `dout must have the shape of the output: dout is ${
            show(other)
          }, the output is ${show(doubles.dout.shape)}`,
        );
      }
      const { x } = distinct(contract);
      const data = new Float64Array(new ArrayBuffer(16 * x.data.length + 64));
      const shared = new Float32Array(data.buffer, 0, x.data.length);
      shared.set(x.data);
      const out = { shape, data: data.subarray(0, product(shape)) };
      refuse({ x: { ...x, data: shared }, out }, type("out"));
    });

    for (const name of names.filter((name) => name !== "x")) {
      it(`refuses ${name} of another element type than x`, () => {
        const tensors = distinct(contract);
        const { shape } = tensors[name];
        assertRefused(
          contract,
          tensors,
          { [name]: make([...shape], "float64") },
          TypeError,
          `x and ${name} must have the same element type: x is float32, ${name} is float64`,
        );
        assertRefused(
          contract,
          distinct(contract, SMALL, "float64"),
          { [name]: make([...shape], "float32") },
          TypeError,
          `x and ${name} must have the same element type: x is float64, ${name} is float32`,
        );
      });
    }

    for (const [op, wrong] of Object.entries(MISMATCHES)) {
      if (!f.name.startsWith(op)) continue;
      for (const [shapes, message] of wrong) {
        it(`refuses dimensions that do not fit: ${message.split(": ")[1]}`, () => {
          const bad = Object.fromEntries(
            Object.entries(shapes).map((
              [name, s],
            ) => [name, make(s, "float32")]),
          );
          assertRefused(contract, distinct(contract), bad, TypeError, message);
        });
      }
    }
  });
}

describe("empty tensors of huge shapes", () => {
  // 2^52 empty rows would take weeks to walk through.
  const huge = 2 ** 52;
  const empty = (...shape: number[]) => zeros(shape) as Tensor<never>;
  const one = ones([1]) as Tensor<never>;
  const calls: [string, () => Tensor, number[]][] = [
    ["matmul", () => matmul(empty(huge, 0), empty(0, 0)), [huge, 0]],
    [
      "matmulDx",
      () => matmulDx(empty(huge, 0), empty(0, 0), empty(huge, 0)),
      [huge, 0],
    ],
    [
      "matmulDy",
      () => matmulDy(empty(0, huge), empty(huge, 0), empty(0, 0)),
      [huge, 0],
    ],
    ["linear", () => linear(empty(huge, 0), empty(0, 0), empty(0)), [huge, 0]],
    [
      "linearDb",
      () => linearDb(empty(huge, 0), empty(0, 0), empty(0), empty(huge, 0)),
      [0],
    ],
    ["addBias", () => addBias(empty(huge, 1, 0), one), [huge, 1, 0]],
    [
      "addBiasDy",
      () => addBiasDy(empty(huge, 1, 0), one, empty(huge, 1, 0)),
      [1],
    ],
    ["sum", () => sum(empty(huge, 0)), []],
  ];
  for (const [name, call, shape] of calls) {
    it(`take ${name} no time`, () => assertEquals(call(), zeros(shape)));
  }
});
