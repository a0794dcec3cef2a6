"""Outlines to a plan of all that is to be rendered, in pieces that are remembered one by one.

Comes in: what was parsed, and the plan of the build before. Goes out: a `Knot`: for each page,
list and feed the values that it is rendered from, encoded, with their digest. Where no outline
changed, the knot is that of the build before and nothing is tied; nor where only words did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from sitegen.build.gallery import Files, Gallery, missing
from sitegen.build.outline import Outline
from sitegen.build.parsing import outlines
from sitegen.build.pieces import Piece, pictures_of, pieces_of
from sitegen.build.record import problems_of, record_of
from sitegen.build.stage import (
    Choice,
    Inputs,
    Memory,
    Parsed,
    Plan,
    encode,
    outline_key,
    recall,
    span_of_days,
)
from sitegen.errors import Problem
from sitegen.images import image_size
from sitegen.ledger import with_texts
from sitegen.memo import digest
from sitegen.model import Asset, Document, LeftOut, Meta, SiteInfo, Value


class Knot(Value, frozen=True):
    """A site that is ready to be rendered, and what was found out on the way."""

    info: SiteInfo
    pieces: tuple[Piece, ...]
    featured: tuple[str, ...]
    copies: tuple[tuple[str, str], ...]
    """(output path, asset path)"""
    left_out: tuple[LeftOut, ...]
    problems: tuple[Problem, ...]
    spare: frozenset[str]
    """Paths of copies of images that are not worth their files: no page names them."""
    placed: frozenset[str]
    """Sources whose places are in `problems`: they have to stay where they are."""
    since: datetime | None
    until: datetime | None
    """Between these instants the same sources are published."""
    reads_texts: bool = False
    """Whether sources are gone while others are new: a text may tell that two are one."""


def tie(  # noqa: PLR0913, PLR0917
    inputs: Inputs,
    rows: Sequence[Parsed],
    static: Mapping[str, Asset],
    choice: Choice,
    memory: Memory,
    copies: Mapping[bytes, Files] | None = None,
) -> tuple[Knot, bytes, bytes]:
    """The knot of these sources, its key in the memo, and what `urls.lock` is to be.

    `copies`: by key, what became of copies of images, where some were made since it was tied.
    Raises an ExceptionGroup of LockErrors where `urls.lock` is damaged.
    """
    former = None if copies else memory.former
    if former and _same_inputs(former, inputs, rows, choice):
        knot, key = _known(former, rows, choice.now, memory)
        texts = {row.path: row.text for row in rows if row.text != former.sources[row.path].text}
        if knot and not (texts and knot.reads_texts):
            for each in knot.left_out:
                texts.pop(each.path, None)
            return knot, key or _keep(knot, memory), with_texts(inputs.urls, texts)
    gallery = Gallery(inputs.config, memory, copies or {})
    knot, urls = _tie(inputs, rows, static, choice, memory, gallery)
    return knot, _keep(knot, memory), urls


def _keep(knot: Knot, memory: Memory) -> bytes:
    """Remember a knot; its key. What a piece holds is known by its digest."""
    bare = replace(knot, pieces=tuple(replace(each, own=b"") for each in knot.pieces))
    key = digest(b"knot", encode(bare))
    memory.memo.put(key, encode(knot))
    return key


def _known(
    former: Plan, rows: Sequence[Parsed], now: datetime, memory: Memory
) -> tuple[Knot | None, bytes]:
    """The knot of the build before and its key; one with other words, where only those changed."""
    others = [row for row in rows if row.plain != former.sources[row.path].plain]
    words = _words_of(others, former, memory) if others else {}
    knot = None if words is None else recall(memory.memo, former.knot, Knot)
    if knot is None or not _holds(knot, former, rows, now):
        return None, b""
    if not words:
        return knot, former.knot
    from sitegen.build.retitling import retitled

    return replace(knot, pieces=tuple(retitled(knot.pieces, words))), b""


def _words_of(rows: Sequence[Parsed], former: Plan, memory: Memory) -> dict[str, Meta] | None:
    """By source, what it says of itself now; None where more than words is another."""
    from sitegen.build.retitling import MOST, is_only_shown

    words: dict[str, Meta] = {}
    for row in rows if len(rows) <= MOST else ():
        old, new = (
            recall(memory.memo, outline_key(each.key), Outline)
            for each in (former.sources[row.path], row)
        )
        if old and new and is_only_shown(old.document, new.document):
            words[row.path] = new.document.meta
    return words if len(words) == len(rows) else None


def _same_inputs(former: Plan, inputs: Inputs, rows: Sequence[Parsed], choice: Choice) -> bool:
    """Whether the knot of a former build saw what this one would see, apart from the sources."""
    return (
        (former.drafts, former.future) == (choice.drafts, choice.future)
        and former.config == digest(encode(inputs.config))
        and former.files == files_digest(inputs)
        and _same_urls(former, inputs, choice)
        and len(former.sources) == len(rows)
        and all(
            row.plain and row.path in former.sources and former.sources[row.path].plain
            for row in rows
        )
    )


def _same_urls(former: Plan, inputs: Inputs, choice: Choice) -> bool:
    """Whether `urls.lock` is as the former build made it, or found it and left it alone."""
    found, made = former.urls
    now = digest(inputs.urls)
    return now == made or (now == found and (choice.drafts or choice.future))


def _holds(knot: Knot, former: Plan, rows: Sequence[Parsed], now: datetime) -> bool:
    """Whether what it says of places and of the day is so still."""
    return is_current(knot.since, knot.until, now) and all(
        row.path not in knot.placed or row.placed == former.sources[row.path].placed for row in rows
    )


def is_current(since: datetime | None, until: datetime | None, now: datetime) -> bool:
    """Whether `now` is between two instants at which something is published."""
    return (since is None or since <= now) and (until is None or now < until)


def files_digest(inputs: Inputs) -> bytes:
    """Of all that is copied."""
    copied = [
        [(each.path, each.digest) for each in part] for part in (inputs.assets, inputs.static)
    ]
    return digest(encode(copied))


# --- tying ---------------------------------------------------------------------------------------


def _tie(  # noqa: PLR0913, PLR0917
    inputs: Inputs,
    rows: Sequence[Parsed],
    static: Mapping[str, Asset],
    choice: Choice,
    memory: Memory,
    gallery: Gallery,
) -> tuple[Knot, bytes]:
    from sitegen.site import assemble  # most builds need neither
    from sitegen.site.selection import own_files, select

    originals = {original.path: original for original in inputs.originals}
    documents = outlines(rows, originals, inputs.config, memory)
    zone = inputs.config.timezone
    published, left_out = select(
        documents, now=choice.now, timezone=zone, drafts=choice.drafts, future=choice.future
    )
    chosen = {each.path for each in published}
    others = [each for each in documents if each.path not in chosen]
    left_out += tuple(own_files(others, published, inputs.assets, inputs.config))
    secret = {each.path for each in left_out}
    record = record_of(inputs, rows, documents, chosen, choice)
    site = assemble(
        published,
        inputs.config,
        [asset for asset in inputs.assets if asset.path not in secret],
        lambda asset: image_size(asset.file),
        left_out=left_out,
        failed=[row.path for row in rows if not row.plain],
        static=static,
        pictures=None if missing(inputs.config) else gallery,
        record=record,
    )
    problems = list(problems_of(site, documents, secret, choice))
    problems += missing(inputs.config)
    since, until = _span_of(documents, choice, ZoneInfo(zone))
    knot = Knot(
        info=site.info,
        pieces=(*pieces_of(site), *pictures_of(gallery)),
        featured=site.featured,
        copies=tuple((output, asset.path) for output, asset in site.assets),
        left_out=left_out,
        problems=tuple(problems),
        spare=gallery.left_out,
        placed=frozenset(each.span.path for each in problems if each.span),
        since=since,
        until=until,
        reads_texts=record.reads_texts,
    )
    return knot, site.urls


def _span_of(
    documents: Sequence[Document], choice: Choice, zone: ZoneInfo
) -> tuple[datetime | None, datetime | None]:
    begins = [each.meta.date.begins(zone) for each in documents if each.meta.date]
    return span_of_days([] if choice.future else begins, choice.now)
