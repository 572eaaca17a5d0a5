// Copyright 2026 the Adjoint authors. MIT license.

// Markdown to HTML, with formulas typeset and code highlighted while the site
// is built. Math is written as in the modules: a math fence, or inline $`…`$.

import markdownIt from "npm:markdown-it@15.0.3";
import type { Highlighter } from "npm:shiki@4.6.0";
import { escapeHtml } from "./html.ts";
import { renderMath } from "./typeset.ts";

const THEMES = {
  light: "github-light-high-contrast",
  dark: "github-dark-high-contrast",
};

let highlighter: Highlighter | undefined;

/**
 * Loads the syntax highlighter. It reads the environment when it is loaded;
 * tests, which may not, have no colors.
 */
export async function loadHighlighter(): Promise<void> {
  const { createHighlighter } = await import("npm:shiki@4.6.0");
  highlighter ??= await createHighlighter({
    langs: ["typescript", "shellscript", "json"],
    themes: Object.values(THEMES),
  });
}

/** The API has each example twice. */
const cache = new Map<string, string>();

/**
 * Highlights code, line by line; both themes are in the result, as CSS
 * variables. Before {@linkcode loadHighlighter} there are only the lines.
 */
export function highlight(code: string, language: string): string {
  code = code.replace(/\n$/, "");
  if (highlighter === undefined) {
    const lines = code.split("\n").map((line) =>
      `<span class="line">${escapeHtml(line)}</span>`
    );
    return `<pre class="shiki"><code>${lines.join("\n")}</code></pre>`;
  }
  const key = `${language} ${code}`;
  let html = cache.get(key);
  if (html === undefined) {
    const known = highlighter.getLoadedLanguages().includes(language);
    html = highlighter.codeToHtml(code, {
      lang: known ? language : "text",
      themes: THEMES,
      defaultColor: false,
      // On a busy machine, the limit would leave the rest of a file uncolored.
      tokenizeTimeLimit: 0,
    });
    cache.set(key, html);
  }
  return html;
}

/** Code in a box with a button that copies it. */
export function codeBlock(code: string, language: string): string {
  return `<div class="code">${highlight(code, language)}</div>\n`;
}

/** What the rules know about the text: its source, and the line it begins at. */
interface Environment {
  source: string;
  line: number;
}

const markdown = markdownIt({ html: false, linkify: false });

markdown.inline.ruler.before("backticks", "math", (state, silent) => {
  const match = /^\$`([^`]+)`\$/.exec(state.src.slice(state.pos));
  if (match === null) return false;
  if (!silent) state.push("math", "", 0).content = match[1];
  state.pos += match[0].length;
  return true;
});

// Inline tokens do not know their line; the lines before them do.
markdown.core.ruler.push("lines", ({ tokens, env }) => {
  let line = 0;
  const first = (env as unknown as Environment).line;
  for (const { map, children } of tokens) {
    line = map?.[0] ?? line;
    let at = first + line;
    for (const child of children ?? []) {
      child.meta = { line: at };
      at += child.content.split("\n").length - 1;
      if (/^(soft|hard)break$/.test(child.type)) at++;
    }
  }
});

markdown.renderer.rules.math = (tokens, index, _, env) =>
  math(tokens[index], env as unknown as Environment);

markdown.renderer.rules.fence = (tokens, index, _, env) => {
  const { content, info } = tokens[index];
  const [language] = info.trim().split(/[\s,]/);
  return language === "math"
    ? `${math(tokens[index], env as unknown as Environment)}\n`
    : codeBlock(content, language);
};

markdown.renderer.rules.code_block = (tokens, index) =>
  codeBlock(tokens[index].content, "text");

type Token = ReturnType<typeof markdown.parse>[number];

/** A formula, from its fence or from the inside of a line. */
function math(
  { type, content, map, meta }: Token,
  { source, line }: Environment,
): string {
  return type === "fence"
    ? renderMath(content.trim(), true, `${source}:${line + map![0]}`)
    : renderMath(
      content.replaceAll("\n", " "),
      false,
      `${source}:${meta!.line}`,
    );
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
 * Renders Markdown. In an error, `source` names the text, `ops/products/matmul.ts`, and
 * `line` is that of its beginning there.
 *
 * A formula becomes `<div class="math" data-tex="…">` or, inline,
 * `<span class="math-inline" data-tex="…">`.
 */
export function renderMarkdown(
  text: string,
  source: string,
  line = 1,
): string {
  return markdown.render(text, { source, line } satisfies Environment);
}

/** Typesets the formulas of a Markdown text, and throws as that does. */
export function checkMath(text: string, source: string, line = 1): void {
  const env: Environment = { source, line };
  for (const token of markdown.parse(text, { ...env })) {
    if (token.type === "fence" && /^math\b/.test(token.info)) math(token, env);
    for (const child of token.children ?? []) {
      if (child.type === "math") math(child, env);
    }
  }
}
