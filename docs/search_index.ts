// Copyright 2026 the Adjoint authors. MIT license.

// The index of the search, made from the pages as they are read.

import MiniSearch from "npm:minisearch@7.2.0";
import { type CheerioAPI, parse } from "./html.ts";
import { type Entry, OPTIONS } from "./search.ts";
import type { Page, Section } from "./site.ts";
import { plainText } from "./typeset.ts";

const KINDS: Record<Section, string> = {
  ops: "Op",
  kernels: "Kernel",
  guides: "Guide",
  prover: "Prover",
  benchmark: "Benchmark",
  api: "API",
};

/** A page and its content in the frame. */
export interface Finished {
  page: Page;
  content: string;
}

/** The script that has the index: a page on a disk can load nothing else. */
export function searchScript(pages: readonly Finished[]): string {
  const index = new MiniSearch<Entry>(OPTIONS);
  index.addAll(entries(pages));
  return `globalThis.adjointSearchIndex = ${JSON.stringify(index)};\n`;
}

/** What can be found: every section of every page, in order. */
export function entries(pages: readonly Finished[]): Entry[] {
  return pages.flatMap((finished) => {
    const { path, title, found = [], search } = finished.page;
    const own = found.map(({ id, ...entry }) => ({
      ...entry,
      page: title,
      kind: "Start",
      url: `${path}#${id}`,
    }));
    return search === "none" ? own : [...own, ...sections(finished)];
  }).map((entry, id) => ({ id, ...entry }));
}

function sections({ page, content }: Finished): Omit<Entry, "id">[] {
  const { path, title, section } = page;
  const kind = section === undefined ? "Module" : KINDS[section];
  const found = [{ title, page: title, kind, url: path, text: "" }];
  const visit = (nodes: ReturnType<CheerioAPI>[number][]) => {
    for (const node of nodes) {
      const last = found.at(-1)!;
      if (node.type === "text") last.text += node.data;
      if (!("attribs" in node)) continue;
      const { id, class: names = "" } = node.attribs;
      if (/^(h[2-4])$/.test(node.name) && id && page.search !== "whole") {
        // A heading may have links beside its words.
        const title = plainText(node.children.filter(isNoLink)) ||
          plainText(node.children);
        found.push({
          ...found[0],
          title,
          url: `${path}#${id}`,
          text: "",
          ...INTERNAL.test(names) ? { kind: "Internal" } : {},
        });
      } else if (/\bkatex\b/.test(names)) {
        last.text += plainText([node]);
      } else if (isContent(node)) {
        const space = INLINE.test(node.name) ? "" : " ";
        last.text += space;
        visit(node.children);
        found.at(-1)!.text += space;
      }
    }
  };
  visit(parse(content).root().contents().get());
  return found.map((entry) => ({
    ...entry,
    text: entry.text.replaceAll(/\s+/g, " ").trim(),
  })).filter(({ title, text }, i) => i === 0 || title !== "" && text !== "");
}

/** The heading of what a module has for itself. */
const INTERNAL = /\binternal\b/;

const INLINE = /^(a|abbr|b|code|em|i|kbd|mark|small|span|strong|sub|sup)$/;

type Element = Extract<ReturnType<CheerioAPI>[number], { attribs: unknown }>;

/** No navigation, no listing or signature, nothing twice or that is not a text. */
function isContent({ name, attribs }: Element): boolean {
  return !/^(nav|pre|script|style|svg|button|h1)$/.test(name) &&
    !("data-no-search" in attribs) && !("aria-hidden" in attribs) &&
    !/\b(anchor|anchorable text-base)\b/.test(attribs.class ?? "");
}

function isNoLink(node: ReturnType<CheerioAPI>[number]): boolean {
  return !("name" in node && node.name === "a");
}
