// Copyright 2026 the Adjoint authors. MIT license.

// The tests of the site in a browser. They have no `_test` in their names, as
// they need the site, and permissions: `deno task test:site` runs them.

import "./pages.ts";
import "./live.ts";
import "./reading.ts";
import "./screenshots.ts";
