// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />

// The search, loaded with its index when it is first opened.

import MiniSearch from "npm:minisearch@7.2.0";
import {
  type Entry,
  excerpt,
  find,
  type Found,
  mark,
  OPTIONS,
  type Piece,
} from "../search.ts";

declare global {
  var adjointSearchIndex: Parameters<typeof MiniSearch.loadJS<Entry>>[0];
}

/** As many as people look through. */
const MOST = 30;

const index = MiniSearch.loadJS<Entry>(globalThis.adjointSearchIndex, OPTIONS);
const root = document.documentElement.dataset.root ?? "";

const dialog = document.createElement("dialog");
dialog.className = "search";
dialog.setAttribute("aria-label", "Search");
dialog.innerHTML = `<div class="search-field">
<span class="icon icon-search"></span>
<input type="text" role="combobox" aria-label="Search the site" aria-controls="search-results" aria-expanded="false" aria-autocomplete="list" autocomplete="off" autocapitalize="none" spellcheck="false" enterkeyhint="go" placeholder="linearDw, ∂E/∂W, transpose …">
<button type="button" class="button">Close</button>
</div>
<p role="status" class="search-status"></p>
<div role="listbox" id="search-results" aria-label="Results" hidden></div>`;
document.body.append(dialog);

const input = dialog.querySelector("input")!;
const status = dialog.querySelector("p")!;
const list = dialog.querySelector<HTMLElement>("[role=listbox]")!;

function show(pieces: Piece[]): (string | HTMLElement)[] {
  return pieces.map(([text, isMatch]) => {
    if (!isMatch) return text;
    const element = document.createElement("mark");
    element.textContent = text;
    return element;
  });
}

function element(
  name: string,
  className: string,
  ...content: (string | Node)[]
) {
  const element = document.createElement(name);
  element.className = className;
  element.append(...content);
  return element;
}

function option(
  result: Pick<Found, "title" | "page" | "kind" | "url" | "text" | "terms">,
  i: number,
): HTMLElement {
  const { title, page, kind, url, text } = result;
  const link = document.createElement("a");
  link.href = root + url;
  link.id = `search-result-${i}`;
  link.tabIndex = -1;
  link.setAttribute("role", "option");
  const name = title === page ? page : `${page} › ${title}`;
  link.append(
    element("span", "search-title", ...show(mark(name, result.terms))),
    " ",
    element("span", "search-kind", kind),
    " ",
    element("span", "search-excerpt", ...show(excerpt(text, result.terms))),
  );
  return link;
}

/** Where to look on, where nothing is found. */
const PLACES: readonly [title: string, url: string, what: string][] = [
  ["Operations", "ops/index.html", "Every operation with its formulas"],
  ["Guides", "guides/index.html", "What a backward pass is, and further on"],
  ["All symbols", "api/all_symbols.html", "Every function and type"],
];

function places(): HTMLElement[] {
  return PLACES.map(([title, url, text], i) =>
    option({ title, page: title, kind: "Page", url, text, terms: [] }, i)
  );
}

function update(): void {
  const query = input.value.trim();
  const { found: results, partly } = find(index, query);
  const none = query !== "" && results.length === 0;
  list.replaceChildren(
    ...none ? places() : results.slice(0, MOST).map(option),
  );
  list.hidden = list.children.length === 0;
  list.scrollTop = 0;
  input.setAttribute("aria-expanded", String(!list.hidden));
  status.textContent = query === ""
    ? "Functions, sections, formulas: type a name, a word or a derivative."
    : results.length === 0
    ? `Nothing found for “${query}”. Look here:`
    : `${partly ? "Nothing has all of it. " : ""}${results.length} ${
      results.length === 1 ? "result" : "results"
    }${partly ? " with some" : ""}${
      results.length > MOST ? `, the first ${MOST}` : ""
    }:`;
  select(0);
}

let selected = 0;

function select(i: number): void {
  const options = list.children;
  options[selected]?.setAttribute("aria-selected", "false");
  selected = options.length === 0 ? 0 : (i + options.length) % options.length;
  const option = options[selected];
  if (option === undefined) {
    input.removeAttribute("aria-activedescendant");
    return;
  }
  option.setAttribute("aria-selected", "true");
  input.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function open(query: string): void {
  if (!dialog.open) dialog.showModal();
  if (query !== "") input.value = query;
  input.select();
  update();
}

input.addEventListener("input", update);
dialog.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step !== undefined) {
    event.preventDefault();
    select(selected + step);
  } else if (event.key === "Enter" && event.target === input) {
    event.preventDefault();
    (list.children[selected] as HTMLElement | undefined)?.click();
  }
});
// A click beside the dialog hits the dialog itself, not what is in it.
dialog.addEventListener("click", ({ target }) => {
  const isLink = target instanceof Element && target.closest("a") !== null;
  if (target === dialog || isLink) dialog.close();
});
dialog.querySelector("button")!.addEventListener("click", () => dialog.close());
addEventListener(
  "adjoint:search",
  (event) => open((event as CustomEvent<string>).detail),
);
