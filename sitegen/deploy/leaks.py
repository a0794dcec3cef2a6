"""What must never be published, found before the first request.

Comes in: a tree, and the texts of drafts. Goes out: nothing, or an error that names what was found
and where. The build lets none of it through on its own; this is the second look.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from html import unescape
from typing import NamedTuple

from sitegen.deploy.target import LeakError
from sitegen.deploy.tree import Tree

TEXTUAL = (
    *("text/", "application/atom+xml", "application/feed+json", "application/json"),
    *("application/xml", "application/manifest+json", "image/svg+xml"),
)
MOST_SHOWN = 5
RUN = 12
"""So many words in a row are no coincidence."""

NAMES: dict[str, re.Pattern[str]] = {
    "a file of secrets": re.compile(r"(^|/)(\.env[^/]*|id_(rsa|dsa|ecdsa|ed25519))$"),
    "a private key": re.compile(r"\.(pem|key|p12|pfx)$"),
    "a repository": re.compile(r"(^|/)\.(git|hg|svn)(/|$)"),
    "an editor's backup": re.compile(
        r"(~|\.sw[a-p]|\.bak|\.orig|\.rej|\.tmp)$|(^|/)(\.#|#[^/]*#$)"
    ),
}
HOME = rb"(?:localhost|127(?:\.\d{1,3}){3}|0\.0\.0\.0|\[::1?\])(?::\d+)?(?=[/?#\"'&<\s)\\]|$)"
LEADING = rb"(?:\b(?:href|src|srcset|action|poster|cite|content|data|url|home_page_url|feed_url|id)"
LEADING += rb"\"?\s*[=:]\s*(?:\"|'|&quot;|&#34;|&#39;|\\\"|)|url\(\s*[\"']?|<(?:loc|id|uri)>\s*)"
CONTENTS: dict[str, re.Pattern[bytes]] = {
    "an address of this machine": re.compile(
        LEADING + rb"(?:(?:https?|wss?):)?//" + HOME, re.IGNORECASE
    ),
    "an address of a file of this machine": re.compile(LEADING + rb"file:", re.IGNORECASE),
    "the script of the preview": re.compile(
        rb"<script[^>]*(?:livereload|data-sitegen|/__sitegen)|<script[^<]{0,2000}\bWebSocket\(",
        re.IGNORECASE,
    ),
    "a private key": re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=\s:,-]{64}"),
}
HINTED = (b"localhost", b"127.", b"0.0.0.0", b"[::", b"file:", b"<script", b"private key")


class Leak(NamedTuple):
    """What was found, and in which file."""

    path: str
    what: str


def refuse_leaks(
    tree: Tree, drafts: Collection[str], published: Iterable[str], done: Callable[[int], None]
) -> None:
    """Read the whole tree once. Raises `LeakError` for a file that changed or tells too much.

    `drafts`: texts that are not to be published; `published`: those that are, and may repeat them.
    """
    secret = _secret_runs(drafts, published)
    leaks: list[Leak] = []
    for number, (path, file) in enumerate(tree.files.items(), 1):
        data = tree.read(path)
        leaks += (Leak(path, what) for what in _in_name(path))
        if file.headers.content_type.startswith(TEXTUAL):
            leaks += (Leak(path, what) for what in _in_bytes(data))
            if secret and (words := _shared(secret, data)):
                leaks.append(Leak(path, f'the text of a draft ("{words} …")'))
        done(number)
    if leaks:
        shown = "; ".join(f'"{path}" has {what}' for path, what in leaks[:MOST_SHOWN])
        more = f"; and {len(leaks) - MOST_SHOWN} more" if len(leaks) > MOST_SHOWN else ""
        raise LeakError(shown + more, hint="take it out of the site and build again")


def _in_name(path: str) -> Iterator[str]:
    yield from (f"the name of {what}" for what, pattern in NAMES.items() if pattern.search(path))


def _in_bytes(data: bytes) -> Iterator[str]:
    lowered = data.lower()
    if any(hint in lowered for hint in HINTED):
        for what, pattern in CONTENTS.items():
            if found := pattern.search(data):
                at = data.count(b"\n", 0, found.start()) + 1
                yield f"{what} in line {at}"


# --- drafts --------------------------------------------------------------------------------------


def _secret_runs(drafts: Collection[str], published: Iterable[str]) -> frozenset[str]:
    """What only drafts say, as runs of words."""
    if not drafts:
        return frozenset()
    secret = {run for text in drafts for run in _runs(text)}
    for text in published:
        secret.difference_update(_runs(text))
    return frozenset(secret)


def _shared(secret: Collection[str], data: bytes) -> str | None:
    """The beginning of a text of a draft, if the file has one."""
    text = re.sub(r"<[^<>]*>", " ", unescape(data.decode("utf-8", "replace")))
    found = next((run for run in _runs(text) if run in secret), None)
    return " ".join(found.split()[:5]) if found else None


def _runs(text: str) -> Iterator[str]:
    words = re.findall(r"\w+", text.lower())
    for start in range(len(words) - RUN + 1):
        yield " ".join(words[start : start + RUN])
