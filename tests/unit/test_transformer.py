"""The networks against plain Python and against the textbook, one equation after another."""

from __future__ import annotations

import cmath
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sitegen.attention.core import Projections, attend, causal_mask, multi_head, norm_based
from sitegen.attention.seeds import normals
from sitegen.errors import FigureError, ModelError, SiteError
from sitegen.transformer import packing
from sitegen.transformer.causal import Causal
from sitegen.transformer.encoder import Encoder, embedding, make_encoder
from sitegen.transformer.equations import (
    attend_into,
    gelu,
    linear,
    normal_tail,
    rms_norm,
    rotate,
    silu,
    turns,
)
from sitegen.transformer.measures import (
    norm_shares,
    roles,
    roles_of,
    rollouts,
    share_of,
)
from sitegen.transformer.surprise import surprise_of
from tests.golden.transformer.tiny import (
    CONFIG,
    LONGEST,
    N_WORD,
    TEXTS,
    CausalWeights,
    encoder_tensors,
)

ROOT = Path(__file__).parents[2]
Model = Encoder | Causal
MODELS = pytest.mark.parametrize(
    "model",
    [make_encoder(encoder_tensors(), CONFIG), Causal(CausalWeights())],
    ids=["bert", "llama"],
)


def test_gelu_is_that_of_the_exact_error_function() -> None:
    xs = np.concatenate([np.linspace(-9, 9, 20_001), [0.0, -0.0, 1e-300, -40, 40, 1e30, -1e30]])
    # From the side where erfc is small, so that the expected values are exact themselves.
    tails = [0.5 * math.erfc(abs(x) / math.sqrt(2)) for x in xs]
    expected = [max(x, 0) - abs(x) * tail for x, tail in zip(xs, tails, strict=True)]
    error = abs(gelu(xs.copy()[:, np.newaxis])[:, 0] - expected)
    assert (error <= 1e-15 * np.maximum(1, abs(xs))).all()
    assert abs(normal_tail(abs(xs)) - tails).max() <= 3e-16


def test_gelu_of_float32_stays_float32_and_near() -> None:
    xs = np.linspace(-9, 9, 20_001)[:, np.newaxis]
    found = gelu(xs.astype(np.float32))
    assert found.dtype == np.float32
    assert abs(found - gelu(xs.astype(np.float32).astype(np.float64))).max() < 1e-6


def test_silu_is_x_times_the_logistic_function_and_never_overflows() -> None:
    xs = np.array([[-1e4, -20, -1.5, -0.0], [0, 0.3, 40, 1e4]])
    # Of a negative x by the form that does not overflow; -10,000 has nothing left.
    expected = [[0, -20 * math.exp(-20) / (1 + math.exp(-20)), -1.5 / (1 + math.exp(1.5)), 0]]
    expected += [[0, 0.3 / (1 + math.exp(-0.3)), 40, 1e4]]
    np.testing.assert_allclose(silu(xs), expected, rtol=1e-15, atol=0)


def test_a_block_of_rows_is_no_seam() -> None:
    x = normals(1, "x", 70, 1000)
    assert (gelu(x.copy()) == np.vstack([gelu(row[np.newaxis].copy()) for row in x])).all()
    assert (silu(x.copy()) == np.vstack([silu(row[np.newaxis].copy()) for row in x])).all()


def test_a_linear_layer_adds_its_bias_to_each_row() -> None:
    x, w = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]])
    assert linear(x, w).tolist() == [[1, 2, 0], [3, 4, 2]]
    assert linear(x, w, np.array([10.0, 20.0, 30.0])).tolist() == [[11, 22, 30], [13, 24, 32]]


def test_rms_norm_divides_by_the_root_of_the_mean_square() -> None:
    found = rms_norm(np.array([[3.0, 4.0]]), np.array([1.0, 10.0]), 0.5)
    np.testing.assert_allclose(found, [[3 / math.sqrt(13), 40 / math.sqrt(13)]], rtol=1e-15)


