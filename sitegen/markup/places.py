"""Where links and images stand: the parser's own rules, which now say where they matched.

Comes in: a `MarkdownIt`. Goes out: the same one, whose tokens for links and images carry
`meta["link"]`, the address as it was typed and its place, and whose raw HTML carries
`meta["pieces"]`. A bare `https://…` becomes a link too, and what is nested too deeply is reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference, unescapeAll
from markdown_it.rules_block import StateBlock, reference
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, autolink, html_inline, image, link
from markdown_it.token import Token

from sitegen.errors import MarkupError
from sitegen.markup import rawhtml
from sitegen.markup.context import Context
from sitegen.model import Link

DEEPEST = 60
"""The parser gives up on what is nested deeper, so that its recursion stays bounded."""
CONTAINERS = ("item_open", "quote_open", "callout_open", "dd_open")


def plugin(md: MarkdownIt) -> None:
    """Replace the rules that make links, and the walk over the inside of all blocks."""
    md.options["maxNesting"] = DEEPEST
    md.options["store_labels"] = True
    md.core.ruler.at("inline", parse_inside)
    md.block.ruler.at("reference", define)
    md.inline.ruler.at("link", bracketed_link)
    md.inline.ruler.at("image", bracketed_image)
    md.inline.ruler.at("autolink", pointed)
    md.inline.ruler.at("html_inline", tag)
    md.inline.ruler.push("bare_link", bare)


# --- the walk over the blocks ------------------------------------------------------------------


def parse_inside(state: StateCore) -> None:
    """Parse the inside of each block with its place at hand; note what is too deep.

    From here on, the `map` of each token counts lines of the file.
    """
    context: Context = state.env["context"]
    parse, first = state.md.inline.parse, context.first_line
    shallow = True
    for token in state.tokens:
        if shallow and token.level >= DEEPEST - 1 and token.type.endswith(CONTAINERS):
            _too_deep(token, context)
            shallow = False
        if token.map:
            token.map = [token.map[0] + first, token.map[1] + first]
        if token.type == "inline":
            if token.map:
                context.enter(token)
            token.children = token.children or []
            parse(token.content, state.md, state.env, token.children)
            context.leave(token)
        elif token.type == "html_block":
            context.enter(token)
            place = partial(context.place_in, token)
            token.meta["pieces"] = rawhtml.scan(token.content, place, context)


def _too_deep(token: Token, context: Context) -> None:
    context.error(
        MarkupError,
        f"lists or quotes are nested more than {DEEPEST} levels deep here",
        context.span(context.first_line + (token.map[0] if token.map else 0)),
        "a list counts as two levels; what lies deeper was not read",
    )


# --- [text](target), ![alt](target), [text][reference] -------------------------------------------


def bracketed(
    state: StateInline,
    silent: bool,  # noqa: FBT001 - the parser's signature
    *,
    rule: Callable[[StateInline, bool], bool],
    mark: str,
) -> bool:
    """A link or an image, by the parser's own rule."""
    start = state.pos
    if state.src[start] != mark:
        return False
    before = len(state.tokens)
    if not rule(state, silent):
        return False
    if not silent:
        token = state.tokens[before]
        if token.type == "text":  # what was pending
            token = state.tokens[before + 1]
        token.meta["link"] = _typed(state, start + (mark == "!"), token, state.env["context"])
    return True


bracketed_link = partial(bracketed, rule=link, mark="[")
bracketed_image = partial(bracketed, rule=image, mark="!")


def _typed(state: StateInline, bracket: int, token: Token, context: Context) -> Link:
    """The target of what just matched, whose label opens at `bracket`."""
    source, end = state.src, state.pos
    if "label" in token.meta:
        defined = state.env["references"][token.meta["label"]]
        whole = context.place(source, bracket, end - bracket)
        return defined.get("link") or Link(target=defined["href"], span=whole)
    address = token.attrs["href" if token.type == "link_open" else "src"]
    at = end
    while (at := source.rfind("](", bracket, at)) >= 0:  # mostly the first; a title may hold others
        start = end - len(source[at + 2 : end].lstrip(" \t\n"))
        found = state.md.helpers.parseLinkDestination(source, start, end)
        if found.ok and found.str and state.md.normalizeLink(found.str) == address:
            pointed = source[start] == "<"
            place = context.place(source, start + pointed, found.pos - start - 2 * pointed)
            return Link(target=found.str, span=place)
    return Link(target="", span=context.place(source, bracket, end - bracket))


