"""Abbreviations: `*[HTML]: Hyper Text Markup Language` on a line of its own, then each `HTML`.

Comes in: a `MarkdownIt`. Goes out: the same one, which takes definitions out of the text into
`env["abbreviations"]` and puts `abbr_open` and `abbr_close` around whole words in texts: not in
code, in addresses that are their own text, or in parts of words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from sitegen.markup.notes import texts


def plugin(md: MarkdownIt) -> None:
    """Add the rule for definitions and the one that marks words."""
    md.block.ruler.before("reference", "abbreviation", define, {"alt": ["paragraph", "reference"]})
    md.core.ruler.push("abbreviations", mark)


DEFINITION = re.compile(r"\*\[([^\[\]\n]*[^\[\]\s])\]:[ \t]*(\S.*)")


def define(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: ARG001, FBT001
    """`*[words]: what they stand for`; the first definition of two counts."""
    begin = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith("*[", begin) or state.is_code_block(start):
        return False
    match = DEFINITION.match(state.src, begin, state.eMarks[start])
    if match is None:
        return False
    if not silent:
        words = match[1].strip()
        state.env.setdefault("abbreviations", {}).setdefault(words, match[2].rstrip())
        state.line = start + 1
    return True


def mark(state: StateCore) -> None:
    """Put tokens around each occurrence in each text."""
    titles: Mapping[str, str] = state.env.get("abbreviations", {})
    if not titles:
        return
    longest_first = "|".join(map(re.escape, sorted(titles, key=len, reverse=True)))
    words = re.compile(rf"(?:(?<!\w)|(?!\w))(?:{longest_first})(?:(?<!\w)|(?!\w))")
    for token in texts(state.tokens):
        token.children = list(_marked(token.children or (), titles, words))


def _marked(
    tokens: Sequence[Token], titles: Mapping[str, str], words: re.Pattern[str]
) -> Iterator[Token]:
    address = False
    for token in tokens:
        if token.type in ("link_open", "link_close") and token.info == "auto":
            address = token.nesting > 0
        if token.type != "text" or address:
            yield token
            continue
        done, text = 0, token.content
        for match in words.finditer(text):
            if match.start() > done:
                yield token.copy(content=text[done : match.start()])
            opening = Token("abbr_open", "abbr", 1, level=token.level)
            opening.attrs["title"] = titles[match[0]]
            yield opening
            yield Token("text", "", 0, content=match[0], level=token.level + 1)
            yield Token("abbr_close", "abbr", -1, level=token.level)
            done = match.end()
        if done < len(text) or not text:
            yield token.copy(content=text[done:]) if done else token
