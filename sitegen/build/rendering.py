"""A knot to the files of the output: what no former build made is rendered now.

The key of a piece is the digest of all that its renderer sees: the templates that it can reach,
what every page says of the site, its own values, the texts that it shows. All four are known
before anything is rendered, so a page whose parts stayed as they were is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec.structs import replace

from sitegen.build.copies import copies_of
from sitegen.build.filling import Filling, Read
from sitegen.build.knot import Knot
from sitegen.build.pieces import Piece
from sitegen.build.places import pages_of
from sitegen.build.searching import Find
from sitegen.build.stage import (
    Files,
    Inputs,
    Made,
    Memory,
    Parsed,
    Rendered,
    Run,
    Work,
    encode,
    ended,
    key_of,
    mistakes_in,
    recall,
)
from sitegen.build.stored import Stored
from sitegen.errors import Problem
from sitegen.memo import Memo, digest
from sitegen.model import Artifact, Asset, Entry, Value

if TYPE_CHECKING:
    from sitegen.build.render import Parts, Press
    from sitegen.templates import Theme

LARGE = 20_000
"""Bytes of a piece that is rendered before the others, or all would wait for it at the end."""
Reach = tuple[tuple[str, ...], tuple[str, ...] | None]


class Making(NamedTuple):
    """What became of pieces: their files, mistakes, and artifacts that lie on the disk already."""

    made: Sequence[Made]
    problems: Sequence[Problem]
    laid: Mapping[str, Artifact]


class Output(Value, frozen=True):
    """All that the pieces became, and the mistakes in the way."""

    artifacts: Mapping[str, Artifact] = {}
    entries: Mapping[str, Entry] = {}
    made: tuple[Made, ...] = ()
    problems: tuple[Problem, ...] = ()
    staged: Collection[str] = ()
    """Paths of artifacts that are on the disk already, since they were rendered there."""


def render_all(  # noqa: PLR0913, PLR0917 - everything meets here
    inputs: Inputs,
    knot: Knot,
    rows: Sequence[Parsed],
    static: Mapping[str, Asset],
    memory: Memory,
    run: Run,
) -> Output:
    """Every file of the site by path, sorted, and what went wrong on the way."""
    if inputs.templates is None:
        return Output()
    addresses = {asset.path: inputs.config.base + path for path, asset in static.items()}
    try:
        theme = Theming(inputs.templates, addresses, memory)
    except ExceptionGroup as group:
        return Output(problems=tuple(each.problem() for each in mistakes_in(group)))
    pieces = [p for p in knot.pieces if p.shows or p.kind not in {"page", "copy"}]
    originals = {original.path: original for original in inputs.originals}
    of_path = {row.path: row for row in rows}
    filling = Filling(inputs.config, originals, of_path, knot, memory)
    wanted = wanted_of(pieces, knot, filling.digest, theme.digests)
    press = open_press(knot, theme, *filling.readers())
    made, problems, laid = make(
        pieces, wanted, memory, partial(run, "render"), partial(_print, press, theme)
    )
    artifacts = Stored(
        made,
        copies_of(inputs, knot, static),
        lambda index: rendered(pieces[index], made[index].key, memory, press),
        laid,
    )
    return Output(
        artifacts=artifacts,
        entries=artifacts.entries,
        made=tuple(made),
        problems=tuple(problems),
        staged=artifacts.staged,
    )


# --- keys ----------------------------------------------------------------------------------------


class Theming:
    """The templates by digest; the theme itself is loaded when it is first asked for.

    Raises a group of `TemplateError` for templates that cannot be read.
    """

    def __init__(self, files: Files, assets: Mapping[str, str], memory: Memory) -> None:
        self._files, self._assets = files, assets
        self._theme: Theme | None = None
        key = key_of("reach", encode(files))
        known = recall(memory.memo, key, dict[str, Reach])
        self._reach: Mapping[str, Reach] | None = known
        if known is None:
            self._reach = self.load().reach
            memory.memo.put(key, encode(self._reach))
        self.digests = {name: self._digest(*each) for name, each in (self._reach or {}).items()}

    def load(self) -> Theme:
        """The theme, made once."""
        if self._theme is None:
            from sitegen.templates import make_theme

            self._theme = make_theme(self._files, self._assets, self._reach)
        return self._theme

    def parts(self) -> Parts:
        """What `make_theme` makes it of."""
        return self._files, self._assets, self._reach

    def _digest(self, names: Sequence[str], asked: Sequence[str] | None) -> bytes:
        """Of all that a template is made of: texts, and the addresses that it asks for."""
        wanted = self._assets if asked is None else asked
        addresses = {name: self._assets.get(name) for name in wanted}
        return digest(encode(([self._files.get(name) for name in names], addresses)))


def wanted_of(
    pieces: Sequence[Piece],
    knot: Knot,
    text: Callable[[str], bytes],
    templates: Mapping[str, bytes],
) -> list[Made]:
    """For each piece its key, and what that is made of; not yet the files."""
    whole = digest(encode(knot.info))
    wanted = []
    for piece in pieces:
        template = templates.get(piece.template, b"")
        shown = [text(path) for path in piece.shows]
        kind = f"{piece.kind} {piece.template} {piece.introduces}"
        site = b"" if piece.kind == "card" else whole  # it shows the site's name at most
        key = key_of("render", kind.encode(), template, site, piece.digest, *shown)
        wanted.append(Made(piece.name, key, template, site, piece.digest, ()))
    return wanted


# --- rendering -----------------------------------------------------------------------------------


def open_press(
    knot: Knot, theme: Theming, read: Read, find: Find, pages: Mapping[str, Piece] | None = None
) -> Callable[[], Press]:
    """What renders a piece, loaded when the first one asks for it; `pages` by source path."""

    @lru_cache(maxsize=1)
    def press() -> Press:
        from sitegen.build.render import Press

        known = pages_of(knot) if pages is None else pages
        return Press(knot, known, theme.load(), read, find)

    return press


def _print(press: Callable[[], Press], theme: Theming, pieces: Sequence[Piece]) -> Work:
    from sitegen.build.render import RenderWork

    return RenderWork(pieces, press(), theme.parts())


def make(
    pieces: Sequence[Piece],
    wanted: Sequence[Made],
    memory: Memory,
    run: Callable[[Work, int, Callable[[int, str], bytes]], Iterable[bytes]],
    begin: Callable[[Sequence[Piece]], Work],
) -> Making:
    """Each call with the files that it made, now or before; `begin` loads what makes others."""
    former = {made.key: made.files for made in memory.former.made} if memory.former else {}
    made: list[Made] = []
    missing: list[int] = []
    for index, each in enumerate(wanted):
        files = former.get(each.key) or _known_files(memory.memo, each.key)
        made.append(replace(each, files=files) if files else each)
        if files is None:
            missing.append(index)
    if not missing:
        return Making(made, [], {})
    missing.sort(key=lambda index: len(pieces[index].own) < LARGE)
    work = begin([pieces[index] for index in missing])

    def lost(number: int, why: str) -> bytes:
        from sitegen.build.render import too_slow

        return msgspec.msgpack.encode(too_slow(pieces[missing[number]], why))

    problems: list[Problem] = []
    laid: dict[str, Artifact] = {}
    with ended(run(work, len(missing), lost)) as results:
        for index, raw in zip(missing, results, strict=True):
            answer = _decode(raw)
            problems += answer.problems
            made[index] = replace(made[index], files=answer.entries)
            if answer.problems:  # a mistake may have been the machine's fault
                continue
            found = {each.path: each for each in answer.artifacts if each.file}
            laid |= found
            kept = encode(replace(answer, artifacts=())) if found else raw
            memory.memo.put(made[index].key, kept)
    return Making(made, problems, laid)


def _known_files(memo: Memo, key: bytes) -> tuple[tuple[str, Entry], ...] | None:
    raw = memo.get(key)
    return None if raw is None else _decode(raw).entries


def _decode(raw: bytes) -> Rendered:
    return msgspec.msgpack.decode(raw, type=Rendered)


def rendered(piece: Piece, key: bytes, memory: Memory, press: Callable[[], Press]) -> Rendered:
    """The files of a piece that was made; rendered again if the memo has not their bytes."""
    raw = memory.memo.get(key)
    if raw is not None and ((known := _decode(raw)).artifacts or not known.entries):
        return known
    from sitegen.build.render import render

    return render(piece, press())
