// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Every way to break a module once: the places come from its syntax tree, and
 * each mutant replaces the text of one of them.
 *
 * @module
 */

import ts from "npm:typescript@5.9.3";

export { ts };

/** A replacement of a part of a text. */
export interface Edit {
  start: number;
  end: number;
  text: string;
}

/** One way to break a module. */
export interface Mutation extends Edit {
  /** What is done: `arithmetic`, `index`, … */
  operator: string;
  /** The top-level declaration that holds it. */
  name: string;
}

/** The text with the edit made. */
export function applyEdit(text: string, { start, end, text: by }: Edit) {
  return text.slice(0, start) + by + text.slice(end);
}

/** The lines that an edit changes, before and after, without their indent. */
export function changedLines(
  text: string,
  { start, end, text: by }: Edit,
): { line: number; from: string; to: string } {
  const first = text.lastIndexOf("\n", start - 1) + 1;
  const next = text.indexOf("\n", end);
  const last = next < 0 ? text.length : next;
  const trim = (lines: string) => lines.replace(/^\s+/gm, "").trim();
  return {
    line: text.slice(0, start).split("\n").length,
    from: trim(text.slice(first, last)),
    to: trim(text.slice(first, start) + by + text.slice(end, last)),
  };
}

/** A syntax tree with parents. */
export function parse(text: string): ts.SourceFile {
  return ts.createSourceFile("m.ts", text, ts.ScriptTarget.Latest, true);
}

const { SyntaxKind } = ts;

/** What each binary operator becomes. */
const OPERATORS: Partial<Record<ts.SyntaxKind, string[]>> = {
  [SyntaxKind.PlusToken]: ["-", "*"],
  [SyntaxKind.MinusToken]: ["+", "*"],
  [SyntaxKind.AsteriskToken]: ["+", "/"],
  [SyntaxKind.SlashToken]: ["*", "-"],
  [SyntaxKind.PercentToken]: ["*", "/"],
  [SyntaxKind.AsteriskAsteriskToken]: ["*", "+"],
  [SyntaxKind.AmpersandToken]: ["|"],
  [SyntaxKind.BarToken]: ["&"],
  [SyntaxKind.LessThanToken]: ["<=", ">", ">="],
  [SyntaxKind.LessThanEqualsToken]: ["<", ">", ">="],
  [SyntaxKind.GreaterThanToken]: [">=", "<", "<="],
  [SyntaxKind.GreaterThanEqualsToken]: [">", "<", "<="],
  [SyntaxKind.EqualsEqualsEqualsToken]: ["!=="],
  [SyntaxKind.ExclamationEqualsEqualsToken]: ["==="],
  [SyntaxKind.AmpersandAmpersandToken]: ["||"],
  [SyntaxKind.BarBarToken]: ["&&"],
  [SyntaxKind.QuestionQuestionToken]: ["&&"],
  [SyntaxKind.PlusEqualsToken]: ["-=", "=", "*="],
  [SyntaxKind.MinusEqualsToken]: ["+=", "="],
  [SyntaxKind.AsteriskEqualsToken]: ["/=", "=", "+="],
  [SyntaxKind.QuestionQuestionEqualsToken]: ["="],
  [SyntaxKind.BarBarEqualsToken]: ["=", "&&="],
  [SyntaxKind.AmpersandAmpersandEqualsToken]: ["=", "||="],
};

/** Operators without one of their operands. */
const DROPPABLE = new Set([
  SyntaxKind.PlusToken,
  SyntaxKind.MinusToken,
  SyntaxKind.AsteriskToken,
  SyntaxKind.SlashToken,
  SyntaxKind.PercentToken,
  SyntaxKind.AsteriskAsteriskToken,
  SyntaxKind.AmpersandToken,
  SyntaxKind.BarToken,
  SyntaxKind.AmpersandAmpersandToken,
  SyntaxKind.BarBarToken,
  SyntaxKind.QuestionQuestionToken,
]);

/** Operators whose operands may not change places. */
const ORDERED = new Set([
  SyntaxKind.MinusToken,
  SyntaxKind.SlashToken,
  SyntaxKind.PercentToken,
  SyntaxKind.AsteriskAsteriskToken,
]);

/** Names that are easily mistaken for each other. */
const NAMES: Record<string, string> = Object.fromEntries(
  [
    ["rows", "cols"],
    ["rowStep", "colStep"],
    ["byteOffset", "byteLength"],
    ["min", "max"],
    ["ceil", "floor"],
    ["some", "every"],
    ["Float32Array", "Float64Array"],
    ["TypeError", "RangeError"],
  ].flatMap(([a, b]) => [[a, b], [b, a]]),
);

