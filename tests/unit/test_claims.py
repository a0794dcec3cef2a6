"""What a text may claim of a figure, whether it is so, and what prose may ask of it."""

from __future__ import annotations

import subprocess
import sys
from time import process_time

import numpy as np
import pytest

from sitegen.errors import ClaimError, FigureError, Span
from sitegen.figures.block import Mistakes
from sitegen.figures.claims import Verdict, answer, check_claims, judge, verify
from sitegen.figures.grammar import read_question
from sitegen.figures.spec import Spec, read_spec
from sitegen.figures.terms import Amount, Arrow, Claim, Comparison, Count, Scope, Share
from sitegen.figures.weights import UNIT, Axis, Weights
from sitegen.model import Fence, Measure

BLOCK = "model: toy\ntokens: the bat flew bat\nseed: 1\nd_model: 12\nlayers: 6\nheads: 12\n"
LAST = 6
NBSP = "\u00a0"
Panel = list[list[float]]


def read(lines: str, block: str = BLOCK) -> Spec:
    return read_spec(Fence(id="figure.1", text=block + lines, span=Span("a.md", 10)))


def comparisons(text: str, block: str = BLOCK) -> tuple[Comparison, ...]:
    (claim,) = read(f"check: {text}", block).claims
    return claim.comparisons


def leaves(group: ExceptionGroup[Exception]) -> list[FigureError]:
    errors = [each for each in group.exceptions if isinstance(each, FigureError)]
    assert len(errors) == len(group.exceptions)
    return errors


def mistakes(lines: str, block: str = BLOCK) -> list[FigureError]:
    with pytest.raises(ExceptionGroup) as caught:
        read(lines, block)
    return leaves(caught.value)


def weights(*panels: Panel, rows: int = 1) -> Weights:
    """Panels in percent, written row by row of the panels."""
    units = np.rint(np.array(panels) * UNIT / 100).astype(np.int64)
    columns = len(panels) // rows
    return Weights(
        units.reshape(rows, columns, *units.shape[1:]),
        Axis(name="Layer", options=tuple(str(i + 1) for i in range(rows))),
        Axis(name="Head", options=tuple(str(i + 1) for i in range(columns))),
    )


# the, bat, flew
ONE: Panel = [[100.0, 0, 0], [7.2, 39.4, 53.4], [20, 30, 50]]
OTHER: Panel = [[0.0, 50, 50], [53.4, 39.4, 7.2], [20, 30, 50]]
TOKENS = ("the", "bat", "flew")
SMALL = "model: toy\ntokens: the bat flew\nseed: 1\nd_model: 12\n"


def verdict(text: str, *panels: Panel, extra: str = "", rows: int = 1) -> Verdict:
    panels = panels or (ONE,)
    size = f"heads: {len(panels) // rows}\nlayers: {rows}\n"
    spec = read(f"{size}check: {text}\n{extra}", SMALL)
    return judge(spec.claims[0], weights(*panels, rows=rows), (0, 0), TOKENS)


# --- the grammar ---------------------------------------------------------------------------------

BAT_FLEW, BAT_THE = Arrow(query=1, key=2), Arrow(query=1, key=0)


@pytest.mark.parametrize(
    "typed",
    [
        "bat -> flew > bat -> the",
        "bat->flew>bat->the",
        "bat → flew > bat → the",
        '"bat" -> "flew" > bat#1 -> the',
        "bat -> flew >\n   bat -> the",
        "bat -> flew > bat -> the  # so it is",
    ],
)
def test_a_claim_compares_two_weights(typed: str) -> None:
    assert comparisons(typed) == (Comparison(sums=((BAT_FLEW,), (BAT_THE,)), operators=(">",)),)


