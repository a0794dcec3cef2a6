"""What the last build of a site into a folder saw and made, beside the memo.

Comes in: a build that was written. Goes out: to the next build a `Receipt`, which says whether
there is anything to do at all, and the plan that lets it do as little as possible. One file for
each output folder and choice of drafts; a damaged one is as good as none.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from sitegen.errors import Problem
from sitegen.memo import digest
from sitegen.model import LeftOut, Value
from sitegen.stamps import NONE, STAGING, STAMP, Seen, stamps
from sitegen.toolchain import toolchain

if TYPE_CHECKING:
    from sitegen.build import Built, Plan

FOLDER = ".sitegen"
MOST = 8
"""Receipts that are kept: the results of older builds are forgotten with them."""
LARGEST = 1 << 30  # bytes of a part
SIZES = 8  # bytes that say how long a part is


class Receipt(Value, frozen=True):
    """A build that was written, as far as the next one asks before anything else."""

    inputs: bytes
    """Digest of all files that it read, and of the program."""
    since: datetime | None
    until: datetime | None
    """Between these instants the same sources are published."""
    pages: int
    problems: tuple[Problem, ...]
    left_out: tuple[LeftOut, ...]
    paths: tuple[str, ...]
    """Of the output, its manifest among them."""
    stamps: bytes
    """Of each path, one behind the other."""
    sums: tuple[str, ...]
    """The SHA-256 of each."""
    unmarked: int = 0
    """How many titles a model has still to read, which may be here now."""

    def is_of(self, now: datetime) -> bool:
        """Whether the same sources are published at another time."""
        return (self.since is None or self.since <= now) and (
            self.until is None or now < self.until
        )


class Receipts:
    """The receipts of a site for one output folder and one choice of what is published."""

    def __init__(
        self, site: Path, output: Path, *, drafts: bool = False, future: bool = False
    ) -> None:
        place = f"{os.path.abspath(output)} {drafts} {future}"  # noqa: PTH100 - need not exist
        name = digest(os.fsencode(place)).hex()
        self._folder = site / FOLDER
        self._path = self._folder / f"build-{name}"

    def read(self) -> Receipt | None:
        """The receipt of the last build that was written."""
        with suppress(msgspec.DecodeError, ValueError, IndexError):
            return msgspec.msgpack.decode(_read(self._path, 1)[0], type=Receipt)
        return None

    def plan(self) -> Plan | str:
        """The plan of the last build, or why there is none that can be used."""
        from sitegen.build import Plan

        with suppress(msgspec.DecodeError, ValueError, IndexError):
            plan = msgspec.msgpack.decode(_read(self._path, 2)[1], type=Plan)
            return plan if plan.toolchain == toolchain() else "the program is another one"
        return "no earlier build is remembered"

    def write(self, receipt: Receipt, plan: Plan) -> None:
        """Keep the receipt of a build; where that cannot be, there is none."""
        parts = [msgspec.msgpack.encode(receipt), msgspec.msgpack.encode(plan)]
        new = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        with suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            try:
                with new.open("wb") as file:
                    for part in parts:
                        file.writelines([digest(part), len(part).to_bytes(SIZES, "big"), part])
                new.replace(self._path)
            finally:
                new.unlink(missing_ok=True)


def needed(site: Path) -> Iterator[bytes]:
    """The keys of all that the last builds used; receipts of older ones are removed."""
    from sitegen.build import Plan

    kept = 0
    for path in sorted((site / FOLDER).glob("build-*"), key=_age, reverse=True):
        parts = _read(path, 2)
        with suppress(msgspec.DecodeError, ValueError, IndexError):
            plan = msgspec.msgpack.decode(parts[1], type=Plan)
            if kept < MOST and plan.toolchain == toolchain():
                kept += 1
                yield from plan.keys()
                continue
        with suppress(OSError):
            path.unlink()


def _age(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _read(path: Path, count: int) -> list[bytes]:
    """The first parts of a file, whole and unaltered, up to one that is damaged."""
    parts: list[bytes] = []
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as file:  # noqa: PTH123 - of a descriptor
            while len(parts) < count:
                name, length = file.read(16), int.from_bytes(file.read(SIZES), "big")
                part = file.read(min(length, LARGEST))
                if digest(part) != name:
                    break
                parts.append(part)
    return parts


def is_whole(receipt: Receipt, output: Path) -> bool:
    """Whether the output is as the build left it, and no other build died in it since."""
    found = stamps(str(output), receipt.paths)
    same = NONE not in found and b"".join(found) == receipt.stamps
    return same and not os.path.lexists(output / STAGING)


def seen_of(receipt: Receipt | None) -> dict[str, Seen]:
    """What is known of the output, file by file."""
    if receipt is None:
        return {}
    size = STAMP.size
    each = (receipt.stamps[at : at + size] for at in range(0, len(receipt.stamps), size))
    known = zip(each, receipt.sums, strict=False)
    return {path: Seen(*seen) for path, seen in zip(receipt.paths, known, strict=False)}


def receipt_of(built: Built, inputs: bytes, seen: dict[str, Seen]) -> Receipt:
    """The receipt of a build that was written; `seen` is what its files were then."""
    return Receipt(
        inputs=inputs,
        since=built.knot.since,
        until=built.knot.until,
        pages=built.page_count,
        problems=built.snapshot.problems,
        left_out=built.snapshot.left_out,
        paths=tuple(seen),
        stamps=b"".join(each.stamp for each in seen.values()),
        sums=tuple(each.sha256 for each in seen.values()),
        unmarked=built.unmarked,
    )
