// Copyright 2026 the Adjoint authors. MIT license.

// The live panel's place on the page of an op, and what the panel must know of
// the page. The panel itself is made in the browser, by `browser/live.ts`.

import { partsOf, usualOf } from "../ops/core/options.ts";
import { dependencies } from "../ops/proof/equations.ts";
import { rangeIn, visit } from "../ops/proof/language/evaluate.ts";
import type { Dim, Expr } from "../ops/proof/language/expression.ts";
import { lettersOf, type Operation } from "../ops/proof/operation.ts";
import { declaredShapes } from "../ops/proof/scopes.ts";
import type {
  Choice,
  Forgettable,
  Formula,
  OptionSymbol,
  PanelData,
} from "./browser/live/data.ts";
import { type Marked, markedOf, paint } from "./literate/axes.ts";
import { escapeHtml } from "./site.ts";
import { renderMath } from "./typeset.ts";

/** What the panel must know of an op, from its page and its signature. */
export function panelData(
  op: Operation,
  packageName: string,
  marked: Marked = markedOf(op),
): PanelData {
  const { inputs, outputs, floats } = op;
  const optionSymbols = symbolsOf(op);
  const whole = optionSymbols.filter(({ isWhole }) => isWhole)
    .map(({ symbol }) => symbol);
  const dims = lettersOf(inputs)
    .filter((letter) => !whole.includes(letter));
  const symbols: Record<string, string> = {};
  const typeset = (name: string, tex: string) =>
    symbols[name] ??= paint(renderMath(tex, false, op.file), marked);
  for (const { symbol } of [...inputs, ...outputs]) {
    typeset(symbol, symbol);
    typeset(`∂E/∂${symbol}`, `\\partial E / \\partial ${symbol}`);
  }
  for (const dim of dims) typeset(dim, dim);
  for (const { symbol } of optionSymbols) typeset(symbol, symbol);
  return {
    package: packageName,
    name: op.name,
    inputs: inputs.map((input) => ({
      symbol: input.symbol,
      parameter: input.parameter,
      shape: input.shape,
      integer: input.integer,
      shift: input.isIndex ? 1 : 0,
      domain: input.domain,
      ...input.option ? { isOption: true } : {},
    })),
    floats: floats.map((float) => inputs.indexOf(float)),
    outputs: outputs.map(({ symbol, parameter, shape }) => ({
      symbol,
      parameter,
      shape,
      shift: op.signature.spec.indices ? 1 : 0,
    })),
    list: LISTS[op.name],
    options: choicesOf(op),
    declared: Object.fromEntries(
      Object.entries(op.options).filter(([, { kind }]) =>
        kind !== "axis" && kind !== "axes"
      ),
    ),
    optionSymbols,
    fixed: axesOf(op),
    dims,
    formulas: formulasOf(op),
    functions: Object.fromEntries(op.definitions.functions),
    forgettable: floats.map(({ symbol }) => forgettable(op, `∂E/∂${symbol}`)),
    symbols,
    axes: Object.fromEntries(marked.axes),
  };
}

/** What the functions take as lists, where the page has letters or numbers. */
const LISTS: Readonly<Record<string, PanelData["list"]>> = {
  broadcastTo: "shape",
  concat: "inputs",
  pad: "options",
  reshape: "shape",
  slice: "options",
  split: "outputs",
};

/** The options that are no axes, and do not follow from another. */
function choicesOf(op: Operation): Choice[] {
  return Object.entries(op.options).flatMap(([name, option]): Choice[] => {
    if (option.kind === "flag") {
      const { default: value } = option;
      return [{ name, default: value, isSaid: false, isWhole: false }];
    }
    if (option.kind !== "number" && option.kind !== "pair") return [];
    if (typeof option.default === "string") return [];
    const value = usualOf(option);
    return [{
      name,
      default: value,
      isSaid: value !== option.default,
      isWhole: option.integer,
    }];
  });
}

/** The symbols that the page has for options. */
function symbolsOf(op: Operation): OptionSymbol[] {
  const exempt = op.inputs.flatMap(({ integer, isIndex }) =>
    isIndex ? [integer?.except] : []
  );
  return Object.entries(op.options).flatMap(([key, option]) =>
    partsOf(key, option).flatMap(({ name }) => {
      const symbol = op.symbols.get(name)?.symbol;
      return symbol === undefined ? [] : [{
        name,
        symbol,
        isWhole: "integer" in option && option.integer,
        shift: exempt.includes(name) ? 1 : 0,
      }];
    })
  );
}

