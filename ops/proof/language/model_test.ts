// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { partialByMathjs } from "./algebra.ts";
import {
  abs,
  add,
  type Digits,
  digits64,
  divide,
  exactly,
  multiply,
  power,
  subtract,
  toNumber,
} from "./digits.ts";
import { EvaluationError, type FunctionName } from "./expression.ts";
import { ErrorBounds } from "./fields.ts";
import { FUNCTIONS } from "./functions.ts";
import {
  modelOf,
  sidesOf,
  statementsOf,
  type TestPage,
  worldOf,
} from "./language_testing.ts";
import { Model } from "./model.ts";
import { Tape } from "./tape.ts";
import { mapValue } from "./values.ts";

const { raw } = String;

const d = (of: string, by: string) =>
  raw`\frac{\partial ${of}}{\partial ${by}}`;

const LAYER_NORM: TestPage = {
  inputs: { X: ["m", "n"], "\\gamma": ["n"], "\\beta": ["n"] },
  output: ["Y", ["m", "n"]],
  sizes: { m: 2, n: 3 },
  formulas: [
    raw`Y_{ij} = \gamma_j \hat{X}_{ij} + \beta_j`,
    raw`\hat{X}_{ij} = \frac{X_{ij} - \mu_i}{s_i}`,
    raw`\mu_i = \frac1n \sum_j X_{ij}`,
    raw`v_i = \frac1n \sum_j (X_{ij} - \mu_i)^2`,
    raw`s_i = \sqrt{v_i + \varepsilon}`,
    raw`\varepsilon = 10^{-5}`,
    raw`${d("E", "\\gamma_j")} = \sum_i ${d("E", "Y_{ij}")} \hat{X}_{ij}`,
    raw`${d("E", "\\hat{X}_{ij}")} = ${d("E", "Y_{ij}")} \gamma_j`,
    raw`${d("\\mu_i", "X_{ij}")} = \frac{1}{n}`,
    raw`${d("E", "X_{ij}")} = \frac{1}{s_i} \left( ${
      d("E", "\\hat{X}_{ij}")
    } - \frac1n \sum_k ${d("E", "\\hat{X}_{ik}")} - \frac{\hat{X}_{ij}}{n}
      \sum_k ${d("E", "\\hat{X}_{ik}")} \hat{X}_{ik} \right)`,
  ],
};

const SOFTMAX: TestPage = {
  inputs: { X: ["m", "n"] },
  output: ["Y", ["m", "n"]],
  sizes: { m: 2, n: 3 },
  formulas: [
    raw`Y_{ij} = \frac{e^{X_{ij}}}{\sum_k e^{X_{ik}}}`,
    raw`M_i = \max_k X_{ik}`,
    raw`Y_{ij} = \frac{e^{X_{ij} - M_i}}{\sum_k e^{X_{ik} - M_i}}`,
    raw`${d("Y_{ij}", "X_{al}")} =
      \delta_{ia} Y_{ij} (\delta_{jl} - Y_{il})`,
    raw`${d("E", "X_{ij}")} = Y_{ij} \left( ${d("E", "Y_{ij}")} - \sum_k ${
      d("E", "Y_{ik}")
    } Y_{ik} \right)`,
  ],
};

const CONVOLUTION: TestPage = {
  inputs: {
    X: ["N", "C", "H", "U"],
    W: ["K", "C", "R", "S"],
    b: ["K"],
  },
  output: ["Y", ["N", "K", "P", "Q"]],
  sizes: { N: 2, C: 3, H: 9, U: 9, K: 2, R: 5, S: 7, P: 3, Q: 2, s: 2 },
  formulas: [
    raw`Y_{nkij} = \sum_{c, a, e} W_{kcae}
      X_{n,\, c,\, s(i - 1) + a,\, s(j - 1) + e} + b_k`,
    raw`${d("E", "W_{kcae}")} = \sum_{n, i, j} ${d("E", "Y_{nkij}")}
      X_{n, c, s(i - 1) + a, s(j - 1) + e}`,
    raw`${d("E", "X_{ncuv}")} = \sum_{k, i, j}
      \sum_{a, e : s(i - 1) + a = u, s(j - 1) + e = v}
      ${d("E", "Y_{nkij}")} W_{kcae}`,
    raw`${d("E", "b_k")} = \sum_{n, i, j} ${d("E", "Y_{nkij}")}`,
  ],
};

