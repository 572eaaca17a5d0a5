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
import eight from "../guides/8-train-a-network.md" with { type: "text" };
import nine from "../guides/9-train-a-convolutional-network.md" with {
  type: "text",
};
import ten from "../guides/10-train-a-transformer.md" with { type: "text" };
import { map } from "../../ops/reverse/trees.ts";
import convnet from "./convnet.ts" with { type: "text" };
import { part, shuffled } from "./digits.ts";
import losses from "./losses.json" with { type: "json" };
import { main } from "./main.ts";
import { readDigits } from "./mnist.ts";
import { byMachine, type Network, restore, Run, save } from "./network.ts";
import { NETWORKS, sample } from "./networks.ts";
import { pack, unpack } from "./packed.ts";
import * as perceptron from "./perceptron.ts";
import ofPerceptron from "./perceptron.ts" with { type: "text" };
import { curve, pictures, weightsMap } from "./pictures.ts";
import {
  CONTEXT,
  decode as read8,
  encode as write8,
  LETTERS,
} from "./prose.ts";
import { decode, encode, FormatError, read, write } from "./safetensors.ts";
import * as transformer from "./transformer.ts";
import ofTransformer from "./transformer.ts" with { type: "text" };

const { training, heldOut } = readDigits();
const digits = NETWORKS.digits(), text = NETWORKS.text();

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

  it("are packed for a page in sixteen shades", async () => {
    const few = part(heldOut, 190, 210);
    const { images, labels } = await unpack(await pack(few));
    assertEquals(labels, few.labels);
    images.forEach((v, i) => assert(Math.abs(v - few.images[i]) < 0.034));
    await assertRejects(
      async () => await unpack({ ...await pack(few), count: 21 }),
      Error,
      "Cannot read the digits as 21 must be there: they have 7860 bytes",
    );
  });

  it("are shuffled, each once", () => {
    const order = shuffled(8000, 1);
    assertEquals(new Set(order).size, 8000);
    assert(order.some((place, i) => place !== i));
    assertEquals(order, shuffled(8000, 1));
    assert(`${order}` !== `${shuffled(8000, 2)}`);
  });
});

describe("the text", () => {
  it("is a million letters, and each part contains most of its words", () => {
    const batch = text.batch(1, 0);
    assertEquals(batch.x.shape, [16, CONTEXT]);
    // The letter after each is the next one.
    assertEquals(
      batch.x.data.slice(1, CONTEXT),
      batch.t.data.slice(0, -1).slice(0, CONTEXT - 1),
    );
    assertMatch(text.data, /^10\d{5} letters/);
    assert(batch.x.data.every((v) => v < LETTERS.length));
    assertEquals(read8(write8("“Ahoy—there’s”\né")), '"Ahoy-there\'s"\n');
    assert(`${text.batch(1, 1).x.data}` !== `${batch.x.data}`);
    assert(`${text.batch(2, 0).x.data}` !== `${batch.x.data}`);
  });

  it("goes on letter by letter", () => {
    const params = text.begin(1);
    const written = sample(params, "Call me", 5, 1);
    assertEquals(written.length, 12);
    assert(written.startsWith("Call me"));
    assertEquals(sample(params, "Call me", 5, 1), written);
    const { data } = text.batch(1, 0).x;
    const weights = transformer.weights(params, {
      shape: [1, CONTEXT],
      data: data.slice(0, CONTEXT),
    });
    assertEquals(weights.shape, [4, CONTEXT, CONTEXT]);
    for (let row = 0; row < CONTEXT; row++) {
      const cells = weights.data.subarray(row * CONTEXT, (row + 1) * CONTEXT);
      assert(Math.abs(cells.reduce((a, b) => a + b) - 1) < 1e-5);
      assert(cells.subarray(row + 1).every((p) => p === 0));
    }
  });
});

/** The same network with numbers of float64. */
function wide<P, B>(network: Network<P, B>): Network<P, B> {
  const widened = <T>(x: T) =>
    map(x, ({ shape, data }) => ({
      shape,
      data: data instanceof Float32Array ? Float64Array.from(data) : data,
    })) as T;
  return {
    ...network,
    begin: (seed) => widened(network.begin(seed)),
    batch: (seed, step) => widened(network.batch(seed, step)),
  };
}

