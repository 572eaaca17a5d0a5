// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

// What can be seen to be wrong with a page: it scrolls sideways, something is
// cut off, it moves, TeX is shown, axe finds a barrier.

import axe from "npm:axe-core@4.14.1";
import type { BrowserContext, Page } from "../../.ci/browser.ts";

/** What is wrong with the layout of a page, at the width that it has. */
export function layoutProblems(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const root = document.documentElement;
    const width = root.clientWidth;
    const found: string[] = [];
    const name = (e: Element) =>
      `<${e.tagName.toLowerCase()} class="${e.getAttribute("class") ?? ""}"> ${
        e.textContent!.replaceAll(/\s+/g, " ").trim().slice(0, 50)
      }`;
    if (root.scrollWidth > width) {
      const widest = [...document.body.querySelectorAll("*")].reduce((a, b) =>
        b.getBoundingClientRect().right > a.getBoundingClientRect().right
          ? b
          : a
      );
      found.push(
        `the page scrolls sideways, ${root.scrollWidth} of ${width} px: ${
          name(widest)
        }`,
      );
    }
    for (const element of [root, document.body]) {
      const { overflowX } = getComputedStyle(element);
      if (overflowX !== "visible") {
        found.push(`what is too wide is hidden: overflow-x is ${overflowX}`);
      }
    }
    const contents = ".katex-base, pre, table, svg, img, pre code";
    for (const element of document.querySelectorAll(contents)) {
      if (!element.checkVisibility()) continue;
      const { left, right } = element.getBoundingClientRect();
      let outside: Element | undefined;
      for (
        let box = element.parentElement!;
        box !== root;
        box = box.parentElement!
      ) {
        const { overflowX, display } = getComputedStyle(box);
        if (/auto|scroll/.test(overflowX)) {
          outside = undefined;
          break;
        }
        // Inline boxes are as wide as what is in them, or are split.
        if (/inline|contents/.test(display)) continue;
        const edge = box.getBoundingClientRect();
        if (right <= edge.right + 2 && left >= edge.left - 2) continue;
        outside ??= box;
        if (overflowX !== "visible") break;
      }
      if (outside !== undefined) {
        found.push(
          `wider than its box, which does not scroll: ${name(element)} in ${
            name(outside)
          }`,
        );
      }
    }
    const lines = new Set(
      [...document.querySelectorAll(".site-header nav a")]
        .map((link) => link.getBoundingClientRect().top),
    );
    if (lines.size > 1) found.push(`the navigation has ${lines.size} lines`);
    for (const mark of document.querySelectorAll(".math-inline > .check")) {
      if (!mark.checkVisibility()) continue;
      const formula = [...mark.parentElement!.querySelectorAll(".katex-base")]
        .at(-1)!;
      const { right } = formula.getBoundingClientRect();
      if (mark.firstElementChild!.getBoundingClientRect().left < right - 1) {
        found.push(`a mark lies on its formula: ${name(mark.parentElement!)}`);
      }
    }
    return found;
  });
}

/** TeX that a reader sees, and formulas that could not be typeset. */
export function texProblems(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found = [...document.querySelectorAll(".katex-error, .language-math")]
      .map((e) => `not typeset: ${e.textContent}`);
    const texts = document.createTreeWalker(
      document.body,
      NodeFilter.SHOW_TEXT,
    );
    while (texts.nextNode()) {
      const { textContent, parentElement } = texts.currentNode;
      const hidden = parentElement!.closest(
        "pre, script, style, annotation, textarea, .td-str",
      );
      if (hidden !== null || !parentElement!.checkVisibility()) continue;
      // In code, dollar signs may be meant.
      const tex = parentElement!.closest("code") === null
        ? /\\[a-zA-Z]{2,}|[_^]\{|\$/
        : /\\[a-zA-Z]{2,}|[_^]\{/;
      if (tex.test(textContent!)) {
        found.push(`TeX is shown: ${textContent!.trim().slice(0, 80)}`);
      }
    }
    for (const { family, status } of document.fonts) {
      if (status === "error") found.push(`the font ${family} does not load`);
    }
    return found;
  });
}

