"""The poem that a figure is of: the one before it in its source, as plain text.

Comes in: a body. Goes out: the text of the last poem before each figure.
"""

from __future__ import annotations

from msgspec.structs import replace

from sitegen.media import plain_text, text_verse
from sitegen.model import Body, FigureSlot, Inset, NoteSlot, Stanza, Verse, VerseSlot


def poems_above(body: Body) -> dict[int, str]:
    """By the index of a figure, the lines of the poem that it stands below, or stands in."""
    found: dict[int, str] = {}
    _look(body, "", found)
    return found


def _look(body: Body, above: str, found: dict[int, str]) -> None:
    for chunk in body:
        match chunk:
            case FigureSlot():
                found[chunk.index] = above
            case VerseSlot():
                above = _lines(chunk.verse)
                for block in chunk.verse.blocks:
                    if isinstance(block, Inset):
                        _look(block.body, above, found)
                _look(chunk.verse.afterword, above, found)


def _lines(verse: Verse) -> str:
    """Its stanzas, without notes, headings and what stands between them."""
    stanzas = tuple(block for block in verse.blocks if isinstance(block, Stanza))
    return text_verse(replace(verse, blocks=stanzas, afterword=()), _words)


def _words(body: Body) -> str:
    return plain_text(tuple(chunk for chunk in body if not isinstance(chunk, NoteSlot)))
