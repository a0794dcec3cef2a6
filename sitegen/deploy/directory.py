"""The target directory: a folder on this machine or a mounted share.

Comes in: `DirectorySettings`. Goes out: a `Target`. A plain folder gets file after file, each by a
rename, so that nobody reads half of one. With `atomic = true` it holds a folder for each release,
of hard links where nothing changed, and a link `current`, which is moved at one stroke: what is
served is `PATH/current`. The kernel's lock is held as long as this process lives.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import threading
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from sitegen.deploy.config import DirectorySettings
from sitegen.deploy.disk import digest, is_removed, link, read, told, walk
from sitegen.deploy.lock import decode_claim, encode_claim
from sitegen.deploy.target import (
    LOCK,
    OWN,
    Claim,
    Digest,
    Headers,
    LockHeldError,
    RefusedError,
)
from sitegen.output import MANIFEST
from sitegen.output.staging import sync

TEMPORARY = f"{OWN}new"
CURRENT, RELEASES, STAGED = "current", "releases", ".new"


def open_target(settings: DirectorySettings, site: Path) -> Directory:
    """The folder; it must be there, because a share may be missing."""
    path = site / Path(settings.path).expanduser()
    return Releases(path, settings) if settings.atomic else Directory(path, settings)


class Directory:
    """A plain folder: every file is live once it is renamed."""

    atomic = False
    has_headers = False
    batch = 50

    def __init__(self, root: Path, settings: DirectorySettings) -> None:
        self.name = str(root)
        self.workers = settings.workers or 8
        self._root = root

    @property
    def _live(self) -> Path:
        """Where readers look."""
        return self._root

    @property
    def _next(self) -> Path:
        """Where is written."""
        return self._root

    def lock(self, claim: Claim, *, force: bool) -> Flock:  # noqa: ARG002 - it has a live holder
        """The kernel's lock on a file."""
        with told(self.name):
            path = self._root / LOCK
            path.parent.mkdir(exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                other = decode_claim(os.read(handle, 10_000))
                os.close(handle)
                raise LockHeldError(
                    f"somebody deploys to {self.name} already{_who(other)}",
                    claim=other,
                    hint="wait for its end; the lock ends with that process",
                ) from None
            except OSError:
                os.close(handle)
                raise
            os.truncate(handle, 0)
            os.pwrite(handle, encode_claim(claim), 0)
            self._clear()
            return Flock(handle)

    def _clear(self) -> None:
        """Remove what a killed run left."""
        shutil.rmtree(self._root / TEMPORARY, ignore_errors=True)

    def get(self, path: str, release: str | None = None) -> bytes | None:
        """A file of the live release, or of a former one."""
        with told(self.name):
            return read(self._folder(release) / path)

    def _folder(self, release: str | None) -> Path:
        return self._live if release is None else self._root / RELEASES / release

    def listing(self) -> Mapping[str, str]:
        """Every live file with its SHA-256: each is read."""
        with told(self.name):
            if not self._root.is_dir():
                code = errno.ENOTDIR if self._root.exists() else errno.ENOENT
                raise OSError(code, os.strerror(code), str(self._root))
            if (self._root / MANIFEST).exists():
                raise RefusedError(
                    f'"{self._root}" is what a build writes to', hint="deploy to another folder"
                )
            live = self._live
            return {path: digest(live / path).sha256 for path in walk(str(live))}

    def tag(self, data: bytes) -> str:
        """The SHA-256."""
        return hashlib.sha256(data).hexdigest()

    def put(self, path: str, data: bytes, headers: Headers) -> str:  # noqa: ARG002 - it has none
        """Write beside, and rename."""
        with told(self.name):
            root, place = self._next, self._next / path
            self._make_way(place)
            place.parent.mkdir(parents=True, exist_ok=True)
            self._refuse_outside(place)
            new = self._temporary(root)
            try:
                new.write_bytes(data)
                new.replace(place)
            finally:
                new.unlink(missing_ok=True)
        return self.tag(data)

    def _temporary(self, root: Path) -> Path:
        folder = root / TEMPORARY
        folder.mkdir(parents=True, exist_ok=True)
        return folder / uuid.uuid4().hex

    def _make_way(self, place: Path) -> None:
        """A file where a folder is needed, or a folder where a file: it may be somebody else's."""
        parents = [each for each in place.parents if each.is_relative_to(self._next)]
        blocked = [each for each in parents if each.exists() and not each.is_dir()]
        if place.is_dir() and not place.is_symlink():
            blocked.append(place)
        for each in blocked:
            raise RefusedError(
                f'"{each}" is in the way', hint="remove it by hand if it is nobody's"
            )

    def _refuse_outside(self, place: Path) -> None:
        if not place.parent.resolve().is_relative_to(self._next.resolve()):
            raise RefusedError(
                f'"{place}" leads out of the folder', hint="remove the symbolic link"
            )

    def copy(self, source: str, path: str) -> None:
        """A second copy, which does not change with the first."""
        data = self.get(source)
        if data is not None:
            self.put(path, data, Headers(content_type="", cache_control=""))

    def delete(self, path: str) -> None:
        """Remove a file and the folders that it leaves empty."""
        with told(self.name):
            place = self._next / path
            try:
                self._refuse_outside(place)
                place.unlink()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return
            for parent in place.parents:
                if parent == self._next or not is_removed(parent):
                    break

    def finish(self, release: str, keep: Sequence[str]) -> None:  # noqa: ARG002 - all is live
        """Nothing is left to do but to tidy up."""
        self._clear()

    def digests(self, paths: Sequence[str]) -> Mapping[str, Digest]:
        """Each file, read."""
        with told(self.name):
            found = {}
            for path in paths:
                with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
                    found[path] = digest(self._live / path)
            return found

    def close(self) -> None:
        """Nothing is open."""


class Releases(Directory):
    """A folder of releases, and a link to the one that is live."""

    atomic = True

    def __init__(self, root: Path, settings: DirectorySettings) -> None:
        super().__init__(root, settings)
        self._one = threading.Lock()
        self._is_staged = False

    @property
    def _live(self) -> Path:
        return self._root / CURRENT

    @property
    def _next(self) -> Path:
        """A copy of the live release, made of hard links when the first file changes."""
        with self._one:
            new = self._root / RELEASES / STAGED
            if not self._is_staged:
                shutil.rmtree(new, ignore_errors=True)
                new.mkdir(parents=True)
                for path in walk(str(self._live)):
                    (new / path).parent.mkdir(parents=True, exist_ok=True)
                    link(self._live / path, new / path)
                self._is_staged = True
            return new

    def _make_way(self, place: Path) -> None:
        """All in a release is ours."""
        for parent in place.parents:
            if parent.is_relative_to(self._root / RELEASES) and parent.is_file():
                parent.unlink()
        if place.is_dir():
            shutil.rmtree(place)

    def _clear(self) -> None:
        shutil.rmtree(self._root / RELEASES / STAGED, ignore_errors=True)

    def finish(self, release: str, keep: Sequence[str]) -> None:
        """Move the link."""
        with told(self.name):
            folder = self._root / RELEASES / release
            if self._live.exists() and not self._live.is_symlink():
                raise RefusedError(f'"{self._live}" is no link', hint="move it away")
            if not folder.exists():
                shutil.rmtree(self._next / TEMPORARY, ignore_errors=True)
                sync(self._next)
                self._next.rename(folder)
            new_link = self._root / RELEASES / f"{STAGED}-link"
            new_link.unlink(missing_ok=True)
            new_link.symlink_to(f"{RELEASES}/{release}")
            new_link.replace(self._live)
            for each in (self._root / RELEASES).iterdir():
                if each.name not in keep:
                    shutil.rmtree(each, ignore_errors=True)

    def close(self) -> None:
        """Remove what was staged and is not live."""
        if self._is_staged:
            self._clear()


class Flock:
    """A lock that the kernel gives up with the process."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def renew(self) -> None:
        """Needs none."""

    def release(self) -> None:
        """The file stays: removing it would let two hold locks on two files of one name."""
        os.close(self._handle)


def _who(claim: Claim | None) -> str:
    return f" (process {claim.pid} on {claim.host.split()[0]}, since {claim.at})" if claim else ""
