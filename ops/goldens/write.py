#!/usr/bin/env python3
# Copyright 2026 the Adjoint authors. MIT license.

"""Writes the golden values: what PyTorch computes, for every op.

The ops are not listed here. An op is a module `ops/<module>.ts`, and its page,
the module comment, says all that is needed: the table under `## Shapes` names
the inputs and their dimensions, and the line "- PyTorch: `expression`" under
`## References` is the Python that computes the op. The expression is run on
random inputs of many shapes, and autograd gives the gradients. A new op needs
no change in this file.

For each op it writes `<module>.json`, and for all of them `all.ts`, which
imports these files. With the same versions of PyTorch and NumPy on the same
kind of machine, two runs write the same bytes.

On Debian:

    apt-get install python3-torch python3-numpy
    /usr/bin/python3 ops/goldens/write.py
"""

from __future__ import annotations

import base64
import itertools
import json
import math
import platform
import re
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Union

try:
    import numpy as np
    import torch
except ImportError as error:
    sys.exit(
        f"Cannot write the goldens as {sys.executable} must have PyTorch and "
        f"NumPy: {error}\n"
        "On Debian: apt-get install python3-torch python3-numpy, "
        "then run this with /usr/bin/python3"
    )

GOLDENS = Path(__file__).resolve().parent
OPS = GOLDENS.parent
GENERATOR = "ops/goldens/write.py"

DTYPES = ("float32", "float64")

# The modules of `ops/` that are no ops. A list, as an op whose page lacks its
# table of shapes must be an error.
NOT_OPS = ("tensor", "threads")

# A page whose shapes are of any rank is tried with ranks that give it no more
# symbols than this: more would make too many elements.
SYMBOLS = 4

# How many numbers the case "larger" may hold, inputs, output and gradients
# together. It admits 64×96 times 96×80, and keeps a file below 1.5 MB.
LARGER = 40_000

# Sizes that the samples of PyTorch's own tests have (OpInfo, `sample_inputs_*`
# in torch/testing/_internal), one for each symbol in the order of the page.
OPINFO: dict[str, list[tuple[int, ...]]] = {
    "linear": [(8, 3, 4), (0, 3, 4), (8, 8, 8), (0, 8, 8)],
    "matmul": [(5, 10, 5), (5, 0, 10)],
    "sum": [(2,), (3, 5), (3, 2, 1, 2)],
}


@dataclass(frozen=True)
class Section:
    """A section of the notebook: what it drew, and what it printed."""

    # The shapes of the inputs, in the order of the draws.
    draws: dict[str, tuple[int, ...]]
    # Its distances between NumPy and PyTorch, in the order of its lines.
    printed: dict[str, float]


# The notebook that the project starts from checks four ops against PyTorch.
# Each section seeds NumPy with 12, draws its inputs in order from
# `np.random.randn`, rounds them to float32, and takes the sum of the squared
# output as the loss. It prints the Euclidean distance of the flattened arrays,
# first for the output, then for each gradient.
NOTEBOOK_SEED = 12
NOTEBOOK: dict[str, Section] = {
    "matmul": Section(
        draws={"x": (4, 6), "y": (6, 9)},
        printed={"output": 0.0, "x": 0.0, "y": 0.0},
    ),
    "add_bias": Section(
        draws={"x": (4, 6, 3), "y": (6,)},
        printed={"output": 0.0, "x": 0.0, "y": 5.415829e-06},
    ),
    "linear": Section(
        draws={"x": (18, 14), "w": (5, 14), "b": (5,)},
        printed={"output": 0.0, "x": 0.0, "w": 0.0, "b": 0.0},
    ),
    "sum": Section(
        draws={"x": (4, 6, 3)},
        printed={"output": 9.536743e-07, "x": 1.6184389828183307e-05},
    ),
}


class PageError(Exception):
    """A page that cannot be used: the file, and why."""

    def __init__(self, module: str, reason: str) -> None:
        super().__init__(f"ops/{module}.ts: {reason}")


