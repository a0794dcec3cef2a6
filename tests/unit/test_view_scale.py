"""One head under seven scales: which, what they do to its weights, and what is claimed of them."""

from __future__ import annotations

import gzip
import math
import re

import numpy as np
import pytest

from sitegen.attention.core import attend, entropy
from sitegen.errors import ClaimError, FigureError, Span
from sitegen.figures import draw
from sitegen.figures.scale import scales
from sitegen.figures.spec import read_spec
from sitegen.figures.toy import compute
from sitegen.figures.weights import UNIT, Weights
from sitegen.model import Fence, Figure, Measure
from tests.figures import tree

RNG = np.random.default_rng(2017)
Q, K = RNG.integers(0, 2, (2, 4, 16)) * 2.0 - 1
PLACE = Span("a.md", 3)
SVG = "{http://www.w3.org/2000/svg}"


def block(q: np.ndarray[tuple[int, int], np.dtype[np.float64]], options: str = "") -> str:
    def rows(matrix: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> str:
        return " / ".join(" ".join(f"{x:g}" for x in row) for row in matrix)

    keys = K[:, : q.shape[1]]
    return f"model: toy\nview: scale\ntokens: a b c d\nQ: {rows(q)}\nK: {rows(keys)}\n{options}"


def fence(text: str) -> Fence:
    return Fence(id="figure.1", text=text, span=Span("a.md", 10))


def figure(text: str, *asked: str) -> Figure:
    return draw(fence(text), [Measure("figure.1", each, PLACE) for each in asked])


def open_scales(text: str) -> tuple[Weights, tuple[int, int]]:
    spec = read_spec(fence(text))
    return scales(compute(spec), spec)


def only(text: str, *asked: str) -> FigureError | ClaimError:
    with pytest.raises(ExceptionGroup) as caught:
        figure(text, *asked)
    (error,) = caught.value.exceptions
    assert isinstance(error, FigureError | ClaimError)
    return error


def plain(markup: str) -> str:
    return "".join(tree(markup).itertext()).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("width", "wanted"),
    [
        (1, "0 ¼/√1 ½/√1 1/√1 2/√1 4/√1 8/√1"),
        (2, "0 ¼/√2 ½/√2 1/√2 1 2/√2 4/√2"),
        (4, "0 ¼/√4 ½/√4 1/√4 1 4/√4 8/√4"),
        (9, "0 ¼/√9 ½/√9 1/√9 2/√9 1 4/√9"),
        (16, "0 ¼/√16 ½/√16 1/√16 2/√16 1 8/√16"),
    ],
)
def test_seven_scales_from_small_to_large_for_any_width(width: int, wanted: str) -> None:
    weights, chosen = open_scales(block(Q[:, :width]))
    assert weights.columns.options == tuple(wanted.split())
    assert (weights.columns.name, weights.units.shape) == ("Scale", (1, 7, 4, 4))
    assert weights.columns.options[chosen[1]] == f"1/√{width}"


def test_a_wide_head_goes_on_to_no_scale_at_all() -> None:
    weights, _ = open_scales("model: toy\nview: scale\ntokens: a b\nseed: 1\nd_model: 64\n")
    assert weights.columns.options == ("0", "¼/√64", "½/√64", "1/√64", "2/√64", "4/√64", "1")


@pytest.mark.parametrize(
    ("scale", "wanted", "chosen"),
    [
        ("none", "0 ¼/√16 ½/√16 1/√16 2/√16 1 8/√16", 5),
        ("0.5", "0 ¼/√16 ½/√16 1/√16 2/√16 1 8/√16", 4),
        ("0", "0 ¼/√16 ½/√16 1/√16 2/√16 1 8/√16", 0),
        ("0.3", "0 ¼/√16 1/√16 0.3 2/√16 1 8/√16", 3),  # of those around it, 1/√16 stays
        ("50", "0 ¼/√16 ½/√16 1/√16 2/√16 1 50", 6),
    ],
)
def test_the_scale_of_the_block_is_shown_first(scale: str, wanted: str, chosen: int) -> None:
    weights, panel = open_scales(block(Q, f"scale: {scale}\n"))
    assert weights.columns.options == tuple(wanted.split())
    assert panel == (0, chosen)


@pytest.mark.parametrize("causal", [False, True])
def test_each_panel_is_attention_under_its_scale(causal: bool) -> None:  # noqa: FBT001
    weights, _ = open_scales(block(Q, "causal: yes\n" if causal else ""))
    mask = np.tri(4, dtype=bool) if causal else None
    factors = (0, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2)
    for units, factor in zip(weights.units[0], factors, strict=True):
        wanted = attend(Q, K, K, mask, factor).weights
        np.testing.assert_allclose(units / UNIT, wanted, atol=1e-9)


def test_the_head_of_the_block_is_the_one_that_is_scaled() -> None:
    weights, chosen = open_scales(block(Q, "heads: 2\nhead: 2\n"))
    wanted = attend(Q[:, 8:], K[:, 8:], K[:, 8:]).weights
    np.testing.assert_allclose(weights.units[chosen] / UNIT, wanted, atol=1e-9)


