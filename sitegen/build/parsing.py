"""Sources to documents with drawn figures: each within its budget, none in the way of another."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sitegen import figures
from sitegen.budget import time_limit
from sitegen.build.stage import Run, mistakes_in
from sitegen.config import settings_for
from sitegen.errors import Problem, SourceError, Span
from sitegen.markup import parse
from sitegen.model import Config, Document, Fence, Figure, Measure, Settings, Source, Value


class Parsed(Value, frozen=True):
    """What became of one source: a document, or the reasons why there is none."""

    document: Document | None = None
    problems: tuple[Problem, ...] = ()


def parse_all(sources: Sequence[Source], config: Config, run: Run) -> list[Parsed]:
    """Every source parsed and its figures drawn, in the order of the sources."""
    tasks = [(source, settings_for(source.path, config)) for source in sources]
    limit = config.markup.max_seconds

    def work(index: int) -> bytes:
        return msgspec.msgpack.encode(parse_one(*tasks[index], limit))

    def lost(index: int, why: str) -> bytes:
        return msgspec.msgpack.encode(_too_much(tasks[index][0], why))

    decoder = msgspec.msgpack.Decoder(Parsed)
    return [decoder.decode(answer) for answer in run(work, len(tasks), lost)]


def parse_one(source: Source, settings: Settings, limit: float) -> Parsed:
    """One source as a document with drawn figures, or why not; `limit` in seconds."""
    try:
        with time_limit(limit):
            return Parsed(document=parse(source, settings, draw_figure))
    except TimeoutError:
        return _too_much(source, f"took longer than {limit:g} s")
    except RecursionError:
        return _too_much(source, "is nested too deeply")
    except MemoryError:
        return _too_much(source, "needed too much memory")


def _too_much(source: Source, why: str) -> Parsed:
    error = SourceError(
        f"this file {why}",
        Span(source.path, 1),
        "the other files were read without it; shorten it, or raise max_seconds in the"
        " [markup] table of site.toml",
    )
    return Parsed(problems=(error.problem(),))


def draw_figure(fence: Fence, asked: Sequence[Measure]) -> tuple[Figure, tuple[Problem, ...]]:
    """A figure with the numbers that its text asks for; an empty one beside its mistakes."""
    try:
        return figures.draw(fence, asked), ()
    except ExceptionGroup as group:
        # The build will not be published; the slot only has to be filled.
        empty = Figure(id=fence.id, html="", sentence="", table="", svg="")
        return empty, tuple(each.problem() for each in mistakes_in(group))
