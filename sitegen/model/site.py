"""All documents tied together, and the files that they become."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from sitegen.errors import Problem
from sitegen.model.document import Document, Moment
from sitegen.model.settings import Asset, Kind, Value


class Variant(Value, frozen=True):
    """A smaller copy of an image, or one in another format; `width` in pixels."""

    src: str
    type: str
    width: int


class ImageFile(Value, frozen=True, omit_defaults=True):
    """Where an image is, and its size in pixels where the file tells."""

    src: str
    width: int | None = None
    height: int | None = None
    variants: tuple[Variant, ...] = ()
    """Copies that a browser may take instead, the best format first, from narrow to wide."""


class TagLink(Value, frozen=True, array_like=True):
    """A tag as a page shows it: its name, and the address of its list."""

    name: str
    url: str


class TagRef(TagLink, frozen=True, array_like=True):
    """A tag in a list of tags. Pages are not told the count: a post more would change them all."""

    count: int


class PageRef(Value, frozen=True, array_like=True):
    """What another page shows of a page. `path` is its source."""

    path: str
    url: str
    title: str
    kind: Kind
    date: Moment | None
    description: str
    draft: bool = False
    opening: str = ""
    """The first line of a poem, as plain text."""


class SeriesPlace(Value, frozen=True, array_like=True):
    """Where a page stands in its series: `number` of `count`, at the series' address."""

    name: str
    url: str
    number: int
    count: int
    previous: PageRef | None = None
    next: PageRef | None = None


class Page(Value, frozen=True, omit_defaults=True):
    """A document with its address and its neighbours."""

    url: str
    output: str
    document: Document
    links: tuple[str, ...]
    """Resolved `document.links`, index by index."""
    images: tuple[ImageFile, ...]
    tags: tuple[TagLink, ...] = ()
    previous: PageRef | None = None
    next: PageRef | None = None
    source_url: str = ""
    """The address of its Markdown source."""
    image: ImageFile | None = None
    """The picture that stands for it where it is shared (`image:`)."""
    card: ImageFile | None = None
    """The picture that the build makes for that, where the source names none."""
    id: str = ""
    """Its id in feeds, for ever: its first address, absolute."""
    series: SeriesPlace | None = None
    backlinks: tuple[PageRef, ...] = ()
    """Pages whose text links to it, newest first."""


ListingKind = Literal[
    "home", "section", "archive", "tags", "tag", "series", "lines", "sidenotes", "search"
]


class Listing(Value, frozen=True, omit_defaults=True):
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
    shards: int = 0
    """Of the page for searching, how many files of texts there are beside it."""


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
    search: str = ""
    first_lines: str = ""
    sidenotes: str = ""
    colophon: str = ""
    """The addresses of these pages, "" where the site has none."""
    mark: str = ""
    """The attention matrix of its title as inline SVG; empty where no model read it."""
    icon: str = ""
    """The address of its icon, where that is its mark."""


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
    urls: bytes = b""
    """What `urls.lock` is to hold from now on."""
    problems: tuple[Problem, ...] = ()


class Artifact(Value, frozen=True):
    """A file of the output: its bytes, or the file on this disk that it copies.

    `digest` is the SHA-256 of its bytes, in hexadecimal digits.
    """

    path: str
    media_type: str
    digest: str
    made_from: tuple[str, ...]
    data: bytes | None = None
    file: str | None = None


class Entry(Value, frozen=True):
    """What is known of a file of the output without its bytes; `type` is its media type."""

    sha256: str
    size: int
    type: str
    immutable: bool = False
    """Whether its name carries its digest, so that it may be cached for ever."""


class LeftOut(Value, frozen=True):
    """A source that this build did not publish, and why."""

    path: str
    why: str


class Snapshot(Value, frozen=True):
    """A whole output, in memory, and what was learnt on the way."""

    artifacts: Mapping[str, Artifact]
    problems: tuple[Problem, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    entries: Mapping[str, Entry] = {}
    """By path, what is known already of an artifact, so that its bytes need not be asked for."""
    staged: Collection[str] = ()
    """The paths of those that are beside the output already, where they are to be published."""
