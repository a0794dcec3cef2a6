"""What real models made of the texts of a site: what is known, what was asked for, what is missing.

Comes in: the lines of `figures.lock`, and somebody who can read what is in none of them. Goes out:
readings. A source is parsed with what is known; what it asked for in vain is read for all sources
at once, since one pass through a model for a hundred texts takes a fraction of a hundred passes;
then those sources are parsed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from sitegen.errors import FigureError, LockError, Problem
from sitegen.figures import Unread
from sitegen.lock import LOCK, Lines, digest_of, line_of, reading_of
from sitegen.model import Prompt, Reading

Reader = Callable[[Sequence[Prompt]], Mapping[Prompt, Reading | Problem]]
"""Read texts with real models; a problem says why that cannot be."""


def refuse(prompts: Sequence[Prompt]) -> Mapping[Prompt, Reading | Problem]:
    """A reader that has no models."""
    problem = FigureError(
        f"what this model makes of this text is not in {LOCK}",
        hint=f"build without --locked where the model is, and commit {LOCK}",
    ).problem()
    return dict.fromkeys(prompts, problem)


class Readings:
    """Readings by prompt: those of the lock, and those that this build adds to them."""

    def __init__(self, lines: Lines | None = None, reader: Reader = refuse) -> None:
        self.lines = dict(lines or {})
        self.new: set[Prompt] = set()
        self.refused: dict[Prompt, Problem] = {}
        self._reader = reader

    def read(self, prompts: Iterable[Prompt]) -> None:
        """Let what is not known be read."""
        missing = sorted({*prompts} - self.lines.keys())
        results = self._reader(missing) if missing else {}
        for prompt in missing:
            reading = results[prompt]
            if isinstance(reading, Problem):
                self.refused[prompt] = reading
            else:
                self.lines[prompt] = line_of(prompt, reading)
                self.new.add(prompt)

    def has(self, prompts: Iterable[Prompt]) -> bool:
        """Whether all of these are known."""
        return all(prompt in self.lines for prompt in prompts)

    def digest(self, prompts: Sequence[Prompt]) -> bytes:
        """Of what is known of these; empty of none."""
        return digest_of(self.lines, prompts) if prompts else b""

    def of(self, prompt: Prompt) -> Reading:
        """The reading of a prompt. Raises `Unread`, or a FigureError that says why."""
        if prompt in self.lines:
            try:
                return reading_of(prompt, self.lines[prompt])
            except LockError as error:
                raise FigureError(error.message, hint=error.hint) from error
        if problem := self.refused.get(prompt):
            raise FigureError(problem.message, hint=problem.hint)
        raise Unread(prompt)


class Asking:
    """What one source asks for, in order."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings
        self.asked: list[Prompt] = []
        self.unread: list[Prompt] = []

    def read(self, prompt: Prompt) -> Reading:
        """As `Readings.of`, and noted."""
        if prompt not in self.asked:
            self.asked.append(prompt)
        try:
            return self._readings.of(prompt)
        except Unread:
            self.unread.append(prompt)
            raise
