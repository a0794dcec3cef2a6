"""A figure is the same on every processor: not nearly, but bit by bit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import hashlib
from sitegen.errors import Span
from sitegen.figures import draw
from sitegen.figures.spec import read_spec
from sitegen.figures.toy import compute
from sitegen.model import Fence

def fence(*lines):
    return Fence(id="f", text="\\n".join(["model: toy", *lines]), span=Span("a.md", 1))

stack = ["seed: 2017", "layers: 4", "layer: 4", "d_model: 96"]
moons, six = "text: " + "moon " * 24, "text: a b c d e f"
stacks = [
    fence(moons, *stack, "heads: 6"),
    fence(moons, *stack, "heads: 2", "scale: none", "causal: yes", "positions: yes"),
]
for each in stacks:
    weights, toy = compute(read_spec(each))
    for array in (weights.units, toy.x, toy.q, toy.k, toy.scores, toy.weights):
        print(hashlib.sha256(array.tobytes()).hexdigest())
hand = [
    "X: .1 .2 .3 / 1.7 -.4 .9 / .33 .66 -.99 / 2 -1 .5 / .7 .8 .9 / -1.1 0 .4",
    "W_Q: .3 1.1 / -.7 .2 / .5 .5", "W_K: 1 .1 / .9 -.3 / .2 .6", "W_V: .25 1 / .5 2 / .1 .7",
]
drawn = [*stacks, fence(six, *stack[:1], "d_model: 8", "heads: 2", "view: steps")]
drawn += [fence(six, *hand, f"view: {view}") for view in "heatmap steps scale text arcs".split()]
drawn += [fence(six, *stack, "heads: 12", f"view: {view}") for view in "heads text arcs".split()]
for each in drawn:
    figure = draw(each)
    told = "".join([figure.html, figure.svg, figure.csv, figure.table, figure.sentence])
    print(hashlib.sha256(told.encode()).hexdigest())
"""


def digests(**environment: str) -> list[str]:
    """Of two stacks: all weights, and the steps of the fourth layer; of every view: all bytes."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.fixture(scope="module")
def reference() -> list[str]:
    return digests()


@pytest.mark.parametrize(
    "environment",
    [
        {"OPENBLAS_CORETYPE": "Nehalem"},
        {"OPENBLAS_CORETYPE": "Haswell"},
        {"OPENBLAS_CORETYPE": "Nehalem", "OPENBLAS_NUM_THREADS": "1"},
        {"OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_NUM_THREADS": "2"},
        {"OPENBLAS_NUM_THREADS": "1"},
        {"OPENBLAS_NUM_THREADS": "2"},
    ],
    ids=lambda environment: " ".join(environment.values()),
)
def test_another_kernel_or_count_of_threads_changes_no_bit(
    environment: dict[str, str], reference: list[str]
) -> None:
    assert len(set(reference)) == 23
    assert digests(**environment) == reference
