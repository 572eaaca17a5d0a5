// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Modules whose functions and constants can be replaced while they are loaded,
 * so that a mutant costs no process and no import, and all other code runs as
 * fast as ever.
 *
 * A function `f` becomes one that calls `$f`, which holds the old body. The
 * module hands out its `eval`, and whoever has that assigns another function to
 * `$f`. Constants become variables, which are computed anew in their order.
 *
 * @module
 */

import "./as_in_browsers.ts";
import ts from "npm:typescript@5.9.3";
import { applyEdit, type Edit, type Mutation, parse } from "./mutators.ts";

/** The name of the object that the instrumented code reports to. */
const AGENT = "globalThis.$mutate";

/** The module, made replaceable; lines and comments stay where they are. */
export function instrument(name: string, text: string): string {
  const file = parse(text);
  const edits: Edit[] = [];
  const names: string[] = [];
  let bodies = "";
  for (const node of file.statements) {
    if (ts.isFunctionDeclaration(node) && node.body !== undefined) {
      const { body } = node;
      const lines = body.getText().split("\n").length - 1;
      const name = `$${functionName(node)}`;
      edits.push({
        start: body.getStart(),
        end: body.end,
        text: `{ return ${name}.apply(this, arguments);${"\n".repeat(lines)} }`,
      });
      names.push(name);
      bodies += `\n${functionText(node, name)}`;
    } else if (ts.isVariableStatement(node)) {
      const { declarationList } = node;
      const start = declarationList.getStart();
      if (text.startsWith("const ", start)) {
        edits.push({ start, end: start + "const".length, text: "let" });
      }
    } else if (!isInert(node)) {
      throw new TypeError(
        `Cannot instrument ${name} as its statements must be functions, variables, types and imports: there is "${
          node.getText().slice(0, 40)
        }"`,
      );
    }
  }
  for (const edit of edits.reverse()) text = applyEdit(text, edit);
  return `${text}${bodies}
${keptOf(name)} = { ${names.join(", ")} };
${AGENT}.modules[${JSON.stringify(name)}] = (code) => eval(code);
`;
}

/** Where the functions of a module are kept as they were. */
function keptOf(name: string): string {
  return `${AGENT}.kept[${JSON.stringify(name)}]`;
}

function isInert(node: ts.Statement): boolean {
  return ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) || ts.isFunctionDeclaration(node) ||
    ts.isExportDeclaration(node) || ts.isEmptyStatement(node);
}

function functionName(node: ts.FunctionDeclaration): string {
  return node.name!.text;
}

/** A function under another name, not exported. */
function functionText(node: ts.FunctionDeclaration, name: string): string {
  const text = node.getText();
  const start = node.getStart();
  const after = text.slice(node.name!.end - start);
  const isAsync = node.modifiers?.some((m) =>
    m.kind === ts.SyntaxKind.AsyncKeyword
  );
  return `${isAsync ? "async " : ""}function ${name}${after}`;
}

/** Code that makes a change in a module, and code that takes it back. */
export interface Patch {
  apply: string;
  revert: string;
}

/**
 * The patch that makes a mutant of a module; nothing where the mutant is no
 * program.
 */
export function patch(
  module: string,
  text: string,
  mutation: Mutation,
): Patch | undefined {
  const file = parse(text);
  const owner = file.statements.find((s) => s.getStart() === mutation.owner)!;
  const mutant = parse(applyEdit(text, mutation));
  const broken = mutant.statements.find((s) =>
    s.getStart() === mutation.owner
  )!;
  if (ts.isFunctionDeclaration(owner)) {
    if (broken === undefined || !ts.isFunctionDeclaration(broken)) return;
    const name = `$${functionName(owner)}`;
    const text = functionText(broken, "");
    // Loops that wait turn as often as it takes, but not for ever.
    const waits = /\bnow\(\)|\bAtomics\b/.test(text);
    const end = waits ? `${AGENT}.isLate()` : `--${AGENT}.fuel < 0`;
    const apply = expression(text, [endLoops(end)]);
    // What the module computed with it when it was loaded is computed anew.
    const after = isUsedAtLoad(file, functionName(owner))
      ? initializers(file)!
      : "";
    return apply === undefined ? undefined : {
      apply: `${name} = ${apply};\n${after}`,
      revert: `${name} = ${keptOf(module)}.${name};\n${after}`,
    };
  }
  const apply = initializers(mutant);
  return apply === undefined
    ? undefined
    : { apply, revert: initializers(file)! };
}

/** Whether a module calls a function of its own while it is loaded. */
export function isUsedAtLoad(file: ts.SourceFile, name: string): boolean {
  return file.statements.some((statement) =>
    ts.isVariableStatement(statement) &&
    new RegExp(`\\b${name}(<[^>]*>)?\\(`).test(statement.getText())
  );
}

/** Code that gives every variable of a module its first value. */
export function initializers(
  file: ts.SourceFile,
  only: (list: ts.VariableDeclarationList) => boolean = () => true,
): string | undefined {
  const lines: string[] = [];
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    if (!only(statement.declarationList)) continue;
    for (
      const { name, initializer } of statement.declarationList.declarations
    ) {
      const value = expression(initializer?.getText() ?? "undefined", []);
      if (value === undefined) return undefined;
      // In parentheses, as a pattern is no statement.
      lines.push(`(${name.getText()} = ${value});`);
    }
  }
  return lines.join("\n");
}

