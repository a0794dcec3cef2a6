"""What one step may cost: a limit in seconds around code that a writer's input drives.

The limit is an alarm in the main thread of a process (regular expressions in C notice it too). It
counts the time of the processor, so that a busy machine refuses no post that an idle one takes.
In another thread, or where there are no alarms, the code runs without a limit of its own.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TimeoutError` inside the block when it has computed for `seconds`."""
    main = threading.current_thread() is threading.main_thread()
    if not main or not hasattr(signal, "setitimer"):
        yield
        return
    former = signal.signal(signal.SIGPROF, _ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, former)


def _ring(_signal: int, _frame: FrameType | None) -> None:
    raise TimeoutError
