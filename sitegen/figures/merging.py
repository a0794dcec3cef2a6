"""What a real model made of a text, as the weights of the words that are shown.

Comes in: a `Learned`. Goes out: `Weights` of its words, and how much goes to special tokens. A
weight to a word is the sum of those to its tokens, the weight from it the mean of theirs, so rows
sum to 1 as before (Clark et al. 2019, section 4.1). Sums are of whole numbers, hence exact.
"""

from __future__ import annotations

import numpy as np

from sitegen.figures.learned import Learned
from sitegen.figures.weights import UNIT, Axis, Units, Weights
from sitegen.model import WEIGHT
from sitegen.models.cells import cells_of
from sitegen.transformer.measures import roles, roles_of

LEAST_LEFT = UNIT // 100
"""What words must have of a row to be scaled up: cells are too coarse to show less."""
CELL = UNIT // WEIGHT


def weights_of(learned: Learned) -> Weights:
    """The weights of all layers and heads; a row is empty where next to nothing is left of it."""
    units = _merged(_cells(learned), learned)
    if learned.left_out:
        units = _scaled(units)
    rows, columns = (_numbers(count) for count in units.shape[:2])
    if learned.quantity == "rollout":
        return Weights(
            units, Axis(name="Rollout", options=rows), Axis(name="Layer", options=columns)
        )
    return Weights(units, Axis(name="Layer", options=rows), Axis(name="Head", options=columns))


def _numbers(count: int) -> tuple[str, ...]:
    return tuple(str(i) for i in range(1, count + 1))


def _cells(learned: Learned) -> Units:
    """Billionths of all layers and heads, `[n_layer, n_head, n, n]` of the model's own tokens.

    Of rollout the layers, which have one panel each, stand side by side: `[1, n_layer, n, n]`.
    """
    cells = cells_of(learned.reading)
    if learned.quantity == "rollout":
        cells = cells.swapaxes(0, 1)
    return cells * CELL


def _merged(units: Units, learned: Learned) -> Units:
    """From tokens to words, `[…, n, n]` → `[…, n_word, n_word]`; those left out are gone."""
    words = learned.words
    inside = {i for word in words for i in range(word.start + 1, word.end)}
    starts = [i for i in range(units.shape[-1]) if i not in inside]
    counts = np.diff([*starts, units.shape[-1]])
    shown = [starts.index(word.start) for word in words]
    to_words = np.add.reduceat(units, starts, axis=-1)[..., shown]
    sums = np.add.reduceat(to_words, starts, axis=-2)[..., shown, :]
    n = counts[shown][:, np.newaxis]
    merged: Units = (2 * sums + n) // (2 * n)  # the mean, halves rounded up
    return merged


def _scaled(units: Units) -> Units:
    """Rows that sum to 1 again, without what special tokens had; or to nothing."""
    left = units.sum(axis=-1, keepdims=True)
    scaled = (2 * units * UNIT + left) // (2 * np.maximum(left, 1))
    return np.where(left < LEAST_LEFT, 0, scaled)


def special_share(learned: Learned, panel: tuple[int, int], row: int | None) -> int | None:
    """Billionths that go to special tokens: from a word, or on average from all that are shown.

    None where the model has no special tokens.
    """
    special = [i for i, piece in enumerate(learned.reading.pieces) if piece.special]
    if not special:
        return None
    words = learned.words if row is None else learned.words[row : row + 1]
    queries = [i for word in words for i in range(word.start, word.end)]
    return int(_cells(learned)[panel][np.ix_(queries, special)].sum(axis=-1).mean())


def roles_shown(learned: Learned, panel: tuple[int, int]) -> tuple[str, ...]:
    """What a head looks at mostly, wherever it stands, among the model's own tokens."""
    special = [piece.special for piece in learned.reading.pieces]
    return roles_of(roles(_cells(learned)[panel] / UNIT, special))
