"""Builds in processes of their own: when they open files of a model, and two of them at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sitegen.lock import LOCK, line_of, read_lock
from sitegen.model import Prompt
from sitegen.models.table import MODELS
from tests.readings import read
from tests.sites import CONFIG, write_files

ROOT = Path(__file__).parents[2]
BAT = """
== content/posts/bat.md
# A bat

```attention
text: the bat flew at night
model: minilm
```
"""
BAT_PROMPT = Prompt(model="minilm", quantity="weight", text="the bat flew at night")
WATCHED = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from sitegen.cli import main
try:
    main(["build", "-q", "--jobs", "1"])
finally:
    print(sum("/cache/" in path for path in opened), "sitegen.models.reading" in sys.modules)
"""
TOGETHER = """
import os, sys, time
from pathlib import Path
import sitegen.models.reading
from sitegen.cli import main
from tests.readings import read

def read_with_the_other(prompts):
    Path(f"reading-{sys.argv[1]}").touch()
    until = time.monotonic() + 60
    while len(list(Path().glob("reading-*"))) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    return {prompt: read(prompt) for prompt in prompts}

sitegen.models.reading.read_prompts = read_with_the_other
main(["build", "-q"])
"""


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site, and a model as long as the real one, of zeros."""
    write_files(tmp_path, BAT)
    (tmp_path / "site.toml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.setenv("SITEGEN_MODELS", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    model = MODELS["minilm"]
    folder = tmp_path / "cache" / f"minilm-{model.weights_sha256[:12]}"
    folder.mkdir(parents=True)
    for file in model.files:
        with (folder / file.name).open("wb") as whole:
            whole.truncate(file.size)
    (tmp_path / LOCK).write_bytes(line_of(BAT_PROMPT, read(BAT_PROMPT)) + b"\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )


def build() -> tuple[str, str]:
    """How many files of models a build opened, and whether it loaded what reads with them."""
    told, wrong = start(WATCHED).communicate(timeout=120)
    return told.strip(), wrong


def test_a_build_whose_texts_are_in_the_lock_opens_no_file_of_a_model(site: Path) -> None:
    assert build() == ("0 False", "")  # the first
    assert build() == ("0 False", "")  # with nothing to do
    file = site / "content/posts/bat.md"
    file.write_text(file.read_text(encoding="utf-8") + "\nMore words.\n", encoding="utf-8")
    assert build() == ("0 False", "")
    assert "More words." in (site / "public/posts/bat/index.html").read_text(encoding="utf-8")


def test_a_new_text_is_what_opens_them(site: Path) -> None:
    write_files(site, BAT.replace("the bat", "a bat"))
    told, wrong = build()
    count, loaded = told.split()
    assert int(count) > 0
    assert loaded == "True"
    assert "is damaged" in wrong  # it is of zeros


def test_two_builds_that_read_a_new_text_at_once_leave_a_whole_site_and_its_lock(
    site: Path,
) -> None:
    write_files(site, BAT.replace("posts/bat", "posts/owl").replace("the bat", "the owl"))
    running = [start(TOGETHER, name) for name in ("one", "other")]
    ended = [each.communicate(timeout=180) for each in running]
    assert [(each.returncode, wrong) for each, (_, wrong) in zip(running, ended, strict=True)] == [
        (0, ""),
        (0, ""),
    ]
    assert len(list(site.glob("reading-*"))) == 2
    texts = [prompt.text for prompt in read_lock((site / LOCK).read_bytes())]
    assert texts == ["the bat flew at night", "the owl flew at night"]
    assert [path.name for path in site.glob(f".{LOCK}*")] == []
    assert build() == ("0 False", "")
    assert (site / "public/posts/owl/index.html").is_file()
