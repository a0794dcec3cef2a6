"""What every run would compile anew, kept for all runs as Python keeps its modules.

Comes in: what was compiled of a text that comes with the program or its libraries. Goes out: the
same, in later runs. It lies in a table in the user's cache, under all that it was made of and the
interpreter that made it. What is damaged counts for nothing; nor does what others can write, for
templates are kept as code.
"""

from __future__ import annotations

import marshal
import os
import stat
import sys
import time
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from struct import Struct
from typing import Any
from zlib import crc32

from sitegen.package import user_cache

MOST = 8 << 20
"""Bytes of a table; what each version of the program adds is forgotten with all the rest. The
lexers of four hundred posts of a programmer need 1.3 million."""
WRITING = 60.0
"""Seconds in which any record is written."""
RECORD = Struct("<16sII")  # the digest of what was compiled; length and check of what follows


class Table:
    """A file to which records are added, each at one stroke; it is read once."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._raw = b""
        self._places: dict[bytes, tuple[int, int, int]] = {}

    def open(self, path: Path) -> None:
        """Take from this file from now on, and add to it; to be called once.

        What others can write is left alone.
        """
        written = 0.0
        try:
            if os.path.lexists(path):
                self._raw, written = _read(path)
            else:
                _make_own(path.parent)
        except OSError:
            return
        self._path = path
        start, size = RECORD.size, len(self._raw)
        while start <= size:
            key, length, check = RECORD.unpack_from(self._raw, start - RECORD.size)
            self._places[key] = start, start + length, check
            start += length + RECORD.size
        # A record that is not whole may be in the middle of being written.
        is_cut = start - RECORD.size != size and abs(time.time() - written) > WRITING
        if is_cut or size > MOST:  # a new one is begun
            with suppress(OSError):
                path.unlink()

    def get(self, *parts: object) -> Any:
        """What was made of these parts; None where that is not known."""
        if self._places and (place := self._places.get(_digest(parts))):
            start, end, check = place
            raw = self._raw[start:end]
            if crc32(raw) == check:
                return marshal.loads(raw)  # noqa: S302 - this user's own
        return None

    def put(self, made: Any, *parts: object) -> None:
        """Keep it for later runs, where that can be."""
        if self._path is None:
            return
        raw = marshal.dumps(made)
        record = RECORD.pack(_digest(parts), len(raw), crc32(raw)) + raw
        with suppress(OSError):
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            handle = os.open(self._path, flags, 0o600)
            try:
                os.write(handle, record)
            finally:
                os.close(handle)


TABLE = Table()
"""Empty, and of no file, until a command begins."""


def begin() -> None:
    """Use the table of this user, here and in the processes that are begun from here."""
    if folder := user_cache():
        TABLE.open(folder / "sitegen" / "compiled")


def _read(path: Path) -> tuple[bytes, float]:
    """The file's bytes, and when it was written.

    Raises `PermissionError` if anybody else can have done so.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(handle, "rb") as file:  # noqa: PTH123 - of a descriptor
        status = os.fstat(handle)
        is_own = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()
        if not is_own or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise PermissionError
        return file.read(MOST + 1), status.st_mtime


def _make_own(folder: Path) -> None:
    """Make the folder, and the cache around it. Raises `PermissionError` for another user's.

    Who works in somebody's name (`sudo`) would leave there what its owner cannot write.
    """
    for each in (folder.parent, folder):
        known = each if each.exists() else each.parent
        if known.stat().st_uid != os.geteuid():
            raise PermissionError
        each.mkdir(0o700, exist_ok=True)


def _digest(parts: tuple[object, ...]) -> bytes:
    interpreter = sys.version, sys.byteorder, sys.flags.optimize
    raw = repr((interpreter, parts)).encode("utf-8", "backslashreplace")
    return blake2b(raw, digest_size=16).digest()
