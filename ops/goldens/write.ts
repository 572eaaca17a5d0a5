// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Writes what PyTorch computes for an operation, and what PyTorch, JAX and
 * TensorFlow do at the special points of its page, to `ops/goldens/<op>.json`.
 *
 * ```sh
 * deno task goldens softmax cross_entropy   # or all of them, where none is named
 * ```
 *
 * Nothing is listed here. The cases follow from the operation's signature, the
 * special points and the Python of each library are on its page. Tensors are
 * drawn here and handed to Python as they are, so that what PyTorch sees cannot
 * differ from what the tests draw again.
 *
 * It needs a Python that has PyTorch and NumPy: the one that `PYTHON` names, or
 * `python3`. If JAX or TensorFlow is missing, it keeps what the file holds for
 * rows that are still on the page.
 *
 * @module
 */

import { optionInputs } from "../proof/positional.ts";
import type { Signature } from "../core/op.ts";
import { hasKeepDims, settle } from "../core/options.ts";
import { bindPoint } from "../proof/bind.ts";
import { casesOf, type Declared } from "./cases.ts";
import type { Drawn, FloatType } from "./random.ts";
import {
  drawCase,
  encode,
  type FileCase,
  FLOATS,
  type GoldenFile,
  Hash,
  LIBRARIES,
  type LibraryName,
  readGoldens,
  REFUSES,
  storedPlaces,
} from "./read.ts";
import { readSpecialPoints, type SpecialPoint } from "../proof/special.ts";

const OPS = new URL("../", import.meta.url);
const EVALUATE = new URL("evaluate.py", import.meta.url);

/** The seed of all files. */
const SEED = 12;

/** The most bytes of a file. */
export const LIMIT = 60_000;

/** The number of elements to keep of a tensor: as many as the limit allows. */
const KEPT = [64, 48, 32, 24, 16, 12, 8, 6, 4];

/** A tensor on its way to Python or back: bytes in base64. */
interface Bytes {
  dtype: string;
  shape: number[];
  data: string;
}

/** What a library answers: results by name, or its message. */
type Answer = Record<string, Bytes> | string;

/** What a library is asked. */
interface Call {
  inputs: Record<string, Bytes | null>;
  options: Record<string, unknown>;
  dout: Record<string, Bytes | number | string>;
}

/** An operation: what its module says. */
export interface Op {
  /** The name of its file: `cross_entropy`. */
  stem: string;
  signature: Signature;
  declared: Declared;
  /** The Python of each library that the page names. */
  expressions: Partial<Record<LibraryName, string>>;
  points: SpecialPoint[];
}

/** An error that the author of a page, or who runs the task, can do something about. */
class GoldensError extends Error {
  override name = "GoldensError";
}

// --- Operations --------------------------------------------------------------

/** The modules of operations, by the names of their files. */
export async function findOps(): Promise<Map<string, URL>> {
  const found = new Map<string, URL>();
  for await (const family of Deno.readDir(OPS)) {
    if (!family.isDirectory) continue;
    const folder = new URL(`${family.name}/`, OPS);
    for await (const { name } of Deno.readDir(folder)) {
      if (!name.endsWith(".ts") || name.endsWith("_test.ts")) continue;
      const url = new URL(name, folder);
      if (/^export const signature\b/m.test(await Deno.readTextFile(url))) {
        found.set(name.slice(0, -3), url);
      }
    }
  }
  return new Map([...found].sort(([a], [b]) => a < b ? -1 : 1));
}

/** Reads what the module of an operation says. */
export async function readOp(stem: string, url: URL): Promise<Op> {
  const page = pageOf(await Deno.readTextFile(url));
  const { signature } = await import(url.href) as { signature: Signature };
  const references = section(page, "References");
  const expressions: Op["expressions"] = {};
  for (const name of LIBRARIES) {
    const found = RegExp(`${name}:\\s*\`([^\`]+)\``).exec(references);
    if (found !== null) expressions[name] = found[1].replace(/\s+/g, " ");
  }
  if (expressions.PyTorch === undefined) {
    throw new GoldensError(
      `${stem}: its section References must have PyTorch: and the expression in backquotes`,
    );
  }
  return {
    stem,
    signature,
    declared: signature.spec,
    expressions,
    points: readSpecialPoints(section(page, "Special points")),
  };
}

