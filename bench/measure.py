"""What a program costs: time of the clock and of the processor, and memory, of all its processes.

Comes in: a command. Goes out: seconds, or MiB. Processes that a program leaves behind become ours
(`adopt`), so that their time is counted and none is left running, whatever happens. Linux only.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import NamedTuple

INTERVAL = 0.05  # seconds from one look at the memory to the next
PR_SET_CHILD_SUBREAPER = 36  # prctl(2)


class FailedError(Exception):
    """A program ended with a mistake, or was too slow; its last words."""


class Cost(NamedTuple):
    """Seconds."""

    wall: float
    cpu: float
    """User and system, of the whole tree of processes."""


class Command(NamedTuple):
    """What is run, and where."""

    arguments: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    log: Path
    limit: float = 3600
    """Seconds after which it is ended."""


def adopt() -> None:
    """From now on, who has lost the parent that we started is a child of ours."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def time_run(command: Command) -> Cost:
    """Run it once; raises FailedError."""
    begun = time.perf_counter()
    with _started(command) as (process, others):
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
    cpu = usage.ru_utime + usage.ru_stime + end_children(others)
    _expect_success(process, command)
    return Cost(wall, cpu)


def find_peak(command: Command) -> float:
    """Run it once, and look at it all the time: MiB of memory of all its processes together.

    Proportional set size: what several processes share counts once.
    """
    peak = 0.0
    with _started(command) as (process, others):
        while True:
            pid, status, _ = os.wait4(process.pid, os.WNOHANG)
            if pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                end_children(others)
                break
            peak = max(peak, sum(map(_proportional, _descendants(process.pid))))
            time.sleep(INTERVAL)
    _expect_success(process, command)
    return peak / 1024


def _expect_success(process: subprocess.Popen[bytes], command: Command) -> None:
    if process.returncode:
        words = command.log.read_text(encoding="utf-8", errors="replace")
        raise FailedError(f"ended with {process.returncode}\n{words[-2000:]}")


@contextmanager
def _started(command: Command) -> Iterator[tuple[subprocess.Popen[bytes], frozenset[int]]]:
    """The running program, and whom we had started before; at the end, nothing of it runs."""
    others = frozenset(_children().get(os.getpid(), ()))
    with command.log.open("wb") as log:
        process = subprocess.Popen(
            command.arguments,
            cwd=command.folder,
            env=command.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        late = Timer(command.limit, os.kill, (process.pid, signal.SIGKILL))
        late.start()
        try:
            yield process, others
        except BaseException:
            process.kill()
            process.wait()
            end_children(others)
            raise
        finally:
            late.cancel()


def end_children(others: frozenset[int] = frozenset()) -> float:
    """End who is left, and theirs, but not `others`; the CPU seconds that they took."""
    seconds = 0.0
    while children := set(_children().get(os.getpid(), ())) - others:
        for child in children:
            os.kill(child, signal.SIGKILL)
            _, _, usage = os.wait4(child, 0)
            seconds += usage.ru_utime + usage.ru_stime
    return seconds


def _children() -> dict[int, list[int]]:
    """All processes by their parent."""
    children = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            stat = path.read_text(encoding="utf-8", errors="replace")
        except OSError:  # it ended
            continue
        children[int(stat.rpartition(")")[2].split()[1])].append(int(path.parent.name))
    return children


def _descendants(pid: int) -> Iterator[int]:
    """A process and all that came of it."""
    children, waiting = _children(), [pid]
    while waiting:
        yield (each := waiting.pop())
        waiting += children.get(each, ())


def _proportional(pid: int) -> int:
    """KiB of a process; none if it ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)
