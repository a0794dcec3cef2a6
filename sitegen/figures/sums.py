"""Sums of weights in whole numbers: compared exactly, and rounded as they are shown.

Comes in: sums of terms, and the weights of all panels. Goes out: billionths and truth values for
every panel at once. A whole percent here is the nearest; a row of the table, which has to sum to
100, may show another beside it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sitegen.figures.numerals import NBSP
from sitegen.figures.terms import FINEST, Arrow, Comparison, Operator, Share, Sum
from sitegen.figures.weights import UNIT, Units, Weights

PERCENT = UNIT // 100

COMPARE: Mapping[Operator, Callable[[Units, Units], NDArray[np.bool_]]] = {
    ">": operator.gt,
    "≥": operator.ge,
    "<": operator.lt,
    "≤": operator.le,
    "=": operator.eq,
}


class Sums:
    """Sums of weights, in billionths, for every panel at once: `[n_row, n_column]`."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights

    def hold(self, comparisons: Sequence[Comparison]) -> NDArray[np.bool_]:
        """Whether all of these are so, `[n_row, n_column]`."""
        found = np.ones(self.weights.units.shape[:2], dtype=np.bool_)
        for comparison in comparisons:
            pairs = pairwise(comparison.sums)
            for (one, other), sign in zip(pairs, comparison.operators, strict=True):
                found &= self.compare(one, sign, other)
        return found

    def compare(self, one: Sum, sign: Operator, other: Sum) -> NDArray[np.bool_]:
        """Whether the one stands so to the other, `[n_row, n_column]`."""
        if sign != "=":
            return COMPARE[sign](self.exact(one), self.exact(other))
        decimals = max(decimals_of(one), decimals_of(other))
        return COMPARE[sign](self.rounded(one, decimals), self.rounded(other, decimals))

    def seem(self, one: Sum, sign: Operator, other: Sum, decimals: int) -> NDArray[np.bool_]:
        """Whether the rounded numbers tell the same of this as the exact ones."""
        rounded = COMPARE[sign](self.rounded(one, decimals), self.rounded(other, decimals))
        same: NDArray[np.bool_] = rounded == self.compare(one, sign, other)
        return same

    def exact(self, terms: Sum) -> Units:
        """The sum of the terms."""
        total = np.zeros(self.weights.units.shape[:2], dtype=np.int64)
        for term in terms:
            total += term.units if isinstance(term, Share) else self._row(term)[..., term.key]
        return total

    def rounded(self, terms: Sum, decimals: int) -> Units:
        """The sum with so many decimals of a percent, or as many as were typed."""
        step = PERCENT // 10 ** max(decimals, decimals_of(terms))
        rounded: Units = (self.exact(terms) + step // 2) // step * step
        return rounded

    def _row(self, arrow: Arrow) -> Units:
        """The weights of the query: `[n_row, n_column, n_key]`, or of one place `[n_key]`."""
        rows = self.weights.units[:, :, arrow.query]
        match arrow.place:
            case None:
                return rows
            case "mean":
                return mean(rows)
            case (layer, head):
                one: Units = rows[layer - 1, head - 1]
                return one


def mean(units: Units) -> Units:
    """The mean of all panels, `[n_row, n_column, …]` → `[…]`, rounded to a billionth."""
    count = units.shape[0] * units.shape[1]
    total: Units = (units.sum(axis=(0, 1)) + count // 2) // count
    return total


def decimals_of(terms: Sum) -> int:
    """The most decimals that were typed."""
    return max((term.decimals for term in terms if isinstance(term, Share)), default=0)


def percent(units: int, decimals: int = 0) -> str:
    """`53 %` or `53.4 %`, of billionths that were rounded to so many decimals."""
    whole, rest = divmod(units, PERCENT)
    point = f".{f'{rest:0{FINEST}}'[:decimals]}" if decimals else ""
    return f"{whole}{point}{NBSP}%"
