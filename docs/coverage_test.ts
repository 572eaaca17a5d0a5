// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FILE, readCoverage, tableOf } from "./coverage.ts";
import { parse } from "./html.ts";
import { readOps } from "./ops.ts";

const text = await Deno.readTextFile(new URL(`../${FILE}`, import.meta.url));
const coverage = readCoverage(text);
const { html, facts } = tableOf(coverage, await readOps());

describe("the table of other libraries", () => {
  it("says what each has of an operation, and what is reported", () => {
    const $ = parse(html);
    const cells = $("tbody tr").toArray().map((row) =>
      $(row).children().toArray().map((cell) => $(cell).text())
    ).find(([name]) => name === "layerNorm");
    assertEquals(cells, [
      "layerNorm",
      "native_layer_norm",
      "—",
      "composed",
      "composed",
      "forward only: NORM",
      "forward only: layer_norm",
      "",
      "ggml 1514, candle 3011",
    ]);
    assertMatch(
      html,
      /<a href="https:\/\/github\.com\/huggingface\/candle\/issues\/3011">candle 3011<\/a>/,
    );
  });

  it("says whose documentation mentions a gradient, and of what", () => {
    const $ = parse(html);
    const cells = $("tbody tr").toArray().map((row) =>
      $(row).children().toArray().map((cell) => $(cell).text())
    ).filter(([, , , , , , , documented]) => documented !== "");
    const of = Object.fromEntries(
      cells.map(([name, , , , , , , documented]) => [name, documented]),
    );
    assertEquals(of.max, "PyTorch: ties");
    assertEquals(of.abs, "ChainRules.jl: the kink");
    assert(facts.includes(`the gradient of ${cells.length}.`), facts);
  });

  it("names a report where its operation is", () => {
    // The gradient of a product of batches, not that of a sum.
    assertEquals(coverage.reports.batchMatmul, [
      "TensorFlow.js 7722",
      "TensorFlow.js 8721",
    ]);
    assert(!("add" in coverage.reports));
  });

  it("counts what can be differentiated", () => {
    const $ = parse(html);
    const rows = $("tbody tr").toArray();
    const candle = rows.filter((row) =>
      !/^(—|forward only)/.test($(row).children().eq(6).text())
    );
    assert(facts.includes(`candle differentiates ${candle.length}.`), facts);
    assert(candle.length < rows.length);
  });

  it("refuses a file that is not whole", () => {
    const without = (change: (all: typeof coverage) => void) => {
      const all = structuredClone(coverage);
      change(all);
      return () => readCoverage(JSON.stringify(all));
    };
    assertThrows(
      without(({ operations }) => operations.relu.pop()),
      Error,
      "relu must have an entry for each of 6 libraries",
    );
    assertThrows(
      without(({ operations }) => operations.relu[0] = "yes"),
      Error,
      "relu must have a rule, parts, a forward function or none: yes",
    );
    for (const text of ["PyTorch", "torch: ties"]) {
      assertThrows(
        without(({ documented }) => documented.relu = [text]),
        Error,
        `documentation must be a library, a colon and a subject: ${text}`,
      );
    }
    assertThrows(
      without(({ reports }) => reports.relu = ["torch 1"]),
      Error,
      "a report must be a library and a number: torch 1",
    );
  });
});
