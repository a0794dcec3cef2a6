"""The copies of images, made: in a stage of their own, or one that somebody asks for.

Comes in: the pieces of a knot that are copies. Goes out: their files. One that would be no smaller
than its original, and one of an animation, is no file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from sitegen.budget import time_limit
from sitegen.build.copies import copy
from sitegen.build.gallery import CopyOf, Files, copy_key
from sitegen.build.knot import Knot
from sitegen.build.pieces import Piece
from sitegen.build.render import artifact, entry_of, too_slow
from sitegen.build.rendering import Output, make
from sitegen.build.stage import Joined, Made, Memory, Rendered, Run, Work, recall
from sitegen.build.stored import Stored
from sitegen.errors import Problem
from sitegen.model import Artifact, Asset

SECONDS = 15.0
"""Of computing, for one copy."""


class Copies(NamedTuple):
    """The copies of a site, made now or before, and what was wrong with their originals."""

    pieces: tuple[Piece, ...] = ()
    made: tuple[Made, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def files(self) -> Mapping[bytes, Files]:
        """What became of each, by its key."""
        return {each.key: each.files for each in self.made}


def make_copies(knot: Knot, assets: Mapping[str, Asset], memory: Memory, run: Run) -> Copies:
    """All copies that a knot asks for. `assets`: by the path where they are published."""
    pieces = tuple(piece for piece in knot.pieces if piece.kind == "copy")
    wanted = [Made(each.name, key_of_copy(each), b"", b"", each.digest, ()) for each in pieces]
    if not pieces:
        return Copies()
    made, problems, _ = make(
        pieces, wanted, memory, partial(run, "pictures"), partial(_load, assets)
    )
    return Copies(pieces, tuple(made), tuple(dict.fromkeys(problems)))


def _load(assets: Mapping[str, Asset], pieces: Sequence[Piece]) -> Work:
    import PIL.AvifImagePlugin
    import PIL.WebPImagePlugin  # noqa: F401 - before the processes part

    return lambda number: msgspec.msgpack.encode(make_copy(pieces[number], assets))


def key_of_copy(piece: Piece) -> bytes:
    """Where a copy is in the memo."""
    return copy_key(msgspec.msgpack.decode(piece.own, type=CopyOf).copy)


def make_copy(piece: Piece, assets: Mapping[str, Asset]) -> Rendered:
    """A copy; no file where there is none that is smaller than its original."""
    from sitegen.pictures.encode import encode

    job = msgspec.msgpack.decode(piece.own, type=CopyOf)
    asset = assets[job.picture.output]
    try:
        with time_limit(SECONDS):
            data, problem = encode(asset.file, job.picture, job.copy)
    except TimeoutError:
        return too_slow(piece, f"took longer than {SECONDS:g} s")
    if problem:
        return Rendered(problems=(problem,))
    if not data or len(data) >= job.picture.size:
        return Rendered()
    made = artifact(job.copy.output, data, (asset.path,))
    return Rendered((made,), ((made.path, entry_of(made, immutable=True)),))


def recall_copy(piece: Piece, assets: Mapping[str, Asset], memory: Memory) -> Rendered:
    """A copy that was made before, or is made now."""
    known = recall(memory.memo, key_of_copy(piece), Rendered)
    return make_copy(piece, assets) if known is None else known


def shown_copy(piece: Piece, assets: Mapping[str, Asset], memory: Memory) -> Artifact:
    """A copy, made now if nobody did; where there is none, its original."""
    made = recall_copy(piece, assets, memory).artifacts
    original = msgspec.msgpack.decode(piece.own, type=CopyOf).picture.output
    return made[0] if made else replace(copy(original, assets[original]), path=piece.name)


def hang(
    output: Output, copies: Copies, knot: Knot, assets: Mapping[str, Asset], memory: Memory
) -> Output:
    """The output with its copies of images; those that no page names are remembered only."""
    if not (output.artifacts and copies.made):
        return replace(output, problems=(*output.problems, *copies.problems))
    shown = [
        each if each.name not in knot.spare else replace(each, files=()) for each in copies.made
    ]
    stored = Stored(shown, {}, lambda index: recall_copy(copies.pieces[index], assets, memory))
    return replace(
        output,
        artifacts=Joined(output.artifacts, stored),
        entries={**stored.entries, **output.entries},
        made=(*output.made, *copies.made),
        problems=(*output.problems, *copies.problems),
    )