def test_each_pair_of_numbers_turns_by_its_position_and_frequency() -> None:
    x, positions, base = normals(2, "x", 3, 5, 4), np.array([0, 1, 2, 7, 800]), 100.0
    turned = rotate(x, turns(positions, 4, base))
    for head, token, pair in np.ndindex(3, 5, 2):
        by = cmath.exp(1j * int(positions[token]) * base ** (-2 * pair / 4))
        real, imaginary = x[head, token, 2 * pair : 2 * pair + 2]
        expected = complex(real, imaginary) * by
        found = complex(*turned[head, token, 2 * pair : 2 * pair + 2])
        assert abs(found - expected) < 1e-12


def test_turned_queries_and_keys_know_only_how_far_apart_they_are() -> None:
    q, k = normals(3, "q", 1, 1, 8), normals(3, "k", 1, 1, 8)
    near, far = (
        float(
            (
                rotate(q, turns(np.array([i]), 8, 1e4)) * rotate(k, turns(np.array([j]), 8, 1e4))
            ).sum()
        )
        for i, j in ((5, 2), (405, 402))
    )
    assert near == pytest.approx(far, abs=1e-12)
    assert near != pytest.approx(float((q * k).sum()), abs=1e-3)


@pytest.mark.parametrize("n", [1, 7, 128, 129, 300])
@pytest.mark.parametrize("causal", [False, True], ids=["all", "causal"])
def test_attention_in_place_is_that_of_the_textbook(n: int, causal: bool) -> None:  # noqa: FBT001
    q, k, v = (normals(4, name, 2, n, 6) for name in "qkv")
    weights = np.full((2, n, n), np.nan)
    output = attend_into(weights, q, k, v, causal=causal)
    expected = attend(q, k, v, causal_mask(n, n) if causal else None)
    np.testing.assert_allclose(weights, expected.weights, rtol=0, atol=1e-14)
    np.testing.assert_allclose(output, expected.output, rtol=0, atol=1e-14)
    if causal:
        assert (np.triu(weights, 1) == 0).all()


def test_a_layer_of_the_encoder_attends_as_the_textbook_does() -> None:
    tensors = encoder_tensors()
    for name in tensors:
        if "attention" in name and name.endswith("bias"):
            tensors[name][:] = 0  # the textbook has none
    trace = make_encoder(tensors, CONFIG).traces([TEXTS[1]])[0]
    for layer in range(2):
        own = f"encoder.layer.{layer}.attention"
        matrices = [f"{own}.self.{name}.weight" for name in ("query", "key", "value")]
        matrices += [f"{own}.output.dense.weight"]
        w = Projections(*(tensors[name].T.astype(np.float64) for name in matrices))
        expected = multi_head(trace.hidden[layer], w, 2).weights
        np.testing.assert_allclose(trace.attention[layer], expected, rtol=0, atol=1e-14)


def test_value_norms_have_the_bias_of_the_value_and_the_slice_of_the_output() -> None:
    tensors = encoder_tensors()
    trace = make_encoder(tensors, CONFIG).traces([TEXTS[1]])[0]
    for layer, head in np.ndindex(2, 2):
        own, part = f"encoder.layer.{layer}.attention", slice(4 * head, 4 * head + 4)
        w, b = (
            tensors[f"{own}.self.value.{kind}"].astype(np.float64) for kind in ("weight", "bias")
        )
        value = trace.hidden[layer] @ w.T[:, part] + b[part]
        f = value @ tensors[f"{own}.output.dense.weight"].T[part].astype(np.float64)
        expected = [math.sqrt(math.fsum(number * number for number in row)) for row in f]
        np.testing.assert_allclose(trace.value_norms[layer, head], expected, rtol=1e-13)


