"""Pieces in which nothing changed but what posts and poems are called, and what is said of them.

Comes in: outlines then and now, and the pieces of the build before. Goes out: whether nothing but
words changed that other pages only show, no address, no order and no list; then the pieces that
tying all sources anew comes to, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from sitegen.build.outline import plain_of
from sitegen.build.pieces import Piece, sum_of
from sitegen.build.stage import encode
from sitegen.memo import digest
from sitegen.model import Document, Listing, Meta, Page, PageRef, SeriesPlace
from sitegen.routes import is_index

MOST = 20
"""Sources; for each of them all pieces are looked through."""
WORDS = frozenset({"title", "description"})


def is_only_shown(old: Document, now: Document) -> bool:
    """Whether nothing but words differ, which name neither a list nor the navigation."""
    named = now.meta.kind == "page" or is_index(now) or now.card
    return not named and _without_words(old) == _without_words(now)


def retitled(former: Sequence[Piece], metas: Mapping[str, Meta]) -> Iterator[Piece]:
    """The pieces with the words of these sources, of which nothing else changed."""
    words = _Words(metas)
    pieces = [words.in_piece(each) for each in former]
    both = zip(former, pieces, strict=True)
    changed = frozenset(now.name for old, now in both if old.own != now.own)
    return _summed(pieces, changed)


def _without_words(document: Document) -> bytes:
    origins = {name: each for name, each in document.origins.items() if name not in WORDS}
    meta = replace(document.meta, title="", description="")
    return plain_of(replace(document, meta=meta, origins=origins))


def _summed(pieces: Sequence[Piece], changed: frozenset[str]) -> Iterator[Piece]:
    """The pieces, those that show a changed page with another digest."""
    digests = {piece.name: piece.digest for piece in pieces if piece.kind == "page"}
    for each in pieces:
        shows = each.kind in {"listing", "feed"}
        if shows and not changed.isdisjoint((each.name, *each.shows)):
            yield replace(each, digest=sum_of(each.own, each.shows, digests))
        else:
            yield each


class _Words:
    """What sources say of themselves now, by path."""

    def __init__(self, metas: Mapping[str, Meta]) -> None:
        self._metas = metas
        self._names = [encode(path) for path in metas]  # as they stand in every piece with a page

    def in_piece(self, piece: Piece) -> Piece:
        """The piece with these words."""
        if not any(name in piece.own for name in self._names):
            return piece
        if piece.kind == "page":
            own = encode(self._in_page(msgspec.msgpack.decode(piece.own, type=Page)))
            return replace(piece, own=own, digest=digest(own))
        if piece.kind == "listing":
            listing = msgspec.msgpack.decode(piece.own, type=Listing)
            entries = tuple(map(self._in_ref, listing.entries))
            return replace(piece, own=encode(replace(listing, entries=entries)))
        return piece

    def _in_page(self, page: Page) -> Page:
        document, path = page.document, page.document.path
        return replace(
            page,
            document=replace(document, meta=self._metas.get(path, document.meta)),
            previous=page.previous and self._in_ref(page.previous),
            next=page.next and self._in_ref(page.next),
            series=page.series and self._in_place(page.series),
            backlinks=tuple(map(self._in_ref, page.backlinks)),
        )

    def _in_place(self, place: SeriesPlace) -> SeriesPlace:
        return replace(
            place,
            previous=place.previous and self._in_ref(place.previous),
            next=place.next and self._in_ref(place.next),
        )

    def _in_ref(self, ref: PageRef) -> PageRef:
        meta = self._metas.get(ref.path)
        return replace(ref, title=meta.title, description=meta.description) if meta else ref
