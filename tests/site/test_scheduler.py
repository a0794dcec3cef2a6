"""A build on a real cluster, one scheduler and two workers on loopback, and on other executors."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from sitegen import scheduler
from sitegen.build import Built, Inputs, build
from sitegen.build.elsewhere import IDLE, do
from sitegen.build.originals import ParseWork
from sitegen.build.parsing import Answer, parse_original
from sitegen.build.readings import Readings
from sitegen.discover import Reading
from sitegen.errors import ConfigError
from sitegen.inputs import read_inputs
from sitegen.lock import line_of
from sitegen.making import limit_of
from sitegen.model import Prompt, Source
from sitegen.scheduler import Cluster, connect, run_on
from sitegen.toolchain import toolchain
from tests.readings import read
from tests.sites import NOW, run_here, write_files

SEVERAL = """== content/posts/{n}.md
---
title: Post {n}
date: 2026-01-{day:02}
tags: [a, b]
---
Words about *{n}* with a note.[^n] It knows [the next]({next}.md).

```python
def f{n}(x: int) -> str:
    return f"{{x}} {n}"
```

$x^{n}$

[^n]: The note of {n}.
== content/poems/{n}.md
---
title: Poem {n}
date: 2026-02-{day:02}
---
A line of {n}
    and another

The last.
"""
ODD = """== site.toml
url = "https://example.org/"
title = "A site"
search = true
== content/essays/figure.md
---
date: 2026-03-01
---
The site has {site:words} words.