# --- Pages -------------------------------------------------------------------


@dataclass(frozen=True)
class Axes:
    """Any number of axes: n_1 × ⋯ × n_r."""

    name: str


# An axis is a symbol, a fixed number, or any number of axes.
SymbolicShape = tuple[Union[str, int, Axes], ...]
Dims = dict[str, int]


@dataclass(frozen=True)
class Op:
    """What a page says about an op."""

    module: str
    inputs: dict[str, SymbolicShape]
    output: SymbolicShape
    expression: str

    @property
    def ranks(self) -> list[int]:
        """The numbers of axes to try for "any number of axes"."""
        if not self.any_rank:
            return [0]
        return [
            rank
            for rank in range(SYMBOLS + 1)
            if len(self.symbols(rank)) <= SYMBOLS
        ]

    @property
    def any_rank(self) -> bool:
        return any(
            isinstance(axis, Axes)
            for shape in self.inputs.values()
            for axis in shape
        )

    def symbols(self, rank: int) -> list[str]:
        """The symbols of the inputs' dimensions, in the page's order."""
        found = dict.fromkeys(
            axis
            for shape in self.inputs.values()
            for axis in expand(shape, rank)
            if isinstance(axis, str)
        )
        return list(found)


def read_op(path: Path) -> Op:
    """Reads an op from its page, and refuses a page that lacks something."""
    module = path.stem
    page = module_comment(path)
    if page is None:
        raise PageError(module, "it has no module comment with @module")

    inputs: dict[str, SymbolicShape] = {}
    output: Optional[SymbolicShape] = None
    for row in table(section(page, "Shapes")):
        if len(row) != 3:
            raise PageError(
                module,
                "a row of its table of shapes is not symbol | shape | role: "
                + " | ".join(row),
            )
        _, shape, role = row
        if match := re.match(r"input `(\w+)`", role):
            inputs[match[1]] = parse_shape(module, shape)
        elif re.match(r"output\b", role):
            output = parse_shape(module, shape)
    if not inputs:
        raise PageError(
            module,
            'no row of a table under "## Shapes" has the role input `name`',
        )
    if output is None:
        raise PageError(
            module, 'no row of a table under "## Shapes" has the role output'
        )

    reference = re.search(
        r"^- PyTorch: `([^`]+)`", section(page, "References"), re.MULTILINE
    )
    if reference is None:
        raise PageError(
            module, 'no line "- PyTorch: `expression`" under "## References"'
        )
    known = {axis for shape in inputs.values() for axis in shape}
    for axis in output:
        if not isinstance(axis, int) and axis not in known:
            raise PageError(
                module,
                f"its output has the dimension {getattr(axis, 'name', axis)}, "
                "which no input has",
            )
    return Op(module, inputs, output, reference[1])


def module_comment(path: Path) -> Optional[str]:
    """The text of the comment that ends in @module, without its asterisks."""
    for comment in re.findall(
        r"^/\*\*(.*?)\*/", path.read_text("utf-8"), re.DOTALL | re.MULTILINE
    ):
        text = re.sub(r"^ \* ?", "", comment, flags=re.MULTILINE)
        if re.search(r"^@module\b", text, re.MULTILINE):
            return text
    return None


def section(page: str, title: str) -> str:
    """What stands under a heading of the second level."""
    match = re.search(
        rf"^## {title}$(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE
    )
    return match[1] if match else ""


def table(text: str) -> list[list[str]]:
    """The cells of a Markdown table, without its header."""
    rows = re.findall(r"^\|(.*)\|$", text, re.MULTILINE)
    return [[cell.strip() for cell in row.split("|")] for row in rows[2:]]


