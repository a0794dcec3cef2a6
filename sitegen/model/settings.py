"""What comes in: sources, assets and configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from sitegen.errors import Span

Kind = Literal["post", "poem", "page"]


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every value here."""


class Source(Value, frozen=True):
    """A Markdown file as text: decoded, without BOM, one newline character a line end."""

    path: str
    text: str
    digest: str


class Asset(Value, frozen=True):
    """A file that is published as it is. `file` is where it lies on this disk.

    `digest` is the SHA-256 of its bytes, of which there are `size`.
    """

    path: str
    file: str
    digest: str
    size: int = 0


class Section(Value, frozen=True):
    """`[sections.NAME]` of `site.toml`: what is so for every source in `content/NAME/`."""

    name: str
    kind: Kind | None = None
    """`post`, `poem` or `page`; the folder's name tells where it is left out."""
    title: str | None = None
    """The heading of its list, and its name in the navigation."""
    permalink: str | None = None
    """A pattern of `{year}`, `{month}`, `{day}`, `{slug}` and `{section}`: `/{year}/{slug}/`."""
    paginate: int | None = None
    """Entries on a page of its list; that of the site where it is left out."""


class MarkupConfig(Value, frozen=True):
    """`[markup]` of `site.toml`: what a source may use, and the most that it may cost."""

    macros: Mapping[str, str] = {}
    r"""TeX commands of your own: `macros = { R = '\mathbb{R}' }`."""
    max_seconds: float = 5.0
    """Seconds that one source may take."""
    max_bytes: int = 5_000_000
    """Bytes that one source may have."""


class Hosting(Value, frozen=True):
    """`[hosting]` of `site.toml`: what is written for the server beside the files themselves."""

    server: str = ""
    """Whose headers and redirects are written: `netlify`, `cloudflare-pages` or `nginx`."""
    compress: bool = False
    """Whether what gets smaller has a `.gz` beside it (and `.br`, with `sitegen[brotli]`)."""

    @property
    def is_asked(self) -> bool:
        """Whether anything is to be written at all."""
        return bool(self.server) or self.compress


SERVERS = ("netlify", "cloudflare-pages", "nginx")


class Images(Value, frozen=True):
    """`[images]` of `site.toml`: the copies that are made of each picture; none where empty."""

    formats: tuple[str, ...] = ()
    """Formats of the copies, the best first; with `widths` alone, both: `["avif", "webp"]`."""
    widths: tuple[int, ...] = ()
    """Widths of the copies, in pixels; with `formats` alone, `[480, 960, 1600]`."""


class Config(Value, frozen=True):
    """`site.toml`, checked. `url` ends with a slash; `base` is its path, `/` or `/blog/`."""

    title: str
    """The name of the site; the host of `url` where it is left out."""
    url: str
    """Where the site will be read: absolute, with a path (`/blog/`) if it has one."""
    base: str
    description: str = ""
    """A sentence for the home page and for search engines."""
    author: str = ""
    """Who wrote the sources that name nobody."""
    language: str = "en"
    """Of sources that name none."""
    timezone: str = "UTC"
    """Of dates without an offset: `Europe/Berlin`."""
    paginate: int = 10
    """Entries on a page of the home page and of section lists."""
    sections: Mapping[str, Section] = {}
    markup: MarkupConfig = MarkupConfig()
    hosting: Hosting = Hosting()
    images: Images = Images()
    redirects: Mapping[str, str] = {}
    """Addresses that lead elsewhere, here or with `https://`: `"/old/" = "/new/"`."""
    gone: tuple[str, ...] = ()
    """Addresses that were published once and are no more."""
    places: Mapping[str, Span] = {}
    """Where these two are typed, by address."""
    search: bool = False
    """Whether there is a page at `/search/` that finds words and lines of verse."""
    cards: bool = False
    """Whether each page without an `image:` gets a picture for those who link to it."""
    marks: str = ""
    """The model whose attention to a title is its mark; none where empty."""
    first_lines: bool = True
    """Whether there is a list of the first lines of poems, where there are poems."""
    sidenotes: bool = True
    """Whether there is a list of all notes, where there are notes."""
    tag_feeds: bool = True
    """Whether each tag has a feed of its own."""
    sources: bool = True
    """Whether the Markdown of each page is published beside it."""
    deploy: Mapping[str, Mapping[str, Any]] = {}


class Settings(Value, frozen=True):
    """All that `parse` may know beside the source itself."""

    kind: Kind
    kind_origin: str
    language: str = "en"
    timezone: str = "UTC"
    author: str = ""
    macros: Mapping[str, str] = {}
