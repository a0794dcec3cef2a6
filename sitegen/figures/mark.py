"""The mark of a title: what one head makes of its words, as a picture of a few hundred bytes.

Comes in: a reading of a title. Goes out: an inline `<svg>` without ids, in which each weight is
one of four shades of the text's own colour, on the linear scale of all figures; and the same as
a file, for the icon of a site. Special tokens are shown: rows sum to 1 as the head has them.
"""

from __future__ import annotations

from urllib.parse import quote

from sitegen.figures.svg import Markup, tag
from sitegen.model import WEIGHT, Reading

SHADES = 4
SIDE = 24
"""Pixels, where no style sheet says better."""
OPENING = f'<svg class="emblem" width="{SIDE}" height="{SIDE}" aria-hidden="true"'
ACCENT = "#c1502e"
"""Between the accents of day and night: a tab of a browser may be of either."""


def draw_mark(reading: Reading) -> Markup:
    """The cells of a reading of `[n, n]` as an inline picture, hidden from assistive technology."""
    import numpy as np  # slow to import, and an icon needs none of it

    from sitegen.figures.sprite import paths
    from sitegen.models.cells import cells_of

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
    """A mark as a file that stands by itself."""
    own = f'stroke="{ACCENT}" shape-rendering="crispEdges"'
    drawn = mark.removeprefix(OPENING).replace('stroke="currentColor"', own, 1)
    return f'<svg xmlns="http://www.w3.org/2000/svg"{drawn}\n'


def as_address(mark: str) -> str:
    """That file as an address that has all of it, so that a page with an icon asks for no file."""
    return "data:image/svg+xml," + quote(as_icon(mark).strip(), safe="/:;=,@()")
