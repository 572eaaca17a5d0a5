// Copyright 2026 the Adjoint authors. MIT license.

// A module as a page: what is said stands on the left, and the code that it is
// said of on the right, row by row, in the order of the file.

import { codeBlock, highlightLines } from "../markdown.ts";
import type { FormulaReport } from "../../ops/proof/report.ts";
import { slugOf } from "../finish.ts";
import { escapeHtml, parse } from "../html.ts";
import { plainTex, renderMath } from "../typeset.ts";
import { type Block, blocksOf, Prose } from "./prose.ts";
import {
  type Code,
  type Comment,
  type Declaration,
  type Lines,
  part,
  type Piece,
  type Source,
  splitTags,
  type Tag,
} from "./source.ts";

/** What is exported for tests and tools alone. */
export const FOR_TESTS: ReadonlySet<string> = new Set([
  "signature",
  "asOnPage",
]);

/** What a page has beside its module. */
export interface Options {
  /** Where a name leads, that of a function, of an entry point or of a file. */
  href(name: string): string | undefined;
  /** The page of a function of this module in the documentation of the API. */
  api?(name: string): string | undefined;
  formulas?: readonly FormulaReport[];
  /** HTML below the title. */
  head?: string;
  /**
   * HTML below the formulas that the page begins with. Where it is given, these
   * stand in the head, each on a line of its own where there is no room; and the
   * table of contents follows the page, as the keyboard is to reach the page first.
   */
  answer?: string;
  /** HTML between the head and the first section. */
  afterHead?: string;
  /** HTML at the end. */
  end?: string;
  /** HTML between the module's comment and its code. */
  beforeCode?: string;
  /** HTML at the end of a section. */
  after?(section: string): string;
}

/** Something that the table of contents lists. */
interface Entry {
  id: string;
  html: string;
  rank: 2 | 3;
}

/** Builds one page. */
export class Builder {
  readonly source: Source;
  readonly prose: Prose;
  #options: Options;
  #lines: string[];
  /** The last line that has an anchor. */
  #last = 0;
  #entries: Entry[] = [];
  #ids = new Set<string>();
  /** The examples of a declaration that goes on. */
  #samples = "";
  /** The functions that were shown beside a formula. */
  #helpers = new Set<Code>();

  constructor(source: Source, options: Options) {
    this.source = source;
    this.#options = options;
    this.#lines = highlightLines(source.text, "typescript");
    this.prose = new Prose(source, options.href, options.formulas ?? []);
  }

