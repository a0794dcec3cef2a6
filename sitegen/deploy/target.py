"""What a place that a site is deployed to must be able to do; the core does all the rest.

Comes in: nothing. Goes out: the protocol `Target`, the values that pass through it, and its typed
errors. There are two sorts. A *plain* target (S3, a mounted folder) shows every `put` and `delete`
to readers at once, so the core's order keeps the site whole. An *atomic* one (git, ssh, a folder
of releases) stages them beside the live release and publishes at one stroke in `finish`. Neither
retries, orders, guards or reports: a method does one thing once or raises one of the errors below.

The core keeps its own books at the target, below `OWN`, which no target lists or looks into:
`RECORD` says what is live, what is kept for a while, and what a run that was killed may have put.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from sitegen.errors import DeployError
from sitegen.model import Value

OWN = ".sitegen/"
"""Prefix of what is the core's; the rest that is not in the record is somebody else's."""
RECORD = f"{OWN}record.json"
LOCK = f"{OWN}lock"
"""Where a target that has no better lock keeps its `Claim` as JSON."""


class Headers(Value, frozen=True):
    """What a reader is told beside the bytes, where the target can tell it."""

    content_type: str
    cache_control: str


class Digest(Value, frozen=True):
    """An object as it was read back: `headers` is None where the target has none."""

    sha256: str
    size: int
    headers: Headers | None = None


class Claim(Value, frozen=True):
    """Who deploys: what a lock says of its holder. `host` names a machine and its process table.

    A holder renews its claim every `seconds` / 3. One that was not renewed for `seconds`, by the
    target's own clock, is abandoned; so is one of this host whose process `pid`, begun at
    `begun`, has ended: `lock.is_abandoned(claim, age)` decides.
    """

    token: str
    host: str
    pid: int
    begun: str
    at: str
    """When it was taken: UTC, ISO 8601, for people."""
    seconds: float = 60


class Hold(Protocol):
    """A lock that is held."""

    def renew(self) -> None:
        """Say that the holder lives; a lock that ends with its holder's connection does nothing.

        Raises `LockLostError` if somebody else has it.
        """

    def release(self) -> None:
        """Give it up, if it is still ours. Never fails because it is not."""


@runtime_checkable
class Target(Protocol):
    """A place where a site is live. Paths are POSIX, relative, NFC or not: bytes count.

    Every method but `close` may raise `BusyError` (the core tries again) or `RefusedError` (it
    does not). Those that read may be called without a lock and write nothing. All are called from
    `workers` threads at once, but `lock`, `listing`, `finish` and `close` from one.

    The module of a target has `open_target(settings, site: Path) -> Target`, which looks for tools
    and credentials and raises `UnusableError` with what to do; it makes no request.
    """

    name: str
    """The place in words, as `s3://bucket/prefix`; holds no secret."""
    atomic: bool
    """Whether `put` and `delete` are staged and seen by nobody before `finish`."""
    has_headers: bool
    """Whether `put` stores `Headers`."""
    workers: int
    """How many requests may be under way at once."""
    batch: int
    """How many paths one call of `digests` is best given."""

    def lock(self, claim: Claim, *, force: bool) -> Hold:
        """Become the only deployer, or raise `LockHeldError`; an abandoned lock is broken.

        `force`: break it whoever has it. A lock that holds `claim.token` already is ours (its
        reply was lost). A target whose `finish` compares and swaps needs no lock.
        """

    def get(self, path: str, release: str | None = None) -> bytes | None:
        """The live object at a path of ours or of the site; None if there is none.

        `release`: that of a former release, which only atomic targets are asked for.
        """

    def listing(self) -> Mapping[str, str]:
        """Every live path outside of `OWN` with its tag: equal bytes have equal tags.

        The tag is what the store can tell of many objects at once: an ETag, a blob's name, a
        SHA-256. An atomic target stages on top of exactly what it listed last, and `finish`
        raises `LockHeldError` if something else is live by then.
        """

    def tag(self, data: bytes) -> str:
        """The tag that these bytes usually get; computed here, no request."""

    def put(self, path: str, data: bytes, headers: Headers) -> str:
        """Store an object whole or not at all, in place of what is there; its tag.

        Safe to be called again with the same arguments, also after a lost reply.
        """

    def copy(self, source: str, path: str) -> None:
        """Store what is at `source` at `path` too; only plain targets are asked.

        The core keeps the former contents of a page so, for a rollback. A `source` that is gone
        is no error: there is nothing to keep.
        """

    def delete(self, path: str) -> None:
        """Remove an object; one that is gone already is no error. Empty folders go too."""

    def finish(self, release: str, keep: Sequence[str]) -> None:
        """Publish what is staged as `release`; then forget releases that are not in `keep`.

        `keep` holds `release` itself. Safe to be called again after a lost reply. Failing to
        forget is no failure. A plain target has nothing to do.
        """

    def digests(self, paths: Sequence[str]) -> Mapping[str, Digest]:
        """Each object as a reader gets it now: read back and summed, never out of a listing.

        Paths with nothing there are left out.
        """

    def close(self) -> None:
        """Remove what is temporary, here and there; called once, whatever happened."""


# --- errors --------------------------------------------------------------------------------------


class BusyError(DeployError):
    """Another try may do it: 5xx, 429, a reset, a timeout. `after`: the target asks to wait."""

    def __init__(
        self, message: str, *, after: float | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.after = after


class RefusedError(DeployError):
    """No other try will do it: 401, 403, no such bucket, a full disk. The hint says what to do."""


class UnusableError(DeployError):
    """A tool or a credential is missing: said before the first request."""

    code = 2


class GuardError(DeployError):
    """What is asked for would do more harm than is usual; the hint says how to insist."""

    code = 3


class LeakError(DeployError):
    """The tree is none that may be published."""

    code = 4


class LockHeldError(DeployError):
    """Somebody else deploys; `claim` says who, where that is known."""

    code = 5

    def __init__(
        self, message: str, *, claim: Claim | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.claim = claim


class LockLostError(DeployError):
    """The lock was broken by somebody else while we had it."""

    code = 5


class VerifyError(DeployError):
    """What was read back is not what was put."""

    code = 6
