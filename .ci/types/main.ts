// Copyright 2026 the Adjoint authors. MIT license.

/**
 * `deno task types`: compiles the examples of the README and of the pages, and
 * the program `fixture.ts`, with several versions of TypeScript and settings,
 * against the declarations of the npm package. `deno task types 5.4` takes one
 * version only.
 *
 * @module
 */

import { deno, PACKAGES, ROOT } from "../deno.ts";
import { npmPackage } from "../everywhere/package.ts";
import { entryPoints } from "../publish.ts";

/** What a user may have set beside `strict`; all of it comes first. */
const SETTINGS: Record<string, boolean>[] = [
  { exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
  {},
  { exactOptionalPropertyTypes: true },
  { noUncheckedIndexedAccess: true },
];

/** The examples of a file: fences of TypeScript, in comments, too. */
function examplesOf(text: string): { code: string; line: number }[] {
  return [...text.matchAll(/^([ *]*)```ts\n([^]*?)^\1```$/gm)]
    .map(({ 1: margin, 2: code, index }) => ({
      code: code.split("\n").map((line) => line.slice(margin.length))
        .join("\n"),
      line: text.slice(0, index).split("\n").length + 1,
    }));
}

/** Writes the programs; the result says where each comes from. */
async function writePrograms(dir: string): Promise<Map<string, string>> {
  const origins = new Map([["fixture.ts", ".ci/types/fixture.ts:0"]]);
  await Deno.copyFile(
    new URL("fixture.ts", import.meta.url),
    `${dir}/fixture.ts`,
  );
  const files = Object.values(await entryPoints()).map((f) => f.slice(2));
  for (const file of ["README.md", ...files]) {
    const text = await Deno.readTextFile(new URL(file, ROOT));
    for (const { code, line } of examplesOf(text)) {
      const name = `${file.replaceAll(/\W/g, "_")}_${line}.ts`;
      origins.set(name, `${file}:${line - 1}`);
      await Deno.writeTextFile(`${dir}/${name}`, `${code}\nexport {};\n`);
    }
  }
  // What examples assert is for them to run, not to compile.
  await Deno.writeTextFile(
    `${dir}/assert.d.ts`,
    'declare module "@std/assert";\n',
  );
  return origins;
}

/** Compiles the programs; the result is what is wrong, a line each. */
async function compile(
  dir: string,
  compiler: string,
  settings: Record<string, boolean>,
): Promise<string[]> {
  await Deno.writeTextFile(
    `${dir}/tsconfig.json`,
    JSON.stringify({
      compilerOptions: {
        strict: true,
        target: "es2022",
        lib: ["es2023", "esnext.disposable", "dom"],
        module: "esnext",
        moduleResolution: "bundler",
        noEmit: true,
        skipDefaultLibCheck: true,
        types: [],
        ...settings,
      },
      include: ["*.ts"],
    }),
  );
  const lock = new URL("deno.lock", import.meta.url).pathname;
  const { code, stdout, stderr } = await deno([
    "run",
    "-A",
    "--no-config",
    `--lock=${lock}`,
    "--frozen",
    `${compiler}/tsc`,
    "--pretty",
    "false",
    "-p",
    dir,
  ], { capture: true, cwd: dir });
  if (code === 0) return [];
  return stdout.trim() === "" ? [stderr.trim()] : stdout.trim().split("\n");
}

const [wanted = ""] = Deno.args;
const dir = await Deno.realPath(await Deno.makeTempDir());
try {
  await npmPackage(dir);
  const origins = await writePrograms(dir);
  console.log(`${origins.size} programs`);
  const compilers = PACKAGES[".ci/types/"];
  for (const [i, compiler] of compilers.entries()) {
    const version = compiler.split("@").at(-1)!;
    if (!version.startsWith(wanted)) continue;
    // Versions between the oldest and the newest are tried with all of it only.
    const isEdge = i === 0 || i === compilers.length - 1;
    for (const settings of isEdge ? SETTINGS : SETTINGS.slice(0, 1)) {
      const start = performance.now();
      const problems = await compile(dir, compiler, settings);
      const names = ["strict", ...Object.keys(settings)].join(", ");
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      console.log(
        `${
          problems.length === 0 ? "ok    " : "FAILED"
        } TypeScript ${version}, ${names} (${seconds} s)`,
      );
      for (const problem of problems) {
        // The line of the file that the example is in.
        console.log(
          `  ${
            problem.replace(/^(\w+\.ts)\((\d+)/, (all, name, line) => {
              const [file, first] = origins.get(name)?.split(":") ?? [];
              return file === undefined
                ? all
                : `${file}(${Number(first) + Number(line)}`;
            })
          }`,
        );
      }
      if (problems.length > 0) Deno.exitCode = 1;
    }
  }
} finally {
  await Deno.remove(dir, { recursive: true });
}
