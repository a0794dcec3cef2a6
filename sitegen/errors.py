"""Every way in which a site can be wrong, and how a mistake is shown.

A mistake is a value, `Problem`, so that it can travel between processes, be collected, sorted
and printed as text or JSON. `SiteError` is the same mistake on its way up the stack:

    SiteError
    ├── ConfigError          site.toml
    ├── SourceError          a file that cannot be read as text, or is too large or too slow
    ├── FrontMatterError     a value before the body
    ├── MarkupError          the body
    │   └── FigureError      an attention figure
    │       └── ClaimError   a figure that does not show what the text says
    ├── LockError            what models made of texts, as it is kept beside the site
    ├── LinkError            a link to nothing
    ├── RouteError           two outputs at one address
    ├── TemplateError        a template, with the page that it was rendering
    ├── ModelError           the weights of a model: not there, not whole, not to be had
    ├── OutputError          the disk
    └── DeployError          the remote side
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import msgspec

Severity = Literal["error", "warning"]


class Span(msgspec.Struct, frozen=True, order=True):
    """A place in a file that a person wrote. `line` and `column` count from 1, in characters."""

    path: str
    line: int
    column: int = 1
    length: int = 1


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One mistake: what is wrong, where, and what to do about it."""

    kind: str
    message: str
    severity: Severity = "error"
    span: Span | None = None
    hint: str | None = None
    page: str | None = None
    """The source that was being rendered, where the mistake is in a template."""

    @property
    def files(self) -> frozenset[str]:
        """Where it is, and whose page shows it."""
        return frozenset(filter(None, (self.span.path if self.span else None, self.page)))