@pytest.mark.parametrize(
    ("typed", "share"),
    [
        ("20%", Share(units=200_000_000)),
        ("20 %", Share(units=200_000_000)),
        ("20\u00a0%", Share(units=200_000_000)),
        ("7.5%", Share(units=75_000_000, decimals=1)),
        (".5%", Share(units=5_000_000, decimals=1)),
        ("0%", Share(units=0)),
        ("12.3456789%", Share(units=123_456_789, decimals=7)),
        ("150%", Share(units=1_500_000_000)),
    ],
)
def test_a_percentage_is_a_whole_number_of_billionths(typed: str, share: Share) -> None:
    (found,) = comparisons(f"bat->flew >= {typed}")
    assert found == Comparison(sums=((BAT_FLEW,), (share,)), operators=("≥",))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [(">", ">"), (">=", "≥"), ("≥", "≥"), ("<", "<"), ("<=", "≤"), ("≤", "≤"), ("=", "=")],
)
def test_there_are_five_ways_to_compare(typed: str, meant: str) -> None:
    assert comparisons(f"bat->flew{typed}20%")[0].operators == (meant,)


def test_a_chain_says_all_of_it_and_so_does_and() -> None:
    first, second = comparisons("20% < bat->flew + bat->the <= 90% and the->the = 100%")
    assert len(first.sums) == 3
    assert first.sums[1] == (BAT_FLEW, BAT_THE)
    assert first.operators == ("<", "≤")
    assert second == Comparison(
        sums=((Arrow(query=0, key=0),), (Share(units=UNIT),)), operators=("=",)
    )


@pytest.mark.parametrize(
    ("typed", "place"),
    [("@4", (3, 4)), ("@ 2.12", (2, 12)), ("@mean", "mean"), ("@6.1", (6, 1))],
)
def test_a_place_is_a_head_of_the_own_layer_or_of_another_or_the_mean(
    typed: str, place: object
) -> None:
    (found,) = comparisons(f"bat->flew{typed} > 1%", BLOCK + "layer: 3\n")
    assert found.sums[0] == (Arrow(query=1, key=2, place=place),)  # type: ignore[arg-type]


def test_of_two_tokens_the_first_is_meant_unless_it_is_numbered() -> None:
    ((one, other),) = [each.sums for each in comparisons("bat->bat < bat#2->bat#2")]
    assert (one, other) == ((Arrow(query=1, key=1),), (Arrow(query=3, key=3),))


ODD = (
    'model: toy\ntokens: and mean 20% check a-b [CLS], "New York" "->" x# "\nseed: 1\nd_model: 2\n'
)


@pytest.mark.parametrize(
    ("typed", "ends"),
    [
        ("and -> and", (0, 0)),
        ("mean->mean", (1, 1)),
        ("20% -> 20%", (2, 2)),
        ("check->a-b", (3, 4)),
        ('[CLS],->"New York"', (5, 6)),
        ('"->" -> x#', (7, 8)),
        ('" -> "New York"#1', (9, 6)),
    ],
)
def test_a_token_is_typed_as_it_stands_in_the_text(typed: str, ends: tuple[int, int]) -> None:
    (first, second) = comparisons(f"{typed} > 1% and {typed} < 20 %", ODD)
    arrow = Arrow(query=ends[0], key=ends[1])
    assert (first.sums[0], second.sums[0]) == ((arrow,), (arrow,))


def test_a_quote_that_belongs_to_a_token_opens_nothing() -> None:
    block = 'model: toy\ntext: say "the bat" now\nseed: 1\nd_model: 2\n'
    ((terms, _),) = [each.sums for each in comparisons('"the -> bat" > 1%', block)]
    assert terms == (Arrow(query=1, key=2),)


def test_a_check_that_is_expected_to_be_false_says_so_below() -> None:
    spec = read(
        "check: bat->flew > 1%\ncheck: bat->flew > 2%\nexpect: false\n"
        "check: bat->the > 3%\nexpect: yes\n"
    )
    assert [claim.expected for claim in spec.claims] == [True, False, True]
    assert spec.claims[1].span == Span("a.md", 18, 8, 14)


