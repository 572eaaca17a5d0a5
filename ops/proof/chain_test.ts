// Copyright 2026 the Adjoint authors. MIT license.

// The chain must break where it should: each test feeds it a page, or code, with
// one mistake, and sees which link fails and what it says.

import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as addBias from "../arithmetic/add_bias.ts";
import addBiasPage from "../arithmetic/add_bias.ts" with { type: "text" };
import { all } from "../goldens/all.ts";
import { decodeGoldens } from "../goldens/goldens.ts";
import * as linear from "../products/linear.ts";
import linearPage from "../products/linear.ts" with { type: "text" };
import * as matmul from "../products/matmul.ts";
import matmulPage from "../products/matmul.ts" with { type: "text" };
import * as sum from "../reductions/sum.ts";
import sumPage from "../reductions/sum.ts" with { type: "text" };
import type { Tensor } from "../tensor.ts";
import { LINK_NAMES, type LinkName, prove } from "./chain.ts";
import { type Operation, operation } from "./operation.ts";
import { PageError } from "./page.ts";
import { formatProof, PLAIN } from "./report.ts";

const MODULES = {
  add_bias: [addBiasPage, addBias],
  linear: [linearPage, linear],
  matmul: [matmulPage, matmul],
  sum: [sumPage, sum],
} as const;

type Name = keyof typeof MODULES;

const goldens = new Map<Name, ReturnType<typeof decodeGoldens>>();

/** An operation, with another page or other functions where they are given. */
function load(
  name: Name,
  edit: (page: string) => string = (page) => page,
  functions: object = {},
): Operation {
  const [page, exports] = MODULES[name];
  const decoded = goldens.get(name) ?? decodeGoldens(all[name]);
  goldens.set(name, decoded);
  return operation(
    `${name}.ts`,
    edit(page),
    { ...exports, ...functions },
    decoded,
  );
}

/** Replaces the first place, below a heading, where it stands; it must exist. */
function replacing(
  from: string,
  to: string,
  below = "",
): (page: string) => string {
  return (page) => {
    const start = page.indexOf(below);
    const rest = page.slice(start);
    assertStringIncludes(rest, from);
    return page.slice(0, start) + rest.replace(from, () => to);
  };
}

/** What a link says of what is wrong. */
function failures(op: Operation, link: LinkName): string[] {
  return prove(op, link).flatMap(({ failures }) => failures);
}

/** A page with a mistake, and what both links that read it must say. */
interface Mistake {
  op: Name;
  title: string;
  /** The heading above the formula. */
  below?: string;
  from: string;
  to: string;
  /** The formula that must be quoted. */
  quote: string;
  /** Where it differs first. */
  first: string;
}

const tex = String.raw;

