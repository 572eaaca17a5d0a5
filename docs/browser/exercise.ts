// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

// The exercises of a guide: checks what is typed or chosen, and says where the
// mistake is.

import {
  type ExerciseData,
  judgeChoice,
  judgeNumbers,
} from "./exercise/judge.ts";

for (const box of document.querySelectorAll(".exercise")) {
  const data: ExerciseData = JSON.parse(
    box.querySelector("script")!.textContent!,
  );
  const form = box.querySelector("form")!;
  const verdict = box.querySelector<HTMLElement>(".verdict")!;
  const fields = [...form.querySelectorAll("input")];
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = fields.findIndex((field) => field.checked);
    const { isRight, text, wrong } = data.kind === "choice"
      ? judgeChoice(data, chosen < 0 ? undefined : chosen)
      : judgeNumbers(data, fields.map(({ value }) => value));
    verdict.textContent = text;
    verdict.dataset.ok = String(isRight);
    for (const [i, field] of fields.entries()) {
      field.setAttribute("aria-invalid", String(wrong.includes(i)));
    }
    if (!isRight && data.kind === "numbers") fields[wrong[0]].focus();
  });
  form.addEventListener("input", () => {
    delete verdict.dataset.ok;
    verdict.textContent = "";
    for (const field of fields) field.removeAttribute("aria-invalid");
  });
}
