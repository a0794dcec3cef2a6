"""A snapshot to a folder: write what changed, remove what is ours and gone, each at one stroke.

New content is staged beside the old and moved into place file by file, so no reader and no crash
ever sees half a file: first what pages refer to, then pages, then feeds; what is gone goes last.
`MANIFEST` lists the files that are ours; nothing else in the folder is ever touched.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from sitegen.errors import OutputError
from sitegen.model import Artifact, Snapshot, Value

MANIFEST = ".sitegen.json"
STAGING = ".sitegen-new"


class Entry(Value, frozen=True):
    """One file of the output, as it was published."""

    sha256: str
    size: int
    type: str


class Manifest(Value, frozen=True):
    """Every file of the output that is ours. `complete` is false while a build is writing."""

    url: str
    drafts: bool
    complete: bool
    files: dict[str, Entry]
    version: int = 1


class Written(Value, frozen=True):
    """What a write did."""

    new: int
    changed: int
    removed: int
    unchanged: int


def write(snapshot: Snapshot, folder: Path, *, url: str, drafts: bool) -> Written:
    """Make `folder` hold exactly the snapshot and what is not ours.

    Raises `OutputError` for whatever the disk refuses; the old output is then whole.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            return _write(snapshot, folder, url=url, drafts=drafts)
    except OSError as error:
        raise _refused(error, folder) from error


def _write(snapshot: Snapshot, folder: Path, *, url: str, drafts: bool) -> Written:
    shutil.rmtree(folder / STAGING, ignore_errors=True)  # what a killed build left
    old = _read_manifest(folder)
    _refuse_foreign(snapshot.artifacts, old, folder)
    files = {path: _entry(each) for path, each in snapshot.artifacts.items()}
    changed = [each for path, each in snapshot.artifacts.items() if not _same(folder / path, each)]
    gone = sorted(set(old) - set(files))
    final = Manifest(url=url, drafts=drafts, complete=True, files=files)
    if changed or gone or not _is_written(final, folder):
        try:
            staged = _stage_or_leave(changed, folder)
            # Before anything moves, the manifest claims both generations: whatever happens
            # next, the following build knows each file that is ours.
            both = msgspec.structs.replace(final, complete=False, files=old | files)
            _replace_manifest(both, folder)
            _move(staged, folder, old)
            _remove(gone, folder)
            _replace_manifest(final, folder)
        finally:
            shutil.rmtree(folder / STAGING, ignore_errors=True)
    new = sum(each.path not in old for each in changed)
    return Written(
        new=new,
        changed=len(changed) - new,
        removed=len(gone),
        unchanged=len(files) - len(changed),
    )


# --- before anything is written --------------------------------------------------------------


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One build at a time: a second one waits here for the first."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _read_manifest(folder: Path) -> dict[str, Entry]:
    """What the last build wrote; nothing where there was none or its list is unreadable."""
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest).files
    except (FileNotFoundError, msgspec.DecodeError):
        return {}


def _refuse_foreign(
    artifacts: Mapping[str, Artifact], old: Mapping[str, Entry], folder: Path
) -> None:
    """No file of ours, new or old, may leave the folder; no new one may replace a foreign one."""
    root = folder.resolve()
    for parent in sorted({os.path.dirname(path) for path in {*artifacts, *old}}):  # noqa: PTH120 - 10,000 times
        place = folder / parent
        if not place.resolve().is_relative_to(root):
            raise OutputError(
                f'"{place}" leads out of the output folder',
                hint="remove the symbolic link, or choose another folder with -o",
            )
    foreign = [
        str(above)
        for parent in sorted({os.path.dirname(path) for path in artifacts})  # noqa: PTH120
        for above in [PurePosixPath(parent), *PurePosixPath(parent).parents]
        if str(above) not in old and (folder / above).exists() and not (folder / above).is_dir()
    ]
    foreign += [
        path
        for path, artifact in artifacts.items()
        if path not in old and os.path.lexists(folder / path)
        if not _same(folder / path, artifact) and not _is_all_ours(path, old, folder)
    ]
    if foreign:
        which = f" and {len(foreign) - 1} more were" if len(foreign) > 1 else " was"
        raise OutputError(
            f'"{folder / foreign[0]}"{which} not written by sitegen and in the way',
            hint="move what is yours (to static/ or content/ if it belongs to the site) and delete"
            " what is left of an older build, or choose another folder with -o",
        )


