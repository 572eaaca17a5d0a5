// Copyright 2026 the Adjoint authors. MIT license.

// What a signature makes of calls that do not fit, in whole messages: those that
// follow from letters, expressions and broadcasting.

import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { addBias } from "../arithmetic/add_bias.ts";
import { attention } from "../attention/attention.ts";
import { clamp } from "../elementwise/clamp.ts";
import { linear } from "../products/linear.ts";
import { matmul, matmulDx, signature as product } from "../products/matmul.ts";
import { signature as rows, softmax, softmaxDx } from "../rows/softmax.ts";
import { signature as sums, sum, sumDx } from "../reductions/sum.ts";
import { broadcastTo, broadcastToDx } from "../structure/broadcast_to.ts";
import {
  type Float,
  ones,
  scalar,
  type Tensor,
  tensor,
  zeros,
} from "../tensor.ts";
import { broadcast, fits, parseAxes, parseSize } from "./axes.ts";
import { op, type Signature } from "./op.ts";
import { axes, axis, number } from "./options.ts";
import { TOYS } from "./testing/toys.ts";

const toy = (name: string): Signature =>
  TOYS.find((signature) => signature.name === name)!;

const any = (x: Tensor): Tensor<never> => x as Tensor<never>;

function assertRefused(
  call: () => unknown,
  message: string,
  Class: typeof TypeError | typeof RangeError = TypeError,
): void {
  const error = assertThrows(call, Class);
  assertStrictEquals(error.constructor, Class);
  assertStrictEquals(error.message, message);
}

describe("axes that do not fit", () => {
  it("are named as a person sees them: rows, columns, lengths, axes", () => {
    const cube = any(zeros([3, 2, 4]));
    const [x, w] = [any(zeros([3, 4])), any(zeros([5, 4]))];
    const b = any(zeros([5]));
    // deno-fmt-ignore
    const cases: [() => unknown, string][] = [
      [() => matmul(any(zeros([4, 6])), any(zeros([7, 9]))), "multiply x by y as the columns of x must equal the rows of y: x is 4×6, y is 7×9"],
      [() => matmul(any(zeros([2, 0])), any(zeros([3, 4]))), "multiply x by y as the columns of x must equal the rows of y: x is 2×0, y is 3×4"],
      [() => addBias(cube, any(zeros([4]))), "compute addBias as the axis m of x must equal the length of y: x is 3×2×4, y is [4]"],
      [() => linear(x, any(zeros([4, 5])), b), "compute linear as the axis p of x must equal the columns of w: x is 3×4, w is 4×5"],
      [() => linear(x, w, any(zeros([3]))), "compute linear as the rows of w must equal the length of b: w is 5×4, b is [3]"],
      [() => linear(x, w, any(zeros([1]))), "compute linear as the rows of w must equal the length of b: w is 5×4, b is [1]"],
      [() => toy("toyRunning").forward([zeros([2, 3]), zeros([2, 4])], undefined), "compute toyRunning as the axis m of x must equal the columns of w: x is 2×3, w is 2×4"],
      [() => toy("toyDiagonal").forward([zeros([7, 2, 3])], undefined), "compute toyDiagonal as the axes m of x must be equal: x is 7×2×3"],
      [() => toy("toyRunning").forward([zeros([2, 3]), zeros([3, 3])], undefined), "compute toyRunning as the axis m of x must equal the rows of w: x is 2×3, w is 3×3"],
      [() => toy("toyChoice").forward([zeros([2, 3, 4]), zeros([3, 2], { dtype: "int32" })], undefined), "choose from x as the axes n of x must equal the shape of labels: x is 2×3×4, labels is 3×2"],
      [() => toy("toyChoice").forward([zeros([2, 3, 4]), zeros([2], { dtype: "int32" })], undefined), "choose from x as the axes n of x must equal the shape of labels: x is 2×3×4, labels is [2]"],
    ];
    for (const [call, message] of cases) {
      assertRefused(call, `Cannot ${message}`);
    }
  });

  it("are named in ranks, with the axes where there may be any number", () => {
    // deno-fmt-ignore
    const cases: [() => unknown, string][] = [
      [() => matmul(any(zeros([3])), any(zeros([3, 2]))), "multiply x by y as x must have rank 2: x is [3]"],
      [() => matmul(any(zeros([2, 3])), any(zeros([3, 2, 1]))), "multiply x by y as y must have rank 2: y is 3×2×1"],
      [() => addBias(any(zeros([3])), any(zeros([3]))), "compute addBias as x must have rank 2 or more, as n m p…: x is [3]"],
      [() => linear(any(scalar(1)), any(zeros([3, 1])), null), "compute linear as x must have rank 1 or more, as N… p: x is []"],
    ];
    for (const [call, message] of cases) {
      assertRefused(call, `Cannot ${message}`);
    }
  });

  it("are named in expressions, with what else is known", () => {
    const f = (x: Tensor, w: Tensor, options?: object) =>
      toy("toyCorrelation").forward([x, w, null], options);
    // deno-fmt-ignore
    const cases: [() => unknown, string][] = [
      [() => f(zeros([2, 6]), zeros([3]), { s: 2 }), "compute toyCorrelation as axis 1 of x must be s*(p-1)+r where s is 2 and r is 3: x is 2×6"],
      [() => f(zeros([2, 1]), zeros([5])), "compute toyCorrelation as axis 1 of x must be s*(p-1)+r where s is 1 and r is 5: x is 2×1"],
      [() => toy("toyTwo").forward([ones([2, 3]), ones([2, 3]), ones([3, 4]), null, ones([3])], undefined), "compute toyTwo as axis 1 of w must be 2: w is 3×4"],
    ];
    for (const [call, message] of cases) {
      assertRefused(call, `Cannot ${message}`);
    }
    assertEquals(
      f(tensor([[1, 2, 3, 4, 5]]), tensor([1, 10]), { s: 3, flip: true }),
      tensor([[12, 45]]),
    );
  });

  it("are named where they should broadcast", () => {
    const f = (x: Tensor, y: Tensor) =>
      toy("toyBroadcast").forward([x, y], undefined);
    assertRefused(
      () => f(zeros([2, 3]), zeros([2])),
      "Cannot compute toyBroadcast as the shapes of x and y must broadcast, each axis equal or 1, counted from the last: x is 2×3, y is [2]",
    );
    assertEquals(
      f(tensor([[1], [2]]), tensor([3, 4])),
      tensor([[3, 4], [6, 8]]),
    );
  });

  it("are named where leading ones should broadcast", () => {
    const { forward } = toy("toyLeading");
    const x = zeros([2, 3, 4]), w = zeros([4]);
    assertRefused(
      () => forward([x, w, zeros([5, 3])]),
      "Cannot compute toyLeading as the axes b of x and y must broadcast, each axis equal or 1, counted from the last: x is 2×3×4, y is 5×3",
    );
    assertRefused(
      () => forward([x, w, zeros([5, 2, 2])]),
      "Cannot compute toyLeading as the axis m of x must equal the axis m of y: x is 2×3×4, y is 5×2×2",
    );
    assertRefused(
      () => forward([zeros([3]), w, null]),
      "Cannot compute toyLeading as x must have rank 2 or more, as b… m n: x is [3]",
    );
  });

  it("are named where an option chooses them", () => {
    // deno-fmt-ignore
    const cases: [() => unknown, string][] = [
      [() => softmax(zeros([2, 3]), { axis: 2 }), "compute softmax as axis must be an axis of x, from -2 to 1: it is 2, x is 2×3"],
      [() => softmaxDx(zeros([2, 3]), zeros([2, 3]), { axis: -3 }), "compute softmaxDx as axis must be an axis of x, from -2 to 1: it is -3, x is 2×3"],
      [() => softmax(zeros([2]), { axis: 0.5 }), "compute softmax as axis must be an axis of x, from -1 to 0: it is 0.5, x is [2]"],
      [() => sum(zeros([2, 3]), { axes: [0, 2] as never }), "compute sum as axes[1] must be an axis of x, from -2 to 1: it is 2, x is 2×3"],
      [() => sumDx(zeros([2, 3]), any(scalar(1)), { axes: [-1, 1] as never }), "compute sumDx as axes must name each axis once: axis 1 of x is given twice"],
      [() => sum(scalar(1), { axes: [0] as never }), "compute sum as axes[0] must be an axis of x: x is a scalar, which has none"],
    ];
    for (const [call, message] of cases) {
      assertRefused(call, `Cannot ${message}`, RangeError);
    }
    assertRefused(
      () => sum(zeros([2]), { axes: 0 as never }),
      "Cannot compute sum as axes must be an array of axes: it is 0",
    );
    assertRefused(
      () => softmax(scalar(1)),
      "Cannot compute softmax as x must have rank 1 or more, as n… m p…: x is []",
    );
  });
});

