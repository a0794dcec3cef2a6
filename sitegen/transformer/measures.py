"""What can be said of the weights of a model: other measures than the weight itself, and roles.

Comes in: the weights of a `Trace`. Goes out: new arrays. The entropy of a row is
`core.entropy(weights)`. `[…]` stands for `[n_layer, n_head]`, or for any other leading axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sitegen.attention.core import Array, rollout

MOSTLY = 0.5
"""A head does what it does with more than this of its weight, on average (Clark et al. 2019)."""


def norm_shares(weights: Array, value_norms: Array) -> Array:
    """αᵢⱼ ‖f(vⱼ)‖ / Σⱼ αᵢⱼ ‖f(vⱼ)‖: a token's share of the lengths of what a row takes in.

    Kobayashi et al. (2020), section 3, as parts of a whole. `weights[…, n, n]`,
    `value_norms[…, n]` (see `Trace`) → `[…, n, n]`, rows sum to 1.
    """
    lengths = weights * value_norms[..., np.newaxis, :]
    shares: Array = lengths / lengths.sum(axis=-1, keepdims=True)
    return shares


def rollouts(weights: Array) -> Array:
    """`core.rollout` up to each layer. `[n_layer, n_head, n, n]` → `[n_layer, n, n]`."""
    return np.array([rollout(weights[:depth]) for depth in range(1, len(weights) + 1)])


def share_of(weights: Array, chosen: Sequence[bool]) -> Array:
    """How much of each row lies on the chosen tokens, such as the special ones.

    `weights[…, n, n]`, `chosen[n]` → `[…, n]`.
    """
    share: Array = weights[..., np.asarray(chosen, dtype=np.bool_)].sum(axis=-1)
    return share


class Roles(NamedTuple):
    """The mean weight of each head, `[…]`, on the token before, after, itself, and on the sink."""

    previous: Array
    next: Array
    itself: Array
    sink: Array


def roles(weights: Array, special: Sequence[bool]) -> Roles:
    """What each head looks at wherever it stands (Clark et al. 2019, section 3).

    The sink are the special tokens, or the first token where there are none (Xiao et al. 2023,
    section 3.1). `weights[…, n, n]`, `special[n]` → four times `[…]`. The first token has none
    before it and the last one none after it, so these are not counted; one token has neither: 0.
    """
    sink = special if any(special) else [True] + [False] * (len(special) - 1)
    return Roles(
        previous=_mean_diagonal(weights, -1),
        next=_mean_diagonal(weights, 1),
        itself=_mean_diagonal(weights, 0),
        sink=share_of(weights, sink).mean(axis=-1),
    )


def _mean_diagonal(weights: Array, offset: int) -> Array:
    """The mean of Aᵢ,ᵢ₊offset over all i that have one: `[…, n, n]` → `[…]`."""
    diagonal = np.diagonal(weights, offset, axis1=-2, axis2=-1)
    mean: Array = diagonal.sum(axis=-1) / max(1, diagonal.shape[-1])
    return mean


def roles_of(head: Roles) -> tuple[str, ...]:
    """The names of what one head mostly does: none, one, or two where the same tokens are both."""
    return tuple(name for name, weight in head._asdict().items() if weight > MOSTLY)
