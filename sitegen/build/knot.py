"""Outlines to a plan of all that is to be rendered, in pieces that are remembered one by one.

Comes in: what was parsed, and the plan of the build before. Goes out: a `Knot`: for each page,
list and feed the values that it is rendered from, encoded, with their digest. Where no outline
changed, the knot is that of the build before and nothing is tied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from sitegen.build.gallery import Files, Gallery, missing
from sitegen.build.parsing import outlines
from sitegen.build.record import problems_of, record_of
from sitegen.build.stage import Choice, Inputs, Memory, Parsed, Plan, encode, recall, span_of_days
from sitegen.errors import Problem
from sitegen.images import image_size
from sitegen.ledger import with_texts
from sitegen.memo import digest
from sitegen.model import Asset, Document, LeftOut, Site, SiteInfo, Value
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
        knot = recall(memory.memo, former.knot, Knot)
        texts = {row.path: row.text for row in rows if row.text != former.sources[row.path].text}
        if knot and _holds(knot, former, rows, choice.now) and not (texts and knot.reads_texts):
            for each in knot.left_out:
                texts.pop(each.path, None)
            return knot, former.knot, with_texts(inputs.urls, texts)
    gallery = Gallery(inputs.config, memory, copies or {})
    knot, urls = _tie(inputs, rows, static, choice, memory, gallery)
    raw = encode(knot)
    key = digest(b"knot", raw)
    memory.memo.put(key, raw)
    return knot, key, urls


def _same_inputs(former: Plan, inputs: Inputs, rows: Sequence[Parsed], choice: Choice) -> bool:
    """Whether the knot of a former build saw what this one would see, apart from places."""
    return (
        (former.drafts, former.future) == (choice.drafts, choice.future)
        and former.config == digest(encode(inputs.config))
        and former.files == files_digest(inputs)
        and _same_urls(former, inputs, choice)
        and len(former.sources) == len(rows)
        and all(
            row.plain and row.path in former.sources and former.sources[row.path].plain == row.plain
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
        pieces=(*_pieces(site), *_pictures(gallery)),
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


def _pieces(site: Site) -> Iterator[Piece]:
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
        digest=digest(own, *(digests[path] for path in shows)),
        shows=tuple(shows),
    )


def _pictures(gallery: Gallery) -> Iterator[Piece]:
    """One piece for each copy of an image, and for each card; no text has a part in them."""
    for kind, name, value in gallery.pieces():
        yield _piece(kind, name, "", value, (), {})


def _bare(document: Document) -> Document:
    """What other pages and the sitemap may know of it."""
    return Document(path=document.path, digest="", meta=document.meta, origins={}, body=(), lead=())
