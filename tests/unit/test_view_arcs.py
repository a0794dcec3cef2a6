"""The view `arcs`: a line from each token to each token, of all heads."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from functools import cache
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from sitegen.errors import FigureError, Span
from sitegen.figures import draw
from sitegen.figures.arcs import STEP, STROKE, WIDE
from sitegen.figures.needs import MOST_JOINED
from sitegen.figures.scene import Scene
from sitegen.figures.spec import read_spec
from sitegen.figures.sprite import write_sprite
from sitegen.figures.views import open_scene
from sitegen.figures.weights import levels
from sitegen.model import Fence, Figure
from tests.figures import CSS, place, tree

SVG = "{http://www.w3.org/2000/svg}"
WORDS = ["the", "bat", "flew", "at", "night", "over", "it"]
BAT = f"model: toy\nview: arcs\ntext: {' '.join(WORDS)}\nseed: 2017\n"
ONE = BAT + "d_model: 8\n"
STACK = BAT + "d_model: 96\nlayers: 6\nheads: 12\nlayer: 2\nhead: 4\n"
TWENTY = (
    "model: toy\nview: arcs\ntext: " + " ".join(f"w{i}" for i in range(MOST_JOINED)) + "\n"
    "seed: 3\nd_model: 96\nlayers: 6\nheads: 12\n"
)
HOSTILE = (
    'model: toy\nview: arcs\ntokens: " " "><script>alert(1)</script> & \'x שלום 👩‍👩‍👧‍👧 我\n'
    "seed: 1\nd_model: 4\ncaption: </figure><script>\n"
)

Matrix = tuple[float, ...]


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


def lines(of: ET.Element) -> ET.Element:
    (found,) = (each for each in of.iter("svg") if each.get("role") == "img" and each.find("mask"))
    return found


def part(of: ET.Element, name: str) -> ET.Element:
    (found,) = (each for each in of.iter() if name in each.get("class", "").split())
    return found


def numbers(text: str | None) -> Matrix:
    return tuple(map(float, re.findall(r"-?[\d.]+", text or "")))


def before(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    """The point that `matrix(a b c d e f)` takes to (x, y)."""
    a, b, c, d, e, f = matrix
    across, down = np.linalg.solve([[a, c], [b, d]], [x - e, y - f])
    return float(across), float(down)


def cells_of(of: ET.Element, n: int) -> Iterator[tuple[int, int, set[tuple[float, float]]]]:
    """For each line: the row where it begins, the one where it ends, the cells along it."""
    drawn = lines(of)
    masks = {each.get("id"): numbers(each.get("stroke-width"))[0] for each in drawn.findall("mask")}
    (skew,) = (numbers(g.get("transform")) for g in of.iter("g") if g.get("id") == "figure.1.panel")
    for group in drawn.findall("g"):
        slope, window = numbers(group.get("transform")), group[0]
        left, top, width, height = numbers(window.get("viewBox"))
        assert top == 0
        assert width / height == WIDE / (STEP * n), "it would be letterboxed"
        high = masks[(group.get("mask") or "")[5:-1]]
        for row in range(n):
            middle = STEP * (row + 0.5)
            end = (slope[1] * WIDE + middle) / STEP - 0.5
            seen = set()
            for x in (0.0, WIDE / 3, float(WIDE)):
                for edge in (-high / 2, 0, high / 2):
                    at = x / WIDE * width + left, (middle + edge) / STEP
                    key, query = before(skew, *at)
                    seen.add((query // 1, key // 1))
            yield row, round(end), seen


@pytest.mark.parametrize("text", [ONE, STACK, TWENTY])
def test_each_line_has_the_shade_of_the_cell_of_its_two_ends_and_of_no_other(text: str) -> None:
    n = len(scene(text).spec.tokens)
    joined = dict[tuple[int, int], int]()
    for query, key, seen in cells_of(page(text), n):
        if 0 <= key < n:  # no strip of a window reaches beyond the panel, which ends there
            assert seen == {(query, key)}
            joined[query, key] = joined.get((query, key), 0) + 1
        else:
            assert not {(q, k) for q, k in seen if 0 <= k < n}
    assert joined == {(query, key): 1 for query in range(n) for key in range(n)}


def test_the_panel_is_cut_out_of_the_sprite_of_all_heads() -> None:
    drawn = page(STACK)
    assert write_sprite(scene(STACK).weights.units, "figure.1.cells") in figure(STACK).html
    (panel,) = (each for each in drawn.iter("g") if each.get("id") == "figure.1.panel")
    assert panel[0].get("viewBox") == "0 0 7 7"
    assert (panel[0].get("width"), panel[0].get("height")) == ("7", "7")
    assert panel[0][0].get("class") == "slide"
    assert panel[0][0].get("transform") == "translate(-21 -7)"


def test_where_a_token_sees_only_what_came_before_no_line_falls() -> None:
    slopes = [
        numbers(each.get("transform"))[1] for each in lines(page(ONE + "causal: yes")).findall("g")
    ]
    assert len(slopes) == 7
    assert max(slopes) == 0


def test_strips_are_cut_a_token_apart_and_one_more_for_the_chosen_token() -> None:
    drawn = lines(page(ONE + "from: flew\n"))
    assert numbers(part(drawn, "others").get("d"))[:2] == (0, STEP / 2)
    assert (part(drawn, "others").get("d") or "").count(f"h{WIDE}") == 7
    assert part(drawn, "others").get("opacity") == ".12"
    assert part(drawn, "chosen").get("transform") == f"translate(0 {2 * STEP})"
    assert part(lines(page(ONE)), "others").get("opacity") is None


def test_a_line_is_about_as_thick_however_steep_it_is() -> None:
    drawn = lines(page(TWENTY))
    masks = {each.get("id"): numbers(each.get("stroke-width"))[0] for each in drawn.findall("mask")}
    for group in drawn.findall("g"):
        slope, high = numbers(group.get("transform"))[1], masks[(group.get("mask") or "")[5:-1]]
        assert high / np.hypot(1, slope) == pytest.approx(STROKE, rel=0.25)


def test_the_reader_chooses_a_token_or_all() -> None:
    labels = part(page(ONE), "from").findall("label")
    assert ["".join(each.itertext()) for each in labels] == [*WORDS, "all"]
    assert [each[0].get("checked") is not None for each in labels] == [False] * 7 + [True]
    first = part(page(ONE + "from: flew\n"), "from").findall("label")
    assert ["".join(each.itertext()) for each in first if each[0].get("checked") is not None] == [
        "flew"
    ]


def test_pointing_at_a_token_shows_its_lines_as_choosing_it_does() -> None:
    rows = [place(":is(.from,.words) label@:hover", "token", k + 1) for k in range(MOST_JOINED)]
    assert rows == [*range(MOST_JOINED)]
    assert ".attention:has(:is(.from,.words) label:nth-of-type(n):hover){--others:.12}" in CSS
    assert f".chosen{{transform:translateY(calc((var(--token) + var(--token8))*{STEP}px))}}" in CSS
    assert ".others{opacity:var(--others)}" in CSS
    assert ".arcs>svg>mask{mask-type:alpha}" in CSS, "the mask of the cells is one of lightness"


def test_it_is_written_where_lines_begin_and_end() -> None:
    drawn = page(ONE)
    assert part(drawn, "from").findtext("legend") == "from"
    assert [each.text for each in part(drawn, "to")] == [
        "to",
        *WORDS,
    ]
    shown = [each.text for each in file(ONE).iter(f"{SVG}text")]
    assert (shown[7], shown[15]) == ("from", "to")


def test_there_is_a_sentence_for_each_token_and_for_all() -> None:
    told = [each.text or "" for each in part(page(ONE), "told")]
    assert [each.split(" ")[0] for each in told] == [
        *WORDS,
        "Largest",
    ]
    assert part(page(ONE), "first").text == told[-1] == figure(ONE).sentence


@pytest.mark.parametrize("text", [ONE, STACK, TWENTY, ONE + "from: flew\n", ONE + "causal: yes\n"])
def test_the_lines_of_the_file_are_the_weights(text: str) -> None:
    of = scene(text)
    groups = [each for each in file(text).findall(f"{SVG}g") if each.get("stroke")]
    seen = np.zeros_like(of.panel)
    for query, group in enumerate(groups):
        faint = of.spec.row is not None and query != of.spec.row
        assert group.get("opacity") == (".12" if faint else None)
        for path in group.iter(f"{SVG}path"):
            places = re.findall(r"M\d+ (\d+)l(\d+) (-?\d+)", path.get("d", ""))
            assert {(int(y) - 22) // STEP for y, _, _ in places} == {query}
            assert {int(across) for _, across, _ in places} == {WIDE}
            for _, _, down in places:
                level = round(float(path.get("stroke-opacity", "")) * 15)
                seen[query, query + int(down) // STEP] += level
    assert seen.tolist() == levels(of.panel).tolist()


def test_hostile_tokens_are_text() -> None:
    drawn = page(HOSTILE)
    shown = ["".join(each.itertext()) for each in part(drawn, "from").findall("label")]
    assert shown == ["␣", '"><script>alert(1)</script>', "&", "'x", "שלום", "👩‍👩‍👧‍👧", "我", "all"]
    assert [each.text for each in part(drawn, "to")][1:] == shown[:-1]
    assert "<script" not in figure(HOSTILE).html + figure(HOSTILE).svg


@pytest.mark.parametrize("text", [ONE, STACK, HOSTILE])
def test_nothing_runs_and_nothing_has_a_style_of_its_own(text: str) -> None:
    for element in page(text).iter():
        assert element.tag not in {"script", "style", "foreignObject"}
        assert not [name for name in element.attrib if name.startswith(("on", "style"))]


def test_two_figures_on_a_page_keep_their_names_apart() -> None:
    elements = [each for name in ("figure.1", "bat") for each in page(TWENTY, name).iter()]
    ids = [each.get("id", "") for each in elements if each.get("id")]
    assert len(ids) == len(set(ids))
    known = {f"#{each}" for each in ids}
    assert {each.get("href", "") for each in elements if each.tag == "use"} <= known
    assert {(each.get("mask") or "url()")[4:-1] for each in elements} <= known | {""}
    groups = {each.get("name", "").rpartition(".")[0] for each in elements if each.tag == "input"}
    assert groups == {"figure.1", "bat"}


def test_the_picture_has_a_name() -> None:
    drawn = page(STACK)
    assert lines(drawn).findtext("title") == "Attention lines: the bat flew at night over it"
    assert lines(drawn).find("title").get("id") == drawn.get("aria-labelledby")  # type: ignore[union-attr]


def test_too_many_tokens_are_refused_where_the_view_is_named() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        figure(TWENTY.replace("w0 ", "w0 w w "))
    (error,) = caught.value.exceptions
    assert isinstance(error, FigureError)
    assert error.message == '22 tokens are too many for the view "arcs"'
    assert error.hint is not None
    assert error.hint.startswith("at most 20; ")
    assert error.span == Span("a.md", 3, 7, 4)


@pytest.mark.parametrize(
    ("text", "budget"),
    [(ONE, 1_750), (STACK + "causal: yes\n", 3_500), (STACK, 3_900), (TWENTY, 9_200)],
)
def test_a_figure_is_light(text: str, budget: int) -> None:
    # Random cells hold more than learned ones: those of a model of 72 heads come to 3,500 bytes.
    assert len(gzip.compress(figure(text).html.encode(), 9)) <= budget
