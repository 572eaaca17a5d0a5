// Copyright 2026 the Adjoint authors. MIT license.

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import guide from "../guides/8-train-a-network.md" with { type: "text" };
import { readDigits, shuffled } from "./digits.ts";
import losses from "./losses.json" with { type: "json" };
import { main } from "./main.ts";
import { byHand, byMachine } from "./perceptron.ts";
import perceptron from "./perceptron.ts" with { type: "text" };
import { curve, pictures } from "./pictures.ts";
import { decode, encode, FormatError, read, write } from "./safetensors.ts";
import { accuracy, restore, Run, save } from "./training.ts";

const { training, heldOut } = readDigits();

describe("the digits", () => {
  it("are eight thousand, and two thousand others", () => {
    assertEquals([training, heldOut].map(({ labels }) => labels.length), [
      8000,
      2000,
    ]);
    for (const { images, labels } of [training, heldOut]) {
      assertEquals(images.length, 784 * labels.length);
      const counts = Array.from(
        { length: 10 },
        (_, digit) => labels.filter((label) => label === digit).length,
      );
      // No digit is rare, in either part.
      assert(counts.every((n) => n > labels.length / 13), `${counts}`);
      assert(images.every((v) => v >= 0 && v <= 1));
    }
  });

  it("are shuffled, each once", () => {
    const order = shuffled(8000, 1);
    assertEquals(new Set(order).size, 8000);
    assert(order.some((place, i) => place !== i));
    assertEquals(order, shuffled(8000, 1));
    assert(`${order}` !== `${shuffled(8000, 2)}`);
  });
});

describe("the perceptron", () => {
  it("has PyTorch's losses, by machine and by hand the same bits", () => {
    const run = new Run(training, losses.seed);
    for (const [step, expected] of losses.float32.entries()) {
      if (step % 20 === 0) {
        const batch = run.batch(step);
        assertEquals(byMachine(run.params, batch), byHand(run.params, batch));
      }
      const error = Math.abs(run.step() / expected - 1);
      assert(error < 1e-5, `step ${step + 1}: ${error}`);
    }
    assertEquals(run.losses.length, 100);
    assert(accuracy(run.params, heldOut) > 0.8);
  });

  it("says at which step and operation NaN first appears", () => {
    const run = new Run(training, 1);
    run.step();
    run.params.v.data[7] = NaN;
    assertThrows(
      () => run.step(),
      Error,
      "Step 2: Cannot differentiate as the loss and its gradients must be numbers: NaN first appears in an input of linear, of call 3 of 4",
    );
    assertEquals(run.losses.length, 1);
  });
});

describe("a run that is saved", () => {
  it("goes on as if nothing had been", () => {
    const run = new Run(training, 3);
    for (let i = 0; i < 3; i++) run.step();
    const other = restore(training, decode(encode(save(run))));
    assertEquals(other.losses, run.losses);
    for (let i = 0; i < 3; i++) assertEquals(other.step(), run.step());
    assertEquals(save(other), save(run));
  });

  it("is refused where it is another's, or damaged", () => {
    const saved = save(new Run(training, 3));
    const { w: _, ...others } = saved.tensors;
    const metadata = { program: "digits", seed: "3" };
    const nan = { shape: [10], data: new Float32Array(10).fill(NaN) };
    // deno-fmt-ignore
    const WRONG: [Parameters<typeof restore>[1], string][] = [
      [{ ...saved, metadata: {} }, "it is not of `deno task train digits`"],
      [{ ...saved, metadata: { program: "digits", seed: "x" } }, "it is not of `deno task train digits`"],
      [{ tensors: others, metadata }, "w must be [128,784]: it is missing"],
      [{ tensors: { ...saved.tensors, c: { shape: [9], data: new Float32Array(9) } }, metadata }, "c must be [10]: it is [9]"],
      [{ tensors: { ...saved.tensors, c: nan }, metadata }, "c has NaN"],
    ];
    for (const [wrong, message] of WRONG) {
      assertThrows(() => restore(training, wrong), Error, message);
    }
  });
});

