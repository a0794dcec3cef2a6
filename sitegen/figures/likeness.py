"""The view `lines`: how alike the lines of a poem are, each with each.

Comes in: what the author wrote, and a reading. Goes out: a `Figure`. In a page there is a heatmap,
and below it the poem, whose lines are the choices: each is shaded by its likeness to the chosen
one. The cells are written once; the heatmap is a window on all, each line on the one where the
chosen line's row meets its column.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sitegen.figures.frame import write_file, write_svg
from sitegen.figures.layout import GAP, LEGEND_HEIGHT, label_width
from sitegen.figures.legend import write_key, write_legend
from sitegen.figures.numerals import MINUS
from sitegen.figures.sprite import write_sprite
from sitegen.figures.svg import Markup, join, tag, text, write_text
from sitegen.figures.table import write_field, write_rows
from sitegen.figures.tokens import way
from sitegen.figures.told import LONGEST_QUOTE, Told, Verse, beginning, frame_told, verses
from sitegen.figures.weights import UNIT
from sitegen.figures.words import ENGLISH, HOW
from sitegen.model import WEIGHT, Figure, Reading
from sitegen.models.cells import cells_of

Cells = NDArray[np.int64]
"""A likeness of 1."""
SIDE = 300  # of the heatmap, or a little less
LARGEST_CELL = 28
FONT = 12
LEFT = 24  # of numbers beside a heatmap
FEW, EVERY = 16, 5  # up to so many lines all numbers stand beside the heatmap, else every fifth
LEGEND_LEFT = 4 * GAP
LEAST, MOST = "0", "1"
WHAT = "How alike the lines are"
CHOOSE = "Shaded by likeness to the outlined line; choose another:"
FACTS = (
    "{model} makes a vector of each line by itself; a likeness is the cosine of two of them, "
    "1 where they point the same way. The diagonal, each line with itself, is always 1 and is "
    "left empty; what is below 0 is drawn as 0. "
    "What a model finds alike need not be so to a reader."
)
HEADINGS = ("line", "nearest to", "likeness")


class Lines(NamedTuple):
    """The lines that are not blank, their likeness `[n_line, n_line]` in ten-thousandths.

    `nearest` to each is another line, None where there is only one.
    """

    verses: tuple[Verse, ...]
    contents: tuple[str, ...]
    cells: Cells
    nearest: tuple[int | None, ...]

    @property
    def chosen(self) -> int:
        """The first of the two that are most alike."""
        return int(np.argmax([-WEIGHT if j is None else self.cells[i, j] for i, j in self.pairs]))

    @property
    def pairs(self) -> Iterator[tuple[int, int | None]]:
        """Each line and the one nearest to it."""
        return iter(enumerate(self.nearest))


def draw_lines(told: Told, reading: Reading) -> Figure:
    """The figure in all its renderings; the first of the two most alike lines is chosen.

    `reading` is one of `lines`, of the text that is told of; 64 lines at most can be chosen.
    """
    lines = _lines(told.text, reading)
    title = f"{WHAT}: {beginning(told.text, LONGEST_QUOTE)}"
    facts = FACTS.format(model=told.model)
    first = lines.nearest[lines.chosen]
    said = _nearest(lines, lines.chosen)
    if first is not None:
        said = f"The two most alike: {said[:1].lower()}{said[1:]}"
    return frame_told(
        told,
        "lines",
        facts=[facts],
        sentence=said,
        parts=(_plot(told, lines, title), _told(lines)),
        table=_table(lines),
        svg=_file(told, lines, title, said),
        csv=_csv(lines),
    )


def _lines(content: str, reading: Reading) -> Lines:
    cells = cells_of(reading)
    others = cells.copy()
    np.fill_diagonal(others, -2 * WEIGHT)
    found = tuple(verse for verse in verses(content) if verse.number)
    nearest = tuple(others.argmax(axis=1).tolist()) if len(found) > 1 else (None,)
    contents = tuple(content[verse.start : verse.end].strip() for verse in found)
    return Lines(verses=found, contents=contents, cells=cells, nearest=nearest)


# --- words ---------------------------------------------------------------------------------------


def _nearest(lines: Lines, i: int) -> str:
    """What the likeness of a line says."""
    j = lines.nearest[i]
    if j is None:
        return "There is no other line."
    return (
        f"Line {i + 1} is nearest to line {j + 1} ({hundredths(lines.cells[i, j])}): "
        f"“{beginning(lines.contents[j], LONGEST_QUOTE)}”."
    )


def _told(lines: Lines) -> Markup:
    """The sentence of each line."""
    told = [
        tag("p", text(_nearest(lines, i)), class_="first" if i == lines.chosen else None)
        for i in range(len(lines.contents))
    ]
    return tag("div", *told, class_="told", role="status", **ENGLISH)


def hundredths(likeness: int) -> str:
    """`0.71`; a negative one has a minus sign."""
    rounded = (abs(int(likeness)) + WEIGHT // 200) // (WEIGHT // 100)
    sign = MINUS if likeness < 0 and rounded else ""
    return f"{sign}{rounded // 100}.{rounded % 100:02}"


# --- the picture of a page -----------------------------------------------------------------------


def _plot(told: Told, lines: Lines, title: str) -> Markup:
    n = len(lines.contents)
    cell = min(LARGEST_CELL, SIDE // n)
    picture = write_svg(
        told.id,
        join(_heatmap(told, lines, cell), *_numbers(n, cell)),
        {"class_": "likeness", "lang": "en"},
        name=title,
        size=(LEFT + n * cell + 2, LEFT + n * cell + 2),
        font=FONT,
        stretch=1.25,
    )
    legend = tag("legend", text(CHOOSE), **ENGLISH)
    poem = tag("fieldset", legend, *_poem(told, lines), class_="tokens verses", dir=way(told.text))
    return tag("div", picture, write_key(LEAST, MOST), poem, class_="plot")


def _heatmap(told: Told, lines: Lines, cell: int) -> Markup:
    """All cells in a window, a frame and the diagonal, the chosen row and column outlined."""
    n, at = len(lines.contents), lines.chosen
    square: dict[str, str | int] = {"width": n, "height": n, "viewBox": f"0 0 {n} {n}"}
    panel = tag("svg", _cells(told, lines), fill="currentColor", **square)
    line: dict[str, str | int] = {"fill": "none", "stroke": "currentColor"}
    thin = line | {"stroke_opacity": ".25", "stroke_width": f"{1 / cell:.2g}"}
    thick = line | {"stroke_width": f"{1.5 / cell:.2g}"}
    marks = (
        tag("path", d=f"M0 0L{n} {n}M0 0h{n}v{n}h{-n}z", **thin),
        tag("rect", class_="across", width=n, height=1, transform=f"translate(0 {at})", **thick),
        tag("rect", class_="along", width=1, height=n, transform=f"translate({at})", **thick),
    )
    size = {"x": LEFT, "y": LEFT, "width": n * cell, "height": n * cell}
    inside = tag("g", panel, id=f"{told.id}.panel")
    return tag("svg", inside, *marks, viewBox=f"0 0 {n} {n}", **size)


def _cells(told: Told, lines: Lines) -> Markup:
    """The shades; none on the diagonal and below 0."""
    units = np.clip(lines.cells, 0, WEIGHT) * (UNIT // WEIGHT)
    np.fill_diagonal(units, 0)
    return write_sprite(units[None, None], f"{told.id}.cells")


def _numbers(n: int, cell: int) -> Iterator[Markup]:
    """The numbers of the lines, beside and above; of many, every fifth."""
    step = 1 if n <= FEW else EVERY
    places = [i for i in range(1, n + 1) if i == 1 or i % step == 0]
    middle = [LEFT + (i - 1) * cell + cell // 2 for i in places]
    beside = [
        write_text(str(i), LEFT - 5, y + FONT // 3) for i, y in zip(places, middle, strict=True)
    ]
    above = [write_text(str(i), x, LEFT - 6) for i, x in zip(places, middle, strict=True)]
    yield tag("g", *beside, text_anchor="end")
    yield tag("g", *above, text_anchor="middle")


def _poem(told: Told, lines: Lines) -> Iterator[Markup]:
    """The lines, each a button before its cell; a gap where blank ones were."""
    for i, verse in enumerate(lines.verses):
        content = told.text[verse.start : verse.end]
        checked = "" if i == lines.chosen else None
        button = tag("input", type="radio", name=f"{told.id}.token", checked=checked)
        row = f"translate(0 {-lines.chosen})"
        cell = tag("use", href=f"#{told.id}.panel", class_="token", transform=row)
        shape = {"viewBox": f"{i}.2 .2 .5 .5", "preserveAspectRatio": "none"}
        window = tag("svg", cell, **shape, aria_hidden="true")
        gap = i and verse.start > lines.verses[i - 1].end + 1
        yield tag("label", button, window, text(content), class_="gap" if gap else None)


# --- the file ------------------------------------------------------------------------------------


def _file(told: Told, lines: Lines, title: str, said: str) -> str:
    """The heatmap with the beginnings of the lines beside it."""
    n = len(lines.contents)
    cell = max(FONT + 2, min(LARGEST_CELL, SIDE // n))
    names = _names(lines)
    edge = max(label_width(name, FONT) for name in names) + GAP
    first = LEFT + cell // 2 + FONT // 3
    beside = [write_text(name, LEFT - GAP, first + i * cell) for i, name in enumerate(names)]
    above = [write_text(str(i + 1), LEFT + cell // 2 + i * cell, LEFT - 6) for i in range(n)]
    bottom = LEFT + n * cell
    picture = join(
        _heatmap(told, lines, cell),
        tag("g", *beside, text_anchor="end"),
        tag("g", *above, text_anchor="middle"),
        write_legend(told.id, LEFT + LEGEND_LEFT, bottom, LEAST, MOST),
    )
    return write_file(
        told.id,
        tag("g", picture, transform=f"translate({edge})"),
        name=title,
        about=f"{HOW} {said}",
        size=(edge + max(bottom, 26 * GAP) + GAP, bottom + LEGEND_HEIGHT),
        font=FONT,
        bare=True,
    )


# --- the numbers ---------------------------------------------------------------------------------


def _names(lines: Lines) -> list[str]:
    return [f"{i} {beginning(content)}" for i, content in enumerate(lines.contents, 1)]


def _table(lines: Lines) -> Markup:
    """For each line the one nearest to it."""
    names = _names(lines)
    rows = [
        ["–", "–"] if j is None else [text(names[j]), hundredths(lines.cells[i, j])]
        for i, j in lines.pairs
    ]
    return write_rows("For each line the one most like it", HEADINGS, names, rows)


def _csv(lines: Lines) -> str:
    """A row for each line: its number, its text, its likeness to each."""
    n = len(lines.contents)
    rows = [",".join(["line", "text", *(str(i + 1) for i in range(n))])]
    cells = zip(lines.contents, lines.cells.tolist(), strict=True)
    for i, (content, row) in enumerate(cells, 1):
        numbers = ",".join(f"{each / WEIGHT:.4f}" for each in row)
        rows.append(f"{i},{write_field(content)},{numbers}")
    return "\r\n".join([*rows, ""])
