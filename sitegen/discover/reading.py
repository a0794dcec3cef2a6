"""One file, read once: its bytes, and for a source the text that they are.

Comes in: the place of a file on this disk. Goes out: a `Reading`, with a `Source` or with what is
wrong with it. What took the place of a regular file since it was listed cannot block.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from typing import BinaryIO, NamedTuple

from sitegen.errors import Problem, SourceError, Span, warning
from sitegen.model import Source

LARGE = 1_000_000
NEVER_TEXT = ("\0", "\ufffe", "\uffff")
CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""No page and no feed may hold them; to leave them out would move what stands behind them."""


class Reading(NamedTuple):
    """What a file says: a source, or the mistake that it is. `digest`: of the bytes read."""

    source: Source | None
    digest: str
    problems: tuple[Problem, ...]


def read_original(path: str, file: str, most: int) -> Reading:
    """The file, called `path` in the site, as text of at most `most` bytes. Never raises."""
    problems: list[Problem] = []
    digest, source = "", None
    with Noting(path, problems):
        descriptor, size = open_regular(file)
        # What is asked for at once is set aside at once, and most files are small.
        with open(descriptor, "rb", buffering=0) as stream:  # noqa: PTH123 - a descriptor
            raw = stream.read(min(size, most) + 1)
            while len(raw) <= most and (more := stream.read(most + 1 - len(raw))):
                raw += more
        digest = hashlib.sha256(raw).hexdigest()
        source = source_of(raw, path, most, problems)
    return Reading(source, digest, tuple(problems))


def read_source(stream: BinaryIO, path: str, most: int, problems: list[Problem]) -> Source:
    """A source of at most so many bytes; warnings go to `problems`. Raises `SourceError`."""
    return source_of(stream.read(most + 1), path, most, problems)


def source_of(raw: bytes, path: str, most: int, problems: list[Problem]) -> Source:
    """These bytes as a source."""
    start = Span(path, 1)
    if len(raw) > most:
        hint = "divide it, or raise max_bytes of [markup] in site.toml"
        raise SourceError(f"the file is over {most:,} bytes", start, hint)
    if len(raw) > LARGE:
        problems.append(warning(SourceError, f"the file has {len(raw):,} bytes", start))
    text = _normalised(_decoded(raw, path))
    if control := CONTROL.search(text):
        row, column = text.count("\n", 0, control.start()) + 1, control.start()
        place = Span(path, row, column - text.rfind("\n", 0, column))
        what = f"the control character U+{ord(control[0]):04X} is published as �"
        problems.append(warning(SourceError, what, place, "delete it, and others like it"))
        text = CONTROL.sub("\ufffd", text)
    return Source(path=path, text=text, digest=hashlib.sha256(text.encode()).hexdigest())


def _normalised(text: str) -> str:
    """The same text for the same words: no mark, one kind of line end, one at the end."""
    from sitegen.frontmatter.block import normal  # with YAML, which nobody needs to look around

    text = normal(text)
    return text if text.endswith("\n") or not text else f"{text}\n"


def _decoded(raw: bytes, path: str) -> str:
    """Text of UTF-8; raises SourceError with the offset of the first byte that is none."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        what = f"byte {error.start} (0x{raw[error.start]:02x}) is not UTF-8"
        raise SourceError(what, _place(raw, error.start, path), _encoding_hint(raw)) from None
    found = [(text.find(char), char) for char in NEVER_TEXT if char in text]
    if not found:
        return text
    index, char = min(found)
    offset = len(text[:index].encode())
    what = f"byte {offset} begins a U+{ord(char):04X}, which is no text"
    raise SourceError(what, _place(raw, offset, path), _encoding_hint(raw))


def _place(raw: bytes, offset: int, path: str) -> Span:
    from sitegen.frontmatter.block import normal

    before = normal(raw[:offset].decode("utf-8"))
    return Span(path, before.count("\n") + 1, len(before) - before.rfind("\n"))


def _encoding_hint(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or raw[1:4:2] == b"\0\0":
        return "the file looks like UTF-16: save it as UTF-8"
    return "save the file as UTF-8, or delete what is there"


# --- the disk --------------------------------------------------------------------------------


class SkippedError(Exception):
    """Why an entry is left out, as a warning."""


class Noting:
    """Turns what the disk or a file's content refuses into problems; what vanished is nothing."""

    def __init__(self, path: str, problems: list[Problem]) -> None:
        self._path, self._problems = path, problems

    def __enter__(self) -> None:
        """Nothing is to be done before."""

    def __exit__(self, kind: object, why: BaseException | None, _trace: object) -> bool:
        """Take in what is no bug."""
        if why is None:
            return False
        path, start = self._path, Span(self._path, 1)
        match why:
            case SkippedError():
                self._problems.append(warning(SourceError, f"{path} {why}: skipped", start))
            case SourceError():
                self._problems.append(why.problem())
            case OSError() if not isinstance(why, FileNotFoundError):  # deleted since it was listed
                message = f"{path} cannot be read: {why.strerror or why}"
                problem = SourceError(message, start, "check its permissions").problem()
                self._problems.append(problem)
        return isinstance(why, SkippedError | SourceError | OSError)


def open_regular(file: str) -> tuple[int, int]:
    """A descriptor of a regular file, and its size in bytes.

    What took its place since it was listed cannot block.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(file, flags)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise FileNotFoundError(file)
    return descriptor, status.st_size
