"""A few forked processes that parse and render: results come out in the order of the tasks.

A task that will not end, or that kills its process, costs that process and no other task: it is
replaced, and the caller's `lost` says what the result is. Functions, tasks and what they refer
to are inherited by the fork and never pickled; results travel as bytes.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import multiprocessing
import os
import selectors
import signal
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from multiprocessing.connection import Connection
from typing import NamedTuple

from sitegen.beside import uninterrupted

CHUNK = 8
"""Tasks that a process has been given, at most; it is given more when half of them are done."""
MEMORY = 4 << 30  # address space beyond what a worker starts with, in bytes


ANSWERS = 1 << 20
"""Bytes that wait to be read from a process before it waits: as many as the system lets us."""
F_SETPIPE_SZ = 1031
"""Of Linux; elsewhere it is refused."""
IDLE = object()
NOTHING: Iterator[None] = iter(())


class WorkerError(RuntimeError):
    """A bug that a worker ran into, with its traceback."""


class Worker(NamedTuple):
    """A process, our ends of its pipes, and the tasks that it has been given."""

    pid: int
    answers: Connection
    orders: Connection
    given: deque[int]
    heard: list[float]  # one cell: when it last answered


def run(  # noqa: PLR0913
    work: Callable[[int], bytes],
    count: int,
    *,
    jobs: int,
    limit: float,
    lost: Callable[[int, str], bytes],
    done: Callable[[int], None] = lambda _finished: None,
    meanwhile: Iterator[None] = NOTHING,
) -> Iterator[bytes]:
    """Do `work(0)` … `work(count - 1)` in `jobs` processes; the results, in order, as they come.

    `limit` is in seconds a task, after which its process is killed and `lost(index, why)` takes
    the place of the result. Raises `WorkerError` for an exception in `work`. A step of `meanwhile`
    is done whenever no process has an answer; not all of them may be.
    """
    results: dict[int, bytes] = {}
    given_out, silent = 0, f"did not end within {limit:g} s"
    waiting = deque(range(count))
    workers: dict[int, Worker] = {}
    finished = 0
    with selectors.PollSelector() as pipes:

        def begin() -> None:
            with uninterrupted():
                worker = _start(work)
                workers[worker.pid] = worker
            pipes.register(worker.answers, selectors.EVENT_READ, worker)
            _give(worker, waiting, jobs)

        try:
            while len(workers) < min(jobs, count):
                begin()
            while finished < count:
                for worker, has_answered in _ready(workers.values(), pipes, limit, meanwhile):
                    gone = _take(worker, results) if has_answered else silent
                    if gone:
                        pipes.unregister(workers.pop(worker.pid).answers)
                        _lose(worker, waiting, results, lost, gone)
                        begin()
                    elif len(worker.given) <= CHUNK // 2:
                        _give(worker, waiting, jobs)
                    finished += 1
                    done(finished)
                while given_out in results:
                    yield results.pop(given_out)
                    given_out += 1
        finally:
            for worker in workers.values():
                _end(worker)


def _ready(
    workers: Iterable[Worker],
    pipes: selectors.PollSelector,
    limit: float,
    meanwhile: Iterator[None],
) -> list[tuple[Worker, bool]]:
    """The workers that have answered or died, and (False) those that were silent for too long."""
    answered = pipes.select(0)
    if not answered and next(meanwhile, IDLE) is IDLE:
        answered = pipes.select(min(limit, 0.2))
    heard = [key.data for key, _ in answered]
    for worker in heard:
        if not worker.given:  # it died of something else, and nobody waits for it
            pipes.unregister(worker.answers)
    now = time.monotonic()
    silent = [each for each in workers if each.given and now - each.heard[0] > limit]
    return [(each, True) for each in heard if each.given] + [
        (each, False) for each in silent if each not in heard
    ]


def _take(worker: Worker, results: dict[int, bytes]) -> str:
    """One result from a worker; or why there will be none."""
    try:
        answer = worker.answers.recv_bytes()
    except (EOFError, OSError):
        return "ended the process that was reading it"
    if answer[:1] == b"!":
        raise WorkerError(answer[1:].decode())
    results[worker.given.popleft()] = answer[1:]
    worker.heard[0] = time.monotonic()
    return ""


def _lose(
    worker: Worker,
    waiting: deque[int],
    results: dict[int, bytes],
    lost: Callable[[int, str], bytes],
    why: str,
) -> None:
    """Count the worker's task as lost, and give back the others."""
    index = worker.given.popleft()
    results[index] = lost(index, why)
    waiting.extendleft(reversed(worker.given))
    _end(worker)


