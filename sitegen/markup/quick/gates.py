"""Which rules for blocks can match at a line, by its first character.

Comes in: the rules of a parser. Goes out: for each character the rules that are worth a try there,
in their order. A rule that is not known is worth it everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import CodeType

from markdown_it import rules_block as stock
from markdown_it.rules_block import StateBlock
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote.index import footnote_def

from sitegen.markup import abbreviations, callouts, math, places, rawhtml

BlockRule = Callable[[StateBlock, int, int, bool], bool]
Gate = Mapping[str, tuple[BlockRule, ...]]
"""By the first character of a line; at "", for every other character."""

FIRST: Mapping[BlockRule, str] = {
    stock.code: "",
    stock.fence: "`~",
    stock.blockquote: ">",
    stock.hr: "*-_",
    stock.list_block: "*-+0123456789",
    stock.reference: "[",
    stock.html_block: "<",
    stock.heading: "#",
    callouts.indented: "!",
    math.block: "$\\",
    footnote_def: "[",
    places.define: "[",
    abbreviations.define: "*",
    rawhtml.with_markdown: "<",
}
"""The characters with which the block of a rule can begin, in a line that is no indented code."""
CHARACTERS = sorted({char for chars in FIRST.values() for char in chars})


def table(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001
    """The parser's rule for tables, where there is a bar in the line."""
    if state.src.find("|", state.bMarks[start], state.eMarks[start]) < 0:
        return False
    return stock.table(state, start, end, silent)


def by_character(rules: Sequence[BlockRule]) -> Gate:
    """The rules that may match at each character."""
    sooner = [table if rule is stock.table else rule for rule in rules]
    gate = {char: tuple(r for r in sooner if char in FIRST.get(r, char)) for char in CHARACTERS}
    return gate | {"": tuple(rule for rule in sooner if rule not in FIRST)}


def in_code(rules: Sequence[BlockRule]) -> tuple[BlockRule, ...]:
    """The rules that may match at a line that is indented as code is."""
    never = {*FIRST, stock.table, stock.lheading} - {stock.code}
    return tuple(rule for rule in rules if rule not in never and not is_definition_list(rule))


def is_definition_list(rule: BlockRule) -> bool:
    """Whether a rule is the one that the plugin for definition lists makes."""
    return getattr(rule, "__code__", None) is DEFINITION_LIST


DEFINITION_LIST = next(
    part
    for part in deflist_plugin.__code__.co_consts
    if isinstance(part, CodeType) and part.co_name == "deflist"
)
