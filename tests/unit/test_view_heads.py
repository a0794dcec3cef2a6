"""The view `heads`: all panels at once, each a choice."""

from __future__ import annotations

import gzip
import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from sitegen.errors import Span
from sitegen.figures import draw
from sitegen.figures.heads import Grid, lay_out
from sitegen.figures.spec import read_spec
from sitegen.figures.spec.values import MOST_HEADS, MOST_LAYERS
from sitegen.figures.views import open_scene
from sitegen.model import Fence, Figure
from tests.figures import CSS, shown, tree

SVG = "{http://www.w3.org/2000/svg}"
BAT = "model: toy\nview: heads\ntext: the bat flew at night over it\nseed: 1\nd_model: 192\n"
EIGHT = BAT + "heads: 8\nhead: 3\nfrom: bat\n"
STACK = BAT + "layers: 6\nheads: 12\nlayer: 2\nhead: 4\n"
LONG = " ".join(f"w{i}" for i in range(64))


def fence(text: str) -> Fence:
    return Fence(id="f", text=text, span=Span("a.md", 1))


def figure(text: str) -> Figure:
    return draw(fence(text))


def grid(text: str) -> Grid:
    return lay_out(open_scene(read_spec(fence(text))))


def page(text: str) -> ET.Element:
    """The figure of a block; our markup is XML."""
    return tree(figure(text).html)


def file(text: str) -> ET.Element:
    return ET.fromstring(figure(text).svg)  # noqa: S314


def panels(of: ET.Element) -> ET.Element:
    (found,) = (each for each in of.iter("div") if "heads" in each.get("class", "").split())
    return found


def names(of: ET.Element) -> list[str]:
    return [label[-1].tail or "" for label in of.iter("label")]


def test_each_head_is_a_radio_button_under_the_heading_of_its_layer() -> None:
    groups = list(page(STACK).iter("fieldset"))
    assert [each.findtext("legend") for each in groups] == [f"Layer {i}, head" for i in range(1, 7)]
    assert [names(each) for each in groups] == [[str(i) for i in range(1, 13)]] * 6
    buttons = [button for each in groups for button in each.iter("input")]
    assert {(each.get("type"), each.get("name")) for each in buttons} == {("radio", "f.panel")}
    checked = [i for i, each in enumerate(buttons) if each.get("checked") is not None]
    assert checked == [12 + 3]


def test_each_window_lies_on_its_own_panel_of_the_one_sprite() -> None:
    windows = [label.findall("svg/svg") for label in page(STACK).iter("label")]
    assert all(len(each) == 1 for each in windows)
    assert {each[0].get("viewBox") for each in windows} == {"0 0 7 7"}
    (sprite,) = (each[0].find("g") for each in windows[:1])
    assert sprite is not None
    assert sprite.get("id") == "f.cells"
    uses = [each[0].find("use") for each in windows[1:]]
    moved = [(use.get("href"), use.get("x"), use.get("y")) for use in uses if use is not None]
    ways = [("#f.cells", str(-7 * j), str(-7 * i)) for i in range(6) for j in range(12)]
    assert moved == ways[1:]


def test_the_picture_is_not_read_aloud_since_names_and_sentences_are() -> None:
    of = page(STACK)
    assert {label.find("svg").get("aria-hidden") for label in of.iter("label")} == {"true"}  # type: ignore[union-attr]
    assert len(list(of.iter("li"))) == 72
    (name,) = (each for each in of.iter("span") if each.get("id") == of.get("aria-labelledby"))
    assert name.text == "Attention of all 72 heads: the bat flew at night over it"


def test_layers_of_one_head_are_one_group() -> None:
    (group,) = page(BAT + "layers: 3\nlayer: 2\n").iter("fieldset")
    assert (group.get("class"), group.findtext("legend")) == ("rows", "Layer")
    assert names(group) == ["1", "2", "3"]


def test_one_head_alone_is_a_heatmap() -> None:
    assert "<input" not in figure(BAT).html
    assert figure(BAT).svg == figure(BAT.replace("view: heads", "view: heatmap")).svg


def claimed(*claims: str) -> str:
    return EIGHT + "".join(f"check: {each}\n" for each in claims)


def test_panels_in_which_the_claim_is_so_are_marked_and_counted() -> None:
    scene = open_scene(read_spec(fence(EIGHT)))
    holds = scene.weights.units[0, :, 1, 4] < scene.weights.units[0, :, 1, 0]
    sense = "<" if holds[2] else ">="
    marked = holds == holds[2]
    assert 0 < marked.sum() < 8
    of = page(claimed(f"bat -> night {sense} bat -> the"))
    expected = [f"{i + 1} ✓" if so else str(i + 1) for i, so in enumerate(marked)]
    assert names(of) == expected
    assert [label.get("class") == "marked" for label in of.iter("label")] == marked.tolist()
    told = [each.text or "" for each in of.iter("p") if each.get("class") == "key"]
    assert f"✓ marks the {marked.sum()} of 8 heads in which the claim is so." in told[0]
    below = [each.text for each in file(claimed(f"bat -> night {sense} bat -> the")).iter()]
    assert [each for each in below if each and each.split()[0].isdigit()][:8] == expected


