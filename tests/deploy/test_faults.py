"""Whatever fails, whenever: what is live refers to nothing missing, and the next run ends it.

Each fault is done to a real deployer (`sitegen deploy` in a process of its own) on its way to a
real server. `make check` takes a sample of the requests at which things fail; with
`DEPLOY_FAULTS=all` (`make check-deploy`) they fail at each of them, and a table is printed.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from obstore.store import S3Store

from tests.deploy.faults import Choose, Fault, Request, first, nth
from tests.deploy.places import (
    FAULTY,
    KINDS,
    Place,
    Servers,
    digests,
    edition,
    missing,
    open_place,
    write_site,
)
from tests.deploy.servers import S3Server
from tests.deploy.table import note

ALL = os.environ.get("DEPLOY_FAULTS") == "all"
T = TypeVar("T")
ROOT = Path(__file__).parents[2]
SECRETS = ("secret+key", "secret%2Bkey", "pass word/of", "pass%20word", "BEGIN OPENSSH")
LIMIT = 120
"""Seconds after which a deploy counts as hanging."""


def sample(numbers: Sequence[T], count: int = 1) -> list[T]:
    """All of them, or some that are others in each run (the seed is pytest-randomly's)."""
    if ALL or len(numbers) <= count:
        return list(numbers)
    return random.sample(numbers, count)


def some(whole: Collection[T], *few: T) -> list[T]:
    """The whole table, or the few of it that `make check` has time for."""
    return list(whole) if ALL else list(few)


@dataclass(frozen=True)
class Ended:
    """How a deploy ended, and all that it said."""

    code: int
    said: str


def start(site: Path, place: Place, *options: str, die: int | None = None) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sitegen"]
    if die is not None:
        assert place.root
        command = [sys.executable, f"{ROOT}/tests/deploy/mortal.py", str(die), str(place.root)]
    temporary = site.parent / "temporary"  # where killed deployers leave what is theirs
    temporary.mkdir(exist_ok=True)
    place.environment["TMPDIR"] = str(temporary)
    process = subprocess.Popen(
        [*command, "deploy", "-y", "-s", str(site), *options],
        env=os.environ | place.environment | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    if place.proxy:
        place.proxy.victim = process.pid
    return process


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for the end; a deployer that hangs is ended and fails the test."""
    try:
        said, _ = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said, _ = process.communicate()
        raise AssertionError(f"the deployer hangs: {said}") from None
    assert not any(secret in said for secret in SECRETS), said
    assert "Traceback" not in said, said
    return Ended(process.returncode, said)


def deploy(site: Path, place: Place, *options: str, choose: Choose | None = None) -> Ended:
    """A whole deploy, with what fails on its way."""
    if place.proxy:
        place.proxy.reset(choose)
    return ended(start(site, place, *options))


class Site:
    """A site with a place, which goes from one edition to the next."""

    def __init__(self, folder: Path, place: Place, **options: object) -> None:
        self.folder, self.place, self.number = folder, place, 0
        self.options = {"keep": 1, "keep_days": 0, **options}

    def next(self) -> Path:
        """Build the next edition."""
        self.number += 1
        return write_site(self.folder, edition(self.number), self.place, **self.options)

    def deploy(self, *options: str, choose: Choose | None = None) -> Ended:
        return deploy(self.folder, self.place, *options, choose=choose)

    def settle(self) -> None:
        """Deploy the next edition, where nothing fails."""
        self.next()
        done = self.deploy()
        assert done.code == 0, done.said

    def assert_whole(self) -> None:
        """Nothing that is live refers to what is not."""
        wrong = missing(self.place.read, self.place.names())
        assert not wrong, wrong

    def assert_live(self, number: int) -> None:
        """Exactly this edition is live, and of others nothing but assets that have gone."""
        wanted, found = digests(edition(number)), self.place.tree()
        assert {path: found.get(path) for path in wanted} == wanted
        rest = found.keys() - wanted.keys()
        assert all(re.search(r"^assets/.*\.[0-9a-f]{8}\.|^images/of-", path) for path in rest), rest
        self.assert_whole()

    def assert_pages_of(self, number: int) -> None:
        """No page and no feed is another than that of this edition."""
        for path, data in edition(number).items():
            assert self.place.read(path) == data, path

    def recover(self) -> None:
        """Deploy the same again, where nothing fails: then all is as if nothing ever had."""
        done = self.deploy()
        assert done.code == 0, done.said
        self.assert_live(self.number)


@pytest.fixture(params=some(KINDS, "s3", "ssh", "releases"))
def site(request: pytest.FixtureRequest, tmp_path: Path, servers: Servers) -> Iterator[Site]:
    """A site at each kind of place."""
    with open_place(request.param, tmp_path / "place", servers) as place:
        made = Site(tmp_path / "site", place)
        made.settle()
        yield made


@pytest.fixture(params=FAULTY)
def faulty(request: pytest.FixtureRequest, tmp_path: Path, servers: Servers) -> Iterator[Site]:
    """A site at each of the places with a network on the way."""
    with open_place(request.param, tmp_path / "place", servers) as place:
        made = Site(tmp_path / "site", place)
        made.settle()
        yield made


@pytest.fixture(params=["s3", "git"])
def requested(request: pytest.FixtureRequest, tmp_path: Path, servers: Servers) -> Iterator[Site]:
    """A site at each of the places that are asked by HTTP."""
    with open_place(request.param, tmp_path / "place", servers) as place:
        made = Site(tmp_path / "site", place)
        made.settle()
        yield made


@pytest.fixture
def s3(tmp_path: Path, servers: Servers) -> Iterator[Site]:
    with open_place("s3", tmp_path / "place", servers) as place:
        made = Site(tmp_path / "site", place)
        made.settle()
        yield made


def requests(site: Site) -> int:
    """How many requests the deploy of another edition makes."""
    assert site.place.proxy
    site.settle()
    return len(site.place.proxy.seen)


# --- a deployer that dies --------------------------------------------------------------------


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_a_request(requested: Site, when: str) -> None:
    kind = requested.place.kind
    total = requests(requested)
    killed = 0
    for number in sample(range(1, total + 1), 2 if kind == "s3" else 1):
        requested.next()
        fault = Fault("kill before" if when == "before" else "kill after")
        killed += requested.deploy(choose=nth(number, fault)).code == -signal.SIGKILL
        requested.assert_whole()
        requested.recover()
    assert killed
    note(kind, f"SIGKILL {when} request n", f"{killed} of {total} requests")


@pytest.mark.parametrize("kind", ["git", "ssh", "directory", "releases"])
def test_killed_before_a_step(kind: str, tmp_path: Path, servers: Servers) -> None:
    with open_place(kind, tmp_path / "place", servers) as place:
        site = Site(tmp_path / "site", place)
        site.settle()
        site.settle()
        site.next()
        assert ended(start(site.folder, place, die=0)).code == 0
        assert place.root
        total = int((place.root.parent / "steps").read_text())
        killed = 0
        for number in sample(range(1, total + 1)):
            site.next()
            killed += ended(start(site.folder, place, die=number)).code == -signal.SIGKILL
            site.assert_whole()
            site.recover()
        assert killed
    note(kind, "SIGKILL before step n (disk, program)", f"{killed} of {total} steps")


@pytest.mark.parametrize("hook", some(["pre-receive", "update", "post-receive"], "update"))
def test_killed_while_git_moves_the_branch(hook: str, tmp_path: Path, servers: Servers) -> None:
    with open_place("git", tmp_path / "place", servers) as place:
        site = Site(tmp_path / "site", place)
        site.settle()
        site.next()
        assert place.root
        script = place.root / "hooks" / hook
        victim = tmp_path / "victim"
        # Its session is that of the process: what it started lives on, as it does in earnest.
        script.write_text(f'#!/bin/sh\nkill -9 "$(cat {victim})"\nsleep 0.2\n')
        script.chmod(0o755)
        process = start(site.folder, place)
        victim.write_text(str(process.pid))
        assert ended(process).code == -signal.SIGKILL
        script.unlink()
        site.assert_whole()
        site.recover()
    note("git", f"SIGKILL in {hook}", "1")


# --- a way that fails ------------------------------------------------------------------------

PASSING = {
    "503 once": Fault("answer", 503),
    "500 once": Fault("answer", 500),
    "429 with Retry-After": Fault("answer", 429, "Retry-After: 1\r\n"),
    "reset": Fault("reset"),
    "half a request": Fault("half a request"),
    "half a reply": Fault("half a reply"),
    "lost reply": Fault("lost reply"),
}


@pytest.mark.parametrize("names", [[name] for name in PASSING] if ALL else [list(PASSING)])
def test_what_passes_is_tried_again(requested: Site, names: list[str]) -> None:
    kind = requested.place.kind
    total = requests(requested)
    for name in names if kind == "s3" else sample(names, 2):
        for number in sample(range(1, total + 1)):
            requested.next()
            done = requested.deploy(choose=nth(number, PASSING[name]))
            assert done.code == 0, (name, number, done.said)
            requested.assert_live(requested.number)
        note(kind, name, f"each of {total} requests: exit 0, all live")


@pytest.mark.parametrize("status", some([500, 503], 503))
def test_three_refusals_are_waited_out(requested: Site, status: int) -> None:
    part, method = ("/posts/", "PUT") if requested.place.kind == "s3" else ("receive-pack", "GET")
    requested.next()
    done = requested.deploy(choose=first(3, method, part, Fault("answer", status)))
    assert done.code == 0, done.said
    requested.assert_live(requested.number)
    note(requested.place.kind, f"{status} three times", "writes")


@pytest.mark.parametrize("status", some([500, 503, 429], 500))
def test_a_target_that_is_down_for_ever_ends_the_run(
    status: int, tmp_path: Path, servers: Servers
) -> None:
    for kind in ("s3", "git"):
        with open_place(kind, tmp_path / kind, servers) as place:
            site = Site(tmp_path / "site", place, patience=1.0)
            site.settle()
            before = site.number
            site.next()
            part, method = ("/assets/", "PUT") if kind == "s3" else ("receive-pack", "GET")
            done = site.deploy(choose=first(10_000, method, part, Fault("answer", status)))
            assert done.code == 1, done.said
            site.assert_pages_of(before)
            assert place.proxy
            assert not [each for each in place.proxy.seen if is_page_or_delete(each)]
            site.recover()
        note(kind, f"{status} for ever", "writes: exit 1, no later phase, no delete")


def is_page_or_delete(request: Request) -> bool:
    if request.method == "DELETE" and not request.target.endswith("/lock"):
        return True
    return (
        request.method == "PUT" and "/.sitegen/" not in request.target and ".html" in request.target
    )


def test_an_asset_that_is_forbidden_changes_no_page(requested: Site) -> None:
    before = requested.number
    requested.next()
    part, method = ("/site.", "PUT") if requested.place.kind == "s3" else ("receive-pack", "POST")
    done = requested.deploy(choose=first(10_000, method, part, Fault("answer", 403)))
    assert done.code == 1, done.said
    requested.assert_pages_of(before)
    requested.assert_whole()
    requested.recover()
    note(requested.place.kind, "403 on one asset", "exit 1, no page changed, old asset live")


def test_a_target_that_stands_still_is_left_and_tried_again(
    tmp_path: Path, servers: Servers
) -> None:
    seconds = 10.0 if ALL else 4.0
    for kind in some(("s3", "git"), "s3"):
        with open_place(kind, tmp_path / kind, servers) as place:
            site = Site(tmp_path / "site", place, timeout=2.0)
            total = requests(site)
            for number in sample(range(1, total + 1))[:: 4 if ALL else 1]:
                site.next()
                began = time.monotonic()
                done = site.deploy(choose=nth(number, Fault("stall", seconds=seconds)))
                assert done.code == 0, (number, done.said)
                assert time.monotonic() - began < 60
                site.assert_live(site.number)
        note(kind, f"{seconds:g} s stall", "retried")


def test_a_connection_of_ssh_that_breaks_is_made_again(tmp_path: Path, servers: Servers) -> None:
    with open_place("ssh", tmp_path / "place", servers) as place:
        site = Site(tmp_path / "site", place, timeout=3.0)
        site.settle()
        wire = place.wire
        assert wire
        site.settle()
        total = wire.connections // 2
        # 0: at once; 1,500: amid the exchange of keys; the others: amid what is sent.
        ways = [(0, 0.0), (1_500, 0.0), (2_600, 0.0), (5_000, 0.0), (2_600, 10.0)]
        for after, stall in some(ways, *random.sample(ways[:4], 2)):
            for number in sample(range(1, total + 1)):
                site.next()
                wire.reset(after, range(number, number + 1), stall)
                done = site.deploy()
                assert done.code == 0, (after, number, done.said)
                wire.reset()
                site.assert_live(site.number)
    note("ssh", "reset, half a request, stall", f"{total} connections")


def test_a_host_that_is_down_for_ever_ends_the_run(tmp_path: Path, servers: Servers) -> None:
    with open_place("ssh", tmp_path / "place", servers) as place:
        site = Site(tmp_path / "site", place, patience=1.0)
        site.settle()
        before = site.number
        assert place.wire
        for begin in some((1, 4, 6), 4):
            site.next()
            place.wire.reset(0, range(begin, 10_000))
            assert site.deploy().code == 1
            site.assert_pages_of(before)
        place.wire.reset()
        site.recover()
    note("ssh", "down for ever", "exit 1, former release live")


# --- a store that lies -----------------------------------------------------------------------


def test_a_page_that_is_stored_truncated_is_found_and_put_again(s3: Site) -> None:
    import obstore

    table, page = s3.place.table, "posts/always/index.html"
    store = _store(s3)

    def truncate() -> None:
        path = f"{table['prefix']}/{page}"
        obstore.put(store, path, edition(s3.number)[page][:100], use_multipart=False)

    s3.next()
    done = s3.deploy(choose=first(1, "PUT", page, Fault("pass", then=truncate)))
    assert done.code == 6, done.said
    assert page in done.said
    s3.recover()
    note("s3", "object stored truncated", "exit 6, repaired by the next run")


@pytest.mark.parametrize("kind", some(["ssh", "releases", "directory", "git"], "git", "directory"))
def test_a_file_that_is_damaged_later_is_put_again(
    kind: str, tmp_path: Path, servers: Servers
) -> None:
    page = "posts/still/index.html"
    with open_place(kind, tmp_path / "place", servers) as place:
        site = Site(tmp_path / "site", place)
        site.settle()
        assert place.root
        if kind == "git":
            _push_by_hand(place.root, tmp_path, page, "half")
        else:
            root = place.root / ("current" if kind != "directory" else "")
            (root / page).write_bytes((root / page).read_bytes()[:50])
        assert place.read(page) != edition(1)[page]
        site.recover()
    note(kind, "file damaged at the target", "put again")


def test_a_file_that_rsync_stores_truncated_is_found(tmp_path: Path, servers: Servers) -> None:
    page = "posts/always/index.html"
    with open_place("ssh", tmp_path / "place", servers) as place:
        site = Site(tmp_path / "site", place)
        site.settle()
        real, bad = shutil.which("rsync"), servers.ssh.folder / "remote/rsync"
        releases = f"'{str(place.root).replace(chr(39), chr(39) + chr(92) + chr(39) * 2)}'/releases"
        bad.write_text(
            f'#!/bin/sh\n{real} "$@" || exit\n'
            f"for each in {releases}/*.part/{page}; do\n"
            'test -f "$each" && head -c 50 "$each" >"$each~" && mv "$each~" "$each"\ndone\nexit 0\n'
        )
        bad.chmod(0o755)
        try:
            site.next()
            done = site.deploy()
            assert done.code == 6, done.said
        finally:
            bad.unlink()
        site.recover()
    note("ssh", "object stored truncated", "exit 6, repaired by the next run")


LIES: Mapping[str, Callable[[bytes], bytes]] = {
    "empty": lambda body: re.sub(rb"<Contents>.*</Contents>", b"", body, flags=re.DOTALL),
    "half": lambda body: re.sub(
        rb"(<Contents>.*?</Contents>)<Contents>.*?</Contents>", rb"\1", body
    ),
    "other tags": lambda body: re.sub(rb"&#34;[0-9a-f]{32}", b"&#34;" + b"0" * 32, body),
    "foreign": lambda body: body.replace(b"/posts/", b"/p0sts/"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_listing_that_lies_never_deletes(s3: Site, name: str) -> None:
    for _ in range(2 if ALL else 1):
        s3.next()
        told: list[bytes] = []

        def lie(body: bytes, told: list[bytes] = told) -> bytes:
            told.append(LIES[name](body))
            assert told[-1] != body
            return told[-1]

        done = s3.deploy(choose=first(1, "GET", "list-type", Fault("pass", rewrite=lie)))
        assert told
        assert done.code == 0, done.said
        s3.assert_live(s3.number)
    s3.recover()
    note("s3", f"a listing that lies ({name})", "all live, nothing lost")


def test_output_that_changes_during_the_run_is_not_deployed(faulty: Site) -> None:
    before, page = faulty.number, "posts/always/index.html"
    folder = faulty.next()
    (folder / "public" / page).write_bytes(b"something else")
    assert faulty.deploy().code == 4
    faulty.assert_pages_of(before)
    if faulty.place.kind == "s3":
        faulty.next()
        change = (folder / "public" / page).write_bytes
        fault = Fault("pass", then=lambda: change(b"something else"))
        assert faulty.deploy(choose=first(1, "PUT", "/assets/", fault)).code == 4
        assert faulty.place.read(page) == edition(before)[page]
        faulty.assert_whole()
    note(faulty.place.kind, "output changes during the run", "exit 4")


# --- many ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", some(KINDS, "s3", "git"))
def test_of_twenty_deployers_one_wins(kind: str, tmp_path: Path, servers: Servers) -> None:
    with open_place(kind, tmp_path / "place", servers) as place:
        _race(Site(tmp_path / "site", place, timeout=60.0), tmp_path, servers)


def _race(site: Site, folder: Path, servers: Servers) -> None:
    site.settle()
    place, count = site.place, 20 if ALL else 5
    folders = [
        write_site(folder / f"site{n}", edition(100 + n), place, **site.options)
        for n in range(count)
    ]
    with _slowly(place, servers):
        processes = [start(folder, place) for folder in folders]
        codes = [ended(process).code for process in processes]
    assert set(codes) <= {0, 5}, codes
    assert 0 in codes
    if place.kind in FAULTY:
        assert codes.count(0) == 1, codes
        site.number = 100 + codes.index(0)
        site.assert_live(site.number)
    site.assert_whole()
    site.number = 200
    site.settle()
    site.assert_live(site.number)
    note(place.kind, f"{count} deployers at once", f"{codes.count(0)} won, {codes.count(5)} exit 5")


@contextmanager
def _slowly(place: Place, servers: Servers) -> Iterator[None]:
    """Whoever writes takes long, so that all others come meanwhile."""
    slow = Fault("slow", seconds=25.0 if ALL else 6.0)
    if place.proxy:
        part, method = ("/assets/", "PUT") if place.kind == "s3" else ("receive-pack", "POST")
        place.proxy.reset(first(10_000, method, part, slow))
    script = servers.ssh.folder / "remote/rsync" if place.kind == "ssh" else None
    if script:
        real = shutil.which("rsync")
        script.write_text(f'#!/bin/sh\nsleep {slow.seconds}\nexec {real} "$@"\n')
        script.chmod(0o755)
    try:
        yield
    finally:
        if script:
            script.unlink()


@pytest.mark.parametrize("kind", some(KINDS, "s3", "releases"))
def test_a_reader_misses_nothing_while_it_is_deployed_again_and_again(
    kind: str, tmp_path: Path, servers: Servers
) -> None:
    with open_place(kind, tmp_path / "place", servers) as place:
        _read_during_deploys(place, tmp_path)


def _read_during_deploys(place: Place, tmp_path: Path) -> None:
    folder, count = tmp_path / "site", 20 if ALL else 3

    def write(number: int) -> None:
        write_site(folder, edition(number, first=1), place)

    write(1)
    assert deploy(folder, place).code == 0
    wrong: set[tuple[str, str]] = set()
    rounds, stop = [0], threading.Event()

    def keep_reading() -> None:
        while not stop.is_set():
            wrong.update(missing(place.read, ["index.html", "feed.xml", "sitemap.xml", "404.html"]))
            rounds[0] += 1

    reader = threading.Thread(target=keep_reading)
    reader.start()
    try:
        for number in range(2, count + 2):
            write(number)
            done = deploy(folder, place)
            assert done.code == 0, done.said
    finally:
        stop.set()
        reader.join()
    assert not wrong
    assert rounds[0] > 1
    note(place.kind, f"a reader during {count} deploys", f"{rounds[0]} rounds, 0 missing")


def test_deploys_in_a_row_all_end_well(site: Site) -> None:
    count = 50 if ALL else 1
    for _ in range(count):
        site.settle()
    site.options |= {"keep": 3, "keep_days": 30}
    site.settle()
    done = site.deploy()
    assert done.code == 0
    assert "up to date" in done.said
    note(site.place.kind, f"{count} deploys in a row", "all exit 0")


def test_a_dry_run_writes_nothing(site: Site) -> None:
    before = site.place.tree()
    site.next()
    done = site.deploy("--dry-run")
    assert done.code == 0, done.said
    assert site.place.tree() == before
    if site.place.proxy:
        seen = site.place.proxy.seen
        assert not [
            each
            for each in seen
            if each.method in {"PUT", "DELETE"} or "receive-pack" in each.target
        ]
    if site.place.kind == "ssh" and site.place.root:
        assert not list((site.place.root / ".sitegen").iterdir())
    site.recover()
    note(site.place.kind, "--dry-run", "no write")


def test_a_former_release_is_live_again(site: Site) -> None:
    site.options["keep"] = 3
    site.next()
    said = site.deploy().said
    release = re.search(r"becomes release (\S+)", said)
    assert release, said
    former = site.number
    site.settle()
    done = site.deploy("--to", release[1])
    assert done.code == 0, done.said
    site.assert_live(former)
    note(site.place.kind, "--to RELEASE", "the former release live")


@pytest.mark.skipif(not ALL, reason="10,000 files take a minute: make check-deploy")
def test_ten_thousand_files_all_land(place: Place, tmp_path: Path) -> None:
    files = edition(1) | {
        f"many/{number % 100}/{number} é&+.html": f"<p>{number}".encode()
        for number in range(10_000)
    }
    began = time.monotonic()
    done = deploy(write_site(tmp_path / "site", files, place, timeout=60.0), place)
    assert done.code == 0, done.said
    took = time.monotonic() - began
    assert place.names() == set(files)
    for path in random.sample(sorted(files), 100):
        assert place.read(path) == files[path], path
    note(place.kind, "10,000 files", f"{took:.0f} s")


# --- a disk that is full ---------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB, where we may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("kind", some(["ssh", "directory", "releases"], "ssh", "directory"))
def test_a_full_disk_leaves_the_old_release(
    kind: str, small_disk: Path, tmp_path: Path, servers: Servers
) -> None:
    with open_place(kind, small_disk / "place", servers) as place:
        site = Site(tmp_path / "site", place)
        site.settle()
        before = site.number
        big = edition(2) | {"assets/big.00000000.png": os.urandom(2_000_000)}
        write_site(site.folder, big, place, **site.options)
        done = site.deploy()
        assert done.code == 1, done.said
        assert "full" in done.said or "no space" in done.said
        site.assert_pages_of(before)
        site.assert_whole()
        site.next()
        site.recover()
    note(kind, "disk full", "exit 1, former release live")


@pytest.mark.parametrize("kind", some(["ssh", "directory", "releases"], "releases"))
def test_a_disk_that_is_not_to_be_written_leaves_the_old_release(
    kind: str, small_disk: Path, tmp_path: Path, servers: Servers
) -> None:
    with open_place(kind, small_disk / "place", servers) as place:
        site = Site(tmp_path / "site", place)
        site.settle()
        before = site.number
        site.next()
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
        try:
            done = site.deploy()
            assert done.code == 1, done.said
            site.assert_pages_of(before)
        finally:
            subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
        site.recover()
    note(kind, "disk read-only", "exit 1, former release live")


def _store(site: Site) -> S3Store:
    assert site.place.proxy
    return S3Server(site.place.proxy.server).store(site.place.table["bucket"])


def _push_by_hand(bare: Path, folder: Path, path: str, text: str) -> None:
    """What a person does to the branch who knows nothing of sitegen."""
    clone = folder / "clone"
    run = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*run, "clone", "-q", "-b", "gh-pages", str(bare), str(clone)], check=True)
    (clone / path).write_text(text)
    subprocess.run([*run, "-C", str(clone), "commit", "-qam", "by hand"], check=True)
    subprocess.run([*run, "-C", str(clone), "push", "-q"], check=True)
