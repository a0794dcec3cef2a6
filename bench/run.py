"""How fast sitegen is beside other tools: all of them on the same posts, in one run.

    python bench/run.py [--sizes 1000,10000] [--rounds 5,2] [--peers hugo,eleventy] [--report FILE]
    python bench/run.py --help

`make bench` runs this. The tools are installed in BENCH_HOME (else in `sitegen-bench` of the user's
caches), where the sites are built and every figure is kept as JSON, too. A tool that cannot be
installed, or leaves something out, is named in the report. Ctrl-C leaves nothing running.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.features import look_through
from bench.install import Installed, install
from bench.measure import FailedError, adopt, end_children, find_peak, time_run
from bench.places import EDITS, Site, expect_shown
from bench.report import WORDS, write_report
from bench.results import SCENES, Peak, Results, Run, describe_machine
from bench.tools import TOOLS, Tool

REPOSITORY = Path(__file__).parents[1]
PEERS = [tool.name for tool in TOOLS if not tool.ours]
TURNS = 3  # of ours in a round, of each change: a hundred milliseconds are easily disturbed
SCALING_ROUNDS = 2


def main() -> None:
    """Measure, and write the report."""
    options = read_options()
    adopt()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.default_int_handler)
    begun = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    results = Results(begun=begun, machine=describe_machine(REPOSITORY))
    file = options.home / "runs" / f"{begun}.json"
    try:
        bench = Bench(options, results, file)
        bench.prepare()
        for size, rounds in zip(options.sizes, options.rounds, strict=True):
            bench.compare(size, rounds)
        for size in options.scaling:
            bench.scale(size)
        options.report.write_text(write_report(results), encoding="utf-8")
        print(f"{options.report}\n{file}", flush=True)  # to clear away takes a minute
    except KeyboardInterrupt:
        sys.exit(f"\nstopped; what was measured is in {file}")
    finally:
        end_children()
        shutil.rmtree(options.home / "work", ignore_errors=True)


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = os.environ.get("BENCH_HOME") or caches / "sitegen-bench"
    add = parser.add_argument
    add("--home", type=Path, default=Path(home), help="where everything is (BENCH_HOME)")
    add("--sizes", type=numbers, default=[1000, 10_000], help="numbers of posts")
    add("--rounds", type=numbers, default=[5, 2], help="of each size; the last one of all others")
    add("--peers", type=names, default=PEERS, help=", ".join(PEERS))
    add("--most", type=int, default=1000, help="posts for peers other than Hugo, at most")
    add("--changes", type=names, default=["hugo"], help="peers that build after changes, too")
    add("--scaling", type=numbers, default=[100, 1000, 10_000, 50_000], help="of sitegen alone")
    add("--report", type=Path, default=REPOSITORY / "bench/RESULTS.md", help="what is written")
    options = parser.parse_args()
    if unknown := set(options.peers) - set(PEERS):
        parser.error(f"{', '.join(unknown)} is none of {', '.join(PEERS)}")
    options.home = options.home.resolve()
    options.rounds += options.rounds[-1:] * len(options.sizes)
    options.rounds = options.rounds[: len(options.sizes)]
    return options


def numbers(text: str) -> list[int]:
    """`1000,10000`; nothing for an empty text."""
    return [int(each) for each in text.split(",") if each]


def names(text: str) -> list[str]:
    """`hugo,eleventy`."""
    return [each for each in text.split(",") if each]


class Bench:
    """A measurement under way."""

    def __init__(self, options: argparse.Namespace, results: Results, file: Path) -> None:
        self.options, self.results, self.file = options, results, file
        self.tools: dict[str, tuple[Tool, Installed]] = {}
        self.left: set[Path] = set()
        """Sites of tools that fell out on the way."""

    def prepare(self) -> None:
        """Install what is not there."""
        (self.options.home / "work").mkdir(parents=True, exist_ok=True)
        for tool in TOOLS:
            if tool.ours or tool.name in self.options.peers:
                try:
                    self.tools[tool.name] = tool, install(tool, self.options.home)
                except FailedError as error:
                    self.leave_out(tool.name, error)
                else:
                    self.results.versions[tool.name] = self.tools[tool.name][1].versions
        self.results.save(self.file)

    def compare(self, size: int, rounds: int) -> None:
        """All tools at one size: memory first, which warms everything; then in turns."""
        sites = []
        for tool, _ in self.tools.values():
            if tool.ours or tool.name == "hugo" or size <= self.options.most:
                site = self.open(tool, size)
                if peak := self.find_peak(site, "cold"):
                    self.results.peaks.append(peak)
                    sites.append(site)
        self.results.rounds[size] = rounds
        for number in range(rounds):
            # What a tool leaves behind, hundreds of deleted files say, costs whoever comes next
            # (`Site.clear`); in turns, that would be the same one in nearly all rounds.
            order = Random(number).sample(sites, len(sites))  # noqa: S311
            for scene in SCENES:
                for site in order:
                    if self.takes_part(site, scene):
                        self.results.runs += self.take_turns(site, scene, number)
                self.results.save(self.file)

    def scale(self, size: int) -> None:
        """Only ours, from nothing and with nothing changed."""
        tool, _ = self.tools[TOOLS[0].name]
        site = self.open(tool, size)
        peaks = (self.find_peak(site, scene) for scene in ("cold", "same"))
        self.results.scaling_peaks += filter(None, peaks)
        for number in range(SCALING_ROUNDS):
            for scene in ("cold", "same"):
                self.results.scaling += self.take_turns(site, scene, number)
        self.results.save(self.file)

    def open(self, tool: Tool, size: int) -> Site:
        """A new site."""
        folder = self.options.home / "work" / f"{tool.name}-{size}"
        site = Site(tool, self.tools[tool.name][1], folder, size)
        site.fill()
        return site

    def takes_part(self, site: Site, scene: str) -> bool:
        """Whether it is to be measured there."""
        changes = site.tool.ours or site.tool.name in self.options.changes
        return (changes or scene == "cold") and site.folder not in self.left

    def find_peak(self, site: Site, scene: str) -> Peak | None:
        """The memory of a build; nothing if it failed."""
        try:
            mebibytes = find_peak(site.command)
            counted = look_through(site)
        except FailedError as error:
            self.leave_out(f"{site.tool.name}, {site.size:,} posts", error)
            return None
        name, size = site.tool.name, site.size
        print(f"{name:16}{size:7,}  {scene:9}{mebibytes:8.0f} MiB", flush=True)
        self.results.counted[f"{name} {size}"] = counted
        return Peak(name, size, scene, mebibytes)

    def take_turns(self, site: Site, scene: str, number: int) -> Iterator[Run]:
        """What a scene costs in this round; a tool that fails is not asked again."""
        turns = TURNS if site.tool.ours and scene != "cold" else 1
        try:
            for turn in range(number * TURNS, number * TURNS + turns):
                yield measure(site, scene, number, turn)
        except FailedError as error:
            self.leave_out(f"{site.tool.name}, {site.size:,} posts, {WORDS[scene]}", error)
            self.left.add(site.folder)

    def leave_out(self, what: str, why: FailedError) -> None:
        """Say so, now and in the report."""
        print(f"{what} is left out: {why}", file=sys.stderr, flush=True)
        last = str(why).strip().splitlines()[-1]
        here = {str(self.options.home): "BENCH_HOME", str(Path.home()): "~"}
        for path, name in here.items():
            last = last.replace(path, name)
        self.results.left_out[what] = last


def measure(site: Site, scene: str, number: int, turn: int) -> Run:
    """One build, after what the scene asks for; raises FailedError."""
    expected: list[tuple[str, str]] = []
    if scene == "cold":
        site.restore(turn)
        site.clear()
    elif scene in EDITS:
        expected = site.edit(scene, turn)
    os.sync()  # what was written before is not on the account of this build
    load = os.getloadavg()[0]
    cost = time_run(site.command)
    expect_shown(site, expected)
    if scene in ("cold", EDITS[-1]):
        look_through(site)
    name, size = site.tool.name, site.size
    text = f"{name:16}{size:7,}  {scene:9}{cost.wall:8.3f} s, {cost.cpu:.3f} s of CPU"
    print(f"{text}, load {load:.1f}", flush=True)
    return Run(name, size, scene, number, cost.wall, cost.cpu, load)


if __name__ == "__main__":
    main()