```attention
id: bat
model: toy
tokens: the bat flew
Q: 1 0 / 0 1 / 1 1
K: 1 0 / 0 1 / 1 1
```
== content/essays/wrong.md
---
date: 2026-13-01
---
No such month.
"""


class Site(NamedTuple):
    """A site, and the bytes that this machine makes of it."""

    root: Path
    inputs: Inputs
    expected: Mapping[str, bytes]


def make(root: Path, count: int) -> Site:
    some = [SEVERAL.format(n=n, next=(n + 1) % count, day=n % 28 + 1) for n in range(count)]
    write_files(root, "".join([ODD, *some]))
    inputs = read_inputs(root)
    built = build(inputs, run_here, now=NOW, drafts=False, future=False)
    assert len(built.plan.sources) == 2 * count + 2
    return Site(root, inputs, bytes_of(built))


def bytes_of(built: Built) -> dict[str, bytes]:
    found = built.snapshot.artifacts
    files = {
        path: Path(each.file).read_bytes() if each.file else each.data or b""
        for path, each in found.items()
    }
    return files | {"problems": repr(built.snapshot.problems).encode()}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return make(tmp_path_factory.mktemp("large"), 50)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return make(tmp_path_factory.mktemp("small"), 16)


def run_command(site: Site, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sitegen", "build", "-s", str(site.root), *options]
    env = os.environ | {"SOURCE_DATE_EPOCH": str(int(NOW.timestamp()))}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(autouse=True)
def _nobody_waits() -> Iterator[None]:
    yield
    while IDLE:
        IDLE.pop()[0].close()


pytestmark = pytest.mark.filterwarnings(  # of newer Pythons; what is parted touches no lock
    "ignore:This process .* is multi-threaded:DeprecationWarning"
)


class Told(list[str]):
    """What was said to the writer, and how a build is run with something happening in it."""

    def build(
        self, inputs: Inputs, cluster: Cluster, first: Callable[[], None] = lambda: None
    ) -> Mapping[str, bytes]:
        happened: list[int] = []
        limit = limit_of(inputs.config)

        def done(finished: int) -> None:
            if finished and not happened:
                happened.append(finished)
                first()

        def run(_stage: str, work: Any, count: int, lost: Any) -> Iterable[bytes]:
            here = cluster._replace(say=self.append)
            return run_on(here, work, count, jobs=1, limit=limit, lost=lost, done=done)

        return bytes_of(build(inputs, run, now=NOW, drafts=False, future=False))


@pytest.fixture
def told() -> Told:
    return Told()


# --- any executor --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_any_executor_gives_the_same_bytes(
    kind: Callable[[int], Executor], small: Site, told: Told
) -> None:
    with kind(3) as executor:
        assert told.build(small.inputs, Cluster(executor)) == small.expected
    assert told == []
    assert len(IDLE) <= 3  # a process for each thread, and for no chunk


@pytest.mark.parametrize("known", [True, False])
def test_what_models_made_of_texts_travels_and_so_do_cards(known: bool, tmp_path: Path) -> None:  # noqa: FBT001
    figure = "```attention\nmodel: minilm\ntext: the bat flew\n```\n"
    files = "".join(f"== content/posts/{n}.md\n# {n}\n\n{figure}" for n in range(18))
    config = f'url = "https://example.org/"\ncards = {str(known).lower()}\n'
    write_files(tmp_path, f"== site.toml\n{config}{files}")
    prompt = Prompt(model="minilm", quantity="weight", text="the bat flew")
    lock = line_of(prompt, read(prompt)) if known else b""
    inputs = msgspec.structs.replace(read_inputs(tmp_path), lock=lock)

    def run(_stage: str, work: Any, count: int, lost: Any) -> Iterable[bytes]:
        return run_on(Cluster(executor), work, count, jobs=1, limit=60, lost=lost)

    with ThreadPoolExecutor(1) as executor:
        there, here = (
            bytes_of(build(inputs, each, now=NOW, drafts=False, future=False))
            for each in (run, run_here)
        )
    assert there == here
    assert (b"is not in figures.lock" in here["problems"]) != known


# --- a real cluster ------------------------------------------------------------------------------


class Started:
    """A scheduler and its workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.processes = folder, list[subprocess.Popen[bytes]]()
        place = folder / "scheduler.json"
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", place)
        until(place.exists)
        self.address = json.loads(place.read_bytes())["address"]

    def _start(self, kind: str, *arguments: object, **env: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--no-dashboard"]
        with (self.folder / f"{kind}.log").open("ab") as log:
            process = subprocess.Popen(
                [*command, *map(str, arguments)],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                env=os.environ | env,
            )
        self.processes.append(process)
        return process

    def work(self, **env: str) -> subprocess.Popen[bytes]:
        return self._start(
            "worker",
            self.address,
            "--no-nanny",
            "--nthreads",
            "1",
            "--host",
            "127.0.0.1",
            "--local-directory",
            self.folder,
            **env,
        )

    def end(self) -> None:
        for each in self.processes:
            kill(each)


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Started]:
    started = Started(tmp_path)
    yield started
    started.end()


def test_a_cluster_gives_the_same_bytes_and_a_killed_worker_loses_nothing(
    cluster: Started, large: Site, told: Told
) -> None:
    doomed, _ = cluster.work(), cluster.work()
    with connect(cluster.address, told.append) as joined:
        until(lambda: joined.workers() == 2)
        assert told.build(large.inputs, joined, lambda: kill(doomed)) == large.expected
        assert doomed.returncode == -signal.SIGKILL
        assert joined.workers() == 1
    assert told == []  # the other one did all of it
    done = run_command(large, "--scheduler", cluster.address, "--keep-going", "--no-cache")
    assert done.returncode == 1  # for what is wrong in the site
    assert "Traceback" not in done.stderr
    public = large.root / "public"
    for path, data in large.expected.items():
        assert path == "problems" or (public / path).read_bytes() == data


