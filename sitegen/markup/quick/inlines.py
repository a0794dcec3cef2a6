"""The walk over the inside of a block: from one character that may mean something to the next.

Comes in: the parser's own walk, with its rules. Goes out: one that makes the same tokens. Where
a rule is not known, it is tried wherever the parser tries it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it import rules_inline as stock
from markdown_it.parser_inline import _DEFAULT_TERMINATORS, ParserInline
from markdown_it.ruler import Ruler
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from sitegen.markup import math, measures, notes, places
from sitegen.markup.quick.links import plain_link
from sitegen.markup.quick.tokens import Nesting, new_token

InlineRule = Callable[[StateInline, bool], bool]

FIRST: Mapping[InlineRule, str] = {
    stock.text: "",
    stock.newline: "\n",
    stock.escape: "\\",
    stock.backtick: "`",
    stock.strikethrough.tokenize: "~",
    stock.emphasis.tokenize: "*_",
    stock.link: "[",
    stock.image: "!",
    stock.autolink: "<",
    stock.html_inline: "<",
    stock.entity: "&",
    math.inline: "$\\",
    notes.written_in_place: "^",
    notes.reference: "[",
    places.bracketed_link: "[",
    places.bracketed_image: "!",
    places.pointed: "<",
    places.tag: "<",
    places.bare: ":",
    measures.inline: "{",
}
"""The characters at which a rule can match."""

SHORTER: Mapping[InlineRule, InlineRule] = {places.bracketed_link: plain_link}
"""Rules that are done sooner for most of what they match, where no other rule may want a part."""

PAIRS = [
    stock.link_pairs,
    stock.strikethrough.postProcess,
    stock.emphasis.postProcess,
    stock.fragments_join,
]
"""What is done with the marks of emphasis, once all are known; nothing where there are none."""


class QuickRuler(Ruler[InlineRule]):
    """The parser's rules, each at the characters where it can match."""

    def __init__(self, known: ParserInline) -> None:
        super().__init__()
        self.__rules__ = known.ruler.__rules__
        self._stops = _DEFAULT_TERMINATORS | known._extra_terminator_chars  # noqa: SLF001

    def __compile__(self) -> None:
        """Make the tables of rules by character."""
        super().__compile__()
        rules = (self.__cache__ or {})[""]
        shorter = SHORTER if all(rule in FIRST for rule in rules) else {}
        found = {
            char: [shorter.get(r, r) for r in rules if char in FIRST.get(r, char)]
            for char in self._stops
        }
        self.tried = {char: rules for char, rules in found.items() if rules}
        """What may match at each character; none of them stands in plain text."""
        self.stop = re.compile(f"[{re.escape(''.join(self.tried))}]")
        self.skip = re.compile(f"[{re.escape(''.join({*self.tried, '[', ']'}))}]")


class QuickInlines(ParserInline):
    """The parser's walk over the inside of a block, with fewer rules tried and fewer stops."""

    ruler: QuickRuler

    def __init__(self, known: ParserInline) -> None:
        super().__init__()
        self.ruler, self.ruler2 = QuickRuler(known), known.ruler2
        self.terminator_re = known.terminator_re

    def parse(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]) -> list[Token]:
        """Push the tokens of a text into `tokens`."""
        self.ruler.getRules()
        last = self.ruler2.getRules("")
        if last == PAIRS and self.ruler.stop.search(src) is None:
            if src:
                tokens.append(new_token("text", "", 0, 0, src, False))
            return tokens
        state = QuickState(src, md, env, tokens)
        self.tokenize(state)
        if last != PAIRS or state.has_pairs() or _touch(tokens):
            for rule in last:
                rule(state)
        return tokens

    def tokenize(self, state: StateInline) -> None:
        """Push the tokens of the text from `state.pos` to `state.posMax`."""
        search, rules, src = self.ruler.stop.search, self.ruler.tried, state.src
        at, end = state.pos, state.posMax
        deepest = state.md.options["maxNesting"]
        while at < end:
            found = search(src, at, end) if state.level < deepest else None
            stop = found.start() if found else end
            if stop > at:
                state.append_pending(src[at:stop])
            state.pos = at = stop
            if found:
                for rule in rules[src[stop]]:
                    if rule(state, False):
                        break
                else:
                    state.append_pending(src[stop])
                    state.pos += 1
                at = state.pos
                if at <= stop:
                    raise RuntimeError("a rule matched nothing")
        if state.pending:
            state.pushPending()

    def skipToken(self, state: StateInline) -> None:  # noqa: N802
        """Go behind the next token of a label; text is skipped up to what may mean something."""
        at = state.pos
        if at in state.cache:
            state.pos = state.cache[at]
        elif state.src[at] in self.ruler.tried or state.level >= state.md.options["maxNesting"]:
            self._skip_rule(state, at)
        else:
            found = self.ruler.skip.search(state.src, at + 1, state.posMax)
            state.pos = state.cache[at] = found.start() if found else max(at + 1, state.posMax)

    def _skip_rule(self, state: StateInline, at: int) -> None:
        """What the parser's own `skipToken` does, with the rules that can match."""
        matched = False
        if state.level < state.md.options["maxNesting"]:
            for rule in self.ruler.tried[state.src[at]]:
                state.level += 1
                matched = rule(state, True)
                state.level -= 1
                if matched:
                    break
        else:
            state.pos = state.posMax
        if not matched:
            state.pos += 1
        state.cache[at] = state.pos


def _touch(tokens: Sequence[Token]) -> bool:
    """Whether there are texts that are to be joined."""
    kinds = [token.type for token in tokens]
    return any(kind == "text" == behind for kind, behind in pairwise(kinds))


class QuickState(StateInline):
    """The parser's state, whose tokens are made in half the time."""

    def has_pairs(self) -> bool:
        """Whether there is a mark that emphasis may begin or end with."""
        inside = any(marks["delimiters"] for marks in self.tokens_meta if marks)
        return inside or bool(self.delimiters)

    def pushPending(self) -> Token:  # noqa: N802
        """The text so far as a token."""
        token = new_token("text", "", 0, self.pendingLevel, self.pending, False)
        self.tokens.append(token)
        self.pending = ""
        return token

    def push(self, ttype: str, tag: str, nesting: Nesting) -> Token:
        """A token behind the text so far."""
        if self._pending or self._pending_buffer:
            self.pushPending()
        marks = None
        if nesting < 0:
            self.level -= 1
            self.delimiters = self._prev_delimiters.pop()
        token = new_token(ttype, tag, nesting, self.level, "", False)
        if nesting > 0:
            self.level += 1
            self._prev_delimiters.append(self.delimiters)
            self.delimiters = []
            marks = {"delimiters": self.delimiters}
        self.pendingLevel = self.level
        self.tokens.append(token)
        self.tokens_meta.append(marks)
        return token
