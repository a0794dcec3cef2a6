"""A site that is served, and the pages of it that somebody looks at.

Comes in: an open site. Goes out: pages by the path of their address, with what the bar tells of
them. A page is rendered when it is first asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from html import escape
from unicodedata import normalize
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from sitegen.build.live import Live
from sitegen.discover.reading import open_regular
from sitegen.errors import Problem, SiteError
from sitegen.media import lines_in
from sitegen.model import Artifact, Config, Document, Value

HELD = 128 << 20  # bytes of pages and files that are kept ready
PACE = 230  # words that are read in a minute
INDEX = "index.html"


class Page(Value, frozen=True):
    """A file of the output as it is served, and of a text what the bar tells of it."""

    data: bytes
    type: str
    etag: str
    source: str | None = None
    words: int = 0
    lines: int = 0
    """Of verse."""
    minutes: int = 0
    note: str = ""
    """Why `build` would leave it out: a draft, or a date that is still to come."""


class Shown:
    """A site that is served. `held`: its pages that were asked for, by output path."""

    def __init__(self, live: Live, config: Config, now: datetime) -> None:
        self.live, self.config, self.now = live, config, now
        self.held: dict[str, Page] = {}

    def output(self, path: str) -> str:
        """The file of the output that a path of an address means; empty if it is outside."""
        if not path.startswith(self.config.base):
            return ""
        name = normalize("NFC", path.removeprefix(self.config.base))
        return name + INDEX if not name or name.endswith("/") else name

    def path(self, output: str) -> str:
        """The path of the address of a file of the output."""
        inside = output == INDEX or output.endswith(f"/{INDEX}")
        return self.config.base + (output.removesuffix(INDEX) if inside else output)

    def page(self, output: str) -> Page | None:
        """A file of the output, made ready; None if there is none, or the disk has lost it."""
        artifact = self.live.get(output)
        if artifact is None:
            return None
        if not isinstance(artifact, Artifact):
            return _failed(artifact)
        data = _bytes_of(artifact)
        if data is None:
            return None
        page = Page(data=data, type=artifact.media_type, etag=artifact.digest[:32])
        source = self.live.source_of(output)
        if source is None or not page.type.startswith("text/html"):
            return page
        return _described(page, self.live.document(source), self)

    def hold(self, output: str, page: Page) -> None:
        """Keep a page ready; what was asked for longest ago makes room."""
        self.held[output] = page
        size = sum(len(each.data) for each in self.held.values())
        while size > HELD and len(self.held) > 1:
            size -= len(self.held.pop(next(iter(self.held))).data)

    def keep(self, former: Shown, changed: Collection[str]) -> None:
        """Hold what was held before, but for outputs that may have other bytes now."""
        self.held = {path: page for path, page in former.held.items() if path not in changed}


def _failed(problems: Collection[Problem]) -> Page:
    """What takes the place of a page that cannot be rendered."""
    told = "\n".join(each.message for each in problems) or "the templates cannot be read"
    text = f"<!doctype html><html lang=en><title>Wrong</title><pre>{escape(told)}</pre></html>"
    data = text.encode()
    return Page(data=data, type="text/html; charset=utf-8", etag="")


def _bytes_of(artifact: Artifact) -> bytes | None:
    """What is in a file; a copy only as it was when the site was read."""
    if artifact.data is not None or artifact.file is None:
        return artifact.data
    with suppress(OSError, SiteError):
        with open(open_regular(artifact.file)[0], "rb") as stream:  # noqa: PTH123 - a descriptor
            data = stream.read()
        if hashlib.sha256(data).hexdigest() == artifact.digest:
            return data
    return None


def _described(page: Page, document: Document, shown: Shown) -> Page:
    meta = document.meta
    begins = meta.date.begins(ZoneInfo(shown.config.timezone)) if meta.date else shown.now
    note = f"dated {begins:%Y-%m-%d}, which is to come" if begins > shown.now else ""
    return replace(
        page,
        source=document.path,
        words=document.words,
        lines=lines_in(document.body),
        minutes=-(-document.words // PACE),
        note="draft" if meta.draft else note,
    )