@pytest.mark.parametrize(
    ("lines", "message", "column", "length"),
    [
        ("check: bat -> flew > 20", '"20" is no percentage', 22, 2),
        ("check: bat -> flew > 7,5%", '"7,5%" is no percentage', 22, 4),
        ("check: bat -> flew > 99999%", '"99999%" is no percentage', 22, 6),
        ("check: bat -> flew", "nothing is compared here", 8, 11),
        ("check: 20% < 30%", "two percentages are compared", 8, 9),
        ("check: bat->flew > 20% > 10%", "two percentages are compared", 8, 21),
        ("check: 20%", "nothing is compared here", 8, 3),
        ("check:", "nothing is said here", 1, 5),
        ("check: flew > 20%", '"flew" alone is no weight', 8, 4),
        ("check: bat -> flwe > 20%", 'unknown token "flwe"', 15, 4),
        ("check: bat#3 -> flew > 20%", 'there is no "bat#3"', 8, 5),
        ("check: bat -> > 20%", 'something is missing after "->"', 12, 2),
        ("check: -> flew > 20%", 'something is missing before "->"', 8, 2),
        ("check: bat -> flew >", 'something is missing after ">"', 20, 1),
        ("check: bat -> flew > 20% and", 'something is missing after "and"', 26, 3),
        ("check: bat -> flew > 20% + ", 'something is missing after "+"', 26, 1),
        ("check: bat -> flew == 20%", 'something is missing after "="', 20, 1),
        ("check: bat -> flew -> the > 20%", '"->" is not expected here', 20, 2),
        ("check: bat -> flew, > 20%", 'unknown token "flew,"', 15, 5),
        ("check: bat -> flew 20%", '"20%" is not expected here', 20, 3),
        ("check: bat -> flew @ > 20%", 'something is missing after "@"', 20, 1),
        ("check: bat -> flew @L1 > 20%", '"L1" is no head', 21, 2),
        ("check: bat -> flew @13 > 20%", "there is no head 13", 21, 2),
        ("check: bat -> flew @0.1 > 20%", "there is no layer 0", 21, 3),
        ("check: bat -> flew @7.1 > 20%", "there is no layer 7", 21, 3),
        ("expect: false", '"expect" has no check above it', 1, 6),
    ],
)
def test_a_mistake_in_a_claim_is_shown_at_its_word(
    lines: str, message: str, column: int, length: int
) -> None:
    (found,) = mistakes(lines)
    assert message in found.message
    assert found.span == Span("a.md", 11 + LAST, column, length)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("bat -> flew > 20", "write 20%"),
        ("bat -> flew > 7,5", "write 7.5%"),
        ("bat -> flwe > 20%", 'did you mean "flew"? Tokens: bat, flew, the'),
        ("bat -> flew @13 > 20%", "this figure has 12 heads in a layer"),
        ("bat -> flew", "write a claim as in"),
    ],
)
def test_a_mistake_in_a_claim_says_what_to_write(typed: str, hint: str) -> None:
    (found,) = mistakes(f"check: {typed}")
    assert hint in (found.hint or "")


def test_an_expectation_belongs_to_the_line_above_it_alone() -> None:
    one, other = mistakes(
        "check: bat->flew > 1%\nexpect: no\nexpect: no\ncheck: bat->the > 1%\nexpect: perhaps"
    )
    assert (one.message, one.span) == ('"expect" has no check above it', Span("a.md", 19, 1, 6))
    assert (other.message, other.span) == ('expect is "perhaps"', Span("a.md", 21, 9, 7))


def test_all_mistakes_of_a_claim_are_told_at_once() -> None:
    found = mistakes(
        "check: bta -> flwe > 20 and flew > the -> cat\n  + 3 < bat -> flew @99\nscale: x"
    )
    assert [(each.span.line, each.span.column) for each in found if each.span] == [
        (17, 8), (17, 15), (17, 22), (17, 29), (17, 43), (18, 5), (18, 22), (19, 8)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "check: " + "the->bat+" * 20_000,
        "check: " + "the->bat > " * 15_000,
        "check: " + '"' * 180_000,
        "check: " + '"a ' * 60_000,
        "check: " + "> " * 90_000,
        "check: " + "and " * 45_000,
        "check: " + "9" * 180_000,
        "check: the->bat > " + "9" * 180_000 + "%",
        "check: " + "x" * 180_000 + " -> bat > 1%",
        "check: the->bat > 1%\n" * 8_000,
        "check: a\nexpect: b\n" * 9_000,
        "check: the->bat >\n" + "  the->bat >\n" * 12_000,
    ],
    ids=lambda text: text[:24],
)
def test_a_monstrous_claim_is_refused_fast(text: str) -> None:
    start = process_time()
    assert mistakes(text)
    assert process_time() - start < 2


