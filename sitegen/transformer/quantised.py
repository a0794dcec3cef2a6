"""Weights in fewer bits: how each format of GGUF stores numbers, and what the numbers are.

Comes in: blocks, as they lie in the file. Goes out: float32, bit for bit what the `gguf` package
makes of the same blocks (tests/models/ holds its results). A block is 32 weights in a row of a
matrix that share a scale d, and in Q4_1 a least value m; two weights of 4 bits share a byte, the
first half of the block in the low ones. Products of a scale (11 bits) and a weight (at most 8) are
exact in float32, so nothing but the sum with m is rounded, on any machine in the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Blocks = NDArray[Any]
Floats = NDArray[np.float32]


class Format(NamedTuple):
    """How `block` weights are stored, and the function that fills in `[…, block]` floats."""

    name: str
    block: int
    dtype: np.dtype[Any]
    fill: Callable[[Blocks, Floats], None]


def dequantise(blocks: Blocks, format_: Format) -> Floats:
    """Blocks `[…, n]` as weights `[…, n × block]`. F32 comes back as it is."""
    if format_.name == "F32":
        return blocks
    weights = np.empty((*blocks.shape, format_.block), np.float32)
    with np.errstate(all="ignore"):  # a broken scale is inf or NaN in silence, as it is in C
        format_.fill(blocks, weights)
    return weights.reshape(*blocks.shape[:-1], blocks.shape[-1] * format_.block)


def _half(blocks: Blocks, weights: Floats) -> None:
    weights[..., 0] = blocks


def _brain(blocks: Blocks, weights: Floats) -> None:
    """BF16 is the upper half of a float32."""
    weights.view(np.uint32)[..., 0] = blocks.astype(np.uint32) << 16


def _q4_0(blocks: Blocks, weights: Floats) -> None:
    """Weights: d · (q − 8)."""
    _spread(blocks["q"], weights)
    weights -= 8
    weights *= _scale(blocks["d"])


def _q4_1(blocks: Blocks, weights: Floats) -> None:
    """Weights: d · q + m."""
    _spread(blocks["q"], weights)
    weights *= _scale(blocks["d"])
    weights += _scale(blocks["m"])


def _q8_0(blocks: Blocks, weights: Floats) -> None:
    """Weights: d · q."""
    np.multiply(blocks["q"], _scale(blocks["d"]), out=weights)


def _spread(pairs: NDArray[np.uint8], weights: Floats) -> None:
    weights[..., :16] = pairs & 15
    weights[..., 16:] = pairs >> 4


def _scale(halves: NDArray[np.float16]) -> Floats:
    return halves.astype(np.float32)[..., None]


SCALE, LEAST = ("d", "<f2"), ("m", "<f2")
FORMATS = {
    0: Format("F32", 1, np.dtype("<f4"), _half),
    1: Format("F16", 1, np.dtype("<f2"), _half),
    2: Format("Q4_0", 32, np.dtype([SCALE, ("q", "u1", 16)]), _q4_0),
    3: Format("Q4_1", 32, np.dtype([SCALE, LEAST, ("q", "u1", 16)]), _q4_1),
    8: Format("Q8_0", 32, np.dtype([SCALE, ("q", "i1", 32)]), _q8_0),
    30: Format("BF16", 1, np.dtype("<u2"), _brain),
}
"""By the number that the file has for each (`ggml_type`)."""
