"""The spec of a figure of what a real model made of a text.

Comes in: the entries of a block, and somebody who knows what models made of texts. Goes out: a
`Spec`, or mistakes.
"""

from __future__ import annotations

from collections.abc import Mapping

from sitegen.figures.block import Block, Entry, Mistakes, shown
from sitegen.figures.grammar import read_claims
from sitegen.figures.learned import WHOLE, Learned, Read, read_learned
from sitegen.figures.matrices import whole
from sitegen.figures.needs import check_arcs
from sitegen.figures.spec.parts import read_caption, read_id, read_row
from sitegen.figures.spec.values import (
    LONGEST_TOKEN,
    MOST_HEADS,
    MOST_LAYERS,
    MOST_TOKENS,
    Spec,
)
from sitegen.figures.terms import Scope


def read_model(block: Block, view: str, read: Read | None) -> Spec:
    """What the block asks of a real model. Raises all mistakes at once, and `Unread`."""
    fence, typed, entries, mistakes = block
    learned = read_learned(entries, fence, read, mistakes)
    caption, own_id = read_caption(entries, mistakes), read_id(entries, mistakes)
    tokens: tuple[str, ...] = ()
    layers, heads = 1, 1
    if learned and learned.words:
        layers, heads = learned.reading.shape[:2]
        if learned.quantity == "rollout":  # what is chosen are layers, in one row
            layers, heads = heads, layers
        tokens = _few(tuple(word.text for word in learned.words), entries, mistakes)
    layer, head, row = 1, 1, None
    if view not in WHOLE:
        layer, head = _chosen(entries, learned, (layers, heads), mistakes)
        row = read_row(entries, tokens, mistakes)
    kind = "layer" if learned and learned.quantity == "rollout" else "head"
    claims = read_claims(typed, Scope(tokens, layers, heads, layer, kind), mistakes)
    if view in WHOLE and claims:
        mistakes.add(f'the view "{view}" shows no weights to check', claims[0].span)
    if view == "arcs":
        check_arcs(entries, len(tokens), mistakes)
    mistakes.raise_all()
    assert learned is not None, "nothing was read without a mistake"  # noqa: S101
    return Spec(
        id=own_id or fence.id,
        view=view,
        tokens=tokens,
        inputs=learned,
        layers=layers,
        heads=heads,
        layer=layer,
        head=head,
        causal=learned.causal,
        row=row,
        caption=caption,
        claims=claims,
    )


def _chosen(
    entries: Mapping[str, Entry],
    learned: Learned | None,
    counts: tuple[int, int],
    mistakes: Mistakes,
) -> tuple[int, int]:
    """Row and column of the panel that is shown first; of rollout a layer is a column."""
    layers, heads = counts if learned else (MOST_LAYERS, MOST_HEADS)
    if learned and learned.quantity == "rollout":
        return 1, whole(entries, "layer", (1, heads), mistakes, default=heads)
    layer = whole(entries, "layer", (1, layers), mistakes, default=1)
    return layer, whole(entries, "head", (1, heads), mistakes, default=1)


def _few(
    tokens: tuple[str, ...], entries: Mapping[str, Entry], mistakes: Mistakes
) -> tuple[str, ...]:
    """The tokens if they are few and short enough to be shown."""
    span = (entries.get("text") or entries["of"]).span
    longest = max(tokens, key=len)
    if len(longest) > LONGEST_TOKEN:
        message = f'the word "{shown(longest)}" has {len(longest):,} characters'
        mistakes.add(message, span, f"at most {LONGEST_TOKEN}")
        return ()
    if len(tokens) <= MOST_TOKENS:
        return tokens
    mistakes.add(
        f"{len(tokens):,} words and special tokens are too many for one figure",
        span,
        f"at most {MOST_TOKENS} a figure; `view: landscape` shows a whole poem",
    )
    return ()
