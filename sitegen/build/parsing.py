"""Originals to documents with drawn figures: each within its budget, none in the way of another.

What was parsed before, under the same settings and by the same program, is not parsed again. In
the memo a document lies twice: whole, for those who show it, and as its outline, which is all
that the knot looks at; so a build decodes the text of no page that stays as it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from sitegen.budget import time_limit
from sitegen.build.stage import (
    Inputs,
    Memory,
    Parsed,
    Run,
    encode,
    key_of,
    mistakes_in,
    outline_key,
    recall,
    text_key,
)
from sitegen.config import settings_for
from sitegen.discover import Original, read_original
from sitegen.errors import Problem, SourceError, Span
from sitegen.memo import Memo, digest
from sitegen.model import (
    Config,
    Document,
    Fence,
    Figure,
    Line,
    Measure,
    Settings,
    Source,
    Stanza,
    Verse,
    VerseSlot,
)


class Text(msgspec.Struct, frozen=True, array_like=True):
    """The whole of a source: its document, and the Markdown that is published beside it."""

    document: Document
    markdown: str


class Outline(msgspec.Struct, frozen=True, array_like=True):
    """A document without its text, and the digests of that with and without places."""

    document: Document
    plain: bytes
    placed: bytes


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """What a worker says of an original: the two values are encoded already."""

    parsed: Parsed
    outline: bytes = b""
    text: bytes = b""


def parse_all(inputs: Inputs, memory: Memory, run: Run) -> list[Parsed]:
    """Every original parsed and its figures drawn, in their order; documents are in the memo."""
    config, former = inputs.config, memory.former
    known = former.sources if former and former.config == digest(encode(config)) else {}
    rows: dict[str, Parsed | None] = {
        each.path: _unchanged(each, known) or _remembered(each, config, memory.memo)
        for each in inputs.originals
    }
    tasks = [original for original in inputs.originals if rows[original.path] is None]

    def work(index: int) -> bytes:
        return msgspec.msgpack.encode(parse_original(tasks[index], inputs.config))

    def lost(index: int, why: str) -> bytes:
        problem = _too_much(tasks[index].path, why)
        return msgspec.msgpack.encode(_failed(tasks[index], (problem,)))

    if tasks:
        import sitegen.figures
        import sitegen.markup  # noqa: F401 - before the processes part

    decoder = msgspec.msgpack.Decoder(Answer)
    for raw in run(work, len(tasks), lost):
        answer = decoder.decode(raw)
        row = rows[answer.parsed.path] = answer.parsed
        if answer.text:
            memory.memo.put(outline_key(row.key), answer.outline)
            memory.memo.put(text_key(row.key), answer.text)
    return [row for row in rows.values() if row is not None]


def _unchanged(original: Original, known: Mapping[str, Parsed]) -> Parsed | None:
    """What the build before knew of these bytes at this path."""
    row = known.get(original.path)
    if row is None or row.digest != original.digest:
        return None
    return replace(row, seconds=0.0) if row.seconds else row


def _remembered(original: Original, config: Config, memo: Memo) -> Parsed | None:
    """What some build knew of these bytes at this path, without a look at the document itself."""
    key = parse_key(original.path, original.digest, config)
    known = recall(memo, outline_key(key), Outline)
    if known is None:
        return None
    return Parsed(
        path=original.path,
        digest=original.digest,
        key=key,
        plain=known.plain,
        placed=known.placed,
    )


def parse_key(path: str, content: str, config: Config) -> bytes:
    """The key of a document: of all that `parse` and the limits around it can see."""
    settings = settings_for(path, config)
    return key_of("parse", path.encode(), content.encode(), encode((settings, config.markup)))


def text_of(row: Parsed, original: Original, config: Config, memo: Memo) -> Text:
    """The whole of a parsed source. What is gone from the memo is made again, or not at all."""
    known = recall(memo, text_key(row.key), Text)
    if known:
        return known
    answer = parse_original(original, config)
    if answer.parsed.key != row.key or not answer.text:
        raise SourceError(
            f"{original.path} was changed while the site was built", hint="build once more"
        )
    return msgspec.msgpack.decode(answer.text, type=Text)


def outlines(rows: Iterable[Parsed], inputs: Inputs, memo: Memo) -> list[Document]:
    """The outline of every document there is, in the order of the rows."""
    originals = {original.path: original for original in inputs.originals}
    found = []
    for row in rows:
        if row.plain:
            known = recall(memo, outline_key(row.key), Outline)
            if known is None:
                text = text_of(row, originals[row.path], inputs.config, memo)
                known = outline_of(text.document)
            found.append(known.document)
    return found


# --- one source ----------------------------------------------------------------------------------


def parse_original(original: Original, config: Config) -> Answer:
    """One original as a document with drawn figures, or why it is none. Never raises."""
    begun = time.process_time()
    reading = read_original(original.path, original.file, config.markup.max_bytes)
    if reading.source is None:
        return _failed(original, reading.problems)
    source, limit = reading.source, config.markup.max_seconds
    document, problems = parse_one(source, settings_for(source.path, config), limit)
    if document is None:
        return _failed(original, (*reading.problems, *problems))
    document = replace(document, problems=(*reading.problems, *document.problems))
    outline = outline_of(document)
    return Answer(
        parsed=Parsed(
            path=source.path,
            digest=reading.digest,
            key=parse_key(source.path, reading.digest, config),
            plain=outline.plain,
            placed=outline.placed,
            seconds=time.process_time() - begun,
        ),
        outline=msgspec.msgpack.encode(outline),
        text=msgspec.msgpack.encode(Text(document, source.text)),
    )


class Parsing(NamedTuple):
    """What became of one source: a document, or the reasons why there is none."""

    document: Document | None
    problems: tuple[Problem, ...] = ()


def parse_one(source: Source, settings: Settings, limit: float) -> Parsing:
    """One source as a document with drawn figures, or why not; `limit` in seconds of computing."""
    from sitegen.markup import parse

    try:
        with time_limit(limit):
            return Parsing(parse(source, settings, draw_figure))
    except TimeoutError:
        why = f"took longer than {limit:g} s"
    except RecursionError:
        why = "is nested too deeply"
    except MemoryError:
        why = "needed too much memory"
    return Parsing(None, (_too_much(source.path, why),))


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


def draw_figure(fence: Fence, asked: Sequence[Measure]) -> tuple[Figure, tuple[Problem, ...]]:
    """A figure with the numbers that its text asks for; an empty one beside its mistakes."""
    from sitegen import figures

    try:
        return figures.draw(fence, asked), ()
    except ExceptionGroup as group:
        # The build will not be published; the slot only has to be filled.
        empty = Figure(id=fence.id, html="", sentence="", table="", svg="")
        return empty, tuple(each.problem() for each in mistakes_in(group))


# --- its outline ---------------------------------------------------------------------------------


def outline_of(document: Document) -> Outline:
    """All that the knot looks at; what a reader would read is left out."""
    thin = replace(
        document,
        digest="",
        body=tuple(_thin_verse(e.verse) for e in document.body if isinstance(e, VerseSlot)),
        lead=(),
        headings=(),
        fences=tuple(Fence(id=each.id, text="", span=each.span) for each in document.fences),
        figures=tuple(map(_thin, document.figures)),
        measures=(),
        words=0,
    )
    nowhere = replace(
        thin,
        origins={},
        links=(),
        images=(),
        fences=tuple(replace(fence, span=NOWHERE) for fence in thin.fences),
    )
    told = sorted(name for name, origin in document.origins.items() if origin.span)
    targets = [[link.target for link in document.links], [each.target for each in document.images]]
    return Outline(
        document=thin,
        plain=digest(encode((nowhere, told, targets))),
        placed=digest(encode(thin)),
    )


NOWHERE = Span("", 0)


def _thin_verse(verse: Verse) -> VerseSlot:
    """The numbers of its lines: a link may point at one."""
    stanzas = (block for block in verse.blocks if isinstance(block, Stanza))
    lines = tuple(
        Line(number=line.number, indent=0, body=()) for stanza in stanzas for line in stanza.lines
    )
    return VerseSlot(verse=Verse(blocks=(Stanza(lines=lines),), prefix=verse.prefix))


def _thin(figure: Figure) -> Figure:
    """Its name, and which of its files there are."""
    texts = ("html", "sentence", "table", "svg", "caption", "csv")
    mark: Callable[[str], str] = lambda text: "…" if text else ""  # noqa: E731
    return replace(figure, answers={}, **{name: mark(getattr(figure, name)) for name in texts})