/** Methods whose arguments are positions. */
const POSITIONS = new Set(["subarray", "slice", "fill", "set"]);

/** Functions whose first two arguments may change places. */
const SYMMETRIC = new Set([
  "Math.max",
  "Math.min",
  "isSameShape",
  "max",
  "min",
]);

/** All ways to break a module, each once. */
export function mutations(text: string): Mutation[] {
  const file = parse(text);
  const found = new Map<string, Mutation>();
  for (const owner of file.statements) {
    if (!ts.isFunctionDeclaration(owner) && !ts.isVariableStatement(owner)) {
      continue;
    }
    if (ts.isFunctionDeclaration(owner) && owner.body === undefined) continue;
    const name = nameOf(owner);
    const visit = (node: ts.Node): void => {
      if (ts.isTypeNode(node) || ts.isTypeParameterDeclaration(node)) return;
      const mutant = (operator: string, by: string, place: ts.Node = node) => {
        const edit = trim(text, {
          start: place.getStart(file),
          end: place.getEnd(),
          text: by,
        });
        if (edit === undefined) return;
        const key = `${edit.start} ${edit.end} ${edit.text}`;
        if (!found.has(key)) found.set(key, { ...edit, operator, name });
      };
      for (const breaker of BREAKERS) breaker(node, mutant);
      ts.forEachChild(node, visit);
    };
    visit(owner);
  }
  return [...found.values()].sort((a, b) =>
    a.start - b.start || a.end - b.end || (a.text < b.text ? -1 : 1)
  );
}

function nameOf(owner: ts.FunctionDeclaration | ts.VariableStatement): string {
  if (ts.isFunctionDeclaration(owner)) return owner.name?.text ?? "default";
  return owner.declarationList.declarations
    .map(({ name }) => name.getText()).join();
}

/** The edit without what it leaves as it is; none if it changes nothing. */
function trim(text: string, edit: Edit): Edit | undefined {
  let { start, end, text: by } = edit;
  if (text.slice(start, end) === by) return undefined;
  while (start < end && by.length > 0 && text[start] === by[0]) {
    start++;
    by = by.slice(1);
  }
  while (start < end && by.length > 0 && text[end - 1] === by.at(-1)) {
    end--;
    by = by.slice(0, -1);
  }
  return { start, end, text: by };
}

type Report = (operator: string, by: string, place?: ts.Node) => void;

type Breaker = (node: ts.Node, mutant: Report) => void;

const BREAKERS: Breaker[] = [
  breakOperator,
  breakUnary,
  breakLiteral,
  breakName,
  breakCondition,
  breakLoop,
  breakIndex,
  breakCall,
  breakList,
  breakStatement,
];

function breakOperator(node: ts.Node, mutant: Report): void {
  if (!ts.isBinaryExpression(node)) return;
  const { left, right, operatorToken: { kind } } = node;
  const [a, b] = [left.getText(), right.getText()];
  const inside = node.parent;
  const isOperand = ts.isPrefixUnaryExpression(inside) ||
    ts.isAsExpression(inside) ||
    ts.isBinaryExpression(inside) && !isAssignment(inside);
  for (const operator of OPERATORS[kind] ?? []) {
    const other = `${a} ${operator} ${b}`;
    mutant("operator", isOperand ? `(${other})` : other);
  }
  if (DROPPABLE.has(kind)) {
    mutant("operand", a);
    mutant("operand", b);
  }
  if (ORDERED.has(kind)) {
    const operator = node.operatorToken.getText();
    mutant("operand", `${closed(right)} ${operator} ${closed(left)}`);
  }
  if (kind === SyntaxKind.EqualsToken && ts.isElementAccessExpression(left)) {
    mutant("sign", `-${closed(right)}`, right);
  }
}

/** An expression as an operand of anything. */
function closed(node: ts.Expression): string {
  return ts.isIdentifier(node) || ts.isNumericLiteral(node) ||
      ts.isCallExpression(node) || ts.isPropertyAccessExpression(node) ||
      ts.isElementAccessExpression(node) || ts.isParenthesizedExpression(node)
    ? node.getText()
    : `(${node.getText()})`;
}

function isAssignment({ operatorToken: { kind } }: ts.BinaryExpression) {
  return kind >= SyntaxKind.FirstAssignment &&
    kind <= SyntaxKind.LastAssignment;
}

