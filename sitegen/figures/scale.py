"""The view `scale`: why scores are divided by √d_k. One head under seven scales.

Comes in: the steps of one head, then a scene whose panels are the scales. Goes out: a `Figure`. The
reader chooses a scale as one chooses a head elsewhere; below the panels a curve shows how large the
largest weights become.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isclose, log2, sqrt
from typing import NamedTuple

import numpy as np

from sitegen.attention.core import causal_mask, entropy, masked, scores, softmax
from sitegen.figures.choices import PANEL, sprite_id, write_choices
from sitegen.figures.heatmap import draw_heatmap
from sitegen.figures.layout import GAP
from sitegen.figures.numerals import fixed
from sitegen.figures.scene import Scene
from sitegen.figures.spec import Spec
from sitegen.figures.sums import PERCENT, percent
from sitegen.figures.svg import Markup, join, tag, text, write_text
from sitegen.figures.table import write_rows, write_table
from sitegen.figures.toy import Computed
from sitegen.figures.weights import UNIT, Axis, Units, Weights, quantise
from sitegen.figures.words import ENGLISH, names, panel_name, readouts, sentence
from sitegen.model import Figure

PARTS = {0.25: "¼", 0.5: "½", 1: "1", 2: "2", 4: "4", 8: "8", 16: "16"}
"""Of 1/√d_key; the last of them only where another is 1, which is no scale at all."""
SCALES = 7
CURVE = "Mean largest weight of a row; below it the mean entropy in bits"
FONT, TOP, TALL, HEIGHT = 15, 58, 74, 178
"""Of the curve: its letters, where 100 % is, how far below 0 % is, and its picture."""


class Spread(NamedTuple):
    """How sharp the rows of a panel are, on average."""

    largest: int
    """Billionths of the largest weight of a row."""
    bits: float
    """The entropy of a row."""
    most: float
    """What that is where all weights are equal."""

    @property
    def share(self) -> str:
        """The largest weight as a whole percentage."""
        return percent((self.largest + PERCENT // 2) // PERCENT * PERCENT)

    @property
    def told(self) -> str:
        """Both in a sentence."""
        bits = f"{fixed(self.bits, 2)} of at most {fixed(self.most, 2)} bits"
        return f"On average the largest weight of a row is {self.share}, its entropy {bits}."


def scales(computed: Computed, spec: Spec) -> tuple[Weights, tuple[int, int]]:
    """The weights of the chosen head under seven scales, and the panel of the block's own."""
    head = spec.head - 1
    q, k = computed.toy.q[head], computed.toy.k[head]  # [n, d_key]
    n, d_key = q.shape
    values, options = _values(d_key, spec.scale)
    mask = causal_mask(n, n)
    plain = scores(q, k, 1.0)  # [n, n]
    scaled = [plain * value for value in values]
    weights = [softmax(masked(s, mask) if spec.causal else s) for s in scaled]
    units = quantise(np.stack(weights)[np.newaxis])  # [1, n_scale, n, n]
    own = 1 / sqrt(d_key) if spec.scale is None else spec.scale
    chosen = next(i for i, value in enumerate(values) if isclose(value, own))
    rows = Axis(name="Layer", options=(str(spec.layer),))
    return Weights(units, rows, Axis(name="Scale", options=options)), (0, chosen)


def _values(d_key: int, own: float | None) -> tuple[list[float], tuple[str, ...]]:
    """Seven scales from small to large, and their names; one that is not there replaces another.

    It takes the place of the nearest but 1/√d_key, the one that all are compared with.
    """
    paper = 1 / sqrt(d_key)
    found = {0.0: "0", paper: f"1/√{d_key}"}
    for value, name in [
        (1.0, "1"),
        *((part * paper, f"{told}/√{d_key}") for part, told in PARTS.items()),
    ]:
        if len(found) < SCALES and not any(isclose(value, other) for other in found):
            found[value] = name
    if own is not None and not any(isclose(own, other) for other in found):
        nearest = min((value for value in found if value != paper), key=lambda v: abs(v - own))
        del found[nearest]
        found[own] = f"{own:g}"
    values = sorted(found)
    return values, tuple(found[value] for value in values)


def draw_scale(scene: Scene) -> Figure:
    """The figure in all its renderings."""
    spreads = [_spread(panel, causal=scene.spec.causal) for panel in scene.weights.units[0]]
    return draw_heatmap(
        scene,
        told=f"{sentence(scene)} {spreads[scene.chosen[1]].told}",
        choices=join(write_choices(scene), _curve(scene, spreads)),
        readouts=_readouts(scene, spreads),
        table=join(
            write_table(
                names(scene.spec.tokens), scene.panel, panel_name(scene.weights, *scene.chosen)
            ),
            _table(scene, spreads),
        ),
        below=_below(scene, spreads),
    )


