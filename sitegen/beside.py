"""A call that another process makes, while this one gets ready for what comes out.

Comes in: a function without arguments that gives bytes. Goes out: the bytes; None where it failed,
or its process did: then the caller makes the call itself, and meets what stands in the way.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Keep an interrupt waiting: Python forgets one that comes while it forks.

    The new process never hears of one.
    """
    former = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


class Beside:
    """A call that is being made in a process of its own; to be begun before there are threads."""

    def __init__(self, call: Callable[[], bytes]) -> None:
        self._result, answer = os.pipe()
        self._pid: int | None = None
        with uninterrupted():
            with contextlib.suppress(OSError):  # there may be too many processes
                self._pid = os.fork()
            if self._pid == 0:
                _answer(call, answer)
        os.close(answer)

    def is_done(self, wait: float = 0.0) -> bool:
        """Whether its result is there or will not come, within so many seconds."""
        watch = select.poll()
        watch.register(self._result, select.POLLIN)
        return bool(watch.poll(1000 * wait))

    def result(self) -> bytes | None:
        """What came out, when it has come; to be asked for once."""
        with open(self._result, "rb") as stream:  # noqa: PTH123 - a descriptor
            found = stream.read()
        with contextlib.suppress(ChildProcessError):  # where those who start us ignore SIGCHLD
            if self._pid and os.waitpid(self._pid, 0)[1] == 0:
                return found
        return None


def _answer(call: Callable[[], bytes], answer: int) -> None:
    """Make the call and end; whatever is wrong, the other process will find, too."""
    code = 1
    with contextlib.suppress(BaseException):
        with open(answer, "wb") as stream:
            stream.write(call())
        code = 0
    os._exit(code)  # nothing of the parent's clean-up may run here
