"""What of a text that is not published stands in a file that is.

Comes in: texts that nobody is to see, those that everybody may, and the bytes of files. Goes out:
the words that a file has of the first and not of the second. Only letters and digits count, so a
run is found whatever became of its typography: forty of them are no more than sixty characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import unescape

RUN = 40
STEP = RUN // 2
TAG = re.compile(r"<[^<>]*>")
ESCAPE = re.compile(r'\\[nrtbf"/\\]')
SILENT = re.compile(r"[\W_]+")


class Secrets:
    """Texts that are not to be seen, and what of them may be."""

    def __init__(self, hidden: Iterable[str], published: Iterable[str]) -> None:
        self._hidden = "\0".join(map(_letters, hidden))
        self._published = published
        self._known: str | None = None
        text = self._hidden
        self._parts = {text[at : at + STEP] for at in range(len(text) - STEP + 1)}

    def shared(self, data: bytes) -> str | None:
        """The beginning of a run that the file has of a hidden text, as letters; None for none."""
        text = data.decode("utf-8", "replace")
        escaped = "\\" in text and text.lstrip()[:1] in "{["
        text = ESCAPE.sub(" ", text) if escaped else text
        # A feed has its markup escaped, and what is escaped in that twice.
        letters = _letters(unescape(TAG.sub("", unescape(TAG.sub("", text)))))
        # A run of forty letters holds twenty that begin at a multiple of twenty.
        for at in range(0, len(letters) - STEP + 1, STEP):
            if letters[at : at + STEP] in self._parts and (run := self._run(letters, at)):
                return run
        return None

    def _run(self, letters: str, at: int) -> str | None:
        for start in range(max(0, at - STEP), at + 1):
            run = letters[start : start + RUN]
            if len(run) == RUN and run in self._hidden and run not in self._allowed():
                return run
        return None

    def _allowed(self) -> str:
        if self._known is None:
            self._known = "\0".join(map(_letters, self._published))
        return self._known


def _letters(text: str) -> str:
    return SILENT.sub("", text.casefold())


def addresses_in(data: bytes, addresses: Mapping[str, bytes], site: bytes) -> list[str]:
    """The names of those addresses that stand in a file, by themselves or with the site's host."""
    return [
        name
        for name, address in addresses.items()
        if address in data
        and re.search(
            rb"(?:[\s\"'=(>]|%s)%s(?=[\s\"'#?)<&\\]|$)" % (re.escape(site), re.escape(address)),
            data,
        )
    ]
