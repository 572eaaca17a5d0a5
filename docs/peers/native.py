# Copyright 2026 the Adjoint authors. MIT license.

"""The native reference: NumPy and PyTorch, on one thread.

Reads one request a line, as JSON, and answers with a line of JSON:

    {"load": "numpy"}                                -> its version and BLAS
    {"start": "matmul", "inputs": [[path, shape]]}   -> {}
    {"time": calls}                                  -> milliseconds
    {"result": path}                                 -> {}, written as float32
"""

import json
import re
import sys
import time


def numpy_ops():
    import numpy as np

    def load(path, shape):
        return np.fromfile(path, np.float32).reshape(shape)

    def save(result, path):
        np.asarray(result, np.float32).tofile(path)

    ops = {"matmul": np.matmul, "addBias": np.add, "sum": np.sum}
    try:
        blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        note = "{name} {version}".format(**blas)
    except TypeError:  # Before NumPy 1.25 it only prints.
        note = "with the BLAS of the system"
    return {"version": np.__version__, "note": note}, ops, load, save


def torch_ops():
    import numpy as np
    import torch

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)

    def load(path, shape):
        return torch.from_numpy(np.fromfile(path, np.float32).reshape(shape))

    def save(result, path):
        result.numpy().tofile(path)

    ops = {"matmul": torch.matmul, "addBias": torch.add, "sum": torch.sum}
    blas = re.search(r"BLAS_INFO=(\w+)", torch.__config__.show())
    note = f"BLAS: {blas[1]}" if blas else ""
    return {"version": torch.__version__, "note": note}, ops, load, save


def main():
    ops = load = save = run = None
    inputs = []
    for line in sys.stdin:
        request = json.loads(line)
        answer = {}
        if "load" in request:
            libraries = {"numpy": numpy_ops, "torch": torch_ops}
            try:
                answer, ops, load, save = libraries[request["load"]]()
            except ImportError as error:
                answer = {"error": str(error)}
        elif "start" in request:
            run = ops[request["start"]]
            inputs = [load(*given) for given in request["inputs"]]
        elif "time" in request:
            start = time.perf_counter()
            for _ in range(request["time"]):
                run(*inputs)
            answer = (time.perf_counter() - start) * 1000
        elif "result" in request:
            save(run(*inputs), request["result"])
        print(json.dumps(answer), flush=True)


main()
