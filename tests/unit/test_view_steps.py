"""The mechanism by hand: every number that is shown is the array's, rounded once."""

from __future__ import annotations

import gzip
import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from sitegen.attention.core import Array, Projections, multi_head
from sitegen.errors import FigureError, Span
from sitegen.figures import draw
from sitegen.figures.numerals import cells, fixed, number
from sitegen.figures.spec import read_spec
from sitegen.figures.toy import compute
from sitegen.model import Fence, Figure
from tests.figures import tree

BY_HAND = (
    "id: by-hand\nmodel: toy\nview: steps\ntokens: the bat flew home\n"
    "Q: 2 0 0 0 / 1 2 1 0 / 2 1 2 0 / 0 0 0 0\n"
    "K: 0 0 0 1 / 2 0 0 0 / 0 2 0 0 / 0 0 2 0\n"
    "V: 0 0 / 10 0 / 0 10 / 0 5\nfrom: bat\n"
)
X = np.array([[1, 0, 2, 0], [0, 2, 1, 0], [1, 1, 0, 1.5]])
W = Projections(
    q=np.array([[1, 0, 0, 1], [0, 1, 1, 0], [1, 0, 0, 0], [0, 1, 1, 2.0]]),
    k=np.array([[1, 0, 1, 0], [0, 2, 0, 0], [0, 0, 1, 1], [1, 0, 0, -1.0]]),
    v=np.array([[1, 0, 0, 1], [0, 1, 1, 0], [1, 0, 0, 0], [0, 1, 1, 2.0]]),
    o=np.array([[0, 1, 0, 1], [0, 1, -1, 0], [1, 0, 0, 0], [0, 1, 1, 0.5]]),
)


def typed(matrix: Array) -> str:
    return " / ".join(" ".join(f"{x:g}" for x in row) for row in matrix)


TWO_HEADS = (
    "id: two\nmodel: toy\nview: steps\ntokens: the bat flew\nheads: 2\nhead: 2\n"
    f"X: {typed(X)}\nW_Q: {typed(W.q)}\nW_K: {typed(W.k)}\nW_V: {typed(W.v)}\nW_O: {typed(W.o)}\n"
)
LARGEST = (
    "model: toy\nview: steps\ntext: a b c d e f g h\nseed: 2017\nd_model: 8\nheads: 4\nhead: 3\n"
    "causal: yes\nfrom: f\n"
)
HOSTILE = (
    'model: toy\nview: steps\ntokens: " " "><script> & ]]> שלום 😀👍🏽\n'
    "seed: 1\nd_model: 4\nheads: 2\nfrom: שלום\ncaption: </figcaption>\n"
)

SVG = "{http://www.w3.org/2000/svg}"


def fence(text: str) -> Fence:
    return Fence(id="figure.1", text=text, span=Span("a.md", 10))


def figure(text: str) -> Figure:
    return draw(fence(text))


def plain(element: ET.Element) -> str:
    return "".join(element.itertext()).replace("\u00a0", " ")


def lines(text: str, row: int) -> list[str]:
    """The arithmetic of one row, of all steps in order."""
    worked = tree(figure(text).html).iterfind(".//ol[@class='worked']")
    return [plain(each[row]) for each in worked]


def matrices(text: str) -> dict[str, list[list[str]]]:
    """The cells of each matrix, by its caption."""
    found = {}
    for table in tree(figure(text).html).find("./div[@class='steps']").iter("table"):  # type: ignore[union-attr]
        rows = [[plain(cell) for cell in row.iter("td")] for row in table.iterfind("tbody/tr")]
        found[plain(table.find("caption"))] = rows  # type: ignore[arg-type]
    return found


def mistake(text: str) -> FigureError:
    with pytest.raises(ExceptionGroup) as caught:
        read_spec(fence(text))
    (only,) = caught.value.exceptions
    assert isinstance(only, FigureError)
    return only


