// Copyright 2026 the Adjoint authors. MIT license.

// The lines of a loop that compute some of its results: a backward slice. A page
// shows beside the formula of a gradient the lines that compute it, and no others.

/** A node of the syntax tree. */
export interface Node {
  type: string;
  loc?: { start: { line: number }; end: { line: number } } | null;
}

/** A statement that is kept or left out as a whole. */
interface Leaf {
  /** The first and the last line, comments above it included. */
  from: number;
  to: number;
  reads: Set<string>;
  writes: Set<string>;
  /** What functions from elsewhere are given, which they may write. */
  given: Set<string>[];
  /** The loops and conditions around it, from the outermost. */
  within: Frame[];
  /** The functions that it calls by their names alone. */
  calls: Set<string>;
  kind: "call" | "declaration" | "jump" | "other";
}

/** A loop or a condition. */
interface Frame {
  /** The lines of its head, and the last one. */
  lines: number[];
  reads: Set<string>;
  isLoop: boolean;
}

/** A scope: the names that are declared in it, each with one of its own. */
type Scope = ReadonlyMap<string, string>;

/** A function of the module. */
interface FunctionNode extends Node {
  params: Node[];
  body: Node;
}

/** The functions of the module, by their names. */
export type Functions = ReadonlyMap<string, Node>;

/** The statements of a function. */
export class Loop {
  readonly #leaves: Leaf[] = [];
  readonly #functions: Functions;
  #declared = 0;

  /** `body` is the block of the function; `functions` are those of its module. */
  constructor(body: Node, functions: Functions = new Map()) {
    this.#functions = functions;
    this.#statements(body, new Map(), [], body.loc!.start.line);
  }

  /** The numbers of the statements that some of the results need. */
  slice(
    wanted: ReadonlySet<string>,
    results: ReadonlySet<string>,
  ): Set<number> {
    const isOther = (name: string) => results.has(name) && !wanted.has(name);
    const leaves = this.#leaves;
    const needed = new Set(wanted);
    const kept = new Set<number>();
    const keep = (i: number) => {
      const { reads, within } = leaves[i];
      kept.add(i);
      for (const names of [reads, ...within.map(({ reads }) => reads)]) {
        for (const name of names) if (!isOther(name)) needed.add(name);
      }
    };
    for (let before = -1; before !== kept.size;) {
      before = kept.size;
      leaves.forEach(({ within, kind }, i) => {
        if (kept.has(i)) return;
        // What only another gradient is computed for, or without.
        const tests = within.flatMap(({ reads }) => [...reads]);
        if (tests.some(isOther)) return;
        const written = this.#written(i, results);
        if (written.some((name) => needed.has(name))) keep(i);
        else if (kind === "jump" && !tests.some((name) => results.has(name))) {
          const loop = within.findLast(({ isLoop }) => isLoop);
          if ([...kept].some((k) => leaves[k].within.includes(loop!))) keep(i);
        }
      });
    }
    return kept;
  }

  /**
   * The statements that several slices have, and one of them for something else
   * than its own results.
   */
  shared(
    slices: readonly ReadonlySet<number>[],
    wanted: readonly ReadonlySet<string>[],
    results: ReadonlySet<string>,
  ): Set<number> {
    return new Set(
      this.#leaves.keys().filter((i) => {
        const written = this.#written(i, results);
        const of = slices.flatMap((slice, k) =>
          slice.has(i) ? [wanted[k]] : []
        );
        return of.length > 1 &&
          of.some((own) => !written.some((name) => own.has(name)));
      }),
    );
  }

  /** What a statement writes; what is given a result writes that. */
  #written(i: number, results: ReadonlySet<string>): string[] {
    const { writes, given } = this.#leaves[i];
    return [
      ...writes,
      ...given.flatMap((names) => {
        const own = names.intersection(results);
        return [...own.size > 0 ? own : names];
      }),
    ];
  }

  /** The lines of some of the statements, with the loops around them. */
  lines(statements: Iterable<number>): number[] {
    const found = new Set<number>();
    for (const i of statements) {
      const { from, to, within } = this.#leaves[i];
      for (let line = from; line <= to; line++) found.add(line);
      for (const { lines } of within) for (const line of lines) found.add(line);
    }
    return [...found].sort((a, b) => a - b);
  }

  /** The functions that all statements, or some of them, call. */
  calls(statements: Iterable<number> = this.#leaves.keys()): Set<string> {
    return new Set(
      [...statements].flatMap((i) => [...this.#leaves[i].calls]),
    );
  }

  /** Whether all statements, or some of them, only call one function. */
  handsOn(statements: Iterable<number> = this.#leaves.keys()): boolean {
    const rest = [...statements].map((i) => this.#leaves[i])
      .filter(({ kind, calls }) => kind !== "declaration" || calls.size > 0);
    return rest.length === 1 && rest[0].kind === "call" &&
      rest[0].within.every(({ isLoop }) => !isLoop);
  }

  #statements(block: Node, outer: Scope, within: Frame[], line: number): void {
    const scope = new Map(outer);
    const { body } = block as unknown as { body: Node[] };
    for (const statement of body) {
      // A comment above belongs to what follows it.
      this.#statement(statement, scope, within, line + 1);
      line = statement.loc!.end.line;
    }
  }

  #statement(
    node: Node,
    scope: Map<string, string>,
    within: Frame[],
    first: number,
  ): void {
    const { start, end } = node.loc!;
    const from = Math.min(first, start.line);
    if (node.type === "ForStatement" || node.type === "IfStatement") {
      const { init, test, update, body, consequent, alternate } =
        node as unknown as Record<string, Node | null>;
      const inner = new Map(scope);
      const isLoop = node.type === "ForStatement";
      const inside = (isLoop ? body : consequent)!;
      if (alternate == null) {
        if (init) this.#declare(init, inner);
        const lines = [end.line];
        for (let line = from; line <= inside.loc!.start.line; line++) {
          if (
            inside.type === "BlockStatement" || line < inside.loc!.start.line
          ) {
            lines.push(line);
          }
        }
        const frame: Frame = {
          lines,
          reads: namesIn([init, test, update], inner),
          isLoop,
        };
        const frames = [...within, frame];
        if (inside.type === "BlockStatement") {
          this.#statements(inside, inner, frames, inside.loc!.start.line);
        } else {
          this.#statement(inside, inner, frames, inside.loc!.start.line);
        }
        return;
      }
    }
    this.#declare(node, scope);
    this.#leaves.push({
      from,
      to: end.line,
      reads: namesIn(
        node.type === "VariableDeclaration" ? initsOf(node) : [node],
        scope,
      ),
      ...writtenIn(node, scope, this.#functions),
      within,
      calls: calledIn(node),
      kind: kindOf(node),
    });
  }

  /** Gives what a statement declares names of their own. */
  #declare(node: Node, scope: Map<string, string>): void {
    if (node.type !== "VariableDeclaration") return;
    const { declarations } = node as unknown as {
      declarations: { id: Node }[];
    };
    for (const { id } of declarations) {
      // What is taken out of the frame has the name that it has there.
      if (id.type !== "Identifier") continue;
      const { name } = id as unknown as { name: string };
      scope.set(name, `${name} ${++this.#declared}`);
    }
  }
}

