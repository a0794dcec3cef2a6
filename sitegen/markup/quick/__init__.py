"""A quick path through the Markdown parser: the same tokens, with less asked at each character.

Comes in: a `MarkdownIt` with all its rules. Goes out: the same one, in which a rule is tried only
where one of the characters with which it can begin stands, and in which what every text does a
hundred times takes a shorter way. It is taken only with a version of the parser for which it was
compared, and for rules that are exactly the ones that it knows; any other rule is tried wherever
the parser tries it. A test holds that both ways give the same documents.
"""

from __future__ import annotations

from markdown_it import MarkdownIt, __version__
from markdown_it.parser_block import ParserBlock
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_core import StateCore, normalize
from markdown_it.rules_inline import text

from sitegen.markup.quick.blocks import QuickBlocks
from sitegen.markup.quick.inlines import QuickInlines

COMPARED = ("4.3.0",)
"""The versions of markdown-it-py whose tokens were compared."""


def quicken(md: MarkdownIt, installed: str = __version__) -> None:
    """Let `md`, which has all its rules, take the quick path; unchanged if it is not known."""
    if installed not in COMPARED:
        return
    if type(md.block) is ParserBlock:
        md.block = QuickBlocks(md.block)
    if type(md.inline) is ParserInline and md.inline.ruler.getRules("")[:1] == [text]:
        md.inline = QuickInlines(md.inline)
    if md.core.ruler.getRules("")[:1] == [normalize]:
        md.core.ruler.at("normalize", normalize_text)


def normalize_text(state: StateCore) -> None:
    """One kind of line break and no NUL: texts that have them already are left alone."""
    if "\r" in state.src or "\0" in state.src:
        normalize(state)
