"""What a figure of the test site computes, the radio buttons that choose it, and what is seen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sitegen.attention.core import Array
from sitegen.figures.spec import read_spec
from sitegen.figures.toy import compute
from sitegen.figures.weights import TOP_LEVEL, UNIT
from sitegen.markup import parse
from sitegen.model import Fence, Settings, Source
from tests.browser.pictures import Pixels, cells, levels_seen, read_picture

POSTS = Path(__file__).parent / "site" / "content" / "posts"
LAYERS, HEADS = 6, 12
EVERY = [(layer, head) for layer in range(LAYERS) for head in range(HEADS)]

Colours = NDArray[np.float64]


def fences(name: str) -> dict[str, Fence]:
    """The blocks of a post, by their ids."""
    path = POSTS / f"{name}.md"
    text = path.read_text(encoding="utf-8")
    source = Source(path=f"content/posts/{name}.md", text=text, digest="")
    found = parse(source, Settings(kind="post", kind_origin="")).fences
    return {read_spec(fence).id: fence for fence in found}


def weights_of(post: str, figure: str) -> Array:
    """The weights of all heads of a block, `[n_layer, n_head, n, n]`."""
    return compute(read_spec(fences(post)[figure])).weights.units / UNIT


def radio(figure: str, kind: str, place: int) -> str:
    """The radio button of a layer (`rows`) or of a head (`columns`), from 0."""
    return f"#{figure} .{kind} label:nth-of-type({place + 1}) input"


def choose(figure: str, layer: int, head: int) -> list[list[Any]]:
    """The steps of choosing a head by mouse."""
    return [["click", radio(figure, "rows", layer)], ["click", radio(figure, "columns", head)]]


def grid(figure: str) -> str:
    """The rules around the cells of a heatmap."""
    return f"#{figure} .heatmap .grid"


def seen(answers: Sequence[Any], n: int) -> list[Colours]:
    """The colours of the n × n cells of each picture among the answers."""
    return [cells(picture, n, n) for picture in pictures(answers)]


def pictures(answers: Sequence[Any]) -> list[Pixels]:
    """The pictures among the answers."""
    return [read_picture(each) for each in answers if isinstance(each, dict)]


def assert_shown(panels: Sequence[Colours], weights: Sequence[Array]) -> None:
    """Each panel has the levels of its weights: paper and ink are those of the extremes."""
    known = np.concatenate([np.floor(each * TOP_LEVEL + 0.5).ravel() for each in weights])
    colours = np.concatenate([each.reshape(-1, *each.shape[-2:]) for each in panels])
    assert known.min() == 0
    assert known.max() >= 12
    paper = np.median(colours[known == 0], axis=(0, 1))
    top = np.median(colours[known == known.max()], axis=(0, 1))
    assert np.abs(top - paper).max() > 60, "the darkest cells look like paper"
    ink = paper + (top - paper) * TOP_LEVEL / known.max()
    off = np.abs(levels_seen(colours, paper, ink) - known[:, None])
    assert off.max() < 0.5, f"a cell is off by {off.max():.1f} levels"
