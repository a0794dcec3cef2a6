"""The lines of a text as the rules for blocks see them, found without a loop over characters.

Comes in: the text. Goes out: a `StateBlock` like the parser's own.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from sitegen.markup.quick.tokens import Nesting, new_token


class QuickState(StateBlock):
    """The parser's state, whose tables of lines are made line by line."""

    def __init__(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]) -> None:
        super().__init__("", md, env, tokens)
        self.src = src
        lines = src.split("\n")
        if not lines[-1].strip(" \t"):
            lines.pop()  # as upstream has it: no line is behind the last break
        lengths = [len(line) for line in lines]
        starts = list(accumulate([length + 1 for length in lengths], initial=0))
        self.eMarks = [start + length for start, length in zip(starts, lengths, strict=False)]
        starts[-1] = len(src)
        self.bMarks = starts
        self.eMarks.append(len(src))
        self.tShift = [
            len(line) - len(line.lstrip(" \t")) if line[:1] in " \t" else 0 for line in lines
        ]
        self.tShift.append(0)
        self.has_tabs = "\t" in src
        self.sCount = self.tShift.copy()
        if self.has_tabs:
            for number, line in enumerate(lines):
                if shift := self.tShift[number]:
                    self.sCount[number] = len(line[:shift].expandtabs(4))
        self.bsCount = [0] * len(starts)
        self.lineMax = len(lines)

    def push(self, ttype: str, tag: str, nesting: Nesting) -> Token:
        """A token at the end of the stream."""
        if nesting < 0:
            self.level -= 1
        token = new_token(ttype, tag, nesting, self.level, "", True)
        if nesting > 0:
            self.level += 1
        self.tokens.append(token)
        return token
