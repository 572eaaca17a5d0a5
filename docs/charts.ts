// Copyright 2026 the Adjoint authors. MIT license.

// Charts as SVG, drawn while the site is built. Colors are variables of
// `styles/figures.css`, so that they follow the theme.

import * as Plot from "npm:@observablehq/plot@0.6.17";
import { parseHTML } from "npm:linkedom@0.18.15";
import type { Look } from "./measured.ts";
import { escapeHtml } from "./site.ts";

const { document } = parseHTML(
  "<html></html>",
) as unknown as Plot.PlotOptions;

/** One line of a chart. */
export interface Series {
  name: string;
  /** A limit has no color, and no markers. */
  look: Look;
  /** SVG's dash pattern. */
  dash?: string;
  points: [x: number, y: number][];
}

/** A chart of lines over logarithmic axes. */
export interface LineChart {
  /** What the picture shows, for readers who cannot see it. */
  label: string;
  x: string;
  y: string;
  /** The values on the axis of x, which are those of the points. */
  ticks: { value: number; text: string }[];
  series: Series[];
}

const [WIDTH, HEIGHT] = [760, 460];
const MARGIN = { top: 34, right: 178, bottom: 48, left: 58 };

/** Pixels of a character of a label, of those that take the most room on average. */
const CHARACTER = 7.4;

/** Pixels between two labels. */
const LINE = 15;

const COLORS = 8;
const SYMBOLS = [
  "circle",
  "square",
  "triangle",
  "diamond",
  "star",
  "cross",
  "wye",
] as const;

function colorOf({ color }: Look): string {
  return color < 0 ? "currentColor" : `var(--series-${color % COLORS + 1})`;
}

function symbolOf({ symbol }: Look) {
  return SYMBOLS[Math.max(symbol, 0) % SYMBOLS.length];
}

/** Draws lines with markers, each labelled at its end. */
export function lineChart({ label, x, y, ticks, series }: LineChart): string {
  const points = series.flatMap(({ name, look, points }) =>
    points.map(([x, y]) => ({ name, look, x, y }))
  );
  const values = points.map(({ y }) => y);
  const [low, high] = [Math.min(...values) * 0.85, Math.max(...values) * 1.2];
  const rounded = decades(low, high);
  const [first, last] = [ticks[0].value, ticks.at(-1)!.value];
  const height = HEIGHT - MARGIN.top - MARGIN.bottom;
  const toPixels = (v: number) =>
    height * Math.log(high / v) / Math.log(high / low);
  const fromPixels = (p: number) => high * (low / high) ** (p / height);

  // Room for the lines that lead from the last points to their labels.
  const end = last * (last / first) ** 0.05;
  const ends = series.map(({ points }) => points.at(-1)!);
  const places = spread(ends.map(([, y]) => toPixels(y)), height);
  const labels = series.map(({ name, look }, i) => ({
    name,
    look,
    x: ends[i][0],
    y: ends[i][1],
    end,
    at: fromPixels(places[i]),
  }));
  const stroke = ({ look }: { look: Look }) => colorOf(look);
  const symbol = ({ look }: { look: Look }) => symbolOf(look);
  const marked = <T extends { look: Look }>(all: T[]) =>
    all.filter(({ look }) => look.color >= 0);
  // Room for the longest name, which makes the picture wider and the lines no shorter.
  const longest = Math.max(...series.map(({ name }) => name.length));
  const right = Math.max(MARGIN.right, 30 + CHARACTER * longest);
  return draw({
    width: WIDTH - MARGIN.right + right,
    height: HEIGHT,
    marginTop: MARGIN.top,
    marginRight: right,
    marginBottom: MARGIN.bottom,
    marginLeft: MARGIN.left,
    style: { fontSize: "13px" },
    x: { type: "log", domain: [first, end] },
    y: { type: "log", domain: [low, high] },
    symbol: { type: "identity" },
    marks: [
      // As channels: the format of a logarithmic axis would omit some.
      Plot.axisX(ticks.map(({ value }) => value), {
        text: ticks.map(({ text }) => text),
        label: x,
        labelAnchor: "center",
        labelArrow: "none",
      }),
      Plot.axisY(rounded, {
        text: rounded.map((v) => v.toLocaleString("en")),
        label: y,
        labelArrow: "none",
      }),
      Plot.gridY(rounded),
      Plot.link(labels, {
        x1: "x",
        y1: "y",
        x2: "end",
        y2: "at",
        stroke,
        strokeWidth: 1,
        strokeOpacity: 0.45,
      }),
      ...series.map(({ look, dash, points }) =>
        Plot.line(points, {
          stroke: colorOf(look),
          strokeWidth: 2,
          strokeDasharray: look.color < 0 ? "8 5" : dash,
        })
      ),
      Plot.dot(marked(points), {
        x: "x",
        y: "y",
        stroke,
        symbol,
        r: 3.6,
        strokeWidth: 1.8,
        fill: "var(--bg)",
      }),
      Plot.dot(marked(labels), {
        x: "end",
        y: "at",
        dx: 12,
        stroke,
        symbol,
        r: 3.6,
        strokeWidth: 1.8,
        fill: "var(--bg)",
      }),
      Plot.text(labels, {
        x: "end",
        y: "at",
        dx: 21,
        text: "name",
        textAnchor: "start",
        fill: stroke,
      }),
    ],
  }, label);
}

