"""What a view needs of a block, beyond what every block must be.

Comes in: what `spec` has read. Goes out: mistakes, at the word that asks for too much.
"""

from __future__ import annotations

from collections.abc import Mapping

from sitegen.figures.block import Entry, Mistakes, counted
from sitegen.figures.matrices import Given, Inputs, Matrix, Projected, Seeded
from sitegen.figures.terms import Claim, is_placed

MOST_NUMBERS, MOST_HEADS = 8, 4
"""Rows and columns of a matrix, and heads, that the view `steps` writes out."""
MOST_JOINED = 20
"""Tokens that the view `arcs` joins; of more, nobody can follow a line."""
ONE_HEAD = 'the view "scale" compares scales, not heads'
ONE_HEAD_HINT = "leave out what begins with @"


def check_steps(
    entries: Mapping[str, Entry], inputs: Inputs, tokens: int, heads: int, mistakes: Mistakes
) -> None:
    """Values to mix, and matrices that are small enough to be checked with a pencil."""
    span, hint = entries["view"].span, "`view: heatmap` shows more"
    values = "V" if isinstance(inputs, Given) else "W_V"
    if not isinstance(inputs, Seeded) and values not in entries:
        mistakes.add('the view "steps" needs values to mix', span, f"add {values}")
    width = _widest(inputs)
    if max(tokens, width) > MOST_NUMBERS:
        size = f"{counted(tokens, 'token')} and vectors of {counted(width, 'number')}"
        message = f'{size} are too many for the view "steps"'
        mistakes.add(message, span, f"at most {MOST_NUMBERS} of each; {hint}")
    if heads > MOST_HEADS:
        message = f'{heads} heads are too many for the view "steps"'
        mistakes.add(message, span, f"at most {MOST_HEADS}; {hint}")


def _widest(inputs: Inputs) -> int:
    """The most numbers in a row of any matrix."""
    matrices: tuple[Matrix, ...]
    match inputs:
        case Given(q=q, k=k, v=v, w_o=w_o):
            matrices = (q, k, v, w_o)
        case Projected(x=x, w_q=w_q, w_k=w_k, w_v=w_v, w_o=w_o):
            matrices = (x, w_q, w_k, w_v, w_o)
        case Seeded(d_model=d_model):
            return d_model
    return max(len(row) for matrix in matrices for row in matrix or ((),))


def check_scale(
    entries: Mapping[str, Entry],
    counts: tuple[int, int],
    claims: tuple[Claim, ...],
    mistakes: Mistakes,
) -> None:
    """One head, named where there are several; what is claimed is about a scale."""
    for one, count in zip(("layer", "head"), counts, strict=True):
        if count > 1 and one not in entries:
            message = f'the view "scale" shows one {one}, not {count}'
            mistakes.add(message, entries[f"{one}s"].span, f"choose one with `{one}:`")
    for claim in claims:
        if any(is_placed(each.sums) for each in claim.comparisons):
            mistakes.add(ONE_HEAD, claim.span, ONE_HEAD_HINT)


def check_arcs(entries: Mapping[str, Entry], tokens: int, mistakes: Mistakes) -> None:
    """Few enough lines."""
    if tokens > MOST_JOINED:
        message = f'{counted(tokens, "token")} are too many for the view "arcs"'
        hint = f"at most {MOST_JOINED}; `view: text` and `view: heatmap` show more"
        mistakes.add(message, entries["view"].span, hint)
