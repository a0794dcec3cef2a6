"""The lines of an `attention` block: `key: value`, with the place of every word.

Comes in: a fence. Goes out: its entries by key, and the mistakes found on the way. What the
values mean is `spec`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sitegen.errors import FigureError, Span, suggest
from sitegen.model import Fence

MOST_MISTAKES = 20
LONGEST_BLOCK = 200_000
LONGEST_SHOWN = 40
COMMENT = re.compile(r"^\s*#.*|(?<=\s\s)#.*|(?<=\t)#.*")
CONTINUED = re.compile(r"\s{2,}|\t")
TRUTH = {"no": False, "false": False, "yes": True, "true": True}
ROW_OR_NUMBER = re.compile(r"/|[^\s/]+")
# What XML forbids, and what would reorder or break the text around it.
CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane | end) for plane in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF))
    + "]"
)


class Word(NamedTuple):
    """A piece of text and its place in the file."""

    text: str
    span: Span


class Entry(NamedTuple):
    """A key and its value: one word for the rest of each line that it takes."""

    key: Word
    lines: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The value as one line."""
        return " ".join(line.text for line in self.lines)

    @property
    def span(self) -> Span:
        """The place of the value, or of the key where the value is empty."""
        return self.lines[0].span if self.lines else self.key.span

    def words(self, pattern: re.Pattern[str]) -> Iterator[Word]:
        """All matches of the pattern in the value, in order."""
        return (word for line in self.lines for word in words_of(line, pattern))


def words_of(line: Word, pattern: re.Pattern[str]) -> Iterator[Word]:
    """All matches of the pattern in one line of a value."""
    for match in pattern.finditer(line.text):
        yield Word(match[0], part(line.span, match.start(), len(match[0])))


class Mistakes:
    """The mistakes of one block. Above a limit they are only counted, so none is slow."""

    def __init__(self, opening: Span) -> None:
        self.opening = opening
        self._errors: list[FigureError] = []
        self._more = 0

    def add(self, message: str, span: Span | None = None, hint: str | None = None) -> None:
        """Note a mistake; without a place of its own it is the whole block's."""
        if len(self._errors) < MOST_MISTAKES:
            self._errors.append(FigureError(message, span or self.opening, hint))
        else:
            self._more += 1

    def unknown(self, what: str, word: Word, known: Collection[str], listed: str) -> None:
        """Note a word that is none of those known, with the nearest one."""
        hint = None
        if len(self._errors) < MOST_MISTAKES and len(word.text) <= LONGEST_SHOWN:
            same = [name for name in known if name.casefold() == word.text.casefold()]
            hint = f'did you mean "{same[0]}"?' if same else suggest(word.text, known, listed)
        self.add(f'unknown {what} "{shown(word.text)}"', word.span, hint)

    def raise_all(self) -> None:
        """Raise an ExceptionGroup of all FigureErrors, if there is any."""
        errors = sorted(self._errors, key=lambda error: error.span or self.opening)
        if self._more:
            note = f"{counted(self._more, 'more mistake')} in this block"
            errors.append(FigureError(note, self.opening))
        if errors:
            raise ExceptionGroup(f"{counted(len(errors), 'mistake')} in a figure", errors)


class Block(NamedTuple):
    """A block that is being read: its entries as typed, those by key, and what is wrong so far."""

    fence: Fence
    typed: Sequence[Entry]
    entries: Mapping[str, Entry]
    mistakes: Mistakes


def shown(text: str) -> str:
    """The text, cut where it is too long for a message."""
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def counted(count: int, noun: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def truth(entry: Entry, hint: str, mistakes: Mistakes) -> bool:
    """Whether the value is `yes` or `true`, and no mistake."""
    if entry.text not in TRUTH:
        mistakes.add(f'{entry.key.text} is "{shown(entry.text)}"', entry.span, hint)
    return TRUTH.get(entry.text, False)


def refuse_controls(text: str, what: str, span: Span, mistakes: Mistakes) -> bool:
    """Whether there is a character that no page can show, or that would reorder others: noted."""
    control = CONTROLS.search(text)
    if control:
        mistakes.add(f"{what} holds the control character U+{ord(control[0]):04X}", span)
    return control is not None


def read_choice(
    entries: Mapping[str, Entry], key: str, known: Sequence[str], mistakes: Mistakes
) -> str:
    """One of the known words; the first of them by default, and after a mistake."""
    entry = entries.get(key)
    if entry is None:
        return known[0]
    if entry.text not in known:
        mistakes.unknown(key, Word(entry.text, entry.span), known, f"{key.title()}s")
        return known[0]
    return entry.text


def read_entries(fence: Fence, known: Collection[str], mistakes: Mistakes) -> tuple[Entry, ...]:
    """The entries of a block whose keys are known, in the order in which they were typed."""
    if len(fence.text) > LONGEST_BLOCK:
        message = f"the block has {len(fence.text):,} characters"
        mistakes.add(message, hint=f"at most {LONGEST_BLOCK:,} are read")
        mistakes.raise_all()
    entries = _entries(fence, mistakes)
    for entry in entries:
        if entry.key.text not in known:
            mistakes.unknown("key", entry.key, known, "Keys")
    return tuple(entry for entry in entries if entry.key.text in known)


def by_key(typed: Iterable[Entry], mistakes: Mistakes) -> Mapping[str, Entry]:
    """Entries by key, of keys that may be given once only."""
    entries: dict[str, Entry] = {}
    for entry in typed:
        first = entries.setdefault(entry.key.text, entry)
        if first is not entry:
            message = f'"{entry.key.text}" is given twice, first on line {first.key.span.line}'
            mistakes.add(message, entry.key.span)
    return entries


def _entries(fence: Fence, mistakes: Mistakes) -> list[Entry]:
    """Every entry as typed, known or not."""
    found: list[tuple[Word, list[Word]]] = []
    for number, typed in enumerate(fence.text.split("\n"), fence.span.line + 1):
        text = COMMENT.sub("", typed, count=1).rstrip()
        start = Span(fence.span.path, number, fence.indent + 1)
        body = text.lstrip()
        place = part(start, len(text) - len(body), len(body))
        if not body:
            continue
        if CONTINUED.match(text) and found:
            found[-1][1].append(Word(body, place))
        elif CONTINUED.match(text):
            mistakes.add("this line continues nothing", place, "a key begins at the margin")
        elif ":" not in body:
            hint = "write `key: value`; a line that continues a value begins with two spaces"
            mistakes.add(f'no ":" after a key in "{shown(body)}"', place, hint)
        else:
            found.append(_entry(body, place))
    return [Entry(key, tuple(lines)) for key, lines in found]


def _entry(body: str, place: Span) -> tuple[Word, list[Word]]:
    """Split `key: value`; an empty value gives no lines."""
    typed, _, rest = body.partition(":")
    key, value = typed.rstrip(), rest.lstrip()
    after = part(place, len(body) - len(value), len(value))
    return Word(key, part(place, 0, len(key))), [Word(value, after)] if value else []


def part(span: Span, offset: int, length: int) -> Span:
    """A place on the same line, `offset` characters to the right."""
    return Span(span.path, span.line, span.column + offset, max(1, length))
