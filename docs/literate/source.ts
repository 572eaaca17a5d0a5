// Copyright 2026 the Adjoint authors. MIT license.

// A module as a literate program: what its comments say, and the code that they
// say it of, piece by piece.

import { parse, type ParseResult } from "npm:@babel/parser@8.1.2";
import { type Functions, Loop, type Node } from "./slice.ts";

/** A comment without its slashes and stars, line for line. */
export interface Comment {
  /** Its first and last line, counted from 1. */
  from: number;
  to: number;
  /** As many lines as the comment has. */
  text: string;
}

/** Lines of code, the last one included, and what is said of them. */
export interface Piece {
  comment?: Comment;
  /** Lines, from 1; a comment that nothing follows has none. */
  code?: Lines;
  /** What is declared in it at the top of the module. */
  declares: Declaration[];
}

/** A range of lines, both included, counted from 1. */
export interface Lines {
  from: number;
  to: number;
}

/** Where a signature says what goes in and out, and where its loops are. */
export interface Signature {
  /** The name of the forward function. */
  name: string;
  head: Lines;
  forward: Code;
  backward?: Code;
  /** What runs in place of the loops. */
  kernels?: { forward?: Lines; backward?: Lines };
}

/** A function: its lines, and its statements. */
export interface Code {
  lines: Lines;
  loop: Loop;
}

/** A declaration at the top of a module. */
export interface Declaration extends Lines {
  name: string;
  exported: boolean;
  /** The last line of the signature, where it is a function with a body. */
  signature?: number;
}

/** A module that is read. */
export interface Source {
  /** Its path: `ops/products/matmul.ts`. */
  path: string;
  text: string;
  lines: string[];
  /** What is said of the module as a whole. */
  page: Comment;
  /** What it imports, as paths from the root: `ops/kernels/matrix.ts`. */
  imports: { path: string; names: string[] }[];
  declarations: Declaration[];
  /** The signature, where the module is an operation. */
  signature?: Signature;
  /** The functions that the module has for itself, by their names. */
  functions: ReadonlyMap<string, Code>;
  /** All that follows the page, in order; the first piece has the imports. */
  pieces: Piece[];
}

type Statement = ParseResult["program"]["body"][number];
type Expression = Extract<Statement, { type: "ExpressionStatement" }>[
  "expression"
];
type ObjectExpression = Extract<Expression, { type: "ObjectExpression" }>;

/** Reads a module from its text. */
export function readSource(path: string, text: string): Source {
  const { program, comments } = parseModule(path, text);
  const lines = text.replace(/\n$/, "").split("\n");
  const first = program.body[0]?.loc?.start.line ?? lines.length;
  const said = merge((comments ?? []).flatMap((comment) => {
    const from = comment.loc!.start.line;
    const to = comment.loc!.end.line;
    const before = lines[from - 1].slice(0, comment.loc!.start.column);
    const after = lines[to - 1].slice(comment.loc!.end.column);
    // Beside code, for a tool, or all that there is in a block: a part of the code.
    if (before.trim() !== "" || after.trim() !== "") return [];
    if (/^\s*\}/.test(lines[to] ?? "")) return [];
    if (/^\s*(deno-|@ts-)/.test(comment.value)) return [];
    return [{ from, to, text: strip(lines.slice(from - 1, to)) }];
  }));
  const isLicense = ({ text }: Comment) => /^Copyright /.test(text);
  const page = said.find(({ text }) => /^@module\b/m.test(text)) ??
    said.find((comment) => !isLicense(comment) && comment.to < first - 1);
  if (page === undefined) {
    throw new SyntaxError(
      `Cannot make a page of ${path} as a comment must say what the module is: there is none before its first statement`,
    );
  }
  const declarations = program.body.flatMap(declared);
  const nodes = new Map(
    program.body.flatMap((node) =>
      node.type === "FunctionDeclaration"
        ? [[node.id!.name, node] as const]
        : []
    ),
  );
  const functions = new Map(
    nodes.entries().map(([name, node]) =>
      [name, {
        lines: linesIn(node),
        loop: new Loop(node.body as Node, nodes as Functions),
      }] as const
    ),
  );
  return {
    path,
    text,
    lines,
    page,
    imports: program.body.flatMap((node) => imported(path, node)),
    declarations,
    signature: program.body.map((node) => signatureOf(node, functions, nodes))
      .find((found) => found),
    functions,
    pieces: cut(
      lines,
      page,
      said.filter(({ from }) => from > page.to),
      program.body,
      declarations,
    ),
  };
}

