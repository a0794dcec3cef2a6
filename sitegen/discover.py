"""Directories become sources and assets: what a build finds on the disk, read once.

Comes in: the site's folder. Goes out: every Markdown file below `content/` as text, every other
file as an asset, sorted by path, and what is wrong with the rest. Nothing but regular files is
ever opened, and no link leads out of `content/`.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from sitegen.errors import ConfigError, Problem, SourceError, Span, failure, in_order, warning
from sitegen.frontmatter.block import normal
from sitegen.model import Asset, Config, Source, Value

LARGE = 1_000_000
MARKDOWN = {".md", ".markdown"}
PUBLISHED_DOTS = {".well-known", ".nojekyll"}


class Found(Value, frozen=True):
    """All that a build reads, in the order of paths."""

    sources: tuple[Source, ...] = ()
    assets: tuple[Asset, ...] = ()
    problems: tuple[Problem, ...] = ()


def discover(root: Path, config: Config) -> Found:
    """Everything below `root/content`; files that cannot be used are problems, not exceptions."""
    if not (root / "content").is_dir():
        hint = "sources are Markdown files below content/"
        return Found(problems=(SourceError("there is no folder content/", None, hint).problem(),))
    problems: list[Problem] = []
    sources: list[Source] = []
    assets: list[Asset] = []
    for file in _walk(root / "content", "content/", problems):
        with _noting(file.path, problems):
            if PurePosixPath(file.path).suffix.lower() in MARKDOWN:
                sources.append(_read_source(file, config.markup.max_bytes, problems))
            else:
                assets.append(_read_asset(file))
    problems += [
        warning(
            ConfigError,
            f"there is no folder content/{name}/ for [sections.{name}]",
            Span("site.toml", 1),
            "a section is called as its folder; delete it, or begin the folder",
        )
        for name in config.sections
        if not any((root / "content" / spelt).is_dir() for spelt in _spellings(name))
    ]
    return Found(
        sources=tuple(sorted(sources, key=lambda source: source.path)),
        assets=tuple(sorted(assets, key=lambda asset: asset.path)),
        problems=tuple(in_order(problems)),
    )


def _spellings(name: str) -> Iterator[str]:
    """A name with its accents composed, and apart as some disks keep them."""
    return (unicodedata.normalize(form, name) for form in ("NFC", "NFD"))


def discover_static(*folders: Path) -> tuple[Asset, ...]:
    """Every file of the folders; in a later folder it stands for the same path in an earlier one.

    `Asset.path` is relative to its folder. Raises a group of SourceError for unreadable files.
    """
    problems: list[Problem] = []
    found: dict[str, Asset] = {}
    for folder in folders:
        prefix = f"{folder.name}/"
        for file in _walk(folder, prefix, problems) if folder.is_dir() else ():
            with _noting(file.path, problems):
                asset = _read_asset(file._replace(path=file.path.removeprefix(prefix)))
                found[asset.path] = asset
    if errors := [problem for problem in problems if problem.severity == "error"]:
        raise failure(errors)
    return tuple(found[path] for path in sorted(found))


@contextmanager
def _noting(path: str, problems: list[Problem]) -> Iterator[None]:
    """Turn what the disk or a file's content refuses into problems; what vanished is nothing."""
    try:
        yield
    except FileNotFoundError:
        pass  # deleted since it was listed
    except _Skipped as why:
        problems.append(warning(SourceError, f"{path} {why}: skipped", Span(path, 1)))
    except SourceError as mistake:
        problems.append(mistake.problem())
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror or error}"
        problem = SourceError(message, Span(path, 1), "check its permissions").problem()
        problems.append(problem)


class _Skipped(Exception):  # noqa: N818
    """Why an entry is left out, as a warning."""


class _File(NamedTuple):
    """A file as it is called in the site, and on this disk."""

    path: str
    file: str


class _Folder(NamedTuple):
    """A folder to be walked. `chain`: the real folders around it; `linked`: reached by a link."""

    prefix: str
    file: str
    chain: frozenset[tuple[int, int]]
    linked: bool = False