def _spread(panel: Units, *, causal: bool) -> Spread:
    """Of `panel[n_query, n_key]`; a row of a causal head has but so many keys."""
    n = len(panel)
    bits = entropy(panel / panel.sum(axis=-1, keepdims=True))  # [n_query]
    most = [log2(i + 1 if causal else n) for i in range(n)]
    return Spread(
        largest=(2 * int(panel.max(axis=-1).sum()) + n) // (2 * n),
        bits=float(bits.mean()),
        most=sum(most) / n,
    )


def _readouts(scene: Scene, spreads: list[Spread]) -> Markup:
    """A sentence for each scale, of which one is shown."""
    told = zip(scene.weights.columns.options, readouts(scene)[0], spreads, strict=True)
    items = [
        tag(
            "li",
            text(f"{option}: {words} {spread.told}"),
            class_="first" if i == scene.chosen[1] else None,
        )
        for i, (option, words, spread) in enumerate(told)
    ]
    column = tag("div", text("Scale"), tag("ol", *items))
    return tag("div", column, class_="readouts", role="status", **ENGLISH)


def _table(scene: Scene, spreads: list[Spread]) -> Markup:
    """The spread under each scale as a plain table."""
    rows = [(spread.share, fixed(spread.bits, 2)) for spread in spreads]
    headings = ("scale", "largest weight", "entropy in bits")
    return write_rows("Mean of all rows", headings, scene.weights.columns.options, rows)


def _curve(scene: Scene, spreads: list[Spread]) -> Markup:
    """The mean largest weight under each scale, each point below the panel of its scale."""
    options = scene.weights.columns.options
    told = [f"{spread.share} at {option}" for spread, option in zip(spreads, options, strict=True)]
    here = tag(
        "rect",
        class_="here",
        y=FONT + 8,
        width=PANEL,
        height=HEIGHT - FONT - 8,
        transform=f"translate({scene.chosen[1] * PANEL} 0)",
    )
    return tag(
        "svg",
        here,
        *_points(spreads),
        class_="curve",
        viewBox=f"0 0 {PANEL * len(options)} {HEIGHT}",
        width=PANEL * len(options),
        role="img",
        aria_label=f"Mean largest weight of a row: {', '.join(told)}",
        font_size=FONT,
        lang="en",
        direction="ltr",
    )


def _below(scene: Scene, spreads: list[Spread]) -> tuple[int, int, Markup]:
    """For the file, all panels under their names and the curve; after its width and height."""
    options, n = scene.weights.columns.options, len(scene.spec.tokens)
    named = [write_text(option, i * PANEL + PANEL // 2, FONT) for i, option in enumerate(options)]
    top, width = FONT + GAP, PANEL * len(options)
    cells = tag("use", href=f"#{sprite_id(scene)}")
    box = {"y": top, "width": width, "height": PANEL}
    frames = f"M0 {top}" + f"v{PANEL}h{PANEL}v{-PANEL}h{-PANEL}m{PANEL} 0" * len(options)
    parts = [
        tag("g", *named, text_anchor="middle"),
        tag("svg", cells, viewBox=f"0 0 {n * len(options)} {n}", **box),
        tag("path", d=frames, fill="none", stroke="currentColor", stroke_opacity=".25"),
        tag("g", *_points(spreads), transform=f"translate(0 {top + PANEL + GAP})"),
    ]
    return width, top + PANEL + GAP + HEIGHT, tag("g", *parts, font_size=FONT)


def _points(spreads: list[Spread]) -> Iterator[Markup]:
    """A line through a point for each scale, its share above it, its bits at the foot."""
    places = [
        (PANEL // 2 + i * PANEL, TOP + TALL - spread.largest * TALL // UNIT)
        for i, spread in enumerate(spreads)
    ]
    base = f"M0 {TOP + TALL}h{PANEL * len(spreads)}"
    yield tag("path", d=base, stroke="currentColor", stroke_opacity=".25")
    line = "L".join(f"{x} {y}" for x, y in places)
    yield tag("path", d=f"M{line}", fill="none", stroke="currentColor")
    dots = "".join(f"M{x} {y}h0" for x, y in places)
    pen: dict[str, str | int] = {"stroke_width": 7, "stroke_linecap": "round"}
    yield tag("path", class_="dots", d=dots, stroke="currentColor", **pen)
    points = list(zip(spreads, places, strict=True))
    shares = [write_text(spread.share, x, y - FONT // 2) for spread, (x, y) in points]
    bits = [write_text(fixed(spread.bits, 2), x, HEIGHT - FONT) for spread, (x, _) in points]
    yield tag("g", *shares, *bits, text_anchor="middle")
    yield tag("text", text(CURVE), y=FONT)
