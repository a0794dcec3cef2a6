"""How surprising each token of a text was to a model that reads from left to right, in bits.

Comes in: a text and the reading of its surprise. Goes out: lines of words and tokens with whole
thousandths of a bit. Bits add up (Shannon 1948), so a word carries the sum of its tokens, and a
line the sum of its words and of what ends it: line breaks are tokens, too.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import TypeVar
from unicodedata import east_asian_width

from sitegen.figures.layout import joined
from sitegen.figures.told import Verse, verses
from sitegen.model import BIT, Reading, Value
from sitegen.models.cells import cells_of

TOP_CLASS = 15
SEEN = str.maketrans({"\n": "↵", "⏎": "↵", "\t": "⇥"})


class Token(Value, frozen=True):
    """`text[start:end]`: one or, where a character was cut in pieces, several tokens of the model.

    `bits` are None where nothing came before. `likeliest` were expected there, with
    ten-thousandths of probability; one that begins a word begins with a blank.
    """

    start: int
    end: int
    bits: int | None
    likeliest: tuple[tuple[str, int], ...]


class Word(Value, frozen=True):
    """`text[start:end]`, without the blank before it, the sum of its tokens, and the first."""

    start: int
    end: int
    bits: int | None
    first: Token


Part = TypeVar("Part", Token, Word)


class Line(Value, frozen=True):
    """A line that is not blank; `tokens` has all from its first one to the next line's."""

    verse: Verse
    known: tuple[tuple[int, Word], ...]
    """Its words that have a number, with it."""
    tokens: tuple[Token, ...]

    @property
    def bits(self) -> int:
        """Of all its tokens that have a number."""
        return sum(token.bits or 0 for token in self.tokens)

    @property
    def mean(self) -> int | None:
        """Bits of a word."""
        return round(sum(bits for bits, _ in self.known) / len(self.known)) if self.known else None

    @property
    def top(self) -> tuple[int, Word] | None:
        """Its most surprising word, the first of equal ones."""
        return max(self.known, key=lambda each: each[0], default=None)


def read_lines(text: str, reading: Reading) -> tuple[Line, ...]:
    """The lines of the text that are not blank. Everything in it is part of one of them."""
    tokens = tuple(_merge(text, _tokens(reading)))
    words = tuple(_words(text, tokens))
    found = [verse for verse in verses(text) if verse.number]
    # What stands before the first line is its own.
    ends = [*(verse.start for verse in found[1:]), len(text) + 1]
    parts = zip(found, _split(words, ends), _split(tokens, ends), strict=True)
    return tuple(Line(verse=verse, known=_known(own), tokens=each) for verse, own, each in parts)


def _tokens(reading: Reading) -> Iterator[Token]:
    """Those of the model that stand in the text."""
    bits = cells_of(reading).tolist()
    for piece, own, likeliest in zip(reading.pieces, bits, reading.likeliest, strict=True):
        if not piece.special:
            known = own if own >= 0 else None
            yield Token(start=piece.start, end=piece.end, bits=known, likeliest=likeliest)


def _merge(text: str, tokens: Iterator[Token]) -> Iterator[Token]:
    """Tokens that are drawn as one character become one."""
    last: Token | None = None
    for token in tokens:
        if last and _is_inside(text, last, token):
            last = Token(
                start=last.start,
                end=token.end,
                bits=_sum((last, token)),
                likeliest=last.likeliest,
            )
            continue
        if last:
            yield last
        last = token
    if last:
        yield last


def _is_inside(text: str, before: Token, token: Token) -> bool:
    """Whether a token is a part of a character that the one before it began."""
    at = token.start
    return at < before.end or (0 < at < len(text) and joined(text[at - 1 : at + 1]))


def _words(text: str, tokens: Sequence[Token]) -> Iterator[Word]:
    """Runs of tokens with letters or digits; characters of a full width are words by themselves."""
    own = list[Token]()
    for token in tokens:
        content = text[token.start : token.end]
        first = token.end - len(content.lstrip())
        if own and (first == token.end or _begins(text, first) or not _is_word(content)):
            yield _word(text, own)
            own = []
        if _is_word(content):
            own.append(token)
    if own:
        yield _word(text, own)


def _begins(text: str, at: int) -> bool:
    """Whether a word begins there: after a blank, or beside a character of a full width."""
    before, char = text[at - 1], text[at]
    return before.isspace() or "W" in (east_asian_width(before), east_asian_width(char))


def _is_word(content: str) -> bool:
    return any(map(str.isalnum, content))


def _word(text: str, tokens: Sequence[Token]) -> Word:
    content = text[tokens[0].start : tokens[-1].end]
    start, end = tokens[-1].end - len(content.lstrip()), tokens[0].start + len(content.rstrip())
    return Word(start=start, end=end, bits=_sum(tokens), first=tokens[0])


def _split(parts: Sequence[Part], ends: Sequence[int]) -> Iterator[tuple[Part, ...]]:
    """The parts that begin before each end, and not before the last one."""
    starts, begin = [part.start for part in parts], 0
    for end in ends:
        last = bisect_left(starts, end)
        yield tuple(parts[begin:last])
        begin = last


def _known(words: Sequence[Word]) -> tuple[tuple[int, Word], ...]:
    return tuple((word.bits, word) for word in words if word.bits is not None)


def _sum(tokens: Sequence[Token]) -> int | None:
    known = [token.bits for token in tokens if token.bits is not None]
    return sum(known) if len(known) == len(tokens) else None


def is_break(text: str, token: Token, verse: Verse) -> bool:
    """Whether a token is the end of that line, and nothing else that is seen."""
    inside = verse.start <= token.start <= verse.end < token.end
    return inside and not text[token.start : verse.end].strip()


# --- numbers as text -----------------------------------------------------------------------------


def class_of(bits: int) -> int:
    """The shade of a token: its whole bits, 15 from there on."""
    return min(bits // BIT, TOP_CLASS)


def tenths(bits: int) -> str:
    """`11.2`."""
    rounded = (bits + BIT // 20) // (BIT // 10)
    return f"{rounded // 10}.{rounded % 10}"


def expected(text: str, word: Word) -> Iterator[tuple[str, str, bool]]:
    """What was expected before a word: as it is shown, its percent, and whether it came.

    A hyphen begins what would have gone on with the word before.
    """
    first = word.first
    came = text[first.start : first.end]
    inner = first.start > 0 and text[first.start - 1].isalnum()
    for content, share in first.likeliest:
        hyphen = "‑" if inner and content[:1].isalnum() else ""
        shown = content.strip(" ").translate(SEEN) or "␣" * len(content)
        yield hyphen + shown, percent(share), content == came


def percent(share: int) -> str:
    """Whole percents of ten-thousandths."""
    return f"{(share + 50) // 100 or '<1'}\u00a0%"
