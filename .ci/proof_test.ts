// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import guide from "../docs/guides/3-add-an-op.md" with { type: "text" };
import { deno, ROOT } from "./deno.ts";
import { entryPoints, type MEMBERS } from "./publish.ts";

/** The files that a package publishes, as its configuration says. */
async function published(folder: string): Promise<string[]> {
  const git = new Deno.Command("git", {
    args: [
      "ls-files",
      "--cached",
      "--others",
      "--exclude-standard",
      folder || ".",
    ],
    cwd: ROOT,
  });
  const listed = new TextDecoder().decode((await git.output()).stdout);
  return listed.trim().split("\n").filter((file) =>
    /\.ts$/.test(file) && !/_test\.ts$|\/fixtures\/|\.as\.ts$/.test(file) &&
    (folder === "ops/proof/" ||
      /^(mod\.ts|ops\/(?!proof\/|goldens\/|core\/testing\/))/.test(file))
  );
}

/** The guide's code below one of its first lines. */
function fence(first: string): string {
  for (const [, , text] of guide.matchAll(/^(```+)ts ignore\n(.*?)^\1$/gms)) {
    if (text.startsWith(first)) return text;
  }
  throw new Error(`The guide has no code that begins with ${first}`);
}

/** A repository that has the published files of both packages, and the guide's
 * module. */
async function newRepository(): Promise<string> {
  const folder = await Deno.makeTempDir();
  const imports: Record<string, string> = {
    katex: "npm:katex@0.19.1",
    mathjs: "npm:mathjs@15.2.0",
  };
  const packages = { "": "@adjoint/ops", "ops/proof/": "@adjoint/proof" };
  for (const [member, name] of Object.entries(packages)) {
    for (const file of await published(member)) {
      const to = `${folder}/packages/${name}/${file}`;
      await Deno.mkdir(to.replace(/[^/]*$/, ""), { recursive: true });
      await Deno.copyFile(new URL(file, ROOT), to);
    }
    const entries = await entryPoints(member as keyof typeof MEMBERS);
    for (const [entry, path] of Object.entries(entries)) {
      imports[entry.replace(".", name)] = path.replace(
        "./",
        `./packages/${name}/`,
      );
    }
  }
  const config = JSON.stringify({ imports, lock: false });
  await Deno.writeTextFile(`${folder}/deno.json`, config);
  await Deno.writeTextFile(`${folder}/layers.ts`, fence("// layers.ts"));
  const test = fence("// layers_test.ts");
  await Deno.writeTextFile(`${folder}/layers_test.ts`, test);
  return folder;
}

const folder = await newRepository();
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

describe("@adjoint/proof in another repository", () => {
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await deno(args, {
      capture: true,
      cwd: folder,
      env: { NO_COLOR: "1" },
    });
    return { code, stdout, stderr, text: stdout + stderr };
  };
  const cli = (...args: string[]) =>
    run("run", "-R", "@adjoint/proof/cli", ...args);

  it("proves the module of the guide", async () => {
    const { code, text } = await cli("layers.ts");
    assertEquals(code, 0, text);
    assertStringIncludes(text, "✓ page = calculus: ∂E/∂W");
    assertStringIncludes(text, "✓ code = calculus: ∂E/∂X");
    assertStringIncludes(text, "15 of 15 links hold");
  });

  it("declares the tests of the guide", async () => {
    const { code, text } = await run("test", "-R", "--no-check");
    assertEquals(code, 0, text);
    assert(/[1-9]\d* passed/.test(text), text);
    assertStringIncludes(text, "the proof of project()");
  });

  it("refutes the same module with a mistake in the page or in the code", async () => {
    const right = fence("// layers.ts");
    const page = right.replace("^2} \\frac", "} \\frac");
    const code = right.replace("dx[k % n]! += ", "dx[k % n]! = ");
    assert(page !== right && code !== right);
    await Deno.writeTextFile(`${folder}/page.ts`, page);
    await Deno.writeTextFile(`${folder}/code.ts`, code);
    const wrong = await cli("page.ts", "code.ts", "--json");
    assertEquals(wrong.code, 1, wrong.text);
    const { ok, pages } = JSON.parse(wrong.stdout);
    assertEquals(ok, false);
    const failed = pages.map(
      (
        { findings }: {
          findings: { link: string; target: string; failures: string[] }[];
        },
      ) =>
        findings.filter(({ failures }) => failures.length > 0)
          .map(({ link, target }) => `${link}: ${target}`),
    );
    assertEquals(failed, [
      ["page = code: ∂E/∂X", "page = calculus: ∂E/∂X"],
      ["page = code: ∂E/∂X", "code = calculus: ∂E/∂X"],
    ]);
  });

  it("says what is wrong with a module that throws, never ends, or has no page", async () => {
    const refused = async (source: string) => {
      await Deno.writeTextFile(`${folder}/bad.ts`, source);
      const { code, stderr } = await cli("bad.ts", "--seconds=3");
      assertEquals(code, 2, stderr);
      return stderr;
    };
    assertStringIncludes(
      await refused(`throw new Error("no luck")`),
      "error: bad.ts: Cannot load the module: no luck",
    );
    assertStringIncludes(
      await refused("while (true);"),
      "error: bad.ts: It did not finish within 3 s, while loading the module",
    );
    assertStringIncludes(
      await refused("export const x = 1;"),
      'error: bad.ts:1:1: Cannot find a page as no comment has a section "## Shapes"',
    );
    const endless = fence("// layers.ts")
      .replace(
        "return x.map((x) => x /",
        "while (true);\n  return x.map((x) => x /",
      );
    assertStringIncludes(
      await refused(endless),
      "error: bad.ts: It did not finish within 3 s, while page = code of squash",
    );
  });

  it("judges a page of Markdown", async () => {
    const tex = String.raw;
    await Deno.writeTextFile(
      `${folder}/page.md`,
      tex`$$Y_i = X_i^2$$ $$\frac{\partial E}{\partial X_i} = X_i \frac{\partial E}{\partial Y_i}$$`,
    );
    const { code, stdout } = await cli("page.md");
    assertEquals(code, 1);
    assertStringIncludes(stdout, "1 wrong");
  });
});