function parseModule(path: string, text: string): ParseResult {
  try {
    return parse(path.endsWith(".as.ts") ? withoutDecorators(text) : text, {
      sourceType: "module",
      plugins: ["typescript"],
    });
  } catch (cause) {
    throw new SyntaxError(
      `Cannot make a page of ${path} as it must be TypeScript: ${
        (cause as Error).message
      }`,
      { cause },
    );
  }
}

/**
 * AssemblyScript as TypeScript: there functions may have decorators, and here
 * only classes. Everything else stays where it is.
 */
function withoutDecorators(text: string): string {
  return text.replaceAll(
    /^@\w+(\([^)\n]*\))?/gm,
    (decorator) => " ".repeat(decorator.length),
  );
}

/** The text of a comment's lines, and nothing in front of it. */
function strip(lines: readonly string[]): string {
  return lines.map((line) =>
    line.replace(/^\s*(\/\/|\/\*\*?(?!\/)|\*(?!\/))? ?/, "")
      .replace(/\s*\*\/$/, "")
  ).join("\n");
}

/** Joins comments of one line each that follow one another. */
function merge(comments: readonly Comment[]): Comment[] {
  const merged: Comment[] = [];
  for (const comment of comments) {
    const last = merged.at(-1);
    if (last !== undefined && last.to === comment.from - 1) {
      last.to = comment.to;
      last.text += `\n${comment.text}`;
    } else merged.push({ ...comment });
  }
  return merged;
}

function declared(node: Statement): Declaration[] {
  const exported = node.type === "ExportNamedDeclaration";
  const inner = exported ? node.declaration : node;
  const range = { from: node.loc!.start.line, to: node.loc!.end.line };
  switch (inner?.type) {
    case "FunctionDeclaration":
      return [{
        name: inner.id!.name,
        exported,
        ...range,
        signature: inner.body.loc!.start.line,
      }];
    case "TSDeclareFunction":
    case "ClassDeclaration":
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return [{ name: inner.id!.name, exported, ...range }];
    case "VariableDeclaration":
      return inner.declarations.flatMap(({ id }) =>
        id.type === "Identifier" ? [{ name: id.name, exported, ...range }] : []
      );
  }
  return [];
}

/** The parts of `export const signature = op(…, { … })`. */
function signatureOf(
  node: Statement,
  functions: ReadonlyMap<string, Code>,
  nodes: ReadonlyMap<string, Statement>,
): Signature | undefined {
  if (node.type !== "ExportNamedDeclaration") return undefined;
  const { declaration } = node;
  if (declaration?.type !== "VariableDeclaration") return undefined;
  const [{ id, init }] = declaration.declarations;
  const isSignature = id.type === "Identifier" && id.name === "signature";
  const spec = isSignature && init?.type === "CallExpression"
    ? init.arguments[1]
    : undefined;
  if (spec?.type !== "ObjectExpression") return undefined;
  const [first] = (init as Extract<Expression, { type: "CallExpression" }>)
    .arguments;
  const members = linesOf(spec.properties);
  /** A method, or the function of the module that has its name. */
  const code = (name: string): Code | undefined => {
    const member = members.get(name);
    return member?.body
      ? { lines: member.lines, loop: new Loop(member.body, nodes as Functions) }
      : member && functions.get(name);
  };
  const forward = code("forward");
  if (forward === undefined || first.type !== "StringLiteral") return undefined;
  const from = node.loc!.start.line;
  const kernels = members.get("kernels")?.value;
  const fast = kernels?.type === "ObjectExpression"
    ? linesOf(kernels.properties)
    : undefined;
  return {
    name: first.value,
    head: { from, to: members.get("forward")!.lines.from - 1 },
    forward,
    backward: code("backward"),
    kernels: fast && {
      forward: fast.get("forward")?.lines,
      backward: fast.get("backward")?.lines,
    },
  };
}

function linesIn({ loc }: Node): Lines {
  return { from: loc!.start.line, to: loc!.end.line };
}

