// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Ajv2020 } from "npm:ajv@8.17.1/dist/2020.js";
import config from "../deno.json" with { type: "json" };
import { readGoldens } from "../ops/goldens/read.ts";
import sigmoidGoldens from "../ops/goldens/sigmoid.json" with {
  type: "json",
};
import { readOps } from "./ops.ts";
import { differences, numberOf } from "./oracle/compare.ts";
import schema from "./oracle/schema.json" with { type: "json" };
import { oracles } from "./oracle/write.ts";

const files = await oracles();
const ops = await readOps();
const of = (name: string) => files.get(`${name}.json`)!;
describe("the special points as data", () => {
  it("are valid by their schema", () => {
    const isValid = new Ajv2020().compile(schema);
    for (const [name, file] of files) {
      const json = JSON.parse(JSON.stringify(file));
      assert(isValid(json), `${name}: ${JSON.stringify(isValid.errors)}`);
    }
    assert(!isValid({ ...of("relu"), points: [] }));
    assert(!isValid({ ...of("relu"), format: 2 }));
  });

  it("are those of every page, with all outputs and gradients", () => {
    assertEquals(files.size, ops.length);
    for (const op of ops) {
      const { points, op: name, page } = of(op.entry);
      assertEquals([name, page], [op.name, op.file]);
      assertEquals(
        points.map(({ at }) => at),
        op.page.special.map(({ at }) => at),
      );
      for (const { convention, exact, at } of points) {
        assertEquals(
          Object.keys(convention.outputs),
          op.outputs.map(({ parameter }) => parameter),
        );
        for (const [name, { shape }] of Object.entries(exact.outputs)) {
          assertEquals(shape, convention.outputs[name].shape, `${name}, ${at}`);
        }
      }
    }
  });

  it("are of this version, and of the newest measurements", () => {
    for (const { version } of files.values()) {
      assertEquals(version, config.version);
    }
    const { libraries, conventions } = readGoldens(sigmoidGoldens);
    assertEquals(of("sigmoid").libraries, libraries);
    assertEquals(
      of("sigmoid").points.map(({ at, libraries }) => [
        at,
        Object.keys(libraries),
      ]),
      conventions.map(({ at, libraries }) => [at, Object.keys(libraries)]),
    );
  });

  it("have 64 digits, near what the code gives but for what is a convention", () => {
    const apart = new Set<string>();
    for (const { op, points } of files.values()) {
      for (const { at, dtype, exact, convention } of points) {
        for (const kind of ["outputs", "gradients"] as const) {
          for (const [key, { digits }] of Object.entries(exact[kind])) {
            const ours = convention[kind][key].values.map(numberOf);
            digits.map(Number).forEach((x, i) => {
              if (!Number.isFinite(x) || !Number.isFinite(ours[i])) return;
              const allowed = dtype === "float32" ? 1e-5 : 1e-9;
              const error = Math.abs(x - ours[i]);
              if (error > allowed * Math.max(1, Math.abs(x))) {
                apart.add(`${op} at ${at}`);
              }
            });
          }
        }
      }
    }
    // At an infinite bound, and where NaN ties.
    assertEquals([...apart], [
      "clamp at x = [-∞, ∞]",
      "maxPool2d at x = [[[NaN, 1, NaN]]], size = [1, 3]",
    ]);
    assert(
      [...files.values()].some(({ points }) =>
        points.some(({ exact }) =>
          Object.values(exact.outputs).some(({ digits }) =>
            digits.some((text) => text.replace(/e.*|\D/g, "").length === 64)
          )
        )
      ),
    );
  });

  it("find what a library does otherwise", () => {
    const relu = (slope: number) =>
    (
      inputs: Record<
        string,
        { shape: readonly number[]; data: readonly number[] } | null
      >,
      dout: { data: readonly number[] },
    ) => {
      const { shape, data } = inputs.x!;
      const dx = data.map((x, i) =>
        x <= 0 ? (x === 0 ? slope * dout.data[i] : 0) : dout.data[i]
      );
      return {
        output: { shape, data: data.map((x) => x < 0 ? 0 : x) },
        gradients: { x: { shape, data: dx } },
      };
    };
    const right = differences(of("relu"), relu(0));
    assert(right.tried > 5);
    const wrong = differences(of("relu"), relu(1)).found;
    assert(wrong.some(({ at, of }) => at === "x = 0" && of === "dx"));
    assert(!right.found.some(({ at }) => at === "x = 0"));
    const refusing = differences(of("relu"), () => {
      throw new Error("no");
    });
    assertEquals(refusing.found.length, refusing.tried);
    assertEquals(refusing.found[0].theirs, "refuses: no");
  });
});
