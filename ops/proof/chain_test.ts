// Copyright 2026 the Adjoint authors. MIT license.

// The chain must break where it should: each test feeds it a page, or code, with
// one mistake, and sees which link fails and what it says.

import { cpuUsage } from "node:process";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import sigmoidGoldens from "../goldens/sigmoid.json" with { type: "json" };
import softmaxGoldens from "../goldens/softmax.json" with { type: "json" };
import matmulGoldens from "../goldens/matmul.json" with { type: "json" };
import { type Goldens, readGoldens } from "../goldens/read.ts";
import * as elu from "../activations/elu.ts";
import eluPage from "../activations/elu.ts" with { type: "text" };
import * as sigmoid from "../activations/sigmoid.ts";
import sigmoidPage from "../activations/sigmoid.ts" with { type: "text" };
import { op as declare, type Signature } from "../core/op.ts";
import * as clamp from "../elementwise/clamp.ts";
import clampPage from "../elementwise/clamp.ts" with { type: "text" };
import * as matmul from "../products/matmul.ts";
import matmulPage from "../products/matmul.ts" with { type: "text" };
import * as softmax from "../rows/softmax.ts";
import softmaxPage from "../rows/softmax.ts" with { type: "text" };
import { type Link, LINK_NAMES, type LinkName, prove } from "./chain.ts";
import * as convolution from "./fixtures/convolution.ts";
import convolutionPage from "./fixtures/convolution.ts" with { type: "text" };
import * as crossEntropy from "./fixtures/cross_entropy.ts";
import crossEntropyPage from "./fixtures/cross_entropy.ts" with {
  type: "text",
};
import * as gate from "./fixtures/gate.ts";
import gatePage from "./fixtures/gate.ts" with { type: "text" };
import * as layerNorm from "./fixtures/layer_norm.ts";
import layerNormPage from "./fixtures/layer_norm.ts" with { type: "text" };
import * as relu from "./fixtures/relu.ts";
import reluPage from "./fixtures/relu.ts" with { type: "text" };
import * as windows from "./fixtures/windows.ts";
import windowsPage from "./fixtures/windows.ts" with { type: "text" };
import { type Operation, operation } from "./operation.ts";

const MODULES = {
  clamp: [clampPage, clamp],
  convolution: [convolutionPage, convolution],
  cross_entropy: [crossEntropyPage, crossEntropy],
  elu: [eluPage, elu],
  gate: [gatePage, gate],
  layer_norm: [layerNormPage, layerNorm],
  matmul: [matmulPage, matmul],
  relu: [reluPage, relu],
  sigmoid: [sigmoidPage, sigmoid],
  softmax: [softmaxPage, softmax],
  windows: [windowsPage, windows],
} as const;

type Name = keyof typeof MODULES;

/** Arrays and sizes, as a loop sees them. */
// deno-lint-ignore no-explicit-any -- the loops of different operations
type Env = any;

/** Loops in place of those of the operation. */
interface Loops {
  forward?(env: Env): void;
  backward?(env: Env): void;
}

const GOLDENS: Partial<Record<Name, unknown>> = {
  matmul: matmulGoldens,
  sigmoid: sigmoidGoldens,
  softmax: softmaxGoldens,
};
const goldens = new Map<Name, Goldens>();

/** An operation, with another page or other loops where they are given. */
function load(
  name: Name,
  edit: (page: string) => string = (page) => page,
  loops: Loops = {},
): Operation {
  const [page, exports] = MODULES[name];
  if (!goldens.has(name) && GOLDENS[name] !== undefined) {
    goldens.set(name, readGoldens(GOLDENS[name]));
  }
  return operation(
    `${name}.ts`,
    edit(page),
    withLoops(exports, loops),
    goldens.get(name),
  );
}

