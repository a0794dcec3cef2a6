"""The writer's own HTML tags: which attributes hold an address, and where.

Comes in: raw HTML as it was typed (which may be broken: it is passed on as it is). Goes out: the
same text in pieces, with each address taken out as a `Link`, so that it is resolved and checked
like any other; ids are noted as anchors. One pass from left to right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from html import unescape

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock

from sitegen.errors import MarkupError, Span
from sitegen.markup.context import Context
from sitegen.model import Link

Place = Callable[[int, int], Span]
Piece = str | Link
Value = tuple[int, int, str, str]
"""Start, end, attribute and element, both names in lower case. The attribute is "" at the name
of an image that has no alt text."""

ADDRESSES = frozenset({"href", "src", "poster", "srcset"})

OPENING = re.compile(r"<(?:(!--)|([A-Za-z][^\s/>]*))")
ATTRIBUTE = re.compile(r"""[\s/]*([^\s/>=]+)(?:\s*=\s*("|'|(?=[^\s>"'])[^\s>]+))?""")
CANDIDATE = re.compile(r"([^\s,](?:\S*[^\s,])?)(?:(?=,)|[^,]*)")
"""One of a `srcset`: an address, then perhaps a width or a density."""
OPAQUE = frozenset({"script", "style", "textarea", "title"})
"""Elements whose inside is text, whatever it looks like."""


BEFORE = re.compile(r"<(?![pP]\b)[A-Za-z][^<>]*")
BEHIND = re.compile(r"""(?:=["']?\w+["']?)?((?:\s[^<>]*)?>)\s*""")
"""What stands before and behind the attribute `markdown` of a tag."""


def plugin(md: MarkdownIt) -> None:
    """Add the rule for tags that say that Markdown follows."""
    interrupted = ["paragraph", "reference", "blockquote"]
    md.block.ruler.before("html_block", "html_with_markdown", with_markdown, {"alt": interrupted})


def with_markdown(state: StateBlock, start: int, _: int, silent: bool) -> bool:  # noqa: FBT001
    """`<div markdown="1">` alone on its line: the tag, without what is no attribute of HTML."""
    begin = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith("<", begin) or state.is_code_block(start):
        return False
    before, found, behind = state.src[begin : state.eMarks[start]].partition(" markdown")
    match = BEHIND.fullmatch(behind) if found and BEFORE.fullmatch(before) else None
    if match is None or before.count('"') % 2:
        return False
    if not silent:
        token = state.push("html_block", "", 0)
        token.map, token.content = [start, start + 1], f"{before}{match[1]}\n"
        state.line = start + 1
    return True


def scan(html: str, place: Place, context: Context) -> tuple[Piece, ...]:
    """Raw HTML in pieces; `place(offset, length)` tells where a part of it stands."""
    pieces: list[Piece] = []
    done = 0
    for start, end, name, tag in attributes(html):
        value = unescape(html[start:end])
        if name in ADDRESSES and value.strip():
            for first, last in _addresses(html, start, end, name):
                target = unescape(html[first:last])
                span = place(first, last - first)
                quote = "" if html[start - 1] in "\"'" else '"'
                pieces += [html[done:first] + quote, Link(target=target, span=span), quote]
                done = last
        elif name == "id" or (name == "name" and tag == "a"):
            context.anchor(value, place(start, end - start))
        elif name == "" and tag == "img":
            context.warn(
                MarkupError,
                "this image has no alt text",
                place(start, end - start),
                'say what it shows, or alt="" where it is only decoration',
            )
    pieces.append(html[done:])
    return tuple(pieces)


def _addresses(html: str, start: int, end: int, name: str) -> Iterator[tuple[int, int]]:
    """The address of an attribute without spaces around it, or those of a `srcset`."""
    if name != "srcset":
        text = html[start:end]
        yield start + len(text) - len(text.lstrip()), end - len(text) + len(text.rstrip())
        return
    for match in CANDIDATE.finditer(html, start, end):
        yield match.span(1)


def attributes(html: str) -> Iterator[Value]:
    """Each attribute value of each tag; what is never closed ends the search."""
    at: int | None = 0
    while at is not None and (opening := OPENING.search(html, at)):
        if opening[1]:
            end = html.find("-->", opening.end())
            at = end if end >= 0 else None
            continue
        tag = opening[2].lower()
        at = yield from _values(html, opening, tag)
        if at is not None and tag in OPAQUE:
            closing = re.compile(f"</{tag}", re.IGNORECASE).search(html, at)
            at = closing.end() if closing else None


def _values(html: str, opening: re.Match[str], tag: str) -> Generator[Value, None, int | None]:
    """The attribute values of the tag that opens there; returns where it ends."""
    at = opening.end()
    described = tag != "img"
    while (match := ATTRIBUTE.match(html, at)) and match.end() > at:
        name, value, at = match[1].lower(), match[2], match.end()
        described = described or name == "alt"
        if value in ('"', "'"):
            end = html.find(value, at)
            if end < 0:
                return None
            yield at, end, name, tag
            at = end + 1
        elif value:
            yield match.start(2), match.end(2), name, tag
    if not described:
        yield opening.start(2), opening.end(2), "", tag
    return at
