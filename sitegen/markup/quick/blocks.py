"""The walk over the lines, and what most lines are: the text of a paragraph.

Comes in: the parser's own walk, with its rules. Goes out: one that makes the same tokens.
"""

from __future__ import annotations

from typing import Any

from markdown_it import MarkdownIt
from markdown_it import rules_block as stock
from markdown_it.common.utils import MD_TRIM_CHARS
from markdown_it.parser_block import ParserBlock
from markdown_it.ruler import Ruler
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from sitegen.markup.quick.gates import (
    BlockRule,
    Gate,
    by_character,
    in_code,
    is_definition_list,
)
from sitegen.markup.quick.lines import QuickState
from sitegen.markup.quick.tokens import new_token


class QuickRuler(Ruler[BlockRule]):
    """The parser's chains of rules, each behind a look at the first character."""

    def __init__(self, known: Ruler[BlockRule]) -> None:
        super().__init__()
        self.__rules__ = known.__rules__

    def __compile__(self) -> None:
        """The chain "" stays for whoever walks over it; any other is asked only as a whole."""
        super().__compile__()
        chains = self.__cache__ or {}
        self.interrupting = by_character(chains.get("paragraph", []))
        rules = self._with_text(chains[""])
        self.beginning, self.indented = by_character(rules), in_code(rules)
        self.others = self.beginning[""]
        for name in chains.keys() - {""}:
            chains[name] = [any_of(by_character(chains[name]))]

    def _with_text(self, rules: list[BlockRule]) -> list[BlockRule]:
        """The rules, those for underlined headings, definitions and paragraphs as one."""
        *before, heading, definitions, paragraph = rules
        if (
            heading is stock.lheading
            and is_definition_list(definitions)
            and paragraph is stock.paragraph
        ):
            return [*before, text_rule(definitions, self)]
        return rules


def any_of(gate: Gate) -> BlockRule:
    """A rule that matches where one of several does; only to be asked, not to make tokens."""
    others = gate[""]

    def rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001
        at = state.bMarks[start] + state.tShift[start]
        rules = gate.get(state.src[at : at + 1], others)
        for one in rules:  # noqa: SIM110 - a generator costs more than most rules
            if one(state, start, end, silent):
                return True
        return False

    return rule


class QuickBlocks(ParserBlock):
    """The parser's walk over the lines, with fewer rules tried at each."""

    ruler: QuickRuler

    def __init__(self, known: ParserBlock) -> None:
        self.ruler = QuickRuler(known.ruler)

    def parse(
        self,
        src: str,
        md: MarkdownIt,
        env: Any,
        outTokens: list[Token],  # noqa: N803
    ) -> list[Token] | None:
        """Push the block tokens of a text into `outTokens`."""
        if not src:
            return None
        state = QuickState(src, md, env, outTokens)
        self.tokenize(state, state.line, state.lineMax)
        return outTokens

    def tokenize(self, state: StateBlock, startLine: int, endLine: int) -> None:  # noqa: N803
        """Push the tokens of some lines."""
        self.ruler.getRules()
        starts, ends, gap = state.bMarks, state.eMarks, False
        deepest, line = state.md.options.maxNesting, startLine
        while line < endLine:
            while line < state.lineMax and starts[line] + state.tShift[line] >= ends[line]:
                line += 1
            state.line = line
            if line >= endLine or state.sCount[line] < state.blkIndent:
                break
            if state.level >= deepest:
                state.line = endLine
                break
            self._begin(state, line, endLine)
            state.tight = not gap
            line = state.line
            gap = gap or (line - 1 < endLine and state.isEmpty(line - 1))
            if line < endLine and state.isEmpty(line):
                gap = True
                line += 1
                state.line = line

    def _begin(self, state: StateBlock, line: int, end: int) -> None:
        """Push the tokens of the block that begins at a line."""
        if state.is_code_block(line):
            rules = self.ruler.indented
        else:
            first = state.src[state.bMarks[line] + state.tShift[line]]
            rules = self.ruler.beginning.get(first, self.ruler.others)
        for rule in rules:
            if rule(state, line, end, False):
                break
        if state.line <= line:
            raise RuntimeError("no rule took the line")


def text_rule(definitions: BlockRule, ruler: QuickRuler) -> BlockRule:
    """What lines of text can be: a heading with a line below, a term to define, a paragraph."""

    def rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001
        around, state.parentType = state.parentType, "paragraph"
        below, underlined = _last_line(state, start, end, ruler.interrupting)
        if underlined:
            state.parentType = around
            if stock.lheading(state, start, end, silent):
                return True
        if _may_define(state, start + 1, end) and definitions(state, start, end, silent):
            return True
        _paragraph(state, start, below)
        return True

    return rule


def _last_line(state: StateBlock, start: int, end: int, interrupting: Gate) -> tuple[int, bool]:
    """The line behind the paragraph that begins at `start`; whether one in it may underline it."""
    begins, shifts, ends, counts = state.bMarks, state.tShift, state.eMarks, state.sCount
    src, deep, last = state.src, state.blkIndent + 3, state.lineMax
    others, underlined = interrupting[""], False
    line = start + 1
    while line < last:
        at = begins[line] + shifts[line]
        if at >= ends[line]:
            break
        if 0 <= counts[line] <= deep:
            char = src[at]
            if char in "-=" and line < end:
                underlined = True
            for rule in interrupting.get(char, others):
                if rule(state, line, last, True):
                    return line, underlined
        line += 1
    return line, underlined


def _may_define(state: StateBlock, line: int, end: int) -> bool:
    """Whether the next line with text begins as a definition does."""
    if line < end and state.isEmpty(line):
        line += 1
    if line >= end:
        return False
    at = state.bMarks[line] + state.tShift[line]
    return state.src[at : at + 1] in (":", "~")


def _paragraph(state: StateBlock, start: int, below: int) -> None:
    """The tokens of a paragraph from `start` to the line before `below`."""
    begins, shifts, ends = state.bMarks, state.tShift, state.eMarks
    first = state.src[begins[start] + shifts[start] : ends[start]]
    if below == start + 1:
        text = first
    elif isinstance(state, QuickState) and not state.has_tabs:
        src, indent = state.src, state.blkIndent
        rest = (
            src[begins[line] + min(shifts[line], indent) : ends[line]]
            for line in range(start + 1, below)
        )
        text = "\n".join([first, *rest])
    else:
        text = state.getLines(start, below, state.blkIndent, keepLastLF=False)
    state.line, level = below, state.level
    opening = new_token("paragraph_open", "p", 1, level, "", True)
    inside = new_token("inline", "", 0, level + 1, text.strip(MD_TRIM_CHARS), True)
    opening.map, inside.map, inside.children = [start, below], [start, below], []
    state.tokens += (opening, inside, new_token("paragraph_close", "p", -1, level, "", True))
