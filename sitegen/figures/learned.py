"""A figure of what a real model made of a text: how it is asked for, and its tokens as words.

Comes in: the entries of a block, and somebody who knows what models made of texts. Goes out:
`Learned`, which is what such a figure has in place of numbers of its author's; or mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Literal, get_args
from unicodedata import category, east_asian_width

from msgspec.structs import replace

from sitegen.errors import FigureError
from sitegen.figures.block import Entry, Mistakes, read_choice, refuse_controls, shown
from sitegen.model import Fence, Piece, Prompt, Quantity, Reading, Value
from sitegen.models.table import MODELS

Read = Callable[[Prompt], Reading]
"""What a model made of a prompt. Raises `Unread`, or a FigureError that says why there is none."""
Special = Literal["fade", "show", "drop"]
Subwords = Literal["merge", "show"]

LEARNED_KEYS: Mapping[str, str] = {
    "of": "`poem` instead of `text`: the poem above the figure",
    "measure": "`weight` if it is left out; `norm`: what it moves; `rollout`: all layers up to one",
    "special": "tokens that nobody wrote: `fade` dims them, `show` doesn't, `drop` leaves them out",
    "subwords": "`merge` shows words, `show` the tokens of the model",
}
MEASURES: tuple[Quantity, ...] = ("weight", "norm", "rollout")
WHOLE: Mapping[str, tuple[Quantity, str]] = {
    "landscape": ("surprise", "causal"),
    "lines": ("lines", "encoder"),
}
"""Views of a whole text: what they show, and which kind of model knows it."""
BY_HAND = frozenset({"steps", "scale"})
LONGEST_TEXT = 20_000


HANGUL = re.compile("[\uac00-\ud7a3]")
"""Syllables of Korean, which puts spaces between words, unlike others that are as wide."""


class Unread(Exception):  # noqa: N818 - it is no mistake: somebody has to read, and draw again
    """Nobody knows yet what the model makes of this prompt."""

    def __init__(self, prompt: Prompt) -> None:
        super().__init__(prompt)
        self.prompt = prompt


class Shown(Value, frozen=True):
    """Tokens of a model that are shown as one: `pieces[start:end]` of the reading."""

    text: str
    start: int
    end: int
    special: bool = False


class Learned(Value, frozen=True, tag="learned"):
    """What a model made of a text. `words` are all that are shown, in order."""

    model: str
    quantity: Quantity
    text: str
    reading: Reading
    words: tuple[Shown, ...] = ()
    special: Special = "fade"
    """What becomes of tokens such as [CLS]: shown dimmed, shown, or left out."""

    @property
    def causal(self) -> bool:
        """Whether no token sees what comes after it."""
        return MODELS[self.model].family == "causal"

    @property
    def left_out(self) -> bool:
        """Whether any token is not shown."""
        return sum(word.end - word.start for word in self.words) < len(self.reading.pieces)

    @property
    def merged(self) -> bool:
        """Whether any word is made of several tokens."""
        return any(word.end - word.start > 1 for word in self.words)


def read_learned(
    entries: Mapping[str, Entry], fence: Fence, read: Read | None, mistakes: Mistakes
) -> Learned | None:
    """What the block asks a model for; None after a mistake. Raises `Unread`."""
    model, view = entries["model"], entries.get("view")
    quantity = _quantity(entries, mistakes)
    special = read_choice(entries, "special", get_args(Special), mistakes)
    subwords = read_choice(entries, "subwords", get_args(Subwords), mistakes)
    text = _text(entries, fence, mistakes, whole=view is not None and view.text in WHOLE)
    if not text or quantity is None:
        return None
    if read is None:
        mistakes.add("no model is at hand here", model.span, "write `model: toy`")
        return None
    try:
        reading = read(Prompt(model=model.text, quantity=quantity, text=text))
    except FigureError as error:
        mistakes.add(error.message, model.span, error.hint)
        return None
    words: tuple[Shown, ...] = ()
    if quantity in MEASURES:
        all_words = words_of(reading.pieces, text, merge=subwords == "merge")
        words = tuple(each for each in all_words if special != "drop" or not each.special)
    return Learned(
        model=model.text,
        quantity=quantity,
        text=text,
        reading=reading,
        words=words,
        special=special,  # type: ignore[arg-type]
    )


def _quantity(entries: Mapping[str, Entry], mistakes: Mistakes) -> Quantity | None:
    """What is wanted of the model: its view says so, or `measure`."""
    model, view = MODELS[entries["model"].text], entries.get("view")
    measure = read_choice(entries, "measure", MEASURES, mistakes)
    if view and view.text in BY_HAND:
        hint = "write `model: toy` for a drawing by hand, or choose another view"
        mistakes.add(f'the view "{view.text}" is of numbers made by hand', view.span, hint)
        return None
    if view and view.text in WHOLE:
        quantity, family = WHOLE[view.text]
        if model.family != family:
            known = [each.name for each in MODELS.values() if each.family == family]
            message = f'the view "{view.text}" needs a model that is {_kind(family)}'
            mistakes.add(message, entries["model"].span, f"write `model: {known[0]}`")
            return None
        for key in ("measure", "special", "subwords", "layer", "head", "from"):
            if key in entries:
                message = f'"{key}" does not go with the view "{view.text}"'
                mistakes.add(message, entries[key].key.span)
        return quantity
    if measure == "rollout" and "head" in entries:
        hint = "leave it out: rollout is of all heads of a layer and of those below"
        mistakes.add('"head" does not go with "measure: rollout"', entries["head"].key.span, hint)
    return next(each for each in MEASURES if each == measure)


def _kind(family: str) -> str:
    return "causal" if family == "causal" else "an encoder"


def _text(entries: Mapping[str, Entry], fence: Fence, mistakes: Mistakes, *, whole: bool) -> str:
    """The text to read: as given, its lines kept for a view of lines; or the poem above."""
    entry, of = entries.get("text"), entries.get("of")
    if entry and of:
        mistakes.add('"text" and "of" cannot both be given', of.key.span, "leave one of them out")
    elif of and of.text != "poem":
        mistakes.add(f'of is "{shown(of.text)}"', of.span, "write `of: poem`, or give `text:`")
    elif of and not fence.verse.strip():
        mistakes.add("there is no poem above this figure", of.span, "give `text:` instead")
    elif of:
        return _measured(fence.verse if whole else " ".join(fence.verse.split()), of, mistakes)
    elif entry is None:
        hint = "write `text: the bat flew`; the model cuts it into tokens"
        mistakes.add('"text" is missing', hint=hint)
    else:
        text = "\n".join(line.text for line in entry.lines) if whole else entry.text
        if not text.strip():
            mistakes.add("there is no text", entry.span)
        return _measured(text, entry, mistakes)
    return ""


def _measured(text: str, entry: Entry, mistakes: Mistakes) -> str:
    if len(text) > LONGEST_TEXT:
        message = f"{len(text):,} characters are too many for one figure"
        mistakes.add(message, entry.span, f"at most {LONGEST_TEXT:,}")
        return ""
    spaced = text.translate({ord(space): " " for space in "\t\n"})
    return "" if refuse_controls(spaced, "the text", entry.span, mistakes) else text


# --- tokens as words -----------------------------------------------------------------------------


def words_of(pieces: Sequence[Piece], text: str, *, merge: bool) -> tuple[Shown, ...]:
    """Tokens as they are shown, those that are parts of one word together where `merge` is set.

    Tokens of one character are always together: a part of a character is nothing to read. A token
    of spaces is a part of the word after it.
    """
    whole = _with_marks(pieces, text)
    pairs = enumerate(pairwise(whole), 1)
    inner = {i for i, pair in pairs if _continues(*pair, text, merge=merge)}
    starts = [i for i in range(len(whole)) if i not in inner]
    bounds = pairwise([*starts, len(whole)])
    return tuple(_word(whole[start:end], start, text) for start, end in bounds)


def _with_marks(pieces: Sequence[Piece], text: str) -> list[Piece]:
    """The tokens with the combining marks after them that a model leaves out."""
    found, until = list[Piece](), len(text)
    for piece in reversed(pieces):
        end = piece.end
        while end < until and category(text[end])[0] == "M":
            end += 1
        until = until if piece.special else piece.start
        found.append(replace(piece, end=end))
    return found[::-1]


def _word(pieces: Sequence[Piece], start: int, text: str) -> Shown:
    first, last = pieces[0], pieces[-1]
    own = text[first.start : last.end]
    told = first.text if first.special else own.strip() or "␣" * len(own)
    return Shown(
        text=told or first.text, start=start, end=start + len(pieces), special=first.special
    )


def _continues(before: Piece, piece: Piece, text: str, *, merge: bool) -> bool:
    """Whether two tokens are of one character or, if `merge`, of one word."""
    if before.special or piece.special:
        return False
    if piece.start < before.end:
        return True
    if not merge or not before.end == piece.start < piece.end:
        return False
    spaces = text[before.start : before.end].isspace()
    return spaces or (_is_inner(text[piece.start - 1]) and _is_inner(text[piece.start]))


def _is_inner(char: str) -> bool:
    """Whether it can stand inside a word; Han characters are words by themselves."""
    wide = east_asian_width(char) in "WF" and not HANGUL.match(char)
    return not wide and (char.isalnum() or category(char)[0] == "M")