/** The exports of a module whose loops are others. */
function withLoops(exports: { signature: Signature }, loops: Loops): object {
  if (Object.keys(loops).length === 0) return exports;
  const { name, spec } = exports.signature;
  const signature = declare(name, { ...spec, kernels: undefined, ...loops });
  const count = Object.keys(spec.inputs).length;
  const split = (args: unknown[], count: number) =>
    [args.slice(0, count), args[count] as object] as const;
  const functions: Record<string, unknown> = {
    signature,
    [name]: (...args: unknown[]) => signature.forward(...split(args, count)),
    [`${name}D`]: (...args: unknown[]) =>
      signature.backward(...split(args, count + 1)),
  };
  for (const input of Object.keys(spec.inputs)) {
    functions[`${name}D${input}`] = (...args: unknown[]) =>
      signature.gradient(input, ...split(args, count + 1));
  }
  return functions;
}

/** Replaces all places where it is; there must be one. */
function replacing(from: string, to: string): (page: string) => string {
  return (page) => {
    assertStringIncludes(page, from);
    return page.replaceAll(from, () => to);
  };
}

/** What a link says of what is wrong. */
function failures(op: Operation, link: LinkName): string[] {
  return prove(op, link).flatMap(({ failures }) => failures);
}

const proofs = new Map<string, Link[]>();

/** A link of an operation as it is. */
function proven(name: Name, link: LinkName): Link[] {
  const key = `${name} ${link}`;
  const found = proofs.get(key) ?? prove(load(name), link);
  proofs.set(key, found);
  return found;
}

/** The links that do not need PyTorch. */
const OWN = LINK_NAMES.slice(0, 3);

describe("the chain", () => {
  for (const name of Object.keys(MODULES) as Name[]) {
    it(`holds for ${name}`, () => {
      const op = load(name);
      const links = op.goldens === undefined ? OWN : LINK_NAMES;
      for (const link of links) {
        for (const { figure = 0, bound, failures } of proven(name, link)) {
          assertEquals(failures, [], link);
          assert(figure <= bound, `${link}: ${figure} ≤ ${bound}`);
        }
      }
    });
  }

  it("takes two seconds at most for an operation", () => {
    const op = load("softmax");
    // Of the processor, as the machine may be busy with other tests.
    const { user } = cpuUsage();
    for (const link of LINK_NAMES) prove(op, link);
    const seconds = (cpuUsage().user - user) / 1e6;
    assert(seconds < 10, `${seconds}`);
  });

  it("executes every formula that states something", () => {
    for (const name of Object.keys(MODULES) as Name[]) {
      const op = load(name);
      for (const link of ["page = code", "page = calculus"] as const) {
        const runs = proven(name, link).flatMap(({ runs }) => runs);
        for (const { tex, values } of runs) {
          assert(values > 0, `${name}: ${link} does not execute ${tex}`);
        }
        const executed = new Set(runs.map(({ formula }) => formula.line));
        for (const formula of op.page.formulas) {
          const isEquation = formula.statements.some((said) =>
            said.kind === "equation" && said.sides[0].kind !== "at"
          );
          assert(!isEquation || executed.has(formula.line), formula.tex);
        }
      }
    }
  });
});

const tex = String.raw;

/** A page with a mistake, and what must refuse it. */
interface Mistake {
  op: Name;
  title: string;
  from: string;
  to: string;
  /** The links that must fail. */
  links: LinkName[];
  /** What they say: the formula, and where it differs first. */
  says: string[];
}

const BOTH: LinkName[] = ["page = code", "page = calculus"];

