// Copyright 2026 the Adjoint authors. MIT license.

// The page for an address that there is not.

import { escapeHtml, type Page, type Project } from "../site.ts";

/** Where hosts of static sites look for it. */
export const MISSING_PAGE = "404.html";

/** Makes the page. It may be shown at any address below that of the site. */
export function missing({ address }: Project): Page {
  return {
    path: MISSING_PAGE,
    title: "Not found",
    description: "There is no page at this address.",
    search: "none",
    base: address.site,
    main: `<h1>There is no page here</h1>
<p class="lead">The address is mistyped, or the page has moved.</p>
<p><button type="button" class="button" data-open-search="here">Search for it</button></p>
<ul>
<li><a href="index.html">The front page</a></li>
<li><a href="ops/index.html">All operations</a>, with their formulas</li>
<li><a href="guides/index.html">Guides</a></li>
<li><a href="api/index.html">API</a>, every function and type</li>${
      address.repository === undefined
        ? ""
        : `\n<li><a href="${
          escapeHtml(address.repository)
        }/issues">Report a link that led here</a></li>`
    }
</ul>`,
  };
}
