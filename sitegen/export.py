"""The figures of a Markdown file as files of their own: for a talk or a paper, without a site.

Comes in: a file or standard input. Goes out: figures, and their files in a folder.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypedDict

from msgspec.structs import replace

from sitegen.build.parsing import Parsing, parse_one
from sitegen.build.readings import Asking, Readings
from sitegen.discover import read_source
from sitegen.errors import FigureError, OutputError, Problem, Span, in_order
from sitegen.figures.spec import KEYS
from sitegen.lock import LOCK, Lines, read_lock
from sitegen.model import (
    Figure,
    MarkupConfig,
    Prompt,
    Reading,
    Settings,
    Source,
    file_stem,
)

STDIN = "-"
PATIENCE = 60.0
"""Seconds for all figures of a file: nobody else waits for them."""
SETTINGS = Settings(kind="page", kind_origin="default")
OF_FIGURES = {"FigureError", "ClaimError", "SourceError"}
"""The rest of a file, and what is wrong with it, is the business of those who publish it."""


# --- from a file to figures ------------------------------------------------------------------


class Drawn(NamedTuple):
    """The figures of a file, and what is wrong with them."""

    source: Source
    figures: tuple[Figure, ...]
    problems: list[Problem]


def draw_file(path: str) -> Drawn:
    """Every figure of a file, or of standard input, which is Markdown or one block.

    Raises `SourceError` for what is no text, `OSError`, and a group of LockErrors.
    """
    source, problems = _read(path)
    readings = Readings(_lock_above(path), _read_prompts)
    parse = _parse_block if _is_block(source.text) else _parse
    parsed = parse(source, readings)
    document = parsed.document
    found = [*parsed.problems, *(document.problems if document else ())]
    problems += [each for each in found if each.kind in OF_FIGURES]
    if document and not document.fences and not problems:
        hint = "a figure begins with ```attention on a line of its own"
        problems = [FigureError(f"{source.path} has no attention figure", hint=hint).problem()]
    return Drawn(source, document.figures if document else (), in_order(problems))


def _read(path: str) -> tuple[Source, list[Problem]]:
    """A file with the warnings about it; `-` is standard input."""
    problems: list[Problem] = []
    most = MarkupConfig().max_bytes
    if path == STDIN:
        return read_source(sys.stdin.buffer, "<stdin>", most, problems), problems
    with Path(path).open("rb") as stream:
        return read_source(stream, path, most, problems), problems


def _lock_above(path: str) -> Lines:
    """What is known of texts in the site that a file, or this folder, belongs to."""
    locks = (folder / LOCK for folder in Path(path).resolve().parents)
    lock = next((each for each in locks if each.is_file()), None)
    return read_lock(lock.read_bytes()) if lock else {}


def _read_prompts(prompts: Sequence[Prompt]) -> Mapping[Prompt, Reading | Problem]:
    from sitegen.models.reading import read_prompts  # slow to import, and mostly not needed

    return read_prompts(prompts)


def _parse(source: Source, readings: Readings) -> Parsing:
    while True:
        asking = Asking(readings)
        parsed = parse_one(source, SETTINGS, PATIENCE, asking)
        if not asking.unread:
            return parsed
        readings.read(asking.unread)


ANY_KEY = re.compile(r"^([A-Za-z_]{1,20})[ \t]*:", re.MULTILINE)
BEGINS = re.compile(r"(?:[ \t]*(?:#.*)?\n)*[A-Za-z_]{1,20}[ \t]*:")
FENCE = re.compile(r"^[ \t>]*(?:```|~~~)", re.MULTILINE)


def _is_block(text: str) -> bool:
    """Whether it is the inside of a block: it begins as one, and some key is a figure's."""
    return (
        BEGINS.match(text) is not None
        and not FENCE.search(text)
        and not KEYS.keys().isdisjoint(ANY_KEY.findall(text))
    )


def _parse_block(source: Source, readings: Readings) -> Parsing:
    """A text that is one block, parsed inside a fence; what is wrong keeps its line."""
    fenced = replace(source, text=f"```attention\n{source.text}```\n")
    parsed = _parse(fenced, readings)
    document = parsed.document
    if document:
        document = replace(document, problems=tuple(map(_above, document.problems)))
    return Parsing(document, parsed.problems)


def _above(problem: Problem) -> Problem:
    """The problem one line above; on the fence it was one of the whole block."""
    span = problem.span
    if span is None:
        return problem
    above = replace(span, line=span.line - 1) if span.line > 1 else Span(span.path, 1)
    return replace(problem, span=above)


# --- from figures to files -------------------------------------------------------------------

OURS = re.compile(r'<svg xmlns="http://www\.w3\.org/2000/svg" role="img" |[a-z ]+,[a-z ]+,from,')
"""How a picture and a table of numbers of ours begin."""


class Written(TypedDict):
    """What was written of a figure, as JSON has it."""

    id: str
    sentence: str
    files: list[str]


def write_figures(
    figures: Sequence[Figure], folder: Path, stem: str, *, csv: bool
) -> list[Written]:
    """Write the files of each figure: by its id, or as `STEM-1` where the author gave none.

    Raises `OutputError` where two have one name, or where a file is there that is no drawing of
    ours; nothing is written then. `csv`: the numbers too.
    """
    files: dict[str, str] = {}
    written: list[Written] = []
    for figure in figures:
        named = dict(_named(figure, stem, csv=csv))
        if twice := named.keys() & files.keys():
            hint = "give one of them another `id`"
            raise OutputError(f"two figures would be {min(twice)}", hint=hint)
        files |= named
        paths = [str(folder / name) for name in named]
        written.append({"id": figure.id, "sentence": figure.sentence, "files": paths})
    _write(files, folder)
    return written


def _named(figure: Figure, stem: str, *, csv: bool) -> Iterator[tuple[str, str]]:
    """The files of a figure by their names."""
    own = wanted = file_stem(figure.id)
    if "." in figure.id:  # an id of the author's never holds one
        wanted = f"{stem}-{figure.id.rpartition('.')[2]}"
    for name, text in figure.files.items():
        if csv or not name.endswith(".csv"):
            yield wanted + name.removeprefix(own), text


def _write(files: Mapping[str, str], folder: Path) -> None:
    """Write each file as a whole, or none."""
    for name in files:
        if not _may_be_written(folder / name):
            raise OutputError(
                f"{folder / name} is there already, and is not a figure that sitegen drew",
                hint="move it, or choose another folder with -o; nothing was written",
            )
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        fresh = folder / f".{name}.new"
        fresh.write_text(text, encoding="utf-8", newline="")
        fresh.replace(folder / name)


def _may_be_written(path: Path) -> bool:
    """Whether nothing is there, or a former drawing, which a new one replaces."""
    if not path.is_file():
        return not path.exists()
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        return OURS.match(file.read(200)) is not None
