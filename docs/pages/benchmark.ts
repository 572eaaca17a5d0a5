// Copyright 2026 the Adjoint authors. MIT license.

// The page of the benchmark. Every figure on it, and every sentence that depends
// on one, comes from `docs/bench.json`.

import { legend, lineChart, type Series } from "../charts.ts";
import {
  best,
  callTime,
  dashOf,
  digits,
  join,
  readReport,
  type Runner,
  runners,
  showSize,
} from "../measured.ts";
import type { Kind } from "../peers/contender.ts";
import { ROUNDS, SLOWEST, TURN, WARM_UP } from "../peers/race.ts";
import { LOOP, OURS, STEPS } from "../peers/names.ts";
import {
  compare as compareTimes,
  type Comparison,
  type Race,
  type Report,
  type TableRow,
  unitOf,
} from "../peers/report.ts";
import { escapeHtml, type Page, type Project } from "../site.ts";

/** Up to this side a product takes microseconds, and the call itself counts. */
const SMALL = 128;

const TITLES: Record<string, string> = {
  matmul: "Matrix multiplication",
  matmulFloat64: "Matrix multiplication in float64",
  matmulDx: "The gradient with respect to the first factor",
  matmulDy: "The gradient with respect to the second factor",
  addBias: "Add bias",
  sum: "Sum",
};

const NAMES: Record<Exclude<Kind, "limit">, string> = {
  adjoint: "this library",
  kernel: "this library’s slower kernels",
  portable: "runs wherever a browser does",
  native: "native code",
};

/** What no program of this kind exceeds, where it is drawn. */
const LIMITS: Record<string, string> = {
  matmul:
    "multiply-adds in registers, on vectors of 128 bits as WebAssembly has them",
  addBias: "a copy that reads and writes as many bytes",
  sum: "a copy that moves as many bytes in all",
};

/** What native code is compared for. */
const NATIVE =
  "Native code does not run in a browser. It is measured on one thread, and may use vectors of 256 or 512 bits, so it can exceed the limit. ";

/** Makes `benchmark.html`. */
export async function benchmark({ root }: Project): Promise<Page[]> {
  const report = await readReport((path) =>
    Deno.readTextFile(new URL(path, root))
  );
  return [{
    path: "benchmark.html",
    title: "Benchmark",
    description:
      "How fast the operations are, compared with other libraries and with the limit of the machine.",
    section: "benchmark",
    main: benchmarkHtml(report),
    styles: ["figures", "benchmark"],
  }];
}

/** The content of the page. */
export function benchmarkHtml(report: Report): string {
  const { date, machine, runtime } = report;
  return `<div class="benchmark">
<h1>Benchmark</h1>
${
    headline(report)
  }<p class="lead">This page compares the operations with other libraries and with
the limit of the machine. All curves were measured in one run on
<time datetime="${date}">${showDate(date)}</time>.</p>
<dl class="machine">
${
    definitions([
      ["Processor", `${machine.cpu}, ${machine.cores} cores`],
      ["Memory", `${machine.memory} GiB`],
      ["System", machine.os],
      ["Runtime", `Deno ${runtime.deno}, V8 ${runtime.v8}`],
      ["Load average", `${machine.load.join(" before, ")} after`],
    ])
  }
</dl>
${loadNote(report)}
<h2 id="in-short">In short</h2>
<ul>
${report.races.map((race) => `<li>${summary(report, race)}</li>`).join("\n")}
${report.steps.rows.length > 0 ? `<li>${summaryOfSteps(report)}</li>` : ""}
${report.table.rows.length > 0 ? `<li>${summaryOfAll(report)}</li>` : ""}
</ul>
${report.races.map((race) => section(report, race)).join("\n")}
${report.steps.rows.length > 0 ? trainingSteps(report) : ""}
${report.table.rows.length > 0 ? everyOperation(report) : ""}
${participants(report)}
${method(report)}
</div>`;
}

function definitions(list: readonly [string, string][]): string {
  return list.map(([term, text]) =>
    `<div><dt>${term}</dt><dd>${escapeHtml(text)}</dd></div>`
  ).join("\n");
}

function showDate(date: string): string {
  return new Date(date).toLocaleDateString("en-GB", {
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  });
}

