"""Readings of poems by no model: tokens cut as byte-level BPE cuts them, numbers made of a hash."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256

import numpy as np

from sitegen.model import Piece, Reading

TOKENS = re.compile(r"\s+(?!\S)| ?\w+| ?[^\s\w]+|\s+")
USUAL = (" the", ",", " and", " of", " a", " in", " to", "⏎", " is", ".", " my", " it", " that")
POEM = """\
The hen has been gone from the nest
    since four, and the lamp is warm.

I hold the egg up to the hole
in the tin — a red web, an eye,
    the dark thing turning to look.

    Nothing in it knows the word
light, and nothing in me
has another for what it sees."""


def hashed(*of: object) -> float:
    """A number from 0 to 1."""
    return int.from_bytes(sha256(repr(of).encode()).digest()[:6], "big") / 2**48


def cut(text: str) -> Iterator[Piece]:
    """Words with the blank before them, long ones in two; a character of four bytes is three."""
    for found in TOKENS.finditer(text):
        start, end = found.span()
        if any(len(char.encode()) > 3 for char in found[0]):
            for at in range(start, end):
                yield from [Piece(text="⟨F0⟩", start=at, end=at + 1)] * 3
        elif end - start > 8:
            middle = start + 3 + int(4 * hashed(found[0]))
            yield Piece(text=text[start:middle], start=start, end=middle)
            yield Piece(text=text[middle:end], start=middle, end=end)
        else:
            yield Piece(text=found[0].lstrip(" ") or found[0], start=start, end=end)


def characters(text: str) -> Iterator[Piece]:
    """Every character for itself: the worst that can be done to those that belong together."""
    return (Piece(text=char, start=i, end=i + 1) for i, char in enumerate(text))


def surprise(text: str, pieces: Sequence[Piece] = ()) -> Reading:
    """How surprising each token is: from 0 to 20 bits, mostly few."""
    pieces = tuple(pieces or cut(text))
    known = [*USUAL, *dict.fromkeys(text[piece.start : piece.end] for piece in pieces)]
    bits, likeliest = [-1], [()]
    for i, piece in enumerate(pieces[1:], 1):
        bits.append(round(hashed("bits", i) ** 2 * 20_000))
        own = text[piece.start : piece.end]
        likeliest.append(tuple(_guess(i, own, 2 ** (-bits[-1] / 1000), known)))  # type: ignore[arg-type]
    cells = np.array(bits, "<i4").tobytes()
    return Reading(pieces=pieces, shape=(len(bits),), cells=cells, likeliest=tuple(likeliest))


def _guess(i: int, own: str, chance: float, known: list[str]) -> Iterator[tuple[str, int]]:
    """Five tokens, the likeliest first; the one that came is among them if it is likely."""
    left, shares = 1 - chance, {own: chance}
    for rank in range(20):
        place = int(len(known) ** hashed("guess", i, rank)) - 1
        share = left * (0.2 + 0.4 * hashed(i, rank))
        if known[place] not in shares and len(shares) < 6:
            shares[known[place]] = share
            left -= share
    ordered = sorted(shares.items(), key=lambda each: (-each[1], each[0]))
    yield from ((token, int(share * 10_000)) for token, share in ordered[:5])


def likeness(n: int) -> Reading:
    """How alike each two lines are: from -0.1 to 0.9, and 1 with itself."""
    cells = [
        [10_000 if i == j else int(10_000 * hashed(*sorted((i, j)))) - 1_000 for j in range(n)]
        for i in range(n)
    ]
    return Reading(pieces=(), shape=(n, n), cells=np.array(cells, "<i4").tobytes())
