"""The instrument that measures how fast sitegen is: it is right before it is believed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from bench.corpus import choose_post, make_post, make_posts
from bench.features import Counted, look_through
from bench.install import Installed
from bench.measure import Command, FailedError, find_peak, time_run
from bench.places import EDITS, Site, expect_shown, tag_page
from bench.report import find_goals, write_report
from bench.results import Peak, Results, Run
from bench.tools import SITEGEN, TOOLS, Tool

NOWHERE = Installed(Path(), Path(), "")
FENCE = re.compile(r"^```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_a_post_depends_on_its_number_and_its_date_on_how_many_there_are() -> None:
    few, many = make_post(7, 10), make_post(7, 1000)
    assert few == make_post(7, 10)
    assert few.date > many.date
    assert few._replace(date=many.date) == many


def test_the_posts_have_what_the_report_says_of_them() -> None:
    posts = list(make_posts(1500))
    code = [block for post in posts for block in FENCE.findall(post.body)]
    shares = {
        "code": sum(post.code for post in posts),
        "notes": sum("[^1]:" in post.body for post in posts),
        "tables": sum("| --- |" in post.body for post in posts),
        "verse": sum(post.poem for post in posts),
    }
    near = {"code": 0.6, "notes": 0.26, "tables": 0.19, "verse": 0.1}
    assert {key: value / 1500 for key, value in shares.items()} == pytest.approx(near, abs=0.03)
    assert len(set(code)) == len(code)
    assert len(code) / 1500 == pytest.approx(1.03, abs=0.05)
    assert len({post.slug for post in posts}) == len({post.date for post in posts}) == 1500
    assert not [post for post in posts if re.search(r"\{[{%#]|blog\.example", post.body)]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_an_edit_changes_one_file_and_is_taken_back(tool: Tool, tmp_path: Path) -> None:
    site = Site(tool, NOWHERE, tmp_path / "site", 20)
    site.fill()
    before = sources(site)
    for number, what in enumerate(EDITS):
        once = sources(site)
        assert site.edit(what, 3)
        changed = {path for path, text in sources(site).items() if text != once[path]}
        post = choose_post(20, 3)
        assert changed == {tool.template if what == "template" else tool.path(post)}, number
    site.restore(4)
    assert sources(site) == before


def sources(site: Site) -> dict[str, str]:
    files = (path for path in site.folder.rglob("*") if path.is_file())
    return {path.relative_to(site.folder).as_posix(): path.read_text() for path in files}


def test_what_a_tool_leaves_out_is_found(tmp_path: Path) -> None:
    site = Site(TOOLS[0], Installed(Path(SITEGEN).parent, Path(), ""), tmp_path / "site", 25)
    site.fill()
    subprocess.run([*site.command.arguments], cwd=site.folder, check=True, capture_output=True)
    assert look_through(site).pages == 25
    post = next(post for post in make_posts(25) if post.code)
    for path, was, found in (
        (site.tool.made(post), "<span", "colours"),
        (site.tool.made(post), post.title, "page"),
        (tag_page(post.tags[0]), "<li", "tag"),
        ("tags/index.html", f"{post.tags[0]}/", "list of tags"),
        ("page/2/index.html", "<h", "page/2"),
        ("feed.xml", "<entry", "feed"),
        ("sitemap.xml", "<loc", "sitemap"),
    ):
        file = site.output / path
        text = file.read_text()
        file.write_text("" if was.startswith("<h") else text.replace(was, "<x"))
        if was == "<li":
            file.write_text("")
        with pytest.raises(FailedError, match=found):
            look_through(site)
        file.write_text(text)
    with pytest.raises(FailedError, match="an edit is not in 1 files"):
        expect_shown(site, [("index.html", "nobody wrote this")])


MEASURE = """
import sys
from pathlib import Path
from bench.measure import Command, adopt, find_peak, time_run
adopt()
command = Command(sys.argv[2:], Path.cwd(), {"PATH": "/bin:/usr/bin"}, Path("log"))
print(time_run(command).cpu if sys.argv[1] == "time" else find_peak(command))
"""


def start(folder: Path, what: str, *command: str) -> subprocess.Popen[str]:
    root = str(Path(__file__).parents[2])
    return subprocess.Popen(
        [sys.executable, "-c", MEASURE, what, *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": root},
        stdout=subprocess.PIPE,
        text=True,
    )


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


BURN = "import time\nwhile time.process_time() < 0.3: pass"


def test_time_of_children_counts_and_who_is_left_behind_ends(tmp_path: Path) -> None:
    script = f"sleep 600 & echo $! > left; {sys.executable} -c '{BURN}'; true"
    with start(tmp_path, "time", "/bin/sh", "-c", script) as measuring:
        out, _ = measuring.communicate(timeout=60)
    assert float(out) >= 0.3
    assert not is_there(int((tmp_path / "left").read_text()))


def test_memory_is_that_of_all_processes_together(tmp_path: Path) -> None:
    hold = f"{sys.executable} -c 'import time; kept = b\"x\" * 40_000_000; time.sleep(1)'"
    with start(tmp_path, "memory", "/bin/sh", "-c", f"{hold} & {hold} & wait") as measuring:
        out, _ = measuring.communicate(timeout=60)
    assert 76 < float(out) < 160


def test_who_stops_the_measurement_stops_what_is_measured(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    script = "sleep 600 & echo $! > new; mv new pid; wait"
    with start(tmp_path, "time", "/bin/sh", "-c", script) as measuring:
        deadline = time.monotonic() + 30
        while not pid.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        measuring.send_signal(signal.SIGINT)
        measuring.communicate(timeout=60)
    assert not is_there(int(pid.read_text()))


def test_a_tool_that_fails_is_quoted(tmp_path: Path) -> None:
    site = Site(TOOLS[0], NOWHERE, tmp_path / "site", 1)
    site.folder.mkdir()
    command = site.command._replace(arguments=("/bin/sh", "-c", "echo no such theme; exit 3"))
    with pytest.raises(FailedError, match="ended with 3\nno such theme"):
        time_run(command)


@pytest.mark.parametrize("ends", ["exit 0", "exit 3"])
def test_what_we_had_started_before_goes_on(ends: str, tmp_path: Path) -> None:
    command = Command(("/bin/sh", "-c", ends), tmp_path, {}, tmp_path / "log")
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as before:
        for measure in (time_run, find_peak):
            with suppress(FailedError):
                measure(command)
        assert before.poll() is None


def results() -> Results:
    """Two rounds; in the second one the machine takes twice as long."""
    found = Results(begun="", machine={"cores": "2"}, rounds={10_000: 2})
    seconds = {"sitegen": 10.0, "hugo": 20.0, "pelican": 30.0}
    for number in (0, 1):
        for tool, wall in seconds.items():
            found.runs.append(Run(tool, 10_000, "cold", number, wall * (number + 1), wall, 0.5))
        for scene, own in (("same", 0.1), ("body", 0.2)):
            for wall in (own, own, 50.0):
                found.runs.append(Run("sitegen", 10_000, scene, number, wall, wall, 0.5))
            found.runs.append(Run("hugo", 10_000, scene, number, 20.0, 20.0, 0.5))
    found.peaks += [Peak("sitegen", 10_000, "cold", 100.0), Peak("hugo", 10_000, "cold", 1600.0)]
    found.counted |= {f"{tool} 10000": Counted(1, 1, 1, 1.0) for tool in seconds}
    return msgspec.json.decode(msgspec.json.encode(found), type=Results)


def test_goals_compare_what_was_measured_in_the_same_round() -> None:
    goals = {goal.what: goal.found and goal.found.middle for goal in find_goals(results())}
    assert goals == {
        "cold build ÷ hugo": 0.5,
        "cold build ÷ pelican": pytest.approx(1 / 3),
        "nothing changed ÷ hugo": pytest.approx(0.005),
        "one title edited ÷ hugo": None,
        "one tag added ÷ hugo": None,
        "one template changed ÷ hugo": None,
        "one body edited ÷ nothing changed": pytest.approx(2),
        "memory ÷ hugo": 0.0625,
    }


def test_few_posts_have_no_goals() -> None:
    found = results()
    found.rounds = {50: 2}
    found.runs = [msgspec.structs.replace(run, size=50) for run in found.runs]
    assert not list(find_goals(found))


def test_the_report_says_which_goals_are_missed() -> None:
    report = write_report(results())
    assert "| cold build ÷ hugo | 10,000 | ≤ 0.85 | 0.50 | yes |" in report
    assert "| cold build ÷ pelican | 10,000 | ≤ 0.25 | 0.33 | **no** |" in report
    assert "| nothing changed ÷ hugo | 10,000 | ≤ 1/40 | 1/200 | yes |" in report
    assert "| hugo | 30.0 (20.0–40.0) | 20.0 | 1,600 |" in report
