"""Whose turn it is to deploy: claims, and when one is abandoned.

Comes in: a claim found at a target and its age by the target's own clock. Goes out: whether its
holder is gone. A deployer that was killed locks out nobody on its own machine, and others for a
minute only; one that sleeps notices on waking that its time is over and writes no more.
"""

from __future__ import annotations

import os
import platform
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from sitegen.deploy.retry import Patience
from sitegen.deploy.target import Claim, Hold, Target
from sitegen.errors import DeployError


def make_claim() -> Claim:
    """The claim of this process."""
    return Claim(
        token=secrets.token_hex(16),
        host=_host(),
        pid=os.getpid(),
        begun=_begun(os.getpid()),
        at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def encode_claim(claim: Claim) -> bytes:
    """As JSON, for a lock that is a file or an object."""
    return msgspec.json.encode(claim)


def decode_claim(data: bytes) -> Claim | None:
    """The claim in a lock; None if it is none of ours."""
    try:
        return msgspec.json.decode(data, type=Claim)
    except msgspec.DecodeError:
        return None


def is_abandoned(claim: Claim | None, age: float | None) -> bool:
    """Whether the holder of a lock is gone.

    `age`: seconds since the lock was written or renewed, by one and the same clock; None if that
    cannot be known. A lock without a claim is abandoned by its age alone.
    """
    if claim is not None and claim.host == _host() and _begun(claim.pid) != claim.begun:
        return True
    return age is not None and age > (claim.seconds if claim else Claim.__struct_defaults__[-1])


def _host() -> str:
    """This machine and its process table: containers of one machine have several."""
    try:
        return f"{platform.node()} {os.readlink('/proc/self/ns/pid')}"  # noqa: PTH115 - no path
    except OSError:
        return platform.node()


def _begun(pid: int) -> str:
    """When a process was started, so that a number used again is not the same one; "" if gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return "" if Path("/proc/self").exists() else _lives(pid)


def _lives(pid: int) -> str:
    """Without `/proc`: whether there is such a process at all."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "lives"


# --- holding it ----------------------------------------------------------------------------------


class Keeper:
    """A held lock that is renewed for as long as the run lives."""

    def __init__(self, hold: Hold, seconds: float) -> None:
        self._hold, self._seconds = hold, seconds
        self._last = _now()
        self._one = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew_often, daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Before a request that writes. Raises `LockLostError` if the lock is not ours any more.

        After a sleep of this machine, the renewal that should have come before is made here.
        """
        if _now() - self._last > self._seconds / 2:
            with self._one:
                if _now() - self._last > self._seconds / 2:
                    self._renew()

    def release(self) -> None:
        """Give the lock up; one that cannot be given up will be found to be abandoned."""
        self._ended.set()
        self._thread.join()
        with suppress(DeployError):
            self._hold.release()

    def _renew(self) -> None:
        begun = _now()
        self._hold.renew()
        self._last = begun

    def _renew_often(self) -> None:
        while not self._ended.wait(self._seconds / 3):
            with self._one, suppress(DeployError):  # `check` raises it where it counts
                self._renew()


@contextmanager
def held(target: Target, patience: Patience, *, force: bool) -> Iterator[Keeper]:
    """The lock of a target, for as long as the block runs. Raises `LockHeldError`."""
    claim = make_claim()
    hold = patience.request(lambda: target.lock(claim, force=force))
    keeper = Keeper(hold, claim.seconds)
    try:
        yield keeper
    finally:
        keeper.release()


def _now() -> float:
    """Seconds on a clock that nobody sets and that goes on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
