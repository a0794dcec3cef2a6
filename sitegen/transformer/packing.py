"""Texts of several lengths as one matrix of tokens, without padding.

Comes in: lists of token ids. Goes out: packs, each with the ids and positions of its texts one
below the other. What a model does to each token alone it does once for a whole pack; what tokens do
to each other, attention, it does text by text. So a build's figures cost little more than one text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sitegen.errors import FigureError, ModelError

Ids = NDArray[np.int64]
MOST = 1024
"""Tokens in a pack, unless one text alone has more: what there is of each stays small."""


class Pack(NamedTuple):
    """`ids[n_token]`, `positions[n_token]` in their text, and where each text is."""

    ids: Ids
    positions: Ids
    texts: tuple[slice, ...]


def packs(batch: Sequence[Sequence[int]], n_word: int, longest: int) -> Iterator[Pack]:
    """The texts in their order, cut between texts into packs.

    Raises FigureError for a text of no tokens or of more than the `longest`, ModelError for an id
    that is not among the `n_word` of the model: before anything is computed.
    """
    for number, ids in enumerate(batch, start=1):
        _check(ids, number, n_word, longest)
    start = 0
    while start < len(batch):
        end, size = start + 1, len(batch[start])
        while end < len(batch) and size + len(batch[end]) <= MOST:
            size += len(batch[end])
            end += 1
        yield pack(batch[start:end])
        start = end


def _check(ids: Sequence[int], number: int, n_word: int, longest: int) -> None:
    if not len(ids):
        raise FigureError(f"text {number} has no tokens", hint="give the model something to read")
    if len(ids) > longest:
        raise FigureError(
            f"text {number} has {len(ids)} tokens; the model reads at most {longest}",
            hint="shorten the text, or show a part of it",
        )
    if not 0 <= min(ids) <= max(ids) < n_word:
        wrong = next(each for each in ids if not 0 <= each < n_word)
        raise ModelError(
            f"text {number} has a token {wrong}; those of the model are 0 to {n_word - 1}",
            hint="the words and the weights must be of one model",
        )


def pack(texts: Sequence[Sequence[int]]) -> Pack:
    """One below the other. `texts`: at least one, none of them empty."""
    lengths = [len(ids) for ids in texts]
    ends = np.cumsum(lengths)
    return Pack(
        ids=np.concatenate([np.asarray(ids, dtype=np.int64) for ids in texts]),
        positions=np.concatenate([np.arange(length) for length in lengths]),
        texts=tuple(slice(int(e) - n, int(e)) for e, n in zip(ends, lengths, strict=True)),
    )
