"""The site in memory: the newest good build, and what of it is being looked at.

Comes in: a site's folder, and hints of what changed in it. Goes out: `Change`s, and pages by their
path as a browser asks for it. A failed build replaces nothing. Nothing is written but the memo.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from unicodedata import normalize
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from sitegen.build import Built, Inputs, Memory, Plan
from sitegen.discover.reading import open_regular
from sitegen.errors import Problem, SiteError, SourceError
from sitegen.inputs import Survey, read_inputs, survey
from sitegen.making import Chosen, Clock, make, read_clock
from sitegen.memo import Memo
from sitegen.model import Artifact, Body, Config, Document, Stanza, Value, VerseSlot
from sitegen.receipts import FOLDER, needed
from sitegen.screen import Screen

HELD = 128 << 20  # bytes of pages and files that are kept ready
PACE = 230  # words that are read in a minute
INDEX = "index.html"
NEAR, LONGEST_NEAR = 6, 200


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


class Change(Value, frozen=True):
    """What a refresh came to. `paths`: what has other bytes now; `saved`: why; `problems`: all."""

    paths: frozenset[str] = frozenset()
    saved: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    seconds: float = 0.0
    good: bool = True
    """Whether what is served is what lies on the disk."""


class Shown:
    """A build that is served. `held`: its pages that were asked for, by output path."""

    def __init__(self, built: Built, config: Config, now: datetime) -> None:
        self.built, self.config, self.now = built, config, now
        self.entries = built.snapshot.entries
        self.held: dict[str, Page] = {}
        self.sources = {
            path: made.name
            for made in built.plan.made
            if made.name in built.plan.sources
            for path, entry in made.files
            if entry.type.startswith("text/html")
        }

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
        """A file of the output, made ready; None if the disk has lost what is copied."""
        artifact = self.built.snapshot.artifacts[output]
        data = _bytes_of(artifact)
        if data is None:
            return None
        page = Page(data=data, type=artifact.media_type, etag=self.entries[output].sha256[:32])
        source = self.sources.get(output)
        return _described(page, self.built.document(source), self) if source else page

    def hold(self, output: str, page: Page) -> None:
        """Keep a page ready; what was asked for longest ago makes room."""
        self.held[output] = page
        size = sum(len(each.data) for each in self.held.values())
        while size > HELD and len(self.held) > 1:
            size -= len(self.held.pop(next(iter(self.held))).data)


class Studio:
    """A site that is being written. `refresh` is for one thread; all others are for any."""

    def __init__(self, site: Path, drafts: bool) -> None:  # noqa: FBT001 - one of two arguments
        self.site, self.drafts = site, drafts
        self.problems: tuple[Problem, ...] = ()
        self._memo = Memo(site / FOLDER)
        self._plan: Plan | None = None
        self._seen: Survey | None = None
        self._done = b""  # digest of what was built last
        self._lock = (b"", b"")  # figures.lock on the disk, and with what was read since
        self._shown: Shown | None = None
        self._good = False
        self._working = threading.Lock()

    # --- building --------------------------------------------------------------------------------

    def refresh(self, hints: Collection[Path] = ()) -> Change:  # noqa: ARG002 - the whole is read
        """Look at the disk and build what is new. Never raises for what a writer can do."""
        begun = time.perf_counter()
        with self._working:
            change = self._refresh()
        self.problems = change.problems
        return replace(change, seconds=time.perf_counter() - begun)

    def _refresh(self) -> Change:
        saved: tuple[str, ...] = ()
        try:
            seen = survey(self.site)
            saved, self._seen = tuple(_differences(self._seen, seen)), seen
            if (key := seen.digest()) == self._done:
                return Change(problems=self.problems, good=self._good)
            self._done = b""
            built, config = self._build(read_inputs(self.site, seen))
            self._done = key
        except (SiteError, ExceptionGroup, OSError) as error:
            self._done, self._good = b"", False
            return Change(problems=tuple(_mistakes(error)), saved=saved, good=False)
        problems = built.snapshot.problems
        good = not any(each.severity == "error" for each in problems)
        paths: frozenset[str] = frozenset()
        if good or self._plan is None:  # as long as nothing was good, some of it is better
            paths = self._show(Shown(built, config, read_clock()))
        if good:
            self._plan = built.plan
        self._good = good
        return Change(paths=paths, saved=saved, problems=problems, good=good)

    def _build(self, inputs: Inputs) -> tuple[Built, Config]:
        if inputs.lock != self._lock[0]:
            self._lock = inputs.lock, inputs.lock
        screen = Screen(self.site, as_json=False, quiet=True, verbose=False)
        built = make(
            screen,
            Clock(),
            replace(inputs, lock=self._lock[1]),
            Chosen(read_clock(), drafts=self.drafts, future=self.drafts),
            jobs=1,
            memory=Memory(self._memo, self._plan),
        )
        if built.lock is not None:  # `build` will write it; here it is only remembered
            self._lock = inputs.lock, built.lock
        return built, inputs.config

    def _show(self, shown: Shown) -> frozenset[str]:
        """Serve a build from now on: the paths that have other bytes than in the one before."""
        former = self._shown
        old = former.entries if former else {}
        changed = [
            path
            for path in {**old, **shown.entries}
            if path not in old or path not in shown.entries or old[path] != shown.entries[path]
        ]
        for path, page in former.held.items() if former else ():
            same = old[path] == shown.entries.get(path)
            new = page if same else shown.page(path) if path in shown.entries else None
            if new:
                shown.held[path] = new
        self._shown = shown
        return frozenset(map(shown.path, changed))

    def rest(self) -> None:
        """Write what is to be remembered, when there is nothing else to do."""
        plan = self._plan
        with self._working:
            self._memo.settle(lambda: chain(needed(self.site), plan.keys() if plan else ()))

    # --- what is served --------------------------------------------------------------------------

    @property
    def base(self) -> str:
        """The path of the home page."""
        return self._shown.config.base if self._shown else "/"

    def held(self, path: str) -> Page | None:
        """A page that somebody asked for already, at once."""
        shown = self._shown
        return shown.held.get(shown.output(path)) if shown else None

    def get(self, path: str) -> Page | None:
        """A page or file by its path, decoded; what nobody asked for yet waits for a build."""
        page = self.held(path)
        if page is None and self.has(path):
            with self._working:
                shown = self._shown
                output = shown.output(path) if shown else ""
                if shown and output in shown.entries:
                    page = shown.page(output)
                    if page:
                        shown.hold(output, page)
        return page

    def has(self, path: str) -> bool:
        """Whether there is something at this path."""
        shown = self._shown
        return shown is not None and shown.output(path) in shown.entries

    def near(self, path: str) -> list[str]:
        """The pages whose paths are most like this one, best first."""
        shown = self._shown
        if shown is None:
            return []
        pages = [shown.path(each) for each in shown.entries if each.endswith(INDEX)]
        return get_close_matches(path[:LONGEST_NEAR], pages, n=NEAR, cutoff=0.4)


# --- pages ---------------------------------------------------------------------------------------


def _bytes_of(artifact: Artifact) -> bytes | None:
    """What is in a file; a copy only as it was when the site was built."""
    if artifact.data is not None or artifact.file is None:
        return artifact.data
    with suppress(OSError):
        with open(open_regular(artifact.file), "rb") as stream:  # noqa: PTH123 - a descriptor
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
        lines=sum(_lines_in(document.body)),
        minutes=-(-document.words // PACE),
        note="draft" if meta.draft else note,
    )


def _lines_in(body: Body) -> Iterator[int]:
    verses = (chunk.verse for chunk in body if isinstance(chunk, VerseSlot))
    stanzas = (each for verse in verses for each in verse.blocks if isinstance(each, Stanza))
    return (len(stanza.lines) for stanza in stanzas)


# --- the disk ------------------------------------------------------------------------------------


def _differences(old: Survey | None, new: Survey) -> Iterator[str]:
    """The files of the site that are not as they were."""
    if old is None:
        return
    before, after = _digests(old), _digests(new)
    for path in sorted({*before, *after}):
        if before.get(path) != after.get(path):
            yield path


def _digests(seen: Survey) -> Mapping[str, object]:
    files: dict[str, object] = {"site.toml": seen.config, "figures.lock": seen.lock}
    files |= {each.path: each.digest for each in seen.found.originals}
    files |= {each.path: each.digest for each in seen.found.assets}
    files |= {f"static/{each.path}": each.digest for each in seen.static}
    return files | dict((seen.templates or {}).values())


def _mistakes(error: BaseException) -> Iterator[Problem]:
    """What is wrong, in words; anything but a writer's mistake goes on up."""
    if isinstance(error, ExceptionGroup):
        for each in error.exceptions:
            yield from _mistakes(each)
    elif isinstance(error, SiteError):
        yield error.problem()
    elif isinstance(error, OSError):
        what = os.fspath(error.filename) if error.filename else "the site"
        yield SourceError(f"{what!s} cannot be read: {error.strerror or error}").problem()
    else:
        raise error
