"""How a reader chooses a panel: radio buttons, all panels in small beside them, a sentence each.

Comes in: a scene. Goes out: markup that a style sheet brings to life without a script: `:has()`
finds the checked radio and sets `--row` and `--column`, which slide the sprite under its window
and choose the sentence. Without a style sheet, and in a browser without `:has()`, the panel that
the author chose stays.
"""

from __future__ import annotations

from sitegen.figures.scene import Scene
from sitegen.figures.sprite import write_sprite
from sitegen.figures.svg import Markup, tag, text
from sitegen.figures.weights import Axis
from sitegen.figures.words import ENGLISH, readouts, row_name

PANEL, MANY, PANEL_OF_MANY = 64, 12, 32
"""The width of a small panel where there is room, in pixels; and where there are many rows."""
FRAME = 24
"""The width of a small panel, in widths of the frame around the chosen one."""


def sprite_id(scene: Scene) -> str:
    """The id of the picture of all panels."""
    return f"{scene.spec.id}.cells"


def write_sliding(scene: Scene) -> Markup:
    """The sprite where the chosen panel is at the origin; in a viewBox of 0 0 n n it is alone."""
    sprite = write_sprite(scene.weights.units, sprite_id(scene))
    if scene.panels == 1:
        return sprite
    return tag("g", sprite, class_="slide", transform=_place(scene, -1))


def _place(scene: Scene, sign: int = 1) -> str:
    """The way from the origin to the chosen panel, or back."""
    (row, column), (n_query, n_key) = scene.chosen, scene.panel.shape
    return f"translate({sign * column * n_key} {sign * row * n_query})"


def write_choices(scene: Scene) -> Markup:
    """The fieldsets, around a picture of all panels that is a choice's context; "" for one."""
    if scene.panels == 1:
        return Markup("")
    rows, columns = scene.weights.rows, scene.weights.columns
    fieldsets = [
        _fieldset(scene, axis, kind, chosen)
        for axis, kind, chosen in zip(
            (rows, columns), ("rows", "columns"), scene.chosen, strict=True
        )
        if len(axis.options) > 1
    ]
    return tag("div", *fieldsets, _panels(scene), class_="choices", **ENGLISH)


def _fieldset(scene: Scene, axis: Axis, kind: str, chosen: int) -> Markup:
    name = f"{scene.spec.id}.{kind}"
    labels = []
    for place, option in enumerate(axis.options):
        checked = "" if place == chosen else None
        button = tag("input", type="radio", name=name, checked=checked)
        labels.append(tag("label", button, text(option)))
    return tag("fieldset", tag("legend", text(axis.name)), *labels, class_=kind)


def _panels(scene: Scene) -> Markup:
    """All panels in small, with a frame around the chosen one."""
    n_row, n_column, n_query, n_key = scene.weights.units.shape
    width, height = n_column * n_key, n_row * n_query
    down = f"m{n_key} {-height}v{height}" * (n_column - 2)
    across = f"m{-width} {n_query}h{width}" * (n_row - 2)
    seams = tag("path", class_="seams", d=f"M{n_key} 0v{height}{down}M0 {n_query}h{width}{across}")
    here = tag("rect", class_="here", width=n_key, height=n_query, transform=_place(scene))
    return tag(
        "svg",
        tag("use", href=f"#{sprite_id(scene)}"),
        seams,
        here,
        class_="panels",
        viewBox=f"0 0 {width} {height}",
        width=n_column * (PANEL if n_row <= MANY else PANEL_OF_MANY),
        stroke_width=f"{n_key / FRAME:.2g}",
        role="img",
        aria_label=f"All {scene.panels} in small",
    )


def write_readouts(scene: Scene) -> Markup:
    """A sentence for each panel, of which one is shown; it is read aloud when that changes.

    They are numbered lists, one a row, `Layer 1, head` before its items: the numbers of 72 heads
    would be a tenth of the figure's bytes if each sentence began with its own.
    """
    told = readouts(scene)
    if scene.panels == 1:
        return tag("p", text(told[0][0]), class_="readout", **ENGLISH)
    lists = []
    for i, sentences in enumerate(told):
        first = scene.chosen[1] if i == scene.chosen[0] else None
        items = [
            tag("li", text(sentence), class_="first" if j == first else None)
            for j, sentence in enumerate(sentences)
        ]
        name, numbered = text(row_name(scene.weights, i)), tag("ol", *items)
        lists.append(tag("div", name, numbered, class_=None if first is None else "first"))
    return tag("div", *lists, class_="readouts", role="status", **ENGLISH)
