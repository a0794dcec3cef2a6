"""All steps of the chosen row as one picture, for a talk or a feed: matrices in rows of text.

Comes in: a scene and its steps worked out. Goes out: an SVG file. Steps stand side by side where
they fit, as they do in a page. No font is measured: a character takes the room that `layout` gives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sitegen.figures.frame import write_file
from sitegen.figures.layout import label, label_width
from sitegen.figures.scene import Scene
from sitegen.figures.svg import Markup, join, tag, text, write_text
from sitegen.figures.words import names, panel_name
from sitegen.figures.working import Matrix, Step, Working

NARROW, WIDE = 728, 1480
"""Between these are the widths of the picture, without its margins."""
FONT, SMALL = 14, 11
LINE = 22
MARGIN, GAP, CELL_GAP = 16, 28, 12
NARROWEST = 300
"""Of a step, so that its arithmetic has room."""
CAPTION, HEADINGS, BASE = 18, 16, 16
SERIF = 5
TINT = ".28"


class Box(NamedTuple):
    """Something drawn from the origin to the right and down."""

    width: int
    height: int
    markup: Markup


def write_slide(scene: Scene, working: Working, *, name: str, about: str) -> str:
    """The picture as a file: the steps of the chosen head, for the chosen row."""
    row = scene.spec.row or 0
    head = working.heads[scene.chosen[1]]
    steps = [*working.before, *head, *working.after]
    where = panel_name(scene.weights, *scene.chosen).lower()
    told = f"{name}; the row of {names(scene.spec.tokens)[row]}{f', {where}' if where else ''}"
    title = write_text(told, 0, FONT, font_weight="bold")
    drawn, y = [title], LINE + GAP // 2
    numbered = list(enumerate(steps, 1))
    terms = [[_term(matrix, row) for matrix in step.matrices] for step in steps]
    wanted = [max(NARROWEST, sum(box.width + FONT for box in boxes) - FONT) for boxes in terms]
    page = min(WIDE, max(NARROW, *wanted))
    widths = [min(page, width) for width in wanted]
    for places in _flow(widths, page, GAP):
        more = (page - sum(widths[i] for i in places) - GAP * (len(places) - 1)) // len(places)
        x, height = 0, 0
        for i in places:
            box = _step(*numbered[i], row, terms[i], widths[i] + more)
            drawn.append(_at(x, y, box.markup))
            x, height = x + box.width + GAP, max(height, box.height)
        y += height + GAP
    size = (page + 2 * MARGIN, y - GAP + 2 * MARGIN)
    return write_file(
        scene.spec.id,
        _at(MARGIN, MARGIN, join(*drawn)),
        name=name,
        about=about,
        size=size,
        font=FONT,
    )


def _flow(widths: Sequence[int], limit: int, gap: int) -> Iterator[list[int]]:
    """Which of these stand side by side."""
    line: list[int] = []
    for i in range(len(widths)):
        if line and sum(widths[j] + gap for j in line) + widths[i] > limit:
            yield line
            line = []
        line.append(i)
    yield line


def _step(number: int, step: Step, row: int, boxes: list[Box], width: int) -> Box:
    """The name of a step below a rule, its matrices, and a line of arithmetic."""
    rule = tag("path", d=f"M0 0h{width}", stroke="currentColor", stroke_opacity=".25")
    drawn = [rule, write_text(f"{number}  {step.name}", 0, BASE + 2, font_weight="bold")]
    y = LINE + GAP // 4
    for places in _flow([box.width for box in boxes], width, FONT):
        x, height = 0, max(boxes[i].height for i in places)
        for i in places:
            drawn.append(_at(x, y + (height - boxes[i].height) // 2, boxes[i].markup))
            x += boxes[i].width + FONT
        y += height + FONT // 2
    for line in _wrapped(step.lines[row], width) if step.lines else ():
        drawn.append(write_text(line, 0, y + BASE))
        y += LINE
    return Box(width, y, join(*drawn))


def _wrapped(line: str, width: int) -> Iterator[str]:
    """The line cut at its spaces."""
    shown = ""
    for word in line.split(" "):
        longer = f"{shown} {word}" if shown else word
        if shown and label_width(longer, FONT) * 7 // 8 > width:  # digits are narrow letters
            yield shown
            shown = word
        else:
            shown = longer
    yield shown


def _term(matrix: Matrix, row: int) -> Box:
    """A matrix behind its sign."""
    box = _matrix(matrix, row)
    if not matrix.sign:
        return box
    room = label_width(matrix.sign, FONT) + FONT // 2
    middle = (box.height + CAPTION + HEADINGS) // 2 + FONT // 3
    sign = write_text(matrix.sign, 0, middle)
    return Box(room + box.width, box.height, join(sign, _at(room, 0, box.markup)))


def _matrix(matrix: Matrix, row: int) -> Box:
    """Numbers between brackets, with a heading for each row and column."""
    headings = [label(heading, SMALL) for heading in matrix.columns]
    columns = zip(headings, zip(*matrix.cells, strict=True), strict=True)
    widths = [
        max(label_width(heading, SMALL), *(label_width(cell, FONT) for cell in cells)) + CELL_GAP
        for heading, cells in columns
    ]
    called = [label(name, FONT) for name in matrix.rows]
    left = max(label_width(name, FONT) for name in called) + CELL_GAP // 2
    ends = [left + sum(widths[: j + 1]) for j in range(len(widths))]
    top, right = CAPTION + HEADINGS, ends[-1] + CELL_GAP // 2
    bottom = top + LINE * len(called)
    mark = matrix.asking and len(called) > 1
    parts = [
        _mark(0, top + row * LINE, right, LINE) if mark else Markup(""),
        _sought(matrix, row, ends, widths, bottom),
        _name(matrix.name, (left + right) // 2),
        tag("g", *_headings(matrix, headings, ends), font_size=SMALL, text_anchor="end"),
        tag("g", *_rows(matrix, called, ends, left, row), text_anchor="end"),
        _brackets(left, right, top, bottom),
    ]
    return Box(right, bottom + 2, join(*parts))


def _sought(
    matrix: Matrix, row: int, ends: Sequence[int], widths: Sequence[int], bottom: int
) -> Markup:
    """The mark of the key that the chosen row is multiplied with."""
    if matrix.asking or not matrix.tops:
        return Markup("")
    j = matrix.tops[row]
    return _mark(ends[j] - widths[j] + CELL_GAP // 2, CAPTION, widths[j], bottom - CAPTION)


def _mark(x: int, y: int, width: int, height: int) -> Markup:
    place = {"x": x, "y": y, "width": width, "height": height}
    return tag("rect", class_="shade", **place, fill_opacity=TINT, fill="currentColor")


def _name(name: str, x: int) -> Markup:
    """`W_Q`, with its index as one."""
    stem, _, below = name.partition("_")
    index = [tag("tspan", text(below), dy=3, font_size=SMALL)] if below else []
    return tag("text", text(stem), *index, x=x, y=FONT, text_anchor="middle", font_style="italic")


def _headings(matrix: Matrix, headings: Sequence[str], ends: Sequence[int]) -> Iterator[Markup]:
    """The names of columns, or of the heads that each have some of them."""
    y, each = CAPTION + HEADINGS - 4, len(headings) // matrix.parts
    if matrix.parts > 1:
        headings = [f"head {i}" for i in range(1, matrix.parts + 1)]
        ends = ends[each - 1 :: each]
    for heading, end in zip(headings, ends, strict=True):
        yield write_text(heading, end, y)


def _rows(
    matrix: Matrix, called: Sequence[str], ends: Sequence[int], left: int, row: int
) -> Iterator[Markup]:
    for i, (name, cells) in enumerate(zip(called, matrix.cells, strict=True)):
        y = CAPTION + HEADINGS + i * LINE + BASE
        bold = "bold" if matrix.asking and i == row else None
        yield write_text(name, left - CELL_GAP // 2, y, font_weight=bold)
        for j, (cell, end) in enumerate(zip(cells, ends, strict=True)):
            top = bold if matrix.tops and matrix.tops[i] == j else None
            yield write_text(cell, end, y, font_weight=top)


def _brackets(left: int, right: int, top: int, bottom: int) -> Markup:
    height = bottom - top
    opened = f"M{left + SERIF} {top}h{-SERIF}v{height}h{SERIF}"
    d = f"{opened}M{right - SERIF} {top}h{SERIF}v{height}h{-SERIF}"
    return tag("path", d=d, fill="none", stroke="currentColor")


def _at(x: int, y: int, markup: Markup) -> Markup:
    return tag("g", markup, transform=f"translate({x} {y})")
