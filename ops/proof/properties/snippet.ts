// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Calls as code that can be pasted: a counterexample that a machine found is of
 * use where a person can run it.
 *
 * @module
 */

import type { Tensor } from "../../tensor.ts";

/** The call of a function, `out` last where there is one. */
export interface Call {
  name: string;
  args: Readonly<Record<string, Tensor>>;
}

/** A number as code; `String` loses the sign of zero. */
export function literal(x: number): string {
  return Object.is(x, -0) ? "-0" : String(x);
}

/**
 * A call as a program. What shares memory in the call shares it in the program,
 * and a view has the same offset and the same numbers around it.
 */
export function toCode({ name, args }: Call): string {
  const users = new Map<ArrayBufferLike, string[]>();
  for (const [arg, { data }] of Object.entries(args)) {
    const names = users.get(data.buffer) ?? [];
    users.set(data.buffer, [...names, arg]);
  }
  const lines = [`import { ${name} } from "@adjoint/ops";`, ""];
  const memories = new Map<ArrayBufferLike, string>();
  for (const [arg, { shape, data }] of Object.entries(args)) {
    const { buffer, byteOffset, length } = data;
    const from = byteOffset / data.BYTES_PER_ELEMENT;
    const kind = data instanceof Float64Array ? Float64Array : Float32Array;
    const all = new kind(buffer as ArrayBuffer);
    const names = users.get(buffer)!;
    let text: string;
    if (names.length === 1 && buffer instanceof ArrayBuffer) {
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
  const result = `${name}(${Object.keys(args).join(", ")})`;
  return [...lines, `console.log(${result});`].join("\n");
}

function declare(memory: string, all: Tensor["data"]): string[] {
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

function list(data: Tensor["data"]): string {
  const kind = data instanceof Float64Array ? "Float64Array" : "Float32Array";
  return `new ${kind}([${Array.from(data, literal).join(", ")}])`;
}
