"""The view `text`: words before cells, each word a choice."""

from __future__ import annotations

import gzip
import re
from functools import cache
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from numpy.typing import NDArray

from sitegen.errors import Span
from sitegen.figures import draw
from sitegen.figures.scene import Scene
from sitegen.figures.spec import MOST_TOKENS, read_spec
from sitegen.figures.sprite import all_levels, write_sprite
from sitegen.figures.tokens import turns, way
from sitegen.figures.views import open_scene
from sitegen.figures.weights import levels, percents
from sitegen.model import Fence, Figure
from tests.figures import CSS, place, shown, tree

SVG = "{http://www.w3.org/2000/svg}"
BAT = "model: toy\nview: text\ntext: [CLS] the bat flew at night [SEP]\nseed: 2017\n"
ONE = BAT + "d_model: 8\n"
STACK = BAT + "d_model: 96\nlayers: 6\nheads: 12\nlayer: 2\nhead: 4\nfrom: bat\n"
LONG = (
    "model: toy\nview: text\ntext: " + " ".join(f"w{i}" for i in range(64)) + "\nseed: 3\n"
    "d_model: 96\nlayers: 6\nheads: 12\npositions: yes\n"
)
HOSTILE = (
    'model: toy\nview: text\ntokens: " " "><script>alert(1)</script> & \'x שלום 👩‍👩‍👧‍👧 我\n'
    "seed: 1\nd_model: 4\ncaption: </figure><script>\n"
)

Levels = NDArray[np.uint8]


def fence(text: str, name: str = "figure.1") -> Fence:
    return Fence(id=name, text=text, span=Span("a.md", 1))


@cache
def figure(text: str, name: str = "figure.1") -> Figure:
    return draw(fence(text, name))


@cache
def scene(text: str) -> Scene:
    return open_scene(read_spec(fence(text)))


def page(text: str, name: str = "figure.1") -> ET.Element:
    """The figure of a block; our markup is XML."""
    return tree(figure(text, name).html)


def file(text: str) -> ET.Element:
    return ET.fromstring(figure(text).svg)  # noqa: S314


def labels(of: ET.Element) -> list[ET.Element]:
    (words,) = (each for each in of.iter("fieldset") if "words" in each.get("class", ""))
    return words.findall("label")


def windows(of: ET.Element) -> list[ET.Element]:
    return [svg for label in labels(of) for svg in label.findall("svg")]


def words(of: ET.Element) -> list[str]:
    return [label[-1].tail or "" for label in labels(of)]


def moved(transform: str | None) -> tuple[int, int]:
    found = re.fullmatch(r"translate\((-?\d+) (-?\d+)\)", transform or "translate(0 0)")
    assert found
    return int(found[1]), int(found[2])


def chosen(of: ET.Element) -> list[str]:
    return [label[-1].tail or "" for label in labels(of) if label[0].get("checked") is not None]


def told(of: ET.Element) -> list[str]:
    (box,) = (each for each in of.iter("div") if each.get("class") == "told")
    return [each.text or "" for each in box]


@pytest.mark.parametrize("text", [ONE, STACK, LONG])
def test_each_word_stands_before_the_cell_where_the_chosen_row_meets_its_column(text: str) -> None:
    drawn, from_ = page(text), scene(text).spec.row or 0
    weights = scene(text).weights.units
    assert write_sprite(weights, "figure.1.cells") in figure(text).html
    picture, (row, column), n = all_levels(weights), scene(text).chosen, weights.shape[-1]
    seen = []
    for window in windows(drawn):
        x, y, width, height = map(float, (window.get("viewBox") or "").split())
        assert int(x) == int(x + width), "two columns at once"
        assert moved(window[-1].get("transform")) == (0, -from_)
        assert 0 < y < y + height < 1, "two rows at once"
        seen.append((from_, int(x)))
    slides = [
        moved(each.get("transform")) for each in drawn.iter("g") if each.get("class") == "slide"
    ]
    across, down = slides[0] if slides else (0, 0)
    shown = [picture[q - down, k - across] for q, k in seen]
    assert shown == levels(weights[row, column, from_]).tolist()
    assert len(shown) == n


