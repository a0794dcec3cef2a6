"""Words cut into the pieces of a vocabulary, for encoders of the family of BERT (uncased).

Comes in: the lines of `vocab.txt`, and a text. Goes out: `Tokens`, which know where in the text
they stand. A text loses its accents, case and control characters and is split at spaces and
punctuation; each word is cut from its start, the longest piece first (Devlin et al. 2019; Wu et
al. 2016, section 4.1). Ids and offsets are those of the `tokenizers` library, told that what is
typed is text: `[CLS]` in a text is five characters, never the token of the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple, Self

from sitegen.errors import ModelError
from sitegen.transformer.characters import (
    WHITE_SPACE,
    Characters,
    Lookup,
    characters,
    combining_class,
    decomposed,
    lowered,
)
from sitegen.transformer.mapped import AGAIN
from sitegen.transformer.tokens import Tokens

FIRST, LAST, UNKNOWN, CONTINUED = "[CLS]", "[SEP]", "[UNK]", "##"
LONGEST_WORD = 100
"""Characters of a word, without accents; a longer one is unknown."""
CJK = Characters("3400-4DBF 4E00-9FFF F900-FAFF 20000-2A6DF 2A700-2B81F 2B920-2CEAF 2F800-2FA1F")
"""Each of these is a word."""


class Folded(NamedTuple):
    """A text as the vocabulary spells it, and where each character was in the text as given."""

    text: str
    places: list[int]


class WordPiece:
    """A vocabulary of pieces of words."""

    def __init__(self, ids: dict[str, int]) -> None:
        """Raise ModelError where a piece is missing that no text can do without."""
        missing = ", ".join(piece for piece in (FIRST, LAST, UNKNOWN) if piece not in ids)
        if missing:
            raise ModelError(f"the vocabulary has no {missing}", hint=AGAIN)
        self._ids = ids
        self._longest = max(map(len, ids))

    @classmethod
    def from_lines(cls, lines: Iterable[str]) -> Self:
        """The vocabulary of a `vocab.txt`: a piece a line, whose id counts the lines above it."""
        return cls({line.rstrip(): above for above, line in enumerate(lines)})

    def encode(self, text: str) -> Tokens:
        """The tokens of the text between [CLS] and [SEP], shown as the vocabulary spells them."""
        folded, places = fold(text)
        pieces, offsets = [FIRST], [(0, 0)]
        for word in _words().finditer(folded):
            for piece, start, end in self._cut(word[0]):
                pieces.append(piece)
                first, last = places[word.start() + start], places[word.start() + end - 1]
                offsets.append((first, last + 1))
        pieces.append(LAST)
        offsets.append((0, 0))
        special = (True, *[False] * (len(pieces) - 2), True)
        return Tokens(tuple(self._ids[p] for p in pieces), tuple(pieces), tuple(offsets), special)

    def _cut(self, word: str) -> list[tuple[str, int, int]]:
        """The pieces of a word and where in it they are; one unknown piece if it cannot be cut."""
        unknown = [(UNKNOWN, 0, len(word))]
        if len(word) > LONGEST_WORD:
            return unknown
        found, start = list[tuple[str, int, int]](), 0
        while start < len(word):
            before = CONTINUED if start else ""
            ends = range(min(len(word), start + self._longest), start, -1)
            end = next((end for end in ends if before + word[start:end] in self._ids), None)
            if end is None:
                return unknown
            found.append((before + word[start:end], start, end))
            start = end
        return found


def fold(text: str) -> Folded:
    """The text without accents, case and control characters; all spaces alike, and around CJK."""
    parts = [_parts()[ord(char)] for char in text]
    places = [place for place, part in enumerate(parts) for _ in part]
    whole = _in_order("".join(parts), places)
    bare = _bare()
    kept = [place for char, place in zip(whole, places, strict=True) if bare[ord(char)]]
    return Folded(whole.translate(bare), kept)


def _in_order(text: str, places: list[int]) -> str:
    """The text with its marks in canonical order; `places` are changed to fit.

    As the reference has it, places stay in line where marks change theirs; a mark that was a part
    of a character goes with whatever is before it.
    """
    chars = list(text)
    for run in _marks().finditer(text):
        span = range(run.start(), run.end())
        whole = {k for k in span if k == 0 or places[k] != places[k - 1]}
        origins = iter([places[k] for k in span if k in whole])
        for k, moved in zip(
            span, sorted(span, key=lambda k: combining_class(text[k])), strict=True
        ):
            chars[k] = text[moved]
            places[k] = next(origins) if moved in whole else places[k - 1]
    return "".join(chars)


@cache
def _parts() -> Lookup:
    return Lookup(_part)


def _part(char: str) -> str:
    """A character as others follow it: decomposed, or a space, or nothing."""
    if char in characters("dropped"):
        return ""
    if char in WHITE_SPACE:
        return " "
    return f" {decomposed(char)} " if char in CJK else decomposed(char)


@cache
def _bare() -> Lookup:
    """Characters in lower case, and of accents nothing."""
    return Lookup(lambda char: "" if char in characters("accent") else lowered(char))


@cache
def _words() -> re.Pattern[str]:
    """A mark of punctuation, or what stands between such and spaces."""
    punctuation = characters("punctuation").pattern
    return re.compile(f"[{punctuation}]|[^ {punctuation}]+")


@cache
def _marks() -> re.Pattern[str]:
    return re.compile(f"[{characters('combining').pattern}]{{2,}}")
