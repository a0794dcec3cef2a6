"""Our networks against `transformers`, by what it once gave for the same tiny models."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sitegen.transformer.causal import Causal
from sitegen.transformer.encoder import make_encoder
from sitegen.transformer.trace import Trace
from tests.golden.transformer.make_goldens import GOLDEN
from tests.golden.transformer.tiny import CONFIG, TEXTS, CausalWeights, encoder_tensors

KERNEL = GOLDEN.parents[1] / "attention" / "torch.npz"
DTYPES = pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float64", 1e-13), ("float32", 5e-6)], ids=["float64", "float32"]
)


@DTYPES
def test_the_encoder_is_bert(dtype: str, tolerance: float) -> None:
    traces = make_encoder(encoder_tensors(), CONFIG, dtype).traces(TEXTS)
    check(traces, "encoder", dtype, tolerance)


@DTYPES
def test_the_causal_model_is_llama(dtype: str, tolerance: float) -> None:
    check(Causal(CausalWeights(), dtype).traces(TEXTS), "causal", dtype, tolerance)


def check(traces: list[Trace], model: str, dtype: str, tolerance: float) -> None:
    assert len(traces) == len(TEXTS)
    with np.load(GOLDEN) as golden:
        for number, (trace, ids) in enumerate(zip(traces, TEXTS, strict=True)):
            hidden = golden[f"{model}_{number}_hidden"]
            attention = golden[f"{model}_{number}_attention"]
            assert trace.ids.tolist() == ids
            assert trace.attention.dtype == trace.hidden.dtype == dtype
            # The last state of a causal model is normed there, which `surprise` sees to here.
            last = len(hidden) - (model == "causal")
            np.testing.assert_allclose(trace.hidden[:last], hidden[:last], rtol=0, atol=tolerance)
            np.testing.assert_allclose(trace.attention, attention, rtol=0, atol=tolerance)


@DTYPES
@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_surprise_is_what_llama_gives_each_next_token(
    number: int, dtype: str, tolerance: float
) -> None:
    ids = TEXTS[number]
    found = Causal(CausalWeights(), dtype).surprise(ids)
    with np.load(GOLDEN) as golden:
        log_p: NDArray[np.float64] = golden[f"causal_{number}_log_p"]
    expected = [-log_p[i, ids[i + 1]] / np.log(2) for i in range(len(ids) - 1)]
    assert np.isnan(found.bits[0])
    np.testing.assert_allclose(found.bits[1:], expected, rtol=0, atol=2 * tolerance)
    likeliest = np.argsort(-log_p, axis=1, kind="stable")[:, :5]
    assert found.likeliest.tolist() == [[-1] * 5, *likeliest.tolist()]
    assert (found.probabilities[0] == 0).all()
    expected_p = np.exp(np.take_along_axis(log_p, likeliest, axis=1))
    np.testing.assert_allclose(found.probabilities[1:], expected_p, rtol=0, atol=tolerance)


def test_all_golden_numbers_stay_small() -> None:
    assert GOLDEN.stat().st_size + KERNEL.stat().st_size < 100_000
