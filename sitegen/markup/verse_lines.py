"""The lines of one stanza: only Markdown's inline rules apply, and every mark ends with its line.

Comes in: the source lines of a stanza (an empty string where a note or a comment was taken out).
Goes out: one (indent, chunks) for each line that a reader sees. The lines are parsed together, so
that emphasis may run on; then the tokens are cut at the breaks, and what is open there is closed
and opened again on the next line. What is not cut: an element of raw HTML such as a hand-made
sidenote, a tag, an address; it belongs to the line on which it began.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import unescape

from markdown_it.token import Token

from sitegen.markup import raw_tags
from sitegen.markup.context import Context
from sitegen.markup.raw_tags import RawTags
from sitegen.model import Body

NBSP = "\u00a0"
FOR_TAB = "\u205f"
"""A space that nobody types and that does no harm where it is left inside a title or a note."""
TAB = 4
DEEPEST = 8
"""Marks open at once that are carried from line to line; deeper ones would cost a square."""

ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
WIDE = "\u2001\u2003\u3000"
GAP = re.compile(r"[ \t]{2,}|\t")
MARKS_ONLY = re.compile(r"[-=_*~+.:#|>/]+(?:[ \t]+[-=_*~+.:#|>/]+)*")
BACKTICKS = re.compile(r"(\\*)(`+)")
LONE_DOLLAR = re.compile(
    r"\\.|<[^\s<>][^<>]*>"
    r"|\$\$(?:[^$\\]|\\.|\$(?!\$))++\$\$|\$(?![\s$])(?:[^$\\]|\\.)++(?<!\s)\$(?!\d)|\$"
)
"""A dollar, or what may hold dollars that are none of ours: an escape, a tag, a formula."""


def lines_of(rows: Sequence[str], first_line: int, context: Context) -> list[tuple[int, Body]]:
    """The lines that `rows` show, each with its indent in columns.

    `first_line` is the line of the file on which `rows[0]` stands.
    """
    # A newline first: then the place of each row is looked up in the file in the same way.
    # A newline last: then a `\` or spaces at the end of the last row are a break there too.
    text = "".join(f"\n{_as_inline(row)}" for row in rows) + "\n"
    return [
        (draft.indent, context.chunks(draft.tokens))
        for draft in _joined(_cut(context.inline(text, first_line - 1)))
    ]


# --- a row as inline Markdown ------------------------------------------------------------------


def _as_inline(row: str) -> str:
    """A row whose indent the inline parser leaves where it is, as long as it was typed.

    (It strips spaces and tabs; and columns of mistakes are counted in what it sees.)
    """
    _, text = split_indent(row)
    indent = row[: len(row) - len(text)].replace(" ", NBSP).replace("\t", FOR_TAB)
    text = text.rstrip(" \t")
    if MARKS_ONLY.fullmatch(text):  # typed dashes, not a dash that typography makes of them
        text = re.sub(r"[^ \t]", r"\\\g<0>", text)
    elif "`" in text or "$" in text:
        text = _ended(text)
    return indent + text


def split_indent(row: str) -> tuple[int, str]:
    """The columns of white space, typed or as entities, before the text of a row; and the text."""
    column = index = 0
    while index < len(row):
        found = ENTITY.match(row, index) if row[index] == "&" else None
        char = unescape(found[0]) if found else row[index]
        if not char.isspace():
            break
        column += TAB - column % TAB if char == "\t" else 2 if char in WIDE else 1
        index = found.end() if found else index + 1
    return column, row[index:]


def _ended(text: str) -> str:
    """Code and formulas end on their row: a backtick or dollar without a partner here is text.

    (Poets open quotations with the one and name sums with the other; over several rows, each
    would swallow the breaks.)
    """
    out, done = [], 0
    for start, end, alone in _backticks(text):
        out.append(LONE_DOLLAR.sub(_escaped_dollar, text[done:start]))
        out.append("\\`" * (end - start) if alone else text[start:end])
        done = end
    return "".join([*out, LONE_DOLLAR.sub(_escaped_dollar, text[done:])])


def _escaped_dollar(found: re.Match[str]) -> str:
    return "\\$" if found[0] == "$" else found[0]


def _backticks(text: str) -> Iterator[tuple[int, int, bool]]:
    """Start and end of each code span, and of each run of backticks that makes none: alone."""
    runs = list(BACKTICKS.finditer(text))
    last = {len(run[2]): run.start(2) for run in runs}
    opening, inside = 0, 0
    for run in runs:
        start, length = run.start(2), len(run[2])
        if inside:
            if length == inside:
                yield opening, run.end(), False
                inside = 0
            continue
        if len(run[1]) % 2:  # a backslash takes the first of them
            start, length = start + 1, length - 1
        if last.get(length, -1) > start:
            opening, inside = start, length
        elif length:
            yield start, run.end(), True


# --- cutting the tokens at the breaks ----------------------------------------------------------


class _Draft:
    """A line while it is put together: marks carried over, what it says, marks closed again."""

    def __init__(self, carried: Iterable[Token] = ()) -> None:
        self.carried = list(carried)
        self.content: list[Token] = []
        self.closing: list[Token] = []
        self.indent = 0

    @property
    def tokens(self) -> list[Token]:
        return [*self.carried, *self.content, *self.closing]


def _cut(tokens: Sequence[Token]) -> list[_Draft]:
    """The tokens, line by line, each line with its own balanced marks and its indent."""
    raw = RawTags(tokens)
    marks = _Marks(raw)
    drafts = [_Draft()]
    piece_ends, after_break = -1, False
    for index, token in enumerate(tokens):
        if token.type in ("softbreak", "hardbreak") or raw_tags.is_break(token):
            if index > piece_ends:
                drafts[-1].closing = marks.closing()
                drafts.append(_Draft(marks.carried()))
            else:
                drafts[-1].content.append(_text(" ") if token.tag == "br" else token)
                after_break = True
            continue
        if after_break and token.type == "text":
            token.content = token.content.lstrip()
        after_break = False
        piece_ends = max(piece_ends, raw.pieces.get(index, -1))
        if marks.pass_on(index, token):
            drafts[-1].content.append(raw_tags.in_one_row(token))
    drafts[-1].closing = marks.closing()
    for draft in drafts:
        _set_out(draft)
    return drafts


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


class _Marks:
    """Which marks are open, outermost first: Markdown's by token, raw HTML's by tag."""

    def __init__(self, raw: RawTags) -> None:
        self.raw = raw
        self.open: list[tuple[Token, int]] = []
        self.too_deep = 0

    def pass_on(self, index: int, token: Token) -> bool:
        """Take note of a token; whether it belongs in its line."""
        if token.type == "html_inline":
            return self._pass_tag(index, token)
        if token.nesting > 0:
            if self.too_deep or len(self.open) >= DEEPEST:
                self.too_deep += 1
                return False
            self.open.append((token, -1))
        elif token.nesting < 0:
            if self.too_deep:
                self.too_deep -= 1
                return False
            self._forget(-1)
        return True

    def _pass_tag(self, index: int, token: Token) -> bool:
        raw = self.raw
        if index in raw.dropped:
            return False
        if index in raw.carried or index in raw.unclosed:
            if len(self.open) >= DEEPEST:
                raw.dropped.add(raw.carried.get(index, -1))
                return False
            self.open.append((token, index))
        elif index in raw.closes:
            self._forget(raw.closes[index])
        return True

    def _forget(self, opened_at: int) -> None:
        for place in reversed(range(len(self.open))):
            if self.open[place][1] == opened_at:
                del self.open[place]
                return

    def closing(self) -> list[Token]:
        """What closes all that is open, innermost first."""
        return [_closing(token) for token, _ in reversed(self.open)]

    def carried(self) -> list[Token]:
        """What opens it again on the next line; a tag that is never closed ends with its line."""
        self.open = [mark for mark in self.open if mark[1] not in self.raw.unclosed]
        return [_again(token) for token, _ in self.open]


def _closing(token: Token) -> Token:
    if token.type == "html_inline":
        return raw_tags.closing(token)
    kind = token.type.removesuffix("_open") + "_close"
    return Token(kind, token.tag, -1, markup=token.markup, info=token.info)


def _again(token: Token) -> Token:
    """The same mark without its id, which may stand on a page only once."""
    if token.type == "html_inline":
        return raw_tags.again(token)
    return token.copy(attrs={name: value for name, value in token.attrs.items() if name != "id"})


def _set_out(draft: _Draft) -> None:
    """Turn the white space at the line's start into its indent, gaps inside it into NBSPs."""
    first = draft.content[0] if draft.content else None
    if first is not None and first.type == "text":
        text = first.content.lstrip()
        indent = first.content[: len(first.content) - len(text)]
        draft.indent, _ = split_indent(indent.replace(FOR_TAB, "\t"))
        first.content = text
    if draft.content and draft.content[-1].type == "text":  # a `<br>` may follow
        draft.content[-1].content = draft.content[-1].content.rstrip(" \t")
    for token in draft.content:
        if token.type in ("text", "code_inline"):
            token.content = GAP.sub(_gap, token.content)


