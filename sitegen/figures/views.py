"""The table of views, and the one way from a spec to its figure.

Comes in: a spec. Goes out: a figure of its view, checked and within its budget.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from msgspec import structs

from sitegen.errors import FigureError
from sitegen.figures.arcs import draw_arcs
from sitegen.figures.bits import answer_bits
from sitegen.figures.claims import verify
from sitegen.figures.heads import draw_heads
from sitegen.figures.heatmap import draw_heatmap
from sitegen.figures.landscape import draw_landscape
from sitegen.figures.learned import Learned
from sitegen.figures.likeness import draw_lines
from sitegen.figures.merging import weights_of
from sitegen.figures.scale import draw_scale, scales
from sitegen.figures.scene import Scene
from sitegen.figures.spec import Spec
from sitegen.figures.steps import draw_steps
from sitegen.figures.text import draw_text
from sitegen.figures.told import Told
from sitegen.figures.toy import compute
from sitegen.figures.words import names
from sitegen.model import Fence, Figure, Measure, Reading
from sitegen.models.table import MODELS

FIGURES: Mapping[str, Callable[[Scene], Figure]] = {
    "heatmap": draw_heatmap,
    "heads": draw_heads,
    "steps": draw_steps,
    "scale": draw_scale,
    "text": draw_text,
    "arcs": draw_arcs,
}
READINGS: Mapping[str, Callable[[Told, Reading], Figure]] = {
    "landscape": draw_landscape,
    "lines": draw_lines,
}
"""Views of a whole text, as a model read it."""
LARGEST = 64_000
"""Bytes of a figure in a page, compressed."""


def draw_spec(spec: Spec, fence: Fence, asked: Sequence[Measure]) -> Figure:
    """Compute, check and draw. Raises an ExceptionGroup of FigureErrors, all of them at once."""
    answers: Mapping[str, str] = {}
    claims = 0
    if isinstance(spec.inputs, Learned) and spec.view in READINGS:
        if spec.view == "landscape":
            answers = answer_bits(asked, spec.inputs)
        elif asked:
            message = f'the view "{spec.view}" shows no weights to ask for'
            raise ExceptionGroup("a figure", [FigureError(message, each.span) for each in asked])
        figure = READINGS[spec.view](_told(spec, spec.inputs), spec.inputs.reading)
    else:
        scene = open_scene(spec)
        called = names(spec.tokens)
        verdicts, answers = verify(spec, scene.weights, called, asked, scene.chosen)
        claims = len(verdicts)
        figure = FIGURES[spec.view](replace(scene, verdicts=verdicts))
    size = len(figure.html)
    if size > LARGEST and (size := len(zlib.compress(figure.html.encode(), 6))) > LARGEST:
        message = f"the figure comes to {size:,} bytes, compressed"
        hint = f"at most {LARGEST:,}: fewer tokens, heads or layers"
        raise ExceptionGroup("a figure", [FigureError(message, fence.span, hint)])
    return structs.replace(figure, answers=answers, claims=claims)


def _told(spec: Spec, learned: Learned) -> Told:
    title = MODELS[learned.model].title
    return Told(id=spec.id, text=learned.text, model=title, caption=spec.caption)


def open_scene(spec: Spec) -> Scene:
    """What the views draw."""
    chosen = spec.layer - 1, spec.head - 1
    if isinstance(spec.inputs, Learned):
        return Scene(spec=spec, weights=weights_of(spec.inputs), chosen=chosen)
    computed = compute(spec)
    weights = computed.weights
    if spec.view == "scale":
        weights, chosen = scales(computed, spec)
    return Scene(spec=spec, weights=weights, chosen=chosen, toy=computed.toy)
