"""Callouts in the older notation: `!!! note "Title"` with an indented body.

Comes in: a `MarkdownIt`. Goes out: the same one with a block rule that makes the tokens which the
parser itself makes of `> [!NOTE]`. `???` folds the callout away, `???+` shows it unfolded.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock

OPENING = re.compile(r'(!!!|\?\?\?\+?)[ \t]*([A-Za-z][\w-]*)[ \t]*("[^"\n]*")?[ \t]*')

KINDS = {
    *("note", "tip", "important", "warning", "caution", "danger", "info", "hint", "question"),
    *("example", "quote", "abstract", "summary", "success", "failure", "error", "bug", "todo"),
}
"""What needs no title to be a callout; `!!! wow` is a line of text."""


def plugin(md: MarkdownIt) -> None:
    """Add both notations."""
    md.options["alerts"] = True
    interrupted = ["paragraph", "reference", "blockquote", "list"]
    md.block.ruler.before("fence", "callout", callout, {"alt": interrupted})


def callout(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:  # noqa: FBT001
    """A mark, a kind and perhaps a title; then lines indented by four."""
    begin = state.bMarks[start_line] + state.tShift[start_line]
    if state.src[begin : begin + 3] not in ("!!!", "???") or state.is_code_block(start_line):
        return False
    match = OPENING.fullmatch(state.src, begin, state.eMarks[start_line])
    if match is None or not (match[3] or match[2].lower() in KINDS):
        return False
    if silent:
        return True
    last = _last_line(state, start_line, end_line)
    mark, kind, title = match[1], match[2].lower(), match[3]
    opening = state.push("alert_open", "div", 1)
    opening.map = [start_line, last]
    opening.meta = {"kind": kind, "folded": {"???": "closed", "???+": "open"}.get(mark)}
    if title != '""':
        state.push("alert_title_open", "p", 1)
        inside = state.push("inline", "", 0)
        inside.content = title[1:-1] if title else kind.capitalize()
        inside.map, inside.children = [start_line, start_line + 1], []
        state.push("alert_title_close", "p", -1)
    _parse_body(state, start_line + 1, last)
    state.push("alert_close", "div", -1).meta = opening.meta
    return True


def _last_line(state: StateBlock, start_line: int, end_line: int) -> int:
    """The line behind the last one that is indented."""
    last = line = start_line + 1
    while line < end_line:
        if not state.isEmpty(line):
            if state.sCount[line] < state.blkIndent + 4:
                break
            last = line + 1
        line += 1
    return last


def _parse_body(state: StateBlock, start_line: int, last: int) -> None:
    parent, end = state.parentType, state.lineMax
    state.parentType, state.lineMax = "root", last
    state.blkIndent += 4
    state.md.block.tokenize(state, start_line, last)
    state.blkIndent -= 4
    state.parentType, state.lineMax = parent, end
    state.line = last
