// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />

// The worker that proves: it is started anew where it is stopped.

import { startWorker } from "../shared/worker.ts";
import type { Answer } from "./messages.ts";

/** So long may the worker think, and so long more before it is stopped. */
const LIMIT = 5000;
const GRACE = 1000;

/** What is told of a question. */
export interface Listener {
  /** The prover cannot be had at all. */
  failed(reason: string): void;
  answered(answer: Answer): void;
  /** It took longer than it may. */
  late(seconds: number): void;
}

/** Asks a worker one question at a time; the last one counts. */
export class Prover {
  readonly #listener: Listener;
  readonly #script: string;
  #worker: Promise<Worker> | undefined;
  #current: Worker | undefined;
  #id = 0;
  #next: string | undefined;
  #isBusy = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(script: string, listener: Listener) {
    this.#script = script;
    this.#listener = listener;
  }

  /** Loads and starts the worker, so that the first question need not wait. */
  start(): Promise<Worker> {
    return this.#worker ??= this.#load();
  }

  /** Asks; what was asked before is no longer of interest. */
  ask(page: string): void {
    this.#next = page;
    if (!this.#isBusy) this.#send();
  }

  /** Stops what is being computed, and forgets what was asked since. */
  stop(): void {
    this.#next = undefined;
    this.#restart();
  }

  #restart(): void {
    clearTimeout(this.#timer);
    this.#id++;
    this.#current?.terminate();
    this.#current = undefined;
    this.#worker = undefined;
    this.#isBusy = false;
    if (this.#next === undefined) this.start().catch(() => {});
    else this.#send();
  }

  async #send(): Promise<void> {
    this.#isBusy = true;
    const id = ++this.#id;
    let worker: Worker;
    try {
      worker = await this.start();
    } catch (error) {
      this.#isBusy = false;
      return this.#listener.failed((error as Error).message);
    }
    if (id !== this.#id || this.#next === undefined) return;
    worker.postMessage({ id, page: this.#next, milliseconds: LIMIT });
    this.#next = undefined;
    this.#timer = setTimeout(() => {
      this.#listener.late(LIMIT / 1000);
      this.#restart();
    }, LIMIT + GRACE);
  }

  async #load(): Promise<Worker> {
    const worker = await startWorker(
      this.#script,
      "the script of the prover",
      (worker) => this.#current = worker,
    );
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (data.id !== this.#id) return;
      clearTimeout(this.#timer);
      this.#isBusy = false;
      if (this.#next === undefined) this.#listener.answered(data);
      else this.#send();
    };
    return worker;
  }
}
