"""What one step may cost: a limit in seconds around code that a writer's input drives.

The limit is an alarm in the main thread of a process (regular expressions in C notice it too).
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
    """Raise `TimeoutError` inside the block when it has run for `seconds`."""
    main = threading.current_thread() is threading.main_thread()
    if not main or not hasattr(signal, "setitimer"):
        yield
        return
    former = signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


def _ring(_signal: int, _frame: FrameType | None) -> None:
    raise TimeoutError
