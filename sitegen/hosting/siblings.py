"""Compressed siblings of a file, for a server that sends them as they are.

Comes in: the bytes of a file. Goes out: what `gzip` and `brotli` make of them, the same bytes each
time, where that is smaller. Brotli's library is an extra: without it there is no `.br`.
"""

from __future__ import annotations

import gzip
from functools import cache
from importlib.util import find_spec

ENDINGS = (".gz", ".br")
ENDED = ("xml", "json", "javascript", "wasm", "font/ttf", "font/otf", "icon")
"""Ends of the types that are not compressed already; so are those that begin with `text/`."""
LEAST = 256
"""Bytes: what is smaller is one packet anyway."""


def is_compressible(kind: str, size: int) -> bool:
    """Whether a file of this media type and size is worth a try."""
    essence = kind.partition(";")[0]
    return size >= LEAST and (essence.startswith("text/") or essence.endswith(ENDED))


@cache
def has_brotli() -> bool:
    """Whether the extra is installed; it is not loaded."""
    return find_spec("brotli") is not None


def compress(data: bytes) -> dict[str, bytes]:
    """By ending, what is smaller than the file itself."""
    made = {".gz": gzip.compress(data, 9, mtime=0)}
    if has_brotli():
        import brotli

        made[".br"] = brotli.compress(data, quality=11)
    return {ending: each for ending, each in made.items() if len(each) < len(data)}