/** A run that shared the machine says so. */
function loadNote(report: Report): string {
  const { cores, load: [before, after] } = report.machine;
  const notes: string[] = [];
  // The run itself makes a load of 1, and of more where there are threads.
  if (before > 0.5 || after > cores) {
    notes.push(
      `The machine was not idle: its load was ${before} before the run and ${after} after it, on ${cores} cores. This affects all contenders, but not equally, so the figures are rough.`,
    );
  }
  const isAbove = report.races.some((race) =>
    race.op !== "sum" && shares(race, runners(report, race))
      .some(({ share }) => share > 1.02)
  );
  if (isAbove) {
    notes.push(
      "Some rates are above the limit measured beside them, which shows how rough they are.",
    );
  }
  return notes.length > 0 ? `<p class="note">${notes.join(" ")}</p>` : "";
}

function title(op: string): string {
  return TITLES[op] ?? op;
}

function section(report: Report, race: Race): string {
  const { op } = race;
  const all = runners(report, race);
  const charts = op === "matmul"
    ? productCharts(race, all)
    : [chart(race, all, title(op), `${op}-chart`)];
  return `<section aria-labelledby="${op}">
<h2 id="${op}">${title(op)}</h2>
<p>${about(race)}</p>
${charts.join("\n")}
${table(report, race)}
</section>`;
}

function about({ op }: Race): string {
  if (op === "addBias") {
    return "A bias is added along axis 1 of a tensor of rank 3. Each element is read, added to and written once, so the speed of the memory decides. The limit is a copy, <code>memcpy</code>, that reads and writes as many bytes.";
  }
  if (op === "sum") {
    return "The sum of all elements takes one addition for each element that is read. The limit is a copy, <code>memcpy</code>, that moves as many bytes in total, half of them read and half written. A sum writes none, so it can exceed this limit.";
  }
  const product = op === "matmulDx"
    ? "<code>matmulDx(x, y, dout)</code>, which multiplies <code>dout</code> by the transpose of <code>y</code>,"
    : op === "matmulDy"
    ? "<code>matmulDy(x, y, dout)</code>, which multiplies the transpose of <code>x</code> by <code>dout</code>,"
    : "The product of two square matrices";
  return `${product} counts as 2n³ flops for matrices of n×n, as a multiply-add is two. The limit is a loop of multiply-adds in registers, without loads or stores.`;
}

function productCharts(race: Race, all: readonly Runner[]): string[] {
  const of = (...kinds: Kind[]) =>
    all.filter(({ kind }) => [...kinds, "limit"].includes(kind));
  const heading = (id: string, text: string) => `<h3 id="${id}">${text}</h3>`;
  const charts: string[] = [];
  if (all.some(({ kind }) => kind === "kernel")) {
    charts.push(
      heading("kernels", "From the plain loop to the fast kernel"),
      chart(race, of("kernel", "adjoint"), "The kernels", "kernels-chart"),
    );
  }
  charts.push(
    heading("portable", "Beside libraries that run wherever a browser does"),
    chart(
      race,
      of("adjoint", "portable"),
      "Portable libraries",
      "portable-chart",
    ),
  );
  if (all.some(({ kind }) => kind === "native")) {
    charts.push(
      heading("native", "Beside native code"),
      chart(race, of("adjoint", "native"), "Native code", "native-chart"),
    );
  }
  if (race.sizes.filter((size) => size <= SMALL).length > 1) {
    charts.push(
      heading("small", "Time per call of small products"),
      timeChart(race, of("adjoint", "kernel", "portable")),
    );
  }
  return charts;
}

function chart(
  race: Race,
  all: readonly Runner[],
  name: string,
  id: string,
): string {
  const { op, sizes } = race;
  const unit = unitOf(op);
  const series = all.map((runner): Series => ({
    name: runner.name,
    look: runner.look,
    dash: dashOf(runner),
    points: pointsOf(runner, sizes, (rate) => rate),
  }));
  const caption = `${unit} against ${
    op.startsWith("matmul") ? "the side of the matrices" : "the elements of x"
  }, both logarithmic: higher is faster. ${
    escapeHtml(join(
      all.filter(({ kind }) => kind === "limit").map(({ name }) => name),
    ))
  }, dashed and without markers, is the limit: ${
    LIMITS[op] ?? LIMITS.matmul
  }. ${all.some(({ kind }) => kind === "native") ? NATIVE : ""}${
    reached(race, all)
  }`;
  return figure(
    id,
    lineChart({
      label: `${name}: ${unit} by size. ${describe(series, sizes, op, unit)}`,
      x: axis(op),
      y: unit,
      ticks: ticksOf(op, sizes),
      series,
    }),
    legend(series),
    `${caption} <a href="#${op}-table">The same figures as a table.</a>`,
  );
}

