r"""Formulas in a text: found before any other rule reads their backslashes.

Comes in: a `MarkdownIt`. Goes out: the same one, which makes tokens `math_inline` and `math_block`,
whose `meta` holds the TeX, whether it is displayed, and where it begins. No formula
is looked for when `env["math"]` is false. `$…$` is read by Pandoc's rule: no space inside the
dollars, no digit behind them. `\[…\]` is a formula only as a paragraph of its own that looks like
one, or with each mark alone on its line: `\[sic\]` and `\[…\]` are brackets.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from sitegen.markup.context import Context


def plugin(md: MarkdownIt) -> None:
    """Add the rule for blocks and the one for what is inside them."""
    md.block.ruler.before(
        "fence", "math_block", block, {"alt": ["paragraph", "blockquote", "list"]}
    )
    md.inline.ruler.before("escape", "math_inline", inline)


CLOSING = {"$$": re.compile(r"(?<!\\)\$\$"), r"\[": re.compile(r"(?<!\\)\\\]")}
SIGN = re.compile(r"[\\^_=+<>]|\b[A-Za-z]\(|^[A-Za-z]$")
"""What a formula between `\\[` and `\\]` has, and a remark in brackets has not."""


def block(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001
    """A formula on lines of its own; it ends before a blank line."""
    begin = state.bMarks[start] + state.tShift[start]
    opening = state.src[begin : begin + 2]
    if opening not in CLOSING or state.env.get("math") is False or state.is_code_block(start):
        return False
    last, closed = _last_line(state, start, end, opening)
    typed = state.src[begin + 2 : state.eMarks[last]].rstrip()
    if state.src[begin + 2 : state.eMarks[start]].strip():  # text behind the mark
        inside = typed[:-2].strip()
        if not closed or not inside:
            return False
        below = last + 1
        alone = below >= end or state.isEmpty(below) or state.sCount[below] < state.blkIndent
        if opening == r"\[" and (silent or not alone or not SIGN.search(inside)):
            return False
    elif closed and not typed[:-2].strip():
        return False
    if silent:
        return True
    token = state.push("math_block", "", 0)
    token.markup = opening
    token.map = [start, last + 1]
    text = state.getLines(start, last + 1, state.blkIndent, keepLastLF=False).strip()
    context: Context = state.env["context"]
    column = begin - state.src.rfind("\n", 0, begin)
    token.meta = {
        "tex": text[2 : -2 if closed else None],
        "display": True,
        "closed": closed,
        "span": context.span(context.first_line + start, column + 2),
    }
    state.line = last + 1
    return True


def _last_line(state: StateBlock, start: int, end: int, opening: str) -> tuple[int, bool]:
    """The last line of the formula, and whether it is closed there with nothing behind."""
    for line in range(start, end):
        text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()
        if line > start and (not text or state.sCount[line] < state.blkIndent):
            return line - 1, False
        match = CLOSING[opening].search(text, 2 if line == start else 0)
        if match:
            return line, match.end() == len(text)
        if line > start and text.startswith(opening):
            return line - 1, False  # so that many that are open cost no square
    return end - 1, False


INLINE = {
    "$$": re.compile(r"\$\$((?:[^$\\]|\\.|\$(?!\$))++)\$\$", re.DOTALL),
    "$": re.compile(r"\$(?![\s$])((?:[^$\\`]|\\.)++)(?<!\s)\$(?!\d)", re.DOTALL),
    "$`": re.compile(r"\$`([^`$]+)`\$"),
    r"\(": re.compile(r"\\\(((?:[^\\]|\\[^)])++)\\\)"),
}


def inline(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """A formula inside a block."""
    start = state.pos
    char = state.src[start]
    if char not in "$\\" or state.env.get("math") is False:
        return False
    opening = state.src[start : start + 2]
    if char == "$" and opening not in INLINE:
        opening = "$"
    pattern = INLINE.get(opening)
    # Whether an end can follow is asked for each of 20,000 beginnings: it must cost nothing.
    if pattern is None or (char == "\\" and state.html_terminator_last(r"\)") < start):
        return False
    match = pattern.match(state.src, start, state.posMax)
    if match is None or match[1].isspace():
        return False
    if not silent:
        token = state.push("math_inline", "", 0)
        token.markup = opening
        span = state.env["context"].place(state.src, match.start(1))
        token.meta = {"tex": match[1], "display": opening == "$$", "span": span}
    state.pos = match.end()
    return True
