"""The report of a run, in Markdown: goals, tables, versions, and what is not equal.

    python bench/report.py RUN.json [REPORT.md]

makes it again from what a run has kept.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.results import CHANGES, Peak, Results, Spread, by_round, ratio, spread
from bench.tools import TOOLS

OURS = "sitegen"
SMALL, LARGE = 1000, 10_000
MEASURED = ("wall", "cpu")
PAIRS = {
    "sitegen": ("sitegen", "wall"),
    "CPU": ("sitegen", "cpu"),
    "sitegen-default": ("sitegen-default", "wall"),
    "CPU of default": ("sitegen-default", "cpu"),
}
COLD = {"hugo": 0.85, "eleventy": 0.6}  # of all others, a quarter
WORDS = {
    "cold": "cold build",
    "same": "nothing changed",
    "body": "one body edited",
    "title": "one title edited",
    "tag": "one tag added",
    "template": "one template changed",
}
HOW = """\
Made by `make bench`, which measures it again. Every tool builds the same posts (some 600 words;
in 60 % one to three blocks of code of 0.75 KB each, notes in 26 %, tables in 19 %, verse in 10 %)
into the same things: a page for each
post, an index of 10 a page, a page for each tag and a list of the tags, one feed of 20, a sitemap.
Code is coloured when the site is built. After each cold build, and after each round of changes, all
of it is counted.

`sitegen` has these things and hardly any others, `sitegen-default` all that a site has by itself.
Both have the theme of the blog of this repository. The goals are those of `sitegen`.

The tools take turns, in another order in each round. A number is the median of the rounds, with the
least and the most in brackets. A ratio (÷) is the median of the ratios of the rounds; below 1
sitegen needs less. CPU is user and system time of all processes of a build. Memory is the most that
all processes of a cold build had together (proportional set size, looked at every 50 ms, in a build
that nobody timed). Before a cold build the output and all caches are put away; what the system
keeps of files in memory is not, nor what is of the program alone: Python's compiled modules, and
sitegen's own templates and expressions as it compiled them in its first run."""
CHANGED = """\
Each change is another one in each round. It is looked for in the output: in the page of the post,
for a title on the page of a tag, too, for a tag on its page, for a template in every page that it
makes. Ours are made three times a round, of which the median counts."""
LINEAR = """\
Where time is linear in the number of posts, a further post takes as long in each row."""


class Goal(NamedTuple):
    """A ratio, and what it may be at most."""

    what: str
    size: int
    limit: float
    found: Spread | None


def write_report(results: Results) -> str:
    """All of it."""
    parts = [
        "# Speed",
        HOW,
        _table(["", ""], _machine(results)),
        "## Goals",
        _goals(results),
        "## Cold builds",
        *(_cold(results, size) for size in results.rounds),
        "## What a change costs",
        CHANGED,
        *(_changes(results, size) for size in results.rounds),
    ]
    if results.scaling:
        parts += ["## sitegen alone", _scaling(results)]
    parts += ["## What is not equal", _unequal(results), "## Versions", _versions(results)]
    if results.left_out:
        left_out = (f"- {tool}: {why}" for tool, why in results.left_out.items())
        parts += ["## Left out", "\n".join(left_out)]
    return "\n\n".join(parts) + "\n"


def find_goals(results: Results) -> Iterator[Goal]:
    """All that could be compared in this run; in fewer posts one would see how programs start."""
    for size in filter(SMALL.__le__, results.rounds):
        for tool in _peers(results, size):
            what = f"{WORDS['cold']} ÷ {tool}"
            yield Goal(what, size, COLD.get(tool, 0.25), _ratio(results, size, "cold", tool))
        limits = {"same": 1 / 40 if size >= LARGE else 1 / 12}
        if size >= LARGE:
            limits |= dict.fromkeys(("title", "tag", "template"), 1 / 10)
        for scene, limit in limits.items():
            found = _ratio(results, size, scene, "hugo")
            yield Goal(f"{WORDS[scene]} ÷ hugo", size, limit, found)
        own = (by_round(results.runs, OURS, size, scene, "wall") for scene in ("body", "same"))
        yield Goal(f"{WORDS['body']} ÷ {WORDS['same']}", size, 1.3, ratio(*own))
        own_peak, other = (_peak(results, tool, size) for tool in (OURS, "hugo"))
        if size >= LARGE and own_peak and other:
            yield Goal("memory ÷ hugo", size, 1 / 4, spread([own_peak / other]))


def _machine(results: Results) -> Iterator[list[str]]:
    yield from ([key, value] for key, value in results.machine.items())
    loads = [run.load for run in (*results.runs, *results.scaling)]
    yield ["highest load before a build", f"{max(loads, default=0):.2f}"]


def _goals(results: Results) -> str:
    rows = [
        [
            goal.what,
            f"{goal.size:,}",
            f"≤ {_part(goal.limit)}",
            _spread(goal.found, _part),
            "yes" if goal.found.middle <= goal.limit else "**no**",
        ]
        for goal in find_goals(results)
        if goal.found
    ]
    if not rows:
        return f"They begin at {SMALL:,} posts."
    return _table(["sitegen", "posts", "goal", "measured", "met"], rows)


