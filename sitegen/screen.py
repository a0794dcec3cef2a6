"""The terminal: what a command prints, how its problems look, and how it ends.

Beside `cli` the only module that prints and exits.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from sitegen.errors import ConfigError, Problem, SiteError, as_data, show, together
from sitegen.package import theme_folder

WRONG_SITE, WRONG_USE, INTERRUPTED = 1, 2, 130
EXIT_CODES: Mapping[int, str] = {
    0: "all is done, or there is nothing to do",
    WRONG_SITE: "the site is wrong, or the disk or the target refused something",
    WRONG_USE: "the command line or `site.toml` is wrong, or a tool or a credential is missing",
    3: "`deploy`: more would be deleted or replaced than is usual",
    4: "`deploy`: what was built must not be published: drafts, changed files, a key",
    5: "`deploy`: somebody else deploys",
    6: "`deploy`: what was read back is not what was sent",
    INTERRUPTED: "interrupted",
}
"""How a command ends, and what the manual says of it."""
LONGEST_READ = 10_000_000  # characters of a file, for an excerpt

F = TypeVar("F", bound=Callable[..., Any])


def common(command: F) -> F:
    """Give a command the options that every command of a site has, as one `Screen`."""
    site = click.option(
        "-s",
        "--site",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path(),
        help="The folder that holds site.toml.  [default: this folder]",
    )
    return site(without_site(command))


def without_site(command: F) -> F:
    """Give a command the options that say how it prints, as one `Screen`."""

    @click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json"]),
        default="text",
        help="How results and problems are printed.",
    )
    @click.option("-q", "--quiet", is_flag=True, help="Print problems only.")
    @click.option("-v", "--verbose", is_flag=True, help="Print each file that changed hands.")
    @wraps(command)
    def wrapped(
        form: str, *, quiet: bool, verbose: bool, site: Path = Path(), **options: Any
    ) -> Any:
        screen = Screen(site, form == "json", quiet=quiet, verbose=verbose)
        return screen.guard(command, **options)

    return wrapped  # type: ignore[return-value]


class Screen:
    """Where a command's words go: lines for a person, or one JSON object."""

    def __init__(self, site: Path, as_json: bool, *, quiet: bool, verbose: bool) -> None:  # noqa: FBT001
        self.site, self.as_json, self.quiet, self.verbose = site, as_json, quiet, verbose
        self.texts: dict[str, str] = {}
        """What is no file of the site, for excerpts: by the name that problems give it."""

    def say(self, line: str, *, detail: bool = False) -> None:
        """One line of progress; `detail` only where asked for."""
        if not self.quiet and not self.as_json and (self.verbose or not detail):
            click.echo(line)

    def result(self, data: Any, text: str) -> None:
        """What the command was asked for."""
        click.echo(_json(data) if self.as_json else text)

    @contextmanager
    def progress(self, total: int, label: str) -> Iterator[Callable[[int], None]]:
        """A bar on standard error once the work takes over a second and a person watches."""
        watched = sys.stderr.isatty() and not self.quiet and not self.as_json
        start = time.monotonic()
        bar = click.progressbar(length=total, label=label, file=sys.stderr)

        def done(finished: int) -> None:
            if watched and time.monotonic() - start > 1:
                bar.update(finished - bar.pos)

        try:
            yield done
        finally:
            if watched and bar.pos:
                bar.render_finish()  # the bar hides the cursor

    @contextmanager
    def stages(self) -> Iterator[Callable[[str, int, int], None]]:
        """A bar for each stage of work: called with its name, what is done and what there is."""
        watched = sys.stderr.isatty() and not self.quiet and not self.as_json
        bars: dict[str, Any] = {}

        def show_stage(stage: str, done: int, total: int) -> None:
            if stage not in bars:
                _finish(bars)
                bars[stage] = click.progressbar(length=total or 1, label=stage, file=sys.stderr)
                if not watched:
                    self.say(stage, detail=True)
            if watched:
                bars[stage].update(done - bars[stage].pos)

        try:
            yield show_stage
        finally:
            _finish(bars)

    def report(
        self, problems: Sequence[Problem], *, most_warnings: int | None = None, **data: Any
    ) -> None:
        """All errors in the order of the files, and as many warnings as can be read.

        For a person, a mistake in a template is one, on however many pages; a program gets each.
        """
        lines = excerpts(self.site, self.texts)
        if self.as_json:
            click.echo(_json(data | {"problems": [as_data(each, lines) for each in problems]}))
            return
        warned, told = 0, together(problems)
        for each, others in told.items():
            warned += each.severity == "warning"
            if each.severity == "error" or most_warnings is None or warned <= most_warnings:
                click.echo(show(each, lines, others), err=True)
        if told:
            more = warned - (most_warnings or warned)
            hidden = f" ({more} not shown; sitegen check shows all)" if more > 0 else ""
            click.echo(_count(len(told) - warned, warned) + hidden, err=True)

    def say_last(self, line: str) -> None:
        """What a failed command ends with."""
        if not self.as_json:
            click.echo(line, err=True)

    def fail(self, problems: Sequence[Problem], code: int) -> NoReturn:
        """Report and exit."""
        self.report(problems)
        sys.exit(code)

    def guard(self, command: Callable[..., Any], **options: Any) -> Any:
        """Run a command; a mistake of the writer's ends it in words, a bug with a traceback."""
        try:
            return command(self, **options)
        except SiteError as error:
            self.fail([error.problem()], WRONG_USE if _is(error, ConfigError) else WRONG_SITE)
        except ExceptionGroup as group:
            errors = _leaves(group)
            if any(not isinstance(each, SiteError) for each in errors):
                raise
            code = WRONG_USE if all(_is(each, ConfigError) for each in errors) else WRONG_SITE
            self.fail([each.problem() for each in errors], code)
        except BrokenPipeError:  # `sitegen build | head` has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(WRONG_SITE)
        except OSError as error:  # what no room expected of the disk is still no bug
            what = f"{error.filename or 'the output'}: {(error.strerror or str(error)).lower()}"
            click.echo(f"error: {what}", err=True)
            sys.exit(WRONG_SITE)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            sys.exit(INTERRUPTED)


