"""What a figure of the test site computes, the radio buttons that choose it, and what is seen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sitegen.attention.core import Array
from sitegen.figures.scene import Scene
from sitegen.figures.spec import read_spec
from sitegen.figures.views import open_scene
from sitegen.figures.weights import TOP_LEVEL, UNIT
from sitegen.figures.words import readouts, row_name
from sitegen.markup import parse
from sitegen.model import Fence, Settings, Source
from tests.browser.pictures import Pixels, cells, levels_seen, read_picture

POSTS = Path(__file__).parent / "site" / "content" / "posts"
LAYERS, HEADS = 6, 12
EVERY = [(layer, head) for layer in range(LAYERS) for head in range(HEADS)]

Step = list[Any]
Colours = NDArray[np.float64]


def fences(name: str) -> dict[str, Fence]:
    """The blocks of a post, by their ids."""
    path = POSTS / f"{name}.md"
    text = path.read_text(encoding="utf-8")
    source = Source(path=f"content/posts/{name}.md", text=text, digest="")
    found = parse(source, Settings(kind="post", kind_origin="")).fences
    return {read_spec(fence).id: fence for fence in found}


@cache
def scene_of(post: str, figure: str) -> Scene:
    """A block, computed."""
    return open_scene(read_spec(fences(post)[figure]))


def weights_of(post: str, figure: str) -> Array:
    """The weights of all panels of a block, `[n_row, n_column, n, n]`."""
    return scene_of(post, figure).weights.units / UNIT


def sentence_of(post: str, figure: str, layer: int, head: int) -> str:
    """What is said of a head; its number is the marker of a list, which is no text of the page."""
    scene = scene_of(post, figure)
    said = f"{row_name(scene.weights, layer)} {readouts(scene)[layer][head]}"
    return " ".join(said.split())


def radio(figure: str, kind: str, place: int) -> str:
    """The radio button of a layer (`rows`) or of a head (`columns`), from 0."""
    return f"#{figure} .{kind} label:nth-of-type({place + 1}) input"


def choose(figure: str, layer: int, head: int) -> list[Step]:
    """The steps of choosing a head by mouse."""
    return [["click", radio(figure, "rows", layer)], ["click", radio(figure, "columns", head)]]


def told(figure: str) -> Step:
    """The step that reads the sentence of a figure, blanks made alike."""
    status = f"document.querySelector('#{figure} [role=status]')"
    return ["value", rf"{status}.innerText.replace(/\s+/g, ' ')"]


def grid(figure: str) -> str:
    """The rules around the cells of a heatmap."""
    return f"#{figure} .heatmap .grid"


def seen(answers: Sequence[Any], n: int) -> list[Colours]:
    """The colours of the n × n cells of each picture among the answers."""
    return [cells(picture, n, n) for picture in pictures(answers)]


def pictures(answers: Sequence[Any]) -> list[Pixels]:
    """The pictures among the answers."""
    return [read_picture(each) for each in answers if isinstance(each, dict)]


def assert_shown(panels: Sequence[Colours], weights: Sequence[Array]) -> tuple[Colours, Colours]:
    """Each panel has the levels of its weights: paper and ink are those of the extremes.

    Goes out: the colours of paper and of the darkest cell.
    """
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
    return paper, top