function breakUnary(node: ts.Node, mutant: Report): void {
  if (ts.isPrefixUnaryExpression(node)) {
    const operand = node.operand.getText();
    if (node.operator === SyntaxKind.PlusPlusToken) {
      mutant("step", `--${operand}`);
    } else if (node.operator === SyntaxKind.MinusMinusToken) {
      mutant("step", `++${operand}`);
    } else mutant("sign", operand);
  }
  if (ts.isPostfixUnaryExpression(node)) {
    const operand = node.operand.getText();
    const isUp = node.operator === SyntaxKind.PlusPlusToken;
    mutant("step", `${operand}${isUp ? "--" : "++"}`);
    const { parent } = node;
    // Before a comma, too, the value of a step is not used.
    const isUsed = !ts.isExpressionStatement(parent) &&
      !ts.isForStatement(parent) &&
      !(ts.isBinaryExpression(parent) && parent.left === node &&
        parent.operatorToken.kind === SyntaxKind.CommaToken);
    if (isUsed) {
      mutant("step", `${isUp ? "++" : "--"}${operand}`);
    }
  }
  if (
    ts.isReturnStatement(node) && node.expression !== undefined &&
    ts.isBinaryExpression(node.expression) &&
    OPERATORS[node.expression.operatorToken.kind]?.includes("*")
  ) {
    mutant("sign", `-(${node.expression.getText()})`, node.expression);
  }
}

function breakLiteral(node: ts.Node, mutant: Report): void {
  const { kind } = node;
  if (ts.isNumericLiteral(node) && node !== parentName(node)) {
    breakNumber(node.text, mutant);
  }
  if (kind === SyntaxKind.TrueKeyword) mutant("boolean", "false");
  if (kind === SyntaxKind.FalseKeyword) mutant("boolean", "true");
  if (ts.isStringLiteral(node) && node !== parentName(node)) {
    mutant("text", node.text === "" ? '"?"' : '""');
    if (node.text === "float32") mutant("text", '"float64"');
    if (node.text === "float64") mutant("text", '"float32"');
  }
  if (ts.isNoSubstitutionTemplateLiteral(node)) mutant("text", '""');
  if (ts.isTemplateExpression(node)) {
    mutant("text", '""');
    for (const span of node.templateSpans) {
      mutant("text", '""', span.expression);
    }
  }
  if (kind === SyntaxKind.RegularExpressionLiteral) {
    mutant("text", "/(?!)/");
    mutant("text", "/(?:)/");
  }
}

function breakNumber(text: string, mutant: Report): void {
  const value = Number(text);
  mutant("literal", String(value + 1));
  mutant("literal", `(${value - 1})`);
  if (value > 1) mutant("literal", "0");
}

function parentName(node: ts.Node): ts.Node | undefined {
  const { parent } = node;
  return ts.isPropertyAssignment(parent) ? parent.name : undefined;
}

function breakName(node: ts.Node, mutant: Report): void {
  if (!ts.isIdentifier(node) || !Object.hasOwn(NAMES, node.text)) return;
  const { parent } = node;
  // A declaration by another name is not a mutant, but a reference error.
  if (ts.isShorthandPropertyAssignment(parent)) {
    mutant("name", `${node.text}: ${NAMES[node.text]}`, parent);
  } else if (
    ts.isPropertyAccessExpression(parent) && parent.name === node ||
    ts.isIdentifier(node) && /^[A-Z]/.test(node.text)
  ) mutant("name", NAMES[node.text]);
  else if (
    ts.isBindingElement(parent) && ts.isObjectBindingPattern(parent.parent) &&
    parent.propertyName === undefined
  ) mutant("name", `${NAMES[node.text]}: ${node.text}`);
}

function breakCondition(node: ts.Node, mutant: Report): void {
  const condition = ts.isIfStatement(node) || ts.isWhileStatement(node) ||
      ts.isDoStatement(node)
    ? node.expression
    : ts.isConditionalExpression(node) || ts.isForStatement(node)
    ? node.condition
    : ts.isReturnStatement(node) && node.expression !== undefined &&
        isCondition(node.expression)
    ? node.expression
    : undefined;
  if (condition === undefined) return;
  mutant("condition", "true", condition);
  mutant("condition", "false", condition);
}

function isCondition(node: ts.Expression): boolean {
  if (!ts.isBinaryExpression(node)) return false;
  const { kind } = node.operatorToken;
  return kind === SyntaxKind.AmpersandAmpersandToken ||
    kind === SyntaxKind.BarBarToken ||
    OPERATORS[kind]?.some((o) => o === "===" || o === "!==" || o === ">=") ===
      true;
}