def test_the_row_of_bat_is_worked_out_as_in_the_essay() -> None:
    assert lines(BY_HAND, 1) == [
        "bat · flew: 1·0 + 2·2 + 1·0 + 0·0 = 4",
        "bat · flew: 4 / √4 = 2",
        (
            "bat → flew: e² / (e⁰ + e¹ + e² + e¹) ≈ 7.389 / (1 + 2.718 + 7.389 + 2.718)"
            " = 7.389 / 13.825 ≈ 53.4 %"
        ),
        (
            "bat: 7.2 % · (0, 0) + 19.7 % · (10, 0) + 53.4 % · (0, 10) + 19.7 % · (0, 5)"
            " ≈ (1.97, 6.33)"
        ),
    ]


def test_a_row_of_equal_scores_is_exact() -> None:
    assert lines(BY_HAND, 3)[2:] == [
        "home → the: e⁰ / (e⁰ + e⁰ + e⁰ + e⁰) = 1 / (1 + 1 + 1 + 1) = 1 / 4 = 25 %",
        "home: 25 % · (0, 0) + 25 % · (10, 0) + 25 % · (0, 10) + 25 % · (0, 5) = (2.5, 3.75)",
    ]


def test_each_matrix_shows_its_numbers() -> None:
    shown = matrices(BY_HAND)
    assert [*shown] == ["Q", "Kᵀ", "Q Kᵀ", "Q Kᵀ / √4", "A in %", "V", "A V"]
    assert shown["Kᵀ"] == [[*"0200"], [*"0020"], [*"0002"], [*"1000"]]
    assert shown["Q Kᵀ"][1] == ["0", "2", "4", "2"]
    assert shown["Q Kᵀ / √4"][1] == ["0", "1", "2", "1"]
    assert shown["A in %"][1] == ["7.2", "19.7", "53.4", "19.7"]
    assert shown["A V"] == [["7.11", "1.44"], ["1.97", "6.33"], ["3.99", "3.47"], ["2.50", "3.75"]]


def test_the_sentence_ends_with_what_the_token_comes_away_with() -> None:
    told = figure(BY_HAND).sentence.replace("\u00a0", " ")
    assert told.startswith("bat attends 53 % to flew, ")
    assert told.endswith("The output for bat is (1.97, 6.33).")


def test_without_a_token_to_begin_with_it_is_the_first() -> None:
    chosen = tree(figure(BY_HAND.replace("from: bat\n", "")).html).findall(".//input[@checked]")
    assert [each.get("aria-label") for each in chosen] == ["the"]


def test_a_causal_head_shows_minus_infinity_and_leaves_those_terms_out() -> None:
    shown = matrices(BY_HAND + "causal: yes\n")
    assert shown["masked"][1] == ["0", "1", "−∞", "−∞"]
    assert shown["A in %"][:2] == [["100.0", "0", "0", "0"], ["26.9", "73.1", "0", "0"]]
    assert lines(BY_HAND + "causal: yes\n", 1)[2:] == [
        "bat does not see flew, home",
        "bat → bat: e¹ / (e⁰ + e¹) ≈ 2.718 / (1 + 2.718) = 2.718 / 3.718 ≈ 73.1 %",
        "bat: 26.9 % · (0, 0) + 73.1 % · (10, 0) ≈ (7.31, 0)",
    ]


def test_a_scale_of_the_block_is_a_factor_and_none_is_no_step() -> None:
    assert lines(BY_HAND + "scale: 0.25\n", 1)[1] == "bat · flew: 4 · 0.25 = 1"
    assert "Q Kᵀ · 0.25" in matrices(BY_HAND + "scale: 0.25\n")
    assert [*matrices(BY_HAND + "scale: none\n")] == ["Q", "Kᵀ", "Q Kᵀ", "A in %", "V", "A V"]


def test_large_scores_are_made_smaller_before_the_exponential() -> None:
    worked = lines("model: toy\nview: steps\ntokens: a b\nQ: 30 / 1\nK: 2 / 1\nV: 1 / 0\n", 0)
    assert worked[2] == ("a → a: less 60 each, e⁰ / (e⁰ + e⁻³⁰) ≈ 1 / (1 + 0) = 1 / 1 = 100 %")


