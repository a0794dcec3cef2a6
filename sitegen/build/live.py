"""A site that stays open: a source is changed by itself, a page is rendered when it is asked for.

Comes in: inputs, then one changed source after the other. Goes out: for each of them another site,
which shares with the one before whatever is not changed; so the last good one can be shown for as
long as the newest is wrong. Where a change reaches further than the text of its page, all is tied
together again. Nothing is rendered before it is asked for, and then it is what a build writes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from copy import copy as copy_of
from datetime import datetime
from functools import lru_cache, partial
from pathlib import PurePosixPath
from typing import Self

from msgspec.structs import replace

from sitegen.build.copies import copies_of, copy, fingerprint
from sitegen.build.filling import Filling, sign
from sitegen.build.knot import Knot, is_current, tie
from sitegen.build.outline import moves
from sitegen.build.parser import Parser, StandBy
from sitegen.build.parsing import outlines, parse_all, remembered, take_in
from sitegen.build.places import pages_of, places_of
from sitegen.build.readings import Reader, Readings
from sitegen.build.rendering import Theming, open_press, rendered, wanted_of
from sitegen.build.stage import Choice, Inputs, Memory, Parsed, Run, mistakes_in
from sitegen.discover import Original
from sitegen.errors import Problem, in_order
from sitegen.lock import read_lock
from sitegen.model import Artifact, Asset, Document

END = "\U0010ffff"
"""Behind every path: there stands what has no place."""
KEPT = 256
"""Rendered pieces that are kept in memory."""


class Live:
    """A site in memory, and what is wrong with it. Changing one gives another."""

    def __init__(  # noqa: PLR0913, PLR0917 - who does the work is three
        self,
        inputs: Inputs,
        choice: Choice,
        memory: Memory,
        run: Run,
        reader: Reader,
        stand_by: StandBy | None = None,
    ) -> None:
        """Parse and tie all of it. Raises an ExceptionGroup for a damaged lock file.

        `run` parses many sources; one by itself is parsed by whoever stands by for it.
        """
        self._parser = Parser(stand_by or (lambda work: work))
        self._choice, self._run, self._reader = choice, run, reader
        self._memory = memory._replace(readings=Readings(read_lock(inputs.lock), reader))
        self._moved = False  # whether a mistake that the knot told of stands elsewhere now
        self._problems: tuple[Problem, ...] = ()
        self._rows = {row.path: row for row in parse_all(inputs, self._memory, run)}
        self._open(inputs)

    # --- what is asked -----------------------------------------------------------------------

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Of all sources and of what ties them together, in the order of the files.

        Until the site has settled, some of them may stand where they stood.
        """
        return self._problems

    @property
    def inputs(self) -> Inputs:
        """What it is made of."""
        return self._inputs

    def is_current(self, now: datetime) -> bool:
        """Whether the same sources are published at another time."""
        return is_current(self._knot.since, self._knot.until, now)

    def trial(self) -> tuple[Problem, ...]:
        """What is wrong with the templates: a page of each is rendered."""
        first: dict[str, str] = {}
        for path, piece in self._places.items():
            if piece.template:
                first.setdefault(piece.template, path)
        files = map(self.get, first.values())
        return tuple(problem for each in files if isinstance(each, tuple) for problem in each)

    def keys(self) -> Iterator[bytes]:
        """What of the memo is needed to change it."""
        for row in self._rows.values():
            yield from row.keys()

    @property
    def paths(self) -> Iterator[str]:
        """All paths that are known before anything is rendered."""
        yield from self._places
        yield from self._copies

    def __contains__(self, path: str) -> bool:
        """Whether there is a file at this path; those of figures have to be asked for."""
        return path in self._places or path in self._copies or self.get(path) is not None

    def source_of(self, path: str) -> str | None:
        """The source whose page is at this path."""
        piece = self._places.get(path)
        return piece.name if piece and piece.kind == "page" else None

    def showing(self, source: str) -> list[str]:
        """The paths of pages, lists and feeds that show the text of a source, or count it."""
        telling = (path for asking in self._asking for path in self._showing.get(asking, []))
        return [*self._showing.get(source, []), *telling]

    def document(self, source: str) -> Document:
        """A parsed source, published or not."""
        return self._read(source).document

    def get(self, path: str) -> Artifact | tuple[Problem, ...] | None:
        """The file at a path of the output, or what is wrong with it, or None for no such path."""
        if path in self._copies:
            return copy(path, self._copies[path])
        piece = self._places.get(path) or self._folders.get(str(PurePosixPath(path).parent))
        if piece is None:
            return None
        if self._theme is None:
            return self._theme_problems or self._inputs.problems
        if piece.kind == "copy":
            from sitegen.build.pictures import shown_copy

            return shown_copy(piece, self._copies, self._memory)
        (made,) = wanted_of([piece], self._knot, self._filling.digest, self._theme.digests)
        answer = self._render(piece, made.key)
        if answer.problems:
            self._render.cache_clear()  # a mistake may have been the machine's fault
            return answer.problems
        return next((each for each in answer.artifacts if each.path == path), None)

    # --- what is changed ---------------------------------------------------------------------

    def change(self, original: Original) -> Self | None:
        """The site with other bytes in the place of a source; None where there is no such source.

        What cannot be parsed stays as it was, beside its problems.
        """
        row = self._rows.get(original.path)
        if row is None:
            return None
        originals = {**self._originals, original.path: original}
        inputs = replace(self._inputs, originals=tuple(originals.values()))
        new = remembered(original, inputs.config, self._memory) or self._parse(original)
        other = copy_of(self)
        if not new.plain:
            new = replace(row, digest="", problems=new.problems)
        other._rows, other._originals = {**self._rows, original.path: new}, originals
        if bool(row.facts) != bool(new.facts):
            other._asking = self._asking ^ {original.path}
        if row.plain == new.plain and not (self._knot.reads_texts and row.text != new.text):
            other._reopen(inputs)
            other._tell_of(row, new)
        else:
            other._open(inputs)
        return other

    def _tell_of(self, old: Parsed, new: Parsed) -> None:
        """Say of one source what is wrong with it now, and where what was wrong stands now.

        There may be thousands of problems, and those of one file are neighbours.
        """
        moved = old.placed != new.placed and new.path in self._knot.placed
        if not moved and old.problems == new.problems:
            return
        first, last = (
            side(self._problems, new.path, key=lambda each: each.span.path if each.span else END)
            for side in (bisect_left, bisect_right)
        )
        own = [each for each in self._problems[first:last] if each not in old.problems]
        if moved:
            config, memory = self._inputs.config, self._memory
            there = moves(*outlines((old, new), self._originals, config, memory))
            self._moved = self._moved or not all(each.span in there for each in own)
            own = [
                replace(each, span=each.span and there.get(each.span, each.span)) for each in own
            ]
        told = in_order([*own, *new.problems])
        self._problems = (*self._problems[:first], *told, *self._problems[last:])

    def _parse(self, original: Original) -> Parsed:
        config, memory = self._inputs.config, self._memory
        parse = partial(self._parser.parse, config, memory.readings)
        return take_in([original], memory, lambda some: map(parse, some))[original.path]

    def update(self, inputs: Inputs) -> Self:
        """The site with other inputs in the place of all; itself where they are the same.

        What stays as it was is not parsed again. Raises an ExceptionGroup for a damaged lock.
        """
        if inputs == self._inputs:
            return self
        other = copy_of(self)
        other._take_in(inputs)
        return other

    def _take_in(self, inputs: Inputs) -> None:
        if inputs.lock != self._inputs.lock:
            lines = {**self._memory.readings.lines, **read_lock(inputs.lock)}
            self._memory = self._memory._replace(readings=Readings(lines, self._reader))
        kept = self._rows if inputs.config == self._inputs.config else {}
        others = tuple(each for each in inputs.originals if not self._is_known(each, kept))
        own = replace(inputs, originals=others)
        new = {row.path: row for row in parse_all(own, self._memory, self._run)}
        rows = {each.path: new.get(each.path) or kept[each.path] for each in inputs.originals}
        for path, row in rows.items():
            if not row.plain and path in self._rows:
                rows[path] = replace(self._rows[path], digest="", problems=row.problems)
        self._rows = rows
        self._open(inputs)

    def _is_known(self, original: Original, rows: Mapping[str, Parsed]) -> bool:
        row, readings = rows.get(original.path), self._memory.readings
        return (
            row is not None
            and row.digest == original.digest
            and row.readings == readings.digest(row.asked)
            and readings.has(row.asked)
        )

    @property
    def is_settled(self) -> bool:
        """Whether each mistake that it tells of stands where it is told."""
        return not self._moved

    def settle(self) -> Self:
        """The site tied again if a mistake that it tells of stands elsewhere now."""
        if self.is_settled:
            return self
        other = copy_of(self)
        other._open(self._inputs)
        return other

    def _open(self, inputs: Inputs) -> None:
        """Tie everything together."""
        self._originals = {each.path: each for each in inputs.originals}
        self._moved = False
        static = fingerprint(inputs.static)
        rows = list(self._rows.values())
        knot, _, _ = tie(inputs, rows, static, self._choice, self._memory)
        self._knot: Knot = sign(knot, inputs, self._memory)
        self._theme_problems: tuple[Problem, ...] = ()
        self._theme = self._dress(inputs, static)
        self._copies = copies_of(inputs, self._knot, static)
        self._places = dict(places_of(self._knot))
        self._pages = pages_of(self._knot)
        self._showing: dict[str, list[str]] = {}
        for path, piece in self._places.items():
            for source in piece.shows:
                self._showing.setdefault(source, []).append(path)
        self._folders = {
            str(PurePosixPath(path).parent): piece
            for path, piece in self._places.items()
            if piece.kind == "page"
        }
        self._asking = {path for path, row in self._rows.items() if row.facts}
        self._reopen(inputs)
        found = [*inputs.problems, *self._knot.problems, *self._theme_problems]
        found += [problem for row in rows for problem in row.problems]
        self._problems = tuple(in_order(found))
        self._parser.prepare(inputs.config, self._memory.readings)

    def _reopen(self, inputs: Inputs) -> None:
        """Render with the texts that there are now."""
        self._inputs = inputs
        of_all = inputs.config, self._originals, self._rows, self._knot, self._memory
        self._filling = Filling(*of_all)
        self._read, find = self._filling.readers()
        if self._theme is None:
            return
        press = open_press(self._knot, self._theme, self._read, find, self._pages)
        self._render = lru_cache(KEPT)(lambda piece, key: rendered(piece, key, self._memory, press))

    def _dress(self, inputs: Inputs, static: Mapping[str, Asset]) -> Theming | None:
        if inputs.templates is None:
            return None
        addresses = {asset.path: inputs.config.base + path for path, asset in static.items()}
        try:
            return Theming(inputs.templates, addresses, self._memory)
        except ExceptionGroup as group:
            self._theme_problems = tuple(each.problem() for each in mistakes_in(group))
            return None