describe("a file of safetensors", () => {
  const saved = {
    tensors: {
      a: { shape: [2, 1], data: Float32Array.of(1.5, -2) },
      b: { shape: [], data: Float32Array.of(7) },
      none: { shape: [0, 3], data: new Float32Array() },
    },
    metadata: { seed: "1" },
  };
  const bytes = encode(saved);
  const file = (header: string, more = 0) => {
    const text = new TextEncoder().encode(header);
    const found = new Uint8Array(8 + text.length + more);
    new DataView(found.buffer).setBigUint64(0, BigInt(text.length), true);
    found.set(text, 8);
    return found;
  };

  it("has all that went in, and its numbers at a multiple of 8", () => {
    assertEquals(decode(bytes), saved);
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    assertEquals(length % 8, 0);
    assertEquals(bytes.length, 8 + length + 12);
    assertEquals(
      new DataView(bytes.buffer).getFloat32(8 + length + 4, true),
      -2,
    );
  });

  it("is refused where it is damaged", () => {
    // deno-fmt-ignore
    const WRONG: [Uint8Array<ArrayBuffer>, string][] = [
      [bytes.slice(0, 7), "it is too short: 7 bytes"],
      [bytes.slice(0, 20), "its header should have"],
      [bytes.slice(0, -1), "it ends before b does"],
      [bytes.map((byte, i) => i === 9 ? 0xff : byte), "its header is no JSON"],
      [file("null"), "its header is no JSON"],
      [file('{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}', 8), "a must be of F32: it is of F64"],
      [file('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', 8), "a has not as many bytes as its shape says"],
      [file('{"a":{"dtype":"F32","shape":7,"data_offsets":[0,4]}}', 8), "a has not as many bytes as its shape says"],
      [file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}', 8), "a has not as many bytes as its shape says"],
      [file('{"a":{"dtype":"F32","shape":[1]}}', 8), "a has not as many bytes as its shape says"],
    ];
    for (const [bytes, message] of WRONG) {
      assertThrows(() => decode(bytes), FormatError, message);
    }
  });

  it("stays as it was where the new one cannot be written", async () => {
    const dir = await Deno.makeTempDir();
    const path = `${dir}/a.safetensors`;
    try {
      await write(path, saved);
      assertEquals(await read(path), saved);
      await Deno.symlink("/dev/full", `${path}.part`); // A disk that is full.
      const error = await assertRejects(
        () => write(path, { ...saved, metadata: {} }),
        Error,
      );
      assertStringIncludes(
        error.message,
        `Cannot write ${path}, which is as it was: No space left`,
      );
      assertEquals(await read(path), saved);
      assertEquals([...Deno.readDirSync(dir)].length, 1);
      await Deno.writeTextFile(path, "no tensors");
      await assertRejects(
        () => read(path),
        Error,
        `Cannot read ${path} as safetensors: its header should have`,
      );
      await assertRejects(
        () => read(`${dir}/none`),
        Error,
        `Cannot read ${dir}/none: No such file`,
      );
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
});

describe("pictures", () => {
  it("has the means of a curve over a log scale", () => {
    assertEquals(
      curve([100, 100, 10, 10, 1, 1], 3, 3),
      [
        "  1.0e+2 │•",
        "         │ •",
        "     1.0 │  •",
        "         └─── 6",
      ].join("\n"),
    );
    assertEquals(curve([]), "");
    assertEquals(curve([2], 9, 2).split("\n")[1], "     2.0 │•");
  });

  it("draws two rows of an image in a line", () => {
    const image = new Float32Array(784);
    image[0] =
      image[28] =
      image[1] =
      image[30] =
        1;
    const lines = pictures([
      { image, title: "one" },
      { image, title: "two" },
    ]).split("\n");
    assertEquals(lines.length, 15);
    assertEquals(lines[0], `one${" ".repeat(27)}two`);
    assertEquals(lines[1], `█▀▄${" ".repeat(27)}█▀▄`);
    assertEquals(lines[2], "");
  });
});

describe("deno task train", () => {
  const command = (...args: string[]) =>
    new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-lock", "--no-check", "-A"],
        new URL("main.ts", import.meta.url).href,
        ...args,
      ],
      stdout: "piped",
      stderr: "piped",
    });

  /** Runs it until it trains, and then interrupts it. */
  async function interrupted(...args: string[]) {
    await using child = command("digits", ...args).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    let text = "";
    for (let isSent = false;;) {
      const { done, value } = await reader.read();
      if (done) break;
      text += value;
      if (!isSent && text.includes("Training on")) {
        child.kill("SIGINT");
        isSent = true;
      }
    }
    return { ...await child.output().catch(() => child.status), text };
  }

  it("keeps what it has when it is interrupted, and goes on from there", async () => {
    const dir = await Deno.makeTempDir();
    const file = `--file=${dir}/digits.safetensors`;
    try {
      const first = await interrupted(file, "--seed=5");
      assertEquals(first.code, 130);
      const [, step] = /Stopped after step (\d+): go on with --resume/
        .exec(first.text)!;
      const saved = await read(`${dir}/digits.safetensors`);
      assertEquals(saved.tensors.losses.shape, [Number(step)]);
      assertEquals(saved.metadata, { program: "digits", seed: "5" });
      const second = await interrupted(file, "--resume");
      assertStringIncludes(second.text, `digits.safetensors, step ${step}\n`);
      assertEquals(second.code, 130);
      const both = await read(`${dir}/digits.safetensors`);
      assertEquals(both.metadata.seed, "5");
      assert(both.tensors.losses.shape[0] > Number(step));
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });

  it("says what it cannot do", async () => {
    for (
      const [args, message] of [
        [[], "Cannot train as what to train must be given\n\ndeno task train"],
        [
          ["cats"],
          "Cannot train as there is nothing to train but digits: cats",
        ],
        [["digits", "--seed=x"], "Cannot train as seed must be an integer"],
        [["digits", "--epochs=0"], "Cannot train as epochs must be a positive"],
        [["digits", "--cats"], "Cannot train as Unknown option '--cats'"],
        [["digits", "--resume", "--file=/none"], "Cannot read /none: No such"],
      ] as const
    ) await assertRejects(() => main([...args]), Error, message);
  });

  it("says so and no more, and fails", async () => {
    const { code, stderr } = await command("cats").output();
    assertEquals(code, 1);
    assertMatch(new TextDecoder().decode(stderr), /^Cannot train as there is/);
  });
});

describe("the guide Train a network", () => {
  it("shows the perceptron that is trained", () => {
    const plain = (text: string) => text.replaceAll(/^ +/gm, "");
    const parts = perceptron.split(/\n(?=\/\*\*)/).filter((part) =>
      /^export (function (logits|loss|byHand)|const byMachine)/m.test(part)
    ).map((part) => part.slice(part.indexOf("export")).replace("export ", ""));
    assertEquals(parts.length, 4);
    for (const part of parts) {
      const shown = plain(part.trim()).replaceAll(/\bops\./g, "");
      assert(plain(guide).replaceAll(/\bops\./g, "").includes(shown), shown);
    }
  });
});