function kindOf(node: Node): Leaf["kind"] {
  if (/^(Continue|Break|Return)/.test(node.type)) return "jump";
  if (node.type === "VariableDeclaration") return "declaration";
  const { expression } = node as { expression?: Node };
  return expression?.type === "CallExpression" ? "call" : "other";
}

/** The functions that a statement calls by their names alone. */
function calledIn(node: Node): Set<string> {
  const names = new Set<string>();
  walk(node, (part) => {
    const { callee } = part as { callee?: Node & { name?: string } };
    if (callee?.type === "Identifier") names.add(callee.name!);
  });
  return names;
}

/** Calls a function with each node. */
function walk(node: Node, see: (node: Node) => void): void {
  see(node);
  for (const [key, value] of Object.entries(node)) {
    if (key === "loc" || key.endsWith("Comments")) continue;
    for (const part of [value].flat()) {
      if (part !== null && typeof part === "object" && "type" in part) {
        walk(part as Node, see);
      }
    }
  }
}

/** The names that occur in nodes, as the scope has them. */
function namesIn(
  nodes: (Node | null | undefined)[],
  scope: Scope,
): Set<string> {
  const names = new Set<string>();
  for (const node of nodes) {
    if (!node) continue;
    walk(node, (part) => {
      if (part.type !== "Identifier") return;
      const { name } = part as unknown as { name: string };
      names.add(scope.get(name) ?? name);
    });
  }
  return names;
}

function initsOf(declaration: Node): (Node | null)[] {
  const { declarations } = declaration as unknown as {
    declarations: { init: Node | null }[];
  };
  return declarations.map(({ init }) => init);
}

/** The variables that a statement writes, and those that it gives away. */
function writtenIn(
  node: Node,
  scope: Scope,
  functions: Functions,
): Pick<Leaf, "writes" | "given"> {
  const writes = new Set<string>();
  const given: Set<string>[] = [];
  const write = (target: Node) => {
    const { object } = target as { object?: Node };
    if (object !== undefined) return write(object);
    for (const name of namesIn([target], scope)) writes.add(name);
  };
  walk(node, (part) => {
    const { left, id, argument, callee, arguments: all } = part as unknown as
      & Record<string, Node>
      & { arguments: Node[] };
    switch (part.type) {
      case "AssignmentExpression":
        return write(left);
      case "UpdateExpression":
        return write(argument);
      case "VariableDeclarator":
        return write(id);
      case "CallExpression":
      case "OptionalCallExpression": {
        const { object, name } = callee as { object?: Node; name?: string };
        if ((object as { name?: string })?.name === "Math") return;
        if (object !== undefined) return write(object);
        const own = functions.get(name!);
        if (own !== undefined) {
          const written = parametersWritten(own, functions);
          return all.forEach((argument, i) => {
            if (written[i] && argument.type === "Identifier") {
              write(argument);
            }
          });
        }
        // Expressions are numbers, which nothing writes.
        given.push(namesIn(
          all.filter(({ type }) => /^(Identifier|ObjectExpr)/.test(type)),
          scope,
        ));
      }
    }
  });
  return { writes, given };
}

/** Which of its parameters a function writes. */
function parametersWritten(node: Node, functions: Functions): boolean[] {
  const { params, body } = node as FunctionNode;
  const others = new Map(functions);
  for (const [name, other] of functions) {
    if (other === node) others.delete(name);
  }
  const { writes, given } = writtenIn(body, new Map(), others);
  const all = [...writes, ...given.flatMap((names) => [...names])];
  return params.map((param) =>
    all.includes((param as { name?: string }).name!)
  );
}
