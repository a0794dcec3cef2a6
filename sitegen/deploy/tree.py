"""The tree that is to be deployed: an output folder as its manifest has it, or a former release.

Comes in: a folder. Goes out: a `Tree`, whose bytes are checked whenever they are read, or an error
that says why the folder may not be published. What its manifest does not list is not looked at.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from sitegen.deploy.releases import File, Kind
from sitegen.deploy.target import OWN, Headers, LeakError
from sitegen.hosting import ASK_AGAIN, FOR_EVER
from sitegen.model import Entry
from sitegen.output import MANIFEST, VERSION, Manifest, read_manifest

BUILD = "run sitegen build, and deploy what it writes"


class Tree(NamedTuple):
    """Files by path, and how their bytes are got; `read` raises `LeakError` if they changed."""

    url: str
    files: Mapping[str, File]
    read: Callable[[str], bytes]


def open_tree(folder: Path, url: str) -> Tree:
    """The tree in an output folder. Raises `LeakError` if it is none to be published."""
    manifest = read_manifest(folder) if folder.is_dir() else None
    if manifest is None:
        raise LeakError(f'"{folder}" has no {MANIFEST} that can be read', hint=BUILD)
    if why := _stamp_mistake(manifest, url):
        raise LeakError(f'"{folder}" is {why}', hint=BUILD)
    files = {path: file_of(path, entry) for path, entry in manifest.files.items()}
    for path in files:
        if path.startswith("/") or ".." in path.split("/") or f"{path}/".startswith(OWN):
            raise LeakError(f'"{path}" is no path of a site', hint=BUILD)
    return Tree(url, files, lambda path: _read(folder, path, files[path]))


def _stamp_mistake(manifest: Manifest, url: str) -> str | None:
    if manifest.version != VERSION:
        return "the output of another version of sitegen"
    if manifest.preview:
        return "the output of a preview"
    if manifest.drafts:
        return "a build with drafts or future posts"
    if not manifest.complete:
        return "the output of a build that did not end"
    if manifest.url != url:
        return f"built for {manifest.url}, but site.toml says {url}"
    pages = [path for path in manifest.files if path.endswith(".html")]
    return None if pages else "empty: it has no page"


def file_of(path: str, entry: Entry) -> File:
    """A file of the manifest, with what readers are told of it."""
    headers = Headers(
        content_type=entry.type, cache_control=FOR_EVER if entry.immutable else ASK_AGAIN
    )
    return File(sha256=entry.sha256, size=entry.size, kind=_kind(path, entry), headers=headers)


def _kind(path: str, entry: Entry) -> Kind:
    if entry.immutable:
        return "immutable"
    essence = entry.type.partition(";")[0]
    sent = path.removesuffix(".gz").removesuffix(
        ".br"
    )  # a compressed sibling is of its file's kind
    if sent in {"sitemap.xml", "robots.txt"} or essence in {
        "application/atom+xml",
        "application/feed+json",
    }:
        return "feed"
    kinds: dict[str, Kind] = {"text/html": "page", "text/markdown": "source"}
    return kinds.get(essence, "asset")


def _read(folder: Path, path: str, file: File) -> bytes:
    """The bytes of a file, if they are still those that were built; links are not followed."""
    place = folder / path
    try:
        handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as opened:  # noqa: PTH123 - of a descriptor
            is_file = stat.S_ISREG(os.fstat(handle).st_mode)
            data = opened.read(file.size + 1) if is_file else b""
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise LeakError(f'cannot read "{place}": {reason}', hint=BUILD) from None
    if len(data) != file.size or hashlib.sha256(data).hexdigest() != file.sha256:
        raise LeakError(f'"{place}" is not as it was built', hint=BUILD)
    return data