/**
 * The names of the lines beside their colors, dashes and markers, for screens that
 * do not show the ends of the lines.
 */
export function legend(series: readonly Series[]): string {
  const items = series.map(({ name, look, dash }) => {
    const swatch = draw({
      width: 36,
      height: 16,
      margin: 0,
      axis: null,
      x: { domain: [0, 36] },
      y: { domain: [0, 16] },
      symbol: { type: "identity" },
      marks: [
        Plot.line([[0, 8], [36, 8]], {
          stroke: colorOf(look),
          strokeWidth: 2,
          strokeDasharray: look.color < 0 ? "8 5" : dash,
        }),
        Plot.dot(look.color < 0 ? [] : [[18, 8]], {
          stroke: colorOf(look),
          symbol: symbolOf(look),
          r: 3.6,
          strokeWidth: 1.8,
          fill: "var(--bg)",
        }),
      ],
    }, "").replace('role="img" aria-label=""', 'aria-hidden="true"');
    return `<li>${swatch}${escapeHtml(name)}</li>`;
  });
  return `<ul class="legend">${items.join("")}</ul>`;
}

/** A dot for each address that is read, in the order of reading. */
export function accessChart(
  { label, x, y, groups }: {
    label: string;
    x: string;
    y: string;
    groups: { name: string; look: Look; values: readonly number[] }[];
  },
): string {
  const dots = groups.flatMap(({ name, look, values }) =>
    values.map((value, i) => ({ name, look, x: i + 1, y: value }))
  );
  return draw({
    width: WIDTH,
    height: 300,
    marginTop: 40,
    marginRight: 24,
    marginBottom: 44,
    marginLeft: 58,
    style: { fontSize: "13px" },
    fx: { label: null, domain: groups.map(({ name }) => name), padding: 0.12 },
    x: { label: x, labelAnchor: "center", labelArrow: "none", ticks: 4 },
    y: { label: y, labelArrow: "none", grid: true },
    symbol: { type: "identity" },
    marks: [
      Plot.frame({ strokeOpacity: 0.3 }),
      Plot.dot(dots, {
        fx: "name",
        x: "x",
        y: "y",
        r: 2,
        fill: ({ look }: { look: Look }) => colorOf(look),
        symbol: ({ look }: { look: Look }) => symbolOf(look),
      }),
    ],
  }, label);
}

function draw(options: Plot.PlotOptions, label: string): string {
  const svg = Plot.plot({ ...options, document });
  svg.querySelector("style")?.remove();
  for (const element of svg.querySelectorAll("[aria-label], [aria-hidden]")) {
    element.removeAttribute("aria-label");
    element.removeAttribute("aria-hidden");
  }
  for (const name of ["class", "font-family"]) svg.removeAttribute(name);
  return svg.outerHTML.replace(
    "<svg ",
    `<svg role="img" aria-label="${escapeHtml(label)}" `,
  );
}

/** Powers of ten, and 2 and 5 times them where there are few. */
function decades(low: number, high: number): number[] {
  const ticks: number[] = [];
  for (
    let power = Math.floor(Math.log10(low));
    power <= Math.log10(high);
    power++
  ) {
    // As text, as 3 · 0.1 is not 0.3.
    for (const digit of [1, 2, 5]) ticks.push(Number(`${digit}e${power}`));
  }
  const inside = ticks.filter((tick) => tick >= low && tick <= high);
  const few = inside.length <= 9;
  return few ? inside : inside.filter((t) => /^[0.]*10*$/.test(`${t}`));
}

/** Moves labels apart, and back where the last would leave the picture. */
function spread(places: readonly number[], height: number): number[] {
  const order = places.map((_, i) => i).sort((a, b) => places[a] - places[b]);
  const result = [...places];
  let least = -Infinity;
  for (const i of order) {
    result[i] = Math.max(result[i], least);
    least = result[i] + LINE;
  }
  let most = height;
  for (const i of order.reverse()) {
    result[i] = Math.min(result[i], most);
    most = result[i] - LINE;
  }
  return result;
}
