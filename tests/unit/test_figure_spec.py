"""What a writer may say in an `attention` block, and what happens to mistakes."""

from __future__ import annotations

from time import process_time

import pytest

from sitegen.errors import FigureError, Span
from sitegen.figures.learned import WHOLE
from sitegen.figures.matrices import Given, Projected, Seeded
from sitegen.figures.spec import VIEWS, Spec, read_spec
from sitegen.figures.views import FIGURES
from sitegen.model import Fence

PAIR = "model: toy\ntokens: the bat\nQ: 1 0 / 0 1\nK: 1 2 / 3 4\n"
VECTORS = "model: toy\ntokens: the bat\nX: 1 0 / 0 1\nW_Q: 1 2 / 3 4\nW_K: 1 2 / 3 4\n"
SEEDED = "model: toy\ntokens: the bat\nseed: 2017\nd_model: 8\n"


def fence(text: str, indent: int = 0) -> Fence:
    return Fence(id="figure.1", text=text, span=Span("a.md", 10), indent=indent)


def spec(text: str) -> Spec:
    return read_spec(fence(text))


def mistakes(text: str, indent: int = 0) -> list[FigureError]:
    with pytest.raises(ExceptionGroup) as caught:
        read_spec(fence(text, indent))
    errors = [each for each in caught.value.exceptions if isinstance(each, FigureError)]
    assert len(errors) == len(caught.value.exceptions)
    return errors


def mistake(text: str, indent: int = 0) -> FigureError:
    (only,) = mistakes(text, indent)
    return only


def test_queries_and_keys_are_read_row_by_row() -> None:
    read = spec(PAIR)
    assert read.tokens == ("the", "bat")
    assert read.inputs == Given(q=((1, 0), (0, 1)), k=((1, 2), (3, 4)))
    assert read == Spec(id="figure.1", view="heatmap", tokens=read.tokens, inputs=read.inputs)


def test_every_option_is_read() -> None:
    read = spec(
        PAIR + "view: heatmap\nV: 1 0 / 2 0\nheads: 2\nhead: 2\ncausal: yes\nscale: 0.5\n"
        "from: bat\ncaption: Two heads: one sees.\nid: two-heads\n"
    )
    assert read.inputs == Given(q=((1, 0), (0, 1)), k=((1, 2), (3, 4)), v=((1, 0), (2, 0)))
    assert (read.id, read.heads, read.head) == ("two-heads", 2, 2)
    assert (read.causal, read.scale, read.row) == (True, 0.5, 1)
    assert read.caption == "Two heads: one sees."


def test_vectors_with_projections_are_read() -> None:
    read = spec("model: toy\ntext: a b\nX: 1 0 2 / 0 1 2\nW_Q: 1/2/3\nW_K: 4/5/6\n")
    assert read.inputs == Projected(
        x=((1, 0, 2), (0, 1, 2)), w_q=((1,), (2,), (3,)), w_k=((4,), (5,), (6,))
    )


def test_values_and_their_projections_join_what_they_belong_to() -> None:
    given = spec(PAIR + "V: 1 2 3 4 / 5 6 7 8\nW_O: 1/2/3/4\nheads: 2\n").inputs
    assert isinstance(given, Given)
    assert (given.v, given.w_o) == (((1, 2, 3, 4), (5, 6, 7, 8)), ((1,), (2,), (3,), (4,)))
    projected = spec(VECTORS + "W_V: 1 0 / 0 1\nW_O: 1 1 1 / 0 0 0\n").inputs
    assert isinstance(projected, Projected)
    assert (projected.w_v, projected.w_o) == (((1, 0), (0, 1)), ((1, 1, 1), (0, 0, 0)))


def test_a_stack_of_layers_is_read() -> None:
    read = spec(SEEDED + "layers: 6\nlayer: 5\nheads: 4\nhead: 3\npositions: yes\n")
    assert (read.layers, read.layer, read.heads, read.head) == (6, 5, 4, 3)
    assert read.positions


@pytest.mark.parametrize("view", [view for view in VIEWS if view not in WHOLE])
def test_every_view_is_drawn_of_random_vectors(view: str) -> None:
    assert spec(f"{SEEDED}view: {view}\n").view == view


