# Copyright 2026 the Adjoint authors. MIT license.

"""Evaluates an operation and its gradients with one library, for write.ts.

It reads a job, a line of JSON, and writes what came of it, another line:

    > {"expression": "torch.softmax(x, axis)", "wrt": ["x"], "outputs": ["y"],
       "calls": [{"inputs": {"x": {"dtype", "shape", "data"}}, "options":
       {"axis": -1}, "dout": {"y": {…}}}]}
    < [{"y": {…}, "dx": {…}} or "what the library said when it refused"]

Tensors come as the very bytes of their elements, so nothing is drawn here. An
integer tensor is a Long in PyTorch, a list a tuple. A dout may be one number for
all its elements, and is 1 where none is given. A library has a process of its own:
TensorFlow flushes subnormal numbers for all that runs in the same one.
"""

from __future__ import annotations

import base64
import json
import os
import re
import sys
from typing import Any

import numpy as np

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

# An optional input may be None.
Arrays = dict[str, "np.ndarray[Any, Any] | None"]


def decode(tensor: Any) -> Any:
    if tensor is None or isinstance(tensor, (int, float)):
        return tensor
    if isinstance(tensor, str):
        return float(tensor)  # NaN and infinities, which JSON has not
    data = base64.b64decode(tensor["data"])
    dtype = np.dtype(tensor["dtype"]).newbyteorder("<")
    array = np.frombuffer(data, dtype).astype(tensor["dtype"])
    return array.reshape(tensor["shape"])


def filled(dout: Any, like: Any) -> np.ndarray:
    """The dout for an output: an array as it is, else a number everywhere."""
    if isinstance(dout, np.ndarray):
        return dout
    shape, dtype = tuple(like.shape), str(like.dtype).split(".")[-1]
    dtype = getattr(like.dtype, "name", dtype)  # TensorFlow's
    return np.full(shape, 1 if dout is None else dout, dtype)


def encode(array: np.ndarray) -> dict[str, Any]:
    array = np.asarray(array)
    data = array.astype(array.dtype.newbyteorder("<")).tobytes()
    return {
        "dtype": str(array.dtype),
        "shape": list(array.shape),
        "data": base64.b64encode(data).decode("ascii"),
    }


class PyTorch:
    def __init__(self) -> None:
        import torch

        self.torch = torch
        self.version = torch.__version__.split("+")[0]
        # More threads would add in another order, and in another on each run.
        torch.set_num_threads(1)

    def call(
        self, code: Any, inputs: Arrays, options: dict, wrt: list, douts: list
    ) -> tuple[list, list]:
        torch = self.torch
        tensors = {
            name: None
            if x is None
            else torch.from_numpy(x).requires_grad_()
            if x.dtype.kind == "f"
            else torch.from_numpy(x.astype(np.int64))
            for name, x in inputs.items()
        }
        found = eval(code, {"torch": torch, **options, **tensors})
        outputs = list(found) if isinstance(found, (tuple, list)) else [found]
        if not wrt:
            return [y.detach().numpy() for y in outputs], []
        gradients = torch.autograd.grad(
            outputs,
            [tensors[name] for name in wrt],
            [
                torch.from_numpy(filled(dout, y))
                for y, dout in zip(outputs, douts)
            ],
            allow_unused=True,
            materialize_grads=True,
        )
        return (
            [y.detach().numpy() for y in outputs],
            [gradient.numpy() for gradient in gradients],
        )


