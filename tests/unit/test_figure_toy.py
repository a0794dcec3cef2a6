"""What a toy model computes: every weight of a stack, and every step of one layer."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen.attention.core import (
    Array,
    Projections,
    causal_mask,
    layer_norm,
    multi_head,
    scores,
    sinusoidal_positions,
)
from sitegen.attention.seeds import normals
from sitegen.errors import FigureError, Span
from sitegen.figures.spec import SHARED_KEYS, TOY_KEYS, read_spec
from sitegen.figures.toy import Computed, Toy, compute
from sitegen.figures.weights import UNIT, quantise
from sitegen.model import Fence

STACK = "text: the bat flew home\nseed: 3\nd_model: 12\nlayers: 3\nheads: 2\n"


def computed(text: str) -> Computed:
    return compute(read_spec(Fence(id="f", text=f"model: toy\n{text}", span=Span("a.md", 1))))


def steps(text: str) -> Toy:
    toy = computed(text).toy
    assert toy is not None
    return toy


def there(array: Array | None) -> Array:
    assert array is not None
    return array


def test_each_step_may_be_checked_by_hand() -> None:
    # Scores 0 and 2 ln 3, halved by 1/√4: weights ¼ and ¾; the other query finds both alike.
    ln9: float = 2 * math.log(3)
    toy = steps(
        f"tokens: a b\nQ: 1 0 0 0 / 0 1 0 0\nK: 0 0 0 0 / {ln9} 0 0 0\nV: 4 0 / 8 4\nW_O: 1 / 10\n"
    )
    assert toy.x is None
    np.testing.assert_allclose(toy.scores, [[[0.0, ln9 / 2], [0.0, 0.0]]], atol=1e-15)
    np.testing.assert_allclose(toy.weights, [[[0.25, 0.75], [0.5, 0.5]]], atol=1e-15)
    np.testing.assert_allclose(there(toy.heads_output), [[[7, 3], [6, 2]]], atol=1e-14)
    np.testing.assert_allclose(there(toy.output), [[37], [26]], atol=1e-13)


def test_without_w_o_the_heads_stand_side_by_side() -> None:
    toy = steps("tokens: a b\nheads: 2\nQ: 0 0 / 0 0\nK: 1 2 / 3 4\nV: 1 2 10 20 / 3 4 30 40\n")
    assert there(toy.v).tolist() == [[[1, 2], [3, 4]], [[10, 20], [30, 40]]]
    assert there(toy.output).tolist() == [[2, 3, 20, 30]] * 2


def test_scores_are_shown_before_the_mask_and_weights_after_it() -> None:
    toy = steps("tokens: a b\nscale: none\nQ: 1 / 1\nK: 2 / 2\ncausal: yes\n")
    assert toy.scores.tolist() == [[[2, 2], [2, 2]]]
    assert toy.weights.tolist() == [[[1, 0], [0.5, 0.5]]]


def test_where_nothing_is_mixed_there_is_no_output() -> None:
    toy = steps("tokens: a b\nQ: 1 / 1\nK: 2 / 2\n")
    assert (toy.v, toy.heads_output, toy.output) == (None, None, None)


def test_vectors_are_projected() -> None:
    toy = steps(
        "tokens: a b\nX: 1 0 / 0 1\nW_Q: 1 2 / 3 4\nW_K: 5 6 / 7 8\nW_V: 9 / 10\nW_O: 1 2 3\n"
    )
    assert there(toy.x).tolist() == [[1, 0], [0, 1]]
    assert (toy.q.tolist(), toy.k.tolist()) == ([[[1, 2], [3, 4]]], [[[5, 6], [7, 8]]])
    assert list(toy.w) == ["W_Q", "W_K", "W_V", "W_O"]
    assert there(toy.output).shape == (2, 3)


def test_positions_are_added_to_vectors() -> None:
    text = "tokens: a b c\nX: 0 0 0 0 / 0 0 0 0 / 1 1 1 1\nW_Q: 1/1/1/1\nW_K: 1/1/1/1\n"
    x, placed = there(steps(text).x), there(steps(text + "positions: yes\n").x)
    np.testing.assert_array_equal(placed, x + sinusoidal_positions(3, 4))


def test_weights_are_those_of_all_layers_and_heads() -> None:
    weights, _ = computed(STACK)
    assert weights.units.shape == (3, 2, 4, 4)
    assert (weights.rows.name, weights.rows.options) == ("Layer", ("1", "2", "3"))
    assert (weights.columns.name, weights.columns.options) == ("Head", ("1", "2"))
    assert (abs(weights.units.sum(axis=-1) - UNIT) <= 4).all()
    assert len({weights.units[i, j].tobytes() for i in range(3) for j in range(2)}) == 6


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_the_steps_are_those_of_the_chosen_layer(layer: int) -> None:
    weights, toy = computed(f"{STACK}layer: {layer}\n")
    assert toy is not None
    assert (quantise(toy.weights) == weights.units[layer - 1]).all()
    np.testing.assert_array_equal(scores(toy.q, toy.k), toy.scores)


@pytest.mark.parametrize("causal", ["yes", "no"])
def test_a_stack_is_made_of_attention_residuals_and_norms(causal: str) -> None:
    weights, _ = computed(f"{STACK}causal: {causal}\n")
    x = normals(3, "X", 4, 12)
    for layer in range(3):
        own = f".{layer + 1}" if layer else ""
        w = Projections(*(normals(3, f"W_{name}{own}", 12, 12) / math.sqrt(12) for name in "QKVO"))
        mask = causal_mask(4, 4) if causal == "yes" else None
        result = multi_head(x, w, 2, mask)
        # Random numbers and vectors are rounded to a millionth on the way.
        np.testing.assert_allclose(weights.units[layer] / UNIT, result.weights, atol=1e-5)
        x = layer_norm(x + result.output)


def test_the_layers_below_do_not_depend_on_how_many_are_above_or_on_the_view() -> None:
    narrow = STACK.replace("d_model: 12", "d_model: 8")
    alone = computed(narrow.replace("layers: 3\n", "")).weights.units
    assert (alone[0] == computed(narrow).weights.units[0]).all()
    assert (alone == computed(narrow.replace("layers: 3", "view: steps")).weights.units).all()


def test_a_random_model_has_all_steps_where_they_are_shown() -> None:
    toy = steps(STACK.replace("layers: 3", "view: steps").replace("d_model: 12", "d_model: 8"))
    assert all(each is not None for each in toy)
    assert there(toy.output).shape == (4, 8)


NUMBERS = st.sampled_from(["1000", "-1000", "0", "1e-300", "999.999", "-0.1"])


SCALES = st.sampled_from(["sqrt", "none", "1000", "0"])


@given(st.data(), st.integers(1, 4), st.integers(1, 3), SCALES)
def test_no_numbers_that_a_block_may_hold_make_a_weight_that_is_not_finite(
    data: st.DataObject, n: int, d: int, scale: str
) -> None:
    def matrix(rows: int) -> str:
        drawn = [data.draw(st.lists(NUMBERS, min_size=d, max_size=d)) for _ in range(rows)]
        return " / ".join(" ".join(row) for row in drawn)

    sizes = {"X": n, "W_Q": d, "W_K": d, "W_V": d, "W_O": d}
    given_numbers = "".join(f"{key}: {matrix(rows)}\n" for key, rows in sizes.items())
    weights, toy = computed(f"text: {'a ' * n}\nscale: {scale}\n{given_numbers}")
    assert (weights.units >= 0).all()
    assert (abs(weights.units.sum(axis=-1) - UNIT) <= n).all()
    assert toy is not None
    assert np.isfinite(there(toy.output)).all()


@pytest.mark.parametrize("d_model", [1, 2, 3])
def test_the_narrowest_and_deepest_stack_has_finite_weights(d_model: int) -> None:
    units = computed(f"text: {'a ' * 64}\nseed: 1\nlayers: 32\nd_model: {d_model}\n").weights.units
    assert units.shape == (32, 1, 64, 64)
    assert (abs(units.sum(axis=-1) - UNIT) <= 64).all()


KEYS = sorted((SHARED_KEYS.keys() | TOY_KEYS) - {"model", "tokens", "text", "check", "expect"})
VALUES = ["1", "2", "1 2 / 3 4", "/ /", "/ 1", "1000 -1000 / 1 0", "nan", "", "x", "yes", "steps"]
FAMILIES = [
    "Q: 1 2 / 3 4\nK: 0 1 / 1 0\nV: 1 2 / 3 4\n",
    "X: 1 2 / 3 4\nW_Q: 0 1 / 1 0\nW_K: 1 0 / 0 1\nW_V: 1 2 / 3 4\n",
    "seed: 1\nd_model: 2\n",
]
LINES = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(VALUES)), max_size=3)


@given(st.sampled_from(FAMILIES), LINES)
def test_a_block_is_computed_or_its_mistakes_are_told(
    family: str, lines: list[tuple[str, str]]
) -> None:
    changed = dict(line.split(": ") for line in family.splitlines()) | dict(lines)
    text = "tokens: a b\n" + "".join(f"{key}: {value}\n" for key, value in changed.items())
    mistakes: tuple[Exception, ...] = ()
    try:
        weights, _ = computed(text)
        assert (abs(weights.units.sum(axis=-1) - UNIT) <= 2).all()
    except ExceptionGroup as group:
        mistakes = group.exceptions
    assert all(isinstance(each, FigureError) and each.span for each in mistakes)
