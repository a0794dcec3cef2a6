"""What the `gguf` package makes of quantised blocks, beside what we make of them.

    python tests/models/quantised.py write quantised.json      the golden blocks of the tests
    python tests/models/quantised.py compare MODEL.gguf        a whole file, bit for bit

Needs `gguf` (0.19.0 wrote what is committed), which the tests themselves do not.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

from sitegen.transformer.gguf import open_gguf
from sitegen.transformer.quantised import FORMATS

VALUES = np.array([0, -0.0, 1, -1, 0.1, -3.3e-3, 6e-8, -6e-8, 65504, -65504, np.inf, -np.inf])
"""Scales: none, common ones, the smallest and the largest of 16 bits, and what is beyond."""


def golden(kind: int) -> dict[str, Any]:
    """A block of random bytes for every scale, and the weights that they are."""
    format_, random = FORMATS[kind], np.random.default_rng(kind)
    if format_.dtype.names is None:
        dtype = np.float16 if format_.name == "F16" else np.float32
        stored = VALUES.astype(dtype).view(np.uint8).reshape(len(VALUES), -1)
        stored = stored[:, -format_.dtype.itemsize :]  # BF16 is the upper half of a float32
    else:
        stored = random.integers(0, 256, (len(VALUES), format_.dtype.itemsize), np.uint8)
        stored[:, :2] = VALUES.astype("<f2").view(np.uint8).reshape(-1, 2)
        if "m" in format_.dtype.names:  # never infinite: ∞ − ∞ has another sign on other machines
            stored[:, 2:4] = random.permuted(stored[:, :2].clip(max=120), axis=0)
    stored = np.ascontiguousarray(stored)
    weights = reference(stored, kind)
    return {"type": kind, "blocks": stored.tobytes().hex(), "weights": weights.tobytes().hex()}


def reference(stored: NDArray[np.uint8], kind: int) -> NDArray[np.float32]:
    """What the package makes of bytes `[rows, bytes of a row]`."""
    gguf = import_module("gguf")
    with np.errstate(all="ignore"):
        weights: NDArray[np.float32] = gguf.dequantize(stored, gguf.GGMLQuantizationType(kind))
    return weights


def compare(path: Path) -> int:
    """How many tensors of a file differ in any bit from what the package reads; prints each."""
    ours, theirs = open_gguf(path), import_module("gguf").GGUFReader(path)
    names = [tensor.name for tensor in theirs.tensors]
    wrong = [] if list(ours.tensors) == names else ["the names of the tensors"]
    for tensor in theirs.tensors:
        weights = reference(tensor.data.view(np.uint8), tensor.tensor_type)
        same = ours.tensor(tensor.name).tobytes() == weights.tobytes()
        shape = ours.tensor(tensor.name).shape == tuple(map(int, tensor.shape[::-1]))
        wrong += [] if same and shape else [tensor.name]
        if weights.ndim > 1:
            rows = [len(weights) - 1, 0, 0]
            same = ours.rows(tensor.name, rows).tobytes() == weights[rows].tobytes()
            wrong += [] if same else [f"{tensor.name} by rows"]
    wrong += compare_metadata(ours.metadata, theirs)
    counts = f"{len(names)} tensors, {len(ours.metadata)} entries of metadata"
    sys.stdout.write(f"{counts}; different: {wrong}\n")
    return len(wrong)


def compare_metadata(ours: Any, theirs: Any) -> list[str]:
    """The keys whose values are not the same, or are not in both."""
    fields = {key: field.contents() for key, field in theirs.fields.items()}
    fields = {key: value for key, value in fields.items() if not key.startswith("GGUF.")}
    wrong = sorted(fields.keys() ^ ours.keys())
    for key in fields.keys() & ours.keys():
        value = ours[key]
        listed = value if isinstance(value, (str, int, float, bool)) else list(value)
        wrong += [] if listed == fields[key] else [key]
    return wrong


def main(command: str, path: Path) -> int:
    """Write the golden blocks, or compare a whole file."""
    if command == "compare":
        return compare(path)
    rows = ",\n".join(json.dumps(golden(kind)) for kind in FORMATS)
    path.write_text(f"[\n{rows}\n]\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