describe("gradients that there are not", () => {
  it("are refused, with those that there are", () => {
    const labels = zeros([2], { dtype: "int32" });
    const x = ones([2, 3]);
    // deno-fmt-ignore
    const cases: [() => unknown, string][] = [
      [() => toy("toyPositive").backward([x, ones([2])], undefined), "compute toyPositiveD as toyPositive must have a gradient: toyPositive has none"],
      [() => toy("toyPositive").gradient("x", [x, ones([2])], undefined), 'compute toyPositiveDx as "x" must have a gradient: toyPositive has none'],
      [() => toy("toyChoice").gradient("labels", [x, labels, scalar(1)], undefined), 'compute toyChoiceDlabels as "labels" must have a gradient: of the inputs, these have one: x'],
      [() => product.gradient("z", [x, x, x], undefined), 'compute matmulDz as "z" must have a gradient: of the inputs, these have one: x, y'],
    ];
    for (const [call, message] of cases) {
      assertRefused(call, `Cannot ${message}`);
    }
  });
});

describe("the gradients of no input", () => {
  it("are none, and have no tensors to write to", () => {
    const x = ones([2, 2]), given = [x, x, x];
    assertEquals(product.backward(given, { wrt: [], out: {} }), {});
    // deno-fmt-ignore
    const cases: [out: unknown, found: string][] = [
      [{ x }, 'it has "x"'],
      [5, "it is 5"],
      [x.data, "it is a Float32Array"],
    ];
    for (const [out, found] of cases) {
      assertRefused(
        () => product.backward(given, { wrt: [], out }),
        `Cannot compute matmulD as out must be left out where wrt names no input: ${found}`,
      );
    }
  });
});

describe("the gradient of several outputs", () => {
  const halves = op("halves", {
    inputs: { x: "n" },
    outputs: { y: "n", z: "n" },
    forward() {},
    backward({ dx, n }) {
      for (let i = 0; i < n; i++) dx[i] = 1;
    },
  });
  const x = ones([2]);

  it("is a record by their names, of nothing else", () => {
    assertEquals(halves.gradient("x", [x, { y: x, z: x }]), x);
    assertRefused(
      () => halves.gradient("x", [x, { y: x, z: x, w: x }]),
      'Cannot compute halvesDx as dout must be an object such as { y, z }: it has "w"',
    );
    assertRefused(
      () => halves.gradient("x", [x, x.data]),
      "Cannot compute halvesDx as dout must be an object such as { y, z }: it is a Float32Array",
    );
    assertRefused(
      () => halves.gradient("x", [x, null]),
      "Cannot compute halvesDx as dout must be an object of tensors by name: it is null",
    );
  });
});

describe("a call within a call", () => {
  it("has its own memory, even if one of them is refused", () => {
    let depth = 3;
    const twice: Signature = op("twice", {
      inputs: { x: "n", y: "m" },
      outputs: { z: "n" },
      forward({ x, z, n }) {
        if (depth-- > 0) {
          const inner = twice.forward<Tensor>([ones([1]), ones([7])]);
          assertEquals(inner, tensor([2]));
          assertThrows(() => twice.forward([ones([1]), 5]), TypeError);
        }
        for (let i = 0; i < n; i++) z[i] = 2 * x[i];
      },
    });
    const x = tensor([1, 2, 3]);
    const y = {
      get shape() {
        assertEquals(twice.forward([ones([2]), ones([1])]), tensor([2, 2]));
        return [4];
      },
      data: new Float32Array(4),
    };
    assertEquals(twice.forward([x, y]), tensor([2, 4, 6]));
    assertThrows(() => twice.forward([x, y], { out: x }), TypeError);
    assertEquals(twice.forward([x, y]), tensor([2, 4, 6]));
  });

  it("leaves results as they are, whatever is called afterwards", () => {
    const shapes = [[2, 3], [4, 3], [5, 3]];
    const made = shapes.map((shape) =>
      addBias(any(ones(shape)), any(ones([3])))
    );
    assertEquals(made.map(({ shape }) => [...shape]), shapes);
  });
});

