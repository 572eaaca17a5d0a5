// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

// On every page: the theme, copying, boxes that scroll, and the way to the
// search, whose script comes when it is wanted.

// A selection with formulas is copied with their TeX.
import "katex/dist/contrib/copy-tex.mjs";

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const THEME = "adjoint-theme";

function isDark(): boolean {
  return root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
}

function showTheme(): void {
  for (const button of document.querySelectorAll("[data-theme-switch]")) {
    button.setAttribute("aria-pressed", String(isDark()));
  }
}

function switchTheme(): void {
  root.dataset.theme = isDark() ? "light" : "dark";
  try {
    localStorage.setItem(THEME, root.dataset.theme);
  } catch {
    // Storage is refused: the theme is that of this page only.
  }
  showTheme();
}

/** What a button copies, and what it says. */
function addCopyButton(box: Element, what: string, text: () => string): void {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.ariaLabel = button.title = `Copy the ${what}`;
  button.addEventListener("click", async () => {
    const copied = await copy(text());
    button.dataset.state = copied ? "copied" : "failed";
    announce(copied ? "Copied" : "Copying was refused");
    setTimeout(() => delete button.dataset.state, 1500);
  });
  box.append(button);
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // A page on a disk may have no such permission.
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "visually-hidden";
    document.body.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    return copied;
  }
}

const status = document.createElement("p");
status.className = "visually-hidden";
status.setAttribute("role", "status");

/** Says something to those who do not see it. */
function announce(text: string): void {
  status.textContent = text;
}

/** Boxes that scroll can be reached with the keyboard, the others need not. */
function watchOverflow(): void {
  const boxes = document.querySelectorAll(
    "pre, .table, .math > .katex-display",
  );
  const update = (box: Element) => {
    const scrolls = box.scrollWidth > box.clientWidth;
    if (scrolls) box.setAttribute("tabindex", "0");
    else box.removeAttribute("tabindex");
  };
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries) update(target);
  });
  for (const box of boxes) observer.observe(box);
  // What is in a box may become wider though the box does not: with its font, and
  // when what was left for later is laid out, which a class of the root says.
  const updateAll = () => boxes.forEach(update);
  document.fonts.addEventListener("loadingdone", updateAll);
  new MutationObserver(updateAll).observe(root, {
    attributeFilter: ["class"],
  });
}

let search: Promise<void> | undefined;

function load(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${root.dataset.root}assets/${name}.js`;
    script.async = false; // One after the other: the search needs its index.
    script.onload = () => resolve();
    script.onerror = reject;
    document.head.append(script);
  });
}

async function openSearch(query = ""): Promise<void> {
  search ??= Promise.all([load("search_index"), load("search")])
    .then(() => {});
  await search;
  dispatchEvent(new CustomEvent("adjoint:search", { detail: query }));
}

/** The words of an address: `/ops/layer-norm.html` asks for `layer norm`. */
function wordsOfAddress(): string {
  const name = location.pathname.split("/").filter(Boolean).at(-1) ?? "";
  return decodeURIComponent(name).replace(/\.html$/, "")
    .replaceAll(/[-_.~+]+/g, " ").trim();
}

function isEditable(target: EventTarget | null): boolean {
  return target instanceof HTMLElement &&
    (target.isContentEditable ||
      /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName));
}

document.body.append(status);
showTheme();
dark.addEventListener("change", showTheme);
// Another page of the site has changed it.
addEventListener("storage", ({ key, newValue }) => {
  if (key !== THEME || newValue === null) return;
  root.dataset.theme = newValue;
  showTheme();
});
for (const button of document.querySelectorAll("[data-theme-switch]")) {
  button.addEventListener("click", switchTheme);
}
for (const box of document.querySelectorAll(".code")) {
  addCopyButton(box, "code", () => box.querySelector("pre")!.innerText);
}
for (const box of document.querySelectorAll<HTMLElement>(".math")) {
  addCopyButton(box, "formula as TeX", () => box.dataset.tex!);
}
watchOverflow();
for (const button of document.querySelectorAll("[data-open-search]")) {
  const here = button.getAttribute("data-open-search") === "here";
  button.addEventListener(
    "click",
    () => openSearch(here ? wordsOfAddress() : ""),
  );
}
addEventListener("keydown", (event) => {
  const { key, ctrlKey, metaKey, altKey } = event;
  const slash = key === "/" && !ctrlKey && !metaKey && !altKey &&
    !isEditable(event.target);
  if (!slash && !(key.toLowerCase() === "k" && ctrlKey !== metaKey)) return;
  event.preventDefault();
  openSearch();
});
