"""A site to pieces: what each call of a renderer sees, encoded, with its digest.

Comes in: a `Site`, and the pictures that are to be made. Goes out: a `Piece` for each page, list
and feed. A piece whose digest stayed as it was need not be rendered again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from msgspec.structs import replace

from sitegen.build.gallery import Gallery
from sitegen.build.stage import encode
from sitegen.memo import digest
from sitegen.model import Document, Site, Value
from sitegen.routes import UNPLACED

Kind = Literal[
    "page",
    "listing",
    "redirect",
    "feed",
    "not_found",
    "sitemap",
    "robots",
    "shard",
    "icon",
    "copy",
    "card",
]


class Piece(Value, frozen=True, array_like=True):
    """What one call of a renderer sees, but for the texts of sources."""

    kind: Kind
    name: str
    """A source path, an address or a file: unique in a site without mistakes."""
    template: str = ""
    own: bytes = b""
    """The page (with an empty document that has the `Meta`), the listing, redirect or feed."""
    digest: bytes = b""
    shows: tuple[str, ...] = ()
    """The sources whose texts it shows."""
    introduces: bool = False
    """Whether it is shown at the head of a listing only."""


def pieces_of(site: Site) -> Iterator[Piece]:
    """One piece for each page, listing, redirect and feed."""
    from sitegen.feeds import locations
    from sitegen.templates import PAGE_TEMPLATES

    # A page that introduces a listing is shown at the head of it, and nowhere else.
    intros = frozenset(listing.intro for listing in site.listings)
    digests: dict[str, bytes] = {}
    for path, page in site.pages.items():
        own = encode(replace(page, document=_bare(page.document)))
        digests[path] = digest(own)
        yield Piece(
            kind="page",
            name=path,
            template="" if path in intros else PAGE_TEMPLATES[page.document.meta.kind],
            own=own,
            digest=digests[path],
            shows=() if page.output.startswith(UNPLACED) else (path,),
            introduces=path in intros,
        )
    for listing in site.listings:
        first = listing.kind == "home" and listing.number == 1
        shows = [*filter(None, [listing.intro]), *(site.featured if first else ())]
        shows += [entry.path for entry in listing.entries if listing.kind == "sidenotes"]
        yield _piece("listing", listing.url, f"{listing.kind}.html", listing, shows, digests)
        yield from _shards(listing.shards, site)
    for redirect in site.redirects:
        yield _piece("redirect", redirect.url, "redirect.html", redirect, (), digests)
    for feed in site.feeds:
        yield _piece("feed", f"{feed.output}.xml", "", feed, feed.entries, digests)
    yield _piece("not_found", "404.html", "404.html", None, (), digests)
    yield _piece("sitemap", "sitemap.xml", "", locations(site), (), digests)
    yield _piece("robots", "robots.txt", "", None, (), digests)


def _shards(count: int, site: Site) -> Iterator[Piece]:
    """The texts that can be searched, none of a draft; each piece has the addresses of its own."""
    if not count:
        return
    from sitegen.search import path_of, share_out

    found = {
        path: page.url
        for path, page in site.pages.items()
        if not page.document.meta.draft and not page.output.startswith(UNPLACED)
    }
    for number, paths in enumerate(share_out(found, count)):
        own = encode([found[path] for path in paths])
        yield Piece(
            kind="shard", name=path_of(number), own=own, digest=digest(own), shows=tuple(paths)
        )


def _piece(  # noqa: PLR0913, PLR0917
    kind: Kind,
    name: str,
    template: str,
    value: object,
    shows: Sequence[str],
    digests: Mapping[str, bytes],
) -> Piece:
    own = encode(value)
    return Piece(
        kind=kind,
        name=name,
        template=template,
        own=own,
        digest=sum_of(own, shows, digests),
        shows=tuple(shows),
    )


def sum_of(own: bytes, shows: Sequence[str], digests: Mapping[str, bytes]) -> bytes:
    """The digest of what holds `own` and shows these sources, whose pages have these digests."""
    return digest(own, *(digests[path] for path in shows))


def pictures_of(gallery: Gallery) -> Iterator[Piece]:
    """One piece for each copy of an image, and for each card; no text has a part in them."""
    for kind, name, value in gallery.pieces():
        yield _piece(kind, name, "", value, (), {})


def _bare(document: Document) -> Document:
    """What other pages and the sitemap may know of it."""
    return Document(path=document.path, digest="", meta=document.meta, origins={}, body=(), lead=())
