"""`figures.lock` held against the models on this machine: all of it computed anew.

Comes in: the lines of a lock. Goes out: what differs, by line. A ten-thousandth is let pass where
the last bits of another processor fall to another side of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from sitegen.errors import LockError, Problem, Span, in_order
from sitegen.lock import LOCK, read_lock, reading_of
from sitegen.model import Prompt, Reading
from sitegen.models.cells import cells_of
from sitegen.models.reading import read_prompts

ROUNDING = 1
"""By how much a cell may differ."""
LONGEST_SHOWN = 40


def recompute(raw: bytes, names: Sequence[str]) -> tuple[int, list[Problem]]:
    """How many readings of these models were compared, and what differs or cannot be compared.

    Raises an ExceptionGroup of LockErrors where the file is damaged.
    """
    lines = {prompt: line for prompt, line in read_lock(raw).items() if prompt.model in names}
    numbers = {line.strip(): number for number, line in enumerate(raw.splitlines(), 1)}
    places = {prompt: Span(LOCK, numbers[line]) for prompt, line in lines.items()}
    known: dict[Prompt, Reading] = {}
    wrong: list[Problem] = []
    for prompt, line in lines.items():
        try:
            known[prompt] = reading_of(prompt, line)
        except LockError as error:
            wrong.append(LockError(error.message, places[prompt], error.hint).problem())
    fresh = read_prompts(list(known)) if known else {}
    wrong += _differences(known, fresh, places)
    return len(known), in_order(wrong)


def _differences(
    known: Mapping[Prompt, Reading],
    fresh: Mapping[Prompt, Reading | Problem],
    places: Mapping[Prompt, Span],
) -> Iterator[Problem]:
    for prompt, reading in known.items():
        now = fresh[prompt]
        why = now.message if isinstance(now, Problem) else _difference(reading, now)
        if why:
            text = " ".join(prompt.text.split())
            shown = text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
            message = f'{prompt.model}, {prompt.quantity} of "{shown}": {why}'
            hint = "delete the line and build: it is computed anew"
            yield LockError(message, places[prompt], hint).problem()


def _difference(one: Reading, other: Reading) -> str:
    """In what two readings differ; "" where they are equal but for rounding."""
    if one.pieces != other.pieces or one.shape != other.shape:
        return "other tokens"
    a, b = (cells_of(each) for each in (one, other))
    apart = int(np.abs(a - b).max(initial=0))
    if apart > ROUNDING:
        return f"{int((np.abs(a - b) > ROUNDING).sum()):,} numbers differ, by up to {apart:,}"
    names = [[name for name, _ in row] for row in one.likeliest]
    return "" if names == [[name for name, _ in row] for row in other.likeliest] else "other words"
