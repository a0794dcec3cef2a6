"""How surprising each token of a text was, and which would have been likelier.

Comes in: what a causal model made of each token, and the vectors of its vocabulary, block by block.
Goes out: bits, the likeliest words and their probabilities. The logits of a long text are never all
there at once: 850 tokens times 49,152 words would be 334 MB.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from sitegen.attention.core import Array
from sitegen.transformer.packing import Ids

LIKELIEST = 5


class Surprise(NamedTuple):
    """Row i is the moment before token i of a text of n tokens; row n is what would come next.

    `bits[n]`: -log₂ of the probability that the model gave the token; NaN for the first, before
    which it has read nothing. `likeliest[n + 1, 5]`: ids, the likeliest first, and their
    `probabilities[n + 1, 5]`; -1 and 0 before the first token.
    """

    bits: Array
    likeliest: Ids
    probabilities: Array


class _Best(NamedTuple):
    """The largest logits of each row so far, `[n, 5]`, the first is the largest, and their ids."""

    logits: Array
    ids: Ids


def surprise_of(x: Array, vocabulary: Iterable[Array], ids: Ids) -> Surprise:
    """P(next = w | text up to i) = softmax(x Eᵀ)_w, for each i.

    `x[n, d_model]`, blocks `[n_block, d_model]` of E in the order of the ids, `ids[n]`.
    """
    n = len(x)
    best = _Best(np.full((n, LIKELIEST), -np.inf, x.dtype), np.full((n, LIKELIEST), -1))
    total, own = np.zeros(n), np.empty(n - 1)  # of exp(logit - largest so far); the next token's
    start = 0
    for words in vocabulary:
        logits = x @ words.T  # [n, n_block]
        before, best = best.logits[:, 0], _merge(best, logits, start)
        here = np.flatnonzero((ids[1:] >= start) & (ids[1:] < start + len(words)))
        own[here] = logits[here, ids[here + 1] - start]
        largest = best.logits[:, 0]
        logits -= largest[:, np.newaxis]
        total = total * np.exp(before - largest) + np.exp(logits, out=logits).sum(axis=1)
        start += len(words)
    log_total = np.log(total) + best.logits[:, 0]
    likely = np.exp(best.logits - log_total[:, np.newaxis])
    return Surprise(
        bits=np.concatenate([[np.nan], (log_total[:-1] - own) / np.log(2)]),
        likeliest=np.concatenate([np.full((1, LIKELIEST), -1), best.ids]),
        probabilities=np.concatenate([np.zeros((1, LIKELIEST)), likely]),
    )


def _merge(best: _Best, logits: Array, start: int) -> _Best:
    """The largest of those so far and those of a block, whose first id is `start`."""
    found, named = [best.logits], [best.ids]
    rows = np.arange(len(logits))[:, np.newaxis]
    for _ in range(min(LIKELIEST, logits.shape[1])):  # ten times as fast as np.argpartition
        ids = logits.argmax(axis=1, keepdims=True)
        found.append(logits[rows, ids])
        named.append(ids + start)
        logits[rows, ids] = -np.inf
    for values, ids in zip(found[1:], named[1:], strict=True):
        logits[rows, ids - start] = values
    largest, ids = np.concatenate(found, axis=1), np.concatenate(named, axis=1)
    order = np.lexsort((ids, -largest))[:, :LIKELIEST]  # of equal ones the smaller id
    return _Best(*(np.take_along_axis(each, order, axis=1) for each in (largest, ids)))
