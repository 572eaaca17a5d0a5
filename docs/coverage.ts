// Copyright 2026 the Adjoint authors. MIT license.

// Which other libraries have a backward pass for our operations: a table from
// `docs/coverage.json`, which was read from the sources of other libraries.

import type { Figure } from "./figures.ts";
import type { ReadFile } from "./measured.ts";
import { type Op, readOps } from "./ops.ts";
import { escapeHtml } from "./site.ts";

/** Where the table comes from. */
export const FILE = "docs/coverage.json";

/** A library as it was read. */
interface Library {
  name: string;
  version?: string;
  commit?: string;
  /** When the files were written, or, without a commit, when they were read. */
  date: string;
  files: string[];
  url: string;
}

/** What was read. */
export interface Coverage {
  libraries: Library[];
  /** What each library has, by operation: a rule of its own, and its name; parts
   * that have rules (composed); the forward function alone; nothing. */
  operations: Record<string, string[]>;
  /** What a library's own documentation says of a gradient, by operation: the
   * library, a colon, and what it is about. */
  documented: Record<string, string[]>;
  /** Open reports, by operation: a library, and the number of the issue. */
  reports: Record<string, string[]>;
}

const HAS = /^(?:(rule|forward) (\S+)|(composed|none))$/;

/** Reads the file; an error says what is wrong in it. */
export function readCoverage(text: string): Coverage {
  const coverage: Coverage = JSON.parse(text);
  const { libraries, operations, documented, reports } = coverage;
  const fail = (what: string): never => {
    throw new Error(`Cannot show ${FILE} as ${what}`);
  };
  for (const [op, has] of Object.entries(operations)) {
    if (has.length !== libraries.length) {
      fail(
        `${op} must have an entry for each of ${libraries.length} libraries`,
      );
    }
    for (const text of has) {
      if (!HAS.test(text)) {
        fail(
          `${op} must have a rule, parts, a forward function or none: ${text}`,
        );
      }
    }
  }
  for (const [op, of] of Object.entries(documented)) {
    if (!Object.hasOwn(operations, op)) fail(`it documents ${op} alone`);
    for (const text of of) {
      const [name, what] = text.split(": ");
      if (!what || !libraries.some((library) => library.name === name)) {
        fail(`documentation must be a library, a colon and a subject: ${text}`);
      }
    }
  }
  for (const [op, of] of Object.entries(reports)) {
    if (!Object.hasOwn(operations, op)) fail(`it reports on ${op} alone`);
    for (const report of of) urlOf(report, libraries);
  }
  return coverage;
}

/** A name that a line may break after an underscore, or before a capital. */
function breakable(name: string): string {
  return name.replaceAll(/_(?=.)|(?<=[a-z])(?=[A-Z])/g, "$&<wbr>");
}

/** The table of all operations of the package. */
export async function coverage(read: ReadFile): Promise<Figure> {
  return tableOf(readCoverage(await read(FILE)), await readOps());
}

/** The same of some operations. */
export function tableOf(
  { libraries, operations, documented, reports }: Coverage,
  ops: readonly Op[],
): Figure {
  const counts = libraries.map(() => 0);
  const known = ops.filter(({ name }) => Object.hasOwn(operations, name));
  const rows = known.map(({ name, file }) => {
    const cells = operations[name].map((text, i) => {
      const [, kind, as, plain] = HAS.exec(text)!;
      if (kind === "rule" || plain === "composed") counts[i]++;
      return plain === "none"
        ? "<td>—</td>"
        : plain === "composed"
        ? "<td>composed</td>"
        : `<td>${kind === "rule" ? "" : "forward only: "}<code>${
          breakable(escapeHtml(as))
        }</code></td>`;
    });
    const links = (reports[name] ?? []).map((report) =>
      `<a href="${urlOf(report, libraries)}">${
        breakable(escapeHtml(report))
      }</a>`
    );
    return `<tr><th scope="row"><a href="../../${file}">${
      escapeHtml(name)
    }</a></th>${cells.join("")}<td>${
      breakable(escapeHtml((documented[name] ?? []).join("; ")))
    }</td><td>${links.join(", ")}</td></tr>`;
  });
  const head = [
    "operation",
    ...libraries.map(({ name }) => name),
    "documented",
    "reports",
  ];
  const sources = libraries.map(({ name, version, commit, date, files }) =>
    `${name}${version ? ` ${version}` : ""} (${
      files.map((file) => `\`${file}\``).join(", ")
    }${commit ? ` at \`${commit}\`` : ""}, ${date})`
  );
  return {
    html: `<table class="words names">
<thead><tr>${
      head.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join("")
    }</tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>`,
    facts: `Of ${known.length} operations, ${
      libraries.map(({ name }, i) => `${name} differentiates ${counts[i]}`)
        .join(", ")
    }. The documentation says something about the gradient of ${
      known.filter(({ name }) => name in documented).length
    }. Read from ${sources.join("; ")}.`,
  };
}

/** The address of a report, such as "candle 2168". */
function urlOf(report: string, libraries: readonly Library[]): string {
  const [name, number] = report.split(" ");
  const library = libraries.find((library) => library.name === name);
  if (library === undefined || !/^\d+$/.test(number)) {
    throw new Error(
      `Cannot show ${FILE} as a report must be a library and a number: ${report}`,
    );
  }
  return `${library.url}/issues/${number}`;
}