# --- what is so ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "holds"),
    [
        ("bat->flew > bat->the", True),
        ("bat->the > bat->flew", False),
        ("bat->flew > bat->bat > bat->the", True),
        ("bat->bat > bat->flew > bat->the", False),
        ("bat->flew > 53%", True),
        ("bat->flew >= 53.4%", True),
        ("bat->flew > 53.4%", False),
        ("bat->flew <= 53.4%", True),
        ("bat->flew < 53.4%", False),
        ("bat->flew = 53%", True),
        ("bat->flew = 53.4%", True),
        ("bat->flew = 53.0%", False),
        ("bat->flew = 54%", False),
        ("the->the = 100% and the->bat = 0%", True),
        ("the->the = 100% and the->bat > 0%", False),
        ("bat->the + bat->bat + bat->flew = 100.0000000%", True),
        ("bat->the + 46.2% = bat->flew", True),
        ("flew->the = bat->the", False),
    ],
)
def test_a_claim_is_held_against_the_weights(typed: str, holds: bool) -> None:  # noqa: FBT001
    assert verdict(typed).holds is holds


THIRDS: Panel = [[100 / 3] * 3, [100 / 3] * 3, [100 / 3] * 3]


def test_equal_weights_are_equal_and_a_whole_percent_is_the_nearest() -> None:
    """The table makes 34, 33 and 33 of thirds, so that its row sums to 100; nothing else does."""
    assert verdict("bat->the = 33% and bat->bat = 33% and bat->flew = 33%", THIRDS).holds
    assert verdict("bat->the = bat->bat = bat->flew", THIRDS).holds
    assert not verdict("bat->the = 34%", THIRDS).holds
    assert verdict("bat->the = 33.3%", THIRDS).holds
    assert verdict("bat->the + bat->bat + bat->flew = 100%", THIRDS).holds


def test_a_claim_is_counted_in_all_heads() -> None:
    found = verdict("bat->flew > bat->the", ONE, OTHER, ONE, THIRDS, rows=2)
    assert found.panels is not None
    assert found.panels.tolist() == [[True, False], [True, False]]
    assert found.share == "2 of 4"


@pytest.mark.parametrize(
    ("typed", "holds"),
    [
        ("bat->flew@2 = 7%", True),
        ("bat->flew@2.1 = 33%", True),
        ("bat->flew@mean = 30.3%", True),
        ("bat->flew > bat->flew@mean > bat->flew@2", True),
        ("bat->flew@mean + bat->the@mean + bat->bat@mean = 100%", True),
    ],
)
def test_a_claim_may_name_a_head_or_the_mean_of_all(typed: str, holds: bool) -> None:  # noqa: FBT001
    found = verdict(
        typed, ONE, OTHER, THIRDS, [[0, 0, 100.0], [50, 22.8, 27.2], [1, 1, 98]], rows=2
    )
    assert found.holds is holds
    assert (found.panels, found.share) == (None, "")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("bat->flew > bat->the", "bat → flew 53 % > bat → the 7 %"),
        ("bat->flew >= 20%", "bat → flew 53 % ≥ 20 %"),
        ("bat->flew > 53.25%", "bat → flew 53.4 % > 53.25 %"),
        ("bat->flew > 53%", "bat → flew 53.4 % > 53 %"),
        ("bat->flew = 53%", "bat → flew 53 % = 53 %"),
        ("bat->flew = 53.4%", "bat → flew 53.4 % = 53.4 %"),
        ("bat->bat + bat->flew > 90%", "bat → bat + bat → flew, together 93 % > 90 %"),
        ("bat->the + 1.5% < 9%", "bat → the + 1.5 %, together 8.7 % < 9 %"),
        ("bat->the < 8% and the->bat = 0%", "bat → the 7 % < 8 % and the → bat 0 % = 0 %"),
        ("bat->flew > bat->flew@1", "bat → flew 53 % > bat → flew (head 1) 53 %"),
    ],
)  # fmt: skip
def test_a_verdict_tells_the_numbers(typed: str, told: str) -> None:
    assert verdict(typed).words == f"Checked: {told}.".replace(" %", f"{NBSP}%")