def _gap(found: re.Match[str]) -> str:
    """Visible in HTML without any style; the last column is a space, where a line may wrap."""
    return NBSP * (len(found[0].replace("\t", " " * TAB)) - 1) + " "


# --- what is a line ----------------------------------------------------------------------------


def _joined(drafts: Iterable[_Draft]) -> list[_Draft]:
    """The lines that show something; what shows nothing goes with the line before it.

    So does a sidenote made by hand that begins a source line of its own.
    """
    lines: list[_Draft] = []
    waiting: list[Token] = []
    for draft in drafts:
        content = draft.content
        seen = any(_shows(token) for token in content)
        if seen and not (lines and raw_tags.is_note(content[0])):
            draft.carried = [*waiting, *draft.carried]
            waiting = []
            lines.append(draft)
        elif seen or any(_is_piece(token) for token in content):
            (lines[-1].closing if lines else waiting).extend(draft.tokens)
    return lines


def _shows(token: Token) -> bool:
    if token.type == "text":
        return not (not token.content or token.content.isspace())
    if token.type == "html_inline":
        return raw_tags.shows(token)
    return token.nesting == 0


def _is_piece(token: Token) -> bool:
    """Whether the token is a tag that does something although nothing is seen in its line."""
    return token.type == "html_inline" and not raw_tags.is_formatting(token)
