// Copyright 2026 the Adjoint authors. MIT license.

// One table over the special points of all pages. Those at which all libraries
// agree are hidden until a reader asks for them.

import type { Library, SpecialPoint } from "../ops/proof/special.ts";
import { keyOf } from "../ops/proof/equations.ts";
import { parseFormula } from "../ops/proof/language/parse.ts";
import type { Figure } from "./figures.ts";
import { type Op, readOps } from "./ops.ts";
import { escapeHtml } from "./site.ts";

const COLUMNS = ["operation", "at", "Adjoint", "PyTorch", "JAX", "TensorFlow"];

/** The table, family by family. */
export async function conventions(): Promise<Figure> {
  return tableOf(await readOps());
}

/** The same of some operations. */
export function tableOf(ops: readonly Op[]): Figure {
  const all = ops.map((op) => ({ op, rows: op.page.special }));
  const bodies = [...Map.groupBy(all, ({ op }) => op.family)].map((
    [family, of],
  ) =>
    `<tbody>
<tr${
      agreed(of.every(({ rows }) => !rows.some(isDisputed)))
    }><th colspan="${COLUMNS.length}" scope="rowgroup">${
      escapeHtml(family)
    }</th></tr>
${
      of.flatMap(({ op, rows }) => rows.map((row) => rowHtml(op, row)))
        .join("\n")
    }
</tbody>`
  );
  const count = (
    rows: readonly SpecialPoint[],
    is = (_: SpecialPoint) => true,
  ) => rows.filter(is).length;
  const stated = ops.flatMap(({ page }) => page.special);
  const disputed = stated.filter(isDisputed);
  return {
    html:
      `<p><label><input type="checkbox"> Show also the points at which all agree</label></p>
<table class="words">
<thead><tr>${
        COLUMNS.map((name) => `<th scope="col">${name}</th>`).join("")
      }</tr></thead>
${bodies.join("\n")}
</table>`,
    facts: `The pages of ${ops.length} operations have ${
      count(stated)
    } special points, and all libraries agree at ${
      count(stated) - count(disputed)
    } of them. Of the ${
      count(disputed)
    } that are left, Adjoint differs from PyTorch at ${
      count(disputed, ({ pytorch }) => isApart(pytorch))
    }, JAX from Adjoint at ${
      count(disputed, ({ jax }) => isApart(jax))
    }, TensorFlow at ${
      count(disputed, ({ tensorflow }) => isApart(tensorflow))
    }.`,
  };
}

function isDisputed({ pytorch, jax, tensorflow }: SpecialPoint): boolean {
  return [pytorch, jax, tensorflow].some(isApart);
}

/** The class of a row that most readers do not look for. */
function agreed(is: boolean): string {
  return is ? ' class="agreed"' : "";
}

function isApart({ says }: Library): boolean {
  return says === "differs" || says === "refuses";
}

function rowHtml(op: Op, row: SpecialPoint): string {
  const names = [
    ...op.outputs.map(({ parameter }) => parameter),
    ...op.floats.map(({ parameter }) => `d${parameter}`),
  ];
  const ours = row.stated.flatMap(({ heading, value }) =>
    value === undefined
      ? []
      : [`${names[targetOf(op, heading)]} = ${value.text}`]
  );
  const why = row.why === "" ? "" : `<br>${escapeHtml(row.why)}`;
  const cells = [
    code(row.at),
    code(ours.join(", ")) + why,
    ...[row.pytorch, row.jax, row.tensorflow].map(libraryHtml),
  ];
  return `<tr${
    agreed(!isDisputed(row))
  }><th scope="row"><a href="../../${op.file}#special-points">${
    escapeHtml(op.name)
  }</a></th>${cells.map((html) => `<td>${html}</td>`).join("")}</tr>`;
}

/** Which output or gradient a column is of. */
function targetOf({ definitions }: Op, heading: string): number {
  const [said] = parseFormula(heading);
  const key = said.kind === "expression" ? keyOf(said.expr) : undefined;
  return definitions.targets.indexOf(key ?? heading);
}

function libraryHtml(library: Library): string {
  if (library.says === "nothing") return "—";
  if (library.says !== "differs") return library.says;
  return code(
    Object.entries(library.values).map(([name, { text }]) =>
      `${name} = ${text}`
    )
      .join(", "),
  );
}

function code(text: string): string {
  return `<code>${escapeHtml(text)}</code>`;
}
