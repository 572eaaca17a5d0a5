// Copyright 2026 the Adjoint authors. MIT license.

// The frame of every page: head, navigation, footer.

import { escapeHtml, type Page, rootOf, type Section } from "./site.ts";

const NAVIGATION: readonly [Section, title: string, path: string][] = [
  ["ops", "Ops", "index.html#ops"],
  ["guides", "Guides", "guides/index.html"],
  ["benchmark", "Benchmark", "benchmark.html"],
  ["api", "API", "api/index.html"],
];

/** Style sheets of every page, in the order in which they take effect. */
const STYLES = ["tokens", "site"];

/** The whole HTML document of a page. */
export function layout(page: Page): string {
  const root = rootOf(page.path);
  const styles = ["assets/katex/katex.min.css"].concat(
    [...STYLES, ...page.styles ?? []].map((name) => `assets/${name}.css`),
  );
  const scripts = ["site", ...page.scripts ?? []];
  const link = ([section, title, path]: typeof NAVIGATION[number]) =>
    `<a href="${root}${path}"${
      section === page.section ? ' aria-current="true"' : ""
    }>${title}</a>`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)} · Adjoint</title>
<meta name="description" content="${escapeHtml(page.description)}">
<meta name="color-scheme" content="light dark">
${
    styles.map((url) => `<link rel="stylesheet" href="${root}${url}">`).join(
      "\n",
    )
  }
${
    scripts.map((name) =>
      `<script src="${root}assets/${name}.js" defer></script>`
    ).join("\n")
  }
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="site-header">
<a class="brand" href="${root}index.html">Adjoint</a>
<nav aria-label="Main">${NAVIGATION.map(link).join("\n")}</nav>
</header>
<main id="main">
${page.main}
</main>
</body>
</html>
`;
}
