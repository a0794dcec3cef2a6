"""The site in memory: the newest good state of it, and what of it is being looked at.

Comes in: a site's folder, and hints of what changed in it. Goes out: `Change`s, and pages by their
path as a browser asks for it. A hint at a source is looked at by itself, which costs the same on a
site of any size; for any other hint, and behind each of them, the whole folder is looked at. What
is wrong replaces nothing. Nothing is written but the memo.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from functools import partial
from hashlib import file_digest
from itertools import chain
from pathlib import Path

from msgspec.structs import replace

from sitegen.build.live import Live
from sitegen.build.stage import Choice, Inputs, Memory
from sitegen.discover import Original
from sitegen.discover.reading import open_regular
from sitegen.errors import Problem, SiteError, SourceError
from sitegen.inputs import Survey, read_inputs, survey
from sitegen.ledger import URLS
from sitegen.lock import LOCK
from sitegen.making import Clock, limit_of, read_clock, read_with, run_with
from sitegen.memo import Memo
from sitegen.model import Value
from sitegen.preview.shown import INDEX, Page, Shown
from sitegen.receipts import FOLDER, needed
from sitegen.screen import Screen
from sitegen.workers import Standby

NEAR, LONGEST_NEAR = 6, 200


class Change(Value, frozen=True):
    """What a refresh came to. `paths`: what may have other bytes; `saved`: why; `problems`: all."""

    paths: frozenset[str] = frozenset()
    saved: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    seconds: float = 0.0
    good: bool = True
    """Whether what is served is what lies on the disk."""


class Studio:
    """A site that is being written. `refresh` is for one thread; all others are for any."""

    def __init__(self, site: Path, drafts: bool) -> None:  # noqa: FBT001 - one of two arguments
        self.site, self.drafts = site, drafts
        self.problems: tuple[Problem, ...] = ()
        self._memo = Memo(site / FOLDER)
        self._seen: Survey | None = None
        self._live: Live | None = None
        self._files: dict[str, Original] = {}
        self._shown: Shown | None = None
        self._good = False
        self._working = threading.Lock()

    # --- building --------------------------------------------------------------------------------

    def refresh(self, hints: Collection[Path] = ()) -> Change:
        """Look at the disk and take in what is new. Never raises for what a writer can do."""
        begun = time.perf_counter()
        with self._working:
            try:
                change = self._look_at(hints) or self._look()
            except (SiteError, ExceptionGroup, OSError) as error:
                self._good = False
                change = Change(problems=tuple(_mistakes(error)), good=False)
        self.problems = change.problems
        return replace(change, seconds=time.perf_counter() - begun)

    def _look_at(self, hints: Collection[Path]) -> Change | None:
        """Take in sources that are known; None for anything else, and if it was wrong before."""
        live, saved = self._live, dict[str, Original]()
        if live is None or not any(os.fspath(hint) in self._files for hint in hints):
            return None
        for hint in hints:
            original = self._files.get(os.fspath(hint))
            digest = _digest(original.file) if original else None
            if original is None and not os.path.isdir(hint) and os.path.lexists(hint):  # noqa: PTH112
                return None
            if original is None or digest == original.digest:
                continue  # a folder, or what was gone before we looked
            new = replace(original, digest=digest) if digest else None
            changed = live.change(new) if new else None
            if new is None or changed is None:
                return None
            live = changed
            saved[os.fspath(hint)] = new
        if not saved:
            return Change(problems=self.problems, good=self._good)
        self._files |= saved
        return self._take(live, live.problems, [each.path for each in saved.values()])

    def _look(self) -> Change:
        """Look at the whole folder."""
        seen = survey(self.site)
        saved, former = list(_differences(self._seen, seen)), self._seen
        self._seen = seen
        inputs, now = read_inputs(self.site, seen), read_clock()
        live = self._live
        if live is None or not live.is_current(now):
            live = self._open(inputs, now)
        live = live.update(inputs).settle()
        if live is self._live and self._good:
            return Change(problems=self.problems)
        dressed = former is not None and former.templates == seen.templates and self._good
        trial = () if dressed else live.trial()
        return self._take(live, (*live.problems, *trial), saved, whole=True)

    def _open(self, inputs: Inputs, now: datetime) -> Live:
        screen, clock = Screen(self.site, as_json=False, quiet=True, verbose=False), Clock()
        choice = Choice(now=now, drafts=self.drafts, future=self.drafts)
        run, read = run_with(screen, clock, inputs), read_with(screen, clock)
        stand_by = partial(Standby, limit=limit_of(inputs.config))
        return Live(inputs, choice, Memory(self._memo), run, read, stand_by)

    def _take(
        self, live: Live, problems: Sequence[Problem], saved: Sequence[str], *, whole: bool = False
    ) -> Change:
        """Serve the newest state of the site from now on, unless it is wrong."""
        self._live = live
        if whole:
            self._files = {os.fspath(each.file): each for each in live.inputs.originals}
        self._good = not any(each.severity == "error" for each in problems)
        outputs = {output for source in saved for output in live.showing(source)}
        if self._good or self._shown is None:  # as long as nothing was good, some of it is better
            shown = Shown(live, live.inputs.config, read_clock())
            if self._shown and not whole:
                shown.keep(self._shown, outputs)
            self._shown = shown
        paths = frozenset(map(self._shown.path, outputs)) if self._good else frozenset[str]()
        return Change(paths=paths, saved=tuple(saved), problems=tuple(problems), good=self._good)

    @property
    def is_settled(self) -> bool:
        """Whether all mistakes are told where they stand; if not, the next look sees to it."""
        return self._live is None or self._live.is_settled

    def rest(self) -> None:
        """Write what is to be remembered, when there is nothing else to do."""
        live = self._live
        with self._working:
            self._memo.settle(lambda: chain(needed(self.site), live.keys() if live else ()))

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
        """A page or file by its path, decoded; what nobody asked for yet is rendered now."""
        page = self.held(path)
        if page is None:
            with self._working:
                shown = self._shown
                output = shown.output(path) if shown else ""
                page = shown.page(output) if shown and output else None
                if shown and page:
                    shown.hold(output, page)
        return page

    def has(self, path: str) -> bool:
        """Whether there is something at this path."""
        shown = self._shown
        output = shown.output(path) if shown else ""
        return shown is not None and bool(output) and output in shown.live

    def near(self, path: str) -> list[str]:
        """The pages whose paths are most like this one, best first."""
        shown = self._shown
        if shown is None:
            return []
        pages = [shown.path(each) for each in shown.live.paths if each.endswith(INDEX)]
        return get_close_matches(path[:LONGEST_NEAR], pages, n=NEAR, cutoff=0.4)


# --- the disk ------------------------------------------------------------------------------------


def _digest(file: str) -> str | None:
    """Of the bytes of a file; None if it cannot be read."""
    try:
        with open(open_regular(file)[0], "rb") as stream:  # noqa: PTH123 - a descriptor
            return file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def _differences(old: Survey | None, new: Survey) -> Iterator[str]:
    """The files of the site that are not as they were."""
    if old is None:
        return
    before, after = _digests(old), _digests(new)
    for path in sorted({*before, *after}):
        if before.get(path) != after.get(path):
            yield path


def _digests(seen: Survey) -> Mapping[str, object]:
    files: dict[str, object] = {"site.toml": seen.config, LOCK: seen.lock, URLS: seen.urls}
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
