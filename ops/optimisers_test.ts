// Copyright 2026 the Adjoint authors. MIT license.

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import goldens from "./goldens/training.json" with { type: "json" };
import { randomFrom } from "./goldens/random.ts";
import { adamW, clipNorm, type Optimiser, sgd } from "./optimisers.ts";
import page from "./optimisers.ts" with { type: "text" };
import { closed, opened } from "./core/testing/closed.ts";
import { fences } from "./core/testing/kernel.ts";
import { evaluate } from "./proof/language/evaluate.ts";
import { numbers } from "./proof/language/fields.ts";
import { Names, parseFormula } from "./proof/language/parse.ts";
import { ones, type Tensor, tensor, zeros } from "./tensor.ts";

type F64 = Float64Array<ArrayBuffer>;
type Params = { w: Tensor<[3, 2], F64>; b: Tensor<[4], F64> };

/** Dyadic numbers of [−2, 2), as training.py draws them. */
function draw(seed: number, size: number): F64 {
  const random = randomFrom(seed);
  return Float64Array.from(
    { length: size },
    () => 2 * (2 * ((random() >>> 8) / 2 ** 24) - 1),
  );
}

const both = (seed: number): Params => ({
  w: { shape: [3, 2], data: draw(seed, 6) },
  b: { shape: [4], data: draw(seed + 1, 4) },
});

const KEYS = ["w", "b"] as const;

/** The options of PyTorch by our names. */
function ours(options: Record<string, unknown>): object {
  const { lr, weight_decay, betas, ...rest } = options;
  const [beta, gamma] = (betas ?? []) as number[];
  const all = { rate: lr, decay: weight_decay, beta, gamma, ...rest };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  );
}

/** The gradients of ½ Σ a (p − c)². */
function gradients({ w, b }: Params): Params {
  const [scales, centers] = [both(11), both(21)];
  const of = (key: "w" | "b", { data }: { data: F64 }) =>
    data.map((p, i) =>
      (Math.abs(scales[key].data[i]) + 0.125) * (p - centers[key].data[i])
    );
  return {
    w: { ...w, data: of("w", w) },
    b: { ...b, data: of("b", b) },
  };
}

function optimiserOf(kind: string, params: Params, options: object) {
  return kind === "SGD" ? sgd(params, options) : adamW(params, options);
}

