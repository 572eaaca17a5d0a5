// Copyright 2026 the Adjoint authors. MIT license.

// What has been seen to go wrong, with other checks of gradients and with earlier
// forms of this one, each as it was seen.

import {
  assert,
  assertEquals,
  assertLess,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  assertGradcheck,
  gradcheck,
  GradcheckError,
  type GradcheckOptions,
} from "../gradcheck.ts";
import { matmul, matmulD, matmulDx, matmulDy } from "../products/matmul.ts";
import { ones, scalar, type Tensor, tensor } from "../tensor.ts";

type Data = Float64Array<ArrayBuffer>;
type T = { shape: number[]; data: Data };
type Ints = { shape: number[]; data: Int32Array<ArrayBuffer> };

const fround = Math.fround;

function vector(...values: number[]): T {
  return { shape: [values.length], data: Float64Array.from(values) };
}

function map({ shape, data }: T, f: (v: number, i: number) => number): T {
  return { shape, data: data.map(f) };
}

/** Numbers between -1 and 1 that look random. */
function random(shape: number[], seed = 1): T {
  const size = shape.reduce((size, n) => size * n, 1);
  let state = 7919 * seed + 1 | 0;
  const data = Float64Array.from({ length: size }, () => {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    return state / 2 ** 31;
  });
  return { shape, data };
}

/** A function of each element, and its gradient. */
const each = (f: (v: number) => number, df: (v: number) => number) =>
  [
    (x: T) => map(x, f),
    (x: T, dout: T) => map(x, (v, i) => df(v) * dout.data[i]),
  ] as const;

const [square, squareDx] = each((v) => v * v, (v) => 2 * v);
const [relu, reluDx] = each((v) => Math.max(v, 0), (v) => v > 0 ? 1 : 0);
const [floor, floorDx] = each(Math.floor, () => 0);

/** A gradient that is off by a factor. */
const times =
  <A extends unknown[]>(factor: number, right: (...args: A) => T) =>
  (...args: A) => map(right(...args), (v) => factor * v);

const [ROWS, CLASSES] = [8, 5];
const labels: Ints = {
  shape: [ROWS],
  data: Int32Array.of(0, 3, 1, 4, 2, 0, 3, 3),
};

/** The logarithm of a sum of exponentials, less the one of the label. */
function losses(x: T, { data }: Ints): T {
  return vector(...Array.from(data, (label, i) => {
    const row = x.data.subarray(i * CLASSES, i * CLASSES + CLASSES);
    const most = Math.max(...row);
    let sum = 0;
    for (const v of row) sum += Math.exp(v - most);
    return most + Math.log(sum) - row[label];
  }));
}

function lossesDx(x: T, { data: labels }: Ints, dout: T): T {
  const dx = map(x, () => 0);
  for (const [i, label] of labels.entries()) {
    const from = i * CLASSES;
    const row = x.data.subarray(from, from + CLASSES);
    const powers = row.map((v) => Math.exp(v - row[label]));
    let [sum, others] = [0, 0];
    for (const [j, v] of powers.entries()) {
      sum += v;
      if (j !== label) others += v;
    }
    dx.data.set(
      powers.map((v, j) => (j === label ? -others : v) / sum * dout.data[i]),
      from,
    );
  }
  return dx;
}

function logits(gap: number, seed: number): T {
  return map(
    random([ROWS, CLASSES], seed),
    (v, i) =>
      i % CLASSES === labels.data[Math.floor(i / CLASSES)] ? v + gap : v,
  );
}

