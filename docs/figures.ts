// Copyright 2026 the Adjoint authors. MIT license.

// The figures of the guides, by name. Each is made from what the code does or
// from measurements, so none can go stale.

import {
  linesTouched,
  misses,
  type Read,
  traceBlocked,
  traceNaive,
} from "./access.ts";
import {
  matmulDx,
  mul,
  mulDx,
  mulDy,
  ones,
  scalar,
  sub,
  subDx,
  tensor,
  zeros,
} from "../mod.ts";
import { accessChart, lineChart } from "./charts.ts";
import { conventions } from "./conventions.ts";
import { coverage } from "./coverage.ts";
import {
  best,
  dashOf,
  digits,
  type ReadFile,
  readReport,
  runners,
  showSize,
} from "./measured.ts";
import { escapeHtml } from "./site.ts";

/** A figure, and the part of its caption that depends on the data. */
export interface Figure {
  html: string;
  facts: string;
}

/** The side of the matrices in the pictures, and the numbers of a cache line
 * there; of real lines, with 64 bytes, and of the model of a cache. */
const [SIDE, LINE] = [8, 4];
const [MODEL_SIDE, MODEL_LINE, MODEL_LINES] = [64, 16, 64];
const SMALL_BLOCKS = { ROWS: 32, DEPTH: 32, COLS: 32 };

/** The packed blocks, of X and of Y. */
const BLOCKS = ["xBlock", "yBlock"];

const CELL = 30;

type Maker = (read: ReadFile) => Promise<Figure>;

const FIGURES: Record<string, Maker> = {
  "chain": chain,
  "feeds": feeds,
  "naive-element": naiveElement,
  "naive-walk": naiveWalk,
  "tile": tile,
  "packing": packing,
  "walks": walks,
  "cache": cache,
  "measured": measured,
  "conventions": conventions,
  "coverage": coverage,
};

/** Makes a figure by its name. */
export async function makeFigure(
  name: string,
  read: ReadFile,
): Promise<Figure> {
  if (!Object.hasOwn(FIGURES, name)) {
    throw new RangeError(
      `Cannot make the figure ${name} as there is none of this name: there are ${
        Object.keys(FIGURES).join(", ")
      }`,
    );
  }
  return await FIGURES[name](read);
}

function readSource(read: ReadFile): Promise<string> {
  return read("ops/kernels/blocked.ts");
}

/** A matrix as cells; what is read has a number and a color. */
interface Grid {
  title: string;
  rows: number;
  cols: number;
  /** The text of a cell, by its place in memory. */
  text: ReadonlyMap<number, string>;
  /** Cells in a color of their own, 1 to 8. */
  tint: ReadonlyMap<number, number>;
}

function drawGrids(grids: readonly Grid[], label: string): string {
  const gap = 44;
  let left = 1;
  const parts: string[] = [];
  for (const { title, rows, cols, text, tint } of grids) {
    parts.push(`<text class="title" x="${left}" y="16">${title}</text>`);
    for (let at = 0; at < rows * cols; at++) {
      const x = left + at % cols * CELL;
      const y = 26 + Math.floor(at / cols) * CELL;
      const color = tint.get(at);
      parts.push(
        `<rect x="${x}" y="${y}" width="${CELL}" height="${CELL}"${
          color ? ` class="tint" style="--tint: var(--series-${color})"` : ""
        }/>`,
      );
      const said = text.get(at);
      if (said !== undefined) {
        parts.push(
          `<text x="${x + CELL / 2}" y="${y + CELL / 2}">${said}</text>`,
        );
      }
    }
    left += cols * CELL + gap;
  }
  const width = left - gap + 1;
  const height = 28 + Math.max(...grids.map(({ rows }) => rows)) * CELL;
  return `<svg class="grid" role="img" aria-label="${
    escapeHtml(label)
  }" viewBox="0 0 ${width} ${height}" style="max-width: ${width * 1.1}px">${
    parts.join("")
  }</svg>`;
}

