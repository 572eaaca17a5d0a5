// Copyright 2026 the Adjoint authors. MIT license.

/**
 * A small transformer that says which letter comes next, and its gradients twice: by
 * calls one after the other, and by reverse mode.
 *
 * @module
 */

import * as ops from "../../mod.ts";
import {
  add,
  attention,
  crossEntropy,
  embedding,
  gelu,
  linear,
  reshape,
  rmsNorm,
  rope,
  transpose,
} from "../../ops/recorded.ts";
import { valueAndGrad } from "../../ops/reverse.ts";
import type { Integers, Tensor } from "../../ops/tensor.ts";
import { draw, scale } from "./network.ts";

/** Texts of the same length, as numbers of letters, and the letter after each. */
export interface Batch {
  x: Tensor<[number, number], Integers>;
  t: Tensor<[number, number], Integers>;
}

/** A layer: what normalizes, and the matrices. */
export type Block = {
  g: Tensor<[128]>;
  q: Tensor<[128, 128]>;
  k: Tensor<[128, 128]>;
  v: Tensor<[128, 128]>;
  o: Tensor<[128, 128]>;
  f: Tensor<[128]>;
  up: Tensor<[512, 128]>;
  down: Tensor<[128, 512]>;
};

/** A row of numbers for each letter, the layers, and what makes logits. */
export type Transformer = {
  letters: Tensor<[number, 128]>;
  blocks: Block[];
  g: Tensor<[128]>;
  out: Tensor<[number, 128]>;
};

type Rows = Tensor<[number, number, 128]>;
type Heads = Tensor<[number, 4, number, 32]>;

/** How many layers there are. */
export const LAYERS = 2;

/** What a run begins with, for texts of so many different letters. */
export function begin(seed: number, letters: number): Transformer {
  let next = 100 * seed;
  const matrix = <R extends number, C extends number>(
    shape: [R, C],
    scale: number,
  ) => draw(next++, shape, scale);
  return {
    letters: matrix([letters, 128], 1 / 4),
    blocks: Array.from({ length: LAYERS }, () => ({
      g: scale([128]),
      q: matrix([128, 128], 1 / 8),
      k: matrix([128, 128], 1 / 8),
      v: matrix([128, 128], 1 / 8),
      o: matrix([128, 128], 1 / 16),
      f: scale([128]),
      up: matrix([512, 128], 1 / 8),
      down: matrix([128, 512], 1 / 32),
    })),
    g: scale([128]),
    out: matrix([letters, 128], 1 / 16),
  };
}

const axes = [0, 2, 1, 3] as const, causal = true;

/** The rows of each head: 32 of the 128 numbers. */
function split(x: Rows): Heads {
  const [n, m] = x.shape;
  return transpose(reshape(x, [n, m, 4, 32]), { axes });
}

/** The heads, side by side again. */
function joined(x: Heads): Rows {
  const [n, , m] = x.shape;
  return reshape(transpose(x, { axes }), [n, m, 128]);
}

/** A layer: the letters look at those before them, and then each by itself. */
export function block(x: Rows, p: Block): Rows {
  const a = rmsNorm(x, p.g);
  const q = rope(split(linear(a, p.q, null)));
  const k = rope(split(linear(a, p.k, null)));
  const v = split(linear(a, p.v, null));
  const y = add(x, linear(joined(attention(q, k, v, { causal })), p.o, null));
  const h = gelu(linear(rmsNorm(y, p.f), p.up, null));
  return add(y, linear(h, p.down, null));
}

/** The logits of the letter after each. */
export function logits(
  { letters, blocks, g, out }: Transformer,
  x: Batch["x"],
) {
  let z: Rows = embedding(letters, x);
  for (const p of blocks) z = block(z, p);
  return linear(rmsNorm(z, g), out, null);
}

/** The loss of a batch. */
export function loss(params: Transformer, { x, t }: Batch): Tensor<[]> {
  const z = logits(params, x);
  const [n, m, c] = z.shape;
  return crossEntropy(
    reshape(z, [n * m, c]),
    ops.reshape(t, [n * m]),
  );
}

