"""Stamps: a file that was changed never has the stamp that was trusted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sitegen import stamps as module
from sitegen.stamps import NONE, settled, stamp, stamps


def trusted(folder: Path, name: str = "a") -> bytes:
    path = f"{folder}/{name}"
    return settled(folder, [stamp(path)], [name])[0]


def test_a_file_that_was_left_alone_keeps_its_stamp(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    known = trusted(tmp_path)
    assert known != NONE
    assert stamps(str(tmp_path), ["a"]) == [known]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]


@pytest.mark.parametrize("attempt", range(20))
def test_a_change_of_the_same_length_at_once_and_with_its_time_set_back_shows(
    tmp_path: Path, attempt: int
) -> None:
    file = tmp_path / "a"
    file.write_text(f"one {attempt}")
    status = file.stat()
    known = trusted(tmp_path)
    file.write_text(f"two {attempt}")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert stamp(str(file)) != known


def test_while_the_clock_of_the_disk_stands_still_nothing_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("one")
    monkeypatch.setattr(module, "TICK", 0)
    now = (tmp_path / "a").stat().st_ctime_ns
    monkeypatch.setattr(module, "_clock", lambda _folder: now)
    assert trusted(tmp_path) == NONE


def test_a_file_that_was_changed_while_it_was_looked_at_is_not_trusted(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("one")
    before = stamp(str(file))
    file.write_text("other")
    assert settled(tmp_path, [before], ["a"]) == [NONE]


def test_what_is_missing_a_folder_or_a_link_has_no_stamp(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    (tmp_path / "link").symlink_to("a")
    assert stamps(str(tmp_path), ["b", "", "link"]) == [NONE] * 3
