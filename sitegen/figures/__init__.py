"""Attention figures, computed and drawn at build time: no script runs in the reader's browser.

Comes in: a fence, the text of an `attention` block. Goes out: a `Figure` with a rendering for
pages, feeds, files and ears, or all mistakes of the block at once. The stages are `spec` (what is
asked for), `toy` (the weights), and one view of the table below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sitegen.figures.heatmap import draw_heatmap
from sitegen.figures.shares import Shares
from sitegen.figures.spec import Spec, read_spec
from sitegen.model import Fence, Figure

FIGURES: Mapping[str, Callable[[Spec, Shares], Figure]] = {
    "heatmap": draw_heatmap,
}


def draw(fence: Fence) -> Figure:
    """The figure of a block. Raises an ExceptionGroup of FigureErrors, all of them at once."""
    spec = read_spec(fence)
    # NumPy is slow to import, and most commands need none.
    from sitegen.figures.toy import compute_shares

    return FIGURES[spec.view](spec, compute_shares(spec))