def _give(worker: Worker, waiting: deque[int], jobs: int) -> None:
    """A few tasks; fewer towards the end, so that all workers come to it at once."""
    if not worker.given:
        worker.heard[0] = time.monotonic()
    most = min(CHUNK - len(worker.given), -(-len(waiting) // (2 * jobs)))
    tasks = [waiting.popleft() for _ in range(most)]
    worker.given.extend(tasks)
    if tasks:
        with contextlib.suppress(OSError):  # a dead worker is noticed when it is read from
            worker.orders.send_bytes(",".join(map(str, tasks)).encode())


def _start(work: Callable[[int], bytes]) -> Worker:
    return _fork(partial(_serve, work))


def _fork(serve: Callable[[Connection, Connection], None]) -> Worker:
    """A process that serves: it reads its orders from one pipe and answers to another."""
    read_answers, answers = multiprocessing.Pipe(duplex=False)
    orders, give_orders = multiprocessing.Pipe(duplex=False)
    with contextlib.suppress(OSError):  # nobody waits to be heard while the parent is busy
        fcntl.fcntl(answers, F_SETPIPE_SZ, ANSWERS)
    pid = os.fork()
    if pid:
        answers.close()
        orders.close()
        return Worker(pid, read_answers, give_orders, deque(), [time.monotonic()])
    code = 1
    try:
        read_answers.close()
        give_orders.close()
        serve(orders, answers)
        code = 0
    finally:
        os._exit(code)  # nothing of the parent's clean-up may run here


def _serve(work: Callable[[int], bytes], orders: Connection, answers: Connection) -> None:
    _limit_memory()
    gc.freeze()  # what the parent made stays, and need not be looked through
    with contextlib.suppress(EOFError, OSError):
        while True:
            for index in orders.recv_bytes().decode().split(","):
                try:
                    answer = b"=" + work(int(index))
                except Exception:  # noqa: BLE001 - whatever it is, the parent reports it
                    answer = b"!" + traceback.format_exc().encode()
                answers.send_bytes(answer)


def _limit_memory() -> None:
    """A source that needs gigabytes gets a MemoryError, not the machine's out-of-memory killer."""
    import resource

    with contextlib.suppress(OSError, ValueError):
        pages = int(open("/proc/self/statm").read().split()[0])  # noqa: PTH123, SIM115
        most = pages * os.sysconf("SC_PAGE_SIZE") + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _end(worker: Worker) -> None:
    worker.answers.close()
    worker.orders.close()
    with contextlib.suppress(ProcessLookupError):
        os.kill(worker.pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(worker.pid, 0)


# --- one task, at once ---------------------------------------------------------------------------


class Standby:
    """A process that was started before there is a task for it, and waits for the next one.

    It sees what there was when it was started: `work` may depend on nothing else but its task.
    """

    def __init__(self, work: Callable[[bytes], bytes], limit: float) -> None:
        self._work, self._limit = work, limit
        self._worker = self._begin()

    def __call__(self, task: bytes, limit: float | None = None) -> bytes | str:
        """`work(task)`, or why there is none. Raises `WorkerError` for an exception in it."""
        limit = limit or self._limit
        worker, why = self._worker, "ended the process that was reading it"
        with contextlib.suppress(EOFError, OSError):
            worker.orders.send_bytes(task)
            if worker.answers.poll(limit):
                answer = worker.answers.recv_bytes()
                if answer[:1] == b"!":
                    raise WorkerError(answer[1:].decode())
                return answer[1:]
            why = f"did not end within {limit:g} s"
        _end(worker)
        self._worker = self._begin()
        return why

    def close(self) -> None:
        """End the process."""
        _end(self._worker)

    def _begin(self) -> Worker:
        with uninterrupted():
            return _fork(partial(wait_on, self._work))


def wait_on(work: Callable[[bytes], bytes], orders: Connection, answers: Connection) -> None:
    """Do one task after the other; nothing of the parent stays open."""
    _let_go({orders.fileno(), answers.fileno()})
    _limit_memory()
    with contextlib.suppress(EOFError, OSError):
        while True:
            task = orders.recv_bytes()
            try:
                answer = b"=" + work(task)
            except Exception:  # noqa: BLE001 - whatever it is, the parent reports it
                answer = b"!" + traceback.format_exc().encode()
            answers.send_bytes(answer)


def _let_go(own: set[int]) -> None:
    """Close what belongs to the parent: a connection ends only when all that hold it let go."""
    for name in os.listdir("/dev/fd"):  # noqa: PTH208 - names are all that is needed
        if int(name) > 2 and int(name) not in own:  # noqa: PLR2004 - the three standard streams
            with contextlib.suppress(OSError):
                os.close(int(name))
