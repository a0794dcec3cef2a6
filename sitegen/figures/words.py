"""What a figure says in words: names of tokens, the sentence, the facts of the caption.

Comes in: a spec and its shares. Goes out: plain text. Everything said here is measured or is a
fact of how the figure was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never
from unicodedata import bidirectional

from sitegen.figures.matrices import Given, Projected, Seeded
from sitegen.figures.shares import Shares
from sitegen.figures.spec import Spec

NBSP = "\u00a0"
MOST_NAMED = 5
LONGEST_TITLE = 60


def names(tokens: Sequence[str]) -> tuple[str, ...]:
    """Each token, numbered where it occurs twice: `the (1)`, `bat`, `the (2)`."""
    seen: dict[str, int] = {}
    found = []
    for token in tokens:
        seen[token] = seen.get(token, 0) + 1
        number = f"{NBSP}({seen[token]})" if tokens.count(token) > 1 else ""
        found.append(_isolated(token) + number)
    return tuple(found)


def _isolated(token: str) -> str:
    """The token, kept from reordering the numbers after it if it runs from right to left."""
    leftward = any(bidirectional(char) in {"R", "AL", "AN"} for char in token)
    return f"\u2068{token}\u2069" if leftward else token


def title(spec: Spec) -> str:
    """The name of the picture."""
    text = " ".join(spec.tokens)
    shown = text if len(text) <= LONGEST_TITLE else text[: LONGEST_TITLE - 1].rstrip() + "…"
    return f"Attention heatmap: {shown}"


def description(spec: Spec) -> str:
    """How to read the picture."""
    how = (
        "Each row is the token that attends (from), each column the token attended to (to); "
        "the stronger the shade, the larger the weight."
    )
    marked = "" if spec.row is None else f" The row of {names(spec.tokens)[spec.row]} is marked."
    return how + marked


def sentence(spec: Spec, shares: Shares) -> str:
    """The highlighted row in words, or the three largest weights where none is highlighted."""
    called = names(spec.tokens)
    if spec.row is None:
        cells = [
            (-percent, i, j)
            for i, row in enumerate(shares.percents)
            for j, percent in enumerate(row)
            if not (spec.causal and i == 0 < len(shares.percents) - 1)  # it has only itself
        ]
        largest = [f"{called[i]} to {called[j]}, {-p}{NBSP}%" for p, i, j in sorted(cells)[:3]]
        return f"Largest weights: {'; '.join(largest)}."
    row = shares.percents[spec.row]
    order = [i for i in sorted(range(len(row)), key=lambda i: -row[i]) if row[i]]
    parts = [f"{row[i]}{NBSP}% to {called[i]}" for i in order[:MOST_NAMED]]
    rest = order[MOST_NAMED:]
    if rest:
        others = "1 other token" if len(rest) == 1 else f"{len(rest)} other tokens"
        parts.append(f"{sum(row[i] for i in rest)}{NBSP}% to {others}")
    return f"{called[spec.row]} attends {', '.join(parts)}."


def facts(spec: Spec) -> str:
    """How the numbers were made, and what they do not say."""
    width, source = _source(spec)
    factor = f"1/√{width // spec.heads}" if spec.scale is None else f"{spec.scale:g}"
    parts = [
        f"Toy model, head {spec.head} of {spec.heads}",
        f"rows sum to 100{NBSP}%",
        "scores not scaled" if spec.scale == 1 else f"scores scaled by {factor}",
        "each token sees only itself and what came before" if spec.causal else "",
        f"{source}, not learned",
    ]
    told = "; ".join(part for part in parts if part)
    return f"{told}. A weight says what this head mixes, not why a model answers."


def _source(spec: Spec) -> tuple[int, str]:
    """The width of a query of all heads, and what it was made of."""
    match spec.inputs:
        case Given(q=q):
            return len(q[0]), "queries and keys made up by hand"
        case Projected(w_q=w_q):
            return len(w_q[0]), "vectors and projections made up by hand"
        case Seeded(seed=seed, d_model=d_model):
            return d_model, f"random vectors of width {d_model} from seed {seed}"
        case _:
            assert_never(spec.inputs)
