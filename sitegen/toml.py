"""TOML with places: `tomllib` gives values but not where they stand, so a small scan finds that.

Comes in: text, its path, the line of the file on which it begins. Goes out: values and the span
of each key and value, or one error of the kind asked for.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from sitegen.errors import ConfigError, SiteError, Span, suggest
from sitegen.slugs import printable

T = TypeVar("T")

DEEPEST = 32
TOO_DOTTED = re.compile(rf"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){{{DEEPEST}}}")
"""`tomllib` takes seconds for a key of thousands of parts."""


class Place(NamedTuple):
    """Where a key stands, and its value."""

    key: Span
    value: Span


class Toml(NamedTuple):
    """A read file or block."""

    values: dict[str, Any]
    places: Mapping[tuple[str, ...], Place]
    start: Span

    def place(self, *keys: str) -> Place:
        """Of a key given by its path; of the nearest table around it if the scan missed it."""
        for size in range(len(keys), 0, -1):
            if keys[:size] in self.places:
                return self.places[keys[:size]]
        return Place(self.start, self.start)


def read_toml(text: str, path: str, error: type[SiteError], first_line: int = 1) -> Toml:
    """Values with their places; raises `error` at the mistake."""
    start = Span(path, first_line)
    try:
        if TOO_DOTTED.search(text):
            raise RecursionError  # noqa: TRY301
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as mistake:
        raise _explained(str(mistake), text, start, error) from None
    except RecursionError:
        raise error(f"TOML nested more than {DEEPEST} levels deep", start) from None
    except ValueError as mistake:  # a number of thousands of digits
        raise error(f"not valid TOML: {mistake}", start) from None
    places: dict[tuple[str, ...], Place] = {}
    for keys, place in _scan(text.split("\n"), path, first_line):
        for size in range(1, len(keys) + 1):  # `[sections.poems]` is a place of `sections` too
            places.setdefault(keys[:size], place)
    return Toml(values, places, start)


POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
DATE_LIKE = re.compile(r"=[ \t]*([0-9]{4}-[0-9]{1,2}-[0-9]{1,2}[0-9T:.+Z-]*)")
NOT_CLOSED = "a text is not closed by its quote", 'close it: title = "Hello"'
TWICE = "this name has a value already", "keep one of the two"
BAD_CHARACTER = "there is a control character", "delete it"
EXPLAINED: dict[str, tuple[str, str]] = {
    "Invalid value": (
        "this is no value",
        'text needs quotes: title = "Hello"; true, false and numbers have none',
    ),
    "Illegal character '\\n'": NOT_CLOSED,
    "Unterminated string": NOT_CLOSED,
    'Expected "\'"': NOT_CLOSED,
    "Expected newline": (
        "there is something after the value",
        'a line has one value, and text has a quote on both sides: title = "Hello"',
    ),
    "Expected '='": ("there is no = after the name", 'write name = "value"'),
    "Unclosed array": ("the list lacks a comma or its ]", 'write ["one", "two"]'),
    "Unclosed inline": ("the table lacks a comma or its }", "write { a = 1, b = 2 }"),
    "Unescaped": (r"a \ in double quotes means an escape", r"put the text in single quotes: 'a\b'"),
    "Expected ']": ("the name of the table is not closed by ]", "write [name]"),
    "Invalid statement": ("this is no setting", 'write name = "value" or [table]'),
    "Invalid initial": ("the name is missing", 'write name = "value"'),
    "Cannot": TWICE,
    "Duplicate": TWICE,
    "Illegal": BAD_CHARACTER,
    "Found invalid": BAD_CHARACTER,
}
"""What `tomllib` says, by its beginning: the same for a writer, and what to do."""


def _explained(words: str, text: str, start: Span, error: type[SiteError]) -> SiteError:
    lines = text.rstrip("\n").split("\n")
    found = POSITION.search(words)
    if found and found[1]:
        row, column = int(found[1]), int(found[2])
    else:
        row, column = len(lines), len(lines[-1]) + 1
    span = Span(start.path, start.line + row - 1, column)
    dated = DATE_LIKE.search(lines[min(row, len(lines)) - 1])
    if dated and dated.start(1) < column <= dated.end(1) + 1:
        span = Span(span.path, span.line, dated.start(1) + 1, len(dated[1]))
        return error(f'"{dated[1]}" is not a date', span, "write a day that exists, as 2024-01-31")
    said = ((what, hint) for start, (what, hint) in EXPLAINED.items() if words.startswith(start))
    what, hint = next(said, (f"not valid TOML: {POSITION.sub('', words)}", None))
    return error(what, span, hint)


HEADER = re.compile(r"[ \t]*\[\[?(?=[ \t]*[\w\"'-])")
PART = re.compile(r"""[ \t]*("(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+)[ \t]*([.=\]])""")
VALUE = re.compile(r"""[ \t]*("(?:[^"\\]|\\.)*"|'[^']*'|[^#]*)""")