def test_value_norms_are_those_of_norm_based_for_the_causal_model() -> None:
    weights = CausalWeights()
    trace = Causal(weights).traces([TEXTS[3]])[0]
    gain, v, o = (
        weights.tensor(f"blk.0.{name}.weight").astype(np.float64)
        for name in ("attn_norm", "attn_v", "attn_output")
    )
    first, second = np.split(rms_norm(trace.hidden[0], gain, 1e-5) @ v.T, 2, axis=1)
    shared = np.stack([first, first, second, second])  # by neighbours among the heads of queries
    expected = norm_based(trace.attention[0], shared, o.T)
    found = trace.attention[0] * trace.value_norms[0, :, np.newaxis]
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_an_embedding_is_the_mean_of_all_tokens_and_1_long() -> None:
    encoder = make_encoder(encoder_tensors(), CONFIG)
    vectors = encoder.embeddings(TEXTS)
    for vector, trace in zip(vectors, encoder.traces(TEXTS), strict=True):
        mean = [math.fsum(column) / len(trace.ids) for column in trace.hidden[-1].T]
        length = math.hypot(*mean)
        np.testing.assert_allclose(vector, [each / length for each in mean], rtol=0, atol=1e-14)
        assert (vector == embedding(trace)).all()
    assert encoder.embeddings([]).shape == (0, 8)


@MODELS
def test_nothing_to_read_gives_nothing(model: Model) -> None:
    assert model.traces([]) == []


@MODELS
@pytest.mark.parametrize(
    ("texts", "kind", "message"),
    [
        ([[1], []], FigureError, "text 2 has no tokens"),
        ([[1] * (LONGEST + 1)], FigureError, "text 1 has 25 tokens; the model reads at most 24"),
        ([[0, N_WORD]], ModelError, "text 1 has a token 40; those of the model are 0 to 39"),
        ([[3], [2, -1]], ModelError, "text 2 has a token -1; those of the model are 0 to 39"),
    ],
    ids=["empty", "long", "no word", "negative"],
)
def test_a_text_that_cannot_be_read_is_an_error_in_words(
    model: Model, texts: list[list[int]], kind: type[SiteError], message: str
) -> None:
    with pytest.raises(kind) as error:
        model.traces(texts)
    assert error.value.message == message
    assert error.value.hint


@MODELS
def test_a_text_may_be_as_long_as_the_model_reads(model: Model) -> None:
    assert model.traces([[1] * LONGEST])[0].attention.shape[2:] == (LONGEST, LONGEST)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "roberta"}, "model_type is 'roberta'; only 'bert'"),
        ({"hidden_act": "gelu_new"}, "hidden_act is 'gelu_new'; only 'gelu'"),
        ({"position_embedding_type": "relative_key"}, "only 'absolute' is known"),
        ({"vocab_size": 41}, r"'embeddings.word_embeddings.weight' is \(40, 8\)"),
        ({"intermediate_size": 12}, r"the configuration says \(12, 8\)"),
    ],
)
def test_an_encoder_of_another_kind_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        make_encoder(encoder_tensors(), CONFIG | change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"general.architecture": "gpt2"}, "a model of the kind 'gpt2'; only 'llama' is known"),
        ({"general.architecture": None}, "a model of the kind None"),
    ],
)
def test_a_causal_model_of_another_kind_is_refused(change: dict[str, Any], message: str) -> None:
    weights = CausalWeights()
    weights.metadata = {**weights.metadata, **change}
    with pytest.raises(ModelError, match=message):
        Causal(weights)


@pytest.mark.parametrize("key", sorted(CausalWeights.metadata))
def test_a_causal_model_says_what_its_weights_do_not_say(key: str) -> None:
    weights = CausalWeights()
    weights.metadata = {name: each for name, each in weights.metadata.items() if name != key}
    if key in {"llama.embedding_length", "llama.feed_forward_length"}:
        Causal(weights)  # the tensors say it themselves
    else:
        with pytest.raises(ModelError, match=r"of the kind None|do not say their"):
            Causal(weights)


def test_the_type_is_that_which_was_asked_for() -> None:
    for dtype in (np.float32, np.float64):
        encoder = make_encoder(encoder_tensors(), CONFIG, dtype)
        for model in (encoder, Causal(CausalWeights(), dtype)):
            assert {each.dtype for each in model.traces([TEXTS[1]])[0][1:]} == {np.dtype(dtype)}


