"""A line of figures.lock that nobody could have written by building is never drawn."""

from __future__ import annotations

import base64
import json
import tracemalloc
import zlib

import numpy as np
import pytest
from msgspec.structs import replace

from sitegen.errors import LockError
from sitegen.lock import line_of, reading_of
from sitegen.model import MOST_CELLS, Piece, Prompt, Reading
from tests.readings import read

BAT = Prompt(model="minilm", quantity="weight", text="the bat")
READING = read(BAT)
CELLS = np.frombuffer(READING.cells, dtype="<i4").reshape(READING.shape)


def with_cells(cells: np.ndarray[tuple[int, ...], np.dtype[np.int32]]) -> Reading:
    return replace(READING, shape=cells.shape, cells=cells.astype("<i4").tobytes())


def moved(by: int) -> Reading:
    """A row in which something is taken from one weight, and given to another."""
    cells = CELLS.copy()
    cells[0, 0, 0, :2] += np.array([by, -by], dtype="<i4")
    return with_cells(cells)


def test_what_was_read_can_be_written_and_read_again() -> None:
    assert reading_of(BAT, line_of(BAT, READING)) == READING
    assert reading_of(BAT, line_of(BAT, moved(1))) == moved(1)


@pytest.mark.parametrize(
    "reading",
    [
        with_cells(CELLS + 1),  # rows that sum to more than one
        moved(20_000),  # a weight below nothing
        with_cells(CELLS[:5]),  # a layer too few
        with_cells(CELLS[:, :11]),  # a head too few
        with_cells(CELLS[..., :3]),  # a token too few
        replace(READING, pieces=READING.pieces[:-1]),
        replace(READING, pieces=tuple(replace(each, special=True) for each in READING.pieces)),
        replace(READING, pieces=(*READING.pieces[:-1], Piece("x", 5, 8))),
        replace(READING, pieces=(*READING.pieces[:-1], Piece("x", 3, 2))),
        replace(READING, pieces=(*READING.pieces[:-1], Piece("x", -1, 2))),
        replace(READING, likeliest=((),)),
        Reading(pieces=(), shape=(6, 12, 0, 0), cells=b""),
    ],
)
def test_what_no_model_can_have_made_is_damaged_even_with_a_sum(reading: Reading) -> None:
    with pytest.raises(LockError, match="damaged"):
        reading_of(BAT, line_of(BAT, reading))


@pytest.mark.parametrize(
    "changes",
    [
        {"shape": [10**30, 0]},
        {"shape": [-6, -12, 4, 4]},
        {"shape": [MOST_CELLS + 1]},
        {"shape": [0, 0]},
        {"shape": []},
        {"pieces": [["a", 0, 10**30, False]] * 4},
        {"pieces": [["\ud800", 0, 0, False]] * 4},
        {"likeliest": [[["a", 10**30]]] * 4},
        {"cells": "AAAA"},
        {"cells": "not in Base64"},
        {"cells": ""},
        {"sum": "0" * 16},
    ],
)
def test_numbers_that_no_line_holds_are_damage_and_nothing_worse(
    changes: dict[str, object],
) -> None:
    line = json.loads(line_of(BAT, READING))
    with pytest.raises(LockError, match="damaged"):
        reading_of(BAT, json.dumps(line | changes).encode())


def test_cells_that_unpack_to_more_than_there_may_be_are_not_unpacked() -> None:
    line = json.loads(line_of(BAT, READING))
    line["cells"] = base64.b64encode(zlib.compress(bytes(10**8))).decode()
    bomb = json.dumps(line).encode()
    tracemalloc.start()
    try:
        with pytest.raises(LockError, match="damaged"):
            reading_of(BAT, bomb)
        assert tracemalloc.get_traced_memory()[1] < 10**7
    finally:
        tracemalloc.stop()
