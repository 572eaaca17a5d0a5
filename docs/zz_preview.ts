import { readGuide } from "./guide.ts";
import { loadHighlighter, renderMarkdown } from "./markdown.ts";
import { finish } from "./finish.ts";
import { layout } from "./layout.ts";
import { benchmark } from "./pages/benchmark.ts";
await loadHighlighter();
const root = new URL("../", import.meta.url);
const read = (p: string) => Deno.readTextFile(new URL(p, root));
const project = {
  root,
  name: "@adjoint/ops",
  version: "0.1.0",
  license: "MIT",
  unreleased: true,
  releases: [],
  address: { revision: "HEAD" },
  files: new Set<string>(),
} as never;
const out = (p: string) => new URL(`docs/site/${p}`, root);
for (const f of Deno.args.filter((a) => a.endsWith(".md"))) {
  const g = await readGuide(f, await read(f), read, renderMarkdown);
  const page = {
    path: g.path,
    title: g.title,
    description: g.summary,
    section: "guides",
    main: `<article class="guide">\n${g.html}</article>`,
    toc: true,
    styles: ["figures", "guides", "exercise"],
    scripts: ["exercise"],
  } as never;
  await Deno.writeTextFile(
    out(g.path),
    layout(page, finish(page), project, "note"),
  );
}
if (Deno.args.includes("bench")) {
  for (const page of await benchmark(project)) {
    await Deno.writeTextFile(
      out(page.path),
      layout(page, finish(page), project, "note"),
    );
  }
}
for await (const { name } of Deno.readDir(new URL("docs/styles/", root))) {
  await Deno.copyFile(
    new URL(`docs/styles/${name}`, root),
    out(`assets/${name}`),
  );
}
