"""A poem on its surprise, and its lines beside each other, in a real browser without scripts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sitegen.figures.landscape import draw_landscape
from sitegen.figures.likeness import draw_lines
from sitegen.figures.surprise import read_lines
from sitegen.figures.told import Told
from tests.browser.conftest import POLICY, Browser, Step
from tests.browser.panels import pictures
from tests.browser.pictures import Pixels, levels_seen
from tests.published.conftest import look_at, served
from tests.verses import POEM, likeness, surprise

STATIC = Path(__file__).parents[2] / "static"
ARABIC = "في الليل يمشي الخفاش وحيدا\n    لا أحد يسمعه ABC غير النجم"
PAGE = (
    "<!doctype html><html lang={}><head><meta charset=utf-8><title>A poem</title>"
    "<meta name=viewport content='width=device-width,initial-scale=1'>"
    "<link rel=icon href='data:,'><link rel=stylesheet href=style.css>"
    "<link rel=stylesheet href=figures.css></head><body>"
    "<main><h1>A poem</h1>{}</main></body></html>"
)
OPEN: Step = ["open", "/index.html"]
LINES = "#poem .landscape label"
CHECKED = f"[...document.querySelectorAll('{LINES}')].findIndex(e => e.querySelector(':checked'))"
SHOWN = "[...document.querySelectorAll('#poem .moment')].filter(e => e.offsetParent)"
MOMENT = f"{SHOWN}.map(e => e.innerText.split('\\n')[0])"
TOLD = "document.querySelector('#lines [role=status]').innerText"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Two pages of figures, one of them from right to left, served under the strict policy."""
    folder = tmp_path_factory.mktemp("poem")
    for name, language, text in (("index", "en", POEM), ("arabic", "ar", ARABIC)):
        count = sum(bool(line.strip()) for line in text.split("\n"))
        poem = Told(id="poem", text=text, model="M-135", caption="Read.")
        lines = Told(id="lines", text=text, model="M-22", caption="Compared.")
        figures = draw_landscape(poem, surprise(text)), draw_lines(lines, likeness(count))
        html = PAGE.format(language, "".join(figure.html for figure in figures))
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    for sheet in ("style.css", "figures.css"):
        shutil.copy(STATIC / sheet, folder)
    with served(folder, POLICY) as base:
        yield base


def line(number: int) -> str:
    """A line of the landscape, from 1; stanzas are apart, and what was expected is between."""
    return f"{LINES}[data-bits]:nth-of-type({number})"


def first_words() -> list[str]:
    """The first word with a number of each line, and its number."""
    known = [each.known[0] for each in read_lines(POEM, surprise(POEM))]
    return [f"{POEM[word.start : word.end]} {(bits + 50) // 100 / 10}" for bits, word in known]


def test_a_line_is_chosen_by_mouse_and_by_keyboard_and_shows_what_was_expected(
    browser: Browser, place: str
) -> None:
    look: list[Step] = [["value", CHECKED], ["value", MOMENT]]
    steps: list[Step] = [OPEN, *look, ["click", f"{line(5)} span:nth-of-type(3)"], *look]
    for key in ("ArrowDown", "ArrowDown", "ArrowUp"):
        steps += [["press", key], *look]
    answers = [each for each in browser(*steps, base=place) if each is not None]
    chosen, moments = answers[0::2], answers[1::2]
    assert chosen[1:] == [4, 5, 6, 5]
    assert moments == [[first_words()[i]] for i in chosen]


def test_the_poem_is_one_stop_of_the_tab_key(chromium: Browser, place: str) -> None:
    named = "document.activeElement.closest('fieldset, label, summary, a').className"
    steps: list[Step] = [OPEN, ["focus", "#poem .switch input"], ["press", "Tab"], ["value", named]]
    answers = chromium(
        *steps, ["press", "Tab"], ["value", "document.activeElement.tagName"], base=place
    )
    assert answers[-3:] == ["", None, "SUMMARY"]


def test_the_poem_is_copied_as_it_was_written(chromium: Browser, place: str) -> None:
    # A legend is copied too, unless the selection begins behind it.
    copied = """(() => { const poem = document.querySelector('#poem .landscape');
        const selection = getSelection();
        selection.setBaseAndExtent(poem, 1, poem, poem.childNodes.length);
        return selection.toString(); })()"""
    text = chromium(OPEN, ["value", copied], base=place)[1]
    assert text.strip("\n") == POEM


def shades_of(
    place: str, browser: Browser, *before: Step
) -> tuple[Pixels, list[Mapping[str, Any]]]:
    """A picture of the poem, and where its tokens are."""
    spans = "[...document.querySelectorAll('#poem .landscape label > span')]"
    boxes = f"""{spans}.map(e => {{
        const r = e.getClientRects()[0], p = e.closest('fieldset').getBoundingClientRect();
        return [e.className, r.x - p.x, r.y - p.y, r.width, r.height] }})"""
    answers = browser(*before, OPEN, ["value", boxes], ["shot", "#poem .landscape"], base=place)
    [picture] = pictures(answers)
    return picture, answers[-2]


