// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />

// On every page.

export {};
