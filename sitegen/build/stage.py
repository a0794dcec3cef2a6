"""What the stages of a build share: their inputs, how work is run, what a former build left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple, TypeVar

import msgspec

from sitegen.build.readings import Readings
from sitegen.discover import Original
from sitegen.errors import Problem, SiteError
from sitegen.memo import Memo, digest
from sitegen.model import Artifact, Asset, Config, Entry, Kind, Prompt, Value
from sitegen.toolchain import toolchain

T = TypeVar("T")
Work = Callable[[int], bytes]
Run = Callable[[str, Work, int, Callable[[int, str], bytes]], Iterable[bytes]]
"""Of a stage: do work(0) … work(n - 1), results in order; the last argument stands in for lost."""
Files = Mapping[str, tuple[str, str]]
"""Templates: by name, the path that errors show, and the text."""


class Inputs(Value, frozen=True):
    """All that a build depends on, as it lay on the disk."""

    config: Config
    originals: tuple[Original, ...]
    assets: tuple[Asset, ...]
    static: tuple[Asset, ...]
    templates: Files | None
    """None if they cannot be read: `problems` says why."""
    lock: bytes = b""
    """The file of what real models made of texts."""
    urls: bytes = b""
    """The file of all addresses that were ever published."""
    problems: tuple[Problem, ...] = ()


class Choice(Value, frozen=True):
    """What of a site is published."""

    now: datetime
    drafts: bool
    future: bool


# --- what a former build left --------------------------------------------------------------------


class Counts(Value, frozen=True, array_like=True):
    """What of a source counts for the whole site."""

    kind: Kind = "page"
    draft: bool = False
    words: int = 0
    lines: int = 0
    figures: int = 0
    claims: int = 0
    notes: int = 0
    links: int = 0


SUMMED = ("words", "lines", "figures", "claims", "notes", "links")


class Parsed(Value, frozen=True, array_like=True):
    """What became of one original. `key`: of its document and of its outline in the memo."""

    path: str
    digest: str
    """Of the bytes that were parsed."""
    key: bytes
    plain: bytes = b""
    """Digest of the outline but for the places in it; empty if there is no document."""
    placed: bytes = b""
    """Digest of the whole outline."""
    base: bytes = b""
    """The key without what models made of texts, where that is part of `key`."""
    asked: tuple[Prompt, ...] = ()
    """What its figures asked models for."""
    readings: bytes = b""
    """Digest of what was known of that."""
    title: str = ""
    facts: tuple[str, ...] = ()
    """The numbers of the site that its text asks for."""
    counts: Counts = Counts()
    text: str = ""
    """Digest of its body; "" if that is empty."""
    problems: tuple[Problem, ...] = ()
    """Why there is no document; nothing if the file was deleted in the meantime."""
    seconds: float = 0.0

    def keys(self) -> Iterator[bytes]:
        """What is in the memo of it."""
        yield outline_key(self.key)
        if self.base:
            yield outline_key(self.base)
        yield text_key(self.key)
        yield search_key(self.key)


class Rendered(Value, frozen=True, array_like=True):
    """The files of one piece, or the mistake that stood in the way."""

    artifacts: tuple[Artifact, ...] = ()
    entries: tuple[tuple[str, Entry], ...] = ()
    problems: tuple[Problem, ...] = ()


class Joined(Mapping[str, Artifact]):
    """The artifacts of several mappings by path, sorted; the first one that has a path counts."""

    def __init__(self, *parts: Mapping[str, Artifact]) -> None:
        places = {path: part for part in reversed(parts) for path in part}
        self._places = dict(sorted(places.items(), key=lambda each: each[0]))

    def __getitem__(self, path: str) -> Artifact:
        return self._places[path][path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class Made(Value, frozen=True, array_like=True):
    """One call of a renderer: the digests of all that it saw, and the files that came out.

    `key` stands for all of them; the others tell `explain` which of them changed.
    """

    name: str
    key: bytes
    template: bytes
    whole: bytes
    """Of what every page says of the site."""
    own: bytes
    files: tuple[tuple[str, Entry], ...]


class Plan(Value, frozen=True):
    """Of what a build was made, stage by stage, without the values themselves."""

    toolchain: bytes
    config: bytes
    sources: dict[str, Parsed]
    files: bytes
    """Of assets and static files."""
    urls: tuple[bytes, bytes]
    """Of `urls.lock` as the build found it, and as it is to be."""
    templates: dict[str, bytes]
    """Of the text of each."""
    knot: bytes
    made: tuple[Made, ...]
    drafts: bool
    future: bool
    why: dict[str, tuple[str, ...]]
    """By name of a call, the reasons for which it was made again; all others were not."""

    def keys(self) -> Iterator[bytes]:
        """Everything of this build that is in the memo."""
        yield self.knot
        for row in self.sources.values():
            yield from row.keys()
        yield from (row.key for row in self.made)


class Memory(NamedTuple):
    """What a build may remember: results by their keys, and the plan of the build before it."""

    memo: Memo
    former: Plan | None = None
    why: str = "no earlier build is remembered"
    """Why there is no plan of the build before."""
    readings: Readings = Readings()
    """What real models made of texts."""


def key_of(function: str, *arguments: bytes) -> bytes:
    """The key under which the result of a function with these arguments is remembered."""
    return digest(function.encode(), toolchain(), *arguments)


def outline_key(key: bytes) -> bytes:
    """Where the outline of a parsed source is."""
    return digest(b"outline", key)


def text_key(key: bytes) -> bytes:
    """Where the whole of a parsed source is."""
    return digest(b"text", key)


def search_key(key: bytes) -> bytes:
    """Where that of a parsed source is which can be searched for, if the site has a search."""
    return digest(b"search", key)


def encode(value: object) -> bytes:
    """A value as bytes: equal values have equal bytes."""
    return msgspec.msgpack.encode(value, order="deterministic")


def recall(memo: Memo, key: bytes, kind: type[T]) -> T | None:
    """A value of the memo; what cannot be read is a miss."""
    raw = memo.get(key)
    try:
        return None if raw is None else msgspec.msgpack.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


@contextmanager
def ended(results: Iterable[T]) -> Iterator[Iterable[T]]:
    """The results of a stage; its processes end with the block, whatever happens in it."""
    try:
        yield results
    finally:
        if close := getattr(results, "close", None):
            close()


def span_of_days(begins: list[datetime], now: datetime) -> tuple[datetime | None, datetime | None]:
    """The instants between which the same is published as at `now`: the last one and the next."""
    former = max((each for each in begins if each <= now), default=None)
    coming = min((each for each in begins if each > now), default=None)
    return former, coming


def mistakes_in(group: ExceptionGroup[Exception]) -> Iterator[SiteError]:
    """The writer's mistakes in a group; anything else in it is a bug and goes on."""
    for each in group.exceptions:
        if isinstance(each, ExceptionGroup):
            yield from mistakes_in(each)
        elif isinstance(each, SiteError):
            yield each
        else:
            raise each
