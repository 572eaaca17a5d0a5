// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Which functions use what a module declares, be it through its constants or
 * through those of another module: only tests that execute one of them can
 * notice that it is broken.
 *
 * @module
 */

import "./as_in_browsers.ts";
import ts from "npm:typescript@5.9.3";
import { parse } from "./mutators.ts";

/** A function, by its module and where it begins. */
export type Place = readonly [module: string, start: number];

interface Declaration {
  names: string[];
  text: string;
  /** Where a function begins; undefined for variables. */
  start?: number;
}

/** A name that a module imports. */
interface Imported {
  from: string;
  name: string;
  local: string;
}

/** The functions that use each declaration of some modules. */
export class Users {
  readonly #declarations = new Map<string, Declaration[]>();
  readonly #imports = new Map<string, Imported[]>();

  constructor(modules: Readonly<Record<string, string>>) {
    for (const [module, text] of Object.entries(modules)) {
      const { statements } = parse(text);
      this.#declarations.set(module, statements.flatMap(declaration));
      this.#imports.set(
        module,
        statements.filter(ts.isImportDeclaration)
          .flatMap((statement) => imported(module, statement)),
      );
    }
  }

  /** The functions that use a declaration; if it is a function, it is one. */
  of(module: string, name: string): Place[] {
    const places: Place[] = [];
    const seen = new Set<string>();
    const visit = (module: string, name: string) => {
      const key = `${module} ${name}`;
      if (seen.has(key)) return;
      seen.add(key);
      const all = this.#declarations.get(module)!;
      for (const { names, text, start } of all) {
        if (!mentions(text, name)) continue;
        if (start === undefined) {
          for (const own of names) visit(module, own);
          continue;
        }
        places.push([module, start]);
        // It is used, too, where what it gave a variable is.
        for (const variable of all) {
          if (
            variable.start === undefined &&
            mentions(variable.text, names[0], "[(<]")
          ) {
            for (const own of variable.names) visit(module, own);
          }
        }
      }
      for (const [importer, all] of this.#imports) {
        for (const { from, name: found, local } of all) {
          if (from === module && found === name) visit(importer, local);
        }
      }
    };
    for (const own of name.match(/[\w$]+/g) ?? []) visit(module, own);
    return places;
  }
}

/** Whether a text has a name, and then what follows it. */
function mentions(text: string, name: string, then = "(?![\\w$])"): boolean {
  return RegExp(`(?<![\\w$])${name.replaceAll("$", "\\$")}${then}`).test(text);
}

function declaration(statement: ts.Statement): Declaration[] {
  const text = statement.getText();
  if (ts.isFunctionDeclaration(statement) && statement.body !== undefined) {
    const names = [statement.name!.text];
    return [{ names, text, start: statement.getStart() }];
  }
  if (!ts.isVariableStatement(statement)) return [];
  const names = statement.declarationList.declarations
    .flatMap(({ name }) => name.getText().match(/[\w$]+/g) ?? []);
  return [{ names, text }];
}

function imported(module: string, statement: ts.ImportDeclaration): Imported[] {
  const bindings = statement.importClause?.namedBindings;
  if (bindings === undefined || !ts.isNamedImports(bindings)) return [];
  const { text } = statement.moduleSpecifier as ts.StringLiteral;
  const from = new URL(text, `file:///${module}`).pathname.slice(1);
  return bindings.elements.map(({ name, propertyName }) => ({
    from,
    name: (propertyName ?? name).text,
    local: name.text,
  }));
}
