"""What the text says of a figure, held against its weights; and the numbers that it asks for.

Comes in: claims and questions, the weights of all panels, and the panel that is shown first. Goes
out: a verdict in words for each claim, a text for each question; or all that is not so, at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sitegen.errors import ClaimError, FigureError, Span
from sitegen.figures.block import Mistakes
from sitegen.figures.grammar import read_question
from sitegen.figures.needs import ONE_HEAD, ONE_HEAD_HINT
from sitegen.figures.numerals import NBSP
from sitegen.figures.spec import Spec
from sitegen.figures.sums import Sums, decimals_of, percent
from sitegen.figures.terms import (
    FINEST,
    Arrow,
    Claim,
    Comparison,
    Count,
    Scope,
    Share,
    Sum,
    is_placed,
)
from sitegen.figures.weights import Weights
from sitegen.model import Measure

Panel = tuple[int, int]
"""A row and a column of the panels, from 0."""


class Verdict(NamedTuple):
    """What became of a claim: whether it holds in the panel that is shown first.

    `measured` is the claim with its numbers. `panels[n_row, n_column]`: in which panels, each of
    them a `kind` (`head`), it holds; None where the claim itself names one.
    """

    claim: Claim
    holds: bool
    measured: str
    panels: NDArray[np.bool_] | None
    kind: str

    @property
    def share(self) -> str:
        """In how many panels of how many it holds: `3 of 72`; "" where it names its own."""
        return "" if self.panels is None else f"{self.panels.sum()} of {self.panels.size}"

    @property
    def words(self) -> str:
        """What a caption says of it, with a full stop."""
        several = self.panels is not None and self.panels.size > 1
        if self.claim.expected:
            told = f"; so in {self.share} {self.kind}s" if several else ""
            return f"Checked: {self.measured}{told}."
        return f"Not so: {self.measured}" + (f"; {self._satisfied}." if several else ".")

    @property
    def _satisfied(self) -> str:
        return f"{self.share} {self.kind}s satisfy this"

    @property
    def error(self) -> ClaimError:
        """What is wrong where it is not as the text expects."""
        claim, several = self.claim, self.panels is not None and self.panels.size > 1
        measured = self.measured.replace(NBSP, " ")  # a terminal would show it as a mistake
        message, mend = f"the figure does not show this: {measured}", "write `expect: false`"
        if not claim.expected:
            message, mend = f"this is expected to be false: {measured}", "leave `expect` out"
        hint = f"{self._satisfied}; " if several else ""
        return ClaimError(message, claim.span, f"{hint}change the claim, or {mend} below it")


def verify(
    spec: Spec,
    weights: Weights,
    called: Sequence[str],
    asked: Sequence[Measure] = (),
    chosen: Panel | None = None,
) -> tuple[tuple[Verdict, ...], dict[str, str]]:
    """The verdict of each claim, and the answer to the text of each measure.

    `called`: the name of each token, as `words.names` gives it. `chosen`: the panel that is shown
    first, where it isn't the spec's layer and head. Raises an ExceptionGroup of ClaimErrors and
    FigureErrors, all of them at once.
    """
    errors: list[Exception] = []
    verdicts: tuple[Verdict, ...] = ()
    answers: dict[str, str] = {}
    try:
        verdicts = check_claims(spec, weights, called, chosen)
    except ExceptionGroup as group:
        errors += group.exceptions
    for measure in asked:
        try:
            answers[measure.text] = answer(measure.text, measure.span, spec, weights, chosen)
        except ExceptionGroup as group:
            errors += group.exceptions
    if errors:
        raise ExceptionGroup(f"{len(errors)} mistakes about a figure", errors)
    return verdicts, answers


def check_claims(
    spec: Spec, weights: Weights, called: Sequence[str], chosen: Panel | None = None
) -> tuple[Verdict, ...]:
    """The verdict of each claim. Raises an ExceptionGroup of ClaimErrors, all at once."""
    panel = chosen or _chosen(spec)
    verdicts = tuple(judge(claim, weights, panel, called) for claim in spec.claims)
    wrong = [verdict.error for verdict in verdicts if verdict.holds != verdict.claim.expected]
    if wrong:
        raise ExceptionGroup(f"{len(wrong)} claims that a figure does not bear out", wrong)
    return verdicts


def _chosen(spec: Spec) -> Panel:
    return spec.layer - 1, spec.head - 1


def judge(claim: Claim, weights: Weights, chosen: Panel, called: Sequence[str]) -> Verdict:
    """Whether the claim holds in the chosen panel, and in which of all panels it does."""
    sums = Sums(weights)
    holds = sums.hold(claim.comparisons)  # [n_row, n_column]
    told = (_told(each, sums, chosen, called) for each in claim.comparisons)
    placed = any(is_placed(comparison.sums) for comparison in claim.comparisons)
    return Verdict(
        claim=claim,
        holds=bool(holds[chosen]),
        measured=" and ".join(told),
        panels=None if placed else holds,
        kind=weights.columns.name.lower(),
    )


# What a claim comes to, in words.


def _told(comparison: Comparison, sums: Sums, chosen: Panel, called: Sequence[str]) -> str:
    """A comparison with its numbers: `bat → flew 53 % > bat → the 7 %`."""
    decimals = _enough(comparison, sums, chosen)
    first, *others = [_amount(each, decimals, sums, chosen, called) for each in comparison.sums]
    pairs = zip(comparison.operators, others, strict=True)
    return first + "".join(f" {sign} {told}" for sign, told in pairs)


def _enough(comparison: Comparison, sums: Sums, chosen: Panel) -> int:
    """The fewest decimals with which the numbers do not seem to contradict the verdict."""
    pairs = [*zip(pairwise(comparison.sums), comparison.operators, strict=True)]
    equal = [max(map(decimals_of, pair)) for pair, sign in pairs if sign == "="]

    def agrees(decimals: int) -> bool:
        return all(
            sign == "=" or sums.seem(one, sign, other, decimals)[chosen]
            for (one, other), sign in pairs
        )

    return next(filter(agrees, range(max(equal, default=0), FINEST)), FINEST)


def _amount(terms: Sum, decimals: int, sums: Sums, chosen: Panel, called: Sequence[str]) -> str:
    """A sum with its number; percentages by themselves are shown as they were typed."""
    typed, measured = decimals_of(terms), any(isinstance(term, Arrow) for term in terms)
    finest = max(decimals, typed) if measured else typed
    number = percent(int(sums.rounded(terms, finest)[chosen]), finest)
    parts = [_name(term, sums.weights, called) for term in terms]
    if len(parts) > 1:
        return f"{' + '.join(parts)}, together {number}"
    return f"{parts[0]} {number}" if measured else number


def _name(term: Arrow | Share, weights: Weights, called: Sequence[str]) -> str:
    """`bat → flew`, with the place where the claim named one."""
    if isinstance(term, Share):
        return percent(term.units, term.decimals)
    arrow = f"{called[term.query]} → {called[term.key]}"
    layers, heads = weights.units.shape[:2]
    match term.place:
        case (layer, head) if layers > 1:
            return f"{arrow} (layer {layer}, head {head})"
        case (_, column):
            return f"{arrow} ({weights.columns.name.lower()} {column})"
        case "mean":
            return f"{arrow} (mean of {layers * heads})"
        case None:
            return arrow


# What prose asks for.


def answer(text: str, span: Span, spec: Spec, weights: Weights, chosen: Panel | None = None) -> str:
    """What a measure in prose comes to: `53 %`, `53.4 %`, or `3 of 72` for `check`.

    `span` is where its text begins. Raises an ExceptionGroup of FigureErrors, each at its word.
    """
    mistakes = Mistakes(span)
    scope = Scope(spec.tokens, spec.layers, spec.heads, spec.layer)
    question = read_question(text, span, scope, mistakes)
    panel = chosen or _chosen(spec)
    if not isinstance(question, Count) and spec.view == "scale" and is_placed([question.terms]):
        mistakes.add(ONE_HEAD, span, ONE_HEAD_HINT)
    mistakes.raise_all()
    if isinstance(question, Count):
        return _count(question, spec, weights, panel)
    units = Sums(weights).rounded(question.terms, question.decimals)
    return percent(int(units[panel]), question.decimals)


def _count(question: Count, spec: Spec, weights: Weights, chosen: Panel) -> str:
    """In how many heads a check holds."""
    if question.check > len(spec.claims):
        message = f"the figure has no check {question.check}"
        hint = f"it has {len(spec.claims)}; a `check:` line in its block adds one"
        raise ExceptionGroup("a measure", [FigureError(message, question.span, hint)])
    claim = spec.claims[question.check - 1]
    share = judge(claim, weights, chosen, spec.tokens).share
    if not share:
        message = "this check names a head of its own (@), so there is nothing to count"
        raise ExceptionGroup("a measure", [FigureError(message, question.span)])
    return share
