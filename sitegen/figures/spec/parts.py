"""What every block may have, whichever its model: a view, a row to highlight, a caption, an id.

Comes in: the entries of a block. Goes out: values; each is an empty one after a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sitegen.figures.block import Entry, Mistakes, Word, refuse_controls, shown
from sitegen.figures.terms import find_token

ID = re.compile(r"[a-z][a-z0-9-]{0,63}")


def read_row(
    entries: Mapping[str, Entry], tokens: tuple[str, ...], mistakes: Mistakes
) -> int | None:
    """The index of `bat`, or of the second one for `bat#2`."""
    entry = entries.get("from")
    return find_token(Word(entry.text, entry.span), tokens, mistakes) if entry else None


def read_caption(entries: Mapping[str, Entry], mistakes: Mistakes) -> str:
    """The author's words below the figure, as one line."""
    entry = entries.get("caption")
    for line in entry.lines if entry else ():
        refuse_controls(line.text, "the caption", line.span, mistakes)
        if "{attention:" in line.text:
            hint = "the figure tells its checks itself; ask for numbers in the text around it"
            mistakes.add("a caption shows no measured numbers", line.span, hint)
    return entry.text if entry else ""


def read_id(entries: Mapping[str, Entry], mistakes: Mistakes) -> str:
    """The author's id: never with a dot, so that it cannot meet one of ours."""
    entry = entries.get("id")
    if entry and not ID.fullmatch(entry.text):
        hint = "a small letter, then small letters, digits and hyphens, 64 at most"
        mistakes.add(f'"{shown(entry.text)}" cannot be an id', entry.span, hint)
    return entry.text if entry else ""
