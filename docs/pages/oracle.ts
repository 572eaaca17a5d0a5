// Copyright 2026 the Adjoint authors. MIT license.

// The page of the special points as data: what the files hold, and how to hold
// another library against them.

import { escapeHtml, type Page, type Project } from "../site.ts";

const EXAMPLE = `const read = async (name) =>
  (await fetch("https://…/oracle/" + name)).json();

for (const name of await read("index.json")) {
  const { op, points } = await read(name);
  for (const { at, inputs, dout, options, exact, convention } of points) {
    // Call the library with inputs, options and dout; compare what it gives
    // with convention.outputs and convention.gradients.
  }
}`;

/** Makes `oracle.html`. */
export function oracle({ ops, version }: Project): Promise<Page[]> {
  const points = ops.reduce((sum, { page }) => sum + page.special.length, 0);
  const pathOf = (file: string) =>
    `ops/${file.split("/").at(-1)!.replace(/ts$/, "html")}`;
  const rows = ops.map(({ name, entry, file, page }) =>
    `<tr><th scope="row"><a href="${pathOf(file)}">${
      escapeHtml(name)
    }</a></th><td>${page.special.length}</td><td><a href="oracle/${entry}.json" download>${entry}.json</a></td></tr>`
  );
  return Promise.resolve([{
    path: "oracle.html",
    title: "Test another library",
    description:
      "The special points of every operation as data: inputs, values in 64 digits, conventions, and what PyTorch, JAX and TensorFlow do.",
    section: "guides",
    main: `<div class="prose">
<h1>Test another library</h1>
<p class="lead">Kinks, ties, NaN, infinity, empty tensors: where gradients go wrong. The ${points} special points that the pages of ${ops.length} operations state are files, too, for the tests of any library in any language.</p>
<h2>What a file holds</h2>
<p>For each point: the inputs, the options and <code>dout</code>; under <code>exact</code> what the formulas of the page give, in 64 significant digits; under <code>convention</code> what Adjoint ${
      escapeHtml(version)
    } does, which at a kink or a tie is a choice, with the reason under <code>why</code> where PyTorch makes another; and under <code>libraries</code> what PyTorch, JAX and TensorFlow were measured to do. Their versions, the day, and the expression that was measured stand at the top. Tensors are in row-major order; what JSON has no number for is one of the strings <code>"NaN"</code>, <code>"Infinity"</code>, <code>"-Infinity"</code> and <code>"-0"</code>. The <a href="oracle/schema.json" download>schema</a> says it all in JSON Schema, and <code>format</code> counts its versions.</p>
<h2>How to use it</h2>
<p>The <a href="oracle/index.json" download>index</a> names all files.</p>
<pre><code>${escapeHtml(EXAMPLE)}</code></pre>
<p>Where <code>convention</code> and <code>exact</code> differ by rounding, the library may be as far from <code>exact</code> as its own rounding allows. At a kink a library may have another convention: compare with <code>libraries</code> to see whose.</p>
<p>In the repository, <code>deno task oracle</code> writes the same files, and <code>deno task oracle:tfjs</code> holds TensorFlow.js against them and lists what differs: at a tie, its <code>maximum</code> gives all of the gradient to the first input; the gradient of its <code>cumsum</code> has a wrong shape along a middle axis.</p>
<h2>All files</h2>
<table><thead><tr><th scope="col">operation</th><th scope="col">points</th><th scope="col">file</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody></table>
</div>`,
  }]);
}
