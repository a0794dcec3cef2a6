"""The stages joined: what was discovered goes in, a snapshot of the whole output comes out.

Pure but for the originals, which are read where they are parsed, the headers of images, and the
memo. The caller brings the processes that do the work (`run`), the clock (`now`) and what is
remembered of former builds, and writes what comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from sitegen.build.copies import copies_of, fingerprint
from sitegen.build.filling import marks_of, sign
from sitegen.build.knot import Knot, files_digest, tie
from sitegen.build.parsing import parse_all, text_of
from sitegen.build.readings import Reader, Readings, refuse
from sitegen.build.reasons import reasons
from sitegen.build.rendering import Output, render_all
from sitegen.build.stage import Choice, Inputs, Memory, Parsed, Plan, Run, encode
from sitegen.errors import Problem, in_order
from sitegen.lock import read_lock, write_lock
from sitegen.memo import Memo, digest
from sitegen.model import Asset, Config, Document, Page, Site, Snapshot
from sitegen.toolchain import toolchain

if TYPE_CHECKING:
    from sitegen.build.parsing import Text

__all__ = [
    "Built",
    "Inputs",
    "Memory",
    "Plan",
    "Run",
    "build",
]


@dataclass(frozen=True)
class Built:
    """A snapshot, and how it came about."""

    snapshot: Snapshot
    plan: Plan
    knot: Knot
    urls: bytes
    """What `urls.lock` is to be, if this is what is published."""
    _inputs: Inputs
    _memory: Memory

    @cached_property
    def site(self) -> Site:
        """All documents tied together; their texts are fetched when they are asked for."""
        from sitegen.build.render import site_of

        assets = {asset.path: asset for asset in self._inputs.assets}
        return site_of(self.knot, assets, self._text)

    @cached_property
    def pages(self) -> Mapping[str, Page]:
        """The pages by source path, without their texts."""
        from sitegen.build.render import Pages

        return Pages(self.knot.pieces, None)

    @property
    def gone(self) -> tuple[str, ...]:
        """The addresses that site.toml calls gone."""
        return self._inputs.config.gone

    @property
    def page_count(self) -> int:
        """How many sources have a page."""
        return sum(piece.kind == "page" for piece in self.knot.pieces)

    @property
    def sources(self) -> tuple[str, ...]:
        """The paths of all sources that could be parsed."""
        return tuple(path for path, row in self.plan.sources.items() if row.plain)

    @property
    def documents(self) -> tuple[Document, ...]:
        """Every parsed source, published or not."""
        return tuple(map(self.document, self.sources))

    def document(self, path: str) -> Document:
        """A parsed source, published or not."""
        return self._text(path).document

    def markdown(self, path: str) -> str:
        """The text of a parsed source, published or not."""
        return self._text(path).markdown

    @cached_property
    def lock(self) -> bytes | None:
        """The lock with what was read now and nothing that no text asks for; None if it stays."""
        readings = self._memory.readings
        if not readings.new:
            return None
        lines = readings.lines
        whole = all(row.plain for row in self.plan.sources.values())
        used = {prompt for row in self.plan.sources.values() for prompt in row.asked}
        used.update(marks_of(self._inputs, self.plan.sources.values()))
        return write_lock({p: lines[p] for p in lines if p in used or not whole})

    @property
    def unmarked(self) -> int:
        """How many titles have no mark, since no model has read them."""
        marks = marks_of(self._inputs, self.plan.sources.values())
        return sum(not self._memory.readings.has([each]) for each in marks)

    def _text(self, path: str) -> Text:
        original = next(each for each in self._inputs.originals if each.path == path)
        return text_of(self.plan.sources[path], original, self._inputs.config, self._memory)


def build(  # noqa: PLR0913 - what is chosen is three things
    inputs: Inputs,
    run: Run,
    *,
    now: datetime,
    drafts: bool,
    future: bool,
    memory: Memory | None = None,
    reader: Reader = refuse,
) -> Built:
    """Make every file of the site. Raises nothing but LockErrors: see the problems."""
    readings = Readings(read_lock(inputs.lock), reader)
    memory = (memory or Memory(Memo()))._replace(readings=readings)
    rows = parse_all(inputs, memory, run)
    static = fingerprint(inputs.static)
    readings.read(marks_of(inputs, rows))
    choice = Choice(now=now, drafts=drafts, future=future)
    knot, key, urls, copies = _tie_pictures(inputs, rows, static, choice, memory, run)
    pieces = render_all(inputs, knot, rows, static, memory, run)
    output = _complete(copies(pieces), knot, inputs.config, memory, run)
    sources = {row.path: row for row in rows}
    templates = {name: digest(encode(each)) for name, each in (inputs.templates or {}).items()}
    snapshot = Snapshot(
        artifacts=output.artifacts,
        problems=tuple(in_order(_problems(inputs, rows, knot, output))),
        left_out=knot.left_out,
        entries=output.entries,
        staged=output.staged,
    )
    return Built(
        snapshot=snapshot,
        plan=Plan(
            toolchain=toolchain(),
            config=digest(encode(inputs.config)),
            sources=sources,
            files=files_digest(inputs),
            urls=(digest(inputs.urls), digest(urls)),
            templates=templates,
            knot=key,
            made=output.made,
            drafts=drafts,
            future=future,
            why=reasons(memory, knot, pieces.made, sources, templates),
        ),
        knot=knot,
        urls=urls,
        _inputs=inputs,
        _memory=memory,
    )


def _tie_pictures(  # noqa: PLR0913, PLR0917
    inputs: Inputs,
    rows: Sequence[Parsed],
    static: Mapping[str, Asset],
    choice: Choice,
    memory: Memory,
    run: Run,
) -> tuple[Knot, bytes, bytes, Callable[[Output], Output]]:
    """What `tie` gives, and what adds the copies of images to an output.

    What is no smaller than its original is known when it was made; then no page may name it.
    """
    knot, key, urls = tie(inputs, rows, static, choice, memory)
    if not inputs.config.images.formats:
        return sign(knot, inputs, memory), key, urls, lambda output: output
    from sitegen.build.pictures import hang, make_copies

    assets = copies_of(inputs, knot, static)
    copies = make_copies(knot, assets, memory, run)
    if any(not each.files and each.name not in knot.spare for each in copies.made):
        knot, key, urls = tie(inputs, rows, static, choice, memory, copies.files)
    signed = sign(knot, inputs, memory)
    return signed, key, urls, lambda output: hang(output, copies, signed, assets, memory)


def _problems(
    inputs: Inputs, rows: Sequence[Parsed], knot: Knot, output: Output
) -> Iterator[Problem]:
    yield from (*inputs.problems, *knot.problems, *output.problems)
    yield from (problem for row in rows for problem in row.problems)


def _complete(output: Output, knot: Knot, config: Config, memory: Memory, run: Run) -> Output:
    """The output with what its host is told of it, where the site asks for that."""
    if not config.hosting.is_asked:
        return output
    from sitegen.build.hosted import complete

    return complete(output, knot, config, memory, run)