@pytest.mark.parametrize("text", [PAIR + "V: 1 / 2\n", VECTORS + "W_V: 1 / 2\n"])
def test_steps_may_be_shown_where_values_are_given(text: str) -> None:
    assert spec(text + "view: steps\n").view == "steps"


def test_a_seed_stands_for_random_numbers() -> None:
    assert spec("model: toy\ntext: a b\nseed: 2017\nd_model: 8\nheads: 4\n").inputs == Seeded(
        seed=2017, d_model=8
    )


@pytest.mark.parametrize(
    ("typed", "factor"), [("sqrt", None), ("none", 1.0), ("0", 0.0), ("2.5", 2.5)]
)
def test_a_scale_is_a_word_or_a_factor(typed: str, factor: float | None) -> None:
    assert spec(f"{PAIR}scale: {typed}").scale == factor


def test_numbers_may_have_signs_points_and_exponents() -> None:
    read = spec("model: toy\ntokens: a\nQ: -1 +.5 2. 1e-2 −3\nK: 0 0 0 0 0\n")
    assert isinstance(read.inputs, Given)
    assert read.inputs.q == ((-1, 0.5, 2, 0.01, -3),)


def test_a_token_in_quotes_may_hold_a_space() -> None:
    read = spec('model: toy\ntokens: "New York" "><b> bat#2 5"x\nseed: 1\nd_model: 1\n')
    assert read.tokens == ("New York", '"><b>', "bat#2", '5"x')


def test_text_is_cut_at_its_spaces() -> None:
    assert spec('model: toy\ntext: "a  b" c\nseed: 1\nd_model: 1\n').tokens == ('"a', 'b"', "c")


def test_comments_and_blank_lines_say_nothing() -> None:
    read = spec("# a figure\n\n" + PAIR.replace("bat", "bat#2  # a token") + "   # the end\n")
    assert read.tokens == ("the", "bat#2")


def test_an_indented_line_continues_the_value() -> None:
    long = "model: toy\ntokens: a\n  b\n\tc\nQ: 1 0 /\n  0\n  1 / 2 2\nK:\n  1 2\n  3 4\n  5 6\n"
    read = spec(long)
    assert read.tokens == ("a", "b", "c")
    assert read.inputs == Given(q=((1, 0), (0, 1), (2, 2)), k=((1, 2), (3, 4), (5, 6)))


@pytest.mark.parametrize(
    ("typed", "row"), [("bat", 1), ("bat#1", 1), ("bat#2", 3), ("c#", 2), ('"bat"', 1)]
)
def test_the_row_to_highlight_is_named_by_its_token(typed: str, row: int) -> None:
    assert (
        spec(f"model: toy\ntokens: the bat c# bat\nseed: 1\nd_model: 2\nfrom: {typed}").row == row
    )


