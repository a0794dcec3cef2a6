"""The disk, as a target sees it: its refusals as the errors of a target, folders as paths.

Comes in: places. Goes out: what is there, or a `BusyError` or `RefusedError` with what to do.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from sitegen.deploy.target import OWN, BusyError, Digest, RefusedError

PASSING = {errno.EAGAIN, errno.EINTR, errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EBUSY}
HINTS = {
    errno.ENOSPC: "make room on the disk, and deploy again",
    errno.EDQUOT: "make room in your quota, and deploy again",
    errno.EACCES: "let this user write there, and deploy again",
    errno.EPERM: "let this user write there, and deploy again",
    errno.EROFS: "mount it so that it can be written to",
    errno.ENOENT: "make the folder, or mount the share that holds it",
    errno.ENOLCK: "mount the share with locks; without them two deploys could mix",
}


@contextmanager
def told(name: str) -> Iterator[None]:
    """What the disk refuses, as an error of a target."""
    try:
        yield
    except OSError as error:
        place, reason = error.filename or name, (error.strerror or str(error)).lower()
        message, hint = f"{place}: {reason}", HINTS.get(error.errno or 0)
        kind = BusyError if error.errno in PASSING else RefusedError
        raise kind(message, hint=hint) from error


def walk(top: str, below: str = "") -> Iterator[str]:
    """Every regular file but those of the core, by path."""
    with suppress(FileNotFoundError), os.scandir(f"{top}/{below}") as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            path = below + entry.name
            mode = entry.stat(follow_symlinks=False).st_mode
            if S_ISDIR(mode):
                if f"{path}/" != OWN:
                    yield from walk(top, f"{path}/")
            elif S_ISREG(mode):
                yield path


def read(path: Path) -> bytes | None:
    """The bytes of a file; None if there is none."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def digest(path: Path) -> Digest:
    """A file, read whole and summed."""
    with path.open("rb") as file:
        return Digest(sha256=hashlib.file_digest(file, "sha256").hexdigest(), size=file.tell())


def link(source: Path, path: Path) -> None:
    """A hard link; a copy where the disk has none."""
    try:
        path.hardlink_to(source)
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.EMLINK, errno.EXDEV, errno.ENOTSUP}:
            raise
        shutil.copyfile(source, path)


def is_removed(folder: Path) -> bool:
    """Remove a folder if it is empty."""
    try:
        folder.rmdir()
    except OSError:  # not empty
        return False
    return True
