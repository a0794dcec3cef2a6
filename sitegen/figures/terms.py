"""What a claim of a figure is: sums of weights and percentages, compared; and what it may name.

Comes in: a token as it was typed. Goes out: values without a mistake. They are read by `grammar`
and judged by `claims`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from sitegen.errors import Span
from sitegen.figures.block import Mistakes, Word, counted, shown
from sitegen.model import Value

Operator = Literal[">", "≥", "<", "≤", "="]
FINEST = 7
"""Decimals of a percentage: a weight is a whole number of billionths."""


Place = tuple[int, int] | Literal["mean"]
"""(layer, head) from 1, or the mean of all panels."""


class Share(Value, frozen=True, tag="share"):
    """A percentage as typed, in billionths; `decimals` of them were typed."""

    units: int
    decimals: int = 0


class Arrow(Value, frozen=True, tag="arrow"):
    """The weight from one token to another (indices); of the panel shown first without a place."""

    query: int
    key: int
    place: Place | None = None


Term = Share | Arrow
Sum = tuple[Term, ...]


class Comparison(Value, frozen=True):
    """Sums of terms with an operator between each two neighbours."""

    sums: tuple[Sum, ...]
    operators: tuple[Operator, ...]


class Claim(Value, frozen=True):
    """What is claimed; `expected` is False where the text says that it is not so."""

    comparisons: tuple[Comparison, ...]
    span: Span
    expected: bool = True


class Amount(Value, frozen=True, tag="amount"):
    """A question for a sum of weights with so many decimals."""

    terms: Sum
    decimals: int = 0


class Count(Value, frozen=True, tag="count"):
    """A question for the heads that satisfy a check, from 1."""

    check: int
    span: Span


Question = Amount | Count


def is_placed(sums: Iterable[Sum]) -> bool:
    """Whether any of their weights is of a head that was named."""
    terms = (term for each in sums for term in each)
    return any(isinstance(term, Arrow) and term.place is not None for term in terms)


class Scope(NamedTuple):
    """What a claim may name; after another mistake there may be no tokens."""

    tokens: tuple[str, ...]
    layers: int
    heads: int
    layer: int
    kind: str = "head"
    """What the columns of the panels are; of rollout they are layers."""


def find_token(word: Word, tokens: Sequence[str], mistakes: Mistakes) -> int | None:
    """The index of `bat`, or of the second one for `bat#2`; quotes around it are taken off."""
    if not tokens:
        return None
    inside, quote, after = word.text[1:].rpartition('"') if word.text[:1] == '"' else ("", "", "")
    wanted = inside + after if quote and word.text not in tokens else word.text
    if wanted in tokens:
        return tokens.index(wanted)
    token, _, ordinal = wanted.rpartition("#")
    places = [i for i, known in enumerate(tokens) if known == token]
    if not places or not re.fullmatch(r"[0-9]{1,4}", ordinal):
        mistakes.unknown("token", Word(wanted, word.span), dict.fromkeys(tokens), "Tokens")
        return None
    if not 1 <= int(ordinal) <= len(places):
        hint = f'"{shown(token)}" occurs {counted(len(places), "time")}'
        mistakes.add(f'there is no "{shown(wanted)}"', word.span, hint)
        return None
    return places[int(ordinal) - 1]
