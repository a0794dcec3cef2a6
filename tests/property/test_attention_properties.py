"""What is so of attention whatever the numbers."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from sitegen.attention.core import (
    Array,
    Projections,
    attend,
    causal_mask,
    entropy,
    layer_norm,
    merge_heads,
    multi_head,
    norm_based,
    rollout,
    softmax,
    split_heads,
)
from sitegen.attention.seeds import normals
from sitegen.figures.weights import UNIT, levels, percents, quantise

seeds = st.integers(0, 10**6)
sizes = st.integers(1, 9)
scales = st.floats(0, 50)


def vectors(seed: int, n: int, d: int) -> tuple[Array, Array, Array]:
    return normals(seed, "q", n, d), normals(seed, "k", n, d), normals(seed, "v", n, d)


@given(seeds, sizes, sizes, scales, st.booleans())
def test_each_row_is_a_distribution(
    seed: int,
    n: int,
    d: int,
    scale: float,
    causal: bool,  # noqa: FBT001
) -> None:
    mask = causal_mask(n, n) if causal else None
    weights = attend(*vectors(seed, n, d), mask, scale).weights
    assert (weights >= 0).all()
    assert_allclose(weights.sum(axis=-1), 1, rtol=0, atol=1e-12)
    assert (entropy(weights) <= np.log2(n) + 1e-9).all()


@given(seeds, sizes, sizes, st.randoms(use_true_random=False))
def test_the_order_of_tokens_means_nothing_without_a_mask(
    seed: int, n: int, d: int, random: Random
) -> None:
    q, k, v = vectors(seed, n, d)
    order = list(range(n))
    random.shuffle(order)
    weights, output = attend(q, k, v)
    shuffled = attend(q[order], k[order], v[order])
    assert_allclose(shuffled.weights, weights[order][:, order], rtol=0, atol=1e-12)
    assert_allclose(shuffled.output, output[order], rtol=0, atol=1e-12)


@given(seeds, st.integers(2, 9), sizes, st.data())
def test_what_comes_later_changes_nothing_under_a_causal_mask(
    seed: int, n: int, d: int, data: st.DataObject
) -> None:
    q, k, v = vectors(seed, n, d)
    m = data.draw(st.integers(1, n - 1))
    whole = attend(q, k, v, causal_mask(n, n))
    prefix = attend(q[:m], k[:m], v[:m], causal_mask(m, m))
    assert_allclose(whole.weights[:m, :m], prefix.weights, rtol=0, atol=1e-12)
    assert_allclose(whole.output[:m], prefix.output, rtol=0, atol=1e-12)


@given(seeds, sizes, st.floats(-1000, 1000))
def test_softmax_does_not_see_a_shift(seed: int, n: int, shift: float) -> None:
    x = normals(seed, "x", n)
    assert_allclose(softmax(x + shift), softmax(x), rtol=0, atol=1e-11)


@given(seeds, sizes, sizes)
def test_a_scale_of_nothing_spreads_evenly(seed: int, n: int, d: int) -> None:
    q, k, v = vectors(seed, n, d)
    assert_allclose(attend(q, k, v, scale=0.0).weights, 1 / n, rtol=0, atol=1e-15)
    assert_allclose(attend(q, k, v, scale=1e-12).weights, 1 / n, rtol=0, atol=1e-9)


@given(seeds, st.integers(1, 64), scales)
def test_published_percents_sum_to_100_and_are_less_than_one_off(
    seed: int, n: int, scale: float
) -> None:
    weights = attend(*vectors(seed, n, 4), scale=scale).weights
    units = quantise(weights)
    assert (percents(units).sum(axis=1) == 100).all()
    assert (abs(percents(units) - weights * 100) < 1 + 1e-6).all()
    assert (abs(levels(units) - weights * 15) < 0.5 + 1e-6).all()
    assert (abs(units.sum(axis=1) - UNIT) <= n).all()


@given(seeds, sizes, st.integers(1, 5), sizes)
def test_heads_that_are_split_can_be_merged_and_back(
    seed: int, n: int, n_head: int, d: int
) -> None:
    x = normals(seed, "x", n, n_head * d)
    heads = split_heads(x, n_head)
    assert heads.shape == (n_head, n, d)
    assert (merge_heads(heads) == x).all()
    assert (split_heads(merge_heads(heads), n_head) == heads).all()


@given(seeds, sizes, st.integers(1, 4), st.integers(1, 5), st.booleans())
def test_several_heads_are_so_many_attentions_of_slices(
    seed: int,
    n: int,
    n_head: int,
    d_key: int,
    causal: bool,  # noqa: FBT001
) -> None:
    d = n_head * d_key
    x = normals(seed, "x", n, d)
    w = Projections(*(normals(seed, name, d, d) for name in "QKVO"))
    mask = causal_mask(n, n) if causal else None
    result = multi_head(x, w, n_head, mask)
    summed = np.zeros((n, d))
    for head in range(n_head):
        part = slice(head * d_key, (head + 1) * d_key)
        alone = attend(x @ w.q[:, part], x @ w.k[:, part], x @ w.v[:, part], mask)
        assert_allclose(result.weights[head], alone.weights, rtol=0, atol=1e-9)
        summed += alone.output @ w.o[part]
    assert_allclose(result.output, summed, rtol=0, atol=1e-8)


@given(seeds, sizes, sizes, st.booleans())
def test_entropy_lies_between_certainty_and_indifference(
    seed: int,
    n: int,
    d: int,
    causal: bool,  # noqa: FBT001
) -> None:
    mask = causal_mask(n, n) if causal else None
    bits = entropy(attend(*vectors(seed, n, d), mask).weights)
    most = np.log2(np.arange(1, n + 1) if causal else np.full(n, n))
    assert (bits >= 0).all()
    assert (bits <= most + 1e-12).all()
    assert_allclose(entropy(np.full(n, 1 / n)), np.log2(n), rtol=0, atol=1e-12)
    assert (entropy(np.eye(n)) == 0).all()


@given(seeds, st.integers(1, 5), st.integers(1, 4), sizes, st.booleans())
def test_a_rollout_is_a_distribution_over_the_first_tokens(
    seed: int,
    n_layer: int,
    n_head: int,
    n: int,
    causal: bool,  # noqa: FBT001
) -> None:
    q, k = (normals(seed, name, n_layer, n_head, n, 3) for name in "qk")
    rolled = rollout(attend(q, k, k, causal_mask(n, n) if causal else None).weights)
    assert (rolled >= 0).all()
    assert_allclose(rolled.sum(axis=-1), 1, rtol=0, atol=1e-12)
    assert (np.diag(rolled) >= 0.5**n_layer - 1e-12).all()  # what went around every layer
    if causal:
        assert (rolled[~causal_mask(n, n)] == 0).all()


@given(seeds, st.integers(1, 4), sizes, st.integers(1, 5), st.floats(0.1, 10))
def test_norms_are_the_weights_where_all_vectors_are_equally_long(
    seed: int, n_head: int, n: int, d_value: int, length: float
) -> None:
    q, k, v = (normals(seed, name, n_head, n, d_value) for name in "qkv")
    v *= length / np.linalg.norm(v, axis=-1, keepdims=True)
    turn = np.linalg.qr(normals(seed, "O", n_head * d_value, n_head * d_value))[0]
    weights = attend(q, k, v).weights
    norms = norm_based(weights, v, turn)
    assert_allclose(norms.sum(axis=-1), length, rtol=1e-9)
    assert_allclose(norms / norms.sum(axis=-1, keepdims=True), weights, rtol=0, atol=1e-12)


@given(seeds, sizes, st.integers(2, 9), st.floats(1, 100), st.floats(-100, 100))
def test_a_layer_norm_sees_neither_shift_nor_stretch(
    seed: int, n: int, d: int, stretch: float, shift: float
) -> None:
    x = normals(seed, "x", n, d)
    normed = layer_norm(x, epsilon=0.0)
    assert_allclose(normed.mean(axis=-1), 0, rtol=0, atol=1e-9)
    assert_allclose(normed.std(axis=-1), 1, rtol=0, atol=1e-9)
    assert_allclose(layer_norm(x * stretch + shift, epsilon=0.0), normed, rtol=0, atol=1e-6)