def test_the_pencil_finds_the_percentage_that_is_shown() -> None:
    """Of the numbers as shown: the quotient rounds to the share, the sum is exact."""
    html = figure(LARGEST).html.replace("\u00a0", " ")
    found = re.findall(r"/ \(([-−0-9. +]+)\) = ([0-9.]+) / ([0-9.]+) [=≈] ([0-9.]+) %", html)
    assert len(found) == 4 * 7  # four heads; the first of eight tokens sees only itself
    for summands, part, whole, share in found:
        decimals = len(whole.partition(".")[2])
        assert f"{sum(map(float, summands.split(' + '))):.{decimals}f}" == whole
        assert float(share) == pytest.approx(100 * float(part) / float(whole), abs=0.0501)


def test_heads_are_split_joined_and_projected_as_multi_head_does() -> None:
    shown, wanted = matrices(TWO_HEADS), multi_head(X, W, 2)
    assert shown["WO"] == [[*row] for row in cells(W.o.tolist())]
    assert shown["output"] == [[*row] for row in cells(wanted.output.tolist())]
    for head in (0, 1):
        of = "₁₂"[head]
        queries = (X @ W.q)[:, 2 * head : 2 * head + 2]
        assert shown[f"Q{of}"] == [[*row] for row in cells(queries.tolist())]
        share = [[f"{100 * x:.1f}" for x in row] for row in wanted.weights[head].tolist()]
        assert shown[f"A{of} in %"] == share


def test_every_number_is_that_of_the_array_rounded() -> None:
    toy, shown = compute(read_spec(fence(LARGEST))).toy, matrices(LARGEST)
    assert toy is not None
    assert toy.v is not None
    assert toy.x is not None
    assert toy.heads_output is not None
    assert toy.output is not None
    arrays = {"X": toy.x, "output": toy.output}
    for head, of in enumerate("₁₂₃₄"):
        arrays |= {f"Q{of}": toy.q[head], f"K{of}ᵀ": toy.k[head].T, f"V{of}": toy.v[head]}
        arrays |= {f"A{of} V{of}": toy.heads_output[head]}
        arrays |= {f"Q{of} K{of}ᵀ / √2": toy.scores[head]}
    for name, array in arrays.items():
        for row, values in zip(shown[name], array.tolist(), strict=True):
            for text, value in zip(row, values, strict=True):
                assert float(text.replace("−", "-")) == pytest.approx(value, abs=0.00501), name
                assert text == "0" or len(text.partition(".")[2]) == 2


def test_given_queries_of_two_heads_are_shown_split() -> None:
    text = (
        "model: toy\nview: steps\ntokens: a b\nheads: 2\nQ: 1 2 / 3 4\nK: 1 0 / 0 1\nV: 1 2 / 3 4\n"
    )
    shown = tree(figure(text).html)
    groups = [plain(each) for each in shown.iterfind(".//th[@scope='colgroup']")]
    assert groups == ["head 1", "head 2"] * 4  # of Q, K, V, and the heads side by side
    assert matrices(text)["Q₂"] == [["2"], ["4"]]


@pytest.mark.parametrize(
    ("x", "shown"),
    [(4, "4"), (-0.5, "−0.5"), (1 / 3, "0.33"), (0.125, "0.13"), (-0.125, "−0.13"), (1e-12, "0"),
     (-0.001, "0.00"), (1234567.5, "1234568"), (2.0000000001, "2")],
)  # fmt: skip
def test_a_number_is_rounded_once(x: float, shown: str) -> None:
    assert number(x) == shown


