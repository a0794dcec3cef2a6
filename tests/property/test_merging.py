"""What is so of merged words whatever a model gave, and of the lock that keeps it."""

from __future__ import annotations

import random
from typing import get_args

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from sitegen.errors import LockError
from sitegen.figures.learned import Learned, Special, words_of
from sitegen.figures.merging import CELL, LEAST_LEFT, special_share, weights_of
from sitegen.figures.weights import UNIT, levels, percents
from sitegen.lock import line_of, read_lock, reading_of, write_lock
from sitegen.model import Piece, Prompt, Quantity, Reading
from sitegen.models.reading import _shares
from sitegen.models.table import MODELS
from tests.readings import read

seeds = st.integers(0, 10**6)
specials = st.sampled_from(get_args(Special))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@st.composite
def made(draw: st.DrawFn) -> Learned:
    """A text of words of one to four tokens between two special ones; peaked or even weights."""
    words = draw(st.lists(st.text("abcé", min_size=1, max_size=4), min_size=1, max_size=6))
    text = " ".join(words)
    pieces = [Piece("[CLS]", 0, 0, True)]
    pieces += [Piece(char, i, i + 1) for i, char in enumerate(text) if char != " "]
    pieces += [Piece("[SEP]", 0, 0, True)]
    n, peak = len(pieces), draw(st.sampled_from([0.1, 1, 30]))
    raw = np.exp(np.random.default_rng(draw(seeds)).normal(size=(2, 3, n, n)) * peak)
    cells = _shares(raw / raw.sum(axis=-1, keepdims=True))
    special = draw(specials)
    shown = words_of(pieces, text, merge=draw(st.booleans()))
    return Learned(
        model="minilm",
        quantity="weight",
        text=text,
        reading=Reading(pieces=tuple(pieces), shape=raw.shape, cells=cells),
        words=tuple(word for word in shown if special != "drop" or not word.special),
        special=special,
    )


@given(made())
def test_rows_sum_to_one_or_are_empty_and_no_weight_is_more(learned: Learned) -> None:
    units = weights_of(learned).units
    n = len(learned.words)
    sums = units.sum(axis=-1)
    assert ((np.abs(sums - UNIT) <= n) | (sums == 0)).all()
    assert learned.special == "drop" or sums.all()
    assert units.min() >= 0
    assert units.max() <= UNIT
    assert set(percents(units).sum(axis=-1).ravel()) <= {0, 100}
    assert levels(units).max() <= 15


@given(made())
def test_merging_is_exact_but_for_the_mean(learned: Learned) -> None:
    whole = learned.reading.pieces
    learned = replace(learned, words=words_of(whole, learned.text, merge=True), special="show")
    cells = np.frombuffer(learned.reading.cells, "<i4").reshape(learned.reading.shape)
    units = weights_of(learned).units
    for i, one in enumerate(learned.words):
        for j, other in enumerate(learned.words):
            block = cells[..., one.start : one.end, other.start : other.end].astype(np.int64)
            exact = block.sum(axis=(-1, -2)) * CELL
            count = one.end - one.start
            assert (np.abs(units[..., i, j] * count - exact) * 2 <= count).all()


@given(made())
def test_what_is_left_keeps_its_proportions(learned: Learned) -> None:
    assume(learned.special == "drop")
    shown = words_of(learned.reading.pieces, learned.text, merge=learned.merged)
    assume(len(shown) == len(learned.words) + 2)
    whole = weights_of(replace(learned, words=shown)).units[..., 1:-1, 1:-1]
    left = whole.sum(axis=-1, keepdims=True)
    expected = np.where(left < LEAST_LEFT, 0, whole / np.maximum(left, 1) * UNIT)
    assert np.abs(weights_of(learned).units - expected).max() <= 1


@given(made(), st.data())
def test_special_tokens_have_what_words_do_not(learned: Learned, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, len(learned.words) - 1))
    shown = replace(learned, words=words_of(learned.reading.pieces, learned.text, merge=True))
    whole = weights_of(replace(shown, special="show")).units[1, 2]
    own = next(i for i, word in enumerate(shown.words) if learned.words[row].start < word.end)
    assume(shown.words[own] == learned.words[row])
    share = special_share(learned, (1, 2), row)
    assert share is not None
    assert abs(share + whole[own, 1:-1].sum() - UNIT) <= len(shown.words)


@given(seeds, st.integers(1, 40), st.sampled_from([0.1, 1, 10, 700]))
def test_cells_of_a_row_sum_to_one_and_are_near(seed: int, n: int, peak: float) -> None:
    scores = np.random.default_rng(seed).normal(size=(3, n, n)) * peak
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    cells = np.frombuffer(_shares(weights), "<i4").reshape(weights.shape)
    assert (cells.sum(axis=-1) == 10_000).all()
    assert np.abs(cells - weights * 10_000).max() < 1 + 1e-6
    assert (cells[weights == 0] == 0).all()


# --- the lock ------------------------------------------------------------------------------------


@st.composite
def readings(draw: st.DrawFn) -> tuple[Prompt, Reading]:
    """A prompt and what it might have given."""
    quantity: Quantity = draw(st.sampled_from(get_args(Quantity)))
    model = draw(st.sampled_from(sorted(MODELS)))
    words = st.lists(st.text('aé☃🦇"\\\n\u2028', min_size=1, max_size=3), min_size=1, max_size=3)
    text = "a " + " ".join(draw(words))
    prompt = Prompt(model=model, quantity=quantity, text=text)
    return prompt, read(prompt)


@given(readings())
def test_a_line_gives_back_what_went_in(made: tuple[Prompt, Reading]) -> None:
    prompt, reading = made
    raw = write_lock({prompt: line_of(prompt, reading)})
    assert raw.count(b"\n") == 1
    ((found, line),) = read_lock(raw).items()
    assert found == prompt
    assert reading_of(found, line) == reading


@given(readings(), st.randoms(use_true_random=False), st.integers(1, 255))
def test_a_flipped_byte_is_an_error_or_another_line_and_never_other_numbers(
    made: tuple[Prompt, Reading], chance: random.Random, flip: int
) -> None:
    prompt, reading = made
    raw = bytearray(line_of(prompt, reading))
    raw[chance.randrange(len(raw))] ^= flip
    _look(bytes(raw), prompt, reading)


@given(readings(), st.randoms(use_true_random=False), st.binary(max_size=40))
def test_bytes_put_in_anywhere_are_no_better(
    made: tuple[Prompt, Reading], chance: random.Random, more: bytes
) -> None:
    prompt, reading = made
    raw = line_of(prompt, reading)
    start, end = sorted(chance.sample(range(len(raw)), 2))
    _look(raw[:start] + more + raw[end if chance.random() < 0.5 else start :], prompt, reading)


def _look(raw: bytes, prompt: Prompt, reading: Reading) -> None:
    """What was asked for is as it was, or missing, or an error."""
    try:
        lines = read_lock(raw)
    except ExceptionGroup as group:
        if group.split(LockError)[1]:
            raise
        return
    for found, line in lines.items():
        try:
            assert reading_of(found, line) == reading
            assert found == prompt
        except LockError:
            pass