LABEL = re.compile(r"\[(?:[^\]\\]|\\.)*\]:[\s>]*", re.DOTALL)


def define(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:  # noqa: FBT001
    """`[label]: target`, by the parser's own rule; the target's place goes with it."""
    if not reference(state, start_line, end_line, silent):
        return False
    begin = state.bMarks[start_line] + state.tShift[start_line]
    end = state.eMarks[state.line - 1]
    match = LABEL.match(state.src, begin, end)
    if silent or match is None:
        return True
    context: Context = state.env["context"]
    label = state.src[begin + 1 : state.src.rindex("]:", begin, match.end())]
    start = match.end()
    found = state.md.helpers.parseLinkDestination(state.src, start, end)
    line = context.first_line + start_line + state.src.count("\n", begin, start)
    column = start - state.src.rfind("\n", 0, start)
    pointed = state.src.startswith("<", start)
    span = context.span(line, column + pointed, max(1, found.pos - start - 2 * pointed))
    known = state.env["references"].get(normalizeReference(label))
    if known is not None:
        known.setdefault("link", Link(target=found.str, span=span))
    return True


# --- <https://…>, <a href=…>, https://… ----------------------------------------------------------


def pointed(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """An address between `<` and `>`, by the parser's own rule."""
    start = state.pos
    if state.src[start] != "<" or not autolink(state, silent):
        return False
    if not silent:
        token = state.tokens[-3]
        typed = state.src[start + 1 : state.pos - 1]
        mail = str(token.attrs["href"]).startswith("mailto:") and not typed.startswith("mailto:")
        span = state.env["context"].place(state.src, start + 1, len(typed))
        token.meta["link"] = Link(target=f"mailto:{typed}" if mail else typed, span=span)
    return True


def tag(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """A raw HTML tag, by the parser's own rule."""
    start = state.pos
    if state.src[start] != "<" or not html_inline(state, silent):
        return False
    if not silent and "=" in state.tokens[-1].content:
        token, context = state.tokens[-1], state.env["context"]
        place = lambda at, length: context.place(state.src, start + at, length)  # noqa: E731
        token.meta["pieces"] = rawhtml.scan(token.content, place, context)
    return True


BARE = re.compile(r"https?://[^\s<]+")
SCHEME = re.compile(r"(?<![A-Za-z0-9<])https?$")


def bare(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """An address without any marks, as GitHub takes it: `https://…` up to a space."""
    if silent or state.linkLevel or not state.src.startswith("://", state.pos):
        return False
    scheme = SCHEME.search(state.pending[-6:])
    match = BARE.match(state.src, state.pos - len(scheme[0]), state.posMax) if scheme else None
    url = _trimmed(match[0]) if match else ""
    if scheme is None or len(url) <= len(scheme[0]) + 3:
        return False
    start = state.pos - len(scheme[0])
    state.pending = state.pending[: -len(scheme[0])]
    opening = state.push("link_open", "a", 1)
    target = unescapeAll(url)
    opening.attrs = {"href": state.md.normalizeLink(target)}
    opening.info = "auto"
    span = state.env["context"].place(state.src, start, len(url))
    opening.meta["link"] = Link(target=target, span=span)
    state.push("text", "", 0).content = target
    state.push("link_close", "a", -1).info = "auto"
    state.pos = start + len(url)
    return True


def _trimmed(url: str) -> str:
    """Without the punctuation of the sentence around it: a dot, an unopened bracket."""
    closing = url.count(")") - url.count("(")
    while url:
        if url[-1] == ")" and closing > 0:
            closing -= 1
        elif url[-1] not in "?!.,:;*_~'\"[]}|":
            break
        url = url[:-1]
    return url
