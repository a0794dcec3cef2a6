"""A few forked processes that parse and render: results come out in the order of the tasks.

A task that will not end, or that kills its process, costs that process and no other task: it is
replaced, and the caller's `lost` says what the result is. Functions, tasks and what they refer
to are inherited by the fork and never pickled; results travel as bytes.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import NamedTuple

CHUNK = 8
MEMORY = 4 << 30  # address space beyond what a worker starts with, in bytes


class WorkerError(RuntimeError):
    """A bug that a worker ran into, with its traceback."""


class Worker(NamedTuple):
    """A process, our end of its pipe, and the tasks that it has been given."""

    pid: int
    pipe: Connection
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
) -> list[bytes]:
    """Do `work(0)` … `work(count - 1)` in `jobs` processes; the results, in order.

    `limit` is in seconds a task, after which its process is killed and `lost(index, why)` takes
    the place of the result. Raises `WorkerError` for an exception in `work`.
    """
    results: list[bytes | None] = [None] * count
    waiting = deque(range(count))
    workers: list[Worker] = []
    finished = 0
    try:
        while len(workers) < min(jobs, count):
            with _uninterrupted():
                workers.append(_start(work))
            _give(workers[-1], waiting)
        while finished < count:
            for worker in _ready(workers, limit):
                gone = _take(worker, results, limit)
                if gone is not None:
                    _replace(workers, worker, work, waiting, results, lost, gone)
                elif not worker.given:
                    _give(worker, waiting)
                finished += 1
                done(finished)
    finally:
        for worker in workers:
            _end(worker)
    return [result for result in results if result is not None]


def _ready(workers: Sequence[Worker], limit: float) -> list[Worker]:
    """The workers that have answered, died, or said nothing for too long."""
    answered = wait([worker.pipe for worker in workers if worker.given], timeout=min(limit, 0.2))
    now = time.monotonic()
    return [
        worker
        for worker in workers
        if worker.given and (worker.pipe in answered or now - worker.heard[0] > limit)
    ]


def _take(worker: Worker, results: list[bytes | None], limit: float) -> str | None:
    """One result from a worker; or why there will be none."""
    try:
        if not worker.pipe.poll():
            return f"did not end within {limit:g} s"
        answer = worker.pipe.recv_bytes()
    except (EOFError, OSError):
        return "ended the process that was reading it"
    if answer[:1] == b"!":
        raise WorkerError(answer[1:].decode())
    results[worker.given.popleft()] = answer[1:]
    worker.heard[0] = time.monotonic()
    return None


def _replace(  # noqa: PLR0913, PLR0917
    workers: list[Worker],
    worker: Worker,
    work: Callable[[int], bytes],
    waiting: deque[int],
    results: list[bytes | None],
    lost: Callable[[int, str], bytes],
    why: str,
) -> None:
    """Count the worker's task as lost, give back the others, start a new worker."""
    index = worker.given.popleft()
    results[index] = lost(index, why)
    waiting.extendleft(reversed(worker.given))
    _end(worker)
    place = workers.index(worker)
    with _uninterrupted():
        workers[place] = _start(work)
    _give(workers[place], waiting)


def _give(worker: Worker, waiting: deque[int]) -> None:
    tasks = [waiting.popleft() for _ in range(min(CHUNK, len(waiting)))]
    worker.given.extend(tasks)
    worker.heard[0] = time.monotonic()
    if tasks:
        with contextlib.suppress(OSError):  # a dead worker is noticed when it is read from
            worker.pipe.send_bytes(",".join(map(str, tasks)).encode())


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Keep an interrupt waiting: Python forgets one that comes while it forks.

    A worker never hears of one, since the parent ends it.
    """
    former = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def _start(work: Callable[[int], bytes]) -> Worker:
    return _fork(lambda pipe: _serve(work, pipe))


def _fork(serve: Callable[[Connection], None]) -> Worker:
    ours, theirs = multiprocessing.Pipe()
    pid = os.fork()
    if pid:
        theirs.close()
        return Worker(pid, ours, deque(), [time.monotonic()])
    code = 1
    try:
        ours.close()
        serve(theirs)
        code = 0
    finally:
        os._exit(code)  # nothing of the parent's clean-up may run here


def _serve(work: Callable[[int], bytes], pipe: Connection) -> None:
    _limit_memory()
    with contextlib.suppress(EOFError, OSError):
        while True:
            for index in pipe.recv_bytes().decode().split(","):
                try:
                    answer = b"=" + work(int(index))
                except Exception:  # noqa: BLE001 - whatever it is, the parent reports it
                    answer = b"!" + traceback.format_exc().encode()
                pipe.send_bytes(answer)


def _limit_memory() -> None:
    """A source that needs gigabytes gets a MemoryError, not the machine's out-of-memory killer."""
    import resource

    with contextlib.suppress(OSError, ValueError):
        pages = int(open("/proc/self/statm").read().split()[0])  # noqa: PTH123, SIM115
        most = pages * os.sysconf("SC_PAGE_SIZE") + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _end(worker: Worker) -> None:
    worker.pipe.close()
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

    def __call__(self, task: bytes) -> bytes | str:
        """`work(task)`, or why there is none. Raises `WorkerError` for an exception in it."""
        worker, why = self._worker, "ended the process that was reading it"
        with contextlib.suppress(EOFError, OSError):
            worker.pipe.send_bytes(task)
            if worker.pipe.poll(self._limit):
                answer = worker.pipe.recv_bytes()
                if answer[:1] == b"!":
                    raise WorkerError(answer[1:].decode())
                return answer[1:]
            why = f"did not end within {self._limit:g} s"
        _end(worker)
        self._worker = self._begin()
        return why

    def close(self) -> None:
        """End the process."""
        _end(self._worker)

    def _begin(self) -> Worker:
        with _uninterrupted():
            return _fork(lambda pipe: _wait_on(self._work, pipe))


def _wait_on(work: Callable[[bytes], bytes], pipe: Connection) -> None:
    _let_go(pipe.fileno())
    _limit_memory()
    with contextlib.suppress(EOFError, OSError):
        while True:
            task = pipe.recv_bytes()
            try:
                answer = b"=" + work(task)
            except Exception:  # noqa: BLE001 - whatever it is, the parent reports it
                answer = b"!" + traceback.format_exc().encode()
            pipe.send_bytes(answer)


def _let_go(own: int) -> None:
    """Close what belongs to the parent: a connection ends only when all that hold it let go."""
    for name in os.listdir("/dev/fd"):  # noqa: PTH208 - names are all that is needed
        if int(name) > 2 and int(name) != own:  # noqa: PLR2004 - the three standard streams
            with contextlib.suppress(OSError):
                os.close(int(name))
