"""The spec of a figure whose numbers the block itself gives.

Comes in: the entries of a block. Goes out: a `Spec`, or mistakes, which are raised before a spec
is made of the empty values that stand in for what is wrong. Numbers are read by `matrices`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sitegen.figures.block import Block, Entry, Mistakes, Word, refuse_controls, shown, truth
from sitegen.figures.grammar import read_claims
from sitegen.figures.learned import WHOLE
from sitegen.figures.matrices import Given, Inputs, Seeded, number, read_inputs, whole
from sitegen.figures.needs import check_arcs, check_scale, check_steps
from sitegen.figures.spec.parts import read_caption, read_id, read_row
from sitegen.figures.spec.values import (
    LARGEST_SCALE,
    LONGEST_TOKEN,
    MOST_HEADS,
    MOST_LAYERS,
    MOST_PANELS,
    MOST_TOKENS,
    MOST_WEIGHTS,
    Spec,
)
from sitegen.figures.terms import Scope

TOKEN = re.compile(r'"[^"]*"(?!\S)|\S+')


def read_toy(block: Block, view: str) -> Spec:
    """What the block gives and asks for. Raises all mistakes at once."""
    fence, typed, entries, mistakes = block
    tokens = _tokens(entries, mistakes)
    layers, layer = _counted(entries, "layer", MOST_LAYERS, mistakes)
    heads, head = _counted(entries, "head", MOST_HEADS, mistakes)
    inputs = read_inputs(entries, len(tokens), heads, mistakes)
    positions = _yes_or_no(entries, "positions", mistakes)
    causal, scale = _yes_or_no(entries, "causal", mistakes), _scale(entries, mistakes)
    row = read_row(entries, tokens, mistakes)
    claims = read_claims(typed, Scope(tokens, layers, heads, layer), mistakes)
    caption, own_id = read_caption(entries, mistakes), read_id(entries, mistakes)
    _check_layers(entries, inputs, (layers, heads), mistakes)
    if positions and isinstance(inputs, Given):
        hint = "give X, W_Q and W_K, or seed and d_model"
        span = entries["positions"].span
        mistakes.add("there are no vectors to add positions to", span, hint)
    if view in WHOLE:
        hint = "choose another view, or a real model"
        mistakes.add(f'the view "{view}" needs a real model', entries["view"].span, hint)
    if view == "steps" and inputs is not None:
        check_steps(entries, inputs, len(tokens), heads, mistakes)
    if view == "arcs":
        check_arcs(entries, len(tokens), mistakes)
    if view == "scale":
        check_scale(entries, (layers, heads), claims, mistakes)
    mistakes.raise_all()
    assert inputs is not None, "no inputs without a mistake"  # noqa: S101
    return Spec(
        id=own_id or fence.id,
        view=view,
        tokens=tokens,
        inputs=inputs,
        layers=layers,
        heads=heads,
        layer=layer,
        head=head,
        positions=positions,
        causal=causal,
        scale=scale,
        row=row,
        caption=caption,
        claims=claims,
    )


def _tokens(entries: Mapping[str, Entry], mistakes: Mistakes) -> tuple[str, ...]:
    """The tokens as given, or the text cut at its spaces."""
    entry = entries.get("tokens") or entries.get("text")
    if entry is None:
        mistakes.add('"tokens" is missing', hint="write `tokens: the bat flew`, or `text: …`")
        return ()
    if "tokens" in entries and "text" in entries:
        hint = "leave one of them out: text is cut at its spaces, tokens are taken as they are"
        mistakes.add('"tokens" and "text" cannot both be given', entries["text"].key.span, hint)
    pattern = TOKEN if entry.key.text == "tokens" else re.compile(r"\S+")
    words = list(entry.words(pattern))
    if not words:
        mistakes.add("there are no tokens", entry.span)
    if len(words) > MOST_TOKENS:
        message = f"{len(words):,} tokens are too many for one figure"
        mistakes.add(message, entry.span, f"at most {MOST_TOKENS} a figure")
        return ()
    return tuple(_token(word, mistakes) for word in words)


def _token(word: Word, mistakes: Mistakes) -> str:
    """A token without the quotes that hold it together."""
    token = _unquoted(word.text)
    if not token:
        mistakes.add("an empty token", word.span)
    if len(token) > LONGEST_TOKEN:
        message = f'the token "{shown(token)}" has {len(token):,} characters'
        mistakes.add(message, word.span, f"at most {LONGEST_TOKEN}")
    refuse_controls(token, "a token", word.span, mistakes)
    return token


def _unquoted(text: str) -> str:
    return text[1:-1] if TOKEN.fullmatch(text) and text[0] == text[-1] == '"' != text else text


def _counted(
    entries: Mapping[str, Entry], one: str, most: int, mistakes: Mistakes
) -> tuple[int, int]:
    """How many there are (`heads`), and which of them is chosen (`head`)."""
    many = f"{one}s"
    count = whole(entries, many, (1, most), mistakes, default=1)
    typed = entries[many].text.lstrip("0") if many in entries else "1"
    high = count if typed == str(count) else most  # one mistake does not make two
    return count, whole(entries, one, (1, high), mistakes, default=1)


def _check_layers(
    entries: Mapping[str, Entry], inputs: Inputs | None, counts: tuple[int, int], mistakes: Mistakes
) -> None:
    """Several layers need random numbers, and not too many of them."""
    layers, heads = counts
    if layers == 1:
        return
    span = entries["layers"].span
    if layers * heads > MOST_PANELS:
        message = f"{layers * heads:,} heads in all layers are too many for one figure"
        mistakes.add(message, span, f"layers × heads is at most {MOST_PANELS}")
    if isinstance(inputs, Seeded):
        if layers * inputs.d_model**2 > MOST_WEIGHTS:
            message = f"{layers} layers of width {inputs.d_model} are too much for one figure"
            mistakes.add(message, span, f"layers × d_model² is at most {MOST_WEIGHTS:,}")
    elif inputs is not None:
        hint = "give `seed` and `d_model` for a stack of layers"
        mistakes.add("numbers made by hand are one layer", span, hint)


def _yes_or_no(entries: Mapping[str, Entry], key: str, mistakes: Mistakes) -> bool:
    return key in entries and truth(entries[key], "write yes or no", mistakes)


def _scale(entries: Mapping[str, Entry], mistakes: Mistakes) -> float | None:
    """`sqrt` (the default) is None, `none` is 1."""
    entry = entries.get("scale")
    if entry is None or entry.text == "sqrt":
        return None
    if entry.text == "none":
        return 1.0
    factor = number(entry.text)
    if factor is None or not 0 <= factor <= LARGEST_SCALE:
        hint = f"write sqrt (1/√d_k), none, or a number from 0 to {LARGEST_SCALE:.0f}"
        mistakes.add(f'scale is "{shown(entry.text)}"', entry.span, hint)
    return factor
