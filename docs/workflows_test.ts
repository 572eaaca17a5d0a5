// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { load } from "npm:js-yaml@5.5.0";
import ciText from "../.github/workflows/ci.yml" with { type: "text" };
import nightlyText from "../.github/workflows/nightly.yml" with {
  type: "text",
};
import pagesText from "../.github/workflows/pages.yml" with { type: "text" };
import publishText from "../.github/workflows/publish.yml" with {
  type: "text",
};
import run from "../.ci/run" with { type: "text" };

interface Job {
  needs?: string;
  if?: string;
  permissions: Record<string, string>;
  "timeout-minutes": number;
  steps: {
    uses?: string;
    run?: string;
    env?: Record<string, string>;
    with?: Record<string, unknown>;
  }[];
}

interface Workflow {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  concurrency: { group: string };
  jobs: Record<string, Job>;
}

const parse = (text: string) => load(text) as Workflow;

const texts = {
  ci: ciText,
  nightly: nightlyText,
  pages: pagesText,
  publish: publishText,
};
const ci = parse(ciText);
const pages = parse(pagesText);
const publish = parse(publishText);

const commands = ({ steps }: Job) => steps.flatMap(({ run }) => run ?? []);

for (const [name, text] of Object.entries(texts)) {
  const workflow = parse(text);
  const steps = Object.values(workflow.jobs).flatMap(({ steps }) => steps);

  describe(`the workflow ${name}`, () => {
    it("pins every action by a commit, and says its version", () => {
      const lines = text.split("\n").filter((line) => /\buses:/.test(line));
      assertEquals(lines.length, steps.filter(({ uses }) => uses).length);
      for (const line of lines) {
        assertMatch(line, /uses: [\w.-]+\/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+/);
      }
    });

    it("gives no permission to all jobs, and a time limit to each", () => {
      assertEquals(workflow.permissions, {});
      assert(workflow.concurrency.group);
      for (const job of Object.values(workflow.jobs)) {
        assert(job.permissions);
        assert(job["timeout-minutes"] <= 350);
      }
    });

    it("leaves no token behind, and uses no secret", () => {
      for (const { uses, with: options } of steps) {
        if (uses?.startsWith("actions/checkout@")) {
          assertEquals(options?.["persist-credentials"], false);
        }
      }
      assert(!text.includes("secrets."));
    });

    it("puts no text of an event into a command", () => {
      for (const command of Object.values(workflow.jobs).flatMap(commands)) {
        assert(!command.includes("${{"));
      }
    });

    it("runs the version of Deno that .ci/run runs", () => {
      const version = /^version=(.+)$/m.exec(run)?.[1];
      assert(version);
      for (const { uses, with: options } of steps) {
        if (uses?.startsWith("denoland/setup-deno@")) {
          assertEquals(options?.["deno-version"], version);
        }
      }
    });
  });
}

describe("the workflow ci", () => {
  it("runs the whole check on every push to main and pull request", () => {
    assertEquals(ci.on, { push: { branches: ["main"] }, pull_request: null });
    assertEquals(commands(ci.jobs.check), [".ci/run"]);
    assertEquals(ci.jobs.check.permissions, { contents: "read" });
  });
});

describe("the workflow nightly", () => {
  it("tries every mutant, with the right to read", () => {
    const { mutants } = parse(nightlyText).jobs;
    assertEquals(mutants.permissions, { contents: "read" });
    assertEquals(commands(mutants), ['deno task mutate --part "$PART"']);
  });
});

describe("the workflow pages", () => {
  it("builds with the right to read, and deploys from main only", () => {
    const { build, deploy } = pages.jobs;
    assertEquals(build.permissions, { contents: "read" });
    assertEquals(commands(build), [
      "deno task docs",
      "deno task docs:versions",
    ]);
    assertEquals(build.steps[0].with?.["fetch-depth"], 0);
    assertEquals(build.steps.at(-1)?.with, { path: "docs/site" });

    assertEquals(deploy.permissions, { pages: "write", "id-token": "write" });
    assertEquals([deploy.needs, deploy.if], [
      "build",
      "github.ref == 'refs/heads/main'",
    ]);
    assertEquals(commands(deploy), []);
  });
});

describe("the workflow publish", () => {
  it("checks the tag and everything else before it publishes", () => {
    const { check, publish: job } = publish.jobs;
    assertEquals(publish.on, { push: { tags: ["v*"] } });
    assertEquals(check.permissions, { contents: "read" });
    assertEquals(commands(check), [
      "deno run --allow-env=TAG .ci/tag.ts",
      ".ci/run",
    ]);
    const compare = check.steps.find(({ run }) => run?.includes("tag.ts"));
    assertEquals(compare?.env, { TAG: "${{ github.ref_name }}" });

    assertEquals(job.needs, "check");
    assertEquals(job.permissions, { contents: "read", "id-token": "write" });
    assertEquals(commands(job), ["deno publish"]);
  });
});
