"""Whether a file is still the one that was looked at, without reading it again.

Comes in: paths. Goes out: stamps, 32 bytes of size, modification, change and inode. A change of
the content gives a file another time of change, which nobody can set back; but two changes within
one tick of the disk's clock have one time. So a stamp counts only if it was taken when that clock
had gone on: git calls the others racy.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from struct import Struct
from typing import NamedTuple

STAMP = Struct("<4Q")
NONE = bytes(STAMP.size)
"""The stamp of what is not to be trusted: equal to no file's."""
STAGING = ".sitegen-new"
"""In an output folder, a folder of what is not in its place yet; each build removes it first."""
TICKS, TICK = 12, 0.004
MASK = (1 << 64) - 1


class Seen(NamedTuple):
    """A file when it was last looked at: its stamp, and the SHA-256 that it had."""

    stamp: bytes
    sha256: str


def stamp(path: str) -> bytes:
    """The stamp of a regular file (of the link itself, where it is one), or NONE."""
    try:
        status = os.stat(path, follow_symlinks=False)  # noqa: PTH116 - 20,000 times
    except OSError:
        return NONE
    if not S_ISREG(status.st_mode):
        return NONE
    modified, changed = status.st_mtime_ns & MASK, status.st_ctime_ns & MASK
    return STAMP.pack(status.st_size, modified, changed, status.st_ino & MASK)


def stamps(folder: str, paths: Iterable[str]) -> list[bytes]:
    """A stamp for each path in the folder."""
    return [stamp(f"{folder}/{path}") for path in paths]


def settled(folder: Path, former: Sequence[bytes], again: Sequence[str]) -> list[bytes]:
    """The stamps that may be trusted; `again` are the paths in `folder` that they belong to.

    A stamp counts if the disk's clock is beyond it and if the file still has it after that. For
    files that were written just now, that takes a tick of the clock: some milliseconds.
    """
    newest = max((STAMP.unpack(each)[2] for each in former), default=0)
    clock = 0
    for _ in range(TICKS):
        clock = _clock(folder)
        if clock > newest:
            break
        time.sleep(TICK)
    return [
        each if STAMP.unpack(each)[2] < clock and stamp(f"{folder}/{path}") == each else NONE
        for each, path in zip(former, again, strict=True)
    ]


def _clock(folder: Path) -> int:
    """What time the disk itself has, in nanoseconds: that of a folder made just now."""
    probe = folder / STAGING
    with suppress(OSError):
        probe.mkdir(exist_ok=True)
        try:
            return probe.stat().st_ctime_ns
        finally:
            probe.rmdir()
    return 0
