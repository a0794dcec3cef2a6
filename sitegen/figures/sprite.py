"""One picture of all panels, side by side, in units of a cell: the sprite.

Comes in: weights. Goes out: markup in which each cell is a shade from 0 to 15. It is written once
a figure; a window shows one panel of it at a time, `<use>` all of them. A few cells are strokes,
one path for each level; many are a mask of one or two PNG pictures, so that their colour still
follows the theme. Most are stored column by column, since heads that look at one token in
every row draw vertical stripes, and stripes along a line are written in a few bytes.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sitegen.figures.png import write_png
from sitegen.figures.svg import Markup, join, tag
from sitegen.figures.weights import TOP_LEVEL, Units, levels

MOST_STROKED = 1_600
"""Cells that are drawn as strokes; of more, the mask is smaller and faster to draw."""
PLAIN_OPACITY = ".45"  # of the darkest cell where no style sheet says better: text stays legible
TURNED = "matrix(0 1 1 0 0 0)"  # swaps x and y
MOST_PLAIN = 10_000
"""Cells of a picture that is written line by line; turning it would cost more than it saves."""

Levels = NDArray[np.uint8]


def write_sprite(units: Units, name: str) -> Markup:
    """The panels of `units[n_row, n_column, n_query, n_key]`, n_column · n_key wide.

    `name` is the id that `<use>` refers to; it begins the ids inside, too.
    """
    picture = all_levels(units)
    cells = _strokes(picture.T) if picture.size <= MOST_STROKED else _mask(picture, name)
    return tag("g", *cells, id=name, class_="shade", opacity=PLAIN_OPACITY)


def all_levels(units: Units) -> Levels:
    """The levels of all panels as one picture, `[n_row · n_query, n_column · n_key]`."""
    n_row, n_column, n_query, n_key = units.shape
    picture: Levels = levels(units).transpose(0, 2, 1, 3)
    return picture.reshape(n_row * n_query, n_column * n_key)


def _strokes(columns: Levels) -> Iterator[Markup]:
    """A path for each level; a run of equal cells is one stroke, a move before it is relative."""
    drawn = [
        tag("path", class_=f"level-{level}", stroke_opacity=f"{level / TOP_LEVEL:.3f}", d=d)
        for level, d in paths(columns)
    ]
    yield tag(
        "g",
        *(drawn or [Markup("")]),
        stroke="currentColor",
        transform=TURNED,
        shape_rendering="crispEdges",
    )


def paths(columns: Levels) -> Iterator[tuple[int, str]]:
    """(level, path) of each level of a picture but 0, which is paper."""
    height, width = columns.shape
    edges = np.full((height, width + 2), -1, np.int16)
    edges[:, 1:-1] = columns
    begins = np.flatnonzero(edges[:, 1:] != edges[:, :-1])  # of each run, and the end of each row
    y, x = np.divmod(begins, width + 1)
    lengths = np.append(np.diff(x), 0)  # a row's last run ends at its end, which is a begin too
    inside = x < width
    y, x, lengths = y[inside], x[inside], lengths[inside]
    shades = columns[y, x]
    for level in np.unique(shades[shades > 0]).tolist():
        of_it = shades == level
        begin, row, run = x[of_it], y[of_it], lengths[of_it]
        across = begin - np.append(0, (begin + run)[:-1])
        down = np.diff(row, prepend=0)
        moves = zip(across.tolist(), down.tolist(), run.tolist(), strict=True)
        d = "".join([f"m{dx} {dy}h{length}" for dx, dy, length in moves])
        # The pen begins in the middle of the first row of cells.
        first, _, rest = d[1:].partition("h")
        right, below = first.split(" ")
        yield level, f"M{right} {below}.5h{rest}"


def _mask(picture: Levels, name: str) -> Iterator[Markup]:
    """All cells as one rectangle behind a mask; white lets its colour through."""
    turned = picture.size > MOST_PLAIN
    stored = picture.T if turned else picture
    height, width = stored.shape
    images = [
        tag(
            "image",
            href=f"data:image/png;base64,{b64encode(png).decode()}",
            width=width,
            height=height,
        )
        for png in pictures(stored)
    ]
    layers = tag("g", *images, transform=TURNED) if turned else join(*images)
    height, width = picture.shape
    yield tag("mask", layers, id=f"{name}.mask")
    yield tag("rect", width=width, height=height, mask=f"url(#{name}.mask)")


def pictures(levels: Levels) -> list[bytes]:
    """Pictures of the levels as greys, black to white, to be laid on each other.

    Either one of four bits; or one of the lowest levels in one or two bits and, above it, one of
    the others with holes elsewhere: where weights are spread thin, that is shorter.
    """
    found = [[write_png(levels, 4, hole=False)]]
    for depth in (1, 2) if levels.size > MOST_PLAIN else ():
        low = levels < 2**depth
        greys = bytes(level * 255 // TOP_LEVEL for level in range(2**depth))
        below = write_png(np.where(low, levels, 0), depth, greys, hole=False)
        found.append([below, write_png(np.where(low, 0, levels), 4, hole=True)])
    return min(found, key=lambda pngs: sum(map(len, pngs)))
