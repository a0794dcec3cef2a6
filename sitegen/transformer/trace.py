"""What happened inside of a model while it read a text.

Comes in: a text's place in a pack. Goes out: a `Trace`, whose arrays the model fills layer by layer
and nobody changes afterwards.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sitegen.attention.core import Array
from sitegen.transformer.packing import Ids, Pack


class Trace(NamedTuple):
    """A text's `ids[n]` and what each layer made of it.

    `attention[n_layer, n_head, n, n]`: weights, from (row) and to (column); rows sum to 1.
    `hidden[n_layer + 1, n, d_model]`: what went into the first layer and what came out of each (a
    causal model's last one is not yet normed).
    `value_norms[n_layer, n_head, n]`: ‖f(vⱼ)‖ (Kobayashi et al. 2020, section 3), how long the
    vector is that token j offers in a head: its value, with the value's bias where the model has
    one, times the slice of W_O that belongs to the head. The bias of W_O is no token's, so it is
    not in it.
    """

    ids: Ids
    attention: Array
    hidden: Array
    value_norms: Array


def blank_traces(pack: Pack, n_layer: int, n_head: int, x: Array) -> list[Trace]:
    """One for each text of a pack, with what goes into the first layer, `x[n_token, d_model]`."""
    made = []
    for text in pack.texts:
        n, d_model = x[text].shape
        shapes = (n_layer, n_head, n, n), (n_layer + 1, n, d_model), (n_layer, n_head, n)
        made.append(Trace(pack.ids[text], *(np.empty(shape, x.dtype) for shape in shapes)))
        made[-1].hidden[0] = x[text]
    return made


def keep(traces: list[Trace], pack: Pack, depth: int, x: Array, norms: Array) -> None:
    """Write down what layer `depth` made: `x[n_token, d_model]`, `norms[n_head, n_token]`."""
    for trace, text in zip(traces, pack.texts, strict=True):
        trace.hidden[depth + 1] = x[text]
        trace.value_norms[depth] = norms[:, text]


def value_norms(v: Array, w_o: Array) -> Array:
    """‖f(vⱼ)‖, f(vⱼ) = vⱼ W_Oʰ, as √(vⱼ (W_Oʰ W_Oʰᵀ) vⱼᵀ): nothing as wide as the model is made.

    `core.norm_based` with a weight of 1 on each token. `v[n_head, n, d_value]`,
    `w_o[n_head · d_value, d_model]` → `[n_head, n]`.
    """
    slices = w_o.reshape(len(v), v.shape[2], -1)  # [n_head, d_value, d_model]
    squares: Array = ((v @ (slices @ slices.swapaxes(1, 2))) * v).sum(axis=-1)
    return np.sqrt(np.maximum(squares, 0))