  /** The page; its title is that of the module's comment. */
  build(): { title: string; description: string; main: string } {
    const { body: text, tags } = splitTags(this.source.page);
    const blocks = blocksOf(text);
    const examples = tags.filter(({ tag }) => tag === "example");
    const [first] = blocks;
    const hasTitle = first?.kind === "heading" && first.rank === 1;
    const title = hasTitle
      ? first.text.replace(/^# +/, "")
      : this.source.path.split("/").at(-1)!;
    const rest = hasTitle ? blocks.slice(1) : blocks;
    const next = rest.findIndex(({ kind }) => kind === "heading");
    const intro = next < 0 ? rest : rest.slice(0, next);
    const sections = next < 0 ? [] : rest.slice(next);
    const { head = "", answer, afterHead = "", beforeCode = "" } =
      this.#options;
    const formulas = intro.findIndex(({ kind }) => kind === "math");
    const at = formulas < 0 ? intro.length : formulas;
    const lead = `<header class="head">
<h1>${hasTitle ? escapeHtml(title) : `<code>${escapeHtml(title)}</code>`}</h1>
${
      answer === undefined ? head : `${this.#prose(intro.slice(0, at))}
${head}
${this.#answer(intro.slice(at))}
${answer}`
    }
</header>`;
    const after = this.#listed(afterHead);
    const body = [
      ...answer === undefined ? this.#rows(intro, "") : [],
      ...this.#sections(sections),
      ...examples.map((tag) => this.#example(tag)),
    ];
    const before = this.#listed(beforeCode);
    const code = this.#code();
    const main = `<div class="literate">
${lead}
${answer === undefined ? this.#contents() : ""}
<div class="literate-body">
${after}
${body.join("\n")}
${before}
${code.join("\n")}
${this.#anchors(this.source.lines.length)}
${this.#options.end ?? ""}
</div>
${answer === undefined ? "" : this.#contents()}
</div>
${this.prose.tips.join("\n")}`;
    return { title, description: describe(rest, this.source.path), main };
  }

  /** Anchors for the lines up to this one that have none. */
  #anchors(to: number): string {
    let html = "";
    while (this.#last < to) html += `<span id="L${++this.#last}"></span>`;
    return html;
  }

  /** Blocks of prose, each with the anchors of its lines. */
  #prose(blocks: readonly Block[]): string {
    return blocks.map((block) =>
      this.#anchors(block.to) + this.prose.render(block)
    ).join("\n");
  }

  /** Formulas, one for each part of a fence that \\qquad sets apart. */
  #answer(blocks: readonly Block[]): string {
    const html = blocks.map((block) => {
      if (block.kind !== "math") return this.#prose([block]);
      const $ = parse(this.#prose([block]));
      const math = $("div.math");
      const parts = math.attr("data-tex")!.split(/,?\s*\\qquad\s*/);
      const where = `${this.source.path}:${block.from}`;
      const check = $.html(math.children(".check"));
      math.replaceWith(
        `<div class="equations">${
          parts.map((tex) => renderMath(tex, true, where)).join("\n")
        }${check}</div>`,
      );
      return $.html();
    });
    return `<div class="answer">${html.join("\n")}</div>`;
  }

  /**
   * Rows of blocks. Code and drawings go to the right, beside the paragraph that
   * they follow; those that follow none have the row to themselves.
   */
  #rows(blocks: readonly Block[], right: string): string[] {
    const rows: string[] = [];
    let left: Block[] = [];
    const close = (code = "") => {
      if (left.length === 0 && code === "") return;
      rows.push(row(this.#prose(left), code));
      left = [];
    };
    if (right !== "") {
      left = [...blocks];
      close(right);
      return rows;
    }
    for (const block of blocks) {
      if (block.kind === "table") {
        close();
        rows.push(row(this.#prose([block]), "", "wide"));
      } else if (block.kind === "code") {
        const beside = left.slice(-1);
        left = left.slice(0, -1);
        close();
        const html = this.#prose(beside) + this.#anchors(block.to);
        const code = this.#fence(block);
        rows.push(beside.length > 0 ? row(html, code) : row(html + code, ""));
      } else left.push(block);
    }
    close();
    return rows;
  }

  /** A fence that is not math. */
  #fence({ text }: Comment): string {
    const [first, ...lines] = text.split("\n");
    const language = first.replace(/^[`~]+/, "").trim() || "text";
    return codeBlock(lines.slice(0, -1).join("\n"), language);
  }

  #sections(blocks: readonly Block[]): string[] {
    const starts = blocks.flatMap(({ kind, rank }, i) =>
      kind === "heading" && rank === 2 ? [i] : []
    );
    return starts.map((start, n) => {
      const [heading, ...rest] = blocks.slice(start, starts[n + 1]);
      const title = heading.text.replace(/^#+ +/, "");
      const id = this.#id(slugOf(title));
      const html = this.prose.render({ ...heading, text: title })
        .replace(/^<p>|<\/p>$/g, "");
      this.#entries.push({ id, html, rank: 2 });
      const head = `${this.#anchors(heading.to)}<h2 id="${id}">${html}</h2>`;
      return `<section aria-labelledby="${id}">\n${row(head, "", "title")}\n${
        this.#section(title, rest).join("\n")
      }\n</section>`;
    });
  }

  /** The parts of a signature appear beside what they say. */
  #section(title: string, blocks: readonly Block[]): string[] {
    const { signature } = this.source;
    const after = this.#options.after?.(title) ?? "";
    const kernel = title === "Forward"
      ? signature?.kernels?.forward
      : title === "Backward"
      ? signature?.kernels?.backward
      : undefined;
    const folded = kernel === undefined
      ? ""
      : `<details class="kernel"><summary>The kernel that runs in its place</summary>${
        this.#part(linesOf(kernel))
      }</details>`;
    const rows = title === "Backward" && signature?.backward !== undefined
      ? this.#backward(blocks, signature.name, signature.backward, folded)
      : this.#rows(
        blocks,
        title === "Shapes" && signature !== undefined
          ? this.#part(linesOf(signature.head))
          : title === "Forward" && signature !== undefined
          ? this.#computing(signature.forward) + folded
          : "",
      );
    return [...rows, ...after === "" ? [] : [row(after, "")]];
  }

  /** Each gradient beside the lines of the loop that compute it. */
  #backward(
    blocks: readonly Block[],
    name: string,
    code: Code,
    folded: string,
  ): string[] {
    const { loop } = code;
    const named = (block: Block) =>
      block.kind === "text"
        ? block.text.matchAll(new RegExp(`\\b${name}D(\\w+)`, "g"))
          .map(([, input]) => `d${input}`).toArray()
        : [];
    const groups: { blocks: Block[]; wanted: Set<string> }[] = [];
    for (const block of blocks) {
      const wanted = new Set(named(block));
      if (groups.length > 0 && wanted.size === 0) {
        groups.at(-1)!.blocks.push(block);
      } else groups.push({ blocks: [block], wanted });
    }
    const results = new Set(groups.flatMap(({ wanted }) => [...wanted]));
    const parts = groups.filter(({ wanted }) => wanted.size > 0);
    if (parts.length < 2) {
      return this.#rows(blocks, this.#computing(code) + folded);
    }
    const slices = groups.map(({ wanted }) => loop.slice(wanted, results));
    // What is said before all of them is computed once for some of them.
    const shared = groups[0].wanted.size === 0 &&
        groups[0].blocks.some(({ kind }) => kind === "math")
      ? loop.shared(slices, groups.map(({ wanted }) => wanted), results)
      : new Set<number>();
    return groups.flatMap(({ blocks, wanted }, i) => {
      const own = wanted.size === 0 ? shared : slices[i].difference(shared);
      const html = this.#computing(code, own);
      return this.#rows(blocks, html + (i === groups.length - 1 ? folded : ""));
    });
  }

  /**
   * A loop, or some of its statements, with the functions of the module that
   * compute what the page has a formula for; each is shown once in a section.
   */
  #computing({ lines, loop }: Code, statements?: ReadonlySet<number>): string {
    const called = [...loop.calls(statements)].flatMap((name) =>
      this.source.functions.get(name) ?? []
    );
    // What only hands on its work is as good as what does it.
    if (
      called.length === 1 && loop.handsOn(statements) &&
      !this.#helpers.has(called[0])
    ) {
      this.#helpers.add(called[0]);
      return this.#computing(called[0]);
    }
    const own = statements === undefined
      ? linesOf(lines)
      : loop.lines(statements);
    if (own.length === 0) return "";
    const helpers = called.filter((f) =>
      !this.#helpers.has(f) &&
      linesOf(f.lines).some((n) => /\/\/ \S+ = /.test(this.source.lines[n - 1]))
    );
    for (const f of helpers) this.#helpers.add(f);
    return this.#part(own) + helpers.map((f) => this.#computing(f)).join("");
  }

  /** Lines of the file that are shown a second time, beside what they compute. */
  #part(numbers: readonly number[]): string {
    const lines = numbers.map((n) => this.#lines[n - 1])
      .filter((html) => html !== "");
    const indent = (html: string) => /^(?:<[^>]*>)*( *)/.exec(html)![1].length;
    const least = Math.min(...lines.map(indent));
    return `<pre class="shiki listing part"><code>${
      lines.map((html) => {
        const line = html.replace(
          /^((?:<[^>]*>)*)( *)/,
          (_, tags, spaces: string) => tags + spaces.slice(least),
        );
        // Where a long line goes on, it does so behind its own beginning.
        return `<span class="line" style="--in:${
          indent(line)
        }">${line}\n</span>`;
      }).join("")
    }</code></pre>`;
  }

  #listing({ from, to }: Lines): string {
    const anchors = this.#anchors(from - 1);
    this.#last = to;
    const lines = this.#lines.slice(from - 1, to).map((html, i) => {
      const n = from + i;
      return `<span class="line" id="L${n}"><a class="n" href="#L${n}" data-n="${n}" tabindex="-1" aria-hidden="true"></a>${html}\n</span>`;
    });
    return `${anchors}<pre class="shiki listing"><code>${
      lines.join("")
    }</code></pre>`;
  }

  #id(id: string): string {
    if (this.#ids.has(id)) {
      throw new Error(
        `Cannot make a page of ${this.source.path} as each heading must have an id of its own: ${id} is there twice`,
      );
    }
    this.#ids.add(id);
    return id;
  }

  /** Lists the headings of HTML that was made elsewhere, and gives them ids. */
  #listed(html: string): string {
    return html.replaceAll(
      /<h2(?: id="([^"]+)")?>(.*?)<\/h2>/g,
      (_, known, text) => {
        const id = this.#id(known ?? slugOf(text));
        this.#entries.push({ id, html: text, rank: 2 });
        return `<h2 id="${id}">${text}</h2>`;
      },
    );
  }

  #code(): string[] {
    const id = this.#id("code");
    this.#entries.push({ id, html: "The code", rank: 2 });
    return [
      `<section class="code-section" aria-labelledby="${id}">`,
      row(
        `<h2 id="${id}">The code</h2>\n<p class="place">All of <code>${this.source.path}</code>, line for line.</p>`,
        "",
        "title",
      ),
      ...this.source.pieces.map((_, i) => this.#piece(i)),
      "</section>",
    ];
  }

  /** Whether a piece goes on with the declaration of the one before. */
  #goesOn(piece: Piece | undefined): boolean {
    const from = piece?.code?.from;
    return from !== undefined && piece!.declares.length === 0 &&
      this.source.declarations.some((d) => d.from < from && d.to >= from);
  }

  #piece(i: number): string {
    const { source } = this;
    const { comment, code, declares } = source.pieces[i];
    let left = this.#anchors(
      (comment?.from ?? code!.from) - 1,
    );
    let right = "";
    const begun = source.pieces.slice(0, i).flatMap((p) => p.declares);
    for (const declaration of declares) {
      left += this.#heading(
        declaration,
        begun.some(({ name }) => name === declaration.name),
        comment !== undefined,
      );
    }
    if (i === 0 && source.imports.length > 0) left += this.#imports();
    if (comment !== undefined) {
      const { body, tags } = splitTags(comment);
      left += this.#prose(blocksOf(body)) + this.#tags(tags);
      for (const tag of tags) {
        if (tag.tag === "example") this.#samples += this.#sample(tag);
      }
    }
    if (code !== undefined) right = this.#listing(code);
    // The examples follow all of the code that they belong to.
    if (!this.#goesOn(source.pieces[i + 1])) {
      right += this.#samples;
      this.#samples = "";
    }
    return row(
      left,
      right,
      left.includes("<h3") && "top",
      this.#goesOn(source.pieces[i]) && "inside",
      this.#goesOn(source.pieces[i + 1]) && "begun",
    );
  }

  #heading(
    { name, exported: isExported }: Declaration,
    again: boolean,
    documented: boolean,
  ): string {
    if (again) return "";
    const exported = isExported && !FOR_TESTS.has(name);
    // A function may be called as a section is.
    const id = this.#id(this.#ids.has(name) ? `${name}-code` : name);
    const isConstant = /^[A-Z_0-9]+$/.test(name);
    if (!exported && (!documented || isConstant)) {
      return `<span id="${id}"></span>`;
    }
    const html = `<code>${name}</code>`;
    if (exported) this.#entries.push({ id, html, rank: 3 });
    const api = exported ? this.#options.api?.(name) : undefined;
    return `<h3 id="${id}"${exported ? "" : ' class="internal"'}>${html}${
      api === undefined
        ? ""
        : ` <a class="api-link" href="${api}">API<span class="visually-hidden"> of ${name}</span></a>`
    }</h3>\n`;
  }

  #imports(): string {
    const links = this.source.imports.flatMap(({ path }) => {
      const href = this.#options.href(path);
      const name = path.split("/").at(-1);
      return href === undefined
        ? [`<code>${name}</code>`]
        : [`<a href="${href}"><code>${name}</code></a>`];
    });
    return `<p class="place">It builds on ${
      links.join(", ").replace(/, ([^,]*)$/, " and $1")
    }.</p>`;
  }

  /** The tags of a comment as a list of definitions, but for the examples. */
  #tags(tags: readonly Tag[]): string {
    const titles: Record<string, string> = {
      typeParam: "Type parameters",
      param: "Parameters",
      returns: "Returns",
      throws: "Throws",
      default: "Default",
    };
    return Object.entries(titles).map(([tag, title]) => {
      const own = tags.filter((t) => t.tag === tag);
      if (own.length === 0) return "";
      const items = own.map(({ name, comment }) => {
        const html = this.prose.render(comment);
        return name === ""
          ? html
          : `<dt><code>${escapeHtml(name)}</code></dt><dd>${html}</dd>`;
      });
      const named = own.every(({ name }) => name !== "");
      const [open, close] = named
        ? ['<dl class="tags">', "</dl>"]
        : ['<div class="tag-text">', "</div>"];
      return `<p class="tag-title">${title}</p>\n${open}${
        items.join("\n")
      }${close}\n`;
    }).join("");
  }

  /** The code of an example. */
  #sample({ comment }: Tag): string {
    const [title, ...lines] = comment.text.split("\n");
    const body = part(comment, 1, lines);
    const html = blocksOf(body).map((block) =>
      block.kind === "code" ? this.#fence(block) : this.prose.render(block)
    );
    return `<div class="sample"><p class="tag-title">Example${
      title === "" || title === "Usage" ? "" : `: ${escapeHtml(title)}`
    }</p>${html.join("\n")}</div>`;
  }

  /** An example of the module as a whole. */
  #example(tag: Tag): string {
    return row(this.#anchors(tag.comment.to) + this.#sample(tag), "");
  }

  #contents(): string {
    const items = this.#entries.map(({ id, html, rank }) =>
      `<li class="rank-${rank}"><a href="#${id}">${html}</a></li>`
    );
    return `<nav class="toc contents" aria-label="On this page">\n<p>On this page</p>\n<ul>\n${
      items.join("\n")
    }\n</ul>\n</nav>`;
  }
}

/** The numbers of lines. */
function linesOf({ from, to }: Lines): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/**
 * A row of the page. Its class says whether something is beside the prose: a style
 * that asks for what follows would move the prose when that arrives.
 */
function row(
  left: string,
  right: string,
  ...kinds: readonly (string | false)[]
): string {
  const classes = ["row", ...kinds, right !== "" && "paired"].filter(Boolean)
    .join(" ");
  const beside = right && `\n<div class="code-cell">${right}</div>`;
  return `<div class="${classes}">
<div class="prose-cell">${left}</div>${beside}
</div>`;
}

/** The first sentence of a text, without its markup. */
function describe(blocks: readonly Block[], path: string): string {
  const text = blocks.find(({ kind }) => kind === "text")?.text ?? "";
  const marked = firstSentence(text).replaceAll(/\$`([^`]*)`\$/g, "$$$1$$");
  return plainTex(marked, path).replaceAll(/[*`]/g, "");
}

/** The first sentence of a Markdown paragraph. */
export function firstSentence(text: string): string {
  const line = text.replaceAll("\n", " ");
  return /^.*?\.(?= |$)/.exec(line)?.[0] ?? line;
}
