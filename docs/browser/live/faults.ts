// Copyright 2026 the Adjoint authors. MIT license.

// What is wrong in the fields at this moment, said beside them.

import { alertIn } from "./dom.ts";

/** How long a text may be no number while it is being typed. */
const PATIENCE_MS = 400;

/** A field that is wrong. */
interface Fault {
  /** The alert that says so. */
  box: HTMLElement;
  message: string;
  timer: ReturnType<typeof setTimeout>;
}

/** The faults of all fields. */
export class Faults {
  readonly #faults: Map<string, Fault> = new Map();
  readonly #changed: () => void;

  /** Calls `changed` whenever a message comes or goes. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** The fields that are wrong. */
  get fields(): string[] {
    return [...this.#faults.keys()];
  }

  has(field: string): boolean {
    return this.#faults.has(field);
  }

  /** Says in an alert what is wrong in a field, at once or after a while. */
  set(
    field: string,
    box: HTMLElement,
    message: string,
    patience: number = PATIENCE_MS,
  ): void {
    clearTimeout(this.#faults.get(field)?.timer);
    const timer = setTimeout(() => this.#show(box), patience);
    this.#faults.set(field, { box, message, timer });
  }

  /** Takes back what was wrong in a field. */
  clear(field: string): void {
    const fault = this.#faults.get(field);
    if (fault === undefined) return;
    clearTimeout(fault.timer);
    this.#faults.delete(field);
    this.#show(fault.box);
  }

  #show(box: HTMLElement): void {
    const messages = [...this.#faults.values()]
      .filter((fault) => fault.box === box).map(({ message }) => message);
    alertIn(box, messages.length > 0 ? messages.join(" ") : undefined);
    this.#changed();
  }
}

/** What an error says to a reader; one that was not foreseen is a sentence, too. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.startsWith("Cannot ")
    ? message
    : `The panel has a fault of its own, and cannot show this: ${message}`;
}
