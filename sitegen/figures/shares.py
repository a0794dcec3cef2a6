"""Attention weights as what is published of them: integers, the same on every machine.

Comes in: rows of float weights. Goes out: percents that sum to 100 in each row, and levels of
shade. The last bits of a float64 differ between processors; nine decimals do not.
"""

from __future__ import annotations

from collections.abc import Sequence

from sitegen.model import Value

UNIT = 10**9
TOP_LEVEL = 15


class Shares(Value, frozen=True):
    """`percents[n][n]`, each row summing to 100, and `levels[n][n]` from 0 to 15 (linear)."""

    percents: tuple[tuple[int, ...], ...]
    levels: tuple[tuple[int, ...], ...]


def share(weights: Sequence[Sequence[float]]) -> Shares:
    """Quantise `weights[n][n]`, rows summing to 1."""
    rows = [[round(weight * UNIT) for weight in row] for row in weights]
    return Shares(
        percents=tuple(_percents(row) for row in rows),
        levels=tuple(tuple((u * TOP_LEVEL + UNIT // 2) // UNIT for u in row) for row in rows),
    )


def _percents(units: Sequence[int]) -> tuple[int, ...]:
    """The largest remainders are rounded up until the sum is 100; the first of equal ones."""
    step = UNIT // 100
    floors = [unit // step for unit in units]
    by_remainder = sorted(range(len(units)), key=lambda i: -(units[i] % step))
    for i in by_remainder[: 100 - sum(floors)]:
        floors[i] += 1
    return tuple(floors)