describe("a call after another", () => {
  const x = tensor([[1, 2, 3], [4, 5, 6]]);
  const y = tensor([[1, -1, 2], [-2, 3, -3]]);
  const row = tensor([7, 8, 9]), none = zeros([0, 3]);
  const w = tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]]);
  const pair = tensor([1, 2]), pairs = tensor([[1, 2], [3, 4], [5, 6]]);
  const cube = tensor([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]);
  const spare = op("spare", {
    inputs: { x: "n…", b: { shape: "m", optional: true } },
    outputs: { y: "n…" },
    forward({ y, m }) {
      y.fill(m);
    },
    backward({ dx, m }) {
      dx?.fill(m);
    },
  });
  const integers = { shape: [2, 3], data: new Int32Array(6) };
  const counted = op("counted", {
    inputs: {
      i: { shape: "n", integer: { from: 0 } },
      x: { shape: "n", optional: true },
      v: { shape: "n", optional: true },
    },
    outputs: { y: "n" },
    forward({ i, y, n }) {
      for (let k = 0; k < n; k++) y[k] = i[k];
    },
    backward({ dx, dv, dy, n }) {
      for (let k = 0; k < n; k++) {
        if (dx) dx[k] = dy[k];
        if (dv) dv[k] = 2 * dy[k];
      }
    },
  });
  const wide = (x: Tensor) => ({
    shape: x.shape,
    data: Float64Array.from(x.data),
  });
  const [x64, w64, row64] = [x, w, row].map(wide);
  const labels = tensor([2, 0, 1], { dtype: "int32" });
  const bytes = tensor([2, 0, 1], { dtype: "uint8" });
  type Given = [inputs: unknown[], options?: object];
  // Shapes and options that change and come back, some of them refused.
  const cases: [Signature, Given[]][] = [
    [product, [
      [[x, w]],
      [[w, 5]],
      [[w, w]],
      [[w, y]],
      [[w, y]],
      [[x, w]],
      [[none, w]],
      [[x, w]],
      [[x64, w64]],
      [[x, w]],
      [[x, w64]],
      [[x64, w64]],
      [[integers, w]],
      [[x64, w64]],
      [[x64, w]],
    ]],
    [counted, [
      [[labels, row, row]],
      [[labels, row64, row64]],
      [[labels, null, row64]],
      [[labels, row, row64]],
      [[labels, null, null]],
      [[labels, null, row]],
      [[bytes, null, row]],
      [[bytes, null, null]],
      [[row, row, row]],
      [[bytes, labels, row]],
      [[bytes, row, labels]],
      [[bytes, row, null]],
    ]],
    [spare, [[[x, row]], [[x, null]], [[x, row]], [[x, x]], [[x, row]]]],
    [sums, [
      [[x]],
      [[cube], { axes: [0, 2] }],
      [[cube], { axes: [0] }],
      [[x], { axes: [0] }],
      [[x], { axes: [0], keepDims: true }],
      [[x]],
      [[integers]],
      [[x], { axes: [2] }],
      [[x]],
      [[none]],
      [[row]],
    ]],
    [rows, [[[x]], [[x], { axis: 0 }], [[w]], [[y]], [[none]], [[x]]]],
    [toy("toyBroadcast"), [
      [[x, y]],
      [[x, row]],
      [[x, y]],
      [[row, x]],
      [[x, w]],
      [[none, row]],
      [[x, row]],
    ]],
    [toy("toyCorrelation"), [
      [[x, tensor([1, 2]), null], { s: 1 }],
      [[x, tensor([1, 2]), null]],
      [[x, tensor([1, 2]), tensor([5, 6])]],
      [[x, tensor([1, 2]), null]],
      [[x, row, null]],
    ]],
    [toy("toyLeading"), [
      [[x, row, pair]],
      [[x, row, pairs]],
      [[x, row, pair]],
      [[x, row, row]],
      [[x, row, null]],
      [[x, row, pairs]],
    ]],
  ];
  const resultOf = (signature: Signature, [inputs, options]: Given) => {
    try {
      return signature.forward(inputs, options);
    } catch (error) {
      return (error as Error).message;
    }
  };
  const gradientsOf = (signature: Signature, [inputs, options]: Given) => {
    const y = resultOf(signature, [inputs, options]);
    return typeof y === "string"
      ? y
      : signature.backward([...inputs, y], options);
  };

  for (const [{ name, spec }, given] of cases) {
    it(`gives what it would give alone: ${name}`, () => {
      const used = op(name, spec);
      let refused = 0;
      for (const kind of [resultOf, gradientsOf]) {
        for (const one of given) {
          const alone = kind(op(name, spec), one);
          assertEquals(kind(used, one), alone);
          if (typeof alone === "string") refused++;
        }
      }
      assert(refused < given.length);
    });
  }

  it("checks an array to write to, and a gradient, against its own inputs", () => {
    const used = op(product.name, product.spec);
    const square = [w, w], tall = [y, w], square64 = [w64, w64];
    const nine = () => zeros([3, 3]), six = () => zeros([2, 3]);
    const nine64 = () => wide(nine());
    // deno-fmt-ignore
    const calls: ((f: Signature) => unknown)[] = [
      (f) => f.forward(square, { out: nine() }),
      (f) => f.forward(square, { out: six() }),
      (f) => f.forward(square, { out: nine() }),
      (f) => f.forward(tall, { out: nine() }),
      (f) => f.forward(tall, { out: six() }),
      (f) => f.forward(square, { out: six() }),
      (f) => f.forward(square, { out: nine64() }),
      (f) => f.forward(square64, { out: nine() }),
      (f) => f.forward(square64, { out: nine64() }),
      (f) => f.forward(square, { out: nine64() }),
      (f) => f.gradient("x", [...square, w]),
      (f) => f.gradient("x", [...square, y]),
      (f) => f.gradient("x", [...square, w64]),
      (f) => f.gradient("x", [...square, w], { out: nine() }),
      (f) => f.gradient("x", [...square, w], { out: nine64() }),
      (f) => f.gradient("x", [...square, w], { out: six() }),
      (f) => f.gradient("x", [...tall, y], { out: six() }),
      (f) => f.gradient("x", [...tall, y], { out: nine() }),
      (f) => f.gradient("y", [...tall, y], { out: nine() }),
      (f) => f.gradient("x", [...tall, w]),
      (f) => f.gradient("x", [...square64, w64], { out: nine64() }),
      (f) => f.gradient("x", [...square64, w], { out: nine64() }),
      (f) => f.gradient("x", [...square64, w64], { out: nine() }),
    ];
    const resultOf = (call: typeof calls[number], f: Signature) => {
      try {
        return call(f);
      } catch (error) {
        return (error as Error).message;
      }
    };
    for (const first of calls) {
      for (const then of calls) {
        resultOf(first, used);
        const alone = resultOf(then, op(product.name, product.spec));
        assertEquals(resultOf(then, used), alone);
      }
    }
  });

  it("is refused for what a first call is, if several things are wrong", () => {
    const short = (x: Tensor) => ({ shape: x.shape, data: x.data.slice(1) });
    const out = zeros([2, 3]), dout = y;
    // deno-fmt-ignore
    const calls: [(f: Signature) => unknown, string][] = [
      [(f) => f.forward([short(x), 5]), "data of x"],
      [(f) => f.forward([short(x), w], { wrong: 1 }), "data of x"],
      [(f) => f.forward([x, short(w)], { out: 5 }), "data of y"],
      [(f) => f.forward([x, w], { out: { shape: [2, 3], data: x.data.subarray(1) } }), "data of out"],
      [(f) => f.gradient("x", [short(x), w, 5]), "data of x"],
      [(f) => f.gradient("x", [x, w, short(dout)], { out: 5 }), "data of dout"],
      [(f) => f.backward([x, w, short(dout)], { wrt: ["z"] }), "data of dout"],
      [(f) => f.backward([x, w, dout], { out: { x: short(out), y: 5 } }), "data of out.x"],
      [(f) => f.backward([x, w, short(dout)], { out: { x: out, y: out } }), "data of dout"],
    ];
    for (const [call, what] of calls) {
      const used = op(product.name, product.spec);
      const messages = [1, 2].map(() => {
        const error = assertThrows(() => call(used), TypeError, what);
        used.forward([x, w], { out });
        used.backward([x, w, dout], { out: { x: out, y: zeros([3, 3]) } });
        return error.message;
      });
      assertEquals(messages[1], messages[0]);
    }
  });

  it("sees a shape that has been changed in its place", () => {
    const used = op(product.name, product.spec);
    const shape = [2, 3], [u, out] = [{ shape, data: x.data }, zeros([2, 3])];
    used.forward([u, w], { out });
    shape[1] = 2;
    assertThrows(
      () => used.forward([u, w], { out }),
      TypeError,
      "the data of x",
    );
  });

  it("has no options but in their place, and they are no tensor", () => {
    const out = zeros([2, 3]);
    const give = matmul as (...given: unknown[]) => unknown;
    assertRefused(
      () => give(x, w, out),
      'Cannot multiply x by y as options must be an object such as { out }: it has "shape"',
    );
    assertEquals(out, zeros([2, 3]));
  });

  it("has its own sizes, whatever a loop does with them", () => {
    const twice = op("twice", {
      inputs: { x: "n" },
      outputs: { y: "n" },
      forward(frame) {
        while (frame.n-- > 0) frame.y[frame.n] = 2 * frame.x[frame.n];
      },
    });
    for (let call = 0; call < 3; call++) {
      assertEquals(twice.forward([ones([2])]), tensor([2, 2]));
    }
  });

  it("keeps none of its arrays", () => {
    // deno-lint-ignore no-explicit-any
    const seen: any[] = [];
    const used = op("used", {
      inputs: { x: "n" },
      outputs: { y: "n" },
      forward(frame) {
        seen.push(frame);
      },
      backward(frame) {
        seen.push(frame);
      },
    });
    used.forward([row], { out: zeros([3]) });
    used.gradient("x", [row, row], { out: zeros([3]) });
    for (const { x, y, dx, dy } of seen) {
      assertEquals([x, y, dx, dy], [
        undefined,
        undefined,
        undefined,
        undefined,
      ]);
    }
  });
});