function timeChart({ op, sizes }: Race, all: readonly Runner[]): string {
  const small = sizes.filter((size) => size <= SMALL);
  const series = all.filter(({ kind }) => kind !== "limit")
    .map((runner): Series => ({
      name: runner.name,
      look: runner.look,
      dash: dashOf(runner),
      points: pointsOf(
        runner,
        small,
        (rate, size) => callTime(op, size, rate),
      ),
    }))
    .filter(({ points }) => points.length > 0);
  const [size] = small;
  const fastest = series.map(({ name, points }) => ({
    name,
    time: points.find(([x]) => x === size)?.[1] ?? Infinity,
  })).toSorted((a, b) => a.time - b.time);
  return figure(
    "small-chart",
    lineChart({
      label: `Small products: microseconds per call by size. ${
        describe(series, small, op, "µs")
      }`,
      x: axis(op),
      y: "µs per call",
      ticks: ticksOf(op, small),
      series,
    }),
    legend(series),
    `Microseconds of a whole call, both axes logarithmic: lower is faster. At ${
      showSize(op, size)
    }, ${escapeHtml(fastest[0].name)} takes ${
      digits(fastest[0].time)
    } µs, and ${escapeHtml(fastest.at(-1)!.name)} ${
      digits(fastest.at(-1)!.time)
    } µs.`,
  );
}

function pointsOf(
  { rates }: Runner,
  sizes: readonly number[],
  value: (rate: number, size: number) => number,
): [number, number][] {
  return sizes.flatMap((size, i) => {
    const rate = rates[i];
    return rate === undefined ? [] : [[size, value(rate, size)]];
  });
}

function axis(op: string): string {
  return op.startsWith("matmul") ? "n, for matrices of n×n" : "elements of x";
}

function ticksOf(op: string, sizes: readonly number[]) {
  return sizes.map((value) => ({
    value,
    text: op.startsWith("matmul")
      ? `${value}`
      : value.toLocaleString("en", { notation: "compact" }),
  }));
}

/** The last point of each line, in words. */
function describe(
  series: readonly Series[],
  sizes: readonly number[],
  op: string,
  unit: string,
): string {
  const ends = series.map(({ name, points }) => {
    const [x, y] = points.at(-1)!;
    return `${name} ${digits(y)} ${unit} at ${showSize(op, x)}`;
  });
  return `Sizes from ${showSize(op, sizes[0])} to ${
    showSize(op, sizes.at(-1)!)
  }; the lines end at ${join(ends)}.`;
}

function figure(
  id: string,
  svg: string,
  legend: string,
  caption: string,
): string {
  return `<figure class="chart" id="${id}">
${legend}
<div class="table">${svg}</div>
<figcaption>${caption}</figcaption>
</figure>`;
}

/** The fastest on one thread at each size, as shares of the limit. */
function shares({ sizes }: Race, all: readonly Runner[]) {
  const limits = best(all, "limit");
  const ours = best(all, "adjoint");
  return sizes.flatMap((size, i) => {
    const [us, limit] = [ours[i], limits[i]];
    return us && limit ? [{ ...us, size, share: us.rate / limit.rate }] : [];
  });
}

