// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Imported before TypeScript, which reads the environment where it takes the
 * runtime for Node: as in a browser, it needs no permission.
 *
 * @module
 */

import process from "node:process";

Object.assign(process, { browser: true });
