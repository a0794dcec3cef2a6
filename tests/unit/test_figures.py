"""What a reader gets of an `attention` block: a picture, a sentence, a table, a file."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from sitegen.errors import Span
from sitegen.figures import draw
from sitegen.figures.layout import label, label_width, lay_out
from sitegen.figures.spec import read_spec
from sitegen.figures.spec.values import MOST_HEADS, MOST_LAYERS
from sitegen.figures.svg import tag, text
from sitegen.figures.table import write_csv
from sitegen.figures.views import open_scene
from sitegen.figures.weights import Axis, Weights, levels, percents, quantise
from sitegen.figures.words import readouts
from sitegen.model import Fence, Figure
from tests.figures import place, shown, tree

GOLDEN = Path(__file__).parent.parent / "golden" / "figures"
SVG = "{http://www.w3.org/2000/svg}"
BAT = (
    "model: toy\ntokens: the bat flew at night\n"
    "Q: 1 0 2 0 / 2 0 2 0 / 0 2 0 1 / 1 1 0 0 / 0 1 1 2\n"
    "K: 1 0 0 1 / 1 1 0 0 / 2 0 2 0 / 0 0 1 0 / 1 0 1 1\n"
    "from: bat\ncaption: Where bat looks, & why.\n"
)
HOSTILE = (
    'model: toy\ntokens: " " "><script>alert(1)</script> & <!-- ]]> שלום 😀👍🏽 \'x\n'
    "seed: 1\nd_model: 4\nfrom: שלום\ncaption: </figcaption><script>\n"
)
MANY = (
    "model: toy\ntext: "
    + "moon " * 64
    + "\nseed: 3\nd_model: 64\nheads: 8\nhead: 8\nfrom: moon#9\n"
)
STACK = (
    "model: toy\ntext: the bat flew at night over it\nseed: 1\nd_model: 96\n"
    "layers: 6\nheads: 12\nlayer: 2\nhead: 4\n"
)
LONG_STACK = STACK.replace("over it", "over it" + "".join(f" word{i}" for i in range(57)))
SIX = (
    "model: toy\ntext: the bat flew\nseed: 7\nd_model: 12\n"
    "layers: 2\nheads: 3\nhead: 2\nfrom: bat\ncheck: bat -> the > bat -> bat\n"
)
GOLDENS = {"bat": BAT, "six": SIX, "heads": SIX + "view: heads\n"}
EIGHT = "model: toy\ntext: attention is all you need they once said\nseed: 1\nd_model: 8\n"


def figure(text: str, name: str = "figure.1") -> Figure:
    return draw(Fence(id=name, text=text, span=Span("a.md", 10)))


def rows(table: str) -> list[list[str]]:
    return [["".join(cell.itertext()) for cell in row] for row in tree(table).iter("tr")]


def test_the_numbers_are_those_worked_out_by_hand() -> None:
    # Scores ln 3 and 0 give 3 to 1; 0 and 0 give halves.
    drawn = figure("model: toy\ntokens: a b\nscale: none\nQ: 1.0986122886681098 / 0\nK: 1 / 0\n")
    assert rows(drawn.table) == [["from", "a", "b"], ["a", "75", "25"], ["b", "50", "50"]]


def test_the_sentence_tells_the_highlighted_row_from_the_largest_weight_on() -> None:
    assert figure(BAT).sentence == (
        "bat attends 78\u00a0% to flew, 10\u00a0% to night, 4\u00a0% to the, "
        "4\u00a0% to bat, 4\u00a0% to at."
    )


def test_without_a_highlighted_row_the_sentence_tells_the_largest_weights() -> None:
    told = figure(BAT.replace("from: bat\n", "")).sentence
    assert told == (
        "Largest weights: bat to flew, 78\u00a0%; the to flew, 66\u00a0%; flew to bat, 34\u00a0%."
    )


def test_a_token_that_occurs_twice_is_numbered() -> None:
    drawn = figure("model: toy\ntext: the bat the\nseed: 1\nd_model: 4\nfrom: the#2\n")
    assert drawn.sentence.startswith("the\u00a0(2) attends ")
    assert rows(drawn.table)[0] == ["from", "the\u00a0(1)", "bat", "the\u00a0(2)"]


def test_the_caption_says_how_the_numbers_were_made() -> None:
    assert figure(BAT).caption == (
        "Where bat looks, & why. Toy model, head 1 of 1; rows sum to 100\u00a0%; "
        "scores scaled by 1/√4; queries and keys made up by hand, not learned. "
        "A weight says what this head mixes, not why a model answers."
    )


@pytest.mark.parametrize(
    ("options", "fact"),
    [
        ("Q: 1 1 / 1 1\nK: 1 1 / 1 1\nheads: 2\nhead: 2", "head 2 of 2, shown first; "),
        ("Q: 1 1 / 1 1\nK: 1 1 / 1 1\nheads: 2", "scores scaled by 1/√1;"),
        ("Q: 1 / 1\nK: 1 / 1\nscale: none", "scores not scaled;"),
        ("Q: 1 / 1\nK: 1 / 1\nscale: 0.25", "scores scaled by 0.25;"),
        ("Q: 1 / 1\nK: 1 / 1\ncausal: yes", "each token sees only itself and what came before;"),
        ("X: 1 / 1\nW_Q: 1\nW_K: 1", "vectors and projections made up by hand, not learned."),
        ("seed: 5\nd_model: 4", "random vectors of width 4 from seed 5, not learned."),
    ],
)
def test_the_facts_follow_the_block(options: str, fact: str) -> None:
    assert fact in figure(f"model: toy\ntext: a b\n{options}\n").caption


def test_projected_vectors_are_queries_and_keys() -> None:
    projected = figure("model: toy\ntext: a b\nX: 1 2 / 3 4\nW_Q: 1 0 / 0 1\nW_K: 0 1 / 1 0\n")
    given = figure("model: toy\ntext: a b\nQ: 1 2 / 3 4\nK: 2 1 / 4 3\n")
    assert projected.table == given.table


def test_each_head_has_weights_of_its_own() -> None:
    two = "model: toy\ntext: a b\nQ: 2 0 / 0 0\nK: 1 1 / 0 5\nheads: 2\nscale: none\n"
    assert rows(figure(two).table)[1] == ["a", "88", "12"]
    assert rows(figure(two + "head: 2").table)[1] == ["a", "50", "50"]


def test_a_causal_head_sees_nothing_of_what_comes_later() -> None:
    drawn = figure("model: toy\ntext: a b c\nseed: 1\nd_model: 4\ncausal: yes\n")
    assert rows(drawn.table)[1] == ["a", "100", "0", "0"]
    assert rows(drawn.table)[2][3] == "0"
    printed = tree(drawn.svg).findall(f".//{SVG}g[@class='percents']/{SVG}text")
    assert len(printed) == 6


@pytest.mark.parametrize("text", [BAT, HOSTILE, EIGHT])
def test_each_row_of_the_table_sums_to_100(text: str) -> None:
    table = rows(figure(text).table)
    assert [sum(map(int, row[1:])) for row in table[1:]] == [100] * (len(table) - 1)


def test_a_large_table_keeps_the_three_largest_of_each_row_and_the_rest() -> None:
    words = " ".join(f"w{i}" for i in range(17))
    table = rows(figure(f"model: toy\ntext: {words}\nseed: 1\nd_model: 4\ncausal: yes\n").table)
    assert table[0] == ["from", "most to", "then to", "then to", "others"]
    assert table[1] == ["w0", "w0 100", "–", "–", "0"]
    assert [sum(int(cell.split()[-1]) for cell in row[1:]) for row in table[3:]] == [100] * 15


def test_equal_weights_are_rounded_in_order_and_shaded_alike() -> None:
    units = quantise(np.array([1 / 3, 1 / 3 + 1e-16, 1 / 3 - 1e-16]))
    assert percents(units).tolist() == [34, 33, 33]
    assert levels(units).tolist() == [5, 5, 5]


def test_the_scale_of_shades_is_linear_from_nothing_to_all() -> None:
    units = quantise(np.array([0.0, 1.0, 0.5, 0.1, 0.9, 0.034, 0.033]))
    assert levels(units).tolist() == [0, 15, 8, 2, 14, 1, 0]


@pytest.mark.parametrize("text", [BAT, HOSTILE, MANY, EIGHT, STACK])
def test_a_figure_holds_nothing_that_runs_or_that_a_strict_policy_forbids(text: str) -> None:
    drawn = figure(text)
    allowed = {
        *("figure", "figcaption", "p", "i", "div", "ol", "li", "details", "summary", "a"),
        *("fieldset", "legend", "label", "input", "table", "caption", "tr", "th", "td"),
        *("svg", "title", "desc", "g", "path", "rect", "text", "use", "mask", "image"),
    }
    dressed = {"style", "linearGradient", "stop"}
    for markup, more in ((drawn.html, set[str]()), (drawn.svg, dressed)):
        for element in tree(markup).iter():
            assert element.tag.removeprefix(SVG) in allowed | more
            assert not [name for name in element.attrib if name.startswith(("on", "style"))]
            href = element.get("href", "#")
            assert href.startswith(("#", "data:image/png;base64,")) or href == "figure-1.csv"


def test_hostile_tokens_are_text() -> None:
    drawn = figure(HOSTILE)
    headings = [each.text for each in tree(drawn.html).iter("th")]
    assert '"><script>alert(1)</script>' in headings
    assert "<script" not in drawn.html + drawn.svg + drawn.table


def test_words_from_right_to_left_are_isolated_in_the_sentence() -> None:
    assert figure(HOSTILE).sentence.startswith("\u2068שלום\u2069 attends ")


def test_what_we_say_of_a_figure_is_english_on_every_page() -> None:
    page = tree(figure(BAT).html)
    parts = {part.get("class"): part for part in page.iter()}
    for ours in ("readout", "figure-facts", "numbers"):
        assert (parts[ours].get("lang"), parts[ours].get("dir")) == ("en", "ltr")
    assert parts["heatmap"].get("lang") == "en"
    assert parts["figure-caption"].get("lang") is None


@pytest.mark.parametrize("name", ["figure.1", "own-id"])
def test_figure_and_picture_have_a_name(name: str) -> None:
    page = tree(figure(BAT, name).html)
    svg, (title,) = next(page.iter("svg")), page.iter("title")
    assert svg.get("role") == "img"
    assert svg[0] is title
    assert title.text == "Attention heatmap: the bat flew at night"
    assert page.get("aria-labelledby") == title.get("id") == f"{name}.title"


@pytest.mark.parametrize("text", [BAT, MANY, STACK])
def test_each_id_is_the_figures_own_and_each_reference_has_its_target(text: str) -> None:
    page = tree(figure(text, "one").html)
    ids = [each.get("id", "") for each in page.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    assert all(each == "one" or each.startswith("one.") for each in ids)
    used = [each.get("href", "") for each in page.iter("use")]
    used += [each.get("mask", "")[4:-1] for each in page.iter("rect") if each.get("mask")]
    assert {each.removeprefix("#") for each in used} <= set(ids)
    assert all(each.get("name", "").startswith("one.") for each in page.iter("input"))


def test_a_page_does_not_describe_what_a_choice_would_make_stale() -> None:
    drawn = figure(BAT)
    assert "<desc" not in drawn.html
    assert "The row of bat is marked" in drawn.svg


def test_all_panels_are_written_once_and_a_window_shows_the_authors() -> None:
    page = tree(figure(STACK).html)
    assert len(page.findall(".//g[@id='figure.1.cells']")) == 1
    window = page.find(".//svg[@class='heatmap']/svg")
    assert window is not None
    assert window.get("viewBox") == "0 0 7 7"
    assert [each.get("transform") for each in window.iter() if each.get("class") == "slide"] == [
        "translate(-21 -7)"
    ]
    (use,) = page.iter("use")
    assert use.get("href") == "#figure.1.cells"


def test_each_row_and_each_column_of_the_panels_can_be_chosen() -> None:
    page = tree(figure(STACK).html)
    fieldsets = {each.get("class"): each for each in page.iter("fieldset")}
    for kind, name, count, chosen in (("rows", "Layer", 6, "2"), ("columns", "Head", 12, "4")):
        labels = list(fieldsets[kind].iter("label"))
        assert fieldsets[kind].findtext("legend") == name
        told = ["".join(label.itertext()) for label in labels]
        assert told == [str(i + 1) for i in range(count)]
        checked = [label[0].get("checked") is not None for label in labels]
        assert [each for each, here in zip(told, checked, strict=True) if here] == [chosen]
        assert {label[0].get("name") for label in labels} == {f"figure.1.{kind}"}


def test_one_axis_is_one_choice_and_one_panel_is_none() -> None:
    heads = tree(figure(BAT.replace("from: bat", "heads: 2")).html)
    assert [each.get("class") for each in heads.iter("fieldset")] == ["columns"]
    assert "<input" not in figure(BAT).html
    assert 'class="slide"' not in figure(BAT).html


def test_each_panel_has_its_sentence_and_the_first_shown_is_the_authors() -> None:
    drawn = figure(STACK)
    page = tree(drawn.html)
    told = page.find("div[@class='readouts']")
    assert told is not None
    assert told.get("role") == "status"
    assert [row.text for row in told] == [f"Layer {i + 1}, head" for i in range(6)]
    items = [[item.text for item in row.iter("li")] for row in told]
    assert [len(row) for row in items] == [12] * 6
    (first,) = (each for each in told.iter("li") if each.get("class") == "first")
    assert first.text == items[1][3]
    assert drawn.sentence == f"Layer 2, head 4: {first.text}"


def test_sentences_are_those_of_each_panel_drawn_alone() -> None:
    scene = open_scene(read_spec(Fence(id="f", text=STACK + "from: bat", span=Span("a.md", 1))))
    told = readouts(scene)
    for row, column in ((0, 0), (5, 11), (2, 7)):
        shares = percents(scene.weights.units[row, column, 1]).tolist()
        ordered = sorted(range(7), key=lambda i, s=shares: -s[i])  # type: ignore[misc]
        most = [f"{shares[i]}\u00a0% to {scene.spec.tokens[i]}" for i in ordered[:2]]
        assert told[row][column] == f"bat attends {', '.join(most)}, …"


def test_the_file_of_numbers_has_a_line_for_each_row_of_each_panel() -> None:
    units = quantise(np.array([[[[1.0, 0.0], [0.5, 0.5]]], [[[2 / 3, 1 / 3], [0.12345, 0.87655]]]]))
    axes = Axis(name="Layer", options=("1", "2")), Axis(name="Head", options=("1",))
    assert write_csv(('a "b"', "c,d"), Weights(units, *axes)).splitlines() == [
        'layer,head,from,"a ""b""","c,d"',
        '1,1,"a ""b""",100,0',
        '1,1,"c,d",50,50',
        '2,1,"a ""b""",66.67,33.33',
        '2,1,"c,d",12.35,87.66',
    ]


