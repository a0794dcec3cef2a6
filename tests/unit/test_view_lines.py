"""The view `lines`: how alike the lines of a poem are, read back from every rendering."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from numpy.typing import NDArray

from sitegen.figures.likeness import draw_lines, hundredths
from sitegen.figures.told import Told
from sitegen.model import Figure, Reading
from tests.figures import CSS, place, shown, tree
from tests.verses import POEM, likeness

GOLDEN = Path(__file__).parent.parent / "golden" / "figures"
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "a \"><script>alert(1)</script> & <!-- ]]>\n\n  'x </fieldset></figure>\nשלום עולם"
LONG = "\n".join(f"line {i} of a poem" for i in range(64))


def given(cells: Sequence[Sequence[int]]) -> Reading:
    n = len(cells)
    return Reading(pieces=(), shape=(n, n), cells=np.array(cells, "<i4").tobytes())


THREE = given([[10_000, 7149, -500], [7149, 10_000, 7151], [-500, 7151, 10_000]])


@cache
def figure(text: str) -> Figure:
    n = sum(bool(line.strip()) for line in text.split("\n"))
    return draw(text, likeness(n))


def draw(text: str, reading: Reading) -> Figure:
    return draw_lines(
        Told(id="figure.1", text=text, model="M-22", caption="Read & <shaded>."), reading
    )


def rows(table: str) -> list[list[str]]:
    return [["".join(cell.itertext()) for cell in row] for row in tree(table).iter("tr")]


def labels(drawn: Figure) -> list[ET.Element]:
    poem = tree(drawn.html).find(".//fieldset[@class='tokens verses']")
    assert poem is not None
    return list(poem.iter("label"))


def levels(root: ET.Element, n: int) -> NDArray[np.int64]:
    """The shades of the cells, drawn from the strokes."""
    found = np.zeros((n, n), np.int64)
    for path in root.iter():
        level = re.fullmatch(r"level-(\d+)", path.get("class", ""))
        if level is None:
            continue
        x, y = 0, 0
        commands = re.findall(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", path.get("d", ""))
        for command, first, second in commands:
            if command == "h":
                found[x : x + int(first), y] = int(level[1])
                x += int(first)
            else:
                absolute = command == "M"
                x = int(first) + (0 if absolute else x)
                y = int(float(second)) + (0 if absolute else y)
    return found


@pytest.mark.parametrize("rendering", ["html", "svg"])
def test_every_cell_has_the_shade_of_its_likeness_but_those_of_a_line_with_itself(
    rendering: str,
) -> None:
    cells = np.frombuffer(likeness(8).cells, "<i4").astype(np.int64).reshape(8, 8)
    expected = (np.clip(cells, 0, None) * 15 + 5000) // 10_000
    np.fill_diagonal(expected, 0)
    root = tree(getattr(figure(POEM), rendering))
    assert len(set(expected.ravel().tolist())) > 8
    assert levels(root, 8).tolist() == expected.tolist()


def test_a_line_tells_which_other_is_nearest_and_the_most_alike_come_first() -> None:
    drawn = draw("the bat\n\n flew, \nat night", THREE)
    told = tree(drawn.html).find("div[@class='told']")
    assert told is not None
    assert [each.text for each in told] == [
        "Line 1 is nearest to line 2 (0.71): “flew,”.",
        "Line 2 is nearest to line 3 (0.72): “at night”.",
        "Line 3 is nearest to line 2 (0.72): “flew,”.",
    ]
    assert [each.get("class") for each in told] == [None, "first", None]
    assert drawn.sentence == "The two most alike: line 2 is nearest to line 3 (0.72): “at night”."


def test_the_table_tells_of_each_line_the_nearest_other() -> None:
    assert rows(draw("the bat\n\n flew, \nat night", THREE).table) == [
        ["line", "nearest to", "likeness"],
        ["1 the bat", "2 flew,", "0.71"],
        ["2 flew,", "3 at night", "0.72"],
        ["3 at night", "2 flew,", "0.72"],
    ]


def test_the_file_of_numbers_has_all_of_them_and_negative_ones_are_below_zero() -> None:
    drawn = draw('the, bat\n\n "flew" \nat night', THREE)
    assert list(csv.reader(io.StringIO(drawn.csv, newline=""))) == [
        ["line", "text", "1", "2", "3"],
        ["1", "the, bat", "1.0000", "0.7149", "-0.0500"],
        ["2", '"flew"', "0.7149", "1.0000", "0.7151"],
        ["3", "at night", "-0.0500", "0.7151", "1.0000"],
    ]
    assert not drawn.whole


@pytest.mark.parametrize(
    ("likeness", "shown"),
    [(7149, "0.71"), (7150, "0.72"), (-500, "−0.05"), (-49, "0.00"), (0, "0.00")],
)
def test_a_likeness_has_two_decimals(likeness: int, shown: str) -> None:
    assert hundredths(likeness) == shown


def test_a_line_alone_is_near_to_no_other() -> None:
    drawn = draw("alone", given([[10_000]]))
    assert drawn.sentence == "There is no other line."
    assert rows(drawn.table)[1] == ["1 alone", "–", "–"]


def test_negative_lines_are_nearest_to_another_and_not_to_themselves() -> None:
    drawn = draw("a\nb", given([[10_000, -700], [-700, 10_000]]))
    assert rows(drawn.table)[1:] == [["1 a", "2 b", "−0.07"], ["2 b", "1 a", "−0.07"]]
    assert "level-" not in drawn.html


@pytest.mark.parametrize("text", [POEM, HOSTILE, LONG])
def test_the_lines_are_choices_in_the_text_of_the_poem(text: str) -> None:
    found = labels(figure(text))
    assert ["".join(label.itertext()) for label in found] == [
        line for line in text.split("\n") if line.strip()
    ]
    assert {label[0].get("name") for label in found} == {"figure.1.token"}
    checked = [label[0].get("checked") is not None for label in found]
    number = re.search(r"line (\d+) is nearest", figure(text).sentence)
    assert number is not None
    assert checked.index(True) == int(number[1]) - 1
    assert sum(checked) == 1


def test_stanzas_stand_apart() -> None:
    assert [label.get("class") for label in labels(figure(POEM))] == [
        *(None, None, "gap", None, None, "gap", None, None)
    ]


def test_each_line_is_before_its_cell_of_the_chosen_row() -> None:
    drawn = figure(POEM)
    checked = next(i for i, each in enumerate(labels(drawn)) if each[0].get("checked") is not None)
    windows = [label[1] for label in labels(drawn)]
    assert [window.get("viewBox") for window in windows] == [f"{i}.2 .2 .5 .5" for i in range(8)]
    for window in windows:
        assert window[0].get("transform") == f"translate(0 {-checked})"
        assert window[0].get("href") == "#figure.1.panel"
    marks = {each.get("class"): each.get("transform") for each in tree(drawn.html).iter("rect")}
    assert marks["across"] == f"translate(0 {checked})"
    assert marks["along"] == f"translate({checked})"


def test_a_choice_of_64_lines_moves_windows_marks_and_sentence() -> None:
    places = [place(".tokens label@ :checked", "token", k) for k in range(1, 65)]
    assert places == [*range(64)]
    for k in (1, 9, 64):
        assert shown(".tokens label@ :checked", ".told ", k, 64) == [k]
    for mark, axis in (("across", "Y"), ("along", "X")):
        assert (
            f".{mark}{{transform:translate{axis}(calc((var(--token) + var(--token8))*1px))}}" in CSS
        )


@pytest.mark.parametrize("text", [POEM, HOSTILE, LONG])
def test_nothing_runs_and_nothing_breaks_out(text: str) -> None:
    drawn = figure(text)
    allowed = {
        *("figure", "figcaption", "p", "i", "div", "details", "summary", "a"),
        *("fieldset", "legend", "label", "input", "table", "caption", "tr", "th", "td"),
        *("svg", "title", "desc", "g", "path", "rect", "text", "style", "linearGradient", "stop"),
        *("use", "mask", "image"),
    }
    for markup in (drawn.html, drawn.svg):
        for element in tree(markup).iter():
            assert element.tag.removeprefix(SVG) in allowed
            assert not [name for name in element.attrib if name.startswith(("on", "style"))]
    assert "<script" not in drawn.html + drawn.svg + drawn.table
    ids = [each.get("id", "") for each in tree(drawn.html).iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    assert all(each == "figure.1" or each.startswith("figure.1.") for each in ids)


def test_the_picture_is_named_and_what_we_say_is_english() -> None:
    page = tree(figure(HOSTILE).html)
    picture = page.find(".//svg[@class='likeness']")
    assert picture is not None
    assert (picture[0].text or "").startswith('How alike the lines are: \u2068a "><script>')
    assert picture.get("lang") == "en"
    assert page.get("aria-labelledby") == picture[0].get("id")
    assert [label.get("lang") for label in labels(figure(HOSTILE))] == [None] * 3


@pytest.mark.parametrize(("count", "numbers"), [(3, "1 2 3"), (17, "1 5 10 15")])
def test_of_many_lines_every_fifth_has_its_number(count: int, numbers: str) -> None:
    page = tree(figure("\n".join("abcdefghijklmnopq"[:count])).html)
    texts = [each.text or "" for each in page.iter("text")]
    assert texts == numbers.split() * 2


def test_64_lines_are_light() -> None:
    assert len(gzip.compress(figure(LONG).html.encode(), 9)) < 6_000


def test_the_renderings_are_the_approved_ones() -> None:
    # After a change that is meant: run this with UPDATE_GOLDEN=1, and look at them.
    for kind, made in (("html", figure(POEM).html + "\n"), ("svg", figure(POEM).svg)):
        file = GOLDEN / f"lines.{kind}"
        if os.environ.get("UPDATE_GOLDEN"):
            file.write_text(made, encoding="utf-8")
        assert made == file.read_text(encoding="utf-8")