def parse_shape(module: str, cell: str) -> SymbolicShape:
    r"""Reads a shape: `scalar`, $`m \times n`$, $`n_1 \times \cdots \times n_r`$."""
    if cell == "scalar":
        return ()
    formula = re.fullmatch(r"\$`(.+)`\$", cell)
    axes = formula[1].split(r"\times") if formula else []
    axes = [axis.strip() for axis in axes]
    shape: list[Union[str, int, Axes]] = []
    i = 0
    while i < len(axes):
        any_number = re.fullmatch(
            r"([A-Za-z])_1 \\cdots \1_\{?[A-Za-z]\}?", " ".join(axes[i : i + 3])
        )
        if any_number:
            shape.append(Axes(any_number[1]))
            i += 3
        elif re.fullmatch(r"[A-Za-z](_\w|_\{\w+\})?", axes[i]):
            shape.append(axes[i])
            i += 1
        elif axes[i].isdecimal():
            shape.append(int(axes[i]))
            i += 1
        else:
            break
    if not axes or i < len(axes):
        raise PageError(module, f"its shape {cell} cannot be read")
    return tuple(shape)


def expand(shape: SymbolicShape, rank: int) -> list[Union[str, int]]:
    """Writes "any number of axes" out as `rank` axes."""
    axes: list[Union[str, int]] = []
    for axis in shape:
        if isinstance(axis, Axes):
            axes += [f"{axis.name}_{i}" for i in range(1, rank + 1)]
        else:
            axes.append(axis)
    return axes


def concrete(shape: SymbolicShape, rank: int, dims: Dims) -> tuple[int, ...]:
    """A shape with numbers for its symbols."""
    return tuple(
        dims[axis] if isinstance(axis, str) else axis
        for axis in expand(shape, rank)
    )


# --- Cases -------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A name, and sizes for the symbols of a page."""

    name: str
    rank: int
    dims: Dims


def cases_of(op: Op) -> list[Case]:
    """The cases of an op; of two with the same sizes the first is kept."""
    cases: list[Case] = []
    for rank in op.ranks:
        symbols = op.symbols(rank)
        named = sizes(symbols)
        if symbols:
            named.append(("larger", larger(op, rank)))
        named += [
            ("OpInfo " + "×".join(map(str, sample)), list(sample))
            for sample in OPINFO.get(op.module, [])
            if len(sample) == len(symbols)
        ]
        seen: set[tuple[int, ...]] = set()
        for name, numbers in named:
            if tuple(numbers) in seen:
                continue
            seen.add(tuple(numbers))
            if op.any_rank:
                name += f", rank {rank}"
            cases.append(Case(name, rank, dict(zip(symbols, numbers))))
    return cases


def sizes(symbols: list[str]) -> list[tuple[str, list[int]]]:
    """Named sizes for the symbols: ones, zeros, primes, one long axis, …"""
    count = len(symbols)
    small = [2 + i for i in range(count)]
    thin = [2 + i % 2 for i in range(count)]

    def with_one(sizes: list[int], i: int, size: int) -> list[int]:
        return sizes[:i] + [size] + sizes[i + 1 :]

    named = [("ones", [1] * count), ("small", small)]
    named.append(("primes", [5, 7, 11, 13, 17, 19][:count]))
    named.append(("empty", [0] * count))
    for i, symbol in enumerate(symbols):
        named.append((f"empty {symbol}", with_one(small, i, 0)))
    for i, symbol in enumerate(symbols):
        if i == 0:
            name = "tall"
        elif i == count - 1:
            name = "wide"
        else:
            name = "deep" if count == 3 else f"deep {symbol}"
        named.append((name, with_one(thin, i, 97)))
    # The edges of tiles and of SIMD lanes. Four such axes would be too many
    # elements, and three already meet every edge.
    if count <= 3:
        named.append(("one above eights", [9, 17, 25][:count]))
        named.append(("one below eights", [7, 15, 23][:count]))
    return named


def larger(op: Op, rank: int) -> list[int]:
    """64, 96, 80, 72, …, all scaled to fill what a case may hold."""
    symbols = op.symbols(rank)
    budget = LARGER // len(op.ranks)
    best = [1] * len(symbols)
    for step in itertools.count(1):
        scaled = [
            (64, 96, 80, 72)[i % 4] * step // 64 for i in range(len(symbols))
        ]
        dims = dict(zip(symbols, scaled))
        shapes = [concrete(shape, rank, dims) for shape in op.inputs.values()]
        shapes.append(concrete(op.output, rank, dims))
        # Each tensor is stored twice: inputs and gradients, output and dout.
        if 2 * sum(math.prod(shape) for shape in shapes) > budget:
            break
        best = scaled
    return best


