"""A call in a process of its own, and what becomes of one that fails."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from sitegen.beside import Beside
from sitegen.errors import ConfigError
from sitegen.inputs import Look, survey

SITE = Path(__file__).parents[2]


def test_a_call_gives_its_bytes_however_many() -> None:
    assert Beside(lambda: b"x" * 5_000_000).result() == b"x" * 5_000_000
    assert Beside(lambda: b"").result() == b""


def test_it_is_done_when_there_is_something_to_read(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    beside = Beside(gate.read_bytes)
    before = beside.is_done(0.01)
    gate.write_bytes(b"now")
    assert beside.is_done(60)
    assert not before
    assert beside.result() == b"now"


@pytest.mark.parametrize(
    "call",
    [
        lambda: os.kill(os.getpid(), signal.SIGKILL),
        lambda: 1 / 0,
        lambda: "no bytes",
        lambda: (_ for _ in ()).throw(KeyboardInterrupt),
    ],
)
def test_a_call_that_fails_gives_nothing_and_says_nothing(
    call: object, capfd: pytest.CaptureFixture[str]
) -> None:
    assert Beside(call).result() is None  # type: ignore[arg-type]
    assert capfd.readouterr() == ("", "")


def test_where_no_process_can_begin_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", refuse)
    beside = Beside(lambda: b"x")
    assert beside.is_done()
    assert beside.result() is None


def test_where_nobody_hears_of_an_ended_process_there_is_nothing() -> None:
    former = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert Beside(lambda: b"x").result() is None
    finally:
        signal.signal(signal.SIGCHLD, former)


def test_no_process_stays() -> None:
    beside = Beside(bytes)
    beside.result()
    assert beside._pid  # noqa: SLF001 - who is to be gone
    with pytest.raises(ChildProcessError):
        os.waitpid(beside._pid, os.WNOHANG)  # noqa: SLF001


@pytest.mark.parametrize("builds", [True, False])
def test_a_survey_is_the_same_wherever_it_is_made(*, builds: bool) -> None:
    made, here = Look(SITE).result(builds=builds), survey(SITE)
    assert made == here
    assert made.digest() == here.digest()


def test_what_is_wrong_with_a_site_is_told_here(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no site\.toml"):
        Look(tmp_path).result(builds=False)


def test_a_folder_whose_name_is_no_text_is_surveyed_here(tmp_path: Path) -> None:
    site = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    (site / "content").mkdir(parents=True)
    (site / "site.toml").write_text('title = "T"\nurl = "https://example.org/"\n')
    (site / "content/a.md").write_text("Words.\n")
    assert Look(site).result(builds=True) == survey(site)
