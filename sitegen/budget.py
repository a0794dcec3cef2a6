"""What one step may cost: a limit in seconds around code that a writer's input drives.

The limit is an alarm in the main thread of a process (regular expressions in C notice it too). It
counts the time of the processor, so that a busy machine refuses no post that an idle one takes.
In another thread, or where there are no alarms, the code runs without a limit of its own.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType


class time_limit:  # noqa: N801 - read as a verb: `with time_limit(5):`
    """Raise `TimeoutError` inside the block when it has computed for `seconds`."""

    _heard = False
    """Whether this process, or the one that it was forked from, listens to the alarm."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        main = threading.current_thread() is threading.main_thread()
        self._is_kept = main and hasattr(signal, "setitimer")

    def __enter__(self) -> None:
        if not self._is_kept:
            return
        if not time_limit._heard:  # asking the system each time takes as long as a short text
            signal.signal(signal.SIGPROF, _ring)
            time_limit._heard = True
        signal.setitimer(signal.ITIMER_PROF, self._seconds)

    def __exit__(self, *_: object) -> None:
        if self._is_kept:
            signal.setitimer(signal.ITIMER_PROF, 0)


def _ring(_signal: int, _frame: FrameType | None) -> None:
    raise TimeoutError
