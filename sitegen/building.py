"""The command that writes a site: as little of it as the last build left to do.

Comes in: the options of `sitegen build`. Goes out: the output folder, words for the writer, an
exit code. Where nothing changed since the last build, that is seen from digests alone, and
neither the libraries of the stages nor their values are loaded.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from sitegen.errors import Problem
from sitegen.inputs import Look, Survey, read_inputs, refuse_sources
from sitegen.ledger import URLS, names_beyond
from sitegen.lock import LOCK
from sitegen.making import Chosen, Clock, make, read_clock, run_with
from sitegen.memo import Memo
from sitegen.receipts import FOLDER, Receipt, Receipts, is_whole, needed
from sitegen.screen import WRONG_SITE, Screen
from sitegen.summary import Done, summarise

if TYPE_CHECKING:
    from sitegen.build import Built, Inputs, Memory
    from sitegen.output import Claim

MOST_WARNINGS = 20
RARELY = 1_000_000
KEPT: list[object] = []
"""The last build: the process ends after it, and need not take it apart."""


class Options(NamedTuple):
    """As the command line has them."""

    drafts: bool
    future: bool
    strict: bool
    keep_going: bool
    verify: bool
    no_cache: bool
    jobs: int | None
    timings: bool
    locked: bool
    scheduler: str | None = None


class Task(NamedTuple):
    """One run of the command, and what is known before anything is built."""

    screen: Screen
    output: Path
    options: Options
    clock: Clock
    chosen: Chosen
    seen: Survey
    receipts: Receipts
    former: Receipt | None
    is_whole: bool
    """Whether the output is what the former build left."""
    claim: Callable[[], Claim]
    """The output folder, of which nothing is wanted before there is something to stage."""


def build_site(screen: Screen, output: Path, options: Options) -> int:
    """Write the site; the exit code of the command."""
    gc.set_threshold(RARELY)  # nearly all that a build makes is kept, or gone at once
    refuse_sources(output, screen.site)
    clock = Clock()
    chosen = Chosen(read_clock(), drafts=options.drafts, future=options.future)
    receipts = Receipts(screen.site, output, drafts=chosen.drafts, future=chosen.future)
    look = Look(screen.site)
    former = None if options.no_cache else receipts.read()
    is_there = former is not None and is_whole(former, output)
    seen = look.result(builds=former is None)
    clock.lap("read")
    with ExitStack() as stack:

        @cache
        def claim() -> Claim:
            from sitegen.output import Claim

            return stack.enter_context(Claim(output))

        task = Task(screen, output, options, clock, chosen, seen, receipts, former, is_there, claim)
        done = _find(task, former) if former and is_there else None
        done = done or _build(task)
        KEPT[:] = task, done
    if done is None:
        return WRONG_SITE
    wrong = _is_wrong(done.problems, options)
    if not (wrong and screen.as_json):
        summarise(screen, done, output, clock.stages if options.timings else None)
    return WRONG_SITE if wrong else 0


# --- nothing to do -------------------------------------------------------------------------------


def _find(task: Task, former: Receipt) -> Done | None:
    """The last build, if it saw the same files on an equal day and its output is untouched."""
    options, now = task.options, task.chosen.now
    if options.verify or task.screen.verbose or _is_wrong(former.problems, options):
        return None
    if former.inputs != task.seen.digest() or not former.is_of(now) or former.unmarked:
        return None
    task.clock.lap("compare")
    _report(task, former.problems)
    files = len(former.paths) - 1  # the manifest is none
    written = {"new": 0, "changed": 0, "removed": 0, "unchanged": files}
    return Done(former.problems, former.left_out, former.pages, files, written)


# --- something to do -----------------------------------------------------------------------------


def _build(task: Task) -> Done | None:
    """Build and write; None if the site is too wrong to be written."""
    memory = _remembered(task)
    inputs = read_inputs(task.screen.site, task.seen)
    options = task.options
    how: Any = {"jobs": options.jobs, "locked": options.locked, "scheduler": options.scheduler}
    how |= {"memory": memory, "claim": task.claim}
    built = make(task.screen, task.clock, inputs, task.chosen, **how)
    if inputs.config.hosting.compress:
        _say_what_compresses(task.screen)
    if built.lock is not None:
        _write_lock(task.screen, LOCK, built.lock)
        task.screen.say(f"{LOCK} has what models made of these texts: commit it with them")
        task = task._replace(seen=replace(task.seen, lock=built.lock))
    built = _checked(task, built)
    written = _publish(task, built, replace(inputs, lock=task.seen.lock))
    if not task.options.no_cache:
        memory.memo.settle(lambda: needed(task.screen.site))
        task.clock.lap("remember")
    if written is None:
        return None
    snapshot = built.snapshot
    files = len(snapshot.artifacts)
    return Done(snapshot.problems, snapshot.left_out, built.page_count, files, written, built)


def _say_what_compresses(screen: Screen) -> None:
    from sitegen.hosting import has_brotli

    if not has_brotli():
        screen.say('files have .gz beside them, and no .br: pip install "sitegen[brotli]"')


def _checked(task: Task, built: Built) -> Built:
    """The build; with a mistake more if it is to be as locked and has addresses of its own."""
    from dataclasses import replace as replace_in

    from sitegen.errors import LockError

    if not (task.options.locked and task.seen.urls) or task.chosen.drafts or task.chosen.future:
        return built
    names = names_beyond(task.seen.urls, built.urls)
    if not names:
        return built
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    hint = f"build without --locked, and commit {URLS} with the sources"
    problem = LockError(f'{URLS} does not know "{names[0]}"{more}', hint=hint).problem()
    snapshot = replace(built.snapshot, problems=(*built.snapshot.problems, problem))
    return replace_in(built, snapshot=snapshot)


def _keep_urls(task: Task, built: Built) -> Task:
    """Write down what is published now, if this is the site as readers see it."""
    former, now = task.seen.urls, built.urls
    if now == former or task.options.locked or task.chosen.drafts or task.chosen.future:
        if task.options.locked and not former:
            task.screen.say(f"there is no {URLS}, so addresses are not kept: build and commit it")
        return task
    _write_lock(task.screen, URLS, now)
    if names := names_beyond(former, now):
        told = f"{len(names)} new names" if former else "every address of the site"
        task.screen.say(f"{URLS} has {told}: commit it with the sources")
    return task._replace(seen=replace(task.seen, urls=now))


def _write_lock(screen: Screen, name: str, lock: bytes) -> None:
    """Keep a lock file beside the sources, at one stroke."""
    from sitegen.errors import OutputError

    path = screen.site / name
    fresh = path.with_name(f".{name}.{os.getpid()}")
    try:
        fresh.write_bytes(lock)
        fresh.replace(path)
    except OSError as error:
        raise OutputError(f"{name} cannot be written: {error.strerror}") from error
    finally:
        fresh.unlink(missing_ok=True)


def _remembered(task: Task) -> Memory:
    from sitegen.build import Memory

    if task.options.no_cache:
        return Memory(Memo())
    memo = Memo(task.screen.site / FOLDER)
    plan = task.receipts.plan() if task.former else "no earlier build is remembered"
    return Memory(memo, None, plan) if isinstance(plan, str) else Memory(memo, plan)


def _publish(task: Task, built: Built, inputs: Inputs) -> Mapping[str, int] | None:
    """Write what was built, unless it is too wrong: how many files are new, changed and so on."""
    import msgspec

    from sitegen.output import write
    from sitegen.receipts import receipt_of, seen_of

    snapshot, chosen, options = built.snapshot, task.chosen, task.options
    _report(task, snapshot.problems)
    wrong = _is_wrong(snapshot.problems, options)
    made = bool(snapshot.artifacts)  # a broken template leaves nothing, not even old pages
    if wrong and not (made and options.keep_going):
        more = "; --keep-going writes what can be written" if made else ""
        task.screen.say_last(f"nothing was written{more}")
        return None
    if options.verify:
        from sitegen.proving import compare, prove

        def remake(inputs: Inputs) -> Built:
            return make(task.screen, Clock(), inputs, chosen, jobs=1, locked=True)

        clean = make(task.screen, Clock(), inputs, chosen, jobs=1)
        compare(task.screen, built, clean)
        prove(task.screen, clean, inputs, remake)  # the same files, and their bytes are at hand
    if not wrong:
        task = _keep_urls(task, built)
    seen = seen_of(task.former)
    drafts = chosen.drafts or chosen.future
    run = run_with(task.screen, task.clock, inputs, options.jobs)
    how: Any = {"seen": seen, "spread": partial(run, "write"), "claim": task.claim()}
    how |= {"is_whole": task.is_whole}
    written = write(snapshot, task.output, url=inputs.config.url, drafts=drafts, **how)
    if not (wrong or options.no_cache):
        task.receipts.write(receipt_of(built, task.seen.digest(), seen), built.plan)
    task.clock.lap("write")
    counts: dict[str, int] = msgspec.to_builtins(written)
    return counts


# --- words ---------------------------------------------------------------------------------------


def _is_wrong(problems: Sequence[Problem], options: Options) -> bool:
    """Whether the site may not be published."""
    return any(options.strict or each.severity == "error" for each in problems)


def _report(task: Task, problems: Sequence[Problem]) -> None:
    """Show what is wrong."""
    if not task.screen.as_json or _is_wrong(problems, task.options):
        most = None if task.options.strict else MOST_WARNINGS
        task.screen.report(problems, most_warnings=most)
