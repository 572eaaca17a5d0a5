// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />

// On the page of all operations: those that have all words that are typed.

const filter = document.querySelector<HTMLElement>(".filter")!;
const field = filter.querySelector("input")!;
const status = filter.querySelector("[role=status]")!;
const families = [...document.querySelectorAll(".operations tbody")]
  .map((body) => ({
    body: body as HTMLElement,
    rows: [...body.querySelectorAll<HTMLElement>("tr:not(.family)")],
  }));

function apply(): void {
  const words = field.value.toLowerCase().split(/\s+/);
  let count = 0;
  for (const { body, rows } of families) {
    const family = body.querySelector(".family")!.textContent!;
    for (const row of rows) {
      const text = `${family} ${row.textContent}`.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) count++;
    }
    body.hidden = rows.every((row) => row.hidden);
  }
  status.textContent = field.value === ""
    ? ""
    : count === 0
    ? "No operation has all of these words."
    : `${count} ${count === 1 ? "operation" : "operations"}`;
}

filter.hidden = false;
field.addEventListener("input", apply);
apply(); // The browser may have kept what was typed.
