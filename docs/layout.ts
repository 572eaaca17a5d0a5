// Copyright 2026 the Adjoint authors. MIT license.

// The frame of every page: head, navigation, footer.

import { escapeHtml } from "./html.ts";
import { VERSIONS_PAGE } from "./pages/versions.ts";
import { type Page, type Project, rootOf, type Section } from "./site.ts";

const NAVIGATION: readonly [Section, title: string, path: string][] = [
  ["ops", "Ops", "ops/index.html"],
  ["kernels", "Kernels", "kernels/index.html"],
  ["guides", "Guides", "guides/index.html"],
  ["prover", "Prover", "prover.html"],
  ["benchmark", "Benchmark", "benchmark.html"],
  ["api", "API", "api/index.html"],
];

/** Style sheets of every page, in the order in which they take effect. */
const STYLES = ["tokens", "site", "search"];

/**
 * Before anything is shown: the theme that the reader chose, and that there are
 * scripts. It is in the page itself, because a file would come too late.
 */
const EARLY = `(root => {
  root.classList.add("js");
  try {
    const theme = localStorage.getItem("adjoint-theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch { /* Storage is refused: the system decides. */ }
})(document.documentElement);`;

/** The files of KaTeX's fonts, and the classes of formulas that are set in them. */
const FONTS: readonly [file: string, classes: RegExp][] = [
  ["Main-Regular", /class="katex"/],
  ["Math-Italic", /\bmathnormal\b/],
  ["Size1-Regular", /\bdelimsizing size1\b|\bdelim-size1\b|\bsmall-op\b/],
  ["Size2-Regular", /\bdelimsizing size2\b|\blarge-op\b/],
  ["Size3-Regular", /\bdelimsizing size3\b/],
  ["Size4-Regular", /\bdelimsizing size4\b|\bdelim-size4\b/],
  ["Main-Bold", /\bmathbf\b/],
  ["AMS-Regular", /\bmathbb\b|\bamsrm\b/],
  ["SansSerif-Regular", /\bmathsf\b/],
];

/** The ms after which fonts are no longer waited for: as long as browsers keep text
 * hidden whose font is on its way. */
const PATIENCE = 3000;

/** So many sections fill the first screen; below it, nothing is seen to move. */
const FIRST = 3;

/**
 * A script that loads the fonts of a page's first formulas before the style sheet
 * asks for them, and shows the content when they and all of the page are there, so
 * that nothing moves. It is a script because a browser that reads the pages from a
 * disk refuses such requests, with a message. A page that is opened at its top has
 * the class `top-first` until its first screen is painted: style sheets may leave
 * the rest of its layout for later, which is most of the work.
 */
function fontsEarly(root: string, content: string): string {
  const start = content.split("<h2", FIRST).join();
  const files = FONTS.filter(([, classes]) => classes.test(start))
    .map(([file]) => file);
  if (files.length === 0) return "";
  return `
<script>if (location.protocol.startsWith("http")) {
  const { classList } = document.documentElement;
  const load = (file) => {
    const [family, style] = file.split("-");
    const face = new FontFace(
      "KaTeX_" + family,
      "url(${root}assets/katex/fonts/KaTeX_" + file + ".woff2)",
      {
        style: style === "Italic" ? "italic" : "normal",
        weight: style === "Bold" ? "bold" : "normal",
      },
    );
    document.fonts.add(face);
    return face.load();
  };
  const parsed = new Promise((resolve) =>
    document.addEventListener("readystatechange", resolve, { once: true })
  );
  const show = () => {
    classList.remove("awaits-fonts");
    requestAnimationFrame(() => setTimeout(() => classList.remove("top-first")));
  };
  classList.add("awaits-fonts");
  // Elsewhere in a page, what is above must be laid out to know where that is.
  const [visit] = performance.getEntriesByType("navigation");
  if (visit?.type === "navigate" && !(location.href + visit.name).includes("#")) {
    classList.add("top-first");
  }
  setTimeout(show, ${PATIENCE});
  // The style sheet asks again for what could not be loaded.
  const files = ${JSON.stringify(files)};
  Promise.allSettled([parsed, ...files.map(load)]).then(show);
}</script>`;
}

/** A ∂ in a square, as a URL: no file is asked for. */
const ICON = `data:image/svg+xml,${
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0550ae"/><text x="16" y="24" fill="#fff" font-family="serif" font-size="25" text-anchor="middle">∂</text></svg>',
  )
}`;

/**
 * The whole HTML document of a page, whose content is ready; `note` is HTML for
 * the end of every page. Style sheets that are given, by their paths in `assets/`,
 * become part of the page: it is then shown without waiting for them.
 */
