r"""Measured numbers in a text: `{attention:bat bat->flew}` is what the figure `bat` shows.

Comes in: a `MarkdownIt`; later the token of a measure. Goes out: the same one, which makes tokens
`measure`; then a `MeasureSlot`, with its `Measure` in the context. What the text of a measure
means is for the figure to say; here it only has to name a figure of the page. One that is
misspelt, not closed, or where no number can stand, is a mistake and never a text; `\{attention:`
is a text. A measure may run over the end of a line, but not in a poem. What holds for where these
can stand holds for numbers of the site, too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from sitegen.errors import FigureError, Span, suggest
from sitegen.markup import facts
from sitegen.markup.context import Context
from sitegen.model import Chunk, Measure, MeasureSlot

NAME = "attention"
OPENING = "{attention:"
OPENINGS = (OPENING, facts.OPENING)
MEASURE = re.compile(r'\{attention:((?:(?<![^\s:>→+])"[^"\n]{0,100}+"|[^{}]){0,400}+)\}')
"""Braces may stand between quotes with which a token begins."""
PARTS = re.compile(r"\s*(?P<name>\S*)\s*(?P<text>.*?)\s*", re.DOTALL)
MISSPELT = re.compile(r"\{\s*([A-Za-z]{6,12})(?=[\s:])[^{}\n]{0,400}+\}")
ARROW = re.compile("->|→")
COMMENT = re.compile(r"<!--(?:(?!<!--).)*?-->", re.DOTALL)
FORM = "write {attention:ID bat->flew}, with the id of a figure of this page"


def plugin(md: MarkdownIt) -> None:
    """Add the rule for measures, and the one for those that cannot stay."""
    md.inline.ruler.push("measure", inline)
    md.core.ruler.after("inline", "misplaced_measures", refuse_misplaced)


def inline(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the parser's signature
    """A measure inside a block."""
    start = state.pos
    if state.src[start] != "{":
        return False
    if not state.src.startswith(OPENING, start):
        return facts.inline(state, silent) or (not silent and _misspelt(state))
    match = MEASURE.match(state.src, start, state.posMax)
    state.pos = match.end() if match else start + len(OPENING)
    context: Context = state.env["context"]
    if match and not silent:
        _push(state, match, context)
    elif not silent:
        place = context.place(state.src, start, len(OPENING))
        hint = "end it with }, at most 400 characters on; as a text it is written \\{"
        context.error(FigureError, f"{OPENING}…}} has no end", place, hint)
        state.push("text", "", 0).content = OPENING
    return True


def _misspelt(state: StateInline) -> bool:
    """`{atention:bat bat->flew}`, `{attention bat->flew}`: the arrow tells what is meant."""
    match = MISSPELT.match(state.src, state.pos, state.posMax)
    if match and ARROW.search(match[0]) and get_close_matches(match[1].lower(), [NAME], cutoff=0.8):
        typed = match[0][: match.end(1) - match.start()]
        place = state.env["context"].place(state.src, state.pos, len(typed))
        state.env["context"].error(FigureError, f'this begins with "{typed}"', place, FORM)
    return False


def _push(state: StateInline, match: re.Match[str], context: Context) -> None:
    """A token with the measure, and with the place where it names its figure.

    A further row of its text gets as many spaces as stand before it in the file, so that whoever
    reads it can tell columns.
    """
    parts = PARTS.fullmatch(state.src, *match.span(1))
    assert parts, "any text matches"  # noqa: S101
    text, *rows = parts["text"].split("\n")
    behind = parts.start("text") - parts.start("name")
    named = context.place(state.src, parts.start("name"), len(parts["name"]))
    if "\n" in state.src[parts.start() : parts.start("text")]:
        place = context.place(state.src, parts.start("text"), len(text))
    else:  # a place is looked up from the beginning of a paragraph
        place = Span(named.path, named.line, named.column + behind, max(1, len(text)))
    offset = parts.start("text") + len(text) + 1
    for row in rows:
        bare = row.lstrip()
        column = context.place(state.src, offset + len(row) - len(bare)).column
        text += f"\n{' ' * (column - 1)}{bare}"
        offset += len(row) + 1
    token = state.push("measure", "", 0)
    token.meta["measure"] = Measure(figure=parts["name"], text=text, span=place)
    token.meta["wraps"] = "\n" in match[0]
    token.meta["name"] = named


# --- where no number can stand -------------------------------------------------------------------

NOWHERE = {
    "heading_open": ("a heading", "its words make an address; put the number in the text below"),
    "image": ("the words of a picture", "put it in the text beside"),
    "poem": ("two lines of a poem", "put all of it on one line"),
}


def refuse_misplaced(state: StateCore) -> None:
    """Take out measures of headings and of pictures' words, and those that join two lines."""
    if not any(opening in state.src for opening in OPENINGS):
        return
    context: Context = state.env["context"]
    before = ""
    for token in state.tokens:
        found = next((each for each in OPENINGS if each in token.content), "")
        if token.type == "inline" and found:
            where = "poem" if state.inlineMode else before if before == "heading_open" else ""
            token.children = _kept(token.children or (), where, context)
        elif token.type == "html_block" and found and found in COMMENT.sub("", token.content):
            row = (token.map or [1])[0] + token.content[: token.content.index(found)].count("\n")
            hint = f"put it in a paragraph; as a text it is written &#123;{found[1:]}"
            message = "a measure in raw HTML stays as it was typed"
            context.warn(FigureError, message, context.find(row, found), hint)
        before = token.type


def _kept(tokens: Sequence[Token], where: str, context: Context) -> list[Token]:
    """The tokens without measures that cannot stay."""
    kept = []
    for token in tokens:
        if token.children:
            inside = token.type if token.type in NOWHERE else ""
            token.children = _kept(token.children, inside, context)
        number = token.type in {"measure", "fact"}
        if not number or not where or (where == "poem" and not token.meta["wraps"]):
            kept.append(token)
        else:
            what, hint = NOWHERE[where]
            message = f"a measured number cannot stand in {what}"
            context.error(FigureError, message, token.meta["name"], hint)
    return kept


# --- rendering them ------------------------------------------------------------------------------


def render_measure(token: Token, context: Context) -> Chunk:
    """The slot for the number, whose measure is noted."""
    context.measures.append(token.meta["measure"])
    context.named.append(token.meta["name"])
    return MeasureSlot(index=len(context.measures) - 1)


def report_unknown(context: Context) -> None:
    """Note each measure that asks no figure of the page, or asks nothing, once all is rendered."""
    known = {fence.id for fence in context.fences}
    hints = {"": FORM}
    for measure, place in zip(context.measures, context.named, strict=True):
        name = measure.figure
        if name not in known:
            if name not in hints:
                hints[name] = suggest(name, known, "Figures") if known else "this page has none"
            what = (
                f'there is no figure "{name[:40]}" on this page' if name else "no figure is named"
            )
            context.error(FigureError, what, place, hints[name])
        elif not measure.text:
            hint = f"write {OPENING}{name} bat->flew}}, from one token to another"
            context.error(FigureError, f'nothing is asked of the figure "{name}"', place, hint)
