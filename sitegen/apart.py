"""A process for one task after the other that shares nothing with who began it, not even a fork.

Comes in: the name of a module, which is run as a program and calls `serve`. Goes out: what does
its tasks, as `workers.Standby`.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from multiprocessing.connection import Connection

from sitegen.workers import Standby, Worker, wait_on


class Apart(Standby):
    """One in a fresh interpreter, so that it can be begun among threads.

    A fork would keep for ever what another thread has locked.
    """

    def __init__(self, module: str, limit: float) -> None:
        self._module, self._limit = module, limit
        self._worker = self._begin()

    def _begin(self) -> Worker:
        ours, theirs = multiprocessing.Pipe()
        os.set_inheritable(theirs.fileno(), True)
        command = [sys.executable, "-P", "-m", self._module, str(theirs.fileno())]
        pid = os.posix_spawn(sys.executable, command, os.environ, setsigmask=[signal.SIGINT])
        theirs.close()
        return Worker(pid, ours, ours, deque(), [time.monotonic()])


def serve(work: Callable[[bytes], bytes]) -> None:
    """Do the tasks of the `Apart` that began this process."""
    pipe = Connection(int(sys.argv[1]))
    wait_on(work, pipe, pipe)