const ELU: TestPage = {
  inputs: { X: ["n"] },
  output: ["Y", ["n"]],
  sizes: { n: 6 },
  formulas: [
    raw`\alpha = 0.7`,
    raw`Y_i = \begin{cases} X_i & \text{if } X_i > 0 \\
      \alpha (e^{X_i} - 1) & \text{otherwise} \end{cases}`,
    raw`${d("E", "X_i")} = ${d("E", "Y_i")} \begin{cases} 1 & \text{if } X_i > 0
      \\ \alpha e^{X_i} & \text{otherwise} \end{cases}`,
    raw`${d("Y_a", "X_i")} = 0 \quad \text{if } a \ne i`,
    raw`Y_i = \max(X_i, 0) + \min(0, \alpha (e^{X_i} - 1))`,
  ],
};

const SIGMOID: TestPage = {
  inputs: { X: ["n"] },
  output: ["Y", ["n"]],
  sizes: { n: 5 },
  formulas: [
    raw`\sigma(x) = \frac{1}{1 + e^{-x}}`,
    raw`Y = \sigma(X)`,
    raw`Y_i = \frac{1}{2} \left( 1 + \tanh \frac{X_i}{2} \right)`,
    raw`${d("E", "X")} = ${d("E", "Y")} \odot Y \odot (1 - Y)`,
    raw`${d("E", "X_i")} = ${d("E", "Y_i")} \sigma(X_i) (1 - \sigma(X_i))`,
    raw`\left. ${d("Y_i", "X_i")} \right|_{X = 0} = \frac{1}{4}`,
  ],
};

const CUMSUM: TestPage = {
  inputs: { X: ["n"] },
  output: ["S", ["n"]],
  sizes: { n: 5 },
  formulas: [
    raw`S_1 = X_1, \quad S_i = S_{i - 1} + X_i \quad \text{if } i > 1`,
    raw`S_i = \sum_{j \le i} X_j`,
    raw`${d("E", "X_j")} = \sum_{i=j}^{n} ${d("E", "S_i")}`,
  ],
};

const LINEAR: TestPage = {
  inputs: { X: ["m", "p"], W: ["k", "p"], b: ["k"] },
  output: ["Y", ["m", "k"]],
  sizes: { m: 2, p: 3, k: 4 },
  formulas: [
    raw`Y = X W^{\mathsf{T}} + \mathbf{1}_m b^{\mathsf{T}}`,
    raw`Y_{ij} = \sum_l X_{il} W_{jl} + b_j`,
    raw`${d("E", "X")} = ${d("E", "Y")} W`,
    raw`${d("E", "W")} = \left( ${d("E", "Y")} \right)^{\mathsf{T}} X`,
    raw`${d("E", "b")} =
      \left( ${d("E", "Y")} \right)^{\mathsf{T}} \mathbf{1}_m`,
  ],
};

const CROSS_ENTROPY: TestPage = {
  inputs: { X: ["n", "c"], t: ["n"] },
  output: ["L", []],
  sizes: { n: 3, c: 4 },
  given: { t: [2, 4, 1] },
  formulas: [
    raw`L = -\frac1n \sum_i \log \frac{e^{X_{i\,t_i}}}{\sum_j e^{X_{ij}}}`,
    raw`P_{ij} = \frac{e^{X_{ij}}}{\sum_k e^{X_{ik}}}`,
    raw`${d("E", "X_{ij}")} =
      \frac1n ${d("E", "L")} (P_{ij} - [t_i = j])`,
    raw`${d("E", "X_{ij}")} =
      \frac1n ${d("E", "L")} (P_{ij} - \delta_{j\,t_i})`,
  ],
};

const PAGES: Record<string, TestPage> = {
  "layer norm": LAYER_NORM,
  softmax: SOFTMAX,
  "a convolution": CONVOLUTION,
  elu: ELU,
  sigmoid: SIGMOID,
  "cumulative sum": CUMSUM,
  "linear layer": LINEAR,
  "cross-entropy": CROSS_ENTROPY,
};

/** The largest difference of the sides of a page's equations. */
function differences(page: TestPage, seed = 1): Map<string, number> {
  const model = modelOf(page, seed);
  return new Map(
    statementsOf(page).flatMap((statement) => {
      if (statement.kind !== "equation") return [];
      const all = sidesOf(statement, model).map(([a, b]) =>
        Math.abs(toNumber(subtract(a, b)))
      );
      assert(all.length > 0, statement.tex);
      return [[statement.tex, Math.max(...all)]];
    }),
  );
}

