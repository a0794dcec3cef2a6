"""Attention figures, computed and drawn at build time: no script runs in the reader's browser.

Comes in: a fence, the text of an `attention` block, and what the prose around it asks of its
numbers. Goes out: a `Figure` with a rendering for pages, feeds, files and ears, or all mistakes of
the block at once. The stages are `spec` (what is asked for), `toy` (the weights), `claims` (what
the writer says of them), and one view of the table in `views`.
"""

from __future__ import annotations

from collections.abc import Sequence

from sitegen.figures.spec import read_spec
from sitegen.model import Fence, Figure, Measure


def draw(fence: Fence, asked: Sequence[Measure] = ()) -> Figure:
    """The figure of a block. Raises an ExceptionGroup of FigureErrors, all of them at once."""
    spec = read_spec(fence)
    from sitegen.figures.views import draw_spec  # NumPy is slow to import; most commands need none

    return draw_spec(spec, fence, asked)
