"""The terminal: the bar, and the lines of files for excerpts."""

from __future__ import annotations

import io
import itertools
import os
import sys
from pathlib import Path

import pytest

from sitegen.errors import Problem, Span
from sitegen.screen import Screen


class Terminal(io.StringIO):
    """Standard error that a person watches."""

    def isatty(self) -> bool:
        return True


def screen(site: Path) -> Screen:
    return Screen(site, as_json=False, quiet=False, verbose=False)


def test_a_bar_that_is_interrupted_gives_the_cursor_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr("sitegen.screen.time.monotonic", itertools.count(0, 2).__next__)

    def interrupted() -> None:
        with screen(tmp_path).progress(10, "parse") as done:
            done(5)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert "\x1b[?25l" in terminal.getvalue()
    assert terminal.getvalue().endswith("\x1b[?25h\n")


@pytest.mark.parametrize("odd", ["pipe", "link", "folder", "gone", "device"])
def test_an_excerpt_opens_nothing_but_a_file_of_the_site(
    tmp_path: Path, odd: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.md"
    match odd:
        case "pipe":
            os.mkfifo(file)
        case "link":
            file.symlink_to(__file__)
        case "folder":
            file.mkdir()
        case "device":
            file.symlink_to("/dev/zero")
    problem = Problem(kind="SourceError", message="odd", span=Span("x.md", 1))
    screen(tmp_path).report([problem])
    assert capsys.readouterr().err == "x.md:1:1: error: odd\n1 error\n"