class JAX:
    def __init__(self) -> None:
        import jax

        jax.config.update("jax_enable_x64", True)
        self.jax = jax
        self.version = jax.__version__

    def call(
        self, code: Any, inputs: Arrays, options: dict, wrt: list, douts: list
    ) -> tuple[list, list]:
        jax = self.jax
        tensors = {
            name: None if x is None else jax.numpy.asarray(x)
            for name, x in inputs.items()
        }

        def f(*floats: Any) -> list:
            given = {**tensors, **dict(zip(wrt, floats))}
            found = eval(code, {"jax": jax, "jnp": jax.numpy, **options, **given})
            return list(found) if isinstance(found, (tuple, list)) else [found]

        if not wrt:
            return f(), []
        outputs, pullback = jax.vjp(f, *[tensors[name] for name in wrt])
        gradients = pullback(
            [
                jax.numpy.asarray(filled(dout, y))
                for y, dout in zip(outputs, douts)
            ]
        )
        return outputs, list(gradients)


class TensorFlow:
    def __init__(self) -> None:
        import tensorflow as tf

        self.tf = tf
        self.version = tf.__version__

    def call(
        self, code: Any, inputs: Arrays, options: dict, wrt: list, douts: list
    ) -> tuple[list, list]:
        tf = self.tf
        tensors = {
            name: None if x is None else tf.constant(x) for name, x in inputs.items()
        }
        with tf.GradientTape() as tape:
            for name in wrt:
                tape.watch(tensors[name])
            found = eval(code, {"tf": tf, **options, **tensors})
        outputs = list(found) if isinstance(found, (tuple, list)) else [found]
        if not wrt:
            return [y.numpy() for y in outputs], []
        gradients = tape.gradient(
            outputs,
            [tensors[name] for name in wrt],
            [
                tf.constant(filled(dout, y))
                for y, dout in zip(outputs, douts)
            ],
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )
        return (
            [y.numpy() for y in outputs],
            [tf.convert_to_tensor(gradient).numpy() for gradient in gradients],
        )


LIBRARIES = {"PyTorch": PyTorch, "JAX": JAX, "TensorFlow": TensorFlow}


def as_float(y: np.ndarray, floats: list[Any]) -> np.ndarray:
    """Indices as numbers of the type of the inputs, as all results are kept."""
    return y.astype(floats[0]) if floats and y.dtype.kind in "iu" else y


def said(error: Exception) -> str:
    """The first line of an error, without what is of this machine only."""
    text = re.sub(r"\{\{[^}]*\}\}\s*|\[Op:\w+\].*", "", str(error)).strip()
    line = text.split("\n")[0][:160].strip()
    return f"{type(error).__name__}: {line}"


def run(library: Any, job: dict[str, Any]) -> list[Any]:
    code = compile(job["expression"], job["expression"], "eval")
    results: list[Any] = []
    for call in job["calls"]:
        inputs = {name: decode(x) for name, x in call["inputs"].items()}
        wrt = [name for name in job["wrt"] if inputs[name] is not None]
        douts = [decode(call["dout"].get(name)) for name in job["outputs"]]
        options = {
            name: tuple(value)
            if isinstance(value, list)
            else float(value)  # An infinity.
            if isinstance(value, str)
            else value
            for name, value in call["options"].items()
        }
        try:
            outputs, gradients = library.call(code, inputs, options, wrt, douts)
        except Exception as error:  # Whatever a library says is a result.
            results.append(said(error))
            continue
        types = [x.dtype for x in inputs.values() if x is not None]
        floats = [dtype for dtype in types if dtype.kind == "f"]
        outputs = [as_float(np.asarray(y), floats) for y in outputs]
        named = dict(zip(job["outputs"], outputs, strict=True))
        named.update({f"d{name}": g for name, g in zip(wrt, gradients)})
        results.append({name: encode(x) for name, x in named.items()})
    return results


def main() -> None:
    # Only answers go to standard output, whatever a library prints.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        library = LIBRARIES[sys.argv[1]]()
    except ImportError as error:
        print(json.dumps({"missing": str(error)}), file=answers, flush=True)
        return
    version = {"version": library.version}
    print(json.dumps(version), file=answers, flush=True)
    for line in sys.stdin:
        results = run(library, json.loads(line))
        print(json.dumps(results), file=answers, flush=True)


if __name__ == "__main__":
    main()
