// Copyright 2026 the Adjoint authors. MIT license.

/** The paths of all files below a folder, relative to it, in order. */
export async function walk(folder: URL, prefix = ""): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) {
      files.push(
        ...await walk(new URL(`${name}/`, folder), `${prefix}${name}/`),
      );
    } else files.push(prefix + name);
  }
  return files.sort();
}

/** Writes a file, and the folders on the way to it. */
export async function write(url: URL, text: string): Promise<void> {
  await Deno.mkdir(new URL(".", url), { recursive: true });
  await Deno.writeTextFile(url, text);
}

/** Removes a folder with everything in it, if it exists. */
export async function remove(folder: URL): Promise<void> {
  try {
    await Deno.remove(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Copies a folder with everything in it. */
export async function copy(from: URL, to: URL): Promise<void> {
  for (const file of await walk(from)) {
    const target = new URL(encodeURI(file), to);
    await Deno.mkdir(new URL(".", target), { recursive: true });
    await Deno.copyFile(new URL(encodeURI(file), from), target);
  }
}

/** What git prints; throws what it complains about. */
export async function git(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args,
    cwd: new URL("../", import.meta.url),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (!success) throw new Error(`git ${args.join(" ")}: ${text(stderr)}`);
  return text(stdout);
}