def _cold(results: Results, size: int) -> str:
    rows = []
    for tool in _tools(results, size):
        counted = results.counted[f"{tool} {size}"]
        rows.append(
            [
                tool,
                *(_seconds(results, tool, size, "cold", what) for what in MEASURED),
                f"{_peak(results, tool, size):,.0f}",
                f"{counted.files:,} files, {counted.mebibytes:,.1f} MiB",
                *_compared(results, size, "cold", "" if tool.startswith(OURS) else tool),
            ]
        )
    head = ["tool", "s", "CPU s", "memory MiB", "output", *(f"{own} ÷ tool" for own in PAIRS)]
    return f"{_heading(results, size)}\n\n{_table(head, rows)}"


def _changes(results: Results, size: int) -> str:
    """Who builds after changes, too; then ours beside each of them."""
    tools = [
        tool for tool in _tools(results, size) if by_round(results.runs, tool, size, "same", "wall")
    ]
    peers = [tool for tool in tools if not tool.startswith(OURS)]
    rows = [
        [WORDS[scene], *(_seconds(results, tool, size, scene, "wall") for tool in tools)]
        for scene in CHANGES
    ]
    parts = [_heading(results, size), _table(["s", *tools], rows)]
    for tool in peers:
        rows = [[WORDS[scene], *_compared(results, size, scene, tool)] for scene in CHANGES]
        parts.append(_table([f"÷ {tool}", *PAIRS], rows))
    return "\n\n".join(parts)


def _compared(results: Results, size: int, scene: str, tool: str) -> list[str]:
    """Each of `PAIRS` beside a tool; nothing beside no tool."""
    return [
        _spread(_ratio(results, size, scene, tool, pair), _part) if tool else ""
        for pair in PAIRS.values()
    ]


def _scaling(results: Results) -> str:
    sizes = sorted({run.size for run in results.scaling})
    rows, before = [], (0, 0.0)
    for size in sizes:
        found = {
            (scene, what): spread([*by_round(results.scaling, OURS, size, scene, what).values()])
            for scene in ("cold", "same")
            for what in MEASURED
        }
        cold = found["cold", "wall"].middle
        further = 1000 * (cold - before[1]) / (size - before[0])
        peaks = [_of(results.scaling_peaks, OURS, size, scene) for scene in ("cold", "same")]
        rows.append(
            [
                f"{size:,}",
                *(_spread(found["cold", what], _number) for what in MEASURED),
                f"{1000 * cold / size:.2f}",
                f"{further:.2f}" if before[0] else "",
                f"{peaks[0]:,.0f}",
                *(_spread(found["same", what], _number) for what in MEASURED),
                f"{peaks[1]:,.0f}",
            ]
        )
        before = (size, cold)
    head = ["posts", "cold s", "CPU s", "ms a post", "ms a further post", "memory MiB"]
    return f"{LINEAR}\n\n{_table([*head, 'unchanged s', 'CPU s', 'memory MiB'], rows)}"


def _unequal(results: Results) -> str:
    return "\n".join(
        f"- {each.name}: {each.unequal}." for each in TOOLS if each.name in results.versions
    )


def _versions(results: Results) -> str:
    return "\n".join(f"- {text}" for text in dict.fromkeys(results.versions.values()))


def _heading(results: Results, size: int) -> str:
    rounds = results.rounds[size]
    return f"### {size:,} posts, {rounds} round{'s' * (rounds > 1)}"


def _tools(results: Results, size: int) -> list[str]:
    """Who was measured there, in the order of `TOOLS`."""
    found = {run.tool for run in results.runs if run.size == size}
    return [tool.name for tool in TOOLS if tool.name in found]


def _peers(results: Results, size: int) -> list[str]:
    return [tool for tool in _tools(results, size) if not tool.startswith(OURS)]


def _ratio(
    results: Results, size: int, scene: str, tool: str, pair: tuple[str, str] = (OURS, "wall")
) -> Spread | None:
    own, what = pair
    both = (by_round(results.runs, name, size, scene, what) for name in (own, tool))
    return ratio(*both)


def _peak(results: Results, tool: str, size: int) -> float:
    return _of(results.peaks, tool, size, "cold")


def _of(peaks: Sequence[Peak], tool: str, size: int, scene: str) -> float:
    """Of this one; 0 where nobody looked."""
    wanted = (tool, size, scene)
    return next((p.mebibytes for p in peaks if (p.tool, p.size, p.scene) == wanted), 0)


def _seconds(results: Results, tool: str, size: int, scene: str, what: str) -> str:
    found = by_round(results.runs, tool, size, scene, what)
    return _spread(spread([*found.values()]) if found else None, _number)


def _spread(found: Spread | None, form: Callable[[float], str]) -> str:
    if not found:
        return "–"
    middle, least, most = map(form, found)
    return middle if least == most else f"{middle} ({least}–{most})"


def _number(value: float) -> str:
    """Three digits that say something."""
    return f"{value:.0f}" if value >= 100 else f"{value:#.3g}"


def _part(value: float) -> str:
    """A ratio: 0.85, 1/12."""
    if value >= 0.2:
        return f"{value:.2f}"
    return f"1/{1 / value:.1f}".removesuffix(".0")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    run = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Results)
    text = write_report(run)
    if sys.argv[2:]:
        Path(sys.argv[2]).write_text(text, encoding="utf-8")
    else:
        print(text, end="")
