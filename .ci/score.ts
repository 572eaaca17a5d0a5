// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Computes the score that JSR gives the package, and demands full marks. It
 * asks for more than JSR where that is cheap: every symbol documented rather
 * than 80 %.
 *
 * JSR keeps the description and the runtimes in its own settings, outside the
 * package. They are recorded in `.ci/jsr.json`, each in the form in which JSR's
 * API takes it: `PATCH https://api.jsr.io/scopes/adjoint/packages/ops`, once
 * with `description` and once with `runtimeCompat`.
 *
 * With `--lint` it lints the docs of all entry points instead.
 *
 * @module
 */

import { deno, ROOT } from "./deno.ts";
import { entryPoints, rehearse } from "./publish.ts";

/** What is used here of the output of `deno doc --json`. */
interface Docs {
  nodes: Record<string, {
    module_doc?: JsDoc;
    symbols: { name: string; declarations: Declaration[] }[];
  }>;
}

interface Declaration {
  declarationKind: string;
  kind: string;
  jsDoc?: JsDoc;
  def?: { hasBody?: boolean };
}

interface JsDoc {
  doc?: string;
  tags?: { kind: string; doc?: string }[];
}

/** The settings of the package on JSR. */
interface Settings {
  description: string;
  runtimeCompat: Record<string, boolean>;
}

/** One factor of the score. */
interface Factor {
  name: string;
  points: number;
  /** What is missing for the points. */
  problems: string[];
}

/** How the README names the runtimes in its table. */
const RUNTIMES: Record<string, RegExp> = {
  browser: /^\| *Browsers?\b/m,
  bun: /^\| *Bun\b/m,
  deno: /^\| *Deno\b/m,
  node: /^\| *Node\b/m,
  workerd: /^\| *Cloudflare Workers\b/m,
};

/** The documents and the docs of the symbols. */
async function documented(paths: string[]): Promise<Factor[]> {
  const { code, stdout, stderr } = await deno(["doc", "--json", ...paths], {
    capture: true,
  });
  if (code !== 0) throw new Error(stderr);
  const { nodes }: Docs = JSON.parse(stdout);
  const readme = await read("README.md");
  const main = nodes[new URL("mod.ts", ROOT).href]?.module_doc;

  const undocumented: string[] = [];
  for (const [url, { symbols }] of Object.entries(nodes)) {
    for (const { name, declarations } of symbols) {
      for (const declaration of visible(declarations)) {
        const at = `${url.slice(ROOT.href.length)}: ${name}`;
        if (!declaration.jsDoc?.doc) undocumented.push(`${at} has no docs`);
      }
    }
  }
  return [
    factor("README or module doc", 2, {
      "There is no README and no doc in mod.ts": !readme && !main?.doc,
    }),
    factor("Example in the README or the main module doc", 1, {
      "Neither has an example": !hasExample(main) && !readme.includes("```"),
    }),
    {
      name: "Module docs on all entry points",
      points: 1,
      problems: Object.entries(nodes)
        .filter(([, { module_doc }]) => !module_doc?.doc)
        .map(([url]) => `${url.slice(ROOT.href.length)} has no @module doc`),
    },
    {
      name: "All symbols documented",
      points: 5,
      problems: undocumented,
    },
  ];
}

/** The exported declarations; the body of an overloaded function has no docs. */
function visible(declarations: Declaration[]): Declaration[] {
  const exported = declarations
    // A reference is documented where it leads.
    .filter((d) =>
      d.declarationKind === "export" &&
      !["import", "reference"].includes(d.kind)
    );
  const overloaded = exported.filter((d) => d.kind === "function").length > 1;
  return exported.filter((d) => !(overloaded && d.def?.hasBody));
}

function hasExample(doc: JsDoc | undefined): boolean {
  return (doc?.doc ?? "").includes("```") ||
    (doc?.tags ?? []).some(({ kind }) => kind === "example");
}

/** The description and the runtimes. */
async function settings(paths: string[]): Promise<Factor[]> {
  const { description, runtimeCompat }: Settings = JSON.parse(
    await read(".ci/jsr.json"),
  );
  const runtimes = Object.keys(runtimeCompat).filter((r) => runtimeCompat[r]);
  const readme = await read("README.md");
  return [
    factor("Description", 1, {
      "It is empty": description === "",
    }),
    factor("A runtime marked compatible", 1, {
      "None is": runtimes.length === 0,
      "The modules use more than ECMAScript": !await portable(paths),
    }),
    {
      name: "Two runtimes marked compatible",
      points: 1,
      problems: [
        ...runtimes.length < 2 ? [`Only ${runtimes.length} are`] : [],
        ...Object.entries(RUNTIMES)
          .filter(([name, row]) => runtimes.includes(name) !== row.test(readme))
          .map(([name]) => `The README's table does not agree about ${name}`),
      ],
    },
  ];
}

/** Whether the types check without the library of any runtime. */
async function portable(paths: string[]): Promise<boolean> {
  const config = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(
      config,
      JSON.stringify({ compilerOptions: { lib: ["es2023"] }, lock: false }),
    );
    const { code, stderr } = await deno(
      ["check", `--config=${config}`, ...paths],
      { capture: true },
    );
    if (code !== 0) console.error(stderr);
    return code === 0;
  } finally {
    await Deno.remove(config);
  }
}

function factor(
  name: string,
  points: number,
  problems: Record<string, boolean>,
): Factor {
  return {
    name,
    points,
    problems: Object.keys(problems).filter((problem) => problems[problem]),
  };
}

async function read(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, ROOT)).catch(() => "");
}

/** Prints the table; true for full marks. */
function print(factors: Factor[]): boolean {
  const width = Math.max(...factors.map(({ name }) => name.length));
  let [got, all] = [0, 0];
  for (const { name, points, problems } of factors) {
    const earned = problems.length === 0 ? points : 0;
    got += earned;
    all += points;
    console.log(`${name.padEnd(width)}  ${earned} of ${points}`);
    for (const problem of problems) console.log(`  ${problem}`);
  }
  console.log(`${"JSR score".padEnd(width)}  ${got} of ${all}`);
  console.log(
    "Provenance is one point more, given to versions published from CI",
  );
  return got === all;
}

const paths = Object.values(await entryPoints());
if (Deno.args.includes("--lint")) {
  Deno.exit((await deno(["doc", "--lint", ...paths])).code);
}
const { ok } = await rehearse();
const factors = [
  ...await documented(paths),
  factor("No slow types", 5, { "The publishing rehearsal failed": !ok }),
  ...await settings(paths),
];
if (!print(factors)) Deno.exit(1);