def _walk(top: Path, prefix: str, problems: list[Problem]) -> Iterator[_File]:
    """Every regular file below `top`, but hidden ones and editors' backups."""
    real_top = os.path.realpath(top)
    waiting = [_Folder(prefix, str(top), frozenset())]
    while waiting:
        folder = waiting.pop()
        entries: list[os.DirEntry[str]] = []
        with _noting(folder.prefix, problems):
            identity = Path(folder.file).stat()
            folder = folder._replace(chain=folder.chain | {(identity.st_dev, identity.st_ino)})
            with os.scandir(folder.file) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        for entry in entries:
            found: _File | _Folder | None = None
            if not _is_hidden(entry.name):
                with _noting(folder.prefix + entry.name, problems):
                    found = _look(entry, folder, real_top)
            if isinstance(found, _Folder):
                waiting.append(found)
            elif found:
                yield found


def _is_hidden(name: str) -> bool:
    backup = name.endswith(("~", ".swp", ".swo", ".swx")) or (name[0] == "#" == name[-1])
    return backup or (name[0] == "." and name not in PUBLISHED_DOTS)


def _look(entry: os.DirEntry[str], folder: _Folder, top: str) -> _File | _Folder:
    """What an entry is; raises _Skipped, SourceError or OSError."""
    path = folder.prefix + entry.name
    if any(unicodedata.category(char) in {"Cc", "Cs"} or char == "\\" for char in entry.name):
        raise SourceError(
            f"the file name {path!a} has a character that no address can have",
            None,
            "rename it: no control characters, no backslash, nothing but UTF-8",
        )
    linked = entry.is_symlink()
    if linked:
        _check_link(entry, folder, top)
    status = entry.stat()
    if stat.S_ISDIR(status.st_mode):
        if linked and (status.st_dev, status.st_ino) in folder.chain:
            raise _Skipped("is a link to a folder around it")
        if linked and folder.linked:
            raise _Skipped("is a link to a folder, inside of a linked folder")
        return _Folder(f"{path}/", entry.path, folder.chain, linked or folder.linked)
    if not stat.S_ISREG(status.st_mode):
        raise _Skipped("is not a regular file")
    return _File(path, entry.path)


def _check_link(entry: os.DirEntry[str], folder: _Folder, top: str) -> None:
    try:
        target = os.path.realpath(entry.path, strict=True)
    except FileNotFoundError:
        if not os.path.lexists(entry.path):
            raise
        raise _Skipped("is a link to nothing") from None
    except OSError:
        raise _Skipped("is a link that leads back to itself") from None
    if os.path.commonpath([top, target]) != top:
        raise _Skipped("is a link out of " + (folder.prefix.split("/")[0] or "its folder"))
    if any(_is_hidden(part) for part in Path(os.path.relpath(target, top)).parts if part != "."):
        raise _Skipped("is a link to a hidden file")


def _open_regular(file: _File) -> int:
    """A descriptor of a regular file; what took its place since it was listed cannot block."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(file.file, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(file.file)
    return descriptor


def _read_asset(file: _File) -> Asset:
    with open(_open_regular(file), "rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return Asset(path=file.path, file=file.file, digest=digest)


def _read_source(file: _File, most: int, problems: list[Problem]) -> Source:
    with open(_open_regular(file), "rb") as stream:
        return read_source(stream, file.path, most, problems)


def read_source(stream: BinaryIO, path: str, most: int, problems: list[Problem]) -> Source:
    """A source of at most so many bytes; warnings go to `problems`. Raises `SourceError`."""
    raw = stream.read(most + 1)
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
    text = normal(text)
    return text if text.endswith("\n") or not text else f"{text}\n"


CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""No page and no feed may hold them; to leave them out would move what stands behind them."""
NEVER_TEXT = ("\0", "\ufffe", "\uffff")


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
    before = normal(raw[:offset].decode("utf-8"))
    return Span(path, before.count("\n") + 1, len(before) - before.rfind("\n"))


def _encoding_hint(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or raw[1:4:2] == b"\0\0":
        return "the file looks like UTF-16: save it as UTF-8"
    return "save the file as UTF-8, or delete what is there"
