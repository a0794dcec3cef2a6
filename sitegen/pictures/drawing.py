"""A card as a picture: ink and the colour of attention on paper, 1200 by 630 pixels.

Comes in: what it shows, and the name of the site. Goes out: a PNG file of few colours, the same
wherever Pillow is of the same version. A couplet stands in the optical centre, as wide as its
longer line; a title stands beside the shades of a figure, or alone with a sentence below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sitegen.model import Card
from sitegen.pictures.lettering import (
    FONT,
    balanced,
    broken,
    cut,
    is_covered,
    places,
    prepared,
    width,
)

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

WIDTH, HEIGHT = 1200, 630
PAPER = 0xFB, 0xF7, 0xEF
INKS = (0x1C, 0x19, 0x17), (0x57, 0x4F, 0x46), (0xAB, 0x38, 0x12)
INK, FAINT, ACCENT = range(3)
"""As the style sheet has them in the light."""
SHADES = 16
MARGIN = 96
FOOT = HEIGHT - 66
"""The base line of what stands below."""
CENTRE = 268
"""What is in the middle stands a little above it."""
VERSE, TITLE = (72, 66, 60, 56, 52, 48, 44), (84, 76, 68, 60, 52)
SENTENCE, SMALL = 33, 27
LEADING, TITLE_LEADING = 1.42, 1.14
COLUMN = 0.45
"""Of an em: what a column of an indent is wide, as on a page."""
SIDE = 372
"""Of the square of a figure."""
MOST_RULED, RULE = 24, 60
"""Cells in a row that are ruled off, and how plainly."""
FINE = 3
"""Letters are drawn so many times larger, since at their size they would be fitted to pixels."""
ASCENT, CAPITAL, BELOW = 0.95, 0.65, 0.35
"""Of the font: the room above and below a base line, and how tall a capital letter is."""

APART, WIDEST = 64, 820
"""Between a title and a figure; the most that a sentence is wide."""
STEPS = np.array([(each * (SHADES - 1) + 127) // 255 for each in range(256)], np.uint8)

Sheet = NDArray[np.uint8]
"""How much of each ink is where, `[ink, HEIGHT, WIDTH]`, from 0 to 255."""


def draw(card: Card, site: str) -> bytes:
    """The file."""
    sheet = np.zeros((len(INKS), HEIGHT, WIDTH), np.uint8)
    name = site if is_covered(site) and site != card.title else ""
    if card.lines:
        _draw_couplet(sheet, card)
        _write(sheet, name, WIDTH - MARGIN - width(name, SMALL), FOOT, SMALL, FAINT)
        _write(sheet, _short(card.title, name), MARGIN, FOOT, SMALL, FAINT)
    else:
        _draw_title(sheet, card)
        _write(sheet, name, MARGIN, FOOT, SMALL, FAINT)
    return _as_png(sheet)


def _short(title: str, name: str) -> str:
    """A title that leaves room for the name of the site."""
    room = WIDTH - 2 * MARGIN - width(name, SMALL) - 3 * SMALL
    return cut(broken(title, SMALL, room), 1)[0] if title else ""


# --- verse ---------------------------------------------------------------------------------------


def _draw_couplet(sheet: Sheet, card: Card) -> None:
    """Two lines in the largest size in which they stay whole; else broken, what runs over hangs."""
    room = WIDTH - 2 * MARGIN
    size = next(
        (
            s
            for s in VERSE
            if max(indent * COLUMN * s + width(text, s) for indent, text in card.lines) <= room
        ),
        VERSE[-1],
    )
    rows: list[tuple[float, str]] = []
    for indent, text in card.lines:
        begin = min(indent * COLUMN * size, room / 2)
        first, *others = cut(broken(text, size, room - begin, hang := 1.5 * size), 3)
        rows += [(begin, first), *((begin + hang, each) for each in others)]
    measure = max(begin + width(text, size) for begin, text in rows)
    left, base = (WIDTH - measure) / 2, _first_base(len(rows), size, LEADING)
    for number, (begin, text) in enumerate(rows):
        _write(sheet, text, left + begin, base + number * size * LEADING, size, INK)


def _first_base(lines: int, size: float, leading: float) -> float:
    """The first base line of a block that is as far above the centre as below it."""
    return CENTRE - ((lines - 1) * leading - CAPITAL) * size / 2


# --- a title -------------------------------------------------------------------------------------


def _draw_title(sheet: Sheet, card: Card) -> None:
    """The title at the left with its sentence below it, and the figure at the right."""
    room = float(WIDTH - 2 * MARGIN)
    if card.cells:
        room -= _draw_cells(sheet, card.cells) + APART
    told = cut(balanced(card.sentence, SENTENCE, min(room, WIDEST)), 3)
    size, lines = _fitted(card.title, room, SIDE - len(told) * SENTENCE * LEADING)
    gap = 0.6 * size if lines else 0
    height = (len(lines) - 1) * size * TITLE_LEADING + size * CAPITAL if lines else 0
    below = gap + len(told) * SENTENCE * LEADING if told else 0
    base = CENTRE - (height + below) / 2 + size * CAPITAL
    for number, text in enumerate(lines):
        _write(sheet, text, MARGIN, base + number * size * TITLE_LEADING, size, INK)
    base += height - size * CAPITAL + gap
    for number, text in enumerate(told, 1):
        _write(sheet, text, MARGIN, base + (number - 0.3) * SENTENCE * LEADING, SENTENCE, FAINT)


def _fitted(title: str, room: float, tall: float) -> tuple[int, list[str]]:
    """The largest size in which a title fits into so many pixels; else as much of it as does."""
    for size in TITLE:
        lines = balanced(title, size, room)
        fits = (len(lines) + 0.6) * size * TITLE_LEADING <= tall
        if fits and all(width(line, size) <= room for line in lines):
            return size, lines
    most = int(tall / (TITLE[-1] * TITLE_LEADING) - 0.6)
    return TITLE[-1], cut(broken(title, TITLE[-1], room), most)


def _draw_cells(sheet: Sheet, cells: Sequence[bytes]) -> int:
    """The shades of a figure as a square at the right; how wide it is."""
    levels = np.array([list(row) for row in cells], np.uint8)
    many = max(levels.shape)
    cell = max(1, SIDE // many)
    levels = levels[: SIDE // cell, : SIDE // cell]
    picture = (levels * 17).repeat(cell, axis=0).repeat(cell, axis=1)
    tall, wide = picture.shape
    top, left = CENTRE - tall // 2, WIDTH - MARGIN - wide
    sheet[ACCENT, top : top + tall, left : left + wide] = picture
    rules = sheet[FAINT, top : top + tall + 1, left : left + wide + 1]
    if many <= MOST_RULED:
        rules[::cell, :] = rules[:, ::cell] = RULE
    rules[[0, -1], :] = rules[:, [0, -1]] = 2 * RULE
    return int(wide)


# --- ink on paper --------------------------------------------------------------------------------


@cache
def _face(size: int) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(FONT, size * FINE, layout_engine=ImageFont.Layout.BASIC)


def _write(sheet: Sheet, text: str, left: float, base: float, size: int, ink: int) -> None:  # noqa: PLR0913, PLR0917
    """A line of text from `left` on, standing on `base`."""
    from PIL import Image, ImageDraw

    text = prepared(text)
    if not text:
        return
    at = places(text, size)
    room, tall = round(at[-1]) + size, round((ASCENT + BELOW) * size)
    line = Image.new("L", (room * FINE, tall * FINE))
    pen, begin = ImageDraw.Draw(line), size // 4
    for char, x in zip(text, at, strict=False):
        pen.text(((begin + x) * FINE, ASCENT * size * FINE), char, 255, _face(size), anchor="ls")
    mask = np.asarray(line.reduce(FINE))
    x, y = round(left) - begin, round(base - ASCENT * size)
    part = sheet[ink, max(y, 0) : y + tall, max(x, 0) : x + room]
    shown = mask[max(-y, 0) :, max(-x, 0) :][: part.shape[0], : part.shape[1]]
    np.maximum(part, shown, out=part)


def _as_png(sheet: Sheet) -> bytes:
    """The sheet in 16 shades of each ink; where two are, the darker one counts."""
    from PIL import Image

    steps = SHADES - 1
    level, index = STEPS[sheet[INK]], STEPS[sheet[INK]]
    for ink in (FAINT, ACCENT):
        other = STEPS[sheet[ink]]
        darker = other > level
        level[darker] = other[darker]
        index[darker] = other[darker] + ink * SHADES
    picture = Image.fromarray(index, "P")
    picture.putpalette(
        [
            round(PAPER[part] + (colour[part] - PAPER[part]) * level / steps)
            for colour in INKS
            for level in range(SHADES)
            for part in range(3)
        ]
    )
    stream = BytesIO()
    picture.save(stream, "PNG", compress_level=7)
    return stream.getvalue()