@pytest.mark.parametrize(
    "media", [{}, {"prefers-color-scheme": "dark"}, {"forced-colors": "active"}], ids=str
)
def test_each_token_is_as_dark_as_it_was_surprising(
    chromium: Browser, place: str, media: dict[str, str]
) -> None:
    picture, boxes = shades_of(place, chromium, ["media", media])
    known = np.array([int(name[1:]) for name, *_ in boxes])
    # Above the letters of a token, at its right edge.
    seen = np.array([picture[int(y) + 2, int(x + width) - 2] for _, x, y, width, _ in boxes], float)
    paper = np.median(picture.reshape(-1, 3), axis=0)
    darkest = seen[known.argmax()]
    ink = paper + (darkest - paper) * 15 / known.max()
    assert known.max() >= 12
    assert np.abs(darkest - paper).max() > 60
    assert (
        np.abs(levels_seen(seen, paper.astype(np.uint8), ink.astype(np.uint8)) - known).max() < 0.6
    )


def test_a_switch_takes_the_shades_away(chromium: Browser, place: str) -> None:
    dark = "document.querySelector('#poem .b15, #poem .b14, #poem .b13')"
    colour = f"getComputedStyle({dark}).backgroundColor"
    steps: list[Step] = [OPEN, ["value", colour], ["click", "#poem .switch"], ["value", colour]]
    before, after = (each for each in chromium(*steps, base=place) if each)
    assert " / 0)" not in before
    assert " / 0)" in after or after == "rgba(0, 0, 0, 0)"


def test_letters_that_join_are_joined_across_tokens(chromium: Browser, place: str) -> None:
    wide = """[...document.querySelectorAll('#poem .landscape label')].map(e => {
        const range = document.createRange();
        range.selectNodeContents(e);
        return range.getBoundingClientRect().width })"""
    plain = """document.querySelectorAll('#poem .landscape label').forEach(e => {
        const kept = [...e.children].filter(c => c.matches('input, svg')), text = e.textContent;
        e.textContent = text;
        e.append(...kept) })"""
    steps: list[Step] = [
        ["open", "/arabic.html"],
        ["value", wide],
        ["value", plain],
        ["value", wide],
    ]
    answers = chromium(*steps, base=place)
    assert answers[1] == pytest.approx(
        answers[3], abs=12
    )  # the mark of a line break, and an indent


def test_a_line_shows_how_alike_the_others_are(browser: Browser, place: str) -> None:
    cells = np.frombuffer(likeness(8).cells, "<i4").reshape(8, 8) / 10_000
    for number in (2, 7):
        button = f"#lines .verses label:nth-of-type({number}) input"
        steps: list[Step] = [["width", 1280, 3000], OPEN, ["click", button], ["hover", "h1"]]
        steps += [["value", TOLD]]
        steps += [["boxes", "#lines .verses"], ["boxes", "#lines .verses label"]]
        answers = browser(*steps, ["shot", "#lines .verses"], base=place)
        told, [whole], boxes = answers[4:7]
        [picture] = pictures(answers)
        assert told.startswith(f"Line {number} is nearest to line ")
        known = np.floor(np.clip(cells[number - 1], 0, 1) * 15 + 0.5)
        known[number - 1] = 0
        seen = np.array(
            [
                picture[
                    int(box["y"] - whole["y"] + 5), int(box["x"] - whole["x"] + box["width"]) - 8
                ]
                for box in boxes
            ],
            float,
        )
        paper, darkest = seen[number - 1], seen[known.argmax()]
        ink = paper + (darkest - paper) * 15 / known.max()
        assert np.abs(levels_seen(seen, paper, ink) - known).max() < 0.6


def test_a_choice_of_a_line_moves_the_outlines_of_the_heatmap(
    chromium: Browser, place: str
) -> None:
    marks = "['across', 'along'].map(c => new DOMMatrix(getComputedStyle(document.querySelector("
    marks += "'#lines .' + c)).transform)).map(m => [m.e, m.f])"
    button = "#lines .verses label:nth-of-type(6) input"
    answers = chromium(OPEN, ["click", button], ["value", marks], base=place)
    assert answers[2] == [[0, 5], [5, 0]]


def test_axe_finds_nothing_and_nothing_scrolls_sideways(place: str) -> None:
    narrow: dict[str, Any] = {"scheme": "dark", "width": 320}
    modes: list[dict[str, Any]] = [{"scheme": "light"}, narrow, {"forced": True}]
    views = [{"page": "/index.html", "axe": True} | mode for mode in modes]
    views.append({"page": "/arabic.html", "axe": True} | narrow)
    seen = look_at(place, views)
    assert [(each["view"], each["violations"]) for each in seen if each["violations"]] == []
    assert [each["view"] for each in seen if each["sideways"]] == []
    assert [each["console"] for each in seen if each["console"]] == []


def test_every_line_can_be_hit(chromium: Browser, place: str) -> None:
    targets = ("label", ".switch")
    steps: list[Step] = [["width", 320], OPEN, *(["boxes", f"main {each}"] for each in targets)]
    for boxes in chromium(*steps, base=place)[2:]:
        assert boxes
        assert [box for box in boxes if min(box["width"], box["height"]) < 24] == []
