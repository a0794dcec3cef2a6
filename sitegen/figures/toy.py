"""The toy model: attention of vectors that the block itself gives, computed by the textbook.

Comes in: a spec. Goes out: the shares of the chosen head. Only this room of the figures needs
NumPy, so it is imported when a figure is drawn.
"""

from __future__ import annotations

from typing import assert_never

import numpy as np

from sitegen.attention.core import Array, attend, causal_mask, split_heads
from sitegen.attention.seeds import normals
from sitegen.figures.matrices import Given, Matrix, Projected, Seeded
from sitegen.figures.shares import Shares, share
from sitegen.figures.spec import Spec


def compute(spec: Spec) -> Shares:
    """The weights of head `spec.head`, from every token to every token."""
    q, k = queries_and_keys(spec)
    n = len(spec.tokens)
    mask = causal_mask(n, n) if spec.causal else None
    one, other = split_heads(q, spec.heads), split_heads(k, spec.heads)  # [n_head, n, d_key]
    weights = attend(one, other, other, mask, spec.scale).weights  # [n_head, n, n]
    rows: list[list[float]] = weights[spec.head - 1].tolist()
    return share(rows)


def queries_and_keys(spec: Spec) -> tuple[Array, Array]:
    """Q and K of all heads side by side, each `[n, d]`."""
    match spec.inputs:
        case Given(q=q, k=k):
            return _array(q), _array(k)
        case Projected(x=x, w_q=w_q, w_k=w_k):
            return _array(x) @ _array(w_q), _array(x) @ _array(w_k)
        case Seeded(seed=seed, d_model=d):
            # Projections are divided by √d_model, so that queries and keys are N(0, 1) too.
            vectors = normals(seed, "X", len(spec.tokens), d)
            one, other = (normals(seed, name, d, d) / np.sqrt(d) for name in ("W_Q", "W_K"))
            return vectors @ one, vectors @ other
        case _:
            assert_never(spec.inputs)


def _array(matrix: Matrix) -> Array:
    return np.array(matrix, dtype=np.float64)
