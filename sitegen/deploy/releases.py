"""The core's books at a target: what is live, what is kept for a while, what a killed run put.

Comes in: the bytes of `RECORD`. Goes out: a `Record`. Its `files` are the live release. `retired`
are assets that no page refers to any more but that cached pages still ask for, and on a plain
target the former contents of pages, for a rollback. `pending` is written before the first file
of a run and emptied after its last, so that the run after a killed one knows what is ours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from sitegen.deploy.target import OWN, RECORD, Headers, RefusedError, Target
from sitegen.model import Value

Kind = Literal["immutable", "asset", "source", "page", "feed"]
"""What a file is to the order of a run. `source`: the text of a page, which goes when it goes."""


class File(Value, frozen=True):
    """A file that is to be live, or is: by its bytes and what a reader is told of them."""

    sha256: str
    size: int
    kind: Kind
    headers: Headers


class Stored(Value, frozen=True):
    """A file at the target; `tag` is what its listing says of it, "" what nothing equals."""

    file: File
    tag: str = ""


class Kept(Value, frozen=True):
    """What is not in the site any more since release `number`; `due`: to be deleted at once."""

    stored: Stored
    number: int
    since: datetime
    due: bool = False


class Past(Value, frozen=True):
    """A former release, and the release that took its place."""

    id: str
    number: int
    since: datetime


class Record(Value, frozen=True):
    """The books. The first release is number 1; there is none yet in an empty record."""

    url: str = ""
    release: str = ""
    number: int = 0
    files: Mapping[str, Stored] = {}
    retired: Mapping[str, Kept] = {}
    pending: Mapping[str, File] = {}
    releases: tuple[Past, ...] = ()
    """Newest first; the live one is none of them."""
    version: int = 1


class Keeping(Value, frozen=True):
    """How long what has gone is kept: for so many releases, and so many days, the longer."""

    releases: int = 3
    days: int = 30

    def is_over(self, each: Kept | Past, number: int, now: datetime) -> bool:
        """Whether release `number`, made `now`, need not keep it any more."""
        old = number >= each.number + self.releases
        return old and now - each.since > timedelta(days=self.days)


def encode(record: Record) -> bytes:
    """As JSON, with the same bytes for the same books."""
    return msgspec.json.encode(record, order="deterministic")


def decode(raw: bytes | None) -> Record | None:
    """The books; None if there are none, or none that can be read."""
    if raw is None:
        return None
    try:
        record = msgspec.json.decode(raw, type=Record)
    except msgspec.DecodeError:
        return None
    if record.version != Record().version:
        raise RefusedError(
            f"the site was deployed by another version of sitegen (record {record.version})",
            hint="deploy with that version, or a newer one",
        )
    return record


def release_id(files: Mapping[str, File], number: int, now: datetime) -> str:
    """A name that sorts by time and tells releases of one second apart."""
    # A run that is killed and repeated within a second is another release, in another folder.
    whole = hashlib.sha256(msgspec.json.encode((number, files, now), order="sorted")).hexdigest()
    return f"{now:%Y%m%dT%H%M%SZ}-{whole[:8]}"


# --- places below OWN, on plain targets ----------------------------------------------------------


def content_path(sha256: str) -> str:
    """Where the former content of a file is kept."""
    return f"{OWN}content/{sha256}"


def release_path(release: str) -> str:
    """Where it is kept what a former release was made of: its record."""
    return f"{OWN}releases/{release}.json"


# --- going back ----------------------------------------------------------------------------------


def find_release(record: Record, wanted: str) -> Past:
    """The former release that a person means by its name or the beginning of it."""
    found = [each for each in record.releases if wanted and each.id.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(each.id for each in record.releases) or "none"
    live = " it is the live one;" if wanted and record.release.startswith(wanted) else ""
    what = "several releases begin with" if found else "there is no former release"
    raise ReleaseError(f'{what} "{wanted}"', hint=f"{live} known: {known}".strip())


class ReleaseError(RefusedError):
    """A release that was asked for and is not there."""

    code = 2


def read_release(target: Target, past: Past) -> dict[str, File]:
    """What a former release was made of. Raises `RefusedError` if the target has forgotten it."""
    raw = target.get(RECORD, past.id) if target.atomic else target.get(release_path(past.id))
    record = decode(raw)
    if record is None:
        raise RefusedError(f"the target has no list of release {past.id} any more")
    return {path: stored.file for path, stored in record.files.items()}


def read_former(target: Target, past: Past, path: str, file: File) -> bytes:
    """The bytes that a file had in a former release."""
    if target.atomic:
        places = [target.get(path, past.id)]
    else:
        places = [target.get(content_path(file.sha256)), target.get(path)]
    for data in places:
        if data is not None and hashlib.sha256(data).hexdigest() == file.sha256:
            return data
    raise RefusedError(
        f'the target has "{path}" of release {past.id} no more',
        hint="check out the sources of that release, build and deploy them",
    )
