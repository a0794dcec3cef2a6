"""A poem, block by block, by verse's own rules: a newline ends a line, a blank line a stanza.

Comes in: the text of a poem and the line of the file on which it begins. Goes out: a `Verse`.
What `verse_blocks` found becomes values of the model here; lines go through `verse_lines`.

An *afterword* is the prose that follows the last ornament. A paragraph is prose if it is wider than
`NARROW` columns, clearly wider than the poem's usual line, and every line break in it is one that
a margin forced: it stands on one line, or its lines are filled and few end with a pause. At least
one paragraph must be prose; beside it there may be headings, lists, fences and single lines, but
no stanza. So short lines after an ornament are verse, and long ones where the poem's are long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import assert_never
from unicodedata import category, east_asian_width

from sitegen.markup import headings
from sitegen.markup.context import Context
from sitegen.markup.verse_blocks import Group, is_blank, read_groups
from sitegen.markup.verse_lines import lines_of
from sitegen.model import Body, Inset, Line, Ornament, Part, Stanza, Verse

Block = Stanza | Ornament | Part | Inset

NARROW = 60
COUPLET = 2
QUOTED = re.compile(r" {0,3}> ?")
LIST_OR_TABLE = re.compile(r"[ \t]*(?:[-+*]|\d+[.)])[ \t]|[ \t]*[>|]")
ADDRESS = re.compile(r"\]\([^()\s]*\)")


def parse_verse(
    text: str, first_line: int, context: Context, *, prefix: str = "", numbered: bool = False
) -> Verse:
    """The poem that `text` is; `first_line` is the line of the file on which it begins.

    Never raises: whatever is nothing else is a line. Linear in the length of the text.
    """
    rows = text.split("\n")
    groups, notes = read_groups(rows)
    for note in notes:  # before any line that may refer to them
        context.block("\n".join(rows[note.start : note.stop]), first_line + note.start)
    end = _end_of_verse(groups)
    return Verse(
        blocks=tuple(_blocks(groups[:end], first_line, context)),
        prefix=prefix,
        numbered=numbered,
        afterword=_afterword(rows, groups[end:], notes, first_line, context),
    )


# --- blocks ------------------------------------------------------------------------------------


def _blocks(groups: Sequence[Group], first_line: int, context: Context) -> Iterator[Block]:
    """The blocks of a poem, its lines counted through all of them."""
    number = 1
    for group in groups:
        line = first_line + group.start
        match group.kind:
            case "lines":
                for block in _stanzas(group, line, number, context):
                    number += len(block.lines) if isinstance(block, Stanza) else 0
                    yield block
            case "ornament":
                yield Ornament(text=group.rows[0].strip())
            case "part":
                yield _part(group, line, context)
            case "inset":
                yield Inset(body=context.block("\n".join(group.rows), line))
            case _:
                assert_never(group.kind)


def _part(group: Group, line: int, context: Context) -> Part:
    opening, inside = context.tokens(group.rows[0], line)[:2]
    words = inside.children or []
    heading = headings.note(opening, words, context)
    return Part(level=heading.level, id=heading.id, body=context.chunks(words))


def _stanzas(group: Group, line: int, number: int, context: Context) -> Iterator[Stanza | Inset]:
    """The stanza that a group is; several, if it is quoted and has blank lines inside."""
    runs = list(_quoted_runs(group.rows))
    for start, rows, wide in runs or [(0, group.rows, False)]:
        found = lines_of(rows, line + start, context)
        if not found:  # an anchor by itself: nothing to read, but a place to link to
            yield Inset(body=context.block("\n".join(rows), line + start))
            continue
        lines = [Line(number=number + i, indent=n, body=b) for i, (n, b) in enumerate(found)]
        yield Stanza(lines=tuple(lines), gap=wide or (group.gap and start == 0), quoted=bool(runs))
        number += len(lines)


def _quoted_runs(rows: Sequence[str]) -> Iterator[tuple[int, list[str], bool]]:
    """Where every row has a `>`: start and rows (without it) of each run between blank ones.

    The last value says whether there are two blank rows or more before. A row that is an empty
    string stands for a note that was taken out, and parts nothing.
    """
    if not all(QUOTED.match(row) for row in rows if row):
        return
    inside = [QUOTED.sub("", row, count=1) for row in rows]
    wide = False
    for blank, run in groupby(range(len(rows)), lambda i: bool(rows[i]) and is_blank(inside[i])):
        indices = list(run)
        if not blank:
            yield indices[0], inside[indices[0] : indices[-1] + 1], wide
        wide = blank and indices[0] > 0 and len(indices) > 1


# --- the afterword -----------------------------------------------------------------------------


def _afterword(
    rows: Sequence[str], tail: Sequence[Group], notes: Sequence[range], line: int, context: Context
) -> Body:
    """The prose of `tail`, as ordinary Markdown at its own place; its notes are already known."""
    if not tail:
        return ()
    start = tail[0].start
    text = list(rows[start:])
    for note in notes:
        if note.start >= start:
            text[note.start - start : note.stop - start] = [""] * len(note)
    return context.block("\n".join(text), line + start)


def _end_of_verse(groups: Sequence[Group]) -> int:
    """How many of the groups belong to the poem; the others are its afterword."""
    end = 1 + max((i for i, group in enumerate(groups) if group.kind == "ornament"), default=-1)
    verse = (row for group in groups[:end] if group.kind == "lines" for row in group.rows if row)
    widths = sorted(_columns(row) for row in verse)
    verdicts = [_is_prose(group, widths) for group in groups[end:]] if widths else []
    return end if any(verdicts) and False not in verdicts else len(groups)


def _is_prose(group: Group, verse: Sequence[int]) -> bool | None:
    """Whether a group is prose (`True`), verse (`False`) or could be either (`None`).

    `verse`: how wide the lines of the poem are, in order.
    """
    rows = [row.strip() for row in group.rows if row]
    if group.kind != "lines" or all(LIST_OR_TABLE.match(row) for row in rows):
        return None
    usual, widest = verse[len(verse) // 2], verse[-1]
    width = max(_columns(ADDRESS.sub("]", row)) for row in rows)  # as it is read
    if len(rows) == 1:
        return True if width > max(NARROW, 1.5 * usual) else None
    # Two lines are filled as soon as the second is the shorter one, as in many a couplet.
    limit = 1.2 * usual if len(rows) > COUPLET else widest
    return width > max(NARROW, limit) and _is_filled(rows)


def _is_filled(rows: Sequence[str]) -> bool:
    """Whether the rows end where the margin is, and not where the sentence pauses."""
    widths = [_columns(row) for row in rows]  # as it was typed
    first_words = (_columns(row.split(maxsplit=1)[0]) for row in rows[1:])
    margin = 0.9 * max(widths)  # a correction leaves a row a little short
    at_margin = all(w + 1 + word > margin for w, word in zip(widths, first_words, strict=False))
    at_pause = sum(category(row[-1])[0] == "P" for row in rows[:-1])
    return at_margin and 2 * at_pause <= len(rows) - 1


def _columns(text: str) -> int:
    """How wide a text is: characters of East Asia are double."""
    return len(text) if text.isascii() else sum(1 + (east_asian_width(c) in "WF") for c in text)
