"""The words of a piece of HTML, as plain text.

Comes in: HTML that this program made, with whatever the writer's own tags are. Goes out: lines of
text. A tag ends at the next `<` at the latest, so that broken HTML costs no more than whole.
"""

from __future__ import annotations

import re
from html import unescape

TAG = re.compile(
    r"""<!--(?:(?!<!--).)*?-->"""
    r"""|<(/?)([A-Za-z][\w:-]*)[^"'<>]*+(?:(?:"[^"<]*"|'[^'<]*')[^"'<>]*+)*+>""",
    re.DOTALL,
)
OPAQUE = re.compile(r"<(script|style)\b(?:(?!<(?:script|style)\b).)*?</\1\s*>", re.DOTALL)
KEPT = re.compile(r"(<pre\b(?:(?!<pre\b).)*?</pre>)", re.DOTALL)
INLINE_NAMES = (
    "a abbr b bdi bdo cite code data del dfn em i img input ins kbd label mark q ruby s samp small"
    " span strong sub sup time u var wbr"
)
INLINE = frozenset(INLINE_NAMES.split())
APART = frozenset({"br", "li", "tr", "dt", "dd", "figcaption", "summary", "option"})
CELLS = frozenset({"td", "th"})


PLAIN_TAG = re.compile(r'</?[a-z][a-z0-9]*+(?: [a-z-]++="[^"<>]*+")*+>')
"""What most tags look like; the rest is left to the slower `TAG`."""


def untagged(html: str) -> str:
    """HTML without its tags and nothing in their place: enough to count words."""
    if "<!--" in html:  # what is in a comment is none
        return TAG.sub("", html)
    html = PLAIN_TAG.sub("", html)
    return TAG.sub("", html) if "<" in html else html


def words_of(html: str) -> str:
    """HTML without its tags: a blank line between blocks, lines of `<pre>` kept."""
    if "<script" in html or "<style" in html:
        html = OPAQUE.sub("", html)
    if "<pre" not in html:
        return _words_of(html)
    parts = KEPT.split(html)
    kept = (
        unescape(TAG.sub("", part)) if i % 2 else _words_of(part) for i, part in enumerate(parts)
    )
    return "\n\n".join(part.strip("\n") for part in kept if part.strip())


def _words_of(html: str) -> str:
    flat = html.replace("\n", " ").replace("\t", " ")
    lines = unescape(TAG.sub(_between, flat)).split("\n")
    text = "\n".join(" ".join([word for word in line.split(" ") if word]) for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text)


def _between(tag: re.Match[str]) -> str:
    name = (tag[2] or "a").lower()
    if name in INLINE:
        return ""
    if name in CELLS:
        return " "
    return "\n" if name in APART else "\n\n"