@pytest.mark.parametrize(
    ("text", "message", "line", "column", "length"),
    [
        (f"{PAIR}tokenz: a", 'unknown key "tokenz"', 15, 1, 6),
        (f"{PAIR}K: 1", '"K" is given twice, first on line 14', 15, 1, 1),
        (f"{PAIR}hello", 'no ":" after a key in "hello"', 15, 1, 5),
        (f"  a\n{PAIR}", "this line continues nothing", 11, 3, 1),
        (PAIR.replace("model: toy\n", ""), '"model" is missing', 10, 1, 1),
        (PAIR.replace("toy", "toi"), 'unknown model "toi"', 11, 8, 3),
        (f"{PAIR}view: heatmpa", 'unknown view "heatmpa"', 15, 7, 7),
        (PAIR.replace("tokens: the bat\n", ""), '"tokens" is missing', 10, 1, 1),
        (PAIR.replace("the bat", ""), "there are no tokens", 12, 1, 6),
        (f"{PAIR}text: a b", '"tokens" and "text" cannot both be given', 15, 1, 4),
        (PAIR.replace("bat", '""'), "an empty token", 12, 13, 2),
        (PAIR.replace("bat", "b\0t"), "a token holds the control character U+0000", 12, 13, 3),
        (PAIR.replace("bat", "b\u202et"), "the control character U+202E", 12, 13, 3),
        (f"{PAIR}caption: a\x07", "the caption holds the control character U+0007", 15, 10, 2),
        (PAIR.replace("bat", "b" * 101), "has 101 characters", 12, 13, 101),
        (PAIR.replace("the bat", "a " * 65), "65 tokens are too many", 12, 9, 129),
        (PAIR.replace("Q: 1 0 / 0 1\n", ""), '"Q" is missing', 10, 1, 1),
        (PAIR[:27], "the block has no numbers", 10, 1, 1),
        (f"{PAIR}seed: 1", '"seed" does not go with "Q"', 15, 1, 4),
        (PAIR.replace("3 4", "3 x4"), '"x4" is not a number', 14, 12, 2),
        (PAIR.replace("3 4", "3 1_0"), '"1_0" is not a number', 14, 12, 3),
        (PAIR.replace("3 4", "3 ٤"), '"٤" is not a number', 14, 12, 1),
        (PAIR.replace("3 4", "nan 4"), "nan is not a finite number", 14, 10, 3),
        (PAIR.replace("3 4", "3 -inf"), "-inf is not a finite number", 14, 12, 4),
        (PAIR.replace("3 4", "3 4e9"), "4e9 is too large", 14, 12, 3),
        (PAIR.replace("3 4", "3"), "row 2 of K has 1 number, row 1 has 2", 14, 10, 1),
        (PAIR.replace("3 4", "3 4 / 5 6"), "K has 3 rows for 2 tokens", 14, 4, 15),
        (PAIR.replace("1 2 / 3 4", "1 / 2"), "Q has 2 columns, but K has 1", 14, 4, 5),
        (PAIR.replace("1 2 / 3 4", ""), "K is empty", 14, 1, 1),
        (PAIR.replace("1 2 / 3 4", "/ /"), "K is empty", 14, 4, 3),
        (PAIR.replace("1 2 / 3 4", "/ 1"), "row 2 of K has 1 number, row 1 has 0", 14, 6, 1),
        (f"{PAIR}heads: 3", "the width of Q is 2, which 3 heads cannot share", 13, 4, 9),
        (f"{PAIR}heads: 2\nhead: 3", 'head is "3"', 16, 7, 1),
        (f"{PAIR}heads: none", 'heads is "none"', 15, 8, 4),
        (f"{PAIR}V: 1", "V has 1 row for 2 tokens", 15, 4, 1),
        (f"{PAIR}heads: 2\nV: 1 / 2", "the width of V is 1, which 2 heads cannot", 16, 4, 5),
        (f"{PAIR}V: 1 / inf", "inf is not a finite number", 15, 8, 3),
        (f"{PAIR}W_O: 1 / 2", '"W_O" is given without "V"', 15, 1, 3),
        (f"{PAIR}V: 1 2 / 3 4\nW_O: 1", "W_O has 1 row for 2 columns of V", 16, 6, 1),
        (f"{PAIR}W_V: 1 / 2", '"W_V" does not go with "Q"', 15, 1, 3),
        (f"{VECTORS}W_V: 1", "W_V has 1 row for 2 columns of X", 16, 6, 1),
        (f"{VECTORS}V: 1 / 2", '"V" does not go with "X"', 16, 1, 1),
        (f"{VECTORS}W_O: 1 / 2", '"W_O" is given without "W_V"', 16, 1, 3),
        (f"{VECTORS}W_V: 1 / 2\nW_O: 1 / 2", "W_O has 2 rows for 1 column of W_V", 17, 6, 5),
        (f"{SEEDED}W_O: 1", '"W_O" does not go with "seed"', 15, 1, 3),
        (f"{PAIR}view: steps", 'the view "steps" needs values to mix', 15, 7, 5),
        (f"{VECTORS}view: steps", 'the view "steps" needs values to mix', 16, 7, 5),
        (f"{PAIR}positions: yes", "there are no vectors to add positions to", 15, 12, 3),
        (f"{PAIR}positions: sin", 'positions is "sin"', 15, 12, 3),
        (f"{PAIR}layers: 2", "numbers made by hand are one layer", 15, 9, 1),
        (f"{VECTORS}layers: 2", "numbers made by hand are one layer", 16, 9, 1),
        (f"{SEEDED}layers: 33", 'layers is "33"', 15, 9, 2),
        (f"{SEEDED}layers: many\nlayer: 2", 'layers is "many"', 15, 9, 4),
        (f"{SEEDED}layers: 2\nlayer: 3", 'layer is "3"', 16, 8, 1),
        (f"{SEEDED}layer: 2", 'layer is "2"', 15, 8, 1),
        (f"{SEEDED}heads: 65\nhead: 9", 'heads is "65"', 15, 8, 2),
        (
            SEEDED.replace("8", "64") + "layers: 9\nheads: 64",
            "576 heads in all layers are too many",
            15,
            9,
            1,
        ),
        (
            SEEDED.replace("8", "512") + "layers: 7",
            "7 layers of width 512 are too much",
            15,
            9,
            1,
        ),
        (f"{PAIR}causal: maybe", 'causal is "maybe"', 15, 9, 5),
        (f"{PAIR}scale: -1", 'scale is "-1"', 15, 8, 2),
        (f"{PAIR}from: bta", 'unknown token "bta"', 15, 7, 3),
        (f"{PAIR}from: bat#2", 'there is no "bat#2"', 15, 7, 5),
        (f"{PAIR}id: page.main", '"page.main" cannot be an id', 15, 5, 9),
    ],
)
def test_a_mistake_is_shown_at_its_word(
    text: str, message: str, line: int, column: int, length: int
) -> None:
    found = mistake(text)
    assert message in found.message
    assert found.span == Span("a.md", line, column, length)


