// Copyright 2026 the Adjoint authors. MIT license.

/**
 * mathjs as an independent judge: formulas as its expressions, differentiated by
 * its rules, and compared at a point in 64 digits, or exactly where its
 * simplification decides.
 *
 * @module
 */

import { all, create, type MathNode } from "mathjs";
import {
  add,
  compare,
  cosh,
  type Digits,
  digits64,
  divide,
  exactly,
  integerPower,
  multiply,
  negate,
  power,
  subtract,
} from "./digits.ts";
import {
  EvaluationError,
  type Field,
  type FunctionName,
  type Value,
} from "./expression.ts";
import { FUNCTIONS } from "./functions.ts";
import { Model, type World } from "./model.ts";
import { balanced, mapValue, tuplesOf } from "./values.ts";

const math = create(all);

/** An expression of mathjs, and its value at the point that decides branches. */
export interface Algebraic {
  node: MathNode;
  value: Digits;
}

/** Templates of functions, parsed once. */
const templates = new Map<string, MathNode>();

/** Expressions of mathjs at one point: the values of its variables. */
export class Algebra implements Field<Algebraic> {
  /** The value of each variable. */
  readonly point = new Map<string, Digits>();

  variable(name: string, value: Digits): Algebraic {
    this.point.set(name, value);
    return { node: new math.SymbolNode(name), value };
  }

  constant = (value: number, text?: string): Algebraic => {
    const exact = digits64.constant(value, text);
    if (text === undefined && Number.isInteger(value)) {
      return { node: new math.ConstantNode(value), value: exact };
    }
    // The nearest double of a decimal number is another one.
    return this.variable(`number_${text ?? value}`.replace(/\W/g, "_"), exact);
  };

  add = (a: Algebraic, b: Algebraic): Algebraic =>
    isConstant(a, 0)
      ? b
      : isConstant(b, 0)
      ? a
      : { node: operator("+", a, b), value: add(a.value, b.value) };

  multiply = (a: Algebraic, b: Algebraic): Algebraic => {
    if (isConstant(a, 0) || isConstant(b, 1)) return a;
    if (isConstant(b, 0) || isConstant(a, 1)) return b;
    return { node: operator("*", a, b), value: multiply(a.value, b.value) };
  };

  divide = (a: Algebraic, b: Algebraic): Algebraic =>
    isConstant(b, 1)
      ? a
      : { node: operator("/", a, b), value: divide(a.value, b.value) };

  power = (a: Algebraic, b: Algebraic): Algebraic => ({
    node: operator("^", a, b),
    value: power(a.value, b.value),
  });

  integerPower = (a: Algebraic, n: number): Algebraic => ({
    node: operator("^", a, this.constant(n)),
    value: integerPower(a.value, n),
  });

  call = (name: FunctionName, x: Algebraic): Algebraic => {
    const { mathjs } = FUNCTIONS[name];
    if (mathjs === undefined) {
      throw new EvaluationError(`mathjs does not know ${name}`);
    }
    let template = templates.get(mathjs);
    if (template === undefined) {
      templates.set(mathjs, template = math.parse(mathjs));
    }
    const node = template.transform((n) =>
      n.type === "SymbolNode" && (n as unknown as Named).name === "x"
        ? x.node
        : n
    );
    return { node, value: digits64.call(name, x.value) };
  };

  compare = (a: Algebraic, b: Algebraic): number => compare(a.value, b.value);

  toInteger = (x: Algebraic): number => digits64.toInteger(x.value);

  /** As a balanced tree: the derivative of a chain is as deep as it is long. */
  sum = (terms: readonly Algebraic[]): Algebraic => balanced(terms, this.add);
}

interface Named {
  name: string;
}

function nameOf({ node }: Algebraic): string {
  return (node as unknown as Named).name;
}

function isConstant({ node }: Algebraic, value: number): boolean {
  return "value" in node && node.value === value;
}

const NAMES = {
  "+": "add",
  "-": "subtract",
  "*": "multiply",
  "/": "divide",
  "^": "pow",
} as const;

function operator(
  op: keyof typeof NAMES,
  a: Algebraic,
  b: Algebraic,
): MathNode {
  return new math.OperatorNode(op, NAMES[op], [a.node, b.node]) as MathNode;
}

/**
 * The derivative of an expression with respect to a variable, by mathjs; of a sum
 * and of a multiple only what hangs on the variable is given to it.
 */
export function derivative(of: MathNode, variable: string): MathNode {
  const hangs = (node: MathNode) => variablesOf(node).has(variable);
  if (!hangs(of)) return new math.ConstantNode(0);
  const { op, args } = of as unknown as { op?: string; args: MathNode[] };
  if (op === "+" && args.length === 2) {
    const [a, b] = args.filter(hangs).map((n) => derivative(n, variable));
    return b === undefined
      ? a
      : new math.OperatorNode("+", "add", [a, b]) as MathNode;
  }
  if (op === "*" && args.length === 2 && !args.every(hangs)) {
    const [factor, rest] = hangs(args[1]) ? args : args.toReversed();
    const slope = derivative(rest, variable);
    return new math.OperatorNode("*", "multiply", [factor, slope]) as MathNode;
  }
  // `simplify` would take most of the time of the proof.
  return math.derivative(of, variable, { simplify: false });
}

const variables = new WeakMap<MathNode, ReadonlySet<string>>();

function variablesOf(node: MathNode): ReadonlySet<string> {
  let found = variables.get(node);
  if (found === undefined) {
    const all = new Set<string>();
    if (node.type === "SymbolNode") all.add((node as unknown as Named).name);
    node.forEach((part) => {
      for (const name of variablesOf(part)) all.add(name);
    });
    variables.set(node, found = all);
  }
  return found;
}

