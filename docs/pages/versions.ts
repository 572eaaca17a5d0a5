// Copyright 2026 the Adjoint authors. MIT license.

// The page of the versions: JSR shows the newest only, and who uses an older one
// reads its documentation here.

import { escapeHtml, type Page, type Project } from "../site.ts";

/** Where it is. */
export const VERSIONS_PAGE = "versions.html";

/** Makes the page. */
export function versions(project: Project): Page {
  const { name, version, unreleased, releases, address } = project;
  const older = releases.filter((release) => release !== version || unreleased);
  const changes = address.repository === undefined
    ? "CHANGELOG.md"
    : `<a href="${
      escapeHtml(address.repository)
    }/blob/${address.revision}/CHANGELOG.md">CHANGELOG.md</a>`;
  const items = older.map((release) =>
    `<li><a href="${folderOf(release)}index.html">${
      escapeHtml(release)
    }</a></li>`
  );
  return {
    path: VERSIONS_PAGE,
    title: "Versions",
    description: `The documentation of each version of ${name}.`,
    search: "none",
    main: `<h1>Versions</h1>
<p class="lead">This is the documentation of ${
      unreleased
        ? `what will be version ${
          escapeHtml(version)
        }, built from the branch <code>main</code>.`
        : `version ${escapeHtml(version)}.`
    }</p>
<p>${
      items.length === 0
        ? "No version has been released yet. The documentation of each release will stay available here."
        : "The documentation of earlier releases:"
    }</p>
${
      items.length === 0
        ? ""
        : `<ul>\n${items.join("\n")}\n</ul>\n`
    }<p>${changes} lists the changes of each version.</p>`,
  };
}

/** The folder of a version in the published site: `v1.2.3/`. */
export function folderOf(version: string): string {
  return `v${version}/`;
}

/** Of the tags of a repository, the versions, the newest first. */
export function releasesOf(tags: string): string[] {
  const found = tags.split("\n").flatMap((tag) =>
    /^v(\d+\.\d+\.\d+)$/.exec(tag.trim())?.[1] ?? []
  );
  const order = (a: string, b: string) => {
    const [x, y] = [a, b].map((text) => text.split(".").map(Number));
    return x[0] - y[0] || x[1] - y[1] || x[2] - y[2];
  };
  return found.sort(order).reverse();
}
