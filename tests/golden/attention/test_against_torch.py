"""The textbook against PyTorch, by what PyTorch once gave for the same numbers."""

from __future__ import annotations

import numpy as np
import pytest

from sitegen.attention.core import attend, causal_mask, multi_head
from tests.golden.attention.make_goldens import (
    GOLDEN,
    N_HEAD,
    N_TOKEN,
    masks,
    queries_keys_values,
    tokens_and_projections,
)

TOLERANCE = 1e-13


@pytest.mark.parametrize("name", ["plain", "causal", "masked"])
def test_attention_is_that_of_scaled_dot_product_attention(name: str) -> None:
    with np.load(GOLDEN) as golden:
        expected = golden[f"sdpa_{name}"]
    output = attend(*queries_keys_values(), masks()[name]).output
    np.testing.assert_allclose(output, expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("name", ["plain", "causal"])
def test_several_heads_are_those_of_multihead_attention(name: str) -> None:
    with np.load(GOLDEN) as golden:
        weights, output = golden[f"mha_{name}_weights"], golden[f"mha_{name}_output"]
    mask = causal_mask(N_TOKEN, N_TOKEN) if name == "causal" else None
    result = multi_head(*tokens_and_projections(), N_HEAD, mask)
    np.testing.assert_allclose(result.weights, weights, rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(result.output, output, rtol=0, atol=TOLERANCE)


def test_the_golden_numbers_stay_small() -> None:
    assert GOLDEN.stat().st_size < 100_000
