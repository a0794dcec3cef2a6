"""What a build came to, in words for a writer or in values for a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from sitegen.errors import Problem
from sitegen.lock import LOCK
from sitegen.model import LeftOut
from sitegen.screen import Screen

if TYPE_CHECKING:
    from sitegen.build import Built

SLOWEST = 10


class Done(NamedTuple):
    """What a build comes to, made now or found to be there."""

    problems: Sequence[Problem]
    left_out: Sequence[LeftOut]
    pages: int
    files: int
    written: Mapping[str, int]
    built: Built | None = None


def summarise(screen: Screen, done: Done, output: Path, stages: Mapping[str, float] | None) -> None:
    """Say what a build came to, and with `stages` where its seconds went."""
    from msgspec import to_builtins

    slowest = _slowest(done.built) if done.built and stages is not None else []
    if screen.as_json:
        screen.report(
            done.problems,
            output=str(output),
            pages=done.pages,
            files=done.files,
            written=done.written,
            left_out=to_builtins(done.left_out),
            timings=stages or {},
            slowest={path: seconds for seconds, path in slowest},
        )
        return
    for each in done.left_out:
        screen.say(f"left out {each.path}: {each.why}")
    if done.built and screen.verbose:
        for path, artifact in done.built.snapshot.artifacts.items():
            screen.say(f"{path}  from {', '.join(artifact.made_from)}", detail=True)
    if done.built and (unmarked := done.built.unmarked):
        titles = "1 title has" if unmarked == 1 else f"{unmarked} titles have"
        how = "build without --locked where the model is (sitegen models get), and commit"
        screen.say(f"{titles} no mark yet: {how} {LOCK}")
    changes = ", ".join(f"{n} {what}" for what, n in done.written.items() if n)
    screen.say(f"{done.pages} pages in {output} ({changes})")
    for stage, seconds in (stages or {}).items():
        click.echo(f"{stage:>8} {seconds * 1000:8.0f} ms")
    for seconds, path in slowest:
        click.echo(f"{seconds * 1000:8.1f} ms  {path}")


def _slowest(built: Built) -> list[tuple[float, str]]:
    """The sources that took longest to parse, in this build, in seconds of computing."""
    times = [(row.seconds, path) for path, row in built.plan.sources.items() if row.seconds]
    return sorted(times, reverse=True)[:SLOWEST]