const MISTAKES: Mistake[] = [
  {
    op: "sigmoid",
    title: "σ' without 1 − σ",
    from: tex`\frac{\partial E}{\partial Y_i} \, Y_i (1 - Y_i)`,
    to: tex`\frac{\partial E}{\partial Y_i} \, Y_i`,
    links: BOTH,
    says: [tex`\frac{\partial E}{\partial Y_i} \, Y_i" is wrong: at i = 1: `],
  },
  {
    op: "softmax",
    title: "a softmax without the mean of its gradient",
    from:
      tex`- \sum_{a=1}^{m} \frac{\partial E}{\partial Y_{iak}} Y_{iak} \right)`,
    to: tex`\right)`,
    links: BOTH,
    says: ["is wrong: at i = 1, j = 1, k = 1: the page gives"],
  },
  {
    op: "softmax",
    title: "a sum over another axis",
    from: tex`s_{ik} = \sum_{a=1}^{m} e^{X_{iak}}`,
    to: tex`s_{ik} = \sum_{a=1}^{n} e^{X_{iak}}`,
    links: BOTH,
    says: [tex`"Y_{ibk} = e^{X_{ibk}} / s_{ik}" is wrong: `],
  },
  {
    op: "relu",
    title: "an Iverson bracket of the wrong side",
    from: "[X_i > 0]",
    to: "[X_i < 0]",
    links: BOTH,
    says: ["[X_i < 0]", " is wrong: at i = 1: the page gives"],
  },
  {
    op: "relu",
    title: "an Iverson bracket that holds at the kink, too",
    from: "[X_i > 0]",
    to: tex`[X_i \ge 0]`,
    links: ["page = code"],
    says: [tex`[X_i \ge 0]" is wrong: `, "the code gives 0 ("],
  },
  {
    op: "relu",
    title: "a derivation that ends elsewhere at the kink",
    from: tex`\delta_{ai} [X_i > 0]`,
    to: tex`\delta_{ai} [X_i \ge 0]`,
    links: ["page = code"],
    says: [tex`\delta_{ai} [X_i \ge 0]" is wrong: `],
  },
  {
    op: "clamp",
    title: "a slope at a bound that is an option",
    from: "a < X_i < b",
    to: tex`a \le X_i \le b`,
    links: ["page = code"],
    says: ["a \\le X_i \\le b", "the code gives 0 ("],
  },
  {
    op: "clamp",
    title: "a derivation that ends elsewhere at such a bound",
    from: "[a < X_i] [X_i < b]",
    to: tex`[a \le X_i] [X_i < b]`,
    links: ["page = code"],
    says: [tex`\frac{\partial Y_k}{\partial X_i} = \delta_{ki} [a \le X_i]`],
  },
  {
    op: "elu",
    title: "a slope at the kink that is right by default only",
    from: "X_i > 0",
    to: tex`X_i \ge 0`,
    links: ["page = code"],
    says: [tex`X_i \ge 0`],
  },
  {
    op: "layer_norm",
    title: "no path by way of the mean",
    from: tex`
 *   - \frac{1}{n} \sum_{k=1}^{n} G_{ik}
 *   - \frac{\hat`,
    to: tex`
 *   - \frac{\hat`,
    links: BOTH,
    says: [
      tex`"\frac{\partial E}{\partial X_{ij}} = \frac{1}{s_i} \left( G_{ij} - \frac{\hat`,
    ],
  },
  {
    op: "layer_norm",
    title: "a wrong 1∕n",
    from: tex`\frac{\partial \mu_i}{\partial X_{ij}} = \frac{1}{n}`,
    to: tex`\frac{\partial \mu_i}{\partial X_{ij}} = \frac{1}{m}`,
    links: BOTH,
    says: [
      tex`\frac{\partial \mu_i}{\partial X_{ij}} = \frac{1}{m}" is wrong: at i = 1, j = 1: `,
    ],
  },
  {
    op: "layer_norm",
    title: "a wrong gradient of something that the page defines",
    from: tex`\frac{\partial E}{\partial \hat{X}_{ij}} = G_{ij}`,
    to: tex`\frac{\partial E}{\partial \hat{X}_{ij}} = \hat{X}_{ij} G_{ij}`,
    links: ["page = calculus"],
    says: [tex`\hat{X}_{ij} G_{ij}" is wrong: at i = 1, j = 1: `],
  },
  {
    op: "layer_norm",
    title: "a definition that is another one's",
    from: tex`\mu_i = \frac{1}{n} \sum_{j=1}^{n} X_{ij}`,
    to: tex`\mu_i = \frac{2}{n} \sum_{j=1}^{n} X_{ij}`,
    links: ["page = code"],
    says: [
      tex`"Y_{ij} = \gamma_j \hat{X}_{ij} + \beta_j" is wrong: at i = 1, j = 1: the page gives`,
    ],
  },
  {
    op: "cross_entropy",
    title: "labels that are off by one",
    from: tex`\delta_{j t_i}`,
    to: tex`\delta_{j + 1\, t_i}`,
    links: BOTH,
    says: [tex`\delta_{j + 1\, t_i}`, " is wrong: at i = "],
  },
  {
    op: "cross_entropy",
    title: "a range of labels that counts from 0",
    from: tex`t_i \in \{1, \dots, c\}`,
    to: tex`t_i \in \{0, \dots, c - 1\}`,
    links: ["page = code"],
    says: ["it says 0 to 2, the code takes 1 to 3 (counted from 1)"],
  },
  {
    op: "cross_entropy",
    title: "a mean over all labels",
    from: tex`q = \sum_{i=1}^{n} w_i`,
    to: tex`q = n`,
    links: ["page = code"],
    says: [tex`"y = -\frac{1}{q} \sum_{i : t_i \ne g}`],
  },
  {
    op: "convolution",
    title: "a window that is off by one",
    from: tex`[(j-1)s + a = k]`,
    to: tex`[(j-1)s + a = k + 1]`,
    links: BOTH,
    says: [tex`[(j-1)s + a = k + 1]`, "is wrong: at i = 1, k = "],
  },
  {
    op: "convolution",
    title: "a derivative at a place where it is another",
    from: tex`\right|_{W = 0} = 0`,
    to: tex`\right|_{W = 1} = 0`,
    links: ["page = code"],
    says: [
      tex`\right|_{W = 1} = 0" is wrong: at i = 1, j = 1, k = 1: the page gives 0, the code gives 1`,
    ],
  },
  {
    op: "windows",
    title: "windows that step by the width instead of the height",
    from: tex`[(i-1)s+a = k]`,
    to: tex`[(i-1)t+a = k]`,
    links: BOTH,
    says: [tex`[(i-1)t+a = k]`, "is wrong: at "],
  },
  {
    op: "gate",
    title: "a loss that depends on one output only",
    from: tex`G_i = \frac{\partial E}{\partial C_i} + `,
    to: "G_i = ",
    links: BOTH,
    says: [
      tex`"\frac{\partial E}{\partial X_i} = G_i W_i" is wrong: at i = 1: `,
    ],
  },
  {
    op: "matmul",
    title: "a transposed index",
    from: tex`\frac{\partial E}{\partial Z_{ik}} Y_{jk}`,
    to: tex`\frac{\partial E}{\partial Z_{ik}} Y_{kj}`,
    links: BOTH,
    says: [tex`Y_{kj}`, "is wrong: at i = 1, j = 1: "],
  },
  {
    op: "matmul",
    title: "a missing transpose",
    from: tex`\frac{\partial E}{\partial Y} = X^{\mathsf{T}} \frac`,
    to: tex`\frac{\partial E}{\partial Y} = X \frac`,
    links: BOTH,
    says: [
      tex`\frac{\partial E}{\partial Y} = X \frac{\partial E}{\partial Z}`,
    ],
  },
];

