// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals } from "@std/assert";
import { hoist } from "./hoist.ts";

const HALF = "v128.const i32x4 0x3f000000 0x3f000000 0x3f000000 0x3f000000";
const LAST = "v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000010";
const ZERO = "v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000";

Deno.test("hoist() moves constants but 0 to the start, each once", () => {
  const before = `(module
 (memory $0 1)
 (func $f (param $0 i32)
  (local $1 v128)
  loop $loop
   ${HALF}
   ${ZERO}
   ${LAST}
   ${HALF}
  end
 )
 (func $g
  i32.const 1
 )
)
`;
  assertEquals(
    hoist(before),
    `(module
 (memory $0 1)
 (func $f (param $0 i32)
  (local $1 v128)
  (local $constant0 v128)
  (local $constant1 v128)
  ${HALF}
  local.set $constant0
  ${LAST}
  local.set $constant1
  loop $loop
   local.get $constant0
   ${ZERO}
   local.get $constant1
   local.get $constant0
  end
 )
 (func $g
  i32.const 1
 )
)
`,
  );
});
