"""What is so of attention whatever the numbers."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from sitegen.attention.core import Array, attend, causal_mask, entropy, softmax
from sitegen.attention.seeds import normals
from sitegen.figures.shares import share

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
    shares = share(weights.tolist())
    percents, levels = np.array(shares.percents), np.array(shares.levels)
    assert (percents.sum(axis=1) == 100).all()
    assert (abs(percents - weights * 100) < 1 + 1e-6).all()
    assert (abs(levels - weights * 15) < 0.5 + 1e-6).all()