/** Code that gives the variables that change the values that they began with. */
export function reset(text: string): string {
  return initializers(
    parse(text),
    ({ flags }) => (flags & ts.NodeFlags.Const) === 0,
  )!;
}

/**
 * Code that notes which statements are executed, and how often loops turn;
 * statements and functions are known by where they begin.
 */
export function coverage(name: string, text: string): Patch {
  const file = parse(text);
  const [apply, revert]: [string[], string[]] = [[], []];
  for (const node of file.statements) {
    if (!ts.isFunctionDeclaration(node) || node.body === undefined) continue;
    const target = `$${functionName(node)}`;
    const source = functionText(node, "");
    // Where the text of the function begins in the module, its body counted.
    const offset = node.end - source.length - 1;
    const note = noteStatements(name, offset, node.getStart());
    apply.push(`${target} = ${expression(source, [note])};`);
    revert.push(`${target} = ${keptOf(name)}.${target};`);
  }
  return { apply: apply.join("\n"), revert: revert.join("\n") };
}

type Transformer = (
  node: ts.Node,
  visit: (node: ts.Node) => ts.Node,
) => ts.Node;

/** TypeScript as an expression of JavaScript; nothing if it is none. */
function expression(
  text: string,
  transformers: Transformer[],
): string | undefined {
  const { outputText, diagnostics } = ts.transpileModule(`(${text}\n);`, {
    compilerOptions: {
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.ESNext,
    },
    reportDiagnostics: true,
    transformers: {
      before: transformers.map((transformer) => (context) => {
        const visit = (node: ts.Node): ts.Node =>
          transformer(
            node,
            (inner) => ts.visitEachChild(inner, visit, context),
          );
        return (file) => ts.visitNode(file, visit) as ts.SourceFile;
      }),
    },
  });
  if (diagnostics?.length) return undefined;
  return outputText.trim().replace(/;$/, "");
}

const { factory } = ts;

function code(text: string): ts.Statement {
  return factory.createExpressionStatement(factory.createIdentifier(text));
}

/** Loops that turn far too often, or for far too long, end with an error. */
function endLoops(isTooMuch: string): Transformer {
  return (node, visit) => {
    const visited = visit(node);
    if (!ts.isIterationStatement(visited, false)) return visited;
    const check = code(`if (${isTooMuch}) ${AGENT}.stop()`);
    return withBody(visited, [check, visited.statement]);
  };
}

function noteStatements(
  name: string,
  offset: number,
  owner: number,
): Transformer {
  const hits = `${AGENT}.hits[${JSON.stringify(name)}]`;
  const turns = code(`${AGENT}.turns[${JSON.stringify(name)}][${owner}]++`);
  return (node, visit) => {
    const note = (statement: ts.Node) => {
      const at = statement.getStart() + offset;
      return code(`${hits}[${at}] = 1`);
    };
    const visited = visit(node);
    if (ts.isBlock(visited)) {
      const { statements } = node as ts.Block;
      return factory.updateBlock(
        visited,
        [
          ...ts.isFunctionExpression(node.parent)
            ? [code(`${hits}[${owner}] = 1`)]
            : [],
          ...visited.statements.flatMap((s, i) => [note(statements[i]), s]),
        ],
      );
    }
    if (ts.isCaseOrDefaultClause(visited)) {
      const { statements } = node as ts.CaseOrDefaultClause;
      const noted = visited.statements.flatMap((s, i) => [
        note(statements[i]),
        s,
      ]);
      return ts.isCaseClause(visited)
        ? factory.updateCaseClause(visited, visited.expression, noted)
        : factory.updateDefaultClause(visited, noted);
    }
    if (ts.isIfStatement(visited)) {
      const { thenStatement, elseStatement } = node as ts.IfStatement;
      const noted = (old: ts.Statement, now: ts.Statement) =>
        ts.isBlock(old) ? now : factory.createBlock([note(old), now]);
      return factory.updateIfStatement(
        visited,
        visited.expression,
        noted(thenStatement, visited.thenStatement),
        elseStatement && noted(elseStatement, visited.elseStatement!),
      );
    }
    if (ts.isIterationStatement(visited, false)) {
      const { statement } = node as ts.IterationStatement;
      return withBody(
        visited,
        ts.isBlock(statement)
          ? [turns, visited.statement]
          : [turns, note(statement), visited.statement],
      );
    }
    return visited;
  };
}

function withBody(
  loop: ts.IterationStatement,
  statements: ts.Statement[],
): ts.Statement {
  const body = factory.createBlock(statements);
  if (ts.isForStatement(loop)) {
    const { initializer, condition, incrementor } = loop;
    return factory.updateForStatement(
      loop,
      initializer,
      condition,
      incrementor,
      body,
    );
  }
  if (ts.isForOfStatement(loop)) {
    const { awaitModifier, initializer, expression } = loop;
    return factory.updateForOfStatement(
      loop,
      awaitModifier,
      initializer,
      expression,
      body,
    );
  }
  if (ts.isForInStatement(loop)) {
    return factory.updateForInStatement(
      loop,
      loop.initializer,
      loop.expression,
      body,
    );
  }
  return ts.isWhileStatement(loop)
    ? factory.updateWhileStatement(loop, loop.expression, body)
    : factory.updateDoStatement(
      loop as ts.DoStatement,
      body,
      (loop as ts.DoStatement).expression,
    );
}
