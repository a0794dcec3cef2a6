"""A figure's numbers are the same on every processor: not nearly, but bit by bit."""

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
from sitegen.figures.spec import read_spec
from sitegen.figures.toy import compute
from sitegen.model import Fence

common = "model: toy\\ntext: " + "moon " * 24 + "\\nseed: 2017\\nlayer: 4\\nlayers: 4\\n"
for options in (
    "d_model: 96\\nheads: 6\\n",
    "d_model: 96\\nheads: 2\\nscale: none\\ncausal: yes\\npositions: yes\\nview: steps\\n",
):
    text = common + options
    weights, toy = compute(read_spec(Fence(id="f", text=text, span=Span("a.md", 1))))
    for each in (weights.units, toy.x, toy.q, toy.k, toy.scores, toy.weights):
        print(hashlib.sha256(each.tobytes()).hexdigest())
"""


def digests(**environment: str) -> list[str]:
    """Of two stacks of four layers: all weights, and the steps of the fourth layer."""
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
    assert len(set(reference)) == 12
    assert digests(**environment) == reference