/** One number through three steps, with its value and its gradient at each. */
function chain(): Promise<Figure> {
  const [w, x, t, one] = [2, 3, 5, 1].map((v) => scalar(v));
  const p = mul(w, x);
  const e = sub(p, t);
  const loss = mul(e, e);
  const [a, b] = [mulDx(e, e, one), mulDy(e, e, one)];
  const de = scalar(a.data[0] + b.data[0]);
  const dp = subDx(p, t, de);
  const dw = mulDx(w, x, dp);
  const steps = [
    { name: "w", value: w, grad: dw, next: "× x" },
    { name: "p", value: p, grad: dp, next: "− t" },
    { name: "e", value: e, grad: de, next: "square" },
    { name: "E", value: loss, grad: one, next: "" },
  ].map((step) => ({
    ...step,
    value: step.value.data[0],
    grad: step.grad.data[0],
  }));
  const [wide, high, gap] = [56, 40, 84];
  const parts = steps.map(({ name, value, grad, next }, i) => {
    const left = 1 + i * (wide + gap);
    const [middle, right] = [left + wide / 2, left + wide];
    const arrow = next === ""
      ? ""
      : `<text x="${right + gap / 2}" y="42">${next}</text><path d="M${
        right + 8
      } 52h${gap - 16}m-6 -5l6 5l-6 5"/><path d="M${right + gap - 8} 72h${
        16 - gap
      }m6 -5l-6 5l6 5"/>`;
    return `<rect x="${left}" y="42" width="${wide}" height="${high}" rx="6"/><text x="${middle}" y="67">${name}</text><text x="${middle}" y="30">${value}</text><text class="down" x="${middle}" y="104">${grad}</text>${arrow}`;
  });
  const width = 4 * wide + 3 * gap + 2;
  const said = steps.map(({ name, value, grad }) =>
    `${name} is ${value}, its gradient ${grad}`
  ).join("; ");
  return Promise.resolve({
    html: `<svg class="chain" role="img" aria-label="${
      escapeHtml(said)
    }." viewBox="0 0 ${width} 116" style="max-width: ${width}px">${
      parts.join("")
    }</svg>`,
    facts: "",
  });
}

/** What one element of the first factor feeds, as the gradient has it. */
function feeds(): Promise<Figure> {
  const [rows, inner, cols] = [3, 2, 4];
  const at = 1; // X₁₂
  // The element's gradient is not 0 for the outputs that it feeds, and is their factor.
  const y = tensor(
    Float32Array.from({ length: inner * cols }, (_, i) => i + 1),
    [inner, cols],
  );
  const factors = Array.from({ length: rows * cols }, (_, i) => {
    const dout = zeros([rows, cols]);
    dout.data[i] = 1;
    return matmulDx(ones([rows, inner]), y, dout).data[at];
  });
  const fed = factors.flatMap((factor, i) => factor === 0 ? [] : [i]);
  const used = fed.map((i) => y.data.indexOf(factors[i]));
  const index = (i: number, width: number) =>
    `${Math.floor(i / width) + 1},${i % width + 1}`;
  const tinted = (places: readonly number[], width: number, color: number) => ({
    text: new Map(places.map((i) => [i, index(i, width)])),
    tint: new Map(places.map((i) => [i, color])),
  });
  return Promise.resolve({
    html: drawGrids(
      [
        { title: "X", rows, cols: inner, ...tinted([at], inner, 1) },
        { title: "Y", rows: inner, cols, ...tinted(used, cols, 2) },
        { title: "Z", rows, cols, ...tinted(fed, cols, 3) },
      ],
      `Element ${index(at, inner)} of X feeds the elements ${
        fed.map((i) => index(i, cols)).join(" and ")
      } of Z, with the factors ${
        used.map((i) => index(i, cols)).join(" and ")
      } of Y.`,
    ),
    facts: "",
  });
}

/** The order of reads, as numbers from 1, and a color for all of them. */
function numbered(reads: readonly Read[], of: string, color: number) {
  const mine = reads.filter((read) => read.of === of);
  const text = new Map<number, string>();
  for (const [i, { at }] of mine.entries()) {
    if (!text.has(at)) text.set(at, `${i + 1}`);
  }
  return { text, tint: new Map([...text.keys()].map((at) => [at, color])) };
}

const SQUARE = { rows: SIDE, cols: SIDE };

/** What the naive kernel reads for the first element of Z. */
function naiveElement(): Promise<Figure> {
  const reads = traceNaive(SIDE).slice(0, 2 * SIDE);
  const of = (name: string) => reads.filter((read) => read.of === name);
  const lines = (name: string) => linesTouched(of(name), LINE);
  const html = drawGrids(
    [
      { title: "X", ...SQUARE, ...numbered(reads, "x", 1) },
      { title: "Y", ...SQUARE, ...numbered(reads, "y", 2) },
      {
        title: "Z",
        ...SQUARE,
        text: new Map([[0, "Σ"]]),
        tint: new Map([[0, 3]]),
      },
    ],
    `The naive kernel reads ${of("x").length} elements of a row of X and ${
      of("y").length
    } of a column of Y, in the order of their numbers, for one element of Z.`,
  );
  return Promise.resolve({
    html,
    facts:
      `For one element of Z, ${reads.length} numbers are read for ${SIDE} multiply-adds. With ${LINE} numbers to a cache line, those of X come in ${
        lines("x")
      } lines, and those of Y in ${lines("y")}.`,
  });
}

