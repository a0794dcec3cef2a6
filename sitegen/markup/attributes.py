"""Attribute lists: `{.class #id lang=fr}` or `{: .class}` behind what they belong to.

Comes in: a `MarkdownIt`. Goes out: the same one with two rules. A list at the end of a heading,
alone on the last line of a paragraph, or on a line of its own belongs to that block (on its own:
to the block that it touches above, else to the one below); a list behind a link, an image, code
or emphasis belongs to that. Any other `{…}` is text.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from sitegen.errors import MarkupError
from sitegen.markup.context import Context

KEY = (
    "(?:id|class|title|lang|dir|role|rel|target|start|width|height|style|on[a-z]+|(?:data|aria)-[a-z0-9-]+)"
    r"""=(?:"[^"{}\n]*"|'[^'{}\n]*'|[^\s{}"'=]+)"""
)
NAME = r"[.#][\w:-]+"
ITEM = re.compile(rf"{NAME}|{KEY}")
LIST = re.compile(rf"\{{:?[ \t]*(?:{NAME}|{KEY})(?:[ \t]*{NAME}|[ \t]+{KEY})*[ \t]*\}}")

CARRIERS = frozenset({"link_close", "image", "code_inline", "em_close", "strong_close", "s_close"})


def plugin(md: MarkdownIt) -> None:
    """Add the rule for blocks and the one for what is inside them."""
    md.core.ruler.after("block", "attributes_of_blocks", blocks)
    md.core.ruler.after("inline", "attributes_inside", inside)


def apply(token: Token, text: str, line: int, context: Context) -> None:
    """Give `token` the attributes that `text`, which matched `LIST` in this line, names."""
    for item in ITEM.findall(text):
        if item[0] == ".":
            token.attrJoin("class", item[1:])
            continue
        name, value = ("id", item[1:]) if item[0] == "#" else item.split("=", 1)
        if value[0] in "\"'":
            value = value[1:-1]
        if name == "class":
            token.attrJoin("class", value)
        elif name != "style" and not name.startswith("on"):
            token.attrSet(name, value)
        else:
            context.warn(
                MarkupError,
                f'the attribute "{name}" is left out',
                context.find(line, f"{name}="),
                "the page's security policy forbids it; use a class",
            )


# --- blocks --------------------------------------------------------------------------------------


def blocks(state: StateCore) -> None:
    """Take lists off headings and paragraphs, and paragraphs that are only a list out."""
    if "}" not in state.src:
        return
    tokens = state.tokens
    alone: set[int] = set()
    for index, token in enumerate(tokens):
        if token.type != "inline" or not token.content.endswith("}") or index == 0:
            continue
        owner = tokens[index - 1]
        if owner.type == "heading_open":
            _take_end(token, owner, LAST_WORD, state)
        elif owner.type == "paragraph_open" and LIST.fullmatch(token.content):
            neighbour = _neighbour(tokens, index - 1)
            if neighbour is not None:
                apply(neighbour, token.content, *_line(token, state))
                alone.update((index - 1, index, index + 1))
        elif owner.type == "paragraph_open":
            hidden = owner.hidden and index > 1
            _take_end(token, tokens[index - 2] if hidden else owner, LAST_LINE, state)
    if alone:
        state.tokens = [token for index, token in enumerate(tokens) if index not in alone]


LAST_WORD = re.compile(r"(?:^|[ \t])\{[^{}\n]*\}$")
LAST_LINE = re.compile(r"\n[ \t]*\{[^{}\n]*\}$")


def _line(token: Token, state: StateCore) -> tuple[int, Context]:
    """The last line of a token whose `map` still counts from the first line of its piece."""
    context: Context = state.env["context"]
    return (token.map[1] if token.map else 1) - 1 + context.first_line, context


def _take_end(token: Token, owner: Token, end: re.Pattern[str], state: StateCore) -> None:
    brace = token.content.rfind("{")
    start = max(0, brace - 100)  # spaces before it
    match = end.search(token.content, start)
    if match and LIST.fullmatch(token.content, brace):
        apply(owner, token.content[brace:], *_line(token, state))
        token.content = token.content[: match.start()].rstrip()


def _neighbour(tokens: list[Token], index: int) -> Token | None:
    """The block that the paragraph at `index` touches above, else the next one."""
    level, line = tokens[index].level, (tokens[index].map or [0])[0]
    above = index - 1
    if above >= 0 and tokens[above].nesting < 0 and tokens[above].level == level:
        above -= 1
        while tokens[above].level != level:
            above -= 1
    if above >= 0 and tokens[above].level == level and (tokens[above].map or [0, -1])[1] == line:
        return tokens[above]
    below = tokens[index + 3] if index + 3 < len(tokens) else None
    return below if below is not None and below.nesting >= 0 else None


# --- inside a block ------------------------------------------------------------------------------


def inside(state: StateCore) -> None:
    """Take lists from the beginning of texts that follow a link, an image, code or emphasis."""
    for token in state.tokens if "{" in state.src else ():
        if token.type != "inline" or "{" not in token.content:
            continue
        children = token.children or []
        for index in range(1, len(children)):
            text, before = children[index], children[index - 1]
            if text.type != "text" or before.type not in CARRIERS:
                continue
            match = LIST.match(text.content)
            if match:
                line = token.map[0] if token.map else 1
                apply(_opening(children, index - 1), match[0], line, state.env["context"])
                text.content = text.content[match.end() :]


def _opening(children: list[Token], index: int) -> Token:
    """The token that opens what the one at `index` closes."""
    level = children[index].level
    while children[index].nesting < 0 or children[index].level != level:
        index -= 1
    return children[index]
