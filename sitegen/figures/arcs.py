"""The view `arcs`: a line from each token to each token, the stronger the larger its weight.

Comes in: a scene. Goes out: a `Figure`. The tokens stand in a column on the left, where they
attend, and once more on the right, where they are attended to. Lines that rise or fall by as many
tokens are parallel, and their cells are a diagonal of the panel; so n² lines are 2n - 1 windows on
the sprite, each on one diagonal, cut into strips and then skewed.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import hypot

from sitegen.figures.frame import write_figure, write_file
from sitegen.figures.layout import GAP, LEGEND_HEIGHT, label, label_width, visible
from sitegen.figures.legend import write_key, write_legend
from sitegen.figures.scene import Scene
from sitegen.figures.sprite import PLAIN_OPACITY
from sitegen.figures.svg import Markup, join, tag, text, write_text
from sitegen.figures.tokens import (
    FONT,
    panel_id,
    write_button,
    write_panel,
    write_told,
)
from sitegen.figures.weights import TOP_LEVEL, levels
from sitegen.figures.words import ENGLISH, panel_title, sentence, title
from sitegen.model import Figure

WIDE = 280  # the lines' part of the picture
STEP = 28  # from token to token
RUN = WIDE // STEP  # of a line that falls by one token, in tokens
STROKE = 5
ALIKE = 7  # slopes with strips of the same height
FAINT = ".12"  # of lines that do not begin at the chosen token
WHAT = "Attention lines"
HOW = (
    "Lines from the tokens on the left to those on the right: the stronger, the larger the weight."
)


def draw_arcs(scene: Scene) -> Figure:
    """The figure in all its renderings."""
    return write_figure(scene, _plot(scene), _file(scene), readouts=write_told(scene, every=True))


def _plot(scene: Scene) -> Markup:
    """Two columns of tokens, of which the left one are choices, and the lines between them."""
    tokens, row = scene.spec.tokens, scene.spec.row
    words = [tag("bdi", text(visible(token))) for token in tokens]
    froms = [
        tag("label", write_button(scene, checked=k == row), word) for k, word in enumerate(words)
    ]
    every = write_button(scene, checked=row is None)
    froms.append(tag("label", every, text("all"), **ENGLISH))
    legend = tag("legend", text("from"), **ENGLISH)
    name = tag("title", text(title(scene.spec, WHAT)), id=f"{scene.spec.id}.title")
    size: dict[str, str | int] = {"width": WIDE, "height": STEP * len(tokens)}
    lines = tag(
        "svg",
        name,
        *_masks(scene),
        *_windows(scene),
        lang="en",
        role="img",
        viewBox=f"0 0 {WIDE} {STEP * len(tokens)}",
        preserveAspectRatio="none",
        **size,
    )
    ends = tag("div", tag("b", text("to"), **ENGLISH), *words, class_="to", aria_hidden="true")
    choice = tag("fieldset", legend, *froms, class_="tokens from")
    picture = tag("div", choice, lines, ends, class_="arcs")
    return tag("div", picture, write_key(), class_="plot")


def _offsets(scene: Scene) -> range:
    """By how many tokens lines fall; where nothing comes later than the one who looks, none."""
    n = len(scene.spec.tokens)
    return range(1 - n, 1 if scene.spec.causal else n)


def _windows(scene: Scene) -> Iterator[Markup]:
    """A window on each diagonal of the panel. The panel is written into the first window.

    Skewed by a cell a row, the diagonal is a column. The window is narrow enough to see nothing
    but the middle of each cell, and is cut into as many strips.
    """
    n = len(scene.spec.tokens)
    cells = write_panel(scene, "matrix(25 0 -25 1 5 0)")
    for offset in _offsets(scene):
        window = tag("svg", cells, viewBox=f"{25 * offset} 0 10 {n}")
        mask = f"url(#{scene.spec.id}.{abs(offset) // ALIKE})"
        yield tag("g", window, transform=f"matrix(1 {offset / RUN:g} 0 1 0 0)", mask=mask)
        cells = tag("use", href=f"#{panel_id(scene)}")


def _masks(scene: Scene) -> Iterator[Markup]:
    """Strips, a token apart. The steeper a line falls, the higher it is cut: it is no thinner."""
    id_, n, row = scene.spec.id, len(scene.spec.tokens), scene.spec.row
    strip = f"M0 {STEP // 2}h{WIDE}"
    strips = strip + f"m{-WIDE} {STEP}h{WIDE}" * (n - 1)
    down = f"translate(0 {row * STEP})" if row else None
    cut = join(
        tag("path", class_="others", d=strips, opacity=None if row is None else FAINT),
        tag("path", class_="chosen", d=strip, transform=down),
    )
    if n > ALIKE:
        cut = tag("g", cut, id=f"{id_}.strips")
    for steep in range(-(-n // ALIKE)):
        height = f"{STROKE * hypot(1, ALIKE * (steep + 0.5) / RUN):.2g}"
        yield tag(
            "mask",
            cut,
            id=f"{id_}.{steep}",
            maskUnits="userSpaceOnUse",
            stroke="#fff",
            stroke_width=height,
        )
        cut = tag("use", href=f"#{id_}.strips")


def _file(scene: Scene) -> str:
    """The panel that is shown first, as a picture of its own."""
    labels = [label(token, FONT) for token in scene.spec.tokens]
    left = max(label_width(each, FONT) for each in [*labels, "from"]) + 2 * GAP
    top, bottom = FONT + GAP, FONT + GAP + STEP * len(labels)
    return write_file(
        scene.spec.id,
        join(
            *_lines(scene, left, top),
            _labels(scene, labels, left, top),
            write_legend(scene.spec.id, left, bottom),
        ),
        name=panel_title(scene, WHAT),
        about=f"{HOW} {sentence(scene)}",
        size=(2 * left + WIDE, bottom + LEGEND_HEIGHT),
        font=FONT,
        bare=True,
    )


def _lines(scene: Scene, left: int, top: int) -> Iterator[Markup]:
    """The lines from each token; where one was chosen, those of the others are faint."""
    for i, shades in enumerate(levels(scene.panel).tolist()):
        start = f"M{left} {top + STEP * i + STEP // 2}"
        ends: dict[int, str] = {}  # by level
        for j, level in enumerate(shades):
            ends[level] = ends.get(level, "") + f"{start}l{WIDE} {STEP * (j - i)}"
        paths = [
            tag("path", d=d, stroke_opacity=f"{level / TOP_LEVEL:.3f}")
            for level, d in sorted(ends.items())
            if level
        ]
        shade = tag("g", *paths, class_="shade", opacity=PLAIN_OPACITY)
        faint = None if scene.spec.row in {None, i} else FAINT
        yield tag("g", shade, stroke="currentColor", stroke_width=STROKE, opacity=faint)


def _labels(scene: Scene, labels: list[str], left: int, top: int) -> Markup:
    """The tokens on both sides, the chosen one in bold."""
    first = top + STEP // 2 + FONT // 3
    sides = []
    for x, anchor, head in ((left - GAP, "end", "from"), (left + WIDE + GAP, None, "to")):
        bold = scene.spec.row if anchor else None
        words = [
            write_text(each, x, first + i * STEP, font_weight="bold" if i == bold else None)
            for i, each in enumerate(labels)
        ]
        axis = tag("text", text(head), class_="axis", x=x, y=FONT + 2)
        sides.append(tag("g", *words, axis, text_anchor=anchor))
    return join(*sides)