const MISTAKES: Mistake[] = [
  {
    op: "linear",
    title: "the notebook's ∂E/∂W, whose dimensions do not fit",
    below: "## Backward",
    from: tex`\frac{\partial E}{\partial W}
 *   = \left( \frac{\partial E}{\partial Y} \right)^{\mathsf{T}} X`,
    to:
      tex`\frac{\partial E}{\partial W} = X^{\mathsf{T}} \frac{\partial E}{\partial Y}`,
    quote:
      tex`\frac{\partial E}{\partial W} = X^{\mathsf{T}} \frac{\partial E}{\partial Y}`,
    first: "element (1, 2): the page gives",
  },
  {
    op: "add_bias",
    title: "the notebook's bias, called y and b",
    from: "Z_{ijk} = X_{ijk} + y_j",
    to: "Z_{ijk} = X_{ijk} + b_j",
    quote: "Z_{ijk} = X_{ijk} + b_j",
    first: "at i = 1, j = 1, k = 1: ",
  },
  {
    op: "linear",
    title: "the notebook's output, called Y and Z",
    from: tex`\frac{\partial E}{\partial X} = \frac{\partial E}{\partial Y} W`,
    to: tex`\frac{\partial E}{\partial X} = \frac{\partial E}{\partial Z} W`,
    quote: tex`\frac{\partial E}{\partial X} = \frac{\partial E}{\partial Z} W`,
    first: "at element (1, 1): ",
  },
  {
    op: "matmul",
    title: "a transposed index",
    below: "## Backward",
    from: tex`\sum_{k=1}^{p} \frac{\partial E}{\partial Z_{ik}} Y_{jk}`,
    to: tex`\sum_{k=1}^{p} \frac{\partial E}{\partial Z_{ik}} Y_{kj}`,
    quote:
      tex`\frac{\partial E}{\partial X_{ij}} = \sum_{k=1}^{p} \frac{\partial E}{\partial Z_{ik}} Y_{kj}`,
    first: "at i = 1, j = 1: ",
  },
  {
    op: "matmul",
    title: "a missing transpose",
    from: tex`\frac{\partial E}{\partial Y} = X^{\mathsf{T}} \frac`,
    to: tex`\frac{\partial E}{\partial Y} = X \frac`,
    quote: tex`\frac{\partial E}{\partial Y} = X \frac{\partial E}{\partial Z}`,
    first: "at element (1, 1): ",
  },
  {
    op: "matmul",
    title: "a missing sum",
    below: "## Backward",
    from: tex`\sum_{k=1}^{p} \frac{\partial E}{\partial Z_{ik}} Y_{jk}`,
    to: tex`\frac{\partial E}{\partial Z_{ik}} Y_{jk}`,
    quote:
      tex`\frac{\partial E}{\partial X_{ij}} = \frac{\partial E}{\partial Z_{ik}} Y_{jk}`,
    first: "at i = 1, j = 1, k = 1: the page gives",
  },
  {
    op: "add_bias",
    title: "one of two sums missing",
    below: "## Backward",
    from:
      tex`\sum_{i=1}^{n} \sum_{k=1}^{p} \frac{\partial E}{\partial Z_{ijk}}`,
    to: tex`\sum_{i=1}^{n} \frac{\partial E}{\partial Z_{ijk}}`,
    quote:
      tex`\frac{\partial E}{\partial y_j} = \sum_{i=1}^{n} \frac{\partial E}{\partial Z_{ijk}}`,
    first: "at j = 1, k = 1: the page gives",
  },
  {
    op: "linear",
    title: "a sum as far as another dimension",
    below: "## Backward",
    from: tex`\sum_{i=1}^{N} \frac{\partial E}{\partial Y_{ij}} X_{il}`,
    to: tex`\sum_{i=1}^{k} \frac{\partial E}{\partial Y_{ij}} X_{il}`,
    quote:
      tex`\frac{\partial E}{\partial W_{jl}} = \sum_{i=1}^{k} \frac{\partial E}{\partial Y_{ij}} X_{il}`,
    first: "at j = 1, l = 1: ",
  },
  {
    op: "sum",
    title: "a wrong sign",
    below: "## Backward",
    from: tex`\frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial y}`,
    to: tex`\frac{\partial E}{\partial X_i} = -\frac{\partial E}{\partial y}`,
    quote:
      tex`\frac{\partial E}{\partial X_i} = -\frac{\partial E}{\partial y}`,
    first: "at i = (1,1): the page gives",
  },
  {
    op: "sum",
    title: "a factor too many",
    from: tex`\frac{\partial E}{\partial y} \mathbf{1}`,
    to: tex`2 \frac{\partial E}{\partial y} \mathbf{1}`,
    quote:
      tex`\frac{\partial E}{\partial X} = 2 \frac{\partial E}{\partial y} \mathbf{1}_{n_1 \times \cdots \times n_r}`,
    first: "element (1, 1): the page gives",
  },
  {
    op: "matmul",
    title: "a wrong step of a derivation",
    from: tex`\delta_{ai} Y_{jk}
 * ` + "```",
    to: tex`\delta_{ak} Y_{jk}
 * ` + "```",
    quote: tex`\frac{\partial Z_{ak}}{\partial X_{ij}} = \delta_{ak} Y_{jk}`,
    first: "at a = 1, k = 1, i = 2, j = 1: the page gives",
  },
  {
    op: "matmul",
    title: "a wrong formula in the documentation of a function",
    from:
      tex` * \frac{\partial E}{\partial X} = \frac{\partial E}{\partial Z} Y^{\mathsf{T}}
 * ` + "```",
    to: tex` * \frac{\partial E}{\partial X} = Y \frac{\partial E}{\partial Z}
 * ` + "```",
    quote: tex`\frac{\partial E}{\partial X} = Y \frac{\partial E}{\partial Z}`,
    first: "at element (1, 1): ",
  },
];