describe("a page with a mistake", () => {
  for (const { op, title, from, to, links, says } of MISTAKES) {
    it(`is refused: ${title}`, () => {
      const wrong = load(op, replacing(from, to));
      for (const link of links) {
        const found = failures(wrong, link);
        for (const text of says) {
          assert(
            found.some((failure) =>
              failure.includes(text) && /^\w+\.ts:\d+:\d+: /.test(failure)
            ),
            `${link} does not say "${text}": ${found.join("\n")}`,
          );
        }
      }
    });
  }

  it("is refused where a formula is missing", () => {
    const op = load(
      "sigmoid",
      (page) =>
        page.replaceAll(
          /\\frac\{\\partial E\}\{\\partial X_i\}\n? ?\*? *=/g,
          "X_i =",
        ),
    );
    assertStringIncludes(
      failures(op, "page = code").join("\n"),
      "sigmoid.ts:17:6: The page has no formula for ∂E/∂X by the inputs, definitions and dout",
    );
  });

  it("is refused where it does not begin with the gradients", () => {
    const op = load(
      "relu",
      (page) => page.replace(/, \\qquad\n.*\[X_i > 0\]\n/, "\n"),
    );
    assertEquals(failures(op, "page = code"), [
      "relu.ts:16:6: The page must begin with the formulas of the output and of each gradient: there is none for ∂E/∂X",
    ]);
  });

  it("is refused where no number reaches a branch", () => {
    const op = load(
      "relu",
      replacing(
        tex`\begin{cases} X_i & X_i > 0 \\`,
        tex`\begin{cases} 7 & X_i > 1000000 \\ X_i & X_i > 0 \\`,
      ),
    );
    const [failure, ...others] = failures(op, "page = calculus");
    assertEquals(others, []);
    assertStringIncludes(
      failure,
      ": no point reaches both sides of the condition X_{i} > 1000000",
    );
  });

  it("is refused if it has no value, whatever the numbers are", () => {
    const op = load(
      "softmax",
      replacing(
        tex`s_{ik} = \sum_{a=1}^{m} e^{X_{iak}}`,
        tex`s_{ik} = \sum_{a=1}^{m} \frac{0}{X_{iak} - X_{iak}}`,
      ),
    );
    assertStringIncludes(
      failures(op, "page = calculus").join("\n"),
      "it has no value at any of the points",
    );
  });

  it("is refused where its index is not summed over", () => {
    const op = load(
      "softmax",
      replacing(
        tex`s_{ik} = \sum_{a=1}^{m} e^{X_{iak}}`,
        "s_{ik} = e^{X_{iak}}",
      ),
    );
    for (const link of BOTH) {
      assertStringIncludes(
        failures(op, link).join("\n"),
        "the index a is neither summed over nor on the left",
      );
    }
  });
});

