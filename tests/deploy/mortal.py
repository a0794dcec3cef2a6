"""A deploy that dies before its n-th step: `python mortal.py N FOLDER sitegen-arguments…`.

A step is a change of the disk below FOLDER, or a program that is started. With N = 0 it does not
die, and writes to FOLDER/../steps how many steps there were.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink"}


def main() -> None:
    limit, folder = int(sys.argv[1]), sys.argv[2]
    steps = 0

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal steps
        if event == "open":
            path, _, flags = arguments
            is_step = isinstance(flags, int) and bool(flags & WRITING) and inside(path)
        else:
            is_step = event == "subprocess.Popen" or (
                event in CHANGES and any(inside(each) for each in arguments)
            )
        if is_step:
            steps += 1
            if steps == limit:
                os.kill(os.getpid(), signal.SIGKILL)

    def inside(path: object) -> bool:
        return isinstance(path, str | bytes) and os.fsdecode(path).startswith(folder)

    from sitegen.cli import main as sitegen

    sys.argv = ["sitegen", *sys.argv[3:]]
    sys.addaudithook(count)
    try:
        sitegen()
    finally:
        if limit == 0:
            number = steps
            Path(f"{folder}/../steps").write_text(str(number))


main()
