"""Writing a snapshot: only what changed, only what is ours, and whole whatever happens."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec
import pytest

from sitegen import output
from sitegen.errors import OutputError
from sitegen.model import Artifact, Snapshot
from sitegen.output import MANIFEST, STAGING, Claim, Entry, Manifest, staging, write
from sitegen.stamps import Seen
from sitegen.workers import run

TYPES = {".html": "text/html; charset=utf-8", ".xml": "application/xml", ".css": "text/css"}


def snapshot(files: dict[str, str]) -> Snapshot:
    return Snapshot(
        artifacts={
            path: Artifact(
                path=path,
                media_type=TYPES.get(Path(path).suffix, "text/plain"),
                digest=hashlib.blake2b(text.encode()).hexdigest(),
                made_from=("content/x.md",),
                data=text.encode(),
            )
            for path, text in files.items()
        }
    )


def put(files: dict[str, str], folder: Path) -> output.Written:
    return write(snapshot(files), folder, url="https://example.org/", drafts=False)


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }


OLD = {"index.html": "old", "a/index.html": "A", "gone/index.html": "G", "s.1.css": "1"}
NEW = {"index.html": "new", "a/index.html": "A", "b/index.html": "B", "s.2.css": "2"}
OLD |= {"c.html": "c", "d.html": "d"}
NEW |= {"c.html": "C", "d.html": "D"}


def test_the_folder_holds_exactly_the_snapshot(tmp_path: Path) -> None:
    assert put(OLD, tmp_path / "out").new == 6
    written = put(NEW, tmp_path / "out")
    assert tree(tmp_path / "out") == NEW
    assert (written.new, written.changed, written.removed, written.unchanged) == (2, 3, 2, 1)
    assert not (tmp_path / "out/gone").exists()


def test_what_did_not_change_is_not_written_again(tmp_path: Path) -> None:
    put(OLD, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    put(OLD, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_files_that_are_not_ours_stay(tmp_path: Path) -> None:
    put(OLD, tmp_path)
    (tmp_path / "CNAME").write_text("example.org", encoding="utf-8")
    (tmp_path / ".git").mkdir()
    (tmp_path / "gone/mine.txt").write_text("mine", encoding="utf-8")
    put(NEW, tmp_path)
    kept = {"CNAME": "example.org", "gone/mine.txt": "mine"}
    assert tree(tmp_path) == NEW | kept
    assert (tmp_path / ".git").is_dir()


@pytest.mark.parametrize("mine", ["index.html", "a", "b/index.html/x"])
def test_a_file_that_is_not_ours_is_never_replaced(tmp_path: Path, mine: str) -> None:
    (tmp_path / mine).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / mine).write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="was not written by sitegen"):
        put(NEW, tmp_path)
    assert tree(tmp_path) == {mine: "mine"}


def test_an_equal_file_that_was_there_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("new", encoding="utf-8")
    put(NEW, tmp_path)
    assert tree(tmp_path) == NEW


def test_a_page_may_become_a_folder_and_a_folder_a_page(tmp_path: Path) -> None:
    put({"a": "file", "b/c": "in a folder"}, tmp_path)
    put({"a/x": "now a folder", "b": "now a file"}, tmp_path)
    assert tree(tmp_path) == {"a/x": "now a folder", "b": "now a file"}


def test_a_file_of_the_site_that_vanished_is_told_as_such(tmp_path: Path) -> None:
    gone = Artifact(path="a.png", media_type="image/png", digest="", made_from=(), file="/gone.png")
    with pytest.raises(OutputError, match="cannot read"):
        write(Snapshot(artifacts={"a.png": gone}), tmp_path, url="", drafts=False)


def test_an_empty_folder_in_the_place_of_a_page_makes_room(tmp_path: Path) -> None:
    (tmp_path / "index.html/deep/er").mkdir(parents=True)
    put(NEW, tmp_path)
    assert tree(tmp_path) == NEW


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/b").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="leads out of the output folder"):
        put(NEW, tmp_path / "out")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_nothing_is_removed_outside_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    entry = Entry(sha256="", size=0, type="")
    manifest = Manifest(url="", drafts=False, complete=True, files={"../mine": entry})
    (tmp_path / "out" / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    with pytest.raises(OutputError, match="leads out of the output folder"):
        put(NEW, tmp_path / "out")
    assert (tmp_path / "mine").is_file()


def test_the_manifest_lists_every_file_with_its_digest(tmp_path: Path) -> None:
    put(NEW, tmp_path)
    manifest = msgspec.json.decode((tmp_path / MANIFEST).read_bytes(), type=Manifest)
    assert manifest.complete
    assert {path: entry.sha256 for path, entry in manifest.files.items()} == {
        path: hashlib.sha256(text.encode()).hexdigest() for path, text in NEW.items()
    }


@pytest.mark.parametrize("junk", [b"", b"{", b"[]", b'{"files": 3}', b"\xff"])
def test_a_broken_manifest_makes_old_files_foreign_and_loses_none(
    tmp_path: Path, junk: bytes
) -> None:
    put(NEW, tmp_path)
    (tmp_path / MANIFEST).write_bytes(junk)
    put(NEW, tmp_path)
    assert tree(tmp_path) == NEW


def die_at(step: int, name: str, folder: Path) -> None:
    """Write NEW in a child process that is killed at the n-th call of an operation."""
    calls = 0

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def inner(*args: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **options)

        return inner

    pid = os.fork()
    if pid == 0:
        where: Any = staging if hasattr(staging, name) else Path
        setattr(where, name, counted(getattr(where, name)))
        put(NEW, folder)
        os._exit(0)
    os.waitpid(pid, 0)


@pytest.mark.parametrize("name", ["write_bytes", "replace", "exchange", "unlink", "mkdir", "rmdir"])
@pytest.mark.parametrize("step", range(1, 7))
def test_a_killed_build_leaves_whole_files_and_is_repaired(
    tmp_path: Path, name: str, step: int
) -> None:
    put(OLD, tmp_path)
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    die_at(step, name, tmp_path)
    found = {path: text for path, text in tree(tmp_path).items() if STAGING not in path}
    assert found.pop("mine.txt") == "mine"
    assert all(text in {OLD.get(path), NEW.get(path)} for path, text in found.items())
    assert {path for path in OLD if path in NEW} <= set(found)
    put(NEW, tmp_path)
    assert tree(tmp_path) == NEW | {"mine.txt": "mine"}


def test_a_full_disk_leaves_the_old_output_and_no_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(OLD, tmp_path)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="no space left on device"):
        put(NEW, tmp_path)
    monkeypatch.undo()
    assert tree(tmp_path) == OLD
    assert not (tmp_path / STAGING).exists()


def full(*_args: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


# --- many files at once --------------------------------------------------------------------------

MANY = {f"{name}/{n}/index.html": f"{name} {n}" for name in "abc" for n in range(100)} | OLD


def spread(work: Callable[[int], bytes], count: int, lost: Callable[[int, str], bytes]) -> Any:
    return run(work, count, jobs=2, limit=20, lost=lost)


def put_many(files: dict[str, str], folder: Path) -> output.Written:
    address = "https://example.org/"
    return write(snapshot(files), folder, url=address, drafts=False, spread=spread)


def test_many_files_are_written_by_several_processes(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b/mine.txt").write_text("mine", encoding="utf-8")
    assert put_many(MANY, tmp_path).new == len(MANY)
    assert tree(tmp_path) == MANY | {"b/mine.txt": "mine"}
    newer = {path: f"{text}, again" for path, text in MANY.items()}
    assert put_many(newer, tmp_path).changed == len(MANY)
    assert tree(tmp_path) == newer | {"b/mine.txt": "mine"}


def test_a_first_output_moves_into_place_in_folders_pages_after_what_they_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[str] = []
    replace = Path.replace

    def noted(path: Path, target: Path) -> Path:
        moved.append(target.relative_to(tmp_path).as_posix())
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", noted)
    put_many(MANY | {"css/x.css": "x", "feed.xml": "f", "c/feed.xml": "f"}, tmp_path)
    folders = [
        "css",
        "s.1.css",
        "a",
        "b",
        "c.html",
        "d.html",
        "gone",
        "index.html",
        "c",
        "feed.xml",
    ]
    assert moved == [MANIFEST, *folders, MANIFEST]


def test_what_the_disk_refuses_another_process_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="no space left on device"):
        put_many(MANY, tmp_path)
    assert tree(tmp_path) == {}


def test_a_process_that_is_killed_while_it_writes_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = os.getpid()

    def die(*_args: object) -> None:
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(Path, "write_bytes", die)
    with pytest.raises(OutputError, match="was ended while it wrote"):
        put_many(MANY, tmp_path)
    assert tree(tmp_path) == {}


def test_a_folder_that_is_a_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="cannot write"):
        put(NEW, tmp_path / "out")


def test_a_copied_asset_is_compared_by_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"one")

    def photo() -> Snapshot:
        copy = Artifact(
            path="photo.jpg",
            media_type="image/jpeg",
            digest="-",
            made_from=("content/photo.jpg",),
            file=str(tmp_path / "photo.jpg"),
        )
        return Snapshot(artifacts={"photo.jpg": copy})

    write(photo(), tmp_path / "out", url="u", drafts=False)
    assert write(photo(), tmp_path / "out", url="u", drafts=False).unchanged == 1
    (tmp_path / "photo.jpg").write_bytes(b"two")
    assert write(photo(), tmp_path / "out", url="u", drafts=False).changed == 1
    assert (tmp_path / "out/photo.jpg").read_bytes() == b"two"
    shutil.rmtree(tmp_path / "out")


# --- a file takes the place of another ------------------------------------------------------------


def no_exchange(_one: Path, _other: Path) -> bool:
    return False


@pytest.mark.parametrize("exchange", [staging.exchange, no_exchange])
def test_files_take_the_place_of_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchange: Callable[[Path, Path], bool]
) -> None:
    monkeypatch.setattr(staging, "exchange", exchange)
    put(OLD, tmp_path)
    put(NEW, tmp_path)
    assert tree(tmp_path) == NEW
    assert not (tmp_path / STAGING).exists()


def test_what_became_a_folder_at_the_last_moment_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(OLD, tmp_path)
    exchange = staging.exchange

    def late(one: Path, other: Path) -> bool:
        if not (tmp_path / "index.html").is_dir():
            (tmp_path / "index.html").unlink()
            (tmp_path / "index.html").mkdir()
            (tmp_path / "index.html/mine").write_text("mine", encoding="utf-8")
        return exchange(one, other)

    monkeypatch.setattr(staging, "exchange", late)
    with pytest.raises(OutputError, match=r"cannot write .*index\.html"):
        put(NEW, tmp_path)
    assert (tmp_path / "index.html/mine").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / STAGING).exists()


# --- what was staged before all was ready ---------------------------------------------------------


def keep(files: dict[str, str], claim: Claim) -> Snapshot:
    """The same snapshot, each artifact without its bytes."""
    whole = snapshot(files)
    kept = {path: claim.keep(artifact) for path, artifact in whole.artifacts.items()}
    entries = {
        path: Entry(hashlib.sha256(text.encode()).hexdigest(), len(text.encode()), "text/html")
        for path, text in files.items()
    }
    return msgspec.structs.replace(whole, artifacts=kept, entries=entries, staged=kept.keys())


def put_kept(files: dict[str, str], claim: Claim) -> output.Written:
    with claim:
        claim.begin()
        kept = keep(files, claim)
        assert not [each for each in kept.artifacts.values() if each.data is not None]
        return write(kept, claim.folder, url="u", drafts=False, claim=claim)


def test_what_is_staged_already_is_written_as_it_is(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert put_kept(OLD, Claim(out)).new == len(OLD)
    assert tree(out) == OLD
    before = (out / "a/index.html").stat()
    written = put_kept(NEW, Claim(out))
    assert (written.new, written.changed, written.removed, written.unchanged) == (2, 3, 2, 1)
    assert tree(out) == NEW
    assert (out / "a/index.html").stat() == before
    assert not (out / STAGING).exists()


def test_what_was_staged_and_is_not_written_goes(tmp_path: Path) -> None:
    with Claim(tmp_path / "out") as claim:
        claim.begin()
        keep(OLD, claim)
    assert not (tmp_path / "out").exists()
    put(OLD, tmp_path / "out")
    with Claim(tmp_path / "out") as claim:
        claim.begin()
        keep(NEW, claim)
        assert (tmp_path / "out" / STAGING).exists()
    assert tree(tmp_path / "out") == OLD
    assert not (tmp_path / "out" / STAGING).exists()


def test_a_folder_that_was_there_stays_and_a_claim_that_never_began_touches_none(
    tmp_path: Path,
) -> None:
    with Claim(tmp_path / "none"):
        pass
    assert not (tmp_path / "none").exists()
    with Claim(tmp_path) as claim:
        claim.begin()
    assert tmp_path.exists()


def test_a_file_that_changed_since_it_was_found_to_be_right_is_told(tmp_path: Path) -> None:
    put(OLD, tmp_path)
    with Claim(tmp_path) as claim:
        claim.begin()
        kept = keep(OLD, claim)
        (tmp_path / "a/index.html").write_text("mine", encoding="utf-8")
        with pytest.raises(OutputError, match="was changed while the site was built"):
            write(kept, tmp_path, url="u", drafts=False, claim=claim)
    assert (tmp_path / "a/index.html").read_text(encoding="utf-8") == "mine"


def test_what_nobody_knows_of_is_not_published(tmp_path: Path) -> None:
    with Claim(tmp_path) as claim:
        claim.begin()
        kept = keep(OLD, claim)
        junk = claim.staged("a/junk.html")
        Path(junk).write_text("of a process that died", encoding="utf-8")
        claim.is_known = False
        write(kept, tmp_path, url="u", drafts=False, claim=claim)
    assert tree(tmp_path) == OLD


def test_a_staged_file_is_never_written_twice(tmp_path: Path) -> None:
    with Claim(tmp_path) as claim:
        claim.begin()
        keep(OLD, claim)
        with pytest.raises(FileExistsError):
            keep(OLD, claim)


def test_another_build_waits_for_what_is_staged(tmp_path: Path) -> None:
    with Claim(tmp_path) as claim:
        claim.begin()
        kept = keep(OLD, claim)
        other = Thread(target=put, args=(NEW, tmp_path))
        other.start()
        other.join(0.2)
        assert other.is_alive()
        assert (tmp_path / STAGING / "index.html").exists()
        write(kept, tmp_path, url="u", drafts=False, claim=claim)
    other.join(20)
    assert tree(tmp_path) == NEW


def test_what_was_found_whole_is_not_looked_at_again_and_by_the_next_build_it_is(
    tmp_path: Path,
) -> None:
    seen: dict[str, Seen] = {}
    write(snapshot(OLD), tmp_path, url="u", drafts=False, seen=seen)
    (tmp_path / "a/index.html").write_text("mine", encoding="utf-8")
    changed = OLD | {"index.html": "new"}
    write(snapshot(changed), tmp_path, url="u", drafts=False, seen=seen, is_whole=True)
    assert tree(tmp_path) == changed | {"a/index.html": "mine"}
    write(snapshot(changed), tmp_path, url="u", drafts=False, seen=seen)
    assert tree(tmp_path) == changed


def test_what_another_build_wrote_in_the_meantime_is_looked_at(tmp_path: Path) -> None:
    seen: dict[str, Seen] = {}
    write(snapshot(OLD), tmp_path, url="u", drafts=False, seen=seen)
    put(NEW, tmp_path)
    write(snapshot(OLD), tmp_path, url="u", drafts=False, seen=seen, is_whole=True)
    assert tree(tmp_path) == OLD
