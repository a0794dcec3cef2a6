"""What `build --verify` proves of a build before it is written.

Comes in: builds in memory. Goes out: a word to the writer, or an `OutputError`.
"""

from __future__ import annotations

from sitegen.build import Built
from sitegen.errors import OutputError
from sitegen.screen import Screen


def compare(screen: Screen, one: Built, other: Built) -> None:
    """Raise `OutputError` where a build from what is remembered differs from a clean one."""
    ours, theirs = one.snapshot, other.snapshot
    names = ours.artifacts.keys() | theirs.artifacts.keys()
    different = [
        f'"{name}"'
        for name in sorted(names)
        if ours.artifacts.get(name) != theirs.artifacts.get(name)
        or ours.entries.get(name) != theirs.entries.get(name)
    ]
    if ours.problems != theirs.problems or ours.left_out != theirs.left_out:
        different.append("what is reported")
    if different:
        raise OutputError(
            f"two builds of the same site differ in {different[0]}",
            hint="this is a fault of sitegen, not of the site; please report it, and build with"
            " --no-cache until it is mended",
        )
    screen.say(f"verified: {len(names)} files are the same in a build with nothing remembered")
