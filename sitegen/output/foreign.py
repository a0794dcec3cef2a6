"""What is not ours in an output folder: it is neither replaced nor followed out of the folder.

Comes in: the paths that are to be written and removed. Goes out: nothing, or an `OutputError`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from sitegen.errors import OutputError
from sitegen.model import Entry


def refuse_foreign(
    changed: Collection[str], gone: Iterable[str], old: Mapping[str, Entry], folder: Path
) -> None:
    """Nothing is written or removed outside of the folder, and nothing foreign is replaced."""
    above, foreign = _folders_of(changed), []
    there = {""}
    for parent in sorted(above | _folders_of(gone)):
        if os.path.dirname(parent) not in there:  # noqa: PTH120 - 10,000 times, as below
            continue
        kind = _look(f"{folder}/{parent}", folder)
        if kind == "folder":
            there.add(parent)
        elif kind == "file" and parent not in old and parent in above:
            foreign.append(parent)
    foreign += [
        path
        for path in changed
        if path not in old
        and os.path.dirname(path) in there  # noqa: PTH120
        and os.path.lexists(f"{folder}/{path}")
        and not _is_all_ours(path, old, folder)
    ]
    if foreign:
        which = f" and {len(foreign) - 1} more were" if len(foreign) > 1 else " was"
        raise OutputError(
            f'"{folder / foreign[0]}"{which} not written by sitegen and in the way',
            hint="move what is yours (to static/ or content/ if it belongs to the site) and delete"
            " what is left of an older build, or choose another folder with -o",
        )


def _folders_of(paths: Iterable[str]) -> set[str]:
    """All folders above these paths."""
    found: set[str] = set()
    for parent in {os.path.dirname(path) for path in paths}:  # noqa: PTH120
        above = parent
        while above and above not in found:
            found.add(above)
            above = os.path.dirname(above)  # noqa: PTH120
    return found


def _look(place: str, folder: Path) -> str:
    """Whether there is a "folder", a "file" or nothing; neither link nor `..` may lead out."""
    try:
        mode = os.lstat(place).st_mode
    except OSError:
        return ""
    if stat.S_ISLNK(mode) or place.endswith("/.."):
        if not Path(place).resolve().is_relative_to(folder.resolve()):
            raise OutputError(
                f'"{place}" leads out of the output folder',
                hint="remove the symbolic link, or choose another folder with -o",
            )
        if not os.path.exists(place):  # noqa: PTH110 - a string
            return ""
        mode = os.stat(place).st_mode  # noqa: PTH116 - a string
    return "folder" if stat.S_ISDIR(mode) else "file"


def _is_all_ours(path: str, old: Mapping[str, Entry], folder: Path) -> bool:
    """Whether it is a folder with nothing in it but former files of ours."""
    place = folder / path
    return place.is_dir() and all(
        file.relative_to(folder).as_posix() in old for file in place.rglob("*") if not file.is_dir()
    )
