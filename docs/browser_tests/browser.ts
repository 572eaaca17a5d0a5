// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />

// The browser, the site as it is served and as it lies on the disk, and the
// pages of both, watched for whatever goes wrong in them.

import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  launch,
  type Page,
} from "../../.ci/browser.ts";
import { SITE_FOLDER } from "../build.ts";
import { walk } from "../files.ts";
import { serve } from "../serve.ts";

/** Where the site is served: below the root, as GitHub Pages does. */
const SUB_PATH = "sub/path/";

/** All pages, by their paths below the root of the site. */
export const PAGES: readonly string[] = (await walk(SITE_FOLDER))
  .filter((file) => file.endsWith(".html"));

/** Of the ops' pages, those that stand for all: products, an axis, labels. */
export const SAMPLE_OPS: readonly string[] = [
  "ops/matmul.html",
  "ops/softmax.html",
  "ops/cross_entropy.html",
];

/**
 * The pages that a browser looks at: all that are written one by one, and the longest
 * of each kind that is made from modules, as the others are made alike. The links,
 * ids and TeX of every page are checked as it is built.
 */
export const LOOKED_AT: readonly string[] = [
  ...await sample(),
  SAMPLE_OPS.at(-1)!,
];

const folder = await Deno.makeTempDir();
await Deno.mkdir(`${folder}/sub`);
await Deno.symlink(SITE_FOLDER, `${folder}/sub/path`);
const server = await serve(new URL(`file://${folder}/`), 0);
const browser: Browser = await launch();

/** The root of the site, as it is served. */
export const SERVED: string = server.address + SUB_PATH;

/** The root of the site, as it lies on the disk. */
export const ON_DISK: string = SITE_FOLDER.href;

Deno.test.afterAll(async () => {
  await browser.close();
  server.close();
  await Deno.remove(folder, { recursive: true });
});

/** What has not come after so many ms does not come, on a busy machine too. */
const PATIENCE = 120_000;

/** A window of its own, with a storage and a clipboard of its own. */
export async function newContext(
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    ...options,
  });
  context.setDefaultTimeout(PATIENCE);
  return context;
}

/** A page, and what went wrong in it since it was opened. */
export interface Watched {
  page: Page;
  /** Messages of the console, errors, and requests that failed or left. */
  problems: string[];
}

/** A new page that may ask for nothing but what is below `root`. */
export async function watch(
  context: BrowserContext,
  root: string = SERVED,
): Promise<Watched> {
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) {
      problems.push(`console: ${message.text()}`);
    }
  });
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("requestfailed", (request) => {
    const error = request.failure()?.errorText;
    // The worker of a page that is left is not waited for.
    if (request.url().startsWith("blob:") && error === "net::ERR_ABORTED") {
      return;
    }
    problems.push(`failed: ${request.url()} ${error}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) {
      problems.push(`${response.status()}: ${response.url()}`);
    }
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(root) && !/^(data|blob):/.test(url)) {
      problems.push(`request beyond the site: ${url}`);
    }
  });
  return { page, problems };
}

/** Opens a page of the site, once all that it asks for is there. */
export async function open(
  context: BrowserContext,
  path: string,
  root: string = SERVED,
): Promise<Watched> {
  const watched = await watch(context, root);
  await watched.page.goto(root + path, { waitUntil: "load" });
  return watched;
}

/** Runs a function with a context that is closed at the end. */
export async function withContext<T>(
  run: (context: BrowserContext) => Promise<T>,
  options?: BrowserContextOptions,
): Promise<T> {
  const context = await newContext(options);
  try {
    return await run(context);
  } finally {
    await context.close();
  }
}

/** So many pages are looked at at once. */
const LANES = 3;

/**
 * Looks at paths in a few pages of a context at once, each of which is used
 * again and again. The result is what was found, with the path before it.
 */
export async function visit(
  context: BrowserContext,
  paths: readonly string[],
  look: (page: Page, path: string) => Promise<string[]>,
  root: string = SERVED,
): Promise<string[]> {
  const rest = paths.values();
  const found: string[] = [];
  await Promise.all(Array.from({ length: LANES }, async () => {
    const { page, problems } = await watch(context, root);
    for (const path of rest) {
      problems.length = 0;
      await page.goto(root + path, { waitUntil: "load" });
      const seen = await look(page, path);
      found.push(...[...seen, ...problems].map((what) => `${path}: ${what}`));
    }
    await page.close();
  }));
  return found.sort();
}

async function sample(): Promise<string[]> {
  const pages = PAGES
    .filter((path) => !/^(ops\/|api\/all_symbols)/.test(path));
  const sizes = new Map<string, number>();
  for (const path of pages) {
    sizes.set(path, (await Deno.stat(new URL(path, SITE_FOLDER))).size);
  }
  const kinds = Map.groupBy(
    pages.toSorted((a, b) => sizes.get(b)! - sizes.get(a)!),
    (path) =>
      path.startsWith("api/")
        // Lists, entry points, types, functions.
        ? path.replace(/^api\/[\w-]+\/(?!~)/, "api/*/").replace(
          /.*~\/.*$/,
          (name) => /~\/[A-Z]/.test(name) ? "Type" : "value",
        )
        : path.replace(/^(kernels|modules)\/(?!index).*/, "$1"),
  );
  return [...kinds.values()].map(([longest]) => longest);
}
