"""The site in memory: what a save changes, what a mistake leaves, what a page is."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from sitegen.inputs import Survey, survey
from sitegen.preview import studio as studios
from sitegen.preview.studio import Change, Studio
from tests.preview.conftest import SITE
from tests.sites import write_files


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    write_files(tmp_path, SITE)
    made = Studio(tmp_path, drafts=True)
    assert made.refresh().good
    return made


def save(studio: Studio, path: str, text: str) -> Change:
    write_files(studio.site, f"== {path}\n{text}")
    return studio.refresh([studio.site / path])


def test_a_change_names_the_paths_with_other_bytes_and_no_others(studio: Studio) -> None:
    change = save(
        studio, "content/poems/owl.md", "# Owl\n\nThe owl is late\nand the night is long\n"
    )
    assert change.saved == ("content/poems/owl.md",)
    assert "/poems/owl/" in change.paths
    assert not {"/essays/bench/", "/essays/", "/style.css"} & change.paths
    again = studio.refresh()
    assert not again.saved
    assert not again.paths


def test_what_is_gone_and_what_is_new_are_changes(studio: Studio) -> None:
    assert save(studio, "content/essays/new.md", "# New\n").saved == ("content/essays/new.md",)
    assert studio.get("/essays/new/")
    home = studio.get("/")
    (studio.site / "content/essays/new.md").unlink()
    assert studio.refresh().saved == ("content/essays/new.md",)
    assert studio.get("/essays/new/") is None
    assert studio.get("/") != home


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("content/essays/other.md", "---\ndate: never\n---\n"),
        ("content/essays/new.md", "```attention\n```\n"),
        ("templates/page.html", "{% if %}"),
        ("site.toml", "titel = 1\n"),
        ("site.toml", "\udcff"),
    ],
)
def test_a_failed_build_replaces_nothing(studio: Studio, path: str, text: str) -> None:
    before = {name: studio.get(name) for name in ("/", "/essays/bench/", "/essays/other/")}
    file = studio.site / path
    former = file.read_bytes() if file.exists() else None
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    change = studio.refresh()
    assert not change.good
    assert change.problems
    assert not change.paths
    assert {name: studio.get(name) for name in before} == before
    file.unlink()
    if former:
        file.write_bytes(former)
    assert studio.refresh().good
    assert {name: studio.get(name) for name in before} == before


def test_a_page_has_what_the_bar_shows(studio: Studio) -> None:
    poem, essay = studio.get("/poems/owl/"), studio.get("/essays/bench/index.html")
    assert poem
    assert essay
    assert (poem.source, poem.lines, poem.minutes) == ("content/poems/owl.md", 2, 1)
    assert (essay.lines, essay.words) == (0, 9)
    assert len({poem.etag, essay.etag}) == 2
    assert studio.get("/essays/bench") is None
    assert studio.has("/essays/bench/")
    assert studio.near("/esays/bnch/")[0] == "/essays/bench/"


def test_names_are_found_however_their_accents_are_spelt(studio: Studio) -> None:
    save(studio, "content/essays/leaf é.txt", "a leaf")
    composed, apart = studio.get("/essays/leaf é.txt"), studio.get("/essays/leaf é.txt")
    assert composed
    assert composed == apart


def test_a_copy_is_served_as_it_was_when_the_site_was_built(studio: Studio) -> None:
    save(studio, "content/essays/leaf.txt", "one")
    file = studio.site / "content/essays/leaf.txt"
    file.unlink()
    file.symlink_to(studio.site / "site.toml")  # since then something else took its place
    assert studio.get("/essays/leaf.txt") is None


def test_a_page_that_is_looked_at_is_there_during_a_build(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = studio.get("/essays/bench/")
    begun, go_on = threading.Event(), threading.Event()

    def slow(site: Path) -> Survey:
        begun.set()
        assert go_on.wait(60)
        return survey(site)

    monkeypatch.setattr(studios, "survey", slow)
    building = threading.Thread(target=studio.refresh)
    building.start()
    assert begun.wait(60)
    assert studio.get("/essays/bench/") == looked_at  # without waiting
    go_on.set()
    building.join()


def test_only_its_own_folder_is_written_and_what_is_kept_is_used(studio: Studio) -> None:
    studio.get("/poems/owl/")
    studio.rest()
    assert {each.name for each in studio.site.iterdir()} == {"content", "site.toml", ".sitegen"}
    again = Studio(studio.site, drafts=True)
    assert again.refresh().good
    assert again.get("/poems/owl/") == studio.get("/poems/owl/")


def test_a_build_without_drafts_has_none(studio: Studio) -> None:
    assert studio.get("/essays/half/")
    other = Studio(studio.site, drafts=False)
    other.refresh()
    assert other.get("/essays/half/") is None


def test_what_was_saved_can_be_searched_at_once(studio: Studio) -> None:
    config = (studio.site / "site.toml").read_text(encoding="utf-8")
    save(studio, "site.toml", f"search = true\n{config}")
    before = studio.get("/search/0.js")
    change = save(studio, "content/poems/owl.md", "# Owl\n\nThe owl is a pangolin\n")
    after = studio.get("/search/0.js")
    assert before
    assert after
    assert b"pangolin" not in before.data
    assert b"pangolin" in after.data
    assert studio.get("/search/")
    assert "/search/" not in change.paths
