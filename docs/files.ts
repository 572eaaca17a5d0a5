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

/** Removes a folder with all that is in it, where there is one. */
export async function remove(folder: URL): Promise<void> {
  try {
    await Deno.remove(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