/** Where the page has the axes that options choose. */
function axesOf({ options, inputs }: Operation): PanelData["fixed"] {
  return Object.fromEntries(
    Object.entries(options).flatMap(([name, option]) => {
      if (option.kind !== "axis" && option.kind !== "axes") return [];
      const at = inputs[0].axes.axes.findIndex((axis) =>
        axis.kind !== "size" && axis.letter === option.letter
      );
      return [[name, option.kind === "axis" ? at : [at]]];
    }),
  );
}

/** The formulas of the outputs and gradients, and those that they need. */
function formulasOf({ page, definitions }: Operation) {
  const declared = declaredShapes(page);
  const formulas: Record<string, Formula> = {};
  const shapeOf = (key: string): readonly Dim[] => {
    const name = key.replace(/^∂E\/∂/, "");
    return declared.get(name) ?? add(name)?.shape ?? [];
  };
  const add = (key: string): Formula | undefined => {
    if (key in formulas || !definitions.has(key)) return formulas[key];
    const { indices, side, equation } = definitions.of(key);
    const formula: Formula = { indices, expr: side, shape: [] };
    formulas[key] = formula;
    for (const needed of dependencies(side)) add(needed);
    const name = key.replace(/^∂E\/∂/, "");
    formula.shape = declared.get(name) ??
      indices.map((index) => {
        const found = equation.sides.slice(1).toReversed()
          .map((side) => rangeIn(index, side, { axes: shapeOf }))
          .find((dim) => dim !== undefined);
        if (found !== undefined) return found;
        throw new Error(
          `Cannot make the panel of ${key} as the page must say what its index ${index} runs over`,
        );
      });
    return formula;
  };
  for (const target of definitions.targets) add(target);
  return formulas;
}

/** What can be forgotten in a gradient. */
function forgettable(op: Operation, key: string): Forgettable {
  const { definitions, inputs, outputs } = op;
  const given = [
    ...inputs.map(({ symbol }) => symbol),
    ...outputs.map(({ symbol }) => `∂E/∂${symbol}`),
  ];
  const wholes = definitions.equations
    .filter((e) => e.key === key && e.defines && !e.byElements)
    .flatMap(({ sides }) => sides.slice(1));
  const product = wholes.map(transposedProduct).find(Boolean)
    ?.map((factor) => given.indexOf(dependencies(factor)[0]));
  return {
    product: product?.every((at) => at >= 0)
      ? product as [number, number]
      : undefined,
    sums: sumsOver(definitions.of(key).side, given.slice(inputs.length)),
  };
}

/** The factors of a product of two matrices one of which is transposed. */
function transposedProduct(expr: Expr): Expr[] | undefined {
  if (expr.kind !== "product" || expr.factors.length !== 2) return undefined;
  if (!expr.factors.some((e) => e.kind === "transpose")) return undefined;
  const bare = expr.factors.map((e) => e.kind === "transpose" ? e.of : e);
  const isTensor = (e: Expr) => e.kind === "symbol" || e.kind === "partial";
  return bare.every(isTensor) ? bare : undefined;
}

/** The indices of the only element of a `dout` that a sum runs over. */
function sumsOver(side: Expr, douts: readonly string[]): Forgettable["sums"] {
  const found: Forgettable["sums"][] = [];
  visit(side, (e, bound) => {
    if (e.kind !== "partial") return;
    const output = douts.indexOf(dependencies(e)[0]);
    const indices = e.by.kind === "element" ? e.by.indices : [];
    found.push(
      indices.flatMap((index, axis) =>
        typeof index === "string" && bound.has(index)
          ? [[index, output, axis]]
          : []
      ),
    );
    return false;
  });
  return found.length === 1 ? found[0] : [];
}

/** The section of a page that holds the panel; without scripts, a sentence. */
export function liveSection(
  op: Operation,
  packageName: string,
  marked: Marked,
): string {
  const json = JSON.stringify(panelData(op, packageName, marked))
    .replaceAll("<", "\\u003c");
  return `<section id="live" data-op="${escapeHtml(op.name)}">
<h2>Try it</h2>
<p class="live-fallback">Here the functions of this page run in your browser, on numbers that you choose. That needs JavaScript, which is switched off, or did not load.</p>
<script type="application/json" class="live-data">${json}</script>
</section>`;
}
