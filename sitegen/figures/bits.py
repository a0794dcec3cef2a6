"""What a text asks of a landscape: `{attention:poem kitchen}` is how many bits that word carries.

Comes in: the text of a `Measure` and the reading. Goes out: words, or a mistake at its place.

    question := WORD | "line" NUMBER          of a line it is the mean of its words
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sitegen.figures.block import Mistakes, Word
from sitegen.figures.learned import Learned
from sitegen.figures.numerals import NBSP
from sitegen.figures.surprise import Line, read_lines, tenths
from sitegen.figures.terms import find_token
from sitegen.model import Measure

HINT = "ask for a word, `kitchen` or `kitchen#2`, or for `line 3`"
LINE = re.compile(r"line\s+([0-9]{1,6})")


def answer_bits(asked: Sequence[Measure], learned: Learned) -> dict[str, str]:
    """What each text comes to. Raises an ExceptionGroup of FigureErrors, all of them at once."""
    lines = read_lines(learned.text, learned.reading) if asked else ()
    words = [(learned.text[w.start : w.end], bits) for line in lines for bits, w in line.known]
    mistakes = [Mistakes(each.span) for each in asked]
    found = {
        each.text: _bits(each, lines, words, own) for each, own in zip(asked, mistakes, strict=True)
    }
    errors: list[Exception] = []
    for own in mistakes:
        try:
            own.raise_all()
        except ExceptionGroup as group:
            errors += group.exceptions
    if errors:
        raise ExceptionGroup("questions that a landscape cannot answer", errors)
    return {text: f"{tenths(bits)}{NBSP}bits" for text, bits in found.items()}


def _bits(
    asked: Measure, lines: Sequence[Line], words: Sequence[tuple[str, int]], mistakes: Mistakes
) -> int:
    """Thousandths of a bit; 0 after a mistake."""
    line = LINE.fullmatch(asked.text)
    if line:
        number = int(line[1])
        mean = lines[number - 1].mean if 1 <= number <= len(lines) else None
        if mean is None:
            mistakes.add(f"there is no line {number}", hint=f"there are {len(lines)}")
        return mean or 0
    if not asked.text:
        mistakes.add("nothing is asked for", hint=HINT)
        return 0
    at = find_token(Word(asked.text, asked.span), [word for word, _ in words], mistakes)
    return 0 if at is None else words[at][1]
