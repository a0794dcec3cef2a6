"""Notes: `[^1]` with `[^1]: its text` anywhere, or `^[its text]` where it belongs.

Comes in: a `MarkdownIt`; later the token of a reference. Goes out: tokens `footnote_ref`, while
definitions leave the text and wait in `env["notes"]`; then a `NoteSlot` for each reference,
numbered in the order in which they are rendered; a second reference gives the same slot again.
What never meets its other half is reported, and nothing that was typed is lost without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.helpers import parseLinkLabel
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote.index import footnote_def

from sitegen.errors import MarkupError, Span
from sitegen.markup.context import Context
from sitegen.model import Chunk, NoteSlot


def plugin(md: MarkdownIt) -> None:
    """Add the rules for definitions and for both forms of a reference."""
    md.block.ruler.before(
        "reference", "footnote_def", footnote_def, {"alt": ["paragraph", "reference"]}
    )
    md.inline.ruler.before("link", "note_inline", written_in_place)
    md.inline.ruler.after("image", "note_reference", reference)
    md.core.ruler.push("notes", take_out)


# --- finding them --------------------------------------------------------------------------------

LABEL = re.compile(r"\[\^([^\s\[\]^]+)\]")


def reference(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """`[^label]`, whether or not the label is defined."""
    if state.src[state.pos] != "[":
        return False
    match = LABEL.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        token = state.push("footnote_ref", "", 0)
        token.meta = {"label": match[1], "span": _span(state, match.end() - match.start())}
    state.pos = match.end()
    return True


def written_in_place(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """`^[a note]`; there is none inside another."""
    start = state.pos
    if state.src[start : start + 2] != "^[" or state.env.get("in_note"):
        return False
    end = parseLinkLabel(state, start + 1)
    if end < 0:
        return False
    if not silent:
        token = state.push("footnote_ref", "", 0)
        token.meta = {"span": _span(state, end + 1 - start)}
        token.children = []
        state.env["in_note"] = True
        state.md.inline.parse(state.src[start + 2 : end], state.md, state.env, token.children)
        del state.env["in_note"]
    state.pos = end + 1
    return True


def _span(state: StateInline, length: int) -> Span:
    context: Context = state.env["context"]
    return context.place(state.src, state.pos, length)


def texts(tokens: Sequence[Token]) -> Iterator[Token]:
    """The tokens whose children are text: inside blocks, and notes written in place in them."""
    for token in tokens:
        if token.type == "inline":
            yield token
            for child in token.children or ():
                if child.children and child.type == "footnote_ref":
                    yield child


def take_out(state: StateCore) -> None:
    """Leave no definition in the text."""
    if "footnotes" in state.env and "context" in state.env:
        state.tokens = collect(state.tokens, state.env["context"])


def collect(tokens: list[Token], context: Context) -> list[Token]:
    """The tokens without definitions, which from now on can be referred to."""
    kept: list[Token] = []
    inside: list[Token] = kept
    for token in tokens:
        if token.type == "footnote_reference_open":
            inside = _define(token, context)
        elif token.type == "footnote_reference_close":
            inside = kept
        else:
            inside.append(token)
    return kept


def _define(token: Token, context: Context) -> list[Token]:
    """A place for the tokens of a definition; of two with one label the first counts."""
    label, line = token.meta["label"], token.map[0] if token.map else 1
    known: dict[str, tuple[int, list[Token]]] = context.env.setdefault("notes", {})
    if label in known:
        first = f"the first one, in line {known[label][0]}, is used"
        message = f"the note [^{label}] is defined twice"
        context.warn(MarkupError, message, context.find(line, f"[^{label}]"), first)
        return []
    known[label] = (line, [])
    return known[label][1]


# --- rendering them ------------------------------------------------------------------------------

DEEPEST = 4
"""Notes inside notes; more would not be read by anyone."""


def render_note(token: Token, context: Context) -> Chunk:
    """The note that a `footnote_ref` token refers to; the reference as typed if there is none."""
    label = token.meta.get("label")
    if label is None:
        return _slot(_paragraph(token), context)
    typed, span = f"[^{label}]", token.meta["span"]
    known = context.env.get("notes", {})
    if label not in known:
        hint = f'define it on a line of its own: "{typed}: …"; in code, put it between backticks'
        context.warn(MarkupError, f"there is no note {typed}", span, hint)
        return escape(typed, quote=False)
    numbers: dict[str, int] = context.env.setdefault("note_numbers", {})
    if numbers.get(label) in context.notes:
        return context.notes[numbers[label]]
    if label in numbers or context.counts["open notes"] >= DEEPEST:
        what = "refers to itself" if label in numbers else "is too deep inside other notes"
        context.error(MarkupError, f"the note {typed} {what}", span, "refer to it from the text")
        return escape(typed, quote=False)
    numbers[label] = context.counts["note"] + 1
    return _slot(known[label][1], context)


def _paragraph(token: Token) -> list[Token]:
    inside = Token("inline", "", 0, children=token.children)
    return [Token("paragraph_open", "p", 1), inside, Token("paragraph_close", "p", -1, block=True)]


def _slot(tokens: Sequence[Token], context: Context) -> NoteSlot:
    """The next note; one that holds another is not simple."""
    number = context.count("note")
    context.counts["open notes"] += 1
    body = context.chunks(tokens)
    context.counts["open notes"] -= 1
    holds_another = any(isinstance(chunk, NoteSlot) and chunk.number > number for chunk in body)
    simple = all(token.type in SIMPLE for token in tokens) and not holds_another
    context.notes[number] = NoteSlot(number=number, body=body, simple=simple)
    return context.notes[number]


SIMPLE = frozenset({"inline", "paragraph_open", "paragraph_close"})


def report_unused(context: Context) -> None:
    """Warn of each definition that nothing refers to, once all is rendered."""
    numbers = context.env.get("note_numbers", {})
    for label, (line, _) in context.env.get("notes", {}).items():
        if label not in numbers:
            message = f"nothing refers to the note [^{label}], so it is not shown"
            context.warn(MarkupError, message, context.find(line, f"[^{label}]"))
