"""Fenced blocks: code, quoted source, a poem inside an essay, an attention figure.

Comes in: a `fence` or `code_block` token. Goes out: chunks; the figure's text is noted in the
context for whoever draws it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches

from markdown_it.common.utils import unescapeAll
from markdown_it.token import Token

from sitegen.errors import FigureError
from sitegen.markup.context import Context
from sitegen.markup.highlight import render_code
from sitegen.markup.quoted import SOURCE, render_source
from sitegen.markup.verse import parse_verse
from sitegen.model import Chunk, Fence, FigureSlot, VerseSlot, file_stem

FIGURE = "attention"


def fence(tokens: Sequence[Token], index: int, out: list[Chunk], context: Context) -> None:
    """A block of lines that are not Markdown, by the first word behind its mark."""
    token = tokens[index]
    info = unescapeAll(token.info).strip()
    word = info.split(maxsplit=1)[0] if info else ""
    line = token.map[0] if token.map else 1
    if word == FIGURE:
        out.append(_figure(token, line, context))
    elif word == "poem":
        out.append(_poem(token, line, context))
    elif word == SOURCE:
        out.append(render_source(info, token.content, context, line))
    else:
        if word.startswith("at") and get_close_matches(word, [FIGURE], cutoff=0.85):
            place = context.find(line, word)
            context.error(
                FigureError, f'unknown block "{word}"', place, f'did you mean "{FIGURE}"?'
            )
        out.append(render_code(token.content, info, context, line))


ID = re.compile(r"^ ?id[ \t]*:[ \t]*([a-z0-9-]+)[ \t]*(?:(?:  |\t)#.*)?$", re.MULTILINE)
"""As `figures.block` reads it: two spaces begin a comment, or continue the line before."""


def _figure(token: Token, line: int, context: Context) -> FigureSlot:
    """An `attention` fence; its id is the one that it names, else its number."""
    number = len(context.fences) + 1
    named = ID.search(token.content)
    name = named[1] if named else f"figure.{number}"
    span = context.find(line, token.markup + token.info.rstrip())
    stem = file_stem(name)  # `figure-2` and `figure.2` would be one file
    if others := [fence.id for fence in context.fences if file_stem(fence.id) == stem]:
        hint = None if named else "give this one an `id` of its own"
        message = f'another figure of this page has the id "{others[0]}"'
        context.error(FigureError, message, span, hint)
        name = f"figure.{number}"
    context.anchor(name, span)
    context.fences.append(Fence(id=name, text=token.content, span=span, indent=span.column - 1))
    return FigureSlot(index=number - 1)


def _poem(token: Token, line: int, context: Context) -> VerseSlot:
    number = context.count("poem")
    prefix = f"poem-{number}." if number > 1 else ""
    numbered = "numbered" in token.info.split()[1:]
    return VerseSlot(
        verse=parse_verse(token.content, line + 1, context, prefix=prefix, numbered=numbered)
    )