/** How near to the limit the fastest of a chart gets. */
function reached(race: Race, all: readonly Runner[]): string {
  const { op } = race;
  const [nearest] = shares(race, all).toSorted((a, b) => b.share - a.share);
  if (nearest === undefined) return "";
  const { name, rate, size, share } = nearest;
  return `${escapeHtml(name)} comes nearest to the limit at ${
    showSize(op, size)
  }: ${digits(rate)} ${unitOf(op)}, ${percent(share)} of it.`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)}\u00a0%`;
}

/** One race in a few sentences. */
function summary(report: Report, race: Race): string {
  const { op } = race;
  const all = runners(report, race);
  const [nearest] = shares(race, all).toSorted((a, b) => b.share - a.share);
  const sentences = [
    ...nearest === undefined ? [":"] : [
      ` reaches ${percent(nearest.share)} of the limit, ${
        digits(nearest.rate)
      } ${unitOf(op)} at ${showSize(op, nearest.size)}.`,
    ],
    ...versus(race, all, "portable", "portable library"),
    ...versus(race, all, "native", "native library"),
    ...all.filter(({ kind, threads }) => kind === "adjoint" && threads > 1)
      .flatMap((runner) => gain(race, runner, best(all, "adjoint"))),
  ];
  return `<a href="#${op}">${title(op)}</a>${sentences.join(" ")}`;
}

/** On one thread: at how many sizes it is the fastest, and who is faster elsewhere. */
function versus(
  { op, sizes }: Race,
  all: readonly Runner[],
  kind: Kind,
  what: string,
): string[] {
  const [ours, others] = [best(all, "adjoint"), best(all, kind)];
  const met = sizes.flatMap((size, i) => {
    const [us, other] = [ours[i], others[i]];
    return us && other
      ? [{ size, name: other.name, ratio: other.rate / us.rate }]
      : [];
  });
  if (met.length === 0) return [];
  const lost = met.filter(({ ratio }) => ratio > 1);
  if (lost.length === 0) {
    return [`It is faster than every ${what} at all ${met.length} sizes.`];
  }
  const { size, name, ratio } = lost.reduce((a, b) =>
    b.ratio > a.ratio ? b : a
  );
  return [
    `${
      lost.length === met.length
        ? `The fastest ${what} is faster at every size`
        : `It is faster than every ${what} at ${
          met.length - lost.length
        } of ${met.length} sizes`
    }; ${escapeHtml(name)} is up to ${digits(ratio)} times as fast, at ${
      showSize(op, size)
    }.`,
  ];
}

/** What threads gain, at the size where they gain most. */
function gain(
  { op, sizes }: Race,
  { threads, rates }: Runner,
  alone: ReturnType<typeof best>,
): string[] {
  const ratios = sizes.flatMap((size, i) => {
    const [rate, one] = [rates[i], alone[i]];
    return rate && one ? [{ size, ratio: rate / one.rate }] : [];
  });
  if (ratios.length === 0) return [];
  const most = ratios.reduce((a, b) => b.ratio > a.ratio ? b : a);
  return [
    most.ratio > 1
      ? `With ${threads} threads it is up to ${
        digits(most.ratio)
      } times as fast as with one, at ${showSize(op, most.size)}.`
      : `With ${threads} threads it is no faster than with one, at any size.`,
  ];
}

/** The one number that matters: large products, beside the best that browsers run. */
function headline(report: Report): string {
  const race = report.races.find(({ op }) => op === "matmul");
  if (race === undefined) return "";
  const all = runners(report, race);
  const [ours, others] = [best(all, "adjoint"), best(all, "portable")];
  const met = race.sizes.flatMap((size, i) => {
    const [us, other] = [ours[i], others[i]];
    return us && other
      ? [{ size, name: other.name, ratio: us.rate / other.rate }]
      : [];
  });
  const last = met.at(-1);
  if (last === undefined) return "";
  const times = digits(Number(last.ratio.toPrecision(2)));
  return `<p class="headline">On one core, a product of ${
    showSize("matmul", last.size)
  } matrices is
<b>${times} times</b> as fast as with ${
    escapeHtml(last.name)
  }, the fastest other library that runs in a browser.</p>
`;
}

function table(report: Report, race: Race): string {
  const { op, sizes, outcomes } = race;
  const all = runners(report, race);
  const cell = (text: string | undefined) =>
    text === undefined
      ? '<td><span aria-label="not measured">–</span></td>'
      : `<td>${text}</td>`;
  const row = (name: string, cells: (string | undefined)[], style = "") =>
    `<tr${style && ` class="${style}"`}><th scope="row">${
      escapeHtml(name)
    }</th>${cells.map(cell).join("")}</tr>`;
  const ratio = (rates: Runner["rates"], others: ReturnType<typeof best>) =>
    rates.map((rate, i) => {
      const other = others[i];
      return rate === undefined || other === undefined
        ? undefined
        : (rate / other.rate).toFixed(2);
    });
  const rows = all.map(({ name, kind, rates }) =>
    row(
      name,
      rates.map((rate) => rate === undefined ? undefined : digits(rate)),
      kind,
    )
  );
  const ours = all.filter(({ kind }) => kind === "adjoint");
  const against = [
    ["one thread", best(all, "adjoint")],
    ["best portable library", best(all, "portable")],
    ["best native library", best(all, "native")],
    ["limit", best(all, "limit")],
  ] as const;
  // The others and the limits run on one thread, so threads are compared with
  // one thread only.
  const ratios = ours.flatMap(({ name, threads, rates }) =>
    against.filter(([whom, others]) =>
      others.length > 0 && (whom === "one thread") === (threads > 1)
    ).map(([whom, others]) =>
      row(`${name} / ${whom}`, ratio(rates, others), "ratio")
    )
  );
  const reasons = outcomes.flatMap((at, i) =>
    at.flatMap(({ name, reason }) =>
      reason === undefined
        ? []
        : [`${name} at ${showSize(op, sizes[i])}: ${reason}`]
    )
  );
  return `<table class="figures" data-no-search>
