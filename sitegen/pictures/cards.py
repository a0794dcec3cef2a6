"""What the card of a page shows: of a poem its first couplet, of an essay its first figure.

Comes in: a document. Goes out: a `Card`, or None where the font has not the letters for it. Pure;
it is drawn elsewhere.
"""

from __future__ import annotations

import re

from sitegen.markup.typography import set_plain
from sitegen.media import plain_text
from sitegen.model import Card, Document, NoteSlot, Stanza, VerseSlot
from sitegen.pictures.lettering import is_covered

COUPLET = 2
LONGEST = 300
"""Characters of a text: no card has room for more."""
SENTENCE = re.compile(r".*?[.!?…][.!?…\"'”’»)\]]*(?=\s|\Z)", re.DOTALL)


def card_of(document: Document) -> Card | None:
    """The card of a page; None without one letter of it, or a figure."""
    meta = document.meta
    title = _set(meta.title, meta.language)
    lines = _couplet(document) if meta.kind == "poem" else ()
    if lines:
        return Card(title=title, lines=lines)
    cells = next((figure.cells for figure in document.figures if figure.cells), ())
    if not (title or cells):
        return None
    told = SENTENCE.match(meta.description)
    sentence = _set(told[0] if told else meta.description, meta.language)
    return Card(title=title, sentence=sentence, cells=cells)


def _set(text: str, language: str) -> str:
    """A text with its marks, "" where the font has not all of it: half of one would be none."""
    text = " ".join(set_plain(text, language).split())[:LONGEST]
    return text if is_covered(text) else ""


def _couplet(document: Document) -> tuple[tuple[int, str], ...]:
    """The first two lines of a poem, notes left out, and what is quoted above it."""
    verses = (chunk.verse for chunk in document.body if isinstance(chunk, VerseSlot))
    blocks = next((verse.blocks for verse in verses), ())
    stanzas = [block for block in blocks if isinstance(block, Stanza)]
    own = [stanza for stanza in stanzas if not stanza.quoted] or stanzas
    found = []
    for line in [line for stanza in own[:COUPLET] for line in stanza.lines][:COUPLET]:
        body = tuple(chunk for chunk in line.body if not isinstance(chunk, NoteSlot))
        found.append((line.indent, " ".join(plain_text(body, document).split())[:LONGEST]))
    least = min((indent for indent, _ in found), default=0)
    whole = all(is_covered(text) for _, text in found)
    return tuple((indent - least, text) for indent, text in found if text) if whole else ()
