"""Attention weights as what is published of them: integers, the same on every machine.

Comes in: float weights of all heads. Goes out: `Weights`, their percents, which sum to 100 in each
row, and their levels of shade. The last bits of a float64 differ between processors; nine decimals
do not, so everything that is written, drawn or claimed begins from those.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sitegen.attention.core import Array
from sitegen.model import Value

Units = NDArray[np.int64]
UNIT = 10**9
"""A weight of 1, which is 100 %."""
TOP_LEVEL = 15


class Axis(Value, frozen=True):
    """What a reader can choose: a name (`Head`) and the name of each choice (`1`, `2`, …)."""

    name: str
    options: tuple[str, ...]


class Weights(NamedTuple):
    """The weights of every panel: one for each choice of a row (layer) and of a column (head).

    `units[n_row, n_column, n_query, n_key]` are billionths; each row of keys sums to about UNIT.
    """

    units: Units
    rows: Axis
    columns: Axis


def quantise(weights: Array) -> Units:
    """Billionths of `weights[…]`, as whole numbers of the same shape."""
    return np.rint(weights * UNIT).astype(np.int64)


def levels(units: Units) -> NDArray[np.uint8]:
    """Shades from 0 to 15 on one fixed linear scale, `[…]` → `[…]`."""
    return ((units * TOP_LEVEL + UNIT // 2) // UNIT).astype(np.uint8)


def percents(units: Units) -> NDArray[np.int64]:
    """Whole percents of `units[…, n_key]`; each row sums to exactly 100.

    The largest remainders are rounded up, the first of equal ones first (Hamilton's method). An
    empty row stays empty.
    """
    step = UNIT // 100
    floors, remainders = np.divmod(units, step)
    order = np.argsort(-remainders, axis=-1, kind="stable")
    places = np.argsort(order, axis=-1)  # the place of each in that order
    wanted = 100 * units.any(axis=-1, keepdims=True)
    missing = wanted - floors.sum(axis=-1, keepdims=True)
    whole: NDArray[np.int64] = floors + (places < missing)
    return whole
