// Copyright 2026 the Adjoint authors. MIT license.

// The report as text.

import { showShape } from "../core/checks.ts";
import type { Problem, Subject } from "./subject.ts";
import type {
  GradcheckElement,
  GradcheckInput,
  GradcheckReport,
  GradcheckSkipped,
  Verdict,
} from "./types.ts";
import { count, showNumber, showRatio, showSize } from "./words.ts";

const HEADS: Record<Verdict, string> = {
  right: "gradcheck passed",
  wrong: "gradcheck failed",
  "cannot tell": "gradcheck cannot tell",
};

/** Puts all findings together. */
export function report(
  { calls }: Subject,
  inputs: GradcheckInput[],
  problems: ReadonlySet<Problem>,
  rtol: number,
  hasGradient: (k: number) => boolean,
  isChosen: boolean,
): GradcheckReport {
  const texts = [...new Set(Array.from(problems, ({ message }) => message))];
  const verdicts = new Set([
    ...Array.from(problems, ({ verdict }) => verdict),
    ...inputs.map(({ verdict }) => verdict),
  ]);
  const verdict = verdicts.has("wrong")
    ? "wrong"
    : verdicts.has("cannot tell")
    ? "cannot tell"
    : "right";
  const thrown = Array.from(problems).find((problem) =>
    Object.hasOwn(problem, "cause")
  );
  const lines = [
    HEADS[verdict],
    ...texts.map((text) => `  problem: ${text}`),
    ...inputs.flatMap((input, k) =>
      describe(input, hasGradient(k), rtol, isChosen)
    ),
  ];
  return {
    ok: verdict === "right",
    verdict,
    inputs,
    problems: texts,
    calls,
    message: lines.join("\n"),
    ...thrown && { cause: thrown.cause },
  };
}

/** The lines of the report about one input. */
function describe(
  input: GradcheckInput,
  hasGradient: boolean,
  rtol: number,
  isChosen: boolean,
): string[] {
  const { checked, compared, wrong, worst, skipped, verdict, elements } = input;
  const name = `  ${input.name} ${showShape(input.shape)}`;
  const why = [
    ...input.reason === undefined ? [] : [`    ${input.reason}`],
    ...input.causes.map((cause) => `    likely cause: ${cause}`),
    ...input.pattern === undefined ? [] : [`    ${input.pattern}`],
  ];
  if (!hasGradient) return [`${name}: skipped, it has no gradient`];
  if (checked === "nothing") return [`${name}: not compared`, ...why];
  if (elements === 0) return [`${name}: right, it has no elements`];
  const isElements = checked === "elements";
  const things = count(compared, isElements ? "element" : "random direction");
  const parts = [
    verdict,
    `${wrong > 0 ? `${wrong} of ` : ""}${things}`,
    ...compared === 0
      ? []
      : [`relative error ${showSize(input.relativeError)}`],
    ...input.resolution > 10 * rtol
      ? [`resolved to ${showSize(input.resolution)}`]
      : [],
    ...isElements || !isChosen
      ? []
      : [`all elements would take ${2 * elements} calls`],
  ];
  return [
    `${name}: ${parts.join(", ")}`,
    ...describeSkipped(skipped),
    ...wrong > 0 && worst !== undefined ? [describeWorst(worst)] : [],
    ...why,
  ];
}

function describeSkipped({ kinks, jumps, edges }: GradcheckSkipped): string[] {
  const at = [
    ...kinks > 0 ? [`${kinks} at a kink`] : [],
    ...jumps > 0 ? [`${jumps} at a jump`] : [],
    ...edges > 0 ? [`${edges} at a pole or the end of the domain`] : [],
  ];
  return at.length === 0
    ? []
    : [`    not compared: ${at.join(", ")}, where there is no slope`];
}

function describeWorst(
  { index, analytic, numeric, ratio }: GradcheckElement,
): string {
  return `    worst at [${index.join(", ")}]: analytic ${
    showNumber(analytic)
  }, numeric ${showNumber(numeric)}${
    Number.isFinite(ratio) ? `, ratio ${showRatio(ratio)}` : ""
  }`;
}
