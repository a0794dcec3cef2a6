"""What a tokenizer gives: a text as the tokens that a model reads, whatever cut it."""

from __future__ import annotations

from typing import NamedTuple


class Tokens(NamedTuple):
    """What a model reads of a text: four tuples of one length.

    `pieces` are for readers. `offsets` are (start, end) in the text as it was given, in characters;
    (0, 0) for a token that is `special`: one that the model wants and the text does not have.
    """

    ids: tuple[int, ...]
    pieces: tuple[str, ...]
    offsets: tuple[tuple[int, int], ...]
    special: tuple[bool, ...]