/** The loss and its gradients, by reverse mode. */
export const byMachine = valueAndGrad(loss, { wrt: [0] });

/** The loss and its gradients, by hand. */
export function byHand(
  { letters, blocks, g, out }: Transformer,
  { x, t }: Batch,
) {
  let z: Rows = ops.embedding(letters, x);
  const made = blocks.map((p) => {
    const x = z, a = ops.rmsNorm(x, p.g);
    const q = split(ops.linear(a, p.q, null)), turnedQ = ops.rope(q);
    const k = split(ops.linear(a, p.k, null)), turnedK = ops.rope(k);
    const v = split(ops.linear(a, p.v, null));
    const u = joined(ops.attention(turnedQ, turnedK, v, { causal }));
    const y = ops.add(x, ops.linear(u, p.o, null));
    const b = ops.rmsNorm(y, p.f), c = ops.linear(b, p.up, null);
    const h = ops.gelu(c);
    z = ops.add(y, ops.linear(h, p.down, null));
    return { p, x, a, q, turnedQ, k, turnedK, v, u, y, b, c, h };
  });
  const r = ops.rmsNorm(z, g), [n, m] = x.shape, c = letters.shape[0];
  const y = ops.reshape(ops.linear(r, out, null), [n * m, c]);
  const labels = ops.reshape(t, [n * m]);
  const value = ops.crossEntropy(y, labels);

  const dy = ops.crossEntropyDlogits(y, labels, ops.scalar(1));
  const last = ops.linearD(r, out, null, ops.reshape(dy, [n, m, c]));
  const normed = ops.rmsNormD(z, g, last.x);
  let dz: Rows = normed.x;
  const grads = made.toReversed().map((made): Block => {
    const { p, x, a, q, turnedQ, k, turnedK, v, u, y, b, c, h } = made;
    const down = ops.linearD(h, p.down, null, dz);
    const up = ops.linearD(b, p.up, null, ops.geluDx(c, down.x));
    const f = ops.rmsNormD(y, p.f, up.x);
    const dy = ops.add(dz, f.x); // Two paths lead from y to the loss.
    const o = ops.linearD(u, p.o, null, dy);
    const heads = ops.attentionD(turnedQ, turnedK, v, split(o.x), { causal });
    const dq = ops.ropeDx(q, heads.q), dk = ops.ropeDx(k, heads.k);
    const ofV = ops.linearD(a, p.v, null, joined(heads.v));
    const ofK = ops.linearD(a, p.k, null, joined(dk));
    const ofQ = ops.linearD(a, p.q, null, joined(dq));
    const da = ops.add(ops.add(ofV.x, ofK.x), ofQ.x); // And three from a.
    const first = ops.rmsNormD(x, p.g, da);
    dz = ops.add(dy, first.x);
    return {
      ...{ g: first.gamma, q: ofQ.w, k: ofK.w, v: ofV.w, o: o.w },
      ...{ f: f.gamma, up: up.w, down: down.w },
    };
  }).reverse();
  const rows = ops.embeddingDw(letters, x, dz);
  return {
    value,
    grads: [
      { letters: rows, blocks: grads, g: normed.gamma, out: last.w },
    ] as const,
  };
}

/** How much each letter of a text looks at each before it, in each head of the last
 * layer: the probabilities that attention does not show. */
export function weights(
  { letters, blocks }: Transformer,
  x: Tensor<[1, number], Integers>,
): Tensor<[number, number, number]> {
  let z: Rows = ops.embedding(letters, x);
  for (const p of blocks.slice(0, -1)) z = block(z, p);
  const p = blocks[blocks.length - 1], m = x.shape[1];
  const a = ops.rmsNorm(z, p.g);
  const q = ops.rope(split(ops.linear(a, p.q, null)));
  const k = ops.rope(split(ops.linear(a, p.k, null)));
  const dots = ops.batchMatmul(q, ops.transpose(k, { axes: [0, 1, 3, 2] }));
  const data = Float32Array.from(
    dots.data,
    (v, i) => i % m > Math.floor(i / m) % m ? -Infinity : v / Math.sqrt(32),
  );
  return ops.softmax({ shape: [4, m, m], data });
}