<caption id="${op}-table">${title(op)}, ${unitOf(op)}</caption>
<thead><tr><th scope="col">${
    op.startsWith("matmul") ? "n, for n×n" : "elements"
  }</th>${
    sizes.map((size) => `<th scope="col">${size.toLocaleString("en")}</th>`)
      .join("")
  }</tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
<tbody>
${ratios.join("\n")}
</tbody>
</table>
${
    reasons.length > 0
      ? `<p class="note">Not measured: ${escapeHtml(join(reasons))}.</p>`
      : ""
  }`;
}

/** How many times as long everyone else takes for a training step. */
function ratiosOf({ outcomes: [all] }: TableRow) {
  const ours = all.find(({ name }) => name === OURS)?.ms;
  return all.flatMap(({ name, ms }) =>
    ms === undefined || ours === undefined || name === OURS
      ? []
      : [{ name, ratio: ms / ours }]
  ).toSorted((a, b) => a.ratio - b.ratio);
}

/** The training steps in a few sentences. */
function summaryOfSteps({ contenders, steps: { rows } }: Report): string {
  const isOf = (kind: Kind) => ({ name }: { name: string }) =>
    contenders.some((c) => c.kind === kind && c.name === name.split(",")[0]);
  const sentences = rows.flatMap((row) => {
    const ratios = ratiosOf(row);
    const parts = (["portable", "native"] as const).flatMap((kind) => {
      const fastest = ratios.find(isOf(kind));
      return fastest === undefined
        ? []
        : [`${digits(fastest.ratio)} times as fast as with ${fastest.name}`];
    });
    return parts.length > 0
      ? [`A step of the ${row.name} is ${join(parts)}.`]
      : [];
  });
  return `<a href="#training">Training</a>: ${
    escapeHtml(sentences.join(" ").replace(/^A/, "a"))
  }`;
}

/** The section of the training steps. */
function trainingSteps(
  { steps: { date, load: [before, after], rows } }: Report,
) {
  const names = [
    ...new Set(rows.flatMap(({ outcomes: [all] }) => all.map((o) => o.name))),
  ].toSorted((a, b) => Number(b === OURS) - Number(a === OURS));
  const cells = (row: TableRow, name: string) => {
    const ms = row.outcomes[0].find((o) => o.name === name)?.ms;
    const ratio = ratiosOf(row).find((r) => r.name === name)?.ratio;
    return ms === undefined
      ? '<td><span aria-label="not measured">–</span></td>'
      : `<td>${digits(ms)}${
        ratio === undefined ? "" : ` <small>${digits(ratio)} ×</small>`
      }</td>`;
  };
  const reasons = rows.flatMap(({ name: network, outcomes: [all] }) =>
    all.flatMap(({ name, reason }) =>
      reason === undefined ? [] : [`${name} at the ${network}: ${reason}`]
    )
  );
  return `<section aria-labelledby="training">
<h2 id="training">Training</h2>
<p>The table gives the milliseconds of a whole training step of each network of the
<a href="guides/train-a-network.html">guides</a>, on one thread: the loss, the gradients of all weights, and the
optimiser (momentum; Adam for the transformer). The small figure is the ratio to this library’s time.
Everyone starts from the same weights and the same batch, and the losses of the first steps must agree.
The perceptron has 784, 128 and 10 units; NumPy and jax-js train only this one. The fastest of many turns counts. Measured on ${
    showDate(date)
  }, at a load of ${before} before and ${after} after it.</p>
<table class="figures" data-no-search>
<caption>Training steps, ms</caption>
<thead><tr><th scope="col">network, batch</th>${
    rows.map(({ name, sizes: [size] }) =>
      `<th scope="col">${escapeHtml(name)}, ${size}</th>`
    ).join("")
  }</tr></thead>
