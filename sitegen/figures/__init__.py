"""Attention figures, computed and drawn at build time: no script runs in the reader's browser.

Comes in: a fence, the text of an `attention` block, and what the prose around it asks of its
numbers. Goes out: a `Figure` with a rendering for pages, feeds, files and ears, or all mistakes of
the block at once. The stages are `spec` (what is asked for), `toy` (the weights), `claims` (what
the writer says of them), and one view of the table in `views`.
"""

from __future__ import annotations

from collections.abc import Sequence

from sitegen.figures.learned import Read, Unread
from sitegen.model import Fence, Figure, Measure

__all__ = ["Read", "Unread", "draw"]


def draw(fence: Fence, asked: Sequence[Measure] = (), read: Read | None = None) -> Figure:
    """The figure of a block; `read` tells what real models made of texts.

    Raises an ExceptionGroup of FigureErrors, all of them at once; and `Unread`, where `read` does.
    """
    from sitegen.figures.spec import read_spec  # most sources have no figure

    spec = read_spec(fence, read)
    from sitegen.figures.views import draw_spec  # NumPy is slow to import; most commands need none

    return draw_spec(spec, fence, asked)
