"""From a model's tokens to the words of a figure: what is summed, averaged, left out and told."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sitegen.figures.learned import Learned, Special, words_of
from sitegen.figures.merging import CELL, special_share, weights_of
from sitegen.figures.weights import UNIT, percents
from sitegen.model import Piece, Quantity, Reading

Cells = NDArray[np.int64]
UNDO = (
    Piece("[CLS]", 0, 0, True),
    Piece("un", 0, 2),
    Piece("##do", 2, 4),
    Piece("it", 5, 7),
    Piece("[SEP]", 0, 0, True),
)
ROWS = np.array(
    [
        [1000, 2000, 3000, 3000, 1000],
        [500, 1500, 2500, 5000, 500],
        [4000, 1000, 1001, 1999, 2000],
        [9800, 50, 50, 50, 50],
        [10000, 0, 0, 0, 0],
    ]
)


def learned(
    cells: Cells, *, special: Special = "show", merge: bool = True, quantity: Quantity = "weight"
) -> Learned:
    """Of the cells of all layers and heads, `[n_layer, n_head, n, n]`."""
    words = words_of(UNDO, "undo it", merge=merge)
    return Learned(
        model="minilm",
        quantity=quantity,
        text="undo it",
        reading=Reading(pieces=UNDO, shape=cells.shape, cells=cells.astype("<i4").tobytes()),
        words=tuple(word for word in words if special != "drop" or not word.special),
        special=special,
    )


ONE = ROWS[np.newaxis, np.newaxis]


def test_without_words_of_several_tokens_the_weights_are_those_of_the_model() -> None:
    weights = weights_of(learned(ONE, merge=False))
    assert (weights.units == ONE * CELL).all()


def test_weights_to_the_tokens_of_a_word_are_summed_and_from_them_averaged() -> None:
    (panel,) = weights_of(learned(ONE)).units[0]
    assert (panel / CELL).tolist() == [
        [1000, 5000, 3000, 1000],
        [2250, 3000.5, 3499.5, 1250],
        [9800, 100, 50, 50],
        [10000, 0, 0, 0],
    ]


def test_what_is_left_out_is_gone_from_rows_and_columns_and_the_rest_is_scaled() -> None:
    (panel,) = weights_of(learned(ONE, merge=False, special="drop")).units[0]
    left = ROWS[1:4, 1:4]
    assert np.abs(panel - left * UNIT / left.sum(axis=-1, keepdims=True)).max() <= 0.5


def test_left_out_and_merged_is_merged_first() -> None:
    """A token that gives much to special tokens counts for less in its word."""
    (panel,) = weights_of(learned(ONE, special="drop")).units[0]
    undo = np.array([3000.5, 3499.5]) / 6500
    assert np.abs(panel[0] - undo * UNIT).max() <= 1


def test_a_row_of_which_less_than_one_percent_is_left_is_empty() -> None:
    kept = np.array([9850, 50, 50, 0, 50])  # exactly one percent
    gone = np.array([9851, 50, 49, 0, 50])
    for row, left in ((kept, UNIT), (gone, 0)):
        rows = ROWS.copy()
        rows[3] = row
        (panel,) = weights_of(learned(rows[np.newaxis, np.newaxis], special="drop")).units[0]
        assert panel[1].sum() == left
    assert percents(panel)[1].tolist() == [0, 0]
    assert percents(panel)[0].sum() == 100


def test_every_layer_and_head_is_a_panel() -> None:
    cells = np.stack([np.stack([ROWS, ROWS[:, ::-1]]), np.stack([ROWS[::-1], ROWS])])
    weights = weights_of(learned(cells, merge=False))
    assert (weights.rows.name, weights.rows.options) == ("Layer", ("1", "2"))
    assert (weights.columns.name, weights.columns.options) == ("Head", ("1", "2"))
    assert (weights.units == cells * CELL).all()


def test_the_layers_of_rollout_stand_side_by_side() -> None:
    cells = np.stack([ROWS, ROWS[::-1], ROWS[:, ::-1]])[:, np.newaxis]
    weights = weights_of(learned(cells, merge=False, quantity="rollout"))
    assert (weights.columns.name, weights.columns.options) == ("Layer", ("1", "2", "3"))
    assert len(weights.rows.options) == 1
    assert (weights.units[0] == cells[:, 0] * CELL).all()


@pytest.mark.parametrize(
    ("row", "special", "share"),
    [
        (0, "show", 2000),
        (1, "show", (1000 + 6000) / 2),
        (2, "show", 9850),
        (0, "drop", (1000 + 6000) / 2),
        (1, "drop", 9850),
        (None, "show", (2000 + 1000 + 6000 + 9850 + 10000) / 5),
        (None, "drop", (1000 + 6000 + 9850) / 3),
    ],
)
def test_the_share_of_special_tokens_is_measured_before_they_are_left_out(
    row: int | None, special: Special, share: float
) -> None:
    found = special_share(learned(ONE, special=special), (0, 0), row)
    assert found is not None
    assert abs(found / CELL - share) < 0.001


def test_the_share_is_that_of_the_panel_that_is_shown() -> None:
    cells = np.stack([ROWS, ROWS[:, [1, 0, 4, 3, 2]]])[np.newaxis]
    assert special_share(learned(cells), (0, 1), 0) == (2000 + 3000) * CELL


def test_a_model_without_special_tokens_has_no_share_of_them() -> None:
    plain = Learned(
        model="smollm2",
        quantity="weight",
        text="it",
        reading=Reading(
            pieces=(Piece("it", 0, 2),), shape=(1, 1, 1, 1), cells=(10_000).to_bytes(4, "little")
        ),
        words=words_of((Piece("it", 0, 2),), "it", merge=True),
    )
    assert special_share(plain, (0, 0), None) is None