<tbody>
${
    names.map((name) =>
      `<tr${name === OURS ? ' class="adjoint"' : ""}><th scope="row">${
        escapeHtml(name)
      }</th>${rows.map((row) => cells(row, name)).join("")}</tr>`
    ).join("\n")
  }
</tbody>
</table>
${
    reasons.length > 0
      ? `<p class="note">Not measured: ${escapeHtml(join(reasons))}.</p>`
      : ""
  }
</section>`;
}

/** The columns of the table of all operations: about so many numbers. */
const COLUMNS = [1e3, 1e5, 1e7];

/** The column that the limits are said for. */
const MIDDLE = 1;

/** The size of a column that a size is nearest to. */
function columnOf(size: number): number {
  const far = COLUMNS.map((column) => Math.abs(Math.log(size / column)));
  return far.indexOf(Math.min(...far));
}

/** What a function took in each column. */
function columns({ sizes, outcomes }: TableRow): (Comparison | undefined)[] {
  const all: (Comparison | undefined)[] = COLUMNS.map(() => undefined);
  sizes.forEach((size, i) => all[columnOf(size)] = compareTimes(outcomes[i]));
  return all;
}

/** So many of the slowest operations are named; the table has them all. */
const NAMED = 5;

/** The table of all operations in a few sentences. */
function summaryOfAll({ table: { rows } }: Report): string {
  const raced = rows.flatMap((row) => {
    const peer = columns(row)[MIDDLE]?.peer;
    return peer ? [{ name: row.name, ratio: peer.ratio }] : [];
  });
  const ratios = raced.map(({ ratio }) => ratio);
  const ahead = ratios.filter((ratio) => ratio >= 1).length;
  const mean = Math.exp(
    ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length,
  );
  const behind = raced.filter(({ ratio }) => ratio < 0.5)
    .toSorted((a, b) => a.ratio - b.ratio);
  const size = COLUMNS[MIDDLE].toLocaleString("en");
  return `<a href="#operations">Every operation</a>: other libraries have ${raced.length} of the ${rows.length} functions. At about ${size} numbers, ${ahead} of these are at least as fast here as in the fastest other library, and the geometric mean of the ratios is ${
    digits(mean)
  }.${
    behind.length > 0
      ? ` ${
        behind.length === 1 ? "One function is" : `${behind.length} are`
      } less than half as fast${
        behind.length > NAMED ? "; the slowest are " : ": "
      }${
        escapeHtml(
          join(
            behind.slice(0, NAMED).map(({ name, ratio }) =>
              `${name} (${digits(ratio)})`
            ),
          ),
        )
      }.`
      : ""
  }`;
}

/** The section with the table of all operations. */
function everyOperation({ table }: Report): string {
  const { date, load: [before, after] } = table;
  const none = '<td><span aria-label="not measured">–</span></td>';
  const ratio = (value: number | undefined, whom = "") =>
    value === undefined
      ? none
      : `<td class="${value < 0.5 ? "behind" : value < 1 ? "near" : "ahead"}">${
        digits(Number(value.toPrecision(2)))
      }${whom && ` <small>${escapeHtml(whom)}</small>`}</td>`;
  const shown = COLUMNS.map((_, c) => c)
    .filter((c) => table.rows.some((row) => columns(row)[c] !== undefined));
  const rows = table.rows.map((row) => {
    const all = columns(row);
    const cells = shown.map((c) => all[c]).map((found) =>
      found === undefined
        ? none + none
        : `<td>${digits(found.ms * 1e3)}</td>${
          ratio(found.peer?.ratio, found.peer?.name)
        }`
    );
    const others = all.toReversed()
      .find((found) => found?.loop !== undefined || found?.steps !== undefined);
    const arena = all.findLast((found) => found?.arena !== undefined)?.arena;
    return `<tr><th scope="row"><code>${escapeHtml(row.name)}</code></th>${
      cells.join("")
    }${ratio(arena)}${ratio(others?.loop)}${ratio(others?.steps)}</tr>`;
  });
  const heads = shown.map((c) =>
    `<th scope="colgroup" colspan="2">${COLUMNS[c].toLocaleString("en")}</th>`
  );
  const reasons = new Map<string, string[]>();
  for (const { name, outcomes } of table.rows) {
    for (const { name: who, reason } of outcomes.flat()) {
      if (reason === undefined) continue;
      const key = `${who}: ${reason}`;
      const names = reasons.get(key) ?? [];
      if (!names.includes(name)) names.push(name);
      reasons.set(key, names);
    }
  }
  return `<section aria-labelledby="operations">
