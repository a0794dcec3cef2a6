"""From tokens to chunks and slots: one function for each kind of token.

Comes in: the tokens of the parser and the context of the parse. Goes out: chunks of HTML with
slots for all that depends on the rest of the site or on the medium; links, images, headings and
fences are noted in the context, in the order in which they are rendered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token

from sitegen.errors import MarkupError
from sitegen.markup import headings
from sitegen.markup.context import Context
from sitegen.markup.facts import render_fact
from sitegen.markup.fences import fence
from sitegen.markup.measures import render_measure
from sitegen.markup.notes import render_note
from sitegen.markup.tex import render_math
from sitegen.model import Chunk, Image, ImageSlot, Link

Out = list[Chunk]
Rule = Callable[[Sequence[Token], int, Out, Context], None]

ELSEWHERE = frozenset({"href", "src", "alt", "width", "height"})
"""Attributes that a slot writes, or that only an image may have."""
PIXELS = re.compile(r"([1-9][0-9]{0,4})(?:px)?")

ALWAYS = {
    "softbreak": "\n",
    "hardbreak": "<br>\n",
    "callout_title_open": '<p class="callout-title">',
    "callout_close": "</div>\n",
    "table_close": "</table></div>\n",
}


PLAIN = {f"{name}_open": f"<{name}>" for name in ("em", "strong")} | {
    f"{name}_close": f"</{tag}>{end}"
    for name, tag, end in (
        *(("em", "em", ""), ("strong", "strong", ""), ("link", "a", "")),
        *(("paragraph", "p", "\n"), ("list_item", "li", "\n"), ("td", "td", "\n")),
    )
}
"""What `element` gives for the most frequent tokens, as long as they have no attributes."""


def render(tokens: Sequence[Token], context: Context) -> Out:
    """Block or inline tokens as chunks."""
    out: Out = []
    _render(tokens, out, context)
    return out


def _render(tokens: Sequence[Token], out: Out, context: Context) -> None:
    for index, token in enumerate(tokens):
        kind = token.type
        if kind == "text":
            out.append(escapeHtml(token.content))
        elif kind in PLAIN and not token.attrs and not token.hidden:
            out.append(PLAIN[kind])
        elif kind == "inline":
            _render(token.children or (), out, context)
        elif kind in RULES:
            RULES[kind](tokens, index, out, context)
        elif kind in ALWAYS:
            out.append(ALWAYS[kind])
        else:
            element(tokens, index, out, context)


def element(tokens: Sequence[Token], index: int, out: Out, context: Context) -> None:
    """A token that is one tag and nothing else."""
    token = tokens[index]
    if token.hidden:
        if token.nesting < 0 and index + 1 < len(tokens) and tokens[index + 1].nesting > 0:
            out.append("\n")
    else:
        typed = attributes(token, context) if token.attrs else ""
        end = "\n" if token.block and token.nesting <= 0 else ""
        out.append(f"<{'/' * (token.nesting < 0)}{token.tag}{typed}>{end}")


def attributes(token: Token, context: Context) -> str:
    """The attributes of a tag as HTML, an id of the writer's noted as an anchor."""
    text = ""
    for name, value in token.attrs.items():
        if name in ELSEWHERE:
            continue
        if name == "id":
            context.anchor(str(value), context.span(token.map[0] if token.map else 1))
        text += f' {name}="{escapeHtml(str(value))}"'
    return text


# --- inside a block ------------------------------------------------------------------------------


def _code_inline(tokens: Sequence[Token], index: int, out: Out, context: Context) -> None:
    token = tokens[index]
    out.append(f"<code{attributes(token, context)}>{escapeHtml(token.content)}</code>")


def _link(tokens: Sequence[Token], index: int, out: Out, context: Context) -> None:
    token = tokens[index]
    slot = context.link(token.meta["link"])
    out += ['<a href="', slot, f'"{attributes(token, context)}>']


def _image(tokens: Sequence[Token], index: int, out: Out, context: Context) -> None:
    out.append(_picture(tokens[index], context, titled=True))


def _picture(token: Token, context: Context, *, titled: bool) -> ImageSlot:
    link: Link = token.meta["link"]
    anchor = token.attrs.get("id")
    if anchor is not None:
        context.anchor(str(anchor), link.span)
    alt = headings.plain(token.children or ())
    if not alt.strip():
        context.warn(
            MarkupError,
            "this image has no alt text",
            link.span,
            f"say what it shows: ![…]({link.target}); decoration is written in HTML, with"
            ' <img alt="" src="…">',
        )
    context.images.append(
        Image(
            target=link.target,
            span=link.span,
            alt=alt,
            title=str(token.attrs["title"]) if titled and "title" in token.attrs else None,
            classes=tuple(str(token.attrs.get("class", "")).split()),
            id=None if anchor is None else str(anchor),
            width=_pixels(token, "width"),
            height=_pixels(token, "height"),
            first=not context.images,
        )
    )
    return ImageSlot(index=len(context.images) - 1)


def _pixels(token: Token, side: str) -> int | None:
    """A typed size; one in per cent is the theme's matter."""
    match = PIXELS.fullmatch(str(token.attrs.get(side, "")))
    return int(match[1]) if match else None


