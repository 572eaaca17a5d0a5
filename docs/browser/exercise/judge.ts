// Copyright 2026 the Adjoint authors. MIT license.

// What is said of an answer.

/** Numbers in rows, a few as a vector or one as a scalar. */
export interface Numbers {
  shape: number[];
  data: number[];
}

/** What the page knows of an exercise. */
export type ExerciseData =
  | Numbers & {
    kind: "numbers";
    /** What common mistakes give, and what to say of each. */
    mistakes: { data: number[]; say: string }[];
  }
  | {
    kind: "choice";
    choices: { text: string; isRight: boolean; say: string }[];
  };

/** What is said, and of which numbers it is said that they are wrong. */
export interface Verdict {
  isRight: boolean;
  text: string;
  wrong: number[];
}

/** The number that a text is, also `1/2`, `−3` and `0,5`. */
export function numberOf(text: string): number {
  const plain = text.trim().replaceAll("−", "-").replace(",", ".");
  const fraction = /^([-+]?[\d.]+)\s*[/∕]\s*([\d.]+)$/.exec(plain);
  if (fraction !== null) return Number(fraction[1]) / Number(fraction[2]);
  return plain === "" ? NaN : Number(plain);
}

/** Whether a number is right as far as people write it. */
const isNear = (a: number, b: number) =>
  Math.abs(a - b) <= 0.005 * Math.max(1, Math.abs(b));

/** Judges the texts of the fields. */
export function judgeNumbers(
  { data, mistakes }: Extract<ExerciseData, { kind: "numbers" }>,
  texts: readonly string[],
): Verdict {
  const missing = texts.flatMap((text, i) => text.trim() === "" ? [i] : []);
  if (missing.length > 0) {
    return {
      isRight: false,
      wrong: missing,
      text: texts.length === 1
        ? "Write a number."
        : "Write a number into each field.",
    };
  }
  const numbers = texts.map(numberOf);
  const none = numbers.flatMap((v, i) => Number.isNaN(v) ? [i] : []);
  if (none.length > 0) {
    return {
      isRight: false,
      wrong: none,
      text: `“${texts[none[0]].trim()}” is not a number.`,
    };
  }
  const wrong = numbers.flatMap((v, i) => isNear(v, data[i]) ? [] : [i]);
  if (wrong.length === 0) return { isRight: true, wrong, text: "Right." };
  const known = mistakes.find((mistake) =>
    mistake.data.length === numbers.length &&
    mistake.data.every((v, i) => isNear(numbers[i], v))
  );
  const share = wrong.length === numbers.length
    ? "Not yet."
    : `Not yet: ${
      numbers.length - wrong.length
    } of ${numbers.length} are right.`;
  return {
    isRight: false,
    wrong,
    text: known?.say ?? share,
  };
}

/** Judges the choice, by its place. */
export function judgeChoice(
  { choices }: Extract<ExerciseData, { kind: "choice" }>,
  chosen: number | undefined,
): Verdict {
  if (chosen === undefined) {
    return { isRight: false, wrong: [], text: "Choose one." };
  }
  const { isRight, say } = choices[chosen];
  return {
    isRight,
    wrong: isRight ? [] : [chosen],
    text: isRight ? "Right." : say || "Not yet.",
  };
}
