// Copyright 2026 the Adjoint authors. MIT license.

// An exercise of a guide: a question whose answer the page checks. The answer,
// and the results of common mistakes, are computed by the library as the site is
// built, so neither can contain a slip.

import * as library from "../mod.ts";
import type { ExerciseData, Numbers } from "./browser/exercise/judge.ts";
import { escapeHtml, parse } from "./html.ts";
import { plainText } from "./typeset.ts";

/** An exercise as its fence has it. */
export interface Exercise {
  question: string;
  /** What the answer is, numbers or one of several texts. */
  data: ExerciseData;
  /** Why it is so. */
  because: string;
}

const KEYS = /^(question|given|answer|mistake|right|wrong|because): */;

/**
 * Reads an exercise. `question` and `because` are Markdown; `given` declares what
 * `answer` and each `mistake: expression => what to say` compute with, by the
 * functions of the library. A choice has `right: text` and `wrong: text => what to
 * say`, in the order in which they are shown, instead of an answer.
 */
export function readExercise(fence: string): Exercise {
  const found: { key: string; text: string }[] = [];
  for (const line of fence.split("\n")) {
    const key = KEYS.exec(line);
    if (key !== null) {
      found.push({ key: key[1], text: line.slice(key[0].length) });
    } else if (found.length > 0) found.at(-1)!.text += `\n${line}`;
    else if (line.trim() !== "") fail(`begin with \`question:\`: ${line}`);
  }
  const all = (...keys: string[]) =>
    found.filter(({ key }) => keys.includes(key))
      .map(({ key, text }) => ({ key, text: text.trim() }));
  const one = (key: string) => {
    const [first, ...others] = all(key);
    if (first === undefined || others.length > 0) fail(`have one \`${key}:\``);
    return first.text;
  };
  const given = all("given").map(({ text }) => text).join("\n");
  const choices = all("right", "wrong");
  const common = { question: one("question"), because: one("because") };
  if (choices.length > 0) {
    if (choices.filter(({ key }) => key === "right").length !== 1) {
      fail("have one right choice");
    }
    return {
      ...common,
      data: {
        kind: "choice",
        choices: choices.map(({ key, text }) => {
          const [choice, say = ""] = text.split(/\s*=>\s*/);
          return { text: choice, isRight: key === "right", say };
        }),
      },
    };
  }
  const answer = compute(given, one("answer"));
  const mistakes = all("mistake").map(({ text }) => {
    const [expression, say] = text.split(/\s*=>\s*/);
    if (!say) fail(`say what is wrong with ${expression}`);
    const { data } = compute(given, expression);
    if (data.length === answer.data.length && `${data}` === `${answer.data}`) {
      fail(`call nothing a mistake that is right: ${expression}`);
    }
    return { data, say };
  });
  return { ...common, data: { kind: "numbers", ...answer, mistakes } };
}

function fail(what: string): never {
  throw new Error(`Cannot show the exercise as it must ${what}`);
}

/** The value of an expression: a number, numbers or a tensor. */
function compute(given: string, expression: string): Numbers {
  const value: unknown = new Function(
    ...Object.keys(library),
    `"use strict"; ${given}\nreturn (${expression});`,
  )(...Object.values(library));
  const { shape, data } = typeof value === "number"
    ? { shape: [], data: [value] }
    : Array.isArray(value)
    ? { shape: [value.length], data: value }
    : value as { shape: number[]; data: Iterable<number> };
  const numbers = [...data].map(Number);
  if (shape.length > 2 || numbers.some((v) => !Number.isFinite(v))) {
    fail(`have finite numbers, in rows, as its answer: ${expression}`);
  }
  return { shape: [...shape], data: numbers };
}

/** The exercise as HTML; `render` makes Markdown HTML. */
export function exerciseHtml(
  { question, data, because }: Exercise,
  number: number,
  render: (markdown: string) => string,
): string {
  const id = `exercise-${number}`;
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  return `<section class="exercise" aria-labelledby="${id}" data-no-search>
<h3 id="${id}">Exercise ${number}</h3>
${render(question)}<form autocomplete="off">
${data.kind === "choice" ? choicesHtml(data, id, render) : fieldsHtml(data)}
<button class="button" type="submit">Check</button>
<p role="status" class="verdict"></p>
</form>
<details><summary>The answer</summary>
${data.kind === "choice" ? "" : `<p>${shown(data)}</p>\n`}${
    render(because)
  }</details>
<script type="application/json">${json}</script>
</section>`;
}

function inline(html: string): string {
  return html.trim().replace(/^<p>|<\/p>$/g, "");
}

function choicesHtml(
  { choices }: Extract<ExerciseData, { kind: "choice" }>,
  id: string,
  render: (markdown: string) => string,
): string {
  const labels = choices.map(({ text }, i) => {
    const html = inline(render(text));
    // Not every reader of a screen takes a formula for a name.
    const name = plainText(parse(html).root().contents().get());
    return `<label><input type="radio" name="${id}" value="${i}" aria-label="${
      escapeHtml(name)
    }"> <span>${html}</span></label>`;
  });
  return `<div role="radiogroup" aria-labelledby="${id}" class="choices">
${labels.join("\n")}
</div>`;
}

function fieldsHtml({ shape, data }: Numbers): string {
  const columns = shape.at(-1) ?? 1;
  const fields = data.map((_, at) => {
    const [row, column] = [Math.floor(at / columns) + 1, at % columns + 1];
    const name = shape.length === 0
      ? "The answer"
      : shape.length === 1
      ? `Number ${column}`
      : `Row ${row}, column ${column}`;
    return `<input inputmode="text" size="4" aria-label="${name}">`;
  });
  return `<div class="fields" style="--columns: ${columns}">
${fields.join("\n")}
</div>`;
}

function shown({ shape, data }: Numbers): string {
  const row = (numbers: readonly number[]) =>
    numbers.map((v) => String(Number(v.toPrecision(6))).replace("-", "−"))
      .join(", ");
  if (shape.length < 2) return escapeHtml(row(data));
  const [rows, columns] = shape;
  return Array.from(
    { length: rows },
    (_, i) => row(data.slice(i * columns, (i + 1) * columns)),
  ).join("<br>");
}
