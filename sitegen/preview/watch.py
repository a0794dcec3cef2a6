"""When to look at the site again: hints from the system, and a sweep behind them.

Comes in: a site's folder. Goes out: from `wait`, paths that may have changed, or an empty set
after a sweep that found the tree different. A hint is never believed: it is lost, doubled, late or
early, and what it costs is one look. Where no hints come, the sweeps come more often.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from typing import Any

from sitegen.ledger import URLS
from sitegen.lock import LOCK
from sitegen.package import theme_folder
from sitegen.preview.system import kernel_watches, why_no_hints

FOLDERS = ("content", "static", "templates")
FILES = ("site.toml", LOCK, URLS)
QUIET, LONGEST = 0.004, 0.025  # seconds without an event, and with events, before we look
GRACE, FILLING = 0.02, 0.25  # seconds for a file that has vanished to come back; for an empty one
SWEEP, POLL = 2.0, 0.25  # seconds between two looks at the whole tree
SHARE, IDLE = 20, 400  # of the time, one part at most goes to sweeping; where nothing changes
MOVES = 0.005  # seconds for the second half of a move
HIDDEN = re.compile(r"(?:\.(?!well-known$|nojekyll$).*|#.*#|.*(?:~|\.sw[opx]))\Z", re.DOTALL)

Tree = dict[str, tuple[int, ...]]
"""By path: identity, size and times."""


class Watcher:
    """Eyes on a site's folder; `say` is told once if the system gives no hints."""

    def __init__(self, site: Path, *, poll: bool, say: Callable[[str], None]) -> None:
        self._site, self._say = site, say
        theme = theme_folder()
        places = [place / name for place in (site, theme) for name in FOLDERS]
        self._folders = [each for each in places if each != theme / "content"]
        self._hints: set[str] = set()
        self._last = 0.0
        self._heard = threading.Condition()
        self._armed: dict[Path, tuple[tuple[int, int], Any]] = {}
        self._short = 0
        self._observer: Any = None
        self._pause, self._took = SWEEP, 0.0
        why = "as asked" if poll else why_no_hints(site) or self._start()
        if why:
            self._fall_back(why)
        self._tree = self._look()

    def wait(self, calm: Callable[[], object] = lambda: None) -> frozenset[Path]:
        """Return when something may have changed: what, or nothing if a sweep found it.

        `calm` is called when nothing was for a while.
        """
        while True:
            if hints := self._hinted(self._pause):
                self._pause = self._rest(SHARE)
                self._arm()
                self._note(hints)
                return frozenset(map(Path, hints))
            calm()
            self._arm()
            tree = self._look()
            if tree != self._tree:
                self._tree = tree
                return frozenset()
            if self._observer:  # it tells what changes, as a rule
                self._pause = self._rest(IDLE)

    def _rest(self, share: int) -> float:
        """Seconds until the next sweep, if one part in `share` of the time is for sweeping."""
        return max(SWEEP if self._observer else POLL, share * self._took)

    def close(self) -> None:
        """Let go of the folders."""
        if self._observer:
            self._observer.stop()

    # --- hints -----------------------------------------------------------------------------------

    def hear(self, paths: Iterable[str]) -> None:
        """Take the paths of an event, in whatever thread it comes."""
        top = str(self._site)
        told = {
            path
            for path in paths
            if path
            and not HIDDEN.match(os.path.basename(path))  # noqa: PTH119 - thousands at once
            and (os.path.dirname(path) != top or os.path.basename(path) in {*FOLDERS, *FILES})  # noqa: PTH119, PTH120
        }
        if told:
            with self._heard:
                self._hints |= told
                self._last = time.monotonic()
                self._heard.notify()

    def _hinted(self, patience: float) -> frozenset[str]:
        """What was heard of, when it is quiet again; nothing if nothing was."""
        with self._heard:
            if not self._hints:
                self._heard.wait(patience)
            begun = time.monotonic()
            while self._hints:
                now = time.monotonic()
                rest = min(self._last + QUIET, begun + LONGEST) - now
                if rest <= 0:
                    break
                self._heard.wait(rest)
            hints, self._hints = frozenset(self._hints), set()
        self._await_return(hints, time.monotonic())
        return hints

    def _await_return(self, hints: frozenset[str], begun: float) -> None:
        """Some editors take a file away, or all that is in it, before they write it anew.

        Shown like that, a page would lose its reader's place.
        """
        known = [path for path in hints if path in self._tree]
        while any(_is_coming(path, time.monotonic() - begun) for path in known):
            time.sleep(QUIET / 2)

    # --- the system's side -----------------------------------------------------------------------

    def _start(self) -> str:
        """Ask the system for hints; why there will be none."""
        from watchdog.observers import Observer

        logging.getLogger("watchdog").setLevel(logging.CRITICAL)  # the sweep finds it all
        with suppress(ImportError):
            from watchdog.observers import inotify_move_event_grouper as grouper

            grouper.InotifyMoveEventGrouper.delay = MOVES
        try:
            self._observer = Observer()
            self._observer.start()
            self._arm()
        except OSError as error:
            return f"the system refuses to watch: {error.strerror or error}"
        return self._why_short(len(_folders_below(self._folders)))

    def _arm(self) -> None:
        """Watch the folders that are new, or others than those that were watched."""
        if self._observer is None:
            return
        for folder in (self._site, *self._folders):
            identity = _identity(folder)
            former = self._armed.pop(folder, None)
            if former and former[0] == identity:
                self._armed[folder] = former
                continue
            if former:
                with suppress(KeyError, OSError):
                    self._observer.unschedule(former[1])
            if identity:
                with suppress(OSError):
                    self._armed[folder] = identity, self._schedule(folder)

    def _schedule(self, folder: Path) -> Any:
        from watchdog import events

        names = "FileModified FileClosed FileCreated FileMoved FileDeleted"
        kinds = [f"{name}Event" for name in f"{names} DirCreated DirMoved DirDeleted".split()]
        return self._observer.schedule(
            _Ear(self, folder),
            os.path.realpath(folder),
            recursive=folder != self._site,
            event_filter=[getattr(events, kind) for kind in kinds],
        )

    def _fall_back(self, why: str) -> None:
        if self._observer:
            self._observer.stop()
            self._observer = None
        self._pause = POLL
        self._say(f"looking for changes every {POLL} s: {why}")

    def _why_short(self, folders: int) -> str:
        """The system says nothing where it watches fewer folders than there are: count."""
        count = kernel_watches()
        if count is None or count >= folders:
            return ""
        return (
            f"the system watches {count} of {folders} folders"
            " (raise fs.inotify.max_user_watches for quicker answers)"
        )

    # --- the sweep -------------------------------------------------------------------------------

    def _note(self, hints: Iterable[str]) -> None:
        """The stamps of files that are read next: a sweep tells of what is written after that."""
        for path in hints:
            with suppress(OSError):
                status = os.stat(path)  # noqa: PTH116
                if path in self._tree and S_ISREG(status.st_mode):
                    self._tree[path] = _stamp(status)

    def _look(self) -> Tree:
        begun = time.monotonic()
        tree = dict(_stamps(self._site, self._folders))
        self._took = time.monotonic() - begun
        self._pause = self._rest(SHARE)
        if self._observer:
            why = self._why_short(sum(1 for stamp in tree.values() if len(stamp) == 2))  # noqa: PLR2004
            self._short = self._short + 1 if why else 0
            if self._short > 1:  # a folder that is new may not be watched yet
                self._fall_back(why)
        return tree


