// Copyright 2026 the Adjoint authors. MIT license.

// What the parts of the site's builder pass to one another.

import type { Address } from "./address.ts";
import type { Op } from "./ops.ts";

/** The project that the site is about. */
export interface Project {
  /** Its folder. */
  root: URL;
  /** The name of the package. */
  name: string;
  version: string;
  license: string;
  address: Address;
  /** Whether the version is yet to be published. */
  unreleased: boolean;
  /** The files of its repository that a page may name. */
  files: ReadonlySet<string>;
  /** The versions that were published, the newest first. */
  releases: readonly string[];
  /** The path of each entry point's module: `./matmul`, `./ops/products/matmul.ts`. */
  exports: Readonly<Record<string, string>>;
  /** Its operations, family by family. */
  ops: readonly Op[];
}

/** Makes pages of one kind. */
export type PageMaker = (project: Project) => Promise<Page[]>;

/** A page in the site's own frame. */
export interface Page {
  /** Its path below the root of the site: `ops/matmul.html`. */
  path: string;
  /** Plain text, for the tab, the search and the front of the navigation. */
  title: string;
  /** One sentence of plain text. */
  description: string;
  /** The entry of the navigation that it belongs to. */
  section?: Section;
  /**
   * HTML, the content of `<main>`; links are relative to the page. The frame
   * gives ids and links to its headings, and boxes that scroll to its tables.
   */
  main: string;
  /** Whether its headings are listed beside it; what is in `main` is prose. */
  toc?: boolean;
  /**
   * Whether the search leaves it out, as another page has what it has, or takes
   * it as a whole: it has no sections to find.
   */
  search?: "none" | "whole";
  /** Sections that the search has whatever else it takes of the page. */
  found?: readonly { id: string; title: string; text: string }[];
  /** Style sheets of `docs/styles/` that only some pages need: `live`. */
  styles?: readonly string[];
  /** Where its links begin, for a page that is shown at any address. */
  base?: string;
  /** Scripts of `docs/browser/` that only some pages need: `live`. */
  scripts?: readonly string[];
}

/** The entries of the navigation. */
export type Section =
  | "ops"
  | "kernels"
  | "guides"
  | "prover"
  | "benchmark"
  | "api";

/** The way from a page to the root of the site, as a prefix of URLs. */
export function rootOf(path: string): string {
  return "../".repeat(path.split("/").length - 1);
}

/** Where the site lies while its links are resolved. */
export const SITE = "https://site.invalid/root/";

/** The way from a page to another file of the site: `../linear.html`. */
export function relative(page: string, file: string): string {
  const [from, to] = [page.split("/"), file.split("/")];
  let same = 0;
  while (same < from.length - 1 && from[same] === to[same]) same++;
  return "../".repeat(from.length - 1 - same) + to.slice(same).join("/");
}

export { escapeHtml } from "./html.ts";