describe("code with a mistake", () => {
  it("is found in loops that kernels run in place of", () => {
    const { name, spec } = matmul.signature;
    const withLoops = (loops: Loops) => {
      const signature = declare(name, { ...spec, ...loops });
      const op = operation("matmul.ts", matmulPage, { ...matmul, signature });
      return failures(op, "page = code").map((text) => text.split(":", 2)[1]);
    };
    assertEquals(
      withLoops({
        backward({ y, dz, dx, dy, x, m, n, p }: Env) {
          spec.backward!({ y, dz, dx, dy, x, m, n, p } as never);
          if (dx) dx[0] *= 1 + 1e-12;
        },
      }),
      [" the loop gives another ∂E/∂X than the kernel that runs in its place"],
    );
    assertEquals(
      withLoops({ forward: ({ z }: Env) => z.fill(NaN) }),
      [" the loop gives another Z than the kernel that runs in its place"],
    );
  });

  it("is refused: a softmax without the subtraction of the maximum", () => {
    const op = load("softmax", undefined, {
      forward({ x, y, n, m, p }: Env) {
        for (let i = 0; i < n; i++) {
          for (let k = 0; k < p; k++) {
            const at = (j: number) => (i * m + j) * p + k;
            let s = 0;
            for (let j = 0; j < m; j++) s += Math.exp(x[at(j)]);
            for (let j = 0; j < m; j++) y[at(j)] = Math.exp(x[at(j)]) / s;
          }
        }
      },
    });
    const found = failures(op, "page = code");
    assertStringIncludes(found.join("\n"), "the code gives NaN (");
    assert(failures(op, "code = PyTorch").length > 0);
    assert(failures(op, "code = convention").length > 0);
  });

  it("is refused: a relu whose gradient at 0 is not the page's", () => {
    const op = load("relu", undefined, {
      backward({ x, dy, dx, n }: Env) {
        for (let i = 0; i < n; i++) dx[i] = x[i] < 0 ? 0 : dy[i];
      },
    });
    assertStringIncludes(
      failures(op, "page = code").join("\n"),
      "at i = 1: the page gives 0, the code gives",
    );
    assertStringIncludes(
      failures(op, "code = convention").join("\n"),
      "relu.ts:50:6: `x = 0` says that ∂E/∂X is 0: it is [1]",
    );
  });

  it("is refused: a relu whose gradient at NaN is not the page's", () => {
    const op = load("relu", undefined, {
      backward({ x, dy, dx, n }: Env) {
        for (let i = 0; i < n; i++) dx[i] = x[i] > 0 ? dy[i] : 0;
      },
    });
    assertEquals(failures(op, "page = code"), []);
    assertStringIncludes(
      failures(op, "code = convention").join("\n"),
      "relu.ts:51:6: `x = NaN` says that ∂E/∂X is 1: it is [0]",
    );
  });

  it("is refused: a gradient that loses its digits", () => {
    const op = load("sigmoid", undefined, {
      backward({ x, dy, dx, n }: Env) {
        for (let i = 0; i < n; i++) {
          const y = 1 / (1 + Math.exp(-x[i]));
          dx[i] = dy[i] * y * (1 - y);
        }
      },
    });
    assertStringIncludes(
      failures(op, "page = code").join("\n"),
      "sigmoid.ts:",
    );
  });

  it("is refused: cross-entropy with a label off by one", () => {
    const { spec } = crossEntropy.signature;
    const op = load("cross_entropy", undefined, {
      backward(env: Env) {
        const { labels, c, ignore } = env;
        const next = labels.map((t: number) => t === ignore ? t : (t + 1) % c);
        const inner: Env = {};
        for (const key of ["logits", "dy", "dlogits", "n"]) {
          inner[key] = env[key];
        }
        spec.backward!({ ...inner, labels: next, c, ignore } as never);
      },
    });
    for (const link of ["page = code", "code = calculus"] as const) {
      assert(failures(op, link).length > 0, link);
    }
  });

  it("is refused: layer norm without the path by way of the mean", () => {
    const op = load("layer_norm", undefined, {
      backward({ x, gamma, dy, dx, dgamma, dbeta, m, n, eps }: Env) {
        layerNorm.signature.spec.backward!(
          { x, gamma, dy, dx, dgamma, dbeta, m, n, eps } as never,
        );
        for (let i = 0; dx && i < dx.length; i++) dx[i] += 0.01;
      },
    });
    assertStringIncludes(
      failures(op, "code = calculus").join("\n"),
      "layer_norm.ts: gradcheck failed",
    );
    assert(failures(op, "page = code").length > 0);
  });

  it("is refused: a gradient that is off by a little", () => {
    const off = 2e-7;
    const op = load("relu", undefined, {
      backward({ x, dy, dx, n }: Env) {
        for (let i = 0; i < n; i++) dx[i] = x[i] < 0 ? off : dy[i] + off;
      },
    });
    assertStringIncludes(
      failures(op, "code = calculus").join("\n"),
      "relu.ts:9:4: ∂E/∂X differs from the differences of the forward function by ",
    );
  });

  it("is refused: gradients and outputs of another shape", () => {
    const [page, exports] = MODULES.relu;
    const shape: number[] = [];
    const other = (dx: Env) => ({ shape, data: dx.data.slice(0, 1) });
    assertEquals(
      failures(
        operation("relu.ts", page, {
          ...exports,
          reluD: (...args: unknown[]) => ({
            x: other((relu.reluD as Env)(...args).x),
          }),
        }),
        "page = code",
      ),
      [
        "relu.ts:17:6: The page says that the gradient of x has the shape 2: it is a scalar where n = 2",
      ],
    );
    assertEquals(
      failures(
        operation("relu.ts", page, {
          ...exports,
          relu: (...args: unknown[]) => other((relu.relu as Env)(...args)),
        }),
        "page = code",
      ),
      [
        "relu.ts:18:6: The page says that Y has the shape 2: it is a scalar where n = 2",
      ],
    );
  });

  it("is refused: fDx that is not what fD gives", () => {
    const [page, exports] = MODULES.relu;
    const op = operation("relu.ts", page, {
      ...exports,
      reluDx: (x: unknown) => x,
    });
    assertStringIncludes(
      failures(op, "page = code").join("\n"),
      "relu.ts: reluDx is not what reluD gives for x",
    );
  });

  it("is refused: code that does not take the page's shapes", () => {
    const [page, exports] = MODULES.relu;
    const op = operation("relu.ts", page, {
      ...exports,
      relu: () => {
        throw new TypeError("Cannot compute relu as today is Saturday");
      },
    });
    assertEquals(failures(op, "page = code"), [
      "relu.ts: The code does not take the shapes of the page: Cannot compute relu as today is Saturday (n = 2)",
    ]);
  });
});