def test_a_verdict_shows_as_many_decimals_as_the_difference_needs() -> None:
    close: Panel = [[0.0, 0, 100], [24.99994, 25.00001, 50.00005], [0, 0, 100]]
    assert verdict("bat->bat > bat->the", close).words == (
        f"Checked: bat → bat 25.0000{NBSP}% > bat → the 24.9999{NBSP}%."
    )
    assert verdict("bat->bat <= bat->the", close).words == (
        f"Checked: bat → bat 25.0000{NBSP}% ≤ bat → the 24.9999{NBSP}%."
    )
    assert verdict("bat->bat < bat->the", close).words == (
        f"Checked: bat → bat 25{NBSP}% < bat → the 25{NBSP}%."  # which is false, and seems so
    )


def test_a_verdict_tells_in_how_many_heads_it_is_so() -> None:
    four = ONE, OTHER, ONE, THIRDS
    measured = f"bat → flew 53{NBSP}% > bat → the 7{NBSP}%"
    assert (
        verdict("bat->flew > bat->the", *four).words == f"Checked: {measured}; so in 2 of 4 heads."
    )
    placed = verdict("bat->flew@2 < bat->the@2.1 = bat->flew@mean", *four, rows=2)
    assert placed.words.replace(NBSP, " ") == (
        "Checked: bat → flew (layer 1, head 2) 7 % < bat → the (layer 2, head 1) 7 %"
        " = bat → flew (mean of 4) 37 %."
    )


def test_what_is_expected_to_be_false_is_told_so() -> None:
    false = verdict("bat->the > bat->flew", ONE, OTHER, extra="expect: false\n")
    told = f"Not so: bat → the 7{NBSP}% > bat → flew 53{NBSP}%"
    assert false.words == f"{told}; 1 of 2 heads satisfy this."
    assert verdict("bat->the > bat->flew", extra="expect: false").words == f"{told}."


def checked(lines: str, *panels: Panel) -> list[FigureError]:
    spec = read(f"heads: {len(panels)}\n{lines}", SMALL)
    with pytest.raises(ExceptionGroup) as caught:
        check_claims(spec, weights(*panels), TOKENS)
    return leaves(caught.value)


def test_claims_that_are_not_so_are_told_with_their_numbers_all_at_once() -> None:
    one, other = checked(
        "check: bat->the > bat->flew\ncheck: bat->bat > 1%\ncheck: bat->flew > 1%\nexpect: false\n",
        ONE,
    )
    assert isinstance(one, ClaimError)
    assert isinstance(other, ClaimError)
    assert one.span == Span("a.md", 16, 8, 20)
    assert one.message == ("the figure does not show this: bat → the 7 % > bat → flew 53 %")
    assert one.hint == "change the claim, or write `expect: false` below it"
    assert other.message == "this is expected to be false: bat → flew 53 % > 1 %"
    assert other.hint == "change the claim, or leave `expect` out below it"
    assert other.span == Span("a.md", 18, 8, 14)


def test_a_claim_that_is_not_so_tells_in_how_many_heads_it_is() -> None:
    (only,) = checked("check: bat->the > bat->flew", ONE, OTHER)
    assert (only.hint or "").startswith("1 of 2 heads satisfy this; change")


def test_of_every_pair_one_is_larger_or_not() -> None:
    for one in TOKENS:
        for other in TOKENS:
            larger = verdict(f"bat->{one} > bat->{other}", ONE, OTHER, THIRDS)
            not_larger = verdict(f"bat->{one} <= bat->{other}", ONE, OTHER, THIRDS)
            assert larger.panels is not None
            assert not_larger.panels is not None
            assert (larger.panels != not_larger.panels).all()


# --- what prose asks -----------------------------------------------------------------------------

