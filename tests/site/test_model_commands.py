"""`sitegen models`, and the other commands where a figure asks a real model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from sitegen import recomputing
from sitegen.cli import main
from sitegen.lock import LOCK, line_of
from sitegen.model import Prompt
from sitegen.models import reading
from sitegen.models.table import MODELS, File
from tests.readings import FakeModels, read
from tests.sites import write_files

CONTENT = {"w.safetensors": b"weights" * 1000, "vocab.txt": b"a\nb\n"}
BAT = """
== site.toml
title = "A site"
url = "https://example.org/"
== content/posts/bat.md
# A bat

```attention
id: bat
text: the bat flew at night
model: minilm
from: bat
```
"""
PROMPT = Prompt(model="minilm", quantity="weight", text="the bat flew at night")
OTHER = Prompt(model="smollm2", quantity="weight", text="the owl")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, and a `minilm` of a few bytes that is nowhere yet."""
    files = [
        File(name=name, member=name, size=len(raw), sha256=sha256(raw).hexdigest())
        for name, raw in CONTENT.items()
    ]
    monkeypatch.setitem(MODELS, "minilm", replace(MODELS["minilm"], files=tuple(files)))
    monkeypatch.setenv("SITEGEN_MODELS", str(tmp_path / "cache"))
    monkeypatch.setattr(recomputing, "read_prompts", FakeModels())
    monkeypatch.chdir(tmp_path)
    (tmp_path / "copy").mkdir()
    for name, raw in CONTENT.items():
        (tmp_path / "copy" / name).write_bytes(raw)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def get() -> Path:
    assert run("models", "get", "minilm", "--weights", "copy").exit_code == 0
    (folder,) = Path("cache").iterdir()
    return folder


def lock(*prompts: Prompt) -> None:
    Path(LOCK).write_bytes(b"".join(line_of(each, read(each)) + b"\n" for each in prompts))


# --- list and get --------------------------------------------------------------------------------


def test_the_list_says_what_there_is_and_how_to_get_what_is_not_here() -> None:
    told = run("models", "list").stdout.splitlines()
    assert [line.split()[0] for line in told] == list(MODELS)
    assert told[0].endswith("not here: sitegen models get minilm")
    assert "all-MiniLM-L6-v2" in told[0]
    assert "Apache-2.0" in told[0]
    folder = get()
    assert run("models", "list").stdout.splitlines()[0].endswith(str(folder.absolute()))


def test_the_list_is_one_json_object() -> None:
    folder = get()
    minilm, smollm2 = json.loads(run("models", "list", "--format", "json").stdout)["models"]
    assert minilm == {
        "name": "minilm",
        "title": "all-MiniLM-L6-v2",
        "licence": "Apache-2.0",
        "size": sum(map(len, CONTENT.values())),
        "folder": str(folder.absolute()),
    }
    assert (smollm2["name"], smollm2["folder"]) == ("smollm2", None)


def test_get_says_where_a_model_is_also_if_it_was_there() -> None:
    for _ in range(2):
        told = run("models", "get", "minilm", "--weights", "copy")
        (folder,) = Path("cache").iterdir()
        assert told.stdout == f"minilm is in {folder.absolute()}\n"
    told = run("models", "get", "minilm", "--format", "json")
    assert json.loads(told.stdout) == {"minilm": str(folder.absolute())}


def test_a_copy_of_other_bytes_is_refused_and_nothing_stays() -> None:
    Path("copy/vocab.txt").write_bytes(b"a\nc\n")
    told = run("models", "get", "minilm", "--weights", "copy")
    assert told.exit_code == 1
    assert "vocab.txt is not that of this model" in told.stderr
    assert list(Path("cache").iterdir()) == []


@pytest.mark.parametrize("command", ["get", "verify"])
def test_a_wrong_name_is_answered_with_the_nearest(command: str) -> None:
    told = run("models", command, "minlm")
    assert told.exit_code == 1
    assert 'no model is called "minlm"' in told.stderr
    assert 'did you mean "minilm"?' in told.stderr
    (problem,) = json.loads(run("models", command, "minlm", "--format", "json").stdout)["problems"]
    assert problem["message"] == 'no model is called "minlm"'


@pytest.mark.parametrize(
    "arguments", [["get"], ["get", "minilm", "smollm2", "--weights", "copy"], ["fetch"]]
)
def test_a_command_line_that_makes_no_sense_is_told_so(arguments: Sequence[str]) -> None:
    told = run("models", *arguments)
    assert told.exit_code == 2
    assert "Usage:" in told.stderr


# --- verify --------------------------------------------------------------------------------------


def test_where_no_model_is_nothing_is_verified_and_that_is_said() -> None:
    lock(PROMPT)
    told = run("models", "verify")
    assert (told.exit_code, told.stdout) == (
        0,
        "no model is on this machine: nothing was verified\n",
    )
    told = run("models", "verify", "--format", "json")
    assert json.loads(told.stdout) == {"models": [], "readings": 0, "problems": []}


def test_a_model_that_was_asked_for_and_is_not_here_is_a_mistake() -> None:
    told = run("models", "verify", "minilm")
    assert told.exit_code == 1
    assert "w.safetensors is missing" in told.stderr
    assert "sitegen models get minilm" in told.stderr


def test_what_is_whole_is_said_to_be_with_as_many_readings_as_were_compared() -> None:
    get()
    lock(PROMPT, OTHER)  # of the other there are no weights here
    told = run("models", "verify")
    assert told.exit_code == 0
    assert told.stdout == "minilm: as published; equal readings in figures.lock: 1\n"
    told = run("models", "verify", "minilm", "--format", "json")
    assert json.loads(told.stdout) == {"models": ["minilm"], "readings": 1, "problems": []}