/** The module comment of a file, without its asterisks. */
function pageOf(text: string): string {
  const comments = text.matchAll(/^\/\*\*[^]*?\*\/$/gm);
  const page = [...comments].map(([comment]) => comment)
    .find((comment) => /^ \* @module\b/m.test(comment));
  return (page ?? "").replace(/^ \* ?/gm, "");
}

function section(page: string, title: string): string {
  return page.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ??
    "";
}

// --- Python ------------------------------------------------------------------

/** A Python process that answers for one library. */
class Library {
  readonly version: string;
  readonly #lines: AsyncIterator<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;

  private constructor(
    version: string,
    lines: AsyncIterator<string>,
    input: WritableStreamDefaultWriter<Uint8Array>,
  ) {
    this.version = version;
    this.#lines = lines;
    this.#input = input;
  }

  /** Starts Python; undefined if it does not have the library. */
  static async start(name: LibraryName): Promise<Library | undefined> {
    const python = Deno.env.get("PYTHON") || "python3";
    let child: Deno.ChildProcess;
    try {
      child = new Deno.Command(python, {
        args: [new URL(EVALUATE).pathname, name],
        stdin: "piped",
        stdout: "piped",
        stderr: Deno.env.has("VERBOSE") ? "inherit" : "null",
      }).spawn();
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) throw cause;
      return undefined;
    }
    const lines = linesOf(child.stdout);
    const first = await lines.next();
    const { version } = first.done ? {} : JSON.parse(first.value);
    const input = child.stdin.getWriter();
    if (version !== undefined) return new Library(version, lines, input);
    await input.close().catch(() => {});
    await child.status;
    return undefined;
  }

  async ask(job: {
    expression: string;
    wrt: readonly string[];
    outputs: string[];
    calls: Call[];
  }): Promise<Answer[]> {
    const line = new TextEncoder().encode(`${JSON.stringify(job)}\n`);
    await this.#input.write(line);
    const answer = await this.#lines.next();
    if (answer.done) {
      throw new GoldensError(
        `Python ended at ${job.expression}: run this again with VERBOSE=1 to see why`,
      );
    }
    return JSON.parse(answer.value);
  }

  async stop(): Promise<void> {
    await this.#input.close();
  }
}

async function* linesOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  for await (const chunk of stream) {
    const lines = decoder.decode(chunk, { stream: true }).split("\n");
    for (const line of lines.slice(0, -1)) {
      yield [...parts, line].join("");
      parts = [];
    }
    parts.push(lines.at(-1)!);
  }
}

/** The processes, each started when it is first needed. */
class Libraries {
  readonly #started = new Map<LibraryName, Promise<Library | undefined>>();

  get(name: LibraryName): Promise<Library | undefined> {
    let library = this.#started.get(name);
    if (library === undefined) {
      this.#started.set(name, library = Library.start(name));
    }
    return library;
  }

  async stop(): Promise<void> {
    for (const library of this.#started.values()) await (await library)?.stop();
  }
}

function bytesOf({ shape, data }: Drawn): Bytes {
  const dtype = data instanceof Int32Array
    ? "int32"
    : data instanceof Float32Array
    ? "float32"
    : "float64";
  return { dtype, shape, data: encode(data) };
}

function arrayOf(
  { dtype, data }: Bytes,
): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return dtype === "float32"
    ? Float32Array.from(
      { length: bytes.length / 4 },
      (_, i) => view.getFloat32(4 * i, true),
    )
    : Float64Array.from(
      { length: bytes.length / 8 },
      (_, i) => view.getFloat64(8 * i, true),
    );
}

function callOf(
  { options: declared = {} }: Declared,
  inputs: Record<string, Drawn | null>,
  options: Record<string, unknown>,
  dout: Record<string, Drawn | number>,
): Call {
  const given: Record<string, unknown> = settle(declared, options);
  if (hasKeepDims(declared)) given.keepDims = options.keepDims ?? false;
  for (const [name, option] of Object.entries(declared)) {
    if (option.kind === "axis") given[name] = options[name] ?? option.default;
    if (option.kind === "axes") given[name] = options[name] ?? null;
  }
  for (const [name, value] of Object.entries(given)) {
    // JSON has no infinities.
    if (Math.abs(value as number) === Infinity) given[name] = `${value}`;
  }
  return {
    inputs: Object.fromEntries(
      Object.entries(inputs).map((
        [name, x],
      ) => [name, x === null ? null : bytesOf(x)]),
    ),
    options: given,
    dout: Object.fromEntries(
      Object.entries(dout).map(([name, x]) => [
        name,
        typeof x === "object" ? bytesOf(x) : Number.isFinite(x) ? x : `${x}`,
      ]),
    ),
  };
}

