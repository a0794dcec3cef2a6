"""The numbers of an `attention` block: matrices, their shapes, and the three ways to give them.

Comes in: the entries of a block. Goes out: `Inputs`, or mistakes at the word or row that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sitegen.errors import Span
from sitegen.figures.block import ROW_OR_NUMBER, Entry, Mistakes, Word, counted, shown, words_of
from sitegen.model import Value

MOST_COLUMNS = 512
LARGEST_NUMBER = 1000.0
LARGEST_SEED = 10**15
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
NOT_FINITE = re.compile(r"[+-]?(?:nan|inf(?:inity)?)", re.IGNORECASE)
ROWS_HINT = "numbers are separated by spaces, rows by /; write 0.5 for ½"

Matrix = tuple[tuple[float, ...], ...]


class Given(Value, frozen=True, tag="given"):
    """Queries and keys `[n, d]`; values `[n, d_v]` and their projection, `()` where not given."""

    q: Matrix
    k: Matrix
    v: Matrix = ()
    w_o: Matrix = ()


class Projected(Value, frozen=True, tag="projected"):
    """Vectors `x[n, d_model]` and projections `[d_model, d]`; `w_v`, `w_o` may be `()`."""

    x: Matrix
    w_q: Matrix
    w_k: Matrix
    w_v: Matrix = ()
    w_o: Matrix = ()


class Seeded(Value, frozen=True, tag="seeded"):
    """Random vectors and projections of this width, in each layer others."""

    seed: int
    d_model: int


Inputs = Given | Projected | Seeded

FAMILIES: tuple[tuple[str, ...], ...] = (("Q", "K"), ("X", "W_Q", "W_K"), ("seed", "d_model"))
OPTIONAL = {"V": ("Q",), "W_V": ("X",), "W_O": ("Q", "X")}  # keys, and whose families they join
MATRICES: Mapping[str, str] = {
    "Q": "a query for each token",
    "K": "a key for each token, as long as the queries",
    "V": "a value for each token; needed by the view `steps`, which mixes them",
    "X": "instead of these: a vector for each token",
    "W_Q": "what makes queries of `X`; a row for each of its columns",
    "W_K": "what makes keys of `X`",
    "W_V": "what makes values of `X`",
    "W_O": "what the heads' outputs are multiplied by; a row for each column of the values",
}
RANDOM: Mapping[str, str] = {
    "seed": "a whole number, from which vectors and projections are drawn",
    "d_model": f"the length of a vector, up to {MOST_COLUMNS}",
}
INPUT_KEYS: Mapping[str, str] = {**MATRICES, **RANDOM}
"""Keys, and what the manual says of them."""


def read_inputs(
    entries: Mapping[str, Entry], n: int, heads: int, mistakes: Mistakes
) -> Inputs | None:
    """The numbers for n tokens (0: unknown, after a mistake); None after a mistake here."""
    family = _family(entries, mistakes)
    found = {key: _matrix(entries[key], mistakes) for key in MATRICES if key in entries}
    seed = whole(entries, "seed", (0, LARGEST_SEED), mistakes)
    d_model = whole(entries, "d_model", (1, MOST_COLUMNS), mistakes)
    shapes = _Shapes(entries, found, mistakes)
    match family:
        case ("Q", "K"):
            shapes.rows(("Q", "K", "V"), n, counted(n, "token"))
            shapes.widths("Q", "K", "V", heads)
            return Given(q=found["Q"], k=found["K"], **_values(found, v="V"))
        case ("X", "W_Q", "W_K"):
            shapes.rows(("X",), n, counted(n, "token"))
            width = len(found["X"][0]) if found["X"] else 0
            shapes.rows(("W_Q", "W_K", "W_V"), width, f"{counted(width, 'column')} of X")
            shapes.widths("W_Q", "W_K", "W_V", heads)
            given = {"x": found["X"], "w_q": found["W_Q"], "w_k": found["W_K"]}
            return Projected(**given, **_values(found, w_v="W_V"))
        case ("seed", "d_model"):
            _divide(d_model, heads, "d_model is", entries["d_model"].span, mistakes)
            return Seeded(seed=seed, d_model=d_model)
    return None


def _values(found: Mapping[str, Matrix], **names: str) -> dict[str, Matrix]:
    """What is mixed, and W_O, by the names of their fields; `()` where not given."""
    return {field: found.get(key, ()) for field, key in {**names, "w_o": "W_O"}.items()}


def _family(entries: Mapping[str, Entry], mistakes: Mistakes) -> tuple[str, ...]:
    """The keys of the one complete way in which the block gives its numbers, or none."""
    begun = [(key, _of(keys[:1])) for keys in FAMILIES for key in keys if key in entries]
    begun += [(key, _of(leads)) for key, leads in OPTIONAL.items() if key in entries]
    if not begun:
        if "model" in entries and entries["model"].text != "toy":
            return ()  # that is the mistake to mend first; another model brings its own numbers
        hint = "give Q and K, or X, W_Q and W_K, or seed and d_model"
        mistakes.add("the block has no numbers", hint=hint)
        return ()
    first, (family, *_) = begun[0]
    stray = next((key for key, families in begun if family not in families), None)
    if stray:
        message = f'"{stray}" does not go with "{first}"'
        mistakes.add(message, entries[stray].key.span, f"{' and '.join(family)} belong together")
    missing = [key for key in family if key not in entries]
    for key in missing:
        mistakes.add(f'"{key}" is missing', hint=f"{' and '.join(family)} belong together")
    return () if stray or missing else family


def _of(leads: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The families that begin with one of these keys."""
    return tuple(keys for keys in FAMILIES if keys[0] in leads)


