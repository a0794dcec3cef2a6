"""Which characters are letters, marks, punctuation: as the tokenizers of the models know them.

A tokenizer belongs to the vocabulary that it was trained with, and so do its tables of Unicode:
they must not change with the version of Python. Comes in: `characters.txt`, beside this file, with
ranges as the reference has them. Goes out: sets of characters, and the three mappings that Unicode
promises never to change for a character that it has, asked of Python for exactly those characters.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from functools import cache
from pathlib import Path

WHITE_SPACE = frozenset("\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000") | frozenset(
    map(chr, range(0x2000, 0x200B))
)
"""Unicode's White_Space, settled since version 6.3."""


class Characters:
    """A set of characters, from ranges such as `41-5A AA B5`."""

    def __init__(self, ranges: str) -> None:
        self._bounds: list[int] = []
        for each in ranges.split():
            first, _, last = each.partition("-")
            self._bounds += int(first, 16), int(last or first, 16) + 1

    def __contains__(self, char: str) -> bool:
        return bisect_right(self._bounds, ord(char)) % 2 == 1

    @property
    def pattern(self) -> str:
        """What stands for them between the brackets of a regular expression."""
        pairs = zip(self._bounds[::2], self._bounds[1::2], strict=True)
        return "".join(f"\\U{first:08x}-\\U{end - 1:08x}" for first, end in pairs)


class Lookup(dict[int, str]):
    """A table for `str.translate` that asks `found` once about each character that comes up."""

    def __init__(self, found: Callable[[str], str]) -> None:
        super().__init__()
        self._found = found

    def __missing__(self, code: int) -> str:
        self[code] = found = self._found(chr(code))
        return found


@cache
def characters(name: str) -> Characters:
    """The set that has this name in `characters.txt`."""
    return Characters(_table()[name])


def decomposed(char: str) -> str:
    """The character's canonical decomposition (NFD), by Unicode 9."""
    return unicodedata.normalize("NFD", char) if char in characters("decomposed") else char


def combining_class(char: str) -> int:
    """The place of the character among marks on one letter (0: it is no mark), by Unicode 9."""
    return unicodedata.combining(char) if char in characters("combining") else 0


def lowered(char: str) -> str:
    """The character in lower case, by Unicode 17, of which Python may know only some."""
    if char not in characters("capital"):
        return char
    return newer_capitals().get(char) or char.lower()


@cache
def newer_capitals() -> dict[str, str]:
    """Capitals of Unicode 15 to 17 with their small letters: Python 3.11 has Unicode 14."""
    pairs = (pair.split(">") for pair in _table()["newer"].split())
    return {chr(int(capital, 16)): chr(int(small, 16)) for capital, small in pairs}


@cache
def _table() -> dict[str, str]:
    text = Path(__file__).with_suffix(".txt").read_text(encoding="ascii")
    lines = (line.partition(": ") for line in text.splitlines() if not line.startswith("#"))
    return {name: rest for name, _, rest in lines}
