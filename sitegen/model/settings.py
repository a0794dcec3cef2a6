"""What comes in: sources, assets and configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

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
    title: str | None = None
    permalink: str | None = None
    paginate: int | None = None


class MarkupConfig(Value, frozen=True):
    """`[markup]` of `site.toml`: what a source may use, and the most that it may cost."""

    macros: Mapping[str, str] = {}
    max_seconds: float = 5.0
    max_bytes: int = 5_000_000


class Hosting(Value, frozen=True):
    """`[hosting]` of `site.toml`: what is written for the server beside the files themselves."""

    server: str = ""
    """Whose files of headers and redirects are written: a name of `SERVERS`, or none."""
    compress: bool = False
    """Whether files have compressed siblings."""

    @property
    def is_asked(self) -> bool:
        """Whether anything is to be written at all."""
        return bool(self.server) or self.compress


SERVERS = ("netlify", "cloudflare-pages", "nginx")


class Images(Value, frozen=True):
    """`[images]` of `site.toml`: the copies that are made of each picture; none where empty."""

    formats: tuple[str, ...] = ()
    widths: tuple[int, ...] = ()


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
    hosting: Hosting = Hosting()
    images: Images = Images()
    redirects: Mapping[str, str] = {}
    """Addresses that lead elsewhere: `"/old/" = "/new/"`."""
    gone: tuple[str, ...] = ()
    """Addresses that were published once and are no more."""
    search: bool = False
    cards: bool = False
    """Whether pages without an `image:` get a picture for those who link to them."""
    marks: str = ""
    """The model whose attention to a title is its mark; none where empty."""
    first_lines: bool = True
    sidenotes: bool = True
    """Whether the site has these pages, where it has poems or notes."""
    deploy: Mapping[str, Mapping[str, Any]] = {}


class Settings(Value, frozen=True):
    """All that `parse` may know beside the source itself."""

    kind: Kind
    kind_origin: str
    language: str = "en"
    timezone: str = "UTC"
    author: str = ""
    macros: Mapping[str, str] = {}
