"""The equations that a real model has and the textbook has not: one function each.

Comes in: arrays of float64, or of float32 where a model was asked for in that. Goes out: arrays of
the same type. Axis names are those of `sitegen.attention.core`; `n_token` are the tokens of all
texts of a pack, one below the other. What is changed in place says so: a weight matrix of a long
text is larger than all else together.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from sitegen.attention.core import Array, Mask, causal_mask

Turns = NDArray[np.complex128]

# Hart et al. (1968), "Computer Approximations", ERFC 5666, as given by West (2005), "Better
# Approximations to Cumulative Normal Functions": P and Q, the highest power first.
P = (
    *(3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383),
    *(112.079291497871, 221.213596169931, 220.206867912376),
)
Q = (
    *(8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461),
    *(296.564248779674, 637.333633378831, 793.826512519948, 440.413735824752),
)
CACHED = 2**16
"""So many numbers, with all that is made of them on the way, stay in a core's own cache."""
QUERIES = 128
"""So many rows of a causal model's weights are made at a time: what they cannot see is left out."""


def linear(x: Array, w: Array, b: Array | None = None) -> Array:
    """X W + b. `x[n, d_in]`, `w[d_in, d_out]`, `b[d_out]` → `[n, d_out]`."""
    y: Array = x @ w
    if b is not None:
        y += b
    return y


def gelu(x: Array) -> Array:
    """GELU(x) = x Φ(x), where Φ is the normal distribution (Hendrycks & Gimpel 2016, section 2).

    Computed as max(x, 0) - |x| Φ(-|x|); the error is at most 1e-15 · max(1, |x|) in float64. (The
    usual approximation by tanh is wrong by 4.7e-4.) **Changes `x[n, d]` in place** and returns it.
    """
    for block in _blocks(x):
        size = np.abs(block)
        lost = size * normal_tail(size)
        np.subtract(np.maximum(block, 0, out=block), lost, out=block)
    return x


def normal_tail(a: Array) -> Array:
    """Φ(-a) = exp(-a²/2) P(a) / Q(a) for a ≥ 0 (Hart et al. 1968), wrong by at most 3e-16."""
    tail = a * a
    tail *= -0.5
    np.exp(tail, out=tail)
    tail *= _polynomial(P, a)
    tail /= _polynomial(Q, a)
    return tail


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    """Horner's scheme, the highest power first."""
    y = x * coefficients[0]
    for coefficient in coefficients[1:-1]:
        y += coefficient
        y *= x
    y += coefficients[-1]
    return y


def silu(x: Array) -> Array:
    """SiLU(x) = x / (1 + exp(-x)) (Elfwing et al. 2017, equation 5). **Changes `x[n, d]`**."""
    for block in _blocks(x):
        below = np.abs(block)
        np.exp(np.negative(below, out=below), out=below)  # never overflows
        # x σ(x), where σ(x) = 1 / (1 + e^-|x|) for x ≥ 0 and e^-|x| / (1 + e^-|x|) below.
        upper = np.where(block >= 0, 1.0, below)
        below += 1.0
        upper /= below
        np.multiply(block, upper, out=block)
    return x


def _blocks(x: Array) -> Iterator[Array]:
    """Views of a few rows of `x[n, d]` at a time."""
    step = max(1, CACHED // x.shape[1])
    for start in range(0, len(x), step):
        yield x[start : start + step]


def rms_norm(x: Array, gain: Array, epsilon: float) -> Array:
    """RMSNorm(x) = x / √(mean x² + ε) · g, over the last axis (Zhang & Sennrich 2019, eq. 4).

    `x[n, d_model]`, `gain[d_model]` → `[n, d_model]`.
    """
    mean: Array = (x * x).mean(axis=-1, keepdims=True)
    return x / np.sqrt(mean + epsilon) * gain


def turns(positions: NDArray[np.int64], d_key: int, base: float) -> Turns:
    """exp(i p θ_j), θ_j = base^(-2j / d_key) (Su et al. 2021, RoFormer, equation 15).

    `positions[n]` → `[n, d_key / 2]`: by how much a token turns each pair of its numbers.
    """
    frequencies = base ** (-np.arange(0, d_key, 2) / d_key)
    turned: Turns = np.exp(1j * positions[:, np.newaxis] * frequencies)
    return turned


def rotate(x: Array, by: Turns) -> Array:
    """R x: each pair (x_2j, x_2j+1), as a complex number, times exp(i p θ_j) (RoFormer, eq. 34).

    The product of a query and a key so turned depends on how far apart they are and on nothing else
    of their places. `x[n_head, n, d_key]`, `by[n, d_key / 2]` → `[n_head, n, d_key]`.
    """
    pairs = np.ascontiguousarray(x).view(np.result_type(x.dtype, np.complex64))
    return (pairs * by).view(x.dtype)


def attend_into(weights: Array, q: Array, k: Array, v: Array, *, causal: bool = False) -> Array:
    """`core.attend` that writes its weights where they are to stay.

    `weights[n_head, n, n]` is **overwritten** with softmax(Q Kᵀ / √d_key), where a causal model's
    upper triangle is exactly 0. `q`, `k`, `v`: `[n_head, n, d_key]` → `[n_head, n, d_key]`.
    """
    n, d_key = q.shape[1:]
    q = q * (1 / sqrt(d_key))
    output = np.empty_like(q)
    for start in range(0, n, QUERIES if causal else n):
        rows = slice(start, min(start + QUERIES, n) if causal else n)
        seen = slice(rows.stop)
        own = weights[:, rows, seen]
        np.matmul(q[:, rows], np.swapaxes(k[:, seen], -1, -2), out=own)
        _softmax_in_place(own, causal_mask(*own.shape[1:]) if causal else None)
        np.matmul(own, v[:, seen], out=output[:, rows])
        weights[:, rows, rows.stop :] = 0
    return output


def _softmax_in_place(scores: Array, mask: Mask | None) -> None:
    """`core.softmax(core.masked(…))`; of a long text head by head, each of which fits a cache."""
    for part in [scores] if scores.size <= CACHED else scores:  # […, n_query, n_key]
        if mask is not None:
            np.copyto(part, -np.inf, where=~mask)
        np.subtract(part, part.max(axis=-1, keepdims=True), out=part)
        np.exp(part, out=part)
        np.divide(part, part.sum(axis=-1, keepdims=True), out=part)
