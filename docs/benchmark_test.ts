// Copyright 2026 the Adjoint authors. MIT license.

import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { makeFigure } from "./figures.ts";
import { parse } from "./html.ts";
import { parseReport, readReport, runners } from "./measured.ts";
import { benchmarkHtml } from "./pages/benchmark.ts";
import type { Report } from "./peers/report.ts";

const REPORT: Report = {
  date: "2026-01-31",
  machine: {
    cpu: "A <processor>",
    cores: 4,
    memory: 16,
    os: "Linux x86_64",
    load: [0.1, 1],
  },
  runtime: { deno: "2.9.6", v8: "15" },
  contenders: [
    { name: "Ours", kind: "adjoint" },
    { name: "Ours, 4 threads", kind: "adjoint" },
    { name: "plain", kind: "kernel" },
    { name: "Peer", kind: "portable", version: "1.2.3", note: "with a note" },
    { name: "Native", kind: "native" },
    { name: "limit", kind: "limit" },
  ],
  absent: [{ name: "Gone", reason: "not here" }],
  races: [{
    op: "matmul",
    sizes: [16, 64, 256],
    outcomes: [
      [
        { name: "Ours", rate: 10 },
        { name: "Ours, 4 threads", rate: 5 },
        { name: "plain", rate: 2 },
        { name: "Peer", rate: 20 },
        { name: "Native", rate: 5 },
        { name: "limit", rate: 100 },
      ],
      [
        { name: "Ours", rate: 50 },
        { name: "Ours, 4 threads", rate: 50 },
        { name: "plain", rate: 2 },
        { name: "Peer", rate: 25 },
        { name: "Native", rate: 40 },
        { name: "limit", rate: 100 },
      ],
      [
        { name: "Ours", rate: 80 },
        { name: "Ours, 4 threads", rate: 240 },
        { name: "plain", reason: "a call would take 9 s" },
        { name: "Peer", rate: 40 },
        { name: "Native", rate: 60 },
        { name: "limit", rate: 100 },
      ],
    ],
  }, {
    op: "sum",
    sizes: [1000, 1000000],
    outcomes: [
      [{ name: "Ours", rate: 4 }, { name: "limit", rate: 8 }],
      [{ name: "Ours", rate: 16 }, { name: "limit", rate: 8 }],
    ],
  }],
  table: {
    date: "2026-01-30",
    load: [0.2, 1],
    rows: [{
      name: "sigmoid",
      sizes: [1000, 100000],
      outcomes: [
        [{ name: "Adjoint", ms: 0.002 }, { name: "Peer", ms: 0.005 }],
        [
          { name: "Adjoint", ms: 0.2 },
          { name: "Adjoint, arena", ms: 0.04 },
          { name: "loop of the page", ms: 0.3 },
          { name: "step by step", ms: 0.7 },
          { name: "Peer", ms: 0.08 },
          { name: "Native", reason: "it computes <nothing>" },
        ],
      ],
    }, {
      name: "conv2d, 3×3",
      sizes: [802816],
      outcomes: [[{ name: "Adjoint", ms: 7 }, { name: "Peer", ms: 14 }]],
    }],
  },
  steps: {
    date: "2026-01-29",
    load: [0.3, 2],
    rows: [{
      name: "perceptron",
      sizes: [64],
      outcomes: [[
        { name: "Peer", ms: 5 },
        { name: "Adjoint", ms: 2 },
        { name: "Peer, jit", ms: 4.5 },
        { name: "Native", ms: 1 },
      ]],
    }, {
      name: "convnet",
      sizes: [32],
      outcomes: [[
        { name: "Peer", reason: "no <filters>" },
        { name: "Adjoint", ms: 30 },
      ]],
    }],
  },
};

/** The report with something else in one place. */
function changed(change: (report: Report) => void): Report {
  const report = structuredClone(REPORT);
  change(report);
  return report;
}