@pytest.mark.parametrize("gone", ["worker", "scheduler"])
def test_a_cluster_that_is_gone_leaves_the_rest_to_this_machine(
    gone: str,
    cluster: Started,
    small: Site,
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker = cluster.work()
    with connect(cluster.address, told.append) as joined:
        monkeypatch.setattr(scheduler, "SECONDS", 1)
        ended = worker if gone == "worker" else cluster.processes[0]
        assert told.build(small.inputs, joined, lambda: kill(ended)) == small.expected
    parsing, rendering = told
    assert parsing.startswith("parse: ")
    assert "done on this machine, since the " in parsing
    assert rendering.startswith("render: ")


def test_a_worker_with_another_program_gets_no_work(cluster: Started, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(
        Path(scheduler.__file__).parent, other / "sitegen", ignore=shutil.ignore_patterns("theme")
    )
    with (other / "sitegen" / "slugs.py").open("a") as file:
        file.write("# another line\n")
    cluster.work(PYTHONPATH=str(other))
    refused = pytest.raises(ConfigError, match="has another program")
    with refused as caught, connect(cluster.address, print):
        raise AssertionError
    assert "same sitegen" in str(caught.value.hint)


# --- what is wrong with an address ---------------------------------------------------------------


@pytest.fixture
def listen() -> Iterator[Callable[[bytes], str]]:
    """Somebody who says this to whoever comes, and waits."""
    lines: list[socket.socket] = []

    def begin(says: bytes) -> str:
        line = socket.create_server(("127.0.0.1", 0))
        lines.append(line)

        def answer() -> None:
            with suppress(OSError):
                lines.append(line.accept()[0])
                lines[-1].sendall(says)

        threading.Thread(target=answer, daemon=True).start()
        return f"tcp://127.0.0.1:{line.getsockname()[1]}"

    yield begin
    for each in lines:
        each.close()


@pytest.mark.parametrize("says", [b"", b"SSH-2.0-OpenSSH_9.2\r\n"])
def test_what_is_no_scheduler_is_refused(
    says: bytes, listen: Callable[[bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "SECONDS", 1)
    with pytest.raises(ConfigError, match="--scheduler"), connect(listen(says), print):
        raise AssertionError


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("tcp://127.0.0.1:9", "does not answer: connection refused"),
        ("tcp://no.invalid:8786", "does not answer"),
        ("tcp://127.0.0.1:99999", "does not answer"),
        ("nonsense", "does not answer"),
        ("http://127.0.0.1:9", "does not answer"),
        ("tcp://127.0.0.1", "does not answer"),
        ("", "does not answer"),
    ],
)
def test_a_wrong_address_is_told_at_once(address: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why), connect(address, print):
        raise AssertionError


def test_the_command_says_what_is_wrong_in_one_line_and_writes_nothing(small: Site) -> None:
    done = run_command(small, "--scheduler", "tcp://127.0.0.1:9")
    assert done.returncode == 2
    assert done.stderr.startswith(
        'error: --scheduler: the address "tcp://127.0.0.1:9" does not answer'
    )
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr
    assert not (small.root / "public").exists()


def test_without_its_library_the_option_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError) as caught, connect("tcp://127.0.0.1:9", print):
        raise AssertionError
    assert caught.value.hint == "install it: pip install 'sitegen[dask]'"


def test_an_interrupt_ends_a_build_on_a_cluster(cluster: Started, large: Site) -> None:
    worker = cluster.work()
    options = ("-s", str(large.root), "--no-cache", "--scheduler", cluster.address)
    command = [sys.executable, "-m", "sitegen", "build", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as build_there:
        until(lambda: has_child(worker.pid))
        build_there.send_signal(signal.SIGINT)
        _, said = build_there.communicate(timeout=20)
    assert build_there.returncode == 130
    assert said == "interrupted\n"


def has_child(pid: int) -> bool:
    return any(each.read_text() for each in Path(f"/proc/{pid}/task").glob("*/children"))


def test_a_cluster_without_workers_is_refused(
    cluster: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "SECONDS", 2)
    with pytest.raises(ConfigError, match="no workers"), connect(cluster.address, print):
        raise AssertionError


# --- a chunk -------------------------------------------------------------------------------------


Chunk = Callable[..., list[bytes | str]]


@pytest.fixture
def chunk(small: Site) -> Chunk:
    """Parse the first sources as a worker does."""
    inputs = small.inputs
    work = ParseWork(inputs.originals, inputs.config, Readings(), parse_original)

    def ask(
        *replaced: tuple[int, bytes], seconds: float = 5.0, edition: bytes = b"", limit: float = 30
    ) -> list[bytes | str]:
        markup = msgspec.structs.replace(inputs.config.markup, max_seconds=seconds)
        config = msgspec.structs.replace(inputs.config, markup=markup)
        shared = ParseWork((), config, Readings(), parse_original).shared()
        tasks = [dict(replaced).get(n, work.task(n)) for n in range(4)]
        return do((edition or toolchain()) + b"parse\0" + shared, limit, tasks)

    return ask


def long_task(inputs: Inputs) -> bytes:
    original = msgspec.structs.replace(inputs.originals[0], path="content/long.md")
    source = Source(path=original.path, text="*a* `b` " * 300_000, digest="")
    return msgspec.msgpack.encode((original, Reading(source, "", ())))


def test_a_source_that_takes_too_long_costs_only_itself(chunk: Chunk, small: Site) -> None:
    first, wrong, *others = chunk((1, long_task(small.inputs)), seconds=0.3)
    assert isinstance(wrong, bytes)
    answer = msgspec.msgpack.decode(wrong, type=Answer)
    assert "took longer than 0.3 s" in answer.parsed.problems[0].message
    assert all(isinstance(each, bytes) for each in (first, *others))


def test_a_source_that_no_alarm_ends_costs_its_process_and_no_other_source(
    chunk: Chunk, small: Site
) -> None:
    # The others are given as long, which on a busy machine they need.
    first, wrong, *others = chunk((1, long_task(small.inputs)), seconds=60.0, limit=3.0)
    assert wrong == "did not end within 3 s"
    assert all(isinstance(each, bytes) for each in (first, *others))


def test_a_source_that_kills_its_process_is_told_and_the_next_one_is_parsed(
    chunk: Chunk, small: Site
) -> None:
    chunk()
    ((process, _),) = IDLE
    killer = threading.Timer(0.3, lambda: os.kill(process._worker.pid, signal.SIGKILL))  # noqa: SLF001
    killer.start()
    wrong, *others = chunk((0, long_task(small.inputs)))
    assert wrong == "ended the process that was reading it"
    assert all(isinstance(each, bytes) for each in others)


def test_a_process_with_another_program_does_nothing(chunk: Chunk) -> None:
    with pytest.raises(ConfigError, match="another program"):
        chunk(edition=bytes(16))
    assert not IDLE


class Broken(ThreadPoolExecutor):
    """Every second chunk fails, as that of a worker that dies again and again."""

    count = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.count += 1
        if self.count % 2:
            return super().submit(fn, *args, **kwargs)
        failed: Future[Any] = Future()
        failed.set_exception(OSError("killed"))
        return failed


def test_what_an_executor_does_not_bring_to_an_end_is_done_here(small: Site, told: Told) -> None:
    with Broken(2) as executor:
        assert told.build(small.inputs, Cluster(executor)) == small.expected
    assert any("parse: " in each and "killed" in each for each in told)


def test_a_loss_on_a_worker_is_told_as_a_loss_here(small: Site) -> None:
    class Lossy(ThreadPoolExecutor):
        def submit(self, _fn: Any, /, *args: Any, **_kwargs: Any) -> Future[Any]:
            return super().submit(lambda: ["why", *[b"made"] * (len(args[-1]) - 1)])

    work = ParseWork(small.inputs.originals, small.inputs.config, Readings(), parse_original)

    def lost(index: int, why: str) -> bytes:
        return f"{index} {why}".encode()

    with Lossy(1) as executor:
        made = run_on(Cluster(executor), work, 20, jobs=1, limit=1, lost=lost)
    assert made == [b"0 why", *[b"made"] * 15, b"16 why", *[b"made"] * 3]
