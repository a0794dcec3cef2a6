"""Originals to documents with drawn figures: each within its budget, none in the way of another.

What was parsed before, under the same settings and by the same program, is not parsed again. In
the memo a document lies twice: whole, for those who show it, and as its outline, which is all
that the knot looks at; so a build decodes the text of no page that stays as it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from sitegen.budget import time_limit
from sitegen.build.originals import ParseWork
from sitegen.build.outline import Outline, digest_of, outline_of
from sitegen.build.readings import Asking, Readings
from sitegen.build.searching import entry_for
from sitegen.build.stage import (
    Inputs,
    Memory,
    Parsed,
    Run,
    encode,
    ended,
    key_of,
    mistakes_in,
    outline_key,
    recall,
    search_key,
    text_key,
)
from sitegen.config import settings_for
from sitegen.discover import Original, Reading, read_original
from sitegen.errors import Problem, SourceError, Span
from sitegen.frontmatter import body_of
from sitegen.memo import Memo, digest
from sitegen.model import Config, Document, Fence, Figure, Measure, Prompt, Settings, Source


class Text(msgspec.Struct, frozen=True, array_like=True):
    """The whole of a source: its document, and the Markdown that is published beside it."""

    document: Document
    markdown: str


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """What a worker says of an original: the two values are encoded already."""

    parsed: Parsed
    outline: bytes = b""
    text: bytes = b""
    found: bytes = b""
    """What can be searched for, if the site has a search."""
    unread: tuple[Prompt, ...] = ()
    """What was asked for in vain: a figure is empty until that is read."""


def parse_all(inputs: Inputs, memory: Memory, run: Run) -> list[Parsed]:
    """Every original parsed and its figures drawn, in their order; documents are in the memo."""
    config, former = inputs.config, memory.former
    known = former.sources if former and former.config == digest(encode(config)) else {}
    rows: dict[str, Parsed | None] = {
        each.path: _unchanged(each, known, memory.readings)
        or (None if memory.memo.is_empty else remembered(each, config, memory))
        for each in inputs.originals
    }
    tasks = [original for original in inputs.originals if rows[original.path] is None]
    rows |= take_in(tasks, memory, lambda some: _parse(some, config, memory.readings, run))
    return [row for row in rows.values() if row is not None]


def take_in(
    tasks: Sequence[Original],
    memory: Memory,
    parse: Callable[[Sequence[Original]], Iterable[Answer]],
) -> dict[str, Parsed]:
    """Parse originals and remember what comes out; those that ask models twice, if need be."""
    rows: dict[str, Parsed] = {}
    while tasks:
        unread: list[Prompt] = []
        again: set[str] = set()
        with ended(parse(tasks)) as answers:
            for answer in answers:
                row = answer.parsed
                rows[row.path] = row
                unread += answer.unread
                if answer.text and memory.readings.has(row.asked):
                    _keep(answer, memory.memo)
                if answer.unread:
                    again.add(row.path)
        memory.readings.read(unread)
        tasks = [each for each in tasks if each.path in again]
    return rows


def _parse(
    tasks: Sequence[Original], config: Config, readings: Readings, run: Run
) -> Iterator[Answer]:
    """Parse originals, in processes of their own."""

    def lost(index: int, why: str) -> bytes:
        return msgspec.msgpack.encode(lost_answer(tasks[index], why))

    import sitegen.markup  # noqa: F401 - before the processes part; figures are rare, and slow

    decoder = msgspec.msgpack.Decoder(Answer)
    work = ParseWork(tasks, config, readings, parse_original)
    with ended(run("parse", work, len(tasks), lost)) as results:
        yield from map(decoder.decode, results)


def _keep(answer: Answer, memo: Memo) -> None:
    """Remember a document; under its base, too, where a later build learns what it asks for."""
    row = answer.parsed
    memo.put(outline_key(row.key), answer.outline)
    memo.put(text_key(row.key), answer.text)
    if answer.found:
        memo.put(search_key(row.key), answer.found)
    if row.base:
        memo.put(outline_key(row.base), answer.outline)


def _unchanged(
    original: Original, known: Mapping[str, Parsed], readings: Readings
) -> Parsed | None:
    """What the build before knew of these bytes at this path."""
    row = known.get(original.path)
    if row is None or row.digest != original.digest:
        return None
    if row.asked and not (readings.has(row.asked) and row.readings == readings.digest(row.asked)):
        return None
    return replace(row, seconds=0.0) if row.seconds else row


def remembered(original: Original, config: Config, memory: Memory) -> Parsed | None:
    """What some build knew of these bytes at this path, without a look at the document itself."""
    base = parse_key(original.path, original.digest, config)
    known = recall(memory.memo, outline_key(base), Outline)
    if known and known.asked:
        if not memory.readings.has(known.asked):
            return None
        key = _read_key(base, memory.readings.digest(known.asked))
        known = recall(memory.memo, outline_key(key), Outline)
    return _row(original.path, original.digest, base, known, memory.readings) if known else None


def _row(path: str, content: str, base: bytes, outline: Outline, readings: Readings) -> Parsed:
    """What is known of a source that could be parsed."""
    read = readings.digest(outline.asked)
    return Parsed(
        path=path,
        digest=content,
        key=_read_key(base, read) if read else base,
        plain=outline.plain,
        placed=outline.placed,
        base=base if read else b"",
        asked=outline.asked,
        readings=read,
        title=outline.document.meta.title,
        facts=outline.facts,
        counts=outline.counts,
        text=outline.text,
    )


def _read_key(base: bytes, readings: bytes) -> bytes:
    """The key of a document with figures of what models made of texts."""
    return digest(base, readings)


def parse_key(path: str, content: str, config: Config) -> bytes:
    """The key of a document: of all that `parse` and the limits around it can see."""
    seen = settings_for(path, config), config.markup, config.cards
    return key_of("parse", path.encode(), content.encode(), encode(seen))


def text_of(row: Parsed, original: Original, config: Config, memory: Memory) -> Text:
    """The whole of a parsed source. What is gone from the memo is made again, or not at all."""
    known = recall(memory.memo, text_key(row.key), Text)
    if known:
        return known
    answer = parse_original(original, config, memory.readings)
    if answer.parsed.key != row.key or not answer.text:
        raise SourceError(
            f"{original.path} was changed while the site was built", hint="build once more"
        )
    return msgspec.msgpack.decode(answer.text, type=Text)


def outlines(
    rows: Iterable[Parsed], originals: Mapping[str, Original], config: Config, memory: Memory
) -> list[Document]:
    """The outline of every document there is, in the order of the rows."""
    found = []
    for row in rows:
        if row.plain:
            known = recall(memory.memo, outline_key(row.key), Outline)
            if known is None:
                text = text_of(row, originals[row.path], config, memory)
                known = outline_of(text.document, row.asked, row.text, cards=config.cards)
            found.append(known.document)
    return found


# --- one source ----------------------------------------------------------------------------------


def parse_original(
    original: Original, config: Config, readings: Readings, reading: Reading | None = None
) -> Answer:
    """One original, read already or not, as a document, or why it is none. Never raises."""
    begun = time.process_time()
    reading = reading or read_original(original.path, original.file, config.markup.max_bytes)
    if reading.source is None:
        return _failed(original, reading.problems)
    source, limit = reading.source, config.markup.max_seconds
    asking = Asking(readings)
    document, problems = parse_one(source, settings_for(source.path, config), limit, asking)
    if document is None:
        return _failed(original, (*reading.problems, *problems))
    document = replace(document, problems=(*reading.problems, *document.problems))
    asked = tuple(asking.asked)
    outline = outline_of(document, asked, digest_of(body_of(source)), cards=config.cards)
    base = parse_key(source.path, reading.digest, config)
    row = _row(source.path, reading.digest, base, outline, readings)
    if asking.unread:
        return Answer(row, unread=tuple(asking.unread))
    return Answer(
        parsed=replace(row, seconds=time.process_time() - begun),
        outline=msgspec.msgpack.encode(outline),
        text=msgspec.msgpack.encode(Text(document, source.text)),
        found=entry_for(document, config),
    )


class Parsing(NamedTuple):
    """What became of one source: a document, or the reasons why there is none."""

    document: Document | None
    problems: tuple[Problem, ...] = ()


def parse_one(source: Source, settings: Settings, limit: float, asking: Asking) -> Parsing:
    """One source as a document with drawn figures, or why not; `limit` in seconds of computing."""
    from sitegen.markup import parse

    def draw(fence: Fence, asked: Sequence[Measure]) -> Drawn:
        return draw_figure(fence, asked, asking)

    try:
        with time_limit(limit):
            return Parsing(parse(source, settings, draw))
    except TimeoutError:
        why = f"took longer than {limit:g} s"
    except RecursionError:
        why = "is nested too deeply"
    except MemoryError:
        why = "needed too much memory"
    return Parsing(None, (_too_much(source.path, why),))


def lost_answer(original: Original, why: str) -> Answer:
    """What is said of a source whose parsing did not come to an end."""
    return _failed(original, (_too_much(original.path, why),))


def _failed(original: Original, problems: Sequence[Problem]) -> Answer:
    """Never remembered: it may have been the machine's fault."""
    return Answer(Parsed(path=original.path, digest="", key=b"", problems=tuple(problems)))


def _too_much(path: str, why: str) -> Problem:
    return SourceError(
        f"this file {why}",
        Span(path, 1),
        "the other files were read without it; shorten it, or raise max_seconds in the"
        " [markup] table of site.toml",
    ).problem()


Drawn = tuple[Figure, tuple[Problem, ...]]


def draw_figure(fence: Fence, asked: Sequence[Measure], asking: Asking | None = None) -> Drawn:
    """A figure with the numbers that its text asks for; an empty one beside its mistakes."""
    from sitegen import figures

    # Such a figure is never published; the slot only has to be filled.
    empty = Figure(id=fence.id, html="", sentence="", table="", svg="")
    try:
        return figures.draw(fence, asked, asking.read if asking else None), ()
    except figures.Unread:
        return empty, ()
    except ExceptionGroup as group:
        return empty, tuple(each.problem() for each in mistakes_in(group))
