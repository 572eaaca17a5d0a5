// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />

// The buttons that take away what the panel shows: as a link, as a program.

import { h } from "./dom.ts";

/** What can be copied. */
export interface Copy {
  /** The value of the button's `data-live`. */
  name: string;
  label: string;
  make(): string;
  /** What is said once it is copied. */
  done: string;
}

/** The buttons, and what is said once one has been used. */
export function share(copies: readonly Copy[]): HTMLElement {
  const status = h("p", {
    class: "live-status",
    role: "status",
    "data-live": "status",
  });
  const text = h("textarea", {
    class: "live-copied",
    readonly: true,
    hidden: true,
    rows: "8",
    "aria-label": "Text to copy",
    "data-live": "copied",
  });
  const buttons = copies.map(({ name, label, make, done }) => {
    const button = h("button", { type: "button", "data-live": name }, label);
    button.addEventListener("click", async () => {
      text.value = make();
      try {
        await navigator.clipboard.writeText(text.value);
        text.hidden = true;
        status.textContent = done;
      } catch {
        // Without leave to write to the clipboard, a reader copies it by hand.
        text.hidden = false;
        text.focus();
        text.select();
        status.textContent =
          "The browser does not let this page copy. Here is the text.";
      }
    });
    return button;
  });
  return h(
    "div",
    { class: "live-share" },
    h("div", { class: "live-buttons" }, ...buttons),
    status,
    text,
  );
}
