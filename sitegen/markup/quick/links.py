"""Addresses that need no change, and destinations that need no unescaping: nearly all.

Comes in: an address as typed. Goes out: what the parser's own functions give for it.
"""

from __future__ import annotations

import re

from markdown_it.common.normalize_url import normalizeLink
from markdown_it.helpers import parseLinkDestination, parseLinkLabel, parseLinkTitle
from markdown_it.helpers.parse_link_destination import _Result

REST = r"[A-Za-z0-9;/?@&=+$,\-_.!~*'()#]"
PLAIN = re.compile(
    rf"https?://[a-z0-9-]{{1,63}}(?:\.[a-z0-9-]{{1,63}}){{1,3}}(?:[/?#](?:{REST}|:)*)?"
    rf"|(?!//){REST}*"
)
"""Addresses that stay as they are when they are taken apart, escaped and put together again."""


def normalize_link(url: str) -> str:
    """An address with all escaped that has to be."""
    return url if PLAIN.fullmatch(url) else normalizeLink(url)


DESTINATION = re.compile(r"[^\x00-\x20\x7f()<>\\&]++(?=[)\x00-\x20])")


def parse_destination(text: str, at: int, end: int) -> _Result:
    """The destination of a link that begins at `at`."""
    found = DESTINATION.match(text, at)
    if found is None or found.end() >= end:
        return parseLinkDestination(text, at, end)
    result = _Result()
    result.ok, result.pos, result.str = True, found.end(), found[0]
    return result


class QuickHelpers:
    """What the parser's rules ask for the parts of a link."""

    parseLinkDestination = staticmethod(parse_destination)  # noqa: N815
    parseLinkLabel = staticmethod(parseLinkLabel)  # noqa: N815
    parseLinkTitle = staticmethod(parseLinkTitle)  # noqa: N815
