"""How a plan is carried out: tried again, stopped, locked, read back."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from msgspec.structs import replace

from sitegen.deploy import lock, retry, run
from sitegen.deploy.lock import Keeper, decode_claim, encode_claim, is_abandoned, make_claim
from sitegen.deploy.releases import decode
from sitegen.deploy.retry import TRIES, Patience, StoppedError
from sitegen.deploy.target import (
    RECORD,
    BusyError,
    LeakError,
    LockHeldError,
    LockLostError,
    RefusedError,
    VerifyError,
)
from sitegen.errors import DeployError
from tests.targets import Fault, Memory, Store, deploy, missing, plan_for, site

T = TypeVar("T")
ONE = {"index.html": "-> style.1.css", "style.1.css": "", "a.html": ""}
TWO = {"index.html": "-> style.2.css", "style.2.css": "", "b.html": ""}


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST", 0.0)
    monkeypatch.setattr(run, "PAUSE", 0.0)


def on(name: str, path: str, error: Callable[[], DeployError]) -> Fault[object]:
    """Each request of this name and path fails."""

    def fault(_count: int, named: str, at: str, do: Callable[[], T]) -> T:
        if (named, at) == (name, path):
            raise error()
        return do()

    return fault


# --- another try ---------------------------------------------------------------------------------


def test_a_request_is_tried_again_until_it_works() -> None:
    tries = iter([BusyError("a"), BusyError("b"), None])

    def call() -> str:
        if error := next(tries):
            raise error
        return "done"

    patience = Patience(10)
    assert patience.request(call) == "done"
    assert patience.waited == 2


def test_a_request_that_fails_for_ever_ends_with_its_error_after_some_tries() -> None:
    calls = []

    def call() -> None:
        calls.append(1)
        raise BusyError("503")

    with pytest.raises(BusyError, match="503"):
        Patience(1000).request(call)
    assert len(calls) == TRIES


def test_a_target_that_asks_for_more_time_than_there_is_ends_the_run_at_once() -> None:
    def call() -> None:
        raise BusyError("429", after=65)

    begun = time.monotonic()
    for workers in (1, 1000):  # one request has no more time because there are many
        with pytest.raises(BusyError):
            Patience(60, workers).request(call)
    assert time.monotonic() - begun < 5


def test_a_wait_is_as_long_as_the_target_asks_for() -> None:
    times: list[float] = []

    def call() -> None:
        times.append(time.monotonic())
        if len(times) == 1:
            raise BusyError("429", after=0.05)

    Patience(60).request(call)
    assert times[1] - times[0] >= 0.05


def test_all_requests_of_a_run_share_one_patience() -> None:
    patience = Patience(0.1, workers=2)

    def call() -> None:
        raise BusyError("429", after=0.09)

    for _ in range(3):
        with pytest.raises(BusyError):
            patience.request(call)
    begun = time.monotonic()
    with pytest.raises(BusyError):
        patience.request(call)
    assert time.monotonic() - begun < 0.05


def test_what_is_final_is_not_tried_again() -> None:
    target = Memory(Store(), on("put", "a.html", lambda: RefusedError("403")))
    with pytest.raises(RefusedError):
        deploy(site(ONE), target)
    assert target.requests.count(("put", "a.html")) == 1


def test_no_request_is_begun_after_the_stop_and_no_wait_goes_on() -> None:
    patience = Patience(1000)

    def call() -> None:
        patience.stop.set()
        raise BusyError("503", after=900)

    with pytest.raises(StoppedError):
        patience.request(call)


# --- a failure ends the run ----------------------------------------------------------------------


def test_a_refused_asset_changes_no_page_and_deletes_nothing() -> None:
    """The case in which another deployer uploads the pages and deletes the old style sheet."""
    store = Store()
    deploy(site(ONE), Memory(store))
    target = Memory(store, on("put", "style.2.css", lambda: RefusedError("403")), workers=8)
    with pytest.raises(RefusedError, match="403"):
        deploy(site(TWO), target)
    assert store.texts == ONE
    assert missing(store) == set()
    assert store.lock is None


def test_a_tree_that_changes_during_the_run_ends_it() -> None:
    tree = site(TWO)
    store = Store()
    deploy(site(ONE), Memory(store))

    def changed(path: str) -> bytes:
        if path == "style.2.css":
            raise LeakError("not as it was built")
        return tree.read(path)

    with pytest.raises(LeakError) as caught:
        deploy(tree._replace(read=changed), Memory(store))
    assert caught.value.code == 4
    assert store.texts == ONE


def test_an_interrupt_ends_the_run_and_gives_up_the_lock() -> None:
    store = Store()
    deploy(site(ONE), Memory(store))

    def fault(_count: int, name: str, path: str, do: Callable[[], T]) -> T:
        if (name, path) == ("put", "index.html"):
            raise KeyboardInterrupt
        return do()

    with pytest.raises(KeyboardInterrupt):
        deploy(site(TWO), Memory(store, fault))
    assert store.lock is None
    assert missing(store) == set()
    deploy(site(TWO), Memory(store))
    assert store.texts == TWO | {"style.1.css": ""}


def test_uploads_of_a_phase_go_on_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    both = threading.Barrier(2, timeout=20)
    target = Memory(Store(), workers=2)
    put = target.put

    def together(path: str, *rest: object) -> str:
        if path in {"a.png", "b.png"}:
            both.wait()
        return put(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(target, "put", together)
    deploy(site({"a.png": "", "b.png": "", "index.html": ""}), target)
    assert set(target.store.texts) == {"a.png", "b.png", "index.html"}


def test_a_refusal_ends_the_waits_of_other_uploads(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = threading.Event()

    def fault(_count: int, name: str, path: str, do: Callable[[], T]) -> T:
        if (name, path) == ("put", "a.png"):
            waits.set()
            raise BusyError("429", after=25)
        return do()

    target = Memory(Store(), fault, workers=2)
    put = target.put

    def refused(path: str, *rest: object) -> str:
        if path == "b.png":
            assert waits.wait(20)
            raise RefusedError("403")
        return put(path, *rest)  # type: ignore[arg-type]

    begun = time.monotonic()
    monkeypatch.setattr(target, "put", refused)
    with pytest.raises(RefusedError, match="403"):
        deploy(site({"a.png": "", "b.png": "", "index.html": ""}), target)
    assert time.monotonic() - begun < 20


# --- reading back --------------------------------------------------------------------------------


def truncating(store: Store, name: str) -> Fault[object]:
    """The store takes the whole file and keeps half of it, once."""
    wanted = [name]

    def fault(_count: int, named: str, path: str, do: Callable[[], T]) -> T:
        result = do()
        is_last = path != RECORD or "index.html" in store.texts  # not the books before the run
        if named == "put" and path in wanted and is_last:
            wanted.clear()
            data, headers = store.objects[path]
            store.objects[path] = (data[: len(data) // 2], headers)
        return result

    return fault


@pytest.mark.parametrize("path", ["index.html", "style.1.css", RECORD])
def test_a_truncated_object_is_found_and_the_next_run_mends_it(path: str) -> None:
    texts = ONE | {"style.1.css": "p { color: red }"}
    store = Store()
    with pytest.raises(VerifyError, match=path) as caught:
        deploy(site(texts), Memory(store, truncating(store, path)))
    assert caught.value.code == 6
    deploy(site(texts), Memory(store))
    assert store.texts == texts
    assert not plan_for(site(texts), Memory(store)).steps


def test_an_unchanged_file_that_only_the_listing_knows_is_found_and_put_again() -> None:
    store = Store()
    deploy(site(ONE), Memory(store))
    listed = Memory(store).listing()
    del store.objects["a.html"]

    def lying(_count: int, name: str, _path: str, do: Callable[[], T]) -> T:
        return listed if name == "listing" else do()  # type: ignore[return-value]

    changed = ONE | {"index.html": "-> a.html"}
    with pytest.raises(VerifyError, match=r"a\.html"):
        deploy(site(changed), Memory(store, lying))
    deploy(site(changed), Memory(store, lying))
    assert store.texts == changed


def test_wrong_headers_are_found() -> None:
    def forgetful(_count: int, name: str, _path: str, do: Callable[[], T]) -> T:
        found = do()
        if name == "digests" and isinstance(found, dict):
            return {  # type: ignore[return-value]
                each: replace(digest, headers=replace(digest.headers, cache_control="none"))
                for each, digest in found.items()
            }
        return found

    with pytest.raises(VerifyError):
        deploy(site(ONE), Memory(Store(), forgetful))


def test_what_was_deleted_and_is_still_there_is_found() -> None:
    store = Store()
    deploy(site(ONE), Memory(store))

    def fault(_count: int, name: str, _path: str, do: Callable[[], T]) -> T:
        return None if name == "delete" else do()  # type: ignore[return-value]

    with pytest.raises(VerifyError, match=r"a\.html.* is still there"):
        deploy(site(TWO), Memory(store, fault))


# --- the lock ------------------------------------------------------------------------------------


def test_of_two_deployers_the_second_is_told_who_has_the_lock() -> None:
    store = Store()
    claim = make_claim()
    Memory(store).lock(claim, force=False)
    with pytest.raises(LockHeldError) as caught:
        deploy(site(ONE), Memory(store))
    assert caught.value.claim == claim
    assert caught.value.code == 5
    assert store.texts == {}


def test_a_lock_can_be_broken_by_force() -> None:
    store = Store()
    Memory(store).lock(make_claim(), force=False)
    deploy(site(ONE), Memory(store), force=True)
    assert store.texts == ONE


def test_a_plan_that_somebody_else_overtook_is_not_carried_out() -> None:
    store = Store()
    tree, target = site(TWO), Memory(store)
    seen = run.look(target, tree, Patience(1))
    plan = plan_for(tree, target)
    deploy(site(ONE), Memory(store))
    with pytest.raises(LockHeldError, match="meanwhile"):
        run.Run(target, tree, plan, Patience(1)).execute(seen)
    assert store.texts == ONE


def test_a_deployer_whose_lock_was_broken_writes_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store()
    deploy(site(ONE), Memory(store))
    clock = [0.0]
    monkeypatch.setattr(lock, "_now", lambda: clock[0])

    def asleep(_count: int, name: str, path: str, do: Callable[[], T]) -> T:
        result = do()
        if (name, path) == ("put", "style.2.css"):
            clock[0] += 3600  # the machine slept, and somebody else deploys now
            store.lock = encode_claim(make_claim())
        return result

    with pytest.raises(LockLostError):
        deploy(site(TWO), Memory(store, asleep))
    assert store.texts == ONE | {"style.2.css": ""}
    assert store.lock is not None


def test_a_lock_that_is_still_ours_after_a_sleep_is_renewed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, clock = Store(), [0.0]
    monkeypatch.setattr(lock, "_now", lambda: clock[0])
    keeper = Keeper(Memory(store).lock(make_claim(), force=False), 60)
    clock[0] = 3600
    keeper.check()
    keeper.release()
    assert store.lock is None


def test_a_lock_is_renewed_while_it_is_held() -> None:
    renewed = threading.Event()

    class Hold:
        def renew(self) -> None:
            renewed.set()

        def release(self) -> None:
            pass

    keeper = Keeper(Hold(), 0.03)
    assert renewed.wait(20)
    keeper.release()


def test_a_lock_is_abandoned_when_its_process_has_ended() -> None:
    mine = make_claim()
    assert not is_abandoned(mine, age=None)
    reading, writing = os.pipe()
    if (pid := os.fork()) == 0:
        os.write(writing, encode_claim(make_claim()))
        os._exit(0)
    os.waitpid(pid, 0)
    theirs = decode_claim(os.read(reading, 10_000))
    os.close(reading)
    os.close(writing)
    assert theirs is not None
    assert theirs.pid == pid
    assert is_abandoned(theirs, age=None)
    assert is_abandoned(replace(mine, begun="1"), age=None)  # its number was used again


def test_a_lock_of_another_machine_is_abandoned_by_its_age_only() -> None:
    other = replace(make_claim(), host="elsewhere", pid=1, begun="0", seconds=60)
    assert not is_abandoned(other, age=None)
    assert not is_abandoned(other, age=59)
    assert is_abandoned(other, age=61)
    assert is_abandoned(None, age=61)
    assert not is_abandoned(None, age=None)
    assert decode_claim(b"no claim") is None


def test_the_books_of_a_run_have_the_tags_that_the_store_gave() -> None:
    store = Store()
    target = Memory(store)
    deploy(site(ONE), target)
    record = decode(store.objects[RECORD][0])
    assert record is not None
    assert {path: each.tag for path, each in record.files.items()} == target.listing()


def test_claims_say_whose_they_are() -> None:
    claim = make_claim()
    assert claim.pid == os.getpid()
    assert claim.begun == Path("/proc/self/stat").read_text("utf-8").rpartition(")")[2].split()[19]
    assert claim.token != make_claim().token
