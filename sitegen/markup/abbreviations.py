"""Abbreviations: `*[HTML]: Hyper Text Markup Language` on a line of its own, then each `HTML`.

Comes in: a `MarkdownIt`. Goes out: the same one, which takes definitions out of the text into
`env["abbreviations"]` and puts `abbr_open` and `abbr_close` around whole words in texts: not in
code, in addresses that are their own text, or in parts of words. Linear in text and definitions.
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
WORD = re.compile(r"\w+|[^\w\s]")


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
    lengths: Lengths = {}
    for words in titles:
        first = WORD.search(words)
        lengths.setdefault(first[0] if first else words, set()).add(len(words))
    for token in texts(state.tokens):
        token.children = list(_marked(token.children or (), titles, lengths))


Lengths = dict[str, set[int]]
"""How long the abbreviations are that begin with a word: few tries even where many do."""


def _marked(
    tokens: Sequence[Token], titles: Mapping[str, str], lengths: Lengths
) -> Iterator[Token]:
    address = False
    for token in tokens:
        if token.type in ("link_open", "link_close") and token.info == "auto":
            address = token.nesting > 0
        if token.type != "text" or address:
            yield token
            continue
        done, text = 0, token.content
        for start, words in _occurrences(text, titles, lengths):
            if start > done:
                yield token.copy(content=text[done:start])
            yield Token("abbr_open", "abbr", 1, attrs={"title": titles[words]}, level=token.level)
            yield Token("text", "", 0, content=words, level=token.level + 1)
            yield Token("abbr_close", "abbr", -1, level=token.level)
            done = start + len(words)
        if done < len(text) or not text:
            yield token.copy(content=text[done:]) if done else token


def _occurrences(
    text: str, titles: Mapping[str, str], lengths: Lengths
) -> Iterator[tuple[int, str]]:
    """Where a whole run of words is an abbreviation, from left to right, without overlaps."""
    done = 0
    for word in WORD.finditer(text):
        start = word.start()
        if start < done:
            continue
        for length in sorted(lengths.get(word[0], ()), reverse=True):
            words = text[start : start + length]
            if words in titles and not _inside_word(text, start, start + length):
                yield start, words
                done = start + length
                break


def _inside_word(text: str, start: int, end: int) -> bool:
    def joined(at: int) -> bool:
        return 0 < at < len(text) and _is_word(text[at - 1]) and _is_word(text[at])

    return joined(start) or joined(end)


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"
