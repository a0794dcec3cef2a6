"""A body as a page of the site shows it."""

from __future__ import annotations

from html import escape
from typing import assert_never

from sitegen.media.medium import (
    Medium,
    Resolved,
    Slot,
    absolute,
    address_of,
    measured,
    notes_of,
    numbered,
    picture,
    size_of,
    without_ids,
)
from sitegen.media.verse import page_verse
from sitegen.model import (
    Body,
    Document,
    FigureSlot,
    Image,
    ImageFile,
    ImageSlot,
    LinkSlot,
    MathSlot,
    NoteSlot,
    VerseSlot,
)

COLUMN, MARGIN = "min(100vw, 36rem)", "min(100vw, 14rem)"
"""How wide an image is at most in the text and in the margin, as the theme has it."""
MOST_LEAVES = 14
"""Letters, numbers and signs of a formula that fits a line 18 rem wide."""


def page_html(body: Body, document: Document, resolved: Resolved) -> str:
    """The body for a page of the site."""
    return _PageMedium(document, resolved, body).html(body)


def notes_html(body: Body, document: Document, resolved: Resolved) -> str:
    """The notes at the end of a page, "" without notes; hidden where all stand in the margin."""
    medium = _PageMedium(document, resolved, body)
    return medium.end_notes(body)


def listed_notes(
    body: Body, document: Document, resolved: Resolved, page_url: str
) -> list[tuple[int, str]]:
    """The notes of a page at `page_url` for a list of many pages' notes: numbers and HTML.

    They have no ids and no landmarks, which could stand there twice; a figure is a picture that
    leads to itself on its page, and a reference to another note leads to that there, too.
    """
    medium, notes = _ListMedium(document, resolved, page_url), numbered(body)
    found = []
    for number in sorted(notes):
        html = without_ids(medium.html(notes[number].body))
        found.append((number, html.replace(' role="region"', ' role="group"')))
    return found


def _reachable(mathml: str) -> str:
    """A formula in a line; a long one scrolls on a narrow screen, so it can have the focus."""
    leaves = sum(mathml.count(end) for end in ("</mi>", "</mn>", "</mo>", "</mtext>"))
    region = '<span class="formula" role="group" aria-label="Formula" tabindex="0">'
    return f"{region}{mathml}</span>" if leaves > MOST_LEAVES else mathml


class _PageMedium(Medium):
    def __init__(self, document: Document, resolved: Resolved, body: Body) -> None:
        self.document, self.resolved, self.prefix = document, resolved, resolved.prefix
        self.in_margin = all(note.simple for note in notes_of(body))
        self.numbers = measured(document.measures, resolved.figures)
        self.facts = document.facts
        self.referred: set[int] = set()
        self.in_note = False

    def slot(self, slot: Slot) -> str:
        match slot:
            case LinkSlot():
                return address_of(self.resolved.links[slot.index])
            case ImageSlot():
                return self._image(slot.index)
            case FigureSlot():
                return self._figure(slot.index)
            case MathSlot():
                return slot.mathml if slot.display else _reachable(slot.mathml)
            case NoteSlot():
                return self._note(slot)
            case VerseSlot():
                return page_verse(slot.verse, self.html, self.prefix)
            case _ as never:
                assert_never(never)

    def _image(self, index: int) -> str:
        image, file = self.document.images[index], self.resolved.images[index]
        out = picture(image, file, file.src)
        if image.id:
            out += f' id="{escape(image.id)}"'
        if image.classes:
            out += f' class="{escape(" ".join(image.classes))}"'
        out = f"{out}>" if image.first else f'{out} loading="lazy" decoding="async">'
        return self._with_copies(out, image, file) if file.variants else out

    def _with_copies(self, shown: str, image: Image, file: ImageFile) -> str:
        """The image, and what a browser may take in its place: it knows how wide it will be."""
        widest = MARGIN if self.in_note else COLUMN
        width, _ = size_of(image, file)
        sizes = f"min({width}px, {widest[4:]}" if width else widest
        sources = ""
        for kind in dict.fromkeys(each.type for each in file.variants):
            own = [each for each in file.variants if each.type == kind]
            names = ", ".join(f"{address_of(each.src)} {each.width}w" for each in own)
            sources += f'<source type="{kind}" srcset="{names}" sizes="{sizes}">'
        return f"<picture>{sources}{shown}</picture>"

    def _note(self, note: NoteSlot) -> str:
        """A reference with its note beside it, or one that leads to the end of the page."""
        number, again = note.number, note.number in self.referred
        self.referred.add(number)
        place = f"{self.prefix}{'note' if self.in_margin else 'endnote'}.{number}"
        if again or not self.in_margin:
            own = "" if again else f' id="{self.prefix}noteref.{number}"'
            return f'<a class="noteref"{own} href="#{place}" role="doc-noteref">{number}</a>'
        return (
            f'<span class="noteref" id="{self.prefix}noteref.{number}">'
            f'<label for="{place}">{number}</label></span>'
            f'<input class="note-toggle" type="checkbox" id="{place}" aria-label="Note {number}">'
            f'<span class="note" role="note">'
            f'<span class="note-number" aria-hidden="true">{number}</span> '
            f"{self._in_one_line(note)}</span>"
        )

    def _in_one_line(self, note: NoteSlot) -> str:
        """The paragraphs of a simple note as elements that may stand inside a paragraph."""
        self.in_note = True
        html = self.html(note.body).strip()
        self.in_note = False
        if html.count("<p>") == 1:
            return html.removeprefix("<p>").removesuffix("</p>")
        return html.replace("<p>", '<span class="note-paragraph">').replace("</p>", "</span>")

    def _figure(self, index: int) -> str:
        figures = self.resolved.figures  # fewer than slots, where one is wrong
        return figures[index].html if index < len(figures) else ""

    def end_notes(self, body: Body) -> str:
        notes = numbered(body)
        items, hidden = "", " hidden" if self.in_margin else ""
        for number in sorted(notes):
            html = self.html(notes[number].body)
            html = without_ids(html) if self.in_margin else html
            items += f'<li id="{self.prefix}endnote.{number}">{html}</li>\n'
        section = f'<section class="endnotes"{hidden} role="doc-endnotes" aria-label="Notes">'
        return f"{section}<ol>\n{items}</ol></section>\n" if notes else ""


class _ListMedium(_PageMedium):
    def __init__(self, document: Document, resolved: Resolved, page_url: str) -> None:
        super().__init__(document, resolved, ())
        self.page_url = page_url

    def _note(self, note: NoteSlot) -> str:
        place = address_of(f"{self.page_url}#endnote.{note.number}")
        return f'<a class="noteref" href="{place}">{note.number}</a>'

    def _figure(self, index: int) -> str:
        if index >= len(self.resolved.figures):
            return ""
        figure = self.resolved.figures[index]
        place = address_of(f"{self.page_url}#{figure.id}")
        file = address_of(absolute(self.page_url, next(iter(figure.files))))
        sentence = escape(figure.sentence)
        return f'<a href="{place}"><img src="{file}" alt="{sentence}" loading="lazy"></a>\n'