describe("Model", () => {
  for (const [name, page] of Object.entries(PAGES)) {
    it(`proves ${name} at random points, where it is right`, () => {
      for (const seed of [1, 2, 3]) {
        for (const [tex, difference] of differences(page, seed)) {
          assert(difference < 1e-70, `${tex}: ${difference}`);
        }
      }
    });

    it(`gives ${name} the derivatives that mathjs gives it`, () => {
      const world = worldOf(page);
      const model = new Model(world);
      let judged = 0;
      for (const by of world.given.keys()) {
        if (by === "t") continue;
        const other = partialByMathjs(world, "E", by);
        if (other === undefined) continue;
        model.partial("E", by).data.forEach((x, i) => {
          judged++;
          const difference = toNumber(abs(subtract(x, other.data[i])));
          assert(difference < 1e-70, `∂E∕∂${by}: ${difference}`);
        });
      }
      assert(judged > 0);
    });

    it(`bounds the errors of ${name} and of its derivatives`, () => {
      const truth = modelOf(page);
      const world = worldOf(page);
      const bounds = new ErrorBounds();
      const exact = (x: Digits) => ({ value: toNumber(x), error: 0 });
      const lift = (name: string) =>
        name === "t" ? exact : (x: Digits) => bounds.given(toNumber(x));
      const model = new Model({
        ...world,
        field: bounds,
        given: new Map(
          [...world.given].map(([name, v]) => [name, mapValue(v, lift(name))]),
        ),
        loss: {
          name: "E",
          outputs: new Map(
            [...world.loss.outputs].map(([n, v]) => [n, mapValue(v, exact)]),
          ),
        },
      });
      const [output] = page.output;
      const both = [
        [model.symbol(output), truth.symbol(output)] as const,
        ...[...world.given.keys()].filter((by) => by !== "t").map((by) =>
          [model.partial("E", by), truth.partial("E", by)] as const
        ),
      ];
      for (const [bounded, exact] of both) {
        bounded.data.forEach(({ value, error }, i) => {
          const found = toNumber(abs(subtract(exactly(value), exact.data[i])));
          assert(found <= error, `${found} > ${error}`);
          // A bound of a millionth of an ulp or of 1e-6 would say nothing.
          assert(error < 1e-10, `${error}`);
        });
      }
    });
  }

  it("refutes wrong formulas", () => {
    const wrong: [TestPage, string][] = [
      [LAYER_NORM, raw`${d("E", "\\hat{X}_{ij}")} = ${d("E", "Y_{ij}")}`],
      [LAYER_NORM, raw`${d("\\mu_i", "X_{ij}")} = n`],
      [LAYER_NORM, raw`${d("E", "\\mu_i")} = 0`],
      [SOFTMAX, raw`${d("Y_{ij}", "X_{al}")} = \delta_{ia} Y_{ij} \delta_{jl}`],
      [SOFTMAX, raw`${d("E", "X_{ij}")} = Y_{ij} ${d("E", "Y_{ij}")}`],
      [ELU, raw`${d("E", "X_i")} = ${d("E", "Y_i")} [X_i > 0]`],
      [ELU, raw`${d("Y_a", "X_i")} = 0`],
      [SIGMOID, raw`${d("E", "X")} = ${d("E", "Y")} \odot Y`],
      [SIGMOID, raw`\left. ${d("Y_i", "X_i")} \right|_{X = 0} = \frac{1}{2}`],
      [CUMSUM, raw`${d("E", "X_j")} = \sum_{i=1}^{j} ${d("E", "S_i")}`],
      [LINEAR, raw`Y = X W^{\mathsf{T}}`],
      [CROSS_ENTROPY, raw`${d("E", "X_{ij}")} = \frac1n ${d("E", "L")} P_{ij}`],
    ];
    for (const [page, tex] of wrong) {
      const all = [...differences({
        ...page,
        formulas: [...page.formulas, tex],
      })];
      assert(all.at(-1)![1] > 1e-3, tex);
    }
  });

  it("defines symbols by any of their definitions", () => {
    // X̂ could be computed from Y, too; and Y without X̂.
    const page = {
      ...LAYER_NORM,
      formulas: [
        raw`\hat{X}_{ij} = \frac{Y_{ij} - \beta_j}{\gamma_j}`,
        raw`Y_{ij} = \gamma_j \frac{X_{ij} - \mu_i}{s_i} + \beta_j`,
        ...LAYER_NORM.formulas,
      ],
    };
    for (const [tex, difference] of differences(page)) {
      assert(difference < 1e-70, `${tex}: ${difference}`);
    }
  });

  it("refuses what is not defined, in words", () => {
    const page = (...formulas: string[]): TestPage => ({
      inputs: { X: ["n"] },
      output: ["Y", ["n"]],
      sizes: { n: 3 },
      formulas,
    });
    const cases: [TestPage, string][] = [
      [page("Y_i = X_i + q_i"), "the page does not say what q is"],
      [page("Y_i = q_i", "q_i = Y_i"), "is defined by itself"],
      [page("Y_1 = X_1"), "the page does not say what Y_{2} is"],
      [
        page("Y_i = q X_i", "q_a = 3"),
        raw`nothing says what the indices of q run over: write its shape, q \in \mathbb{R}^{…}`,
      ],
    ];
    for (const [page, message] of cases) {
      const error = assertThrows(
        () => modelOf(page).symbol("Y"),
        EvaluationError,
      );
      assert(error.message.includes(message), error.message);
    }
  });
});