function breakLoop(node: ts.Node, mutant: Report): void {
  if (!ts.isForStatement(node)) return;
  const { initializer, condition, incrementor } = node;
  if (
    condition !== undefined && ts.isBinaryExpression(condition) &&
    OPERATORS[condition.operatorToken.kind]?.includes(">")
  ) {
    const bound = condition.right.getText();
    mutant("loop", `${bound} + 1`, condition.right);
    mutant("loop", `${bound} - 1`, condition.right);
  }
  if (
    initializer !== undefined && ts.isVariableDeclarationList(initializer)
  ) {
    for (const { initializer: start } of initializer.declarations) {
      if (start === undefined || ts.isNumericLiteral(start)) continue;
      mutant("loop", `${start.getText()} + 1`, start);
    }
  }
  if (
    incrementor !== undefined && ts.isBinaryExpression(incrementor) &&
    incrementor.operatorToken.kind === SyntaxKind.PlusEqualsToken
  ) {
    const step = incrementor.right.getText();
    mutant("loop", `${step} + 1`, incrementor.right);
  }
}

function breakIndex(node: ts.Node, mutant: Report): void {
  const isPosition = ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    POSITIONS.has(node.expression.name.text);
  const indices = ts.isElementAccessExpression(node)
    ? [node.argumentExpression]
    : isPosition
    ? node.arguments.slice(/\.set$/.test(node.expression.getText()) ? 1 : 0)
    : [];
  for (const index of indices) {
    if (ts.isNumericLiteral(index) || ts.isStringLiteral(index)) continue;
    mutant("index", `${index.getText()} + 1`, index);
    mutant("index", `${index.getText()} - 1`, index);
  }
}

function breakCall(node: ts.Node, mutant: Report): void {
  if (ts.isPropertyAccessExpression(node) || ts.isCallExpression(node)) {
    const dot = node.questionDotToken;
    if (dot !== undefined) {
      mutant("optional", ts.isCallExpression(node) ? "" : ".", dot);
    }
  }
  if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return;
  const args = node.arguments ?? [];
  const callee = node.expression.getText();
  if (args.length > 0 && ts.isCallExpression(node)) {
    mutant("call", args[0].getText());
  }
  if (
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression)
  ) mutant("call", node.expression.expression.getText());
  for (const [i, arg] of args.entries()) {
    if (!/^(undefined|0)$/.test(arg.getText())) {
      mutant("argument", "undefined", arg);
    }
    const next = args[i + 1];
    if (next !== undefined && (i > 0 || !SYMMETRIC.has(callee))) {
      swap(args, i, mutant, node);
    }
  }
}

/** Exchanges an element of a list with the next one. */
function swap(
  list: readonly ts.Node[],
  i: number,
  mutant: Report,
  whole: ts.Node,
): void {
  const [a, b] = [list[i], list[i + 1]];
  const text = whole.getSourceFile().text;
  const start = whole.getStart();
  const [aStart, bStart] = [a.getStart(), b.getStart()];
  mutant(
    "order",
    text.slice(start, aStart) + b.getText() + text.slice(a.end, bStart) +
      a.getText() + text.slice(b.end, whole.end),
  );
}

function breakList(node: ts.Node, mutant: Report): void {
  if (ts.isArrayLiteralExpression(node)) {
    const { elements } = node;
    const [first] = elements;
    if (elements.length > 0) mutant("list", "[]");
    if (elements.length === 1 && ts.isSpreadElement(first)) {
      mutant("copy", first.expression.getText());
    }
    for (let i = 0; i + 1 < elements.length; i++) {
      swap(elements, i, mutant, node);
    }
  }
  if (ts.isArrayBindingPattern(node)) {
    for (let i = 0; i + 1 < node.elements.length; i++) {
      swap(node.elements, i, mutant, node);
    }
  }
  if (ts.isObjectLiteralExpression(node)) {
    const values = node.properties.filter(ts.isPropertyAssignment)
      .map(({ initializer }) => initializer);
    for (let i = 0; i + 1 < values.length; i++) swap(values, i, mutant, node);
    for (const property of node.properties) {
      const { text } = node.getSourceFile();
      const comma = text[property.end] === "," ? 1 : 0;
      mutant(
        "property",
        text.slice(node.getStart(), property.getStart()) +
          text.slice(property.end + comma, node.end),
      );
    }
  }
  if (
    ts.isArrowFunction(node) && !ts.isBlock(node.body) &&
    node.body.getText() !== "undefined"
  ) mutant("return", "undefined", node.body);
}

function breakStatement(node: ts.Node, mutant: Report): void {
  if (ts.isBlock(node) && node.statements.length > 0) mutant("block", "{}");
  if (
    ts.isExpressionStatement(node) || ts.isThrowStatement(node) ||
    ts.isReturnStatement(node) || ts.isContinueStatement(node) ||
    ts.isBreakStatement(node)
  ) mutant("statement", ";");
  if (ts.isCatchClause(node)) {
    mutant("catch", "catch (error) { throw error; }");
  }
}
