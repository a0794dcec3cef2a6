"""The command line: thin commands over the stages. It reads the clock, once."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sitegen import __version__
from sitegen.screen import WRONG_SITE, Screen, common, without_site

if TYPE_CHECKING:
    from sitegen.build import Built, Inputs


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sitegen")
def main() -> None:
    """Build a site of essays and poems from plain Markdown."""
    # One BLAS thread in each process: figures are small, and threads do not survive a fork.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


# --- build and check -------------------------------------------------------------------------


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


def _now() -> datetime:
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


def make(  # noqa: PLR0913
    screen: Screen, clock: Clock, inputs: Inputs, *, jobs: int | None, drafts: bool, future: bool
) -> Built:
    """Build in memory, with a progress bar where it takes long and someone watches."""
    from sitegen.build import build
    from sitegen.workers import run

    # A process is worth its start from some twenty files on.
    count = jobs or min(os.cpu_count() or 1, 1 + len(inputs.sources) // 20)
    # The alarm inside the worker, which counts computing only, comes first.
    limit = 3 * inputs.config.markup.max_seconds + 2

    stages = iter((("read", "parse"), ("assemble", "render")))

    def run_watched(work: Any, total: int, lost: Any) -> list[bytes]:
        before, stage = next(stages)
        clock.lap(before)
        with screen.progress(total, stage) as done:
            results = run(work, total, jobs=count, limit=limit, lost=lost, done=done)
        clock.lap(stage)
        return results

    built = build(inputs, run_watched, now=_now(), drafts=drafts, future=future)
    clock.lap("collect")
    return built


@main.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the site is written.  [default: public/ in the site's folder]",
)
@click.option("--drafts", is_flag=True, help="Publish drafts too.")
@click.option("--future", is_flag=True, help="Publish what is dated in the future too.")
@click.option("--strict", is_flag=True, help="Warnings are errors.")
@click.option(
    "--keep-going", is_flag=True, help="Write what can be written even if the site is wrong."
)
@click.option("--verify", is_flag=True, help="Build twice, in other processes, and compare.")
@click.option("--no-cache", is_flag=True, help="Use no cache (this version keeps none).")
@click.option("--jobs", type=click.IntRange(1, 64), help="How many processes parse and render.")
@click.option("--timings", is_flag=True, help="Show how long each stage took.")
@common
def build(screen: Screen, **options: Any) -> None:
    """Write the site to a folder of files that any web server can serve."""
    from sitegen.inputs import read_inputs, refuse_sources
    from sitegen.output import write

    output = options["output"] or screen.site / "public"
    refuse_sources(output, screen.site)
    clock = Clock()
    inputs = read_inputs(screen.site)
    chosen = {"drafts": options["drafts"], "future": options["future"]}
    built = make(screen, clock, inputs, jobs=options["jobs"], **chosen)
    wrong = _report(screen, built, strict=options["strict"])
    made = bool(built.snapshot.artifacts)  # a broken template leaves nothing, not even old pages
    if wrong and not (made and options["keep_going"]):
        more = "; --keep-going writes what can be written" if made else ""
        screen.say_last(f"nothing was written{more}")
        sys.exit(WRONG_SITE)
    if options["verify"]:
        _verify(screen, built, make(screen, Clock(), inputs, jobs=1, **chosen))
    written = write(built.snapshot, output, url=inputs.config.url, drafts=any(chosen.values()))
    clock.lap("write")
    if not (wrong and screen.as_json):
        _summarise(screen, built, output, written, clock if options["timings"] else None)
    sys.exit(WRONG_SITE if wrong else 0)


def _report(screen: Screen, built: Built, *, strict: bool) -> bool:
    """Show what is wrong, and say whether it stands in the way of publishing."""
    problems = built.snapshot.problems
    wrong = any(strict or each.severity == "error" for each in problems)
    if wrong or not screen.as_json:
        screen.report(problems, most_warnings=None if strict else 20)
    return wrong


def _verify(screen: Screen, one: Built, other: Built) -> None:
    from sitegen.errors import OutputError

    names = one.snapshot.artifacts.keys() | other.snapshot.artifacts.keys()
    for name in sorted(names):
        if one.snapshot.artifacts.get(name) != other.snapshot.artifacts.get(name):
            raise OutputError(
                f'two builds of the same site differ in "{name}"',
                hint="this is a fault of sitegen, not of the site; please report it",
            )
    screen.say(f"verified: {len(names)} files are the same in two builds")


def _summarise(
    screen: Screen, built: Built, output: Path, written: Any, clock: Clock | None
) -> None:
    import msgspec

    from sitegen.build import left_out_lines

    snapshot = built.snapshot
    counts: dict[str, int] = msgspec.to_builtins(written)
    if screen.as_json:
        screen.report(
            snapshot.problems,
            output=str(output),
            pages=len(built.site.pages),
            files=len(snapshot.artifacts),
            written=counts,
            left_out=msgspec.to_builtins(snapshot.left_out),
            timings=clock.stages if clock else {},
        )
        return
    for line in left_out_lines(snapshot.left_out):
        screen.say(line)
    for path, artifact in snapshot.artifacts.items():
        screen.say(f"{path}  from {', '.join(artifact.made_from)}", detail=True)
    changes = ", ".join(f"{n} {what}" for what, n in counts.items() if n)
    screen.say(f"{len(built.site.pages)} pages in {output} ({changes})")
    if clock:
        for stage, seconds in clock.stages.items():
            click.echo(f"{stage:>8} {seconds * 1000:8.0f} ms")


@main.command()
@click.option("--drafts/--no-drafts", default=True, help="Check drafts too.  [default: yes]")
@common
def check(screen: Screen, *, drafts: bool) -> None:
    """Build in memory and report every problem; warnings count. Writes nothing."""
    from sitegen.inputs import read_inputs

    inputs = read_inputs(screen.site)
    built = make(screen, Clock(), inputs, jobs=None, drafts=drafts, future=True)
    if built.snapshot.problems:
        screen.fail(built.snapshot.problems, WRONG_SITE)
    count = len(built.site.pages)
    screen.result({"pages": count, "problems": []}, f"{count} pages, no problems")


@main.command()
@click.argument("target")
@common
def explain(screen: Screen, target: str) -> None:
    """Say where each value of a page came from, and what the page became.

    TARGET is a file of the site or of its output, or an address.
    """
    import msgspec

    from sitegen.explain import as_text
    from sitegen.explain import explain as explain_target
    from sitegen.inputs import read_inputs

    inputs = read_inputs(screen.site)
    built = make(screen, Clock(), inputs, jobs=None, drafts=False, future=False)
    here = Path(target).resolve()
    if here.is_file() and here.is_relative_to(screen.site.resolve()):
        target = here.relative_to(screen.site.resolve()).as_posix()
    explanation = explain_target(target, built, inputs.config)
    screen.result(msgspec.to_builtins(explanation), as_text(explanation))


# --- figures alone ---------------------------------------------------------------------------


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Where the files are written.  [default: this folder]",
)
@click.option("--csv", is_flag=True, help="Write the numbers too, as CSV files.")
@without_site
def figure(screen: Screen, file: str, output: Path, *, csv: bool) -> None:
    """Draw the attention figures of FILE as SVG files; needs no site.

    FILE is a Markdown file with `attention` blocks, or the lines of one block by themselves; - is
    standard input. A figure is called by its id, as bat.svg, or by the file and its number, as
    talk-1.svg; -v prints what it shows. Former drawings are replaced, other files never.
    """
    from sitegen.export import draw_file, write_figures

    if output.suffix == ".svg":
        raise click.BadParameter("it names a folder; the files are called by the figures' ids")
    source, figures, problems = draw_file(file)
    screen.texts[source.path] = source.text
    if any(each.severity == "error" for each in problems):
        screen.fail(problems, WRONG_SITE)
    stem = "figure" if file == "-" else Path(file).stem
    written = write_figures(figures, output, stem, csv=csv)
    screen.report(problems, figures=written)
    for each in written:
        screen.say("\n".join(each["files"]))
        screen.say(f"  {each['sentence']}", detail=True)


# --- new sites and sources -------------------------------------------------------------------


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--theme", is_flag=True, help="Copy the theme too, to be changed by hand.")
@click.option("-q", "--quiet", is_flag=True, help="Print problems only.")
def init(folder: Path, *, theme: bool, quiet: bool) -> None:
    """Make a new site in FOLDER: a post, a poem and a figure, ready to build."""
    from sitegen.scaffold import create_site

    screen = Screen(folder, as_json=False, quiet=quiet, verbose=False)
    created = screen.guard(lambda _screen: create_site(folder, with_theme=theme))
    screen.say("\n".join(f"created {folder / path}" for path in created))
    screen.say(f"now: sitegen build -s {folder}")


@main.group()
def new() -> None:
    """Begin a post, a poem or a page."""


def _add_new(kind: str) -> None:
    @new.command(kind, help=f"Begin a {kind} called TITLE, as a draft.")
    @click.argument("title")
    @common
    def command(screen: Screen, title: str) -> None:
        from sitegen.inputs import read_site_config
        from sitegen.scaffold import create_source

        config = read_site_config(screen.site)
        path = create_source(screen.site, config, kind, title, _now().date())
        screen.result({"created": str(path)}, str(path))


for _kind in ("post", "poem", "page"):
    _add_new(_kind)
