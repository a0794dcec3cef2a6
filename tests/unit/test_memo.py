"""The memo: what was put comes back, or nothing does; whatever befell its files."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from sitegen import memo as module
from sitegen.memo import BATCH, IDENTITY, Memo, digest

VALUES = {digest(b"%d" % n): b"value %d " % n * (n + 1) for n in range(20)}


def kept(folder: Path, values: dict[bytes, bytes] = VALUES) -> None:
    memo = Memo(folder)
    for key, value in values.items():
        memo.put(key, value)
    memo.settle(lambda: values)
    memo.close()


def found(folder: Path) -> dict[bytes, bytes]:
    memo = Memo(folder)
    values = {key: memo.get(key) for key in VALUES}
    memo.close()
    return {key: value for key, value in values.items() if value is not None}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    kept(tmp_path / "cache")
    return tmp_path / "cache"


def test_what_was_put_is_there_at_once_and_in_the_next_build(tmp_path: Path) -> None:
    memo = Memo(tmp_path / "cache")
    assert memo.get(digest(b"a")) is None
    memo.put(digest(b"a"), b"A")
    assert memo.get(digest(b"a")) == b"A"
    memo.settle(list)
    assert memo.get(digest(b"a")) == b"A"
    memo.close()
    assert Memo(tmp_path / "cache").get(digest(b"a")) == b"A"


def test_where_one_part_of_a_digest_ends_matters() -> None:
    assert len({digest(b"ab", b"c"), digest(b"a", b"bc"), digest(b"abc"), digest(b"abc", b"")}) == 4


def test_without_a_folder_it_lasts_as_long_as_the_process() -> None:
    memo = Memo()
    memo.put(digest(b"a"), b"A")
    memo.settle(list)
    assert memo.get(digest(b"a")) == b"A"


@pytest.mark.parametrize("index", [None, b"", b"garbage", b"\0" * 200])
def test_without_its_index_the_pack_is_read_through(folder: Path, index: bytes | None) -> None:
    if index is None:
        (folder / "memo.index").unlink()
    else:
        (folder / "memo.index").write_bytes(index)
    assert found(folder) == VALUES


def test_the_index_of_another_pack_is_no_index(folder: Path, tmp_path: Path) -> None:
    kept(tmp_path / "other", dict(reversed(VALUES.items())))
    (tmp_path / "other/memo.index").replace(folder / "memo.index")
    assert found(folder) == VALUES


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_pack_that_was_cut_off_has_what_is_left(
    folder: Path, share: float, *, index: bool
) -> None:
    pack = folder / "memo.pack"
    raw = pack.read_bytes()
    pack.write_bytes(raw[: int(share * len(raw))])
    if not index:
        (folder / "memo.index").unlink()
    left = found(folder)
    assert left.items() <= VALUES.items()
    assert len(left) < len(VALUES)
    kept(folder)
    assert found(folder) == VALUES


@pytest.mark.parametrize("at", range(0, 4000, 97))
def test_a_garbled_byte_loses_an_entry_and_alters_none(folder: Path, at: int) -> None:
    pack = folder / "memo.pack"
    raw = bytearray(pack.read_bytes())
    raw[at % len(raw)] ^= 0x41
    pack.write_bytes(raw)
    left = found(folder)
    assert left.items() <= VALUES.items()
    if at % len(raw) >= IDENTITY:
        assert len(left) >= len(VALUES) - 1
    memo = Memo(folder)
    for key, value in VALUES.items():
        if memo.get(key) is None:
            memo.put(key, value)
    memo.settle(list)
    memo.close()
    assert found(folder) == VALUES


def test_an_entry_under_the_name_of_another_is_a_miss(tmp_path: Path) -> None:
    one, two = digest(b"1"), digest(b"2")
    kept(tmp_path, {one: b"first", two: b"other"})
    pack = tmp_path / "memo.pack"
    raw = pack.read_bytes()
    swapped = raw.replace(one, b"?" * 16).replace(two, one).replace(b"?" * 16, two)
    assert swapped != raw
    pack.write_bytes(swapped)
    (tmp_path / "memo.index").unlink()
    memo = Memo(tmp_path)
    assert (memo.get(one), memo.get(two)) == (None, None)


def test_while_one_process_writes_another_reads_and_does_not_wait(folder: Path) -> None:
    first, second = Memo(folder), Memo(folder)
    first.put(digest(b"first"), b"1" * BATCH)
    first.put(digest(b"more"), b"3")
    second.put(digest(b"second"), b"2")
    second.settle(list)
    assert second.get(digest(b"second")) == b"2"
    first.settle(list)
    third = Memo(folder)
    assert third.get(digest(b"first")) == b"1" * BATCH
    assert third.get(digest(b"more")) == b"3"
    assert third.get(digest(b"second")) is None
    assert found(folder) == VALUES


def test_two_that_write_one_after_the_other_lose_nothing(folder: Path) -> None:
    first, second = Memo(folder), Memo(folder)
    first.put(digest(b"first"), b"1")
    first.settle(list)
    second.put(digest(b"second"), b"2")
    second.settle(list)
    third = Memo(folder)
    assert third.get(digest(b"first")) == b"1"
    assert third.get(digest(b"second")) == b"2"


def test_a_pack_of_mostly_old_entries_is_made_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SLACK", 0)
    reading = Memo(folder)
    needed = list(VALUES)[:3]
    memo = Memo(folder)
    for number in range(100):
        memo.put(digest(b"new %d" % number), b"x" * 1000)
    memo.settle(lambda: [*needed, digest(b"new 7"), digest(b"never there")])
    memo.close()
    assert (folder / "memo.pack").stat().st_size < 10_000
    assert list(found(folder)) == needed
    assert Memo(folder).get(digest(b"new 7")) == b"x" * 1000
    assert Memo(folder).get(digest(b"new 8")) is None
    assert {key: reading.get(key) for key in VALUES} == VALUES  # it has the former pack open


def test_no_pack_is_larger_than_the_limit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 2000)
    kept(folder)
    memo = Memo(folder)
    memo.put(digest(b"more"), b"x" * 500)
    memo.settle(lambda: VALUES)
    memo.close()
    assert (folder / "memo.pack").stat().st_size <= 2000
    assert found(folder).items() <= VALUES.items()


@pytest.mark.parametrize("call", ["pwrite", "pwritev", "ftruncate", "open"])
def test_a_disk_that_is_full_or_refuses_means_no_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def full(*_args: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, call, full)
    memo = Memo(tmp_path / "cache")
    for key, value in VALUES.items():
        memo.put(key, value)
    memo.settle(list)
    assert {key: memo.get(key) for key in VALUES} == VALUES
    monkeypatch.undo()
    assert found(tmp_path / "cache") == {}


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to(path)])
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, make: Callable[[Path], None]) -> None:
    for name in ("memo.pack", "memo.index", "memo.size"):
        make(tmp_path / name)
    kept(tmp_path)
    assert found(tmp_path) == {}


def test_a_folder_that_is_a_file_means_no_cache(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("mine")
    kept(tmp_path / "cache")
    assert (tmp_path / "cache").read_text() == "mine"


@pytest.mark.parametrize("call", ["pwrite", "pwritev", "ftruncate", "replace"])
@pytest.mark.parametrize("step", range(1, 5))
def test_a_build_killed_while_it_writes_leaves_whole_entries(
    folder: Path, call: str, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = {digest(b"more %d" % n): b"x" * 300 for n in range(9)}
    monkeypatch.setattr(module, "BATCH", 500)
    monkeypatch.setattr(module, "SLACK", 0)
    monkeypatch.setattr(module, "LARGEST", 6000)
    pid = os.fork()
    if pid == 0:
        _die_at(step, call)
        kept(folder, VALUES | more)
        os._exit(0)
    os.waitpid(pid, 0)
    memo = Memo(folder)
    assert all(memo.get(key) in {None, value} for key, value in more.items())
    assert found(folder).items() <= VALUES.items()
    kept(folder, VALUES)
    assert found(folder) == VALUES


def _die_at(step: int, name: str) -> None:
    """Kill this process in the middle of the n-th call: the half of a write is done."""
    place = Path if name == "replace" else os
    usual, calls = getattr(place, name), 0

    def counted(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls == step:
            if name == "pwrite":
                handle, content, start = arguments
                usual(handle, bytes(content)[: len(content) // 2], start)  # type: ignore[call-overload, arg-type]
            if name == "pwritev":
                handle, parts, start = arguments
                usual(handle, [*parts[:1], parts[1][:9]], start)  # type: ignore[index]
            os.kill(os.getpid(), signal.SIGKILL)
        return usual(*arguments)

    setattr(place, name, counted)


def test_a_disk_that_takes_only_a_part_at_a_time_gets_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def some(handle: int, parts: list[bytes], start: int) -> int:
        return os.pwrite(handle, parts[0], start)

    monkeypatch.setattr(os, "pwritev", some)
    monkeypatch.setattr(module, "PARTS", 7)
    kept(tmp_path)
    assert found(tmp_path) == VALUES
