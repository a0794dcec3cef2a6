"""Headings: their level, their plain text and an id as GitHub makes it.

Comes in: the tokens of a heading. Goes out: a `Heading`, noted in the context.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from markdown_it.token import Token

from sitegen.markup.context import Context
from sitegen.model import Heading

DEEPEST = 6


def level(token: Token, context: Context) -> int:
    """The level at which a heading is published."""
    return min(int(token.tag[1]) + context.shift, DEEPEST)


def note(token: Token, inside: Sequence[Token], context: Context) -> Heading:
    """The heading that opens with `token`, with an id that no other has."""
    text = " ".join(plain(inside).split())
    own = token.attrs.get("id")
    if own is not None:
        context.anchor(str(own), context.span(token.map[0] if token.map else 1))
    name = str(own) if own is not None else _unused(slug(text), context)
    heading = Heading(level=level(token, context), id=name, text=text)
    context.anchors.add(name)
    context.headings.append(heading)
    return heading


def plain(tokens: Sequence[Token]) -> str:
    """The words of inline tokens: no notes, no tags; code, formulas and alt texts as typed."""
    text = ""
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            text += " "
        elif token.type == "image":
            text += plain(token.children or ())
        elif "tex" in token.meta:
            text += token.meta["tex"]
        elif token.type != "html_inline":
            text += token.content
    return text


def slug(text: str) -> str:
    """Lower case, a hyphen for each space, no punctuation; letters of every script stay."""
    text = text.strip().lower()
    if text.isascii():
        kept = re.sub(r"[^\w\- ]", "", text)
    else:
        kept = "".join(char for char in text if char in "-_ " or _belongs_to_word(char))
    return kept.replace(" ", "-") or "section"


def _belongs_to_word(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char)[0] == "M"


def _unused(name: str, context: Context) -> str:
    """The name, or the name with the next free number."""
    if name not in context.anchors:
        return name
    number = context.count(f"id {name}")
    while f"{name}-{number}" in context.anchors:
        number = context.count(f"id {name}")
    return f"{name}-{number}"