/** How far a page has moved since it was opened, as browsers count it. */
export function shiftOf(page: Page): Promise<number> {
  return page.evaluate(() =>
    new Promise<number>((resolve) => {
      new PerformanceObserver((list) => {
        const entries = list.getEntries() as unknown as { value: number }[];
        resolve(entries.reduce((sum, { value }) => sum + value, 0));
      }).observe({ type: "layout-shift", buffered: true });
      // If nothing moves, nothing is observed.
      setTimeout(() => resolve(0), 300);
    })
  );
}

/** How bright a color is, from 0 to 1. */
export function brightness(page: Page, selector = "body"): Promise<number> {
  return page.locator(selector).evaluate((element) => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d")!;
    canvas.fillStyle = getComputedStyle(element).backgroundColor;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
    return (r + g + b) / 3 / 255;
  });
}

/** Has axe-core in every page of a context, before the page itself. */
export async function bringAxe(context: BrowserContext): Promise<void> {
  await context.addInitScript({ content: axe.source });
}

/**
 * What axe-core, which the page must have, finds: by all rules, by some, or by all but
 * that of contrast, which looks at every letter; in the whole page, or in a part of it.
 */
export async function axeProblems(
  page: Page,
  rules?: readonly string[] | "all but contrast",
  part = "html",
): Promise<string[]> {
  return await page.evaluate(async ({ rules, part }) => {
    const { axe } = globalThis as unknown as {
      axe: typeof import("npm:axe-core@4.14.1");
    };
    const { violations } = await axe.run(part, {
      resultTypes: ["violations"],
      ...rules === undefined || rules === "all but contrast"
        ? {
          rules: {
            "target-size": { enabled: true },
            "color-contrast": { enabled: rules === undefined },
          },
        }
        : { runOnly: { type: "rule" as const, values: [...rules] } },
    });
    return violations.map(({ id, impact, nodes }) =>
      `axe: ${impact}: ${id}: ${nodes.length} times: ${
        nodes.slice(0, 3).map(({ html, target, any }) =>
          `${target} ${html.slice(0, 120)} ${any[0]?.message ?? ""}`
        ).join(" | ")
      }`
    );
  }, { rules, part });
}

/**
 * What axe-core, which the page must have, finds to have too little contrast. Of
 * elements of the same colors, sizes and backgrounds only one is tried: a page has
 * thousands of letters in formulas and code, and axe-core takes ms for each.
 */
export async function contrastProblems(page: Page): Promise<string[]> {
  await page.evaluate(() => {
    const looks = new Map<Element | null, string>([[null, ""]]);
    /** What lies behind the text of an element, and fades it. */
    const behind = (element: Element): string => {
      const known = looks.get(element);
      if (known !== undefined) return known;
      const { backgroundColor, backgroundImage, opacity, filter } =
        getComputedStyle(element);
      const own = [backgroundColor, backgroundImage, opacity, filter].join();
      const parent = element.parentElement;
      const above = parent === null ? "" : behind(parent);
      const look = own === "rgba(0, 0, 0, 0),none,1,none"
        ? above
        : `${above}/${own}`;
      looks.set(element, look);
      return look;
    };
    const seen = new Set<string>();
    for (const element of document.body.querySelectorAll("*")) {
      const isField = element.matches("input, select, textarea");
      const hasText = [...element.childNodes].some((node) =>
        node.nodeType === Node.TEXT_NODE && node.textContent!.trim() !== ""
      );
      if (!isField && !hasText) continue;
      if (!element.checkVisibility({ visibilityProperty: true })) continue;
      const { color, fontSize, fontWeight, textShadow } = getComputedStyle(
        element,
      );
      const look = [color, fontSize, fontWeight, textShadow, behind(element)]
        .join(";");
      if (!isField && seen.has(look)) continue;
      seen.add(look);
      element.setAttribute("data-look", "");
    }
  });
  const problems = await axeProblems(page, ["color-contrast"], "[data-look]");
  await page.evaluate(() => {
    for (const element of document.querySelectorAll("[data-look]")) {
      element.removeAttribute("data-look");
    }
  });
  return problems;
}
