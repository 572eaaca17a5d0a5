// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />

// Elements, made in one expression.

/** The content of an element. */
export type Content = Node | string;

/** Makes an element with these attributes; `true` is an attribute without value. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | boolean | undefined>> = {},
  ...content: Content[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...content);
  return element;
}

/** A symbol as the builder has typeset it. */
export function symbol(html: string): HTMLElement {
  const element = h("span", { class: "live-symbol" });
  element.innerHTML = html;
  return element;
}

/** Shows a message in an element that is an alert, or hides it. */
export function alertIn(
  element: HTMLElement,
  message: string | undefined,
): void {
  if (element.textContent !== (message ?? "")) {
    element.textContent = message ?? "";
  }
  element.hidden = message === undefined;
}

/** A place for messages that interrupt. */
export function alertBox(name: string): HTMLElement {
  return h("p", {
    class: "live-error",
    role: "alert",
    "data-live": name,
    id: `live-${name}`,
    hidden: true,
  });
}
