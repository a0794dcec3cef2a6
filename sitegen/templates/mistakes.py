"""A mistake in a template, in the writer's words and at its place.

Comes in: an exception that passed through running templates. Goes out: a `TemplateError`.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Mapping
from typing import Any

import jinja2
from jinja2.utils import missing

from sitegen.errors import Span, TemplateError, suggest
from sitegen.templates.sandbox import Environment, UnknownNameError

Explained = tuple[str, str, str | None]

PLAIN: Mapping[type[Exception], str] = {
    TimeoutError: "rendering took too long here: is there a loop that does not end?",
    RecursionError: "this template calls itself too deeply",
    MemoryError: "this expression needs too much memory",
}


def template_error(
    error: Exception, environment: Environment, known: Iterable[str] = ()
) -> TemplateError:
    """The mistake in the writer's words, at its place in a template.

    Raises the error itself where no template was running: then it is a bug of this program.
    """
    place = _place(error, environment)
    if place is None:
        raise error
    message, word, hint = _explain(error, environment, known)
    path, line = place
    lines = environment.lines[path]
    text = lines[line - 1] if 1 <= line <= len(lines) else ""
    found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) if word else None
    found = found or re.search(r"\S.*\S|\S", text)
    column, length = (found.start() + 1, len(found[0])) if found else (1, 1)
    return TemplateError(message, Span(path, line, column, length), hint)


def _place(error: Exception, environment: Environment) -> tuple[str, int] | None:
    """Path and line of the innermost template at work."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return error.filename or "", error.lineno
    frames = [(f.f_code.co_filename, line) for f, line in traceback.walk_tb(error.__traceback__)]
    inside = [frame for frame in frames if frame[0] in environment.lines]
    return inside[-1] if inside else None


def _explain(error: Exception, environment: Environment, known: Iterable[str]) -> Explained:
    """Message, the word in the template that it is about, and hint."""
    match error:
        case UnknownNameError(name=name, owner=owner) if owner is missing:
            return _unknown("name", str(name), [*known, *environment.globals])
        case UnknownNameError(name=name, owner=owner):
            hint = suggest(str(name), _parts(owner))
            return f'{type(owner).__name__} has no "{name}"', str(name), hint
        case jinja2.TemplateNotFound():
            return _unknown("template", str(error.name), environment.names)
    for kind, message in PLAIN.items():
        if isinstance(error, kind):
            return message, "", None
    message = str(error.message if isinstance(error, jinja2.TemplateSyntaxError) else error)
    missing_word = re.match(r"No (filter|test) named '(\w+)'", message)
    if missing_word:
        what, word = missing_word.groups()
        table = environment.filters if what == "filter" else environment.tests
        return _unknown(what, word, table)
    return message or type(error).__name__, "", None


def _unknown(what: str, name: str, known: Iterable[str]) -> Explained:
    return f'there is no {what} "{name}" here', name, suggest(name, known, f"Known {what}s")


def _parts(owner: Any) -> list[str]:
    """What a template may ask of a value."""
    if isinstance(owner, Mapping):
        return [str(key) for key in owner]
    fields = getattr(owner, "__struct_fields__", None) or vars(owner)
    return [name for name in fields if not name.startswith("_")]
