"""Directories become sources and assets: what a build finds on the disk.

Comes in: the site's folder. Goes out: every Markdown file below `content/` as an original, every
other file as an asset, sorted by path, each with the digest of its bytes, and what is wrong with
the rest. `read_source` makes text of an original. Nothing but regular files is ever opened, and
no link leads out of `content/`.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from sitegen.discover.reading import (
    Noting,
    Reading,
    SkippedError,
    open_regular,
    read_original,
    read_source,
)
from sitegen.errors import (
    ConfigError,
    Problem,
    SourceError,
    Span,
    TemplateError,
    failure,
    in_order,
    warning,
)
from sitegen.model import Asset, Config, Value

__all__ = [
    "Found",
    "Original",
    "Reading",
    "discover",
    "discover_static",
    "missing_sections",
    "read_original",
    "read_source",
    "read_templates",
]

AT_ONCE = 1 << 20  # bytes
REFUSED = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\\\\]")
"""In a file name: control characters, what is no UTF-8, the backslash."""
MARKDOWN = {".md", ".markdown"}
PUBLISHED_DOTS = {".well-known", ".nojekyll"}


class Original(Value, frozen=True):
    """A Markdown file as it lies on this disk. `digest`: SHA-256 of its bytes, "" if unreadable."""

    path: str
    file: str
    digest: str


class Found(Value, frozen=True):
    """All that a build reads below `content/`, in the order of paths."""

    originals: tuple[Original, ...] = ()
    assets: tuple[Asset, ...] = ()
    problems: tuple[Problem, ...] = ()


def discover(root: Path) -> Found:
    """Everything below `root/content`; files that cannot be used are problems, not exceptions."""
    if not (root / "content").is_dir():
        hint = "sources are Markdown files below content/"
        return Found(problems=(SourceError("there is no folder content/", None, hint).problem(),))
    problems: list[Problem] = []
    originals: list[Original] = []
    assets: list[Asset] = []
    for file in _walk(root / "content", "content/", problems):
        with Noting(file.path, problems):
            asset = _read_asset(file)
            if _is_markdown(file.path):
                originals.append(Original(path=file.path, file=file.file, digest=asset.digest))
            else:
                assets.append(asset)
    return Found(
        originals=tuple(sorted(originals, key=lambda original: original.path)),
        assets=tuple(sorted(assets, key=lambda asset: asset.path)),
        problems=tuple(in_order(problems)),
    )


def _is_markdown(path: str) -> bool:
    return os.path.splitext(path)[1].lower() in MARKDOWN  # noqa: PTH122 - 10,000 times


def missing_sections(root: Path, config: Config) -> Iterator[Problem]:
    """A warning for each section of the configuration that has no folder."""
    for name in config.sections:
        if not any((root / "content" / spelt).is_dir() for spelt in _spellings(name)):
            yield warning(
                ConfigError,
                f"there is no folder content/{name}/ for [sections.{name}]",
                Span("site.toml", 1),
                "a section is called as its folder; delete it, or begin the folder",
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
            with Noting(file.path, problems):
                asset = _read_asset(file._replace(path=file.path.removeprefix(prefix)))
                found[asset.path] = asset
    if errors := [problem for problem in problems if problem.severity == "error"]:
        raise failure(errors)
    return tuple(found[path] for path in sorted(found))


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
        with Noting(folder.prefix, problems):
            identity = Path(folder.file).stat()
            folder = folder._replace(chain=folder.chain | {(identity.st_dev, identity.st_ino)})
            with os.scandir(folder.file) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        for entry in entries:
            found: _File | _Folder | None = None
            if not _is_hidden(entry.name):
                with Noting(folder.prefix + entry.name, problems):
                    found = _look(entry, folder, real_top)
            if isinstance(found, _Folder):
                waiting.append(found)
            elif found:
                yield found


def _is_hidden(name: str) -> bool:
    backup = name.endswith(("~", ".swp", ".swo", ".swx")) or (name[0] == "#" == name[-1])
    return backup or (name[0] == "." and name not in PUBLISHED_DOTS)


def _look(entry: os.DirEntry[str], folder: _Folder, top: str) -> _File | _Folder:
    """What an entry is; raises SkippedError, SourceError or OSError."""
    path = folder.prefix + entry.name
    if REFUSED.search(entry.name):
        raise SourceError(
            f"the file name {path!a} has a character that no address can have",
            None,
            "rename it: no control characters, no backslash, nothing but UTF-8",
        )
    if entry.is_file(follow_symlinks=False):
        return _File(path, entry.path)
    linked = entry.is_symlink()
    if linked:
        _check_link(entry, folder, top)
    status = entry.stat()
    if stat.S_ISDIR(status.st_mode):
        if linked and (status.st_dev, status.st_ino) in folder.chain:
            raise SkippedError("is a link to a folder around it")
        if linked and folder.linked:
            raise SkippedError("is a link to a folder, inside of a linked folder")
        return _Folder(f"{path}/", entry.path, folder.chain, linked or folder.linked)
    if not stat.S_ISREG(status.st_mode):
        raise SkippedError("is not a regular file")
    return _File(path, entry.path)


def _check_link(entry: os.DirEntry[str], folder: _Folder, top: str) -> None:
    try:
        target = os.path.realpath(entry.path, strict=True)
    except FileNotFoundError:
        if not os.path.lexists(entry.path):
            raise
        raise SkippedError("is a link to nothing") from None
    except OSError:
        raise SkippedError("is a link that leads back to itself") from None
    if os.path.commonpath([top, target]) != top:
        raise SkippedError("is a link out of " + (folder.prefix.split("/")[0] or "its folder"))
    if any(_is_hidden(part) for part in Path(os.path.relpath(target, top)).parts if part != "."):
        raise SkippedError("is a link to a hidden file")


def _read_asset(file: _File) -> Asset:
    descriptor, size = open_regular(file.file)
    try:
        most = min(size, AT_ONCE) + 1
        part = os.read(descriptor, most)
        digest, size = hashlib.sha256(part), len(part)
        while len(part) == most:  # it is longer than that
            part = os.read(descriptor, most)
            digest.update(part)
            size += len(part)
    finally:
        os.close(descriptor)
    return Asset(path=file.path, file=file.file, digest=digest.hexdigest(), size=size)


def read_templates(folders: Sequence[Path]) -> dict[str, tuple[str, str]]:
    """All `*.html` below the folders, by name: the path that errors show, and the text.

    A later folder overrides an earlier one, file by file. Raises a group of `TemplateError`.
    """
    files: dict[str, tuple[str, str]] = {}
    for folder in folders:
        for file in sorted(folder.rglob("*.html")):
            name = file.relative_to(folder).as_posix()
            files[name] = (f"{folder.name}/{name}", _read_template(file, f"{folder.name}/{name}"))
    return files


def _read_template(file: Path, path: str) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        problem = TemplateError(f"{path} is not UTF-8 text: byte {error.start}")
    except OSError as error:
        problem = TemplateError(f"{path} cannot be read: {error.strerror}")
    raise ExceptionGroup("a template cannot be read", [problem])