def test_the_panel_is_written_once_and_shown_behind_all_words_but_nothing_beyond_it() -> None:
    drawn = page(STACK)
    used = [use.get("href") for window in windows(drawn) for use in window.iter("use")]
    assert used == ["#figure.1.panel"] * 7
    (panel,) = (each for each in drawn.iter("g") if each.get("id") == "figure.1.panel")
    assert panel[0].get("viewBox") == "0 0 7 7"
    assert (panel[0].get("width"), panel[0].get("height")) == ("7", "7")


def test_a_checked_word_slides_every_window_to_its_row() -> None:
    rows = [place(".tokens label@ :checked", "token", k + 1) for k in range(MOST_TOKENS)]
    assert rows == [*range(MOST_TOKENS)]
    height = float((windows(page(STACK))[0].get("viewBox") or "").split()[-1])
    slid = r"\.token\{transform:translateY\(calc\(\(var\(--token\) \+ var\(--token8\)\)\*(-\d+)%"
    (percent,) = re.findall(slid, CSS)
    assert int(percent) / 100 * height == -1, "not one cell for each token"
    assert {window[-1].get("class") for window in windows(page(STACK))} == {"token"}


def test_one_word_is_chosen_at_first() -> None:
    assert chosen(page(STACK)) == ["bat"]
    assert chosen(page(ONE)) == ["[CLS]"]
    assert chosen(page(ONE + "causal: yes\n")) == ["[SEP]"]
    assert figure(ONE + "causal: yes\n").sentence.startswith("[SEP] attends ")


def test_the_sentence_follows_the_word_where_there_is_one_panel() -> None:
    sentences = told(page(ONE + "from: bat\n"))
    assert [each.partition(" attends ")[0] for each in sentences] == words(page(ONE))
    shares = percents(scene(ONE).panel)
    for row, each in zip(shares.tolist(), sentences, strict=True):
        assert f"attends {max(row)}\u00a0% to" in each
    (first,) = (
        each.text for each in page(ONE + "from: bat\n").iter("p") if each.get("class") == "first"
    )
    assert first == sentences[2] == figure(ONE + "from: bat\n").sentence


def test_every_word_has_a_rule_that_shows_its_sentence_and_one_more_for_all_of_them() -> None:
    for k in range(1, MOST_TOKENS + 1):
        assert shown(".tokens label@ :checked", ".told ", k, MOST_TOKENS) == [k]


def test_the_sentences_of_many_panels_are_the_first_words_and_hidden_for_another() -> None:
    (readouts,) = (each for each in page(STACK).iter("div") if each.get("class") == "readouts")
    sentences = [each.text or "" for each in readouts.iter("li")]
    assert len(sentences) == 72
    assert all(each.startswith("bat attends ") for each in sentences)
    assert ".tokens :checked:not([checked])) .readouts *{visibility:hidden" in CSS


def test_hostile_words_are_words() -> None:
    drawn = page(HOSTILE)
    expected = ["␣", '"><script>alert(1)</script>', "&", "'x", "שלום", "👩‍👩‍👧‍👧", "我"]
    assert words(drawn) == expected
    assert "<script" not in figure(HOSTILE).html + figure(HOSTILE).svg
    assert {label.get("dir") for label in labels(drawn)} == {"auto"}
    shown = ["".join(each.itertext()) for each in file(HOSTILE).iter(f"{SVG}text")]
    assert [each for each in words(drawn) if each not in shown] == []


@pytest.mark.parametrize("text", [ONE, STACK, HOSTILE])
def test_nothing_runs_and_nothing_has_a_style_of_its_own(text: str) -> None:
    for element in page(text).iter():
        assert element.tag not in {"script", "style", "foreignObject"}
        assert not [name for name in element.attrib if name.startswith(("on", "style"))]


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (["the", "bat"], "ltr"),
        (["(", "2017", "שלום", "bat"], "rtl"),
        (["مرحبا"], "rtl"),
        (["1", "…"], "ltr"),
        (["我", "שלום"], "ltr"),
    ],
)
def test_the_text_runs_as_its_first_letter_does(tokens: list[str], expected: str) -> None:
    assert way(tokens) == expected
    drawn = page("model: toy\nview: text\nseed: 1\nd_model: 4\ntokens: " + " ".join(tokens))
    assert [each.get("dir") for each in drawn.iter("fieldset")] == [expected]


