"""What a run has found out: it is kept as JSON, and the report is made of it.

Durations are in seconds, memory in MiB. A ratio compares what was measured in the same round, so
that a machine that is slower for a while is slower for both.
"""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import NamedTuple

import msgspec

from bench.features import Counted

CHANGES = ("same", "body", "title", "tag", "template")
SCENES = ("cold", *CHANGES)


class Run(msgspec.Struct, frozen=True):
    """One run of one tool."""

    tool: str
    size: int
    scene: str
    round: int
    wall: float
    cpu: float
    load: float
    """Of the machine, before it."""


class Peak(msgspec.Struct, frozen=True):
    """The most memory of all processes of a run."""

    tool: str
    size: int
    scene: str
    mebibytes: float


class Results(msgspec.Struct):
    """All of a measurement."""

    begun: str
    machine: dict[str, str]
    rounds: dict[int, int] = {}
    """By size."""
    versions: dict[str, str] = {}
    left_out: dict[str, str] = {}
    counted: dict[str, Counted] = {}
    """By "tool size"."""
    runs: list[Run] = []
    peaks: list[Peak] = []
    scaling: list[Run] = []
    scaling_peaks: list[Peak] = []

    def save(self, file: Path) -> None:
        """Write it."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1))


class Spread(NamedTuple):
    """The median, the least and the most of several rounds."""

    middle: float
    least: float
    most: float


def spread(values: Sequence[float]) -> Spread:
    """Of at least one value."""
    return Spread(median(values), min(values), max(values))


def by_round(runs: Sequence[Run], tool: str, size: int, scene: str, what: str) -> dict[int, float]:
    """`wall` or `cpu` of each round; where a scene was run several times, the median."""
    chosen = [run for run in runs if (run.tool, run.size, run.scene) == (tool, size, scene)]
    return {
        number: median(getattr(run, what) for run in chosen if run.round == number)
        for number in sorted({run.round for run in chosen})
    }


def ratio(own: dict[int, float], other: dict[int, float]) -> Spread | None:
    """Of what both did in the same rounds; none where there is no such round."""
    both = [own[number] / other[number] for number in own if number in other]
    return spread(both) if both else None


def describe_machine(repository: Path) -> dict[str, str]:
    """What it is that all ran on, and what was measured."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _commit(repository),
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{memory:.1f} GiB",
        "system": f"{system}, {platform.system()} {platform.release().partition('-')[0]}",
        "load at the start": f"{os.getloadavg()[0]:.2f}",
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _commit(repository: Path) -> str:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(repository), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

    changed = git("status", "--porcelain", "--", "sitegen", "templates", "static", "pyproject.toml")
    return git("rev-parse", "--short", "HEAD") + (" and changes" if changed else "")