describe("Tape", () => {
  const tape = new Tape(digits64);
  const h = power(exactly(10), exactly(-26));

  /** (f(x + h) − f(x − h))∕2h, whose error is of h². */
  function slope(f: (x: Digits) => Digits, x: Digits): Digits {
    const rise = subtract(f(add(x, h)), f(subtract(x, h)));
    return divide(rise, multiply(exactly(2), h));
  }

  function agrees(own: Digits, other: Digits, what: string): void {
    const difference = toNumber(abs(subtract(own, other)));
    assert(difference < 1e-47, `${what}: ${difference}`);
  }

  for (const name of Object.keys(FUNCTIONS) as FunctionName[]) {
    it(`differentiates ${name} as differences do`, () => {
      for (const at of [0.25, 0.75, 1.5, -0.5]) {
        if (at < 0 && (name === "log" || name === "sqrt")) continue;
        const x = tape.variable(exactly(at));
        const y = tape.call(name, x);
        const [own] = tape.gradient([y], [exactly(1)], [x]);
        const f = (x: Digits) => digits64.call(name, x);
        agrees(own, slope(f, exactly(at)), `${name}′(${at})`);
      }
    });
  }

  it("differentiates arithmetic as differences do", () => {
    const [a, b] = [exactly(1.25), exactly(-0.75)];
    const operations = {
      add: [tape.add, digits64.add],
      multiply: [tape.multiply, digits64.multiply],
      divide: [tape.divide, digits64.divide],
      power: [
        (x: never, y: never) => tape.power(x, y),
        (x: Digits, y: Digits) => digits64.power(x, y),
      ],
    } as const;
    for (const [name, [own, plain]] of Object.entries(operations)) {
      const [x, y] = [tape.variable(a), tape.variable(b)];
      const z = (own as typeof tape.add)(x, y);
      const [dx, dy] = tape.gradient([z], [exactly(1)], [x, y]);
      const f = plain as typeof digits64.add;
      agrees(dx, slope((x) => f(x, b), a), `∂${name}∕∂a`);
      agrees(dy, slope((y) => f(a, y), b), `∂${name}∕∂b`);
    }
    for (const n of [-3, -1, 0, 1, 2, 5]) {
      const x = tape.variable(a);
      const [dx] = tape.gradient(
        [tape.integerPower(x, n)],
        [exactly(1)],
        [x],
      );
      agrees(dx, slope((x) => digits64.integerPower(x, n), a), `x^${n}`);
    }
  });

  it("adds up all ways from one number to another", () => {
    // z = (x + y) x + x, whose slopes are 2x + y + 1 and x.
    const [x, y] = [tape.variable(exactly(3)), tape.variable(exactly(5))];
    const z = tape.sum([
      tape.multiply(tape.add(x, y), x),
      x,
      tape.constant(7),
    ]);
    const other = tape.variable(exactly(1));
    const found = tape.gradient([z, x], [exactly(1), exactly(10)], [
      x,
      y,
      other,
    ]);
    assertEquals(found.map(toNumber), [22, 3, 0]);
  });
});
