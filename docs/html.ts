// Copyright 2026 the Adjoint authors. MIT license.

import { type CheerioAPI, load } from "npm:cheerio@1.2.0/slim";

export type { CheerioAPI };

/** Parses HTML; unchanged parts are written back as they were. */
export function parse(html: string): CheerioAPI {
  return load(html, { xml: { xmlMode: false, encodeEntities: "utf8" } });
}

/** Text for the inside of an element, or of an attribute in double quotes. */
export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