// --- Cases -------------------------------------------------------------------

/** A case, and all elements of what PyTorch computed. */
interface Computed {
  file: FileCase;
  results: Record<FloatType, Answer>;
}

async function compute(
  op: Op,
  pytorch: Library,
): Promise<{ computed: Computed[]; drawn: string }> {
  const { stem, signature, declared } = op;
  const hash = new Hash();
  const files: FileCase[] = [];
  const calls: Call[] = [];
  const names = Object.keys(declared.outputs);
  const floats =
    Object.values(declared.inputs).filter((input) =>
      typeof input === "string" || input.integer === undefined && !input.option
    ).length;
  for (const { name, variant, inputs, options } of casesOf(declared)) {
    const file: FileCase = {
      name,
      ...variant === "plain" ? {} : { variant },
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([name, drawing]) => [
          name,
          drawing === null || drawing.domain !== undefined
            ? drawing as FileCase["inputs"][string]
            : drawing.shape,
        ]),
      ),
      ...Object.keys(options).length === 0 ? {} : { options },
      outputs: {},
      float32: "",
      float64: "",
    };
    // Our outputs determine the shape of dout. If our code refuses, so must
    // PyTorch.
    const trial = drawCase(
      { op: signature.name, seed: SEED, hash: new Hash() },
      file,
      "float32",
    );
    const outputs = shapesOf(signature, names, trial.inputs, options);
    if (outputs !== undefined) file.outputs = outputs;
    for (const dtype of FLOATS) {
      const { inputs, dout } = drawCase(
        { op: signature.name, seed: SEED, hash },
        file,
        dtype,
      );
      calls.push(callOf(declared, inputs, options, dout));
    }
    files.push(file);
  }
  const answers = await pytorch.ask({
    expression: op.expressions.PyTorch!,
    wrt: op.signature.differentiable,
    outputs: names,
    calls,
  });
  const computed = files.map((file, i): Computed => {
    const results = { float32: answers[2 * i], float64: answers[2 * i + 1] };
    // Without float inputs, PyTorch cannot know which float type to return.
    if (floats === 0) results.float64 = widened(results.float64);
    for (const dtype of FLOATS) checkAnswer(stem, file, results[dtype], dtype);
    return { file, results };
  });
  return { computed, drawn: hash.toString() };
}

/** An answer in float32, in float64. */
function widened(answer: Answer): Answer {
  if (typeof answer === "string") return answer;
  return Object.fromEntries(
    Object.entries(answer).map(([name, result]) => [
      name,
      bytesOf({
        shape: result.shape,
        data: Float64Array.from(arrayOf(result)),
      }),
    ]),
  );
}

/** The shapes of our outputs; undefined if our code refuses the inputs. */
function shapesOf(
  signature: Signature,
  names: string[],
  inputs: Record<string, Drawn | null>,
  options: Record<string, unknown>,
): Record<string, number[]> | undefined {
  let result: Record<string, Drawn> | Drawn;
  try {
    result = signature.forward(Object.values(inputs), options);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return;
    throw error;
  }
  const outputs = names.length === 1
    ? { [names[0]]: result as Drawn }
    : result as Record<string, Drawn>;
  return Object.fromEntries(
    names.map((name) => [name, [...outputs[name].shape]]),
  );
}

function checkAnswer(
  stem: string,
  { name, outputs, inputs }: FileCase,
  answer: Answer,
  dtype: FloatType,
): void {
  const where = `${stem}, ${name}, ${dtype}`;
  if (typeof answer === "string") {
    checkExpression(stem, "PyTorch", answer);
    if (Object.keys(outputs).length > 0) {
      console.error(`${where}: PyTorch refuses it. ${answer}`);
    }
    return;
  }
  if (Object.keys(outputs).length === 0) {
    throw new GoldensError(`${where}: ours refuses what PyTorch computes`);
  }
  for (const [key, result] of Object.entries(answer)) {
    const drawing = inputs[key.slice(1)];
    const shape = Object.hasOwn(outputs, key)
      ? outputs[key]
      : Array.isArray(drawing)
      ? drawing
      : drawing!.shape;
    if (result.dtype !== dtype || result.shape.join() !== shape.join()) {
      throw new GoldensError(
        `${where}: ${key} of PyTorch is ${result.dtype} [${result.shape}], and ours is ${dtype} [${shape}]`,
      );
    }
  }
}

