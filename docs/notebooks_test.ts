// Copyright 2026 the Adjoint authors. MIT license.

// The notebooks: each runs, and three of them as a reader runs them, in Jupyter.

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { declaration, fromJsr, markdownOf, type Notebook } from "./notebook.ts";
import { fromClone, notebooks } from "./notebooks.ts";
import { readOps } from "./ops.ts";

const local = await notebooks(fromClone);
const parse = (file: string) => JSON.parse(local.get(file)!) as Notebook;
const textOf = ({ cells }: Notebook, type: "code" | "markdown") =>
  cells.filter(({ cell_type }) => cell_type === type)
    .map(({ source }) => source.join(""));

describe("markdownOf()", () => {
  it("has formulas between dollars, and names for links", () => {
    assertEquals(
      markdownOf(
        "By $`a_i`$:\n\n```math\nb\n```\n\n{@linkcode f}, {@link [x] y z}",
      ),
      "By $a_i$:\n\n$$\nb\n$$\n\n`f`, y z",
    );
  });
});

describe("fromJsr()", () => {
  it("imports the published version", () => {
    const resolve = fromJsr("@a/b", "1.2.3");
    assertEquals(resolve("@a/b/c"), "jsr:@a/b@1.2.3/c");
    assertEquals(resolve("@std/assert"), "jsr:@std/assert@1");
  });
});

describe("the notebooks", () => {
  it("are one for each operation, with prose, the loops and a check", async () => {
    const ops = await readOps();
    assertEquals(local.size, ops.length);
    const [softmax] = ops.filter(({ name }) => name === "softmax");
    const { code } = declaration(softmax)!;
    assertMatch(code, /^const mine = op\("softmax", \{/);
    assert(!code.includes("kernels"));
    const notebook = parse("softmax.ipynb");
    const [imports, loops, example, check, heatmap] = textOf(notebook, "code");
    assertStringIncludes(imports, "import { LONG, axis, op, sumOf }");
    assertEquals(loops, code);
    assertStringIncludes(example, "assertEquals(softmax(x)");
    assertStringIncludes(check, 'mine.gradient("x", [x, dout], options)');
    assertMatch(heatmap, /^show\(softmax\(x, options\)\);$/);
    assertMatch(textOf(notebook, "markdown")[0], /^# Softmax\n[^]*\$\$/);
    // Most loops are self-contained; the others are compared by their functions.
    const own = ops.filter((op) => declaration(op) !== undefined).length;
    assert(own > ops.length / 2, `${own}`);
  });

  it("hold, cell after cell", async () => {
    const found: string[] = [];
    const log = console.log;
    for (const file of local.keys()) {
      const [imports, ...code] = textOf(parse(file), "code");
      const own = code.filter((cell) => /^const mine = /m.test(cell));
      // Each by itself, as a notebook may declare a name again; the heatmap shows
      // what the check declares.
      const blocks = code.filter((cell) => !own.includes(cell)).join("\n}\n{\n")
        .replace(/\}\n\{\n(?=show\()/, "");
      const module = `${imports}\n${own}\n{\n${blocks}\n}`;
      const said: string[] = [];
      console.log = (text: string) => said.push(text);
      try {
        await import(
          `data:application/typescript,${encodeURIComponent(module)}`
        );
      } catch (error) {
        found.push(`${file}: ${(error as Error).message}\n${module}`);
      } finally {
        console.log = log;
      }
      if (
        /gradcheck\(/.test(module) &&
        !said.some((text) => text.startsWith("gradcheck passed"))
      ) {
        found.push(`${file}: ${said.join("\n")}`);
      }
    }
    assertEquals(found, []);
  });
});

/**
 * Executes notebooks; the result is each with what its cells gave. On a busy machine
 * the kernel may say that it is idle before the value of a cell has come.
 */
const RUN = `
import sys
import nbformat
from nbclient import NotebookClient
for path in sys.argv[1:]:
    notebook = nbformat.read(path, 4)
    shown = [cell for cell in notebook.cells if cell.cell_type == "code"
             and cell.source.split("\\n")[-1].startswith(("show(", "report.ok", "({"))]
    for attempt in range(5):
        NotebookClient(notebook, timeout=60, kernel_name="deno").execute()
        if all(any("data" in output for output in cell.outputs) for cell in shown):
            break
    nbformat.write(notebook, path)
`;

/** A Python that has what runs notebooks. */
async function findPython(): Promise<string> {
  const named = Deno.env.get("PYTHON");
  for (const python of named ? [named] : ["/usr/bin/python3", "python3"]) {
    const { success } = await new Deno.Command(python, {
      args: ["-c", "import nbclient"],
      stderr: "null",
    }).output().catch(() => ({ success: false }));
    if (success) return python;
  }
  throw new Error(
    "Cannot run the notebooks as Python must have nbclient: it has not (Debian: apt-get install python3-nbclient; another Python: PYTHON=…)",
  );
}

describe("in Jupyter", () => {
  it("three notebooks run unchanged, and a broken one says so", async () => {
    const python = await findPython();
    const folder = await Deno.makeTempDir();
    const kernel = `${folder}/kernels/deno`;
    await Deno.mkdir(kernel, { recursive: true });
    await Deno.writeTextFile(
      `${kernel}/kernel.json`,
      JSON.stringify({
        argv: [
          Deno.execPath(),
          "jupyter",
          "--kernel",
          "--conn",
          "{connection_file}",
        ],
        display_name: "Deno",
        language: "typescript",
      }),
    );
    const files = ["matmul", "softmax", "linear"].map((name) =>
      `${name}.ipynb`
    );
    for (const file of files) {
      await Deno.writeTextFile(`${folder}/${file}`, local.get(file)!);
    }
    const broken = local.get("softmax.ipynb")!
      .replace(
        "dx[at(j)] = y[j] * (dy[at(j)] - d - mean)",
        "dx[at(j)] = y[j] * (dy[at(j)] - d)",
      );
    await Deno.writeTextFile(`${folder}/broken.ipynb`, broken);
    const paths = [...files, "broken.ipynb"].map((file) => `${folder}/${file}`);
    let outputs: string[] = [];
    // Under load, the kernel of Deno 2.9.6 may send the last picture after it has said that
    // it is done.
    for (let tries = 0; tries < 3; tries++) {
      const { success, stderr } = await new Deno.Command(python, {
        args: ["-c", RUN, ...paths],
        env: { JUPYTER_PATH: folder, NO_COLOR: "1" },
      }).output();
      assert(success, new TextDecoder().decode(stderr));
      outputs = await Promise.all(paths.map((path) => Deno.readTextFile(path)));
      if (outputs.slice(0, -1).every((text) => text.includes("<table>"))) break;
    }
    await Deno.remove(folder, { recursive: true });

    for (const [i, text] of outputs.slice(0, -1).entries()) {
      assertMatch(text, /"text\/html": \[\s*"[^"]*<table>/, files[i]);
      assertMatch(text, /"text\/plain": \[\s*"true"/, files[i]);
    }
    assertMatch(outputs[2], /page: \[ 14, 5 \], code: \[ 5, 14 \]/);
    assertMatch(outputs[3], /"text\/plain": \[\s*"false"/);
  });
});