def test_the_page_leads_to_the_file_of_numbers_where_the_table_has_not_all() -> None:
    assert tree(figure(STACK).html).find(".//a[@href='figure-1.csv']") is not None
    assert "<a " not in figure(BAT).html


def test_the_author_may_name_the_figure() -> None:
    drawn = figure(BAT + "id: bats\n")
    assert drawn.id == tree(drawn.html).get("id") == "bats"


def test_the_highlighted_row_is_outlined_and_bold() -> None:
    page = tree(figure(BAT).html)
    assert [each.text for each in page.iter("text") if each.get("class") == "current"] == ["bat"]
    assert page.find(".//rect[@class='mark']") is not None
    assert tree(figure(EIGHT).html).find(".//rect[@class='mark']") is None


def test_numbers_stand_in_cells_only_where_they_fit() -> None:
    assert 'class="percents"' in figure(EIGHT).html
    assert 'class="percents"' not in figure(MANY).html


def test_a_wide_figure_can_be_scrolled_with_the_keyboard() -> None:
    plot = tree(figure(MANY).html).find("div[@class='plot wide']")
    assert plot is not None
    assert (plot.get("tabindex"), plot.get("role")) == ("0", "region")
    assert tree(figure(EIGHT).html).find("div[@class='plot']") is not None


