"""A site's folder to a build in memory: with the processes that work and what is remembered.

Comes in: what the command line asks for. Goes out: a `Built`, and how long each stage took. The
clock is read here, once.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from sitegen.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sitegen.build import Built, Inputs, Memory
    from sitegen.build.readings import Reader
    from sitegen.build.stage import Run, Work
    from sitegen.errors import Problem
    from sitegen.model import Config, Prompt, Reading
    from sitegen.output import Claim


MANY = 100
"""Sources from which on their parsing takes longer than what is made ready meanwhile."""


class Chosen(NamedTuple):
    """What of a site is published, and when."""

    now: datetime
    drafts: bool = False
    future: bool = False


class Clock:
    """How long each stage took, in seconds of wall time."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """What went by since the last lap belongs to `stage`."""
        now = time.perf_counter()
        self.stages[stage] = self.stages.get(stage, 0.0) + now - self._last
        self._last = now


def read_clock() -> datetime:
    """The one reading of the clock; SOURCE_DATE_EPOCH sets it for a reproducible build."""
    from sitegen.errors import ConfigError

    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        return datetime.now(UTC)
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ConfigError(
            f'SOURCE_DATE_EPOCH is "{epoch}"', hint="it is a number of seconds since 1970"
        ) from error


def make(  # noqa: PLR0913 - the screen and the clock are only told
    screen: Screen,
    clock: Clock,
    inputs: Inputs,
    chosen: Chosen,
    *,
    jobs: int | None = None,
    memory: Memory | None = None,
    locked: bool = False,
    scheduler: str | None = None,
    claim: Callable[[], Claim] | None = None,
) -> Built:
    """Build in memory, with a progress bar where it takes long and someone watches.

    `locked`: no model is asked; what they made of texts is known already, or missing.
    `claim`: the folder that is written to next, beside which much is staged at once.
    """
    from sitegen.build import build
    from sitegen.build.readings import refuse

    reader = refuse if locked else read_with(screen, clock)
    with ExitStack() as stack:
        who = None
        if scheduler is not None:
            from sitegen.scheduler import connect, run_on

            who = partial(run_on, stack.enter_context(connect(scheduler, screen.say)))
        run = run_with(screen, clock, inputs, jobs, who, claim)
        built = build(inputs, run, memory=memory, reader=reader, **chosen._asdict())
    clock.lap("collect")
    return built


def limit_of(config: Config) -> float:
    """Seconds after which a worker is ended; its own alarm, of computing only, comes first."""
    return 3 * config.markup.max_seconds + 2


def run_with(  # noqa: PLR0913, PLR0917
    screen: Screen,
    clock: Clock,
    inputs: Inputs,
    jobs: int | None = None,
    who: Any = None,
    claim: Callable[[], Claim] | None = None,
) -> Run:
    """How the work of a stage is done: in processes of its own, or as `who` does instead."""
    from sitegen import workers
    from sitegen.build.ahead import get_ready
    from sitegen.build.stage import ended

    run = who or workers.run
    limit = limit_of(inputs.config)

    def run_watched(stage: str, work: Any, total: int, lost: Any) -> Iterator[bytes]:
        clock.lap(_before(stage, clock))
        # A process is worth its start from some twenty tasks on, or from one picture on.
        count = jobs or min(os.cpu_count() or 1, 1 + total // (1 if stage == "pictures" else 20))
        # Whoever parses much will render much.
        meanwhile = get_ready(inputs.templates) if stage == "parse" and total > MANY else iter(())
        if stage == "render" and total > MANY and claim and not who:
            work, lost = _staged(work, lost, claim())
        with screen.progress(total, stage) as done:
            how = {"jobs": count, "limit": limit, "lost": lost, "done": done}
            with ended(run(work, total, meanwhile=meanwhile, **how)) as results:
                yield from results
        clock.lap(stage)

    return run_watched


def _staged(work: Work, lost: Any, claim: Claim) -> tuple[Work, Any]:
    """The work of rendering, staged by who does it, so that its bytes travel no further."""
    from msgspec import msgpack
    from msgspec.structs import replace

    from sitegen.build.stage import Rendered

    try:
        claim.begin()
    except OSError:  # writing will say so
        return work, lost

    def work_and_stage(index: int) -> bytes:
        raw = work(index)
        made = msgpack.decode(raw, type=Rendered)
        if any(entry.immutable for _, entry in made.entries):  # a picture: it is remembered
            return raw
        try:
            return msgpack.encode(replace(made, artifacts=tuple(map(claim.keep, made.artifacts))))
        except OSError:
            return raw

    def doubt(index: int, why: str) -> bytes:
        claim.is_known = False
        answer: bytes = lost(index, why)
        return answer

    return work_and_stage, doubt


def _before(stage: str, clock: Clock) -> str:
    """What the time belongs to that went by before a stage shared out its work."""
    if stage == "parse":
        return "parse" if "parse" in clock.stages else "read"
    return "write" if stage == "write" else "assemble"


def read_with(screen: Screen, clock: Clock) -> Reader:
    """How real models are asked: with a word to the writer, since it takes seconds."""

    def read(prompts: Sequence[Prompt]) -> Mapping[Prompt, Reading | Problem]:
        from sitegen.models.reading import read_prompts
        from sitegen.models.store import find

        clock.lap("parse")
        if any(find(prompt.model) for prompt in prompts):
            screen.say(f"reading {len(prompts)} texts with real models")
        readings = read_prompts(prompts)
        clock.lap("models")
        return readings

    return read


def make_from(screen: Screen, chosen: Chosen) -> Built:
    """Build the site for a command that writes no output, from what is remembered."""
    from sitegen.build import Memory
    from sitegen.inputs import read_inputs
    from sitegen.memo import Memo
    from sitegen.receipts import FOLDER, needed

    site = screen.site
    memo = Memo(site / FOLDER)
    built = make(screen, Clock(), read_inputs(site), chosen, memory=Memory(memo))
    memo.settle(lambda: needed(site))
    return built