/** Where in memory the naive kernel's reads of Y are. */
function naiveWalk(): Promise<Figure> {
  const n = 16;
  const reads = traceNaive(n).slice(0, 2 * n * 4);
  const of = (name: string) =>
    reads.filter((read) => read.of === name).map(({ at }) => at);
  return Promise.resolve({
    html: accessChart({
      label:
        `Places in memory that the naive kernel reads one after another, for four elements of Z, of ${n}×${n} matrices: those of X are neighbors, those of Y are ${n} apart.`,
      x: "reads, in their order",
      y: "place in memory",
      groups: [
        { name: "X", look: { color: 0, symbol: 0 }, values: of("x") },
        { name: "Y", look: { color: 1, symbol: 1 }, values: of("y") },
      ],
    }),
    facts:
      `Matrices of ${n}×${n}, four elements of Z: from one read of X to the next the kernel moves by 1, of Y by ${
        of("y")[1] - of("y")[0]
      }.`,
  });
}

/** One step of the blocked kernel's tile. */
async function tile(read: ReadFile): Promise<Figure> {
  const { reads } = await traceBlocked(await readSource(read), SIDE);
  const first = reads.findIndex(({ of }) => BLOCKS.includes(of));
  // A step ends where the next one reads on in the same block.
  const { of: block } = reads[first];
  const turn = reads.findIndex(({ of }, i) => i > first && of !== block);
  const next = reads.findIndex(({ of }, i) => i > turn && of === block);
  const step = reads.slice(first, next);
  const count = (name: string) => step.filter(({ of }) => of === name).length;
  const [a, b] = BLOCKS.map(count);
  const cells = (count: number, text: (i: number) => string, color: number) => {
    const all = Array.from({ length: count }, (_, i) => i);
    return {
      text: new Map(all.map((i) => [i, text(i)])),
      tint: new Map(all.map((i) => [i, color])),
    };
  };
  const html = drawGrids(
    [
      { title: "X", rows: a, cols: 1, ...cells(a, (i) => `a${i}`, 1) },
      { title: "Y", rows: 1, cols: b, ...cells(b, (i) => `b${i}`, 2) },
      {
        title: "sums",
        rows: a,
        cols: b,
        ...cells(a * b, (i) => `${Math.floor(i / b)}${i % b}`, 3),
      },
    ],
    `A step of the tile: ${a} numbers of X times ${b} of Y are added to ${
      a * b
    } sums.`,
  );
  return {
    html,
    facts: `A step loads ${a} + ${b} = ${
      a + b
    } numbers and makes ${a} · ${b} = ${a * b} multiply-adds, ${
      digits((a + b) / (a * b))
    } loads for each: sum 12 adds a1 times b2. The naive kernel needs 2 loads for each.`,
  };
}

/** Y, and where packing puts its numbers. */
async function packing(read: ReadFile): Promise<Figure> {
  const { reads, writes } = await traceBlocked(await readSource(read), SIDE);
  const packed = writes.filter(({ of }) => of === "yBlock");
  const used = reads.filter(({ of }) => of === "yBlock");
  // Two numbers of the tile's columns are side by side, and then the next row follows.
  const columns = packed.find(({ value }) => value === SIDE)!.at;
  const name = (at: number) => `${Math.floor(at / SIDE)}${at % SIDE}`;
  const tint = (at: number) => at % SIDE < columns ? 2 : 5;
  const places = packed.map(({ value }) => value);
  const html = drawGrids(
    [
      {
        title: "Y",
        ...SQUARE,
        text: new Map(places.map((at) => [at, name(at)])),
        tint: new Map(places.map((at) => [at, tint(at)])),
      },
      {
        title: "packed Y",
        ...SQUARE,
        text: new Map(packed.map(({ at, value }) => [at, name(value)])),
        tint: new Map(packed.map(({ at, value }) => [at, tint(value)])),
      },
    ],
    `Left: Y, each number named by its row and column. Right: the memory of packed Y, row after row: first the rows of the first ${columns} columns, then those of the others.`,
  );
  const jumps = used.slice(0, SIDE * columns)
    .filter(({ at }, i) => at !== used[0].at + i).length;
  return {
    html,
    facts:
      `Each number has the name of its row and column. In packed Y, memory goes from left to right, and on in the next row: ${columns} numbers of row 0, then the ${columns} below them, and so on. The first tile takes ${
        SIDE * columns
      } numbers of it, and jumps ${jumps === 0 ? "never" : `${jumps} times`}.`,
  };
}