export function layout(
  page: Page,
  content: string,
  project: Project,
  note: string,
  sheets?: ReadonlyMap<string, string>,
): string {
  const root = rootOf(page.path);
  const { name, version, license, address, unreleased } = project;
  const styles = ["katex/katex.min"].concat(STYLES, page.styles ?? [])
    .map((name) => `${name}.css`);
  // Behind styles that are part of the page, so that these arrive first; before
  // others, as a script waits for the style sheets that precede it.
  const fonts = fontsEarly(root, content);
  const scripts = ["site", ...page.scripts ?? []];
  const link = ([section, title, path]: typeof NAVIGATION[number]) =>
    `<a href="${root}${path}"${
      section === page.section ? ' aria-current="true"' : ""
    }>${title}</a>`;
  const lines = (parts: readonly string[]) => parts.join("\n");
  return `<!DOCTYPE html>
<html lang="en" data-root="${root}">
<head>
<meta charset="utf-8">${page.base ? atHome(page.base) : ""}
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)} · Adjoint</title>
<meta name="description" content="${escapeHtml(page.description)}">
${preview(page, project)}
<meta name="color-scheme" content="light dark">
<script>${EARLY}</script>${sheets === undefined ? fonts : ""}
<link rel="icon" href="${ICON}">
${
    sheets === undefined
      ? lines(styles.map((name) =>
        `<link rel="stylesheet" href="${root}assets/${name}">`
      ))
      : `<style>${
        lines(styles.map((name) => inside(sheets.get(name)!, root)))
      }</style>${fonts}`
  }
${
    lines(
      scripts.map((name) =>
        `<script src="${root}assets/${name}.js" defer></script>`
      ),
    )
  }
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
${
    scripts.includes("live")
      ? `<a class="skip" href="#live">Skip to the numbers</a>`
      : ""
  }
<div class="site-header-band">
<header class="site-header">
<a class="brand" href="${root}index.html">Adjoint</a>
<nav aria-label="Main">
${lines(NAVIGATION.map(link))}
</nav>
<div class="tools">
<button type="button" class="button search-button" data-open-search aria-keyshortcuts="/ Control+K Meta+K"><span class="icon icon-search"></span>Search<kbd aria-hidden="true">/</kbd></button>
<button type="button" class="icon-button" data-theme-switch aria-label="Dark theme" aria-pressed="false" title="Dark theme"><span class="icon icon-theme"></span></button>
</div>
</header>
</div>
<main id="main" tabindex="-1">
${content}
</main>
<footer class="site-footer">
<div>
<p>${escapeHtml(name)} <a href="${root}${VERSIONS_PAGE}">${
    escapeHtml(version)
  }</a>${unreleased ? ", not yet released" : ""}, ${
    escapeHtml(license)
  } license</p>
<p><a href="https://jsr.io/${escapeHtml(name)}">JSR</a>${
    address.repository === undefined
      ? ""
      : ` · <a href="${escapeHtml(address.repository)}">Repository</a>`
  }</p>
<p>${note}</p>
</div>
</footer>
</body>
</html>
`;
}

/** A style sheet as a part of a page: the fonts that it names are KaTeX's. */
function inside(css: string, root: string): string {
  return css.replaceAll("url(fonts/", `url(${root}assets/katex/fonts/`).trim();
}

/** The picture of a link to the site, and its size. */
const PICTURE = { path: "assets/share.png", width: 1200, height: 630 };

/** What search engines and those who show a link take from a page. */
function preview(
  { path, title, description, base }: Page,
  { address: { site }, name }: Project,
): string {
  const tag = (property: string, content: string | number) =>
    `<meta property="og:${property}" content="${escapeHtml(`${content}`)}">`;
  const tags = [
    tag("type", path === "index.html" ? "website" : "article"),
    tag("site_name", `Adjoint, ${name}`),
    tag("title", title),
    tag("description", description),
  ];
  // A page that is shown at any address must not be found.
  if (base !== undefined || path === "404.html") {
    return `<meta name="robots" content="noindex">`;
  }
  if (site !== undefined) {
    const url = site + encodeURI(path).replace(/(^|\/)index\.html$/, "$1");
    tags.unshift(`<link rel="canonical" href="${escapeHtml(url)}">`);
    tags.push(
      tag("url", url),
      tag("image", site + PICTURE.path),
      tag("image:width", PICTURE.width),
      tag("image:height", PICTURE.height),
      tag("image:alt", "A formula, its code and its proof, side by side"),
      `<meta name="twitter:card" content="summary_large_image">`,
    );
  }
  return tags.join("\n");
}

/**
 * Where the page is shown below the site, its links begin at the root of that;
 * elsewhere, on a disk, beside it.
 */
function atHome(base: string): string {
  return `\n<script>if (location.href.startsWith(${
    JSON.stringify(base)
  })) document.write('<base href="${escapeHtml(base)}">');</script>`;
}
