"""The files of an output by path: from the disk, from what is remembered, or made again."""

from __future__ import annotations

from hashlib import sha256

import pytest

from sitegen.build.stage import Made, Rendered
from sitegen.build.stored import Stored
from sitegen.errors import OutputError, Problem
from sitegen.model import Artifact, Asset, Entry


def artifact(path: str, text: str, file: str | None = None) -> Artifact:
    digest = sha256(text.encode()).hexdigest()
    return Artifact(path, "text/html", digest, ("x.md",), None if file else text.encode(), file)


def made(name: str, path: str, text: str) -> Made:
    entry = Entry(sha256(text.encode()).hexdigest(), len(text), "text/html")
    return Made(name, b"", b"", b"", b"", ((path, entry),))


LAID = {"a": "one", "b": "three", "c": "four"}


def test_what_is_on_the_disk_counts_only_for_the_call_whose_file_is_written() -> None:
    asset = Asset(path="c.html", file="/c.html", digest="c" * 64)
    rows = [made(*each) for each in (("1", "a", "one"), ("2", "a", "two"), ("3", "b", "three"))]
    rows.append(made("4", "c", "four"))
    on_disk = {name: artifact(name, text, f"/new/{name}") for name, text in LAID.items()}
    answers = [artifact("a", "one"), artifact("a", "two"), artifact("b", "three")]
    stored = Stored(rows, {"c": asset}, lambda index: Rendered((answers[index],)), on_disk)
    assert [*stored] == ["a", "b", "c"]
    assert {*stored.staged} == {"b"}
    assert (stored["a"].data, stored["b"].file, stored["c"].file) == (b"two", "/new/b", "/c.html")


def test_what_cannot_be_made_again_is_told() -> None:
    problem = Problem(kind="template", message="it took longer than 5 s", hint="make it smaller")
    stored = Stored([made("1", "a", "one")], {}, lambda _: Rendered(problems=(problem,)))
    with pytest.raises(
        OutputError, match="a cannot be made again: it took longer than 5 s"
    ) as told:
        stored["a"]
    assert told.value.hint == "make it smaller"


def test_a_piece_is_made_again_once_for_all_of_its_files() -> None:
    calls = []
    two = Rendered((artifact("a", "one"), artifact("a.svg", "two")))

    def render(index: int) -> Rendered:
        calls.append(index)
        return two

    files = (*made("1", "a", "one").files, *made("1", "a.svg", "two").files)
    both = Made("1", b"", b"", b"", b"", files)
    stored = Stored([both], {}, render)
    assert [each.data for each in stored.values()] == [b"one", b"two"]
    assert calls == [0]
