"""What an `attention` block asks for: typed, and free of mistakes.

Comes in: a fence. Goes out: a `Spec`, or all mistakes of the block at once, each at its word.
Numbers are read by `matrices`; every reader here gives an empty value after a mistake, which
nobody sees, since mistakes are raised before the spec is made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sitegen.errors import Span
from sitegen.figures.block import Entry, Mistakes, Word, counted, read_block, shown
from sitegen.figures.matrices import INPUT_KEYS, Inputs, number, read_inputs, whole
from sitegen.model import Fence, Value

MOST_TOKENS = 64
MOST_HEADS = 64
LONGEST_TOKEN = 100
LARGEST_SCALE = 1000.0

MODELS = ("toy",)
VIEWS = ("heatmap",)
OWN_KEYS = frozenset(
    "model view tokens text heads head causal scale from caption id".split()  # noqa: SIM905
)

TOKEN = re.compile(r'"[^"]*"(?!\S)|\S+')
ID = re.compile(r"[a-z][a-z0-9-]{0,63}")
# What XML forbids, and what would reorder or break the text around it.
CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane | end) for plane in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF))
    + "]"
)
FALSE_OR_TRUE: Final = {"no": False, "false": False, "yes": True, "true": True}


class Spec(Value, frozen=True):
    """A figure to draw. `head` counts from 1; `row` is the index of the token to highlight."""

    id: str
    view: str
    tokens: tuple[str, ...]
    inputs: Inputs
    heads: int = 1
    head: int = 1
    causal: bool = False
    scale: float | None = None
    """The factor of the scores; None is 1/√d_key."""
    row: int | None = None
    caption: str = ""


def read_spec(fence: Fence) -> Spec:
    """The spec of a block. Raises an ExceptionGroup of FigureErrors, all at once."""
    mistakes = Mistakes(fence.span)
    entries = read_block(fence, OWN_KEYS | INPUT_KEYS, mistakes)
    _choice(entries, "model", MODELS, mistakes)
    if "model" not in entries:
        mistakes.add('"model" is missing', hint="write `model: toy`")
    view = _choice(entries, "view", VIEWS, mistakes)
    tokens = _tokens(entries, mistakes)
    heads = whole(entries, "heads", (1, MOST_HEADS), mistakes, default=1)
    head = whole(entries, "head", (1, heads), mistakes, default=1)
    inputs = read_inputs(entries, len(tokens), heads, mistakes)
    causal, scale = _causal(entries, mistakes), _scale(entries, mistakes)
    row = _row(entries, tokens, mistakes)
    caption, own_id = _caption(entries, mistakes), _id(entries, mistakes)
    mistakes.raise_all()
    assert inputs is not None, "no inputs without a mistake"  # noqa: S101
    return Spec(
        id=own_id or fence.id,
        view=view,
        tokens=tokens,
        inputs=inputs,
        heads=heads,
        head=head,
        causal=causal,
        scale=scale,
        row=row,
        caption=caption,
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


def _causal(entries: Mapping[str, Entry], mistakes: Mistakes) -> bool:
    entry = entries.get("causal")
    if entry and entry.text not in FALSE_OR_TRUE:
        mistakes.add(f'causal is "{shown(entry.text)}"', entry.span, "write yes or no")
    return FALSE_OR_TRUE.get(entry.text, False) if entry else False


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
    if entry is None or not tokens:
        return None
    wanted = _unquoted(entry.text)
    if wanted in tokens:
        return tokens.index(wanted)
    token, _, ordinal = wanted.rpartition("#")
    places = [i for i, known in enumerate(tokens) if known == token]
    if not places or not re.fullmatch(r"[0-9]{1,4}", ordinal):
        mistakes.unknown("token", Word(wanted, entry.span), dict.fromkeys(tokens), "Tokens")
        return None
    if not 1 <= int(ordinal) <= len(places):
        hint = f'"{shown(token)}" occurs {counted(len(places), "time")}'
        mistakes.add(f'there is no "{shown(wanted)}"', entry.span, hint)
        return None
    return places[int(ordinal) - 1]


def _caption(entries: Mapping[str, Entry], mistakes: Mistakes) -> str:
    entry = entries.get("caption")
    for line in entry.lines if entry else ():
        _refuse_controls(line.text, "the caption", line.span, mistakes)
    return entry.text if entry else ""


def _id(entries: Mapping[str, Entry], mistakes: Mistakes) -> str:
    """The author's id: never with a dot, so that it cannot meet one of ours."""
    entry = entries.get("id")
    if entry and not ID.fullmatch(entry.text):
        hint = "a small letter, then small letters, digits and hyphens, 64 at most"
        mistakes.add(f'"{shown(entry.text)}" cannot be an id', entry.span, hint)
    return entry.text if entry else ""
