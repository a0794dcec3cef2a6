"""The tutorial, followed word for word on a machine that has never seen the program.

Its fences are the script, and there is no other: `sh` is typed, a fence with a `title=` is saved
as that file (`diff`: lines of it are replaced), `text` is what the last `sh` must have printed. A
preview runs until the next command, and must show what is saved meanwhile.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import click
import pytest

from tests.examples import ROOT, Example, examples

PATIENCE = 60
PROMPT = re.compile(r"^~ (\d+) (.*) ~\n", re.MULTILINE)
PREVIEW = re.compile(r"(http://localhost:\d+/) ")


class Reader:
    """A person at a shell, with an empty home and an empty desk."""

    def __init__(self, folder: Path) -> None:
        self.home, self.desk, self.screen = (folder / name for name in ("home", "desk", "screen"))
        self.home.mkdir()
        self.desk.mkdir()
        self.here, self.preview, self.begun = self.desk, "", 0
        # The libraries are lent, so that pip asks nothing of the network.
        pip = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_CACHE_DIR": "1"}
        own = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LC_ALL": "C.UTF-8"}
        with self.screen.open("wb") as screen:
            self.shell = subprocess.Popen(
                ["bash", "--norc", "--noprofile", "-s"],
                stdin=subprocess.PIPE,
                stdout=screen,
                stderr=subprocess.STDOUT,
                cwd=self.desk,
                env=own | pip | {"BROWSER": "true"},
                text=True,
                start_new_session=True,
            )

    def follow(self, example: Example) -> None:
        """Do what one fence says, or compare what it shows."""
        if example.language == "sh":
            self.end_preview()
            self.begun = len(self.seen())
            for line in example.text.splitlines():
                self.type(line)
        elif example.file:
            self.save(example)
        else:
            self.compare(example.text)

    def type(self, line: str) -> None:
        """One command, to its end; a preview to its first words."""
        begun = len(self.seen())
        self.send(line)
        if line.startswith("sitegen serve"):
            self.preview = self.wait_for(PREVIEW, begun)[1]
            return
        self.send('echo "~ $? $PWD ~"')
        self.here = Path(self.wait_for(PROMPT, begun)[2])
        if "-m venv" in line:
            (packages,) = self.desk.glob("*/lib/python*/site-packages")
            lent = Path(click.__file__).parents[1]
            (packages / "lent.pth").write_text(f"{lent}\n", encoding="utf-8")

    def send(self, line: str) -> None:
        assert self.shell.stdin
        self.shell.stdin.write(f"{line}\n")
        self.shell.stdin.flush()

    def seen(self) -> str:
        return self.screen.read_text(encoding="utf-8")

    def wait_for(self, pattern: re.Pattern[str], begun: int) -> re.Match[str]:
        end = time.monotonic() + PATIENCE
        while not (found := pattern.search(self.seen(), begun)):
            assert time.monotonic() < end, self.seen()
            assert self.shell.poll() is None, self.seen()
            time.sleep(0.02)
        return found

    def save(self, example: Example) -> None:
        file = self.here / example.file
        file.parent.mkdir(parents=True, exist_ok=True)
        new, wrong = example.text, example.language == "diff"
        if wrong:
            old, new = (
                "".join(f"{row[1:]}\n" for row in example.text.splitlines() if row[0] == sign)
                for sign in "-+"
            )
            before = file.read_text(encoding="utf-8")
            assert before.count(old) == 1, old
            new = before.replace(old, new)
        begun = len(self.seen())
        file.write_text(new, encoding="utf-8")
        if self.preview and wrong:
            self.wait_for(re.compile(": error: "), begun)
        elif self.preview:
            self.wait_for_page(example, re.findall("^caption: (.*)", new, re.MULTILINE)[0])

    def wait_for_page(self, example: Example, part: str) -> None:
        """The preview has what was saved."""
        path = Path(example.file).relative_to("content").with_suffix("")
        address = f"{self.preview}{path.parent}/{re.sub('^[0-9-]+', '', path.name)}/"
        end = time.monotonic() + PATIENCE
        while part not in (page := urlopen(address).read().decode()):  # noqa: S310 - our own
            assert time.monotonic() < end, page
            time.sleep(0.05)

    def end_preview(self) -> None:
        """Ctrl+C."""
        if self.preview:
            listed = ["ps", "-o", "pid=", "--ppid", str(self.shell.pid)]
            for pid in subprocess.check_output(listed, text=True).split():
                os.kill(int(pid), signal.SIGINT)
            self.preview = ""

    def compare(self, text: str) -> None:
        """`…` is anything in its line; alone, it is any number of lines."""
        rows = ["(?:.*\n)*" if row == "…" else likeness(row) for row in text.splitlines()]
        came = PROMPT.sub("", self.seen()[self.begun :])
        assert re.fullmatch("".join(rows), came), f"{text}\n--- came:\n{came}"

    def leave(self) -> None:
        with_all = os.getpgid(self.shell.pid)
        os.killpg(with_all, signal.SIGKILL)
        self.shell.wait()
        assert self.shell.stdin
        self.shell.stdin.close()


def likeness(row: str) -> str:
    return ".*".join(map(re.escape, row.split("…"))) + "\n"


def sources() -> Iterator[str]:
    """The files of the program as it is kept, changed or not."""
    listed = [
        "git",
        "ls-files",
        "-z",
        "sitegen",
        "templates",
        "static",
        "*.md",
        "LICENSE",
        "*.toml",
    ]
    yield from filter(None, subprocess.check_output(listed, cwd=ROOT, text=True).split("\0"))


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    someone = Reader(tmp_path)
    for name in sources():
        copy = someone.desk / "sitegen" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy)
    yield someone
    someone.leave()


def test_who_follows_the_tutorial_has_a_published_site(reader: Reader) -> None:
    for example in examples("tutorial"):
        reader.follow(example)

    def published(path: str) -> str:
        command = ["git", "--git-dir", str(reader.desk / "published.git"), "show", f"pages:{path}"]
        return subprocess.check_output(command, text=True)

    assert "turning the wall" in published("poems/four-in-the-morning/index.html")
    assert "rehearse the one word" in published("poems/thaw/index.html")
    essay = published("posts/first-snow/index.html")
    assert '<figure class="attention" id="snow"' in essay
    assert "Snow swallows the tyres first" in essay
    assert re.search(r"gives <[^>]*>\d+|gives \d+", essay)
    assert "Thaw" in published("feed.xml")
    assert "<title>Winter notes</title>" in published("index.html")
    program = reader.desk / "venv/bin/sitegen"
    assert program.read_text(encoding="utf-8").startswith(f"#!{reader.desk}")
