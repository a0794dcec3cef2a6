"""What a plan decides, and in which order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from sitegen.deploy.guards import refuse_harm
from sitegen.deploy.plan import PRIVATE, Plan
from sitegen.deploy.releases import (
    Keeping,
    Record,
    ReleaseError,
    content_path,
    decode,
    encode,
    find_release,
    read_former,
    release_id,
    release_path,
)
from sitegen.deploy.screen import as_data, in_bytes, summary, table
from sitegen.deploy.target import OWN, RECORD, GuardError, Headers, RefusedError
from tests.targets import NOW, KilledError, Memory, Store, deploy, killed_at, plan_for, site

ONE = {
    "index.html": "-> a.html\n-> feed.xml\n-> style.1.css",
    "a.html": "-> x.png",
    "a.md": "text",
    "x.png": "one",
    "style.1.css": "",
    "feed.xml": "-> a.html",
}


def deployed(*sites: dict[str, str], atomic: bool = False) -> Store:
    store = Store()
    for number, texts in enumerate(sites):
        deploy(site(texts), Memory(store, atomic=atomic), now=NOW + timedelta(hours=number))
    return store


def reasons(plan: Plan) -> dict[str, str]:
    return {step.path: step.reason for step in plan.steps if not step.path.startswith(OWN)}


def books(store: Store) -> Record:
    record = decode(store.objects[RECORD][0])
    assert record is not None
    return record


def test_the_phases_come_in_the_order_that_readers_need() -> None:
    plan = plan_for(site(ONE), Memory(Store()))
    assert [(step.phase, step.path) for step in plan.steps] == [
        ("assets", "a.md"),
        ("assets", "x.png"),
        ("new styles", "style.1.css"),
        ("new pages", "a.html"),
        ("new main feeds", "feed.xml"),
        ("pages", "index.html"),
        ("record", RECORD),
    ]


def test_the_page_that_everybody_knows_comes_after_the_new_ones_it_refers_to() -> None:
    later = ONE | {"index.html": "-> b.html", "b.html": "", "b/feed.xml": "-> b.html"}
    paths = [step.path for step in plan_for(site(later), Memory(deployed(ONE))).steps]
    assert paths.index("b.html") < paths.index("b/feed.xml") < paths.index("index.html")


def test_a_style_that_is_live_comes_after_all_that_it_may_refer_to() -> None:
    before = ONE | {"style.css": "", "y.js": ""}
    after = before | {"style.css": "-> z.png\n-> new.css", "z.png": "", "new.css": "-> z.png"}
    after |= {"y.js": "-> z.js", "z.js": "-> data.json", "data.json": ""}
    paths = [step.path for step in plan_for(site(after), Memory(deployed(before))).steps]
    for path, text in after.items():
        for named in text.replace("-> ", "").split():
            if path in before and path in paths and named in paths:
                assert paths.index(named) < paths.index(path)
    assert paths.index("z.png") < paths.index("new.css") < paths.index("style.css")


def test_a_compressed_sibling_of_a_style_that_is_live_has_the_time_of_the_style() -> None:
    before = ONE | {"a.css": "", "b.js": "", "old.css": ""}
    after = before | {"a.css": "new", "b.js": "-> c.js", "c.js": ""}
    tree = site(after | {"a.css.gz": "", "b.js.br": "", "d.tar.gz": ""})
    plain = {path: replace(file, kind="asset") for path, file in tree.files.items()}
    for path in ("a.css.gz", "b.js.br"):
        told = replace(plain[path].headers, content_type="text/css")
        plain[path] = replace(plain[path], headers=told)
    phases = {
        step.path: step.phase
        for step in plan_for(tree._replace(files=plain), Memory(deployed(before))).steps
    }
    assert phases["a.css"] == phases["a.css.gz"] == phases["b.js.br"] == "styles"
    assert (phases["c.js"], phases["d.tar.gz"]) == ("new styles", "assets")


def test_a_run_that_is_repeated_within_a_second_makes_another_release() -> None:
    files = site(ONE).files
    later = NOW + timedelta(milliseconds=3)
    assert release_id(files, 2, NOW) != release_id(files, 2, later)
    assert release_id(files, 2, NOW)[:16] == release_id(files, 2, later)[:16]


def test_a_text_that_is_live_comes_after_the_new_page_that_it_refers_to() -> None:
    later = ONE | {"a.md": "-> b.html", "b.html": "", "b.md": ""}
    paths = [step.path for step in plan_for(site(later), Memory(deployed(ONE))).steps]
    assert paths.index("b.md") < paths.index("b.html") < paths.index("a.md")


def test_a_second_run_has_nothing_to_do() -> None:
    store = deployed(ONE)
    plan = plan_for(site(ONE), Memory(store), now=NOW + timedelta(days=400))
    assert plan.steps == ()
    assert plan.release == books(store).release


def test_only_what_has_other_bytes_is_put() -> None:
    plan = plan_for(site(ONE | {"a.html": "other", "new.html": ""}), Memory(deployed(ONE)))
    assert reasons(plan) == {"a.html": "changed", "new.html": "new"}
    assert set(plan.unchanged) == ONE.keys() - {"a.html"}


def test_other_headers_of_the_same_bytes_are_a_reason() -> None:
    tree = site(ONE)
    told = replace(tree.files["x.png"].headers, cache_control="max-age=60")
    changed = {**tree.files, "x.png": replace(tree.files["x.png"], headers=told)}
    assert reasons(plan_for(tree._replace(files=changed), Memory(deployed(ONE)))) == {
        "x.png": "headers"
    }


def test_what_was_altered_or_lost_at_the_target_is_put_again() -> None:
    store = deployed(ONE)
    store.objects["x.png"] = (b"damaged", store.objects["x.png"][1])
    del store.objects["a.md"]
    assert reasons(plan_for(site(ONE), Memory(store))) == {"x.png": "damaged", "a.md": "new"}


def test_what_is_there_without_being_in_the_books_is_foreign() -> None:
    store = Store()
    store.objects["index.html"] = (ONE["index.html"].encode(), site(ONE).files["x.png"].headers)
    assert reasons(plan_for(site(ONE), Memory(store)))["index.html"] == "foreign"


def test_pages_feeds_and_texts_go_at_once_in_the_reverse_order() -> None:
    left = {"index.html": "", "x.png": "one", "style.1.css": ""}
    plan = plan_for(site(left), Memory(deployed(ONE)))
    deletes = [(s.phase, s.path) for s in plan.steps if s.action == "delete"]
    assert deletes == [
        ("gone main feeds", "feed.xml"),
        ("gone pages", "a.html"),
        ("gone pages", "a.md"),
    ]
    assert plan.steps.index(next(s for s in plan.steps if s.action == "delete")) > [
        step.phase for step in plan.steps
    ].index("record")


def test_an_asset_is_kept_for_three_releases_and_for_thirty_days() -> None:
    store, style = deployed(ONE), "style.1.css"
    site_of = [{"index.html": str(number)} for number in range(5)]
    for number in range(3):
        deploy(site(site_of[number]), Memory(store), now=NOW + timedelta(days=1))
        assert style in store.texts
    early = plan_for(site(site_of[3]), Memory(store), now=NOW + timedelta(days=31))
    assert style not in reasons(early)
    late = plan_for(site(site_of[3]), Memory(store), now=NOW + timedelta(days=31, hours=1))
    assert reasons(late)[style] == "expired"
    few = Memory(deployed(ONE, site_of[0], site_of[1]))
    soon = plan_for(site(site_of[2]), few, now=NOW + timedelta(days=400))
    assert style not in reasons(soon)
    assert (
        "expired"
        in reasons(
            plan_for(site(site_of[2]), few, now=NOW + timedelta(days=2), keeping=Keeping(2, 1))
        ).values()
    )


def test_an_asset_that_comes_back_is_not_put_again() -> None:
    store = deployed(ONE, {"index.html": ""})
    plan = plan_for(site(ONE), Memory(store))
    assert "style.1.css" in plan.unchanged
    assert "style.1.css" not in plan.record.retired


def test_a_plain_target_keeps_what_a_run_would_destroy() -> None:
    store = deployed(ONE)
    first = books(store).release
    plan = plan_for(site({"index.html": "other"}), Memory(store))
    copies = {step.path: step.origin for step in plan.steps if step.action == "copy"}
    tree = site(ONE)
    assert copies == {release_path(first): RECORD} | {
        content_path(tree.files[path].sha256): path
        for path in ("index.html", "a.html", "a.md", "feed.xml")
    }
    assert not [
        s
        for s in plan_for(site({}), Memory(deployed(ONE, atomic=True), atomic=True)).steps
        if s.action == "copy"
    ]


def test_the_books_are_the_same_bytes_after_reading_and_another_version_is_refused() -> None:
    record = books(deployed(ONE, {"index.html": "x"}))
    assert decode(encode(record)) == record
    with pytest.raises(RefusedError, match="another version"):
        decode(encode(replace(record, version=9)))
    assert decode(b'{"files": 3') is None


def test_bytes_that_a_killed_run_put_are_not_trusted_with_other_headers() -> None:
    store = Store()
    with pytest.raises(KilledError):
        deploy(site(ONE), Memory(store, killed_at(8)))
    put = [path for path in ONE if path in store.texts]
    assert put
    tree = site(ONE)
    told = {
        p: replace(f, headers=replace(f.headers, cache_control="x")) for p, f in tree.files.items()
    }
    assert put[0] in plan_for(tree, Memory(store)).unchanged
    assert put[0] not in plan_for(tree._replace(files=told), Memory(store)).unchanged


def test_bytes_that_were_there_before_a_killed_run_are_not_taken_for_its_own() -> None:
    store, page = Store(), "index.html"
    other = Headers(content_type="text/plain", cache_control="")
    store.objects[page] = (ONE[page].encode(), other)
    with pytest.raises(KilledError):
        deploy(site(ONE), Memory(store, killed_at(6)))
    store.lock = None
    deploy(site(ONE), Memory(store))
    assert store.objects[page][1] == site(ONE).files[page].headers


def test_bytes_of_a_killed_run_are_put_again_where_two_runs_would_tell_different_things() -> None:
    store, tree = Store(), site(ONE)
    told = {path: replace(file, headers=PRIVATE) for path, file in tree.files.items()}
    for each, number in ((tree, 11), (tree._replace(files=told), 6)):  # all is put; nothing is
        with pytest.raises(KilledError):
            deploy(each, Memory(store, killed_at(number)))
        store.lock = None
    deploy(tree._replace(files=told), Memory(store))
    assert {store.objects[path][1] for path in ONE} == {PRIVATE}


def test_after_a_run_that_deleted_there_is_nothing_to_do() -> None:
    left = {"index.html": ""}
    store = deployed(ONE, left)
    assert plan_for(site(left), Memory(store)).steps == ()
    for keeping in (
        Keeping(1, 0),
        Keeping(1, 0),
    ):  # what is kept is expired, and then it is not there
        later = NOW + timedelta(days=1)
        plan = deploy(site(left), Memory(store), now=later, keeping=keeping)
    assert plan.steps == ()
    assert store.texts == left


def test_a_former_content_outlives_a_run_that_was_killed_after_replacing_it() -> None:
    store = deployed(ONE)
    first = content_path(site(ONE).files["a.html"].sha256)
    with pytest.raises(KilledError):
        deploy(site(ONE | {"a.html": "two"}), Memory(store, killed_at(9)))
    store.lock = None
    assert store.texts["a.html"] == "two"
    deploy(site(ONE | {"a.html": "three"}), Memory(store))
    assert store.objects[first][0].decode() == ONE["a.html"]


def test_what_only_a_killed_run_had_is_kept_for_a_while_and_no_longer() -> None:
    store = deployed(ONE)
    with pytest.raises(KilledError):
        deploy(site(ONE | {"b.png": ""}), Memory(store, killed_at(8)))
    store.lock = None
    assert "b.png" in store.texts
    deploy(site(ONE), Memory(store))
    assert books(store).retired.keys() >= {"b.png"}
    assert not books(store).pending


def test_three_releases_can_be_gone_back_to_and_all_of_the_last_thirty_days() -> None:
    store, releases = Store(), []
    for number in range(6):
        texts = {"index.html": str(number)}
        plan = deploy(site(texts), Memory(store), now=NOW + timedelta(days=40 * number))
        releases.append(plan.release)
    assert [each.id for each in books(store).releases] == releases[4:1:-1]
    assert [find_release(books(store), each).number for each in releases[2:5]] == [4, 5, 6]
    kept = {path for path in store.objects if path.startswith(release_path("")[:-5])}
    assert kept == {release_path(each) for each in releases[2:5]}
    for number in range(6, 10):
        texts = {"index.html": str(number)}
        deploy(site(texts), Memory(store), now=NOW + timedelta(days=201, hours=number))
    assert len(books(store).releases) == 5


@pytest.mark.parametrize("wanted", ["", "2026", "2027", "the live one"])
def test_a_release_must_be_named_so_that_one_is_meant(wanted: str) -> None:
    record = books(deployed(ONE, {"index.html": "1"}, {"index.html": "2"}))
    with pytest.raises(ReleaseError, match="release") as caught:
        find_release(record, record.release if wanted == "the live one" else wanted)
    assert caught.value.code == 2
    assert all(each.id in (caught.value.hint or "") for each in record.releases)


def test_a_former_content_that_was_altered_is_not_gone_back_to() -> None:
    store = deployed(ONE, ONE | {"a.html": "two"})
    target, former = Memory(store), site(ONE).files["a.html"]
    (past,) = books(store).releases
    assert read_former(target, past, "a.html", former) == ONE["a.html"].encode()
    store.objects[content_path(former.sha256)] = (b"altered", former.headers)
    with pytest.raises(RefusedError, match=r'"a\.html" of release'):
        read_former(target, past, "a.html", former)


# --- guards --------------------------------------------------------------------------------------


def many(count: int) -> dict[str, str]:
    return {f"{number}.html": "" for number in range(count)}


@pytest.mark.parametrize(("before", "after"), [(200, 149), (1000, 899)])
def test_more_deletes_than_usual_are_refused_unless_they_are_asked_for(
    before: int, after: int
) -> None:
    target = Memory(deployed(many(before)))
    plan = plan_for(site(many(after)), target)
    with pytest.raises(GuardError, match=f"{before - after} of {before} files") as caught:
        refuse_harm(plan, usual=None, asked=None, yes=True)
    assert f"--max-deletes {before - after}" in (caught.value.hint or "")
    refuse_harm(plan, usual=None, asked=before - after, yes=False)
    refuse_harm(plan_for(site(many(after + 1)), target), usual=None, asked=None, yes=False)


def test_a_target_may_have_a_limit_of_its_own_which_is_none_for_half_of_the_pages() -> None:
    target = Memory(deployed(many(10)))
    with pytest.raises(GuardError, match="at most 1 may be"):
        refuse_harm(plan_for(site(many(8)), target), usual=1, asked=None, yes=True)
    refuse_harm(plan_for(site(many(8)), target), usual=1, asked=2, yes=True)
    with pytest.raises(GuardError, match="4 pages instead of 10"):
        refuse_harm(plan_for(site(many(4)), target), usual=100, asked=None, yes=True)
    refuse_harm(plan_for(site(many(4)), target), usual=1, asked=6, yes=True)


def test_losing_over_half_of_the_pages_is_refused() -> None:
    target = Memory(deployed(many(10)))
    with pytest.raises(GuardError, match="4 pages instead of 10"):
        refuse_harm(plan_for(site(many(4)), target), usual=None, asked=None, yes=True)
    refuse_harm(plan_for(site(many(5)), target), usual=None, asked=None, yes=False)


def test_replacing_what_is_somebody_elses_is_refused_without_yes() -> None:
    store = Store()
    store.objects["index.html"] = (b"theirs", site(ONE).files["x.png"].headers)
    plan = plan_for(site(ONE), Memory(store))
    with pytest.raises(GuardError, match="did not put there"):
        refuse_harm(plan, usual=None, asked=None, yes=False)
    refuse_harm(plan, usual=None, asked=None, yes=True)


def test_another_site_is_replaced_only_with_yes() -> None:
    plan = plan_for(site(ONE, "https://example.com/"), Memory(deployed(ONE)))
    assert [step.phase for step in plan.steps] == ["former contents", "record"]
    with pytest.raises(GuardError, match=r"https://example\.org/ is live there"):
        refuse_harm(plan, usual=None, asked=None, yes=False)
    refuse_harm(plan, usual=None, asked=None, yes=True)


# --- words ---------------------------------------------------------------------------------------


def test_the_table_counts_files_and_bytes_by_phase_and_reason() -> None:
    plan = plan_for(site(ONE | {"x.png": "12345", "y.png": "1"}), Memory(deployed(ONE)))
    assert list(table(plan)) == [
        "  phase            reason   files  bytes",
        "  former contents  kept         2",
        "  assets           changed      1    5 B",
        "  assets           new          1    1 B",
        "  record           release      1",
    ]
    assert summary(plan) == "2 to upload (6 B), 5 unchanged, 2 kept for a while"


def test_the_plan_as_json_has_every_step_in_order() -> None:
    plan = plan_for(site(ONE), Memory(Store()))
    steps = as_data(plan)["steps"]
    assert [step["path"] for step in steps] == [step.path for step in plan.steps]
    assert steps[0] == {
        "phase": "assets",
        "action": "put",
        "path": "a.md",
        "reason": "new",
        "bytes": 4,
        "origin": None,
    }


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (2_500_000, "2.5 MB"), (10**13, "10000.0 GB")],
)
def test_sizes_are_in_units_of_a_thousand(size: int, text: str) -> None:
    assert in_bytes(size) == text


def test_a_kept_release_of_one_settles() -> None:
    store = deployed(ONE, {"index.html": "other"})
    plans = [
        deploy(site({"index.html": "other"}), Memory(store), keeping=Keeping(1, 0))
        for _ in range(4)
    ]
    assert [bool(plan.steps) for plan in plans][1:] == [False] * 3


def test_a_main_feed_comes_after_the_feeds_that_a_text_in_it_may_refer_to() -> None:
    store = deployed({"index.html": ""})
    plan = plan_for(
        site({"index.html": "-> feed.xml", "feed.xml": "-> t/feed.xml", "t/feed.xml": ""}),
        Memory(store),
    )
    order = [
        (step.phase, step.path) for step in plan.steps if step.path.endswith((".xml", ".html"))
    ]
    assert order == [
        ("new feeds", "t/feed.xml"),
        ("new main feeds", "feed.xml"),
        ("pages", "index.html"),
    ]
