"""The site in memory: the newest good build, and what of it is being looked at.

Comes in: a site's folder, and hints of what changed in it. Goes out: `Change`s, and pages by their
path as a browser asks for it. A failed build replaces nothing. Nothing is written but the memo.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from itertools import chain
from pathlib import Path

from msgspec.structs import replace

from sitegen.build import Built, Inputs, Memory, Plan
from sitegen.errors import Problem, SiteError, SourceError
from sitegen.inputs import Survey, read_inputs, survey
from sitegen.making import Chosen, Clock, make, read_clock
from sitegen.memo import Memo
from sitegen.model import Config, Value
from sitegen.preview.shown import INDEX, Page, Shown
from sitegen.receipts import FOLDER, needed
from sitegen.screen import Screen

NEAR, LONGEST_NEAR = 6, 200


class Change(Value, frozen=True):
    """What a refresh came to. `paths`: what has other bytes now; `saved`: why; `problems`: all."""

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
