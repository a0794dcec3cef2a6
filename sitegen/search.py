"""What a reader can search for: the text of each source, in files that a browser reads.

Comes in: documents, and where their pages are. Goes out: scripts of nothing but data, in shards, so
that the edit of one source rewrites one of them. Every word is there as it was written, each line
of verse by itself; what counts as equal (accents, case, quotes) is decided in the browser, where
the query is, so that there is one rule for both (static/search.js).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape, unescape
from itertools import groupby
from typing import NamedTuple, assert_never
from zlib import crc32

import msgspec

from sitegen.media import measured, text_verse
from sitegen.media.medium import Medium, Slot
from sitegen.media.words import INLINE_NAMES, words_of
from sitegen.model import (
    Document,
    FigureSlot,
    ImageSlot,
    Inset,
    Line,
    LinkSlot,
    MathSlot,
    NoteSlot,
    Ornament,
    Part,
    Stanza,
    Verse,
    VerseSlot,
)

PAGES, MOST = 64, 16
"""Pages of a shard, on an average, until there are `MOST` shards: each is a request."""
HEADING = re.compile(
    r'<h([2-6]) id="([^"<>]*)"[^<>]*>([^<]*(?:<(?!/?h[1-6])[^<]*)*)</h\1>',
)
NOTE = re.compile("\0([0-9]+)\0")
"""Where a note is referred to: no source has such a character."""
CAPTION = re.compile(r"^ *caption: *(.+)", re.MULTILINE)
"""What the writer says of a figure; the facts below it are the program's."""
INLINE = re.compile(
    f"</?(?:{'|'.join(sorted(INLINE_NAMES.split(), key=len, reverse=True))})(?=[ />])[^<>]*>"
)
TAG = re.compile("<[^<>]*>")


class Passage(NamedTuple):
    """A text that can be led to. Of verse: `anchor` with the number of a line is that line's id.

    `opens`: the heading above prose, or the number of the first line of verse.
    """

    anchor: str
    opens: str | int
    text: str


# --- shards --------------------------------------------------------------------------------------


def count_shards(pages: int) -> int:
    """How many shards a site of so many pages has: a power of two, so that it seldom changes."""
    return min(MOST, 1 << max(0, -(-pages // PAGES) - 1).bit_length())


def share_out(paths: Iterable[str], count: int) -> list[list[str]]:
    """Source paths by shard; which one a path belongs to depends on no other path."""
    shards: list[list[str]] = [[] for _ in range(count)]
    for path in paths:
        shards[crc32(path.encode()) % count].append(path)
    return shards


def path_of(shard: int) -> str:
    """Where a shard is published: beside the page for searching.

    Its name stays when its content changes, so that a page which was opened long ago finds it, and
    the edit of a source leaves the page as it is.
    """
    return f"search/{shard}.js"


def write_shard(rows: Iterable[tuple[str, bytes]]) -> bytes:
    """A script that hands these pages over: the address and the entry of each."""
    pages = (b"[%s,%s]" % (msgspec.json.encode(url), entry) for url, entry in rows)
    return b"takeShard([%s])\n" % b",\n".join(pages)


# --- the entry of a source -----------------------------------------------------------------------


def entry_of(document: Document) -> bytes:
    """Title, language, kind, tags, description and passages, as JSON without its brackets."""
    meta, origin = document.meta, document.origins.get("description")
    # One that was made of the first paragraph is in the text.
    description = meta.description if origin and origin.span else ""
    parts = [part for part in _passages(document) if part.text or part.opens]
    row = (meta.title, meta.language, meta.kind, " · ".join(meta.tags), description, parts)
    return msgspec.json.encode(row)[1:-1]


def _passages(document: Document) -> Iterator[Passage]:
    """The body, cut where a heading has an id, and at verse; each note behind its passage."""
    medium = _Words(document)
    anchor = ""
    for is_verse, chunks in groupby(document.body, lambda chunk: isinstance(chunk, VerseSlot)):
        if is_verse:
            for chunk in chunks:
                yield from medium.verse(chunk.verse) if isinstance(chunk, VerseSlot) else ()
            continue
        first, *rest = HEADING.split(medium.html(tuple(chunks)))
        yield from medium.prose(anchor, "", first)
        for _, name, heading, html in zip(*[iter(rest)] * 4, strict=True):
            anchor = name
            yield from medium.prose(anchor, heading, html)


class _Words(Medium):
    """Still HTML, as the chunks are: slots become escaped words, notes are put aside."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.numbers = measured(document.measures, document.figures)
        self.notes: dict[str, str] = {}

    def slot(self, slot: Slot) -> str:
        match slot:
            case LinkSlot():
                return ""
            case ImageSlot():
                return escape(self.document.images[slot.index].alt)
            case FigureSlot():
                caption = CAPTION.search(self.document.fences[slot.index].text)
                return f"<p>{escape(caption[1])}</p>" if caption else ""
            case MathSlot():
                return escape(slot.tex)
            case NoteSlot():
                self.notes[str(slot.number)] = self.html(slot.body)
                return f"\0{slot.number}\0"
            case VerseSlot():  # in a note, or in an inset
                return f"<pre>{escape(text_verse(slot.verse, self.html))}</pre>"
            case _ as never:
                assert_never(never)

    def prose(self, anchor: str, heading: str, html: str) -> Iterator[Passage]:
        """A passage, each of its paragraphs a line, its notes behind it."""
        text = "\n".join([_words(html), *self._notes(heading + html)])
        yield Passage(anchor, _in_one_line(heading), text.strip("\n"))

    def verse(self, verse: Verse) -> Iterator[Passage]:
        """Each run of stanzas, each note of their lines, and what stands between and behind."""
        lines: list[Line] = []
        for block in (*verse.blocks, Inset(body=verse.afterword)):
            if isinstance(block, Stanza):
                lines += block.lines
            elif not isinstance(block, Ornament):
                yield from self._lines(lines, f"{verse.prefix}L")
                lines = []
                html = self.html(block.body)
                if isinstance(block, Part):
                    yield from self.prose(block.id, html, "")
                else:
                    yield from self.prose("", "", html)

    def _lines(self, lines: Sequence[Line], anchor: str) -> Iterator[Passage]:
        texts = [self.html(line.body) for line in lines]
        if lines:
            yield Passage(anchor, lines[0].number, "\n".join(map(_in_one_line, texts)))
        for line, text in zip(lines, texts, strict=True):
            for note in self._notes(text):
                yield Passage(f"{anchor}{line.number}", "", note)

    def _notes(self, text: str) -> Iterator[str]:
        """The notes that a text refers to, and theirs."""
        for number in NOTE.findall(text):
            note = self.notes.pop(number, "")  # once, where it is referred to twice
            yield _in_one_line(note)
            yield from self._notes(note)


def _in_one_line(html: str) -> str:
    return (
        " ".join(_words(html).split("\n")) if "<" in html or "&" in html else " ".join(html.split())
    )


def _words(html: str) -> str:
    """Words of our own HTML, a line for each block: in a third of the time of `words_of`."""
    html = NOTE.sub("", html) if "\0" in html else html
    if "<pre" in html or "<script" in html or "<style" in html:
        text = words_of(html)
    else:
        text = unescape(TAG.sub("\n", INLINE.sub("", html.replace("\n", " "))))
    return "\n".join([line for each in text.split("\n") if (line := each.strip())])
