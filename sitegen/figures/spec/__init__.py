"""What an `attention` block asks for: a `Spec`, or all mistakes of the block at once.

Comes in: a fence. The keys and values that all blocks have are read by `parts`, those of a toy by
`toy`, and those of a real model by `model`.
"""

from __future__ import annotations

from sitegen.figures.block import Block, Mistakes, by_key, read_choice, read_entries
from sitegen.figures.grammar import CLAIM_KEYS
from sitegen.figures.learned import LEARNED_KEYS, WHOLE, Read
from sitegen.figures.matrices import INPUT_KEYS
from sitegen.figures.spec.model import read_model
from sitegen.figures.spec.toy import read_toy
from sitegen.figures.spec.values import MOST_TOKENS, Spec
from sitegen.model import Fence
from sitegen.models.table import MODELS

__all__ = ["KEYS", "MOST_TOKENS", "SHARED_KEYS", "TOY_KEYS", "VIEWS", "Spec", "read_spec"]

TOY = "toy"
VIEWS = ("heatmap", "heads", "steps", "scale", "text", "arcs", *WHOLE)
SHARED_KEYS = frozenset({"model", "view", "text", "layer", "head", "from", "caption", "id"})
TOY_KEYS = frozenset({"tokens", "layers", "heads", "positions", "causal", "scale", *INPUT_KEYS})
KEYS = SHARED_KEYS | TOY_KEYS | LEARNED_KEYS | CLAIM_KEYS


def read_spec(fence: Fence, read: Read | None = None) -> Spec:
    """The spec of a block; `read` tells what real models made of texts.

    Raises an ExceptionGroup of FigureErrors, all at once, and `Unread`.
    """
    mistakes = Mistakes(fence.span)
    typed = read_entries(fence, KEYS, mistakes)
    entries = by_key((entry for entry in typed if entry.key.text not in CLAIM_KEYS), mistakes)
    known = (TOY, *MODELS)
    read_choice(entries, "model", known, mistakes)
    model = entries["model"].text if "model" in entries else TOY
    if "model" not in entries:
        hint = f"write `model: toy`, or one of {', '.join(known[1:])}"
        mistakes.add('"model" is missing', hint=hint)
    view = read_choice(entries, "view", VIEWS, mistakes)
    strange = TOY_KEYS if model in MODELS else LEARNED_KEYS if model == TOY else frozenset()
    for key in entries.keys() & strange:
        what = "a toy has none" if model == TOY else "the model has its own"
        mistakes.add(f'"{key}" does not go with "model: {model}": {what}', entries[key].key.span)
    block = Block(fence, typed, entries, mistakes)
    return read_model(block, view, read) if model in MODELS else read_toy(block, view)