# --- Values ------------------------------------------------------------------

Arrays = dict[str, "np.ndarray[Any, Any]"]


def random_arrays(op: Op, case: Case, dtype: str) -> Arrays:
    """Normal numbers for the inputs, in order, and then for `dout`.

    The seed is made of the names, so a new case changes no other one. Both
    element types have the same draws.
    """
    random = np.random.RandomState(
        zlib.crc32(f"{op.module}: {case.name}".encode())
    )
    shapes = {**op.inputs, "dout": op.output}
    return {
        name: np.asarray(
            random.standard_normal(concrete(shape, case.rank, case.dims))
        ).astype(dtype)
        for name, shape in shapes.items()
    }


def golden(
    op: Op,
    case: Case,
    arrays: Arrays,
    printed: Optional[dict[str, float]] = None,
) -> dict[str, Any]:
    """Runs PyTorch on a case. Without `dout` the loss is the sum of squares."""
    dout = arrays.get("dout")
    inputs = {
        name: torch.from_numpy(arrays[name]).requires_grad_()
        for name in op.inputs
    }
    try:
        output = eval(op.expression, {"torch": torch}, dict(inputs))
    except Exception as error:
        raise PageError(
            op.module, f"{op.expression} fails for {case.name}: {error}"
        ) from error
    dtype = next(iter(inputs.values())).dtype
    shape = concrete(op.output, case.rank, case.dims)
    if (
        not isinstance(output, torch.Tensor)
        or tuple(output.shape) != shape
        or output.dtype != dtype
    ):
        raise PageError(
            op.module,
            f"{op.expression} should be {dtype} {list(shape)} for "
            f"{case.name}, by its table of shapes, and is not: {output!r}",
        )
    try:
        if dout is None:
            loss = torch.sum(output**2)
            dz, *gradients = torch.autograd.grad(
                loss, (output, *inputs.values())
            )
        else:
            dz = torch.from_numpy(dout)
            gradients = list(
                torch.autograd.grad(output, tuple(inputs.values()), dz)
            )
    except RuntimeError as error:
        raise PageError(
            op.module,
            f"{op.expression} has no gradient for {case.name}: {error}",
        ) from error

    result: dict[str, Any] = {
        "name": case.name,
        "dtype": str(dtype).replace("torch.", ""),
        "inputs": {name: encode(x) for name, x in inputs.items()},
        "dout": encode(dz),
        "output": encode(output),
        "gradients": {name: encode(g) for name, g in zip(inputs, gradients)},
    }
    if printed is not None:
        result["printed"] = printed
    return result


def encode(x: torch.Tensor) -> dict[str, Any]:
    """A tensor as its shape, and its little-endian bytes in base64."""
    array = x.detach().numpy()
    data = array.astype(array.dtype.newbyteorder("<")).tobytes()
    return {
        "shape": list(array.shape),
        "data": base64.b64encode(data).decode("ascii"),
    }


def notebook(op: Op, drawn: Section) -> dict[str, Any]:
    """The notebook's own arrays, drawn as it drew them."""
    np.random.seed(NOTEBOOK_SEED)
    arrays = {
        name: np.random.randn(*shape).astype(np.float32)
        for name, shape in drawn.draws.items()
    }
    rank = max(len(shape) for shape in drawn.draws.values())
    dims = {
        axis: size
        for name, shape in drawn.draws.items()
        for axis, size in zip(expand(op.inputs[name], rank), shape)
        if isinstance(axis, str)
    }
    return golden(op, Case("notebook", rank, dims), arrays, drawn.printed)


