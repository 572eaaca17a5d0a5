// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Writes the README's table of operations from `mod.ts`, the entry points in
 * `deno.json`, the recorded operations, and the list from which the tests know all
 * operations without a permission to look for them; and, in the comments of functions,
 * the formulas from the TeX of their pages and a link to these. With `--check` it writes nothing, and
 * fails if anything would change.
 *
 * @module
 */

import { ROOT } from "./deno.ts";
import { PageError } from "../ops/proof/language/expression.ts";
import { withFormulas, withLinks } from "./formulas.ts";

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
    const path = file.replace("ops/", "../../");
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

/** A module of all operations that have a gradient, recorded. */
function recorded(ops: readonly Op[], texts: readonly string[]): string {
  const found = ops.flatMap(({ name, file }, i) => {
    const inputs = inputsOf(texts[i], name);
    return inputs === undefined ? [] : [{ name, file, inputs }];
  });
  const imports = found.map(({ name, file }) =>
    `import { ${name} as ${name}Op, ${name}D } from "${
      file.replace("ops/", "./")
    }";`
  );
  const entries = found.map(({ name, inputs }) =>
    `/** The operation \`${name}\` with its gradients, for {@linkcode valueAndGrad}. */
export const ${name}: typeof ${name}Op = /* @__PURE__ */ record({
  op: ${name}Op,
  opD: ${name}D,
  inputs: ${JSON.stringify(inputs)},
  name: "${name}",
});
`
  );
  return `// Copyright 2026 the Adjoint authors. MIT license.

// Written by \`deno task tables\` from \`mod.ts\`.

/**
 * # All operations, recorded
 *
 * The operations that have gradients, ready for {@link [reverse] reverse mode}, by
 * their own names and with their own types: a program that imports them from here
 * instead of from \`@adjoint/ops\` can be differentiated, and computes the same bits.
 * Each is one line, as a user's own operation is. What has no gradient, such as
 * \`argmax\`, is called with \`stopGradient(x)\`. A bundle has only what it imports.
 *
 * @example Usage
 * \`\`\`ts
 * import { mse, tanh } from "@adjoint/ops/recorded";
 * import { grad } from "@adjoint/ops/reverse";
 * import { type Tensor, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const loss = (x: Tensor, target: Tensor) => mse(tanh(x), target);
 * const [dx] = grad(loss, { wrt: [0] })(tensor([0]), tensor([-0.5]));
 *
 * assertEquals(dx, tensor([1])); // 2 (tanh 0 + 0.5) (1 − tanh² 0)
 * \`\`\`
 *
 * @module
 */

import { record } from "./reverse.ts";
${imports.join("\n")}

${entries.join("\n")}`;
}

/** The inputs of an operation, by what its gradients are called with. */
function inputsOf(text: string, name: string): string[] | undefined {
  const from = text.indexOf(`export function ${name}D<`);
  if (from < 0) return undefined;
  const list = text.slice(from, text.indexOf("\n): ", from));
  const names = [...list.matchAll(/^ {2}(\w+)\??: /gm)].map(([, name]) => name);
  return names.slice(0, names.indexOf("dout"));
}

/** A module as `deno fmt` writes it. */
async function formatted(text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext=ts", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  return new TextDecoder().decode((await child.output()).stdout);
}

/** Writes the tables, or says which is stale. */
export async function tables(check: boolean): Promise<boolean> {
  const read = (file: string) => Deno.readTextFile(new URL(file, ROOT));
  const ops = operationsIn(await read("mod.ts"));
  const [readme, config] = [await read("README.md"), await read("deno.json")];
  const { name } = JSON.parse(config);
  const list = "ops/core/testing/library.ts", table = "ops/recorded.ts";
  const texts = await Promise.all(ops.map(({ file }) => read(file)));
  const files = {
    [list]: [await read(list).catch(() => ""), library(ops)],
    [table]: [
      await read(table).catch(() => ""),
      await formatted(recorded(ops, texts)),
    ],
    "README.md": [readme, withTable(readme, ops)],
    "deno.json": [config, withExports(config, ops)],
    ...Object.fromEntries(
      ops.map(({ file, entry }, i) => [file, [
        texts[i],
        withLinks(
          withFormulas(texts[i], file),
          `https://jsr.io/${name}/doc/${entry.slice(2)}`,
        ),
      ]]),
    ),
  };
  let fresh = true;
  for (const [file, [old, now]] of Object.entries(files)) {
    if (old === now) continue;
    fresh = false;
    if (check) {
      console.error(
        `${file} is not current: run \`deno task tables\``,
      );
    } else await Deno.writeTextFile(new URL(file, ROOT), now);
  }
  return fresh;
}

if (import.meta.main) {
  const check = Deno.args.includes("--check");
  try {
    if (!await tables(check) && check) Deno.exitCode = 1;
  } catch (error) {
    if (!(error instanceof PageError)) throw error;
    console.error(error.message); // It has the file, the line and the column.
    Deno.exitCode = 2;
  }
}