def test_packs_are_cut_between_texts_and_never_within(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MOST", 8)
    found = list(packing.packs([[1] * 5, [2] * 3, [3], [4] * 11, [5] * 2], 9, 99))
    assert [[s.stop - s.start for s in each.texts] for each in found] == [[5, 3], [1], [11], [2]]
    assert found[0].ids.tolist() == [1] * 5 + [2] * 3
    assert found[0].positions.tolist() == [0, 1, 2, 3, 4, 0, 1, 2]


def test_the_likeliest_of_equal_words_is_the_first_wherever_blocks_are_cut() -> None:
    x, words = np.ones((2, 1)), np.array([[2.0], [5], [5], [1], [5], [5], [4], [5], [5]])
    for cuts in ([], [1, 2, 3], [4], [8]):
        found = surprise_of(x, np.split(words, cuts), np.array([0, 6]))
        assert found.likeliest.tolist() == [[-1] * 5, [1, 2, 4, 5, 7], [1, 2, 4, 5, 7]]
        total = math.fsum(math.exp(logit) for logit in words[:, 0])
        assert found.bits[1] == pytest.approx(-math.log2(math.exp(4) / total))
        assert found.probabilities[1].tolist() == pytest.approx([math.exp(5) / total] * 5)


WEIGHTS = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [0.25, 0.75, 0.0]])


def test_a_share_of_norms_is_weight_times_length_as_a_part_of_its_row() -> None:
    found = norm_shares(WEIGHTS, np.array([1.0, 2.0, 0.5]))
    assert found[0].tolist() == pytest.approx([0.5 / 1.2, 0.6 / 1.2, 0.1 / 1.2])
    assert found[2].tolist() == pytest.approx([0.25 / 1.75, 1.5 / 1.75, 0])


def test_a_rollout_goes_up_to_each_layer() -> None:
    first, second = ((np.eye(3) + np.array(layer)) / 2 for layer in (WEIGHTS, WEIGHTS[::-1]))
    found = rollouts(np.array([[WEIGHTS], [WEIGHTS[::-1]]]))
    np.testing.assert_allclose(found, [first, second @ first], rtol=0, atol=1e-15)


def test_the_share_of_special_tokens_is_a_sum_over_keys() -> None:
    shares = share_of(WEIGHTS, [True, False, True])
    assert shares.tolist() == pytest.approx([0.7, 0.9, 0.25])
    assert share_of(WEIGHTS, [False] * 3).tolist() == [0, 0, 0]


def test_the_roles_of_a_head_are_means_over_the_rows_that_have_them() -> None:
    found = roles(WEIGHTS, [False, True, False])
    assert found.previous == pytest.approx((0.1 + 0.75) / 2)
    assert found.next == pytest.approx((0.3 + 0.8) / 2)
    assert found.itself == pytest.approx((0.5 + 0.1 + 0) / 3)
    assert found.sink == pytest.approx((0.3 + 0.1 + 0.75) / 3)
    assert roles_of(found) == ("next",)
    assert roles(WEIGHTS, [False] * 3).sink == pytest.approx((0.5 + 0.1 + 0.25) / 3)


def test_one_token_looks_at_itself_and_has_no_neighbours() -> None:
    found = roles(np.ones((1, 1)), [False])
    assert tuple(map(float, found)) == (0, 0, 1, 1)
    assert roles_of(found) == ("itself", "sink")


PROGRAM = """
import hashlib
import numpy as np
from sitegen.transformer.causal import Causal
from sitegen.transformer.encoder import make_encoder
from tests.golden.transformer.tiny import CONFIG, TEXTS, CausalWeights, encoder_tensors

causal = Causal(CausalWeights())
long = TEXTS * 40  # more tokens than one product of matrices does at once
traces = make_encoder(encoder_tensors(), CONFIG).traces(long) + causal.traces(long)
arrays = [array for trace in traces for array in trace[1:]]
arrays += [array for ids in TEXTS for array in causal.surprise(ids)]
told = hashlib.sha256()
for array in arrays:
    told.update(np.rint(np.nan_to_num(array, nan=-1) * 1e4).astype(np.int64).tobytes())
print(len(arrays), told.hexdigest())
"""


def digest(**environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_rounded_numbers_are_the_same_on_every_processor() -> None:
    reference = digest()
    assert reference.startswith("1215 ")
    for kernel in ("Nehalem", "Haswell"):
        for threads in ("1", "2"):
            other = digest(OPENBLAS_CORETYPE=kernel, OPENBLAS_NUM_THREADS=threads)
            assert other == reference, f"{kernel}, {threads}"