def _scan(lines: list[str], path: str, first: int) -> Iterator[tuple[tuple[str, ...], Place]]:
    """The place of each `key = value` and `[table]`, outside strings of several lines."""
    table: tuple[str, ...] = ()
    closing = ""
    for number, line in enumerate(lines, first):
        if closing:
            closing = "" if closing in line else closing
            continue
        header = HEADER.match(line)
        keys, begin, end = _keys(line, header.end() if header else 0)
        if not keys:
            continue
        key = Span(path, number, begin + 1, max(1, len(line[begin:end].rstrip(" \t=]."))))
        if header:
            table = keys
            yield table, Place(key, key)
            continue
        value = VALUE.match(line, end)
        shown = value[1].rstrip() if value else ""
        column = value.start(1) + 1 if value else end + 1
        yield (*table, *keys), Place(key, Span(path, number, column, max(1, len(shown))))
        closing = next((q for q in ('"""', "'''") if line.count(q) == 1), "")


def _keys(line: str, position: int) -> tuple[tuple[str, ...], int, int]:
    """The parts of a dotted key from `position` on, where it begins, where its value may."""
    keys: list[str] = []
    begin = position
    while found := PART.match(line, position):
        begin = begin if keys else found.start(1)
        keys.append(found[1].strip("\"'"))
        position = found.end()
        if found[2] != ".":
            return tuple(keys), begin, position
    return (), begin, position


# --- typed values, for configuration --------------------------------------------------------------

TYPES = {
    bool: "true or false",
    str: "text in quotes",
    int: "a whole number",
    float: "a number",
    dict: "a table",
    list: "a list",
}


class Table:
    """One table of the file: gives its values by type, and collects what is wrong with them."""

    def __init__(
        self,
        toml: Toml,
        mistakes: list[ConfigError],
        keys: tuple[str, ...],
        values: Mapping[str, Any],
    ) -> None:
        self.toml, self.mistakes, self.keys, self.values = toml, mistakes, keys, values

    def wrong(self, key: str, message: str, hint: str | None = None) -> None:
        """Note a mistake at the value of a key."""
        span = self.toml.place(*self.keys, key).value
        self.mistakes.append(ConfigError(message, span, hint))

    def known(self, names: Collection[str], where: str) -> None:
        """Note each key that is none of `names`."""
        for key in self.values:
            if key not in names:
                span = self.toml.place(*self.keys, key).key
                message = f'unknown key "{key}" {where}'
                self.mistakes.append(ConfigError(message, span, suggest(key, names, "Known keys")))

    def get(self, key: str, kind: type[T], default: T) -> T:
        """The value of a key, or the default if it is missing or of another type."""
        value = self.values.get(key, default)
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is kind or value is default:
            return value
        self.wrong(
            key, f"{key} must be {TYPES[kind]}, and not {json.dumps(value, default=str)[:60]}"
        )
        return default

    def text(self, key: str, default: str = "") -> str:
        """Text on one line."""
        value = " ".join(self.get(key, str, default).split("\n")).strip()
        if not printable(value):
            self.wrong(key, f"{key} has a control character")
        return value

    def at_least(self, key: str, least: int, default: int) -> int:
        """A whole number."""
        value = self.get(key, int, default)
        if value < least:
            self.wrong(key, f"{key} must be {least} or more, and not {value}")
        return value

    def table(self, key: str) -> Table:
        """The table `key`, empty if it is missing or something else."""
        values = self.get(key, dict, {})
        return Table(self.toml, self.mistakes, (*self.keys, key), values)

    def tables(self, key: str) -> list[Table]:
        """The tables inside the table `key`."""
        inner = self.table(key)
        for name, value in inner.values.items():
            if not isinstance(value, dict):
                inner.wrong(name, f"{key}.{name} must be a table", f"write [{key}.{name}]")
        return [inner.table(name) for name, value in inner.values.items() if type(value) is dict]