def test_up_to_eight_tokens_are_legible_on_a_small_phone() -> None:
    # 320 px less margins of 16: a label must be 11 px high or nearly so.
    for token in ("a", "night", "attention", "supercalifragilistic"):
        layout = lay_out((token,) * 8)
        assert layout.font * 288 / layout.width > 10.9


def test_everything_stands_inside_the_picture() -> None:
    for n in (1, 2, 5, 8, 10, 11, 24, 25, 64):
        layout = lay_out(("expialidocious",) * n)
        assert max(label_width(each, layout.font) for each in layout.labels) < layout.left
        assert layout.right < layout.width
        assert layout.bottom < layout.height


@pytest.mark.parametrize(
    ("token", "shown"),
    [
        ("night", "night"),
        ("supercalifragilistic", "supercal…"),
        ("   ", "␣␣␣"),
        ("का" * 12, "काकाकाका…"),
        ("x" + "का" * 12, "xकाकाका…"),
        ("👩‍👩‍👧‍👧" * 5, "👩‍👩‍👧‍👧" * 3 + "…"),
        ("e" + "\u0301" * 99, "e" + "\u0301" * 99),
    ],
)
def test_a_long_label_is_cut_between_characters(token: str, shown: str) -> None:
    assert label(token, 14) == shown


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        (BAT, 1_400),
        (EIGHT, 1_750),
        (MANY, 6_000),
        (STACK + "from: bat", 3_500),
        (STACK + "from: bat\ncausal: yes", 3_500),
        (LONG_STACK + "from: bat\npositions: yes", 22_000),
        (LONG_STACK + "from: bat", 24_000),  # noise, whose cells alone hold 18,000 bytes
    ],
)
def test_a_figure_is_light(text: str, budget: int) -> None:
    assert len(gzip.compress(figure(text).html.encode(), 9)) <= budget