def _is_all_ours(path: str, old: Mapping[str, Entry], folder: Path) -> bool:
    """Whether it is a folder with nothing in it but former files of ours."""
    place = folder / path
    return place.is_dir() and all(
        file.relative_to(folder).as_posix() in old for file in place.rglob("*") if not file.is_dir()
    )


def _entry(artifact: Artifact) -> Entry:
    if artifact.data is not None:
        digest, size = hashlib.sha256(artifact.data).hexdigest(), len(artifact.data)
    else:
        with Path(artifact.file or "").open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
    return Entry(sha256=digest, size=size, type=artifact.media_type)


def _same(path: Path, artifact: Artifact) -> bool:
    """Whether the file on the disk has the artifact's bytes already."""
    try:
        if artifact.data is not None:
            return (
                path.stat().st_size == len(artifact.data)
                and not path.is_symlink()
                and path.read_bytes() == artifact.data
            )
        import filecmp

        return not path.is_symlink() and filecmp.cmp(path, artifact.file or "", shallow=False)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return False


def _is_written(manifest: Manifest, folder: Path) -> bool:
    path = folder / MANIFEST
    return path.is_file() and path.read_bytes() == _encode(manifest)


# --- writing ---------------------------------------------------------------------------------


def _stage_or_leave(changed: Iterable[Artifact], folder: Path) -> list[tuple[Path, str]]:
    """Stage, or say that nothing was published: up to here the old output is untouched."""
    try:
        return _stage(changed, folder)
    except OSError as error:
        raise _refused(error, folder, "the former output is as it was") from error


def _stage(changed: Iterable[Artifact], folder: Path) -> list[tuple[Path, str]]:
    """The new contents, whole and on the disk, beside the old; in the order of publishing."""
    staging = folder / STAGING
    staging.mkdir()
    staged = []
    for number, artifact in enumerate(sorted(changed, key=_phase)):
        path = staging / str(number)
        if artifact.data is not None:
            path.write_bytes(artifact.data)
        else:
            shutil.copyfile(artifact.file or "", path)
        staged.append((path, artifact.path))
    _sync(staging)
    return staged


def _phase(artifact: Artifact) -> tuple[int, str]:
    """What pages refer to comes before them, feeds and the sitemap after them."""
    order = {"text/html": 1, "application/xml": 2, "application/atom+xml": 2}
    order["application/feed+json"] = 2
    return order.get(artifact.media_type.partition(";")[0], 0), artifact.path


def _move(staged: Iterable[tuple[Path, str]], folder: Path, old: Mapping[str, Entry]) -> None:
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
        _remove([path for path in old if path.startswith(prefix)], folder)
        for empty in sorted([target, *target.rglob("*")] if target.exists() else [], reverse=True):
            empty.rmdir()


def _remove(paths: Iterable[str], folder: Path) -> None:
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


def _replace_manifest(manifest: Manifest, folder: Path) -> None:
    staging = folder / STAGING
    staging.mkdir(exist_ok=True)
    path = staging / MANIFEST
    path.write_bytes(_encode(manifest))
    path.replace(folder / MANIFEST)


def _encode(manifest: Manifest) -> bytes:
    data: dict[str, Any] = msgspec.to_builtins(manifest)
    return msgspec.json.format(msgspec.json.encode(data), indent=1) + b"\n"


def _sync(folder: Path) -> None:
    """One flush for all new files (a flush each costs five times as much as writing them)."""
    import ctypes

    libc = ctypes.CDLL(None)
    if hasattr(libc, "syncfs"):
        handle = os.open(folder, os.O_RDONLY)
        try:
            libc.syncfs(handle)
        finally:
            os.close(handle)


def _refused(
    error: OSError, folder: Path, hint: str = "build again when the cause is gone"
) -> OutputError:
    """The disk's refusal in one line."""
    place = error.filename or str(folder)
    reason = (error.strerror or str(error)).lower()
    verb = "write" if str(place).startswith(str(folder)) else "read"  # a file of the site's own
    return OutputError(f"cannot {verb} {place}: {reason}", hint=hint)
