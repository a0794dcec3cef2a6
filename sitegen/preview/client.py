"""What the preview adds to a page: one script, and pages of its own where the site has none.

Comes in: a page as it was built. Goes out: the same bytes with one element more.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from urllib.parse import quote

from sitegen.preview.shown import Page

SCRIPT, LIVE = "/.sitegen/client.js", "/.sitegen/live"
"""No site has files there: what begins with a dot is not published."""


@cache
def script() -> bytes:
    """The client's code."""
    return Path(__file__).with_name("client.js").read_bytes()


def tag(etag: str) -> bytes:
    """The element that loads it; it knows which bytes it came with."""
    return f'<script src="{SCRIPT}" data-etag="{escape(etag)}" defer></script>'.encode()


def with_script(page: Page) -> bytes:
    """A page with the script in its head; at its end if it has none."""
    before, end, after = page.data.partition(b"</head>")
    return before + tag(page.etag) + end + after


def quoted(path: str) -> str:
    """A path as an address; one that is our own, whatever is in it."""
    return quote("/" + path.lstrip("/"), safe="/:@~")


def nothing_here(path: str, near: Sequence[str]) -> bytes:
    """The page for an address that there is not, with those like it; it waits there."""
    links = "".join(
        f'<li><a href="{escape(quoted(each))}">{escape(each)}</a></li>' for each in near
    )
    listed = f"<p>What is like it:</p><ul>{links}</ul>" if near else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">'
        f"<title>Nothing here</title>{tag('').decode()}</head><body><h1>Nothing here</h1>"
        f"<p>The site has nothing at <code>{escape(path)}</code>."
        f" As soon as it has, it is shown here.</p>{listed}</body></html>"
    ).encode()
