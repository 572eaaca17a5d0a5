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
<p class="lead">Gradients go wrong at kinks, ties, NaN, infinity and empty tensors. The pages of ${ops.length} operations list ${points} such points; here they are as JSON files, for the tests of any library in any language.</p>
<h2>What a file holds</h2>
<p>A file holds, for each point,</p>
<ul>
<li>the inputs, the options and <code>dout</code>;</li>
<li><code>exact</code>: the values of the page’s formulas, in 64 significant digits;</li>
<li><code>convention</code>: the values that Adjoint ${
      escapeHtml(version)
    } returns. At a kink or a tie they are a choice; <code>why</code> gives the reason if PyTorch chooses differently;</li>
<li><code>libraries</code>: the values that PyTorch, JAX and TensorFlow were measured to return.</li>
</ul>
<p>The top of the file gives their versions, the date, and the expressions that were measured. Tensors are in row-major order. Values that JSON cannot express as numbers are the strings <code>"NaN"</code>, <code>"Infinity"</code>, <code>"-Infinity"</code> and <code>"-0"</code>. A <a href="oracle/schema.json" download>JSON Schema</a> describes the files; <code>format</code> is its version.</p>
<h2>How to use it</h2>
<p>The <a href="oracle/index.json" download>index</a> lists the files.</p>
<pre><code>${escapeHtml(EXAMPLE)}</code></pre>
<p>If <code>convention</code> and <code>exact</code> differ only by rounding, compare the library with <code>exact</code>, within its own rounding error. At a kink a library may follow another convention; <code>libraries</code> shows whose.</p>
<p>In the repository, <code>deno task oracle</code> writes the same files, and <code>deno task oracle:tfjs</code> compares TensorFlow.js with them and lists the differences. For example, its <code>maximum</code> gives the whole gradient at a tie to the first input, and the gradient of its <code>cumsum</code> along a middle axis has the wrong shape.</p>
<h2>All files</h2>
<table><thead><tr><th scope="col">operation</th><th scope="col">points</th><th scope="col">file</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody></table>
</div>`,
  }]);
}
