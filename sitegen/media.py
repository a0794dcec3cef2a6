"""A body as a page, as a feed entry and as plain text: one renderer for each medium.

Comes in: a body of chunks and slots, its document, and what the knot resolved for it. Goes out:
text. No link is looked up here and no HTML is taken apart, but for plain text, which has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import assert_never
from urllib.parse import urljoin

from markdown_it.common.normalize_url import normalizeLink

from sitegen.model import (
    Body,
    Document,
    Figure,
    FigureSlot,
    Image,
    ImageFile,
    ImageSlot,
    Inset,
    LinkSlot,
    MathSlot,
    NoteSlot,
    Ornament,
    Part,
    Stanza,
    Value,
    Verse,
    VerseSlot,
)
from sitegen.verse_media import feed_verse, page_verse, text_verse
from sitegen.words import untagged, words_of

Slot = LinkSlot | ImageSlot | FigureSlot | MathSlot | NoteSlot | VerseSlot


class Resolved(Value, frozen=True):
    """What the knot knows of a document: index by index, the addresses that its slots stand for.

    `prefix` goes before the ids of notes and lines, where several documents share a page.
    """

    links: tuple[str, ...]
    images: tuple[ImageFile, ...]
    figures: tuple[Figure, ...] = ()
    prefix: str = ""


def page_html(body: Body, document: Document, resolved: Resolved) -> str:
    """The body for a page of the site."""
    return _PageMedium(document, resolved, body).html(body)


def notes_html(body: Body, document: Document, resolved: Resolved) -> str:
    """The notes at the end of a page, "" without notes; hidden where all stand in the margin."""
    medium = _PageMedium(document, resolved, body)
    return medium.end_notes(body)


def feed_html(body: Body, document: Document, resolved: Resolved, page_url: str) -> str:
    """The body for a feed reader that drops styles, classes, SVG and MathML.

    `page_url` is absolute; every address becomes absolute by it.
    """
    return _FeedMedium(document, resolved, page_url).whole(body)


def plain_text(body: Body, document: Document | None = None) -> str:
    """The words of a body: lines of verse kept, notes in brackets, pictures as their alt text."""
    return words_of(_TextMedium(document).html(body)).strip()


def word_count(body: Body) -> int:
    """How many words a body has, those of its notes too."""
    return len(untagged(_TextMedium(None).html(body)).split())


def absolute(page_url: str, address: str) -> str:
    """An address as seen from a page; one that is no URL at all stays as it is."""
    try:
        return urljoin(page_url, address)
    except ValueError:
        return address


def figure_file(figure: Figure) -> str:
    """The name of a figure's SVG file, beside its page."""
    return f"{figure.id.replace('.', '-')}.svg"


def notes_of(body: Body) -> Iterator[NoteSlot]:
    """The notes of a body in the order of their references, each as often as it is referred to."""
    for chunk in body:
        if isinstance(chunk, NoteSlot):
            yield chunk
            yield from notes_of(chunk.body)
        elif isinstance(chunk, VerseSlot):
            for inside in bodies_of(chunk.verse):
                yield from notes_of(inside)


def _numbered(body: Body) -> dict[int, NoteSlot]:
    """Each note once, by number."""
    return {note.number: note for note in notes_of(body)}


def bodies_of(verse: Verse) -> Iterator[Body]:
    """All that is text in a poem."""
    for block in verse.blocks:
        match block:
            case Stanza():
                yield from (line.body for line in block.lines)
            case Part() | Inset():
                yield block.body
            case Ornament():
                pass
            case _ as never:
                assert_never(never)
    yield verse.afterword


# --- what the media share ------------------------------------------------------------------------


class _Medium:
    """Joins chunks; what a slot becomes is the medium's own matter."""

    def html(self, body: Body) -> str:
        """The body, each slot filled in."""
        return "".join([chunk if isinstance(chunk, str) else self.slot(chunk) for chunk in body])

    def slot(self, slot: Slot) -> str:
        raise NotImplementedError


SAFE = re.compile(r"[A-Za-z0-9/#:._~?=@,+-]*")


def _address(target: str) -> str:
    """An address as the value of an attribute: what may not stand in one is escaped by `%`."""
    return target if SAFE.fullmatch(target) else escape(normalizeLink(target))


def _picture(image: Image, file: ImageFile, source: str) -> str:
    """An `<img>` but for its end; its size reserves the room that it will take."""
    out = f'<img src="{_address(source)}" alt="{escape(image.alt)}"'
    if file.width and file.height:
        out += f' width="{file.width}" height="{file.height}"'
    if image.title:
        out += f' title="{escape(image.title)}"'
    return out


