"""A site of figures, served on loopback, and the browsers that there are."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.published.conftest import build, served

HERE = Path(__file__).parent
Drive = Callable[..., list[Any]]
BROWSERS = {"chrome": "chromium", "firefox": "firefox-esr"}


@pytest.fixture(scope="session")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of `tests/browser/site`, built."""
    return build(HERE / "site", tmp_path_factory.mktemp("figures") / "public")


@pytest.fixture(scope="session")
def address(figures: Path) -> Iterator[str]:
    with served(figures) as base:
        yield base


@pytest.fixture(scope="session", params=BROWSERS)
def browser(request: pytest.FixtureRequest) -> str:
    """Each browser that can be started here."""
    name: str = request.param
    if shutil.which(BROWSERS[name]) is None:
        pytest.skip(f"{BROWSERS[name]} is not installed")
    return name


@pytest.fixture(scope="session")
def drive(address: str) -> Drive:
    """Do steps in a browser; what each step gave."""

    def steps(*wanted: list[Any], browser: str = "chrome") -> list[Any]:
        job = {
            "browser": browser,
            "executable": shutil.which(BROWSERS[browser]),
            "base": address,
            "steps": wanted,
        }
        done = subprocess.run(
            ["node", str(HERE / "drive.mjs")],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert done.returncode == 0, done.stderr
        answers: list[Any] = json.loads(done.stdout)
        return answers

    return steps
