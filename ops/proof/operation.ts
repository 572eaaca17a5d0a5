// Copyright 2026 the Adjoint authors. MIT license.

/**
 * An operation as the proof sees it: its page, its functions, and PyTorch's
 * values for it.
 *
 * @module
 */

import type { Goldens } from "../goldens/goldens.ts";
import type { TensorFunction } from "../gradcheck.ts";
import { type Page, PageError, readPage } from "./page.ts";

/** A page and the code that it describes. */
export interface Operation {
  /** The name of the forward function. */
  name: string;
  /** The file of the module, for messages. */
  file: string;
  page: Page;
  forward: TensorFunction;
  /** The backward functions, in the order of the page's inputs. */
  backward: TensorFunction[];
  goldens: Goldens;
}

/**
 * Puts an operation together from the text and the exports of its module.
 *
 * The forward function is the export `op` for which there is an `opD…` for every
 * input of the page.
 */
export function operation(
  file: string,
  source: string,
  exports: object,
  goldens: Goldens,
): Operation {
  const page = inFile(file, () => readPage(source));
  const functions = exports as Record<string, TensorFunction>;
  const names = (op: string) =>
    page.inputs.map(({ parameter }) => `${op}D${parameter}`);
  const found = Object.keys(functions).filter((op) =>
    names(op).every((name) => typeof functions[name] === "function")
  );
  if (found.length !== 1) {
    throw new PageError(
      `${file}: Cannot find the operation as the module must export a function op and, for the inputs of the page, ${
        names("op").join(", ")
      }: it exports ${Object.keys(functions).join(", ")}`,
    );
  }
  const [name] = found;
  return {
    name,
    file,
    page,
    forward: functions[name],
    backward: names(name).map((d) => functions[d]),
    goldens,
  };
}

function inFile<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new PageError(`${file}: ${(cause as Error).message}`, { cause });
  }
}