def test_the_file_stands_alone_and_follows_the_dark_mode() -> None:
    drawn = figure(BAT)
    svg = tree(drawn.svg)
    assert svg.tag == f"{SVG}svg"
    assert "prefers-color-scheme:dark" in (svg.findtext(f"{SVG}style") or "")
    assert drawn.sentence in (svg.findtext(f"{SVG}desc") or "")


@pytest.mark.parametrize(
    ("block", "full"),
    [
        (BAT, False),
        (EIGHT + "view: text\n", False),
        (EIGHT + "view: arcs\n", True),
        (SIX + "view: heads\n", True),
        (MANY, True),
    ],
    ids=["numbers", "text", "arcs", "heads", "many"],
)
def test_shades_in_a_file_are_pale_only_below_text(block: str, full: bool) -> None:  # noqa: FBT001
    style = tree(figure(block).svg).findtext(f"{SVG}style") or ""
    assert style.endswith(".shade{opacity:1}\n") == full


@pytest.mark.parametrize(("count", "opacity"), [(24, ".25"), (25, ".1")])
def test_rules_between_many_cells_do_not_outshine_them(count: int, opacity: str) -> None:
    drawn = figure(f"model: toy\ntext: {'moon ' * count}\nseed: 3\nd_model: 8\n")
    for markup in (drawn.html, drawn.svg):
        (grid,) = (each for each in tree(markup).iter() if each.get("class") == "grid")
        assert grid.get("stroke-opacity") == opacity


