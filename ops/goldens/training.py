# Copyright 2026 the Adjoint authors. MIT license.

"""Writes what PyTorch computes for programs of several operations, and what its
optimisers do, to ops/goldens/training.json.

    python3 ops/goldens/training.py

Inputs are drawn by the generator of random.ts, which is written here once more, and
are stored by their seeds and shapes; of results every digit is kept.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Iterator

import torch
import torch.nn.functional as F

torch.set_num_threads(1)


def randoms(seed: int) -> Iterator[int]:
    """The integers below 2³² of randomFrom(seed)."""
    counter, mask = seed, 0xFFFFFFFF
    while True:
        counter = (counter + 0x9E3779B9) & mask
        z = counter
        z = ((z ^ z >> 16) * 0x21F0AAAD) & mask
        z = ((z ^ z >> 15) * 0x735A2D97) & mask
        yield z ^ z >> 15


def draw(seed: int, shape: list[int], scale: float = 2.0) -> torch.Tensor:
    """Dyadic numbers of [−scale, scale)."""
    random = randoms(seed)
    size = torch.Size(shape).numel()
    units = [(next(random) >> 8) / 2**24 for _ in range(size)]
    data = [scale * (2 * u - 1) for u in units]
    return torch.tensor(data, dtype=torch.float64).reshape(shape)


def labels(seed: int, count: int, below: int) -> torch.Tensor:
    random = randoms(seed)
    return torch.tensor([next(random) * below >> 32 for _ in range(count)])


def lstm(x, h, c, w, u, b, target):
    for _ in range(3):
        h, c = torch._VF.lstm_cell(x, (h, c), w, u, b, torch.zeros_like(b))
    return F.mse_loss(h, target)


def block(x, w, gamma, beta, v):
    a = F.layer_norm(x, (4,), gamma, beta)
    q, k, z = (a @ w).split([4, 4, 4], dim=-1)
    y = x + F.scaled_dot_product_attention(q, k, z, is_causal=True)
    return torch.mean(y + F.gelu(y @ v))


PROGRAMS: dict[str, tuple[dict[str, list[int]], Callable[..., torch.Tensor]]] = {
    "notebook": (
        {"x": [4, 6], "y": [6, 9]},
        lambda x, y: torch.sum((x @ y) * (x @ y)),
    ),
    "perceptron": (
        {"x": [5, 7], "w": [6, 7], "b": [6], "v": [3, 6], "c": [3]},
        lambda x, w, b, v, c: F.cross_entropy(
            F.linear(torch.relu(F.linear(x, w, b)), v, c), labels(99, 5, 3)
        ),
    ),
    "convolution": (
        {
            "x": [3, 2, 6, 6],
            "w": [4, 2, 3, 3],
            "b": [4],
            "gamma": [4],
            "beta": [4],
            "v": [3, 16],
        },
        lambda x, w, b, gamma, beta, v: F.cross_entropy(
            F.max_pool2d(
                torch.relu(
                    F.batch_norm(F.conv2d(x, w, b), None, None, gamma, beta, True)
                ),
                2,
            ).reshape(3, -1)
            @ v.T,
            labels(98, 3, 3),
        ),
    ),
    "transformer": (
        {"x": [2, 5, 4], "w": [4, 12], "gamma": [4], "beta": [4], "v": [4, 4]},
        block,
    ),
    "lstm": (
        {
            "x": [3, 4],
            "h": [3, 2],
            "c": [3, 2],
            "w": [8, 4],
            "u": [8, 2],
            "b": [8],
            "target": [3, 2],
        },
        lstm,
    ),
    "structure": (
        {"x": [3, 4], "y": [2, 4], "w": [6, 3]},
        lambda x, y, w: torch.logsumexp(
            torch.where(
                labels(97, 20, 2).reshape(4, 5) != 0,
                torch.cat([x, y]).T,
                F.embedding(torch.tensor([4, 0, 4, 1]), w) @ x.sum(1)[:, None],
            ).flatten(),
            0,
        ),
    ),
}


def program(name: str) -> dict[str, Any]:
    shapes, f = PROGRAMS[name]
    inputs = [draw(i + 1, s).requires_grad_() for i, s in enumerate(shapes.values())]
    loss = f(*inputs)
    loss.backward()
    return {
        "name": name,
        "inputs": shapes,
        "loss": loss.item(),
        "grads": {k: x.grad.flatten().tolist() for k, x in zip(shapes, inputs)},
    }


STEPS = 100

OPTIMISERS: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("SGD", {"lr": 0.125}),
    "momentum": ("SGD", {"lr": 0.1, "momentum": 0.9}),
    "Nesterov": ("SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True}),
    "decay": ("SGD", {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.01}),
    "all": (
        "SGD",
        {"lr": 0.02, "momentum": 0.8, "nesterov": True, "weight_decay": 0.1},
    ),
    "default": ("AdamW", {}),
    "chosen": (
        "AdamW",
        {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.2},
    ),
}


def optimiser(name: str) -> dict[str, Any]:
    """Minimizes ½ Σ a (p − c)², with a clipped gradient, for two parameters."""
    kind, options = OPTIMISERS[name]
    shapes = {"w": [3, 2], "b": [4]}
    params = [draw(i + 1, s).requires_grad_() for i, s in enumerate(shapes.values())]
    scales = [draw(i + 11, s).abs() + 0.125 for i, s in enumerate(shapes.values())]
    centers = [draw(i + 21, s) for i, s in enumerate(shapes.values())]
    steps = getattr(torch.optim, kind)(params, **options)
    norms = []
    for _ in range(STEPS):
        for p, a, c in zip(params, scales, centers):
            p.grad = a * (p.detach() - c)
        norms.append(torch.nn.utils.clip_grad_norm_(params, 1.0).item())
        steps.step()
    return {
        "name": name,
        "kind": kind,
        "options": options,
        "params": {k: p.flatten().tolist() for k, p in zip(shapes, params)},
        "norms": [norms[0], norms[-1]],
    }


def main() -> None:
    file = Path(__file__).with_name("training.json")
    found = {
        "version": torch.__version__.split("+")[0],
        "programs": [program(name) for name in PROGRAMS],
        "optimisers": [optimiser(name) for name in OPTIMISERS],
    }
    lines = [f'"version": {json.dumps(found["version"])}']
    for key in ("programs", "optimisers"):
        rows = ",\n".join(json.dumps(row) for row in found[key])
        lines.append(f'"{key}": [\n{rows}\n]')
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