def _finish(bars: dict[str, Any]) -> None:
    """End the last bar where it was shown: it hides the cursor."""
    if bars and (bar := list(bars.values())[-1]).pos:
        bar.render_finish()


def _leaves(group: ExceptionGroup[Any]) -> list[SiteError]:
    out: list[Any] = []
    for each in group.exceptions:
        out += _leaves(each) if isinstance(each, ExceptionGroup) else [each]
    return out


def _is(error: SiteError, kind: type[SiteError]) -> bool:
    return error.problem().kind == kind.__name__


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2)


def _count(errors: int, warnings: int) -> str:
    words = [
        f"{n} {what}{'s' * (n != 1)}" for n, what in ((errors, "error"), (warnings, "warning"))
    ]
    return ", ".join(word for word, n in zip(words, (errors, warnings), strict=True) if n)


def excerpts(site: Path, texts: Mapping[str, str] | None = None) -> Callable[[str], Sequence[str]]:
    """The lines of a file of the site (or of the theme) for an excerpt, each file read once."""
    seen: dict[str, Sequence[str]] = {
        path: text.split("\n") for path, text in (texts or {}).items()
    }

    def lines_of(path: str) -> Sequence[str]:
        if path not in seen:
            seen[path] = ()
            for place in (site / path, theme_folder() / path):
                if place.is_symlink() or not place.is_file():  # a pipe would block for ever
                    continue
                with suppress(OSError), place.open(encoding="utf-8-sig", errors="replace") as file:
                    seen[path] = file.read(LONGEST_READ).split("\n")
                    break
        return seen[path]

    return lines_of