# --- a page --------------------------------------------------------------------------------------


class _PageMedium(_Medium):
    def __init__(self, document: Document, resolved: Resolved, body: Body) -> None:
        self.document, self.resolved, self.prefix = document, resolved, resolved.prefix
        self.in_margin = all(note.simple for note in notes_of(body))
        self.referred: set[int] = set()

    def slot(self, slot: Slot) -> str:
        match slot:
            case LinkSlot():
                return _address(self.resolved.links[slot.index])
            case ImageSlot():
                return self._image(slot.index)
            case FigureSlot():
                figures = self.resolved.figures  # fewer than slots, where one is wrong
                return figures[slot.index].html if slot.index < len(figures) else ""
            case MathSlot():
                return slot.mathml
            case NoteSlot():
                return self._note(slot)
            case VerseSlot():
                return page_verse(slot.verse, self.html, self.prefix)
            case _ as never:
                assert_never(never)

    def _image(self, index: int) -> str:
        image, file = self.document.images[index], self.resolved.images[index]
        out = _picture(image, file, file.src)
        if image.id:
            out += f' id="{escape(image.id)}"'
        if image.classes:
            out += f' class="{escape(" ".join(image.classes))}"'
        return f"{out}>" if image.first else f'{out} loading="lazy" decoding="async">'

    def _note(self, note: NoteSlot) -> str:
        """A reference with its note beside it, or one that leads to the end of the page."""
        number, again = note.number, note.number in self.referred
        self.referred.add(number)
        place = f"{self.prefix}{'note' if self.in_margin else 'endnote'}.{number}"
        if again or not self.in_margin:
            own = "" if again else f' id="{self.prefix}noteref.{number}"'
            return f'<a class="noteref"{own} href="#{place}" role="doc-noteref">{number}</a>'
        return (
            f'<span class="noteref"><label for="{place}">{number}</label></span>'
            f'<input class="note-toggle" type="checkbox" id="{place}" aria-label="Note {number}">'
            f'<span class="note"><span class="note-number" aria-hidden="true">{number}</span> '
            f"{self._in_one_line(note)}</span>"
        )

    def _in_one_line(self, note: NoteSlot) -> str:
        """The paragraphs of a simple note as elements that may stand inside a paragraph."""
        html = self.html(note.body).strip()
        if html.count("<p>") == 1:
            return html.removeprefix("<p>").removesuffix("</p>")
        return html.replace("<p>", '<span class="note-paragraph">').replace("</p>", "</span>")

    def end_notes(self, body: Body) -> str:
        notes = _numbered(body)
        items = "".join(
            f'<li id="{self.prefix}endnote.{number}">{self.html(notes[number].body)}</li>\n'
            for number in sorted(notes)
        )
        hidden = " hidden" if self.in_margin else ""
        section = f'<section class="endnotes"{hidden} role="doc-endnotes" aria-label="Notes">'
        return f"{section}<ol>\n{items}</ol></section>\n" if notes else ""


# --- a feed --------------------------------------------------------------------------------------


class _FeedMedium(_Medium):
    def __init__(self, document: Document, resolved: Resolved, page_url: str) -> None:
        self.document, self.resolved, self.page_url = document, resolved, page_url

    def whole(self, body: Body) -> str:
        """The body and, below a rule, its notes."""
        notes = _numbered(body)
        items = "".join(f"<li>{self.html(notes[number].body)}</li>\n" for number in sorted(notes))
        return self.html(body) + (f"<hr>\n<ol>\n{items}</ol>\n" if notes else "")

    def slot(self, slot: Slot) -> str:
        match slot:
            case LinkSlot():
                return _address(absolute(self.page_url, self.resolved.links[slot.index]))
            case ImageSlot():
                image, file = self.document.images[slot.index], self.resolved.images[slot.index]
                return _picture(image, file, absolute(self.page_url, file.src)) + ">"
            case FigureSlot():
                return self._figure(slot.index)
            case MathSlot():
                code = f"<code>{escape(slot.tex)}</code>"
                return f"<p>{code}</p>\n" if slot.display else code
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
        source = _address(absolute(self.page_url, figure_file(figure)))
        sentence = escape(figure.sentence)
        return f'<p><img src="{source}" alt="{sentence}"></p>\n<p>{sentence}</p>\n{figure.table}\n'


# --- plain text ----------------------------------------------------------------------------------


class _TextMedium(_Medium):
    """Still HTML, for the text of the chunks is: slots become escaped words."""

    def __init__(self, document: Document | None) -> None:
        self.document = document

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
