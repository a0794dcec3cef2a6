"""The view `landscape` as a file: the poem as a picture, laid out without measuring a font.

Comes in: lines with their tokens. Goes out: SVG. Each word is told how wide to be, so that it
stands on its shades whichever font there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate
from unicodedata import category, east_asian_width

from sitegen.figures.frame import write_file
from sitegen.figures.layout import GAP, LEGEND, LEGEND_HEIGHT
from sitegen.figures.legend import write_legend
from sitegen.figures.sprite import PLAIN_OPACITY
from sitegen.figures.surprise import TOP_CLASS, Line, Token, class_of, is_break, tenths
from sitegen.figures.svg import Markup, join, tag, write_text
from sitegen.figures.tokens import Way, turns, way
from sitegen.figures.told import Told, Verse, verses
from sitegen.model import BIT, Value

LETTERS = 17  # the font of the poem
PITCH, BLANK = 26, 22  # from line to line; a line that is blank
ABOVE, HIGH = 17, 22  # of a shade: above the base line, and in all
COLUMN = 8  # of an indent
SPACE = 5
END = 12  # the mark of a line break
SMALL = 12
PIXELS, LONGEST_BAR = 4, 64  # of a bar, for each bit of a word
HEADING = "bits a word"
LEAST, MOST = "0 bits", "16 bits or more"
SERIF = "Palatino,Palatino Linotype,P052,Book Antiqua,Georgia,serif"
WIDTHS = {  # in hundredths of an em of a book face; others are 58
    **dict.fromkeys("jil.,:;'’‘|!", 28),
    **dict.fromkeys('ftI()[]-“”"', 35),
    **dict.fromkeys("rscz", 44),
    **dict.fromkeys("mwMW—", 88),
}


class Placed(Value, frozen=True):
    """`text[start:end]` between `left` and `right`; `turned` if it is read from the right."""

    start: int
    end: int
    left: int
    right: int
    turned: bool


class Row(Value, frozen=True):
    """A line on its base line, which is `y`."""

    verse: Verse
    line: Line
    y: int
    words: tuple[Placed, ...]

    @property
    def reach(self) -> int:
        """How far it goes from where it begins."""
        return max((max(-word.left, word.right) for word in self.words), default=0)


def write_landscape(told: Told, lines: Sequence[Line], title: str, about: str) -> str:
    """The poem on its shades, with a bar beside each line: how many bits a word carries."""
    base = way(told.text)
    rows = tuple(_rows(told.text, lines, base))
    reach = max(row.reach for row in rows) + END
    width = max(reach, LEGEND + 16 * GAP)
    words = tag("g", *_words(told.text, rows), font_size=LETTERS, font_family=SERIF)
    poem = join(_shades(told.text, rows, base), words, _breaks(told.text, rows, base))
    shift = f"translate({GAP + (width if base == 'rtl' else 0)})"
    bottom = rows[-1].y + GAP
    return write_file(
        told.id,
        join(
            tag("g", poem, transform=shift),
            write_text(HEADING, width + 3 * GAP, SMALL + 2, class_="axis"),
            *_bars(rows, width + 3 * GAP),
            write_legend(told.id, 7 * GAP, bottom, LEAST, MOST),
        ),
        name=title,
        about=about,
        size=(width + LONGEST_BAR + 8 * GAP, bottom + LEGEND_HEIGHT),
        font=SMALL,
    )


def _rows(text: str, lines: Sequence[Line], base: Way) -> Iterator[Row]:
    """All lines from above; the tokens of a blank one are of the line before."""
    own = {line.verse.start: line for line in lines}
    line, y = lines[0], SMALL
    for verse in verses(text):
        line = own.get(verse.start, line)
        y += BLANK if verse.number is None else PITCH
        words = tuple(_place(text[: verse.end], verse.start, base))
        yield Row(verse=verse, line=line, y=y, words=words)


def _place(text: str, begin: int, base: Way) -> Iterator[Placed]:
    """The words from `begin` on; a run against the direction of the text is turned round.

    From the right, places are negative.
    """
    words = [found.span() for found in re.compile(r"\S+").finditer(text, begin)]
    order, against = list(range(len(words))), set[int]()
    for run in turns([text[start:end] for start, end in words], base):
        order[run.start : run.stop] = reversed(run)
        against |= {*run}
    x = COLUMN * (words[0][0] - begin) if words else 0
    for i in order:
        start, end = words[i]
        near, far = x, x + _width(text[start:end])
        left, right = (near, far) if base == "ltr" else (-far, -near)
        turned = (base == "rtl") != (i in against)
        yield Placed(start=start, end=end, left=left, right=right, turned=turned)
        x = far + SPACE


def _width(word: str) -> int:
    return -(-sum(map(_hundredths, word)) * LETTERS // 100)


@cache
def _hundredths(char: str) -> int:
    if category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 100 if east_asian_width(char) in "WF" else WIDTHS.get(char, 72 if char.isupper() else 54)


def _words(text: str, rows: Sequence[Row]) -> Iterator[Markup]:
    for row in rows:
        for word in row.words:
            told: dict[str, str | int] = {
                "textLength": word.right - word.left,
                "lengthAdjust": "spacingAndGlyphs",
            }
            yield write_text(text[word.start : word.end], word.left, row.y, **told)


def _shades(text: str, rows: Sequence[Row], base: Way) -> Markup:
    """A path for each class of bits."""
    paths = [""] * (TOP_CLASS + 1)
    for row in rows:
        for token, left, width in _boxes(text, row, base):
            box = f"M{left} {row.y - ABOVE}h{width}v{HIGH}h{-width}z"
            paths[class_of(token.bits or 0)] += box
    drawn = [
        tag("path", class_=f"b{level}", fill_opacity=f"{level / TOP_CLASS:.3f}", d=d)
        for level, d in enumerate(paths)
        if d
    ]
    return tag("g", *drawn, class_="shade", fill="currentColor", opacity=PLAIN_OPACITY)


def _boxes(text: str, row: Row, base: Way) -> Iterator[tuple[Token, int, int]]:
    """Each token that has a number, where it begins on the left, and how wide it is."""
    for token in row.line.tokens:
        if token.bits is None:
            continue
        for word in row.words:
            if token.start < word.end and word.start < token.end:
                yield token, *_box(text, token, word, first=word is row.words[0])
        if is_break(text, token, row.verse):
            yield token, _end(row, base), END


def _breaks(text: str, rows: Sequence[Row], base: Way) -> Markup:
    """The marks of line breaks."""
    marks = [
        write_text("↵", _end(row, base) + END // 2, row.y)
        for row in rows
        for token in row.line.tokens
        if token.bits is not None and is_break(text, token, row.verse)
    ]
    return tag("g", *marks, class_="axis", text_anchor="middle", font_size=9)


def _end(row: Row, base: Way) -> int:
    """Where the mark of its line break begins on the left."""
    return -row.reach - END if base == "rtl" else row.reach


def _box(text: str, token: Token, word: Placed, *, first: bool) -> tuple[int, int]:
    """The part of a word that a token is, with the blank before it."""
    edges = [0, *accumulate(map(_hundredths, text[word.start : word.end]))]
    scale = (word.right - word.left) / (edges[-1] or 1)
    near = round(edges[max(token.start - word.start, 0)] * scale)
    far = round(edges[min(token.end, word.end) - word.start] * scale)
    near -= SPACE if token.start < word.start and not first else 0
    return (word.right - far if word.turned else word.left + near), far - near


def _bars(rows: Sequence[Row], left: int) -> Iterator[Markup]:
    """Bits of a word, a bar for each line, and its number."""
    for row in rows:
        mean = row.line.mean
        if row.verse.number and mean is not None:
            width = min(mean * PIXELS // BIT, LONGEST_BAR)
            place = {"x": left, "y": row.y - 9, "width": width, "height": 8}
            yield tag("rect", **place, class_="shade", fill="currentColor")
            yield write_text(tenths(mean), left + width + GAP // 2, row.y)