/** Steps as PyTorch took them, and what its losses were. */
function follow<P, B>(
  network: Network<P, B>,
  expected: readonly number[],
  most: number,
) {
  const run = new Run(network, losses.seed);
  for (const [step, loss] of expected.entries()) {
    const error = Math.abs(run.step() / loss - 1);
    assert(error < most, `step ${step + 1}: ${error}`);
  }
  return run;
}

describe("the perceptron", () => {
  it("has PyTorch's losses in float32", () => {
    const run = follow(digits, losses.digits.float32, 1e-5);
    assertEquals(run.losses.length, 100);
    assertMatch(digits.test(run.params), /^right [89]\d\.\d\d % of those held/);
  });

  it("has the same bits by hand", () => {
    const params = digits.begin(2), batch = digits.batch(2, 0);
    assertEquals(
      perceptron.byMachine(params, batch),
      perceptron.byHand(params, batch),
    );
  });

  it("says at which step and operation NaN first appears", () => {
    const run = new Run(digits, 1);
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

describe("the convolutional network", () => {
  const network = NETWORKS.convnet();

  it("has PyTorch's losses in float32", () => {
    follow(network, losses.convnet.float32.slice(0, 20), 1e-5);
  });

  it("has PyTorch's losses in float64, and reads digits then", () => {
    const run = follow(wide(network), losses.convnet.float64, 1e-9);
    assertEquals(run.losses.length, 100);
    const narrow = map(run.params, ({ shape, data }) => ({
      shape,
      data: Float32Array.from(data),
    })) as typeof run.params;
    assertMatch(network.show(narrow), /^1[5-9]\d\d of 2000 held-out digits/);
  });

  it("moves the digits, and drops a quarter of the features", () => {
    const { x, mask } = network.batch(1, 0);
    const kept = mask.data.reduce((a, b) => a + b, 0) / mask.data.length;
    assert(Math.abs(kept - 0.75) < 0.01);
    const flat = digits.batch(1, 0).x.data;
    assert(x.data.some((v, i) => v !== flat[i]));
    const sum = (data: Float32Array) => data.reduce((a, b) => a + b);
    assert(Math.abs(sum(x.data) / sum(flat) - 1) < 0.01); // Little is cut off.
  });
});

// All steps take a minute: deno test docs/train -- --long
const long = Deno.args.includes("--long");

describe("the transformer", () => {
  it("has PyTorch's losses in float32, by machine and by hand the same bits", () => {
    const run = follow(text, losses.text.float32.slice(0, 20), 1e-5);
    const batch = text.batch(1, 20);
    assertEquals(
      byMachine(text.loss)(run.params, batch),
      transformer.byHand(run.params, batch),
    );
  });

  it("has PyTorch's losses in float64", () => {
    const expected = losses.text.float64.slice(0, long ? 100 : 30);
    follow(wide(text), expected, 1e-9);
  });
});

describe("a run that is saved", () => {
  it("goes on as if nothing had been", () => {
    const run = new Run(digits, 3);
    for (let i = 0; i < 3; i++) run.step();
    const other = restore(digits, decode(encode(save(run))));
    assertEquals(other.losses, run.losses);
    for (let i = 0; i < 3; i++) assertEquals(other.step(), run.step());
    assertEquals(save(other).tensors, save(run).tensors);
  });

  it("has what AdamW remembers, and all layers", () => {
    const run = new Run(text, 3);
    run.step();
    const saved = save(run);
    const { tensors } = saved;
    assertEquals(tensors["blocks[1].up"].shape, [512, 128]);
    assertEquals(tensors["mean.blocks[1].up"].shape, [512, 128]);
    const other = restore(text, decode(encode(saved)));
    assertEquals(other.step(), run.step());
  });

  it("is refused where it is another's, or damaged", () => {
    const saved = save(new Run(digits, 3));
    const { w: _, ...others } = saved.tensors;
    const metadata = { program: "digits", seed: "3" };
    const nan = { shape: [10], data: new Float32Array(10).fill(NaN) };
    // deno-fmt-ignore
    const WRONG: [Parameters<typeof restore>[1], string][] = [
      [{ ...saved, metadata: {} }, "it is not of `deno task train digits`"],
      [{ ...saved, metadata: { program: "convnet", seed: "3" } }, "it is not of `deno task train digits`"],
      [{ ...saved, metadata: { program: "digits", seed: "x" } }, "it is not of `deno task train digits`"],
      [{ tensors: others, metadata }, "w must be [128,784]: it is missing"],
      [{ tensors: { ...saved.tensors, c: { shape: [9], data: new Float32Array(9) } }, metadata }, "c must be [10]: it is [9]"],
      [{ tensors: { ...saved.tensors, c: nan }, metadata }, "c has NaN"],
    ];
    for (const [wrong, message] of WRONG) {
      assertThrows(() => restore(digits, wrong), Error, message);
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

  it("stays as it was if the new one cannot be written", async () => {
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

  it("draws what a letter looks at", () => {
    const data = Float32Array.of(1, 0, 0.25, 0.75);
    assertEquals(
      weightsMap({ shape: [1, 2, 2], data }, "a b".replace(" ", "")),
      ["  head 1", "  ab", "a █", "b ▒█"].join("\n"),
    );
    assertEquals(
      weightsMap({ shape: [1, 1, 1], data: data.subarray(2, 3) }, " "),
      ["  head 1", "  ·", "· ▒"].join("\n"),
    );
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

  it("loses nothing where a step or the disk fails, or the file is another's", async () => {
    const dir = await Deno.makeTempDir();
    const path = `${dir}/digits.safetensors`;
    const resume = () => main(["digits", "--resume", `--file=${path}`]);
    try {
      // A step before the end of an epoch, after which the file is written.
      const saved = save(new Run(digits, 3));
      const data = new Float32Array(249).fill(1);
      saved.tensors.losses = { shape: [249], data };
      await write(path, saved);
      await Deno.symlink("/dev/full", `${path}.part`);
      await assertRejects(
        resume,
        Error,
        `Cannot write ${path}, which is as it was: No space left`,
      );
      assertEquals(await read(path), saved);

      saved.tensors.v.data.fill(3e38);
      await write(path, saved);
      const { message } = await assertRejects(resume, Error);
      assertMatch(
        message,
        /^Step 250: .* (NaN|∞|-∞|Infinity) first appears in/,
      );
      assertStringIncludes(message, `\n${path} has what was learnt before`);
      assertEquals(await read(path), saved);

      await write(path, { ...saved, metadata: { program: "text", seed: "3" } });
      await assertRejects(
        resume,
        Error,
        `Cannot go on from ${path}: it is not of \`deno task train digits\``,
      );
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
          "Cannot train as what to train must be one of digits, convnet, text: it is cats",
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
    assertMatch(new TextDecoder().decode(stderr), /^Cannot train as what to/);
  });
});

describe("the guides", () => {
  const plain = (text: string) => text.replaceAll(/\s+/g, "");
  // What of which module each guide shows.
  const SHOWN = {
    "8": [eight, ofPerceptron, [
      "logits",
      "loss",
      "flow",
      "byHand",
      "byMachine",
    ]],
    "9": [nine, convnet, ["loss"]],
    "10": [ten, ofTransformer, ["split", "joined", "block", "logits", "loss"]],
  } as const;
  for (const [number, [guide, module, names]] of Object.entries(SHOWN)) {
    it(`show the network that is trained: ${number}`, () => {
      const parts = module.split(/\n(?=\/\*\*)/).map((part) =>
        /^(?:export )?((?:function|const) (\w+)[^]*)/m.exec(part)
      );
      for (const name of names) {
        const part = parts.find((part) => part?.[2] === name)![1];
        const shown = plain(part).replaceAll(/\bops\./g, "");
        assert(plain(guide).replaceAll(/\bops\./g, "").includes(shown), part);
      }
    });
  }
});