def test_matrices_of_other_shapes_name_what_they_should_have_matched() -> None:
    text = "model: toy\ntext: a b\nX: 1 1 1 / 1 1 1\nW_Q: 1/2/3\nW_K: 4/5\n"
    assert mistake(text).message == "W_K has 2 rows for 3 columns of X"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (PAIR.replace("tokens", "tokns"), 'did you mean "tokens"?'),
        (PAIR.replace("Q:", "q:"), 'did you mean "Q"?'),
        (PAIR.replace("toy", "tony"), 'did you mean "toy"?'),
        (f"{PAIR}from: batt", 'did you mean "bat"?'),
        (f"{PAIR}view: step", 'did you mean "steps"?'),
        (f"{PAIR}view: steps", "add V"),
        (f"{VECTORS}view: steps", "add W_V"),
        (f"{VECTORS}layers: 2", "give `seed` and `d_model`"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_nearest(text: str, hint: str) -> None:
    assert any(hint in (found.hint or "") for found in mistakes(text))


def test_all_mistakes_are_told_at_once_and_in_order() -> None:
    found = mistakes("model: toi\ntokens: the bat\nQ: 1 x / 2\nK: 1\nfrom: cat\nscale: big\n")
    assert [error.span.line for error in found if error.span] == [11, 13, 13, 14, 15, 16]


def test_a_projection_of_values_alone_misses_its_family() -> None:
    found = [error.message for error in mistakes("model: toy\ntext: a\nW_V: 1\n")]
    assert found == ['"X" is missing', '"W_Q" is missing', '"W_K" is missing']


def test_columns_count_from_the_edge_of_the_file() -> None:
    span = mistake(PAIR.replace("3 4", "3 x"), indent=4).span
    assert span == Span("a.md", 14, 16, 1)


def test_a_mistake_on_a_continued_line_is_shown_there() -> None:
    span = mistake(PAIR.replace("/ 3 4", "/\n    3 x")).span
    assert span == Span("a.md", 15, 7, 1)


def test_many_mistakes_are_counted_instead_of_listed() -> None:
    found = mistakes(PAIR + "x: 1\n" * 500)
    assert len(found) == 21
    assert found[-1].message == "480 more mistakes in this block"


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"key{i}: 1" for i in range(15_000)),
        "model: toy\ntokens: " + "a " * 95_000,
        "Q: " + "x " * 95_000,
        "Q: " + "1/" * 95_000,
        'tokens: "' + '"a ' * 60_000,
        "caption: " + " " * 190_000 + "x",
        "a:\n" + "  b\n" * 45_000,
        "x" * 10_000_000,
    ],
)
def test_a_monstrous_block_is_refused_fast(text: str) -> None:
    start = process_time()
    assert mistakes(text)
    assert process_time() - start < 3


def test_every_view_that_a_block_may_ask_for_can_be_drawn() -> None:
    assert set(FIGURES) <= set(VIEWS)
