// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Names of a page's symbols as a message has them: Unicode in place of TeX.
 *
 * @module
 */

const GREEK: Record<string, string> = Object.fromEntries(
  ("alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ " +
    "iota ι kappa κ lambda λ mu μ nu ν xi ξ pi π rho ρ sigma σ tau τ upsilon υ " +
    "phi ϕ varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ " +
    "Pi Π Sigma Σ Phi Φ Psi Ψ Omega Ω ell ℓ")
    .split(" ").flatMap((name, i, all) => i % 2 ? [] : [[name, all[i + 1]]]),
);

const ACCENTS: Record<string, string> = {
  hat: "\u0302",
  bar: "\u0304",
  overline: "\u0304",
  tilde: "\u0303",
  dot: "\u0307",
  vec: "\u20d7",
};

/** A symbol or derivative as a person writes it: ∂E/∂γ for `∂E/∂\gamma`. */
export function showName(name: string): string {
  return name
    .replace(
      /\\([a-z]+)\{(\\?[A-Za-z]+)\}/g,
      (all, accent, of) => accent in ACCENTS ? of + ACCENTS[accent] : all,
    )
    .replace(/\\([A-Za-z]+)/g, (all, letter) => GREEK[letter] ?? all)
    .replace(/\{?\\mathrm\{(\w+)\}\}?/g, "$1");
}
