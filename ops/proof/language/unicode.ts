// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The signs of formulas in Unicode, in place of TeX.
 *
 * Unicode has subscripts for few letters: none for b, c, d, capitals and commas. An
 * element whose indices it cannot write has them in brackets, `X[i, b + 1]`.
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

const SIGNS: Record<string, string> = {
  lfloor: "⌊",
  rfloor: "⌋",
  lceil: "⌈",
  rceil: "⌉",
  cdot: "·",
  bmod: "mod",
  max: "max",
  min: "min",
};

/** A symbol or derivative as a person writes it: ∂E/∂γ for `∂E/∂\gamma`. */
export function showName(name: string): string {
  return name
    .replace(
      /\\([a-z]+)\{(\\?[A-Za-z]+)\}/g,
      (all, accent, of) => accent in ACCENTS ? of + ACCENTS[accent] : all,
    )
    .replace(
      /\\([A-Za-z]+)/g,
      (all, sign) => GREEK[sign] ?? SIGNS[sign] ?? all,
    )
    .replace(/\{?\\mathrm\{(\w+)\}\}?/g, "$1");
}

/** The index whose TeX this is. */
export function showIndex(tex: string): string {
  return showName(tex)
    .replaceAll("-", "−")
    .replaceAll("'", "′")
    .replace(/(?<=[⌊⌈]) | (?=[⌋⌉])|(?<=\d) (?=[^\d\W])/g, "");
}

const SUBSCRIPTS = pairs(
  "0123456789+−=aehijklmnoprstuvx",
  "₀₁₂₃₄₅₆₇₈₉₊₋₌ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ",
);

const SUPERSCRIPTS = pairs(
  "0123456789+−=abcdefghijklmnoprstuvwxyz",
  "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ",
);

function pairs(plain: string, hung: string): ReadonlyMap<string, string> {
  const signs = [...hung];
  return new Map([...plain].map((sign, i) => [sign, signs[i]]));
}

/** A text as a subscript, where Unicode has all of it. */
export function subscript(text: string): string | undefined {
  return hang(text, SUBSCRIPTS);
}

/** A text as a superscript, where Unicode has all of it. */
export function superscript(text: string): string | undefined {
  return hang(text, SUPERSCRIPTS);
}

function hang(text: string, signs: ReadonlyMap<string, string>) {
  const hung = [...text.replaceAll(" ", "")].map((sign) => signs.get(sign));
  return hung.includes(undefined) ? undefined : hung.join("");
}
