"""The textbook against plain Python: loops and `math.fsum`, no NumPy in the expected values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sitegen.attention.core import (
    Array,
    Projections,
    attend,
    causal_mask,
    entropy,
    layer_norm,
    masked,
    merge_heads,
    multi_head,
    norm_based,
    rollout,
    scores,
    sinusoidal_positions,
    softmax,
    split_heads,
)
from sitegen.attention.seeds import normals

Rows = list[list[float]]


def plain_product(a: Rows, b: Rows) -> Rows:
    return [
        [math.fsum(x * b[k][j] for k, x in enumerate(row)) for j in range(len(b[0]))] for row in a
    ]


def plain_attention(
    q: Rows, k: Rows, v: Rows, scale: float, *, causal: bool = False
) -> tuple[Rows, Rows]:
    """Weights and output, row by row and number by number."""
    weights = []
    for i, query in enumerate(q):
        powers = [
            0.0
            if causal and j > i
            else math.exp(scale * math.fsum(a * b for a, b in zip(query, key, strict=True)))
            for j, key in enumerate(k)
        ]
        weights.append([power / math.fsum(powers) for power in powers])
    return weights, plain_product(weights, v)


def some(name: str, *shape: int) -> Array:
    return normals(7, name, *shape)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("scale", [None, 0.0, 0.3, 1.0])
def test_attention_is_what_plain_python_computes(causal: bool, scale: float | None) -> None:  # noqa: FBT001
    q, k, v = some("q", 5, 4), some("k", 5, 4), some("v", 5, 3)
    mask = causal_mask(5, 5) if causal else None
    weights, output = plain_attention(
        q.tolist(), k.tolist(), v.tolist(), 0.5 if scale is None else scale, causal=causal
    )
    result = attend(q, k, v, mask, scale)
    np.testing.assert_allclose(result.weights, weights, rtol=0, atol=1e-14)
    np.testing.assert_allclose(result.output, output, rtol=0, atol=1e-14)


def test_a_query_may_be_worked_out_by_hand() -> None:
    # Scores 0 and ln 3 give weights 1 to 3.
    q, k, v = np.array([[math.log(3)]]), np.array([[0.0], [1.0]]), np.array([[8.0], [4.0]])
    weights, output = attend(q, k, v)
    assert weights.round(12).tolist() == [[0.25, 0.75]]
    assert output.round(12).tolist() == [[5.0]]


def test_scores_are_divided_by_the_root_of_the_width() -> None:
    ones = np.ones((1, 16))
    assert scores(ones, ones).tolist() == [[4.0]]
    assert scores(ones, ones, 1.0).tolist() == [[16.0]]


def test_softmax_of_huge_numbers_does_not_overflow() -> None:
    assert softmax(np.array([1e300, 1e300, -1e300])).tolist() == [0.5, 0.5, 0.0]


def test_a_causal_mask_shows_the_past_only() -> None:
    assert causal_mask(3, 3).tolist() == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]
    assert causal_mask(1, 3).tolist() == [[True, True, True]]


def test_what_comes_later_weighs_exactly_nothing() -> None:
    weights = attend(some("q", 6, 4), some("k", 6, 4), some("v", 6, 4), causal_mask(6, 6)).weights
    assert (weights[~causal_mask(6, 6)] == 0).all()


def test_a_query_that_may_attend_to_nothing_is_refused() -> None:
    one = np.ones((2, 2))
    with pytest.raises(ValueError, match="attend to nothing"):
        attend(one, one, one, np.array([[True, True], [False, False]]))


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_a_score_that_is_not_finite_is_refused_and_not_handed_on(wrong: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        softmax(np.array([[1.0, 2.0], [wrong, 2.0]]))
    with pytest.raises(ValueError, match="finite"):
        attend(np.array([[1.0]]), np.array([[wrong], [1.0]]), np.ones((2, 1)))


def test_a_row_of_nothing_but_minus_infinity_has_no_softmax() -> None:
    assert softmax(np.array([-np.inf, 0.0])).tolist() == [0.0, 1.0]
    with pytest.raises(ValueError, match="finite"):
        softmax(np.array([-np.inf, -np.inf]))


def test_a_mask_leaves_minus_infinity_where_nothing_may_be_seen() -> None:
    hidden = masked(np.array([[1.0, 2.0], [3.0, 4.0]]), causal_mask(2, 2))
    assert hidden.tolist() == [[1.0, -np.inf], [3.0, 4.0]]


def test_heads_are_slices_of_the_columns_and_can_be_put_back() -> None:
    x = np.arange(12.0).reshape(2, 6)
    assert split_heads(x, 3).tolist() == [[[0, 1], [6, 7]], [[2, 3], [8, 9]], [[4, 5], [10, 11]]]
    assert merge_heads(split_heads(x, 3)).tolist() == x.tolist()


def test_several_heads_are_one_head_each_side_by_side() -> None:
    x, w = some("x", 5, 6), Projections(*(some(name, 6, 6) for name in "qkvo"))
    rows = x.tolist()
    outputs: list[Rows] = []
    result = multi_head(x, w, 2)
    for head, columns in enumerate((slice(0, 3), slice(3, 6))):
        q, k, v = (plain_product(rows, each[:, columns].tolist()) for each in (w.q, w.k, w.v))
        weights, output = plain_attention(q, k, v, 1 / math.sqrt(3))
        np.testing.assert_allclose(result.weights[head], weights, rtol=0, atol=1e-13)
        outputs.append(output)
    joined = [one + other for one, other in zip(*outputs, strict=True)]
    np.testing.assert_allclose(
        result.output, plain_product(joined, w.o.tolist()), rtol=0, atol=1e-12
    )


def test_positions_are_sines_and_cosines_of_falling_frequency() -> None:
    expected = [
        [wave(p / 10000**power) for power in (0, 0.4, 0.8) for wave in (math.sin, math.cos)][:5]
        for p in range(4)
    ]
    np.testing.assert_allclose(sinusoidal_positions(4, 5), expected, rtol=0, atol=1e-15)


def test_entropy_counts_in_bits() -> None:
    weights = np.array([[0.25, 0.25, 0.25, 0.25], [1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0]])
    assert entropy(weights).tolist() == [2.0, 0.0, 1.0]


def test_a_layer_norm_has_mean_0_and_variance_1() -> None:
    # Mean 5, variance 4.
    normed = layer_norm(np.array([[3.0, 7.0, 3.0, 7.0], [2.0, 2.0, 2.0, 2.0]]), epsilon=1e-12)
    np.testing.assert_allclose(normed, [[-1, 1, -1, 1], [0, 0, 0, 0]], rtol=0, atol=1e-12)


def test_a_rollout_may_be_worked_out_by_hand() -> None:
    # One layer of two heads: the mean is [[1, 0], [½, ½]]; half of it and half of the input.
    lower = [[[1.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]]]
    assert rollout(np.array([lower])).tolist() == [[1.0, 0.0], [0.25, 0.75]]
    # A second layer that exchanges the tokens: ½ of itself and ½ of the other.
    upper = [[[0.0, 1.0], [1.0, 0.0]]] * 2
    assert rollout(np.array([lower, upper])).tolist() == [[0.625, 0.375], [0.625, 0.375]]


def test_a_norm_counts_the_vector_that_a_weight_takes() -> None:
    # Values 3 and 0.3 along one direction, which W_O turns into (3, 4)/5 · 5 = five times as long.
    weights = np.array([[[0.1, 0.9], [0.5, 0.5]]])
    values, w_o = np.array([[[3.0], [0.3]]]), np.array([[3.0, 4.0]])
    np.testing.assert_allclose(
        norm_based(weights, values, w_o), [[[1.5, 1.35], [7.5, 0.75]]], rtol=0, atol=1e-15
    )


def test_norms_of_all_heads_come_from_the_rows_of_w_o_that_are_theirs() -> None:
    x, w = some("x", 5, 6), Projections(*(some(name, 6, 6) for name in "qkvo"))
    weights = multi_head(x, w, 3).weights
    found = norm_based(weights, split_heads(x @ w.v, 3), w.o)
    for head in range(3):
        part = slice(2 * head, 2 * head + 2)
        for i, j in ((0, 0), (1, 3), (4, 2)):
            moved = plain_product(
                x[j : j + 1].tolist(), plain_product(w.v[:, part].tolist(), w.o[part].tolist())
            )[0]
            length = weights[head, i, j] * math.sqrt(math.fsum(each * each for each in moved))
            assert abs(found[head, i, j] - length) < 1e-13


def test_nothing_is_changed_in_place() -> None:
    q, k, v = some("q", 3, 2), some("k", 3, 2), some("v", 3, 2)
    before = [each.copy() for each in (q, k, v)]
    attend(q, k, v, causal_mask(3, 3))
    assert all((one == other).all() for one, other in zip((q, k, v), before, strict=True))


def test_seeded_numbers_never_change() -> None:
    # Worked out from hashlib and math alone, see the docstring of `normals`.
    assert normals(2017, "X", 2, 3).tolist() == [
        [1.234252329, -0.905962299, -2.465329395],
        [-1.018335172, -0.101992808, 0.086659043],
    ]


def test_seeded_numbers_begin_alike_whatever_their_count() -> None:
    assert normals(1, "X", 100)[:7].tolist() == normals(1, "X", 7).tolist()


def test_another_seed_or_name_gives_other_numbers() -> None:
    first = normals(1, "X", 8)
    assert not (first == normals(2, "X", 8)).any()
    assert not (first == normals(1, "Y", 8)).any()


def test_seeded_numbers_are_normal() -> None:
    z = normals(3, "X", 40_000)
    assert abs(z.mean()) < 0.02
    assert abs(z.std() - 1) < 0.02
    assert abs((abs(z) < 1.0).mean() - math.erf(math.sqrt(0.5))) < 0.01
