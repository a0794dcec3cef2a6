"""Real editors in a real terminal: what they save is served."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.preview.conftest import Preview

EDITORS = {
    "vi": (["vi", "-u", "NONE"], ["Go", "What was typed.", "Escape", ":wq", "Enter"]),
    "vi with backups": (
        ["vi", "-u", "NONE", "-c", "set backup backupcopy=no"],
        ["Go", "What was typed.", "Escape", ":wq", "Enter"],
    ),
    "nano": (["nano", "-I"], ["Down", "Down", "What was typed.", "C-o", "Enter", "C-x"]),
    "ed": (["ed"], ["$a", "Enter", "What was typed.", "Enter", ".", "Enter", "wq", "Enter"]),
}


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[[list[str], list[str]], None]]:
    """Run a program in a terminal and press keys."""
    if not shutil.which("tmux"):
        pytest.skip("tmux is not installed")
    tmux = ["tmux", "-L", f"sitegen-{os.getpid()}", "-f", "/dev/null"]

    def run(program: list[str], keys: list[str]) -> None:
        start = [*tmux, "new-session", "-d", "-x", "80", "-y", "24", "-c", str(tmp_path), *program]
        subprocess.run(start, check=True)
        look = [*tmux, "capture-pane", "-p"]
        while not subprocess.run(look, check=True, capture_output=True).stdout.strip():
            pass  # it is not there yet, and would not hear
        for key in keys:
            subprocess.run([*tmux, "send-keys", key], check=True)

    yield run
    subprocess.run([*tmux, "kill-server"], check=False, capture_output=True)


@pytest.mark.parametrize("name", EDITORS)
def test_what_an_editor_saves_is_served(
    preview: Preview, terminal: Callable[[list[str], list[str]], None], name: str
) -> None:
    program, keys = EDITORS[name]
    if not shutil.which(program[0]):
        pytest.skip(f"{program[0]} is not installed")
    slug = name.replace(" ", "-")
    preview.write(f"content/essays/{slug}.md", "# Edited\n\nBefore.\n")
    preview.await_body(f"/essays/{slug}/", "Before.")
    terminal([*program, str(preview.site / f"content/essays/{slug}.md")], keys)
    preview.await_body(f"/essays/{slug}/", "What was typed.")
