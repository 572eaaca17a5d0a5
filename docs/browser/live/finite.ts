// Copyright 2026 the Adjoint authors. MIT license.

// Why an element is NaN or infinite: the first operation that makes it so.

import { brief } from "./numbers.ts";
import { type Element, partsOf, type Term } from "./terms.ts";

/**
 * Why a term is not finite, as a sentence; `name` writes an element. Nothing is
 * said of a finite one.
 */
export function whyNotFinite(
  term: Term,
  name: (element: Element) => string,
): string | undefined {
  if (Number.isFinite(term.value)) return undefined;
  const parts = partsOf(term);
  const value = brief(term.value);
  // NaN comes from NaN, and infinity from infinity; else it begins here.
  const from = parts.find((part) =>
    Number.isNaN(term.value)
      ? Number.isNaN(part.value)
      : !Number.isFinite(part.value)
  );
  if (from !== undefined) return whyNotFinite(from, name);
  if (term.kind === "element") return `${name(term)} is ${value}.`;
  const numbers = parts.map((part) => brief(part.value));
  switch (term.kind) {
    case "sum":
      return `∞ − ∞ has no value, so it is NaN.`;
    case "product":
      return numbers.includes("0") || numbers.includes("−0")
        ? "0 · ∞ has no value, so it is NaN."
        : `The product ${numbers.join(" · ")} is too large: ${value}.`;
    case "fraction":
      return Number.isNaN(term.value)
        ? `${numbers.join(" ∕ ")} has no value, so it is NaN.`
        : `${numbers.join(" ∕ ")} is ${value}.`;
    case "power":
      return `${numbers[0]} to the power ${numbers[1]} is ${value}.`;
    case "call":
      return `${term.name}(${numbers[0]}) is ${value}.`;
  }
  return undefined;
}
