"""What the caption of a real model's figure says: all that its numbers need to be understood."""

from __future__ import annotations

import re

import numpy as np
import pytest
from msgspec.structs import replace

from sitegen.errors import ClaimError, Span
from sitegen.figures import draw
from sitegen.figures.learned import Learned
from sitegen.figures.merging import special_share
from sitegen.figures.numerals import NBSP
from sitegen.figures.spec import read_spec
from sitegen.figures.weights import UNIT
from sitegen.model import Fence, Figure, Measure, Piece, Prompt, Reading
from tests.readings import read

BAT = "model: minilm\ntext: the bat flew\nlayer: 2\nhead: 4\nfrom: bat\n"
OWL = BAT.replace("minilm", "smollm2").replace("bat", "owl")
END = "A weight says what this head mixes, not why a model answers."


def figure(text: str, *asked: str) -> Figure:
    fence = Fence(id="bat", text=text, span=Span("a.md", 10))
    measures = [Measure(figure="bat", text=each, span=Span("a.md", 1)) for each in asked]
    return draw(fence, measures, read)


def caption(text: str) -> str:
    return figure(text).caption.replace(NBSP, " ")


def share(text: str) -> int:
    """Whole percents of special tokens, of the row that is marked."""
    spec = read_spec(Fence(id="bat", text=text, span=Span("a.md", 10)), read)
    assert isinstance(spec.inputs, Learned)
    found = special_share(spec.inputs, (spec.layer - 1, spec.head - 1), spec.row)
    assert found is not None
    return round(100 * found / UNIT)


def test_it_names_the_model_the_layer_the_head_and_what_a_weight_does_not_say() -> None:
    told = caption(BAT)
    assert told.startswith("all-MiniLM-L6-v2, an encoder; layer 2 of 6, head 4 of 12, shown first;")
    assert "rows sum to 100 %" in told
    assert told.endswith(END)
    assert "not learned" not in told


def test_of_a_causal_model_it_says_what_no_token_sees() -> None:
    told = caption(OWL)
    assert told == (
        "SmolLM2-135M-Instruct, a causal model; layer 2 of 30, head 4 of 9, shown first;"
        " rows sum to 100 %; each token sees only itself and what came before;"
        f" in this head a token looks mostly at itself or the first token. {END}"
    )
    assert "each token sees only" not in caption(BAT)


@pytest.mark.parametrize(
    ("line", "end"),
    [
        ("", ", shown dimmed"),
        ("special: show\n", ""),
        ("special: drop\n", ", left out, and rows are scaled to 100 % again"),
    ],
)
def test_it_says_what_special_tokens_have_and_how_they_are_shown(line: str, end: str) -> None:
    text = BAT + line
    expected = f"; {share(text)} % of the row of bat goes to [CLS] and [SEP]{end}. {END}"
    assert caption(text).endswith(expected)


def test_without_a_marked_row_the_share_is_that_of_all_rows() -> None:
    text = BAT.replace("from: bat\n", "")
    assert f"{share(text)} % of a row on average goes to [CLS] and [SEP]" in caption(text)


@pytest.mark.parametrize(
    ("measure", "told"),
    [
        ("norm", "shares of the length of what is taken (Kobayashi et al. 2020), not weights"),
        ("weight", "head 4 of 12, shown first; rows sum"),
    ],
)
def test_it_names_the_measure(measure: str, told: str) -> None:
    assert told in caption(f"{BAT}measure: {measure}\n")


def test_rollout_is_called_an_approximation_and_has_no_head() -> None:
    told = caption(BAT.replace("head: 4\n", "") + "measure: rollout\n")
    assert "layer 2 of 6, shown first; rollout of all heads up to there, an approximation" in told
    assert "(Abnar & Zuidema 2020)" in told
    assert "head 4" not in told
    assert told.endswith("It says what is mixed with what, not why a model answers.")


def test_words_of_several_tokens_are_told_of_only_where_there_are_some() -> None:
    def split(prompt: Prompt) -> Reading:
        reading = read(prompt)
        pieces = (reading.pieces[0], Piece("th", 0, 2), Piece("##e", 2, 3), *reading.pieces[3:])
        return replace(reading, pieces=pieces)

    fence = Fence(id="bat", text=BAT.replace("from: bat\n", ""), span=Span("a.md", 10))
    told = "a word of several tokens: weights to them summed, from them averaged"
    assert told in draw(fence, (), split).caption
    assert told not in caption(BAT)


def test_a_check_says_in_how_many_of_all_heads_it_holds() -> None:
    told = caption(f"{BAT}check: bat -> flew + bat -> the >= 0%\n")
    assert re.match(r"Checked: bat → flew \+ bat → the, together \d+ % ≥ 0 %; so in 72 of 72", told)
    false = caption(f"{BAT}check: bat -> the > 100%\nexpect: false\n")
    assert re.match(r"Not so: bat → the \d+ % > 100 %; 0 of 72 heads satisfy this\.", false)
    causal = caption(f"{OWL}check: owl -> flew = 0%\n")
    assert causal.startswith("Checked: owl → flew 0 % = 0 %; so in 270 of 270 heads.")


def test_a_check_of_rollout_counts_layers() -> None:
    text = BAT.replace("head: 4\n", "") + "measure: rollout\n"
    assert "so in 6 of 6 layers." in caption(f"{text}check: bat -> the >= 0%\n")
    assert "bat → the (layer 3) " in caption(f"{text}check: bat -> the@3 >= 0%\n")


def test_what_is_not_so_is_an_error_with_the_measured_numbers() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        figure(f"{BAT}check: bat -> the > 100%\n")
    (error,) = caught.value.exceptions
    assert isinstance(error, ClaimError)
    assert re.search(r"bat → the \d+ % > 100 %", error.message)
    assert "0 of 72 heads satisfy this" in (error.hint or "")


def test_prose_can_ask_for_what_a_model_gave() -> None:
    answers = figure(BAT, "bat->flew", "bat->flew@mean .1", "bat->[CLS]@6.12").answers
    assert len(answers) == 3
    assert all(re.fullmatch(r"\d+(\.\d)?\u00a0%", each) for each in answers.values())


def test_a_row_of_which_nothing_is_left_says_so_and_no_number_is_made_up() -> None:
    def hungry(prompt: Prompt) -> Reading:
        reading = read(prompt)
        cells = np.frombuffer(reading.cells, "<i4").reshape(reading.shape).copy()
        cells[1, 3, 2] = [10_000, 0, 0, 0, 0]
        return replace(reading, cells=cells.tobytes())

    drawn = draw(Fence("bat", f"{BAT}special: drop\n", Span("a.md", 1)), (), hungry)
    assert drawn.sentence == "Layer 2, head 4: bat attends almost only to special tokens."
    told = drawn.caption.replace(NBSP, " ")
    assert "100 % of the row of bat goes to [CLS] and [SEP], left out, and rows are scaled" in told
    assert "or empty where less than 1 % is left" in told
    assert re.search(r"bat</th>(<td[^>]*>0</td>){3}", drawn.table)
    assert "or empty" not in caption(f"{BAT}special: drop\n")


@pytest.mark.parametrize("view", ["heatmap", "heads", "text", "arcs"])
def test_every_view_of_words_says_it(view: str) -> None:
    drawn = figure(f"{BAT}view: {view}\n")
    assert drawn.caption.replace(NBSP, " ") in re.sub(r"<[^>]*>", "", drawn.html).replace(NBSP, " ")
    assert f"{share(BAT)}{NBSP}% of the row of bat goes to [CLS] and [SEP]" in drawn.caption
    assert drawn.caption.endswith(END)