SPEC = read("heads: 2\nlayers: 2\ncheck: bat->flew > bat->the\ncheck: bat->flew@2 > 1%\n", SMALL)
FOUR = weights(ONE, OTHER, THIRDS, THIRDS, rows=2)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("bat->flew", "53 %"),
        ("bat → flew .1", "53.4 %"),
        ("bat->flew .3", "53.400 %"),
        ("bat->flew + bat->bat", "93 %"),
        ("bat->bat .1", "39.4 %"),
        ("bat->flew@2", "7 %"),
        ("bat->flew @2.1 .2", "33.33 %"),
        ("bat->flew@mean .1", "31.8 %"),
        ("check", "1 of 4"),
        ("check 1", "1 of 4"),
        ("bat->flew +\n  bat->bat", "93 %"),
    ],
)
def test_a_measure_is_answered_with_its_number(typed: str, told: str) -> None:
    assert answer(typed, Span("a.md", 3, 9, 9), SPEC, FOUR) == told.replace(" %", f"{NBSP}%")


@pytest.mark.parametrize(
    ("typed", "message", "line", "column", "length"),
    [
        ("bat->flwe", 'unknown token "flwe"', 3, 14, 4),
        ("bat->flew +\n    bat->flwe", 'unknown token "flwe"', 4, 10, 4),
        ("bat->flew > 20%", '">" makes no number', 3, 19, 1),
        ("bat->flew and bat->the", '"and" makes no number', 3, 19, 3),
        ("bat->flew .4", '".4" is no precision', 3, 19, 2),
        ("bat->flew 2", '"2" is not expected here', 3, 19, 1),
        ("bat->flew + 5%", "a percentage is no measure", 3, 9, 14),
        ("flew", '"flew" alone is no weight', 3, 9, 4),
        ("bat->flew@3", "there is no head 3", 3, 19, 1),
        ("check 3", "the figure has no check 3", 3, 15, 1),
        ("check 2", "this check names a head of its own", 3, 15, 1),
        ("check 0", 'there is no check "0"', 3, 15, 1),
        ("check one", 'there is no check "one"', 3, 15, 3),
        ("", "nothing is said here", 3, 9, 1),
    ],
)
def test_a_measure_that_cannot_be_answered_is_shown_at_its_word(
    typed: str, message: str, line: int, column: int, length: int
) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        answer(typed, Span("a.md", 3, 9, max(1, len(typed))), SPEC, FOUR)
    (only,) = leaves(caught.value)
    assert message in only.message
    assert only.span == Span("a.md", line, column, length)


def test_a_token_named_check_or_point_one_can_be_asked_for() -> None:
    scope = Scope(("check", ".1"), 1, 1, 1)
    found = Mistakes(Span("a.md", 1))
    asked = [
        read_question(text, Span("a.md", 1), scope, found)
        for text in ("check->.1", "check 2", ".1->.1 .1")
    ]
    found.raise_all()
    assert asked == [
        Amount(terms=(Arrow(query=0, key=1),)),
        Count(check=2, span=Span("a.md", 1, 7, 1)),
        Amount(terms=(Arrow(query=1, key=1),), decimals=1),
    ]


def test_verdicts_and_answers_are_made_at_once_or_all_mistakes_told() -> None:
    place = Span("a.md", 3, 9, 9)
    asked = [Measure(figure="figure.1", text=text, span=place) for text in ("bat->flew", "check")]
    verdicts, answers = verify(SPEC, FOUR, TOKENS, asked)
    assert [each.holds for each in verdicts] == [True, True]
    assert answers == {"bat->flew": f"53{NBSP}%", "check": "1 of 4"}
    false = read("check: bat->the > 90%\n", SMALL)
    wrong = [*asked, Measure(figure="figure.1", text="bta->flew", span=place)]
    with pytest.raises(ExceptionGroup) as caught:
        verify(false, weights(ONE), TOKENS, wrong)
    kinds = [type(each).__name__ for each in leaves(caught.value)]
    assert kinds == ["ClaimError", "FigureError"]


def test_a_claim_is_read_without_numpy() -> None:
    code = "import sys, sitegen.figures.spec; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_claim_is_a_value() -> None:
    (claim,) = read("check: bat->flew > 1%").claims
    assert isinstance(claim, Claim)
    assert hash(claim) == hash(read("check: bat->flew > 1%").claims[0])
