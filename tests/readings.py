"""Readings for tests: a model that reads every word as a token, and is the same everywhere."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

import numpy as np

from sitegen.errors import Problem
from sitegen.model import Piece, Prompt, Reading
from sitegen.models.table import MODELS


class FakeModels:
    """Reads as a real one would, and notes what it was asked for."""

    def __init__(self) -> None:
        self.calls: list[tuple[Prompt, ...]] = []

    def __call__(self, prompts: Sequence[Prompt]) -> Mapping[Prompt, Reading | Problem]:
        self.calls.append(tuple(prompts))
        return {prompt: read(prompt) for prompt in prompts}


def read(prompt: Prompt) -> Reading:
    """A reading in which nothing is true but its shape: rows of weights sum to one."""
    found = [Piece(m[0], m.start(), m.end()) for m in re.finditer(r"\w+|[^\w\s]", prompt.text)]
    if prompt.model == "minilm":
        found = [Piece("[CLS]", 0, 0, True), *found, Piece("[SEP]", 0, 0, True)]
    if prompt.quantity == "surprise":
        bits = [-1, *(i * 500 for i in range(1, len(found)))]
        return Reading(
            pieces=tuple(found),
            shape=(len(found),),
            cells=np.array(bits, dtype="<i4").tobytes(),
            likeliest=((), *[(("the", 5000), ("a", 100))] * (len(found) - 1)),
        )
    if prompt.quantity == "lines":
        n = sum(bool(line.strip()) for line in prompt.text.splitlines())
        return Reading(pieces=(), shape=(n, n), cells=(np.eye(n) * 10_000).astype("<i4").tobytes())
    n, layers = len(found), MODELS[prompt.model].layers
    heads = 1 if prompt.quantity == "rollout" else MODELS[prompt.model].heads
    seed = int.from_bytes(hashlib.sha256(repr(prompt).encode()).digest()[:4], "big")
    shape = (n, n) if prompt.quantity == "mark" else (layers, heads, n, n)
    raw = np.random.default_rng(seed).random(shape) + 0.01
    if prompt.model == "smollm2":
        raw = np.tril(raw)
    cells = np.floor(raw / raw.sum(axis=-1, keepdims=True) * 10_000)
    cells[..., 0] += 10_000 - cells.sum(axis=-1)
    return Reading(pieces=tuple(found), shape=shape, cells=cells.astype("<i4").tobytes())