def _html(tokens: Sequence[Token], index: int, out: Out, context: Context) -> None:
    """The writer's own HTML, as it is but for the addresses in it."""
    token = tokens[index]
    pieces: tuple[str | Link, ...] = token.meta.get("pieces") or (token.content,)
    for piece in pieces:
        out.append(context.link(piece) if isinstance(piece, Link) else piece)


# --- paragraphs, headings, lists -----------------------------------------------------------------


def _paragraph(tokens: Sequence[Token], index: int, out: Out, context: Context) -> None:
    inside = tokens[index + 1].children or []
    if not _is_figure(inside):
        element(tokens, index, out, context)
        return
    caption = escapeHtml(str(inside[0].attrs["title"]))
    out += [
        '<figure class="image">',
        _picture(inside[0], context, titled=False),
        f"<figcaption>{caption}</figcaption></figure>\n",
    ]
    tokens[index + 1].children = []
    tokens[index + 2].hidden = True


def _is_figure(inside: Sequence[Token]) -> bool:
    """Whether a paragraph is one image that has a title, perhaps with an attribute list."""
    if not inside or inside[0].type != "image" or "title" not in inside[0].attrs:
        return False
    return not any(token.content or token.nesting for token in inside[1:])


def _heading(tokens: Sequence[Token], index: int, out: Out, context: Context) -> None:
    token = tokens[index]
    if token.nesting < 0:
        out.append(f"</h{headings.level(token, context)}>\n")
        return
    heading = headings.note(token, tokens[index + 1].children or (), context)
    token.attrs.pop("id", None)
    out.append(f'<h{heading.level} id="{escapeHtml(heading.id)}"{attributes(token, context)}>')


def _list_item(tokens: Sequence[Token], index: int, out: Out, context: Context) -> None:
    token = tokens[index]
    checked = token.meta.get("checked")
    if checked is None:
        element(tokens, index, out, context)
        return
    mark = '<span class="task-mark" role="img" aria-label="{}">{}</span> '
    token.attrs["class"] = str(token.attrs.get("class", "")).replace(
        "task-list-item", "task done" if checked else "task"
    )
    out.append(f"<li{attributes(token, context)}>")
    out.append(mark.format("done", "☑") if checked else mark.format("to do", "☐"))


def _list(tokens: Sequence[Token], index: int, out: Out, context: Context) -> None:
    token = tokens[index]
    if "class" in token.attrs:
        own = str(token.attrs.pop("class")).replace("contains-task-list", "").strip()
        token.attrs |= {"class": own} if own else {}
    element(tokens, index, out, context)


# --- callouts, tables ----------------------------------------------------------------------------


def _callout(tokens: Sequence[Token], index: int, out: Out, _: Context) -> None:
    out.append(f'<div class="callout callout-{tokens[index].info}" role="note">\n')


def _table(tokens: Sequence[Token], index: int, out: Out, context: Context) -> None:
    label = f"Table {context.count('table')}"
    out.append(f'<div class="table" role="region" tabindex="0" aria-label="{label}">')
    element(tokens, index, out, context)


def _row(tokens: Sequence[Token], index: int, out: Out, context: Context) -> None:
    """A row of a table; the parser drops cells that have no column, which must not go unseen."""
    line = (tokens[index].map or [0])[0]
    typed = (
        context.lines[line - 1].lstrip("> \t").rstrip() if 0 < line <= len(context.lines) else ""
    )
    last = index
    while tokens[last].type != "tr_close":
        last += 1
    bars = typed.count("|") - typed.count(r"\|") - typed.startswith("|") - typed.endswith("|")
    if bars + 1 > (last - index) // 3:
        message = "this row has more cells than the head of its table; the last are left out"
        context.warn(MarkupError, message, context.find(line, typed))
    element(tokens, index, out, context)


def _cell(tokens: Sequence[Token], index: int, out: Out, context: Context) -> None:
    token = tokens[index]
    align = str(token.attrs.pop("style", "")).removeprefix("text-align:")
    if align in ("right", "center"):
        token.attrJoin("class", f"align-{align}")
    element(tokens, index, out, context)


# --- notes, numbers and formulas ------------------------------------------------------------------


def _by(write: Callable[[Token, Context], Chunk]) -> Rule:
    """The rule for a token that becomes one slot."""
    return lambda tokens, index, out, context: out.append(write(tokens[index], context))


def _math_block(tokens: Sequence[Token], index: int, out: Out, context: Context) -> None:
    """A displayed formula; one that is too wide is scrolled by itself, also by the keyboard."""
    label = f"Formula {context.count('formula')}"
    out.append(f'<div class="math" tabindex="0" role="region" aria-label="{label}">')
    out += [render_math(tokens[index], context), "</div>\n"]


RULES: dict[str, Rule] = {
    "code_inline": _code_inline,
    "link_open": _link,
    "image": _image,
    "html_inline": _html,
    "html_block": _html,
    "paragraph_open": _paragraph,
    "heading_open": _heading,
    "heading_close": _heading,
    "bullet_list_open": _list,
    "ordered_list_open": _list,
    "list_item_open": _list_item,
    "callout_open": _callout,
    "table_open": _table,
    "tr_open": _row,
    "th_open": _cell,
    "td_open": _cell,
    "fence": fence,
    "code_block": fence,
    "footnote_ref": _by(render_note),
    "measure": _by(render_measure),
    "fact": _by(render_fact),
    "math_inline": _by(render_math),
    "math_block": _math_block,
}
