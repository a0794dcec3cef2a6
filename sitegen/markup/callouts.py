"""Callouts: `> [!NOTE] Title` of GitHub and Obsidian, `!!! note "Title"` with an indented body.

Comes in: a `MarkdownIt`. Goes out: the same one, which makes `callout_open`, `callout_title_open`
and the tokens that close them of both. A kind that is not known is text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

INDENTED = re.compile(r'!!![ \t]*([A-Za-z]+)[ \t]*("[^"\n]*")?[ \t]*')
QUOTED = re.compile(r"\[!([A-Za-z]+)\][+-]?(?:[ \t]+(.*))?")
KINDS = {
    *("note", "tip", "important", "warning", "caution", "danger", "info", "hint", "question"),
    *("example", "quote", "abstract", "summary", "success", "failure", "error", "bug", "todo"),
}
"""What makes a callout; `!!! wow` and `> [!wow]` are text."""


def plugin(md: MarkdownIt) -> None:
    """Add both notations."""
    interrupted = ["paragraph", "reference", "blockquote", "list"]
    md.block.ruler.before("fence", "callout", indented, {"alt": interrupted})
    md.core.ruler.after("block", "callouts", quoted)


def _opening(kind: str, title: str | None, lines: list[int], level: int) -> list[Token]:
    """The tokens of a callout up to its body; `title`: "" for none, `None` for the kind itself."""
    opening = Token("callout_open", "div", 1, map=lines, level=level, info=kind.lower())
    if title == "":
        return [opening]
    words = Token("inline", "", 0, map=[lines[0], lines[0] + 1], level=level + 2)
    words.content = kind.capitalize() if title is None else title
    before = Token("callout_title_open", "p", 1, level=level + 1)
    return [opening, before, words, Token("p_close", "p", -1, level=level + 1, block=True)]


# --- > [!NOTE] -----------------------------------------------------------------------------------


def quoted(state: StateCore) -> None:
    """Make callouts of the quotations whose first line is a mark."""
    if "[!" not in state.src:
        return
    out: list[Token] = []
    are_callouts: list[bool] = []
    rest: Token | None = None  # the paragraph that began with a mark
    for index, token in enumerate(state.tokens):
        if token.type == "blockquote_open":
            match = _mark(state.tokens[index + 1 : index + 3])
            are_callouts.append(match is not None)
            if match:
                out += _opening(match[1], match[2] or None, token.map or [0, 1], token.level)
                rest = _without_mark(state.tokens[index + 1 : index + 3])
                continue
        elif token.type == "blockquote_close" and are_callouts.pop():
            token.type, token.tag = "callout_close", "div"
        if rest is not None and not rest.content:  # a mark and nothing else
            rest = None if token.type == "paragraph_close" else rest
            continue
        rest = None
        out.append(token)
    state.tokens = out


def _mark(first: Sequence[Token]) -> re.Match[str] | None:
    if [token.type for token in first] != ["paragraph_open", "inline"]:
        return None
    match = QUOTED.fullmatch(first[1].content.split("\n", 1)[0])
    return match if match and match[1].lower() in KINDS else None


def _without_mark(first: Sequence[Token]) -> Token:
    for token in first:
        token.map = [token.map[0] + 1, token.map[1]] if token.map else None
    first[1].content = first[1].content.partition("\n")[2]
    return first[1]


# --- !!! note ------------------------------------------------------------------------------------


def indented(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001
    """A mark, a kind and perhaps a title; then lines indented by four."""
    begin = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith("!!!", begin) or state.is_code_block(start):
        return False
    match = INDENTED.fullmatch(state.src, begin, state.eMarks[start])
    if match is None or match[1].lower() not in KINDS:
        return False
    if silent:
        return True
    last = line = start + 1
    while line < end and (state.isEmpty(line) or state.sCount[line] >= state.blkIndent + 4):
        line += 1
        last = last if state.isEmpty(line - 1) else line
    title = match[2] and match[2][1:-1]
    state.tokens += _opening(match[1], title, [start, last], state.level)
    parent, outer = state.parentType, state.lineMax
    state.parentType, state.lineMax = "root", last
    state.blkIndent += 4
    state.level += 1
    state.md.block.tokenize(state, start + 1, last)
    state.blkIndent -= 4
    state.parentType, state.lineMax, state.line = parent, outer, last
    state.push("callout_close", "div", -1)
    return True
