// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Calls as code that can be pasted: a counterexample that a machine found is of
 * use where a person can run it.
 *
 * @module
 */

import { ARRAYS } from "../arrays.ts";
import type { AnyTensor } from "./draw.ts";

/** The call of a function: its arguments by name, and its options. */
export interface Snippet {
  name: string;
  /** Tensors, records of tensors, and null. */
  args: Readonly<Record<string, Argument>>;
  options?: Readonly<Record<string, unknown>>;
}

/** An argument of a call. */
export type Argument =
  | AnyTensor
  | null
  | Readonly<Record<string, AnyTensor>>;

/** A number as code; `String` loses the sign of zero. */
export function literal(x: number): string {
  return Object.is(x, -0) ? "-0" : String(x);
}

function isTensor(value: unknown): value is AnyTensor {
  return typeof value === "object" && value !== null && "data" in value &&
    ArrayBuffer.isView(value.data);
}

/**
 * A call as a program. What shares memory in the call shares it in the program,
 * and a view has the same offset and the same numbers around it.
 */
export function toCode({ name, args, options = {} }: Snippet): string {
  const named: [string, AnyTensor][] = [];
  const see = (name: string, value: unknown): void => {
    if (isTensor(value)) named.push([name, value]);
    else if (typeof value === "object" && value !== null) {
      for (const [key, part] of Object.entries(value)) {
        see(`${name}_${key}`, part);
      }
    }
  };
  for (const [arg, value] of Object.entries(args)) see(arg, value);
  see("out", options.out);

  const users = new Map<ArrayBufferLike, number>();
  for (const [, { data: { buffer } }] of named) {
    users.set(buffer, (users.get(buffer) ?? 0) + 1);
  }
  const lines = [`import { ${name} } from "@adjoint/ops";`, ""];
  const memories = new Map<ArrayBufferLike, string>();
  for (const [arg, { shape, data }] of named) {
    const { buffer, byteOffset, length } = data;
    const from = byteOffset / data.BYTES_PER_ELEMENT;
    const all = new ARRAYS[typeOf(data)](buffer);
    let text: string;
    if (users.get(buffer) === 1 && buffer instanceof ArrayBuffer) {
      text = list(all);
      if (all.length !== length) text += `.subarray(${from}, ${from + length})`;
    } else {
      let memory = memories.get(buffer);
      if (memory === undefined) {
        memory = `memory${memories.size + 1}`;
        memories.set(buffer, memory);
        lines.push(...declare(memory, all));
      }
      text = `${memory}.subarray(${from}, ${from + length})`;
    }
    lines.push(
      `const ${arg} = { shape: [${shape.join(", ")}], data: ${text} };`,
    );
  }
  const write = (name: string, value: unknown): string => {
    if (isTensor(value)) return name;
    if (typeof value === "number") return literal(value);
    if (Array.isArray(value)) {
      return `[${value.map((part) => write(name, part)).join(", ")}]`;
    }
    if (typeof value === "object" && value !== null) {
      const parts = Object.entries(value).map(([key, part]) => {
        const text = write(name === "" ? key : `${name}_${key}`, part);
        return text === key ? key : `${key}: ${text}`;
      });
      return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
    }
    return JSON.stringify(value) ?? "undefined";
  };
  const list_ = Object.entries(args).map(([arg, value]) => write(arg, value));
  if (Object.keys(options).length > 0) list_.push(write("", options));
  return [...lines, `console.log(${name}(${list_.join(", ")}));`].join("\n");
}

function typeOf(data: AnyTensor["data"]): keyof typeof ARRAYS {
  const name = Object.prototype.toString.call(data).slice(8, -1);
  return name.replace("Array", "").toLowerCase() as keyof typeof ARRAYS;
}

function declare(memory: string, all: AnyTensor["data"]): string[] {
  if (all.buffer instanceof ArrayBuffer) {
    return [`const ${memory} = ${list(all)};`];
  }
  const values = list(all);
  const kind = values.slice("new ".length, values.indexOf("("));
  return [
    `const ${memory} = new ${kind}(new SharedArrayBuffer(${all.byteLength}));`,
    `${memory}.set(${values});`,
  ];
}

function list(data: AnyTensor["data"]): string {
  const kind = ARRAYS[typeOf(data)].name;
  return `new ${kind}([${Array.from(data, literal).join(", ")}])`;
}