describe("a page with a mistake", () => {
  for (const { op, title, below, from, to, quote, first } of MISTAKES) {
    it(`fails both links that read it: ${title}`, () => {
      const wrong = load(op, replacing(from, to, below));
      for (const link of ["page = code", "page = calculus"] as const) {
        const found = failures(wrong, link).find((failure) =>
          failure.includes(`"${quote}" is wrong: `)
        );
        assert(found !== undefined, `${link} does not quote ${quote}`);
        assertStringIncludes(found, `${op}.ts:`);
        assertStringIncludes(found, first);
      }
    });
  }

  it("fails where the output's shape is written as the input's", () => {
    const op = load(
      "matmul",
      replacing(
        tex`$` + "`" + tex`Z \in \mathbb{R}^{m \times p}`,
        tex`$` + "`" + tex`X \in \mathbb{R}^{m \times p}`,
      ),
    );
    assertEquals(failures(op, "page = code"), [
      tex`matmul.ts:37: "X \in \mathbb{R}^{m \times p}" is wrong: it says 2×4, the code has 2×3`,
      tex`matmul.ts:37: "X \in \mathbb{R}^{m \times p}" is wrong: line 36 says it already`,
    ]);
  });

  it("fails where a sum of any rank is defined for vectors", () => {
    const op = load(
      "sum",
      (page) =>
        page.replaceAll(tex`n_1 \times \cdots \times n_r`, () => "n")
          .replaceAll(tex`\sum_{i \in \mathcal{I}}`, () => tex`\sum_{i=1}^{n}`)
          .replaceAll(tex`\sum_{a \in \mathcal{I}}`, () => tex`\sum_{a=1}^{n}`),
    );
    assertStringIncludes(
      failures(op, "page = code").join("\n"),
      "sum.ts: The page says that X has the shape n: it is 2×3",
    );
    assertStringIncludes(
      failures(op, "code = truth").join("\n"),
      "sum.ts: The page says that X has the shape n: it is",
    );
  });

  it("fails where the table of shapes is wrong", () => {
    const op = load(
      "linear",
      (page) => page.replaceAll(tex`k \times p`, () => tex`p \times k`),
    );
    assertStringIncludes(
      failures(op, "page = code").join("\n"),
      "linear.ts: The code does not take the shapes of the page: Cannot compute linear as the columns of x must equal the columns of w",
    );
  });

  it("fails where a formula is missing", () => {
    const whole = load(
      "matmul",
      (page) =>
        page.replaceAll(
          tex`\frac{\partial E}{\partial Y} = X^{\mathsf{T}}`,
          () =>
            tex`\frac{\partial E}{\partial Y_{jk}} = \sum_{i=1}^{m} X_{ij} \frac{\partial E}{\partial Z_{ik}}, X^{\mathsf{T}}`,
        ),
    );
    assertEquals(failures(whole, "page = code"), [
      "matmul.ts: The page has no formula for ∂E/∂Y as a whole",
    ]);
    const elements = load(
      "add_bias",
      (page) =>
        page.replaceAll(
          "Z_{ijk} = X_{ijk} + y_j",
          () => tex`y \in \mathbb{R}^m`,
        ),
    );
    assertStringIncludes(
      failures(elements, "page = code").join("\n"),
      "add_bias.ts: The page has no formula for the elements of Z",
    );
    assertStringIncludes(
      failures(elements, "code = truth").join("\n"),
      "The page has no formula for the elements of Z by the inputs and dout",
    );
  });

  it("fails where a function's documentation has the formula of another", () => {
    const [own, other] = [
      tex`\frac{\partial E}{\partial X} = \frac{\partial E}{\partial Z} Y^{\mathsf{T}}`,
      tex`\frac{\partial E}{\partial Y} = X^{\mathsf{T}} \frac{\partial E}{\partial Z}`,
    ];
    const op = load("matmul", (page) => {
      const at = page.indexOf(`* ${own}`, page.indexOf("@module"));
      return page.slice(0, at) + page.slice(at).replace(own, () => other);
    });
    assertEquals(failures(op, "page = code"), [
      "matmul.ts: The documentation of matmulDx must have a formula for ∂E/∂X",
    ]);
  });
});

