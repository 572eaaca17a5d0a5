// Copyright 2026 the Adjoint authors. MIT license.

// The annotated pages: each operation and each kernel as the literate program
// that it is, made from the module itself.

import { renameTwins } from "../api_html.ts";
import {
  Builder,
  firstSentence,
  FOR_TESTS,
  type Options,
} from "../literate/page.ts";
import { chainOf, chainTicks, proofSection } from "../literate/proof.ts";
import { blocksOf, Prose } from "../literate/prose.ts";
import { readSource, type Source, splitTags } from "../literate/source.ts";
import { walk } from "../files.ts";
import { markedOf, paint } from "../literate/axes.ts";
import { liveSection } from "../live.ts";
import type { Op } from "../ops.ts";
import { fileOf } from "../notebooks.ts";
import { proofReport } from "../proof.ts";
import { escapeHtml } from "../html.ts";
import type { Page, Project } from "../site.ts";
import { renderMath } from "../typeset.ts";
import type { Report } from "../../ops/core/testing/report.ts";
import { showName } from "../../ops/proof/language/unicode.ts";

/** The kernels of matrix multiplication, from the plainest to the fastest. */
const LADDER = ["naive", "blocked", "simd", "threaded"];

/** The folder of the kernels, and the module that the others end in. */
const KERNELS = "ops/kernels/";

/** The module that readers look for most, of those that are no operation. */
const CHECK = "ops/gradcheck.ts";

