// Copyright 2026 the Adjoint authors. MIT license.

// Where a reader finds a file of the repository: on its page of the site, where
// its lines have anchors, or else in the repository, where its address is known.

import { type Address, fileAt } from "./address.ts";
import { FOLDER } from "./guide.ts";
import type { CheerioAPI } from "./html.ts";
import { type Page, relative } from "./site.ts";

/** A link to a file, seen from a page. */
export type Place = (
  from: string,
  file: string,
  line?: number,
) => string | undefined;

/** The folders whose modules have pages; the last are those of all others. */
const PAGES = ["kernels", "ops", "modules"];

/** Finds the files of the repository, of which `files` are all that there are. */
export function places(
  address: Address,
  files: ReadonlySet<string>,
  pages: readonly Page[],
): Place {
  const paths = new Set(pages.map(({ path }) => path));
  const pageOf = (file: string) => {
    const guide = file.startsWith(FOLDER) &&
      /([^/]*)\.md$/.exec(file)?.[1].replace(/^\d+-/, "");
    if (guide) return `guides/${guide}.html`;
    const name = /^ops\/(?:.*\/)?([^/]+)\.ts$/.exec(file)?.[1];
    const isKernel = file.startsWith("ops/kernels/");
    return PAGES.slice(isKernel ? 0 : 1, isKernel ? 1 : undefined)
      .map((folder) => `${folder}/${name}.html`)
      .find((path) => paths.has(path));
  };
  return (from, file, line) => {
    if (!files.has(file)) return undefined;
    const page = pageOf(file);
    if (page === undefined || !paths.has(page) || page === from) {
      return fileAt(address, file, line);
    }
    const anchor = line !== undefined && file.endsWith(".ts")
      ? `#L${line}`
      : "";
    return relative(from, page) + anchor;
  };
}

/** A file that is named in the text, perhaps with a line. */
const NAMED =
  /^((?:\.ci|\.github|docs|ops)\/[\w./-]+\.\w+|[A-Z]+\.md|(?:mod|bench)\.ts|deno\.json)(?::(\d+))?$/;

/** Makes a link of each file that is named as code, and is not a link yet. */
export function linkFiles($: CheerioAPI, from: string, place: Place): void {
  for (const code of $("code")) {
    const [, file, line] = NAMED.exec($(code).text()) ?? [];
    if (file === undefined || $(code).closest("a, pre, button").length > 0) {
      continue;
    }
    const href = place(from, file, line === undefined ? line : Number(line));
    if (href !== undefined) $(code).wrap($("<a>").attr("href", href));
  }
}
