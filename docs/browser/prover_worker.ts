// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="webworker" />

// The prover, beside the page: it reads formulas, and runs nothing else.

import { provePage } from "../../ops/proof/markdown/prove.ts";
import { asWritten } from "../../ops/proof/markdown/read.ts";
import type { Answer, Question } from "./prover/messages.ts";

const say = (answer: Answer) => postMessage(answer);

// The first formula takes the longest: the code is translated with it.
provePage("$y_i = e^{x_i}$, $\\frac{\\partial E}{\\partial x_i} = y_i$", "");
say({});

addEventListener("message", ({ data }: MessageEvent<Question>) => {
  const { id, page, milliseconds } = data;
  const start = performance.now();
  const time = () => performance.now() - start;
  try {
    const report = provePage(page, "page", milliseconds);
    for (const { counterexample } of report.verdicts) {
      if (counterexample === undefined) continue;
      counterexample.given = Object.fromEntries(
        Object.entries(counterexample.given)
          .map(([name, value]) => [asWritten(name), value]),
      );
    }
    say({ id, report, milliseconds: time() });
  } catch (error) {
    say({ id, error: (error as Error).message, milliseconds: time() });
  }
});
