// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ADJOINT, ADJOINT_OUT, KERNELS, memcpy } from "./adjoint.ts";
import type { Attempt, Contender, Kind } from "./contender.ts";
import { model } from "./onnx.ts";
import { peakLoop } from "./peak.ts";
import { median, race } from "./race.ts";
import { PAGES } from "../../ops/core/testing/operations.ts";
import { TABLE } from "./operations.ts";
import { agree, inverse, permuted, pose, raceAt, rowsOf } from "./problems.ts";
import { formatRace, formatRow, formatStep } from "./report.ts";
import { COMPARED, steps } from "./steps.ts";
import {
  addBias,
  check,
  matmul,
  matmulDx,
  matmulDy,
  matmulFloat64,
  sum,
  type Task,
  work,
} from "./tasks.ts";

const TASKS = [
  matmul(16),
  addBias(2000),
  sum(1000),
  matmulFloat64(16),
  matmulDx(16),
  matmulDy(16),
];

/** A contender at sums that takes `ms` a call, and keeps a log of its turns. */
function fake(
  name: string,
  kind: Kind,
  ms: number,
  { result = (x: Float32Array) => [x.reduce((a, b) => a + b)], log = [] }: {
    result?: (x: Float32Array) => number[];
    log?: string[];
  } = {},
): Contender {
  return {
    name,
    kind,
    sum: ({ x }) => ({
      time: (calls) => {
        log.push(name);
        return Promise.resolve(calls * ms);
      },
      result: () => result(x),
      close: () => void log.push(`${name} closed`),
    }),
  };
}

function start({ op }: Task, contender: Contender): (task: Task) => Attempt {
  return contender[op] as (task: Task) => Attempt;
}

describe("check()", () => {
  it("accepts what this library computes", () => {
    for (const task of TASKS) {
      for (const contender of [ADJOINT, ADJOINT_OUT]) {
        check(task, start(task, contender)(task).result() as Float32Array);
      }
    }
  });

  it("accepts what the kernels compute", () => {
    const [task] = TASKS;
    for (const kernel of KERNELS) {
      check(task, start(task, kernel)(task).result() as Float32Array);
    }
  });

  it("refuses a result with one wrong element, or one too few", () => {
    for (const task of TASKS) {
      const right = start(task, ADJOINT)(task).result() as Float32Array;
      const message = `The result of ${task.op} ${task.size} is wrong`;
      for (const at of [0, right.length - 1]) {
        const wrong = right.slice();
        wrong[at]++;
        assertThrows(() => check(task, wrong), Error, message);
      }
      assertThrows(() => check(task, right.slice(1)), Error, message);
    }
  });
});

describe("race()", () => {
  it("gives every contender as many turns, one after another", async () => {
    const log: string[] = [];
    const contenders = [
      fake("a", "portable", 2, { log }),
      fake("b", "portable", 5, { log }),
    ];
    const outcomes = await race(sum(1000), contenders, new Map());
    assertEquals(outcomes, [
      { name: "a", rate: 4000 / 2 / 1e6, reason: undefined },
      { name: "b", rate: 4000 / 5 / 1e6, reason: undefined },
    ]);
    assertEquals(log.slice(-2), ["a closed", "b closed"]);
    assertEquals(log.slice(-20, -2).join(""), "abba".repeat(4) + "ab");
  });

  it("says who is wrong and who is too slow, and leaves out who cannot", async () => {
    const pace = new Map([["slow", 1e6]]); // Milliseconds for a megabyte.
    const outcomes = await race(sum(1000), [
      fake("wrong", "portable", 1, { result: () => [0.5] }),
      fake("slow", "portable", 1),
      { name: "other", kind: "portable" },
      fake("right", "portable", 1),
    ], pace);
    assertEquals(outcomes.map(({ name, reason }) => [name, reason]), [
      ["wrong", "The result of sum 1000 is wrong"],
      ["slow", "a call would take 4 s"],
      ["right", undefined],
    ]);
    assertEquals(pace.get("right"), 1e6 / 4000);
  });

  it("counts what a copy of as many bytes takes", () => {
    const attempt = start(TASKS[2], memcpy())(TASKS[2]);
    assertEquals(work(TASKS[2]), 4000);
    assertEquals(attempt.result(), undefined);
    assert(attempt.time(10) as number >= 0);
  });
});

describe("median()", () => {
  it("is the middle one, or the mean of the two in the middle", () => {
    assertEquals(median([3]), 3);
    assertEquals(median([10, 1, 2]), 2);
    assertEquals(median([10, 1, 2, 4]), 3);
  });
});

