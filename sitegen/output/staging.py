"""New files beside the old ones, and then in their place: in an order that a reader never notices.

Comes in: artifacts that differ from what is in the folder, and paths that are gone. Nothing moves
before everything is staged, and on the disk where it takes the place of something. Many files
are staged by several processes; a folder that nobody has published yet moves as a whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from sitegen.errors import OutputError
from sitegen.model import Artifact, Entry, Snapshot
from sitegen.output.claim import Claim
from sitegen.stamps import STAGING

Spread = Callable[[Callable[[int], bytes], int, Callable[[int, str], bytes]], Iterable[bytes]]
"""Do work(0) … work(n - 1) in some order; the last argument stands in for what was lost."""
MANY = 200
"""Files from which on several processes write them, and several threads remove them."""
THREADS = 4
HERE, EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE, of Linux
CHUNK = 32
"""Files that one task stages."""


def in_turn(work: Callable[[int], bytes], count: int, _: object) -> list[bytes]:
    """All of it in this process."""
    return [work(number) for number in range(count)]


class Refused(NamedTuple):
    """Why a file could not be staged, on its way from another process."""

    message: str
    hint: str | None = None
    code: int | None = None
    file: str | None = None


def stage(
    paths: Sequence[str],
    snapshot: Snapshot,
    files: Mapping[str, Entry],
    claim: Claim,
    spread: Spread = in_turn,
) -> list[tuple[Path, str]]:
    """The new contents, whole, beside the old; in the order of publishing.

    Where nothing was published before, there is nothing to lose either, and what a crash of the
    whole machine leaves is found by the next build.
    """
    claim.staging.mkdir(exist_ok=True)
    artifacts, places = snapshot.artifacts, {path: claim.staged(path) for path in paths}
    left = [
        path
        for path, place in places.items()
        if path not in snapshot.staged or artifacts[path].file != place
    ]
    _stage_all(left, artifacts, files, claim, spread if len(left) > MANY else in_turn)
    if not claim.is_first:
        sync(claim.staging)
    order = sorted((_phase(path, files), path) for path in paths)
    return [(Path(places[path]), path) for _, path in order]


def _stage_all(
    paths: Sequence[str],
    artifacts: Mapping[str, Artifact],
    files: Mapping[str, Entry],
    claim: Claim,
    spread: Spread,
) -> None:
    def work(number: int) -> bytes:
        refused = None
        try:
            for path in paths[number * CHUNK : (number + 1) * CHUNK]:
                _stage(artifacts[path], files, claim)
        except OutputError as error:
            refused = Refused(error.message, error.hint)
        except OSError as error:
            refused = Refused(error.strerror or str(error), None, error.errno, error.filename)
        return msgspec.msgpack.encode(refused)

    def lost(_number: int, _why: str) -> bytes:
        message = "a process was ended while it wrote files"
        return msgspec.msgpack.encode(Refused(message, "build again"))

    for raw in [*spread(work, -(-len(paths) // CHUNK), lost)]:
        if refused := msgspec.msgpack.decode(raw, type=Refused | None):
            if refused.code is not None:
                raise OSError(refused.code, refused.message, refused.file)
            raise OutputError(refused.message, hint=refused.hint)


def _stage(artifact: Artifact, files: Mapping[str, Entry], claim: Claim) -> None:
    path = claim.staged(artifact.path)
    claim.make_room(path)
    if artifact.data is None:
        _copy(artifact, files[artifact.path], path)
    else:
        Path(path).write_bytes(artifact.data)


def _copy(artifact: Artifact, entry: Entry, path: str) -> None:
    """Copy an asset; the site was planned with the one that it was when it was read."""
    shutil.copyfile(artifact.file or "", path)
    with Path(path).open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != entry.sha256:
            message = f"{artifact.made_from[0]} was changed while the site was built"
            raise OutputError(message, hint="build once more; the former output is as it was")


LATE = {"text/html": 1, "application/xml": 2, "application/atom+xml": 2, "application/feed+json": 2}


def _phase(path: str, files: Mapping[str, Entry]) -> int:
    """What pages refer to comes before them, feeds and the sitemap after them."""
    return LATE.get(files[path].type.partition(";")[0], 0)


def move(staged: Sequence[tuple[Path, str]], claim: Claim, there: Collection[str]) -> None:
    """Every staged file into its place; `there` are those that take the place of a file."""
    former = []
    in_folders = claim.is_first and claim.is_known
    for source, path in _as_folders(staged, claim.folder) if in_folders else staged:
        target = claim.folder / path
        if path in there and exchange(source, target):
            former.append(source)
        else:
            _put(source, target, claim)
    for source in _remove_all(former):  # no file any more, since a moment: it is not ours
        target = claim.folder / next(path for each, path in staged if each == source)
        exchange(source, target)
        _put(source, target, claim)


def _put(source: Path, target: Path, claim: Claim) -> None:
    """One staged file, or folder of files, into its place."""
    try:
        source.replace(target)
    except OSError:  # what is in the way is looked at only then
        _clear_way(target, claim.folder, claim.old)
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)


def _as_folders(staged: Iterable[tuple[Path, str]], folder: Path) -> Iterable[tuple[Path, str]]:
    """A folder whose name is free in one move, when the last of its files has its turn."""
    moves: dict[str, tuple[Path, str]] = {}
    for source, path in staged:
        name, below, _ = path.partition("/")
        if below and (name in moves or not os.path.lexists(folder / name)):
            moves.pop(name, None)
            moves[name] = (folder / STAGING / name, name)
        else:
            moves[path] = (source, path)
    return moves.values()


def exchange(one: Path, other: Path) -> bool:
    """Let two files have each other's names, at one stroke; False where that cannot be.

    To take a file's name and its room on the disk at once, as `rename` does, costs ten times as
    much, and one process at a time can do it.
    """
    call = _of_libc("renameat2")
    return call is not None and not call(HERE, os.fsencode(one), HERE, os.fsencode(other), EXCHANGE)


@cache
def _of_libc(name: str) -> Callable[..., int] | None:
    """A function of the system's C library; None where it has none of this name."""
    import ctypes

    return getattr(ctypes.CDLL(None), name, None)


def _remove_all(files: Sequence[Path]) -> list[Path]:
    """Remove files; the folders among them. A disk frees the room of several at once."""
    from concurrent.futures import ThreadPoolExecutor

    def remove_some(number: int) -> list[Path]:
        folders = []
        for file in files[number::THREADS]:
            try:
                file.unlink()
            except (IsADirectoryError, PermissionError):  # of a folder on some systems
                folders.append(file)
        return folders

    if len(files) <= MANY:
        return [folder for number in range(THREADS) for folder in remove_some(number)]
    with ThreadPoolExecutor(THREADS) as pool:
        return [folder for folders in pool.map(remove_some, range(THREADS)) for folder in folders]


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
    if call := _of_libc("syncfs"):
        handle = os.open(folder, os.O_RDONLY)
        try:
            call(handle)
        finally:
            os.close(handle)