const FURTHER: Record<string, (x: Digits) => Digits> = {
  sec: (x) => divide(exactly(1), digits64.call("cos", x)),
  sech: (x) => divide(exactly(1), cosh(x)),
  square: (x) => multiply(x, x),
  cube: (x) => integerPower(x, 3),
  unaryMinus: negate,
  unaryPlus: (x) => x,
};

/** The value of an expression of mathjs in 64 digits. */
export function valueAt(
  node: MathNode,
  point: ReadonlyMap<string, Digits>,
  known = new Map<MathNode, Digits>(),
): Digits {
  let value = known.get(node);
  if (value === undefined) {
    known.set(node, value = compute(node, point, known));
  }
  return value;
}

function compute(
  node: MathNode,
  point: ReadonlyMap<string, Digits>,
  known: Map<MathNode, Digits>,
): Digits {
  const { type, name, value, fn, args, content } = node as unknown as {
    type: string;
    name: string;
    value: number;
    fn: string | Named;
    args: MathNode[];
    content: MathNode;
  };
  const at = (n: MathNode) => valueAt(n, point, known);
  switch (type) {
    case "ConstantNode":
      return exactly(value);
    case "ParenthesisNode":
      return at(content);
    case "SymbolNode": {
      const found = point.get(name);
      if (found !== undefined) return found;
      if (name === "pi") return digits64.constant(Math.PI, "\\pi");
      break;
    }
    case "OperatorNode":
    case "FunctionNode": {
      const called = typeof fn === "string" ? fn : fn.name;
      const of = args.map(at);
      if (of.length === 2) {
        switch (called) {
          case "add":
            return add(of[0], of[1]);
          case "subtract":
            return subtract(of[0], of[1]);
          case "multiply":
            return multiply(of[0], of[1]);
          case "divide":
            return divide(of[0], of[1]);
          case "pow": {
            const n = digits64.toInteger(of[1]);
            return Number.isNaN(n)
              ? power(of[0], of[1])
              : integerPower(of[0], n);
          }
        }
      }
      if (called in FURTHER) return FURTHER[called](of[0]);
      if (called in FUNCTIONS && of.length === 1) {
        return digits64.call(called as FunctionName, of[0]);
      }
      // A sum or product of many.
      if (called === "add") return of.reduce(add);
      if (called === "multiply") return of.reduce(multiply);
    }
  }
  throw new EvaluationError(`mathjs has ${node.toString()} there`);
}

/** Above this many nodes mathjs is not asked. */
const MOST = 1_000_000;

/** How many nodes a tree has, shared ones as often as they stand there. */
function sizeOf(node: MathNode, known: Map<MathNode, number>): number {
  let size = known.get(node);
  if (size === undefined) {
    size = 1;
    node.forEach((part) => {
      size! += sizeOf(part, known);
    });
    known.set(node, size);
  }
  return size;
}

/**
 * The derivatives of one symbol with respect to another by mathjs, in 64 digits;
 * undefined where mathjs has no rule, or would take too long.
 */
export function partialByMathjs(
  world: World<Digits>,
  of: string,
  by: string,
): Value<Digits> | undefined {
  const algebra = new Algebra();
  let count = 0;
  const variables = (value: Value<Digits>): Value<Algebraic> => {
    const letter = `v${count++}`;
    const tuples = tuplesOf(value.shape);
    return mapValue(
      value,
      (x, i) => algebra.variable([letter, ...tuples[i]].join("_"), x),
    );
  };
  const given = new Map(
    [...world.given].map(([name, value]) => [name, variables(value)]),
  );
  if (!given.has(by)) given.set(by, variables(new Model(world).symbol(by)));
  const below = given.get(by)!;
  const model = new Model<Algebraic>({
    ...world,
    field: algebra,
    given,
    loss: {
      name: world.loss.name,
      outputs: new Map(
        [...world.loss.outputs].map(([name, value]) => [
          name,
          mapValue(
            value,
            (x, i) =>
              algebra.variable(`dout_${name}_${i}`.replace(/\W/g, "_"), x),
          ),
        ]),
      ),
    },
    prefer: by,
  });
  try {
    const above = model.symbol(of);
    const sizes = new Map<MathNode, number>();
    const all = above.data.reduce(
      (n, { node }) =>
        n +
        sizeOf(node, sizes) * below.data.filter((variable) =>
            variablesOf(node).has(nameOf(variable))
          ).length,
      0,
    );
    if (all > MOST) return undefined;
    return {
      shape: [...above.shape, ...below.shape],
      data: above.data.flatMap(({ node }) =>
        below.data.map((variable) =>
          valueAt(derivative(node, nameOf(variable)), algebra.point)
        )
      ),
    };
  } catch (error) {
    const { message } = error as Error;
    if (/not supported|does not know|mathjs has/.test(message)) {
      return undefined;
    }
    throw error;
  }
}

const decided = new Map<string, boolean>();

/** Above this length, `simplify` may take minutes. */
const LONG = 1000;

/** Whether algebra finds two expressions equal; long ones it cannot decide. */
export function areEqual(a: MathNode, b: MathNode): boolean {
  if (a.toString() === b.toString()) return true;
  const difference = new math.OperatorNode("-", "subtract", [a, b]);
  const name = difference.toString();
  if (name.length > LONG) return false;
  let equal = decided.get(name);
  if (equal === undefined) {
    equal = math.simplify(difference).toString() === "0";
    decided.set(name, equal);
  }
  return equal;
}
