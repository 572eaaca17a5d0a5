// Copyright 2026 the Adjoint authors. MIT license.

// Markdown to HTML, with formulas typeset and code highlighted while the site
// is built. Math is written as in the modules: a math fence, or inline $`…`$.

import markdownIt from "markdown-it";
import { createHighlighter } from "shiki";
import { renderMath } from "./typeset.ts";

const THEMES = {
  light: "github-light-high-contrast",
  dark: "github-dark-high-contrast",
};

const highlighter = await createHighlighter({
  langs: ["typescript", "shellscript", "json"],
  themes: Object.values(THEMES),
});

/** Highlights code; both themes are in the result, as CSS variables. */
export function highlight(code: string, language: string): string {
  const known = highlighter.getLoadedLanguages().includes(language);
  return highlighter.codeToHtml(code.replace(/\n$/, ""), {
    lang: known ? language : "text",
    themes: THEMES,
    defaultColor: false,
  });
}

/** Code in a box. */
export function codeBlock(code: string, language: string): string {
  return `<div class="code">${highlight(code, language)}</div>\n`;
}

/** Highlights a whole file; the result is the inside of each of its lines. */
export function highlightLines(code: string, language: string): string[] {
  const html = highlight(code, language);
  const inside = html.slice(
    html.indexOf("<code>") + 6,
    -"</code></pre>".length,
  );
  return inside.split("\n").map((line) =>
    line.replace(/^<span class="line">(.*)<\/span>$/, "$1")
  );
}

/**
 * Renders Markdown. `source` names the text in an error: `ops/matmul.ts`.
 *
 * A formula becomes `<div class="math" data-tex="…">` or, inline,
 * `<span class="math-inline" data-tex="…">`.
 */
export function renderMarkdown(text: string, source: string): string {
  const markdown = markdownIt({ html: false, linkify: false });
  markdown.renderer.rules.fence = (tokens, index) => {
    const { content, info } = tokens[index];
    const [language] = info.trim().split(/[\s,]/);
    return language === "math"
      ? renderMath(content.trim(), true, source)
      : highlight(content, language);
  };
  markdown.inline.ruler.before("backticks", "math", (state, silent) => {
    const match = /^\$`([^`]+)`\$/.exec(state.src.slice(state.pos));
    if (match === null) return false;
    if (!silent) state.push("math", "", 0).content = match[1];
    state.pos += match[0].length;
    return true;
  });
  markdown.renderer.rules.math = (tokens, index) =>
    renderMath(tokens[index].content, false, source);
  return markdown.render(text);
}
