"""A line of arithmetic for each token, to be checked with a pencil.

Comes in: the numbers of one step. Goes out: plain text, one line a token. `=` stands where all
numbers are shown in full, `≈` where one of them is rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sitegen.attention.core import Array
from sitegen.figures.numerals import (
    ABOUT,
    BILLION,
    EQUAL,
    NBSP,
    NINE,
    billionths,
    equals,
    factor,
    fixed,
    is_exact,
    number,
    superscript,
    vector,
)
from sitegen.figures.sums import PERCENT, percent
from sitegen.figures.weights import Units

TENTH = PERCENT // 10
MODEST = 10
"""Scores whose exponentials are written as they are."""
FEWEST = 3
"""Decimals of an exponential."""
WIDEST_VECTOR = 4


class Pairs(NamedTuple):
    """Tokens by name, and which of them each one attends to most."""

    tokens: tuple[str, ...]
    tops: tuple[int, ...]

    def begin(self, sign: str) -> list[tuple[int, int, str]]:
        """Of each pair the two indices, and `bat · flew: `."""
        named = zip(self.tokens, self.tops, strict=True)
        return [(i, j, f"{token} {sign} {self.tokens[j]}: ") for i, (token, j) in enumerate(named)]


def scores(pairs: Pairs, q: Array, k: Array, s: Array) -> tuple[str, ...]:
    """`bat · flew: 1·0 + 2·2 = 4`, for `q[n, d]`, `k[n, d]`, `s[n, n]`."""
    return tuple(
        f"{name}{_product(q[i].tolist(), k[j].tolist(), float(s[i, j]))}"
        for i, j, name in pairs.begin("·")
    )


def first_column(tokens: Sequence[str], x: Array, w: Array, y: Array) -> tuple[str, ...]:
    """`bat, column 1: 1·0 + 2·2 = 4`, for `x[n, d] w[d, m] = y[n, m]`."""
    column = w[:, 0].tolist()
    return tuple(
        f"{token}, column 1: {_product(row, column, result)}"
        for token, row, result in zip(tokens, x.tolist(), y[:, 0].tolist(), strict=True)
    )


def _product(xs: Sequence[float], ys: Sequence[float], result: float) -> str:
    terms = [
        f"{factor(x) if i else number(x)}·{factor(y)}"
        for i, (x, y) in enumerate(zip(xs, ys, strict=True))
    ]
    return f"{' + '.join(terms)} {equals(*xs, *ys, result)}{number(result)}"


def scaled(pairs: Pairs, s: Array, by: Array, told: str) -> tuple[str, ...]:
    """`bat · flew: 4 / √4 = 2`, for `s[n, n]` and what they become."""
    found = []
    for i, j, name in pairs.begin("·"):
        before, after = float(s[i, j]), float(by[i, j])
        found.append(f"{name}{number(before)} {told} {equals(before, after)}{number(after)}")
    return tuple(found)


def masks(tokens: Sequence[str]) -> tuple[str, ...]:
    """What a token no longer sees."""
    hidden = [", ".join(tokens[i:]) for i in range(1, len(tokens))]
    told = [f"{token} does not see {later}" for token, later in zip(tokens, hidden, strict=False)]
    return (*told, f"{tokens[-1]} sees all: nothing comes later")


def softmax(pairs: Pairs, s: Array, units: Units, *, causal: bool) -> tuple[str, ...]:
    """`bat → flew: e² / (e⁰ + e²) ≈ 7.389 / (1 + 7.389) = 7.389 / 8.389 ≈ 88.1 %`.

    `s[n, n]` before the mask, `units[n, n]` after it. The sum is that of the numbers as shown;
    they have as many decimals as the percentage takes.
    """
    found = []
    for i, j, name in pairs.begin("→"):
        row = s[i, : i + 1] if causal else s[i]
        largest = float(row.max())
        less = float(np.abs(row).max()) > MODEST
        powers = (row - largest if less else row).tolist()
        taken = f"less {number(largest)} each, " if less else ""
        share = int(units[i, j])
        found.append(f"{name}{taken}{_quotient(powers, j, share)}")
    return tuple(found)


def _quotient(powers: Sequence[float], j: int, share: int) -> str:
    """E to the power j, divided by the sum of all."""
    exact = [billionths(x) for x in np.exp(powers).tolist()]
    places = next(filter(lambda n: _agrees(exact, j, share, n), range(FEWEST, NINE)), NINE)
    rounded = [_rounded(x, places) for x in exact]
    shown = [_decimal(x, places) for x in rounded]
    terms = " + ".join(map(superscript, powers))
    one = len(powers) == 1
    sign = EQUAL if all(x == 0 for x in powers) else ABOUT
    written = f"{superscript(powers[j])} / {terms if one else f'({terms})'}"
    total = shown[j] if one else _decimal(sum(rounded), places)
    plain = f"{EQUAL}{shown[j]}{NBSP}/{NBSP}{total}"
    summed = "" if one else f" {sign}{shown[j]}{NBSP}/ ({' + '.join(shown)})"
    tenth = (share + TENTH // 2) // TENTH * TENTH
    last = EQUAL if tenth * sum(rounded) == rounded[j] * BILLION else ABOUT
    return f"{written}{summed} {plain} {last}{_share(share)}"


def _agrees(exact: Sequence[int], j: int, share: int, places: int) -> bool:
    """Whether a pencil finds the percentage from numbers with so many decimals."""
    rounded = [_rounded(x, places) for x in exact]
    tenths = (2000 * rounded[j] + sum(rounded)) // (2 * sum(rounded)) if sum(rounded) else -1
    return tenths == (share + TENTH // 2) // TENTH


def _rounded(x: int, places: int) -> int:
    step: int = 10 ** (NINE - places)
    return (x + step // 2) // step * step


def _decimal(x: int, places: int) -> str:
    return fixed(x / BILLION, 0 if not x % BILLION else places)


def mixtures(pairs: Pairs, units: Units, v: Array, mixed: Array, first: int) -> tuple[str, ...]:
    """`bat: 25 % · (0, 0) + 75 % · (10, 0) = (7.5, 0)`, for `units[n, n] v[n, d] = mixed[n, d]`.

    Of wide values the first column, which is column `first` of all heads.
    """
    wide = v.shape[-1] > WIDEST_VECTOR
    values, results = (x[:, :1].tolist() if wide else x.tolist() for x in (v, mixed))
    column = f", column {first + 1}" if wide else ""
    found = []
    for token, row, mixture in zip(pairs.tokens, units.tolist(), results, strict=True):
        terms = [
            f"{_share(share)} · {_values(value)}"
            for share, value in zip(row, values, strict=True)
            if share
        ]
        exact = all(not share % TENTH for share in row) and all(
            is_exact(x) for value in (*values, mixture) for x in value
        )
        found.append(
            f"{token}{column}: {' + '.join(terms)} {EQUAL if exact else ABOUT}{_values(mixture)}"
        )
    return tuple(found)


def _values(value: Sequence[float]) -> str:
    return vector(value) if len(value) > 1 else factor(value[0])


def _share(units: int) -> str:
    """`25 %`, or `53.4 %` where it is no whole percent."""
    tenth = (units + TENTH // 2) // TENTH * TENTH
    return percent(tenth, 1 if units % PERCENT else 0)
