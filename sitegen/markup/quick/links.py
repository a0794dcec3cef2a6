"""Links with nothing special in their words nor in their address: nearly all.

Comes in: a place where a link may begin. Goes out: the tokens that the rule for links makes.
"""

from __future__ import annotations

import re

from markdown_it.common.normalize_url import normalizeLink, validateLink
from markdown_it.rules_inline import StateInline

from sitegen.markup.places import bracketed_link
from sitegen.model import Link

REST = r"[A-Za-z0-9;/?@&=+$,\-_.!~*'()#]"
PLAIN = re.compile(
    rf"https?://[a-z0-9-]{{1,63}}(?:\.[a-z0-9-]{{1,63}}){{1,3}}(?:[/?#](?:{REST}|:)*)?"
    rf"|(?!//){REST}*"
)
"""Addresses that stay as they are when they are taken apart, escaped and put together again."""


def normalize_link(url: str) -> str:
    """An address with all escaped that has to be."""
    return url if PLAIN.fullmatch(url) else normalizeLink(url)


LINK = re.compile(r"\[([^\[\]\\`*_~<&!^${}\n]++)\]\(([^\x00-\x20\x7f()<>\\&]++)\)")


def plain_link(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """`[words](address)` with nothing special in either; the rule for links for any other."""
    found = LINK.match(state.src, state.pos, state.posMax)
    href = normalize_link(found[2]) if found else ""
    if found is None or silent or not validateLink(href):
        return bracketed_link(state, silent)
    opening = state.push("link_open", "a", 1)
    opening.attrs = {"href": href}
    place = state.env["context"].place(state.src, found.start(2), len(found[2]))
    opening.meta["link"] = Link(target=found[2], span=place)
    state.append_pending(found[1])
    state.pushPending()
    state.push("link_close", "a", -1)
    state.pos = found.end()
    return True
