"""Which piece of a knot is behind which path: what is known before anything is rendered."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from sitegen.build.knot import Knot
from sitegen.build.pieces import Piece
from sitegen.model import Feed, Listing, Page, Redirect
from sitegen.routes import source_output


def pages_of(knot: Knot) -> dict[str, Piece]:
    """The pieces that are pages, by source path."""
    return {piece.name: piece for piece in knot.pieces if piece.kind == "page"}


def places_of(knot: Knot) -> Iterator[tuple[str, Piece]]:
    """Each path with its piece; the files of figures are not known yet."""
    for piece in knot.pieces:
        match piece.kind:
            case "page":
                page = msgspec.msgpack.decode(piece.own, type=Page)
                if not piece.introduces:
                    yield page.output, piece
                if page.source_url:
                    yield source_output(page.output), piece
            case "listing":
                yield msgspec.msgpack.decode(piece.own, type=Listing).output, piece
            case "redirect":
                yield msgspec.msgpack.decode(piece.own, type=Redirect).output, piece
            case "feed":
                output = msgspec.msgpack.decode(piece.own, type=Feed).output
                yield f"{output}.xml", piece
                yield f"{output}.json", piece
            case "not_found" | "sitemap" | "robots" | "shard" | "icon" | "copy" | "card":
                yield piece.name, piece
