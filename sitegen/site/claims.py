"""Two outputs at one address: found before anything is written.

Comes in: every output with the one who wants it. Goes out: a problem for each clash, also for
paths that only some disks and servers take for the same one.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from unicodedata import normalize

from sitegen.errors import Problem, RouteError, Span
from sitegen.model import Value


class Claim(Value, frozen=True):
    """An output, and who wants it: a source path, or words such as `the archive`."""

    output: str
    by: str
    span: Span | None = None
    hint: str = ""
    """What is to be done where another one wants it, if that is not the usual."""


def clashes(claims: Iterable[Claim]) -> Iterator[Problem]:
    """A problem for each two that want one file, or a file where the other needs a folder."""
    first: dict[str, Claim] = {}
    told = set()
    for claim in claims:
        former = first.setdefault(_same(claim.output), claim)
        if former is not claim and (former.by, claim.by) not in told:
            told.add((former.by, claim.by))
            yield _clash(former, claim)
    for key, claim in first.items():
        yield from (_clash(first[folder], claim) for folder in _folders(key) if folder in first)


def wanted(claims: Iterable[Claim]) -> frozenset[str]:
    """All outputs that somebody wants, as `is_free` compares them."""
    return frozenset(_same(claim.output) for claim in claims)


def is_free(output: str, wanted: Container[str]) -> bool:
    """Whether nobody wants this output, or has a file where it needs a folder."""
    key = _same(output)
    return key not in wanted and not any(folder in wanted for folder in _folders(key))


def _folders(key: str) -> Iterator[str]:
    while key := key.rpartition("/")[0]:
        yield key


def _same(output: str) -> str:
    """Equal for paths that some disk or server takes for one: case, composed accents."""
    if output.isascii():
        return output.lower()
    return normalize("NFC", normalize("NFC", output).casefold())


def _clash(one: Claim, other: Claim) -> Problem:
    shown = ["/" + each.output.removesuffix("index.html") for each in (one, other)]
    message = f'"{shown[1]}" is the address of both {one.by} and {other.by}'
    if one.output != other.output and _same(one.output) == _same(other.output):
        message += f' (the first writes it "{shown[0]}", which some disks take for the same)'
    elif one.output != other.output:
        message = f'{one.by} is a file at "{shown[0]}", where {other.by} needs a folder'
    hint = other.hint or one.hint or "give one of them another `slug`, `permalink` or file name"
    return RouteError(message, other.span or one.span, hint).problem()
