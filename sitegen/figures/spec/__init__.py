"""What an `attention` block asks for: a `Spec`, or all mistakes of the block at once.

Comes in: a fence. The keys and values that all blocks have are read by `parts`, those of a toy by
`toy`, and those of a real model by `model`.
"""

from __future__ import annotations

from collections.abc import Mapping

from sitegen.figures.block import Block, Mistakes, by_key, read_choice, read_entries
from sitegen.figures.grammar import CLAIM_KEYS
from sitegen.figures.learned import LEARNED_KEYS, Read
from sitegen.figures.matrices import INPUT_KEYS
from sitegen.figures.spec.model import read_model
from sitegen.figures.spec.toy import read_toy
from sitegen.figures.spec.values import MOST_TOKENS, Spec
from sitegen.model import Fence
from sitegen.models.table import MODELS

__all__ = ["KEYS", "MOST_TOKENS", "SHARED_KEYS", "TOY_KEYS", "VIEWS", "Spec", "read_spec"]

TOY = "toy"
VIEWS: Mapping[str, str] = {
    "heatmap": "one head as a square of shades; the default, and hides nothing",
    "heads": "all heads of all layers side by side, to compare them",
    "steps": "the matrices and the arithmetic of one row, to be checked with a pencil",
    "scale": "one head under seven scales, to show what dividing by √d_k does",
    "text": "the sentence itself, shaded by the chosen word's row",
    "arcs": "a line from each word to each word, where a head has a pattern",
    "landscape": "how surprising each word of a text was to a model, for poems, line by line",
    "lines": "how alike the lines of a text are, for refrains and returns",
}
"""Views, and what the manual says of each."""
SHARED_KEYS: Mapping[str, str] = {
    "model": "`toy`: numbers that are in the block itself; or a real one, `minilm` or `smollm2`",
    "view": "one of those above; `heatmap` if it is left out",
    "text": "a text that is cut at its spaces, or by the real model that reads it",
    "from": "the token whose row is marked; `bat#2` is the second *bat*",
    "layer": "which layer is shown first, from 1",
    "head": "which head is shown first, from 1",
    "caption": "what the figure shows, in your words; plain text",
    "id": "its name in addresses and files: small letters, digits, hyphens; else `figure.1` …",
}
MECHANISM: Mapping[str, str] = {
    "tokens": 'instead of `text`: tokens between spaces; `"New York"` in quotes is one token',
    "positions": "`yes` adds sinusoidal positions to the vectors",
    "layers": "how many layers, of random numbers; each works on what the one below it gave",
    "heads": "how many heads the columns are divided among",
    "causal": "`yes` hides from each token what comes after it",
    "scale": "what scores are multiplied by: `sqrt` (1/√d_k) is the default; `none`; or a number",
}
TOY_KEYS: Mapping[str, str] = {**MECHANISM, **INPUT_KEYS}
KEYS: Mapping[str, str] = {**SHARED_KEYS, **TOY_KEYS, **LEARNED_KEYS, **CLAIM_KEYS}
"""Keys, and what the manual says of them."""


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
    view = read_choice(entries, "view", tuple(VIEWS), mistakes)
    strange = TOY_KEYS if model in MODELS else LEARNED_KEYS if model == TOY else {}
    for key in entries.keys() & strange.keys():
        what = "a toy has none" if model == TOY else "the model has its own"
        mistakes.add(f'"{key}" does not go with "model: {model}": {what}', entries[key].key.span)
    block = Block(fence, typed, entries, mistakes)
    return read_model(block, view, read) if model in MODELS else read_toy(block, view)
