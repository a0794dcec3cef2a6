"""Each view shows what it computed, and what is chosen in it, read from pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pytest

from tests.browser.conftest import Browser
from tests.browser.panels import (
    EVERY,
    Colours,
    Step,
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
from tests.browser.pictures import Pixels, cells

PANELS = [(0, 0), (1, 2), (0, 1)]
TOKENS = ["[CLS]", "the", "bat", "flew", "at", "night", "[SEP]"]
Box = Mapping[str, float]
VIEWS: Step = ["open", "/posts/views/"]
CROWD: Step = ["open", "/posts/crowd/"]


def test_the_view_heads_shows_every_cell_of_72_heads(browser: Browser) -> None:
    place = "#crowd .heads label > svg"
    steps: list[Step] = [["width", 1280, 3000], CROWD, ["boxes", place], ["boxes", "#crowd"]]
    answers = browser(*steps, ["shot", "#crowd"])
    [whole], [picture] = answers[3], pictures(answers)
    panels = []
    for box in answers[2]:  # within a border of two pixels
        x, y, side = box["x"] - whole["x"] + 2, box["y"] - whole["y"] + 2, box["width"] - 4
        part = picture[round(y) : round(y + side), round(x) : round(x + side)]
        panels.append(cells(part, 7, 7))
    weights = weights_of("crowd", "crowd")
    assert len(panels) == 72
    assert_shown(panels, [weights[each] for each in EVERY])


def test_the_view_heads_tells_of_the_chosen_head(browser: Browser) -> None:
    buttons = "#crowd .columns:nth-of-type({}) label:nth-of-type({}) input"
    answers = browser(
        CROWD,
        told("crowd"),
        ["click", buttons.format(3, 9)],
        told("crowd"),
        ["press", "ArrowRight"],
        told("crowd"),
    )
    chosen = [(0, 3), (2, 8), (2, 9)]
    told_of = [sentence_of("crowd", "crowd", *each) for each in chosen]
    assert [each for each in answers if each] == told_of


def token_of(figure: str, place: int) -> str:
    """The radio button of a token, from 0."""
    return f"#{figure} .tokens label:nth-of-type({place + 1}) input"


def words(picture: Pixels, whole: Box, boxes: Sequence[Box]) -> Colours:
    """The shade of each word, above and below its letters, `[1, n, 6, 3]`."""
    found = [
        picture[int(box["y"] - whole["y"] + y), int(box["x"] - whole["x"] + x * box["width"])]
        for box in boxes
        for y in (4, box["height"] - 4)
        for x in (0.3, 0.5, 0.7)
    ]
    return np.array(found, np.float64).reshape(1, len(boxes), 6, 3)


def test_the_view_text_shows_every_row_of_every_head(browser: Browser) -> None:
    weights = weights_of("views", "said")
    steps: list[Step] = [VIEWS, ["boxes", "#said .words"], ["boxes", "#said .words label"]]
    for layer, head in PANELS:
        steps += choose("said", layer, head)
        for k in range(len(TOKENS)):
            steps += [["click", token_of("said", k)], ["shot", "#said .words"]]
    answers = browser(*steps)
    [whole], boxes = answers[1:3]
    shown = [words(picture, whole, boxes) for picture in pictures(answers)]
    known = [weights[panel][k : k + 1] for panel in PANELS for k in range(len(TOKENS))]
    assert len(shown) == 21
    assert_shown(shown, known)


def test_a_word_of_one_head_has_a_sentence_of_its_own(browser: Browser) -> None:
    steps: list[Step] = [VIEWS, told("one"), ["click", token_of("one", 0)], told("one")]
    answers = browser(*steps, ["press", "ArrowRight"], told("one"))
    assert answers[1].startswith("it attends 98 % to bat")
    assert answers[3].startswith("the attends")
    assert answers[5].startswith("bat attends")


def test_the_view_scale_shows_every_scale(browser: Browser) -> None:
    weights = weights_of("views", "scales")
    steps: list[Step] = [VIEWS]
    for place in range(7):
        steps += [["click", radio("scales", "columns", place)], ["shot", grid("scales")]]
        steps += [told("scales")]
    answers = browser(*steps)
    assert_shown(seen(answers, 6), list(weights[0]))
    assert len({each for each in answers if isinstance(each, str)}) == 7


def test_lines_change_with_head_and_word(browser: Browser) -> None:
    lines = ["shot", "#lines .arcs > svg"]
    steps: list[Step] = [VIEWS, ["hover", "h1"], lines]
    for choice in (radio("lines", "columns", 1), radio("lines", "rows", 1), token_of("lines", 1)):
        steps += [["click", choice], ["hover", "h1"], lines]
    found = pictures(browser(*steps))
    assert len(found) == 4
    for before, after in pairwise(found):
        assert (np.abs(before.astype(int) - after) > 30).any(axis=-1).mean() > 0.005


def test_each_row_of_the_steps_is_worked_out(browser: Browser) -> None:
    worked = "[...document.querySelectorAll('#worked .worked')].map(e => e.innerText)"
    steps: list[Step] = [VIEWS]
    for k in range(4):
        steps += [["click", f"#worked .row-choice label:nth-of-type({k + 1}) input"]]
        steps += [["value", worked]]
    scores = [each[0] for each in browser(*steps)[2::2]]
    starts = ["the · bat: 2·2", "bat · flew: 1·0 + 2·2", "flew · bat: 2·2", "home · the: 0·0"]
    assert [s.startswith(start) for s, start in zip(scores, starts, strict=True)] == [True] * 4
    assert [s.count("\n") for s in scores] == [0] * 4


@pytest.mark.parametrize("figure", ["map", "scales", "said", "lines"])
def test_a_choice_moves_nothing_over_time(chromium: Browser, figure: str) -> None:
    step = ["click", radio(figure, "columns", 0)]
    running = ["value", "document.getAnimations().length"]
    assert chromium(VIEWS, step, running)[2] == 0