/** Makes the pages of the operations, of the kernels and of what they need. */
export async function literate(project: Project): Promise<Page[]> {
  const report = await proofReport();
  const ops = new Map(project.ops.map((op) => [op.file, op]));
  const kernels = (await walk(new URL(KERNELS, project.root)))
    .filter((name) => /^[a-z]\w*(\.as)?\.ts$/.test(name))
    .filter((name) => !name.endsWith("_test.ts"))
    .map((name) => KERNELS + name);
  const others = Object.entries(project.exports)
    .map(([entry, path]) => [entry, path.replace(/^\.\//, "")])
    .filter(([entry, path]) => entry !== "." && !ops.has(path))
    .map(([, path]) => path);
  const sources = await Promise.all(
    [...ops.keys(), ...kernels, ...others].map(async (path) =>
      readSource(path, await Deno.readTextFile(new URL(path, project.root)))
    ),
  );
  const site: Site = { project, sources, ops };
  return [
    ...sources.map((source) => {
      const op = ops.get(source.path);
      return op === undefined
        ? modulePage(site, source)
        : opPage(site, source, op, report);
    }),
    ladderPage(site),
  ];
}

/** What the pages know of one another. */
interface Site {
  project: Project;
  sources: readonly Source[];
  /** The operations by their modules. */
  ops: ReadonlyMap<string, Op>;
}

/** The place of the page of a module. */
function pathOf({ ops }: Site, module: string): string {
  const name = module.split("/").at(-1)!.replace(/\.ts$/, ".html");
  const folder = module.startsWith(KERNELS)
    ? "kernels"
    : ops.has(module)
    ? "ops"
    : "modules";
  return `${folder}/${name}`;
}

/** The targets of names on the page of a module. */
function linksOf(
  site: Site,
  source: Source,
): Pick<Options, "href" | "api"> {
  const { project, sources } = site;
  const entries = new Map(
    Object.entries(project.exports).map(([entry, path]) => [
      path.replace(/^\.\//, ""),
      entry.replace(/^\.\/?/, ""),
    ]),
  );
  const pathOfSymbol = (module: string, name: string) =>
    `api/${entries.get(module)}/~/${name}.html`;
  const renamed = renameTwins(
    sources.filter(({ path }) => entries.has(path)).flatMap((source) =>
      exportsOf(source).map((name) => pathOfSymbol(source.path, name))
    ),
  );
  const api = (module: string, name: string) => {
    if (!entries.has(module)) return undefined;
    const path = pathOfSymbol(module, name);
    return `../${renamed.get(path) ?? path}`;
  };
  const page = (module: string | undefined) =>
    module === undefined ? undefined : `../${pathOf(site, module)}`;
  return {
    api: (name) =>
      exportsOf(source).includes(name) ? api(source.path, name) : undefined,
    href(name) {
      if (source.declarations.some((d) => d.name === name)) return `#${name}`;
      if (name.endsWith(".ts")) {
        const folder = source.path.slice(0, source.path.lastIndexOf("/") + 1);
        return page(
          sources.find(({ path }) => path === name || path === folder + name)
            ?.path,
        );
      }
      const entry = [...entries].find(([, entry]) => entry === name);
      if (entry !== undefined) return page(entry[0]);
      const exported = sources.find((other) =>
        entries.has(other.path) && exportsOf(other).includes(name)
      );
      return exported && api(exported.path, name);
    },
  };
}

function exportsOf({ declarations }: Source): string[] {
  return [
    ...new Set(
      declarations.filter(({ exported }) => exported).map(({ name }) => name)
        .filter((name) => !FOR_TESTS.has(name)),
    ),
  ];
}

function modulePage(site: Site, source: Source): Page {
  const isKernel = source.path.startsWith(KERNELS);
  const links = linksOf(site, source);
  const { title, description, main } = new Builder(source, {
    ...links,
    head: place(site, source),
    end: neighbors(site, source),
  }).build();
  return {
    path: pathOf(site, source.path),
    title,
    description,
    section: isKernel ? "kernels" : undefined,
    main,
    styles: ["literate"],
    scripts: ["literate"],
  };
}

/** Where the module is, and where it is imported from. */
function place({ project }: Site, { path }: Source): string {
  const entry = Object.entries(project.exports)
    .find(([, module]) => module === `./${path}`)?.[0].replace(/^\.\//, "");
  return `<p class="place"><code>${path}</code>${
    entry === undefined
      ? ""
      : ` · <a href="../api/${entry}/index.html">API of <code>${project.name}/${entry}</code></a>`
  }${
    project.ops.some(({ file }) => file === path)
      ? ` · <a href="../notebooks/${fileOf(path)}" download>Notebook</a>`
      : ""
  }</p>`;
}

function opPage(site: Site, source: Source, op: Op, report: Report): Page {
  const chain = chainOf(report, op.name);
  const marked = markedOf(op);
  const symbols = new Map(
    op.definitions.targets.map((target) => [
      showName(target),
      renderMath(
        target.replace(/^∂E\/∂(.*)$/, "\\frac{\\partial E}{\\partial $1}"),
        false,
        source.path,
      ),
    ]),
  );
  const links = linksOf(site, source);
  const { title, description, main } = new Builder(source, {
    ...links,
    formulas: report.formulas.filter((formula) => formula.op === op.name),
    head: ways(links.api?.(op.name)),
    answer: shapesLine(op) + chainTicks(chain),
    afterHead: liveSection(op, site.project.name, marked),
    beforeCode: proofSection(
      chain,
      (target) => symbols.get(target)!,
      op.inputs.map(({ symbol }) => showName(symbol)),
    ),
    after: (section) => section === "Special points" ? measured(report) : "",
    end: siblings(site, op),
  }).build();
  return {
    path: pathOf(site, source.path),
    title,
    description,
    section: "ops",
    main: paint(main, marked),
    styles: ["literate", "live"],
    scripts: ["literate", "live"],
  };
}

/** The ways from the head of an operation's page into it. */
function ways(api: string | undefined): string {
  const links = [
    ["Derive", "#derivation"],
    ["Try", "#live"],
    ["Check", "#proof"],
    ["Code", "#code"],
    ["API", api],
  ].flatMap(([name, href]) =>
    href === undefined ? [] : [`<li><a href="${href}">${name}</a></li>`]
  );
  return `<nav class="ways" aria-label="Ways into this page"><ul>${
    links.join("")
  }</ul></nav>`;
}

/** The inputs and outputs with their shapes, from the page's table, in a line. */
function shapesLine({ text, file }: Op): string {
  const rows = text.matchAll(
    /^ \* \| \$`([^`]+)`\$ \| (?:\$`([^`]+)`\$|([^|]*?)) \| (?:input|output)/gm,
  );
  const items = [...rows].map(([, symbol, shape, words]) =>
    `<li>${renderMath(symbol, false, file)} ${
      shape === undefined ? escapeHtml(words) : renderMath(shape, false, file)
    }</li>`
  );
  return `<ul class="shapes-line" aria-label="Shapes">${items.join("")}</ul>`;
}

/** The operations before and after one, in the order of the table of all. */
function siblings({ project: { ops } }: Site, op: Op): string {
  const at = ops.indexOf(op);
  const link = (other: Op | undefined, what: string) =>
    other === undefined
      ? "<span></span>"
      : `<span>${what}: <a href="${
        other.file.split("/").at(-1)!.replace(/\.ts$/, ".html")
      }">${escapeHtml(other.page.title)}</a></span>`;
  return `<nav class="neighbors" aria-label="Operations">${
    link(ops[at - 1], "Previous")
  }<a href="index.html">All operations</a>${link(ops[at + 1], "Next")}</nav>`;
}

/** How the table of special points is to be read. */
function measured({ versions: { PyTorch, JAX, TensorFlow } }: Report): string {
  return `<p class="place">Each row was executed when this page was built: numbers of three digits and more are rounded, the others exact. PyTorch ${
    escapeHtml(PyTorch)
  }, JAX ${escapeHtml(JAX)} and TensorFlow ${
    escapeHtml(TensorFlow)
  } were measured; <i>same</i> is what this library gives.</p>`;
}

/** The kernels that lead from one to the next. */
function ladder({ sources }: Site): Source[] {
  return LADDER.map((name) => {
    const source = sources.find(({ path }) => path === `${KERNELS}${name}.ts`);
    if (source !== undefined) return source;
    throw new Error(
      `Cannot make the page of the kernels as each of the ladder must exist: there is no ${KERNELS}${name}.ts`,
    );
  });
}

/** A link to a module by its title. */
function linkTo(site: Site, { path, page }: Source): string {
  const title = /^# +(.+)/m.exec(page.text)?.[1];
  if (title === undefined) {
    throw new Error(
      `Cannot list ${path} as its page must have a title: its first comment has none`,
    );
  }
  return `<a href="../${pathOf(site, path)}">${escapeHtml(title)}</a>`;
}

/** The kernels before and after one of the ladder. */
function neighbors(site: Site, source: Source): string {
  const steps = ladder(site);
  const at = steps.indexOf(source);
  if (at < 0) return "";
  const link = (step: Source | undefined, what: string) =>
    step === undefined
      ? "<span></span>"
      : `<span>${what}: ${linkTo(site, step)}</span>`;
  return `<nav class="neighbors" aria-label="Kernels">${
    link(steps[at - 1], "Before")
  }${link(steps[at + 1], "Next")}</nav>`;
}

/** The kernels in the order in which they are read. */
function ladderPage(site: Site): Page {
  const kernels = site.sources.filter(({ path }) => path.startsWith(KERNELS));
  // The program that a module calls is listed beside it.
  const programOf = ({ path }: Source) =>
    kernels.find((other) => other.path === path.replace(/\.ts$/, ".as.ts"));
  const programs = kernels.flatMap((kernel) => programOf(kernel) ?? []);
  const entry = (source: Source) => {
    const blocks = blocksOf(splitTags(source.page).body);
    const at = blocks.findIndex(({ kind }) => kind === "text");
    const text = blocks[at];
    const prose = new Prose(source, linksOf(site, source).href, []);
    const sentence = firstSentence(text.text);
    const program = programOf(source);
    // What a colon announces comes with it.
    const announced = sentence.endsWith(":") ? [blocks[at + 1]] : [];
    return {
      name: linkTo(site, source) +
        (program === undefined
          ? ""
          : `, <a href="../${
            pathOf(site, program.path)
          }">its program<span class="visually-hidden"> ${
            program.path.split("/").at(-1)
          }</span></a>`),
      html: [{ ...text, text: sentence }, ...announced]
        .map((block) => prose.render(block)).join("\n"),
    };
  };
  const steps = ladder(site);
  const around = kernels.filter((kernel) =>
    !steps.includes(kernel) && !programs.includes(kernel)
  );
  const list = (modules: readonly Source[]) =>
    `<dl class="around">\n${
      modules.map(entry).map(({ name, html }) =>
        `<dt>${name}</dt>\n<dd>${html}</dd>`
      ).join("\n")
    }\n</dl>`;
  // First what a reader may look for by itself.
  const others = site.sources.filter((source) =>
    !kernels.includes(source) && !site.ops.has(source.path)
  ).toSorted((a, b) => Number(b.path === CHECK) - Number(a.path === CHECK));
  const main = `<h1>The kernels</h1>
<p class="lead">Four steps make the product of two matrices fast, and each is a module with a page of
its own. Modules that are neither kernels nor operations, such as ${
    linkTo(site, others[0])
  }, are listed <a href="#modules">below</a>.</p>
<ol class="ladder">
${
    steps.map(entry).map(({ name, html }) =>
      `<li><h2>${name}</h2>\n${html}</li>`
    ).join("\n")
  }
</ol>
<h2>Other kernels and what they share</h2>
${list(around)}
<h2 id="modules">Other modules</h2>
${list(others)}`;
  return {
    path: "kernels/index.html",
    title: "Kernels",
    description:
      "How the product of two matrices is made fast, from three loops to several threads, and the library’s other modules.",
    section: "kernels",
    main,
    styles: ["literate"],
    scripts: ["literate"],
  };
}
