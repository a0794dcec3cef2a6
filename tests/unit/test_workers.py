"""Forked workers: results in order, and no task can take the others with it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sitegen import workers
from sitegen.budget import time_limit
from sitegen.workers import Standby, WorkerError


def run(*arguments: Any, **options: Any) -> list[bytes]:
    return [*workers.run(*arguments, **options)]


def lost(index: int, why: str) -> bytes:
    return f"{index} {why}".encode()


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_results_come_in_the_order_of_the_tasks(jobs: int) -> None:
    done: list[int] = []
    results = run(
        lambda n: str(n * n).encode(), 40, jobs=jobs, limit=10, lost=lost, done=done.append
    )
    assert results == [str(n * n).encode() for n in range(40)]
    assert done == list(range(1, 41))


def test_no_tasks_need_no_workers() -> None:
    assert run(lambda _n: b"", 0, jobs=2, limit=1, lost=lost) == []


def test_a_task_that_does_not_end_costs_only_itself() -> None:
    def work(n: int) -> bytes:
        if n == 3:
            time.sleep(60)
        return b"%d" % n

    results = run(work, 12, jobs=2, limit=0.3, lost=lost)
    assert results[3] == b"3 did not end within 0.3 s"
    assert [each for n, each in enumerate(results) if n != 3] == [
        b"%d" % n for n in range(12) if n != 3
    ]


def test_a_task_that_kills_its_process_costs_only_itself() -> None:
    def work(n: int) -> bytes:
        if n == 0:
            os._exit(3)
        return b"ok"

    results = run(work, 10, jobs=1, limit=5, lost=lost)
    assert results == [b"0 ended the process that was reading it", *[b"ok"] * 9]


def test_a_bug_in_a_task_is_raised_with_its_traceback() -> None:
    def work(_n: int) -> bytes:
        raise KeyError("the bug")

    with pytest.raises(WorkerError, match="the bug"):
        run(work, 2, jobs=1, limit=5, lost=lost)


def test_results_come_while_others_are_made_and_who_stops_listening_ends_the_workers() -> None:
    def work(n: int) -> bytes:
        if n:
            time.sleep(60)
        return b"%d" % os.getpid()

    results = workers.run(work, 2, jobs=2, limit=60, lost=lost)
    begun = time.monotonic()
    pid = int(next(results))
    assert time.monotonic() - begun < 20
    assert Path(f"/proc/{pid}").exists()
    results.close()  # type: ignore[attr-defined]
    assert not Path(f"/proc/{pid}").exists()


def test_what_waits_to_be_done_meanwhile_is_done_in_steps() -> None:
    steps: list[int] = []

    def meanwhile() -> Iterator[None]:
        for number in range(3):
            steps.append(number)
            yield

    def work(n: int) -> bytes:
        time.sleep(0.1)
        return b"%d" % n

    results = run(work, 4, jobs=2, limit=10, lost=lost, meanwhile=meanwhile())
    assert results == [b"0", b"1", b"2", b"3"]
    assert steps == [0, 1, 2]


def test_a_task_that_needs_gigabytes_gets_a_memory_error() -> None:
    def work(_n: int) -> bytes:
        try:
            return bytes(64 << 30)[:1]
        except MemoryError:
            return b"refused"

    assert run(work, 1, jobs=1, limit=5, lost=lost) == [b"refused"]


def test_the_alarm_rings_inside_an_endless_loop_and_only_there() -> None:
    def never_end() -> None:
        while True:
            pass

    with pytest.raises(TimeoutError), time_limit(0.05):
        never_end()
    with time_limit(0.05):
        pass
    assert sum(range(10_000_000)) > 0  # longer than what is left of the limit


def test_a_machine_that_is_busy_with_something_else_costs_nothing() -> None:
    with time_limit(0.05):
        time.sleep(0.1)


# --- one task, at once ---------------------------------------------------------------------------


@pytest.fixture
def stand_by() -> Iterator[Callable[..., Standby]]:
    made: list[Standby] = []

    def begin(work: Callable[[bytes], bytes], limit: float = 10) -> Standby:
        made.append(Standby(work, limit))
        return made[-1]

    yield begin
    for each in made:
        each.close()


def test_who_stands_by_does_one_task_after_the_other(stand_by: Callable[..., Standby]) -> None:
    ask = stand_by(lambda task: task[::-1] + b"%d" % os.getpid())
    first, second = ask(b"abc"), ask(b"de")
    assert isinstance(first, bytes)
    assert isinstance(second, bytes)
    assert first.startswith(b"cba")
    assert second.startswith(b"ed")
    assert first[3:] == second[2:] != b"%d" % os.getpid()  # the same process, and not this one


def test_who_dies_at_a_task_is_replaced(stand_by: Callable[..., Standby]) -> None:
    def work(task: bytes) -> bytes:
        if task == b"die":
            os._exit(3)
        if task == b"sleep":
            time.sleep(60)
        return task

    ask = stand_by(work, limit=0.3)
    assert ask(b"die") == "ended the process that was reading it"
    assert ask(b"one") == b"one"
    assert ask(b"sleep") == "did not end within 0.3 s"
    assert ask(b"two") == b"two"


def test_a_bug_in_a_task_is_told_and_the_next_one_is_done(stand_by: Callable[..., Standby]) -> None:
    ask = stand_by(lambda task: b"%d" % (1 // len(task)))
    with pytest.raises(WorkerError, match="ZeroDivisionError"):
        ask(b"")
    assert ask(b"x") == b"1"


def test_who_stands_by_holds_nothing_of_the_parents_open(
    stand_by: Callable[..., Standby],
) -> None:
    ours, theirs = socket.socketpair()
    stand_by(lambda task: task)(b"it has begun")
    theirs.close()
    ours.settimeout(10)
    assert ours.recv(1) == b""  # the last who held it let go
    ours.close()


def test_who_stands_by_goes_when_nobody_needs_it(stand_by: Callable[..., Standby]) -> None:
    ask = stand_by(lambda _task: b"%d" % os.getpid())
    pid = ask(b"")
    ask.close()
    assert isinstance(pid, bytes)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