def test_words_of_another_direction_keep_their_own_order() -> None:
    tokens = ["אני", "self", "2017", "attention", "!", "בלילה", "bat"]
    assert turns(tokens, "rtl") == [range(1, 4), range(6, 7)]
    assert turns(["a", "b"], "ltr") == []
    drawn = page("model: toy\nview: text\nseed: 1\nd_model: 4\ntokens: " + " ".join(tokens))
    between = [label.tail or "" for label in labels(drawn)]
    assert [each.strip() for each in between] == [
        "\u2066",
        "",
        "",
        "\u2069",
        "",
        "\u2066",
        "\u2069",
    ]


@pytest.mark.parametrize("text", [ONE, STACK, LONG, ONE + "causal: yes\n"])
def test_the_file_shades_each_word_by_the_weight_from_the_outlined_one(text: str) -> None:
    svg, of = file(text), scene(text)
    row = of.spec.row if of.spec.row is not None else 6 if of.spec.causal else 0
    (shade,) = (
        each
        for each in svg.findall(f"{SVG}g")
        if each.get("class") == "shade" and each.find(f"{SVG}linearGradient") is None
    )
    seen = [round(float(each.get("fill-opacity", "")) * 15) for each in shade]
    assert seen == levels(of.panel[row]).tolist()
    (mark,) = (each for each in svg.iter(f"{SVG}rect") if each.get("class") == "mark")
    assert [mark.get(key) for key in "xy"] == [shade[row].get(key) for key in "xy"]


@pytest.mark.parametrize(
    "text", [ONE, LONG, HOSTILE, BAT.replace("night", "n" * 100) + "d_model: 4"]
)
def test_the_words_of_the_file_stand_inside_it_and_apart(text: str) -> None:
    svg = file(text)
    _, _, width, height = map(int, svg.get("viewBox", "").split())
    boxes = [
        tuple(int(each.get(key, "")) for key in ("x", "y", "width", "height"))
        for each in svg.iter(f"{SVG}rect")
        if each.get("fill-opacity")
    ]
    for i, (x, y, wide, high) in enumerate(boxes):
        assert 0 <= x < x + wide <= width
        assert 0 <= y < y + high <= height
        for a, b, broad, _ in boxes[:i]:
            assert b != y or a + broad <= x or x + wide <= a


def test_the_file_is_read_from_right_to_left_where_the_text_is() -> None:
    drawn = file("model: toy\nview: text\nseed: 1\nd_model: 4\ntokens: אני self attention בלילה")
    shown = {each.text: int(each.get("x", "")) for each in drawn.iter(f"{SVG}text")}
    assert shown["אני"] > shown["attention"] > shown["self"] > shown["בלילה"]


def test_two_figures_on_a_page_keep_their_names_apart() -> None:
    elements = [each for name in ("figure.1", "bat") for each in page(STACK, name).iter()]
    ids = [each.get("id", "") for each in elements if each.get("id")]
    assert len(ids) == len(set(ids))
    known = {f"#{each}" for each in ids}
    assert {each.get("href", "") for each in elements if each.tag == "use"} <= known
    groups = {each.get("name") for each in elements if each.tag == "input"}
    assert {
        f"{name}.{kind}" for name in ("figure.1", "bat") for kind in ("token", "rows", "columns")
    } == groups


def test_the_figure_is_named_after_its_text() -> None:
    drawn = page(STACK)
    (name,) = (each.text for each in drawn.iter() if each.get("id") == drawn.get("aria-labelledby"))
    assert name == "Text shaded by attention: [CLS] the bat flew at night [SEP]"


@pytest.mark.parametrize(
    ("text", "budget"),
    [(ONE, 1_500), (STACK, 3_500), (LONG, 22_000), (LONG + "causal: yes", 22_000)],
)
def test_a_figure_is_light(text: str, budget: int) -> None:
    assert len(gzip.compress(figure(text).html.encode(), 9)) <= budget
