"""The mark of a title: what one head makes of its words, as a picture of a few hundred bytes.

Comes in: a reading of a title. Goes out: an inline `<svg>` without ids, in which each weight is
one of four shades of the text's own colour, on the linear scale of all figures; and the same as
a file, for the icon of a site. Special tokens are shown: rows sum to 1 as the head has them.
"""

from __future__ import annotations

import numpy as np

from sitegen.figures.sprite import paths
from sitegen.figures.svg import Markup, tag
from sitegen.model import WEIGHT, Reading
from sitegen.models.cells import cells_of

SHADES = 4
SIDE = 24
"""Pixels, where no style sheet says better."""
OPENING = f'<svg class="mark" width="{SIDE}" height="{SIDE}" aria-hidden="true"'
OWN_STYLE = """<style>
svg{stroke:#ab3812;shape-rendering:crispEdges}
@media(prefers-color-scheme:dark){svg{stroke:#f0946e}}
</style>"""


def draw_mark(reading: Reading) -> Markup:
    """The cells of a reading of `[n, n]` as an inline picture, hidden from assistive technology."""
    cells = cells_of(reading)
    shades = ((2 * SHADES * cells + WEIGHT) // (2 * WEIGHT)).astype(np.uint8)
    strokes = "".join(
        tag("path", d=path, opacity=_opacity(shade) if shade < SHADES else None)
        for shade, path in paths(shades)
    )
    n = len(cells)
    return Markup(f'{OPENING} viewBox="0 0 {n} {n}" stroke="currentColor">{strokes}</svg>')


def _opacity(shade: int) -> str:
    return f"{shade / SHADES:.2f}".strip("0")


def as_icon(mark: str) -> str:
    """A mark as a file, in the accent of the theme by day and by night."""
    drawn = mark.removeprefix(OPENING).replace(' stroke="currentColor">', f">{OWN_STYLE}", 1)
    return f'<svg xmlns="http://www.w3.org/2000/svg"{drawn}\n'
