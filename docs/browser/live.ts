// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />

// The live panel on the page of an op: the library itself, in the browser.

import { findOp } from "./live/op.ts";
import { Panel } from "./live/panel.ts";

const section = document.querySelector<HTMLElement>("#live[data-op]");
const data = section?.querySelector(".live-data")?.textContent;
const fallback = section?.querySelector(".live-fallback");
if (section && data && fallback) {
  try {
    const panel = new Panel(findOp(JSON.parse(data)));
    fallback.replaceWith(panel.element);
    section.dataset.ready = "true";
    // With the keyboard, a link to the panel leads to its first number.
    addEventListener("click", (event) => {
      const link = (event.target as Element).closest('a[href="#live"]');
      if (link === null || event.detail > 0) return;
      // After the page has followed the link.
      setTimeout(() => section.querySelector<HTMLElement>("td")?.focus());
    });
  } catch (error) {
    fallback.textContent = `The panel cannot start in this browser: ${
      error instanceof Error ? error.message : error
    }.`;
  }
}