describe("gradcheck() where digits cancel", () => {
  it("calls no right gradient of a confident loss wrong, of 10 seeds", () => {
    for (let seed = 0; seed < 10; seed++) {
      for (const gap of [12, 13, 14 + 2 * seed, seed % 5 ? 25 : 40]) {
        const { verdict, inputs, problems } = gradcheck(
          losses,
          [lossesDx, null],
          [logits(gap, seed), labels],
          { seed },
        );
        const expected = gap < 30 ? ["right"] : ["right", "cannot tell"];
        assert(expected.includes(verdict), `${verdict} at ${gap}`);
        if (gap === 40) assertEquals(verdict, "cannot tell");
        assertEquals([inputs[0].causes, problems], [[], []]);
      }
    }
  });

  it("finds a hundredth that a confident loss is off by", () => {
    for (const gap of [12, 16, 20, 24]) {
      for (const fast of [false, true]) {
        const { verdict } = gradcheck(
          losses,
          [times(1.01, lossesDx), null],
          [logits(gap, gap), labels],
          { fast },
        );
        assertEquals(verdict, "wrong", `${gap}`);
      }
    }
  });

  it("says what it can of log(exp(v) + 1) − v, and nothing that is not so", () => {
    const [loss, lossDx] = each(
      (v) => Math.log(Math.exp(v) + 1) - v,
      (v) => -1 / (1 + Math.exp(v)),
    );
    for (const v of [13, 14, 20]) {
      const { message, verdict, problems } = gradcheck(
        loss,
        [lossDx],
        [vector(v)],
      );
      assertEquals([verdict, problems], ["right", []], message);
    }
    const { verdict, inputs, problems, message } = gradcheck(
      loss,
      [lossDx],
      [vector(40)],
    );
    assertEquals([verdict, problems], ["cannot tell", []]);
    assertEquals([inputs[0].causes, inputs[0].wrong], [[], 0]);
    // The reason, the bound on what is resolved, and what to do.
    assertMatch(
      message,
      /resolves the gradient to ±\d.*e.\d+ here, and its norm is .*: check it at a point where the gradient is larger, or make the rounding of the forward function smaller/,
    );
  });

  it("passes (v + 1) − 1 at 1e-9, and finds what is more than it hides", () => {
    const [shifted, shiftedDx] = each((v) => v + 1 - 1, () => 1);
    for (const options of [{}, { atol: 1e-3 }, { fast: true }]) {
      const x = vector(1e-9);
      const { ok, problems, message } = gradcheck(
        shifted,
        [shiftedDx],
        [x],
        options,
      );
      assertEquals([ok, problems], [true, []], message);
      const wrong = gradcheck(shifted, [times(2, shiftedDx)], [x], options);
      assertEquals(wrong.verdict, "wrong");
    }
  });

  it("says that nothing is known of numbers without a gradient", () => {
    const indices = (x: T) => ({ shape: x.shape, data: new Int32Array(2) });
    const { verdict, problems } = gradcheck(
      indices,
      [(x: T, _dout: unknown) => x],
      [vector(1, 2)],
    );
    assertEquals(verdict, "cannot tell");
    assertEquals(problems, [
      "indices returns integers, which have no gradient",
    ]);
  });
});

describe("gradcheck() of functions in float32 inside", () => {
  const [soft, softDx] = each(
    (v) => fround(Math.log(fround(1 + fround(Math.exp(fround(v)))))),
    (v) => 1 / (1 + Math.exp(-v)),
  );
  // A logarithm by a short series in (m − 1) ∕ (m + 1), where m is between ¾ and
  // 1½: it is off by dozens of roundings where one piece ends and the next begins.
  const [log, logDx] = each((v) => {
    const power = Math.floor(Math.log2(v / 0.75));
    const m = v / 2 ** power;
    const s = (m - 1) / (m + 1);
    const sum = s + s ** 3 / 3 + s ** 5 / 5;
    return fround(power * Math.LN2 + 2 * sum);
  }, (v) => 1 / v);
  /** The mean loss of a batch, whose slopes are far smaller than itself. */
  const mean = (x: T, l: Ints) => {
    let sum = 0;
    for (const v of losses(map(x, fround), l).data) sum = fround(sum + v);
    return scalar(fround(sum / ROWS), { dtype: "float64" });
  };
  const meanDx = (x: T, l: Ints, dout: Tensor<[], Data>) =>
    lossesDx(x, l, map(vector(...l.data), () => dout.data[0] / ROWS));

  it("passes right ones, and says to how many digits", () => {
    for (const fast of [false, true]) {
      const reports = [
        gradcheck(soft, [softDx], [random([9])], { fast }),
        gradcheck(mean, [meanDx, null], [logits(2, 3), labels], { fast }),
        ...Array.from({ length: 20 }, (_, seed) => {
          const x = map(random([9], seed), (v) => 1.5 + 0.6 * v);
          return gradcheck(log, [logDx], [x], { fast, seed });
        }),
      ];
      for (const { ok, message, inputs: [{ resolution }] } of reports) {
        assert(ok, message);
        assertLess(resolution, 1e-2);
        assertLess(1e-6, resolution);
        assertMatch(message, /, resolved to \d\.\de-\d/);
      }
    }
  });

  it("finds a thousandth that they are off by", () => {
    for (const fast of [false, true]) {
      const reports = [
        gradcheck(soft, [times(1.001, softDx)], [random([9])], { fast }),
        gradcheck(log, [times(1.001, logDx)], [vector(1.1, 1.5, 2.3, 3)], {
          fast,
        }),
      ];
      for (const { verdict, message } of reports) {
        assertEquals(verdict, "wrong", message);
      }
    }
  });

  it("finds a hundredth that the mean loss of a batch is off by", () => {
    for (const fast of [false, true]) {
      const wrong = times(1.01, meanDx);
      const x = logits(2, 3);
      const { verdict, message } = gradcheck(mean, [wrong, null], [x, labels], {
        fast,
      });
      assertEquals(verdict, "wrong", message);
    }
  });
});

