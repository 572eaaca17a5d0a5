// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />

// The chain rule step by step: one output after the other adds its part to an
// element of a gradient.

import type { Link } from "./chain.ts";
import { h } from "./dom.ts";
import { brief } from "./numbers.ts";

/** The buttons, and what the step says. */
export class Steps {
  readonly element: HTMLElement;
  readonly #says = h("p", { role: "status", "data-live": "step" });
  readonly #back = h("button", {
    type: "button",
    "data-live": "step-back",
    "aria-label": "Step back",
  }, "←");
  readonly #next = h("button", {
    type: "button",
    "data-live": "step-next",
  }, "Step through the chain rule");
  #at = 0;

  /** `show` takes a step on: its number, from 1; 0 ends it. */
  constructor(show: (step: number) => void) {
    const go = (to: number) => {
      this.#at = to;
      show(to);
    };
    this.#back.addEventListener("click", () => go(this.#at - 1));
    this.#next.addEventListener("click", () => go(this.#at + 1));
    this.element = h(
      "div",
      { class: "live-steps" },
      h("div", { class: "live-buttons" }, this.#back, this.#next),
      this.#says,
    );
    this.reset();
  }

  /** Nothing is stepped through. */
  reset(): void {
    this.#at = 0;
    this.#back.hidden = true;
    this.#next.textContent = "Step through the chain rule";
    this.#says.replaceChildren();
  }

  /**
   * Writes a step, from 1; `input` is the HTML of the element, and `output` makes
   * that of the output of a link.
   */
  write(
    step: number,
    links: readonly Link[],
    input: string,
    output: (link: Link) => string,
  ): void {
    const all = links.length;
    this.#back.hidden = false;
    this.#back.disabled = step <= 1;
    const gradient = `<i>∂E</i>/<i>∂</i>${input}`;
    const sum = links.slice(0, step)
      .reduce((sum, { slope, dout }) => sum + slope * dout, 0);
    if (all === 0) {
      this.#next.textContent = "Close";
      this.#says.innerHTML =
        `${input} moves no output at these numbers, so ${gradient} = <b>0</b>.`;
      return;
    }
    if (step > all) {
      this.#next.textContent = "Close";
      this.#says.innerHTML = `${
        all === 1 ? "That was the only output" : `All ${all} outputs`
      } that ${input} moves: ${gradient} = <b>${
        brief(sum)
      }</b>. The <a href="#derivation">derivation</a> writes this sum once for all elements.`;
      return;
    }
    const link = links[step - 1];
    const z = output(link);
    this.#next.textContent = "Next →";
    this.#says.innerHTML =
      `${step} of ${all}: ${input} moves ${z}, with ∂${z}/∂${input} = ${
        brief(link.slope)
      }, and ${z} moves the loss, with ∂<i>E</i>/∂${z} = ${
        brief(link.dout)
      }. Their product, ${brief(link.slope * link.dout)}, is added: <b>${
        brief(sum)
      }</b>.`;
  }
}
