"""The view `heatmap`: one panel as a grid of shades, from each token to each token.

Comes in: a scene. Goes out: a `Figure`. The picture is written twice: for a page, where a window
shows one panel of the sprite and the reader chooses which; and as a file of the panel that the
author chose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sitegen.figures.choices import sprite_id, write_sliding
from sitegen.figures.frame import write_figure, write_file, write_svg
from sitegen.figures.layout import GAP, MOST_PRINTED, Layout, lay_out
from sitegen.figures.legend import write_key, write_legend
from sitegen.figures.scene import Scene
from sitegen.figures.sprite import write_sprite
from sitegen.figures.svg import Markup, join, tag, text, write_text
from sitegen.figures.weights import percents
from sitegen.figures.words import description, panel_title, part_of, sentence, title
from sitegen.model import Figure

CURRENT = {"class_": "current", "font_weight": "bold"}
VEIL = {"class_": "paper", "opacity": ".6"}
SPECIAL = {"font_style": "italic", "fill_opacity": ".7"}
MOST_RULED = 24
"""Tokens whose cells are ruled off plainly; rules between more would outshine the shades."""


def draw_heatmap(  # noqa: PLR0913
    scene: Scene,
    *,
    told: str = "",
    choices: Markup | None = None,
    readouts: Markup | None = None,
    table: Markup | None = None,
    below: tuple[int, int, Markup] | None = None,
) -> Figure:
    """The figure in all its renderings; what is given takes the place of what all figures have.

    `below`: width, height and markup of what stands below the heatmap in the file, where it may
    use the sprite of all panels.
    """
    layout = lay_out(scene.spec.tokens)
    width, height, more = below or (0, 0, Markup(""))
    alone = scene.panel[None, None]
    cells = write_sliding(scene) if below else write_sprite(alone, sprite_id(scene))
    told = told or sentence(scene)
    file = write_file(
        scene.spec.id,
        join(
            _picture(scene, layout, cells, printed=True),
            write_legend(scene.spec.id, layout.left, layout.bottom),
            *([tag("g", more, transform=f"translate({GAP} {layout.height})")] if below else []),
        ),
        name=panel_title(scene),
        about=f"{description(scene.spec)} {told}",
        size=(max(layout.width, width + 2 * GAP), layout.height + height),
        font=layout.font,
        bare=len(layout.labels) > MOST_PRINTED,
    )
    plot = _plot(scene, layout)
    return write_figure(
        scene, plot, file, told=told, choices=choices, readouts=readouts, table=table
    )


def _plot(scene: Scene, layout: Layout) -> Markup:
    """The picture of a page: with a choice of panels, the numbers in the cells are left out."""
    spec = scene.spec
    wide = len(spec.tokens) > MOST_PRINTED
    svg = write_svg(
        scene.spec.id,
        _picture(scene, layout, write_sliding(scene), printed=scene.panels == 1),
        {"class_": "heatmap", "lang": "en"},
        name=title(spec),
        size=(layout.width, layout.bottom + 2),
        font=layout.font,
        stretch=1 if wide else 1.25,  # to reading size
    )
    label = part_of(spec.id, "Heatmap")
    region = {"role": "region", "tabindex": "0", "aria_label": label} if wide else {}
    return tag("div", svg, write_key(), class_="plot wide" if wide else "plot", **region)


def _picture(scene: Scene, layout: Layout, cells: Markup, *, printed: bool) -> Markup:
    """Shades first, then rules, then text on top of them."""
    n = len(layout.labels)
    window = tag(
        "svg",
        cells,
        x=layout.left,
        y=layout.top,
        width=n * layout.across,
        height=n * layout.down,
        viewBox=f"0 0 {n} {n}",
        preserveAspectRatio="none" if layout.across != layout.down else None,
    )
    return join(
        window,
        *_veils(scene, layout),
        _grid(layout),
        *_mark(scene, layout),
        _row_labels(scene, layout),
        _column_labels(scene, layout),
        _percents(scene, layout) if printed and n <= MOST_PRINTED else Markup(""),
    )


def _veils(scene: Scene, layout: Layout) -> Iterator[Markup]:
    """The paper shows through what special tokens attend to, and what goes to them."""
    for i in sorted(scene.spec.faded):
        across: dict[str, int] = {"width": layout.right - layout.left, "height": layout.down}
        down: dict[str, int] = {"width": layout.across, "height": layout.bottom - layout.top}
        yield tag("rect", **VEIL, x=layout.left, y=layout.top + i * layout.down, **across)
        yield tag("rect", **VEIL, x=layout.left + i * layout.across, y=layout.top, **down)


def _grid(layout: Layout) -> Markup:
    """Thin rules between the cells and around them."""
    n, width, height = len(layout.labels), layout.right - layout.left, layout.bottom - layout.top
    across = f"h{width}" + f"m{-width} {layout.down}h{width}" * n
    down = f"v{height}" + f"m{layout.across} {-height}v{height}" * n
    start = f"M{layout.left} {layout.top}"
    rules = start + across + start + down
    faint = ".25" if n <= MOST_RULED else ".1"
    return tag("path", class_="grid", d=rules, stroke="currentColor", stroke_opacity=faint)


def _mark(scene: Scene, layout: Layout) -> Iterator[Markup]:
    """An outline around the highlighted row."""
    row = scene.spec.row
    if row is not None:
        yield tag(
            "rect",
            class_="mark",
            x=layout.left,
            y=layout.top + row * layout.down,
            width=layout.right - layout.left,
            height=layout.down,
            fill="none",
            stroke="currentColor",
            stroke_width=2,
        )


def _row_labels(scene: Scene, layout: Layout) -> Markup:
    """Who attends: to the left of each row, the highlighted one in bold."""
    x, first = layout.left - GAP, layout.top + layout.down // 2 + layout.font // 3
    labels = [
        write_text(name, x, first + i * layout.down, **_look(scene, i))
        for i, name in enumerate(layout.labels)
    ]
    axis = tag("text", text("from ↓"), class_="axis", x=x, y=layout.top - GAP)
    return tag("g", *labels, axis, class_="queries", text_anchor="end")


def _look(scene: Scene, i: int) -> Mapping[str, str]:
    """How the label of a token looks: the one that attends, and special ones."""
    if i in scene.spec.faded:
        return SPECIAL
    return CURRENT if i == scene.spec.row else {}


def _column_labels(scene: Scene, layout: Layout) -> Markup:
    """What is attended to: above each column, turned where they are wide."""
    y, first = layout.top - GAP, layout.left + layout.across // 2
    labels = []
    for i, name in enumerate(layout.labels):
        x = first + i * layout.across
        turn = f"translate({x + layout.font // 4} {y}) rotate(-45)"
        place: dict[str, str | int] = {"transform": turn} if layout.turned else {"x": x, "y": y}
        look = SPECIAL if i in scene.spec.faded else {}
        labels.append(tag("text", text(name), **place, **look))
    anchor = None if layout.turned else "middle"
    axis = tag("text", text("to →"), class_="axis", x=layout.left, y=layout.font)
    return join(tag("g", *labels, class_="keys", text_anchor=anchor), axis)


def _percents(scene: Scene, layout: Layout) -> Markup:
    """The number in each cell but those that a causal model does not have."""
    left = layout.left + layout.across // 2
    top = layout.top + layout.down // 2 + layout.font // 3
    cells = [
        write_text(str(percent), left + x * layout.across, top + y * layout.down)
        for y, row in enumerate(percents(scene.panel).tolist())
        for x, percent in enumerate(row)
        if not (scene.spec.causal and x > y)
    ]
    return tag("g", *cells, class_="percents", text_anchor="middle")
