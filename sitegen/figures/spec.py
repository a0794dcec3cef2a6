"""What an `attention` block asks for: typed, and free of mistakes.

Comes in: a fence. Goes out: a `Spec`, or all mistakes of the block at once, each at its word.
Numbers are read by `matrices`; every reader here gives an empty value after a mistake, which
nobody sees, since mistakes are raised before the spec is made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sitegen.errors import Span
from sitegen.figures.block import Entry, Mistakes, Word, by_key, read_entries, shown, truth
from sitegen.figures.grammar import CLAIM_KEYS, read_claims
from sitegen.figures.matrices import (
    INPUT_KEYS,
    Given,
    Inputs,
    Seeded,
    number,
    read_inputs,
    whole,
)
from sitegen.figures.needs import check_arcs, check_scale, check_steps
from sitegen.figures.terms import Claim, Scope, find_token
from sitegen.model import Fence, Value

MOST_TOKENS = 64
MOST_HEADS = 64
MOST_LAYERS = 32
MOST_PANELS = 512
MOST_WEIGHTS = 6 * 512**2
"""Numbers of a projection in all layers: six layers of the base Transformer, two seconds' work."""
LONGEST_TOKEN = 100
LARGEST_SCALE = 1000.0

MODELS = ("toy",)
VIEWS = ("heatmap", "heads", "steps", "scale", "text", "arcs")
OWN_KEYS = frozenset(
    "model view tokens text layers layer heads head positions causal scale from caption id".split()  # noqa: SIM905
)

TOKEN = re.compile(r'"[^"]*"(?!\S)|\S+')
ID = re.compile(r"[a-z][a-z0-9-]{0,63}")
# What XML forbids, and what would reorder or break the text around it.
CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane | end) for plane in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF))
    + "]"
)


class Spec(Value, frozen=True):
    """A figure to draw. `layer` and `head` count from 1; `row` is the index of a token."""

    id: str
    view: str
    tokens: tuple[str, ...]
    inputs: Inputs
    layers: int = 1
    heads: int = 1
    layer: int = 1
    head: int = 1
    positions: bool = False
    """Whether sinusoidal positions are added to the vectors."""
    causal: bool = False
    scale: float | None = None
    """The factor of the scores; None is 1/√d_key."""
    row: int | None = None
    """The token to highlight as the one that attends."""
    caption: str = ""
    claims: tuple[Claim, ...] = ()


def read_spec(fence: Fence) -> Spec:
    """The spec of a block. Raises an ExceptionGroup of FigureErrors, all at once."""
    mistakes = Mistakes(fence.span)
    typed = read_entries(fence, OWN_KEYS | INPUT_KEYS | CLAIM_KEYS, mistakes)
    entries = by_key((entry for entry in typed if entry.key.text not in CLAIM_KEYS), mistakes)
    _choice(entries, "model", MODELS, mistakes)
    if "model" not in entries:
        mistakes.add('"model" is missing', hint="write `model: toy`")
    view = _choice(entries, "view", VIEWS, mistakes)
    tokens = _tokens(entries, mistakes)
    layers, layer = _counted(entries, "layer", MOST_LAYERS, mistakes)
    heads, head = _counted(entries, "head", MOST_HEADS, mistakes)
    inputs = read_inputs(entries, len(tokens), heads, mistakes)
    positions = _yes_or_no(entries, "positions", mistakes)
    causal, scale = _yes_or_no(entries, "causal", mistakes), _scale(entries, mistakes)
    row = _row(entries, tokens, mistakes)
    claims = read_claims(typed, Scope(tokens, layers, heads, layer), mistakes)
    caption, own_id = _caption(entries, mistakes), _id(entries, mistakes)
    _check_layers(entries, inputs, (layers, heads), mistakes)
    if positions and isinstance(inputs, Given):
        hint = "give X, W_Q and W_K, or seed and d_model"
        span = entries["positions"].span
        mistakes.add("there are no vectors to add positions to", span, hint)
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


def _choice(
    entries: Mapping[str, Entry], key: str, known: tuple[str, ...], mistakes: Mistakes
) -> str:
    """One of the known words; the first of them is the default."""
    entry = entries.get(key)
    if entry and entry.text not in known:
        mistakes.unknown(key, Word(entry.text, entry.span), known, f"{key.title()}s")
    return entry.text if entry else known[0]


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
    _refuse_controls(token, "a token", word.span, mistakes)
    return token


def _unquoted(text: str) -> str:
    return text[1:-1] if TOKEN.fullmatch(text) and text[0] == text[-1] == '"' != text else text


def _refuse_controls(text: str, what: str, span: Span, mistakes: Mistakes) -> None:
    control = CONTROLS.search(text)
    if control:
        mistakes.add(f"{what} holds the control character U+{ord(control[0]):04X}", span)


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


def _row(entries: Mapping[str, Entry], tokens: tuple[str, ...], mistakes: Mistakes) -> int | None:
    """The index of `bat`, or of the second one for `bat#2`."""
    entry = entries.get("from")
    return find_token(Word(entry.text, entry.span), tokens, mistakes) if entry else None


def _caption(entries: Mapping[str, Entry], mistakes: Mistakes) -> str:
    entry = entries.get("caption")
    for line in entry.lines if entry else ():
        _refuse_controls(line.text, "the caption", line.span, mistakes)
        if "{attention:" in line.text:
            hint = "the figure tells its checks itself; ask for numbers in the text around it"
            mistakes.add("a caption shows no measured numbers", line.span, hint)
    return entry.text if entry else ""


def _id(entries: Mapping[str, Entry], mistakes: Mistakes) -> str:
    """The author's id: never with a dot, so that it cannot meet one of ours."""
    entry = entries.get("id")
    if entry and not ID.fullmatch(entry.text):
        hint = "a small letter, then small letters, digits and hyphens, 64 at most"
        mistakes.add(f'"{shown(entry.text)}" cannot be an id', entry.span, hint)
    return entry.text if entry else ""
