// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />

// On annotated pages: the marks open what they have to say where they are, by
// hover and focus, too; and the table of contents follows the scroll.

/** How long a pointer may be on its way from a mark to what it opened. */
const DELAY = 150;

for (const mark of document.querySelectorAll<HTMLElement>("[data-check]")) {
  const tip = document.getElementById(mark.dataset.check!)!;
  let timer: ReturnType<typeof setTimeout>;
  /** A click keeps open what hovering or focus has opened. */
  let kept = false;
  const show = () => {
    clearTimeout(timer);
    if (!tip.matches(":popover-open")) tip.showPopover();
    place(mark, tip);
  };
  const hide = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!kept) tip.hidePopover();
    }, DELAY);
  };
  for (const part of [mark, tip]) {
    part.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "mouse") show();
    });
    part.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse") hide();
    });
  }
  mark.addEventListener("focus", () => {
    if (mark.matches(":focus-visible")) show();
  });
  mark.addEventListener("blur", () => tip.hidePopover());
  mark.addEventListener("click", (event) => {
    // A tap has opened nothing before: it opens and closes without a script.
    if ((event as PointerEvent).pointerType === "touch") return;
    event.preventDefault();
    kept = !kept;
    if (kept) show();
    else tip.hidePopover();
  });
  tip.addEventListener("toggle", (event) => {
    if (event.newState === "closed") kept = false;
    else place(mark, tip);
  });
}

/** Puts a tip below its mark, or above it where there is no room below. */
function place(mark: HTMLElement, tip: HTMLElement): void {
  const [at, size] = [
    mark.getBoundingClientRect(),
    tip.getBoundingClientRect(),
  ];
  const { clientWidth, clientHeight } = document.documentElement;
  const left = Math.min(at.left, clientWidth - size.width - 8);
  const below = at.bottom + 6;
  const top = below + size.height > clientHeight - 8
    ? at.top - size.height - 6
    : below;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${Math.max(8, top)}px`;
}

/** What is pointed at: an axis, or a tensor. */
let lit: string | undefined;

/** Lights up an axis or a tensor wherever it occurs, or nothing. */
function light(at: string | undefined): void {
  if (at === lit) return;
  lit = at;
  for (const e of document.querySelectorAll(".is-lit")) {
    e.classList.remove("is-lit");
  }
  if (at === undefined) return;
  for (const e of document.querySelectorAll(`[data-at="${CSS.escape(at)}"]`)) {
    e.classList.add("is-lit");
  }
}

// In a formula, boxes lie above one another: the letter may not be on top.
document.addEventListener("pointermove", ({ clientX, clientY }) => {
  const marked = document.elementsFromPoint(clientX, clientY)
    .find((e) => e.matches("[data-at]"));
  light((marked as HTMLElement | undefined)?.dataset.at);
}, { passive: true });

const links = new Map(
  [...document.querySelectorAll<HTMLAnchorElement>(".contents a")].map((a) =>
    [decodeURIComponent(a.hash.slice(1)), a] as const
  ),
);
const headings = [...links.keys()]
  .flatMap((id) => document.getElementById(id) ?? []);

/** Marks the entry of the last heading above a third of the window. */
function follow(): void {
  const line = innerHeight / 3;
  const current = headings.findLast((h) =>
    h.getBoundingClientRect().top < line
  );
  for (const [id, link] of links) {
    if (id === current?.id) {
      if (link.ariaCurrent === "location") continue;
      link.ariaCurrent = "location";
      // In a list that scrolls, the entry stays in sight; the page stays.
      const list = link.closest<HTMLElement>(".contents")!;
      if (list.scrollHeight > list.clientHeight) {
        list.scrollTop = link.offsetTop - list.clientHeight / 2;
      }
    } else link.ariaCurrent = null;
  }
}

if (headings.length > 0) {
  let asked = false;
  addEventListener("scroll", () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      follow();
    });
  }, { passive: true });
  // The places of headings need all of the page's layout: after the first paint.
  addEventListener("load", () => setTimeout(follow));
}
