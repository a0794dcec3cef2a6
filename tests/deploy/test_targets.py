"""Each target on a real server does what the protocol says, whatever the names and whoever else."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import quote

import msgspec
import pytest

from sitegen.deploy.command import open_target
from sitegen.deploy.config import TYPES
from sitegen.deploy.lock import make_claim
from sitegen.deploy.target import (
    RECORD,
    Claim,
    Digest,
    Headers,
    LockHeldError,
    LockLostError,
    RefusedError,
    Target,
    UnusableError,
)
from sitegen.errors import DeployError
from tests.deploy.places import Place, Servers, digest, open_place
from tests.deploy.servers import fetch, nginx

HTML = Headers(content_type="text/html; charset=utf-8", cache_control="public, max-age=0")
NAMES = (
    "index.html",
    "a b.html",
    "x+y&z=1.html",
    "100%.html",
    "%20.html",
    "a#b?c.html",
    'it\'s "so" `$HOME` !.html',
    "caf\u00e9.html",
    "cafe\u0301.html",
    "-rf.html",
    "~.html",
    "_under/.dotted/日本.html",
)


@contextmanager
def target_of(place: Place, folder: Path, **more: Any) -> Iterator[Target]:
    """A target as the core opens it."""
    table = {**place.table, "name": "web", "timeout": 10.0, **more}
    settings = msgspec.convert(table, TYPES[table.pop("type")])
    with mock.patch.dict(os.environ, place.environment):
        target = open_target(settings, folder)
        try:
            yield target
        finally:
            target.close()


def publish(target: Target, files: dict[str, bytes], release: str, *gone: str) -> None:
    hold = target.lock(make_claim(), force=False)
    target.listing()
    for path, data in files.items():
        target.put(path, data, HTML)
    for path in gone:
        target.delete(path)
    target.finish(release, [release])
    hold.release()


def test_what_is_put_is_what_a_reader_gets_by_whatever_name(place: Place, tmp_path: Path) -> None:
    files = {name: f"This is {name}".encode() for name in NAMES} | {"empty.html": b""}
    with target_of(place, tmp_path) as target:
        assert target.listing() == {}
        assert target.get(RECORD) is None
        publish(target, files | {RECORD: b"{}"}, "r1")
        assert {name: place.read(name) for name in files} == files
        assert place.names() == set(files)
    with target_of(place, tmp_path) as target:
        listing = dict(target.listing())
        listing.pop(".nojekyll", None)
        assert listing == {name: target.tag(data) for name, data in files.items()}
        assert target.get(RECORD) == b"{}"
        read = target.digests([*files, RECORD, "nothing.html"])
        assert read.keys() == {*files, RECORD}
        headers = HTML if target.has_headers else None
        for name, data in files.items():
            assert read[name] == Digest(sha256=digest(data), size=len(data), headers=headers)


def test_a_release_is_what_was_live_and_what_changed(place: Place, tmp_path: Path) -> None:
    with target_of(place, tmp_path) as target:
        publish(target, {"a/x.html": b"1", "b.html": b"2", "c/d/e.html": b"3"}, "r1")
    with target_of(place, tmp_path) as target:
        publish(target, {"b.html": b"22", "new.html": b"4"}, "r2", "c/d/e.html", "not there")
    assert {name: place.read(name) for name in place.names()} == {
        "a/x.html": b"1",
        "b.html": b"22",
        "new.html": b"4",
    }


def test_what_is_staged_at_an_atomic_target_is_seen_by_nobody(place: Place, tmp_path: Path) -> None:
    with target_of(place, tmp_path) as target:
        publish(target, {"a.html": b"1", "b.html": b"1"}, "r1")
        if not target.atomic:
            return
    with target_of(place, tmp_path) as target:
        target.listing()
        target.put("a.html", b"2", HTML)
        target.delete("b.html")
        assert (place.read("a.html"), place.read("b.html")) == (b"1", b"1")
    assert place.names() == {"a.html", "b.html"}


def test_finishing_again_after_a_lost_reply_changes_nothing(place: Place, tmp_path: Path) -> None:
    with target_of(place, tmp_path) as target:
        publish(target, {"a.html": b"1"}, "r1")
        target.finish("r1", ["r1"])
        assert place.read("a.html") == b"1"


def test_the_files_of_others_stay(place: Place, tmp_path: Path) -> None:
    with target_of(place, tmp_path) as target:
        publish(target, {"a.html": b"1", "CNAME": b"example.org\n"}, "r1")
    with target_of(place, tmp_path) as target:
        publish(target, {"a.html": b"2"}, "r2")
    assert place.read("CNAME") == b"example.org\n"


def test_of_two_deployers_one_is_told_of_the_other(place: Place, tmp_path: Path) -> None:
    with target_of(place, tmp_path) as one, target_of(place, tmp_path) as other:
        for target in (one, other):
            target.listing()
        hold = one.lock(make_claim(), force=False)
        one.put("a.html", b"one", HTML)
        with pytest.raises(LockHeldError):  # at once, or when the other one has published
            _publish_after(one, other)
        one.finish("r1", ["r1"])
        hold.renew()
        hold.release()
        assert place.read("a.html") == b"one"
        other.lock(make_claim(), force=False).release()


def _publish_after(one: Target, other: Target) -> None:
    other.lock(make_claim(), force=False)
    other.put("a.html", b"other", HTML)
    one.finish("r1", ["r1"])
    other.finish("r2", ["r2"])


LOCKED = ("s3", "ssh")
"""Targets with a lock that outlives its holder."""


@pytest.fixture(params=LOCKED)
def locked(request: pytest.FixtureRequest, tmp_path: Path, servers: Servers) -> Iterator[Place]:
    with open_place(request.param, tmp_path / "place", servers) as made:
        yield made


def dead_claim(**more: object) -> Claim:
    return msgspec.structs.replace(make_claim(), pid=2**22 + 1, begun="1", **more)


def test_the_lock_of_a_dead_deployer_is_broken_by_one_only(locked: Place, tmp_path: Path) -> None:
    with target_of(locked, tmp_path) as target:
        dead = target.lock(dead_claim(), force=False)
        won: list[Claim] = []

        def try_it() -> None:
            with target_of_thread(locked, tmp_path) as other:
                claim = make_claim()
                try:
                    other.lock(claim, force=False).renew()
                except (LockHeldError, LockLostError):
                    return
                won.append(claim)

        with mock.patch.dict(os.environ, locked.environment):
            threads = [threading.Thread(target=try_it) for _ in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert len(won) == 1
        with pytest.raises(LockLostError):
            dead.renew()
        dead.release()
        with pytest.raises(LockHeldError):
            target.lock(make_claim(), force=False)
        target.lock(won[0], force=False).release()
        target.lock(make_claim(), force=False).release()


@contextmanager
def target_of_thread(place: Place, folder: Path) -> Iterator[Target]:
    """As `target_of`, in a thread: the environment is of the whole process."""
    table = {**place.table, "name": "web", "timeout": 10.0}
    target = open_target(msgspec.convert(table, TYPES[table.pop("type")]), folder)
    try:
        yield target
    finally:
        target.close()


def test_a_lock_from_another_machine_is_broken_when_it_is_old(
    locked: Place, tmp_path: Path
) -> None:
    claim = msgspec.structs.replace(make_claim(), host="another", seconds=1)
    with target_of(locked, tmp_path) as target:
        hold = target.lock(claim, force=False)
        with pytest.raises(LockHeldError) as held:
            target.lock(make_claim(), force=False)
        assert held.value.claim == claim
        threading.Event().wait(2.5)
        target.lock(make_claim(), force=False).release()
        with pytest.raises(LockLostError):
            hold.renew()


def test_a_lock_that_was_taken_for_an_abandoned_one_and_is_given_back_is_still_held(
    tmp_path: Path, servers: Servers
) -> None:
    """Six deployers find one abandoned lock: who is late moves away the lock of who was first."""
    with (
        open_place("ssh", tmp_path / "place", servers) as place,
        target_of(place, tmp_path) as target,
    ):
        lock = Path(str(place.table["path"]), ".sitegen", "lock")
        hold = target.lock(make_claim(), force=False)
        for use in (hold.renew, hold.release):
            lock.rename(lock.with_name("broken-late"))
            late = threading.Timer(0.3, lock.with_name("broken-late").rename, [lock])
            late.start()
            use()
            late.join()
        assert not lock.exists()
        with pytest.raises(LockLostError):
            hold.renew()


def test_a_lock_that_is_held_is_broken_by_force(locked: Place, tmp_path: Path) -> None:
    with target_of(locked, tmp_path) as target:
        hold = target.lock(make_claim(), force=False)
        target.lock(make_claim(), force=True).release()
        with pytest.raises(LockLostError):
            hold.renew()


def test_the_lock_is_ours_if_only_the_reply_was_lost(locked: Place, tmp_path: Path) -> None:
    claim = make_claim()
    with target_of(locked, tmp_path) as target:
        target.lock(claim, force=False)
        target.lock(claim, force=False).release()
        target.lock(make_claim(), force=False).release()


# --- one target ------------------------------------------------------------------------------


@pytest.fixture
def s3(tmp_path: Path, servers: Servers) -> Iterator[Place]:
    with open_place("s3", tmp_path / "place", servers) as made:
        yield made


@pytest.fixture
def git(tmp_path: Path, servers: Servers) -> Iterator[Place]:
    with open_place("git", tmp_path / "place", servers) as made:
        yield made


@pytest.fixture
def ssh(tmp_path: Path, servers: Servers) -> Iterator[Place]:
    with open_place("ssh", tmp_path / "place", servers) as made:
        yield made


def test_s3_keeps_a_copy_with_its_headers(s3: Place, tmp_path: Path) -> None:
    with target_of(s3, tmp_path) as target:
        target.put("a b.html", b"1", HTML)
        target.copy("a b.html", ".sitegen/content/é")
        target.put("a b.html", b"2", HTML)
        assert target.get(".sitegen/content/é") == b"1"
        assert target.digests([".sitegen/content/é"])[".sitegen/content/é"].headers == HTML
        target.copy("nothing", "b.html")
        assert target.listing().keys() == {"a b.html"}


def test_s3_sees_nothing_of_its_neighbours(s3: Place, tmp_path: Path) -> None:
    with target_of(s3, tmp_path, prefix="the") as other:
        other.put("a.html", b"other", HTML)
    with target_of(s3, tmp_path) as target:
        target.put("b.html", b"1", HTML)
        assert target.listing().keys() == {"b.html"}
    with target_of(s3, tmp_path, prefix="") as whole:
        assert whole.listing().keys() == {"the/a.html", "the blog/b.html"}


def test_git_keeps_the_history_or_has_none(git: Place, tmp_path: Path) -> None:
    for number in (1, 2):
        with target_of(git, tmp_path) as target:
            publish(target, {"a.html": b"%d" % number, "b.html": b""}, f"r{number}")
    with target_of(git, tmp_path) as target:
        assert target.get("a.html", "r1") == b"1"
        assert target.get("a.html", "r2") == b"2"
        assert target.get("a.html", "r3") is None
    count = ["git", "-C", str(git.root), "rev-list", "--count", "gh-pages"]
    assert int(subprocess.check_output(count)) == 2
    with target_of(git, tmp_path, history="one") as target:
        publish(target, {"a.html": b"3"}, "r3")
    assert int(subprocess.check_output(count)) == 1
    assert (git.read("a.html"), git.read("b.html")) == (b"3", b"")
    assert git.read(".nojekyll") == b""


def test_git_asks_for_no_file_that_it_does_not_need(git: Place, tmp_path: Path) -> None:
    big = os.urandom(300_000)
    with target_of(git, tmp_path) as target:
        publish(target, {"big.html": big, "a.html": b"1"}, "r1")
    proxy = git.proxy
    assert proxy
    proxy.reset()
    with target_of(git, tmp_path) as target:
        publish(target, {"a.html": b"2"}, "r2")
        assert sum(len(each.body) for each in proxy.seen) < 5_000
        before = len(proxy.seen)
        assert target.digests(["big.html", "a.html"])["big.html"].sha256 == digest(big)
        assert len(proxy.seen) - before < 10


def test_git_finds_a_remote_by_its_name_in_the_repository_of_the_site(
    git: Place, tmp_path: Path
) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    add = ["git", "-C", str(tmp_path), "remote", "add", "pages", git.table["remote"]]
    subprocess.run(add, check=True)
    # As in a hook of the site's repository, with settings of its own.
    git.environment |= {"GIT_DIR": str(tmp_path / ".git"), "GIT_INDEX_FILE": "index"}
    git.environment |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.name"}
    git.environment |= {"GIT_CONFIG_VALUE_0": "A. Writer"}
    with target_of(git, tmp_path, remote="pages") as target:
        publish(target, {"a.html": b"1"}, "r1")
    assert git.read("a.html") == b"1"
    log = ["git", "-C", str(git.root), "log", "--format=%an", "gh-pages"]
    assert subprocess.check_output(log) == b"A. Writer\n"
    with pytest.raises(RefusedError, match='no git remote "origin"'):
        target_of(git, tmp_path, remote="origin").__enter__()


def test_git_deploys_to_a_folder_without_any_server(tmp_path: Path) -> None:
    bare = tmp_path / "my pages.git"
    subprocess.run(["git", "init", "-q", "--bare", str(bare)], check=True)
    for remote in (f"file://{bare}", "my pages.git"):
        place = Place("git", {"type": "git", "remote": remote}, lambda _: None, set)
        with target_of(place, tmp_path) as target:
            publish(target, {"a.html": remote.encode()}, remote[-3:])
            assert target.get("a.html") == remote.encode()


def test_git_logs_in_as_the_repository_of_the_site_does(git: Place, tmp_path: Path) -> None:
    home = Path(git.environment["GIT_CONFIG_GLOBAL"]).parent
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    helper = f"store --file='{home}/credentials'"
    config = ["git", "-C", str(tmp_path), "config", "credential.helper", helper]
    subprocess.run(config, check=True)
    git.environment["GIT_CONFIG_GLOBAL"] = os.devnull
    with target_of(git, tmp_path) as target:
        publish(target, {"a.html": b"1"}, "r1")
    assert git.read("a.html") == b"1"


def test_ssh_changes_no_file_of_a_former_release(ssh: Place, tmp_path: Path) -> None:
    with target_of(ssh, tmp_path) as target:
        publish(target, {"a.html": b"1", "b.html": b"1", "c.html": b"1"}, "r1")
    with target_of(ssh, tmp_path) as target:
        hold = target.lock(make_claim(), force=False)
        target.listing()
        target.put("a.html", b"2", HTML)
        target.delete("c.html")
        target.finish("r2", ["r2", "r1"])
        hold.release()
        assert target.get("a.html", "r1") == b"1"
        assert target.get("c.html", "r1") == b"1"
        assert target.get("c.html") is None
    assert ssh.root
    releases = ssh.root / "releases"
    assert (releases / "r1/b.html").samefile(releases / "r2/b.html")
    assert {each.name for each in releases.iterdir()} == {"r1", "r2"}
    with target_of(ssh, tmp_path) as target:
        publish(target, {}, "r3")
    assert {each.name for each in releases.iterdir()} == {"r3"}


def test_ssh_needs_nothing_but_a_shell(ssh: Place, tmp_path: Path, servers: Servers) -> None:
    keys = servers.ssh.folder / "authorized"
    former = keys.read_text()
    only = 'env -i PATH=/usr/bin:/bin /bin/sh -c \\"$SSH_ORIGINAL_COMMAND\\"'
    keys.write_text(f'restrict,command="{only}" {former}')
    try:
        with target_of(ssh, tmp_path) as target:
            publish(target, {"a.html": b"1"}, "r1")
            assert target.listing() == {"a.html": digest(b"1")}
    finally:
        keys.write_text(former)
    assert ssh.read("a.html") == b"1"


@pytest.mark.parametrize("kind", ["git", "ssh", "directory", "releases"])
def test_every_name_is_served_by_its_address(kind: str, tmp_path: Path, servers: Servers) -> None:
    names = [name for name in NAMES if not name.startswith("_")]
    with open_place(kind, tmp_path / "place", servers) as place, target_of(place, tmp_path) as to:
        publish(to, {name: name.encode() for name in names}, "r1")
        assert place.root
        root = place.root / ("current" if kind in {"ssh", "releases"} else "")
        if kind == "git":
            root = tmp_path / "pages"
            branch = ["--branch", "gh-pages", str(place.root), str(root)]
            subprocess.run(["git", "clone", "-q", *branch], check=True)
        with nginx(tmp_path / "nginx", root) as address:
            for name in names:
                assert fetch(f"{address}/{quote(name)}") == name.encode(), name


# --- what cannot be --------------------------------------------------------------------------


def _try(place: Place, folder: Path, **more: object) -> None:
    with target_of(place, folder, **more) as target:
        target.get(RECORD)
        publish(target, {"a.html": b"1"}, "r1")


def refused(place: Place, folder: Path, **more: object) -> DeployError:
    """The error of a deploy to a place that is not to be had."""
    with pytest.raises(DeployError) as error:
        _try(place, folder, **more)
    said = f"{error.value.message} {error.value.hint}"
    assert not isinstance(error.value, LockHeldError)
    for secret in ("secret+key", "secret%2Bkey", "pass word", "pass%20word", "wr0ng"):
        assert secret not in said
    return error.value


def test_s3_says_what_is_wrong(s3: Place, tmp_path: Path) -> None:
    assert "NoSuchBucket" in refused(s3, tmp_path, bucket="no-such-bucket").message
    nowhere = refused(s3, tmp_path, endpoint="http://no-such-host.invalid")
    assert isinstance(nowhere, RefusedError)
    assert "no-such-host.invalid" in nowhere.message
    s3.environment |= {"AWS_SECRET_ACCESS_KEY": "wr0ng"}
    wrong = refused(s3, tmp_path)
    assert isinstance(wrong, RefusedError)
    assert "AWS_SECRET_ACCESS_KEY" in (wrong.hint or "")
    s3.environment |= {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    assert isinstance(refused(s3, tmp_path), UnusableError)


def test_s3_says_what_to_install(s3: Place, tmp_path: Path) -> None:
    with mock.patch.dict("sys.modules", {"obstore.store": None}):
        assert "sitegen[s3]" in (refused(s3, tmp_path).hint or "")


def test_git_says_what_is_wrong(git: Place, tmp_path: Path, servers: Servers) -> None:
    assert git.root
    hook = git.root / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho the office is closed\nexit 1\n")
    hook.chmod(0o755)
    declined = refused(git, tmp_path)
    assert "does not allow this push" in declined.message
    assert "hook declined" in declined.message
    gone = refused(git, tmp_path, remote=servers.git.url("no-such.git", servers.git.port))
    assert "no such repository" in gone.message
    assert "no such host" in refused(git, tmp_path, remote="https://no-such.invalid/a.git").message
    assert "no such repository" in refused(git, tmp_path, remote="file:///no/such.git").message
    wrong = refused(git, tmp_path, remote=servers.git.secret_url("a.git", "wr0ng"))
    assert "credentials" in wrong.message
    assert "http://127.0.0.1" in wrong.message


def test_ssh_says_what_is_wrong(ssh: Place, tmp_path: Path, servers: Servers) -> None:
    port = servers.ssh.port
    try:
        servers.ssh.reach(port, known=False)
        assert "does not know the host" in refused(ssh, tmp_path).message
        servers.ssh.reach(port, key=False)
        assert "credentials" in refused(ssh, tmp_path).message
    finally:
        servers.ssh.reach(port)
    rsync = servers.ssh.folder / "remote/rsync"
    rsync.write_text("#!/bin/sh\necho 'sh: 1: rsync: not found' >&2\nexit 127\n")
    rsync.chmod(0o755)
    assert "it has no rsync" in refused(ssh, tmp_path).message
    rsync.unlink()
    assert "no such host" in refused(ssh, tmp_path, host="no-such-host.invalid").message
    assert "not a host" in refused(ssh, tmp_path, host="-oProxyCommand=touch x").message


@pytest.mark.parametrize(
    ("kind", "tool"), [("git", "git"), ("ssh", "ssh"), ("ssh", "rsync")], ids=str
)
def test_a_missing_tool_is_named(
    kind: str, tool: str, tmp_path: Path, servers: Servers, only_tools: Callable[[str], str]
) -> None:
    with open_place(kind, tmp_path / "place", servers) as place:
        place.environment["PATH"] = only_tools(tool)
        error = refused(place, tmp_path)
    assert isinstance(error, UnusableError)
    assert tool in error.message
    assert "install" in (error.hint or "")


@pytest.fixture
def only_tools(tmp_path: Path) -> Callable[[str], str]:
    """A search path with all tools but one."""

    def make(absent: str) -> str:
        folder = tmp_path / "tools"
        folder.mkdir()
        for name in {"git", "ssh", "rsync", "sh"} - {absent}:
            found = shutil.which(name)
            assert found
            (folder / name).symlink_to(found)
        return str(folder)

    return make
