"""Why an output was made again: the digests of its parts beside those of the build before.

Comes in: two plans, and the knots that they point to. Goes out: reasons in words, for `explain`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from sitegen.build.knot import Knot
from sitegen.build.pieces import Piece
from sitegen.build.stage import Made, Memory, Parsed, recall

WORDS = {
    "previous": "the older neighbour that it links to",
    "next": "the newer neighbour that it links to",
    "series": "its place in its series",
    "backlinks": "the pages that link to it",
    "links": "where its links lead",
    "images": "its images",
    "image": "its picture",
    "tags": "its tags, or how they are called",
    "document": "what it says of itself: title, date, tags and the like",
    "url": "its address",
    "entries": "the pages that it lists",
    "count": "how many pages the list has",
    "older": "the page of the list that follows",
    "target": "where it leads",
}


def reasons(
    memory: Memory,
    knot: Knot,
    made: Sequence[Made],
    sources: Mapping[str, Parsed],
    templates: Mapping[str, bytes],
) -> dict[str, tuple[str, ...]]:
    """By name of each piece that no earlier build had made, what it saw that is new."""
    former = memory.former
    if former is None:
        return {each.name: (memory.why,) for each in made}
    before = {each.name: each for each in former.made}
    keys = {each.key for each in former.made}
    again = [each for each in made if each.key not in keys]
    if not again:
        return {}
    pieces = {piece.name: piece for piece in knot.pieces}
    own = [each.name for each in again if each.name in before and each.own != before[each.name].own]
    known = recall(memory.memo, former.knot, Knot) if own else None
    old = {piece.name: piece for piece in known.pieces} if known else {}
    texts = {path for path, row in sources.items() if row.key != _key(former.sources.get(path))}
    changed = sorted(
        name
        for name in {*templates, *former.templates}
        if templates.get(name) != former.templates.get(name)
    )
    found: dict[str, tuple[str, ...]] = {}
    for each in again:
        if each.name not in before:
            found[each.name] = ("it is new",)
            continue
        piece = pieces[each.name]
        why = _changes(before[each.name], each, old.get(each.name), piece, changed)
        told = (*why, *(f"the text of {path}" for path in piece.shows if path in texts))
        found[each.name] = told or ("its mark, or a number of the site in its text",)
    return found


def _key(row: Parsed | None) -> bytes:
    return row.key if row else b""


def _changes(
    before: Made, now: Made, old: Piece | None, piece: Piece, templates: Sequence[str]
) -> Iterator[str]:
    """Which parts of a piece differ, but for texts."""
    if before.template != now.template:
        yield f"the templates: {', '.join(templates)}" if templates else "a static file's address"
    if before.whole != now.whole:
        yield "what every page says of the site: its title, its navigation and the like"
    if before.own != now.own:
        one = msgspec.msgpack.decode(old.own) if old and old.own else None
        other = msgspec.msgpack.decode(piece.own) if piece.own else None
        if not (isinstance(one, dict) and isinstance(other, dict)):
            yield "the pages that it is made of"
            return
        fields = list(_different(one, other))
        yield from (WORDS.get(name, f"its {name}") for name in fields)
        if not fields:
            yield "the pages that it shows"


def _different(one: dict[str, Any], other: dict[str, Any]) -> Iterator[str]:
    """The fields in which two encoded values differ."""
    return (name for name in sorted({*one, *other}) if one.get(name) != other.get(name))
