"""Figures of real models in a site: read once for all, kept in figures.lock, never guessed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from sitegen.build import Memory, build
from sitegen.build.readings import Reader, refuse
from sitegen.cli import main
from sitegen.inputs import read_inputs
from sitegen.lock import LOCK, line_of, read_lock, reading_of
from sitegen.memo import Memo
from sitegen.model import Prompt
from tests.readings import FakeModels, read
from tests.sites import CONFIG, NOW, MadeSite, run_here, write_files

BAT = """
== content/posts/bat.md
# A bat

```attention
text: the bat flew at night
model: minilm
layer: 1
head: 4
from: bat
```
"""
OWL = BAT.replace("bat", "owl").replace("minilm", "smollm2")


def site(root: Path, text: str, reader: Reader, memo: Memo | None = None) -> MadeSite:
    """A build of a site, and its lock written."""
    write_files(root, text)
    (root / "site.toml").write_text(CONFIG, encoding="utf-8")
    inputs = read_inputs(root)
    memory = Memory(memo or Memo())
    built = build(
        inputs, run_here, now=NOW, drafts=False, future=False, memory=memory, reader=reader
    )
    if built.lock is not None:
        (root / LOCK).write_bytes(built.lock)
    return MadeSite(root, built, inputs)


def test_all_texts_are_read_at_once_and_no_text_twice(tmp_path: Path) -> None:
    models = FakeModels()
    made = site(tmp_path, BAT + OWL + BAT.replace("posts/bat", "posts/again"), models)
    assert made.errors == []
    assert models.calls == [
        (
            Prompt(model="minilm", quantity="weight", text="the bat flew at night"),
            Prompt(model="smollm2", quantity="weight", text="the owl flew at night"),
        )
    ]
    assert "all-MiniLM-L6-v2" in made.text("posts/bat/index.html")
    assert "SmolLM2-135M-Instruct" in made.text("posts/owl/index.html")


def test_a_site_with_its_lock_needs_no_model(tmp_path: Path) -> None:
    first = site(tmp_path, BAT, FakeModels())
    again = site(tmp_path, BAT, refuse)
    assert again.errors == []
    assert again.text("posts/bat/index.html") == first.text("posts/bat/index.html")
    assert again.built.lock is None


def test_what_is_remembered_is_not_read_and_follows_the_lock(tmp_path: Path) -> None:
    memo, models = Memo(), FakeModels()
    first = site(tmp_path, BAT, models, memo)
    again = site(tmp_path, BAT, models, memo)
    assert len(models.calls) == 1
    assert again.text("posts/bat/index.html") == first.text("posts/bat/index.html")
    (prompt,) = models.calls[0]
    reading = read(prompt)
    turned = np.frombuffer(reading.cells, dtype="<i4").reshape(reading.shape)[:, ::-1]
    line = line_of(prompt, replace(reading, cells=turned.tobytes()))
    (tmp_path / LOCK).write_bytes(line + b"\n")
    changed = site(tmp_path, BAT, models, memo)
    assert changed.text("posts/bat/index.html") != first.text("posts/bat/index.html")


def test_a_new_text_is_added_and_one_that_is_gone_is_left_out(tmp_path: Path) -> None:
    site(tmp_path, BAT, FakeModels())
    models = FakeModels()
    site(tmp_path, BAT.replace("the bat flew", "a bat flew"), models)
    lines = read_lock((tmp_path / LOCK).read_bytes())
    assert [prompt.text for prompt in lines] == ["a bat flew at night"]


def test_nothing_is_left_out_while_a_source_cannot_be_read(tmp_path: Path) -> None:
    site(tmp_path, BAT + OWL, FakeModels())
    (tmp_path / "content/posts/owl.md").write_bytes(b"\xff\xfe\x00")
    models = FakeModels()
    site(tmp_path, BAT.replace("the bat flew", "a bat flew"), models)
    texts = {prompt.text for prompt in read_lock((tmp_path / LOCK).read_bytes())}
    assert texts == {"the bat flew at night", "the owl flew at night", "a bat flew at night"}


def test_a_text_that_nobody_read_is_an_error_at_its_model(tmp_path: Path) -> None:
    made = site(tmp_path, BAT, refuse)
    assert "content/posts/bat.md:5:8: error: what this model makes of this text" in made.report
    assert "commit figures.lock" in made.report


def test_an_error_of_a_missing_model_is_not_remembered(tmp_path: Path) -> None:
    memo = Memo()
    assert site(tmp_path, BAT, refuse, memo).errors
    assert not site(tmp_path, BAT, FakeModels(), memo).errors


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw[: len(raw) // 2],
        lambda raw: b"<<<<<<< HEAD\n" + raw,
        lambda raw: raw.replace(b'"cells":"', b'"cells":"AAAA'),
        lambda raw: raw.replace(b"12", b"13"),
        lambda raw: b"\xff" * 10 + raw,
        lambda raw: b"[" * 100_000 + raw,
    ],
)
def test_a_damaged_lock_is_an_error_and_nothing_is_written(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    site(tmp_path, BAT, FakeModels())
    raw = (tmp_path / LOCK).read_bytes()
    broken = damage(raw)
    (tmp_path / LOCK).write_bytes(broken)
    result = CliRunner().invoke(main, ["build", "-s", str(tmp_path), "--locked"])
    assert result.exit_code == 1
    assert "figures.lock" in result.output
    assert "Traceback" not in result.output
    assert (tmp_path / LOCK).read_bytes() == broken
    assert not (tmp_path / "public").exists()


def test_the_lock_gives_back_what_was_read(tmp_path: Path) -> None:
    site(tmp_path, BAT + OWL, FakeModels())
    for prompt, line in read_lock((tmp_path / LOCK).read_bytes()).items():
        assert reading_of(prompt, line) == read(prompt)


def test_a_line_of_other_weights_is_as_good_as_none(tmp_path: Path) -> None:
    site(tmp_path, BAT, FakeModels())
    raw = (tmp_path / LOCK).read_bytes()
    (tmp_path / LOCK).write_bytes(raw.replace(b'"53aa51172d14"', b'"000000000000"'))
    assert site(tmp_path, BAT, refuse).errors
