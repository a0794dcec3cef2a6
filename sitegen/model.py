"""The frozen values that travel between the stages of a build.

Comes in: nothing. Goes out: types. Paths are POSIX strings relative to the site's folder
(`content/essays/scale.md`), addresses begin with the site's base path (`/essays/scale/`).
Sequences are tuples and nothing here is ever changed after it was made.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

import msgspec

from sitegen.errors import Problem, Span

Kind = Literal["post", "poem", "page"]


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every value here."""


# --- what comes in ---------------------------------------------------------------------------


class Source(Value, frozen=True):
    """A Markdown file as text: decoded, without BOM, one newline character a line end."""

    path: str
    text: str
    digest: str


class Asset(Value, frozen=True):
    """A file that is published as it is. `file` is where it lies on this disk."""

    path: str
    file: str
    digest: str
    size: int


class Section(Value, frozen=True):
    """`[sections.NAME]` of `site.toml`: what is so for every source in `content/NAME/`."""

    name: str
    kind: Kind | None = None
    title: str | None = None
    permalink: str | None = None
    paginate: int | None = None


class MarkupConfig(Value, frozen=True):
    """`[markup]` of `site.toml`: what a source may use, and the most that it may cost."""

    macros: Mapping[str, str] = {}
    max_seconds: float = 5.0
    max_bytes: int = 5_000_000


class Config(Value, frozen=True):
    """`site.toml`, checked. `url` ends with a slash; `base` is its path, `/` or `/blog/`."""

    title: str
    url: str
    base: str
    description: str = ""
    author: str = ""
    language: str = "en"
    timezone: str = "UTC"
    paginate: int = 10
    sections: Mapping[str, Section] = {}
    markup: MarkupConfig = MarkupConfig()
    deploy: Mapping[str, Mapping[str, Any]] = {}


class Settings(Value, frozen=True):
    """All that `parse` may know beside the source itself."""

    kind: Kind
    kind_origin: str
    language: str = "en"
    timezone: str = "UTC"
    author: str = ""
    macros: Mapping[str, str] = {}


# --- front matter ----------------------------------------------------------------------------


class Moment(Value, frozen=True):
    """A calendar day, and the instant (aware) where the writer gave a time."""

    day: date
    at: datetime | None = None


class Origin(Value, frozen=True):
    """Where a value came from, for `explain`; and its place, for errors about it."""

    text: str
    span: Span | None = None


class Meta(Value, frozen=True):
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


# --- a body: chunks of HTML and slots --------------------------------------------------------


class LinkSlot(Value, frozen=True, tag="link"):
    """The address of `Document.links[index]`, as the value of an attribute (quotes outside)."""

    index: int


class ImageSlot(Value, frozen=True, tag="image"):
    """The whole `<img>` of `Document.images[index]`."""

    index: int


class FigureSlot(Value, frozen=True, tag="figure"):
    """The whole `<figure>` of `Document.figures[index]`."""

    index: int


class MathSlot(Value, frozen=True, tag="math"):
    """A formula: MathML for a page, its TeX for feeds and plain text."""

    mathml: str
    tex: str
    display: bool


class NoteSlot(Value, frozen=True, tag="note"):
    """A reference to a note, with the note. `simple`: paragraphs of text only."""

    number: int
    body: tuple[Chunk, ...]
    simple: bool


class VerseSlot(Value, frozen=True, tag="verse"):
    """A poem, or a `poem` fence in an essay."""

    verse: Verse


Chunk = str | LinkSlot | ImageSlot | FigureSlot | MathSlot | NoteSlot | VerseSlot
Body = tuple[Chunk, ...]


class Line(Value, frozen=True, tag="line"):
    """One line of verse. `number` counts from 1 in its poem; `indent` is in columns."""

    number: int
    indent: int
    body: tuple[Chunk, ...]


class Stanza(Value, frozen=True, tag="stanza"):
    """Lines between blank lines. `gap`: two or more blank lines before; `quoted`: by `>`."""

    lines: tuple[Line, ...]
    gap: bool = False
    quoted: bool = False


class Ornament(Value, frozen=True, tag="ornament"):
    """A break between parts (`---` or `***` between blank lines), as typed."""

    text: str


class Part(Value, frozen=True, tag="part"):
    """A heading inside a poem."""

    level: int
    id: str
    body: tuple[Chunk, ...]


class Inset(Value, frozen=True, tag="inset"):
    """A code block or a figure between stanzas."""

    body: tuple[Chunk, ...]


class Verse(Value, frozen=True):
    """A poem. `prefix` goes before its line ids (`L12`), so that two on a page differ."""

    blocks: tuple[Stanza | Ornament | Part | Inset, ...]
    prefix: str = ""
    numbered: bool = False
    afterword: tuple[Chunk, ...] = ()


# --- a document ------------------------------------------------------------------------------


class Link(Value, frozen=True):
    """An address as the writer typed it, and where."""

    target: str
    span: Span


