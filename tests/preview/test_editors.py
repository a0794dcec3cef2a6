"""Real editors in a real terminal: each save is served, and pushed to the open page once.

SAVES says how many times each editor saves; `make check-long` asks for 50.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.preview.conftest import PATIENCE, OpenTab, Preview
from tests.preview.test_saving import as_vim, from_outside, in_place, renamed_over

SAVES = int(os.environ.get("SAVES", "3"))
TEXT = "# Edited\n\nVersion 0.\n"
VI = ["Go", "Version {}.", "Escape", ":w", "Enter"]


class Editor(NamedTuple):
    """How it is started, and what is pressed to add a line and save."""

    program: list[str]
    keys: list[str]
    ready: str


EDITORS = {
    "vi": Editor(["vi", "-u", "NONE"], VI, "Version 0."),
    "vi-with-backups": Editor(
        ["vi", "-u", "NONE", "-c", "set backup backupcopy=no"], VI, "Version 0."
    ),
    "nano": Editor(["nano", "-I"], ["M-/", "Version {}.", "Enter", "C-o", "Enter"], "Version 0."),
    "ed": Editor(["ed"], ["$a", "Enter", "Version {}.", "Enter", ".", "Enter", "w", "Enter"], "21"),
    "emacs": Editor(
        ["emacs", "-nw", "-Q"], ["M->", "Version {}.", "Enter", "C-x", "C-s"], "Version 0."
    ),
}


class Terminal:
    """A terminal, wide enough for the longest message, with one program in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tmux = ["tmux", "-L", f"sitegen-{os.getpid()}", "-f", "/dev/null"]

    def start(self, program: list[str], ready: str) -> None:
        """Run it until it shows this, and so hears."""
        place = ["-d", "-x", "240", "-y", "24", "-c", str(self.folder)]
        subprocess.run([*self.tmux, "new-session", *place, *program], check=True)
        look, end = [*self.tmux, "capture-pane", "-p"], time.monotonic() + PATIENCE
        while ready not in subprocess.run(look, check=True, capture_output=True, text=True).stdout:
            assert time.monotonic() < end

    def press(self, keys: list[str]) -> None:
        for key in keys:
            subprocess.run([*self.tmux, "send-keys", key], check=True)

    def close(self) -> None:
        subprocess.run([*self.tmux, "kill-server"], check=False, capture_output=True)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    if not shutil.which("tmux"):
        pytest.skip("tmux is not installed")
    made = Terminal(tmp_path)
    yield made
    made.close()


def etag_of(preview: Preview, path: str) -> str:
    return preview.ask(path)[1].partition('ETag: "')[2].partition('"')[0]


def save_often(
    preview: Preview, tab: OpenTab, name: str, save: Callable[[Path, int], None]
) -> None:
    """After each save the page is what was saved, and its tab was told of that and nothing else."""
    path = f"/essays/{name}/"
    file = preview.site / f"content/essays/{name}.md"
    preview.write(f"content/essays/{name}.md", TEXT)
    preview.await_body(path, "Version 0.")
    page = tab(preview, path)
    last = page.await_state(lambda state: state["etag"])["etag"]
    for number in range(1, SAVES + 1):
        save(file, number)
        preview.await_body(path, f"Version {number}.")
        while (told := page.state()["etag"]) == last:
            pass
        assert told == etag_of(preview, path), f"it was told of something else at {number}"
        last = told
    assert page.is_silent(0.3)


@pytest.mark.parametrize("name", EDITORS)
def test_what_an_editor_saves_is_served_and_told_once(
    preview: Preview, tab: OpenTab, terminal: Terminal, name: str
) -> None:
    editor = EDITORS[name]
    if not shutil.which(editor.program[0]):
        pytest.skip(f"{editor.program[0]} is not installed")

    def save(file: Path, number: int) -> None:
        if number == 1:
            terminal.start([*editor.program, str(file)], editor.ready)
        terminal.press([key.format(number) for key in editor.keys])

    save_often(preview, tab, name, save)


def by_sed(file: Path, text: str) -> None:
    """An edit without an editor."""
    line = text.splitlines()[-1]
    subprocess.run(["sed", "-i", f"s/^Version .*/{line}/", file], check=True)


def by_mv(file: Path, text: str) -> None:
    fresh = file.with_name("fresh.txt")
    fresh.write_text(text, encoding="utf-8")
    subprocess.run(["mv", fresh, file], check=True)


@pytest.mark.parametrize(
    "way",
    [in_place, as_vim, renamed_over, from_outside, by_sed, by_mv],
    ids=lambda way: str(way.__name__),
)
def test_every_other_way_of_saving_is_told_once(
    preview: Preview, tab: OpenTab, way: Callable[[Path, str], None]
) -> None:
    def save(file: Path, number: int) -> None:
        way(file, f"# Edited\n\nVersion {number}.\n")

    save_often(preview, tab, f"way-{way.__name__.replace('_', '-')}", save)
