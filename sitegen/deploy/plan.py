"""What a run will do, decided before it does anything: pure.

Comes in: the files that are to be live, the books and the listing of the target. Goes out: a
`Plan`, the same for a dry run and a real one. Its phases are in the order in which nothing that a
reader can reach refers to what is not there: first what pages refer to, then pages and feeds that
nobody knows of yet, then those that are live already, then the books, and what is gone last.
Deletes come out of the books only, never out of a listing, which may lie or hold others' files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, get_args

from msgspec.structs import replace

from sitegen.deploy.releases import (
    File,
    Keeping,
    Kept,
    Kind,
    Past,
    Record,
    Stored,
    content_path,
    release_id,
    release_path,
)
from sitegen.deploy.target import RECORD, Headers
from sitegen.model import Value

Phase = Literal[
    "former contents",
    "fingerprinted assets",
    "assets",
    "new styles",
    "styles",
    "new pages",
    "new feeds",
    "new main feeds",
    "pages",
    "feeds",
    "record",
    "gone main feeds",
    "gone feeds",
    "gone pages",
    "gone styles",
    "gone assets",
]
PHASES: tuple[Phase, ...] = get_args(Phase)
Reason = Literal[
    "new",  # not there
    "changed",  # other bytes
    "headers",  # the same bytes, but a reader is to be told something else of them
    "damaged",  # not what was put there
    "foreign",  # not put there by sitegen
    "kept",  # a former content, for a rollback
    "gone",  # not in the site any more
    "expired",  # kept for long enough
    "release",  # the books
]
ENTRANCES = {"index.html", "404.html", "robots.txt", "sitemap.xml"}
"""What a reader or a crawler asks for without having seen a link to it."""
MAIN_FEEDS = {"feed.xml", "feed.json"}
"""What a feed reader tries by itself; a text in it may refer to any other feed."""
REFERRING = {
    "text/css",
    "text/javascript",
    "application/json",
    "application/manifest+json",
    "image/svg+xml",
}
"""Assets of these types may refer to other assets, and to each other."""
ORDER: dict[Kind | Literal["style"], tuple[Phase, Phase]] = {
    "immutable": ("fingerprinted assets", "fingerprinted assets"),
    "asset": ("assets", "assets"),
    "style": ("new styles", "styles"),
    "source": ("assets", "pages"),  # its page refers to it, and it to what its page refers to
    "page": ("new pages", "pages"),
    "feed": ("new feeds", "feeds"),
}
"""By kind, when a file goes that nobody knows of, and one that is live already."""
PRIVATE = Headers(content_type="application/json", cache_control="no-store")


class Step(Value, frozen=True):
    """One request that changes the target. `origin`: of a copy, the path that is copied."""

    phase: Phase
    action: Literal["put", "copy", "delete"]
    path: str
    reason: Reason
    bytes: int = 0
    origin: str | None = None


class Plan(Value, frozen=True):
    """All that a run does, and the books as they are before it and after it.

    `due` are the entries of what is deleted. `record` has no tags yet of what is put.
    """

    release: str
    steps: tuple[Step, ...]
    unchanged: tuple[str, ...]
    former: Record
    record: Record
    due: Mapping[str, Kept] = {}
    pending: Mapping[str, File] = {}


class Seen(Value, frozen=True):
    """A target as it was read: its books, its listing, and tags of what may be there already."""

    record: Record | None
    listing: Mapping[str, str]
    tags: Mapping[str, str] = {}
    """For paths that are pending with the bytes that are wanted now, the tag that those have."""


def make_plan(  # noqa: PLR0913 - a pure function of all that counts
    url: str,
    files: Mapping[str, File],
    seen: Seen,
    *,
    atomic: bool,
    keeping: Keeping,
    now: datetime,
) -> Plan:
    """What makes `files` live, and nothing but them and what is kept for a while."""
    former = seen.record or Record()
    puts = list(_puts(files, seen, former))
    same = not puts and _is_whole(former, url, files)
    stays = same and not atomic  # of what is published as a whole nothing is taken out
    number = former.number + 1
    copies = [] if atomic or same or not former.number else list(_copies(files, puts, seen, former))
    kept = _kept(files, former, number, now)
    for copy in copies:
        stored = Stored(file=File(sha256="", size=copy.bytes, kind="asset", headers=PRIVATE))
        kept[copy.path] = Kept(stored=stored, number=number, since=now)
    due = {path: k for path, k in kept.items() if k.due or keeping.is_over(k, number, now)}
    if same and not due:
        return Plan(former.release, (), tuple(files), former, former)
    past = (
        () if stays or not former.number else (Past(id=former.release, number=number, since=now),)
    )
    release = former.release if stays else release_id(files, number, now)
    steps = [*copies, *puts, *(_delete(path, each) for path, each in due.items())]
    steps.append(Step(phase="record", action="put", path=RECORD, reason="release"))
    put = {step.path for step in puts}
    return Plan(
        release=release,
        steps=tuple(sorted(steps, key=lambda step: (PHASES.index(step.phase), step.path))),
        unchanged=tuple(path for path in files if path not in put),
        former=former,
        record=Record(
            url=url,
            release=release,
            number=former.number if stays else number,
            files={path: _stored(path, file, seen, former) for path, file in files.items()},
            retired={path: each for path, each in kept.items() if path not in due},
            releases=_releases((*past, *former.releases), number, keeping, now),
        ),
        due=due,
        pending={**former.pending, **{step.path: _pending(step, files, former) for step in puts}},
    )


def _is_whole(former: Record, url: str, files: Mapping[str, File]) -> bool:
    """Whether the books say of the live release what the new ones would."""
    same = {path: each.file for path, each in former.files.items()} == files
    return same and former.number > 0 and former.url == url and not former.pending


# --- what is put ---------------------------------------------------------------------------------


def _puts(files: Mapping[str, File], seen: Seen, former: Record) -> Iterator[Step]:
    """A step for each file that is not live as it should be."""
    for path, file in files.items():
        if reason := _reason(path, file, seen, former):
            # A server may send a compressed sibling instead: its time is that of the file.
            is_sibling = file.kind != "asset" or _refers(file)  # other assets may be archives
            sent = path.removesuffix(".gz").removesuffix(".br") if is_sibling else path
            is_new = reason == "new" and (sent == path or sent not in seen.listing)
            phase = _phase(sent, file, is_new=is_new or _is_left_over(sent, former))
            yield Step(phase=phase, action="put", path=path, reason=reason, bytes=file.size)


def _is_left_over(path: str, former: Record) -> bool:
    """Whether it was on its way out: no page of the release refers to it, as to one that is new."""
    return path in former.retired and path not in former.files and path not in former.pending


def _reason(path: str, file: File, seen: Seen, former: Record) -> Reason | None:
    """Why a file is put; None if it is there. A tag vouches for the bytes only."""
    tag, known = seen.listing.get(path), _known(path, former)
    if tag is None:
        return "new"
    if known is None and path not in former.pending:
        return "foreign"
    if known is None or known.file.sha256 != file.sha256:
        is_there = former.pending.get(path) == file and seen.tags.get(path) == tag
        return None if is_there else "changed"
    if known.tag != tag:
        return "damaged"
    return None if known.file.headers == file.headers else "headers"


def _known(path: str, former: Record) -> Stored | None:
    if path in former.files:
        return former.files[path]
    return former.retired[path].stored if path in former.retired else None


def _pending(step: Step, files: Mapping[str, File], former: Record) -> File:
    """What the books say of a file before it is put.

    Should the run be killed, the next one takes equal bytes there for this file, put by this run,
    with its headers. Where they may have another origin, the sum is left out and it puts again.
    """
    file = files[step.path]
    certain = step.reason in {"new", "changed"} and former.pending.get(step.path, file) == file
    return file if certain else replace(file, sha256="")


def _phase(path: str, file: File, *, is_new: bool) -> Phase:
    if path in MAIN_FEEDS and is_new:
        return "new main feeds"
    unknown, known = ORDER["style" if _refers(file) else file.kind]
    return unknown if is_new and path not in ENTRANCES else known


def _refers(file: File) -> bool:
    essence = file.headers.content_type.partition(";")[0]
    return file.kind in {"immutable", "asset"} and essence in REFERRING


def _stored(path: str, file: File, seen: Seen, former: Record) -> Stored:
    """A file in the new books: with its tag where it is there already."""
    known = _known(path, former)
    same = known is not None and known.file.sha256 == file.sha256
    return Stored(file=file, tag=known.tag if known and same else seen.tags.get(path, ""))


# --- what goes, and what stays for a while -------------------------------------------------------


def _copies(
    files: Mapping[str, File], puts: Sequence[Step], seen: Seen, former: Record
) -> Iterator[Step]:
    """The former contents that this run would destroy, and what the release was made of."""
    phase: Phase = "former contents"
    yield Step(
        phase=phase, action="copy", path=release_path(former.release), reason="kept", origin=RECORD
    )
    lost = {step.path for step in puts if step.reason == "changed"}
    lost |= {path for path, each in former.files.items() if path not in files and _leaves(each)}
    chosen = {}
    for path in sorted(lost):
        stored = _known(path, former)
        if stored and seen.listing.get(path) == stored.tag:
            chosen[content_path(stored.file.sha256)] = (path, stored.file.size)
    for place, (path, size) in chosen.items():
        yield Step(phase=phase, action="copy", path=place, reason="kept", bytes=size, origin=path)


def _leaves(stored: Stored) -> bool:
    """Whether it goes with its release: a page that was taken back is not to be read any more."""
    return stored.file.kind not in {"immutable", "asset"}


def _kept(files: Mapping[str, File], former: Record, number: int, now: datetime) -> dict[str, Kept]:
    """What is ours and not in the site: kept for cached pages that ask for it, or due."""
    kept = {path: each for path, each in former.retired.items() if path not in files}
    unfinished = {path: Stored(file=file) for path, file in former.pending.items()}
    for path, stored in {**unfinished, **former.files}.items():
        if path not in files and path not in kept:
            kept[path] = Kept(stored=stored, number=number, since=now, due=_leaves(stored))
    return kept


def _delete(path: str, each: Kept) -> Step:
    file = each.stored.file
    phase: Phase = "gone styles" if _refers(file) else "gone assets"
    if _leaves(each.stored):
        phase = "gone main feeds" if path in MAIN_FEEDS else "gone feeds"
        phase = phase if file.kind == "feed" else "gone pages"
    reason: Reason = "gone" if each.due else "expired"
    return Step(phase=phase, action="delete", path=path, reason=reason, bytes=file.size)


def _releases(
    past: Sequence[Past], number: int, keeping: Keeping, now: datetime
) -> tuple[Past, ...]:
    """Those that are kept for a way back."""
    return tuple(each for each in past if not keeping.is_over(each, number, now))
