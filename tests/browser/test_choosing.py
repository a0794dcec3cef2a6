"""A reader chooses one of 72 heads without scripts, and what is seen is what was computed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sitegen.attention.core import Array
from sitegen.figures.spec import read_spec
from sitegen.figures.toy import compute
from sitegen.figures.weights import UNIT
from sitegen.markup import parse
from sitegen.model import Fence, Settings, Source
from tests.browser.conftest import Drive
from tests.browser.pictures import cells, levels_seen, read_picture

SITE = Path(__file__).parent / "site" / "content" / "posts"
LAYERS, HEADS = 6, 12
GRID = "#{} .heatmap .grid"
EVERY = [(layer, head) for layer in range(LAYERS) for head in range(HEADS)]


def fences(name: str) -> list[Fence]:
    source = Source(
        path=f"content/posts/{name}.md", text=(SITE / f"{name}.md").read_text(), digest=""
    )
    return list(parse(source, Settings(kind="post", kind_origin="")).fences)


def computed(fence: Fence) -> Array:
    """The weights of all heads of a block, `[n_layer, n_head, n, n]`."""
    return compute(read_spec(fence)).weights.units / UNIT


def radio(figure: str, kind: str, place: int) -> str:
    return f"#{figure} .{kind} label:nth-of-type({place + 1}) input"


def by_mouse(figure: str) -> list[list[Any]]:
    """Every head chosen with clicks, a picture of each."""
    steps: list[list[Any]] = []
    for layer, head in EVERY:
        if head == 0:
            steps.append(["click", radio(figure, "rows", layer)])
        steps += [["click", radio(figure, "columns", head)], ["shot", GRID.format(figure)]]
    return steps


def by_keyboard(figure: str) -> list[list[Any]]:
    """Every head chosen with the arrow keys, the groups with Tab."""
    steps: list[list[Any]] = [["focus", radio(figure, "rows", 0)], ["press", " "]]
    for layer in range(LAYERS):
        steps += [["press", "ArrowDown"]] * bool(layer) + [["press", "Tab"]]
        for _ in range(HEADS):  # twelve steps to the right lead back to head 4
            steps += [["press", "ArrowRight"], ["shot", GRID.format(figure)]]
        steps += [["focus", radio(figure, "rows", layer)]]
    return steps


def seen(answers: list[Any], n: int) -> list[NDArray[np.float64]]:
    """The cells of each picture, as colours."""
    return [cells(read_picture(each), n, n) for each in answers if isinstance(each, str)]


def assert_shown(pictures: list[NDArray[np.float64]], weights: list[Array]) -> None:
    """Each picture has the levels of its weights: paper and ink are those of the extremes."""
    levels = [np.floor(each * 15 + 0.5) for each in weights]
    colours, known = (
        np.concatenate([p.reshape(-1, 3) for p in pictures]),
        np.concatenate([each.ravel() for each in levels]),
    )
    assert known.min() == 0
    assert known.max() >= 12
    paper = np.median(colours[known == 0], axis=0)
    top = np.median(colours[known == known.max()], axis=0)
    ink = paper + (top - paper) * 15 / known.max()
    found = levels_seen(colours, paper, ink)
    assert np.abs(found - known).max() < 0.5


@pytest.mark.parametrize("choose", [by_mouse, by_keyboard])
def test_each_of_72_heads_is_chosen_and_shown(drive: Drive, browser: str, choose: Any) -> None:
    weights = computed(fences("heads")[0])
    answers = drive(["open", "/posts/heads/"], *choose("bat"), browser=browser)
    pictures = seen(answers, 7)
    order = EVERY if choose is by_mouse else [(layer, (head + 4) % HEADS) for layer, head in EVERY]
    assert len(pictures) == 72
    assert_shown(pictures, [weights[each] for each in order])


def test_a_page_of_figures_has_no_script(figures: Path) -> None:
    for page in figures.rglob("*.html"):
        assert "<script" not in page.read_text(encoding="utf-8")


def test_a_long_text_is_a_mask_and_shows_the_same(drive: Drive) -> None:
    weights = computed(fences("long")[0])
    some = [(0, 0), (2, 6), (5, 11)]
    steps: list[list[Any]] = [["open", "/posts/long/"], ["width", 1280]]
    steps += [["box", "#bat .plot"], ["box", GRID.format("bat")]]
    for layer, head in some:
        steps += [["click", radio("bat", "rows", layer)], ["click", radio("bat", "columns", head)]]
        steps += [["shot", "#bat .plot"]]
    answers = drive(*steps)
    plot, grid = answers[2:4]
    cell, left, top = grid["width"] / 64, grid["x"] - plot["x"], grid["y"] - plot["y"]
    columns = int((plot["width"] - left) / cell)
    pictures = []
    for each in (read_picture(answer) for answer in answers if isinstance(answer, str)):
        part = each[round(top) : round(top + 64 * cell), round(left) : round(left + columns * cell)]
        pictures.append(cells(part, 64, columns))
    assert columns > 30
    assert_shown(pictures, [weights[each][:, :columns] for each in some])
