"""Our networks beside PyTorch (eager) and ONNX Runtime, one thread each, in one run.

    OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 python bench/models.py FOLDER [--rounds N]

FOLDER holds `model.safetensors` and `config.json` of MiniLM and the GGUF file of SmolLM2, at any
depth. Needs `torch`, `transformers`, `onnx` and `onnxruntime`. All give the last hidden state and
the weights of all heads; ours the lengths of values, too. Times are of the processor, not of the
clock, since others may use it: the fastest round and the median of rounds that take turns. Then, of
ours alone: a hundred new figures of 7 tokens, and the surprise of each of 850 tokens.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from sitegen.transformer.causal import Causal
from tests.models.networks import open_causal, open_encoder, open_reference

RANDOM = Random(2017)  # noqa: S311


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        assert os.environ.get(name) == "1", f"set {name}=1"
    print_poems(options.folder)  # first, while nothing else has filled the memory
    print(f"\nload {os.getloadavg()[0]:.1f}; milliseconds of the processor: fastest (median)\n")
    ours = {
        f"ours {dtype}": open_encoder(options.folder, dtype) for dtype in ("float32", "float64")
    }
    print("| tokens | model | ms |\n| --- | --- | --- |")
    peers = make_peers(options.folder)
    for n in (7, 128, 512):
        ids = new_ids(n)
        calls = {name: partial(model.traces, [ids]) for name, model in ours.items()}
        print_times(
            str(n), calls | {name: partial(run, ids) for name, run in peers.items()}, options
        )
    figures = [new_ids(7) for _ in range(100)]
    packed = {name: partial(model.traces, figures) for name, model in ours.items()}
    print_times("100 × 7", packed, options)


def new_ids(n: int) -> list[int]:
    """[CLS], words, [SEP]."""
    return [101, *RANDOM.choices(range(1000, 30_000), k=n - 2), 102]


def make_peers(folder: Path) -> dict[str, Callable[[list[int]], Any]]:
    """The same model in PyTorch and in ONNX Runtime, float32."""
    torch, runtime = import_module("torch"), import_module("onnxruntime")
    torch.set_num_threads(1)
    model = open_reference(folder, "float32")

    def eager(ids: list[int]) -> Any:
        with torch.inference_mode():
            return model(torch.tensor([ids]), output_attentions=True)

    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "model.onnx"
        export(model, file)
        session = runtime.InferenceSession(file, options, providers=["CPUExecutionProvider"])

    def optimised(ids: list[int]) -> Any:
        return session.run(None, {"ids": [ids], "mask": np.ones((1, len(ids)), np.int64)})

    return {"torch float32": eager, "onnxruntime float32": optimised}


def export(model: Any, file: Path) -> None:
    """As ONNX, for texts of any length."""
    torch = import_module("torch")

    class Told(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: Any, mask: Any) -> Any:
            out = self.model(input_ids=ids, attention_mask=mask, output_attentions=True)
            return out.last_hidden_state, *out.attentions

    ids, axes = torch.tensor([new_ids(4)]), {0: "text", 1: "n"}
    torch.onnx.export(
        Told(),
        (ids, torch.ones_like(ids)),
        file,
        input_names=["ids", "mask"],
        dynamic_axes={"ids": axes, "mask": axes},
        dynamo=False,
    )


def print_times(what: str, calls: Mapping[str, Callable[[], Any]], options: Any) -> None:
    """A row for each call; they take turns."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(options.rounds):
        for name, call in calls.items():
            taken[name].append(seconds(call))
    for name, all_taken in taken.items():
        fastest, median = (1e3 * pick(all_taken) for pick in (min, statistics.median))
        print(f"| {what} | {name} | {fastest:.1f} ({median:.1f}) |")


def seconds(call: Callable[[], Any]) -> float:
    """Of the processor."""
    start = time.process_time()
    call()
    return time.process_time() - start


def print_poems(folder: Path) -> None:
    """850 tokens, and the most memory that this process ever had."""
    weights, ids = open_causal(folder), RANDOM.choices(range(49_152), k=850)
    for dtype in ("float32", "float64"):
        taken = seconds(partial(Causal(weights, dtype).surprise, ids))
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"surprise of 850 tokens, {dtype}: {taken:.1f} s, {most} MB")


if __name__ == "__main__":
    main()