class Image(Value, frozen=True):
    """An image as the writer typed it. `first`: of its document (it is not loaded lazily)."""

    target: str
    alt: str
    span: Span
    title: str | None = None
    classes: tuple[str, ...] = ()
    id: str | None = None
    first: bool = False


class Heading(Value, frozen=True):
    """A heading of the body: level 2 to 6 as published, plain text, id."""

    level: int
    id: str
    text: str


class Fence(Value, frozen=True):
    """An `attention` block. `span` is its opening line; the text begins on the next one.

    `indent` is the column offset that the fence's container took from each line (0 outside
    lists and quotes), so that errors inside it can point at the right column.
    """

    id: str
    text: str
    span: Span
    indent: int = 0


class Figure(Value, frozen=True):
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


class Document(Value, frozen=True):
    """A parsed source: knows nothing of its address, its neighbours or the site."""

    path: str
    digest: str
    meta: Meta
    origins: Mapping[str, Origin]
    body: Body
    lead: Body
    """The first paragraph, or the first stanza, for a list that shows a beginning."""
    headings: tuple[Heading, ...] = ()
    links: tuple[Link, ...] = ()
    images: tuple[Image, ...] = ()
    fences: tuple[Fence, ...] = ()
    figures: tuple[Figure, ...] = ()
    """The fences, drawn: empty as `parse` leaves it, filled in by `build`."""
    anchors: frozenset[str] = frozenset()
    """Every id in the body that a link may point at."""
    words: int = 0
    problems: tuple[Problem, ...] = ()


# --- a site ----------------------------------------------------------------------------------


class ImageFile(Value, frozen=True):
    """Where an image is, and its size in pixels where the file tells."""

    src: str
    width: int | None = None
    height: int | None = None


class TagRef(Value, frozen=True):
    """A tag as shown, and its page."""

    name: str
    url: str
    count: int


class PageRef(Value, frozen=True):
    """What another page shows of a page. `path` is its source."""

    path: str
    url: str
    title: str
    kind: Kind
    date: Moment | None
    description: str
    draft: bool = False


class Page(Value, frozen=True):
    """A document with its address and its neighbours."""

    url: str
    output: str
    document: Document
    links: tuple[str, ...]
    """Resolved `document.links`, index by index."""
    images: tuple[ImageFile, ...]
    tags: tuple[TagRef, ...] = ()
    previous: PageRef | None = None
    next: PageRef | None = None
    source_url: str = ""
    """The address of its Markdown source."""


ListingKind = Literal["home", "section", "archive", "tags", "tag"]


class Listing(Value, frozen=True):
    """A list of pages at an address; `number` of `count` where it is paginated."""

    kind: ListingKind
    url: str
    output: str
    title: str
    entries: tuple[PageRef, ...]
    number: int = 1
    count: int = 1
    newer: str | None = None
    older: str | None = None
    intro: str | None = None
    """The source path of the `index.md` that introduces it."""
    tags: tuple[TagRef, ...] = ()
    feed: str | None = None
    """The address of its Atom feed."""


class Redirect(Value, frozen=True):
    """An alias: a page at `output` that sends the reader to `target` (an address)."""

    output: str
    url: str
    target: str
    source: str


class Feed(Value, frozen=True):
    """A list of pages for feed readers, at `output` + `.xml` and `.json`."""

    id: str
    title: str
    output: str
    url: str
    """The address of the page that it belongs to."""
    entries: tuple[str, ...]
    """Source paths, newest first."""


class NavLink(Value, frozen=True):
    """A link of the site's navigation."""

    title: str
    url: str


class SiteInfo(Value, frozen=True):
    """What every page may say of the whole site."""

    title: str
    url: str
    base: str
    description: str
    author: str
    language: str
    timezone: str
    navigation: tuple[NavLink, ...]
    feed: str
    """The address of the Atom feed of the whole site."""


class Site(Value, frozen=True):
    """All documents tied together: the knot."""

    info: SiteInfo
    pages: Mapping[str, Page]
    """By source path."""
    listings: tuple[Listing, ...]
    redirects: tuple[Redirect, ...]
    feeds: tuple[Feed, ...]
    assets: tuple[tuple[str, Asset], ...]
    """(output path, asset): the files beside the sources."""
    featured: tuple[str, ...] = ()
    """Source paths of the newest post and the newest poem, for the home page."""
    problems: tuple[Problem, ...] = ()


# --- what goes out ---------------------------------------------------------------------------


class Artifact(Value, frozen=True):
    """A file of the output: its bytes, or the file on this disk that it copies."""

    path: str
    media_type: str
    digest: str
    made_from: tuple[str, ...]
    data: bytes | None = None
    file: str | None = None


class LeftOut(Value, frozen=True):
    """A source that this build did not publish, and why."""

    path: str
    why: str


class Snapshot(Value, frozen=True):
    """A whole output, in memory, and what was learnt on the way."""

    artifacts: Mapping[str, Artifact]
    problems: tuple[Problem, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