describe("an array to write to", () => {
  it("may be one that an earlier call has read", () => {
    const x = any(ones([2, 2])), dout = any(ones([2, 2]));
    matmulDx(x, x, dout);
    assertEquals(matmul(x, x, { out: dout }), tensor([[2, 2], [2, 2]]));
  });

  it("must not overlap with an input, wherever both begin", () => {
    const all = Float64Array.of(1, 2, 3, 4, 5, 6);
    const x = { shape: [2, 2], data: all.subarray(0, 4) };
    const y = { shape: [2, 2], data: Float64Array.of(1, 0, 0, 1) };
    const out = { shape: [2, 2], data: all.subarray(2, 6) };
    assertRefused(
      () => product.forward([x, y], { out }),
      "Cannot multiply x by y as out must not share memory with x: they share 16 bytes",
    );
  });

  it("must not overlap with integers, although their bits are other numbers", () => {
    const labels = { shape: [1], data: Int32Array.of(1) };
    const out = { shape: [], data: new Float32Array(labels.data.buffer) };
    assertRefused(
      () => toy("toyChoice").forward([ones([1, 2]), labels], { out }),
      "Cannot choose from x as out must not share memory with labels: they share 4 bytes",
    );
  });
});

describe("sizes", () => {
  it("of empty tensors are what they are, however large", () => {
    const [x, y] = [zeros([2 ** 32 + 3, 0]), zeros([0, 2 ** 40])];
    assertEquals(matmul(x, zeros([0, 0])).shape, [2 ** 32 + 3, 0]);
    assertEquals(softmax(y, { axis: 1 }).shape, [0, 2 ** 40]);
  });
});

