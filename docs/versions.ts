// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Puts the documentation of each release beside that of `main`, as
 * `docs/site/v1.2.3/`: `deno task docs:versions`
 *
 * A release is built once, from its tag and by its own builder. Its folder has an
 * archive of itself, which the next deployment takes from the published site.
 *
 * @module
 */

import { addressOf } from "./address.ts";
import config from "../deno.json" with { type: "json" };
import { copy, git } from "./files.ts";
import { folderOf, releasesOf } from "./pages/versions.ts";

/** What a folder of a version has of itself. */
export const ARCHIVE = "site.tgz";

/** How to come by the documentation of a release, in a folder. */
export type Source = (release: string, into: URL) => Promise<boolean>;

/** Fills the folder of each release from the first source that has it. */
export async function keepVersions(
  releases: readonly string[],
  sources: readonly Source[],
  site: URL,
): Promise<void> {
  for (const release of releases) {
    const folder = new URL(folderOf(release), site);
    await Deno.mkdir(folder, { recursive: true });
    let found = false;
    for (const source of sources) found ||= await source(release, folder);
    if (!found) {
      throw new Error(
        `Cannot keep the documentation of ${release} as it must be published, or build: it does neither`,
      );
    }
    // As an archive in the archive would grow with each deployment.
    const archive = await Deno.makeTempFile();
    await run("tar", "-czf", archive, "--exclude", ARCHIVE, "-C", folder, ".");
    await Deno.copyFile(archive, new URL(ARCHIVE, folder));
    await Deno.remove(archive);
  }
}

/** The documentation that is published below an address. */
export function published(address: string | undefined): Source {
  return async (release, into) => {
    if (address === undefined) return false;
    const response = await fetch(`${address}${folderOf(release)}${ARCHIVE}`);
    if (!response.ok) {
      await response.body?.cancel();
      return false;
    }
    const archive = await Deno.makeTempFile();
    await Deno.writeFile(archive, response.body!);
    await run("tar", "-xzf", archive, "-C", into);
    await Deno.remove(archive);
    return true;
  };
}

/** Builds the documentation of a tag, in a worktree of its own. */
async function built(release: string, into: URL): Promise<boolean> {
  const tree = await Deno.makeTempDir();
  await git("worktree", "add", "--detach", tree, `v${release}`);
  try {
    await new Deno.Command(Deno.execPath(), {
      args: ["task", "docs"],
      cwd: tree,
      stdout: "inherit",
      stderr: "inherit",
    }).output();
    await copy(new URL(`file://${tree}/docs/site/`), into);
    return true;
  } finally {
    await git("worktree", "remove", "--force", tree);
  }
}

async function run(command: string, ...args: (string | URL)[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, {
    args: args.map((arg) => arg instanceof URL ? arg.pathname : arg),
  }).output();
  if (!success) {
    throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
  }
}

if (import.meta.main) {
  const releases = releasesOf(await git("tag", "--list"));
  const { site } = addressOf(config as object, Deno.env.get);
  const folder = new URL("site/", import.meta.url);
  await keepVersions(releases, [published(site), built], folder);
  console.log(`Kept the documentation of ${releases.length} releases`);
}
