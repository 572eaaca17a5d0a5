// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Writes the README's table of operations from `mod.ts`, the entry points in
 * `deno.json`, and the list from which the tests know all operations without a
 * permission to look for them. With `--check` it writes nothing, and fails if
 * anything would change.
 *
 * @module
 */

import { ROOT } from "./deno.ts";

/** An operation, as `mod.ts` exports it. */
export interface Op {
  family: string;
  /** `bceWithLogits` */
  name: string;
  /** `ops/losses/bce_with_logits.ts` */
  file: string;
  /** `./bce-with-logits` */
  entry: string;
}

/** The operations, in the order of `mod.ts`. */
export function operationsIn(mod: string): Op[] {
  return [...mod.matchAll(/from "\.\/(ops\/(\w+)\/(\w+)\.ts)"/g)]
    .map(([, file, family, snake]) => ({
      family,
      name: camel(snake),
      file,
      entry: `./${snake.replaceAll("_", "-")}`,
    }));
}

/** `bceWithLogits` for `bce_with_logits`. */
export const camel = (snake: string) =>
  snake.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** The README with this table. */
function withTable(readme: string, ops: readonly Op[]): string {
  const rows = [...Map.groupBy(ops, ({ family }) => family)].map((
    [family, own],
  ) => [
    family,
    own.map(({ name, file }) => `[${name}](${file})`).join(", "),
  ]);
  const table = [["family", "operations"], ["--", "--"], ...rows];
  const widths = [0, 1].map((i) =>
    Math.max(...table.map((row) => row[i].length))
  );
  const text = table.map((row, i) =>
    `| ${
      row.map((cell, j) => cell.padEnd(widths[j], i === 1 ? "-" : " "))
        .join(" | ")
    } |`
  ).join("\n");
  return readme.replace(/^\| family [^]*?(?=\n\n)/m, () => text);
}

/** The configuration with the operations' entry points, in their order. */
function withExports(config: string, ops: readonly Op[]): string {
  const { exports } = JSON.parse(config);
  const others = Object.entries<string>(exports)
    .filter(([, path]) => !/^\.\/ops\/\w+\/\w+\.ts$/.test(path));
  const [main, ...rest] = others;
  const entries = [
    main,
    ...ops.map(({ entry, file }) => [entry, `./${file}`]),
    ...rest,
  ];
  const lines = entries.map(([entry, path]) => `    "${entry}": "${path}"`);
  return config.replace(
    /"exports": \{[^}]*\}/,
    () => `"exports": {\n${lines.join(",\n")}\n  }`,
  );
}

/** A module that imports all operations, and their texts. */
function library(ops: readonly Op[]): string {
  const imports = ops.map(({ name, file }) => {
    const path = file.replace("ops/", "../");
    const line = `import ${name}Text from "${path}" with { type: "text" };`;
    return `import * as ${name}Module from "${path}";\n${
      line.length <= 80
        ? line
        : line.replace("{ type", "{\n  type").replace(" };", ",\n};")
    }\n`;
  });
  const entries = ops.map(({ name, entry, file }) =>
    `  {
    entry: "${entry}",
    path: "${file}",
    exports: ${name}Module,
    source: ${name}Text,
  },
`
  );
  return `// Copyright 2026 the Adjoint authors. MIT license.

// Written by \`deno task tables\` from \`mod.ts\`.

${imports.join("")}
/** The modules of all operations. */
export const LIBRARY = [
${entries.join("")}];
`;
}

/** Writes the tables, or says which is stale. */
export async function tables(check: boolean): Promise<boolean> {
  const read = (file: string) => Deno.readTextFile(new URL(file, ROOT));
  const ops = operationsIn(await read("mod.ts"));
  const [readme, config] = [await read("README.md"), await read("deno.json")];
  const list = "ops/proof/library.ts";
  const files = {
    [list]: [await read(list).catch(() => ""), library(ops)],
    "README.md": [readme, withTable(readme, ops)],
    "deno.json": [config, withExports(config, ops)],
  };
  let fresh = true;
  for (const [file, [old, now]] of Object.entries(files)) {
    if (old === now) continue;
    fresh = false;
    if (check) {
      console.error(
        `The operations in ${file} are not those of mod.ts: run \`deno task tables\``,
      );
    } else await Deno.writeTextFile(new URL(file, ROOT), now);
  }
  return fresh;
}

if (import.meta.main) {
  const check = Deno.args.includes("--check");
  if (!await tables(check) && check) Deno.exitCode = 1;
}
