"""A reader chooses one of 72 heads without scripts, and what is seen is what was computed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Browser, Step
from tests.browser.panels import (
    EVERY,
    HEADS,
    LAYERS,
    assert_shown,
    choose,
    grid,
    pictures,
    radio,
    seen,
    sentence_of,
    told,
    weights_of,
)
from tests.browser.pictures import cells


def by_mouse(figure: str) -> list[Step]:
    """Every head chosen with clicks, a picture of each and what is said of it."""
    steps: list[Step] = []
    for layer, head in EVERY:
        if head == 0:
            steps.append(["click", radio(figure, "rows", layer)])
        steps += [["click", radio(figure, "columns", head)], ["shot", grid(figure)], told(figure)]
    return steps


def by_keyboard(figure: str) -> list[Step]:
    """Every head chosen with the arrow keys, the groups with Tab."""
    steps: list[Step] = [["focus", radio(figure, "rows", 0)], ["press", " "]]
    for layer in range(LAYERS):
        steps += [["press", "ArrowDown"]] * bool(layer) + [["press", "Tab"]]
        for _ in range(HEADS):  # twelve steps to the right lead back to head 4
            steps += [["press", "ArrowRight"], ["shot", grid(figure)]]
        steps += [["focus", radio(figure, "rows", layer)]]
    return steps


@pytest.mark.parametrize("by", [by_mouse, by_keyboard])
def test_each_of_72_heads_is_chosen_and_shown(browser: Browser, by: Any) -> None:
    weights = weights_of("heads", "bat")
    answers = browser(["open", "/posts/heads/"], *by("bat"))
    panels = seen(answers, 7)
    order = EVERY if by is by_mouse else [(layer, (head + 4) % HEADS) for layer, head in EVERY]
    assert len(panels) == 72
    assert_shown(panels, [weights[each] for each in order])
    said = [answer for answer in answers if isinstance(answer, str)]
    assert said == [sentence_of("heads", "bat", *each) for each in order][: len(said)]
    assert len(said) == (72 if by is by_mouse else 0)


def test_a_page_of_figures_has_no_script(figures: Path) -> None:
    for page in figures.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        others = r'<script (type="application/ld\+json"|src="/theme\.\w+\.js")>'
        assert "<script" not in re.sub(others, "", html)


def test_a_long_text_is_a_mask_and_shows_the_same(browser: Browser) -> None:
    weights = weights_of("long", "bat")
    some = [(0, 0), (2, 6), (5, 11)]
    steps: list[Step] = [["width", 1280, 1600], ["open", "/posts/long/"]]
    steps += [["boxes", "#bat .plot"], ["boxes", grid("bat")]]
    for each in some:
        steps += [*choose("bat", *each), ["shot", "#bat .plot"]]
    answers = browser(*steps)
    [plot], [whole] = answers[2:4]
    cell, left, top = whole["width"] / 64, whole["x"] - plot["x"], whole["y"] - plot["y"]
    columns = int((plot["width"] - left) / cell)
    assert columns > 30
    right, bottom = round(left + columns * cell), round(top + 64 * cell)
    parts = [each[round(top) : bottom, round(left) : right] for each in pictures(answers)]
    panels = [cells(part, 64, columns) for part in parts]
    assert_shown(panels, [weights[each][:, :columns] for each in some])


def test_choosing_in_one_figure_leaves_the_other_as_it_was(browser: Browser) -> None:
    weights = weights_of("heads", "again")
    look = [told("again"), ["shot", grid("again")]]
    answers = browser(["open", "/posts/heads/"], *look, *choose("bat", 2, 8), *look)
    assert "Layer 2, head" in answers[1]
    assert answers[5] == answers[1]
    assert_shown(seen([answers[2], answers[6]], 7), [weights[1, 4]] * 2)
