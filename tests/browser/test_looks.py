"""The figures in every light, at every width, on old browsers, and with nothing but a keyboard."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from tests.browser.conftest import Browser, Variant
from tests.browser.panels import (
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

VIEWS: Step = ["open", "/posts/views/"]
HEADS: Step = ["open", "/posts/heads/"]
SCHEMES = {
    "light": {"prefers-color-scheme": "light"},
    "dark": {"prefers-color-scheme": "dark"},
    "forced": {"forced-colors": "active"},
    "forced dark": {"forced-colors": "active", "prefers-color-scheme": "dark"},
}
CHOICES = {  # a choice that is not the first of each view, and what shows it
    "map": "#map .columns label:nth-of-type(2)",
    "crowd": "#crowd .columns label:nth-of-type(2)",
    "worked": "#worked .row-choice label:nth-of-type(3)",
    "scales": "#scales .columns label:nth-of-type(2)",
    "said": "#said .words label:nth-of-type(5)",
    "lines": "#lines .tokens label:nth-of-type(5)",
}
IDS = ["map", "crowd", "worked", "scales", "said", "one", "lines"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_cells_are_shades_in_every_scheme(chromium: Browser, scheme: str) -> None:
    letters = "getComputedStyle(document.querySelector('#bat .keys text')).fill"
    body = "getComputedStyle(document.body).color"
    media = ["media", SCHEMES[scheme]]
    look = [["shot", grid("bat")], ["value", letters], ["value", body]]
    answers = chromium(media, HEADS, *choose("bat", 2, 8), *look)
    panels = seen(answers, 7)
    paper, top = assert_shown(panels, [weights_of("heads", "bat")[2, 8]])
    assert (paper.mean() < 60) == ("dark" in scheme)
    assert answers[-2] == answers[-1]  # in forced colours, CanvasText
    if "forced" in scheme:
        assert np.ptp(top) < 3  # a shade of grey
        assert answers[-1] == ("rgb(255, 255, 255)" if "dark" in scheme else "rgb(0, 0, 0)")


@pytest.mark.parametrize(
    ("act", "scheme"), [*(("click", scheme) for scheme in SCHEMES), ("hover", "light")]
)
def test_a_choice_and_a_pointer_are_seen(chromium: Browser, act: str, scheme: str) -> None:
    steps: list[Step] = [["media", SCHEMES[scheme]], ["width", 1280, 4600], VIEWS]
    for label in CHOICES.values():
        away = [["hover", "h1"]] if act == "click" else []
        steps += [["hover", "h1"], ["shot", label], [act, f"{label} input"], *away]
        steps += [["shot", label]]
    shots = pictures(chromium(*steps))
    changed = {
        name: int((before[: len(after)] != after[: len(before)]).any(axis=-1).sum())
        if before.shape == after.shape
        else before.size
        for name, before, after in zip(CHOICES, shots[::2], shots[1::2], strict=True)
    }
    assert {name for name, count in changed.items() if count < 10} == set()


HITS = """[...document.querySelectorAll("article label")].map(label => {
  const input = label.querySelector("input") ?? document.getElementById(label.htmlFor);
  label.scrollIntoView({block: "center", inline: "center"});
  const a = label.getBoundingClientRect(), b = input.getBoundingClientRect();
  const hit = document.elementFromPoint(a.x + a.width / 2, a.y + a.height / 2);
  return {
    name: input.name + ": " + label.innerText,
    width: Math.max(a.width, label.contains(input) ? b.width : 0),
    height: Math.max(a.height, label.contains(input) ? b.height : 0),
    hit: hit === input || hit === label || label.contains(hit),
  };
})"""
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_every_choice_is_large_enough_for_a_finger(browser: Browser, width: int) -> None:
    found = []
    for page in ("views", "heads"):
        opened = ["open", f"/posts/{page}/"]
        _, _, sideways, hits = browser(
            ["width", width], opened, ["value", SIDEWAYS], ["value", HITS]
        )
        assert not sideways
        found += hits
    assert len(found) > 100
    small = [each for each in found if each["width"] < 24 or each["height"] < 24]
    assert small == []
    assert [each for each in found if not each["hit"]] == []


def test_twelve_heads_fit_360_pixels_and_a_long_text_scrolls_alone(browser: Browser) -> None:
    beyond = "(e => e.scrollWidth > e.clientWidth)(document.querySelector('#bat {}'))"
    steps: list[Step] = [["width", 360], HEADS, ["value", beyond.format(".choices")]]
    steps += [["value", beyond.format(".plot")], ["boxes", "#bat .columns label"]]
    steps += [["open", "/posts/long/"], ["value", SIDEWAYS], ["value", beyond.format(".plot")]]
    _, _, choices, plot, labels, _, sideways, long_plot = browser(*steps)
    assert (choices, plot, sideways, long_plot) == (False, False, False, True)
    assert len(labels) == 12
    assert min(label["x"] for label in labels) >= 0
    assert max(label["x"] + label["width"] for label in labels) <= 360


ACTIVE = """(e => {
  const s = getComputedStyle(e);
  return [e.closest("figure")?.id ?? "", e.tagName, s.outlineStyle, parseFloat(s.outlineWidth)];
})(document.activeElement)"""


def test_the_keyboard_goes_from_figure_to_figure_and_is_seen(browser: Browser) -> None:
    steps: list[Step] = [VIEWS]
    for _ in range(50):
        steps += [["press", "Tab"], ["value", ACTIVE]]
    stops = browser(*steps)[2::2]
    parts = [(name, list(part)) for name, part in groupby(stops, key=lambda stop: stop[0])]
    assert [name for name, _ in parts[1:8]] == IDS
    assert parts[0][0] == parts[8][0] == ""  # before the first figure and after the last
    inside = [stop for _, part in parts[1:8] for stop in part]
    assert sum(stop[1] == "INPUT" for stop in inside) == 11
    assert [stop for stop in inside if stop[2] == "none" or stop[3] < 2] == []


def without_has(folder: Path) -> None:
    """An old browser does not know the selector, nor any rule with it."""
    for sheet in folder.glob("*.css"):
        old = sheet.read_text(encoding="utf-8").replace(":has(", ":nosuch(")
        sheet.write_text(old, encoding="utf-8")


def without_style(folder: Path) -> None:
    for sheet in folder.glob("*.css"):
        sheet.write_text("", encoding="utf-8")


CHOOSABLE = """[...document.querySelectorAll("article fieldset")].filter(fieldset =>
  [...fieldset.querySelectorAll("input")].filter(input => input.checkVisibility()).length > 1
).map(fieldset => fieldset.closest("figure").id)"""


def test_an_old_browser_shows_the_default_head_and_offers_no_other(
    chromium: Browser, variant: Variant
) -> None:
    look = [["shot", grid("bat")], told("bat"), ["value", CHOOSABLE]]
    answers = chromium(HEADS, *look, VIEWS, ["value", CHOOSABLE], base=variant(without_has))
    assert_shown(seen(answers, 7), [weights_of("heads", "bat")[0, 3]])
    assert answers[2] == sentence_of("heads", "bat", 0, 3)
    assert answers[3] == answers[5] == []
    assert chromium(HEADS, ["value", CHOOSABLE])[1] == ["bat", "bat", "again", "again"]


def test_without_a_style_sheet_the_default_head_is_there_and_all_is_in_order(
    browser: Browser, variant: Variant
) -> None:
    text = ["value", "document.querySelector('#bat').innerText"]
    answers = browser(HEADS, ["shot", grid("bat")], text, base=variant(without_style))
    [panel] = seen(answers, 7)  # whose cells are blurred without a style
    dark = 255 - panel[:, :, 4].mean(axis=-1).ravel()
    alike = [
        np.corrcoef(dark, each.ravel())[0, 1] for each in weights_of("heads", "bat").reshape(72, -1)
    ]
    assert int(np.argmax(alike)) == 3
    assert max(alike) > 0.99
    order = ["Seven tokens", "Toy model", "Layer", "Head", "Layer 1, head", "The numbers"]
    places = [answers[2].index(each) for each in order]
    assert places == sorted(places)


def test_a_radio_button_is_chosen_by_its_label_and_by_space(browser: Browser) -> None:
    checked = "document.querySelector('#map .columns :checked').parentElement.innerText"
    steps: list[Step] = [VIEWS, ["value", checked]]
    steps += [["click", "#map .columns label:nth-of-type(4)"], ["value", checked]]
    steps += [["focus", radio("map", "columns", 0)], ["press", " "], ["value", checked]]
    assert [each for each in browser(*steps) if each] == ["3", "4", "1"]