describe("formatRace()", () => {
  it("prints rates, ratios to the best peer and to the limit, and reasons", () => {
    const contenders = [
      fake("Ours", "adjoint", 1),
      fake("P", "portable", 1),
      fake("Q", "portable", 1),
      fake("N", "native", 1),
      fake("limit", "limit", 1),
    ];
    const text = formatRace({
      op: "sum",
      sizes: [10, 200],
      outcomes: [[
        { name: "Ours", rate: 30 },
        { name: "P", rate: 10 },
        { name: "Q", rate: 20 },
        { name: "N", rate: 90 },
        { name: "limit", rate: 40 },
      ], [
        { name: "Ours", rate: 1.234 },
        { name: "P", rate: 2 },
        { name: "Q", reason: "a call would take 9 s" },
      ]],
    }, contenders);
    assertEquals(
      text,
      [
        "sum, GB/s           10   200",
        "Ours              30.0  1.23",
        "P                 10.0  2.00",
        "Q                 20.0     -",
        "N                 90.0     -",
        "limit             40.0     -",
        "Ours / best peer  1.50  0.62",
        "Ours / limit      0.75     -",
        "Q sum 200: a call would take 9 s",
      ].join("\n"),
    );
  });
});

describe("model()", () => {
  it("is a graph of one node, in the fields of onnx.proto", () => {
    type Fields = [number, number | Uint8Array][];
    const decode = (bytes: Uint8Array): Fields => {
      const fields: Fields = [];
      let at = 0;
      const varint = () => {
        let value = 0;
        for (let shift = 1;; shift *= 128) {
          const byte = bytes[at++];
          value += (byte & 127) * shift;
          if (byte < 128) return value;
        }
      };
      while (at < bytes.length) {
        const tag = varint();
        const value = varint();
        if (tag % 8 === 0) fields.push([tag >> 3, value]);
        else {
          assertEquals(tag % 8, 2);
          fields.push([tag >> 3, bytes.subarray(at, at += value)]);
        }
      }
      return fields;
    };
    const all = (bytes: Uint8Array, ...path: number[]): unknown[] => {
      const [field, ...rest] = path;
      const found = decode(bytes).filter(([n]) => n === field);
      return found.flatMap(([, value]) =>
        rest.length > 0 ? all(value as Uint8Array, ...rest) : [value]
      );
    };
    const texts = (values: unknown[]) =>
      values.map((value) => new TextDecoder().decode(value as Uint8Array));

    const bytes = model("MatMul", [
      { name: "x", shape: [3, 300] },
      { name: "y", shape: [300, 1] },
    ], { name: "z", shape: [3, 1] });

    const [GRAPH, NODE, INPUT, OUTPUT] = [7, 1, 11, 12];
    assertEquals(texts(all(bytes, GRAPH, NODE, 4)), ["MatMul"]);
    assertEquals(texts(all(bytes, GRAPH, NODE, 1)), ["x", "y"]);
    assertEquals(texts(all(bytes, GRAPH, NODE, 2)), ["z"]);
    assertEquals(texts(all(bytes, GRAPH, INPUT, 1)), ["x", "y"]);
    assertEquals(all(bytes, GRAPH, INPUT, 2, 1, 2, 1, 1), [3, 300, 300, 1]);
    assertEquals(texts(all(bytes, GRAPH, OUTPUT, 1)), ["z"]);
    assertEquals(all(bytes, GRAPH, OUTPUT, 2, 1, 2, 1, 1), [3, 1]);
  });
});

describe("peakLoop()", () => {
  it("ends after its steps, with all sums still 0", () => {
    assertEquals(peakLoop("float32")!(1000), 0);
    assertEquals(peakLoop("float64")!(1000), 0);
  });
});

