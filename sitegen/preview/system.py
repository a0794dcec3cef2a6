"""What the system can be expected to tell of changes, and why it may tell nothing."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from pathlib import Path

REMOTE = re.compile(r"nfs|cifs|smb|9p|fuse|vboxsf|virtiofs|drvfs|afs|ceph")


def kernel_watches() -> int | None:
    """How many watches this process has; None where the system does not tell."""
    if sys.platform != "linux":
        return None
    count = 0
    with suppress(OSError):
        for name in os.listdir("/proc/self/fdinfo"):  # noqa: PTH208
            with suppress(OSError):
                told = Path(f"/proc/self/fdinfo/{name}").read_text(encoding="utf-8")
                count += told.count("inotify wd:")
        return count
    return None


def why_no_hints(site: Path) -> str:
    """A reason why the kernel cannot know who writes there: another machine does."""
    with suppress(OSError):
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
        mount, kind = mount_of(os.path.realpath(site), mounts)
        if REMOTE.match(kind):
            return f"{mount} is a {kind} mount, which tells of no changes"
    return ""


def mount_of(path: str, mounts: str) -> tuple[str, str]:
    """Where what holds a path is mounted, and its kind; `mounts`: as in /proc/self/mountinfo."""
    best, kind = "", ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        mount = before.split(" ")[4].replace("\\040", " ")
        inside = path == mount or path.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, after.split(" ")[0]
    return best, kind
