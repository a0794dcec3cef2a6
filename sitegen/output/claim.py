"""An output folder that one build has for itself, from when its first file is ready.

Comes in: artifacts, in whichever process rendered them. Goes out: the same artifacts as files of
the staging folder, so that their bytes need not travel; what is in its place already stays there.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec.structs import replace

from sitegen.model import Artifact, Entry
from sitegen.output.manifest import read_manifest
from sitegen.stamps import STAGING


class Claim:
    """The lock of a folder, what the build before wrote there, and what is staged for this one.

    With the end of the block what is still staged is removed, and the lock given back.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.staging = folder / STAGING
        self.old: Mapping[str, Entry] = {}
        """What the last build wrote; nothing where there was none or its list is unreadable."""
        self.is_known = True
        """Whether nothing is staged but what the build knows of; whoever doubts it says so."""
        self._lock: int | None = None
        self._is_new = False

    def begin(self) -> None:
        """Wait for other builds, and remove what a killed one left. Raises `OSError`."""
        if self._lock is not None:
            return
        self._is_new = not self.folder.exists()
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.folder, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        self._lock = lock
        shutil.rmtree(self.staging, ignore_errors=True)
        manifest = read_manifest(self.folder)
        self.old = manifest.files if manifest else {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: object, _trace: TracebackType | None
    ) -> None:
        if self._lock is None:
            return
        shutil.rmtree(self.staging, ignore_errors=True)
        if self._is_new:
            with contextlib.suppress(OSError):  # something is in it
                self.folder.rmdir()
        os.close(self._lock)
        self._lock = None

    # --- staging ---------------------------------------------------------------------------------

    @property
    def is_first(self) -> bool:
        """Whether nothing was published here before; then whole folders move into place."""
        return not self.old

    def staged(self, path: str) -> str:
        """Where a file is staged."""
        name = path
        if not self.is_first:
            name = hashlib.blake2b(os.fsencode(path), digest_size=16).hexdigest()
        return f"{self.folder}/{STAGING}/{name}"

    def keep(self, artifact: Artifact) -> Artifact:
        """The artifact without its bytes: staged, or in its place already. Raises `OSError`."""
        data, path = artifact.data or b"", f"{self.folder}/{artifact.path}"
        if self.is_first or not _holds(path, data):
            path = self.staged(artifact.path)
            self.make_room(path)
            with open(path, "xb") as file:  # noqa: PTH123 - 10,000 times
                file.write(data)
        return replace(artifact, data=None, file=path)

    def make_room(self, path: str) -> None:
        """The folder in which a file is staged."""
        folder = os.path.dirname(path) if self.is_first else self.staging  # noqa: PTH120
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - 10,000 times


def _holds(path: str, data: bytes) -> bool:
    """Whether a regular file has these bytes."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    with open(handle, "rb", buffering=0) as file:  # noqa: PTH123 - of a descriptor
        status = os.fstat(handle)
        is_like = stat.S_ISREG(status.st_mode) and status.st_size == len(data)
        return is_like and file.read() == data