/** A gradient with every element changed. */
function changing(
  f: (...tensors: never[]) => Tensor,
  change: (value: number) => number,
): (...tensors: Tensor[]) => Tensor {
  return (...tensors) => {
    const { shape, data } = f(...tensors as never[]);
    return { shape, data: data.map(change) };
  };
}

describe("a page with a formula that is no help", () => {
  const before = "Multiplies two matrices:";

  it("fails where a formula is true of anything", () => {
    const op = load("matmul", (page) => page.replaceAll("Z = X Y", "Z = Z"));
    assertEquals(failures(op, "page = code").slice(-2), [
      "matmul.ts: The page has no formula for Z as a whole",
      "matmul.ts: The documentation of matmul must have a formula for Z",
    ]);
  });

  it("fails where nothing says what an index runs over", () => {
    const op = load(
      "matmul",
      replacing(before, "$`" + tex`\delta_{ai} = 1` + "`$"),
    );
    assertStringIncludes(
      failures(op, "page = code").join("\n"),
      tex`"\delta_{ai} = 1" is wrong: nothing says what the index a runs over`,
    );
  });

  it("fails where the loss is said to be what it is not", () => {
    const loss = tex`E = \sum_{i=1}^{m} \sum_{k=1}^{p} Z_{ik}`;
    const op = load("matmul", replacing(before, "$`" + loss + "`$"));
    for (const link of ["page = code", "page = calculus"] as const) {
      assertStringIncludes(
        failures(op, link).join("\n"),
        `"${loss}" is wrong: the page gives`,
      );
    }
  });

  it("fails, and does not stop, where the shapes differ", () => {
    const wrong =
      tex`\frac{\partial E}{\partial X} = \frac{\partial E}{\partial y}`;
    const op = load("sum", replacing("Adds up all", "$`" + wrong + "`$ all"));
    assertStringIncludes(
      failures(op, "page = code").join("\n"),
      `"${wrong}" is wrong: the left is 2×3, the right is a number`,
    );
  });

  it("fails where the shape of a slice or of a product is wrong", () => {
    const said: [string, string][] = [
      [tex`X_i \in \mathbb{R}^{m}`, "it says 2, the code has 3"],
      [tex`X Y \in \mathbb{R}^{p \times m}`, "it says 4×2, the code has 2×4"],
      [tex`Y X \in \mathbb{R}^{m \times p}`, "3×4 times 2×3 has no product"],
    ];
    for (const [shape, what] of said) {
      const op = load("matmul", replacing(before, "$`" + shape + "`$"));
      assertEquals(failures(op, "page = code"), [
        `matmul.ts:6: "${shape}" is wrong: ${what}`,
      ]);
    }
  });

  it("holds where an equation is written differently", () => {
    const same = [
      tex`Z_{ik} = (X Y)_{ik} = \sum_{j=1}^{n} X_{ij} Y_{jk}`,
      tex`Z = (Y^T X^T)^T`,
      tex`\frac{\partial E}{\partial X} = (Y \frac{\partial E}{\partial Z}^T)^T`,
      tex`E = \langle \frac{\partial E}{\partial Z}, Z \rangle`,
      tex`X_i \in \mathbb{R}^n`,
    ];
    const text = same.map((formula) => "$`" + formula + "`$").join(" ");
    const op = load("matmul", replacing(before, text));
    assertEquals(failures(op, "page = code"), []);
    assertEquals(failures(op, "page = calculus"), []);
  });

  it("is told of every link where the forward formula is wrong", () => {
    const op = load(
      "matmul",
      (page) => page.replaceAll("X_{ij} Y_{jk}\n", () => "X_{ij} Y_{kj}\n"),
    );
    const links = LINK_NAMES.flatMap((name) => prove(op, name));
    const text = formatProof({ op, links, notebook: [] }, PLAIN);
    assertStringIncludes(text, "✗");
    assertStringIncludes(
      links.flatMap(({ failures }) => failures).join("\n"),
      tex`"Z_{ik} = \sum_{j=1}^{n} X_{ij} Y_{kj}" is wrong: at i = 1, k = 1: `,
    );
  });
});

