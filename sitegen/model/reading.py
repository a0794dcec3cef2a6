"""What a figure asks of a real model, and what the model made of it.

A prompt and the weights of its model determine a reading, so readings can be kept: in a file beside
the site (`figures.lock`), which lets a site be built where there are no weights.
"""

from __future__ import annotations

from typing import Literal

from sitegen.model.settings import Value

WEIGHT, BIT = 10_000, 1_000
"""What a cell of a reading counts: parts of a weight or of a likeness, parts of a bit."""
MOST_CELLS = 8_000_000
"""Numbers of a reading."""
Quantity = Literal["weight", "norm", "rollout", "surprise", "lines", "mark"]


class Prompt(Value, frozen=True, order=True):
    """A text for a model to read, and which quantity of it is wanted.

    `weight`: of every layer and head, `[n_layer, n_head, n, n]`. `norm`: the length of what each
    token takes from each other (Kobayashi et al. 2020), as a share of its row, of the same shape.
    `rollout`: up to each layer (Abnar & Zuidema 2020), `[n_layer, 1, n, n]`. `surprise`: bits that
    each token carries, `[n]`. `lines`: the likeness of each two lines of the text that are not
    blank, the cosine of their embeddings, `[n_line, n_line]`. `mark`: the weights of one head,
    the same for all texts (`Model.mark`), `[n, n]`.
    """

    model: str
    quantity: Quantity
    text: str


class Piece(Value, frozen=True, array_like=True):
    """A token of a model: `text[start:end]` of the prompt; a special one has no text of its own."""

    text: str
    start: int
    end: int
    special: bool = False


class Reading(Value, frozen=True):
    """What a model made of a prompt: its tokens and numbers, so coarse that they never differ.

    `cells` are `shape` little-endian 32-bit integers, row by row: ten-thousandths of a weight or of
    a likeness; thousandths of a bit, -1 where there is none.
    """

    pieces: tuple[Piece, ...]
    shape: tuple[int, ...]
    cells: bytes
    likeliest: tuple[tuple[tuple[str, int], ...], ...] = ()
    """Of `surprise`: before each token the five likeliest, with ten-thousandths of probability."""
