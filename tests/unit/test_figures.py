"""What a reader gets of an `attention` block: a picture, a sentence, a table, a file."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from sitegen.errors import Span
from sitegen.figures import draw
from sitegen.figures.layout import label, label_width, lay_out
from sitegen.figures.shares import share
from sitegen.figures.svg import tag, text
from sitegen.model import Fence, Figure

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
EIGHT = "model: toy\ntext: attention is all you need they once said\nseed: 1\nd_model: 8\n"


def figure(text: str, name: str = "figure.1") -> Figure:
    return draw(Fence(id=name, text=text, span=Span("a.md", 10)))


def tree(markup: str) -> ET.Element:
    """Our markup is XML, so a parser finds whatever is not closed or not escaped."""
    return ET.fromstring(markup)  # noqa: S314


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
        ("Q: 1 1 / 1 1\nK: 1 1 / 1 1\nheads: 2\nhead: 2", "head 2 of 2; "),
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
    shares = share([[1 / 3, 1 / 3 + 1e-16, 1 / 3 - 1e-16]])
    assert shares.percents == ((34, 33, 33),)
    assert shares.levels == ((5, 5, 5),)


def test_the_scale_of_shades_is_linear_from_nothing_to_all() -> None:
    shares = share([[0.0, 1.0], [0.5, 0.5], [0.1, 0.9]])
    assert shares.levels == ((0, 15), (8, 8), (2, 14))


@pytest.mark.parametrize("text", [BAT, HOSTILE, MANY, EIGHT])
def test_a_figure_holds_nothing_that_runs_or_that_a_strict_policy_forbids(text: str) -> None:
    drawn = figure(text)
    allowed = {
        *("figure", "figcaption", "p", "div", "details", "summary", "svg", "title", "desc", "g"),
        *("path", "rect", "text", "table", "caption", "thead", "tbody", "tr", "th", "td"),
    }
    for markup, more in ((drawn.html, set[str]()), (drawn.svg, {"style"})):
        for element in tree(markup).iter():
            assert element.tag.removeprefix(SVG) in allowed | more
            assert not [name for name in element.attrib if name.startswith(("on", "style", "href"))]


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
def test_the_picture_has_a_name_and_a_description(name: str) -> None:
    page = tree(figure(BAT, name).html)
    (svg,) = page.iter("svg")
    (title,), (desc,) = page.iter("title"), page.iter("desc")
    assert svg.get("role") == "img"
    assert svg.get("aria-labelledby") == title.get("id") == f"{name}.title"
    assert svg.get("aria-describedby") == desc.get("id") == f"{name}.desc"
    assert title.text == "Attention heatmap: the bat flew at night"
    assert "The row of bat is marked" in (desc.text or "")
    ids = [each.get("id") for each in page.iter() if each.get("id")]
    assert len(ids) == len(set(ids))


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


@pytest.mark.parametrize(("text", "budget"), [(BAT, 3500), (EIGHT, 3500), (MANY, 22_000)])
def test_a_figure_is_light(text: str, budget: int) -> None:
    assert len(gzip.compress(figure(text).html.encode())) <= budget


def test_the_file_stands_alone_and_follows_the_dark_mode() -> None:
    drawn = figure(BAT)
    svg = tree(drawn.svg)
    assert svg.tag == f"{SVG}svg"
    assert "prefers-color-scheme:dark" in (svg.findtext(f"{SVG}style") or "")
    assert drawn.sentence in (svg.findtext(f"{SVG}desc") or "")


def test_text_and_attributes_are_escaped() -> None:
    assert tag("g", text("<&>"), id="\"'<", x=None, font_size=1) == (
        '<g id="&quot;&#39;&lt;" font-size="1">&lt;&amp;&gt;</g>'
    )


def test_the_renderings_are_the_approved_ones() -> None:
    # After a change that is meant: write the new ones there, and look at them.
    drawn = figure(BAT)
    assert drawn.html + "\n" == (GOLDEN / "bat.html").read_text(encoding="utf-8")
    assert drawn.svg == (GOLDEN / "bat.svg").read_text(encoding="utf-8")


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