describe("every math fence of every page", () => {
  for (const name of Object.keys(MODULES) as Name[]) {
    it(`is executed by both links that read the page: ${name}`, () => {
      const op = load(name);
      const links = (["page = code", "page = calculus"] as const)
        .map((link) => prove(op, link).flatMap(({ runs }) => runs));
      const fences = MODULES[name][0].split("\n")
        .flatMap((text, i) => text === " * ```math" ? [i + 1] : []);
      assert(fences.length > 0);
      for (const line of fences) {
        for (const runs of links) {
          const own = runs.filter(({ formula }) => formula.line === line);
          assert(own.length > 0, `line ${line}`);
          assertEquals(own.filter(({ values }) => values === 0), []);
        }
      }
    });
  }
});

describe("code with a mistake", () => {
  const twice = (value: number) => 2 * value;
  const alittle = (value: number) => value * (1 + 2 ** -20);

  it("fails every link that runs it: a factor", () => {
    const op = load("linear", undefined, {
      linearDw: changing(linear.linearDw, twice),
    });
    assertStringIncludes(
      failures(op, "page = code").join("\n"),
      "the page gives",
    );
    assertStringIncludes(
      failures(op, "code = calculus").join("\n"),
      "ratio 2.00",
    );
    assertStringIncludes(
      failures(op, "code = PyTorch").join("\n"),
      "linear: ∂E/∂W is ",
    );
    assertStringIncludes(
      failures(op, "code = truth").join("\n"),
      "linear: ∂E/∂W is ",
    );
    assertEquals(failures(op, "page = calculus"), []);
  });

  it("fails every link that runs it: an error in the seventh digit", () => {
    const op = load("add_bias", undefined, {
      addBiasDy: changing(addBias.addBiasDy, alittle),
    });
    for (
      const link of [
        "page = code",
        "code = calculus",
        "code = PyTorch",
        "code = truth",
      ] as const
    ) {
      assert(failures(op, link).length > 0, link);
    }
  });

  it("fails where a gradient is NaN, and says so of no other", () => {
    const op = load("matmul", undefined, {
      matmulDx: changing(matmul.matmulDx, () => NaN),
    });
    for (
      const link of [
        "page = code",
        "code = calculus",
        "code = PyTorch",
        "code = truth",
      ] as const
    ) {
      const [, dx, dy] = prove(op, link);
      assertEquals([link, dx.figure], [link, Infinity]);
      assert(dx.failures.length > 0, link);
      assertEquals(dy.failures, []);
    }
  });

  it("fails where float32 sums are rounded at every step", () => {
    const op = load("sum", undefined, {
      sum: ({ data }: Tensor): Tensor => {
        const total = data.slice(0, 1).fill(0);
        for (const value of data) total[0] += value;
        return {
          shape: [],
          data: data.length > 0 ? total : new Float32Array(1),
        };
      },
    });
    assertStringIncludes(failures(op, "code = truth").join("\n"), "sum: y is ");
  });

  it("fails where a zero is skipped that meets a NaN", () => {
    const op = load("matmul", undefined, {
      matmul: (x: Tensor, y: Tensor): Tensor => {
        const clean = (t: Tensor) => ({
          shape: t.shape,
          data: t.data.map((v) => Number.isNaN(v) ? 0 : v),
        });
        return matmul.matmul(clean(x) as never, clean(y) as never);
      },
    });
    assertStringIncludes(
      failures(op, "code = PyTorch").join("\n"),
      " for NaN at element ",
    );
  });
});

describe("operation()", () => {
  it("refuses a module without the functions of its page", () => {
    assertThrows(
      () => operation("matmul.ts", matmulPage, sum, decodeGoldens(all.matmul)),
      PageError,
      "matmul.ts: Cannot find the operation as the module must export a function op and, for the inputs of the page, opDx, opDy: it exports sum, sumDx",
    );
  });

  it("names the file of a page that it cannot read", () => {
    assertThrows(
      () => load("matmul", replacing("## Forward", "## Backward")),
      PageError,
      "matmul.ts: Cannot read the page",
    );
  });
});
