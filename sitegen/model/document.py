"""A parsed source: what it says of itself, its body, and what it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, tzinfo
from typing import Any

from sitegen.errors import Problem, Span
from sitegen.model.body import Body, VerseSlot
from sitegen.model.settings import Kind, Value


class Moment(Value, frozen=True):
    """A calendar day, and the instant (aware) where the writer gave a time."""

    day: date
    at: datetime | None = None

    def begins(self, zone: tzinfo) -> datetime:
        """When it begins: a calendar day begins at 00:00 in the site's zone."""
        return self.at or datetime.combine(self.day, time(), zone)


class Origin(Value, frozen=True, omit_defaults=True):
    """Where a value came from, for `explain`; and its place, for errors about it."""

    text: str
    span: Span | None = None


class Meta(Value, frozen=True, omit_defaults=True):
    """What a source says of itself."""

    title: str
    kind: Kind
    slug: str
    date: Moment | None = None
    updated: Moment | None = None
    permalink: str | None = None
    tags: tuple[str, ...] = ()
    series: str | None = None
    authors: tuple[str, ...] = ()
    description: str = ""
    draft: bool = False
    language: str = "en"
    aliases: tuple[str, ...] = ()
    image: str | None = None
    math: bool = True
    toc: bool = False
    line_numbers: bool = False
    epigraph: str | None = None
    extra: Mapping[str, Any] = {}


class Link(Value, frozen=True):
    """An address as the writer typed it, and where."""

    target: str
    span: Span


class Image(Value, frozen=True):
    """An image as the writer typed it, its size too where one was typed, in pixels.

    `first`: of its document (it is not loaded lazily).
    """

    target: str
    alt: str
    span: Span
    title: str | None = None
    classes: tuple[str, ...] = ()
    id: str | None = None
    width: int | None = None
    height: int | None = None
    first: bool = False


class Heading(Value, frozen=True):
    """A heading of the body: level 2 to 6 as published, plain text, id."""

    level: int
    id: str
    text: str


class Fence(Value, frozen=True, omit_defaults=True):
    """An `attention` block. `span` is its opening line; the text begins on the next one.

    `indent` is the column offset that the fence's container took from each line (0 outside
    lists and quotes), so that errors inside it can point at the right column.
    """

    id: str
    text: str
    span: Span
    indent: int = 0
    verse: str = ""
    """The lines of the poem above it, where it is drawn."""


class Measure(Value, frozen=True):
    """`{attention:FIGURE TEXT}` in prose: a number of a figure of the same page, and where."""

    figure: str
    text: str
    span: Span


def file_stem(figure: str) -> str:
    """The name of the files of a figure of this id: `figure.1` → `figure-1`."""
    return figure.replace(".", "-")


class Figure(Value, frozen=True, omit_defaults=True):
    """A drawn figure: what a page shows, what is exported, and what a sanitiser leaves."""

    id: str
    html: str
    """The whole `<figure>` for a page: inline SVG with title and description, caption, table."""
    sentence: str
    """What the figure shows, in one sentence of plain text."""
    table: str
    """The numbers as an HTML `<table>` without classes, for feeds."""
    svg: str
    """A standalone SVG file, with labels and its own dark-mode style."""
    caption: str = ""
    """The author's caption and the facts of the figure, as plain text."""
    csv: str = ""
    """Every number of every head, for a spreadsheet; empty where the view has none."""
    answers: Mapping[str, str] = {}
    """What the text of each `Measure` of this figure comes to: `bat->flew` → `53 %`."""
    whole: bool = True
    """Whether the table has all numbers; if not, the CSV file has them."""
    claims: int = 0
    """How many of its claims were checked."""
    cells: tuple[bytes, ...] = ()
    """The panel that is shown first, where it has one: a byte from 0 to 15 for each cell."""

    @property
    def files(self) -> Mapping[str, str]:
        """What stands beside its page: names and texts. The picture comes first."""
        stem = file_stem(self.id)
        return {f"{stem}.svg": self.svg} | ({f"{stem}.csv": self.csv} if self.csv else {})


class Card(Value, frozen=True, array_like=True):
    """What is shown of a page where it is shared: a couplet, or a title with what there is to it.

    `lines` are (indent in columns, text); `cells` are those of a figure.
    """

    title: str
    lines: tuple[tuple[int, str], ...] = ()
    sentence: str = ""
    cells: tuple[bytes, ...] = ()


class Document(Value, frozen=True, omit_defaults=True):
    """A parsed source: knows nothing of its address, its neighbours or the site."""

    path: str
    digest: str
    meta: Meta
    origins: Mapping[str, Origin]
    body: Body
    lead: Body
    """The first paragraph, or the first stanza, without notes: what a list shows of it."""
    headings: tuple[Heading, ...] = ()
    links: tuple[Link, ...] = ()
    images: tuple[Image, ...] = ()
    fences: tuple[Fence, ...] = ()
    figures: tuple[Figure, ...] = ()
    """The fences, drawn; empty where `parse` was given nobody to draw them."""
    measures: tuple[Measure, ...] = ()
    facts: Mapping[str, str] = {}
    """Each number of the site that its text asks for; "" as long as nobody knows the site."""
    anchors: frozenset[str] = frozenset()
    """Every id in the body that a link may point at."""
    title_id: str = ""
    """The id of a title that was a heading of the body: links may point at it too."""
    words: int = 0
    opening: str = ""
    """The first line of a poem, as plain text."""
    opening_line: int = 0
    """Its number in the poem, from 1; not 1 where a quoted stanza comes before it."""
    notes: int = 0
    """How many notes it has."""
    mark: str = ""
    """The attention matrix of its title as inline SVG; empty where no model read it."""
    card: Card | None = None
    """Where it is asked for, in the outline only."""
    problems: tuple[Problem, ...] = ()

    @property
    def is_short(self) -> bool:
        """Whether its lead is all that there is of it."""
        body, lead = (
            [
                (each.verse.blocks, each.verse.afterword) if isinstance(each, VerseSlot) else each
                for each in part
            ]
            for part in (self.body, self.lead)
        )
        return body == lead
