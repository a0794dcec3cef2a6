"""The view `heads`: all panels side by side, each as large as there is room for.

Comes in: a scene. Goes out: a `Figure`. In a page each panel is a radio button with a window on the
one sprite, in a grid that fits its width; choosing one shows its sentence. Tokens are named along
the edges where they can be read. Panels in which what the text claims is so are marked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sitegen.figures.choices import sprite_id
from sitegen.figures.frame import write_figure, write_file
from sitegen.figures.heatmap import draw_heatmap
from sitegen.figures.layout import GAP, LEGEND, LEGEND_HEIGHT, label, label_width
from sitegen.figures.legend import write_key, write_legend
from sitegen.figures.scene import Scene
from sitegen.figures.sprite import write_sprite
from sitegen.figures.svg import Markup, join, tag, text, write_text
from sitegen.figures.words import ENGLISH, HOW, row_name, sentence, title
from sitegen.model import Figure, Value

CELL, SIDE = 20, 140  # a cell and a panel, at least, in user units
FONT, HEADING = 16, 14
BETWEEN, NAME, LINE = 12, 22, 26  # panels in the file; the height of a name and of a heading
WIDE, NARROW = 540, 320  # the pixels of a column of text, and of one on a phone
LEGIBLE = 9.5  # pixels
MANY = 24  # panels; more stand closer


class Grid(Value, frozen=True):
    """Sizes of a panel and of the labels along its edges, in user units; panels in a line."""

    labels: tuple[str, ...]
    cell: int
    edge: int
    narrow: int
    wide: int
    by_column: bool
    """Whether a group is a row of panels, one for each column; else it is all rows."""

    @property
    def side(self) -> int:
        """How wide and high a panel is."""
        return self.cell * len(self.labels)

    @property
    def named(self) -> tuple[bool, bool]:
        """Whether labels can be read where there is little room, and where there is more."""
        return self._legible(self.narrow, NARROW), self._legible(self.wide, WIDE)

    def _legible(self, across: int, pixels: int) -> bool:
        return FONT * pixels >= LEGIBLE * (across * self.side + self.edge)


class Panel(NamedTuple):
    """One of the panels: its row and column, and what is said of it."""

    row: int
    column: int
    name: str
    first: bool
    marked: bool

    @property
    def label(self) -> str:
        """What stands below it."""
        return f"{self.name} ✓" if self.marked else self.name


def draw_heads(scene: Scene) -> Figure:
    """The figure in all its renderings; of one panel, a heatmap."""
    if scene.panels == 1:
        return draw_heatmap(scene)
    grid = lay_out(scene)
    sprite = write_sprite(scene.weights.units, sprite_id(scene))
    plot, file = _plot(scene, grid, sprite), _file(scene, grid, sprite)
    return write_figure(scene, plot, file, choices=Markup(""))


def lay_out(scene: Scene) -> Grid:
    """Few panels are large; the lines of a group are as full as each other."""
    tokens, columns = scene.spec.tokens, len(scene.weights.columns.options)
    labels = tuple(label(token, FONT) for token in tokens)
    in_group = columns if columns > 1 else scene.panels
    grids = [
        Grid(
            labels=labels,
            cell=max(CELL, -(-SIDE // len(tokens))),
            edge=max(label_width(each, FONT) for each in labels) + GAP,
            narrow=_across(in_group, narrow),
            wide=_across(in_group, wide),
            by_column=columns > 1,
        )
        for narrow, wide in (((4, 6), (4, 4)) if scene.panels > MANY else ((3, 4), (2, 3)))
    ]
    return max(grids, key=lambda grid: grid.named)  # the first of equal ones


def _across(count: int, most: int) -> int:
    """Panels in a line, if all lines are to be as full as each other."""
    lines = -(-count // most)
    return -(-count // lines)


def _groups(scene: Scene, grid: Grid) -> list[tuple[str, list[Panel]]]:
    """The panels of each group under its heading."""
    rows, columns = scene.weights.rows, scene.weights.columns
    marked = _marked(scene)
    panels = [
        Panel(
            row=i,
            column=j,
            name=(columns if grid.by_column else rows).options[j if grid.by_column else i],
            first=(i, j) == scene.chosen,
            marked=bool(marked[i, j]),
        )
        for i in range(len(rows.options))
        for j in range(len(columns.options))
    ]
    if not grid.by_column:
        return [(rows.name, panels)]
    n = len(columns.options)
    return [
        (row_name(scene.weights, i), panels[i * n : i * n + n]) for i in range(len(panels) // n)
    ]


def _marked(scene: Scene) -> NDArray[np.bool_]:
    """In which panels everything that is claimed of all of them is so."""
    claimed = [verdict.panels for verdict in scene.verdicts if verdict.panels is not None]
    if not claimed:
        return np.zeros(scene.weights.units.shape[:2], np.bool_)
    marked: NDArray[np.bool_] = np.all(claimed, axis=0)
    return marked


def _told(scene: Scene) -> str:
    """How to read the panels and their marks."""
    claims = sum(verdict.panels is not None for verdict in scene.verdicts)
    share = int(_marked(scene).sum())
    if not share:
        return HOW
    what = "the claim is so" if claims == 1 else "all claims are so"
    return f"{HOW} ✓ marks the {share} of {scene.panels} {_kind(scene)}s in which {what}."


def _title(scene: Scene) -> str:
    """`Attention of all 8 heads: the bat flew`."""
    return title(scene.spec, f"Attention of all {scene.panels} {_kind(scene)}s")


def _kind(scene: Scene) -> str:
    """What a panel is: a `head`, or a `layer` of one head each."""
    rows, columns = scene.weights.rows, scene.weights.columns
    return (columns if len(columns.options) > 1 else rows).name.lower()


def _plot(scene: Scene, grid: Grid, sprite: Markup) -> Markup:
    """The panels of a page, in groups; the sprite is written into the first of them."""
    name = tag("span", text(_title(scene)), id=f"{scene.spec.id}.title", hidden="")
    kind = "columns" if grid.by_column else "rows"
    around = join(*_around(scene, grid, define=False))
    groups: list[Markup] = []
    for heading, panels in _groups(scene, grid):
        choices = [_choice(scene, grid, panel, around) for panel in panels]
        if not groups:
            define = join(*_around(scene, grid, define=True))
            choices[0] = _choice(scene, grid, panels[0], define, sprite)
        groups.append(tag("fieldset", tag("legend", text(heading)), *choices, class_=kind))
    told = tag("p", text(_told(scene)), class_="key")
    classes = f"heads narrow-{grid.narrow} wide-{grid.wide}"
    few, many = grid.named
    if many:
        also = "" if few else " unnamed"
        classes += f" edge-{-(-10 * grid.edge // grid.side)}{also}"
    return tag("div", name, *groups, told, write_key(), class_=classes, **ENGLISH)


def _choice(
    scene: Scene, grid: Grid, panel: Panel, around: Markup, sprite: Markup | None = None
) -> Markup:
    """A radio button with a window on its panel of the sprite."""
    n = len(grid.labels)
    checked = "" if panel.first else None
    button = tag("input", type="radio", name=f"{scene.spec.id}.panel", checked=checked)
    cells = sprite or _use("cells", scene, x=-panel.column * n, y=-panel.row * n)
    window = tag("svg", cells, viewBox=f"0 0 {n} {n}")
    size: dict[str, str | int] = {"viewBox": f"0 0 {grid.side} {grid.side}", "width": grid.side}
    picture = tag("svg", window, around, **size, fill="currentColor", aria_hidden="true")
    class_ = "marked" if panel.marked else None
    return tag("label", button, picture, text(panel.label), class_=class_)


def _use(part: str, scene: Scene, **attributes: str | int) -> Markup:
    return tag("use", href=f"#{scene.spec.id}.{part}", **attributes)


def _around(scene: Scene, grid: Grid, *, define: bool) -> Iterator[Markup]:
    """A seam, since half a pixel of the next panel would show; the highlighted row; the tokens.

    A style sheet shows tokens beside the first panel of a line, and above the first line.
    """
    square: dict[str, str | int] = {"width": grid.side, "height": grid.side, "fill": "none"}
    seam = tag("rect", id=f"{scene.spec.id}.seam", class_="seams", **square)
    yield seam if define else _use("seam", scene)
    if scene.spec.row is not None:
        yield _row(scene, grid, id=f"{scene.spec.id}.row") if define else _use("row", scene)
    if grid.named[1]:
        for part, labels in (("beside", _beside), ("above", _above)):
            if define:
                yield tag("g", labels(grid, id=f"{scene.spec.id}.{part}"), class_=part)
            else:
                yield _use(part, scene, class_=part)


def _row(scene: Scene, grid: Grid, **attributes: str | int) -> Markup:
    return tag(
        "rect",
        **attributes,
        class_="mark",
        y=(scene.spec.row or 0) * grid.cell,
        width=grid.side,
        height=grid.cell,
        fill="none",
        stroke="currentColor",
    )


def _beside(grid: Grid, **attributes: str | int) -> Markup:
    """Who attends, to the left of a panel."""
    return tag("g", *_tokens(grid, -GAP), **attributes, font_size=FONT, text_anchor="end")


def _above(grid: Grid, **attributes: str | int) -> Markup:
    """What is attended to, upright above a panel."""
    return tag("g", *_tokens(grid, GAP), **attributes, font_size=FONT, transform="rotate(-90)")


def _tokens(grid: Grid, x: int) -> list[Markup]:
    first = grid.cell // 2 + FONT // 3
    places = range(first, first + grid.side, grid.cell)
    return [write_text(each, x, y) for each, y in zip(grid.labels, places, strict=True)]


def _file(scene: Scene, grid: Grid, sprite: Markup) -> str:
    """All panels as a picture, with the words of the page around them."""
    edge = grid.edge if grid.named[1] else GAP
    step, y = grid.side + BETWEEN, HEADING
    parts = [tag("defs", sprite)]
    beside, above = (_beside(grid), _above(grid)) if grid.named[1] else (Markup(""), Markup(""))
    row = Markup("") if scene.spec.row is None else _row(scene, grid)
    for place, (heading, panels) in enumerate(_groups(scene, grid)):
        parts.append(write_text(heading, edge, y))
        y += GAP if place else edge
        for i, panel in enumerate(panels):
            x = edge + i % grid.wide * step
            if i and not i % grid.wide:
                y += grid.side + NAME
            inside = [*_framed(scene, grid, panel), row]
            inside += [] if i % grid.wide else [beside]
            inside += [] if place or i >= grid.wide else [above]
            parts.append(tag("g", *inside, transform=f"translate({x} {y})"))
        y += grid.side + NAME + LINE
    parts.append(write_legend(scene.spec.id, edge + 5 * GAP, y - LINE))
    width = max(edge + grid.wide * step, edge + LEGEND + 16 * GAP)
    return write_file(
        scene.spec.id,
        join(*parts),
        name=_title(scene),
        about=f"{_told(scene)} {sentence(scene)}",
        size=(width, y - LINE + LEGEND_HEIGHT),
        font=HEADING,
        bare=True,
    )


def _framed(scene: Scene, grid: Grid, panel: Panel) -> Iterator[Markup]:
    """A panel of the file: its cells, its frame, and its name below; the chosen one's is bold."""
    n, side = len(grid.labels), grid.side
    box = f"{panel.column * n} {panel.row * n} {n} {n}"
    yield tag("svg", _use("cells", scene), viewBox=box, width=side, height=side)
    frame = {"fill": "none", "stroke": "currentColor"}
    weight = None if panel.marked else ".25"
    thick = 3 if panel.marked else 1
    yield tag("rect", width=side, height=side, **frame, stroke_opacity=weight, stroke_width=thick)
    bold = "bold" if panel.first else None
    place = side // 2, side + HEADING + 2
    yield write_text(panel.label, *place, text_anchor="middle", font_weight=bold)