/** The members of an object that have a name, with their lines. */
function linesOf(properties: ObjectExpression["properties"]) {
  return new Map(
    properties.flatMap((property) =>
      property.type !== "SpreadElement" && property.key.type === "Identifier"
        ? [
          [property.key.name, {
            body: property.type === "ObjectMethod"
              ? property.body as Node
              : undefined,
            value: property.type === "ObjectProperty"
              ? property.value
              : undefined,
            lines: linesIn(property),
          }] as const,
        ]
        : []
    ),
  );
}

function imported(path: string, node: Statement): Source["imports"] {
  if (node.type !== "ImportDeclaration") return [];
  const base = new URL(path, "file:///");
  return [{
    path: new URL(node.source.value, base).pathname.slice(1),
    names: node.specifiers.map(({ local }) => local.name),
  }];
}

/** Cuts what follows the page where something is said, or a line is left. */
function cut(
  lines: readonly string[],
  page: Comment,
  comments: readonly Comment[],
  statements: readonly Statement[],
  declarations: readonly Declaration[],
): Piece[] {
  const starts = new Map<number, Comment | undefined>();
  starts.set(page.to + 1, undefined);
  let last: Statement | undefined;
  for (const node of statements) {
    let from = node.loc!.start.line;
    while (/^\/\/ (deno-|@ts-)/.test(lines[from - 2] ?? "")) from--;
    const isBelow = lines[from - 2]?.trim() === "";
    // The code of overloads follows the last of their signatures.
    const isBody = last !== undefined && isOverload(last) && !isOverload(node);
    if (isBelow && node.type !== "ImportDeclaration" || isBody) {
      starts.set(from, undefined);
    }
    last = node;
  }
  for (const comment of comments) starts.set(comment.from, comment);

  const sorted = [...starts].sort(([a], [b]) => a - b);
  const pieces: Piece[] = [];
  for (const [i, [start, comment]] of sorted.entries()) {
    let from = comment === undefined ? start : comment.to + 1;
    let to = (sorted[i + 1]?.[0] ?? lines.length + 1) - 1;
    while (from <= to && lines[from - 1].trim() === "") from++;
    while (to >= from && lines[to - 1].trim() === "") to--;
    const code = from <= to ? { from, to } : undefined;
    const declares = declarations.filter((d) => d.from >= from && d.from <= to);
    const last = pieces.at(-1);
    if (comment !== undefined) pieces.push({ comment, code, declares });
    else if (last?.comment !== undefined && last.code === undefined) {
      // A line was left between the comment and its code.
      Object.assign(last, { code, declares });
    } else if (code !== undefined) pieces.push({ code, declares });
  }
  return pieces;
}

function isOverload(node: Statement): boolean {
  return node.type === "ExportNamedDeclaration" &&
    node.declaration?.type === "TSDeclareFunction";
}

/** A part of a documentation comment that begins with a tag. */
export interface Tag {
  /** `param` */
  tag: string;
  /** The first word behind it, where the tag names something: `x`. */
  name: string;
  comment: Comment;
}

/** Splits a documentation comment at its tags. */
export function splitTags(comment: Comment): { body: Comment; tags: Tag[] } {
  const lines = comment.text.split("\n");
  const tags: Tag[] = [];
  let end = lines.length;
  let fenced = false;
  const starts: number[] = [];
  lines.forEach((line, i) => {
    if (line.startsWith("```")) fenced = !fenced;
    if (!fenced && /^@[a-z]/i.test(line)) starts.push(i);
  });
  starts.forEach((start, n) => {
    const own = lines.slice(start, starts[n + 1]);
    const [, tag, rest] = /^@(\w+)\s*(.*)$/.exec(own[0])!;
    const named = /^(param|typeParam)$/.test(tag)
      ? /^(\S+)\s*(.*)$/.exec(rest)
      : /^throws$/.test(tag)
      ? /^\{([^}]*)\}\s*(.*)$/.exec(rest)
      : null;
    own[0] = named?.[2] ?? rest;
    tags.push({
      tag,
      name: named?.[1] ?? "",
      comment: part(comment, start, own),
    });
    end = Math.min(end, start);
  });
  return { body: part(comment, 0, lines.slice(0, end)), tags };
}

/** A part of a comment, from a line of it on. */
export function part(
  comment: Comment,
  start: number,
  lines: readonly string[],
): Comment {
  const from = comment.from + start;
  return { from, to: from + lines.length - 1, text: lines.join("\n") };
}
