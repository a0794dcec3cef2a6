"""Raw HTML in a line of verse: which tags belong together, and which may be cut at a line's end.

Comes in: inline tokens. Goes out: the indices of the tags that open and close a *piece* (an
element that stays whole), that are *carried* from line to line as emphasis is, that are *dropped*
(comments, ends without a beginning) or *unclosed*.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from markdown_it.token import Token

TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)")
BROKEN = re.compile(r"\s*\n\s*")
BREAK = re.compile(r"<br(?:\s[^>]*)?/?>", re.IGNORECASE)
ID = re.compile(r"""\s+id\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)
NOTE = re.compile(r"""\sclass\s*=\s*["']?[^"'>]*note""", re.IGNORECASE)

FORMATTING, VOID, SHOWN = (
    frozenset(names.split())
    for names in (
        "a b big cite del em font i ins mark q s small strike strong sub sup tt u",
        "area base br col embed hr img input link meta source track wbr",
        "audio canvas embed hr iframe img math meter object progress svg video",
    )
)
"""Elements that only change how words look: cut at a line's end and opened again; those without an
end; those that are seen although they hold no text."""


class RawTags:
    """How the raw tags among some tokens pair; each attribute holds indices of tokens."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.pieces: dict[int, int] = {}
        """From the tag that opens an element that stays whole to the one that closes it."""
        self.carried: dict[int, int] = {}
        """The same for elements that are cut; -1 if it is never closed."""
        self.closes: dict[int, int] = {}
        """From the closing tag of a carried element to its opening one."""
        self.unclosed: set[int] = set()
        self.dropped: set[int] = set()
        self._open: list[tuple[str, int]] = []
        self._names: Counter[str] = Counter()
        for index, token in enumerate(tokens):
            if token.type == "html_inline":
                self._read(index, token.content)
        while self._open:
            self._never_closed(*self._open.pop())

    def _read(self, index: int, content: str) -> None:
        tag = TAG.match(content)
        if tag is None:
            self.dropped.add(index)  # a comment: what the writer tells only to the source
            return
        name = tag[2].lower()
        if name in VOID:
            return
        if content.endswith("/>"):
            self.unclosed.add(index)
        elif not tag[1]:
            self._open.append((name, index))
            self._names[name] += 1
        elif self._names[name]:
            self._pair(name, index)
        else:
            self.dropped.add(index)

    def _pair(self, name: str, end: int) -> None:
        while True:
            other, start = self._open.pop()
            self._names[other] -= 1
            if other == name:
                break
            self._never_closed(other, start)
        if name in FORMATTING:
            self.carried[start] = end
            self.closes[end] = start
        else:
            self.pieces[start] = end

    def _never_closed(self, name: str, start: int) -> None:
        if name in FORMATTING:
            self.carried[start] = -1
        else:
            self.unclosed.add(start)


# --- one tag -----------------------------------------------------------------------------------


def closing(token: Token) -> Token:
    """The tag that closes the element which `token` opens."""
    tag = TAG.match(token.content)
    return Token("html_inline", "", 0, content=f"</{tag[2]}>" if tag else "")


def again(token: Token) -> Token:
    """The tag once more, without its id, which may stand on a page only once."""
    return _rewritten(token, ID, "")


def in_one_row(token: Token) -> Token:
    """The tag without the line breaks in it."""
    return _rewritten(token, BROKEN, " ") if "\n" in token.content else token


def _rewritten(token: Token, pattern: re.Pattern[str], new: str) -> Token:
    """The tag with a pattern replaced, also in the pieces that are around its addresses."""
    pieces = [
        pattern.sub(new, piece) if isinstance(piece, str) else piece
        for piece in token.meta.get("pieces", ())
    ]
    meta = token.meta | {"pieces": pieces} if pieces else token.meta
    return token.copy(content=pattern.sub(new, token.content), meta=meta)


def is_break(token: Token) -> bool:
    """Whether the token is a `<br>`."""
    return token.type == "html_inline" and BREAK.fullmatch(token.content) is not None


def is_formatting(token: Token) -> bool:
    """Whether the tag only changes how words look."""
    tag = TAG.match(token.content)
    return tag is not None and tag[2].lower() in FORMATTING


def shows(token: Token) -> bool:
    """Whether the tag is seen by itself, as a picture is."""
    tag = TAG.match(token.content)
    return tag is not None and not tag[1] and tag[2].lower() in SHOWN


def is_note(token: Token) -> bool:
    """Whether the tag opens an element whose class says that it is a note."""
    return token.type == "html_inline" and NOTE.search(token.content) is not None