def test_without_a_lock_only_weights_are_verified() -> None:
    get()
    assert run("models", "verify").stdout.endswith("equal readings in figures.lock: 0\n")


def test_a_changed_byte_of_the_weights_is_found() -> None:
    folder = get()
    raw = bytearray(CONTENT["w.safetensors"])
    raw[100] ^= 1
    (folder / "w.safetensors").write_bytes(raw)
    told = run("models", "verify")
    assert told.exit_code == 1
    assert "w.safetensors is damaged" in told.stderr


@pytest.mark.parametrize(("by", "code"), [(1, 0), (2, 1)])
def test_numbers_that_differ_by_more_than_rounding_are_found_at_their_line(
    by: int, code: int
) -> None:
    get()
    made = read(PROMPT)
    cells = np.frombuffer(made.cells, "<i4").copy()
    cells[:2] += np.array([-by, by], dtype="<i4")
    changed = line_of(PROMPT, replace(made, cells=cells.tobytes()))
    Path(LOCK).write_bytes(line_of(OTHER, read(OTHER)) + b"\n" + changed + b"\n")
    told = run("models", "verify")
    assert told.exit_code == code
    where = 'figures.lock:2:1: error: minilm, weight of "the bat flew at night": 2 numbers differ'
    assert (where in told.stderr) is bool(code)


@pytest.mark.parametrize("damage", [b"<<<<<<< HEAD\n", b"{}\n", b'{"model":"minilm"\n'])
def test_a_damaged_lock_is_an_error_at_its_line(damage: bytes) -> None:
    get()
    lock(PROMPT)
    Path(LOCK).write_bytes(Path(LOCK).read_bytes() + damage)
    told = run("models", "verify")
    assert told.exit_code == 1
    assert "figures.lock:2:1: error: this line is damaged" in told.stderr
    (problem,) = json.loads(run("models", "verify", "--format", "json").stdout)["problems"]
    assert (problem["path"], problem["line"]) == (LOCK, 2)


def test_a_line_whose_numbers_are_damaged_is_an_error_at_its_line() -> None:
    get()
    line = line_of(PROMPT, read(PROMPT)).replace(b'"cells":"', b'"cells":"AAAA')
    Path(LOCK).write_bytes(line_of(OTHER, read(OTHER)) + b"\n" + line + b"\n")
    told = run("models", "verify")
    assert told.exit_code == 1
    assert "figures.lock:2:1: error: what figures.lock has of this text is damaged" in told.stderr


# --- build and figure ----------------------------------------------------------------------------


def test_a_build_that_is_locked_asks_no_model_even_if_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    models = FakeModels()
    monkeypatch.setattr(reading, "read_prompts", models)
    monkeypatch.setattr("sitegen.models.store.find", Path)
    write_files(Path(), BAT)
    told = run("build", "--locked")
    assert told.exit_code == 1
    assert "content/posts/bat.md:6:8: error: what this model makes of this text" in told.stderr
    assert not Path(LOCK).exists()
    assert not Path("public").exists()
    assert models.calls == []
    told = run("build")
    assert (told.exit_code, len(models.calls)) == (0, 1)
    assert "reading 1 texts with real models" in told.stdout
    assert "commit it with them" in told.stdout
    page = Path("public/posts/bat/index.html").read_bytes()
    assert run("build", "--locked", "--no-cache").exit_code == 0
    assert Path("public/posts/bat/index.html").read_bytes() == page
    assert len(models.calls) == 1


def test_without_the_weights_a_build_says_how_to_get_them_or_the_lock() -> None:
    write_files(Path(), BAT)
    told = run("build")
    assert told.exit_code == 1
    assert "sitegen models get minilm" in told.stderr
    assert "take figures.lock from" in told.stderr


def test_weights_that_are_damaged_are_not_read() -> None:
    folder = get()
    (folder / "vocab.txt").write_bytes(b"a\nc\n")
    write_files(Path(), BAT)
    told = run("build")
    assert told.exit_code == 1
    assert "vocab.txt is damaged" in told.stderr
    assert not Path(LOCK).exists()


def test_a_figure_alone_is_drawn_by_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    models = FakeModels()
    monkeypatch.setattr(reading, "read_prompts", models)
    Path("talk.md").write_text(BAT.partition("bat.md\n")[2], encoding="utf-8")
    told = run("figure", "talk.md", "--csv", "-v")
    assert told.exit_code == 0
    assert models.calls == [(PROMPT,)]
    assert "Layer 1, head 1: bat attends" in told.stdout
    assert {"bat.svg", "bat.csv"} <= {path.name for path in Path().iterdir()}
    assert not Path(LOCK).exists()


def test_a_figure_alone_of_a_site_needs_no_model_for_what_is_in_its_lock() -> None:
    write_files(Path(), BAT)
    lock(PROMPT)
    before = Path(LOCK).read_bytes()
    told = run("figure", "content/posts/bat.md")
    assert (told.exit_code, told.stdout) == (0, "bat.svg\n")
    assert Path(LOCK).read_bytes() == before
    Path(LOCK).write_bytes(before[: len(before) // 2])
    told = run("figure", "content/posts/bat.md")
    assert told.exit_code == 1
    assert "this line is damaged" in told.stderr


def test_a_figure_alone_says_how_to_get_its_model() -> None:
    Path("talk.md").write_text(BAT.partition("bat.md\n")[2], encoding="utf-8")
    told = run("figure", "talk.md")
    assert told.exit_code == 1
    assert "talk.md:6:8: error" in told.stderr
    assert "sitegen models get minilm" in told.stderr
