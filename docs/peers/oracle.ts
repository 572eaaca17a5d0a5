// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Compares TensorFlow.js with the special points, and lists what differs: an
 * example of how to test another library with the data of this one.
 *
 * Usage: `deno task oracle` writes the files, then `deno task oracle:tfjs [FOLDER]`
 * reads them.
 *
 * @module
 */

import { type Candidate, differences, type Tensor } from "../oracle/compare.ts";
import type { Oracle } from "../oracle/oracle.ts";
// The CPU's backend computes in float32.
import * as tf from "npm:@tensorflow/tfjs@4.22.0";

type Tf = tf.Tensor;

/** A function of TensorFlow.js, on inputs in the order of the operation's. */
type Call = (inputs: Tf[], options: Record<string, unknown>) => Tf;

const CALLS: Record<string, Call> = {
  abs: ([x]) => tf.abs(x),
  add: ([x, y]) => tf.add(x, y),
  clamp: ([x], { min = -Infinity, max = Infinity }) =>
    tf.clipByValue(x, Number(min), Number(max)),
  cumsum: ([x], { axis }) => tf.cumsum(x, axis as number),
  div: ([x, y]) => tf.div(x, y),
  elu: ([x]) => tf.elu(x),
  exp: ([x]) => tf.exp(x),
  leakyRelu: ([x], { slope = 0.01 }) => tf.leakyRelu(x, Number(slope)),
  log: ([x]) => tf.log(x),
  matmul: ([x, y]) => tf.matMul(x, y),
  maximum: ([x, y]) => tf.maximum(x, y),
  minimum: ([x, y]) => tf.minimum(x, y),
  mul: ([x, y]) => tf.mul(x, y),
  relu: ([x]) => tf.relu(x),
  sigmoid: ([x]) => tf.sigmoid(x),
  softmax: ([x]) => tf.softmax(x),
  softplus: ([x]) => tf.softplus(x),
  sqrt: ([x]) => tf.sqrt(x),
  sub: ([x, y]) => tf.sub(x, y),
  tanh: ([x]) => tf.tanh(x),
};

/** Options that TensorFlow.js does not have: such points are left out. */
const LACKS: Record<string, string[]> = {
  elu: ["alpha"],
  softmax: ["axis"],
  softplus: ["beta"],
};

const toTf = ({ shape, data }: Tensor): Tf =>
  tf.tensor(Float32Array.from(data), [...shape], "float32");
const fromTf = (x: Tf): Tensor => ({
  shape: x.shape,
  data: Array.from(x.dataSync()),
});

/** A call with its gradients, by the names of the inputs. */
function candidate(call: Call): Candidate {
  return (inputs, dout, options) => {
    const names = Object.keys(inputs);
    const tensors = names.map((name) => toTf(inputs[name]!));
    const f = (...xs: Tf[]) => call(xs, options);
    const { value, grads } = tf.valueAndGrads(f)(tensors, toTf(dout));
    return {
      output: fromTf(value),
      gradients: Object.fromEntries(
        names.map((name, i) => [name, fromTf(grads[i])]),
      ),
    };
  };
}

/** Lists what differs, of the files in a folder. */
export async function main(folder: string): Promise<string[]> {
  await tf.setBackend("cpu");
  const read = async (name: string) =>
    JSON.parse(await Deno.readTextFile(`${folder}/${name}`));
  const lines: string[] = [];
  let points = 0;
  for (const name of await read("index.json")) {
    const oracle: Oracle = await read(name);
    const call = CALLS[oracle.op];
    if (call === undefined) continue;
    const lacks = LACKS[oracle.op] ?? [];
    const known = oracle.points.filter(({ options }) =>
      lacks.every((option) => !(option in options))
    );
    const { tried, found } = differences(
      { ...oracle, points: known },
      candidate(call),
    );
    points += tried;
    for (const { op, at, of, ours, theirs } of found) {
      lines.push(
        `${op} at ${at}: ${of} is ${
          typeof theirs === "string" ? theirs : theirs.join(", ")
        }, here ${ours.join(", ")}`,
      );
    }
  }
  lines.push(
    `TensorFlow.js ${tf.version.tfjs}: ${points} points of ${
      Object.keys(CALLS).length
    } operations, ${lines.length} differences`,
  );
  return lines;
}

if (import.meta.main) {
  const [folder = "docs/site/oracle"] = Deno.args;
  try {
    for (const line of await main(folder)) console.log(line);
  } catch (error) {
    console.error(
      `error: Cannot read the special points in ${folder}: ${
        (error as Error).message
      }; deno task oracle writes them`,
    );
    Deno.exitCode = 2;
  }
}