/** The page, its text, and the rows of its tables. */
function pageOf(report: Report) {
  const $ = parse(benchmarkHtml(report));
  const rows = $("tr").get().map((row) =>
    $(row).find("th, td").get().map((cell) => $(cell).text())
  );
  const text = $.root().text().replaceAll(/\s+/g, " ");
  return { $, text, rows };
}

describe("parseReport()", () => {
  it("takes what bench:report writes", () => {
    assertEquals(parseReport(JSON.stringify(REPORT)), REPORT);
  });

  it("says what is wrong with anything else, and where", () => {
    const wrong: [string, (report: Report) => void][] = [
      ['date in docs/bench.json must be a date such as 2026-01-31: it is "x"', (
        r,
      ) => r.date = "x"],
      [
        "machine.load[1] in docs/bench.json must be a number from 0 on: it is null",
        (r) => r.machine.load[1] = NaN,
      ],
      [
        'contenders[1].kind in docs/bench.json must be one of adjoint, kernel, portable, native, limit: it is "x"',
        (r) => r.contenders[1].kind = "x" as "limit",
      ],
      [
        "table.rows[0].outcomes in docs/bench.json must be as long as its sizes, 2: it is 1",
        (r) => r.table.rows[0].outcomes.pop(),
      ],
      [
        "table.rows[1].outcomes[0][0].ms in docs/bench.json must be a number above 0: it is 0",
        (r) => r.table.rows[1].outcomes[0][0].ms = 0,
      ],
      [
        "races[0].sizes in docs/bench.json must be a list of 1 or more: it is []",
        (r) => r.races[0].sizes = [],
      ],
      [
        "races[1].outcomes in docs/bench.json must be as long as its sizes, 2: it is 1",
        (r) => r.races[1].outcomes.pop(),
      ],
      [
        'races[0].outcomes[2][0].name in docs/bench.json must be the name of a contender: it is "x"',
        (r) => r.races[0].outcomes[2][0].name = "x",
      ],
      [
        "races[0].outcomes[0][0].rate in docs/bench.json must be a number above 0: it is -1",
        (r) => r.races[0].outcomes[0][0].rate = -1,
      ],
      [
        'races[0].outcomes[0][0] in docs/bench.json must be an outcome with a rate or a reason: it is {"name":"Ours"}',
        (r) => delete r.races[0].outcomes[0][0].rate,
      ],
    ];
    for (const [message, change] of wrong) {
      assertThrows(
        () => parseReport(JSON.stringify(changed(change))),
        TypeError,
        `Cannot show the benchmark as ${message}`,
      );
    }
    assertThrows(
      () => parseReport("{"),
      SyntaxError,
      "Cannot show the benchmark as docs/bench.json must be JSON: ",
    );
    assertThrows(
      () => parseReport("[]"),
      TypeError,
      "the report in docs/bench.json must be an object: it is []",
    );
  });
});

describe("readReport()", () => {
  it("says which file is missing, and who writes it", async () => {
    const error = await readReport(() => Promise.reject(new Error("Gone")))
      .then(() => undefined, (e) => e);
    assertEquals(
      error?.message,
      'Cannot show the benchmark as docs/bench.json must be there: Gone; "deno task bench:report" writes it',
    );
  });
});

describe("runners()", () => {
  it("draws those of one color with different symbols", () => {
    const all = runners(REPORT, REPORT.races[0]);
    const lines = all.filter(({ kind }) => kind !== "limit");
    const seen = new Set(lines.map(({ look }) => JSON.stringify(look)));
    assertEquals(seen.size, lines.length);
    const [one, threads] = all;
    assertEquals(threads.look.color, one.look.color);
    assertEquals([one.threads, threads.threads], [1, 4]);
  });
});

