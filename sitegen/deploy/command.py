"""`sitegen deploy`: the stages joined.

Comes in: the options of the command. Goes out: a live site and an exit code: 0 done or nothing to
do · 1 the target failed, and the site is as whole as it was · 2 the command line, `site.toml`, a
tool or a credential · 3 a guard · 4 a tree that must not be published · 5 somebody else deploys ·
6 what was read back is wrong · 130 interrupted.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import click

from sitegen.deploy.config import TYPES, Settings, choose, read_targets
from sitegen.deploy.guards import refuse_harm
from sitegen.deploy.leaks import refuse_leaks
from sitegen.deploy.plan import Plan, Step, make_plan
from sitegen.deploy.releases import Keeping, Record, find_release, read_former, read_release
from sitegen.deploy.retry import Patience
from sitegen.deploy.run import Look, Run, look
from sitegen.deploy.screen import as_data, step_line, summary, table
from sitegen.deploy.target import Target
from sitegen.deploy.tree import Tree, open_tree
from sitegen.errors import DeployError
from sitegen.inputs import read_site_config
from sitegen.receipts import Receipts
from sitegen.screen import Screen


class Options(NamedTuple):
    """As the command line has them."""

    dry_run: bool = False
    to: str | None = None
    yes: bool = False
    max_deletes: int | None = None
    force_unlock: bool = False


class Task(NamedTuple):
    """One run of the command."""

    screen: Screen
    options: Options
    settings: Settings
    target: Target
    patience: Patience
    said: dict[str, Any]
    """What is printed as JSON at the end, whatever that is."""


def deploy_site(screen: Screen, name: str | None, output: Path, options: Options) -> int:
    """Deploy a site's output, or go back to a former release; the exit code of the command."""
    config = read_site_config(screen.site)
    text = (screen.site / "site.toml").read_text(encoding="utf-8")
    settings = choose(read_targets(text), name)
    said: dict[str, Any] = {"target": settings.name, "dry_run": options.dry_run, "done": False}
    try:
        target = open_target(settings, screen.site)
        patience = Patience(settings.patience, target.workers)
        task = Task(screen, options, settings, target, patience, said)
        said["place"] = target.name
        with _ended(target):
            _deploy(task, config.url, output)
    except DeployError as error:
        screen.report([error.problem()], **said)
        return error.code
    if screen.as_json:
        screen.report([], **said)
    return 0


def open_target(settings: Settings, site: Path) -> Target:
    """The target of these settings. Raises `UnusableError`; makes no request."""
    kind = next(kind for kind, struct in TYPES.items() if type(settings) is struct)
    target: Target = import_module(f"sitegen.deploy.{kind}").open_target(settings, site)
    return target


@contextmanager
def _ended(target: Target) -> Iterator[None]:
    """A target is closed at the end, also where this process is asked to go."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        target.close()
        signal.signal(signal.SIGTERM, former)


# --- the stages ----------------------------------------------------------------------------------


def _deploy(task: Task, url: str, output: Path) -> None:
    screen, options, target = task.screen, task.options, task.target
    if options.to is None:
        tree = open_tree(output, url)
        drafts, published = _texts(screen.site, output)
        with screen.progress(len(tree.files), "look for leaks") as done:
            refuse_leaks(tree, drafts, published, done)
        seen = look(target, tree, task.patience)
    else:
        tree, seen = _former_tree(task, options.to)
    plan = make_plan(
        tree.url,
        tree.files,
        seen.seen,
        atomic=target.atomic,
        keeping=Keeping(releases=task.settings.keep, days=task.settings.keep_days),
        now=datetime.now(UTC),
    )
    task.said.update(as_data(plan))
    _show(task, plan)
    if plan.steps:
        usual = task.settings.max_deletes
        refuse_harm(plan, usual=usual, asked=options.max_deletes, yes=options.yes)
    if not options.dry_run:
        if plan.steps:
            _ask(task, plan)
            _run(task, tree, plan, seen)
        task.said["done"] = True


def _texts(site: Path, output: Path) -> tuple[list[str], list[str]]:
    """The sources that the last build left out, and those that it did not."""
    receipt = Receipts(site, output).read()
    left_out = {each.path for each in receipt.left_out} if receipt else set()
    if not left_out:
        return [], []
    texts: tuple[list[str], list[str]] = [], []
    for path in sorted((site / "content").rglob("*.md")):
        if path.is_file():
            is_published = path.relative_to(site).as_posix() not in left_out
            texts[is_published].append(path.read_text(encoding="utf-8", errors="replace"))
    return texts


def _former_tree(task: Task, wanted: str) -> tuple[Tree, Look]:
    """A former release as a tree, whose bytes are read from the target where they are needed."""
    target = task.target
    empty = Tree("", {}, lambda _path: b"")
    record = look(target, empty, task.patience).seen.record or Record()
    past = find_release(record, wanted)
    files = task.patience.request(lambda: read_release(target, past))
    tree = Tree(record.url, files, lambda path: read_former(target, past, path, files[path]))
    return tree, look(target, tree, task.patience)


def _show(task: Task, plan: Plan) -> None:
    screen = task.screen
    if not plan.steps:
        screen.say(f"{task.target.name} is up to date (release {plan.release})")
        return
    what = "would be" if task.options.dry_run else "becomes"
    screen.say(f"{task.target.name} {what} release {plan.release}")
    for line in table(plan):
        screen.say(line)
    for step in plan.steps:
        screen.say(step_line(step), detail=True)
    screen.say(summary(plan))


def _ask(task: Task, plan: Plan) -> None:
    """A person is asked before something goes; a program is not, the guards are for that."""
    goes = any(step.reason == "gone" for step in plan.steps) or task.options.to
    watched = sys.stdin.isatty() and not task.screen.as_json
    if goes and watched and not task.options.yes and not click.confirm("deploy?"):
        raise DeployError("nothing was deployed", hint="--yes does not ask")


def _run(task: Task, tree: Tree, plan: Plan, seen: Look) -> None:
    screen, begun = task.screen, time.monotonic()
    steps = 0
    run = Run(task.target, tree, plan, task.patience)
    try:
        with screen.progress(len(plan.steps), "deploy") as done:

            def watch(_step: Step) -> None:
                nonlocal steps
                steps += 1
                done(steps)

            run.watch = watch
            checked = run.execute(seen, force=task.options.force_unlock)
    except (DeployError, KeyboardInterrupt):
        task.said.update(stopped_at=run.phase, steps_done=steps)
        if run.phase and run.phase != "verify":
            screen.say_last(
                f"stopped at: {run.phase} ({steps} of {len(plan.steps)} steps done); nothing that"
                " comes after was begun. The next deploy goes on from here"
            )
        raise
    task.said["verified"] = checked
    screen.say(
        f"deployed in {time.monotonic() - begun:.1f} s; {checked} files were read back"
        + (f"; {task.patience.waited} requests were tried again" if task.patience.waited else "")
    )
    if plan.former.release:
        screen.say(
            f"back to what it was: sitegen deploy {task.settings.name} --to {plan.former.release}"
        )