describe("the table of all operations", () => {
  it("has every operation, and each of its gradients", () => {
    const ops = new Set(Object.entries(TABLE).map(([key, { op = key }]) => op));
    assertEquals(
      [...ops].toSorted(),
      PAGES.map(({ signature }) => signature.name).toSorted(),
    );
    assertEquals(rowsOf("softmax, axis 0").map(({ name }) => name), [
      "softmax, axis 0",
      "softmaxD, axis 0",
    ]);
    assertEquals(rowsOf("conv2d, 1×1").map(({ name }) => name), [
      ...["conv2d, 1×1", "conv2dD, 1×1", "conv2dDx, 1×1", "conv2dDw, 1×1"],
    ]);
    assertEquals(rowsOf("argmax").length, 1);
  });

  it("has problems that this library solves, by each of its ways", async () => {
    const keys = [
      ...["batchNorm", "concat", "embedding", "sum", "attention, 1×16×64"],
    ];
    for (const key of keys) {
      for (const row of rowsOf(key)) {
        const { problem, ours } = pose(key, row, 1e3);
        const solved: string[] = [];
        for (const { name, start } of ours) {
          const attempt = await start();
          if (attempt === undefined) continue;
          agree(problem.expected, (await attempt.result())!);
          solved.push(name);
        }
        assertEquals(solved[0], "Adjoint");
        assertEquals(solved.at(-1), "Adjoint, arena");
        if (key.startsWith("attention")) {
          assertEquals(solved.slice(1, 3), [
            "loop of the page",
            "step by step",
          ]);
        }
      }
    }
  });

  it("refuses numbers that are wrong, too few, or not there", () => {
    const expected = Float32Array.from({ length: 100 }, (_, i) => i - 50);
    agree(expected, expected.map((value) => value * (1 + 1e-5)));
    for (const value of [1, NaN]) {
      const wrong = expected.slice();
      wrong[70] = value;
      assertThrows(
        () => agree(expected, wrong),
        Error,
        `it computes something else: number 70 is ${value}, not 20`,
      );
    }
    assertThrows(
      () => agree(expected, expected.subarray(1)),
      Error,
      "it computes 99 numbers, not 100",
    );
  });

  it("lays tensors out as a peer has them, and back", () => {
    const axes = [0, 2, 3, 1];
    const x = { shape: [1, 2, 3, 1], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
    const there = permuted(x, axes);
    assertEquals(there.shape, [1, 3, 1, 2]);
    assertEquals([...there.data], [1, 4, 2, 5, 3, 6]);
    assertEquals(permuted(there, inverse(axes)), x);
  });

  it("is raced against who has the function, and printed in a line", async () => {
    const [row] = rowsOf("sqrt");
    const contenders: Contender[] = ["right", "wrong"].map((name) => ({
      name,
      kind: "portable",
      operation: ({ expected }) => ({
        time: (calls) => Promise.resolve(calls * 100),
        result: () => name === "right" ? expected : [],
        close() {},
      }),
    }));
    contenders.push({ name: "none", kind: "portable" });
    const pace = new Map([["right", 1]]);
    const at = await raceAt("sqrt", row, 1e3, contenders, pace);
    assertEquals(at.map(({ name, ms, reason }) => [name, ms! > 0, reason]), [
      ["wrong", false, "it computes 0 numbers, not 1000"],
      ["Adjoint", true, undefined],
      ["loop of the page", true, undefined],
      ["Adjoint, arena", true, undefined],
      ["right", true, undefined],
    ]);
    assertEquals(pace.get("right"), 0.1);
    assertEquals(
      formatRow({
        name: "sqrt",
        sizes: [1e3],
        outcomes: [[
          { name: "Adjoint", ms: 0.5 },
          { name: "Adjoint, arena", ms: 0.2 },
          { name: "loop of the page", ms: 1 },
          { name: "slow", ms: 3 },
          { name: "fast", ms: 0.1 },
          { name: "wrong", reason: "it computes 0 numbers, not 1000" },
        ]],
      }),
      "sqrt                     1e+3: 500 µs, 0.20 × fast, 0.50 × in an arena, 2.00 × loop\n    wrong: it computes 0 numbers, not 1000",
    );
  });
});

describe("the training steps", () => {
  it("are the same for everyone, and printed with how many times ours", () => {
    const all = steps();
    assertEquals(all.map(({ step: { name } }) => name), [
      "perceptron",
      "convnet",
      "transformer",
    ]);
    const [{ step, ours }] = all;
    assertEquals(step.params.w.shape, [128, 784]);
    assertEquals(step.batch.x.shape, [64, 784]);
    const losses = ours().result() as number[];
    assertEquals(losses.length, COMPARED);
    agree(losses, ours().result() as number[]);
    assert(losses[COMPARED - 1] < losses[0], `${losses}`);
    assertEquals(
      formatStep({
        name: "perceptron",
        sizes: [64],
        outcomes: [[
          { name: "Adjoint", ms: 2 },
          { name: "Peer", ms: 5 },
          { name: "wrong", reason: "it computes something else" },
        ]],
      }),
      "A step of the perceptron, batch 64\n  Adjoint          2.00 ms, 1.00\n  Peer             5.00 ms, 2.50\n  wrong: it computes something else",
    );
  });
});
