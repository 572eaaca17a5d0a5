// Copyright 2026 the Adjoint authors. MIT license.

import type { Page, Project } from "../site.ts";

/** Makes the front page. */
export function front(
  { name }: Project,
  _pages: readonly Page[],
): Promise<Page> {
  return Promise.resolve({
    path: "index.html",
    title: name,
    description: "Differentiable tensor operations whose pages are proved.",
    main: '<h1>Adjoint</h1><h2 id="ops">Ops</h2>',
  });
}
