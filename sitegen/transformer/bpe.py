"""Byte-pair encoding, for causal models of the family of GPT-2.

Comes in: the vocabulary and the merges that a GGUF file holds, and a text. Goes out: `Tokens`. A
text is split into words, each with the space before it, and single digits; a word is its bytes in
UTF-8, and the pair of neighbours that stands first in the list of merges becomes one, until no pair
is in the list (Sennrich et al. 2016; Radford et al. 2019, section 2.2). Ids and offsets are those
of the `tokenizers` library, told that what is typed is text: `<|im_start|>` in a text is a word
like others, never the token of the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from heapq import heapify, heappop, heappush
from typing import Any, Self

from sitegen.errors import ModelError
from sitegen.transformer.characters import WHITE_SPACE, Lookup, characters
from sitegen.transformer.mapped import AGAIN
from sitegen.transformer.tokens import Tokens

PREFIX = "tokenizer.ggml."
AS_EXPECTED = {"model": "gpt2", "pre": "smollm", "add_bos_token": False, "add_space_prefix": False}
"""What the metadata of a GGUF file must say; what they leave out is False."""
PARTS = "tokens", "merges"
WORDS = re.compile(
    r"\d|'(?:[sdmt]|ll|re|ve)| ?[A-Za-z]+| ?[^\sA-Za-z\d]+|\s+(?![^\s\d])|\s+", re.ASCII
)
"""Of a text in which each character is one of ASCII of its class."""


def _spelling() -> list[str]:
    """For each byte the letter that it has in a vocabulary: itself where that can be printed."""
    printed = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in printed else next(others)) for byte in range(0x100)]


SPELLING = _spelling()
BYTES = {letter: byte for byte, letter in enumerate(SPELLING)}


class BPE:
    """A vocabulary of pieces of words in bytes, and the merges that lead to them."""

    def __init__(self, vocabulary: Sequence[str], merges: Iterable[str]) -> None:
        """Tokens in the order of their ids, and merges (`Ġ t`) in the order in which they go."""
        self._pieces = vocabulary
        self._ids = {piece: i for i, piece in enumerate(vocabulary)}
        self._ranks = {merge: rank for rank, merge in enumerate(merges)}
        self._cut = lru_cache(1 << 14)(self._merge)

    @classmethod
    def from_gguf(cls, metadata: Mapping[str, Any]) -> Self:
        """The tokenizer that the metadata of a GGUF file describe. ModelError for other kinds."""
        for name, expected in AS_EXPECTED.items():
            found = metadata.get(PREFIX + name, False)
            if found != expected:
                raise ModelError(f"a tokenizer with {name} {found!r:.40}; known: {expected!r}")
        missing = [name for name in PARTS if PREFIX + name not in metadata]
        if missing:
            raise ModelError(f"the file has no {PREFIX}{missing[0]}", hint=AGAIN)
        return cls(*(metadata[PREFIX + name] for name in PARTS))

    def encode(self, text: str) -> Tokens:
        """The tokens of the text; nothing is added.

        `pieces` are as `text_of` has them, without the space before a word, which `offsets` have. A
        character that is cut into several tokens belongs to each. ModelError for a merge into what
        is not in the vocabulary.
        """
        ids, offsets = list[int](), list[tuple[int, int]]()
        for word in WORDS.finditer(text.translate(_classes())):
            start = word.start()
            for i, first, last in self._cut(text[start : word.end()]):
                ids.append(i)
                offsets.append((start + first, start + last + 1))
        shown = {i: self.text_of(i) for i in set(ids)}
        pieces = (shown[i].lstrip(" ") or shown[i] for i in ids)
        return Tokens(tuple(ids), tuple(pieces), tuple(offsets), (False,) * len(ids))

    def text_of(self, token: int) -> str:
        """What the token stands for, as a reader can see it: `⏎` for a line break, bytes as `⟨E2⟩`.

        Bytes are those that are no character without a token before or after them.
        """
        piece = self._pieces[token]
        if not BYTES.keys() >= set(piece):
            return piece
        text = bytes(BYTES[letter] for letter in piece).decode("utf-8", "surrogateescape")
        return _UNSEEN.sub(_seen, text.replace("\n", "⏎").replace("\t", "⇥"))

    def _merge(self, word: str) -> list[tuple[int, int, int]]:
        """The ids of a word's tokens, the first character of each and its last."""
        letters = self._spell(word)
        pieces = [*(letter for letter, _ in letters), ""]  # "" pairs with nothing
        firsts = [place for _, place in letters]
        lasts, n = firsts.copy(), len(letters)
        before, after = [*range(-1, n)], [*range(1, n + 1), n]  # of what is left, the neighbours

        def found(k: int) -> tuple[int, int] | None:
            """The rank of the pair that begins at k, and k."""
            rank = self._ranks.get(f"{pieces[k]} {pieces[after[k]]}")
            return None if rank is None else (rank, k)

        pairs = [pair for pair in map(found, range(n)) if pair]
        heapify(pairs)
        while pairs:
            pair = heappop(pairs)
            k = pair[1]
            if found(k) != pair:  # one of the two has become another since
                continue
            right = after[k]
            pieces[k] += pieces[right]
            lasts[k], after[k] = lasts[right], after[right]
            pieces[right], before[after[k]] = "", k
            for changed in filter(None, (found(before[k]), found(k))):
                heappush(pairs, changed)
        left = [k for k in range(n) if pieces[k]]
        unknown = next((pieces[k] for k in left if pieces[k] not in self._ids), None)
        if unknown is not None:
            raise ModelError(f"a merge makes {unknown!r:.80}, which is no token", hint=AGAIN)
        return [(self._ids[pieces[k]], firsts[k], lasts[k]) for k in left]

    def _spell(self, word: str) -> list[tuple[str, int]]:
        """A word's bytes as the vocabulary spells them, and the character of each.

        Bytes that the vocabulary does not have are left out, as the reference leaves them.
        """
        return [
            (letter, place)
            for place, char in enumerate(word)
            for letter in map(SPELLING.__getitem__, char.encode())
            if letter in self._ids
        ]


_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f]+|[\udc80-\udcff]+")


def _seen(found: re.Match[str]) -> str:
    """Control characters, or bytes as Python escapes them, in hexadecimal."""
    return "⟨" + " ".join(f"{ord(char) & 0xFF:02X}" for char in found[0]) + "⟩"


@cache
def _classes() -> Lookup:
    return Lookup(_class)


def _class(char: str) -> str:
    """A character of ASCII that stands for others of its class."""
    if char.isascii():
        return char
    if char in WHITE_SPACE:
        return "\t"
    return "a" if char in characters("letter") else "0" if char in characters("number") else "!"
