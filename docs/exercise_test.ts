// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  type ExerciseData,
  judgeChoice,
  judgeNumbers,
  numberOf,
} from "./browser/exercise/judge.ts";
import { exerciseHtml, readExercise } from "./exercise.ts";
import { parse } from "./html.ts";
import { renderMarkdown } from "./markdown.ts";

const PRODUCT = `question: What is $\`Z\`$?
given: const x = tensor([[1, 2], [3, 4]]);
answer: matmul(x, x)
mistake: mul(x, x) => That is the product of the elements.
because: Rows times columns,
in two lines.`;

const CHOICE = `question: Which?
wrong: Left => Not left.
right: Right
because: It is.`;

type Of<K> = Extract<ExerciseData, { kind: K }>;

describe("readExercise()", () => {
  it("computes the answer, and what a mistake gives, by the library", () => {
    const { question, data, because } = readExercise(PRODUCT);
    assertEquals(question, "What is $`Z`$?");
    assertEquals(because, "Rows times columns,\nin two lines.");
    assertEquals(data, {
      kind: "numbers",
      shape: [2, 2],
      data: [7, 10, 15, 22],
      mistakes: [{
        data: [1, 4, 9, 16],
        say: "That is the product of the elements.",
      }],
    });
  });

  it("reads a choice", () => {
    const { data } = readExercise(CHOICE) as { data: Of<"choice"> };
    assertEquals(data.choices.map(({ isRight }) => isRight), [false, true]);
    assertEquals(data.choices[0].say, "Not left.");
  });

  const REFUSED: [string, string, string][] = [
    ["an answer twice", `${PRODUCT}\nanswer: 1`, "have one `answer:`"],
    ["none", "question: a\nbecause: b", "have one `answer:`"],
    [
      "a mistake that is right",
      `${PRODUCT}\nmistake: matmul(x, x) => No.`,
      "nothing a mistake that is right",
    ],
    [
      "a mistake of which nothing is said",
      `${PRODUCT}\nmistake: 1`,
      "say what is wrong with 1",
    ],
    [
      "an answer that is not a number",
      PRODUCT.replace("matmul(x, x)", "NaN"),
      "have finite numbers",
    ],
    ["two right choices", `${CHOICE}\nright: c`, "have one right choice"],
    ["other text", `Hello\n${CHOICE}`, "begin with `question:`"],
  ];
  for (const [what, fence, said] of REFUSED) {
    it(`refuses ${what}`, () => {
      assertThrows(() => readExercise(fence), Error, said);
    });
  }
});

describe("an answer", () => {
  const numbers = readExercise(PRODUCT).data as Of<"numbers">;
  const say = (...texts: string[]) => judgeNumbers(numbers, texts);

  it("is right as people write numbers", () => {
    assert(say("7", "10.0", "15", " 22").isRight);
    assertEquals(["1/2", "−3", "0,5", "-1 ∕ 4", "1e3"].map(numberOf), [
      0.5,
      -3,
      0.5,
      -0.25,
      1000,
    ]);
  });

  it("is wrong where it is, and a known mistake is named", () => {
    assertEquals(say("7", "10", "15", "20"), {
      isRight: false,
      wrong: [3],
      text: "Not yet: 3 of 4 are right.",
    });
    assertEquals(
      say("1", "4", "9", "16").text,
      "That is the product of the elements.",
    );
    assertEquals(say("0", "0", "0", "0").text, "Not yet.");
  });

  it("must be a number, and there", () => {
    assertEquals(say("7", "", "15", "22").wrong, [1]);
    assertEquals(
      say("7", "seven", "15", "22").text,
      "“seven” is not a number.",
    );
  });

  it("may be a choice", () => {
    const choice = readExercise(CHOICE).data as Of<"choice">;
    assertEquals(judgeChoice(choice, undefined).text, "Choose one.");
    assertEquals(judgeChoice(choice, 0), {
      isRight: false,
      wrong: [0],
      text: "Not left.",
    });
    assertEquals(judgeChoice(choice, 1), {
      isRight: true,
      wrong: [],
      text: "Right.",
    });
  });
});

describe("exerciseHtml()", () => {
  const html = (fence: string) =>
    parse(exerciseHtml(readExercise(fence), 3, (text) => `<p>${text}</p>\n`));

  it("has a field for each number, by its place, and the answer to unfold", () => {
    const $ = html(PRODUCT);
    assertEquals(
      $("input").get().map(({ attribs }) => attribs["aria-label"]),
      [
        "Row 1, column 1",
        "Row 1, column 2",
        "Row 2, column 1",
        "Row 2, column 2",
      ],
    );
    assertEquals($("details p").first().html(), "7, 10<br>15, 22");
    assertEquals($("h3").text(), "Exercise 3");
  });

  it("has a label for each choice, and a name in words for a formula", () => {
    assertEquals(html(CHOICE)("label").get().length, 2);
    const fence = CHOICE.replace("Left", () => "$`X^{\\mathsf{T}} Y`$");
    const $ = parse(
      exerciseHtml(
        readExercise(fence),
        3,
        (text) => renderMarkdown(text, "a.md"),
      ),
    );
    assertEquals(
      $("input").get().map(({ attribs }) => attribs["aria-label"]),
      ["Xᵀ Y", "Right"],
    );
  });
});