def number(text: str) -> float | None:
    """A decimal number, also with a typographic minus; None for anything else."""
    plain = text.replace("−", "-")
    return float(plain) if len(plain) <= 40 and NUMBER.fullmatch(plain) else None  # noqa: PLR2004


def whole(
    entries: Mapping[str, Entry],
    key: str,
    bounds: tuple[int, int],
    mistakes: Mistakes,
    *,
    default: int = 0,
) -> int:
    """A whole number within bounds (both included)."""
    entry = entries.get(key)
    if entry is None:
        return default
    low, high = bounds
    value = int(entry.text) if re.fullmatch(r"[0-9]{1,18}", entry.text) else -1
    if low <= value <= high:
        return value
    message = f'{key} is "{shown(entry.text)}"'
    mistakes.add(message, entry.span, f"write a whole number from {low} to {high}")
    return max(default, low)


def _matrix(entry: Entry, mistakes: Mistakes) -> Matrix:
    """Rows of numbers, all of one length; empty after a mistake."""
    rows = _rows(entry)
    name = entry.key.text
    if not any(rows):
        mistakes.add(f"{name} is empty", entry.span, ROWS_HINT)
        return ()
    width = len(rows[0])
    if max(width, len(rows)) > MOST_COLUMNS:
        size = f"{len(rows):,} × {width:,}"
        mistakes.add(f"{name} is {size}", entry.span, f"at most {MOST_COLUMNS} × {MOST_COLUMNS}")
        return ()
    read = [[_finite(word, mistakes) for word in row] for row in rows]
    sound = all(value is not None for row in read for value in row)
    for place, row in enumerate(rows[1:], 2):
        if len(row) != width:
            message = f"row {place} of {name} has {counted(len(row), 'number')}, row 1 has {width}"
            mistakes.add(message, _across(row) or entry.span, ROWS_HINT)
            sound = False
    return tuple(tuple(value or 0.0 for value in row) for row in read) if sound else ()


def _rows(entry: Entry) -> list[list[Word]]:
    """The words of each row; without any `/`, a line is a row."""
    by_line = not any("/" in line.text for line in entry.lines)
    if by_line:
        return [list(words_of(line, ROW_OR_NUMBER)) for line in entry.lines]
    rows: list[list[Word]] = [[]]
    for word in entry.words(ROW_OR_NUMBER):
        if word.text == "/":
            rows.append([])
        else:
            rows[-1].append(word)
    return rows if rows[-1] else rows[:-1]


def _finite(word: Word, mistakes: Mistakes) -> float | None:
    value = number(word.text)
    if value is not None and abs(value) <= LARGEST_NUMBER:
        return value
    if NOT_FINITE.fullmatch(word.text):
        message, hint = f"{word.text} is not a finite number", "attention needs finite numbers"
    elif value is None:
        message, hint = f'"{shown(word.text)}" is not a number', ROWS_HINT
    else:
        message, hint = f"{word.text} is too large", f"at most {LARGEST_NUMBER:.0f}"
    mistakes.add(message, word.span, hint)
    return None


def _across(row: list[Word]) -> Span | None:
    """From the first word of a row to the last one on the same line."""
    if not row:
        return None
    first = row[0].span
    last = [word.span for word in row if word.span.line == first.line][-1]
    return Span(first.path, first.line, first.column, last.column + last.length - first.column)


class _Shapes:
    """The matrices that were read, and what must be so between them; what is empty is unknown."""

    def __init__(
        self, entries: Mapping[str, Entry], found: Mapping[str, Matrix], mistakes: Mistakes
    ) -> None:
        self.entries, self.mistakes = entries, mistakes
        self.found = {key: matrix for key, matrix in found.items() if matrix}

    def rows(self, keys: tuple[str, ...], count: int, told: str) -> None:
        """A row for each of something; a count of 0 is not known, after another mistake."""
        for key in keys:
            rows = len(self.found.get(key, ()))
            if rows and count and rows != count:
                message = f"{key} has {counted(rows, 'row')} for {told}"
                self.mistakes.add(message, self.entries[key].span, ROWS_HINT)

    def widths(self, one: str, other: str, third: str, heads: int) -> None:
        """Queries and keys can be multiplied if equally wide; heads are equal slices of all."""
        wide, also, mixed = (len(self.found.get(key, ((),))[0]) for key in (one, other, third))
        if wide and also and wide != also:
            message = f"{one} has {counted(wide, 'column')}, but {other} has {also}"
            self.mistakes.add(message, self.entries[other].span, "they must be equally wide")
        for key, width in ((one, wide), (third, mixed)):
            if width:
                span = self.entries[key].span
                _divide(width, heads, f"the width of {key} is", span, self.mistakes)
        if "W_O" in self.entries and third not in self.entries:
            place = self.entries["W_O"].key.span
            self.mistakes.add(f'"W_O" is given without "{third}"', place, "it projects the values")
        self.rows(("W_O",), mixed, f"{counted(mixed, 'column')} of {third}")


def _divide(width: int, heads: int, what: str, span: Span, mistakes: Mistakes) -> None:
    if width % heads:
        message = f"{what} {width}, which {heads} heads cannot share equally"
        mistakes.add(message, span, "use a multiple of `heads`")