def test_a_matrix_has_one_number_of_decimals() -> None:
    assert cells([[1, 0.5], [0, 0.25]]) == (("1.00", "0.50"), ("0", "0.25"))
    assert fixed(2, 1) == "2.0"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "text: a b c d e f g h i\nseed: 1\nd_model: 8\n",
            '9 tokens and vectors of 8 numbers are too many for the view "steps"',
        ),
        (
            "text: a b\nseed: 1\nd_model: 9\n",
            '2 tokens and vectors of 9 numbers are too many for the view "steps"',
        ),
        (
            f"text: a b\nQ: 1 / 1\nK: 1 / 1\nV: {'1 ' * 9}/ {'1 ' * 9}\n",
            '2 tokens and vectors of 9 numbers are too many for the view "steps"',
        ),
        (
            "text: a b\nseed: 1\nd_model: 8\nheads: 8\n",
            '8 heads are too many for the view "steps"',
        ),
        ("text: a b\nQ: 1 / 1\nK: 1 / 1\n", 'the view "steps" needs values to mix'),
    ],
)
def test_what_nobody_checks_by_hand_is_refused_at_the_view(text: str, message: str) -> None:
    error = mistake(f"model: toy\nview: steps\n{text}")
    assert error.message == message
    assert error.span == Span("a.md", 12, 7, 5)
    assert error.hint


def test_every_heading_of_a_row_is_a_label_of_its_button() -> None:
    root = tree(figure(BY_HAND).html)
    buttons = root.findall(".//input")
    assert {each.get("name") for each in buttons} == {"by-hand.row"}
    assert [each.get("id") for each in buttons] == [f"by-hand.row.{i}" for i in range(1, 5)]
    labels = root.findall(".//table[@class='asks']/tbody/tr/th/label")
    assert {each.get("for") for each in labels} == {each.get("id") for each in buttons}
    assert len(labels) == 4 * 5  # Q, its scores, scaled, shared out, and the mixture


@pytest.mark.parametrize("text", [BY_HAND, TWO_HEADS, LARGEST, HOSTILE])
def test_ids_are_the_figures_own_and_occur_once(text: str) -> None:
    drawn = figure(text)
    ids = re.findall(r'\sid="([^"]*)"', drawn.html)
    assert len(ids) == len(set(ids))
    assert all(each.startswith(drawn.id) for each in ids)
    assert all(each.startswith(f"{drawn.id}.") for each in re.findall(r' name="(.*?)"', drawn.html))
    assert set(re.findall(r' for="(.*?)"', drawn.html)) <= set(ids)


@pytest.mark.parametrize("text", [BY_HAND, TWO_HEADS, LARGEST, HOSTILE])
def test_no_token_is_markup_and_nothing_is_styled_inline(text: str) -> None:
    drawn = figure(text)
    for markup in (drawn.html, drawn.svg, f"<div>{drawn.table}</div>"):
        for element in tree(markup).iter():
            assert element.tag != "script"
            assert "style" not in element.attrib
    assert tree(drawn.svg).tag == f"{SVG}svg"


def test_the_file_shows_the_chosen_row_and_head() -> None:
    texts = [plain(each) for each in tree(figure(BY_HAND).svg).iter(f"{SVG}text")]
    assert texts[0] == "Attention step by step: the bat flew home; the row of bat"
    assert " ".join(texts).count("bat · flew: 1·0 + 2·2 + 1·0 + 0·0 = 4") == 1
    two = [plain(each) for each in tree(figure(TWO_HEADS).svg).iter(f"{SVG}text")]
    assert "Q₂" in two
    assert "Q₁" not in two


def test_a_feed_gets_plain_tables_of_weights_and_output() -> None:
    weights, output = tree(f"<div>{figure(BY_HAND).table}</div>").findall("table")
    assert [plain(cell) for cell in weights[3]] == ["bat", "7", "20", "53", "20"]
    assert [plain(cell) for cell in output[3]] == ["bat", "1.97", "6.33"]
    assert "class" not in figure(BY_HAND).table


@pytest.mark.parametrize(("text", "budget"), [(BY_HAND, 2_500), (TWO_HEADS, 3_500)])
def test_a_figure_is_small(text: str, budget: int) -> None:
    assert len(gzip.compress(figure(text).html.encode(), 9)) <= budget


def test_one_token_takes_all() -> None:
    text = "model: toy\nview: steps\ntokens: a\nQ: 1\nK: 2\nV: 3\ncausal: yes\n"
    assert lines(text, 0) == [
        "a · a: 1·2 = 2",
        "a · a: 2 / √1 = 2",
        "a sees all: nothing comes later",
        "a → a: e² / e² = 7.389 / 7.389 = 100 %",
        "a: 100 % · 3 = 3",
    ]
