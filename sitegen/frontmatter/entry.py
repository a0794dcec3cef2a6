"""A field as written, whatever the syntax: what the readers of `fields` ask for.

Comes in: a key with its value. Goes out: text, a list of texts, or plain data, each with its
place; a FrontMatterError where the value is something else.
"""

from __future__ import annotations

import json
import math
from datetime import date, datetime, time
from typing import Any, NamedTuple

from sitegen.errors import FrontMatterError, Span
from sitegen.toml import Toml


class Text(NamedTuple):
    """A piece of text and where it stands."""

    text: str
    span: Span


class TomlEntry:
    """A field of a TOML block: its types are what they are.

    `place` is that of its key, `span` that of its value. `YamlEntry` has the same methods.
    """

    def __init__(self, key: str, toml: Toml) -> None:
        self.key = key
        self.place, self.span = toml.place(key)
        self._value = toml.values[key]

    def text(self, *, prose: bool) -> Text | None:  # noqa: ARG002 - TOML knows its comments
        """The value as one text, None if there is none. `prose`: a `#` may belong to it."""
        return Text(self._as_text(self._value), self.span)

    def texts(self) -> list[Text]:
        """The items of an array, or the one text."""
        items = self._value if isinstance(self._value, list) else [self._value]
        return [Text(self._as_text(item), self.span) for item in items]

    def tree(self) -> Any:
        """The value, its dates as text."""
        return self._plain(self._value)

    def _as_text(self, value: Any) -> str:
        match value:
            case str():
                return value
            case bool():
                return str(value).lower()
            case int():
                return str(value)
            case date() | time():
                return value.isoformat()
        what = TYPE_NAMES.get(type(value), "something else")
        raise wrong_type(self.key, what, self.span, json.dumps(value, default=str))

    def _plain(self, value: Any) -> Any:
        match value:
            case dict():
                return {key: self._plain(item) for key, item in value.items()}
            case list():
                return [self._plain(item) for item in value]
            case datetime() | date() | time():
                return value.isoformat()
            case float() if not math.isfinite(value):
                raise not_finite(self.key, str(value), self.span)
            case int() if abs(value) > LARGEST_INT:
                return str(value)
        return value


LARGEST_INT = 2**63 - 1
"""What readers of JSON can hold."""

TYPE_NAMES = {dict: "a map", list: "a list", float: "a number"}


def wrong_type(key: str, what: str, span: Span, typed: str) -> FrontMatterError:
    """A list or a map where a text was expected; the hint shows it as text."""
    hint = as_quoted(typed) if typed else None
    return FrontMatterError(f"{key} takes one value, but this is {what}", span, hint)


def not_finite(key: str, typed: str, span: Span) -> FrontMatterError:
    """A number that no one can count with."""
    return FrontMatterError(f"{typed} in {key} is not a number", span, as_quoted(typed))


def as_quoted(typed: str) -> str:
    """The hint for what YAML takes for something else than text."""
    return f"if it is meant as text, put it in quotes: {quoted(typed)}"


def quoted(text: str) -> str:
    """The text in quotes, as YAML and TOML both read it."""
    if "\n" not in text and ('"' in text or "\\" in text) and "'" not in text:
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False)