def test_text_and_attributes_are_escaped() -> None:
    assert tag("g", text("<&>"), id="\"'<", x=None, font_size=1) == (
        '<g id="&quot;&#39;&lt;" font-size="1">&lt;&amp;&gt;</g>'
    )


@pytest.mark.parametrize(("name", "block"), GOLDENS.items())
def test_the_renderings_are_the_approved_ones(name: str, block: str) -> None:
    # After a change that is meant: run this with UPDATE_GOLDEN=1, and look at them.
    drawn = figure(block)
    for kind, made in (("html", drawn.html + "\n"), ("svg", drawn.svg)):
        file = GOLDEN / f"{name}.{kind}"
        if os.environ.get("UPDATE_GOLDEN"):
            file.write_text(made, encoding="utf-8")
        assert made == file.read_text(encoding="utf-8")


DIGESTS = f"""
from hashlib import sha256
from sitegen.errors import Span
from sitegen.figures import draw
from sitegen.model import Fence
import sys
assert "numpy" not in sys.modules, "importing the figures must be quick"
for text in ({BAT!r}, {MANY!r}):
    drawn = draw(Fence(id="figure.1", text=text, span=Span("a.md", 10)))
    print(sha256((drawn.html + drawn.svg).encode()).hexdigest())
"""


@pytest.mark.parametrize("kernel", ["Nehalem", "Haswell"])
def test_bytes_are_the_same_on_every_processor_and_numpy_waits_until_it_is_needed(
    kernel: str,
) -> None:
    here = [sha256((d.html + d.svg).encode()).hexdigest() for d in (figure(BAT), figure(MANY))]
    there = subprocess.run(
        [sys.executable, "-c", DIGESTS],
        env={**os.environ, "OPENBLAS_CORETYPE": kernel},
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.split() == here


def test_every_layer_and_head_has_a_place_and_a_sentence() -> None:
    for kind, name, most in (("rows", "row", MOST_LAYERS), ("columns", "column", MOST_HEADS)):
        choice = f".{kind} label@ :checked"
        assert [place(choice, name, k + 1) for k in range(most)] == [*range(most)]
    for k in range(1, MOST_HEADS + 1):
        assert shown(".columns label@ :checked", ".readouts li", k, MOST_HEADS) == [k]