describe("optimisers", () => {
  for (const { name, kind, options, params, norms } of goldens.optimisers) {
    it(`are PyTorch's over a hundred steps: ${kind}, ${name}`, () => {
      const mine = both(1);
      const step = optimiserOf(kind, mine, ours(options));
      for (let t = 0; t < 100; t++) {
        const grads = gradients(mine);
        const norm = clipNorm(grads, 1);
        if (t === 0 || t === 99) near([norm], [norms[t && 1]]);
        step(grads);
      }
      assertEquals(step.state.steps, 100);
      for (const key of KEYS) near([...mine[key].data], params[key]);
    });
  }

  it("are all tried", () => {
    assertEquals(
      goldens.optimisers.map(({ kind }) => kind),
      ["SGD", "SGD", "SGD", "SGD", "SGD", "AdamW", "AdamW"],
    );
  });

  it("go on from a state that is written to another one", () => {
    const goOn = (options: object, make: (p: Params) => Optimiser<Params>) => {
      const [whole, part] = [both(1), both(1)];
      const [first, second] = [make(whole), make(part)];
      for (let t = 0; t < 3; t++) {
        first(gradients(whole));
        second(gradients(part));
      }
      const third = make(part);
      third.state.steps = second.state.steps;
      for (const [key, { data }] of Object.entries(second.state.tensors)) {
        third.state.tensors[key].data.set(data);
      }
      first(gradients(whole));
      third(gradients(part));
      assertEquals(part, whole, JSON.stringify(options));
      const fresh = make(part);
      fresh(gradients(part));
      first(gradients(whole));
      assert(part.w.data[0] !== whole.w.data[0]);
    };
    goOn({ momentum: 0.9 }, (p) => sgd(p, { momentum: 0.9, rate: 0.1 }));
    goOn({}, (p) => adamW(p));
  });

  it("keep float32, lists, and what is no tensor of floats", () => {
    const labels = tensor([1, 2], { dtype: "int32" });
    const params = { layers: [ones([2]), null], labels, name: "mine" };
    const step = adamW(params, { rate: 0.5, decay: 0 });
    step({
      layers: [tensor([1, -1]), undefined],
      labels: undefined,
      name: undefined,
    });
    assertEquals(Object.keys(step.state.tensors), [
      "mean.layers[0]",
      "square.layers[0]",
    ]);
    assertEquals(params.layers[0], tensor([0.5, 1.5]));
    assertEquals(params.labels, tensor([1, 2], { dtype: "int32" }));
  });

  it("remember nothing that they need not", () => {
    assertEquals(sgd(ones([2])).state.tensors, {});
    assertEquals(sgd(ones([2]), { momentum: 0.5 }).state.tensors, {
      velocity: zeros([2]),
    });
  });

  it("look at no property of an array", () => {
    const of = (change: (x: Tensor) => Tensor) => {
      const w = change(tensor([1, 2])), g = change(tensor([3, -4]));
      const steps = [sgd({ w }, { rate: 0.5, momentum: 0.5 }), adamW({ w })];
      clipNorm({ g }, 1);
      for (const step of [...steps, ...steps]) step({ w: g });
      return [w, g].map(opened);
    };
    assertEquals(of(closed), of(opened));
  });

  it("write to no parameter if a gradient is wrong", () => {
    const params = { w: ones([2]), b: ones([1]) };
    const step = sgd(params);
    const right = ones([2]);
    // deno-fmt-ignore
    const WRONG: [unknown, string][] = [
      [{ w: right }, "Cannot take a step of sgd as gradients.b must be a tensor { shape, data }: it is undefined"],
      [{ w: right, b: ones([2]) }, "Cannot take a step of sgd as gradients.b must have the shape of params.b: gradients.b is [2], params.b is [1]"],
      [{ w: right, b: zeros([1], { dtype: "float64" }) }, "Cannot take a step of sgd as params.b and gradients.b must have the same element type"],
      [undefined, "Cannot take a step of sgd as gradients.w must be a tensor"],
      [{ w: right, b: { shape: [1], data: [1] } }, "Cannot take a step of sgd as the data of gradients.b must be a typed array"],
    ];
    for (const [gradients, message] of WRONG) {
      assertThrows(() => step(gradients as never), TypeError, message);
    }
    assertEquals(params, { w: ones([2]), b: ones([1]) });
    assertEquals(step.state.steps, 0);
  });

  // deno-fmt-ignore
  const REFUSED: [string, () => unknown, typeof TypeError | typeof RangeError, string][] = [
    ["the rate is negative", () => sgd(ones([1]), { rate: -1 }), RangeError, "Cannot take a step of sgd as rate must be a finite number at least 0: it is -1"],
    ["the rate is infinite", () => sgd(ones([1]), { rate: Infinity }), RangeError, "Cannot take a step of sgd as rate must be a finite number at least 0: it is Infinity"],
    ["the momentum is infinite", () => sgd(ones([1]), { momentum: Infinity }), RangeError, "Cannot take a step of sgd as momentum must be a finite"],
    ["Nesterov's momentum is infinite", () => sgd(ones([1]), { nesterov: true, momentum: Infinity }), RangeError, "Cannot take a step of sgd as momentum must be a finite"],
    ["the decay is infinite", () => sgd(ones([1]), { decay: Infinity }), RangeError, "Cannot take a step of sgd as decay must be a finite"],
    ["an option of AdamW is infinite", () => adamW(ones([1]), { rate: Infinity }), RangeError, "Cannot take a step of adamW as rate must be a finite"],
    ["ε is infinite", () => adamW(ones([1]), { eps: Infinity }), RangeError, "Cannot take a step of adamW as eps must be a finite"],
    ["the decay of AdamW is infinite", () => adamW(ones([1]), { decay: Infinity }), RangeError, "Cannot take a step of adamW as decay must be a finite"],
    ["the momentum is negative", () => sgd(ones([1]), { momentum: -1 }), RangeError, "Cannot take a step of sgd as momentum must be"],
    ["Nesterov has no momentum", () => sgd(ones([1]), { nesterov: true }), TypeError, "Cannot take a step of sgd as momentum must be given"],
    ["Nesterov has no momentum but 0", () => sgd(ones([1]), { nesterov: true, momentum: 0 }), RangeError, "Cannot take a step of sgd as momentum must be a finite number above 0: it is 0"],
    ["the decay is negative", () => sgd(ones([1]), { decay: -1 }), RangeError, "Cannot take a step of sgd as decay must be"],
    ["an option is unknown", () => sgd(ones([1]), { lr: 1 } as never), TypeError, "Cannot take a step of sgd as"],
    ["an option is of no use", () => sgd(ones([1]), { out: ones([1]) } as never), TypeError, "Cannot take a step of sgd as"],
    ["a flag is a number", () => sgd(ones([1]), { momentum: 1, nesterov: 1 as never }), TypeError, "Cannot take a step of sgd as nesterov must be true or false: it is 1"],
    ["options are a number", () => adamW(ones([1]), 0.1 as never), TypeError, "Cannot take a step of adamW as the options must be an object"],
    ["β is 1", () => adamW(ones([1]), { beta: 1 }), RangeError, "Cannot take a step of adamW as beta must be"],
    ["γ is 1", () => adamW(ones([1]), { gamma: 1 }), RangeError, "Cannot take a step of adamW as gamma must be"],
    ["β is negative", () => adamW(ones([1]), { beta: -0.1 }), RangeError, "Cannot take a step of adamW as beta must be"],
    ["γ is negative", () => adamW(ones([1]), { gamma: -0.1 }), RangeError, "Cannot take a step of adamW as gamma must be"],
    ["ε is negative", () => adamW(ones([1]), { eps: -1 }), RangeError, "Cannot take a step of adamW as eps must be"],
    ["the rate is NaN", () => adamW(ones([1]), { rate: NaN }), RangeError, "Cannot take a step of adamW as rate must be"],
    ["the rate is negative", () => adamW(ones([1]), { rate: -1 }), RangeError, "Cannot take a step of adamW as rate must be"],
    ["the decay is negative", () => adamW(ones([1]), { decay: -1 }), RangeError, "Cannot take a step of adamW as decay must be"],
    ["the decay is a text", () => adamW(ones([1]), { decay: "1" as never }), TypeError, "Cannot take a step of adamW as decay must be"],
    ["a parameter is no whole tensor", () => sgd({ w: { shape: [2], data: [] } }), TypeError, "Cannot take a step of sgd as the data of params.w must be a typed array"],
    ["parameters are no plain record", () => sgd(new Map([["w", ones([1])]])), TypeError, "Cannot take a step of sgd as params must be a tensor, a list or a plain record of them, or a constant: it is a Map"],
    ["two parameters have one name", () => sgd({ "a.b": ones([1]), a: { b: ones([1]) } }), TypeError, "Cannot take a step of sgd as each of params must have a name of its own: two are params.a.b"],
    ["a parameter is given twice", () => (([a]) => sgd({ w: a, u: [a] }))([ones([1])]), TypeError, "Cannot take a step of sgd as each of params must be given once: params.u[0] has the data of params.w"],
    ["there are no parameters", () => sgd({}), TypeError, "Cannot take a step of sgd as params must hold a tensor of floats: it is"],
    ["a gradient is clipped twice", () => (([a]) => clipNorm([a, a], 1))([ones([1])]), TypeError, "Cannot clip gradients as each of gradients must be given once: gradients[1] has the data of gradients[0]"],
    ["a norm is negative", () => clipNorm(ones([1]), -1), RangeError, "Cannot clip gradients as most must be"],
    ["a norm is missing", () => clipNorm(ones([1]), undefined as never), TypeError, "Cannot clip gradients as most must be given"],
    ["a gradient is no whole tensor", () => clipNorm([{ shape: [2], data: [] }], 1), TypeError, "Cannot clip gradients as the data of gradients[0] must be a typed array"],
  ];
  for (const [what, call, kind, message] of REFUSED) {
    it(`say that ${what}`, () => {
      const error = assertThrows(call, kind, message);
      assertEquals(error.constructor, kind);
    });
  }
});

