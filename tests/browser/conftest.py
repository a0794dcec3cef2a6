"""A site of figures, served on loopback, and the browsers that there are.

Each browser is started once a session; each job it is given has a page of its own.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.published.conftest import build, served

HERE = Path(__file__).parent
BROWSERS = {"chrome": ("chromium",), "firefox": ("firefox-esr", "firefox")}
POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'"

Step = list[Any]


class Browser:
    """A browser that does what it is told, at the address of a site."""

    def __init__(self, name: str, executable: str, base: str) -> None:
        self.name, self.base = name, base
        self.process = subprocess.Popen(
            ["node", str(HERE / "drive.mjs"), name, executable],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *steps: Step, base: str = "") -> list[Any]:
        """Do steps in a new page; what each gave."""
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin
        assert stdout
        assert self.process.poll() is None, f"{self.name} ended with {self.process.returncode}"
        stdin.write(json.dumps({"base": base or self.base, "steps": steps}) + "\n")
        stdin.flush()
        line = stdout.readline()
        assert line, f"{self.name} ended"
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        answers: list[Any] = answer["answers"]
        return answers

    def close(self) -> None:
        self.process.communicate(timeout=60)


@pytest.fixture(scope="session")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of `tests/browser/site`, built."""
    return build(HERE / "site", tmp_path_factory.mktemp("figures") / "public")


@pytest.fixture(scope="session")
def address(figures: Path) -> Iterator[str]:
    with served(figures, POLICY) as base:
        yield base


@pytest.fixture(scope="session")
def started(address: str) -> Iterator[Callable[[str], Browser]]:
    """Start a browser, or give the one that runs already; a test is skipped where there is none."""
    running: dict[str, Browser] = {}

    def start(name: str) -> Browser:
        if name not in running:
            executable = next(filter(None, map(shutil.which, BROWSERS[name])), None)
            if executable is None:
                pytest.skip(f"{BROWSERS[name][0]} is not installed")
            running[name] = Browser(name, executable, address)
        return running[name]

    with ExitStack() as stack:
        yield start
        for browser in running.values():
            stack.callback(browser.close)


@pytest.fixture(scope="session")
def chromium(started: Callable[[str], Browser]) -> Browser:
    return started("chrome")


@pytest.fixture(params=BROWSERS)
def browser(request: pytest.FixtureRequest, started: Callable[[str], Browser]) -> Browser:
    """Each browser that can be started here."""
    return started(request.param)


Variant = Callable[[Callable[[Path], None]], str]


@pytest.fixture(scope="session")
def variant(figures: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Variant]:
    """The address of a copy of the site that was changed."""
    with ExitStack() as stack:

        def changed(change: Callable[[Path], None]) -> str:
            copy = tmp_path_factory.mktemp("variant") / "public"
            shutil.copytree(figures, copy)
            change(copy)
            return stack.enter_context(served(copy, POLICY))

        yield changed
