"""Tokens without the checks of their constructor: most of what a parse does is to make tokens.

Comes in: what a rule says of a token. Goes out: a `Token` like any other.
"""

from __future__ import annotations

from typing import Literal

from markdown_it.token import Token

Nesting = Literal[-1, 0, 1]


def new_token(  # noqa: PLR0913, PLR0917
    kind: str,
    tag: str,
    nesting: Nesting,
    level: int,
    content: str,
    block: bool,  # noqa: FBT001
) -> Token:
    """What `Token(kind, tag, nesting, …)` makes, sooner."""
    token: Token = Token.__new__(Token)
    token.type = kind
    token.tag = tag
    token.nesting = nesting
    token.attrs = {}
    token.map = None
    token.level = level
    token.children = None
    token.content = content
    token.markup = token.info = ""
    token.meta = {}
    token.block = block
    token.hidden = False
    return token
