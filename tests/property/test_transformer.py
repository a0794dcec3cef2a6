"""What is so of a network whatever it reads."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from sitegen.attention.core import softmax
from sitegen.attention.seeds import normals
from sitegen.transformer.causal import Causal
from sitegen.transformer.encoder import Encoder, make_encoder
from sitegen.transformer.measures import norm_shares, roles, rollouts
from sitegen.transformer.packing import packs
from sitegen.transformer.surprise import surprise_of
from sitegen.transformer.trace import Trace
from tests.golden.transformer.tiny import CONFIG, LONGEST, N_WORD, CausalWeights, encoder_tensors

ENCODER, CAUSAL = make_encoder(encoder_tensors(), CONFIG), Causal(CausalWeights())
MODELS = pytest.mark.parametrize("model", [ENCODER, CAUSAL], ids=["bert", "llama"])
texts = st.lists(st.integers(0, N_WORD - 1), min_size=1, max_size=LONGEST)
batches = st.lists(texts, min_size=1, max_size=7)
seeds = st.integers(0, 10**6)


def assert_same(found: Trace, expected: Trace) -> None:
    assert (found.ids == expected.ids).all()
    for one, other in zip(found[1:], expected[1:], strict=True):
        assert_allclose(one, other, rtol=0, atol=1e-11)


@MODELS
@given(batch=batches)
def test_each_row_is_a_distribution(model: Encoder | Causal, batch: list[list[int]]) -> None:
    for trace, ids in zip(model.traces(batch), batch, strict=True):
        for weights in (
            trace.attention,
            norm_shares(trace.attention, trace.value_norms),
            rollouts(trace.attention),
        ):
            assert (weights >= 0).all()
            assert_allclose(weights.sum(axis=-1), 1, rtol=0, atol=1e-12)
        assert trace.hidden.shape == (3, len(ids), 8)
        assert (trace.value_norms > 0).all()


@MODELS
@given(batch=batches)
def test_texts_read_together_are_as_if_read_one_by_one(
    model: Encoder | Causal, batch: list[list[int]]
) -> None:
    for trace, ids in zip(model.traces(batch), batch, strict=True):
        assert_same(trace, model.traces([ids])[0])


@MODELS
@given(batch=batches, random=st.randoms(use_true_random=False))
def test_the_order_of_texts_means_nothing(
    model: Encoder | Causal, batch: list[list[int]], random: Random
) -> None:
    order = list(range(len(batch)))
    random.shuffle(order)
    traces = model.traces(batch)
    for place, trace in zip(order, model.traces([batch[i] for i in order]), strict=True):
        assert_same(trace, traces[place])


@given(texts, st.data())
def test_a_causal_model_does_not_see_what_comes_later(ids: list[int], data: st.DataObject) -> None:
    m = data.draw(st.integers(1, len(ids)))
    whole, prefix = CAUSAL.traces([ids, ids[:m]])
    assert (np.triu(whole.attention, 1) == 0).all()
    assert_allclose(whole.attention[..., :m, :m], prefix.attention, rtol=0, atol=1e-11)
    assert_allclose(whole.hidden[:, :m], prefix.hidden, rtol=0, atol=1e-11)
    assert_allclose(whole.value_norms[..., :m], prefix.value_norms, rtol=0, atol=1e-11)
    one, other = CAUSAL.surprise(ids), CAUSAL.surprise(ids[:m])
    assert_allclose(one.bits[:m], other.bits, rtol=0, atol=1e-10)
    assert_allclose(one.probabilities[: m + 1], other.probabilities, rtol=0, atol=1e-11)


@given(seeds, st.integers(1, 6), st.integers(1, 30), st.data())
def test_surprise_is_the_same_however_the_vocabulary_is_cut(
    seed: int, n: int, n_word: int, data: st.DataObject
) -> None:
    x, words = normals(seed, "x", n, 3), normals(seed, "words", n_word, 3)
    ids = np.array(data.draw(st.lists(st.integers(0, n_word - 1), min_size=n, max_size=n)))
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, n_word - 1)), max_size=4)))
    found = surprise_of(x, (each for each in np.split(words, cuts) if len(each)), ids)
    p = softmax(x @ words.T)
    assert_allclose(found.bits[1:], -np.log2(p[np.arange(n - 1), ids[1:]]), rtol=0, atol=1e-12)
    many = min(5, n_word)
    best = -np.sort(-p, axis=1)[:, :many]
    assert_allclose(found.probabilities[1:, :many], best, rtol=0, atol=1e-12)
    named = np.take_along_axis(p, found.likeliest[1:, :many], axis=1)
    assert_allclose(named, best, rtol=0, atol=1e-12)
    assert (found.likeliest[:, many:] == -1).all()
    assert (found.probabilities[:, many:] == 0).all()


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=900), max_size=9))
def test_packs_hold_every_text_whole_and_in_order(batch: list[list[int]]) -> None:
    made = list(packs(batch, 10, 900))
    assert [pack.ids[text].tolist() for pack in made for text in pack.texts] == batch
    for pack in made:
        assert len(pack.ids) <= 1024
        assert all((pack.positions[s] == np.arange(s.stop - s.start)).all() for s in pack.texts)
    for pack, after in pairwise(made):
        assert len(pack.ids) + after.texts[0].stop > 1024  # what fits is not left for the next


@given(seeds, st.integers(1, 9), st.data())
def test_what_a_head_does_is_between_never_and_always(
    seed: int, n: int, data: st.DataObject
) -> None:
    special = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    found = roles(softmax(normals(seed, "s", 2, 3, n, n)), special)
    for share in found:
        assert share.shape == (2, 3)
        assert (share >= 0).all()
        assert (share <= 1 + 1e-12).all()
