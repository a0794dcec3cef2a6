"""One piece of a knot to the files that it becomes: a page, a list, a feed.

Comes in: a `Piece`, and the texts of the sources that it shows. Goes out: their artifacts, or the
mistake that stood in the way. This is where the theme, the media and the feeds are loaded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from sitegen import feeds, templates
from sitegen.budget import time_limit
from sitegen.build.gallery import CardOf
from sitegen.build.knot import Knot
from sitegen.build.parsing import Text
from sitegen.build.pieces import Piece
from sitegen.build.stage import Files, Rendered, encode
from sitegen.errors import SiteError, TemplateError
from sitegen.model import (
    Artifact,
    Asset,
    Entry,
    Feed,
    Listing,
    Page,
    Redirect,
    Site,
)
from sitegen.routes import media_type, source_output
from sitegen.search import write_shard

PAGE_SECONDS = 5.0
T = TypeVar("T")
Read = Callable[[str], Text]


class Pages(Mapping[str, Page]):
    """The pages of a knot by source path, each decoded when it is asked for, with its text."""

    def __init__(self, pieces: Iterable[Piece], read: Read | None) -> None:
        self._own = {piece.name: piece.own for piece in pieces if piece.kind == "page"}
        self._read = read

    def __getitem__(self, path: str) -> Page:
        page = msgspec.msgpack.decode(self._own[path], type=Page)
        return replace(page, document=self._read(path).document) if self._read else page

    def __iter__(self) -> Iterator[str]:
        return iter(self._own)

    def __len__(self) -> int:
        return len(self._own)


def site_of(knot: Knot, assets: Mapping[str, Asset] | None, read: Read | None) -> Site:
    """The knot as a `Site` again; without `read` its documents have no text."""
    return Site(
        info=knot.info,
        pages=Pages(knot.pieces, read),
        listings=_all(knot, "listing", Listing),
        redirects=_all(knot, "redirect", Redirect),
        feeds=_all(knot, "feed", Feed),
        assets=tuple((output, assets[path]) for output, path in knot.copies) if assets else (),
        featured=knot.featured,
        problems=knot.problems,
    )


def _all(knot: Knot, kind: str, struct: type[T]) -> tuple[T, ...]:
    decoder = msgspec.msgpack.Decoder(struct)
    return tuple(decoder.decode(each.own) for each in knot.pieces if each.kind == kind)


@dataclass(frozen=True)
class Press:
    """What every piece is rendered with. `pages`: the pieces that are pages, by source path."""

    knot: Knot
    pages: Mapping[str, Piece]
    theme: templates.Theme
    read: Read
    find: Callable[[str], bytes]
    """What can be searched for in a source."""


Parts = tuple[Files, Mapping[str, str], Mapping[str, templates.Reach] | None]
"""What a theme is made of."""


class RenderWork:
    """The rendering of pieces, for processes of this machine or of another."""

    stage = "render"

    def __init__(self, pieces: Sequence[Piece], press: Press, theme: Parts) -> None:
        self._pieces, self._press, self._theme = pieces, press, theme

    def __call__(self, index: int) -> bytes:
        """The files of a piece."""
        return msgspec.msgpack.encode(render(self._pieces[index], self._press))

    def shared(self) -> bytes:
        """The theme, and what every page says of the site."""
        knot = replace(self._press.knot, pieces=(), copies=(), left_out=(), problems=())
        return encode((knot, self._theme))

    def task(self, index: int) -> bytes | None:
        """A piece with what it shows; None for one that is made of much of the site."""
        piece, press = self._pieces[index], self._press
        if piece.kind == "shard":
            return None
        shown = [(press.pages[path], press.read(path)) for path in piece.shows]
        return msgspec.msgpack.encode((piece, shown))


def render(piece: Piece, press: Press) -> Rendered:
    """The files of a piece, within its budget of time and memory."""
    try:
        with time_limit(PAGE_SECONDS):
            artifacts = tuple(_artifacts(piece, press))
    except SiteError as error:
        return Rendered(problems=(error.problem(),))
    except TimeoutError:
        return too_slow(piece, f"took longer than {PAGE_SECONDS:g} s")
    except MemoryError:
        return too_slow(piece, "needed too much memory")
    for_ever = piece.kind == "card"  # its name changes with what is in it
    return Rendered(artifacts, tuple((e.path, entry_of(e, immutable=for_ever)) for e in artifacts))


def too_slow(piece: Piece, why: str) -> Rendered:
    """What is left of a piece that cost too much."""
    drawn = piece.kind in {"copy", "card"}
    hint = "make the original smaller" if drawn else "make it smaller, or its template simpler"
    error = TemplateError(f"rendering {piece.name} {why}", hint=hint)
    return Rendered(problems=(error.problem(),))


def _artifacts(piece: Piece, press: Press) -> Iterator[Artifact]:
    knot, theme = press.knot, press.theme
    site = Site(
        info=knot.info,
        pages=Pages([press.pages[path] for path in piece.shows], press.read),
        listings=(),
        redirects=(),
        feeds=(),
        assets=(),
        featured=knot.featured,
    )
    match piece.kind:
        case "page":
            yield from _page(piece, site, press)
        case "listing":
            listing = msgspec.msgpack.decode(piece.own, type=Listing)
            yield templates.render_listing(theme, site, listing)
        case "redirect":
            redirect = msgspec.msgpack.decode(piece.own, type=Redirect)
            yield templates.render_redirect(theme, site, redirect)
        case "feed":
            feed = msgspec.msgpack.decode(piece.own, type=Feed)
            yield from feeds.render_feed(site, feed)
        case "not_found":
            yield templates.render_not_found(theme, site)
        case "sitemap":
            urls = msgspec.msgpack.decode(piece.own, type=list[tuple[str, str]])
            yield from feeds.sitemap(urls, knot.info.url)
        case "robots":
            yield feeds.robots(site)
        case "shard":
            pages = msgspec.msgpack.decode(piece.own, type=list[str])
            rows = zip(pages, map(press.find, piece.shows), strict=True)
            yield artifact(piece.name, write_shard(rows), piece.shows)
        case "icon" | "card":
            yield _drawing(piece, knot)


def _drawing(piece: Piece, knot: Knot) -> Artifact:
    """A picture that the program makes; NumPy is slow to import."""
    if piece.kind == "icon":
        from sitegen.figures.mark import as_icon

        return artifact(piece.name, as_icon(knot.info.mark).encode(), ("site.toml",))
    from sitegen.pictures.drawing import draw

    job = msgspec.msgpack.decode(piece.own, type=CardOf)
    return artifact(piece.name, draw(job.card, job.site), (job.source,))


def _page(piece: Piece, site: Site, press: Press) -> Iterator[Artifact]:
    """A page with its Markdown source and its figures beside it."""
    page, path = site.pages[piece.name], piece.name
    if not piece.introduces:
        yield templates.render_page(press.theme, site, page)
    if page.source_url:
        yield artifact(source_output(page.output), press.read(path).markdown.encode(), (path,))
    folder = PurePosixPath(page.output).parent
    for figure in page.document.figures:
        for name, text in figure.files.items():
            yield artifact(folder / name, text.encode(), (path,))


def artifact(path: PurePosixPath | str, data: bytes, made_from: tuple[str, ...]) -> Artifact:
    """An output file of these bytes."""
    return Artifact(
        path=str(path),
        media_type=media_type(str(path)),
        digest=hashlib.sha256(data).hexdigest(),
        made_from=made_from,
        data=data,
    )


def entry_of(made: Artifact, *, immutable: bool = False) -> Entry:
    """What is known of a file."""
    size = len(made.data or b"")
    return Entry(sha256=made.digest, size=size, type=made.media_type, immutable=immutable)