/** A mistake in an expression is not what a library refuses. */
function checkExpression(
  stem: string,
  library: string,
  answer: Answer,
): void {
  if (typeof answer !== "string") return;
  if (/^(NameError|SyntaxError|AttributeError):/.test(answer)) {
    throw new GoldensError(
      `${stem}: the expression for ${library} does not run. ${answer}`,
    );
  }
}

/** A case in the form of the file, with this many elements of each result. */
function storedCase(op: string, { file, results }: Computed, kept: number) {
  const stored = (answer: Answer) =>
    typeof answer === "string" ? answer : Object.fromEntries(
      Object.entries(answer).map(([key, result]) => {
        const all = arrayOf(result);
        const places = storedPlaces({ op, kept }, file.name, key, all.length);
        const some = all.slice(0, places.length);
        places.forEach((place, k) => some[k] = all[place]);
        return [key, encode(some)];
      }),
    );
  return {
    ...file,
    float32: stored(results.float32),
    float64: stored(results.float64),
  };
}

// --- Special points ----------------------------------------------------------

async function measure(
  op: Op,
  name: LibraryName,
  library: Library,
): Promise<string[]> {
  const { stem, declared, points } = op;
  const bound = points.map((point) => bindPoint(declared, point));
  const answers = await library.ask({
    expression: op.expressions[name]!,
    wrt: op.signature.differentiable,
    outputs: Object.keys(declared.outputs),
    calls: bound.map(({ inputs, options, dout }) =>
      callOf(declared, inputs, options, dout)
    ),
  });
  return answers.map((answer) => {
    checkExpression(stem, name, answer);
    if (typeof answer === "string") return REFUSES + answer;
    return Object.entries(answer)
      .map(([key, result]) => `${key} = ${cellOf(result)}`).join(", ");
  });
}

/** A tensor as in a cell of the page, with all digits. */
function cellOf(result: Bytes): string {
  const values = arrayOf(result);
  const show = (value: number) => {
    if (Number.isNaN(value)) return "NaN";
    if (!Number.isFinite(value)) return value < 0 ? "-∞" : "∞";
    if (Object.is(value, -0)) return "-0";
    return result.dtype === "float64" ? `${value}` : shortest(value);
  };
  const nested = (shape: number[], from: number): string => {
    if (shape.length === 0) return show(values[from]);
    const step = shape.slice(1).reduce((a, b) => a * b, 1);
    const items = Array.from(
      { length: shape[0] },
      (_, i) => nested(shape.slice(1), from + i * step),
    );
    return `[${items.join(", ")}]`;
  };
  return nested(result.shape, 0);
}

/** A number of float32 with as few digits as tell it from its neighbors. */
function shortest(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value) return `${text}`;
  }
  return `${Number(value.toPrecision(9))}`;
}

// --- Files -------------------------------------------------------------------

