// Copyright 2026 the Adjoint authors. MIT license.

import { type Function, largestError } from "../../ops/kernels/exact.ts";
import { map } from "../../ops/kernels/elementary.ts";

const scope = self as unknown as {
  onmessage(event: { data: [Function, [number, number, number]] }): void;
  postMessage(message: unknown): void;
};
scope.onmessage = ({ data: [name, range] }) => {
  scope.postMessage(largestError(name, (x, z) => {
    if (!map(name, x, z)) throw new Error("There is no WebAssembly");
  }, range));
};