def special_goldens(op: Op, dtype: str) -> list[dict[str, Any]]:
    """NaN, infinities and signed zeros, among numbers and zeros.

    Every third element is zero, so that zero times NaN and zero times infinity
    occur.
    """
    rank = 2 if op.any_rank else 0
    symbols = op.symbols(rank)
    dims = {symbol: 2 + i for i, symbol in enumerate(symbols)}
    goldens: list[dict[str, Any]] = []

    def add(name: str, values: dict[str, list[float]]) -> None:
        """Writes values over the first elements of the tensors named."""
        case = Case(name, rank, dims)
        arrays = random_arrays(op, case, dtype)
        for tensor, array in arrays.items():
            array.flat[2::3] = 0
            array.flat[: len(values.get(tensor, []))] = values.get(tensor, [])
        goldens.append(golden(op, case, arrays))

    sized = {**op.inputs, "dout": op.output}
    count = {
        name: math.prod(concrete(shape, rank, dims))
        for name, shape in sized.items()
    }
    for name in sized:
        add(f"NaN in {name}", {name: [np.nan]})
        add(f"infinity in {name}", {name: [np.inf]})
        add(f"-infinity in {name}", {name: [-np.inf]})
        if count[name] > 1:
            add(f"both infinities in {name}", {name: [np.inf, -np.inf]})
    add("negative zeros", {name: [-0.0] * count[name] for name in sized})
    return goldens


# --- Files -------------------------------------------------------------------


def document(op: Op) -> str:
    """The JSON of an op, in the form that `deno fmt` leaves as it is."""
    cases = [
        golden(op, case, random_arrays(op, case, dtype))
        for case in cases_of(op)
        for dtype in DTYPES
    ]
    if op.module in NOTEBOOK:
        cases.append(notebook(op, NOTEBOOK[op.module]))
    text = json.dumps(
        {
            "note": "Generated: do not edit by hand, run `deno task goldens`",
            "generator": GENERATOR,
            "torch": torch.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
            "module": op.module,
            "expression": op.expression,
            "cases": cases,
            "special": [
                case for dtype in DTYPES for case in special_goldens(op, dtype)
            ],
        },
        indent=2,
        allow_nan=False,
        ensure_ascii=False,
    )
    # A shape stays on one line.
    return (
        re.sub(
            r"\[\s*(\d[\d,\s]*?)\s*\]",
            lambda shape: "[" + re.sub(r"\s+", " ", shape[1]) + "]",
            text,
        )
        + "\n"
    )


def table_of_contents(ops: list[Op]) -> str:
    """The module that imports every file, so that tests can reach them all."""
    imports = "".join(
        f'import {op.module} from "./{op.module}.json" '
        'with { type: "json" };\n'
        for op in ops
    )
    names = "".join(f"  {op.module},\n" for op in ops)
    return (
        "// Copyright 2026 the Adjoint authors. MIT license.\n"
        f"// Generated by {GENERATOR}: do not edit by hand.\n\n"
        f"{imports}\n"
        "/** The golden files of all ops, undecoded, by module. */\n"
        f"export const all: Record<string, unknown> = {{\n{names}}};\n"
    )


def main() -> None:
    # More threads would add in another order, and in another one on each run.
    torch.set_num_threads(1)
    ops = [
        read_op(path)
        for path in sorted(OPS.glob("*.ts"))
        if not path.name.startswith("_")
        and not path.name.endswith("_test.ts")
        and path.stem not in NOT_OPS
    ]
    # All is computed before anything is written: an error leaves no mixture.
    files = {f"{op.module}.json": document(op) for op in ops}
    files["all.ts"] = table_of_contents(ops)
    for path in GOLDENS.glob("*.json"):
        if path.name not in files:
            path.unlink()
            print(f"{path.name}: removed, as there is no such op")
    for name, text in files.items():
        (GOLDENS / name).write_text(text, "utf-8")
        print(f"{name}: {len(text.encode()) / 1000:.0f} kB")


if __name__ == "__main__":
    try:
        main()
    except PageError as error:
        sys.exit(f"Cannot write the goldens as a page is not complete: {error}")
