"""The servers of the deploy tests, and each kind of place that is on them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.deploy.places import KINDS, Place, Servers, open_place
from tests.deploy.table import rows


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(tmp_path_factory.mktemp("servers"), stack)


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path, servers: Servers) -> Iterator[Place]:
    """Each kind of place in turn, with nothing in it."""
    with open_place(request.param, tmp_path / "place", servers) as made:
        yield made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if os.environ.get("DEPLOY_FAULTS") == "all":
        terminalreporter.section("faults that did no harm")
        for line in rows():
            terminalreporter.write_line(line)