describe("values out of range", () => {
  it("are found by sizes that empty tensors have, in every call", () => {
    const f = op("toyShortened", {
      inputs: {
        w: "v d",
        t: { shape: "n", integer: { from: 0, below: "v" } },
      },
      outputs: { y: "n" },
      forward({ y, n }) {
        for (let i = 0; i < n; i++) y[i] = 0;
      },
    });
    const w = zeros([3, 0]), t = tensor([2], { dtype: "int32" });
    for (let call = 0; call < 3; call++) {
      assertEquals(f.forward([w, t]), zeros([1]));
    }
    assertThrows(
      () => f.forward([w, tensor([3], { dtype: "int32" })]),
      RangeError,
      "must be from 0 to 2: element 0 is 3",
    );
  });

  it("are found in bytes, whatever the least value is", () => {
    const f = op("toyBytes", {
      inputs: { x: { shape: "n m", integer: { from: 1, below: 3 } } },
      outputs: { y: "n m" },
      forward() {},
    });
    const of = (x: number) => () => {
      const bytes = zeros([8, 8], { dtype: "uint8" });
      bytes.data.fill(x);
      f.forward([bytes]);
    };
    assertThrows(of(0), RangeError, "must be from 1 to 2: element 0 is 0");
    assertThrows(of(3), RangeError, "element 0 is 3");
  });

  it("are named with the range, and what is exempt from it", () => {
    const choose = (labels: number[], options?: object) =>
      toy("toyChoice").forward(
        [zeros([2, 3]), tensor(labels, { dtype: "int32" })],
        options,
      );
    // deno-fmt-ignore
    const cases: [() => unknown, string][] = [
      [() => choose([0, 3]), "choose from x as every element of labels must be from 0 to 2, or -1: element 1 is 3"],
      [() => choose([-2, 0]), "choose from x as every element of labels must be from 0 to 2, or -1: element 0 is -2"],
      [() => choose([-1, 0], { ignore: 9 }), "choose from x as every element of labels must be from 0 to 2, or 9: element 0 is -1"],
      [() => choose([0, 0], { scale: 0 }), "choose from x as scale must be a number above 0 and at most 10: it is 0"],
      [() => choose([0, 0], { ignore: 1.5 }), "choose from x as ignore must be an integer: it is 1.5"],
      [() => toy("toyBroadcast").forward([scalar(1), scalar(1)], { weight: 3 }), "compute toyBroadcast as weight must be a number at least 0 and below 3: it is 3"],
    ];
    for (const [call, message] of cases) {
      assertRefused(call, `Cannot ${message}`, RangeError);
    }
    assertEquals(choose([-1, -1]), scalar(0));
  });
});

