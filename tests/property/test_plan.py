"""Wherever a run ends: the live site is whole, and the next run makes it what it should be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitegen.deploy import retry, run
from sitegen.deploy.plan import PHASES
from sitegen.deploy.releases import Record, decode, find_release, read_former, read_release
from sitegen.deploy.target import OWN, RECORD, BusyError, Headers, RefusedError
from sitegen.deploy.tree import Tree
from sitegen.errors import DeployError
from tests.targets import (
    NOW,
    Fault,
    KilledError,
    Memory,
    Store,
    deploy,
    killed_at,
    missing,
    plan_for,
    site,
)

T = TypeVar("T")
PAGES = [f"p{number}/index.html" for number in range(4)]


@st.composite
def sites(draw: st.DrawFn) -> dict[str, str]:
    """Pages that refer to each other, to assets and to a feed that refers to pages."""
    pages = draw(st.sets(st.sampled_from(PAGES)))
    images = draw(st.sets(st.sampled_from(["a.png", "b.png", "p0/c.svg"])))
    style = f"style.{draw(st.integers(0, 2))}.css"
    texts = {style: f"css {style}", "404.html": f"-> {style}"}
    texts |= {image: draw(st.sampled_from(["one", "two"])) for image in images}
    feeds = draw(st.sets(st.sampled_from(["feed.xml", "p0/feed.xml"])))
    targets = st.sets(st.sampled_from(sorted(pages | images | feeds | {style})))
    for page in sorted(pages | feeds | {"index.html"}):
        texts[page] = "\n".join(f"-> {each}" for each in sorted(draw(targets)))
    return texts


def converged(store: Store, wanted: dict[str, str], own: frozenset[str] = frozenset()) -> None:
    """The site is exactly as wanted, but for assets that are kept."""
    record = decode(store.objects[RECORD][0])
    assert record is not None
    live = {path: text for path, text in store.texts.items() if path not in own}
    assert {path: live.get(path) for path in wanted} == wanted
    assert live.keys() - wanted.keys() <= record.retired.keys()
    assert not any(path.endswith((".html", ".xml")) for path in live.keys() - wanted.keys())
    own_paths = {path for path in store.objects if path.startswith(OWN)}
    assert own_paths <= record.retired.keys() | {RECORD}
    assert not record.pending
    assert record.files.keys() == wanted.keys()


killed = st.tuples(sites(), st.integers(3, 40), st.booleans())


@given(sites(), st.lists(killed, min_size=1, max_size=3), sites(), st.booleans())
@settings(max_examples=200)
def test_runs_killed_anywhere_leave_a_whole_site_and_the_next_converges(
    first: dict[str, str],
    runs: list[tuple[dict[str, str], int, bool]],
    last: dict[str, str],
    atomic: bool,  # noqa: FBT001
) -> None:
    store = Store()
    deploy(site(first), Memory(store, atomic=atomic))
    assert missing(store) == set()
    stays = set(first)
    for texts, number, after in runs:
        stays &= texts.keys()
        try:
            deploy(site(texts), Memory(store, killed_at(number, after=after), atomic=atomic))
        except KilledError:
            store.lock = None
        assert missing(store, stays) == set()
    deploy(site(last), Memory(store, atomic=atomic))
    assert missing(store, stays & last.keys()) == set()
    converged(store, last)


@given(sites(), st.integers(1, 60), st.booleans())
@settings(max_examples=100)
def test_a_first_run_that_is_killed_is_resumed_without_putting_anything_twice(
    wanted: dict[str, str],
    number: int,
    after: bool,  # noqa: FBT001
) -> None:
    store = Store()
    try:
        deploy(site(wanted), Memory(store, killed_at(number, after=after)))
    except KilledError:
        store.lock = None
    assert missing(store) == set()
    before = set(store.texts)
    target = Memory(store)
    deploy(site(wanted), target)
    puts = {path for name, path in target.requests if name == "put"}
    assert not puts & before
    converged(store, wanted)


def failing_at(
    number: int, error: Callable[[], DeployError], times: int = 1, *, done: bool = False
) -> Fault[object]:
    """`done`: the request was carried out, and its reply was lost."""

    def fault(count: int, _name: str, _path: str, do: Callable[[], T]) -> T:
        if number <= count < number + times:
            if done:
                do()
            raise error()
        return do()

    return fault


@pytest.fixture(autouse=True, scope="module")
def without_waiting() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retry, "FIRST", 0.0)
        patch.setattr(run, "PAUSE", 0.0)
        yield


@given(sites(), sites(), st.integers(1, 60), st.sampled_from([1, 3]), st.booleans(), st.booleans())
@settings(max_examples=150)
def test_what_passes_is_tried_again_and_the_run_goes_on(  # noqa: PLR0913, PLR0917
    first: dict[str, str],
    second: dict[str, str],
    number: int,
    times: int,
    done: bool,  # noqa: FBT001
    atomic: bool,  # noqa: FBT001
) -> None:
    store = Store()
    deploy(site(first), Memory(store, atomic=atomic))
    fault = failing_at(number, lambda: BusyError("503"), times, done=done)
    deploy(site(second), Memory(store, fault, atomic=atomic))
    converged(store, second)


@given(sites(), sites(), st.integers(2, 60), st.booleans())
@settings(max_examples=200)
def test_after_a_refusal_no_later_phase_is_begun_and_nothing_is_deleted(
    first: dict[str, str],
    second: dict[str, str],
    number: int,
    for_ever: bool,  # noqa: FBT001
) -> None:
    store = Store()
    deploy(site(first), Memory(store))
    plan = plan_for(site(second), Memory(store))
    phases: dict[tuple[str, str], int] = {
        (step.action, step.path): PHASES.index(step.phase) for step in plan.steps
    }
    times, kind = (10_000, BusyError) if for_ever else (1, RefusedError)
    target = Memory(store, failing_at(number, lambda: kind("no"), times))
    try:
        deploy(site(second), target)
    except (BusyError, RefusedError):
        failed = target.requests[number - 1]
        later = [phases.get(each, -1) for each in target.requests[number:]]
        if failed in phases and failed[1] != RECORD:
            assert max(later, default=-1) <= phases[failed]
            assert failed[0] == "delete" or not any(n == "delete" for n, _ in target.requests)
    assert missing(store, first.keys() & second.keys()) == set()
    store.lock = None
    deploy(site(second), Memory(store))
    converged(store, second)


@given(sites(), sites(), sites(), st.booleans())
@settings(max_examples=100)
def test_going_back_brings_back_the_bytes_of_a_former_release(
    first: dict[str, str],
    second: dict[str, str],
    third: dict[str, str],
    atomic: bool,  # noqa: FBT001
) -> None:
    store = Store()
    plans = [
        deploy(site(each), Memory(store, atomic=atomic), now=NOW + timedelta(days=day))
        for day, each in enumerate([first, second, third])
    ]
    if plans[0].release == plans[2].release or not plans[2].steps:
        return
    target = Memory(store, atomic=atomic)
    past = find_release(decode(target.get(RECORD)) or Record(), plans[0].release)
    files = read_release(target, past)
    tree = Tree("https://example.org/", files, lambda p: read_former(target, past, p, files[p]))
    deploy(tree, target, now=NOW + timedelta(days=3))
    converged(store, first)


@given(sites(), sites(), st.sampled_from(["CNAME", "p0/theirs.html", ".well-known/a"]))
@settings(max_examples=50)
def test_what_somebody_else_put_there_stays(
    first: dict[str, str], second: dict[str, str], theirs: str
) -> None:
    store = Store()
    store.objects[theirs] = (b"theirs", Headers(content_type="", cache_control=""))
    for texts in (first, second, first):
        deploy(site(texts), Memory(store))
    assert store.texts[theirs] == "theirs"
    converged(store, first, frozenset({theirs}))


@given(sites(), sites(), st.sets(st.integers(0, 30)))
@settings(max_examples=100)
def test_a_listing_that_lies_deletes_nothing_more(
    first: dict[str, str], second: dict[str, str], hidden: set[int]
) -> None:
    store = Store()
    deploy(site(first), Memory(store))

    def lying(_count: int, name: str, _path: str, do: Callable[[], T]) -> T:
        found = do()
        if name == "listing" and isinstance(found, dict):
            return {k: v for at, (k, v) in enumerate(found.items()) if at not in hidden}  # type: ignore[return-value]
        return found

    target = Memory(store, lying)
    deploy(site(second), target)
    deleted = {path for name, path in target.requests if name == "delete"}
    assert deleted <= first.keys() - second.keys()
    assert not any(path.startswith(OWN) for path in deleted)
    converged(store, second)
