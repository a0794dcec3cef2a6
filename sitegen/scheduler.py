"""The work of a build on other machines: a Dask cluster, or any `concurrent.futures.Executor`.

Comes in: the work of a stage. Goes out: the bytes that this machine would have made of it, in the
order of the tasks. What the cluster does not bring to an end is done here, so that a build depends
on no worker, and not on the scheduler once it has begun.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sitegen.build.elsewhere import SAME, Portable, do
from sitegen.build.stage import Work
from sitegen.errors import ConfigError, SiteError
from sitegen.toolchain import toolchain
from sitegen.workers import WorkerError, run

CHUNK = 16  # tasks
AHEAD = 64  # chunks that are asked for at once
SECONDS = 10.0
"""In which a scheduler has to answer, and after which a cluster without workers is given up."""


class Cluster(NamedTuple):
    """Who does the work, how many workers there are, and where the writer is told."""

    executor: Executor
    workers: Callable[[], int] = lambda: 1
    say: Callable[[str], None] = lambda _line: None


class GoneError(Exception):
    """Why nobody can be asked any more."""


def run_on(  # noqa: PLR0913 - as `workers.run`
    cluster: Cluster,
    work: Work,
    count: int,
    *,
    limit: float,
    lost: Callable[[int, str], bytes],
    done: Callable[[int], None] = lambda _finished: None,
    **how: Any,
) -> Iterable[bytes]:
    """As `workers.run`, which does what fits into one chunk, what cannot travel and what is left.

    Raises `ConfigError` for a worker with another program, `WorkerError` for an exception in work.
    """
    here: Callable[..., Iterator[bytes]] = partial(run, limit=limit, **how)
    if count <= CHUNK or not isinstance(work, Portable):
        return here(work, count, lost=lost, done=done)
    results: dict[int, bytes] = {}
    why = ""
    order = toolchain() + work.stage.encode() + b"\0" + work.shared()
    try:
        for indices, answered in _answers(cluster, order, limit, _chunks(work, count)):
            if error := answered.exception():
                if isinstance(error, SiteError | WorkerError):
                    raise error
                why = repr(error)
                continue
            for index, answer in zip(indices, answered.result(), strict=True):
                results[index] = lost(index, answer) if isinstance(answer, str) else answer
            done(len(results))
    except GoneError as gone:
        why = str(gone)
    left = [index for index in range(count) if index not in results]
    if why:
        cluster.say(f"{work.stage}: {len(left)} of {count} are done on this machine, since {why}")
    made = here(
        lambda n: work(left[n]),
        len(left),
        lost=lambda n, why: lost(left[n], why),
        done=lambda n: done(count - len(left) + n),
    )
    results |= zip(left, made, strict=True)
    return [results[index] for index in range(count)]


Chunks = Iterator[tuple[list[int], list[bytes]]]


def _chunks(work: Portable, count: int) -> Chunks:
    """The tasks that can travel, each packed when it is asked for."""
    tasks = ((index, task) for index in range(count) if (task := work.task(index)) is not None)
    while chunk := dict(islice(tasks, CHUNK)):
        yield list(chunk), list(chunk.values())


def _answers(
    cluster: Cluster, order: bytes, limit: float, chunks: Chunks
) -> Iterator[tuple[list[int], Future[Any]]]:
    """What became of each chunk, as it comes. Raises `GoneError` when nothing more will come."""
    waiting: dict[Future[Any], list[int]] = {}
    alive = time.monotonic()
    try:
        while True:
            for indices, tasks in islice(chunks, AHEAD - len(waiting)):
                try:
                    waiting[cluster.executor.submit(do, order, limit, tasks)] = indices
                except Exception as error:
                    raise GoneError(f"the cluster takes no more work: {error}") from error
            if not waiting:
                return
            finished = wait(waiting, timeout=1, return_when=FIRST_COMPLETED).done
            if finished or cluster.workers():
                alive = time.monotonic()
            elif time.monotonic() - alive > SECONDS:
                raise GoneError("the cluster has no workers any more")
            for each in finished:
                if each.cancelled():
                    raise GoneError("the scheduler is gone")
                yield waiting.pop(each), each
    finally:
        for each in waiting:
            each.cancel()


# --- Dask ----------------------------------------------------------------------------------------


@contextmanager
def connect(address: str, say: Callable[[str], None]) -> Iterator[Cluster]:
    """The cluster at the address of its scheduler. Raises `ConfigError` if it is of no use."""
    client = _client(address)

    def workers() -> int:
        with suppress(Exception):  # whatever it is, nobody answers
            return len(client.nthreads(callback_timeout=SECONDS))
        return 0

    try:
        yield Cluster(_checked(client, address), workers, say)
    finally:
        with suppress(Exception):
            client.close(timeout=2)


def _client(address: str) -> Any:
    """A client of a scheduler, which begins to speak, with how many frames will follow."""
    try:
        dask: Any = import_module("distributed")
    except ImportError as error:
        hint = "install it: pip install 'sitegen[dask]'"
        raise ConfigError("--scheduler needs the library distributed", hint=hint) from error
    for name in ("distributed", "distributed.client"):  # what matters is said here
        logging.getLogger(name).setLevel(logging.CRITICAL)
    why = "is not that of a Dask scheduler"
    try:
        url = urlsplit(address)
        with socket.create_connection((url.hostname, url.port), timeout=SECONDS / 2) as line:
            said = line.recv(8) if url.scheme == "tcp" else b"\1" * (url.scheme == "tls")
        if 0 < int.from_bytes(said, "little") < 1000:  # noqa: PLR2004 - an SSH would say 10**18
            return dask.Client(address, timeout=SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        why = f"does not answer: {str(getattr(error, 'strerror', None) or error).lower()}"
    hint = "dask scheduler prints it, as tcp://HOST:8786; without one all is done here"
    raise ConfigError(f'--scheduler: the address "{address}" {why}', hint=hint)


def _checked(client: Any, address: str) -> Executor:
    """The executor of a cluster that has workers, each with this program."""
    with suppress(TimeoutError):
        client.wait_for_workers(1, timeout=SECONDS)
    executor: Executor = client.get_executor()
    submit: Any = executor.submit
    asked = {submit(toolchain, workers=[each]): each for each in client.nthreads()}
    if not asked:
        hint = f"begin some: dask worker {address}"
        raise ConfigError(f"the cluster at {address} has no workers", hint=hint)
    for answer in wait(asked, timeout=SECONDS).done:  # who is busy is asked with its first task
        if answer.exception() or answer.result() != toolchain():
            raise ConfigError(f"the worker {asked[answer]} has another program", hint=SAME)
    return executor