/** The same product: the walk through Y, and through packed Y. */
async function walks(read: ReadFile): Promise<Figure> {
  const n = 16;
  const count = 4 * n;
  const naive = traceNaive(n).filter(({ of }) => of === "y").slice(0, count);
  const blocked = (await traceBlocked(await readSource(read), n)).reads
    .filter(({ of }) => of === "yBlock").slice(0, count);
  const distance = (reads: Read[]) =>
    reads.slice(1).reduce(
      (sum, { at }, i) => sum + Math.abs(at - reads[i].at),
      0,
    ) /
    (reads.length - 1);
  return {
    html: accessChart({
      label:
        `The first ${count} reads of Y: the naive kernel jumps through all of Y, the blocked kernel reads a packed block from its start.`,
      x: "reads, in their order",
      y: "place in memory",
      groups: [
        {
          name: "naive: Y",
          look: { color: 1, symbol: 1 },
          values: naive.map(({ at }) => at),
        },
        {
          name: "blocked: packed Y",
          look: { color: 2, symbol: 2 },
          values: blocked.map(({ at }) => at),
        },
      ],
    }),
    facts:
      `The first ${count} reads of Y, of ${n}×${n} matrices. From one to the next, the naive kernel moves by ${
        digits(distance(naive))
      } places on average, the blocked kernel by ${digits(distance(blocked))}.`,
  };
}

/** How often a small cache misses. */
async function cache(read: ReadFile): Promise<Figure> {
  const traces = {
    naive: traceNaive(MODEL_SIDE),
    blocked:
      (await traceBlocked(await readSource(read), MODEL_SIDE, SMALL_BLOCKS))
        .reads,
  };
  const flops = MODEL_SIDE ** 3;
  const counts = Object.entries(traces).map(([name, reads]) => ({
    name,
    reads: reads.length,
    missed: misses(reads, MODEL_LINE, MODEL_LINES),
  }));
  const rows = counts.map(({ name, reads, missed }) =>
    `<tr><th scope="row">${name}</th>${
      [reads, reads / flops, missed, 100 * missed / reads].map((value) =>
        `<td>${digits(value)}</td>`
      ).join("")
    }</tr>`
  );
  const [naive, blocked] = counts;
  return {
    html: `<table>
<thead><tr><th scope="col">kernel</th><th scope="col">reads</th><th scope="col">for each multiply-add</th><th scope="col">misses</th><th scope="col">% of the reads</th></tr></thead>
<tbody>${rows.join("")}</tbody>
</table>`,
    facts:
      `A model: a cache of ${MODEL_LINES} lines of ${MODEL_LINE} numbers, ${
        MODEL_LINES * MODEL_LINE * Float32Array.BYTES_PER_ELEMENT / 1024
      } KiB, that drops the line used longest ago; matrices of ${MODEL_SIDE}×${MODEL_SIDE}, in blocks of ${SMALL_BLOCKS.ROWS}×${SMALL_BLOCKS.DEPTH}. Every read of the two kernels was followed. The naive kernel misses ${
        digits(naive.missed / blocked.missed)
      } times as often.`,
  };
}

/** What was measured for the kernels. */
async function measured(read: ReadFile): Promise<Figure> {
  const report = await readReport(read);
  const race = report.races.find(({ op }) => op === "matmul");
  const all = race === undefined
    ? []
    : runners(report, race).filter(({ kind }) =>
      ["kernel", "adjoint", "limit"].includes(kind)
    );
  const kernels = all.filter(({ kind }) => kind === "kernel");
  if (race === undefined || kernels.length === 0) {
    throw new Error(
      'Cannot draw the kernels as docs/bench.json must have a race "matmul" with them: "deno task bench:report" measures it',
    );
  }
  const series = all.map((runner) => ({
    name: runner.name,
    look: runner.look,
    dash: dashOf(runner),
    points: race.sizes.flatMap((size, i): [number, number][] => {
      const rate = runner.rates[i];
      return rate === undefined ? [] : [[size, rate]];
    }),
  }));
  const fastest = best(all, "adjoint");
  const facts = kernels.map(({ name, rates }) => {
    const i = rates.findLastIndex((rate) => rate !== undefined);
    return `At ${showSize("matmul", race.sizes[i])} the ${name} makes ${
      digits(rates[i]!)
    } GFLOP/s, and the library’s fastest call on one thread ${
      digits(fastest[i]!.rate)
    }: ${digits(fastest[i]!.rate / rates[i]!)} times as many.`;
  });
  const { cpu, load } = report.machine;
  return {
    html: lineChart({
      label: `GFLOP/s of the kernels by the side of the matrices. ${
        facts.join(" ")
      }`,
      x: "n, for matrices of n×n",
      y: "GFLOP/s",
      ticks: race.sizes.map((value) => ({ value, text: `${value}` })),
      series,
    }),
    facts: `${facts.join(" ")} Measured on ${report.date} on one core of an ${
      escapeHtml(cpu)
    }, at a load of ${
      load[0]
    }; the dashed line without markers is what the core can do.`,
  };
}
