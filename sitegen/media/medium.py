"""What the media share: slots, addresses, pictures, and where the notes of a body are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import assert_never
from urllib.parse import urljoin

from markdown_it.common.normalize_url import normalizeLink

from sitegen.model import (
    Body,
    FactSlot,
    Figure,
    FigureSlot,
    Image,
    ImageFile,
    ImageSlot,
    Inset,
    LinkSlot,
    MathSlot,
    Measure,
    MeasureSlot,
    NoteSlot,
    Ornament,
    Part,
    Stanza,
    Value,
    Verse,
    VerseSlot,
)

Slot = LinkSlot | ImageSlot | FigureSlot | MathSlot | NoteSlot | VerseSlot


class Resolved(Value, frozen=True):
    """What the knot knows of a document: index by index, the addresses that its slots stand for.

    `prefix` goes before the ids of notes and lines, where several documents share a page.
    """

    links: tuple[str, ...]
    images: tuple[ImageFile, ...]
    figures: tuple[Figure, ...] = ()
    prefix: str = ""


class Medium:
    """Joins chunks; what a slot becomes is the medium's own matter, but for measured numbers."""

    numbers: Sequence[str] = ()
    """What each measure comes to."""
    facts: Mapping[str, str] = {}
    """What each number of the site comes to; one that is not known stays as it is typed."""

    def html(self, body: Body) -> str:
        """The body, each slot filled in."""
        return "".join([chunk if isinstance(chunk, str) else self._filled(chunk) for chunk in body])

    def _filled(self, slot: Slot | MeasureSlot | FactSlot) -> str:
        if isinstance(slot, FactSlot):
            return escape(self.facts.get(slot.name) or f"{{site:{slot.name}}}")
        if isinstance(slot, MeasureSlot):
            return escape(self.numbers[slot.index]) if self.numbers else ""
        return self.slot(slot)

    def slot(self, slot: Slot) -> str:
        """What this medium makes of a slot."""
        raise NotImplementedError


SAFE = re.compile(r"[A-Za-z0-9/#:._~?=@,+-]*")


def address_of(target: str) -> str:
    """An address as the value of an attribute: what may not stand in one is escaped by `%`."""
    return target if SAFE.fullmatch(target) else escape(normalizeLink(target))


def picture(image: Image, file: ImageFile, source: str) -> str:
    """An `<img>` but for its end; its size reserves the room that it will take."""
    out = f'<img src="{address_of(source)}" alt="{escape(image.alt)}"'
    width, height = size_of(image, file)
    out += f' width="{width}"' if width else ""
    out += f' height="{height}"' if height else ""
    if image.title:
        out += f' title="{escape(image.title)}"'
    return out


def size_of(image: Image, file: ImageFile) -> tuple[int | None, int | None]:
    """The size as typed, in pixels, what is missing of it by the file's proportions."""
    width, height = image.width, image.height
    if file.width and file.height:
        if not width and not height:
            return file.width, file.height
        width = width or round((height or 0) * file.width / file.height)
        height = height or round(width * file.height / file.width)
    return width, height


PLAIN = re.compile(
    r"(?:https?://\w|/(?!/))(?:[\w~%&=+,@-]|\.(?<!/\.)|/(?!/))*(?:#[\w~%-]+)?\Z", re.ASCII
)
"""An address that `urljoin`, which takes a fifth of a feed's time, would leave as it is."""
ROOT = re.compile(r"[a-z]+://[^/]*")


def absolute(page_url: str, address: str) -> str:
    """An address as seen from a page; one that is no URL at all stays as it is."""
    if PLAIN.match(address):
        root = ROOT.match(page_url) if address[0] == "/" else None
        return root[0] + address if root else address
    try:
        return urljoin(page_url, address)
    except ValueError:
        return address


def measured(measures: Sequence[Measure], figures: Sequence[Figure]) -> tuple[str, ...]:
    """What each measure comes to; "" where its figure was not drawn."""
    answers = {figure.id: figure.answers for figure in figures}
    return tuple(answers.get(each.figure, {}).get(each.text, "") for each in measures)


TAG = re.compile(r'(?:<[A-Za-z]|\A")[^<>]*')
ID = re.compile(r"""\s(?:id|for)=(?:"[^"]*"|'[^']*'|[^\s"'>]+)""")


def without_ids(html: str) -> str:
    """HTML that is shown a second time: an id may stand on a page only once."""
    return TAG.sub(lambda tag: ID.sub("", tag[0]), html)


def notes_of(body: Body) -> Iterator[NoteSlot]:
    """The notes of a body and of its notes, each once, in the order of their first reference."""
    seen: set[int] = set()
    waiting = [body]
    while waiting:
        for chunk in waiting.pop():
            if isinstance(chunk, NoteSlot) and chunk.number not in seen:
                seen.add(chunk.number)
                yield chunk
                waiting.append(chunk.body)
            elif isinstance(chunk, VerseSlot):
                waiting += bodies_of(chunk.verse)


def lines_in(body: Body) -> int:
    """How many lines of verse a body has."""
    verses = (chunk.verse for chunk in body if isinstance(chunk, VerseSlot))
    blocks = (block for verse in verses for block in verse.blocks)
    return sum(len(block.lines) for block in blocks if isinstance(block, Stanza))


def numbered(body: Body) -> dict[int, NoteSlot]:
    """Each note by its number."""
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
