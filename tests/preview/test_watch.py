"""When the preview looks again: hints from the system, and sweeps where there are none."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from sitegen.preview import system, watch
from sitegen.preview.system import mount_of
from sitegen.preview.watch import Watcher
from tests.sites import write_files

MOUNTS = r"""22 1 8:1 / / rw - ext4 /dev/sda1 rw
30 22 0:40 / /home/w/my\040notes rw - nfs4 server:/notes rw
31 22 0:41 / /home rw shared:1 - ext4 /dev/sdb rw
32 22 0:42 / /home/w/shared rw - fuse.sshfs desk:/ rw
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    write_files(tmp_path, "== content/a.md\nA\n== site.toml\n")
    return tmp_path


def begin(site: Path, *, poll: bool = False) -> tuple[Watcher, list[str]]:
    said: list[str] = []
    return Watcher(site, poll=poll, say=said.append), said


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/home/w/my notes/site", ("/home/w/my notes", "nfs4")),
        ("/home/w/my notes", ("/home/w/my notes", "nfs4")),
        ("/home/w/my notes2", ("/home", "ext4")),
        ("/home/w/shared/a", ("/home/w/shared", "fuse.sshfs")),
        ("/srv", ("/", "ext4")),
    ],
)
def test_the_mount_that_holds_a_site_is_known(path: str, found: tuple[str, str]) -> None:
    assert mount_of(path, MOUNTS) == found


def test_a_network_mount_is_polled_and_named(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "mount_of", lambda _path, _mounts: ("/notes", "nfs4"))
    watcher, said = begin(site)
    assert said == [
        "looking for changes every 0.25 s: /notes is a nfs4 mount, which tells of no changes"
    ]
    (site / "content/a.md").write_text("B", encoding="utf-8")
    assert watcher.wait() == frozenset()
    watcher.close()


def test_where_the_system_watches_less_than_there_is_it_is_polled_and_said(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "kernel_watches", lambda: 1)
    watcher, said = begin(site)
    assert "the system watches 1 of" in said[0]
    assert "fs.inotify.max_user_watches" in said[0]
    (site / "content/a.md").write_text("B", encoding="utf-8")
    assert watcher.wait() == frozenset()
    watcher.close()


def test_a_hint_that_is_lost_is_made_up_for_by_a_sweep(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "SWEEP", 0.1)
    monkeypatch.setattr(Watcher, "hear", lambda _self, _paths: None)
    watcher, said = begin(site)
    stamp = (site / "content/a.md").stat()
    (site / "content/a.md").write_text("B\n", encoding="utf-8")  # of the size that it had
    os.utime(site / "content/a.md", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert watcher.wait() == frozenset()
    assert said == []
    watcher.close()


def test_a_sweep_says_nothing_that_a_hint_has_said(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "SWEEP", 0.05)
    watcher, _ = begin(site)
    (site / "content/a.md").write_text("B", encoding="utf-8")
    while watcher.wait() != {site / "content/a.md"}:
        pass
    calm = list[bool]()
    later = threading.Timer(0.5, (site / "content/a.md").write_text, ["C"])
    later.start()
    while not later.finished.is_set():  # a save is more than one event
        assert watcher.wait(lambda: calm.append(True)) == {site / "content/a.md"}
    assert calm
    watcher.close()


def test_a_hint_names_what_changed_and_swap_files_are_none(site: Path) -> None:
    watcher, said = begin(site)
    for name in (".a.md.swp", "a.md~", "#a.md#", ".#a.md"):
        (site / "content" / name).write_text("x", encoding="utf-8")
    (site / "public").mkdir()
    (site / "content/a.md").write_text("B", encoding="utf-8")
    assert watcher.wait() == {site / "content/a.md"}
    assert said == []
    watcher.close()


@pytest.mark.parametrize("leaves", [False, True])
def test_a_file_that_is_emptied_or_taken_away_is_looked_at_when_it_is_back(
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
    leaves: bool,  # noqa: FBT001
) -> None:
    """Shown without its text, a page would be short, and its reader back at its top."""
    monkeypatch.setattr(watch, "GRACE", 60.0)
    monkeypatch.setattr(watch, "FILLING", 60.0)
    watcher, _ = begin(site)
    file = site / "content/a.md"
    writer = threading.Timer(0.3, lambda: file.write_text("B\n", encoding="utf-8"))
    file.unlink() if leaves else file.write_text("", encoding="utf-8")
    writer.start()
    assert file in watcher.wait()
    assert file.read_text(encoding="utf-8") == "B\n"
    watcher.close()
    writer.join()


def test_a_file_that_stays_empty_is_looked_at_soon(site: Path) -> None:
    watcher, _ = begin(site)
    (site / "content/a.md").write_text("", encoding="utf-8")
    assert site / "content/a.md" in watcher.wait()
    watcher.close()


def test_what_has_no_size_and_is_no_file_is_not_waited_for(site: Path) -> None:
    """An empty folder has none on some disks."""
    os.mkfifo(site / "content/pipe")
    assert not watch._is_coming(str(site / "content/pipe"), 0.0)  # noqa: SLF001
    (site / "content/a.md").write_text("", encoding="utf-8")
    assert watch._is_coming(str(site / "content/a.md"), 0.0)  # noqa: SLF001


def test_a_folder_that_is_a_link_or_is_made_anew_is_watched(site: Path, tmp_path: Path) -> None:
    (site / "content").rename(tmp_path / "elsewhere")
    (site / "content").symlink_to(tmp_path / "elsewhere")
    watcher, _ = begin(site)
    (tmp_path / "elsewhere/a.md").write_text("B", encoding="utf-8")
    assert site / "content/a.md" in watcher.wait()
    (site / "content").unlink()
    (site / "content").mkdir()
    while site / "content" not in watcher.wait():
        pass
    (site / "content/b.md").write_text("B", encoding="utf-8")
    while site / "content/b.md" not in watcher.wait():
        pass
    watcher.close()
