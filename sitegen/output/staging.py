"""New files beside the old ones, and then in their place: in an order that a reader never notices.

Comes in: artifacts that differ from what is in the folder, and paths that are gone. Nothing moves
before everything is staged and on the disk.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from sitegen.errors import OutputError
from sitegen.model import Artifact, Entry
from sitegen.stamps import STAGING


def stage(
    changed: Iterable[Artifact], files: Mapping[str, Entry], folder: Path
) -> list[tuple[Path, str]]:
    """The new contents, whole and on the disk, beside the old; in the order of publishing."""
    staging = folder / STAGING
    staging.mkdir()
    staged = []
    for number, artifact in enumerate(sorted(changed, key=_phase)):
        path = staging / str(number)
        if artifact.data is not None:
            path.write_bytes(artifact.data)
        else:
            _copy(artifact, files[artifact.path], path)
        staged.append((path, artifact.path))
    sync(staging)
    return staged


def _copy(artifact: Artifact, entry: Entry, path: Path) -> None:
    """Copy an asset; the site was planned with the one that it was when it was read."""
    shutil.copyfile(artifact.file or "", path)
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != entry.sha256:
            message = f"{artifact.made_from[0]} was changed while the site was built"
            raise OutputError(message, hint="build once more; the former output is as it was")


def _phase(artifact: Artifact) -> tuple[int, str]:
    """What pages refer to comes before them, feeds and the sitemap after them."""
    order = {"text/html": 1, "application/xml": 2, "application/atom+xml": 2}
    order["application/feed+json"] = 2
    return order.get(artifact.media_type.partition(";")[0], 0), artifact.path


def move(staged: Iterable[tuple[Path, str]], folder: Path, old: Mapping[str, Entry]) -> None:
    """Every staged file into its place."""
    for source, path in staged:
        target = folder / path
        _clear_way(target, folder, old)
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)


def _clear_way(target: Path, folder: Path, old: Mapping[str, Entry]) -> None:
    """A page may become a folder and a folder a page: our own former files make room."""
    for parent in target.relative_to(folder).parents:
        if str(parent) in old and (folder / parent).is_file():
            (folder / parent).unlink()
    if target.is_dir():
        prefix = f"{target.relative_to(folder).as_posix()}/"
        remove([path for path in old if path.startswith(prefix)], folder)
        for empty in sorted([target, *target.rglob("*")] if target.exists() else [], reverse=True):
            empty.rmdir()


def remove(paths: Iterable[str], folder: Path) -> None:
    """Delete files of ours, feeds first, and the folders that they leave empty."""
    for path in sorted(paths, key=_retire_phase):
        target = folder / path
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            target.unlink()
        for parent in target.parents:
            if parent == folder:
                break
            with contextlib.suppress(FileNotFoundError):
                try:
                    parent.rmdir()
                except OSError:  # not empty
                    break


def _retire_phase(path: str) -> tuple[int, str]:
    """Nothing that stays for a moment longer may refer to what is gone already."""
    return (0 if path.endswith((".xml", ".json")) else 1 if path.endswith(".html") else 2), path


def sync(folder: Path) -> None:
    """One flush for all new files (a flush each costs five times as much as writing them)."""
    import ctypes

    libc = ctypes.CDLL(None)
    if hasattr(libc, "syncfs"):
        handle = os.open(folder, os.O_RDONLY)
        try:
            libc.syncfs(handle)
        finally:
            os.close(handle)
