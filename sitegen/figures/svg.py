"""A small writer of SVG and HTML that cannot forget to escape.

Comes in: names, attributes and plain text. Goes out: `Markup`, the only thing that `tag` takes as
a child, so that a token of the author's is always a text node.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NewType

Markup = NewType("Markup", str)

ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"},
)
VOID = {"input", "br"}
ESCAPED = re.compile("[&<>\"']")  # looked for first: few texts of a figure have any


def text(content: str) -> Markup:
    """Plain text as markup."""
    return Markup(content.translate(ESCAPES) if ESCAPED.search(content) else content)


def tag(name: str, /, *children: Markup, **attributes: str | int | None) -> Markup:
    """An element; without children it closes itself, as only SVG's may, or is void, as HTML's.

    `text_anchor` becomes `text-anchor`, `class_` becomes `class`; None leaves an attribute out.
    """
    typed = "".join(
        [
            f' {_attribute(key)}="{value if isinstance(value, int) else text(value)}"'
            for key, value in attributes.items()
            if value is not None
        ]
    )
    if children:
        return Markup(f"<{name}{typed}>{''.join(children)}</{name}>")
    return Markup(f"<{name}{typed}>" if name in VOID else f"<{name}{typed}/>")


@cache
def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def write_text(content: str, x: int, y: int, **attributes: str | int | None) -> Markup:
    """A text of a picture, from a place on its base line."""
    return tag("text", text(content), x=x, y=y, **attributes)


def join(*parts: Markup) -> Markup:
    """Pieces of markup, one after the other."""
    return Markup("".join(parts))