describe("pairs of options", () => {
  const f = (x: Tensor, options?: object): Tensor =>
    toy("toyWindows").forward([x], options);
  const x = tensor([[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]);

  it("are one number for both, or two", () => {
    assertEquals(f(x, { size: 2 }), tensor([[[12]]]));
    assertEquals(f(x, { size: [2, 3] }), tensor([[[21]]]));
    assertEquals(
      f(x, { size: 2, stride: [1, 2] }),
      tensor([[[12], [24]]]),
    );
    assertEquals(
      f(x, { size: 2, padding: [0, 1] }),
      tensor([[[5, 16]]]),
    );
    assertEquals(
      f(x, { size: 1, low: 2, high: 8 }),
      tensor([[[2, 2, 3], [4, 5, 6], [7, 8, 8]]]),
    );
  });

  it("are refused, with what they must be", () => {
    // deno-fmt-ignore
    const cases: [object | undefined, string][] = [
      [undefined, "size must be given: it is undefined"],
      [{ stride: 1 }, "size must be given: it is undefined"],
      [{ size: "2" }, 'size must be a number or two, [h, w]: it is "2"'],
      [{ size: [2] }, "size must be a number or two, [h, w]: it is an Array"],
      [{ size: [2, null] }, "size[1] must be a number: it is null"],
      [{ size: [2, 1.5] }, "size[1] must be an integer at least 1: it is 1.5"],
      [{ size: 0 }, "size must be an integer at least 1: it is 0"],
      [{ size: [2, 3], padding: [0, 2] }, "padding[1] must be an integer at least 0 and at most size/2: padding[1] is 2, size[1] is 3"],
      [{ size: 2, padding: -1 }, "padding must be an integer at least 0 and at most size/2: it is -1"],
      [{ size: 1, low: 2, high: 1 }, "low must be a number at most high: low is 2, high is 1"],
      [{ size: [2, 4], stride: 3 }, "axis 2 of the result, (w+2*v-q)/t+1, must be at least 1: it is 0 where w is 3, v is 0, q is 4, t is 3"],
    ];
    for (const [options, message] of cases) {
      assertRefused(
        () => f(x, options),
        `Cannot compute toyWindows as ${message}`,
        /given|null|two/.test(message) ? TypeError : RangeError,
      );
    }
  });
});

describe("a declaration", () => {
  it("is refused where nothing says how large something is", () => {
    const forward = () => {};
    const label = { shape: "n", integer: { from: 0, below: "m" } };
    const [inputs, outputs] = [{ x: "n" }, { y: "m+1" }];
    for (
      const declare of [
        () => op("f", { inputs, outputs, forward }),
        () => op("f", { inputs: { label }, outputs: { y: "n" }, forward }),
      ]
    ) {
      const error = assertThrows(declare, SyntaxError);
      assertEquals(
        error.message,
        "Cannot declare m as a size as no input or option says what it is",
      );
    }
    op("f", { inputs, options: { m: number(1) }, outputs, forward });
  });

  it("is refused where a name has two meanings", () => {
    const forward = () => {};
    const cases: [() => unknown, string][] = [
      [
        () => op("f", { inputs: { x: "x" }, outputs: { y: "x" }, forward }),
        "x",
      ],
      [
        () => op("f", { inputs: { x: "n" }, outputs: { dx: "n" }, forward }),
        "dx",
      ],
    ];
    const x = { inputs: { x: "n" }, outputs: { y: "n" }, forward };
    for (const name of ["x", "y", "dx", "dy", "out", "wrt"]) {
      const options = { [name]: number(1) };
      cases.push([() => op("f", { ...x, options }), name]);
    }
    for (const [declare, name] of cases) {
      const error = assertThrows(declare, SyntaxError);
      assertEquals(
        error.message,
        `Cannot declare ${name} as it has two meanings`,
      );
    }
  });

  it("is refused where loops would not see all that is cleared", () => {
    const forward = () => {};
    for (
      const [cleared, spec] of [
        ["outputs", {
          inputs: { x: "n…", y: "m…" },
          outputs: { z: "n… ∨ m…" },
        }],
        ["gradients", {
          inputs: { x: "b… n", y: "b…" },
          outputs: { z: "b… n" },
          broadcast: "b",
        }],
        ["outputs", {
          inputs: { x: "n… m… p…" },
          options: { axes: axes("m") },
          outputs: { y: "n… p…" },
        }],
      ] as const
    ) {
      const error = assertThrows(
        () => op("f", { ...spec, cleared, forward } as never),
        SyntaxError,
      );
      assertEquals(
        error.message,
        `Cannot declare f as loops that see copies or parts of its ${cleared} must write all of them: cleared is given`,
      );
      op("f", { ...spec, forward } as never);
    }
  });

  it("lets loops find zeros where it says so, and only there", () => {
    const seen: number[][] = [];
    const see = (...all: (Float | undefined)[]) =>
      seen.push(all.flatMap((data) => [...data ?? []]));
    const two = (cleared: "outputs" | "gradients") =>
      op("two", {
        inputs: { x: "n", v: "n" },
        outputs: { y: "n", z: "n" },
        cleared,
        forward: ({ y, z }) => void see(y, z),
        backward: ({ dx, dv }) => void see(dx, dv),
      });
    const x = ones([1]), dout = { y: x, z: x };
    const sevens = (...names: string[]) =>
      Object.fromEntries(names.map((name) => [name, tensor([7])]));
    for (const cleared of ["outputs", "gradients"] as const) {
      const { forward, backward, gradient } = two(cleared);
      forward([x, x], { out: sevens("y", "z") });
      backward([x, x, dout], { out: sevens("x", "v") });
      backward([x, x, dout], { out: sevens("v") });
      gradient("v", [x, x, dout], { out: tensor([7]) });
    }
    // deno-fmt-ignore
    assertEquals(seen, [
      [0, 0], [7, 7], [0, 7], [7],
      [7, 7], [0, 0], [0, 0], [0],
    ]);
  });

  it("is refused where axes that are broadcast do not lead", () => {
    for (const [x, z] of [["m b…", "b… m"], ["b… m", "m b…"], ["b… m", "m"]]) {
      const inputs: Record<string, string> = { x };
      const outputs: Record<string, string> = { z };
      const error = assertThrows(
        () => op("wrong", { inputs, outputs, broadcast: "b", forward() {} }),
        SyntaxError,
      );
      assertEquals(
        error.message,
        "Cannot declare wrong as the axes b must come first, and be in every output",
      );
    }
  });

  it("takes leading axes that broadcast, of inputs that are integers, too", () => {
    const choose = op("choose", {
      inputs: { x: "b… m", at: { shape: "b…", integer: { below: "m" } } },
      outputs: { y: "b…" },
      broadcast: "b",
      forward({ x, at, y, b, m }) {
        for (let a = 0; a < b; a++) y[a] = x[a * m + at[a]];
      },
      backward({ at, dy, dx, b, m }) {
        dx.fill(0);
        for (let a = 0; a < b; a++) dx[a * m + at[a]] += dy[a];
      },
    });
    const x = tensor([[[1, 2]], [[3, 4]]]);
    const at = { shape: [3], data: Int32Array.of(1, 0, 1) };
    assertEquals<unknown>(
      choose.forward([x, at]),
      tensor([[2, 1, 2], [4, 3, 4]]),
    );
    const dout = tensor([[1, 10, 100], [2, 20, 200]]);
    assertEquals<unknown>(
      choose.gradient("x", [x, at, dout]),
      tensor([[[10, 101]], [[20, 202]]]),
    );
  });

  it("computes large ones part by part, and writes out small ones", () => {
    const signature = toy("toyLeading");
    type Gradients = { x: Tensor; w: Tensor; y: Tensor };
    // Whole numbers, whose sums are exact.
    const of = (...shape: number[]): Tensor => {
      const x = zeros(shape);
      x.data.forEach((_, i) => x.data[i] = (i * i) % 7 - 3);
      return x;
    };
    for (const n of [3, 60]) {
      const w = of(n), dout = of(2, 5, 8);
      const ofX: number[] = [2, 5, 8, n], ofY: number[] = [2, 5, 8];
      const shapes = [
        [[2, 1, 8, n], [5, 8]],
        [[2, 5, 8, n], [2, 1, 8]],
        [[5, 8, n], [2, 5, 8]],
      ];
      for (const [forX, forY] of shapes) {
        const x = of(...forX), y = of(...forY);
        const X = broadcastTo(x, ofX), Y = broadcastTo(y, ofY);
        const z = signature.forward([x, w, y]);
        assertEquals(z, signature.forward([X, w, Y]));
        const d = signature.backward<Gradients>([x, w, y, dout]);
        const D = signature.backward<Gradients>([X, w, Y, dout]);
        assertEquals(d.x, broadcastToDx(x, ofX, D.x));
        assertEquals(d.w, D.w);
        assertEquals(d.y, broadcastToDx(y, ofY, D.y));
      }
    }
  });

  it("makes zeros of the gradient of nothing, however often it is repeated", () => {
    const { gradient } = toy("toyLeading");
    const y = ones([1, 0]), dout = zeros([2 ** 40, 0]);
    for (const n of [3, 5000]) {
      const x = zeros([2 ** 40, 0, n]);
      const dw = gradient("w", [x, ones([n]), y, dout], { out: ones([n]) });
      assertEquals<unknown>(dw, zeros([n]));
    }
  });

  it("says nothing of a call that is right", () => {
    const f = op("f", {
      inputs: { x: "n… m p…" },
      options: { axis: axis("m", -1) },
      outputs: { y: "n… p…" },
      forward({ y, m }) {
        y.fill(m);
      },
    });
    assertEquals(f.forward([zeros([2, 3])], undefined), tensor([3, 3]));
    assertEquals(f.forward([zeros([2, 3])], { axis: 0 }), tensor([2, 2, 2]));
  });

  it("keeps an axis that is reduced, with the size 1, where keepDims is true", () => {
    const f = op("f", {
      inputs: { x: "n… m p…" },
      options: { axis: axis("m", 0, { reduced: true }) },
      outputs: { y: "n… p…" },
      forward({ y, m }) {
        y.fill(m);
      },
    });
    const x = zeros([2, 3]);
    assertEquals(f.forward([x], { axis: 1 }), tensor([3, 3]));
    assertEquals(f.forward([x], { keepDims: true }), tensor([[2, 2, 2]]));
    assertEquals(
      f.forward([x], { axis: -1, keepDims: true }),
      tensor([[3], [3]]),
    );
  });

  it("gives indices as 32-bit integers, whatever the type of the inputs", () => {
    const f = op("f", {
      inputs: { x: "n…" },
      outputs: { y: "n…" },
      indices: true,
      forward({ x, y, n }) {
        for (let i = 0; i < n; i++) y[i] = x[i] > 0 ? i : 0;
      },
    });
    const int32 = { dtype: "int32" } as const;
    const x = tensor([-1, 2, 3]);
    assertEquals(f.forward([x]), tensor([0, 1, 2], int32));
    const out = zeros([3], int32);
    assertEquals(f.forward([x], { out }), out);
    assertThrows(
      () => f.forward([x], { out: zeros([3]) }),
      TypeError,
      "Cannot compute f as out must be int32: it is float32",
    );
    assertThrows(() => f.backward([x, x]), TypeError, "f has none");
  });

  it("refuses an empty axis that must have an element, before any work", () => {
    const f = op("f", {
      inputs: { x: "n… m p…" },
      options: { axis: axis("m", -1, { reduced: true, nonEmpty: true }) },
      outputs: { y: "n… p…" },
      forward({ x, y }) {
        y.fill(x[0]);
      },
    });
    assertThrows(
      () => f.forward([zeros([2, 0])]),
      TypeError,
      "Cannot compute f as axis 1 of x must not be empty: x is 2×0",
    );
    assertThrows(() => f.forward([zeros([0, 0])]), TypeError, "is 0×0");
    assertEquals(f.forward([zeros([2, 0])], { axis: 0 }), zeros([0]));
  });

  it("may take an input among the options, and give an output an input's name", () => {
    const f = op("step", {
      inputs: {
        h: "n…",
        bias: { shape: "n…", optional: true, option: true },
      },
      outputs: { h: "n…" },
      forward({ h, bias, hNext, n }) {
        for (let i = 0; i < n; i++) hNext[i] = 2 * h[i] + (bias?.[i] ?? 0);
      },
      backward({ dhNext, dh, n }) {
        for (let i = 0; i < n; i++) dh[i] = 2 * dhNext[i];
      },
    });
    const [h, bias] = [tensor([1, 2]), tensor([10, 20])];
    assertEquals(f.forward([h]), tensor([2, 4]));
    assertEquals(f.forward([h], { bias: null }), tensor([2, 4]));
    assertEquals(f.forward([h], { bias }), tensor([12, 24]));
    assertEquals(f.backward([h, bias], { bias }), { h: tensor([20, 40]) });
    assertRefused(
      () => f.forward([h], { bias: zeros([3]) }),
      "Cannot compute step as the shape of h must equal the shape of bias: h is [2], bias is [3]",
      TypeError,
    );
  });

  it("broadcasts an input among the options to the others, never them to it", () => {
    const f = op("shift", {
      inputs: {
        x: "b… n",
        y: "b… n",
        by: { shape: "b… n", optional: true, option: true },
      },
      outputs: { z: "b… n" },
      broadcast: "b",
      forward({ x, y, by, z, b, n }) {
        for (let i = 0; i < b * n; i++) z[i] = x[i] + y[i] + (by?.[i] ?? 0);
      },
    });
    const x = tensor([[1, 2], [3, 4]]), y = tensor([10, 20]);
    const by = tensor([100, 200]);
    assertEquals(f.forward([x, y]), tensor([[11, 22], [13, 24]]));
    assertEquals(f.forward([x, y], { by }), tensor([[111, 222], [113, 224]]));
    assertRefused(
      () => f.forward([y, y], { by: zeros([1, 2]) }),
      "Cannot compute shift as the axes b of by must broadcast to those of x, y: x is [2], y is [2], by is 1×2",
      TypeError,
    );
    assertRefused(
      () => f.forward([zeros([1, 2]), y], { by: x }),
      "Cannot compute shift as the axes b of by must broadcast to those of x, y: x is 1×2, y is [2], by is 2×2",
      TypeError,
    );
    assertRefused(
      () => f.forward([x, y], { by: zeros([3, 2]) }),
      "Cannot compute shift as the axes b of x and by must broadcast, each axis equal or 1, counted from the last: x is 2×2, by is 3×2",
      TypeError,
    );
  });

  it("tells what it declares", () => {
    assertEquals(product.name, "matmul");
    assertEquals(product.spec.inputs, { x: "m n", y: "n p" });
    assertEquals(product.spec.outputs, { z: "m p" });
  });
});

describe("parseAxes() and parseSize()", () => {
  it("read letters, groups, sizes and expressions", () => {
    const kinds = (text: string) =>
      parseAxes(text).axes.map((axis) =>
        axis.kind === "size" ? axis.text : `${axis.kind} ${axis.letter}`
      );
    assertEquals(kinds("N… p 3 p+r-1"), ["many N", "one p", "3", "p+r-1"]);
    assertEquals(kinds(""), []);
    assertEquals(parseAxes("n… ∨ m…").broadcast, ["n", "m"]);
  });

  it("compute expressions by the usual rules", () => {
    const size = (text: string, sizes = {}) => parseSize(text).of(sizes);
    assertEquals(size("s*(p-1)+r", { s: 2, p: 4, r: 3 }), 9);
    assertEquals(size("7-2-1"), 4);
    assertEquals(size("2+3*4"), 14);
    assertEquals(size("(h+2*p-r)/s+1", { h: 6, p: 1, r: 3, s: 2 }), 3);
    assertEquals(size("(h-r)/s+1", { h: 2, r: 3, s: 2 }), 0);
    assertEquals(parseSize("a*b+a").letters, ["a", "b"]);
  });

  it("know what windows lie on, and what has gaps: it is at least 1", () => {
    const full = (text: string) => parseSize(text).full;
    assertEquals(full("(h+2*p-d*(r-1)-1)/s+1"), ["h", "r"]);
    assertEquals(full("s*(p-1)+r"), ["p"]);
    assertEquals(full("n-1+r"), []);
    const can = (h: number, p: number, r: number) =>
      fits(parseSize("(h+2*p-(r-1)-1)/3+1"), { h, p, r });
    assertEquals([can(2, 1, 4), can(2, 1, 5)], [true, false]);
    assertEquals([can(0, 1, 2), can(2, 1, 0)], [false, false]);
  });

  it("refuse what is not an expression", () => {
    const cases: [string, string][] = [
      ["p+", "its end"],
      ["(p", "its end"],
      ["p)", ")"],
      ["p q", "q"],
      ["p/", "its end"],
      ["", "its end"],
    ];
    for (const [text, found] of cases) {
      const error = assertThrows(() => parseSize(text), SyntaxError);
      assertEquals(
        error.message,
        `Cannot read the size "${text}" as "${found}" is not expected there`,
      );
    }
  });
});

describe("broadcast()", () => {
  it("aligns shapes at their ends, as NumPy does", () => {
    assertEquals(broadcast([2, 1, 3], [4, 1]), [2, 4, 3]);
    assertEquals(broadcast([], [2]), [2]);
    assertEquals(broadcast([1], [0]), [0]);
    assertEquals(broadcast([2], [3]), undefined);
    assertEquals(broadcast([2, 3], [2]), undefined);
    assertEquals(broadcast([0], [2]), undefined);
  });
});

describe("a kernel of what is broadcast", () => {
  const seen: string[] = [];
  let isDone = false;
  const sum = op("sumOfTwo", {
    inputs: { x: "n…", y: "m…" },
    outputs: { z: "n… ∨ m…" },
    forward({ x, y, z, n }) {
      for (let i = 0; i < n; i++) z[i] = x[i] + y[i];
    },
    backward({ dz, dx, dy, n }) {
      for (let i = 0; dx && i < n; i++) dx[i] = dz[i];
      for (let i = 0; dy && i < n; i++) dy[i] = dz[i];
    },
    kernels: {
      forward({ x, y, z, n, m }) {
        seen.push(`${x.length} ${y.length}`);
        assertEquals([n, m], [x.length, y.length]);
        if (isDone) z.fill(9);
        return isDone;
      },
      backward({ dx, dy }) {
        seen.push(`D ${dx?.length} ${dy?.length}`);
        if (isDone) dy?.fill(9);
        return isDone;
      },
    },
  });
  const of = (shape: readonly number[]) => ones(shape);

  it("takes what is repeated as a whole as it is, and then, or else, what is written out", () => {
    const cases: [number[], number[], string[]][] = [
      [[2, 3], [3], ["6 3", "6 6"]],
      [[2, 3], [1, 3], ["6 3", "6 6"]],
      [[2, 3], [], ["6 1", "6 6"]],
      [[2, 3], [1, 1], ["6 1", "6 6"]],
      [[3], [2, 3], ["3 6", "6 6"]],
      [[2, 3], [2, 3], ["6 6"]],
      [[2, 3], [1, 2, 3], ["6 6"]],
      [[2, 3], [2, 1], ["6 6"]],
      [[2, 1], [1, 3], ["6 6"]],
      [[2, 2, 3], [2, 1, 3], ["12 12"]],
      [[2, 2, 3], [2, 3], ["12 6", "12 12"]],
    ];
    for (const [a, b, expected] of cases) {
      isDone = false;
      seen.length = 0;
      const z = sum.forward<Tensor<readonly number[]>>([of(a), of(b)]);
      assertEquals(seen, expected, `${a} and ${b}`);
      assert(z.data.every((value) => value === 2));
      isDone = true;
      seen.length = 0;
      const done = sum.forward<Tensor<readonly number[]>>([of(a), of(b)]);
      assertEquals(seen, expected.slice(0, 1));
      assert(done.data.every((value) => value === 9));
    }
  });

  it("makes gradients of that size, whose sums are made only where they are not", () => {
    isDone = false;
    seen.length = 0;
    const gradients = () =>
      sum.backward<Record<"x" | "y", Tensor<readonly number[]>>>([
        of([2, 3]),
        of([3]),
        of([2, 3]),
      ]);
    const { x, y } = gradients();
    assertEquals(seen, ["D 6 3", "D 6 6"]);
    assertEquals([...x.data, ...y.data], [1, 1, 1, 1, 1, 1, 2, 2, 2]);
    isDone = true;
    seen.length = 0;
    assertEquals([...gradients().y.data], [9, 9, 9]);
    assertEquals(seen, ["D 6 3"]);
  });
});

describe("options that are those of the call before", () => {
  const x = tensor([[1, 2, 3], [4, 5, 6]]);

  it("serve tensors of other shapes", () => {
    const options = { axes: [0] };
    assertEquals(sum(x, options), tensor([5, 7, 9]));
    assertEquals(sum(tensor([[1], [2]]), options), tensor([3]));
    assertEquals(sum(x, options), tensor([5, 7, 9]));
    assertThrows(() => sum(scalar(1), options), RangeError);
    assertEquals(sum(x), scalar(21));
    assertEquals(sum(x, options), tensor([5, 7, 9]));
  });

  it("may change, a list in place, too", () => {
    const axes = [0], options = { axes, keepDims: false };
    assertEquals(sum(x, options), tensor([5, 7, 9]));
    axes[0] = 1;
    assertEquals(sum(x, options), tensor([6, 15]));
    axes.push(0);
    assertEquals(sum(x, options), scalar(21));
    options.keepDims = true;
    assertEquals(sum(x, options), tensor([[21]]));
    axes[0] = 2;
    assertThrows(() => sum(x, options), RangeError);
    assertThrows(() => sum(x, options), RangeError);
    assertEquals(clamp(x, { min: 2 }), tensor([[2, 2, 3], [4, 5, 6]]));
    assertEquals(clamp(x, { max: 2 }), tensor([[1, 2, 2], [2, 2, 2]]));
    assertThrows(() => clamp(x, { min: 3, max: 2 }), RangeError);
    assertEquals(clamp(x, { max: 2 }), tensor([[1, 2, 2], [2, 2, 2]]));
    assertThrows(() => clamp(x, { min: "2" as unknown as number }), TypeError);
    assertThrows(() => clamp(x, { min: NaN }), RangeError);
    assertThrows(() => clamp(x, { min: NaN }), RangeError);
  });

  it("are each read once, and may call the operation themselves", () => {
    const calls: string[] = [];
    const options = {
      get min() {
        calls.push("min");
        clamp(x, { min: 4, max: 5 });
        return 2;
      },
      get max() {
        calls.push("max");
        return 5;
      },
    };
    const right = tensor([[2, 2, 3], [4, 5, 5]]);
    for (let k = 0; k < 3; k++) {
      calls.length = 0;
      assertEquals(clamp(x, options), right);
      assertEquals(calls, ["min", "max"]);
      assertEquals(clamp(x, { min: 2, max: 5 }), right);
    }
  });

  it("are not the tensors among them", () => {
    const q = tensor([[1, 0], [0, 1]]), v = tensor([[1], [2]]);
    const mask = tensor([[0, -Infinity], [-Infinity, 0]]);
    const masked = () => attention(q, q, v, { mask });
    assertEquals(masked(), v);
    mask.data.set([-Infinity, 0, 0, -Infinity]);
    assertEquals(masked(), tensor([[2], [1]]));
    assertEquals(attention(q, q, v, { mask: null }).shape, [2, 1]);
    assert(attention(q, q, v, {}).data[0] > 1);
  });
});
