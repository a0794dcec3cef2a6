"""The list of what is ours in an output folder, as a file in it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from sitegen.model import Entry, Value

MANIFEST = ".sitegen.json"
VERSION = 2
"""Of the manifest. What an older one lists is still known as ours, but deploy asks for more."""


class Manifest(Value, frozen=True):
    """Every file of the output that is ours. `complete` is false while a build is writing.

    `drafts`: with what is not to be published yet; `preview`: with what only a preview needs.
    """

    url: str
    drafts: bool
    complete: bool
    files: dict[str, Entry]
    version: int = 1
    preview: bool = False


def read_manifest(folder: Path) -> Manifest | None:
    """What the last build said of its output; None where there was none or it is unreadable."""
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def encode(manifest: Manifest) -> bytes:
    """As it is in the folder."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
