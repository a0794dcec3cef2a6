"""Any claim is read as it was written, any text is a claim or a mistake, and numbers agree."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sitegen.errors import FigureError, SiteError, Span
from sitegen.figures.block import Mistakes
from sitegen.figures.claims import answer, judge
from sitegen.figures.grammar import read_question
from sitegen.figures.spec import Spec, read_spec
from sitegen.figures.sums import Sums
from sitegen.figures.terms import (
    Amount,
    Arrow,
    Claim,
    Comparison,
    Operator,
    Scope,
    Share,
    Sum,
    Term,
)
from sitegen.figures.weights import UNIT, Axis, Weights
from sitegen.markup import parse
from sitegen.model import Fence, Settings, Source

TOKENS = ("the", "bat", "and", "New York", "->", "20%", "bat", "mean", "[CLS],")
LAYERS, HEADS = 2, 3
PLACE = Span("a.md", 1)
BLOCK = (
    'model: toy\ntokens: the bat and "New York" "->" 20% bat mean [CLS],\n'
    f"seed: 1\nd_model: 6\nlayers: {LAYERS}\nheads: {HEADS}\n"
)

INDEX = st.integers(0, len(TOKENS) - 1)
ARROW = st.builds(
    Arrow,
    query=INDEX,
    key=INDEX,
    place=st.none() | st.just("mean") | st.tuples(st.integers(1, LAYERS), st.integers(1, HEADS)),
)
SHARE = st.integers(0, 7).flatmap(
    lambda decimals: st.builds(
        Share,
        units=st.integers(0, 10 ** (decimals + 2)).map(lambda n: n * 10 ** (7 - decimals)),
        decimals=st.just(decimals),
    )
)
MEASURED: st.SearchStrategy[Sum] = (
    st.tuples(ARROW) | st.tuples(SHARE, ARROW) | st.tuples(ARROW, ARROW)
)
TYPED: st.SearchStrategy[Sum] = st.tuples(SHARE)
SIGNS: tuple[Operator, ...] = (">", "≥", "<", "≤", "=")
SIGN = st.sampled_from(SIGNS)


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    sums = [draw(MEASURED)]
    for _ in range(draw(st.integers(1, 3))):
        sums.append(
            draw(MEASURED | TYPED if any(isinstance(t, Arrow) for t in sums[-1]) else MEASURED)
        )
    return Comparison(sums=tuple(sums), operators=tuple(draw(SIGN) for _ in sums[1:]))


COMPARISON = comparisons()
CLAIM = st.lists(COMPARISON, min_size=1, max_size=3).map(tuple)


def token(index: int) -> str:
    name = TOKENS[index]
    quoted = f'"{name}"' if set(name) & set(" ->") else name
    return f"{quoted}#2" if name in TOKENS[:index] else quoted


def term(value: Term) -> str:
    if isinstance(value, Share):
        whole, rest = divmod(value.units, 10**7)
        return f"{whole}.{f'{rest:07}'[: value.decimals]}%" if value.decimals else f"{whole} %"
    place = value.place
    at = "" if place is None else "@mean" if place == "mean" else f"@{place[0]}.{place[1]}"
    return f"{token(value.query)} -> {token(value.key)}{at}"


def written(claim: tuple[Comparison, ...]) -> str:
    told = []
    for comparison in claim:
        sums = [" + ".join(map(term, terms)) for terms in comparison.sums]
        signs = [{"≥": ">=", "≤": "<="}.get(sign, sign) for sign in comparison.operators]
        told.append(
            " ".join([sums[0], *(f"{s} {t}" for s, t in zip(signs, sums[1:], strict=True))])
        )
    return " and ".join(told)


def read(lines: str) -> Spec:
    return read_spec(Fence(id="figure.1", text=BLOCK + lines, span=PLACE))


@given(CLAIM)
def test_a_claim_that_was_written_is_read_back(claim: tuple[Comparison, ...]) -> None:
    (found,) = read(f"check: {written(claim)}\n").claims
    assert found.comparisons == claim


@given(ARROW, ARROW, st.integers(0, 3))
def test_a_question_that_was_written_is_read_back(one: Arrow, other: Arrow, decimals: int) -> None:
    mistakes = Mistakes(PLACE)
    text = f"{term(one)} + {term(other)}" + (f" .{decimals}" if decimals else "")
    found = read_question(text, PLACE, Scope(TOKENS, LAYERS, HEADS, 1), mistakes)
    mistakes.raise_all()
    assert found == Amount(terms=(one, other), decimals=decimals)


def weights(seed: int) -> Weights:
    """Rows that sum to 1, with many weights that are nearly equal or zero."""
    random = np.random.default_rng(seed)
    raw = random.integers(0, 4, (LAYERS, HEADS, len(TOKENS), len(TOKENS))) + 1e-7
    units = np.rint(raw / raw.sum(axis=-1, keepdims=True) * UNIT).astype(np.int64)
    axes = [Axis(name=n, options=tuple("123"[:c])) for n, c in (("Layer", LAYERS), ("Head", HEADS))]
    return Weights(units, *axes)


SEED = st.integers(0, 1000)


def judged(terms: tuple[Sum, ...], sign: Operator, seed: int) -> bool:
    comparison = Comparison(sums=terms, operators=(sign,))
    claim = Claim(comparisons=(comparison,), span=PLACE)
    return judge(claim, weights(seed), (0, 0), TOKENS).holds


@given(MEASURED, MEASURED | TYPED, SEED)
def test_one_is_larger_or_it_is_not(one: Sum, other: Sum, seed: int) -> None:
    assert judged((one, other), ">", seed) is not judged((one, other), "≤", seed)
    assert judged((one, other), "<", seed) is not judged((one, other), "≥", seed)
    assert judged((one, other), ">", seed) is judged((other, one), "<", seed)


@given(CLAIM, SEED)
def test_what_a_verdict_counts_is_the_verdict_of_each_head(
    claim: tuple[Comparison, ...], seed: int
) -> None:
    whole, value = weights(seed), Claim(comparisons=claim, span=PLACE)
    panels = judge(value, whole, (0, 0), TOKENS).panels
    for row in range(LAYERS) if panels is not None else ():
        for column in range(HEADS):
            found = judge(value, whole, (row, column), TOKENS)
            assert panels is not None
            assert found.holds == panels[row, column]


@given(INDEX, SEED)
def test_prose_shows_the_nearest_whole_percent(query: int, seed: int) -> None:
    spec, whole = read("head: 2\n"), weights(seed)
    row = [f"{token(query)}->{token(key)}" for key in range(len(TOKENS))]
    told = [int(answer(each, PLACE, spec, whole).removesuffix("\u00a0%")) for each in row]
    exact = whole.units[0, 1, query] / UNIT * 100
    assert (abs(exact - told) <= 0.5).all()
    assert answer(" + ".join(row), PLACE, spec, whole) == "100\u00a0%"


@given(MEASURED, st.integers(1, 7), SEED)
def test_decimals_are_off_by_half_of_the_last_place_at_most(
    terms: Sum, decimals: int, seed: int
) -> None:
    sums = Sums(weights(seed))
    step = 10 ** (7 - decimals)
    difference = np.abs(sums.rounded(terms, decimals) - sums.exact(terms))
    assert (2 * difference <= step).all()


PIECES = (
    *("the", "bat", "->", "→", ">", ">=", "<", "=", "+", "@", "mean", "and", "20%", "7.5", "%"),
    *("20", ".1", "check", "1.2", "#2", '"New', 'York"', '"', "\n\n", "\nexpect: no\ncheck:", "}"),
    *("\t", "x,", "{", "\n  "),
)
NOISE = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=12)


def mistakes_of(call: Callable[[], object]) -> Sequence[Exception] | None:
    """All mistakes that the call tells; None where it tells none."""
    try:
        call()
    except ExceptionGroup as group:
        return group.exceptions
    return None


@given(NOISE)
def test_any_text_is_a_claim_or_a_mistake(words: list[str]) -> None:
    found = mistakes_of(lambda: read("check: " + " ".join(words)))
    assert found is None or all(isinstance(each, SiteError) for each in found)


@given(NOISE)
def test_any_text_is_a_question_or_a_mistake(words: list[str]) -> None:
    spec, text = read("check: the->bat > 1%"), " ".join(words)
    found = mistakes_of(lambda: answer(text, PLACE, spec, weights(1)))
    if found is None:
        assert re.fullmatch(r"[0-9.]+\u00a0%|[0-6] of 6", answer(text, PLACE, spec, weights(1)))
    else:
        assert all(isinstance(each, FigureError) for each in found)


@given(NOISE, st.sampled_from(["post", "poem"]))
def test_any_text_may_be_asked_in_prose(words: list[str], kind: str) -> None:
    text = f"a {{attention:{' '.join(words)}}} b {{attention {''.join(words)}"
    settings = Settings(kind=kind, kind_origin="test")  # type: ignore[arg-type]
    found = parse(Source(path="a.md", text=text, digest=""), settings)
    assert found.problems or found.measures == ()
