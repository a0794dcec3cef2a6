"""Another try: where a request failed for a reason that passes, and there is time left.

Comes in: a request. Goes out: its result, or the last error. One `Patience` for a run: waiting
counts against all of it together, so that a target that is down ends a run soon, however many
requests it has; waits grow and are scattered, unless the target says how long it wants.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from sitegen.deploy.target import BusyError

T = TypeVar("T")
FIRST, LONGEST = 0.25, 15.0  # seconds
TRIES = 8


class StoppedError(Exception):
    """The run ends: another request failed for good, or a person interrupted it."""


class Patience:
    """What a run may still spend on waiting: `seconds` for each of `workers`."""

    def __init__(self, seconds: float, workers: int = 1) -> None:
        self.stop = threading.Event()
        """Set: no request is begun any more, and no wait goes on."""
        self.waited = 0
        self._seconds, self._left = seconds, seconds * workers
        self._lock = threading.Lock()

    def request(self, call: Callable[[], T]) -> T:
        """The result of a call. Raises what it raised last, or `StoppedError`."""
        begun: float | None = None
        for attempt in range(TRIES):
            if self.stop.is_set():
                raise StoppedError
            try:
                return call()
            except BusyError as error:
                now = time.monotonic()
                begun = now if begun is None else begun
                wait = _wait(attempt) if error.after is None else max(0.0, error.after)
                is_last = attempt == TRIES - 1 or now + wait - begun > self._seconds
                if is_last or not self._spend(wait):
                    raise
            self.stop.wait(wait)
        raise AssertionError  # the last try returns or raises

    def _spend(self, wait: float) -> bool:
        with self._lock:
            self.waited += 1
            self._left -= wait
            return self._left >= 0


def _wait(attempt: int) -> float:
    """Seconds before try `attempt` + 2: "full jitter" keeps deployers from coming all at once."""
    longest = min(LONGEST, FIRST * 2**attempt)
    return random.uniform(longest / 2, longest)  # noqa: S311 - no secret
