// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Fails unless the tag that is published, in `TAG`, is that of the version in
 * `deno.json`.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };

const tag = Deno.env.get("TAG");
if (tag !== `v${config.version}`) {
  console.error(
    `Cannot publish as the tag must be v and the version in deno.json: the tag is ${tag}, the version is ${config.version}`,
  );
  Deno.exit(1);
}