def test_of_several_claims_all_must_be_so() -> None:
    units = open_scene(read_spec(fence(EIGHT))).weights.units[0, :, 1]
    limits = [int(units[2, key] // 10**7) for key in (0, 4)]
    claims = [f"bat -> {word} >= {at}%" for word, at in zip(("the", "night"), limits, strict=True)]
    floors = np.array(limits) / 100
    both = (units[:, [0, 4]] / 10**9 >= floors - 0.01).all(axis=1)
    shown = [name for name in names(page(claimed(*claims))) if "✓" in name]
    assert "3 ✓" in shown
    assert len(shown) <= both.sum() < 8
    assert "in which all claims are so." in figure(claimed(*claims)).html


def test_without_a_claim_nothing_is_marked() -> None:
    assert "✓" not in figure(EIGHT).html + figure(EIGHT).svg


@pytest.mark.parametrize(
    ("heads", "narrow", "wide"),
    [(2, 2, 2), (3, 3, 3), (4, 2, 4), (6, 3, 3), (8, 3, 4), (12, 3, 4), (16, 3, 4), (32, 4, 6)],
)
def test_lines_are_about_as_full_as_each_other(heads: int, narrow: int, wide: int) -> None:
    found = grid(f"{BAT}heads: {heads}\n")
    assert (found.narrow, found.wide) == (narrow, wide)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (EIGHT, (True, True)),
        (STACK, (False, True)),
        (EIGHT.replace("bat flew at", "bat flew slowly over it at"), (True, True)),
        (EIGHT.replace("the bat flew at night", f"bat {LONG[:150]}"), (False, False)),
    ],
)
def test_tokens_are_named_where_they_can_be_read(text: str, named: tuple[bool, bool]) -> None:
    found = grid(text)
    assert found.named == named
    classes = panels(page(text)).get("class", "").split()
    assert any(each.startswith("edge-") for each in classes) == named[1]
    assert ("unnamed" in classes) == (named == (False, True))
    assert ("f.beside" in figure(text).html) == named[1]


def test_labels_have_room_beside_any_panel() -> None:
    for n in (1, 2, 3, 7, 12, 64):
        words = " ".join("supercalifragilistic" for _ in range(n))
        found = grid(f"model: toy\ntext: {words}\nseed: 1\nd_model: 8\nheads: 2\n")
        assert found.edge < 0.7 * found.side


def test_the_style_sheet_knows_every_size_and_every_layer() -> None:
    for columns in range(1, MOST_HEADS + 1):
        rows = 1 if columns > 1 else MOST_LAYERS
        found = grid(f"{BAT.replace('192', str(columns))}heads: {columns}\nlayers: {rows}\n")
        assert f".narrow-{found.narrow}{{--narrow:{found.narrow}}}" in CSS
        assert f".wide-{found.wide}{{--wide:{found.wide}}}" in CSS
        assert f".wide-{found.wide} label:nth-of-type({found.wide}n+1) .beside" in CSS
    for tenths in range(1, 8):
        assert f".edge-{tenths}{{--e:.{tenths}}}" in CSS
    groups = ":is(.rows label,.heads>.columns)@ :checked"
    for k in range(1, MOST_LAYERS + 1):
        assert shown(groups, ".readouts>", k, MOST_LAYERS) == [k]


def test_the_file_shows_all_panels_and_names_the_authors_in_bold() -> None:
    svg = file(STACK)
    windows = [each.get("viewBox") for each in svg.iter(f"{SVG}svg")][1:]
    assert windows == [f"{7 * j} {7 * i} 7 7" for i in range(6) for j in range(12)]
    bold = [each.text for each in svg.iter(f"{SVG}text") if each.get("font-weight") == "bold"]
    assert bold == ["4"]
    headings = [each.text for each in svg.findall(f"{SVG}text")]
    assert headings == [f"Layer {i}, head" for i in range(1, 7)]
    assert figure(STACK).sentence in (svg.findtext(f"{SVG}desc") or "")


@pytest.mark.parametrize("text", [EIGHT, STACK, BAT + "layers: 3\n", BAT + "heads: 2\n"])
def test_everything_in_the_file_stands_inside_it_and_apart(text: str) -> None:
    svg, found = file(text), grid(text)
    _, _, width, height = map(int, svg.get("viewBox", "").split())
    moved = (re.findall(r"-?\d+", each.get("transform", "")) for each in svg.findall(f"{SVG}g"))
    places = [(int(x), int(y)) for x, y in (each for each in moved if len(each) == 2)]
    for x, y in places:
        assert found.edge <= x <= width - found.side
        assert found.edge < y < height - found.side
    apart = {(abs(a - c), abs(b - d)) for a, b in places for c, d in places} - {(0, 0)}
    assert all(x >= found.side or y >= found.side for x, y in apart)


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        (EIGHT, 2_300),
        (STACK + "from: bat\n", 3_900),
        (STACK.replace("the bat flew", f"{LONG[:200]} bat") + "from: bat\n", 24_000),
    ],
)
def test_the_view_is_light(text: str, budget: int) -> None:
    assert len(gzip.compress(figure(text).html.encode(), 9)) <= budget