describe("clipNorm()", () => {
  it("leaves short gradients as they are, and gives their norm", () => {
    const grads = { w: tensor([3, 4]), none: undefined };
    assertEquals(clipNorm(grads, 5.1), 5);
    assertEquals(grads.w, tensor([3, 4]));
  });

  it("makes long ones as long as it says", () => {
    const grads = [tensor([3, 0], { dtype: "float64" }), tensor([4])] as const;
    assertEquals(clipNorm(grads, 0.5), 5);
    assertAlmostEquals(
      Math.hypot(grads[0].data[0], grads[1].data[0]),
      0.5,
      1e-6,
    );
    clipNorm(grads, 0);
    assertEquals([grads[0].data[0], grads[1].data[0]], [0, 0]);
  });
});

describe("the page of the optimisers", () => {
  /** The right side of the formula of the page that begins so. */
  function valueOf(start: string, given: Record<string, number | number[]>) {
    const tex = fences(page).map((tex) => tex.trim())
      .find((tex) => tex.startsWith(start));
    assert(tex !== undefined, `The page has no formula ${start}`);
    const names = new Names();
    for (const name of Object.keys(given)) names.addSymbol(name);
    for (const name of ["n", "t", "i"]) names.addSymbol(name);
    names.add(tex);
    const [said] = parseFormula(tex, names);
    assert(said.kind === "equation");
    const sizes: Record<string, number> = { n: 2, t: 2 };
    const [value] = evaluate(said.sides[1], {
      field: numbers,
      sizes: {
        has: (name: string) => name in sizes,
        of: (name: string) => sizes[name],
      },
      axes: (name: string) =>
        Array.isArray(given[name]) ? [{ kind: "number", value: 2 }] : [],
      symbol: (name: string) => {
        const value = given[name] ?? sizes[name];
        return { shape: Array.isArray(value) ? [2] : [], data: [value].flat() };
      },
      partial: () => ({ shape: [], data: [] }),
    } as never, new Map([["t", 2], ["i", 1]])).data;
    return value as number;
  }

  /** A parameter after two steps, with the gradients 0.5 and 2, at float64. */
  function afterTwo(
    make: (p: Tensor<[1], F64>) => Optimiser<Tensor<[1], F64>>,
  ) {
    const p = { shape: [1] as const, data: Float64Array.of(3) };
    const step = make(p);
    const one = (value: number) =>
      ({ shape: [1] as const, data: Float64Array.of(value) }) as never;
    step(one(0.5));
    const before = p.data[0];
    step(one(2));
    return { before, after: p.data[0] };
  }

  const [ETA, MU, LAMBDA] = [0.25, 0.75, 0.125];
  const symbols = {
    "\\theta": [0, 0],
    "\\eta": ETA,
    "\\mu": MU,
    "\\lambda": LAMBDA,
  };

  it("says what sgd computes", () => {
    const plain = afterTwo((p) => sgd(p, { rate: ETA }));
    const theta = [plain.before, 0];
    assertEquals(
      valueOf("\\theta_t = \\theta_{t-1} - \\eta g_t", {
        ...symbols,
        "\\theta": theta,
        g: [0.5, 2],
      }),
      plain.after,
    );
    const rolling = afterTwo((p) => sgd(p, { rate: ETA, momentum: MU }));
    const v = valueOf("v_t", { ...symbols, v: [0.5, 0], g: [0.5, 2] });
    assertEquals(
      valueOf("\\theta_t = \\theta_{t-1} - \\eta v_t", {
        ...symbols,
        "\\theta": [rolling.before, 0],
        v: [0, v],
      }),
      rolling.after,
    );
    const ahead = afterTwo((p) =>
      sgd(p, { rate: ETA, momentum: MU, nesterov: true })
    );
    assertEquals(
      valueOf("\\theta_t = \\theta_{t-1} - \\eta (", {
        ...symbols,
        "\\theta": [ahead.before, 0],
        v: [0, v],
        g: [0.5, 2],
      }),
      ahead.after,
    );
    const decayed = afterTwo((p) => sgd(p, { rate: ETA, decay: LAMBDA }));
    const g = valueOf("g_t", {
      ...symbols,
      g: [0, 0],
      d: [0.5, 2],
      "\\theta": [decayed.before, 0],
    });
    assertEquals(decayed.before - ETA * g, decayed.after);
  });

  it("says what adamW computes", () => {
    const [beta, gamma, eps] = [0.75, 0.875, 0.0625];
    const { before, after } = afterTwo((p) =>
      adamW(p, { rate: ETA, beta, gamma, eps, decay: LAMBDA })
    );
    const given = {
      ...symbols,
      "\\beta": beta,
      "\\gamma": gamma,
      "\\varepsilon": eps,
      g: [0.5, 2],
    };
    const m = valueOf("m_t", { ...given, m: [(1 - beta) * 0.5, 0] });
    const s = valueOf("s_t", { ...given, s: [(1 - gamma) * 0.25, 0] });
    const mHat = valueOf("\\hat{m}_t", {
      ...given,
      m: [0, m],
      "\\hat{m}": [0, 0],
    });
    const sHat = valueOf("\\hat{s}_t", {
      ...given,
      s: [0, s],
      "\\hat{s}": [0, 0],
    });
    assertAlmostEquals(
      valueOf("\\theta_t = (1", {
        ...given,
        "\\theta": [before, 0],
        "\\hat{m}": [0, mHat],
        "\\hat{s}": [0, sHat],
      }),
      after,
      1e-15,
    );
  });

  it("says what clipNorm computes", () => {
    const data = Float64Array.of(3, 4);
    const N = valueOf("N", { N: 0, g: [3, 4] });
    assertEquals(clipNorm({ shape: [2], data }, 2), N);
    assertEquals(data[0], valueOf("h_i", { h: [0, 0], g: [3, 4], N, c: 2 }));
    assertEquals(valueOf("h_i", { h: [0, 0], g: [3, 4], N, c: 9 }), 3);
  });
});

/** Fails where numbers differ by more than a millionth. */
function near(actual: readonly number[], expected: readonly number[]): void {
  assertEquals(actual.length, expected.length);
  expected.forEach((value, i) => {
    const error = Math.abs(actual[i] / value - 1);
    assert(error < 1e-10, `[${i}]: ${actual[i]}, not ${value}`);
  });
}