describe("special points", () => {
  const softmaxWith = (from: string, to: string) =>
    failures(load("softmax", replacing(from, to)), "code = convention");

  it("must be those of the code", () => {
    assertStringIncludes(
      softmaxWith("`[[[0.5], [0.5]]]`", "`[[[0.5], [0.6]]]`").join("\n"),
      "says that Y is [[[0.5], [0.6]]]: it is [[[0.5], [0.5]]]",
    );
  });

  it("must be what libraries were measured to do", () => {
    const row = "| `x = 40` | `1` | `4.2483542552915889e-18` | `dx = 0`";
    const op = (to: string) =>
      failures(
        load("sigmoid", replacing(row, row.replace("`dx = 0`", to))),
        "code = convention",
      ).join("\n");
    assertStringIncludes(
      op("same"),
      "says of PyTorch that it is the same: it gives dx = ",
    );
    assertStringIncludes(
      op("refuses"),
      "says of PyTorch that it refuses: it gives values",
    );
    assertStringIncludes(
      op("`dx = 1`"),
      "says of PyTorch that dx is 1: it gives ",
    );
    assertStringIncludes(
      op("`y = 1`"),
      "says of PyTorch nothing of dx: it gives dx = ",
    );
  });

  it("may omit a library, but not name one that was not measured", () => {
    const row = "| `0.5` | `0.25` | same | same | same |";
    const op = (to: string) =>
      failures(
        load("sigmoid", replacing(row, `| \`0.5\` | \`0.25\` | ${to} |`)),
        "code = convention",
      ).join("\n");
    assertEquals(op("same | — | —"), "");
    assertStringIncludes(
      op("`dz = 1` | same | same"),
      "says of PyTorch what dz is, which it does not give",
    );
    const silent = load("sigmoid");
    const conventions = silent.goldens!.conventions.map((
      { libraries: { JAX: _, ...libraries }, ...one },
    ) => ({ ...one, libraries }));
    assertStringIncludes(
      failures(
        { ...silent, goldens: { ...silent.goldens!, conventions } },
        "code = convention",
      ).join("\n"),
      "says of JAX what has not been measured: write —, or run deno task goldens sigmoid",
    );
  });

  it("must be of outputs and gradients that there are", () => {
    const op = load("relu", replacing("| at | $`Y`$ |", "| at | $`Q`$ |"));
    assertStringIncludes(
      failures(op, "code = convention").join("\n"),
      "relu.ts:50:6: `x = 0` has a column $`Q`$, which is not an output or gradient",
    );
  });

  it("are those of several outputs, and of options that are whole", () => {
    const rows = (name: Name, table: string) =>
      failures(
        load(name, (page) =>
          page.replace(
            /(?<=## Special points\n \*\n)[^]*?(?= \*\n \* ## )/,
            () => table,
          )),
        "code = convention",
      );
    const head = " * | at | $`C`$ | $`H`$ | PyTorch | JAX | TensorFlow |\n" +
      " * | -- | -- | -- | -- | -- | -- |\n";
    assertEquals(
      rows(
        "gate",
        `${head} * | \`x = 0, w = 1\` | \`0\` | \`1\` | — | — | — |\n`,
      ),
      [
        "gate.ts:49:6: `x = 0, w = 1` has not been measured: run deno task goldens gate",
        "gate.ts:49:6: `x = 0, w = 1` says that H is 1: it is [0]",
      ],
    );
  });

  it("must state something about what exists, and be measured", () => {
    const rows = (row: string) =>
      failures(
        load("relu", replacing("| `x = 0` | `0` | `0` |", row)),
        "code = convention",
      ).join("\n");
    assertStringIncludes(
      rows("| `x = 0` | — | — |"),
      "relu.ts:50:6: `x = 0` states nothing",
    );
    assertStringIncludes(
      rows("| `x = 0, z = 1` | `0` | `0` |"),
      "gives a value for z, which is not an input, option or gradient",
    );
    assertStringIncludes(
      rows("| `x = 0` | `0` | `0` |"),
      "relu.ts:50:6: `x = 0` has not been measured: run deno task goldens relu",
    );
  });

  it("must have a row where a formula bends", () => {
    const op = load("relu", replacing("`x = 0`", "`x = 1`"));
    const found = failures(op, "code = convention").join("\n");
    assertStringIncludes(
      found,
      "The special points have no row where the formula for Y bends or ties",
    );
    assertStringIncludes(
      found,
      "The special points have no row where the formula for ∂E/∂X bends or ties",
    );
  });

  it("must have a row for exempt integers", () => {
    const op = load("cross_entropy", replacing("[1, -100]", "[1, 1]"));
    assertStringIncludes(
      failures(op, "code = convention").join("\n"),
      "The special points have no row where labels has an exempt value",
    );
  });
});

describe("code = PyTorch", () => {
  it("refuses code that is further away than rounding allows", () => {
    const op = load("softmax", undefined, {
      forward(env: Env) {
        const { x, y, n, m, p } = env;
        softmax.signature.spec.forward({ x, y, n, m, p } as never);
        for (let i = 0; i < y.length; i++) y[i] *= 1 + 1e-6;
      },
    });
    assertStringIncludes(
      failures(op, "code = PyTorch").join("\n"),
      "softmax.ts:10:4: Y is ",
    );
    assertStringIncludes(
      failures(op, "code = truth").join("\n"),
      "away from the truth, PyTorch's is",
    );
  });

  it("refuses a number for NaN", () => {
    const op = load("sigmoid", undefined, {
      forward({ x, y, n }: Env) {
        for (let i = 0; i < n; i++) {
          y[i] = x[i] === x[i] ? 1 / (1 + Math.exp(-x[i])) : 0;
        }
      },
    });
    const found = failures(op, "code = PyTorch").join("\n");
    assertStringIncludes(
      found,
      "has 0 for NaN at element 2, and no row of the special points says why",
    );
  });

  it("names every kind of number that no row explains, at once", () => {
    const op = load("sigmoid", undefined, {
      forward: ({ y }: Env) => y.fill(0.25),
    });
    const found = failures(op, "code = PyTorch").join("\n");
    for (const special of ["NaN", "∞", "-∞"]) {
      const count = found.split(`, ${special} in x"`).length - 1;
      assertEquals(count, 1, special);
    }
  });

  it("refuses a PyTorch that is further from the truth, unless the page says so", () => {
    const op = load("matmul");
    const { cases } = op.goldens!;
    const said = (change: (values: Float64Array) => void) => {
      const others = cases.map((one) => {
        const { z } = one.outputs;
        if (one.variant.includes(" in ") || !(z?.values.length > 20)) {
          return one;
        }
        const values = Float64Array.from(z.values);
        change(values);
        return { ...one, outputs: { z: { ...z, values } } };
      });
      const goldens = { ...op.goldens!, cases: others };
      return failures({ ...op, goldens }, "code = PyTorch").join("\n");
    };
    assertStringIncludes(
      said((values) => values[0] += 1),
      "rounding allows: a row of the special points must say so",
    );
    assertStringIncludes(
      said((values) => values[1] = NaN),
      "for NaN at element 1: PyTorch 2.",
    );
  });

  it("takes a row for a reason only where the row says that PyTorch differs", () => {
    // The page says so of finite gradients, but not of outputs, nor of ∞.
    const op = load("softmax");
    const said = (key: "outputs" | "gradients", name: string, to: number) => {
      const cases = op.goldens!.cases.map((one) => {
        const result = one[key][name];
        if (one.variant.includes(" in ") || !(result?.values.length > 9)) {
          return one;
        }
        const values = Float64Array.from(result.values);
        values[0] = to;
        return { ...one, [key]: { [name]: { ...result, values } } };
      });
      const goldens = { ...op.goldens!, cases };
      return failures({ ...op, goldens }, "code = PyTorch").join("\n");
    };
    const must = "a row of the special points must say so";
    assertStringIncludes(said("outputs", "y", 0.7), must);
    assertStringIncludes(said("gradients", "x", Infinity), must);
    assertEquals(said("gradients", "x", 0.7), "");
  });

  it("refuses an operation without goldens", () => {
    assertEquals(failures(load("relu"), "code = PyTorch"), [
      "relu.ts: There are no goldens: run deno task goldens relu",
      "relu.ts: There are no goldens: run deno task goldens relu",
    ]);
  });
});
