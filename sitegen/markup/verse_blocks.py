"""What stands between the blank lines of a poem, found without looking inside the lines.

Comes in: the rows of a poem's source. Goes out: groups of rows, each of one kind, and where the
notes are. All is lines but for what has a blank line on either side: an ornament, a part heading
(`##` to `######`), a closed fence, a block of raw HTML, a formula between `$$`, a picture. Taken
out wherever they begin a row:

- notes, `[^1]: …` with the indented rows below; also with rows that merely wrap, if the note has
  a blank line before it (among the lines of a stanza, the next row is verse);
- comments, `<!-- … -->`, with all the rows and blank lines in them.

What is taken out of a stanza does not part it. Blank is what shows nothing: also a row of `<br>`,
of `&nbsp;` or of a single backslash, with which writers ask other programs for a blank line.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Literal, NamedTuple

from markdown_it.common.html_blocks import block_names

from sitegen.markup.verse_lines import split_indent

Kind = Literal["lines", "ornament", "part", "inset"]

DINKUS = "*⁂❦❧☙⁕✻✽∗"
ORNAMENT = re.compile(rf"([-_])(?:[ \t]*\1){{2,}}|[{DINKUS}](?:\s*[{DINKUS}])*")
HEADING = re.compile(r" {0,3}#{2,6}[ \t]+[^\s#].*")
FENCE = re.compile(r" {0,3}(?:(`{3,})[^`]*|(~{3,}).*)")
CLOSING_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*")
NOTE = re.compile(r" {0,3}\[\^[^\]\s]+\]:[ \t]*(.?)")
DEEPER = re.compile(r"(?: {4}| {0,3}\t)")
BLOCK_HTML = re.compile(
    rf" {{0,3}}</?(?:{'|'.join(block_names)}|pre|script|style)(?=[\s/>]|$)", re.IGNORECASE
)
PICTURE = re.compile(r" {0,3}!\[[^\[\]]*\]\([^()]*\)(?:\{[^{}]*\})?[ \t]*")
FORMULA = re.compile(r" {0,3}\$\$(?:(?!\$\$).)+\$\$\s*", re.DOTALL)
BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


class Group(NamedTuple):
    """Rows with blank lines around them; an empty string where something was taken out.

    `start` is the index of the first row; `gap`: two or more blank lines stand before it.
    """

    kind: Kind
    start: int
    rows: list[str]
    gap: bool


def read_groups(rows: Sequence[str]) -> tuple[list[Group], list[range]]:
    """The groups of a poem, and the indices of the rows of each note."""
    reader = _Reader(rows)
    index = 0
    while index < len(rows):
        index = (
            reader.fence(index) or reader.note(index) or reader.comment(index) or reader.row(index)
        )
    reader.close()
    return reader.groups, reader.notes


def is_blank(row: str) -> bool:
    """Whether a row shows nothing."""
    if not row or row.isspace():
        return True
    if row.lstrip()[0] not in "&<\\":
        return False
    return split_indent(BREAK.sub(" ", row))[1].rstrip() in ("", "\\")


class _Reader:
    """One walk over the rows. Each method gives the index of the next row, or 0: not mine."""

    def __init__(self, rows: Sequence[str]) -> None:
        self.rows = list(rows)
        self.groups: list[Group] = []
        self.notes: list[range] = []
        self._start = 0
        self._open: list[str] = []
        self._blanks = 0
        self._gap = False
        self._fences = [i for i, row in enumerate(rows) if CLOSING_FENCE.fullmatch(row)]
        self._closing: dict[tuple[str, int], int] = {}
        self._comment_ends = [i for i, row in enumerate(rows) if "-->" in row]

    def fence(self, index: int) -> int:
        """A fence that is closed, with a blank line before and behind."""
        found = None if self._open else FENCE.fullmatch(self.rows[index])
        if found is None:
            return 0
        behind = self._closing_fence(index, found[1] or found[2]) + 1
        if behind > len(self.rows) or not (behind == len(self.rows) or is_blank(self.rows[behind])):
            return 0
        self._begin(index)
        self._open = self.rows[index:behind]
        self.close("inset")
        return behind

    def _closing_fence(self, index: int, mark: str) -> int:
        """Where the first fence behind `index` is that can close `mark`; else behind the end."""
        key = mark[0], len(mark)
        if self._closing.get(key, -1) <= index:  # else the last answer still holds
            places = range(bisect_right(self._fences, index), len(self._fences))
            fences = (self._fences[place] for place in places)
            closing = (i for i in fences if self.rows[i].strip().startswith(mark))
            self._closing[key] = next(closing, len(self.rows))
        return self._closing[key]

    def note(self, index: int) -> int:
        """A note with all its rows."""
        found = NOTE.match(self.rows[index])
        if found is None:
            return 0
        end = index + 1
        wraps = bool(found[1]) and not self._open
        while end < len(self.rows):
            following = end
            while following < len(self.rows) and not self.rows[following].strip():
                following += 1
            if following == len(self.rows):
                break
            deeper = DEEPER.match(self.rows[following]) is not None
            if not deeper and (following > end or not wraps or self._stands_alone(end)):
                break
            end = following + 1
        self.notes.append(range(index, end))
        self._take(end - index)
        return end

    def _stands_alone(self, index: int) -> bool:
        """Whether a row cannot be the rest of a note's paragraph."""
        row = self.rows[index]
        return any(rule.match(row) for rule in (NOTE, HEADING, FENCE)) or _kind([row]) != "lines"

    def comment(self, index: int) -> int:
        """A comment that begins a row; what stands behind it stays."""
        row = self.rows[index].lstrip()
        if not row.startswith("<!--"):
            return 0
        place = bisect_left(self._comment_ends, index + ("-->" not in row[2:]))
        if place == len(self._comment_ends):
            return 0
        end = self._comment_ends[place]
        rest = (row[2:] if end == index else self.rows[end]).partition("-->")[2].strip()
        self._take(end - index + (not rest))
        self.rows[end] = rest
        return end + (not rest)

    def _take(self, count: int) -> None:
        self._open += [""] * count if self._open else []
        self._blanks = 0

    def row(self, index: int) -> int:
        """A line of a group, or a blank line that ends it."""
        row = self.rows[index]
        if is_blank(row):
            self.close()
            self._blanks += 1
            self._gap = self._gap or self._blanks > 1
        else:
            self._begin(index)
            self._open.append(row)
        return index + 1

    def _begin(self, index: int) -> None:
        if not self._open:
            self._start = index

    def close(self, kind: Kind | None = None) -> None:
        """The open group has all its rows."""
        if self._open:
            gap = self._gap and bool(self.groups)
            self.groups.append(Group(kind or _kind(self._open), self._start, self._open, gap))
            self._open, self._blanks, self._gap = [], 0, False


def _kind(rows: Sequence[str]) -> Kind:
    """What rows are that are no fence."""
    first = rows[0]
    if sum(map(bool, rows)) == 1:
        if ORNAMENT.fullmatch(first.strip()):
            return "ornament"
        if HEADING.fullmatch(first):
            return "part"
        if PICTURE.fullmatch(first):
            return "inset"
    return "inset" if BLOCK_HTML.match(first) or FORMULA.fullmatch("\n".join(rows)) else "lines"
