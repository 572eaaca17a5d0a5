// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Writes the digits as a script for the site. A page that lies on a disk may load
 * scripts, and nothing else.
 *
 *     deno run --lock=docs/train/deno.lock --frozen -A docs/train/pack.ts digits.js
 *
 * @module
 */

import { readDigits } from "./mnist.ts";
import { pack } from "./packed.ts";

const [file] = Deno.args;
const { training, heldOut } = readDigits();
const packed = {
  training: await pack(training),
  heldOut: await pack(heldOut),
};
await Deno.writeTextFile(file, `adjointDigits=${JSON.stringify(packed)};\n`);