async function write(op: Op, libraries: Libraries): Promise<void> {
  const pytorch = await libraries.get("PyTorch");
  if (pytorch === undefined) {
    throw new GoldensError(
      "a Python with PyTorch and NumPy is needed: `python3 -m pip install torch numpy`, and `jax` and `tensorflow-cpu` for what they do at special points; PYTHON names the Python to use",
    );
  }
  const path = new URL(`${op.stem}.json`, import.meta.url);
  const before = await readFile(path);
  const date = new Date().toISOString().slice(0, 10);
  const { computed, drawn } = await compute(op, pytorch);

  const measured: GoldenFile["libraries"] = {};
  const conventions: GoldenFile["conventions"] = op.points
    .map(({ at }) => ({ at }));
  for (const name of LIBRARIES) {
    const expression = op.expressions[name];
    if (expression === undefined) continue;
    const library = await libraries.get(name);
    if (library !== undefined) {
      measured[name] = { version: library.version, date, expression };
      const cells = await measure(op, name, library);
      conventions.forEach((row, i) => row[name] = cells[i]);
      continue;
    }
    // What was measured elsewhere stays, if the page still asks for it.
    const known = before?.libraries[name];
    if (known?.expression === expression) {
      measured[name] = known;
      for (const row of conventions) {
        const cell = before!.conventions.find(({ at }) => at === row.at);
        if (cell?.[name] !== undefined) row[name] = cell[name];
      }
    }
    const left = conventions.filter((row) => row[name] === undefined).length;
    console.error(
      `${op.stem}: ${name} is not installed, so what was measured of it stays; it is not measured at ${left} of ${conventions.length} special points`,
    );
  }

  const constants = optionInputs(op.signature.spec);
  let file: GoldenFile, text: string, kept: number, i = 0;
  do {
    kept = KEPT[i++];
    if (kept === undefined) {
      throw new GoldensError(
        `${op.stem}: its golden file has more than ${LIMIT / 1000} kB with ${
          KEPT.at(-1)
        } elements of each tensor; the cases are too many`,
      );
    }
    file = {
      op: op.signature.name,
      seed: SEED,
      kept,
      drawn,
      ...constants.length === 0 ? {} : { constants },
      libraries: measured,
      cases: computed.map((one) => storedCase(op.signature.name, one, kept)),
      conventions,
    };
    text = format(file);
  } while (new TextEncoder().encode(text).length > LIMIT);

  // A file that differs only in its date stays as it is.
  const same = before !== undefined &&
    withoutDates(before) === withoutDates(file);
  if (!same) {
    const beside = new URL(`${op.stem}.json.new`, import.meta.url);
    await Deno.writeTextFile(beside, text);
    await Deno.rename(beside, path);
  }
  const size = new TextEncoder().encode(text).length;
  console.log(
    `${op.stem}: ${computed.length} cases, ${conventions.length} special points, ${kept} elements of a tensor, ${
      Math.ceil(size / 1000)
    } kB${same ? ", as before" : ""}`,
  );
}

function withoutDates(file: GoldenFile): string {
  return JSON.stringify(
    file,
    (key, value) => key === "date" ? undefined : value,
  );
}

async function readFile(path: URL): Promise<GoldenFile | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  try {
    readGoldens(JSON.parse(text));
  } catch {
    return undefined; // Damaged, or of another form: it is written anew.
  }
  const { note: _, ...file } = JSON.parse(text);
  return file;
}

/** One case and one special point a line, for differences that can be read. */
function format({ cases, conventions, ...head }: GoldenFile): string {
  const lines = (rows: unknown[]) =>
    rows.length === 0
      ? "[]"
      : `[\n${
        rows.map((row) => `    ${JSON.stringify(row)}`).join(",\n")
      }\n  ]`;
  const fields = Object.entries(head).map(([key, value]) =>
    `  "${key}": ${JSON.stringify(value)}`
  );
  return `{
  "note": "Written by \`deno task goldens\`: do not edit",
${fields.join(",\n")},
  "cases": ${lines(cases)},
  "conventions": ${lines(conventions)}
}
`;
}

/**
 * What a page or a signature says, but its golden file does not. JAX and
 * TensorFlow may be missing, as they may have been when it was written.
 */
export function missingFrom(file: GoldenFile, op: Op): string[] {
  const missing: string[] = [];
  const names = new Set(file.cases.map(({ name }) => name));
  for (const { name } of casesOf(op.declared)) {
    if (!names.has(name)) missing.push(`the case ${name}`);
  }
  for (const name of LIBRARIES) {
    const measured = file.libraries[name];
    if (measured === undefined && name !== "PyTorch") continue;
    if (measured?.expression !== op.expressions[name]) {
      missing.push(`${name}: ${op.expressions[name] ?? "nothing"}`);
    }
  }
  const rows = new Set(file.conventions.map(({ at }) => at));
  for (const { at } of op.points) {
    if (!rows.has(at)) missing.push(`the special point ${at}`);
  }
  return missing;
}

async function main(names: string[]): Promise<void> {
  const found = await findOps();
  const stems = names.map((name) => {
    const stem = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
      .replaceAll("-", "_");
    if (found.has(stem)) return stem;
    throw new GoldensError(
      `there is no op ${name}; there are ${[...found.keys()].join(", ")}`,
    );
  });
  const libraries = new Libraries();
  try {
    for (const stem of names.length > 0 ? stems : found.keys()) {
      await write(await readOp(stem, found.get(stem)!), libraries);
    }
  } finally {
    await libraries.stop();
  }
}

if (import.meta.main) {
  try {
    await main(Deno.args);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (!/^(GoldensError|SpecialPointError)$/.test(error.name)) throw error;
    console.error(`Cannot write the goldens: ${error.message}`);
    Deno.exit(1);
  }
}
