"""The equations of scaled dot-product attention, in lecture order.

Comes in: float64 arrays. Goes out: new float64 arrays. Axis names: `n_query n_key d_key d_value
n_head d_model`; `…` stands for any leading axes. Equations from Vaswani et al. (2017), "Attention
Is All You Need", sections 3.1, 3.2 and 3.5, unless said otherwise.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Attention(NamedTuple):
    """What attention gives: `weights[…, n_query, n_key]` and `output[…, n_query, d_value]`."""

    weights: Array
    output: Array


def softmax(x: Array) -> Array:
    """σ(x)ᵢ = exp(xᵢ) / Σⱼ exp(xⱼ), over the last axis.

    `x[…, n]`, finite or -∞ → `[…, n]`, rows sum to 1. The largest xᵢ is subtracted first, which
    changes nothing but keeps exp from overflowing. Raises ValueError where a row holds NaN or ∞, or
    nothing but -∞.
    """
    largest = x.max(axis=-1, keepdims=True)
    if not np.isfinite(largest).all():
        raise ValueError("softmax needs finite numbers, or -∞ beside at least one of them")
    powers = np.exp(x - largest)
    weights: Array = powers / powers.sum(axis=-1, keepdims=True)
    return weights


def scores(q: Array, k: Array, scale: float | None = None) -> Array:
    """S = scale · Q Kᵀ, where scale is 1/√d_key unless given (equation 1).

    `q[…, n_query, d_key]`, `k[…, n_key, d_key]` → `[…, n_query, n_key]`.
    """
    factor = 1.0 / np.sqrt(q.shape[-1]) if scale is None else scale
    product: Array = q @ np.swapaxes(k, -1, -2)  # […, n_query, n_key]
    return product * factor


def causal_mask(n_query: int, n_key: int) -> Mask:
    """M[i, j] = j ≤ i + n_key - n_query: a token attends to itself and to what came before.

    → `[n_query, n_key]`, True where attention is allowed. Fewer queries than keys are the last
    ones, as when one token is generated after others (section 3.2.3).
    """
    return np.tri(n_query, n_key, n_key - n_query, dtype=np.bool_)


def masked(s: Array, mask: Mask) -> Array:
    """S[i, j] where M[i, j], else -∞, whose exponential is 0 (section 3.2.3).

    `s[…, n_query, n_key]`, `mask[n_query, n_key]` (True: allowed) → `[…, n_query, n_key]`. Raises
    ValueError where a query may attend to nothing.
    """
    if not mask.any(axis=-1).all():
        raise ValueError("a query may attend to nothing")
    return np.where(mask, s, -np.inf)


def attend(
    q: Array, k: Array, v: Array, mask: Mask | None = None, scale: float | None = None
) -> Attention:
    """A = softmax(scale · Q Kᵀ), output = A V (equation 1).

    `q[…, n_query, d_key]`, `k[…, n_key, d_key]`, `v[…, n_key, d_value]` and
    `mask[n_query, n_key]` (True: allowed) → weights `[…, n_query, n_key]`, output
    `[…, n_query, d_value]`. Raises ValueError where a query may attend to nothing, and where a
    score is not finite.
    """
    s = scores(q, k, scale)
    weights = softmax(s if mask is None else masked(s, mask))
    return Attention(weights, weights @ v)


def split_heads(x: Array, n_head: int) -> Array:
    """Cut the last axis into n_head equal slices, one a head (section 3.2.2).

    `x[n, d_model]` → `[n_head, n, d_model / n_head]`.
    """
    n, d_model = x.shape
    return x.reshape(n, n_head, d_model // n_head).transpose(1, 0, 2)


def merge_heads(x: Array) -> Array:
    """Concat(head₁, …, headₕ): the inverse of `split_heads` (section 3.2.2).

    `x[n_head, n, d_value]` → `[n, n_head · d_value]`.
    """
    n_head, n, d_value = x.shape
    return x.transpose(1, 0, 2).reshape(n, n_head * d_value)


class Projections(NamedTuple):
    """W_Q, W_K, W_V, W_O, each `[d_model, d_model]`: the slices of all heads side by side."""

    q: Array
    k: Array
    v: Array
    o: Array


def multi_head(x: Array, w: Projections, n_head: int, mask: Mask | None = None) -> Attention:
    """MultiHead(X) = Concat(head₁, …, headₕ) W_O, headᵢ = attend(X W_Qⁱ, X W_Kⁱ, X W_Vⁱ).

    `x[n, d_model]` → weights `[n_head, n, n]`, output `[n, d_model]` (section 3.2.2).
    """
    q, k, v = (split_heads(x @ each, n_head) for each in (w.q, w.k, w.v))  # [n_head, n, d_key]
    heads = attend(q, k, v, mask)
    return Attention(heads.weights, merge_heads(heads.output) @ w.o)


def layer_norm(x: Array, epsilon: float = 1e-5) -> Array:
    """(x - μ) / √(σ² + ε), over the last axis (Ba et al. 2016, section 3; no gain, no bias).

    `x[…, d_model]` → `[…, d_model]`: mean 0 and variance 1, but zeros where all numbers are equal.
    Only for those there is an ε, which is every implementation's and not the paper's.
    A layer of the Transformer gives layer_norm(x + MultiHead(x)) (section 3.1).
    """
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = (centred * centred).mean(axis=-1, keepdims=True)
    normed: Array = centred / np.sqrt(variance + epsilon)
    return normed


def sinusoidal_positions(n: int, d_model: int) -> Array:
    """PE[p, 2i] = sin(p / 10000^(2i/d_model)), PE[p, 2i+1] = cos of the same (section 3.5).

    → `[n, d_model]`.
    """
    column = np.arange(d_model)
    angles = np.arange(n)[:, None] / 10000.0 ** ((column - column % 2) / d_model)  # [n, d_model]
    return np.where(column % 2 == 0, np.sin(angles), np.cos(angles))


def entropy(weights: Array) -> Array:
    """H(a) = -Σⱼ aⱼ log₂ aⱼ in bits, with 0 log 0 = 0: how widely a query spreads (Shannon 1948).

    `weights[…, n_key]`, rows summing to 1 → `[…]`, from 0 to log₂ n_key.
    """
    safe = np.where(weights > 0, weights, 1.0)  # log₂ 1 = 0, so what is not there adds nothing
    bits: Array = (weights * np.log2(safe)).sum(axis=-1)
    return 0.0 - bits


def rollout(weights: Array) -> Array:
    """Ã = A_L … A₂ A₁, where A_l = ½ (mean of the heads of layer l) + ½ I, rows renormalised.

    How much of each output goes back to each input if every layer did nothing but mix, and half of
    what it passes on were its input, handed around it (Abnar & Zuidema 2020, section 3). An
    approximation: values, projections and all that stands between two layers are left out.
    `weights[n_layer, n_head, n, n]` → `[n, n]`, rows sum to 1.
    """
    n = weights.shape[-1]
    rolled = np.eye(n)
    for layer in weights.mean(axis=1) + np.eye(n):  # [n, n]
        rolled = (layer / layer.sum(axis=-1, keepdims=True)) @ rolled
    return rolled


def norm_based(weights: Array, values: Array, w_o: Array) -> Array:
    """‖αᵢⱼ f(vⱼ)‖, f(vⱼ) = vⱼ W_Oʰ: how long a vector token i takes from token j in head h.

    A large weight on a short vector moves little, which a weight alone does not show (Kobayashi
    et al. 2020, section 3). `weights[n_head, n_query, n_key]`, `values[n_head, n_key, d_value]`,
    `w_o[n_head · d_value, d_model]` → `[n_head, n_query, n_key]`, rows with any sum.
    """
    n_head, _, d_value = values.shape
    f = values @ w_o.reshape(n_head, d_value, -1)  # [n_head, n_key, d_model]
    lengths: Array = np.sqrt((f * f).sum(axis=-1))  # [n_head, n_key]
    return weights * lengths[:, np.newaxis, :]  # [n_head, n_query, n_key]
