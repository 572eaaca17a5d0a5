# Copyright 2026 the Adjoint authors. MIT license.

"""The native reference: NumPy and PyTorch, on one thread.

Reads one request a line, as JSON, and answers with a line of JSON:

    {"load": "numpy"}                                -> its version and BLAS
    {"start": "matmul", "inputs": [[path, shape, type]]}   -> {}
    {"time": calls}                                  -> milliseconds
    {"result": path}                                 -> {}, written as float32

A training step, such as "perceptron", also has the "names" of its inputs, of which
the first "count" are parameters, its "rate" and its "optimiser".
"""

import json
import re
import sys
import time
from pathlib import Path

# Losses that are compared.
COMPARED = 5
MOMENTUM = 0.9


def numpy_ops():
    import numpy as np

    def load(path, shape, dtype):
        return np.fromfile(path, dtype).reshape(shape)

    def save(result, path):
        np.asarray(result, np.float32).tofile(path)

    def perceptron(inputs, _, rate, __):
        params = {name: inputs[name] for name in "wbvc"}
        momenta = {name: np.zeros_like(p) for name, p in params.items()}
        x, t = inputs["x"], inputs["t"]
        n = len(t)

        def step():
            w, b, v, c = params.values()
            a = x @ w.T + b
            h = np.maximum(a, 0)
            y = h @ v.T + c
            y -= y.max(1, keepdims=True)
            p = np.exp(y)
            sums = p.sum(1, keepdims=True)
            value = (np.log(sums[:, 0]) - y[np.arange(n), t]).mean()
            p /= sums
            p[np.arange(n), t] -= 1
            p /= n
            da = (p @ v) * (a > 0)
            grads = {"w": da.T @ x, "b": da.sum(0), "v": p.T @ h, "c": p.sum(0)}
            for name, grad in grads.items():
                momenta[name] *= MOMENTUM
                momenta[name] += grad
                params[name] -= rate * momenta[name]
            return value

        return step

    ops = {"matmul": np.matmul, "addBias": np.add, "sum": np.sum}
    try:
        blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        note = "{name} {version}".format(**blas)
    except TypeError:  # Before NumPy 1.25 it only prints.
        note = "with the BLAS of the system"
    steps = {"perceptron": perceptron}
    return {"version": np.__version__, "note": note}, ops, steps, load, save


def torch_ops():
    import numpy as np
    import torch

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)

    def load(path, shape, dtype):
        return torch.from_numpy(np.fromfile(path, dtype).reshape(shape))

    def save(result, path):
        np.asarray(result, np.float32).tofile(path)

    def stepping(loss):
        def begin(inputs, count, rate, optimiser):
            torch.set_grad_enabled(True)
            params, batch = {}, {}
            for i, (name, x) in enumerate(inputs.items()):
                if i < count:
                    params[re.sub(r"blocks\[(\d+)\]", r"\1", name)] = x.requires_grad_()
                elif name == "mask":
                    batch[name] = x.bool()
                else:
                    batch[name] = x if x.is_floating_point() else x.long()
            make = {
                "sgd": lambda p: torch.optim.SGD(p, lr=rate, momentum=MOMENTUM),
                "adam": lambda p: torch.optim.Adam(p, lr=rate),
            }[optimiser]
            descent = make(list(params.values()))

            def step():
                value = loss(params, batch)
                descent.zero_grad()
                value.backward()
                descent.step()
                return value.item()

            return step

        return begin

    ops = {"matmul": torch.matmul, "addBias": torch.add, "sum": torch.sum}
    blas = re.search(r"BLAS_INFO=(\w+)", torch.__config__.show())
    note = f"BLAS: {blas[1]}" if blas else ""
    sys.path.append(str(Path(__file__).parent / "../train"))
    from losses import LOSSES

    steps = {name: stepping(loss) for name, loss in LOSSES.items()}
    return {"version": torch.__version__, "note": note}, ops, steps, load, save


def main():
    ops = steps = load = save = run = None
    inputs = []
    for line in sys.stdin:
        request = json.loads(line)
        answer = {}
        if "load" in request:
            libraries = {"numpy": numpy_ops, "torch": torch_ops}
            try:
                answer, ops, steps, load, save = libraries[request["load"]]()
            except ImportError as error:
                answer = {"error": str(error)}
        elif "start" in request:
            inputs = [load(*given) for given in request["inputs"]]
            if "names" in request:
                named = dict(zip(request["names"], inputs))
                make = steps[request["start"]]
                step = make(named, *(request[k] for k in ("count", "rate", "optimiser")))
                run, inputs = step, []
            else:
                step, run = None, ops[request["start"]]
        elif "time" in request:
            start = time.perf_counter()
            for _ in range(request["time"]):
                run(*inputs)
            answer = (time.perf_counter() - start) * 1000
        elif "result" in request:
            results = [run(*inputs) for _ in range(COMPARED if step else 1)]
            save(results if step else results[0], request["result"])
        print(json.dumps(answer), flush=True)


main()