describe("benchmarkHtml()", () => {
  const { $, text, rows } = pageOf(REPORT);

  it("says who is faster, where, and how much, on either side", () => {
    for (
      const sentence of [
        "Ours comes nearest to the limit at 256×256: 80 GFLOP/s, 80 % of it.",
        "Matrix multiplication reaches 80 % of the limit, 80 GFLOP/s at 256×256.",
        "It is faster than every portable library at 2 of 3 sizes; Peer is up to 2 times as fast, at 16×16.",
        "It is faster than every native library at all 3 sizes.",
        "With 4 threads it is up to 3 times as fast as with one, at 256×256.",
        "limit, dashed and without markers, is the limit: multiply-adds",
      ]
    ) {
      assertStringIncludes(text, sentence.replaceAll("80 %", "80 %"));
    }
  });

  it("begins with the one number that matters", () => {
    assertEquals(
      $(".headline").text().replaceAll(/\s+/g, " "),
      "On one core, a product of 256×256 matrices is 2 times as fast as with Peer, the fastest other library that runs in a browser.",
    );
  });

  it("has room for the longest name, and a legend for small screens", () => {
    const long = "A library with a name that is as long as this";
    const wide = pageOf(changed((r) => {
      r.contenders[0].name = long;
      for (const race of r.races) {
        for (const outcome of race.outcomes.flat()) {
          if (outcome.name === "Ours") outcome.name = long;
        }
      }
    })).$("#kernels-chart > .table svg");
    const label = wide.find("text").get()
      .find((e) => wide.find(e).text() === long)!;
    const [x] = /-?[\d.]+/.exec(
      label.attribs.transform.replace("translate(", ""),
    )!;
    assert(Number(wide.attr("width")) - Number(x) > 7 * long.length);
    assertEquals(
      $("#kernels-chart .legend li").get().map((e) => $(e).text()).sort(),
      ["Ours", "Ours, 4 threads", "plain", "limit"].sort(),
    );
  });

  it("has a table of all rates, ratios and reasons", () => {
    const row = (name: string) => rows.find(([first]) => first === name);
    assertEquals(row("Ours"), ["Ours", "10", "50", "80"]);
    assertEquals(row("plain"), ["plain", "2", "2", "–"]);
    assertEquals(row("Ours / best portable library"), [
      "Ours / best portable library",
      "0.50",
      "2.00",
      "2.00",
    ]);
    assertEquals(row("Ours / limit"), ["Ours / limit", "0.10", "0.50", "0.80"]);
    assertEquals(row("Ours, 4 threads / one thread"), [
      "Ours, 4 threads / one thread",
      "0.50",
      "1.00",
      "3.00",
    ]);
    assertEquals(row("Ours, 4 threads / limit"), undefined);
    assertStringIncludes(
      text,
      "Not measured: plain at 256×256: a call would take 9 s.",
    );
  });

  it("has a table of all operations, and says in short how they compare", () => {
    const row = (name: string) => rows.find(([first]) => first === name);
    assertEquals(row("sigmoid"), [
      ...["sigmoid", "2", "2.5 Peer", "200", "0.4 Peer"],
      ...["2", "1.5", "3.5"],
    ]);
    assertEquals(row("conv2d, 3×3"), [
      ...["conv2d, 3×3", "–", "–", "7,000", "2 Peer", "–", "–", "–"],
    ]);
    assertEquals($(".operations .behind").text(), "0.4 Peer");
    assertStringIncludes(
      text,
      "other libraries have 2 of the 2 functions. At about 100,000 numbers, 1 of these are at least as fast here as in the fastest other library, and the geometric mean of the ratios is 0.894. One function is less than half as fast: sigmoid (0.4).",
    );
    assertStringIncludes(
      text,
      "Measured on 30 January 2026, at a load of 0.2 before and 1 after it",
    );
    assertStringIncludes(text, "sigmoid: Native: it computes <nothing>");
    const slow = pageOf(changed((r) => {
      const row = r.table.rows.find(({ name }) => name === "sigmoid")!;
      r.table.rows = Array.from({ length: 6 }, () => row);
    }));
    const five = Array.from({ length: 5 }, () => "sigmoid (0.4)").join(", ")
      .replace(/, ([^,]*)$/, " and $1");
    assertStringIncludes(
      slow.text,
      `6 are less than half as fast; the slowest are ${five}.`,
    );
    const none = pageOf(changed((r) => r.table.rows = []));
    assert(!none.text.includes("Every operation"));
  });

  it("has training steps, and says in short how they compare", () => {
    const row = (name: string) => rows.find(([first]) => first === name);
    assertEquals(row("Adjoint"), ["Adjoint", "2", "30"]);
    assertEquals(row("Peer, jit"), ["Peer, jit", "4.5 2.25 ×", "–"]);
    assertStringIncludes(
      text,
      "Training: a step of the perceptron is 2.25 times as fast as with Peer, jit and 0.5 times as fast as with Native.",
    );
    assertStringIncludes(
      text,
      "29 January 2026, at a load of 0.3 before and 2",
    );
    assertStringIncludes(
      text,
      "Not measured: Peer at the convnet: no <filters>.",
    );
    const none = pageOf(changed((r) => r.steps.rows = []));
    assert(!none.text.includes("Training steps"));
  });

  it("names the machine, the versions, the date and who is missing", () => {
    for (
      const words of [
        "31 January 2026",
        "A <processor>, 4 cores",
        "Deno 2.9.6, V8 15",
        "0.1 before, 1 after",
        "Missing: Gone (not here).",
      ]
    ) {
      assertStringIncludes(text, words);
    }
    assert(
      rows.some((row) =>
        row.join() ===
          "Peer,runs wherever a browser does,1.2.3,with a note"
      ),
    );
  });

  it("has charts with a description and a label for each line", () => {
    const kernels = $("#kernels-chart > .table svg");
    assertEquals(kernels.attr("role"), "img");
    assertStringIncludes(
      kernels.attr("aria-label")!,
      "Ours 80 GFLOP/s at 256×256",
    );
    const labels = kernels.find("text").get().map((e) => $(e).text());
    for (const name of ["Ours", "Ours, 4 threads", "plain", "limit"]) {
      assert(labels.includes(name), name);
    }
    assert(!labels.includes("Peer"));
    for (const size of ["16", "64", "256"]) assert(labels.includes(size));
    // 2 · 16³ flops at 10 GFLOP/s.
    assertStringIncludes(
      $("#small-chart figcaption").text().replaceAll(/\s+/g, " "),
      "At 16×16, Peer takes 0.41 µs, and plain 4.1 µs.",
    );
  });

  it("says that the machine was not idle, and that figures are rough", () => {
    assert(!text.includes("not idle"));
    const busy = pageOf(changed((r) => {
      r.machine.load = [2, 3];
      r.races[0].outcomes[2][0].rate = 120;
    })).text;
    assertStringIncludes(busy, "its load was 2 before the run and 3 after it");
    assertStringIncludes(busy, "Some rates are above the limit");
  });

  it("does without what was not measured", () => {
    const few = pageOf(changed((r) => {
      r.contenders = r.contenders.filter(({ kind }) =>
        kind === "adjoint" || kind === "portable"
      );
      r.absent = [];
      for (const { outcomes } of r.races) {
        for (const [i, at] of outcomes.entries()) {
          outcomes[i] = at.filter(({ name }) =>
            r.contenders.some((c) => c.name === name)
          );
        }
      }
    }));
    assertEquals(few.$("#kernels-chart, #native-chart").length, 0);
    assertEquals(few.$("#portable-chart").length, 1);
    assert(!few.text.includes("NaN") && !few.text.includes("undefined"));
  });
});

describe("makeFigure()", () => {
  it("draws the kernels of the report, or says that they are missing", async () => {
    const read = (report: Report) => () =>
      Promise.resolve(JSON.stringify(report));
    const { facts } = await makeFigure("measured", read(REPORT));
    assertStringIncludes(
      facts,
      "At 64×64 the plain makes 2 GFLOP/s, and the library’s fastest call on one thread 50: 25 times as many.",
    );
    const without = changed((r) => r.races.shift());
    const error = await makeFigure("measured", read(without))
      .then(() => undefined, (e) => e);
    assertStringIncludes(error?.message, 'must have a race "matmul"');
  });
});
