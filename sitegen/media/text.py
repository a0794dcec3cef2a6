"""A body as plain text: for descriptions, for counting words, for searching."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import assert_never

from sitegen.media.medium import Medium, Slot, measured
from sitegen.media.verse import text_verse
from sitegen.media.words import untagged, words_of
from sitegen.model import (
    Body,
    Document,
    FigureSlot,
    ImageSlot,
    LinkSlot,
    MathSlot,
    NoteSlot,
    VerseSlot,
)


def plain_text(body: Body, document: Document | None = None, numbers: Sequence[str] = ()) -> str:
    """The words of a body: lines of verse kept, notes in brackets, pictures as their alt text.

    `numbers`: what its measures come to, where there is no document yet that knows it.
    """
    if document is not None:
        numbers = measured(document.measures, document.figures)
    return words_of(_TextMedium(document, numbers).html(body)).strip()


def word_count(body: Body, numbers: Sequence[str] = ()) -> int:
    """How many words a body has, those of its notes too."""
    return len(untagged(_TextMedium(None, numbers).html(body)).split())


class _TextMedium(Medium):
    """Still HTML, for the text of the chunks is: slots become escaped words."""

    def __init__(self, document: Document | None, numbers: Sequence[str]) -> None:
        self.document, self.numbers = document, numbers
        self.facts = document.facts if document else {}

    def slot(self, slot: Slot) -> str:
        match slot:
            case LinkSlot():
                return ""
            case ImageSlot():
                return escape(self.document.images[slot.index].alt) if self.document else ""
            case FigureSlot():
                return self._figure(slot.index)
            case MathSlot():
                return escape(slot.tex)
            case NoteSlot():
                return f" [{escape(words_of(self.html(slot.body)).strip())}]"
            case VerseSlot():
                return f"<pre>{escape(text_verse(slot.verse, self._words))}</pre>"
            case _ as never:
                assert_never(never)

    def _words(self, body: Body) -> str:
        return words_of(self.html(body)).strip("\n")

    def _figure(self, index: int) -> str:
        figures = self.document.figures if self.document else ()
        return f"<p>{escape(figures[index].sentence)}</p>" if index < len(figures) else ""