def _is_coming(path: str, waited: float) -> bool:
    """Whether it may be in the middle of being saved, after so many seconds."""
    try:
        status = os.lstat(path)
    except OSError:
        return waited < GRACE
    return S_ISREG(status.st_mode) and status.st_size == 0 and waited < FILLING


class _Ear:
    """What the observer calls: paths as they are called in the site, links or not."""

    def __init__(self, watcher: Watcher, folder: Path) -> None:
        self._watcher, self._folder = watcher, str(folder)
        self._real = os.path.realpath(folder)

    def dispatch(self, event: Any) -> None:
        paths = (os.fsdecode(path) for path in (event.src_path, event.dest_path) if path)
        self._watcher.hear(path.replace(self._real, self._folder, 1) for path in paths)


def _stamps(site: Path, folders: Iterable[Path]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Of every file its stamp, of every folder its identity."""
    for name in FILES:
        with suppress(OSError):
            path = str(site / name)
            yield path, _stamp(os.stat(path))  # noqa: PTH116 - thousands
    for folder in _folders_below(folders):
        with suppress(OSError):
            status = os.stat(folder)  # noqa: PTH116
            yield folder, (status.st_dev, status.st_ino)
            with os.scandir(folder) as entries:
                for entry in entries:
                    with suppress(OSError):
                        if not HIDDEN.match(entry.name) and not entry.is_dir(follow_symlinks=False):
                            yield entry.path, _stamp(entry.stat())


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _folders_below(folders: Iterable[Path]) -> list[str]:
    """The folders and all in them but for hidden ones; links are not followed."""
    found = [str(folder) for folder in folders if folder.is_dir()]
    for folder in found:  # which grows
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with suppress(OSError):
                    if not HIDDEN.match(entry.name) and entry.is_dir(follow_symlinks=False):
                        found.append(entry.path)
    return list(dict.fromkeys(found))


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
