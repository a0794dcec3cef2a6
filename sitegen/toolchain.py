"""The program as a digest: whatever it is made of is part of every key of the memo.

Comes in: the installed files. Goes out: 16 bytes that change with any line of our own source, with
the version of a library that writes into pages, of Python, and of the time zones.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from hashlib import blake2b

LIBRARIES = (
    *("brotli", "jinja2", "markdown-it-py", "markupsafe", "math-core", "mdit-py-plugins", "mdurl"),
    *("msgspec", "numpy", "pillow", "pygments", "pyyaml", "tzdata"),
)
ZONES = "/usr/share/zoneinfo/tzdata.zi"  # its first line names the version


@cache
def toolchain() -> bytes:
    """The digest of this program, computed once in a process: some milliseconds."""
    state = blake2b(digest_size=16)
    for part in (sys.version, *_versions(), _zones()):
        state.update(part.encode() + b"\0")
    for path in _sources(os.path.dirname(__file__)):  # noqa: PTH120 - every build begins with this
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            content = file.read()
        name = os.path.basename(path)  # noqa: PTH119
        state.update(b"%s\0%d\0" % (name.encode(), len(content)) + content)
    return state.digest()


def _sources(folder: str) -> list[str]:
    found = (f"{where}/{name}" for where, _, names in os.walk(folder) for name in names)
    return sorted(path for path in found if path.endswith(".py"))


def _versions() -> Iterator[str]:
    """`name version` of each library, from the names of the folders that describe them.

    What `importlib.metadata` reads from those folders costs as much as all the rest of a build
    with nothing to do.
    """
    found: dict[str, str] = {}
    for folder in sys.path:
        with suppress(OSError):
            for entry in os.listdir(folder or "."):  # noqa: PTH208 - names are all that is needed
                stem, dot, suffix = entry.rpartition(".")
                name, dash, version = stem.partition("-")
                if dot and dash and suffix in {"dist-info", "egg-info"}:
                    found.setdefault(name.lower().replace("_", "-").replace(".", "-"), version)
    if "msgspec" not in found:  # not installed as usual
        from importlib.metadata import distributions

        found |= {each.name.lower(): each.version for each in distributions()}
    return (f"{name} {found.get(name)}" for name in LIBRARIES)


def _zones() -> str:
    with suppress(OSError), open(ZONES, encoding="utf-8") as file:  # noqa: PTH123
        return file.readline(80)
    return ""
