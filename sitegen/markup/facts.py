r"""Numbers of the whole site in a text: `{site:poems}` is how many poems it has.

Comes in: the state of the inline parser, at a brace; later the token of a number. Goes out: a
token `fact`; then a `FactSlot`, with its name in the context. What a name comes to is known when
all sources are. `\{site:` is a text, and so is all of it in code.
"""

from __future__ import annotations

import re

from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from sitegen.errors import MarkupError, suggest
from sitegen.markup.context import Context
from sitegen.model import Chunk, FactSlot

OPENING = "{site:"
FACT = re.compile(r"\{site:([^{}\n]{0,100})\}")
FACTS = ("essays", "poems", "words", "lines", "figures", "claims", "notes", "links", "tags")


def inline(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the parser's signature
    """A number of the site inside a block."""
    start = state.pos
    if not state.src.startswith(OPENING, start):
        return False
    match = FACT.match(state.src, start, state.posMax)
    state.pos = match.end() if match else start + len(OPENING)
    if silent:
        return True
    context: Context = state.env["context"]
    name = match[1].strip() if match else ""
    place = context.place(state.src, start, len(match[0] if match else OPENING))
    if match is None:
        hint = "end it with } on the same line; as a text it is written \\{"
        context.error(MarkupError, f"{OPENING}…}} has no end", place, hint)
    elif name not in FACTS:
        hint = suggest(name, FACTS, "Numbers")
        context.error(MarkupError, f'the site has no number "{name[:40]}"', place, hint)
    else:
        state.push("fact", "", 0).meta.update(fact=name, name=place, wraps=False)
    return True


def render_fact(token: Token, context: Context) -> Chunk:
    """The slot for the number, whose name is noted."""
    name = token.meta["fact"]
    context.facts[name] = ""
    return FactSlot(name=name)