<h2 id="operations">Every operation</h2>
<p>The table gives the microseconds of a call in float32 that allocates its result, at about as many numbers as
the head of the column says, and the time of the fastest other library divided by it: above 1, this library is faster.
A gradient such as <code>softmaxD</code> is compared with the other library’s own differentiation, which computes the
forward function as well; this library’s gradients do so only where they need it. The last three columns are ratios,
too, at the largest of these sizes. The first compares the fastest other library with a call in an arena, which has its
inputs and its result in the memory of the kernels. The second compares the readable loop of the operation’s page with
the kernel that runs in its place, and the third the same result computed by several operations of this library.
Measured on <time datetime="${date}">${
    showDate(date)
  }</time>, at a load of ${before} before and
${after} after it. Each contender has up to 25 short turns, in rotation, and its fastest turn counts, because nothing
else on the machine interrupted it.</p>
<div class="table">
<table class="figures operations" data-no-search>
<caption>All operations: µs, and times as fast as the fastest peer</caption>
<thead>
<tr><th scope="col" rowspan="2">function</th>${
    heads.join("")
  }<th scope="col" rowspan="2">in an arena</th><th scope="colgroup" colspan="2">times as fast as</th></tr>
<tr>${
    shown.map(() => `<th scope="col">µs</th><th scope="col">ratio</th>`)
      .join("")
  }<th scope="col">${LOOP}</th><th scope="col">${STEPS}</th></tr>
</thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>
</div>
${
    reasons.size > 0
      ? `<details><summary>What could not be measured</summary><ul>${
        [...reasons].map(([reason, names]) =>
          `<li>${escapeHtml(`${join(names)}: ${reason}`)}</li>`
        ).join("")
      }</ul></details>`
      : ""
  }
</section>`;
}

function participants({ contenders, absent }: Report): string {
  const rows = contenders.filter(({ kind }) => kind !== "limit").map((
    { name, kind, version = "", note = "" },
  ) =>
    `<tr><th scope="row">${escapeHtml(name)}</th><td>${
      NAMES[kind as keyof typeof NAMES]
    }</td><td>${escapeHtml(version)}</td><td>${escapeHtml(note)}</td></tr>`
  );
  return `<h2 id="participants">Who took part</h2>
<table>
<thead><tr><th scope="col">name</th><th scope="col">what</th><th scope="col">version</th><th scope="col">note</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>
<p>${
    absent.length === 0 ? "Every contender took part." : `Missing: ${
      escapeHtml(
        join(absent.map(({ name, reason }) => `${name} (${reason})`)),
      )
    }.`
  }</p>`;
}

function method({ contenders }: Report): string {
  const limits = contenders.filter(({ kind }) => kind === "limit")
    .map(({ name }) => name);
  return `<h2 id="method">How it was measured</h2>
<ul>
<li>Every result is checked before anything is timed. The inputs are small
integers whose sums are exact in float32 in any order, so a correct result equals
the expected one, and no tolerance is needed.</li>
<li>After a warm-up of ${WARM_UP} ms the contenders take turns, ${ROUNDS} of them
each, of at least ${TURN} ms; every second round is in reverse order. The median
turn counts. Anything else that the machine does in
the meantime affects all of them, but not always equally.</li>
<li>A call that would take more than ${
    SLOWEST / 1000
  } s is skipped; the tables say so.</li>
<li>Before it is timed, each contender has its inputs in tensors of its own, and its
result stays in one. “out” means that every call writes to
the same tensor; a plain call allocates a new one. Contenders run on one
thread unless their name says otherwise.</li>
<li>The limits, ${
    escapeHtml(join(limits))
  }, are measured in the same run as everything else, by the same clock, on one
core. WebAssembly has vectors of 128 bits; native code may use wider ones, and can
therefore exceed the limit.</li>
<li>Other machines, browsers, GPUs and matrices that are not square were not measured.
Your machine will give other figures; <code>deno task bench:peers</code> measures them. <code>deno task bench:report</code> rewrites
the file that this page is made from.</li>
</ul>`;
}
