"""What was computed before, by the digest of all that it was computed from.

Comes in: a key (`digest` of the name of a function, the program and its arguments) and the bytes
of a result. Goes out: the same bytes in a later build, or None. One file in `.sitegen/` holds all
entries, one behind the other, each with its key and a checksum: whatever is missing, cut off,
garbled or under another's name is a miss. A second file says where each entry is; without it the
first is read through. Only one process writes, and none waits for it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import struct
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b, sha256
from pathlib import Path

HEAD = struct.Struct(">4s16s16sI")
"""Before each entry: mark, key, checksum of key and value, length of the value."""
PLACE = struct.Struct(">16sQI")
"""In the index: key, where its entry begins, length of the value."""
MARK = b"\x93sge"
IDENTITY = 16  # bytes at the beginning of the pack, random: an index belongs to one pack
PARTS = 1024  # of one call, at most
BATCH = 1 << 23  # bytes that wait in memory before they are written
SLACK = 1 << 24  # bytes that nobody needs and that nobody minds
LARGEST = 1 << 31  # bytes of the whole pack

Places = dict[bytes, tuple[int, int]]


def digest(*parts: bytes) -> bytes:
    """16 bytes that stand for these parts in this order; where one ends and the next begins too.

    Lock files of sites have such digests: it stays as it is.
    """
    state = blake2b(digest_size=16)
    for part in parts:
        state.update(len(part).to_bytes(8, "big"))
        state.update(part)
    return state.digest()


class Memo:
    """Entries in a folder; without a folder, or where it cannot be written, in memory only."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._pack: int | None = None
        self._lock: int | None = None
        self._places: Places = {}
        self._end = 0
        self._fresh: dict[bytes, bytes] = {}
        self._own: set[bytes] = set()
        self._waiting = 0
        self._refused = folder is None
        if folder:
            with contextlib.suppress(OSError):
                self._open(folder)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever put: then nobody need make keys to ask for."""
        return not (self._places or self._fresh)

    def get(self, key: bytes) -> bytes | None:
        """The value that was put under this key, whole and unaltered; else None."""
        if key in self._fresh:
            return self._fresh[key]
        if self._pack is None or key not in self._places:
            return None
        start, length = self._places[key]
        try:
            raw = os.pread(self._pack, HEAD.size + length, start)
        except OSError:
            return None
        value = raw[HEAD.size :]
        # What this process wrote while it held the lock is only measured, not summed again.
        if len(value) == length and (key in self._own or raw[: HEAD.size] == _head(key, value)):
            return value
        del self._places[key]  # so that the next value for this key is kept
        return None

    def put(self, key: bytes, value: bytes) -> None:
        """Keep a value; it is on the disk when much has come together, or after `settle`."""
        self._places.pop(key, None)
        self._fresh[key] = value
        self._waiting += len(value)
        if self._waiting > BATCH:
            self._write()

    def settle(self, needed: Callable[[], Iterable[bytes]]) -> None:
        """Write what waits; where most of the pack is needed by nobody any more, make it anew."""
        self._write()
        if self._lock is None or self._folder is None or self._pack is None:
            return
        with contextlib.suppress(OSError):
            former = self._read("memo.size", 32)
            size = int(former) if former.isdigit() else self._note_size(self._folder)
            if self._end > 2 * size + SLACK or self._end > LARGEST:
                self._compact(self._pack, self._folder, needed())
                self._note_size(self._folder)
            _replace(self._folder / "memo.index", self._index(self._pack))
        os.close(self._lock)  # others may write now
        self._lock = None
        self._own.clear()

    def _note_size(self, folder: Path) -> int:
        """Write down how large the pack is with nothing in it that is not needed."""
        _replace(folder / "memo.size", b"%d" % self._end)
        return self._end

    def close(self) -> None:
        """Give the files and the lock back; nothing can be asked for any more."""
        for handle in (self._pack, self._lock):
            if handle is not None:
                os.close(handle)
        self._pack = self._lock = None

    def __del__(self) -> None:
        self.close()

    # --- reading ---------------------------------------------------------------------------------

    def _open(self, folder: Path, mode: int = os.O_RDONLY) -> int:
        """Open the pack and learn where everything is: from the index, and behind its end."""
        pack = os.open(folder / "memo.pack", mode | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
        now = os.fstat(pack)
        if not stat.S_ISREG(now.st_mode):
            os.close(pack)
            raise OSError("the pack is no file")
        former, self._pack = self._pack, pack
        if former is not None:
            is_same = os.path.samestat(os.fstat(former), now) and now.st_size == self._end
            os.close(former)
            if is_same:  # nobody has written since it was read
                return pack
        identity = os.pread(pack, IDENTITY, 0)
        self._places, end = _read_index(self._read("memo.index", LARGEST), identity)
        if end > os.fstat(pack).st_size:  # it was cut off
            self._places, end = {}, IDENTITY
        self._end = self._scan(pack, end)
        return pack

    def _read(self, name: str, most: int) -> bytes:
        if self._folder is None:
            return b""
        try:
            handle = os.open(self._folder / name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(handle, "rb") as file:  # noqa: PTH123 - of a descriptor
                return file.read(most)
        except OSError:
            return b""

    def _scan(self, pack: int, end: int) -> int:
        """Entries that a build wrote before it could write the index; where the last one ends."""
        size = os.fstat(pack).st_size
        while len(head := os.pread(pack, HEAD.size, end)) == HEAD.size:
            mark, key, _, length = HEAD.unpack(head)
            if mark != MARK or end + HEAD.size + length > size:
                break
            self._places[key] = end, length
            end += HEAD.size + length
        return end

    # --- writing ---------------------------------------------------------------------------------

    def _write(self) -> None:
        """Append what waits; whatever the disk refuses stays in memory, and nothing follows it."""
        pack = self._begin() if self._fresh and not self._refused else None
        if pack is None:
            return
        end, places, parts = self._end, {}, []
        for key, value in self._fresh.items():
            places[key] = end, len(value)
            parts += [_head(key, value), value]
            end += HEAD.size + len(value)
        try:
            _write_all(pack, parts, self._end)
        except OSError:
            self._refused = True
            with contextlib.suppress(OSError):
                os.ftruncate(pack, self._end)
            return
        self._places |= places
        self._own |= places.keys()
        self._end, self._waiting = end, 0
        self._fresh.clear()

    def _begin(self) -> int | None:
        """The pack, to be written by this process alone; None if another does, or nobody can."""
        if self._lock is not None or self._folder is None:
            return self._pack
        self._refused = True
        with contextlib.suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            lock = os.open(self._folder, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                pack = self._open(self._folder, os.O_RDWR | os.O_CREAT)  # another may have written
                self._begin_pack(pack, self._folder)
            except OSError:
                os.close(lock)
                return None
            self._lock, self._refused = lock, False
            return pack
        return None

    def _begin_pack(self, pack: int, folder: Path) -> None:
        if os.fstat(pack).st_size < IDENTITY:
            _write_at(pack, os.urandom(IDENTITY), 0)
            self._places, self._end = {}, IDENTITY
            (folder / ".gitignore").write_text("*\n", encoding="utf-8")
        os.ftruncate(pack, self._end)  # what a killed build left half written

    def _compact(self, former: int, folder: Path, needed: Iterable[bytes]) -> None:
        """A new pack with nothing but what the last builds used, in the place of the old one."""
        path = folder / "memo.new"
        pack = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        places: Places = {}
        end = IDENTITY
        try:
            _write_at(pack, os.urandom(IDENTITY), 0)
            for key in needed:
                value = self.get(key) if key not in places else None
                if value is not None and end + HEAD.size + len(value) <= LARGEST:
                    _write_at(pack, _head(key, value) + value, end)
                    places[key] = end, len(value)
                    end += HEAD.size + len(value)
            path.replace(folder / "memo.pack")
        except OSError:
            os.close(pack)
            path.unlink(missing_ok=True)
            raise
        os.close(former)
        self._pack, self._places, self._end = pack, places, end

    def _index(self, pack: int) -> bytes:
        rows = b"".join(PLACE.pack(key, *place) for key, place in self._places.items())
        body = os.pread(pack, IDENTITY, 0) + self._end.to_bytes(8, "big") + rows
        return digest(body) + body


def _read_index(raw: bytes, identity: bytes) -> tuple[Places, int]:
    """Where the entries are, and up to where the pack was read; nothing for another pack."""
    body = raw[16:]
    rows = memoryview(body)[IDENTITY + 8 :]
    if len(rows) % PLACE.size or raw[:16] != digest(body) or body[:IDENTITY] != identity:
        return {}, IDENTITY
    places = {key: (start, length) for key, start, length in PLACE.iter_unpack(rows)}
    return places, int.from_bytes(body[IDENTITY : IDENTITY + 8], "big")


def _head(key: bytes, value: bytes) -> bytes:
    state = sha256(key)  # most processors have it built in: a third of the time of BLAKE2
    state.update(value)
    return HEAD.pack(MARK, key, state.digest()[:16], len(value))


def _write_all(handle: int, parts: Sequence[bytes], start: int) -> None:
    """Write the parts one behind the other, as many at once as the system takes."""
    for at in range(0, len(parts), PARTS):
        some = parts[at : at + PARTS]
        size = sum(map(len, some))
        if os.pwritev(handle, some, start) < size:
            _write_at(handle, b"".join(some), start)
        start += size


def _write_at(handle: int, content: bytes, start: int) -> None:
    view = memoryview(content)
    while view:
        written = os.pwrite(handle, view, start)
        start, view = start + written, view[written:]


def _replace(path: Path, content: bytes) -> None:
    """The file has the new content or the old one, never half of it."""
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(content)
    new.replace(path)
