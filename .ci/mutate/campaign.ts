// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Makes every mutant, and finds out what notices it.
 *
 * @module
 */

import { coverage, reset } from "./instrument.ts";
import { type Mutant, patchOf, Tests } from "./plan.ts";
import { applyEdit } from "./mutators.ts";
import { Host, LostError, type Sandbox } from "./sandbox.ts";
import type { Killed, Measure, Trial } from "./agent.ts";
import type { Answers, Request } from "./worker.ts";
import { Users } from "./users.ts";

/** What became of a mutant. */
export interface Result {
  mutant: Mutant;
  /** What noticed it, if anything did. */
  killed?: Killed & { file?: string; name?: string };
  /** How many tests reach it. */
  reached: number;
  milliseconds: number;
}

/** What a campaign needs to know. */
export interface Campaign {
  sandbox: Sandbox;
  /** The test files. */
  tests: string[];
  mutants: Mutant[];
  /** Code that clears up in a module before its state is put back. */
  clear: Record<string, string>;
  /** Whether quick tests suffice, as where nothing can notice a mutant. */
  isQuick(mutant: Mutant): boolean;
  workers: number;
  progress(text: string): void;
  /** Is told of every mutant that nothing noticed. */
  survived(result: Result): void;
}

/** Quick tests take so many milliseconds together. */
const QUICK = 300;

/** Runs the tests over every mutant. */
export async function runCampaign(campaign: Campaign): Promise<Result[]> {
  const { sandbox, mutants, progress } = campaign;
  const hosts: Host[] = [];
  const open = async (slot: number) => {
    const host = hosts[slot] = await Host.start(sandbox);
    return await host.ask({
      ask: "load",
      root: sandbox.root,
      modules: Object.keys(sandbox.modules),
      files: campaign.tests,
      resets: resets(campaign),
    });
  };
  const slots = Array.from({ length: campaign.workers }, (_, i) => i);
  try {
    progress("loading the tests");
    const [found] = await Promise.all(slots.map(open));
    progress(`measuring ${found.length} tests`);
    const measures = await measureAll(campaign, hosts, found);
    const tests = new Tests(measures, new Users(sandbox.modules));
    const tryOne = async (
      mutant: Mutant,
      slot: number,
    ): Promise<Omit<Result, "milliseconds"> | undefined> => {
      /** The answer; a process that does not answer is replaced. */
      const answer = async (
        ask: (limit: (test?: number) => number) => Promise<Answer>,
      ): Promise<Answer> => {
        let killed: Answer;
        try {
          // More than the test itself is given, which a loop that waits, or
          // WebAssembly that does not end, does not look at.
          killed = await ask((test) =>
            test === undefined ? 30_000 : 2000 + 3 * tests.milliseconds(test)
          );
        } catch (error) {
          if (!(error instanceof LostError)) throw error;
          killed = { how: "hang", error: error.message, test: error.test };
        }
        if (typeof killed === "object" && killed.how === "hang") {
          await hosts[slot].stop(); // What hangs may go on in the background.
          await open(slot);
        }
        return killed;
      };
      const most = campaign.isQuick(mutant) ? QUICK : Infinity;
      const trials = mutant.code ? tests.trials(mutant, most) : [];
      const request = requestOf(sandbox, mutant, trials);
      if (request === undefined) return undefined;
      const reached = request.ask === "prove" ? 1 : trials.length;
      const killed = reached > 0
        ? await answer((limit) => hosts[slot].ask(request, limit))
        : undefined;
      if (killed?.test === undefined) return { mutant, killed, reached };
      tests.noticed(mutant, killed.test);
      return { mutant, killed: { ...killed, ...found[killed.test] }, reached };
    };

    const results: Result[] = [];
    const queue = mutants.values();
    let done = 0;
    await Promise.all(slots.map(async (slot) => {
      for (const mutant of queue) {
        const begin = performance.now();
        const found = await tryOne(mutant, slot);
        if (found !== undefined) {
          const milliseconds = performance.now() - begin;
          const result = { ...found, milliseconds };
          results.push(result);
          if (found.killed === undefined) campaign.survived(result);
        }
        if (++done % 20 === 0) {
          progress(`${done} of ${mutants.length} mutants`);
        }
      }
    }));
    return results.sort((a, b) =>
      a.mutant.file < b.mutant.file
        ? -1
        : a.mutant.file > b.mutant.file
        ? 1
        : a.mutant.line - b.mutant.line
    );
  } finally {
    progress("");
    await Promise.all(hosts.map((host) => host.stop()));
  }
}

type Answer = Answers["try" | "prove"];

/** How a process is asked to try a mutant; nothing where it is no program. */
function requestOf(
  { modules }: Sandbox,
  mutant: Mutant,
  trials: Trial[],
): Request & { ask: "try" | "prove" } | undefined {
  const { file: module, edit, line, code } = mutant;
  if (code === undefined) {
    const source = applyEdit(modules[module], edit);
    return { ask: "prove", module, source, line };
  }
  const patch = patchOf(modules[module], mutant);
  if (patch === undefined) return undefined;
  const { apply, revert } = patch;
  const codes = { apply: { [module]: apply }, revert: { [module]: revert } };
  return { ask: "try", codes, trials };
}

function resets({ sandbox, clear }: Campaign): Record<string, string> {
  return Object.fromEntries(
    Object.entries(sandbox.modules)
      .map(([module, text]) =>
        [module, `${clear[module] ?? ""}\n${reset(text)}`.trim()] as const
      )
      .filter(([, code]) => code !== ""),
  );
}

/** Measures every test, on all processes together. */
async function measureAll(
  { sandbox: { modules } }: Campaign,
  hosts: readonly Host[],
  found: readonly { file: string; name: string }[],
): Promise<Measure[]> {
  const lengths: Record<string, number> = {};
  const [apply, revert]: Record<string, string>[] = [{}, {}];
  for (const [module, text] of Object.entries(modules)) {
    const code = coverage(module, text);
    lengths[module] = text.length;
    [apply[module], revert[module]] = [code.apply, code.revert];
  }
  const measures: Measure[] = [];
  const files = Map.groupBy(found.keys(), (id) => found[id].file).values();
  await Promise.all(hosts.map(async (host) => {
    for (const tests of files) {
      const request = {
        ask: "measure",
        lengths,
        apply,
        revert,
        tests,
      } as const;
      const answers = await host.ask(request);
      tests.forEach((id, i) => measures[id] = answers[i]);
    }
  }));
  const failed = found.filter((_, id) => measures[id].failure !== undefined);
  if (failed.length > 0) {
    const [{ file, name }] = failed;
    const { error } = measures[found.indexOf(failed[0])].failure!;
    throw new Error(
      `Cannot try mutants as all tests must pass without them: ${failed.length} fail, the first is ${name} in ${file}: ${error}`,
    );
  }
  return measures;
}