describe("gradcheck() within rtol and atol", () => {
  const large = random([6000], 4);
  class Layer {
    #x?: T;
    forward(x: T) {
      return square(this.#x = x);
    }
    backward(dout: T) {
      return times(1.001, squareDx)(this.#x!, dout);
    }
  }
  const [soft, softDx] = each(
    (v) => fround(Math.exp(fround(v))),
    (v) => 1.001 * Math.exp(v),
  );
  // It is right at the given point, where all elements are the same.
  const hereDx = (x: T, dout: T) =>
    map(
      squareDx(x, dout),
      (v, i) => v * (x.data[i] === x.data[i ^ 1] ? 1 : 1.001),
    );
  const paths: [string, (options: GradcheckOptions) => string][] = [
    [
      "elements",
      (options) =>
        gradcheck(square, [times(1.001, squareDx)], [random([9])], {
          ...options,
          fast: false,
        }).verdict,
    ],
    [
      "directions of a small input",
      (options) =>
        gradcheck(square, [times(1.001, squareDx)], [random([9])], {
          ...options,
          fast: true,
        }).verdict,
    ],
    [
      "directions of a large input",
      (options) =>
        gradcheck(square, [times(1.001, squareDx)], [large], options).verdict,
    ],
    [
      "all gradients at once",
      (options) =>
        gradcheck(square, times(1.001, squareDx), [random([9])], options)
          .verdict,
    ],
    [
      "a layer",
      (options) => gradcheck(new Layer(), [random([9])], options).verdict,
    ],
    [
      "several outputs",
      (options) =>
        gradcheck(
          (x: T) => ({ a: x, b: square(x) }),
          [(x: T, { a, b }: { a: T; b: T }) =>
            map(squareDx(x, b), (v, i) => 1.001 * (v + a.data[i]))],
          [map(random([9]), Math.abs)],
          options,
        ).verdict,
    ],
    [
      "float32 inside",
      (options) => gradcheck(soft, [softDx], [random([9])], options).verdict,
    ],
    [
      "a point near by",
      (options) =>
        gradcheck(square, [hereDx], [vector(2, 2, 2, 2)], options).verdict,
    ],
  ];
  for (const [path, verdict] of paths) {
    it(`honours both for ${path}`, () => {
      assertEquals(verdict({}), "wrong");
      assertEquals(verdict({ rtol: 1e-4 }), "wrong");
      assertEquals(verdict({ rtol: 2e-3 }), "right");
      assertEquals(verdict({ atol: 1e-7 }), "wrong");
      assertEquals(verdict({ atol: 0.1 }), "right");
    });
  }
});

describe("gradcheck() at kinks and jumps", () => {
  const pool = ({ shape: [n], data }: T): T => ({
    shape: [n / 2],
    data: data.subarray(0, n / 2)
      .map((_, i) => Math.max(data[2 * i], data[2 * i + 1])),
  });
  const poolDx = (x: T, dout: T) =>
    map(x, (v, i) => v > x.data[i ^ 1] ? dout.data[i >> 1] : 0);

  const large: [string, typeof relu, typeof reluDx, number, number][] = [
    ["relu", relu, reluDx, 1e5, 2],
    ["relu", relu, reluDx, 3e5, 1],
    ["max pooling", pool, poolDx, 1e5, 2],
  ];
  for (const [name, forward, backward, size, seeds] of large) {
    it(`passes ${name} of ${size} numbers, in few calls`, () => {
      for (let seed = 0; seed < seeds; seed++) {
        const x = random([size], seed + 5);
        const { ok, message, calls } = gradcheck(forward, [backward], [x], {
          seed,
          directions: 1,
        });
        assert(ok, message);
        assertLess(calls, 200);
      }
    });
  }

  it("names a jump, in both modes", () => {
    for (const fast of [false, true]) {
      const some = gradcheck(floor, [floorDx], [vector(0.5, 1, 2.25, -3)], {
        fast,
      });
      assertEquals(some.verdict, "right");
      assertEquals(some.inputs[0].skipped, { kinks: 0, jumps: 2, edges: 0 });
      const all = gradcheck(floor, [floorDx], [vector(1, 2)], { fast });
      assertEquals(all.verdict, "cannot tell");
      assertEquals(all.inputs[0].skipped, { kinks: 0, jumps: 2, edges: 0 });
      assertStringIncludes(all.message, "2 at a jump, where there is no slope");
      assertStringIncludes(all.message, "check it at another point");
    }
  });

  it("counts the elements of a large input that have no slope", () => {
    const x = map(random([12_000], 9), (v, i) => i % 100 ? v : 0);
    const { ok, inputs, message } = gradcheck(relu, [reluDx], [x]);
    assert(ok, message);
    assertEquals(inputs[0].checked, "directions");
    assertEquals(inputs[0].skipped, { kinks: 120, jumps: 0, edges: 0 });
  });
});

describe("gradcheck() and the causes that it gives", () => {
  it("says that a gradient is right only of a symmetric x", () => {
    const symmetric: T = { shape: [2, 2], data: Float64Array.of(1, 3, 3, 2) };
    const turned = ({ shape, data: [a, b, c, d] }: T): T => ({
      shape,
      data: Float64Array.of(a, c, b, d),
    });
    const { verdict, problems } = gradcheck(
      square,
      [(x: T, dout: T) => squareDx(turned(x), dout)],
      [symmetric],
      { names: ["x"] },
    );
    assertEquals(verdict, "wrong");
    assertEquals(problems, [
      "the backward function of x is right only where x is symmetric, as at the given inputs",
    ]);
  });

  it("says that a gradient is right only of ones", () => {
    const { verdict, problems } = gradcheck(
      square,
      [(x: T, _dout: T) => map(x, (v) => 2 * v)],
      [vector(1, 2, 3)],
      { dout: vector(1, 1, 1), names: ["x"] },
    );
    assertEquals(verdict, "wrong");
    assertEquals(problems, [
      "the backward function of x is right only where dout is 1 everywhere, as at the given inputs",
    ]);
  });

  it("says of a layer in two functions what to do, and no cause besides", () => {
    let kept = vector();
    const forward = (x: T) => square(kept = x);
    const backward = (_x: T, dout: T) => squareDx(kept, dout);
    const { verdict, problems, inputs } = gradcheck(
      forward,
      [backward],
      [vector(1, 2, 3)],
    );
    assertEquals(verdict, "wrong");
    assertEquals([inputs[0].causes, inputs[0].pattern], [[], undefined]);
    assertEquals(problems.length, 1);
    assertMatch(
      problems[0],
      /^backward gives another result when it is called again: .*, unless forward has just been called: pass an object \{ forward, backward \} whose backward takes dout alone$/,
    );
    const layer = { forward, backward: (dout: T) => backward(kept, dout) };
    assert(gradcheck(layer, [vector(1, 2, 3)]).ok);
  });
});

describe("gradcheck() of all that has gradients", () => {
  it("takes a mask of −∞, which has none", () => {
    const softmax = (x: T) => {
      let sum = 0;
      for (const v of x.data) sum += Math.exp(v);
      return map(x, (v) => Math.exp(v) / sum);
    };
    const masked = (x: T, mask: T) =>
      softmax(map(x, (v, i) => v + mask.data[i]));
    const maskedDx = (x: T, mask: T, dout: T) => {
      const s = masked(x, mask);
      let mean = 0;
      for (const [i, v] of s.data.entries()) mean += v * dout.data[i];
      return map(s, (v, i) => v * (dout.data[i] - mean));
    };
    const inputs = [vector(1, 2, 3), vector(0, -Infinity, 0)] as const;
    for (const fast of [false, true]) {
      assertGradcheck(masked, [maskedDx, null], inputs, { fast });
      const wrong = times(2, maskedDx);
      assert(!gradcheck(masked, [wrong, null], inputs, { fast }).ok);
    }
  });

  it("takes a layer that keeps its state, and outputs in a record or list", () => {
    class Cell {
      #x = vector();
      forward(x: T) {
        this.#x = x;
        return { h: square(x), c: relu(x) };
      }
      backward({ h, c }: { h: T; c: T }) {
        const [dh, dc] = [squareDx(this.#x, h), reluDx(this.#x, c)];
        return map(dh, (v, i) => v + dc.data[i]);
      }
    }
    assertGradcheck(new Cell(), [vector(1, -2, 3)]);
    assertGradcheck(
      (x: T) => [square(x), relu(x)] as const,
      [
        (x: T, [a, b]: readonly [T, T]) =>
          map(squareDx(x, a), (v, i) => v + reluDx(x, b).data[i]),
      ],
      [vector(1, -2, 3)],
    );
  });
});

describe("gradcheck() of large inputs", () => {
  it("takes directions where elements would be too many calls, and says so", () => {
    const x = ones([100, 100]);
    const { ok, calls, inputs, message } = gradcheck(
      matmul,
      [matmulDx, matmulDy],
      [x, x],
    );
    assert(ok);
    assertLess(calls, 100);
    for (const { checked, compared } of inputs) {
      assertEquals([checked, compared], ["directions", 4]);
    }
    assertStringIncludes(message, "all elements would take 20000 calls");
  });

  it("keeps within the budget", () => {
    const inputs = [ones([10, 20]), ones([20, 5])] as const;
    for (
      const [budget, expected] of [
        [0, "directions,directions"],
        [199, "directions,directions"],
        [200, "directions,elements"],
        [599, "directions,elements"],
        [600, "elements,elements"],
      ] as const
    ) {
      const report = gradcheck(matmul, matmulD, inputs, { budget });
      assert(report.ok);
      assertEquals(
        report.inputs.map(({ checked }) => checked).join(),
        expected,
      );
      assertLess(report.calls, budget + 100);
    }
  });

  it("shows how far it is on a terminal, where it asserts", () => {
    const { process } = globalThis as { process?: unknown };
    const shown: string[] = [];
    const stderr = { isTTY: true, write: (text: string) => shown.push(text) };
    const x = random([900]);
    const check = () => {
      assertGradcheck(square, [squareDx], [x]);
      const long = shown.length;
      assert(gradcheck(square, [squareDx], [x]).ok);
      assertGradcheck(square, [squareDx], [random([30])]);
      assertEquals(shown.length, long);
    };
    try {
      Object.assign(globalThis, { process: { stderr } });
      check();
      assertEquals(shown.length, 1);
      assertMatch(shown[0], /^\rgradcheck: 1024 calls .*\r$/);
      stderr.isTTY = false;
      check();
      assertEquals(shown.length, 1);
    } finally {
      Object.assign(globalThis, { process });
    }
  });
});

describe("the types of gradcheck()", () => {
  it("know the inputs, the output and the gradients", () => {
    const [x, y] = [tensor([[1, 2, 3], [4, 5, 6]]), ones([3, 2])];
    const labels = tensor(new Int32Array(2));
    const refused = [
      // @ts-expect-error There are two inputs.
      () => gradcheck(matmul, [], [x]),
      // @ts-expect-error There are two backward functions.
      () => gradcheck(matmul, [matmulDx], [x, y]),
      // @ts-expect-error The columns of x are not its rows.
      () => gradcheck(matmul, [matmulDx, matmulDy], [x, x]),
      // @ts-expect-error Labels have no product.
      () => gradcheck(matmul, [matmulDx, matmulDy], [x, labels]),
      // @ts-expect-error They are in the order of the inputs.
      () => gradcheck(matmul, [matmulDy, matmulDx], [x, y]),
      // @ts-expect-error The output is 2×2.
      () => gradcheck(matmul, [matmulDx, matmulDy], [x, y], { dout: x }),
      // @ts-expect-error There is no such option.
      () => gradcheck(matmul, matmulD, [x, y], { slow: true }),
      // @ts-expect-error A gradient is a tensor.
      () => gradcheck((x: T) => x, [(x: T) => x.data], [x]),
      // @ts-expect-error It returns no tensor.
      () => gradcheck((x: T) => x.data, [(x: T) => x], [x]),
    ];
    const verdict: "right" | "wrong" | "cannot tell" =
      gradcheck(matmul, [matmulDx, matmulDy], [x, y]).verdict;
    assertEquals(verdict, "right");
    for (const call of refused) {
      try {
        assert(!call().ok, `${call}`);
      } catch (error) {
        assert(error instanceof TypeError, `${call}`);
      }
    }
    const { report } = new GradcheckError(gradcheck(matmul, matmulD, [x, y]));
    assert(report.ok);
  });
});