class SiteError(Exception):
    """A mistake in the site, in the writer's words; never shown with a traceback."""

    def __init__(
        self,
        message: str,
        span: Span | None = None,
        hint: str | None = None,
        *,
        page: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.hint = hint
        self.page = page

    def problem(self) -> Problem:
        """The mistake as a value."""
        return Problem(
            kind=type(self).__name__,
            message=self.message,
            span=self.span,
            hint=self.hint,
            page=self.page,
        )


class ConfigError(SiteError):
    """A mistake in `site.toml`."""


class SourceError(SiteError):
    """A source that cannot be read as text, or that is over its budget."""


class FrontMatterError(SiteError):
    """A mistake before the body."""


class MarkupError(SiteError):
    """A mistake in the body."""


class FigureError(MarkupError):
    """A mistake in an attention figure."""


class ClaimError(FigureError):
    """A figure that does not show what the text claims."""


class LockError(SiteError):
    """A damaged line of `figures.lock`."""


class LinkError(SiteError):
    """A link to a page, a file or an anchor that does not exist."""


class RouteError(SiteError):
    """An address that cannot be used, or that two outputs want."""


class TemplateError(SiteError):
    """A mistake in a template."""


class ModelError(SiteError):
    """The weights of a model that are not there, not whole, or not to be had."""


class OutputError(SiteError):
    """Something that the disk refused."""


class DeployError(SiteError):
    """Something that the remote side refused. `code` is the exit code that it comes to."""

    code = 1


def warning(
    kind: type[SiteError], message: str, span: Span | None = None, hint: str | None = None
) -> Problem:
    """A problem that does not stop the build (unless it is strict)."""
    return Problem(kind=kind.__name__, message=message, severity="warning", span=span, hint=hint)


def failure(problems: Iterable[Problem]) -> ExceptionGroup[SiteError]:
    """All mistakes as one exception, for the caller that asked for a whole site."""
    errors = [ReportedError(problem) for problem in problems]
    return ExceptionGroup(f"{len(errors)} problem(s) in the site", errors)


class ReportedError(SiteError):
    """A `Problem` that became an exception again; keeps the kind that it had."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message, problem.span, problem.hint, page=problem.page)
        self._problem = problem

    def problem(self) -> Problem:
        """The problem that it was made of."""
        return self._problem


def suggest(word: str, known: Iterable[str], what: str = "Known") -> str:
    """A hint for a misspelt word: the nearest known one, and all of them."""
    from difflib import get_close_matches  # slow to import, and needed only after a mistake

    names = sorted(known)
    near = get_close_matches(word, names, n=1, cutoff=0.6)
    listed = f"{what}: {', '.join(names)}"
    return f'did you mean "{near[0]}"? {listed}' if near else listed


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """By file, line and column; what has no place comes last. Duplicates are dropped."""
    nowhere = Span("\U0010ffff", 0)
    unique = dict.fromkeys(problems)
    return sorted(unique, key=lambda p: (p.span or nowhere, p.severity, p.message, p.page or ""))


def together(problems: Iterable[Problem]) -> dict[Problem, int]:
    """Each mistake once, with the first page that it is met on, and on how many others it is."""
    first: dict[Problem, Problem] = {}
    others: dict[Problem, int] = {}
    for each in problems:
        shown = first.setdefault(msgspec.structs.replace(each, page=None), each)
        others[shown] = others.get(shown, -1) + 1
    return others


LineReader = Callable[[str], Sequence[str]]


def show(problem: Problem, lines_of: LineReader, others: int = 0) -> str:
    """The one shape of a mistake: place, message, excerpt with a caret, hint.

    `lines_of(path)` gives the lines of a file, or an empty sequence if it cannot be read.
    `others`: on how many pages it is besides the one that it names.
    """
    span = problem.span
    place = f"{span.path}:{span.line}:{span.column}: " if span else ""
    out = [f"{place}{problem.severity}: {_printable(_shortened(problem.message))}"]
    if span is not None:
        out += _excerpt(span, lines_of(span.path))
    if problem.page:
        more = f" and {others} other page{'s' * (others > 1)}" if others else ""
        out.append(f"   while rendering {problem.page}{more}")
    if problem.hint:
        out.append(f"   hint: {_printable(problem.hint)}")
    return "\n".join(out)


WIDEST_EXCERPT, LONGEST_MESSAGE = 100, 300


def _shortened(message: str) -> str:
    """A message that quotes a very long value, without the value's middle."""
    if len(message) <= LONGEST_MESSAGE:
        return message
    return f"{message[: LONGEST_MESSAGE // 2]} … {message[-LONGEST_MESSAGE // 2 :]}"


def _excerpt(span: Span, lines: Sequence[str]) -> list[str]:
    """The line of the mistake with a caret below; a window of it where it is long."""
    if not 1 <= span.line <= len(lines):
        return []
    text = lines[span.line - 1].rstrip("\r\n")
    column = min(span.column, len(text) + 1)
    start = 0 if len(text) <= WIDEST_EXCERPT else max(0, column - 1 - WIDEST_EXCERPT // 2)
    shown = text[start : start + WIDEST_EXCERPT]
    before, after = ("…" if start else ""), ("…" if start + WIDEST_EXCERPT < len(text) else "")
    number = f"{span.line:>5}"
    offset = column - 1 - start + len(before)
    width = max(1, min(span.length, len(shown) + len(before) - offset))
    # Wide and tabbed text keeps its caret in place when the padding repeats its shape.
    body = _printable(f"{before}{shown}{after}".replace("\t", " "))
    pad = "".join("　" if _wide(char) else " " for char in body[:offset])
    return [f"{number} | {body}", f"{' ' * len(number)} | {pad}{'^' * width}"]


def _wide(char: str) -> bool:
    from unicodedata import east_asian_width

    return not char.isascii() and east_asian_width(char) in "WF"


def _printable(text: str) -> str:
    """The text with control characters made visible: an error must not move the cursor."""
    if text.isprintable():
        return text
    shown = "\n\u200b\u200c\u200d"  # joiners belong to words of some scripts
    return "".join(
        char if char.isprintable() or char in shown else f"\\x{ord(char):02x}" for char in text
    )


def as_data(problem: Problem, lines_of: LineReader) -> dict[str, Any]:
    """The mistake as JSON-ready data, with the same fields in the same order for each."""
    span = problem.span
    lines = lines_of(span.path) if span else ()
    inside = span is not None and 1 <= span.line <= len(lines)
    return {
        "severity": problem.severity,
        "kind": problem.kind,
        "message": problem.message,
        "path": span.path if span else None,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "length": span.length if span else None,
        "excerpt": lines[span.line - 1].rstrip("\r\n") if span and inside else None,
        "hint": problem.hint,
        "page": problem.page,
    }
