"""A body for a feed reader that drops styles, classes, SVG and MathML."""

from __future__ import annotations

import re
from html import escape
from typing import assert_never

from sitegen.media.medium import (
    Medium,
    Resolved,
    Slot,
    absolute,
    address_of,
    measured,
    numbered,
    picture,
)
from sitegen.media.verse import feed_verse
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


def feed_html(body: Body, document: Document, resolved: Resolved, page_url: str) -> str:
    """The body for a feed reader that drops styles, classes, SVG and MathML.

    `page_url` is absolute; every address becomes absolute by it.
    """
    return _FeedMedium(document, resolved, page_url).whole(body)


NOTE = re.compile(r"""<span class=["']?[^"'<>]*note""")
"""A sidenote made by hand. Right behind a word it gets a space: a reader may show it as text."""


def _apart(note: re.Match[str]) -> str:
    before = note.string[max(0, note.start() - 1) : note.start()]
    return f" {note[0]}" if before and not before.isspace() else note[0]


class _FeedMedium(Medium):
    def __init__(self, document: Document, resolved: Resolved, page_url: str) -> None:
        self.document, self.resolved, self.page_url = document, resolved, page_url
        self.numbers = measured(document.measures, resolved.figures)
        self.facts = document.facts

    def html(self, body: Body) -> str:
        html = super().html(body)
        return NOTE.sub(_apart, html) if "note" in html else html

    def whole(self, body: Body) -> str:
        """The body and, below a rule, its notes."""
        notes = numbered(body)
        items = "".join(f"<li>{self.html(notes[number].body)}</li>\n" for number in sorted(notes))
        return self.html(body) + (f"<hr>\n<ol>\n{items}</ol>\n" if notes else "")

    def slot(self, slot: Slot) -> str:
        match slot:
            case LinkSlot():
                return address_of(absolute(self.page_url, self.resolved.links[slot.index]))
            case ImageSlot():
                image, file = self.document.images[slot.index], self.resolved.images[slot.index]
                return picture(image, file, absolute(self.page_url, file.src)) + ">"
            case FigureSlot():
                return self._figure(slot.index)
            case MathSlot():
                return f"<code>{escape(slot.tex)}</code>"
            case NoteSlot():
                return f"<sup>{slot.number}</sup>"
            case VerseSlot():
                return feed_verse(slot.verse, self.html)
            case _ as never:
                assert_never(never)

    def _figure(self, index: int) -> str:
        """A figure as a picture, a sentence and a table: what no feed reader takes away."""
        if index >= len(self.resolved.figures):
            return ""
        figure = self.resolved.figures[index]
        source, *others = (address_of(absolute(self.page_url, name)) for name in figure.files)
        sentence = escape(figure.sentence)
        caption = f"<p>{escape(figure.caption)}</p>\n" if figure.caption else ""
        image = f'<p><img src="{source}" alt="{sentence}"></p>\n'
        link = "" if figure.whole else f'<p><a href="{others[0]}">All as CSV</a></p>\n'
        return f"{image}<p>{sentence}</p>\n{caption}{figure.table}\n{link}"