def test_larger_scales_are_sharper() -> None:
    told = [
        float(each)
        for each in re.findall(r"entropy ([0-9.]+) of at most 2.00", figure(block(Q)).html)
    ]
    assert told == sorted(told, reverse=True)
    assert told[0] == 2.0
    assert len(told) == 7


def test_what_is_said_of_a_scale_is_the_mean_of_its_rows() -> None:
    weights = attend(Q, K, K).weights
    share = f"{100 * weights.max(axis=-1).mean():.0f} %"
    bits = f"{entropy(weights).mean():.2f} of at most 2.00 bits"
    said = f"On average the largest weight of a row is {share}, its entropy {bits}."
    drawn = figure(block(Q, "from: b\n"))
    assert drawn.sentence.replace("\u00a0", " ").endswith(said)
    assert f"1/√16: {drawn.sentence.partition(': ')[2]}" in drawn.html.replace("&#39;", "'")


def test_a_causal_row_has_fewer_bits_to_spend() -> None:
    most = sum(map(math.log2, (1, 2, 3, 4))) / 4
    assert f"of at most {most:.2f} bits" in figure(block(Q, "causal: yes\n")).sentence


def test_the_curve_tells_the_largest_weights_in_words_and_in_numbers() -> None:
    html = figure(block(Q)).html.replace("\u00a0", " ")
    (label,) = re.findall(r'aria-label="Mean largest weight of a row: ([^"]*)"', html)
    assert label.startswith("25 % at 0, ")
    for share in re.findall(r"([0-9]+ %) at", label):
        assert f">{share}</text>" in html


def test_the_file_shows_all_panels_under_their_names_and_the_curve() -> None:
    drawn = figure(block(Q, "from: a\n"))
    texts = ["".join(each.itertext()) for each in tree(drawn.svg).iter(f"{SVG}text")]
    for option in open_scales(block(Q))[0].columns.options:
        assert option in texts
    (panels,) = (
        each for each in tree(drawn.svg).iter(f"{SVG}svg") if each.find(f"{SVG}use") is not None
    )
    assert panels.get("viewBox") == "0 0 28 4"
    (curve,) = (each for each in tree(drawn.html).iter("svg") if each.get("class") == "curve")
    assert [each.text for each in curve.iter("text")] == texts[-len(list(curve.iter("text"))) :]


def test_a_feed_and_a_spreadsheet_get_all_scales() -> None:
    drawn = figure(block(Q))
    assert (
        plain(f"<div>{drawn.table}</div>").count("/√16") == 6
    )  # five scales, and whose the table is
    assert drawn.csv.splitlines()[0] == "layer,scale,from,a,b,c,d"
    assert len(drawn.csv.splitlines()) == 1 + 7 * 4
    assert "class" not in drawn.table


def test_a_claim_is_about_the_scale_that_is_shown_first() -> None:
    claim = "check: a -> a = 25%\n"
    assert "so in 1 of 7 scales" in figure(block(Q, f"scale: 0\n{claim}")).caption
    assert only(block(Q, claim)).message.startswith("the figure does not show this: a → a ")


def test_a_measure_is_about_the_scale_that_is_shown_first() -> None:
    drawn = figure(block(Q, "scale: 0\ncheck: a -> a = 25%\n"), "a->b .1", "check 1")
    assert drawn.answers == {"a->b .1": "25.0\u00a0%", "check 1": "1 of 7"}


@pytest.mark.parametrize("place", ["1", "mean"])
def test_no_other_head_can_be_meant(place: str) -> None:
    hint = "leave out what begins with @"
    claimed = only(block(Q, f"check: a -> b@{place} > 1%\n"))
    assert (claimed.message, claimed.hint) == ('the view "scale" compares scales, not heads', hint)
    asked = only(block(Q), f"a->b@{place}")
    assert (asked.message, asked.span, asked.hint) == (claimed.message, PLACE, hint)


def test_several_heads_need_one_of_them_named() -> None:
    error = only(block(Q, "heads: 4\n"))
    assert error.message == 'the view "scale" shows one head, not 4'
    assert error.span == Span("a.md", 16, 8, 1)
    assert error.hint == "choose one with `head:`"
    layers = only("model: toy\nview: scale\ntext: a b\nseed: 1\nd_model: 4\nlayers: 2\n")
    assert layers.message == 'the view "scale" shows one layer, not 2'
    assert layers.hint == "choose one with `layer:`"


def test_the_caption_says_that_one_head_is_shown_and_which_scale_is_first() -> None:
    caption = figure(block(Q, "heads: 2\nhead: 2\n")).caption
    assert "head 2 of 2; " in caption
    assert "; scores scaled by 1/√8, shown first; " in caption
    assert "; scores not scaled, shown first; " in figure(block(Q, "scale: none\n")).caption


def test_a_figure_of_scales_is_small_and_keeps_its_ids() -> None:
    html = figure(block(Q, "from: a\n")).html
    assert len(gzip.compress(html.encode(), 9)) <= 3_500
    ids = re.findall(r'\sid="([^"]*)"', html)
    assert len(ids) == len(set(ids))
    assert all(each.startswith("figure.1") for each in ids)
    assert set(re.findall(r' name="(.*?)"', html)) == {"figure.1.columns"}
    assert " style=" not in html
