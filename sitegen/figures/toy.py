"""The toy model: attention of vectors that the block itself gives, computed by the textbook.

Comes in: a spec. Goes out: the weights of all layers and heads, and every step of the chosen
layer. It needs NumPy, as all do that draw: they are imported when a figure is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, assert_never

import numpy as np

from sitegen.attention.core import (
    Array,
    causal_mask,
    layer_norm,
    masked,
    merge_heads,
    scores,
    sinusoidal_positions,
    softmax,
    split_heads,
)
from sitegen.attention.seeds import normals
from sitegen.figures.learned import Learned
from sitegen.figures.matrices import Given, Matrix, Projected, Seeded
from sitegen.figures.spec import Spec
from sitegen.figures.weights import Axis, Weights, quantise


class Toy(NamedTuple):
    """Every step of one layer, for those views that show how a weight comes about."""

    x: Array | None
    """`[n, d_model]`, positions added; None where the block gives Q and K."""
    w: Mapping[str, Array]
    """The projections that there are: `W_Q`, `W_K`, `W_V`, `W_O`."""
    q: Array
    """`[n_head, n, d_key]`, as k."""
    k: Array
    v: Array | None
    """`[n_head, n, d_value]`; None where nothing is mixed, and then there is no output."""
    scores: Array
    """`[n_head, n, n]`, scaled, before the mask."""
    weights: Array
    """`[n_head, n, n]`."""
    heads_output: Array | None
    """`[n_head, n, d_value]`."""
    output: Array | None
    """`[n, d_out]`: the heads side by side, times W_O where there is one."""


class Computed(NamedTuple):
    """The weights of all layers (rows) and heads (columns), and the steps of the chosen layer."""

    weights: Weights
    toy: Toy


def compute(spec: Spec) -> Computed:
    """The attention from every token to every token, in all layers and heads."""
    layers = tuple(_layers(spec))
    units = quantise(np.stack([layer.weights for layer in layers]))  # [n_layer, n_head, n, n]
    axes = (_axis("Layer", spec.layers), _axis("Head", spec.heads))
    return Computed(Weights(units, *axes), layers[spec.layer - 1])


def _axis(name: str, count: int) -> Axis:
    return Axis(name=name, options=tuple(str(i) for i in range(1, count + 1)))


def _layers(spec: Spec) -> Iterator[Toy]:
    match spec.inputs:
        case Given(q=q, k=k, v=v, w_o=w_o):
            yield _steps(spec, (_array(q), _array(k), _array(v) if v else None), _arrays(W_O=w_o))
        case Projected(x=x, w_q=w_q, w_k=w_k, w_v=w_v, w_o=w_o):
            w = _arrays(W_Q=w_q, W_K=w_k, W_V=w_v, W_O=w_o)
            yield _project(spec, _placed(spec, _array(x)), w)
        case Seeded():
            yield from _stack(spec, spec.inputs)
        case Learned():
            raise TypeError("a real model's weights are not computed here")
        case _:
            assert_never(spec.inputs)


def _stack(spec: Spec, inputs: Seeded) -> Iterator[Toy]:
    """Layers, each on top of the one below: x ← layer_norm(x + MultiHead(x)).

    Projections are divided by √d_model, so that queries, keys and values are N(0, 1) as X is.
    """
    seed, d = inputs.seed, inputs.d_model
    x = _rounded(_placed(spec, normals(seed, "X", len(spec.tokens), d)))
    for layer in range(1, spec.layers + 1):
        mixed = layer < spec.layers or spec.view == "steps"
        names = ("W_Q", "W_K", "W_V", "W_O") if mixed else ("W_Q", "W_K")
        own = "" if layer == 1 else f".{layer}"
        w = {name: _rounded(normals(seed, name + own, d, d) / np.sqrt(d)) for name in names}
        q, k, *v = (_rounded(x @ w[name]) for name in names[:3])
        toy = _steps(spec, (q, k, v[0] if v else None), w, x)
        yield toy
        if toy.output is not None:
            x = _rounded(layer_norm(x + toy.output))


def _rounded(x: Array) -> Array:
    """Twenty binary places of `x[…]`, which are a millionth.

    The order in which a matrix product is summed differs between processors and counts of threads,
    and with it the last bits; a stack of layers can enlarge that without bound. With twenty places
    in each factor no sum below 8192 is rounded at all, so projections and scores come out alike
    everywhere. What is not exact (exp, a mixture of values) is off by some 1e-15 and falls to
    another side of a millionth once in a thousand million numbers.
    """
    return np.rint(x * 2.0**20) / 2.0**20


def _project(spec: Spec, x: Array, w: Mapping[str, Array]) -> Toy:
    """The steps of a layer from its input `x[n, d_model]` on."""
    v = x @ w["W_V"] if "W_V" in w else None  # [n, d]
    return _steps(spec, (x @ w["W_Q"], x @ w["W_K"], v), w, x)


def _steps(
    spec: Spec,
    qkv: tuple[Array, Array, Array | None],
    w: Mapping[str, Array],
    x: Array | None = None,
) -> Toy:
    """The steps of a layer from its queries, keys and values, each `[n, d]`, on."""
    n = len(spec.tokens)
    q, k = (split_heads(each, spec.heads) for each in qkv[:2])  # [n_head, n, d_key]
    before = scores(q, k, spec.scale)  # [n_head, n, n]
    weights = softmax(masked(before, causal_mask(n, n)) if spec.causal else before)
    if qkv[2] is None:
        return Toy(x, w, q, k, None, before, weights, None, None)
    v = split_heads(qkv[2], spec.heads)  # [n_head, n, d_value]
    mixed = weights @ v  # [n_head, n, d_value]
    output = merge_heads(mixed)  # [n, n_head · d_value]
    return Toy(x, w, q, k, v, before, weights, mixed, output @ w["W_O"] if "W_O" in w else output)


def _placed(spec: Spec, x: Array) -> Array:
    """The vectors, with their positions added where the block says so."""
    return x + sinusoidal_positions(*x.shape) if spec.positions else x


def _arrays(**matrices: Matrix) -> dict[str, Array]:
    return {name: _array(matrix) for name, matrix in matrices.items() if matrix}


def _array(matrix: Matrix) -> Array:
    return np.array(matrix, dtype=np.float64)
