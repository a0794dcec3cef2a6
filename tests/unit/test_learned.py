"""A block that asks a real model: what it may say, where its mistakes are, tokens as words."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from sitegen.errors import FigureError, Span
from sitegen.figures.learned import (
    LEARNED_KEYS,
    LONGEST_TEXT,
    MEASURES,
    Learned,
    Unread,
    words_of,
)
from sitegen.figures.spec import TOY_KEYS, Spec, read_spec
from sitegen.model import Fence, Piece, Prompt, Reading
from sitegen.models.table import MODELS
from sitegen.transformer.bpe import BPE, SPELLING
from sitegen.transformer.tokens import Tokens
from sitegen.transformer.wordpiece import WordPiece
from tests.readings import read

BAT = "model: minilm\ntext: the bat flew\n"
POEM = "model: smollm2\nview: landscape\nof: poem\n"
VERSE = "Snow on the bins,\n    the fox\nis out."


def fence(text: str, verse: str = "") -> Fence:
    return Fence(id="figure.1", text=text, span=Span("a.md", 10), verse=verse)


def spec(text: str, verse: str = "") -> Spec:
    return read_spec(fence(text, verse), read)


def learned(text: str, verse: str = "") -> Learned:
    inputs = spec(text, verse).inputs
    assert isinstance(inputs, Learned)
    return inputs


def mistakes(text: str, verse: str = "") -> list[FigureError]:
    with pytest.raises(ExceptionGroup) as caught:
        spec(text, verse)
    errors = [each for each in caught.value.exceptions if isinstance(each, FigureError)]
    assert len(errors) == len(caught.value.exceptions)
    return errors


def mistake(text: str, verse: str = "") -> FigureError:
    (only,) = mistakes(text, verse)
    return only


# --- what a block may say ------------------------------------------------------------------------


def test_a_model_and_a_text_are_enough() -> None:
    found = spec(BAT)
    assert found.tokens == ("[CLS]", "the", "bat", "flew", "[SEP]")
    assert (found.layers, found.heads, found.layer, found.head) == (6, 12, 1, 1)
    assert (found.view, found.causal, found.scale, found.row) == ("heatmap", False, None, None)
    assert found.faded == {0, 4}
    prompt = Prompt(model="minilm", quantity="weight", text="the bat flew")
    inputs = learned(BAT)
    assert inputs.reading == read(prompt)
    assert (inputs.quantity, inputs.special, inputs.left_out) == ("weight", "fade", False)


def test_a_causal_model_has_its_own_layers_and_no_special_tokens() -> None:
    found = spec("model: smollm2\ntext: the bat flew\nlayer: 30\nhead: 9\n")
    assert found.tokens == ("the", "bat", "flew")
    assert (found.layers, found.heads, found.causal) == (30, 9, True)


def test_a_text_may_run_over_several_lines() -> None:
    assert learned("model: minilm\ntext: the bat\n  flew home\n").text == "the bat flew home"


@pytest.mark.parametrize("measure", MEASURES)
def test_the_measure_is_what_the_model_is_asked_for(measure: str) -> None:
    assert learned(f"{BAT}measure: {measure}\n").quantity == measure


def test_of_rollout_the_layers_are_what_is_chosen_and_the_last_is_shown_first() -> None:
    found = spec(f"{BAT}measure: rollout\n")
    assert (found.layers, found.heads, found.layer, found.head) == (1, 6, 1, 6)
    assert spec(f"{BAT}measure: rollout\nlayer: 2\n").head == 2


def test_special_tokens_may_be_shown_as_all_others() -> None:
    assert spec(f"{BAT}special: show\n").faded == frozenset()


def test_special_tokens_may_be_left_out() -> None:
    found = spec(f"{BAT}special: drop\nfrom: bat\n")
    assert (found.tokens, found.row, found.faded) == (("the", "bat", "flew"), 1, frozenset())
    assert learned(f"{BAT}special: drop\n").left_out


def test_a_special_token_may_be_marked_and_claimed_of() -> None:
    found = spec(f"{BAT}from: [CLS]\ncheck: bat -> [SEP] >= 0%\n")
    assert found.row == 0
    assert len(found.claims) == 1


def test_a_poem_is_read_as_one_line_by_a_view_of_words() -> None:
    assert learned("model: minilm\nof: poem\n", VERSE).text == "Snow on the bins, the fox is out."


@pytest.mark.parametrize(("model", "view"), [("smollm2", "landscape"), ("minilm", "lines")])
def test_a_poem_keeps_its_lines_in_a_view_of_a_whole_text(model: str, view: str) -> None:
    found = learned(f"model: {model}\nview: {view}\nof: poem\n", VERSE)
    assert found.text == VERSE
    assert found.words == ()


def test_a_text_keeps_its_lines_in_a_view_of_a_whole_text() -> None:
    found = learned("model: smollm2\nview: landscape\ntext: Snow,\n  the fox\n")
    assert (found.quantity, found.text) == ("surprise", "Snow,\nthe fox")


def test_what_nobody_has_read_is_asked_for_and_no_mistake() -> None:
    def unread(prompt: Prompt) -> Reading:
        raise Unread(prompt)

    with pytest.raises(Unread) as caught:
        read_spec(fence(f"{BAT}measure: norm\n"), unread)
    assert caught.value.prompt == Prompt(model="minilm", quantity="norm", text="the bat flew")


def test_why_there_is_no_reading_is_told_at_the_model() -> None:
    def refuse(_prompt: Prompt) -> Reading:
        raise FigureError("no weights", hint="get them")

    with pytest.raises(ExceptionGroup) as caught:
        read_spec(fence(BAT), refuse)
    (error,) = caught.value.exceptions
    assert isinstance(error, FigureError)
    assert (error.message, error.hint, error.span) == (
        "no weights",
        "get them",
        Span("a.md", 11, 8, 6),
    )


def test_without_anyone_to_ask_only_a_toy_can_be_drawn() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        read_spec(fence(BAT))
    assert "no model is at hand here" in str(caught.value.exceptions[0])


# --- mistakes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message", "line", "column", "length"),
    [
        (BAT.replace("minilm", "minilmm"), 'unknown model "minilmm"', 11, 8, 7),
        (f"{BAT}view: heatmpa", 'unknown view "heatmpa"', 13, 7, 7),
        (f"{BAT}view: steps", 'the view "steps" is of numbers made by hand', 13, 7, 5),
        (f"{BAT}view: scale", 'the view "scale" is of numbers made by hand', 13, 7, 5),
        (f"{BAT}view: landscape", "needs a model that is causal", 11, 8, 6),
        (BAT.replace("minilm", "smollm2") + "view: lines", "that is an encoder", 11, 8, 7),
        (f"{BAT}measure: wieght", 'unknown measure "wieght"', 13, 10, 6),
        (f"{BAT}measure: surprise", 'unknown measure "surprise"', 13, 10, 8),
        (f"{BAT}special: hide", 'unknown special "hide"', 13, 10, 4),
        (f"{BAT}subwords: split", 'unknown subwords "split"', 13, 11, 5),
        (f"{BAT}of: poem", '"text" and "of" cannot both be given', 13, 1, 2),
        ("model: minilm\nof: essay", 'of is "essay"', 12, 5, 5),
        ("model: minilm\nof: poem", "there is no poem above this figure", 12, 5, 4),
        ("model: minilm", '"text" is missing', 10, 1, 1),
        ("model: minilm\ntext:", "there is no text", 12, 1, 4),
        (BAT.replace("bat", "b\x07t"), "the text holds the control character U+0007", 12, 7, 12),
        (BAT.replace("bat", "b\u202et"), "the control character U+202E", 12, 7, 12),
        (f"{BAT}layer: 7", 'layer is "7"', 13, 8, 1),
        (f"{BAT}head: 13", 'head is "13"', 13, 7, 2),
        (f"{BAT}measure: rollout\nlayer: 7", 'layer is "7"', 14, 8, 1),
        (f"{BAT}measure: rollout\nhead: 1", '"head" does not go with "measure: roll', 14, 1, 4),
        (f"{BAT}measure: rollout\ncheck: bat -> the@7 > 1%", "there is no layer 7", 14, 19, 1),
        (f"{BAT}check: bat -> the@13 > 1%", "there is no head 13", 13, 19, 2),
        (f"{BAT}from: owl", 'unknown token "owl"', 13, 7, 3),
        (f"{BAT}special: drop\nfrom: [CLS]", 'unknown token "[CLS]"', 14, 7, 5),
        (BAT.replace("bat", "b" * 101), 'the word "bbb', 12, 7, 110),
        (BAT.replace("bat", "bat " * 61), "65 words and special tokens are too many", 12, 7, 253),
        (
            BAT.replace("bat", "bat " * 17) + "view: arcs",
            '21 tokens are too many for the view "arcs"',
            13,
            7,
            4,
        ),
    ],
)
def test_a_mistake_is_shown_at_its_word(
    text: str, message: str, line: int, column: int, length: int
) -> None:
    found = mistake(text)
    assert message in found.message
    assert found.span == Span("a.md", line, column, length)


@pytest.mark.parametrize("key", sorted(TOY_KEYS))
def test_the_keys_of_a_toy_do_not_go_with_a_model(key: str) -> None:
    found = mistake(f"{BAT}{key}: 1\n")
    assert found.message == f'"{key}" does not go with "model: minilm": the model has its own'
    assert found.span == Span("a.md", 13, 1, len(key))


@pytest.mark.parametrize("key", sorted(LEARNED_KEYS))
def test_the_keys_of_a_model_do_not_go_with_a_toy(key: str) -> None:
    found = mistake(f"model: toy\ntokens: a\nseed: 1\nd_model: 2\n{key}: 1\n")
    assert found.message == f'"{key}" does not go with "model: toy": a toy has none'
    assert found.span == Span("a.md", 15, 1, len(key))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("measure", "norm"),
        ("special", "show"),
        ("subwords", "show"),
        ("layer", "1"),
        ("head", "1"),
    ],
)
def test_a_view_of_a_whole_text_has_no_words_to_choose_among(key: str, value: str) -> None:
    found = mistake(f"{POEM}{key}: {value}\n", VERSE)
    assert found.message == f'"{key}" does not go with the view "landscape"'
    assert found.span == Span("a.md", 14, 1, len(key))


def test_a_view_of_a_whole_text_has_no_weights_to_check() -> None:
    found = mistakes(f"{POEM}check: Snow -> fox > 1%\n", VERSE)
    assert found[0].message == 'the view "landscape" shows no weights to check'


def test_what_would_help_is_told() -> None:
    assert (
        mistake(BAT.replace("minilm", "minlm")).hint
        == 'did you mean "minilm"? Models: minilm, smollm2, toy'
    )
    assert (
        mistake(f"{BAT}measure: wieght").hint
        == 'did you mean "weight"? Measures: norm, rollout, weight'
    )
    assert mistake(f"{BAT}view: landscape").hint == "write `model: smollm2`"
    assert "model: toy" in (mistake(f"{BAT}view: steps").hint or "")
    assert "of: poem" in (mistake("model: minilm\nof: essay").hint or "")
    assert f"{LONGEST_TEXT:,}" in (mistake(BAT.replace("bat", "a " * 10_000)).hint or "")


def test_all_mistakes_are_told_at_once_and_in_order() -> None:
    found = mistakes(f"{BAT}measure: x\nspecial: y\nsubwords: z\nlayer: 9\nfrom: owl\nid: A\n")
    assert [error.span.line for error in found if error.span] == [13, 14, 15, 16, 17, 18]


def test_a_mistake_in_a_poem_is_shown_where_the_figure_asks_for_it() -> None:
    found = mistake(POEM, "Snow\x07")
    assert found.message == "the text holds the control character U+0007"
    assert found.span == Span("a.md", 13, 5, 4)
    assert learned(POEM, "Snow\n\ton the bins").text == "Snow\n\ton the bins"


def test_a_text_with_a_mistake_is_never_read() -> None:
    for text in (BAT.replace("bat", "b\x07t"), BAT.replace("bat", "a " * 10_000)):
        with pytest.raises(ExceptionGroup):
            read_spec(fence(text), lambda prompt: pytest.fail(f"{prompt} was read"))


# --- tokens as words -----------------------------------------------------------------------------

PIECES = [
    "[CLS]",
    "[SEP]",
    "[UNK]",
    "the",
    "naive",
    "##te",
    "un",
    "##do",
    "don",
    "'",
    "t",
    "-",
    "語",
]
WORDPIECE = WordPiece.from_lines([*PIECES, "cafe", "日", "re", "."])
MERGES = ["t h", "th e", "Ġ the", "n a", "v e", "Ġ na", "1 9", "Ġ Ġ"]
BYTEPAIR = BPE([*SPELLING, *(each.replace(" ", "") for each in MERGES)], MERGES)


def shown(tokens: Tokens, text: str, *, merge: bool = True) -> list[str]:
    parts = zip(tokens.pieces, tokens.offsets, tokens.special, strict=True)
    pieces = [Piece(piece, *place, special) for piece, place, special in parts]
    words = words_of(pieces, text, merge=merge)
    places = [i for word in words for i in range(word.start, word.end)]
    assert places == list(range(len(pieces)))  # all of them, in order, none twice
    return [word.text for word in words]


@pytest.mark.parametrize(
    ("text", "merged", "single"),
    [
        ("naivete", "naivete", "naive te"),
        ("Naïveté!", "Naïveté !", "Naïve té !"),
        ("un-do", "un - [do]", "un - [do]"),
        ("undo", "undo", "un do"),
        ("don't", "don ' t", "don ' t"),
        ("日語", "日 語", "日 語"),
        ("re re.", "re re .", "re re ."),
        ("Zürich ☃", "[Zürich] [☃]", "[Zürich] [☃]"),
        ("cafe\u0301", "cafe\u0301", "cafe\u0301"),
        ("cafe\u0301s", "[cafe\u0301s]", "[cafe\u0301s]"),
        ("unde\u0301", "[unde\u0301]", "[unde\u0301]"),
        ("u\u0301ndo\u0301", "u\u0301ndo\u0301", "u\u0301n do\u0301"),
        ("un\u0301do", "un\u0301do", "un\u0301 do"),
        ("<SEP>", "[<] [SEP] [>]", "[<] [SEP] [>]"),
    ],
)
def test_words_of_an_encoder_are_shown_as_they_were_typed(
    text: str, merged: str, single: str
) -> None:
    """Those in brackets are unknown to the vocabulary."""
    for merge, expected in ((True, merged), (False, single)):
        found = shown(WORDPIECE.encode(text), text, merge=merge)
        assert found == ["[CLS]", *re.sub(r"[][]", "", expected).split(), "[SEP]"]


@pytest.mark.parametrize(
    ("text", "merged", "single"),
    [
        ("the the", "the|the", "the|the"),
        ("the na", "the|na", "the|na"),
        ("the nave", "the|nave", "the|na|ve"),
        ("1984", "1984", "1|9|8|4"),
        ("the 19", "the|19", "the|␣|1|9"),
        ("the   the", "the|the", "the|␣␣|the"),
        ("the ", "the|␣", "the|␣"),
        ("語", "語", "語"),
        ("語語", "語|語", "語|語"),
        ("👍🏽", "👍|🏽", "👍|🏽"),
        ("e\u0301", "e\u0301", "e|\u0301"),
        ("the's", "the|'|s", "the|'|s"),
    ],
)
def test_words_of_a_causal_model_are_whole_characters_without_their_space(
    text: str, merged: str, single: str
) -> None:
    tokens = BYTEPAIR.encode(text)
    assert shown(tokens, text) == merged.split("|")
    assert shown(tokens, text, merge=False) == single.split("|")


def test_special_tokens_are_never_part_of_a_word() -> None:
    pieces = [Piece("[CLS]", 0, 0, True), Piece("a", 0, 1), Piece("[SEP]", 1, 1, True)]
    assert [word.text for word in words_of(pieces, "a", merge=True)] == ["[CLS]", "a", "[SEP]"]
    assert [word.special for word in words_of(pieces, "a", merge=True)] == [True, False, True]


def test_no_tokens_are_no_words() -> None:
    assert words_of((), "", merge=True) == ()


def test_a_figure_says_whether_its_words_are_made_of_several_tokens() -> None:
    pieces = (Piece("un", 0, 2), Piece("##do", 2, 4), Piece("it", 5, 7))

    def split(prompt: Prompt) -> Reading:
        n, model = len(pieces), MODELS[prompt.model]
        shape = (model.layers, model.heads, n, n)
        cells = (3333).to_bytes(4, "little") * (model.layers * model.heads * n * n)
        return replace(read(prompt), pieces=pieces, shape=shape, cells=cells)

    for line, words, merged in (("", ("undo", "it"), True), ("subwords: show\n", None, False)):
        found = read_spec(fence(f"model: minilm\ntext: undo it\n{line}"), split)
        assert found.tokens == (words or ("un", "do", "it"))
        assert isinstance(found.inputs, Learned)
        assert found.inputs.merged is merged
